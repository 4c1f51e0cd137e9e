//! Every rule that can be checked on a noun alone: what it refuses, where it points, what it says it wanted, and the
//! nearest good neighbour, which passes.

use detente_testkit::notices::{circle, corridor, notice, polygon, text};
use detente_testkit::refusal::{only, refused, told};
use detente_testkit::{MORNING, minutes, place, terms};
use detente_types::notice::{DetailIn, NOTICE_VERTICES_MAX, Notice, NoticeIn, NoticeKind, VOLUMES_MAX};
use detente_types::terms::{MatchingIn, MatchingMode, ResolutionIn};
use detente_types::text::{LINE_BYTES_MAX, TEXT_BYTES_MAX, check_line, check_text};
use detente_types::time::{TIME_MAX, TIME_MIN, WINDOW_SECONDS_MAX};
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN, PositionIn, RADIUS_MAX, VERTICES_MAX, VolumeIn};
use detente_types::{EntryHash, Metres, PassageIn, Position, Precedence, Rule, Terms, TermsIn, Timestamp, Volume, Window};

const MINUTE_US: i64 = 60_000_000;

/// A valid notice of a kind, with one thing changed.
fn spoilt(kind: NoticeKind, spoil: impl FnOnce(&mut NoticeIn)) -> Result<Notice, Vec<detente_types::Violation>> {
    let mut input = notice(kind);
    spoil(&mut input);
    Notice::try_new(input)
}

/// A valid circle with one thing changed.
fn volume(spoil: impl FnOnce(&mut VolumeIn)) -> Result<Volume, detente_types::Violation> {
    let mut input = circle(place("Gogland"), 1_000, minutes(0), minutes(60));
    spoil(&mut input);
    Volume::try_from(&input)
}

/// A ring of positions given in degrees.
fn ring(corners: &[(i64, i64)]) -> Vec<PositionIn> {
    corners.iter().map(|&(lat, lon)| PositionIn { lat_e7: lat * 10_000_000, lon_e7: lon * 10_000_000 }).collect()
}

/// A polygon of rings given in degrees.
fn rings(rings: &[&[(i64, i64)]]) -> Result<Volume, detente_types::Violation> {
    volume(|v| {
        v.shape = 3;
        v.rings = rings.iter().map(|r| ring(r)).collect();
    })
}

/// Valid terms with one thing changed.
fn agreed(spoil: impl FnOnce(&mut TermsIn)) -> Result<Terms, Vec<detente_types::Violation>> {
    let mut input = terms();
    spoil(&mut input);
    Terms::try_new(input)
}

#[test]
fn dv_001_times_lie_between_2000_and_2200() {
    let day = 86_400;
    let window = |from, to| Window::try_new(from, to);
    refused(window(TIME_MIN.plus_micros(-1), MORNING), Rule::TimeInRange, "window.start", "2000-01-01T00:00:00Z");
    refused(window(MORNING, TIME_MAX.plus_micros(1)), Rule::TimeInRange, "window.end", "2200-01-01T00:00:00Z");
    refused(window(Timestamp::from_micros(i64::MIN), MORNING), Rule::TimeInRange, "window.start", "2000");
    assert!(window(TIME_MIN, TIME_MIN.plus_seconds(day)).is_ok() && window(TIME_MAX.plus_seconds(-day), TIME_MAX).is_ok());
    let since = |us| spoilt(NoticeKind::Safety, |n| n.detail.as_mut().unwrap().since_us = Some(us));
    only(since(i64::MAX), Rule::TimeInRange, "detail.since_us", "between 2000");
    assert!(since(TIME_MIN.micros()).is_ok());
}

#[test]
fn dv_002_a_window_ends_after_it_starts() {
    refused(Window::try_new(MORNING, MORNING), Rule::EndAfterStart, "window.end", "later than the start, 2026-11-24T06:00:00Z");
    refused(Window::try_new(minutes(1), MORNING), Rule::EndAfterStart, "window.end", "later than the start");
    assert!(Window::try_new(MORNING, MORNING.plus_micros(1)).is_ok());
    let upside_down = spoilt(NoticeKind::Text, |n| n.valid_until_us = n.valid_from_us);
    only(upside_down, Rule::EndAfterStart, "validity.end", "later than");
}

#[test]
fn dv_003_a_window_is_at_most_400_days_long() {
    let end = MORNING.plus_seconds(WINDOW_SECONDS_MAX);
    assert!(Window::try_new(MORNING, end).is_ok());
    refused(Window::try_new(MORNING, end.plus_micros(1)), Rule::WindowLength, "window", "at most 400 days");
}

#[test]
fn dv_010_texts_are_neither_empty_nor_too_long() {
    for (bad, good) in [(LINE_BYTES_MAX + 1, LINE_BYTES_MAX), (0, 1)] {
        refused(check_line("title", &"x".repeat(bad)), Rule::TextLength, "title", "1 to 200 bytes");
        assert!(check_line("title", &"x".repeat(good)).is_ok());
    }
    refused(check_line("title", " \u{a0}\t"), Rule::TextLength, "title", "1 to 200 bytes");
    refused(check_text("text", &text("en", &"ж".repeat(TEXT_BYTES_MAX / 2 + 1))), Rule::TextLength, "text", "1 to 8000 bytes");
    assert!(check_text("text", &text("ru", &"ж".repeat(TEXT_BYTES_MAX / 2))).is_ok());
}

#[test]
fn dv_011_texts_hold_nothing_that_steers_a_screen() {
    let steering = ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{85}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{2028}', '\u{2029}'];
    let more = ['\u{202a}', '\u{202e}', '\u{2060}', '\u{2066}', '\u{2069}', '\u{206f}', '\u{feff}', '\u{fff9}', '\u{e0041}'];
    for c in steering.into_iter().chain(more) {
        refused(check_line("title", &format!("a{c}b")), Rule::TextCharacters, "title", "printable characters");
        refused(check_text("text", &text("en", &format!("a{c}b"))), Rule::TextCharacters, "text", "printable characters");
    }
    refused(check_line("title", "two\nlines"), Rule::TextCharacters, "title", "printable");
    assert!(check_text("text", &text("en", "two\nlines")).is_ok());
    assert!(check_line("title", "naïve Ёлка 国境 हिन्दी \u{200d} – “quoted” 🚁").is_ok());
}

#[test]
fn dv_012_a_text_names_its_language() {
    for tag in ["", "e", "en us", "en_US", "ру", &"a".repeat(36)] {
        refused(check_text("text", &text(tag, "words")), Rule::LanguageTag, "text", "BCP 47");
    }
    for tag in ["en", "ru", "sr-Latn-RS", &"a".repeat(35)] {
        assert!(check_text("text", &text(tag, "words")).is_ok(), "{tag}");
    }
    only(agreed(|t| t.languages[1] = "r u".into()), Rule::LanguageTag, "languages[1]", "BCP 47");
}

#[test]
fn dv_020_positions_lie_on_the_earth() {
    let wanted = "latitude within ±90°, longitude within ±180°";
    for (lat, lon) in [(900_000_001, 0), (-900_000_001, 0), (0, 1_800_000_001), (0, -1_800_000_001), (i64::MIN, 0), (0, i64::MIN)]
    {
        refused(Position::try_new(lat, lon), Rule::PositionInRange, "position", wanted);
        let one_off = volume(|v| v.rings[0][0] = PositionIn { lat_e7: lat, lon_e7: lon });
        refused(one_off, Rule::PositionInRange, "footprint.rings[0][0].position", wanted);
    }
    assert_eq!(Position::try_new(0, 1_800_000_000), Position::try_new(0, -1_800_000_000), "one place has one form");
    assert_eq!(Position::try_new(900_000_000, 77), Position::try_new(900_000_000, 0), "the pole has one form");
    only(agreed(|t| t.place[3].lat_e7 = i64::MAX), Rule::PositionInRange, "place[3].position", wanted);
    only(agreed(|t| t.area.corners_e7[2] = [0, i64::MAX]), Rule::PositionInRange, "area.corners_e7[2].position", wanted);
}

#[test]
fn dv_021_shapes_have_as_many_vertices_as_they_need() {
    let path = |count| {
        volume(|v| {
            v.shape = 2;
            v.rings = vec![(0..count).map(|i| PositionIn { lat_e7: 600_000_000 + i * 10_000, lon_e7: 250_000_000 }).collect()];
        })
    };
    for count in [0, 1, VERTICES_MAX as i64 + 1] {
        refused(path(count), Rule::VertexCount, "footprint", "2 or more vertices, at most 1000 in all");
    }
    assert!(path(2).is_ok() && path(VERTICES_MAX as i64).is_ok());
    refused(rings(&[&[(60, 25), (60, 26)]]), Rule::VertexCount, "footprint", "1 to 16 rings of 3 or more vertices");
    refused(rings(&[]), Rule::VertexCount, "footprint", "1 to 16 rings");
    refused(rings(&[&[(60, 25), (60, 26), (61, 26)][..]; 17]), Rule::VertexCount, "footprint", "1 to 16 rings");
    only(agreed(|t| t.area.corners_e7.truncate(2)), Rule::VertexCount, "area.corners", "3 to 1000");
}

#[test]
fn dv_022_radii_lie_within_the_limits() {
    for cm in [-1, RADIUS_MAX.cm() + 1, i64::MIN, i64::MAX] {
        refused(volume(|v| v.radius_cm = cm), Rule::RadiusInRange, "footprint.radius", "0 to 500000 m, above 0 for a path");
    }
    assert!(volume(|v| v.radius_cm = 0).is_ok() && volume(|v| v.radius_cm = RADIUS_MAX.cm()).is_ok());
    let mut bare = corridor(&[place("Kotka"), place("Gogland")], 0, minutes(0), minutes(60));
    refused(Volume::try_from(&bare), Rule::RadiusInRange, "footprint.radius", "above 0 for a path");
    bare.radius_cm = 1;
    assert!(Volume::try_from(&bare).is_ok());
}

#[test]
fn dv_023_neighbouring_vertices_lie_apart() {
    let closed = rings(&[&[(60, 25), (60, 26), (61, 26), (60, 25)]]);
    refused(closed, Rule::VerticesApart, "footprint.rings[0][3]", "not closed by repeating its first vertex");
    let twice = rings(&[&[(60, 25), (60, 26), (60, 26), (61, 26)]]);
    refused(twice, Rule::VerticesApart, "footprint.rings[0][1]", "not closed");
    assert!(rings(&[&[(60, 25), (60, 26), (61, 26)]]).is_ok());
}

#[test]
fn dv_024_edges_do_not_cross_or_touch() {
    let bow_tie = rings(&[&[(60, 25), (61, 26), (61, 25), (60, 26)]]);
    let fault = bow_tie.clone().unwrap_err();
    assert!(fault.found.contains("cross at 60.5"), "the crossing is named: {fault}");
    refused(bow_tie, Rule::EdgesDoNotCross, "footprint.rings[0]", "");
    assert!(rings(&[&[(60, 25), (60, 26), (61, 26), (61, 25)]]).is_ok());
}

#[test]
fn dv_025_shapes_have_one_clear_inside() {
    let long = rings(&[&[(0, 0), (0, 30), (20, 0)]]);
    refused(long, Rule::ShapeNotTooWide, "footprint.rings[0]", "edges of at most 2000 km; put a vertex between");
    let outside = rings(&[&[(60, 25), (60, 26), (61, 26), (61, 25)], &[(63, 25), (63, 26), (64, 26)]]);
    refused(outside, Rule::ShapeNotTooWide, "footprint.rings[1]", "holes inside the outline");
    assert!(rings(&[&[(60, 24), (60, 28), (64, 28), (64, 24)], &[(61, 25), (61, 26), (62, 26)]]).is_ok());
    let round_a_pole =
        agreed(|t| t.area.corners_e7 = vec![[800_000_000, 0], [800_000_000, 1_200_000_000], [800_000_000, -1_200_000_000]]);
    only(round_a_pole, Rule::ShapeNotTooWide, "area.corners", "leaves both poles outside");
}

#[test]
fn dv_026_a_footprint_is_a_point_a_path_or_a_polygon() {
    let wanted = "1 point of one vertex, 2 path of one ring, 3 polygon";
    for shape in [0, 4, 255] {
        refused(volume(|v| v.shape = shape), Rule::ShapeKind, "footprint.shape", wanted);
    }
    refused(volume(|v| v.rings[0].push(place("Kotka").into())), Rule::ShapeKind, "footprint.shape", wanted);
    refused(volume(|v| v.rings.clear()), Rule::ShapeKind, "footprint.shape", wanted);
    assert!(volume(|v| v.shape = 1).is_ok());
}

#[test]
fn dv_027_altitude_bands_are_the_right_way_up_and_within_the_limits() {
    let band = |lower_cm, upper_cm| volume(|v| (v.lower_cm, v.upper_cm) = (lower_cm, upper_cm));
    for (lower, upper) in [(1, 0), (ALTITUDE_MIN.cm() - 1, 0), (0, ALTITUDE_MAX.cm() + 1), (i64::MIN, i64::MAX)] {
        refused(band(lower, upper), Rule::AltitudeBand, "altitude", "lower at most upper, between -12000 m and 50000000 m");
    }
    assert!(band(0, 0).is_ok() && band(ALTITUDE_MIN.cm(), ALTITUDE_MAX.cm()).is_ok());
}

#[test]
fn dv_028_an_altitude_names_a_known_datum() {
    for code in [4, 255] {
        refused(volume(|v| v.datum = code), Rule::DatumKnown, "altitude.datum", "0 WGS84, 1 AMSL, 2 AGL or 3 FL");
    }
    assert!((0..4).all(|code| volume(|v| v.datum = code).is_ok()));
    only(agreed(|t| t.altitude.datum = "QFE".into()), Rule::DatumKnown, "altitude.datum", "WGS84, AMSL, AGL or FL");
    assert!(agreed(|t| t.altitude.datum = "fl".into()).is_ok());
}

#[test]
fn dv_042_a_passage_times_each_vertex_of_a_path_within_just_its_window() {
    let passing = |times_us: Vec<i64>, slack_us: i64, window: (i64, i64)| {
        volume(|v| {
            let vertex = |lon_e7| PositionIn { lat_e7: 600_000_000, lon_e7 };
            (v.shape, v.rings) = (2, vec![(0..3).map(|i| vertex(250_000_000 + i * 1_000_000)).collect()]);
            let us = |minute: i64| MORNING.micros() + minute * MINUTE_US;
            (v.start_us, v.end_us) = (us(window.0), us(window.1));
            v.passage = Some(PassageIn { times_us: times_us.iter().map(|&t| us(t)).collect(), slack_us });
        })
    };
    assert!(passing(vec![0, 5, 9], 0, (0, 9)).is_ok());
    assert!(passing(vec![0, 5, 9], 2 * MINUTE_US, (-2, 11)).is_ok());
    let day = 1_440 * MINUTE_US;
    assert!(passing(vec![0, 5, 9], day, (-1_440, 1_449)).is_ok());
    let rule = Rule::PassageOfPath;
    refused(passing(vec![0, 9], 0, (0, 9)), rule, "passage.times", "3, one for each vertex");
    refused(passing(vec![0, 5, 7, 9], 0, (0, 9)), rule, "passage.times", "3, one for each vertex");
    refused(passing(vec![0, 5, 5], 0, (0, 5)), rule, "passage.times[2]", "later than");
    refused(passing(vec![0, 5, 4], 0, (0, 4)), rule, "passage.times[2]", "later than");
    for slack in [-1, day + 1, i64::MAX, i64::MIN] {
        refused(passing(vec![0, 5, 9], slack, (0, 9)), rule, "passage.slack", "from nothing to a day");
    }
    for window in [(0, 10), (-1, 9), (-3, 11), (1, 9)] {
        refused(passing(vec![0, 5, 9], MINUTE_US, window), rule, "passage.times", "just the window");
    }
    // Along the equator: at orbital speed, beyond it, and further than a passage may lead.
    let leg = |degrees: i64, seconds: i64, legs: i64| {
        volume(|v| {
            (v.shape, v.rings) =
                (2, vec![(0..=legs).map(|i| PositionIn { lat_e7: 0, lon_e7: i * degrees * 10_000_000 }).collect()]);
            let times_us: Vec<i64> = (0..=legs).map(|i| MORNING.micros() + i * seconds * 1_000_000).collect();
            (v.start_us, v.end_us) = (times_us[0], times_us[times_us.len() - 1]);
            v.passage = Some(PassageIn { times_us, slack_us: 0 });
        })
    };
    assert!(leg(10, 95, 3).is_ok());
    refused(leg(10, 90, 3), rule, "passage.times[1]", "at most 12000 m a second");
    assert!(leg(10, 3_600, 17).is_ok());
    refused(leg(10, 3_600, 18), rule, "passage.times", "at most 20000 km");
    refused(volume(|v| v.passage = Some(PassageIn { times_us: vec![v.start_us], slack_us: 0 })), rule, "passage.times", "a path");
}

#[test]
fn dv_030_a_notice_has_no_more_volumes_than_the_limit() {
    let many = |count| spoilt(NoticeKind::Operation, |n| n.volumes = vec![n.volumes[0].clone(); count]);
    only(many(VOLUMES_MAX + 1), Rule::VolumeCount, "volumes", "at most 64 volumes with 2000 vertices");
    assert!(many(VOLUMES_MAX).is_ok());
    let dense = |legs: usize| {
        let path: Vec<_> = (0..legs as i64).map(|i| Position::try_new(600_000_000 + i * 1_000, 250_000_000).unwrap()).collect();
        spoilt(NoticeKind::Operation, |n| n.volumes = vec![corridor(&path, 10, minutes(0), minutes(60)); 4])
    };
    only(dense(NOTICE_VERTICES_MAX / 4 + 1), Rule::VolumeCount, "volumes", "2000 vertices in all");
    assert!(dense(NOTICE_VERTICES_MAX / 4).is_ok());
}

#[test]
fn dv_031_every_volume_lies_inside_the_validity() {
    let late = spoilt(NoticeKind::Hazard, |n| n.volumes[0].end_us = n.valid_until_us + 1);
    only(late, Rule::VolumeInValidity, "volumes[0].window", "inside the notice's validity");
    assert!(spoilt(NoticeKind::Hazard, |n| n.volumes[0].end_us = n.valid_until_us).is_ok());
}

#[test]
fn dv_034_a_notice_has_one_of_the_five_precedences() {
    let wanted = "the code of one of SAFETY, FLASH, IMMEDIATE, PRIORITY, ROUTINE";
    only(spoilt(NoticeKind::Text, |n| n.precedence = 5), Rule::PrecedenceKnown, "precedence", wanted);
    assert!((1..5).all(|code| spoilt(NoticeKind::Text, |n| n.precedence = code).is_ok()));
}

#[test]
fn dv_035_a_disclosed_precision_is_exact_1_km_or_10_km() {
    only(spoilt(NoticeKind::Text, |n| n.precision = 3), Rule::PrecisionKnown, "precision", "one of exact, 1 km, 10 km");
    assert!((0..3).all(|code| spoilt(NoticeKind::Text, |n| n.precision = code).is_ok()));
}

/// One detail, by its name.
fn set_detail(detail: &mut DetailIn, field: &str) {
    let said = Some("words".to_owned());
    match field {
        "activity" => detail.activity = said,
        "frequency" => detail.frequency = said,
        "measure" => detail.measure = said,
        "function" => detail.function = said,
        "operator" => detail.operator = said,
        "position_source" => detail.position_source = said,
        "markings" => detail.markings = said,
        "vehicles" => detail.vehicles = Some(3),
        "people" => detail.people = Some(3),
        "cargo" => detail.cargo = said,
        "armed_escort" => detail.armed_escort = Some(true),
        "designation" => detail.designation = said,
        "troops" => detail.troops = Some(3),
        "ask" => detail.ask = Some(1),
        "endangered" => detail.endangered = said,
        "since_us" => detail.since_us = Some(MORNING.micros()),
        "list_number" => detail.list_number = said,
        other => panic!("no detail {other}"),
    }
}

#[test]
fn dv_036_details_are_those_of_the_kind() {
    let only_with = [
        ("activity", "operation airspace movement exercise hazard launch force withdrawal"),
        ("frequency", "operation airspace movement exercise hazard launch force withdrawal"),
        ("measure", "airspace"),
        ("function", "site"),
        ("operator", "operation airspace site movement"),
        ("position_source", "site"),
        ("markings", "operation site movement"),
        ("vehicles", "movement"),
        ("people", "site movement incident safety"),
        ("cargo", "movement"),
        ("armed_escort", "movement"),
        ("designation", "exercise force withdrawal"),
        ("troops", "exercise force withdrawal"),
        ("ask", "safety"),
        ("endangered", "safety"),
        ("since_us", "safety"),
        ("list_number", "safety"),
    ];
    for (field, kinds) in only_with {
        for &kind in NoticeKind::ALL {
            let with = spoilt(kind, |n| set_detail(n.detail.get_or_insert_default(), field));
            if kinds.split(' ').any(|name| name == kind.name()) {
                assert!(with.is_ok(), "{field} in {kind}: {with:?}");
            } else {
                let wanted = format!("no such field in a notice of kind {kind}");
                only(with, Rule::KindMatchesDetail, &format!("detail.{field}"), &wanted);
            }
        }
    }
}

#[test]
fn dv_037_a_notice_carries_what_its_kind_needs() {
    for &kind in NoticeKind::ALL {
        let without = spoilt(kind, |n| n.volumes.clear());
        if notice(kind).volumes.is_empty() || kind == NoticeKind::Safety {
            assert!(without.is_ok(), "{kind}");
        } else {
            only(without, Rule::KindRequires, "volumes", &format!("volumes, for a notice of kind {kind}"));
        }
    }
    only(spoilt(NoticeKind::Text, |n| n.text = None), Rule::KindRequires, "text", "text, for a notice of kind text");
    let wordless = spoilt(NoticeKind::Safety, |n| n.detail.as_mut().unwrap().endangered = None);
    only(wordless, Rule::KindRequires, "detail.endangered", "for a notice of kind safety");
    for ask in [None, Some(0), Some(4)] {
        let asks = spoilt(NoticeKind::Safety, |n| n.detail.as_mut().unwrap().ask = ask);
        only(asks, Rule::KindRequires, "detail.ask", "for a notice of kind safety");
    }
    only(spoilt(NoticeKind::Safety, |n| n.detail = None), Rule::KindRequires, "detail.endangered", "safety");
}

#[test]
fn dv_038_a_version_says_what_it_replaces() {
    let version = |version, replaces| spoilt(NoticeKind::Text, |n| (n.version, n.replaces) = (version, replaces));
    let last = Some(EntryHash::new([7; 32]));
    for (number, replaces) in [(0, None), (0, last), (1, last), (2, None)] {
        only(version(number, replaces), Rule::VersionFollows, "version", "version 1 that replaces nothing, or a later one");
    }
    assert!(version(1, None).is_ok() && version(2, last).is_ok() && version(u32::MAX, last).is_ok());
}

#[test]
fn dv_041_safety_notices_and_no_others_have_precedence_safety() {
    let wanted = "SAFETY for a safety notice, one of the others for any other";
    for &kind in NoticeKind::ALL {
        for &precedence in Precedence::ALL {
            let said = spoilt(kind, |n| n.precedence = precedence.code());
            if (kind == NoticeKind::Safety) == (precedence == Precedence::Safety) {
                assert!(said.is_ok(), "{kind} {precedence}");
            } else {
                only(said, Rule::SafetyPrecedence, "precedence", wanted);
            }
        }
    }
}

fn weighed(terms: &mut TermsIn) -> &mut ResolutionIn {
    terms.resolution.insert(ResolutionIn::DEFAULT)
}

fn matched(terms: &mut TermsIn) -> &mut MatchingIn {
    terms.matching.insert(MatchingIn::usual())
}

#[test]
fn terms_without_a_matching_section_have_the_usual_one() {
    let without = agreed(|_| ()).unwrap();
    assert_eq!(without.matching(), MatchingIn::usual());
    let counted = agreed(|t| (matched(t).verified, t.matching.as_mut().unwrap().mode) = (false, "count".into())).unwrap();
    assert_eq!(counted.matching().told(), Some(MatchingMode::Count));
}

#[test]
fn terms_without_weights_have_the_usual_ones() {
    let without = agreed(|_| ()).unwrap();
    assert_eq!((without.input().resolution.as_ref(), without.resolution()), (None, ResolutionIn::DEFAULT));
    let with = agreed(|t| weighed(t).per_km = 7).unwrap();
    assert_eq!(with.resolution(), ResolutionIn { per_km: 7, ..ResolutionIn::DEFAULT });
    assert!(
        agreed(|t| {
            weighed(t);
        })
        .is_ok()
    );
}

#[test]
fn dv_060_terms_are_complete_and_inside_the_limits() {
    type Spoil = fn(&mut TermsIn);
    let cases: &[(Spoil, &str, &str)] = &[
        (|t| t.version = 0, "version", "1 to 4294967295"),
        (|t| t.separation.horizontal_m = 200_001, "separation.horizontal_m", "0 to 200000"),
        (|t| t.separation.vertical_m = 200_001, "separation.vertical_m", "0 to 200000"),
        (|t| t.separation.time_s = 86_401, "separation.time_s", "0 to 86400"),
        (|t| t.altitude.terrain_max_m = i32::MIN, "altitude.terrain_max_m", "0 to 10000"),
        (|t| t.altitude.terrain_min_m = Some(i32::MIN), "altitude.terrain_min_m", "0 to 10000"),
        (|t| t.altitude.terrain_min_m = Some(351), "altitude.terrain_min_m", "at most terrain_max_m, 350"),
        (|t| t.altitude.pressure_error_max_m = 5_001, "altitude.pressure_error_max_m", "0 to 5000"),
        (|t| t.lead_time.routine_min = 527_041, "lead_time.routine_min", "0 to 527040"),
        (|t| t.clocks.safety.stored_s = 0, "clocks.safety.stored_s", "1 to 2592000"),
        (|t| t.clocks.routine.listed_s = 2_592_001, "clocks.routine.listed_s", "1 to 2592000"),
        (|t| t.clocks.safety_repeat_s = 4, "clocks.safety_repeat_s", "5 to 600"),
        (|t| t.clocks.safety_escalate_s.clear(), "clocks.safety_escalate_s", "1 to 10"),
        (|t| t.clocks.safety_escalate_s[1] = 60, "clocks.safety_escalate_s[1]", "61 to 86400"),
        (|t| t.line_check.every_min = 0, "line_check.every_min", "1 to 1440"),
        (|t| t.line_check.answer_s = 4, "line_check.answer_s", "5 to 3600"),
        (|t| t.line_check.red_after = 0, "line_check.red_after", "1 to 10"),
        (|t| t.quota.bytes_per_day = 0, "quota.bytes_per_day", "1048576 to"),
        (|t| t.quota.entries_per_day = 99, "quota.entries_per_day", "100 to"),
        (|t| t.blind.cell_m = 9, "blind.cell_m", "10 to 200000"),
        (|t| t.blind.band_m = 9, "blind.band_m", "10 to 200000"),
        (|t| t.blind.slot_s = 9, "blind.slot_s", "10 to 86400"),
        (|t| t.blind.every_min = 10_081, "blind.every_min", "0 to 10080"),
        (|t| t.blind.extra_per_day = 1_001, "blind.extra_per_day", "0 to 1000"),
        (|t| t.retention.days = 36_526, "retention.days", "0 to 36525"),
        (|t| weighed(t).per_minute = 0, "resolution.per_minute", "1 to 10000"),
        (|t| weighed(t).per_100_m = 10_001, "resolution.per_100_m", "1 to 10000"),
        (|t| weighed(t).per_km = 0, "resolution.per_km", "1 to 10000"),
        (|t| weighed(t).time_max_min = 10_081, "resolution.time_max_min", "0 to 10080"),
        (|t| weighed(t).altitude_max_m = 20_001, "resolution.altitude_max_m", "0 to 20000"),
        (|t| weighed(t).place_max_km = 501, "resolution.place_max_km", "0 to 500"),
        (|t| matched(t).class_log2 = 3, "matching.class_log2", "4 to 22"),
        (|t| matched(t).class_log2 = 23, "matching.class_log2", "4 to 22"),
        (|t| matched(t).chunks_log2 = 9, "matching.chunks_log2", "0 to 8"),
        (|t| matched(t).ahead_min = 9, "matching.ahead_min", "10 to 40320"),
        (|t| matched(t).mode = "yes/no".into(), "matching.mode", "cells or count"),
        (|t| matched(t).mode = "count".into(), "matching.verified", "false in mode count"),
        (|t| t.desk[0].party = 2, "desk[0].party", "0 to 1"),
        (|t| t.threshold[0].lead_days = 401, "threshold[0].lead_days", "0 to 400"),
        (|t| t.disclosure.finest = "2 km".into(), "disclosure.finest", "exact, 1 km, 10 km"),
        (|t| t.auditor_key = "abc".into(), "auditor_key", "64 digits of lower-case hex"),
        (|t| t.place[4].names.truncate(1), "place[4].names", "one name per language"),
        (|t| t.suites = vec!["rsa".into()], "suites", "ed25519 among them"),
    ];
    for (spoil, at, wanted) in cases {
        only(agreed(spoil), Rule::TermsComplete, at, wanted);
    }
    assert!(agreed(|t| (t.version, t.separation.horizontal_m, t.retention.days) = (u32::MAX, 200_000, 36_525)).is_ok());
}

#[test]
fn dv_060_terms_lists_are_bounded_and_their_words_are_checked() {
    let desks = agreed(|t| t.desk = vec![t.desk[0].clone(); 201]);
    only(desks, Rule::TermsComplete, "desk", "0 to 200");
    only(agreed(|t| t.desk[1].contact = "\u{202e}".into()), Rule::TextCharacters, "desk[1].contact", "printable");
    only(agreed(|t| t.threshold[0].measure = String::new()), Rule::TextLength, "threshold[0].measure", "1 to 200");
    only(agreed(|t| t.area.name = String::new()), Rule::TextLength, "area.name", "1 to 200");
    let languages = agreed(|t| t.languages.push("fi".into())).expect_err("two parties have two languages");
    told(&languages, Rule::TermsComplete, "languages", "2 to 2");
}

#[test]
fn dv_062_the_terms_name_a_law_that_this_version_has() {
    only(agreed(|t| t.law = "conflict/3".into()), Rule::TermsLaw, "law", "conflict/1 or conflict/2");
    assert!(agreed(|t| t.law = "conflict/1".into()).is_ok());
    assert!(agreed(|t| t.law = "conflict/2".into()).is_ok());
}

#[test]
fn dv_071_a_notice_has_a_known_kind() {
    for code in [0, 15, 20, u16::MAX] {
        only(spoilt(NoticeKind::Text, |n| n.kind = code), Rule::KindKnown, "kind", "the code of one of operation, airspace");
    }
}

#[test]
fn all_faults_of_a_notice_are_told_at_once() {
    let faults = spoilt(NoticeKind::Operation, |n| {
        n.precedence = 9;
        n.precision = 9;
        n.version = 0;
        n.title = Some(String::new());
        n.volumes.push(polygon(&[place("Kotka"), place("Gogland")], minutes(0), minutes(1)));
        n.volumes[0].radius_cm = -1;
    });
    let mut rules: Vec<_> = faults.expect_err("six fields are bad").iter().map(|v| v.rule).collect();
    rules.sort_unstable();
    let broken = [
        Rule::TextLength,
        Rule::VertexCount,
        Rule::RadiusInRange,
        Rule::PrecedenceKnown,
        Rule::PrecisionKnown,
        Rule::VersionFollows,
    ];
    assert_eq!(rules, broken);
}

#[test]
fn foreign_text_in_an_error_is_cut_and_cannot_steer_the_reader() {
    let law = format!("\u{202e}\u{1b}[2J{}", "x".repeat(10_000));
    let faults = agreed(|t| t.law = law).expect_err("no such law");
    let message = faults[0].to_string();
    assert!(message.len() < 400 && message.contains('…'), "{message}");
    assert!(message.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{message:?}");
}

#[test]
fn numbers_and_rules_name_each_other() {
    for &rule in Rule::ALL {
        assert_eq!(Rule::from_number(rule.number()), Some(rule));
        assert_eq!(rule.to_string(), format!("DV-{:03}", rule.number()));
    }
    assert_eq!(Rule::from_number(999), None);
    assert_eq!(Metres::new(3).to_string(), "3 m");
}
