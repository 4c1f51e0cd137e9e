//! A virtual disk: rows that are durable, one batch on its way, room, and the ways in which it may fail.

use detente_node::port::{Batch, StoreFault, Write};
use detente_node::{Input, Token};

use crate::rows::Rows;

/// Room that only SAFETY, its receipts, cosignatures and line checks may use (PROTOCOL F3), bytes.
const RESERVE_BYTES: u64 = 4 << 20;

/// Bugs of a disk, planted to prove that they are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DiskBugs {
    /// Answers before the batch is durable.
    pub(crate) ack_undurable: bool,
    /// Loses the batch before the crash although it had answered.
    pub(crate) lose_last: bool,
    /// Loses what the book gained with the batch before the crash.
    pub(crate) lose_book: bool,
    /// Writes the first half of the batch that was on its way.
    pub(crate) torn: bool,
    /// Writes the second half, and not the first.
    pub(crate) swapped: bool,
}

/// A batch on its way.
#[derive(Clone, Debug)]
pub(crate) struct InFlight {
    pub(crate) token: Token,
    pub(crate) batch: Batch,
    /// The disk says that it failed when it comes to this batch; whether it is there all the same.
    pub(crate) fails: Option<bool>,
}

/// A disk of one machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    pub(crate) rows: Rows,
    pub(crate) in_flight: Option<InFlight>,
    /// Bytes that it holds at most; `None` while there is room enough.
    pub(crate) room_bytes: Option<u64>,
    pub(crate) bugs: DiskBugs,
    /// What was there before the last batch, when that bug is planted.
    before: Option<Box<Rows>>,
    /// Entries of the book before the last batch.
    book_before: u64,
}

impl Disk {
    /// The disk comes to the batch on its way: it is durable, or refused. The answer for the node.
    pub(crate) fn finish(&mut self) -> Option<Input> {
        let InFlight { token, batch, fails } = self.in_flight.take()?;
        if let Some(saved) = fails {
            if saved && self.room_bytes.is_none() {
                let _ = self.rows.take(&batch.writes);
            }
            let detail = "input/output error".to_owned();
            return Some(Input::Refused(token, StoreFault::Failed { doing: "writing a batch".into(), detail }));
        }
        if let Some(room) = self.room_bytes {
            let reserve = if batch.reserve { RESERVE_BYTES } else { 0 };
            if self.rows.bytes() + bytes_of(&batch) > room + reserve {
                return Some(Input::Refused(token, StoreFault::Full { doing: "writing a batch".into() }));
            }
        }
        self.book_before = self.rows.book_size();
        self.before = self.bugs.lose_last.then(|| Box::new(self.rows.clone()));
        match self.rows.take(&batch.writes) {
            Ok(()) => Some(Input::Persisted(token)),
            Err(fault) => Some(Input::Refused(token, fault)),
        }
    }

    /// The process is gone. What was on its way is on the disk, or is not.
    pub(crate) fn crash(&mut self, saved: bool) {
        if self.bugs.lose_last
            && let Some(before) = self.before.take()
        {
            self.rows = *before;
        }
        if self.bugs.lose_book {
            self.rows.cut_book(self.book_before);
        }
        let Some(mut in_flight) = self.in_flight.take() else { return };
        let fits = self.room_bytes.is_none();
        if self.bugs.torn {
            let half = in_flight.batch.writes.len().div_ceil(2);
            in_flight.batch.writes.truncate(half);
            // Half a batch may well not follow what is there: that is the point.
            let _ = self.rows.take(&in_flight.batch.writes);
        } else if self.bugs.swapped {
            let half = in_flight.batch.writes.len().div_ceil(2);
            let _ = self.rows.take(&in_flight.batch.writes.split_off(half));
        } else if saved && fits && in_flight.fails.is_none() {
            let _ = self.rows.take(&in_flight.batch.writes);
        }
    }

    /// The machine gets an older state of its disk back.
    pub(crate) fn restore(&mut self, rows: Rows) {
        (self.in_flight, self.before) = (None, None);
        self.rows = rows;
    }
}

fn bytes_of(batch: &Batch) -> u64 {
    batch.writes.iter().map(row_bytes).sum()
}

/// What a row takes, about.
pub(crate) fn row_bytes(write: &Write) -> u64 {
    const ROW_BYTES: usize = 100;
    let bytes = match write {
        Write::Book { bytes, .. } | Write::Note { bytes, .. } | Write::Evidence { bytes, .. } => bytes.len(),
        Write::Entry { leaf, body, .. } | Write::Early { leaf, body, .. } => leaf.len() + body.len(),
    };
    (bytes + ROW_BYTES) as u64
}
