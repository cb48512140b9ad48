//! The first example of the mission, letter by letter, and every way of saying where and when.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, far_post};

const PUBLISH: &str = "/api/communication/publish";

async fn publish(app: &App, body: &Value) -> (u16, Value) {
    let reply = app.local(Method::POST, PUBLISH).json(body).send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

/// With another time; the text differs, so that none is a repetition.
fn at(time: &str) -> Value {
    let mut body = far_post();
    body["content"]["body"] = json!(format!("Lamproie, {time}"));
    body["scheduled_time"] = json!(time);
    body
}

async fn post(app: &App, answer: &Value) -> Value {
    let path = format!("/api/communication/posts/{}", answer["post_id"].as_str().unwrap());
    app.local(Method::GET, &path).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn the_example_is_accepted_and_each_delivery_says_what_was_promised() {
    let app = App::bare().await;
    app.connect_facebook_and_instagram().await;
    let body = json!({
        "content": {
            "title": "Notre pizza du jour : La Méditerranéenne !",
            "body": "Venez déguster notre pizza spéciale du jour : tomates séchées, olives noires, feta et basilic frais ! 🍕",
            "media_url": "https://moulin-vensac.example/images/pizza_med.jpg",
            "hashtags": ["pizza", "vieuxmoulin", "vensac"]
        },
        "platforms": ["facebook", "instagram"],
        "scheduled_time": "2099-04-15T18:30:00"
    });
    let (status, answer) = publish(&app, &body).await;
    assert_eq!(status, 202, "{answer}");
    assert!(answer["post_id"].is_string());
    let deliveries = answer["deliveries"].as_array().unwrap();
    let platforms: Vec<_> =
        deliveries.iter().map(|delivery| delivery["platform"].as_str().unwrap()).collect();
    assert_eq!(platforms, ["facebook", "instagram"]);
    for delivery in deliveries {
        let mut keys: Vec<_> = delivery.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["account", "due_at", "id", "platform", "state"]);
        assert_eq!(delivery["due_at"], "2099-04-15T16:30:00Z");
        assert_eq!(delivery["state"], "queued");
    }
    // The same targets, named by their accounts.
    let mut by_account = body.clone();
    by_account["content"]["body"] = json!("Par compte");
    by_account["platforms"] = deliveries.iter().map(|delivery| delivery["account"].clone()).collect();
    let (status, again) = publish(&app, &by_account).await;
    assert_eq!(status, 202, "{again}");
    let accounts = |answer: &Value| -> Vec<Value> {
        answer["deliveries"].as_array().unwrap().iter().map(|delivery| delivery["account"].clone()).collect()
    };
    assert_eq!(accounts(&again), accounts(&answer));
    // Named twice, by name and by account: once.
    by_account["content"]["body"] = json!("Deux fois");
    by_account["platforms"] = json!(["facebook", deliveries[0]["account"]]);
    assert_eq!(accounts(&publish(&app, &by_account).await.1).len(), 1);
    let mut unknown = body.clone();
    unknown["platforms"] = json!(["facebook", "0190a000-0000-7000-8000-000000000000"]);
    let (status, refused) = publish(&app, &unknown).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("unknown_platform")));
    assert_eq!(refused["errors"][0]["field"], "platforms[1]");
}

#[tokio::test]
async fn times_are_read_with_and_without_zone() {
    let app = App::start().await;
    for (time, due) in [
        ("2099-07-15T18:30:00", "2099-07-15T16:30:00Z"),
        ("2099-01-15T18:30:00", "2099-01-15T17:30:00Z"),
        ("2099-07-15T18:30", "2099-07-15T16:30:00Z"),
        ("2099-07-15T18:30:00Z", "2099-07-15T18:30:00Z"),
        ("2099-07-15T18:30:00+04:00", "2099-07-15T14:30:00Z"),
        ("2099-07-15T18:30:00[Asia/Tokyo]", "2099-07-15T09:30:00Z"),
    ] {
        let (status, answer) = publish(&app, &at(time)).await;
        assert_eq!(status, 202, "{time}: {answer}");
        assert_eq!(answer["deliveries"][0]["due_at"], due, "{time}");
        assert_eq!(answer["warnings"], json!([]), "{time}");
    }
    let mut tokyo = at("2099-08-15T18:30:00");
    tokyo["timezone"] = json!("Asia/Tokyo");
    assert_eq!(publish(&app, &tokyo).await.1["deliveries"][0]["due_at"], "2099-08-15T09:30:00Z");
}

/// The clock goes from 2 to 3 o'clock on 28 March 2027, and back on 31 October.
#[tokio::test]
async fn the_two_odd_nights_are_settled_and_said() {
    let app = App::start().await;
    for (time, due, local, code) in [
        ("2027-03-28T02:30:00", "2027-03-28T01:00:00Z", "2027-03-28T03:00:00", "time_gap_moved"),
        ("2027-10-31T02:30:00", "2027-10-31T00:30:00Z", "2027-10-31T02:30:00", "time_fold_first"),
    ] {
        let (status, answer) = publish(&app, &at(time)).await;
        assert_eq!(status, 202, "{answer}");
        assert_eq!(answer["deliveries"][0]["due_at"], due);
        assert_eq!(answer["warnings"][0]["code"], code);
        assert_eq!(post(&app, &answer).await["schedule"]["local"], local);
    }
    // With an offset nothing is ambiguous.
    for (time, due) in [
        ("2027-10-31T02:30:00+02:00", "2027-10-31T00:30:00Z"),
        ("2027-10-31T02:30:00+01:00", "2027-10-31T01:30:00Z"),
    ] {
        let mut body = at(time);
        body["content"]["body"] = json!(format!("Avec décalage, {time}"));
        let (_, answer) = publish(&app, &body).await;
        assert_eq!((&answer["deliveries"][0]["due_at"], &answer["warnings"]), (&json!(due), &json!([])));
    }
}

#[tokio::test]
async fn times_that_cannot_be_used_have_a_code_and_plan_nothing() {
    let app = App::start().await;
    for (time, code) in [
        ("2020-01-01T10:00:00", "past_date"),
        ("1970-01-01T00:00:00Z", "past_date"),
        ("0001-01-01T00:00:00", "past_date"),
        ("demain", "invalid_time"),
        ("", "invalid_time"),
        ("2099-02-30T10:00:00", "invalid_time"),
        ("2099-07-15", "invalid_time"),
        ("18:30", "invalid_time"),
        ("4099-07-15T18:30:00", "invalid_time"),
        ("9999-12-30T21:59:59Z", "invalid_time"),
        ("2099-07-15T18:30:00[Europe/Vensac]", "unknown_timezone"),
    ] {
        let (status, refused) = publish(&app, &at(time)).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some(code)), "{time}");
        assert!(!refused["detail"].as_str().unwrap().is_empty());
    }
    for (field, value, code) in
        [("timezone", "Europe/Vensac", "unknown_timezone"), ("timezone", "", "unknown_timezone")]
    {
        let mut body = at("2099-07-15T18:30:00");
        body[field] = json!(value);
        let (status, refused) = publish(&app, &body).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some(code)), "{field} {value}");
    }
    let mut late = at("2020-01-01T10:00:00");
    late["late_policy"] = json!("send_now");
    assert_eq!(publish(&app, &late).await.0, 202, "asked for in so many words");
    let page: Value =
        app.local(Method::GET, "/api/communication/posts").send().await.unwrap().json().await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn text_alone_on_instagram_is_one_error() {
    let app = App::bare().await;
    app.connect_facebook_and_instagram().await;
    let mut body = far_post();
    body["platforms"] = json!(["instagram"]);
    let (status, refused) = publish(&app, &body).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("content_refused")));
    let codes: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["text_only_not_allowed"]);
}
