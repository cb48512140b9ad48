//! Containers, publication, the account.

use image::ImageFormat;
use serde_json::Value;
use vieux_moulin_sandbox::{FaultName, Platform::Facebook, Platform::Instagram, seed};

use crate::support::{Bench, code, jpeg, picture};

fn account() -> String {
    format!("/v25.0/{}", seed::instagram_id(1))
}

async fn status(bench: &Bench, container: &str) -> Value {
    let path = format!("/v25.0/{container}?fields=status_code,status");
    bench.get(Instagram, &path).await.1["status_code"].clone()
}

async fn publish(bench: &Bench, container: &str) -> (u16, Value) {
    let path = format!("{}/media_publish", account());
    bench.post(Instagram, &path, &[("creation_id", container)]).await
}

#[tokio::test]
async fn a_page_photo_becomes_a_published_media() {
    let bench = Bench::start().await;
    let container = bench.container(&[("caption", "Garbure #landes"), ("alt_text", "Un bol fumant")]).await;
    assert_eq!(status(&bench, &container).await, "FINISHED");
    let (code, made) = publish(&bench, &container).await;
    assert_eq!(code, 200, "{made}");
    assert_eq!(status(&bench, &container).await, "PUBLISHED");

    let id = made["id"].as_str().unwrap();
    let fields = "permalink,timestamp,media_product_type,caption";
    let (_, media) = bench.get(Instagram, &format!("/v25.0/{id}?fields={fields}")).await;
    assert_eq!(media["media_product_type"], "FEED");
    let path = format!("{}/media?fields=id,caption,permalink", account());
    let (_, list) = bench.get(Instagram, &path).await;
    assert_eq!(list["data"][0]["permalink"], media["permalink"]);
    let object = &bench.live(Instagram)[0];
    assert_eq!(object.marks["container_id"], container.as_str());
    assert_eq!(object.media[0].alt_text.as_deref(), Some("Un bol fumant"));
    let page = bench.http.get(media["permalink"].as_str().unwrap());
    assert_eq!(page.send().await.unwrap().status(), 200);

    let (_, limit) = bench
        .get(Instagram, &format!("{}/content_publishing_limit?fields=quota_usage,config", account()))
        .await;
    assert_eq!(limit["data"][0]["quota_usage"], 1);
    assert_eq!(limit["data"][0]["config"]["quota_total"], 50);
    assert_eq!(bench.delete(Instagram, &format!("/v25.0/{id}")).await.0, 200);
    assert!(bench.live(Instagram).is_empty());
}

#[tokio::test]
async fn nothing_leaves_before_the_container_is_finished_and_nothing_twice() {
    let bench = Bench::strict(|strict| strict.container_polls = 2).await;
    let container = bench.container(&[]).await;
    assert_eq!(code(&publish(&bench, &container).await), (9007, 2_207_027));
    for expected in ["IN_PROGRESS", "IN_PROGRESS", "FINISHED"] {
        assert_eq!(status(&bench, &container).await, expected);
    }
    assert_eq!(publish(&bench, &container).await.0, 200);
    assert_eq!(code(&publish(&bench, &container).await), (24, 2_207_008));
    assert_eq!(bench.live(Instagram).len(), 1);
}

#[tokio::test]
async fn a_container_dies_after_a_day() {
    let bench = Bench::start().await;
    let container = bench.container(&[]).await;
    bench.sandbox.move_clock(24 * 3600 + 1);
    assert_eq!(status(&bench, &container).await, "EXPIRED");
    assert_eq!(code(&publish(&bench, &container).await), (-2, 2_207_020));
    let field = bench.get(Instagram, &format!("/v25.0/{container}?fields=permalink")).await;
    assert_eq!(code(&field).0, 100, "nothing but the status can be read");
}

#[tokio::test]
async fn a_carousel_takes_two_to_ten_finished_items() {
    let bench = Bench::start().await;
    let mut items = Vec::new();
    for _ in 0..2 {
        items.push(bench.container(&[("is_carousel_item", "true")]).await);
    }
    let path = format!("{}/media", account());
    let create = async |children: &str| {
        let form = [("media_type", "CAROUSEL"), ("children", children), ("caption", "Trois desserts")];
        bench.post(Instagram, &path, &form).await
    };
    assert_eq!(code(&create(&items[0]).await), (100, 2_207_028));
    let plain = bench.container(&[]).await;
    let mixed = create(&format!("{},{plain}", items[0])).await;
    assert_eq!(code(&mixed).0, 100);
    let (status, parent) = create(&items.join(",")).await;
    assert_eq!(status, 200, "{parent}");
    assert_eq!(code(&publish(&bench, &items[0]).await).0, 100);
    assert_eq!(publish(&bench, parent["id"].as_str().unwrap()).await.0, 200);
    let live = bench.live(Instagram);
    assert_eq!((live.len(), live[0].media.len()), (1, 2));
    assert_eq!(live[0].text, "Trois desserts");
}

#[tokio::test]
async fn pictures_and_captions_out_of_the_rules_are_refused() {
    let bench = Bench::start().await;
    let path = format!("{}/media", account());
    let create = async |source: &str, caption: &str| {
        let form = [("image_url", source), ("caption", caption)];
        code(&bench.post(Instagram, &path, &form).await)
    };
    let (_, png) = bench.page_photo(picture(300, 300, ImageFormat::Png)).await;
    assert_eq!(create(&png, "x").await, (36001, 2_207_005));
    let (_, tall) = bench.page_photo(jpeg(300, 500)).await;
    assert_eq!(create(&tall, "x").await, (36003, 2_207_009));
    let (_, good) = bench.page_photo(jpeg(400, 500)).await;
    assert_eq!(create(&good, &"é".repeat(2201)).await, (36004, 2_207_010));
    assert_eq!(create(&good, &"#plat ".repeat(31)).await, (36004, 2_207_010));
    assert_eq!(create(&good, &"#plat ".repeat(30)).await, (0, 0));
    let control = &bench.sandbox.addresses().control;
    for unreachable in [
        "http://127.0.0.1:9/a.jpg",
        "https://example.com/a.jpg",
        &format!("{control}/pannes"),
        &format!("{control}/nothing.jpg"),
    ] {
        assert_eq!(create(unreachable, "x").await, (9004, 2_207_052), "{unreachable}");
    }
}

#[tokio::test]
async fn another_page_sees_neither_account_nor_container() {
    let bench = Bench::start().await;
    let container = bench.container(&[]).await;
    let token = seed::facebook_page_token(2);
    for path in [account(), format!("/v25.0/{container}?fields=status_code")] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = bench.url(Instagram, &format!("{path}{mark}access_token={token}"));
        let refused = crate::support::seen(bench.http.get(url)).await;
        assert_eq!(code(&refused), (100, 33));
    }
}

#[tokio::test]
async fn the_quota_is_enforced_when_asked() {
    let bench = Bench::strict(|strict| strict.rate_limits = true).await;
    for n in 0..51 {
        let container = bench.container(&[]).await;
        let seen = publish(&bench, &container).await;
        if n < 50 {
            assert_eq!(seen.0, 200, "{}", seen.1);
        } else {
            assert_eq!(code(&seen), (9, 2_207_042));
        }
    }
    bench.sandbox.move_clock(24 * 3600 + 5);
    let container = bench.container(&[]).await;
    assert_eq!(publish(&bench, &container).await.0, 200);
}

#[tokio::test]
async fn containers_fail_as_told() {
    let bench = Bench::start().await;
    for (fault, expected, refusal) in [
        (FaultName::ContainerError, "ERROR", (-1, 2_207_032)),
        (FaultName::ContainerExpired, "EXPIRED", (-2, 2_207_020)),
    ] {
        bench.fault(Instagram, fault, serde_json::json!({})).await;
        let container = bench.container(&[]).await;
        assert_eq!(status(&bench, &container).await, expected);
        assert_eq!(code(&publish(&bench, &container).await), refusal);
    }
    bench.fault(Instagram, FaultName::MediaProcessing, serde_json::json!({"polls": 1})).await;
    let container = bench.container(&[]).await;
    assert_eq!(status(&bench, &container).await, "IN_PROGRESS");
    assert_eq!(status(&bench, &container).await, "FINISHED");
    assert_eq!(publish(&bench, &container).await.0, 200);
    assert!(bench.sandbox.faults(Facebook).is_empty());
}
