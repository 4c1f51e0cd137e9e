//! `vectors/blind-2.json`: whole runs, byte for byte. `DETENTE_BLESS=1` writes them anew; an implementation of its own
//! (`e2e/oracles/blind_vectors.py`) holds them against docs/spec/blind.md.

use std::fmt::Write as _;

use detente_blind::{Agreement, Backend, CellId, Found, Mode, Record, Role, Seed, Setup};

use crate::pair::{Side, cells, class, drive, plan_root};

const KEPT: &str = include_str!("../../../../vectors/blind-2.json");

struct Case {
    name: &'static str,
    mode: Mode,
    verified: bool,
    chunks_log2: u8,
    /// Each side's own class; the run's is the greater.
    log2: [u8; 2],
    sets: [Vec<CellId>; 2],
}

fn cases() -> Vec<Case> {
    let case = |name, mode, verified, chunks_log2, log2, sets| Case { name, mode, verified, chunks_log2, log2, sets };
    vec![
        case("cells", Mode::Cells, false, 2, [4, 4], [cells(0..9), cells(5..16)]),
        case("cells, verified", Mode::Cells, true, 1, [4, 4], [cells(0..9), cells(5..16)]),
        case("count", Mode::Count, false, 2, [4, 4], [cells(0..9), cells(5..16)]),
        case("nothing on either side", Mode::Cells, false, 0, [4, 4], [cells(0..0), cells(0..0)]),
        // Eight chunks are asked for, and there are as many as the root of the places: four of four.
        case("cells, verified, eight chunks", Mode::Cells, true, 3, [4, 4], [cells(0..9), cells(5..16)]),
        // Two pieces of a list, one chunk, the greater class counts.
        case("two classes", Mode::Cells, true, 0, [4, 9], [cells(100..116), cells(90..110)]),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn list(texts: impl IntoIterator<Item = String>, indent: &str) -> String {
    let lines: Vec<String> = texts.into_iter().map(|text| format!("{indent}  {text}")).collect();
    if lines.is_empty() { "[]".into() } else { format!("[\n{}\n{indent}]", lines.join(",\n")) }
}

fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(bytes))
}

fn played(case: &Case, backend: Backend) -> [Side; 2] {
    let agreement = Agreement { context: [0xc7; 32], mode: case.mode, verified: case.verified, chunks_log2: case.chunks_log2 };
    let side = |of: usize, role| {
        let (seed, cells) = (Seed::new([of as u8 + 1; 32]), case.sets[of].clone());
        let plan_root = plan_root(role);
        let setup = Setup {
            agreement,
            role,
            class: class(case.log2[of]),
            classes: detente_blind::Class::MIN..=class(14),
            plan_root,
            cells,
            seed,
        };
        Side::by(setup, backend)
    };
    let mut sides = [side(0, Role::First), side(1, Role::Second)];
    drive(&mut sides);
    sides
}

fn side(case: &Case, of: usize, side: &Side) -> String {
    let outcome = side.run.outcome().unwrap_or_else(|| panic!("{}: {:?}", case.name, side.run.aborted()));
    assert!(outcome.agrees, "{}", case.name);
    let found = match &outcome.found {
        Found::Cells(cells) => list(cells.iter().map(|cell| quoted(&cell.0)), "          "),
        Found::Count(count) => count.to_string(),
    };
    let commitment = side.records.iter().find_map(|record| match record {
        Record::Commit { ours: true, commitment } => Some(quoted(commitment)),
        _ => None,
    });
    let fields = [
        ("class", case.log2[of].to_string()),
        ("seed", quoted(&[of as u8 + 1; 32])),
        ("plan_root", quoted(&plan_root(if of == 0 { Role::First } else { Role::Second }))),
        ("set", list(case.sets[of].iter().map(|cell| quoted(&cell.0)), "          ")),
        ("commitment", commitment.expect("it was committed")),
        ("messages", list(side.sent.iter().map(|bytes| quoted(bytes)), "          ")),
        ("found", found),
    ];
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("          \"{name}\": {value}")).collect();
    format!("{{\n{}\n        }}", fields.join(",\n"))
}

fn run(case: &Case, backend: Backend) -> String {
    let sides = played(case, backend);
    let mode = if case.mode == Mode::Cells { "cells" } else { "count" };
    let told = [0, 1].map(|of| side(case, of, &sides[of]));
    format!(
        "{{\n      \"name\": \"{}\",\n      \"context\": {},\n      \"mode\": \"{mode}\",\n      \"verified\": {},\n      \
         \"chunks_log2\": {},\n      \"run\": {},\n      \"sides\": {}\n    }}",
        case.name,
        quoted(&[0xc7; 32]),
        case.verified,
        case.chunks_log2,
        quoted(&sides[0].run.name()),
        list(told, "      ")
    )
}

fn text(backend: Backend) -> String {
    let about = "Runs of blind matching (docs/spec/blind.md): all messages of both sides in order, First's first.";
    let runs = list(cases().iter().map(|case| run(case, backend)), "  ");
    format!("{{\n  \"about\": \"{about}\",\n  \"runs\": {runs}\n}}\n")
}

#[test]
fn whole_runs_are_those_of_the_vectors() {
    if std::env::var_os("DETENTE_BLESS").is_some() {
        #[expect(clippy::disallowed_methods, reason = "the vectors are written anew")]
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/blind-2.json"), text(Backend::Dalek)).unwrap();
        return;
    }
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        let text = text(backend);
        let at = text.lines().zip(KEPT.lines()).position(|(made, kept)| made != kept).map(|at| at + 1);
        assert!(text == KEPT, "vectors/blind-2.json differs from what runs by {backend} give now, first in line {at:?}");
    }
}
