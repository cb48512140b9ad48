//! Sentences for what happened: the log of a delivery and the journal. Chosen from the stored words,
//! never stored themselves, so that a better sentence also tells old stories better.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    connectors::registry::Registry,
    problems,
    store::{
        attempts::{Attempt, Step},
        journal::Entry,
    },
};

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JournalView {
    pub id: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `window`, `dashboard`, `cli`, `api:<label>` or `engine`.
    pub actor: String,
    #[schema(example = "delivery.published")]
    pub kind: String,
    pub subject: String,
    pub text: String,
    pub text_en: String,
    pub post_id: Option<String>,
    pub delivery_id: Option<String>,
    pub account: Option<String>,
}

/// The sentence of one attempt, French and English.
pub fn attempt(attempt: &Attempt, platform: &str) -> (String, String) {
    let (french, english) = match (attempt.step, attempt.outcome.as_str()) {
        (_, "published") => (format!("Publié sur {platform}."), format!("Published on {platform}.")),
        (_, "handed_over") => (
            format!("Remis à {platform}, qui le publiera à l’heure dite."),
            format!("Handed to {platform}, which publishes it at its time."),
        ),
        (Step::Prepare, "waiting") => {
            (format!("{platform} prépare la photo."), format!("{platform} is preparing the photo."))
        }
        (Step::Prepare, "armed") => {
            ("Tout est prêt pour l’envoi.".into(), "Everything is ready to send.".into())
        }
        (_, "armed" | "rebuild") => ("Prêt à repartir.".into(), "Ready to leave again.".into()),
        (_, "retry_at") => ("Remis à plus tard.".into(), "Put off until later.".into()),
        (_, "needs_reauth") => (
            format!("{platform} demande de reconnecter le compte."),
            format!("{platform} asks to reconnect the account."),
        ),
        (_, "rejected" | "refused" | "change_refused") => {
            (format!("Refusé par {platform}."), format!("Refused by {platform}."))
        }
        (_, "duplicate") => {
            (format!("{platform} a déjà cette publication."), format!("{platform} already has this post."))
        }
        (_, "unknown") => (
            format!("Pas de réponse claire de {platform} : on vérifie."),
            format!("No clear answer from {platform}: checking."),
        ),
        (Step::Reconcile, "not_found" | "pending") => (
            format!("Pas encore trouvé sur {platform} : on regardera encore."),
            format!("Not found on {platform} yet: looking again later."),
        ),
        (_, "own_timer") => (
            format!("{platform} ne la garde pas d’avance : elle partira d’ici, à l’heure."),
            format!("{platform} does not keep it in advance: it leaves from here, on time."),
        ),
        (_, "later") => (
            format!("{platform} n’a pas répondu : nouvel essai plus tard."),
            format!("{platform} did not answer: another try later."),
        ),
        (Step::Verify, "pending" | "waiting") => {
            (format!("{platform} ne l’a pas encore publié."), format!("{platform} has not published it yet."))
        }
        (_, "not_published") => (format!("Absent de {platform}."), format!("Not on {platform}.")),
        (_, "held") => {
            ("Mis de côté : une décision est attendue.".into(), "Set aside: waits for a decision.".into())
        }
        (_, "expired") => {
            ("Abandonné : l’heure utile est passée.".into(), "Dropped: its useful time is over.".into())
        }
        (_, "cancelled") => ("Annulé.".into(), "Cancelled.".into()),
        (_, "queued") => ("Remis dans la file.".into(), "Back in the queue.".into()),
        (_, "changed") => (format!("Modifié sur {platform}."), format!("Changed on {platform}.")),
        (_, "removed") => (format!("Supprimé de {platform}."), format!("Deleted from {platform}.")),
        (Step::Person, "retry" | "retry_requested") => {
            ("Vous avez demandé de réessayer.".into(), "You asked to try again.".into())
        }
        (Step::Person, "cancel_requested") => {
            ("Vous avez demandé d’annuler.".into(), "You asked to cancel.".into())
        }
        (Step::Person, "delete_requested") => {
            ("Vous avez demandé de supprimer.".into(), "You asked to delete.".into())
        }
        (Step::Person, "check_requested") => {
            ("Vous avez demandé de vérifier.".into(), "You asked to check.".into())
        }
        (Step::Person, "update_requested") => {
            ("Vous avez modifié la publication.".into(), "You changed the post.".into())
        }
        (Step::Person, "published_confirmed") => {
            ("Vous avez confirmé : c’est parti.".into(), "You confirmed: it went out.".into())
        }
        (Step::Person, "resend_confirmed") => {
            ("Vous avez demandé de renvoyer.".into(), "You asked to send again.".into())
        }
        (step, outcome) => {
            (format!("{} : {outcome}.", step_name(step)), format!("{}: {outcome}.", step.as_str()))
        }
    };
    let rescued = attempt.step == Step::Rescue;
    let french = if rescued { format!("L’application s’était arrêtée. {french}") } else { french };
    let english = if rescued { format!("The application had stopped. {english}") } else { english };
    match attempt.problem.as_ref() {
        None => (french, english),
        Some(problem) => {
            let text = problems::find_or_general(&problem.code);
            (format!("{french} {}", text.detail), format!("{english} {}", text.detail_en))
        }
    }
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Plan => "Programmation",
        Step::Prepare => "Préparation",
        Step::Send => "Envoi",
        Step::Reconcile => "Vérification",
        Step::Verify => "Contrôle",
        Step::Update => "Modification",
        Step::Delete => "Suppression",
        Step::Rescue => "Reprise",
        Step::Person => "Votre décision",
    }
}

/// An entry of the journal with its sentence.
pub fn journal_view(registry: &Registry, entry: Entry) -> JournalView {
    let subject = &entry.subject;
    let platform = entry.details.get("platform").and_then(serde_json::Value::as_str).unwrap_or_default();
    let platform = registry.get(platform).map_or(platform, |connector| connector.descriptor().name);
    let (text, text_en) = match entry.kind.as_str() {
        "post.drafted" => (format!("Brouillon créé : {subject}"), format!("Draft created: {subject}")),
        "post.planned" => (format!("Programmé : {subject}"), format!("Scheduled: {subject}")),
        "reply.planned" => (format!("Réponse écrite : {subject}"), format!("Answer written: {subject}")),
        "post.edited" => (format!("Modifié : {subject}"), format!("Changed: {subject}")),
        "post.deleted" => (format!("Mis à la corbeille : {subject}"), format!("Put in the bin: {subject}")),
        "post.restored" => {
            (format!("Sorti de la corbeille : {subject}"), format!("Taken out of the bin: {subject}"))
        }
        "delivery.published" => {
            (format!("Publié sur {platform} : {subject}"), format!("Published on {platform}: {subject}"))
        }
        "delivery.handed_over" => {
            (format!("Remis à {platform} : {subject}"), format!("Handed to {platform}: {subject}"))
        }
        "delivery.rejected" => {
            (format!("Refusé par {platform} : {subject}"), format!("Refused by {platform}: {subject}"))
        }
        "delivery.duplicate" => {
            (format!("Déjà présent sur {platform} : {subject}"), format!("Already on {platform}: {subject}"))
        }
        "delivery.held" => {
            (format!("À traiter sur {platform} : {subject}"), format!("Needs you on {platform}: {subject}"))
        }
        "delivery.needs_reauth" => {
            (format!("En attente de {platform} : {subject}"), format!("Waits for {platform}: {subject}"))
        }
        "delivery.cancelled" => {
            (format!("Annulé sur {platform} : {subject}"), format!("Cancelled on {platform}: {subject}"))
        }
        "delivery.expired" => {
            (format!("Trop tard pour {platform} : {subject}"), format!("Too late for {platform}: {subject}"))
        }
        "delivery.several_found" => {
            (format!("Trouvé plusieurs fois sur {subject}"), format!("Found several times on {subject}"))
        }
        "account.connected" => {
            (format!("Compte connecté : {subject}"), format!("Account connected: {subject}"))
        }
        "account.unverified" => (
            format!("Compte ajouté, vérification à refaire : {subject}"),
            format!("Account added, still to be checked: {subject}"),
        ),
        "account.reconnected" => {
            (format!("Compte reconnecté : {subject}"), format!("Account reconnected: {subject}"))
        }
        "contact.merged" => ("Deux fiches client réunies.".into(), "Two customer records joined.".into()),
        "contact.removed" => ("Fiche client supprimée.".into(), "Customer record removed.".into()),
        "contacts.imported" => {
            ("Import d’une liste de clients.".into(), "A list of customers was imported.".into())
        }
        "contacts.import_undone" => {
            ("Import de clients annulé.".into(), "An import of customers was taken back.".into())
        }
        "contacts.exported" => {
            ("Liste des clients exportée.".into(), "The list of customers was exported.".into())
        }
        "account.removed" => (format!("Compte retiré : {subject}"), format!("Account removed: {subject}")),
        "account.stopped" => {
            (format!("Compte à reconnecter : {subject}"), format!("Account to reconnect: {subject}"))
        }
        "account.paused" => (format!("Compte en pause : {subject}"), format!("Account paused: {subject}")),
        "account.resumed" => {
            (format!("Compte remis en route : {subject}"), format!("Account resumed: {subject}"))
        }
        "publishing.paused" => ("Publications en pause".into(), "Publishing paused".into()),
        "publishing.resumed" => ("Publications remises en route".into(), "Publishing resumed".into()),
        "template.saved" => (format!("Modèle enregistré : {subject}"), format!("Template saved: {subject}")),
        "template.archived" => {
            (format!("Modèle archivé : {subject}"), format!("Template archived: {subject}"))
        }
        "template.restored" => (
            format!("Modèle sorti des archives : {subject}"),
            format!("Template taken out of the archive: {subject}"),
        ),
        "settings.changed" => {
            (format!("Réglages modifiés : {subject}"), format!("Settings changed: {subject}"))
        }
        "data.restored" => (
            format!("Données remises depuis la copie du {subject}"),
            format!("Data restored from the copy of {subject}"),
        ),
        "consent.granted" => (format!("Accord noté : {subject}"), format!("Agreement noted: {subject}")),
        "consent.withdrawn" => {
            (format!("Accord retiré : {subject}"), format!("Agreement withdrawn: {subject}"))
        }
        "consents.exported" => ("Accords exportés".into(), "Agreements exported".into()),
        "suppression.added" => {
            (format!("Adresse à ne plus écrire : {subject}"), format!("Address not to write to: {subject}"))
        }
        "suppression.removed" => (
            format!("Adresse à laquelle on peut de nouveau écrire : {subject}"),
            format!("Address to write to again: {subject}"),
        ),
        "rights.received" => (
            format!("Demande sur des données reçue : {subject}"),
            format!("Request about data received: {subject}"),
        ),
        "rights.done" => (
            format!("Demande sur des données traitée : {subject}"),
            format!("Request about data answered: {subject}"),
        ),
        "contact.handed_out" => ("Dossier d’une personne remis".into(), "File of a person handed out".into()),
        "contact.erased" => ("Personne effacée".into(), "Person erased".into()),
        "recovery_key.shown" => ("Clé de secours affichée".into(), "Recovery key shown".into()),
        "token.created" => (format!("Clé créée : {subject}"), format!("Key created: {subject}")),
        "token.revoked" => (format!("Clé révoquée : {subject}"), format!("Key revoked: {subject}")),
        "session.opened" => {
            ("Tableau de bord ouvert dans un navigateur".into(), "Dashboard opened in a browser".into())
        }
        kind => (format!("{kind} : {subject}"), format!("{kind}: {subject}")),
    };
    JournalView {
        id: entry.id,
        at: entry.at,
        actor: entry.actor,
        kind: entry.kind,
        subject: entry.subject,
        text,
        text_en,
        post_id: entry.post_id,
        delivery_id: entry.delivery_id,
        account: entry.account_id,
    }
}
