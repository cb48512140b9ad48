//! The owner's web site, which lends pictures a public address: where it is, which files are there, and
//! when they go.
//!
//! A file has a name that nobody can guess. The name is written down before the upload, so that a crash
//! leaves nothing behind unknown; the same content is brought once. An address is given away only after
//! it was seen as the networks will see it: from outside, without a login, the same bytes, as a JPEG.
//! Files go a day after the last delivery that needed them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    clock::SharedClock,
    connectors::{
        CheckFinding, CredentialField, Credentials, Failure, FailureClass, Http, Severity,
        media_host::{self, MediaHost, OpenError},
    },
    domain::{
        DeliveryId, Problem,
        fingerprint::{hex, sha256_hex},
    },
    media::{MediaError, fetch::Fetcher},
    store::{Store, StoreError, hosted_media},
};

/// Networks fetch a picture again when they try again: it stays that long after its last delivery
/// (social-platforms reference 2.4 asks for a day).
const KEPT_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// For the whole test of a web site.
const TEST_DEADLINE: Duration = Duration::from_secs(15);
/// A grey square.
const TEST_PICTURE: &[u8] = include_bytes!("web_site/test.jpg");

/// Why a web site was not kept.
#[derive(Debug, thiserror::Error)]
pub enum WebSiteError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("There is no web site")]
    None,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The web site as it is shown.
#[derive(Clone, Debug)]
pub struct WebSiteState {
    pub kind: String,
    /// What was typed, with its secrets.
    pub fields: Credentials,
    pub last_check: Option<Value>,
    /// Pictures that are there now.
    pub files: u32,
}

/// What forgetting a web site came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Pictures that stay there: posts still need them, or the site did not answer.
    pub files_left: u32,
}

/// The owner's web site. Cheap to clone.
#[derive(Clone)]
pub struct WebSite {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: SharedClock,
    http: Http,
    fetcher: Fetcher,
    open: RwLock<Option<Open>>,
    /// One file at a time: what is being removed is not lent meanwhile.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Open {
    host: Arc<dyn MediaHost>,
    /// The last test went well.
    is_good: bool,
}

impl WebSite {
    /// Opens the web site that is kept in the store, if there is one.
    pub async fn load(
        store: Store,
        clock: SharedClock,
        http: Http,
        fetcher: Fetcher,
    ) -> Result<Self, StoreError> {
        let kept = store.read(hosted_media::web_site).await?;
        let open = kept.and_then(|row| {
            let host = media_host::open(&row.kind, &row.fields, &http).ok()?;
            Some(Open { host: Arc::from(host), is_good: is_good(row.last_check.as_ref()) })
        });
        let inner = Inner {
            store,
            clock,
            http,
            fetcher,
            open: RwLock::new(open),
            turn: tokio::sync::Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Whether pictures got an address from it the last time that could be told.
    pub fn lends_addresses(&self) -> bool {
        self.current().is_some_and(|open| open.is_good)
    }

    /// Whether there is one.
    pub fn is_named(&self) -> bool {
        self.current().is_some()
    }

    fn current(&self) -> Option<Open> {
        self.inner.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_current(&self, open: Option<Open>) {
        *self.inner.open.write().unwrap_or_else(PoisonError::into_inner) = open;
    }

    /// Pictures at any place, this one or an earlier one.
    pub async fn files(&self) -> Result<u32, StoreError> {
        self.inner.store.read(hosted_media::count).await
    }

    /// What is known of it; `None` when there is none.
    pub async fn state(&self) -> Result<Option<WebSiteState>, StoreError> {
        self.inner
            .store
            .read(|c| {
                let Some(row) = hosted_media::web_site(c)? else { return Ok(None) };
                let hosted_media::WebSiteRow { kind, fields, last_check } = row;
                Ok(Some(WebSiteState { kind, fields, last_check, files: hosted_media::count(c)? }))
            })
            .await
    }

    /// Keeps a web site in the place of the one before, and tests it. Secrets that are not given again stay
    /// while everything but the address for visitors does: they are never sent to another place.
    pub async fn keep(&self, kind: &str, mut fields: Credentials) -> Result<Vec<CheckFinding>, WebSiteError> {
        let before = self.inner.store.read(hosted_media::web_site).await?;
        let known = media_host::KINDS.into_iter().filter(|known| known.id == kind);
        let (secrets, others): (Vec<&CredentialField>, Vec<&CredentialField>) =
            known.flat_map(|known| known.fields).partition(|field| field.secret);
        let typed = |fields: &Credentials, key| {
            let value = fields.get(key).map(secrecy::ExposeSecret::expose_secret).unwrap_or_default();
            value.trim().to_owned()
        };
        let is_same_place = |before: &Credentials| {
            let place = others.iter().filter(|field| field.key != media_host::FOR_VISITORS);
            place.map(|field| field.key).all(|key| typed(before, key) == typed(&fields, key))
        };
        if let Some(before) = before.filter(|row| row.kind == kind && is_same_place(&row.fields)) {
            for field in secrets {
                if let (None, Some(kept)) = (fields.get(field.key), before.fields.get(field.key)) {
                    fields.set(field.key, secrecy::ExposeSecret::expose_secret(kept));
                }
            }
        }
        let host: Arc<dyn MediaHost> = Arc::from(media_host::open(kind, &fields, &self.inner.http)?);
        let _turn = self.inner.turn.lock().await;
        let (kind, now) = (kind.to_owned(), self.inner.clock.now());
        self.inner.store.write(move |tx| hosted_media::set_web_site(tx, &kind, &fields, now)).await?;
        self.set_current(Some(Open { host: host.clone(), is_good: false }));
        Ok(self.test(&host).await?)
    }

    /// Tests it with a picture that goes the whole way there and back, within 15 s.
    pub async fn check(&self) -> Result<Vec<CheckFinding>, WebSiteError> {
        let open = self.current().ok_or(WebSiteError::None)?;
        let _turn = self.inner.turn.lock().await;
        Ok(self.test(&open.host).await?)
    }

    async fn test(&self, host: &Arc<dyn MediaHost>) -> Result<Vec<CheckFinding>, StoreError> {
        let told = match tokio::time::timeout(TEST_DEADLINE, self.there_and_back(host)).await {
            Ok(told) => told?,
            Err(_) => {
                Told { findings: vec![finding("media_host_unreachable", Severity::Error)], may_pass: true }
            }
        };
        let Told { findings: found, may_pass } = told;
        let is_ok = found.iter().all(|finding| finding.severity != Severity::Error);
        // A site that does not answer at this moment is not one that lends nothing.
        let is_good = is_ok || (may_pass && self.lends_addresses());
        let check = json!({ "at": self.inner.clock.now(), "ok": is_ok, "lends": is_good, "findings": found });
        self.inner.store.write(move |tx| hosted_media::set_check(tx, &check)).await?;
        self.set_current(Some(Open { host: host.clone(), is_good }));
        Ok(found)
    }

    /// Login, upload, look from outside, removal: the first that fails is told.
    async fn there_and_back(&self, host: &Arc<dyn MediaHost>) -> Result<Told, StoreError> {
        if let Err(failure) = host.login().await {
            return Ok(Told::of(&failure));
        }
        let picture = test_picture();
        let brought = self.bring(host, &picture, None).await;
        // Whatever came of it, nothing of the test stays.
        let removed = self.remove_test(host, &sha256_hex(&picture)).await?;
        if let Err(failure) = brought {
            return Ok(Told::of(&failure));
        }
        let mut findings = vec![finding("media_host_ready", Severity::Ok)];
        if let Err(failure) = removed {
            tracing::info!(code = failure.problem.code, "The test picture could not be removed.");
            findings.push(finding("media_host_cannot_remove", Severity::Warning));
        }
        Ok(Told { findings, may_pass: false })
    }

    async fn remove_test(
        &self,
        host: &Arc<dyn MediaHost>,
        hash: &str,
    ) -> Result<Result<(), Failure>, StoreError> {
        let (place, hash, name, now) = (host.place(), hash.to_owned(), new_name(), self.inner.clock.now());
        let claimed = self
            .inner
            .store
            .write(move |tx| hosted_media::claim(tx, &place, &hash, &name, None, now))
            .await?;
        self.take_away(host, claimed.0).await
    }

    /// A public address for a picture, for as long as the delivery needs it; `None` without a web site.
    ///
    /// Errors: `Content` when the owner must change something at the site, `Retry` for what may pass.
    pub async fn address(&self, delivery: &DeliveryId, jpeg: Bytes) -> Result<Option<String>, Failure> {
        let Some(open) = self.current() else { return Ok(None) };
        let _turn = self.inner.turn.lock().await;
        self.bring(&open.host, &jpeg, Some(delivery)).await.map(Some)
    }

    async fn bring(
        &self,
        host: &Arc<dyn MediaHost>,
        jpeg: &Bytes,
        delivery: Option<&DeliveryId>,
    ) -> Result<String, Failure> {
        let inner = &self.inner;
        let (place, hash, name, now) = (host.place(), sha256_hex(jpeg), new_name(), inner.clock.now());
        let delivery = delivery.cloned();
        let claimed = inner
            .store
            .write(move |tx| hosted_media::claim(tx, &place, &hash, &name, delivery.as_ref(), now))
            .await;
        let (row, again) = claimed.map_err(store_trouble)?;
        if let Some(url) = row.url {
            return Ok(url);
        }
        let file = match host.put(&row.name, jpeg.clone(), again).await {
            Ok(file) => file,
            Err(failure) => {
                // A first call that was refused left nothing there.
                if failure.class == FailureClass::Content && !again {
                    let removed = inner.store.write(move |tx| hosted_media::remove(tx, &row.name)).await;
                    removed.map_err(store_trouble)?;
                }
                return Err(failure);
            }
        };
        let (name, remote_id) = (row.name.clone(), file.remote_id.clone());
        inner
            .store
            .write(move |tx| hosted_media::seen(tx, &name, &remote_id, None))
            .await
            .map_err(store_trouble)?;
        let url = self.look_from_outside(&file.url, jpeg).await?;
        let (seen, remote_id) = (url.clone(), file.remote_id);
        inner
            .store
            .write(move |tx| hosted_media::seen(tx, &row.name, &remote_id, Some(&seen)))
            .await
            .map_err(store_trouble)?;
        Ok(url)
    }

    /// Fetches a file as a network will. Returns its address after redirects, which networks do not follow.
    async fn look_from_outside(&self, url: &str, jpeg: &Bytes) -> Result<String, Failure> {
        let fetched = self.inner.fetcher.fetch(url).await.map_err(|error| not_seen(&error))?;
        if sha256_hex(&fetched.bytes) != sha256_hex(jpeg) {
            return Err(Failure::content("media_host_altered"));
        }
        if fetched.content_type != "image/jpeg" {
            let problem = Problem::new("media_host_wrong_type").message(&fetched.content_type);
            return Err(Failure::new(FailureClass::Content, problem));
        }
        Ok(fetched.url.to_string())
    }

    /// Removes what no delivery needs any more; what cannot be removed is tried again the next time.
    pub async fn tidy(&self) {
        let Some(open) = self.current() else { return };
        let since = self.inner.clock.now() - KEPT_AFTER;
        if let Err(error) = self.remove_unneeded(&open.host, since).await {
            tracing::warn!(code = error.code(), "The web site could not be tidied: {error}.");
        }
    }

    async fn remove_unneeded(&self, host: &Arc<dyn MediaHost>, since: Timestamp) -> Result<(), StoreError> {
        let place = host.place();
        let listed = {
            let place = place.clone();
            self.inner.store.read(move |c| hosted_media::unneeded(c, &place, since)).await?
        };
        for row in listed {
            let _turn = self.inner.turn.lock().await;
            // A delivery may have borrowed it again meanwhile.
            let (place, name) = (place.clone(), row.name.clone());
            let still = self.inner.store.read(move |c| hosted_media::unneeded(c, &place, since)).await?;
            if !still.iter().any(|other| other.name == name) {
                continue;
            }
            if let Err(failure) = self.take_away(host, row).await? {
                tracing::info!(code = failure.problem.code, "A picture stays on the web site for now.");
                return Ok(());
            }
        }
        Ok(())
    }

    async fn take_away(
        &self,
        host: &Arc<dyn MediaHost>,
        row: hosted_media::HostedRow,
    ) -> Result<Result<(), Failure>, StoreError> {
        if let Err(failure) = host.remove(&row.name, row.remote_id.as_deref()).await {
            return Ok(Err(failure));
        }
        self.inner.store.write(move |tx| hosted_media::remove(tx, &row.name)).await?;
        Ok(Ok(()))
    }

    /// Removes what can be removed, then forgets the web site and its secrets.
    pub async fn forget(&self) -> Result<Forgotten, WebSiteError> {
        let open = self.current();
        if let Some(open) = open {
            let now = self.inner.clock.now();
            self.remove_unneeded(&open.host, now).await?;
        }
        let _turn = self.inner.turn.lock().await;
        let files_left = self
            .inner
            .store
            .write(|tx| {
                hosted_media::forget_web_site(tx)?;
                hosted_media::count(tx)
            })
            .await?;
        self.set_current(None);
        Ok(Forgotten { files_left })
    }
}

fn is_good(check: Option<&Value>) -> bool {
    check.and_then(|check| check.get("lends")?.as_bool()).unwrap_or(false)
}

fn finding(code: &str, severity: Severity) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject: None }
}

/// What a test came to.
struct Told {
    findings: Vec<CheckFinding>,
    /// It failed by what may be over in a minute.
    may_pass: bool,
}

impl Told {
    fn of(failure: &Failure) -> Self {
        let found = CheckFinding {
            code: failure.problem.code.clone(),
            severity: Severity::Error,
            subject: failure.problem.platform_message.clone(),
        };
        Self { findings: vec![found], may_pass: failure.class == FailureClass::Retry }
    }
}

fn store_trouble(error: StoreError) -> Failure {
    Failure::new(FailureClass::Retry, Problem::new(error.code()))
}

/// The grey square, each time with other bytes: an answer from a cache is no test.
fn test_picture() -> Bytes {
    use rand::RngCore as _;
    /// A comment of sixteen bytes (ITU T.81, B.2.4.5).
    const COMMENT: [u8; 4] = [0xff, 0xfe, 0x00, 0x12];
    let mut random = [0_u8; 16];
    rand::rng().fill_bytes(&mut random);
    let (start, rest) = TEST_PICTURE.split_at(2);
    Bytes::from([start, &COMMENT, &random, rest].concat())
}

/// A name that cannot be guessed, in letters that every web server takes.
fn new_name() -> String {
    use rand::RngCore as _;
    let mut random = [0_u8; 16];
    rand::rng().fill_bytes(&mut random);
    format!("moulin-{}.jpg", hex(&random))
}

/// What a network would meet at that address.
fn not_seen(error: &MediaError) -> Failure {
    let (class, code) = match error {
        MediaError::UrlUnreachable { .. } | MediaError::UrlTimeout { .. } => {
            (FailureClass::Retry, "media_host_unseen")
        }
        MediaError::UrlHttpStatus { status } if *status >= 500 || *status == 429 => {
            (FailureClass::Retry, "media_host_unseen")
        }
        MediaError::UrlPrivateAddress { .. } => (FailureClass::Content, "media_host_private"),
        _ => (FailureClass::Content, "media_host_hidden"),
    };
    Failure::new(class, Problem::new(code).platform_code(error.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_be_guessed_and_fit_every_server() {
        let (one, other) = (new_name(), new_name());
        assert_ne!(one, other);
        assert_eq!(one.len(), "moulin-".len() + 32 + ".jpg".len());
        assert!(one.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.'));
    }

    #[test]
    fn the_test_picture_is_a_jpeg() {
        let (one, other) = (test_picture(), test_picture());
        assert_ne!(one, other);
        let pixels = crate::media::decode::decode(&one).unwrap();
        assert_eq!(pixels.dimensions(), (16, 16));
    }
}
