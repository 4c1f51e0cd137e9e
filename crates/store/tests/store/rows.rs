//! Rows that tests write.
use detente_node::port::{Batch, NoteRole, Write};
use detente_types::{Generation, LineId, PartyId};

/// A line named by one byte.
pub(crate) fn line(name: u8) -> LineId {
    LineId::new([name; 32])
}

/// A party named by one byte.
pub(crate) fn party(name: u8) -> PartyId {
    PartyId::new([name; 32])
}

pub(crate) fn book(number: u64, bytes: &[u8]) -> Write {
    Write::Book { number, bytes: bytes.to_vec() }
}

pub(crate) fn entry(line_name: u8, author: u8, generation: u32, index: u64, body: &[u8]) -> Write {
    Write::Entry {
        line: line(line_name),
        author: party(author),
        generation: Generation(generation),
        index,
        leaf: vec![index.to_le_bytes()[0]; 200],
        body: body.to_vec(),
    }
}

pub(crate) fn early(line_name: u8, author: u8, generation: u32, index: u64, body: &[u8]) -> Write {
    Write::Early {
        line: line(line_name),
        author: party(author),
        generation: Generation(generation),
        index,
        leaf: vec![0xEA; 200],
        body: body.to_vec(),
    }
}

pub(crate) fn note(line_name: u8, author: u8, generation: u32, role: NoteRole, size: u64, bytes: &[u8]) -> Write {
    Write::Note {
        line: line(line_name),
        author: party(author),
        generation: Generation(generation),
        role,
        size,
        bytes: bytes.to_vec(),
    }
}

pub(crate) fn evidence(line_name: u8, number: u64, bytes: &[u8]) -> Write {
    Write::Evidence { line: line(line_name), number, bytes: bytes.to_vec() }
}

pub(crate) fn batch(writes: impl IntoIterator<Item = Write>) -> Batch {
    Batch { writes: writes.into_iter().collect(), reserve: false }
}

pub(crate) fn urgent(writes: impl IntoIterator<Item = Write>) -> Batch {
    Batch { reserve: true, ..batch(writes) }
}

/// All rows of a store, in the order of replay.
pub(crate) fn all(store: &mut impl detente_node::port::Store) -> Vec<Write> {
    let mut rows = Vec::new();
    store
        .replay(&mut |write| {
            rows.push(write);
            Ok(())
        })
        .expect("the store replays");
    rows
}

/// A number from a seed: SplitMix64, so that fixed seeds mean the same for ever.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// Whether the full counts are asked for.
pub(crate) fn soak() -> bool {
    std::env::var_os("DETENTE_SOAK").is_some()
}
