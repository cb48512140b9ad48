//! Changing, taking back and deleting posts after they were planned.

use jiff::Timestamp;
use serde_json::json;

use super::{
    By, Orchestrator, Refusal,
    gates::Preview,
    publish::{Published, not_past, title_of},
};
use crate::{
    domain::{
        ContentKind, Delivery, DeliveryState, LatePolicy, OutgoingPost, Post, PostContent, PostId, Replaced,
        Wanted,
    },
    queue::person::{self, Decision},
    store::{
        StoreError, Tx,
        attempts::{self, Attempt, Step},
        deliveries::{self, Move},
        journal::{self, Entry},
        posts,
    },
};

/// Whether an edited post is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Take it back; keep it as a draft.
    Draft,
    /// Plan it at its time.
    Schedule,
    /// Plan it at once.
    Now,
}

/// What changes; `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct PostPatch {
    pub content: Option<PostContent>,
    pub platforms: Option<Vec<String>>,
    /// `Some(None)` takes the time away.
    pub scheduled_time: Option<Option<String>>,
    pub timezone: Option<String>,
    pub kind: Option<ContentKind>,
    pub late_policy: Option<LatePolicy>,
    pub publish: Option<Change>,
    /// Refuse when somebody else changed it meanwhile.
    /// One of these.
    pub expected_revisions: Option<Vec<i64>>,
}

impl Orchestrator {
    /// Edits a post. Waiting deliveries are replaced, handed-over ones changed at the platform,
    /// published ones changed where the platform allows it.
    pub async fn edit(&self, id: &PostId, patch: PostPatch, by: &By) -> Result<Published, Refusal> {
        let now = self.clock.now();
        let (old, existing) = self.post(id).await?;
        if old.deleted_at.is_some() {
            return Err(Refusal::new("post_deleted"));
        }
        if old.reply_to.is_some() {
            return Err(Refusal::new("reply_not_editable"));
        }
        if patch.expected_revisions.is_some_and(|expected| !expected.contains(&old.revision)) {
            return Err(Refusal::new("precondition_failed"));
        }
        if let Some(leaving) = existing.iter().find(|delivery| delivery.is_leaving()) {
            return Err(Refusal::new("illegal_transition")
                .field(leaving.platform.clone(), &[("state", json!(leaving.state))]));
        }
        // A new time alone says nothing about an account for which the post was called off.
        let is_chosen_anew = patch.platforms.is_some() || patch.publish.is_some();
        let mut post = old.clone();
        post.revision += 1;
        post.updated_at = now;
        post.problem = None;
        if let Some(content) = patch.content {
            post.content = content;
            self.fill_in_media(&mut post.content).await?;
        }
        if let Some(platforms) = patch.platforms {
            post.targets = platforms;
        }
        post.kind = patch.kind.unwrap_or(post.kind);
        post.late_policy = patch.late_policy.unwrap_or(post.late_policy);
        if let Some(time) = &patch.scheduled_time {
            post.schedule = self.schedule(time.as_deref(), patch.timezone.as_deref())?;
        } else {
            // Also without a time an unknown zone is named.
            self.schedule(None, patch.timezone.as_deref())?;
            if patch.publish == Some(Change::Now) {
                post.schedule = None;
            }
        }
        let was_planned = existing.iter().any(|delivery| delivery.state != DeliveryState::Cancelled);
        let time_taken_away = patch.scheduled_time == Some(None) && patch.publish.is_none();
        let planned = match patch.publish {
            Some(Change::Draft) => false,
            Some(_) => true,
            None => was_planned && !time_taken_away,
        };
        let targets = self.targets(&post.targets).await?;
        let rows = if planned {
            let time_changed = post.schedule != old.schedule;
            if time_changed || patch.publish.is_some() {
                not_past(post.schedule.as_ref(), post.late_policy, now)?;
            }
            let mut sizes = self.fill_in_media(&mut post.content).await?;
            self.fetch_media_url(&mut post.content, &mut sizes)
                .await
                .map_err(|refusal| refusal.with_draft(id.clone()))?;
            let previews = self
                .pass_gates(&targets, &post.content, &sizes)
                .map_err(|refusal| refusal.with_draft(id.clone()))?;
            let mut rows = self.reconcile_rows(&mut post, &previews, &existing, by, now)?;
            if !is_chosen_anew {
                rows.retain(|row| !row.revives(&existing));
            }
            if time_changed && is_out(&existing) && !rows.iter().any(|row| matches!(row, RowChange::Add(..)))
            {
                return Err(Refusal::new("already_out"));
            }
            rows
        } else {
            post.undo_until = None;
            taken_back(&existing)
        };
        let (actor, expected) = (by.actor.clone(), old.revision);
        let warnings = super::gates::warnings(&targets, post.schedule.as_ref().filter(|_| planned));
        let published = self
            .store
            .write(move |tx| {
                // Fetching a picture takes its time: what was decided about these rows may be true no more.
                if deliveries::of_post(tx, &post.id)? != existing {
                    return Err(StoreError::Moved);
                }
                posts::update(tx, &post, expected)?;
                for row in &rows {
                    row.write(tx, now)?;
                }
                let mut entry = Entry::new(now, actor, "post.edited", title_of(&post.content));
                entry.post_id = Some(post.id.to_string());
                journal::add(tx, &entry)?;
                let deliveries = deliveries::of_post(tx, &post.id)?;
                Ok(Published { post, deliveries, warnings })
            })
            .await
            .map_err(changed_meanwhile)?;
        self.wake(&published.deliveries);
        Ok(published)
    }

    /// Compares what should be with what is, account by account.
    fn reconcile_rows(
        &self,
        post: &mut Post,
        previews: &[Preview],
        existing: &[Delivery],
        by: &By,
        now: Timestamp,
    ) -> Result<Vec<RowChange>, Refusal> {
        let fresh = self.plan_deliveries(post, previews, by, now)?;
        let mut changes = Vec::new();
        for old in existing {
            let new = fresh.iter().find(|(new, _)| new.account_id == old.account_id);
            let connector = self.registry.get(&old.platform);
            let can_edit = connector.is_some_and(|connector| connector.descriptor().capabilities.edit);
            let can_describe = can_edit && connector.is_some_and(|connector| connector.edits_alt_text());
            match (old.state, new) {
                (DeliveryState::HandedOver, None) => changes.push(RowChange::Cancel(old.clone())),
                (DeliveryState::HandedOver, Some((new, key))) => {
                    // Wanted again, although it was to be taken back.
                    let taken_back = old.wanted == Some(Wanted::Cancel);
                    if taken_back || old.content.alone() != new.content || old.due_at != new.due_at {
                        changes.push(RowChange::UpdateRemote(
                            old.clone(),
                            Box::new(new.clone()),
                            key.clone(),
                        ));
                    }
                }
                (DeliveryState::Published, Some((new, key)))
                    if old.removed_at.is_none()
                        && (can_edit && old.content.text != new.content.text
                            || can_describe && describes_otherwise(&old.content, &new.content)) =>
                {
                    changes.push(RowChange::UpdateRemote(old.clone(), Box::new(new.clone()), key.clone()));
                }
                // The platform has it and its fate is not known: the change waits until it was looked up.
                (DeliveryState::Held, Some((new, key)))
                    if can_edit && old.is_elsewhere() && old.content.alone() != new.content =>
                {
                    changes.push(RowChange::LookThenUpdate(old.clone(), Box::new(new.clone()), key.clone()));
                }
                (state, _) if old.was_never_sent() && state != DeliveryState::Cancelled => {
                    changes.push(RowChange::Remove(old.clone()));
                }
                // It was refused or told to come back: nothing of it is public, the new one replaces it.
                (_, _) if old.was_turned_away() => changes.push(RowChange::Cancel(old.clone())),
                _ => {}
            }
        }
        for (new, key) in fresh {
            let lives_on = existing.iter().any(|old| {
                old.account_id == new.account_id
                    && (old.state == DeliveryState::HandedOver
                        || matches!(old.state, DeliveryState::Published | DeliveryState::Duplicate)
                        || old.is_there()
                        || old.doubtful)
            });
            if !lives_on {
                changes.push(RowChange::Add(Box::new(new), key));
            }
        }
        Ok(changes)
    }

    /// Takes "publish now" back while there is time.
    pub async fn undo(&self, id: &PostId, by: &By) -> Result<Published, Refusal> {
        let (post, existing) = self.post(id).await?;
        let in_time = post.undo_until.is_some_and(|until| until > self.clock.now());
        if !in_time || existing.iter().any(|delivery| delivery.state != DeliveryState::Queued) {
            return Err(Refusal::new("too_late"));
        }
        if post.reply_to.is_some() {
            return self.delete(id, false, by).await;
        }
        self.edit(id, PostPatch { publish: Some(Change::Draft), ..PostPatch::default() }, by).await
    }

    /// Cancels what waits; with `remote` also removes what is public, where the platform allows it. A
    /// post of which nothing is public goes to the trash.
    pub async fn delete(&self, id: &PostId, remote: bool, by: &By) -> Result<Published, Refusal> {
        let now = self.clock.now();
        let (id, actor) = (id.clone(), by.actor.clone());
        let registry = self.registry.clone();
        let published = self
            .store
            .write(move |tx| {
                let mut post = posts::find(tx, &id)?.ok_or(StoreError::NotFound)?;
                for delivery in deliveries::of_post(tx, &id)? {
                    let can_delete = registry
                        .get(&delivery.platform)
                        .is_some_and(|connector| connector.descriptor().capabilities.delete);
                    let decision = match delivery.state {
                        DeliveryState::Cancelled | DeliveryState::Expired => continue,
                        DeliveryState::Published | DeliveryState::Duplicate => {
                            if !(remote && can_delete && delivery.is_there()) {
                                continue;
                            }
                            Decision::Delete
                        }
                        _ => Decision::Cancel,
                    };
                    person::apply(tx, &delivery, &decision, now)?;
                }
                let deliveries = deliveries::of_post(tx, &id)?;
                let is_public = |d: &Delivery| d.is_there() && d.state != DeliveryState::Cancelled;
                let expected = post.revision;
                if !deliveries.iter().any(is_public) {
                    post.deleted_at = Some(now);
                }
                post.revision += 1;
                post.updated_at = now;
                post.undo_until = None;
                posts::update(tx, &post, expected)?;
                let mut entry = Entry::new(now, actor, "post.deleted", title_of(&post.content));
                entry.post_id = Some(id.to_string());
                entry.details = json!({ "remote": remote });
                journal::add(tx, &entry)?;
                Ok(Published { post, deliveries, warnings: Vec::new() })
            })
            .await
            .map_err(changed_meanwhile)?;
        self.wake(&published.deliveries);
        Ok(published)
    }

    /// Takes a post out of the trash, as a draft.
    pub async fn restore(&self, id: &PostId, by: &By) -> Result<Published, Refusal> {
        let now = self.clock.now();
        let (id, actor) = (id.clone(), by.actor.clone());
        let published = self
            .store
            .write(move |tx| {
                let mut post = posts::find(tx, &id)?.ok_or(StoreError::NotFound)?;
                let expected = post.revision;
                post.deleted_at = None;
                post.revision += 1;
                post.updated_at = now;
                posts::update(tx, &post, expected)?;
                let mut entry = Entry::new(now, actor, "post.restored", title_of(&post.content));
                entry.post_id = Some(id.to_string());
                journal::add(tx, &entry)?;
                let deliveries = deliveries::of_post(tx, &id)?;
                Ok(Published { post, deliveries, warnings: Vec::new() })
            })
            .await
            .map_err(changed_meanwhile)?;
        Ok(published)
    }

    fn wake(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            self.queue.wake(&delivery.account_id);
        }
    }
}

/// One change of the outbox that an edit makes.
enum RowChange {
    Add(Box<Delivery>, String),
    Remove(Delivery),
    Cancel(Delivery),
    UpdateRemote(Delivery, Box<Delivery>, String),
    LookThenUpdate(Delivery, Box<Delivery>, String),
}

impl RowChange {
    /// It would send what somebody has called off for this account, or is calling off.
    fn revives(&self, existing: &[Delivery]) -> bool {
        match self {
            Self::Add(new, _) => {
                let mut rows = existing.iter().filter(|old| old.account_id == new.account_id).peekable();
                rows.peek().is_some() && rows.all(|old| old.state == DeliveryState::Cancelled)
            }
            Self::UpdateRemote(old, ..) => old.wanted == Some(Wanted::Cancel),
            Self::Remove(_) | Self::Cancel(_) | Self::LookThenUpdate(..) => false,
        }
    }

    fn write(&self, tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        match self {
            Self::Add(new, key) => deliveries::insert(tx, new, key),
            Self::Remove(old) => deliveries::remove_unsent(tx, &old.id),
            Self::Cancel(old) => person::apply(tx, old, &Decision::Cancel, now),
            Self::LookThenUpdate(old, new, key) => {
                person::apply(tx, old, &Decision::Check, now)?;
                let looked_up = Delivery { state: DeliveryState::HandedOver, ..old.clone() };
                Self::UpdateRemote(looked_up, new.clone(), key.clone()).write(tx, now)
            }
            Self::UpdateRemote(old, new, key) => {
                let mut content = new.content.clone();
                // Until the platform has agreed, what it shows is the earlier one.
                content.replaces = old.content.replaces.clone().or_else(|| {
                    Some(Box::new(Replaced { content: old.content.alone(), due_at: old.due_at }))
                });
                let change = Move {
                    wanted: Some(Some(Wanted::Update)),
                    next_at: Some(Some(now)),
                    content: Some(content),
                    due_at: (old.state == DeliveryState::HandedOver).then_some(new.due_at),
                    late_policy: Some(new.late_policy),
                    revision: Some(new.revision),
                    dedup_key: Some(key.clone()),
                    ..Move::default()
                };
                deliveries::transition(tx, &old.id, &[old.state], old.state, &change, now)?;
                let attempt = Attempt {
                    at: now,
                    step: Step::Person,
                    outcome: "update_requested".into(),
                    problem: None,
                    duration_ms: None,
                };
                attempts::add(tx, &old.id, &attempt)
            }
        }
    }
}

/// Everything that waits goes; what was handed over is cancelled at the platform.
fn taken_back(existing: &[Delivery]) -> Vec<RowChange> {
    existing
        .iter()
        .filter_map(|old| match old.state {
            DeliveryState::HandedOver => Some(RowChange::Cancel(old.clone())),
            DeliveryState::Cancelled | DeliveryState::Expired => None,
            _ if old.was_never_sent() => Some(RowChange::Remove(old.clone())),
            _ if old.was_turned_away() => Some(RowChange::Cancel(old.clone())),
            _ => None,
        })
        .collect()
}

/// The same pictures with other descriptions.
fn describes_otherwise(old: &OutgoingPost, new: &OutgoingPost) -> bool {
    old.images.len() == new.images.len()
        && old.images.iter().zip(&new.images).all(|(old, new)| old.media_id == new.media_id)
        && old.images.iter().zip(&new.images).any(|(old, new)| old.alt_text != new.alt_text)
}

/// Everything of the post is public: no time is left to be changed.
fn is_out(existing: &[Delivery]) -> bool {
    let public = [DeliveryState::Published, DeliveryState::Duplicate];
    !existing.is_empty() && existing.iter().all(|delivery| public.contains(&delivery.state))
}

fn changed_meanwhile(error: StoreError) -> Refusal {
    match error {
        StoreError::Moved => Refusal::new("moved_meanwhile"),
        other => other.into(),
    }
}
