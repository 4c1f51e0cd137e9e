//! What a node has to do: effects in order, the batch that is being gathered, and what follows when it is durable.
//!
//! One batch is on its way at a time; what comes meanwhile is gathered into the next. That is group commit, decided
//! here and not by the disk, so the simulator sees the same grouping as the product.

use std::collections::VecDeque;

use detente_types::statement::{BlindRunIn, KeyRevokeIn};
use detente_types::{Generation, LineId, StatementRef, Timestamp};

use crate::input::{Effect, Event, Token, What};
use crate::port::{Batch, StoreFault, Write};

/// What may be done once a batch is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// An officer's input is in the book.
    Booked(u64),
    /// Our log is durable up to a size, under this checkpoint.
    Own { line: LineId, size: u64, checkpoint: Vec<u8> },
    /// Our log is durable up to a size, as it came back: nobody here can make a checkpoint of it.
    Back { line: LineId, size: u64 },
    /// Our copy of their log is durable up to a size.
    Copy { line: LineId, size: u64 },
    /// Our cosignature of their log is durable, or (when it is empty) a head below what we once cosigned.
    Cosigned { line: LineId, size: u64, checkpoint: Vec<u8>, cosignature: Vec<u8> },
    /// Their cosignature of our log is durable.
    Acknowledged { line: LineId, generation: Generation, size: u64, cosignature: Vec<u8> },
    /// A SAFETY entry that overtook is durable.
    Early { line: LineId, of: StatementRef },
    /// A blind run is in the book.
    BlindBegun { line: LineId, run: BlindRunIn },
    /// A revocation of ours is in the book.
    Revocation { line: LineId, revocation: KeyRevokeIn },
    /// Evidence is durable.
    Evidence { line: LineId, number: u64, bytes: Vec<u8>, says: String },
}

impl Then {
    /// The line that it concerns.
    pub(crate) const fn line(&self) -> Option<LineId> {
        match self {
            Self::Booked(_) => None,
            Self::Own { line, .. }
            | Self::Back { line, .. }
            | Self::Copy { line, .. }
            | Self::Cosigned { line, .. }
            | Self::Acknowledged { line, .. }
            | Self::Early { line, .. }
            | Self::BlindBegun { line, .. }
            | Self::Revocation { line, .. }
            | Self::Evidence { line, .. } => Some(*line),
        }
    }
}

#[derive(Clone, Debug)]
struct InFlight {
    token: Token,
    batch: Batch,
    thens: Vec<Then>,
    /// The disk refused it: it waits here until it is offered again.
    refused: bool,
}

/// How the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It takes everything.
    Ample,
    /// It is full; the batch is offered again at this time.
    Full { again: Timestamp },
    /// It failed. Nothing leaves this node any more.
    Failed,
}

/// Bytes that may wait for the disk, on their way and gathered, before nothing more is taken than what the reserve is for:
/// whatever a full disk refused and a SAFETY notice after it then fit into the reserve together (PROTOCOL F3), even when the
/// journal takes twice the rows' bytes.
const WAITING_BYTES_MAX: usize = 2 << 20;

/// How long a full disk is left alone before the batch is offered again.
const FULL_AGAIN_US: i64 = 1_000_000;

/// Bytes of the reserve that are spent for what is the peers', from one ordinary batch that the disk takes to the next:
/// three eighths of the 8 MiB that a store sets aside. The rest is for what is ours, whatever they send (PROTOCOL F3).
const PEER_RESERVE_BYTES: u64 = 3 << 20;

/// What the reserve pays beside the rows for what is filed, and again for what is cosigned: together four batches, at 12 KiB
/// each, of which one files and cosigns, one answers, and one has what they cosign of the answer.
const BATCH_BYTES: u64 = 2 * (12 << 10);

#[derive(Debug)]
pub(crate) struct Out {
    effects: VecDeque<Effect>,
    batch: Batch,
    /// Bytes of rows that are not known to be durable.
    waiting: usize,
    thens: Vec<Then>,
    in_flight: Option<InFlight>,
    next_token: u64,
    /// What may still be spent of the reserve for the peers.
    peer_reserve: u64,
    pub(crate) disk: Disk,
}

impl Out {
    pub(crate) fn new() -> Self {
        Self {
            effects: VecDeque::new(),
            batch: Batch::default(),
            waiting: 0,
            thens: Vec::new(),
            in_flight: None,
            next_token: 1,
            peer_reserve: PEER_RESERVE_BYTES,
            disk: Disk::Ample,
        }
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push_back(effect);
    }

    pub(crate) fn event(&mut self, at: Timestamp, line: Option<LineId>, what: What) {
        self.effects.push_back(Effect::Event(Event { at, line, what }));
    }

    pub(crate) fn write(&mut self, write: Write) {
        self.waiting += write.weight();
        self.batch.writes.push(write);
    }

    /// Whether the disk has so much to do that ordinary work waits.
    pub(crate) const fn is_behind(&self) -> bool {
        self.waiting >= WAITING_BYTES_MAX
    }

    /// Whether the disk is full.
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self.disk, Disk::Full { .. })
    }

    /// Lets the batch that is being gathered use the reserve (PROTOCOL F3).
    pub(crate) fn reserve(&mut self) {
        self.batch.reserve = true;
    }

    /// Whether rows of a peer's of so many bytes may go to the disk in one batch: on a full one, as far as the peers' share of
    /// the reserve reaches.
    pub(crate) const fn has_room_for_peer(&self, bytes: u64) -> bool {
        !self.is_full() || self.peer_reserve >= bytes.saturating_add(BATCH_BYTES)
    }

    /// Lets the batch that is being gathered use the reserve for rows of a peer's of so many bytes. When their share is used
    /// up it goes as an ordinary one, by which it turns out whether the disk is full.
    pub(crate) const fn reserve_for_peer(&mut self, bytes: u64) {
        self.batch.reserve |= self.peer_reserve > 0;
        self.peer_reserve = self.peer_reserve.saturating_sub(bytes.saturating_add(BATCH_BYTES));
    }

    pub(crate) fn then(&mut self, then: Then) {
        self.thens.push(then);
    }

    /// Drops events that are gathered: what a replay tells is not news.
    pub(crate) fn forget_events(&mut self) {
        self.effects.retain(|effect| !matches!(effect, Effect::Event(_)));
    }

    pub(crate) fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// Whether a batch may be sealed and sent to the disk now: on a full one what may use the reserve, or the next attempt.
    pub(crate) fn may_persist(&self, now: Timestamp) -> bool {
        let may = match self.disk {
            Disk::Ample => true,
            Disk::Full { again } => self.batch.reserve || now >= again,
            Disk::Failed => false,
        };
        may && self.in_flight.is_none()
    }

    /// Sends what was gathered to the disk, if there is something. A full disk is asked with an empty batch too: it takes
    /// one when it has room again.
    pub(crate) fn persist(&mut self) {
        if self.batch.writes.is_empty() && self.disk == Disk::Ample {
            debug_assert!(self.thens.is_empty(), "nothing follows from writing nothing");
            return;
        }
        let batch = core::mem::take(&mut self.batch);
        let thens = core::mem::take(&mut self.thens);
        self.send(batch, thens);
    }

    fn send(&mut self, batch: Batch, thens: Vec<Then>) {
        let token = Token(self.next_token);
        self.next_token += 1;
        self.effects.push_back(Effect::Persist { token, batch: batch.clone() });
        self.in_flight = Some(InFlight { token, batch, thens, refused: false });
    }

    /// A batch is durable: what follows, and whether the disk has room again. What went to the reserve tells nothing of
    /// that.
    pub(crate) fn persisted(&mut self, token: Token) -> Option<(Vec<Then>, bool)> {
        let done = self.in_flight.take_if(|f| f.token == token)?;
        self.waiting -= done.batch.weight();
        if !done.batch.reserve {
            self.peer_reserve = PEER_RESERVE_BYTES;
        }
        let has_room = matches!(self.disk, Disk::Full { .. }) && !done.batch.reserve;
        if has_room {
            self.disk = Disk::Ample;
        }
        Some((done.thens, has_room))
    }

    /// A batch was not taken. Says whether this is news.
    pub(crate) fn refused(&mut self, now: Timestamp, token: Token, fault: &StoreFault) -> bool {
        let Some(in_flight) = self.in_flight.as_mut().filter(|f| f.token == token) else {
            return false;
        };
        in_flight.refused = true;
        let before = self.disk;
        self.disk = match fault {
            StoreFault::Full { .. } => Disk::Full { again: now.plus_micros(FULL_AGAIN_US) },
            _ => Disk::Failed,
        };
        core::mem::discriminant(&before) != core::mem::discriminant(&self.disk)
    }

    /// Whether a refused batch is to be offered again: when its time has come, or at once with the reserve when something
    /// gathered since may use it.
    pub(crate) fn may_offer(&self, now: Timestamp) -> bool {
        let waits = self.in_flight.as_ref().is_some_and(|f| f.refused);
        matches!(self.disk, Disk::Full { again } if waits && (now >= again || self.batch.reserve))
    }

    /// Whether what is gathered may use the reserve.
    pub(crate) fn is_reserved(&self) -> bool {
        self.batch.reserve
    }

    /// Offers a refused batch again. Order is kept: what was refused goes first.
    pub(crate) fn offer_again(&mut self, now: Timestamp) {
        let Some(mut refused) = self.in_flight.take_if(|f| f.refused) else {
            return;
        };
        if self.batch.reserve {
            let gathered = core::mem::take(&mut self.batch);
            refused.batch.writes.extend(gathered.writes);
            refused.batch.reserve = true;
            refused.thens.append(&mut self.thens);
        }
        self.disk = Disk::Full { again: now.plus_micros(FULL_AGAIN_US) };
        self.send(refused.batch, refused.thens);
    }

    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        match self.disk {
            Disk::Full { again } if self.in_flight.as_ref().is_none_or(|f| f.refused) => Some(again),
            _ => None,
        }
    }
}
