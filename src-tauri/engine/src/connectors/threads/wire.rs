//! Threads' names for what containers are made of
//! and the JSON of a profile (social-platforms reference 3).

use serde_json::Value;

use crate::{
    connectors::graph::{
        containers::{Dialect, fetchable},
        wire::{GraphId, text_of},
    },
    domain::fingerprint::fingerprint,
};

pub(super) static DIALECT: Dialect = Dialect {
    edge: "threads",
    publish: "threads_publish",
    status: "status",
    status_words: "error_message",
    text: "text",
    recognise: without_topic,
};

/// The first word with a # becomes the topic and comes back without it, so no # counts when words are
/// compared.
fn without_topic(text: &str) -> String {
    fingerprint(&text.replace('#', ""))
}

/// The picture's own address when Threads may be able to fetch it: it takes JPEG and PNG.
pub(super) fn usable_address(source_url: Option<&str>) -> Option<String> {
    const UNUSABLE: [&str; 10] = ["webp", "heic", "heif", "avif", "gif", "tif", "tiff", "bmp", "svg", "pdf"];
    fetchable(source_url, &UNUSABLE)
}

/// `GET /me`.
pub(super) struct Profile {
    pub id: GraphId,
    pub username: String,
    pub name: Option<String>,
}

impl Profile {
    pub fn read(body: &Value) -> Option<Self> {
        let id = GraphId::of(body, "id")?;
        let username = text_of(body, "username").unwrap_or(id.as_str()).to_owned();
        Some(Self { username, name: text_of(body, "name").map(str::to_owned), id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_that_lost_its_sign_is_the_same_text() {
        assert_eq!(without_topic("Soirée #jazz demain"), without_topic("Soirée jazz demain"));
        assert_ne!(without_topic("Soirée #jazz demain"), without_topic("Soirée #blues demain"));
    }

    #[test]
    fn a_png_may_be_fetched_and_a_webp_not() {
        assert!(usable_address(Some("https://moulin.example/plat.png")).is_some());
        assert!(usable_address(Some("https://moulin.example/plat.webp")).is_none());
        assert!(usable_address(None).is_none());
    }
}
