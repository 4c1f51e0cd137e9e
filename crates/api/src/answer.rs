//! What comes in and what came back: request bodies read with a [`Problem`] for whatever is wrong with them, and the answer
//! to a check looked up in their log.

use axum::Json;
use axum::extract::{FromRequest, Request};
use detente_node::Line;
use detente_node::port::Write;
use detente_types::statement::{CheckAnswerIn, StatementIn};
use detente_types::{Generation, PartyId, StatementRef};
use detente_wire::{Body, codec};
use serde::de::DeserializeOwned;

use crate::ask::CheckAnswerView;
use crate::port::Entries;
use crate::problem::{Fault, Problem};

/// A request's body.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(Problem::new(Fault::Request, rejection.body_text())),
        }
    }
}

/// Entries that are read at a time.
const PAGE: usize = 256;

/// The answer to a check of ours, in their log from an index on: the entry that names this very check and repeats its
/// challenge (DV-057). Another entry of theirs, and an answer to another check, is none.
pub(crate) fn answer_to(
    line: &Line,
    store: &mut dyn Entries,
    check: &StatementRef,
    mut from: u64,
) -> Result<Option<CheckAnswerView>, Problem> {
    let view = line.view();
    let log = Log { line, author: view.us, generation: check.generation };
    let asked = log.read(store, check.index, 1)?.into_iter().next();
    let Some((_, StatementIn::Check(asked))) = asked else {
        return Err(Problem::new(Fault::NotFound, format!("{} is no check of ours", check.hash)));
    };
    let log = Log { line, author: view.them, generation: view.copy.generation };
    while from < view.copy.size {
        let answer = log.read(store, from, PAGE)?.into_iter().find_map(|(index, statement)| match statement {
            StatementIn::CheckAnswer(a) if a.of == *check && a.challenge == asked.challenge => Some(seen(index, a)),
            _ => None,
        });
        if answer.is_some() {
            return Ok(answer);
        }
        from += PAGE as u64;
    }
    Ok(None)
}

fn seen(index: u64, answer: CheckAnswerIn) -> CheckAnswerView {
    CheckAnswerView { index, by_officer: answer.by_officer, desk: answer.desk, officer: answer.officer }
}

/// One log of a line.
struct Log<'a> {
    line: &'a Line,
    author: PartyId,
    generation: Generation,
}

impl Log<'_> {
    /// What its entries say, with their places; one that says nothing readable is left out.
    fn read(&self, store: &mut dyn Entries, from: u64, limit: usize) -> Result<Vec<(u64, StatementIn)>, Problem> {
        let line = self.line.view().line;
        let rows = store
            .entries(&line, &self.author, self.generation, from, limit)
            .map_err(|fault| Problem::new(Fault::Unavailable, fault.to_string()))?;
        let statement = |row: Write| match row {
            Write::Entry { index, body, .. } => Some((index, codec::from_body(&Body::decode(&body).ok()?).ok()?)),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(statement).collect())
    }
}
