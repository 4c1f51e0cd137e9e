//! Marks: what is only in plans that are not let out, in every form in which something could carry it.

use std::collections::{BTreeMap, BTreeSet};

use detente_node::blind::BlindNews;
use detente_node::port::Write;
use detente_node::{BookEntry, Event, What};
use detente_space::cells::Grid;
use detente_types::statement::StatementIn;
use detente_types::{BlindConflictId, NoticeId, NoticeIn, Terms, Timestamp, Volume, VolumeIn};
use detente_wire::hash::hex;
use detente_wire::{Body, codec};

use crate::blind_audit::book;
use crate::blind_paths::answers::{answers, events};
use crate::pair::Pair;

/// What stands in every text of a plan that is not let out.
pub(crate) const SECRET: &str = "s3cr3t";

/// What must not be found, each with what it is.
#[derive(Default)]
pub(crate) struct Marks {
    all: BTreeMap<Vec<u8>, String>,
    /// Cells: those that are common are known to both sides, in the peer's book too, but are never said.
    cells: BTreeMap<Vec<u8>, String>,
    /// Names of plans: what was told once has its name in the log.
    names: BTreeSet<NoticeId>,
}

impl Marks {
    /// Everything by which a plan could be known.
    pub(crate) fn plan(&mut self, plan: &NoticeIn, terms: &[Terms]) {
        self.names.insert(plan.id);
        self.text("a text of a plan", SECRET.as_bytes());
        let volumes = || plan.volumes.iter();
        for at in volumes().flat_map(|volume| &volume.rings).flatten() {
            self.add("a position", codec::encode(at));
            for e7 in [at.lat_e7, at.lon_e7] {
                self.add("a coordinate", e7.to_string().into_bytes());
                self.add("a coordinate in degrees", (e7 as f64 / 1e7).to_string().into_bytes());
                self.add("a coordinate, big end first", e7.to_be_bytes().to_vec());
                self.add("a coordinate, little end first", e7.to_le_bytes().to_vec());
            }
        }
        let ends = |volume: &VolumeIn| [volume.start_us, volume.end_us];
        for us in volumes().flat_map(ends).chain([plan.valid_from_us, plan.valid_until_us]) {
            self.text("a time", &us.to_be_bytes());
            self.add("a time, little end first", us.to_le_bytes().to_vec());
            self.add("a time in digits", us.to_string().into_bytes());
            self.add("a time in words", Timestamp::from_micros(us).to_string().into_bytes());
        }
        let volumes: Vec<Volume> = volumes().filter_map(|volume| Volume::try_from(volume).ok()).collect();
        for cells in terms.iter().filter_map(Grid::of_terms).filter_map(|grid| grid.cells(&volumes).ok()) {
            for cell in cells.as_slice() {
                self.cells.insert(cell.as_bytes().to_vec(), "a cell".into());
                self.cells.insert(hex(cell.as_bytes()).into_bytes(), "a cell in hex".into());
            }
        }
    }

    /// What a side keeps to itself about its runs: names of plans and of what they collide with.
    pub(crate) fn book(&mut self, pair: &Pair, side: usize) {
        for row in book(pair, side) {
            if let BookEntry::BlindBegun(begun) = row {
                begun.plans.iter().for_each(|plan| self.text("a plan's digest", &*plan.digest));
                begun.sealed.iter().for_each(|sealed| self.text("a sealed seed", sealed));
            }
        }
        pair.line(side).blind_conflict_ids().iter().for_each(|id| self.conflict(id));
        conflicts_told(pair, side).for_each(|id| self.conflict(&id));
    }

    /// What goes by a name of this side's own, which follows from a plan's.
    pub(crate) fn conflict(&mut self, id: &BlindConflictId) {
        self.text("a blind conflict", id.as_bytes());
    }

    /// Raw, and in hex of either case.
    fn text(&mut self, what: &str, bytes: &[u8]) {
        self.add(what, bytes.to_vec());
        self.add(what, hex(bytes).into_bytes());
        self.add(what, hex(bytes).to_uppercase().into_bytes());
    }

    fn add(&mut self, what: &str, bytes: Vec<u8>) {
        self.all.entry(bytes).or_insert_with(|| what.to_owned());
    }

    /// The names of what was never told become marks, too.
    pub(crate) fn name_all_but(&mut self, told: &BTreeSet<NoticeId>) {
        for id in self.names.difference(told).copied().collect::<Vec<_>>() {
            self.text("the name of a plan", id.as_bytes());
        }
    }

    /// Everything of them that is in what a side says, or in what the other one has: each with where.
    pub(crate) fn leaks(&self, pair: &mut Pair, side: usize) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut look = |place: &str, bytes: &[u8], cells: bool| {
            let marks = self.all.iter().chain(self.cells.iter().filter(|_| cells));
            let there = marks.filter(|(mark, _)| has(bytes, mark));
            found.extend(there.map(|(_, what)| format!("{what} in {place}")));
        };
        for (from, frame) in &pair.wire {
            look(if *from == side { "a frame" } else { "a frame of the peer's" }, frame, true);
        }
        let peer = 1 - side;
        for row in pair.seats[peer].store.rows.values() {
            match row {
                Write::Entry { leaf, body, .. } | Write::Early { leaf, body, .. } => {
                    look("an entry", &[leaf.as_slice(), body].concat(), true);
                    look("a statement", statement(body).as_bytes(), true);
                }
                Write::Note { bytes, .. } => look("a note", bytes, true),
                Write::Evidence { bytes, .. } => look("evidence", bytes, true),
                Write::Book { bytes, .. } => look("the peer's book", bytes, false),
            }
        }
        for event in events(pair, peer) {
            look("an event", event.to_string().as_bytes(), true);
        }
        for (asked, answer) in answers(pair, peer) {
            look(&format!("the answer to {asked}"), answer.to_string().as_bytes(), true);
        }
        found
    }
}

/// Every blind conflict that a side was told of, what came and went among them.
pub(super) fn conflicts_told(pair: &Pair, side: usize) -> impl Iterator<Item = BlindConflictId> {
    let told = |event: &Event| if let What::Blind(BlindNews::Conflict(id)) = event.what { Some(id) } else { None };
    pair.seats[side].events.iter().filter_map(told)
}

fn has(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// What an entry says, in words and digits.
fn statement(body: &[u8]) -> String {
    let said: Option<StatementIn> = Body::decode(body).ok().and_then(|body| codec::from_body(&body).ok());
    format!("{said:?}")
}
