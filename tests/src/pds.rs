//! A real AT Protocol personal data server with its account directory, started
//! on loopback for one test and ended with it.
//!
//! The server is not installed here: `cargo xtask test` installs it once below
//! the cache folder and names that folder in `MOULIN_PDS_DIR`. Without it a test
//! prints `SKIPPED: why` and ends well. It is the server that the Bluesky network
//! runs on, so what it refuses is refused there too; feeds, likes and counts are
//! another service and cannot be tried with it.

use std::env;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::RngCore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peer::{call, client, text};

/// The folder with the installed server, set by `cargo xtask test`.
const INSTALLED: &str = "MOULIN_PDS_DIR";

/// Two to three seconds are usual; a busy machine is allowed much more.
const START_LIMIT: Duration = Duration::from_secs(90);

/// A running server with one account. Dropping it ends the server and removes
/// everything it stored.
#[derive(Debug)]
pub struct Pds {
    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub base_url: String,
    /// The account's handle, `moulin.test`.
    pub handle: String,
    /// The account's permanent identifier, `did:plc:…`.
    pub did: String,
    /// What the owner would paste into the application.
    pub app_password: String,
    /// The key that the server signs its tokens with (HS256), so that a test can
    /// forge an expired one.
    pub jwt_secret: String,
    server: Server,
}

/// The process and its folder.
#[derive(Debug)]
struct Server {
    child: Child,
    folder: TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the folder is temporary in either case.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Pds {
    /// Starts a server, creates the account `moulin.test` and an app password.
    /// `None`, with a `SKIPPED:` line, when no server is installed.
    pub async fn start() -> Result<Option<Self>> {
        let Some(installed) = env::var_os(INSTALLED).map(PathBuf::from) else {
            println!("SKIPPED: no AT Protocol server ({INSTALLED} is not set, see `cargo xtask test`)");
            return Ok(None);
        };
        // A free port may be taken by another program before the server opens it.
        let mut last_error = None;
        for _ in 0..3 {
            match Self::start_once(&installed).await {
                Ok(pds) => return Ok(Some(pds)),
                Err(error) => last_error = Some(error),
            }
        }
        Err(last_error.context("No attempt was made")?)
    }

    async fn start_once(installed: &Path) -> Result<Self> {
        let jwt_secret = random_hex::<16>();
        let (port, directory_port) = free_ports()?;
        let mut server = Server::spawn(installed, &jwt_secret, port, directory_port)?;
        let base_url = format!("http://127.0.0.1:{port}");
        let client = client()?;
        server.wait_until_ready(&client, &base_url).await?;
        let account =
            call(client.post(format!("{base_url}/xrpc/com.atproto.server.createAccount")).json(&json!({
                "handle": "moulin.test",
                "email": "moulin@example.test",
                "password": random_hex::<16>(),
            })))
            .await
            .context("Failed to create the account")?;
        let token = text(&account, "accessJwt")?;
        let app_password = call(
            client
                .post(format!("{base_url}/xrpc/com.atproto.server.createAppPassword"))
                .bearer_auth(token)
                .json(&json!({"name": "Le Vieux Moulin"})),
        )
        .await
        .context("Failed to create the app password")?;
        Ok(Self {
            handle: text(&account, "handle")?,
            did: text(&account, "did")?,
            app_password: text(&app_password, "password")?,
            jwt_secret,
            base_url,
            server,
        })
    }

    /// The posts that the server has, newest first, as it lists them
    /// (`uri`, `cid`, `value`).
    pub async fn posts(&self) -> Result<Vec<Value>> {
        let address = format!("{}/xrpc/com.atproto.repo.listRecords", self.base_url);
        let query = [("repo", self.did.as_str()), ("collection", "app.bsky.feed.post")];
        let url = reqwest::Url::parse_with_params(&address, query).context("Not an address")?;
        let mut answer = call(client()?.get(url)).await.context("Failed to list the posts")?;
        match answer["records"].take() {
            Value::Array(records) => Ok(records),
            other => bail!("The server listed no records but {other}"),
        }
    }

    /// What the server wrote to its output.
    pub fn log(&self) -> String {
        self.server.log()
    }
}

impl Server {
    fn spawn(installed: &Path, jwt_secret: &str, port: u16, directory_port: u16) -> Result<Self> {
        let modules = installed.join("node_modules");
        ensure!(modules.is_dir(), "{} has no node_modules", installed.display());
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/servers/atproto");
        let folder = tempfile::tempdir().context("Failed to create the server's folder")?;
        for name in ["data", "blobs"] {
            fs::create_dir(folder.path().join(name)).context("Failed to create the server's folder")?;
        }
        let log = File::create(folder.path().join("log")).context("Failed to create the log")?;
        let child = Command::new("node")
            .arg("-r")
            .arg(scripts.join("loopback-only.cjs"))
            .arg(scripts.join("pds-run.cjs"))
            .env("NODE_PATH", modules)
            .env("PLC_PORT", directory_port.to_string())
            .env("PDS_PORT", port.to_string())
            .env("PDS_HOSTNAME", "localhost")
            .env("PDS_DEV_MODE", "1")
            .env("PDS_DATA_DIRECTORY", folder.path().join("data"))
            .env("PDS_BLOBSTORE_DISK_LOCATION", folder.path().join("blobs"))
            .env("PDS_BLOB_UPLOAD_LIMIT", "52428800")
            .env("PDS_DID_PLC_URL", format!("http://127.0.0.1:{directory_port}"))
            .env("PDS_SERVICE_HANDLE_DOMAINS", ".test")
            .env("PDS_INVITE_REQUIRED", "0")
            .env("PDS_JWT_SECRET", jwt_secret)
            .env("PDS_DPOP_SECRET", random_hex::<32>())
            .env("PDS_ADMIN_PASSWORD", random_hex::<16>())
            .env("PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX", random_hex::<32>())
            // No relay is told: nothing leaves the machine.
            .env("PDS_CRAWLERS", "")
            .env("PDS_RATE_LIMITS_ENABLED", "0")
            .env("LOG_ENABLED", "0")
            // The server ends when this pipe closes, even after `kill -9` of the test.
            .stdin(Stdio::piped())
            .stdout(log.try_clone().context("Failed to share the log")?)
            .stderr(log)
            .spawn()
            .context("Failed to start node")?;
        Ok(Self { child, folder })
    }

    async fn wait_until_ready(&mut self, client: &reqwest::Client, base_url: &str) -> Result<()> {
        let start = Instant::now();
        let address = format!("{base_url}/xrpc/_health");
        loop {
            let answer = client.get(&address).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait().context("Failed to wait for node")? {
                bail!("The server ended with {status}:\n{}", self.log());
            }
            ensure!(start.elapsed() < START_LIMIT, "The server does not answer:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

/// Two ports that nothing listens on now; held together, so that they differ.
fn free_ports() -> Result<(u16, u16)> {
    let first = TcpListener::bind(("127.0.0.1", 0)).context("No free port")?;
    let second = TcpListener::bind(("127.0.0.1", 0)).context("No free port")?;
    Ok((first.local_addr()?.port(), second.local_addr()?.port()))
}

fn random_hex<const BYTES: usize>() -> String {
    let mut bytes = [0_u8; BYTES];
    rand::rng().fill_bytes(&mut bytes);
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
