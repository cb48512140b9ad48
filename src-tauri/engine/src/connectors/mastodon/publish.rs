//! Posting, handing over, recognising, changing and removing.
//!
//! Real Mastodon keeps an `Idempotency-Key` for an hour: a repeat inside it is free of risk (kind B).
//! Compatible servers may ignore the key and the time: there, only the list of own statuses counts
//! (kind E), and nothing is ever handed over.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    DESCRIPTOR, Mastodon,
    client::{Client, MediaState, is_id},
    compare,
    errors::{self, Effect},
    limits,
    wire::{EditedStatus, Marks, MediaAttributes, NewStatus, Status},
};
use crate::{
    connectors::{
        Access, ContentProblem, Failure, FailureClass, Finding, HandedOver, Job, Prepared, Publisher,
        Receipt, SendMode, Sent, Severity,
    },
    domain::{Account, OutgoingPost, Problem, web::is_web_address},
};

/// Life of an idempotency key (1 h) minus a tenth.
const KEY_LIFE: SignedDuration = SignedDuration::from_mins(54);
/// Difference between the wanted time and the one that the server kept.
const SAME_TIME: SignedDuration = SignedDuration::from_mins(1);
/// Time until a picture in processing is looked at again.
const POLL: Duration = Duration::from_secs(2);
/// Marks a remote id as that of a scheduled status: the two kinds are numbered independently.
const SCHEDULED: &str = "scheduled:";

#[async_trait]
impl Publisher for Mastodon {
    fn check_content(&self, post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        // There are no cards to fill in: only what the text says is shown.
        let lost = post.link.as_deref().is_some_and(|link| !post.text.contains(link));
        if lost {
            vec![ContentProblem {
                code: "link_not_shown".into(),
                severity: Severity::Warning,
                values: std::collections::BTreeMap::new(),
            }]
        } else {
            Vec::new()
        }
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let client = Client::new(access)?;
        let image_limits = limits::effective(DESCRIPTOR.limits, access.account).image;
        let mut earlier = Marks::read(job.marks).unwrap_or_default().media;
        let mut marks = Marks {
            idempotency_key: idempotency_key(job),
            content_hash: content_hash(job.content),
            media: Vec::new(),
        };
        for image in &job.content.images {
            let known = earlier.iter().position(|media| media.media_id == image.media_id.as_str());
            let known = known.map(|at| earlier.swap_remove(at));
            // Another description: it is said with a new upload, the old one is swept.
            if let Some(mut media) = known.filter(|media| media.alt_text == image.alt_text) {
                match client.media_state(&media.remote_id).await? {
                    MediaState::Gone => {}
                    state => {
                        media.is_ready = matches!(state, MediaState::Ready);
                        marks.media.push(media);
                        continue;
                    }
                }
            }
            let picture = access.media.jpeg(&image.media_id, &image_limits).await?;
            let id = image.media_id.as_str();
            marks.media.push(client.upload(id, &picture.bytes, picture.mime, &image.alt_text).await?);
        }
        let is_ready = marks.media.iter().all(|media| media.is_ready);
        let marks = serde_json::to_value(marks).map_err(|_| Failure::unknown("marks_unwritable"))?;
        Ok(if is_ready { Prepared::Ready { marks } } else { Prepared::Wait { marks, after: POLL } })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let prepared = Marks::read(job.marks).filter(|marks| !marks.idempotency_key.is_empty());
        let Some(marks) = prepared else {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        };
        let scheduled_at = match job.mode {
            SendMode::Now => None,
            SendMode::At(_) if !limits::is_real(access.account) => {
                return Err(Failure::content("hand_over_unsupported"));
            }
            SendMode::At(at) => Some(at.to_string()),
        };
        let status = NewStatus {
            status: &job.content.text,
            media_ids: marks.remote_media(),
            visibility: "public",
            language: &job.content.language,
            scheduled_at,
        };
        let reply = Client::new(access)?.post_status(&status, &marks.idempotency_key).await?;
        let answer = errors::accept(&reply, Effect::Possible, access.now).map_err(|mut failure| {
            if failure.problem.code == "content_refused_by_platform" && status.scheduled_at.is_some() {
                // Too near, too many waiting, or the content itself: the sentence tells which.
                "hand_over_refused".clone_into(&mut failure.problem.code);
            }
            failure
        })?;
        let id = answer.get("id").and_then(Value::as_str).filter(|id| is_id(id));
        let Some(id) = id else { return Err(errors::incomplete(&reply, Effect::Possible)) };
        Ok(if answer.get("scheduled_at").is_some_and(Value::is_string) {
            Sent::HandedOver(scheduled_receipt(id))
        } else {
            // A server that ignores the wished time publishes at once: that is what happened, so say it.
            Sent::Published(Receipt {
                remote_id: id.to_owned(),
                permalink: web_address(answer.get("url").and_then(Value::as_str)),
                leftovers: false,
            })
        })
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let client = Client::new(access)?;
        let first_sent_at = job.first_sent_at.unwrap_or(job.created_at);
        if let SendMode::At(at) = job.mode
            && let Some(receipt) =
                find_scheduled(&client, job.content, at).await.map_err(Failure::while_looking)?
        {
            return Ok(Finding::Found { sent: Sent::HandedOver(receipt), others: Vec::new() });
        }
        let mut found = find_published(&client, job.content, first_sent_at)
            .await
            .map_err(Failure::while_looking)?
            .into_iter();
        if let Some(oldest) = found.next() {
            return Ok(Finding::Found { sent: Sent::Published(oldest), others: found.collect() });
        }
        // Whether the key also protects a scheduled post is not documented: its list is looked at again.
        let protected = job.mode == SendMode::Now && limits::is_real(access.account);
        let key_lives = access.now.duration_since(first_sent_at) < KEY_LIFE;
        Ok(if key_lives && protected { Finding::Repeat } else { Finding::NotFound })
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let client = Client::new(access)?;
        let remote_id = job.remote_id.ok_or_else(|| Failure::content("remote_id_unusable"))?;
        let Some(scheduled_id) = remote_id.strip_prefix(SCHEDULED) else {
            let seen = client.status(remote_id).await.map_err(Failure::while_looking)?;
            return Ok(seen.map_or(HandedOver::Gone, |status| HandedOver::Published(receipt(&status))));
        };
        if let Some(waiting) = client.scheduled_status(scheduled_id).await.map_err(Failure::while_looking)? {
            return Ok(HandedOver::Scheduled { at: Some(waiting.at) });
        }
        let published = published_after_schedule(&client, job).await.map_err(Failure::while_looking)?;
        Ok(published.map_or(HandedOver::Gone, HandedOver::Published))
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let client = Client::new(access)?;
        let marks = Marks::read(job.marks).unwrap_or_default();
        let remote_id = job.remote_id.ok_or_else(|| Failure::content("remote_id_unusable"))?;
        if let Some(scheduled_id) = remote_id.strip_prefix(SCHEDULED) {
            // The server can move a waiting post but not rewrite it.
            let SendMode::At(at) = job.mode else { return Err(needs_new_delivery()) };
            if marks.content_hash != content_hash(job.content) {
                return Err(needs_new_delivery());
            }
            return match client.reschedule(scheduled_id, at).await? {
                Some(moved) => Ok(Sent::HandedOver(scheduled_receipt(&moved.id))),
                None => Err(Failure::content("object_gone")),
            };
        }
        let pictures = job.content.images.iter().map(|image| image.media_id.as_str());
        if !pictures.eq(marks.media.iter().map(|media| media.media_id.as_str())) {
            return Err(needs_new_delivery());
        }
        let edited = EditedStatus {
            status: &job.content.text,
            media_ids: marks.remote_media(),
            media_attributes: marks
                .media
                .iter()
                .zip(&job.content.images)
                .map(|(media, image)| MediaAttributes { id: &media.remote_id, description: &image.alt_text })
                .collect(),
            language: &job.content.language,
        };
        let status = client.edit_status(remote_id, &edited).await?;
        Ok(Sent::Published(receipt(&status)))
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let client = Client::new(access)?;
        let remote_id = job.remote_id.ok_or_else(|| Failure::content("remote_id_unusable"))?;
        let Some(scheduled_id) = remote_id.strip_prefix(SCHEDULED) else {
            return client.delete_status(remote_id).await;
        };
        if client.cancel_scheduled(scheduled_id).await? {
            return Ok(());
        }
        // It may have left just before: then what was published has to go.
        match published_after_schedule(&client, job).await? {
            Some(published) => client.delete_status(&published.remote_id).await,
            None => Err(Failure::unseen()),
        }
    }
}

/// Own statuses with this content, oldest first.
async fn find_published(
    client: &Client<'_>,
    content: &OutgoingPost,
    sent_at: Timestamp,
) -> Result<Vec<Receipt>, Failure> {
    let wanted = compare::of_text(&content.text);
    let statuses = client.own_statuses_since(sent_at).await?;
    let same = |status: &&Status| {
        status.media_attachments.len() == content.images.len() && compare::of_html(&status.content) == wanted
    };
    Ok(statuses.iter().rev().filter(same).map(receipt).collect())
}

async fn find_scheduled(
    client: &Client<'_>,
    content: &OutgoingPost,
    at: Timestamp,
) -> Result<Option<Receipt>, Failure> {
    let wanted = compare::of_text(&content.text);
    let found = client.scheduled_statuses().await?.into_iter().find(|waiting| {
        waiting.media_attachments.len() == content.images.len()
            && waiting.at.duration_since(at).abs() <= SAME_TIME
            && compare::of_text(waiting.params.text.as_deref().unwrap_or_default()) == wanted
    });
    Ok(found.filter(|waiting| is_id(&waiting.id)).map(|waiting| scheduled_receipt(&waiting.id)))
}

/// The status that a scheduled one became: it has another id.
///
/// Errors: `hand_over_unverified` when the same words came out before their time. Another program of the
/// owner may have moved them, or they are another post's: only a person can tell.
async fn published_after_schedule(client: &Client<'_>, job: &Job<'_>) -> Result<Option<Receipt>, Failure> {
    let handed_over_at = job.first_sent_at.unwrap_or(job.created_at);
    let SendMode::At(at) = job.mode else {
        return Ok(find_published(client, job.content, handed_over_at).await?.into_iter().next());
    };
    if let Some(in_time) = find_published(client, job.content, at).await?.into_iter().next() {
        return Ok(Some(in_time));
    }
    if find_published(client, job.content, handed_over_at).await?.is_empty() {
        return Ok(None);
    }
    Err(Failure::content("hand_over_unverified"))
}

fn needs_new_delivery() -> Failure {
    Failure::content("edit_needs_new_delivery")
}

fn receipt(status: &Status) -> Receipt {
    let permalink = web_address(status.url.as_deref());
    Receipt { remote_id: status.id.clone(), permalink, leftovers: false }
}

fn scheduled_receipt(id: &str) -> Receipt {
    Receipt { remote_id: format!("{SCHEDULED}{id}"), ..Receipt::default() }
}

fn web_address(url: Option<&str>) -> Option<String> {
    url.filter(|url| is_web_address(url)).map(str::to_owned)
}

/// Derived from the delivery, never from the attempt. The mode is part of it: the server numbers posts
/// and scheduled posts separately, so one key must not mean both.
fn idempotency_key(job: &Job<'_>) -> String {
    let mode = match job.mode {
        SendMode::Now => "now".to_owned(),
        SendMode::At(at) => at.to_string(),
    };
    fingerprint(&[job.delivery_id.as_str(), &content_hash(job.content), &mode])
}

fn content_hash(content: &OutgoingPost) -> String {
    let mut parts = vec![content.text.as_str(), content.language.as_str()];
    for image in &content.images {
        parts.extend([image.media_id.as_str(), image.alt_text.as_str()]);
    }
    fingerprint(&parts)
}

fn fingerprint(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}
