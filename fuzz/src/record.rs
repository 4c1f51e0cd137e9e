//! Decoders of `record`.

use detente_record::{ForkEvidence, Release};
use detente_testkit::MockScheme;

/// Fork evidence.
pub(crate) fn evidence(data: &[u8]) {
    let Ok(evidence) = ForkEvidence::open(&MockScheme, data) else { return };
    assert_eq!(evidence.encode(), data, "one contradiction, one form");
    assert!(!evidence.describe().is_empty());
}

/// A release.
pub(crate) fn release(data: &[u8]) {
    let Ok(release) = Release::open(&MockScheme, data) else { return };
    assert_eq!(release.encode(), data, "one content, one form");
}
