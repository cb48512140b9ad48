//! Templates in the store: what the program brings, what the folder brings, and what people wrote.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use serde_json::json;
use vieux_moulin_engine::{
    clock::FakeClock,
    config::Config,
    connectors::registry::Registry,
    domain::TemplateBody,
    engine::{Engine, EngineOptions, StartError},
    secrets::MasterKey,
    store::{DataDirLock, StoreError, templates},
};

async fn open(dir: &Path, key: &MasterKey) -> Result<Arc<Engine>, StartError> {
    let options = EngineOptions {
        data_dir: dir.to_owned(),
        config: Config::load(dir).unwrap(),
        clock: FakeClock::at(Timestamp::UNIX_EPOCH),
        registry: Registry::standard(),
        practice: true,
        tune: None,
    };
    Engine::open(DataDirLock::take(dir).unwrap(), key, options).await
}

fn body(name: &str) -> TemplateBody {
    serde_json::from_value(json!({"name": name, "purpose": "service", "sms": {"text": "Bonjour"}})).unwrap()
}

fn write(dir: &Path, name: &str) {
    std::fs::write(dir.join("templates.json"), json!({"bienvenue": body(name)}).to_string()).unwrap();
}

async fn latest(engine: &Engine, id: &'static str) -> (i64, String, String) {
    let row = engine.store.read(move |c| templates::latest_row(c, id)).await.unwrap().unwrap();
    (row.template.version, row.template.name, row.created_by)
}

#[tokio::test]
async fn the_program_and_the_folder_bring_versions_and_nobody_loses_theirs() {
    let (dir, key) = (tempfile::tempdir().unwrap(), MasterKey::generate());
    let engine = open(dir.path(), &key).await.unwrap();
    assert_eq!(latest(&engine, "bienvenue").await, (1, "Bienvenue".into(), "shipped".into()));
    // A person's own version.
    let now = Timestamp::UNIX_EPOCH;
    let add = |base, by: &'static str| {
        engine.store.write(move |tx| templates::add_version(tx, "merci", base, &body("À nous"), by, now))
    };
    assert_eq!(add(Some(1), "window").await.unwrap(), 2);
    assert!(matches!(add(Some(1), "window").await, Err(StoreError::Moved)));
    drop(engine);

    // A start brings nothing twice, and does not go back behind the person.
    write(dir.path(), "Du dossier");
    let engine = open(dir.path(), &key).await.unwrap();
    assert_eq!(latest(&engine, "merci").await, (2, "À nous".into(), "window".into()));
    assert_eq!(latest(&engine, "bienvenue").await, (2, "Du dossier".into(), "templates.json".into()));
    assert_eq!(latest(&engine, "evenement").await.0, 1);
    drop(engine);
    let engine = open(dir.path(), &key).await.unwrap();
    assert_eq!(latest(&engine, "bienvenue").await.0, 2, "the same file is no new version");
    drop(engine);
    write(dir.path(), "Encore autre chose");
    let engine = open(dir.path(), &key).await.unwrap();
    assert_eq!(latest(&engine, "bienvenue").await, (3, "Encore autre chose".into(), "templates.json".into()));
    let first = engine.store.read(|c| templates::version(c, "bienvenue", 1)).await.unwrap().unwrap();
    assert_eq!(first.name, "Bienvenue", "a version stays what it was");
}

#[tokio::test]
async fn a_mistake_in_the_file_of_the_folder_is_named() {
    let (dir, key) = (tempfile::tempdir().unwrap(), MasterKey::generate());
    let mistake =
        "{\n  \"bienvenue\": {\n    \"name\": \"x\", \"purpose\": \"service\",\n    \"colour\": 1\n  }\n}";
    std::fs::write(dir.path().join("templates.json"), mistake).unwrap();
    let Err(StartError::Config(error)) = open(dir.path(), &key).await else { panic!("it started") };
    assert_eq!((error.code, error.line, error.key.as_str()), ("config_unknown_key", 4, "bienvenue.colour"));
}
