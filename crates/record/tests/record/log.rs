//! Logs: appending, and roots, proofs and tiles against a recomputation from all leaves and another implementation.

use std::cell::RefCell;

use detente_record::{AppendFault, Log, OutOfRange};
use detente_types::{EntryHash, Generation, PartyId, Root};
use detente_wire::merkle::{self, EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;
use tlog_tiles::{Hash, HashReader, Tile};

use crate::line::{A, B, LINE, Line, cases, empty_head};

const AUTHOR: PartyId = PartyId::new([9; 32]);

fn leaves(count: u64) -> Vec<EntryHash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

fn log_of(leaves: &[EntryHash]) -> Log {
    Log::rebuild(LINE, AUTHOR, Generation::FIRST, leaves.iter().copied())
}

/// The other implementation's store: every hash of the tree at its own numbering.
#[derive(Default)]
struct Stored(RefCell<Vec<Hash>>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let stored = self.0.borrow();
        Ok(indexes.iter().map(|i| stored[*i as usize]).collect())
    }
}

impl Stored {
    fn of(leaves: &[EntryHash]) -> Self {
        let stored = Self::default();
        for (n, leaf) in (0..).zip(leaves) {
            let added = tlog_tiles::stored_hashes_for_record_hash(n, Hash(*leaf.as_bytes()), &stored).unwrap();
            stored.0.borrow_mut().extend(added);
        }
        stored
    }
}

#[test]
fn entries_are_appended_in_order_and_only_to_their_log() {
    let mut line = Line::new(1);
    line.say(A, "one");
    let mut copy = Log::new(LINE, line.sides[A].party(), Generation::FIRST);
    let entries = line.sides[A].entries.clone();
    assert_eq!(Err(AppendFault::NotNext { found: 1, expected: 0 }), copy.append(&entries[1]));
    assert_eq!(1, copy.append(&entries[0]).unwrap().size);
    assert_eq!(Err(AppendFault::NotNext { found: 0, expected: 1 }), copy.append(&entries[0]));
    assert_eq!(Err(AppendFault::OtherLog), copy.append(&line.sides[B].entries[0]));
    let mut later = Log::new(LINE, line.sides[A].party(), Generation(2));
    assert_eq!(Err(AppendFault::OtherLog), later.append(&entries[0]));
    assert_eq!(1, copy.size());
    copy.append(&entries[1]).unwrap();
    assert_eq!(line.sides[A].log(), &copy);
    assert_eq!(Some(entries[1].reference()), copy.reference(1));
    assert_eq!(None, copy.reference(2));
}

#[test]
fn an_empty_log_has_the_empty_head() {
    let log = log_of(&[]);
    assert_eq!(empty_head(), log.head());
    assert_eq!(Err(OutOfRange { asked: 0, size: 0 }), log.inclusion_proof(0, 0));
    assert_eq!(Ok(vec![]), log.consistency_proof(0, 0));
    assert!(log.tiles(0).is_empty());
}

#[test]
fn what_is_not_there_cannot_be_proved() {
    let log = log_of(&leaves(300));
    assert_eq!(None, log.root_at(301));
    assert_eq!(Err(OutOfRange { asked: 301, size: 300 }), log.inclusion_proof(3, 301));
    assert_eq!(Err(OutOfRange { asked: 7, size: 300 }), log.inclusion_proof(7, 7));
    assert_eq!(Err(OutOfRange { asked: 301, size: 300 }), log.consistency_proof(3, 301));
    assert_eq!(Err(OutOfRange { asked: 9, size: 300 }), log.consistency_proof(9, 3));
    assert!(log.tiles(301).is_empty());
}

#[test]
fn roots_hold_across_three_tile_levels() {
    let leaves = leaves(66_000);
    let log = log_of(&leaves);
    let stored = Stored::of(&leaves);
    for size in [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792, 65_999, 66_000] {
        let theirs = tlog_tiles::tree_hash(size, &stored).unwrap();
        assert_eq!(Some(Root::new(theirs.0)), log.root_at(size), "size {size}");
        let tiles = log.tiles(size);
        assert_eq!(size.div_ceil(256) as usize, tiles.iter().filter(|t| t.level() == 0).count());
    }
}

/// The example that the tlog-tiles specification works out.
#[test]
fn a_log_of_70_000_has_the_tiles_of_the_specification() {
    let log = log_of(&leaves(70_000));
    let tiles = log.tiles(70_000);
    let full = |level| tiles.iter().filter(|t| t.level() == level && t.width() == 256).count();
    let partial = |level| tiles.iter().find(|t| t.level() == level && t.width() < 256).map(|t| t.width());
    assert_eq!((273, Some(112)), (full(0), partial(0)));
    assert_eq!((1, Some(17)), (full(1), partial(1)));
    assert_eq!((0, Some(1)), (full(2), partial(2)));
}

#[test]
fn tile_paths_are_those_of_the_specification() {
    assert_eq!("tile/entries/x001/x234/067", detente_record::tile::bundle_path(1_234_067, 256));
    assert_eq!("tile/entries/000.p/7", detente_record::tile::bundle_path(0, 7));
}

#[test]
fn bundles_hold_each_leaf_behind_its_length() {
    let mut line = Line::new(2);
    line.say(A, "one");
    let leaves: Vec<_> = line.sides[A].entries.iter().map(|e| *e.leaf()).collect();
    let bundle = detente_record::tile::bundle(&leaves);
    assert_eq!(2 * (2 + 227), bundle.len());
    for (at, leaf) in [(0, &leaves[0]), (229, &leaves[1])] {
        assert_eq!([0, 227], bundle[at..at + 2]);
        assert_eq!(leaf.bytes()[..], bundle[at + 2..at + 229]);
        assert_eq!(line.sides[A].log().leaf_hash(leaf.fields().index), Some(leaf_hash(&bundle[at + 2..at + 229])));
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn roots_match_a_recomputation(count in 0_u64..900) {
        let leaves = leaves(count);
        let log = log_of(&leaves);
        for size in (0..=count).step_by(7).chain([count]) {
            prop_assert_eq!(Some(merkle::root(&leaves[..size as usize])), log.root_at(size));
        }
        prop_assert_eq!(log.root_at(0), Some(EMPTY_ROOT));
    }

    #[test]
    fn proofs_verify_and_match_another_implementation(
        (size, first, index) in (1_u64..900).prop_flat_map(|n| (Just(n), 1..=n, 0..n)),
        more in 0_u64..40,
    ) {
        let leaves = leaves(size + more);
        let log = log_of(&leaves);
        let stored = Stored::of(&leaves);
        let root = log.root_at(size).unwrap();

        let path = log.inclusion_proof(index, size).unwrap();
        prop_assert_eq!(Ok(()), verify_inclusion(&path, index, size, &leaves[index as usize], &root));
        let theirs = tlog_tiles::prove_record(size, index, &stored).unwrap();
        prop_assert_eq!(&path, &theirs.iter().map(|h| h.0).collect::<Vec<_>>());

        let path = log.consistency_proof(first, size).unwrap();
        let older = log.root_at(first).unwrap();
        prop_assert_eq!(Ok(()), verify_consistency(&path, first, size, &older, &root));
        if first < size {
            let theirs = tlog_tiles::prove_tree(size, first, &stored).unwrap();
            prop_assert_eq!(&path, &theirs.iter().map(|h| h.0).collect::<Vec<_>>());
        }
    }

    #[test]
    fn tiles_match_another_implementation(size in 1_u64..3_000, more in 0_u64..600) {
        let leaves = leaves(size + more);
        let (log, stored) = (log_of(&leaves), Stored::of(&leaves));
        for tile in log.tiles(size) {
            let theirs = Tile::new(8, tile.level(), tile.index(), tile.width() as u32, false);
            prop_assert_eq!(theirs.path(), tile.path().replacen("tile/", "tile/8/", 1));
            prop_assert_eq!(theirs.read_data(&stored).unwrap(), log.tile(&tile).unwrap());
        }
    }

    #[test]
    fn a_rebuilt_log_is_the_same_log(count in 0_u64..600, split in 0_u64..600) {
        let leaves = leaves(count);
        let whole = log_of(&leaves);
        let first = leaves[..split.min(count) as usize].iter().copied();
        let kept: Vec<_> = (0..count).filter_map(|i| whole.leaf_hash(i)).collect();
        prop_assert_eq!(&kept, &leaves);
        let part = Log::rebuild(LINE, AUTHOR, Generation::FIRST, first);
        prop_assert_eq!(part.head().root, whole.root_at(part.size()).unwrap());
        prop_assert_eq!(log_of(&kept), whole);
    }
}
