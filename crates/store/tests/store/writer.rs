//! The writing thread.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Condvar, Mutex};

use detente_node::port::{Batch, Entries, Store, StoreFault, Write};
use detente_store::{Ending, GroupStore, Memory, Options, Outcome, Room, Sqlite, Writer};
use detente_types::{Generation, Index, LineId, PartyId};

use crate::rows::{all, batch, book, urgent};

fn start<S: GroupStore + Send + 'static>(store: S) -> (Writer<u64>, Receiver<Outcome<u64>>) {
    let (tell, answers) = channel();
    let writer = Writer::start(store, move |outcome| tell.send(outcome).unwrap()).unwrap();
    (writer, answers)
}

#[test]
fn answers_come_in_order_and_everything_is_there() {
    let directory = tempfile::tempdir().unwrap();
    Sqlite::create(directory.path()).unwrap();
    let options = Options { reserve_bytes: 0, log_bytes: 0, ..Options::default() };
    let (writer, answers) = start(Sqlite::open(directory.path(), options).unwrap());
    for number in 0..2000 {
        writer.submit(number, batch([book(number, &[3; 500])])).unwrap();
    }
    for number in 0..2000 {
        assert_eq!(answers.recv().unwrap(), Outcome::Persisted(number));
    }
    writer.stop().unwrap();
    let mut store = Sqlite::open(directory.path(), options).unwrap();
    assert_eq!(all(&mut store).len(), 2000);
}

#[test]
fn what_is_queued_at_the_end_is_still_written() {
    let directory = tempfile::tempdir().unwrap();
    Sqlite::create(directory.path()).unwrap();
    let options = Options { reserve_bytes: 0, log_bytes: 0, ..Options::default() };
    let (writer, answers) = start(Sqlite::open(directory.path(), options).unwrap());
    for number in 0..500 {
        writer.submit(number, batch([book(number, b"late")])).unwrap();
    }
    drop(writer);
    assert_eq!(answers.iter().count(), 500);
    assert_eq!(all(&mut Sqlite::open(directory.path(), options).unwrap()).len(), 500);
}

#[test]
fn a_batch_refused_for_itself_leaves_the_thread_at_work() {
    let (writer, answers) = start(Memory::new());
    writer.submit(0, batch([book(0, b"a")])).unwrap();
    writer.submit(1, batch([book(0, b"b")])).unwrap();
    writer.submit(2, batch([book(1, b"c")])).unwrap();
    writer.stop().unwrap();
    let differs = StoreFault::Differs { key: "book 0".into() };
    let expected = [Outcome::Persisted(0), Outcome::Refused(1, differs), Outcome::Persisted(2)];
    assert_eq!(answers.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn after_a_failed_disk_every_batch_is_refused() {
    let mut disk = Memory::new();
    disk.fail_at(1, Ending::Lost);
    let (writer, answers) = start(disk);
    let mut outcomes = Vec::new();
    for number in 0..4 {
        writer.submit(number, batch([book(number, b"")])).unwrap();
        outcomes.push(answers.recv().unwrap());
    }
    assert_eq!(outcomes[0], Outcome::Persisted(0));
    for (number, outcome) in (1..).zip(&outcomes[1..]) {
        assert!(matches!(outcome, Outcome::Refused(n, StoreFault::Failed { .. }) if *n == number), "{outcome:?}");
    }
    assert!(matches!(writer.stop(), Err(StoreFault::Failed { .. })));
}

#[test]
fn the_room_of_the_store_can_be_seen() {
    let mut disk = Memory::new();
    disk.limit(Some((10, 10)));
    let (writer, answers) = start(disk);
    assert_eq!(writer.room(), Room::Ample);
    let commit = |number, batch| {
        writer.submit(number, batch).unwrap();
        matches!(answers.recv().unwrap(), Outcome::Persisted(_))
    };
    assert!(commit(0, batch([book(0, &[0; 10])])));
    assert!(!commit(1, batch([book(1, &[0; 1])])));
    assert_eq!(writer.room(), Room::ReserveOnly);
    assert!(commit(2, urgent([book(1, &[0; 1])])));
    assert!(!commit(3, urgent([book(2, &[0; 10])])));
    assert_eq!(writer.room(), Room::None);
}

/// A store that takes a group only when told, and notes how large it was.
struct Gated {
    store: Memory,
    gate: Arc<(Mutex<bool>, Condvar)>,
    groups: Arc<Mutex<Vec<usize>>>,
}

impl Entries for Gated {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        self.store.entries(line, author, generation, from, limit)
    }
}

impl Store for Gated {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreFault> {
        self.store.commit(batch)
    }

    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.store.replay(take)
    }
}

impl GroupStore for Gated {
    fn commit_group(&mut self, batches: &[&Batch]) -> Vec<Result<(), StoreFault>> {
        self.groups.lock().unwrap().push(batches.len());
        let (open, changed) = &*self.gate;
        drop(changed.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
        self.store.commit_group(batches)
    }

    fn room(&self) -> Room {
        self.store.room()
    }

    fn rest(&mut self) -> Result<(), StoreFault> {
        self.store.rest()
    }

    fn close(self) -> Result<(), StoreFault> {
        self.store.close()
    }
}

/// What arrives while the disk works makes one group, up to the limits.
#[test]
fn batches_that_wait_are_written_together() {
    let gate = Arc::new((Mutex::new(false), Condvar::new()));
    let groups = Arc::new(Mutex::new(Vec::new()));
    let store = Gated { store: Memory::new(), gate: Arc::clone(&gate), groups: Arc::clone(&groups) };
    let (writer, answers) = start(store);
    writer.submit(0, batch([book(0, b"")])).unwrap();
    while groups.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    for number in 1..=600 {
        writer.submit(number, batch([book(number, b"")])).unwrap();
    }
    // Two of the last three are heavy: together over the limit of bytes, so the third waits.
    for number in 601..=603 {
        writer.submit(number, batch([book(number, &[0; 3 << 20])])).unwrap();
    }
    *gate.0.lock().unwrap() = true;
    gate.1.notify_all();
    writer.stop().unwrap();
    assert_eq!(*groups.lock().unwrap(), [1, 512, 90, 1]);
    assert_eq!(answers.iter().collect::<Vec<_>>(), (0..=603).map(Outcome::Persisted).collect::<Vec<_>>());
}
