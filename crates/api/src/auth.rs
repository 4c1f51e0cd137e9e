//! Who asks: a bearer token per officer, each with a role. The API listens on loopback only; tokens tell officers apart
//! and keep other programs of the machine out.

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Api;
use crate::problem::{Fault, Problem};

/// What an officer may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Look.
    Observer,
    /// Everything on watch: notices, receipts, offers, answers, safety, checks.
    Officer,
    /// Terms and officers too.
    Principal,
}

impl Role {
    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "observer" => Some(Self::Observer),
            "officer" => Some(Self::Officer),
            "principal" => Some(Self::Principal),
            _ => None,
        }
    }

    /// The name in files and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observer => "observer",
            Self::Officer => "officer",
            Self::Principal => "principal",
        }
    }
}

/// Someone with a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Name, as statements carry it.
    pub name: Option<String>,
    /// Desk, as statements carry it.
    pub desk: Option<String>,
    /// What they may do.
    pub role: Role,
    /// They came by the home's own token. Whoever may read the home has it: its name is what the settings say, and no person.
    pub by_home: bool,
}

/// Whoever knows the tokens.
pub trait Doors: Send + Sync + 'static {
    /// The officer that a token belongs to. Compares in constant time.
    fn officer(&self, token: &str) -> Option<Officer>;
}

/// Lets a request through with its officer attached, or refuses it.
pub(crate) async fn guard(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|h| h.to_str().ok());
    let officer = header.and_then(|h| h.strip_prefix("Bearer ")).and_then(|token| api.doors.officer(token.trim()));
    match officer {
        Some(officer) => {
            request.extensions_mut().insert(officer);
            next.run(request).await
        }
        None => {
            Problem::new(Fault::Unauthorised, "a bearer token of an officer of this node is needed: `Authorization: Bearer …`")
                .into_response()
        }
    }
}

impl Officer {
    /// Refuses what the role does not allow.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Problem> {
        if self.role >= role {
            return Ok(());
        }
        Err(Problem::new(
            Fault::Forbidden,
            format!("this takes the role {}, and this token has {}", role.name(), self.role.name()),
        ))
    }

    /// Refuses the home's own token, where two different people must decide.
    pub(crate) fn is_named(&self) -> Result<(), Problem> {
        if !self.by_home {
            return Ok(());
        }
        Err(Problem::new(
            Fault::Held,
            "a different officer must agree, by a token of their own (`detente officer add`): the home's token names nobody",
        ))
    }

    /// How statements name them.
    pub(crate) fn by(&self) -> detente_node::By {
        detente_node::By { desk: self.desk.clone(), officer: self.name.clone() }
    }
}
