//! Requests to Pinterest API v5: `{base}/v5/…`.

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{
    errors::{self, Effect},
    oauth,
    wire::{Board, Pin, User, is_id},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Reply},
        oauth::Caller,
    },
    domain::Problem,
};

/// Pages of a list that are followed at most.
const MAX_PAGES: usize = 20;

/// Address of a path of the API.
pub(super) fn address(access: &Access<'_>, path: &str) -> String {
    let version = access.platform.api_version.as_deref().unwrap_or("v5");
    format!("{}/{version}/{path}", access.base_url.trim_end_matches('/'))
}

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    caller: Caller<'a>,
}

impl<'a> Client<'a> {
    /// Errors: those of renewing the access token.
    pub async fn open(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { access, caller: Caller::open(access, oauth::renewal, errors::is_token_refused).await? })
    }

    /// A call that may be repeated.
    async fn call(
        &self,
        method: Method,
        path: &str,
        shape: impl Fn(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Reply, Failure> {
        self.caller.call(method, &address(self.access, path), Deadline::CALL, shape).await
    }

    /// One object, or the failure that an unreadable one is.
    async fn one<T>(&self, path: &str, read: impl Fn(&Value) -> Option<T> + Send) -> Result<T, Failure> {
        let reply = self.call(Method::GET, path, |request| request).await?;
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        read(answer).ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// All pages of a list; `is_past` ends it early.
    async fn all<T: Send>(
        &self,
        path: &str,
        page_size: &str,
        read: impl Fn(&Value) -> Option<T> + Send,
        is_past: impl Fn(&T) -> bool + Send,
    ) -> Result<Vec<T>, Failure> {
        let unreadable = || Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"));
        let (mut all, mut bookmark) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let mut query = vec![("page_size", page_size)];
            if !bookmark.is_empty() {
                query.push(("bookmark", &bookmark));
            }
            let reply = self.call(Method::GET, path, |request| request.query(&query)).await?;
            let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
            let items = answer.get("items").and_then(Value::as_array).ok_or_else(unreadable)?;
            let items: Option<Vec<T>> = items.iter().map(&read).collect();
            all.extend(items.ok_or_else(unreadable)?);
            if all.last().is_some_and(&is_past) {
                return Ok(all);
            }
            match answer.get("bookmark").and_then(Value::as_str).filter(|next| !next.is_empty()) {
                Some(next) => next.clone_into(&mut bookmark),
                None => return Ok(all),
            }
        }
        // What was not read may be what is looked for.
        Err(unreadable())
    }

    /// An object as it is.
    pub async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let reply = self.call(Method::GET, path, |request| request.query(query)).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).cloned()
    }

    pub async fn user(&self) -> Result<User, Failure> {
        self.one("user_account", User::read).await
    }

    pub async fn boards(&self) -> Result<Vec<Board>, Failure> {
        self.all("boards", "250", Board::read, |_| false).await
    }

    /// The board that pins go to.
    pub async fn board(&self, id: &str) -> Result<Board, Failure> {
        self.one(&format!("boards/{id}"), |item| Board::read(item).filter(|board| board.id == id)).await
    }

    /// Pins of a board, newest first; those older than `since` matter to nobody.
    pub async fn pins(&self, board: &str, since: Timestamp) -> Result<Vec<Pin>, Failure> {
        let is_past = |pin: &Pin| pin.created_at.is_some_and(|at| at < since);
        self.all(&format!("boards/{board}/pins"), "25", Pin::read, is_past).await
    }

    /// The irreversible request, made once.
    pub async fn create(&self, pin: &Value) -> Result<String, Failure> {
        let address = address(self.access, "pins");
        let reply = self
            .caller
            .send_once(Method::POST, &address, Deadline::UPLOAD, |request| request.json(pin))
            .await?;
        let answer = errors::accept(&reply, Effect::Possible, self.access.now)?;
        let id = answer.get("id").and_then(Value::as_str).filter(|id| is_id(id)).map(str::to_owned);
        id.ok_or_else(|| errors::incomplete(&reply, Effect::Possible))
    }

    /// False: it is not there any more.
    pub async fn edit(&self, id: &str, change: &Value) -> Result<bool, Failure> {
        let shape = |request: RequestBuilder| request.json(change);
        let reply = self.call(Method::PATCH, &format!("pins/{id}"), shape).await?;
        if errors::is_gone(&reply) {
            return Ok(false);
        }
        let answer = errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        let is_it = answer.get("id").and_then(Value::as_str) == Some(id);
        if is_it { Ok(true) } else { Err(errors::incomplete(&reply, Effect::Repeatable)) }
    }

    /// Already gone is success.
    pub async fn delete(&self, id: &str) -> Result<(), Failure> {
        let reply = self.call(Method::DELETE, &format!("pins/{id}"), |request| request).await?;
        if reply.status.as_u16() == 204 || errors::is_gone(&reply) {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now)?;
        // A success that is not the one of a deletion.
        Err(errors::incomplete(&reply, Effect::Repeatable))
    }

    /// How far the platform's clock is behind ours, by its latest answer. Negative when it is ahead.
    pub fn their_delay(&self) -> Option<SignedDuration> {
        self.access.http.last_date().map(|theirs| self.access.now.duration_since(theirs))
    }
}
