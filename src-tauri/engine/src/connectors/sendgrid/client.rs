//! Requests: `{base}{path}` with the key as a bearer token.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, header::AUTHORIZATION};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use super::{
    errors::{self, Effect},
    timestamp,
    wire::LogList,
};
use crate::connectors::{
    Access, Failure,
    http::{Deadline, Reply},
    provider::{required, secret_header},
};

pub(super) const KEY: &str = "api_key";
pub(super) const SENDER: &str = "sender_address";

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    authorization: reqwest::header::HeaderValue,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without a key.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        let authorization = secret_header(&format!("Bearer {}", required(access, KEY)?))?;
        Ok(Self { access, authorization })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.access.base_url.trim_end_matches('/');
        let request = self.access.http.client().request(method, format!("{base}{path}"));
        request.header(AUTHORIZATION, self.authorization.clone())
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        let json =
            errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Reads. Errors: never `Unknown`, never `Content`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        self.ask(self.request(Method::GET, path).query(query)).await
    }

    /// Looks into the log. It only reads, although it is a POST.
    pub async fn logs(&self, query: &str, limit: usize) -> Result<LogList, Failure> {
        let body = json!({"query": query, "limit": limit});
        self.ask(self.request(Method::POST, "/v3/logs").json(&body)).await
    }

    /// The irreversible request, made once.
    pub async fn send(&self, mail: &impl Serialize) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, "/v3/mail/send").json(mail);
        self.access.http.send_once(request, Deadline::CALL).await
    }

    pub async fn erase(&self, address: &str) -> Result<(), Failure> {
        let body = json!({"email_addresses": [address]});
        let request = self.request(Method::POST, "/v3/recipients/erasejob").json(&body);
        self.ask::<serde_json::Value>(request).await.map(|_| ())
    }
}

/// A text inside the quotation marks of a query. No address that we write to holds one.
pub(super) fn quoted(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '"' | '\\' | '\'') && !c.is_control()).collect()
}

/// Only what was made since then.
pub(super) fn since(at: Timestamp) -> String {
    format!("sg_message_id_created_at > TIMESTAMP \"{}\"", timestamp(at))
}

/// The page of one message in the log; its id holds nothing but letters, digits, dots and dashes.
pub(super) fn log_path(sg_message_id: &str) -> String {
    let id: String =
        sg_message_id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')).collect();
    format!("/v3/logs/{id}")
}
