//! Hostile files of plans, each refused at the place that passes a limit, within a stated share of memory. A program of its
//! own with one test, since memory is counted for the whole process.

use detente_gateway::plans::{FILE_BYTES_MAX, Format, Given, read};
use detente_types::{Datum, Timestamp};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// What reading a file may take beside the file itself: ten bytes for each of the largest file's.
const MEMORY_MAX: usize = 10 * FILE_BYTES_MAX;

/// Reads a file as each of some formats and looks for a refusal, its place and what memory it took.
#[track_caller]
fn refused(name: &str, format: Format, text: &[u8], place: &str, found: &str) {
    let start = Timestamp::parse("2026-11-25T06:00:00Z").unwrap();
    let given = Given {
        datum: Some(Datum::Agl),
        lower_m: Some(0.0),
        upper_m: Some(120.0),
        radius_m: Some(50.0),
        from: Some(start),
        until: Some(start.plus_seconds(3_600)),
        ..Given::default()
    };
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let fault = read(name, Some(format), text, &given).expect_err(name);
    let took = ALLOCATOR.peak_usage().saturating_sub(before);
    println!("{name}: {} MiB of text, {} MiB of memory", text.len() >> 20, took >> 20);
    let told = fault.report.findings.first().map(ToString::to_string).unwrap_or_default();
    assert!(told.starts_with(place) && told.contains(found), "{name}: {}", told.chars().take(400).collect::<String>());
    assert!(fault.report.findings.len() <= 200, "{name}: {} findings", fault.report.findings.len());
    assert!(took <= MEMORY_MAX, "{name}: {took} bytes");
}

fn repeated(head: &str, part: &str, count: usize, tail: &str) -> Vec<u8> {
    [head, &part.repeat(count), tail].concat().into_bytes()
}

const LINE: &str = r#"{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":["#;
const OUTLINE: &str = r#"[{"volume":{"outline_polygon":{"vertices":["#;

#[test]
fn hostile_files_are_refused_where_they_pass_a_limit_with_bounded_memory() {
    use Format::{Csv, F3548, GeoJson, Kml, Notices};
    let many = 10_000_000;
    // Ten million vertices.
    let text = repeated(r#"{"volumes":[{"shape":"path","positions":["#, "[1,2],", many, "[1,2]]}]}");
    refused("vertices, notices", Notices, &text, "line 1, column ", "more than 8000000 values");
    let text = repeated(LINE, "[1,2],", many, "[1,2]]}}");
    refused("vertices, geojson", GeoJson, &text, "line 1, column ", "more than 8000000 values");
    let text = repeated(OUTLINE, r#"{"lat":1},"#, many, r#"{"lat":1}]}}}]"#);
    refused("vertices, f3548", F3548, &text, "line 1, column ", "more than 8000000 values");
    let text = repeated("shape,positions\npath,", "1 2;", many, "1 2\n");
    refused("vertices, csv", Csv, &text, "row 2", "more than 5000000 vertices");
    let text =
        repeated("<kml><Placemark><LineString><coordinates>", "1,2 ", many, "</coordinates></LineString></Placemark></kml>");
    refused("vertices, kml", Kml, &text, "Placemark 1", "more than 5000000 vertices");
    let fix = "<when/><coord>1 2</coord>";
    let text = repeated("<kml><Placemark><Track>", fix, 4_000_000, "</Track></Placemark></kml>");
    refused("vertices, kml track", Kml, &text, "line 1, column ", "more than 5000000 elements");
    // Vertices that cannot be read: every one is wrong, and the report stays short.
    let text =
        repeated("<kml><Placemark><LineString><coordinates>", "NaN,2 ", many, "</coordinates></LineString></Placemark></kml>");
    refused("not numbers, kml", Kml, &text, "Placemark 1, LineString.coordinates[0]", "NaN,2");
    let text = repeated("shape,positions\npath,", "NaN 2;", many, "1 2\n");
    refused("not numbers, csv", Csv, &text, "row 2, positions", "NaN 2");
    for (number, place) in [("NaN", "line 1, column "), ("1e999", "line 1, column "), ("1e300", "feature 1, geometry")] {
        let text = repeated(LINE, &format!("[{number},2],"), 1_000, "[1,2]]}}");
        refused("not numbers, geojson", GeoJson, &text, place, "");
    }
    // Nesting.
    for format in [Notices, GeoJson, F3548] {
        refused("nesting", format, &repeated("", "[", many, ""), "line 1, column ", "recursion limit");
        refused("nesting", format, &repeated("", r#"{"type":"#, many, ""), "line 1, column ", "recursion limit");
    }
    refused(
        "nesting, kml",
        Kml,
        &repeated("<kml>", "<Folder>", many, ""),
        "line 1, column ",
        "more than 128 elements in each other",
    );
    refused("quotes, csv", Csv, &repeated("lat,lon\n", "\"", many + 1, ""), "row 2", "columns");
    // One line without an end, and what is packed.
    for format in Format::ALL {
        let line = vec![b'a'; FILE_BYTES_MAX + 1];
        refused("a line", format, &line, "file", "134217729 bytes");
        refused("packed", format, b"PK\x03\x04rest", "byte 0", "a ZIP archive");
        refused("packed", format, b"\x1f\x8b\x08rest", "byte 0", "gzip");
    }
    let line = vec![b'a'; FILE_BYTES_MAX];
    for (format, place) in
        [(Notices, "line 1, column 1"), (GeoJson, "line 1, column 1"), (F3548, "line 1, column 1"), (Csv, "row 1")]
    {
        refused("the longest line", format, &line, place, "");
    }
    refused("the longest line, kml", Kml, &line, "line 1, column ", "the end of the file");
}
