//! The shared way to the network: one client without redirects, retries, proxies' surprises or
//! cookies, one sorted answer. What an answer *means* is each connector's `errors.rs`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use reqwest::{
    RequestBuilder, StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde_json::Value;

/// The client could not be made (no trust anchors, for example).
pub use reqwest::Error as ClientError;

use super::{Failure, FailureClass};
use crate::domain::Problem;

/// Longest body that is kept of an answer.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// A server's waiting time is believed up to this.
const MAX_WAIT: Duration = Duration::from_hours(24);
/// Longest pause between two acts of an account that comes near a limit: to be slower is enough there.
pub const SLOWEST_PACE: Duration = Duration::from_mins(5);

/// The shared HTTP client.
#[derive(Clone, Debug)]
pub struct Http {
    client: reqwest::Client,
    /// No request takes longer, whatever its deadline says.
    patience: Duration,
    heard: Arc<Mutex<Heard>>,
}

/// What answers say besides what was asked.
#[derive(Debug, Default)]
struct Heard {
    date: Option<Timestamp>,
    pause: Option<Duration>,
}

/// A complete answer of a platform.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body when it is JSON.
    pub json: Option<Value>,
    /// First characters of a body that is not JSON, for the log of what happened.
    pub text: String,
}

/// Time limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(pub Duration);

impl Deadline {
    /// For a request without a large body.
    pub const CALL: Self = Self(Duration::from_secs(30));
    /// For an upload of pictures.
    pub const UPLOAD: Self = Self(Duration::from_mins(2));
}

impl Http {
    /// Builds the client. Installs the process-wide TLS provider when there is none yet.
    pub fn new() -> Result<Self, ClientError> {
        // A second installation answers Err; the first one stays in force.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("LeVieuxMoulin/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            // A kept connection that the server closed unannounced turns an irreversible call into a
            // doubt; a new connection per call fails before its first byte, which is no doubt.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(Self { client, patience: Duration::MAX, heard: Arc::default() })
    }

    /// Returns a handle that shares the connections but notes clock and pace apart, so that one
    /// platform with a wrong clock or a used-up quota disturbs no other.
    #[must_use]
    pub fn for_lane(&self) -> Self {
        Self { client: self.client.clone(), patience: self.patience, heard: Arc::default() }
    }

    /// Returns a handle whose requests end after `patience` at the latest: for tests of servers that
    /// never finish.
    #[must_use]
    pub fn with_patience(&self, patience: Duration) -> Self {
        Self { patience, ..self.for_lane() }
    }

    /// The longest time that any call may take; for lines that are not HTTP too.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Sends a request that only reads or prepares: every transport failure may be repeated.
    pub async fn call(&self, request: RequestBuilder, deadline: Deadline) -> Result<Reply, Failure> {
        self.send_once(request, deadline).await.map_err(|mut failure| {
            if failure.class == FailureClass::Unknown {
                failure.class = FailureClass::Retry;
            }
            failure
        })
    }

    /// Sends the irreversible request, exactly once.
    ///
    /// Errors: `NotSent` when the connection could not be made, `Unknown` for everything that goes
    /// wrong later. Any complete answer, whatever its status, is `Ok`.
    pub async fn send_once(&self, request: RequestBuilder, deadline: Deadline) -> Result<Reply, Failure> {
        let response = request.timeout(deadline.0.min(self.patience)).send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                Failure::new(
                    FailureClass::NotSent,
                    Problem::new("platform_unreachable").message(reason(&error)),
                )
            } else if error.is_timeout() {
                Failure::new(FailureClass::Unknown, Problem::new("platform_timeout"))
            } else {
                Failure::new(FailureClass::Unknown, Problem::new("connection_lost").message(reason(&error)))
            }
        })?;
        let status = response.status();
        let headers = response.headers().clone();
        self.listen(status, &headers);
        let body = read_body(response).await.map_err(|code| {
            Failure::new(FailureClass::Unknown, Problem::new(code).http_status(status.as_u16()))
        })?;
        // Some gateways put a byte order mark before what they pass on.
        let json = serde_json::from_slice(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body)).ok();
        let text = if json.is_some() {
            String::new()
        } else {
            String::from_utf8_lossy(&body).chars().take(300).collect()
        };
        Ok(Reply { status, headers, json, text })
    }

    /// Says whether the host of an address accepts a connection within 3 s.
    pub async fn can_reach(&self, base_url: &str) -> bool {
        let Ok(url) = url::Url::parse(base_url) else { return false };
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        tokio::time::timeout(Duration::from_secs(3), tokio::net::TcpStream::connect((host, port)))
            .await
            .is_ok_and(|connected| connected.is_ok())
    }

    /// Asks a host for nothing but the time, within 3 s, and says whether it answered. Nobody is signed
    /// in; any status will do, because every answer carries a `Date` (RFC 9110, section 6.6.1).
    pub async fn ask_clock(&self, base_url: &str) -> bool {
        self.call(self.client.head(base_url), Deadline(Duration::from_secs(3))).await.is_ok()
    }

    /// Remembers the platform's clock, so that a wrong clock of this machine is noticed, and how many
    /// more requests it wants to see.
    fn listen(&self, status: StatusCode, headers: &HeaderMap) {
        let date = headers.get(reqwest::header::DATE).and_then(|v| v.to_str().ok());
        let Some(date) = date.and_then(parse_http_date) else { return };
        self.heard().date = Some(date);
        if let Some(pause) = pace(headers, date).filter(|_| status.is_success()) {
            self.note_pause(pause);
        }
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The `Date` of the latest answer.
    pub fn last_date(&self) -> Option<Timestamp> {
        self.heard().date
    }

    /// Takes the `Date` of the latest answer, once.
    pub fn take_last_date(&self) -> Option<Timestamp> {
        self.heard().date.take()
    }

    /// Asks for a pause before the next act of this account, without failing this one.
    pub fn note_pause(&self, pause: Duration) {
        let mut heard = self.heard();
        heard.pause = heard.pause.max(Some(cap(pause)));
    }

    /// Takes the longest pause that was asked for since the last time.
    pub fn take_pause(&self) -> Option<Duration> {
        self.heard().pause.take()
    }
}

/// The pause between requests that spreads the remaining ones over the rest of the server's window;
/// `None` while more than a tenth of them is left. Reads `X-RateLimit-*` (Mastodon), `RateLimit-*`
/// (Bluesky) and `X-Rate-Limit-*` (X); `date` is the server's own clock.
fn pace(headers: &HeaderMap, date: Timestamp) -> Option<Duration> {
    ["x-ratelimit", "ratelimit", "x-rate-limit"].into_iter().find_map(|family| {
        let text = |what: &str| headers.get(format!("{family}-{what}"))?.to_str().ok().map(str::trim);
        let number = |what: &str| text(what)?.split([',', ';']).next()?.trim().parse::<u32>().ok();
        let (limit, left) = (number("limit")?, number("remaining")?);
        if left > limit / 10 {
            return None;
        }
        let rest = wait_until(reset_instant(text("reset")?, date)?, date);
        Some((rest / (left + 1)).min(SLOWEST_PACE))
    })
}

/// The instant of a reset header: an ISO 8601 instant, Unix seconds, or seconds from now.
fn reset_instant(text: &str, date: Timestamp) -> Option<Timestamp> {
    /// No platform's window is as long, no Unix time of this century is as small.
    const UNIX_FROM: i64 = 1_000_000_000;
    match text.parse::<i64>() {
        Ok(secs) if secs < UNIX_FROM => date.checked_add(jiff::SignedDuration::from_secs(secs)).ok(),
        Ok(secs) => Timestamp::from_second(secs).ok(),
        Err(_) => text.parse().ok(),
    }
}

impl Reply {
    /// A JSON body, or the failure that an unreadable answer means: a captive portal page, a proxy's
    /// error or a cut body say nothing about what the platform did.
    pub fn json(&self) -> Result<&Value, Failure> {
        self.json.as_ref().ok_or_else(|| {
            Failure::new(
                FailureClass::Unknown,
                Problem::new("unreadable_answer").http_status(self.status.as_u16()),
            )
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        HeaderName::from_bytes(name.as_bytes())
            .ok()
            .and_then(|name| self.headers.get(name))
            .and_then(|value| value.to_str().ok())
    }

    /// The server's own waiting time: `Retry-After` in seconds or as a date. A date in the past is
    /// one second; more than 24 h is cut.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let value = self.header("retry-after")?.trim();
        // A number too large for an instant is as good as the longest wait.
        let is_number = value.starts_with(|c: char| c.is_ascii_digit());
        match value.parse::<f64>().ok().filter(|_| is_number) {
            Some(secs) => Some(Duration::try_from_secs_f64(secs).map_or(MAX_WAIT, cap)),
            None => parse_http_date(value).map(|at| wait_until(at, now)),
        }
    }
}

/// Waiting time until an instant that a server named: at least 1 s, at most 24 h.
pub fn wait_until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now))
        .map_or(Duration::from_secs(1), |wait| cap(wait.max(Duration::from_secs(1))))
}

fn cap(wait: Duration) -> Duration {
    wait.min(MAX_WAIT)
}

/// Reads an HTTP date (RFC 9110, IMF-fixdate).
pub fn parse_http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, &'static str> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| if error.is_timeout() { "platform_timeout" } else { "answer_cut" })?
    {
        if body.len() + chunk.len() > MAX_BODY {
            return Err("answer_too_long");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause without the address, which may carry a secret.
fn reason(error: &reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(inner) = source.source() {
        source = inner;
    }
    if std::ptr::addr_eq(std::ptr::from_ref(source), std::ptr::from_ref::<dyn std::error::Error>(error)) {
        return String::new();
    }
    source.to_string()
}

#[cfg(test)]
impl Reply {
    /// An answer as a test writes it.
    pub fn of(status: u16, json: Option<Value>) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self { status, headers: HeaderMap::new(), json, text: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiting_time_is_read_as_servers_write_it() {
        let now: Timestamp = "2026-11-27T18:00:00Z".parse().unwrap();
        for (written, secs) in [
            ("120", Some(120.0)),
            ("2.5", Some(2.5)),
            ("99999999999999999999", Some(86_400.0)),
            ("1e400", Some(86_400.0)),
            ("Fri, 27 Nov 2026 18:01:00 GMT", Some(60.0)),
            ("Fri, 27 Nov 2026 17:00:00 GMT", Some(1.0)),
            ("-5", None),
            ("NaN", None),
            ("inf", None),
            ("soon", None),
        ] {
            let reply = Reply {
                status: StatusCode::TOO_MANY_REQUESTS,
                headers: headers(&[("retry-after", written)]),
                json: None,
                text: String::new(),
            };
            assert_eq!(reply.retry_after(now).map(|wait| wait.as_secs_f64()), secs, "{written}");
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_last_tenth_of_a_quota_is_spread_over_its_window() {
        let date: Timestamp = "2026-11-27T18:00:00Z".parse().unwrap();
        for (family, limit, left, reset, expected) in [
            ("x-ratelimit", "300", "31", "2026-11-27T18:05:00.123456Z", None),
            ("x-ratelimit", "300", "30", "2026-11-27T18:05:10Z", Some(10)),
            ("x-ratelimit", "300", "0", "2026-11-27T18:04:00Z", Some(240)),
            ("x-ratelimit", "300", "0", "2026-11-27T21:00:00Z", Some(300)),
            ("ratelimit", "5000", "99", "1795806000", Some(36)),
            ("ratelimit", "100, 100;w=60", "1", "60", Some(30)),
            ("ratelimit", "100", "1", "soon", None),
            ("ratelimit", "many", "1", "60", None),
        ] {
            let names: [&'static str; 3] = match family {
                "ratelimit" => ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
                _ => ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
            };
            let headers = headers(&[(names[0], limit), (names[1], left), (names[2], reset)]);
            assert_eq!(
                pace(&headers, date),
                expected.map(Duration::from_secs),
                "{family} {limit} {left} {reset}"
            );
        }
    }

    #[test]
    fn the_longest_pause_counts_once() {
        let http = Http::new().unwrap();
        http.note_pause(Duration::from_secs(20));
        http.note_pause(Duration::from_secs(5));
        assert_eq!(http.for_lane().take_pause(), None, "another account's pace is its own");
        assert_eq!((http.take_pause(), http.take_pause()), (Some(Duration::from_secs(20)), None));
    }
}
