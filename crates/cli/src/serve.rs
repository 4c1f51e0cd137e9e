//! A node as it runs: the home's lock, the host, the API, the links.

use std::future::ready;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle, available_parallelism};

use anyhow::{Context, Result};
use axum::middleware::map_response;
use axum::response::Response;
use axum::serve::ListenerExt as _;
use detente_node::Node;
use detente_store::{Home, Options};
use detente_types::LineId;
use detente_wire::Ed25519;
use rand_core::Rng;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};

use crate::host::{DeskConfig, Host, LinkConfig, Links, OsRng, now};
use crate::keys;
use crate::linger::{LINGER, Linger};
use crate::settings::{HomeDoors, Settings};

/// Whether a node reaches for its peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It listens and dials as its settings say.
    Links,
    /// It only answers on this machine: for one command on a home where no node runs.
    Local,
}

/// A running node.
pub struct Serving {
    /// Where the API answers.
    pub api: SocketAddr,
    /// The token that commands on this home use.
    pub token: String,
    /// Where each line listens.
    pub listening: Vec<(LineId, SocketAddr)>,
    host: Arc<Host>,
    links: Option<Links>,
    http: ApiThread,
    _home: Arc<Home>,
}

impl Serving {
    /// Opens a home, loads its node and starts serving.
    ///
    /// # Errors
    /// When another process has the home, something in it is damaged, or an address cannot be listened on.
    pub async fn start(root: &Path, reach: Reach) -> Result<Self> {
        let home = Arc::new(Home::open(root)?);
        let settings = Settings::read(root)?;
        let (mut node, writer) = load(&home, &settings)?;
        let restored = home.is_restored().then(|| node.note_restored(now(), &mut OsRng));
        let reader = writer.reader().context("opening the journal to read")?;
        let (dials, dialled) = mpsc::unbounded_channel();
        let config = DeskConfig { home: Arc::clone(&home), restored, writer, reader, dials };
        let host = Arc::new(Host::start(node, config).context("starting the node's thread")?);
        let links = match reach {
            Reach::Local => None,
            Reach::Links => Some(Links::start(link_configs(&home, &settings)?, host.sender(), dialled).await?),
        };
        let listening = links.iter().flat_map(|l| l.listening.iter().map(|(line, address)| (*line, *address))).collect();
        let (api, token, http) = start_api(&home, root, &settings, reach, &host)?;
        Ok(Self { api, token, listening, host, links, http, _home: home })
    }

    /// The host, for what runs in the same process.
    pub fn host(&self) -> Arc<Host> {
        Arc::clone(&self.host)
    }

    /// Stops answering, then the links, then the node; what is queued is still written.
    pub async fn stop(self) {
        let http = self.http;
        // Joining threads blocks, so it is done where blocking is allowed.
        let _ = tokio::task::spawn_blocking(move || http.stop()).await;
        if let Some(links) = self.links {
            links.stop().await;
        }
        let host = self.host;
        let _ = tokio::task::spawn_blocking(move || drop(host)).await;
    }
}

/// Loads the node of a home.
fn load(home: &Home, settings: &Settings) -> Result<(Node, detente_store::Sqlite)> {
    let mut journal = home.journal(Options::default())?;
    let lines: Vec<LineId> = settings.lines.iter().filter_map(|l| LineId::parse(&l.id)).collect();
    let ring = keys::ring(home, &lines)?;
    let node =
        Node::load(Arc::new(Ed25519), now(), &mut OsRng, &ring, &mut journal).context("loading the node from its journal")?;
    Ok((node, journal))
}

fn link_configs(home: &Home, settings: &Settings) -> Result<Vec<LinkConfig>> {
    let config = |line: &crate::settings::LineSettings| -> Result<LinkConfig> {
        let id = LineId::parse(&line.id).context("a line's id in node.toml is not 64 hex digits")?;
        Ok(LinkConfig {
            line: id,
            identity: keys::tls(home, &id)?,
            peer: line.peer_key()?,
            listen: line.listen.clone(),
            dial: line.dial.clone(),
        })
    };
    settings.lines.iter().map(config).collect()
}

/// The thread that the API has to itself: however large its answers are, they hold up no link, and a question comes to the
/// node with one thread less to wake.
struct ApiThread {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl ApiThread {
    fn start(listener: std::net::TcpListener, service: axum::Router) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting the API's runtime")?;
        let (stop, stopped) = oneshot::channel();
        let linger = Arc::new(Linger::new(LINGER));
        let answered = Arc::clone(&linger);
        let service = service.layer(map_response(move |response: Response| {
            answered.begin();
            ready(response)
        }));
        let serve = async move {
            if available_parallelism().is_ok_and(|cores| cores.get() > 1) {
                tokio::spawn(async move { linger.run().await });
            }
            // The end of a long answer is not to wait until its beginning is acknowledged.
            let listener = TcpListener::from_std(listener)?.tap_io(|stream| drop(stream.set_nodelay(true)));
            tokio::select! {
                served = axum::serve(listener, service) => served,
                _ = stopped => Ok(()),
            }
        };
        let run = move || {
            if let Err(fault) = runtime.block_on(serve) {
                tracing::error!(%fault, "the API stopped");
            }
            // Waits for a backup that is under way.
            drop(runtime);
        };
        let thread = Builder::new().name("api".into()).spawn(run).context("starting the API's thread")?;
        Ok(Self { stop, thread })
    }

    /// Ends it, with all of its connections.
    fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

fn start_api(
    home: &Home,
    root: &Path,
    settings: &Settings,
    reach: Reach,
    host: &Arc<Host>,
) -> Result<(SocketAddr, String, ApiThread)> {
    let wanted = match reach {
        Reach::Links => settings.api.as_deref().unwrap_or("127.0.0.1:0"),
        Reach::Local => "127.0.0.1:0",
    };
    let listener = std::net::TcpListener::bind(wanted).with_context(|| format!("listening on {wanted} for the API"))?;
    listener.set_nonblocking(true).context("preparing the API's address")?;
    let address = listener.local_addr().context("asking for the API's address")?;
    anyhow::ensure!(address.ip().is_loopback(), "the API answers on this machine only: {address} is not loopback");
    let mut secret = [0; 24];
    OsRng.fill_bytes(&mut secret);
    let token = home.publish(&address, &secret)?;
    let about = detente_api::About { name: settings.name.clone(), started: now() };
    let service = detente_api::service(host.clone(), Arc::new(HomeDoors::new(root, &token)), about);
    let http = ApiThread::start(listener, service)?;
    Ok((address, token, http))
}
