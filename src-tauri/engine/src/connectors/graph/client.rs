//! Requests to the Graph API with one token.
//!
//! The token goes into the `Authorization` header, because addresses end up in logs. It is also
//! taken out of the platform's words: the Graph repeats a malformed token in its message.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, multipart::Form};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    errors::{Purpose, Table, Verdict, common, is_gone, judge},
    usage,
    wire::{GraphError, GraphId},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Http, Reply},
    },
    domain::Problem,
};

/// Time for a read whose answer is only nice to have.
const PEEK: Deadline = Deadline(Duration::from_secs(5));

/// One token's way to the Graph.
pub struct Graph<'a> {
    http: &'a Http,
    root: String,
    token: SecretString,
    table: Table,
    now: Timestamp,
}

impl<'a> Graph<'a> {
    pub fn new(access: &Access<'a>, token: &SecretString, table: Table) -> Self {
        let base = access.base_url.trim_end_matches('/');
        let root = match access.platform.api_version.as_deref().filter(|version| !version.is_empty()) {
            Some(version) => format!("{base}/{version}"),
            None => base.to_owned(),
        };
        Self { http: access.http, root, token: token.clone(), table, now: access.now }
    }

    /// The way to another of Meta's hosts, whose address is `root`, the version included.
    pub fn at(access: &Access<'a>, root: &str, token: &SecretString, table: Table) -> Self {
        let root = root.trim_end_matches('/').to_owned();
        Self { http: access.http, root, token: token.clone(), table, now: access.now }
    }

    /// The same way with another token.
    #[must_use]
    pub fn with_token(&self, token: &SecretString) -> Self {
        Self {
            http: self.http,
            root: self.root.clone(),
            token: token.clone(),
            table: self.table,
            now: self.now,
        }
    }

    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// What an error object means, outside an answer.
    pub fn verdict(&self, error: &GraphError) -> Verdict {
        (self.table)(error).unwrap_or_else(|| common(error))
    }

    /// `path` starts with `/` and is made of literals and checked ids only.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .client()
            .request(method, format!("{}{path}", self.root))
            .bearer_auth(self.token.expose_secret())
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        self.repeatable(self.request(Method::GET, path).query(query), Deadline::CALL).await
    }

    /// A write that may be repeated.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Value, Failure> {
        self.repeatable(self.request(Method::POST, path).form(form), Deadline::CALL).await
    }

    /// Brings bytes.
    pub async fn upload(&self, path: &str, form: Form) -> Result<Value, Failure> {
        self.repeatable(self.request(Method::POST, path).multipart(form), Deadline::UPLOAD).await
    }

    /// A cosmetic read: what cannot be had quickly is left out.
    pub async fn peek(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        self.repeatable(self.request(Method::GET, path).query(query), PEEK).await.ok()
    }

    /// Deletes a node. `false`: it was gone already, which is as good.
    ///
    /// The Graph has one refusal for "is not there" and for "cannot be deleted like this", so what it
    /// seems to miss is read once more before that is believed.
    pub async fn delete(&self, id: &GraphId) -> Result<bool, Failure> {
        let path = format!("/{id}");
        match self.repeatable(self.request(Method::DELETE, &path), Deadline::CALL).await {
            // Older versions answer with the bare word.
            Ok(body) if body.get("success").unwrap_or(&body) == &Value::Bool(true) => Ok(true),
            Ok(_) => Err(Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))),
            Err(refusal) if is_gone(&refusal) => match self.get(&path, &[("fields", "id")]).await {
                Err(failure) if is_gone(&failure) => Ok(false),
                Err(failure) => Err(failure),
                Ok(_) => Err(Failure::new(
                    FailureClass::Content,
                    Problem { code: "delete_not_possible".to_owned(), ..refusal.problem },
                )),
            },
            Err(failure) => Err(failure),
        }
    }

    /// Takes back what the owner of the token has granted to the application.
    pub async fn withdraw_grant(&self) -> Result<(), Failure> {
        let body = self.repeatable(self.request(Method::DELETE, "/me/permissions"), Deadline::CALL).await?;
        match body.get("success").unwrap_or(&body) {
            Value::Bool(true) => Ok(()),
            _ => Err(Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))),
        }
    }

    /// The irreversible request: exactly one.
    pub async fn post_once(
        &self,
        path: &str,
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Value, Failure> {
        let request = self.request(Method::POST, path).query(query).form(form);
        let reply = self.http.send_once(request, Deadline::CALL).await?;
        self.slow_down(&reply);
        judge(&reply, Purpose::Irreversible, self.now, self.table).map_err(|failure| self.redact(failure))
    }

    async fn repeatable(&self, request: RequestBuilder, deadline: Deadline) -> Result<Value, Failure> {
        let reply = self.http.call(request, deadline).await?;
        self.slow_down(&reply);
        judge(&reply, Purpose::Repeatable, self.now, self.table).map_err(|failure| self.redact(failure))
    }

    fn slow_down(&self, reply: &Reply) {
        if let Some(pause) = usage::pause(reply) {
            self.http.note_pause(pause);
        }
    }

    /// How far the platform's clock is behind ours, by its latest answer. Negative when it is ahead.
    pub fn their_delay(&self) -> Option<SignedDuration> {
        self.http.last_date().map(|theirs| self.now.duration_since(theirs))
    }

    fn redact(&self, mut failure: Failure) -> Failure {
        let token = self.token.expose_secret();
        if let Some(words) = failure.problem.platform_message.take() {
            failure.problem.platform_message = Some(without_secrets(&words, token));
        }
        failure
    }
}

/// Replaces the token, and everything that is long enough to be one.
fn without_secrets(words: &str, token: &str) -> String {
    let words = if token.is_empty() { words.to_owned() } else { words.replace(token, "…") };
    words
        .split_inclusive(char::is_whitespace)
        .map(|word| {
            let run = word.chars().filter(char::is_ascii_alphanumeric).count();
            if run >= 48 && !word.contains("://") { "… " } else { word }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_words_lose_tokens() {
        let token = "EAAB".repeat(20);
        let cut = &token[..60];
        let words = without_secrets(&format!("Malformed access token {token}. Or {cut} here"), &token);
        assert_eq!(words, "Malformed access token …. Or … here");
        assert_eq!(without_secrets("Court et clair", "secret"), "Court et clair");
    }
}
