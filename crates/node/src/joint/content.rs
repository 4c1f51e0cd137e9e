//! What a conflict's content hashes to: every field of its meetings, in whole numbers, so that both sides can compare all
//! their joint conflicts by one hash (PROTOCOL C1).

use detente_types::ConflictId;
use detente_types::conflict::VolumeMeeting;
use detente_wire::hash::domain;

/// The hash of a conflict's name and of how its notices meet. What is not told adds nothing after its mark.
pub(super) fn content(id: &ConflictId, meetings: &[VolumeMeeting]) -> [u8; 32] {
    let mut bytes = Vec::new();
    for VolumeMeeting { volumes, meeting } in meetings {
        let mut put = |numbers: &[i64]| numbers.iter().for_each(|number| bytes.extend_from_slice(&number.to_be_bytes()));
        put(&volumes.map(i64::from));
        put(&[meeting.distance.cm(), meeting.at.lat_e7().into(), meeting.at.lon_e7().into()]);
        put(&[meeting.vertical_gap.cm(), meeting.time_gap_us]);
        match &meeting.band {
            Some(band) => put(&[1, band.lower().cm(), band.upper().cm(), band.datum().code().into()]),
            None => put(&[0]),
        }
        match &meeting.window {
            Some(window) => put(&[1, window.start().micros(), window.end().micros()]),
            None => put(&[0]),
        }
        match meeting.when {
            Some(when) => put(&[1, when.micros()]),
            None => put(&[0]),
        }
    }
    domain("detente/joint/1", &[id.as_bytes(), &bytes])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use detente_types::volume::{AltitudeBand, Datum};
    use detente_types::{Meeting, Metres, Position, Timestamp, Window};

    use super::*;

    #[test]
    fn every_field_counts() {
        let at = |lat: i64, lon: i64| Position::try_new(lat, lon).unwrap();
        let band =
            |lower: i64, upper: i64, datum| Some(AltitudeBand::try_new(Metres::new(lower), Metres::new(upper), datum).unwrap());
        let time = |minutes: i64| Timestamp::from_micros(1_795_521_600_000_000 + minutes * 60_000_000);
        let window = |from: i64, to: i64| Some(Window::try_new(time(from), time(to)).unwrap());
        let plain = Meeting {
            distance: Metres::ZERO,
            at: at(1, 2),
            vertical_gap: Metres::ZERO,
            band: None,
            time_gap_us: 0,
            window: None,
            when: None,
        };
        let changed = |change: &dyn Fn(&mut Meeting)| {
            let mut meeting = plain.clone();
            change(&mut meeting);
            VolumeMeeting { volumes: [0, 0], meeting }
        };
        let changes: [&dyn Fn(&mut Meeting); 13] = [
            &|_| {},
            &|m| m.distance = Metres::from_cm(1),
            &|m| m.at = at(2, 2),
            &|m| m.at = at(1, 1),
            &|m| m.vertical_gap = Metres::from_cm(1),
            &|m| m.band = band(0, 1, Datum::Wgs84),
            &|m| m.band = band(-1, 1, Datum::Wgs84),
            &|m| m.band = band(0, 1, Datum::Amsl),
            &|m| m.time_gap_us = 1,
            &|m| m.window = window(0, 1),
            &|m| m.window = window(0, 2),
            &|m| m.when = Some(time(0)),
            &|m| m.when = Some(time(1)),
        ];
        let mut lists: Vec<Vec<VolumeMeeting>> = changes.iter().map(|change| vec![changed(change)]).collect();
        lists.push(vec![VolumeMeeting { volumes: [0, 1], ..changed(changes[0]) }]);
        lists.push(vec![VolumeMeeting { volumes: [1, 0], ..changed(changes[0]) }]);
        lists.push(vec![changed(changes[0]), changed(changes[0])]);
        lists.push(Vec::new());
        let ids = [ConflictId::new([1; 32]), ConflictId::new([2; 32])];
        let hashes: BTreeSet<_> = ids.iter().flat_map(|id| lists.iter().map(move |list| content(id, list))).collect();
        assert_eq!(hashes.len(), 2 * lists.len());
    }
}
