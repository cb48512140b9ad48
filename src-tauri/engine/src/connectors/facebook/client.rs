//! The calls of Facebook publishing, in the order of a delivery's life.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    errors::{page_lost, table},
    matching::Search,
    wire::{Marks, PLAIN_POST_FIELDS, POST_FIELDS, RemotePost, UploadedPhoto, card_link, feed_form, message},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, HandedOver, Job, Prepared, Receipt, SendMode, Sent,
        graph::{
            Graph,
            errors::is_gone,
            photos::upload_unpublished,
            token::credential,
            wire::{GraphId, next_cursor, read_all, text_of},
        },
    },
    domain::{Problem, fingerprint::fingerprint},
};

/// Facebook forgets unpublished uploads after about a day; older ones are made again.
const UPLOAD_LIFE: jiff::SignedDuration = jiff::SignedDuration::from_hours(20);
/// A photo is not always usable in the second of its upload.
const SETTLE: Duration = Duration::from_secs(2);
/// Between two uploads: only the notes have to be stored.
const NEXT_STEP: Duration = Duration::from_millis(10);
/// List pages of 100 posts that a look-up follows at most.
const MAX_LIST_PAGES: usize = 20;

/// One account's way to its Page.
pub struct Client<'a> {
    graph: Graph<'a>,
    page: GraphId,
    app_id: Option<String>,
    now: Timestamp,
}

impl<'a> Client<'a> {
    pub fn new(access: &Access<'a>) -> Result<Self, Failure> {
        Ok(Self {
            graph: Graph::new(access, credential(access)?, table),
            page: GraphId::require(&access.account.remote_id)?,
            app_id: access.account.facts.get("app_id").and_then(|id| id.as_str()).map(str::to_owned),
            now: access.now,
        })
    }

    pub fn graph(&self) -> &Graph<'a> {
        &self.graph
    }

    /// Uploads one missing photo per call, so that each id is stored before the next upload starts.
    pub async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let mut marks = Marks::read(job.marks);
        marks.text_hash = fingerprint(&message(job.content));
        marks.link = Some(card_link(job.content).to_owned());
        let temporary = matches!(job.mode, SendMode::At(_));
        if let SendMode::At(at) = job.mode
            && !marks.planned.contains(&at.as_second())
        {
            marks.planned.push(at.as_second());
        }
        let usable = job
            .content
            .images
            .iter()
            .zip(&marks.photos)
            .take_while(|(image, photo)| {
                photo.media_id == image.media_id.as_str()
                    && photo.alt_text == image.alt_text
                    && photo.temporary == temporary
                    && self.now.duration_since(photo.uploaded_at) < UPLOAD_LIFE
                    && GraphId::parse(&photo.id).is_some()
            })
            .count();
        marks.photos.truncate(usable);

        let Some(image) = job.content.images.get(usable) else {
            return Ok(Prepared::Ready { marks: marks.write() });
        };
        let picture = access.media.jpeg(&image.media_id, &super::DESCRIPTOR.limits.image).await?;
        let id = upload_unpublished(&self.graph, &self.page, picture, &image.alt_text, temporary)
            .await
            .map_err(page_lost)?;
        marks.photos.push(UploadedPhoto {
            media_id: image.media_id.as_str().to_owned(),
            alt_text: image.alt_text.clone(),
            id: id.as_str().to_owned(),
            temporary,
            uploaded_at: self.now,
        });
        let is_last = marks.photos.len() == job.content.images.len();
        Ok(Prepared::Wait { marks: marks.write(), after: if is_last { SETTLE } else { NEXT_STEP } })
    }

    /// Text, link, one photo and several photos all leave through `/feed`: the one irreversible
    /// request is small and always of the same shape, and uploads are never doubtful.
    pub async fn send(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks);
        let photos: Vec<GraphId> =
            marks.photos.iter().filter_map(|photo| GraphId::parse(&photo.id)).collect();
        if photos.len() != job.content.images.len() {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        }
        let form = feed_form(job.content, &photos, job.mode);
        let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let body = self
            .graph
            .post_once(&format!("/{}/feed", self.page), &[("fields", "id,permalink_url")], &form)
            .await
            .map_err(page_lost)?;
        let id = GraphId::of(&body, "id").ok_or_else(|| Failure::unknown("answer_without_id"))?;
        let receipt = Receipt {
            remote_id: id.as_str().to_owned(),
            permalink: text_of(&body, "permalink_url").map(str::to_owned),
            leftovers: false,
        };
        Ok(match job.mode {
            SendMode::Now => Sent::Published(receipt),
            SendMode::At(_) => Sent::HandedOver(receipt),
        })
    }

    /// Looks for the own post among what the Page shows and what it will show.
    pub async fn reconcile(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(search) = Search::of(job, self.app_id.as_deref()) else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        let published = self.list("published_posts", Some(search.ask_since())).await?;
        let search = search.with_their_delay(self.graph.their_delay());
        let mut matches: Vec<(Sent, Option<Timestamp>)> = search
            .among_published(&published.posts)
            .into_iter()
            .map(|post| (Sent::Published(post.receipt()), post.created_at))
            .collect();
        let mut complete = published.complete;
        if search.may_be_planned() {
            let planned = self.list("scheduled_posts", None).await?;
            complete &= planned.complete;
            matches.extend(
                search
                    .among_planned(&planned.posts)
                    .into_iter()
                    .map(|post| (Sent::HandedOver(post.receipt()), post.created_at.or(post.planned_at))),
            );
        }
        matches.sort_by_key(|(_, at)| at.unwrap_or(Timestamp::MAX));
        let mut matches = matches.into_iter().map(|(sent, _)| sent);
        match matches.next() {
            Some(sent) => Ok(Finding::Found {
                sent,
                others: matches
                    .map(|other| match other {
                        Sent::Published(receipt) | Sent::HandedOver(receipt) => receipt,
                    })
                    .collect(),
            }),
            None if complete => Ok(Finding::NotFound),
            // Not having read everything is no proof that it is not there.
            None => Ok(Finding::Pending { after: Duration::from_mins(5) }),
        }
    }

    /// Reads what became of a handed-over post. When its id is gone after the due time, the post is
    /// looked for by its text: it may have been published under another id.
    pub async fn verify(&self, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let id = remote_id(job)?;
        match self.read(&id).await {
            Ok(post) if post.is_published == Some(true) => Ok(HandedOver::Published(post.receipt())),
            Ok(post) => Ok(HandedOver::Scheduled { at: post.planned_at }),
            Err(failure) if is_gone(&failure) => {
                let published = match job.mode {
                    SendMode::At(at) if at < self.now => self.published_by_scheduler(job).await?,
                    _ => None,
                };
                Ok(published.map_or(HandedOver::Gone, HandedOver::Published))
            }
            Err(failure) => Err(failure),
        }
    }

    /// Brings text and time to what `job` says.
    pub async fn update(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        let id = remote_id(job)?;
        let before = self.read(&id).await?;
        let text = message(job.content);
        let is_waiting = before.is_waiting();
        if Marks::read(job.marks).shows_otherwise(job.content, is_waiting) {
            return Err(Failure::content("edit_needs_new_delivery"));
        }
        let time = match job.mode {
            SendMode::At(at) => at.as_second().to_string(),
            SendMode::Now => String::new(),
        };
        let mut form = vec![("message", text.as_str())];
        match job.mode {
            SendMode::At(_) if is_waiting => form.push(("scheduled_publish_time", &time)),
            SendMode::Now if is_waiting => form.push(("is_published", "true")),
            _ => {}
        }
        let body = self.graph.post(&format!("/{id}"), &form).await?;
        if body.get("success").and_then(serde_json::Value::as_bool) == Some(false) {
            return Err(Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")));
        }
        let receipt = before.receipt();
        Ok(match job.mode {
            SendMode::At(_) if is_waiting => Sent::HandedOver(receipt),
            _ => Sent::Published(receipt),
        })
    }

    /// What was handed over may be public under another id by now: then that one has to go.
    pub async fn delete(&self, job: &Job<'_>) -> Result<(), Failure> {
        let was_there = self.graph.delete(&remote_id(job)?).await?;
        if was_there || job.mode == SendMode::Now {
            return Ok(());
        }
        let published = self.published_by_scheduler(job).await.map_err(Failure::while_looking)?;
        let Some(published) = published else { return Err(Failure::unseen()) };
        self.graph.delete(&GraphId::require(&published.remote_id)?).await.map(|_| ())
    }

    /// The public post that a planned one became.
    async fn published_by_scheduler(&self, job: &Job<'_>) -> Result<Option<Receipt>, Failure> {
        let Some(search) = Search::of(job, self.app_id.as_deref()) else { return Ok(None) };
        let published = self.list("published_posts", Some(search.ask_since())).await?;
        let search = search.with_their_delay(self.graph.their_delay());
        let mut found = search.among_published(&published.posts).into_iter().map(RemotePost::receipt);
        Ok(found.find(|receipt| !job.taken.contains(&receipt.remote_id)))
    }

    async fn read(&self, id: &GraphId) -> Result<RemotePost, Failure> {
        let fields = "id,is_published,permalink_url,created_time,scheduled_publish_time";
        let body = self.graph.get(&format!("/{id}"), &[("fields", fields)]).await?;
        RemotePost::read(&body)
            .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))
    }

    /// Reads a list of posts. `since` ends it early; without it every page is read, because planned
    /// posts come in no promised order.
    async fn list(&self, edge: &str, since: Option<Timestamp>) -> Result<Listed, Failure> {
        match self.list_with(edge, since, POST_FIELDS).await {
            // One field that this version does not have refuses the whole list.
            Err(failure) if failure.problem.code == "parameter_refused" => {
                self.list_with(edge, since, PLAIN_POST_FIELDS).await
            }
            listed => listed,
        }
    }

    async fn list_with(&self, edge: &str, since: Option<Timestamp>, fields: &str) -> Result<Listed, Failure> {
        let since_text = since.map(|at| at.as_second().to_string());
        let mut listed = Listed { posts: Vec::new(), complete: false };
        let mut after: Option<String> = None;
        for _ in 0..MAX_LIST_PAGES {
            let mut query = vec![("fields", fields), ("limit", "100")];
            if let Some(since) = &since_text {
                query.push(("since", since));
            }
            if let Some(cursor) = &after {
                query.push(("after", cursor));
            }
            let body = self.graph.get(&format!("/{}/{edge}", self.page), &query).await.map_err(page_lost)?;
            listed.posts.extend(read_all(&body, RemotePost::read)?);
            after = next_cursor(&body);
            let is_past = since.is_some_and(|since| {
                listed.posts.last().and_then(|post| post.created_at).is_some_and(|at| at < since)
            });
            if after.is_none() || is_past {
                listed.complete = true;
                break;
            }
        }
        Ok(listed)
    }
}

struct Listed {
    posts: Vec<RemotePost>,
    /// Nothing that matters was left unread.
    complete: bool,
}

fn remote_id(job: &Job<'_>) -> Result<GraphId, Failure> {
    GraphId::require(job.remote_id.unwrap_or_default())
}
