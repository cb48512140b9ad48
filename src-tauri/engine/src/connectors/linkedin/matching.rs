//! Which of the organisation's posts is the one whose outcome is not known.
//!
//! LinkedIn keeps no mark of ours: a post is recognised by a picture that only we uploaded, else by its
//! words and its time. The same dish of last week is another post.

use jiff::{SignedDuration, Timestamp};

use super::wire::{Marks, RemotePost};
use crate::{
    connectors::{Job, earliest_effect},
    domain::fingerprint::fingerprint,
};

pub(super) struct Search {
    text_hash: String,
    has_words: bool,
    images: Vec<String>,
    has_pictures: bool,
    first_sent_at: Timestamp,
    their_delay: Option<SignedDuration>,
}

impl Search {
    /// `None` when the irreversible call has never started.
    pub fn of(job: &Job<'_>) -> Option<Self> {
        let marks = Marks::read(job.marks).unwrap_or_default();
        let text_hash =
            if marks.text_hash.is_empty() { fingerprint(&job.content.text) } else { marks.text_hash };
        Some(Self {
            text_hash,
            has_words: !job.content.text.trim().is_empty(),
            // Notes older than the call do not know its uploads; the content knows that there were some.
            has_pictures: !marks.images.is_empty() || !job.content.images.is_empty(),
            images: marks.images.into_iter().map(|image| image.urn).collect(),
            first_sent_at: job.first_sent_at?,
            their_delay: None,
        })
    }

    /// Takes into account how far the platform's clock is behind ours.
    pub fn note_their_delay(&mut self, their_delay: Option<SignedDuration>) {
        self.their_delay = their_delay;
    }

    /// Nothing older can be the result.
    pub fn since(&self) -> Timestamp {
        earliest_effect(self.first_sent_at, self.their_delay)
    }

    pub fn is_it(&self, post: &RemotePost) -> bool {
        if post.is_dead {
            return false;
        }
        // Nothing proves more than an upload of ours.
        if post.images.iter().any(|urn| self.images.contains(urn)) {
            return true;
        }
        // Without words there is only the picture, and it is not ours.
        self.has_words
            && post.created_at.is_none_or(|at| at >= self.since())
            && (fingerprint(&post.text) == self.text_hash || fingerprint(&post.raw_text) == self.text_hash)
            && post.images.is_empty() != self.has_pictures
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        connectors::SendMode,
        domain::{DeliveryId, OutgoingPost},
    };

    const NOON: i64 = 1_800_000_000;

    fn search(images: &[&str]) -> Search {
        let content = OutgoingPost { text: "Moules (12 €)".into(), ..OutgoingPost::default() };
        let at = Timestamp::from_second(NOON).unwrap();
        let images: Vec<Value> =
            images.iter().map(|urn| json!({"media_id": "m", "urn": urn, "at": at})).collect();
        let marks = json!({"images": images});
        Search::of(&Job {
            taken: &[],
            delivery_id: &DeliveryId::from("d"),
            content: &content,
            marks: &marks,
            mode: SendMode::Now,
            created_at: at,
            first_sent_at: Some(at),
            lookups: 0,
            remote_id: None,
        })
        .unwrap()
    }

    fn post(text: &str, second: i64, image: Option<&str>, state: &str) -> RemotePost {
        let mut value = json!({"id": "urn:li:share:1", "commentary": text, "createdAt": second * 1000,
            "lifecycleState": state});
        if let Some(image) = image {
            value["content"] = json!({"media": {"id": image}});
        }
        RemotePost::read(&value).unwrap()
    }

    #[test]
    fn words_and_time_or_our_own_picture() {
        for (text, second, image, state, ours, expected) in [
            ("Moules \\(12 €\\)", NOON + 5, None, "PUBLISHED", None, true),
            // Should an answer hold the words as they are shown.
            ("Moules (12 €)", NOON + 5, None, "PUBLISHED", None, true),
            ("Moules \\(12 €\\)", NOON - 7 * 86_400, None, "PUBLISHED", None, false),
            ("Frites", NOON + 5, None, "PUBLISHED", None, false),
            ("Moules \\(12 €\\)", NOON + 5, None, "DRAFT", None, false),
            ("Moules \\(12 €\\)", NOON + 5, Some("urn:li:image:a"), "PUBLISHED", None, false),
            (
                "corrigé depuis",
                NOON - 86_400,
                Some("urn:li:image:a"),
                "PUBLISHED",
                Some("urn:li:image:a"),
                true,
            ),
        ] {
            let found = search(ours.as_slice()).is_it(&post(text, second, image, state));
            assert_eq!(found, expected, "{text} {second} {image:?} {state} {ours:?}");
        }
    }
}
