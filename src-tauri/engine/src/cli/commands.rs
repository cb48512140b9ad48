//! The commands, each a request and a few printed lines.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use super::{
    Failure,
    args::{
        AccountCommand, Cli, Command, ConfigCommand, ConversationsArgs, DeliveriesArgs, KeyCommand,
        LogsCommand, PostsArgs, PublishArgs, RecoveryKeyCommand, TokenCommand,
    },
    door::Door,
    media_host,
    output::{answer, items, table, text},
    rescue, serve,
};
use crate::{
    config::{Config, folders, near::near_matches},
    connectors::{Descriptor, registry::Registry},
    host::{self, HostError, HostOptions},
};

/// Runs one command.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    let options = HostOptions {
        data_dir: cli.data_dir,
        passphrase_file: cli.passphrase_file,
        recovery_key_file: cli.recovery_key_file,
        practice: cli.practice,
        ..HostOptions::default()
    };
    let json = cli.json;
    match cli.command {
        Command::Serve(arguments) => return serve::serve(options, arguments).await,
        Command::Platforms => {
            platforms(json);
            return Ok(());
        }
        Command::Restore(arguments) => return rescue::restore(options, arguments, json).await,
        Command::RecoveryKey(RecoveryKeyCommand::Restore { file }) => {
            return rescue::restore_key(options, file.as_deref(), json).await;
        }
        Command::Key(KeyCommand::Move { to }) => return rescue::move_key(options, to, json).await,
        Command::Config(ConfigCommand::Check) => return check_config(&options, json),
        Command::Logs(LogsCommand::Path) => return log_path(&options, json),
        _ => {}
    }
    let door = Door::open(options).await?;
    let done = with_door(&door, cli.command, json).await;
    door.close().await;
    done
}

async fn with_door(door: &Door, command: Command, json: bool) -> Result<(), Failure> {
    match command {
        Command::Account(command) => account(door, command, json).await,
        Command::Token(command) => token(door, command, json).await,
        Command::MediaHost(command) => media_host::run(door, command, json).await,
        Command::Publish(arguments) => publish(door, *arguments, json).await,
        Command::Status => status(door, json).await,
        Command::Posts(arguments) => posts(door, arguments, json).await,
        Command::Deliveries(arguments) => deliveries(door, arguments, json).await,
        Command::Analytics(arguments) => super::analytics::show(door, arguments, json).await,
        Command::Conversations(arguments) => conversations(door, arguments, json).await,
        Command::Reply { conversation, text } => reply(door, &conversation, &text, json).await,
        Command::Retry { delivery } => decide(door, &delivery, "retry", None, json).await,
        Command::Cancel { delivery } => decide(door, &delivery, "cancel", None, json).await,
        Command::Confirm { delivery, outcome, permalink } => {
            let body = json!({ "outcome": outcome, "permalink": permalink });
            decide(door, &delivery, "confirm", Some(&body), json).await
        }
        Command::Code => code(door, json).await,
        Command::Config(ConfigCommand::Export { what }) => {
            let file = door.ask("POST", &format!("{}/export", what.path()), None).await?;
            say!("{}", if json { file.to_string() } else { format!("{file:#}") });
            Ok(())
        }
        Command::Config(ConfigCommand::Import { what, file }) => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                let said = format!("{}: {error}", file.display());
                Failure::usage(said.clone(), said)
            })?;
            let now = door.ask_text("POST", &format!("{}/import", what.path()), text).await?;
            answer(&now, json, |_| say!("{} : OK", file.display()));
            Ok(())
        }
        Command::RecoveryKey(RecoveryKeyCommand::Show { yes }) => rescue::show_key(door, yes, json).await,
        // Handled before a door is opened.
        Command::Serve(_)
        | Command::Platforms
        | Command::Restore(_)
        | Command::RecoveryKey(RecoveryKeyCommand::Restore { .. })
        | Command::Key(_)
        | Command::Config(ConfigCommand::Check)
        | Command::Logs(_)
        | Command::Openapi
        | Command::Sandbox { .. } => Ok(()),
    }
}

fn platforms(json: bool) {
    let registry = Registry::standard();
    let all: Vec<&Descriptor> = registry.iter().map(|connector| connector.descriptor()).collect();
    answer(&json!(all), json, |_| {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|platform| {
                let can = &platform.capabilities;
                let abilities = [
                    ("publish", can.publish),
                    ("hand_over", can.hand_over),
                    ("edit", can.edit),
                    ("delete", can.delete),
                ];
                let able =
                    abilities.iter().filter(|(_, able)| *able).map(|(name, _)| *name).collect::<Vec<_>>();
                let fields = platform
                    .credential_fields
                    .iter()
                    .map(|field| format!("{}{}", field.key, if field.required { "" } else { "?" }));
                vec![
                    platform.id.to_owned(),
                    format!("{:?}", platform.kind),
                    able.join(","),
                    platform.limits.max_text.to_string(),
                    platform.limits.max_images.to_string(),
                    fields.collect::<Vec<_>>().join(" "),
                ]
            })
            .collect();
        table(&["PLATFORM", "KIND", "CAN", "TEXT", "IMAGES", "CREDENTIALS"], &rows);
    });
}

fn check_config(options: &HostOptions, json: bool) -> Result<(), Failure> {
    let data_dir = host::data_dir(options)?;
    Config::load(&data_dir).map_err(HostError::from)?;
    host::check_templates(&data_dir)?;
    answer(&json!({"ok": true, "data_dir": data_dir}), json, |_| {
        say!("settings.json, platforms.json, templates.json : OK ({})", data_dir.display());
    });
    Ok(())
}

fn log_path(options: &HostOptions, json: bool) -> Result<(), Failure> {
    let data_dir = host::data_dir(options)?;
    let config = Config::load(&data_dir).map_err(HostError::from)?;
    let path = folders::log_dir(&data_dir, config.settings.logs.dir.as_deref());
    answer(&json!({ "path": path }), json, |_| say!("{}", path.display()));
    Ok(())
}

async fn account(door: &Door, command: AccountCommand, json: bool) -> Result<(), Failure> {
    const PATH: &str = "/api/communication/accounts";
    match command {
        AccountCommand::Add { platform, set, secret_stdin, label, default } => {
            let credentials = credentials(&platform, &set, secret_stdin)?;
            let body = json!({
                "platform": platform, "label": label, "credentials": credentials, "make_default": default,
            });
            let account = door.ask("POST", PATH, Some(&body)).await?;
            answer(&account, json, |account| {
                say!("{} : {} ({})", text(account, "platform"), text(account, "handle"), text(account, "id"));
            });
        }
        AccountCommand::Check { account } => {
            let ids = match account {
                Some(id) => vec![id],
                None => items(&door.ask("GET", PATH, None).await?)
                    .iter()
                    .map(|account| text(account, "id"))
                    .collect(),
            };
            let mut checked = Vec::new();
            for id in ids {
                checked.push(door.ask("POST", &format!("{PATH}/{}/check", segment(&id)), None).await?);
            }
            answer(&json!(checked), json, print_accounts);
        }
        AccountCommand::List => answer(&door.ask("GET", PATH, None).await?, json, print_accounts),
        AccountCommand::Remove { account } => {
            let removed = door.ask("DELETE", &format!("{PATH}/{}", segment(&account)), None).await?;
            answer(&removed, json, |removed| {
                let stopped = removed.get("cancelled").and_then(Value::as_array).map_or(0, Vec::len);
                say!("{account} : retiré, {stopped} publication(s) arrêtée(s)");
                if let Some(page) = removed.get("access_page").and_then(Value::as_str) {
                    say!("  Pour fermer aussi l’accès chez le réseau : {page}");
                }
            });
        }
    }
    Ok(())
}

fn print_accounts(accounts: &Value) {
    let row = |account: &Value| {
        let check = account.get("last_check").cloned().unwrap_or_default();
        let findings = check.get("findings").and_then(Value::as_array).cloned().unwrap_or_default();
        let codes: Vec<String> = findings.iter().map(|finding| text(finding, "code")).collect();
        vec![
            text(account, "id"),
            text(account, "platform"),
            text(account, "label"),
            text(account, "handle"),
            text(account, "state"),
            codes.join(","),
        ]
    };
    let rows: Vec<Vec<String>> = items(accounts).iter().map(row).collect();
    table(&["ID", "PLATFORM", "LABEL", "HANDLE", "STATE", "LAST CHECK"], &rows);
}

/// The fields of `--set` and, with `--secret-stdin`, of standard input.
fn credentials(
    platform: &str,
    set: &[String],
    secret_stdin: bool,
) -> Result<BTreeMap<String, String>, Failure> {
    let registry = Registry::standard();
    let Some(connector) = registry.get(platform) else {
        let near = near_matches(platform, registry.ids()).join(", ");
        return Err(Failure::new(
            super::Exit::Refused,
            "unknown_platform",
            format!("Le réseau « {platform} » n’existe pas. Proches : {near}."),
            format!("There is no platform \"{platform}\". Close: {near}."),
        ));
    };
    let mut fields = BTreeMap::new();
    for pair in set {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(
                format!("« {pair} » n’est pas CLÉ=VALEUR."),
                format!("\"{pair}\" is not KEY=VALUE."),
            )
        })?;
        fields.insert(key.trim().to_owned(), value.to_owned());
    }
    if secret_stdin {
        let given = std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::usage(error.to_string(), error.to_string()))?;
        let known = connector.descriptor().credential_fields;
        let lines: Vec<&str> = given.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        for line in &lines {
            let named =
                line.split_once('=').filter(|(key, _)| known.iter().any(|field| field.key == key.trim()));
            let (key, value) = match named {
                Some((key, value)) => (key.trim().to_owned(), value.to_owned()),
                None if lines.len() == 1 => {
                    let free = known.iter().find(|field| field.secret && !fields.contains_key(field.key));
                    let field = free.ok_or_else(|| {
                        Failure::usage(
                            "Aucun secret ne manque.".to_owned(),
                            "No secret is missing.".to_owned(),
                        )
                    })?;
                    (field.key.to_owned(), (*line).to_owned())
                }
                // The line itself may be a secret: it is not repeated.
                None => {
                    return Err(Failure::usage(
                        "Une ligne de l’entrée n’est pas CLÉ=VALEUR d’un champ connu.",
                        "A line of the input is not KEY=VALUE of a known field.",
                    ));
                }
            };
            fields.insert(key, value);
        }
    }
    Ok(fields)
}

async fn token(door: &Door, command: TokenCommand, json: bool) -> Result<(), Failure> {
    const PATH: &str = "/api/communication/tokens";
    match command {
        TokenCommand::Create { scopes, label } => {
            let body = json!({ "label": label, "scopes": scopes });
            let token = door.ask("POST", PATH, Some(&body)).await?;
            answer(&token, json, |token| say!("{}", text(token, "token")));
        }
        TokenCommand::List => answer(&door.ask("GET", PATH, None).await?, json, |tokens| {
            let row = |token: &Value| {
                ["id", "label", "scopes", "created_at", "last_used_at", "revoked_at"]
                    .map(|key| text(token, key))
                    .to_vec()
            };
            let rows: Vec<Vec<String>> = items(tokens).iter().map(row).collect();
            table(&["ID", "LABEL", "SCOPES", "CREATED", "LAST USED", "REVOKED"], &rows);
        }),
        TokenCommand::Revoke { token } => {
            door.ask("DELETE", &format!("{PATH}/{}", segment(&token)), None).await?;
            answer(&json!({"id": token, "revoked": true}), json, |_| say!("{token} : révoqué"));
        }
    }
    Ok(())
}

async fn publish(door: &Door, arguments: PublishArgs, json: bool) -> Result<(), Failure> {
    let mut media = Vec::new();
    for (index, file) in arguments.media.iter().enumerate() {
        let alt_text = arguments.alt.get(index).cloned().unwrap_or_default();
        let item = import(door, file, &alt_text).await?;
        media.push(json!({ "media_id": text(&item, "id"), "alt_text": alt_text }));
    }
    let mut content = json!({
        "title": arguments.title,
        "body": arguments.text,
        "hashtags": arguments.hashtags,
        "link": arguments.link,
        "media_url": arguments.media_url,
        "media": media,
    });
    if arguments.media_url.is_some() && arguments.media.is_empty() {
        content["alt_text"] = json!(arguments.alt.first());
    }
    let mut body = json!({
        "content": content,
        "platforms": arguments.to,
        "scheduled_time": arguments.at,
        "timezone": arguments.timezone,
        "draft": arguments.draft,
    });
    for (key, value) in [("kind", arguments.kind), ("late_policy", arguments.late_policy)] {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    let key = arguments.idempotency_key;
    let headers: Vec<(&str, &str)> = key.iter().map(|key| ("idempotency-key", key.as_str())).collect();
    let published = door.ask_with("POST", "/api/communication/publish", Some(&body), &headers).await?;
    answer(&published, json, |published| {
        say!("{} : {}", text(published, "post_id"), text(published, "state"));
        for delivery in published.get("deliveries").map_or(&[][..], items) {
            say!("  {} {} {}", text(delivery, "platform"), text(delivery, "state"), text(delivery, "due_at"));
        }
        for warning in published.get("warnings").map_or(&[][..], items) {
            say!("  ! {}", text(warning, "detail"));
        }
    });
    if !door.is_running() {
        complain!(
            "L’application n’est pas en marche : la publication attend son prochain démarrage (moulin serve)."
        );
    }
    Ok(())
}

async fn import(door: &Door, file: &Path, alt_text: &str) -> Result<Value, Failure> {
    let path =
        std::path::absolute(file).map_err(|error| Failure::usage(error.to_string(), error.to_string()))?;
    let body = json!({ "path": path, "alt_text": alt_text });
    door.ask("POST", "/api/communication/media/from_path", Some(&body)).await
}

async fn status(door: &Door, json: bool) -> Result<(), Failure> {
    let mut status = door.ask("GET", "/api/communication/status", None).await?;
    status["running"] = json!(door.is_running());
    answer(&status, json, |status| {
        let running = if door.is_running() { "en marche" } else { "arrêtée" };
        say!("Application {running}, version {}, état {}", text(status, "version"), text(status, "state"));
        say!("À traiter : {}", text(status, "needs_attention"));
        if let Some(next) = status.get("next_due").filter(|next| !next.is_null()) {
            say!(
                "Prochain départ : {} {} « {} »",
                text(next, "due_at"),
                text(next, "platform"),
                text(next, "title")
            );
        }
        for (state, number) in status.get("queue").and_then(Value::as_object).into_iter().flatten() {
            say!("  {state}: {number}");
        }
        for account in status.get("accounts").map_or(&[][..], items) {
            say!("  {} {} {}", text(account, "platform"), text(account, "label"), text(account, "state"));
        }
    });
    Ok(())
}

async fn posts(door: &Door, arguments: PostsArgs, json: bool) -> Result<(), Failure> {
    let query = query(&[
        ("state", arguments.state),
        ("limit", arguments.limit.map(|limit| limit.to_string())),
        ("cursor", arguments.cursor),
    ]);
    let page = door.ask("GET", &format!("/api/communication/posts{query}"), None).await?;
    answer(&page, json, |page| {
        let row = |post: &Value| {
            let content = post.get("content").cloned().unwrap_or_default();
            let title =
                [text(&content, "title"), text(&content, "body")].into_iter().find(|text| !text.is_empty());
            let title: String =
                title.unwrap_or_default().lines().next().unwrap_or_default().chars().take(50).collect();
            let due = post.get("schedule").map(|schedule| text(schedule, "local")).unwrap_or_default();
            vec![text(post, "id"), text(post, "state"), due, title]
        };
        let rows: Vec<Vec<String>> = items(page).iter().map(row).collect();
        table(&["ID", "STATE", "TIME", "TITLE"], &rows);
        print_more(page);
    });
    Ok(())
}

async fn deliveries(door: &Door, arguments: DeliveriesArgs, json: bool) -> Result<(), Failure> {
    let query = query(&[
        ("state", arguments.state),
        ("account", arguments.account),
        ("platform", arguments.platform),
        ("needs_attention", arguments.needs_attention.then(|| "true".to_owned())),
        ("limit", arguments.limit.map(|limit| limit.to_string())),
        ("cursor", arguments.cursor),
    ]);
    let page = door.ask("GET", &format!("/api/communication/deliveries{query}"), None).await?;
    answer(&page, json, |page| {
        let row = |delivery: &Value| {
            let problem = delivery.get("problem").map(|problem| text(problem, "code")).unwrap_or_default();
            let mut cells =
                ["id", "platform", "state", "due_at", "permalink"].map(|key| text(delivery, key)).to_vec();
            cells.push(problem);
            cells
        };
        let rows: Vec<Vec<String>> = items(page).iter().map(row).collect();
        table(&["ID", "PLATFORM", "STATE", "DUE", "PERMALINK", "PROBLEM"], &rows);
        print_more(page);
    });
    Ok(())
}

async fn conversations(door: &Door, arguments: ConversationsArgs, json: bool) -> Result<(), Failure> {
    let query = query(&[
        ("account", arguments.account),
        ("kind", arguments.kind),
        ("unanswered", arguments.unanswered.then(|| "true".to_owned())),
        ("limit", arguments.limit.map(|limit| limit.to_string())),
        ("cursor", arguments.cursor),
    ]);
    let page = door.ask("GET", &format!("/api/communication/conversations{query}"), None).await?;
    answer(&page, json, |page| {
        let row = |item: &Value| {
            let words: String = text(item, "text").replace('\n', " ").chars().take(50).collect();
            let is_waiting = item.get("unanswered").and_then(Value::as_bool).unwrap_or_default();
            let mut cells = ["id", "platform", "kind", "rating", "written_at", "author"]
                .map(|key| text(item, key))
                .to_vec();
            cells.extend([if is_waiting { "unanswered" } else { "" }.to_owned(), words]);
            cells
        };
        let rows: Vec<Vec<String>> = items(page).iter().map(row).collect();
        table(&["ID", "PLATFORM", "KIND", "STARS", "WRITTEN", "AUTHOR", "STATE", "TEXT"], &rows);
        print_more(page);
    });
    Ok(())
}

async fn reply(door: &Door, conversation: &str, words: &str, json: bool) -> Result<(), Failure> {
    let path = format!("/api/communication/conversations/{}/reply", segment(conversation));
    let accepted = door.ask("POST", &path, Some(&json!({ "text": words }))).await?;
    answer(&accepted, json, |accepted| {
        for delivery in accepted.get("deliveries").map_or(&[][..], items) {
            say!("{} : {}", text(delivery, "id"), text(delivery, "state"));
        }
    });
    Ok(())
}

fn print_more(page: &Value) {
    let cursor = text(page, "next_cursor");
    if !cursor.is_empty() {
        say!("… --cursor {cursor}");
    }
}

async fn decide(
    door: &Door,
    delivery: &str,
    what: &str,
    body: Option<&Value>,
    json: bool,
) -> Result<(), Failure> {
    let path = format!("/api/communication/deliveries/{}/{what}", segment(delivery));
    let delivery = door.ask("POST", &path, body).await?;
    answer(&delivery, json, |delivery| say!("{} : {}", text(delivery, "id"), text(delivery, "state")));
    Ok(())
}

async fn code(door: &Door, json: bool) -> Result<(), Failure> {
    let code = door.ask("POST", "/api/session/code", None).await?;
    answer(&code, json, |code| say!("{}  {}", text(code, "url"), text(code, "code")));
    Ok(())
}

/// One part of a path.
fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

pub(super) fn query(pairs: &[(&str, Option<String>)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (key, value) in pairs {
        if let Some(value) = value {
            query.append_pair(key, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}
