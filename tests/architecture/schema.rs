//! `docs/schema.sql`: what a fresh data folder looks like inside.

use std::fs;

use vieux_moulin_engine::{
    clock::SystemClock,
    events::EventBus,
    store::{DatabaseKey, Store},
};

use super::sources::root;

const HEAD: &str = "-- The tables of a fresh data folder. Generated from the migrations by tests/architecture;\n\
    -- UPDATE_DOCS=1 rewrites it. The reasons stand in src-tauri/engine/src/store/migrations.\n";

#[tokio::test]
async fn the_written_schema_is_the_real_one() {
    let folder = tempfile::tempdir().unwrap();
    let events = EventBus::new(SystemClock::shared());
    let store = Store::open(folder.path(), &DatabaseKey::new([7; 32]), events, 3).unwrap();
    let statements: Vec<String> = store
        .read(|connection| {
            let mut statement = connection.prepare(
                "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
                 AND name != 'refinery_schema_history' ORDER BY tbl_name, type DESC, name",
            )?;
            let rows = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .await
        .unwrap();
    let real = statements.iter().fold(HEAD.to_owned(), |all, sql| format!("{all}\n{sql};\n"));
    let path = root().join("docs/schema.sql");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &real).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == real, "docs/schema.sql is out of date: run this test with UPDATE_DOCS=1");
}
