//! The switches: every fault for every network, as plain forms.

use crate::{faults::FaultName, pages::layout, platform::Platform, state::World};

/// Title and meaning of a fault for a person.
fn french(fault: FaultName) -> (&'static str, &'static str) {
    match fault {
        FaultName::RefuseConnection => ("Réseau injoignable", "La connexion est refusée."),
        FaultName::ResetBefore => ("Coupure avant l’envoi", "La ligne se coupe, rien n’est publié."),
        FaultName::ResetMidBody => {
            ("Coupure pendant la réponse", "C’est publié, la réponse arrive incomplète.")
        }
        FaultName::AcceptThenReset => {
            ("Coupure après l’envoi", "C’est publié, mais aucune réponse ne revient.")
        }
        FaultName::Stall => ("Silence", "Le réseau ne répond plus pendant 30 secondes."),
        FaultName::ServerErrorBefore => ("Erreur du réseau", "Erreur 500, rien n’est publié."),
        FaultName::ServerErrorAfter => ("Erreur trompeuse", "Erreur 500, mais c’est publié."),
        FaultName::Unavailable => ("En maintenance", "« Revenez dans quelques secondes. »"),
        FaultName::RateLimited => ("Trop de demandes", "Le réseau demande d’attendre une minute."),
        FaultName::TokenExpired => ("Connexion expirée", "Il faut se reconnecter au réseau."),
        FaultName::PermissionLost => ("Autorisation retirée", "Le compte n’a plus le droit de publier."),
        FaultName::ContentRefused => ("Contenu refusé", "Le réseau refuse le texte ou la photo."),
        FaultName::ErrorIn200 => ("Faux succès", "La réponse dit oui, son contenu dit non."),
        FaultName::TruncatedJson => ("Réponse tronquée", "C’est publié, la réponse est illisible."),
        FaultName::MissingId => ("Réponse sans numéro", "C’est publié, mais le réseau ne dit pas où."),
        FaultName::EmptyBody => ("Réponse vide", "C’est publié, la réponse est vide."),
        FaultName::HtmlPage => ("Portail Wi-Fi", "Une page de connexion Wi-Fi répond à la place du réseau."),
        FaultName::SlowDrip => {
            ("Réponse au compte-gouttes", "C’est publié, la réponse arrive très lentement.")
        }
        FaultName::Redirect => ("Renvoi ailleurs", "Le réseau renvoie vers une autre adresse."),
        FaultName::DuplicateRefused => ("Déjà publié", "Le réseau dit que ce texte est déjà en ligne."),
        FaultName::WrongDate => ("Horloge décalée", "L’heure du réseau a un quart d’heure d’avance."),
        FaultName::ListingLag => ("Liste en retard", "Les publications récentes manquent dans les listes."),
        FaultName::MediaProcessing => ("Photo en préparation", "Le réseau prépare la photo plus longtemps."),
        FaultName::MediaFailed => ("Photo rejetée", "Le réseau n’arrive pas à lire la photo."),
        FaultName::ContainerError => ("Préparation échouée", "Instagram abandonne la préparation."),
        FaultName::ContainerExpired => ("Préparation périmée", "Instagram a oublié la préparation."),
        FaultName::PermalinkFails => {
            ("Adresse introuvable", "C’est publié, mais l’adresse n’est pas donnée.")
        }
        FaultName::ModerationPending => ("Examen en cours", "Google regarde avant de montrer."),
        FaultName::ModerationRejected => ("Examen refusé", "Google regarde, et ne montre pas."),
        FaultName::Unknown4xx => ("Refus inconnu", "Un refus que personne ne connaît."),
    }
}

/// The page with all switches.
pub(crate) fn fault_page(world: &World) -> String {
    let heads: Vec<String> = Platform::ALL
        .into_iter()
        .map(|platform| format!("<th scope=\"col\">{}</th>", platform.title()))
        .collect();
    let active: Vec<_> =
        Platform::ALL.into_iter().map(|platform| (platform, world.board(platform).list())).collect();
    let rows: Vec<String> = FaultName::ALL
        .into_iter()
        .map(|fault| {
            let (title, meaning) = french(fault);
            let cells: String = active
                .iter()
                .map(|(platform, on)| {
                    let is_on = on.iter().any(|active| active.request.fault == fault);
                    cell(*platform, fault, title, is_on)
                })
                .collect();
            format!("<tr><th scope=\"row\">{title}<small>{meaning}</small></th>{cells}</tr>")
        })
        .collect();
    layout(
        "Pannes",
        "control",
        &format!(
            "<main class=\"wide\"><h1><a href=\"/\">Simuler une panne</a></h1>\
             <p>Une panne reste en place jusqu’à ce que vous l’arrêtiez.</p>\
             <form method=\"post\" action=\"/pannes\"><button name=\"switch\" value=\"all_off\">Tout remettre en ordre</button></form>\
             <table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></main>",
            heads = heads.concat(),
            rows = rows.concat(),
        ),
    )
}

fn cell(platform: Platform, fault: FaultName, title: &str, is_on: bool) -> String {
    if !fault.exists_on(platform) {
        return "<td></td>".to_owned();
    }
    let name = serde_json::to_value(fault)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default();
    let (next, label, pressed) = if is_on { ("off", "Arrêter", "true") } else { ("on", "Simuler", "false") };
    format!(
        "<td><form method=\"post\" action=\"/pannes\">\
         <input type=\"hidden\" name=\"platform\" value=\"{}\">\
         <input type=\"hidden\" name=\"fault\" value=\"{name}\">\
         <button name=\"switch\" value=\"{next}\" aria-pressed=\"{pressed}\" aria-label=\"{label} : {title} sur {}\">{label}</button>\
         </form></td>",
        platform.name(),
        platform.title(),
    )
}
