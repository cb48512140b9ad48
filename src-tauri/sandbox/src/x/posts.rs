//! Pictures, posts, the own posts, deletion.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Body, Call},
    faults::Quirks,
    seed,
    state::World,
    x::{
        Reply,
        errors::Refused,
        state::{Media, Post},
    },
};

const LONGEST: usize = 280;
const ADDRESS: usize = 23;
const MOST_IMAGES: usize = 4;
const LARGEST_BYTES: usize = 5 * 1024 * 1024;
const LONGEST_ALT_TEXT: usize = 1000;
const FIRST_ID: u64 = 1_990_000_000_000_000_000;
const FIRST_MEDIA: u64 = 1_980_000_000_000_000_000;
/// Thousandths of a dollar.
const PRICE: u32 = 15;
const PRICE_WITH_ADDRESS: u32 = 200;

pub(super) fn upload(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    if call.param("media_category").as_deref() != Some("tweet_image") {
        return Err(Refused::invalid("media_category is not supported"));
    }
    let part = call.file("media").filter(|part| !part.bytes.is_empty());
    let part = part.ok_or_else(|| Refused::invalid("media is missing"))?;
    if part.bytes.len() > LARGEST_BYTES {
        return Err(Refused::invalid("File size exceeds 5242880 bytes."));
    }
    let stored = world.blobs.put(&part.bytes);
    let is_picture =
        matches!(stored.mime.as_str(), "image/jpeg" | "image/png" | "image/webp") && stored.width > 0;
    if quirks.media_failed || !is_picture {
        return Err(Refused::invalid("media type unrecognized."));
    }
    let mut state = world.x();
    let id = (FIRST_MEDIA + state.next_number()).to_string();
    let size = stored.size_bytes;
    state.media.insert(id.clone(), Media { account: k, stored, alt_text: None });
    let data =
        json!({"id": id, "media_key": format!("3_{id}"), "size": size, "expires_after_secs": 1_296_000});
    Ok(Answer::json(200, &json!({"data": data})))
}

pub(super) fn describe(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(body) = &call.body else { return Err(Refused::invalid("The body is no JSON")) };
    let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
    let text = body.pointer("/metadata/alt_text/text").and_then(Value::as_str).unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST_ALT_TEXT {
        return Err(Refused::invalid("alt_text must have between 1 and 1000 characters"));
    }
    let mut state = world.x();
    let media = state.media.get_mut(id).filter(|media| media.account == k);
    let media = media.ok_or_else(|| Refused::invalid("The media id is unknown"))?;
    media.alt_text = Some(text.to_owned());
    Ok(Answer::json(200, &json!({"data": {"id": id, "associated_metadata": {"alt_text": {"text": text}}}})))
}

pub(super) fn create(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(Value::Object(body)) = &call.body else {
        return Err(Refused::invalid("The body is no JSON object"));
    };
    if let Some(strange) = body.keys().find(|key| !matches!(key.as_str(), "text" | "media")) {
        return Err(Refused::invalid(&format!("[{strange}] is not one of the parameters known here")));
    }
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let ids = body.get("media").and_then(|media| media.get("media_ids")).and_then(Value::as_array);
    let media: Vec<String> =
        ids.into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())).collect();
    if text.trim().is_empty() && media.is_empty() {
        return Err(Refused::invalid("text is missing"));
    }
    if weighted(&text) > LONGEST {
        return Err(Refused::new(400, "Invalid Request", "Your Tweet text is too long."));
    }
    if media.len() > MOST_IMAGES {
        return Err(Refused::invalid("media_ids: size must be between 1 and 4"));
    }
    let mut state = world.x();
    if media.iter().any(|id| state.media.get(id).is_none_or(|media| media.account != k)) {
        return Err(Refused::invalid("Your media IDs are invalid."));
    }
    let same = |post: &Post| post.account == k && !post.is_deleted && post.text == text && !text.is_empty();
    if state.posts.iter().any(same) {
        return Err(Refused::duplicate());
    }
    let has_address = text.split_whitespace().any(|word| word.contains("http"));
    let post = Post {
        account: k,
        id: (FIRST_ID + state.next_number()).to_string(),
        text,
        media,
        created_at: world.now(),
        is_deleted: false,
        price: if has_address { PRICE_WITH_ADDRESS } else { PRICE },
    };
    let answer = json!({"data": {"id": post.id, "text": post.shown()["text"]}});
    state.posts.push(post);
    Ok(Answer::json(201, &answer))
}

/// Addresses 23, Latin 1, all else 2; joined or coloured emoji count once, an accent with its letter.
fn weighted(text: &str) -> usize {
    let mut sum = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if bare.starts_with("http://") || bare.starts_with("https://") {
            sum += ADDRESS + word.len() - bare.len();
            continue;
        }
        let mut is_joined = false;
        for c in word.chars() {
            let code = u32::from(c);
            sum += match code {
                _ if std::mem::take(&mut is_joined) => 0,
                0x200D => {
                    is_joined = true;
                    0
                }
                0x0300..=0x036F | 0xFE0F | 0x20E3 | 0x1F3FB..=0x1F3FF => 0,
                0..=0x10FF | 0x1F1E6..=0x1F1FF | 0x2000..=0x200C | 0x2010..=0x201F | 0x2032..=0x2037 => 1,
                _ => 2,
            };
        }
    }
    sum
}

pub(super) fn list(world: &World, call: &Call, k: usize, id: &str, quirks: Quirks) -> Reply {
    if id != seed::x_id(k) {
        return Err(Refused::new(403, "Forbidden", "You are not permitted to perform this action."));
    }
    let most = call.param("max_results").and_then(|n| n.parse().ok()).unwrap_or(10usize);
    if !(5..=100).contains(&most) {
        return Err(Refused::invalid("The `max_results` query parameter value is not between 5 and 100"));
    }
    let since = match call.param("start_time") {
        None => Timestamp::MIN,
        Some(text) => text.parse().map_err(|_| Refused::invalid("start_time is no time"))?,
    };
    let start: usize = call.param("pagination_token").and_then(|text| text.parse().ok()).unwrap_or(0);
    let hidden =
        world.now().checked_sub(SignedDuration::from_secs(quirks.listing_lag_secs)).unwrap_or(world.now());
    let state = world.x();
    let visible: Vec<&Post> = state
        .posts
        .iter()
        .rev()
        .filter(|post| post.account == k && !post.is_deleted && post.created_at >= since)
        .filter(|post| quirks.listing_lag_secs == 0 || post.created_at <= hidden)
        .collect();
    let page: Vec<Value> = visible.iter().skip(start).take(most).map(|post| post.shown()).collect();
    let mut answer = json!({"meta": {"result_count": page.len()}});
    if start + page.len() < visible.len() {
        answer["meta"]["next_token"] = json!((start + page.len()).to_string());
    }
    // An empty list is left out.
    if !page.is_empty() {
        answer["data"] = json!(page);
    }
    Ok(Answer::json(200, &answer))
}

/// A second time is a success too.
pub(super) fn delete(world: &World, k: usize, id: &str) -> Answer {
    let mut state = world.x();
    if let Some(post) = state.posts.iter_mut().find(|post| post.account == k && post.id == id) {
        post.is_deleted = true;
    }
    Answer::json(200, &json!({"data": {"deleted": true}}))
}

#[cfg(test)]
mod tests {
    use super::weighted;

    #[test]
    fn counts_as_the_page_says() {
        for (text, length) in
            [("Été", 3), ("美味", 4), ("👨‍👩‍👧", 2), ("👍🏽", 2), ("🇫🇷", 2), ("a https://b.fr/c d", 27)]
        {
            assert_eq!(weighted(text), length, "{text}");
        }
    }
}
