//! A proxy between a connector and its double that holds every request against the vendor's own
//! description: path, method, query, headers and body. What the description does not know is an objection.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Response, StatusCode},
};
use serde_json::{Map, Value, json};
use vieux_moulin_engine::connectors::Http;

use crate::bluesky_lexicon::vendor_specs;

/// The proxy and what it objected to.
pub struct Strict {
    descriptions: Vec<Value>,
    /// Paths that the descriptions leave to a standard.
    exempt: &'static [&'static str],
    /// Beginning of every path that the descriptions leave to the address of the server.
    below: &'static str,
    upstream: String,
    http: Http,
    pub objections: Mutex<Vec<String>>,
    pub checked: Mutex<Vec<String>>,
}

impl Strict {
    /// Starts with the files of one vendor, corrected; `None` where they are absent.
    pub async fn start(
        upstream: &str,
        part: &str,
        files: &[&str],
        exempt: &'static [&'static str],
        correct: fn(&mut Value),
    ) -> Option<(Arc<Self>, String)> {
        Self::start_below("", upstream, part, files, exempt, correct).await
    }

    /// The same for descriptions whose paths begin after `below`.
    pub async fn start_below(
        below: &'static str,
        upstream: &str,
        part: &str,
        files: &[&str],
        exempt: &'static [&'static str],
        correct: fn(&mut Value),
    ) -> Option<(Arc<Self>, String)> {
        let folder = vendor_specs(part)?;
        let read = |name: &&str| {
            let mut description = serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
            correct(&mut description);
            description
        };
        let strict = Arc::new(Self {
            descriptions: files.iter().map(read).collect(),
            exempt,
            below,
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
    fn operation(&self, method: &str, path: &str) -> Option<(String, &Value, &Value)> {
        let segments: Vec<_> = path.split('/').collect();
        let fits = |template: &str| {
            let parts: Vec<_> = template.split('/').collect();
            parts.len() == segments.len()
                && parts.iter().zip(&segments).all(|(part, given)| part.starts_with('{') || part == given)
        };
        self.descriptions.iter().find_map(|description| {
            let paths = description["paths"].as_object().unwrap();
            let found = paths
                .iter()
                .filter(|(template, _)| fits(template))
                .min_by_key(|(template, _)| template.matches('{').count());
            let (template, item) = found?;
            item.get(method.to_lowercase()).map(|operation| (template.clone(), operation, description))
        })
    }

    pub fn check(&self, method: &str, path: &str, query: &str, headers: &HeaderMap, body: &Bytes) {
        let name = format!("{method} {path}");
        let object = |text: String| self.objections.lock().unwrap().push(format!("{name}: {text}"));
        let path = path.strip_prefix(self.below).unwrap_or(path);
        let is_exempt =
            |left: &&str| left.strip_suffix('*').map_or(*left == path, |start| path.starts_with(start));
        if self.exempt.iter().any(is_exempt) {
            return;
        }
        let Some((template, operation, whole)) = self.operation(method, path) else {
            return object("not in the description".to_owned());
        };
        self.checked.lock().unwrap().push(format!("{method} {template}"));
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| resolved(whole, one))
            .collect();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match parameters.iter().find(|p| p["in"] == "query" && p["name"] == key.as_ref()) {
                None => object(format!("unknown query parameter {key}")),
                Some(parameter) => {
                    let value = serde_json::from_str(&value)
                        .ok()
                        .filter(|_| parameter["schema"]["type"] != "string")
                        .unwrap_or_else(|| json!(value));
                    validate(whole, &parameter["schema"], &value, &object);
                }
            }
        }
        if !is_signed_in(whole, operation, headers) {
            object("no token".to_owned());
        }
        if method == "POST" && path == "/api/v1/statuses" && !headers.contains_key("idempotency-key") {
            object("no Idempotency-Key".to_owned());
        }
        check_body(whole, operation, headers, body, &object);
    }
}

fn resolved<'v>(whole: &'v Value, value: &'v Value) -> &'v Value {
    let reference = value["$ref"].as_str();
    reference.map_or(value, |reference| whole.pointer(reference.trim_start_matches('#')).unwrap())
}

/// One of the ways that the description names, each with all of its parts.
fn is_signed_in(whole: &Value, operation: &Value, headers: &HeaderMap) -> bool {
    let ways = operation["security"].as_array().or(whole["security"].as_array());
    let Some(ways) = ways.filter(|ways| !ways.is_empty()) else { return true };
    let begins = |scheme: &str| {
        headers.get("authorization").is_some_and(|value| value.to_str().unwrap().starts_with(scheme))
    };
    ways.iter().any(|way| {
        way.as_object().unwrap().keys().all(|name| {
            let scheme = &whole["components"]["securitySchemes"][name];
            match (scheme["type"].as_str(), scheme["in"].as_str()) {
                (Some("apiKey"), Some("header")) => headers.contains_key(scheme["name"].as_str().unwrap()),
                (Some("http"), _) if scheme["scheme"] == "basic" => begins("Basic "),
                _ => begins("Bearer "),
            }
        })
    })
}

fn check_body(whole: &Value, operation: &Value, headers: &HeaderMap, body: &Bytes, object: &dyn Fn(String)) {
    let kind = headers.get("content-type").map_or("", |value| value.to_str().unwrap());
    let kind = kind.split(';').next().unwrap_or_default();
    let expected = resolved(whole, &operation["requestBody"]);
    let content = &expected["content"];
    if body.is_empty() {
        if expected["required"] == true {
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
            let form = &content["application/x-www-form-urlencoded"]["schema"];
            let json = &content["application/json"]["schema"];
            (if form.is_null() { json } else { form }, Value::Object(fields))
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
        if !knows_field(whole, schema, key) {
            object(format!("unknown field {key}"));
        }
    }
    validate(whole, schema, &value, object);
}

fn knows_field(whole: &Value, schema: &Value, key: &str) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = whole.pointer(reference.trim_start_matches('#')).unwrap();
        return knows_field(whole, target, key);
    }
    let inside =
        |word: &str| schema[word].as_array().into_iter().flatten().any(|part| knows_field(whole, part, key));
    // The description was made from the documentation's form fields: `name[]` there is a list `name`.
    let listed = format!("{key}[]");
    let properties = &schema["properties"];
    properties.get(key).or(properties.get(&listed)).is_some()
        || inside("anyOf")
        || inside("allOf")
        || inside("oneOf")
}

fn validate(whole: &Value, schema: &Value, value: &Value, object: &dyn Fn(String)) {
    // References point into the whole document, so it travels along.
    let mut schema = schema.clone();
    schema["components"] = whole["components"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for error in validator.iter_errors(value) {
        object(format!("{}: {error}", error.instance_path));
    }
}

async fn relay(State(strict): State<Arc<Strict>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    strict.check(parts.method.as_str(), path, query, &parts.headers, &body);
    let address = format!("{}{}", strict.upstream, parts.uri.path_and_query().unwrap());
    let mut headers = parts.headers;
    if let Some(host) = headers.remove("host") {
        // What is signed with its address says which one that was.
        headers.insert("x-forwarded-host", host);
    }
    let answer =
        strict.http.client().request(parts.method, address).headers(headers).body(body).send().await.unwrap();
    let mut relayed = Response::new(Body::empty());
    *relayed.status_mut() = StatusCode::from_u16(answer.status().as_u16()).unwrap();
    for name in ["content-type", "date", "x-message-id"] {
        if let Some(value) = answer.headers().get(name) {
            relayed.headers_mut().insert(name, value.clone());
        }
    }
    *relayed.body_mut() = Body::from(answer.bytes().await.unwrap());
    relayed
}
