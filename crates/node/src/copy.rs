//! Our copy of the peer's log: entries wait for the checkpoint that covers them, and a session begins only when what an
//! earlier one brought is durable.
//!
//! Both serve S4: an author that was restored learns from our hello what it has signed, so whatever of its log is on our
//! disk, or on its way there, must be in that hello. An entry without a checkpoint cannot be, for the hello names heads
//! under the author's own signature: so it is not written at all, and its author sends it again.

use std::collections::BTreeMap;

use detente_types::{Generation, Head, Index};
use detente_wire::checkpoint::SignedCheckpoint;
use detente_wire::{Entry, Verified};

use crate::line::{Cx, Line};
use crate::port::Write;
use crate::quota::{bytes_of, is_exempt};

/// Checkpoints of theirs that are kept until they are cosigned: a few windows of them.
const CHECKPOINTS_MAX: usize = 64;

/// Checkpoints of theirs that are not cosigned yet, by size. One may come before the entries that it covers, and a later
/// one before an earlier: each may be the one that moves the line.
#[derive(Debug, Default)]
pub(crate) struct Checkpoints(BTreeMap<u64, SignedCheckpoint>);

impl Checkpoints {
    /// Keeps one. When there are too many the furthest goes: the near ones keep the line moving, and it comes again.
    pub(crate) fn keep(&mut self, checkpoint: SignedCheckpoint) {
        self.0.insert(checkpoint.checkpoint().size(), checkpoint);
        if self.0.len() > CHECKPOINTS_MAX {
            self.0.pop_last();
        }
    }

    /// The newest that covers no more than `size` entries.
    pub(crate) fn newest_within(&self, size: u64) -> Option<&SignedCheckpoint> {
        self.0.range(..=size).next_back().map(|(_, checkpoint)| checkpoint)
    }

    /// The size that the nearest one beyond `size` covers.
    pub(crate) fn next_above(&self, size: u64) -> Option<u64> {
        self.0.range(size + 1..).next().map(|(size, _)| *size)
    }

    /// Forgets those that cover more than `size` entries.
    fn forget_beyond(&mut self, size: u64) {
        self.0.split_off(&(size + 1));
    }

    /// Takes all that cover no more than `size` entries, and gives the newest of them.
    pub(crate) fn take_to(&mut self, size: u64) -> Option<SignedCheckpoint> {
        let later = self.0.split_off(&(size + 1));
        let mut taken = core::mem::replace(&mut self.0, later);
        taken.pop_last().map(|(_, checkpoint)| checkpoint)
    }
}

impl Line {
    /// A bearer is there: the peer is greeted as soon as our hello is true.
    pub(crate) fn connect(&mut self, cx: &mut Cx<'_>) {
        self.staged.clear();
        self.forget_begun_copy();
        self.checkpoints.forget_beyond(self.peer.log.size());
        self.greets = true;
        if !self.is_copy_durable() {
            // Whatever still comes in the old session is dropped.
            self.link.handle_disconnected(cx.now, cx.rng);
        }
        self.greet(cx);
    }

    /// The bearer is gone.
    pub(crate) fn disconnect(&mut self, cx: &mut Cx<'_>) {
        self.greets = false;
        self.link.handle_disconnected(cx.now, cx.rng);
    }

    /// Begins the session that a bearer waits for, once nothing of theirs is on its way to the disk.
    pub(crate) fn greet(&mut self, cx: &mut Cx<'_>) {
        if self.greets && self.is_copy_durable() {
            self.greets = false;
            self.link.handle_connected(cx.now);
        }
    }

    fn is_copy_durable(&self) -> bool {
        let early = self.early.values().all(|hash| self.early_durable.contains(hash));
        early && self.peer.log.size() == self.peer.durable
    }

    /// How far their log is known: filed, and waiting for a checkpoint.
    pub(crate) fn peer_reach(&self) -> u64 {
        self.peer.log.size() + self.staged.len() as u64
    }

    /// An entry of theirs that waits for its checkpoint.
    pub(crate) fn staged_at(&self, generation: Generation, index: Index) -> Option<&Verified<Entry>> {
        let nth = index.checked_sub(self.peer.log.size()).filter(|_| generation == self.peer.generation())?;
        self.staged.get(usize::try_from(nth).ok()?)
    }

    /// What their last entry claimed to have seen.
    pub(crate) fn peer_seen(&self) -> Option<Head> {
        self.staged.back().map(|entry| entry.fields().seen).or(self.peer.seen)
    }

    /// An entry that passed the envelope gate waits for its checkpoint.
    pub(crate) fn stage(&mut self, cx: &mut Cx<'_>, entry: Verified<Entry>) {
        self.staged.push_back(entry);
        self.file_covered(cx);
    }

    /// Files what the newest checkpoint of theirs that is complete covers, as far as the quota of the day admits.
    pub(crate) fn file_covered(&mut self, cx: &mut Cx<'_>) {
        let admitted = self.admit(cx);
        let Some(checkpoint) = self.checkpoints.newest_within(admitted).cloned() else {
            return;
        };
        let size = checkpoint.checkpoint().size();
        if size <= self.peer.log.size() {
            return;
        }
        let covered = usize::try_from(size - self.peer.log.size()).unwrap_or(usize::MAX);
        let covered: Vec<Verified<Entry>> = self.staged.drain(..covered).collect();
        // What comes before a line check in their log is at most a window: it may use the reserve for the sake of the check.
        if covered.iter().any(|entry| is_exempt(entry)) {
            cx.out.reserve_for_peer(covered.iter().map(|entry| bytes_of(entry)).sum());
        }
        for entry in covered {
            cx.out.write(Write::entry(&entry));
            self.count(&entry);
            let verdict = self.judge_peer(cx, &entry);
            self.learn_terms(&entry, &verdict);
            self.peer.append(entry, verdict);
            self.judge_taken_back(cx);
        }
        if self.is_contradicted(cx, &checkpoint) {
            self.checkpoints = Checkpoints::default();
        }
    }
}
