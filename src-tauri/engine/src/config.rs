//! Settings and platform addresses: shipped defaults and the owner's sparse changes.

use serde::{Deserialize, Serialize};

/// Addresses of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformConfig {
    /// Base address without a trailing slash.
    pub base_url: String,
    /// API version in the path, where the platform has one.
    #[serde(default)]
    pub api_version: Option<String>,
    /// Where a person sees the published posts.
    #[serde(default)]
    pub web_url: Option<String>,
}
