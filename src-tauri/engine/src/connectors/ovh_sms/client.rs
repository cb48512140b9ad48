//! Signed requests: `{base}/{version}{path}` with four headers. The signature covers the address exactly as
//! it is called and the body byte for byte, and a time that has to be theirs; the difference to our clock is
//! measured when a way is opened, because a connector reads no clock.

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, header::HeaderValue};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha1::{Digest, Sha1};
use url::Url;

use super::{
    errors::{self, Effect},
    wire::{Marks, NewJob},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        http::{Deadline, Reply},
        provider::{self, required, secret_header},
    },
    domain::{Problem, fingerprint::hex},
};

pub(super) const APPLICATION_KEY: &str = "application_key";
pub(super) const APPLICATION_SECRET: &str = "application_secret";
pub(super) const CONSUMER_KEY: &str = "consumer_key";
pub(super) const SERVICE: &str = "service_name";
pub(super) const SENDER: &str = "sender";

/// Keys of one account and the difference of the clocks.
pub(super) struct Client<'a> {
    access: &'a Access<'a>,
    application_key: String,
    application_secret: String,
    consumer_key: String,
    consumer_header: HeaderValue,
    /// Seconds that their clock is ahead of ours.
    ahead_secs: i64,
}

impl<'a> Client<'a> {
    /// Measures their clock. Errors: `Reauth` without keys; those of the network.
    pub async fn open(access: &'a Access<'a>) -> Result<Self, Failure> {
        let ahead_secs = measure(access).await?;
        Self::with_clock(access, ahead_secs)
    }

    pub fn with_clock(access: &'a Access<'a>, ahead_secs: i64) -> Result<Self, Failure> {
        let consumer_key = required(access, CONSUMER_KEY)?;
        Ok(Self {
            application_key: required(access, APPLICATION_KEY)?,
            application_secret: required(access, APPLICATION_SECRET)?,
            consumer_header: secret_header(&consumer_key)?,
            consumer_key,
            access,
            ahead_secs,
        })
    }

    pub fn ahead_secs(&self) -> i64 {
        self.ahead_secs
    }

    fn request(&self, method: Method, address: &Url, body: &str) -> RequestBuilder {
        let time = self.access.now.as_second().saturating_add(self.ahead_secs);
        let keys = (self.application_secret.as_str(), self.consumer_key.as_str());
        let signed = signature(keys, method.as_str(), address.as_str(), body, time);
        let request = self
            .access
            .http
            .client()
            .request(method, address.clone())
            .header("X-Ovh-Application", &self.application_key)
            .header("X-Ovh-Consumer", self.consumer_header.clone())
            .header("X-Ovh-Timestamp", time.to_string())
            .header("X-Ovh-Signature", signed);
        if body.is_empty() {
            return request;
        }
        request.header("Content-Type", "application/json").body(body.to_owned())
    }

    async fn ask(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, Failure> {
        let address = address(self.access, path, query)?;
        self.access.http.call(self.request(method, &address, ""), Deadline::CALL).await
    }

    /// Reads. Errors: never `Unknown`.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let reply = self.ask(Method::GET, path, query).await?;
        self.read(&reply)
    }

    /// Reads what may be absent.
    pub async fn find<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>, Failure> {
        let reply = self.ask(Method::GET, path, &[]).await?;
        if errors::is_absent(&reply) { Ok(None) } else { self.read(&reply).map(Some) }
    }

    fn read<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Failure> {
        let json =
            errors::accept(reply, Effect::Repeatable, self.access.now).map_err(Failure::while_looking)?;
        serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(reply, Effect::Repeatable))
    }

    /// Removes. Repeatable: what is gone is a success.
    pub async fn remove(&self, path: &[&str]) -> Result<(), Failure> {
        let reply = self.ask(Method::DELETE, path, &[]).await?;
        if errors::is_absent(&reply) {
            return Ok(());
        }
        // The answer is `null`.
        errors::accept(&reply, Effect::Repeatable, self.access.now).map(|_| ())
    }

    /// The irreversible request, made once.
    pub async fn send(&self, service: &str, job: &NewJob<'_>) -> Result<Reply, Failure> {
        let address = address(self.access, &["sms", service, "jobs"], &[])?;
        let body = compact(job)?;
        let request = self.request(Method::POST, &address, &body);
        self.access.http.send_once(request, Deadline::CALL).await
    }
}

/// The service that was found at the last check, or that was typed.
pub(super) fn service(access: &Access<'_>) -> Result<String, Failure> {
    let known = Some(access.account.remote_id.clone()).filter(|id| !id.is_empty());
    match known.or_else(|| provider::optional(access, SERVICE)) {
        Some(service) => Ok(service),
        None => Err(Failure::new(FailureClass::Reauth, Problem::new("sms_service_not_found"))),
    }
}

/// Seconds that their clock is ahead of ours. Asked without a signature.
async fn measure(access: &Access<'_>) -> Result<i64, Failure> {
    let address = address(access, &["auth", "time"], &[])?;
    let reply = access.http.call(access.http.client().get(address), Deadline::CALL).await?;
    let json = errors::accept(&reply, Effect::Repeatable, access.now)?;
    let theirs = json.as_i64().ok_or_else(|| errors::incomplete(&reply, Effect::Repeatable))?;
    Ok(theirs.saturating_sub(access.now.as_second()))
}

fn address(access: &Access<'_>, path: &[&str], query: &[(&str, &str)]) -> Result<Url, Failure> {
    let unusable = || Failure::new(FailureClass::NotSent, Problem::new("platform_unreachable"));
    let mut address = Url::parse(access.base_url).map_err(|_| unusable())?;
    let version = access.platform.api_version.as_deref().unwrap_or("1.0");
    address.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().push(version).extend(path);
    if !query.is_empty() {
        address.query_pairs_mut().extend_pairs(query);
    }
    Ok(address)
}

fn compact(body: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(body).map_err(|_| Failure::content("message_refused"))
}

/// Messaging-services, section 11: `"$1$" + SHA-1 of secret+consumer+method+address+body+time`, joined by `+`.
fn signature(
    (application_secret, consumer_key): (&str, &str),
    method: &str,
    address: &str,
    body: &str,
    time: i64,
) -> String {
    let parts = [application_secret, consumer_key, method, address, body, &time.to_string()];
    format!("$1${}", hex(&Sha1::digest(parts.join("+").as_bytes())))
}

/// Writes the notes of a reading.
pub(super) fn noted(marks: &Marks) -> Result<Value, Failure> {
    serde_json::to_value(marks)
        .map_err(|_| Failure::new(FailureClass::Retry, Problem::new("marks_unwritable")))
}

/// An instant as their filters take it.
pub(super) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of section 11, taken there from the vendor's own tests.
    #[test]
    fn requests_are_signed_as_the_vendor_signs_them() {
        let keys = ("9ufkBmLaTQ9nz5yMUlg79taH0GNnzDjk", "5mBuy6SUQcRw2ZUxg0cG68BoDKpED4KY");
        let address = "https://eu.api.ovh.com/1.0/auth";
        assert_eq!(
            signature(keys, "GET", address, "", 1_457_018_875),
            "$1$e9556054b6309771395efa467c22e627407461ad"
        );
        assert_eq!(
            signature(keys, "POST", address, r#"{"a":"b","c":"d"}"#, 1_457_018_875),
            "$1$ec2fb5c7a81f64723c77d2e5b609ae6f58a84fc1"
        );
    }
}
