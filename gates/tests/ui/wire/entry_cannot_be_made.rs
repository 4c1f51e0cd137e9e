//! Neither an entry nor its leaf can be put together from parts.
use detente_wire::{Body, Entry, Leaf, LeafFields};

fn entry(leaf: Leaf, body: Body) -> Entry {
    Entry { leaf, body, body_bytes: Vec::new() }
}

fn leaf(fields: LeafFields) -> Leaf {
    Leaf { fields, bytes: [0; 227], hash: detente_types::EntryHash::new([0; 32]) }
}

fn main() {}
