//! Every request of the Mastodon connector, checked against a description of the vendor's API: path,
//! method, query, headers and body. What the description does not know is refused.
//!
//! Two corrections of the description: its status body says "exactly one of" where text and pictures may
//! come together, and some headers are described as objects. Answers come from the sandbox's double; the
//! checking proxy stands between.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use vieux_moulin_engine::connectors::{Credentials, Http, LoginDoor, SendMode};

use crate::{
    bluesky_lexicon::vendor_specs,
    support::{FIXTURES, Scene},
};

/// The proxy and what it objected to.
struct Strict {
    description: Value,
    upstream: String,
    http: Http,
    objections: Mutex<Vec<String>>,
    checked: Mutex<Vec<String>>,
}

impl Strict {
    async fn start(upstream: &str) -> Option<(Arc<Self>, String)> {
        let folder = vendor_specs("mastodon")?;
        let file = std::fs::read(folder.join("mastodon-publishing.openapi.json")).unwrap();
        let mut description: Value = serde_json::from_slice(&file).unwrap();
        any_instead_of_one(&mut description);
        let strict = Arc::new(Self {
            description,
            upstream: upstream.to_owned(),
            http: Http::new().unwrap(),
            objections: Mutex::default(),
            checked: Mutex::default(),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(relay).with_state(Arc::clone(&strict));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Some((strict, base))
    }

    /// Finds the operation of a request: a literal segment wins over a variable one.
    fn operation(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let segments: Vec<_> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<_> = template.split('/').collect();
            parts.len() == segments.len()
                && parts.iter().zip(&segments).all(|(part, given)| part.starts_with('{') || part == given)
        };
        let paths = self.description["paths"].as_object().unwrap();
        let found =
            paths.iter().filter(|(template, _)| fits(template)).min_by_key(|(t, _)| t.matches('{').count());
        let (template, item) = found?;
        item.get(method.to_lowercase()).map(|operation| (template.clone(), operation))
    }

    fn check(&self, method: &str, path: &str, query: &str, headers: &HeaderMap, body: &Bytes) {
        let name = format!("{method} {path}");
        let object = |text: String| self.objections.lock().unwrap().push(format!("{name}: {text}"));
        let Some((template, operation)) = self.operation(method, path) else {
            return object("not in the description".to_owned());
        };
        self.checked.lock().unwrap().push(format!("{method} {template}"));
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match parameters.iter().find(|p| p["in"] == "query" && p["name"] == key.as_ref()) {
                None => object(format!("unknown query parameter {key}")),
                Some(parameter) => {
                    let value = serde_json::from_str(&value)
                        .ok()
                        .filter(|_| parameter["schema"]["type"] != "string")
                        .unwrap_or_else(|| json!(value));
                    self.validate(&parameter["schema"], &value, &object);
                }
            }
        }
        if operation["security"].as_array().is_some_and(|s| !s.is_empty())
            && !headers
                .get("authorization")
                .is_some_and(|value| value.to_str().unwrap().starts_with("Bearer "))
        {
            object("no token".to_owned());
        }
        if method == "POST" && path == "/api/v1/statuses" && !headers.contains_key("idempotency-key") {
            object("no Idempotency-Key".to_owned());
        }
        self.check_body(operation, headers, body, &object);
    }

    fn check_body(&self, operation: &Value, headers: &HeaderMap, body: &Bytes, object: &dyn Fn(String)) {
        let kind = headers.get("content-type").map_or("", |value| value.to_str().unwrap());
        let kind = kind.split(';').next().unwrap_or_default();
        let content = &operation["requestBody"]["content"];
        if body.is_empty() {
            if operation["requestBody"]["required"] == true {
                object("no body".to_owned());
            }
            return;
        }
        let (schema, value) = match kind {
            "application/json" => {
                (&content["application/json"]["schema"], serde_json::from_slice(body).unwrap_or_default())
            }
            // OAuth itself asks for a form (RFC 6749) where the description shows JSON: same fields.
            "application/x-www-form-urlencoded" => {
                let fields: Map<_, _> = url::form_urlencoded::parse(body)
                    .map(|(key, value)| (key.into_owned(), json!(value)))
                    .collect();
                (&content["application/json"]["schema"], Value::Object(fields))
            }
            "multipart/form-data" => {
                let text = String::from_utf8_lossy(body);
                let names: Map<_, _> = text
                    .split("name=\"")
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next())
                    .filter(|name| *name != "photo.jpg")
                    .map(|name| (name.to_owned(), json!("…")))
                    .collect();
                (&content["multipart/form-data"]["schema"], Value::Object(names))
            }
            other => return object(format!("body of type {other}")),
        };
        if schema.is_null() {
            return object(format!("the description takes no body of type {kind}"));
        }
        for key in value.as_object().into_iter().flat_map(Map::keys) {
            if !self.knows_field(schema, key) {
                object(format!("unknown field {key}"));
            }
        }
        self.validate(schema, &value, object);
    }

    fn knows_field(&self, schema: &Value, key: &str) -> bool {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = self.description.pointer(reference.trim_start_matches('#')).unwrap();
            return self.knows_field(target, key);
        }
        let inside = |word: &str| {
            schema[word].as_array().into_iter().flatten().any(|part| self.knows_field(part, key))
        };
        // The description was made from the documentation's form fields: `name[]` there is a list `name`.
        let listed = format!("{key}[]");
        let properties = &schema["properties"];
        properties.get(key).or(properties.get(&listed)).is_some()
            || inside("anyOf")
            || inside("allOf")
            || inside("oneOf")
    }

    fn validate(&self, schema: &Value, value: &Value, object: &dyn Fn(String)) {
        // References point into the whole document, so it travels along.
        let mut whole = schema.clone();
        whole["components"] = self.description["components"].clone();
        let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap();
        for error in validator.iter_errors(value) {
            object(format!("{}: {error}", error.instance_path));
        }
    }
}

/// The first of the two corrections.
fn any_instead_of_one(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(one) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), one);
            }
            fields.values_mut().for_each(any_instead_of_one);
        }
        Value::Array(items) => items.iter_mut().for_each(any_instead_of_one),
        _ => {}
    }
}

async fn relay(State(strict): State<Arc<Strict>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    strict.check(parts.method.as_str(), path, query, &parts.headers, &body);
    let address = format!("{}{}", strict.upstream, parts.uri.path_and_query().unwrap());
    let mut headers = parts.headers;
    headers.remove("host");
    let answer =
        strict.http.client().request(parts.method, address).headers(headers).body(body).send().await.unwrap();
    let mut relayed = Response::new(Body::empty());
    *relayed.status_mut() = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    for name in ["content-type", "date"] {
        if let Some(value) = answer.headers().get(name) {
            relayed.headers_mut().insert(name, value.clone());
        }
    }
    *relayed.body_mut() = Body::from(answer.bytes().await.unwrap());
    relayed
}

#[tokio::test]
async fn every_request_follows_the_description() {
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "mastodon").unwrap();
    let mut scene = Scene::before_connecting(fixture).await;
    let Some((strict, base)) = Strict::start(&scene.stage.base_url).await else { return };
    scene.stage.base_url.clone_from(&base);
    scene.stage.vault.current.lock().unwrap().set("server", base.as_str());
    scene.stage.connect().await;

    let mut now = scene.delivery("Plat du jour : https://moulin.fr #midi", true);
    now.prepare(&scene.stage).await.unwrap();
    now.prepare(&scene.stage).await.unwrap();
    now.send(&scene.stage).await.unwrap();
    now.reconcile(&scene.stage).await.unwrap();
    now.content.text.push_str(" (complet)");
    now.update(&scene.stage).await.unwrap();
    now.delete(&scene.stage).await.unwrap();
    now.delete(&scene.stage).await.unwrap();

    let mut later = scene.delivery("Soirée jazz", false);
    later.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
    later.prepare(&scene.stage).await.unwrap();
    later.send(&scene.stage).await.unwrap();
    later.reconcile(&scene.stage).await.unwrap();
    later.verify(&scene.stage).await.unwrap();
    later.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(6));
    later.update(&scene.stage).await.unwrap();
    later.delete(&scene.stage).await.unwrap();

    let oauth = scene.stage.connector.oauth().unwrap();
    let door = LoginDoor {
        http: &scene.stage.http,
        server: &base,
        platform: &scene.stage.platform,
        app: &Credentials::default(),
        redirect_uri: "http://127.0.0.1:9/connexion",
    };
    let login = oauth.begin(&door).await.unwrap();
    // The code is wrong, which the double refuses; the request is what is examined.
    oauth.finish(&scene.stage.http, &login, "unknown-code").await.unwrap_err();

    let objections = strict.objections.lock().unwrap().clone();
    assert!(objections.is_empty(), "{objections:#?}");
    let mut checked = strict.checked.lock().unwrap().clone();
    checked.sort();
    checked.dedup();
    assert!(checked.len() >= 14, "only these were checked: {checked:#?}");
}

#[tokio::test]
async fn the_check_itself_can_fail() {
    let Some((strict, _)) = Strict::start("http://127.0.0.1:9").await else { return };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let body = Bytes::from_static(br#"{"status": 7, "wichtig": true, "visibility": "everybody"}"#);
    strict.check("POST", "/api/v1/statuses", "draft=1", &headers, &body);
    strict.check("PATCH", "/api/v1/statuses", "", &headers, &body);
    let objections = strict.objections.lock().unwrap().join("\n");
    for expected in [
        "unknown query parameter draft",
        "no token",
        "no Idempotency-Key",
        "unknown field wichtig",
        "not in the description",
    ] {
        assert!(objections.contains(expected), "{expected} missing in {objections}");
    }
    assert!(objections.lines().count() > 5, "types and values were not checked: {objections}");
}
