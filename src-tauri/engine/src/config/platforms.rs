//! Where each platform is reached. Data only: what a platform can do is in its
//! connector's descriptor.

use std::{collections::BTreeMap, fmt, path::Path, sync::LazyLock};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;
use url::{Host, Url};
use utoipa::ToSchema;

use super::{ConfigError, PLATFORMS_FILE, PatchError, overlay, read_overlay};

const SHIPPED: &str = include_str!("../../../../config/platforms.json");

/// Beginning of the serde message for a platform that is not in the shipped file.
pub(super) const UNKNOWN_PLATFORM: &str = "unknown platform";
/// Beginning of the serde message for an unencrypted address outside this machine.
pub(super) const INSECURE_URL: &str = "insecure address";

static KNOWN: LazyLock<Vec<String>> = LazyLock::new(|| {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(SHIPPED)
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default()
});

/// Everything of `platforms.json`, by platform id.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = std::collections::BTreeMap<String, PlatformConfig>)]
pub struct Platforms(BTreeMap<String, PlatformConfig>);

/// How to reach one platform. Addresses are checked when read and carry no trailing slash.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlatformConfig {
    /// Root of the platform's API. An account may name its own server
    /// (Mastodon, Bluesky), which then wins.
    #[serde(deserialize_with = "address")]
    pub base_url: String,
    /// Version segment of the path, for platforms that have one.
    pub api_version: Option<String>,
    /// Root of the pages that people look at; `null` when it is `base_url`.
    #[serde(deserialize_with = "optional_address")]
    pub web_url: Option<String>,
    /// Further addresses of the same platform by purpose, for example `login` and `token`. They belong to
    /// the shipped `base_url`: a file that moves that one and names none of these moves them all.
    #[serde(default, deserialize_with = "addresses", skip_serializing_if = "BTreeMap::is_empty")]
    pub hosts: BTreeMap<String, String>,
}

impl PlatformConfig {
    /// The address for a purpose, seen from the address in use: another server than the platform's own has
    /// everything in one place.
    pub fn host<'a>(&'a self, purpose: &str, base_url: &'a str) -> &'a str {
        let own = self.hosts.get(purpose).filter(|_| base_url.trim_end_matches('/') == self.base_url);
        own.map_or(base_url, String::as_str).trim_end_matches('/')
    }
}

impl Platforms {
    /// The shipped defaults.
    pub fn shipped() -> Result<Self, ConfigError> {
        overlay::read(PLATFORMS_FILE, SHIPPED, None)
    }

    /// The defaults under the overlay of `data_dir`.
    pub fn load(data_dir: &Path) -> Result<Self, ConfigError> {
        Self::parse(read_overlay(data_dir, PLATFORMS_FILE)?.as_deref())
    }

    /// The defaults under an overlay given as text.
    pub fn parse(text: Option<&str>) -> Result<Self, ConfigError> {
        let mut read: Self = overlay::read(PLATFORMS_FILE, SHIPPED, text)?;
        for (id, shipped) in Self::shipped()?.0 {
            if let Some(platform) = read.0.get_mut(&id)
                && platform.base_url != shipped.base_url
                && platform.hosts == shipped.hosts
            {
                platform.hosts.clear();
            }
        }
        Ok(read)
    }

    /// Makes `text` the overlay file of `data_dir`, to the letter. The caller has checked it with
    /// [`Platforms::parse`]; it is checked again here.
    pub fn import(data_dir: &Path, text: &str) -> Result<Self, PatchError> {
        let platforms = Self::parse(Some(text))?;
        overlay::write(&data_dir.join(PLATFORMS_FILE), text)?;
        Ok(platforms)
    }

    /// What differs from the defaults, as the overlay file of `data_dir` says it. Holds no secret: an
    /// address with one is refused when it is read.
    pub fn exported(data_dir: &Path) -> Result<Value, ConfigError> {
        let text = read_overlay(data_dir, PLATFORMS_FILE)?.unwrap_or_else(|| "{}".to_owned());
        Self::parse(Some(&text))?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    pub fn get(&self, id: &str) -> Option<&PlatformConfig> {
        self.0.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &PlatformConfig)> {
        self.0.iter().map(|(id, config)| (id.as_str(), config))
    }

    /// Points one platform elsewhere; used by the practice mode.
    ///
    /// Returns false when the platform is not known.
    pub fn redirect(&mut self, id: &str, base_url: &str, web_url: &str) -> bool {
        self.0.get_mut(id).is_some_and(|platform| {
            base_url.trim_end_matches('/').clone_into(&mut platform.base_url);
            platform.web_url = Some(web_url.trim_end_matches('/').to_owned());
            platform.hosts.clear();
            true
        })
    }

    /// Names the address of a redirected platform for one purpose.
    pub fn lend(&mut self, id: &str, purpose: &str, address: &str) {
        if let Some(platform) = self.0.get_mut(id) {
            platform.hosts.insert(purpose.to_owned(), address.trim_end_matches('/').to_owned());
        }
    }

    /// The first platform whose API is not on this machine. The practice mode
    /// refuses to start while there is one.
    pub fn outside(&self) -> Option<&str> {
        self.iter()
            .find(|(_, config)| {
                let mut addresses = std::iter::once(&config.base_url).chain(config.hosts.values());
                addresses.any(|address| !Url::parse(address).is_ok_and(|url| is_loopback(&url)))
            })
            .map(|(id, _)| id)
    }
}

/// Says whether an address can only mean this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn checked<E: serde::de::Error>(text: &str) -> Result<String, E> {
    let url = Url::parse(text)
        .map_err(|_| E::custom(format!("\"{text}\" is not an address such as \"https://example.com\"")))?;
    if !url.username().is_empty()
        || url.password().is_some()
        || url.query().is_some()
        || url.fragment().is_some()
    {
        return Err(E::custom("an address takes no user, password, query or fragment"));
    }
    match url.scheme() {
        "https" => Ok(without_slash(&url)),
        "http" if is_loopback(&url) => Ok(without_slash(&url)),
        "http" => Err(E::custom(format!("{INSECURE_URL}: plain http is accepted for this machine only"))),
        other => Err(E::custom(format!("\"{other}\" addresses are not supported, only https"))),
    }
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    checked(&String::deserialize(deserializer)?)
}

fn optional_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::<String>::deserialize(deserializer)?.map(|text| checked(&text)).transpose()
}

fn addresses<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    BTreeMap::<String, String>::deserialize(deserializer)?
        .into_iter()
        .map(|(purpose, text)| Ok((purpose, checked(&text)?)))
        .collect()
}

impl<'de> Deserialize<'de> for Platforms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByPlatform;
        impl<'de> Visitor<'de> for ByPlatform {
            type Value = Platforms;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with one entry per platform")
            }

            // By hand so that the error about a name carries its position.
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Platforms, A::Error> {
                let mut platforms = BTreeMap::new();
                while let Some(id) = map.next_key::<String>()? {
                    if !KNOWN.contains(&id) {
                        return Err(A::Error::custom(format!("{UNKNOWN_PLATFORM} \"{id}\"")));
                    }
                    platforms.insert(id, map.next_value()?);
                }
                Ok(Platforms(platforms))
            }
        }
        deserializer.deserialize_map(ByPlatform)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::Value;

    use super::{PlatformConfig, Platforms, SHIPPED, is_loopback};

    #[test]
    fn the_shipped_file_and_the_struct_agree() {
        let file: Value = serde_json::from_str(SHIPPED).unwrap();
        let read = serde_json::to_value(Platforms::shipped().unwrap()).unwrap();
        assert_eq!(read, file);
    }

    #[test]
    fn an_overlay_points_one_platform_elsewhere() {
        let read = Platforms::parse(Some(r#"{"bluesky": {"base_url": "http://127.0.0.1:2583/"}}"#)).unwrap();
        assert_eq!(read.get("bluesky").unwrap().base_url, "http://127.0.0.1:2583");
        assert_eq!(read.get("bluesky").unwrap().web_url.as_deref(), Some("https://bsky.app"));
        assert_eq!(read.get("facebook").unwrap().base_url, "https://graph.facebook.com");
        assert_eq!(read.outside(), Some("brevo"));
    }

    #[test]
    fn further_addresses_follow_the_first() {
        let hosts = |platform: PlatformConfig| PlatformConfig {
            hosts: [("login".to_owned(), "https://login.example".to_owned())].into(),
            ..platform
        };
        let platform = hosts(PlatformConfig { base_url: "https://api.example".into(), ..Default::default() });
        assert_eq!(platform.host("login", "https://api.example/"), "https://login.example");
        assert_eq!(platform.host("token", "https://api.example"), "https://api.example");
        // Another server has everything in one place, and its logins never leave it.
        assert_eq!(platform.host("login", "http://127.0.0.1:1"), "http://127.0.0.1:1");
        let mut platforms = Platforms([("x".to_owned(), platform)].into());
        assert!(platforms.redirect("x", "http://127.0.0.1:2", "http://127.0.0.1:2"));
        assert!(platforms.get("x").unwrap().hosts.is_empty());
        let text = r#"{"bluesky": {"hosts": {"login": "http://login.example"}}}"#;
        assert_eq!(Platforms::parse(Some(text)).unwrap_err().code, "config_insecure_url");
    }

    #[test]
    fn mistakes_are_named() {
        for (text, code, key) in [
            (r#"{"blusky": {"base_url": "https://x.fr"}}"#, "config_unknown_key", "blusky"),
            (r#"{"bluesky": {"base_uri": "https://x.fr"}}"#, "config_unknown_key", "bluesky.base_uri"),
            (r#"{"bluesky": {"base_url": "http://example.com"}}"#, "config_insecure_url", "bluesky.base_url"),
            (
                r#"{"bluesky": {"base_url": "http://localhost.example.com"}}"#,
                "config_insecure_url",
                "bluesky.base_url",
            ),
            (r#"{"bluesky": {"base_url": "ftp://example.com"}}"#, "config_invalid", "bluesky.base_url"),
            (r#"{"bluesky": {"base_url": "example"}}"#, "config_invalid", "bluesky.base_url"),
            (r#"{"bluesky": {"base_url": "https://a:b@example.com"}}"#, "config_invalid", "bluesky.base_url"),
            (r#"{"bluesky": null}"#, "config_invalid", "bluesky"),
            (r"[]", "config_invalid", ""),
        ] {
            let error = Platforms::parse(Some(text)).unwrap_err();
            assert_eq!((error.code, error.key.as_str()), (code, key), "{text}: {error}");
        }
        let error = Platforms::parse(Some(r#"{"blusky": {}}"#)).unwrap_err();
        assert!(error.detail.contains("« bluesky »"), "{}", error.detail);
    }

    #[test]
    fn loopback_means_this_machine() {
        for (text, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("http://pds.localhost", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://[::ffff:127.0.0.1]", false),
            ("https://127.0.0.1.example.com", false),
        ] {
            assert_eq!(is_loopback(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
