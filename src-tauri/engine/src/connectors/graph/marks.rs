//! What is noted about the containers of one post: the only thing that survives a crash between two
//! steps of its preparation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::wire::GraphId;
use crate::domain::{OutgoingPost, fingerprint::fingerprint};

/// The connector's notes on one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// Hash of the words that are inside the containers.
    pub text_hash: String,
    /// One per picture, in order.
    pub items: Vec<Item>,
    /// Container of a carousel, or of words alone.
    pub carousel: Option<String>,
    /// Status reads since the newest container was made.
    pub polls: u32,
    /// Failed builds in a row, and when the first of them was.
    pub failures: u32,
    pub first_failure_at: Option<Timestamp>,
    /// Neither the pictures' own addresses nor those of the owner's web site did: go through Page photos.
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
    /// The owner's web site lends it an address.
    #[serde(default)]
    pub lent: bool,
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
                    lent: false,
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

    /// Notes the new container of a picture. Returns whether it was the last one.
    pub fn keep_item(&mut self, index: usize, container: &GraphId) -> bool {
        if let Some(item) = self.items.get_mut(index) {
            item.container = Some(container.as_str().to_owned());
            item.ready = false;
        }
        let is_last = index + 1 == self.items.len();
        if is_last {
            self.polls = 0;
        }
        is_last
    }

    /// Notes the new container of the whole post.
    pub fn keep_whole(&mut self, container: &GraphId) {
        self.carousel = Some(container.as_str().to_owned());
        self.polls = 0;
    }

    /// Containers of the pictures, as a carousel names them.
    pub fn children(&self) -> String {
        self.items.iter().filter_map(|item| item.container.as_deref()).collect::<Vec<_>>().join(",")
    }

    /// Notes whether the owner's web site lends a picture its address.
    pub fn keep_lent(&mut self, index: usize, lent: bool) {
        if let Some(item) = self.items.get_mut(index) {
            item.lent = lent;
        }
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
    fn words_alone_have_one_container() {
        let mut marks = Marks::read(&Value::Null, &post("x", &[]));
        assert_eq!(marks.final_container(), None);
        marks.keep_whole(&GraphId::parse("19").unwrap());
        assert_eq!(Marks::read(&marks.write(), &post("x", &[])).final_container(), GraphId::parse("19"));
    }
}
