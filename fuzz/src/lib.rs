//! One function per decoder of foreign bytes. Each takes any bytes and panics when the decoder breaks a promise: it
//! accepts one form of each content, gives back what went in, and says the same twice.
//!
//! `tests/corpus.rs` replays `corpus/<target>/` and seeded mutations of it; `fuzz_targets/libfuzzer.rs` hands the same
//! functions to libFuzzer. Signatures are the test kit's mock ones, so that mutations get past them often.

mod blind;
mod files;
mod ground;
mod link;
mod record;
mod scene;
mod seeds;
mod wire;
mod words;

pub use seeds::{Seed, seeds};

/// A fuzz target: any bytes, no panic.
pub type Target = fn(&[u8]);

/// Every target by its name, which is that of its folder in `corpus/`.
pub const TARGETS: &[(&str, Target)] = &[
    ("api_bodies", detente_api::fuzz_bodies),
    ("blind_message", blind::message),
    ("blind_run", blind::run),
    ("body", wire::body),
    ("certificate", wire::certificate),
    ("checkpoint", wire::checkpoint),
    ("cosignature", wire::cosignature),
    ("deframer", detente_net::fuzzing::deframer),
    ("entry", wire::entry),
    ("evidence", record::evidence),
    ("exported_record", detente::fuzzing::exported_record),
    ("frame", wire::frame),
    ("frames_file", detente_net::fuzzing::frames_file),
    ("ground", ground::ground),
    ("knock", detente_net::fuzzing::knock),
    ("leaf", wire::leaf),
    ("link", link::link),
    ("match_cells", detente::fuzzing::match_cells),
    ("match_wire", detente::fuzzing::match_wire),
    ("note", wire::note),
    ("notices_file", files::notices),
    ("opening", wire::opening),
    ("pairing", detente::fuzzing::pairing),
    ("plans_csv", files::plans_csv),
    ("plans_f3548", files::plans_f3548),
    ("plans_geojson", files::plans_geojson),
    ("plans_kml", files::plans_kml),
    ("plans_notices", files::plans_notices),
    ("position", words::position),
    ("release", record::release),
    ("revocation", wire::revocation),
    ("slot_opening", wire::slot_opening),
    ("slots", wire::slots),
    ("statement", wire::statement),
    ("terms_cbor", words::terms_cbor),
    ("terms_toml", words::terms_toml),
    ("text", words::text),
    ("unpack", wire::unpack),
];

/// The target of a name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|&(_, target)| target)
}
