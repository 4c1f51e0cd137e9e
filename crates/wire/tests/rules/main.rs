//! The rules that need more than one noun: the terms in force, where a statement stands, and what its author had.

mod blind;
mod keys;

use detente_testkit::notices::{circle, notice, text};
use detente_testkit::refusal::{only, told};
use detente_testkit::terms::valid_terms;
use detente_testkit::{Heard, MORNING, MockScheme, Parties, minutes, notice_id, parties, place, terms, terms_of_the_first_law};
use detente_types::notice::VOLUMES_MAX;
use detente_types::statement::{
    AnswerIn, CancelIn, ChangeIn, CheckAnswerIn, Kind, Level, OfferIn, ReceiptIn, SafetyActionIn, Statement, StatementIn,
    TermsAcceptIn, TermsProposeIn,
};
use detente_types::terms::{AltitudeIn, AreaIn};
use detente_types::{
    Datum, EntryHash, Generation, Index, NoticeIn, NoticeKind, PartyId, Position, Rule, StatementRef, Terms, TermsIn, Timestamp,
    Violation, Volume, VolumeIn,
};
use detente_wire::Valid;
use detente_wire::codec::encode;
use detente_wire::meaning::{Standing, check, check_volumes, conflict_id};

type Verdict = Result<Option<Valid<Statement>>, Vec<Violation>>;

/// The gate as `low` meets it: both parties, terms in force, and what `low` had.
struct Scene {
    parties: Parties,
    terms: Option<Terms>,
    heard: Heard,
    index: Index,
    claimed: Timestamp,
    urgent: bool,
}

impl Scene {
    fn new() -> Self {
        let parties = parties(&MockScheme, 1);
        let terms = Some(valid_terms());
        Self { parties, terms, heard: Heard::default(), index: 7, claimed: MORNING, urgent: false }
    }

    fn urgent() -> Self {
        Self { urgent: true, ..Self::new() }
    }

    fn own(&self) -> PartyId {
        self.parties.low.id()
    }

    fn other(&self) -> PartyId {
        self.parties.high.id()
    }

    /// A statement of a kind that `low` had.
    fn had(&mut self, author: PartyId, kind: Kind, index: Index) -> StatementRef {
        let reference = unheard(author, index);
        self.heard.kinds.insert(reference, kind);
        reference
    }

    fn judge(&self, statement: StatementIn) -> Verdict {
        let standing = Standing {
            line: self.parties.line,
            author: self.own(),
            other: self.other(),
            index: self.index,
            claimed: self.claimed,
            urgent: self.urgent,
            terms: self.terms.as_ref(),
            known: &self.heard,
            scheme: &MockScheme,
        };
        check(statement, &standing)
    }

    fn judge_notice(&self, kind: NoticeKind, spoil: impl FnOnce(&mut NoticeIn)) -> Verdict {
        let mut said = notice(kind);
        spoil(&mut said);
        self.judge(StatementIn::Notice(said))
    }
}

/// A reference that nobody has heard of.
fn unheard(author: PartyId, index: Index) -> StatementRef {
    StatementRef { author, generation: Generation::FIRST, index, hash: EntryHash::new([index as u8; 32]) }
}

#[track_caller]
fn passes(verdict: &Verdict) {
    assert!(matches!(verdict, Ok(Some(_))), "{verdict:#?}");
}

/// A rule is broken at a field, perhaps among others.
#[track_caller]
fn breaks(verdict: Verdict, rule: Rule, at: &str, wanted: &str) {
    told(&verdict.expect_err("the gate refuses it"), rule, at, wanted);
}

fn receipt(of: StatementRef, level: Level) -> ReceiptIn {
    ReceiptIn {
        kind: Kind::Receipt.code(),
        level: level.code(),
        of,
        list_number: None,
        read_back: None,
        rule: None,
        reason: None,
        desk: Some("Helsinki watch".into()),
        officer: Some("Officer A".into()),
    }
}

fn answer(kind: Kind, offer: StatementRef) -> StatementIn {
    let said = AnswerIn { kind: kind.code(), offer, text: None, desk: None, officer: None };
    match kind {
        Kind::Accept => StatementIn::Accept(said),
        Kind::Reject => StatementIn::Reject(said),
        _ => StatementIn::Withdraw(said),
    }
}

/// A good offer of `low` about one notice of each side, and the scene in which it is good.
fn offer() -> (Scene, OfferIn) {
    let mut scene = Scene::new();
    let statements = [scene.had(scene.own(), Kind::Operation, 3), scene.had(scene.other(), Kind::Exercise, 4)];
    let conflict = conflict_id(scene.parties.line, &statements[0], &statements[1]);
    let change = ChangeIn { shift_us: Some(3_600_000_000), ..ChangeIn::default() };
    let offer = OfferIn {
        kind: Kind::Offer.code(),
        conflict,
        statements,
        changes: 1,
        change,
        lapses_us: Some(minutes(60).micros()),
        text: Some(text("en", "An hour later.")),
        desk: None,
        officer: None,
    };
    (scene, offer)
}

fn offered(spoil: impl FnOnce(&mut OfferIn)) -> Verdict {
    let (scene, mut said) = offer();
    spoil(&mut said);
    scene.judge(StatementIn::Offer(said))
}

#[test]
fn dv_029_altitudes_use_the_datum_of_the_line() {
    let first = Terms::try_new(terms_of_the_first_law()).unwrap();
    let scene = Scene { terms: Some(first.clone()), ..Scene::new() };
    let flown = |datum: Datum| scene.judge_notice(NoticeKind::Operation, |n| n.volumes[0].datum = datum.code());
    for datum in [Datum::Wgs84, Datum::Agl, Datum::FlightLevel] {
        only(flown(datum), Rule::DatumOfLine, "volumes[0].altitude.datum", "AMSL, the datum of this line");
    }
    passes(&flown(Datum::Amsl));
    let volume = |datum: Datum| {
        let mut volume = circle(place("Kotka"), 500, minutes(0), minutes(9));
        volume.datum = datum.code();
        let (mut scene, mut said) = offer();
        scene.terms = Some(first.clone());
        said.change = ChangeIn { volumes: Some(vec![volume]), ..ChangeIn::default() };
        scene.judge(StatementIn::Offer(said))
    };
    only(volume(Datum::Agl), Rule::DatumOfLine, "change.volumes[0].altitude.datum", "AMSL");
    passes(&volume(Datum::Amsl));
}

#[test]
fn dv_043_altitudes_over_another_datum_need_the_terms_bounds() {
    let mut scene = Scene::new();
    let mut flown = |datum: Datum, altitude: AltitudeIn| {
        scene.terms = Some(Terms::try_new(TermsIn { law: "conflict/2".into(), altitude, ..terms() }).unwrap());
        scene.judge_notice(NoticeKind::Operation, |n| n.volumes[0].datum = datum.code())
    };
    let over = |datum: Datum, terrain_min_m: Option<i32>, pressure_error_max_m: u32| AltitudeIn {
        datum: datum.name().into(),
        terrain_max_m: 300,
        pressure_error_max_m,
        terrain_min_m,
    };
    let refused = |said, line: &str| only(said, Rule::DatumBounded, "volumes[0].altitude.datum", line);
    for line in [Datum::Wgs84, Datum::Amsl] {
        for datum in [Datum::Wgs84, Datum::Amsl] {
            passes(&flown(datum, over(line, None, 0)));
        }
        refused(flown(Datum::Agl, over(line, None, 600)), "bounds for this datum");
        passes(&flown(Datum::Agl, over(line, Some(-5), 0)));
        refused(flown(Datum::FlightLevel, over(line, Some(-5), 0)), "bounds for this datum");
        passes(&flown(Datum::FlightLevel, over(line, None, 600)));
    }
    for line in [Datum::Agl, Datum::FlightLevel] {
        for datum in Datum::ALL {
            let said = flown(datum, over(line, Some(-5), 600));
            if datum == line {
                passes(&said);
            } else {
                refused(said, line.name());
            }
        }
    }
}

#[test]
fn dv_032_volumes_lie_inside_the_area_of_the_terms() {
    let mut scene = Scene::new();
    let far = circle(Position::try_new(0, 0).unwrap(), 500, minutes(60), minutes(70));
    let out = scene.judge_notice(NoticeKind::Hazard, |n| n.volumes.push(far.clone()));
    only(out, Rule::InArea, "volumes[1]", "inside Gulf of Finland");
    only(
        offered(|o| o.change = ChangeIn { volumes: Some(vec![far.clone()]), ..ChangeIn::default() }),
        Rule::InArea,
        "change.volumes[0]",
        "inside Gulf of Finland",
    );
    scene.urgent = true;
    passes(&scene.judge_notice(NoticeKind::Safety, |n| n.volumes.push(far.clone())));
    let everywhere = TermsIn { area: AreaIn { name: "the earth".into(), corners_e7: vec![] }, ..terms() };
    scene = Scene { terms: Some(Terms::try_new(everywhere).unwrap()), ..Scene::new() };
    passes(&scene.judge_notice(NoticeKind::Hazard, |n| n.volumes.push(far)));
}

#[test]
fn dv_033_a_notice_is_still_valid_when_it_is_stated() {
    let mut scene = Scene::new();
    scene.claimed = minutes(360);
    passes(&scene.judge_notice(NoticeKind::Operation, |_| ()));
    scene.claimed = minutes(360).plus_micros(1);
    let late = scene.judge_notice(NoticeKind::Operation, |_| ());
    only(late, Rule::NotExpired, "validity.end", "later than 2026-11-24T12:00:00.000001Z, when it is stated");
}

#[test]
fn volumes_alone_are_refused_as_they_are_in_a_notice() {
    let far = || circle(Position::try_new(0, 0).unwrap(), 500, minutes(60), minutes(70));
    let over_ground = || VolumeIn { datum: Datum::Agl.code(), ..circle(place("Kotka"), 500, minutes(60), minutes(70)) };
    let next_year = || circle(place("Kotka"), 500, minutes(401 * 1_440), minutes(401 * 1_440 + 9));
    let cases = [
        (NoticeKind::Operation, MORNING, vec![], 0),
        (NoticeKind::Hazard, MORNING, vec![far()], 1),
        (NoticeKind::Operation, MORNING, vec![over_ground(), far()], 2),
        (NoticeKind::Operation, minutes(1_440), vec![far()], 2),
        (NoticeKind::Operation, MORNING, vec![next_year()], 1),
    ];
    for (kind, claimed, more, faults) in cases {
        let scene = Scene { claimed, ..Scene::new() };
        let mut said = notice(kind);
        said.volumes.extend(more);
        said.valid_from_us = said.volumes.iter().map(|v| v.start_us).min().unwrap();
        said.valid_until_us = said.volumes.iter().map(|v| v.end_us).max().unwrap();
        let volumes: Vec<Volume> = said.volumes.iter().map(|volume| Volume::try_from(volume).unwrap()).collect();
        let alone = check_volumes(kind, &volumes, scene.terms.as_ref().unwrap(), claimed);
        assert_eq!(alone, scene.judge(StatementIn::Notice(said)).err().unwrap_or_default());
        assert_eq!(alone.len(), faults, "{alone:?}");
    }
}

#[test]
fn dv_038_a_version_follows_the_last_one_in_the_log() {
    let mut scene = Scene::new();
    let first = unheard(scene.own(), 2);
    let version = |scene: &Scene, number, replaces: Option<StatementRef>| {
        scene.judge_notice(NoticeKind::Site, |n| (n.version, n.replaces) = (number, replaces.map(|r| r.hash)))
    };
    passes(&version(&scene, 1, None));
    only(version(&scene, 2, Some(first)), Rule::VersionFollows, "version", "version 1, since no earlier version is live");
    scene.heard.latest.insert(notice(NoticeKind::Site).id, (4, first));
    passes(&version(&scene, 5, Some(first)));
    let wanted = format!("version 5, replacing {first}");
    for (number, replaces) in [(1, None), (4, Some(first)), (6, Some(first)), (5, Some(unheard(scene.own(), 3)))] {
        only(version(&scene, number, replaces), Rule::VersionFollows, "version", &wanted);
    }
    scene.heard.latest.insert(notice(NoticeKind::Site).id, (u32::MAX, first));
    only(version(&scene, u32::MAX, Some(first)), Rule::VersionFollows, "version", "version 4294967296");
    let cancel = CancelIn { id: notice(NoticeKind::Site).id, ..cancel(first, 1) };
    only(scene.judge(StatementIn::Cancel(cancel)), Rule::VersionFollows, "version", "version 4294967296");
}

#[test]
fn dv_038_the_identity_of_a_cancelled_notice_is_used_up() {
    let mut scene = Scene::new();
    let last = unheard(scene.own(), 2);
    scene.heard.cancelled.insert(notice(NoticeKind::Site).id);
    for (number, replaces) in [(1, None), (3, Some(last.hash))] {
        let again = scene.judge_notice(NoticeKind::Site, |n| (n.version, n.replaces) = (number, replaces));
        only(again, Rule::VersionFollows, "version", "a new identity, since this notice was cancelled");
    }
    passes(&scene.judge_notice(NoticeKind::Site, |n| n.id = notice_id(77)));
}

fn cancel(replaces: StatementRef, version: u32) -> CancelIn {
    let reason = Some(text("en", "Called off."));
    CancelIn { kind: Kind::Cancel.code(), id: notice_id(1), version, replaces, reason, desk: None, officer: None }
}

#[test]
fn dv_039_only_its_author_cancels_a_live_notice() {
    let mut scene = Scene::new();
    let last = unheard(scene.own(), 2);
    only(scene.judge(StatementIn::Cancel(cancel(last, 2))), Rule::AuthorOfNotice, "id", "a live notice of this author");
    scene.heard.latest.insert(notice_id(1), (1, last));
    passes(&scene.judge(StatementIn::Cancel(cancel(last, 2))));
    only(scene.judge(StatementIn::Cancel(cancel(last, 3))), Rule::VersionFollows, "version", "version 2");
    let other = unheard(scene.own(), 5);
    only(scene.judge(StatementIn::Cancel(cancel(other, 2))), Rule::VersionFollows, "version", "version 2");
}

#[test]
fn dv_050_statements_refer_only_to_what_their_author_had() {
    let mut scene = Scene::new();
    let of = unheard(scene.other(), 9);
    let wanted = "a statement below the author's own index or below its `seen`";
    only(scene.judge(StatementIn::Receipt(receipt(of, Level::Read))), Rule::ReferenceKnown, "of", wanted);
    for kind in [Kind::Accept, Kind::Reject] {
        only(scene.judge(answer(kind, of)), Rule::ReferenceKnown, "offer", wanted);
    }
    only(scene.judge(terms_accept(of)), Rule::ReferenceKnown, "proposal", wanted);
    breaks(offered(|o| o.statements[0].index += 1), Rule::ReferenceKnown, "statements[0]", wanted);
    scene.had(scene.other(), Kind::Operation, 9);
    passes(&scene.judge(StatementIn::Receipt(receipt(of, Level::Read))));
    let early = Scene::urgent();
    passes(&early.judge(StatementIn::Receipt(receipt(of, Level::StoredEarly))));
}

fn terms_accept(proposal: StatementRef) -> StatementIn {
    StatementIn::TermsAccept(TermsAcceptIn { kind: Kind::TermsAccept.code(), proposal, desk: None, officer: None })
}

#[test]
fn dv_051_references_name_statements_of_the_kind_that_is_needed() {
    let mut scene = Scene::new();
    let text_of_theirs = scene.had(scene.other(), Kind::Text, 4);
    let proposal_of_ours = scene.had(scene.own(), Kind::TermsPropose, 5);
    only(scene.judge(answer(Kind::Accept, text_of_theirs)), Rule::ReferenceKind, "offer", "one of offer, by");
    only(scene.judge(terms_accept(text_of_theirs)), Rule::ReferenceKind, "proposal", "one of terms-propose, by");
    only(scene.judge(terms_accept(proposal_of_ours)), Rule::ReferenceKind, "proposal", "one of terms-propose, by");
    let proposal = scene.had(scene.other(), Kind::TermsPropose, 6);
    passes(&scene.judge(terms_accept(proposal)));
    let (mut scene, said) = offer();
    scene.heard.kinds.insert(said.statements[1], Kind::Receipt);
    only(scene.judge(StatementIn::Offer(said)), Rule::ReferenceKind, "statements[1]", "one of operation, airspace, site");
    let mut scene = Scene::urgent();
    let of = scene.had(scene.other(), Kind::Hazard, 4);
    only(scene.judge(safety_action(of)), Rule::ReferenceKind, "of", "a safety notice");
}

#[test]
fn dv_052_an_offer_names_one_statement_of_each_party() {
    let wanted = "one statement of each party, the lower party's first, under their conflict's name";
    passes(&offered(|_| ()));
    breaks(offered(|o| o.statements.swap(0, 1)), Rule::OfferParties, "statements", wanted);
    breaks(offered(|o| o.statements[1] = o.statements[0]), Rule::OfferParties, "statements", wanted);
    only(offered(|o| o.changes = 2), Rule::OfferParties, "statements", wanted);
    only(offered(|o| o.conflict = detente_types::ConflictId::new([0; 32])), Rule::OfferParties, "statements", wanted);
    passes(&offered(|o| o.changes = 0));
}

#[test]
fn dv_053_an_offer_states_one_change_within_the_limits() {
    let change = |change: ChangeIn| offered(|o| o.change = change);
    let (day_us, ten_km_cm) = (86_400_000_000, 1_000_000);
    let moved = |shift_us, climb_cm| change(ChangeIn { shift_us, climb_cm, ..ChangeIn::default() });
    let bad = [(Some(day_us + 1), None), (None, Some(-ten_km_cm - 1)), (Some(0), Some(0)), (Some(i64::MIN), Some(i64::MIN))];
    for (shift_us, climb_cm) in bad {
        only(moved(shift_us, climb_cm), Rule::OfferChanges, "change", "a move of at most a day and 10 km that is not zero");
    }
    for (shift_us, climb_cm) in [(Some(day_us), None), (Some(-day_us), Some(-ten_km_cm)), (Some(0), Some(1))] {
        passes(&moved(shift_us, climb_cm));
    }
    only(change(ChangeIn::default()), Rule::OfferChanges, "change", "one of");
    only(change(ChangeIn { cancel: Some(false), ..ChangeIn::default() }), Rule::OfferChanges, "change", "one of");
    let both = ChangeIn { cancel: Some(true), shift_us: Some(1), ..ChangeIn::default() };
    only(change(both), Rule::OfferChanges, "change", "one of");
    passes(&change(ChangeIn { cancel: Some(true), ..ChangeIn::default() }));
}

#[test]
fn dv_030_new_volumes_of_an_offer_are_as_many_as_a_notice_may_have() {
    let volumes = |count| {
        let volume = circle(place("Kotka"), 500, minutes(0), minutes(9));
        offered(|o| o.change = ChangeIn { volumes: Some(vec![volume; count]), ..ChangeIn::default() })
    };
    for count in [0, VOLUMES_MAX + 1] {
        only(volumes(count), Rule::VolumeCount, "change.volumes", "1 to 64 volumes with at most 2000 vertices");
    }
    passes(&volumes(1));
    passes(&volumes(VOLUMES_MAX));
    let bad = circle(place("Kotka"), -1, minutes(0), minutes(9));
    let change = ChangeIn { volumes: Some(vec![bad]), ..ChangeIn::default() };
    only(offered(|o| o.change = change), Rule::RadiusInRange, "change.volumes[0].footprint.radius", "0 to 500000 m");
}

#[test]
fn dv_001_promised_times_lie_in_range() {
    only(offered(|o| o.lapses_us = Some(i64::MAX)), Rule::TimeInRange, "lapses_us", "between 2000");
    let mut scene = Scene::urgent();
    let of = scene.had(scene.other(), Kind::Safety, 4);
    let StatementIn::SafetyAction(mut action) = safety_action(of) else { unreachable!("made just so") };
    action.by_us = Some(-1);
    only(scene.judge(StatementIn::SafetyAction(action)), Rule::TimeInRange, "by_us", "between 2000");
}

#[test]
fn dv_054_an_offer_is_answered_by_the_other_and_withdrawn_by_its_own() {
    let mut scene = Scene::new();
    let (ours, theirs) = (scene.had(scene.own(), Kind::Offer, 3), scene.had(scene.other(), Kind::Offer, 4));
    for kind in [Kind::Accept, Kind::Reject] {
        breaks(scene.judge(answer(kind, ours)), Rule::AnswerByOther, "offer", "an offer of the other party");
        passes(&scene.judge(answer(kind, theirs)));
    }
    breaks(scene.judge(answer(Kind::Withdraw, theirs)), Rule::AnswerByOther, "offer", "an own offer");
    passes(&scene.judge(answer(Kind::Withdraw, ours)));
}

#[test]
fn dv_055_a_receipt_has_a_known_level_and_what_it_needs() {
    let mut scene = Scene::new();
    let of = scene.had(scene.other(), Kind::Site, 4);
    let judge = |spoil: fn(&mut ReceiptIn)| {
        let mut said = receipt(of, Level::Read);
        spoil(&mut said);
        scene.judge(StatementIn::Receipt(said))
    };
    let wanted = "listed with list number and read-back, passed, or refused with a reason";
    let incomplete: [fn(&mut ReceiptIn); 4] = [
        |r| r.level = 0,
        |r| r.level = 5,
        |r| (r.level, r.list_number) = (Level::Listed.code(), Some("12".into())),
        |r| (r.level, r.rule) = (Level::Refused.code(), Some(2)),
    ];
    for spoil in incomplete {
        only(judge(spoil), Rule::ReceiptLevel, "level", wanted);
    }
    passes(&judge(|_| ()));
    passes(&judge(|r| r.level = Level::Passed.code()));
    passes(&judge(|r| (r.level, r.reason) = (Level::Refused.code(), Some("ends before it starts".into()))));
    passes(&judge(|r| {
        (r.level, r.list_number, r.read_back) = (Level::Listed.code(), Some("12".into()), Some("7 NM south of Kotka".into()));
    }));
    only(judge(|r| r.reason = Some("\u{1b}".into())), Rule::TextCharacters, "reason", "printable");
}

#[test]
fn dv_056_receipts_are_given_by_the_party_that_received() {
    let mut scene = Scene::new();
    let own = scene.had(scene.own(), Kind::Site, 4);
    breaks(scene.judge(StatementIn::Receipt(receipt(own, Level::Read))), Rule::ReceiptByOther, "of", "of the other party's log");
    scene.urgent = true;
    let own = scene.had(scene.own(), Kind::Safety, 5);
    only(scene.judge(safety_action(own)), Rule::ReceiptByOther, "of", "a safety notice of the other party");
    let theirs = scene.had(scene.other(), Kind::Safety, 5);
    passes(&scene.judge(safety_action(theirs)));
    passes(&scene.judge(safety_action(unheard(scene.other(), 6))));
}

fn safety_action(of: StatementRef) -> StatementIn {
    let action = text("en", "Fire has ceased.");
    let by_us = Some(minutes(5).micros());
    StatementIn::SafetyAction(SafetyActionIn { kind: Kind::SafetyAction.code(), of, action, by_us, desk: None, officer: None })
}

#[test]
fn dv_057_a_check_is_answered_once_with_its_challenge() {
    let mut scene = Scene::new();
    let of = scene.had(scene.other(), Kind::Check, 4);
    scene.heard.challenges.insert(of, [9; 32]);
    let judge = |scene: &Scene, challenge: [u8; 32]| {
        scene.judge(StatementIn::CheckAnswer(CheckAnswerIn {
            kind: Kind::CheckAnswer.code(),
            of,
            challenge: challenge.into(),
            by_officer: true,
            desk: None,
            officer: None,
        }))
    };
    passes(&judge(&scene, [9; 32]));
    let wanted = "the challenge of a check that is not answered yet";
    only(judge(&scene, [8; 32]), Rule::CheckAnswer, "challenge", wanted);
    scene.heard.answered.insert(of);
    only(judge(&scene, [9; 32]), Rule::CheckAnswer, "challenge", wanted);
}

#[test]
fn dv_061_a_proposal_has_the_next_version() {
    let mut scene = Scene::new();
    let propose = |scene: &Scene, version| {
        let terms = TermsIn { version, ..terms() };
        scene.judge(StatementIn::TermsPropose(TermsProposeIn {
            kind: Kind::TermsPropose.code(),
            terms,
            desk: None,
            officer: None,
        }))
    };
    for version in [1, 3] {
        only(propose(&scene, version), Rule::TermsVersion, "terms.version", "version 2");
    }
    passes(&propose(&scene, 2));
    scene.terms = None;
    passes(&propose(&scene, 1));
}

#[test]
fn dv_071_kinds_that_this_version_does_not_act_on_are_kept_and_not_refused() {
    let scene = Scene::new();
    for code in [Kind::Suspend.code(), Kind::Erase.code(), 15, 999, u16::MAX] {
        let slots = vec![(0, minicbor::bytes::ByteVec::from(encode(&code))), (5, minicbor::bytes::ByteVec::from(vec![1, 2, 3]))];
        assert_eq!(scene.judge(StatementIn::Other { kind: code, slots }), Ok(None));
    }
}

#[test]
fn every_kind_of_notice_passes_the_gate_and_may_be_settled() {
    for &kind in NoticeKind::ALL {
        let mut scene = if kind == NoticeKind::Safety { Scene::urgent() } else { Scene::new() };
        let verdict = scene.judge_notice(kind, |_| ());
        assert!(verdict.is_ok_and(|valid| valid.is_some_and(|s| s.notice().is_some())), "{kind}");
        scene.urgent = false;
        let code = Kind::from_code(kind.code()).unwrap();
        let (own, other) = (scene.had(scene.own(), code, 2), scene.had(scene.other(), Kind::Site, 3));
        let (low, high) = if own < other { (own, other) } else { (other, own) };
        let (_, said) = offer();
        let conflict = conflict_id(scene.parties.line, &low, &high);
        passes(&scene.judge(StatementIn::Offer(OfferIn { statements: [low, high], conflict, ..said })));
    }
}

#[test]
fn dv_074_the_urgent_bit_is_set_on_safety_traffic_and_nothing_else() {
    let [calm, mut urgent] = [Scene::new(), Scene::urgent()];
    for &kind in NoticeKind::ALL {
        let (right, wrong, wanted) = if kind == NoticeKind::Safety { (&urgent, &calm, "set") } else { (&calm, &urgent, "clear") };
        passes(&right.judge_notice(kind, |_| ()));
        only(wrong.judge_notice(kind, |_| ()), Rule::UrgentBit, "leaf.urgent", wanted);
    }
    let safety = urgent.had(urgent.other(), Kind::Safety, 4);
    passes(&urgent.judge(StatementIn::Receipt(receipt(safety, Level::Read))));
    let site = urgent.had(urgent.other(), Kind::Site, 5);
    only(urgent.judge(StatementIn::Receipt(receipt(site, Level::Read))), Rule::UrgentBit, "leaf.urgent", "clear");
    let early = calm.judge(StatementIn::Receipt(receipt(unheard(calm.other(), 6), Level::StoredEarly)));
    only(early, Rule::UrgentBit, "leaf.urgent", "set");
}

#[test]
fn the_names_of_desk_and_officer_are_checked_in_every_kind() {
    let mut scene = Scene::new();
    let proposal = scene.had(scene.other(), Kind::TermsPropose, 4);
    let steering = || Some("\u{202e}".to_owned());
    let accept = TermsAcceptIn { kind: Kind::TermsAccept.code(), proposal, desk: steering(), officer: None };
    only(scene.judge(StatementIn::TermsAccept(accept)), Rule::TextCharacters, "desk", "printable");
    let terms = TermsIn { version: 2, ..terms() };
    let propose = TermsProposeIn { kind: Kind::TermsPropose.code(), terms, desk: None, officer: steering() };
    only(scene.judge(StatementIn::TermsPropose(propose)), Rule::TextCharacters, "officer", "printable");
    only(scene.judge_notice(NoticeKind::Text, |n| n.desk = steering()), Rule::TextCharacters, "desk", "printable");
    only(offered(|o| o.officer = steering()), Rule::TextCharacters, "officer", "printable");
}

#[test]
fn a_conflict_has_one_name_whoever_computes_it() {
    let (scene, said) = offer();
    let [low, high] = said.statements;
    let line = scene.parties.line;
    assert_eq!(conflict_id(line, &low, &high), conflict_id(line, &high, &low));
    assert_ne!(conflict_id(line, &low, &high), conflict_id(parties(&MockScheme, 2).line, &low, &high));
    assert_ne!(conflict_id(line, &low, &high), conflict_id(line, &low, &unheard(scene.other(), 5)));
}
