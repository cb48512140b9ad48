//! The catalogue of faults, and the board that says which one is played for a request.
//!
//! A fault is data: what to do, for which requests, how many times. Each one states whether the request is
//! processed before the answer is spoilt, because that is the difference between "nothing happened" and
//! "it happened and nobody was told". One fault at most is played per request: the oldest that matches.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use crate::{exchange::Call, platform::Platform};

/// What a request is about, whatever the network calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes a post visible, or hands it over to the network's scheduler.
    Publish,
    /// Brings bytes: photo, blob, media attachment.
    Upload,
    /// Prepares a container of Instagram or Threads.
    Container,
    /// Reads one object.
    Read,
    /// Asks how far an upload or a container is.
    Status,
    /// Reads who the account is.
    Account,
    /// Reads several objects.
    List,
    Edit,
    Delete,
    /// Obtains or changes tokens.
    Login,
    Other,
}

/// Names of the faults. "Processed" = the double does its work before it answers wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultName {
    /// The listener closes and connections are refused for `secs` (0 or absent: until the fault is
    /// deleted). Starts at once; `match`, `skip` and `times` do not apply. Not processed.
    RefuseConnection,
    /// The connection is reset after the request was read. Not processed.
    ResetBefore,
    /// The answer breaks off after `after_bytes` (default 10) of its body. Processed.
    ResetMidBody,
    /// The connection is reset without any answer. Processed.
    AcceptThenReset,
    /// Nothing happens for `secs` (default 30). With `processed` true the work is done first and the
    /// answer comes afterwards; otherwise (default) the connection is reset afterwards. A client that
    /// leaves earlier has been processed, or not, in the same way.
    Stall,
    /// 500. Not processed.
    ServerErrorBefore,
    /// 500. Processed.
    ServerErrorAfter,
    /// 503 with `Retry-After: retry_after_secs` (default 5; 0 = no header). Not processed.
    Unavailable,
    /// Too many requests; `dialect` says how the waiting time of `secs` (default 60) is told. Not processed.
    RateLimited,
    /// The token is refused. On Bluesky the access token used is really expired and stays so until the
    /// client refreshes; elsewhere the refusal lasts for `times` requests. Not processed.
    TokenExpired,
    /// A permission or role was taken away. Not processed.
    PermissionLost,
    /// The network refuses what the post says. Not processed. Default target: publishing.
    ContentRefused,
    /// 200 with an error object inside. Not processed unless `processed`.
    ErrorIn200,
    /// Complete HTTP answer whose JSON stops in the middle. Processed.
    TruncatedJson,
    /// 200 without the id. Processed. Default target: publishing, uploads, containers, log-in.
    MissingId,
    /// 200 with an empty body. Processed unless `processed` is false.
    EmptyBody,
    /// 200 with the HTML page of a Wi-Fi portal. Not processed.
    HtmlPage,
    /// The answer trickles at `bytes_per_sec` (default 20). Processed.
    SlowDrip,
    /// 302 to `location` (default: the sandbox's own portal page). Not processed.
    Redirect,
    /// "Already posted". Facebook (506), X, and LinkedIn, where it names a post that is not there; elsewhere it
    /// is never played. Not processed.
    DuplicateRefused,
    /// The `Date` header is off by `offset_secs` (default 900). Processed.
    WrongDate,
    /// Lists do not show objects younger than `secs` (default 60). Processed. Default target: lists.
    ListingLag,
    /// The uploaded object stays in processing for `polls` (default 3) reads: Mastodon 202 then 206,
    /// Instagram and Threads IN_PROGRESS, LinkedIn PROCESSING. Processed. Default target: uploads and
    /// containers.
    MediaProcessing,
    /// The uploaded object cannot be used: Mastodon 422 and LinkedIn PROCESSING_FAILED on its next read,
    /// elsewhere the upload itself is refused. Default target: uploads and containers.
    MediaFailed,
    /// The container ends in ERROR. Processed. Instagram and Threads only; default target: containers.
    ContainerError,
    /// The container is EXPIRED at once. Processed. Instagram and Threads only; default target: containers.
    ContainerExpired,
    /// Reading the address of a published object fails with a server error. Facebook, Instagram and Threads only;
    /// default target: single reads that ask for a permalink.
    PermalinkFails,
    /// What was published is looked over first: PROCESSING for `polls` (default 3) reads, then public.
    /// Processed. Google only; default target: publishing.
    ModerationPending,
    /// What was published is looked over and not shown: after `polls` (default 1) reads that say
    /// PROCESSING; 0 = the answer itself says REJECTED. Processed. Google only; default target: publishing.
    ModerationRejected,
    /// A definite refusal that no table knows, with `status` (default 400, Mastodon 451). Not processed.
    #[serde(rename = "unknown_4xx")]
    Unknown4xx,
}

impl FaultName {
    pub const ALL: [Self; 30] = [
        Self::RefuseConnection,
        Self::ResetBefore,
        Self::ResetMidBody,
        Self::AcceptThenReset,
        Self::Stall,
        Self::ServerErrorBefore,
        Self::ServerErrorAfter,
        Self::Unavailable,
        Self::RateLimited,
        Self::TokenExpired,
        Self::PermissionLost,
        Self::ContentRefused,
        Self::ErrorIn200,
        Self::TruncatedJson,
        Self::MissingId,
        Self::EmptyBody,
        Self::HtmlPage,
        Self::SlowDrip,
        Self::Redirect,
        Self::DuplicateRefused,
        Self::WrongDate,
        Self::ListingLag,
        Self::MediaProcessing,
        Self::MediaFailed,
        Self::ContainerError,
        Self::ContainerExpired,
        Self::PermalinkFails,
        Self::ModerationPending,
        Self::ModerationRejected,
        Self::Unknown4xx,
    ];

    /// Whether a network can fail in this way at all.
    pub fn exists_on(self, platform: Platform) -> bool {
        if platform == Platform::Smtp {
            return self.exists_in_mail();
        }
        let has_containers = matches!(platform, Platform::Instagram | Platform::Threads);
        match self {
            Self::ContainerError | Self::ContainerExpired => has_containers,
            Self::PermalinkFails => has_containers || platform == Platform::Facebook,
            Self::MediaProcessing => {
                has_containers || matches!(platform, Platform::Mastodon | Platform::LinkedIn)
            }
            Self::ModerationPending | Self::ModerationRejected => platform == Platform::GoogleBusiness,
            Self::DuplicateRefused => {
                matches!(platform, Platform::Facebook | Platform::LinkedIn | Platform::X)
            }
            // Nothing of it can be listed.
            Self::ListingLag => platform != Platform::Telegram,
            // Messages have no pictures of their own.
            Self::MediaFailed => !platform.sends_messages(),
            _ => true,
        }
    }

    /// The faults that have a meaning outside of HTTP.
    fn exists_in_mail(self) -> bool {
        matches!(
            self,
            Self::RefuseConnection
                | Self::ResetBefore
                | Self::AcceptThenReset
                | Self::Stall
                | Self::ServerErrorBefore
                | Self::Unavailable
                | Self::RateLimited
                | Self::TokenExpired
                | Self::PermissionLost
                | Self::ContentRefused
                | Self::HtmlPage
                | Self::Unknown4xx
        )
    }

    /// Whether the fault makes sense for such a request when nothing narrower was asked.
    fn targets(self, call: &Call, action: Action) -> bool {
        match self {
            Self::RefuseConnection => false,
            Self::ContentRefused
            | Self::DuplicateRefused
            | Self::ModerationPending
            | Self::ModerationRejected => action == Action::Publish,
            Self::MissingId => {
                matches!(action, Action::Publish | Action::Upload | Action::Container | Action::Login)
            }
            Self::ListingLag => action == Action::List,
            Self::MediaProcessing | Self::MediaFailed => {
                // In some networks the photo comes with the post.
                matches!(action, Action::Upload | Action::Container)
                    || call.path.ends_with("/photos")
                    || call.path.ends_with("/sendPhoto")
                    || call.path.ends_with("/localPosts")
                    || (action == Action::Publish && call.path == "/v5/pins")
            }
            Self::ContainerError | Self::ContainerExpired => action == Action::Container,
            Self::PermalinkFails => {
                action == Action::Read
                    && call.param("fields").is_some_and(|fields| fields.contains("permalink"))
            }
            Self::TokenExpired | Self::PermissionLost => action != Action::Login,
            _ => true,
        }
    }
}

/// How a refusal for haste tells the waiting time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateDialect {
    RetryAfterSecs,
    RetryAfterDate,
    /// The network's own way: usage header of Meta, `RateLimit-Reset` (epoch) of Bluesky,
    /// `X-RateLimit-Reset` (ISO 8601) of Mastodon, `parameters.retry_after` of Telegram, `retryDelay` in the
    /// details of Google, `x-ratelimit-reset` (seconds) of Pinterest, `x-rate-limit-reset` (epoch) of X.
    /// LinkedIn has none: there it is `Retry-After`.
    #[default]
    Platform,
    None,
}

/// Figures of a fault; each fault reads its own and ignores the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub processed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<RateDialect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_sec: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset_secs: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub polls: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// Narrows a fault to some requests; absent = any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_contains: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
}

impl FaultMatch {
    fn fits(&self, call: &Call, action: Action) -> bool {
        self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(call.method.as_str()))
            && self.path_contains.as_ref().is_none_or(|part| call.path.contains(part.as_str()))
            && self.action.is_none_or(|wanted| wanted == action)
    }
}

/// A fault as asked for through the control API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRequest {
    pub fault: FaultName,
    #[serde(default, rename = "match")]
    pub only: FaultMatch,
    /// Matching requests let through before the first that is spoilt.
    #[serde(default)]
    pub skip: u32,
    /// Requests spoilt; 0 = until the fault is deleted.
    #[serde(default = "once")]
    pub times: u32,
    #[serde(default)]
    pub params: FaultParams,
}

fn once() -> u32 {
    1
}

impl FaultRequest {
    /// A fault for the next request that it concerns.
    pub fn new(fault: FaultName) -> Self {
        Self { fault, only: FaultMatch::default(), skip: 0, times: 1, params: FaultParams::default() }
    }
}

/// A fault on the board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveFault {
    pub id: u64,
    /// Requests spoilt so far.
    pub played: u32,
    #[serde(flatten)]
    pub request: FaultRequest,
}

/// The faults switched on for one network.
#[derive(Debug, Default)]
pub(crate) struct Board {
    active: Mutex<Vec<ActiveFault>>,
    last_id: AtomicU64,
}

impl Board {
    pub fn add(&self, request: FaultRequest) -> u64 {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.lock().push(ActiveFault { id, played: 0, request });
        id
    }

    pub fn list(&self) -> Vec<ActiveFault> {
        self.lock().clone()
    }

    /// Takes away one fault, or all; returns what was taken.
    pub fn remove(&self, id: Option<u64>) -> Vec<ActiveFault> {
        let mut active = self.lock();
        let (gone, kept) =
            std::mem::take(&mut *active).into_iter().partition(|fault| id.is_none_or(|id| fault.id == id));
        *active = kept;
        gone
    }

    /// Takes away every fault of one name, as the practice page does.
    pub fn remove_named(&self, name: FaultName) {
        self.lock().retain(|fault| fault.request.fault != name);
    }

    /// Chooses the fault for a request and counts it as played.
    pub fn take(&self, platform: Platform, call: &Call, action: Action) -> Option<FaultRequest> {
        let mut active = self.lock();
        if active.is_empty() {
            return None;
        }
        let mut chosen = None;
        for fault in active.iter_mut() {
            let name = fault.request.fault;
            let possible = name.targets(call, action)
                && name.exists_on(platform)
                && fault.request.only.fits(call, action);
            if !possible {
                continue;
            }
            if fault.request.skip > 0 {
                fault.request.skip -= 1;
                continue;
            }
            fault.played += 1;
            chosen = Some((fault.id, fault.request.clone()));
            break;
        }
        let (id, request) = chosen?;
        active
            .retain(|fault| fault.id != id || fault.request.times == 0 || fault.played < fault.request.times);
        Some(request)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<ActiveFault>> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Changes of behaviour that a double applies while it processes a request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Quirks {
    pub listing_lag_secs: i64,
    pub media_polls: Option<u32>,
    pub media_failed: bool,
    pub container_error: bool,
    pub container_expired: bool,
    pub permalink_fails: bool,
    /// Reads that still say PROCESSING.
    pub moderation_polls: u32,
    pub moderation_rejects: bool,
}

/// A refusal that each network words in its own way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    ServerError,
    Unavailable,
    RateLimited { dialect: RateDialect, secs: u64 },
    TokenExpired,
    PermissionLost,
    ContentRefused,
    ErrorIn200,
    Duplicate,
    MediaFailed,
    Unknown(Option<u16>),
    NotReadable(u16),
}
