//! What a node shows: everything here is derived and read-only.

use core::ops::Bound;

use detente_settle::Settlement;
use detente_terms::line::LineState;
use detente_types::statement::Level;
use detente_types::{
    Conflict, ConflictId, Head, LineId, Notice, NoticeId, NoticeKind, PartyId, StatementRef, Terms, Timestamp, Violation, Volume,
};
use detente_wire::PublicKey;
use detente_wire::meaning::check_volumes;

use crate::held::Hold;
use crate::joint::{Detail, Foresight, Planned};
use crate::line::{Line, Phase};
use crate::node::Node;
use crate::out::Disk;
use crate::receipts::{Action, Receipt};

/// A line, for a screen.
#[derive(Clone, Debug)]
pub struct LineView {
    /// Its name.
    pub line: LineId,
    /// What we call the other party.
    pub name: String,
    /// We.
    pub us: PartyId,
    /// They.
    pub them: PartyId,
    /// Since when.
    pub opened: Timestamp,
    /// Where our log stands with the peer's copy of it.
    pub phase: Phase,
    /// What holds it.
    pub hold: Hold,
    /// Its state by line checks.
    pub state: LineState,
    /// Whether a bearer is up.
    pub connected: bool,
    /// Our log: what is durable.
    pub own: Head,
    /// How many of our entries the other side has admitted to hold.
    pub acknowledged: u64,
    /// Their log as we last cosigned it.
    pub copy: Head,
    /// How many inputs wait in the book.
    pub waiting: usize,
    /// Faults of the peer's since the start.
    pub faults: u64,
    /// Pieces of fork evidence that are kept.
    pub evidence: usize,
    /// Round trip, microseconds.
    pub round_trip_us: Option<i64>,
    /// Their clock less ours, microseconds (PROTOCOL K1).
    pub skew_us: Option<i64>,
    /// One hash over all joint conflicts: equal on both sides for equal prefixes.
    pub joint: [u8; 32],
}

/// A live notice, for a screen.
#[derive(Clone, Debug)]
pub struct NoticeView<'a> {
    /// Its statement.
    pub at: StatementRef,
    /// When, by its author's clock.
    pub claimed: Timestamp,
    /// What it says, as disclosed.
    pub notice: &'a Notice,
    /// Receipts, as they came.
    pub receipts: &'a [Receipt],
    /// When the other side first admitted to hold it (L1), by its clock; for theirs, whether we hold it.
    pub stored: Option<Timestamp>,
    /// The highest level reached.
    pub level: u8,
    /// Its author has revoked the key that signed it: it stays, and who said it is in doubt (PROTOCOL P2).
    pub disputed: bool,
    /// What was stated last to be done about it, when it is a SAFETY notice.
    pub action: Option<&'a Action>,
}

/// A private warning, for a screen: only we see it (PROTOCOL C5).
#[derive(Clone, Copy, Debug)]
pub struct WarningView {
    /// Our notice, by its own name.
    pub notice: NoticeId,
    /// Their statement.
    pub with: StatementRef,
}

impl Node {
    /// The lines of this node.
    pub fn line_ids(&self) -> impl Iterator<Item = LineId> + '_ {
        self.lines.keys().copied()
    }

    /// A line.
    pub fn line(&self, id: &LineId) -> Option<&Line> {
        self.lines.get(id)
    }

    /// How many entries the book has.
    pub const fn book_size(&self) -> u64 {
        self.book_size
    }

    /// Whether the disk takes ordinary work; `None` when it failed for good.
    pub fn has_room(&self) -> Option<bool> {
        match self.out.disk {
            Disk::Ample => Some(true),
            Disk::Full { .. } => Some(false),
            Disk::Failed => None,
        }
    }
}

impl Line {
    /// Everything about the line itself.
    pub fn view(&self) -> LineView {
        LineView {
            line: self.id,
            name: self.name.clone(),
            us: self.us(),
            them: self.them(),
            opened: self.opened,
            phase: self.phase.clone(),
            hold: self.hold(),
            state: self.state(),
            connected: self.link.is_connected(),
            own: self.own.head_at(self.own.settled),
            acknowledged: self.acknowledged_size(),
            copy: self.seen,
            waiting: self.waiting.len(),
            faults: self.faults,
            evidence: self.evidence.len(),
            round_trip_us: self.link.round_trip_us(),
            skew_us: self.link.skew_us(),
            joint: self.joint.digest(),
        }
    }

    /// How many of our entries the other side has admitted to hold.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged_size()
    }

    /// Entries of ours that are made and do not count yet.
    pub fn unsettled(&self) -> u64 {
        self.own.log.size() - self.own.settled
    }

    /// The terms in force.
    pub fn terms(&self) -> &Terms {
        self.current_terms()
    }

    /// The terms with this digest, when they were opened with or proposed on this line: runs of long ago were begun under theirs.
    pub fn terms_with_digest(&self, digest: &[u8; 32]) -> Option<&Terms> {
        self.terms.with_digest(digest)
    }

    /// Live notices of both parties: SAFETY notices of theirs that overtook their log, then all others in the order of their
    /// statements.
    pub fn notices(&self) -> impl Iterator<Item = NoticeView<'_>> {
        self.notices_after(None)
    }

    /// Those that follow on a place: for pages.
    pub fn notices_after(&self, at: Option<&StatementRef>) -> impl Iterator<Item = NoticeView<'_>> {
        let early = self.early_notices.iter().filter(move |_| at.is_none());
        let filed = self.joint.live().range((at.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        early.chain(filed).map(|(at, live)| self.notice_view(at, live))
    }

    /// One live notice.
    pub fn notice(&self, at: &StatementRef) -> Option<NoticeView<'_>> {
        let live = self.joint.live().get_key_value(at).or_else(|| self.early_notices.get_key_value(at));
        live.map(|(at, live)| self.notice_view(at, live))
    }

    /// What a live statement says, without its receipts.
    pub fn live_notice(&self, at: &StatementRef) -> Option<&Notice> {
        let live = self.joint.live().get(at).or_else(|| self.early_notices.get(at))?;
        Some(&live.notice)
    }

    /// The live statement of a notice, by its author.
    pub fn current(&self, author: PartyId, id: &NoticeId) -> Option<StatementRef> {
        self.joint.current(author, id)
    }

    /// How many conflicts there are, as far as they are found ([`Self::is_behind`]).
    pub fn conflict_count(&self) -> usize {
        self.joint.count()
    }

    /// All of them by name, with their two statements, that of the party with the lower ID first.
    pub fn conflict_pairs(&self) -> impl Iterator<Item = (ConflictId, [StatementRef; 2])> + '_ {
        self.joint.pairs_after(None)
    }

    /// All of them, in the order of their names. How they meet is computed as they are taken.
    pub fn conflicts(&self) -> impl Iterator<Item = Conflict> + '_ {
        self.conflicts_after(None)
    }

    /// Those that follow on one by name: for pages.
    pub fn conflicts_after(&self, id: Option<&ConflictId>) -> impl Iterator<Item = Conflict> + '_ {
        let all = self.joint.pairs_after(id).filter_map(|(id, statements)| self.joint.conflict_of(id, statements));
        #[cfg(feature = "plant")]
        let all = all.take(self.listed_most());
        all
    }

    /// One of them.
    pub fn conflict(&self, id: &ConflictId) -> Option<Conflict> {
        self.joint.conflict(id)
    }

    /// What the meaning gate would refuse of volumes if a notice of this kind with them were stated now, valid for as long as
    /// they are. Each has passed its own rules.
    pub fn refuses(&self, kind: NoticeKind, volumes: &[Volume], now: Timestamp) -> Vec<Violation> {
        check_volumes(kind, volumes, self.current_terms(), now)
    }

    /// Goes on looking for what a plan would meet if it were stated as it is, at most `limit` in all: theirs as disclosed,
    /// then our own. It stops when about so many more pairs of volumes are tested: ask again until [`Foresight::is_done`].
    pub fn foresee(&self, plan: &Planned<'_>, detail: Detail, limit: usize, cost: usize, so_far: &mut Foresight) {
        self.joint.foresee(plan, detail, limit, cost, so_far);
    }

    /// The statements of both logs that count and whose hash begins with these hex digits, at most two.
    pub fn statements_named(&self, hash: &str) -> Vec<StatementRef> {
        let hash = hash.trim().to_lowercase();
        let of = |side: &crate::side::Side| {
            let closed =
                side.closed.values().flat_map(|ended| (0..ended.log.size()).filter_map(|index| ended.log.reference(index)));
            closed.chain((0..side.settled).filter_map(|index| side.log.reference(index))).collect::<Vec<_>>()
        };
        let named = |r: &StatementRef| !hash.is_empty() && r.hash.to_string().starts_with(&hash);
        let early = self.early_notices.keys().copied();
        [&self.own, &self.peer].into_iter().flat_map(of).chain(early).filter(named).take(2).collect()
    }

    /// A plan of ours that blind runs match, in its exact form, told or not: for our own eyes.
    pub fn blind_plan(&self, id: &NoticeId) -> Option<&Notice> {
        self.matched_plan(id)
    }

    /// Private warnings.
    pub fn warnings(&self) -> impl Iterator<Item = WarningView> + '_ {
        self.joint.warnings().map(|(notice, with)| WarningView { notice, with })
    }

    /// Where a conflict's settlement stands.
    pub fn settlement(&self, pair: &[StatementRef; 2]) -> Settlement {
        self.table.state(pair, &|pair| self.joint.meets(&pair[0], &pair[1]))
    }

    /// The settlement table.
    pub const fn table(&self) -> &detente_settle::Table {
        &self.table
    }

    /// The key of the witness that a party names in its present generation.
    pub fn witness(&self, party: &PartyId) -> Option<PublicKey> {
        self.witnesses.get(&(*party, self.side(party).generation())).copied()
    }

    /// Whether the key that signed an entry was revoked for it.
    pub fn is_disputed(&self, at: &StatementRef) -> bool {
        self.revoked.get(&(at.author, at.generation)).is_some_and(|from| at.index >= *from)
    }

    fn notice_view<'a>(&'a self, at: &StatementRef, live: &'a crate::joint::Live) -> NoticeView<'a> {
        let receipts = self.receipts.about(at);
        let stored = if at.author == self.us() {
            self.cosigned.get(&at.generation).and_then(|c| c.first_covering(at.index)).map(|mark| mark.time)
        } else {
            // What was acted on by its signature alone is nowhere but in memory.
            let kept = self.early_durable.contains(&at.hash) || !self.early_notices.contains_key(at);
            kept.then_some(live.claimed)
        };
        let told = receipts.iter().map(|r| r.level).filter(|l| *l != Level::Refused).map(Level::code).max();
        let level = told.unwrap_or(0).max(u8::from(stored.is_some()));
        let action = self.receipts.action(at);
        let disputed = self.is_disputed(at);
        NoticeView { at: *at, claimed: live.claimed, notice: &live.notice, receipts, stored, level, disputed, action }
    }
}
