//! Pages of long lists.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DeliveryView, JournalView, PostView};
use crate::api::problem::ApiError;

/// Most items of one page, and how many there are when nobody says.
const MAX: u32 = 500;
const USUAL: u32 = 50;

/// A page of posts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PostPage {
    pub items: Vec<PostView>,
    /// Give it back as `cursor` for the following page; `null` at the end.
    pub next_cursor: Option<String>,
}

/// A page of deliveries.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DeliveryPage {
    pub items: Vec<DeliveryView>,
    pub next_cursor: Option<String>,
}

/// A page of the journal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct JournalPage {
    pub items: Vec<JournalView>,
    pub next_cursor: Option<String>,
}

/// Where a page ends: sort key and id of its last item.
pub struct Cursor;

impl Cursor {
    pub fn write(key: i64, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{key}:{id}"))
    }

    pub fn read(text: &str) -> Result<(i64, String), ApiError> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                let (key, id) = text.split_once(':')?;
                Some((key.parse().ok()?, id.to_owned()))
            })
            .ok_or_else(|| ApiError::new("invalid_query"))
    }
}

/// The number of items that a caller may have.
pub fn limit(asked: Option<u32>) -> Result<u32, ApiError> {
    match asked.unwrap_or(USUAL) {
        asked @ 1..=MAX => Ok(asked),
        _ => Err(ApiError::new("invalid_query").detail(
            format!("« limit » doit être entre 1 et {MAX}."),
            format!("\"limit\" must be between 1 and {MAX}."),
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Cursor;

    #[test]
    fn cursors_come_back_as_they_were_and_others_are_refused() {
        assert_eq!(Cursor::read(&Cursor::write(-5, "a:b")).unwrap(), (-5, "a:b".to_owned()));
        for text in ["", "%", "YWJj", "OmE"] {
            assert!(Cursor::read(text).is_err(), "{text}");
        }
    }
}
