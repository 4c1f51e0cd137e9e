//! The verbs: each asks its node and prints what came back.

mod around;
mod check;
mod held;
mod home;
mod line;
mod matching;
mod notices;
mod officers;
mod position;
mod record;
mod resolve;
mod settle;
mod terms;

use anyhow::Result;

pub(crate) use matching::fuzz as fuzz_cells;
pub(crate) use record::{fuzz as fuzz_record, verify_copy};

use crate::args::{Arguments, Verb};

/// Does what the command line says.
///
/// # Errors
/// Whatever went wrong, with the refusal of the node inside when it was one.
pub fn run(arguments: Arguments) -> Result<()> {
    let Arguments { home, json, verb } = arguments;
    let on = On { home: &home, json };
    match verb {
        Verb::Init { name, desk, officer } => home::init(&on, name, desk, officer),
        Verb::Serve { api, end_with_input } => home::serve(&on, api, end_with_input),
        Verb::Status => home::status(&on),
        Verb::Backup { to } => home::backup(&on, &to),
        Verb::Restore { from: Some(from), set_aside, .. } => home::restore(&on, &from, set_aside),
        Verb::Restore { from: None, .. } => home::mark_restored(&on),
        Verb::Rebuild => home::rebuild(&on),
        Verb::Invite { terms, listen, address, minutes, out } => line::invite(&on, &terms, &listen, address, minutes, out),
        Verb::Join { invite, listen, terms_out } => line::join(&on, &invite, listen, terms_out),
        Verb::Check { files, plans, .. } if !files.is_empty() => check::check(&on, &files, &plans),
        Verb::Check { wait, line, .. } => line::check(&on, &line, wait),
        Verb::Match(asked) => matching::matching(&on, asked),
        Verb::Position { text } => position::position(&on, &text),
        Verb::Notify { file, check, release, on: l } => notices::notify(&on, &l.line, &file, check, release),
        Verb::Cancel { id, reason, on: l } => notices::cancel(&on, &l.line, id, reason),
        Verb::Notices { on: l } => notices::list(&on, &l.line),
        Verb::Read { of, listed, read_back, passed, on: l } => notices::read(&on, &l.line, of, listed, read_back, passed),
        Verb::Say { words, on: l } => notices::say(&on, &l.line, words),
        Verb::Safety(safety) => notices::safety(&on, safety),
        Verb::Conflicts { on: l } => settle::conflicts(&on, &l.line),
        Verb::Resolve { conflict, theirs, book, on: l } => resolve::resolve(&on, &l.line, &conflict, theirs, book),
        Verb::Around(args) => around::around(&on, &args),
        Verb::Density(args) => around::density(&on, &args),
        Verb::Settle(settle) => settle::settle(&on, settle),
        Verb::Terms(terms) => terms::terms(&on, terms),
        Verb::Revoke { from, generation, on: l } => officers::revoke(&on, &l.line, from, generation),
        Verb::Officer(officer) => officers::officer(&on, officer),
        Verb::Record(record) => record::record(&on, record),
        Verb::Demo { headless, examples, keep } => crate::demo::run(crate::demo::Options { json, headless, examples, keep }),
    }
}

/// On which home, and how results are printed.
pub(crate) struct On<'a> {
    pub(crate) home: &'a std::path::Path,
    pub(crate) json: bool,
}

impl On<'_> {
    pub(crate) fn client(&self) -> Result<crate::client::Client> {
        crate::client::Client::open(self.home)
    }
}

/// Fails when something urgent waits: whoever sent it must not believe that the other side will hear of it by itself.
pub(crate) fn must_be_sent(what: &str, done: &detente_api::ask::Done) -> Result<()> {
    if done.stated.is_some() {
        return Ok(());
    }
    let why = done.note.as_deref().unwrap_or("it is in the book");
    let what = format!("{what} has not reached the other side: {why}. It is sent when that is over; until then, use another way");
    Err(crate::output::NotSent(what).into())
}

/// What became of a command, in words.
pub(crate) fn done_words(done: &detente_api::ask::Done) -> String {
    let note = done.note.as_deref();
    match &done.stated {
        Some(at) => {
            let note = note.map(|note| format!(": {note}")).unwrap_or_default();
            format!("stated as entry {} ({}){note}", at.index, &at.hash[..12])
        }
        // Notes on what is kept back say where it is.
        None => note.unwrap_or("in the book").to_owned(),
    }
}
