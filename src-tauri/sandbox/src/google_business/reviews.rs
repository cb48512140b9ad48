//! Reviews of a profile and the one answer to each, which is looked over before it is shown.

use serde_json::{Value, json};

use crate::{
    exchange::{Body, Call},
    faults::Quirks,
    google_business::{Reply, errors::Refused},
    platform::Platform,
    seed,
    state::World,
    visitors::{Answer, Remark, Verdict},
};

const LONGEST_ANSWER: usize = 4096;
const LARGEST_PAGE: usize = 50;

fn stars(number: u8) -> &'static str {
    match number {
        1 => "ONE",
        2 => "TWO",
        3 => "THREE",
        4 => "FOUR",
        _ => "FIVE",
    }
}

fn name(remark: &Remark) -> String {
    format!("{}/reviews/{}", seed::google_profile(remark.account), remark.id)
}

fn shown_answer(answer: &Answer) -> Value {
    let state = match (answer.polls_left, answer.verdict) {
        (1.., _) => "PENDING",
        (0, Verdict::Approved) => "APPROVED",
        (0, Verdict::Rejected) => "REJECTED",
    };
    let mut shown = json!({
        "comment": answer.text,
        "updateTime": answer.at.to_string(),
        "reviewReplyState": state,
    });
    if state == "REJECTED" {
        shown["policyViolation"] = json!("OFF_TOPIC");
    }
    shown
}

fn shown(remark: &Remark) -> Value {
    let reviewer = match &remark.author {
        Some(name) => json!({"displayName": name}),
        None => json!({"isAnonymous": true}),
    };
    let mut review = json!({
        "name": name(remark),
        "reviewId": remark.id,
        "reviewer": reviewer,
        "starRating": stars(remark.stars.unwrap_or(5)),
        "createTime": remark.created_at.to_string(),
        "updateTime": remark.updated_at.to_string(),
    });
    if let Some(text) = &remark.text {
        review["comment"] = json!(text);
    }
    if let Some(answer) = &remark.answer {
        review["reviewReply"] = shown_answer(answer);
    }
    review
}

/// Latest change first. No review is an empty object.
pub(super) fn list(world: &World, call: &Call, k: usize) -> Reply {
    let size = call.param("pageSize").map_or(Some(LARGEST_PAGE), |text| text.parse().ok());
    let size = size.filter(|size| (1..=LARGEST_PAGE).contains(size));
    let size = size.ok_or_else(|| Refused::invalid("page_size", "The page size must be 1 to 50."))?;
    if !matches!(call.param("orderBy").as_deref(), None | Some("updateTime desc")) {
        return Err(Refused::invalid("order_by", "The order is not known."));
    }
    let skip = call.param("pageToken").filter(|text| !text.is_empty());
    let skip: usize = skip
        .map_or(Some(0), |text| text.parse().ok())
        .ok_or_else(|| Refused::invalid("page_token", "The page token is not valid."))?;
    let mut visitors = world.visitors();
    let ids: Vec<String> = visitors.of(Platform::GoogleBusiness, k).map(|r| r.id.clone()).collect();
    let mut reviews: Vec<Remark> = Vec::new();
    for id in ids {
        // A read brings the moderation of the answer one step on.
        if let Some(remark) = visitors.find(Platform::GoogleBusiness, k, &id) {
            reviews.push(remark.clone());
            step(remark);
        }
    }
    reviews.sort_by_key(|remark| std::cmp::Reverse(remark.updated_at));
    let mut answer = json!({});
    if reviews.is_empty() {
        return Ok(answer);
    }
    let page: Vec<Value> = reviews.iter().skip(skip).take(size).map(shown).collect();
    answer["reviews"] = json!(page);
    answer["totalReviewCount"] = json!(reviews.len());
    let sum: u32 = reviews.iter().map(|remark| u32::from(remark.stars.unwrap_or(5))).sum();
    answer["averageRating"] = json!(f64::from(sum) / f64::from(u32::try_from(reviews.len()).unwrap_or(1)));
    if skip + size < reviews.len() {
        answer["nextPageToken"] = json!((skip + size).to_string());
    }
    Ok(answer)
}

fn step(remark: &mut Remark) {
    if let Some(answer) = &mut remark.answer {
        answer.polls_left = answer.polls_left.saturating_sub(1);
    }
}

pub(super) fn read(world: &World, k: usize, id: &str) -> Reply {
    let mut visitors = world.visitors();
    let remark = visitors.find(Platform::GoogleBusiness, k, id).ok_or_else(Refused::not_found)?;
    let review = shown(remark);
    step(remark);
    Ok(review)
}

/// Writes the answer, or replaces the one that is there.
pub(super) fn answer(world: &World, call: &Call, k: usize, id: &str, quirks: Quirks) -> Reply {
    let Body::Json(Value::Object(fields)) = &call.body else {
        return Err(Refused::invalid("reply", "The body is not a JSON object."));
    };
    if let Some(strange) = fields.keys().find(|key| key.as_str() != "comment") {
        return Err(Refused::invalid(strange, "Cannot find field."));
    }
    let text = fields.get("comment").and_then(Value::as_str).unwrap_or_default();
    if text.trim().is_empty() || text.len() > LONGEST_ANSWER {
        return Err(Refused::invalid("reply.comment", "The comment is empty or too long."));
    }
    let now = world.now();
    let mut visitors = world.visitors();
    let remark = visitors.find(Platform::GoogleBusiness, k, id).ok_or_else(Refused::not_found)?;
    let verdict = if quirks.moderation_rejects { Verdict::Rejected } else { Verdict::Approved };
    let answer = Answer { text: text.to_owned(), at: now, polls_left: quirks.moderation_polls, verdict };
    let shown = shown_answer(&answer);
    remark.answer = Some(answer);
    Ok(shown)
}

pub(super) fn take_back(world: &World, k: usize, id: &str) -> Reply {
    let mut visitors = world.visitors();
    let remark = visitors.find(Platform::GoogleBusiness, k, id).ok_or_else(Refused::not_found)?;
    match remark.answer.take() {
        Some(_) => Ok(json!({})),
        None => Err(Refused::not_found()),
    }
}
