//! Photographs of this computer on networks that fetch them: through the owner's web site, and away from
//! it again.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;
use vieux_moulin_engine::{
    clock::FakeClock,
    config::Config,
    connections::NewAccount,
    connectors::{Credentials, Severity, registry::Registry},
    domain::{Delivery, DeliveryState, PostContent, PostMedia},
    engine::{Engine, EngineOptions},
    orchestrator::PublishRequest,
    secrets::MasterKey,
    social::{media_desk::NewMedia, web_site::WebSiteError},
    store::{DataDirLock, deliveries},
};
use vieux_moulin_sandbox::{Platform, Sandbox, SandboxOptions, SiteFault, seed};
use vieux_moulin_tests::app::program;

/// An engine with the product's connectors, their doubles and a web site.
struct House {
    engine: Arc<Engine>,
    clock: Arc<FakeClock>,
    sandbox: Sandbox,
    _dir: TempDir,
}

impl House {
    async fn open() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let platforms: serde_json::Map<String, serde_json::Value> = sandbox
            .addresses()
            .networks()
            .map(|(platform, address)| {
                let hosts = json!({"photos": sandbox.addresses().facebook});
                let own = json!({"base_url": address});
                let threads = json!({"base_url": address, "hosts": hosts});
                (platform.name().to_owned(), if platform == Platform::Threads { threads } else { own })
            })
            .collect();
        let platforms = serde_json::Value::Object(platforms);
        std::fs::write(dir.path().join("platforms.json"), platforms.to_string()).unwrap();
        let clock = FakeClock::at(Timestamp::now());
        let options = EngineOptions {
            data_dir: dir.path().to_owned(),
            config: Config::load(dir.path()).unwrap(),
            clock: clock.clone(),
            registry: Registry::standard(),
            // Lets the look from outside come back to this computer.
            practice: true,
            // The clock of the test runs, the networks' own does not.
            tune: Some(|policy| policy.max_clock_skew = SignedDuration::from_hours(24 * 365)),
        };
        let lock = DataDirLock::take(dir.path()).unwrap();
        let engine = Engine::start(lock, &MasterKey::generate(), options).await.unwrap();
        Self { engine, clock, sandbox, _dir: dir }
    }

    async fn name_site(&self) -> Vec<(String, Severity)> {
        let mut fields = Credentials::default();
        fields.set("site", self.sandbox.site_address());
        fields.set("username", seed::SITE_USERNAME);
        fields.set("app_password", seed::SITE_PASSWORD);
        let found = self.engine.desk.web_site.keep("wordpress", fields).await.unwrap();
        found.into_iter().map(|finding| (finding.code, finding.severity)).collect()
    }

    async fn connect(&self, platform: &str) {
        let fields = match platform {
            "instagram" => {
                vec![("instagram_id", seed::instagram_id(1)), ("page_token", seed::facebook_page_token(1))]
            }
            "threads" => vec![("access_token", seed::threads_token(1))],
            _ => vec![
                ("client_id", seed::oauth_client_id(Platform::GoogleBusiness)),
                ("client_secret", seed::oauth_client_secret(Platform::GoogleBusiness)),
                ("refresh_token", seed::oauth_refresh_token(Platform::GoogleBusiness, 1)),
            ],
        };
        let mut credentials = Credentials::default();
        for (key, value) in fields {
            credentials.set(key, value);
        }
        let new = NewAccount { platform: platform.into(), credentials, ..NewAccount::default() };
        self.engine.connections.add(new, "window").await.unwrap();
    }

    /// A post with a photograph of this computer.
    async fn request(&self, text: &str, platforms: &[&str]) -> PublishRequest {
        let photo = include_bytes!("../fixtures/media/plat-du-jour.jpg").as_slice();
        let row = self.engine.desk.add(photo.into(), NewMedia::default()).await.unwrap();
        let media = vec![PostMedia { media_id: row.id, alt_text: "Plat".into(), source_url: None }];
        PublishRequest {
            content: PostContent { body: text.into(), media, ..PostContent::default() },
            platforms: platforms.iter().map(|platform| (*platform).to_owned()).collect(),
            ..PublishRequest::default()
        }
    }

    /// Publishes and waits until every delivery is where it stays.
    async fn publish(&self, request: PublishRequest) -> Vec<Delivery> {
        let published = self.engine.orchestrator.publish(request, &program(), None).await.unwrap();
        for _ in 0..6000 {
            let id = published.post.id.clone();
            let all = self.engine.store.read(move |c| deliveries::of_post(c, &id)).await.unwrap();
            let is_over = |delivery: &Delivery| {
                delivery.state.is_final() || matches!(delivery.state, DeliveryState::Held)
            };
            if all.iter().all(is_over) {
                return all;
            }
            self.clock.advance(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the post does not come to an end");
    }

    /// Lets time pass without waking anything but the tidying.
    async fn tidy_after(&self, time: SignedDuration) {
        self.clock.advance(Duration::try_from(time).unwrap());
        self.engine.desk.web_site.tidy().await;
    }
}

fn codes(refusal: &vieux_moulin_engine::orchestrator::Refusal) -> Vec<String> {
    refusal.errors.iter().map(|error| error.code.clone()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_photos_go_through_the_web_site_and_leave_it_again() {
    let house = House::open().await;
    for platform in ["google_business", "instagram", "threads"] {
        house.connect(platform).await;
    }
    let request =
        house.request("Lamproie à la bordelaise", &["google_business", "instagram", "threads"]).await;
    // Without a web site the networks that fetch refuse it at once, not at half past six.
    let refused = house.engine.orchestrator.publish(request.clone(), &program(), None).await.unwrap_err();
    assert_eq!(codes(&refused), ["public_url_needed", "public_url_needed", "photo_address_needed"]);

    assert_eq!(house.name_site().await, [("media_host_ready".to_owned(), Severity::Ok)]);
    assert_eq!(house.sandbox.site_files(), Vec::<String>::new(), "nothing of the test stays");
    let all = house.publish(request.clone()).await;
    for delivery in &all {
        assert_eq!(delivery.state, DeliveryState::Published, "{delivery:#?}");
    }
    for platform in [Platform::GoogleBusiness, Platform::Instagram, Platform::Threads] {
        let posts = house.sandbox.objects(platform);
        assert_eq!((posts.len(), posts[0].media.len()), (1, 1), "{platform:?}");
    }
    let files = house.sandbox.site_files();
    assert!(!files.is_empty() && files.len() <= 3, "{files:?}");

    // The same photo again is not brought again.
    let mut again = request;
    again.content.body = "Lamproie, encore ce soir".into();
    house.publish(again).await;
    assert_eq!(house.sandbox.site_files(), files);

    house.tidy_after(SignedDuration::from_hours(1)).await;
    assert_eq!(house.sandbox.site_files(), files, "networks may fetch again for a day");
    house.tidy_after(SignedDuration::from_hours(24)).await;
    assert_eq!(house.sandbox.site_files(), Vec::<String>::new());
    assert_eq!(house.engine.desk.web_site.files().await.unwrap(), 0);
    house.engine.stop().await;
}

/// One bad minute while the owner presses « Vérifier » refuses no post of the evening; and a password that
/// is not typed again goes to no other place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_that_was_good_stays_so_through_a_bad_minute() {
    let house = House::open().await;
    house.connect("google_business").await;
    house.name_site().await;
    let web_site = &house.engine.desk.web_site;
    house.sandbox.set_site_fault(Some(SiteFault::Unavailable));
    let found = web_site.check().await.unwrap();
    assert_eq!(found[0].severity, Severity::Error, "what the test saw is said");
    assert!(web_site.lends_addresses());
    house.sandbox.set_site_fault(None);
    let request = house.request("Lamproie", &["google_business"]).await;
    assert_eq!(house.publish(request).await[0].state, DeliveryState::Published);

    let keep = async |site: String, username: &str| {
        let mut fields = Credentials::default();
        fields.set("site", site);
        fields.set("username", username);
        web_site.keep("wordpress", fields).await.map(|_| ())
    };
    let elsewhere = keep("https://other.example".into(), seed::SITE_USERNAME).await.unwrap_err();
    assert!(matches!(elsewhere, WebSiteError::Open(_)), "{elsewhere}");
    keep(house.sandbox.site_address(), "somebody").await.unwrap_err();
    keep(house.sandbox.site_address(), seed::SITE_USERNAME).await.unwrap();
    assert!(web_site.lends_addresses());
    house.engine.stop().await;
}

/// The upload has its effect, nobody is told, and the program goes on: one file, and it is removed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_was_cut_off_leaves_no_orphan() {
    let house = House::open().await;
    house.connect("google_business").await;
    house.name_site().await;
    house.sandbox.set_site_fault(Some(SiteFault::AnswerLost));
    let request = house.request("Lamproie", &["google_business"]).await;
    let published = house.engine.orchestrator.publish(request, &program(), None).await.unwrap();
    // Until the first upload had its effect.
    for _ in 0..6000 {
        if !house.sandbox.site_files().is_empty() {
            break;
        }
        house.clock.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(house.sandbox.site_files().len(), 1);
    house.sandbox.set_site_fault(None);
    let id = published.post.id;
    for _ in 0..6000 {
        let post = id.clone();
        let all = house.engine.store.read(move |c| deliveries::of_post(c, &post)).await.unwrap();
        if all.iter().all(|delivery| delivery.state == DeliveryState::Published) {
            break;
        }
        house.clock.advance(Duration::from_millis(500));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(house.sandbox.objects(Platform::GoogleBusiness).len(), 1);
    assert_eq!(house.sandbox.site_files().len(), 1, "found again, not brought twice");
    house.tidy_after(SignedDuration::from_hours(30)).await;
    assert_eq!(house.sandbox.site_files(), Vec::<String>::new());
    house.engine.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_lends_no_address_until_its_test_went_well() {
    use SiteFault as F;
    let house = House::open().await;
    house.connect("google_business").await;
    for (fault, code) in [
        (F::LoginRefused, "media_host_login_refused"),
        (F::LoginUnheard, "media_host_login_unheard"),
        (F::RightsMissing, "media_host_rights_missing"),
        (F::Blocked, "media_host_blocked"),
        (F::RestOff, "media_host_not_found"),
        (F::Moved, "media_host_moved"),
        (F::ServerError, "media_host_unreachable"),
        (F::Hidden, "media_host_hidden"),
        (F::LoginWall, "media_host_hidden"),
        (F::Altered, "media_host_altered"),
        (F::WrongType, "media_host_wrong_type"),
    ] {
        house.sandbox.set_site_fault(Some(fault));
        assert_eq!(house.name_site().await, [(code.to_owned(), Severity::Error)], "{fault:?}");
        assert!(!house.engine.desk.web_site.lends_addresses(), "{fault:?}");
    }
    let request = house.request("Lamproie", &["google_business"]).await;
    let refused = house.engine.orchestrator.publish(request.clone(), &program(), None).await.unwrap_err();
    assert_eq!(codes(&refused), ["public_url_needed"]);
    // Photos that cannot be removed stay, and the owner is told; the address is good all the same.
    house.sandbox.set_site_fault(Some(F::CannotRemove));
    let found = house.name_site().await;
    assert_eq!(found.last(), Some(&("media_host_cannot_remove".to_owned(), Severity::Warning)));
    house.sandbox.set_site_fault(None);
    let checked = house.engine.desk.web_site.check().await.unwrap();
    assert_eq!(checked[0].code, "media_host_ready");
    let all = house.publish(request).await;
    assert_eq!(all[0].state, DeliveryState::Published, "{all:#?}");

    // Forgotten: what posts still need stays, and local photos are refused again.
    let forgotten = house.engine.desk.web_site.forget().await.unwrap();
    assert_eq!(forgotten.files_left, 0, "{:?}", house.sandbox.site_files());
    assert!(house.engine.desk.web_site.state().await.unwrap().is_none());
    assert!(!house.engine.desk.web_site.lends_addresses());
    house.engine.stop().await;
}
