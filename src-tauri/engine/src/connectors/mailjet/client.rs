//! Requests: `{base}/v3.1/send` for mail, `{base}/v3/REST/{resource}` for everything that is read.

use reqwest::{Method, RequestBuilder};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use super::{
    errors::{self, Effect},
    wire::Contact,
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Reply},
        provider::{id_text, required},
    },
    domain::Problem,
};

pub(super) const KEY: &str = "api_key";
pub(super) const SECRET: &str = "secret_key";
pub(super) const SENDER: &str = "sender_address";

pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    key: String,
    secret: String,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without the keys.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { key: required(access, KEY)?, secret: required(access, SECRET)?, access })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Failure> {
        let unusable = || Failure::new(FailureClass::NotSent, Problem::new("platform_unreachable"));
        let mut address = Url::parse(self.access.base_url).map_err(|_| unusable())?;
        address.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().extend(path);
        let request = self.access.http.client().request(method, address);
        Ok(request.basic_auth(&self.key, Some(&self.secret)))
    }

    async fn read(&self, request: RequestBuilder) -> Result<Option<Value>, Failure> {
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if errors::is_absent(&reply) {
            return Ok(None);
        }
        let json =
            errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        json.get("Data").cloned().map(Some).ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Reads a list. Errors: never `Unknown`, never `Content`.
    pub async fn list<T: DeserializeOwned>(
        &self,
        resource: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let request = self.request(Method::GET, &["v3", "REST", resource])?.query(query);
        let unreadable = || Failure::unknown("unreadable_answer").while_looking();
        let data = self.read(request).await?.ok_or_else(unreadable)?;
        serde_json::from_value(data).map_err(|_| unreadable())
    }

    /// The irreversible request, made once.
    pub async fn send(&self, body: &impl Serialize) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, &["v3.1", "send"])?.json(body);
        self.access.http.send_once(request, Deadline::CALL).await
    }

    /// Removes a person. Repeatable: who is unknown is gone.
    pub async fn forget(&self, address: &str) -> Result<(), Failure> {
        let request = self.request(Method::GET, &["v3", "REST", "contact", address])?;
        let Some(data) = self.read(request).await? else { return Ok(()) };
        let contacts: Vec<Contact> = serde_json::from_value(data)
            .map_err(|_| Failure::unknown("unreadable_answer").while_looking())?;
        for contact in contacts {
            let Some(id) = id_text(&contact.id) else { continue };
            let request = self.request(Method::DELETE, &["v4", "contacts", &id])?;
            let reply = self.access.http.call(request, Deadline::CALL).await?;
            if !reply.status.is_success() && !errors::is_absent(&reply) {
                errors::accept(&reply, Effect::Repeatable, self.access.now)
                    .map_err(Failure::while_looking)?;
            }
        }
        Ok(())
    }
}
