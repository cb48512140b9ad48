//! The outside platforms. A connector only translates: our types into their requests, their answers
//! into our outcomes. It never sleeps, loops over retries, reads a clock or writes to the store;
//! the queue does all of that, the same way for every platform.
//!
//! One folder per platform, all with the same files: `mod.rs` (descriptor and traits), `client.rs`
//! (requests), `wire.rs` (their JSON), `errors.rs` (their refusals → [`Failure`]). What platforms of
//! one house share stands beside them (`graph/` for Facebook, Instagram and Threads).

pub mod address;
mod answer;
pub mod bluesky;
pub mod brevo;
mod brevo_api;
pub mod brevo_sms;
pub mod conversation;
pub mod descriptor;
pub mod facebook;
pub mod google_business;
pub mod graph;
pub mod http;
pub mod insights;
pub mod instagram;
pub mod linkedin;
pub mod mail_line;
pub mod mailbox;
pub mod mailjet;
pub mod mastodon;
pub mod media_host;
pub mod messenger;
pub mod oauth;
pub mod oauth_loopback;
pub mod ovh_sms;
pub mod pinterest;
mod provider;
pub mod registry;
pub mod sendgrid;
pub mod smtp;
pub mod telegram;
pub mod threads;
pub mod twilio;
pub mod x;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub use crate::domain::Credentials;
pub use conversation::{Complete, Conversation, ConversationRules, Heard, ReadRequest, Said};
pub use descriptor::{Capabilities, CountingRule, CredentialField, Descriptor, ImageLimits, Kind, Limits};
pub use http::Http;
pub use insights::Insights;
pub use messenger::Messenger;

use crate::domain::{
    Account, DeliveryId, MediaId, OutgoingImage, OutgoingPost, PostOption, Problem, TokenExpiry,
    account::ServerFacts,
};

/// How much earlier than our record of its start a call may have had its effect, on the platform's
/// clock. The queue lets nothing leave with a clock that is known to be ten minutes off, and the clock may
/// have been set right since: so the difference that is seen now is added to this and does not replace it.
pub const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(12);

/// Code of [`Failure::unseen`].
pub const HAND_OVER_UNSEEN: &str = "hand_over_unseen";
/// What was uploaded was swept before a post named it: it is uploaded again.
pub const UPLOAD_EXPIRED: &str = "upload_expired";

/// The earliest instant, on the platform's clock, that something can have which was sent at `sent_at`
/// of ours. `their_delay` is how far the platform's clock is behind ours now.
pub fn earliest_effect(sent_at: Timestamp, their_delay: Option<SignedDuration>) -> Timestamp {
    let delay = their_delay.unwrap_or_default().max(SignedDuration::ZERO);
    sent_at.checked_sub(CLOCK_MARGIN).and_then(|at| at.checked_sub(delay)).unwrap_or(Timestamp::MIN)
}

/// One outside platform.
#[async_trait]
pub trait Connector: Send + Sync {
    /// Facts about the platform, as data.
    fn descriptor(&self) -> &'static Descriptor;

    /// Finds out whose credentials these are and what they may do. Only reads. Used to add an
    /// account, to reconnect it and by its doctor.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure>;

    /// The limits of this account: what its server said at the last check wins over the descriptor.
    /// `hand_over_min_secs` is `None` where the server has no scheduler of its own.
    fn effective_limits(&self, _account: &Account) -> Limits {
        self.descriptor().limits
    }

    /// The descriptions of a public post's pictures can be changed, not only its text.
    fn edits_alt_text(&self) -> bool {
        false
    }

    /// The limits of one post, where a picture changes what the words may be.
    fn limits_for(&self, account: &Account, _with_picture: bool) -> Limits {
        self.effective_limits(account)
    }

    /// The address of a post without pictures is shown as a card of its own, so it stays out of the text.
    fn shows_link_card(&self) -> bool {
        false
    }

    /// The address of a post goes into a field of its own, whatever else the post holds, so it stays out of
    /// the text.
    fn link_has_its_place(&self) -> bool {
        false
    }

    /// The title goes into a field of its own, so it stays out of the text.
    fn title_has_its_place(&self) -> bool {
        false
    }

    /// The options that the network has a place for; the others are left out.
    fn options(&self) -> &'static [PostOption] {
        &[]
    }

    /// Takes back at the platform what these credentials open; asked when the account is removed.
    /// Repeatable: what is dead already is success.
    async fn revoke(&self, _access: &Access<'_>) -> Result<Revocation, Failure> {
        Ok(Revocation::NotOffered)
    }

    /// Page on which the owner takes the access back by hand.
    fn access_page(&self, _access: &Access<'_>) -> Option<String> {
        None
    }

    /// Platforms whose accounts may hang on one grant of the owner: it is revoked with the last of them.
    fn one_grant_for(&self) -> &'static [&'static str] {
        &[]
    }

    /// Credentials that a login with the browser brings besides the descriptor's fields.
    fn login_credentials(&self) -> &'static [&'static str] {
        &[]
    }

    /// The platform bills each post to the owner: it is never chosen unless the owner names it.
    fn bills_each_post(&self) -> bool {
        false
    }

    /// Present when an account can be connected by logging in with the browser.
    fn oauth(&self) -> Option<&dyn OauthLogin> {
        None
    }

    /// Present when the platform lets us read what people say, and perhaps answer.
    fn conversation(&self) -> Option<&dyn Conversation> {
        None
    }

    /// Present when the platform can publish.
    fn publisher(&self) -> Option<&dyn Publisher> {
        None
    }

    /// Present when the platform sends messages to people.
    fn messenger(&self) -> Option<&dyn Messenger> {
        None
    }

    /// Present when the platform tells figures.
    fn insights(&self) -> Option<&dyn Insights> {
        None
    }
}

/// What taking the access back at the platform came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// What was kept here opens nothing any more.
    Revoked,
    /// What this program had opened is closed. What the owner typed would open it again, until they
    /// delete it at the platform.
    SessionEnded,
    /// The platform has no way to do it, or not with these credentials.
    NotOffered,
}

/// Logging in with the browser (OAuth 2 code flow with PKCE). The listener that receives the code is
/// [`oauth_loopback`].
#[async_trait]
pub trait OauthLogin: Send + Sync {
    /// The port of the redirect address, on platforms that take only an address registered beforehand:
    /// then it is `http://{host}:{port}/connexion`, else any port of 127.0.0.1.
    fn registered_port(&self) -> Option<u16> {
        None
    }

    /// How the redirect address names this machine where [`registered_port`](Self::registered_port) is set.
    fn registered_host(&self) -> &'static str {
        "localhost"
    }

    /// Registers this installation at the server where that is possible, and makes the address that the
    /// browser opens.
    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure>;

    /// Exchanges the code for credentials; a code works once.
    async fn finish(&self, http: &Http, login: &PendingLogin, code: &str) -> Result<Credentials, Failure>;
}

/// Where and as whom a login begins.
pub struct LoginDoor<'a> {
    pub http: &'a Http,
    /// What the owner typed, else the platform's base address.
    pub server: &'a str,
    pub platform: &'a crate::config::PlatformConfig,
    /// The owner's own application at the platform ([`oauth::CLIENT_ID`], [`oauth::CLIENT_SECRET`]), where
    /// the platform registers none by itself.
    pub app: &'a Credentials,
    pub redirect_uri: &'a str,
}

impl LoginDoor<'_> {
    /// Address of the platform for a purpose (see [`crate::config::PlatformConfig::hosts`]).
    pub fn host(&self, purpose: &str) -> &str {
        self.platform.host(purpose, self.server)
    }
}

/// A login that waits for the browser. Kept in memory only.
#[derive(Debug)]
pub struct PendingLogin {
    pub authorize_url: String,
    /// Random; the answer of the browser must carry it.
    pub state: String,
    /// Base address of the server.
    pub server: String,
    /// What `finish` needs: client id and secret, PKCE verifier, redirect address.
    pub secrets: Credentials,
}

/// Publishing on one platform. The queue calls, in this order: `prepare` until it is ready, then
/// `send` exactly once; after a doubt `reconcile`; for what was handed over `verify`.
#[async_trait]
pub trait Publisher: Send + Sync {
    /// Rules of the platform that can be checked without it, beyond the descriptor's limits.
    fn check_content(&self, _post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        Vec::new()
    }

    /// Uploads and containers: invisible to the public, repeatable. `job.marks` holds what an
    /// earlier call returned (also before a crash); the answer replaces it.
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure>;

    /// The one irreversible request. Must make exactly one call with [`Http::send_once`].
    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure>;

    /// Looks, only reading, whether `send` had an effect.
    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure>;

    /// Looks for the post by its words and its time alone, only reading: for an outbox that was restored
    /// from a copy, whose notes may be older than the call. `job.first_sent_at` is the earliest moment of
    /// that call. [`Finding::Found`] must be certain; anything else proves nothing, and a person is asked.
    async fn look_up(&self, _access: &Access<'_>, _job: &Job<'_>) -> Result<Finding, Failure> {
        Ok(Finding::NotFound)
    }

    /// Reads the state of something handed over to the platform's own scheduler. Also asked about what
    /// is public without an address, or with [leftovers](Receipt::leftovers), which it then removes.
    async fn verify(&self, _access: &Access<'_>, _job: &Job<'_>) -> Result<HandedOver, Failure> {
        Err(Failure::unsupported("verify"))
    }

    /// Changes text or time of what the platform has (`job.remote_id`, `job.mode`). Repeatable.
    async fn update(&self, _access: &Access<'_>, _job: &Job<'_>) -> Result<Sent, Failure> {
        Err(Failure::unsupported("update"))
    }

    /// The notes after a successful [`update`](Self::update), where they know the post by its former words.
    fn marks_after_update(&self, _job: &Job<'_>) -> Option<Value> {
        None
    }

    /// Removes what the platform has (`job.content`, `job.mode`: as it has it). Repeatable: already gone is
    /// success, except that of what was handed over it is [`Failure::unseen`].
    async fn delete(&self, _access: &Access<'_>, _job: &Job<'_>) -> Result<(), Failure> {
        Err(Failure::unsupported("delete"))
    }
}

/// Everything a call may use: one account's secrets and addresses, the network, the pictures.
pub struct Access<'a> {
    pub account: &'a Account,
    pub credentials: &'a Credentials,
    /// Keeps renewed credentials before they are used (rotating tokens).
    pub vault: &'a dyn CredentialVault,
    pub http: &'a Http,
    pub media: &'a dyn MediaSource,
    /// Base address without a trailing slash: the account's own server or the platform's.
    pub base_url: &'a str,
    pub platform: &'a crate::config::PlatformConfig,
    /// The instant of this call, from the engine's clock.
    pub now: Timestamp,
}

impl Access<'_> {
    /// Address of the platform for a purpose (see [`crate::config::PlatformConfig::hosts`]).
    pub fn host(&self, purpose: &str) -> &str {
        self.platform.host(purpose, self.base_url)
    }
}

impl Access<'_> {
    /// What an account keeps of the server that answered for it: nothing when it is the platform's usual
    /// one, so that an address changed in the settings is followed.
    pub fn own_server(&self, answered: String) -> Option<String> {
        (answered != self.platform.base_url.trim_end_matches('/')).then_some(answered)
    }
}

/// Stores renewed credentials durably. Returns only after the commit.
#[async_trait]
pub trait CredentialVault: Send + Sync {
    async fn store(&self, credentials: &Credentials) -> Result<(), Failure>;
    /// Serialises refreshes of this account; returns the newest stored credentials.
    async fn lock_and_reload(&self) -> Result<(tokio::sync::OwnedMutexGuard<()>, Credentials), Failure>;
}

/// Gives the pictures of the library, made to fit a platform.
#[async_trait]
pub trait MediaSource: Send + Sync {
    /// Returns a JPEG within the limits.
    async fn jpeg(&self, id: &MediaId, limits: &ImageLimits) -> Result<Picture, Failure>;

    /// Brings that JPEG to the owner's web site and returns its public address, which stays until the
    /// delivery is over. Repeatable. `None` when there is no web site for it.
    async fn public_address(
        &self,
        _delivery: &DeliveryId,
        _id: &MediaId,
        _limits: &ImageLimits,
    ) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Whether [`public_address`](Self::public_address) gave one the last time it was tested: what is
    /// planned relies on it.
    fn lends_addresses(&self) -> bool {
        false
    }

    /// Whether there is a web site at all: what leaves now is tried there, whatever a test said at a bad
    /// moment.
    fn has_web_site(&self) -> bool {
        false
    }
}

/// Codes of [`Publisher::check_content`] that say: the platform fetches pictures itself, and this one has
/// no address that it can fetch.
pub const ADDRESS_NEEDED: [&str; 2] = ["public_url_needed", "photo_address_needed"];

/// Whether a platform fetches the pictures of this account from a public address, and nothing but the
/// owner's web site can give one to a picture of this computer.
pub fn fetches_pictures(connector: &dyn Connector, account: &Account) -> bool {
    let picture =
        OutgoingImage { media_id: MediaId::from(String::new()), alt_text: String::new(), source_url: None };
    let post = OutgoingPost { images: vec![picture], ..OutgoingPost::default() };
    connector.publisher().is_some_and(|publisher| {
        let problems = publisher.check_content(&post, account);
        problems.iter().any(|problem| ADDRESS_NEEDED.contains(&problem.code.as_str()))
    })
}

/// What is wrong with a content, without what the owner's web site takes care of if it `lends` addresses.
pub fn with_addresses(mut problems: Vec<ContentProblem>, lends: bool) -> Vec<ContentProblem> {
    if lends {
        problems.retain(|problem| !ADDRESS_NEEDED.contains(&problem.code.as_str()));
    }
    problems
}

/// Bytes ready for a platform.
#[derive(Clone)]
pub struct Picture {
    pub bytes: bytes::Bytes,
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
}

/// One delivery as a connector sees it.
pub struct Job<'a> {
    pub delivery_id: &'a DeliveryId,
    pub content: &'a OutgoingPost,
    /// The connector's own notes; `Null` at first.
    pub marks: &'a Value,
    pub mode: SendMode,
    /// When the delivery was created: stable over all attempts.
    pub created_at: Timestamp,
    /// When the first irreversible call may have started; `None` before it.
    pub first_sent_at: Option<Timestamp>,
    /// Unsuccessful look-ups so far.
    pub lookups: u32,
    pub remote_id: Option<&'a str>,
    /// What other deliveries of this account stand for: a removal by the words alone must leave it.
    pub taken: &'a [String],
}

/// Publish at once, or hand over to the platform's own scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendMode {
    Now,
    At(Timestamp),
}

/// Result of [`Publisher::prepare`].
#[derive(Debug)]
pub enum Prepared {
    /// `send` may follow with these marks.
    Ready { marks: Value },
    /// The platform still works on it: call `prepare` again after that time.
    Wait { marks: Value, after: Duration },
}

/// What exists on the platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub remote_id: String,
    pub permalink: Option<String>,
    /// Something of its preparation is still at the platform: a later [`Publisher::verify`] removes it.
    pub leftovers: bool,
}

/// Result of a successful [`Publisher::send`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    Published(Receipt),
    HandedOver(Receipt),
}

/// What a look-up after a doubt found.
#[derive(Debug)]
pub enum Finding {
    /// It is there. `others` are further objects that match: shown to the owner, never deleted.
    Found { sent: Sent, others: Vec<Receipt> },
    /// Repeating the same write with the same marks is free of risk (kinds A, B and C).
    Repeat,
    /// It was certainly not published and what was prepared is used up: prepare again from these
    /// marks (keep chosen keys, drop what the platform threw away).
    Rebuild { marks: Value },
    /// Not in the lists (yet). The queue waits, looks again, and decides by the platform's kind.
    NotFound,
    /// The platform is still working on it.
    Pending { after: Duration },
}

/// State of something handed over.
#[derive(Debug)]
pub enum HandedOver {
    Published(Receipt),
    /// Still waiting at the platform for this time.
    Scheduled {
        at: Option<Timestamp>,
    },
    /// The platform looks it over before it shows it: ask again after this time. May take hours.
    Examined {
        after: Duration,
    },
    /// The platform looked it over and does not show it.
    Refused(Problem),
    /// The platform does not know it any more.
    Gone,
}

/// Answer of [`Connector::check`].
#[derive(Debug, Default)]
pub struct Identity {
    pub remote_id: String,
    pub handle: String,
    pub label: String,
    /// Own server to use from now on, when it differs from the base address.
    pub server: Option<String>,
    pub token_expiry: TokenExpiry,
    pub permissions: Vec<String>,
    pub missing_permissions: Vec<String>,
    /// Server limits and features (see the connector's documentation of its keys).
    pub facts: ServerFacts,
    /// Credentials to store instead of the given ones (exchanged tokens).
    pub credentials: Option<Credentials>,
    pub findings: Vec<CheckFinding>,
}

/// One line of the connection doctor; the sentences are chosen from `code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckFinding {
    pub code: String,
    pub severity: Severity,
    /// A name to put into the sentence, for example of a missing permission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Ok,
    Warning,
    Error,
}

/// A rule of the platform that this content breaks; found before anything is scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContentProblem {
    /// Stable code, for example `text_too_long`.
    pub code: String,
    pub severity: Severity,
    /// Numbers for the sentence, for example `{"length": 312, "max_length": 300}`.
    #[serde(default)]
    pub values: std::collections::BTreeMap<String, Value>,
}

/// Why a call did not succeed, sorted by what has to happen next (social-platforms reference 0.2).
#[derive(Clone, Debug)]
pub struct Failure {
    pub class: FailureClass,
    pub problem: Problem,
    /// The platform's own waiting time.
    pub retry_after: Option<Duration>,
    /// What stood in the way has been put right. An attempt like any other, but the first one is repeated
    /// at once.
    pub mended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// No byte of the request was sent (DNS, connect, TLS).
    NotSent,
    /// A definite answer that asks to come back later; nothing was created.
    Retry,
    /// Daily quota reached; nothing was created.
    Quota,
    /// Token dead or permission lost.
    Reauth,
    /// The platform wants the owner to act in its own application.
    Blocked,
    /// Text, picture or parameters refused.
    Content,
    /// The same content is already there.
    Duplicate,
    /// The request may have had an effect. For a call that only reads or prepares: as `Retry`.
    Unknown,
}

impl Failure {
    pub fn new(class: FailureClass, problem: Problem) -> Self {
        Self { class, problem, retry_after: None, mended: false }
    }

    #[must_use]
    pub fn after(mut self, wait: Option<Duration>) -> Self {
        self.retry_after = wait;
        self
    }

    /// The reason is gone, for example a token that was replaced.
    #[must_use]
    pub fn mended(mut self) -> Self {
        self.mended = true;
        self
    }

    pub fn unknown(code: &str) -> Self {
        Self::new(FailureClass::Unknown, Problem::new(code))
    }

    pub fn content(code: &str) -> Self {
        Self::new(FailureClass::Content, Problem::new(code))
    }

    /// What was handed over has left the platform's scheduler and is not in its lists. They lag, so the
    /// queue believes it only after several looks.
    pub fn unseen() -> Self {
        Self::new(FailureClass::Retry, Problem::new(HAND_OVER_UNSEEN))
    }

    /// The same failure of a call that only looked: a refusal of the question says nothing about the
    /// content, and an unreadable answer can be asked for again.
    #[must_use]
    pub fn while_looking(mut self) -> Self {
        if matches!(self.class, FailureClass::Content | FailureClass::Duplicate | FailureClass::Unknown) {
            self.class = FailureClass::Retry;
        }
        self
    }

    fn unsupported(what: &str) -> Self {
        Self::new(FailureClass::Content, Problem::new("not_supported").message(what))
    }
}

/// Shared handle to a connector.
pub type SharedConnector = Arc<dyn Connector>;
