//! T10 and K1: random orders of what people say and what wants to leave, judged a second time by what the test
//! knows.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use vieux_moulin_engine::{
    domain::{legal_hours::paris, message_gates::FrequencyCap},
    store::messages::MessageMove,
};

use super::*;

/// T10. What the sending loop does in the transaction that lets a row go: gates first, then `sending`.
fn take(tx: &Tx<'_>, id: &MessageId, at: Timestamp) -> Result<bool, StoreError> {
    let Some(row) = messages::find(tx, id)? else { return Ok(false) };
    if !matches!(row.state, S::Queued | S::RetryAt | S::Held | S::Unknown) || row.contact_id.is_none() {
        return Ok(false);
    }
    let asked = MessageFactsRequest {
        channel: row.channel,
        purpose: Purpose::Marketing,
        contact_id: row.contact_id.clone(),
        address: row.address.clone(),
        mailing_id: Some(row.mailing_id.clone()),
        not_after: None,
        valid_until: None,
    };
    if ask(tx, &asked, at) != GateDecision::Go {
        return Ok(false);
    }
    tx.execute(
        "UPDATE messages SET state = 'sending', sent_at = ?2, updated_at = ?2 WHERE id = ?1",
        params![id.as_str(), at.as_millisecond()],
    )?;
    Ok(true)
}

/// T10, in every order: rows that wait, are tried again, are held or in doubt, against withdrawals, suppressions,
/// objections and erasures.
#[tokio::test]
async fn nothing_leaves_after_a_no_in_a_thousand_orders() {
    let (_dir, store) = open();
    let (mut left, mut stopped) = (0, 0);
    for seed in 0..1_000_u64 {
        let (sent, refused) = write(&store, move |tx| one_order(tx, seed)).await;
        left += sent;
        stopped += refused;
    }
    // The scenes are not empty: some leave before the no, many are stopped by it.
    assert!(left > 200 && stopped > 500, "{left} {stopped}");
}

fn one_order(tx: &Tx<'_>, seed: u64) -> Result<(u32, u32), StoreError> {
    let mut random = StdRng::seed_from_u64(seed);
    let id = format!("p{seed}");
    let contact = person(tx, &id)?;
    let mut now = noon();
    for channel in Channel::ALL {
        consents::record(tx, &card(&contact, channel, now - DAY), now)?;
    }
    let mut rows = Vec::new();
    for _ in 0..4 {
        let mailing = mailing(tx, Purpose::Marketing)?;
        let channel = *Channel::ALL.choose(&mut random).unwrap();
        let state = *[S::Queued, S::RetryAt, S::Held, S::Unknown].choose(&mut random).unwrap();
        rows.push((message(tx, &mailing, &contact, channel, state, None)?, channel));
    }
    // The rows in doubt must not stand in the way of the others here.
    tx.execute("UPDATE messages SET updated_at = 0 WHERE contact_id = ?1", [contact.as_str()])?;
    let mut allowed: BTreeMap<Channel, bool> =
        Channel::ALL.into_iter().map(|channel| (channel, true)).collect();
    let mut refused_until: BTreeMap<Channel, bool> = BTreeMap::new();
    let (mut sent, mut stopped) = (0, 0);
    for _ in 0..12 {
        // Eight days, so that the cap never decides here; noon of a weekday that is open.
        now += DAY * 7;
        let channel = *Channel::ALL.choose(&mut random).unwrap();
        let address = address_of(&id, channel);
        match random.random_range(0..10) {
            0 => {
                let withdrawal = NewConsent::withdrawal(contact.clone(), channel, now, "stop");
                let written = consents::record(tx, &withdrawal, now);
                assert!(matches!(written, Ok(()) | Err(StoreError::NotFound)), "{written:?}");
                allowed.insert(channel, false);
            }
            1 => {
                let reason = *SuppressionReason::ALL.choose(&mut random).unwrap();
                suppressions::add(tx, channel, &address, reason, "provider", now)?;
                refused_until.insert(channel, true);
            }
            2 if random.random_bool(0.3) => {
                let erased = rights::erase(tx, &contact, "window", now);
                assert!(matches!(erased, Ok(_) | Err(StoreError::NotFound)), "{erased:?}");
                for channel in Channel::ALL {
                    allowed.insert(channel, false);
                }
            }
            3 if random.random_bool(0.3) => {
                let objected = rights::object(tx, &contact, "window", now);
                assert!(matches!(objected, Ok(()) | Err(StoreError::NotFound)), "{objected:?}");
                for channel in Channel::ALL {
                    allowed.insert(channel, false);
                }
            }
            _ => {
                let (row, channel) = rows.choose(&mut random).unwrap();
                let may = allowed[channel] && !refused_until.contains_key(channel);
                if take(tx, row, now)? {
                    assert!(may, "seed {seed}: sent after a no");
                    sent += 1;
                    let accepted = MessageMove::default();
                    messages::transition(tx, row, &[S::Sending], S::Published, &accepted, now)?;
                } else if !may {
                    stopped += 1;
                }
            }
        }
    }
    Ok((sent, stopped))
}

/// T10, at the same time: many tasks take rows while others withdraw; the order of the commits decides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_that_was_committed_is_seen_by_every_later_send() {
    let (_dir, store) = open();
    let people = 60;
    let rows: Vec<(ContactId, MessageId)> = write(&store, move |tx| {
        (0..people)
            .map(|index| {
                let contact = person(tx, &format!("c{index}"))?;
                consents::record(tx, &card(&contact, Channel::Email, noon() - DAY), noon())?;
                let mailing = mailing(tx, Purpose::Marketing)?;
                let row = message(tx, &mailing, &contact, Channel::Email, S::Queued, None)?;
                Ok((contact, row))
            })
            .collect()
    })
    .await;
    // Counted inside the one writer, so the numbers are the order of the transactions.
    let order = Arc::new(AtomicU64::new(1));
    let mut tasks = Vec::new();
    for (contact, row) in rows {
        let (taking, store_2, order_2) = (row.clone(), store.clone(), order.clone());
        let taken = tokio::spawn(async move {
            tokio::task::yield_now().await;
            store_2
                .write(move |tx| {
                    Ok(take(tx, &taking, noon())?.then(|| order_2.fetch_add(1, Ordering::SeqCst)))
                })
                .await
                .unwrap()
        });
        let (store_3, order_3) = (store.clone(), order.clone());
        let withdrawn = tokio::spawn(async move {
            store_3
                .write(move |tx| {
                    consents::record(
                        tx,
                        &NewConsent::withdrawal(contact, Channel::Email, noon(), "stop"),
                        noon(),
                    )?;
                    Ok(order_3.fetch_add(1, Ordering::SeqCst))
                })
                .await
                .unwrap()
        });
        tasks.push((row, taken, withdrawn));
    }
    for (row, taken, withdrawn) in tasks {
        let (taken, withdrawn) = (taken.await.unwrap(), withdrawn.await.unwrap());
        assert!(taken.is_none_or(|taken| taken < withdrawn));
        let state = store.read(move |c| Ok(state_of(c, &row).0)).await.unwrap();
        assert_eq!(state, if taken.is_some() { S::Sending } else { S::Cancelled });
    }
}

/// One person of the fuzzed world, as the test knows them.
struct Known {
    contact: ContactId,
    /// State, basis and time of what was accepted by the ledger, by channel.
    said: BTreeMap<Channel, (ConsentState, Basis)>,
    bought: bool,
    suppressed: BTreeMap<Channel, Vec<SuppressionReason>>,
    /// Marketing that left: mailing, channel, when.
    got: Vec<(MailingId, Channel, Timestamp)>,
}

/// Checklist K1: 100,000 messages against random histories, judged a second time by what the test knows.
#[tokio::test]
async fn a_hundred_thousand_messages_reach_nobody_against_the_rules() {
    const PEOPLE: u64 = 200;
    const ASKED: u32 = 500;
    let (_dir, store) = open();
    let mut went = 0;
    for seed in 0..PEOPLE {
        went += write(&store, move |tx| {
            let mut random = StdRng::seed_from_u64(seed);
            let known = somebody(tx, seed, &mut random)?;
            let mut went = 0;
            for _ in 0..ASKED {
                went += u32::from(one_message(tx, &known, &mut random)?);
            }
            Ok(went)
        })
        .await;
    }
    assert!(went > 1_000, "{went} of {} went", PEOPLE * u64::from(ASKED));
}

fn somebody(tx: &Tx<'_>, seed: u64, random: &mut StdRng) -> Result<Known, StoreError> {
    let contact = person(tx, &format!("f{seed}"))?;
    let bought = random.random_bool(0.6);
    visit(tx, &contact, noon() - DAY * 60, if bought { 3_000 } else { 0 })?;
    let mut said = BTreeMap::new();
    let mut suppressed = BTreeMap::<Channel, Vec<_>>::new();
    let mut got = Vec::new();
    for channel in Channel::ALL {
        for step in 0..random.random_range(0..4) {
            let at = noon() - DAY * (40 - step);
            let new = match random.random_range(0..5) {
                0 => NewConsent::withdrawal(contact.clone(), channel, at, "stop"),
                1 => NewConsent { basis: Basis::SoftOptIn, ..card(&contact, channel, at) },
                2 => NewConsent { proof: None, ..card(&contact, channel, at) },
                _ => card(&contact, channel, at),
            };
            if consents::record(tx, &new, noon() - DAY * 35).is_ok() {
                said.insert(channel, (new.state, new.basis));
            }
        }
        if random.random_bool(0.2) {
            let reason = *SuppressionReason::ALL.choose(random).unwrap();
            suppressions::add(tx, channel, &address_of(contact.as_str(), channel), reason, "test", noon())?;
            suppressed.entry(channel).or_default().push(reason);
        }
        for _ in 0..random.random_range(0..3) {
            let mailing = mailing(tx, Purpose::Marketing)?;
            let at = noon() - SignedDuration::from_mins(random.random_range(0..60 * 24 * 20));
            message(tx, &mailing, &contact, channel, S::Published, Some(at))?;
            got.push((mailing, channel, at));
        }
    }
    Ok(Known { contact, said, bought, suppressed, got })
}

fn one_message(tx: &Tx<'_>, known: &Known, random: &mut StdRng) -> Result<bool, StoreError> {
    let channel = *Channel::ALL.choose(random).unwrap();
    let purpose = if random.random_bool(0.8) { Purpose::Marketing } else { Purpose::Service };
    let at = noon() + SignedDuration::from_mins(random.random_range(-60 * 24 * 5..60 * 24 * 10));
    let is_theirs = random.random_bool(0.95);
    let is_known = random.random_bool(0.95);
    let end =
        |random: &mut StdRng| random.random_bool(0.2).then(|| noon() + DAY * random.random_range(-4..10));
    let asked = MessageFactsRequest {
        channel,
        purpose,
        contact_id: is_known.then(|| known.contact.clone()),
        address: address_of(if is_theirs { known.contact.as_str() } else { "somebody" }, channel),
        mailing_id: known.got.choose(random).filter(|_| random.random_bool(0.2)).map(|got| got.0.clone()),
        not_after: end(random),
        valid_until: end(random),
    };
    let cap = FrequencyCap { count: random.random_range(1..3), days: random.random_range(1..15) };
    let policy = MessagePolicy { frequency_cap: cap, ..MessagePolicy::default() };
    let decision = decide(&facts(tx, &asked, &policy, at)?, at);
    if decision != GateDecision::Go {
        return Ok(false);
    }
    let said = format!("{asked:?} at {at}");
    assert!(
        asked.not_after.is_none_or(|end| at <= end) && asked.valid_until.is_none_or(|end| at < end),
        "{said}"
    );
    let reasons = known.suppressed.get(&channel).filter(|_| is_theirs).cloned().unwrap_or_default();
    assert!(!reasons.iter().any(|reason| reason.stops(purpose)), "{said}");
    if purpose == Purpose::Service {
        return Ok(true);
    }
    assert!(is_known && is_theirs && reasons.is_empty(), "{said}");
    let (state, basis) = known.said[&channel];
    assert!(state == ConsentState::Granted && (basis == Basis::Consent || known.bought), "{said}");
    let local = |at: Timestamp| paris().to_datetime(at);
    let days_ago = |sent: Timestamp| local(sent).date().until(local(at).date()).unwrap().get_days();
    let counted = known.got.iter().filter(|(mailing, by, sent)| {
        days_ago(*sent) < i32::try_from(cap.days).unwrap()
            && !(asked.mailing_id.as_ref() == Some(mailing) && *by == channel)
    });
    assert!(counted.count() < cap.count as usize, "{said}");
    if channel == Channel::Sms {
        let (day, hour) = (local(at).date(), local(at).hour());
        assert!((10..20).contains(&hour) && day.weekday() != jiff::civil::Weekday::Sunday, "{said}");
    }
    Ok(true)
}
