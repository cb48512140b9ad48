//! The way of a command into the application: over the network to a running instance, or through the
//! in-process door of a data folder that is opened for this command.

use std::time::Duration;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::{Exit, Failure};
use crate::{
    api::{self, Caller},
    host::{self, Host, HostOptions, LocalKey, Prepared},
};

/// How often, and how many times, a command looks for an instance that is starting, or whether another
/// command has ended: a quarter of a minute.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: u32 = 150;

/// An open door; close it at the end.
pub enum Door {
    Running { client: reqwest::Client, key: LocalKey },
    Opened(Box<Host>),
}

/// An answer of the API.
pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Door {
    /// Finds a running instance, else opens the data folder.
    ///
    /// A folder that is taken by something that does not answer is being started in, or another command
    /// works in it: both end soon.
    pub async fn open(options: HostOptions) -> Result<Self, Failure> {
        let mut looks = 0;
        loop {
            if let Some(door) = Self::running(&options).await? {
                return Ok(door);
            }
            match Prepared::for_command(options.clone()) {
                Ok(prepared) => return Ok(Self::Opened(Box::new(prepared.open().await?))),
                Err(error) if error.code() == "already_running" && looks < LOOKS => {
                    looks += 1;
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// A running instance; `None` when nothing runs in this data folder.
    pub async fn running(options: &HostOptions) -> Result<Option<Self>, Failure> {
        let data_dir = host::data_dir(options)?;
        let Some(key) = LocalKey::load(&data_dir) else { return Ok(None) };
        // A second installation answers Err; the first one stays in force.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(2))
            .timeout(Duration::from_mins(2))
            .build()
            .map_err(|error| {
                Failure::new(Exit::Other, "internal_error", error.to_string(), error.to_string())
            })?;
        // The file of a killed process stays behind; then nobody answers, or somebody else does.
        let pulse = client.get(format!("{}/api/session", key.address)).bearer_auth(&key.token).send().await;
        let ours = pulse.is_ok_and(|reply| reply.status().is_success());
        Ok(ours.then_some(Self::Running { client, key }))
    }

    /// Makes a request and returns its answer, whatever it is.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        self.send_text(method, path, body.map(Value::to_string), headers).await
    }

    async fn send_text(
        &self,
        method: &str,
        path: &str,
        body: Option<String>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, Failure> {
        match self {
            Self::Running { client, key } => over_network(client, key, method, path, body, headers).await,
            Self::Opened(host) => in_process(host, method, path, body, headers).await,
        }
    }

    /// Makes a request; a problem is a failure.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        self.ask_with(method, path, body, &[]).await
    }

    pub async fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Result<Value, Failure> {
        let reply = self.send(method, path, body, headers).await?;
        if reply.status < 400 { Ok(reply.body) } else { Err(problem(reply)) }
    }

    /// Sends a JSON text to the letter, so that the answer can name its lines.
    pub async fn ask_text(&self, method: &str, path: &str, body: String) -> Result<Value, Failure> {
        let reply = self.send_text(method, path, Some(body), &[]).await?;
        if reply.status < 400 { Ok(reply.body) } else { Err(problem(reply)) }
    }

    pub fn is_running(&self) -> bool {
        matches!(self, Self::Running { .. })
    }

    /// Lets what the command began end.
    pub async fn close(self) {
        if let Self::Opened(host) = self {
            host.stop().await;
        }
    }
}

async fn over_network(
    client: &reqwest::Client,
    key: &LocalKey,
    method: &str,
    path: &str,
    body: Option<String>,
    headers: &[(&str, &str)],
) -> Result<Reply, Failure> {
    let unreachable = |_| {
        let text = crate::problems::find_or_general("not_running");
        Failure::new(
            Exit::Unreachable,
            "not_running",
            format!("{} {}", text.detail, text.next_step),
            format!("{} {}", text.detail_en, text.next_step_en),
        )
    };
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap_or(reqwest::Method::GET);
    let mut request = client.request(method, format!("{}{path}", key.address)).bearer_auth(&key.token);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let reply = request.send().await.map_err(unreachable)?;
    let status = reply.status().as_u16();
    let bytes = reply.bytes().await.map_err(unreachable)?;
    Ok(Reply { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

async fn in_process(
    host: &Host,
    method: &str,
    path: &str,
    body: Option<String>,
    headers: &[(&str, &str)],
) -> Result<Reply, Failure> {
    let broken = |error: String| Failure::new(Exit::Other, "internal_error", error.clone(), error);
    let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = body.map_or_else(Body::empty, Body::from);
    let request = request.body(body).map_err(|error| broken(error.to_string()))?;
    let response = api::call(&host.router, Caller::CommandLine, request).await;
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.map_err(|error| broken(error.to_string()))?.to_bytes();
    Ok(Reply { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
}

fn problem(reply: Reply) -> Failure {
    let text = |key: &str| reply.body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let exit = match (reply.status, text("code").as_str()) {
        (404, _) => Exit::NotFound,
        (_, code) if code.starts_with("config_") => Exit::Configuration,
        (_, "disk_full" | "folder_read_only" | "store_stopped" | "store_failed" | "database_damaged") => {
            Exit::Store
        }
        _ => Exit::Refused,
    };
    let mut failure = Failure::new(exit, &text("code"), text("detail"), text("detail_en"));
    failure.body = Some(reply.body);
    failure
}
