//! The law itself: who lives on which floor, who may import whom, and what no core may be built from.

use std::fmt;

/// A floor of the house, from the ground up. `Tool` stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// L0: nouns, units, encodings.
    Words,
    /// L1: one subject each, strangers to each other.
    Core,
    /// L2: one deterministic side.
    Side,
    /// L3: the only places with a runtime, files, sockets or SQL; strangers to each other.
    Hand,
    /// L4: what people and programs talk to.
    Edge,
    /// Tests and tools; may import all, imported by none.
    Tool,
}

/// Where each crate lives. Rooms that DESIGN names and nobody has built yet stand here already.
const HOUSE: &[(&str, Layer)] = &[
    ("detente-types", Layer::Words),
    ("detente-wire", Layer::Words),
    ("detente-space", Layer::Core),
    ("detente-record", Layer::Core),
    ("detente-blind", Layer::Core),
    ("detente-link", Layer::Core),
    ("detente-terms", Layer::Core),
    ("detente-settle", Layer::Core),
    ("detente-node", Layer::Side),
    ("detente-store", Layer::Hand),
    ("detente-net", Layer::Hand),
    ("detente-utm", Layer::Hand),
    ("detente-gateway", Layer::Hand),
    ("detente-api", Layer::Edge),
    ("detente", Layer::Edge),
    ("detente-sim", Layer::Tool),
    ("detente-testkit", Layer::Tool),
    ("detente-gates", Layer::Tool),
    ("detente-model", Layer::Tool),
    ("detente-fuzz", Layer::Tool),
    ("detente-benches", Layer::Tool),
    ("detente-e2e", Layer::Tool),
    ("xtask", Layer::Tool),
];

/// The only imports within one floor: (importer, imported).
const SIDEWAYS: &[(&str, &str)] = &[("detente-wire", "detente-types"), ("detente", "detente-api")];

const RUNTIME: &str = "an async runtime: cores are fed inputs and asked for effects";
const SOCKET: &str = "sockets: cores never talk to the network";
const RANDOM: &str = "randomness: it is an argument, as `rand_core` traits";
const CLOCK: &str = "a clock: time is an argument";
const FILES: &str = "files or a database: cores ask for persistence by an effect";
const MACHINE: &str = "facts of the machine: results must not depend on it";

/// Crates that no L0 to L2 crate may be built from, and why.
pub(super) const FORBIDDEN: &[(&str, &str)] = &[
    ("tokio", RUNTIME),
    ("async-std", RUNTIME),
    ("smol", RUNTIME),
    ("async-io", RUNTIME),
    ("mio", SOCKET),
    ("polling", SOCKET),
    ("socket2", SOCKET),
    ("hyper", SOCKET),
    ("reqwest", SOCKET),
    ("ureq", SOCKET),
    ("axum", SOCKET),
    ("rustls", SOCKET),
    ("native-tls", SOCKET),
    ("openssl", SOCKET),
    ("quinn", SOCKET),
    ("getrandom", RANDOM),
    ("rand", RANDOM),
    ("rand_chacha", RANDOM),
    ("fastrand", RANDOM),
    ("chrono", CLOCK),
    ("time", CLOCK),
    ("instant", CLOCK),
    ("web-time", CLOCK),
    ("quanta", CLOCK),
    ("coarsetime", CLOCK),
    ("rusqlite", FILES),
    ("libsqlite3-sys", FILES),
    ("sqlx", FILES),
    ("sqlx-core", FILES),
    ("tokio-postgres", FILES),
    ("redb", FILES),
    ("memmap2", FILES),
    ("tempfile", FILES),
    ("rustix", FILES),
    ("sysinfo", MACHINE),
    ("num_cpus", MACHINE),
    ("hostname", MACHINE),
];

impl Layer {
    /// Whether crates of this floor must be free of I/O, clocks and randomness.
    pub(crate) fn is_core(self) -> bool {
        self <= Layer::Side
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Words => "L0",
            Layer::Core => "L1",
            Layer::Side => "L2",
            Layer::Hand => "L3",
            Layer::Edge => "L4",
            Layer::Tool => "tool",
        })
    }
}

/// The floor of a package of the house; none for strangers and for crates that have no place yet.
pub(crate) fn layer_of(package: &str) -> Option<Layer> {
    HOUSE.iter().find(|(name, _)| *name == package).map(|&(_, layer)| layer)
}

/// Whether the one may import the other in what ships.
///
/// # Errors
/// The reason why not, in words that follow a colon.
pub(super) fn may_import(importer: (&str, Layer), imported: (&str, Layer)) -> Result<(), &'static str> {
    match (importer.1, imported.1) {
        (Layer::Tool, _) => Ok(()),
        (_, Layer::Tool) => Err("the product never imports tests or tools, except in [dev-dependencies]"),
        (above, below) if above > below => Ok(()),
        (one, other) if one < other => Err("imports go downward only"),
        _ if SIDEWAYS.contains(&(importer.0, imported.0)) => Ok(()),
        _ => Err("crates of one floor are strangers"),
    }
}
