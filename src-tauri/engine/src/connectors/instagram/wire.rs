//! What the connector notes about its containers, and what it reads of containers and media.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::{
    connectors::{
        Receipt,
        graph::wire::{GraphId, text_of, time_of},
    },
    domain::{OutgoingPost, fingerprint::fingerprint},
};

/// The connector's notes on one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Hash of the caption that is inside the containers.
    pub text_hash: String,
    /// One per picture, in order.
    pub items: Vec<Item>,
    /// Container of a carousel.
    pub carousel: Option<String>,
    /// Status reads since the newest container was made.
    pub polls: u32,
    /// Failed builds in a row, and when the first of them was.
    pub failures: u32,
    pub first_failure_at: Option<Timestamp>,
    /// The pictures' own addresses did not do: go through Page photos.
    pub through_page: bool,
    /// Every Page photo that was made on the way; they are removed once the post is public.
    pub hosted: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub media_id: String,
    pub alt_text: String,
    /// Unpublished Page photo that gives the picture a public address.
    #[serde(default)]
    pub photo: Option<String>,
    #[serde(default)]
    pub container: Option<String>,
    /// A carousel item's container was seen ready.
    #[serde(default)]
    pub ready: bool,
}

impl Marks {
    /// Reads stored notes. Notes about other pictures or another text do not count: a container
    /// holds both.
    pub fn read(marks: &Value, post: &OutgoingPost) -> Self {
        let stored = Self::deserialize(marks).unwrap_or_default();
        let fresh = Self {
            text_hash: fingerprint(&post.text),
            items: post
                .images
                .iter()
                .map(|image| Item {
                    media_id: image.media_id.as_str().to_owned(),
                    alt_text: image.alt_text.clone(),
                    photo: None,
                    container: None,
                    ready: false,
                })
                .collect(),
            ..Self::default()
        };
        let is_same = stored.text_hash == fresh.text_hash
            && stored.items.len() == fresh.items.len()
            && stored
                .items
                .iter()
                .zip(&fresh.items)
                .all(|(old, new)| old.media_id == new.media_id && old.alt_text == new.alt_text);
        if is_same { stored } else { fresh }
    }

    pub fn write(&self) -> Value {
        json!(self)
    }

    /// The container that is published.
    pub fn final_container(&self) -> Option<GraphId> {
        match self.items.as_slice() {
            [single] => single.container.as_deref(),
            _ => self.carousel.as_deref(),
        }
        .and_then(GraphId::parse)
    }

    /// Forgets the containers; Page photos stay usable.
    pub fn drop_containers(&mut self) {
        for item in &mut self.items {
            item.container = None;
            item.ready = false;
        }
        self.carousel = None;
        self.polls = 0;
    }
}

/// State of a container (`status_code`, social-platforms reference 2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    InProgress,
    Finished,
    Published,
    Expired,
    /// With the platform's words, which only a person may interpret.
    Error(String),
    /// Not readable (any more).
    Missing,
}

impl Status {
    /// `None` when the answer says nothing about the state.
    pub fn read(body: &Value) -> Option<Self> {
        Some(match text_of(body, "status_code")? {
            "FINISHED" => Self::Finished,
            "PUBLISHED" => Self::Published,
            "EXPIRED" => Self::Expired,
            "ERROR" => Self::Error(text_of(body, "status").unwrap_or_default().to_owned()),
            // An unknown word is not the end of anything; the number of polls is limited.
            _ => Self::InProgress,
        })
    }
}

/// A published media as the account's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    pub id: GraphId,
    pub caption: String,
    pub at: Option<Timestamp>,
    pub permalink: Option<String>,
}

impl Media {
    pub fn read(item: &Value) -> Option<Self> {
        Some(Self {
            id: GraphId::of(item, "id")?,
            caption: text_of(item, "caption").unwrap_or_default().to_owned(),
            at: item.get("timestamp").and_then(time_of),
            permalink: text_of(item, "permalink").map(str::to_owned),
        })
    }

    pub fn receipt(&self) -> Receipt {
        Receipt {
            remote_id: self.id.as_str().to_owned(),
            permalink: self.permalink.clone(),
            leftovers: false,
        }
    }
}

/// The picture's own address when Instagram's server may be able to use it as it is: it fetches the
/// original, not our JPEG, and takes JPEG only. Written in ASCII, as Instagram wants it.
pub fn usable_address(source_url: Option<&str>) -> Option<String> {
    const UNUSABLE: [&str; 11] =
        ["png", "webp", "heic", "heif", "avif", "gif", "tif", "tiff", "bmp", "svg", "pdf"];
    let url = Url::parse(source_url?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let name = url.path_segments()?.next_back().unwrap_or_default().to_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    (!extension.is_some_and(|extension| UNUSABLE.contains(&extension))).then(|| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OutgoingImage;

    fn post(text: &str, images: &[&str]) -> OutgoingPost {
        OutgoingPost {
            text: text.into(),
            images: images
                .iter()
                .map(|id| OutgoingImage { media_id: (*id).into(), alt_text: String::new(), source_url: None })
                .collect(),
            ..OutgoingPost::default()
        }
    }

    #[test]
    fn marks_of_another_content_do_not_count() {
        let mut marks = Marks::read(&Value::Null, &post("Moules", &["a"]));
        marks.items[0].container = Some("17".into());
        let stored = marks.write();
        assert_eq!(Marks::read(&stored, &post("Moules", &["a"])), marks);
        for other in [post("Frites", &["a"]), post("Moules", &["b"]), post("Moules", &["a", "b"])] {
            assert_eq!(Marks::read(&stored, &other).final_container(), None, "{other:?}");
        }
        assert_eq!(Marks::read(&json!([1]), &post("Moules", &["a"])).items.len(), 1);
    }

    #[test]
    fn a_carousel_publishes_its_parent() {
        let mut marks = Marks::read(&Value::Null, &post("x", &["a", "b"]));
        marks.items[0].container = Some("17".into());
        assert_eq!(marks.final_container(), None);
        marks.carousel = Some("18".into());
        assert_eq!(marks.final_container(), GraphId::parse("18"));
        marks.drop_containers();
        assert_eq!(marks.final_container(), None);
    }

    #[test]
    fn only_the_status_code_decides() {
        assert_eq!(
            Status::read(&json!({"status_code": "FINISHED", "status": "Error: 2207026"})),
            Some(Status::Finished)
        );
        assert_eq!(
            Status::read(&json!({"status_code": "ERROR", "status": "x"})),
            Some(Status::Error("x".into()))
        );
        assert_eq!(Status::read(&json!({"status_code": "THINKING"})), Some(Status::InProgress));
        assert_eq!(Status::read(&json!({"id": "1"})), None);
    }

    /// Social-platforms reference 2.3 and 2.4.
    #[test]
    fn an_address_must_be_public_ascii_and_not_plainly_another_format() {
        let usable = |url| usable_address(Some(url));
        assert_eq!(
            usable("https://moulin.example/été.jpg?x=1").as_deref(),
            Some("https://moulin.example/%C3%A9t%C3%A9.jpg?x=1")
        );
        assert!(usable("https://moulin.example/photo").is_some());
        for bad in [
            "https://moulin.example/photo.PNG",
            "https://moulin.example/a.webp?v=2",
            "file:///a.jpg",
            "a.jpg",
            "",
        ] {
            assert_eq!(usable(bad), None, "{bad}");
        }
        assert_eq!(usable_address(None), None);
    }
}
