//! Sending e-mail and SMS, and reading what became of them. A trait beside [`Publisher`](super::Publisher):
//! like every connector, an implementation only translates. The sending loop decides who gets what, writes
//! every step down before it is taken, and never repeats a doubt.
//!
//! Classes of [`Failure`] as everywhere, with these readings for one message:
//! `Content` refuses this person's message only (`problem.code` is [`ADDRESS_DEAD`] where the address can
//! never work, [`OPTED_OUT`] where the provider says that the person wants none); `Blocked` says that our
//! set-up is wrong (sender not verified, text refused as spam) and stops the account; `Quota` is money or
//! daily allowance; `Unknown` only where the message may have left.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::{Access, Failure, Kind};
pub use crate::domain::{About, ReportedEvent};
use crate::domain::{Channel, MessageId, OutgoingMessage, Purpose};

/// This address can never work: it is not written to any more.
pub const ADDRESS_DEAD: &str = "address_dead";
/// The provider knows that the person wants no messages: the consent is withdrawn here too.
pub const OPTED_OUT: &str = "recipient_opted_out";

/// What a connector of messages can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessengerRules {
    pub channel: Channel,
    /// How a doubt is settled.
    pub kind: Kind,
    /// Ways that may be open at once.
    pub connections: usize,
    /// A doubtful personal message may be sent again with the same id (mail has a `Message-ID`).
    pub repeats_doubtful_service: bool,
    /// The provider itself adds how to be left alone (STOP clause, unsubscribe link).
    pub adds_opt_out: bool,
    /// Shortest and longest time between two readings of reports while messages are young.
    pub report_every: Duration,
}

/// Messages by one provider.
#[async_trait]
pub trait Messenger: Send + Sync {
    fn rules(&self) -> MessengerRules;

    /// Opens a way for messages, for example a signed-in connection. Nothing is sent by it.
    async fn open(&self, access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure>;

    /// Looks, only reading, whether `job` has left.
    async fn reconcile(&self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<MessageFinding, Failure>;

    /// Reads what became of messages and who wrote back. Only reads.
    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure>;

    /// What the provider knows about money: credits left, price of one part to France.
    async fn balance(&self, _access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        Ok(None)
    }

    /// Removes what the provider keeps about an address. Repeatable. `false` where it offers no way.
    async fn erase(&self, _access: &Access<'_>, _address: &str) -> Result<bool, Failure> {
        Ok(false)
    }
}

/// An open way. Calls come in this order, again and again: `offer`, then `send` or `take_back`.
#[async_trait]
pub trait MessageSession: Send {
    /// Everything up to the irreversible step: the provider may refuse the person here. Nothing has left
    /// when it returns, whatever it returns.
    async fn offer(&mut self, _access: &Access<'_>, _job: &MessageJob<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// The one irreversible step, made exactly once.
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure>;

    /// What was offered is not sent after all.
    async fn take_back(&mut self) {}

    /// The way cannot be used any more: the next message needs a new one.
    fn is_broken(&self) -> bool {
        false
    }

    /// Says goodbye.
    async fn close(self: Box<Self>) {}
}

/// One message as a connector sees it.
pub struct MessageJob<'a> {
    pub id: &'a MessageId,
    /// Of the sending; a provider shows its messages together by it.
    pub mailing_id: &'a str,
    pub purpose: Purpose,
    pub message: &'a OutgoingMessage,
    /// When the row was made: stable over all attempts.
    pub created_at: Timestamp,
    /// When the first irreversible step may have begun; `None` before it.
    pub first_sent_at: Option<Timestamp>,
    pub lookups: u32,
}

/// The provider took it. Not yet delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's own id, by which it reports.
    pub remote_id: Option<String>,
    /// What it cost, where the answer says so: thousandths of a euro.
    pub price_milli: Option<i64>,
}

/// What a look-up after a doubt found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageFinding {
    Found(Accepted),
    /// Repeating the same request is free of risk (kind B while its key lives).
    Repeat,
    /// Not in the lists (yet).
    NotFound,
    /// Nobody can know (kind H).
    NotKnowable,
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct ReportRequest {
    /// The connector's own notes of the last reading; `Null` at first.
    pub marks: Value,
    /// Messages of this account whose end is not known, oldest first, at most 1,000.
    pub open: Vec<OpenMessage>,
}

/// A message that was accepted and whose end is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenMessage {
    pub id: MessageId,
    pub remote_id: Option<String>,
    pub address: String,
    pub sent_at: Timestamp,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Reports {
    pub events: Vec<ReportedEvent>,
    pub marks: Value,
    /// There is more to read at once.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Credits, or thousandths of a currency unit where `currency` is given.
    pub amount_milli: i64,
    pub currency: Option<String>,
    /// One part of an SMS to France, thousandths of a euro.
    pub part_price_milli: Option<i64>,
}
