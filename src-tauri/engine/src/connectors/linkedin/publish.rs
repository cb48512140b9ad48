//! Uploading, posting, recognising, changing and removing.

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{
    DESCRIPTOR, LinkedIn,
    client::{Client, ImageState},
    errors::{self, Effect},
    matching::Search,
    wire::{Marks, RemotePost, Uploaded, Urn, article_link, new_post, organization_urn},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, Job, Prepared, Publisher, Receipt, Sent, http::Reply,
    },
    domain::{Problem, fingerprint::fingerprint, little_text},
};

/// The name of a new post comes in this header and nowhere else.
const ID_HEADER: &str = "x-restli-id";
/// How long an unused upload is trusted; LinkedIn does not say.
const UPLOAD_LIFE: SignedDuration = SignedDuration::from_hours(20);
/// Between two uploads: only the notes have to be stored.
const NEXT_STEP: Duration = Duration::from_millis(10);
/// Time until a picture in processing is looked at again.
const POLL: Duration = Duration::from_secs(2);
/// Pages of 100 posts that a look-up follows at most.
const MAX_PAGES: usize = 20;
/// Until a list that was too long to be read is tried again.
const TOO_LONG: Duration = Duration::from_mins(5);

#[async_trait]
impl Publisher for LinkedIn {
    /// Uploads one missing picture per call, so that each name is stored before the next upload starts.
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let client = Client::new(access)?;
        let mut marks = Marks::read(job.marks).unwrap_or_default();
        marks.text_hash = fingerprint(&job.content.text);
        marks.link = article_link(job.content).map(str::to_owned);
        let usable = job
            .content
            .images
            .iter()
            .zip(&marks.images)
            .take_while(|(image, uploaded)| {
                uploaded.media_id == image.media_id.as_str()
                    && access.now.duration_since(uploaded.at) < UPLOAD_LIFE
                    && Urn::image(&uploaded.urn).is_some()
            })
            .count();
        marks.images.truncate(usable);
        if let Some(image) = job.content.images.get(usable) {
            let picture = access.media.jpeg(&image.media_id, &DESCRIPTOR.limits.image).await?;
            let urn = client.upload(picture).await?;
            marks.images.push(Uploaded {
                media_id: image.media_id.to_string(),
                urn: urn.as_str().to_owned(),
                at: access.now,
                is_available: false,
            });
            return Ok(Prepared::Wait { marks: written(&marks)?, after: NEXT_STEP });
        }
        let mut gone = None;
        for (at, image) in marks.images.iter_mut().enumerate().filter(|(_, image)| !image.is_available) {
            let urn = Urn::image(&image.urn).ok_or_else(|| Failure::content("remote_id_unusable"))?;
            match client.image_state(&urn).await? {
                ImageState::Available => image.is_available = true,
                ImageState::Processing => return Ok(Prepared::Wait { marks: written(&marks)?, after: POLL }),
                ImageState::Failed => return Err(Failure::content("photo_refused")),
                ImageState::Gone => {
                    gone = Some(at);
                    break;
                }
            }
        }
        if let Some(at) = gone {
            marks.images.truncate(at);
            return Ok(Prepared::Wait { marks: written(&marks)?, after: POLL });
        }
        Ok(Prepared::Ready { marks: written(&marks)? })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks).unwrap_or_default();
        let is_prepared = !marks.text_hash.is_empty()
            && marks.images.len() == job.content.images.len()
            && marks.images.iter().all(|image| image.is_available);
        if !is_prepared {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        }
        let client = Client::new(access)?;
        let author = organization_urn(&access.account.remote_id);
        let reply = client.create(&new_post(&author, job.content, &marks.images)).await?;
        // Looked for before and not found: now the refusal of a duplicate is an answer to the doubt.
        if job.lookups > 0
            && let Some(named) = errors::named_duplicate(&reply)
        {
            return settled_by(access, &client, job, &reply, &named).await;
        }
        errors::accept(&reply, Effect::Possible, access.now)?;
        match reply.header(ID_HEADER).and_then(Urn::post) {
            Some(id) if reply.status == 201 => Ok(Sent::Published(receipt(access, &id))),
            _ => Err(errors::incomplete(&reply, Effect::Possible)),
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(mut search) = Search::of(job) else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        let client = Client::new(access)?;
        let mut found: Vec<RemotePost> = Vec::new();
        for page in 0..MAX_PAGES {
            let (posts, more) = client.posts(page * 100).await.map_err(Failure::while_looking)?;
            search.note_their_delay(their_delay(access));
            // Sorted by the last change: what was not touched since is not ours, and all after it.
            let is_past =
                posts.last().and_then(|post| post.modified_at).is_some_and(|at| at < search.since());
            found.extend(posts.into_iter().filter(|post| search.is_it(post)));
            if is_past || !more {
                return Ok(oldest_first(access, found));
            }
        }
        // Not having read everything is no proof that it is not there.
        Ok(if found.is_empty() { Finding::Pending { after: TOO_LONG } } else { oldest_first(access, found) })
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let id = remote_id(job)?;
        let marks = Marks::read(job.marks).unwrap_or_default();
        let wanted = job.content.images.iter().map(|image| image.media_id.as_str());
        let same_pictures = wanted.eq(marks.images.iter().map(|image| image.media_id.as_str()));
        if !same_pictures || marks.link.as_deref() != article_link(job.content) {
            return Err(Failure::content("edit_needs_new_delivery"));
        }
        Client::new(access)?.edit(&id, &little_text::escape(&job.content.text)).await?;
        Ok(Sent::Published(receipt(access, &id)))
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        Client::new(access)?.delete(&remote_id(job)?).await
    }
}

/// The post that a refusal as duplicate names is looked at: it proves our first attempt only when it is
/// there and not an older one. LinkedIn has also named posts that nobody can open.
async fn settled_by(
    access: &Access<'_>,
    client: &Client<'_>,
    job: &Job<'_>,
    reply: &Reply,
    named: &Urn,
) -> Result<Sent, Failure> {
    let unknown = || Failure::new(FailureClass::Unknown, errors::problem(reply, "duplicate_post"));
    let post = client.post(named).await.map_err(|_| unknown())?.ok_or_else(unknown)?;
    let mut search = Search::of(job).ok_or_else(unknown)?;
    search.note_their_delay(their_delay(access));
    if search.is_it(&post) {
        Ok(Sent::Published(receipt(access, named)))
    } else {
        // The same words stood there before: neither attempt made a post.
        Err(Failure::new(FailureClass::Content, errors::problem(reply, "same_words_as_before")))
    }
}

fn oldest_first(access: &Access<'_>, mut found: Vec<RemotePost>) -> Finding {
    found.sort_by_key(|post| post.created_at);
    let mut receipts = found.iter().map(|post| receipt(access, &post.id));
    match receipts.next() {
        Some(oldest) => Finding::Found { sent: Sent::Published(oldest), others: receipts.collect() },
        None => Finding::NotFound,
    }
}

fn their_delay(access: &Access<'_>) -> Option<SignedDuration> {
    access.http.last_date().map(|date| access.now.duration_since(date))
}

fn remote_id(job: &Job<'_>) -> Result<Urn, Failure> {
    Urn::post(job.remote_id.unwrap_or_default()).ok_or_else(|| Failure::content("remote_id_unusable"))
}

fn receipt(access: &Access<'_>, id: &Urn) -> Receipt {
    let web = access.platform.web_url.as_deref().unwrap_or("https://www.linkedin.com").trim_end_matches('/');
    Receipt {
        remote_id: id.as_str().to_owned(),
        permalink: Some(format!("{web}/feed/update/{}/", id.as_str())),
        leftovers: false,
    }
}

fn written(marks: &Marks) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(marks).map_err(|_| Failure::unknown("marks_unwritable"))
}
