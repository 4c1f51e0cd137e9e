//! A line that fork evidence holds, and how two officers reopen it (PROTOCOL S3; docs/decisions/0054).
//!
//! One officer proposes and another agrees; both stand in the book, and name by their digests just the pieces of evidence
//! that were decided upon. Whether a line is held follows from that and from what evidence is kept, so a start and a
//! restore change nothing: a piece that no two officers decided upon holds it, whenever it comes.
//!
//! A held line narrows what is stated, not what is copied: both logs are copied, cosigned and given back as on any line, so
//! that what is still said, SAFETY first, arrives. What the peer signs is taken as far as it continues our copy; where it
//! does not, the copy stops, and reopening mends no log.

use std::collections::BTreeSet;

use detente_record::ForkEvidence;
use detente_types::Timestamp;
use detente_types::text::check_line;
use detente_wire::Scheme;
use detente_wire::hash::domain;
use minicbor::bytes::ByteArray;

use crate::book::{BookDecision, BookEntry};
use crate::input::{Accepted, By, CommandFault, What};
use crate::line::{Cx, Line};
use crate::out::Then;
use crate::port::Write;
use crate::say::SayFault;

/// Pieces of evidence that are kept until officers decide: one convicts, and whoever forges can make any number.
const UNDECIDED_MAX: usize = 16;

/// Names a piece of evidence: SHA-256 of `detente/evidence/1`, a zero byte, and its bytes.
pub type Digest = [u8; 32];

/// Whether only SAFETY, what answers it and line checks are stated on a line, and why (PROTOCOL S3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Everything is stated.
    No,
    /// Fork evidence is kept that no two officers have decided upon.
    Evidence,
    /// The other side holds a log otherwise than we do, and no evidence here shows it: no decision mends that.
    Unshown,
}

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
    /// What they sign does not continue our copy: it stops where it is.
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

    /// Whether what they sign does not continue our copy of their log.
    pub const fn copy_stops(&self) -> bool {
        self.decisions.copy_stops
    }

    /// What holds the line: also before the peer has spoken, and whatever a restore has lost (PROTOCOL S3).
    pub fn hold(&self) -> Hold {
        match (self.decisions.unshown, self.evidence.iter().any(|piece| !piece.decided)) {
            (true, _) => Hold::Unshown,
            (false, true) => Hold::Evidence,
            (false, false) => Hold::No,
        }
    }

    /// Whether only SAFETY, what answers it and line checks are stated.
    pub fn is_held(&self) -> bool {
        self.hold() != Hold::No
    }

    /// The evidence that holds the line.
    fn undecided(&self) -> BTreeSet<Digest> {
        self.evidence.iter().filter(|piece| !piece.decided).map(|piece| piece.digest).collect()
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

    /// A different officer agrees: everything is stated again on this side.
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
        self.watch.handle_dispute(self.is_held());
        self.event(cx, What::Reopened(number, entry.officer));
        let size = self.copied_size();
        let note = format!(
            "the line is open again on this side, and the evidence stays; what they say is taken as far as it continues our \
             copy of {size} entries. They state everything once two officers there have reopened it too"
        );
        Ok(Accepted { book: number, stated: None, note: Some(note) })
    }

    /// The evidence that is to be decided upon now.
    fn to_decide(&self) -> Result<BTreeSet<Digest>, ReopenFault> {
        match self.hold() {
            Hold::Unshown => Err(ReopenFault::Unshown),
            Hold::No => Err(ReopenFault::NotHeld),
            Hold::Evidence => Ok(self.undecided()),
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
            Ok(evidence) => self.keep_evidence(cx, &evidence),
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

    /// What they signed does not continue our copy, so it stops where it is: the same on a held line and on a reopened one.
    pub(crate) fn stop_copy(&mut self, cx: &mut Cx<'_>) {
        if !core::mem::replace(&mut self.decisions.copy_stops, true) {
            self.event(cx, What::CopyStops(self.copied_size()));
        }
    }

    /// Keeps evidence, once. It holds the line until two officers decide; what they have decided upon holds it no more.
    pub(crate) fn keep_evidence(&mut self, cx: &mut Cx<'_>, evidence: &ForkEvidence) {
        let bytes = evidence.encode();
        if self.evidence.iter().any(|piece| piece.bytes == bytes) {
            return;
        }
        self.faults += 1;
        if self.undecided().len() >= UNDECIDED_MAX {
            return;
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
        self.watch.handle_dispute(true);
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
}

/// Whether two names are those of one officer.
fn is_same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}
