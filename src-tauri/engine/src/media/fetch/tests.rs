#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::net::Ipv4Addr;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::media::testing::{heic_header, jpeg};

/// Names for the tests; everything else does not exist.
struct Names(HashMap<&'static str, Vec<IpAddr>>);

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(host.trim_end_matches('.')).cloned().ok_or_else(|| io::Error::other("no such name"))
    }
}

fn names() -> Arc<Names> {
    let list = |addresses: &[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect();
    Arc::new(Names(HashMap::from([
        ("photos.example", list(&["93.184.216.34", "2606:2800::1"])),
        ("rebound.example", list(&["93.184.216.34", "127.0.0.1"])),
        ("router.example", list(&["192.168.1.1"])),
        ("metadata.example", list(&["169.254.169.254"])),
        ("six.example", list(&["fd00::1"])),
        ("mapped.example", list(&["::ffff:127.0.0.1"])),
        ("nat64.example", list(&["64:ff9b::10.0.0.1"])),
        ("nowhere.example", vec![]),
        ("localhost", list(&["127.0.0.1", "::1"])),
        ("here.example", list(&["127.0.0.1"])),
        ("half-here.example", list(&["127.0.0.1", "93.184.216.34"])),
    ])))
}

fn strict() -> Fetcher {
    Fetcher::with_resolver(FetchPolicy::default(), names())
}

fn local() -> Fetcher {
    let policy = FetchPolicy {
        allow_loopback_http: true,
        max_bytes: 200_000,
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_millis(1500),
        ..FetchPolicy::default()
    };
    Fetcher::with_resolver(policy, names())
}

#[tokio::test]
async fn address_tricks_are_refused_without_a_connection() {
    let private = "media_url_private_address";
    let not_https = "media_url_not_https";
    let invalid = "media_url_invalid";
    let unreachable = "media_url_unreachable";
    for (url, code) in [
        // Never asked for again, also when the name is not known now.
        ("http://unknown.example/a.jpg", not_https),
        ("https://127.0.0.1/a.jpg", private),
        ("https://127.1/a.jpg", private),
        ("https://0/a.jpg", private),
        ("https://2130706433/a.jpg", private),
        ("https://0x7f000001/a.jpg", private),
        ("https://0177.0.0.1/a.jpg", private),
        ("https://0x7f.1/a.jpg", private),
        ("https://127.0.0.1./a.jpg", private),
        ("https://１２７.0.0.1/a.jpg", private),
        ("https://127。0。0。1/a.jpg", private),
        ("https://%31%32%37.0.0.1/a.jpg", private),
        ("https://3232235777/a.jpg", private),
        ("https://192.168.257/a.jpg", private),
        ("https://10.0.0.1:8443/a.jpg", private),
        ("https://169.254.169.254/latest/meta-data", private),
        ("https://100.64.0.1/a.jpg", private),
        ("https://0.0.0.0/a.jpg", private),
        ("https://255.255.255.255/a.jpg", private),
        ("https://224.0.0.1/a.jpg", private),
        ("https://[::1]/a.jpg", private),
        ("https://[::]/a.jpg", private),
        ("https://[::ffff:127.0.0.1]/a.jpg", private),
        ("https://[::ffff:7f00:1]/a.jpg", private),
        ("https://[0:0:0:0:0:ffff:a00:1]/a.jpg", private),
        ("https://[::127.0.0.1]/a.jpg", private),
        ("https://[64:ff9b::7f00:1]/a.jpg", private),
        ("https://[64:ff9b:1::1]/a.jpg", private),
        ("https://[2002:7f00:1::]/a.jpg", private),
        ("https://[2001:0:7f00:1::]/a.jpg", private),
        ("https://[fe80::1]/a.jpg", private),
        ("https://[fd00::1]/a.jpg", private),
        ("https://[ff02::1]/a.jpg", private),
        ("https://localhost/a.jpg", private),
        ("https://LOCALHOST/a.jpg", private),
        ("https://localhost./a.jpg", private),
        ("https://router.example/a.jpg", private),
        ("https://metadata.example/a.jpg", private),
        ("https://rebound.example/a.jpg", private),
        ("https://six.example/a.jpg", private),
        ("https://mapped.example/a.jpg", private),
        ("https://nat64.example/a.jpg", private),
        ("https:\\\\127.0.0.1\\a.jpg", private),
        ("  https://127.0.0.1/a.jpg\n", private),
        ("ht\ntps://127.0.0.1/a.jpg", private),
        ("https:/127.0.0.1/a.jpg", private),
        ("http://photos.example/a.jpg", not_https),
        ("http://127.0.0.1/a.jpg", not_https),
        ("http://127.1/a.jpg", not_https),
        ("ftp://photos.example/a.jpg", not_https),
        ("file:///etc/passwd", not_https),
        ("data:image/png;base64,AAAA", not_https),
        ("gopher://127.0.0.1:25/_HELO", not_https),
        ("javascript:alert(1)", not_https),
        ("https://photos.example@127.0.0.1/a.jpg", invalid),
        ("https://user:secret@photos.example/a.jpg", invalid),
        ("https://", invalid),
        ("https://[fe80::1%25eth0]/a.jpg", invalid),
        ("https://999.1.1.1/a.jpg", invalid),
        ("https://[::1/a.jpg", invalid),
        ("https://exa mple.com/a.jpg", invalid),
        ("photos.example/a.jpg", invalid),
        ("/a.jpg", invalid),
        ("", invalid),
        ("https://unknown.example/a.jpg", unreachable),
        ("https://nowhere.example/a.jpg", unreachable),
    ] {
        let error = strict().check(url).await.expect_err(url);
        assert_eq!(error.code(), code, "{url:?} gave {error}");
    }
    for url in [
        "https://photos.example/plat.jpg",
        "https://photos.example:8443/plat.jpg",
        "https://photos.example./plat.jpg",
        "https://93.184.216.34/plat.jpg",
        "https://[2606:2800::1]/plat.jpg",
    ] {
        strict().check(url).await.expect(url);
    }
}

#[tokio::test]
async fn the_loopback_permission_is_for_loopback_only() {
    for url in ["http://127.0.0.1:1/a", "http://[::1]/a", "http://here.example/a"] {
        local().check(url).await.expect(url);
    }
    for (url, code) in [
        ("http://photos.example/a.jpg", "media_url_not_https"),
        ("http://192.168.1.1/a.jpg", "media_url_not_https"),
        ("https://192.168.1.1/a.jpg", "media_url_private_address"),
        ("https://half-here.example/a.jpg", "media_url_private_address"),
        ("http://[::ffff:127.0.0.1]/a.jpg", "media_url_not_https"),
        ("https://0.0.0.0/a.jpg", "media_url_private_address"),
    ] {
        assert_eq!(local().check(url).await.unwrap_err().code(), code, "{url}");
    }
}

/// A server on loopback with one path per behaviour; returns its base address.
async fn server() -> String {
    let redirect = |to: String| (StatusCode::FOUND, [(header::LOCATION, to)]).into_response();
    let router = Router::new()
        .route("/photo.jpg", get(|| async { jpeg(60, 40) }))
        .route("/liar.jpg", get(|| async { ([(header::CONTENT_TYPE, "image/jpeg")], "<!doctype html>404") }))
        .route("/phone.jpg", get(|| async { heic_header() }))
        .route("/empty.jpg", get(|| async {}))
        .route("/missing.jpg", get(|| async { StatusCode::NOT_FOUND }))
        .route("/down.jpg", get(|| async { StatusCode::BAD_GATEWAY }))
        .route("/large.jpg", get(|| async { vec![0xFF_u8; 200_001] }))
        .route(
            "/endless.jpg",
            get(|| async {
                let chunk = || Ok::<_, io::Error>(Bytes::from_static(&[0xFF; 16_384]));
                Body::from_stream(futures::stream::repeat_with(chunk))
            }),
        )
        .route(
            "/stalled.jpg",
            get(|| async { Body::from_stream(futures::stream::pending::<io::Result<Bytes>>()) }),
        )
        .route("/nowhere", get(|| async { StatusCode::FOUND }))
        .route(
            "/chain/{left}",
            get(move |Path(left): Path<u8>| async move {
                match left {
                    0 => jpeg(60, 40).into_response(),
                    // Relative on purpose: servers send both forms.
                    left => redirect(format!("{}", left - 1)),
                }
            }),
        )
        .route("/to/{*target}", get(move |Path(target): Path<String>| async move { redirect(target) }));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

#[tokio::test]
async fn a_photo_is_fetched_and_named_by_its_bytes() {
    let base = server().await;
    let fetched = local().fetch(&format!("{base}/photo.jpg")).await.unwrap();
    assert_eq!(fetched.format, Format::Jpeg);
    assert_eq!(fetched.bytes, jpeg(60, 40));
    // A name is connected to at the addresses of our resolver, not of the system.
    let named = base.replace("127.0.0.1", "here.example");
    local().fetch(&format!("{named}/photo.jpg")).await.unwrap();
}

#[tokio::test]
async fn refusals_have_their_codes() {
    let base = server().await;
    for (path, code) in [
        ("/liar.jpg", "media_not_an_image"),
        ("/phone.jpg", "media_type_unsupported"),
        ("/empty.jpg", "media_empty"),
        ("/missing.jpg", "media_url_http_status"),
        ("/down.jpg", "media_url_http_status"),
        ("/large.jpg", "media_too_large"),
        ("/endless.jpg", "media_too_large"),
        ("/stalled.jpg", "media_url_timeout"),
        ("/nowhere", "media_url_redirect_refused"),
        ("/chain/4", "media_url_too_many_redirects"),
        ("/chain/200", "media_url_too_many_redirects"),
        ("/to/https://10.0.0.1/a.jpg", "media_url_redirect_refused"),
        ("/to/https://169.254.169.254/", "media_url_redirect_refused"),
        ("/to/https://rebound.example/", "media_url_redirect_refused"),
        ("/to/http://photos.example/", "media_url_redirect_refused"),
        ("/to/file:///etc/passwd", "media_url_redirect_refused"),
        ("/to/https://a:b@photos.example/", "media_url_redirect_refused"),
        ("/to/https://unknown.example/", "media_url_unreachable"),
    ] {
        let error = local().fetch(&format!("{base}{path}")).await.expect_err(path);
        assert_eq!(error.code(), code, "{path} gave {error}");
    }
}

#[tokio::test]
async fn three_redirects_are_followed() {
    let base = server().await;
    let fetched = local().fetch(&format!("{base}/chain/3")).await.unwrap();
    assert!(fetched.url.as_str().ends_with("/chain/0"));
}

#[tokio::test]
async fn broken_connections_are_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            // Promises more than it sends, then hangs up.
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n\xFF\xD8\xFF";
            let _ = socket.write_all(answer).await;
        }
    });
    let error = local().fetch(&format!("http://{address}/a.jpg")).await;
    assert_eq!(error.unwrap_err().code(), "media_url_unreachable");

    let unused = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let closed = unused.local_addr().unwrap();
    drop(unused);
    let error = local().fetch(&format!("http://{closed}/a.jpg?key=secret")).await;
    let error = error.unwrap_err();
    assert_eq!(error.code(), "media_url_unreachable");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_name_is_resolved_once_and_only_the_checked_address_is_used() {
    /// Public when it is checked, this machine when it is asked again.
    struct Rebinding(std::sync::atomic::AtomicU32);

    #[async_trait]
    impl Resolver for Rebinding {
        async fn resolve(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
            let asked = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let answer = if asked == 0 { "127.0.0.1" } else { "10.0.0.1" };
            Ok(vec![answer.parse().unwrap()])
        }
    }

    let base = server().await.replace("127.0.0.1", "changing.example");
    let resolver = Arc::new(Rebinding(0.into()));
    let fetcher = Fetcher::with_resolver(local().policy, resolver.clone());
    fetcher.fetch(&format!("{base}/photo.jpg")).await.unwrap();
    assert_eq!(resolver.0.load(std::sync::atomic::Ordering::SeqCst), 1);
}
