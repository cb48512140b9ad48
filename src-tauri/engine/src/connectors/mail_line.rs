//! A line to a mail server: TCP without the delay that waits for more to say, then TLS with the
//! certificates that this computer trusts.
//!
//! Shared by sending (`smtp/`) and reading (`mailbox/`). It knows no protocol of mail, and nothing here
//! falls back to an unencrypted line: who may have one is decided in [`Security`]'s reader.

use std::{io, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use rustls_platform_verifier::ConfigVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;

use super::{Failure, FailureClass};
use crate::domain::Problem;

/// Plain or encrypted.
pub type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// How a line is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// From the first byte (ports 465 and 993).
    Tls,
    /// After a greeting in the clear; never without.
    StartTls,
    /// Only to this computer.
    Plain,
}

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Those that this computer believes. Errors: its list cannot be read.
    pub fn of_this_computer() -> Result<Self, Failure> {
        // A second installation answers Err; the first one stays in force.
        let _ = rustls::crypto::ring::default_provider().install_default();
        ClientConfig::with_platform_verifier().map(|config| Self(Arc::new(config))).map_err(|error| {
            Failure::new(
                FailureClass::NotSent,
                Problem::new("mail_certificate_refused").message(error.to_string()),
            )
        })
    }

    /// These and no others: for tests with an authority of their own.
    pub fn only(roots: RootCertStore) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self(Arc::new(config))
    }
}

/// Connects within `limit`.
pub async fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Failure> {
    let unreachable = |words: &str| {
        Failure::new(FailureClass::NotSent, Problem::new("platform_unreachable").message(words))
    };
    let stream = match tokio::time::timeout(limit, TcpStream::connect((host, port))).await {
        Err(_) => return Err(unreachable("timed out")),
        Ok(Err(error)) => return Err(unreachable(&error.kind().to_string())),
        Ok(Ok(stream)) => stream,
    };
    // With the delay a connection carries some twenty mails a second (reliability 4, "Mail over SMTP").
    stream.set_nodelay(true).map_err(|error| unreachable(&error.kind().to_string()))?;
    Ok(stream)
}

/// Encrypts a line within `limit`; the certificate must be good for `host`.
pub async fn encrypt(
    stream: TcpStream,
    host: &str,
    trust: &Trust,
    limit: Duration,
) -> Result<Stream, Failure> {
    let refused = |words: String| {
        Failure::new(FailureClass::NotSent, Problem::new("mail_certificate_refused").message(words))
    };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| refused(error.to_string()))?;
    let shake = TlsConnector::from(Arc::clone(&trust.0)).connect(name, stream);
    match tokio::time::timeout(limit, shake).await {
        Err(_) => Err(Failure::new(FailureClass::NotSent, Problem::new("platform_unreachable"))),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => Err(refused(error.to_string())),
        Ok(Err(error)) => Err(Failure::new(
            FailureClass::NotSent,
            Problem::new("platform_unreachable").message(error.kind().to_string()),
        )),
        Ok(Ok(stream)) => Ok(Either::Right(Box::new(stream))),
    }
}

/// Whether a name can only mean this computer.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
