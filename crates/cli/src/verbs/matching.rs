//! `detente match`: blind matching on a line ([`line`], [`evidence`], [`audit`]), and `listen|join|cells`: of a file with the other side's,
//! over a plain socket without a line.

mod audit;
mod evidence;
mod input;
mod line;
mod tell;

use std::io::{BufRead as _, Write as _};
use std::net::{TcpListener, TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use detente_api::problem::Fault;
use detente_blind::{Agreement, CellId, Class, Mode, Role, Run, Seed, Setup};
use zeroize::Zeroizing;

use super::On;
use crate::args::{Asked, Match, MatchArgs};
use crate::matching::CHUNKS_LOG2;
use crate::matching::drive::{Confirm, Finished, How, Left, Progress, Told, drive};
use crate::matching::wants::Opening;
use crate::matching::wire::{OPENING_WAIT, Stranger, answer, call};
use crate::output::{Ended, fail, refuse, show};
pub(crate) use input::fuzz;
use input::{Input, Question};

/// Something is common.
const FOUND: u8 = 1;
/// The file or the command line is wrong, and nothing was sent.
const WRONG: u8 = 2;
/// The two sides found different things.
const SPOILT: u8 = 6;

/// Longest name of a match, bytes.
const NAME_BYTES_MAX: usize = 200;
/// How long is tried to reach one address of the other side.
const CONNECT_WAIT: Duration = Duration::from_secs(20);

pub(super) fn matching(on: &On<'_>, asked: Match) -> Result<()> {
    match asked {
        Match::Listen { file, at, args } => {
            let ready = wrong(on, Ready::new(&file, &args))?;
            let listener = TcpListener::bind(&at).map_err(|error| unreachable(&format!("listening at {at}"), &error))?;
            let (stream, theirs) = wait(&listener, &ready.opening)?;
            ready.run(on, Role::First, &stream, theirs.nonce())
        }
        Match::Join { file, address, args } => {
            let ready = wrong(on, Ready::new(&file, &args))?;
            let (stream, theirs) = reach(&address, &ready.opening)?;
            let context = theirs.context(ready.opening.nonce());
            ready.run_in(on, Role::Second, &stream, context)
        }
        Match::Cells { file, grid } => {
            let question = wrong(on, Question::of(&grid))?;
            let input = wrong(on, Input::read(&file, &grid.read, question))?;
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            // A reader that went away is no fault of ours.
            let _ = input.cells.as_slice().iter().try_for_each(|cell| writeln!(out, "{cell}")).and_then(|()| out.flush());
            Ok(())
        }
        Match::Run { reason, wait, on: l } => line::run(on, &l.line, reason, wait),
        Match::Stop { run, on: l } => line::stop(on, &l.line, run),
        Match::Status { on: l } => line::status(on, &l.line),
        Match::Show { conflict, on: l } => line::show_part(on, &l.line, &conflict),
        Match::Ask { conflict, reason, on: l } => line::ask(on, &l.line, &conflict, reason),
        Match::Audit { path, key, run, flown, read } => {
            let flown = flown.map(|file| audit::flown(&file, &read)).transpose()?;
            audit::audit(on, path.as_deref().unwrap_or(on.home), &key, run.as_deref(), flown.as_deref())
        }
        Match::Evidence { run, to } => evidence::evidence(on, run.as_deref(), to.as_deref()),
        Match::AuditorKey { to } => audit::make_key(on, &to),
    }
}

/// Tells what is wrong with a file or an option, by the code that says that nothing was sent.
fn wrong<T>(on: &On<'_>, read: Result<T>) -> Result<T> {
    read.map_err(|fault| {
        // Its own code would read as that of a match.
        let _ = fail(on.json, &fault);
        Ended(WRONG).into()
    })
}

fn unreachable(what: &str, error: &std::io::Error) -> anyhow::Error {
    refuse(Fault::Unavailable, format!("{what}: {error}"))
}

/// Waits for a caller that wants the same. Others are told of, and sent away.
fn wait(listener: &TcpListener, own: &Opening) -> Result<(TcpStream, Opening)> {
    let at = listener.local_addr().map_err(|error| unreachable("listening", &error))?;
    eprintln!("listening at {at}");
    loop {
        let (stream, from) = listener.accept().map_err(|error| unreachable("listening", &error))?;
        match answer(&stream, own, OPENING_WAIT) {
            Ok(theirs) => {
                eprintln!("matching with {from}");
                return Ok((stream, theirs));
            }
            Err(stranger) => eprintln!("a caller from {} was sent away: {stranger}; still listening", from.ip()),
        }
    }
}

/// Calls the side that listens.
fn reach(address: &str, own: &Opening) -> Result<(TcpStream, Opening)> {
    let calling = format!("calling {address}");
    let mut last = std::io::Error::other("the name has no address");
    for at in address.to_socket_addrs().map_err(|error| unreachable(&calling, &error))? {
        match TcpStream::connect_timeout(&at, CONNECT_WAIT) {
            Ok(stream) => {
                let theirs = call(&stream, own, OPENING_WAIT).map_err(|stranger| {
                    let fault = if matches!(stranger, Stranger::Failed(_)) { Fault::Unavailable } else { Fault::Rules };
                    let more = match stranger {
                        Stranger::Closed => "; it may wait for a match of another name",
                        Stranger::Silent => return refuse(Fault::NoAnswer, format!("{address}: {stranger}")),
                        _ => "",
                    };
                    refuse(fault, format!("{address}: {stranger}{more}"))
                })?;
                return Ok((stream, theirs));
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(&calling, &last))
}

/// A side that can begin.
struct Ready<'a> {
    args: &'a MatchArgs,
    input: Input,
    class: Class,
    opening: Opening,
}

impl<'a> Ready<'a> {
    fn new(file: &Path, args: &'a MatchArgs) -> Result<Self> {
        check(file, args)?;
        let question = Question::of(&args.grid)?;
        let input = Input::read(file, &args.grid.read, question)?;
        let class = Class::new(args.class).ok_or_else(|| refuse(Fault::Request, "--class: expected 4 to 22"))?;
        if input.cells.as_slice().len() > class.size() {
            let cells = input.cells.as_slice().len();
            let fits = Class::of(cells).map_or_else(
                || "larger cells would do".to_owned(),
                |class| format!("--class {} would do, on both sides", class.log2()),
            );
            let told = format!("{}: {cells} cells, and class {} has {} places; {fits}", input.name, class.log2(), class.size());
            return Err(refuse(Fault::Rules, told));
        }
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce).expect("the operating system gives randomness; without it nothing here is safe");
        let opening = Opening::new(&args.name, &wants(args, &input.question), nonce);
        Ok(Self { args, input, class, opening })
    }

    /// Runs as the side that listened.
    fn run(&self, on: &On<'_>, role: Role, stream: &TcpStream, nonce_of_caller: &[u8; 32]) -> Result<()> {
        self.run_in(on, role, stream, self.opening.context(nonce_of_caller))
    }

    fn run_in(&self, on: &On<'_>, role: Role, stream: &TcpStream, context: detente_blind::Digest) -> Result<()> {
        let mode = if self.args.mode == Asked::Count { Mode::Count } else { Mode::Cells };
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).expect("the operating system gives randomness; without it nothing here is safe");
        let setup = Setup {
            agreement: Agreement { context, mode, verified: self.args.verified, chunks_log2: CHUNKS_LOG2 },
            role,
            class: self.class,
            classes: self.class..=self.class,
            // Nothing is kept of a match without a line, so nothing can be held against it later.
            plan_root: [0; 32],
            cells: self.input.cells.as_slice().iter().map(|cell| CellId(*cell.as_bytes())).collect(),
            seed: Seed::new(*seed),
        };
        let run = Run::new(setup).map_err(|fault| refuse(Fault::Rules, fault.to_string()))?;
        let how = How {
            role,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            patience: Duration::from_micros(self.args.patience.micros.unsigned_abs()),
            confirm: self.args.confirm.then(|| Box::new(ask) as Confirm),
            tell: &mut tell_progress,
        };
        let finished = drive(stream, run, how).map_err(|left| {
            let fault = match &left {
                Left::Silent { .. } | Left::Late { .. } => Fault::NoAnswer,
                Left::Closed { .. } | Left::Cut { .. } => Fault::Unavailable,
                Left::Broke(_) | Left::Says { .. } | Left::NotConfirmed => Fault::Rules,
            };
            refuse(fault, left_words(&left))
        })?;
        self.conclude(on, &finished)
    }

    fn conclude(&self, on: &On<'_>, finished: &Finished) -> Result<()> {
        let told = tell::Told::new(self.args, self.class, &self.input, finished);
        show(on.json, &told.report(), |_| told.words())?;
        match (finished.outcome.agrees, told.common()) {
            (false, _) => Err(Ended(SPOILT).into()),
            (true, 0) => Ok(()),
            (true, _) => Err(Ended(FOUND).into()),
        }
    }
}

fn left_words(left: &Left) -> String {
    match left {
        Left::Cut { source, .. } => format!("{left}: {source}"),
        _ => left.to_string(),
    }
}

/// What is wrong with the options together.
fn check(file: &Path, args: &MatchArgs) -> Result<()> {
    let refused = |told: &str| Err(refuse(Fault::Request, told));
    if args.name.trim().is_empty() || args.name.len() > NAME_BYTES_MAX {
        return refused(&format!("--name: expected 1 to {NAME_BYTES_MAX} bytes"));
    }
    if args.verified && args.mode == Asked::Count {
        return refused(
            "--verified does not go with --mode count: the answers of a count are shuffled, and a proof would undo that",
        );
    }
    if args.confirm && file.as_os_str() == "-" {
        return refused("--confirm asks on standard input, so the file cannot be read from there");
    }
    Ok(())
}

/// What both sides must want alike besides the name.
fn wants(args: &MatchArgs, question: &Question) -> Vec<(&'static str, String)> {
    let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
    vec![
        ("grid", question.size.to_string()),
        ("separation", question.separation_words()),
        ("law", question.law_words()),
        ("mode", args.mode.name().to_owned()),
        ("verified", yes(args.verified)),
        ("class", args.class.to_string()),
        ("confirm", yes(args.confirm)),
    ]
}

fn tell_progress(told: Told<'_>) {
    match told {
        Told::Code(code) => eprintln!("six words of this run, the same on both sides unless somebody stands between:\n  {code}"),
        Told::Progress(Progress { step, done, of }) => {
            let what = match step.code() {
                0 => return,
                1 => "our list",
                2 => "their list",
                3 => "answers",
                _ => "the result",
            };
            eprintln!("{what}: {done} of {of}");
        }
    }
}

/// Whether a person says that the words are the same.
fn ask() -> bool {
    eprint!("Does the other side read the same six words? Type yes: ");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).is_ok() && line.trim() == "yes"
}
