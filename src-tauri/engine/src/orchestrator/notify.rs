//! Messages to people: one request becomes one sending and, for people who are named, one row for each
//! person and channel, in one transaction with the idempotency key. People of a segment are chosen when the
//! sending starts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::{By, IdempotencyClaim, Orchestrator, Refusal};
use crate::{
    config::near::near_matches,
    domain::{
        Audience, Channel, ContactId, DeliveryState, LatePolicy, Mailing, MailingId, MailingState, Message,
        SegmentId, Values,
        contact::{normalise_email, normalise_phone},
        template::{PERSON_VARIABLES, Template},
    },
    notifications::{
        render::Renderer,
        sending::{
            Messaging,
            rows::{self, Recipient},
        },
    },
    store::{
        StoreError, Tx, audience, contacts,
        journal::{self, Entry},
        mailings, segments, templates,
    },
};

/// Most people that can be named in one request; more of them are a segment.
const MAX_RECIPIENTS: usize = 5_000;
/// Longest name of a sending.
const MAX_NAME: usize = 120;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct NotifyRequest {
    pub template: String,
    /// E-mail addresses and telephone numbers, mixed.
    pub recipients: Vec<String>,
    /// People chosen when it starts, instead of named ones.
    pub segment: Option<SegmentId>,
    /// Every customer who agreed.
    pub everyone: bool,
    pub data: Values,
    /// Empty = those of the template.
    pub channels: Vec<Channel>,
    pub name: Option<String>,
    /// `None` = at once.
    pub scheduled_time: Option<String>,
    pub timezone: Option<String>,
    /// Nothing leaves after this.
    pub not_after: Option<Timestamp>,
}

/// What became of one recipient of the request.
#[derive(Clone, Debug, PartialEq)]
pub struct RecipientResult {
    /// As it was written.
    pub recipient: String,
    pub channel: Option<Channel>,
    pub outcome: RecipientOutcome,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RecipientOutcome {
    /// A row was written; a gate may have put it off or refused it.
    Message(Box<Message>),
    /// Nothing could be made of it.
    Refused(&'static str),
    /// The same person as an earlier one.
    Merged,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Notified {
    pub mailing: Mailing,
    pub results: Vec<RecipientResult>,
}

/// Addresses of one person, with the words by which they were named.
struct Named {
    contact: Option<ContactId>,
    addresses: Vec<(Channel, String, String)>,
}

impl Orchestrator {
    /// Plans messages. The answer is given after the commit.
    ///
    /// Errors: nothing is planned when the template is unknown or may not be sent, a value is missing, or
    /// nobody is named.
    pub async fn notify(
        &self,
        request: NotifyRequest,
        by: &By,
        claim: Option<IdempotencyClaim<Notified>>,
    ) -> Result<Notified, Refusal> {
        let now = self.clock.now();
        let schedule = self.schedule(request.scheduled_time.as_deref(), request.timezone.as_deref())?;
        super::publish::not_past(schedule.as_ref(), LatePolicy::Default, now)?;
        let audience = audience_of(&request)?;
        let template = self.template(&request.template).await?;
        let channels = channels_of(&request, &template)?;
        let house = self.messaging.settings().house;
        let renderer = Renderer::new(&template, &house).map_err(|problem| {
            Refusal::new(problem.code).field(problem.place.clone(), &[("names", json!(problem.names))])
        })?;
        let unknown = renderer.unknown(&request.data);
        if !unknown.is_empty() {
            return Err(Refusal::new("template_variable_unknown").field("data", &[("names", json!(unknown))]));
        }
        let name = request.name.clone().unwrap_or_else(|| template.name.clone());
        if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
            return Err(Refusal::new("invalid_field").field("name", &[]));
        }
        let mailing = Mailing {
            id: MailingId::new(),
            name,
            purpose: template.purpose,
            template_id: template.id.clone(),
            template_version: template.version,
            channels,
            data: request.data.clone(),
            audience,
            state: MailingState::Scheduled,
            due_at: schedule.map_or(now, |schedule| schedule.at),
            not_after: request.not_after,
            problem: None,
            created_by: by.actor.clone(),
            created_at: now,
            updated_at: now,
            finished_at: None,
        };
        let (actor, messaging) = (by.actor.clone(), self.messaging.clone());
        let recipients = request.recipients;
        let notified = self
            .store
            .write(move |tx| {
                let planned = plan(tx, &messaging, &renderer, mailing, &recipients, &actor, now);
                let notified = match planned {
                    Ok(notified) => notified,
                    Err(PlanError::Store(error)) => return Err(error),
                    // An error would end as the store's: what was refused is told from here.
                    Err(PlanError::Refused(refusal)) => return Ok(Err(refusal)),
                };
                if let Some(claim) = &claim {
                    claim.remember(tx, &notified, now)?;
                }
                Ok(Ok(notified))
            })
            .await??;
        self.messaging.wake();
        Ok(notified)
    }

    /// A template by its name. Errors: `template_unknown` with the names that are near.
    async fn template(&self, name: &str) -> Result<Template, Refusal> {
        let id = name.to_owned();
        let (found, known) = self
            .store
            .read(move |c| {
                let found = templates::latest_row(c, &id)?;
                let known = if found.is_none() { templates::ids(c)? } else { Vec::new() };
                Ok((found, known))
            })
            .await?;
        let found = found.ok_or_else(|| {
            let near = near_matches(name, known.iter().map(String::as_str));
            Refusal::new("template_unknown")
                .field("template", &[("name", json!(name)), ("near", json!(near))])
        })?;
        if found.archived_at.is_some() {
            return Err(Refusal::new("template_archived").field("template", &[("name", json!(name))]));
        }
        Ok(found.template)
    }

    /// Holds a sending: nothing of it leaves until it is resumed.
    pub async fn pause_mailing(&self, id: &MailingId, by: &By) -> Result<Mailing, Refusal> {
        let from = &[MailingState::Scheduled, MailingState::Sending];
        self.move_mailing(id, from, MailingState::Paused, "mailing.paused", by).await
    }

    pub async fn resume_mailing(&self, id: &MailingId, by: &By) -> Result<Mailing, Refusal> {
        // Its people are there once it has started; otherwise its time decides again.
        self.move_mailing(id, &[MailingState::Paused], MailingState::Scheduled, "mailing.resumed", by).await
    }

    /// Ends a sending: what has not left never leaves.
    pub async fn stop_mailing(&self, id: &MailingId, by: &By) -> Result<Mailing, Refusal> {
        let from = &[MailingState::Scheduled, MailingState::Sending, MailingState::Paused];
        self.move_mailing(id, from, MailingState::Stopped, "mailing.stopped", by).await
    }

    /// Sends once more what a provider refused or what was given up.
    pub async fn retry_mailing(&self, id: &MailingId, by: &By) -> Result<Mailing, Refusal> {
        let from = &[MailingState::Sending, MailingState::Done];
        self.move_mailing(id, from, MailingState::Sending, "mailing.retried", by).await
    }

    async fn move_mailing(
        &self,
        id: &MailingId,
        from: &'static [MailingState],
        to: MailingState,
        kind: &'static str,
        by: &By,
    ) -> Result<Mailing, Refusal> {
        let (id, actor, now) = (id.clone(), by.actor.clone(), self.clock.now());
        let moved = self
            .store
            .write(move |tx| {
                let mailing = mailings::find(tx, &id)?.ok_or(StoreError::NotFound)?;
                if !from.contains(&mailing.state) {
                    return Ok(Err(mailing.state));
                }
                let rows = apply(tx, &mailing, to, kind, now)?;
                let mut entry = Entry::new(now, actor, kind, mailing.name.clone());
                entry.details = json!({ "mailing_id": mailing.id, "messages": rows });
                journal::add(tx, &entry)?;
                Ok(Ok(mailings::find(tx, &id)?.ok_or(StoreError::NotFound)?))
            })
            .await?;
        self.messaging.wake();
        moved.map_err(|state| {
            Refusal::new("illegal_transition").field("state", &[("state", state.as_str().into())])
        })
    }
}

/// Moves a sending and its rows. Returns how many rows.
fn apply(
    tx: &Tx<'_>,
    mailing: &Mailing,
    to: MailingState,
    kind: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    use crate::store::messages;
    let id = &mailing.id;
    let has_rows = messages::any_of(tx, id)?;
    let (to, rows) = match (to, kind) {
        (MailingState::Paused, _) => (to, messages::pause(tx, id)?),
        (MailingState::Stopped, _) => {
            (to, messages::cancel_waiting(tx, id, &crate::domain::Problem::new("mailing_stopped"), now)?)
        }
        // A sending whose people are chosen already goes on with them.
        (MailingState::Scheduled, _) if has_rows && mailing.due_at <= now => {
            (MailingState::Sending, messages::resume(tx, id, now)?)
        }
        (MailingState::Scheduled, _) => (to, messages::resume(tx, id, now)?),
        (_, "mailing.retried") => (to, messages::retry_failed(tx, id, now)?),
        (to, _) => (to, 0),
    };
    mailings::set_state(tx, id, &[mailing.state], to, None, now)?;
    Ok(rows)
}

fn audience_of(request: &NotifyRequest) -> Result<Audience, Refusal> {
    let named = !request.recipients.is_empty();
    match (named, &request.segment, request.everyone) {
        (true, None, false) if request.recipients.len() > MAX_RECIPIENTS => {
            Err(Refusal::new("too_many_recipients").field("recipients", &[("max", json!(MAX_RECIPIENTS))]))
        }
        (true, None, false) => Ok(Audience::Recipients),
        (false, Some(segment), false) => Ok(Audience::Segment { segment_id: segment.clone() }),
        (false, None, true) => Ok(Audience::Everyone),
        (false, None, false) => Err(Refusal::new("missing_field").field("recipients", &[])),
        _ => Err(Refusal::new("recipients_ambiguous").field("recipients", &[])),
    }
}

/// The channels of a sending: those asked for, in the order given, once each; each must be in the template.
fn channels_of(request: &NotifyRequest, template: &Template) -> Result<Vec<Channel>, Refusal> {
    let has = |channel: &Channel| match channel {
        Channel::Email => template.email.is_some(),
        Channel::Sms => template.sms.is_some(),
    };
    if request.channels.is_empty() {
        return Ok(Channel::ALL.into_iter().filter(has).collect());
    }
    let mut channels = Vec::new();
    for channel in &request.channels {
        if !has(channel) {
            return Err(Refusal::new("template_channel_missing")
                .field("channels", &[("names", json!([channel.as_str()]))]));
        }
        if !channels.contains(channel) {
            channels.push(*channel);
        }
    }
    Ok(channels)
}

enum PlanError {
    Refused(Refusal),
    Store(StoreError),
}

impl From<StoreError> for PlanError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Writes the sending and the rows of the people who were named.
fn plan(
    tx: &Tx<'_>,
    messaging: &Messaging,
    renderer: &Renderer,
    mut mailing: Mailing,
    recipients: &[String],
    actor: &str,
    now: Timestamp,
) -> Result<Notified, PlanError> {
    if let Audience::Segment { segment_id } = &mailing.audience
        && segments::find(tx, segment_id)?.is_none()
    {
        return Err(PlanError::Refused(Refusal::new("segment_unknown").field("segment", &[])));
    }
    let (people, mut results) = sort(tx, &mailing.channels, recipients)?;
    let mut all = Vec::new();
    let mut missing = BTreeSet::new();
    for person in &people {
        let own = match &person.contact {
            Some(id) => rows::own_values(renderer, &templates::person_values(tx, id)?.unwrap_or_default()),
            None => Values::default(),
        };
        missing.extend(renderer.missing(&mailing.values_for(&own)));
        all.push(own);
    }
    if people.is_empty() {
        let of_person = |name: &String| PERSON_VARIABLES.iter().any(|(known, _)| known == name);
        missing.extend(renderer.missing(&mailing.data).into_iter().filter(|name| !of_person(name)));
    }
    if !missing.is_empty() {
        let names: Vec<_> = missing.into_iter().collect();
        return Err(PlanError::Refused(
            Refusal::new("template_value_missing").field("data", &[("names", json!(names))]),
        ));
    }
    if matches!(mailing.audience, Audience::Recipients) && mailing.due_at <= now {
        mailing.state = MailingState::Sending;
    }
    mailings::insert(tx, &mailing)?;
    let senders = rows::senders(tx, &messaging.registry, &mailing.channels)?;
    let policy = messaging.settings().policy;
    for (person, variables) in people.iter().zip(all) {
        let valid_until = renderer.valid_until(&mailing.values_for(&variables));
        let preferred = match &person.contact {
            Some(id) => audience::of(tx, id)?.and_then(|person| person.preferred),
            None => None,
        };
        let recipient = Recipient {
            contact_id: person.contact.clone(),
            addresses: person.addresses.iter().map(|(channel, to, _)| (*channel, to.clone())).collect(),
            preferred,
            variables,
        };
        let written = rows::write(tx, &mailing, &recipient, &senders, valid_until, &policy, now)?;
        for message in written {
            let as_written = person
                .addresses
                .iter()
                .find(|(channel, to, _)| *channel == message.channel && *to == message.address)
                .map(|(_, _, text)| text.clone());
            results.push(RecipientResult {
                recipient: as_written.unwrap_or_default(),
                channel: Some(message.channel),
                outcome: RecipientOutcome::Message(Box::new(message)),
            });
        }
    }
    let order: BTreeMap<&str, usize> =
        recipients.iter().enumerate().rev().map(|(at, text)| (text.as_str(), at)).collect();
    results.sort_by_key(|result| order.get(result.recipient.as_str()).copied().unwrap_or(usize::MAX));
    let mut entry = Entry::new(now, actor, "mailing.planned", mailing.name.clone());
    entry.details = json!({
        "mailing_id": mailing.id, "template": mailing.template_id, "due_at": mailing.due_at,
        "recipients": recipients.len(),
    });
    journal::add(tx, &entry)?;
    Ok(Notified { mailing, results })
}

/// Reads the recipients: which channel, which person. Two addresses of one person stand together; what
/// was named twice is merged; what cannot be read is listed.
fn sort(
    tx: &Tx<'_>,
    channels: &[Channel],
    recipients: &[String],
) -> Result<(Vec<Named>, Vec<RecipientResult>), StoreError> {
    let mut people: Vec<Named> = Vec::new();
    let mut results = Vec::new();
    let mut seen = BTreeSet::new();
    for text in recipients {
        let is_email = text.contains('@');
        let channel = if is_email { Channel::Email } else { Channel::Sms };
        let mut tell = |outcome| {
            results.push(RecipientResult { recipient: text.clone(), channel: Some(channel), outcome });
        };
        let address = if is_email { normalise_email(text).ok() } else { normalise_phone(text, "FR").ok() };
        let Some(address) = address else {
            tell(RecipientOutcome::Refused("address_invalid"));
            continue;
        };
        if !channels.contains(&channel) {
            tell(RecipientOutcome::Refused("channel_not_chosen"));
            continue;
        }
        if !seen.insert((channel, address.clone())) {
            tell(RecipientOutcome::Merged);
            continue;
        }
        let contact = contacts::by_address(tx, channel, &address)?.into_iter().next();
        let same = contact
            .as_ref()
            .and_then(|id| people.iter_mut().find(|person| person.contact.as_ref() == Some(id)));
        match same {
            Some(person) => person.addresses.push((channel, address, text.clone())),
            None => people.push(Named { contact, addresses: vec![(channel, address, text.clone())] }),
        }
    }
    Ok((people, results))
}

/// Whether a row says that the person gets no message, and is not merely put off.
pub fn is_refused(message: &Message) -> bool {
    matches!(message.state, DeliveryState::Rejected | DeliveryState::Expired | DeliveryState::Cancelled)
}
