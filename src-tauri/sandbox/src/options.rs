//! What can be chosen when a sandbox starts, and where it answers afterwards.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::platform::Platform;

/// Ports of the listeners on 127.0.0.1; 0 means any free port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    pub control: u16,
    /// In the order of [`Platform::ALL`].
    pub networks: [u16; Platform::COUNT],
}

impl Ports {
    /// Consecutive ports: control, then the networks in the order of [`Platform::ALL`].
    pub fn from_base(base: u16) -> Option<Self> {
        let mut ports = Self { control: base, ..Self::default() };
        for (port, next) in ports.networks.iter_mut().zip(1..) {
            *port = base.checked_add(next)?;
        }
        Some(ports)
    }

    /// The same order from a list; `None` when it is not one port for each listener.
    pub fn from_list(list: &[u16]) -> Option<Self> {
        let (control, networks) = list.split_first()?;
        Some(Self { control: *control, networks: networks.try_into().ok()? })
    }
}

/// How exact the doubles are where the real platforms vary or where a test would be slowed down.
#[derive(Debug, Clone)]
pub struct Strict {
    /// Refuse parameters of /feed and /photos that the reference does not know (code 100), so that a
    /// misspelt field is seen; the real Graph ignores them.
    pub unknown_parameters: bool,
    /// Answer 429 where the platforms limit calls: Bluesky log-in 30 per 5 min, Instagram 50 posts per day,
    /// Threads 250, Mastodon 300 calls per 5 min and 300 scheduled statuses (25 per day). Off, because tests publish
    /// thousands of posts; the headers are sent either way.
    pub rate_limits: bool,
    /// Status reads that answer IN_PROGRESS before a container of Instagram or a picture of Threads is FINISHED.
    pub container_polls: u32,
    /// Reads that answer 206 before a Mastodon upload is ready; above 0 the upload answers 202.
    pub media_polls: u32,
    /// Largest Bluesky image; older servers still refuse more than 1 000 000 bytes.
    pub blob_max_bytes: usize,
    /// Seconds during which a rotated Bluesky refresh token still works. 0 shows a program that loses the
    /// new pair; the real server is more forgiving.
    pub refresh_grace_secs: i64,
    /// Whether `Idempotency-Key` also protects scheduled Mastodon statuses. Not documented, so off: a
    /// connector must list before it repeats.
    pub scheduled_idempotency: bool,
}

impl Default for Strict {
    fn default() -> Self {
        Self {
            unknown_parameters: true,
            rate_limits: false,
            container_polls: 0,
            media_polls: 0,
            blob_max_bytes: 1_000_000,
            refresh_grace_secs: 0,
            scheduled_idempotency: false,
        }
    }
}

/// Options of one sandbox.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    pub ports: Ports,
    /// Where posts survive a restart; pictures go into a folder of the same name plus `.media`.
    pub state_file: Option<PathBuf>,
    /// Seeded accounts per network, at least 1.
    pub accounts: usize,
    pub strict: Strict,
    /// Requests kept per network; older ones are forgotten.
    pub request_log: usize,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            ports: Ports::default(),
            state_file: None,
            accounts: 1,
            strict: Strict::default(),
            request_log: 20_000,
        }
    }
}

/// Base addresses of a running sandbox, each like `http://127.0.0.1:PORT` without a final slash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    pub control: String,
    pub facebook: String,
    pub instagram: String,
    pub bluesky: String,
    pub mastodon: String,
    pub telegram: String,
    pub threads: String,
    pub google_business: String,
    pub pinterest: String,
    pub linkedin: String,
    pub x: String,
    pub ovh_sms: String,
    pub smtp: String,
    /// Where the mailboxes of `smtp` are read.
    #[serde(default)]
    pub mailbox: String,
    pub brevo: String,
    pub brevo_sms: String,
    pub twilio: String,
    pub mailjet: String,
    pub sendgrid: String,
}

impl Addresses {
    /// Every network with the address of its listener.
    pub fn networks(&self) -> impl Iterator<Item = (Platform, &str)> {
        Platform::ALL.into_iter().map(|platform| (platform, platform.address(self)))
    }
}
