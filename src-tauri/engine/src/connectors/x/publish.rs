//! Uploading, posting, recognising and removing.

use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{
    DESCRIPTOR, X,
    client::Client,
    errors::{self, Effect},
    wire::{Marks, RemotePost, Uploaded, id_of, is_id, new_post, words_hash},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, Job, Prepared, Publisher, Receipt, Sent, earliest_effect,
    },
    domain::Problem,
};

/// X forgets unused uploads after about two weeks.
const UPLOAD_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Between two uploads: only the notes have to be stored.
const NEXT_STEP: Duration = Duration::from_millis(10);
/// Oldest posts that a look-up reads, before the platform's clock is known.
const WIDEST: SignedDuration = SignedDuration::from_hours(26);
/// Pages of 100 posts that a look-up follows at most; each post read is billed.
const MAX_PAGES: usize = 5;
/// Until a list that was too long to be read is tried again.
const TOO_LONG: Duration = Duration::from_mins(15);

#[async_trait]
impl Publisher for X {
    /// One upload or description per call, so that each number is stored before the next.
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let mut marks = Marks::read(job.marks).unwrap_or_default();
        marks.words = words_hash(&job.content.text);
        let usable = job
            .content
            .images
            .iter()
            .zip(&marks.media)
            .take_while(|(image, media)| {
                media.media_id == image.media_id.as_str()
                    && media.alt_text == image.alt_text
                    && access.now.duration_since(media.at) < UPLOAD_LIFE
                    && is_id(&media.id)
            })
            .count();
        marks.media.truncate(usable);
        if let Some(media) = marks.media.iter_mut().find(|media| !media.is_described) {
            if !media.alt_text.trim().is_empty() {
                Client::new(access).await?.describe(&media.id, &media.alt_text).await?;
            }
            media.is_described = true;
            return Ok(Prepared::Wait { marks: written(&marks)?, after: NEXT_STEP });
        }
        let Some(image) = job.content.images.get(usable) else {
            return Ok(Prepared::Ready { marks: written(&marks)? });
        };
        let picture = access.media.jpeg(&image.media_id, &DESCRIPTOR.limits.image).await?;
        let id = Client::new(access).await?.upload(picture).await?;
        marks.media.push(Uploaded {
            media_id: image.media_id.to_string(),
            id,
            alt_text: image.alt_text.clone(),
            at: access.now,
            is_described: false,
        });
        Ok(Prepared::Wait { marks: written(&marks)?, after: NEXT_STEP })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks).unwrap_or_default();
        let is_prepared = !marks.words.is_empty()
            && marks.media.len() == job.content.images.len()
            && marks.media.iter().all(|media| media.is_described);
        if !is_prepared {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        }
        let client = Client::new(access).await?;
        let reply = client.create(&new_post(&job.content.text, &marks.media)).await?;
        // Looked for before and not found: now the refusal of a duplicate is an answer to the doubt, but
        // one without a name. The list says which post it means.
        if job.lookups > 0 && errors::is_duplicate(&reply) {
            let unknown = || Failure::new(FailureClass::Unknown, errors::problem(&reply, "duplicate_post"));
            let seen = look(access, &client, job, None).await.map_err(|_| unknown())?;
            return match (seen.ours.first(), seen.has_older) {
                (Some(oldest), _) => Ok(Sent::Published(receipt(access, &oldest.id))),
                (None, true) => {
                    let problem = errors::problem(&reply, "same_words_as_before");
                    Err(Failure::new(FailureClass::Content, problem))
                }
                (None, false) => Err(errors::refusal(&reply, Effect::Possible, access.now)),
            };
        }
        let answer = errors::accept(&reply, Effect::Possible, access.now)?;
        match id_of(answer) {
            Some(id) => Ok(Sent::Published(receipt(access, id))),
            None => Err(errors::incomplete(&reply, Effect::Possible)),
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(first_sent_at) = job.first_sent_at else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        let client = Client::new(access).await?;
        let since = first_sent_at.checked_sub(WIDEST).unwrap_or(Timestamp::MIN);
        let seen = look(access, &client, job, Some(since)).await.map_err(Failure::while_looking)?;
        let mut receipts = seen.ours.iter().map(|post| receipt(access, &post.id));
        Ok(match receipts.next() {
            Some(oldest) => Finding::Found { sent: Sent::Published(oldest), others: receipts.collect() },
            None if seen.is_complete => Finding::NotFound,
            // Not having read everything is no proof that it is not there.
            None => Finding::Pending { after: TOO_LONG },
        })
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let id =
            job.remote_id.filter(|id| is_id(id)).ok_or_else(|| Failure::content("remote_id_unusable"))?;
        Client::new(access).await?.delete(id).await
    }
}

/// What the list of own posts says about a delivery.
struct Seen {
    /// Oldest first.
    ours: Vec<RemotePost>,
    /// The same words stood there before.
    has_older: bool,
    is_complete: bool,
}

/// `asked_since`: without it only the newest hundred are read, however old.
async fn look(
    access: &Access<'_>,
    client: &Client<'_>,
    job: &Job<'_>,
    asked_since: Option<Timestamp>,
) -> Result<Seen, Failure> {
    let marks = Marks::read(job.marks).unwrap_or_default();
    let words = if marks.words.is_empty() { words_hash(&job.content.text) } else { marks.words };
    let first_sent_at = job.first_sent_at.unwrap_or(job.created_at);
    let has_words = !job.content.text.trim().is_empty();
    // Notes older than the call do not know its uploads; the content knows that there were some.
    let has_pictures = !marks.media.is_empty() || !job.content.images.is_empty();
    let mut seen = Seen { ours: Vec::new(), has_older: false, is_complete: false };
    let mut next: Option<String> = None;
    let pages = if asked_since.is_some() { MAX_PAGES } else { 1 };
    for _ in 0..pages {
        let (posts, following) = client.posts(asked_since, next.as_deref()).await?;
        let their_delay = access.http.last_date().map(|date| access.now.duration_since(date));
        let since = earliest_effect(first_sent_at, their_delay);
        for post in posts {
            // A media key is a kind and the number of the upload: nothing proves more.
            let is_our_upload = marks.media.iter().any(|media| {
                post.media_keys.iter().any(|key| key.rsplit('_').next() == Some(media.id.as_str()))
            });
            // Without words there is only the picture, and it is not ours.
            let same_words = has_words && post.words == words && post.media_keys.is_empty() != has_pictures;
            let in_time = post.created_at.is_none_or(|at| at >= since);
            if is_our_upload || (same_words && in_time) {
                seen.ours.push(post);
            } else {
                seen.has_older |= has_words && post.words == words;
            }
        }
        next = following;
        if next.is_none() {
            seen.is_complete = true;
            break;
        }
    }
    seen.ours.sort_by_key(|post| post.created_at);
    Ok(seen)
}

fn receipt(access: &Access<'_>, id: &str) -> Receipt {
    let web = access.platform.web_url.as_deref().unwrap_or("https://x.com").trim_end_matches('/');
    let name = access.account.handle.trim_start_matches('@');
    // X finds a post by its number, whatever the name says.
    let name = if name.is_empty() { "i" } else { name };
    Receipt {
        remote_id: id.to_owned(),
        permalink: Some(format!("{web}/{name}/status/{id}")),
        leftovers: false,
    }
}

fn written(marks: &Marks) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(marks).map_err(|_| Failure::unknown("marks_unwritable"))
}
