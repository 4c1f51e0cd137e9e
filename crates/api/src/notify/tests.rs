//! What a long file costs the line: how many jobs it is cut into, and what each of them holds.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use detente_gateway::TextForm;
use detente_node::port::{Entries, StoreFault, Write};
use detente_node::{Event, LineKeys, Node};
use detente_testkit::{MORNING, Parties, minutes, parties, rng, terms};
use detente_types::statement::KeyRevokeIn;
use detente_types::{Generation, PartyId};
use detente_wire::Ed25519;
use tokio::sync::broadcast;

use super::*;
use crate::auth::Doors;
use crate::port::{Host, Job, Waiters};

/// A node with one line, at which jobs are done at once and counted.
pub(crate) struct Counted {
    pub(crate) node: Mutex<Node>,
    jobs: Mutex<u64>,
}

struct Nothing;

impl Entries for Nothing {
    fn entries(&mut self, _: &LineId, _: &PartyId, _: Generation, _: u64, _: usize) -> Result<Vec<Write>, StoreFault> {
        Ok(Vec::new())
    }
}

impl Host for Counted {
    fn seat(&self, job: Job) -> bool {
        *self.jobs.lock().unwrap() += 1;
        let (mut node, mut rng, mut waiters) = (self.node.lock().unwrap(), rng(2), Waiters::new());
        job(&mut Seat { node: &mut node, now: MORNING, rng: &mut rng, waiters: &mut waiters, store: &mut Nothing });
        true
    }

    fn backup(&self, _: PathBuf) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        Box::pin(async { Ok(()) })
    }

    fn sign_revocation(&self, _: LineId, _: Generation, _: u64) -> Result<KeyRevokeIn, String> {
        Err("not here".into())
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        broadcast::channel(1).1
    }
}

struct Shut;

impl Doors for Shut {
    fn officer(&self, _: &str) -> Option<Officer> {
        None
    }
}

pub(crate) fn api() -> (Api, LineId, Arc<Counted>) {
    let parties: Parties = parties(&Ed25519, 13);
    let opening = parties.openings(&Ed25519, &terms())[0].clone();
    let keys = LineKeys { log: parties.low.log.clone(), holder: parties.low.holder.clone() };
    let mut node = Node::new(Arc::new(Ed25519));
    let line = node.open_line(MORNING, &mut rng(1), opening, keys, "Borea").unwrap();
    let host = Arc::new(Counted { node: Mutex::new(node), jobs: Mutex::new(0) });
    let about = Arc::new(crate::About { name: "Aster".into(), started: MORNING });
    (Api { host: host.clone(), doors: Arc::new(Shut), about }, line, host)
}

fn text(language: &str) -> NoticeForm {
    NoticeForm {
        kind: "text".into(),
        valid_from: Some(MORNING.to_string()),
        valid_until: Some(minutes(60).to_string()),
        text: Some(TextForm { language: language.into(), text: "Good morning.".into() }),
        ..NoticeForm::default()
    }
}

fn check(api: &Api, line: LineId, forms: Vec<NoticeForm>) -> Result<Vec<Draft>, Problem> {
    let officer = Officer { name: Some("Lt Aalto".into()), desk: None, role: Role::Officer, by_home: false };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(checked(api, line, &officer, forms))
}

#[test]
fn a_long_file_is_checked_in_shares() {
    let (api, line, host) = api();
    let drafts = check(&api, line, vec![text("en"); 3 * SHARE + 1]).unwrap();
    assert_eq!((drafts.len(), *host.jobs.lock().unwrap()), (3 * SHARE + 1, 4));
}

#[test]
fn all_that_is_wrong_with_a_long_file_is_said_by_its_place_in_the_whole() {
    let (api, line, host) = api();
    let mut forms = vec![text("en"); 2 * SHARE];
    for broken in [3, SHARE + 3] {
        forms[broken] = text("no language");
    }
    let problem = check(&api, line, forms).unwrap_err();
    let places: Vec<&str> = problem.details.iter().map(|detail| detail.at.split('.').next().unwrap()).collect();
    assert_eq!(places, ["notices[3]", "notices[67]"]);
    assert_eq!(*host.jobs.lock().unwrap(), 2);
}
