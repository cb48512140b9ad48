//! A relay between a connector and a double: it lets a test answer some requests itself and change some
//! answers, for what a double has no switch for.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::Response,
};
use serde_json::Value;
use vieux_moulin_engine::connectors::Http;

/// One relayed request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub address: String,
}

/// What happens to a request.
pub enum Way {
    /// To the double and back.
    Through,
    /// To the double; its JSON answer is changed on the way back.
    Changed(fn(&mut Value)),
    /// To the double; its answer comes back with this header.
    WithHeader(&'static str, String),
    /// The relay answers: status and body.
    Instead(u16, Value),
}

type Rule = Box<dyn Fn(&Asked) -> Way + Send + Sync>;

pub struct Between {
    pub base: String,
    inner: Arc<Inner>,
}

struct Inner {
    upstream: String,
    rule: Rule,
    http: Http,
    asked: Mutex<Vec<Asked>>,
}

impl Between {
    pub async fn start(upstream: &str, rule: impl Fn(&Asked) -> Way + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inner = Arc::new(Inner {
            upstream: upstream.to_owned(),
            rule: Box::new(rule),
            http: Http::new().unwrap(),
            asked: Mutex::default(),
        });
        let app = Router::new().fallback(relay).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, inner }
    }

    /// Requests so far whose method, path and query contain this.
    pub fn asked(&self, part: &str) -> Vec<Asked> {
        let asked = self.inner.asked.lock().unwrap();
        asked
            .iter()
            .filter(|asked| format!("{} {}", asked.method, asked.address).contains(part))
            .cloned()
            .collect()
    }
}

async fn relay(State(inner): State<Arc<Inner>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let asked =
        Asked { method: parts.method.to_string(), address: parts.uri.path_and_query().unwrap().to_string() };
    let way = (inner.rule)(&asked);
    inner.asked.lock().unwrap().push(asked.clone());
    if let Way::Instead(status, answer) = way {
        return Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Body::from(answer.to_string()))
            .unwrap();
    }
    let mut headers = parts.headers;
    headers.remove("host");
    let request = inner.http.client().request(parts.method, format!("{}{}", inner.upstream, asked.address));
    let answer = request.headers(headers).body(body).send().await.unwrap();
    let mut relayed = Response::builder().status(answer.status().as_u16());
    for (name, value) in answer.headers() {
        let is_replaced = matches!(&way, Way::WithHeader(new, _) if *new == name.as_str());
        if !is_replaced && !matches!(name.as_str(), "content-length" | "transfer-encoding" | "connection") {
            relayed = relayed.header(name, value);
        }
    }
    let mut bytes: Bytes = answer.bytes().await.unwrap();
    match way {
        Way::Changed(change) => {
            let mut json: Value = serde_json::from_slice(&bytes).unwrap();
            change(&mut json);
            bytes = json.to_string().into();
        }
        Way::WithHeader(name, value) => relayed = relayed.header(name, value),
        Way::Through | Way::Instead(..) => {}
    }
    relayed.body(Body::from(bytes)).unwrap()
}
