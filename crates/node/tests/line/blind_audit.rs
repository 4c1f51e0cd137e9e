//! What an auditor finds in a node's book and in both logs.

use detente_blind::AuditorSecret;
use detente_node::blind::{AuditFault, AuditVerdict, BookBlindBegun, Difference, RunAudit, RunState, auditor_key, plans_of};
use detente_node::port::Write;
use detente_node::{BookEntry, Command};
use detente_types::statement::BlindRunIn;
use detente_types::{NoticeIn, NoticeKind, Release, Terms, TermsIn, Volume};
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

fn notices(pair: &Pair) -> Vec<NoticeIn> {
    let of = |row| if let BookEntry::Notice(notice) = row { Some(notice.notice) } else { None };
    book(pair, 0).into_iter().filter_map(of).collect()
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
    let notices = notices(&pair);
    let plans = plans_of(begun, &notices);
    assert_eq!(plans.len(), 2);
    let terms = Terms::try_new(terms).unwrap();
    let [author, other] = [pair.line(0).us(), pair.line(0).them()];
    let case = |plans| RunAudit { begun, record: &view.record, author, other, terms: &terms, plans };
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
    let notices = notices(&pair);
    let audit = |begun: &BookBlindBegun, run: BlindRunIn| {
        let (line, view) = (pair.line(0), pair.line(0).blind_run(&run).expect("it is in the record"));
        assert_eq!(view.state, RunState::Done);
        let terms = line.terms_with_digest(&begun.terms).expect("both sides agreed to them");
        let plans = plans_of(begun, &notices);
        RunAudit { begun, record: &view.record, author: line.us(), other: line.them(), terms, plans: &plans }.audit(&secret)
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
