//! The demo's inputs: every file is read, obeys the rules, and together they hold exactly the conflicts that
//! examples/README.md tells of.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use detente_gateway::{Draft, read, terms};
use detente_space::{Law, Separation, disclose};
use detente_types::notice::{Precision, Release};
use detente_types::{Notice, NoticeId, Terms, Volume};

const SHIFT: [&str; 2] = [
    r#""start": "2026-11-25T09:15:00Z", "end": "2026-11-25T11:00:00Z""#,
    r#""start": "2026-11-25T10:45:00Z", "end": "2026-11-25T12:30:00Z""#,
];
const CLIMB: [&str; 2] = [r#""lower_m": 9000, "upper_m": 9600"#, r#""lower_m": 10000, "upper_m": 10600"#];

const LIVE_FIRE: (&str, &str) = ("aster/patrol-flights.json notice 2", "borea/live-fire.geojson feature 1");
const CORRIDOR: (&str, &str) = ("aster/orbit.json notice 1", "borea/air-bridge.json notice 1");

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn gulf(file: &str) -> String {
    fs::read_to_string(examples().join("gulf").join(file)).unwrap()
}

fn gulf_terms() -> Terms {
    Terms::try_new(terms::read(&gulf("terms.toml")).unwrap().terms).unwrap()
}

/// A notice of the examples.
struct Example {
    name: String,
    draft: Draft,
    notice: Notice,
}

impl Example {
    fn release(&self) -> Release {
        self.draft.release
    }

    /// The volumes that the other side is told.
    fn told(&self) -> Vec<Volume> {
        let precision = self.release().precision().unwrap_or(Precision::Exact);
        disclose::coarsen(self.notice.volumes(), precision).unwrap()
    }
}

/// All notices of a party, after an edit of its files.
fn notices(party: &str, edit: impl Fn(&str, String) -> String) -> Vec<Example> {
    let mut files: Vec<_> = fs::read_dir(examples().join("gulf").join(party)).unwrap().map(|f| f.unwrap().file_name()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let file = format!("{party}/{}", file.to_str().unwrap());
        let text = edit(&file, gulf(&file));
        let reading = read(&file, text.as_bytes(), Some(&gulf_terms())).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(reading.report.findings.is_empty(), "{}", reading.report);
        all.extend(reading.rows.into_iter().map(|row| {
            let draft = row.form.to_draft(NoticeId::new([7; 16])).unwrap();
            let notice = Notice::try_new(draft.notice.clone()).unwrap();
            Example { name: format!("{file} {}", row.place), draft, notice }
        }));
    }
    all
}

fn meets(a: (&Notice, &[Volume]), b: (&Notice, &[Volume])) -> bool {
    let terms = gulf_terms();
    let law = Law::of_terms(&terms).unwrap();
    let separation = Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() };
    law.kinds_meet(a.0.kind(), b.0.kind())
        && a.1.iter().any(|one| b.1.iter().any(|other| law.meet(one, other, &separation).is_some()))
}

/// The joint conflicts over what is told, and over the exact plans of what is told.
fn conflicts(aster: &[Example], borea: &[Example]) -> [BTreeSet<(String, String)>; 2] {
    let stated = |all: &[Example]| -> Vec<(String, Notice, Vec<Volume>)> {
        let told = all.iter().filter(|e| e.release() != Release::Hold);
        told.map(|e| (e.name.clone(), e.notice.clone(), e.told())).collect()
    };
    let (ours, theirs) = (stated(aster), stated(borea));
    let pairs = || ours.iter().flat_map(|a| theirs.iter().map(move |b| (a, b)));
    type Planned = (String, Notice, Vec<Volume>);
    let named = |(a, b): (&Planned, &Planned)| (a.0.clone(), b.0.clone());
    let joint = pairs().filter(|(a, b)| meets((&a.1, &a.2), (&b.1, &b.2))).map(named).collect();
    let exact = pairs().filter(|(a, b)| meets((&a.1, a.1.volumes()), (&b.1, b.1.volumes()))).map(named).collect();
    [joint, exact]
}

fn set(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

fn as_it_is(_: &str, text: String) -> String {
    text
}

#[test]
fn the_day_has_exactly_the_two_conflicts_of_the_readme() {
    let found = conflicts(&notices("aster", as_it_is), &notices("borea", as_it_is));
    assert_eq!(found, [set(&[LIVE_FIRE, CORRIDOR]), set(&[LIVE_FIRE, CORRIDOR])]);
}

#[test]
fn the_edits_of_the_readme_make_them_vanish() {
    let edited = |edits: &'static [[&'static str; 2]]| {
        let aster = notices("aster", |_, text| edits.iter().fold(text, |text, [from, to]| text.replace(from, to)));
        conflicts(&aster, &notices("borea", as_it_is))
    };
    assert_eq!(edited(&[SHIFT]), [set(&[CORRIDOR]), set(&[CORRIDOR])]);
    assert_eq!(edited(&[CLIMB]), [set(&[LIVE_FIRE]), set(&[LIVE_FIRE])]);
    assert_eq!(edited(&[SHIFT, CLIMB]), [set(&[]), set(&[])]);
    let readme = fs::read_to_string(examples().join("README.md")).unwrap();
    for edit in SHIFT.iter().chain(&CLIMB) {
        assert!(readme.contains(edit), "the README tells of {edit}");
    }
    assert_eq!(gulf("aster/patrol-flights.json").matches(SHIFT[0]).count(), 1);
    assert_eq!(gulf("aster/orbit.json").matches(CLIMB[0]).count(), 2);
}

#[test]
fn no_notice_disturbs_its_own_side_nor_the_one_held_back_anything() {
    let (aster, borea) = (notices("aster", as_it_is), notices("borea", as_it_is));
    for side in [&aster, &borea] {
        for (i, one) in side.iter().enumerate() {
            for other in &side[i + 1..] {
                let met = meets((&one.notice, one.notice.volumes()), (&other.notice, other.notice.volumes()));
                assert!(!met, "{} and {}", one.name, other.name);
            }
        }
    }
    let held: Vec<_> = aster.iter().filter(|e| e.release() == Release::Hold).collect();
    assert_eq!(held.len(), 1);
    assert!(!borea.iter().any(|b| meets((&held[0].notice, held[0].notice.volumes()), (&b.notice, &b.told()))));
}

#[test]
fn every_file_is_told_of_and_every_kind_of_input_is_there() {
    let readme = fs::read_to_string(examples().join("README.md")).unwrap();
    let mut kinds = BTreeSet::new();
    for party in ["aster", "borea"] {
        for example in notices(party, as_it_is) {
            let file = example.name.split(' ').next().unwrap();
            assert!(readme.contains(&format!("`gulf/{file}`")), "{file}");
            kinds.insert(example.notice.kind().name());
        }
    }
    assert_eq!(kinds, BTreeSet::from(["operation", "airspace", "site", "movement", "hazard", "safety", "text"]));
}

#[test]
fn moved_to_another_day_the_hours_stay_and_so_do_the_conflicts() {
    use detente_gateway::shift::{DAY_US, shift_form, to_tomorrow};
    use detente_types::Timestamp;
    let day = Timestamp::parse("2026-11-25T00:00:00Z").unwrap();
    let now = Timestamp::parse("2031-03-09T23:59:59Z").unwrap();
    let by_us = to_tomorrow(day, now);
    assert_eq!(by_us % DAY_US, 0);
    for example in notices("aster", as_it_is).into_iter().chain(notices("borea", as_it_is)) {
        let mut moved = example.draft.notice.clone();
        detente_gateway::shift(&mut moved, by_us);
        let mut form = detente_gateway::NoticeForm::from(&example.draft.notice);
        shift_form(&mut form, by_us);
        assert_eq!(form.to_draft(moved.id).unwrap().notice, moved);
        let start = Timestamp::from_micros(moved.valid_from_us).to_string();
        assert!(start.starts_with("2031-03-10T"), "{start}");
        assert!(Notice::try_new(moved).is_ok());
    }
}
