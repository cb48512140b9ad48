//! Bringing a photograph from a web address, without being led astray.
//!
//! The rules are those of reliability.md section 8: https only; the name is
//! resolved once, every address it has must be public, and the connection goes to
//! exactly those addresses, so that a name cannot change its mind between the
//! check and the use; no proxy and no automatic redirect: each of at most three
//! is judged like a first address; limits of time and size; the type comes from
//! the bytes. Any port is allowed: on the public internet and behind TLS it opens
//! nothing that port 443 does not.
//!
//! It does not decode and does not keep anything: the caller gives the bytes to
//! the [`library`](super::library).

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use reqwest::dns::{Addrs, Name, Resolve as ReqwestResolve, Resolving};
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, redirect};
use url::{Host, Url};
use vieux_moulin_pixels::Format;

use super::MediaError;
use super::address::is_public;
use super::sniff::sniff;

/// How far a fetch may go. The default is the rule for everything that comes from outside.
#[derive(Debug, Clone)]
pub struct FetchPolicy {
    /// Lets `http` and `https` addresses of this very machine through, for the
    /// practice mode and the tests. Other private addresses stay refused.
    pub allow_loopback_http: bool,
    pub max_bytes: u64,
    pub max_redirects: u8,
    pub connect_timeout: Duration,
    /// For everything together: names, redirects, body.
    pub total_timeout: Duration,
}

impl Default for FetchPolicy {
    fn default() -> Self {
        Self {
            allow_loopback_http: false,
            max_bytes: 50 * 1024 * 1024,
            max_redirects: 3,
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_mins(1),
        }
    }
}

/// Finds the addresses of a name. Replaced in tests, where names must not leave the machine.
#[async_trait]
pub trait Resolver: Send + Sync {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// What came back: the file as the server gave it, and what it really is.
#[derive(Debug, Clone)]
pub struct FetchedMedia {
    pub bytes: Bytes,
    pub format: Format,
    /// What the server says it is, without parameters; empty when it says nothing.
    pub content_type: String,
    /// The address after redirects.
    pub url: Url,
}

/// Fetches media URLs under one policy.
#[derive(Clone)]
pub struct Fetcher {
    policy: FetchPolicy,
    resolver: Arc<dyn Resolver>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl Fetcher {
    pub fn new(policy: FetchPolicy) -> Self {
        Self::with_resolver(policy, Arc::new(SystemResolver))
    }

    pub fn with_resolver(policy: FetchPolicy, resolver: Arc<dyn Resolver>) -> Self {
        // Building a client panics without a provider. Installing it again is
        // refused and harmless, so this does not depend on who starts first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { policy, resolver }
    }

    /// Judges an address without connecting to it, for a refusal while composing.
    ///
    /// # Errors
    /// `media_url_invalid`, `media_url_not_https`, `media_url_private_address`,
    /// `media_url_unreachable` (the name has no address), `media_url_timeout`.
    pub async fn check(&self, url: &str) -> Result<(), MediaError> {
        self.judge(&parse(url)?).await.map(drop)
    }

    /// Fetches the image at `url`.
    ///
    /// # Errors
    /// Every `media_url_*`, `media_too_large`, and those of [`sniff`].
    pub async fn fetch(&self, url: &str) -> Result<FetchedMedia, MediaError> {
        let timed_out = || MediaError::UrlTimeout { seconds: self.policy.total_timeout.as_secs() };
        tokio::time::timeout(self.policy.total_timeout, self.follow(parse(url)?))
            .await
            .map_err(|_| timed_out())?
    }

    async fn follow(&self, mut url: Url) -> Result<FetchedMedia, MediaError> {
        let mut addresses = self.judge(&url).await?;
        for _ in 0..=self.policy.max_redirects {
            let response = self.request(&url, addresses).await?;
            let Some(next) = redirect_of(&response, &url)? else {
                let content_type = content_type_of(&response);
                let bytes = self.body(response).await?;
                let format = sniff(&bytes)?;
                return Ok(FetchedMedia { bytes, format, content_type, url });
            };
            addresses = match self.judge(&next).await {
                Ok(addresses) => addresses,
                // A server that cannot be found is no attempt to lead astray.
                Err(error @ (MediaError::UrlUnreachable { .. } | MediaError::UrlTimeout { .. })) => {
                    return Err(error);
                }
                Err(reason) => {
                    return Err(MediaError::UrlRedirectRefused { reason: Box::new(reason) });
                }
            };
            url = next;
        }
        Err(MediaError::UrlTooManyRedirects { max: self.policy.max_redirects })
    }

    /// Returns the addresses that may be connected to for `url`.
    async fn judge(&self, url: &Url) -> Result<Vec<IpAddr>, MediaError> {
        let invalid = |reason| MediaError::UrlInvalid { reason };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(MediaError::UrlNotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it holds a user name or password"));
        }
        // Before the name is asked for: one that is not known now would be tried again later.
        if url.scheme() != "https" && !self.policy.allow_loopback_http {
            return Err(MediaError::UrlNotHttps);
        }
        let addresses = match url.host().ok_or_else(|| invalid("it has no host"))? {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(name) => self.resolve(name).await?,
        };
        let is_loopback = self.policy.allow_loopback_http && addresses.iter().all(IpAddr::is_loopback);
        if is_loopback {
            return Ok(addresses);
        }
        if url.scheme() != "https" {
            return Err(MediaError::UrlNotHttps);
        }
        // One private address among public ones is how a name is rebound: all must be public.
        match addresses.iter().find(|address| !is_public(**address)) {
            Some(address) => Err(MediaError::UrlPrivateAddress { address: *address }),
            None => Ok(addresses),
        }
    }

    async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, MediaError> {
        let found = tokio::time::timeout(self.policy.connect_timeout, self.resolver.resolve(name))
            .await
            .map_err(|_| MediaError::UrlTimeout { seconds: self.policy.connect_timeout.as_secs() })?;
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(MediaError::UrlUnreachable { detail: "the name has no address".to_owned() }),
            Err(error) => Err(MediaError::UrlUnreachable { detail: error.to_string() }),
        }
    }

    async fn request(&self, url: &Url, addresses: Vec<IpAddr>) -> Result<Response, MediaError> {
        // A client per request: it knows the checked addresses and no others.
        let client = Client::builder()
            .dns_resolver(Arc::new(Pinned(addresses.clone())))
            .no_proxy()
            // Without this the length announced would not be the length received.
            .no_gzip()
            .redirect(redirect::Policy::none())
            .connect_timeout(self.policy.connect_timeout)
            .user_agent(concat!("LeVieuxMoulin/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| unreachable(&error))?;
        let response = client
            .get(url.clone())
            .header(ACCEPT, "image/jpeg, image/png, image/webp, image/gif")
            .send()
            .await
            .map_err(|error| self.transport_error(&error))?;
        // Belt and braces: the pinned resolver already leaves no other choice.
        match response.remote_addr() {
            Some(remote) if !addresses.contains(&remote.ip()) => {
                Err(MediaError::UrlPrivateAddress { address: remote.ip() })
            }
            _ => Ok(response),
        }
    }

    async fn body(&self, response: Response) -> Result<Bytes, MediaError> {
        let status = response.status();
        if !status.is_success() {
            return Err(MediaError::UrlHttpStatus { status: status.as_u16() });
        }
        let too_large = || MediaError::TooLarge { max_bytes: self.policy.max_bytes };
        let announced =
            response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > self.policy.max_bytes) {
            return Err(too_large());
        }
        let mut received = BytesMut::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| self.transport_error(&error))?;
            if (received.len() + chunk.len()) as u64 > self.policy.max_bytes {
                return Err(too_large());
            }
            received.extend_from_slice(&chunk);
        }
        Ok(received.freeze())
    }

    fn transport_error(&self, error: &reqwest::Error) -> MediaError {
        if error.is_timeout() {
            MediaError::UrlTimeout { seconds: self.policy.connect_timeout.as_secs() }
        } else {
            unreachable(error)
        }
    }
}

fn parse(url: &str) -> Result<Url, MediaError> {
    Url::parse(url.trim()).map_err(|_| MediaError::UrlInvalid { reason: "it cannot be read as an address" })
}

fn content_type_of(response: &Response) -> String {
    let said = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Returns where a redirect leads, `None` when the response is none.
fn redirect_of(response: &Response, base: &Url) -> Result<Option<Url>, MediaError> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let target = response
        .headers()
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|target| base.join(target).ok());
    match target {
        Some(target) => Ok(Some(target)),
        None => Err(MediaError::UrlRedirectRefused {
            reason: Box::new(MediaError::UrlInvalid { reason: "the redirect names no address" }),
        }),
    }
}

fn unreachable(error: &reqwest::Error) -> MediaError {
    // The innermost cause says most ("Connection refused", "certificate expired").
    // The outer text is left out: it repeats the URL, which may hold a signature.
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(Error::source) {
        cause = Some(inner);
    }
    MediaError::UrlUnreachable {
        detail: cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string),
    }
}

/// Answers every name with the addresses that were checked, and never asks again.
struct Pinned(Vec<IpAddr>);

impl ReqwestResolve for Pinned {
    fn resolve(&self, _name: Name) -> Resolving {
        let addresses: Vec<SocketAddr> = self.0.iter().map(|address| SocketAddr::new(*address, 0)).collect();
        Box::pin(async move { Ok(Box::new(addresses.into_iter()) as Addrs) })
    }
}

#[cfg(test)]
mod tests;
