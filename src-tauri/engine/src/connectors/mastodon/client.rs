//! Requests to one Mastodon server, or one that speaks its API.

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{
    Body, Method, RequestBuilder,
    multipart::{Form, Part},
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    errors::{self, Effect},
    wire::{AccountAnswer, EditedStatus, Media, NewStatus, Scheduled, Status, Uploaded},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, earliest_effect,
        http::{Deadline, Reply, parse_http_date},
    },
    domain::Problem,
};

pub(super) const ACCESS_TOKEN: &str = "access_token";

/// Own statuses per page, and how many pages a look-up reads at most.
const PAGE: usize = 40;
const MAX_PAGES: usize = 5;
/// A server keeps at most 300 scheduled statuses.
const MAX_SCHEDULED_PAGES: usize = 10;

/// State of an uploaded picture.
pub(super) enum MediaState {
    Ready,
    Processing,
    /// Swept, or attached to a status already.
    Gone,
}

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    base: String,
    token: SecretString,
}

impl<'a> Client<'a> {
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        Self::at(access, access.base_url.to_owned())
    }

    pub fn at(access: &'a Access<'a>, base: String) -> Result<Self, Failure> {
        let token = access.credentials.get(ACCESS_TOKEN).map(|token| token.expose_secret().trim().to_owned());
        let missing =
            || Failure::new(FailureClass::Reauth, Problem::new("credential_missing").message(ACCESS_TOKEN));
        let token = token.filter(|token| !token.is_empty()).ok_or_else(missing)?;
        Ok(Self { access, base, token: SecretString::from(token) })
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.access
            .http
            .client()
            .request(method, format!("{}{path}", self.base.trim_end_matches('/')))
            .bearer_auth(self.token.expose_secret())
    }

    async fn get(&self, path: &str) -> Result<Reply, Failure> {
        self.access.http.call(self.request(Method::GET, path), Deadline::CALL).await
    }

    fn read<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Failure> {
        let answer = errors::accept(reply, Effect::Repeatable, self.access.now)?;
        serde_json::from_value(answer.clone()).map_err(|_| errors::incomplete(reply, Effect::Repeatable))
    }

    pub async fn verify_credentials(&self) -> Result<AccountAnswer, Failure> {
        let reply = self.get("/api/v1/accounts/verify_credentials").await?;
        if reply.status.as_u16() == 422 && errors::is_bare(&reply) {
            // snac2's word for a token that it does not know: there is nothing else to refuse here.
            return Err(Failure::new(
                FailureClass::Reauth,
                Problem::new("token_revoked").http_status(reply.status.as_u16()),
            ));
        }
        let account: AccountAnswer = self.read(&reply)?;
        if is_id(&account.id) { Ok(account) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }

    /// Scopes of the token's application; `None` where the server does not tell.
    pub async fn scopes(&self) -> Option<Vec<String>> {
        let reply = self.get("/api/v1/apps/verify_credentials").await.ok()?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now).ok()?;
        let scopes: Vec<_> =
            answer.get("scopes")?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        (!scopes.is_empty()).then_some(scopes)
    }

    /// The server's description of itself: second version, or else the first (with `false`).
    pub async fn instance(&self) -> Result<(Value, bool), Failure> {
        let reply = self.get("/api/v2/instance").await?;
        if matches!(reply.status.as_u16(), 404 | 410 | 501) {
            let reply = self.get("/api/v1/instance").await?;
            return errors::accept(&reply, Effect::Repeatable, self.access.now)
                .map(|json| (json.clone(), false));
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|json| (json.clone(), true))
    }

    pub async fn upload(
        &self,
        media_id: &str,
        bytes: &Bytes,
        mime: &str,
        alt: &str,
    ) -> Result<Uploaded, Failure> {
        let length = bytes.len() as u64;
        let part = Part::stream_with_length(Body::from(bytes.clone()), length)
            .file_name("photo.jpg")
            .mime_str(mime)
            .map_err(|_| Failure::content("photo_refused"))?;
        let mut form = Form::new().part("file", part);
        if !alt.is_empty() {
            form = form.text("description", alt.to_owned());
        }
        let request = self.request(Method::POST, "/api/v2/media").multipart(form);
        let reply = self.access.http.call(request, Deadline::UPLOAD).await?;
        let media: Media = self.read(&reply).map_err(errors::image_refused)?;
        if !is_id(&media.id) {
            return Err(errors::incomplete(&reply, Effect::Repeatable));
        }
        let is_ready = reply.status.as_u16() != 202;
        Ok(Uploaded {
            media_id: media_id.to_owned(),
            alt_text: alt.to_owned(),
            remote_id: media.id,
            is_ready,
        })
    }

    pub async fn media_state(&self, remote_id: &str) -> Result<MediaState, Failure> {
        let reply = self.get(&format!("/api/v1/media/{}", id(remote_id)?)).await?;
        if reply.status.as_u16() == 206 {
            return Ok(MediaState::Processing);
        }
        if errors::is_gone(&reply) {
            return Ok(MediaState::Gone);
        }
        errors::accept_object(&reply, Effect::Repeatable, self.access.now)
            .map(|_| MediaState::Ready)
            .map_err(errors::image_refused)
    }

    /// Posts, or hands over when `scheduled_at` is set: the irreversible request, made once.
    pub async fn post_status(&self, status: &NewStatus<'_>, key: &str) -> Result<Reply, Failure> {
        let request =
            self.request(Method::POST, "/api/v1/statuses").header("Idempotency-Key", key).json(status);
        self.access.http.send_once(request, Deadline::CALL).await
    }

    /// Own statuses, newest first, that a call of ours at `sent_at` can have made.
    pub async fn own_statuses_since(&self, sent_at: Timestamp) -> Result<Vec<Status>, Failure> {
        let account = id(&self.access.account.remote_id)?;
        let mut found = Vec::new();
        let mut max_id = String::new();
        for _ in 0..MAX_PAGES {
            let mut path = format!("/api/v1/accounts/{account}/statuses?limit={PAGE}&exclude_reblogs=true");
            if !max_id.is_empty() {
                path = format!("{path}&max_id={max_id}");
            }
            let reply = self.get(&path).await?;
            if reply.status.as_u16() == 404 && errors::is_snac_page(&reply) {
                // An account that has not posted yet has no list there.
                break;
            }
            let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
            let items = answer.as_array().ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))?;
            let theirs = reply.header("date").and_then(parse_http_date);
            let from = earliest_effect(sent_at, theirs.map(|theirs| self.access.now.duration_since(theirs)));
            let page: Vec<Status> = read_all(items, &reply)?;
            let oldest = page.iter().filter_map(|status| status.created_at).min();
            let last = page.last().map(|status| status.id.clone()).filter(|last| is_id(last));
            found.extend(page.into_iter().filter(|status| {
                status.reblog.as_ref().is_none_or(Value::is_null)
                    && status.created_at.is_none_or(|at| at >= from)
            }));
            match last {
                Some(last) if items.len() >= PAGE && oldest.is_none_or(|oldest| oldest >= from) => {
                    max_id = last;
                }
                _ => break,
            }
        }
        Ok(found)
    }

    /// Everything that waits at the server, newest first.
    pub async fn scheduled_statuses(&self) -> Result<Vec<Scheduled>, Failure> {
        let mut found: Vec<Scheduled> = Vec::new();
        let mut max_id = String::new();
        for _ in 0..MAX_SCHEDULED_PAGES {
            let reply = self.get(&format!("/api/v1/scheduled_statuses?limit={PAGE}{max_id}")).await?;
            let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
            let items = answer.as_array().ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))?;
            let page: Vec<Scheduled> = read_all(items, &reply)?;
            let last = page.last().map(|waiting| waiting.id.clone()).filter(|last| is_id(last));
            found.extend(page);
            match last {
                Some(last) if items.len() >= PAGE => max_id = format!("&max_id={last}"),
                _ => break,
            }
        }
        Ok(found)
    }

    /// `None` when the server does not know it (any more).
    pub async fn scheduled_status(&self, scheduled_id: &str) -> Result<Option<Scheduled>, Failure> {
        let reply = self.get(&format!("/api/v1/scheduled_statuses/{}", id(scheduled_id)?)).await?;
        if errors::is_gone(&reply) { Ok(None) } else { self.read(&reply).map(Some) }
    }

    /// Changes the time of something handed over; `None` when the server does not know it (any more).
    pub async fn reschedule(&self, scheduled_id: &str, at: Timestamp) -> Result<Option<Scheduled>, Failure> {
        let request = self
            .request(Method::PUT, &format!("/api/v1/scheduled_statuses/{}", id(scheduled_id)?))
            .json(&json!({"scheduled_at": at.to_string()}));
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::is_gone(&reply) { Ok(None) } else { self.read(&reply).map(Some) }
    }

    /// Returns whether there was something to cancel.
    pub async fn cancel_scheduled(&self, scheduled_id: &str) -> Result<bool, Failure> {
        let path = format!("/api/v1/scheduled_statuses/{}", id(scheduled_id)?);
        let reply = self.access.http.call(self.request(Method::DELETE, &path), Deadline::CALL).await?;
        if errors::is_gone(&reply) {
            return Ok(false);
        }
        errors::accept_object(&reply, Effect::Repeatable, self.access.now).map(|_| true)
    }

    pub async fn edit_status(&self, status_id: &str, edited: &EditedStatus<'_>) -> Result<Status, Failure> {
        let request = self.request(Method::PUT, &format!("/api/v1/statuses/{}", id(status_id)?)).json(edited);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::is_gone(&reply) {
            return Err(Failure::content("object_gone"));
        }
        self.read(&reply)
    }

    /// Deletes a status. Some compatible servers answer 404 and keep it, so a 404 is looked after.
    pub async fn delete_status(&self, status_id: &str) -> Result<(), Failure> {
        let path = format!("/api/v1/statuses/{}", id(status_id)?);
        let reply = self.access.http.call(self.request(Method::DELETE, &path), Deadline::CALL).await?;
        if matches!(reply.status.as_u16(), 404 | 410) {
            let look = self.get(&path).await?;
            if errors::is_gone(&look) {
                return Ok(());
            }
            return match errors::accept_object(&look, Effect::Repeatable, self.access.now) {
                Ok(_) => Err(Failure::content("delete_not_supported")),
                Err(failure) => Err(failure.while_looking()),
            };
        }
        errors::accept_object(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// A status with its counters; `None` when the server does not know it (any more).
    pub async fn raw_status(&self, status_id: &str) -> Result<Option<Value>, Failure> {
        let reply = self.get(&format!("/api/v1/statuses/{}", id(status_id)?)).await?;
        if errors::is_gone(&reply) { Ok(None) } else { self.read(&reply).map(Some) }
    }

    /// The account with its counters.
    pub async fn raw_account(&self) -> Result<Value, Failure> {
        self.read(&self.get("/api/v1/accounts/verify_credentials").await?)
    }

    /// `None` when the server does not know it (any more).
    pub async fn status(&self, status_id: &str) -> Result<Option<Status>, Failure> {
        let reply = self.get(&format!("/api/v1/statuses/{}", id(status_id)?)).await?;
        if errors::is_gone(&reply) { Ok(None) } else { self.read(&reply).map(Some) }
    }
}

/// Reads every item of a list. One that cannot be read might be the one that is looked for, so it must
/// not pass for absent.
fn read_all<T: DeserializeOwned>(items: &[Value], reply: &Reply) -> Result<Vec<T>, Failure> {
    items
        .iter()
        .map(|item| serde_json::from_value(item.clone()))
        .collect::<Result<_, _>>()
        .map_err(|_| errors::incomplete(reply, Effect::Repeatable))
}

/// Says whether a text can be an identifier inside an address.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && text.chars().any(|c| c.is_ascii_alphanumeric())
}

fn id(text: &str) -> Result<&str, Failure> {
    if is_id(text) { Ok(text) } else { Err(Failure::content("remote_id_unusable")) }
}
