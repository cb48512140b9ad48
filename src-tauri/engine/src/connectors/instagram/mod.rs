//! Instagram professional accounts by the Facebook route: kind C, a container and its publication.
//!
//! One photo and carousels. Reels, stories and comments are not here. Instagram fetches pictures from
//! a public address; the owner's web site as such an address is not here either.

mod client;
pub mod errors;
mod insights;
pub mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use crate::{
    connectors::{
        Access, Capabilities, Connector, ContentProblem, CountingRule, CredentialField, Descriptor, Failure,
        Finding, HandedOver, Identity, ImageLimits, Insights, Job, Kind, Limits, Prepared, Publisher,
        Revocation, SendMode, Sent, Severity,
        descriptor::{Connect, ConnectMethod},
        graph::{
            Graph,
            token::{
                ACCESS_PAGE, Need, ONE_GRANT, Wanted, act_as_page, compare_permissions, credential, finding,
                revoke, token_findings, typed_id,
            },
            wire::{GraphId, items, text_of},
        },
    },
    domain::{Account, OutgoingPost, Problem, account::ServerFacts},
};
use client::Client;
use wire::usable_address;

/// Limits of social-platforms reference 2.3 and 12. The way captions are counted is not documented:
/// above [`SAFE_TEXT`] the owner is warned.
pub static DESCRIPTOR: Descriptor = Descriptor {
    id: "instagram",
    name: "Instagram",
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
        max_text: 2200,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: Some(5),
        max_images: 10,
        max_alt_text: 1000,
        image: ImageLimits {
            max_bytes: 8_000_000,
            max_width: 1440,
            max_height: 1800,
            min_width: 320,
            min_ratio: Some(0.8),
            max_ratio: Some(1.91),
        },
        text_only_allowed: false,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: "page_token",
            label: "Jeton d’accès de la Page Facebook liée",
            label_en: "Access token of the linked Facebook Page",
            help: "Le même jeton que pour Facebook. Le compte Instagram lié à la Page est trouvé tout seul.",
            help_en: "The same token as for Facebook. The Instagram account linked to the Page is found by itself.",
            secret: true,
            required: true,
            example: "EAAB…",
        },
        CredentialField {
            key: "instagram_id",
            label: "Numéro du compte Instagram",
            label_en: "Instagram account ID",
            help: "À remplir seulement si le jeton ouvre plusieurs comptes Instagram. Il est indiqué dans les paramètres de l’entreprise, sous « Comptes Instagram ».",
            help_en: "Only needed when the token opens several Instagram accounts. It is shown in the business settings under “Instagram accounts”.",
            secret: false,
            required: false,
            example: "17841400000000001",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Dans l’application Instagram, passez le compte du restaurant en compte professionnel (Paramètres, « Type de compte et outils »).",
            "Liez ce compte à la Page Facebook du restaurant : sur la Page, Paramètres, « Comptes liés », Instagram.",
            "Sur business.facebook.com, attribuez aussi le compte Instagram à l’utilisateur système qui sert pour Facebook.",
            "Générez un jeton en cochant, en plus de ceux de Facebook, instagram_basic, instagram_content_publish et, pour les résultats, instagram_manage_insights.",
            "Copiez le jeton affiché et collez-le ici.",
            "Pour publier des photos prises sur cet ordinateur, autorisez ensuite l’application à les déposer, sans les montrer, sur votre Page Facebook : Instagram ne sait prendre une photo qu’à une adresse publique.",
        ],
        steps_en: &[
            "In the Instagram app, switch the restaurant’s account to a professional account (Settings, “Account type and tools”).",
            "Link this account to the restaurant’s Facebook Page: on the Page, Settings, “Linked accounts”, Instagram.",
            "On business.facebook.com, also assign the Instagram account to the system user that serves for Facebook.",
            "Generate a token, ticking instagram_basic, instagram_content_publish and, for the results, instagram_manage_insights in addition to those for Facebook.",
            "Copy the token that is shown and paste it here.",
            "To publish photos from this computer, then allow the application to place them, unseen, on your Facebook Page: Instagram can only take a photo from a public address.",
        ],
    },
    limitations: &[
        "Instagram ne publie pas de texte sans photo.",
        "Instagram n’a pas de programmation : cet ordinateur doit être allumé à l’heure prévue.",
        "Une photo doit être à une adresse publique ; une photo de cet ordinateur passe par la Page Facebook liée, si vous l’autorisez.",
        "Les adresses écrites dans la légende ne sont pas cliquables.",
        "La légende d’une publication envoyée ne peut plus être modifiée.",
        "Cinq mots-dièse au plus, et une cinquantaine de publications par 24 heures.",
        "Toutes les photos d’un carrousel sont cadrées comme la première.",
        "Les vidéos, reels et stories ne sont pas encore pris en charge.",
    ],
    limitations_en: &[
        "Instagram does not publish text without a photo.",
        "Instagram has no scheduling: this computer must be on at the planned time.",
        "A photo must be at a public address; a photo from this computer goes through the linked Facebook Page if you allow it.",
        "Addresses written in the caption cannot be clicked.",
        "The caption of a post that has left cannot be changed any more.",
        "Five hashtags at most, and about fifty posts per 24 hours.",
        "All photos of a carousel are cropped like the first one.",
        "Videos, reels and stories are not supported yet.",
    ],
    own_server: false,
};

/// Above this number of characters Instagram might count more than we do.
const SAFE_TEXT: usize = 2150;
const MAX_TEXT: usize = 2200;
const MAX_MENTIONS: usize = 20;

const NEEDS: &[Need] = &[
    Need { permission: "instagram_content_publish", lost: "cannot_publish", severity: Severity::Error },
    Need { permission: "instagram_basic", lost: "cannot_read_posts", severity: Severity::Error },
    Need { permission: "pages_read_engagement", lost: "cannot_read_page", severity: Severity::Warning },
    Need { permission: "pages_show_list", lost: "cannot_list_pages", severity: Severity::Warning },
];
/// Only needed when the linked Page lends its address to local photos.
const PHOTO_HOST_NEEDS: &[Need] =
    &[Need { permission: "pages_manage_posts", lost: "cannot_host_photos", severity: Severity::Error }];

/// The connector; it has no state.
pub struct Instagram;

#[async_trait]
impl Connector for Instagram {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// Facts: `page_id`, `page_name`, `app_id`, `quota_total`, `quota_usage`. Findings: those of
    /// Facebook, `cannot_read_page`, `cannot_host_photos`, `quota_nearly_used`.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let explicit = typed_id(access, "instagram_id")?;
        let known = GraphId::parse(&access.account.remote_id);
        let graph = Graph::new(access, credential(access)?, errors::table);
        let wanted = Wanted { by_instagram: true, explicit: explicit.as_ref(), known: known.as_ref() };
        let page = act_as_page(&graph, wanted).await?;
        let reauth = |code: &str, words: &str| {
            Failure::new(crate::connectors::FailureClass::Reauth, Problem::new(code).message(words))
        };
        let id = page.instagram.clone().ok_or_else(|| reauth("instagram_not_linked", &page.name))?;
        if explicit.as_ref().is_some_and(|expected| *expected != id) {
            return Err(reauth("instagram_id_mismatch", id.as_str()));
        }

        let graph = graph.with_token(&page.token);
        let account = graph.get(&format!("/{id}"), &[("fields", "id,username,name")]).await?;
        let username = text_of(&account, "username").unwrap_or(id.as_str()).to_owned();
        let quota = graph
            .peek(&format!("/{id}/content_publishing_limit"), &[("fields", "quota_usage,config")])
            .await
            .and_then(|body| items(&body).first().cloned());

        let (permissions, mut missing_permissions, mut findings) =
            compare_permissions(page.details.as_ref(), &page.id, NEEDS);
        if access.account.settings.facebook_photo_host && !permissions.is_empty() {
            let (_, missing, lost) = compare_permissions(page.details.as_ref(), &page.id, PHOTO_HOST_NEEDS);
            missing_permissions.extend(missing);
            findings.extend(lost);
        }
        findings.extend(token_findings(&page, access.now));
        let facts =
            facts(&page.id, &page.name, page.details.as_ref().and_then(|d| d.app_id.as_deref()), quota);
        findings.extend(quota_finding(&facts));
        if findings.iter().all(|one| one.severity == Severity::Ok) {
            findings.push(finding("publishing_ready", Severity::Ok, Some(&username)));
        }
        Ok(Identity {
            remote_id: id.as_str().to_owned(),
            label: text_of(&account, "name").unwrap_or(&username).to_owned(),
            handle: username,
            server: None,
            token_expiry: page.expiry(),
            permissions,
            missing_permissions,
            facts,
            credentials: page.credentials_to_keep(explicit.is_some()),
            findings,
        })
    }

    async fn revoke(&self, access: &Access<'_>) -> Result<Revocation, Failure> {
        revoke(&Graph::new(access, credential(access)?, errors::table)).await
    }

    fn access_page(&self, _access: &Access<'_>) -> Option<String> {
        Some(ACCESS_PAGE.to_owned())
    }

    fn one_grant_for(&self) -> &'static [&'static str] {
        ONE_GRANT
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
}

fn facts(page: &GraphId, page_name: &str, app_id: Option<&str>, quota: Option<Value>) -> ServerFacts {
    let mut facts = ServerFacts::new();
    facts.insert("page_id".to_owned(), page.as_str().into());
    facts.insert("page_name".to_owned(), page_name.into());
    if let Some(app_id) = app_id {
        facts.insert("app_id".to_owned(), app_id.into());
    }
    if let Some(quota) = quota {
        let numbers = [
            ("quota_usage", quota.get("quota_usage")),
            ("quota_total", quota.pointer("/config/quota_total")),
        ];
        for (key, value) in numbers {
            if let Some(number) = value.and_then(Value::as_u64) {
                facts.insert(key.to_owned(), number.into());
            }
        }
    }
    facts
}

/// Warns when nine tenths of the day's posts are used.
fn quota_finding(facts: &ServerFacts) -> Option<crate::connectors::CheckFinding> {
    let number = |key: &str| facts.get(key).and_then(Value::as_u64);
    let (usage, total) = (number("quota_usage")?, number("quota_total").unwrap_or(50));
    (usage * 10 >= total * 9)
        .then(|| finding("quota_nearly_used", Severity::Warning, Some(&format!("{usage}/{total}"))))
}

#[async_trait]
impl Publisher for Instagram {
    fn check_content(&self, post: &OutgoingPost, account: &Account) -> Vec<ContentProblem> {
        let problem = |code: &str, severity, values: &[(&str, usize)]| ContentProblem {
            code: code.to_owned(),
            severity,
            values: values
                .iter()
                .map(|(key, value)| ((*key).to_owned(), Value::from(*value)))
                .collect::<BTreeMap<_, _>>(),
        };
        let mut problems = Vec::new();
        let addresses: Vec<Option<&str>> = match &post.pending_media_url {
            Some(url) => vec![Some(url.as_str())],
            None => post.images.iter().map(|image| image.source_url.as_deref()).collect(),
        };
        if addresses.is_empty() {
            problems.push(problem("text_only_not_allowed", Severity::Error, &[]));
        }
        if !account.settings.facebook_photo_host
            && let Some(index) = addresses.iter().position(|address| usable_address(*address).is_none())
        {
            problems.push(problem("public_url_needed", Severity::Error, &[("picture", index + 1)]));
        }
        let length = post.text.chars().count();
        if length > SAFE_TEXT && length <= MAX_TEXT {
            let values = [("length", length), ("max_length", MAX_TEXT)];
            problems.push(problem("caption_near_limit", Severity::Warning, &values));
        }
        let mentions =
            post.text.split('@').skip(1).filter(|rest| rest.starts_with(char::is_alphanumeric)).count();
        if mentions > MAX_MENTIONS {
            let values = [("count", mentions), ("max", MAX_MENTIONS)];
            problems.push(problem("too_many_mentions", Severity::Error, &values));
        }
        problems
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        if matches!(job.mode, SendMode::At(_)) {
            return Err(Failure::content("not_supported"));
        }
        Client::new(access)?.prepare(job).await
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        Client::new(access)?.send(job).await
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        Client::new(access)?.reconcile(job).await.map_err(Failure::while_looking)
    }

    async fn look_up(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        Client::new(access)?.look_up(job).await.map_err(Failure::while_looking)
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        Client::new(access)?.verify(job).await.map_err(Failure::while_looking)
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        Client::new(access)?.delete(job).await
    }
}
