//! Requests to a personal data server (XRPC, `{pds}/xrpc/{method}`).

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{
    errors::{self, Effect},
    session::{self, Session},
    wire::{DeleteRecord, OwnPost, POST, PutRecord, SessionAnswer, WhoAmI},
};
use crate::connectors::{
    Access, Failure,
    http::{Deadline, Reply},
};

/// Pages of a hundred posts that a look-up reads at most.
const MAX_PAGES: usize = 5;

/// Result of renewing a session.
pub(super) enum Renewal {
    Renewed(SessionAnswer),
    /// The refresh token is definitely dead: log in again.
    Refused,
}

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    base: String,
}

impl<'a> Client<'a> {
    pub fn new(access: &'a Access<'a>, base: String) -> Self {
        Self { access, base }
    }

    fn request(&self, method: Method, nsid: &str) -> RequestBuilder {
        self.access.http.client().request(method, format!("{}/xrpc/{nsid}", self.base.trim_end_matches('/')))
    }

    pub async fn create_session(
        &self,
        identifier: &SecretString,
        password: &SecretString,
    ) -> Result<SessionAnswer, Failure> {
        let body = json!({
            "identifier": identifier.expose_secret().trim().trim_start_matches('@'),
            "password": password.expose_secret().trim(),
        });
        let request = self.request(Method::POST, "com.atproto.server.createSession").json(&body);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        let answer: SessionAnswer = self.read(&reply).map_err(|mut failure| {
            if failure.problem.code == "token_revoked" {
                // Here it is the typed name or password that was wrong.
                "credential_refused".clone_into(&mut failure.problem.code);
            }
            failure
        })?;
        if answer.access_jwt.is_empty() || answer.refresh_jwt.is_empty() {
            return Err(errors::incomplete(&reply, Effect::Repeatable));
        }
        Ok(answer)
    }

    pub async fn refresh_session(&self, refresh: &SecretString) -> Result<Renewal, Failure> {
        let request = self
            .request(Method::POST, "com.atproto.server.refreshSession")
            .bearer_auth(refresh.expose_secret());
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::token_refused(&reply) {
            return Ok(Renewal::Refused);
        }
        let answer: SessionAnswer = self.read(&reply)?;
        if answer.access_jwt.is_empty() {
            return Err(errors::incomplete(&reply, Effect::Repeatable));
        }
        Ok(Renewal::Renewed(answer))
    }

    /// Ends a session. One that is dead already is ended.
    pub async fn delete_session(&self, refresh: &SecretString) -> Result<(), Failure> {
        let request = self
            .request(Method::POST, "com.atproto.server.deleteSession")
            .bearer_auth(refresh.expose_secret());
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        // Real servers answer without a body.
        let is_bare = reply.json.is_none() && reply.text.is_empty();
        if errors::token_refused(&reply) || (is_bare && reply.status.is_success()) {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// Asks whose session this is.
    pub async fn who_am_i(&self, session: &mut Session) -> Result<WhoAmI, Failure> {
        let reply = self
            .authorised(session, Deadline::CALL, || {
                self.request(Method::GET, "com.atproto.server.getSession")
            })
            .await?;
        self.read(&reply)
    }

    /// A read with the session; `nsid` is a query of the network.
    pub async fn ask(
        &self,
        session: &mut Session,
        nsid: &str,
        query: &[(&str, &str)],
    ) -> Result<Value, Failure> {
        let reply =
            self.authorised(session, Deadline::CALL, || self.request(Method::GET, nsid).query(query)).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).cloned()
    }

    /// Uploads one picture and returns its blob reference. The same bytes have the same reference.
    pub async fn upload(&self, session: &mut Session, bytes: &Bytes, mime: &str) -> Result<Value, Failure> {
        let reply = self
            .authorised(session, Deadline::UPLOAD, || {
                self.request(Method::POST, "com.atproto.repo.uploadBlob")
                    .header(CONTENT_TYPE, mime)
                    .body(bytes.clone())
            })
            .await?;
        let blob = errors::accept(&reply, Effect::Repeatable, self.access.now)?.get("blob");
        match blob {
            Some(blob) if blob.pointer("/ref/$link").is_some_and(Value::is_string) => Ok(blob.clone()),
            _ => Err(errors::incomplete(&reply, Effect::Repeatable)),
        }
    }

    /// Returns the identifier behind a handle; `None` when nobody has it.
    pub async fn resolve(&self, handle: &str) -> Result<Option<String>, Failure> {
        let request =
            self.request(Method::GET, "com.atproto.identity.resolveHandle").query(&[("handle", handle)]);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if reply.status.is_client_error() && reply.status != 429 {
            return Ok(None);
        }
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        Ok(answer.get("did").and_then(Value::as_str).filter(|did| did.starts_with("did:")).map(str::to_owned))
    }

    /// Writes the post: the irreversible request, made once.
    pub async fn put_post(&self, session: &Session, rkey: &str, record: &Value) -> Result<Reply, Failure> {
        let body = PutRecord { repo: &session.did, collection: POST, rkey, record };
        let request = self
            .request(Method::POST, "com.atproto.repo.putRecord")
            .bearer_auth(session.token.expose_secret())
            .json(&body);
        self.access.http.send_once(request, Deadline::CALL).await
    }

    /// Looks for a post. Needs no session, so that a dead password does not hide what is published.
    pub async fn has_post(&self, did: &str, rkey: &str) -> Result<bool, Failure> {
        let request = self.request(Method::GET, "com.atproto.repo.getRecord").query(&[
            ("repo", did),
            ("collection", POST),
            ("rkey", rkey),
        ]);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::record_absent(&reply) {
            return Ok(false);
        }
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        let uri = answer.get("uri").and_then(Value::as_str).unwrap_or_default();
        if uri.ends_with(rkey) { Ok(true) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }

    /// Latest posts of a repository that were written since an instant, newest first. Needs no session.
    pub async fn posts_since(&self, did: &str, since: Timestamp) -> Result<Vec<OwnPost>, Failure> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let mut query = vec![("repo", did), ("collection", POST), ("limit", "100")];
            if !cursor.is_empty() {
                query.push(("cursor", &cursor));
            }
            let request = self.request(Method::GET, "com.atproto.repo.listRecords").query(&query);
            let reply = self.access.http.call(request, Deadline::CALL).await?;
            let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
            let Some(entries) = answer.get("records").and_then(Value::as_array) else {
                return Err(errors::incomplete(&reply, Effect::Repeatable));
            };
            let page: Vec<OwnPost> = entries.iter().filter_map(OwnPost::read).collect();
            // Keys rise with time: behind an older one nothing newer follows.
            let is_over = entries.is_empty() || page.iter().any(|post| post.created_at < since);
            found.extend(page.into_iter().filter(|post| post.created_at >= since));
            match answer.get("cursor").and_then(Value::as_str) {
                Some(next) if !is_over && !next.is_empty() => next.clone_into(&mut cursor),
                _ => break,
            }
        }
        Ok(found)
    }

    pub async fn delete_post(&self, session: &mut Session, rkey: &str) -> Result<(), Failure> {
        let did = session.did.clone();
        let reply = self
            .authorised(session, Deadline::CALL, || {
                self.request(Method::POST, "com.atproto.repo.deleteRecord").json(&DeleteRecord {
                    repo: &did,
                    collection: POST,
                    rkey,
                })
            })
            .await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// A repeatable call with the session; a refused token is renewed once.
    async fn authorised(
        &self,
        session: &mut Session,
        deadline: Deadline,
        build: impl Fn() -> RequestBuilder,
    ) -> Result<Reply, Failure> {
        let http = self.access.http;
        let reply = http.call(build().bearer_auth(session.token.expose_secret()), deadline).await?;
        if !errors::token_refused(&reply) {
            return Ok(reply);
        }
        *session = session::renew(self.access, Some(session)).await?;
        http.call(build().bearer_auth(session.token.expose_secret()), deadline).await
    }

    fn read<T: serde::de::DeserializeOwned>(&self, reply: &Reply) -> Result<T, Failure> {
        let answer = errors::accept(reply, Effect::Repeatable, self.access.now)?;
        serde_json::from_value(answer.clone()).map_err(|_| errors::incomplete(reply, Effect::Repeatable))
    }
}
