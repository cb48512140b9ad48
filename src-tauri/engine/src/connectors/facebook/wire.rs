//! What the connector notes about its uploads, what it says to `/feed`, and what it reads of a post.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    connectors::{
        Receipt, SendMode,
        graph::wire::{GraphId, items, text_of, time_of},
    },
    domain::OutgoingPost,
};

/// The connector's notes on one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    /// `domain::fingerprint::fingerprint` of the text that is sent.
    pub text_hash: String,
    /// Unpublished uploads, in the order of the post's pictures.
    pub photos: Vec<UploadedPhoto>,
    /// Address of the card; empty without one, `None` in notes that do not say.
    pub link: Option<String>,
    /// Times (Unix seconds) for which Facebook may have been asked to publish it by itself.
    pub planned: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedPhoto {
    pub media_id: String,
    pub alt_text: String,
    pub id: String,
    /// Made for a post that Facebook publishes later.
    pub temporary: bool,
    pub uploaded_at: Timestamp,
}

impl Marks {
    /// Reads stored notes; what is not ours counts as none.
    pub fn read(marks: &Value) -> Self {
        Self::deserialize(marks).unwrap_or_default()
    }

    pub fn write(&self) -> Value {
        json!(self)
    }

    /// Says whether a post has other pictures or another card than what was sent: Facebook changes
    /// words and times only. A description counts while a new post can still take the place of this one.
    pub fn shows_otherwise(&self, post: &OutgoingPost, is_waiting: bool) -> bool {
        let are_same = self.photos.len() == post.images.len()
            && self.photos.iter().zip(&post.images).all(|(photo, image)| {
                photo.media_id == image.media_id.as_str() && (photo.alt_text == image.alt_text || !is_waiting)
            });
        !are_same || self.link.as_deref().is_some_and(|link| link != card_link(post))
    }
}

/// The address that Facebook shows as a card; empty beside photos and without one.
pub fn card_link(post: &OutgoingPost) -> &str {
    if post.images.is_empty() { post.link.as_deref().unwrap_or_default() } else { "" }
}

/// The text as Facebook gets it. A post with photos cannot have a link card, so its address goes into
/// the text (social-platforms reference 1.2).
pub fn message(post: &OutgoingPost) -> String {
    match &post.link {
        Some(link) if !post.images.is_empty() && !post.text.contains(link.as_str()) => {
            if post.text.is_empty() { link.clone() } else { format!("{}\n\n{link}", post.text) }
        }
        _ => post.text.clone(),
    }
}

/// Form of the one irreversible request to `/feed`.
pub fn feed_form(post: &OutgoingPost, photos: &[GraphId], mode: SendMode) -> Vec<(&'static str, String)> {
    let mut form = Vec::new();
    let message = message(post);
    if !message.is_empty() {
        form.push(("message", message));
    }
    if photos.is_empty() {
        if let Some(link) = &post.link {
            form.push(("link", link.clone()));
        }
    } else {
        let list: Vec<Value> = photos.iter().map(|id| json!({"media_fbid": id.as_str()})).collect();
        form.push(("attached_media", Value::from(list).to_string()));
    }
    if let SendMode::At(at) = mode {
        form.push(("published", "false".to_owned()));
        form.push(("scheduled_publish_time", at.as_second().to_string()));
        // Without it Facebook accepts a post with photos and keeps it as a draft for ever.
        form.push(("unpublished_content_type", "SCHEDULED".to_owned()));
    }
    form
}

/// Fields by which an own post is recognised again.
pub const POST_FIELDS: &str = "id,message,created_time,permalink_url,is_published,scheduled_publish_time,\
                               application,attachments{type,media_type,target,subattachments}";
/// The same without what a version of the Graph, or a permission, may refuse.
pub const PLAIN_POST_FIELDS: &str =
    "id,message,created_time,permalink_url,is_published,scheduled_publish_time";

/// A post as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePost {
    pub id: GraphId,
    pub message: String,
    pub created_at: Option<Timestamp>,
    pub planned_at: Option<Timestamp>,
    pub is_published: Option<bool>,
    pub permalink: Option<String>,
    pub has_photos: Option<bool>,
    /// Ids of the shown photos, as far as the platform tells.
    pub photos: Vec<String>,
    /// The application that made it.
    pub app_id: Option<String>,
}

impl RemotePost {
    pub fn read(item: &Value) -> Option<Self> {
        let attachments = item.get("attachments").map_or(&[][..], items);
        let kinds: Vec<&str> = attachments
            .iter()
            .filter_map(|one| text_of(one, "media_type").or_else(|| text_of(one, "type")))
            .collect();
        let parts = attachments
            .iter()
            .chain(attachments.iter().filter_map(|one| one.get("subattachments")).flat_map(items));
        Some(Self {
            id: GraphId::of(item, "id")?,
            message: text_of(item, "message").unwrap_or_default().to_owned(),
            created_at: item.get("created_time").and_then(time_of),
            planned_at: item.get("scheduled_publish_time").and_then(time_of),
            is_published: item.get("is_published").and_then(Value::as_bool),
            permalink: text_of(item, "permalink_url").map(str::to_owned),
            has_photos: (!kinds.is_empty()).then(|| {
                kinds
                    .iter()
                    .any(|kind| kind.contains("photo") || kind.contains("album") || *kind == "cover_photo")
            }),
            photos: parts
                .filter_map(|one| one.get("target").and_then(|target| GraphId::of(target, "id")))
                .map(|id| id.as_str().to_owned())
                .collect(),
            app_id: item
                .get("application")
                .and_then(|application| GraphId::of(application, "id"))
                .map(|id| id.as_str().to_owned()),
        })
    }

    /// Says whether Facebook will publish it by itself. Without a word about it, its planned time tells.
    pub fn is_waiting(&self) -> bool {
        self.is_published.map_or(self.planned_at.is_some(), |is_published| !is_published)
    }

    pub fn receipt(&self) -> Receipt {
        Receipt {
            remote_id: self.id.as_str().to_owned(),
            permalink: self.permalink.clone(),
            leftovers: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OutgoingImage;

    fn post(text: &str, link: Option<&str>, images: usize) -> OutgoingPost {
        OutgoingPost {
            text: text.into(),
            link: link.map(Into::into),
            images: (0..images)
                .map(|n| OutgoingImage {
                    media_id: n.to_string().as_str().into(),
                    alt_text: String::new(),
                    source_url: None,
                })
                .collect(),
            ..OutgoingPost::default()
        }
    }

    #[test]
    fn a_link_beside_photos_goes_into_the_text() {
        let link = Some("https://moulin.example/carte");
        assert_eq!(message(&post("Ce soir", link, 1)), "Ce soir\n\nhttps://moulin.example/carte");
        assert_eq!(message(&post("", link, 1)), "https://moulin.example/carte");
        assert_eq!(
            message(&post("Voir https://moulin.example/carte", link, 1)),
            "Voir https://moulin.example/carte"
        );
        assert_eq!(message(&post("Ce soir", link, 0)), "Ce soir");
        let form = feed_form(&post("Ce soir", link, 0), &[], SendMode::Now);
        assert_eq!(form, [("message", "Ce soir".into()), ("link", "https://moulin.example/carte".into())]);
    }

    /// Social-platforms reference 1.6.
    #[test]
    fn what_is_handed_over_carries_the_flag() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let photos = [GraphId::parse("11").unwrap(), GraphId::parse("12").unwrap()];
        let form = feed_form(&post("Ce soir", None, 2), &photos, SendMode::At(at));
        assert_eq!(
            form,
            [
                ("message", "Ce soir".to_owned()),
                ("attached_media", r#"[{"media_fbid":"11"},{"media_fbid":"12"}]"#.to_owned()),
                ("published", "false".to_owned()),
                ("scheduled_publish_time", "1800000000".to_owned()),
                ("unpublished_content_type", "SCHEDULED".to_owned()),
            ]
        );
    }

    #[test]
    fn a_post_is_read_with_and_without_its_extras() {
        let bare = RemotePost::read(&json!({"id": "1_2"})).unwrap();
        assert_eq!((bare.message.as_str(), bare.has_photos, bare.permalink), ("", None, None));
        let full = RemotePost::read(&json!({
            "id": "1_2", "message": "x", "created_time": "2026-11-27T17:30:00+0000",
            "attachments": {"data": [{"media_type": "album", "target": {"id": "1_2"}, "subattachments": {"data": [
                {"type": "photo", "target": {"id": "11"}}, {"type": "photo", "target": {"id": 12}}]}}]},
        }))
        .unwrap();
        assert_eq!(full.has_photos, Some(true));
        assert_eq!(full.photos, ["1_2", "11", "12"]);
        assert_eq!(RemotePost::read(&json!({"id": "1/2"})), None);
    }

    #[test]
    fn foreign_marks_count_as_none() {
        assert_eq!(Marks::read(&Value::Null), Marks::default());
        assert_eq!(Marks::read(&json!({"photos": 3})), Marks::default());
        let marks = Marks { planned: vec![3], ..Marks::default() };
        assert_eq!(Marks::read(&marks.write()), marks);
    }
}
