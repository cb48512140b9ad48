//! One message, as far as it can go now.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

use super::{
    Messaging,
    ending::{Ending, Suppress, alert},
    lane::MessageLane,
    rows,
    verdict::{Fall, Hold, MessageRetries, Verdict},
};
use crate::{
    connectors::{
        Failure, FailureClass,
        messenger::{ADDRESS_DEAD, MessageFinding, MessageJob, MessageSession, MessengerRules, OPTED_OUT},
    },
    domain::{
        Account, AccountId, AccountState, Channel, DeliveryState, Mailing, MailingId, MailingState, Message,
        MessageId, OutgoingMessage, OutgoingSms, Problem, Purpose,
        message_gates::{self, GateDecision, MessagePolicy},
    },
    notifications::render::{Footer, Renderer},
    queue::desk::AccountDesk,
    store::{
        StoreError, Tx, accounts,
        journal::{self, Entry},
        mailings, message_gates as gate_facts,
        message_gates::MessageFactsRequest,
        messages::{self, LaneMessage, MessageMove},
        suppressions, templates,
    },
};

/// Rows that the gates turn away in one transaction, before others have their turn.
const TURNED_AWAY: usize = 100;
/// A provider is asked about a doubt for so long.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Until a provider that could not be asked is asked again.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// A sending at work: its frozen words, ready.
pub(super) struct Context {
    pub mailing: Mailing,
    pub renderer: Renderer,
}

/// What a lane got.
pub(super) enum Taken {
    /// Prepared to be sent: the gates said go.
    Send(Box<Message>, Arc<Context>),
    /// A doubt to settle.
    Settle(Box<Message>, Arc<Context>),
    /// Some were turned away; there may be more.
    Again,
    Wait(Timestamp),
    /// Nothing waits.
    Idle,
}

impl Taken {
    pub fn is_work(&self) -> bool {
        matches!(self, Self::Send(..) | Self::Settle(..))
    }

    pub fn id(&self) -> &MessageId {
        static NONE: std::sync::OnceLock<MessageId> = std::sync::OnceLock::new();
        match self {
            Self::Send(message, _) | Self::Settle(message, _) => &message.id,
            _ => NONE.get_or_init(|| MessageId::from("")),
        }
    }
}

/// One way to a provider: at most one message is on it.
pub(super) struct Way {
    desk: AccountDesk,
    rules: MessengerRules,
    session: Option<Box<dyn MessageSession>>,
}

impl Way {
    pub fn new(desk: AccountDesk, rules: MessengerRules) -> Self {
        Self { desk, rules, session: None }
    }

    /// Drops the session without a word: nobody knows what state it is in.
    pub fn forget(&mut self) {
        self.session = None;
    }

    pub async fn close(self) {
        if let Some(session) = self.session {
            session.close().await;
        }
    }
}

impl Messaging {
    /// Writes what is known about the last message, and takes the next: one commit.
    pub(super) async fn take(
        &self,
        lane: &MessageLane,
        known: &mut Option<Ending>,
        may_start: bool,
    ) -> Result<Option<Taken>, StoreError> {
        if known.is_none() && !may_start {
            return Ok(None);
        }
        let (account, me, now) = (lane.account_id.clone(), self.queue.instance.clone(), self.clock.now());
        let (ending, service, policy) = (known.clone(), self.clone(), self.settings().policy);
        let (taken, unready) = self
            .store
            .write(move |tx| {
                if let Some(ending) = &ending {
                    match ending.write(tx, now) {
                        // Somebody else moved it: that is their truth.
                        Ok(()) | Err(StoreError::Moved) => {}
                        Err(error) => return Err(error),
                    }
                }
                if !may_start {
                    return Ok((None, None));
                }
                for _ in 0..TURNED_AWAY {
                    let message = match messages::next_of_lane(tx, &account, now)? {
                        LaneMessage::Due(message) => message,
                        LaneMessage::Wait(at) => return Ok((Some(Taken::Wait(at)), None)),
                        LaneMessage::Idle => return Ok((Some(Taken::Idle), None)),
                    };
                    let Some(context) = service.ready(&message.mailing_id) else {
                        return Ok((None, Some(message.mailing_id)));
                    };
                    if message.state == DeliveryState::Unknown {
                        let change = MessageMove {
                            owner: Some(Some(me)),
                            next_at: Some(None),
                            ..MessageMove::default()
                        };
                        let to = DeliveryState::Reconciling;
                        messages::transition(tx, &message.id, &[message.state], to, &change, now)?;
                        return Ok((Some(Taken::Settle(message, context)), None));
                    }
                    if turn_away(tx, &message, &context, &policy, now)? {
                        continue;
                    }
                    let change = MessageMove {
                        owner: Some(Some(me)),
                        next_at: Some(None),
                        attempts: 1,
                        ..MessageMove::default()
                    };
                    let from = [DeliveryState::Queued, DeliveryState::RetryAt];
                    messages::transition(tx, &message.id, &from, DeliveryState::Preparing, &change, now)?;
                    return Ok((Some(Taken::Send(message, context)), None));
                }
                Ok((Some(Taken::Again), None))
            })
            .await?;
        *known = None;
        match unready {
            Some(mailing) => {
                self.context(&mailing).await?;
                Ok(Some(Taken::Again))
            }
            None => Ok(taken),
        }
    }

    fn ready(&self, mailing: &MailingId) -> Option<Arc<Context>> {
        self.shared.contexts.lock().unwrap_or_else(PoisonError::into_inner).get(mailing).cloned()
    }

    /// A sending with its compiled template. One that cannot be sent any more (the house lost its address,
    /// for example) is paused and says why; then there is none.
    pub(super) async fn context(&self, id: &MailingId) -> Result<Option<Arc<Context>>, StoreError> {
        if let Some(context) = self.ready(id) {
            return Ok(Some(context));
        }
        let key = id.clone();
        let (mailing, template) = self
            .store
            .read(move |c| {
                let mailing = mailings::find(c, &key)?.ok_or(StoreError::NotFound)?;
                let template = templates::version(c, &mailing.template_id, mailing.template_version)?;
                Ok((mailing, template.ok_or(StoreError::NotFound)?))
            })
            .await?;
        match Renderer::new(&template, &self.settings().house) {
            Ok(renderer) => {
                let context = Arc::new(Context { mailing, renderer });
                let mut contexts = self.shared.contexts.lock().unwrap_or_else(PoisonError::into_inner);
                contexts.insert(id.clone(), context.clone());
                Ok(Some(context))
            }
            Err(problem) => {
                let (id, now, problem) = (id.clone(), self.clock.now(), Problem::new(problem.code));
                let from = [MailingState::Scheduled, MailingState::Sending];
                let paused = self.store.write(move |tx| {
                    messages::pause(tx, &id)?;
                    alert(tx, None, "mailing_paused", &problem, now)?;
                    mailings::set_state(tx, &id, &from, MailingState::Paused, Some(&problem), now)
                });
                match paused.await {
                    Ok(()) | Err(StoreError::Moved) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Moves one message on. What is known in the end is returned to be written with the next step.
    pub(super) async fn work(
        &self,
        lane: &MessageLane,
        way: &mut Way,
        taken: Taken,
    ) -> Result<Option<Ending>, StoreError> {
        match taken {
            Taken::Send(message, context) => self.send(lane, way, &message, &context).await,
            Taken::Settle(message, context) => self.settle(lane, way, &message, &context).await.map(Some),
            Taken::Again | Taken::Wait(_) | Taken::Idle => Ok(None),
        }
    }

    async fn send(
        &self,
        lane: &MessageLane,
        way: &mut Way,
        message: &Message,
        context: &Arc<Context>,
    ) -> Result<Option<Ending>, StoreError> {
        let outgoing = match self.compose(message, context, &way.desk) {
            Ok(outgoing) => outgoing,
            Err(failure) => return self.fall(lane, way, message, context, false, failure).await.map(Some),
        };
        let now = self.clock.now();
        let job = job(message, context, &outgoing);
        if way.session.as_ref().is_none_or(|session| session.is_broken()) {
            way.session = None;
            let connector = self.registry.get(&way.desk.account.platform).cloned();
            let Some(messenger) = connector.as_ref().and_then(|connector| connector.messenger()) else {
                return Ok(Some(Ending::back(message, &lane.account_id, now)));
            };
            match messenger.open(&way.desk.access(&self.queue, now)).await {
                Ok(session) => way.session = Some(session),
                Err(failure) => {
                    return self.fall(lane, way, message, context, false, failure).await.map(Some);
                }
            }
        }
        let Some(session) = way.session.as_mut() else { return Ok(None) };
        if let Err(failure) = session.offer(&way.desk.access(&self.queue, now), &job).await {
            return self.fall(lane, way, message, context, false, failure).await.map(Some);
        }
        if !self.commit_sending(message, context, &lane.account_id).await? {
            if let Some(session) = way.session.as_mut() {
                session.take_back().await;
            }
            return Ok(None);
        }
        let now = self.clock.now();
        let access = way.desk.access(&self.queue, now);
        let Some(session) = way.session.as_mut() else { return Ok(None) };
        match session.send(&access, &job).await {
            Ok(accepted) => {
                self.lane_is_well(lane).await;
                Ok(Some(Ending::accepted(message, DeliveryState::Sending, accepted, &lane.account_id)))
            }
            Err(failure) => self.fall(lane, way, message, context, true, failure).await.map(Some),
        }
    }

    /// The last question before the irreversible step, in the transaction that writes it down: is everything
    /// still as the gates want it? `false`: it stays here, and the row says so.
    async fn commit_sending(
        &self,
        message: &Message,
        context: &Arc<Context>,
        account: &AccountId,
    ) -> Result<bool, StoreError> {
        if self.queue.pause() != crate::queue::Pause::Running || self.queue.shutdown.is_cancelled() {
            self.put_back(message, account).await?;
            return Ok(false);
        }
        let (id, context, account) = (message.id.clone(), context.clone(), account.clone());
        let (policy, now) = (self.settings().policy, self.clock.now());
        self.store
            .write(move |tx| {
                let message = messages::find(tx, &id)?.ok_or(StoreError::Moved)?;
                let state = mailings::find(tx, &message.mailing_id)?.map(|mailing| mailing.state);
                let from = [DeliveryState::Preparing];
                let back = MessageMove {
                    owner: Some(None),
                    next_at: Some((state != Some(MailingState::Paused)).then_some(now)),
                    attempts: -1,
                    ..MessageMove::default()
                };
                if state == Some(MailingState::Stopped) {
                    let change = MessageMove { problem: Some(Some(Problem::new("mailing_stopped"))), ..back };
                    messages::transition(tx, &id, &from, DeliveryState::Cancelled, &change, now)?;
                    return Ok(false);
                }
                let connected = accounts::find(tx, &account)?
                    .is_some_and(|account| account.state == AccountState::Connected);
                let decision = decide(tx, &message, &context, &policy, now)?;
                if !connected || state != Some(MailingState::Sending) || decision != GateDecision::Go {
                    // The next look at it says what the gates said.
                    messages::transition(tx, &id, &from, DeliveryState::Queued, &back, now)?;
                    return Ok(false);
                }
                let change = MessageMove { sent_at: Some(now), ..MessageMove::default() };
                messages::transition(tx, &id, &from, DeliveryState::Sending, &change, now)?;
                let cost = cost(&policy, message.channel);
                if cost > 0 {
                    gate_facts::note_cost(tx, message.channel, cost, now)?;
                }
                Ok(true)
            })
            .await
    }

    async fn put_back(&self, message: &Message, account: &AccountId) -> Result<(), StoreError> {
        let now = self.clock.now();
        let ending = Ending::back(message, account, now);
        self.store.write(move |tx| ending.write(tx, now)).await
    }

    /// The words for this person. A failure here refuses the message: no second attempt would say more.
    fn compose(
        &self,
        message: &Message,
        context: &Context,
        desk: &AccountDesk,
    ) -> Result<OutgoingMessage, Failure> {
        let refused = |problem: crate::domain::template::TemplateProblem| Failure::content(problem.code);
        let house = self.settings().house;
        let values = context.mailing.values_for(&message.variables);
        match message.channel {
            Channel::Sms => Ok(OutgoingMessage::Sms(OutgoingSms {
                sender: Some(house.sms_sender).filter(|sender| !sender.is_empty()),
                to: message.address.clone(),
                text: context.renderer.sms(&values).map_err(refused)?,
            })),
            Channel::Email => {
                let from = &desk.account.handle;
                let token = message.id.as_str();
                let stop = format!("mailto:{from}?subject=desabonnement%20{token}");
                let footer = Footer { unsubscribe: stop.clone(), ..Footer::default() };
                let mut email = context.renderer.email(&values, &footer).map_err(refused)?;
                let domain = from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
                email.from_address.clone_from(from);
                email.from_name = house.name;
                email.reply_to = Some(house.reply_to).filter(|address| !address.is_empty());
                email.to_address.clone_from(&message.address);
                email.message_id = format!("{token}@{domain}");
                match context.mailing.purpose {
                    Purpose::Marketing => {
                        email.headers.push(("List-Unsubscribe".into(), format!("<{stop}>")));
                        email.headers.push(("Precedence".into(), "bulk".into()));
                    }
                    Purpose::Service => {
                        email.headers.push(("Auto-Submitted".into(), "auto-generated".into()));
                    }
                }
                Ok(OutgoingMessage::Email(email))
            }
        }
    }

    /// What a failure means for the message and for its account.
    async fn fall(
        &self,
        lane: &MessageLane,
        way: &mut Way,
        message: &Message,
        context: &Context,
        sent: bool,
        failure: Failure,
    ) -> Result<Ending, StoreError> {
        if way.session.as_ref().is_none_or(|session| session.is_broken())
            || failure.class == FailureClass::Unknown
        {
            way.session = None;
        }
        let id = lane.account_id.clone();
        let row = self.store.read(move |c| crate::store::lanes::find(c, &id)).await?;
        let retries = self.retries.of(message.channel, context.mailing.purpose);
        let attempts = message.attempts + 1;
        let verdict = self.retries.verdict(&failure, sent, retries, attempts, row.consecutive_failures);
        self.hold_account(lane, way.desk.account.clone(), &verdict, &failure).await?;
        let now = self.clock.now();
        let from = if sent { DeliveryState::Sending } else { DeliveryState::Preparing };
        let mut problem = failure.problem.clone();
        let change = MessageMove { owner: Some(None), ..MessageMove::default() };
        let at = |wait: Duration| Some(Some(now + signed(wait)));
        let (to, change) = match verdict.fall {
            Fall::Back => {
                let to = if sent { DeliveryState::RetryAt } else { DeliveryState::Queued };
                (to, MessageMove { next_at: Some(Some(now)), attempts: -1, ..change })
            }
            Fall::Later(wait) => (DeliveryState::RetryAt, MessageMove { next_at: at(wait), ..change }),
            Fall::Rejected => (DeliveryState::Rejected, change),
            Fall::Duplicate => (DeliveryState::Duplicate, change),
            Fall::Doubt => (
                DeliveryState::Unknown,
                MessageMove { next_at: Some(Some(now)), doubtful: Some(true), lookups: Some(0), ..change },
            ),
            Fall::GivenUp => {
                problem.code = "attempts_exhausted".into();
                (DeliveryState::Held, MessageMove { next_at: Some(None), ..change })
            }
        };
        let reason = match problem.code.as_str() {
            ADDRESS_DEAD => Some(suppressions::SuppressionReason::HardBounce),
            OPTED_OUT => Some(suppressions::SuppressionReason::Stop),
            _ => None,
        };
        let dead = reason.filter(|_| to == DeliveryState::Rejected).map(|reason| Suppress {
            channel: message.channel,
            address: message.address.clone(),
            reason,
        });
        Ok(Ending {
            id: message.id.clone(),
            from,
            to,
            change: MessageMove { problem: Some(Some(problem)), ..change },
            dead,
            alert: (to == DeliveryState::Held).then_some("messages_held"),
            account: lane.account_id.clone(),
        })
    }

    /// Waits, counts or stops the account.
    async fn hold_account(
        &self,
        lane: &MessageLane,
        account: Account,
        verdict: &Verdict,
        failure: &Failure,
    ) -> Result<(), StoreError> {
        let (hold, counts) = (verdict.hold, verdict.counts || matches!(verdict.hold, Hold::Refused(_)));
        if hold != Hold::None || counts {
            self.keep_lane(&lane.account_id, move |row, now| {
                if counts {
                    row.consecutive_failures += 1;
                }
                if let Hold::Wait(wait) | Hold::Refused(wait) = hold {
                    row.not_before = Some(now + signed(wait));
                }
            })
            .await?;
        }
        let to = match hold {
            Hold::NeedsReauth => AccountState::NeedsReauth,
            Hold::Blocked => AccountState::Blocked,
            Hold::None | Hold::Wait(_) | Hold::Refused(_) => return Ok(()),
        };
        let (problem, now) = (failure.problem.clone(), self.clock.now());
        let stopped = self
            .store
            .write(move |tx| {
                accounts::set_state(tx, &account.id, &[AccountState::Connected], to, Some(&problem), now)?;
                alert(tx, Some(&account.id), "account_needs_reauth", &problem, now)?;
                let mut entry = Entry::new(now, "engine", "account.stopped", account.label.clone());
                entry.account_id = Some(account.id.to_string());
                entry.details = serde_json::json!({ "code": problem.code, "platform": account.platform });
                journal::add(tx, &entry)
            })
            .await;
        match stopped {
            // Stopped already: one message per incident.
            Ok(()) | Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn lane_is_well(&self, lane: &MessageLane) {
        if let Some(pause) = lane.http.take_pause() {
            let wait = signed(pause);
            let kept =
                self.keep_lane(&lane.account_id, move |row, now| row.not_before = Some(now + wait)).await;
            if let Err(error) = kept {
                tracing::warn!(code = error.code(), "The pace of an account could not be kept: {error}.");
            }
        }
    }

    /// Finds out what became of a message that may have left.
    async fn settle(
        &self,
        lane: &MessageLane,
        way: &mut Way,
        message: &Message,
        context: &Context,
    ) -> Result<Ending, StoreError> {
        let now = self.clock.now();
        let (purpose, rules) = (context.mailing.purpose, way.rules);
        let from = DeliveryState::Reconciling;
        let stay = |to, change, problem: Option<&str>, alert| Ending {
            id: message.id.clone(),
            from,
            to,
            change: MessageMove {
                owner: Some(None),
                problem: problem.map(|code| Some(Problem::new(code))),
                ..change
            },
            dead: None,
            alert,
            account: lane.account_id.clone(),
        };
        let ended = |to: DeliveryState| {
            let is_held = to == DeliveryState::Held;
            let next_at = Some((!is_held).then_some(now));
            let change = MessageMove { next_at, doubtful: Some(is_held), ..MessageMove::default() };
            stay(to, change, is_held.then_some("message_outcome_unknown"), is_held.then_some("messages_held"))
        };
        let Ok(outgoing) = self.compose(message, context, &way.desk) else {
            return Ok(ended(DeliveryState::Held));
        };
        let connector = self.registry.get(&way.desk.account.platform).cloned();
        let Some(messenger) = connector.as_ref().and_then(|connector| connector.messenger()) else {
            return Ok(ended(DeliveryState::Held));
        };
        let access = way.desk.access(&self.queue, now);
        let found = messenger.reconcile(&access, &job(message, context, &outgoing)).await;
        Ok(match found {
            Ok(MessageFinding::Found(accepted)) => {
                Ending::accepted(message, from, accepted, &lane.account_id)
            }
            Ok(MessageFinding::Repeat) => ended(DeliveryState::RetryAt),
            Ok(MessageFinding::NotKnowable) => {
                ended(MessageRetries::not_knowable(&rules, purpose, message.attempts))
            }
            Ok(MessageFinding::NotFound) => {
                match self.retries.not_found(&rules, purpose, message.lookups, message.attempts) {
                    Ok(to) => ended(to),
                    Err(wait) => {
                        let change = MessageMove {
                            next_at: Some(Some(now + signed(wait))),
                            lookups: Some(message.lookups + 1),
                            ..MessageMove::default()
                        };
                        stay(DeliveryState::Unknown, change, None, None)
                    }
                }
            }
            Err(failure) => {
                let since = message.sent_at.unwrap_or(message.updated_at);
                if now.duration_since(since) > ASKED_FOR {
                    ended(DeliveryState::Held)
                } else {
                    let row = rows_of(self, &lane.account_id).await?;
                    let retries = self.retries.of(message.channel, purpose);
                    let verdict = self.retries.verdict(&failure, false, retries, 1, row.consecutive_failures);
                    self.hold_account(lane, way.desk.account.clone(), &verdict, &failure).await?;
                    let wait = failure.retry_after.unwrap_or(LOOK_AGAIN);
                    let change =
                        MessageMove { next_at: Some(Some(now + signed(wait))), ..MessageMove::default() };
                    stay(DeliveryState::Unknown, change, Some(&failure.problem.code), None)
                }
            }
        })
    }
}

async fn rows_of(
    service: &Messaging,
    account: &AccountId,
) -> Result<crate::store::lanes::LaneRow, StoreError> {
    let id = account.clone();
    service.store.read(move |c| crate::store::lanes::find(c, &id)).await
}

/// Asks the gates about a message; what they say no to, or put off, is written. `true`: it does not leave now.
fn turn_away(
    tx: &Tx<'_>,
    message: &Message,
    context: &Context,
    policy: &MessagePolicy,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let from = [message.state];
    match decide(tx, message, context, policy, now)? {
        GateDecision::Go => Ok(false),
        GateDecision::Wait { until, code } => {
            let change = MessageMove {
                next_at: Some(Some(until)),
                due_at: Some(until),
                problem: Some(Some(Problem::new(code))),
                ..MessageMove::default()
            };
            messages::transition(tx, &message.id, &from, DeliveryState::RetryAt, &change, now)?;
            Ok(true)
        }
        GateDecision::No { code } => {
            let to = rows::refused_state(code);
            let change = MessageMove { problem: Some(Some(Problem::new(code))), ..MessageMove::default() };
            messages::transition(tx, &message.id, &from, to, &change, now)?;
            Ok(true)
        }
    }
}

fn decide(
    tx: &Tx<'_>,
    message: &Message,
    context: &Context,
    policy: &MessagePolicy,
    now: Timestamp,
) -> Result<GateDecision, StoreError> {
    let values = context.mailing.values_for(&message.variables);
    let request = MessageFactsRequest {
        channel: message.channel,
        purpose: context.mailing.purpose,
        contact_id: message.contact_id.clone(),
        address: message.address.clone(),
        mailing_id: Some(message.mailing_id.clone()),
        not_after: context.mailing.not_after,
        valid_until: context.renderer.valid_until(&values),
    };
    Ok(message_gates::decide(&gate_facts::facts(tx, &request, policy, now)?, now))
}

/// What a message costs at least: thousandths of a euro.
fn cost(policy: &MessagePolicy, channel: Channel) -> i64 {
    match channel {
        Channel::Email => 0,
        Channel::Sms => i64::try_from(policy.sms_part_price_milli).unwrap_or(i64::MAX),
    }
}

fn job<'a>(message: &'a Message, context: &'a Context, outgoing: &'a OutgoingMessage) -> MessageJob<'a> {
    MessageJob {
        id: &message.id,
        mailing_id: message.mailing_id.as_str(),
        purpose: context.mailing.purpose,
        message: outgoing,
        created_at: message.created_at,
        first_sent_at: message.first_sent_at,
        lookups: message.lookups,
    }
}

/// A duration of the standard library as a signed one; a century at most.
pub(super) fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::from_hours(24 * 36_500))
}
