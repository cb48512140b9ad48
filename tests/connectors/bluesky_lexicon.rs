//! Every record that the Bluesky connector writes, checked against the network's own lexicons.
//!
//! The lexicons are not part of this repository: `VENDOR_SPECS` names their folder, or they lie beside
//! the workspace; otherwise the test says that it was skipped.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::support::{FIXTURES, Scene};

/// Folder of the vendors' descriptions, when there is one here.
pub fn vendor_specs(part: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let default = || workspace.parent().map(|parent| parent.join("shared/specs"));
    let folder = std::env::var_os("VENDOR_SPECS").map(PathBuf::from).or_else(default).map(|f| f.join(part));
    let found = folder.filter(|folder| folder.exists());
    if found.is_none() {
        println!("SKIPPED: no vendor description {part} (set VENDOR_SPECS)");
    }
    found
}

/// The part of the lexicon language that records use.
struct Lexicons(BTreeMap<String, Value>);

impl Lexicons {
    fn load(folder: &Path) -> Self {
        let mut documents = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "json") {
                    let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
                    documents.insert(document["id"].as_str().unwrap().to_owned(), document);
                }
            }
        }
        Self(documents)
    }

    /// Follows `nsid#name` (or `#name` inside `base`).
    fn definition<'a>(&'a self, base: &str, reference: &str) -> (String, &'a Value) {
        let (nsid, name) = reference.split_once('#').unwrap_or((reference, "main"));
        let nsid = if nsid.is_empty() { base } else { nsid };
        let definition = &self.0.get(nsid).unwrap_or_else(|| panic!("no lexicon {nsid}"))["defs"][name];
        assert!(definition.is_object(), "no definition {nsid}#{name}");
        (nsid.to_owned(), definition)
    }

    fn check(&self, base: &str, schema: &Value, value: &Value, at: &str) {
        let number = |key: &str| schema[key].as_u64().map(|n| n as usize);
        match schema["type"].as_str().unwrap() {
            "record" => self.check(base, &schema["record"], value, at),
            "object" => {
                let fields = value.as_object().unwrap_or_else(|| panic!("{at} is no object"));
                for required in schema["required"].as_array().into_iter().flatten() {
                    assert!(fields.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
                }
                for (key, field) in fields.iter().filter(|(key, _)| *key != "$type") {
                    let property = &schema["properties"][key];
                    assert!(property.is_object(), "{at}.{key} is not in the lexicon");
                    self.check(base, property, field, &format!("{at}.{key}"));
                }
            }
            "array" => {
                let items = value.as_array().unwrap_or_else(|| panic!("{at} is no array"));
                assert!(number("maxLength").is_none_or(|max| items.len() <= max), "{at} is too long");
                for (n, item) in items.iter().enumerate() {
                    self.check(base, &schema["items"], item, &format!("{at}[{n}]"));
                }
            }
            "ref" => {
                let (base, definition) = self.definition(base, schema["ref"].as_str().unwrap());
                self.check(&base, definition, value, at);
            }
            "union" => {
                let named = value["$type"].as_str().unwrap_or_else(|| panic!("{at} lacks $type"));
                let known = schema["refs"].as_array().unwrap().iter().filter_map(Value::as_str);
                let full = |reference: &str| {
                    if reference.starts_with('#') {
                        format!("{base}{reference}")
                    } else {
                        reference.to_owned()
                    }
                };
                let reference = known.map(full).find(|known| known == named);
                let (base, definition) =
                    self.definition(base, &reference.unwrap_or_else(|| panic!("{at}: {named}")));
                self.check(&base, definition, value, at);
            }
            "blob" => {
                assert_eq!(value["$type"], "blob", "{at}");
                assert!(value["ref"]["$link"].is_string() && value["mimeType"] == "image/jpeg", "{at}");
                let size = value["size"].as_u64().unwrap() as usize;
                assert!(number("maxSize").is_none_or(|max| size <= max), "{at} is too large");
            }
            "string" => {
                let text = value.as_str().unwrap_or_else(|| panic!("{at} is no text"));
                assert!(number("maxLength").is_none_or(|max| text.len() <= max), "{at} has too many bytes");
                match schema["format"].as_str() {
                    Some("datetime") => assert!(text.parse::<jiff::Timestamp>().is_ok(), "{at}: {text}"),
                    Some("uri") => assert!(url::Url::parse(text).is_ok(), "{at}: {text}"),
                    Some("did") => assert!(text.starts_with("did:"), "{at}: {text}"),
                    Some("language") => assert!((2..=8).contains(&text.len()), "{at}: {text}"),
                    Some(other) => panic!("{at}: format {other} is not checked here"),
                    None => {}
                }
            }
            "integer" => {
                let number = value.as_i64().unwrap_or_else(|| panic!("{at} is no whole number"));
                assert!(schema["minimum"].as_i64().is_none_or(|min| number >= min), "{at} is too small");
            }
            other => panic!("{at}: type {other} is not expected in a post"),
        }
    }
}

#[tokio::test]
async fn records_follow_the_lexicon() {
    let Some(folder) = vendor_specs("bluesky/lexicons") else { return };
    let lexicons = Lexicons::load(&folder);
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "bluesky").unwrap();
    let scene = Scene::open(fixture).await;
    let long = "é".repeat(300);
    let mention = format!("@{}", vieux_moulin_sandbox::seed::bluesky_handle(1));
    let words = format!("« Crème brûlée » {mention} #Dessert_Maison https://moulin.fr/carte?a=b#été 👨‍👩‍👧‍👦 !");
    for (text, with_picture, link) in [
        ("Bonjour", false, None),
        (words.as_str(), true, None),
        (long.as_str(), false, Some("https://moulin.fr/réserver")),
        ("", true, Some("pas une adresse")),
    ] {
        let mut delivery = scene.delivery(text, with_picture);
        delivery.content.link = link.map(str::to_owned);
        delivery.prepare(&scene.stage).await.unwrap();
        let (base, post) = lexicons.definition("", "app.bsky.feed.post");
        lexicons.check(&base, post, &delivery.marks["record"], "record");
        let key = delivery.marks["rkey"].as_str().unwrap();
        assert!(key.len() == 13 && "234567abcdefghij".contains(key.chars().next().unwrap()), "{key}");
    }
}

#[test]
#[should_panic(expected = "lacks")]
fn the_check_itself_can_fail() {
    let lexicons = Lexicons(BTreeMap::new());
    let schema = serde_json::json!({"type": "object", "required": ["text"], "properties": {}});
    lexicons.check("x", &schema, &serde_json::json!({}), "record");
}
