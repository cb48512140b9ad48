//! Google Business Profile (local posts): kind E, recognised again by its words, its time and what was
//! there before. What Google looks over before it shows it is followed until it is public or refused.
//!
//! Updates, events and offers with one photo and one button. Google fetches the photo from a public
//! address. Reviews are in [`reviews`]; the gallery, menus and figures are not here.

mod client;
mod errors;
mod insights;
mod oauth;
mod reviews;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::json;

use self::{
    client::Client,
    wire::{EDITABLE, Listed, LocalPost, Marks, Profile, State, body, has_phone_number, usable_address},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, ContentProblem, Conversation, CountingRule,
    CredentialField, Descriptor, Failure, FailureClass, Finding, HandedOver, Identity, ImageLimits, Insights,
    Job, Kind, Limits, OauthLogin, Prepared, Publisher, Receipt, Revocation, SendMode, Sent, Severity,
    descriptor::{Connect, ConnectMethod},
    oauth::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
};
use crate::domain::{Account, OutgoingPost, PostOption, Problem, TokenExpiry, account::ServerFacts};

const LOCATION: &str = "location";
/// Between two looks at a post that Google looks over.
const MODERATION: Duration = Duration::from_mins(5);
/// Longer titles of events are cut or refused (from memory, so only a warning).
const SAFE_TITLE: usize = 58;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "google_business",
    name: "Google",
    kind: Kind::E,
    capabilities: Capabilities {
        publish: true,
        hand_over: true,
        edit: true,
        delete: true,
        metrics: true,
        conversations: true,
        messages: false,
    },
    // Reference 8.2 and 12.
    limits: Limits {
        max_text: 1500,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: Some(0),
        max_images: 1,
        max_alt_text: 0,
        image: ImageLimits {
            max_bytes: 5_000_000,
            max_width: 2048,
            max_height: 2048,
            min_width: 400,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: true,
        // The horizon is not published: five minutes to sixty days are known to work; one more for the way.
        hand_over_min_secs: Some(360),
        hand_over_max_secs: Some(60 * 24 * 3600),
    },
    credential_fields: &[
        CredentialField {
            key: CLIENT_ID,
            label: "Numéro de votre application Google",
            label_en: "Client ID of your Google application",
            help: "Sur console.cloud.google.com, « Identifiants » : « ID client » de type « Application de bureau ».",
            help_en: "On console.cloud.google.com, “Credentials”: a client ID of type “Desktop app”.",
            secret: false,
            required: true,
            example: "1234567890-abc.apps.googleusercontent.com",
        },
        CredentialField {
            key: CLIENT_SECRET,
            label: "Code secret de votre application Google",
            label_en: "Client secret of your Google application",
            help: "Affiché juste à côté de l’ID client.",
            help_en: "Shown right beside the client ID.",
            secret: true,
            required: true,
            example: "GOCSPX-…",
        },
        CredentialField {
            key: REFRESH_TOKEN,
            label: "Jeton d’actualisation",
            label_en: "Refresh token",
            help: "Inutile si vous vous connectez avec le navigateur.",
            help_en: "Not needed when you sign in with the browser.",
            secret: true,
            required: true,
            example: "1//0…",
        },
        CredentialField {
            key: LOCATION,
            label: "Nom ou numéro de la fiche",
            label_en: "Name or ID of the profile",
            help: "À remplir seulement si vous gérez plusieurs fiches d’établissement.",
            help_en: "Only needed when you manage several profiles.",
            secret: false,
            required: false,
            example: "Le Vieux Moulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Oauth, ConnectMethod::Token],
        steps: &[
            "Vérifiez que vous êtes propriétaire ou administrateur de la fiche du restaurant, et que Google l’a validée.",
            "Sur console.cloud.google.com, créez un projet, puis demandez l’accès à l’API Business Profile avec le formulaire de Google : la réponse vient en quelques jours, parfois quelques semaines.",
            "Une fois l’accès accordé, activez dans ce projet « Google My Business API », « My Business Account Management », « My Business Business Information » et, pour les résultats, « Business Profile Performance API ».",
            "Dans « Écran de consentement », passez l’application « En production » : sinon Google coupe l’accès tous les sept jours.",
            "Dans « Identifiants », créez un ID client de type « Application de bureau », et copiez ici son numéro et son code secret.",
            "Touchez « Se connecter avec le navigateur », choisissez le compte Google de la fiche, et autorisez.",
        ],
        steps_en: &[
            "Make sure that you own or manage the restaurant’s profile, and that Google has verified it.",
            "On console.cloud.google.com create a project, then request access to the Business Profile API with Google’s form: the answer takes days, sometimes weeks.",
            "Once access is granted, enable in this project “Google My Business API”, “My Business Account Management”, “My Business Business Information” and, for the results, “Business Profile Performance API”.",
            "Under “Consent screen” switch the application to “In production”: otherwise Google cuts the access every seven days.",
            "Under “Credentials” create a client ID of type “Desktop app”, and copy its ID and its secret here.",
            "Choose “Sign in with the browser”, pick the Google account of the profile, and allow.",
        ],
    },
    limitations: &[
        "Google regarde chaque publication avant de la montrer : cela prend de quelques secondes à quelques heures, et il peut refuser.",
        "Google ne donne pas de chiffres pour chaque publication, seulement pour la fiche.",
        "Une photo doit être à une adresse publique, par exemple sur votre site : Google ne prend pas les photos de cet ordinateur.",
        "Une seule photo par publication, sans description.",
        "Une adresse devient un bouton ; les mots-dièse ne servent à rien ici et sont laissés de côté.",
        "Un numéro de téléphone dans le texte fait souvent refuser la publication.",
    ],
    limitations_en: &[
        "Google looks at each post before it shows it: that takes seconds to hours, and it may refuse.",
        "Google gives no figures for single posts, only for the profile.",
        "Google takes a photo from a public address only: those of this computer go through your web site, to be named in Settings.",
        "One photo per post, without a description.",
        "An address becomes a button; hashtags are of no use here and are left out.",
        "A telephone number in the text often makes Google refuse the post.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct GoogleBusiness;

#[async_trait]
impl Connector for GoogleBusiness {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// Facts: `maps_uri`. Findings: `profile_unverified`, `publishing_ready`.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let profiles = Client::open(access).await?.profiles().await?;
        let listed = chosen(access, &profiles)?;
        let mut findings = Vec::new();
        let finding = |code: &str, severity| CheckFinding {
            code: code.to_owned(),
            severity,
            subject: Some(listed.handle()),
        };
        if listed.is_verified == Some(false) {
            findings.push(finding("profile_unverified", Severity::Error));
        } else {
            findings.push(finding("publishing_ready", Severity::Ok));
        }
        let mut facts = ServerFacts::new();
        if let Some(uri) = &listed.maps_uri {
            facts.insert("maps_uri".to_owned(), json!(uri));
        }
        Ok(Identity {
            remote_id: listed.profile.name(),
            handle: listed.handle(),
            label: listed.title.clone(),
            server: None,
            // Google never says when a refresh token ends.
            token_expiry: TokenExpiry::Unknown,
            permissions: vec!["business.manage".to_owned()],
            missing_permissions: Vec::new(),
            facts,
            // What was renewed on the way is in the vault already.
            credentials: None,
            findings,
        })
    }

    async fn revoke(&self, access: &Access<'_>) -> Result<Revocation, Failure> {
        oauth::revoke(access).await
    }

    fn access_page(&self, _access: &Access<'_>) -> Option<String> {
        Some("https://myaccount.google.com/connections".to_owned())
    }

    fn one_grant_for(&self) -> &'static [&'static str] {
        &["google_business"]
    }

    fn link_has_its_place(&self) -> bool {
        true
    }

    fn options(&self) -> &'static [PostOption] {
        &[PostOption::Button, PostOption::Event, PostOption::Offer]
    }

    fn oauth(&self) -> Option<&dyn OauthLogin> {
        Some(self)
    }

    fn conversation(&self) -> Option<&dyn Conversation> {
        Some(self)
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
}

/// The profile of an account that is known, else the one that was typed, else the only one.
fn chosen<'p>(access: &Access<'_>, profiles: &'p [Listed]) -> Result<&'p Listed, Failure> {
    let titles = || profiles.iter().map(Listed::handle).collect::<Vec<_>>().join(" · ");
    let refuse =
        |code: &str, words: String| Failure::new(FailureClass::Reauth, Problem::new(code).message(words));
    if !access.account.remote_id.is_empty() {
        let known = profiles.iter().find(|listed| listed.profile.name() == access.account.remote_id);
        return known.ok_or_else(|| refuse("profile_access_lost", titles()));
    }
    let typed = access.credentials.get(LOCATION).map(|text| text.expose_secret().trim().to_owned());
    let typed = typed.filter(|text| !text.is_empty());
    let fits = |listed: &&Listed| match &typed {
        None => true,
        Some(typed) => {
            typed.trim_start_matches("locations/") == listed.profile.location
                || typed.to_lowercase() == listed.title.to_lowercase()
                || typed.to_lowercase() == listed.handle().to_lowercase()
        }
    };
    let mut fitting = profiles.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) if profiles.is_empty() => Err(refuse("profile_missing", String::new())),
        _ => Err(refuse("profile_choice_needed", titles())),
    }
}

fn profile_of(access: &Access<'_>) -> Result<Profile, Failure> {
    Profile::parse(&access.account.remote_id).ok_or_else(|| Failure::content("remote_id_unusable"))
}

/// The post of a delivery.
fn own_post(access: &Access<'_>, job: &Job<'_>) -> Result<(Profile, String), Failure> {
    let profile = profile_of(access)?;
    let name = profile.own_post(job.remote_id.unwrap_or_default());
    name.map(|name| (profile, name)).ok_or_else(|| Failure::content("remote_id_unusable"))
}

fn receipt(post: &LocalPost) -> Receipt {
    Receipt { remote_id: post.name.clone(), permalink: post.search_url.clone(), leftovers: false }
}

/// Public is what is live; everything else is Google's to finish.
fn sent(post: &LocalPost) -> Sent {
    match post.state {
        State::Live => Sent::Published(receipt(post)),
        State::Scheduled | State::Processing | State::Rejected => Sent::HandedOver(receipt(post)),
    }
}

/// The address of the photo: its own, else the one that the owner's web site lent.
fn photo(post: &OutgoingPost, lent: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(image) = post.images.first() else { return Ok(None) };
    let address = usable_address(image.source_url.as_deref()).or(lent.map(ToOwned::to_owned));
    address.map(Some).ok_or_else(|| Failure::content("public_url_needed"))
}

/// Borrows an address for a photo that has none of its own.
async fn borrow_address(access: &Access<'_>, job: &Job<'_>) -> Result<Option<String>, Failure> {
    match job.content.images.first() {
        Some(image) if usable_address(image.source_url.as_deref()).is_none() => {
            let limits = DESCRIPTOR.limits.image;
            access.media.public_address(job.delivery_id, &image.media_id, &limits).await
        }
        _ => Ok(None),
    }
}

#[async_trait]
impl Publisher for GoogleBusiness {
    fn check_content(&self, post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        let problem = |code: &str, severity, values: &[(&str, usize)]| ContentProblem {
            code: code.to_owned(),
            severity,
            values: values
                .iter()
                .map(|(key, value)| ((*key).to_owned(), json!(value)))
                .collect::<BTreeMap<_, _>>(),
        };
        let mut problems = Vec::new();
        let address = match (&post.pending_media_url, post.images.first()) {
            (Some(url), _) => Some(Some(url.as_str())),
            (None, Some(image)) => Some(image.source_url.as_deref()),
            (None, None) => None,
        };
        if address.is_some_and(|address| usable_address(address).is_none()) {
            problems.push(problem("public_url_needed", Severity::Error, &[("picture", 1)]));
        }
        if has_phone_number(&post.text) {
            problems.push(problem("phone_number_in_text", Severity::Warning, &[]));
        }
        let title = post.options.event.as_ref().map_or(0, |event| event.title.chars().count());
        if title > SAFE_TITLE {
            let values = [("length", title), ("max_length", SAFE_TITLE)];
            problems.push(problem("event_title_long", Severity::Warning, &values));
        }
        problems
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let profile = profile_of(access)?;
        let mut marks = Marks::of(job);
        marks.lent = borrow_address(access, job).await?;
        photo(job.content, marks.lent.as_deref())?;
        let client = Client::open(access).await?;
        // After a first call, what is there may be its result.
        let listed = if job.first_sent_at.is_some() {
            client.profile(&profile).await.map_err(Failure::while_looking)?
        } else {
            let (listed, posts) = client.posts(&profile).await.map_err(Failure::while_looking)?;
            let alike = marks.alike(&posts).map(|post| post.name.clone()).collect();
            marks.before = alike;
            listed
        };
        if listed.is_verified == Some(false) {
            return Err(Failure::new(FailureClass::Blocked, Problem::new("profile_unverified")));
        }
        Ok(Prepared::Ready { marks: marks.write() })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let Some(marks) = Marks::read(job.marks) else {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        };
        let profile = profile_of(access)?;
        let photo = photo(job.content, marks.lent.as_deref())?;
        let body = body(job.content, job.mode, photo.as_deref());
        let post = Client::open(access).await?.create(&profile, &body).await?;
        match post.state {
            State::Rejected => Err(Failure::content("moderation_refused")),
            _ => Ok(sent(&post)),
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(first_sent_at) = job.first_sent_at else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        // A restored copy may be older than the notes of its call: the content says what to look for.
        let marks = Marks::read(job.marks).unwrap_or_else(|| Marks::of(job));
        let profile = profile_of(access)?;
        let client = Client::open(access).await?;
        let (_, posts) = client.posts(&profile).await.map_err(Failure::while_looking)?;
        let mut found = marks.results(&posts, first_sent_at, client.their_delay()).into_iter();
        Ok(match found.next() {
            Some(post) => Finding::Found { sent: sent(post), others: found.map(receipt).collect() },
            None => Finding::NotFound,
        })
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        let (profile, name) = own_post(access, job)?;
        let post = Client::open(access).await?.read(&profile, &name).await;
        Ok(match post.map_err(Failure::while_looking)? {
            None => HandedOver::Gone,
            Some(post) => match post.state {
                State::Live => HandedOver::Published(receipt(&post)),
                State::Scheduled => HandedOver::Scheduled { at: post.scheduled_at },
                State::Processing => HandedOver::Examined { after: MODERATION },
                State::Rejected => HandedOver::Refused(Problem::new("moderation_refused")),
            },
        })
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let (profile, name) = own_post(access, job)?;
        let marks = Marks::read(job.marks).unwrap_or_default();
        let another_time = matches!(job.mode, SendMode::At(at) if !marks.planned.contains(&at.as_second()));
        let photo = job.content.images.first().map(|image| image.media_id.as_str());
        if another_time || marks.photo.as_deref() != photo || marks.topic != wire::topic(job.content) {
            return Err(Failure::content("edit_needs_new_delivery"));
        }
        let body = body(job.content, SendMode::Now, None);
        let post = Client::open(access).await?.patch(&profile, &name, EDITABLE, &body).await?;
        let post = post.ok_or_else(|| Failure::content("object_gone"))?;
        match post.state {
            State::Rejected => Err(Failure::content("moderation_refused")),
            // A change of what is public is looked over too, while the post stays what it is.
            _ if job.mode == SendMode::Now => Ok(Sent::Published(receipt(&post))),
            _ => Ok(sent(&post)),
        }
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let (_, name) = own_post(access, job)?;
        Client::open(access).await?.delete(&name).await
    }
}
