//! Limits and features of one server, as it said at the last check.
//!
//! Keys in the account's facts: `real_mastodon` (bool), `version` (text), `api_version` (number),
//! `max_characters`, `max_media_attachments`, `description_limit`, `image_size_limit` (bytes),
//! `image_matrix_limit` (pixels).

use serde_json::{Value, json};

use crate::{connectors::Limits, domain::Account, domain::account::ServerFacts};

pub(super) const REAL_MASTODON: &str = "real_mastodon";

/// Reads `GET /api/v2/instance`.
pub(super) fn facts_v2(instance: &Value) -> ServerFacts {
    let version = instance.get("version").and_then(Value::as_str).unwrap_or_default();
    let api_version = instance.pointer("/api_versions/mastodon").and_then(Value::as_u64);
    let source = instance.get("source_url").and_then(Value::as_str).unwrap_or_default();
    // Compatible servers either call themselves so, or have neither of the two signs. Real ones before
    // 4.3 have no API version yet.
    let is_real = !version.contains("compatible")
        && (api_version.is_some() || source.trim_end_matches('/').ends_with("mastodon/mastodon"));
    let mut facts = ServerFacts::from([
        (REAL_MASTODON.to_owned(), json!(is_real)),
        ("version".to_owned(), json!(version)),
    ]);
    if let Some(number) = api_version {
        facts.insert("api_version".into(), json!(number));
    }
    let configuration = instance.get("configuration").cloned().unwrap_or_default();
    copy_limits(&configuration, &mut facts);
    facts
}

/// Reads `GET /api/v1/instance` of a server that has no second version: never trusted with a time.
pub(super) fn facts_v1(instance: &Value) -> ServerFacts {
    let version = instance.get("version").and_then(Value::as_str).unwrap_or_default();
    let mut facts =
        ServerFacts::from([(REAL_MASTODON.to_owned(), json!(false)), ("version".to_owned(), json!(version))]);
    if let Some(max) = instance.get("max_toot_chars").and_then(Value::as_u64) {
        facts.insert("max_characters".into(), json!(max));
    }
    let configuration = instance.get("configuration").cloned().unwrap_or_default();
    copy_limits(&configuration, &mut facts);
    facts
}

fn copy_limits(configuration: &Value, facts: &mut ServerFacts) {
    for (key, pointer) in [
        ("max_characters", "/statuses/max_characters"),
        ("max_media_attachments", "/statuses/max_media_attachments"),
        ("description_limit", "/media_attachments/description_limit"),
        ("image_size_limit", "/media_attachments/image_size_limit"),
        ("image_matrix_limit", "/media_attachments/image_matrix_limit"),
    ] {
        if let Some(value) = configuration.pointer(pointer).and_then(Value::as_u64).filter(|value| *value > 0)
        {
            facts.insert(key.into(), json!(value));
        }
    }
}

/// Says whether the account lives on a real Mastodon, which keeps idempotency keys and schedules. A
/// server that was never asked counts as one that does not.
pub(super) fn is_real(account: &Account) -> bool {
    account.facts.get(REAL_MASTODON).and_then(Value::as_bool).unwrap_or(false)
}

/// The descriptor's limits with what the server said.
pub(super) fn effective(mut limits: Limits, account: &Account) -> Limits {
    let fact = |key: &str| account.facts.get(key).and_then(Value::as_u64);
    let small = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    if let Some(max) = fact("max_characters") {
        limits.max_text = small(max);
    }
    if let Some(max) = fact("max_media_attachments") {
        limits.max_images = small(max);
    }
    if let Some(max) = fact("description_limit") {
        limits.max_alt_text = small(max);
    }
    if let Some(max) = fact("image_size_limit") {
        limits.image.max_bytes = limits.image.max_bytes.min(max);
    }
    if let Some(pixels) = fact("image_matrix_limit") {
        let side = small(pixels.isqrt());
        limits.image.max_width = limits.image.max_width.min(side);
        limits.image.max_height = limits.image.max_height.min(side);
    }
    if !is_real(account) {
        limits.hand_over_min_secs = None;
        limits.hand_over_max_secs = None;
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_servers_are_trusted_with_a_time() {
        for (instance, real) in [
            (json!({"version": "4.4.1", "api_versions": {"mastodon": 6}}), true),
            (json!({"version": "4.2.10", "source_url": "https://github.com/mastodon/mastodon"}), true),
            (json!({"version": "2.7.2 (compatible; Pleroma 2.6.0)", "api_versions": {"mastodon": 2}}), false),
            (json!({"version": "0.17.0", "source_url": "https://example.org/gotosocial"}), false),
            (json!([]), false),
        ] {
            assert_eq!(facts_v2(&instance).get(REAL_MASTODON), Some(&json!(real)), "{instance}");
        }
        assert_eq!(facts_v1(&json!({"version": "4.2.0"})).get(REAL_MASTODON), Some(&json!(false)));
    }
}
