//! Messages to people: who gets one, who does not and why, and what happens when something goes wrong.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{Failure, FailureClass as C, Kind},
    domain::{
        About, Channel, ContactId, DeliveryState as S, MailingId, MailingState, Message, MessageEventKind,
        Problem, ReportedEvent, Values,
    },
    orchestrator::{IdempotencyClaim, Notified, NotifyRequest, RecipientOutcome, Refusal},
    store::{StoreError, consents::NewConsent, mailings, messages},
};
use vieux_moulin_tests::{
    app::{TestApp, person, program},
    post_office::{Answer, PostOffice},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn mail(kind: Kind) -> Arc<PostOffice> {
    PostOffice::new("post", Channel::Email, kind)
}

/// A house with a provider of mail of this kind.
async fn house(kind: Kind) -> TestApp {
    TestApp::writing(vec![mail(kind)]).await
}

/// A customer who agreed to these channels.
async fn customer(app: &TestApp, name: &str, email: Option<&str>, phone: Option<&str>) -> ContactId {
    let id = ContactId::new();
    let (row, now) = (id.clone(), app.now());
    let (name, email, phone) = (name.to_owned(), email.map(str::to_owned), phone.map(str::to_owned));
    app.engine
        .store
        .write(move |tx| {
            tx.execute(
                "INSERT INTO contacts (id, first_name, email, phone, source, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, 'test', ?5, ?5)",
                (row.as_str(), &name, &email, &phone, now.as_millisecond()),
            )?;
            let agreed = [(Channel::Email, email.is_some()), (Channel::Sms, phone.is_some())];
            for (channel, _) in agreed.into_iter().filter(|(_, agreed)| *agreed) {
                let consent = vieux_moulin_engine::domain::consent::NewConsent {
                    state: vieux_moulin_engine::domain::consent::ConsentState::Granted,
                    basis: vieux_moulin_engine::domain::consent::Basis::Consent,
                    wording_version: Some("carte-2026-1".into()),
                    proof: Some("carte 112".into()),
                    ..NewConsent::withdrawal(row.clone(), channel, now, "paper_card")
                };
                vieux_moulin_engine::store::consents::record(tx, &consent, now)?;
            }
            Ok(())
        })
        .await
        .unwrap();
    id
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

/// The example of the product's description.
fn promotion(recipients: &[&str]) -> NotifyRequest {
    NotifyRequest {
        template: "promotion_annonce".into(),
        recipients: recipients.iter().map(|text| (*text).to_owned()).collect(),
        data: values(&[("promotion_name", "Happy Hour"), ("discount", "20%"), ("valid_until", "2027-04-20")]),
        ..NotifyRequest::default()
    }
}

/// A service message: nobody has to have agreed.
fn reminder(recipients: &[&str]) -> NotifyRequest {
    NotifyRequest {
        template: "rappel_reservation".into(),
        data: values(&[("booking_date", "2026-12-01T19:30"), ("party_size", "4")]),
        ..promotion(recipients)
    }
}

async fn notify(app: &TestApp, request: NotifyRequest) -> Notified {
    app.engine.orchestrator.notify(request, &program(), None).await.expect("planned")
}

async fn refused(app: &TestApp, request: NotifyRequest) -> Refusal {
    app.engine.orchestrator.notify(request, &program(), None).await.expect_err("refused")
}

async fn rows(app: &TestApp, mailing: &MailingId) -> Vec<Message> {
    let filter = messages::Filter { mailing: Some(mailing.clone()), limit: 1000, ..Default::default() };
    app.engine.store.read(move |c| messages::list(c, &filter)).await.unwrap()
}

async fn states(app: &TestApp, mailing: &MailingId) -> Vec<(S, String)> {
    let code = |row: &Message| row.problem.as_ref().map(|problem| problem.code.clone()).unwrap_or_default();
    rows(app, mailing).await.iter().map(|row| (row.state, code(row))).collect()
}

async fn state_of(app: &TestApp, id: &MailingId) -> MailingState {
    let id = id.clone();
    app.engine.store.read(move |c| mailings::find(c, &id)).await.unwrap().unwrap().state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_agreed_gets_one_message_and_who_is_not_known_gets_none() {
    let sms = PostOffice::new("telephone", Channel::Sms, Kind::E);
    let mut app = TestApp::writing(vec![mail(Kind::H), sms]).await;
    customer(&app, "Ana", Some("client1@example.com"), None).await;
    customer(&app, "Luc", None, Some("+33612345678")).await;
    let to = [
        "client1@example.com",
        "+33 6 12 34 56 78",
        "inconnu@example.com",
        "pas une adresse",
        "client1@example.com",
    ];
    let notified = notify(&app, promotion(&to)).await;
    let outcome = |at: usize| match &notified.results[at].outcome {
        RecipientOutcome::Message(row) => {
            (row.state.as_str().to_owned(), row.problem.as_ref().map(|p| p.code.clone()).unwrap_or_default())
        }
        RecipientOutcome::Refused(code) => ("refused".into(), (*code).into()),
        RecipientOutcome::Merged => ("merged".into(), String::new()),
    };
    let outcomes: Vec<_> = (0..notified.results.len()).map(outcome).collect();
    assert_eq!(outcomes.len(), 5, "{outcomes:?}");
    assert!(outcomes.contains(&("rejected".into(), "consent_unknown".into())), "{outcomes:?}");
    assert!(outcomes.contains(&("refused".into(), "address_invalid".into())), "{outcomes:?}");
    assert!(outcomes.contains(&("merged".into(), String::new())), "{outcomes:?}");
    app.pass(MINUTE).await;
    assert_eq!((app.offices[0].received().len(), app.offices[0].count("client1@example.com")), (1, 1));
    assert_eq!((app.offices[1].received().len(), app.offices[1].count("+33612345678")), (1, 1));
    let letter = &app.offices[0].received()[0];
    assert!(letter.text.contains("Happy Hour") && letter.text.contains("20%"), "{}", letter.text);
    assert!(letter.text.contains("mardi 20 avril 2027"), "{}", letter.text);
    assert!(letter.headers.iter().any(|(name, _)| name == "List-Unsubscribe"), "{:?}", letter.headers);
    assert_eq!(state_of(&app, &notified.mailing.id).await, MailingState::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_value_refuses_everything_by_name_before_anything_leaves() {
    let mut app = house(Kind::H).await;
    customer(&app, "Ana", Some("client1@example.com"), None).await;
    let mut request = promotion(&["client1@example.com"]);
    request.data.remove("discount");
    let refusal = refused(&app, request).await;
    assert_eq!(refusal.code, "template_value_missing");
    assert_eq!(refusal.errors[0].values["names"], json!(["discount"]));
    let unknown =
        refused(&app, NotifyRequest { template: "promotion_anonce".into(), ..promotion(&["a@example.com"]) });
    let unknown = unknown.await;
    assert_eq!(unknown.code, "template_unknown");
    assert!(unknown.errors[0].values["near"].to_string().contains("promotion_annonce"));
    app.pass(MINUTE).await;
    assert!(app.offices[0].received().is_empty());
    assert!(
        app.engine
            .store
            .read(|c| mailings::list(c, &mailings::Filter { limit: 9, ..Default::default() }))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_gets_the_first_answer_and_sends_nothing_more() {
    let mut app = house(Kind::H).await;
    customer(&app, "Ana", Some("client1@example.com"), None).await;
    let claim = || IdempotencyClaim::<Notified> {
        caller: "token:1".into(),
        key: "k".into(),
        request_hash: "h".into(),
        render: |notified| (202, notified.mailing.id.to_string()),
    };
    let (by, request) = (program(), promotion(&["client1@example.com"]));
    let first = app.engine.orchestrator.notify(request.clone(), &by, Some(claim())).await.unwrap();
    let again = app.engine.orchestrator.notify(request, &by, Some(claim())).await;
    assert!(matches!(again.unwrap_err().cause, Some(StoreError::Moved)), "the key is taken");
    app.pass(MINUTE).await;
    assert_eq!(app.offices[0].received().len(), 1);
    assert_eq!(rows(&app, &first.mailing.id).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_withdraws_while_a_message_waits_or_is_offered_gets_none() {
    for point in ["waiting", "offered"] {
        let mut app = house(Kind::H).await;
        let ana = customer(&app, "Ana", Some("ana@example.com"), None).await;
        let mut request = promotion(&["ana@example.com"]);
        if point == "waiting" {
            request.scheduled_time = Some((app.now() + SignedDuration::from_mins(10)).to_string());
        } else {
            app.offices[0].next_offers([Answer::Hang]);
        }
        let mailing = notify(&app, request).await.mailing.id;
        app.settle().await;
        let now = app.now();
        app.engine
            .store
            .write(move |tx| {
                let withdrawal = NewConsent::withdrawal(ana, Channel::Email, now, "telephone");
                vieux_moulin_engine::store::consents::record(tx, &withdrawal, now)
            })
            .await
            .unwrap();
        app.offices[0].release.notify_one();
        app.pass_by(HOUR, MINUTE).await;
        assert!(app.offices[0].received().is_empty(), "{point}");
        let found = states(&app, &mailing).await;
        assert_eq!(found.len(), 1);
        assert!(matches!(found[0].0, S::Cancelled | S::Rejected), "{point}: {found:?}");
        assert_eq!(found[0].1, "consent_withdrawn", "{point}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_of_two_channels_gets_one_message_a_week() {
    let sms = PostOffice::new("telephone", Channel::Sms, Kind::E);
    let mut app = TestApp::writing(vec![mail(Kind::H), sms]).await;
    customer(&app, "Ana", Some("ana@example.com"), Some("+33612345678")).await;
    let mailing = notify(&app, promotion(&["ana@example.com", "+33612345678"])).await.mailing.id;
    app.pass(MINUTE).await;
    assert_eq!(app.offices[0].received().len() + app.offices[1].received().len(), 1);
    let withheld =
        states(&app, &mailing).await.into_iter().filter(|(_, code)| code == "frequency_cap").count();
    assert_eq!(withheld, 1);
    // The next day as well: the week is not over.
    app.pass_by(HOUR * 24, HOUR).await;
    let later = notify(&app, promotion(&["ana@example.com"])).await.mailing.id;
    app.pass(MINUTE).await;
    assert_eq!(states(&app, &later).await, [(S::Rejected, "frequency_cap".into())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sms_waits_for_the_legal_hours() {
    let mut app = TestApp::writing(vec![PostOffice::new("telephone", Channel::Sms, Kind::E)]).await;
    customer(&app, "Luc", None, Some("+33612345678")).await;
    // Friday noon: nine hours later it is night.
    app.pass_by(HOUR * 9, HOUR).await;
    let notified = notify(&app, promotion(&["+33612345678"])).await;
    let RecipientOutcome::Message(row) = &notified.results[0].outcome else { panic!("{notified:?}") };
    assert_eq!(row.next_at.unwrap().to_string(), "2026-11-28T09:00:00Z", "Saturday at ten");
    app.pass_by(HOUR * 11, HOUR).await;
    assert!(app.offices[0].received().is_empty(), "{}", app.now());
    app.pass_by(HOUR * 2, MINUTE * 10).await;
    assert_eq!(app.offices[0].received().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubtful_campaign_mail_is_shown_and_never_sent_again() {
    let mut app = house(Kind::H).await;
    customer(&app, "Ana", Some("ana@example.com"), None).await;
    app.offices[0].next_sends([Answer::lost()]);
    let mailing = notify(&app, promotion(&["ana@example.com"])).await.mailing.id;
    app.pass_by(HOUR * 2, MINUTE).await;
    assert_eq!(states(&app, &mailing).await, [(S::Held, "message_outcome_unknown".into())]);
    assert_eq!(app.offices[0].count("ana@example.com"), 1);
    assert!(rows(&app, &mailing).await[0].doubtful);
    assert_eq!(app.alerts().await, [("messages_held".to_owned(), 1)]);
    let again = app.engine.orchestrator.retry_mailing(&mailing, &person()).await.unwrap();
    assert_eq!(again.state, MailingState::Sending);
    app.pass_by(HOUR, MINUTE).await;
    assert_eq!(app.offices[0].count("ana@example.com"), 1, "a doubt is never repeated by a retry");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubtful_personal_mail_is_sent_once_more_under_the_same_id() {
    let mut app = house(Kind::H).await;
    app.offices[0].next_sends([Answer::Fail(Failure::unknown("connection_lost"))]);
    let mailing = notify(&app, reminder(&["ana@example.com"])).await.mailing.id;
    app.pass_by(HOUR, MINUTE).await;
    assert_eq!(states(&app, &mailing).await, [(S::Published, String::new())]);
    assert_eq!(app.offices[0].count("ana@example.com"), 1);
    // Lost twice: a person decides.
    app.offices[0].next_sends([Answer::lost(), Answer::lost()]);
    let mailing = notify(&app, reminder(&["luc@example.com"])).await.mailing.id;
    app.pass_by(HOUR * 3, MINUTE).await;
    assert_eq!(states(&app, &mailing).await, [(S::Held, "message_outcome_unknown".into())]);
    let ids: std::collections::BTreeSet<_> =
        app.offices[0].received().into_iter().filter(|m| m.to == "luc@example.com").map(|m| m.id).collect();
    assert_eq!(ids.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_is_looked_up_where_the_provider_can_be_asked() {
    let mut app = house(Kind::E).await;
    for name in ["ana", "luc"] {
        customer(&app, name, Some(&format!("{name}@example.com")), None).await;
    }
    // One left, the other did not; for us they look alike.
    app.offices[0].next_sends([Answer::lost()]);
    let first = notify(&app, promotion(&["ana@example.com"])).await.mailing.id;
    app.pass_by(MINUTE * 20, MINUTE).await;
    app.offices[0].next_sends([Answer::Fail(Failure::unknown("connection_lost"))]);
    let second = notify(&app, promotion(&["luc@example.com"])).await.mailing.id;
    app.pass_by(MINUTE * 20, MINUTE).await;
    for (mailing, to) in [(first, "ana@example.com"), (second, "luc@example.com")] {
        assert_eq!(states(&app, &mailing).await, [(S::Published, String::new())], "{to}");
        assert_eq!(app.offices[0].count(to), 1, "{to}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_stops_after_three_tries_with_one_notice_and_loses_nothing() {
    let mut app = house(Kind::H).await;
    let wrong = Failure::new(C::Reauth, Problem::new("token_invalid"));
    app.offices[0].refuse_to_open(Some(wrong));
    let to: Vec<String> = (0..20).map(|n| format!("client{n}@example.com")).collect();
    for address in &to {
        customer(&app, "X", Some(address), None).await;
    }
    let names: Vec<&str> = to.iter().map(String::as_str).collect();
    let mailing = notify(&app, promotion(&names)).await.mailing.id;
    app.pass_by(HOUR, MINUTE).await;
    assert!(app.offices[0].opened() <= 9, "three tries over three ways: {}", app.offices[0].opened());
    assert_eq!(app.alerts().await, [("account_needs_reauth".to_owned(), 1)]);
    assert!(states(&app, &mailing).await.iter().all(|(state, _)| *state == S::Queued));
    // The right one is given: everything leaves, once.
    app.offices[0].refuse_to_open(None);
    app.account("post", "maison").await;
    app.pass_by(MINUTE * 5, MINUTE).await;
    assert_eq!(app.offices[0].received().len(), 20);
    assert!(to.iter().all(|address| app.offices[0].count(address) == 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_address_is_not_written_to_again_and_the_others_go_on() {
    let mut app = house(Kind::H).await;
    for name in ["ana", "luc"] {
        customer(&app, name, Some(&format!("{name}@example.com")), None).await;
    }
    app.offices[0].next_offers([Answer::fail(C::Content, "address_dead")]);
    let mailing = notify(&app, promotion(&["ana@example.com", "luc@example.com"])).await.mailing.id;
    app.pass_by(HOUR, MINUTE).await;
    let found = states(&app, &mailing).await;
    assert_eq!(found.iter().filter(|(state, _)| *state == S::Published).count(), 1, "{found:?}");
    assert_eq!(found.iter().filter(|(_, code)| code == "address_dead").count(), 1, "{found:?}");
    // Not even a reminder of a booking.
    let dead =
        if app.offices[0].count("ana@example.com") == 0 { "ana@example.com" } else { "luc@example.com" };
    let later = notify(&app, reminder(&[dead])).await.mailing.id;
    app.pass_by(HOUR, MINUTE).await;
    assert_eq!(states(&app, &later).await, [(S::Rejected, "suppressed".into())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sending_is_held_goes_on_and_is_stopped() {
    let mut app = house(Kind::H).await;
    let to: Vec<String> = (0..6).map(|n| format!("client{n}@example.com")).collect();
    for address in &to {
        customer(&app, "X", Some(address), None).await;
    }
    let names: Vec<&str> = to.iter().map(String::as_str).collect();
    let soon = |app: &TestApp| Some((app.now() + SignedDuration::from_mins(2)).to_string());
    let request = NotifyRequest { scheduled_time: soon(&app), ..promotion(&names) };
    let id = notify(&app, request).await.mailing.id;
    app.engine.orchestrator.pause_mailing(&id, &person()).await.unwrap();
    app.pass_by(HOUR, MINUTE).await;
    assert!(app.offices[0].received().is_empty());
    app.engine.orchestrator.resume_mailing(&id, &person()).await.unwrap();
    app.pass_by(MINUTE * 2, MINUTE).await;
    assert_eq!(app.offices[0].received().len(), 6);
    let again = app.engine.orchestrator.pause_mailing(&id, &person()).await;
    assert_eq!(again.unwrap_err().code, "illegal_transition");

    app.pass_by(HOUR * 24 * 8, HOUR * 6).await;
    let request = NotifyRequest { scheduled_time: soon(&app), ..promotion(&names) };
    let id = notify(&app, request).await.mailing.id;
    app.engine.orchestrator.stop_mailing(&id, &person()).await.unwrap();
    app.pass_by(HOUR, MINUTE).await;
    assert_eq!(app.offices[0].received().len(), 6);
    assert!(
        states(&app, &id)
            .await
            .iter()
            .all(|(state, code)| *state == S::Cancelled && code == "mailing_stopped")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_what_may_have_left_is_a_doubt_and_the_rest_leaves_once() {
    let mut app = house(Kind::H).await;
    let to: Vec<String> = (0..8).map(|n| format!("client{n}@example.com")).collect();
    for address in &to {
        customer(&app, "X", Some(address), None).await;
    }
    let names: Vec<&str> = to.iter().map(String::as_str).collect();
    app.offices[0].next_sends([Answer::Hang]);
    let mailing = notify(&app, promotion(&names)).await.mailing.id;
    app.settle().await;
    assert_eq!(states(&app, &mailing).await.iter().filter(|(state, _)| *state == S::Sending).count(), 1);
    let mut app = app.restart().await;
    app.pass_by(HOUR, MINUTE).await;
    let found = states(&app, &mailing).await;
    let held = found.iter().filter(|(state, _)| *state == S::Held).count();
    let published = found.iter().filter(|(state, _)| *state == S::Published).count();
    assert_eq!((held, published), (1, 7), "{found:?}");
    assert!(to.iter().all(|address| app.offices[0].count(address) <= 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_copy_was_put_back_nothing_leaves_by_itself() {
    let mut app = house(Kind::H).await;
    for name in ["ana", "luc"] {
        customer(&app, name, Some(&format!("{name}@example.com")), None).await;
    }
    let at = |app: &TestApp, hours| Some((app.now() + SignedDuration::from_hours(hours)).to_string());
    let soon = NotifyRequest { scheduled_time: at(&app, 1), ..promotion(&["ana@example.com"]) };
    let soon = notify(&app, soon).await.mailing.id;
    let later = NotifyRequest { scheduled_time: at(&app, 30), ..promotion(&["luc@example.com"]) };
    let later = notify(&app, later).await.mailing.id;
    let all = NotifyRequest { everyone: true, scheduled_time: at(&app, 2), ..promotion(&[]) };
    let all = notify(&app, all).await.mailing.id;
    app.engine.chores.self_test().await;
    app.engine.chores.each_hour().await;
    app.pass_by(HOUR * 3, MINUTE * 10).await;
    assert_eq!(app.offices[0].count("ana@example.com"), 1);
    let before = app.offices[0].received().len();
    let now = app.now();
    let mut app = app
        .restart_after(|dir, key| {
            let copy = vieux_moulin_engine::store::backup::list(dir).unwrap().remove(0);
            vieux_moulin_engine::store::restore::restore(dir, key, &copy.path, now).unwrap();
        })
        .await;
    app.pass_by(HOUR * 48, HOUR).await;
    assert_eq!(app.offices[0].received().len(), before, "nothing left by itself");
    assert_eq!(states(&app, &soon).await, [(S::Held, "message_outcome_unknown".into())]);
    assert_eq!(state_of(&app, &all).await, MailingState::Stopped);
    assert_eq!(
        (state_of(&app, &soon).await, state_of(&app, &later).await),
        (MailingState::Paused, MailingState::Paused)
    );
    // What was not due when the copy was put back goes on when a person says so.
    app.engine.orchestrator.resume_mailing(&later, &person()).await.unwrap();
    app.pass_by(HOUR, MINUTE).await;
    let to_luc: std::collections::BTreeSet<_> =
        app.offices[0].received().into_iter().filter(|m| m.to == "luc@example.com").map(|m| m.id).collect();
    assert_eq!(to_luc.len(), app.offices[0].count("luc@example.com"), "no message twice");
    assert_eq!(app.offices[0].count("ana@example.com"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_noted_once_and_who_says_stop_is_left_alone() {
    let mut app = house(Kind::E).await;
    customer(&app, "Ana", Some("ana@example.com"), None).await;
    let mailing = notify(&app, promotion(&["ana@example.com"])).await.mailing.id;
    app.pass(MINUTE).await;
    let message = rows(&app, &mailing).await[0].id.clone();
    for (kind, key) in [(MessageEventKind::Delivered, "d"), (MessageEventKind::Unsubscribe, "u")] {
        app.offices[0].report(ReportedEvent {
            about: About::RemoteId(format!("remote-{message}")),
            kind,
            at: app.now(),
            robot: false,
            detail: None,
            key: key.into(),
        });
    }
    app.pass_by(HOUR, MINUTE).await;
    let id = message.clone();
    let events =
        app.engine.store.read(move |c| vieux_moulin_engine::store::message_events::of_message(c, &id)).await;
    assert_eq!(events.unwrap().len(), 2, "told again and again, noted once");
    app.pass_by(HOUR * 24 * 8, HOUR * 6).await;
    let later = notify(&app, promotion(&["ana@example.com"])).await.mailing.id;
    app.pass(MINUTE).await;
    assert_eq!(states(&app, &later).await, [(S::Rejected, "consent_withdrawn".into())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_that_is_over_is_not_sent() {
    let mut app = house(Kind::H).await;
    customer(&app, "Ana", Some("ana@example.com"), None).await;
    let mut request = promotion(&["ana@example.com"]);
    request.data.set("valid_until", "2026-11-27");
    request.scheduled_time = Some("2026-11-28T11:00:00".into());
    let mailing = notify(&app, request).await.mailing.id;
    app.pass_by(HOUR * 30, HOUR).await;
    assert_eq!(states(&app, &mailing).await, [(S::Expired, "offer_expired".into())]);
    assert!(app.offices[0].received().is_empty());
}
