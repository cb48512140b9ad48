//! Facebook Pages (Graph API): kind E, recognised again by its words, its time and its photos.
//!
//! Text, link, one photo and several photos, at once or through Facebook's own scheduler. Comments are
//! in [`comments`]; videos and stories are not here.

mod client;
mod comments;
pub mod errors;
mod insights;
mod matching;
pub mod wire;

use async_trait::async_trait;

use crate::{
    connectors::{
        Access, Capabilities, Connector, ContentProblem, Conversation, CountingRule, CredentialField,
        Descriptor, Failure, Finding, HandedOver, Identity, ImageLimits, Insights, Job, Kind, Limits,
        Prepared, Publisher, Revocation, Sent, Severity,
        descriptor::{Connect, ConnectMethod},
        graph::{
            Graph,
            token::{
                ACCESS_PAGE, Need, ONE_GRANT, Wanted, act_as_page, compare_permissions, credential, finding,
                revoke, token_findings, typed_id,
            },
            wire::GraphId,
        },
    },
    domain::{Account, OutgoingPost, fingerprint::fingerprint},
};
use client::Client;

/// Limits of social-platforms reference 1.3, 1.6 and 12.
pub static DESCRIPTOR: Descriptor = Descriptor {
    id: "facebook",
    name: "Facebook",
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
    limits: Limits {
        max_text: 63_206,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 10,
        max_alt_text: 1000,
        image: ImageLimits {
            max_bytes: 4_000_000,
            max_width: 2048,
            max_height: 2048,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: true,
        // Facebook takes 10 minutes to 30 days; the margins are for a slow connection and for Pages
        // with a shorter window.
        hand_over_min_secs: Some(20 * 60),
        hand_over_max_secs: Some(29 * 24 * 3600),
    },
    credential_fields: &[
        CredentialField {
            key: "page_token",
            label: "Jeton d’accès de la Page",
            label_en: "Page access token",
            help: "La longue suite de lettres et de chiffres que Meta affiche une seule fois. Un jeton d’utilisateur système convient aussi : l’application en tire elle-même celui de la Page.",
            help_en: "The long string of letters and digits that Meta shows only once. A system user token works too: the application derives the Page’s own token from it.",
            secret: true,
            required: true,
            example: "EAAB…",
        },
        CredentialField {
            key: "page_id",
            label: "Numéro de la Page",
            label_en: "Page ID",
            help: "À remplir seulement si le jeton ouvre plusieurs Pages. Vous le trouvez sur votre Page, sous « À propos », puis « Transparence de la Page ».",
            help_en: "Only needed when the token opens several Pages. You find it on your Page under “About”, then “Page transparency”.",
            secret: false,
            required: false,
            example: "100000000000001",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Ouvrez business.facebook.com avec le compte qui gère la Page du restaurant.",
            "Sur developers.facebook.com, créez une application de type « Business » à votre nom, puis passez-la en mode « En ligne » : sans cela, vos clients ne verraient pas les publications.",
            "Dans les paramètres de l’entreprise, ouvrez « Utilisateurs système », ajoutez-en un et attribuez-lui votre Page avec le contrôle total.",
            "Cliquez sur « Générer un jeton », choisissez votre application, l’expiration « Jamais », et cochez pages_show_list, pages_read_engagement et pages_manage_posts, pour les résultats read_insights, et pour les commentaires pages_read_user_content et pages_manage_engagement.",
            "Copiez le jeton affiché et collez-le ici. Si le jeton ouvre plusieurs Pages, indiquez aussi le numéro de la bonne Page.",
            "Après la première publication, regardez votre Page sans être connecté : vous devez la voir comme un client.",
        ],
        steps_en: &[
            "Open business.facebook.com with the account that manages the restaurant’s Page.",
            "On developers.facebook.com, create an app of type “Business” in your name, then switch it to “Live”: otherwise your customers would not see the posts.",
            "In the business settings, open “System users”, add one and assign your Page to it with full control.",
            "Click “Generate token”, choose your app, expiration “Never”, and tick pages_show_list, pages_read_engagement and pages_manage_posts, for the results read_insights, and for comments pages_read_user_content and pages_manage_engagement.",
            "Copy the token that is shown and paste it here. If the token opens several Pages, also enter the ID of the right one.",
            "After the first post, look at your Page while logged out: you should see it as a customer does.",
        ],
    },
    limitations: &[
        "Une publication avec photos ne montre pas d’aperçu de lien : l’adresse est écrite à la fin du texte.",
        "Les photos d’une publication déjà envoyée ne peuvent pas être remplacées, seul son texte peut l’être.",
        "Les vidéos et les stories ne sont pas encore prises en charge.",
        "Facebook refuse de publier deux fois de suite exactement le même texte.",
    ],
    limitations_en: &[
        "A post with photos shows no link preview: the address is written at the end of the text.",
        "The photos of a post that has left cannot be replaced, only its text can.",
        "Videos and stories are not supported yet.",
        "Facebook refuses exactly the same text twice in a row.",
    ],
    own_server: false,
};

const NEEDS: &[Need] = &[
    Need { permission: "pages_manage_posts", lost: "cannot_publish", severity: Severity::Error },
    Need { permission: "pages_read_engagement", lost: "cannot_read_posts", severity: Severity::Error },
    Need { permission: "pages_show_list", lost: "cannot_list_pages", severity: Severity::Warning },
];

/// The connector; it has no state.
pub struct Facebook;

#[async_trait]
impl Connector for Facebook {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// Facts: `app_id`, `username`, `link`. Findings: `cannot_publish`, `cannot_read_posts`,
    /// `cannot_list_pages`, `permissions_unknown`, those of [`token_findings`], `publishing_ready`.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let explicit = typed_id(access, "page_id")?;
        let known = GraphId::parse(&access.account.remote_id);
        let graph = Graph::new(access, credential(access)?, errors::table);
        let wanted = Wanted { by_instagram: false, explicit: explicit.as_ref(), known: known.as_ref() };
        let page = act_as_page(&graph, wanted).await?;

        let (permissions, missing_permissions, mut findings) =
            compare_permissions(page.details.as_ref(), &page.id, NEEDS);
        findings.extend(token_findings(&page, access.now));
        if findings.iter().all(|one| one.severity == Severity::Ok) {
            findings.push(finding("publishing_ready", Severity::Ok, Some(&page.name)));
        }
        let facts = [
            ("app_id", page.details.as_ref().and_then(|details| details.app_id.clone())),
            ("username", page.username.clone()),
            ("link", page.link.clone()),
        ];
        Ok(Identity {
            remote_id: page.id.as_str().to_owned(),
            handle: page.username.clone().unwrap_or_else(|| page.name.clone()),
            label: page.name.clone(),
            server: None,
            token_expiry: page.expiry(),
            permissions,
            missing_permissions,
            facts: facts
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?.into())))
                .collect(),
            credentials: page.credentials_to_keep(explicit.is_some()),
            findings,
        })
    }

    fn shows_link_card(&self) -> bool {
        true
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

#[async_trait]
impl Publisher for Facebook {
    fn check_content(&self, post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        let is_empty = post.text.trim().is_empty()
            && post.link.is_none()
            && post.images.is_empty()
            && post.pending_media_url.is_none();
        if !is_empty {
            return Vec::new();
        }
        vec![ContentProblem {
            code: "text_empty".to_owned(),
            severity: Severity::Error,
            values: std::collections::BTreeMap::default(),
        }]
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        Client::new(access)?.prepare(access, job).await
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        Client::new(access)?.send(job).await
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        Client::new(access)?.reconcile(job).await.map_err(Failure::while_looking)
    }

    async fn verify(&self, access: &Access<'_>, job: &Job<'_>) -> Result<HandedOver, Failure> {
        Client::new(access)?.verify(job).await.map_err(Failure::while_looking)
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        Client::new(access)?.update(job).await
    }

    fn marks_after_update(&self, job: &Job<'_>) -> Option<serde_json::Value> {
        let text_hash = fingerprint(&wire::message(job.content));
        serde_json::to_value(wire::Marks { text_hash, ..wire::Marks::read(job.marks) }).ok()
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        Client::new(access)?.delete(job).await
    }
}
