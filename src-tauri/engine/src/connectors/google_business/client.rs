//! Requests to the three Google services that a local post needs: the two directories (who am I, which
//! profile) and the posts themselves.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{
    errors::{self, Effect},
    oauth,
    wire::{Listed, LocalPost, Profile, is_id},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Reply},
        oauth::Caller,
    },
    domain::Problem,
};

/// Purposes of `platforms.json`.
const ACCOUNTS: &str = "accounts";
const LOCATIONS: &str = "locations";
const READ_MASK: &str = "name,title,metadata,storefrontAddress";
/// Pages of a list that are followed at most.
const MAX_PAGES: usize = 20;
/// Google takes ten changes a minute of one profile (reference 8.6).
const PACE: Duration = Duration::from_secs(6);

pub(super) struct Client<'a> {
    pub(super) access: &'a Access<'a>,
    pub(super) caller: Caller<'a>,
}

impl<'a> Client<'a> {
    /// Errors: those of renewing the access token.
    pub async fn open(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { access, caller: Caller::open(access, oauth::renewal, errors::is_token_refused).await? })
    }

    pub(super) fn now(&self) -> jiff::Timestamp {
        self.access.now
    }

    /// Keeps the next change of the profile at its distance.
    pub(super) fn keep_pace(&self) {
        self.access.http.note_pause(PACE);
    }

    /// A call that may be repeated.
    pub(super) async fn call(
        &self,
        method: Method,
        address: &str,
        shape: impl Fn(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Reply, Failure> {
        self.caller.call(method, address, Deadline::CALL, shape).await
    }

    pub(super) async fn get(&self, address: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let reply = self.call(Method::GET, address, |request| request.query(query)).await?;
        errors::accept(&reply, Effect::Repeatable, self.access.now).cloned()
    }

    /// All pages of a list. Absent means empty; a list that cannot be read is none.
    pub(super) async fn all(
        &self,
        address: &str,
        key: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, Failure> {
        let unreadable = || Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"));
        let (mut items, mut page) = (Vec::new(), String::new());
        for _ in 0..MAX_PAGES {
            let mut query = query.to_vec();
            if !page.is_empty() {
                query.push(("pageToken", &page));
            }
            let answer = self.get(address, &query).await?;
            match answer.get(key) {
                None => {}
                Some(Value::Array(list)) => items.extend(list.iter().cloned()),
                Some(_) => return Err(unreadable()),
            }
            match answer.get("nextPageToken").and_then(Value::as_str).filter(|next| !next.is_empty()) {
                Some(next) => next.clone_into(&mut page),
                None => return Ok(items),
            }
        }
        // What was not read may be what is looked for.
        Err(unreadable())
    }

    /// Every profile that this login manages.
    pub async fn profiles(&self) -> Result<Vec<Listed>, Failure> {
        let unreadable = || Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"));
        let accounts = format!("{}/v1/accounts", self.access.host(ACCOUNTS));
        let accounts = self.all(&accounts, "accounts", &[("pageSize", "20")]).await?;
        // The personal account is always there.
        if accounts.is_empty() {
            return Err(unreadable());
        }
        let mut profiles = Vec::new();
        for account in &accounts {
            let id = account.get("name").and_then(Value::as_str);
            let id = id.and_then(|name| name.strip_prefix("accounts/")).filter(|id| is_id(id));
            let id = id.ok_or_else(unreadable)?;
            let address = format!("{}/v1/accounts/{id}/locations", self.access.host(LOCATIONS));
            let query = [("readMask", READ_MASK), ("pageSize", "100")];
            for item in self.all(&address, "locations", &query).await? {
                profiles.push(Listed::read(id, &item).ok_or_else(unreadable)?);
            }
        }
        Ok(profiles)
    }

    /// The profile of this account, as the directory shows it now.
    pub async fn profile(&self, profile: &Profile) -> Result<Listed, Failure> {
        let address = format!("{}/v1/{}", self.access.host(LOCATIONS), profile.directory_name());
        let answer = self.get(&address, &[("readMask", READ_MASK)]).await?;
        Listed::read(&profile.account, &answer)
            .filter(|listed| listed.profile == *profile)
            .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))
    }

    pub(super) fn address(&self, name: &str) -> String {
        let version = self.access.platform.api_version.as_deref().unwrap_or("v4");
        format!("{}/{version}/{name}", self.access.base_url.trim_end_matches('/'))
    }

    /// Every post of the profile. The directory is asked first: an empty list is an empty object here, and
    /// an empty object alone proves nothing.
    pub async fn posts(&self, profile: &Profile) -> Result<(Listed, Vec<LocalPost>), Failure> {
        let listed = self.profile(profile).await?;
        let address = self.address(&format!("{}/localPosts", profile.name()));
        let items = self.all(&address, "localPosts", &[("pageSize", "100")]).await?;
        let read: Option<Vec<_>> = items.iter().map(|item| LocalPost::read(profile, item)).collect();
        let posts =
            read.ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))?;
        Ok((listed, posts))
    }

    /// The irreversible request, made once.
    pub async fn create(&self, profile: &Profile, body: &Value) -> Result<LocalPost, Failure> {
        let address = self.address(&format!("{}/localPosts", profile.name()));
        let reply = self
            .caller
            .send_once(Method::POST, &address, Deadline::CALL, |request| request.json(body))
            .await?;
        let answer = errors::accept(&reply, Effect::Possible, self.access.now)?;
        self.access.http.note_pause(PACE);
        LocalPost::read(profile, answer).ok_or_else(|| errors::incomplete(&reply, Effect::Possible))
    }

    /// `None`: it is not there any more.
    pub async fn read(&self, profile: &Profile, name: &str) -> Result<Option<LocalPost>, Failure> {
        let reply = self.call(Method::GET, &self.address(name), |request| request).await?;
        self.post_or_gone(profile, &reply)
    }

    /// Changes what the mask names. `None`: it is not there any more.
    pub async fn patch(
        &self,
        profile: &Profile,
        name: &str,
        mask: &str,
        body: &Value,
    ) -> Result<Option<LocalPost>, Failure> {
        let shape = |request: RequestBuilder| request.query(&[("updateMask", mask)]).json(body);
        let reply = self.call(Method::PATCH, &self.address(name), shape).await?;
        self.access.http.note_pause(PACE);
        self.post_or_gone(profile, &reply)
    }

    fn post_or_gone(&self, profile: &Profile, reply: &Reply) -> Result<Option<LocalPost>, Failure> {
        if errors::is_gone(reply) {
            return Ok(None);
        }
        let answer = errors::accept(reply, Effect::Repeatable, self.access.now)?;
        let post = LocalPost::read(profile, answer);
        post.map(Some).ok_or_else(|| errors::incomplete(reply, Effect::Repeatable))
    }

    /// Already gone is success.
    pub async fn delete(&self, name: &str) -> Result<(), Failure> {
        let reply = self.call(Method::DELETE, &self.address(name), |request| request).await?;
        if errors::is_gone(&reply) {
            return Ok(());
        }
        self.access.http.note_pause(PACE);
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// How far the platform's clock is behind ours, by its latest answer. Negative when it is ahead.
    pub fn their_delay(&self) -> Option<SignedDuration> {
        self.access.http.last_date().map(|theirs| self.access.now.duration_since(theirs))
    }
}
