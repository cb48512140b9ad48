//! Threads: kind C, a container and its publication, like Instagram.
//!
//! Words, one photo and carousels. Films, replies and figures are not here. Threads fetches pictures from
//! a public address and has no place to put one: a picture of this computer borrows one from a Facebook
//! Page, when the owner gives its token; without it that is said before anything is planned.

mod client;
mod errors;
mod insights;
mod token;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use self::{
    client::{Client, PAGE_TOKEN},
    wire::usable_address,
};
use super::{
    Access, Capabilities, CheckFinding, Connector, ContentProblem, CountingRule, CredentialField,
    Credentials, Descriptor, Failure, FailureClass, Finding, HandedOver, Identity, ImageLimits, Insights,
    Job, Kind, Limits, Prepared, Publisher, SendMode, Sent, Severity,
    descriptor::{Connect, ConnectMethod},
    graph::{
        page_host::PAGE_ID,
        token::{Wanted, act_as_page, expiry_finding, finding},
    },
    oauth::ACCESS_TOKEN,
};
use crate::domain::{Account, OutgoingPost, account::ServerFacts};

/// Posts per 24 hours when the network does not say (social-platforms reference 3).
const QUOTA: u64 = 250;

/// Limits of social-platforms reference 3 and 12. Twenty pictures are allowed; other programs stay at
/// ten, and so do we.
static DESCRIPTOR: Descriptor = Descriptor {
    id: "threads",
    name: "Threads",
    kind: Kind::C,
    capabilities: Capabilities {
        publish: true,
        hand_over: false,
        edit: false,
        delete: true,
        metrics: true,
        conversations: false,
        messages: false,
    },
    limits: Limits {
        max_text: 500,
        counting_rule: CountingRule::Threads,
        max_text_bytes: None,
        max_hashtags: Some(1),
        max_images: 10,
        max_alt_text: 1000,
        image: ImageLimits {
            max_bytes: 8_000_000,
            max_width: 1440,
            max_height: 14_400,
            min_width: 320,
            min_ratio: Some(0.1),
            max_ratio: Some(10.0),
        },
        text_only_allowed: true,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: ACCESS_TOKEN,
            label: "Jeton d’accès Threads",
            label_en: "Threads access token",
            help: "La longue suite de lettres que le tableau de bord Meta affiche pour votre compte Threads. Elle vaut 60 jours ; l’application la renouvelle toute seule.",
            help_en: "The long row of letters that the Meta dashboard shows for your Threads account. It is good for 60 days; the application renews it by itself.",
            secret: true,
            required: true,
            example: "THAA…",
        },
        CredentialField {
            key: PAGE_TOKEN,
            label: "Jeton de la Page Facebook",
            label_en: "Facebook Page token",
            help: "Facultatif, pour publier les photos de cet ordinateur : Threads ne prend une photo qu’à une adresse publique, et elle passe alors, sans être montrée, par votre Page. Le même jeton que pour Facebook.",
            help_en: "Optional, to publish photos from this computer: Threads only takes a photo from a public address, and it then goes, unseen, through your Page. The same token as for Facebook.",
            secret: true,
            required: false,
            example: "EAAB…",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur developers.facebook.com, ouvrez votre application, ou créez-en une, et ajoutez-lui l’usage « Accéder à l’API Threads ».",
            "Dans « Rôles de l’application », ajoutez le compte Threads du restaurant comme testeur Threads.",
            "Sur threads.com, dans Paramètres, « Autorisations de sites web », acceptez l’invitation.",
            "De retour sur developers.facebook.com, dans les réglages de l’usage Threads, trouvez le générateur de jetons et générez le jeton de ce compte, avec threads_basic, threads_content_publish, threads_delete et, pour les résultats, threads_manage_insights.",
            "Copiez le jeton affiché et collez-le ici.",
        ],
        steps_en: &[
            "On developers.facebook.com open your app, or create one, and add the use case “Access the Threads API”.",
            "Under “App roles”, add the restaurant’s Threads account as a Threads tester.",
            "On threads.com, in Settings, “Website permissions”, accept the invitation.",
            "Back on developers.facebook.com, in the settings of the Threads use case, find the user token generator and generate the token of this account, with threads_basic, threads_content_publish, threads_delete and, for the results, threads_manage_insights.",
            "Copy the token that is shown and paste it here.",
        ],
    },
    limitations: &[
        "Threads n’a pas de programmation : cet ordinateur doit être allumé à l’heure prévue.",
        "Une photo doit être à une adresse publique ; une photo de cet ordinateur passe par la Page Facebook dont vous donnez le jeton.",
        "Cinq cents caractères au plus ; un emoji en vaut plusieurs.",
        "Un seul mot-dièse par publication : il devient le sujet, sans son dièse.",
        "Le texte d’une publication envoyée ne peut plus être modifié.",
        "Les vidéos et les réponses ne sont pas encore prises en charge.",
    ],
    limitations_en: &[
        "Threads has no scheduling: this computer must be on at the planned time.",
        "A photo must be at a public address; a photo from this computer goes through the Facebook Page whose token you give.",
        "Five hundred characters at most; an emoji counts as several.",
        "One hashtag per post: it becomes the topic, without its sign.",
        "The text of a post that has left cannot be changed any more.",
        "Videos and replies are not supported yet.",
    ],
    own_server: false,
};

/// The connector; it has no state.
#[derive(Debug, Default)]
pub struct Threads;

#[async_trait]
impl Connector for Threads {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// Facts: `quota_total`, `quota_usage`, and `page_id` when a Page lends its addresses. Renews the token
    /// when it is time.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let token = token::renewed(access).await?;
        let profile = client::profile(access, &token.secret).await?;
        let quota = client::quota(access, &token.secret, &profile.id).await?;

        let mut findings = vec![expiry_finding(token.expiry, access.now)];
        let mut missing_permissions = Vec::new();
        if quota.is_refused {
            missing_permissions.push("threads_content_publish".to_owned());
            findings.push(finding("cannot_publish", Severity::Error, Some("threads_content_publish")));
        }
        let mut facts = quota.facts;
        findings.extend(quota_finding(&facts));
        let credentials = match client::page(access) {
            Some(given) => lend_page(access, &given, &mut facts, &mut findings).await?,
            None => None,
        };
        if findings.iter().all(|one| one.severity == Severity::Ok) {
            findings.push(finding("publishing_ready", Severity::Ok, Some(&profile.username)));
        }
        Ok(Identity {
            remote_id: profile.id.as_str().to_owned(),
            label: profile.name.unwrap_or_else(|| profile.username.clone()),
            handle: profile.username,
            token_expiry: token.expiry,
            missing_permissions,
            facts,
            credentials,
            findings,
            ..Identity::default()
        })
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
}

/// Finds the Page behind the given token. Returns credentials to keep when another token acts as the Page.
///
/// What Facebook refuses or cannot say is a finding: the Threads account is connected all the same.
async fn lend_page(
    access: &Access<'_>,
    given: &SecretString,
    facts: &mut ServerFacts,
    findings: &mut Vec<CheckFinding>,
) -> Result<Option<Credentials>, Failure> {
    let wanted = Wanted { by_instagram: false, explicit: None, known: None };
    let page = match act_as_page(&client::page_graph(access, given), wanted).await {
        Ok(page) => page,
        Err(failure) => {
            // A Page that was known and cannot be asked now is still there.
            if let (Some(known), true) = (access.account.facts.get(PAGE_ID), could_not_ask(&failure)) {
                facts.insert(PAGE_ID.to_owned(), known.clone());
            }
            findings.push(finding("cannot_host_photos", Severity::Warning, None));
            return Ok(None);
        }
    };
    facts.insert(PAGE_ID.to_owned(), page.id.as_str().into());
    if !page.derived {
        return Ok(None);
    }
    // The access token may have been renewed a moment ago.
    let (_lock, mut credentials) = access.vault.lock_and_reload().await?;
    credentials.set(PAGE_TOKEN, page.token.expose_secret());
    Ok(Some(credentials))
}

fn could_not_ask(failure: &Failure) -> bool {
    matches!(failure.class, FailureClass::NotSent | FailureClass::Retry | FailureClass::Quota)
}

/// Warns when nine tenths of the day's posts are used.
fn quota_finding(facts: &ServerFacts) -> Option<CheckFinding> {
    let number = |key: &str| facts.get(key).and_then(Value::as_u64);
    let (usage, total) = (number("quota_usage")?, number("quota_total").unwrap_or(QUOTA));
    (usage * 10 >= total * 9)
        .then(|| finding("quota_nearly_used", Severity::Warning, Some(&format!("{usage}/{total}"))))
}

#[async_trait]
impl Publisher for Threads {
    fn check_content(&self, post: &OutgoingPost, account: &Account) -> Vec<ContentProblem> {
        if account.facts.contains_key(PAGE_ID) {
            return Vec::new();
        }
        let addresses: Vec<Option<&str>> = match &post.pending_media_url {
            Some(url) => vec![Some(url.as_str())],
            None => post.images.iter().map(|image| image.source_url.as_deref()).collect(),
        };
        let unreachable = addresses.iter().position(|address| usable_address(*address).is_none());
        unreachable
            .map(|index| ContentProblem {
                code: "photo_address_needed".to_owned(),
                severity: Severity::Error,
                values: BTreeMap::from([("picture".to_owned(), Value::from(index + 1))]),
            })
            .into_iter()
            .collect()
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        if matches!(job.mode, SendMode::At(_)) {
            return Err(Failure::content("not_supported"));
        }
        // Only in front of the first step: a carousel has many.
        let token = if job.marks.is_null() { token::renewed(access).await? } else { token::stored(access)? };
        Client::new(access, &token.secret)?.prepare(job).await
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        Client::of(access)?.send(job).await
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        Client::of(access)?.reconcile(job).await.map_err(Failure::while_looking)
    }

    async fn look_up(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        Client::of(access)?.look_up(job).await.map_err(Failure::while_looking)
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        Client::of(access)?.verify(job).await.map_err(Failure::while_looking)
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        Client::of(access)?.delete(job).await
    }
}
