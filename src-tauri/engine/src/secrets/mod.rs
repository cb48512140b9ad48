//! The key of the database: where it is kept and when one is made.
//!
//! Only these 32 bytes live outside the database; the tokens of the platforms
//! are inside it. A key is created only when there is no database file: locked
//! is not missing, and a new key for an old database would lose everything.
//! Which key belongs to the database is written, as a fingerprint, in a small
//! plain file beside it, so that a wrong key and a damaged file can be told
//! apart before the database is touched.

mod error;
mod key;
mod keychain;
mod keyinfo;
mod memory;
mod moving;
mod open;
mod plain_file;
mod recovery;
mod vault;

pub use error::KeyError;
pub use key::MasterKey;
pub use keychain::Keychain;
pub(crate) use keyinfo::write_private;
pub use keyinfo::{KEYINFO_FILE, KeyInfo};
pub use memory::MemoryStore;
pub use moving::move_key;
pub use open::{DATABASE_FILE, KeySource, adopt_key, brought_key, existing_key, open_key, store_in_use};
pub use plain_file::PlainFile;
pub use recovery::{read_recovery_text, recovery_text};
pub use vault::{PassphraseVault, VAULT_FILE};

use async_trait::async_trait;

/// A place that keeps one key.
///
/// Every method may be called again after a failure: a keyring that was locked
/// at login is often open a minute later.
#[async_trait]
pub trait SecretStore: Send + Sync {
    /// Written into `moulin.keyinfo.json`: `keyring`, `passphrase` or `memory`.
    fn name(&self) -> &'static str;

    /// Reads the key; `None` when the store is open and has none.
    async fn read(&self) -> Result<Option<MasterKey>, KeyError>;

    /// Keeps the key, replacing an older one.
    async fn write(&self, key: &MasterKey) -> Result<(), KeyError>;

    /// Forgets the key. None there is success.
    async fn remove(&self) -> Result<(), KeyError>;
}
