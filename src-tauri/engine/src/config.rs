//! What the owner can change without a new program: general settings and the
//! addresses of the platforms.
//!
//! The defaults are the two files in `config/` at the root of the repository,
//! embedded in the program; they are the only place where a default is
//! written. A file of the same name in the data folder is a sparse overlay:
//! it names only what differs. An unknown key or a value that cannot be used
//! refuses the start with the file, the key, the line and the column, because
//! a setting that is silently ignored is a promise silently broken.
//!
//! Secrets never belong here (see [`crate::secrets`]); nothing in this module
//! reads the environment except [`folders`].

pub mod folders;
pub mod near;
mod overlay;
mod platforms;
mod reference;
mod settings;

pub use overlay::{ConfigError, path_at};
pub use platforms::{PlatformConfig, Platforms, is_loopback};
pub use reference::{KeyReference, json_schema, key_reference};
pub use settings::{
    Api, Backup, FrequencyCap, HandOver, House, Language, Late, Logs, Messages, Notifications, PatchError,
    Publishing, QuietHours, ServiceEnds, Settings, SmsHours, Theme, WallTime,
};

use std::path::Path;

/// File name of the general settings, in `config/` and in the data folder.
pub const SETTINGS_FILE: &str = "settings.json";
/// File name of the platform addresses, in `config/` and in the data folder.
pub const PLATFORMS_FILE: &str = "platforms.json";

/// Settings and platform addresses as they apply to one data folder.
#[derive(Debug, Clone)]
pub struct Config {
    pub settings: Settings,
    pub platforms: Platforms,
}

impl Config {
    /// Reads the overlays of `data_dir`; an absent file means the defaults.
    pub fn load(data_dir: &Path) -> Result<Self, ConfigError> {
        Ok(Self { settings: Settings::load(data_dir)?, platforms: Platforms::load(data_dir)? })
    }
}

/// Reads an overlay file; `None` when it does not exist.
fn read_overlay(data_dir: &Path, file: &'static str) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(data_dir.join(file)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConfigError::unreadable(file, &error)),
    }
}
