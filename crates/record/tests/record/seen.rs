//! `seen` (PROTOCOL S1, S2): every verdict, and honest speakers are always fine.

use detente_record::{Heads, SeenVerdict, check_seen};
use detente_types::{Generation, Head, Root};
use detente_wire::merkle::EMPTY_ROOT;
use proptest::prelude::*;

use crate::line::{A, B, Line, cases, empty_head};

fn line_of(size: u64) -> Line {
    let mut line = Line::new(4);
    while line.sides[A].log().size() < size {
        line.say(A, "word");
    }
    line
}

#[test]
fn a_claim_is_judged_against_the_heads_here() {
    let line = line_of(5);
    let log = line.sides[A].log();
    let head = |size| log.head_at(size).unwrap();
    let check = |previous: Option<Head>, claimed: Head| check_seen(previous.as_ref(), 3, &claimed, log);
    assert_eq!(SeenVerdict::Fine, check(Some(head(3)), head(3)));
    assert_eq!(SeenVerdict::Fine, check(Some(head(3)), head(5)));
    assert_eq!(SeenVerdict::Fine, check(None, head(0)));
    assert_eq!(SeenVerdict::Decreases { previous: head(3) }, check(Some(head(3)), head(2)));
    let ahead = Head { size: 6, ..head(5) };
    assert_eq!(SeenVerdict::Ahead { newest: head(5) }, check(Some(head(3)), ahead));
    let wrong = Head { root: Root::new([1; 32]), ..head(4) };
    assert_eq!(SeenVerdict::WrongRoot { had: head(4).root }, check(None, wrong));
    let empty = Head { size: 0, root: Root::new([1; 32]), generation: Generation::FIRST };
    assert_eq!(SeenVerdict::NotEmpty, check(None, empty));
    let next = Head { generation: Generation(2), ..head(4) };
    assert_eq!(SeenVerdict::Ahead { newest: head(5) }, check(None, next));
    assert_eq!(SeenVerdict::Decreases { previous: next }, check(Some(next), head(5)));
}

#[test]
fn an_opening_has_seen_nothing() {
    let line = line_of(5);
    let log = line.sides[A].log();
    assert_eq!(SeenVerdict::Fine, check_seen(None, 0, &empty_head(), log));
    assert_eq!(SeenVerdict::NotEmpty, check_seen(None, 0, &log.head(), log));
    for seen in [empty_head(), log.head()] {
        let none = Head { generation: Generation(0), ..seen };
        assert_eq!([SeenVerdict::NotEmpty; 2], [0, 1].map(|index| check_seen(None, index, &none, log)));
    }
}

#[test]
fn a_chain_knows_the_heads_of_all_its_generations() {
    let mut line = line_of(3);
    let (old, chain_old) = (line.sides[A].log().head(), line.sides[A].chain.newest());
    assert_eq!(old, chain_old);
    line.sides[A].certify(0);
    line.open(A, Some(old));
    let chain = &line.sides[A].chain;
    assert_eq!(Generation(2), chain.newest().generation);
    assert_eq!(Some(old.root), Heads::root_at(chain, Generation::FIRST, 3));
    assert_eq!(SeenVerdict::Fine, check_seen(Some(&old), 7, &chain.newest(), chain));
    assert_eq!(SeenVerdict::Fine, check_seen(None, 7, &old, chain));
    let beyond = Head { size: 4, ..old };
    assert_eq!(SeenVerdict::Ahead { newest: chain.newest() }, check_seen(None, 7, &beyond, chain));
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn what_honest_sides_claim_is_fine(turns in prop::collection::vec(any::<bool>(), 1..40)) {
        let mut line = Line::new(5);
        for a_speaks in turns {
            line.say(if a_speaks { A } else { B }, "word");
        }
        for (who, other) in [(A, B), (B, A)] {
            let mut previous = None;
            for entry in &line.sides[who].entries {
                let fields = entry.fields();
                let verdict = check_seen(previous.as_ref(), fields.index, &fields.seen, line.sides[other].log());
                prop_assert_eq!(SeenVerdict::Fine, verdict);
                previous = Some(fields.seen);
            }
        }
    }

    #[test]
    fn every_other_claim_is_not(size in 0_u64..9, root: [u8; 32]) {
        let line = line_of(5);
        let log = line.sides[A].log();
        let claimed = Head { generation: Generation::FIRST, size, root: Root::new(root) };
        let fine = check_seen(None, 1, &claimed, log) == SeenVerdict::Fine;
        prop_assert_eq!(fine, log.root_at(size) == Some(claimed.root));
        prop_assert!(!fine || claimed.root != EMPTY_ROOT || size == 0);
    }
}
