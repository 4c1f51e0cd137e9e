//! Notice chains: which statement followed which, and where a notice stands now.
//!
//! A notice's statements in its author's log are its *steps*: versions and cancels, in log order. A cancel ends a
//! *life*; the meaning gate lets the same notice ID begin again at version 1, and that is another life: no settlement
//! reaches across a cancel.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::{Head, NoticeId, PartyId, StatementRef};

use crate::standing::Standing;

/// Every notice chain of a line. Only ever grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lineages {
    notice_of: BTreeMap<StatementRef, NoticeId>,
    chains: BTreeMap<(PartyId, NoticeId), Chain>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Chain {
    /// All steps, sorted; references of one author sort in log order. Nearly every chain has one: a map would take eleven
    /// times its room.
    steps: Vec<(StatementRef, Head)>,
    /// Those of them that are cancels.
    cancels: BTreeSet<StatementRef>,
}

impl Chain {
    fn add(&mut self, step: StatementRef, seen: Head) {
        match self.find(&step) {
            Ok(at) => self.steps[at].1 = seen,
            Err(at) => {
                if self.steps.is_empty() {
                    self.steps.reserve_exact(1);
                }
                self.steps.insert(at, (step, seen));
            }
        }
    }

    /// Where a step is, or would be.
    fn find(&self, step: &StatementRef) -> Result<usize, usize> {
        self.steps.binary_search_by(|(there, _)| there.cmp(step))
    }
}

/// What has become of a notice that a statement told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Now {
    /// Its last version.
    Live(StatementRef),
    /// The cancel that ended it.
    Ended(StatementRef),
}

impl Now {
    /// The last statement about the notice, whichever it is.
    pub(crate) const fn reference(self) -> StatementRef {
        match self {
            Self::Live(reference) | Self::Ended(reference) => reference,
        }
    }
}

impl Lineages {
    /// Files a version.
    pub(crate) fn add_version(&mut self, at: &Standing, id: NoticeId) {
        self.notice_of.insert(at.reference, id);
        self.chain_mut(at, id).add(at.reference, at.seen);
    }

    /// Files a cancel.
    pub(crate) fn add_cancel(&mut self, at: &Standing, id: NoticeId) {
        let chain = self.chain_mut(at, id);
        chain.add(at.reference, at.seen);
        chain.cancels.insert(at.reference);
    }

    /// The step that replaced this version, if there is one. The gate lets a step name only the last live one, so the
    /// next in the log is the one that replaced it.
    pub(crate) fn next(&self, version: &StatementRef) -> Option<StatementRef> {
        let chain = self.chain(version)?;
        let after = chain.find(version).map_or_else(|at| at, |at| at + 1);
        chain.steps.get(after).map(|(step, _)| *step)
    }

    /// Where the notice stands now. A version that was never filed is taken as it is.
    pub(crate) fn now(&self, version: &StatementRef) -> Now {
        let Some(chain) = self.chain(version) else {
            return Now::Live(*version);
        };
        match chain.cancels.range(*version..).next() {
            Some(cancel) => Now::Ended(*cancel),
            None => Now::Live(chain.steps.last().map_or(*version, |(last, _)| *last)),
        }
    }

    /// What the author had when it said this step; `None` when the step was never filed.
    pub(crate) fn standing(&self, step: &StatementRef) -> Option<Standing> {
        let chain = self.chain(step)?;
        let (_, seen) = chain.steps[chain.find(step).ok()?];
        Some(Standing { reference: *step, seen })
    }

    /// This version and those before it in the same life, latest first.
    pub(crate) fn back_from(&self, version: &StatementRef) -> Vec<StatementRef> {
        let Some(chain) = self.chain(version) else {
            return vec![*version];
        };
        let end = chain.find(version).map_or_else(|at| at, |at| at + 1);
        let back = chain.steps[..end].iter().rev().map(|(reference, _)| *reference);
        back.take_while(|step| !chain.cancels.contains(step)).collect()
    }

    fn chain(&self, version: &StatementRef) -> Option<&Chain> {
        let id = self.notice_of.get(version)?;
        self.chains.get(&(version.author, *id))
    }

    fn chain_mut(&mut self, at: &Standing, id: NoticeId) -> &mut Chain {
        self.chains.entry((at.reference.author, id)).or_default()
    }
}
