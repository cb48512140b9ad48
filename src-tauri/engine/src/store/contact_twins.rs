//! Two entries that may be one person: found by what they share, and made one. What a person refused on
//! either entry stays refused on the one that remains.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Connection, StoreError, Tx,
    consents::{self, NewConsent},
    contacts,
    convert::collect,
    journal::{self, Entry},
};
use crate::{
    domain::{
        Channel, Contact, ContactDetails, ContactId,
        consent::{ConsentEntry, ConsentPurpose, ConsentState},
    },
    events::Change,
};

/// What two entries have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    Email,
    Phone,
    /// The same name, and the same postal code or birthday.
    Name,
}

/// Pairs that may be one person, the surest first; at most `limit` of each kind.
pub fn propose(connection: &Connection, limit: u32) -> Result<Vec<(Likeness, Contact, Contact)>, StoreError> {
    let mut pairs: Vec<(Likeness, Contact, Contact)> = Vec::new();
    for (likeness, sql) in [
        (
            Likeness::Email,
            "SELECT a.id, b.id FROM contacts a JOIN contacts b ON b.email = a.email AND b.id > a.id
             WHERE a.email IS NOT NULL LIMIT ?1",
        ),
        (
            Likeness::Phone,
            "SELECT a.id, b.id FROM contacts a JOIN contacts b ON b.phone = a.phone AND b.id > a.id
             WHERE a.phone IS NOT NULL LIMIT ?1",
        ),
        (
            Likeness::Name,
            "SELECT a.id, b.id FROM contacts a JOIN contacts b ON b.name_key = a.name_key AND b.id > a.id
             WHERE instr(a.name_key, ' ') > 0
                 AND (a.postal_code = b.postal_code OR a.birthday = b.birthday) LIMIT ?1",
        ),
    ] {
        let found = collect(connection, sql, [limit], |row| {
            Ok((ContactId::from(row.get::<_, String>(0)?), ContactId::from(row.get::<_, String>(1)?)))
        })?;
        for (first, second) in found {
            if pairs.iter().any(|(_, a, b)| a.id == first && b.id == second) {
                continue;
            }
            let (Some(first), Some(second)) =
                (contacts::find(connection, &first)?, contacts::find(connection, &second)?)
            else {
                continue;
            };
            pairs.push((likeness, first, second));
        }
    }
    Ok(pairs)
}

/// Makes one person of two: `keep` remains with everything of both, `other` is gone.
///
/// A yes belongs to the address that it was given for, so it comes along only with that address. A no of
/// either is a no of the one that remains. Errors: [`StoreError::NotFound`]; [`StoreError::NotAllowed`] for
/// the same entry twice.
pub fn merge(
    tx: &Tx<'_>,
    keep: &ContactId,
    other: &ContactId,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    if keep == other {
        return Err(StoreError::NotAllowed("merge_with_itself"));
    }
    let kept = contacts::find(tx, keep)?.ok_or(StoreError::NotFound)?;
    let gone = contacts::find(tx, other)?.ok_or(StoreError::NotFound)?;
    let mut details = gone.details.clone();
    // What the kept one knows stands; the other only fills what is missing.
    details.learn(&kept.details);
    details.external_id.clone_from(&kept.details.external_id);
    details.visit_count = kept.details.visit_count.saturating_add(gone.details.visit_count);
    details.spend_cents = kept.details.spend_cents.saturating_add(gone.details.spend_cents);
    if kept.details.note != gone.details.note
        && !kept.details.note.is_empty()
        && !gone.details.note.is_empty()
    {
        details.note = format!("{}\n{}", kept.details.note, gone.details.note);
    }
    contacts::update(tx, keep, &details, now)?;
    for sql in [
        "UPDATE visits SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE messages SET contact_id = ?1 WHERE contact_id = ?2",
        "UPDATE rights_requests SET contact_id = ?1 WHERE contact_id = ?2",
    ] {
        tx.prepare_cached(sql)?.execute((keep.as_str(), other.as_str()))?;
    }
    for tag in contacts::tags(tx, other)? {
        contacts::add_tag(tx, keep, &tag)?;
    }
    for (dish, times) in contacts::dishes(tx, other)? {
        contacts::add_dish(tx, keep, &dish, times)?;
    }
    carry_ledger(tx, &kept, &gone, &details, now)?;
    contacts::delete_quietly(tx, other)?;
    let mut entry = Entry::new(now, actor, "contact.merged", "");
    entry.details = serde_json::json!({ "kept": keep, "merged": other });
    journal::add(tx, &entry)?;
    tx.changed(Change::Contact(other.to_string()));
    Ok(())
}

/// Writes the other one's lines into the ledger of the kept one, in their order, as they were said.
fn carry_ledger(
    tx: &Tx<'_>,
    kept: &Contact,
    gone: &Contact,
    merged: &ContactDetails,
    now: Timestamp,
) -> Result<(), StoreError> {
    for purpose in ConsentPurpose::ALL {
        for channel in Channel::ALL {
            let mine = consents::in_force(tx, &kept.id, purpose, channel)?;
            let theirs = consents::in_force(tx, &gone.id, purpose, channel)?;
            let Some(theirs) = theirs else { continue };
            let withdrawn = |entry: &ConsentEntry| entry.state == ConsentState::Withdrawn;
            let any_no = withdrawn(&theirs) || mine.as_ref().is_some_and(withdrawn);
            let same_address =
                gone.address(channel).is_some() && gone.address(channel) == merged.address(channel);
            if any_no {
                if !mine.as_ref().is_some_and(withdrawn) {
                    let line = NewConsent {
                        purpose,
                        at: theirs.at,
                        source: theirs.source.clone(),
                        proof: theirs.proof.clone(),
                        ..NewConsent::withdrawal(kept.id.clone(), channel, theirs.at, "merge")
                    };
                    consents::record(tx, &line, now)?;
                }
            } else if mine.is_none() && same_address {
                let line = NewConsent {
                    contact_id: kept.id.clone(),
                    purpose,
                    channel,
                    state: theirs.state,
                    basis: theirs.basis,
                    at: theirs.at,
                    source: theirs.source,
                    wording_version: theirs.wording_version,
                    proof: theirs.proof,
                    actor: theirs.actor,
                };
                match consents::record(tx, &line, now) {
                    // A yes that could not be written today is not carried along.
                    Ok(()) | Err(StoreError::NotAllowed(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(())
}
