//! Publishing: one request becomes one post and one delivery per account, in one transaction with the
//! idempotency key.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    By, Orchestrator, Refusal,
    gates::{Preview, Targets, refusals, warnings},
    reply::note_answered,
};
use crate::{
    domain::{
        ContentKind, Delivery, DeliveryId, DeliveryState, LatePolicy, OutgoingPost, Post, PostContent,
        PostId, Problem, Schedule, fingerprint::sha256_hex,
    },
    queue::plan,
    store::{
        StoreError, Tx, deliveries,
        idempotency::{self, Remembered},
        journal::{self, Entry},
        posts,
    },
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct PublishRequest {
    pub content: PostContent,
    /// Platform names (their default account) or account ids.
    pub platforms: Vec<String>,
    /// `2026-11-27T18:30:00`, or with `Z` or an offset; `None` = at once.
    pub scheduled_time: Option<String>,
    pub timezone: Option<String>,
    pub kind: ContentKind,
    pub late_policy: LatePolicy,
    /// Keep it without planning anything.
    pub draft: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Published {
    pub post: Post,
    pub deliveries: Vec<Delivery>,
    pub warnings: Vec<Warning>,
}

/// Something the caller should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: String,
    pub subject: String,
}

/// The key under which the answer is remembered, in the transaction of the work.
pub struct IdempotencyClaim<T = Published> {
    pub caller: String,
    pub key: String,
    pub request_hash: String,
    /// Makes the answer (status, body) that a repetition gets again.
    pub render: fn(&T) -> (u16, String),
}

impl<T> IdempotencyClaim<T> {
    /// Remembers the answer to what was done.
    pub(super) fn remember(&self, tx: &Tx<'_>, done: &T, now: Timestamp) -> Result<(), StoreError> {
        let (status, response) = (self.render)(done);
        let answer = Remembered { request_hash: self.request_hash.clone(), status, response };
        idempotency::add(tx, &self.caller, &self.key, &answer, now)
    }
}

/// How long after it went out an identical request of a program is taken for a repetition of the first.
const REPEATED_WITHIN: SignedDuration = SignedDuration::from_mins(2);

impl Orchestrator {
    /// Plans a post. The answer is given after the commit.
    ///
    /// Errors: a refusal by the gates keeps the work as a draft and names it.
    pub async fn publish(
        &self,
        request: PublishRequest,
        by: &By,
        claim: Option<IdempotencyClaim>,
    ) -> Result<Published, Refusal> {
        let now = self.clock.now();
        let schedule = self.schedule(request.scheduled_time.as_deref(), request.timezone.as_deref())?;
        if !request.draft && request.platforms.is_empty() {
            return Err(Refusal::new("missing_field").field("platforms", &[]));
        }
        let targets = self.targets(&request.platforms).await?;
        if !request.draft {
            not_past(schedule.as_ref(), request.late_policy, now)?;
        }
        let mut content = request.content;
        let mut sizes = self.fill_in_media(&mut content).await?;
        let mut post = Post {
            id: PostId::new(),
            kind: request.kind,
            content,
            revision: 1,
            schedule,
            late_policy: request.late_policy,
            targets: request.platforms,
            undo_until: None,
            problem: None,
            reply_to: None,
            created_by: by.actor.clone(),
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        if request.draft {
            return self.keep(post, Vec::new(), warnings(&targets, None), by, claim, now).await;
        }
        if let Err(refusal) = self.fetch_media_url(&mut post.content, &mut sizes).await {
            return Err(self.keep_as_draft(post, refusal, by).await);
        }
        let previews = match self.pass_gates(&targets, &post.content, &sizes) {
            Ok(previews) => previews,
            Err(refusal) => return Err(self.keep_as_draft(post, refusal, by).await),
        };
        let warnings = warnings(&targets, post.schedule.as_ref());
        let planned = self.plan_deliveries(&mut post, &previews, by, now)?;
        self.keep(post, planned, warnings, by, claim, now).await
    }

    /// Content rules of every target, and at least one target that is connected.
    pub(super) fn pass_gates(
        &self,
        targets: &Targets,
        content: &PostContent,
        sizes: &[(u32, u32)],
    ) -> Result<Vec<Preview>, Refusal> {
        if targets.accounts.is_empty() {
            let names = json!(targets.not_connected);
            return Err(Refusal::new("not_connected").field("platforms", &[("names", names)]));
        }
        let previews = self.adapt_all(targets, content, sizes)?;
        let errors = refusals(&previews);
        if errors.is_empty() {
            return Ok(previews);
        }
        Err(Refusal::new("content_refused").with_errors(errors))
    }

    /// Makes the rows of a post, and sets until when it can be taken back.
    pub(super) fn plan_deliveries(
        &self,
        post: &mut Post,
        previews: &[Preview],
        by: &By,
        now: Timestamp,
    ) -> Result<Vec<(Delivery, String)>, Refusal> {
        let undo = if by.can_undo { self.settings().publishing.undo_secs } else { 0 };
        let undo_until = now + SignedDuration::from_secs(i64::try_from(undo).unwrap_or(0));
        let at_once = post.schedule.is_none();
        post.undo_until = (at_once && undo > 0).then_some(undo_until);
        let due_at = post.schedule.as_ref().map_or(undo_until, |schedule| schedule.at);
        previews
            .iter()
            .map(|preview| {
                let account = &preview.account;
                let limits = self.queue.policy().limits(&account.platform, preview.adapted.limits);
                let plan = plan::plan(account, &limits, due_at, undo_until, now);
                let delivery = Delivery {
                    id: DeliveryId::new(),
                    post_id: post.id.clone(),
                    revision: post.revision,
                    account_id: account.id.clone(),
                    platform: account.platform.clone(),
                    state: DeliveryState::Queued,
                    due_at,
                    next_at: Some(plan.next_at),
                    kind: post.kind,
                    late_policy: post.late_policy,
                    content: preview.adapted.outgoing.clone(),
                    marks: serde_json::Value::Null,
                    attempts: 0,
                    crash_count: 0,
                    lookups: 0,
                    owner: None,
                    first_sent_at: None,
                    sent_at: None,
                    doubtful: false,
                    hand_over: plan.hand_over,
                    remote_id: None,
                    permalink: None,
                    problem: None,
                    wanted: None,
                    finished_at: None,
                    removed_at: None,
                    created_at: now,
                    updated_at: now,
                };
                let planned_at = post.schedule.as_ref().map(|schedule| schedule.at);
                let key = dedup_key(account.id.as_str(), planned_at, &delivery.content);
                Ok((delivery, key))
            })
            .collect()
    }

    /// Stores everything in one transaction, then wakes the lanes.
    pub(super) async fn keep(
        &self,
        post: Post,
        planned: Vec<(Delivery, String)>,
        warnings: Vec<Warning>,
        by: &By,
        claim: Option<IdempotencyClaim>,
        now: Timestamp,
    ) -> Result<Published, Refusal> {
        let actor = by.actor.clone();
        // A program without a key cannot say whether it repeats itself; who gives another key, or
        // presses the button again, wants it again.
        let sent_since = (claim.is_none() && !by.can_undo).then(|| now - REPEATED_WITHIN);
        let published = self
            .store
            .write(move |tx| {
                let mut published = Published { post, deliveries: Vec::new(), warnings };
                insert_all(tx, &mut published, planned, &actor, sent_since, now)?;
                if let Some(claim) = &claim {
                    claim.remember(tx, &published, now)?;
                }
                Ok(published)
            })
            .await?;
        for delivery in &published.deliveries {
            self.queue.wake(&delivery.account_id);
        }
        Ok(published)
    }

    /// A refusal loses nothing: the work stays as a draft that says why.
    async fn keep_as_draft(&self, mut post: Post, mut refusal: Refusal, by: &By) -> Refusal {
        post.problem = Some(Problem::new(refusal.code.clone()));
        let id = post.id.clone();
        match self.keep(post, Vec::new(), Vec::new(), by, None, self.clock.now()).await {
            Ok(_) => {
                refusal.post_id = Some(id);
                refusal
            }
            Err(store) => store,
        }
    }
}

/// A time in the past is refused, never silently published.
pub(super) fn not_past(
    schedule: Option<&Schedule>,
    late_policy: LatePolicy,
    now: Timestamp,
) -> Result<(), Refusal> {
    match schedule {
        Some(schedule) if schedule.at < now && late_policy != LatePolicy::SendNow => {
            Err(Refusal::new("past_date").field("scheduled_time", &[]))
        }
        _ => Ok(()),
    }
}

fn insert_all(
    tx: &Tx<'_>,
    published: &mut Published,
    planned: Vec<(Delivery, String)>,
    actor: &str,
    sent_since: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut new = Vec::new();
    for (delivery, key) in planned {
        // A second identical request returns the first item.
        match deliveries::find_twin(tx, &key, sent_since)? {
            Some(twin) => {
                let subject = delivery.platform.clone();
                published.warnings.push(Warning { code: "already_planned".into(), subject });
                published.deliveries.push(twin);
            }
            None => new.push((delivery, key)),
        }
    }
    if let (true, Some(twin)) = (new.is_empty(), published.deliveries.first()) {
        published.post = posts::find(tx, &twin.post_id)?.ok_or(StoreError::NotFound)?;
        return Ok(());
    }
    posts::insert(tx, &published.post)?;
    note_answered(tx, &published.post, now)?;
    for (delivery, key) in new {
        deliveries::insert(tx, &delivery, &key)?;
        published.deliveries.push(delivery);
    }
    let kind = match (&published.post.reply_to, published.deliveries.is_empty()) {
        (Some(_), _) => "reply.planned",
        (None, true) => "post.drafted",
        (None, false) => "post.planned",
    };
    let mut entry = Entry::new(now, actor, kind, title_of(&published.post.content));
    entry.post_id = Some(published.post.id.to_string());
    entry.details = json!({
        "due_at": published.post.schedule.as_ref().map(|schedule| schedule.at),
        "platforms": published.post.targets,
        "code": published.post.problem.as_ref().map(|problem| problem.code.clone()),
    });
    journal::add(tx, &entry)
}

/// A short name of a content for lists and the journal.
pub(super) fn title_of(content: &PostContent) -> String {
    let text = content.title.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(&content.body);
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

/// Equal for two requests that would publish the same thing on the same account at the same time.
pub(super) fn dedup_key(account: &str, planned_at: Option<Timestamp>, content: &OutgoingPost) -> String {
    let pictures: Vec<&str> = content.images.iter().map(|image| image.media_id.as_str()).collect();
    let identity = json!([
        account,
        planned_at.map(Timestamp::as_second),
        content.text,
        content.link,
        pictures,
        content.pending_media_url,
    ]);
    sha256_hex(identity.to_string().as_bytes())
}
