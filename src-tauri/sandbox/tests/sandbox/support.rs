//! A running sandbox with a client, and short ways to ask it.

use std::{io::Cursor, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use image::{ImageFormat, RgbImage};
use reqwest::{
    Client, Method, RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use vieux_moulin_sandbox::{
    FaultName, FaultParams, FaultRequest, Platform, PublishedObject, Sandbox, SandboxOptions, Strict,
    objects::ObjectState, seed,
};

pub struct Bench {
    pub sandbox: Sandbox,
    pub http: Client,
}

/// Status and JSON body (null when it is none).
pub type Seen = (u16, Value);

impl Bench {
    pub async fn start() -> Self {
        Self::with(SandboxOptions { accounts: 2, ..SandboxOptions::default() }).await
    }

    pub async fn strict(change: impl FnOnce(&mut Strict)) -> Self {
        let mut options = SandboxOptions::default();
        change(&mut options.strict);
        Self::with(options).await
    }

    pub async fn with(options: SandboxOptions) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            sandbox: Sandbox::start(options).await.unwrap(),
            http: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .timeout(Duration::from_secs(20))
                .build()
                .unwrap(),
        }
    }

    pub fn url(&self, platform: Platform, path: &str) -> String {
        format!("{}{path}", platform.address(self.sandbox.addresses()))
    }

    pub fn control(&self, path: &str) -> String {
        format!("{}/control{path}", self.sandbox.addresses().control)
    }

    /// A request with the token of account 1.
    pub fn ask(&self, method: Method, platform: Platform, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.url(platform, path));
        match platform {
            Platform::Facebook | Platform::Instagram => request.bearer_auth(seed::facebook_page_token(1)),
            Platform::Mastodon => request.bearer_auth(seed::mastodon_token(1)),
            Platform::Threads => request.bearer_auth(seed::threads_token(1)),
            Platform::GoogleBusiness | Platform::Pinterest => request.bearer_auth(access_token(platform, 1)),
            Platform::X => request.bearer_auth(seed::x_token(1)),
            Platform::LinkedIn => request
                .bearer_auth(seed::linkedin_token(1))
                .header("LinkedIn-Version", "202607")
                .header("X-Restli-Protocol-Version", "2.0.0"),
            _ => request,
        }
    }

    /// A method of the Bot API with the token of bot 1.
    pub fn bot(&self, method: &str) -> RequestBuilder {
        let path = format!("/bot{}/{method}", seed::telegram_bot_token(1));
        self.ask(Method::POST, Platform::Telegram, &path)
    }

    pub async fn get(&self, platform: Platform, path: &str) -> Seen {
        seen(self.ask(Method::GET, platform, path)).await
    }

    pub async fn post(&self, platform: Platform, path: &str, form: &[(&str, &str)]) -> Seen {
        seen(self.ask(Method::POST, platform, path).form(form)).await
    }

    pub async fn delete(&self, platform: Platform, path: &str) -> Seen {
        seen(self.ask(Method::DELETE, platform, path)).await
    }

    pub fn live(&self, platform: Platform) -> Vec<PublishedObject> {
        self.in_state(platform, ObjectState::Published)
    }

    pub fn in_state(&self, platform: Platform, state: ObjectState) -> Vec<PublishedObject> {
        let mut objects = self.sandbox.objects(platform);
        objects.retain(|object| object.state == state);
        objects
    }

    pub async fn fault(&self, platform: Platform, fault: FaultName, params: Value) {
        let params: FaultParams = serde_json::from_value(params).unwrap();
        let request = FaultRequest { params, ..FaultRequest::new(fault) };
        self.sandbox.add_fault(platform, request).await;
    }

    /// An unpublished photo of Page 1; returns its id and its address.
    pub async fn page_photo(&self, bytes: Vec<u8>) -> (String, String) {
        let form = Form::new()
            .text("published", "false")
            .text("temporary", "true")
            .text("alt_text_custom", "Une assiette")
            .part("source", Part::bytes(bytes).file_name("a.jpg"));
        let path = format!("/v25.0/{}/photos", page());
        let (status, photo) = seen(self.ask(Method::POST, Platform::Facebook, &path).multipart(form)).await;
        assert_eq!(status, 200, "{photo}");
        let id = photo["id"].as_str().unwrap().to_owned();
        let (_, read) = self.get(Platform::Facebook, &format!("/v25.0/{id}?fields=images")).await;
        let source = read["images"][0]["source"].as_str().unwrap().to_owned();
        (id, source)
    }

    /// A ready container of Instagram account 1.
    pub async fn container(&self, extra: &[(&str, &str)]) -> String {
        let (_, source) = self.page_photo(jpeg(320, 320)).await;
        let mut form = vec![("image_url", source.as_str()), ("caption", "Le plat")];
        form.retain(|(name, _)| !extra.iter().any(|(given, _)| given == name));
        form.extend(extra);
        let path = format!("/v25.0/{}/media", seed::instagram_id(1));
        let (status, answer) = self.post(Platform::Instagram, &path, &form).await;
        assert_eq!(status, 200, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub async fn session(&self) -> Value {
        let body = json!({
            "identifier": seed::bluesky_handle(1),
            "password": seed::bluesky_app_password(1),
        });
        let (status, session) = self.xrpc("com.atproto.server.createSession", "", &body).await;
        assert_eq!(status, 200, "{session}");
        session
    }

    pub async fn xrpc(&self, method: &str, token: &str, body: &Value) -> Seen {
        let path = format!("/xrpc/{method}");
        let mut request = self.ask(Method::POST, Platform::Bluesky, &path).json(body);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        seen(request).await
    }

    /// A request that makes one post visible on a network, all preparations done.
    pub async fn publishing(&self, platform: Platform, text: &str) -> RequestBuilder {
        match platform {
            Platform::Facebook => self
                .ask(Method::POST, platform, &format!("/v25.0/{}/feed", page()))
                .form(&[("message", text)]),
            Platform::Instagram => {
                let container = self.container(&[("caption", text)]).await;
                let path = format!("/v25.0/{}/media_publish", seed::instagram_id(1));
                self.ask(Method::POST, platform, &path).form(&[("creation_id", container)])
            }
            Platform::Bluesky => {
                let session = self.session().await;
                self.ask(Method::POST, platform, "/xrpc/com.atproto.repo.createRecord")
                    .bearer_auth(session["accessJwt"].as_str().unwrap())
                    .json(&json!({
                        "repo": session["did"],
                        "collection": "app.bsky.feed.post",
                        "record": record(text),
                    }))
            }
            Platform::Mastodon => {
                self.ask(Method::POST, platform, "/api/v1/statuses").form(&[("status", text)])
            }
            Platform::Telegram => {
                let chat = seed::telegram_chat_id(1);
                self.bot("sendMessage").form(&[("chat_id", chat.as_str()), ("text", text)])
            }
            Platform::Threads => {
                let path = format!("/v1.0/{}/threads", seed::threads_id(1));
                let form = [("media_type", "TEXT"), ("text", text)];
                let (_, container) = self.post(platform, &path, &form).await;
                let path = format!("{path}_publish");
                self.ask(Method::POST, platform, &path).form(&[("creation_id", container["id"].as_str())])
            }
            Platform::GoogleBusiness => {
                let path = format!("/v4/{}/localPosts", seed::google_profile(1));
                let post = json!({"languageCode": "fr", "topicType": "STANDARD", "summary": text});
                self.ask(Method::POST, platform, &path).json(&post)
            }
            Platform::Pinterest => self.ask(Method::POST, platform, "/v5/pins").json(&pin(text)),
            Platform::X => {
                let words = format!("{text} {}", self.sandbox.objects(platform).len());
                self.ask(Method::POST, platform, "/2/tweets").json(&serde_json::json!({"text": words}))
            }
            Platform::LinkedIn => {
                // The same words twice would be refused.
                let words = format!("{text} {}", self.sandbox.objects(platform).len());
                self.ask(Method::POST, platform, "/rest/posts").json(&linkedin_post(&words))
            }
            _ => unreachable!("it carries messages, and is tried with its connector"),
        }
    }
}

/// An access token that ends in a far year; such tokens say of themselves whose they are.
pub fn access_token(platform: Platform, k: usize) -> String {
    format!("sandbox-{}-access-{k}-1-4102444800", platform.name())
}

/// A pin as a program writes it.
pub fn pin(text: &str) -> Value {
    json!({
        "board_id": seed::pinterest_board_id(1),
        "description": text,
        "media_source": {
            "source_type": "image_base64",
            "content_type": "image/jpeg",
            "data": STANDARD.encode(jpeg(40, 60)),
        },
    })
}

pub fn page() -> String {
    seed::facebook_page_id(1)
}

pub fn record(text: &str) -> Value {
    json!({
        "$type": "app.bsky.feed.post",
        "text": text,
        "langs": ["fr"],
        "createdAt": "2026-11-22T10:00:00.000Z",
    })
}

pub async fn seen(request: RequestBuilder) -> Seen {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    picture(width, height, ImageFormat::Jpeg)
}

pub fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, image::Rgb([160, 90, 40])).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// Code and subcode of a Graph refusal.
pub fn code(seen: &Seen) -> (i64, i64) {
    let error = &seen.1["error"];
    (error["code"].as_i64().unwrap_or(0), error["error_subcode"].as_i64().unwrap_or(0))
}

/// The plainest post of organisation 1 (social-platforms, section 6.2).
pub fn linkedin_post(commentary: &str) -> Value {
    serde_json::json!({
        "author": seed::linkedin_organization_urn(1),
        "commentary": commentary,
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": false,
    })
}
