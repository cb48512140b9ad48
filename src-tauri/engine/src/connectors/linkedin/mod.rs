//! LinkedIn, the page of an organisation, through the versioned REST API.
//!
//! Kind D: LinkedIn refuses the same words twice and names the post that has them. After a doubt the
//! organisation's posts are read; what is not there is sent once more, and a refusal as duplicate then
//! proves the first attempt, provided that the post it names is there and not an older one. Documents are
//! left out: the media library holds pictures only.

mod client;
mod errors;
mod insights;
mod matching;
mod publish;
mod token;
mod wire;

use async_trait::async_trait;
use jiff::{Timestamp, tz::TimeZone};
use secrecy::ExposeSecret as _;

use self::{
    client::Client,
    wire::{Organization, Role},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CountingRule, CredentialField, Descriptor, Failure,
    FailureClass, Identity, ImageLimits, Insights, Kind, Limits, OauthLogin, Publisher, Severity,
    descriptor::{Connect, ConnectMethod},
    oauth,
};
use crate::domain::{Problem, TokenExpiry, account::ServerFacts};

/// Credential field with the organisation, for a person who manages several.
const ORGANIZATION: &str = oauth::ORGANIZATION;
/// From this age of the interface's version on the owner is told to update.
const VERSION_AGES_MONTHS: i32 = 9;
const SOON: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "linkedin",
    name: "LinkedIn",
    kind: Kind::D,
    capabilities: Capabilities {
        publish: true,
        hand_over: false,
        edit: true,
        delete: true,
        metrics: true,
        conversations: false,
        messages: false,
    },
    limits: Limits {
        max_text: 3000,
        counting_rule: CountingRule::LittleText,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 20,
        max_alt_text: 1000,
        // Less than 36 152 320 pixels.
        image: ImageLimits {
            max_bytes: 8_000_000,
            max_width: 4096,
            max_height: 4096,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: true,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: oauth::CLIENT_ID,
            label: "Numéro de l’application (Client ID)",
            label_en: "Client ID of the application",
            help: "Dans l’onglet « Auth » de votre application LinkedIn. Inutile si vous collez un jeton.",
            help_en: "In the “Auth” tab of your LinkedIn application. Not needed when you paste a token.",
            secret: false,
            required: false,
            example: "78abcdefghijkl",
        },
        CredentialField {
            key: oauth::CLIENT_SECRET,
            label: "Clé secrète de l’application",
            label_en: "Client secret of the application",
            help: "Juste en dessous du numéro, dans le même onglet. Inutile si vous collez un jeton.",
            help_en: "Just below the Client ID, in the same tab. Not needed when you paste a token.",
            secret: true,
            required: false,
            example: "WPL_AP1.exempleexemple",
        },
        CredentialField {
            key: oauth::ACCESS_TOKEN,
            label: "Jeton d’accès",
            label_en: "Access token",
            help: "Inutile si vous vous connectez avec le navigateur. Sinon, créez-le avec « OAuth 2.0 tools » sur le site des développeurs de LinkedIn.",
            help_en: "Not needed when you sign in with the browser. Otherwise make it with “OAuth 2.0 tools” on LinkedIn’s developer site.",
            secret: true,
            required: true,
            example: "AQXdSP_W41_UPs5ioT_exemple",
        },
        CredentialField {
            key: token::UNTIL,
            label: "Dernier jour du jeton",
            label_en: "Last day of the token",
            help: "Si vous collez un jeton : la date affichée à côté de lui, pour que nous vous prévenions à temps.",
            help_en: "When you paste a token: the date shown beside it, so that we can tell you in time.",
            secret: false,
            required: false,
            example: "2027-01-21",
        },
        CredentialField {
            key: ORGANIZATION,
            label: "Page",
            label_en: "Page",
            help: "Seulement si vous gérez plusieurs pages : le nom ou le numéro qui suit linkedin.com/company/.",
            help_en: "Only when you manage several Pages: the name or number that follows linkedin.com/company/.",
            secret: false,
            required: false,
            example: "le-vieux-moulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Oauth, ConnectMethod::Token],
        steps: &[
            "Il faut une page d’entreprise sur LinkedIn, et y être administrateur ou administrateur du contenu.",
            "Sur developer.linkedin.com, créez une application, liez-la à votre page et faites confirmer ce lien par la page.",
            "Dans l’onglet « Products », demandez « Community Management API ». LinkedIn répond en quelques jours, parfois en quelques semaines.",
            "Dans l’onglet « Auth », ajoutez l’adresse de retour http://localhost:5017/connexion, puis copiez ici le numéro et la clé secrète.",
            "Touchez « Se connecter avec le navigateur » et autorisez l’application. À refaire tous les 60 jours : nous vous le rappelons.",
        ],
        steps_en: &[
            "You need a company Page on LinkedIn, and to be its administrator or content administrator.",
            "On developer.linkedin.com create an application, link it to your Page and have the Page confirm it.",
            "In the “Products” tab request “Community Management API”. LinkedIn answers in some days, sometimes some weeks.",
            "In the “Auth” tab add the redirect address http://localhost:5017/connexion, then copy the Client ID and secret here.",
            "Choose “Sign in with the browser” and allow the application. To be done again every 60 days: we remind you.",
        ],
    },
    limitations: &[
        "LinkedIn ne programme pas pour une application : l’ordinateur doit être allumé à l’heure de la publication.",
        "La connexion est à refaire tous les 60 jours : LinkedIn ne la renouvelle que pour ses partenaires.",
        "LinkedIn refuse deux fois le même texte : changez au moins quelques mots.",
        "Après la publication, seul le texte peut être corrigé, ni les photos ni leur description.",
        "Les documents PDF ne sont pas publiés d’ici : la photothèque ne garde que des images.",
    ],
    limitations_en: &[
        "LinkedIn does not schedule for an application: the computer has to be on when the post is due.",
        "You have to sign in again every 60 days: LinkedIn renews the connection for its partners only.",
        "LinkedIn refuses the same text twice: change at least some words.",
        "After publication only the text can be corrected, neither the photos nor their descriptions.",
        "PDF documents are not posted from here: the media library holds pictures only.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct LinkedIn;

#[async_trait]
impl Connector for LinkedIn {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let roles = client.roles().await?;
        let (id, page) = choose(access, &client, &roles).await?;
        let handle = match page.vanity_name.trim() {
            "" => page.localized_name.clone(),
            name => name.to_owned(),
        };
        let label = if page.localized_name.trim().is_empty() { handle.clone() } else { page.localized_name };
        let expiry = token::expiry(access.credentials);
        Ok(Identity {
            findings: findings(access, &label, expiry),
            remote_id: id.clone(),
            handle: if handle.is_empty() { id } else { handle },
            label,
            server: None,
            token_expiry: expiry,
            permissions: Vec::new(),
            missing_permissions: Vec::new(),
            facts: ServerFacts::new(),
            credentials: None,
        })
    }

    fn shows_link_card(&self) -> bool {
        true
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        let web =
            access.platform.web_url.as_deref().unwrap_or("https://www.linkedin.com").trim_end_matches('/');
        Some(format!("{web}/mypreferences/d/data-sharing-for-permitted-services"))
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

/// Finds the organisation that is meant: the account's own, the one that was typed, or the only one.
///
/// Errors: `no_organization` without one that may be published for, `organization_choice_needed` (the names
/// in the message) when there are several.
async fn choose(
    access: &Access<'_>,
    client: &Client<'_>,
    roles: &[Role],
) -> Result<(String, Organization), Failure> {
    let mut ids: Vec<&str> =
        roles.iter().filter(|role| role.may_publish()).map(|role| role.organization.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let reauth = |code: &str| Failure::new(FailureClass::Reauth, Problem::new(code));
    let known = access.account.remote_id.as_str();
    if !known.is_empty() {
        let id = ids.into_iter().find(|id| *id == known).ok_or_else(|| reauth("organization_role_lost"))?;
        return Ok((id.to_owned(), client.organization(id).await?.unwrap_or_default()));
    }
    let mut pages = Vec::new();
    for id in ids {
        pages.push((id.to_owned(), client.organization(id).await?.unwrap_or_default()));
    }
    let typed = access.credentials.get(ORGANIZATION).map(|typed| typed.expose_secret().to_owned());
    let typed = typed.as_deref().map(short_name).filter(|typed| !typed.is_empty());
    if let Some(typed) = typed {
        pages.retain(|(id, page)| *id == typed || page.vanity_name.eq_ignore_ascii_case(typed));
    }
    if pages.len() > 1 {
        let names: Vec<String> =
            pages.iter().map(|(id, page)| format!("{} ({id})", page.localized_name)).collect();
        let problem = Problem::new("organization_choice_needed").message(names.join(", "));
        return Err(Failure::new(FailureClass::Content, problem));
    }
    pages.pop().ok_or_else(|| reauth("no_organization"))
}

/// What follows `linkedin.com/company/` in what was typed.
fn short_name(typed: &str) -> &str {
    let typed = typed.trim();
    let path = typed.split_once("linkedin.com/company/").map_or(typed, |(_, path)| path);
    let path = path.strip_prefix("urn:li:organization:").unwrap_or(path);
    path.split(['/', '?', '#']).next().unwrap_or_default()
}

fn findings(access: &Access<'_>, name: &str, expiry: TokenExpiry) -> Vec<CheckFinding> {
    let finding = |code: &str, severity, subject| CheckFinding { code: code.to_owned(), severity, subject };
    let mut findings = vec![finding("publishing_ready", Severity::Ok, Some(name.to_owned()))];
    findings.push(match expiry {
        TokenExpiry::Never => finding("token_never_expires", Severity::Ok, None),
        TokenExpiry::Unknown => finding("token_expiry_unknown", Severity::Warning, None),
        TokenExpiry::Known { at } if at.duration_since(access.now) < SOON => {
            finding("token_expires_soon", Severity::Warning, Some(at.to_string()))
        }
        TokenExpiry::Known { at } => finding("token_expires", Severity::Ok, Some(at.to_string())),
    });
    let version = access.platform.api_version.as_deref().unwrap_or_default();
    if version_age_months(version, access.now).is_none_or(|age| age >= VERSION_AGES_MONTHS) {
        findings.push(finding("api_version_ages", Severity::Warning, Some(version.to_owned())));
    }
    findings
}

/// Months since a version `YYYYMM` appeared; it dies in the same month one year later.
fn version_age_months(version: &str, now: Timestamp) -> Option<i32> {
    let (year, month) = (version.get(..4)?.parse::<i32>().ok()?, version.get(4..)?.parse::<i32>().ok()?);
    let today = now.to_zoned(TimeZone::UTC);
    (1..=12)
        .contains(&month)
        .then(|| (i32::from(today.year()) - year) * 12 + i32::from(today.month()) - month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_as_people_name_it() {
        for typed in [
            "le-vieux-moulin",
            " https://www.linkedin.com/company/le-vieux-moulin/about/ ",
            "linkedin.com/company/le-vieux-moulin?trk=x",
        ] {
            assert_eq!(short_name(typed), "le-vieux-moulin", "{typed}");
        }
        assert_eq!(short_name("urn:li:organization:42"), "42");
    }

    /// Corrections: a version dies in the same month one year later.
    #[test]
    fn a_version_grows_old() {
        let age = |version: &str| version_age_months(version, "2026-11-22T19:00:00Z".parse().unwrap());
        assert_eq!((age("202611"), age("202607"), age("202511")), (Some(0), Some(4), Some(12)));
        assert_eq!((age(""), age("2026"), age("202613")), (None, None, None));
    }
}
