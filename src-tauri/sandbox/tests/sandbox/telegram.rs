//! Telegram: what the Bot API answers (social-platforms, section 9 and its corrections).

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, Platform::Telegram, objects::ObjectState, seed};

use crate::support::{Bench, Seen, jpeg, seen};

async fn call(bench: &Bench, method: &str, mut body: Value) -> Seen {
    body["chat_id"] = json!(seed::telegram_chat_id(1));
    seen(bench.bot(method).json(&body)).await
}

async fn photo(bench: &Bench, bytes: Vec<u8>, caption: &str) -> Seen {
    let form = Form::new()
        .text("chat_id", seed::telegram_chat_id(1))
        .text("caption", caption.to_owned())
        .part("photo", Part::bytes(bytes).file_name("a.jpg"));
    seen(bench.bot("sendPhoto").multipart(form)).await
}

async fn album(bench: &Bench, media: &Value, files: Vec<(&'static str, Vec<u8>)>) -> Seen {
    let mut form = Form::new().text("chat_id", seed::telegram_chat_id(1)).text("media", media.to_string());
    for (name, bytes) in files {
        form = form.part(name, Part::bytes(bytes).file_name("a.jpg"));
    }
    seen(bench.bot("sendMediaGroup").multipart(form)).await
}

fn words(seen: &Seen) -> &str {
    seen.1["description"].as_str().unwrap_or("")
}

#[tokio::test]
async fn a_bot_says_who_it_is_and_what_it_may() {
    let bench = Bench::start().await;
    let (status, me) = call(&bench, "getMe", json!({})).await;
    assert_eq!((status, me["ok"].as_bool(), me["result"]["is_bot"].as_bool()), (200, Some(true), Some(true)));
    // Method names are taken in any case.
    let (_, chat) = seen(bench.bot("GETCHAT").json(&json!({"chat_id": "@LeVieuxMoulin1"}))).await;
    assert_eq!(chat["result"]["type"], "channel");
    let (_, member) = call(&bench, "getChatMember", json!({"user_id": seed::telegram_bot_id(1)})).await;
    assert_eq!(
        (&member["result"]["status"], &member["result"]["can_post_messages"]),
        (&json!("administrator"), &json!(true))
    );

    let other = json!({"chat_id": seed::telegram_chat_id(2), "text": "x"});
    let refused = seen(bench.bot("sendMessage").json(&other)).await;
    assert_eq!(
        (refused.0, words(&refused)),
        (400, "Bad Request: need administrator rights in the channel chat")
    );
    let nowhere = seen(bench.bot("getChat").json(&json!({"chat_id": "@personne"}))).await;
    assert_eq!((nowhere.0, words(&nowhere)), (400, "Bad Request: chat not found"));
}

#[tokio::test]
async fn an_unknown_token_is_refused_and_never_recorded() {
    let bench = Bench::start().await;
    for (token, expected) in [("1:inconnu", 401), ("abc:def", 404)] {
        let url = bench.url(Telegram, &format!("/bot{token}/getMe"));
        assert_eq!(bench.http.post(url).send().await.unwrap().status().as_u16(), expected, "{token}");
    }
    call(&bench, "getMe", json!({})).await;
    let log = format!("{:?}", bench.sandbox.requests(Telegram));
    assert!(log.contains("/bot***/getMe") && !log.contains("sandbox-telegram-token"), "{log}");
}

#[tokio::test]
async fn text_is_counted_in_code_points() {
    let bench = Bench::start().await;
    for (text, status) in
        [("🍓".repeat(4096), 200), ("é".repeat(4097), 400), ("   ".to_owned(), 400), (String::new(), 400)]
    {
        assert_eq!(call(&bench, "sendMessage", json!({"text": text})).await.0, status, "{}", text.len());
    }
    assert_eq!(photo(&bench, jpeg(40, 40), &"🍓".repeat(1024)).await.0, 200);
    let refused = photo(&bench, jpeg(40, 40), &"é".repeat(1025)).await;
    assert_eq!(words(&refused), "Bad Request: message caption is too long");
}

#[tokio::test]
async fn photos_are_looked_at() {
    let bench = Bench::start().await;
    let (_, sent) = photo(&bench, jpeg(320, 200), "Le plat").await;
    assert_eq!(
        (&sent["result"]["photo"][0]["width"], &sent["result"]["caption"]),
        (&json!(320), &json!("Le plat"))
    );
    assert_eq!(words(&photo(&bench, b"du texte".to_vec(), "").await), "Bad Request: IMAGE_PROCESS_FAILED");
    assert_eq!(words(&photo(&bench, jpeg(2100, 100), "").await), "Bad Request: PHOTO_INVALID_DIMENSIONS");
    bench.fault(Telegram, FaultName::MediaFailed, json!({})).await;
    assert_eq!(photo(&bench, jpeg(40, 40), "").await.0, 400);
    assert_eq!(bench.live(Telegram).len(), 1);
}

#[tokio::test]
async fn an_album_is_one_post_or_none() {
    let bench = Bench::start().await;
    let item = |name: &str, caption: &str| json!({"type": "photo", "media": format!("attach://{name}"), "caption": caption});
    let media = json!([item("a", "La terrasse"), item("b", "")]);
    let refused = album(&bench, &media, vec![("a", jpeg(40, 40)), ("b", b"du texte".to_vec())]).await;
    assert_eq!(
        words(&refused),
        "Bad Request: failed to send message #2 with the error message \"IMAGE_PROCESS_FAILED\""
    );
    assert!(bench.live(Telegram).is_empty());
    let (status, sent) = album(&bench, &media, vec![("a", jpeg(40, 40)), ("b", jpeg(50, 50))]).await;
    assert_eq!((status, sent["result"].as_array().map(Vec::len)), (200, Some(2)));
    let live = bench.live(Telegram);
    assert_eq!((live.len(), live[0].media.len(), live[0].text.as_str()), (1, 2, "La terrasse"));
}

#[tokio::test]
async fn words_change_and_messages_go_once() {
    let bench = Bench::start().await;
    let (_, sent) = call(&bench, "sendMessage", json!({"text": "Ce soir"})).await;
    let id = sent["result"]["message_id"].clone();
    assert_eq!(call(&bench, "editMessageText", json!({"message_id": id, "text": "Demain"})).await.0, 200);
    let same = call(&bench, "editMessageText", json!({"message_id": id, "text": "Demain"})).await;
    assert!(words(&same).starts_with("Bad Request: message is not modified"));
    let caption = call(&bench, "editMessageCaption", json!({"message_id": id, "caption": "x"})).await;
    assert_eq!(words(&caption), "Bad Request: there is no caption in the message to edit");
    assert_eq!(bench.live(Telegram)[0].text, "Demain");
    assert_eq!(
        call(&bench, "deleteMessage", json!({"message_id": id})).await,
        (200, json!({"ok": true, "result": true}))
    );
    let again = call(&bench, "deleteMessage", json!({"message_id": id})).await;
    assert_eq!(words(&again), "Bad Request: message to delete not found");
    assert_eq!(bench.in_state(Telegram, ObjectState::Deleted).len(), 1);
}

#[tokio::test]
async fn the_wait_is_told_in_the_body() {
    let bench = Bench::start().await;
    bench.fault(Telegram, FaultName::RateLimited, json!({"secs": 7})).await;
    let (status, body) = call(&bench, "sendMessage", json!({"text": "x"})).await;
    assert_eq!((status, &body["parameters"]["retry_after"]), (429, &json!(7)));
}
