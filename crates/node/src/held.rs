//! A line that fork evidence holds, and how two officers reopen it (PROTOCOL S3; docs/decisions/0054).
//!
//! One officer proposes and another agrees; both stand in the book, and name by their digests just the pieces of evidence
//! that were decided upon. Whether a line is held follows from that and from what evidence is kept, so a start and a
//! restore change nothing: a piece that no two officers decided upon holds it, whenever it comes.
//!
//! Reopening mends no log. What the peer signs is taken as far as it continues our copy; where it does not, the copy stops.

use std::collections::BTreeSet;

use detente_record::ForkEvidence;
use detente_types::Timestamp;
use detente_types::text::check_line;
use detente_wire::Scheme;
use detente_wire::hash::domain;
use minicbor::bytes::ByteArray;

use crate::book::{BookDecision, BookEntry};
use crate::input::{Accepted, By, CommandFault, What};
use crate::line::{Cx, Line, Phase};
use crate::out::Then;
use crate::port::Write;
use crate::say::SayFault;

/// Pieces of evidence that are kept until officers decide: one convicts, and whoever forges can make any number.
const UNDECIDED_MAX: usize = 16;

/// Names a piece of evidence: SHA-256 of `detente/evidence/1`, a zero byte, and its bytes.
pub type Digest = [u8; 32];

/// Fork evidence that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Portable: `record::ForkEvidence` in its encoded form.
    pub bytes: Vec<u8>,
    /// Its name.
    pub digest: Digest,
    /// What it shows, in plain words.
    pub says: String,
    /// Two officers have decided upon it: it holds the line no more.
    pub decided: bool,
}

/// What one officer has proposed: to reopen the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its number in the book: whoever agrees names it.
    pub book: u64,
    /// When.
    pub at: Timestamp,
    /// Desk of whoever proposed.
    pub desk: Option<String>,
    /// Officer who proposed.
    pub officer: String,
    /// Why.
    pub reason: String,
    /// The evidence that it is about: all that no two officers had decided upon.
    pub evidence: BTreeSet<Digest>,
}

/// Why a line is not reopened. Caller, in each case.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReopenFault {
    /// No evidence holds it.
    #[error("no fork evidence holds this line: there is nothing to decide")]
    NotHeld,
    /// It is held, and by nothing that is kept here.
    #[error(
        "the line is held because the two nodes hold histories of one log that exclude each other, and no decision mends that: \
         keep a backup of this home as evidence, and make a new line"
    )]
    Unshown,
    /// The command names nobody.
    #[error("two different officers reopen a line, and this token names none: give each a token with `officer add`")]
    Unnamed,
    /// There is no such proposal, or not any more.
    #[error("there is no proposal {named} to reopen this line; new evidence makes one void")]
    NotProposed {
        /// Its number, as it was given.
        named: u64,
    },
    /// The officer who proposed agrees.
    #[error("{officer} has proposed it: a different officer must agree")]
    SameOfficer {
        /// Who.
        officer: String,
    },
}

/// What was decided about a line's evidence, and what still stands in its way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Decisions {
    decided: BTreeSet<Digest>,
    proposed: Option<Proposal>,
    /// The line is held for something that no evidence here shows.
    pub(crate) unshown: bool,
    /// What they sign does not continue our copy, and that was decided upon: the copy stops where it is.
    pub(crate) copy_stops: bool,
}

impl Decisions {
    /// A proposal, as the book has it.
    pub(crate) fn load_proposal(&mut self, book: u64, entry: BookDecision) {
        self.proposed = Some(Proposal {
            book,
            at: Timestamp::from_micros(entry.at_us),
            desk: entry.desk,
            officer: entry.officer,
            reason: entry.reason,
            evidence: entry.evidence.iter().map(|digest| **digest).collect(),
        });
    }

    /// An agreement, as the book has it.
    pub(crate) fn load_agreement(&mut self, entry: &BookDecision) {
        self.proposed = None;
        self.decided.extend(entry.evidence.iter().map(|digest| **digest));
    }
}

impl Line {
    /// Fork evidence that is kept, as it came.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// What one officer has proposed and another may agree to.
    pub fn reopening(&self) -> Option<&Proposal> {
        self.decisions.proposed.as_ref().filter(|proposed| proposed.evidence == self.undecided())
    }

    /// Whether what they sign does not continue our copy of their log, although the line was reopened.
    pub const fn copy_stops(&self) -> bool {
        self.decisions.copy_stops
    }

    /// Whether only SAFETY and line checks are taken: also before the peer has spoken.
    pub fn is_held(&self) -> bool {
        self.phase == Phase::Held || self.evidence.iter().any(|piece| !piece.decided)
    }

    /// The evidence that holds the line.
    fn undecided(&self) -> BTreeSet<Digest> {
        self.evidence.iter().filter(|piece| !piece.decided).map(|piece| piece.digest).collect()
    }

    /// Where a line stands that knows what it said: a restore does not reopen what evidence holds (PROTOCOL S3).
    pub(crate) fn phase_of_evidence(&self) -> Phase {
        let held = self.decisions.unshown || self.evidence.iter().any(|piece| !piece.decided);
        if held { Phase::Held } else { Phase::Open }
    }

    /// One officer proposes to reopen the line.
    pub(crate) fn propose_reopening(&mut self, cx: &mut Cx<'_>, by: &By, reason: String) -> Result<Accepted, CommandFault> {
        let evidence = self.to_decide()?;
        let entry = self.decision(cx, by, reason, &evidence)?;
        let number = cx.book(&BookEntry::ReopenProposed(entry.clone()));
        let (officer, count) = (entry.officer.clone(), evidence.len());
        self.decisions.load_proposal(number, entry);
        self.event(cx, What::ReopenProposed(number, officer));
        let note = format!("proposed under number {number}, about {count} piece(s) of evidence: a different officer must agree");
        Ok(Accepted { book: number, stated: None, note: Some(note) })
    }

    /// A different officer agrees: the line is open again, once the peer has said anew what it holds.
    pub(crate) fn agree_to_reopen(
        &mut self,
        cx: &mut Cx<'_>,
        by: &By,
        named: u64,
        reason: String,
    ) -> Result<Accepted, CommandFault> {
        let evidence = self.to_decide()?;
        let proposal = self.reopening().filter(|p| p.book == named).ok_or(ReopenFault::NotProposed { named })?;
        let entry = self.decision(cx, by, reason, &evidence)?;
        if is_same(&proposal.officer, &entry.officer) {
            return Err(ReopenFault::SameOfficer { officer: proposal.officer.clone() }.into());
        }
        let number = cx.book(&BookEntry::ReopenAgreed(named, entry.clone()));
        self.decisions.load_agreement(&entry);
        self.evidence.iter_mut().for_each(|piece| piece.decided = true);
        self.watch.handle_dispute(false);
        if self.phase == Phase::Held {
            self.phase = Phase::Unproven;
            self.link.greet_again();
        }
        self.event(cx, What::Reopened(number, entry.officer));
        let size = self.copied_size();
        let note = format!(
            "the line is open again on this side, and the evidence stays; what they say is taken as far as it continues our \
             copy of {size} entries. It flows both ways once they have reopened it too"
        );
        Ok(Accepted { book: number, stated: None, note: Some(note) })
    }

    /// The evidence that is to be decided upon now.
    fn to_decide(&self) -> Result<BTreeSet<Digest>, ReopenFault> {
        let evidence = self.undecided();
        match (self.decisions.unshown, evidence.is_empty()) {
            (true, _) => Err(ReopenFault::Unshown),
            (false, true) => Err(ReopenFault::NotHeld),
            (false, false) => Ok(evidence),
        }
    }

    fn decision(&self, cx: &Cx<'_>, by: &By, reason: String, evidence: &BTreeSet<Digest>) -> Result<BookDecision, CommandFault> {
        let officer = by.officer.clone().filter(|name| !name.trim().is_empty()).ok_or(ReopenFault::Unnamed)?;
        check_line("reason", &reason).map_err(|broken| SayFault::Violations(vec![broken]))?;
        let (line, at_us, desk) = (self.id, cx.now.micros(), by.desk.clone());
        Ok(BookDecision { line, at_us, desk, officer, reason, evidence: evidence.iter().copied().map(ByteArray::from).collect() })
    }

    /// Evidence that the peer hands over: it may accuse either of us.
    pub(crate) fn take_evidence(&mut self, cx: &mut Cx<'_>, bytes: &[u8]) {
        #[cfg(feature = "plant")]
        self.expect_evidence(cx, bytes);
        match ForkEvidence::open(cx.scheme, bytes) {
            Ok(evidence) if evidence.line() != self.id => {
                self.peer_fault(cx, "they sent evidence about another line".into());
            }
            Ok(evidence) if !self.is_of_a_party(&evidence) => {
                self.peer_fault(cx, "they sent evidence about somebody who is no party of this line".into());
            }
            Ok(evidence) => drop(self.keep_evidence(cx, &evidence)),
            Err(fault) => self.peer_fault(cx, format!("the evidence they sent is refused: {fault}")),
        }
    }

    /// Whether evidence accuses one of us two: anybody may certify keys of their own for a line that is not theirs.
    fn is_of_a_party(&self, evidence: &ForkEvidence) -> bool {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::EvidenceAnybody) {
            return true;
        }
        [self.us(), self.them()].contains(&evidence.accused())
    }

    /// What they signed does not continue our copy: that holds the line, or, where two officers have decided upon it, stops
    /// the copy where it is.
    pub(crate) fn accuse(&mut self, cx: &mut Cx<'_>, evidence: &ForkEvidence) {
        if !self.keep_evidence(cx, evidence) && !core::mem::replace(&mut self.decisions.copy_stops, true) {
            self.event(cx, What::CopyStops(self.copied_size()));
        }
    }

    /// Keeps evidence, once, and holds the line: only SAFETY and line checks flow until two officers decide. False when
    /// they have decided upon it.
    fn keep_evidence(&mut self, cx: &mut Cx<'_>, evidence: &ForkEvidence) -> bool {
        let bytes = evidence.encode();
        let kept = self.evidence.iter().find(|piece| piece.bytes == bytes);
        if kept.is_some_and(|piece| piece.decided) {
            return false;
        }
        let is_kept = kept.is_some();
        self.hold();
        if is_kept {
            return true;
        }
        self.faults += 1;
        if self.undecided().len() >= UNDECIDED_MAX {
            return true;
        }
        let number = self.evidence.len() as u64;
        if number == 0 || self.undecided().is_empty() {
            cx.out.reserve();
        }
        let says = evidence.describe();
        self.add_evidence(bytes.clone(), says.clone());
        if self.decisions.proposed.take().is_some() {
            self.event(cx, What::ReopenVoid);
        }
        cx.out.write(Write::Evidence { line: self.id, number, bytes: bytes.clone() });
        cx.out.then(Then::Evidence { line: self.id, number, bytes, says });
        true
    }

    /// A piece of evidence, as the store has it.
    pub(crate) fn load_evidence(&mut self, scheme: &dyn Scheme, bytes: Vec<u8>) {
        let says = match ForkEvidence::open(scheme, &bytes) {
            Ok(evidence) => evidence.describe(),
            Err(fault) => format!("it does not read back: {fault}"),
        };
        self.add_evidence(bytes, says);
    }

    fn add_evidence(&mut self, bytes: Vec<u8>, says: String) {
        let digest = domain("detente/evidence/1", &[&bytes]);
        let decided = self.decisions.decided.contains(&digest);
        self.evidence.push(Evidence { bytes, digest, says, decided });
    }

    /// From now on only SAFETY and line checks flow. Who does not know yet what it said finds that out first.
    pub(crate) fn hold(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Held;
        }
        self.watch.handle_dispute(true);
        self.link.hold();
    }
}

/// Whether two names are those of one officer.
fn is_same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
