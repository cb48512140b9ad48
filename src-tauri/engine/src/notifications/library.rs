//! The templates that come with the program, and those of the data folder's `templates.json`.
//!
//! Both are brought into the store when the engine starts, as new versions where they changed. What a
//! person edited in the window is never replaced by an update of the program; a change of the file is a
//! person's own doing, and becomes the newest version.

use std::{collections::BTreeMap, path::Path};

use jiff::Timestamp;

use crate::{
    config::{ConfigError, path_at},
    domain::{EmailTemplate, SmsTemplate, TemplateBody},
    store::{Store, StoreError, Tx, templates},
};

/// File name in the data folder.
pub const TEMPLATES_FILE: &str = "templates.json";

const INDEX: &str = include_str!("../../../../config/templates.json");

/// The words of each shipped template: e-mail, SMS.
macro_rules! words {
    ($($id:literal),+ $(,)?) => {
        &[$((
            $id,
            include_str!(concat!("../../../../config/templates/", $id, "/email.json")),
            include_str!(concat!("../../../../config/templates/", $id, "/sms.txt")),
        )),+]
    };
}

const WORDS: &[(&str, &str, &str)] = words![
    "promotion_annonce",
    "promotion_annonce_en",
    "menu_semaine",
    "menu_semaine_en",
    "evenement",
    "evenement_en",
    "bienvenue",
    "bienvenue_en",
    "anniversaire",
    "anniversaire_en",
    "vous_nous_manquez",
    "vous_nous_manquez_en",
    "merci",
    "merci_en",
    "rappel_reservation",
    "rappel_reservation_en",
];

/// Templates by id.
pub type Templates = BTreeMap<String, TemplateBody>;

/// The templates that come with the program.
///
/// Errors: none in practice; a test reads them all.
pub fn shipped() -> Result<Templates, ConfigError> {
    let mut templates = parse(INDEX)?;
    for (id, email, sms) in WORDS {
        let email: EmailTemplate = serde_json::from_str(email).map_err(|error| unreadable(&error, email))?;
        if let Some(body) = templates.get_mut(*id) {
            body.email = Some(email);
            let text = sms.trim().to_owned();
            body.sms = (!text.is_empty()).then_some(SmsTemplate { text });
        }
    }
    Ok(templates)
}

/// Reads templates as somebody wrote them: an object of templates by id. A mistake is named with its
/// place.
pub fn parse(text: &str) -> Result<Templates, ConfigError> {
    let templates: Templates = serde_json::from_str(text).map_err(|error| unreadable(&error, text))?;
    for id in templates.keys() {
        if !is_good_id(id) {
            return Err(ConfigError {
                code: "config_invalid",
                file: TEMPLATES_FILE,
                key: id.clone(),
                line: 1,
                column: 1,
                detail: format!(
                    "{TEMPLATES_FILE}\u{a0}: «\u{a0}{id}\u{a0}» n’est pas un identifiant. Écrivez-le en minuscules sans accent, chiffres et «\u{a0}_\u{a0}»."
                ),
                detail_en: format!("\"{id}\" is not an id: small letters, digits and \"_\" are expected."),
            });
        }
    }
    Ok(templates)
}

fn unreadable(error: &serde_json::Error, text: &str) -> ConfigError {
    let (line, column) = (error.line(), error.column());
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or_default();
    let key = path_at(text, line, column);
    // At the top there are templates and nothing else.
    let no_template = reason.starts_with("invalid type") && !key.is_empty() && !key.contains('.');
    let code = if no_template || reason.starts_with("unknown field") {
        "config_unknown_key"
    } else {
        "config_invalid"
    };
    ConfigError {
        code,
        file: TEMPLATES_FILE,
        detail: format!(
            "{TEMPLATES_FILE}, ligne {line}, colonne {column}\u{a0}: «\u{a0}{key}\u{a0}» ne convient pas ({reason}). Corrigez le fichier."
        ),
        detail_en: format!("\"{key}\" cannot be used ({reason})."),
        key,
        line,
        column,
    }
}

/// Small letters, digits and `_`, from a letter on; never a word of the API's own addresses.
pub fn is_good_id(id: &str) -> bool {
    const RESERVED: [&str; 3] = ["preview", "export", "import"];
    (1..=60).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_lowercase())
        && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !RESERVED.contains(&id)
}

/// The file of the data folder; absent is empty.
pub fn of_folder(data_dir: &Path) -> Result<Templates, ConfigError> {
    match std::fs::read_to_string(data_dir.join(TEMPLATES_FILE)) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Templates::new()),
        Err(error) => Err(ConfigError {
            code: "config_unreadable",
            file: TEMPLATES_FILE,
            key: String::new(),
            line: 0,
            column: 0,
            detail: format!(
                "{TEMPLATES_FILE} ne peut pas être lu ({}). Vérifiez les droits du fichier.",
                error.kind()
            ),
            detail_en: format!(
                "{TEMPLATES_FILE} cannot be read ({}). Check the permissions of the file.",
                error.kind()
            ),
        }),
    }
}

/// Brings both into the store. Returns how many versions were added.
pub async fn bring_in(
    store: &Store,
    shipped: Templates,
    file: Templates,
    now: Timestamp,
) -> Result<usize, StoreError> {
    store
        .write(move |tx| {
            let mut added = 0;
            for (id, body) in &shipped {
                added += usize::from(bring(tx, id, body, templates::SHIPPED, now)?);
            }
            for (id, body) in &file {
                added += usize::from(bring(tx, id, body, templates::FILE, now)?);
            }
            Ok(added)
        })
        .await
}

fn bring(tx: &Tx<'_>, id: &str, body: &TemplateBody, from: &str, now: Timestamp) -> Result<bool, StoreError> {
    let latest = templates::latest_row(tx, id)?;
    let earlier = templates::newest_by(tx, id, from)?;
    if earlier.is_some_and(|row| row.template.into_body() == *body) {
        return Ok(false);
    }
    // Somebody's own words stay when the program brings new ones.
    let is_ours = latest.as_ref().is_none_or(|row| row.created_by == from);
    if from == templates::SHIPPED && !is_ours {
        return Ok(false);
    }
    let base = latest.map(|row| row.template.version);
    templates::add_version(tx, id, base, body, from, now)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{WORDS, is_good_id, parse, shipped};
    use crate::{
        domain::{
            Template, TemplateLanguage, Values,
            sms::{SmsEncoding, measure},
        },
        notifications::render::{Footer, Renderer, tests::house},
    };

    #[test]
    fn every_shipped_template_is_ready_in_french_and_english() {
        let templates = shipped().unwrap();
        assert_eq!(templates.len(), 16);
        assert_eq!(templates.keys().collect::<Vec<_>>().len(), WORDS.len());
        let footer = Footer { unsubscribe: "https://levieuxmoulin.example/u/1".into(), ..Footer::default() };
        for (id, body) in templates {
            assert!(is_good_id(&id), "{id}");
            assert_eq!(id.ends_with("_en"), body.language == TemplateLanguage::En, "{id}");
            // Our own words never double the price.
            let own = measure(&body.sms.as_ref().unwrap().text);
            assert_eq!(own.encoding, SmsEncoding::Gsm7, "{id}: {:?}", own.culprits);
            let renderer = Renderer::new(&Template::new(id.as_str(), 1, body), &house()).unwrap();
            // With all samples, and with nothing but what it cannot do without.
            let samples = renderer.samples();
            let needed: Values = renderer
                .missing(&Values::default())
                .into_iter()
                .map(|name| (name.clone(), samples.get(&name).unwrap().clone()))
                .collect();
            for values in [&samples, &needed] {
                let email = renderer.email(values, &footer).unwrap();
                for text in [&email.subject, &email.text] {
                    for broken in ["  ", " ,", " .", "None", "none", "\u{a0}\u{a0}", "()", "\n\n\n", "{", "}"]
                    {
                        assert!(!text.contains(broken), "{id}: {broken:?} in {text}");
                    }
                }
                assert!(!email.html.contains("display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;\"></div>"), "{id}: a preheader");
                let sms = renderer.sms(values).unwrap();
                assert!(!sms.contains("  ") && !sms.contains(" ."), "{id}: {sms}");
                assert!(measure(&sms).parts <= 3, "{id}: {sms}");
            }
        }
    }

    /// An apostrophe of a typewriter and a missing no-break space have no place in a mail of the house.
    #[test]
    fn the_french_of_shipped_mails_is_typeset() {
        for (id, body) in shipped().unwrap() {
            if body.language == TemplateLanguage::En {
                continue;
            }
            let text = serde_json::to_string(&body.email).unwrap();
            let words = text
                .split("{{")
                .flat_map(|part| part.split_once("}}").map_or([part, ""], |(_, rest)| [rest, ""]))
                .collect::<String>();
            let words: String =
                words.split("{%").map(|part| part.split_once("%}").map_or(part, |(_, rest)| rest)).collect();
            for wrong in [" !", " ?", " ;", " :", "« ", " »", "..."] {
                assert!(!words.contains(wrong), "{id}: {wrong:?} in {words}");
            }
            assert!(!words.contains('\''), "{id}: {words}");
        }
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        for (text, code, key) in [
            (
                "{\"x\": {\"name\": \"X\", \"purpose\": \"marketing\", \"colour\": 1}}",
                "config_unknown_key",
                "x.colour",
            ),
            ("{\"x\": {\"name\": \"X\", \"purpose\": \"spam\"}}", "config_invalid", "x.purpose"),
            ("{\"Été\": {\"name\": \"X\", \"purpose\": \"service\"}}", "config_invalid", "Été"),
            ("[]", "config_invalid", ""),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!((error.code, error.key.as_str()), (code, key), "{error}");
        }
        assert!(!is_good_id("preview") && !is_good_id("") && !is_good_id("1er"));
    }

    /// What is written out and read again is the same.
    #[test]
    fn templates_survive_their_file() {
        let templates = shipped().unwrap();
        let text = serde_json::to_string_pretty(&templates).unwrap();
        let read = parse(&text).unwrap();
        assert_eq!(read, templates);
        assert_eq!(serde_json::to_string_pretty(&read).unwrap(), text);
    }
}
