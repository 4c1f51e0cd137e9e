//! The envelope gate: nothing but the entry as its author sealed it, at its place, gets through.

use detente_testkit::notices::notice;
use detente_testkit::{Author, MockScheme, Parties, parties};
use detente_types::statement::StatementIn;
use detente_types::{Generation, LineId, NoticeKind, PartyId};
use detente_wire::body::BodyFault;
use detente_wire::entry::{EnvelopeFault, unpack};
use detente_wire::leaf::{LEAF_BYTES, LeafFault};
use detente_wire::{Ed25519, Entry, Place, Scheme, Verified, open_entry};

fn sealed(scheme: &dyn Scheme, parties: &Parties) -> (Place, Verified<Entry>) {
    let mut author = Author::new(scheme, &parties.low, 1);
    author.say(&StatementIn::GenerationOpen(parties.opening(scheme, &detente_testkit::terms(), None)));
    (author.next_place(), author.say(&StatementIn::Notice(notice(NoticeKind::Text))))
}

#[test]
fn every_flipped_bit_of_a_packed_entry_is_refused() {
    let parties = parties(&MockScheme, 1);
    let (place, entry) = sealed(&MockScheme, &parties);
    let packed = entry.packed();
    for bit in 0..packed.len() * 8 {
        let mut flipped = packed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let opened = unpack(&flipped).and_then(|(leaf, body)| open_entry(&MockScheme, &place, leaf, body));
        assert!(opened.is_err(), "bit {bit}");
    }
}

#[test]
fn every_flipped_bit_of_a_real_signature_and_what_it_covers_is_refused() {
    let parties = parties(&Ed25519, 1);
    let (place, entry) = sealed(&Ed25519, &parties);
    for bit in 0..LEAF_BYTES * 8 {
        let mut leaf = *entry.leaf().bytes();
        leaf[bit / 8] ^= 1 << (bit % 8);
        let refused = open_entry(&Ed25519, &place, &leaf, entry.body_bytes()).expect_err("a flipped bit");
        let format_or_flags = bit < 16 || (bit / 8 == 130 && bit % 8 != 0);
        let signature = EnvelopeFault::Leaf(LeafFault::Signature);
        assert_eq!(refused == signature, !format_or_flags, "bit {bit}: {refused}");
    }
}

#[test]
fn every_shortened_or_lengthened_entry_is_refused() {
    let parties = parties(&MockScheme, 1);
    let (place, entry) = sealed(&MockScheme, &parties);
    let (leaf, body) = (entry.leaf().bytes().as_slice(), entry.body_bytes());
    for length in 0..leaf.len() {
        let fault = EnvelopeFault::Leaf(LeafFault::Length { found: length });
        assert_eq!(open_entry(&MockScheme, &place, &leaf[..length], body), Err(fault));
    }
    for length in 0..body.len() {
        let refused = open_entry(&MockScheme, &place, leaf, &body[..length]);
        assert_eq!(refused, Err(EnvelopeFault::Body { index: 1, fault: BodyFault::NotCanonical }), "{length} bytes");
    }
    assert!(open_entry(&MockScheme, &place, &[leaf, &[0]].concat(), body).is_err());
    assert!(open_entry(&MockScheme, &place, leaf, &[body, &[0]].concat()).is_err());
}

#[test]
fn an_entry_of_another_place_is_refused_with_that_place() {
    let parties = parties(&MockScheme, 1);
    let (place, entry) = sealed(&MockScheme, &parties);
    let open = |place: Place| open_entry(&MockScheme, &place, entry.leaf().bytes(), entry.body_bytes());
    let (line, author) = (place.line, place.author);
    assert_eq!(open(Place { line: LineId::new([1; 32]), ..place }), Err(EnvelopeFault::Line { found: line }));
    assert_eq!(open(Place { author: PartyId::new([1; 32]), ..place }), Err(EnvelopeFault::Author { found: author }));
    let later = Place { generation: Generation(2), ..place };
    assert_eq!(open(later), Err(EnvelopeFault::Generation { found: Generation(1), expected: Generation(2) }));
    assert_eq!(open(Place { index: Some(2), ..place }), Err(EnvelopeFault::Index { found: 1, expected: 2 }));
    let key = parties.high.log.public();
    assert_eq!(open(Place { log_key: key, ..place }), Err(EnvelopeFault::Leaf(LeafFault::Signature)));
    assert_eq!(open(Place { index: None, ..place }), Ok(entry.clone()));
    assert_eq!(open(place), Ok(entry));
}

#[test]
fn another_body_under_the_leaf_is_refused() {
    let parties = parties(&MockScheme, 1);
    let (place, entry) = sealed(&MockScheme, &parties);
    let mut other = Author::new(&MockScheme, &parties.low, 2);
    let same_words = other.say(&StatementIn::Notice(notice(NoticeKind::Text)));
    let refused = open_entry(&MockScheme, &place, entry.leaf().bytes(), same_words.body_bytes());
    assert_eq!(refused, Err(EnvelopeFault::Commitment { index: 1 }), "equal words with other salts are another body");
    let withheld = open_entry(&MockScheme, &place, entry.leaf().bytes(), &[]).unwrap_err();
    assert!(withheld.to_string().starts_with("body withheld at 1"), "{withheld}");
}

#[test]
fn leaves_of_later_formats_are_named_as_such() {
    let parties = parties(&MockScheme, 1);
    let (place, entry) = sealed(&MockScheme, &parties);
    let open = |spoil: fn(&mut [u8; LEAF_BYTES])| {
        let mut leaf = *entry.leaf().bytes();
        spoil(&mut leaf);
        open_entry(&MockScheme, &place, &leaf, entry.body_bytes())
    };
    assert_eq!(open(|leaf| leaf[1] = 2), Err(EnvelopeFault::Leaf(LeafFault::Format { found: 2 })));
    assert_eq!(open(|leaf| leaf[130] = 2), Err(EnvelopeFault::Leaf(LeafFault::Flags { found: 2 })));
}
