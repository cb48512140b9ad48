//! A stage for one connector: an account, its secrets, pictures, and the state that the queue would
//! keep between two calls. The connector is driven through its traits only.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use vieux_moulin_engine::{
    config::{PlatformConfig, Platforms},
    connectors::{
        Access, CredentialVault, Credentials, Failure, Finding, HandedOver, Heard, Http, Identity,
        ImageLimits, Job, MediaSource, Picture, Prepared, Publisher, ReadRequest, Receipt, Revocation,
        SendMode, Sent, SharedConnector, registry::Registry,
    },
    domain::{
        Account, AccountSettings, AccountState, DeliveryId, MediaId, OutgoingImage, OutgoingPost, TokenExpiry,
    },
};
use vieux_moulin_sandbox::{
    FaultName, FaultRequest, Platform, PublishedObject, Sandbox, SandboxOptions, objects::ObjectState, seed,
};

/// What the contract needs to know about one platform; everything else comes from the traits.
pub struct Fixture {
    pub id: &'static str,
    pub platform: Platform,
    pub credentials: fn() -> Vec<(&'static str, String)>,
    /// Field whose value is the secret.
    pub secret_field: &'static str,
    pub remote_id: fn() -> String,
    /// Needs a picture in every post.
    pub needs_picture: bool,
}

/// One line per platform of the registry.
pub const FIXTURES: &[Fixture] = &[
    Fixture {
        id: "bluesky",
        platform: Platform::Bluesky,
        credentials: || {
            vec![("identifier", seed::bluesky_handle(1)), ("app_password", seed::bluesky_app_password(1))]
        },
        secret_field: "app_password",
        remote_id: || seed::bluesky_did(1),
        needs_picture: false,
    },
    Fixture {
        id: "facebook",
        platform: Platform::Facebook,
        credentials: || {
            vec![("page_token", seed::facebook_page_token(1)), ("page_id", seed::facebook_page_id(1))]
        },
        secret_field: "page_token",
        remote_id: || seed::facebook_page_id(1),
        needs_picture: false,
    },
    Fixture {
        id: "instagram",
        platform: Platform::Instagram,
        credentials: || {
            vec![("page_token", seed::facebook_page_token(1)), ("instagram_id", seed::instagram_id(1))]
        },
        secret_field: "page_token",
        remote_id: || seed::instagram_id(1),
        needs_picture: true,
    },
    Fixture {
        id: "mastodon",
        platform: Platform::Mastodon,
        credentials: || vec![("access_token", seed::mastodon_token(1))],
        secret_field: "access_token",
        remote_id: || seed::mastodon_id(1),
        needs_picture: false,
    },
    Fixture {
        id: "telegram",
        platform: Platform::Telegram,
        credentials: || {
            vec![("bot_token", seed::telegram_bot_token(1)), ("channel", seed::telegram_username(1))]
        },
        secret_field: "bot_token",
        remote_id: || seed::telegram_chat_id(1),
        needs_picture: false,
    },
    Fixture {
        id: "threads",
        platform: Platform::Threads,
        credentials: || {
            vec![("access_token", seed::threads_token(1)), ("page_token", seed::facebook_page_token(1))]
        },
        secret_field: "access_token",
        remote_id: || seed::threads_id(1),
        needs_picture: false,
    },
    Fixture {
        id: "google_business",
        platform: Platform::GoogleBusiness,
        credentials: || own_application(Platform::GoogleBusiness),
        secret_field: "refresh_token",
        remote_id: || seed::google_profile(1),
        needs_picture: false,
    },
    Fixture {
        id: "pinterest",
        platform: Platform::Pinterest,
        credentials: || own_application(Platform::Pinterest),
        secret_field: "refresh_token",
        remote_id: || seed::pinterest_user_id(1),
        needs_picture: true,
    },
    Fixture {
        id: "linkedin",
        platform: Platform::LinkedIn,
        credentials: || vec![("access_token", seed::linkedin_token(1))],
        secret_field: "access_token",
        remote_id: || seed::linkedin_organization(1),
        needs_picture: false,
    },
    Fixture {
        id: "x",
        platform: Platform::X,
        credentials: || {
            vec![
                ("cost_accepted", "oui".to_owned()),
                ("client_id", seed::X_CLIENT_ID.to_owned()),
                ("refresh_token", seed::x_refresh_token(1)),
            ]
        },
        secret_field: "refresh_token",
        remote_id: || seed::x_id(1),
        needs_picture: false,
    },
];

/// Connectors that renew a refused access token by themselves and ask to be called again.
pub const RENEWING: &[&str] = &["bluesky", "google_business", "pinterest", "x"];

/// Platforms that fetch a picture from its public address.
const FETCHING: &[&str] = &["google_business"];

/// Fields of an account with an application of the owner's own.
pub fn own_application(platform: Platform) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", seed::oauth_client_id(platform)),
        ("client_secret", seed::oauth_client_secret(platform)),
        ("refresh_token", seed::oauth_refresh_token(platform, 1)),
    ]
}

/// A web site with one photograph, for as long as the process lives: its address.
pub fn photo_address() -> String {
    static SITE: LazyLock<String> = LazyLock::new(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/plat.jpg", listener.local_addr().unwrap());
        // A thread of its own: each test has its own runtime.
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            let photo = jpeg(640, 480);
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let mut request = [0_u8; 4096];
                // The visitor may leave at any moment.
                let _ = stream.read(&mut request);
                let head = format!(
                    "HTTP/1.0 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: {}\r\n\r\n",
                    photo.len()
                );
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&photo));
            }
        });
        address
    });
    SITE.clone()
}

/// Pictures: one small JPEG for every id; `tall…` and `wide…` have other ratios, all fit the limits.
pub struct Pictures;

#[async_trait]
impl MediaSource for Pictures {
    async fn jpeg(&self, id: &MediaId, limits: &ImageLimits) -> Result<Picture, Failure> {
        let (mut width, mut height) = match id.as_str() {
            id if id.starts_with("tall") => (480, 600),
            id if id.starts_with("wide") => (640, 400),
            _ => (640, 480),
        };
        let ratio = f64::from(width) / f64::from(height);
        if let Some(max) = limits.max_ratio.filter(|max| ratio > *max) {
            width = (f64::from(height) * max).round() as u32;
        }
        if let Some(min) = limits.min_ratio.filter(|min| ratio < *min) {
            height = (f64::from(width) / min).round() as u32;
        }
        let bytes = jpeg(width, height);
        assert!(bytes.len() as u64 <= limits.max_bytes);
        Ok(Picture { bytes, mime: "image/jpeg", width, height })
    }
}

/// A web site with one picture; returns its address.
pub async fn web_site() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/assiette.jpg", listener.local_addr().unwrap());
    let picture = axum::routing::get(|| async { ([("content-type", "image/jpeg")], jpeg(640, 480)) });
    let site = axum::Router::new().route("/assiette.jpg", picture);
    tokio::spawn(async move { axum::serve(listener, site).await });
    address
}

/// Made once for each size: encoding takes longer than most tests.
pub fn jpeg(width: u32, height: u32) -> Bytes {
    static MADE: LazyLock<Mutex<HashMap<(u32, u32), Bytes>>> = LazyLock::new(Mutex::default);
    let mut made = MADE.lock().unwrap();
    made.entry((width, height)).or_insert_with(|| encode(width, height)).clone()
}

fn encode(width: u32, height: u32) -> Bytes {
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner().into()
}

/// Keeps credentials in memory, as durable as a test needs.
#[derive(Clone, Default)]
pub struct Vault {
    pub current: Arc<Mutex<Credentials>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

#[async_trait]
impl CredentialVault for Vault {
    async fn store(&self, credentials: &Credentials) -> Result<(), Failure> {
        *self.current.lock().unwrap() = credentials.clone();
        Ok(())
    }

    async fn lock_and_reload(&self) -> Result<(tokio::sync::OwnedMutexGuard<()>, Credentials), Failure> {
        let guard = Arc::clone(&self.lock).lock_owned().await;
        Ok((guard, self.current.lock().unwrap().clone()))
    }
}

/// One account of one platform.
pub struct Stage {
    pub connector: SharedConnector,
    pub account: Account,
    pub vault: Vault,
    pub http: Http,
    pub platform: PlatformConfig,
    pub base_url: String,
    /// How far the engine's clock is ahead of the machine's.
    pub ahead: SignedDuration,
}

impl Stage {
    pub fn new(connector: SharedConnector, base_url: &str, credentials: &[(&str, String)]) -> Self {
        let id = connector.descriptor().id;
        let vault = Vault::default();
        for (key, value) in credentials {
            vault.current.lock().unwrap().set(*key, value.as_str());
        }
        let shipped = Platforms::shipped().unwrap();
        let api_version = shipped.get(id).and_then(|platform| platform.api_version.clone());
        let platform = PlatformConfig {
            base_url: base_url.to_owned(),
            api_version,
            web_url: Some("https://web.example".to_owned()),
            ..PlatformConfig::default()
        };
        Self {
            account: account(id),
            connector,
            vault,
            http: Http::new().unwrap(),
            platform,
            base_url: base_url.to_owned(),
            ahead: SignedDuration::ZERO,
        }
    }

    pub fn publisher(&self) -> &dyn Publisher {
        self.connector.publisher().unwrap()
    }

    /// Who carries this content out: an answer to somebody has a publisher of its own.
    pub fn publisher_of(&self, content: &OutgoingPost) -> &dyn Publisher {
        match content.reply_to {
            None => self.publisher(),
            Some(_) => self.connector.conversation().unwrap().replies().unwrap(),
        }
    }

    /// Hides a comment, or shows it again.
    pub async fn set_hidden(&self, remote_id: &str, hidden: bool) -> Result<(), Failure> {
        let credentials = self.vault.current.lock().unwrap().clone();
        let conversation = self.connector.conversation().unwrap();
        conversation.set_hidden(&self.access(&credentials), remote_id, hidden).await
    }

    /// Reads what people say.
    pub async fn read(&self, request: &ReadRequest) -> Result<Heard, Failure> {
        let credentials = self.vault.current.lock().unwrap().clone();
        self.connector.conversation().unwrap().read(&self.access(&credentials), request).await
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::now() + self.ahead
    }

    pub async fn check(&self) -> Result<Identity, Failure> {
        let credentials = self.vault.current.lock().unwrap().clone();
        self.connector.check(&self.access(&credentials)).await
    }

    pub async fn revoke(&self) -> Result<Revocation, Failure> {
        let credentials = self.vault.current.lock().unwrap().clone();
        self.connector.revoke(&self.access(&credentials)).await
    }

    /// Where the owner takes the access back by hand.
    pub fn access_page(&self) -> Option<String> {
        let credentials = self.vault.current.lock().unwrap().clone();
        self.connector.access_page(&self.access(&credentials))
    }

    /// Connects as the engine does: check, then keep what it found.
    pub async fn connect(&mut self) {
        let identity = self.check().await.unwrap();
        self.account.remote_id = identity.remote_id;
        self.account.handle = identity.handle;
        self.account.facts = identity.facts;
        if let Some(server) = identity.server {
            self.account.server = Some(server.clone());
            self.base_url = server;
        }
        if let Some(credentials) = identity.credentials {
            *self.vault.current.lock().unwrap() = credentials;
        }
    }

    /// From now on the account lives on this server.
    pub fn move_to(&mut self, base_url: &str) {
        self.account.server = Some(base_url.to_owned());
        base_url.clone_into(&mut self.base_url);
    }

    pub fn access<'a>(&'a self, credentials: &'a Credentials) -> Access<'a> {
        Access {
            account: &self.account,
            credentials,
            vault: &self.vault,
            http: &self.http,
            media: &Pictures,
            base_url: &self.base_url,
            platform: &self.platform,
            now: self.now(),
        }
    }
}

fn account(platform: &str) -> Account {
    Account {
        id: "account-1".into(),
        platform: platform.to_owned(),
        label: String::new(),
        handle: String::new(),
        remote_id: String::new(),
        server: None,
        state: AccountState::Connected,
        is_default: true,
        practice: false,
        token_expiry: TokenExpiry::Unknown,
        permissions: Vec::new(),
        missing_permissions: Vec::new(),
        settings: AccountSettings { facebook_photo_host: true, ..AccountSettings::default() },
        facts: std::collections::BTreeMap::new(),
        credential_hint: String::new(),
        problem: None,
        last_check: None,
        created_at: Timestamp::now(),
        updated_at: Timestamp::now(),
    }
}

/// One delivery, with what the queue would keep of it.
pub struct Delivery {
    pub id: DeliveryId,
    pub content: OutgoingPost,
    pub marks: Value,
    pub mode: SendMode,
    pub created_at: Timestamp,
    pub first_sent_at: Option<Timestamp>,
    pub lookups: u32,
    pub remote_id: Option<String>,
    pub taken: Vec<String>,
}

impl Delivery {
    pub fn new(stage: &Stage, content: OutgoingPost) -> Self {
        Self {
            id: DeliveryId::new(),
            content,
            marks: Value::Null,
            mode: SendMode::Now,
            created_at: stage.now(),
            first_sent_at: None,
            lookups: 0,
            remote_id: None,
            taken: Vec::new(),
        }
    }

    pub fn job(&self) -> Job<'_> {
        Job {
            delivery_id: &self.id,
            content: &self.content,
            marks: &self.marks,
            mode: self.mode,
            created_at: self.created_at,
            first_sent_at: self.first_sent_at,
            lookups: self.lookups,
            remote_id: self.remote_id.as_deref(),
            taken: &self.taken,
        }
    }

    /// Calls `prepare` until it is ready, as the queue does, without its waiting times.
    pub async fn prepare(&mut self, stage: &Stage) -> Result<(), Failure> {
        for _ in 0..20 {
            let credentials = stage.vault.current.lock().unwrap().clone();
            match stage.publisher_of(&self.content).prepare(&stage.access(&credentials), &self.job()).await? {
                Prepared::Ready { marks } => {
                    self.marks = marks;
                    return Ok(());
                }
                Prepared::Wait { marks, after } => {
                    assert!(after < std::time::Duration::from_mins(10), "{after:?}");
                    self.marks = marks;
                }
            }
        }
        panic!("never ready");
    }

    pub async fn send(&mut self, stage: &Stage) -> Result<Sent, Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        self.first_sent_at.get_or_insert(stage.now());
        let sent = stage.publisher_of(&self.content).send(&stage.access(&credentials), &self.job()).await?;
        self.remote_id = Some(receipt(&sent).remote_id.clone());
        Ok(sent)
    }

    pub async fn reconcile(&self, stage: &Stage) -> Result<Finding, Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        stage.publisher_of(&self.content).reconcile(&stage.access(&credentials), &self.job()).await
    }

    /// As after a restore, by its words alone.
    pub async fn look_up(&self, stage: &Stage) -> Result<Finding, Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        stage.publisher_of(&self.content).look_up(&stage.access(&credentials), &self.job()).await
    }

    pub async fn verify(&self, stage: &Stage) -> Result<HandedOver, Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        stage.publisher_of(&self.content).verify(&stage.access(&credentials), &self.job()).await
    }

    pub async fn update(&self, stage: &Stage) -> Result<Sent, Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        stage.publisher_of(&self.content).update(&stage.access(&credentials), &self.job()).await
    }

    pub async fn delete(&self, stage: &Stage) -> Result<(), Failure> {
        let credentials = stage.vault.current.lock().unwrap().clone();
        stage.publisher_of(&self.content).delete(&stage.access(&credentials), &self.job()).await
    }

    /// Settles a doubt the way the queue does; returns what was published.
    pub async fn settle(&mut self, stage: &Stage) -> Sent {
        for _ in 0..12 {
            match self.reconcile(stage).await.unwrap() {
                Finding::Found { sent, others } => {
                    assert!(others.is_empty(), "twice: {others:?}");
                    self.remote_id = Some(receipt(&sent).remote_id.clone());
                    return sent;
                }
                Finding::Rebuild { marks } => {
                    self.marks = marks;
                    self.prepare(stage).await.unwrap();
                }
                Finding::NotFound if self.lookups < 2 => {
                    self.lookups += 1;
                    continue;
                }
                // After three look-ups the write is repeated.
                Finding::Repeat | Finding::NotFound => {}
                Finding::Pending { .. } => continue,
            }
            if let Ok(sent) = self.send(stage).await {
                return sent;
            }
        }
        panic!("the doubt was never settled");
    }
}

pub fn receipt(sent: &Sent) -> &Receipt {
    match sent {
        Sent::Published(receipt) | Sent::HandedOver(receipt) => receipt,
    }
}

/// A sandbox with one connected account of a platform.
pub struct Scene {
    pub sandbox: Sandbox,
    pub stage: Stage,
    pub fixture: &'static Fixture,
}

impl Scene {
    pub async fn open(fixture: &'static Fixture) -> Self {
        let mut scene = Self::before_connecting(fixture).await;
        scene.stage.connect().await;
        scene
    }

    pub async fn before_connecting(fixture: &'static Fixture) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let base = fixture.platform.address(sandbox.addresses()).to_owned();
        let connector = Registry::standard().get(fixture.id).unwrap().clone();
        let mut credentials = (fixture.credentials)();
        if connector
            .descriptor()
            .credential_fields
            .iter()
            .any(|field| field.key == "server" && field.required)
        {
            credentials.push(("server", base.clone()));
        }
        let stage = Stage::new(connector, &base, &credentials);
        Self { sandbox, stage, fixture }
    }

    /// The plainest post that the platform takes.
    pub fn post(&self, text: &str) -> Delivery {
        self.delivery(text, self.fixture.needs_picture)
    }

    pub fn delivery(&self, text: &str, with_picture: bool) -> Delivery {
        let images = with_picture.then(|| OutgoingImage {
            media_id: "a".repeat(64).as_str().into(),
            alt_text: "Une assiette d’huîtres".to_owned(),
            source_url: FETCHING.contains(&self.fixture.id).then(photo_address),
        });
        let content = OutgoingPost {
            text: text.to_owned(),
            images: images.into_iter().collect(),
            language: "fr".to_owned(),
            ..OutgoingPost::default()
        };
        Delivery::new(&self.stage, content)
    }

    pub async fn fault(&self, fault: FaultName) {
        self.sandbox.add_fault(self.fixture.platform, FaultRequest::new(fault)).await;
    }

    pub async fn play(&self, request: FaultRequest) {
        self.sandbox.add_fault(self.fixture.platform, request).await;
    }

    /// What the public sees.
    pub fn published(&self) -> Vec<PublishedObject> {
        let mut objects = self.sandbox.objects(self.fixture.platform);
        objects.retain(|object| object.state == ObjectState::Published);
        objects
    }
}
