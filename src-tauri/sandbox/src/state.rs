//! Everything a running sandbox remembers, and its clock.
//!
//! One lock per network, held only while a request is worked out, never while bytes travel.

use std::sync::{
    Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use crate::{
    bluesky::state::Bluesky,
    facebook::state::Graph,
    faults::{Board, FaultName, FaultRequest},
    google_business::state::GoogleBusiness,
    inbox::Inbox,
    linkedin::state::LinkedIn,
    mastodon::state::Mastodon,
    media::Blobs,
    objects::PublishedObject,
    options::{Addresses, SandboxOptions},
    persist,
    pinterest::state::Pinterest,
    platform::Platform,
    record::Log,
    smtp::state::Mail,
    telegram::state::Telegram,
    threads::state::Threads,
    visitors::Visitors,
    web_site::Site,
    x::state::X,
};

/// Whether a listener should answer, and whether it does.
pub(crate) struct Gate {
    pub wanted_open: watch::Sender<bool>,
    pub is_open: watch::Sender<bool>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { wanted_open: watch::Sender::new(true), is_open: watch::Sender::new(false) }
    }
}

impl Gate {
    /// Opens or closes the listener and waits until it is so.
    pub async fn set(&self, open: bool) {
        self.wanted_open.send_replace(open);
        let mut now = self.is_open.subscribe();
        let _ = now.wait_for(|is_open| *is_open == open).await;
    }
}

/// The part that survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    pub version: u32,
    pub graph: Graph,
    pub bluesky: Bluesky,
    pub mastodon: Mastodon,
    /// Absent in files from before this network, as the following.
    #[serde(default)]
    pub telegram: Telegram,
    #[serde(default)]
    pub threads: Threads,
    #[serde(default)]
    pub google_business: GoogleBusiness,
    #[serde(default)]
    pub pinterest: Pinterest,
    #[serde(default)]
    pub linkedin: LinkedIn,
    #[serde(default)]
    pub x: X,
    #[serde(default)]
    pub inbox: Inbox,
    #[serde(default)]
    pub mail: Mail,
    #[serde(default)]
    pub web_site: Site,
    #[serde(default)]
    pub visitors: Visitors,
}

/// All state of one sandbox.
pub(crate) struct World {
    pub options: SandboxOptions,
    pub blobs: Blobs,
    graph: Mutex<Graph>,
    bluesky: Mutex<Bluesky>,
    mastodon: Mutex<Mastodon>,
    telegram: Mutex<Telegram>,
    threads: Mutex<Threads>,
    google_business: Mutex<GoogleBusiness>,
    pinterest: Mutex<Pinterest>,
    linkedin: Mutex<LinkedIn>,
    x: Mutex<X>,
    inbox: Mutex<Inbox>,
    mail: Mutex<Mail>,
    site: Mutex<Site>,
    visitors: Mutex<Visitors>,
    boards: [Board; Platform::COUNT],
    logs: [Log; Platform::COUNT],
    gates: [Gate; Platform::COUNT],
    pub changed: Notify,
    addresses: OnceLock<Addresses>,
    clock_offset_ms: AtomicI64,
    date_is_real: AtomicBool,
}

impl World {
    /// Builds the state, from the state file when there is one.
    pub fn open(options: SandboxOptions) -> anyhow::Result<Self> {
        let saved = match &options.state_file {
            Some(file) => persist::load(file)?,
            None => Saved::default(),
        };
        let limit = options.request_log;
        Ok(Self {
            blobs: Blobs::new(options.state_file.as_deref().map(persist::media_folder)),
            graph: Mutex::new(saved.graph),
            bluesky: Mutex::new(saved.bluesky),
            mastodon: Mutex::new(saved.mastodon),
            telegram: Mutex::new(saved.telegram),
            threads: Mutex::new(saved.threads),
            google_business: Mutex::new(saved.google_business),
            pinterest: Mutex::new(saved.pinterest),
            linkedin: Mutex::new(saved.linkedin),
            x: Mutex::new(saved.x),
            inbox: Mutex::new(saved.inbox),
            mail: Mutex::new(saved.mail),
            site: Mutex::new(saved.web_site),
            visitors: Mutex::new(saved.visitors),
            boards: Default::default(),
            logs: std::array::from_fn(|_| Log::new(limit)),
            gates: Default::default(),
            changed: Notify::new(),
            addresses: OnceLock::new(),
            clock_offset_ms: AtomicI64::new(0),
            date_is_real: AtomicBool::new(false),
            options,
        })
    }

    pub fn set_addresses(&self, addresses: Addresses) {
        let _ = self.addresses.set(addresses);
    }

    /// Addresses of the listeners; set before the first request can come in.
    pub fn addresses(&self) -> &Addresses {
        static NONE: OnceLock<Addresses> = OnceLock::new();
        self.addresses.get().unwrap_or_else(|| NONE.get_or_init(Addresses::default))
    }

    pub fn graph(&self) -> MutexGuard<'_, Graph> {
        self.graph.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn bluesky(&self) -> MutexGuard<'_, Bluesky> {
        self.bluesky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn mastodon(&self) -> MutexGuard<'_, Mastodon> {
        self.mastodon.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn telegram(&self) -> MutexGuard<'_, Telegram> {
        self.telegram.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn threads(&self) -> MutexGuard<'_, Threads> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn google_business(&self) -> MutexGuard<'_, GoogleBusiness> {
        self.google_business.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn pinterest(&self) -> MutexGuard<'_, Pinterest> {
        self.pinterest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn linkedin(&self) -> MutexGuard<'_, LinkedIn> {
        self.linkedin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn x(&self) -> MutexGuard<'_, X> {
        self.x.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What customers received.
    pub fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mailboxes of the house.
    pub fn mail(&self) -> MutexGuard<'_, Mail> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner's web site.
    pub fn site(&self) -> MutexGuard<'_, Site> {
        self.site.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn visitors(&self) -> MutexGuard<'_, Visitors> {
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn board(&self, platform: Platform) -> &Board {
        &self.boards[platform as usize]
    }

    pub fn log(&self, platform: Platform) -> &Log {
        &self.logs[platform as usize]
    }

    pub fn gate(&self, platform: Platform) -> &Gate {
        &self.gates[platform as usize]
    }

    /// Time of the sandbox: the machine's clock plus the offset that a test has set.
    pub fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_millis(self.clock_offset_ms.load(Ordering::SeqCst));
        Timestamp::now().checked_add(offset).unwrap_or(Timestamp::MAX)
    }

    pub fn clock_offset_secs(&self) -> i64 {
        self.clock_offset_ms.load(Ordering::SeqCst) / 1000
    }

    /// Moves the clock; with `date_is_real` the `Date` header of answers stays with the machine's clock.
    pub fn set_clock(&self, offset_ms: i64, date_is_real: bool) {
        self.clock_offset_ms.store(offset_ms, Ordering::SeqCst);
        self.date_is_real.store(date_is_real, Ordering::SeqCst);
    }

    /// Returns the time for a `Date` header, `off_secs` away from the truth.
    pub fn http_date(&self, off_secs: i64) -> String {
        let base = if self.date_is_real.load(Ordering::SeqCst) { Timestamp::now() } else { self.now() };
        http_date(base.checked_add(SignedDuration::from_secs(off_secs)).unwrap_or(base))
    }

    /// Says that something worth saving has changed.
    pub fn touch(&self) {
        if self.options.state_file.is_some() {
            self.changed.notify_one();
        }
    }

    /// Posts of one network, oldest first, deleted ones included.
    pub fn objects(&self, platform: Platform) -> Vec<PublishedObject> {
        let now = self.now();
        match platform {
            Platform::Facebook => self.graph().facebook_objects(self, now),
            Platform::Instagram => self.graph().instagram_objects(self),
            Platform::Bluesky => self.bluesky().objects(self),
            Platform::Mastodon => self.mastodon().objects(self, now),
            Platform::Telegram => self.telegram().objects(self),
            Platform::Threads => self.threads().objects(self),
            Platform::GoogleBusiness => self.google_business().objects(self),
            Platform::Pinterest => self.pinterest().objects(self),
            Platform::LinkedIn => self.linkedin().objects(self),
            Platform::X => self.x().objects(self),
            // Messages are no posts: see `inbox`.
            Platform::OvhSms
            | Platform::Smtp
            | Platform::Brevo
            | Platform::BrevoSms
            | Platform::Twilio
            | Platform::Mailjet
            | Platform::SendGrid => Vec::new(),
        }
    }

    /// Switches a fault on; a refusing listener is really closed when this returns.
    pub async fn add_fault(self: &std::sync::Arc<Self>, platform: Platform, request: FaultRequest) -> u64 {
        let refuse_secs =
            (request.fault == FaultName::RefuseConnection).then(|| request.params.secs.unwrap_or(0));
        let id = self.board(platform).add(request);
        if let Some(secs) = refuse_secs {
            self.gate(platform).set(false).await;
            if secs > 0 {
                let world = std::sync::Arc::clone(self);
                tokio::spawn(async move {
                    tokio::time::sleep(std::time::Duration::from_secs(secs)).await;
                    world.remove_faults(platform, Some(id)).await;
                });
            }
        }
        id
    }

    /// Switches off one fault or all; returns how many, after a refusing listener has come back.
    pub async fn remove_faults(&self, platform: Platform, id: Option<u64>) -> usize {
        let gone = self.board(platform).remove(id).len();
        self.settle_gate(platform).await;
        gone
    }

    /// Opens or closes the listener as the faults on the board ask.
    pub async fn settle_gate(&self, platform: Platform) {
        let refuses = self
            .board(platform)
            .list()
            .iter()
            .any(|fault| fault.request.fault == FaultName::RefuseConnection);
        self.gate(platform).set(!refuses).await;
    }

    /// Forgets everything: posts, uploads, logs, faults, clock.
    pub async fn reset(&self) {
        *self.graph() = Graph::default();
        *self.bluesky() = Bluesky::default();
        *self.mastodon() = Mastodon::default();
        *self.telegram() = Telegram::default();
        *self.threads() = Threads::default();
        *self.google_business() = GoogleBusiness::default();
        *self.pinterest() = Pinterest::default();
        *self.linkedin() = LinkedIn::default();
        *self.x() = X::default();
        *self.inbox() = Inbox::default();
        *self.mail() = Mail::default();
        *self.site() = Site::default();
        *self.visitors() = Visitors::default();
        self.blobs.clear();
        self.set_clock(0, false);
        for platform in Platform::ALL {
            self.log(platform).clear();
            self.remove_faults(platform, None).await;
        }
        self.touch();
    }

    /// Writes the state file, if there is one.
    pub fn save(&self) -> anyhow::Result<()> {
        let Some(file) = &self.options.state_file else {
            return Ok(());
        };
        self.blobs.save()?;
        // Written as text under each lock in turn; the disk is touched afterwards.
        let graph = serde_json::to_value(&*self.graph())?;
        let bluesky = serde_json::to_value(&*self.bluesky())?;
        let mastodon = serde_json::to_value(&*self.mastodon())?;
        let telegram = serde_json::to_value(&*self.telegram())?;
        let threads = serde_json::to_value(&*self.threads())?;
        let google_business = serde_json::to_value(&*self.google_business())?;
        let pinterest = serde_json::to_value(&*self.pinterest())?;
        let linkedin = serde_json::to_value(&*self.linkedin())?;
        let x = serde_json::to_value(&*self.x())?;
        let inbox = serde_json::to_value(&*self.inbox())?;
        let mail = serde_json::to_value(&*self.mail())?;
        let web_site = serde_json::to_value(&*self.site())?;
        let visitors = serde_json::to_value(&*self.visitors())?;
        let networks = [
            ("graph", graph),
            ("bluesky", bluesky),
            ("mastodon", mastodon),
            ("telegram", telegram),
            ("threads", threads),
            ("google_business", google_business),
            ("pinterest", pinterest),
            ("linkedin", linkedin),
            ("x", x),
            ("inbox", inbox),
            ("mail", mail),
            ("web_site", web_site),
            ("visitors", visitors),
        ];
        persist::store(file, networks)
    }
}

/// Formats a time as HTTP does.
pub(crate) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
