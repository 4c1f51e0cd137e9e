//! Positions in files, in every notation: what is taken, what is warned of, what is refused.

use detente_gateway::{Level, Reading, VolumeForm, read};

const HEAD: &str = "kind,title,shape,positions,radius_m,lower_m,upper_m,datum,start,end";
const REST: &str = "500,0,30,AMSL,2026-11-24T06:00:00Z,2026-11-24T09:00:00Z";

fn table(positions: &str) -> Result<Reading, String> {
    let text = format!("{HEAD}\nmovement,Convoy,path,\"{}\",{REST}\n", positions.replace('"', "\"\""));
    read("convoy.csv", text.as_bytes(), None).map_err(|fault| fault.report.to_string())
}

fn only(reading: &Reading) -> &VolumeForm {
    &reading.rows[0].form.volumes[0]
}

#[test]
fn every_notation_in_a_table_is_the_same_convoy() {
    let plain = table("60.5 24.75; 61.5 25.75").unwrap();
    for text in [
        "60.5, 24.75; 61.5, 25.75",
        "60,5 24,75; 61,5 25,75",
        "60°30'N 24°45'E; 61°30'N 25°45'E",
        "60°30′00″N 24°45′00″E; 61 30 00 N 25 45 00 E",
        "6030N 02445E; 6130N02545E",
        "60,5° с.ш. 24,75° в.д.; 61°30,0′С 25°45,0′В",
        "24.75E 60.5N; 61.5N 25.75E",
    ] {
        let reading = table(text).unwrap_or_else(|report| panic!("{text}: {report}"));
        assert_eq!(only(&reading), only(&plain), "{text}");
        assert_eq!(reading.report.count(Level::Warning), 0, "{text}");
    }
}

#[test]
fn a_square_grows_the_radius_and_is_warned_of() {
    let reading = table("35VLG8561172118; 35VLG87; 60.5 24.75").unwrap();
    let volume = only(&reading);
    assert_eq!(volume.positions.len(), 3);
    // Half the diagonal of 10 km, at the least scale of the grid.
    assert!((volume.radius_m - 500.0 - 7_073.91).abs() < 0.03, "{}", volume.radius_m);
    let report = reading.report.to_string();
    assert_eq!(reading.report.count(Level::Warning), 2, "{report}");
    assert!(
        report.contains("row 2, positions: warning: found 35VLG87, a square of 10000 m, expected a point: its centre "),
        "{report}"
    );
    assert!(report.contains(" is taken, and radius_m grows by 7073.9"), "{report}");
}

#[test]
fn a_latitude_and_a_longitude_in_columns_of_their_own() {
    let with = |lat: &str, lon: &str| {
        let head = "kind,title,function,lat,lon,radius_m,lower_m,upper_m,datum,start,end";
        let text = format!("{head}\nsite,Clinic,clinic,\"{}\",\"{lon}\",{REST}\n", lat.replace('"', "\"\""));
        read("sites.csv", text.as_bytes(), None).map_err(|fault| fault.report.to_string())
    };
    for (lat, lon) in
        [("60.5", "24.75"), ("60,5", "24,75"), ("60°30'00\"N", "E24°45'"), ("60 30 С", "24 45 В"), ("+60 30", "+24 45")]
    {
        let reading = with(lat, lon).unwrap_or_else(|report| panic!("{lat} {lon}: {report}"));
        assert_eq!(only(&reading).positions, [[60.5, 24.75]], "{lat} {lon}");
    }
    let report = with("24°45'E", "60 30").unwrap_err();
    assert!(report.contains("row 2, lat: found 24°45'E, expected decimal degrees such as 60.1699"), "{report}");
    assert!(report.contains("(a longitude at character 1; expected a latitude with N or S (С or Ю))"), "{report}");
    assert!(report.contains("row 2, lon: found 60 30") && report.contains("no hemisphere at character 6"), "{report}");
}

#[test]
fn what_can_be_read_in_two_ways_is_refused_with_its_place() {
    let report = table("60.5 24.75; 60 30 24 45").unwrap_err();
    assert!(report.contains("row 2, positions: found 60 30 24 45, expected `lat lon; lat lon`"), "{report}");
    assert!(report.contains("more than one way to read this at character 7"), "{report}");
}

/// A file of ours with one volume of these positions.
fn ours(positions: &str) -> String {
    format!(
        r#"{{"kind": "movement", "volumes": [{{"shape": "path", "positions": {positions}, "radius_m": 500, "lower_m": 0,
        "upper_m": 30, "datum": "AMSL", "start": "2026-11-24T06:00:00Z", "end": "2026-11-24T09:00:00Z"}}]}}"#
    )
}

#[test]
fn texts_beside_numbers_in_our_json() {
    let mixed = ours(r#"[[60.5, 24.75], "61°30′N 25°45′E", "35VLG87"]"#);
    let reading = read("convoy.json", mixed.as_bytes(), None).map_err(|fault| fault.report.to_string()).unwrap();
    let volume = only(&reading);
    assert_eq!(volume.positions[..2], [[60.5, 24.75], [61.5, 25.75]]);
    assert!(volume.radius_m > 7_573.0 && volume.radius_m < 7_574.0, "{}", volume.radius_m);
    let report = reading.report.to_string();
    assert!(report.contains("notice 1, volumes[0].positions[2]: warning: found 35VLG87, a square of 10000 m"), "{report}");

    let report = read("convoy.json", ours(r#"[[60.5, 24.75], "60 30"]"#).as_bytes(), None).unwrap_err().report.to_string();
    assert!(
        report.contains("volumes[0].positions[1]: found \"60 30\", expected a position in any notation (more than one"),
        "{report}"
    );
}

#[test]
fn the_form_that_programs_send_takes_texts_too() {
    let form = |positions: &str| {
        let text = ours(positions);
        serde_json::from_str::<detente_gateway::NoticeForm>(&text).map_err(|error| error.to_string())
    };
    let mut read = form(r#"[[60.5, 24.75], "61°30′N 25°45′E", "35VLG87"]"#).unwrap();
    assert_eq!(read.volumes[0].positions[..2], [[60.5, 24.75], [61.5, 25.75]]);
    assert!(read.volumes[0].radius_m > 7_573.0, "{}", read.volumes[0].radius_m);
    let doubts: Vec<String> = core::mem::take(&mut read.volumes[0].doubts).iter().map(ToString::to_string).collect();
    let [doubt] = doubts.as_slice() else { panic!("one square is named: {doubts:?}") };
    assert!(doubt.starts_with("positions[2]: found 35VLG87, a square of 10000 m, expected a point: its centre "), "{doubt}");
    let again = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<detente_gateway::NoticeForm>(&again).unwrap(), read);
    let error = form(r#"[[60.5, 24.75], "60 30"]"#).unwrap_err();
    assert!(error.contains("positions[1]: \"60 30\" is no position: more than one way to read this at character 4"), "{error}");
    let error = form("[[60.5]]").unwrap_err();
    assert!(error.contains("[latitude, longitude] in decimal degrees, or a text in any notation"), "{error}");
}
