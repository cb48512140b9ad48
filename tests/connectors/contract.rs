//! The same promises for every connector of the registry: what each kind of answer means, one object
//! after every doubt, no secret in any text. A platform joins by one line in `support::FIXTURES`.

use std::{
    fmt::Write as _,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use tokio::net::TcpListener;
use vieux_moulin_engine::connectors::{
    Descriptor, FailureClass as Class, Finding, Kind, Revocation, Sent, registry::Registry,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName as Fault, FaultParams, FaultRequest, faults::RateDialect,
    objects::ObjectState,
};

use crate::between::{Between, Way};
use crate::support::{FIXTURES, Fixture, RENEWING, Scene, receipt};

const TEXT: &str = "Plat du jour\u{a0}: œufs cocotte à la crème, 12,50\u{202f}€ 🍳";

/// Faults of the irreversible call after which nobody knows, and whether the work was done.
const DOUBTS: &[Fault] = &[
    Fault::ResetBefore,
    Fault::ResetMidBody,
    Fault::AcceptThenReset,
    Fault::ServerErrorBefore,
    Fault::ServerErrorAfter,
    Fault::TruncatedJson,
    Fault::MissingId,
    Fault::EmptyBody,
    Fault::HtmlPage,
    Fault::ErrorIn200,
    Fault::Redirect,
];

#[test]
fn every_connector_has_a_fixture() {
    // Those that send messages have their own contract.
    for connector in Registry::standard().iter().filter(|connector| connector.publisher().is_some()) {
        let id = connector.descriptor().id;
        assert!(FIXTURES.iter().any(|fixture| fixture.id == id), "no contract fixture for {id}");
    }
}

/// Fixtures of what the registry has.
fn fixtures() -> impl Iterator<Item = &'static Fixture> {
    FIXTURES.iter().filter(|fixture| Registry::standard().get(fixture.id).is_some())
}

fn facts(fixture: &Fixture) -> &'static Descriptor {
    Registry::standard().get(fixture.id).unwrap().descriptor()
}

/// The platform can be asked, or repeats nothing: all but kind H.
fn can_be_settled(fixture: &Fixture) -> bool {
    facts(fixture).kind != Kind::H
}

/// The typed server is asked at the check already; it must be the one that later posts are sent to.
#[tokio::test]
async fn an_account_on_a_server_of_its_own_stays_there() {
    for fixture in fixtures() {
        let mut scene = Scene::open(fixture).await;
        if !scene.stage.connector.descriptor().own_server {
            continue;
        }
        let own = scene.stage.base_url.clone();
        scene.stage.vault.current.lock().unwrap().set("server", own.as_str());
        "https://the-usual-one.example/".clone_into(&mut scene.stage.platform.base_url);
        scene.stage.account.server = None;
        scene.stage.connect().await;
        assert_eq!(scene.stage.account.server.as_deref(), Some(&*own), "{}", fixture.id);
        let mut delivery = scene.delivery("Soirée jazz vendredi", fixture.needs_picture);
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        assert_eq!(scene.published().len(), 1, "{}", fixture.id);
    }
}

#[test]
fn descriptors_are_complete_in_both_languages() {
    for connector in Registry::standard().iter() {
        let facts = connector.descriptor();
        let id = facts.id;
        let publishes = connector.publisher().is_some();
        assert_eq!(facts.capabilities.publish, publishes, "{id}");
        assert_eq!(facts.capabilities.messages, connector.messenger().is_some(), "{id}");
        if publishes {
            assert!(facts.limits.max_text > 0 && facts.limits.max_images > 0, "{id}");
            assert!(facts.limits.image.max_bytes > 0 && facts.limits.image.max_width > 0, "{id}");
        }
        assert_eq!(facts.capabilities.hand_over, facts.limits.hand_over_min_secs.is_some(), "{id}");
        assert_eq!(facts.connect.steps.len(), facts.connect.steps_en.len(), "{id}");
        assert_eq!(facts.limitations.len(), facts.limitations_en.len(), "{id}");
        assert!(!facts.connect.methods.is_empty() && !facts.connect.steps.is_empty(), "{id}");
        assert!(facts.credential_fields.iter().any(|field| field.secret && field.required), "{id}");
        let labels = facts.credential_fields.iter().flat_map(|field| [field.label, field.help]);
        let french =
            labels.chain(facts.connect.steps.iter().copied()).chain(facts.limitations.iter().copied());
        for text in french {
            assert!(!text.trim().is_empty() && !text.contains('\''), "{id}: {text}");
            for (at, _) in text.match_indices([':', '?', '!', ';', '»']) {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                assert!(
                    matches!(before, Some('\u{a0}' | '\u{202f}'))
                        || text.get(at..).is_some_and(|t| t.starts_with("://"))
                        // The port of an address.
                        || text.get(at + 1..).is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit())),
                    "{id}: no-break space missing in « {text} »"
                );
            }
        }
        for field in facts.credential_fields {
            assert!(
                !field.label_en.is_empty() && !field.help_en.is_empty() && !field.example.is_empty(),
                "{id}"
            );
        }
    }
}

#[tokio::test]
async fn check_says_whose_account_it_is() {
    for fixture in fixtures() {
        let scene = Scene::before_connecting(fixture).await;
        let identity = scene.stage.check().await.unwrap();
        assert_eq!(identity.remote_id, (fixture.remote_id)(), "{}", fixture.id);
        assert!(!identity.label.is_empty() && identity.missing_permissions.is_empty(), "{}", fixture.id);
    }
}

#[tokio::test]
async fn check_tells_a_bad_secret_from_a_bad_network() {
    for fixture in fixtures() {
        let id = fixture.id;
        let scene = Scene::before_connecting(fixture).await;
        scene.stage.vault.current.lock().unwrap().set(fixture.secret_field, "wrong-secret");
        assert_eq!(scene.stage.check().await.unwrap_err().class, Class::Reauth, "{id}");

        for fault in [Fault::HtmlPage, Fault::ServerErrorBefore, Fault::ResetBefore, Fault::TruncatedJson] {
            let scene = Scene::before_connecting(fixture).await;
            scene.play(FaultRequest { times: 0, ..FaultRequest::new(fault) }).await;
            assert_eq!(scene.stage.check().await.unwrap_err().class, Class::Retry, "{id} {fault:?}");
        }
        let scene = Scene::before_connecting(fixture).await;
        scene.fault(Fault::RefuseConnection).await;
        assert_eq!(scene.stage.check().await.unwrap_err().class, Class::NotSent, "{id}");
    }
}

/// Offered or not: asked twice it says the same, a bad network is no success, and where something is left
/// to do by hand there is a page for it.
#[tokio::test]
async fn an_access_is_taken_back_or_the_page_for_it_is_named() {
    for fixture in fixtures() {
        let id = fixture.id;
        let scene = Scene::open(fixture).await;
        let first = scene.stage.revoke().await.unwrap();
        assert_eq!(scene.stage.revoke().await.unwrap(), first, "{id}");
        let page = scene.stage.access_page();
        assert!(page.as_ref().is_none_or(|page| page.starts_with("http")), "{id}: {page:?}");
        assert!(first != Revocation::SessionEnded || page.is_some(), "{id}: nobody could do the rest");
        for fault in [Fault::HtmlPage, Fault::ServerErrorBefore, Fault::ResetBefore, Fault::TruncatedJson] {
            let scene = Scene::open(fixture).await;
            let before = scene.sandbox.requests(fixture.platform).len();
            scene.fault(fault).await;
            let answer = scene.stage.revoke().await;
            let asked = scene.sandbox.requests(fixture.platform).len() > before;
            match answer {
                Err(failure) => assert_eq!(failure.class, Class::Retry, "{id} {fault:?}: {failure:?}"),
                Ok(done) => assert!(!asked && done == Revocation::NotOffered, "{id} {fault:?}: {done:?}"),
            }
        }
    }
}

#[tokio::test]
async fn publishes_what_was_composed() {
    for fixture in fixtures() {
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.delivery(TEXT, true);
        delivery.prepare(&scene.stage).await.unwrap();
        assert!(scene.published().is_empty(), "{}: prepare must stay invisible", fixture.id);
        let sent = delivery.send(&scene.stage).await.unwrap();
        let Sent::Published(receipt) = sent else { panic!("{}: {sent:?}", fixture.id) };

        let published = scene.published();
        assert_eq!(published.len(), 1, "{}", fixture.id);
        let object = published.first().unwrap();
        assert_eq!((&object.id, object.text.as_str()), (&receipt.remote_id, TEXT), "{}", fixture.id);
        let picture = object.media.first().unwrap();
        assert_eq!(picture.mime, "image/jpeg");
        let alt_text = (facts(fixture).limits.max_alt_text > 0).then_some("Une assiette d’huîtres");
        assert_eq!(picture.alt_text.as_deref(), alt_text, "{}", fixture.id);
    }
}

#[tokio::test]
async fn definite_answers_have_their_class() {
    for fixture in fixtures() {
        let table: &[(Fault, &[Class])] = &[
            (Fault::RefuseConnection, &[Class::NotSent]),
            (Fault::PermissionLost, &[Class::Reauth, Class::Blocked]),
            (Fault::ContentRefused, &[Class::Content]),
            (Fault::Unknown4xx, &[Class::Content]),
            (
                Fault::TokenExpired,
                if RENEWING.contains(&fixture.id) { &[Class::Retry] } else { &[Class::Reauth] },
            ),
        ];
        for (fault, expected) in table {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.post(TEXT);
            delivery.prepare(&scene.stage).await.unwrap();
            scene.fault(*fault).await;
            let failure = delivery.send(&scene.stage).await.unwrap_err();
            assert!(expected.contains(&failure.class), "{} {fault:?}: {failure:?}", fixture.id);
            assert!(scene.published().is_empty(), "{} {fault:?}", fixture.id);
        }
    }
}

#[tokio::test]
async fn waits_as_long_as_the_server_says() {
    for fixture in fixtures() {
        for dialect in [
            RateDialect::RetryAfterSecs,
            RateDialect::RetryAfterDate,
            RateDialect::Platform,
            RateDialect::None,
        ] {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.post(TEXT);
            delivery.prepare(&scene.stage).await.unwrap();
            let params = FaultParams { secs: Some(120), dialect: Some(dialect), ..FaultParams::default() };
            scene.play(FaultRequest { params, ..FaultRequest::new(Fault::RateLimited) }).await;
            let failure = delivery.send(&scene.stage).await.unwrap_err();
            assert!(
                matches!(failure.class, Class::Retry | Class::Quota),
                "{} {dialect:?}: {failure:?}",
                fixture.id
            );
            match (dialect, failure.retry_after) {
                (RateDialect::None, _) => {}
                // Meta counts in whole minutes.
                (_, Some(wait)) => assert!(
                    (Duration::from_secs(110)..=Duration::from_secs(185)).contains(&wait),
                    "{} {dialect:?}: {wait:?}",
                    fixture.id
                ),
                (_, None) => panic!("{} {dialect:?}: waiting time lost", fixture.id),
            }
            assert!(scene.published().is_empty());
        }
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.post(TEXT);
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(Fault::Unavailable).await;
        let failure = delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, Class::Retry, "{}: {failure:?}", fixture.id);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(5)), "{}", fixture.id);
    }
}

#[tokio::test]
async fn every_doubt_ends_with_exactly_one_object() {
    for fixture in fixtures().filter(|fixture| can_be_settled(fixture)) {
        for fault in DOUBTS {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.delivery(TEXT, true);
            delivery.prepare(&scene.stage).await.unwrap();
            scene.fault(*fault).await;
            let failure = delivery.send(&scene.stage).await.unwrap_err();
            assert_eq!(failure.class, Class::Unknown, "{} {fault:?}: {failure:?}", fixture.id);
            let sent = delivery.settle(&scene.stage).await;
            let published = scene.published();
            assert_eq!(published.len(), 1, "{} {fault:?}", fixture.id);
            assert_eq!(published.first().unwrap().id, receipt(&sent).remote_id, "{} {fault:?}", fixture.id);
        }
    }
}

/// Kind H: the doubt is named, nothing is claimed and nothing invites a repetition; a person looks.
#[tokio::test]
async fn where_nobody_can_look_a_doubt_stays_a_doubt() {
    for fixture in fixtures().filter(|fixture| !can_be_settled(fixture)) {
        for fault in DOUBTS {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.delivery(TEXT, true);
            delivery.prepare(&scene.stage).await.unwrap();
            scene.fault(*fault).await;
            let failure = delivery.send(&scene.stage).await.unwrap_err();
            assert_eq!(failure.class, Class::Unknown, "{} {fault:?}: {failure:?}", fixture.id);
            let found = delivery.reconcile(&scene.stage).await.unwrap();
            assert!(matches!(found, Finding::NotFound), "{} {fault:?}: {found:?}", fixture.id);
            assert!(scene.published().len() <= 1, "{} {fault:?}", fixture.id);
        }
    }
}

#[tokio::test]
async fn a_crash_after_the_answer_is_recognised() {
    for fixture in fixtures().filter(|fixture| can_be_settled(fixture)) {
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.delivery(TEXT, true);
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        // The program died before it could keep the outcome.
        delivery.remote_id = None;
        delivery.settle(&scene.stage).await;
        assert_eq!(scene.published().len(), 1, "{}", fixture.id);
    }
}

/// A restored copy is older than the preparation of what left since: the row has no notes at all. Where
/// the list of posts is the proof, its words are looked for.
#[tokio::test]
async fn what_left_after_a_copy_is_found_without_notes() {
    for fixture in fixtures().filter(|f| matches!(facts(f).kind, Kind::D | Kind::E | Kind::G)) {
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.delivery(TEXT, true);
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        (delivery.remote_id, delivery.marks) = (None, serde_json::Value::Null);
        let found = delivery.reconcile(&scene.stage).await.unwrap();
        assert!(matches!(found, Finding::Found { .. }), "{}: {found:?}", fixture.id);
    }
}

/// The machine's clock was wrong when the call was made, and may have been set right before the look-up.
#[tokio::test]
async fn a_wrong_clock_hides_no_published_post() {
    use jiff::SignedDuration;
    for fixture in fixtures().filter(|fixture| can_be_settled(fixture)) {
        for (then_mins, now_mins) in [(9, 0), (60, 60), (-60, -60), (0, 9)] {
            let mut scene = Scene::open(fixture).await;
            scene.stage.ahead = SignedDuration::from_mins(then_mins);
            let mut delivery = scene.delivery(TEXT, true);
            delivery.prepare(&scene.stage).await.unwrap();
            scene.fault(Fault::AcceptThenReset).await;
            delivery.send(&scene.stage).await.unwrap_err();
            scene.stage.ahead = SignedDuration::from_mins(now_mins);
            let found = delivery.reconcile(&scene.stage).await.unwrap();
            assert!(
                matches!(found, Finding::Found { .. }),
                "{} {then_mins} {now_mins}: {found:?}",
                fixture.id
            );
        }
    }
}

/// What cannot be read in a list may be what is looked for: it is no proof of absence.
#[tokio::test]
async fn an_unreadable_list_is_no_empty_list() {
    for fixture in fixtures().filter(|fixture| can_be_settled(fixture)) {
        let mut scene = Scene::open(fixture).await;
        let mut delivery = scene.delivery(TEXT, true);
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(Fault::AcceptThenReset).await;
        delivery.send(&scene.stage).await.unwrap_err();
        let between = Between::start(&scene.stage.base_url, |_| {
            Way::Changed(|answer| {
                // Each network has its own name for the list.
                let lists: Vec<&mut Vec<serde_json::Value>> = match answer {
                    serde_json::Value::Array(items) => vec![items],
                    serde_json::Value::Object(fields) => {
                        fields.values_mut().filter_map(serde_json::Value::as_array_mut).collect()
                    }
                    _ => Vec::new(),
                };
                for item in lists.into_iter().flatten() {
                    *item = serde_json::json!({"strange": true});
                }
            })
        })
        .await;
        scene.stage.move_to(&between.base);
        match delivery.reconcile(&scene.stage).await {
            Err(failure) => assert_eq!(failure.class, Class::Retry, "{}: {failure:?}", fixture.id),
            // Asked by its key, not from a list.
            Ok(Finding::Found { .. }) => assert_eq!(fixture.id, "bluesky"),
            Ok(found) => panic!("{}: {found:?}", fixture.id),
        }
    }
}

#[tokio::test]
async fn two_posts_with_the_same_words_are_never_mistaken_for_one() {
    for fixture in fixtures() {
        let scene = Scene::open(fixture).await;
        let mut first = scene.post(TEXT);
        first.prepare(&scene.stage).await.unwrap();
        first.send(&scene.stage).await.unwrap();
        let mut second = scene.post(TEXT);
        second.prepare(&scene.stage).await.unwrap();
        match second.send(&scene.stage).await {
            Ok(sent) => {
                assert_ne!(first.remote_id.as_ref(), Some(&receipt(&sent).remote_id), "{}", fixture.id);
            }
            // Facebook refuses the same words twice, and says so.
            Err(failure) => assert_eq!(failure.class, Class::Duplicate, "{}: {failure:?}", fixture.id),
        }
    }
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    for fixture in fixtures() {
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.post(TEXT);
        delivery.prepare(&scene.stage).await.unwrap();
        let params = FaultParams { bytes_per_sec: Some(1500), ..FaultParams::default() };
        scene.play(FaultRequest { params, ..FaultRequest::new(Fault::SlowDrip) }).await;
        delivery.send(&scene.stage).await.unwrap();
        assert_eq!(scene.published().len(), 1, "{}", fixture.id);
    }
}

#[tokio::test]
async fn preparing_through_a_bad_network_may_be_repeated() {
    for fixture in fixtures() {
        for fault in [
            Fault::HtmlPage,
            Fault::ResetBefore,
            Fault::AcceptThenReset,
            Fault::TruncatedJson,
            Fault::ServerErrorAfter,
        ] {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.delivery(TEXT, true);
            scene.fault(fault).await;
            let failure = delivery.prepare(&scene.stage).await.unwrap_err();
            assert_eq!(failure.class, Class::Retry, "{} {fault:?}: {failure:?}", fixture.id);
            delivery.prepare(&scene.stage).await.unwrap();
            delivery.send(&scene.stage).await.unwrap();
            assert_eq!(scene.published().len(), 1, "{} {fault:?}", fixture.id);
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for fixture in fixtures() {
        let scene = Scene::open(fixture).await;
        let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut delivery = scene.post(TEXT);
        delivery.prepare(&scene.stage).await.unwrap();
        let location = format!("http://{}/login", trap.local_addr().unwrap());
        let params = FaultParams { location: Some(location), ..FaultParams::default() };
        scene.play(FaultRequest { params, ..FaultRequest::new(Fault::Redirect) }).await;
        delivery.send(&scene.stage).await.unwrap_err();
        let visit = tokio::time::timeout(Duration::from_millis(200), trap.accept()).await;
        assert!(visit.is_err(), "{}: followed a redirect with its secrets", fixture.id);
    }
}

#[tokio::test]
async fn sending_is_one_request() {
    for fixture in fixtures() {
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.post(TEXT);
        delivery.prepare(&scene.stage).await.unwrap();
        let publishes = |scene: &Scene| {
            let requests = scene.sandbox.requests(fixture.platform);
            requests.iter().filter(|request| request.action == Action::Publish).count()
        };
        let before = publishes(&scene);
        let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
        scene.play(FaultRequest { only, times: 0, ..FaultRequest::new(Fault::ServerErrorBefore) }).await;
        delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(publishes(&scene) - before, 1, "{}", fixture.id);
    }
}

#[tokio::test]
async fn deleting_twice_is_deleting_once() {
    for fixture in fixtures() {
        if !Registry::standard().get(fixture.id).unwrap().descriptor().capabilities.delete {
            continue;
        }
        let scene = Scene::open(fixture).await;
        let mut delivery = scene.delivery(TEXT, true);
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        delivery.delete(&scene.stage).await.unwrap();
        delivery.delete(&scene.stage).await.unwrap();
        let states: Vec<_> =
            scene.sandbox.objects(fixture.platform).into_iter().map(|object| object.state).collect();
        assert!(!states.contains(&ObjectState::Published), "{}: {states:?}", fixture.id);
    }
}

#[tokio::test]
async fn secrets_stay_out_of_every_text() {
    let log = CapturedLog::install();
    for fixture in fixtures() {
        let mut texts = String::new();
        for fault in [
            None,
            Some(Fault::TokenExpired),
            Some(Fault::HtmlPage),
            Some(Fault::RefuseConnection),
            Some(Fault::AcceptThenReset),
            Some(Fault::ContentRefused),
        ] {
            let scene = Scene::open(fixture).await;
            let mut delivery = scene.delivery(TEXT, true);
            delivery.prepare(&scene.stage).await.unwrap();
            if let Some(fault) = fault {
                scene.fault(fault).await;
            }
            let sent = delivery.send(&scene.stage).await;
            let credentials = scene.stage.vault.current.lock().unwrap().clone();
            let _ = write!(texts, "{sent:?} {credentials:?} {} {:?}", delivery.marks, scene.stage.account);
            for (key, secret) in credentials.iter() {
                let field =
                    scene.stage.connector.descriptor().credential_fields.iter().find(|f| f.key == key);
                if field.is_some_and(|field| !field.secret) || PUBLIC_SESSION_KEYS.contains(&key) {
                    continue;
                }
                let secret = secrecy::ExposeSecret::expose_secret(secret);
                assert!(
                    !secret.is_empty() && !texts.contains(secret),
                    "{} leaks {key} in a text",
                    fixture.id
                );
                assert!(!log.text().contains(secret), "{} leaks {key} in the log", fixture.id);
            }
        }
    }
    assert!(!log.text().is_empty(), "nothing was captured, so nothing was shown");
}

/// Kept among the credentials but known to everybody.
const PUBLIC_SESSION_KEYS: &[&str] = &[
    "did",
    "pds",
    "identifier",
    "server",
    "page_id",
    "instagram_id",
    "access_token_until",
    "refresh_token_until",
];

/// Everything that any library of this process logs, at any level.
#[derive(Clone)]
struct CapturedLog(Arc<Mutex<Vec<u8>>>);

impl CapturedLog {
    fn install() -> Self {
        static LOG: LazyLock<CapturedLog> = LazyLock::new(|| {
            let log = CapturedLog(Arc::default());
            let writer = log.clone();
            tracing_subscriber::fmt()
                .with_ansi(false)
                // The doubles run in this process and know every secret; they are not what is examined.
                .with_env_filter(tracing_subscriber::EnvFilter::new("trace,vieux_moulin_sandbox=off"))
                .with_writer(move || writer.clone())
                .init();
            log
        });
        LOG.clone()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for CapturedLog {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
