//! The benchmark of the conflict index works, and finds the same by every way that needs no server.

use std::error::Error;

use detente_benches::report::Report;
use detente_benches::space::run::{Effort, Options, measure};
use detente_benches::space::tell;
use detente_benches::space::{causes, check};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// What `cargo xtask bench space --quick` does. Times are not looked at, answers are.
#[test]
fn a_quick_run_goes_through_and_all_answer_alike() -> Result {
    let folder = tempfile::tempdir()?;
    let measured = measure(&Options::quick(), 10_000, None, folder.path(), &|| 0, None)?;
    for timed in [&measured.quiet, &measured.live] {
        let first = timed.first().ok_or("something was asked")?;
        assert!(first.hits > 0, "the queries of B1 meet something");
        for other in &timed[1..] {
            assert_eq!(first.differences(other), 0, "{} and {}", first.name, other.name);
        }
    }
    assert!(measured.inserted.iter().all(|(_, inserted)| inserted.count() == 10_000));
    // Known from two other implementations of the workload.
    let pairs = |name: &str| measured.joined.iter().find(|join| join.name.starts_with(name)).map(|join| join.pairs);
    assert_eq!((pairs("forest"), pairs("rstar")), (Some(3_345), Some(4_665)));
    let mut report = Report::new("A quick run", "");
    tell::promises(&mut report, &measured);
    causes::missed(&mut report, &measured, &causes::rows(&measured), None);
    causes::scaling(&mut report, std::slice::from_ref(&measured));
    tell::size(&mut report, &measured);
    let live = measured.weights.iter().find(|weight| weight.name == "forest, live").ok_or("a live forest was weighed")?;
    assert!(measured.parts.boxes == 320_000 && measured.parts.sum() as u64 > live.index, "{:?}", measured.parts);
    assert!(causes::left_out(&measured, 100_000).contains("3345 there took"));
    for (name, svg) in tell::plots(&[measured]) {
        assert!(svg.starts_with("<svg") && svg.contains("<circle") && svg.ends_with("</svg>\n"), "{name}: {svg}");
    }
    Ok(())
}

/// What is promised is asked in full; ten times as many volumes are asked less, and still something.
#[test]
fn more_volumes_are_asked_less() {
    let full = Options::full();
    assert_eq!(Effort::on(1_000_000, &full), Effort { rounds: 5, inserting: 3, queries: [20_000, 2_000] });
    assert_eq!(Effort::on(10_000_000, &full), Effort { rounds: 3, inserting: 1, queries: [2_000, 400] });
    assert_eq!(Effort::on(10_000_000, &Options { few: 1, ..Options::quick() }).queries, [1, 1]);
}

/// The forest, rstar and SQLite against the scan of all boxes, number by number. With a separation the forest measures on
/// the ellipsoid and its peers in a plane: only pairs at the limit may be told apart.
#[test]
fn every_structure_finds_the_same_volumes() -> Result {
    let folder = tempfile::tempdir()?;
    for (question, compared) in check::compare(3_000, None, folder.path(), 500)? {
        for one in &compared {
            let apart: Vec<(u32, u32)> = one.extra.iter().chain(&one.missing).copied().collect();
            assert!(one.hits > 0, "{question}: {} was asked nothing", one.name);
            if question == "meeting" || !one.name.starts_with("forest") {
                assert_eq!(apart, [], "{question}: {}", one.name);
            }
            for pair in check::apart(3_000, &apart)? {
                assert!(pair.is_explained(), "{question}: {}: {pair:?}", one.name);
            }
        }
    }
    Ok(())
}

/// Inserts, deletes and expiry, an answer after each.
#[test]
fn the_live_forest_answers_like_a_plain_list() -> Result {
    assert_eq!(check::compare_live(2_000, 1_500)?, 0);
    Ok(())
}
