//! `detente match audit|auditor-key`: what the auditor that the terms name does, offline.
//!
//! Invariants: what is audited was verified first, every byte and signature of it; nothing is written to it; the secret key is
//! wiped when it was used.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use detente_api::matches::run_name;
use detente_api::problem::{Fault, Problem};
use detente_blind::AuditorSecret;
use detente_gateway::plans::{FILE_BYTES_MAX, read};
use detente_node::blind::{AuditVerdict, BookBlindBegun, Difference, Papers, RunAudit, RunRecord, auditor_key};
use detente_node::{Line, Node};
use detente_store::{Home, HomeFault, Options};
use detente_types::statement::BlindRunIn;
use detente_types::{LineId, Volume};
use detente_wire::Ed25519;
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::On;
use super::line::short;
use crate::args::ReadArgs;
use crate::client::Refusal;
use crate::host::{OsRng, now};
use crate::keys;
use crate::output::{NotVerified, refuse, show, table};
use crate::settings::Settings;
use crate::verbs::check::bytes_of;

/// What the name of a key that is being written ends with.
const UNFINISHED: &str = ".unfinished";

/// What an audit came to.
#[derive(Serialize)]
struct Audited {
    path: String,
    runs: Vec<AuditedRun>,
}

#[derive(Clone, Default, Serialize)]
struct AuditedRun {
    line: String,
    run: String,
    /// `match`, `differs`, or `none`: no audit is possible.
    verdict: &'static str,
    /// Plans that the book names.
    plans: usize,
    /// Cells that these plans have, when they were matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<usize>,
    /// Of these, cells that nothing of what was declared or flown since comes near; absent when no file of that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    unaccounted: Option<usize>,
    /// Cells of what was declared or flown since, in the time that the run looked at, that these plans do not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched: Option<usize>,
    /// Plans that the book had then and that the run left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left_out: Vec<String>,
    says: String,
}

#[derive(Serialize)]
struct Made {
    file: String,
    public: String,
}

/// Makes a secret key in a new file.
pub(super) fn make_key(on: &On<'_>, to: &Path) -> Result<()> {
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut_slice()).map_err(|error| anyhow!("the operating system gives no randomness: {error}"))?;
    let (_, public) = auditor_key(&secret);
    let mut hex = Zeroizing::new(HEXLOWER.encode(secret.as_slice()));
    hex.push('\n');
    write_new(to, hex.as_bytes()).with_context(|| format!("writing {}: it must be a new file", to.display()))?;
    let made = Made { file: to.display().to_string(), public };
    show(on.json, &made, |made| {
        format!("the secret key is in {}: keep it from both sides\nin the terms: auditor_key = \"{}\"", made.file, made.public)
    })
}

/// Writes a new file that only its owner can read: under its name it is there whole, or not at all.
pub(super) fn write_new(to: &Path, bytes: &[u8]) -> io::Result<()> {
    if to.symlink_metadata().is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut aside = to.as_os_str().to_owned();
    aside.push(UNFINISHED);
    let aside = Path::new(&aside);
    // Whoever was ended while it wrote left this.
    fs::remove_file(aside).or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(aside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(aside, to));
    if written.is_err() {
        let _ = fs::remove_file(aside);
    }
    written?;
    let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(directory)?.sync_all()
}

fn read_key(file: &Path) -> Result<AuditorSecret> {
    let text = Zeroizing::new(fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?);
    let wrong = || refuse(Fault::Request, format!("{}: expected 64 hexadecimal digits and nothing else", file.display()));
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).map_err(|_| wrong())?);
    let secret = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| wrong())?);
    Ok(AuditorSecret::from_bytes(&secret))
}

/// Reads what was declared or flown.
pub(super) fn flown(file: &Path, how: &ReadArgs) -> Result<Vec<Volume>> {
    let name = file.display().to_string();
    let bytes = bytes_of(file, FILE_BYTES_MAX).map_err(|error| refuse(Fault::Request, format!("{name}: {error}")))?;
    let read = read(&name, how.format, &bytes, &how.given()).map_err(|fault| Refusal(Problem::from(&fault)))?;
    Ok(read.plans.into_iter().flat_map(|plan| plan.volumes).collect())
}

/// Audits what a home or a copy of one holds.
pub(super) fn audit(on: &On<'_>, path: &Path, key: &Path, run: Option<&str>, flown: Option<&[Volume]>) -> Result<()> {
    let secret = read_key(key)?;
    let book = Book::read(path).map_err(|fault| match fault.downcast_ref() {
        Some(locked @ HomeFault::Locked { .. }) => {
            let way = "stop it, or make a copy with `detente backup DIRECTORY` and audit that";
            refuse(Fault::Unavailable, format!("{locked}: {way}"))
        }
        _ => fault,
    })?;
    let wanted = |begun: &&BookBlindBegun| run.is_none_or(|run| is_named(&run_name(&begun.run), run));
    let mut runs: Vec<AuditedRun> = book.papers.begun().filter(wanted).map(|begun| book.audit(begun, &secret, flown)).collect();
    runs.extend(book.unknown().filter(|lacks| run.is_none_or(|run| is_named(&lacks.run, run))));
    if let (true, Some(run)) = (runs.is_empty(), run) {
        return Err(refuse(Fault::NotFound, format!("the book in {} began no run {run:?}", path.display())));
    }
    let differs = runs.iter().filter(|run| run.verdict == "differs").count();
    let audited = Audited { path: path.display().to_string(), runs };
    show(on.json, &audited, words)?;
    match differs {
        0 => Ok(()),
        count => Err(NotVerified(format!("{count} of {} runs are not as committed", audited.runs.len())).into()),
    }
}

pub(super) fn is_named(name: &str, run: &str) -> bool {
    name.to_lowercase().starts_with(&run.to_lowercase())
}

fn words(audited: &Audited) -> String {
    if audited.runs.is_empty() {
        return "the book began no blind run: there is nothing to audit".into();
    }
    let row = |run: &AuditedRun| {
        vec![run.line[..8].into(), short(&run.run).into(), run.plans.to_string(), run.verdict.into(), run.says.clone()]
    };
    let rows: Vec<Vec<String>> = audited.runs.iter().map(row).collect();
    let table = table(&["line", "run", "plans", "verdict", ""], &rows);
    let silent = match audited.runs.iter().filter(|run| run.verdict == "none").count() {
        0 => String::new(),
        count => format!("\n{count} of {} runs cannot be judged", rows.len()),
    };
    format!("{} verifies\n{table}{silent}", audited.path)
}

/// What an audit needs of a home.
struct Book {
    node: Node,
    lines: Vec<LineId>,
    papers: Papers,
}

impl Book {
    fn read(path: &Path) -> Result<Self> {
        super::super::verify_copy(path)?;
        let home = Home::open(path)?;
        let settings = Settings::read(path)?;
        let lines: Vec<LineId> = settings.lines.iter().filter_map(|line| LineId::parse(&line.id)).collect();
        let ring = keys::ring(&home, &lines)?;
        let mut journal = home.journal(Options::default())?;
        let mut papers = Papers::default();
        journal.reader()?.replay(&mut |row| {
            papers.take(&row);
            Ok(())
        })?;
        let node = Node::load(Arc::new(Ed25519), now(), &mut OsRng, &ring, &mut journal)?;
        Ok(Self { node, lines, papers })
    }

    /// Runs that our log commits to and of which the book has no row: it was changed, or is older than the log.
    fn unknown(&self) -> impl Iterator<Item = AuditedRun> + '_ {
        let knows = |line: &LineId, run: &BlindRunIn| self.papers.begun().any(|begun| begun.line == *line && begun.run == *run);
        let of_line = move |(id, line): (LineId, &Line)| {
            let side = usize::from(line.us() > line.them());
            let committed = line.blind_record().filter_map(|(run, record)| Some((run, record.committed[side].as_ref()?.at)));
            let lacks = committed.filter(|(run, _)| !knows(&id, run)).map(|(run, at)| {
                let (verdict, says) = match self.papers.lost_since(&id, &at) {
                    Some(restored) => {
                        ("none", format!("restored since, at {restored}: the row was lost with the home of before"))
                    }
                    None => ("differs", "the log commits to this run, and the book has no row of it".into()),
                };
                AuditedRun { line: id.to_string(), run: run_name(run), verdict, says, ..AuditedRun::default() }
            });
            lacks.collect::<Vec<_>>()
        };
        self.lines.iter().filter_map(|id| Some((*id, self.node.line(id)?))).flat_map(of_line)
    }

    fn audit(&self, begun: &BookBlindBegun, secret: &AuditorSecret, flown: Option<&[Volume]>) -> AuditedRun {
        let of = AuditedRun {
            line: begun.line.to_string(),
            run: run_name(&begun.run),
            plans: begun.plans.len(),
            ..AuditedRun::default()
        };
        let none = |says: String| AuditedRun { verdict: "none", says, ..of.clone() };
        let Some(line) = self.node.line(&begun.line) else { return none("its line is not in this home".into()) };
        let record = line.blind_run(&begun.run).map_or_else(RunRecord::default, |view| view.record);
        let Some(terms) = line.terms_with_digest(&begun.terms) else {
            return AuditedRun { verdict: "differs", ..none("the book names terms that this line never had".into()) };
        };
        let (plans, live) = (self.papers.plans(begun), self.papers.live(begun, &record));
        let (author, other) = (line.us(), line.them());
        let case = RunAudit { begun, record: &record, author, other, terms, plans: &plans, live: &live };
        let found = match case.audit(secret) {
            Ok(AuditVerdict::Match { cells }) => {
                let says = format!("these plans and no others were matched: {cells} cells");
                AuditedRun { verdict: "match", cells: Some(cells), says, ..of }
            }
            Ok(AuditVerdict::Mismatch(all)) => AuditedRun {
                verdict: "differs",
                left_out: all.iter().filter_map(left_out).collect(),
                says: all.iter().map(difference_words).collect::<Vec<_>>().join("; "),
                ..of
            },
            Err(fault) => return none(fault.to_string()),
        };
        match flown {
            Some(flown) => found.beside(&case, flown),
            None => found,
        }
    }
}

impl AuditedRun {
    /// Compared with what was declared or flown since.
    fn beside(self, case: &RunAudit<'_>, flown: &[Volume]) -> Self {
        let says = self.says;
        match (case.unaccounted(flown), case.unmatched(flown)) {
            (Ok(near_nothing), Ok(unmatched)) => {
                let (near_nothing, unmatched) = (near_nothing.len(), unmatched.len());
                let why = if unmatched == 0 { "" } else { unmatched_words(case, flown) };
                let says = format!(
                    "{says}; {near_nothing} cells of these plans are near nothing that was flown; \
                     {unmatched} cells of what was flown are none of these plans{why}"
                );
                Self { unaccounted: Some(near_nothing), unmatched: Some(unmatched), says, ..self }
            }
            (Err(fault), _) | (_, Err(fault)) => {
                Self { says: format!("{says}; what was flown is not compared: {fault}"), ..self }
            }
        }
    }
}

/// What may be the matter with cells that were flown and not matched.
fn unmatched_words(case: &RunAudit<'_>, flown: &[Volume]) -> &'static str {
    let datums: BTreeSet<u8> = case.plans.iter().flat_map(|plan| &plan.volumes).map(|volume| volume.datum).collect();
    if datums.is_empty() || flown.iter().all(|volume| datums.contains(&volume.band.datum().code())) {
        " (plans may have been put in, changed or held back: ask why)"
    } else {
        " (plans may have been put in, changed or held back, and what is over another datum than they are reaches higher and \
         lower: ask why)"
    }
}

fn left_out(difference: &Difference) -> Option<String> {
    if let Difference::LeftOut(id) = difference { Some(id.to_string()) } else { None }
}

fn difference_words(difference: &Difference) -> String {
    match difference {
        Difference::OtherRun => "the hello in the log is of another run, or of other terms, than the book names".into(),
        Difference::NotSealed => "the terms name an auditor, and no seed was sealed to it".into(),
        Difference::NotOpened => {
            "what was sealed does not open with the key that the terms name: it is no seed of this run".into()
        }
        Difference::Window => "the book lets the run look from another time on than its own".into(),
        Difference::Sealed => "the sealed seed in the book is not the one that the log names".into(),
        Difference::Seed => "the hello in the log was not made with this seed".into(),
        Difference::PlanMissing(id) => {
            format!("plan {} is named by the book and neither there nor in the log in that form", id.short())
        }
        Difference::LeftOut(id) => {
            format!("plan {} was in the book then and was left out, or matched in another form", id.short())
        }
        Difference::PlanAdded(id) => format!("plan {} is not named by the book", id.short()),
        Difference::PlanRoot => "the plans do not lead to the root in the book".into(),
        Difference::Cells => "other cells than those of these plans were matched".into(),
        Difference::RootNotCommitted => "the root in the book is not the one that was committed to".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_there_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let (to, aside) = (home.path().join("key"), home.path().join("key.unfinished"));
        // What an earlier attempt left that was ended in the middle.
        fs::write(&aside, "0123").unwrap();
        write_new(&to, b"the whole key\n").unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"the whole key\n");
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!aside.exists());
        assert_eq!(write_new(&to, b"another\n").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).unwrap(), b"the whole key\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_key_that_cannot_be_written_leaves_nothing() {
        let home = tempfile::tempdir().unwrap();
        let to = home.path().join("no such directory").join("key");
        assert!(write_new(&to, b"key\n").is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
