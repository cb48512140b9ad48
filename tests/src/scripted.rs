//! A platform whose answers a test writes down beforehand.
//!
//! It keeps the objects that it accepted, as a real platform does, so that a test can count them. How it
//! can be asked afterwards follows its kind (A–E, H). It speaks no HTTP except where a test wants a `Date`
//! header: what a wire format does wrong is the sandbox's business.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::Notify;
use vieux_moulin_engine::{
    connectors::{
        Access, Capabilities, Connector, Conversation, CountingRule, CredentialField, Descriptor, Failure,
        FailureClass, Finding, HandedOver, Identity, ImageLimits, Insights, Job, Kind, Limits, Prepared,
        Publisher, Receipt, Revocation, SendMode, Sent,
        descriptor::{Connect, ConnectMethod},
        http::Deadline,
        insights::{AccountFigures, PostFigures, RefusedMetrics},
    },
    domain::{ConversationKind, Problem, RawFigures, figures::PublishedPost},
};

use crate::talking::Talk;

/// What a call can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    Check,
    Revoke,
    Prepare,
    Send,
    Reconcile,
    LookUp,
    Verify,
    Update,
    Delete,
    PostFigures,
    AccountFigures,
}

/// What the platform does with a call.
#[derive(Clone, Debug)]
pub enum Act {
    /// What a well-behaved platform of its kind does.
    Honest,
    /// Refuses; nothing happens.
    Fail(Failure),
    /// Does it, and answers with this failure all the same.
    DoThenFail(Failure),
    /// The connector panics.
    Panic,
    /// Answers only after [`World::release`].
    Hang,
    /// The lists do not show it.
    NotFound,
    /// What was prepared is void.
    Void,
    /// Still working on it.
    Pending(Duration),
    /// It no longer knows what was handed over.
    Gone,
    /// Says that it still waits, whatever the time.
    StillScheduled,
    /// Looks over what it was given before it shows it.
    Examines(Duration),
    /// Looked it over and does not show it.
    Refuses,
}

impl Act {
    /// A failure of this class, with a code that the screens never see.
    pub fn fail(class: FailureClass) -> Self {
        Self::Fail(failure(class))
    }

    /// A failure that names its waiting time.
    pub fn fail_after(class: FailureClass, secs: u64) -> Self {
        Self::Fail(failure(class).after(Some(Duration::from_secs(secs))))
    }

    /// Published, but the answer was lost.
    pub fn accepted_unheard() -> Self {
        Self::DoThenFail(failure(FailureClass::Unknown))
    }
}

/// A failure as a connector would make it.
pub fn failure(class: FailureClass) -> Failure {
    let code = match class {
        FailureClass::NotSent => "platform_unreachable",
        FailureClass::Retry => "platform_unavailable",
        FailureClass::Quota => "quota_reached",
        FailureClass::Reauth => "token_expired",
        FailureClass::Blocked => "account_blocked",
        FailureClass::Content => "content_refused_by_platform",
        FailureClass::Duplicate => "duplicate_refused",
        FailureClass::Unknown => "connection_lost",
    };
    Failure::new(class, Problem::new(code))
}

/// Something that the platform accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    pub id: String,
    pub account: String,
    pub text: String,
    /// What it recognises a repetition by.
    pub key: String,
    pub at: Timestamp,
    /// Its own scheduler publishes it then.
    pub scheduled: Option<Timestamp>,
    pub removed: bool,
}

/// One call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub op: Op,
    pub at: Timestamp,
    pub account: String,
    pub text: String,
}

#[derive(Default)]
struct Inner {
    objects: Vec<Object>,
    calls: Vec<Call>,
    once: HashMap<Op, VecDeque<Act>>,
    always: HashMap<Op, Act>,
    /// Where a test of the connection arrives.
    server: String,
    /// What is published leaves something behind.
    leaves_leftovers: bool,
    /// Asked at every call when set, for its `Date` header.
    clock_server: Option<String>,
    /// It tells figures.
    tells_figures: bool,
    /// Calls that [`Act::Hang`] holds now.
    held: usize,
}

/// One scripted platform.
pub struct World {
    descriptor: &'static Descriptor,
    inner: Mutex<Inner>,
    /// What people say there.
    pub talk: Talk,
    /// Frees the calls that [`Act::Hang`] holds.
    pub release: Notify,
}

impl World {
    /// `server` accepts connections: the engine looks there after a sleep.
    pub fn new(id: &'static str, kind: Kind, hands_over: bool, server: &str) -> Arc<Self> {
        Self::talking(id, kind, hands_over, server, &[])
    }

    /// [`World::new`] with people who say something of these kinds.
    pub fn talking(
        id: &'static str,
        kind: Kind,
        hands_over: bool,
        server: &str,
        kinds: &'static [ConversationKind],
    ) -> Arc<Self> {
        Arc::new(Self {
            talk: Talk::about(kinds),
            descriptor: Box::leak(Box::new(descriptor(id, kind, hands_over))),
            inner: Mutex::new(Inner { server: server.to_owned(), ..Inner::default() }),
            release: Notify::new(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Platform id.
    pub fn id(&self) -> &'static str {
        self.descriptor.id
    }

    /// The next calls of `op` go like this, then honestly again.
    pub fn next(&self, op: Op, acts: impl IntoIterator<Item = Act>) {
        self.inner().once.entry(op).or_default().extend(acts);
    }

    /// Every call of `op` goes like this until told otherwise.
    pub fn always(&self, op: Op, act: Act) {
        self.inner().always.insert(op, act);
    }

    /// From now on something of the preparation stays at the platform until it is looked at again.
    pub fn leave_leftovers(&self) {
        self.inner().leaves_leftovers = true;
    }

    /// From now on it tells figures: how often each post was asked about.
    pub fn tell_figures(&self) {
        self.inner().tells_figures = true;
    }

    /// Every call reads the clock of this server, as real calls do.
    pub fn ask_clock_of(&self, server: &str) {
        self.inner().clock_server = Some(server.to_owned());
    }

    /// Accounts connected from now on live on this server.
    pub fn live_on(&self, server: &str) {
        server.clone_into(&mut self.inner().server);
    }

    /// Calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.inner().calls.clone()
    }

    /// Calls of one kind for one text.
    pub fn calls_of(&self, op: Op, text: &str) -> Vec<Timestamp> {
        self.inner().calls.iter().filter(|c| c.op == op && c.text == text).map(|c| c.at).collect()
    }

    /// Whether a call is held by [`Act::Hang`].
    pub fn holds_a_call(&self) -> bool {
        self.inner().held > 0
    }

    /// Everything that was accepted, removed ones included.
    pub fn objects(&self) -> Vec<Object> {
        self.inner().objects.clone()
    }

    /// How many objects with this text people see (or will see).
    pub fn count(&self, text: &str) -> usize {
        self.inner().objects.iter().filter(|object| object.text == text && !object.removed).count()
    }

    async fn begin(&self, op: Op, access: &Access<'_>, text: &str) -> Act {
        let (act, clock) = {
            let mut inner = self.inner();
            inner.calls.push(Call {
                op,
                at: access.now,
                account: access.account.remote_id.clone(),
                text: text.to_owned(),
            });
            let once = inner.once.get_mut(&op).and_then(VecDeque::pop_front);
            let act = once.or_else(|| inner.always.get(&op).cloned()).unwrap_or(Act::Honest);
            (act, inner.clock_server.clone())
        };
        if let Some(server) = clock {
            let request = access.http.client().get(server);
            let _ = access.http.call(request, Deadline::CALL).await;
        }
        match act {
            Act::Panic => panic!("scripted panic"),
            Act::Hang => {
                let _held = Held::new(self);
                self.release.notified().await;
                Act::Honest
            }
            act => act,
        }
    }

    /// Accepts a post the way its kind does. Errors: kind D refuses what it has.
    fn accept(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let kind = self.descriptor.kind;
        let mut inner = self.inner();
        let key = match kind {
            Kind::A | Kind::B | Kind::C => job.marks["key"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let scheduled = match job.mode {
            SendMode::Now => None,
            SendMode::At(at) => Some(at),
        };
        let known = inner
            .objects
            .iter()
            .find(|object| match kind {
                Kind::A | Kind::C => object.key == key,
                Kind::B => object.key == key && access.now.duration_since(object.at) < KEY_LIFE,
                Kind::D => object.text == job.content.text && !object.removed,
                _ => false,
            })
            .cloned();
        if let Some(known) = known {
            return match kind {
                Kind::D => Err(failure(FailureClass::Duplicate)),
                _ => Ok(sent(&known, access.now)),
            };
        }
        let object = Object {
            id: format!("{}-{}", self.descriptor.id, inner.objects.len() + 1),
            account: access.account.remote_id.clone(),
            text: job.content.text.clone(),
            key,
            at: access.now,
            scheduled,
            removed: false,
        };
        inner.objects.push(object.clone());
        Ok(sent(&object, access.now))
    }

    fn look(&self, access: &Access<'_>, job: &Job<'_>) -> Finding {
        let kind = self.descriptor.kind;
        let since = job.first_sent_at.unwrap_or(job.created_at);
        let repeatable = match kind {
            Kind::A => true,
            Kind::B => access.now.duration_since(since) < SignedDuration::from_mins(54),
            _ => false,
        };
        if repeatable {
            return Finding::Repeat;
        }
        let otherwise = if kind == Kind::C { Finding::Repeat } else { Finding::NotFound };
        self.among_posts(access, job).unwrap_or(otherwise)
    }

    /// What has these words and is not older than the call.
    fn among_posts(&self, access: &Access<'_>, job: &Job<'_>) -> Option<Finding> {
        let since = job.first_sent_at.unwrap_or(job.created_at);
        let inner = self.inner();
        let mut found = inner.objects.iter().filter(|object| {
            !object.removed
                && object.account == access.account.remote_id
                && object.text == job.content.text
                && object.at >= since - SignedDuration::from_mins(2)
        });
        let oldest = found.next()?;
        Some(Finding::Found { sent: sent(oldest, access.now), others: found.map(receipt).collect() })
    }

    fn with_object<T>(&self, job: &Job<'_>, change: impl FnOnce(&mut Object) -> T) -> Option<T> {
        let id = job.remote_id?;
        self.inner().objects.iter_mut().find(|object| object.id == id && !object.removed).map(change)
    }
}

/// One held call, until it is released or given up.
struct Held<'a>(&'a World);

impl<'a> Held<'a> {
    fn new(world: &'a World) -> Self {
        world.inner().held += 1;
        Self(world)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.inner().held -= 1;
    }
}

/// Life of a server key.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(1);

fn receipt(object: &Object) -> Receipt {
    Receipt {
        remote_id: object.id.clone(),
        permalink: Some(format!("https://scripted.example/{}", object.id)),
        leftovers: false,
    }
}

fn sent(object: &Object, now: Timestamp) -> Sent {
    match object.scheduled {
        Some(at) if at > now => Sent::HandedOver(receipt(object)),
        _ => Sent::Published(receipt(object)),
    }
}

/// The connector of a [`World`].
pub struct Scripted(pub Arc<World>);

#[async_trait]
impl Connector for Scripted {
    fn descriptor(&self) -> &'static Descriptor {
        self.0.descriptor
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        if let Act::Fail(failure) = self.0.begin(Op::Check, access, "").await {
            return Err(failure);
        }
        let name = access.credentials.get("token").map(|token| token.expose_secret().to_owned());
        let name = name.unwrap_or_default();
        Ok(Identity {
            remote_id: name.clone(),
            handle: name.clone(),
            label: name,
            server: Some(self.0.inner().server.clone()),
            ..Identity::default()
        })
    }

    async fn revoke(&self, access: &Access<'_>) -> Result<Revocation, Failure> {
        match self.0.begin(Op::Revoke, access, "").await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            Act::NotFound => Ok(Revocation::NotOffered),
            _ => Ok(Revocation::Revoked),
        }
    }

    fn access_page(&self, _access: &Access<'_>) -> Option<String> {
        Some("https://scripted.example/access".to_owned())
    }

    fn conversation(&self) -> Option<&dyn Conversation> {
        self.0.talk.is_open().then_some(self)
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        self.0.inner().tells_figures.then_some(self as &dyn Insights)
    }
}

#[async_trait]
impl Insights for Scripted {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let mut found = PostFigures::default();
        for post in posts {
            match self.0.begin(Op::PostFigures, access, &post.remote_id).await {
                Act::Fail(failure) => return Err(failure),
                Act::NotFound => continue,
                _ => {}
            }
            let asked = self.0.calls_of(Op::PostFigures, &post.remote_id).len();
            let mut figures = RawFigures::default();
            figures.set("likeCount", i64::try_from(asked).unwrap_or(0));
            found.by_remote_id.insert(post.remote_id.clone(), figures);
        }
        Ok(found)
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        if let Act::Fail(failure) = self.0.begin(Op::AccountFigures, access, "").await {
            return Err(failure);
        }
        let mut found = AccountFigures::default();
        found.now.set("followersCount", 7);
        Ok(found)
    }
}

#[async_trait]
impl Publisher for Scripted {
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let marks = match &job.marks {
            Value::Null => json!({ "key": uuid::Uuid::new_v4().to_string() }),
            marks => (*marks).clone(),
        };
        match self.0.begin(Op::Prepare, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            Act::Pending(after) => Ok(Prepared::Wait { marks, after }),
            _ => Ok(Prepared::Ready { marks }),
        }
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        match self.0.begin(Op::Send, access, &job.content.text).await {
            Act::Fail(failure) => Err(failure),
            Act::DoThenFail(failure) => self.0.accept(access, job).and(Err(failure)),
            _ => self.0.accept(access, job).map(|sent| match sent {
                Sent::Published(receipt) => {
                    Sent::Published(Receipt { leftovers: self.0.inner().leaves_leftovers, ..receipt })
                }
                handed_over @ Sent::HandedOver(_) => handed_over,
            }),
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        match self.0.begin(Op::Reconcile, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            Act::NotFound => Ok(Finding::NotFound),
            Act::Void => Ok(Finding::Rebuild { marks: Value::Null }),
            Act::Pending(after) => Ok(Finding::Pending { after }),
            _ => Ok(self.0.look(access, job)),
        }
    }

    async fn look_up(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        match self.0.begin(Op::LookUp, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            Act::NotFound => Ok(Finding::NotFound),
            _ => Ok(self.0.among_posts(access, job).unwrap_or(Finding::NotFound)),
        }
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        match self.0.begin(Op::Verify, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            Act::Gone => Ok(HandedOver::Gone),
            Act::StillScheduled => Ok(HandedOver::Scheduled { at: None }),
            Act::Examines(after) => Ok(HandedOver::Examined { after }),
            Act::Refuses => Ok(HandedOver::Refused(Problem::new("moderation_refused"))),
            _ => Ok(self
                .0
                .with_object(job, |object| match object.scheduled {
                    Some(at) if at > access.now => HandedOver::Scheduled { at: Some(at) },
                    _ => HandedOver::Published(receipt(object)),
                })
                .unwrap_or(HandedOver::Gone)),
        }
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        match self.0.begin(Op::Update, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            _ => self
                .0
                .with_object(job, |object| {
                    object.text.clone_from(&job.content.text);
                    if let SendMode::At(at) = job.mode {
                        object.scheduled = Some(at);
                    }
                    sent(object, access.now)
                })
                .ok_or_else(|| Failure::content("object_gone")),
        }
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        match self.0.begin(Op::Delete, access, &job.content.text).await {
            Act::Fail(failure) | Act::DoThenFail(failure) => Err(failure),
            _ => {
                self.0.with_object(job, |object| object.removed = true);
                Ok(())
            }
        }
    }
}

fn descriptor(id: &'static str, kind: Kind, hands_over: bool) -> Descriptor {
    Descriptor {
        id,
        name: id,
        kind,
        capabilities: Capabilities {
            publish: true,
            hand_over: hands_over,
            edit: true,
            delete: true,
            metrics: false,
            conversations: false,
            messages: false,
        },
        limits: Limits {
            max_text: 5000,
            counting_rule: CountingRule::CodePoints,
            max_text_bytes: None,
            max_hashtags: None,
            max_images: 4,
            max_alt_text: 1000,
            image: ImageLimits {
                max_bytes: 8_000_000,
                max_width: 4096,
                max_height: 4096,
                min_width: 0,
                min_ratio: None,
                max_ratio: None,
            },
            text_only_allowed: true,
            hand_over_min_secs: hands_over.then_some(20 * 60),
            hand_over_max_secs: hands_over.then_some(29 * 24 * 3600),
        },
        credential_fields: &[CredentialField {
            key: "token",
            label: "Nom",
            label_en: "Name",
            help: "",
            help_en: "",
            secret: true,
            required: true,
            example: "",
        }],
        connect: Connect { methods: &[ConnectMethod::Token], steps: &[], steps_en: &[] },
        limitations: &[],
        limitations_en: &[],
        own_server: true,
    }
}
