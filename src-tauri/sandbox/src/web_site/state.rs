//! The files of the site, what it was asked, and how it misbehaves.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use serde::{Deserialize, Serialize};

use crate::media::Stored;

/// How the site misbehaves until it is told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SiteFault {
    /// The password is wrong.
    LoginRefused,
    /// The web server drops the sign-in on the way.
    LoginUnheard,
    RightsMissing,
    /// A firewall refuses with a page of its own.
    Blocked,
    /// Nothing answers at the addresses of the API.
    RestOff,
    /// The API is at `?rest_route=` only.
    NoSpeakingAddresses,
    Full,
    ServerError,
    Unavailable,
    /// The site leads to another address.
    Moved,
    /// The file is kept, the answer is an error.
    AnswerLost,
    /// Visitors are refused the files.
    Hidden,
    /// Visitors meet a page instead of the files.
    LoginWall,
    /// Files are shown with other bytes.
    Altered,
    /// Files are shown as something else.
    WrongType,
    CannotRemove,
    /// A cache answers every search of the library with its latest pictures.
    SlugIgnored,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct File {
    id: u64,
    stored: Stored,
}

/// Everything the site remembers.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Site {
    files: BTreeMap<String, File>,
    folders: BTreeSet<String>,
    last_id: u64,
    #[serde(skip)]
    pub fault: Option<SiteFault>,
    #[serde(skip)]
    pub requests: Vec<String>,
}

/// Requests kept; older ones are forgotten.
const REQUESTS: usize = 1000;

impl Site {
    pub fn note(&mut self, method: &Method, path: &str) {
        if self.requests.len() >= REQUESTS {
            self.requests.remove(0);
        }
        self.requests.push(format!("{method} {path}"));
    }

    /// Keeps a file; one of the same path is overwritten. Returns its number.
    pub fn put(&mut self, path: &str, stored: Stored) -> u64 {
        self.last_id += 1;
        self.files.insert(path.to_owned(), File { id: self.last_id, stored });
        self.last_id
    }

    pub fn remove(&mut self, path: &str) -> bool {
        self.files.remove(path).is_some()
    }

    pub fn file(&self, path: &str) -> Option<Stored> {
        self.files.get(path).map(|file| file.stored.clone())
    }

    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    pub fn numbered(&self) -> impl Iterator<Item = (u64, String)> + use<> {
        self.files.iter().map(|(path, file)| (file.id, path.clone())).collect::<Vec<_>>().into_iter()
    }

    /// The root of the WebDAV tree is always there.
    pub fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains(path)
    }

    pub fn make_folder(&mut self, path: &str) {
        self.folders.insert(path.to_owned());
    }
}
