//! What each setting means, for the settings screen, the manual and editors.
//!
//! A test keeps this table equal to the shipped file.

use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Settings;

/// One line of the reference.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeyReference {
    /// Dotted path in `settings.json`.
    pub key: &'static str,
    /// JSON Schema of the value, without the default.
    #[schema(value_type = Object)]
    pub schema: Value,
    pub default: Value,
    /// French sentence.
    pub text: &'static str,
    /// English sentence.
    pub text_en: &'static str,
}

type Row = (&'static str, fn() -> Value, &'static str, &'static str);

fn text() -> Value {
    json!({"type": "string"})
}
fn optional_text() -> Value {
    json!({"type": ["string", "null"]})
}
fn flag() -> Value {
    json!({"type": "boolean"})
}
fn wall_time() -> Value {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
}
fn number(min: u64, max: u64) -> Value {
    json!({"type": "integer", "minimum": min, "maximum": max})
}

const ROWS: &[Row] = &[
    ("house.name", text, "Nom du restaurant.", "Name of the restaurant."),
    ("house.city", text, "Commune du restaurant.", "Town of the restaurant."),
    (
        "house.timezone",
        text,
        "Fuseau horaire dans lequel les heures sans fuseau sont lues.",
        "Time zone in which times without a zone are read.",
    ),
    (
        "language",
        || json!({"enum": ["fr", "en"]}),
        "Langue des écrans et des messages.",
        "Language of screens and messages.",
    ),
    (
        "theme",
        || json!({"enum": ["system", "light", "dark"]}),
        "Couleurs : celles du système, claires ou sombres.",
        "Colours: the system's, light or dark.",
    ),
    (
        "publishing.undo_secs",
        || number(0, 600),
        "Secondes pendant lesquelles « Publier maintenant » peut être annulé ; 0 pour ne pas attendre.",
        "Seconds during which \"Publish now\" can be undone; 0 not to wait.",
    ),
    (
        "publishing.service_ends.midi",
        wall_time,
        "Fin du service de midi : un plat du jour en retard ne part plus après.",
        "End of lunch service: a late dish of the day does not leave after it.",
    ),
    ("publishing.service_ends.soir", wall_time, "Fin du service du soir.", "End of dinner service."),
    (
        "publishing.late.evergreen_max_late_secs",
        || number(0, 604_800),
        "Une publication ordinaire plus en retard que cela vous est soumise avant de partir.",
        "An ordinary post later than this asks you before it leaves.",
    ),
    (
        "publishing.late.evergreen_spacing_secs",
        || number(0, 86_400),
        "Écart minimal entre deux publications ordinaires en retard d’un même compte.",
        "Least distance between two late ordinary posts of one account.",
    ),
    (
        "publishing.lookup_waits_secs",
        || json!({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 3600}, "minItems": 1, "maxItems": 6}),
        "Attentes successives avant de conclure qu’une publication douteuse n’existe pas.",
        "Successive waits before a doubtful post counts as absent.",
    ),
    (
        "publishing.hand_over.facebook_min_secs",
        || number(660, 86_400),
        "En deçà de ce délai, la publication part d’ici ; au-delà, Facebook la garde et la publie lui-même.",
        "Closer than this the post leaves from here; further away Facebook keeps and publishes it.",
    ),
    (
        "publishing.hand_over.facebook_max_secs",
        || number(86_400, 2_592_000),
        "Au-delà de ce délai, la publication attend ici avant d’être remise à Facebook.",
        "Further than this the post waits here before it is handed to Facebook.",
    ),
    (
        "api.port",
        || number(0, 65_535),
        "Port du tableau de bord sur cet ordinateur ; pris en compte au prochain démarrage.",
        "Port of the dashboard on this computer; used from the next start.",
    ),
    (
        "notifications.enabled",
        flag,
        "Montrer une notification du bureau quand une publication a besoin de vous.",
        "Show a desktop notification when a post needs you.",
    ),
    (
        "notifications.quiet_hours.enabled",
        flag,
        "Ne pas montrer de notification pendant les heures calmes.",
        "No desktop notification in the quiet hours.",
    ),
    ("notifications.quiet_hours.from", wall_time, "Début des heures calmes.", "Start of the quiet hours."),
    ("notifications.quiet_hours.to", wall_time, "Fin des heures calmes.", "End of the quiet hours."),
    (
        "messages.house_name",
        optional_text,
        "Nom qui signe les e-mails et les SMS ; vide pour le nom du restaurant.",
        "Name that signs e-mails and SMS; empty for the name of the restaurant.",
    ),
    (
        "messages.house_address",
        optional_text,
        "Adresse postale, écrite au bas de chaque e-mail.",
        "Postal address, written below each e-mail.",
    ),
    (
        "messages.house_phone",
        optional_text,
        "Téléphone, écrit au bas de chaque e-mail.",
        "Telephone, written below each e-mail.",
    ),
    (
        "messages.house_siret",
        optional_text,
        "Numéro SIRET, écrit au bas de chaque e-mail.",
        "Number in the register of companies, written below each e-mail.",
    ),
    (
        "messages.privacy_url",
        optional_text,
        "Page de votre site sur les données personnelles, en lien au bas des e-mails.",
        "Page of your web site on personal data, linked below each e-mail.",
    ),
    (
        "messages.reply_to",
        optional_text,
        "Adresse e-mail qui reçoit les réponses des clients.",
        "E-mail address that gets the customers' answers.",
    ),
    (
        "messages.sms_sender",
        optional_text,
        "Nom d’expéditeur des SMS : 3 à 11 lettres et chiffres, sans espace.",
        "Sender's name of SMS: 3 to 11 letters and digits, no spaces.",
    ),
    (
        "messages.sms_stop",
        optional_text,
        "Mention qui dit comment refuser les SMS, par exemple « STOP 36111 » ; vide si votre service d’envoi l’ajoute.",
        "Words that say how to refuse SMS, for example \"STOP 36111\"; empty if your provider adds them.",
    ),
    (
        "messages.default_country",
        || json!({"type": "string", "pattern": "^[A-Z]{2}$"}),
        "Pays des numéros de téléphone écrits sans indicatif.",
        "Country of telephone numbers written without one.",
    ),
    (
        "messages.frequency_cap.count",
        || number(1, 31),
        "Offres qu’une même personne reçoit au plus, e-mails et SMS ensemble, pendant les jours ci-dessous.",
        "Most offers that one person receives, e-mail and SMS together, during the days below.",
    ),
    (
        "messages.frequency_cap.days",
        || number(1, 90),
        "Jours pendant lesquels ces offres sont comptées, aujourd’hui compris.",
        "Days during which these offers are counted, today included.",
    ),
    (
        "messages.sms_hours.from",
        wall_time,
        "Un SMS publicitaire ne part pas avant cette heure (de Paris) ; jamais avant 8 h.",
        "An advertising SMS does not leave before this time (of Paris); never before 8:00.",
    ),
    (
        "messages.sms_hours.to",
        wall_time,
        "Un SMS publicitaire ne part plus à partir de cette heure (de Paris) ; jamais après 21 h 30.",
        "An advertising SMS does not leave from this time on (of Paris); never after 21:30.",
    ),
    (
        "messages.sms_hours.saturdays",
        flag,
        "Envoyer des SMS publicitaires le samedi.",
        "Send advertising SMS on Saturdays.",
    ),
    (
        "messages.sms_hours.sundays",
        flag,
        "Envoyer des SMS publicitaires le dimanche : toléré par la charte des opérateurs, déconseillé.",
        "Send advertising SMS on Sundays: tolerated by the operators' charter, not recommended.",
    ),
    (
        "messages.sms_hours.holidays",
        flag,
        "Envoyer des SMS publicitaires les jours fériés : toléré par la charte des opérateurs, déconseillé.",
        "Send advertising SMS on public holidays: tolerated by the operators' charter, not recommended.",
    ),
    (
        "messages.monthly_budget_cents",
        || number(0, 10_000_000),
        "Dépense au plus par mois pour les messages, en centimes ; 0 pour aucun plafond.",
        "Most money for messages in a month, in cents; 0 for no ceiling.",
    ),
    (
        "messages.sms_part_price_milli",
        || number(0, 10_000),
        "Prix d’une partie de SMS, en millièmes d’euro, avec lequel le plafond compte.",
        "Price of one part of an SMS, in thousandths of a euro, that the ceiling counts with.",
    ),
    (
        "logs.dir",
        optional_text,
        "Dossier des journaux techniques ; vide pour l’emplacement habituel du système. Pris en compte au prochain démarrage.",
        "Folder of the log files; empty for the system's usual place. Used from the next start.",
    ),
    ("logs.days", || number(1, 365), "Nombre de fichiers quotidiens conservés.", "Daily files kept."),
    (
        "logs.level",
        || json!({"enum": ["error", "warn", "info", "debug", "trace"]}),
        "Détail des journaux techniques.",
        "Detail of the log files.",
    ),
    (
        "backup.enabled",
        flag,
        "Copier la base chaque jour et vérifier la copie.",
        "Copy the database every day and verify the copy.",
    ),
    ("backup.keep_daily", || number(1, 60), "Copies quotidiennes conservées.", "Daily copies kept."),
    ("backup.keep_weekly", || number(0, 60), "Copies hebdomadaires conservées.", "Weekly copies kept."),
    (
        "backup.keep_before_migration",
        || number(1, 20),
        "Copies conservées d’avant une mise à jour de la base.",
        "Copies kept from before an update of the database.",
    ),
];

/// Every setting with its meaning, in the order of the file.
pub fn key_reference() -> Vec<KeyReference> {
    let shipped: Value = serde_json::from_str(Settings::shipped_text()).unwrap_or_default();
    ROWS.iter()
        .map(|(key, schema, text, text_en)| KeyReference {
            key,
            schema: schema(),
            default: shipped.pointer(&format!("/{}", key.replace('.', "/"))).cloned().unwrap_or_default(),
            text,
            text_en,
        })
        .collect()
}

/// The JSON Schema (2020-12) of a `settings.json` overlay: every key optional.
pub fn json_schema() -> Value {
    let mut root = object();
    for row in key_reference() {
        let mut leaf = row.schema;
        if let Some(leaf) = leaf.as_object_mut() {
            leaf.insert("description".to_owned(), json!(row.text));
            leaf.insert("default".to_owned(), row.default);
        }
        let mut parent = &mut root;
        let mut parts: Vec<&str> = row.key.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let properties = &mut parent["properties"];
            if properties.get(part).is_none() {
                properties[part] = object();
            }
            parent = &mut properties[part];
        }
        parent["properties"][last] = leaf;
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("settings.json");
    root
}

fn object() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": Map::new()})
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::{Value, json};

    use super::{Settings, json_schema, key_reference};

    fn leaves(prefix: &str, value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                    leaves(&path, value, into);
                }
            }
            _ => into.push(prefix.to_owned()),
        }
    }

    #[test]
    fn every_shipped_key_is_explained_and_nothing_else() {
        let shipped: Value = serde_json::from_str(Settings::shipped_text()).unwrap();
        let mut keys = Vec::new();
        leaves("", &shipped, &mut keys);
        let explained: Vec<String> = key_reference().iter().map(|row| row.key.to_owned()).collect();
        assert_eq!(keys, explained);
    }

    /// The bounds written in the table are those that the reader enforces.
    #[test]
    fn bounds_of_the_table_are_enforced() {
        for row in key_reference() {
            let (Some(min), Some(max)) = (row.schema["minimum"].as_u64(), row.schema["maximum"].as_u64())
            else {
                continue;
            };
            let overlay = |number: u64| {
                let text = row.key.rsplit('.').fold(json!(number), |value, part| json!({part: value}));
                Settings::parse(Some(&text.to_string()))
            };
            assert!(overlay(min).is_ok() && overlay(max).is_ok(), "{}", row.key);
            assert!(overlay(max + 1).is_err(), "{}", row.key);
            assert!(min == 0 || overlay(min - 1).is_err(), "{}", row.key);
        }
    }

    #[test]
    fn the_schema_nests_like_the_file() {
        let schema = json_schema();
        assert_eq!(schema["properties"]["publishing"]["properties"]["undo_secs"]["default"], 30);
    }
}
