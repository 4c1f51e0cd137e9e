//! The home itself: make it, run it, copy it, look at it.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use detente_api::view::StatusView;
use detente_node::Node;
use detente_store::{Home, HomeFault, Options, RestoreOver};
use detente_types::LineId;
use detente_wire::Ed25519;
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::On;
use crate::host::{OsRng, now};
use crate::output::{print, show, table};
use crate::serve::{Reach, Serving};
use crate::settings::Settings;
use crate::{keys, log};

#[derive(Serialize)]
struct Made {
    home: String,
    party: String,
    name: String,
}

pub(super) fn init(on: &On<'_>, name: String, desk: Option<String>, officer: Option<String>) -> Result<()> {
    detente_types::text::check_line("name", &name).map_err(|v| anyhow::anyhow!("{v}"))?;
    let home = Home::create(on.home)?;
    let party = keys::make_party(&home, &mut OsRng)?;
    let settings = Settings { name: name.clone(), desk, officer_on_watch: officer, ..Settings::default() };
    settings.write(on.home)?;
    let made = Made { home: on.home.display().to_string(), party: party.public().party().to_string(), name };
    show(on.json, &made, |m| {
        format!(
            "made the home of {} in {}\nparty {}\nnext: `detente invite --terms FILE`, or `detente join INVITE`",
            m.name, m.home, m.party
        )
    })
}

pub(super) fn serve(on: &On<'_>, api: Option<String>, end_with_input: bool) -> Result<()> {
    log::start();
    if let Some(api) = api {
        let mut settings = Settings::read(on.home)?;
        settings.api = Some(api);
        settings.write(on.home)?;
    }
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(async {
        // Before anyone is told that the node is there: who is told may end it at once.
        let mut ends = Ends::listen()?;
        let serving = Serving::start(on.home, Reach::Links).await?;
        say_where(on, &serving)?;
        tokio::select! {
            () = ends.asked() => {}
            () = input_ended(end_with_input) => {}
        }
        serving.stop().await;
        Ok(())
    })
}

/// Where a node is reached.
#[derive(Serialize)]
struct Up {
    page: String,
    api: String,
    token: String,
    lines: Vec<Listening>,
}

#[derive(Serialize)]
struct Listening {
    line: String,
    listens: String,
}

/// With `--json` one line: whoever starts the node reads it while the node runs.
fn say_where(on: &On<'_>, serving: &Serving) -> Result<()> {
    let page = format!("http://{}/#{}", serving.api, serving.token);
    if !on.json {
        print(&format!("page     {page}"));
        for (line, address) in &serving.listening {
            print(&format!("line     {} listens on {address}", line.short()));
        }
        print("serving  until Ctrl-C");
        return Ok(());
    }
    let listening =
        |(line, address): &(LineId, std::net::SocketAddr)| Listening { line: line.to_string(), listens: address.to_string() };
    let (api, token) = (format!("http://{}", serving.api), serving.token.clone());
    let up = Up { page, api, token, lines: serving.listening.iter().map(listening).collect() };
    print(&serde_json::to_string(&up)?);
    Ok(())
}

/// Waits for the end of standard input, or for ever. A thread of its own reads it: it is blocked until then.
async fn input_ended(wanted: bool) {
    let (ended, wait) = tokio::sync::oneshot::channel::<()>();
    if wanted {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(ended);
        });
        let _ = wait.await;
    } else {
        std::future::pending::<()>().await;
    }
}

/// Ctrl-C, or a request to end: listened for from the moment that this is made.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    fn listen() -> Result<Self> {
        let on = |kind| signal(kind).context("listening for signals");
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

pub(super) fn status(on: &On<'_>) -> Result<()> {
    let client = on.client()?;
    let status: StatusView = client.get("/v1/status")?;
    show(on.json, &status, |s| status_words(s, client.is_running()))
}

fn status_words(s: &StatusView, running: bool) -> String {
    let up = if running {
        format!("the node of {} is running since {}", s.name, s.started.get(..16).unwrap_or_default().replace('T', " "))
    } else {
        "no node is running here".to_owned()
    };
    let mut out = format!("{up}, version {}, disk {}, {} entries in the book\n", s.version, s.disk, s.book);
    let rows: Vec<Vec<String>> = s
        .lines
        .iter()
        .map(|l| {
            let cosigned = format!("{} of {}", l.acknowledged, l.own.size);
            vec![
                l.line[..8].into(),
                l.name.clone(),
                l.state.clone(),
                cosigned,
                format!("{}{}", l.counts.conflicts, if l.counts.finding { ", finding more" } else { "" }),
                l.waiting.to_string(),
                [l.says.as_str(), l.state_says.as_str()].iter().filter(|s| !s.is_empty()).copied().collect::<Vec<_>>().join("; "),
            ]
        })
        .collect();
    if rows.is_empty() {
        out.push_str("no line yet: `detente invite` or `detente join`");
    } else {
        out.push_str(&table(&["line", "with", "state", "cosigned", "conflicts", "waiting", ""], &rows));
    }
    out
}

#[derive(Serialize)]
struct Copied {
    to: String,
}

pub(super) fn backup(on: &On<'_>, to: &Path) -> Result<()> {
    ensure!(!to.exists(), "{} is there already and is not overwritten", to.display());
    // A running node holds the lock and copies itself.
    match Home::open(on.home) {
        Ok(home) => home.backup(None, to)?,
        Err(HomeFault::Locked { .. }) => {
            let to = std::path::absolute(to)?.display().to_string();
            let _: detente_api::ask::BackupAsk = on.client()?.post("/v1/backup", &detente_api::ask::BackupAsk { to })?;
        }
        Err(fault) => return Err(fault.into()),
    }
    let copied = Copied { to: to.display().to_string() };
    show(on.json, &copied, |c| format!("copied to {}; it holds the secret keys", c.to))
}

pub(super) fn restore(on: &On<'_>, from: &Path, set_aside: bool) -> Result<()> {
    let over = if set_aside { RestoreOver::SetAside } else { RestoreOver::Nothing };
    // Before anything moves: without them no node starts on the home that is made.
    let settings = Settings::read(from).context("the settings in the copy are not good, and nothing was restored")?;
    let kept = Home::restore(from, on.home, over).map_err(|fault| match fault {
        HomeFault::Occupied { .. } => anyhow!("{fault}; with --set-aside it is put aside and kept"),
        fault => fault.into(),
    })?;
    let officers = settings.officers.into_iter().map(|officer| officer.name).collect();
    let restored = Restored { to: on.home.display().to_string(), kept: kept.map(|k| k.display().to_string()), officers };
    show(on.json, &restored, restored_words)
}

#[derive(Serialize)]
struct Restored {
    to: String,
    kept: Option<String>,
    /// Whose tokens count again: those of the copy, whoever was removed since.
    officers: Vec<String>,
}

fn restored_words(r: &Restored) -> String {
    let kept = r.kept.as_deref().map(|k| format!("; what was there is kept in {k}")).unwrap_or_default();
    let officers = if r.officers.is_empty() {
        "no officer has a token".into()
    } else {
        format!(
            "these officers have their tokens as when the copy was made: {}; whoever was removed since: `detente officer remove NAME`",
            r.officers.join(", ")
        )
    };
    format!("restored to {}{kept}\n{officers}\nthe node asks the other side what it holds before it says anything", r.to)
}

#[derive(Serialize)]
struct Marked {
    home: String,
}

/// Marks a home that an image of its disk put back (decision 0013).
pub(super) fn mark_restored(on: &On<'_>) -> Result<()> {
    Home::open(on.home)?.mark_restored()?;
    let marked = Marked { home: on.home.display().to_string() };
    show(on.json, &marked, |m| format!("{} is marked as put back: each line opens a new generation at the next start", m.home))
}

#[derive(Serialize)]
struct Rebuilt {
    lines: Vec<RebuiltLine>,
}

#[derive(Serialize)]
struct RebuiltLine {
    line: String,
    joint: String,
    notices: usize,
    conflicts: usize,
}

/// Nothing derived is kept on disk: every start derives it. This derives it twice and compares.
pub(super) fn rebuild(on: &On<'_>) -> Result<()> {
    let (first, second) = (derive(on)?, derive(on)?);
    let same = serde_json::to_string(&first)? == serde_json::to_string(&second)?;
    ensure!(same, "two derivations from the same journals differ: this is a bug");
    show(on.json, &first, |r| {
        let rows: Vec<Vec<String>> = r
            .lines
            .iter()
            .map(|l| vec![l.line[..8].into(), l.notices.to_string(), l.conflicts.to_string(), l.joint[..16].into()])
            .collect();
        format!("derived anew from the journals, twice, the same\n{}", table(&["line", "notices", "conflicts", "joint"], &rows))
    })
}

fn derive(on: &On<'_>) -> Result<Rebuilt> {
    let home = Home::open(on.home)?;
    let settings = Settings::read(on.home)?;
    let lines: Vec<LineId> = settings.lines.iter().filter_map(|l| LineId::parse(&l.id)).collect();
    let ring = keys::ring(&home, &lines)?;
    let mut journal = home.journal(Options::default())?;
    let mut node = Node::load(std::sync::Arc::new(Ed25519), now(), &mut OsRng, &ring, &mut journal)?;
    node.catch_up();
    let line = |id: LineId| {
        let line = node.line(&id)?;
        Some(RebuiltLine {
            line: id.to_string(),
            joint: detente_wire::hash::hex(&line.view().joint),
            notices: line.notices().count(),
            conflicts: line.conflict_count(),
        })
    };
    Ok(Rebuilt { lines: node.line_ids().filter_map(line).collect() })
}
