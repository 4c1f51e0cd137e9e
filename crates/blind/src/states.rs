//! What a run holds in each of its states, and what it does there.

use core::ops::RangeInclusive;
use std::sync::Arc;

use curve25519_dalek::RistrettoPoint;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::chunks::{Cut, Giving, Taking};
use crate::dleq::Dleq;
use crate::fault::Breach;
use crate::hash::Digest;
use crate::job::{Given, Task, opened};
use crate::lanes::Lanes;
use crate::lists::{Ours, Theirs};
use crate::message::{Hello, Mark, Message, Open, POINT_BYTES, VERSION, commitment, encode};
use crate::proofs::{Next, Proofs};
use crate::run::Found;
use crate::setup::{Class, Mode, Role};

/// What a key is called where places are named.
const PLACE_OF_KEY: u32 = u32::MAX;

/// What does not change once both hellos agree.
pub(crate) struct Own {
    pub(crate) hello: Hello,
    pub(crate) role: Role,
    pub(crate) mode: Mode,
    pub(crate) verified: bool,
    pub(crate) classes: RangeInclusive<Class>,
    pub(crate) plan_root: Digest,
    pub(crate) class: Class,
    pub(crate) run: Digest,
    pub(crate) mark: Mark,
    pub(crate) lanes: Lanes,
    pub(crate) cut: Cut,
}

pub(crate) struct Preparing {
    pub(crate) ours: Ours,
    pub(crate) peer: Option<Digest>,
}

pub(crate) struct Committed {
    pub(crate) ours: Ours,
    pub(crate) open: Open,
}

pub(crate) struct Exchange {
    pub(crate) ours: Ours,
    pub(crate) open: Open,
    pub(crate) peer: Digest,
    pub(crate) theirs: Theirs,
    pub(crate) is_open: bool,
    pub(crate) pieces_given: usize,
    pub(crate) peer_open: Option<(Open, RistrettoPoint)>,
}

pub(crate) struct Release {
    pub(crate) ours: Ours,
    pub(crate) theirs: Theirs,
    /// Of a verified run.
    pub(crate) proofs: Option<Proofs>,
    pub(crate) giving: Giving,
    pub(crate) taking: Taking,
    pub(crate) looked: Looked,
    /// Whether the whole list is answered, and in mode `count` the answers are in their other order.
    pub(crate) is_shuffled: bool,
    pub(crate) dleq: Arc<Dleq>,
    pub(crate) shared: Zeroizing<[u8; POINT_BYTES]>,
    pub(crate) peer_seal: Option<Digest>,
}

/// Whether the peer's list was looked through for points that stand twice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looked {
    NotYet,
    Asked,
    Through,
}

pub(crate) struct Conclusion {
    pub(crate) ours: Ours,
    pub(crate) lists: Option<(Vec<u128>, Vec<u128>)>,
    pub(crate) shared: Zeroizing<[u8; POINT_BYTES]>,
    pub(crate) found: Option<(Found, Digest)>,
    pub(crate) peer_seal: Option<Digest>,
}

impl Own {
    /// Whether the peer wants the run that this side wants.
    pub(crate) fn compare(&self, peer: &Hello) -> Result<(), Breach> {
        let own = &self.hello;
        let differs = |field| Err(Breach::Differs { field });
        if peer.version != VERSION {
            return differs("version");
        }
        if peer.context != own.context {
            return differs("context");
        }
        if peer.nonce == own.nonce {
            return Err(Breach::Mirrored { what: "nonce" });
        }
        if peer.role != own.role.other() {
            return differs("role");
        }
        if peer.mode != own.mode {
            return differs("mode");
        }
        if peer.verified != own.verified {
            return differs("verified");
        }
        if peer.chunks_log2 != own.chunks_log2 {
            return differs("chunks");
        }
        if !peer.class.is_valid() {
            return differs("class");
        }
        let (least, most) = (*self.classes.start(), *self.classes.end());
        if peer.class > most {
            return Err(Breach::ClassTooGreat { asked: peer.class, most });
        }
        if peer.class < least {
            return Err(Breach::ClassTooSmall { asked: peer.class, least });
        }
        Ok(())
    }
}

impl Exchange {
    /// The next message of this side's first message.
    pub(crate) fn next_message(&mut self, mark: Mark) -> Option<Message> {
        if !self.is_open {
            self.is_open = true;
            return Some(Message::Open(mark, self.open.clone()));
        }
        let (place, points) = self.ours.piece(self.pieces_given)?;
        self.pieces_given += 1;
        Some(Message::Points(mark, place, points.to_vec().into()))
    }

    /// Takes what the peer's commitment was made to.
    pub(crate) fn hear_open(&mut self, open: Open, own: &Own) -> Result<(), Breach> {
        if commitment(&own.run, own.role.other(), own.class, &open) != self.peer {
            return Err(Breach::NotCommitted);
        }
        if open.key == self.open.key {
            return Err(Breach::Mirrored { what: "key" });
        }
        let key = opened(&open.key, PLACE_OF_KEY)?;
        self.peer_open = Some((open, key));
        Ok(())
    }

    pub(crate) fn takes_points(&self) -> bool {
        self.peer_open.is_some() && !self.theirs.is_whole()
    }

    /// What can come next.
    pub(crate) fn expects(&self) -> &'static str {
        match (&self.peer_open, self.theirs.is_whole()) {
            (None, _) => "open",
            (Some(_), false) => "points",
            (Some(_), true) => "nothing before this side's first message is through",
        }
    }

    pub(crate) fn is_other_list(&self) -> bool {
        self.theirs.is_whole() && self.peer_open.as_ref().is_some_and(|(open, _)| open.list != self.theirs.hash())
    }

    /// Whether both first messages are through.
    pub(crate) fn is_over(&self) -> bool {
        self.theirs.is_whole() && self.is_open && self.ours.piece(self.pieces_given).is_none()
    }
}

impl Release {
    pub(crate) fn next_task(&mut self) -> Option<Task> {
        if self.looked == Looked::NotYet {
            self.looked = Looked::Asked;
            return Some(Task::Distinct { list: self.theirs.list() });
        }
        let Self { ours, theirs, taking, dleq, proofs, .. } = self;
        let of_proofs = proofs.as_mut().and_then(|proofs| {
            let check = taking.next_task(ours.secrets().lanes, proofs);
            check.or_else(|| proofs.next_task(ours, theirs, dleq))
        });
        of_proofs.or_else(|| theirs.next_task(ours.secrets()))
    }

    /// The next message of this side's proof; then the next answer, when it is this side's turn and its own list allows it.
    pub(crate) fn next_message(&mut self, own: &Own) -> Option<Message> {
        if self.looked != Looked::Through || (own.mode == Mode::Count && !self.is_shuffled) {
            return None;
        }
        if let Some(proofs) = &mut self.proofs {
            let message = proofs.next_message(own.mark);
            if message.is_some() || !proofs.are_through() {
                return message;
            }
        }
        let turn = match own.role {
            Role::First => self.taking.taken >= self.giving.given,
            Role::Second => self.taking.taken > self.giving.given,
        };
        if turn { self.giving.next_message(&self.theirs, self.proofs.as_ref()) } else { None }
    }

    pub(crate) fn hear(&mut self, message: Message, own: &Own) -> Result<(), Breach> {
        let found = message.name();
        let next = self.proofs.as_ref().and_then(Proofs::next);
        match (message, &mut self.proofs) {
            (Message::Fixed(_, fixed), Some(proofs)) if next == Some(Next::Fixed) => {
                self.taking.fix(fixed);
                proofs.hear_fixed(&fixed, self.ours.secrets());
                Ok(())
            }
            (Message::Challenge(_, challenge), Some(proofs)) if next == Some(Next::Challenge) => {
                proofs.hear_challenge(&challenge)
            }
            (Message::Proof(_, sums, proof), Some(proofs)) if next == Some(Next::Proof) => proofs.hear_proof(sums.into(), *proof),
            (Message::Answer(_, place, answers), proofs)
                if next.is_none() && self.taking.waits() && is_their_turn(own, &self.giving, &self.taking) =>
            {
                self.taking.hear(place, &answers, proofs.as_ref())
            }
            (Message::Result(_, seal), _) if self.giving.is_over() && self.taking.is_heard() && self.peer_seal.is_none() => {
                self.peer_seal = Some(seal);
                Ok(())
            }
            _ => Err(Breach::Unexpected { expected: self.expects(own), found }),
        }
    }

    /// What can come next, in the words of errors.
    fn expects(&self, own: &Own) -> &'static str {
        match self.proofs.as_ref().and_then(Proofs::next) {
            Some(next) => next.name(),
            None if self.taking.waits() && is_their_turn(own, &self.giving, &self.taking) => "answer",
            None => "nothing before this side's next chunk",
        }
    }

    /// Takes what a job gave; a fault comes with the message that it lies in.
    pub(crate) fn take(&mut self, given: Given, own: &Own) -> Result<(), (Breach, Vec<u8>)> {
        match (given, &mut self.proofs) {
            (Given::Answered { piece, answers, expected, asked }, _) => {
                self.theirs.take(piece, &answers, &expected, asked);
                self.settle(own);
            }
            (Given::Distinct(Ok(())), _) => {
                self.looked = Looked::Through;
                self.settle(own);
            }
            (Given::Distinct(Err((place, again))), _) => {
                let (start, points) = self.theirs.piece_of(again);
                let message = encode(&Message::Points(own.mark, start, points.to_vec().into()));
                return Err((Breach::Repeated { place, again }, message));
            }
            (Given::Digests { first, digests }, Some(proofs)) => proofs.take_digests(first, &digests, self.ours.secrets()),
            (Given::Weighed { is_ours, portion, sums }, Some(proofs)) => proofs.take_sums(is_ours, portion, sums),
            (Given::Proved(proved), Some(proofs)) => proofs.take_proof(proved),
            (Given::Held(holds), Some(proofs)) => proofs.take_check(holds, own.mark)?,
            (Given::Summed(share), Some(proofs)) => {
                let taken = share.and_then(|share| self.taking.take(share, own.lanes, proofs));
                taken.map_err(|breach| self.at_fault(breach, own.mark))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// A breach that a check of answers found, and the message that it lies in.
    fn at_fault(&self, breach: Breach, mark: Mark) -> (Breach, Vec<u8>) {
        let place = match breach {
            Breach::NotAPoint { place } | Breach::Identity { place } => place,
            _ => self.taking.last_place(),
        };
        let (start, answers) = self.taking.answers_at(place);
        (breach, encode(&Message::Answer(mark, start, answers.into())))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.giving.is_over() && self.taking.is_over()
    }

    /// Whether all that is needed to look up what is common is here: every answer of the peer's, checked, and this side's own to a list
    /// in which no point stands twice.
    pub(crate) fn knows_all(&self, own: &Own) -> bool {
        self.taking.is_over() && self.looked == Looked::Through && self.theirs.is_answered_to(own.class.size())
    }

    /// Once the peer's whole list is answered and looked through, it is let go, and the answers of a count are shuffled.
    fn settle(&mut self, own: &Own) {
        if self.looked != Looked::Through || !self.theirs.is_answered_to(own.class.size()) || self.is_shuffled {
            return;
        }
        self.theirs.forget_list();
        if own.mode == Mode::Count {
            let order = Zeroizing::new(self.ours.secrets().answer(own.class.size()));
            self.theirs.reorder(&order);
        }
        self.is_shuffled = true;
    }
}

const fn is_their_turn(own: &Own, giving: &Giving, taking: &Taking) -> bool {
    match own.role {
        Role::First => giving.given > taking.taken,
        Role::Second => giving.given >= taking.taken,
    }
}

impl Conclusion {
    /// Takes the places of this side's list that are common, and seals what they say.
    pub(crate) fn take(&mut self, hits: &[u32], own: &Own) -> (Found, Digest) {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.shared.as_slice()).expect("HMAC takes keys of any length");
        mac.update(b"detente/blind/result/1\0");
        mac.update(&own.run);
        let found = match own.mode {
            Mode::Cells => {
                let mut cells: Vec<_> = hits.iter().filter_map(|&place| self.ours.cell_at(place)).collect();
                cells.sort_unstable();
                cells.iter().for_each(|cell| mac.update(&cell.0));
                Found::Cells(cells)
            }
            Mode::Count => {
                let count = hits.len() as u32;
                mac.update(&count.to_be_bytes());
                Found::Count(count)
            }
        };
        let seal = mac.finalize().into_bytes().into();
        self.found.insert((found, seal)).clone()
    }
}
