//! What comes in and what came back: request bodies read with a [`Problem`] for whatever is wrong with them, and the answer
//! to a check looked up in their log.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use detente_node::Line;
use detente_node::port::{Entries, Write};
use detente_types::statement::{CheckAnswerIn, StatementIn};
use detente_types::{Generation, PartyId, StatementRef};
use detente_wire::{Body, codec};
use serde::de::DeserializeOwned;

use crate::ask::{self, CheckAnswerView};
use crate::problem::{Detail, Fault, Problem, UNREADABLE};

/// Largest request body, bytes: the largest file that the gateway takes, as JSON. Escapes and numbers written out make a
/// file at most three times as long, and the names of a row's fields, under a kilobyte each, take a fourth part at most.
pub(crate) const BODY_BYTES_MAX: usize = 4 * detente_gateway::FILE_BYTES_MAX;

/// A request's body.
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let is_json = |kind: &str| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json");
        if !request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(is_json) {
            return Err(Problem::new(Fault::Request, "a body is JSON, and the header `Content-Type: application/json` says so"));
        }
        match Bytes::from_request(request, state).await {
            Ok(body) => read(&body).map(Self),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
            Err(rejection) => Err(Problem::new(Fault::Request, rejection.body_text())),
        }
    }
}

fn too_large() -> Problem {
    let says =
        format!("the request is longer than {} MiB, the most that is taken at once: cut it into several", BODY_BYTES_MAX >> 20);
    Problem::new(Fault::TooLarge, says)
}

/// Reads a body; what is wrong is told by its field. Noting the fields on the way takes longer than reading: that is for
/// bodies in which something is wrong.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if let Ok(asked) = serde_json::from_slice(body) {
        return Ok(asked);
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let asked = serde_path_to_error::deserialize(&mut reader).map_err(|fault| {
        let path = fault.path().to_string();
        unreadable(&path, fault.inner())
    })?;
    reader.end().map_err(|fault| unreadable("", &fault))?;
    Ok(asked)
}

fn unreadable(path: &str, fault: &serde_json::Error) -> Problem {
    let path = if path == "." { "" } else { path };
    let (line, column) = (fault.line(), fault.column());
    if !fault.is_data() {
        let found = format!("no JSON at line {line}, column {column}");
        let detail = field("", found, "one JSON object".into());
        return Problem::new(Fault::Request, format!("the request is no JSON: line {line}, column {column}")).with(vec![detail]);
    }
    let text = fault.to_string();
    let text = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    let detail = told(path, text);
    Problem::new(Fault::Request, format!("a field of the request cannot be read: {detail}")).with(vec![detail])
}

/// What the reader of JSON says, as field, found and expected.
fn told(path: &str, text: &str) -> Detail {
    if let Some(name) = text.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        let at = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        return field(&at, "nothing".into(), "this field, which must be there".into());
    }
    let (found, expected) = text.split_once(", expected ").unwrap_or((text, "another value"));
    if let Some(name) = found.strip_prefix("unknown field ") {
        return field(path, format!("the unknown field {name}"), expected.to_owned());
    }
    let found = found.split_once(": ").map_or(found, |(_, found)| found);
    field(path, plain(found), plain(expected))
}

fn field(at: &str, found: String, expected: String) -> Detail {
    let shown = |text: &str| text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    Detail {
        rule: None,
        place: None,
        at: shown(at),
        found: shown(&found),
        expected: Some(shown(&expected)),
        says: UNREADABLE.into(),
    }
}

/// Reads bytes as the body of every route.
pub(crate) fn fuzz(data: &[u8]) {
    fn one<T: DeserializeOwned + serde::Serialize + PartialEq + core::fmt::Debug>(data: &[u8]) {
        match read::<T>(data) {
            Ok(asked) => {
                let written = serde_json::to_vec(&asked).expect("what was read can be written");
                assert_eq!(read::<T>(&written).ok().as_ref(), Some(&asked), "what was read is written so that it reads the same");
            }
            Err(problem) => {
                let told = problem.details.iter().map(ToString::to_string).chain([problem.error.clone()]).collect::<String>();
                assert!(!told.chars().any(char::is_control), "a problem cannot steer a screen: {told:?}");
            }
        }
    }
    one::<ask::NotifyAsk>(data);
    one::<ask::CancelAsk>(data);
    one::<ask::ReceiptAsk>(data);
    one::<ask::OfferAsk>(data);
    one::<ask::AnswerAsk>(data);
    one::<crate::around::AroundAsk>(data);
    one::<ask::AmendAsk>(data);
    one::<ask::SafetyActionAsk>(data);
    one::<ask::BackupAsk>(data);
    one::<ask::CheckAsk>(data);
    one::<ask::ProposeAsk>(data);
    one::<ask::AcceptTermsAsk>(data);
}

/// Names of types as people say them.
fn plain(text: &str) -> String {
    match text {
        "sequence" | "a sequence" => "a list".into(),
        "map" | "a map" => "an object".into(),
        "u8" | "u16" | "u32" | "u64" => "a whole number, not negative".into(),
        "i64" => "a whole number".into(),
        "f64" => "a number".into(),
        "a string" | "string" => "text in quotation marks".into(),
        "a boolean" => "true or false".into(),
        other if other.starts_with("struct ") => "an object".into(),
        other => other.strip_prefix("string ").unwrap_or(other).to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{NotifyAsk, ReceiptAsk};

    /// At, found and expected of the only detail.
    fn refused<T: DeserializeOwned>(body: &str) -> [String; 3] {
        let problem = read::<T>(body.as_bytes()).err().expect("it is not read");
        assert_eq!((problem.status, problem.details.len()), (400, 1), "{body}: {problem:?}");
        let Detail { at, found, expected, .. } = problem.details[0].clone();
        [at, found, expected.expect("what is expected")]
    }

    #[test]
    fn a_body_beyond_the_limit_names_it_and_what_to_do() {
        // Without the routes' layer the limit is 2 MB: what is said of it is the same.
        let body = axum::body::Body::from(vec![b' '; 3 << 20]);
        let request = Request::builder().header(CONTENT_TYPE, "application/json").body(body).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let refused = runtime.block_on(Asked::<NotifyAsk>::from_request(request, &())).err().unwrap();
        assert_eq!(refused.status, 413);
        assert!(refused.error.contains("128 MiB") && refused.error.contains("cut it into several"), "{}", refused.error);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_field() {
        let cases = [
            (r#"{"notices": "x"}"#, "notices", "\"x\"", "a list"),
            (r#"{"notices": [{"kind": 5}]}"#, "notices[0].kind", "integer `5`", "text in quotation marks"),
            (r#"{}"#, "notices", "nothing", "this field, which must be there"),
            (r#"{"notices": [], "cheque": true}"#, "cheque", "the unknown field `cheque`", "`notices` or `check`"),
            (r#"{"notices": [],"#, "", "no JSON at line 1, column 15", "one JSON object"),
            (r#"{"notices": []} {}"#, "", "no JSON at line 1, column 17", "one JSON object"),
        ];
        for (body, at, found, expected) in cases {
            assert_eq!(refused::<NotifyAsk>(body), [at, found, expected], "{body}");
        }
        assert_eq!(refused::<ReceiptAsk>(r#"{"of": "00"}"#)[0], "level");
    }
}
