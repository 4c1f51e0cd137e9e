//! What the API answers when it does not do what was asked: who is at fault, what, where, and what would be right.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use detente_gateway::terms::TermsFault;
use detente_gateway::{FileFault, Finding, Level, Problems};
use detente_node::{CommandFault, ReopenFault};
use detente_types::Violation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::port::Stopped;

/// Why, as a class: decides the status code and the exit code of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request breaks rules: 422.
    Rules,
    /// The request cannot be read: 400.
    Request,
    /// The request is larger than what is taken at once: 413.
    TooLarge,
    /// There is no such thing: 404.
    NotFound,
    /// No token, or a wrong one: 401.
    Unauthorised,
    /// The token's role does not allow it: 403.
    Forbidden,
    /// The line does not take it now, or it would put another plan of ours out of the book: 409.
    Held,
    /// Nothing answered in time: 504.
    NoAnswer,
    /// The disk is full: 507.
    DiskFull,
    /// The node has stopped or its disk failed: 503.
    Unavailable,
}

/// One broken rule or unreadable field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Detail {
    /// Number of the rule, as `DV-002`; absent when the field could not be read at all.
    pub rule: Option<String>,
    /// Where in the file: `row 12`, `feature 3`, `notice 1`, `line 40`; absent when no file was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The field, as a dotted path, or the column; empty when the whole row is meant.
    pub at: String,
    /// What stood there.
    pub found: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// The rule's sentence.
    pub says: String,
}

/// An error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Status code.
    pub status: u16,
    /// `caller` or `environment`.
    pub fault: String,
    /// What is wrong, in a sentence.
    pub error: String,
    /// All broken rules and unreadable fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

impl Problem {
    /// An error without details.
    pub fn new(fault: Fault, error: impl Into<String>) -> Self {
        let (status, side) = match fault {
            Fault::Rules => (StatusCode::UNPROCESSABLE_ENTITY, "caller"),
            Fault::Request => (StatusCode::BAD_REQUEST, "caller"),
            Fault::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "caller"),
            Fault::NotFound => (StatusCode::NOT_FOUND, "caller"),
            Fault::Unauthorised => (StatusCode::UNAUTHORIZED, "caller"),
            Fault::Forbidden => (StatusCode::FORBIDDEN, "caller"),
            Fault::Held => (StatusCode::CONFLICT, "caller"),
            Fault::NoAnswer => (StatusCode::GATEWAY_TIMEOUT, "environment"),
            Fault::DiskFull => (StatusCode::INSUFFICIENT_STORAGE, "environment"),
            Fault::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "environment"),
        };
        Self { status: status.as_u16(), fault: side.into(), error: error.into(), details: Vec::new() }
    }

    /// With details.
    #[must_use]
    pub fn with(mut self, details: Vec<Detail>) -> Self {
        self.details = details;
        self
    }
}

impl From<&Violation> for Detail {
    fn from(v: &Violation) -> Self {
        Self {
            rule: Some(v.rule.to_string()),
            place: None,
            at: detente_gateway::field_name(&v.at),
            found: v.found.clone(),
            expected: v.wanted.clone(),
            says: v.rule.sentence().into(),
        }
    }
}

impl From<CommandFault> for Problem {
    fn from(fault: CommandFault) -> Self {
        let error = fault.to_string();
        match fault {
            CommandFault::Violations(violations) => {
                let count = violations.len();
                Self::new(Fault::Rules, format!("{count} rule(s) broken")).with(violations.iter().map(Detail::from).collect())
            }
            CommandFault::NoSuchLine(_) | CommandFault::NotFound { .. } => Self::new(Fault::NotFound, error),
            CommandFault::TooLarge(_) | CommandFault::Disclosure(_) | CommandFault::Change(_) => Self::new(Fault::Rules, error),
            CommandFault::DiskBehind => Self::new(Fault::Unavailable, error),
            CommandFault::DiskFull => Self::new(Fault::DiskFull, error),
            CommandFault::DiskFailed => Self::new(Fault::Unavailable, error),
            CommandFault::Reopen(ReopenFault::NotProposed { .. }) => Self::new(Fault::NotFound, error),
            CommandFault::Held | CommandFault::HeldForGood | CommandFault::Reopen(_) | CommandFault::OtherPlan(_) => {
                Self::new(Fault::Held, error)
            }
        }
    }
}

/// What is said of a field that holds nothing readable.
pub(crate) const UNREADABLE: &str = "the field cannot be read";

impl From<Problems> for Problem {
    fn from(problems: Problems) -> Self {
        let detail = |p: &detente_gateway::Problem| Detail {
            rule: None,
            place: None,
            at: p.at.clone(),
            found: p.found.clone(),
            expected: Some(p.expected.clone()),
            says: UNREADABLE.into(),
        };
        Self::new(Fault::Request, format!("{} field(s) cannot be read", problems.0.len()))
            .with(problems.0.iter().map(detail).collect())
    }
}

impl From<&Finding> for Detail {
    fn from(f: &Finding) -> Self {
        Self {
            rule: f.rule.map(|rule| rule.to_string()),
            place: Some(f.place.clone()),
            at: f.field.clone(),
            found: f.found.clone(),
            expected: Some(f.expected.clone()),
            says: f.rule.map_or(UNREADABLE, |rule| rule.sentence()).into(),
        }
    }
}

impl From<&FileFault> for Problem {
    fn from(fault: &FileFault) -> Self {
        let errors = fault.report.findings.iter().filter(|f| f.level == Level::Error);
        Self::new(Fault::Rules, fault.report.summary()).with(errors.map(Detail::from).collect())
    }
}

impl From<&TermsFault> for Problem {
    fn from(fault: &TermsFault) -> Self {
        let unreadable = |line: &usize, at: &str, found: &str, expected: &str| Detail {
            rule: None,
            place: Some(format!("line {line}")),
            at: at.into(),
            found: found.into(),
            expected: Some(expected.into()),
            says: UNREADABLE.into(),
        };
        let details = match fault {
            TermsFault::TooLarge { .. } => return Self::new(Fault::Rules, fault.to_string()),
            TermsFault::Unreadable { line, cause } => vec![unreadable(line, "", cause, "terms as TOML, every key and no other")],
            TermsFault::Parties { line, at, found, expected } => vec![unreadable(line, at, found, expected)],
            TermsFault::Refused(problems) => {
                problems.iter().map(|p| Detail { place: Some(format!("line {}", p.line)), ..(&p.violation).into() }).collect()
            }
        };
        Self::new(Fault::Rules, format!("{} problem(s) with these terms", details.len())).with(details)
    }
}

impl core::fmt::Display for Detail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let place: Vec<&str> =
            self.place.iter().map(String::as_str).chain([self.at.as_str()]).filter(|p| !p.is_empty()).collect();
        write!(f, "{}: ", place.join(", "))?;
        if let Some(rule) = &self.rule {
            write!(f, "{rule}, {}: ", self.says)?;
        }
        write!(f, "found {}", self.found)?;
        match &self.expected {
            Some(expected) if *expected != self.says => write!(f, ", expected {expected}"),
            _ => Ok(()),
        }
    }
}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Self {
        Self::new(Fault::Unavailable, stopped.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}
