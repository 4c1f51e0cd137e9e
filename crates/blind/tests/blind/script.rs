//! A peer that says what a script says: what an honest side said once, changed at will.
//!
//! Runs are a function of seeds, sets and agreement, so an honest side that meets the same hello again says the same bytes
//! again, and the changed script of its peer meets it as a lying peer would.

use detente_blind::message::{Message, Open, decode, encode};
use detente_blind::{Aborted, Agreement, Cause, CellId, Digest, Mode, PeerFault, Role, Step};
use sha2::{Digest as _, Sha256};

use crate::pair::{Side, agreement, drive, setup};

/// What is played: the honest side has `role`.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) agreement: Agreement,
    pub(crate) role: Role,
    pub(crate) log2: u8,
    pub(crate) honest: Vec<CellId>,
    pub(crate) liar: Vec<CellId>,
}

impl Stage {
    /// Of 2^10 places, four pieces, sixteen chunks; half of either set is common.
    pub(crate) fn new(mode: Mode, verified: bool, role: Role) -> Self {
        let [honest, liar] = [crate::pair::cells(0..600), crate::pair::cells(300..900)];
        Self { agreement: agreement(mode, verified), role, log2: 10, honest, liar }
    }

    /// Of 2^5 places and eight chunks, for what is tried at every step.
    pub(crate) fn small(mode: Mode, verified: bool, role: Role) -> Self {
        let [honest, liar] = [crate::pair::cells(0..20), crate::pair::cells(10..30)];
        let agreement = Agreement { chunks_log2: 3, ..agreement(mode, verified) };
        Self { agreement, role, log2: 5, honest, liar }
    }

    pub(crate) fn honest_side(&self, seed: u8) -> Side {
        Side::new(setup(self.agreement, self.role, self.log2, seed, self.honest.clone()))
    }

    /// What the liar would say if it were honest.
    pub(crate) fn script(&self) -> Vec<Message> {
        let other = Side::new(setup(self.agreement, self.role.other(), self.log2, 2, self.liar.clone()));
        let honest = self.honest_side(1);
        let mut sides = if self.role == Role::First { [honest, other] } else { [other, honest] };
        drive(&mut sides);
        let liar = &sides[if self.role == Role::First { 1 } else { 0 }];
        liar.sent.iter().map(|bytes| decode(bytes).expect("our own message")).collect()
    }

    /// The honest side after the script, or the part of it that it heard before it left.
    pub(crate) fn play(&self, script: &[Message]) -> Side {
        self.play_bytes(&script.iter().map(encode).collect::<Vec<_>>())
    }

    pub(crate) fn play_bytes(&self, script: &[Vec<u8>]) -> Side {
        let mut side = self.honest_side(1);
        side.drain();
        for bytes in script {
            side.run.handle(bytes);
            side.drain();
        }
        side
    }

    /// The name of the run of the script, by its documented form.
    pub(crate) fn run(&self, script: &[Message]) -> Digest {
        let mut honest = self.honest_side(1);
        honest.drain();
        let form = |bytes: &[u8]| match decode(bytes) {
            Some(Message::Hello(hello)) => minicbor::to_vec(hello).expect("it encodes"),
            other => panic!("{other:?} is no hello"),
        };
        let (honest, liar) = (form(&honest.sent[0]), form(&encode(&script[0])));
        let [first, second] = if self.role == Role::First { [honest, liar] } else { [liar, honest] };
        let [first, second] = [first, second].map(|form| named("detente/blind/hello/1", &[&form]));
        named("detente/blind/run/1", &[&first, &second])
    }

    /// Commits the script to the points that it now says, by the documented forms.
    pub(crate) fn commit_anew(&self, script: &mut [Message]) {
        let run = self.run(script);
        let pieces: Vec<u8> = script
            .iter()
            .filter_map(|message| match message {
                Message::Points(_, _, points) => Some(named("detente/blind/piece/1", &[points])),
                _ => None,
            })
            .flatten()
            .collect();
        let list = named("detente/blind/list/1", &[&pieces]);
        let mut open = None;
        for message in script.iter_mut() {
            if let Message::Open(_, said) = message {
                said.list = list;
                open = Some(said.clone());
            }
        }
        let Open { key, list, plan_root } = open.expect("a script opens");
        let head = [u8::from(self.role == Role::First), self.log2];
        let commitment = named("detente/blind/commit/1", &[&run, &head, &key, &list, &plan_root]);
        for message in script.iter_mut() {
            if let Message::Commit(_, said) = message {
                *said = commitment;
            }
        }
    }
}

/// SHA-256 under a name.
pub(crate) fn named(name: &str, parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([0]);
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// The fault that a side left for.
pub(crate) fn fault(side: &Side) -> &PeerFault {
    match side.run.aborted() {
        Some(Aborted { cause: Cause::Peer(fault), step }) if *step == fault.step => fault,
        other => panic!("expected a fault of the peer, found {other:?}, {:?}", side.run.outcome()),
    }
}

/// Where in a script the messages of a kind stand.
pub(crate) fn places(script: &[Message], name: &str) -> Vec<usize> {
    (0..script.len()).filter(|&at| script[at].name() == name).collect()
}

/// How many chunks were taken when a side left.
pub(crate) fn taken(step: Step) -> u16 {
    match step {
        Step::Release { taken } => taken,
        other => panic!("expected to be releasing, found {other}"),
    }
}
