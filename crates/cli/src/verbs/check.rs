//! `detente check FILE…`: every pair of plans that come closer than the separation, with no node.
//!
//! All files are read before anything is said: what is wrong with any of them is told for all, and then nothing is checked.

mod find;
mod geojson;
mod ground;
pub(super) mod json;
pub(super) mod label;
mod svg;
mod table;

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use detente_gateway::plans::{FILE_BYTES_MAX, Format, Given, Plan, read};
use detente_gateway::{Level, Report};
use detente_space::{Law, Separation};
use detente_types::height::Heights;
use detente_types::{Datum, Metres, Position, Terms};
use serde::Serialize;

use crate::args::{Output, PlanArgs};
use crate::output::{Ended, fail, print, print_json};
use crate::verbs::On;
use find::Hit;

/// Conflicts were found.
const FOUND: u8 = 1;
/// A file is wrong, and nothing was checked.
const WRONG: u8 = 2;
/// A file that takes more than a moment to read: a person who waits is told so.
const LONG_BYTES: usize = 16 << 20;

/// A file that was read.
struct File {
    name: String,
    format: Format,
    plans: usize,
    volumes: usize,
    report: Report,
}

/// A plan and the file that it is from.
struct Filed {
    file: usize,
    plan: Plan,
}

/// Everything that an output tells.
struct Told {
    law: Law,
    separation: Separation,
    files: Vec<File>,
    plans: Vec<Filed>,
    hits: Vec<Hit>,
    /// Whether there are more.
    more: bool,
    /// Places that have names, in English and in Russian.
    places: Vec<(Position, [String; 2])>,
    /// The ground of each hit's meetings.
    grounds: Vec<Vec<ground::Ground>>,
}

pub(super) fn check(on: &On<'_>, files: &[PathBuf], arguments: &PlanArgs) -> Result<()> {
    let output = if on.json { Output::Json } else { arguments.output };
    let terms = arguments.terms.as_deref().map(terms).transpose().map_err(|fault| {
        // Its own code would read as that of conflicts.
        let _ = fail(on.json, &fault);
        Ended(WRONG)
    })?;
    let (law, separation) = question(arguments, terms.as_ref()).map_err(|fault| {
        let _ = fail(on.json, &fault);
        Ended(WRONG)
    })?;
    let (files, plans) = read_all(files, arguments, law, output)?;
    let law = if arguments.over.is_none() && terms.is_none() { as_said(law, &plans) } else { law };
    let find::Found { hits, more } = find::all_pairs(&plans, law, &separation, &mut find::Progress::new(plans.len()));
    if more {
        eprintln!("detente: more than {} conflicts: the first are told; check fewer plans at a time", find::HITS_MAX);
    }
    let places = terms.as_ref().map(places).unwrap_or_default();
    let mut told = Told { law, separation, files, plans, hits, more, places, grounds: Vec::new() };
    // A table tells the closest pair of each conflict, the others all.
    told.grounds = ground::draw(&told, if output == Output::Table { 1 } else { usize::MAX });
    match output {
        Output::Table => table::print_all(&told),
        Output::Json => print_json(&json::report(&told))?,
        Output::Geojson => print_json(&geojson::collection(&told))?,
        Output::Svg => print(&svg::picture(&told)),
    }
    if told.hits.is_empty() { Ok(()) } else { Err(Ended(FOUND).into()) }
}

/// The law and the separation: what an option says, then what the terms say, then touching.
fn question(arguments: &PlanArgs, terms: Option<&Terms>) -> Result<(Law, Separation)> {
    let heights = arguments.heights(terms.map(Terms::heights));
    if let Some((least, most)) = heights.terrain.filter(|(least, most)| least > most) {
        anyhow::bail!("--terrain-min {least}: expected at most --terrain-max, {most}");
    }
    let named = arguments.law.map(Law::name).or_else(|| Some(Law::of_terms(terms?)?.name()));
    let law = named.and_then(|name| Law::from_name(name, heights)).unwrap_or(Law::Two(heights));
    let length = |option: Option<crate::args::Length>, terms: Option<Metres>| {
        option.map(|length| length.ceil).or(terms).unwrap_or(Metres::ZERO).max(Metres::ZERO)
    };
    let separation = Separation {
        horizontal: length(arguments.horizontal, terms.map(Terms::horizontal)),
        vertical: length(arguments.vertical, terms.map(Terms::vertical)),
        time_us: arguments.time.map(|time| time.micros).or(terms.map(Terms::time_us)).unwrap_or(0),
    };
    Ok((law, separation))
}

/// The law where nothing says what altitudes are compared over: all over the ellipsoid are compared as they were said.
fn as_said(law: Law, plans: &[Filed]) -> Law {
    let mut data = plans.iter().flat_map(|filed| &filed.plan.volumes).map(|volume| volume.band.datum());
    match law {
        Law::Two(_) if data.all(|datum| datum == Datum::Wgs84) => Law::Two(Heights::of(Datum::Wgs84)),
        law => law,
    }
}

pub(super) fn terms(file: &Path) -> Result<Terms> {
    let read = crate::files::terms(file)?;
    Terms::try_new(read.terms).map_err(|violations| {
        let told: Vec<String> = violations.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("{}: {}", file.display(), told.join("; "))
    })
}

/// The named places of terms, in English and in Russian; a name in one language stands for the other where there is none.
pub(super) fn places(terms: &Terms) -> Vec<(Position, [String; 2])> {
    let of = |tag: &str| terms.input().languages.iter().position(|language| language.starts_with(tag)).unwrap_or(0);
    let (english, russian) = (of("en"), of("ru"));
    let named = |names: &[String], i: usize| names.get(i).or(names.first()).cloned().unwrap_or_default();
    terms.places().map(|(at, names)| (at, [named(names, english), named(names, russian)])).collect()
}

/// What is wrong with a file that cannot be checked.
#[derive(Serialize)]
#[serde(untagged)]
enum Wrong {
    /// What it says.
    Read(Report),
    /// The file itself.
    Unread { file: String, error: String },
}

/// Reads all files; when anything is wrong with any of them, tells it for all and takes none.
fn read_all(names: &[PathBuf], arguments: &PlanArgs, law: Law, output: Output) -> Result<(Vec<File>, Vec<Filed>)> {
    let (mut files, mut plans, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    // Only conflict/2 lays one datum against another.
    let heights = if let Law::Two(heights) = law { Some(heights) } else { None };
    let given = Given { heights, ..arguments.read.given() };
    let mut read_stdin = false;
    for path in names {
        let name = path.display().to_string();
        if name == "-" && std::mem::replace(&mut read_stdin, true) {
            wrong.push(Wrong::Unread { file: name, error: "standard input is given twice".into() });
            continue;
        }
        let bytes = match bytes_of(path, FILE_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) => {
                wrong.push(Wrong::Unread { file: name, error: error.to_string() });
                continue;
            }
        };
        if bytes.len() > LONG_BYTES && std::io::stderr().is_terminal() {
            eprintln!("reading {name}, {} MiB", bytes.len() >> 20);
        }
        match read(&name, arguments.read.format, &bytes, &given) {
            Ok(read) => {
                let volumes = read.plans.iter().map(|plan| plan.volumes.len()).sum();
                let file = files.len();
                files.push(File { name, format: read.format, plans: read.plans.len(), volumes, report: read.report });
                plans.extend(read.plans.into_iter().map(|plan| Filed { file, plan }));
            }
            Err(fault) => wrong.push(Wrong::Read(fault.report)),
        }
    }
    if wrong.is_empty() {
        let warnings = files.iter().flat_map(|file| file.report.findings.iter().map(move |finding| (&file.name, finding)));
        warnings.filter(|(_, f)| f.level == Level::Warning).for_each(|(name, finding)| eprintln!("{name}: {finding}"));
        return Ok((files, plans));
    }
    tell(&wrong, output)?;
    Err(Ended(WRONG).into())
}

fn tell(wrong: &[Wrong], output: Output) -> Result<()> {
    if output == Output::Json {
        print(&serde_json::to_string_pretty(&serde_json::json!({ "wrong": wrong }))?);
        return Ok(());
    }
    for wrong in wrong {
        match wrong {
            Wrong::Read(report) => eprintln!("detente: {report}"),
            Wrong::Unread { file, error } => eprintln!("detente: {file}: {error}"),
        }
    }
    eprintln!("detente: nothing was checked");
    Ok(())
}

/// What a file holds, up to a byte more than is taken.
pub(super) fn bytes_of(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    let most = most as u64 + 1;
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}
