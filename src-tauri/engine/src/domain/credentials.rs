//! The secrets of an account, in a form that cannot be printed by accident.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

/// Secret fields of an account by key (see `Descriptor::credential_fields`). Never in `Debug`.
#[derive(Clone, Default)]
pub struct Credentials(BTreeMap<String, SecretString>);

impl Credentials {
    pub fn get(&self, key: &str) -> Option<&SecretString> {
        self.0.get(key)
    }

    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.0.insert(key.into(), SecretString::from(value.into()));
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether these are the same secrets under the same keys.
    pub fn is_same_as(&self, other: &Self) -> bool {
        let value = |secret: &SecretString| secret.expose_secret().to_owned();
        self.0.len() == other.0.len()
            && self.0.iter().all(|(key, secret)| other.get(key).map(value) == Some(value(secret)))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
