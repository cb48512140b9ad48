//! What the owner typed, checked: where the two servers are, how the lines are protected, who writes.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::{
    config::is_loopback as is_loopback_url,
    connectors::{
        Access, Failure,
        mail_line::{Security, is_loopback},
    },
};

pub(super) const HOST: &str = "host";
pub(super) const PORT: &str = "port";
pub(super) const SECURITY: &str = "security";
pub(super) const USERNAME: &str = "username";
pub(super) const PASSWORD: &str = "password";
pub(super) const SIGN_IN: &str = "sign_in";
pub(super) const FROM_ADDRESS: &str = "from_address";
pub(super) const FROM_NAME: &str = "from_name";
pub(super) const IMAP_HOST: &str = "imap_host";
pub(super) const IMAP_PORT: &str = "imap_port";
pub(super) const IMAP_FOLDER: &str = "imap_folder";

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// How the owner proves who they are. Its `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub secret: SecretString,
    /// The secret is an access token (XOAUTH2) and no password.
    pub is_token: bool,
}

impl Login {
    /// The first answer of XOAUTH2, before base64.
    pub(crate) fn bearer(&self) -> String {
        format!("user={}\u{1}auth=Bearer {}\u{1}\u{1}", self.username, self.secret.expose_secret())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub outgoing: Server,
    pub mailbox: Option<Server>,
    pub folder: String,
    pub login: Login,
    pub from_address: String,
    pub from_name: String,
}

impl Settings {
    /// Errors: a field that cannot be meant so.
    pub fn read(access: &Access<'_>) -> Result<Self, Failure> {
        let field = |key: &str| {
            let value = access.credentials.get(key).map(|secret| secret.expose_secret().trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let from_address = field(FROM_ADDRESS).unwrap_or_default();
        if from_address.parse::<lettre::Address>().is_err() {
            return Err(Failure::content("mail_sender_invalid"));
        }
        let secret = access.credentials.get(PASSWORD).cloned();
        let secret = secret.ok_or_else(|| Failure::content("mail_login_refused"))?;
        let username = field(USERNAME).unwrap_or_else(|| from_address.clone());
        if username.chars().any(char::is_control) {
            return Err(Failure::content("mail_login_refused"));
        }
        let outgoing = match lent(access.base_url) {
            Some(server) => server,
            None => server(field(HOST), field(PORT), field(SECURITY), 465, &[587, 25, 2525])?,
        };
        let mailbox = if lent(access.base_url).is_some() {
            // Another address than the one for sending, or none at all.
            Some(access.host("imap")).filter(|host| *host != access.base_url).and_then(lent)
        } else if let Some(host) = field(IMAP_HOST) {
            Some(server(Some(host), field(IMAP_PORT), None, 993, &[143])?)
        } else {
            None
        };
        Ok(Self {
            outgoing,
            mailbox,
            folder: field(IMAP_FOLDER).unwrap_or_else(|| "INBOX".to_owned()),
            login: Login { username, secret, is_token: field(SIGN_IN).is_some_and(|way| is_token(&way)) },
            from_name: field(FROM_NAME).unwrap_or_default(),
            from_address,
        })
    }

    /// What follows the @ of the sender.
    pub fn domain(&self) -> &str {
        self.from_address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

fn is_token(way: &str) -> bool {
    way.eq_ignore_ascii_case("xoauth2")
}

/// The pretend servers of the practice mode and of the tests: an address of this computer stands in the
/// settings of the platform, and nothing that was typed leads anywhere else.
fn lent(base_url: &str) -> Option<Server> {
    let url = Url::parse(base_url).ok().filter(is_loopback_url)?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some(Server { host, port: url.port()?, security: Security::Plain })
}

fn server(
    host: Option<String>,
    port: Option<String>,
    security: Option<String>,
    encrypted_port: u16,
    starttls_ports: &[u16],
) -> Result<Server, Failure> {
    let host = host.filter(|host| is_host(host)).ok_or_else(|| Failure::content("mail_server_invalid"))?;
    let port = match port {
        None => encrypted_port,
        Some(port) => port.parse().map_err(|_| Failure::content("mail_server_invalid"))?,
    };
    let security = match security.map(|word| word.to_lowercase()).as_deref() {
        None if starttls_ports.contains(&port) => Security::StartTls,
        None | Some("tls" | "ssl") => Security::Tls,
        Some("starttls") => Security::StartTls,
        Some("plain") if is_loopback(&host) => Security::Plain,
        Some("plain") => return Err(Failure::content("mail_encryption_required")),
        Some(_) => return Err(Failure::content("mail_server_invalid")),
    };
    Ok(Server { host, port, security })
}

fn is_host(host: &str) -> bool {
    host.len() <= 253 && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'))
}
