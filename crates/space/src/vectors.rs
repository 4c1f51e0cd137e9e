//! The vectors that a second implementation of law `conflict/1` is held against, in vectors/ at the root.
//!
//! Each test computes its file anew and compares it byte for byte. With `DETENTE_WRITE_VECTORS` set the
//! files are written instead: only when the law is new, for a law that is in use never changes (PROTOCOL C4).

mod cases;
mod cells;
mod format;
mod second;

use detente_types::height::Heights;
use detente_types::notice::{NoticeKind, Precision};
use serde::Serialize;

use crate::arc::Arc;
use crate::disclose::coarsen;
use crate::testing::at;
use crate::{geoid, law1, law2};
use format::{ArcVector, CoarsenVector, MeetVector, TimedVector, volume_json};

const MEETINGS: &str = include_str!("../../../vectors/conflict-1.json");
const ARCS: &str = include_str!("../../../vectors/conflict-1-arcs.json");
const SECOND: &str = include_str!("../../../vectors/conflict-2.json");
const DISCLOSED: &str = include_str!("../../../vectors/conflict-1-disclosed.json");

#[test]
fn meetings_are_as_published() {
    let vectors: Vec<MeetVector> = cases::meetings().iter().map(MeetVector::compute).collect();
    let found = vectors.iter().filter(|v| v.meeting.is_some()).count();
    assert!(vectors.len() >= 60 && found >= 30 && found <= vectors.len() - 15, "{found} of {}", vectors.len());
    let kinds: Vec<[&str; 2]> = NoticeKind::ALL
        .iter()
        .flat_map(|&a| NoticeKind::ALL.iter().map(move |&b| (a, b)))
        .filter(|&(a, b)| a <= b && law1::kinds_meet(a, b))
        .map(|(a, b)| [a.name(), b.name()])
        .collect();
    let text = document(&[("kinds that meet, in either order", lines(&kinds)), ("vectors", lines(&vectors))]);
    publish("conflict-1.json", MEETINGS, &text);
}

/// Under the second law: what moves, and other data. All vectors of the first are the second's as well.
#[test]
fn meetings_of_the_second_law_are_as_published() {
    let vectors: Vec<TimedVector> = second::meetings().iter().map(TimedVector::compute).collect();
    let found = vectors.iter().filter(|v| v.meeting.is_some()).count();
    assert!(vectors.len() >= 50 && found >= 25 && found <= vectors.len() - 10, "{found} of {}", vectors.len());
    let nodes: Vec<(usize, usize, i64)> =
        second::nodes().iter().map(|&(row, column)| (row, column, geoid::at_node(row, column))).collect();
    let text = document_of(law2::NAME, &[("nodes, row and column and cm", lines(&nodes)), ("vectors", lines(&vectors))]);
    publish("conflict-2.json", SECOND, &text);
    for (name, a, b, separation) in cases::meetings() {
        let heights = Heights::of(a.band.datum());
        if a.band.datum() == b.band.datum() {
            assert_eq!(law2::meet(&a, &b, &separation, &heights), law1::meet(&a, &b, &separation), "{name}");
        }
    }
}

/// Where a second implementation looks first when a distance differs.
#[test]
fn arcs_are_as_published() {
    let ends = [
        ((0.0, 0.0), (0.0, 10.0)),
        ((0.0, 0.0), (10.0, 0.0)),
        ((59.0, 24.0), (60.5, 26.5)),
        ((50.0, -8.0), (50.0, 8.0)),
        ((-45.0, 170.0), (-35.0, -170.0)),
        ((85.0, 0.0), (85.0, 180.0)),
        ((59.0, 24.0), (59.01, 24.01)),
        ((59.0, 24.0), (59.02, 24.02)),
    ];
    let vector = |&(from, to): &((f64, f64), (f64, f64))| {
        let (from, to) = (at(from.0, from.1), at(to.0, to.1));
        ArcVector::of(from, to, &Arc::between(from, to))
    };
    let vectors: Vec<ArcVector> = ends.iter().map(vector).collect();
    publish("conflict-1-arcs.json", ARCS, &document(&[("vectors", lines(&vectors))]));
}

#[test]
fn disclosures_are_as_published() {
    let vector = |(name, volume): &(&'static str, _)| {
        [Precision::Km1, Precision::Km10].map(|precision| CoarsenVector {
            name,
            precision: precision.name(),
            exact: volume_json(volume),
            disclosed: coarsen(core::slice::from_ref(volume), precision).unwrap().iter().map(volume_json).collect(),
        })
    };
    let vectors: Vec<CoarsenVector> = cases::disclosures().iter().flat_map(vector).collect();
    publish("conflict-1-disclosed.json", DISCLOSED, &document(&[("vectors", lines(&vectors))]));
}

/// One JSON value a line, so that a difference is a line.
fn lines(values: &[impl Serialize]) -> String {
    let lines: Vec<String> = values.iter().map(|v| serde_json::to_string(v).unwrap()).collect();
    format!("[\n{}\n]", lines.join(",\n"))
}

fn document(parts: &[(&str, String)]) -> String {
    document_of(law1::NAME, parts)
}

fn document_of(law: &str, parts: &[(&str, String)]) -> String {
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    format!("{{\n\"law\": \"{}\",\n{}\n}}\n", law, parts.join(",\n"))
}

fn publish(file: &str, published: &str, computed: &str) {
    if std::env::var_os("DETENTE_WRITE_VECTORS").is_some() {
        let path = format!("{}/../../vectors/{file}", env!("CARGO_MANIFEST_DIR"));
        #[expect(clippy::disallowed_methods, reason = "the one test-only writer of the published vectors")]
        std::fs::write(path, computed).unwrap();
        return;
    }
    let first = published.lines().zip(computed.lines()).position(|(old, new)| old != new);
    assert!(published == computed, "vectors/{file} differs, first in line {:?}", first.map(|line| line + 1));
}
