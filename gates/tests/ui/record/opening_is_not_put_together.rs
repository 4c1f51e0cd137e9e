//! An opening of a generation exists only when both certificates and the entry were checked.
use detente_record::Opening;
use detente_wire::{Certificate, Entry, Verified};

fn forge(entry: Verified<Entry>, own: Verified<Certificate>, other: Verified<Certificate>) -> Opening {
    Opening { entry, own, other, previous: None }
}

fn main() {}
