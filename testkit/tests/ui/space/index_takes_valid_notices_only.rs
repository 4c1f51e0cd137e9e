//! A notice that did not pass the meaning gate cannot move the map.
use detente_space::Index;
use detente_types::Notice;

fn insert(index: &mut Index<u64>, notice: &Notice) {
    index.insert(7, notice);
}

fn main() {}
