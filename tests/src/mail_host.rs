//! A real mail host on loopback for one test: Postfix for submission (implicit TLS, STARTTLS, AUTH, refusals,
//! real failure reports), Dovecot for the mailboxes. Both need root and the packages `postfix` and
//! `dovecot-imapd`; without them the test prints `SKIPPED: why`.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// The account of the house and its password; a customer has `client@client.test`.
pub const USER: &str = "resto@moulin.test";
pub const PASSWORD: &str = "secret";

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running host.
#[derive(Debug)]
pub struct MailHost {
    pub tls_port: u16,
    pub starttls_port: u16,
    pub imaps_port: u16,
    folder: TempDir,
}

impl MailHost {
    /// Starts both servers. `None`, with a `SKIPPED:` line, where they cannot be had.
    pub fn start() -> Result<Option<Self>> {
        for program in ["/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/bin/openssl"] {
            if !Path::new(program).exists() {
                println!("SKIPPED: no mail host ({program} is not installed)");
                return Ok(None);
            }
        }
        let who = Command::new("id").arg("-u").output()?;
        if String::from_utf8_lossy(&who.stdout).trim() != "0" {
            println!("SKIPPED: no mail host (Postfix and Dovecot need root)");
            return Ok(None);
        }
        let version = Command::new("/usr/sbin/dovecot").arg("--version").output()?;
        if !String::from_utf8_lossy(&version.stdout).starts_with("2.3") {
            println!("SKIPPED: no mail host (settings are written for Dovecot 2.3)");
            return Ok(None);
        }
        let host = Self {
            tls_port: free_port()?,
            starttls_port: free_port()?,
            imaps_port: free_port()?,
            folder: tempfile::tempdir().context("No folder for the mail host")?,
        };
        host.set_up()?;
        run(Command::new("/usr/sbin/dovecot").arg("-c").arg(host.path("dovecot.conf")))?;
        run(Command::new("/usr/sbin/postfix").arg("-c").arg(host.path("pf")).arg("start"))?;
        for port in [host.tls_port, host.starttls_port, host.imaps_port] {
            let began = Instant::now();
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                ensure!(began.elapsed() < START_LIMIT, "port {port} stays closed");
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(Some(host))
    }

    /// The authority that vouches for the host.
    pub fn authority(&self) -> PathBuf {
        self.path("ca.pem")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set_up(&self) -> Result<()> {
        let root = self.folder.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755))?;
        for folder in ["pf", "spool", "data", "run", "box"] {
            fs::create_dir(self.path(folder))?;
        }
        run(Command::new("chown").arg("postfix").arg(self.path("data")))?;
        run(Command::new("chown").arg("nobody").arg(self.path("box")))?;
        let script = "set -e\n\
            openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=Test CA' -addext basicConstraints=critical,CA:TRUE\n\
            openssl req -newkey rsa:2048 -nodes -keyout key.pem -out req.pem -subj /CN=localhost\n\
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' > ext\n\
            openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert.pem\n";
        run(Command::new("sh").arg("-c").arg(script).current_dir(root))?;
        let id = |flag: &str| -> Result<String> {
            let output = Command::new("id").args([flag, "nobody"]).output()?;
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let (uid, gid) = (id("-u")?, id("-g")?);
        let root = root.display();
        let (tls, starttls, imaps) = (self.tls_port, self.starttls_port, self.imaps_port);
        let write = |name: &str, text: String| fs::write(self.path(name), text);
        write(
            "users",
            format!("{USER}:{{PLAIN}}{PASSWORD}::::::\nclient@client.test:{{PLAIN}}client::::::\n"),
        )?;
        write(
            "dovecot.conf",
            format!(
                "protocols = imap\nlisten = 127.0.0.1\nbase_dir = {root}/run\nstate_dir = {root}/state\n\
                 log_path = {root}/dovecot.log\nssl = required\nssl_cert = <{root}/cert.pem\nssl_key = <{root}/key.pem\n\
                 disable_plaintext_auth = yes\nauth_mechanisms = plain login\nmail_location = maildir:{root}/box/%d/%n\n\
                 first_valid_uid = {uid}\nfirst_valid_gid = {gid}\n\
                 passdb {{\n  driver = passwd-file\n  args = username_format=%u {root}/users\n}}\n\
                 userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={root}/box/%d/%n\n}}\n\
                 service imap-login {{\n  inet_listener imap {{\n    port = 0\n  }}\n  inet_listener imaps {{\n    port = {imaps}\n  }}\n}}\n\
                 service auth {{\n  unix_listener {root}/auth {{\n    mode = 0666\n  }}\n}}\n"
            ),
        )?;
        write(
            "pf/main.cf",
            format!(
                "compatibility_level = 3.6\nqueue_directory = {root}/spool\ndata_directory = {root}/data\n\
                 mail_owner = postfix\nmyhostname = mail.moulin.test\nmydestination =\ninet_interfaces = 127.0.0.1\n\
                 inet_protocols = ipv4\nmynetworks = 127.0.0.2/32\nmaillog_file = {root}/mail.log\n\
                 maillog_file_prefixes = {root}\nsmtpd_tls_cert_file = {root}/cert.pem\nsmtpd_tls_key_file = {root}/key.pem\n\
                 smtpd_tls_security_level = may\nsmtpd_tls_auth_only = yes\nsmtpd_sasl_auth_enable = yes\n\
                 smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {root}/auth\n\
                 smtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
                 smtpd_recipient_restrictions = check_recipient_access texthash:{root}/pf/rcpt, permit_sasl_authenticated, reject\n\
                 smtpd_reject_unlisted_recipient = no\nmessage_size_limit = 2000000\n\
                 virtual_mailbox_domains = moulin.test client.test\nvirtual_mailbox_base = {root}/box\n\
                 virtual_mailbox_maps = texthash:{root}/pf/boxes\nvirtual_uid_maps = static:{uid}\n\
                 virtual_gid_maps = static:{gid}\nvirtual_minimum_uid = 1\n\
                 default_transport = error:5.1.2 no outside mail here\nalias_maps =\nalias_database =\n\
                 local_recipient_maps =\ndisable_dns_lookups = yes\nsmtp_host_lookup = native\n\
                 bounce_queue_lifetime = 0\nqueue_run_delay = 5s\nminimal_backoff_time = 5s\nmaximal_backoff_time = 10s\n"
            ),
        )?;
        write("pf/boxes", format!("{USER} moulin.test/resto/\nclient@client.test client.test/client/\n"))?;
        write(
            "pf/rcpt",
            "greylist@client.test 450 4.2.0 Greylisted, try later\nbloque@client.test 550 5.7.1 Blocked\n\
             plein@client.test 452 4.2.2 Mailbox full\n"
                .to_owned(),
        )?;
        write(
            "pf/master.cf",
            format!(
                "127.0.0.1:{starttls} inet n - n - - smtpd\n  -o syslog_name=submission -o smtpd_tls_security_level=encrypt\n\
                 127.0.0.1:{tls} inet n - n - - smtpd\n  -o syslog_name=smtps -o smtpd_tls_wrappermode=yes\n\
                 pickup unix n - n 5 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 5 1 qmgr\n\
                 tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\n\
                 defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\nverify unix - - n - 1 verify\n\
                 flush unix n - n 1000? 0 flush\nproxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\n\
                 error unix - - n - - error\nretry unix - - n - - error\ndiscard unix - - n - - discard\n\
                 virtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n\
                 postlog unix-dgram n - n - 1 postlogd\n"
            ),
        )?;
        Ok(())
    }
}

impl Drop for MailHost {
    fn drop(&mut self) {
        // They may have ended by themselves; the folder goes away in either case.
        let _ = Command::new("/usr/sbin/postfix").arg("-c").arg(self.path("pf")).arg("stop").output();
        let _ = Command::new("doveadm").arg("-c").arg(self.path("dovecot.conf")).arg("stop").output();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("No free port")?.local_addr()?.port())
}

/// Without pipes: a server that stays would hold them open.
fn run(command: &mut Command) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().with_context(|| format!("Failed to start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
