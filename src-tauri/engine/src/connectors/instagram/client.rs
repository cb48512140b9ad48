//! The calls of Instagram publishing, in the order of a delivery's life.
//!
//! Everything before `media_publish` is invisible: one container per picture, for several pictures
//! one more around them. `prepare` does one step per call, so that each id is stored at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    errors::{
        CONTAINER_EXPIRED, FETCH_FAILED, doubtful_publish, is_about_the_picture, is_container_lost, table,
    },
    wire::{Marks, Media, Status, usable_address},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, HandedOver, ImageLimits, Job, Prepared, Receipt, Sent,
        earliest_effect,
        graph::{
            Graph,
            errors::is_gone,
            photos::{public_address, upload_unpublished},
            token::{credential, own_id},
            wire::{GraphId, read_all, text_of},
        },
    },
    domain::{OutgoingImage, Problem, fingerprint::fingerprint},
};

/// Pauses between status reads; together a little over five minutes (reference 2.2).
const POLLS: [u64; 8] = [5, 10, 20, 40, 60, 60, 60, 60];
/// Between two steps that wait for nothing: only the notes have to be stored.
const NEXT_STEP: Duration = Duration::from_millis(10);
/// Pause before a container is built again, or asked for again when it is not visible yet.
const AGAIN: Duration = Duration::from_secs(30);
/// Builds that may fail one after another.
const MAX_FAILURES: u32 = 3;
/// Failures longer ago than this are another story.
const FAILURE_MEMORY: SignedDuration = SignedDuration::from_mins(15);
/// Time after which the list of media must show what was published.
const LIST_LAG: SignedDuration = SignedDuration::from_mins(3);

/// One account's way to Instagram, by the route of the linked Page.
pub struct Client<'a, 'b> {
    graph: Graph<'a>,
    access: &'b Access<'a>,
    account: GraphId,
}

impl<'a, 'b> Client<'a, 'b> {
    pub fn new(access: &'b Access<'a>) -> Result<Self, Failure> {
        Ok(Self {
            graph: Graph::new(access, credential(access)?, table),
            access,
            account: GraphId::require(&access.account.remote_id)?,
        })
    }

    pub async fn prepare(&self, job: &Job<'_>) -> Result<Prepared, Failure> {
        if job.content.images.is_empty() {
            return Err(Failure::content("text_only_not_allowed"));
        }
        let mut marks = Marks::read(job.marks, job.content);
        if let Some(container) = marks.final_container() {
            return self.await_final(marks, &container).await;
        }
        let next = marks.items.iter().zip(&job.content.images).position(|(item, _)| item.container.is_none());
        if let Some(index) = next {
            return self.build_item(marks, index, job).await;
        }
        // Only a carousel comes here: its items have containers, it has none yet.
        for index in 0..marks.items.len() {
            let Some(item) = marks.items.get(index).filter(|item| !item.ready) else { continue };
            let Some(id) = item.container.as_deref().and_then(GraphId::parse) else {
                return self
                    .build_again(marks, Failure::new(FailureClass::Retry, Problem::new(CONTAINER_EXPIRED)));
            };
            match self.status(&id).await? {
                Status::Finished | Status::Published => {
                    if let Some(item) = marks.items.get_mut(index) {
                        item.ready = true;
                    }
                }
                Status::InProgress | Status::Missing if (marks.polls as usize) < POLLS.len() => {
                    return Ok(wait_for_status(marks));
                }
                status => return self.build_again(marks, broken(status)),
            }
        }
        self.build_carousel(marks, job).await
    }

    /// Reads the state of the container that will be published.
    async fn await_final(&self, marks: Marks, container: &GraphId) -> Result<Prepared, Failure> {
        match self.status(container).await? {
            Status::Finished => Ok(Prepared::Ready { marks: marks.write() }),
            // An earlier call of ours published it. To build another one would post twice.
            Status::Published => {
                Err(Failure::new(FailureClass::Duplicate, Problem::new("already_published")))
            }
            Status::InProgress if (marks.polls as usize) < POLLS.len() => Ok(wait_for_status(marks)),
            // A new container is not always visible at once: ask twice before building another.
            Status::Missing if marks.polls < 2 => {
                let marks = Marks { polls: marks.polls + 1, ..marks };
                Ok(Prepared::Wait { marks: marks.write(), after: AGAIN })
            }
            status => self.build_again(marks, broken(status)),
        }
    }

    async fn build_item(&self, mut marks: Marks, index: usize, job: &Job<'_>) -> Result<Prepared, Failure> {
        let (Some(image), Some(item)) = (job.content.images.get(index), marks.items.get(index)) else {
            return Err(Failure::content("text_only_not_allowed"));
        };
        let own_address = usable_address(image.source_url.as_deref()).filter(|_| !marks.through_page);
        let address = match (own_address, &item.photo) {
            (Some(address), _) => address,
            (None, None) => return self.host_photo(marks, index, &job.content.images).await,
            (None, Some(photo)) => {
                let photo = GraphId::require(photo)?;
                match public_address(&self.graph, &photo).await {
                    Ok(address) => address,
                    Err(failure) if is_container_lost(&failure) => {
                        // The Page forgot the photo: upload it again.
                        return self.host_photo(marks, index, &job.content.images).await;
                    }
                    Err(failure) => return Err(failure),
                }
            }
        };

        let is_single = job.content.images.len() == 1;
        let mut form = vec![("image_url", address.as_str())];
        if is_single {
            if !job.content.text.is_empty() {
                form.push(("caption", &job.content.text));
            }
        } else {
            form.push(("is_carousel_item", "true"));
        }
        if !image.alt_text.is_empty() {
            form.push(("alt_text", &image.alt_text));
        }
        match self.create(&form).await {
            Ok(id) => {
                if let Some(item) = marks.items.get_mut(index) {
                    item.container = Some(id.as_str().to_owned());
                    item.ready = false;
                }
                let is_last = index + 1 == marks.items.len();
                Ok(if is_last { wait_for_status(Marks { polls: 0, ..marks }) } else { at_once(&marks) })
            }
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    /// Gives a local picture a public address: an unpublished photo of the linked Page.
    async fn host_photo(
        &self,
        mut marks: Marks,
        index: usize,
        images: &[OutgoingImage],
    ) -> Result<Prepared, Failure> {
        let (Some(image), Some(first)) = (images.get(index), images.first()) else {
            return Err(Failure::content("text_only_not_allowed"));
        };
        if !self.access.account.settings.facebook_photo_host {
            return Err(Failure::content("public_url_needed"));
        }
        let known = self.access.account.facts.get("page_id").and_then(|id| GraphId::parse(id.as_str()?));
        let page = match known {
            Some(page) => page,
            None => own_id(&self.graph).await?,
        };
        let limits = self.image_limits(&marks, index, first).await?;
        let picture = self.access.media.jpeg(&image.media_id, &limits).await?;
        let photo = upload_unpublished(&self.graph, &page, picture, "", false).await?;
        marks.hosted.push(photo.as_str().to_owned());
        if let Some(item) = marks.items.get_mut(index) {
            item.photo = Some(photo.as_str().to_owned());
        }
        Ok(at_once(&marks))
    }

    /// Instagram crops every picture of a carousel to the ratio of the first. Ours come with it, so that
    /// what is cut off is cut by us, around the centre.
    async fn image_limits(
        &self,
        marks: &Marks,
        index: usize,
        first: &OutgoingImage,
    ) -> Result<ImageLimits, Failure> {
        let limits = super::DESCRIPTOR.limits.image;
        // The size of a picture that is fetched from its own address is not ours to know.
        let is_ours = marks.items.first().is_some_and(|item| item.photo.is_some());
        if index == 0 || !is_ours {
            return Ok(limits);
        }
        let shown = self.access.media.jpeg(&first.media_id, &limits).await?;
        let ratio = f64::from(shown.width) / f64::from(shown.height.max(1));
        Ok(ImageLimits { min_ratio: Some(ratio), max_ratio: Some(ratio), ..limits })
    }

    async fn build_carousel(&self, marks: Marks, job: &Job<'_>) -> Result<Prepared, Failure> {
        let children: Vec<&str> = marks.items.iter().filter_map(|item| item.container.as_deref()).collect();
        let children = children.join(",");
        let mut form = vec![("media_type", "CAROUSEL"), ("children", children.as_str())];
        if !job.content.text.is_empty() {
            form.push(("caption", &job.content.text));
        }
        match self.create(&form).await {
            Ok(id) => {
                Ok(wait_for_status(Marks { carousel: Some(id.as_str().to_owned()), polls: 0, ..marks }))
            }
            Err(failure) if is_container_lost(&failure) || failure.problem.code == CONTAINER_EXPIRED => {
                self.build_again(marks, failure)
            }
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    async fn create(&self, form: &[(&str, &str)]) -> Result<GraphId, Failure> {
        let body = self.graph.post(&format!("/{}/media", self.account), form).await?;
        GraphId::of(&body, "id").ok_or_else(|| {
            Failure::new(FailureClass::Retry, Problem::new("answer_without_id").message("media"))
        })
    }

    /// Decides what a refused container means for the picture's address.
    fn after_refusal(&self, mut marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        let is_fetch = failure.problem.code == FETCH_FAILED;
        let may_host = self.access.account.settings.facebook_photo_host && !marks.through_page;
        let is_last_try = marks.failures + 1 >= MAX_FAILURES;
        if may_host && (is_about_the_picture(&failure) || (is_fetch && is_last_try)) {
            marks.drop_containers();
            marks.through_page = true;
            marks.failures = 0;
            return Ok(at_once(&marks));
        }
        if is_fetch {
            return self.build_again(marks, Failure { class: FailureClass::Content, ..failure });
        }
        Err(failure)
    }

    /// Starts over with new containers, or gives up with `failure` after several times.
    fn build_again(&self, mut marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        let is_old =
            marks.first_failure_at.is_none_or(|at| self.access.now.duration_since(at) > FAILURE_MEMORY);
        if is_old {
            marks.failures = 0;
            marks.first_failure_at = Some(self.access.now);
        }
        if marks.failures + 1 >= MAX_FAILURES {
            return Err(failure);
        }
        marks.failures += 1;
        marks.drop_containers();
        Ok(Prepared::Wait { marks: marks.write(), after: AGAIN })
    }

    pub async fn send(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks, job.content);
        let Some(container) = marks.final_container() else {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        };
        let form = [("creation_id", container.as_str())];
        let path = format!("/{}/media_publish", self.account);
        let body = self.graph.post_once(&path, &[], &form).await.map_err(doubtful_publish)?;
        let id = GraphId::of(&body, "id").ok_or_else(|| Failure::unknown("answer_without_id"))?;
        let seen = self.graph.peek(&format!("/{id}"), &[("fields", "permalink")]).await;
        Ok(Sent::Published(Receipt {
            remote_id: id.as_str().to_owned(),
            permalink: seen.as_ref().and_then(|media| text_of(media, "permalink")).map(str::to_owned),
            leftovers: !marks.hosted.is_empty(),
        }))
    }

    /// A later look at a public post: its number and address where they are not known yet, and the end
    /// of the Page photos that lent their address.
    pub async fn verify(&self, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let marks = Marks::read(job.marks, job.content);
        let id = GraphId::require(job.remote_id.unwrap_or_default())?;
        let mut receipt = if marks.final_container().as_ref() == Some(&id) {
            self.the_one_published(&marks, job)
                .await?
                .map_or(Receipt { remote_id: id.as_str().to_owned(), ..Receipt::default() }, |media| {
                    media.receipt()
                })
        } else {
            let body = match self.graph.get(&format!("/{id}"), &[("fields", "id,permalink")]).await {
                Err(failure) if is_gone(&failure) => return Ok(HandedOver::Gone),
                body => body?,
            };
            let permalink = text_of(&body, "permalink").map(str::to_owned);
            Receipt { remote_id: id.as_str().to_owned(), permalink, leftovers: false }
        };
        receipt.leftovers = !self.remove_hosted(&marks).await;
        Ok(HandedOver::Published(receipt))
    }

    /// Removes the Page photos. Returns whether there is nothing left to do.
    async fn remove_hosted(&self, marks: &Marks) -> bool {
        let mut is_done = true;
        for photo in marks.hosted.iter().filter_map(|id| GraphId::parse(id)) {
            if let Err(failure) = self.graph.delete(&photo).await {
                // What the Page will never allow is not asked for again.
                is_done &= matches!(failure.class, FailureClass::Content | FailureClass::Reauth);
                tracing::info!(code = failure.problem.code, "A hidden Page photo could not be removed.");
            }
        }
        is_done
    }

    /// The media that a published container became, when there is exactly one that it can be.
    async fn the_one_published(&self, marks: &Marks, job: &Job<'_>) -> Result<Option<Media>, Failure> {
        let since = job.first_sent_at.unwrap_or(job.created_at);
        let mut found = self.published_since(&marks.text_hash, since).await?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    /// Asks the container itself what happened to it.
    pub async fn reconcile(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        let mut marks = Marks::read(job.marks, job.content);
        let Some(container) = marks.final_container() else {
            // Without a container no request can have left.
            return Ok(Finding::Rebuild { marks: marks.write() });
        };
        let status = self.status(&container).await?;
        match status {
            Status::Finished => Ok(Finding::Repeat),
            Status::InProgress => Ok(Finding::Pending { after: Duration::from_secs(10) }),
            Status::Error(_) | Status::Expired => {
                marks.drop_containers();
                Ok(Finding::Rebuild { marks: marks.write() })
            }
            Status::Published | Status::Missing => {
                let since = job.first_sent_at.unwrap_or(job.created_at);
                let leftovers = !marks.hosted.is_empty();
                let mut found = self
                    .published_since(&marks.text_hash, since)
                    .await?
                    .into_iter()
                    .map(|media| Receipt { leftovers, ..media.receipt() });
                if let Some(oldest) = found.next() {
                    return Ok(Finding::Found { sent: Sent::Published(oldest), others: found.collect() });
                }
                Ok(match status {
                    Status::Missing => Finding::NotFound,
                    _ if self.access.now.duration_since(since) < LIST_LAG => {
                        Finding::Pending { after: AGAIN }
                    }
                    // The container says that it is out; only its number in the list is not known.
                    _ => Finding::Found {
                        sent: Sent::Published(Receipt {
                            remote_id: container.as_str().to_owned(),
                            permalink: None,
                            leftovers,
                        }),
                        others: Vec::new(),
                    },
                })
            }
        }
    }

    pub async fn delete(&self, job: &Job<'_>) -> Result<(), Failure> {
        let marks = Marks::read(job.marks, job.content);
        let mut id = GraphId::require(job.remote_id.unwrap_or_default())?;
        if marks.final_container().as_ref() == Some(&id) {
            // Only its container was known. Of several posts with these words none is removed blindly.
            let media = self.the_one_published(&marks, job).await.map_err(Failure::while_looking)?;
            id = media.ok_or_else(|| Failure::content("remote_id_unknown"))?.id;
        }
        self.graph.delete(&id).await.map_err(|mut failure| {
            // Its own permission, not needed for publishing: the account stays connected.
            if failure.problem.code == "permission_missing" {
                failure.class = FailureClass::Content;
                "delete_permission_missing".clone_into(&mut failure.problem.code);
            }
            failure
        })?;
        // The later look that would have done it is over with the post.
        self.remove_hosted(&marks).await;
        Ok(())
    }

    async fn status(&self, container: &GraphId) -> Result<Status, Failure> {
        match self.graph.get(&format!("/{container}"), &[("fields", "status_code,status")]).await {
            Ok(body) => Status::read(&body).ok_or_else(|| {
                Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("status_code"))
            }),
            Err(failure) if is_container_lost(&failure) => Ok(Status::Missing),
            Err(failure) if failure.problem.code == CONTAINER_EXPIRED => Ok(Status::Expired),
            Err(failure) => Err(failure.while_looking()),
        }
    }

    /// Own media with these words since a moment, oldest first.
    async fn published_since(&self, text_hash: &str, since: Timestamp) -> Result<Vec<Media>, Failure> {
        let query = [("fields", "id,caption,timestamp,permalink,media_product_type"), ("limit", "50")];
        let body = self.graph.get(&format!("/{}/media", self.account), &query).await?;
        let since = earliest_effect(since, self.graph.their_delay());
        let mut found: Vec<Media> = read_all(&body, Media::read)?
            .into_iter()
            .filter(|media| media.at.is_none_or(|at| at >= since) && fingerprint(&media.caption) == text_hash)
            .collect();
        found.sort_by_key(|media| media.at);
        Ok(found)
    }
}

fn at_once(marks: &Marks) -> Prepared {
    Prepared::Wait { marks: marks.write(), after: NEXT_STEP }
}

/// The next status read.
fn wait_for_status(mut marks: Marks) -> Prepared {
    let pause = POLLS.get(marks.polls as usize).or(POLLS.last()).copied().unwrap_or(60);
    marks.polls += 1;
    Prepared::Wait { marks: marks.write(), after: Duration::from_secs(pause) }
}

/// Why a container will never be ready.
fn broken(status: Status) -> Failure {
    match status {
        Status::Error(words) => {
            Failure::new(FailureClass::Content, Problem::new("media_processing_failed").message(words))
        }
        Status::Expired | Status::Missing => {
            Failure::new(FailureClass::Retry, Problem::new(CONTAINER_EXPIRED))
        }
        _ => Failure::new(FailureClass::Retry, Problem::new("container_timeout")),
    }
}
