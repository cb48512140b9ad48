//! The rows of one person: which channels are used, and what the gates say today. What they refuse is
//! written down as well, so that everybody who was meant is accounted for.

use jiff::Timestamp;

use crate::{
    connectors::registry::Registry,
    domain::{
        AccountId, Channel, ContactId, DeliveryState, Mailing, Message, MessageId, Problem, Purpose, Values,
        message_gates::{self, GateDecision, MessagePolicy},
    },
    notifications::render::Renderer,
    store::{
        StoreError, Tx, accounts, message_gates as gate_facts, message_gates::MessageFactsRequest, messages,
        suppressions,
    },
};

/// No account sends on that channel.
pub const CHANNEL_NOT_CONNECTED: &str = "channel_not_connected";

/// One person of a sending, with one address or one for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipient {
    pub contact_id: Option<ContactId>,
    pub addresses: Vec<(Channel, String)>,
    pub preferred: Option<Channel>,
    pub variables: Values,
}

/// The account of each channel.
pub type Senders = Vec<(Channel, Option<AccountId>)>;

/// Which account sends on each of these channels: the default one, else the oldest.
pub fn senders(tx: &Tx<'_>, registry: &Registry, channels: &[Channel]) -> Result<Senders, StoreError> {
    let platforms = |channel: Channel| -> Vec<&'static str> {
        let sends = |connector: &&crate::connectors::SharedConnector| {
            connector.messenger().is_some_and(|messenger| messenger.rules().channel == channel)
        };
        registry.iter().filter(sends).map(|connector| connector.descriptor().id).collect()
    };
    channels
        .iter()
        .map(|channel| Ok((*channel, accounts::sender(tx, &platforms(*channel))?.map(|account| account.id))))
        .collect()
}

/// Writes the rows of one person. An address that the sending has already gets no second row.
pub fn write(
    tx: &Tx<'_>,
    mailing: &Mailing,
    recipient: &Recipient,
    senders: &Senders,
    valid_until: Option<Timestamp>,
    policy: &MessagePolicy,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    let mut addresses = recipient.addresses.clone();
    // Where only one may be used, it is the one that the person likes.
    addresses.sort_by_key(|(channel, _)| recipient.preferred.is_some_and(|preferred| preferred != *channel));
    let at = mailing.due_at.max(now);
    let (mut rows, mut going) = (Vec::new(), 0);
    for (channel, address) in addresses {
        let account_id =
            senders.iter().find(|(sends, _)| *sends == channel).and_then(|(_, account)| account.clone());
        let mut row = Message {
            id: MessageId::new(),
            mailing_id: mailing.id.clone(),
            contact_id: recipient.contact_id.clone(),
            channel,
            address,
            account_id,
            state: DeliveryState::Queued,
            due_at: at,
            next_at: Some(at),
            variables: recipient.variables.clone(),
            attempts: 0,
            crash_count: 0,
            lookups: 0,
            owner: None,
            first_sent_at: None,
            sent_at: None,
            doubtful: false,
            remote_id: None,
            problem: None,
            fate: None,
            finished_at: None,
            created_at: now,
            updated_at: now,
        };
        let request = MessageFactsRequest {
            channel,
            purpose: mailing.purpose,
            contact_id: row.contact_id.clone(),
            address: row.address.clone(),
            mailing_id: Some(mailing.id.clone()),
            not_after: mailing.not_after,
            valid_until,
        };
        let capped = mailing.purpose == Purpose::Marketing && going >= policy.frequency_cap.count;
        let decision = match message_gates::decide(&gate_facts::facts(tx, &request, policy, at)?, at) {
            GateDecision::Go | GateDecision::Wait { .. } if row.account_id.is_none() => {
                GateDecision::No { code: CHANNEL_NOT_CONNECTED }
            }
            GateDecision::Go | GateDecision::Wait { .. } if capped => {
                GateDecision::No { code: "frequency_cap" }
            }
            decision => decision,
        };
        match decision {
            GateDecision::Go => going += 1,
            GateDecision::Wait { until, code } => {
                going += 1;
                (row.due_at, row.next_at) = (until, Some(until));
                row.problem = Some(Problem::new(code));
            }
            GateDecision::No { code } => {
                row.state = refused_state(code);
                (row.next_at, row.finished_at) = (None, Some(now));
                row.problem = Some(Problem::new(code));
            }
        }
        let hash = suppressions::hash(tx, channel, &row.address)?;
        if messages::insert(tx, &row, &hash)? {
            rows.push(row);
        }
    }
    Ok(rows)
}

/// Of a person's values, those that the template uses: a row keeps no more of a person than its words need.
pub fn own_values(renderer: &Renderer, values: &Values) -> Values {
    let mut own = Values::default();
    for variable in &renderer.template().variables {
        if let Some(value) = values.get(&variable.name) {
            own.set(variable.name.clone(), value.clone());
        }
    }
    own
}

/// The end of a message that a gate refuses.
pub fn refused_state(code: &str) -> DeliveryState {
    match code {
        "message_expired" | "offer_expired" => DeliveryState::Expired,
        _ => DeliveryState::Rejected,
    }
}
