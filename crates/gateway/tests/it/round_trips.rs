//! What is written can be read again: our JSON form exactly, GeoJSON too.

use detente_gateway::{Draft, NoticeForm, geojson, read};
use detente_testkit::strategy;
use detente_types::notice::DetailIn;
use detente_types::{Notice, NoticeIn, Precision};
use proptest::prelude::*;

use crate::repeatable;

/// A notice as the forms say it: version, predecessor and precision are given by the node, no details are none.
fn as_planned(notice: &NoticeIn) -> NoticeIn {
    let detail = notice.detail.clone().filter(|detail| *detail != DetailIn::default());
    NoticeIn { version: 1, replaces: None, precision: Precision::Exact.code(), detail, ..notice.clone() }
}

/// The drafts of a file that must be good.
fn drafts(name: &str, text: &str) -> Vec<Draft> {
    let reading = read(name, text.as_bytes(), None).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    reading.rows.iter().map(|row| row.form.to_draft(detente_testkit::notice_id(0)).unwrap()).collect()
}

/// Whether a notice obeys the rules in its planned form (the generator's widths may fail them together).
fn obeys(notice: &NoticeIn) -> bool {
    Notice::try_new(notice.clone()).is_ok()
}

proptest! {
    #![proptest_config(repeatable(256))]

    #[test]
    fn a_form_says_what_the_notice_says(notice in strategy::notice()) {
        let planned = as_planned(&notice);
        let form = NoticeForm::from(&planned);
        prop_assert_eq!(&form.to_draft(planned.id).unwrap().notice, &planned);
        prop_assert_eq!(NoticeForm::from(&form.to_draft(planned.id).unwrap().notice), form);
    }

    #[test]
    fn our_json_is_read_as_it_was_written(notices in proptest::collection::vec(strategy::notice(), 1..4)) {
        let planned: Vec<_> = notices.iter().map(as_planned).collect();
        prop_assume!(planned.iter().all(obeys));
        let forms: Vec<_> = planned.iter().map(NoticeForm::from).collect();
        let text = serde_json::to_string(&forms).unwrap();
        let read: Vec<_> = drafts("notices.json", &text).into_iter().map(|draft| draft.notice).collect();
        prop_assert_eq!(read, planned);
    }

    #[test]
    fn geojson_is_read_as_it_was_written_and_others_can_read_it(notices in proptest::collection::vec(strategy::notice(), 1..4)) {
        let planned: Vec<_> = notices.iter().map(as_planned).collect();
        prop_assume!(planned.iter().all(obeys));
        let forms: Vec<_> = planned.iter().map(NoticeForm::from).collect();
        let text = geojson::write(&forms);
        let read: Vec<_> = drafts("notices.geojson", &text).into_iter().map(|draft| draft.notice).collect();
        prop_assert_eq!(read, planned);
        let collection: ::geojson::FeatureCollection = text.parse::<::geojson::GeoJson>().unwrap().try_into().unwrap();
        prop_assert_eq!(collection.features.len(), notices.len());
    }
}

#[test]
fn release_and_what_is_revealed_are_kept() {
    let mut form = NoticeForm::from(&detente_testkit::notice(detente_types::NoticeKind::Operation));
    form.release = Some("10 km".into());
    form.reveal = vec!["title".into(), "contact".into()];
    for (name, text) in [("a.json", serde_json::to_string(&form).unwrap()), ("a.geojson", geojson::write(&[form.clone()]))] {
        let draft = drafts(name, &text).remove(0);
        assert_eq!((draft.release.name(), draft.reveal.as_slice()), ("10 km", &[9, 13][..]), "{name}");
    }
}

#[test]
fn a_multi_geometry_becomes_several_volumes_of_one_extent() {
    let text = r#"{ "type": "Feature",
        "geometry": { "type": "MultiPolygon", "coordinates": [
            [[[25.0, 60.0], [25.2, 60.0], [25.2, 60.1], [25.0, 60.0]]],
            [[[26.0, 60.0], [26.2, 60.0], [26.2, 60.1], [26.0, 60.1], [26.0, 60.0]],
             [[26.05, 60.02], [26.1, 60.02], [26.1, 60.05], [26.05, 60.02]]]] },
        "properties": { "kind": "hazard", "lower_m": 0, "upper_m": 500, "datum": "AMSL", "edges": "geodesic",
            "start": "2026-11-24T06:00:00Z", "end": "2026-11-24T07:00:00Z" } }"#;
    let volumes = drafts("a.geojson", text).remove(0).notice.volumes;
    let rings: Vec<Vec<usize>> = volumes.iter().map(|v| v.rings.iter().map(Vec::len).collect()).collect();
    assert_eq!(rings, [vec![3], vec![4, 3]]);
    assert!(volumes.iter().all(|v| v.shape == 3 && v.upper_cm == 50_000 && v.radius_cm == 0));
}

#[test]
fn straight_edges_become_shortest_paths_and_the_volume_grows() {
    let text = r#"{ "type": "Feature",
        "geometry": { "type": "Polygon", "coordinates": [[[23.0, 59.5], [27.0, 59.5], [27.0, 60.0], [23.0, 60.0], [23.0, 59.5]]] },
        "properties": { "kind": "hazard", "radius_m": 100, "lower_m": 0, "upper_m": 500, "datum": "AMSL",
            "start": "2026-11-24T06:00:00Z", "end": "2026-11-24T07:00:00Z" } }"#;
    let volume = drafts("a.geojson", text).remove(0).notice.volumes.remove(0);
    assert!(volume.rings[0].len() > 4 + 2 * 12);
    assert!((10_100..=11_010).contains(&volume.radius_cm), "{}", volume.radius_cm);
    assert!(volume.rings[0].iter().all(|p| (595_000_000..=600_000_000).contains(&p.lat_e7)), "vertices stay on the drawn edges");
}

#[test]
fn a_table_tells_when_each_position_is_passed() {
    const HEAD: &str = "kind,title,shape,positions,times,slack_s,radius_m,lower_m,upper_m,datum\n";
    let row = |times: &str| format!("{HEAD}movement,Convoy,path,60.4 26.9; 60.5 27.1,{times},900,500,0,50,AMSL\n");
    let read = |text: &str| read("convoy.csv", text.as_bytes(), None).map_err(|fault| fault.to_string());
    let good = read(&row("2026-11-25T06:15:00Z; 2026-11-25T07:15:00Z")).unwrap();
    let notice = good.rows[0].form.to_draft(detente_testkit::notice_id(0)).unwrap().notice;
    let notice = Notice::try_new(notice).unwrap();
    let [volume] = notice.volumes() else { panic!("one volume") };
    let [start, end] = [volume.window.start(), volume.window.end()].map(|time| time.to_string());
    assert_eq!([start.as_str(), end.as_str()], ["2026-11-25T06:00:00Z", "2026-11-25T07:30:00Z"]);
    assert!(volume.passage.is_some());

    let told = read(&row("2026-11-25T06:15:00Z; seven")).unwrap_err();
    assert!(told.contains("row 2, times[1]: found seven, expected an RFC 3339 time"), "{told}");
    let told = read(&row("2026-11-25T06:15:00Z")).unwrap_err();
    assert!(told.contains("row 2, times: DV-042, ") && told.contains("found 1 times, expected 2, one for each vertex"), "{told}");
    let told = read(&row("")).unwrap_err();
    assert!(told.contains("row 2, start: found nothing") && told.contains("row 2, end: found nothing"), "{told}");
}
