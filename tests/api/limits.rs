//! What arrives too large, half, in the wrong type or in no language at all.

use std::time::Duration;

use reqwest::{Body, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{App, far_post, problem};

const PUBLISH: &str = "/api/communication/publish";
const MEDIA: &str = "/api/communication/media";
const FILE_LIMIT: usize = 64 * 1024 * 1024;

/// Sends these bytes as they are and returns the status line and the rest.
async fn raw(app: &App, bytes: &[u8]) -> String {
    let address = app.host.address.as_ref().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(30), stream.read(&mut answer)).await;
    let read = read.expect("an answer").unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_also_when_it_does_not_say_so() {
    let app = App::start().await;
    let mut big = far_post();
    big["content"]["body"] = json!("x".repeat(1024 * 1024 + 1));
    // Chunked: no length is announced.
    let chunks = big.to_string().into_bytes().chunks(64 * 1024).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let stream = futures::stream::iter(chunks.into_iter().map(Ok::<_, std::io::Error>));
    for path in [PUBLISH, "/api/communication/posts/preview"] {
        assert_eq!(
            problem(app.local(Method::POST, path).json(&big)).await,
            (413, "body_too_large".to_owned())
        );
    }
    let chunked = app.local(Method::POST, PUBLISH).header("content-type", "application/json");
    assert_eq!(problem(chunked.body(Body::wrap_stream(stream))).await, (413, "body_too_large".to_owned()));
    let patch = app.local(Method::PATCH, "/api/communication/settings").json(&big);
    assert_eq!(problem(patch).await, (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn a_file_may_have_64_mib_and_not_more() {
    let app = App::bare().await;
    let send = |bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("plat.jpg");
        app.local(Method::POST, MEDIA).multipart(reqwest::multipart::Form::new().part("file", part))
    };
    // As large as allowed: read to the end, and refused for what it is.
    assert_eq!(problem(send(vec![b'a'; FILE_LIMIT])).await, (422, "media_not_an_image".to_owned()));
    let (status, code) = problem(send(vec![b'a'; FILE_LIMIT + 1])).await;
    assert_eq!(status, 413, "{code}");
    let too_long = problem(send(vec![b'a'; FILE_LIMIT + 100 * 1024])).await;
    assert_eq!(too_long, (413, "body_too_large".to_owned()));
    let plain = app.local(Method::POST, MEDIA).header("content-type", "application/octet-stream");
    let (status, _) = problem(plain.body(vec![b'a'; FILE_LIMIT + 100 * 1024])).await;
    assert_eq!(status, 413);
}

#[tokio::test]
async fn plain_bytes_take_their_name_and_description_from_the_address() {
    let app = App::bare().await;
    let mut png = Vec::new();
    let picture = image::RgbImage::from_pixel(64, 48, image::Rgb([12, 140, 30]));
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let request = app.local(Method::POST, &format!("{MEDIA}?name=plat.png&alt_text=Une+assiette"));
    let reply = request.header("content-type", "application/octet-stream").body(png).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    let kept: Value = reply.json().await.unwrap();
    assert_eq!((&kept["name"], &kept["alt_text"]), (&json!("plat.png"), &json!("Une assiette")));
    // Said once, when it arrives.
    assert_eq!(kept["notes"], json!(["converted"]));
    let path = format!("{MEDIA}/{}", kept["id"].as_str().unwrap());
    let again: Value = app.local(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    assert!(again.get("notes").is_none());
    let unknown = app.local(Method::POST, &format!("{MEDIA}?titre=x"));
    let unknown = unknown.header("content-type", "application/octet-stream").body("x");
    assert_eq!(problem(unknown).await, (400, "invalid_query".to_owned()));
}

/// A JPEG as a telephone makes it: turned, and knowing where it was.
#[tokio::test]
async fn what_was_taken_out_of_a_photograph_is_said() {
    let app = App::bare().await;
    let mut jpeg = Vec::new();
    let picture = image::RgbImage::from_pixel(64, 48, image::Rgb([12, 140, 30]));
    picture.write_to(&mut std::io::Cursor::new(&mut jpeg), image::ImageFormat::Jpeg).unwrap();
    // Big-endian TIFF with two entries: orientation 6, and a directory of the position.
    let mut tiff = b"MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend_from_slice(&[0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]);
    tiff.extend_from_slice(&[0x88, 0x25, 0, 4, 0, 0, 0, 1, 0, 0, 0, 38]);
    tiff.extend_from_slice(&[0; 10]);
    let mut photo = vec![0xFF, 0xD8, 0xFF, 0xE1];
    photo.extend_from_slice(&u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    photo.extend_from_slice(b"Exif\0\0");
    photo.extend_from_slice(&tiff);
    photo.extend_from_slice(&jpeg[2..]);
    let part = reqwest::multipart::Part::bytes(photo).file_name("IMG_1.jpg");
    let form = reqwest::multipart::Form::new().part("file", part);
    let reply = app.local(Method::POST, MEDIA).multipart(form).send().await.unwrap();
    let kept: Value = reply.json().await.unwrap();
    assert_eq!(kept["notes"], json!(["rotated", "location_removed"]), "{kept}");
    assert_eq!((&kept["width"], &kept["height"]), (&json!(48), &json!(64)));
}

#[tokio::test]
async fn what_is_not_text_is_refused_with_a_code() {
    let app = App::start().await;
    let body = |bytes: &'static [u8]| {
        app.local(Method::POST, PUBLISH).header("content-type", "application/json").body(bytes)
    };
    for (bytes, code) in [
        (&b"{\"content\": {\"body\": \"\xff\xfe\"}, \"platforms\": [\"bluesky\"]}"[..], "malformed_json"),
        (b"\x00\x01\x02", "malformed_json"),
        (b"", "malformed_json"),
        (b"[", "malformed_json"),
    ] {
        assert_eq!(problem(body(bytes)).await, (400, code.to_owned()));
    }
    for bytes in [&b"[]"[..], b"null", b"\"text\"", b"12"] {
        let (status, code) = problem(body(bytes)).await;
        assert_eq!((status, code.as_str()), (422, "invalid_field"));
    }
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let deep = app.local(Method::POST, PUBLISH).header("content-type", "application/json").body(deep);
    let (status, _) = problem(deep).await;
    assert!([400, 422].contains(&status), "{status}");
    for path in [
        "/api/communication/posts/%ff%fe",
        "/api/communication/posts/%00",
        "/api/communication/media/..%2f..%2fmoulin.db",
    ] {
        assert_eq!(problem(app.local(Method::GET, path)).await.0, 404, "{path}");
    }
    for query in ["?q=%ff", "?q=%00", "?q=%25%5f%27", "?platform=%ff"] {
        let path = format!("/api/communication/posts{query}");
        let reply = app.local(Method::GET, &path).send().await.unwrap();
        assert!([200, 400].contains(&reply.status().as_u16()), "{path}: {}", reply.status());
    }
}

/// It becomes a link that the owner clicks.
#[tokio::test]
async fn only_an_address_of_the_web_says_where_a_post_is() {
    let app = App::start().await;
    let path = "/api/communication/deliveries/0190a000-0000-7000-8000-000000000000/confirm";
    for (address, status, code) in [
        ("pas une adresse", 422, "invalid_field"),
        ("javascript:alert(1)", 422, "invalid_field"),
        ("https://t.me/moulin/7", 404, "not_found"),
        ("", 404, "not_found"),
    ] {
        let body = json!({"outcome": "published", "permalink": address});
        let request = app.local(Method::POST, path).json(&body);
        assert_eq!(problem(request).await, (status, code.to_owned()), "{address}");
    }
}

#[tokio::test]
async fn another_type_than_json_is_refused_on_every_write() {
    let app = App::start().await;
    let id = "0190a000-0000-7000-8000-000000000000";
    for (method, path) in [
        (Method::POST, PUBLISH.to_owned()),
        (Method::POST, "/api/communication/posts/preview".to_owned()),
        (Method::PATCH, format!("/api/communication/posts/{id}")),
        (Method::POST, "/api/communication/accounts".to_owned()),
        (Method::POST, format!("/api/communication/deliveries/{id}/confirm")),
        (Method::PATCH, "/api/communication/settings".to_owned()),
        (Method::POST, "/api/communication/media/from_url".to_owned()),
        (Method::POST, "/api/session".to_owned()),
    ] {
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/jsonx",
        ] {
            let request = app.local(method.clone(), &path).header("content-type", kind).body("{}");
            assert_eq!(problem(request).await, (415, "unsupported_media_type".to_owned()), "{path} {kind}");
        }
    }
    let unnamed = app.local(Method::POST, PUBLISH).body("{}");
    assert_eq!(problem(unnamed).await.0, 415);
    let charset = app.local(Method::POST, PUBLISH).header("content-type", "application/json; charset=utf-8");
    assert_eq!(charset.body(far_post().to_string()).send().await.unwrap().status(), 202);
}

#[tokio::test]
async fn a_changed_cursor_shows_nothing_else_and_breaks_nothing() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let app = App::start().await;
    app.window("POST", PUBLISH, Some(far_post())).await;
    for (text, expected) in [
        ("9223372036854775807:zzz", 200),
        ("-9223372036854775808:", 200),
        ("0:' OR 1=1 --", 200),
        ("9223372036854775808:x", 400),
        ("x:y", 400),
        ("", 400),
    ] {
        let cursor = URL_SAFE_NO_PAD.encode(text);
        for list in ["posts", "deliveries", "journal"] {
            let path = format!("/api/communication/{list}?cursor={cursor}");
            let reply = app.local(Method::GET, &path).send().await.unwrap();
            assert_eq!(reply.status(), expected, "{list} {text}");
            let body: Value = reply.json().await.unwrap();
            assert!(expected != 200 || body["items"].as_array().unwrap().len() <= 2, "{list} {text}");
        }
    }
}

#[tokio::test]
async fn the_guard_reads_the_request_line_too() {
    let app = App::bare().await;
    let port = app.host.address.as_ref().unwrap().rsplit(':').next().unwrap().to_owned();
    let without = raw(&app, b"GET /api/health HTTP/1.1\r\nConnection: close\r\n\r\n").await;
    assert!(without.starts_with("HTTP/1.1 421") || without.starts_with("HTTP/1.1 400"), "{without}");
    let absolute = format!(
        "GET http://evil.example/api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    let absolute = raw(&app, absolute.as_bytes()).await;
    assert!(absolute.starts_with("HTTP/1.1 421"), "{absolute}");
    let twice = format!(
        "GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    let twice = raw(&app, twice.as_bytes()).await;
    assert!(twice.starts_with("HTTP/1.1 421") || twice.starts_with("HTTP/1.1 400"), "{twice}");
}
