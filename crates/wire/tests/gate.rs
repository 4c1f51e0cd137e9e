//! The meaning gate on anything well encoded: no panic, one verdict, and a refusal that says what it wanted.

use detente_testkit::refusal::told;
use detente_testkit::strategy::{self, statement};
use detente_testkit::terms::valid_terms;
use detente_testkit::{Heard, MORNING, MockScheme, parties};
use detente_types::statement::{CheckIn, Kind, StatementIn};
use detente_types::{PartyId, Rule, StatementRef};
use detente_wire::Body;
use detente_wire::body::Slots;
use detente_wire::codec::{from_body, to_slots};
use detente_wire::meaning::{Standing, check, conflict_id};
use proptest::prelude::*;

/// The references of a statement, with the notice it would continue.
fn references(statement: &StatementIn) -> Vec<StatementRef> {
    match statement {
        StatementIn::Cancel(s) => vec![s.replaces],
        StatementIn::Receipt(s) => vec![s.of],
        StatementIn::Offer(s) => s.statements.to_vec(),
        StatementIn::Accept(s) | StatementIn::Reject(s) | StatementIn::Withdraw(s) => vec![s.offer],
        StatementIn::CheckAnswer(s) => vec![s.of],
        StatementIn::SafetyAction(s) => vec![s.of],
        StatementIn::TermsAccept(s) => vec![s.proposal],
        _ => Vec::new(),
    }
}

/// A world in which every reference is known, as a statement of some kind.
fn heard(statement: &StatementIn, kind: Kind) -> Heard {
    let mut heard = Heard::default();
    for reference in references(statement) {
        heard.kinds.insert(reference, kind);
        heard.challenges.insert(reference, [7; 32]);
    }
    if let StatementIn::Cancel(s) = statement {
        heard.latest.insert(s.id, (s.version.wrapping_sub(1), s.replaces));
    }
    heard
}

/// The author of a statement's first reference, if it has one: else some party.
fn author_of(statement: &StatementIn, other: PartyId) -> PartyId {
    references(statement).first().map_or(other, |reference| reference.author)
}

proptest! {
    #[test]
    fn a_statement_has_one_verdict(
        statement in statement::statement(),
        kind in proptest::sample::select(Kind::ALL),
        (own, index, urgent, with_terms) in (any::<bool>(), 0u64..3, any::<bool>(), any::<bool>()),
    ) {
        let parties = parties(&MockScheme, 1);
        let terms = valid_terms();
        let named = author_of(&statement, parties.high.id());
        let (author, other) = if own { (named, parties.low.id()) } else { (parties.low.id(), named) };
        let heard = heard(&statement, kind);
        let standing = Standing {
            line: parties.line,
            author,
            other,
            index,
            claimed: MORNING,
            urgent,
            terms: with_terms.then_some(&terms),
            known: &heard,
            scheme: &MockScheme,
        };
        let verdict = check(statement.clone(), &standing);
        prop_assert_eq!(&verdict, &check(statement.clone(), &standing));
        let kept = matches!(statement, StatementIn::Other { .. });
        match verdict {
            Ok(Some(_)) => prop_assert!(!kept && Kind::from_code(statement.kind()).is_some()),
            Ok(None) => prop_assert!(kept),
            Err(faults) => {
                prop_assert!(!faults.is_empty(), "a refusal names a rule");
                for fault in &faults {
                    prop_assert!(!fault.at.is_empty() && fault.wanted.as_deref() != Some(""), "{}", fault);
                    prop_assert!(fault.to_string().chars().all(|c| !c.is_control()), "{:?}", fault.to_string());
                }
            }
        }
    }

    #[test]
    fn conflict_names_depend_on_both_statements_and_on_nothing_else(
        line in strategy::line_id(),
        (a, b, c) in (strategy::statement_ref(), strategy::statement_ref(), strategy::statement_ref()),
    ) {
        prop_assert_eq!(conflict_id(line, &a, &b), conflict_id(line, &b, &a));
        prop_assume!(a != c && b != c);
        prop_assert_ne!(conflict_id(line, &a, &b), conflict_id(line, &a, &c));
        let moved = StatementRef { index: b.index.wrapping_add(1), ..b };
        prop_assert_ne!(conflict_id(line, &a, &b), conflict_id(line, &a, &moved));
    }
}

#[test]
fn dv_070_a_body_is_the_canonical_encoding_of_its_kind() {
    let good = to_slots(&StatementIn::Check(CheckIn {
        kind: Kind::Check.code(),
        challenge: [7; 32].into(),
        text: None,
        desk: Some("d".into()),
        officer: None,
    }));
    let read = |slots: Slots| from_body(&Body::new(&mut detente_testkit::rng(1), slots).unwrap());
    assert!(read(good.clone()).is_ok());
    let with = |slot: u8, value: &[u8]| read(good.clone().into_iter().chain([(slot, value.to_vec())]).collect());
    let bad: [(u8, &[u8], &str); 8] = [
        (0, &[0x19, 0x00, 0x32], "body.kind"),
        (0, &[0x18, 0x32, 0x01], "body.kind"),
        (0, b"", "body.kind"),
        (28, &[0x78, 0x01, b'd'], "body"),
        (28, &[0x7f, 0x61, b'd', 0xff], "body"),
        (28, &[0xf6], "body"),
        (28, &[0x61, b'd', 0x18, 0x1d, 0x61, b'e'], "body"),
        (3, &[0x01], "body"),
    ];
    for (slot, value, at) in bad {
        told(&[with(slot, value).unwrap_err()], Rule::BodyDecodes, at, "");
    }
    let kindless = good.into_iter().filter(|(slot, _)| *slot != 0).collect();
    told(&[read(kindless).unwrap_err()], Rule::BodyDecodes, "body.kind", "");
}
