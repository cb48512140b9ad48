//! The facts that the gates of a message look at ([`message_gates::decide`]), read in one go. Called inside
//! the transaction that lets the message leave: nothing can change between the facts and that commit.
//!
//! [`message_gates::decide`]: crate::domain::message_gates::decide

use jiff::{Timestamp, ToSpan as _};
use rusqlite::OptionalExtension as _;

use super::{Connection, StoreError, Tx, consents, convert::millis, suppressions};
use crate::domain::{
    Channel, ContactId, MailingId, Purpose,
    consent::{Basis, ConsentPurpose, ConsentState},
    legal_hours::paris,
    message_gates::{FrequencyCap, GateFacts, MessagePolicy},
    suppression::{is_sendable, one_spelling},
};

/// The message that wants to leave.
#[derive(Clone, Debug)]
pub struct MessageFactsRequest {
    pub channel: Channel,
    pub purpose: Purpose,
    /// `None` = nobody that the house knows.
    pub contact_id: Option<ContactId>,
    pub address: String,
    /// Its sending: the row itself does not count for the cap, the other channel of the same sending does.
    pub mailing_id: Option<MailingId>,
    /// Nothing leaves after this.
    pub not_after: Option<Timestamp>,
    /// The offer in it ends.
    pub valid_until: Option<Timestamp>,
}

/// Reads the facts. `at`: when the message would leave.
pub fn facts(
    connection: &Connection,
    request: &MessageFactsRequest,
    policy: &MessagePolicy,
    at: Timestamp,
) -> Result<GateFacts, StoreError> {
    let is_marketing = request.purpose == Purpose::Marketing;
    let (consent, recent) = match &request.contact_id {
        Some(contact) if is_marketing => (
            marketing_consent(connection, contact, request)?,
            recent(connection, contact, request, policy.frequency_cap, at)?,
        ),
        _ => (None, 0),
    };
    let spent_milli = match policy.monthly_budget_cents {
        Some(_) => spent_milli(connection, at)?,
        None => 0,
    };
    Ok(GateFacts {
        channel: request.channel,
        purpose: request.purpose,
        not_after: request.not_after,
        valid_until: request.valid_until,
        address_is_sendable: is_sendable(request.channel, &request.address),
        consent,
        suppression: suppressions::is_suppressed(connection, request.channel, &request.address)?,
        recent,
        frequency_cap: policy.frequency_cap,
        sms_hours: policy.sms_hours.clone(),
        spent_milli,
        cost_milli: match request.channel {
            Channel::Email => 0,
            Channel::Sms => policy.sms_part_price_milli,
        },
        monthly_budget_cents: policy.monthly_budget_cents,
    })
}

/// What the person said about marketing at this very address. An address that is no longer theirs, or a soft
/// opt-in whose sale was taken back, is nobody's word.
fn marketing_consent(
    connection: &Connection,
    contact: &ContactId,
    request: &MessageFactsRequest,
) -> Result<Option<ConsentState>, StoreError> {
    let sql = match request.channel {
        Channel::Email => "SELECT email FROM contacts WHERE id = ?1",
        Channel::Sms => "SELECT phone FROM contacts WHERE id = ?1",
    };
    let theirs: Option<Option<String>> =
        connection.prepare_cached(sql)?.query_row([contact.as_str()], |row| row.get(0)).optional()?;
    let spelling = |address: &str| one_spelling(request.channel, address);
    if theirs.flatten().is_none_or(|theirs| spelling(&theirs) != spelling(&request.address)) {
        return Ok(None);
    }
    let Some(entry) = consents::in_force(connection, contact, ConsentPurpose::Marketing, request.channel)?
    else {
        return Ok(None);
    };
    if entry.basis == Basis::SoftOptIn && !consents::has_bought(connection, contact, entry.at)? {
        return Ok(None);
    }
    Ok(Some(entry.state))
}

/// Marketing messages that reached the person, or may have, in the days of the cap: on every channel, and
/// also under another record with the same address. What still waits is counted when it leaves.
fn recent(
    connection: &Connection,
    contact: &ContactId,
    request: &MessageFactsRequest,
    cap: FrequencyCap,
    at: Timestamp,
) -> Result<u32, StoreError> {
    let today = paris().to_datetime(at).date();
    let first_day = today.checked_sub((i64::from(cap.days.max(1)) - 1).days()).unwrap_or(today);
    let since = paris().to_timestamp(first_day.to_datetime(jiff::civil::Time::midnight())).unwrap_or(at);
    let same_address = match request.channel {
        Channel::Email => "SELECT id FROM contacts WHERE email = ?2",
        Channel::Sms => "SELECT id FROM contacts WHERE phone = ?2",
    };
    let sql = format!(
        "SELECT count(*) FROM messages JOIN mailings ON mailings.id = messages.mailing_id
         WHERE messages.contact_id IN (SELECT ?1 UNION {same_address})
             AND mailings.purpose = 'marketing'
             AND (messages.state IN ('sending', 'unknown', 'reconciling', 'published', 'duplicate')
                  OR messages.doubtful)
             AND coalesce(messages.sent_at, messages.updated_at) >= ?3
             AND NOT (messages.mailing_id IS ?4 AND messages.channel = ?5)"
    );
    Ok(connection.prepare_cached(&sql)?.query_row(
        rusqlite::params![
            contact.as_str(),
            request.address,
            millis(since),
            request.mailing_id.as_ref().map(MailingId::as_str),
            request.channel.as_str(),
        ],
        |row| row.get(0),
    )?)
}

/// Notes what a message costs, in the transaction that lets it leave; negative gives it back. Thousandths of a
/// euro.
pub fn note_cost(tx: &Tx<'_>, channel: Channel, cost_milli: i64, at: Timestamp) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO message_costs (month, channel, cost_milli) VALUES (?1, ?2, max(0, ?3))
         ON CONFLICT (month, channel) DO UPDATE SET cost_milli = max(0, cost_milli + ?3)",
    )?
    .execute((month(at), channel.as_str(), cost_milli))?;
    Ok(())
}

/// What messages cost in the calendar month of `at`: thousandths of a euro.
pub fn spent_milli(connection: &Connection, at: Timestamp) -> Result<u64, StoreError> {
    let spent: i64 = connection
        .prepare_cached("SELECT coalesce(sum(cost_milli), 0) FROM message_costs WHERE month = ?1")?
        .query_row([month(at)], |row| row.get(0))?;
    Ok(u64::try_from(spent).unwrap_or(0))
}

fn month(at: Timestamp) -> String {
    let day = paris().to_datetime(at);
    format!("{:04}-{:02}", day.year(), day.month())
}
