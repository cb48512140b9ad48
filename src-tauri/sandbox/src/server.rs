//! The listeners: starting them, closing one so that connections are refused, stopping them all.
//!
//! A refused network keeps its port bound without listening, so that nobody else can take it meanwhile.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
};

use crate::{
    connection::{CuttableListener, Line, Open},
    control, dispatch,
    faults::{ActiveFault, FaultRequest},
    inbox::{Fate, Happening, Message},
    objects::PublishedObject,
    options::{Addresses, SandboxOptions},
    platform::Platform,
    record::RecordedRequest,
    smtp,
    state::World,
    visitors::{Change, Remark, Visit},
    web_site::{self, SiteFault},
};

const BACKLOG: u32 = 1024;
/// Changes are gathered for this long before the state file is written.
const SAVE_DELAY: Duration = Duration::from_millis(300);

/// A running sandbox. Dropping it stops the listeners without a last save; [`Sandbox::stop`] saves.
pub struct Sandbox {
    world: Arc<World>,
    open: Vec<Open>,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Binds the listeners on 127.0.0.1 and answers from then on. Needs a tokio runtime.
    ///
    /// Fails when a port is taken or the state file cannot be read.
    pub async fn start(options: SandboxOptions) -> anyhow::Result<Self> {
        anyhow::ensure!(options.accounts >= 1, "A sandbox needs at least one account");
        let ports = options.ports;
        let control = bind(ports.control)?;
        let networks = ports.networks.into_iter().map(bind).collect::<anyhow::Result<Vec<_>>>()?;
        let mailbox = bind(0)?;
        let world = Arc::new(World::open(options)?);
        let mut addresses =
            Addresses { control: base(&control)?, mailbox: base(&mailbox)?, ..Addresses::default() };
        for (platform, listener) in Platform::ALL.into_iter().zip(&networks) {
            *platform.address_mut(&mut addresses) = base(listener)?;
        }
        world.set_addresses(addresses);
        let mut sandbox = Self { world: Arc::clone(&world), open: Vec::new(), tasks: Vec::new() };
        let open = Open::default();
        sandbox.open.push(open.clone());
        let router = control::router(Arc::clone(&world));
        sandbox.tasks.push(tokio::spawn(async move {
            let listener = CuttableListener { listener: control, open };
            let _ = axum::serve(listener, router).await;
        }));
        let open = Open::default();
        sandbox.open.push(open.clone());
        let mailboxes = smtp::read_mailbox(Arc::clone(&world), CuttableListener { listener: mailbox, open });
        sandbox.tasks.push(tokio::spawn(mailboxes));
        for (platform, listener) in Platform::ALL.into_iter().zip(networks) {
            let open = Open::default();
            sandbox.open.push(open.clone());
            let task = keep_listening(Arc::clone(&world), platform, listener, open);
            sandbox.tasks.push(tokio::spawn(task));
        }
        for platform in Platform::ALL {
            world.gate(platform).set(true).await;
        }
        if world.options.state_file.is_some() {
            sandbox.tasks.push(tokio::spawn(keep_saving(world)));
        }
        Ok(sandbox)
    }

    /// Base addresses of the listeners.
    pub fn addresses(&self) -> &Addresses {
        self.world.addresses()
    }

    /// Posts of one network, oldest first; deleted ones are included with that state.
    pub fn objects(&self, platform: Platform) -> Vec<PublishedObject> {
        self.world.objects(platform)
    }

    /// Messages that one provider accepted, oldest first; what was erased is left out.
    pub fn messages(&self, platform: Platform) -> Vec<Message> {
        self.world.inbox().of(platform).filter(|message| !message.to.is_empty()).cloned().collect()
    }

    /// Decides what becomes of messages to an address from now on.
    pub fn set_fate(&self, address: &str, fate: Fate) {
        self.world.inbox().set_fate(address, fate);
    }

    /// Something more happens to a message.
    pub fn happen(&self, message: u64, fate: Fate) {
        let at = self.world.now();
        self.world.inbox().happen(message, Happening { fate, at });
    }

    /// A customer asks a provider for no more messages.
    pub fn opt_out(&self, platform: Platform, address: &str) {
        let at = self.world.now();
        self.world.inbox().opt_out(platform, address, at);
        if platform == Platform::Smtp {
            smtp::unsubscribe(&self.world, address);
        }
    }

    /// A customer answers a message.
    pub fn answer(&self, platform: Platform, from: &str, text: &str) {
        let at = self.world.now();
        self.world.inbox().answer(platform, from, text, at);
        if platform == Platform::Smtp {
            smtp::answer_mail(&self.world, from, text);
        }
    }

    /// A mail of any kind arrives in the mailbox of an account.
    pub fn receive_mail(&self, account: usize, raw: &str) {
        let at = self.world.now();
        self.world.mail().receive(account, raw.to_owned(), at);
    }

    /// The mailboxes number their mails anew, as after a move to another server.
    pub fn rebuild_mailboxes(&self) {
        self.world.mail().rebuild();
    }

    /// Requests received by one network, oldest first.
    pub fn requests(&self, platform: Platform) -> Vec<RecordedRequest> {
        self.world.log(platform).list()
    }

    /// A visitor leaves something.
    pub fn visit(&self, platform: Platform, visit: Visit) -> Remark {
        self.world.visit(platform, visit)
    }

    /// Everything that visitors left on a network, oldest first, deleted included.
    pub fn remarks(&self, platform: Platform) -> Vec<Remark> {
        self.world.remarks(platform)
    }

    /// A visitor changes or deletes what they left.
    pub fn change_remark(&self, platform: Platform, id: &str, change: &Change) -> Option<Remark> {
        self.world.change_remark(platform, id, change)
    }

    /// Switches a fault on and returns its id; a refusing listener is closed when this returns.
    pub async fn add_fault(&self, platform: Platform, request: FaultRequest) -> u64 {
        self.world.add_fault(platform, request).await
    }

    /// Faults that are switched on and not used up.
    pub fn faults(&self, platform: Platform) -> Vec<ActiveFault> {
        self.world.board(platform).list()
    }

    /// Switches every fault of a network off.
    pub async fn clear_faults(&self, platform: Platform) {
        self.world.remove_faults(platform, None).await;
    }

    /// Base address of the owner's web site.
    pub fn site_address(&self) -> String {
        format!("{}{}", self.addresses().control, web_site::ROOT)
    }

    /// Makes the web site misbehave, or behave again.
    pub fn set_site_fault(&self, fault: Option<SiteFault>) {
        self.world.site().fault = fault;
    }

    /// Paths of the files on the web site.
    pub fn site_files(&self) -> Vec<String> {
        self.world.site().paths().map(str::to_owned).collect()
    }

    /// Requests to the web site as `METHOD path`, oldest first.
    pub fn site_requests(&self) -> Vec<String> {
        self.world.site().requests.clone()
    }

    /// Sets how far the sandbox's clock is ahead of the machine's, `Date` headers included.
    pub fn move_clock(&self, offset_secs: i64) {
        self.world.set_clock(offset_secs.saturating_mul(1000), false);
    }

    /// Forgets posts, uploads, logs, faults and the clock offset.
    pub async fn reset(&self) {
        self.world.reset().await;
    }

    /// Stops answering, cuts open connections and saves.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.close();
        let world = Arc::clone(&self.world);
        tokio::task::spawn_blocking(move || world.save()).await.context("Failed to save")?
    }

    fn close(&self) {
        for task in &self.tasks {
            task.abort();
        }
        for open in &self.open {
            open.cut_all();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.close();
    }
}

fn socket(address: SocketAddr) -> anyhow::Result<TcpSocket> {
    let socket = TcpSocket::new_v4().context("Failed to open a socket")?;
    // On Windows this option would let another program share the port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(|| format!("Failed to bind {address}"))?;
    Ok(socket)
}

fn bind(port: u16) -> anyhow::Result<TcpListener> {
    socket((Ipv4Addr::LOCALHOST, port).into())?
        .listen(BACKLOG)
        .with_context(|| format!("Failed to listen on port {port}"))
}

fn base(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Serves one network, closing and reopening its listener as its gate asks.
async fn keep_listening(world: Arc<World>, platform: Platform, first: TcpListener, open: Open) {
    let Ok(address) = first.local_addr() else {
        return;
    };
    let mut listener = first;
    let mut wanted = world.gate(platform).wanted_open.subscribe();
    loop {
        let is_open = &world.gate(platform).is_open;
        is_open.send_replace(true);
        {
            let served = CuttableListener { listener, open: open.clone() };
            let state = Arc::clone(&world);
            let app = Router::new().fallback(move |line: ConnectInfo<Line>, request: Request| {
                dispatch::serve(Arc::clone(&state), platform, line, request)
            });
            let service = app.into_make_service_with_connect_info::<Line>();
            let answering = async {
                if platform == Platform::Smtp {
                    smtp::submit(Arc::clone(&world), served).await;
                } else {
                    let _ = axum::serve(served, service).await;
                }
            };
            tokio::select! {
                () = answering => return,
                closed = wanted.wait_for(|open| !*open) => if closed.is_err() { return },
            }
        }
        open.cut_all();
        let held = loop {
            match socket(address) {
                Ok(held) => break held,
                Err(error) => {
                    tracing::warn!("The port of {} is busy: {error:#}.", platform.name());
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
        };
        is_open.send_replace(false);
        if wanted.wait_for(|open| *open).await.is_err() {
            return;
        }
        listener = match held.listen(BACKLOG) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!("{} cannot listen again: {error}.", platform.name());
                return;
            }
        };
    }
}

async fn keep_saving(world: Arc<World>) {
    loop {
        world.changed.notified().await;
        tokio::time::sleep(SAVE_DELAY).await;
        let saver = Arc::clone(&world);
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || saver.save()).await {
            tracing::warn!("The practice posts could not be saved: {error:#}.");
        }
    }
}
