//! What passed a gate cannot be changed behind it.
use detente_types::Notice;
use detente_wire::{Entry, Valid, Verified};

fn swap_notice(valid: &mut Valid<Notice>, other: Notice) {
    **valid = other;
}

fn swap_entry(verified: &mut Verified<Entry>, other: Entry) {
    **verified = other;
}

fn main() {}
