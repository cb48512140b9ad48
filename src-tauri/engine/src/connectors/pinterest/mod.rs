//! Pinterest pins: kind E, recognised again by their words, their link and their time on the board.
//!
//! One picture, sent as bytes. Several pictures, videos and figures are not here.

mod client;
mod errors;
mod insights;
mod oauth;
mod wire;

use std::collections::BTreeMap;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use self::{
    client::Client,
    wire::{Board, Marks, edited_pin, is_id, new_pin},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, ContentProblem, CountingRule, CredentialField, Descriptor,
    Failure, FailureClass, Finding, Identity, ImageLimits, Insights, Job, Kind, Limits, OauthLogin, Prepared,
    Publisher, Receipt, SendMode, Sent, Severity,
    descriptor::{Connect, ConnectMethod},
    oauth::{CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN},
};
use crate::domain::{Account, OutgoingPost, Problem, TokenExpiry, account::ServerFacts};

const BOARD: &str = "board";
const BOARD_ID: &str = "board_id";
const MAX_TITLE: usize = 100;
const MAX_LINK: usize = 2048;
/// Oldest pins that are read, before the platform's clock is known.
const WIDEST: SignedDuration = SignedDuration::from_hours(26);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "pinterest",
    name: "Pinterest",
    kind: Kind::E,
    capabilities: Capabilities {
        publish: true,
        hand_over: false,
        edit: true,
        delete: true,
        metrics: true,
        conversations: false,
        messages: false,
    },
    // Reference, sections 11 and 12.
    limits: Limits {
        max_text: 800,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 1,
        max_alt_text: 500,
        image: ImageLimits {
            // In base64 it becomes a third larger and stays below ten megabytes.
            max_bytes: 7_000_000,
            max_width: 2000,
            max_height: 3000,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: false,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[
        CredentialField {
            key: CLIENT_ID,
            label: "Numéro de votre application Pinterest",
            label_en: "App ID of your Pinterest application",
            help: "Sur developers.pinterest.com, « My apps » : « App ID ».",
            help_en: "On developers.pinterest.com, “My apps”: “App ID”.",
            secret: false,
            required: true,
            example: "1500000",
        },
        CredentialField {
            key: CLIENT_SECRET,
            label: "Code secret de votre application Pinterest",
            label_en: "App secret of your Pinterest application",
            help: "Sur la même page : « App secret key ».",
            help_en: "On the same page: “App secret key”.",
            secret: true,
            required: true,
            example: "0123456789abcdef…",
        },
        CredentialField {
            key: REFRESH_TOKEN,
            label: "Jeton d’actualisation",
            label_en: "Refresh token",
            help: "Inutile si vous vous connectez avec le navigateur.",
            help_en: "Not needed when you sign in with the browser.",
            secret: true,
            required: true,
            example: "pinr.…",
        },
        CredentialField {
            key: BOARD,
            label: "Tableau",
            label_en: "Board",
            help: "Le nom du tableau qui reçoit les épingles. À remplir seulement si vous en avez plusieurs.",
            help_en: "The name of the board that the pins go to. Only needed when you have several.",
            secret: false,
            required: false,
            example: "Les plats du Vieux Moulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Oauth, ConnectMethod::Token],
        steps: &[
            "Passez le compte Pinterest du restaurant en compte professionnel (gratuit), et créez-y un tableau public.",
            "Sur developers.pinterest.com, créez une application, et demandez l’accès « Trial » : la réponse vient en un ou deux jours.",
            "Dans l’application, ajoutez exactement cette adresse de retour : http://localhost:8085/connexion",
            "Copiez ici le numéro et le code secret de l’application.",
            "Touchez « Se connecter avec le navigateur », et autorisez.",
            "Avec l’accès « Trial », vos épingles ne sont vues que de vous : demandez ensuite l’accès « Standard ».",
        ],
        steps_en: &[
            "Switch the restaurant’s Pinterest account to a business account (free), and create a public board there.",
            "On developers.pinterest.com create an application, and request “Trial” access: the answer takes a day or two.",
            "In the application add exactly this redirect address: http://localhost:8085/connexion",
            "Copy the application’s ID and secret here.",
            "Choose “Sign in with the browser”, and allow.",
            "With “Trial” access your pins are seen by you only: then request “Standard” access.",
        ],
    },
    limitations: &[
        "Pinterest ne publie pas de texte sans photo, et une seule photo par épingle.",
        "Pinterest n’a pas de programmation : cet ordinateur doit être allumé à l’heure prévue.",
        "La photo d’une épingle publiée ne peut pas être remplacée, seuls ses mots le peuvent.",
        "Avec l’accès « Trial » de Pinterest, les épingles ne sont visibles que de vous.",
        "Pinterest ne laisse pas lire les commentaires.",
    ],
    limitations_en: &[
        "Pinterest does not publish text without a photo, and takes one photo per pin.",
        "Pinterest has no scheduling: this computer must be on at the planned time.",
        "The photo of a published pin cannot be replaced, only its words can.",
        "With Pinterest’s “Trial” access pins are visible to you only.",
        "Pinterest lets nobody read the comments.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Pinterest;

#[async_trait]
impl Connector for Pinterest {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    /// Facts: `username`, `board_id`, `board_name`. Findings: `board_not_public`, `publishing_ready`.
    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::open(access).await?;
        let user = client.user().await?;
        let boards = client.boards().await?;
        let board = chosen(access, &boards)?;
        let (code, severity) = if board.is_public {
            ("publishing_ready", Severity::Ok)
        } else {
            ("board_not_public", Severity::Warning)
        };
        let finding = CheckFinding { code: code.to_owned(), severity, subject: Some(board.name.clone()) };
        let mut facts = ServerFacts::new();
        facts.insert("username".to_owned(), json!(user.username));
        facts.insert(BOARD_ID.to_owned(), json!(board.id));
        facts.insert("board_name".to_owned(), json!(board.name));
        Ok(Identity {
            remote_id: user.id,
            handle: format!("@{}", user.username),
            label: user.name.unwrap_or(user.username),
            server: None,
            // Renewed without end as long as the application runs now and then.
            token_expiry: TokenExpiry::Unknown,
            permissions: oauth::SCOPES.map(str::to_owned).to_vec(),
            missing_permissions: Vec::new(),
            facts,
            // What was renewed on the way is in the vault already.
            credentials: None,
            findings: vec![finding],
        })
    }

    fn link_has_its_place(&self) -> bool {
        true
    }

    fn title_has_its_place(&self) -> bool {
        true
    }

    fn edits_alt_text(&self) -> bool {
        true
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

/// The board that was typed, else the only one, else the one known from the last check.
fn chosen<'b>(access: &Access<'_>, boards: &'b [Board]) -> Result<&'b Board, Failure> {
    let typed = access.credentials.get(BOARD).map(|text| text.expose_secret().trim().to_lowercase());
    let typed = typed.filter(|text| !text.is_empty());
    let known = access.account.facts.get(BOARD_ID).and_then(Value::as_str);
    let found = match (&typed, boards) {
        (Some(typed), _) => {
            boards.iter().find(|board| board.id == *typed || board.name.to_lowercase() == *typed)
        }
        (None, [only]) => Some(only),
        (None, several) => several.iter().find(|board| Some(board.id.as_str()) == known),
    };
    let code = if boards.is_empty() { "board_missing" } else { "board_choice_needed" };
    found.ok_or_else(|| {
        let names = boards.iter().map(|board| board.name.as_str()).collect::<Vec<_>>().join(" · ");
        Failure::new(FailureClass::Reauth, Problem::new(code).message(names))
    })
}

fn board_of<'a>(access: &Access<'a>) -> Result<&'a str, Failure> {
    let board = access.account.facts.get(BOARD_ID).and_then(Value::as_str).filter(|id| is_id(id));
    board.ok_or_else(|| Failure::new(FailureClass::Reauth, Problem::new("board_choice_needed")))
}

fn own_pin<'j>(job: &Job<'j>) -> Result<&'j str, Failure> {
    job.remote_id.filter(|id| is_id(id)).ok_or_else(|| Failure::content("remote_id_unusable"))
}

fn receipt(access: &Access<'_>, id: &str) -> Receipt {
    let web = access.platform.web_url.as_deref().unwrap_or("https://www.pinterest.com");
    let permalink = Some(format!("{}/pin/{id}/", web.trim_end_matches('/')));
    Receipt { remote_id: id.to_owned(), permalink, leftovers: false }
}

#[async_trait]
impl Publisher for Pinterest {
    fn check_content(&self, post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.chars().count());
        [("title_too_long", length(&post.title), MAX_TITLE), ("link_too_long", length(&post.link), MAX_LINK)]
            .into_iter()
            .filter(|(_, length, max)| length > max)
            .map(|(code, length, max)| ContentProblem {
                code: code.to_owned(),
                severity: Severity::Error,
                values: BTreeMap::from([
                    ("length".to_owned(), json!(length)),
                    ("max_length".to_owned(), json!(max)),
                ]),
            })
            .collect()
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        if matches!(job.mode, SendMode::At(_)) {
            return Err(Failure::content("not_supported"));
        }
        let board = board_of(access)?;
        let client = Client::open(access).await?;
        // A board that is gone is the account's business: taken for a refusal of the content it would
        // throw away every waiting pin.
        client.board(board).await.map_err(|failure| match failure.problem.code.as_str() {
            "board_not_found" => Failure { class: FailureClass::Reauth, ..failure },
            _ => failure.while_looking(),
        })?;
        // Made now, so that a picture that cannot be made is known before the irreversible request.
        picture(access, job).await?;
        let mut marks = Marks::of(job, board);
        // After a first call, what is there may be its result.
        if job.first_sent_at.is_none() {
            let pins = client.pins(board, oldest(access.now)).await.map_err(Failure::while_looking)?;
            let alike = marks.alike(&pins).map(|pin| pin.id.clone()).collect();
            marks.before = alike;
        }
        Ok(Prepared::Ready { marks: marks.write() })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let marks = Marks::read(job.marks)
            .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("not_prepared")))?;
        let (content_type, data) = picture(access, job).await.map_err(Failure::while_looking)?;
        let pin = new_pin(job.content, &marks.board, content_type, &data);
        let id = Client::open(access).await?.create(&pin).await?;
        Ok(Sent::Published(receipt(access, &id)))
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(first_sent_at) = job.first_sent_at else {
            // Nothing was ever sent: nothing can be there.
            return Ok(Finding::NotFound);
        };
        // A restored copy may be older than the notes of its call: the content says what to look for.
        let marks = match Marks::read(job.marks) {
            Some(marks) => marks,
            None => Marks::of(job, board_of(access)?),
        };
        let client = Client::open(access).await?;
        let pins = client.pins(&marks.board, oldest(first_sent_at)).await;
        let pins = pins.map_err(Failure::while_looking)?;
        let found = marks.results(&pins, first_sent_at, client.their_delay());
        let mut found = found.into_iter().map(|pin| receipt(access, &pin.id));
        Ok(match found.next() {
            Some(ours) => Finding::Found { sent: Sent::Published(ours), others: found.collect() },
            None => Finding::NotFound,
        })
    }

    async fn update(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let id = own_pin(job)?;
        let shown = Marks::read(job.marks).map(|marks| marks.picture).unwrap_or_default();
        if job.content.images.first().is_none_or(|image| image.media_id.as_str() != shown) {
            return Err(Failure::content("edit_needs_new_delivery"));
        }
        if Client::open(access).await?.edit(id, &edited_pin(job.content)).await? {
            Ok(Sent::Published(receipt(access, id)))
        } else {
            Err(Failure::content("object_gone"))
        }
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        Client::open(access).await?.delete(own_pin(job)?).await
    }
}

fn oldest(at: Timestamp) -> Timestamp {
    at.checked_sub(WIDEST).unwrap_or(Timestamp::MIN)
}

/// Type and base64 of the picture.
async fn picture(access: &Access<'_>, job: &Job<'_>) -> Result<(&'static str, String), Failure> {
    let image = job.content.images.first().ok_or_else(|| Failure::content("text_only_not_allowed"))?;
    let picture = access.media.jpeg(&image.media_id, &DESCRIPTOR.limits.image).await?;
    Ok((picture.mime, STANDARD.encode(&picture.bytes)))
}
