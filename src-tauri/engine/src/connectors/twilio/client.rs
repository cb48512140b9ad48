//! Requests: `{base}/{version}/Accounts/{account}/{resource}`, bodies as forms, signed in with the account's
//! token or with a key.

use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;

use super::{
    errors::{self, Effect},
    wire::{Account, List},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::Deadline,
        provider::{optional, required},
    },
    domain::Problem,
};

pub(super) const ACCOUNT: &str = "account_sid";
pub(super) const KEY: &str = "api_key_sid";
pub(super) const SECRET: &str = "secret";
pub(super) const SENDER: &str = "sender";

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    account: String,
    user: String,
    secret: String,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without the fields, or with an account that cannot be one.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        let account = required(access, ACCOUNT)?;
        // It becomes a part of the address.
        if !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Failure::new(FailureClass::Reauth, Problem::new("provider_key_refused")));
        }
        let user = optional(access, KEY).unwrap_or_else(|| account.clone());
        Ok(Self { secret: required(access, SECRET)?, access, account, user })
    }

    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        let base = self.access.base_url.trim_end_matches('/');
        let request = self.access.http.client().request(method, format!("{base}{path}"));
        request.basic_auth(&self.user, Some(&self.secret))
    }

    fn version(&self) -> &str {
        self.access.platform.api_version.as_deref().unwrap_or("2010-04-01")
    }

    pub fn request(&self, method: Method, resource: &str) -> RequestBuilder {
        self.at(method, &format!("/{}/Accounts/{}/{resource}", self.version(), self.account))
    }

    async fn ask<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        let json =
            errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Reads. Errors: never `Unknown`, never `Content`.
    pub async fn read<T: DeserializeOwned>(
        &self,
        resource: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        self.ask(self.request(Method::GET, resource).query(query)).await
    }

    pub async fn account(&self) -> Result<Account, Failure> {
        self.ask(self.at(Method::GET, &format!("/{}/Accounts/{}.json", self.version(), self.account))).await
    }

    /// One page of messages, newest first.
    pub async fn list(&self, query: &[(&str, &str)]) -> Result<List, Failure> {
        self.read("Messages.json", query).await
    }

    /// The page that a list names. Only the path is taken: another host gets no key.
    pub async fn page(&self, next_page_uri: &str) -> Result<Option<List>, Failure> {
        if !next_page_uri.starts_with(&format!("/{}/", self.version())) {
            return Ok(None);
        }
        self.ask(self.at(Method::GET, next_page_uri)).await.map(Some)
    }

    /// Reads what may be gone.
    pub async fn find<T: DeserializeOwned>(&self, resource: &str) -> Result<Option<T>, Failure> {
        let request = self.request(Method::GET, resource);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::is_absent(&reply) {
            return Ok(None);
        }
        let json =
            errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        let read = serde_json::from_value(json.clone());
        read.map(Some).map_err(|_| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Removes. Repeatable: what is gone is a success.
    pub async fn remove(&self, resource: &str) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, resource);
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if reply.status.as_u16() == 204 || errors::is_absent(&reply) {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now)
            .map(|_| ())
            .map_err(Failure::while_looking)
    }
}
