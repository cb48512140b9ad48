//! Publishing in two steps, as Instagram and Threads do it: containers that nobody sees, then their
//! publication, and the container itself as the witness of what happened (kind C).
//!
//! The steps and their decisions are the same; a [`Dialect`] holds the names. What goes into a container
//! stays with the connectors.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use url::Url;

use super::{
    Graph,
    errors::is_gone,
    marks::Marks,
    wire::{GraphId, read_all, text_of, time_of},
};
use crate::{
    connectors::{Failure, FailureClass, Finding, HandedOver, Job, Prepared, Receipt, Sent, earliest_effect},
    domain::{Problem, fingerprint::fingerprint},
};

/// Their server could not fetch the picture; sometimes only for a moment.
pub const FETCH_FAILED: &str = "media_fetch_failed";
/// The container is unknown: never made, used up, or not visible yet.
pub const CONTAINER_MISSING: &str = "container_missing";
pub const CONTAINER_EXPIRED: &str = "container_expired";

/// Pauses between status reads; together a little over five minutes (social-platforms reference 2.2).
const POLLS: [u64; 8] = [5, 10, 20, 40, 60, 60, 60, 60];
/// Between two steps that wait for nothing: only the notes have to be stored.
const NEXT_STEP: Duration = Duration::from_millis(10);
/// Pause before a container is built again, or asked for again when it is not visible yet.
const AGAIN: Duration = Duration::from_secs(30);
/// Builds that may fail one after another.
const MAX_FAILURES: u32 = 3;
/// Failures longer ago than this are another story.
const FAILURE_MEMORY: SignedDuration = SignedDuration::from_mins(15);
/// Time after which the account's list must show what was published.
const LIST_LAG: SignedDuration = SignedDuration::from_mins(3);

/// What the networks call the same things.
pub struct Dialect {
    /// Edge of the account that makes a container, and lists its posts.
    pub edge: &'static str,
    /// Edge of the account that publishes one.
    pub publish: &'static str,
    /// Field of a container with its state, and the one with words about an error.
    pub status: &'static str,
    pub status_words: &'static str,
    /// Field of a post with its words.
    pub text: &'static str,
    /// Fingerprint of words as a list gives them back; sent and read words must have the same.
    pub recognise: fn(&str) -> String,
}

/// State of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    InProgress,
    Finished,
    Published,
    Expired,
    /// With the platform's words, which only a person may interpret.
    Error(String),
    /// Not readable (any more).
    Missing,
}

impl Status {
    /// `None` when the answer says nothing about the state.
    pub fn read(body: &Value, dialect: &Dialect) -> Option<Self> {
        Some(match text_of(body, dialect.status)? {
            "FINISHED" => Self::Finished,
            "PUBLISHED" => Self::Published,
            "EXPIRED" => Self::Expired,
            "ERROR" => Self::Error(text_of(body, dialect.status_words).unwrap_or_default().to_owned()),
            // An unknown word is not the end of anything; the number of polls is limited.
            _ => Self::InProgress,
        })
    }
}

/// A published post as the account's list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    pub id: GraphId,
    pub text: String,
    pub at: Option<Timestamp>,
    pub permalink: Option<String>,
}

impl Media {
    fn read(item: &Value, dialect: &Dialect) -> Option<Self> {
        Some(Self {
            id: GraphId::of(item, "id")?,
            text: text_of(item, dialect.text).unwrap_or_default().to_owned(),
            at: item.get("timestamp").and_then(time_of),
            permalink: text_of(item, "permalink").map(str::to_owned),
        })
    }

    fn receipt(&self) -> Receipt {
        Receipt {
            remote_id: self.id.as_str().to_owned(),
            permalink: self.permalink.clone(),
            leftovers: false,
        }
    }
}

/// What a preparation has to do next.
pub enum Step {
    /// Nothing but this.
    Done(Prepared),
    /// Make the container of this picture.
    Item(Marks, usize),
    /// Make the container of the whole: of a carousel, or of words alone.
    Whole(Marks),
}

/// One account's containers.
pub struct Containers<'a> {
    pub graph: Graph<'a>,
    pub account: GraphId,
    pub now: Timestamp,
    pub dialect: &'static Dialect,
}

impl Containers<'_> {
    /// Says what the notes leave to do, after asking how far the containers are. One step per call, so
    /// that each id is stored at once.
    pub async fn next(&self, mut marks: Marks) -> Result<Step, Failure> {
        if let Some(container) = marks.final_container() {
            return self.await_final(marks, &container).await.map(Step::Done);
        }
        if let Some(index) = marks.items.iter().position(|item| item.container.is_none()) {
            return Ok(Step::Item(marks, index));
        }
        // Only the whole is left; the items of a carousel have to be ready first.
        for index in 0..marks.items.len() {
            let Some(item) = marks.items.get(index).filter(|item| !item.ready) else { continue };
            let Some(id) = item.container.as_deref().and_then(GraphId::parse) else {
                let expired = Failure::new(FailureClass::Retry, Problem::new(CONTAINER_EXPIRED));
                return self.build_again(marks, expired).map(Step::Done);
            };
            match self.status(&id).await? {
                Status::Finished | Status::Published => {
                    if let Some(item) = marks.items.get_mut(index) {
                        item.ready = true;
                    }
                }
                Status::InProgress | Status::Missing if (marks.polls as usize) < POLLS.len() => {
                    return Ok(Step::Done(wait_for_status(marks)));
                }
                status => return self.build_again(marks, broken(status)).map(Step::Done),
            }
        }
        Ok(Step::Whole(marks))
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

    /// Makes a container. Invisible, so it may be repeated.
    pub async fn create(&self, form: &[(&str, &str)]) -> Result<GraphId, Failure> {
        let body = self.graph.post(&format!("/{}/{}", self.account, self.dialect.edge), form).await?;
        GraphId::of(&body, "id").ok_or_else(|| {
            Failure::new(FailureClass::Retry, Problem::new("answer_without_id").message(self.dialect.edge))
        })
    }

    /// Says whether one more build may fail.
    pub fn is_last_try(marks: &Marks) -> bool {
        marks.failures + 1 >= MAX_FAILURES
    }

    /// Starts over with new containers, or gives up with `failure` after several times.
    pub fn build_again(&self, mut marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        let is_old = marks.first_failure_at.is_none_or(|at| self.now.duration_since(at) > FAILURE_MEMORY);
        if is_old {
            marks.failures = 0;
            marks.first_failure_at = Some(self.now);
        }
        if Self::is_last_try(&marks) {
            return Err(failure);
        }
        marks.failures += 1;
        marks.drop_containers();
        Ok(Prepared::Wait { marks: marks.write(), after: AGAIN })
    }

    /// The irreversible request.
    pub async fn send(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks, job.content);
        let Some(container) = marks.final_container() else {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        };
        let form = [("creation_id", container.as_str())];
        let path = format!("/{}/{}", self.account, self.dialect.publish);
        let body = self.graph.post_once(&path, &[], &form).await.map_err(doubtful_publish)?;
        let id = GraphId::of(&body, "id").ok_or_else(|| Failure::unknown("answer_without_id"))?;
        let seen = self.graph.peek(&format!("/{id}"), &[("fields", "permalink")]).await;
        Ok(Sent::Published(Receipt {
            remote_id: id.as_str().to_owned(),
            permalink: seen.as_ref().and_then(|media| text_of(media, "permalink")).map(str::to_owned),
            leftovers: !marks.hosted.is_empty(),
        }))
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
                    .published_since(&job.content.text, since)
                    .await?
                    .into_iter()
                    .map(|media| Receipt { leftovers, ..media.receipt() });
                if let Some(oldest) = found.next() {
                    return Ok(Finding::Found { sent: Sent::Published(oldest), others: found.collect() });
                }
                Ok(match status {
                    Status::Missing => Finding::NotFound,
                    _ if self.now.duration_since(since) < LIST_LAG => Finding::Pending { after: AGAIN },
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

    /// Looks among the account's latest posts, whatever the notes say. Pictures without words look all the
    /// same in that list.
    pub async fn look_up(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(since) = job.first_sent_at.filter(|_| !job.content.text.trim().is_empty()) else {
            return Ok(Finding::NotFound);
        };
        let leftovers = !Marks::read(job.marks, job.content).hosted.is_empty();
        let mut found = self
            .published_since(&job.content.text, since)
            .await?
            .into_iter()
            .filter(|media| media.at.is_some())
            .map(|media| Receipt { leftovers, ..media.receipt() });
        Ok(match found.next() {
            Some(oldest) => Finding::Found { sent: Sent::Published(oldest), others: found.collect() },
            None => Finding::NotFound,
        })
    }

    /// A later look at a public post: its number and address where they are not known yet.
    pub async fn verify(&self, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let marks = Marks::read(job.marks, job.content);
        let id = GraphId::require(job.remote_id.unwrap_or_default())?;
        let unchanged = Receipt { remote_id: id.as_str().to_owned(), ..Receipt::default() };
        if marks.final_container().as_ref() == Some(&id) {
            let media = self.the_one_published(job).await?;
            return Ok(HandedOver::Published(media.map_or(unchanged, |media| media.receipt())));
        }
        match self.graph.get(&format!("/{id}"), &[("fields", "id,permalink")]).await {
            Err(failure) if is_gone(&failure) => Ok(HandedOver::Gone),
            Err(failure) => Err(failure),
            Ok(body) => {
                let permalink = text_of(&body, "permalink").map(str::to_owned);
                Ok(HandedOver::Published(Receipt { permalink, ..unchanged }))
            }
        }
    }

    /// Deletes the post; already gone is success.
    pub async fn delete(&self, job: &Job<'_>) -> Result<(), Failure> {
        let marks = Marks::read(job.marks, job.content);
        let mut id = GraphId::require(job.remote_id.unwrap_or_default())?;
        if marks.final_container().as_ref() == Some(&id) {
            // Only its container was known. Of several posts with these words none is removed blindly.
            let media = self.the_one_published(job).await.map_err(Failure::while_looking)?;
            id = media.ok_or_else(|| Failure::content("remote_id_unknown"))?.id;
        }
        self.graph.delete(&id).await.map(|_| ()).map_err(|mut failure| {
            // Its own permission, not needed for publishing: the account stays connected.
            if failure.problem.code == "permission_missing" {
                failure.class = FailureClass::Content;
                "delete_permission_missing".clone_into(&mut failure.problem.code);
            }
            failure
        })
    }

    /// The post that a published container became, when there is exactly one that it can be.
    async fn the_one_published(&self, job: &Job<'_>) -> Result<Option<Media>, Failure> {
        let since = job.first_sent_at.unwrap_or(job.created_at);
        let mut found = self.published_since(&job.content.text, since).await?;
        Ok(if found.len() == 1 { found.pop() } else { None })
    }

    async fn status(&self, container: &GraphId) -> Result<Status, Failure> {
        let fields = format!("{},{}", self.dialect.status, self.dialect.status_words);
        match self.graph.get(&format!("/{container}"), &[("fields", &fields)]).await {
            Ok(body) => Status::read(&body, self.dialect).ok_or_else(|| {
                let unread = Problem::new("unreadable_answer").message(self.dialect.status);
                Failure::new(FailureClass::Retry, unread)
            }),
            Err(failure) if is_container_lost(&failure) => Ok(Status::Missing),
            Err(failure) if failure.problem.code == CONTAINER_EXPIRED => Ok(Status::Expired),
            Err(failure) => Err(failure.while_looking()),
        }
    }

    /// Own posts with these words since a moment, oldest first.
    async fn published_since(&self, text: &str, since: Timestamp) -> Result<Vec<Media>, Failure> {
        let fields = format!("id,{},timestamp,permalink", self.dialect.text);
        let query = [("fields", fields.as_str()), ("limit", "50")];
        let body = self.graph.get(&format!("/{}/{}", self.account, self.dialect.edge), &query).await?;
        let since = earliest_effect(since, self.graph.their_delay());
        let ours = (self.dialect.recognise)(text);
        let mut found: Vec<Media> = read_all(&body, |item| Media::read(item, self.dialect))?
            .into_iter()
            .filter(|media| media.at.is_none_or(|at| at >= since))
            .filter(|media| (self.dialect.recognise)(&media.text) == ours)
            .collect();
        found.sort_by_key(|media| media.at);
        Ok(found)
    }
}

/// Words that come back as they were sent.
pub fn as_sent(text: &str) -> String {
    fingerprint(text)
}

/// A picture's own address when their server may be able to fetch it as it is; `refused` are the endings
/// of formats that it does not take. Written in ASCII, as it wants it (social-platforms reference 2.4).
pub fn fetchable(source_url: Option<&str>, refused: &[&str]) -> Option<String> {
    let url = Url::parse(source_url?).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let name = url.path_segments()?.next_back().unwrap_or_default().to_lowercase();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    (!extension.is_some_and(|extension| refused.contains(&extension))).then(|| url.to_string())
}

/// The container cannot be read any more.
pub fn is_container_lost(failure: &Failure) -> bool {
    is_gone(failure) || failure.problem.code == CONTAINER_MISSING
}

/// A refusal of the publication that a used container gives as well as a lost one: only the container's
/// own state can tell, so the outcome is not known.
fn doubtful_publish(mut failure: Failure) -> Failure {
    if is_container_lost(&failure) || failure.problem.code == CONTAINER_EXPIRED {
        failure.class = FailureClass::Unknown;
    }
    failure
}

pub fn at_once(marks: &Marks) -> Prepared {
    Prepared::Wait { marks: marks.write(), after: NEXT_STEP }
}

/// The next status read.
pub fn wait_for_status(mut marks: Marks) -> Prepared {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DIALECT: Dialect = Dialect {
        edge: "media",
        publish: "media_publish",
        status: "status_code",
        status_words: "status",
        text: "caption",
        recognise: as_sent,
    };

    #[test]
    fn only_the_status_code_decides() {
        let read = |body: Value| Status::read(&body, &DIALECT);
        assert_eq!(
            read(json!({"status_code": "FINISHED", "status": "Error: 2207026"})),
            Some(Status::Finished)
        );
        assert_eq!(read(json!({"status_code": "ERROR", "status": "x"})), Some(Status::Error("x".into())));
        assert_eq!(read(json!({"status_code": "THINKING"})), Some(Status::InProgress));
        assert_eq!(read(json!({"id": "1"})), None);
    }
}
