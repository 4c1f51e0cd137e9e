//! Making a line, and checking it.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use detente_api::ask::{CheckAsk, CheckView, Done};
use detente_api::problem::Fault;
use detente_api::view::LineView;
use detente_gateway::terms::TermsFile;
use detente_store::Home;
use detente_types::TermsIn;
use serde::Serialize;

use super::{On, done_words, must_be_sent};
use crate::client::Refusal;
use crate::host::OsRng;
use crate::output::{print, refuse, show};
use crate::pairing::{Code, Confirms, Invite, Inviter, Met, Paired, Us};
use crate::settings::Settings;
use crate::{files, keys};

pub(super) fn invite(
    on: &On<'_>,
    terms: &Path,
    listen: &str,
    address: Option<String>,
    minutes: u64,
    out: Option<PathBuf>,
) -> Result<()> {
    let (home, us) = us(on)?;
    let (terms, written_for) = files::put_first(files::terms(terms)?, &us.name)?;
    let address = address.or_else(|| reached_here(listen));
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let paired = runtime.block_on(async {
        let lasts = Duration::from_secs(minutes * 60);
        let inviter = Inviter::start(us, terms, listen, address.as_deref(), lasts, &mut OsRng).await?;
        let text = inviter.invite().to_text();
        if let Some(out) = out {
            std::fs::write(&out, format!("{text}\n")).with_context(|| format!("writing {}", out.display()))?;
        }
        if on.json {
            print(&serde_json::to_string(&Invited { invite: &text })?);
        } else {
            print(&format!("Give this to the other side, by any way that carries text:\n\n{text}\n\nwaiting for them …"));
        }
        inviter.meet(&mut Ask { written_for: Some(written_for), terms_out: None }).await
    })?;
    let listen = Some(listen.to_owned());
    keep(on, &home, paired, listen)
}

/// With `--json` the first line, while the other side is waited for; the line that is made is the second.
#[derive(Serialize)]
struct Invited<'a> {
    invite: &'a str,
}

/// What an invite says to call when we listen on every address of this machine: nobody else can call "every address".
fn reached_here(listen: &str) -> Option<String> {
    let every: std::net::SocketAddr =
        listen.parse().ok().filter(|a: &std::net::SocketAddr| a.ip().is_unspecified() && a.port() != 0)?;
    eprintln!(
        "The invite can be used on this machine only: it says to call port {} here. For another machine, add --address HOST:{}.",
        every.port(),
        every.port()
    );
    Some(format!("127.0.0.1:{}", every.port()))
}

pub(super) fn join(on: &On<'_>, invite: &str, listen: Option<String>, terms_out: Option<PathBuf>) -> Result<()> {
    let (home, us) = us(on)?;
    let text = if Path::new(invite).exists() {
        std::fs::read_to_string(invite).context("reading the invite")?
    } else {
        invite.to_owned()
    };
    let invite = Invite::from_text(&text)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let mut ask = Ask { written_for: None, terms_out: terms_out.map(|file| (file, us.name.clone())) };
    let paired = runtime.block_on(crate::pairing::join(us, invite, &mut OsRng, &mut ask))?;
    keep(on, &home, paired, listen)
}

fn us(on: &On<'_>) -> Result<(Home, Us)> {
    let home = Home::open(on.home)?;
    let party = keys::party(&home)?;
    let name = Settings::read(on.home)?.name;
    Ok((home, Us { party, name }))
}

/// Asks the person at the terminal.
struct Ask {
    /// Inviting: for whom the terms are written.
    written_for: Option<String>,
    /// Joining: where the terms are written to before the person is asked, and what we call ourselves.
    terms_out: Option<(PathBuf, String)>,
}

impl Confirms for Ask {
    fn same(&mut self, code: &Code, met: &Met<'_>) -> Result<bool> {
        let Met { other, terms, inviting } = met;
        if let Some(name) = self.written_for.as_ref().filter(|name| name.to_lowercase() != other.to_lowercase()) {
            eprintln!("\nThe terms are written for {name}; whoever joins calls itself {other}.");
        }
        if !inviting {
            eprintln!("\n{}", terms_words(terms, other));
        }
        if let Some((file, us)) = &self.terms_out {
            let parties = [(*other).to_owned(), us.clone()];
            let text = detente_gateway::terms::write(&TermsFile { parties, terms: (*terms).clone() });
            std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
            eprintln!("All of them are in {}.", file.display());
        }
        eprintln!(
            "\nRead this to {other} over the phone, and hear theirs:\n\n    {}\n    {}\n",
            code.words().join("  "),
            code.digits()
        );
        eprint!("Is it the same? Type yes or no: ");
        std::io::stderr().flush().ok();
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("reading your answer")?;
        Ok(line.trim().eq_ignore_ascii_case("yes"))
    }
}

/// What someone who joins agrees to, in short.
fn terms_words(t: &TermsIn, other: &str) -> String {
    let s = &t.separation;
    let language = |i: usize| t.languages.get(i).map_or("?", String::as_str);
    format!(
        "{other}'s terms, which a yes accepts: {}; apart by {} m, {} m in height and {} s, law {}; altitudes {}.\n\
         Theirs is {}, ours {}; {} desk(s), {} place(s); a line check every {} minutes.",
        t.area.name,
        s.horizontal_m,
        s.vertical_m,
        s.time_s,
        t.law,
        t.altitude.datum,
        language(0),
        language(1),
        t.desk.len(),
        t.place.len(),
        t.line_check.every_min
    )
}

#[derive(Serialize)]
struct Made {
    line: String,
    with: String,
}

/// Keeps a line that both confirmed: its keys first, then the line in the journal, then how it is reached.
fn keep(on: &On<'_>, home: &Home, paired: Paired, listen: Option<String>) -> Result<()> {
    let made = Made { line: paired.line.to_string(), with: paired.name.clone() };
    crate::pairing::keep(on.home, home, paired, listen)?;
    if on.json {
        print(&serde_json::to_string(&made)?);
    } else {
        print(&format!("the line {} with {} is made\nnext: `detente serve`", &made.line[..8], made.with));
    }
    Ok(())
}

/// A check that was answered.
#[derive(Serialize)]
struct Checked {
    #[serde(flatten)]
    check: CheckView,
    name: String,
    state: String,
    waited_ms: u128,
}

pub(super) fn check(on: &On<'_>, line: &str, wait: u64) -> Result<()> {
    let client = on.client()?;
    let base = format!("/v1/lines/{line}");
    if wait == 0 {
        let done: Done = client.post(&format!("{base}/checks"), &CheckAsk::default())?;
        show(on.json, &done, done_words)?;
        return must_be_sent("the check", &done);
    }
    if !client.is_running() {
        return Err(refuse(Fault::Unavailable, "no node runs on this home, so nothing can answer: start `detente serve`"));
    }
    let until = Instant::now() + Duration::from_secs(wait);
    let late = |what: &str| refuse(Fault::NoAnswer, format!("{what} within {wait} s"));
    // Before the two nodes have met, a check would wait in the book and have no name to be answered by.
    let before = client
        .wait_for(until, || Ok(Some(client.get(&base)?).filter(|l: &LineView| matches!(&*l.phase, "open" | "held"))))?
        .ok_or_else(|| late("no check was made: the other node was not reached"))?;
    let asked = Instant::now();
    let done: Done = client.post(&format!("{base}/checks"), &CheckAsk::default())?;
    must_be_sent("the check", &done)?;
    let hash = done.stated.map(|at| at.hash).unwrap_or_default();
    let path = format!("{base}/checks/{hash}?from={}", before.copy.size);
    let check = client
        .wait_for(until, || match client.get::<CheckView>(&path) {
            Ok(check) => Ok(Some(check).filter(|check| check.answer.is_some())),
            // It is not durable yet.
            Err(fault) if fault.downcast_ref::<Refusal>().is_some_and(|r| r.0.status == 404) => Ok(None),
            Err(fault) => Err(fault),
        })?
        .ok_or_else(|| late(&format!("{} did not answer check {}", before.name, &hash[..12])))?;
    let waited_ms = asked.elapsed().as_millis();
    let LineView { name, state, .. } = client.get(&base)?;
    show(on.json, &Checked { check, name, state, waited_ms }, |c| {
        let who = c.check.answer.as_ref().map_or("", |a| if a.by_officer { "an officer of " } else { "the node of " });
        format!("answered by {who}{} in {} ms; the line is {}", c.name, c.waited_ms, c.state)
    })
}
