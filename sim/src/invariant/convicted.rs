//! Evidence: whom it convicts, and how much of it is kept.

use detente_record::ForkEvidence;
use detente_types::LineId;
use detente_wire::Scheme;

use super::{Check, ensure};
use crate::wire::Wire;

/// Checks a piece of evidence that an honest node beside a liar has kept.
pub(crate) fn check(scheme: &dyn Scheme, wire: &Wire, bytes: &[u8]) -> Check {
    let accused = ForkEvidence::open(scheme, bytes).map(|evidence| (evidence.line(), evidence.accused()));
    let liars: Vec<_> = wire.ends.iter().filter(|end| end.lies).map(|end| end.party).collect();
    let holds = accused.as_ref().is_ok_and(|(line, party): &(LineId, _)| *line == wire.line && liars.contains(party));
    evidence_convicts_the_liar(holds, || format!("{accused:?}"))
}

/// Whatever a liar shows or does, what an honest node keeps as evidence proves a fork, on this line, and of the liar
/// (PROTOCOL S3).
fn evidence_convicts_the_liar(holds: bool, accused: impl FnOnce() -> String) -> Check {
    ensure(holds, "evidence_convicts_the_liar", || format!("evidence is kept that accuses {}", accused()))
}
