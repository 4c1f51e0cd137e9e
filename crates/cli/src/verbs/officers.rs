//! Who may speak: officers with tokens of their own, and keys that are revoked.

use anyhow::Result;
use data_encoding::BASE64URL_NOPAD;
use detente_api::ask::{Done, RevokeAsk};
use detente_api::auth::Role;
use detente_api::problem::Fault;
use rand_core::Rng;
use serde::Serialize;

use super::{On, done_words};
use crate::args::OfficerVerb;
use crate::host::OsRng;
use crate::output::{refuse, show, table};
use crate::settings::{OfficerSettings, Settings, token_hash};

#[derive(Serialize)]
struct Added {
    name: String,
    token: String,
}

#[derive(Serialize)]
struct Removed {
    name: String,
}

#[derive(Serialize)]
struct Listed {
    name: String,
    desk: String,
    role: String,
}

pub(super) fn officer(on: &On<'_>, verb: OfficerVerb) -> Result<()> {
    let mut settings = Settings::read(on.home)?;
    match verb {
        OfficerVerb::Add { name, desk, role } => {
            if Role::from_name(&role).is_none() {
                return Err(refuse(Fault::Rules, format!("the role {role:?} is none of observer, officer, principal")));
            }
            if settings.officers.iter().any(|o| o.name == name) {
                return Err(refuse(Fault::Rules, format!("there is an officer {name} already")));
            }
            let mut secret = [0; 32];
            OsRng.fill_bytes(&mut secret);
            let token = BASE64URL_NOPAD.encode(&secret);
            settings.officers.push(OfficerSettings { name: name.clone(), desk, role, token_sha256: token_hash(&token) });
            settings.write(on.home)?;
            show(on.json, &Added { name, token }, |a| format!("{}'s token, shown this once:\n{}", a.name, a.token))
        }
        OfficerVerb::List => {
            let listed: Vec<Listed> =
                settings.officers.into_iter().map(|o| Listed { name: o.name, desk: o.desk, role: o.role }).collect();
            show(on.json, &listed, |l| {
                if l.is_empty() {
                    return "no officers with tokens of their own".into();
                }
                let rows: Vec<Vec<String>> = l.iter().map(|o| vec![o.name.clone(), o.desk.clone(), o.role.clone()]).collect();
                table(&["name", "desk", "role"], &rows)
            })
        }
        OfficerVerb::Remove { name } => {
            let before = settings.officers.len();
            settings.officers.retain(|o| o.name != name);
            if settings.officers.len() == before {
                return Err(refuse(Fault::NotFound, format!("there is no officer {name}")));
            }
            settings.write(on.home)?;
            show(on.json, &Removed { name }, |r| format!("{}'s token is taken away", r.name))
        }
    }
}

/// Revokes the keys of a generation of our log.
pub(super) fn revoke(on: &On<'_>, line: &str, from: u64, generation: Option<u32>) -> Result<()> {
    let asked = RevokeAsk { from, generation };
    let done: Done = on.client()?.post(&format!("/v1/lines/{line}/revocations"), &asked)?;
    show(on.json, &done, |done| {
        let next = "the other side hears of it in the log or in the next hello; for new keys, stop the node and give \
                    `detente restore --mark`";
        format!("revoked: {}\n{next}", done_words(done))
    })
}
