//! A sending whose time has come: its people are chosen, once, and a row is written for each of them and
//! each channel, in one transaction. Who comes or goes later changes nothing; who withdraws is seen by the
//! gates when their message would leave.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Messaging,
    rows::{self, Recipient},
    work::Context,
};
use crate::{
    domain::{Audience, Mailing, MailingState, Problem, segment::Moment},
    store::{
        StoreError, Tx,
        audience::{self, Person},
        journal::{self, Entry},
        mailings, templates,
    },
};

impl Messaging {
    /// Starts every sending whose time has come.
    pub(super) async fn release_due(&self, now: Timestamp) -> Result<(), StoreError> {
        let due = self.store.read(move |c| mailings::due(c, now)).await?;
        for mailing in due {
            let Some(context) = self.context(&mailing.id).await? else { continue };
            let service = self.clone();
            let released = self.store.write(move |tx| service.release(tx, &context, now)).await;
            match released {
                // A person stopped it meanwhile.
                Ok(()) | Err(StoreError::Moved) => {}
                Err(error) => {
                    let id = &mailing.id;
                    tracing::warn!(mailing.id = %id, code = error.code(), "A sending could not start: {error}.");
                }
            }
        }
        Ok(())
    }

    /// Now, and the day at the house.
    fn moment(&self, now: Timestamp) -> Moment {
        Moment { now, today: now.to_zoned(self.settings().house.timezone).date() }
    }

    fn release(&self, tx: &Tx<'_>, context: &Arc<Context>, now: Timestamp) -> Result<(), StoreError> {
        let mailing = &context.mailing;
        let people = match &mailing.audience {
            // Their rows are there.
            Audience::Recipients => return start(tx, mailing, None, now),
            Audience::Segment { segment_id } => audience::of_segment(tx, segment_id, self.moment(now))?,
            Audience::Everyone => Some(audience::everyone(tx)?),
        };
        let Some(people) = people else {
            return start(tx, mailing, Some(&Problem::new("segment_gone")), now);
        };
        let senders = rows::senders(tx, &self.registry, &mailing.channels)?;
        let policy = self.settings().policy;
        for person in people {
            let recipient = recipient(tx, context, person)?;
            let valid_until = context.renderer.valid_until(&mailing.values_for(&recipient.variables));
            rows::write(tx, mailing, &recipient, &senders, valid_until, &policy, now)?;
        }
        start(tx, mailing, None, now)
    }
}

fn recipient(tx: &Tx<'_>, context: &Context, person: Person) -> Result<Recipient, StoreError> {
    let address = |channel| Some((channel, person.address(channel)?.to_owned()));
    Ok(Recipient {
        addresses: context.mailing.channels.iter().copied().filter_map(address).collect(),
        preferred: person.preferred,
        variables: rows::own_values(
            &context.renderer,
            &templates::person_values(tx, &person.id)?.unwrap_or_default(),
        ),
        contact_id: Some(person.id),
    })
}

fn start(
    tx: &Tx<'_>,
    mailing: &Mailing,
    problem: Option<&Problem>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let to = if problem.is_some() { MailingState::Paused } else { MailingState::Sending };
    mailings::set_state(tx, &mailing.id, &[MailingState::Scheduled], to, problem, now)?;
    let mut entry = Entry::new(now, "engine", "mailing.started", mailing.name.clone());
    entry.details = serde_json::json!({ "mailing_id": mailing.id, "code": problem.map(|p| &p.code) });
    journal::add(tx, &entry)
}
