//! The benchmark of the conflict index works, and finds the same by every way that needs no server.

use std::error::Error;

use detente_benches::report::Report;
use detente_benches::space::check;
use detente_benches::space::run::{Options, measure};
use detente_benches::space::tell;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// What `cargo xtask bench space --quick` does. Times are not looked at, answers are.
#[test]
fn a_quick_run_goes_through_and_all_answer_alike() -> Result {
    let folder = tempfile::tempdir()?;
    let measured = measure(&Options::quick(), 10_000, None, folder.path(), &|| 0)?;
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
    tell::size(&mut report, &measured);
    for (name, svg) in tell::plots(&[measured]) {
        assert!(svg.starts_with("<svg") && svg.contains("<circle") && svg.ends_with("</svg>\n"), "{name}: {svg}");
    }
    Ok(())
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
