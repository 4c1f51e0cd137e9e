//! Two logs in memory: statements pass the real meaning gate, each side hears of the other's by `deliver`.

use detente_settle::{Pair, Standing, Table};
use detente_types::notice::{NoticeIn, NoticeKind, Precedence};
use detente_types::statement::{AnswerIn, CancelIn, ChangeIn, Kind, OfferIn, StatementIn};
use detente_types::volume::PositionIn;
use detente_types::{
    EntryHash, Generation, Head, LineId, NoticeId, PartyId, Root, Statement, StatementRef, Timestamp, Violation, VolumeIn,
};
use detente_wire::hash::domain;
use detente_wire::meaning::{self, Known, conflict_id};
use detente_wire::{Ed25519, Keys, PublicKey, Valid};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

pub(crate) const LINE: LineId = LineId::new([7; 32]);
/// The lower party and the higher one.
pub(crate) const PARTIES: [PartyId; 2] = [PartyId::new([1; 32]), PartyId::new([2; 32])];
/// 2026-11-24T06:00:00Z.
pub(crate) const START_US: i64 = 1_795_500_000_000_000;
pub(crate) const HOUR_US: i64 = 3_600_000_000;

/// Fixed seed and small counts by default; `DETENTE_SOAK=1` asks for many.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let soak = std::env::var_os("DETENTE_SOAK").is_some();
    let cases = if soak { cases * 50 } else { cases };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

/// One statement in a log, as both sides have it once it is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) at: Standing,
    pub(crate) statement: Valid<Statement>,
}

/// The two logs of a line, and how much each side holds of the other's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pub(crate) logs: [Vec<Said>; 2],
    /// `held[side]` entries of the other log are on that side's disk.
    pub(crate) held: [usize; 2],
}

impl Line {
    /// Appends a statement to a side's log, through the gate.
    pub(crate) fn say(&mut self, side: usize, input: StatementIn) -> Result<StatementRef, Vec<Violation>> {
        let at = Standing { reference: self.next_reference(side), seen: head(self.held[side]) };
        let known = Prefix { line: self, side };
        let standing = meaning::Standing {
            line: LINE,
            author: PARTIES[side],
            other: PARTIES[1 - side],
            index: at.reference.index,
            claimed: Timestamp::from_micros(START_US - HOUR_US),
            urgent: false,
            terms: None,
            known: &known,
            scheme: &Ed25519,
        };
        let statement = meaning::check(input, &standing)?.expect("a kind that is acted on");
        self.logs[side].push(Said { at, statement });
        Ok(at.reference)
    }

    /// Brings everything said so far to both sides.
    pub(crate) fn deliver_all(&mut self) {
        self.held = [self.logs[1].len(), self.logs[0].len()];
    }

    /// Brings some more of the other log to one side.
    pub(crate) fn deliver(&mut self, side: usize, entries: usize) {
        self.held[side] = self.logs[1 - side].len().min(self.held[side] + entries);
    }

    /// Everything said, the lower party's log first.
    pub(crate) fn all(&self) -> Vec<&Said> {
        self.logs.iter().flatten().collect()
    }

    /// What one side has: its own log, and what it holds of the other.
    pub(crate) fn view(&self, side: usize) -> Table {
        table(self.logs[side].iter().chain(&self.logs[1 - side][..self.held[side]]))
    }

    /// What a side with everything has.
    pub(crate) fn whole(&self) -> Table {
        table(self.all())
    }

    /// The last live statement of a side's notice, as far as `reader` has it.
    pub(crate) fn latest(&self, side: usize, id: NoticeId, reader: usize) -> Option<(u32, StatementRef)> {
        let end = if reader == side { self.logs[side].len() } else { self.held[reader] };
        latest_in(&self.logs[side][..end], id)
    }

    fn next_reference(&self, side: usize) -> StatementRef {
        // Entry 0 opens the generation and takes no part here.
        let index = self.logs[side].len() as u64 + 1;
        let hash = EntryHash::new(domain("test", &[&[side as u8], &index.to_be_bytes()]));
        StatementRef { author: PARTIES[side], generation: Generation::FIRST, index, hash }
    }
}

/// A table of these statements.
pub(crate) fn table<'a>(said: impl IntoIterator<Item = &'a Said>) -> Table {
    let mut table = Table::new(PARTIES);
    for Said { at, statement } in said {
        table.apply(at, statement);
    }
    table
}

/// The head of a log of which so many entries after the opening are held.
fn head(held: usize) -> Head {
    Head { generation: Generation::FIRST, size: held as u64 + 1, root: Root::new([0; 32]) }
}

fn latest_in(log: &[Said], id: NoticeId) -> Option<(u32, StatementRef)> {
    log.iter().rev().find_map(|said| match &*said.statement {
        Statement::Notice(notice) if notice.id() == id => Some(Some((notice.version(), said.at.reference))),
        Statement::Cancel(cancel) if cancel.id == id => Some(None),
        _ => None,
    })?
}

impl Line {
    /// Whether a side has cancelled a notice.
    pub(crate) fn has_cancelled(&self, side: usize, id: NoticeId) -> bool {
        self.logs[side].iter().any(|said| matches!(&*said.statement, Statement::Cancel(cancel) if cancel.id == id))
    }
}

/// What a side had when it spoke last.
struct Prefix<'a> {
    line: &'a Line,
    side: usize,
}

impl Known for Prefix<'_> {
    fn kind(&self, reference: &StatementRef) -> Option<Kind> {
        let author = PARTIES.iter().position(|party| *party == reference.author)?;
        let end = if author == self.side { self.line.logs[author].len() } else { self.line.held[self.side] };
        let said = self.line.logs[author][..end].iter().find(|said| said.at.reference == *reference)?;
        Some(match &*said.statement {
            Statement::Notice(notice) => Kind::from_code(notice.kind().code()).expect("notice kinds are kinds"),
            Statement::Cancel(_) => Kind::Cancel,
            Statement::Offer(..) => Kind::Offer,
            Statement::Accept(_) => Kind::Accept,
            Statement::Reject(_) => Kind::Reject,
            Statement::Withdraw(_) => Kind::Withdraw,
            other => unreachable!("the fixture says no {other:?}"),
        })
    }

    fn latest(&self, id: &NoticeId) -> Option<(u32, StatementRef)> {
        latest_in(&self.line.logs[self.side], *id)
    }

    fn cancelled(&self, id: &NoticeId) -> bool {
        self.line.has_cancelled(self.side, *id)
    }

    fn party_key(&self, _: Generation) -> Option<PublicKey> {
        None
    }

    fn certified(&self) -> Option<(Generation, Keys)> {
        None
    }

    fn ended(&self, _: Generation) -> Option<Head> {
        None
    }

    fn challenge(&self, _: &StatementRef) -> Option<[u8; 32]> {
        None
    }

    fn answered(&self, _: &StatementRef) -> bool {
        false
    }
}

/// An hour's flight in a circle of two kilometres, between 1,000 and 1,500 metres.
pub(crate) fn flight() -> VolumeIn {
    VolumeIn {
        shape: 1,
        rings: vec![vec![PositionIn { lat_e7: 345_000_000, lon_e7: 365_000_000 }]],
        radius_cm: 200_000,
        lower_cm: 100_000,
        upper_cm: 150_000,
        datum: 1,
        start_us: START_US,
        end_us: START_US + HOUR_US,
        passage: None,
    }
}

/// Version 1 of an operation.
pub(crate) fn operation(id: NoticeId, volumes: Vec<VolumeIn>) -> NoticeIn {
    let start = volumes.iter().map(|v| v.start_us).min().expect("an operation has volumes");
    let end = volumes.iter().map(|v| v.end_us).max().expect("an operation has volumes");
    NoticeIn {
        kind: NoticeKind::Operation.code(),
        id,
        version: 1,
        replaces: None,
        precedence: Precedence::Routine.code(),
        valid_from_us: start,
        valid_until_us: end,
        volumes,
        precision: 0,
        title: None,
        text: None,
        translation: None,
        call_sign: None,
        contact: None,
        basis: None,
        detail: None,
        desk: None,
        officer: None,
    }
}

/// The next version of an operation, with its flight moved.
pub(crate) fn version_after((version, last): (u32, StatementRef), id: NoticeId, shift_us: i64) -> StatementIn {
    let flight = flight();
    let moved = VolumeIn { start_us: flight.start_us + shift_us, end_us: flight.end_us + shift_us, ..flight };
    let next = NoticeIn { version: version + 1, replaces: Some(last.hash), ..operation(id, vec![moved]) };
    StatementIn::Notice(next)
}

pub(crate) fn cancel_after((version, last): (u32, StatementRef), id: NoticeId) -> StatementIn {
    StatementIn::Cancel(CancelIn {
        kind: Kind::Cancel.code(),
        id,
        version: version + 1,
        replaces: last,
        reason: None,
        desk: None,
        officer: None,
    })
}

/// An offer to move one of the two by ten minutes.
pub(crate) fn offer(pair: Pair, changes: u8) -> StatementIn {
    StatementIn::Offer(OfferIn {
        kind: Kind::Offer.code(),
        conflict: conflict_id(LINE, &pair[0], &pair[1]),
        statements: pair,
        changes,
        change: ChangeIn { shift_us: Some(HOUR_US / 6), ..ChangeIn::default() },
        lapses_us: None,
        text: None,
        desk: None,
        officer: None,
    })
}

pub(crate) fn accept(offer: StatementRef) -> StatementIn {
    StatementIn::Accept(answer(Kind::Accept, offer))
}

pub(crate) fn reject(offer: StatementRef) -> StatementIn {
    StatementIn::Reject(answer(Kind::Reject, offer))
}

pub(crate) fn withdraw(offer: StatementRef) -> StatementIn {
    StatementIn::Withdraw(answer(Kind::Withdraw, offer))
}

fn answer(kind: Kind, offer: StatementRef) -> AnswerIn {
    AnswerIn { kind: kind.code(), offer, text: None, desk: None, officer: None }
}
