//! Readers of files of notices and of plans.

use detente_gateway::plans::{self, Format, Given, Unit};
use detente_gateway::read;
use detente_types::height::Heights;
use detente_types::{Datum, Notice, NoticeId, Timestamp, Volume, VolumeIn};

use crate::scene::Scene;

/// Names under which a file may come; the first byte of the data picks one.
pub(crate) const NAMES: [&str; 4] = ["notices.json", "notices.geojson", "notices.csv", "notices"];

/// A file of notices, in any of its formats.
pub(crate) fn notices(data: &[u8]) {
    let Some((&pick, bytes)) = data.split_first() else { return };
    let name = NAMES[usize::from(pick) % NAMES.len()];
    for terms in [None, Some(&Scene::get().terms)] {
        let reading = read(name, bytes, terms);
        assert_eq!(format!("{reading:?}"), format!("{:?}", read(name, bytes, terms)), "one file, one report");
        match reading {
            Ok(reading) => {
                assert!(reading.report.is_clean());
                for row in reading.rows {
                    let draft = row.form.to_draft(NoticeId::new([7; 16])).expect("what is taken can be read");
                    assert!(Notice::try_new(draft.notice).is_ok(), "what is taken obeys the rules");
                }
            }
            Err(fault) => {
                let told = fault.to_string();
                assert!(!told.chars().any(|c| c.is_control() && c != '\n'), "a report cannot steer a screen: {told:?}");
            }
        }
    }
}

/// Plans in GeoJSON.
pub(crate) fn plans_geojson(data: &[u8]) {
    of_format(Format::GeoJson, data);
}

/// Plans in KML.
pub(crate) fn plans_kml(data: &[u8]) {
    of_format(Format::Kml, data);
}

/// Plans in a table.
pub(crate) fn plans_csv(data: &[u8]) {
    of_format(Format::Csv, data);
}

/// Plans in our own JSON.
pub(crate) fn plans_notices(data: &[u8]) {
    of_format(Format::Notices, data);
}

/// Plans in what F3548 exchanges.
pub(crate) fn plans_f3548(data: &[u8]) {
    of_format(Format::F3548, data);
}

/// A file of plans, with nothing said besides and with everything.
fn of_format(format: Format, bytes: &[u8]) {
    let start = Timestamp::parse("2026-11-25T06:00:00Z").expect("a time");
    let all = Given {
        units: Some(Unit::Foot),
        datum: Some(Datum::Agl),
        lower_m: Some(0.0),
        upper_m: Some(120.0),
        radius_m: Some(50.0),
        from: Some(start),
        until: Some(start.plus_seconds(3_600)),
        heights: Some(Heights::of(Datum::Agl)),
    };
    for given in [Given::default(), all] {
        let reading = plans::read("-", Some(format), bytes, &given);
        assert_eq!(
            format!("{reading:?}"),
            format!("{:?}", plans::read("-", Some(format), bytes, &given)),
            "one file, one report"
        );
        let steers = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
        match reading {
            Ok(file) => {
                assert!(file.report.is_clean() && file.format == format);
                for plan in file.plans {
                    assert!(!steers(&plan.name), "a name cannot steer a screen: {:?}", plan.name);
                    let obeys = |volume: &Volume| Volume::try_from(&VolumeIn::from(volume)).as_ref() == Ok(volume);
                    assert!(plan.volumes.iter().all(obeys), "what is taken obeys the rules");
                }
            }
            Err(fault) => assert!(!steers(&fault.to_string()), "a report cannot steer a screen"),
        }
    }
}
