//! Everything that the house knows about a person as one page to read and to print (GDPR, article 15). The same
//! as the JSON document of `store::rights::personal_file`, which is what another house can take over
//! (article 20). A browser makes a PDF of it ("Print", "Save as PDF"): it needs no second layout, no fonts in
//! the program, and everybody can read it.

use std::fmt::Write as _;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value;

use crate::config::Language;

/// Sections in the order of the page: key of the document, title in French and English.
const SECTIONS: &[(&str, &str, &str)] = &[
    ("contact", "Fiche", "Record"),
    ("tags", "Étiquettes", "Tags"),
    ("visits", "Visites", "Visits"),
    ("dishes", "Plats", "Dishes"),
    ("consents", "Accords donnés et retirés", "Agreements given and withdrawn"),
    ("suppressions", "Ne plus écrire", "Do not write"),
    ("messages", "Messages envoyés", "Messages sent"),
    ("message_events", "Ce qui en a été rapporté", "What was reported about them"),
    ("rights_requests", "Demandes sur vos données", "Requests about your data"),
];

/// Fields that only the program needs.
const INTERNAL: &[&str] = &["id", "contact_id", "message_id"];

/// Words of the fields and values that a person does not know by themselves.
const WORDS: &[(&str, &str, &str)] = &[
    ("actor", "Noté par", "Noted by"),
    ("address", "Adresse", "Address"),
    ("amount_cents", "Montant (centimes)", "Amount (cents)"),
    ("at", "Date", "Date"),
    ("basis", "Fondement", "Basis"),
    ("birthday", "Anniversaire", "Birthday"),
    ("channel", "Moyen", "Means"),
    ("city", "Commune", "Town"),
    ("count", "Nombre", "Number"),
    ("covers", "Couverts", "Covers"),
    ("created_at", "Fiche créée le", "Record made on"),
    ("detail", "Détail", "Detail"),
    ("dish", "Plat", "Dish"),
    ("distance_km", "Distance (km)", "Distance (km)"),
    ("done_at", "Traitée le", "Answered on"),
    ("due_at", "À traiter avant le", "To be answered before"),
    ("email", "E-mail", "E-mail"),
    ("email_consent", "Offres par e-mail", "Offers by e-mail"),
    ("external_id", "Numéro d’origine", "Original number"),
    ("fate", "Arrivée", "Arrival"),
    ("first_name", "Prénom", "First name"),
    ("first_visit_at", "Première visite", "First visit"),
    ("kind", "Nature", "Kind"),
    ("language", "Langue", "Language"),
    ("last_name", "Nom", "Last name"),
    ("last_visit_at", "Dernière visite", "Last visit"),
    ("mailing", "Envoi", "Mailing"),
    ("note", "Note", "Note"),
    ("phone", "Téléphone", "Telephone"),
    ("postal_code", "Code postal", "Postal code"),
    ("preferred_channel", "Moyen préféré", "Preferred means"),
    ("proof", "Preuve", "Proof"),
    ("purpose", "But", "Purpose"),
    ("reason", "Raison", "Reason"),
    ("received_at", "Reçue le", "Received on"),
    ("recorded_at", "Noté le", "Noted on"),
    ("robot", "Par un programme", "By a program"),
    ("sent_at", "Envoyé le", "Sent on"),
    ("sms_consent", "Offres par SMS", "Offers by SMS"),
    ("source", "Origine", "Source"),
    ("spend_cents", "Dépenses (centimes)", "Spending (cents)"),
    ("state", "État", "State"),
    ("tag", "Étiquette", "Tag"),
    ("updated_at", "Fiche modifiée le", "Record changed on"),
    ("variables", "Valeurs du message", "Values of the message"),
    ("visit_count", "Nombre de visites", "Number of visits"),
    ("wording_version", "Texte accepté", "Words agreed to"),
    ("granted", "accord donné", "agreed"),
    ("withdrawn", "accord retiré", "withdrawn"),
    ("withdrawal", "retrait", "withdrawal"),
    ("consent", "accord", "agreement"),
    ("soft_opt_in", "client existant", "existing customer"),
    ("marketing", "offres", "offers"),
    ("service", "service", "service"),
    ("open_tracking", "suivi des ouvertures", "following of openings"),
    ("email", "e-mail", "e-mail"),
    ("sms", "SMS", "SMS"),
    ("published", "accepté par le prestataire", "accepted by the provider"),
    ("duplicate", "accepté par le prestataire", "accepted by the provider"),
    ("queued", "en attente", "waiting"),
    ("retry_at", "en attente", "waiting"),
    ("cancelled", "annulé", "cancelled"),
    ("rejected", "refusé", "refused"),
    ("expired", "trop tard", "too late"),
    ("delivered", "arrivé", "delivered"),
    ("bounced", "revenu", "returned"),
    ("complained", "plainte", "complaint"),
    ("access", "accès", "access"),
    ("rectification", "rectification", "rectification"),
    ("erasure", "effacement", "erasure"),
    ("objection", "opposition", "objection"),
    ("portability", "portabilité", "portability"),
    ("stop", "désinscription", "unsubscribed"),
    ("complaint", "plainte", "complaint"),
    ("hard_bounce", "adresse morte", "dead address"),
    ("manual", "décision de la maison", "decision of the house"),
    ("true", "oui", "yes"),
    ("false", "non", "no"),
];

const STYLE: &str = "body{font:11pt/1.45 Georgia,serif;color:#222;max-width:48em;margin:2em auto;padding:0 1em}\
    h1{font-size:1.6em}h2{font-size:1.15em;margin:1.6em 0 .4em;border-bottom:1px solid #999}\
    table{border-collapse:collapse;width:100%;font-size:.92em;overflow-wrap:anywhere}\
    th,td{text-align:left;vertical-align:top;padding:.2em .6em .2em 0;border-bottom:1px solid #ddd}\
    tr{break-inside:avoid}th{font-weight:600}\
    @media print{body{margin:0;max-width:none}h2{break-after:avoid}}@page{margin:18mm}";

/// The page. `document`: of `store::rights::personal_file`; times in the zone of the house.
pub fn page(document: &Value, house: &str, language: Language, zone: &TimeZone, now: Timestamp) -> String {
    let french = language == Language::Fr;
    let say = |fr: &'static str, en: &'static str| if french { fr } else { en };
    let name = [document["contact"]["first_name"].as_str(), document["contact"]["last_name"].as_str()]
        .into_iter()
        .flatten()
        .filter(|name| !name.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let title = say("Vos données chez", "Your data at");
    let mut html = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} {house}</title>\
         <style>{STYLE}</style></head><body><h1>{title} {house}</h1><p>{name}</p><p>{made} {day}.</p>",
        lang = say("fr", "en"),
        house = escaped(house),
        name = escaped(&name),
        made =
            say("Tout ce que la maison sait de vous, au", "Everything that the house knows about you, as of"),
        day = time(now, zone, french),
    );
    for (key, fr, en) in SECTIONS {
        let _ = write!(html, "<section><h2>{}</h2>", say(fr, en));
        match &document[*key] {
            Value::Object(fields) => {
                html.push_str("<table>");
                for (name, value) in fields.iter().filter(|(name, _)| !INTERNAL.contains(&name.as_str())) {
                    let value = shown(value, zone, french);
                    if !value.is_empty() {
                        let _ = write!(
                            html,
                            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
                            escaped(word(name, french)),
                            escaped(&value)
                        );
                    }
                }
                html.push_str("</table>");
            }
            Value::Array(rows) if !rows.is_empty() => table(&mut html, rows, zone, french),
            _ => {
                let _ = write!(html, "<p>{}</p>", say("Rien.", "Nothing."));
            }
        }
        html.push_str("</section>");
    }
    html.push_str("</body></html>");
    html
}

fn table(html: &mut String, rows: &[Value], zone: &TimeZone, french: bool) {
    let Some(Value::Object(first)) = rows.first() else { return };
    let columns: Vec<&String> = first.keys().filter(|name| !INTERNAL.contains(&name.as_str())).collect();
    html.push_str("<table><thead><tr>");
    for name in &columns {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escaped(word(name, french)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for name in &columns {
            let _ = write!(html, "<td>{}</td>", escaped(&shown(&row[name.as_str()], zone, french)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
}

fn shown(value: &Value, zone: &TimeZone, french: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(at) => time(at, zone, french),
            Err(_) => word(text, french).to_owned(),
        },
        Value::Bool(is) => word(if *is { "true" } else { "false" }, french).to_owned(),
        Value::Object(fields) if fields.is_empty() => String::new(),
        other => other.to_string(),
    }
}

fn time(at: Timestamp, zone: &TimeZone, french: bool) -> String {
    let local = at.to_zoned(zone.clone());
    local.strftime(if french { "%d/%m/%Y %H:%M" } else { "%Y-%m-%d %H:%M" }).to_string()
}

/// The word of a field or value; itself when there is none.
fn word(name: &str, french: bool) -> &str {
    WORDS.iter().find(|(known, ..)| *known == name).map_or(name, |(_, fr, en)| if french { fr } else { en })
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_shows_everything_and_runs_nothing() {
        let document = json!({
            "contact": {"id": "c1", "first_name": "Camille", "last_name": "<script>alert(1)</script>",
                        "email": "camille@example.com", "note": "a & b", "created_at": "2026-11-27T11:00:00Z"},
            "tags": [{"tag": "terrasse"}],
            "consents": [{"id": 1, "contact_id": "c1", "state": "granted", "channel": "sms", "at": "2026-11-27T11:00:00Z"}],
            "visits": [],
        });
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let now = "2026-11-28T11:00:00Z".parse().unwrap();
        let html = page(&document, "Le Vieux Moulin", Language::Fr, &paris, now);
        for part in [
            "Vos données chez Le Vieux Moulin",
            "camille@example.com",
            "terrasse",
            "accord donné",
            "27/11/2026 12:00",
            "a &amp; b",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        assert!(!html.contains(">c1<"), "{html}");
        let english = page(&document, "Le Vieux Moulin", Language::En, &paris, now);
        assert!(
            english.contains("Your data at Le Vieux Moulin") && english.contains("Nothing."),
            "{english}"
        );
    }
}
