//! Joint conflicts and private warnings (PROTOCOL section 6).
//!
//! The joint part is a function of the two logs alone: it pairs a live statement of one party with one of the other's,
//! both as disclosed. What it holds for screens is bounded for each notice (F7); [`Joint::digest`] covers everything. Private warnings come from our exact
//! plans and never leave this node (C5).

use std::collections::{BTreeMap, BTreeSet};

use detente_space::{Asked, Index, Law, Separation, Side};
use detente_types::conflict::VolumeMeeting;
use detente_types::{Conflict, ConflictId, LineId, Notice, NoticeId, PartyId, StatementRef, Terms, Timestamp};
use detente_wire::Valid;
use detente_wire::hash::domain;
use detente_wire::meaning::conflict_id;

/// Conflicts that are kept for one notice; the rest are found by asking again (PROTOCOL F7).
const CONFLICTS_PER_NOTICE_MAX: usize = 256;
/// Volume pairs that one conflict lists; the closest pairs of two notices are among the first for any real plan.
const MEETINGS_MAX: usize = 64;

/// A live notice of either party, as disclosed.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) notice: Valid<Notice>,
    pub(crate) claimed: Timestamp,
}

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) found: Vec<ConflictId>,
    pub(crate) gone: Vec<ConflictId>,
    pub(crate) warned: Vec<(NoticeId, StatementRef)>,
}

pub(crate) struct Joint {
    line: LineId,
    us: PartyId,
    them: PartyId,
    law: Law,
    separation: Separation,
    live: BTreeMap<StatementRef, Live>,
    current: BTreeMap<(PartyId, NoticeId), StatementRef>,
    own: Index<StatementRef>,
    peer: Index<StatementRef>,
    conflicts: BTreeMap<ConflictId, Conflict>,
    /// The fold of every joint conflict, kept as notices come and go.
    fold: Fold,
    by_statement: BTreeMap<StatementRef, BTreeSet<ConflictId>>,
    exact: BTreeMap<NoticeId, Valid<Notice>>,
    exact_index: Index<NoticeId>,
    warnings: BTreeSet<(NoticeId, StatementRef)>,
}

impl Joint {
    pub(crate) fn new(line: LineId, us: PartyId, them: PartyId, terms: &Terms) -> Self {
        Self {
            line,
            us,
            them,
            law: law_of(terms),
            separation: separation_of(terms),
            live: BTreeMap::new(),
            current: BTreeMap::new(),
            own: Index::new(),
            peer: Index::new(),
            conflicts: BTreeMap::new(),
            fold: Fold::default(),
            by_statement: BTreeMap::new(),
            exact: BTreeMap::new(),
            exact_index: Index::new(),
            warnings: BTreeSet::new(),
        }
    }

    /// A notice is stated: its earlier version goes, it is filed, and what it meets is found.
    pub(crate) fn put(&mut self, at: StatementRef, claimed: Timestamp, notice: Valid<Notice>) -> Changes {
        let mut changes = Changes::default();
        if let Some(before) = self.current.insert((at.author, notice.id()), at) {
            self.take_out(&before, &mut changes);
        }
        for (i, conflict) in self.find(&at, &notice, usize::MAX).into_iter().enumerate() {
            self.fold.toggle(&conflict);
            if i < CONFLICTS_PER_NOTICE_MAX {
                changes.found.push(conflict.id);
                self.file(conflict);
            }
        }
        if at.author != self.us {
            self.warn_about(&at, &notice, &mut changes);
        }
        self.index_mut(&at).insert(at, &notice);
        self.live.insert(at, Live { notice, claimed });
        changes
    }

    /// A notice is cancelled.
    pub(crate) fn remove(&mut self, author: PartyId, id: &NoticeId) -> Changes {
        let mut changes = Changes::default();
        if let Some(before) = self.current.remove(&(author, *id)) {
            self.take_out(&before, &mut changes);
        }
        changes
    }

    /// Our exact plan, when what we disclosed of it is coarser: warns of what it meets (PROTOCOL C5).
    pub(crate) fn put_exact(&mut self, notice: Valid<Notice>) -> Changes {
        let mut changes = Changes::default();
        let id = notice.id();
        self.remove_exact(&id);
        let asked = Asked::new(&notice, self.separation, self.law, Side::First);
        let mut met: BTreeSet<StatementRef> = BTreeSet::new();
        for find in self.peer.query(&asked) {
            met.insert(find.pair.key);
            if met.len() >= CONFLICTS_PER_NOTICE_MAX {
                break;
            }
        }
        changes.warned = met.into_iter().map(|at| (id, at)).collect();
        self.warnings.extend(changes.warned.iter().copied());
        self.exact_index.insert(id, &notice);
        self.exact.insert(id, notice);
        changes
    }

    pub(crate) fn remove_exact(&mut self, id: &NoticeId) {
        self.exact_index.remove(id);
        self.exact.remove(id);
        self.warnings.retain(|(warned, _)| warned != id);
    }

    /// Terms changed: everything is derived anew.
    pub(crate) fn rederive(&mut self, terms: &Terms) -> Changes {
        let before: BTreeSet<ConflictId> = self.conflicts.keys().copied().collect();
        let mut fresh = Self::new(self.line, self.us, self.them, terms);
        for (at, live) in core::mem::take(&mut self.live) {
            fresh.put(at, live.claimed, live.notice);
        }
        for notice in core::mem::take(&mut self.exact).into_values() {
            fresh.put_exact(notice);
        }
        *self = fresh;
        let after: BTreeSet<ConflictId> = self.conflicts.keys().copied().collect();
        Changes {
            found: after.difference(&before).copied().collect(),
            gone: before.difference(&after).copied().collect(),
            warned: Vec::new(),
        }
    }

    pub(crate) fn live(&self) -> &BTreeMap<StatementRef, Live> {
        &self.live
    }

    pub(crate) fn current(&self, author: PartyId, id: &NoticeId) -> Option<StatementRef> {
        self.current.get(&(author, *id)).copied()
    }

    pub(crate) fn conflicts(&self) -> &BTreeMap<ConflictId, Conflict> {
        &self.conflicts
    }

    /// Our exact plan, where what we disclosed of it is coarser.
    pub(crate) fn exact(&self, id: &NoticeId) -> Option<&Valid<Notice>> {
        self.exact.get(id)
    }

    pub(crate) fn warnings(&self) -> &BTreeSet<(NoticeId, StatementRef)> {
        &self.warnings
    }

    /// Whether two live statements conflict (PROTOCOL T3 asks it of amended notices).
    pub(crate) fn meets(&self, a: &StatementRef, b: &StatementRef) -> bool {
        let (Some(first), Some(second)) = (self.live.get(a), self.live.get(b)) else {
            return false;
        };
        let law = self.law;
        law.kinds_meet(first.notice.kind(), second.notice.kind())
            && first
                .notice
                .volumes()
                .iter()
                .any(|v| second.notice.volumes().iter().any(|w| law.meet(v, w, &self.separation).is_some()))
    }

    /// One hash over every joint conflict, equal on both sides for equal prefixes (PROTOCOL C1).
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.fold.0
    }

    /// What a statement meets among the other party's, at most `limit` notices.
    fn find(&self, at: &StatementRef, notice: &Valid<Notice>, limit: usize) -> Vec<Conflict> {
        let others = if at.author == self.us { &self.peer } else { &self.own };
        let other = if at.author == self.us { self.them } else { self.us };
        let side = if at.author < other { Side::First } else { Side::Second };
        let asked = Asked::new(notice, self.separation, self.law, side);
        let mut conflicts: Vec<Conflict> = Vec::new();
        for find in others.query(&asked) {
            let other = find.pair.key;
            let (statements, volumes) = match side {
                Side::First => ([*at, other], [find.pair.asked, find.pair.found]),
                Side::Second => ([other, *at], [find.pair.found, find.pair.asked]),
            };
            let meeting = VolumeMeeting { volumes, meeting: find.meeting };
            let full = conflicts.len() >= limit;
            match conflicts.last_mut() {
                Some(last) if last.statements == statements => last.meetings.push(meeting),
                _ if full => break,
                _ => conflicts.push(Conflict { id: conflict_id(self.line, at, &other), statements, meetings: vec![meeting] }),
            }
        }
        for conflict in &mut conflicts {
            conflict.meetings.sort_by_key(|m| (m.meeting.distance, m.meeting.vertical_gap, m.meeting.time_gap_us, m.volumes));
            conflict.meetings.truncate(MEETINGS_MAX);
        }
        conflicts
    }

    fn file(&mut self, conflict: Conflict) {
        for at in conflict.statements {
            self.by_statement.entry(at).or_default().insert(conflict.id);
        }
        self.conflicts.insert(conflict.id, conflict);
    }

    fn take_out(&mut self, at: &StatementRef, changes: &mut Changes) {
        self.index_mut(at).remove(at);
        if let Some(live) = self.live.remove(at) {
            for conflict in self.find(at, &live.notice, usize::MAX) {
                self.fold.toggle(&conflict);
            }
        }
        self.warnings.retain(|(_, met)| met != at);
        for id in self.by_statement.remove(at).unwrap_or_default() {
            let Some(conflict) = self.conflicts.remove(&id) else {
                continue;
            };
            for other in conflict.statements {
                if let Some(ids) = self.by_statement.get_mut(&other) {
                    ids.remove(&id);
                }
            }
            changes.gone.push(id);
        }
    }

    fn warn_about(&mut self, at: &StatementRef, notice: &Valid<Notice>, changes: &mut Changes) {
        let asked = Asked::new(notice, self.separation, self.law, Side::First);
        let met: BTreeSet<NoticeId> = self.exact_index.query(&asked).take(CONFLICTS_PER_NOTICE_MAX).map(|f| f.pair.key).collect();
        changes.warned.extend(met.into_iter().map(|id| (id, *at)));
        self.warnings.extend(changes.warned.iter().copied());
    }

    fn index_mut(&mut self, at: &StatementRef) -> &mut Index<StatementRef> {
        if at.author == self.us { &mut self.own } else { &mut self.peer }
    }
}

/// The exclusive or of one hash per conflict: it does not depend on order, and a conflict that goes undoes what it did when
/// it came. It tells two honest nodes apart; it is no commitment, and nobody signs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fold([u8; 32]);

impl Fold {
    fn toggle(&mut self, conflict: &Conflict) {
        let meetings = format!("{:?}", conflict.meetings);
        let hash = domain("detente/joint/1", &[conflict.id.as_bytes(), meetings.as_bytes()]);
        self.0.iter_mut().zip(hash).for_each(|(sum, byte)| *sum ^= byte);
    }
}

fn separation_of(terms: &Terms) -> Separation {
    Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() }
}

fn law_of(terms: &Terms) -> Law {
    Law::from_name(&terms.input().law).expect("terms name a law that this version has (DV-062)")
}
