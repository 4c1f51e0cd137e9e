//! Disks without room (PROTOCOL F3). SQLite's own page limit stands for the disk's end, so that it comes at a known row.

use detente_node::port::{Store, StoreFault};
use detente_store::{Ending, GroupStore, Memory, Options, Room, Sqlite};

use crate::rows::{all, batch, book, urgent};

/// About this many pages fit before the disk counts as full, and a quarter of a MiB of reserve behind them.
const OPTIONS: Options = Options { reserve_bytes: 256 << 10, pages_max: Some(40), log_bytes: 0 };

fn sqlite(options: Options) -> (tempfile::TempDir, Sqlite) {
    let directory = tempfile::tempdir().unwrap();
    Sqlite::create(directory.path()).unwrap();
    let store = Sqlite::open(directory.path(), options).unwrap();
    (directory, store)
}

/// Commits until the store is full; gives the number that was refused.
fn fill(store: &mut impl GroupStore, first: u64) -> u64 {
    for number in first.. {
        match store.commit(&batch([book(number, &[1; 3000])])) {
            Ok(()) => {}
            Err(StoreFault::Full { .. }) => return number,
            Err(other) => panic!("{other}"),
        }
    }
    unreachable!()
}

#[test]
fn a_full_disk_takes_what_may_use_the_reserve_and_nothing_else() {
    let (directory, mut store) = sqlite(OPTIONS);
    assert_eq!(store.room(), Room::Ample);
    let next = fill(&mut store, 0);
    assert_eq!(store.room(), Room::ReserveOnly);
    let small = store.commit(&batch([book(next, b"tiny, and still not taken")]));
    assert!(matches!(small, Err(StoreFault::Full { .. })), "{small:?}");
    let group = [batch([book(next, b"no")]), urgent([book(next, b"yes")]), batch([book(next + 1, b"no")])];
    let answers = store.commit_group(&group.iter().collect::<Vec<_>>());
    assert!(matches!(&answers[..], [Err(StoreFault::Full { .. }), Ok(()), Err(StoreFault::Full { .. })]), "{answers:?}");
    assert_eq!(store.room(), Room::ReserveOnly);
    assert_eq!(all(&mut store).len() as u64, next + 1, "reading goes on");
    drop(store);
    let mut store = Sqlite::open(directory.path(), OPTIONS).unwrap();
    assert_eq!(all(&mut store).len() as u64, next + 1, "and nothing acknowledged is lost");
}

#[test]
fn the_reserve_ends_too_and_then_nothing_is_taken() {
    let (_directory, mut store) = sqlite(OPTIONS);
    let first = fill(&mut store, 0);
    let refused = (first..).find(|number| store.commit(&urgent([book(*number, &[2; 3000])])).is_err()).unwrap();
    assert_eq!(store.room(), Room::None);
    let taken = refused - first;
    assert!((60..=90).contains(&taken), "64 pages of reserve took {taken} rows of most of a page");
    assert_eq!(all(&mut store).len() as u64, refused, "reading goes on");
    assert!(matches!(store.commit(&batch([])), Err(StoreFault::Full { .. })));
}

#[test]
fn work_goes_on_by_itself_when_space_returns() {
    let (_directory, mut store) = sqlite(OPTIONS);
    let next = fill(&mut store, 0);
    store.commit(&urgent([book(next, &[2; 3000])])).unwrap();
    store.rest().unwrap();
    assert_eq!(store.room(), Room::ReserveOnly, "nothing changed on the disk");
    store.set_pages_max(Some(1000)).unwrap();
    store.rest().unwrap();
    assert_eq!(store.room(), Room::Ample, "found without any batch");
    store.commit(&batch([book(next + 1, &[1; 3000])])).unwrap();
    fill(&mut store, next + 2);
    assert_eq!(store.room(), Room::ReserveOnly);
    store.set_pages_max(None).unwrap();
    let rows = all(&mut store).len() as u64;
    store.commit(&batch([book(rows, b"the batch itself finds the space")])).unwrap();
    assert_eq!(store.room(), Room::Ample);
}

#[test]
fn the_reserve_on_disk_shrinks_when_used_and_is_filled_again() {
    let (directory, mut store) = sqlite(OPTIONS);
    let reserve = || std::fs::metadata(directory.path().join("reserve")).unwrap().len();
    assert_eq!(reserve(), 256 << 10);
    let next = fill(&mut store, 0);
    assert_eq!(reserve(), 256 << 10, "ordinary work never touches it");
    store.commit(&urgent([book(next, &[2; 3000])])).unwrap();
    assert_eq!(reserve(), 0);
    store.set_pages_max(None).unwrap();
    store.rest().unwrap();
    assert_eq!(reserve(), 256 << 10);
}

#[test]
fn memory_has_the_same_room() {
    let mut store = Memory::new();
    store.limit(Some((30_000, 9_000)));
    let next = fill(&mut store, 0);
    assert_eq!((next, store.room()), (10, Room::ReserveOnly));
    store.commit(&urgent([book(10, &[2; 9000])])).unwrap();
    assert!(matches!(store.commit(&urgent([book(11, b"x")])), Err(StoreFault::Full { .. })));
    assert_eq!(store.room(), Room::None);
    store.limit(Some((60_000, 9_000)));
    store.rest().unwrap();
    assert_eq!(store.room(), Room::Ample);
    store.commit(&batch([book(11, b"x")])).unwrap();
}

#[test]
fn a_failed_commit_in_memory_ends_both_ways() {
    for (ending, rows_after) in [(Ending::Lost, 1), (Ending::Saved, 2)] {
        let mut store = Memory::new();
        store.fail_at(1, ending);
        store.commit(&batch([book(0, b"a")])).unwrap();
        assert!(matches!(store.commit(&batch([book(1, b"b")])), Err(StoreFault::Failed { .. })));
        assert!(matches!(store.commit(&batch([book(1, b"b")])), Err(StoreFault::Failed { .. })), "dead until a restart");
        assert!(store.rest().is_err());
        store.restart();
        assert_eq!(all(&mut store).len(), rows_after);
        store.commit(&batch([book(1, b"b")])).unwrap();
        assert_eq!(store.commits(), 3, "the one refused by a dead disk is none");
    }
}
