//! Telegram channel (Bot API), kind H: a bot cannot read what its channel shows and nothing it sends
//! carries a mark, so a lost answer can be settled by a person only.
//!
//! Two things keep that rare. `prepare` asks the network whether the bot may still post: a dead line, a
//! Wi-Fi portal or a lost right shows there, where asking again is free. And there is no upload apart:
//! pictures travel inside the one irreversible request, so it fails before it or is in doubt as a whole.
//!
//! Not here: formatting (the text is shown letter for letter), pinning, reactions, the discussion group.

mod channel;
mod client;
mod errors;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use self::{
    client::{BOT_TOKEN, Client, typed_channel},
    errors::Effect,
    wire::{CAN_DELETE, CAN_EDIT, Marks},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CountingRule, CredentialField, Descriptor, Failure,
    FailureClass, Finding, Identity, ImageLimits, Job, Kind, Limits, Prepared, Publisher, Receipt, Sent,
    Severity,
    descriptor::{Connect, ConnectMethod},
};
use crate::domain::{Account, Problem, TokenExpiry, account::ServerFacts};

/// Unicode code points (server sources; only the offsets of entities are UTF-16).
const MAX_TEXT: u32 = 4096;
/// The same below a photo or an album.
const MAX_CAPTION: u32 = 1024;
/// One message a second.
const EACH_SECOND: Duration = Duration::from_secs(1);
/// Twenty messages a minute.
const EACH_OF_MANY: Duration = Duration::from_secs(3);
/// Key of the facts: public name of the channel without the @.
const USERNAME: &str = "username";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "telegram",
    name: "Telegram",
    kind: Kind::H,
    capabilities: Capabilities {
        publish: true,
        hand_over: false,
        edit: true,
        delete: true,
        metrics: false,
        conversations: false,
        messages: false,
    },
    limits: Limits {
        max_text: MAX_TEXT,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 10,
        // The Bot API takes no description of a picture.
        max_alt_text: 0,
        // 10 MB, both sides together 10 000 pixels, one side 20 times the other; shown at most 2560 wide.
        image: ImageLimits {
            max_bytes: 9_500_000,
            max_width: 2560,
            max_height: 2560,
            min_width: 0,
            min_ratio: Some(0.05),
            max_ratio: Some(20.0),
        },
        text_only_allowed: true,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: BOT_TOKEN,
            label: "Jeton du robot",
            label_en: "Bot token",
            help: "La longue suite de chiffres et de lettres que BotFather affiche quand il crée le robot. Gardez-la pour vous : elle suffit pour publier.",
            help_en: "The long row of digits and letters that BotFather shows when it creates the bot. Keep it to yourself: it is enough to post.",
            secret: true,
            required: true,
            example: "123456789:AAExempleExempleExempleExemple",
        },
        CredentialField {
            key: channel::FIELD,
            label: "Chaîne",
            label_en: "Channel",
            help: "Le nom public de la chaîne, celui qui suit t.me/. Pour une chaîne privée, collez l’adresse de l’un de ses messages.",
            help_en: "The public name of the channel, what follows t.me/. For a private channel paste the address of one of its messages.",
            secret: false,
            required: true,
            example: "@levieuxmoulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Dans Telegram, cherchez « BotFather », ouvrez la conversation et envoyez /newbot. Donnez-lui un nom, par exemple « Le Vieux Moulin ».",
            "BotFather répond avec un jeton. Copiez-le.",
            "Ouvrez votre chaîne, touchez son nom, puis « Administrateurs », « Ajouter un administrateur », et choisissez votre robot.",
            "Laissez-lui les droits de publier, de modifier et de supprimer les messages.",
            "Collez ici le jeton et le nom de la chaîne. C’est tout : il n’y a rien à demander à Telegram.",
        ],
        steps_en: &[
            "In Telegram search for “BotFather”, open the conversation and send /newbot. Give it a name, for example “Le Vieux Moulin”.",
            "BotFather answers with a token. Copy it.",
            "Open your channel, tap its name, then “Administrators”, “Add admin”, and choose your bot.",
            "Leave it the rights to post, edit and delete messages.",
            "Paste the token and the name of the channel here. That is all: there is nothing to request from Telegram.",
        ],
    },
    limitations: &[
        "Telegram ne sait pas programmer pour un robot : l’ordinateur doit être allumé à l’heure de la publication.",
        "Si la connexion se coupe pendant l’envoi, personne ne peut vérifier à votre place : nous vous demandons de regarder la chaîne avant de renvoyer.",
        "Sous une photo, Telegram s’arrête à 1024 caractères ; sans photo, à 4096.",
        "La description des photos n’est pas transmise : Telegram n’a pas de place pour elle.",
        "Telegram ne dit pas à un robot combien de personnes ont vu une publication.",
    ],
    limitations_en: &[
        "Telegram cannot schedule for a bot: the computer has to be on when the post is due.",
        "If the connection breaks while sending, nobody can check for you: we ask you to look at the channel before sending again.",
        "Below a photo Telegram stops at 1024 characters; without a photo at 4096.",
        "Descriptions of photos are not passed on: Telegram has no place for them.",
        "Telegram does not tell a bot how many people saw a post.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Telegram;

#[async_trait]
impl Connector for Telegram {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let typed = typed_channel(access)?;
        let bot = client.me().await?;
        let chat = match client.chat(&typed).await {
            // A channel may change its public name; its number stays.
            Err(failure) if failure.problem.code == "channel_not_found" && is_known(access.account) => {
                client.chat(&access.account.remote_id).await?
            }
            answer => answer?,
        };
        if chat.kind != "channel" {
            return Err(Failure::content("not_a_channel"));
        }
        let chat_id = chat.id.to_string();
        let rights = client.rights(&chat_id).await?;
        if !rights.can_post() {
            return Err(Failure::new(FailureClass::Reauth, Problem::new("channel_rights_missing")));
        }
        let named = |given: bool| {
            rights.rights().into_iter().filter(move |(_, has)| *has == given).map(|(name, _)| name.to_owned())
        };
        let missing: Vec<String> = named(false).collect();
        let handle = match &chat.username {
            Some(name) => format!("@{name}"),
            None => chat.title.clone(),
        };
        let mut facts = ServerFacts::new();
        facts.insert("bot_id".to_owned(), json!(bot.id));
        if let Some(name) = &chat.username {
            facts.insert(USERNAME.to_owned(), json!(name));
        }
        Ok(Identity {
            findings: findings(&handle, &missing),
            remote_id: chat_id,
            label: if chat.title.trim().is_empty() { handle.clone() } else { chat.title },
            handle,
            server: None,
            token_expiry: TokenExpiry::Never,
            permissions: named(true).collect(),
            missing_permissions: missing,
            facts,
            credentials: None,
        })
    }

    fn limits_for(&self, _account: &Account, with_picture: bool) -> Limits {
        let max_text = if with_picture { MAX_CAPTION } else { MAX_TEXT };
        Limits { max_text, ..DESCRIPTOR.limits }
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }
}

fn is_known(account: &Account) -> bool {
    !account.remote_id.is_empty()
}

fn findings(handle: &str, missing: &[String]) -> Vec<CheckFinding> {
    let finding = |code: &str, severity, subject| CheckFinding { code: code.to_owned(), severity, subject };
    let mut findings = vec![finding("publishing_ready", Severity::Ok, Some(handle.to_owned()))];
    for (right, code) in [(CAN_EDIT, "bot_cannot_edit"), (CAN_DELETE, "bot_cannot_delete")] {
        if missing.iter().any(|name| name == right) {
            findings.push(finding(code, Severity::Warning, None));
        }
    }
    findings
}

#[async_trait]
impl Publisher for Telegram {
    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let rights = Client::new(access)?.rights(&access.account.remote_id).await?;
        if !rights.can_post() {
            return Err(Failure::new(FailureClass::Reauth, Problem::new("channel_rights_missing")));
        }
        // Made now, so that a picture that cannot be made is known before the irreversible request.
        pictures(access, job).await?;
        let pictures = job.content.images.iter().map(|image| image.media_id.to_string()).collect();
        let marks =
            serde_json::to_value(Marks { pictures }).map_err(|_| Failure::unknown("marks_unwritable"))?;
        Ok(Prepared::Ready { marks })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        if Marks::read(job.marks).is_none() {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        }
        let pictures = pictures(access, job).await.map_err(Failure::while_looking)?;
        let chat_id = &access.account.remote_id;
        let reply = Client::new(access)?.send(chat_id, &job.content.text, &pictures).await?;
        let result = errors::accept(&reply, Effect::Possible, access.now)?;
        match wire::message_ids(result) {
            Some(ids) if ids.len() == pictures.len().max(1) => {
                access.http.note_pause(pause_after(ids.len()));
                Ok(Sent::Published(receipt(access, &ids)))
            }
            _ => Err(errors::incomplete(&reply, Effect::Possible)),
        }
    }

    /// Never found: a bot cannot read the channel. The queue asks a person without calling this.
    async fn reconcile(&self, _access: &Access<'_>, _job: &Job<'_>) -> Result<Finding, Failure> {
        Ok(Finding::NotFound)
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let ids = message_ids(job)?;
        let sent = Marks::read(job.marks).unwrap_or_default().pictures;
        let wanted = job.content.images.iter().map(|image| image.media_id.as_str());
        if !wanted.eq(sent.iter().map(String::as_str)) {
            return Err(Failure::content("edit_needs_new_delivery"));
        }
        let first = ids.first().copied().unwrap_or_default().to_string();
        let chat_id = &access.account.remote_id;
        Client::new(access)?.edit(chat_id, &first, &job.content.text, !sent.is_empty()).await?;
        Ok(Sent::Published(receipt(access, &ids)))
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let client = Client::new(access)?;
        for id in message_ids(job)? {
            client.delete(&access.account.remote_id, &id.to_string()).await?;
        }
        Ok(())
    }
}

/// The pause before the next post of a channel: it takes one message a second and twenty a minute, and each
/// picture of an album is a message (social-platforms reference 9).
fn pause_after(messages: usize) -> Duration {
    match u32::try_from(messages) {
        Ok(0 | 1) => EACH_SECOND,
        many => EACH_OF_MANY.saturating_mul(many.unwrap_or(u32::MAX)),
    }
}

async fn pictures(access: &Access<'_>, job: &Job<'_>) -> Result<Vec<super::Picture>, Failure> {
    let mut pictures = Vec::new();
    for image in &job.content.images {
        pictures.push(access.media.jpeg(&image.media_id, &DESCRIPTOR.limits.image).await?);
    }
    Ok(pictures)
}

/// The messages of a post, `12` or for an album `12,13,14`.
fn message_ids(job: &Job<'_>) -> Result<Vec<i64>, Failure> {
    let unusable = || Failure::content("remote_id_unusable");
    let ids: Option<Vec<i64>> =
        job.remote_id.unwrap_or_default().split(',').map(|id| id.parse().ok().filter(|id| *id > 0)).collect();
    ids.filter(|ids| !ids.is_empty()).ok_or_else(unusable)
}

fn receipt(access: &Access<'_>, ids: &[i64]) -> Receipt {
    let web = access.platform.web_url.as_deref().unwrap_or("https://t.me");
    let username = access.account.facts.get(USERNAME).and_then(Value::as_str);
    Receipt {
        remote_id: ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        permalink: ids.first().map(|id| channel::permalink(web, username, &access.account.remote_id, *id)),
        leftovers: false,
    }
}
