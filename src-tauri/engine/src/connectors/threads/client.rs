//! Requests to `graph.threads.net`: the profile, the day's quota, and what goes into a container; and to the
//! Page that lends its address to pictures of this computer.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    errors::table,
    token,
    wire::{DIALECT, Profile, usable_address},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Finding, HandedOver, Job, Prepared, Sent,
        graph::{
            Graph,
            containers::{
                CONTAINER_EXPIRED, Containers, FETCH_FAILED, Step, at_once, is_container_lost,
                wait_for_status,
            },
            errors::Verdict,
            marks::Marks,
            page_host::PageHost,
            wire::{GraphError, GraphId, items},
        },
    },
    domain::{Problem, account::ServerFacts},
};

/// Credential field with the token of the Page.
pub(super) const PAGE_TOKEN: &str = "page_token";
/// Name of the Graph's address among the further addresses of the platform.
const PHOTOS: &str = "photos";

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

/// The Page that lends an address to pictures of this computer, when the owner gave its token.
pub(super) fn page(access: &Access<'_>) -> Option<SecretString> {
    let token = access.credentials.get(PAGE_TOKEN)?.expose_secret().trim();
    (!token.is_empty()).then(|| SecretString::from(token.to_owned()))
}

/// The Page's way to the Graph.
pub(super) fn page_graph<'a>(access: &Access<'a>, token: &SecretString) -> Graph<'a> {
    Graph::at(access, access.platform.host(PHOTOS, access.base_url), token, page_table)
}

/// The Page has no rows of its own.
fn page_table(_: &GraphError) -> Option<Verdict> {
    None
}

/// What the Page refuses is no word about the Threads account: only its photos stay out.
fn about_the_page(failure: Failure) -> Failure {
    match failure.class {
        FailureClass::Reauth | FailureClass::Blocked => {
            let problem = Problem { code: "cannot_host_photos".to_owned(), ..failure.problem };
            Failure { class: FailureClass::Content, problem, ..failure }
        }
        _ => failure,
    }
}

/// One account's way to Threads.
pub(super) struct Client<'a, 'b> {
    containers: Containers<'a>,
    host: Option<PageHost<'a>>,
    access: &'b Access<'a>,
}

impl<'a, 'b> Client<'a, 'b> {
    pub fn new(access: &'b Access<'a>, token: &SecretString) -> Result<Self, Failure> {
        let containers = Containers {
            graph: Graph::new(access, token, table),
            account: GraphId::require(&access.account.remote_id)?,
            now: access.now,
            dialect: &DIALECT,
        };
        let host = page(access).map(|token| PageHost::new(page_graph(access, &token), access));
        Ok(Self { containers, host, access })
    }

    /// With the stored token.
    pub fn of(access: &'b Access<'a>) -> Result<Self, Failure> {
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
        let Some(image) = job.content.images.get(index) else {
            return Err(Failure::content("text_only_not_allowed"));
        };
        let own_address = usable_address(image.source_url.as_deref()).filter(|_| !marks.through_page);
        let lent = match own_address {
            Some(_) => None,
            None => self.borrow_address(&mut marks, index, job).await?,
        };
        let address = match (own_address.or(lent), &self.host) {
            (Some(address), _) => address,
            (None, None) => return Err(Failure::content("photo_address_needed")),
            (None, Some(host)) => {
                if let Some(address) = host.address(&marks, index).await.map_err(about_the_page)? {
                    address
                } else {
                    let limits = super::DESCRIPTOR.limits.image;
                    let picture = self.access.media.jpeg(&image.media_id, &limits).await?;
                    host.bring(&mut marks, index, picture).await.map_err(about_the_page)?;
                    return Ok(at_once(&marks));
                }
            }
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

    /// The address that the owner's web site lends to a picture. What is wrong with the web site is not said
    /// where the Page may take its place.
    async fn borrow_address(
        &self,
        marks: &mut Marks,
        index: usize,
        job: &Job<'_>,
    ) -> Result<Option<String>, Failure> {
        let has_photo = marks.items.get(index).is_some_and(|item| item.photo.is_some());
        let Some(image) = job.content.images.get(index).filter(|_| !marks.through_page && !has_photo) else {
            return Ok(None);
        };
        let limits = super::DESCRIPTOR.limits.image;
        let lent = self.access.media.public_address(job.delivery_id, &image.media_id, &limits).await;
        let lent = if self.host.is_some() { lent.unwrap_or_default() } else { lent? };
        marks.keep_lent(index, lent.is_some());
        Ok(lent)
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

    /// A picture out of reach may be so for a moment only: tried again, then through the Page where there
    /// is one, then a matter of the content.
    fn after_refusal(&self, mut marks: Marks, failure: Failure) -> Result<Prepared, Failure> {
        if failure.problem.code != FETCH_FAILED {
            return Err(failure);
        }
        if Containers::is_last_try(&marks) && self.host.is_some() && !marks.through_page {
            marks.drop_containers();
            marks.through_page = true;
            marks.failures = 0;
            return Ok(at_once(&marks));
        }
        self.containers.build_again(marks, Failure { class: FailureClass::Content, ..failure })
    }

    pub async fn send(&self, job: &Job<'_>) -> Result<Sent, Failure> {
        self.containers.send(job).await
    }

    pub async fn reconcile(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        self.containers.reconcile(job).await
    }

    pub async fn look_up(&self, job: &Job<'_>) -> Result<Finding, Failure> {
        self.containers.look_up(job).await
    }

    /// Also the end of the Page photos that lent their address.
    pub async fn verify(&self, job: &Job<'_>) -> Result<HandedOver, Failure> {
        match self.containers.verify(job).await? {
            HandedOver::Published(mut receipt) => {
                receipt.leftovers = !self.remove_hosted(job).await;
                Ok(HandedOver::Published(receipt))
            }
            other => Ok(other),
        }
    }

    pub async fn delete(&self, job: &Job<'_>) -> Result<(), Failure> {
        self.containers.delete(job).await?;
        self.remove_hosted(job).await;
        Ok(())
    }

    async fn remove_hosted(&self, job: &Job<'_>) -> bool {
        match &self.host {
            Some(host) => host.remove(&Marks::read(job.marks, job.content)).await,
            // Without the Page's token nothing can be removed, now or later.
            None => true,
        }
    }
}
