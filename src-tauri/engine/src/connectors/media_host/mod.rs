//! The owner's own web site as a place that lends pictures a public address, for the networks that only
//! fetch (social-platforms reference 2.4, first way): WordPress, a WebDAV folder, an S3 storage.
//!
//! A host only brings bytes under a given name and takes them away again; both may be repeated. Which
//! names exist, whether they can be seen from outside and when they go is `social::web_site`'s. FTP and
//! SFTP are not here: both need a protocol library of their own for what most hosts offer as WebDAV too.

mod errors;
mod s3;
mod webdav;
mod wordpress;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::{CredentialField, Credentials, Failure, Http, address::is_loopback};

/// Field of every kind that has one: where visitors see the files. No secret is ever sent there.
pub const FOR_VISITORS: &str = "public_url";

/// What a host keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedFile {
    /// The host's own id of the file; the name where it has none.
    pub remote_id: String,
    /// Address without a login.
    pub url: String,
}

/// One place on the web that takes pictures.
#[async_trait]
pub trait MediaHost: Send + Sync {
    /// Names the place, without a secret: files are removed from where they were brought.
    fn place(&self) -> String;

    /// Asks whether the login is accepted and may bring files, where there is a harmless way to ask.
    async fn login(&self) -> Result<(), Failure> {
        Ok(())
    }

    /// Brings a JPEG. `again`: an earlier call with this name ended unknown, so it may be there.
    async fn put(&self, name: &str, jpeg: Bytes, again: bool) -> Result<HostedFile, Failure>;

    /// Takes a file away; already gone is success. `remote_id` is `None` when `put` never answered.
    async fn remove(&self, name: &str, remote_id: Option<&str>) -> Result<(), Failure>;
}

/// A kind of place, as the settings screen shows it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct HostKind {
    /// `wordpress`, `webdav` or `s3`.
    pub id: &'static str,
    pub name: &'static str,
    pub name_en: &'static str,
    pub fields: &'static [CredentialField],
    pub steps: &'static [&'static str],
    pub steps_en: &'static [&'static str],
}

/// The kinds, the most usual first.
pub static KINDS: [&HostKind; 3] = [&wordpress::KIND, &webdav::KIND, &s3::KIND];

/// Why a place cannot be used as it was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("There is no kind {0}")]
    UnknownKind(String),
    #[error("Field {0} is missing")]
    Missing(&'static str),
    #[error("There is no field {0}")]
    Unknown(String),
    /// Not an `https` address, or one that holds a password.
    #[error("Field {0} is no address that secrets may be sent to")]
    Unsafe(&'static str),
}

/// Opens a place. Asks nothing of it yet.
pub fn open(kind: &str, fields: &Credentials, http: &Http) -> Result<Box<dyn MediaHost>, OpenError> {
    let kind = KINDS
        .into_iter()
        .find(|known| known.id == kind)
        .ok_or_else(|| OpenError::UnknownKind(kind.to_owned()))?;
    if let Some(key) = fields.keys().find(|key| !kind.fields.iter().any(|field| field.key == *key)) {
        return Err(OpenError::Unknown(key.to_owned()));
    }
    let form = Form { kind, fields };
    for field in kind.fields.iter().filter(|field| field.required) {
        form.text(field.key)?;
    }
    let http = http.for_lane();
    Ok(match kind.id {
        "webdav" => Box::new(webdav::WebDav::open(&form, http)?),
        "s3" => Box::new(s3::S3::open(&form, &http)?),
        _ => Box::new(wordpress::WordPress::open(&form, http)?),
    })
}

/// The typed fields of one kind.
struct Form<'a> {
    kind: &'static HostKind,
    fields: &'a Credentials,
}

impl Form<'_> {
    /// A field that must be filled in.
    fn text(&self, key: &str) -> Result<&str, OpenError> {
        let text = self.optional(key);
        // The name comes from the table: it lives as long as the program.
        let known = self.kind.fields.iter().find(|field| field.key == key).map_or("", |field| field.key);
        if text.is_empty() { Err(OpenError::Missing(known)) } else { Ok(text) }
    }

    fn optional(&self, key: &str) -> &str {
        self.fields.get(key).map_or("", |value| value.expose_secret().trim())
    }

    /// An address with its path and without a final slash; `https`, or this computer.
    fn address(&self, key: &'static str) -> Result<Url, OpenError> {
        let text = self.text(key)?;
        let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(text.trim_end_matches('/')).map_err(|_| OpenError::Unsafe(key))?;
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !is_safe || url.host().is_none() || !url.username().is_empty() || url.password().is_some() {
            return Err(OpenError::Unsafe(key));
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(url)
    }
}

/// `base/part`, whatever `base` ends with.
fn below(base: &Url, part: &str) -> String {
    format!("{}/{part}", base.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Credentials {
        let mut fields = Credentials::default();
        for (key, value) in pairs {
            fields.set(*key, *value);
        }
        fields
    }

    fn refused(kind: &str, pairs: &[(&str, &str)]) -> OpenError {
        open(kind, &fields(pairs), &Http::new().unwrap()).err().unwrap()
    }

    #[test]
    fn what_is_typed_is_checked_before_anything_is_sent() {
        let typed = |site: &'static str| [("site", site), ("username", "anne"), ("app_password", "abcd")];
        for bad in
            ["http://moulin.example", "https://anne:pw@moulin.example", "ftp://moulin.example", "ht tp"]
        {
            assert_eq!(refused("wordpress", &typed(bad)), OpenError::Unsafe("site"), "{bad}");
        }
        assert_eq!(refused("wordpress", &typed(" ")), OpenError::Missing("site"));
        assert_eq!(refused("ftp", &[]), OpenError::UnknownKind("ftp".into()));
        assert_eq!(refused("wordpress", &[("bucket", "x")]), OpenError::Unknown("bucket".into()));
    }

    #[test]
    fn a_place_is_named_without_a_secret() {
        let http = Http::new().unwrap();
        let wordpress = [("site", "levieuxmoulin.fr/blog/"), ("username", "anne"), ("app_password", "abcd")];
        let host = open("wordpress", &fields(&wordpress), &http).unwrap();
        assert_eq!(host.place(), "wordpress https://levieuxmoulin.fr/blog");
    }

    #[test]
    fn every_field_is_explained_in_both_languages() {
        for kind in KINDS {
            assert_eq!(kind.steps.len(), kind.steps_en.len(), "{}", kind.id);
            for field in kind.fields {
                for words in [field.label, field.label_en, field.help, field.help_en] {
                    assert!(!words.is_empty(), "{} {}", kind.id, field.key);
                }
            }
        }
    }
}
