//! The practice mode ("mode répétition"): the whole application against pretend networks on this
//! computer.
//!
//! The sandbox runs in a process of its own (the same program with a hidden subcommand), as the real
//! networks do, and ends with its parent. Accounts and demonstration data are made through the same
//! doors as real ones. Nothing here can reach a real account: the mode has its own data folder and
//! refuses every address outside this machine.

mod customers;
mod demo;
mod demo_figures;
mod guests;

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};
use vieux_moulin_sandbox::{Addresses, Platform, seed};

use crate::{
    api::{problem::ApiError, routes::practice::PracticeAddresses},
    config::{Platforms, Settings},
    connections::NewAccount,
    connectors::{Credentials, Http},
    domain::AccountSettings,
    engine::Engine,
    host::HostError,
    store::{DATABASE_FILE, accounts, state},
};

pub use customers::load as load_customers;
pub use demo::load as load_demonstration;
pub use guests::speak as let_guests_speak;

/// Hidden subcommand that runs the sandbox.
pub const SANDBOX_COMMAND: &str = "sandbox";
const START_DEADLINE: Duration = Duration::from_secs(20);
const CONTROL_DEADLINE: Duration = Duration::from_secs(5);
/// Marks a data folder of the practice mode.
const MARKER: &str = "moulin.practice";
/// The discard port of this computer.
const NOWHERE: &str = "http://127.0.0.1:9";
/// Accounts of each pretend network: the one that is connected at the start, and one to connect.
const ACCOUNTS: usize = 2;
const STATE_FILE: &str = "sandbox.json";
/// The pretend web site was named once.
const SITE_NAMED: &str = "practice_site_named";
/// The pretend house told its address once.
const HOUSE_INTRODUCED: &str = "practice_house_introduced";

/// The running pretend networks; they end when this is dropped, and with this process.
pub struct PracticeNetworks {
    pub addresses: Addresses,
    _child: Child,
}

impl PracticeNetworks {
    /// Starts the sandbox with `program` (this program itself), keeping its posts in `data_dir`.
    pub async fn start(program: &Path, data_dir: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .arg(SANDBOX_COMMAND)
            .arg("--exit-with-parent")
            .arg("--accounts")
            .arg(ACCOUNTS.to_string())
            .arg("--state")
            .arg(data_dir.join(STATE_FILE))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("Failed to start the practice networks")?;
        let stdout = child.stdout.take().context("The practice networks have no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(START_DEADLINE, lines.next_line())
            .await
            .context("The practice networks did not start in time")??
            .context("The practice networks ended at once")?;
        let addresses = serde_json::from_str(&line).context("The practice networks said something else")?;
        Ok(Self { addresses, _child: child })
    }

    /// By platform, as the API shows them.
    pub fn by_platform(&self) -> PracticeAddresses {
        let control = ("control", self.addresses.control.as_str());
        let networks = self.addresses.networks().map(|(platform, address)| (platform.name(), address));
        std::iter::once(control)
            .chain(networks)
            .map(|(name, address)| (name.to_owned(), address.to_owned()))
            .collect()
    }

    /// Points every platform at the pretend networks.
    pub fn redirect(&self, platforms: &mut Platforms) -> anyhow::Result<()> {
        for (id, address) in self.by_platform() {
            if id != "control" {
                platforms.redirect(&id, &address, &address);
            }
        }
        platforms.lend(Platform::Smtp.name(), "imap", &self.addresses.mailbox);
        if let Some(outside) = platforms.outside() {
            bail!("In practice mode {outside} would be outside of this computer");
        }
        Ok(())
    }
}

/// Decides whether a data folder is one of the practice mode, once and for all.
///
/// A folder keeps its mode, whatever is typed later: practice accounts never meet real networks, and
/// real accounts never meet the pretend ones.
pub fn settle(data_dir: &Path, practice: bool) -> Result<bool, HostError> {
    let marker = data_dir.join(MARKER);
    if marker.try_exists()? {
        return Ok(true);
    }
    if practice {
        if data_dir.join(DATABASE_FILE).try_exists()? {
            return Err(HostError::RealFolder);
        }
        std::fs::write(marker, "")?;
    }
    Ok(practice)
}

/// Points every platform at nothing: while the pretend networks do not run, nothing is reached.
pub fn disconnect(platforms: &mut Platforms) {
    let ids: Vec<String> = platforms.iter().map(|(id, _)| id.to_owned()).collect();
    for id in ids {
        platforms.redirect(&id, NOWHERE, NOWHERE);
    }
}

/// Connects one practice account of each network, unless they are.
pub async fn connect_accounts(engine: &Engine, addresses: &Addresses) -> anyhow::Result<()> {
    let known = engine.store.read(accounts::list).await?;
    for (platform, label, fields) in seeded(1, &addresses.mastodon) {
        if let Some(account) = known.iter().find(|account| account.platform == platform) {
            // The pretend networks choose their ports anew at each start.
            let server = addresses_of(addresses, platform);
            if account.practice && account.server.as_deref().is_some_and(|old| Some(old) != server) {
                let server = server.map(str::to_owned);
                engine.connections.change(&account.id, move |account| account.server = server).await?;
            }
            continue;
        }
        let mut credentials = Credentials::default();
        for (key, value) in fields {
            credentials.set(key, value);
        }
        let new = NewAccount {
            platform: platform.to_owned(),
            label: Some(label.to_owned()),
            credentials,
            // The pretend Page lends its pictures an address, so that a photograph of this computer can go
            // to the pretend Instagram too.
            settings: Some(AccountSettings { facebook_photo_host: true, ..AccountSettings::default() }),
            make_default: true,
            practice: true,
        };
        engine
            .connections
            .add(new, "engine")
            .await
            .with_context(|| format!("Failed to connect the practice account of {platform}"))?;
    }
    Ok(())
}

/// Names the pretend web site, so that photographs of this computer can go to the networks that fetch them.
pub async fn name_web_site(engine: &Engine, addresses: &Addresses) -> anyhow::Result<()> {
    let site = format!("{}/site", addresses.control);
    let known = engine.desk.web_site.state().await?;
    // Forgotten by the person at the rehearsal, it stays forgotten.
    let was_named = engine.store.read(|c| state::get::<bool>(c, SITE_NAMED)).await?.unwrap_or_default();
    if was_named && known.is_none_or(|known| known.kind != "wordpress") {
        return Ok(());
    }
    let mut fields = Credentials::default();
    fields.set("site", site);
    fields.set("username", seed::SITE_USERNAME);
    fields.set("app_password", seed::SITE_PASSWORD);
    engine.desk.web_site.keep("wordpress", fields).await?;
    engine.store.write(|tx| state::set(tx, SITE_NAMED, &true)).await?;
    Ok(())
}

/// Gives the pretend house the address that the law wants below its mails, once.
pub async fn introduce_house(engine: &Engine) -> anyhow::Result<()> {
    let is_known = engine.store.read(|c| state::get::<bool>(c, HOUSE_INTRODUCED)).await?.unwrap_or_default();
    if is_known || engine.settings().messages.house_address.is_some() {
        return Ok(());
    }
    let about = json!({"messages": {
        "house_address": "1 chemin du Moulin, 33590 Vensac",
        "house_phone": "05 56 00 00 00",
        "reply_to": "bonjour@levieuxmoulin.example",
        "sms_sender": "VieuxMoulin",
    }});
    let dir = engine.data_dir.clone();
    let settings = tokio::task::spawn_blocking(move || Settings::patch(&dir, about)).await??;
    engine.apply_settings(settings);
    engine.store.write(|tx| state::set(tx, HOUSE_INTRODUCED, &true)).await?;
    Ok(())
}

fn addresses_of<'a>(addresses: &'a Addresses, platform: &str) -> Option<&'a str> {
    Platform::from_name(platform).map(|platform| platform.address(addresses))
}

type Seeded = (&'static str, &'static str, Vec<(&'static str, String)>);

fn seeded(number: usize, mastodon: &str) -> [Seeded; Platform::NETWORKS.len()] {
    [
        (
            "facebook",
            "Page du Vieux Moulin",
            vec![
                ("page_id", seed::facebook_page_id(number)),
                ("page_token", seed::facebook_page_token(number)),
            ],
        ),
        (
            "instagram",
            "@levieuxmoulin",
            vec![
                ("instagram_id", seed::instagram_id(number)),
                ("page_token", seed::facebook_page_token(number)),
            ],
        ),
        (
            "bluesky",
            "Le Vieux Moulin",
            vec![
                ("identifier", seed::bluesky_handle(number)),
                ("app_password", seed::bluesky_app_password(number)),
            ],
        ),
        (
            "mastodon",
            "Le Vieux Moulin",
            vec![("server", mastodon.to_owned()), ("access_token", seed::mastodon_token(number))],
        ),
        (
            "telegram",
            "Le Vieux Moulin",
            vec![
                ("bot_token", seed::telegram_bot_token(number)),
                ("channel", format!("@{}", seed::telegram_username(number))),
            ],
        ),
        (
            "threads",
            "Le Vieux Moulin",
            vec![
                ("access_token", seed::threads_token(number)),
                ("page_token", seed::facebook_page_token(number)),
            ],
        ),
        ("google_business", "Le Vieux Moulin, Vensac", own_application(Platform::GoogleBusiness, number)),
        ("pinterest", "Le Vieux Moulin", own_application(Platform::Pinterest, number)),
        ("linkedin", "Le Vieux Moulin", vec![("access_token", seed::linkedin_token(number))]),
        (
            "x",
            "Le Vieux Moulin",
            vec![
                // Nothing is billed here.
                ("cost_accepted", "oui".to_owned()),
                ("client_id", seed::X_CLIENT_ID.to_owned()),
                ("refresh_token", seed::x_refresh_token(number)),
            ],
        ),
    ]
}

/// Fields of an account that comes with an application of the owner's own.
fn own_application(platform: Platform, number: usize) -> Vec<(&'static str, String)> {
    vec![
        ("client_id", seed::oauth_client_id(platform)),
        ("client_secret", seed::oauth_client_secret(platform)),
        ("refresh_token", seed::oauth_refresh_token(platform, number)),
    ]
}

/// What connects one more account of each pretend network, by platform and field: nobody could guess it.
pub fn trial_credentials(addresses: &PracticeAddresses) -> BTreeMap<String, BTreeMap<String, String>> {
    let Some(mastodon) = addresses.get("mastodon") else { return BTreeMap::new() };
    let accounts = seeded(ACCOUNTS, mastodon).into_iter();
    accounts
        .map(|(platform, _, fields)| {
            let fields = fields.into_iter().map(|(field, value)| (field.to_owned(), value));
            (platform.to_owned(), fields.collect())
        })
        .collect()
}

/// The failures that are switched on, by platform; platforms without one are left out.
pub async fn active_faults(addresses: &PracticeAddresses) -> Result<BTreeMap<String, Vec<String>>, ApiError> {
    let Some(control) = addresses.get("control") else { return Ok(BTreeMap::new()) };
    let http = Http::new().map_err(|_| ApiError::new("internal_error"))?;
    let mut faults = BTreeMap::new();
    for platform in addresses.keys().filter(|name| *name != "control") {
        let request = http.client().get(format!("{control}/control/{platform}/faults"));
        let answer = request.timeout(CONTROL_DEADLINE).send().await;
        let answer = answer.map_err(|_| ApiError::new("sandbox_failed"))?;
        let board: Vec<Value> = answer.json().await.map_err(|_| ApiError::new("sandbox_failed"))?;
        let names = board.iter().filter_map(|fault| Some(fault.pointer("/fault")?.as_str()?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            faults.insert(platform.clone(), names);
        }
    }
    Ok(faults)
}

/// Switches a failure of a pretend network on (until switched off), or all of them off.
pub async fn set_fault(control: &str, platform: &str, fault: Option<&str>) -> Result<(), ApiError> {
    let http = Http::new().map_err(|_| ApiError::new("internal_error"))?;
    let address = format!("{control}/control/{platform}/faults");
    let request = match fault {
        Some(fault) => http.client().post(address).json(&json!({ "fault": fault, "times": 0 })),
        None => http.client().delete(address),
    };
    let answer =
        request.timeout(CONTROL_DEADLINE).send().await.map_err(|_| ApiError::new("sandbox_failed"))?;
    if answer.status().is_client_error() {
        return Err(ApiError::new("invalid_field")
            .field(crate::api::problem::FieldProblem::new("fault", "invalid_field")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trial_account_is_none_of_those_that_are_connected_at_the_start() {
        let addresses = PracticeAddresses::from([("mastodon".to_owned(), "http://127.0.0.1:1".to_owned())]);
        let trial = trial_credentials(&addresses);
        for (platform, _, fields) in seeded(1, "http://127.0.0.1:1") {
            let offered = trial.get(platform).unwrap();
            assert_eq!(offered.len(), fields.len(), "{platform}");
            let is_other = fields.iter().any(|(field, value)| offered.get(*field) != Some(value));
            assert!(is_other, "{platform}: {offered:?}");
        }
        assert!(trial_credentials(&PracticeAddresses::new()).is_empty());
    }
}
