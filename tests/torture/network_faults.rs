//! T4: every fault of the sandbox on every connector. One object or none, as the table of section 3 says,
//! and the other networks leave on time.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt as _;
use serde_json::json;
use vieux_moulin_engine::{
    clock::SystemClock,
    config::Config,
    connections::NewAccount,
    connectors::{Credentials, Kind, registry::Registry},
    domain::{AccountSettings, DeliveryId, DeliveryState as S, PostContent, PostMedia},
    engine::{Engine, EngineOptions},
    orchestrator::{By, PublishRequest},
    queue::QueuePolicy,
    secrets::MasterKey,
    social::media_desk::NewMedia,
    store::{DataDirLock, deliveries},
};
use vieux_moulin_sandbox::{FaultName, FaultRequest, Platform, Sandbox, SandboxOptions, seed};
use vieux_moulin_tests::process::jpeg;

use super::ONE_AT_A_TIME;

/// Seconds become tenths, so that a fault is over before the table is printed.
fn hurry(policy: &mut QueuePolicy) {
    policy.retry_base = Duration::from_millis(200);
    policy.retry_cap = Duration::from_secs(1);
    policy.lookup_waits = [50, 100, 200].map(Duration::from_millis).to_vec();
    policy.offline_probe = Duration::from_millis(200);
    policy.circuit_after = 20;
}

struct Row {
    fault: FaultName,
    platform: Platform,
    state: S,
    objects: usize,
    others_late: Duration,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t4_every_fault_on_every_connector() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let pairs = FaultName::ALL
        .into_iter()
        .flat_map(|fault| Platform::NETWORKS.into_iter().map(move |platform| (fault, platform)))
        .filter(|(fault, platform)| fault.exists_on(*platform));
    let rows: Vec<Row> = futures::stream::iter(pairs)
        .map(|(fault, platform)| one(fault, platform))
        .buffer_unordered(8)
        .collect()
        .await;
    let mut wrong = Vec::new();
    let mut table: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut late: Vec<Duration> = rows.iter().map(|row| row.others_late).collect();
    late.sort();
    for row in &rows {
        let fits = match row.state {
            S::Published | S::Duplicate => row.objects == 1,
            S::Rejected | S::NeedsReauth => row.objects == 0,
            // A person is asked: never two, whatever the truth.
            S::Held => row.objects <= 1,
            _ => false,
        };
        let cell = format!("{} {:?}/{}", row.platform.name(), row.state, row.objects);
        if !fits || !expected(row.fault, row.platform).contains(&row.state) {
            wrong.push(format!("{:?} {cell}", row.fault));
        }
        table.entry(format!("{:?}", row.fault)).or_default().push(cell);
    }
    for (fault, mut cells) in table {
        cells.sort();
        println!("T4  {fault:<18} {}", cells.join("  "));
    }
    let p99 = late[late.len() * 99 / 100 - 1];
    println!("T4  cases {}  wrong {}  lateness of the other networks p99 {p99:?}", rows.len(), wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The figure is printed, not judged: eight engines share this machine here. What must never happen
    // is that the others wait for the end of a fault, which lasts half a minute.
    assert!(p99 < Duration::from_secs(20), "the others were {p99:?} late");
}

/// End states that the table allows.
fn expected(fault: FaultName, platform: Platform) -> &'static [S] {
    use FaultName as F;
    let kind = Registry::standard().get(platform.name()).unwrap().descriptor().kind;
    match fault {
        // Nobody can look: every doubt is a question to the owner, never a second request.
        F::ResetBefore
        | F::ResetMidBody
        | F::AcceptThenReset
        | F::Stall
        | F::ServerErrorBefore
        | F::ServerErrorAfter
        | F::TruncatedJson
        | F::MissingId
        | F::EmptyBody
        | F::HtmlPage
        | F::Redirect
        | F::ErrorIn200
            if kind == Kind::H =>
        {
            &[S::Held]
        }
        F::TokenExpired => &[S::NeedsReauth, S::Published],
        F::PermissionLost => &[S::NeedsReauth],
        F::ContentRefused | F::Unknown4xx | F::ModerationRejected => &[S::Rejected],
        F::DuplicateRefused => &[S::Held],
        F::MediaFailed | F::ContainerError => &[S::Rejected, S::Published],
        // The network's page of a portal, or a redirect: nobody knows what became of the request.
        F::HtmlPage | F::Redirect | F::ErrorIn200 => &[S::Published, S::Held, S::Rejected],
        _ => &[S::Published],
    }
}

async fn one(fault: FaultName, platform: Platform) -> Row {
    let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let engine = start(dir.path(), &sandbox).await;
    let new = NewMedia { name: "plat.jpg".into(), ..NewMedia::default() };
    let picture = engine.desk.add(jpeg().unwrap().into(), new).await.unwrap().id;
    let mut request = FaultRequest::new(fault);
    request.params = serde_json::from_value(params(fault)).unwrap();
    if wants_publishing(fault) {
        request.only.action = Some(vieux_moulin_sandbox::Action::Publish);
    }
    sandbox.add_fault(platform, request).await;
    let began = Instant::now();
    let mut ids = BTreeMap::new();
    for to in Platform::NETWORKS {
        let content = PostContent {
            body: format!("T4 {}", to.name()),
            // Google takes no picture from this computer.
            media: (to != Platform::GoogleBusiness)
                .then(|| PostMedia {
                    media_id: picture.clone(),
                    alt_text: "Une assiette".into(),
                    source_url: None,
                })
                .into_iter()
                .collect(),
            ..PostContent::default()
        };
        let request =
            PublishRequest { content, platforms: vec![to.name().into()], ..PublishRequest::default() };
        let by = By { actor: "api:test".into(), can_undo: false };
        let published = engine.orchestrator.publish(request, &by, None).await.unwrap();
        ids.insert(to.name(), published.deliveries[0].id.clone());
    }
    let mut others_late = Duration::ZERO;
    for to in Platform::NETWORKS.into_iter().filter(|to| *to != platform) {
        let state = until_ended(&engine, &ids[to.name()], Duration::from_secs(20)).await;
        // Instagram borrows Facebook's photo store, so Facebook's trouble reaches it.
        if !(to == Platform::Instagram && platform == Platform::Facebook) {
            assert_eq!(state, S::Published, "{fault:?} on {} reached {}", platform.name(), to.name());
            others_late = others_late.max(finished_after(&engine, &ids[to.name()]).await);
        }
    }
    let state = until_ended(&engine, &ids[platform.name()], Duration::from_secs(75)).await;
    assert!(began.elapsed() < Duration::from_secs(120));
    let text = format!("T4 {}", platform.name());
    let objects = sandbox
        .objects(platform)
        .iter()
        .filter(|object| object.text.contains(&text) && object.state.name() == "published")
        .count();
    engine.stop().await;
    sandbox.stop().await.unwrap();
    println!("T4  {fault:?} on {}: {state:?}, {objects} objects", platform.name());
    Row { fault, platform, state, objects, others_late }
}

/// Time from planning to publication by the engine's own account.
async fn finished_after(engine: &Engine, id: &DeliveryId) -> Duration {
    let id = id.clone();
    let delivery = engine.store.read(move |c| deliveries::find(c, &id)).await.unwrap().unwrap();
    let first = delivery.first_sent_at.unwrap();
    Duration::try_from(first.duration_since(delivery.due_at)).unwrap_or(Duration::ZERO)
}

async fn until_ended(engine: &Engine, id: &DeliveryId, at_most: Duration) -> S {
    let until = Instant::now() + at_most;
    loop {
        let row = id.clone();
        let state = engine.store.read(move |c| deliveries::find(c, &row)).await.unwrap().unwrap().state;
        if state.is_final() || state.needs_person() || Instant::now() > until {
            return state;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn params(fault: FaultName) -> serde_json::Value {
    use FaultName as F;
    match fault {
        F::RefuseConnection | F::RateLimited | F::ListingLag => json!({ "secs": 1 }),
        F::Stall => json!({ "secs": 2 }),
        F::Unavailable => json!({ "retry_after_secs": 1 }),
        F::SlowDrip => json!({ "bytes_per_sec": 200 }),
        F::MediaProcessing | F::ModerationPending => json!({ "polls": 1 }),
        _ => json!({}),
    }
}

/// Fields of an account with an application of the owner's own.
fn own_application(platform: Platform) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", seed::oauth_client_id(platform)),
        ("client_secret", seed::oauth_client_secret(platform)),
        ("refresh_token", seed::oauth_refresh_token(platform, 1)),
    ]
}

/// Faults whose interest is the irreversible call itself.
fn wants_publishing(fault: FaultName) -> bool {
    use FaultName as F;
    !matches!(
        fault,
        F::RefuseConnection
            | F::ListingLag
            | F::MediaProcessing
            | F::MediaFailed
            | F::ContainerError
            | F::ContainerExpired
            | F::PermalinkFails
            | F::ContentRefused
            | F::DuplicateRefused
    )
}

async fn start(dir: &std::path::Path, sandbox: &Sandbox) -> Arc<Engine> {
    let addresses = sandbox.addresses().clone();
    let mut config = Config::load(dir).unwrap();
    for (platform, base) in addresses.networks() {
        assert!(config.platforms.redirect(platform.name(), base, base));
    }
    let options = EngineOptions {
        data_dir: dir.to_owned(),
        config,
        clock: SystemClock::shared(),
        registry: Registry::standard(),
        practice: false,
        tune: Some(hurry),
    };
    let engine =
        Engine::start(DataDirLock::take(dir).unwrap(), &MasterKey::generate(), options).await.unwrap();
    let page = ("page_token", seed::facebook_page_token(1));
    for (platform, fields) in [
        ("facebook", vec![("page_id", seed::facebook_page_id(1)), page.clone()]),
        ("instagram", vec![("instagram_id", seed::instagram_id(1)), page.clone()]),
        (
            "bluesky",
            vec![
                ("identifier", seed::bluesky_handle(1)),
                ("app_password", seed::bluesky_app_password(1)),
                ("server", addresses.bluesky.clone()),
            ],
        ),
        ("mastodon", vec![("server", addresses.mastodon.clone()), ("access_token", seed::mastodon_token(1))]),
        (
            "telegram",
            vec![("bot_token", seed::telegram_bot_token(1)), ("channel", seed::telegram_chat_id(1))],
        ),
        ("threads", vec![("access_token", seed::threads_token(1)), page]),
        ("google_business", own_application(Platform::GoogleBusiness)),
        ("pinterest", own_application(Platform::Pinterest)),
        ("linkedin", vec![("access_token", seed::linkedin_token(1))]),
        (
            "x",
            vec![
                ("cost_accepted", "oui".to_owned()),
                ("client_id", seed::X_CLIENT_ID.to_owned()),
                ("refresh_token", seed::x_refresh_token(1)),
            ],
        ),
    ] {
        let mut credentials = Credentials::default();
        for (key, value) in fields {
            credentials.set(key, value);
        }
        let settings = Some(AccountSettings { hand_over: false, facebook_photo_host: true });
        let new = NewAccount { platform: platform.into(), credentials, settings, ..NewAccount::default() };
        engine.connections.add(new, "window").await.unwrap();
    }
    engine
}
