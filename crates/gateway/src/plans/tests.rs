//! Readers of plans: one volume through every format, and what each refuses, with its place.

use detente_types::volume::PositionIn;
use detente_types::{Metres, VolumeIn};

use super::*;

const WINDOW: &str = r#""start":"2026-11-25T06:00:00Z","end":"2026-11-25T07:00:00Z""#;

fn taken(name: &str, text: &str, given: &Given) -> Vec<Plan> {
    match read(name, None, text.as_bytes(), given) {
        Ok(file) => file.plans,
        Err(fault) => panic!("{fault}"),
    }
}

/// The one volume of the one plan of a file.
fn only(name: &str, text: &str, given: &Given) -> Volume {
    let plans = taken(name, text, given);
    let [plan] = plans.as_slice() else { panic!("{} plans", plans.len()) };
    let [volume] = plan.volumes.as_slice() else { panic!("{} volumes", plan.volumes.len()) };
    volume.clone()
}

/// What is wrong with a file, line by line.
fn wrong(name: &str, text: &str, given: &Given) -> Vec<String> {
    let fault = read(name, None, text.as_bytes(), given).expect_err("it is refused");
    fault.report.findings.iter().map(ToString::to_string).collect()
}

fn expected() -> VolumeIn {
    let at = |lat_e7, lon_e7| PositionIn { lat_e7, lon_e7 };
    VolumeIn {
        shape: 3,
        rings: vec![vec![at(598_000_000, 242_000_000), at(598_000_000, 246_000_000), at(599_000_000, 246_000_000)]],
        radius_cm: 0,
        lower_cm: 10_000,
        upper_cm: 30_480,
        datum: 0,
        start_us: 1_795_586_400_000_000,
        end_us: 1_795_590_000_000_000,
        passage: None,
    }
}

#[test]
fn one_volume_is_the_same_in_every_format() {
    let expected = Volume::try_from(&expected()).unwrap();
    let none = Given::default();
    let json = format!(
        r#"{{"volumes":[{{"shape":"polygon","positions":[[59.8,24.2],[59.8,24.6],[59.9,24.6]],"lower_m":100,"upper_ft":1000,"datum":"WGS84",{WINDOW}}}]}}"#
    );
    let geojson = format!(
        r#"{{"type":"Feature","geometry":{{"type":"Polygon","coordinates":[[[24.2,59.8],[24.6,59.8],[24.6,59.9],[24.2,59.8]]]}},"properties":{{"edges":"geodesic","lower_m":100,"upper_m":304.8,"datum":"WGS84",{WINDOW}}}}}"#
    );
    let csv = "shape,positions,lower_m,upper_ft,datum,start,end\n\
               polygon,59.8 24.2; 59.8 24.6; 59.9 24.6,100,1000,wgs84,2026-11-25T06:00:00Z,2026-11-25T08:00:00+01:00\n";
    let f3548 = r#"[{"volume":{"outline_polygon":{"vertices":[{"lat":59.8,"lng":24.2},{"lat":59.8,"lng":24.6},{"lat":59.9,"lng":24.6}]},
        "altitude_lower":{"value":100,"reference":"W84","units":"M"},"altitude_upper":{"value":304.8,"reference":"W84","units":"M"}},
        "time_start":{"value":"2026-11-25T06:00:00Z","format":"RFC3339"},"time_end":{"value":"2026-11-25T07:00:00Z","format":"RFC3339"}}]"#;
    let kml = |data: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark>\
             <name>A &amp; B</name><TimeSpan><begin>2026-11-25T06:00:00Z</begin><end>2026-11-25T07:00:00Z</end></TimeSpan>{data}\
             <Polygon><outerBoundaryIs><LinearRing><coordinates>\n24.2,59.8 24.6,59.8 24.6,59.9 24.2,59.8\n</coordinates>\
             </LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
        )
    };
    let data = "<ExtendedData><Data name=\"lower_m\"><value>100</value></Data><Data name=\"upper_ft\"><value>1000</value></Data>\
                <Data name=\"datum\"><value>WGS84</value></Data></ExtendedData>";
    for (name, text) in
        [("a.json", json.as_str()), ("a.geojson", &geojson), ("a.csv", csv), ("a.json", f3548), ("a.kml", &kml(data))]
    {
        assert_eq!(only(name, text, &none), expected, "{name}");
        assert_eq!(only("-", text, &none), expected, "{name} by its content");
    }
    let flags = Given { lower_m: Some(100.0), upper_m: Some(304.8), datum: Some(Datum::Wgs84), ..none };
    assert_eq!(only("a.kml", &kml(""), &flags), expected, "the flags say what the file does not");
    assert_eq!(taken("a.kml", &kml(""), &flags)[0].name, "A & B");
    let straight = only("a.geojson", &geojson.replace("geodesic", "straight"), &none);
    assert!(straight.footprint.radius() > Metres::ZERO, "edges that are straight on a map grow when they are drawn again");
}

#[test]
fn a_missing_unit_datum_band_or_window_is_refused_and_never_guessed() {
    let point = |properties: &str| {
        format!(
            r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":{{"type":"Point","coordinates":[24,59]}},"properties":{{{properties}}}}}]}}"#
        )
    };
    let none = Given::default();
    assert_eq!(
        wrong("a.geojson", &point(r#""name":"x","lower":0,"upper":120"#), &none),
        [
            "feature 1, lower: found 0 without a unit, expected lower_m or lower_ft, a column `units`, or --units",
            "feature 1, upper: found 120 without a unit, expected upper_m or upper_ft, a column `units`, or --units",
            "feature 1, datum: found nothing, expected WGS84, AMSL, AGL or FL, or --datum",
            "feature 1, start: found nothing, expected an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z, or --from",
            "feature 1, end: found nothing, expected an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z, or --until",
        ]
    );
    let time = Timestamp::parse("2026-11-25T06:00:00Z").unwrap();
    let all = Given {
        units: Some(Unit::Foot),
        datum: Some(Datum::Agl),
        from: Some(time),
        until: Some(time.plus_seconds(3_600)),
        radius_m: Some(50.0),
        ..none
    };
    let volume = only("a.geojson", &point(r#""lower":1,"upper":400"#), &all);
    assert_eq!((volume.band.lower().cm(), volume.band.upper().cm()), (30, 12_192), "feet are rounded outwards");
    assert_eq!((volume.band.datum(), volume.footprint.radius()), (Datum::Agl, Metres::new(50)));
    let said = only("a.geojson", &point(&format!(r#""lower_m":1,"upper_m":400,"datum":"AMSL","radius_nm":1,{WINDOW}"#)), &all);
    assert_eq!((said.band.upper(), said.band.datum()), (Metres::new(400), Datum::Amsl), "what the file says counts");
    assert_eq!(said.footprint.radius(), Metres::new(1_852));
    let mixed = Given { lower_m: Some(0.0), ..all };
    let told = wrong("a.geojson", &point(&format!(r#""upper_m":400,"datum":"AMSL",{WINDOW}"#)), &mixed);
    assert_eq!(told, ["feature 1, datum: found AGL below and AMSL above, expected one datum for both altitudes"]);
}

#[test]
fn altitudes_that_nothing_bounds_are_refused_where_they_stand() {
    let table = "name,lat,lon,lower_m,upper_m,datum,start,end\n\
                 A,59,24,0,120,AGL,2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n\
                 B,59,24,0,120,WGS84,2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n\
                 C,95,24,0,120,FL,2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n";
    let over = |heights: Heights| Given { heights: Some(heights), ..Given::default() };
    let rule = "DV-043, an altitude over another datum than the line's is one that the terms give bounds for";
    let told = wrong("a.csv", table, &over(Heights::of(Datum::Amsl)));
    let ground = format!(
        "row 2, datum: {rule}: found AGL, expected AMSL, or the lowest and highest ground over it: --terrain-min and --terrain-max, \
         or --terms that say it; or --over AGL if all altitudes are over the ground"
    );
    let levels = format!(
        "row 4, datum: {rule}: found FL, expected AMSL, or how far off a flight level can be: --pressure-error, or --terms that say \
         it; or --over FL if all altitudes are flight levels"
    );
    assert_eq!((told.len(), &told[0]), (3, &ground), "and what else is wrong: {told:?}");
    assert!(told.contains(&levels) && told.iter().any(|line| line.contains("DV-020")), "{told:?}");
    let right = table.replace("C,95", "C,59");
    let bounded =
        Heights { terrain: Some((Metres::ZERO, Metres::new(300))), pressure: Some(Metres::new(150)), ..Heights::of(Datum::Amsl) };
    assert_eq!(taken("a.csv", &right, &over(bounded)).len(), 3);
    assert_eq!(taken("a.csv", &right, &Given::default()).len(), 3, "who does not compare takes all");
    let told = wrong("a.csv", &right, &over(Heights::of(Datum::Agl)));
    let only = |row: usize, datum: &str| {
        format!(
            "row {row}, datum: {rule}: found {datum}, expected AGL, as --over or the terms say: nothing else is compared over it"
        )
    };
    assert_eq!(told, [only(3, "WGS84"), only(4, "FL")]);
    let ours = r#"[{"kind":"operation","title":"x","volumes":[
        {"shape":"point","positions":[[59,24]],"radius_m":5,"lower_m":0,"upper_m":9,"datum":"AMSL","start":"2026-11-25T06:00:00Z","end":"2026-11-25T07:00:00Z"},
        {"shape":"point","positions":[[59,24]],"radius_m":5,"lower_m":0,"upper_m":9,"datum":"AGL","start":"2026-11-25T06:00:00Z","end":"2026-11-25T07:00:00Z"}]}]"#;
    let told = wrong("a.json", ours, &over(Heights::of(Datum::Amsl)));
    assert!(told.len() == 1 && told[0].starts_with("notice 1, volumes[1].datum: DV-043"), "{told:?}");
}

#[test]
fn times_that_do_not_fit_their_way_are_refused_and_the_plan_is_not_lost() {
    let table = |times: &str| {
        format!(
            "name,shape,positions,times,slack_s,radius_m,lower_m,upper_m,datum\nA,path,60.4 26.9; 60.5 27.1,{times},9,50,0,9,AMSL\n"
        )
    };
    let none = Given::default();
    let told = wrong("a.csv", &table("2026-11-25T06:00:00Z"), &none).join("\n");
    assert!(told.starts_with("row 2, times: DV-042, ") && told.contains("expected 2, one for each vertex"), "{told}");
    let told = wrong("a.csv", &table("2026-11-25T06:00:00Z; 2026-11-25T06:00:00Z"), &none).join("\n");
    assert!(told.contains("DV-042") && told.contains("later than 2026-11-25T06:00:00Z"), "{told}");
    assert!(only("a.csv", &table("2026-11-25T06:00:00Z; 2026-11-25T07:00:00Z"), &none).passage.is_some());
}

#[test]
fn what_looks_like_a_misspelt_radius_or_altitude_is_refused_and_the_rest_is_told_once() {
    let feature = |property: &str| {
        format!(
            r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[24,59]}},"properties":{{"lower_m":0,"upper_m":9,"datum":"AGL",{WINDOW},{property}}}}}"#
        )
    };
    let none = Given::default();
    assert_eq!(wrong("a.geojson", &feature(r#""radius":5"#), &none).len(), 1);
    let told = wrong("a.geojson", &feature(r#""raduis_m":5"#), &none);
    assert_eq!(told, ["feature 1, raduis_m: found the unknown field `raduis_m`, expected perhaps radius_m"]);
    let file = read("a.geojson", None, feature(r##""stroke":"#f00","fill":1"##).as_bytes(), &none).unwrap();
    let warned: Vec<String> = file.report.findings.iter().map(ToString::to_string).collect();
    let rest = "file: warning: found fields that are not read: `fill`, `stroke`, expected them to say nothing of where, how high and when";
    assert_eq!(warned, [rest]);
}

#[test]
fn broken_rules_are_told_with_the_coordinate_and_all_at_once() {
    let csv = "name,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n\
               far,95,24,5,30,3,AGL,2026-11-25T06:00:00Z,2026-11-25T05:00:00Z\n\
               \n\
               odd,59.1,x,900000,0,3,QNH,2026-11-25T06:00:00Z,tomorrow\n";
    let told = wrong("a.csv", csv, &Given::default());
    let starts = [
        "row 2, lat, lon: DV-020, a position lies on the earth: found latitude 95°, longitude 24°",
        "row 2, lower_m, upper_m: DV-027",
        "row 2, end: DV-002",
        "row 4, lon: found x",
        "row 4, datum: found QNH, expected one of WGS84, AMSL, AGL, FL",
        "row 4, end: found tomorrow",
        "row 4, radius_m: DV-022",
    ];
    assert!(told.iter().zip(starts).all(|(told, start)| told.starts_with(start)) && told.len() == starts.len(), "{told:#?}");

    let bow = format!(
        r#"{{"type":"Feature","geometry":{{"type":"MultiPolygon","coordinates":[[[[0,0],[1,1],[1,0],[0,1],[0,0]]],[[[0,91],[1,91],[1,92],[0,91]]]]}},"properties":{{"lower_m":0,"upper_m":9,"datum":"AGL",{WINDOW}}}}}"#
    );
    let told = wrong("a.geojson", &bow, &Given::default());
    assert!(told[0].starts_with("feature 1, geometry.coordinates[0]: DV-024"), "{told:#?}");
    assert!(told[1].starts_with("feature 1, geometry.coordinates[1][0][0]: DV-020"), "{told:#?}");
    assert_eq!(told.len(), 4, "{told:#?}");
}

#[test]
fn a_shape_without_positions_is_nowhere_and_not_somewhere_else() {
    let extent = format!(r#""lower_m":0,"upper_m":9,"datum":"AGL",{WINDOW}"#);
    for shape in ["point", "path", "polygon"] {
        let text = format!(r#"{{"volumes":[{{"shape":"{shape}","positions":[],"radius_m":5,{extent}}}]}}"#);
        let told = wrong("a.json", &text, &Given::default());
        assert!(told.len() == 1 && told[0].contains("DV-02"), "{told:#?}");
        let text = format!(r#"{{"volumes":[{{"shape":"{shape}","radius_m":5,{extent}}}]}}"#);
        let told = wrong("a.json", &text, &Given::default());
        assert!(told.len() == 1 && told[0].starts_with("notice 1, volumes[0].positions: found nothing"), "{told:#?}");
    }
    for geometry in [r#"{"type":"LineString","coordinates":[]}"#, r#"{"type":"Polygon","coordinates":[[]]}"#] {
        let text = format!(r#"{{"type":"Feature","geometry":{geometry},"properties":{{"radius_m":5,{extent}}}}}"#);
        assert_eq!(wrong("a.geojson", &text, &Given::default()).len(), 1);
    }
    let text = format!(r#"{{"type":"Feature","geometry":null,"properties":{{{extent}}}}}"#);
    assert!(taken("a.geojson", &text, &Given::default())[0].volumes.is_empty(), "a plan that says that it has no place");
}

#[test]
fn a_plan_with_a_thousand_bad_volumes_is_told_briefly() {
    let bad = r#"{"type":"Point","coordinates":[24,95]},"#.repeat(2_000);
    let text = format!(
        r#"{{"type":"Feature","geometry":{{"type":"GeometryCollection","geometries":[{}]}},"properties":{{"lower_m":0,"upper_m":9,"datum":"AGL",{WINDOW}}}}}"#,
        bad.trim_end_matches(',')
    );
    let told = wrong("a.geojson", &text, &Given::default());
    assert_eq!(told.len(), 101, "{told:#?}");
    assert!(told[99].starts_with("feature 1, geometry.geometries[99].coordinates: DV-020"), "{}", told[99]);
    assert!(told[100].contains("more problems"), "{}", told[100]);
}

#[test]
fn kml_heights_count_as_their_mode_says() {
    let kml = |mode: &str, coordinates: &str| {
        format!(
            "<kml><Folder><Placemark><Point>{mode}<coordinates>{coordinates}</coordinates></Point></Placemark></Folder></kml>"
        )
    };
    let time = Timestamp::parse("2026-11-25T06:00:00Z").unwrap();
    let times = Given { from: Some(time), until: Some(time.plus_seconds(60)), ..Given::default() };
    let band = |mode: &str, given: &Given| only("a.kml", &kml(mode, "24,59,120"), given).band.to_string();
    assert_eq!(band("<altitudeMode>absolute</altitudeMode>", &times), "120 m to 120 m AMSL");
    assert_eq!(band("<extrude>1</extrude><altitudeMode>relativeToGround</altitudeMode>", &times), "0 m to 120 m AGL");
    let told = wrong("a.kml", &kml("", "24,59,120"), &times);
    assert_eq!(told.len(), 3, "on the ground, with no band: {told:#?}");
    let told = wrong("a.kml", &kml("<extrude>1</extrude><altitudeMode>absolute</altitudeMode>", "24,59,120"), &times);
    assert!(told[0].starts_with("Placemark 1, lower_m: found nothing") && told.len() == 1, "{told:#?}");
    let given = Given { lower_m: Some(0.0), datum: Some(Datum::Agl), ..times };
    let told = wrong("a.kml", &kml("<extrude>1</extrude><altitudeMode>absolute</altitudeMode>", "24,59,120"), &given);
    assert_eq!(told, ["Placemark 1, datum: found AGL below and AMSL above, expected one datum for both altitudes"]);
    let told = wrong("a.kml", &kml("<altitudeMode>clampToSeaFloor</altitudeMode>", "24, 59"), &times);
    assert!(told[0].starts_with("Placemark 1, Point.coordinates[0]: found 24,, expected"), "{told:#?}");
}

fn track(inner: &str) -> String {
    format!(
        "<kml xmlns:gx=\"http://www.google.com/kml/ext/2.2\"><Placemark><name>Flight</name><TimeStamp><when>2020-01-01T00:00:00Z\
         </when></TimeStamp><ExtendedData><Data name=\"radius_m\"><value>50</value></Data></ExtendedData>{inner}</Placemark></kml>"
    )
}

/// A track's positions, one a minute from six o'clock.
fn fixes(coords: &[&str]) -> String {
    let when = |i: usize| format!("<when>2026-11-25T06:{i:02}:00Z</when>");
    let coords = coords.iter().enumerate().map(|(i, at)| format!("{}<gx:coord>{at}</gx:coord>", when(i)));
    coords.collect()
}

const HIGH: &str = "<altitudeMode>absolute</altitudeMode>";

#[test]
fn a_kml_track_is_passed_at_its_times_and_stays_where_it_stays() {
    let none = Given::default();
    let moving = only("a.kml", &track(&format!("<gx:Track>{HIGH}{}</gx:Track>", fixes(&["24 59 100", "24.1 59 130"]))), &none);
    let csv = "shape,positions,times,radius_m,lower_m,upper_m,datum\n\
               path,59 24; 59 24.1,2026-11-25T06:00:00Z; 2026-11-25T06:01:00Z,50,100,130,AMSL\n";
    assert_eq!(moving, only("a.csv", csv, &none), "the same volume as in a table");
    // An empty position was not known; where two are alike it stays.
    let coords = ["24 59 100", "", "24.1 59 100", "24.1 59 140", "24.1 59.00000001 120", "24.2 59 100"];
    let text = track(&format!("<gx:Track>{HIGH}{}</gx:Track>", fixes(&coords)));
    let plan = &taken("a.kml", &text, &none)[0];
    let told: Vec<String> = plan.volumes.iter().map(|v| format!("{} {}", v.window, v.band)).collect();
    let minutes = |from: u8, to: u8| format!("2026-11-25T06:{from:02}:00Z to 2026-11-25T06:{to:02}:00Z");
    assert_eq!(
        told,
        [
            format!("{} 100 m to 100 m AMSL", minutes(0, 2)),
            format!("{} 100 m to 140 m AMSL", minutes(2, 4)),
            format!("{} 100 m to 120 m AMSL", minutes(4, 5)),
        ]
    );
    let kinds: Vec<bool> = plan.volumes.iter().map(|v| v.passage.is_some()).collect();
    assert_eq!(kinds, [true, false, true]);
    let late = text.replace("<Data", "<Data name=\"slack_s\"><value>30</value></Data><Data");
    let windows: Vec<i64> =
        taken("a.kml", &late, &none)[0].volumes.iter().map(|v| v.window.end().since(v.window.start())).collect();
    assert_eq!(windows, [180_000_000, 180_000_000, 120_000_000], "all of them early or late");
}

#[test]
fn tracks_are_read_apart_or_as_one_way_and_long_ones_in_parts() {
    let none = Given::default();
    let two = |mode: &str, inner: &str| {
        let first = fixes(&["24 59 100", "24.1 59 100"]);
        let second = fixes(&["24.2 59 100", "24.3 59 100"]).replace("T06", "T07");
        track(&format!(
            "<gx:MultiTrack>{inner}<gx:Track>{HIGH}{first}</gx:Track><gx:Track>{mode}{second}</gx:Track></gx:MultiTrack>"
        ))
    };
    assert_eq!(taken("a.kml", &two(HIGH, ""), &none)[0].volumes.len(), 2, "nothing is known of the way between");
    let joined = only("a.kml", &two(HIGH, "<gx:interpolate>1</gx:interpolate>"), &none);
    assert_eq!(joined.footprint.vertices().count(), 4);
    let told = wrong("a.kml", &two("<altitudeMode>relativeToGround</altitudeMode>", "<gx:interpolate>1</gx:interpolate>"), &none);
    assert!(told[0].contains("MultiTrack[1].Track.altitudeMode: found another mode"), "{told:#?}");
    let long: String = (0..2_500)
        .map(|i| {
            format!(
                "<when>2026-11-25T{:02}:{:02}:{:02}Z</when><gx:coord>{} 59 10</gx:coord>",
                i / 3600,
                i / 60 % 60,
                i % 60,
                24.0 + f64::from(i) * 1e-4
            )
        })
        .collect();
    let plan = &taken("a.kml", &track(&format!("<gx:Track>{HIGH}{long}</gx:Track>")), &none)[0];
    let counts: Vec<usize> = plan.volumes.iter().map(|v| v.footprint.vertices().count()).collect();
    assert_eq!(counts, [1_000, 1_000, 502], "each begins where the one before it ends");
    let ends: Vec<_> = plan.volumes.windows(2).map(|pair| (pair[0].window.end(), pair[1].window.start())).collect();
    assert!(ends.iter().all(|(end, start)| end == start));
}

#[test]
fn what_is_wrong_with_a_track_is_told_with_its_place() {
    for (inner, expected) in [
        (
            "<when>2026-11-25T06:00:00Z</when>".to_owned(),
            "Placemark 1, Track: found 1 when and 0 coord, expected one when for each coord",
        ),
        (fixes(&["24 59 1"]), "Placemark 1, Track.coord: found 1 positions, expected at least two"),
        (fixes(&["24,59,1", "25 59 1"]), "Placemark 1, Track.coord[0]: found 24,59,1, expected longitude latitude height"),
        (fixes(&["24 59 1", "NaN 59 1"]), "Placemark 1, Track.coord[1]: found NaN 59 1, expected longitude latitude height"),
        (fixes(&["24 59 1", "25 95 1"]), "Placemark 1, Track.coord[1]: DV-020"),
        (fixes(&["24 59 1", "24.5 59 1", "25 59 1"]).replace("06:01", "06:00"), "Placemark 1, Track.when[1]: DV-042"),
        (fixes(&["24 59 1", "25 59 1"]).replace(":01:00Z", ":01"), "Placemark 1, Track.when[1]: found 2026-11-25T06:01,"),
    ] {
        let told = wrong("a.kml", &track(&format!("<gx:Track>{HIGH}{inner}</gx:Track>")), &Given::default());
        assert!(told[0].starts_with(expected), "{expected}:\n{told:#?}");
    }
    let told = wrong("a.kml", &track("<gx:MultiTrack/><Model/>"), &Given::default());
    assert!(told[0].contains("MultiTrack: found no Track") && told[1].contains("Model: found a Model"), "{told:#?}");
}

#[test]
fn a_passage_that_is_wrong_is_refused_in_every_format_and_never_passed_over() {
    let none = Given::default();
    let times = r#"["2026-11-25T06:00:00Z","2026-11-25T06:30:00Z","2026-11-25T06:10:00Z"]"#;
    let rest = r#""radius_m":50,"lower_m":0,"upper_m":1,"datum":"AGL""#;
    let json = format!(r#"{{"volumes":[{{"shape":"path","positions":[[59,24],[59,25],[59,26]],"times":{times},{rest}}}]}}"#);
    let line = r#"{"type":"LineString","coordinates":[[24,59],[25,59],[26,59]]}"#;
    let geojson = format!(r#"{{"type":"Feature","geometry":{line},"properties":{{"edges":"geodesic","times":{times},{rest}}}}}"#);
    let csv = "shape,positions,times,radius_m,lower_m,upper_m,datum\n\
               path,59 24; 59 25; 59 26,2026-11-25T06:00:00Z; 2026-11-25T06:30:00Z; 2026-11-25T06:10:00Z,50,0,1,AGL\n";
    for (name, text) in [("a.json", json.as_str()), ("a.geojson", &geojson), ("a.csv", csv)] {
        let told = wrong(name, text, &none);
        assert!(told.len() == 1 && told[0].contains("times[2]: DV-042"), "{name}: {told:#?}");
    }
}

#[test]
fn xml_that_could_grow_fetch_or_nest_without_end_is_refused_where_it_stands() {
    let refused = |text: &str, place: &str, part: &str| {
        let told = wrong("a.kml", text, &Given::default());
        assert!(told.len() == 1 && told[0].starts_with(place) && told[0].contains(part), "{told:#?}");
    };
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE kml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<kml>&b;</kml>";
    refused(bomb, "line 2, column 1: found a document type (DTD)", "expected none");
    refused("<kml>\n <Document>&b;</Document></kml>", "line 2, column 12: found the entity &b;", "no entity");
    refused(&"<a>".repeat(10_000), "line 1, column 385: found more than 128 elements in each other", "less deeply");
    refused("<kml><Document></kml>", "line 1", "well-formed");
    refused("<kml><Document>", "line 1, column 16", "every element closed");
    refused("<kml></kml><kml></kml>", "line 1, column 23", "one outermost");
    refused("<?xml version=\"1.0\" encoding=\"UTF-16\"?><kml/>", "line 1, column 1", "UTF-8");
    refused("<gpx></gpx>", "file: found the element <gpx>", "<kml>");
    refused("<kml></kml>", "file: found no plan", "at least one");
    refused("<kml><NetworkLink/></kml>", "file, NetworkLink", "nothing is fetched");
    let packed = read("a.kmz", None, b"PK\x03\x04rest", &Given::default()).unwrap_err();
    assert!(packed.to_string().contains("byte 0: found a ZIP archive (KMZ?)"), "{packed}");
}

#[test]
fn files_beyond_the_limits_are_refused_at_the_place_that_passes_them() {
    let told = wrong("a.json", &"[".repeat(1_000_000), &Given::default());
    assert!(told[0].starts_with("line 1, column 1") && told[0].contains("recursion limit"), "{told:#?}");
    for bad in ["NaN", "Infinity", "1e999"] {
        let text = format!(r#"{{"volumes":[{{"shape":"point","positions":[[{bad},24]]}}]}}"#);
        assert!(wrong("a.json", &text, &Given::default())[0].starts_with("line 1, column "), "{bad}");
        let told = wrong("a.csv", &format!("lat,lon\n{bad},24\n"), &Given::default());
        assert!(told.iter().any(|t| t.starts_with(&format!("row 2, lat: found {bad}"))), "{told:#?}");
        let text = format!("<kml><Placemark><Point><coordinates>24,{bad}</coordinates></Point></Placemark></kml>");
        assert!(wrong("a.kml", &text, &Given::default())[0].contains("Point.coordinates[0]: found 24,"), "{bad}");
    }
    // Ten million vertices in one placemark and in one feature.
    let line = "<kml><Placemark><LineString><coordinates>".to_owned()
        + &"1,2 ".repeat(10_000_000)
        + "</coordinates></LineString></Placemark></kml>";
    let told = wrong("a.kml", &line, &Given::default());
    assert_eq!(told, ["Placemark 1: found more than 5000000 vertices, expected a file of plans, not of a map"]);
    let line = r#"{"type":"Feature","geometry":{"type":"LineString","coordinates":["#.to_owned()
        + &"[1,2],".repeat(10_000_000)
        + "[1,2]]}}";
    let told = wrong("a.geojson", &line, &Given::default());
    assert!(told[0].starts_with("line 1, column ") && told[0].contains("more than 8000000 values"), "{told:#?}");
    let points = r#"{"type":"Feature","properties":{"lower_m":0,"upper_m":1,"datum":"AGL"},"geometry":{"type":"MultiPoint","coordinates":["#.to_owned()
        + &"[1,2],".repeat(VOLUMES_MAX)
        + "[1,2]]}}";
    assert_eq!(
        wrong("a.geojson", &points, &Given::default()),
        ["feature 1: found 4097 volumes, expected at most 4096 in one plan"]
    );
}

#[test]
fn what_would_be_compared_with_all_before_it_is_few() {
    let told = wrong("a.csv", &"a,".repeat(500_000), &Given::default());
    assert_eq!(told, ["row 1: found 500001 columns, expected at most 1000"]);
    let attributes = format!("<kml><Placemark {}/></kml>", "a=\"1\" ".repeat(500_000));
    assert_eq!(taken("a.kml", &attributes, &Given::default()).len(), 1);
    let point = "<Point><coordinates>1,2</coordinates></Point>";
    let data = "<Data name=\"x\"><value>1</value></Data>".repeat(100_000);
    let told = wrong(
        "a.kml",
        &format!("<kml><Placemark><ExtendedData>{data}</ExtendedData>{point}</Placemark></kml>"),
        &Given::default(),
    );
    assert_eq!(told, ["Placemark 1: found 100000 fields, expected at most 256 in one Placemark"]);
    let many = point.repeat(100_000);
    let told =
        wrong("a.kml", &format!("<kml><Placemark><MultiGeometry>{many}</MultiGeometry></Placemark></kml>"), &Given::default());
    assert_eq!(told, ["Placemark 1: found 100000 geometries, expected at most 4096 in one Placemark"]);
}

#[test]
fn f3548_objects_are_plans_and_another_unit_or_reference_is_refused() {
    let volume = |units: &str, start: &str| {
        format!(
            r#"{{"volume":{{"outline_circle":{{"center":{{"lat":59.8,"lng":24.2}},"radius":{{"value":300.183,"units":"M"}}}},
            "altitude_lower":{{"value":0,"reference":"W84","units":"M"}},"altitude_upper":{{"value":120,"reference":"W84","units":"{units}"}}}}{start},
            "time_end":{{"value":"2026-11-25T07:00:00Z","format":"RFC3339"}}}}"#
        )
    };
    let start = r#","time_start":{"value":"2026-11-25T06:00:00Z","format":"RFC3339"}"#;
    let intent = |volume: &str| {
        format!(
            r#"{{"reference":{{"id":"2f8343be-6482-4d1b-a474-16847e01af1e","state":"Accepted"}},"details":{{"volumes":[{volume},{volume}],"priority":0}}}}"#
        )
    };
    let good = intent(&volume("M", start));
    let constraint = format!(r#"{{"details":{{"volumes":[{}],"type":"x"}}}}"#, volume("M", start));
    for (text, plans, volumes) in [
        (good.clone(), 1, 2),
        (format!("[{good},{good}]"), 2, 4),
        (format!(r#"{{"operational_intent":{good}}}"#), 1, 2),
        (format!(r#"{{"operational_intents":[{good}],"constraints":[{constraint}]}}"#), 2, 3),
        (format!("[{0},{0},{0}]", volume("M", start)), 1, 3),
        (format!(r#"{{"extents":[{}],"key":[]}}"#, volume("M", start)), 1, 1),
        (volume("M", start), 1, 1),
    ] {
        let taken = taken("a.json", &text, &Given::default());
        assert_eq!((taken.len(), taken.iter().map(|plan| plan.volumes.len()).sum::<usize>()), (plans, volumes), "{text}");
    }
    let taken = taken("a.json", &format!(r#"{{"constraint":{constraint},"operational_intent":{good}}}"#), &Given::default());
    assert_eq!(
        [&taken[0].place, &taken[1].place, &taken[0].name],
        ["operational intent 1", "constraint 1", "2f8343be-6482-4d1b-a474-16847e01af1e"]
    );
    assert_eq!(taken[0].volumes[0].footprint.radius().cm(), 30_019, "a radius is rounded up");
    let told = wrong("a.json", &intent(&volume("FT", "")), &Given::default());
    assert_eq!(
        told[..2],
        [
            "operational intent 1, details.volumes[0].volume.altitude_upper.units: found \"FT\", expected M, the only unit of F3548",
            "operational intent 1, details.volumes[0].time_start: found nothing, expected a Time in RFC 3339, or --from",
        ]
    );
    assert_eq!(told.len(), 4, "{told:#?}");
}
