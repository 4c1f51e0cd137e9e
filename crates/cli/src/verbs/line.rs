//! Making a line, and checking it.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use detente_api::ask::{CheckAsk, Done};
use detente_api::view::LineView;
use detente_store::Home;
use serde::Serialize;

use super::{On, done_words};
use crate::host::OsRng;
use crate::output::{print, show};
use crate::pairing::{Code, Confirms, Invite, Inviter, Paired, Us};
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
    let terms = files::terms(terms)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let paired = runtime.block_on(async {
        let lasts = Duration::from_secs(minutes * 60);
        let inviter = Inviter::start(us, terms, listen, address.as_deref(), lasts, &mut OsRng).await?;
        let text = inviter.invite().to_text();
        if let Some(out) = out {
            std::fs::write(&out, format!("{text}\n")).with_context(|| format!("writing {}", out.display()))?;
        }
        if !on.json {
            print(&format!("Give this to the other side, by any way that carries text:\n\n{text}\n\nwaiting for them …"));
        }
        inviter.meet(&mut Ask).await
    })?;
    let listen = Some(listen.to_owned());
    keep(on, &home, paired, listen)
}

pub(super) fn join(on: &On<'_>, invite: &str, listen: Option<String>) -> Result<()> {
    let (home, us) = us(on)?;
    let text = if Path::new(invite).exists() {
        std::fs::read_to_string(invite).context("reading the invite")?
    } else {
        invite.to_owned()
    };
    let invite = Invite::from_text(&text)?;
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let paired = runtime.block_on(crate::pairing::join(us, invite, &mut OsRng, &mut Ask))?;
    keep(on, &home, paired, listen)
}

fn us(on: &On<'_>) -> Result<(Home, Us)> {
    let home = Home::open(on.home)?;
    let party = keys::party(&home)?;
    let name = Settings::read(on.home)?.name;
    Ok((home, Us { party, name }))
}

/// Asks the person at the terminal.
struct Ask;

impl Confirms for Ask {
    fn same(&mut self, code: &Code, other: &str) -> Result<bool> {
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

#[derive(Serialize)]
struct Made {
    line: String,
    with: String,
}

/// Keeps a line that both confirmed: its keys first, then the line in the journal, then how it is reached.
fn keep(on: &On<'_>, home: &Home, paired: Paired, listen: Option<String>) -> Result<()> {
    let made = Made { line: paired.line.to_string(), with: paired.name.clone() };
    crate::pairing::keep(on.home, home, paired, listen)?;
    show(on.json, &made, |m| format!("the line {} with {} is made\nnext: `detente serve`", &m.line[..8], m.with))
}

pub(super) fn check(on: &On<'_>, line: &str, wait: u64) -> Result<()> {
    let client = on.client()?;
    let before: LineView = client.get(&format!("/v1/lines/{line}"))?;
    let asked = Instant::now();
    let done: Done = client.post(&format!("/v1/lines/{line}/checks"), &CheckAsk::default())?;
    if wait == 0 {
        return show(on.json, &done, done_words);
    }
    // The answer is the next entry of their log that we hold.
    while asked.elapsed() < Duration::from_secs(wait) {
        let now: LineView = client.get(&format!("/v1/lines/{line}"))?;
        if now.copy.size > before.copy.size {
            let ms = asked.elapsed().as_millis();
            return show(on.json, &now, |l| format!("answered by {} in {ms} ms; the line is {}", l.name, l.state));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("the check was not answered within {wait} s")
}
