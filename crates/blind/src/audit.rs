//! What an auditor does with the seed of a run: the first message, made again to the byte.
//!
//! The auditor holds the seed (sealed to its key when the run began), the set as its owner now states it, and both hellos from
//! the record. If the commitment that comes out is the one in the log, then this set and no other was matched.

use std::sync::Arc;

use crate::cell::CellId;
use crate::hash::Digest;
use crate::job::{Done, Given, Job};
use crate::lanes::Lanes;
use crate::lists::Ours;
use crate::message::{Hello, Mark, Message, commitment, decode, run_of};
use crate::seed::Seed;
use crate::setup::{Class, Role};
use zeroize::Zeroizing;

/// Why a run cannot be made again from what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditFault {
    /// One of the two is no hello.
    #[error("expected two hellos, found something else")]
    NotAHello,
    /// The two hellos make no run: both of one role, or of two contexts.
    #[error("the two hellos are not of one run")]
    NotOneRun,
    /// The hello was made with another seed.
    #[error("the hello was not made with this seed")]
    OtherSeed,
    /// The stated set does not fit the run's class.
    #[error("{found} cells do not fit class 2^{} of the run", class.log2())]
    TooManyCells {
        /// How many different ones there are.
        found: usize,
        /// The class.
        class: Class,
    },
}

/// A first message in the making, in jobs as a [`Run`](crate::Run) hands them out.
pub struct Audit {
    ours: Ours,
    run: Digest,
    mark: Mark,
    role: Role,
    class: Class,
}

impl Audit {
    /// Of the side whose hello is `own`, against the other's `peer`, both as sent, for the set as stated.
    ///
    /// # Errors
    /// [`AuditFault`].
    pub fn new(seed: &Seed, own: &[u8], peer: &[u8], mut cells: Vec<CellId>) -> Result<Self, AuditFault> {
        let hello = |bytes| match decode(bytes) {
            Some(Message::Hello(hello)) if hello.class.is_valid() => Ok(hello),
            _ => Err(AuditFault::NotAHello),
        };
        let (own, peer): (Hello, Hello) = (hello(own)?, hello(peer)?);
        if own.role == peer.role || own.context != peer.context {
            return Err(AuditFault::NotOneRun);
        }
        if seed.nonce(&own.context) != own.nonce {
            return Err(AuditFault::OtherSeed);
        }
        let class = own.class.max(peer.class);
        cells.sort_unstable();
        cells.dedup();
        if cells.len() > class.size() {
            return Err(AuditFault::TooManyCells { found: cells.len(), class });
        }
        let run = if own.role == Role::First { run_of(&own, &peer) } else { run_of(&peer, &own) };
        let mut mark = Mark::default();
        mark.copy_from_slice(&run[..size_of::<Mark>()]);
        let ours = Ours::new(Arc::new(seed.secrets(&run, Lanes::best())), Zeroizing::new(cells), class, false);
        Ok(Self { ours, run, mark, role: own.role, class })
    }

    /// The next piece of work.
    pub fn poll_job(&mut self) -> Option<Job> {
        let task = self.ours.next_task()?;
        Some(Job { mark: self.mark, task })
    }

    /// Takes what a job gave.
    pub fn handle_done(&mut self, done: Done) {
        if let (true, Given::Masked { piece, points, hash, halves }) = (done.mark == self.mark, done.given) {
            self.ours.take(piece, &points, hash, halves);
        }
    }

    /// The commitment that the seed and the set lead to, with the plans' root as it was shown; none until every job is back.
    pub fn commitment(&self, plan_root: Digest) -> Option<Digest> {
        self.ours.is_done().then(|| commitment(&self.run, self.role, self.class, &self.ours.open(plan_root)))
    }

    /// The messages that carry the list, as they were sent; none until every job is back.
    pub fn messages(&self) -> Option<Vec<Vec<u8>>> {
        let message = |piece| {
            let (place, points) = self.ours.piece(piece)?;
            Some(crate::message::encode(&Message::Points(self.mark, place, points.to_vec().into())))
        };
        self.ours.is_done().then(|| (0..).map_while(message).collect())
    }
}
