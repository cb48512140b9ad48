//! The JSON of Telegram's Bot API (version 10.1; social-platforms section 9). Only the fields in use;
//! the rest is ignored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `User` of `getMe`.
#[derive(Deserialize)]
pub(super) struct Bot {
    pub id: i64,
}

/// `ChatFullInfo` of `getChat`, and `Chat` inside a message.
#[derive(Deserialize)]
pub(super) struct Chat {
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub title: String,
    /// Public name without the @; a private channel has none.
    #[serde(default)]
    pub username: Option<String>,
}

/// `ChatMember` of the bot.
#[derive(Deserialize)]
pub(super) struct Member {
    pub status: String,
    #[serde(default)]
    pub can_post_messages: bool,
    #[serde(default)]
    pub can_edit_messages: bool,
    #[serde(default)]
    pub can_delete_messages: bool,
}

impl Member {
    /// Rights of an administrator by their names in the API, and whether the bot has each. Whoever is
    /// no administrator has none, whatever the fields say.
    pub fn rights(&self) -> [(&'static str, bool); 3] {
        let is_admin = matches!(self.status.as_str(), "administrator" | "creator");
        [
            (CAN_POST, is_admin && self.can_post_messages),
            (CAN_EDIT, is_admin && self.can_edit_messages),
            (CAN_DELETE, is_admin && self.can_delete_messages),
        ]
    }

    pub fn can_post(&self) -> bool {
        self.rights().contains(&(CAN_POST, true))
    }
}

pub(super) const CAN_POST: &str = "can_post_messages";
pub(super) const CAN_EDIT: &str = "can_edit_messages";
pub(super) const CAN_DELETE: &str = "can_delete_messages";

/// Body of `sendMessage`. No `parse_mode`: the text is shown letter for letter, and Telegram itself
/// finds addresses and hashtags in it.
#[derive(Serialize)]
pub(super) struct NewText<'a> {
    pub chat_id: &'a str,
    pub text: &'a str,
}

/// One item of `sendMediaGroup`; the caption of the first is shown below the album.
#[derive(Serialize)]
pub(super) struct AlbumItem<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `attach://` and the name of the part with the bytes.
    pub media: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub caption: &'a str,
}

/// Numbers of the messages in an answer: one message, or the messages of an album. `None` when one of
/// them has no usable number.
pub(super) fn message_ids(result: &Value) -> Option<Vec<i64>> {
    let id = |message: &Value| message.get("message_id")?.as_i64().filter(|id| *id > 0);
    match result {
        Value::Array(album) if !album.is_empty() => album.iter().map(id).collect(),
        message => Some(vec![id(message)?]),
    }
}

/// What the connector keeps of a delivery: the pictures that were sent, because an edit can change the
/// words only.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Marks {
    pub pictures: Vec<String>,
}

impl Marks {
    pub fn read(marks: &Value) -> Option<Self> {
        serde_json::from_value(marks.clone()).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_belong_to_administrators() {
        let member = |status: &str| -> Member {
            serde_json::from_value(json!({"status": status, "can_post_messages": true})).expect("member")
        };
        assert!(member("administrator").can_post());
        assert!(!member("administrator").rights().contains(&(CAN_EDIT, true)));
        for status in ["left", "kicked", "member", "restricted"] {
            assert!(!member(status).can_post(), "{status}");
        }
    }

    #[test]
    fn an_answer_without_every_number_is_unusable() {
        let of = |result: Value| message_ids(&result);
        assert_eq!(of(json!({"message_id": 7})), Some(vec![7]));
        assert_eq!(of(json!([{"message_id": 7}, {"message_id": 8}])), Some(vec![7, 8]));
        for bad in
            [json!({}), json!([]), json!(true), json!({"message_id": 0}), json!([{"message_id": 7}, {}])]
        {
            assert_eq!(of(bad.clone()), None, "{bad}");
        }
    }
}
