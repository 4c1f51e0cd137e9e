//! One side of the demo: its home, its process, and a way to it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use detente_api::ask::{Done, NotifyAsk};
use detente_api::matches::MatchView;
use detente_api::view::{ConflictView, LineView, NoticeItem};
use detente_gateway::NoticeForm;
use detente_store::Home;
use detente_types::TermsIn;

use crate::client::Client;
use crate::host::OsRng;
use crate::keys;
use crate::pairing::{Code, Confirms, Inviter, Met, Us};
use crate::settings::Settings;

/// How long a step may take before the demo says that something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// A side before its node runs.
pub(super) struct Founded {
    /// What it calls itself.
    pub(super) name: &'static str,
    /// Its home.
    pub(super) root: PathBuf,
}

/// A running side.
pub(super) struct Side {
    /// What it calls itself.
    pub(super) name: &'static str,
    /// Its home.
    pub(super) root: PathBuf,
    client: Client,
    process: Child,
}

impl Founded {
    /// Makes the home.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn new(root: &Path, name: &'static str, desk: &str, officer: &str) -> Result<Self> {
        let root = root.join(name.to_lowercase());
        let home = Home::create(&root)?;
        keys::make_party(&home, &mut OsRng)?;
        let settings = Settings {
            name: name.into(),
            desk: Some(desk.into()),
            officer_on_watch: Some(officer.into()),
            ..Settings::default()
        };
        settings.write(&root)?;
        Ok(Self { name, root })
    }

    fn us(&self, home: &Home) -> Result<Us> {
        Ok(Us { party: keys::party(home)?, name: self.name.into() })
    }

    /// Starts the node in a process of its own.
    ///
    /// # Errors
    /// When it does not come up.
    pub(super) fn serve(self) -> Result<Side> {
        let program = std::env::current_exe().context("finding this program")?;
        let log = std::fs::File::create(self.root.join("node.log")).context("making node.log")?;
        let process = Command::new(program)
            .args(["--home".as_ref(), self.root.as_os_str(), "serve".as_ref(), "--end-with-input".as_ref()])
            // Held open by this process: however it ends, the node ends with it.
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting the node")?;
        let mut side = Side { name: self.name, client: Client::closed(), root: self.root, process };
        side.client = side.wait_up()?;
        Ok(side)
    }
}

/// Pairs two sides: the same steps as `invite` and `join`, the two codes compared here instead of over the phone.
///
/// # Errors
/// When the pairing fails.
pub(super) fn pair(aster: &Founded, borea: &Founded, terms: TermsIn) -> Result<Code> {
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let (home_a, home_b) = (Home::open(&aster.root)?, Home::open(&borea.root)?);
    let (heard_a, heard_b) = (std::sync::Mutex::new(None), std::sync::Mutex::new(None));
    let (made_a, made_b) = runtime.block_on(async {
        let lasts = Duration::from_secs(60);
        let mut rng = OsRng;
        let inviter = Inviter::start(aster.us(&home_a)?, terms, "127.0.0.1:0", None, lasts, &mut rng).await?;
        let invite = inviter.invite().clone();
        let (mut a, mut b) = (Hear(&heard_a), Hear(&heard_b));
        let mut rng_b = OsRng;
        let joined = crate::pairing::join(borea.us(&home_b)?, invite, &mut rng_b, &mut b);
        anyhow::Ok(tokio::try_join!(inviter.meet(&mut a), joined)?)
    })?;
    let codes = [heard_a, heard_b].map(|code| code.into_inner().ok().flatten());
    let [Some(first), Some(second)] = codes else {
        bail!("a side of the pairing read no code");
    };
    ensure!(first == second, "the two codes differ: someone is in between");
    let listen = made_b.address.clone();
    crate::pairing::keep(&aster.root, &home_a, made_a, listen)?;
    crate::pairing::keep(&borea.root, &home_b, made_b, None)?;
    Ok(first)
}

/// Reads the code; the demo compares both afterwards.
struct Hear<'a>(&'a std::sync::Mutex<Option<Code>>);

impl Confirms for Hear<'_> {
    fn same(&mut self, code: &Code, _met: &Met<'_>) -> Result<bool> {
        if let Ok(mut heard) = self.0.lock() {
            *heard = Some(*code);
        }
        Ok(true)
    }
}

impl Side {
    fn wait_up(&mut self) -> Result<Client> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = self.process.try_wait().context("looking after the node")? {
                let log = std::fs::read_to_string(self.root.join("node.log")).unwrap_or_default();
                bail!("the node of {} ended ({status}):\n{log}", self.name);
            }
            if let Some((address, token)) = Home::published(&self.root)? {
                let client = Client::to(address, &token);
                if client.get::<detente_api::view::StatusView>("/v1/status").is_ok() {
                    return Ok(client);
                }
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the node of {} did not come up", self.name)
    }

    /// The line's view.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(super) fn line(&self) -> Result<LineView> {
        self.client.get("/v1/lines/-")
    }

    /// Live notices.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(super) fn notices(&self) -> Result<Vec<NoticeItem>> {
        self.client.notices("-", None)
    }

    /// Joint conflicts.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(super) fn conflicts(&self) -> Result<Vec<ConflictView>> {
        self.client.get("/v1/lines/-/conflicts")
    }

    /// States notices.
    ///
    /// # Errors
    /// When the node refuses one.
    pub(super) fn notify(&self, notices: Vec<NoticeForm>) -> Result<Vec<Done>> {
        self.client.post("/v1/lines/-/notices", &NotifyAsk { notices, check: false })
    }

    /// Gets something of the line.
    ///
    /// # Errors
    /// When the node does not answer.
    pub(super) fn get<T: serde::de::DeserializeOwned>(&self, what: &str) -> Result<T> {
        self.client.get(&format!("/v1/lines/-/{what}"))
    }

    /// A blind run, once both sides have said how it ended.
    ///
    /// # Errors
    /// When they do not in time.
    pub(super) fn ended_match(&self, run: &str) -> Result<MatchView> {
        let ended = self.client.ended_match("-", run, Instant::now() + PATIENCE)?;
        ended.context("waited too long for the blind run")
    }

    /// Posts to the line.
    ///
    /// # Errors
    /// When the node refuses.
    pub(super) fn post<T: serde::de::DeserializeOwned>(&self, what: &str, body: &impl serde::Serialize) -> Result<T> {
        self.client.post(&format!("/v1/lines/-/{what}"), body)
    }

    /// Posts to the node.
    ///
    /// # Errors
    /// When the node refuses.
    pub(super) fn post_node<T: serde::de::DeserializeOwned>(&self, what: &str, body: &impl serde::Serialize) -> Result<T> {
        self.client.post(&format!("/v1/{what}"), body)
    }

    /// Where the page is, with the token that opens it.
    ///
    /// # Errors
    /// When the home does not say.
    pub(super) fn page(&self) -> Result<String> {
        let (address, token) = Home::published(&self.root)?.context("the node published no address")?;
        Ok(format!("http://{address}/#{token}"))
    }

    /// Ends the node in good order.
    pub(super) fn stop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.process.wait();
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Waits until something holds of both sides.
///
/// # Errors
/// When it does not hold in time.
pub(super) fn wait_until(what: &str, sides: [&Side; 2], holds: impl Fn(&[LineView; 2]) -> bool) -> Result<[LineView; 2]> {
    let started = Instant::now();
    loop {
        let views = [sides[0].line()?, sides[1].line()?];
        if holds(&views) {
            return Ok(views);
        }
        ensure!(started.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Both sides have everything, and admit it.
pub(super) fn converged(views: &[LineView; 2]) -> bool {
    let whole =
        |ours: &LineView, theirs: &LineView| ours.own.size > 0 && ours.acknowledged == ours.own.size && theirs.copy == ours.own;
    whole(&views[0], &views[1]) && whole(&views[1], &views[0])
}
