//! What the meaning gate may know of earlier statements, kept in plain maps.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::statement::{BlindRunIn, Kind, StatementIn};
use detente_types::{Generation, Head, NoticeId, StatementRef, Timestamp};
use detente_wire::codec::from_body;
use detente_wire::meaning::{BlindSaid, Known};
use detente_wire::{Entry, Keys, PublicKey};

/// Everything that the author of the statement under test had. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// Kinds of all statements.
    pub kinds: BTreeMap<StatementRef, Kind>,
    /// The author's latest live version of each notice.
    pub latest: BTreeMap<NoticeId, (u32, StatementRef)>,
    /// Notices that the author cancelled.
    pub cancelled: BTreeSet<NoticeId>,
    /// The author's party key, and the generations that its log has had.
    pub party_keys: BTreeMap<Generation, PublicKey>,
    /// The author's generation and its keys.
    pub certified: Option<(Generation, Keys)>,
    /// Last heads of generations of the other log.
    pub ended: BTreeMap<Generation, Head>,
    /// Challenges of checks.
    pub challenges: BTreeMap<StatementRef, [u8; 32]>,
    /// Checks that were answered.
    pub answered: BTreeSet<StatementRef>,
    /// What the author has said about blind runs.
    pub blind: BTreeMap<BlindRunIn, BlindSaid>,
    /// Statements of both that ask for a blind run.
    pub blind_asks: BTreeSet<StatementRef>,
    /// How many blind runs the author has asked for on the day.
    pub blind_asked: u32,
}

impl Heard {
    /// Takes in an entry of either log, in log order; `own` when its author is the one under test.
    ///
    /// # Panics
    /// When the body does not hold a statement of a known kind.
    pub fn hear(&mut self, entry: &Entry, own: bool) {
        let reference = entry.reference();
        let statement = from_body(entry.body()).expect("fixtures are canonical");
        self.kinds.insert(reference, Kind::from_code(statement.kind()).expect("fixtures have known kinds"));
        match statement {
            StatementIn::Notice(notice) if own => {
                self.latest.insert(notice.id, (notice.version, reference));
            }
            StatementIn::Cancel(cancel) if own => {
                self.latest.remove(&cancel.id);
                self.cancelled.insert(cancel.id);
            }
            StatementIn::Check(check) => {
                self.challenges.insert(reference, *check.challenge);
            }
            StatementIn::CheckAnswer(answer) => {
                self.answered.insert(answer.of);
            }
            StatementIn::BlindCommit(said) if own => self.blind.entry(said.run).or_default().committed = true,
            StatementIn::BlindResult(said) if own => {
                let run = self.blind.entry(said.run).or_default();
                (run.ended, run.sealed) = (true, said.seal.is_some());
            }
            StatementIn::BlindAsk(said) if said.is_for_a_run() => {
                self.blind_asks.insert(reference);
                self.blind_asked += u32::from(own);
            }
            StatementIn::GenerationOpen(opening) if !own => {
                self.ended.extend(opening.previous.map(|head| (head.generation, head)));
            }
            StatementIn::GenerationOpen(opening) => {
                self.party_keys.insert(opening.own.generation, PublicKey(*opening.own.party_key));
            }
            _ => {}
        }
    }
}

impl Known for Heard {
    fn kind(&self, reference: &StatementRef) -> Option<Kind> {
        self.kinds.get(reference).copied()
    }

    fn latest(&self, id: &NoticeId) -> Option<(u32, StatementRef)> {
        self.latest.get(id).copied()
    }

    fn cancelled(&self, id: &NoticeId) -> bool {
        self.cancelled.contains(id)
    }

    fn party_key(&self, generation: Generation) -> Option<PublicKey> {
        self.party_keys.get(&generation).copied()
    }

    fn certified(&self) -> Option<(Generation, Keys)> {
        self.certified
    }

    fn ended(&self, generation: Generation) -> Option<Head> {
        self.ended.get(&generation).copied()
    }

    fn challenge(&self, reference: &StatementRef) -> Option<[u8; 32]> {
        self.challenges.get(reference).copied()
    }

    fn answered(&self, reference: &StatementRef) -> bool {
        self.answered.contains(reference)
    }

    fn blind(&self, run: &BlindRunIn) -> BlindSaid {
        self.blind.get(run).copied().unwrap_or_default()
    }

    fn asks_blind_run(&self, reference: &StatementRef) -> bool {
        self.blind_asks.contains(reference)
    }

    fn blind_asked(&self, _: Timestamp) -> u32 {
        self.blind_asked
    }
}
