//! snac2, a real server that speaks Mastodon's API, started on loopback for one
//! test and ended with it.
//!
//! It is Mastodon-compatible, not Mastodon, and that is its use here: it ignores
//! `Idempotency-Key` and `scheduled_at` (the post goes out at once) and refuses
//! to delete a post. A connector must live with such a server.
//!
//! `cargo xtask test` unpacks the program and names it in `MOULIN_SNAC`; where it
//! cannot be had, `MOULIN_SNAC_ABSENT` says why and the test is skipped.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::peer::{call, client, text};

const PROGRAM: &str = "MOULIN_SNAC";
const ABSENT: &str = "MOULIN_SNAC_ABSENT";
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server with the account `moulin` and an authorised application.
#[derive(Debug)]
pub struct Snac {
    /// `http://localhost:PORT`, without a slash at the end: the name that the
    /// server knows itself by.
    pub base_url: String,
    /// An access token with the scopes `read write`.
    pub token: String,
    child: Child,
    _folder: TempDir,
}

impl Drop for Snac {
    fn drop(&mut self) {
        // It may have ended by itself; its folder is temporary in either case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Snac {
    /// Starts a server and lets an application in through the OAuth code flow.
    /// `None`, with a `SKIPPED:` line, when there is no snac2 here.
    pub async fn start() -> Result<Option<Self>> {
        let Some(program) = env::var_os(PROGRAM) else {
            let why = env::var(ABSENT).unwrap_or_else(|_| format!("{PROGRAM} is not set"));
            println!("SKIPPED: no snac2 ({why})");
            return Ok(None);
        };
        let program = Path::new(&program);
        let port = TcpListener::bind(("127.0.0.1", 0)).context("No free port")?.local_addr()?.port();
        let folder = tempfile::tempdir().context("Failed to create the server's folder")?;
        let data = folder.path().join("data");
        let password = set_up(program, &data, port)?;
        let log = File::create(folder.path().join("log")).context("Failed to create the log")?;
        let child = Command::new(program)
            .arg("httpd")
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("Failed to share the log")?)
            .stderr(log)
            .spawn()
            .context("Failed to start snac")?;
        // From here on an error must end the process: it is owned first.
        let mut snac = Self {
            base_url: format!("http://localhost:{port}"),
            token: String::new(),
            child,
            _folder: folder,
        };
        let client = client()?;
        snac.wait_until_ready(&client).await?;
        snac.token = authorise(&client, &snac.base_url, &password).await?;
        Ok(Some(snac))
    }

    async fn wait_until_ready(&mut self, client: &reqwest::Client) -> Result<()> {
        let start = Instant::now();
        while client.get(format!("{}/api/v1/instance", self.base_url)).send().await.is_err() {
            let ended = self.child.try_wait().context("Failed to wait for snac")?;
            ensure!(ended.is_none(), "snac ended with {ended:?}");
            ensure!(start.elapsed() < START_LIMIT, "snac does not answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// Creates the server's folder and its one account; returns the password.
fn set_up(program: &Path, data: &Path, port: u16) -> Result<String> {
    // Its questions: address, port, host, path prefix, e-mail of the administrator.
    ask(program, "init", data, &[], &format!("127.0.0.1\n{port}\nlocalhost:{port}\n\n\n"))?;
    let settings = data.join("server.json");
    let text = fs::read_to_string(&settings).context("snac has written no settings")?;
    fs::write(&settings, text.replace(r#""protocol": "https""#, r#""protocol": "http""#))
        .context("Failed to write the settings of snac")?;
    ask(program, "adduser", data, &["moulin"], "moulin\n\n")?;
    let answer = ask(program, "resetpwd", data, &["moulin"], "")?;
    answer
        .lines()
        .find(|line| line.contains("password"))
        .and_then(|line| line.split_whitespace().last())
        .map(str::to_owned)
        .with_context(|| format!("snac gave no password: {answer}"))
}

/// Runs a command of snac that asks on its standard input.
fn ask(program: &Path, command: &str, data: &Path, arguments: &[&str], answers: &str) -> Result<String> {
    let mut child = Command::new(program)
        .arg(command)
        .arg(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("Failed to start snac")?;
    if let Some(mut input) = child.stdin.take() {
        // A command that asks nothing may end before it reads: its end tells.
        let _ = input.write_all(answers.as_bytes());
    }
    let output = child.wait_with_output().context("Failed to wait for snac")?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "snac {command} ended with {}: {text}", output.status);
    Ok(text)
}

/// Registers an application and lets it in, as a person with a browser would.
async fn authorise(client: &reqwest::Client, base_url: &str, password: &str) -> Result<String> {
    let redirect = "http://127.0.0.1:9/callback";
    let app = call(client.post(format!("{base_url}/api/v1/apps")).form(&[
        ("client_name", "Le Vieux Moulin"),
        ("redirect_uris", redirect),
        ("scopes", "read write"),
    ]))
    .await
    .context("Failed to register the application")?;
    let (id, secret) = (text(&app, "client_id")?, text(&app, "client_secret")?);
    let login = client
        .post(format!("{base_url}/oauth/x-snac-login"))
        .form(&[
            ("login", "moulin"),
            ("passwd", password),
            ("redir", redirect),
            ("cid", &id),
            ("state", "s1"),
        ])
        .send()
        .await
        .context("Failed to log in")?;
    let location = login.headers().get("location").and_then(|value| value.to_str().ok());
    let location = reqwest::Url::parse(location.context("The log-in redirects nowhere")?)
        .context("The log-in redirects to no address")?;
    let code = location
        .query_pairs()
        .find_map(|(key, value)| (key == "code").then(|| value.into_owned()))
        .context("The log-in gave no code")?;
    let answer = call(client.post(format!("{base_url}/oauth/token")).form(&[
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", &id),
        ("client_secret", &secret),
        ("redirect_uri", redirect),
        ("scope", "read write"),
    ]))
    .await
    .context("Failed to get a token")?;
    text(&answer, "access_token")
}
