//! Fork evidence (PROTOCOL S3, S5): each kind is found, travels and is read back; false accusations are refused.

use std::sync::LazyLock;

use detente_record::evidence::{Answered, EVIDENCE_BYTES_MAX, EvidenceFault, Examiner, Proved};
use detente_record::{ForkEvidence, Log, NotEvidence, OpenedBody};
use detente_types::{Generation, Head, Root};
use detente_wire::checkpoint::CheckpointFault;
use detente_wire::leaf::LeafFault;
use detente_wire::merkle::ProofFault;
use detente_wire::note::NoteFault;
use detente_wire::{Certificate, Ed25519, Entry, Verified};
use proptest::prelude::*;

use crate::line::{A, B, LINE, Line, Side, cases};

/// A line whose side A said six things, and what A could have said instead as its fifth entry.
struct Fork {
    line: Line,
    other: Verified<Entry>,
    /// A's log with the other fifth entry, and the same sixth.
    forked: Log,
}

impl Fork {
    fn new() -> Self {
        let mut line = Line::new(8);
        for i in 1..7 {
            line.say(A, &format!("word {i}"));
        }
        let seen = line.sides[B].log().head();
        let other = line.sealed(A, 5, "another word", seen);
        let mut forked = Log::new(LINE, line.sides[A].party(), Generation::FIRST);
        for e in &line.sides[A].entries[..5] {
            forked.append(e).unwrap();
        }
        forked.append(&other).unwrap();
        let sixth = line.sealed(A, 6, "word 6", seen);
        forked.append(&sixth).unwrap();
        Self { line, other, forked }
    }

    fn a(&self) -> &Side {
        &self.line.sides[A]
    }

    fn certificate(&self) -> &Verified<Certificate> {
        &self.a().identities[0].certificate
    }

    fn examiner(&self) -> Examiner<'_> {
        Examiner::new(&Ed25519, self.certificate())
    }

    fn note(&self, size: u64) -> String {
        self.a().checkpoint(size).note()
    }

    fn forked_note(&self, size: u64) -> String {
        self.a().sign_root(size, self.forked.root_at(size).unwrap()).note()
    }

    fn every_kind(&self) -> Vec<ForkEvidence> {
        let (examiner, log) = (self.examiner(), self.a().log());
        let path = self.forked.consistency_proof(6, 7).unwrap();
        let hash = *self.forked.root_at(6).unwrap().as_bytes();
        let rewritten =
            examiner.examine_consistency(self.note(6).as_bytes(), self.forked_note(7).as_bytes(), Proved { hash, path: &path });
        let path = self.forked.inclusion_proof(5, 7).unwrap();
        let hash = *self.other.hash().as_bytes();
        let fifth = self.a().entries[5].leaf().bytes();
        let left_out = examiner.examine_inclusion(fifth, self.forked_note(7).as_bytes(), Proved { hash, path: &path });
        assert_eq!(7, log.size());
        vec![
            examiner.examine_roots(self.note(6).as_bytes(), self.forked_note(6).as_bytes()).unwrap(),
            rewritten.unwrap(),
            examiner.examine_leaves(fifth, self.other.leaf().bytes()).unwrap(),
            left_out.unwrap(),
        ]
    }
}

/// Side A opens its second generation and says that the first ended at `size`; B answers, and A goes on in its first all the same.
struct Ended {
    fork: Fork,
    opening: Verified<Entry>,
    answer: Verified<Entry>,
    /// What B's log had with the answer.
    theirs: Log,
    beyond: Verified<Entry>,
}

impl Ended {
    fn new(size: u64) -> Self {
        Self::naming(size, |end| end)
    }

    fn naming(size: u64, named: fn(Head) -> Head) -> Self {
        let mut fork = Fork::new();
        let end = fork.a().log().head_at(size).unwrap();
        let mut theirs = fork.line.sides[B].log().clone();
        let mut old = fork.line.clone();
        fork.line.sides[A].certify(0);
        let opening = fork.line.opening(A, Some(named(end)));
        let mut next = Log::new(LINE, fork.a().party(), opening.fields().generation);
        next.append(&opening).unwrap();
        let answer = fork.line.sealed(B, theirs.size(), "it ended", next.head());
        theirs.append(&answer).unwrap();
        let beyond = old.sealed(A, 7, "all the same", theirs.head());
        Self { fork, opening, answer, theirs, beyond }
    }

    fn examine(&self, beyond: &Entry) -> Result<ForkEvidence, NotEvidence> {
        self.examine_slots(Examiner::slots_of_end(), beyond)
    }

    fn examine_slots<const N: usize>(&self, slots: [u8; N], beyond: &Entry) -> Result<ForkEvidence, NotEvidence> {
        let body = OpenedBody::of(self.opening.body(), slots);
        let next = &self.fork.a().identity().certificate;
        self.examine_opening(next, &self.opening, body, beyond)
    }

    fn examine_opening(
        &self,
        next: &Verified<Certificate>,
        opening: &Entry,
        body: OpenedBody,
        beyond: &Entry,
    ) -> Result<ForkEvidence, NotEvidence> {
        let (index, size) = (self.answer.fields().index, beyond.fields().seen.size);
        let seen = self.theirs.inclusion_proof(index, size).unwrap_or_default();
        let certificate = &self.fork.line.sides[B].identity().certificate;
        let answered = Answered { certificate, leaf: self.answer.leaf().bytes(), saw: &[], seen: &seen };
        self.fork.examiner().examine_beyond_end(next, opening.leaf().bytes(), body, answered, beyond.leaf().bytes())
    }
}

fn travels(evidence: &ForkEvidence) {
    let bytes = evidence.encode();
    assert!(bytes.len() <= EVIDENCE_BYTES_MAX, "{}", bytes.len());
    assert_eq!(Ok(evidence), ForkEvidence::open(&Ed25519, &bytes).as_ref());
}

#[test]
fn each_kind_is_found_and_travels() {
    let fork = Fork::new();
    for evidence in fork.every_kind() {
        travels(&evidence);
        assert_eq!(fork.a().party(), evidence.accused());
        assert_eq!((LINE, Generation::FIRST), (evidence.line(), evidence.generation()));
    }
}

#[test]
fn the_order_of_two_equals_does_not_matter() {
    let fork = Fork::new();
    let (one, two) = (fork.note(6), fork.forked_note(6));
    let examine = |a: &str, b: &str| fork.examiner().examine_roots(a.as_bytes(), b.as_bytes()).unwrap();
    assert_eq!(examine(&one, &two), examine(&two, &one));
}

#[test]
fn words_say_what_contradicts_what() {
    let fork = Fork::new();
    let said: Vec<_> = fork.every_kind().iter().map(ForkEvidence::describe).collect();
    let party = fork.a().party().short();
    assert!(said.iter().all(|words| words.contains(&party) && words.contains("exclude each other")));
    assert!(said[0].contains("its log of 6 entries has the root"), "{}", said[0]);
    assert!(said[1].contains("a log of 7 entries whose first 6 have the root"), "{}", said[1]);
    assert!(said[2].contains("as entry 5, and statement"), "{}", said[2]);
    assert!(said[3].contains("a log of 7 entries in which entry 5 is"), "{}", said[3]);
}

#[test]
fn agreeing_words_are_no_evidence() {
    let fork = Fork::new();
    let (examiner, log) = (fork.examiner(), fork.a().log());
    let agrees = |found| assert_eq!(Err(NotEvidence::Agrees), found);
    agrees(examiner.examine_roots(fork.note(6).as_bytes(), fork.note(6).as_bytes()));
    let leaf = fork.a().entries[5].leaf().bytes();
    agrees(examiner.examine_leaves(leaf, leaf));
    let path = log.consistency_proof(6, 7).unwrap();
    let proved = Proved { hash: *log.root_at(6).unwrap().as_bytes(), path: &path };
    agrees(examiner.examine_consistency(fork.note(6).as_bytes(), fork.note(7).as_bytes(), proved));
    let path = log.inclusion_proof(5, 7).unwrap();
    let proved = Proved { hash: *log.leaf_hash(5).unwrap().as_bytes(), path: &path };
    agrees(examiner.examine_inclusion(leaf, fork.note(7).as_bytes(), proved));
}

#[test]
fn different_places_and_sizes_are_no_evidence() {
    let fork = Fork::new();
    let examiner = fork.examiner();
    assert_eq!(
        Err(NotEvidence::SizesDiffer { first: 5, second: 6 }),
        examiner.examine_roots(fork.note(5).as_bytes(), fork.forked_note(6).as_bytes())
    );
    let leaf = |index: usize| fork.a().entries[index].leaf().bytes();
    assert_eq!(Err(NotEvidence::PlacesDiffer { first: 4, second: 5 }), examiner.examine_leaves(leaf(4), leaf(5)));
    let proved = Proved { hash: [1; 32], path: &[] };
    assert_eq!(
        Err(NotEvidence::NotOlder { older: 7, newer: 6 }),
        examiner.examine_consistency(fork.note(7).as_bytes(), fork.note(6).as_bytes(), proved)
    );
}

#[test]
fn proofs_that_do_not_hold_are_no_evidence() {
    let fork = Fork::new();
    let (examiner, log) = (fork.examiner(), fork.a().log());
    let (older, newer) = (fork.note(6), fork.note(7));
    let path = log.consistency_proof(6, 7).unwrap();
    let invented = Proved { hash: [1; 32], path: &path };
    assert_eq!(
        Err(NotEvidence::Proof(ProofFault::RootDiffers { size: 6 })),
        examiner.examine_consistency(older.as_bytes(), newer.as_bytes(), invented)
    );
    let leaf = fork.a().entries[5].leaf().bytes();
    let path = log.inclusion_proof(5, 7).unwrap();
    let invented = Proved { hash: [1; 32], path: &path };
    assert_eq!(
        Err(NotEvidence::Proof(ProofFault::RootDiffers { size: 7 })),
        examiner.examine_inclusion(leaf, newer.as_bytes(), invented)
    );
    // A signed leaf beyond a checkpoint is simply newer.
    let path = log.inclusion_proof(4, 5).unwrap();
    let proved = Proved { hash: *fork.other.hash().as_bytes(), path: &path };
    assert_eq!(
        Err(NotEvidence::Proof(ProofFault::IndexOutside { index: 5, size: 5 })),
        examiner.examine_inclusion(leaf, fork.note(5).as_bytes(), proved)
    );
}

#[test]
fn words_of_another_key_are_no_evidence() {
    let fork = Fork::new();
    let examiner = fork.examiner();
    let b = &fork.line.sides[B];
    let theirs = b.checkpoint(1).note();
    let found = examiner.examine_roots(fork.note(1).as_bytes(), theirs.as_bytes());
    assert!(matches!(found, Err(NotEvidence::Checkpoint(CheckpointFault::OtherLog { .. }))), "{found:?}");
    // B signs under A's name.
    let key = &b.identity().log_key;
    let forged = detente_wire::checkpoint::sign_checkpoint(&Ed25519, key, &fork.a().origin(), 6, Root::new([1; 32]));
    assert_eq!(
        Err(NotEvidence::Checkpoint(CheckpointFault::Note(NoteFault::Unsigned))),
        examiner.examine_roots(fork.note(6).as_bytes(), forged.note().as_bytes())
    );
    let mut leaf = *fork.a().entries[5].leaf().bytes();
    leaf[130] ^= 1;
    assert_eq!(Err(NotEvidence::Leaf(LeafFault::Signature)), examiner.examine_leaves(fork.other.leaf().bytes(), &leaf));
}

#[test]
fn what_is_signed_beyond_the_end_is_evidence() {
    let ended = Ended::new(5);
    let found = ended.examine(&ended.beyond).unwrap();
    travels(&found);
    assert!(found.describe().contains("ended at 5 entries"), "{}", found.describe());
}

/// An author that lost these entries with its disk names less, in good faith.
#[test]
fn what_was_signed_before_the_end_was_said_is_none() {
    let ended = Ended::new(5);
    for entry in &ended.fork.a().entries[5..7] {
        let found = ended.examine(entry);
        assert!(matches!(found, Err(NotEvidence::Proof(ProofFault::IndexOutside { .. }))), "{found:?}");
    }
    // B had said something at that place before, and now puts another entry there that had seen the opening.
    let mut ended = Ended::new(5);
    let (mut line, seen) = (ended.fork.line.clone(), ended.answer.fields().seen);
    ended.answer = line.sealed(B, 0, "it ended", seen);
    let found = ended.examine(&ended.beyond);
    assert!(matches!(found, Err(NotEvidence::Proof(_))), "{found:?}");
    // B states an end before A has.
    let mut ended = Ended::new(5);
    let seen = ended.fork.a().chain.life(Generation::FIRST).unwrap().log().head();
    ended.answer = line.sealed(B, ended.answer.fields().index, "it ended", seen);
    assert_eq!(Err(NotEvidence::NotSeen { found: Generation::FIRST }), ended.examine(&ended.beyond));
}

#[test]
fn an_answer_is_the_other_sides() {
    let ended = Ended::new(5);
    let body = OpenedBody::of(ended.opening.body(), Examiner::slots_of_end());
    let next = &ended.fork.a().identity().certificate;
    let examine = |certificate: &Verified<Certificate>, leaf: &Entry| {
        let answered = Answered { certificate, leaf: leaf.leaf().bytes(), saw: &[], seen: &[] };
        let opening = ended.opening.leaf().bytes();
        ended.fork.examiner().examine_beyond_end(next, opening, body.clone(), answered, ended.beyond.leaf().bytes())
    };
    assert_eq!(Err(NotEvidence::OtherLog), examine(next, &ended.opening));
    let theirs = &ended.fork.line.sides[B].identity().certificate;
    assert!(matches!(examine(theirs, &ended.opening), Err(NotEvidence::Leaf(LeafFault::Signature))));
}

#[test]
fn what_is_signed_within_the_end_is_not() {
    let ended = Ended::new(5);
    assert_eq!(Err(NotEvidence::Agrees), ended.examine(&ended.fork.a().entries[4]));
}

#[test]
fn an_opening_that_does_not_show_the_end_proves_nothing() {
    let ended = Ended::new(5);
    assert_eq!(Err(NotEvidence::NotAnOpening), ended.examine_slots([0], &ended.beyond));
    assert_eq!(Err(NotEvidence::NotAnOpening), ended.examine_slots([4], &ended.beyond));
    // Another entry of the second generation is no opening, and B's opening is not A's.
    let b = &ended.fork.line.sides[B];
    let body = OpenedBody::of(b.entries[0].body(), Examiner::slots_of_end());
    let theirs = ended.examine_opening(&b.identities[0].certificate, &b.entries[0], body.clone(), &ended.beyond);
    assert_eq!(Err(NotEvidence::OtherLog), theirs);
    let next = &ended.fork.a().identity().certificate;
    assert_eq!(Err(NotEvidence::NotAnOpening), ended.examine_opening(next, &ended.opening, body, &ended.beyond));
}

#[test]
fn an_end_of_another_generation_proves_nothing() {
    let ended = Ended::naming(5, |end| Head { generation: Generation(2), ..end });
    assert_eq!(Err(NotEvidence::NotAnOpening), ended.examine(&ended.beyond));
}

#[test]
fn other_forms_of_the_same_evidence_are_refused() {
    let fork = Fork::new();
    let kinds = fork.every_kind();
    // The two leaves stand at the end, each behind two bytes of length.
    let bytes = kinds[2].encode();
    let (rest, leaves) = bytes.split_at(bytes.len() - 2 * 229);
    let swapped = [rest, &leaves[229..], &leaves[..229]].concat();
    assert_eq!(Err(EvidenceFault::Form), ForkEvidence::open(&Ed25519, &swapped));
    let bytes = kinds[0].encode();
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Err(EvidenceFault::Form), ForkEvidence::open(&Ed25519, &longer));
    let huge = vec![0; EVIDENCE_BYTES_MAX + 1];
    let fault = EvidenceFault::TooLarge { found: EVIDENCE_BYTES_MAX + 1 };
    assert_eq!(Err(fault), ForkEvidence::open(&Ed25519, &huge));
}

/// One of each kind, in the order of their numbers.
pub(crate) static EVERY_KIND: LazyLock<Vec<ForkEvidence>> = LazyLock::new(|| {
    let ended = Ended::new(5);
    let beyond = ended.examine(&ended.beyond);
    Fork::new().every_kind().into_iter().chain([beyond.unwrap()]).collect()
});

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn changed_evidence_is_refused(kind in 0_usize..5, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = EVERY_KIND[kind].encode();
        let index = at.index(bytes.len());
        bytes[index] ^= 1 << bit;
        prop_assert!(ForkEvidence::open(&Ed25519, &bytes).is_err());
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(ForkEvidence::open(&Ed25519, &bytes).is_err());
    }
}
