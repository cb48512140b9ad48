//! The general settings: one small struct per concern, strict at every level.

use std::{fmt, path::Path};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use utoipa::ToSchema;

use super::{ConfigError, SETTINGS_FILE, overlay, read_overlay};

const SHIPPED: &str = include_str!("../../../../config/settings.json");

/// Everything of `settings.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    pub house: House,
    /// Language of the screens, notifications and error texts.
    pub language: Language,
    /// Colours of the window.
    pub theme: Theme,
    pub publishing: Publishing,
    pub api: Api,
    pub notifications: Notifications,
    pub messages: Messages,
    pub logs: Logs,
    pub backup: Backup,
}

/// The restaurant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct House {
    pub name: String,
    pub city: String,
    /// IANA zone in which times without a zone are read.
    #[serde(deserialize_with = "timezone")]
    #[schema(example = "Europe/Paris")]
    pub timezone: String,
}

/// Language of everything a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    Fr,
    En,
}

/// Colours of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// When posts leave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publishing {
    /// Seconds during which "publish now" can be taken back; 0 switches it off.
    #[serde(deserialize_with = "range::<_, 0, 600>")]
    pub undo_secs: u64,
    pub service_ends: ServiceEnds,
    pub late: Late,
    /// Waits before an absent post counts as "not found" (reliability, section 4).
    #[serde(deserialize_with = "lookup_waits")]
    pub lookup_waits_secs: Vec<u64>,
    pub hand_over: HandOver,
}

/// A dish of the day that is late leaves only before the end of its service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceEnds {
    pub midi: WallTime,
    pub soir: WallTime,
}

/// What happens to a post that could not leave on time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Late {
    /// An ordinary post later than this asks before it leaves.
    #[serde(deserialize_with = "range::<_, 0, 604_800>")]
    pub evergreen_max_late_secs: u64,
    /// Least distance between two late ordinary posts of one account after a wake-up.
    #[serde(deserialize_with = "range::<_, 0, 86_400>")]
    pub evergreen_spacing_secs: u64,
}

/// Between these two distances a Facebook post is given to Facebook's own scheduler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    /// Facebook refuses less than ten minutes; the rest is our margin.
    #[serde(deserialize_with = "range::<_, 660, 86_400>")]
    pub facebook_min_secs: u64,
    /// Facebook refuses more than thirty days.
    #[serde(deserialize_with = "range::<_, 86_400, 2_592_000>")]
    pub facebook_max_secs: u64,
}

/// The local server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Port on this computer only; 0 picks a free one.
    #[serde(deserialize_with = "range::<_, 0, 65_535>")]
    pub port: u64,
}

/// Desktop notifications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notifications {
    pub enabled: bool,
    pub quiet_hours: QuietHours,
}

/// Hours in which only the application shows alerts, not the desktop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    pub enabled: bool,
    pub from: WallTime,
    pub to: WallTime,
}

/// E-mail and SMS to customers. `null` is not known yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// Who writes; `null` is the name of the house.
    #[serde(deserialize_with = "one_line")]
    pub house_name: Option<String>,
    /// Postal address below each e-mail.
    #[serde(deserialize_with = "one_line")]
    pub house_address: Option<String>,
    #[serde(deserialize_with = "one_line")]
    pub house_phone: Option<String>,
    /// Number in the register of companies.
    #[serde(deserialize_with = "one_line")]
    pub house_siret: Option<String>,
    /// Page on what the house does with personal data.
    #[serde(deserialize_with = "page")]
    pub privacy_url: Option<String>,
    /// Mailbox that reads the answers.
    #[serde(deserialize_with = "mailbox")]
    pub reply_to: Option<String>,
    /// At most 11 letters and digits.
    #[serde(deserialize_with = "sms_sender")]
    pub sms_sender: Option<String>,
    /// How to stop SMS; `null` where the provider adds it.
    #[serde(deserialize_with = "one_line")]
    pub sms_stop: Option<String>,
    /// Country of telephone numbers without one: two capital letters (ISO 3166-1).
    #[serde(deserialize_with = "country")]
    #[schema(example = "FR")]
    pub default_country: String,
    pub frequency_cap: FrequencyCap,
    #[serde(deserialize_with = "sms_hours")]
    pub sms_hours: SmsHours,
    /// Most money for messages in a calendar month; 0 = no ceiling.
    #[serde(deserialize_with = "range::<_, 0, 10_000_000>")]
    pub monthly_budget_cents: u64,
    /// One part of an SMS, thousandths of a euro; what the ceiling counts with.
    #[serde(deserialize_with = "range::<_, 0, 10_000>")]
    pub sms_part_price_milli: u64,
}

/// Most marketing messages to one person, over e-mail and SMS together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FrequencyCap {
    #[serde(deserialize_with = "range::<_, 1, 31>")]
    pub count: u64,
    /// Calendar days, today included.
    #[serde(deserialize_with = "range::<_, 1, 90>")]
    pub days: u64,
}

/// When promotional SMS may leave, in the time of Paris. Never before 8:00 nor from 21:30 on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsHours {
    pub from: WallTime,
    pub to: WallTime,
    pub saturdays: bool,
    /// Tolerated by the charter of the operators, not recommended.
    pub sundays: bool,
    /// The eleven public holidays of France; likewise.
    pub holidays: bool,
}

/// Log files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logs {
    /// Folder; `null` is the platform's own place.
    pub dir: Option<String>,
    /// Daily files kept.
    #[serde(deserialize_with = "range::<_, 1, 365>")]
    pub days: u64,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    #[serde(deserialize_with = "log_level")]
    #[schema(example = "info")]
    pub level: String,
}

/// Copies of the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    pub enabled: bool,
    #[serde(deserialize_with = "range::<_, 1, 60>")]
    pub keep_daily: u64,
    #[serde(deserialize_with = "range::<_, 0, 60>")]
    pub keep_weekly: u64,
    #[serde(deserialize_with = "range::<_, 1, 20>")]
    pub keep_before_migration: u64,
}

impl HandOver {
    /// Least and greatest distance in seconds at which a post is given to the platform's own scheduler;
    /// `None` leaves it to what its connector says.
    pub fn window(&self, platform: &str) -> Option<(u32, u32)> {
        let secs = |secs: u64| u32::try_from(secs).unwrap_or(u32::MAX);
        (platform == "facebook").then(|| (secs(self.facebook_min_secs), secs(self.facebook_max_secs)))
    }
}

impl Settings {
    /// The shipped defaults.
    pub fn shipped() -> Result<Self, ConfigError> {
        overlay::read(SETTINGS_FILE, SHIPPED, None)
    }

    /// The defaults under the overlay of `data_dir`.
    pub fn load(data_dir: &Path) -> Result<Self, ConfigError> {
        Self::parse(read_overlay(data_dir, SETTINGS_FILE)?.as_deref())
    }

    /// The defaults under an overlay given as text.
    pub fn parse(text: Option<&str>) -> Result<Self, ConfigError> {
        overlay::read(SETTINGS_FILE, SHIPPED, text)
    }

    /// Lays `patch` over the overlay of `data_dir`, checks the result and only
    /// then replaces the file (written beside it, flushed, renamed).
    pub fn patch(data_dir: &Path, patch: Value) -> Result<Self, PatchError> {
        let current = read_overlay(data_dir, SETTINGS_FILE)?;
        let mut value: Value = match current.as_deref() {
            // A file that no longer parses is the person's; never overwrite it.
            Some(text) => {
                Self::parse(Some(text))?;
                serde_json::from_str(text).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
            }
            None => Value::Object(serde_json::Map::new()),
        };
        overlay::merge(&mut value, patch);
        let text = serde_json::to_string_pretty(&value).map_err(std::io::Error::other)?;
        Self::import(data_dir, &text)
    }

    /// Checks an overlay as somebody wrote it and makes it the overlay file of `data_dir`, to the letter:
    /// a mistake is named with the line of that text.
    pub fn import(data_dir: &Path, text: &str) -> Result<Self, PatchError> {
        let settings = Self::parse(Some(text))?;
        overlay::write(&data_dir.join(SETTINGS_FILE), text)?;
        Ok(settings)
    }

    /// What differs from the defaults, as the overlay file of `data_dir` says it.
    pub fn exported(data_dir: &Path) -> Result<Value, ConfigError> {
        let text = read_overlay(data_dir, SETTINGS_FILE)?.unwrap_or_else(|| "{}".to_owned());
        Self::parse(Some(&text))?;
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    pub(super) fn shipped_text() -> &'static str {
        SHIPPED
    }
}

/// Why a change of the settings was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("Failed to write a configuration file: {0}")]
    Io(#[from] std::io::Error),
}

/// A wall-clock time without a date, written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, example = "14:30")]
pub struct WallTime(pub jiff::civil::Time);

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format!("\"{text}\" is not a time such as \"14:30\""));
        let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
        if hour.len() != 2 || minute.len() != 2 {
            return Err(wrong());
        }
        let hour = hour.parse().map_err(|_| wrong())?;
        let minute = minute.parse().map_err(|_| wrong())?;
        jiff::civil::Time::new(hour, minute, 0, 0).map(Self).map_err(|_| wrong())
    }
}

fn range<'de, D: Deserializer<'de>, const MIN: u64, const MAX: u64>(
    deserializer: D,
) -> Result<u64, D::Error> {
    let value = u64::deserialize(deserializer)?;
    if (MIN..=MAX).contains(&value) {
        Ok(value)
    } else {
        Err(D::Error::custom(format!("{value} is not between {MIN} and {MAX}")))
    }
}

fn timezone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    match jiff::tz::TimeZone::get(&name) {
        Ok(_) => Ok(name),
        Err(_) => Err(D::Error::custom(format!("\"{name}\" is not a time zone such as \"Europe/Paris\""))),
    }
}

fn lookup_waits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    let waits = Vec::<u64>::deserialize(deserializer)?;
    if (1..=6).contains(&waits.len()) && waits.iter().all(|wait| *wait <= 3600) {
        Ok(waits)
    } else {
        Err(D::Error::custom("one to six waits of at most 3600 seconds are expected"))
    }
}

fn country<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let code = String::deserialize(deserializer)?;
    if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        Ok(code)
    } else {
        Err(D::Error::custom(format!("\"{code}\" is not a country such as \"FR\"")))
    }
}

/// The charter of the operators binds everybody, so the hours are refused here and not bent later.
fn sms_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SmsHours, D::Error> {
    const EARLIEST: WallTime = WallTime(jiff::civil::Time::constant(8, 0, 0, 0));
    const LATEST: WallTime = WallTime(jiff::civil::Time::constant(21, 30, 0, 0));
    let hours = SmsHours::deserialize(deserializer)?;
    if EARLIEST <= hours.from && hours.from < hours.to && hours.to <= LATEST {
        Ok(hours)
    } else {
        Err(D::Error::custom("\"from\" and \"to\" are expected between \"08:00\" and \"21:30\""))
    }
}

fn log_level<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let level = String::deserialize(deserializer)?;
    if ["error", "warn", "info", "debug", "trace"].contains(&level.as_str()) {
        Ok(level)
    } else {
        Err(D::Error::custom(format!("\"{level}\" is none of error, warn, info, debug, trace")))
    }
}

/// A short text that can stand in a header field. Empty is `null`.
fn one_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.chars().count() > 200 || text.chars().any(char::is_control) => {
            Err(D::Error::custom("one line of at most 200 characters is expected"))
        }
        text => Ok(text),
    }
}

fn page<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let page = one_line(deserializer)?;
    let good = |text: &String| url::Url::parse(text).is_ok_and(|url| url.scheme() == "https");
    match page {
        Some(text) if !good(&text) => {
            Err(D::Error::custom(format!("\"{text}\" is not an address such as \"https://example.com\"")))
        }
        page => Ok(page),
    }
}

fn mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let mailbox = one_line(deserializer)?;
    let good = |text: &str| {
        text.split_once('@').is_some_and(|(user, domain)| {
            let odd = |c: char| c.is_whitespace() || "@,;:<>()[]\"\\".contains(c);
            !user.is_empty() && domain.contains('.') && !user.contains(odd) && !domain.contains(odd)
        })
    };
    match mailbox {
        Some(text) if !good(&text) => Err(D::Error::custom(format!("\"{text}\" is not a mailbox"))),
        mailbox => Ok(mailbox),
    }
}

/// Operators accept letters and digits only, and no sender that is a number of its own.
fn sms_sender<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let sender = one_line(deserializer)?;
    let good = |text: &str| {
        (3..=11).contains(&text.len())
            && text.chars().all(|c| c.is_ascii_alphanumeric())
            && text.chars().any(|c| c.is_ascii_alphabetic())
    };
    match sender {
        Some(text) if !good(&text) => {
            Err(D::Error::custom(format!("\"{text}\" is not 3 to 11 letters and digits")))
        }
        sender => Ok(sender),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::{SHIPPED, Settings};

    #[test]
    fn the_shipped_file_and_the_struct_agree() {
        let file: Value = serde_json::from_str(SHIPPED).unwrap();
        let read = Settings::shipped().unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), file);
    }

    #[test]
    fn who_writes_fits_into_a_header() {
        let read = |key: &str, value: Value| {
            Settings::parse(Some(&json!({"messages": {key: value}}).to_string())).map(|read| read.messages)
        };
        assert_eq!(read("house_address", json!("  ")).unwrap().house_address, None);
        assert_eq!(read("sms_sender", json!("VieuxMoulin")).unwrap().sms_sender.unwrap(), "VieuxMoulin");
        for (key, value) in [
            ("house_name", "Le Moulin\r\nBcc: x@example.com"),
            ("reply_to", "bonjour"),
            ("reply_to", "a@example.com, b@example.com"),
            ("sms_sender", "Le Vieux Moulin"),
            ("sms_sender", "33612345678"),
            ("privacy_url", "http://example.com"),
        ] {
            assert_eq!(read(key, json!(value)).unwrap_err().key, format!("messages.{key}"), "{value:?}");
        }
    }

    #[test]
    fn promotional_sms_never_leave_outside_the_hours_of_the_charter() {
        let read = |from: &str, to: &str| {
            let hours = json!({"messages": {"sms_hours": {"from": from, "to": to}}});
            Settings::parse(Some(&hours.to_string())).map(|read| read.messages.sms_hours)
        };
        assert_eq!(read("08:00", "21:30").unwrap().to.to_string(), "21:30");
        for (from, to) in [("07:59", "20:00"), ("10:00", "21:31"), ("20:00", "10:00"), ("10:00", "10:00")] {
            let error = read(from, to).unwrap_err();
            assert_eq!(
                (error.code, error.key.split('.').next()),
                ("config_invalid", Some("messages")),
                "{error:?}"
            );
        }
        let country =
            |code: &str| Settings::parse(Some(&json!({"messages": {"default_country": code}}).to_string()));
        assert!(country("BE").is_ok() && country("be").is_err() && country("FRA").is_err());
    }

    #[test]
    fn an_overlay_changes_only_what_it_names() {
        let read = Settings::parse(Some(r#"{"publishing": {"undo_secs": 5}}"#)).unwrap();
        let mut expected = Settings::shipped().unwrap();
        expected.publishing.undo_secs = 5;
        assert_eq!(read, expected);
    }

    #[test]
    fn mistakes_are_named_with_key_line_and_column() {
        for (text, code, key, line, column) in [
            (
                "{\n  \"publishing\": {\n    \"undo_sec\": 3\n  }\n}",
                "config_unknown_key",
                "publishing.undo_sec",
                3,
                5,
            ),
            ("{\"nonsense\": true}", "config_unknown_key", "nonsense", 1, 2),
            ("{\n\"api\": {\"port\": 70000}}", "config_invalid", "api.port", 2, 9),
            ("{\"api\": {\"port\": \"x\"}}", "config_invalid", "api.port", 1, 10),
            ("{\"api\": 5}", "config_invalid", "api", 1, 2),
            ("{\"api\": {\"port\": 1},\n \"api\": {\"port\": 2}}", "config_duplicate_key", "api", 2, 2),
            ("{\"house\": {\"timezone\": \"Europe/Pari\"}}", "config_invalid", "house.timezone", 1, 12),
            (
                "{\"publishing\": {\"service_ends\": {\"soir\": \"25:00\"}}}",
                "config_invalid",
                "publishing.service_ends.soir",
                1,
                34,
            ),
            (
                "{\"publishing\": {\"lookup_waits_secs\": []}}",
                "config_invalid",
                "publishing.lookup_waits_secs",
                1,
                17,
            ),
            ("{\"theme\": \"pink\"}", "config_invalid", "theme", 1, 2),
            ("{\n \"api\": {,}\n}", "config_invalid", "", 2, 10),
        ] {
            let error = Settings::parse(Some(text)).unwrap_err();
            assert_eq!((error.code, error.key.as_str()), (code, key), "{text}: {error}");
            assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
            assert!(error.detail.contains("settings.json"), "{error:?}");
            for english in ["invalid", "expected", "unknown", " is not", " is none"] {
                assert!(!error.detail.contains(english), "{}", error.detail);
            }
        }
    }

    #[test]
    fn an_unknown_key_proposes_the_near_one() {
        let error = Settings::parse(Some(r#"{"langage": "fr"}"#)).unwrap_err();
        assert!(error.detail.contains("« language »"), "{}", error.detail);
    }

    #[test]
    fn a_refused_patch_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        Settings::patch(dir.path(), json!({"theme": "dark"})).unwrap();
        let before = std::fs::read_to_string(dir.path().join("settings.json")).unwrap();
        assert!(Settings::patch(dir.path(), json!({"theme": "pink"})).is_err());
        assert_eq!(std::fs::read_to_string(dir.path().join("settings.json")).unwrap(), before);
        let read = Settings::patch(dir.path(), json!({"publishing": {"undo_secs": 0}})).unwrap();
        assert_eq!(read, Settings::load(dir.path()).unwrap());
        assert_eq!((read.theme, read.publishing.undo_secs), (super::Theme::Dark, 0));
    }
}
