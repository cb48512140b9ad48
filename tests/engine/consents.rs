//! Nobody is written to against their word: the ledger, the list of addresses, the gates as they are read inside
//! a transaction, erasure and the register.

mod orders;

use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use vieux_moulin_engine::{
    clock::FakeClock,
    domain::{
        Channel, ConsentPurpose, ConsentState, ContactId, DeliveryState as S, MailingId, MessageId,
        NewConsent, Purpose, SuppressionReason,
        consent::Basis,
        message_gates::{GateDecision, MessagePolicy, decide},
    },
    events::EventBus,
    store::{
        Connection, DatabaseKey, Store, StoreError, Tx, alerts, consents,
        message_gates::{self, MessageFactsRequest, facts},
        messages,
        rights::{self, RightsKind},
        suppressions,
    },
};

/// A Friday noon in Paris.
fn noon() -> Timestamp {
    "2026-11-27T11:00:00Z".parse().unwrap()
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn open() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store =
        Store::open(dir.path(), &DatabaseKey::new([7; 32]), EventBus::new(FakeClock::at(noon())), 3).unwrap();
    (dir, store)
}

fn email_of(id: &str) -> String {
    format!("{id}@example.com")
}

fn phone_of(id: &str) -> String {
    format!("+336{:08}", id.bytes().fold(0_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 100_000_000))
}

fn address_of(id: &str, channel: Channel) -> String {
    match channel {
        Channel::Email => email_of(id),
        Channel::Sms => phone_of(id),
    }
}

/// A customer with an address and a number.
fn person(tx: &Tx<'_>, id: &str) -> Result<ContactId, StoreError> {
    tx.execute(
        "INSERT INTO contacts (id, first_name, email, phone, source, created_at, updated_at)
         VALUES (?1, 'Camille', ?2, ?3, 'window', ?4, ?4)",
        params![id, email_of(id), phone_of(id), noon().as_millisecond()],
    )?;
    Ok(ContactId::from(id))
}

fn visit(tx: &Tx<'_>, contact: &ContactId, at: Timestamp, amount_cents: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO visits (id, contact_id, at, amount_cents, source) VALUES (?1, ?2, ?3, ?4, 'till')",
        params![MessageId::new().as_str(), contact.as_str(), at.as_millisecond(), amount_cents],
    )?;
    Ok(())
}

fn mailing(tx: &Tx<'_>, purpose: Purpose) -> Result<MailingId, StoreError> {
    let id = MailingId::new();
    tx.execute(
        "INSERT INTO mailings (id, name, purpose, template_id, template_version, channels, data, audience, state,
             due_at, created_by, created_at, updated_at)
         VALUES (?1, 'Menu', ?2, 'menu', 1, '[]', '{}', '{\"kind\":\"recipients\"}', 'sending', 0, 'window', 0, 0)",
        params![id.as_str(), purpose.as_str()],
    )?;
    Ok(id)
}

/// A row of the outbox in some state; `sent_at` once it left.
fn message(
    tx: &Tx<'_>,
    mailing: &MailingId,
    contact: &ContactId,
    channel: Channel,
    state: S,
    sent_at: Option<Timestamp>,
) -> Result<MessageId, StoreError> {
    let (id, address) = (MessageId::new(), address_of(contact.as_str(), channel));
    let hash = suppressions::hash(tx, channel, &address)?;
    tx.execute(
        "INSERT INTO messages (id, mailing_id, contact_id, channel, address, address_hash, state, due_at, next_at,
             sent_at, attempts, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, 0, ?8, 1, 0, ?9)",
        params![
            id.as_str(),
            mailing.as_str(),
            contact.as_str(),
            channel.as_str(),
            address,
            hash,
            state.as_str(),
            sent_at.map(Timestamp::as_millisecond),
            sent_at.unwrap_or(noon()).as_millisecond(),
        ],
    )?;
    Ok(id)
}

fn state_of(connection: &Connection, id: &MessageId) -> (S, Option<String>) {
    let message = messages::find(connection, id).unwrap().unwrap();
    (message.state, message.problem.map(|problem| problem.code))
}

fn card(contact: &ContactId, channel: Channel, at: Timestamp) -> NewConsent {
    NewConsent {
        state: ConsentState::Granted,
        basis: Basis::Consent,
        wording_version: Some("carte-2026-1".into()),
        proof: Some("carte 112".into()),
        actor: "window".into(),
        ..NewConsent::withdrawal(contact.clone(), channel, at, "paper_card")
    }
}

fn request(contact: &ContactId, channel: Channel, mailing: &MailingId) -> MessageFactsRequest {
    MessageFactsRequest {
        channel,
        purpose: Purpose::Marketing,
        contact_id: Some(contact.clone()),
        address: address_of(contact.as_str(), channel),
        mailing_id: Some(mailing.clone()),
        not_after: None,
        valid_until: None,
    }
}

fn ask(connection: &Connection, request: &MessageFactsRequest, at: Timestamp) -> GateDecision {
    decide(&facts(connection, request, &MessagePolicy::default(), at).unwrap(), at)
}

fn no(code: &'static str) -> GateDecision {
    GateDecision::No { code }
}

fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) -> &'static str {
    match result {
        Err(StoreError::NotAllowed(code)) => code,
        other => panic!("{other:?}"),
    }
}

/// Everything in one transaction, as the writer runs it.
async fn write<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
) -> T {
    store.write(work).await.unwrap()
}

#[tokio::test]
async fn the_ledger_only_grows_and_its_newest_line_is_in_force() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        let (marketing, email) = (ConsentPurpose::Marketing, Channel::Email);
        consents::record(tx, &card(&camille, email, noon() - DAY), noon())?;
        let withdrawal = NewConsent::withdrawal(camille.clone(), email, noon(), "telephone");
        consents::record(tx, &withdrawal, noon())?;
        let last = consents::in_force(tx, &camille, marketing, email)?.unwrap();
        assert_eq!((last.state, last.source.as_str()), (ConsentState::Withdrawn, "telephone"));
        assert_eq!(consents::in_force(tx, &camille, marketing, Channel::Sms)?, None);
        let columns: (Option<String>, Option<String>) =
            tx.query_row("SELECT email_consent, sms_consent FROM contacts", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        assert_eq!(columns, (Some("withdrawn".into()), None));

        // An older card that turns up, or an import of last year's list, brings nothing back.
        let older = card(&camille, email, noon() - DAY);
        assert_eq!(refused(consents::record(tx, &older, noon() + DAY)), "consent_older_than_withdrawal");
        consents::record(tx, &card(&camille, email, noon() + DAY), noon() + DAY)?;
        assert_eq!(consents::in_force(tx, &camille, marketing, email)?.unwrap().state, ConsentState::Granted);

        assert_eq!(consents::timeline(tx, &camille)?.len(), 3);
        assert_eq!(consents::export(tx, 1, 10)?.len(), 2);
        assert!(tx.execute("UPDATE consents SET state = 'granted'", []).is_err());
        assert!(tx.execute("DELETE FROM consents", []).is_err());
        assert!(!consents::may_track_opens(tx, &camille)?);
        let nobody = card(&ContactId::from("nobody"), email, noon());
        assert!(matches!(consents::record(tx, &nobody, noon()), Err(StoreError::NotFound)));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_soft_opt_in_needs_a_sale_and_ends_with_it() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        let soft = NewConsent { basis: Basis::SoftOptIn, ..card(&camille, Channel::Sms, noon()) };
        assert_eq!(refused(consents::record(tx, &soft, noon())), "soft_opt_in_without_sale");
        // A booking that was not honoured is no sale.
        visit(tx, &camille, noon(), 0)?;
        assert_eq!(refused(consents::record(tx, &soft, noon())), "soft_opt_in_without_sale");
        visit(tx, &camille, noon(), 4_200)?;
        consents::record(tx, &soft, noon())?;
        let mailing = mailing(tx, Purpose::Marketing)?;
        let asked = request(&camille, Channel::Sms, &mailing);
        assert_eq!(ask(tx, &asked, noon()), GateDecision::Go);
        // The sale was taken back with its import.
        tx.execute("DELETE FROM visits WHERE amount_cents > 0", [])?;
        assert_eq!(ask(tx, &asked, noon()), no("consent_unknown"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_ends_what_waits_and_nothing_else() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let (camille, other) = (person(tx, "camille")?, person(tx, "other")?);
        let mut rows = Vec::new();
        for (state, ends) in [
            (S::Queued, true),
            (S::Preparing, true),
            (S::RetryAt, true),
            (S::NeedsReauth, true),
            (S::Held, true),
            (S::Sending, false),
            (S::Unknown, false),
            (S::Reconciling, false),
            (S::Published, false),
            (S::Rejected, false),
            (S::Expired, false),
        ] {
            let marketing = mailing(tx, Purpose::Marketing)?;
            rows.push((message(tx, &marketing, &camille, Channel::Email, state, None)?, state, ends));
            rows.push((message(tx, &marketing, &camille, Channel::Sms, state, None)?, state, false));
            rows.push((message(tx, &marketing, &other, Channel::Email, state, None)?, state, false));
            let service = mailing(tx, Purpose::Service)?;
            rows.push((message(tx, &service, &camille, Channel::Email, state, None)?, state, false));
        }
        let doubtful =
            message(tx, &mailing(tx, Purpose::Marketing)?, &camille, Channel::Email, S::Held, None)?;
        tx.execute("UPDATE messages SET doubtful = 1 WHERE id = ?1", [doubtful.as_str()])?;
        rows.push((doubtful, S::Held, false));

        let withdrawal = NewConsent::withdrawal(camille.clone(), Channel::Email, noon(), "unsubscribe");
        consents::record(tx, &withdrawal, noon())?;
        for (id, before, ends) in rows {
            let expected =
                if ends { (S::Cancelled, Some("consent_withdrawn".to_owned())) } else { (before, None) };
            assert_eq!(state_of(tx, &id), expected);
            let next_at = messages::find(tx, &id)?.unwrap().next_at;
            assert_eq!(next_at.is_none(), ends);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_address_is_kept_from_as_a_keyed_hash() {
    let (_dir, store) = open();
    let email = Channel::Email;
    let first = write(&store, move |tx| {
        assert_eq!(suppressions::known_hash(tx, email, "camille@example.com")?, None);
        assert_eq!(suppressions::is_suppressed(tx, email, "camille@example.com")?, None);
        suppressions::add(tx, email, "Camille@Example.com", SuppressionReason::Stop, "provider", noon())?;
        suppressions::add(
            tx,
            email,
            "camille@example.com",
            SuppressionReason::HardBounce,
            "provider",
            noon(),
        )?;
        // What stops more speaks first; each way of writing it meets it; the other channel does not.
        let found = suppressions::is_suppressed(tx, email, " CAMILLE@example.com")?;
        assert_eq!(found, Some(SuppressionReason::HardBounce));
        assert_eq!(suppressions::is_suppressed(tx, Channel::Sms, "camille@example.com")?, None);
        let text: String =
            tx.query_row("SELECT group_concat(address_hash) FROM suppressions", [], |r| r.get(0))?;
        assert!(!text.contains("camille"), "{text}");
        suppressions::hash(tx, email, "camille@example.com")
    })
    .await;
    let (_other_dir, other) = open();
    let second = write(&other, move |tx| suppressions::hash(tx, email, "camille@example.com")).await;
    assert_ne!(first, second, "each house has its own key");
    let again = write(&store, move |tx| suppressions::hash(tx, email, "camille@example.com")).await;
    assert_eq!(first, again);
}

#[tokio::test]
async fn only_a_new_word_of_the_person_takes_their_no_back() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        let (email, address) = (Channel::Email, email_of("camille"));
        let remove = |why: &str, at| suppressions::remove(tx, email, &address, why, "window", at);
        assert!(matches!(remove("erreur", noon()), Err(StoreError::NotFound)));
        consents::record(tx, &card(&camille, email, noon() - DAY), noon())?;
        for reason in SuppressionReason::ALL {
            suppressions::add(tx, email, &address, reason, "provider", noon())?;
            assert_eq!(refused(remove("  ", noon())), "suppression_reason_missing");
            if reason.needs_new_consent() {
                // The agreement from before does not count, nor one that was taken back again.
                assert_eq!(refused(remove("erreur", noon())), "suppression_kept", "{reason:?}");
            } else {
                remove("adresse réparée", noon())?;
                assert_eq!(suppressions::is_suppressed(tx, email, &address)?, None);
            }
        }
        let later = noon() + DAY;
        consents::record(tx, &card(&camille, email, later), later)?;
        consents::record(tx, &NewConsent::withdrawal(camille.clone(), email, later, "card"), later)?;
        assert_eq!(refused(remove("erreur", later)), "suppression_kept");
        let last = later + DAY;
        consents::record(tx, &card(&camille, email, last), last)?;
        remove("a redemandé", last)?;
        assert_eq!(suppressions::is_suppressed(tx, email, &address)?, None);
        let noted: u32 =
            tx.query_row("SELECT count(*) FROM journal WHERE kind = 'suppression.removed'", [], |r| {
                r.get(0)
            })?;
        assert_eq!(noted, 3);
        Ok(())
    })
    .await;
}

/// Checklist A17: an e-mail and an SMS of the same week reach a person once.
#[tokio::test]
async fn one_offer_a_week_over_all_channels() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        for channel in Channel::ALL {
            consents::record(tx, &card(&camille, channel, noon() - DAY), noon())?;
        }
        let (menu, event) = (mailing(tx, Purpose::Marketing)?, mailing(tx, Purpose::Marketing)?);
        let by_mail = request(&camille, Channel::Email, &menu);
        assert_eq!(ask(tx, &by_mail, noon()), GateDecision::Go);
        message(tx, &menu, &camille, Channel::Email, S::Sending, Some(noon()))?;
        // Its own row does not stand in its way when it is tried again; its other channel is withheld.
        assert_eq!(ask(tx, &by_mail, noon()), GateDecision::Go);
        for mailing in [&menu, &event] {
            assert_eq!(ask(tx, &request(&camille, Channel::Sms, mailing), noon()), no("frequency_cap"));
        }
        assert_eq!(
            ask(tx, &request(&camille, Channel::Email, &event), noon() + DAY * 6),
            no("frequency_cap")
        );
        // The same hour of the same weekday, or a little earlier.
        for at in [noon() + DAY * 7, noon() + DAY * 7 - SignedDuration::from_hours(1)] {
            assert_eq!(ask(tx, &request(&camille, Channel::Sms, &event), at), GateDecision::Go);
        }
        // A confirmation of a booking is no offer.
        let service = mailing(tx, Purpose::Service)?;
        let confirmation =
            MessageFactsRequest { purpose: Purpose::Service, ..request(&camille, Channel::Sms, &service) };
        assert_eq!(ask(tx, &confirmation, noon()), GateDecision::Go);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn what_may_have_reached_the_person_counts_and_a_second_record_hides_nothing() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let twin = person(tx, "twin")?;
        for (index, (state, doubtful, counts)) in [
            (S::Sending, false, true),
            (S::Unknown, true, true),
            (S::Reconciling, true, true),
            (S::Published, false, true),
            (S::Duplicate, false, true),
            (S::Held, true, true),
            (S::Held, false, false),
            (S::Queued, false, false),
            (S::RetryAt, false, false),
            (S::Rejected, false, false),
            (S::Cancelled, false, false),
        ]
        .into_iter()
        .enumerate()
        {
            let someone = person(tx, &format!("someone{index}"))?;
            tx.execute(
                "UPDATE contacts SET email = (SELECT email FROM contacts WHERE id = ?1) WHERE id = 'twin'",
                [someone.as_str()],
            )?;
            consents::record(tx, &card(&someone, Channel::Email, noon() - DAY), noon())?;
            consents::record(tx, &card(&twin, Channel::Email, noon() - DAY), noon())?;
            let before = mailing(tx, Purpose::Marketing)?;
            let row = message(tx, &before, &someone, Channel::Email, state, None)?;
            tx.execute("UPDATE messages SET doubtful = ?2 WHERE id = ?1", params![row.as_str(), doubtful])?;
            let now = mailing(tx, Purpose::Marketing)?;
            let expected = if counts { no("frequency_cap") } else { GateDecision::Go };
            assert_eq!(ask(tx, &request(&someone, Channel::Email, &now), noon()), expected, "{state:?}");
            let through_twin = MessageFactsRequest {
                contact_id: Some(twin.clone()),
                ..request(&someone, Channel::Email, &now)
            };
            assert_eq!(ask(tx, &through_twin, noon()), expected, "{state:?}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn nobody_s_word_is_nobody_s_consent() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        let menu = mailing(tx, Purpose::Marketing)?;
        let asked = request(&camille, Channel::Email, &menu);
        assert_eq!(ask(tx, &asked, noon()), no("consent_unknown"));
        consents::record(tx, &card(&camille, Channel::Email, noon()), noon())?;
        assert_eq!(ask(tx, &asked, noon()), GateDecision::Go);
        // The agreement for e-mail is none for SMS.
        assert_eq!(ask(tx, &request(&camille, Channel::Sms, &menu), noon()), no("consent_unknown"));
        let unknown = MessageFactsRequest { contact_id: None, ..asked.clone() };
        assert_eq!(ask(tx, &unknown, noon()), no("consent_unknown"));
        let to_unknown = MessageFactsRequest { purpose: Purpose::Service, ..unknown };
        assert_eq!(ask(tx, &to_unknown, noon()), GateDecision::Go);
        // The address was corrected since the row was written: the former one may be somebody else's.
        tx.execute("UPDATE contacts SET email = 'new@example.com' WHERE id = 'camille'", [])?;
        assert_eq!(ask(tx, &asked, noon()), no("consent_unknown"));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_ceiling_counts_what_left_this_month() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        consents::record(tx, &card(&camille, Channel::Sms, noon()), noon())?;
        let asked = request(&camille, Channel::Sms, &mailing(tx, Purpose::Marketing)?);
        let policy = MessagePolicy { monthly_budget_cents: Some(13), ..MessagePolicy::default() };
        let ask = |at| decide(&facts(tx, &asked, &policy, at).unwrap(), at);
        message_gates::note_cost(tx, Channel::Sms, 65, noon())?;
        assert_eq!(ask(noon()), GateDecision::Go);
        message_gates::note_cost(tx, Channel::Sms, 65, noon())?;
        let until = noon() + SignedDuration::from_hours(1);
        assert_eq!(ask(noon()), GateDecision::Wait { until, code: "budget_reached" });
        // What failed is given back; December is a new month.
        assert_eq!(ask(noon() + DAY * 5), GateDecision::Go);
        message_gates::note_cost(tx, Channel::Sms, -65, noon())?;
        assert_eq!(ask(noon()), GateDecision::Go);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn an_erased_person_leaves_no_trace_and_does_not_come_back() {
    let (dir, store) = open();
    write(&store, |tx| {
        tx.execute(
            "INSERT INTO accounts (id, platform, label, handle, remote_id, state, token_expiry, created_at,
                 updated_at)
             VALUES ('a1', 'smtp', 'E-mail', 'e-mail', 'r1', 'connected', '\"never\"', 0, 0)",
            [],
        )?;
        let camille = person(tx, "camille")?;
        for channel in Channel::ALL {
            consents::record(tx, &card(&camille, channel, noon()), noon())?;
        }
        visit(tx, &camille, noon(), 4_200)?;
        tx.execute("INSERT INTO contact_tags (contact_id, tag) VALUES ('camille', 'terrasse')", [])?;
        tx.execute(
            "INSERT INTO contact_dishes (contact_id, dish, count) VALUES ('camille', 'crêpes', 2)",
            [],
        )?;
        let (sent, waiting) = (mailing(tx, Purpose::Marketing)?, mailing(tx, Purpose::Service)?);
        let sent = message(tx, &sent, &camille, Channel::Email, S::Published, Some(noon()))?;
        let waiting = message(tx, &waiting, &camille, Channel::Email, S::Queued, None)?;
        tx.execute("UPDATE messages SET account_id = 'a1', variables = '{\"first_name\":\"Camille\"}'", [])?;
        tx.execute(
            "INSERT INTO message_events (message_id, at, kind, detail, source_key)
             VALUES (?1, 0, 'reply', 'camille@example.com says', 'k1')",
            [sent.as_str()],
        )?;
        let file = rights::personal_file(tx, &camille)?.unwrap();
        assert_eq!(file["contact"]["email"], "camille@example.com");
        assert_eq!(file["visits"][0]["amount_cents"], 4_200);
        assert_eq!(file["consents"].as_array().unwrap().len(), 2);
        assert_eq!(file["messages"].as_array().unwrap().len(), 2);
        assert_eq!(file["message_events"][0]["kind"], "reply");

        rights::add(tx, Some(&camille), RightsKind::Erasure, noon(), "", "window", noon())?;
        assert_eq!(rights::erase(tx, &camille, "window", noon())?, 1);
        assert_eq!(state_of(tx, &waiting), (S::Cancelled, Some("contact_erased".into())));
        assert_eq!(state_of(tx, &sent).0, S::Published);
        let register = rights::list(tx, false, 10)?;
        assert!(register.len() == 1 && register[0].done_at.is_some(), "{register:?}");
        assert!(rights::personal_file(tx, &camille)?.is_none());
        assert!(matches!(rights::erase(tx, &camille, "window", noon()), Err(StoreError::NotFound)));
        // The provider has to be told; only then the address is gone from here as well.
        let to_tell = rights::erasures_due(tx, noon(), 10)?;
        assert_eq!((to_tell.len(), to_tell[0].address.as_str()), (1, "camille@example.com"));
        rights::erasure_failed(tx, &to_tell[0], noon() + DAY)?;
        assert_eq!((rights::erasures_due(tx, noon(), 10)?.len(), rights::erasures_open(tx)?), (0, 1));
        rights::erasure_done(tx, &to_tell[0])?;
        assert_eq!(
            trace_of(tx, &["Camille", "camille@", &phone_of("camille"), "crêpes"]),
            Vec::<String>::new()
        );

        // The next import brings the record back, even with an agreement: the address stays out of reach.
        let back = person(tx, "camille")?;
        consents::record(tx, &card(&back, Channel::Email, noon()), noon())?;
        let asked = request(&back, Channel::Email, &mailing(tx, Purpose::Marketing)?);
        assert_eq!(ask(tx, &asked, noon()), no("suppressed"));
        Ok(())
    })
    .await;
    drop((store, dir));
}

/// Where one of these words stands in any table.
fn trace_of(connection: &Connection, words: &[&str]) -> Vec<String> {
    let mut tables = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut found = Vec::new();
    for table in tables {
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let Ok(text) = row.get::<_, String>(column)
                    && words.iter().any(|word| text.contains(word))
                {
                    found.push(format!("{table}: {text}"));
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn an_objection_ends_marketing_everywhere() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let camille = person(tx, "camille")?;
        for channel in Channel::ALL {
            consents::record(tx, &card(&camille, channel, noon()), noon())?;
        }
        rights::object(tx, &camille, "window", noon())?;
        let menu = mailing(tx, Purpose::Marketing)?;
        for channel in Channel::ALL {
            assert_eq!(ask(tx, &request(&camille, channel, &menu), noon()), no("consent_withdrawn"));
            let found = suppressions::is_suppressed(tx, channel, &address_of("camille", channel))?;
            assert_eq!(found, Some(SuppressionReason::Objection));
            // A confirmation of a booking still arrives.
            let service =
                MessageFactsRequest { purpose: Purpose::Service, ..request(&camille, channel, &menu) };
            assert_eq!(ask(tx, &service, noon()), GateDecision::Go);
        }
        let register = rights::list(tx, false, 10)?;
        assert_eq!((register.len(), register[0].kind), (1, RightsKind::Objection));
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn the_owner_is_told_five_days_before_the_end_of_the_month() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let one = rights::add(tx, None, RightsKind::Access, noon(), " Par courrier ", "window", noon())?;
        assert_eq!((one.due_at, one.note.as_str()), (noon() + DAY * 30, "Par courrier"));
        let told = |at| {
            rights::announce_due(tx, at).unwrap();
            alerts::open_of_kind(tx, rights::DUE_SOON).unwrap().len()
        };
        assert_eq!(told(noon() + DAY * 25 - SignedDuration::from_secs(1)), 0);
        assert_eq!(told(noon() + DAY * 25), 1);
        assert_eq!(told(noon() + DAY * 26), 1);
        // A letter that lay on the desk: its month is nearly over when it is written down.
        let late =
            rights::add(tx, None, RightsKind::Access, noon() - DAY * 20, "", "window", noon() + DAY * 8)?;
        rights::close(tx, &one.id, "window", noon() + DAY * 8)?;
        assert_eq!(told(noon() + DAY * 8), 1);
        rights::close(tx, &late.id, "window", noon() + DAY * 8)?;
        assert_eq!(told(noon() + DAY * 8), 0);
        assert_eq!(refused(rights::close(tx, &late.id, "window", noon())), "rights_request_done");
        assert_eq!(rights::list(tx, true, 10)?.len(), 0);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn only_who_gave_no_sign_for_long_is_proposed() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let (old, menu) = (noon() - DAY * 1200, mailing(tx, Purpose::Marketing)?);
        for id in ["quiet", "visited", "clicked", "opened", "agreed", "new"] {
            person(tx, id)?;
        }
        tx.execute("UPDATE contacts SET created_at = ?1 WHERE id <> 'new'", [old.as_millisecond()])?;
        tx.execute("UPDATE contacts SET last_visit_at = ?1 WHERE id = 'visited'", [noon().as_millisecond()])?;
        for (id, kind) in [("clicked", "click"), ("opened", "open")] {
            let row = message(tx, &menu, &ContactId::from(id), Channel::Email, S::Published, Some(noon()))?;
            tx.execute(
                "INSERT INTO message_events (message_id, at, kind, source_key) VALUES (?1, ?2, ?3, ?3)",
                params![row.as_str(), noon().as_millisecond(), kind],
            )?;
        }
        consents::record(tx, &card(&ContactId::from("agreed"), Channel::Email, noon()), noon())?;
        let proposed: Vec<String> = rights::quiet_since(tx, noon() - DAY * 1095, 10)?
            .into_iter()
            .map(|quiet| quiet.contact_id.to_string())
            .collect();
        assert_eq!(proposed, ["opened", "quiet"]);
        Ok(())
    })
    .await;
}

/// Two records of one person become one: the later word of both is in force.
#[tokio::test]
async fn the_ledgers_of_two_records_become_one() {
    let (_dir, store) = open();
    write(&store, |tx| {
        let (from, into) = (person(tx, "from")?, person(tx, "into")?);
        let (email, sms) = (Channel::Email, Channel::Sms);
        consents::record(tx, &card(&into, email, noon() - DAY * 9), noon())?;
        consents::record(tx, &NewConsent::withdrawal(from.clone(), email, noon() - DAY * 5, "stop"), noon())?;
        consents::record(tx, &NewConsent::withdrawal(into.clone(), sms, noon() - DAY, "stop"), noon())?;
        consents::record(tx, &card(&from, sms, noon() - DAY * 3), noon())?;
        consents::take_over(tx, &from, &into, noon())?;
        for channel in Channel::ALL {
            let last = consents::in_force(tx, &into, ConsentPurpose::Marketing, channel)?.unwrap();
            assert_eq!(last.state, ConsentState::Withdrawn, "{channel:?}");
        }
        Ok(())
    })
    .await;
}
