//! The JSON of X's API v2 (social-platforms section 7). Only the fields in use.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::fingerprint::fingerprint;

/// Ids are long numbers, kept as text.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 25 && text.chars().all(|c| c.is_ascii_digit())
}

/// `data.id` of an answer.
pub(super) fn id_of(answer: &Value) -> Option<&str> {
    answer.pointer("/data/id").and_then(Value::as_str).filter(|id| is_id(id))
}

/// `GET /users/me`.
#[derive(Deserialize)]
pub(super) struct User {
    pub id: String,
    #[serde(default)]
    pub name: String,
    pub username: String,
}

/// Body of the one irreversible request.
pub(super) fn new_post(text: &str, media: &[Uploaded]) -> Value {
    let mut body = serde_json::Map::new();
    if !text.is_empty() {
        body.insert("text".to_owned(), json!(text));
    }
    if !media.is_empty() {
        let ids: Vec<&str> = media.iter().map(|media| media.id.as_str()).collect();
        body.insert("media".to_owned(), json!({"media_ids": ids}));
    }
    Value::Object(body)
}

/// An own post in a list.
pub(super) struct RemotePost {
    pub id: String,
    /// Fingerprint of the words, see [`words_hash`].
    pub words: String,
    pub created_at: Option<Timestamp>,
    pub media_keys: Vec<String>,
}

impl RemotePost {
    /// X gives addresses shortened, with one more for the pictures, and `&`, `<`, `>` as entities.
    pub fn read(value: &Value) -> Option<Self> {
        let field = |key: &str| value.get(key).and_then(Value::as_str);
        let mut text = field("text")?.to_owned();
        let urls = value.pointer("/entities/urls").and_then(Value::as_array);
        for url in urls.into_iter().flatten() {
            let part = |key: &str| url.get(key).and_then(Value::as_str);
            let Some(short) = part("url") else { continue };
            let is_media = url.get("media_key").is_some();
            text = text.replace(short, if is_media { "" } else { part("expanded_url").unwrap_or(short) });
        }
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        let keys = value.pointer("/attachments/media_keys").and_then(Value::as_array);
        Some(Self {
            id: field("id").filter(|id| is_id(id))?.to_owned(),
            words: words_hash(&text),
            created_at: field("created_at").and_then(|at| at.parse().ok()),
            media_keys: keys.into_iter().flatten().filter_map(|key| Some(key.as_str()?.to_owned())).collect(),
        })
    }
}

/// Fingerprint of a text in which addresses are written alike: X adds `http://` to a bare name and a slash
/// to a bare host.
pub(super) fn words_hash(text: &str) -> String {
    let plain = |word: &str| {
        let word = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")).unwrap_or(word);
        word.strip_suffix('/').unwrap_or(word).to_owned()
    };
    fingerprint(&text.split_whitespace().map(plain).collect::<Vec<_>>().join(" "))
}

/// What the connector keeps of a delivery.
#[derive(Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Marks {
    pub words: String,
    pub media: Vec<Uploaded>,
}

/// One uploaded picture, invisible until a post names it.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Uploaded {
    pub media_id: String,
    /// X's number of it.
    pub id: String,
    pub alt_text: String,
    pub at: Timestamp,
    /// Its description has been told.
    #[serde(default)]
    pub is_described: bool,
}

impl Marks {
    pub fn read(marks: &Value) -> Option<Self> {
        serde_json::from_value(marks.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape of a listed post with an address and a picture is that of public answers of the API.
    #[test]
    fn a_listed_post_is_read_as_it_was_written() {
        let listed = json!({
            "id": "1900000000000000001", "created_at": "2026-11-22T18:00:00.000Z",
            "text": "Moules &amp; frites sur https://t.co/abc et https://t.co/def https://t.co/ghi",
            "entities": {"urls": [
                {"url": "https://t.co/abc", "expanded_url": "http://moulin.fr/", "display_url": "moulin.fr"},
                {"url": "https://t.co/def", "expanded_url": "https://moulin.example/carte"},
                {"url": "https://t.co/ghi", "expanded_url": "https://x.com/m/status/1/photo/1", "media_key": "3_77"},
            ]},
            "attachments": {"media_keys": ["3_77"]},
        });
        let post = RemotePost::read(&listed).unwrap();
        assert_eq!(post.words, words_hash("Moules & frites sur moulin.fr et https://moulin.example/carte"));
        assert_ne!(post.words, words_hash("Moules & frites sur moulin.fr"));
        assert_eq!(post.media_keys, ["3_77"]);
        assert!(RemotePost::read(&json!({"id": "x", "text": "t"})).is_none());
    }
}
