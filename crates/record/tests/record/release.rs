//! Releases: what they show, what they hide, and that nothing in them can be changed.

use detente_record::Release;
use std::sync::LazyLock;

use detente_record::release::{Content, Part, RELEASE_BYTES_MAX, ReleaseFault, ReleaseRefusal};
use detente_types::Root;
use detente_wire::codec::encode;
use detente_wire::{Certificate, Ed25519, Verified};
use proptest::prelude::*;

use crate::line::{A, B, LINE, Line, SLOT_TEXT, Side, at, cases};

/// A line on which both said four things.
fn line() -> Line {
    let mut line = Line::new(11);
    for i in 1..5 {
        line.say(A, &format!("A says {i}"));
        line.say(B, &format!("B says {i}"));
    }
    line
}

fn certificate(side: &Side) -> Verified<Certificate> {
    side.identity().certificate.clone()
}

/// An empty part over `author`'s log at `size`.
fn part(line: &Line, author: usize, size: u64) -> Part {
    let (a, b) = (&line.sides[author], &line.sides[1 - author]);
    let signed = a.checkpoint(size);
    let cosignature = b.cosign(&signed, 100);
    Part::new(certificate(a), certificate(b), signed, cosignature).unwrap()
}

/// One whole entry and one slot of another of A's, one whole entry of B's.
fn release(line: &Line) -> Release {
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let (mut of_a, mut of_b) = (part(line, A, 4), part(line, B, 5));
    of_a.release_whole(a.log(), a.entry(2)).unwrap();
    of_a.release_slots(a.log(), a.entry(1), [SLOT_TEXT, 9]).unwrap();
    of_b.release_whole(b.log(), b.entry(4)).unwrap();
    Release::new(vec![of_a, of_b])
}

fn text(words: &str) -> Vec<u8> {
    encode(&words)
}

#[test]
fn an_outsider_reads_what_was_chosen() {
    let line = line();
    let release = release(&line);
    let opened = Release::open(&Ed25519, &release.encode()).unwrap();
    assert_eq!(release, opened);
    let [of_a, of_b] = opened.parts() else { panic!("two parts") };
    assert_eq!((LINE, line.sides[A].party(), line.sides[B].party()), (of_a.line(), of_a.author(), of_a.holder()));
    assert_eq!((4, at(100)), (of_a.checkpoint().size(), of_a.held_by()));
    let entries: Vec<_> = of_a.entries().collect();
    assert_eq!(2, entries.len());
    assert_eq!((1, 2), (entries[0].leaf().fields().index, entries[1].leaf().fields().index));
    assert_eq!(Some(&text("A says 1")[..]), entries[0].content().value(SLOT_TEXT));
    assert_eq!(Some(&text("A says 2")[..]), entries[1].content().value(SLOT_TEXT));
    let last = of_b.entries().next().unwrap();
    assert_eq!(Some(&text("B says 4")[..]), last.content().value(SLOT_TEXT));
}

#[test]
fn closed_slots_and_other_entries_are_not_in_the_bytes() {
    let line = line();
    let bytes = release(&line).encode();
    let shows = |words: &str| bytes.windows(words.len()).any(|w| w == words.as_bytes());
    assert!(shows("A says 1") && shows("A says 2") && shows("B says 4"));
    for hidden in ["A says 3", "A says 4", "B says 1", "B says 2", "B says 3"] {
        assert!(!shows(hidden), "{hidden}");
    }
    let opened = Release::open(&Ed25519, &bytes).unwrap();
    let one = opened.parts()[0].entries().next().unwrap();
    let Content::Slots(slots) = one.content() else { panic!("chosen slots") };
    let shown: Vec<_> = slots.slots().collect();
    assert_eq!(vec![(SLOT_TEXT, Some(&text("A says 1")[..])), (9, None)], shown);
    assert_eq!(None, one.content().value(0));
}

#[test]
fn only_what_the_checkpoint_covers_is_released() {
    let line = line();
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let mut of_a = part(&line, A, 3);
    assert!(matches!(of_a.release_whole(a.log(), a.entry(3)), Err(ReleaseRefusal::NotCovered(_))));
    assert_eq!(Err(ReleaseRefusal::OtherEntry { index: 2 }), of_a.release_whole(a.log(), b.entry(2)));
    assert_eq!(Err(ReleaseRefusal::OtherEntry { index: 2 }), of_a.release_whole(b.log(), b.entry(2)));
    assert_eq!(Ok(()), of_a.release_whole(a.log(), a.entry(2)));
}

#[test]
fn keys_and_signatures_must_belong_together() {
    let line = line();
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let signed = a.checkpoint(3);
    let make = |author: &Side, holder: &Side, cosignature| {
        Part::new(certificate(author), certificate(holder), signed.clone(), cosignature).map(drop)
    };
    let good = b.cosign(&signed, 1);
    assert_eq!(Ok(()), make(a, b, good.clone()));
    let refused = Err(ReleaseRefusal::OtherLog);
    assert_eq!(refused, make(b, a, good.clone()));
    assert_eq!(refused, make(a, a, good));
    assert_eq!(refused, make(a, b, a.cosign(&signed, 1)));
    assert_eq!(refused, make(a, b, b.cosign(&a.checkpoint(2), 1)));
    let mut forged = Part::new(certificate(a), certificate(b), a.sign_root(3, Root::new([1; 32])), {
        b.cosign(&a.sign_root(3, Root::new([1; 32])), 1)
    })
    .unwrap();
    assert_eq!(refused, forged.release_whole(a.log(), a.entry(2)));
}

#[test]
fn oversized_bytes_are_refused_before_they_are_read() {
    let fault = ReleaseFault::TooLarge { found: RELEASE_BYTES_MAX + 1 };
    assert_eq!(Err(fault), Release::open(&Ed25519, &vec![0; RELEASE_BYTES_MAX + 1]));
    assert_eq!(Err(ReleaseFault::Form), Release::open(&Ed25519, &[]));
}

#[test]
fn entries_in_another_order_are_refused() {
    let line = line();
    let (a, mut one, mut two) = (&line.sides[A], part(&line, A, 4), part(&line, A, 4));
    one.release_whole(a.log(), a.entry(1)).unwrap();
    two.release_whole(a.log(), a.entry(2)).unwrap();
    let encode = |part: &Part| Release::new(vec![part.clone()]).encode();
    // The head that both share ends with the array of one entry.
    let (one, two) = (encode(&one), encode(&two));
    let shared = one.iter().zip(&two).take_while(|(x, y)| x == y).count();
    let start = one[..shared].windows(2).rposition(|w| w == [0x03, 0x81]).unwrap() + 2;
    let both = |first: &[u8], second: &[u8]| [&first[..start - 1], &[0x82], &first[start..], &second[start..]].concat();
    assert!(Release::open(&Ed25519, &both(&one, &two)).is_ok());
    assert_eq!(Err(ReleaseFault::Form), Release::open(&Ed25519, &both(&two, &one)));
    assert_eq!(Err(ReleaseFault::Form), Release::open(&Ed25519, &both(&one, &one)));
}

#[test]
fn an_empty_release_proves_nothing_and_opens() {
    let empty = Release::new(Vec::new());
    assert_eq!(Ok(empty.clone()), Release::open(&Ed25519, &empty.encode()));
}

static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| release(&line()).encode());

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = GOOD.clone();
        let index = at.index(bytes.len());
        bytes[index] ^= 1 << bit;
        prop_assert!(Release::open(&Ed25519, &bytes).is_err(), "byte {index} of {}", bytes.len());
    }
}
