//! X, through its API v2, which X bills to the owner call by call.
//!
//! Off unless wanted: connecting asks for an explicit yes to the price, a post never goes there unless X is
//! chosen for it, and the composer shows what it will cost. Kind D: X refuses the same words twice, but names
//! no post; so after a doubt the own posts are read (which is billed too), and only what is not there is sent
//! once more. Editing is left out: X gives an edited post a new number each time and allows it for half an
//! hour. Videos wait for the media library to hold them.

mod client;
mod errors;
mod insights;
mod login;
mod publish;
mod wire;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;

use self::client::Client;
use super::{
    Access, Capabilities, CheckFinding, Connector, CountingRule, CredentialField, Credentials, Descriptor,
    Failure, FailureClass, Identity, ImageLimits, Insights, Kind, Limits, OauthLogin, Publisher, Severity,
    descriptor::{Connect, ConnectMethod},
    oauth,
};
use crate::domain::{Problem, TokenExpiry, account::ServerFacts};

/// Credential field with the owner's yes to the price.
pub(super) const COST_ACCEPTED: &str = oauth::COST_ACCEPTED;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "x",
    name: "X",
    kind: Kind::D,
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
        max_text: 280,
        counting_rule: CountingRule::Weighted,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 4,
        max_alt_text: 1000,
        image: ImageLimits {
            max_bytes: 4_800_000,
            max_width: 4096,
            max_height: 4096,
            min_width: 0,
            min_ratio: Some(0.334),
            max_ratio: Some(3.0),
        },
        text_only_allowed: true,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: COST_ACCEPTED,
            label: "Votre accord sur le prix",
            label_en: "Your consent to the price",
            help: "X vous facture chaque publication : environ 0,015 $, et 0,20 $ dès que le texte contient une adresse. Supprimer coûte 0,010 $, et vérifier après une coupure 0,001 $ par publication lue. Lire les chiffres d’une publication coûte 0,001 $ par jour, pendant trente jours. Écrivez OUI pour l’accepter.",
            help_en: "X bills you for each post: about $0.015, and $0.20 as soon as the text contains an address. Deleting costs $0.010, and checking after a break $0.001 for each post read. Reading the figures of a post costs $0.001 a day, for thirty days. Write YES to accept.",
            secret: false,
            required: true,
            example: "OUI",
        },
        CredentialField {
            key: oauth::CLIENT_ID,
            label: "Numéro de l’application (Client ID)",
            label_en: "Client ID of the application",
            help: "Sur console.x.com, dans votre application, sous « OAuth 2.0 ».",
            help_en: "On console.x.com, in your application, under “OAuth 2.0”.",
            secret: false,
            required: true,
            example: "bEx4TXBsZUV4YW1wbGU6MTpjaQ",
        },
        CredentialField {
            key: oauth::REFRESH_TOKEN,
            label: "Jeton de renouvellement",
            label_en: "Refresh token",
            help: "Inutile si vous vous connectez avec le navigateur. Il ne sert qu’une fois : n’en collez pas un qu’un autre programme utilise.",
            help_en: "Not needed when you sign in with the browser. It works once: do not paste one that another program uses.",
            secret: true,
            required: true,
            example: "bWRWa3gzdnk3WHRGU1o0exemple",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Oauth, ConnectMethod::Token],
        steps: &[
            "X est payant pour les programmes : chaque publication vous est facturée par X, pas par nous. Sans votre accord écrit ci-dessous, rien ne part.",
            "Sur console.x.com, connectez-vous avec le compte de la maison, créez une application, achetez quelques crédits et fixez une limite de dépense.",
            "Dans l’application, activez « OAuth 2.0 », type « Native App », et ajoutez l’adresse de retour http://127.0.0.1:5018/connexion.",
            "Copiez ici le numéro de l’application (Client ID) et écrivez OUI au prix.",
            "Touchez « Se connecter avec le navigateur » et autorisez l’application.",
        ],
        steps_en: &[
            "X charges programs: each post is billed to you by X, not by us. Without your written consent below nothing leaves.",
            "On console.x.com sign in with the restaurant’s account, create an application, buy some credits and set a spending limit.",
            "In the application enable “OAuth 2.0”, type “Native App”, and add the redirect address http://127.0.0.1:5018/connexion.",
            "Copy the Client ID of the application here and write YES to the price.",
            "Choose “Sign in with the browser” and allow the application.",
        ],
    },
    limitations: &[
        "Chaque publication coûte : environ 0,015 $, et 0,20 $ avec une adresse dans le texte. X n’est donc jamais choisi d’office : cochez-le quand vous le voulez.",
        "X ne programme pas pour un programme : l’ordinateur doit être allumé à l’heure de la publication.",
        "Une publication ne peut pas être corrigée d’ici : supprimez-la et recommencez.",
        "X refuse deux fois le même texte : changez au moins quelques mots.",
        "Les vidéos ne sont pas publiées d’ici.",
    ],
    limitations_en: &[
        "Each post costs: about $0.015, and $0.20 with an address in the text. So X is never chosen by itself: tick it when you want it.",
        "X does not schedule for a program: the computer has to be on when the post is due.",
        "A post cannot be corrected from here: delete it and post again.",
        "X refuses the same text twice: change at least some words.",
        "Videos are not posted from here.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct X;

/// Errors: `cost_not_accepted` unless the owner wrote yes.
fn accepted_cost(credentials: &Credentials) -> Result<(), Failure> {
    let answer = credentials.get(COST_ACCEPTED).map(|yes| yes.expose_secret().trim().to_lowercase());
    match answer.as_deref() {
        Some("oui" | "yes") => Ok(()),
        _ => Err(Failure::content("cost_not_accepted")),
    }
}

#[async_trait]
impl Connector for X {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        accepted_cost(access.credentials)?;
        let user = Client::new(access).await?.me().await?;
        let known = &access.account.remote_id;
        if !known.is_empty() && *known != user.id {
            return Err(Failure::new(FailureClass::Reauth, Problem::new("account_identity_changed")));
        }
        let handle = format!("@{}", user.username);
        let finding =
            |code: &str, subject| CheckFinding { code: code.to_owned(), severity: Severity::Ok, subject };
        Ok(Identity {
            remote_id: user.id,
            label: if user.name.trim().is_empty() { handle.clone() } else { user.name },
            findings: vec![
                finding("publishing_ready", Some(handle.clone())),
                finding("posts_are_billed", None),
            ],
            handle,
            server: None,
            // Renewed for as long as it is used.
            token_expiry: TokenExpiry::Never,
            permissions: Vec::new(),
            missing_permissions: Vec::new(),
            facts: ServerFacts::new(),
            // What was renewed on the way is in the vault already.
            credentials: None,
        })
    }

    fn bills_each_post(&self) -> bool {
        true
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        let web = access.platform.web_url.as_deref().unwrap_or("https://x.com").trim_end_matches('/');
        Some(format!("{web}/settings/connected_apps"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_written_yes_is_a_yes() {
        let given = |text: &str| {
            let mut credentials = Credentials::default();
            credentials.set(COST_ACCEPTED, text);
            accepted_cost(&credentials).is_ok()
        };
        assert!(given("OUI") && given(" yes "));
        for no in ["", "non", "true", "1", "oui mais"] {
            assert!(!given(no), "{no}");
        }
        assert!(accepted_cost(&Credentials::default()).is_err());
    }
}
