//! Hostile input: no file panics, hangs or takes more than its share, and each gets a report.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use detente_gateway::{FILE_BYTES_MAX, FileFault, ROWS_MAX, read};
use detente_types::Terms;
use proptest::prelude::*;

use crate::repeatable;

fn refused(name: &str, text: &str) -> FileFault {
    read(name, text.as_bytes(), None).unwrap_err()
}

/// Good and bad files of every format.
fn corpus() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [root.join("tests/it/files"), root.join("../../examples/gulf/aster"), root.join("../../examples/gulf/borea")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|file| file.unwrap().path());
    let mut corpus: Vec<_> =
        files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(&path).unwrap())).collect();
    corpus.sort();
    corpus
}

/// One change of a file's bytes.
#[derive(Clone, Debug)]
enum Change {
    Put(usize, u8),
    Cut(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let words = [
        "null",
        "NaN",
        "1e308",
        "-1e308",
        "\"",
        ",",
        "{",
        "[",
        "]",
        "}",
        "\n",
        "\u{feff}",
        "99999999999999999999",
        "\\u0000",
        "\0",
        "-",
        "é",
        ";",
    ];
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<usize>(), 1usize..60).prop_map(|(at, count)| Change::Cut(at, count)),
        (any::<usize>(), 1usize..200).prop_map(|(at, count)| Change::Repeat(at, count)),
        (any::<usize>(), proptest::sample::select(words.to_vec())).prop_map(|(at, word)| Change::Insert(at, word)),
    ]
}

fn changed(bytes: &mut Vec<u8>, change: &Change) {
    let place = |at: usize| at % bytes.len().max(1);
    match *change {
        Change::Put(at, byte) => {
            let at = place(at);
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        Change::Cut(at, count) => {
            let at = place(at);
            drop(bytes.drain(at..(at + count).min(bytes.len())));
        }
        Change::Repeat(at, count) => {
            let at = place(at);
            let part = bytes[at..(at + count).min(bytes.len())].to_vec();
            drop(bytes.splice(at..at, part));
        }
        Change::Insert(at, word) => {
            let at = place(at);
            drop(bytes.splice(at..at, word.bytes()));
        }
    }
}

proptest! {
    #![proptest_config(repeatable(1_500))]

    #[test]
    fn a_spoilt_file_is_read_or_refused(
        file in any::<prop::sample::Index>(), changes in proptest::collection::vec(change(), 1..6), name in "[a-z]{0,3}(\\.(json|csv|geojson|txt))?",
    ) {
        let terms = Terms::try_new(detente_testkit::terms()).unwrap();
        let corpus = corpus();
        let (own_name, mut bytes) = corpus[file.index(corpus.len())].clone();
        changes.iter().for_each(|change| changed(&mut bytes, change));
        for name in [own_name, name] {
            if let Err(fault) = read(&name, &bytes, Some(&terms)) {
                prop_assert!(fault.report.findings.iter().all(|f| !f.place.is_empty() && !f.expected.is_empty()));
                prop_assert!(!fault.to_string().chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), name in ".{0,12}") {
        let _ = read(&name, &bytes, None);
    }
}

#[test]
fn numbers_beyond_all_bounds_are_told() {
    let volume = |lat: &str, upper: &str| {
        format!(
            r#"{{"kind":"hazard","volumes":[{{"shape":"point","positions":[[{lat},25]],"radius_m":1,"lower_m":0,"upper_m":{upper},"datum":"AMSL","start":"2026-11-24T06:00:00Z","end":"2026-11-24T07:00:00Z"}}]}}"#
        )
    };
    assert!(read("a.json", volume("60", "100").as_bytes(), None).is_ok());
    for (lat, upper) in
        [("1e300", "100"), ("60", "1e300"), ("60", "-1e300"), ("60", "1e999"), ("NaN", "1"), ("60", "99999999999999999999")]
    {
        refused("a.json", &volume(lat, upper));
    }
    let cells = |lat: &str| {
        format!("kind,lat,lon,lower_m,upper_m,datum,start,end\nsite,{lat},25,0,1,AMSL,2026-11-24T06:00:00Z,2026-11-24T07:00:00Z")
    };
    for lat in ["NaN", "inf", "1e999", "-1e308", "0x3C", "६०"] {
        refused("a.csv", &cells(lat));
    }
}

#[test]
fn deep_nesting_is_not_followed() {
    refused("a.json", &"[".repeat(1_000_000));
    refused("a.json", &(r#"{"kind":"#.to_owned() + &"{\"a\":".repeat(100_000)));
    let deep = format!(
        r#"{{"type":"Feature","geometry":{}{}}}"#,
        r#"{"type":"GeometryCollection","geometries":["#.repeat(50),
        "]}".repeat(50)
    );
    assert!(refused("a.geojson", &deep).to_string().contains("expected a geometry"));
}

#[test]
fn a_million_vertices_are_counted_and_refused() {
    let ring = vec!["[25,60]"; 1_000_000].join(",");
    let text = format!(
        r#"{{"type":"Feature","geometry":{{"type":"LineString","coordinates":[{ring}]}},"properties":{{"kind":"hazard","radius_m":1,"lower_m":0,"upper_m":1,"datum":"AMSL","start":"2026-11-24T06:00:00Z","end":"2026-11-24T07:00:00Z"}}}}"#
    );
    let told = refused("a.geojson", &text).to_string();
    assert!(told.contains("DV-030") && told.contains("1000000 vertices"), "{told}");
    let bad = refused("a.geojson", &text.replace("[25,60]", "7"));
    assert!(bad.report.findings.len() <= 120, "{} findings", bad.report.findings.len());
}

#[test]
fn too_large_files_and_too_many_rows_are_refused() {
    assert!(refused("a.csv", &" ".repeat(FILE_BYTES_MAX + 1)).to_string().contains("expected at most 32 MiB"));
    let told = refused("a.json", &format!("[{}]", vec!["{}"; ROWS_MAX + 1].join(","))).to_string();
    assert!(told.contains("file: found more than 20000 rows"));
    let told = refused("a.csv", &format!("kind\n{}", "site\n".repeat(ROWS_MAX + 1))).to_string();
    assert!(told.contains("file: found more than 20000 rows"));
}

/// The largest file, with a mistake in every row: a full report within what an officer waits for.
#[test]
fn twenty_thousand_rows_are_reported_in_full_in_time() {
    let mut text = "kind,title,function,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n".to_owned();
    for i in 0..ROWS_MAX {
        let lat = 58.5 + (i % 150) as f64 * 0.015;
        let lon = 22.5 + (i / 150) as f64 * 0.05;
        let upper = if i % 2 == 0 { "" } else { "-5" };
        text += &format!("site,Site {i},clinic,{lat},{lon},100,0,{upper},AGL,2026-11-24T06:00:00Z,2026-11-25T06:00:00Z\n");
    }
    let terms = Terms::try_new(detente_testkit::terms()).unwrap();
    let start = Instant::now();
    let report = read("sites.csv", text.as_bytes(), Some(&terms)).unwrap_err().report;
    let took = start.elapsed();
    assert_eq!((report.rows, report.left_out), (ROWS_MAX, 0));
    assert_eq!(report.findings.len(), ROWS_MAX + ROWS_MAX / 2, "each height, and each datum that could be read");
    assert!(took < Duration::from_secs(30), "{took:?}");
}
