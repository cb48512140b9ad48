//! Each released schema, with data in every table, opened by the program of today.
//!
//! `tests/fixtures/store/vN.sql` is a data folder as version N left it. `UPDATE_FIXTURES=1` writes the
//! one of today's version: once, when it is released; afterwards a change of the schema is a migration.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use rusqlite::{Connection, types::Value};
use vieux_moulin_engine::{
    clock::FakeClock,
    connectors::{Credentials, FailureClass as C, Kind},
    domain::{
        ConversationItem, ConversationItemId, ConversationKind, DeliveryId, DeliveryState, RawFigures,
        TokenId,
    },
    events::EventBus,
    orchestrator::{IdempotencyClaim, Published},
    social::media_desk::NewMedia,
    store::{
        DATABASE_FILE, DatabaseKey, SCHEMA_VERSION, Store, StoreError, Tx, accounts, alerts, attempts,
        conversations, deliveries, figures, hosted_media, journal, posts, sessions, tokens,
    },
};
use vieux_moulin_tests::{
    app::{NOON, TestApp, program},
    scripted::{Act, Op},
};

const KEY: [u8; 32] = [7; 32];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/store")
}

/// Names of the tables that hold data.
fn tables(connection: &Connection) -> Vec<String> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// All rows of a table, each as column → value.
fn rows(connection: &Connection, table: &str) -> Vec<BTreeMap<String, Value>> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let read = |row: &rusqlite::Row<'_>| {
        names.iter().enumerate().map(|(n, name)| Ok((name.clone(), row.get(n)?))).collect::<Result<_, _>>()
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// What a table or an index is made by, without refinery's own history.
fn schema(connection: &Connection) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' \
               AND name != 'refinery_schema_history' ORDER BY type = 'index', rowid";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

fn connect(folder: &std::path::Path) -> Connection {
    let connection = Connection::open(folder.join(DATABASE_FILE)).unwrap();
    let hex = KEY.map(|byte| format!("{byte:02x}")).concat();
    connection.pragma_update(None, "key", format!("x'{hex}'")).unwrap();
    connection
}

fn open(folder: &std::path::Path) -> Store {
    let events = EventBus::new(FakeClock::at(NOON.parse().unwrap()));
    Store::open(folder, &DatabaseKey::new(KEY), events, 3).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_released_schema_is_brought_up_to_date_with_its_data_intact() {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        write_todays_fixture().await;
    }
    let mut versions = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let version: i64 = name.trim_start_matches('v').trim_end_matches(".sql").parse().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let before: BTreeMap<String, Vec<BTreeMap<String, Value>>> = {
            let old = connect(dir.path());
            old.execute_batch(&std::fs::read_to_string(&path).unwrap()).unwrap();
            tables(&old).into_iter().map(|table| (table.clone(), rows(&old, &table))).collect()
        };
        for (table, rows) in &before {
            assert!(!rows.is_empty(), "{name} has nothing in {table}: it would prove nothing");
        }

        let store = open(dir.path());
        let now = connect(dir.path());
        let user_version: i64 = now.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(user_version, SCHEMA_VERSION, "{name}");
        let check: String = now.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "{name}");
        let fresh = tempfile::tempdir().unwrap();
        drop(open(fresh.path()));
        assert_eq!(
            sorted(schema(&now)),
            sorted(schema(&connect(fresh.path()))),
            "{name}: an upgraded folder differs from a fresh one. A released migration does not change: \
             add another"
        );
        for (table, old) in before.iter().filter(|(table, _)| *table != "refinery_schema_history") {
            let today = rows(&now, table);
            assert_eq!(today.len(), old.len(), "{name}: rows of {table}");
            for (row, was) in today.iter().zip(old) {
                for (column, value) in was.iter().filter(|(column, _)| row.contains_key(*column)) {
                    assert_eq!(&row[column], value, "{name}: {table}.{column}");
                }
            }
        }
        read_everything(&store, &before).await;
        let copies = std::fs::read_dir(dir.path().join("backups")).map_or(0, Iterator::count);
        assert_eq!(copies, usize::from(version < SCHEMA_VERSION), "{name}: a copy before each upgrade");
        versions += 1;
    }
    assert_eq!(versions, SCHEMA_VERSION, "one fixture per version");
}

/// The program of today understands every row.
async fn read_everything(store: &Store, before: &BTreeMap<String, Vec<BTreeMap<String, Value>>>) {
    let many = |table: &str| before[table].len();
    let had_site = before.get("media_host").is_some_and(|rows| !rows.is_empty());
    let said = before.get("conversation_items").map_or(0, Vec::len);
    let (found, secrets, of_posts, history) = store
        .read(move |c| {
            let accounts = accounts::list(c)?;
            let mut secrets = 0;
            for account in &accounts {
                secrets += usize::from(accounts::credentials(c, &account.id)?.keys().next().is_some());
            }
            let posts = posts::list(c, &posts::Filter { limit: 100, ..posts::Filter::default() })?;
            let (mut rows, mut history) = (Vec::new(), 0);
            for (_, post) in posts {
                for delivery in deliveries::of_post(c, &post.id)? {
                    history += attempts::of_delivery(c, &delivery.id)?.len();
                    rows.push(delivery.state);
                }
            }
            let all = conversations::Filter { limit: 100, ..conversations::Filter::default() };
            assert_eq!(conversations::list(c, &all)?.len(), said);
            alerts::list(c, false, 100)?;
            journal::list(c, &journal::Filter { limit: 100, ..journal::Filter::default() })?;
            assert!(!tokens::living_hashes(c)?.is_empty());
            let site = hosted_media::web_site(c)?;
            assert_eq!(site.is_some(), had_site);
            assert_eq!(hosted_media::count(c)?, u32::from(had_site));
            Ok((accounts.len(), secrets, rows, history))
        })
        .await
        .unwrap();
    assert_eq!((found, secrets), (many("accounts"), many("accounts")));
    assert_eq!((of_posts.len(), history), (many("deliveries"), many("attempts")));
    for state in
        [DeliveryState::Queued, DeliveryState::Published, DeliveryState::Rejected, DeliveryState::Unknown]
    {
        assert!(of_posts.contains(&state), "{state:?} is missing in {of_posts:?}");
    }
}

/// Something in each table of figures.
fn add_figures(tx: &Tx<'_>, delivery: &DeliveryId, now: jiff::Timestamp) -> Result<(), StoreError> {
    let delivery = deliveries::find(tx, delivery)?.ok_or(StoreError::NotFound)?;
    let mut raw = RawFigures::default();
    raw.set("likeCount", 3);
    figures::asked(tx, &delivery.id, now, None)?;
    figures::add_post(tx, &delivery.id, now, &raw)?;
    figures::add_account_day(tx, &delivery.account_id, jiff::civil::date(2026, 11, 27), now, &raw)?;
    let state = figures::FigureState { taken_at: Some(now), ..figures::FigureState::default() };
    figures::set_state(tx, &delivery.account_id, &state)
}

/// Something in each table of customers and messages.
fn add_people(tx: &Tx<'_>, account: &str, now: jiff::Timestamp) -> Result<(), StoreError> {
    let (now, account) = (now.as_millisecond(), account.replace('\'', ""));
    tx.execute_batch(&format!(
        "INSERT INTO contacts (id, first_name, last_name, name_key, email, phone, source, visit_count,
             spend_cents, email_consent, created_at, updated_at)
         VALUES ('c1', 'Camille', 'Martin', 'martin camille', 'camille@example.com', '+33639980001', 'window',
             1, 4200, 'granted', {now}, {now});
         INSERT INTO contact_tags (contact_id, tag) VALUES ('c1', 'habituée');
         INSERT INTO visits (id, contact_id, at, amount_cents, source) VALUES ('v1', 'c1', {now}, 4200, 'window');
         INSERT INTO contact_dishes (contact_id, dish, count) VALUES ('c1', 'Crêpe au sarrasin', 2);
         INSERT INTO segments (id, name, tree, created_at, updated_at)
         VALUES ('s1', 'Tout le monde', '{{\"all\":[]}}', {now}, {now});
         INSERT INTO contact_imports (id, file_name, mapping, actor, created_at, state, rows_read, created,
             updated, refused)
         VALUES ('i1', 'clients.csv', '[]', 'window', {now}, 'done', 1, 1, 0, 0);
         INSERT INTO contact_import_rows (import_id, contact_id) VALUES ('i1', 'c1');
         INSERT INTO consents (contact_id, purpose, channel, state, basis, at, recorded_at, source,
             wording_version, proof, actor)
         VALUES ('c1', 'marketing', 'email', 'granted', 'consent', {now}, {now}, 'paper_card', 'carte-2026-1',
             'carte 112', 'window');
         INSERT INTO suppressions (channel, address_hash, reason, source, at)
         VALUES ('sms', 'abc', 'stop', 'provider', {now});
         INSERT INTO message_costs (month, channel, cost_milli) VALUES ('2026-11', 'sms', 65);
         INSERT INTO rights_requests (id, contact_id, kind, received_at, due_at, actor)
         VALUES ('r1', 'c1', 'access', {now}, {now}, 'window');
         INSERT INTO erasures (account_id, channel, address, asked_at, next_at)
         VALUES ('{account}', 'email', 'ancien@example.com', {now}, {now} + 864000000);
         INSERT INTO archived_templates (id, archived_at) VALUES ('merci_en', {now});
         INSERT INTO mailings (id, name, purpose, template_id, template_version, channels, data, audience, state,
             due_at, created_by, created_at, updated_at)
         VALUES ('l1', 'Promotion', 'marketing', 'promotion_annonce', 1, '[\"email\"]', '{{}}',
             '{{\"kind\":\"recipients\"}}', 'done', {now}, 'window', {now}, {now});
         INSERT INTO messages (id, mailing_id, contact_id, channel, address, address_hash, account_id, state,
             due_at, sent_at, fate, created_at, updated_at)
         VALUES ('m1', 'l1', 'c1', 'email', 'camille@example.com', 'def', '{account}', 'published', {now}, {now},
             'delivered', {now}, {now});
         INSERT INTO message_events (message_id, at, kind, source_key) VALUES ('m1', {now}, 'delivered', 'k1');
         INSERT INTO message_readings (account_id, read_at) VALUES ('{account}', {now});"
    ))?;
    Ok(())
}

/// A data folder with something in every table, written down as SQL.
async fn write_todays_fixture() {
    let path = folder().join(format!("v{SCHEMA_VERSION}.sql"));
    std::fs::create_dir_all(folder()).unwrap();
    let mut app = TestApp::start(&[("north", Kind::E, false), ("south", Kind::H, true)]).await;
    let north = app.account("north", "one").await;
    app.account("south", "one").await;
    for (text, act) in [
        ("Publié", Act::Honest),
        ("Refusé", Act::fail(C::Content)),
        ("Plus tard", Act::fail_after(C::Retry, 60)),
    ] {
        app.world().next(Op::Send, [act]);
        app.plan(text, "north", None).await;
        app.pass(Duration::from_secs(2)).await;
    }
    app.worlds[1].next(Op::Send, [Act::accepted_unheard()]);
    app.plan("À vérifier", "south", None).await;
    app.pass(Duration::from_secs(2)).await;
    app.pass_by(Duration::from_secs(70), Duration::from_secs(10)).await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().always(Op::Reconcile, Act::NotFound);
    let doubtful = app.plan("Douteux", "north", None).await;
    app.pass(Duration::from_secs(2)).await;
    let claim = IdempotencyClaim {
        caller: "api:test".into(),
        key: "ardoise".into(),
        request_hash: "h".into(),
        render: |published: &Published| (202, published.post.id.to_string()),
    };
    let mut planned =
        app.request("Planifié — « crêpes » 🥞", "north", Some(jiff::SignedDuration::from_hours(48)));
    let picture = include_bytes!("../fixtures/media/plat-du-jour.jpg");
    let media = NewMedia { name: "photo.jpg".into(), alt_text: "Une assiette".into(), source_url: None };
    let media = app.engine.desk.add(picture.as_slice().into(), media).await.unwrap();
    planned.content.media.push(vieux_moulin_engine::domain::PostMedia {
        media_id: media.id.clone(),
        alt_text: "Une assiette".into(),
        source_url: None,
    });
    app.engine.orchestrator.publish(planned, &program(), Some(claim)).await.unwrap();
    let (now, row) = (app.now(), TokenId::new());
    app.engine
        .store
        .write(move |tx| {
            let token = tokens::TokenRow {
                id: row,
                label: "Caisse".into(),
                scopes: vec!["read".into()],
                created_at: now,
                last_used_at: None,
                revoked_at: None,
            };
            let said = ConversationItem {
                id: ConversationItemId::new(),
                account_id: north.clone(),
                platform: "north".into(),
                kind: ConversationKind::Review,
                remote_id: "avis-1".into(),
                parent_remote_id: None,
                post_remote_id: None,
                delivery_id: None,
                author: Some("Camille".into()),
                text: Some("Très bien".into()),
                rating: Some(5),
                permalink: None,
                handle: serde_json::Value::Null,
                answer: None,
                hidden: false,
                written_at: now,
                changed_at: now,
                first_seen_at: now,
                deleted_at: None,
                read_at: None,
                handled_at: None,
            };
            conversations::note(tx, &said, now)?;
            let reading = conversations::Reading { read_at: Some(now), ..conversations::Reading::default() };
            conversations::set_reading(tx, &north, &reading)?;
            tokens::add(tx, &token, "0".repeat(64).as_str())?;
            let published: String =
                tx.query_row("SELECT id FROM deliveries WHERE state = 'published' LIMIT 1", [], |row| {
                    row.get(0)
                })?;
            add_figures(tx, &published.as_str().into(), now)?;
            add_people(tx, north.as_str(), now)?;
            let mut site = Credentials::default();
            site.set("site", "https://moulin.example");
            site.set("username", "anne");
            site.set("app_password", "abcd efgh ijkl mnop");
            hosted_media::set_web_site(tx, "wordpress", &site, now)?;
            hosted_media::set_check(tx, &serde_json::json!({"at": now, "ok": true, "findings": []}))?;
            let (place, name) = ("wordpress https://moulin.example", "moulin-0123.jpg");
            hosted_media::claim(tx, place, &"2".repeat(64), name, Some(&doubtful), now)?;
            hosted_media::seen(tx, name, "17", Some("https://moulin.example/moulin-0123.jpg"))?;
            sessions::add(tx, &"1".repeat(64), now, now + jiff::SignedDuration::from_hours(12))
        })
        .await
        .unwrap();
    app.settle().await;
    let database = app.open_database();
    let mut sql = vec!["PRAGMA foreign_keys = OFF".to_owned()];
    let names = tables(&database);
    sql.extend(schema(&database));
    let history: String = database
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |row| {
            row.get(0)
        })
        .unwrap();
    sql.push(history);
    for table in names {
        let statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let values = format!("SELECT {} FROM {table}", quoted.join(" || ',' || "));
        let mut statement = database.prepare(&values).unwrap();
        for row in statement.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            sql.push(format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(","), row.unwrap()));
        }
    }
    for pragma in ["application_id", "user_version"] {
        let value: i64 = database.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get(0)).unwrap();
        sql.push(format!("PRAGMA {pragma} = {value}"));
    }
    std::fs::write(path, sql.join(";\n") + ";\n").unwrap();
}
