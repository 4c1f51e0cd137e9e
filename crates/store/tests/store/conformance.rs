//! What every store must do, held against each of them.

mod model;
#[macro_use]
mod suite;

use detente_store::{Memory, Options, Sqlite};

use self::suite::Subject;

/// A store in memory, and what its disk holds between two lives.
#[derive(Default)]
struct InMemory {
    disk: Memory,
}

impl Subject for InMemory {
    type Store = Memory;

    fn start(&mut self) -> Memory {
        self.disk.clone()
    }

    fn crash(&mut self, mut store: Memory) -> Memory {
        store.restart();
        store
    }
}

/// A directory with a journal in it.
struct OnDisk {
    directory: tempfile::TempDir,
}

impl Default for OnDisk {
    fn default() -> Self {
        let directory = tempfile::tempdir().expect("a directory for the test");
        Sqlite::create(directory.path()).expect("a new journal");
        Self { directory }
    }
}

impl Subject for OnDisk {
    type Store = Sqlite;

    fn start(&mut self) -> Sqlite {
        // A small reserve: writing it is most of what opening costs.
        let options = Options { reserve_bytes: 1 << 16, ..Options::default() };
        Sqlite::open(self.directory.path(), options).expect("the journal opens")
    }

    fn crash(&mut self, store: Sqlite) -> Sqlite {
        drop(store);
        self.start()
    }
}

conformance!(memory, InMemory);
conformance!(sqlite, OnDisk);
