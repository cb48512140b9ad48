//! Their JSON: account, boards, pins, and the connector's notes on a delivery.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    connectors::{Job, earliest_effect},
    domain::{OutgoingPost, fingerprint::fingerprint},
};

/// Ids are digits; nothing else may become a part of an address.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 40 && text.bytes().all(|b| b.is_ascii_digit())
}

fn text<'a>(item: &'a Value, key: &str) -> Option<&'a str> {
    item.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Whose account it is.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub id: String,
    pub username: String,
    pub name: Option<String>,
}

impl User {
    pub fn read(item: &Value) -> Option<Self> {
        let username = text(item, "username")?.to_owned();
        let is_name = username.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        // Older versions of the API name no number.
        let id = text(item, "id").filter(|id| is_id(id)).unwrap_or(&username).to_owned();
        is_name.then(|| Self { id, username, name: text(item, "business_name").map(str::to_owned) })
    }
}

/// A board.
#[derive(Clone, Debug)]
pub(super) struct Board {
    pub id: String,
    pub name: String,
    /// Secret and protected boards are seen by nobody else.
    pub is_public: bool,
}

impl Board {
    pub fn read(item: &Value) -> Option<Self> {
        Some(Self {
            id: text(item, "id").filter(|id| is_id(id))?.to_owned(),
            name: text(item, "name").unwrap_or_default().to_owned(),
            is_public: text(item, "privacy").is_none_or(|privacy| privacy == "PUBLIC"),
        })
    }
}

/// A pin as a list shows it.
#[derive(Clone, Debug)]
pub(super) struct Pin {
    pub id: String,
    pub title: String,
    pub description: String,
    pub link: String,
    pub created_at: Option<Timestamp>,
}

impl Pin {
    pub fn read(item: &Value) -> Option<Self> {
        let word = |key: &str| text(item, key).unwrap_or_default().to_owned();
        Some(Self {
            id: text(item, "id").filter(|id| is_id(id))?.to_owned(),
            title: word("title"),
            description: word("description"),
            link: word("link"),
            created_at: text(item, "created_at").and_then(instant),
        })
    }
}

/// Their times may come without a zone; they mean UTC.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let local: civil::DateTime = text.parse().ok()?;
        local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

/// The connector's notes on one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    pub text_hash: String,
    /// Media id of the picture.
    pub picture: String,
    pub board: String,
    /// Pins with the same words that were there before: none of them is ours.
    pub before: Vec<String>,
}

/// Title, description and link in one fingerprint.
fn hash(title: &str, description: &str, link: &str) -> String {
    let parts = [title, description, link].map(fingerprint);
    fingerprint(&parts.join(" "))
}

impl Marks {
    pub fn read(marks: &Value) -> Option<Self> {
        Self::deserialize(marks).ok().filter(|marks| !marks.text_hash.is_empty())
    }

    /// The notes on a content that is about to leave; what earlier attempts noted stays.
    pub fn of(job: &Job<'_>, board: &str) -> Self {
        let post = job.content;
        let words = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            text_hash: hash(&words(&post.title), &post.text, &words(&post.link)),
            picture: post.images.first().map(|image| image.media_id.to_string()).unwrap_or_default(),
            board: board.to_owned(),
            before: Self::read(job.marks).map(|marks| marks.before).unwrap_or_default(),
        }
    }

    pub fn write(&self) -> Value {
        json!(self)
    }

    /// Pins with the same words and the same link.
    pub fn alike<'p>(&self, pins: &'p [Pin]) -> impl Iterator<Item = &'p Pin> {
        pins.iter().filter(|pin| hash(&pin.title, &pin.description, &pin.link) == self.text_hash)
    }

    /// Pins that the irreversible call may have made, oldest first.
    pub fn results<'p>(
        &self,
        pins: &'p [Pin],
        first_sent_at: Timestamp,
        their_delay: Option<SignedDuration>,
    ) -> Vec<&'p Pin> {
        let since = earliest_effect(first_sent_at, their_delay);
        let mut found: Vec<_> = self
            .alike(pins)
            .filter(|pin| !self.before.contains(&pin.id))
            .filter(|pin| pin.created_at.is_none_or(|at| at >= since))
            .collect();
        found.sort_by_key(|pin| pin.created_at);
        found
    }
}

/// The change of a pin: its words, empty ones cleared.
pub(super) fn edited_pin(post: &OutgoingPost) -> Value {
    let alt_text = post.images.first().map(|image| image.alt_text.as_str()).unwrap_or_default();
    json!({
        "title": post.title.as_deref().unwrap_or_default(),
        "description": post.text,
        "link": post.link.as_deref().unwrap_or_default(),
        "alt_text": alt_text,
    })
}

/// A new pin with its picture in base64 (reference, section 11).
pub(super) fn new_pin(post: &OutgoingPost, board: &str, content_type: &str, data: &str) -> Value {
    let mut pin = edited_pin(post);
    if let Some(fields) = pin.as_object_mut() {
        fields.retain(|_, value| value.as_str().is_some_and(|text| !text.is_empty()));
        fields.insert("board_id".to_owned(), json!(board));
        fields.insert(
            "media_source".to_owned(),
            json!({"source_type": "image_base64", "content_type": content_type, "data": data}),
        );
    }
    pin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_with_and_without_a_zone() {
        let expected: Timestamp = "2026-11-22T19:00:00Z".parse().unwrap();
        for text in ["2026-11-22T19:00:00", "2026-11-22T19:00:00Z", "2026-11-22T20:00:00+01:00"] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        assert_eq!(instant("hier"), None);
    }

    #[test]
    fn ids_are_digits() {
        assert!(is_id("813744226420795884"));
        for bad in ["", "../1", "1/2", "a", "１"] {
            assert!(!is_id(bad), "{bad}");
        }
    }

    #[test]
    fn words_do_not_move_between_title_and_description() {
        assert_ne!(hash("Moules", "Frites", ""), hash("", "Moules Frites", ""));
        assert_eq!(hash("Moules", " Frites\n", ""), hash("Moules", "Frites", ""));
    }
}
