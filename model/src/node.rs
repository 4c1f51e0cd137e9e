//! One node: what its disk holds, what its memory holds, and the rules by which it signs and receives.
//!
//! Invariants (each a rule of PROTOCOL.md, each breakable by a [`Mutation`]): nothing is sent, cosigned, named in
//! `seen` or acted on before it is on disk; nothing new is signed before the disk covers what the peer can show under
//! our signatures; a disk that was rolled back signs on only in a new generation.

use crate::log::{Entry, GENERATIONS_MAX, Head, Leaf, Log, Logs, Place};
use crate::mutations::{Mutation, Rules};
use crate::net::{Early, Message};

/// What survives a crash. Each method below changes it in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Disk {
    /// Our own logs.
    pub(crate) own: Logs,
    /// Our full copy of the peer's logs.
    pub(crate) copy: Logs,
    /// The peer's SAFETY statement stored ahead of its log, until the log files it.
    pub(crate) early: Option<Early>,
    /// The newest head of the peer's that we cosigned.
    pub(crate) cosigned: Head,
    /// The newest head of ours that the peer cosigned (L1).
    pub(crate) acknowledged: Head,
    /// The copy must reach this head before we settle or cosign: our own signatures say that it once did (ADR 0012).
    pub(crate) owed: Head,
    /// This disk was rolled back and has not opened a new generation since.
    pub(crate) rolled_back: bool,
    /// The newest generation was opened without the peer's hello, and none was heard since.
    pub(crate) opened_alone: bool,
    /// Two leaves of the peer at one place were seen (rule S3).
    pub(crate) evidence: bool,
}

/// What a crash wipes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Memory {
    /// The peer's hello of this session has been heard since our start.
    pub(crate) greeted: bool,
    /// Appended, not yet durable.
    pub(crate) appended: Option<Entry>,
    /// Received checkpoint with its entries, not yet durable.
    pub(crate) arrived: Option<(u8, Log)>,
    /// Received early SAFETY, not yet durable.
    pub(crate) arrived_early: Option<Early>,
    /// A generation was opened without the peer's hello (end of rule S4); only notices follow until it is heard.
    pub(crate) alone: bool,
    /// Evidence held in memory only, when [`Mutation::EvidenceInMemory`] is planted.
    pub(crate) evidence: bool,
}

/// One side of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Node {
    pub(crate) disk: Disk,
    pub(crate) memory: Memory,
}

/// What receiving or storing something made the node do in the world, for the history to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Deeds {
    /// Number of times that a SAFETY statement was acted on.
    pub(crate) acted: u8,
    /// Head cosigned.
    pub(crate) cosigned: Option<Head>,
}

impl Node {
    /// True once the peer has shown itself a forger; everything but SAFETY then waits for two officers.
    pub(crate) fn has_evidence(&self) -> bool {
        self.disk.evidence || self.memory.evidence
    }

    fn may_speak(&self, rules: Rules) -> bool {
        let heard = self.memory.greeted || rules.breaks(Mutation::AppendBeforeHello);
        heard && !self.has_evidence()
    }

    /// ADR 0012: the peer was heard, and the disk covers all that it can show under our signatures.
    pub(crate) fn is_caught_up(&self, rules: Rules) -> bool {
        self.may_speak(rules) && self.disk.copy.head() >= self.disk.owed
    }

    /// One entry at a time: a group commit of more is the same commit with more bytes.
    pub(crate) fn may_append(&self, leaf: Leaf, rules: Rules) -> bool {
        let free = if leaf.is_settlement() {
            self.is_caught_up(rules)
        } else {
            self.may_speak(rules) || (self.memory.alone && matches!(leaf, Leaf::Note(_)))
        };
        let opens = matches!(leaf, Leaf::Open { .. });
        free && self.memory.appended.is_none() && opens == self.disk.rolled_back
    }

    /// What the rules, not an officer, make this node say next.
    pub(crate) fn duty(&self, rules: Rules) -> Option<Leaf> {
        let early = if rules.breaks(Mutation::ReceiptBeforeDurable) {
            self.disk.early.or(self.memory.arrived_early)
        } else {
            self.disk.early
        };
        let said = |wanted: fn(Leaf) -> bool| self.disk.own.find(wanted).is_some();
        if self.disk.rolled_back {
            let named = self.disk.own.head().size;
            (usize::from(self.disk.own.current()) + 1 < GENERATIONS_MAX).then_some(Leaf::Open { named })
        } else if early.is_some() && !said(|leaf| leaf == Leaf::StoredEarly) {
            Some(Leaf::StoredEarly)
        } else if self.disk.copy.current() > 0 && !said(|leaf| matches!(leaf, Leaf::Close { .. })) {
            Some(Leaf::Close { size: self.disk.copy.log(0).size() })
        } else {
            None
        }
    }

    pub(crate) fn append(&mut self, leaf: Leaf, nonce: u8, rules: Rules) {
        let seen = match self.memory.arrived {
            Some((generation, log)) if rules.breaks(Mutation::SeenBeforeDurable) => Head { generation, size: log.size() },
            _ => self.disk.copy.head(),
        };
        self.memory.appended = Some(Entry { leaf, nonce, seen });
    }

    /// Commits the appended entry; its checkpoint is signed in the same group commit (rule E6).
    pub(crate) fn persist_own(&mut self) {
        if let Some(entry) = self.memory.appended.take() {
            self.disk.own.push(entry);
            if matches!(entry.leaf, Leaf::Open { .. }) {
                self.disk.rolled_back = false;
                self.disk.opened_alone = self.memory.alone;
            }
        }
    }

    /// Commits what arrived from the peer, files early leaves, and acts on SAFETY (rules F1 and F2).
    pub(crate) fn persist_peer(&mut self, rules: Rules) -> Deeds {
        let mut deeds = Deeds::default();
        if let Some(early) = self.memory.arrived_early.take() {
            self.disk.early = Some(early);
            deeds.acted += u8::from(!rules.breaks(Mutation::ActBeforeDurable));
        }
        if let Some((generation, log)) = self.memory.arrived.take() {
            let before = self.disk.copy.log(generation).size();
            self.disk.copy.install(generation, log);
            for index in before..log.size() {
                deeds.acted += u8::from(self.file(Place { generation, index }, rules));
            }
        }
        self.notice_rollback(rules);
        deeds
    }

    /// Files one newly copied entry; true when it is SAFETY that must be acted on now.
    fn file(&mut self, place: Place, rules: Rules) -> bool {
        let Some(entry) = self.disk.copy.get(place) else { return false };
        if self.disk.early == Some(Early { place, entry }) {
            self.disk.early = None;
            return rules.breaks(Mutation::FilingActsAgain);
        }
        entry.leaf.is_urgent()
    }

    /// Rule S2: the peer's statements name a head of ours beyond our own.
    fn notice_rollback(&mut self, rules: Rules) {
        if self.disk.copy.seen_max() > self.disk.own.head() && !rules.breaks(Mutation::GoOnInOldGeneration) {
            self.reopen();
        }
    }

    /// ADR 0013: the disk was rolled back, so this generation is over; what is not yet durable waits in the book.
    fn reopen(&mut self) {
        self.disk.rolled_back = true;
        self.memory.appended = None;
    }

    /// The head to cosign now, if any: the newest durable one, never below an earlier one (rules E5 and E6).
    pub(crate) fn cosign_due(&self, rules: Rules) -> Option<Head> {
        let head = self.disk.copy.head();
        let may = self.memory.greeted && self.is_caught_up(rules);
        (may && head > self.disk.cosigned).then_some(head)
    }

    /// Everything that this node would send now, repeats included.
    pub(crate) fn outgoing(&self, rules: Rules) -> Vec<Message> {
        if self.has_evidence() {
            return Vec::new();
        }
        let mut own = self.disk.own;
        if let Some(entry) = self.memory.appended.filter(|_| rules.breaks(Mutation::SendBeforeDurable)) {
            own.push(entry);
        }
        let logs = own.logs().iter().zip(0u8..).filter(|(log, _)| log.size() > 0);
        let mut messages: Vec<_> = logs.map(|(&log, generation)| Message::Log { generation, log }).collect();
        let urgent = own.places().filter(|(place, entry)| entry.leaf.is_urgent() && !self.disk.acknowledged.covers(*place));
        messages.extend(urgent.map(|(place, entry)| Message::Early(Early { place, entry })));
        if self.disk.cosigned > Head::default() && self.is_caught_up(rules) && !rules.breaks(Mutation::CosignOnce) {
            messages.push(Message::Cosignature(self.disk.cosigned));
        }
        messages
    }

    /// Rule S4 with ADRs 0011 and 0012: what we hold under the starting peer's signatures.
    pub(crate) fn hello(&self, rules: Rules) -> Message {
        Message::Hello {
            copy: self.disk.copy,
            early: self.disk.early.filter(|_| !rules.breaks(Mutation::HelloWithoutEarly)),
            cosigned: if rules.breaks(Mutation::HelloWithoutCosignature) { Head::default() } else { self.disk.acknowledged },
        }
    }

    /// The session ended under a living process: what it left in memory is dropped (ADR 0010).
    pub(crate) fn cut(&mut self, rules: Rules) {
        if !rules.breaks(Mutation::FlushAfterHello) {
            self.memory.arrived = None;
            self.memory.arrived_early = None;
        }
    }

    pub(crate) fn receive(&mut self, message: Message, rules: Rules) -> Deeds {
        if self.has_evidence() {
            return Deeds::default();
        }
        match message {
            Message::Hello { copy, early, cosigned } => self.receive_hello(&copy, early, cosigned, rules),
            Message::Log { generation, log } => return self.receive_log(generation, log, rules),
            Message::Early(early) => return self.receive_early(early, rules),
            Message::Cosignature(head) => {
                if head <= self.disk.own.head() {
                    self.disk.acknowledged = self.disk.acknowledged.max(head);
                }
            }
        }
        Deeds::default()
    }

    fn receive_hello(&mut self, copy: &Logs, early: Option<Early>, cosigned: Head, rules: Rules) {
        if self.memory.greeted {
            return;
        }
        self.memory.greeted = true;
        self.memory.alone = false;
        let mut ahead = !rules.breaks(Mutation::NoTakeBack) && self.take_back(copy);
        if let Some(Early { place, entry }) = early.filter(|early| early.place.generation == self.disk.own.current()) {
            ahead |= self.disk.own.get(place) != Some(entry);
            if self.disk.own.head() == (Head { generation: place.generation, size: place.index }) {
                self.disk.own.push(entry);
            }
        }
        let known = std::mem::take(&mut self.disk.opened_alone);
        ahead |= !known && cosigned > self.disk.copy.head().max(self.disk.owed);
        if ahead && !rules.breaks(Mutation::GoOnInOldGeneration) {
            self.reopen();
        }
        self.notice_rollback(rules);
        let seen = self.disk.own.seen_max();
        let seen = if rules.breaks(Mutation::SettleBelowSeen) { Head::default() } else { seen };
        self.disk.owed = self.disk.owed.max(cosigned).max(seen);
    }

    /// Takes our own entries back; true when the peer was ahead in the generation that we were writing.
    fn take_back(&mut self, copy: &Logs) -> bool {
        let mut ahead = false;
        for (&theirs, generation) in copy.logs().iter().zip(0u8..) {
            let ours = self.disk.own.log(generation);
            if theirs.size() > ours.size() && !theirs.contradicts(&ours) {
                self.disk.own.install(generation, theirs);
                ahead |= generation == self.disk.own.current();
            }
        }
        ahead
    }

    fn receive_log(&mut self, generation: u8, log: Log, rules: Rules) -> Deeds {
        if self.contradicts(generation, &log, rules) {
            self.convict(rules);
            return Deeds::default();
        }
        let waiting = self.memory.arrived.filter(|(waiting, _)| *waiting != generation);
        if waiting.is_some() || !self.in_order(generation, &log, rules) {
            return Deeds::default();
        }
        let arrived = self.memory.arrived.map_or(0, |(_, log)| log.size());
        if log.size() > self.disk.copy.log(generation).size().max(arrived) {
            self.memory.arrived = Some((generation, log));
        }
        let head = Head { generation, size: log.size() };
        let hasty = rules.breaks(Mutation::CosignBeforeDurable) && head > self.disk.cosigned;
        let smaller = rules.breaks(Mutation::CosignSmaller) && head <= self.disk.copy.head();
        Deeds { acted: 0, cosigned: (hasty || smaller).then_some(head) }
    }

    /// Generations are copied in order, a new one only once the old one has the size that it names (ADR 0014).
    fn in_order(&mut self, generation: u8, log: &Log, rules: Rules) -> bool {
        let current = self.disk.copy.current();
        let unwaiting = rules.breaks(Mutation::CloseWithoutWaiting);
        if generation < current {
            if unwaiting && log.size() > self.disk.copy.log(generation).size() {
                self.convict(rules);
            }
            return false;
        }
        generation == current || unwaiting || self.disk.copy.log(current).size() >= log.named()
    }

    /// Rule S3: a leaf held in any form stands at a place where this log has another.
    fn contradicts(&self, generation: u8, log: &Log, rules: Rules) -> bool {
        let arrived = self.memory.arrived.filter(|(arrived, _)| *arrived == generation);
        let early = [self.disk.early, self.memory.arrived_early].into_iter().flatten();
        let early_differs = early
            .filter(|early| early.place.generation == generation)
            .any(|early| log.get(early.place.index).is_some_and(|entry| entry != early.entry));
        log.contradicts(&self.disk.copy.log(generation))
            || arrived.is_some_and(|(_, arrived)| log.contradicts(&arrived))
            || (early_differs && !rules.breaks(Mutation::EarlyNotCompared))
    }

    fn receive_early(&mut self, early: Early, rules: Rules) -> Deeds {
        let held = self.held_at(early.place);
        if held.iter().any(|&entry| entry != early.entry) {
            if !rules.breaks(Mutation::EarlyNotCompared) {
                self.convict(rules);
            }
            return Deeds::default();
        }
        let full = self.disk.early.is_some() || self.memory.arrived_early.is_some();
        if !held.is_empty() || full {
            return Deeds::default();
        }
        self.memory.arrived_early = Some(early);
        Deeds { acted: u8::from(rules.breaks(Mutation::ActBeforeDurable)), cosigned: None }
    }

    /// Every leaf of the peer that we have at a place: copied, arrived, or early.
    fn held_at(&self, place: Place) -> Vec<Entry> {
        let arrived = self.memory.arrived.filter(|(generation, _)| *generation == place.generation);
        let early = [self.disk.early, self.memory.arrived_early].into_iter().flatten();
        let early = early.filter(|early| early.place == place).map(|early| early.entry);
        let copied = self.disk.copy.get(place);
        let arrived = arrived.and_then(|(_, log)| log.get(place.index));
        copied.into_iter().chain(arrived).chain(early).collect()
    }

    fn convict(&mut self, rules: Rules) {
        if rules.breaks(Mutation::EvidenceInMemory) {
            self.memory.evidence = true;
        } else {
            self.disk.evidence = true;
        }
    }
}
