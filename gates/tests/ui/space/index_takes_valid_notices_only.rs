//! A notice that did not pass the meaning gate cannot move the map, nor be asked about.
use detente_space::{Asked, Index, Law, Separation, Side};
use detente_types::Notice;

fn insert(index: &mut Index<u64>, notice: &Notice) {
    index.insert(7, notice);
}

fn ask(notice: &Notice, separation: Separation, law: Law, side: Side) {
    let _ = Asked::new(notice, separation, law, side);
}

fn main() {}
