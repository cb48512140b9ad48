//! What the doors know about callers: tokens, sessions, one-time codes, the command line's key, and
//! how often somebody guessed wrong.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{
    caller::{Caller, Scope},
    problem::ApiError,
};
use crate::{
    clock::SharedClock,
    domain::fingerprint::sha256_hex,
    store::{Store, StoreError, sessions, tokens},
};

/// How long a dashboard login lasts.
pub const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// How long a one-time code may be typed.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Wrong guesses per minute, over all callers of this machine.
const GUESSES: usize = 10;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Knows who may come in.
pub struct Gate {
    store: Store,
    clock: SharedClock,
    /// Hash of the key in `moulin.local-key`.
    local_key: [u8; 32],
    codes: Mutex<Vec<([u8; 32], Timestamp)>>,
    failures: Mutex<VecDeque<Timestamp>>,
    used: Mutex<std::collections::HashMap<String, Timestamp>>,
}

/// A secret of 256 bits as it is shown once, with its kind in front.
pub fn new_secret(prefix: &str) -> Zeroizing<String> {
    use rand::RngCore as _;
    let mut bytes = Zeroizing::new([0_u8; 32]);
    rand::rng().fill_bytes(bytes.as_mut_slice());
    Zeroizing::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// SHA-256 as the store keeps it.
pub fn hash(secret: &str) -> String {
    sha256_hex(secret.as_bytes())
}

fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

impl Gate {
    pub fn new(store: Store, clock: SharedClock, local_key: &str) -> Self {
        Self {
            store,
            clock,
            local_key: digest(local_key),
            codes: Mutex::default(),
            failures: Mutex::default(),
            used: Mutex::default(),
        }
    }

    /// Finds out who holds this bearer token.
    pub async fn bearer(&self, token: &str) -> Result<Caller, ApiError> {
        if same(&digest(token), &self.local_key) {
            return Ok(Caller::CommandLine);
        }
        let hash = hash(token);
        let living = self.store.read(tokens::living_hashes).await?;
        // Looks at every row, so that the time says nothing about which one matched.
        let found = living.into_iter().fold(None, |found, (candidate, row)| {
            if same(candidate.as_bytes(), hash.as_bytes()) { Some(row) } else { found }
        });
        let Some(row) = found else { return Err(self.refused("token_refused")) };
        self.note_use(&row);
        Ok(Caller::Client {
            token_id: row.id.to_string(),
            label: row.label,
            scopes: row.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
        })
    }

    /// Says whether a session cookie is alive. A stale one is no guess: browsers keep old cookies.
    pub async fn session(&self, cookie: &str) -> Result<bool, StoreError> {
        let (hash, now) = (hash(cookie), self.clock.now());
        let living = self.store.read(move |connection| sessions::living_hashes(connection, now)).await?;
        Ok(living.iter().fold(false, |found, candidate| found | same(candidate.as_bytes(), hash.as_bytes())))
    }

    /// Makes a code for one login of the dashboard.
    pub fn new_code(&self) -> String {
        use rand::Rng as _;
        // Without 0/O and 1/I: a person may have to type it.
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let mut random = rand::rng();
        let code: String = (0..12)
            .map(|_| char::from(LETTERS.get(random.random_range(0..LETTERS.len())).copied().unwrap_or(b'A')))
            .collect();
        let now = self.clock.now();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|(_, until)| *until > now);
        codes.push((digest(&code), now.saturating_add(CODE_LIFE).unwrap_or(now)));
        code
    }

    /// Uses up a one-time code and returns the cookie's value of the new session.
    pub async fn open_session(&self, code: &str) -> Result<Zeroizing<String>, ApiError> {
        let wanted = digest(&code.trim().to_ascii_uppercase().replace('-', ""));
        let now = self.clock.now();
        let known = {
            let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
            codes.retain(|(_, until)| *until > now);
            let alive = codes.len();
            codes.retain(|(candidate, _)| !same(candidate, &wanted));
            codes.len() < alive
        };
        if !known {
            return Err(self.refused("session_code_refused"));
        }
        let secret = new_secret("");
        let (hash, until) = (hash(&secret), now.saturating_add(SESSION_LIFE).unwrap_or(now));
        self.store.write(move |tx| sessions::add(tx, &hash, now, until)).await?;
        Ok(secret)
    }

    pub async fn close_session(&self, cookie: &str) -> Result<(), StoreError> {
        let hash = hash(cookie);
        self.store.write(move |tx| sessions::remove(tx, &hash)).await
    }

    /// Refuses further guesses once there were too many within a minute. A right token still comes
    /// in, so that a program that guesses cannot lock the others out.
    pub fn check_guesses(&self) -> Result<(), ApiError> {
        let now = self.clock.now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        while failures.front().is_some_and(|at| now.duration_since(*at) >= MINUTE) {
            failures.pop_front();
        }
        if failures.len() < GUESSES {
            return Ok(());
        }
        let wait = failures.front().map_or(MINUTE, |at| MINUTE - now.duration_since(*at));
        Err(ApiError::new("too_many_attempts").retry_after(wait.as_secs().unsigned_abs() + 1))
    }

    fn refused(&self, code: &'static str) -> ApiError {
        if let Err(limited) = self.check_guesses() {
            return limited;
        }
        let now = self.clock.now();
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).push_back(now);
        ApiError::new(code)
    }

    /// Remembers when a token was last used, at most once a minute.
    fn note_use(&self, row: &tokens::TokenRow) {
        let now = self.clock.now();
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let last = used.insert(row.id.to_string(), now);
        if last.is_some_and(|last| now.duration_since(last) < MINUTE) {
            if let Some(last) = last {
                used.insert(row.id.to_string(), last);
            }
            return;
        }
        let (store, id) = (self.store.clone(), row.id.clone());
        tokio::spawn(async move {
            if let Err(error) = store.write(move |tx| tokens::set_used(tx, &id, now)).await {
                tracing::warn!(error = %error, "The last use of a token was not noted.");
            }
        });
    }
}
