//! Requests: `{base}/{version}{path}` with the key in a header of its own.

use reqwest::{Method, RequestBuilder, header::HeaderValue};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::errors::{self, Effect};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Reply},
        provider::{required, secret_header},
    },
    domain::Problem,
};

pub(in crate::connectors) const API_KEY: &str = "api_key";

pub(in crate::connectors) struct Client<'a> {
    access: &'a Access<'a>,
    key: HeaderValue,
}

impl<'a> Client<'a> {
    /// Errors: `Reauth` without a key.
    pub fn new(access: &'a Access<'a>) -> Result<Self, Failure> {
        Ok(Self { key: secret_header(&required(access, API_KEY)?)?, access })
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<RequestBuilder, Failure> {
        let unusable = || Failure::new(FailureClass::NotSent, Problem::new("platform_unreachable"));
        let mut address = Url::parse(self.access.base_url).map_err(|_| unusable())?;
        let version = self.access.platform.api_version.as_deref().unwrap_or("v3");
        address.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().push(version).extend(path);
        let request = self.access.http.client().request(method, address);
        Ok(request.query(query).header("api-key", self.key.clone()))
    }

    /// Reads. Errors: never `Unknown`, never `Content`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let request = self.request(Method::GET, path, query)?;
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        let json =
            errors::accept(&reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(&reply, Effect::Repeatable))
    }

    /// Removes. Repeatable: what is gone is a success.
    pub async fn remove(&self, path: &[&str]) -> Result<(), Failure> {
        let request = self.request(Method::DELETE, path, &[])?;
        let reply = self.access.http.call(request, Deadline::CALL).await?;
        if reply.status.as_u16() == 204 || errors::is_absent(&reply) {
            return Ok(());
        }
        errors::accept(&reply, Effect::Repeatable, self.access.now)
            .map(|_| ())
            .map_err(Failure::while_looking)
    }

    /// The irreversible request, made once.
    pub async fn send(&self, path: &[&str], body: &impl Serialize) -> Result<Reply, Failure> {
        let request = self.request(Method::POST, path, &[])?.json(body);
        self.access.http.send_once(request, Deadline::CALL).await
    }
}
