//! Whole error reports, compared with files: what a person reads who made every mistake at once.
//!
//! `DETENTE_BLESS=1` writes the reports again; look at the difference before keeping it.

use std::fs;
use std::path::{Path, PathBuf};

use detente_gateway::{Level, Report, read};
use detente_types::Terms;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(name)
}

fn report_on(name: &str, bytes: &[u8]) -> Report {
    let terms = Terms::try_new(detente_testkit::terms()).unwrap();
    match read(name, bytes, Some(&terms)) {
        Ok(reading) => reading.report,
        Err(fault) => fault.report,
    }
}

/// Compares the report on a file with the one that is kept.
fn check(file: &str) -> Report {
    let report = report_on(file, &fs::read(folder("files").join(file)).unwrap());
    let kept = folder("golden").join(format!("{file}.txt"));
    let told = format!("{report}\n");
    if std::env::var_os("DETENTE_BLESS").is_some() {
        fs::write(&kept, &told).unwrap();
    }
    let expected = fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(told, expected, "{}", kept.display());
    report
}

#[test]
fn a_table_with_every_human_mistake() {
    let report = check("mistakes.csv");
    assert!(report.count(Level::Error) >= 20);
}

#[test]
fn a_table_whose_columns_are_misnamed() {
    check("columns.csv");
}

#[test]
fn a_table_separated_by_semicolons() {
    check("semicolons.csv");
}

#[test]
fn a_table_with_an_open_quotation_mark() {
    check("quotes.csv");
}

#[test]
fn features_with_every_mistake() {
    let report = check("mistakes.geojson");
    assert!(report.count(Level::Error) >= 15);
}

#[test]
fn notices_with_every_mistake() {
    let report = check("mistakes.json");
    assert!(report.count(Level::Error) >= 15);
}

#[test]
fn a_text_that_is_no_json() {
    check("syntax.json");
}

#[test]
fn bytes_that_are_no_text() {
    let latin1 = b"kind,title\ntext,Fj\xf8rd";
    let told = report_on("a.csv", latin1).to_string();
    assert!(told.contains("byte 18, line 2: found the byte 0xF8, expected text in UTF-8"), "{told}");
    let told = report_on("a.csv", b"\xff\xfek\0i\0n\0d\0").to_string();
    assert!(told.contains("found the mark of UTF-16"), "{told}");
    let told = report_on("a.csv", b"\xef\xbb\xbf\n ").to_string();
    assert!(told.contains("found nothing, expected notices as JSON, GeoJSON or CSV"), "{told}");
}

#[test]
fn a_report_can_be_read_by_programs() {
    let told = report_on("a.json", br#"{"kind": "operation", "volumes": []}"#);
    let json = serde_json::to_value(&told).unwrap();
    assert_eq!(json["rows"], 1);
    assert_eq!(json["findings"][0]["level"], "error");
    assert_eq!(json["findings"][0]["place"], "notice 1");
    let rules: Vec<_> = told.findings.iter().filter_map(|f| f.rule).map(|rule| rule.to_string()).collect();
    assert!(rules.contains(&"DV-037".to_owned()), "{told}");
    assert_eq!(json["findings"].as_array().unwrap().last().unwrap()["rule"], "DV-037");
}

const HEADER: &str = "kind,title,lat,lon,radius_m,lower_m,upper_m,datum,start,end";
const EXTENT: &str = "100,0,30,AMSL,2026-11-24T06:00:00Z,2026-11-25T06:00:00Z";

#[test]
fn marks_line_ends_quotes_and_blank_lines_are_no_mistakes() {
    let text = format!(
        "\u{feff}{HEADER}\r\n\r\nsite,\"Clinic, \"\"north\"\"\",60.1,25.0,{EXTENT}\r\n,,,,,,,,,\r\nsite,Mill,60.2,25.5,{EXTENT}\r\n"
    );
    let reading = read("a.csv", text.as_bytes(), None).unwrap();
    let places: Vec<_> = reading.rows.iter().map(|row| (row.place.as_str(), row.form.title.as_deref().unwrap())).collect();
    assert_eq!(places, [("row 3", "Clinic, \"north\""), ("row 5", "Mill")]);
}

#[test]
fn column_names_are_taken_as_people_write_them() {
    let text = format!(
        "Kind,TITLE,Latitude,longitude,radius m,Lower-m,upper_m,datum,start,end,detail.function\nsite,A,60,25,{EXTENT},school\n"
    );
    let reading = read("a", text.as_bytes(), None).unwrap();
    assert_eq!(reading.rows[0].form.detail.as_ref().unwrap().function.as_deref(), Some("school"));
}

#[test]
fn the_format_is_known_by_name_or_by_content() {
    let json = br#" {"kind":"text","valid_from":"2026-11-24T06:00:00Z","valid_until":"2026-11-24T07:00:00Z","text":{"language":"en","text":"Hello."}}"#;
    assert_eq!(read("", json, None).unwrap().rows[0].place, "notice 1");
    assert_eq!(read("-", &[b"[", &json[..], b"]"].concat(), None).unwrap().rows.len(), 1);
    let csv = b"kind,text,language,valid_from,valid_until\ntext,Hello.,en,2026-11-24T06:00:00Z,2026-11-24T07:00:00Z\n";
    let from_csv = read("words.CSV", csv, None).unwrap();
    assert_eq!(from_csv.rows[0].form.text, read("", json, None).unwrap().rows[0].form.text);
    assert!(read("a.json", csv, None).unwrap_err().to_string().contains("expected JSON"));
    assert!(
        read("a.json", br#"{"type":"Point","coordinates":[25,60]}"#, None).unwrap_err().to_string().contains("a bare geometry")
    );
}
