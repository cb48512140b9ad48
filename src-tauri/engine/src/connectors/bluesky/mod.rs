//! Bluesky (AT Protocol), kind A: we choose the key of the record, so repeating the same write does
//! nothing. Published posts are never edited: the network accepts a changed record but does not show it
//! as an edit. The network has no scheduler.
//!
//! Lost pictures: uploads that no record uses are swept by the server. A repeat that is refused for
//! that reason becomes `Retry`; the next `prepare` uploads them again under the same record key, so at
//! most one post can ever exist.
//!
//! The link card is made from the post's own title; the linked page is not read.

mod client;
mod errors;
mod facets;
mod insights;
mod record;
mod session;
mod tid;
mod wire;

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::Value;

use self::{
    client::Client,
    errors::Effect,
    session::Session,
    tid::Tids,
    wire::{Marks, POST},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, ContentProblem, CountingRule, CredentialField, Descriptor,
    Failure, FailureClass, Finding, Identity, ImageLimits, Insights, Job, Kind, Limits, Prepared, Publisher,
    Receipt, Revocation, Sent, Severity,
    address::server_base,
    descriptor::{Connect, ConnectMethod},
    earliest_effect,
};
use crate::domain::{
    Account, OutgoingPost, Problem, TokenExpiry, account::ServerFacts, fingerprint::fingerprint,
};

/// Grapheme limit of the lexicon, and its limit in bytes.
const MAX_TEXT: u32 = 300;
const MAX_TEXT_BYTES: u32 = 3000;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "bluesky",
    name: "Bluesky",
    kind: Kind::A,
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
        max_text: MAX_TEXT,
        counting_rule: CountingRule::Graphemes,
        max_text_bytes: Some(MAX_TEXT_BYTES),
        max_hashtags: None,
        max_images: 4,
        max_alt_text: 2000,
        // Older servers refuse more than 976 KiB; the application itself shows at most 2000 pixels.
        image: ImageLimits {
            max_bytes: 950_000,
            max_width: 2000,
            max_height: 2000,
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
            key: session::IDENTIFIER,
            label: "Identifiant Bluesky",
            label_en: "Bluesky handle",
            help: "Le nom de votre compte, sans le @ : celui que l’on voit sous votre nom dans Bluesky.",
            help_en: "Your account name without the @: the one shown under your name in Bluesky.",
            secret: false,
            required: true,
            example: "vieux-moulin.bsky.social",
        },
        CredentialField {
            key: session::APP_PASSWORD,
            label: "Mot de passe d’application",
            label_en: "App password",
            help: "Un mot de passe à part, créé dans les paramètres de Bluesky. Ce n’est pas celui de votre compte, et vous pouvez le supprimer quand vous voulez.",
            help_en: "A separate password made in Bluesky’s settings. It is not your account password, and you can remove it at any time.",
            secret: true,
            required: true,
            example: "abcd-efgh-ijkl-mnop",
        },
        CredentialField {
            key: session::SERVER,
            label: "Serveur",
            label_en: "Server",
            help: "À laisser vide, sauf si votre compte est hébergé ailleurs que chez Bluesky.",
            help_en: "Leave empty unless your account is hosted somewhere other than Bluesky.",
            secret: false,
            required: false,
            example: "https://pds.exemple.fr",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::AppPassword],
        steps: &[
            "Ouvrez bsky.app et connectez-vous avec le compte de la maison.",
            "Allez dans Paramètres, puis « Confidentialité et sécurité », puis « Mots de passe d’application ».",
            "Touchez « Ajouter un mot de passe d’application », nommez-le « Le Vieux Moulin » et copiez le mot de passe affiché : Bluesky ne le montre qu’une fois.",
            "Collez-le ici, avec votre identifiant. C’est tout.",
        ],
        steps_en: &[
            "Open bsky.app and sign in with the restaurant’s account.",
            "Go to Settings, then “Privacy and security”, then “App passwords”.",
            "Choose “Add app password”, name it “Le Vieux Moulin” and copy the password shown: Bluesky shows it only once.",
            "Paste it here together with your handle. That is all.",
        ],
    },
    limitations: &[
        "Bluesky ne sait pas programmer : l’ordinateur doit être allumé à l’heure de la publication.",
        "Un texte publié ne peut plus être changé ; on peut le supprimer et le publier de nouveau.",
        "Bluesky ne dit pas combien de personnes ont vu une publication.",
        "Une publication montre des photos ou l’aperçu d’un lien, pas les deux.",
    ],
    limitations_en: &[
        "Bluesky cannot schedule: the computer has to be on when the post is due.",
        "A published text cannot be changed; it can be deleted and posted again.",
        "Bluesky does not say how many people saw a post.",
        "A post shows photos or a link preview, not both.",
    ],
    own_server: true,
};

/// The connector. Credential keys besides the descriptor's fields belong to `session.rs`.
#[derive(Debug, Default)]
pub struct Bluesky {
    tids: Tids,
}

#[async_trait]
impl Connector for Bluesky {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let typed =
            access.credentials.get(session::SERVER).map(|server| server.expose_secret().trim().to_owned());
        let base = match typed.filter(|server| !server.is_empty() && access.account.server.is_none()) {
            Some(server) => server_base(&server).ok_or_else(|| Failure::content("server_address_invalid"))?,
            None => access.base_url.to_owned(),
        };
        // A session that still works saves one of the few log-ins that the network allows.
        if let Some(mut session) = session::of(access.credentials, &base) {
            let who = Client::new(access, session.pds.clone()).who_am_i(&mut session).await?;
            if who.active == Some(false) {
                return Err(Failure::new(FailureClass::Blocked, Problem::new("account_blocked")));
            }
            if who.did != session.did {
                return Err(Failure::new(FailureClass::Reauth, Problem::new("account_identity_changed")));
            }
            // What was renewed on the way is in the vault already.
            return Ok(identity(access, session, who.handle, None));
        }
        let mut credentials = access.credentials.clone();
        let (session, answer) = session::first(access, &mut credentials, &base).await?;
        Ok(identity(access, session, answer.handle, Some(credentials)))
    }

    fn shows_link_card(&self) -> bool {
        true
    }

    async fn revoke(&self, access: &Access<'_>) -> Result<Revocation, Failure> {
        session::end(access).await.map(|()| Revocation::SessionEnded)
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        Some(format!("{}/settings/app-passwords", web(access)))
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }
}

fn identity(
    access: &Access<'_>,
    session: Session,
    handle: String,
    credentials: Option<super::Credentials>,
) -> Identity {
    let mut findings = vec![CheckFinding {
        code: "publishing_ready".into(),
        severity: Severity::Ok,
        subject: Some(handle.clone()),
    }];
    if session::claims(&session.token).scope.as_deref() == Some("com.atproto.access") {
        findings.push(CheckFinding {
            code: "main_password_used".into(),
            severity: Severity::Warning,
            subject: None,
        });
    }
    Identity {
        remote_id: session.did,
        label: handle.clone(),
        handle,
        server: access.own_server(session.pds),
        token_expiry: TokenExpiry::Never,
        permissions: Vec::new(),
        missing_permissions: Vec::new(),
        facts: ServerFacts::new(),
        credentials,
        findings,
    }
}

#[async_trait]
impl Publisher for Bluesky {
    fn check_content(&self, post: &OutgoingPost, _account: &Account) -> Vec<ContentProblem> {
        // With pictures there is no room for the card: a link outside the text would be lost.
        let lost =
            post.link.as_deref().is_some_and(|link| !post.images.is_empty() && !post.text.contains(link));
        if lost {
            vec![ContentProblem {
                code: "link_not_shown".into(),
                severity: Severity::Warning,
                values: std::collections::BTreeMap::new(),
            }]
        } else {
            Vec::new()
        }
    }

    async fn prepare(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        let mut session = session::open(access).await?;
        let client = Client::new(access, session.pds.clone());
        let limits = &DESCRIPTOR.limits.image;
        let marks = match Marks::read(job.marks) {
            // A send may have happened: the record keeps its words, its date and its key for ever.
            Some(mut marks) if job.first_sent_at.is_some() => {
                record::refresh_pictures(
                    access,
                    &client,
                    &mut session,
                    job.content,
                    limits,
                    &mut marks.record,
                )
                .await?;
                marks
            }
            earlier => Marks {
                record: record::build(access, &client, &mut session, job.content, limits).await?,
                rkey: earlier.map_or_else(|| self.tids.next(access.now), |marks| marks.rkey),
            },
        };
        let marks = serde_json::to_value(marks).map_err(|_| Failure::unknown("marks_unwritable"))?;
        Ok(Prepared::Ready { marks })
    }

    async fn send(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        let Some(marks) = Marks::read(job.marks).filter(|marks| tid::is_valid(&marks.rkey)) else {
            return Err(Failure::new(FailureClass::Retry, Problem::new("not_prepared")));
        };
        let session = session::open(access).await?;
        let client = Client::new(access, session.pds.clone());
        let reply = client.put_post(&session, &marks.rkey, &marks.record).await?;
        if errors::token_refused(&reply) {
            // A definite answer: nothing was written. With a fresh session the queue may send again.
            session::renew(access, Some(&session)).await?;
            return Err(Failure::new(FailureClass::Retry, Problem::new("session_renewed")).mended());
        }
        let answer = errors::accept(&reply, Effect::Possible, access.now)?;
        let uri = answer.get("uri").and_then(Value::as_str).unwrap_or_default();
        if rkey_of(uri) == Some(marks.rkey.as_str()) {
            Ok(Sent::Published(receipt(access, uri.to_owned(), &marks.rkey)))
        } else {
            Err(errors::incomplete(&reply, Effect::Possible))
        }
    }

    async fn reconcile(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(marks) = Marks::read(job.marks).filter(|marks| tid::is_valid(&marks.rkey)) else {
            // Without a key no request can have left.
            return Ok(Finding::Rebuild { marks: job.marks.clone() });
        };
        let did = &access.account.remote_id;
        let client = Client::new(access, data_server(access));
        if !client.has_post(did, &marks.rkey).await.map_err(Failure::while_looking)? {
            return Ok(Finding::Repeat);
        }
        let uri = format!("at://{did}/{POST}/{}", marks.rkey);
        Ok(Finding::Found { sent: Sent::Published(receipt(access, uri, &marks.rkey)), others: Vec::new() })
    }

    async fn look_up(&self, access: &Access<'_>, job: &Job<'_>) -> Result<Finding, Failure> {
        let Some(since) = job.first_sent_at.filter(|_| !job.content.text.trim().is_empty()) else {
            return Ok(Finding::NotFound);
        };
        let client = Client::new(access, data_server(access));
        // The record carries the time of this computer, so only its own clock may have been wrong.
        let since = earliest_effect(since, None);
        let posts =
            client.posts_since(&access.account.remote_id, since).await.map_err(Failure::while_looking)?;
        let words = fingerprint(&job.content.text);
        // Oldest first.
        let mut found = posts
            .iter()
            .rev()
            .filter(|post| post.pictures == job.content.images.len() && fingerprint(&post.text) == words)
            .filter_map(|post| Some(receipt(access, post.uri.clone(), rkey_of(&post.uri)?)));
        Ok(match found.next() {
            Some(oldest) => Finding::Found { sent: Sent::Published(oldest), others: found.collect() },
            None => Finding::NotFound,
        })
    }

    async fn delete(&self, access: &Access<'_>, job: &Job<'_>) -> Result<(), Failure> {
        let marks = Marks::read(job.marks);
        let rkey = job
            .remote_id
            .and_then(rkey_of)
            .or(marks.as_ref().map(|marks| marks.rkey.as_str()))
            .filter(|rkey| tid::is_valid(rkey))
            .ok_or_else(|| Failure::content("remote_id_unusable"))?;
        let mut session = session::open(access).await?;
        Client::new(access, session.pds.clone()).delete_post(&mut session, rkey).await
    }
}

/// Address for reads without a session.
fn data_server(access: &Access<'_>) -> String {
    session::of(access.credentials, access.base_url).map_or_else(|| access.base_url.to_owned(), |s| s.pds)
}

/// The record key inside `at://did/app.bsky.feed.post/key`.
fn rkey_of(uri: &str) -> Option<&str> {
    let (repo, rkey) = uri.strip_prefix("at://")?.split_once(&format!("/{POST}/"))?;
    (repo.starts_with("did:") && tid::is_valid(rkey)).then_some(rkey)
}

/// Where people look at it.
fn web<'a>(access: &'a Access<'_>) -> &'a str {
    access.platform.web_url.as_deref().unwrap_or("https://bsky.app").trim_end_matches('/')
}

fn receipt(access: &Access<'_>, uri: String, rkey: &str) -> Receipt {
    let web = web(access);
    let handle = access.account.handle.trim_start_matches('@');
    // "handle.invalid" is what the network shows while a handle does not resolve.
    let profile = match handle {
        "" | "handle.invalid" => access.account.remote_id.as_str(),
        handle => handle,
    };
    let permalink = Some(format!("{web}/profile/{profile}/post/{rkey}"));
    Receipt { remote_id: uri, permalink, leftovers: false }
}
