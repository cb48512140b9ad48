//! The network door: the same router on 127.0.0.1 and ::1, nowhere else.
//!
//! Both addresses are taken or neither: another program that answered on the second one would be
//! taken for us. Connections have deadlines for their headers; bodies have theirs where they are read.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long a client may take to send its headers.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// How long open answers may take at the end.
const STOP_DEADLINE: Duration = Duration::from_secs(5);
/// Tries to find a port that is free on both addresses.
const PORT_TRIES: usize = 20;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("Port {port} is taken by another program; the next free one is {next_free:?}")]
    PortTaken { port: u16, next_free: Option<u16> },
    #[error("Failed to listen on this computer: {0}")]
    Io(#[from] io::Error),
}

impl BindError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::PortTaken { .. } => "port_taken",
            Self::Io(_) => "listen_failed",
        }
    }

    /// French sentence with the next step.
    pub fn text(&self) -> String {
        match self {
            Self::PortTaken { port, next_free: Some(next) } => format!(
                "Le port {port} est déjà pris par un autre programme. Fermez-le, ou lancez avec --port {next}, qui est libre."
            ),
            Self::PortTaken { port, next_free: None } => format!(
                "Le port {port} est déjà pris par un autre programme. Fermez-le, ou lancez avec --port 0."
            ),
            Self::Io(_) => {
                "L’application ne peut pas ouvrir de port sur cet ordinateur. Lancez avec --port 0."
                    .to_owned()
            }
        }
    }

    pub fn text_en(&self) -> String {
        match self {
            Self::PortTaken { port, next_free: Some(next) } => format!(
                "Port {port} is taken by another program. Close it, or start with --port {next}, which is free."
            ),
            Self::PortTaken { port, next_free: None } => {
                format!("Port {port} is taken by another program. Close it, or start with --port 0.")
            }
            Self::Io(_) => "No port can be opened on this computer. Start with --port 0.".to_owned(),
        }
    }
}

/// The bound sockets, before anything answers on them.
#[derive(Debug)]
pub struct Listeners {
    sockets: Vec<TcpListener>,
    port: u16,
}

impl Listeners {
    /// Takes `port` on both loopback addresses; 0 picks one that is free on both.
    ///
    /// A machine without IPv6 has only the first.
    pub async fn bind(port: u16) -> Result<Self, BindError> {
        if port != 0 {
            return match bind_both(port).await {
                Ok(listeners) => Ok(listeners),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    Err(BindError::PortTaken { port, next_free: next_free(port).await })
                }
                Err(error) => Err(error.into()),
            };
        }
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..PORT_TRIES {
            match bind_both(0).await {
                Ok(listeners) => return Ok(listeners),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error,
                Err(error) => return Err(error.into()),
            }
        }
        Err(last.into())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers until `stop`, then lets open answers end for a moment.
    pub async fn serve(self, router: Router, stop: CancellationToken) {
        let servers = self.sockets.into_iter().map(|socket| serve_one(socket, router.clone(), stop.clone()));
        futures::future::join_all(servers).await;
    }
}

async fn bind_both(port: u16) -> io::Result<Listeners> {
    let first = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
    let port = first.local_addr()?.port();
    let mut sockets = vec![first];
    match TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port))).await {
        Ok(second) => sockets.push(second),
        Err(error) if is_without_ipv6(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(Listeners { sockets, port })
}

/// No such address on this machine: nobody else can answer there either.
fn is_without_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own.
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.kind() == io::ErrorKind::Unsupported
        || (cfg!(target_os = "linux") && error.raw_os_error() == Some(97))
}

async fn next_free(taken: u16) -> Option<u16> {
    for port in taken.saturating_add(1)..=taken.saturating_add(50) {
        if bind_both(port).await.is_ok() {
            return Some(port);
        }
    }
    None
}

async fn serve_one(socket: TcpListener, router: Router, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    loop {
        let stream = tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors: wait instead of spinning.
                    tracing::warn!(error = %error, "A connection was not accepted.");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    continue;
                }
            },
            () = stop.cancelled() => break,
        };
        let _ = stream.set_nodelay(true);
        let mut builder = Builder::new(TokioExecutor::new()).http1_only();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_DEADLINE).max_buf_size(64 * 1024);
        let service = TowerToHyperService::new(router.clone());
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = %error, "A connection ended early.");
            }
        });
    }
    drop(socket);
    let _ = tokio::time::timeout(STOP_DEADLINE, graceful.shutdown()).await;
}
