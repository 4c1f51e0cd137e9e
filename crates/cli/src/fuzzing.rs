//! Bodies of the fuzz targets: each takes any bytes and panics if a decoder breaks a promise.

use detente_types::TermsIn;

/// What a peer says while pairing, and the text of an invite; the first byte picks which.
pub fn pairing(data: &[u8]) {
    crate::pairing::fuzz(data);
}

/// Seeds of [`pairing`], by name.
pub fn pairing_seeds(terms: TermsIn) -> Vec<(&'static str, Vec<u8>)> {
    crate::pairing::fuzz_seeds(terms)
}

/// An exported record as one text: the manifest on the first line, then entries and notes.
pub fn exported_record(data: &[u8]) {
    crate::verbs::fuzz_record(data);
}

/// What whoever is at the other end of a match's socket sends.
pub fn match_wire(data: &[u8]) {
    crate::matching::wire::fuzz(data);
}

/// A seed of [`match_wire`].
pub fn match_wire_seed() -> Vec<u8> {
    crate::matching::wire::fuzz_seed()
}

/// A file of cells.
pub fn match_cells(data: &[u8]) {
    crate::verbs::fuzz_cells(data);
}
