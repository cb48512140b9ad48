//! Connections that can be cut, and a listener that can really refuse.
//!
//! hyper offers no way to break a connection from a handler, so the stream itself carries a switch: once
//! cut, every read and write fails and the socket closes with a reset instead of an orderly end.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

/// Cuts one connection from any task.
#[derive(Debug, Default)]
pub(crate) struct Switch {
    is_cut: AtomicBool,
    reader: AtomicWaker,
}

impl Switch {
    /// Makes the connection fail at its next read or write, and wakes an idle one so that it notices.
    pub fn cut(&self) {
        self.is_cut.store(true, Ordering::SeqCst);
        self.reader.wake();
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }
}

/// A TCP stream with a [`Switch`].
pub(crate) struct Cuttable {
    stream: TcpStream,
    switch: Arc<Switch>,
}

impl Cuttable {
    /// Cuts this line; see [`Switch::cut`].
    pub fn cut(&self) {
        self.switch.cut();
    }

    fn check(&self) -> io::Result<()> {
        if self.switch.is_cut() {
            // Without lingering the close becomes a reset, which is what a cut line looks like.
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.switch.reader.register(cx.waker());
        self.check()?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The open connections of one listener.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open(Arc<Mutex<Vec<Weak<Switch>>>>);

impl Open {
    fn add(&self, switch: &Arc<Switch>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() == open.capacity() {
            open.retain(|known| known.strong_count() > 0);
        }
        open.push(Arc::downgrade(switch));
    }

    /// Cuts every connection, idle ones included: a client must not go on over a kept-alive one.
    pub fn cut_all(&self) {
        let switches = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for switch in switches.iter().filter_map(Weak::upgrade) {
            switch.cut();
        }
    }
}

/// Accepts connections and remembers them in [`Open`].
pub(crate) struct CuttableListener {
    pub listener: TcpListener,
    pub open: Open,
}

impl Listener for CuttableListener {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let _ = stream.set_nodelay(true);
        let switch = Arc::new(Switch::default());
        self.open.add(&switch);
        (Cuttable { stream, switch }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// The switch of the connection on which a request came in.
#[derive(Debug, Clone)]
pub(crate) struct Line(pub Arc<Switch>);

impl Connected<IncomingStream<'_, CuttableListener>> for Line {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        Self(Arc::clone(&stream.io().switch))
    }
}
