//! Mastodon and servers that speak its API, kind B: the server remembers our key for an hour, after
//! which its list of our own statuses decides. Real Mastodon also schedules.
//!
//! Everything depends on the server, so its limits and features are read at each check and kept in the
//! account's facts (keys: `limits.rs`). A server that is not known to be Mastodon is treated with
//! suspicion: nothing is handed over to it, and its key memory is not relied upon.

mod client;
mod compare;
mod errors;
mod insights;
mod limits;
mod oauth;
mod publish;
mod wire;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use url::Url;

use self::client::{ACCESS_TOKEN, Client};
use super::{
    Access, Capabilities, CheckFinding, Connector, CountingRule, CredentialField, Descriptor, Failure,
    Identity, ImageLimits, Insights, Kind, Limits, OauthLogin, Publisher, Revocation, Severity,
    address::server_base,
    descriptor::{Connect, ConnectMethod},
    oauth::{CLIENT_ID, CLIENT_SECRET},
};
use crate::domain::{Account, TokenExpiry};

const SERVER: &str = "server";

/// The least that publishing needs.
const SCOPES: [&str; 4] = ["read:accounts", "read:statuses", "write:statuses", "write:media"];

static DESCRIPTOR: Descriptor = Descriptor {
    id: "mastodon",
    name: "Mastodon",
    kind: Kind::B,
    capabilities: Capabilities {
        publish: true,
        hand_over: true,
        edit: true,
        delete: true,
        metrics: true,
        conversations: false,
        messages: false,
    },
    // Mastodon's own defaults; what the account's server says wins.
    limits: Limits {
        max_text: 500,
        counting_rule: CountingRule::Mastodon,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 4,
        max_alt_text: 1500,
        // Servers shrink pictures to about 8 megapixels anyway.
        image: ImageLimits {
            max_bytes: 8_000_000,
            max_width: 3840,
            max_height: 3840,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: true,
        // The server wants 5 minutes; one more for the uploads on the way.
        hand_over_min_secs: Some(360),
        hand_over_max_secs: Some(31_536_000),
    },
    credential_fields: &[
        CredentialField {
            key: SERVER,
            label: "Serveur",
            label_en: "Server",
            help: "L’adresse du serveur où se trouve votre compte : ce qui suit le dernier @ de votre identifiant.",
            help_en: "The address of the server that has your account: what follows the last @ of your handle.",
            secret: false,
            required: true,
            example: "piaille.fr",
        },
        CredentialField {
            key: ACCESS_TOKEN,
            label: "Jeton d’accès",
            label_en: "Access token",
            help: "Inutile si vous vous connectez avec le navigateur. Sinon, copiez-le depuis la page « Développement » de votre serveur.",
            help_en: "Not needed when you sign in with the browser. Otherwise copy it from your server’s “Development” page.",
            secret: true,
            required: true,
            example: "ZA-Yj3aBD8U8Cm7lKUp-lm9O9BmDgdhHzDeqsY8tlL0",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Oauth, ConnectMethod::Token],
        steps: &[
            "Écrivez l’adresse de votre serveur, par exemple piaille.fr.",
            "Touchez « Se connecter avec le navigateur » : la page de votre serveur s’ouvre.",
            "Connectez-vous avec le compte de la maison et touchez « Autoriser ».",
            "Revenez ici : c’est fait.",
            "Si le navigateur ne convient pas : sur votre serveur, Préférences, « Développement », « Nouvelle application », avec les droits read et write ; puis collez ici le jeton d’accès.",
        ],
        steps_en: &[
            "Type the address of your server, for example piaille.fr.",
            "Choose “Sign in with the browser”: your server’s page opens.",
            "Sign in with the restaurant’s account and choose “Authorize”.",
            "Come back here: done.",
            "If the browser does not suit you: on your server, Preferences, “Development”, “New application”, with the read and write permissions; then paste the access token here.",
        ],
    },
    limitations: &[
        "Mastodon garde au plus 25 publications programmées par jour et 300 en attente ; au-delà, l’ordinateur doit être allumé à l’heure dite.",
        "Une publication déjà confiée au serveur peut changer d’heure, mais pas de texte.",
        "Les serveurs compatibles qui ne sont pas de vrais Mastodon ne programment pas : l’ordinateur doit être allumé.",
        "Mastodon ne dit pas combien de personnes ont vu une publication.",
    ],
    limitations_en: &[
        "Mastodon keeps at most 25 scheduled posts a day and 300 waiting; beyond that the computer has to be on when the post is due.",
        "A post already handed over to the server can be moved in time, but its text cannot be changed.",
        "Compatible servers that are not real Mastodon do not schedule: the computer has to be on.",
        "Mastodon does not say how many people saw a post.",
    ],
    own_server: true,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Mastodon;

#[async_trait]
impl Connector for Mastodon {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let typed = access.credentials.get(SERVER).map(|server| server.expose_secret().trim().to_owned());
        let base = match typed.filter(|server| !server.is_empty() && access.account.server.is_none()) {
            Some(server) => server_base(&server).ok_or_else(|| Failure::content("server_address_invalid"))?,
            None => access.base_url.to_owned(),
        };
        let client = Client::at(access, base.clone())?;
        let account = client.verify_credentials().await?;
        let (instance, is_second_version) = client.instance().await?;
        let facts = if is_second_version { limits::facts_v2(&instance) } else { limits::facts_v1(&instance) };
        let permissions = client.scopes().await;
        let missing = permissions.as_deref().map(missing_scopes).unwrap_or_default();

        let domain = instance
            .get("domain")
            .or_else(|| instance.get("uri"))
            .and_then(serde_json::Value::as_str)
            .filter(|domain| !domain.is_empty() && !domain.contains('/'))
            .map(str::to_owned)
            .or_else(|| Url::parse(&base).ok()?.host_str().map(str::to_owned))
            .unwrap_or_default();
        let handle = format!("@{}@{domain}", account.username);
        let is_real = facts.get(limits::REAL_MASTODON) == Some(&serde_json::Value::Bool(true));
        Ok(Identity {
            findings: findings(&handle, is_real, permissions.is_some(), &missing),
            remote_id: account.id,
            label: if account.display_name.trim().is_empty() { handle.clone() } else { account.display_name },
            handle,
            server: access.own_server(base),
            token_expiry: TokenExpiry::Never,
            permissions: permissions.unwrap_or_default(),
            missing_permissions: missing,
            facts,
            credentials: None,
        })
    }

    fn effective_limits(&self, account: &Account) -> Limits {
        limits::effective(DESCRIPTOR.limits, account)
    }

    fn edits_alt_text(&self) -> bool {
        true
    }

    async fn revoke(&self, access: &Access<'_>) -> Result<Revocation, Failure> {
        oauth::revoke(access).await
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        // What the browser granted stands there; a pasted token belongs to an application of the owner's.
        let by_login = access.credentials.get(CLIENT_ID).is_some();
        let page = if by_login { "oauth/authorized_applications" } else { "settings/applications" };
        Some(format!("{}/{page}", access.base_url))
    }

    fn login_credentials(&self) -> &'static [&'static str] {
        &[CLIENT_ID, CLIENT_SECRET]
    }

    fn oauth(&self) -> Option<&dyn OauthLogin> {
        Some(self)
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
}

/// A wide scope (`write`) contains the narrow ones (`write:media`).
fn missing_scopes(granted: &[String]) -> Vec<String> {
    let has = |scope: &str| granted.iter().any(|given| given == scope);
    let is_granted = |scope: &&str| has(scope) || scope.split_once(':').is_some_and(|(wide, _)| has(wide));
    SCOPES.iter().filter(|scope| !is_granted(scope)).map(|scope| (*scope).to_owned()).collect()
}

fn findings(handle: &str, is_real: bool, scopes_known: bool, missing: &[String]) -> Vec<CheckFinding> {
    let finding = |code: &str, severity, subject| CheckFinding { code: code.to_owned(), severity, subject };
    let mut findings = vec![finding("publishing_ready", Severity::Ok, Some(handle.to_owned()))];
    for scope in missing {
        // What the owner loses, not the name of the scope alone.
        let lost = match scope.as_str() {
            "write:media" => "cannot_send_photos",
            "write:statuses" => "cannot_publish",
            _ => "cannot_read_posts",
        };
        findings.push(finding(lost, Severity::Error, Some(scope.clone())));
    }
    if !scopes_known {
        findings.push(finding("permissions_unknown", Severity::Warning, None));
    }
    if !is_real {
        findings.push(finding("no_platform_scheduler", Severity::Warning, None));
    }
    findings
}
