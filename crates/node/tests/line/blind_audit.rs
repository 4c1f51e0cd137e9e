//! What an auditor finds in a node's book and in both logs.

use detente_blind::AuditorSecret;
use detente_node::blind::{AuditFault, AuditVerdict, BookBlindBegun, Difference, Papers, RunAudit, RunState, auditor_key};
use detente_node::port::Write;
use detente_node::{BookEntry, Command};
use detente_testkit::notice_id;
use detente_types::statement::BlindRunIn;
use detente_types::{NoticeIn, NoticeKind, Release, Terms, TermsIn, Volume, VolumeIn};
use detente_wire::certificate::terms_digest;
use zeroize::Zeroizing;

use crate::blind::{at, far, matching, plan, put};
use crate::pair::Pair;

/// All rows of a side's book.
pub(crate) fn book(pair: &Pair, side: usize) -> Vec<BookEntry> {
    let rows = pair.seats[side].store.rows.values();
    rows.filter_map(|row| if let Write::Book { bytes, .. } = row { BookEntry::decode(bytes) } else { None }).collect()
}

/// The row that began a run of side 0's.
fn begun(pair: &Pair, run: BlindRunIn) -> BookBlindBegun {
    let of = |row| if let BookEntry::BlindBegun(begun) = row { Some(begun) } else { None };
    book(pair, 0).into_iter().filter_map(of).find(|begun| begun.run == run).expect("it is in the book")
}

/// What an auditor is shown of a side.
fn papers<'a>(rows: impl IntoIterator<Item = &'a Write>) -> Papers {
    let mut papers = Papers::default();
    rows.into_iter().for_each(|row| papers.take(row));
    papers
}

/// The audit of every run that a side's book began, in its order, by what an auditor is shown.
pub(crate) fn audits(pair: &Pair, side: usize, papers: &Papers) -> Vec<(BlindRunIn, Result<AuditVerdict, AuditFault>)> {
    let (secret, line) = (auditor().0, pair.line(side));
    let audit = |begun: &BookBlindBegun| {
        let record = line.blind_run(&begun.run).map(|view| view.record).unwrap_or_default();
        let terms = line.terms_with_digest(&begun.terms).expect("both sides agreed to them");
        let (plans, live) = (papers.plans(begun), papers.live(begun, &record));
        let (author, other) = (line.us(), line.them());
        RunAudit { begun, record: &record, author, other, terms, plans: &plans, live: &live }.audit(&secret)
    };
    papers.begun().map(|begun| (begun.run, audit(begun))).collect()
}

/// As [`audits`], of what is on the disk of a side.
pub(crate) fn audited(pair: &Pair, side: usize) -> Vec<(BlindRunIn, Result<AuditVerdict, AuditFault>)> {
    audits(pair, side, &papers(pair.seats[side].store.rows.values()))
}

/// The verdict on a run of side 0's.
fn verdict(pair: &Pair, run: BlindRunIn) -> Result<AuditVerdict, AuditFault> {
    audited(pair, 0).into_iter().find(|(of, _)| *of == run).expect("it is in the book").1
}

/// A line whose terms name the auditor.
fn watched() -> Pair {
    Pair::connected(TermsIn { auditor_key: auditor().1, ..matching(true) })
}

fn matched(verdict: &Result<AuditVerdict, AuditFault>) -> bool {
    matches!(verdict, Ok(AuditVerdict::Match { cells: 1.. }))
}

pub(crate) fn auditor() -> (AuditorSecret, String) {
    auditor_key(&Zeroizing::new([42; 32]))
}

#[test]
fn an_auditor_makes_the_first_message_again() {
    let (secret, key) = auditor();
    let terms = TermsIn { auditor_key: key, ..matching(true) };
    let mut pair = Pair::connected(terms.clone());
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 0, far(NoticeKind::Hazard, 2), Release::Km1);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    let view = pair.line(0).blind_run(&at(15)).expect("it is in the record");
    assert_eq!((view.state, view.auditable), (RunState::Done, [Some(true); 2]));
    let begun = begun(&pair, at(15));
    let begun = &begun;
    let papers = papers(pair.seats[0].store.rows.values());
    let (plans, live) = (papers.plans(begun), papers.live(begun, &view.record));
    assert_eq!((plans.len(), live.len()), (2, 2));
    let terms = Terms::try_new(terms).unwrap();
    let [author, other] = [pair.line(0).us(), pair.line(0).them()];
    let case = |plans| RunAudit { begun, record: &view.record, author, other, terms: &terms, plans, live: &live };
    let AuditVerdict::Match { cells } = case(&plans).audit(&secret).unwrap() else { panic!("{:?}", case(&plans).audit(&secret)) };
    assert!(cells > 20);
    // Another plan, one too few, another secret, another root, another commitment.
    let mut moved = plans.clone();
    moved[0].volumes[0].radius_cm += 500_000;
    let expected =
        vec![Difference::PlanMissing(moved[0].id), Difference::PlanAdded(moved[0].id), Difference::PlanRoot, Difference::Cells];
    assert_eq!(case(&moved).audit(&secret), Ok(AuditVerdict::Mismatch(expected)));
    let fewer = case(&plans[1..]).audit(&secret);
    assert!(
        matches!(&fewer, Ok(AuditVerdict::Mismatch(d)) if d.contains(&Difference::PlanMissing(plans[0].id)) && d.contains(&Difference::Cells)),
        "{fewer:?}"
    );
    let (other_secret, _) = auditor_key(&Zeroizing::new([43; 32]));
    assert!(case(&plans).audit(&other_secret).is_err());
    // Who seals nothing, or no seed, or looks at another time, is not let off.
    let lied = |change: fn(&mut BookBlindBegun)| {
        let mut begun = begun.clone();
        change(&mut begun);
        RunAudit { begun: &begun, ..case(&plans) }.audit(&secret)
    };
    assert_eq!(lied(|begun| begun.sealed = None), Ok(AuditVerdict::Mismatch(vec![Difference::NotSealed])));
    let garbage = lied(|begun| begun.sealed.as_mut().unwrap()[40] ^= 1);
    assert_eq!(garbage, Ok(AuditVerdict::Mismatch(vec![Difference::NotOpened])));
    let later = lied(|begun| begun.from_us += 1_800_000_000);
    assert!(matches!(&later, Ok(AuditVerdict::Mismatch(d)) if d.contains(&Difference::Window)), "{later:?}");
    let mut lied = view.record.clone();
    lied.committed.iter_mut().flatten().for_each(|committed| committed.said.commitment[0] ^= 1);
    let lied = RunAudit { record: &lied, ..case(&plans) }.audit(&secret);
    assert_eq!(lied, Ok(AuditVerdict::Mismatch(vec![Difference::Cells])));
    let volumes: Vec<Volume> = plans.iter().flat_map(|p| &p.volumes).map(|v| Volume::try_from(v).unwrap()).collect();
    assert_eq!(case(&plans).unaccounted(&volumes).unwrap(), []);
    assert!(!case(&plans).unaccounted(&volumes[1..]).unwrap().is_empty());
    // What was flown within the plans has no other cells than they; whatever else was flown has.
    assert_eq!(case(&plans).unmatched(&volumes).unwrap(), []);
    assert_eq!(case(&plans).unmatched(&volumes.iter().map(inside).collect::<Vec<_>>()).unwrap(), []);
    let unmatched = case(&plans[..1]).unmatched(&volumes).unwrap();
    assert_eq!(unmatched, case(&plans).unaccounted(&volumes[..1]).unwrap());
    assert!(!unmatched.is_empty());
    let later = |us: i64| volumes.iter().map(|v| shifted(v, us)).collect::<Vec<_>>();
    assert!(!case(&plans).unmatched(&later(3_600_000_000)).unwrap().is_empty());
    assert_eq!(case(&plans).unmatched(&later(2 * 86_400_000_000)).unwrap(), [], "the run did not look so far ahead");
}

/// A volume at another time.
fn shifted(volume: &Volume, us: i64) -> Volume {
    let mut input = VolumeIn::from(volume);
    (input.start_us, input.end_us) = (input.start_us + us, input.end_us + us);
    Volume::try_from(&input).expect("it is as good as before")
}

/// A volume that lies within another.
fn inside(volume: &Volume) -> Volume {
    let mut input = VolumeIn::from(volume);
    let quarter = |low: i64, high: i64| (high - low) / 4;
    let (height, time) = (quarter(input.lower_cm, input.upper_cm), quarter(input.start_us, input.end_us));
    (input.lower_cm, input.upper_cm) = (input.lower_cm + height, input.upper_cm - height);
    (input.start_us, input.end_us) = (input.start_us + time, input.end_us - time);
    for ring in &mut input.rings {
        // Half as large, about its first corner: what is convex holds that.
        let (lat, lon) = (ring[0].lat_e7, ring[0].lon_e7);
        ring.iter_mut().for_each(|at| (at.lat_e7, at.lon_e7) = ((at.lat_e7 + lat) / 2, (at.lon_e7 + lon) / 2));
    }
    Volume::try_from(&input).expect("it is as good as before")
}

#[test]
fn what_is_held_back_anew_is_matched_as_told_and_no_lie() {
    let mut pair = watched();
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::Km10);
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::Hold);
    pair.pass(15 * 60);
    assert_eq!(begun(&pair, at(15)).plans.len(), 1, "it is still told");
    let verdict = verdict(&pair, at(15));
    assert!(matched(&verdict), "{verdict:?}");
}

#[test]
fn what_a_restored_side_took_back_is_no_lie_and_runs_lost_with_its_home_are_known() {
    let mut pair = watched();
    let backup = pair.seats[0].store.clone();
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::Km10);
    pair.pass(16 * 60);
    let lost = |pair: &Pair, run: BlindRunIn| {
        let line = pair.line(0);
        let side = usize::from(line.us() > line.them());
        let committed = line.blind_run(&run).and_then(|view| view.record.committed[side].clone()).expect("both committed").at;
        papers(pair.seats[0].store.rows.values()).lost_since(&pair.line, &committed)
    };
    assert_eq!(lost(&pair, at(15)), None, "this home was never restored");
    pair.seats[0].store = backup;
    (0..2).for_each(|side| pair.restart(side));
    let restored = pair.now;
    pair.note_restored(0);
    pair.connect();
    pair.pass(15 * 60);
    let books = audited(&pair, 0);
    assert!(books.iter().all(|(run, _)| *run != at(15)), "the row was lost");
    assert!(matched(&verdict(&pair, at(30))), "{books:?}");
    assert_eq!(lost(&pair, at(15)), Some(restored));
    assert_eq!(lost(&pair, at(30)), None, "a row of a run since then is missing for another reason");
}

#[test]
fn a_plan_that_the_book_had_and_the_run_left_out_is_named() {
    let mut pair = watched();
    let cancelled = plan(NoticeKind::Operation, 5);
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    // None of these is matched, and no honest side is accused of it.
    put(&mut pair, 0, plan(NoticeKind::Operation, 2), Release::BlindOnly);
    put(&mut pair, 0, plan(NoticeKind::Operation, 2), Release::Hold);
    let text = NoticeIn { volumes: plan(NoticeKind::Hazard, 9).volumes, ..plan(NoticeKind::Text, 3) };
    put(&mut pair, 0, text, Release::BlindOnly);
    let mut late = plan(NoticeKind::Operation, 4);
    (late.valid_from_us, late.valid_until_us) =
        (late.valid_from_us + 3 * 86_400_000_000, late.valid_until_us + 3 * 86_400_000_000);
    for volume in &mut late.volumes {
        (volume.start_us, volume.end_us) = (volume.start_us + 3 * 86_400_000_000, volume.end_us + 3 * 86_400_000_000);
    }
    put(&mut pair, 0, late, Release::BlindOnly);
    put(&mut pair, 0, cancelled.clone(), Release::Km10);
    pair.command(0, Command::Cancel { id: cancelled.id, reason: None }).expect("it is told");
    pair.pass(15 * 60);
    // Of what comes after the run, and of what is changed then, it has nothing.
    put(&mut pair, 0, far(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 0, far(NoticeKind::Operation, 6), Release::BlindOnly);
    assert_eq!(begun(&pair, at(15)).plans.len(), 1);
    let honest = verdict(&pair, at(15));
    assert!(matched(&honest), "{honest:?}");
    // Had those two been in the book before, they would have been left out.
    let rows: Vec<&Write> = pair.seats[0].store.rows.values().collect();
    let is_begun = |row: &&Write| {
        let Write::Book { bytes, .. } = row else { return false };
        matches!(BookEntry::decode(bytes), Some(BookEntry::BlindBegun(begun)) if begun.run == at(15))
    };
    let (row, rest): (Vec<&Write>, Vec<&Write>) = rows.into_iter().partition(is_begun);
    let (book, logs): (Vec<&Write>, Vec<&Write>) = rest.into_iter().partition(|row| matches!(row, Write::Book { .. }));
    let lied = audits(&pair, 0, &papers(book.into_iter().chain(row).chain(logs)));
    let (_, lied) = lied.into_iter().find(|(run, _)| *run == at(15)).expect("it is in the book");
    assert_eq!(lied, Ok(AuditVerdict::Mismatch([1, 6].map(|id| Difference::LeftOut(notice_id(id))).to_vec())));
}

#[test]
fn a_run_is_audited_under_the_terms_that_it_was_begun_under() {
    let (secret, key) = auditor();
    let first = TermsIn { auditor_key: key, ..matching(true) };
    let mut pair = Pair::connected(first.clone());
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    pair.pass(16 * 60);
    let next = TermsIn { version: first.version + 1, auditor_key: String::new(), ..first };
    let proposed = pair.command(0, Command::ProposeTerms(next.clone())).expect("good terms").stated.expect("stated at once");
    pair.command(1, Command::AcceptTerms(proposed)).expect("it is proposed");
    pair.pass(16 * 60);
    assert_eq!(pair.line(0).terms().input(), &next);
    let papers = papers(pair.seats[0].store.rows.values());
    let audit = |begun: &BookBlindBegun, run: BlindRunIn| {
        let (line, view) = (pair.line(0), pair.line(0).blind_run(&run).expect("it is in the record"));
        assert_eq!(view.state, RunState::Done);
        let terms = line.terms_with_digest(&begun.terms).expect("both sides agreed to them");
        let plans = papers.plans(begun);
        let (author, other) = (line.us(), line.them());
        RunAudit { begun, record: &view.record, author, other, terms, plans: &plans, live: &plans }.audit(&secret)
    };
    let begun = [at(15), at(30)].map(|run| begun(&pair, run));
    assert!(matches!(audit(&begun[0], at(15)), Ok(AuditVerdict::Match { cells: 1.. })));
    assert_eq!(audit(&begun[1], at(30)), Err(AuditFault::NoAuditor));
    // Who writes other terms into its book, under which there is no auditor, is not let off.
    let digest = terms_digest(&next);
    let lied = BookBlindBegun { terms: digest.into(), sealed: None, ..begun[0].clone() };
    assert_eq!(audit(&lied, at(15)), Ok(AuditVerdict::Mismatch(vec![Difference::OtherRun])));
    let lied = BookBlindBegun { context: begun[1].context, ..lied };
    assert_eq!(audit(&lied, at(15)), Ok(AuditVerdict::Mismatch(vec![Difference::OtherRun])));
    assert_eq!(pair.line(0).terms_with_digest(&[7; 32]), None);
}

#[test]
fn without_an_auditor_the_record_says_that_no_audit_is_possible() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(60);
    let view = pair.line(0).blind_run(&at(0)).expect("it is in the record");
    assert_eq!(view.auditable, [Some(false); 2]);
    assert!(!pair.line(0).blind(pair.now, 1).auditable);
}
