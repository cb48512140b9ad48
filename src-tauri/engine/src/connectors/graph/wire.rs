//! JSON of the Graph API that both connectors read: errors, ids, times, pages of a list.
//!
//! Everything is optional here. The Graph leaves fields out when a permission is missing or a post is
//! older than a feature, and a missing cosmetic field must never fail a post.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    connectors::{Failure, FailureClass},
    domain::Problem,
};

/// The `error` object (social-platforms reference 1.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct GraphError {
    #[serde(deserialize_with = "lenient_text")]
    pub message: String,
    #[serde(deserialize_with = "lenient_number")]
    pub code: i64,
    #[serde(deserialize_with = "lenient_number")]
    pub error_subcode: i64,
    #[serde(deserialize_with = "lenient_bool")]
    pub is_transient: bool,
    #[serde(deserialize_with = "lenient_text")]
    pub error_user_title: String,
    #[serde(deserialize_with = "lenient_text")]
    pub error_user_msg: String,
    #[serde(deserialize_with = "lenient_text")]
    pub fbtrace_id: String,
}

impl GraphError {
    /// Finds the error in an answer, whatever its HTTP status.
    pub fn of(body: &Value) -> Option<Self> {
        match body.get("error")? {
            Value::Null => None,
            Value::String(message) => Some(Self { message: message.clone(), ..Self::default() }),
            error => Some(Self::deserialize(error).unwrap_or_default()),
        }
    }

    /// The platform's words for a person, else for a developer.
    pub fn words(&self) -> &str {
        if self.error_user_msg.is_empty() { &self.message } else { &self.error_user_msg }
    }

    /// `code/subcode`, as Meta's support asks for it.
    pub fn number(&self) -> String {
        if self.error_subcode == 0 {
            self.code.to_string()
        } else {
            format!("{}/{}", self.code, self.error_subcode)
        }
    }
}

/// An id that may be put into a path: digits, or two groups of digits. A `/` inside an id would
/// address another node (reference 1.10).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GraphId(String);

impl GraphId {
    pub fn parse(text: &str) -> Option<Self> {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let valid = match text.split_once('_') {
            Some((page, post)) => digits(page) && digits(post),
            None => digits(text),
        };
        (valid && text.len() <= 100).then(|| Self(text.to_owned()))
    }

    /// Reads an id that we stored or that the owner typed.
    ///
    /// Errors: `Content` with code `remote_id_unusable`; nothing is sent.
    pub fn require(text: &str) -> Result<Self, Failure> {
        Self::parse(text.trim()).ok_or_else(|| {
            Failure::new(FailureClass::Content, Problem::new("remote_id_unusable").message(text))
        })
    }

    /// Takes the id out of an answer. Some answers hold it as a number, although ids exceed 2^53.
    pub fn of(body: &Value, field: &str) -> Option<Self> {
        match body.get(field)? {
            Value::String(text) => Self::parse(text),
            Value::Number(number) => Self::parse(&number.to_string()),
            _ => None,
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for GraphId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a time: Unix seconds as number or text, or `2026-11-27T17:30:00+0000`.
pub fn time_of(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => Timestamp::from_second(number.as_i64()?).ok(),
        Value::String(text) => match text.parse::<i64>() {
            Ok(seconds) => Timestamp::from_second(seconds).ok(),
            Err(_) => text.parse().ok().or_else(|| Timestamp::strptime("%Y-%m-%dT%H:%M:%S%z", text).ok()),
        },
        _ => None,
    }
}

/// The items of an answer that must be a list.
///
/// Errors: `Retry` for anything else, because an answer that cannot be read is no empty list.
pub fn listed(body: &Value) -> Result<&[Value], Failure> {
    body.get("data")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("data")))
}

/// Reads every item of a list. One that cannot be read might be the one that is looked for, so it must
/// not pass for absent.
pub fn read_all<T>(body: &Value, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Failure> {
    listed(body)?
        .iter()
        .map(|item| {
            read(item).ok_or_else(|| {
                Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("item"))
            })
        })
        .collect()
}

/// The items of a list; none when there is no list.
pub fn items(body: &Value) -> &[Value] {
    body.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Where the next page of a list starts. `paging.next` carries the access token and is never used;
/// its presence only says that there is more.
pub fn next_cursor(body: &Value) -> Option<String> {
    let paging = body.get("paging")?;
    paging.get("next")?;
    paging.pointer("/cursors/after").and_then(Value::as_str).map(str::to_owned)
}

/// Text of a field; absent and empty are the same.
pub fn text_of<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn lenient_text<'de, D: Deserializer<'de>>(input: D) -> Result<String, D::Error> {
    Ok(Value::deserialize(input)?.as_str().unwrap_or_default().to_owned())
}

fn lenient_number<'de, D: Deserializer<'de>>(input: D) -> Result<i64, D::Error> {
    Ok(match Value::deserialize(input)? {
        Value::Number(number) => number.as_i64().unwrap_or_default(),
        Value::String(text) => text.parse().unwrap_or_default(),
        _ => 0,
    })
}

fn lenient_bool<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    Ok(Value::deserialize(input)?.as_bool().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_digits_only() {
        for good in ["1", "1122_3344", "17841400000000000"] {
            assert!(GraphId::parse(good).is_some(), "{good}");
        }
        for bad in ["", "_", "1_", "_1", "1_2_3", "me", "1/feed", "..", "1 2", "１２", "-1", "1?x"] {
            assert!(GraphId::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(
            GraphId::of(&json!({"post_id": 12_345_678_901_234_567_u64}), "post_id").unwrap().as_str(),
            "12345678901234567"
        );
        assert!(GraphId::of(&json!({"id": null}), "id").is_none());
        assert!(GraphId::of(&json!({"id": 1.5}), "id").is_none());
    }

    #[test]
    fn every_spelling_of_a_time_is_read() {
        let expected = "2026-11-27T17:30:00Z".parse::<Timestamp>().unwrap();
        for value in [
            json!(expected.as_second()),
            json!(expected.as_second().to_string()),
            json!("2026-11-27T17:30:00+0000"),
            json!("2026-11-27T18:30:00+01:00"),
        ] {
            assert_eq!(time_of(&value), Some(expected), "{value}");
        }
        assert_eq!(time_of(&json!("demain")), None);
    }

    #[test]
    fn a_page_ends_without_next() {
        let more = json!({"data": [], "paging": {"cursors": {"after": "abc"}, "next": "https://secret"}});
        assert_eq!(next_cursor(&more).as_deref(), Some("abc"));
        assert_eq!(next_cursor(&json!({"data": [], "paging": {"cursors": {"after": "abc"}}})), None);
        assert_eq!(next_cursor(&json!({})), None);
    }

    #[test]
    fn an_odd_error_object_is_still_an_error() {
        let odd =
            GraphError::of(&json!({"error": {"code": "190", "message": 4, "is_transient": null}})).unwrap();
        assert_eq!((odd.code, odd.message.as_str(), odd.is_transient), (190, "", false));
        assert_eq!(GraphError::of(&json!({"error": "no"})).unwrap().message, "no");
        assert!(GraphError::of(&json!({"error": []})).is_some());
        assert!(GraphError::of(&json!({"id": "1"})).is_none());
    }
}
