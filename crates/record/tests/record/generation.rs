//! Generations (PROTOCOL S5, P1): who may open one, and where the one before ended.

use detente_record::{GenerationChain, GenerationFault, Opening, OpeningFault};
use detente_types::{Generation, Head, LineId, PartyId, Root};
use detente_wire::certificate::sign_revocation;
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Certificate, Ed25519, Entry, KeyPair, Verified};

use crate::line::{A, B, LINE, Line, reopen};

/// A line on which A said two things and got keys for its second generation.
fn line() -> Line {
    let mut line = Line::new(6);
    line.say(A, "one");
    line.say(A, "two");
    line.sides[A].certify(0);
    line
}

/// What beginning A's second generation with this previous head gives.
fn begin(line: &mut Line, previous: Option<Head>) -> Result<Head, GenerationFault> {
    let entry = line.opening(A, previous);
    let opening = reopen(&line.sides[A], &entry);
    line.sides[A].chain.begin(&opening)
}

fn open(line: &Line, who: usize, generation: Generation, entry: &Verified<Entry>) -> Result<Opening, OpeningFault> {
    let party = line.sides[who].party();
    Opening::open(&Ed25519, LINE, party, generation, entry.leaf().bytes(), entry.body_bytes())
}

#[test]
fn a_generation_begins_where_the_one_before_ended() {
    let mut line = line();
    let end = line.sides[A].log().head();
    assert_eq!(Ok(1), begin(&mut line, Some(end)).map(|head| head.size));
    let chain = &line.sides[A].chain;
    assert_eq!(Some(&end), chain.life(Generation::FIRST).unwrap().end());
    assert_eq!(None, chain.open().unwrap().end());
    assert_eq!(Generation(2), chain.open().unwrap().certificate().generation());
    assert_eq!(2, chain.lives().count());
}

#[test]
fn an_ended_generation_takes_nothing_more() {
    let mut line = line();
    let end = line.sides[A].log().head();
    let late = {
        // The old keys, once more.
        let new = line.sides[A].identities.pop().unwrap();
        let late = line.sealed(A, 3, "late", end);
        line.sides[A].identities.push(new);
        late
    };
    begin(&mut line, Some(end)).unwrap();
    let fault = GenerationFault::Closed { found: Generation::FIRST, open: Some(Generation(2)) };
    assert_eq!(Err(fault), line.sides[A].chain.append(&late));
}

#[test]
fn a_wrong_previous_head_is_refused() {
    let mut line = line();
    let end = line.sides[A].log().head();
    let before = line.sides[A].chain.clone();
    let missing = Err(GenerationFault::PreviousMissing { generation: Generation(2) });
    assert_eq!(missing, begin(&mut line, None));
    assert_eq!(missing, begin(&mut line, Some(Head { generation: Generation(2), ..end })));
    let shorter = line.sides[A].log().head_at(2).unwrap();
    assert_eq!(Err(GenerationFault::Disowns { named: 2, held: 3 }), begin(&mut line, Some(shorter)));
    let longer = Head { size: 4, ..end };
    assert_eq!(Err(GenerationFault::Incomplete { named: 4, held: 3 }), begin(&mut line, Some(longer)));
    let other = Head { root: Root::new([1; 32]), ..end };
    assert_eq!(Err(GenerationFault::RootDiffers { size: 3 }), begin(&mut line, Some(other)));
    assert_eq!(before, line.sides[A].chain);
}

#[test]
fn each_generation_is_greater_than_the_one_before_by_any_step() {
    let mut line = line();
    let end = line.sides[A].log().head();
    line.sides[A].certify_as(0, Generation::FIRST.after(777));
    assert_eq!(Ok(Generation(779)), begin(&mut line, Some(end)).map(|head| head.generation));
    let end = line.sides[A].log().head();
    let last = Generation(779);
    for found in [Generation(1), Generation(2), Generation(778), last] {
        line.sides[A].certify_as(0, found);
        assert_eq!(Err(GenerationFault::NotGreater { found, last }), begin(&mut line, Some(end)));
    }
    line.sides[A].certify_as(0, Generation(u32::MAX));
    assert_eq!(Ok(Generation(u32::MAX)), begin(&mut line, Some(end)).map(|head| head.generation));
    let theirs = reopen(&line.sides[B], &line.sides[B].entries[0]);
    assert_eq!(Err(GenerationFault::OtherLog), line.sides[A].chain.begin(&theirs));
}

#[test]
fn the_first_generation_is_1() {
    for found in [Generation(2), Generation(u32::MAX)] {
        let mut line = Line::new(8);
        line.sides[A].certify_as(0, found);
        let entry = line.opening(A, None);
        let opening = reopen(&line.sides[A], &entry);
        let mut chain = GenerationChain::new(LINE, line.sides[A].party(), line.sides[B].party());
        assert_eq!(Err(GenerationFault::NotFirst { found }), chain.begin(&opening));
    }
}

#[test]
fn a_first_generation_that_stayed_empty_is_named_as_such() {
    let mut line = Line::new(8);
    line.sides[A].certify_as(0, Generation(70));
    let empty = Head { generation: Generation::FIRST, size: 0, root: EMPTY_ROOT };
    let mut begin = |previous| {
        let opening = line.opening(A, Some(previous));
        let opening = reopen(&line.sides[A], &opening);
        GenerationChain::new(LINE, line.sides[A].party(), line.sides[B].party()).begin(&opening)
    };
    assert_eq!(Ok(Generation(70)), begin(empty).map(|head| head.generation));
    let found = Err(GenerationFault::NotFirst { found: Generation(70) });
    let others =
        [Head { generation: Generation(2), ..empty }, Head { size: 1, ..empty }, Head { root: Root::new([1; 32]), ..empty }];
    for other in others {
        assert_eq!(found, begin(other).map(|head| head.generation));
    }
}

#[test]
fn the_first_generation_names_no_other() {
    let mut line = Line::new(7);
    let head = line.sides[A].log().head();
    let entry = line.opening(A, Some(head));
    let opening = reopen(&line.sides[A], &entry);
    let mut chain = GenerationChain::new(LINE, line.sides[A].party(), line.sides[B].party());
    let fault = GenerationFault::PreviousMissing { generation: Generation::FIRST };
    assert_eq!(Err(fault), chain.begin(&opening));
    let mut chain = GenerationChain::new(LINE, line.sides[A].party(), PartyId::new([1; 32]));
    assert_eq!(Err(GenerationFault::ThirdParty), chain.begin(&opening));
}

#[test]
fn a_revocation_disputes_later_entries_and_removes_none() {
    let mut line = line();
    let a = &mut line.sides[A];
    let revoke = |key: &KeyPair, from| sign_revocation(&Ed25519, key, LINE, Generation::FIRST, from);
    let (good, forged) = (revoke(&a.party_key, 2), revoke(&a.identity().log_key, 0));
    let fault = GenerationFault::Revocation { generation: Generation::FIRST };
    assert_eq!(Err(fault), a.chain.revoke(&Ed25519, &forged));
    assert!(!a.chain.life(Generation::FIRST).unwrap().is_disputed(2));
    a.chain.revoke(&Ed25519, &good).unwrap();
    a.chain.revoke(&Ed25519, &revoke(&a.party_key, 3)).unwrap();
    let life = a.chain.life(Generation::FIRST).unwrap();
    assert_eq!([false, false, true, true], [0, 1, 2, 3].map(|index| life.is_disputed(index)));
    assert_eq!(3, life.log().size());
    let unknown = sign_revocation(&Ed25519, &a.party_key, LINE, Generation(9), 0);
    let fault = GenerationFault::Revocation { generation: Generation(9) };
    assert_eq!(Err(fault), a.chain.revoke(&Ed25519, &unknown));
}

#[test]
fn only_the_party_key_opens_a_generation() {
    let mut line = line();
    let one = line.sides[A].entries[1].clone();
    assert_eq!(Err(OpeningFault::NotAnOpening), open(&line, A, Generation::FIRST, &one));
    let first = line.sides[A].entries[0].clone();
    assert!(open(&line, A, Generation::FIRST, &first).is_ok());
    assert_eq!(Err(OpeningFault::OtherLog), open(&line, A, Generation(2), &first));
    assert_eq!(Err(OpeningFault::OtherLog), open(&line, B, Generation::FIRST, &first));
    let end = line.sides[A].chain.open().unwrap().log().head();
    let second = line.opening(A, Some(end));
    let mixed =
        Opening::open(&Ed25519, LINE, line.sides[A].party(), Generation::FIRST, second.leaf().bytes(), first.body_bytes());
    assert!(matches!(mixed, Err(OpeningFault::Envelope(_))), "{mixed:?}");
}

#[test]
fn an_opening_certifies_the_other_side_of_the_same_line() {
    let mut line = Line::new(6);
    let b = &line.sides[B];
    let elsewhere = LineId::new([8; 32]);
    let keys = b.identity().certificate.keys();
    let of_another_line = Certificate::sign(&Ed25519, &b.party_key, elsewhere, Generation::FIRST, &keys).unwrap();
    let of_itself = line.sides[A].identity().certificate.clone();
    for other in [of_another_line, of_itself] {
        let entry = line.opening_with(A, &other, None);
        assert_eq!(Err(OpeningFault::ThirdParty), open(&line, A, Generation::FIRST, &entry));
    }
}

#[test]
fn an_opening_with_any_flipped_bit_is_refused() {
    let line = line();
    let first = &line.sides[A].entries[0];
    let party = line.sides[A].party();
    let open = |leaf: &[u8], body: &[u8]| Opening::open(&Ed25519, LINE, party, Generation::FIRST, leaf, body).is_ok();
    let (leaf, body) = (first.leaf().bytes().to_vec(), first.body_bytes().to_vec());
    assert!(open(&leaf, &body));
    for (at, bit) in (0..leaf.len()).zip((0..8).cycle()) {
        let mut flipped = leaf.clone();
        flipped[at] ^= 1 << bit;
        assert!(!open(&flipped, &body), "leaf byte {at}");
    }
    for (at, bit) in (0..body.len()).zip((0..8).cycle()) {
        let mut flipped = body.clone();
        flipped[at] ^= 1 << bit;
        assert!(!open(&leaf, &flipped), "body byte {at}");
    }
}
