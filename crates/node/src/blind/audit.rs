//! What an auditor does with a book, a record and its secret key: the run's first message is made again to the byte, and compared
//! with what was committed to.
//!
//! It needs the row of the book that began the run ([`BookBlindBegun`]), what both logs say about the run ([`RunRecord`]), the
//! terms whose digest the row names, and the plans as the book and the owner's log hold them ([`super::Papers`]). The other side
//! needs none of that and learns none.

use detente_blind::audit::Audit;
use detente_blind::message::{Message, decode};
use detente_blind::{AuditorSecret, CellId as BlindCell, Digest, Seed};
use detente_space::cells::{CellId, TooMany};
use detente_types::{NoticeId, NoticeIn, NoticeKind, PartyId, Terms, Timestamp, Violation, Volume};
use detente_wire::certificate::terms_digest;
use zeroize::Zeroizing;

use super::begin::{auditor_of, context_of};
use super::book::BookBlindBegun;
use super::live::sealed_digest;
use super::set::{Stretch, cells_of, meets_any, plan_bytes, plan_digest, plan_root};
use super::table::RunRecord;
use crate::line::Line;

/// What is to be audited: the part of one side in one run.
#[derive(Clone, Copy, Debug)]
pub struct RunAudit<'a> {
    /// The row of its book that began the run.
    pub begun: &'a BookBlindBegun,
    /// What both logs say about the run.
    pub record: &'a RunRecord,
    /// The side whose book it is.
    pub author: PartyId,
    /// The other side.
    pub other: PartyId,
    /// The terms that the book says it was begun under: see [`Line::terms_with_digest`].
    pub terms: &'a Terms,
    /// The plans that the row names, in any order: see [`super::Papers::plans`].
    pub plans: &'a [NoticeIn],
    /// The plans that the run had to match if they have cells: see [`super::Papers::live`].
    pub live: &'a [NoticeIn],
}

/// Why nothing can be said about a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// No seed was sealed, as the terms named no auditor: no audit is possible, and the record says so.
    #[error("the terms of this run named no auditor: no audit is possible")]
    NoAuditor,
    /// This is not the key that the terms name.
    #[error("this is not the key that the terms of this run name: the sealed seed does not open with it")]
    NotOpened,
    /// These are not the terms of the run.
    #[error("the run was begun under other terms than these")]
    OtherTerms,
    /// One of the two logs has no commitment to the run.
    #[error("the record holds no commitment of {0} to this run")]
    NotCommitted(&'static str),
    /// A plan is none.
    #[error("plan {0} does not read back: {1}")]
    Plan(NoticeId, Violation),
    /// The plans have more cells than can be matched.
    #[error("the plans have too many cells: {0}")]
    TooMany(#[from] TooMany),
    /// The hellos in the record are not of one run.
    #[error("the record's hellos make no run: {0}")]
    Hellos(#[from] detente_blind::audit::AuditFault),
}

/// What does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The hello in the log is bound to another run, or to other terms, than the book names.
    OtherRun,
    /// The terms name an auditor, and no seed was sealed to it.
    NotSealed,
    /// What was sealed does not open with the key that the terms name: it is no seed of this run.
    NotOpened,
    /// The book lets a fixed run look from another time on than its own.
    Window,
    /// The book's sealed seed is not the one that the log names.
    Sealed,
    /// The hello in the log was not made with this seed.
    Seed,
    /// A plan that the book names is not among those given.
    PlanMissing(NoticeId),
    /// A plan was given that the book does not name.
    PlanAdded(NoticeId),
    /// A plan that the book had then has cells, and it was left out, or another form of it was matched.
    LeftOut(NoticeId),
    /// The plans do not lead to the root that the book names.
    PlanRoot,
    /// With the book's root, these plans' cells do not lead to the commitment: other cells were matched.
    Cells,
    /// The root that leads to the commitment is not the book's: the plans that were shown as matched are others.
    RootNotCommitted,
}

/// What an audit came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// These plans and no others were matched: so many cells.
    Match {
        /// Cells.
        cells: usize,
    },
    /// Something does not agree.
    Mismatch(Vec<Difference>),
}

impl RunAudit<'_> {
    /// Makes the first message again and compares. It takes as long as the run's first step did: microseconds a place.
    ///
    /// # Errors
    /// [`AuditFault`] when nothing can be said.
    pub fn audit(&self, secret: &AuditorSecret) -> Result<AuditVerdict, AuditFault> {
        if terms_digest(self.terms.input()) != *self.begun.terms {
            return Err(AuditFault::OtherTerms);
        }
        // Before anything else is believed: terms that name no auditor would let off whoever writes them into its book.
        if self.is_another() {
            return Ok(AuditVerdict::Mismatch(vec![Difference::OtherRun]));
        }
        let auditor = auditor_of(self.terms).ok_or(AuditFault::NoAuditor)?;
        // Whoever seals nothing, or something else, is not let off by it.
        let Some(sealed) = &self.begun.sealed else { return Ok(AuditVerdict::Mismatch(vec![Difference::NotSealed])) };
        let Some(seed) = secret.open(&self.begun.context, sealed) else {
            let is_named = auditor == secret.public();
            return if is_named { Ok(AuditVerdict::Mismatch(vec![Difference::NotOpened])) } else { Err(AuditFault::NotOpened) };
        };
        let [own, peer] = [(self.author, "this side"), (self.other, "the other side")].map(|(party, name)| {
            let side = usize::from(party == self.author.max(self.other));
            self.record.committed[side].as_ref().ok_or(AuditFault::NotCommitted(name))
        });
        let (own, peer) = (own?, peer?);
        let mut differences = Vec::new();
        if own.said.sealed.as_ref().is_none_or(|named| **named != sealed_digest(sealed)) {
            differences.push(Difference::Sealed);
        }
        if self.begun.run.at_us.is_some_and(|at_us| at_us != self.begun.from_us) {
            differences.push(Difference::Window);
        }
        let plans = self.plans_in_order(&mut differences);
        let root = plan_root(&seed.plans(&self.begun.context), plans.iter().map(|plan| plan.as_slice()));
        if root != *self.begun.plan_root {
            differences.push(Difference::PlanRoot);
        }
        differences.extend(self.left_out()?.into_iter().map(Difference::LeftOut));
        let cells = self.cells()?;
        let count = cells.len();
        let hellos = [&own.said.hello[..], &peer.said.hello[..]];
        differences.extend(Self::replay(&seed, hellos, cells, [root, *self.begun.plan_root], *own.said.commitment)?);
        Ok(if differences.is_empty() { AuditVerdict::Match { cells: count } } else { AuditVerdict::Mismatch(differences) })
    }

    /// Whether what the book names is not what its author is bound to: the hello in its log, where there is one.
    fn is_another(&self) -> bool {
        let context = context_of(&self.begun.line, self.terms, &self.begun.run);
        let said = self.record.committed[usize::from(self.author > self.other)].as_ref();
        let bound = said.map(|said| match decode(&said.said.hello) {
            Some(Message::Hello(hello)) => hello.context == context,
            _ => false,
        });
        *self.begun.context != context || bound == Some(false)
    }

    /// The cells of the plans as given, in order.
    ///
    /// # Errors
    /// [`AuditFault`] for plans that are none, or have too many cells.
    pub fn cells(&self) -> Result<Vec<CellId>, AuditFault> {
        let mut all = Vec::new();
        for plan in self.plans {
            all.extend(self.cells_of(&volumes_of(plan)?)?);
        }
        Ok(in_order(all))
    }

    /// Cells that were matched and that nothing of what was declared or flown since comes near: a set that probed has many.
    ///
    /// # Errors
    /// As [`Self::cells`].
    pub fn unaccounted(&self, since: &[Volume]) -> Result<Vec<CellId>, AuditFault> {
        Ok(without(self.cells()?, &in_order(self.cells_of(since)?)))
    }

    /// Cells of what was declared or flown since, in the time that the run looked at, that were not matched: a set from which
    /// something was left out has them, and so has one whose plans were changed, put in or held back.
    ///
    /// # Errors
    /// As [`Self::cells`].
    pub fn unmatched(&self, since: &[Volume]) -> Result<Vec<CellId>, AuditFault> {
        Ok(without(in_order(self.cells_of(since)?), &self.cells()?))
    }

    /// The plans that the book had then, that have cells here, and that the row does not name in that form.
    fn left_out(&self) -> Result<Vec<NoticeId>, AuditFault> {
        let (_, law) = Line::grid_of(self.terms).ok_or(AuditFault::OtherTerms)?;
        let mut left = Vec::new();
        for plan in self.live {
            let kind = NoticeKind::from_code(plan.kind).filter(|kind| meets_any(law, *kind));
            if kind.is_none() || self.begun.names(&plan.id, &plan_digest(&plan_bytes(plan))) {
                continue;
            }
            // With a plan of more cells than can be counted no run is begun.
            let has_none = self.cells_of(&volumes_of(plan)?).is_ok_and(|cells| cells.is_empty());
            left.extend((!has_none).then_some(plan.id));
        }
        Ok(left)
    }

    fn cells_of(&self, volumes: &[Volume]) -> Result<Vec<CellId>, AuditFault> {
        let (grid, _) = Line::grid_of(self.terms).ok_or(AuditFault::OtherTerms)?;
        let stretch = Stretch::of(Timestamp::from_micros(self.begun.from_us), self.terms);
        Ok(cells_of(&grid, self.terms, volumes, stretch)?)
    }

    /// The plans' bytes in the order of the root, and which are missing or too many.
    fn plans_in_order(&self, differences: &mut Vec<Difference>) -> Vec<Vec<u8>> {
        let given: Vec<(NoticeId, Digest, Vec<u8>)> = self
            .plans
            .iter()
            .map(|plan| {
                let bytes = plan_bytes(plan);
                (plan.id, plan_digest(&bytes), bytes)
            })
            .collect();
        let mut ordered = Vec::new();
        for named in &self.begun.plans {
            match given.iter().find(|(id, digest, _)| *id == named.id && *digest == *named.digest) {
                Some((.., bytes)) => ordered.push(bytes.clone()),
                None => differences.push(Difference::PlanMissing(named.id)),
            }
        }
        let added = given.iter().filter(|(id, digest, _)| !self.begun.names(id, digest));
        differences.extend(added.map(|(id, ..)| Difference::PlanAdded(*id)));
        ordered
    }

    fn replay(
        seed: &Seed,
        [own, peer]: [&[u8]; 2],
        cells: Vec<CellId>,
        [root, booked]: [Digest; 2],
        committed: Digest,
    ) -> Result<Vec<Difference>, AuditFault> {
        let cells = cells.iter().map(|cell| BlindCell(*cell.as_bytes())).collect();
        let mut audit = match Audit::new(seed, own, peer, cells) {
            Ok(audit) => audit,
            Err(detente_blind::audit::AuditFault::OtherSeed) => return Ok(vec![Difference::Seed]),
            Err(fault) => return Err(fault.into()),
        };
        while let Some(job) = audit.poll_job() {
            audit.handle_done(job.run());
        }
        let leads = |root: Digest| audit.commitment(root) == Some(committed);
        Ok(match (leads(booked), leads(root)) {
            (true, _) => Vec::new(),
            (false, true) => vec![Difference::RootNotCommitted],
            (false, false) => vec![Difference::Cells],
        })
    }
}

fn volumes_of(plan: &NoticeIn) -> Result<Vec<Volume>, AuditFault> {
    let volumes: Result<_, Violation> = plan.volumes.iter().map(Volume::try_from).collect();
    volumes.map_err(|broken| AuditFault::Plan(plan.id, broken))
}

fn in_order(mut cells: Vec<CellId>) -> Vec<CellId> {
    cells.sort_unstable();
    cells.dedup();
    cells
}

/// Those that are not among others; both in order.
fn without(cells: Vec<CellId>, others: &[CellId]) -> Vec<CellId> {
    cells.into_iter().filter(|cell| others.binary_search(cell).is_err()).collect()
}

/// A secret key of an auditor, from the system's randomness by way of whoever calls: 32 bytes, and the public key in hex as terms name it.
pub fn auditor_key(secret: &Zeroizing<[u8; 32]>) -> (AuditorSecret, String) {
    let secret = AuditorSecret::from_bytes(secret);
    let public = detente_wire::hash::hex(secret.public().as_bytes());
    (secret, public)
}
