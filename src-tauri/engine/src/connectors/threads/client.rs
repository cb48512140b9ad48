//! Requests to `graph.threads.net`: the profile, the day's quota, and what goes into a container.

use secrecy::SecretString;
use serde_json::Value;

use super::{
    errors::table,
    token,
    wire::{DIALECT, Profile, usable_address},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Job, Prepared,
        graph::{
            Graph,
            containers::{
                CONTAINER_EXPIRED, Containers, FETCH_FAILED, Step, at_once, is_container_lost,
                wait_for_status,
            },
            marks::Marks,
            wire::{GraphId, items},
        },
    },
    domain::{Problem, account::ServerFacts},
};

/// What the quota's address says, which is also whether the token may publish.
pub(super) struct Quota {
    /// `quota_usage` and `quota_total`, as far as they are told.
    pub facts: ServerFacts,
    /// The permission to publish is missing.
    pub is_refused: bool,
}

/// Whose token it is.
pub(super) async fn profile(access: &Access<'_>, token: &SecretString) -> Result<Profile, Failure> {
    let body = Graph::new(access, token, table).get("/me", &[("fields", "id,username,name")]).await?;
    Profile::read(&body)
        .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("me")))
}

/// Reads the quota. It is nice to have: what else goes wrong with it is left out.
pub(super) async fn quota(
    access: &Access<'_>,
    token: &SecretString,
    account: &GraphId,
) -> Result<Quota, Failure> {
    let path = format!("/{account}/threads_publishing_limit");
    let answer = Graph::new(access, token, table).get(&path, &[("fields", "quota_usage,config")]).await;
    let mut facts = ServerFacts::new();
    let body = match answer {
        Ok(body) => body,
        Err(failure) => {
            let is_refused = failure.problem.code == "permission_missing";
            return Ok(Quota { facts, is_refused });
        }
    };
    let limit = items(&body).first();
    for (key, pointer) in [("quota_usage", "/quota_usage"), ("quota_total", "/config/quota_total")] {
        if let Some(number) = limit.and_then(|limit| limit.pointer(pointer)).and_then(Value::as_u64) {
            facts.insert(key.to_owned(), number.into());
        }
    }
    Ok(Quota { facts, is_refused: false })
}

/// One account's way to Threads.
pub(super) struct Client<'a> {
    pub containers: Containers<'a>,
}

impl<'a> Client<'a> {
    pub fn new(access: &Access<'a>, token: &SecretString) -> Result<Self, Failure> {
        let containers = Containers {
            graph: Graph::new(access, token, table),
            account: GraphId::require(&access.account.remote_id)?,
            now: access.now,
            dialect: &DIALECT,
        };
        Ok(Self { containers })
    }

    /// With the stored token.
    pub fn of(access: &Access<'a>) -> Result<Self, Failure> {
        Self::new(access, &token::stored(access)?.secret)
    }

    pub async fn prepare(&self, job: &Job<'_>) -> Result<Prepared, Failure> {
        match self.containers.next(Marks::read(job.marks, job.content)).await? {
            Step::Done(prepared) => Ok(prepared),
            Step::Item(marks, index) => self.build_item(marks, index, job).await,
            Step::Whole(marks) => self.build_whole(marks, job).await,
        }
    }

    async fn build_item(&self, mut marks: Marks, index: usize, job: &Job<'_>) -> Result<Prepared, Failure> {
        let image = job.content.images.get(index);
        let address = image.and_then(|image| usable_address(image.source_url.as_deref()));
        let (Some(image), Some(address)) = (image, address) else {
            return Err(Failure::content("photo_address_needed"));
        };
        let mut form = vec![("media_type", "IMAGE"), ("image_url", address.as_str())];
        if job.content.images.len() > 1 {
            form.push(("is_carousel_item", "true"));
        } else if !job.content.text.is_empty() {
            form.push(("text", &job.content.text));
        }
        if !image.alt_text.is_empty() {
            form.push(("alt_text", &image.alt_text));
        }
        match self.containers.create(&form).await {
            Ok(id) => Ok(if marks.keep_item(index, &id) { wait_for_status(marks) } else { at_once(&marks) }),
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    /// A carousel around its pictures, or words alone.
    async fn build_whole(&self, mut marks: Marks, job: &Job<'_>) -> Result<Prepared, Failure> {
        let children = marks.children();
        let mut form = if children.is_empty() {
            vec![("media_type", "TEXT")]
        } else {
            vec![("media_type", "CAROUSEL"), ("children", children.as_str())]
        };
        if !job.content.text.is_empty() {
            form.push(("text", &job.content.text));
        }
        match self.containers.create(&form).await {
            Ok(id) => {
                marks.keep_whole(&id);
                // There is nothing to process in words.
                Ok(if children.is_empty() { at_once(&marks) } else { wait_for_status(marks) })
            }
            Err(failure) if is_container_lost(&failure) || failure.problem.code == CONTAINER_EXPIRED => {
                self.containers.build_again(marks, failure)
            }
            Err(failure) => self.after_refusal(marks, failure),
        }
    }

    /// A picture out of reach may be so for a moment only: tried again, then a matter of the content.
    fn after_refusal(&self, marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        if failure.problem.code == FETCH_FAILED {
            let failure = Failure { class: FailureClass::Content, ..failure };
            return self.containers.build_again(marks, failure);
        }
        Err(failure)
    }
}
