//! An auditor with the seed.

use detente_blind::audit::{Audit, AuditFault};
use detente_blind::message::{Message, decode};
use detente_blind::{CellId, Digest, Mode, Record, Seed};

use crate::pair::{Side, agreement, cells, plan_root, run};

fn replayed(seed: u8, sides: &[Side; 2], of: usize, set: Vec<CellId>) -> Result<Audit, AuditFault> {
    let mut audit = Audit::new(&Seed::new([seed; 32]), &sides[of].sent[0], &sides[1 - of].sent[0], set)?;
    assert_eq!(audit.commitment([0; 32]), None);
    while let Some(job) = audit.poll_job() {
        audit.handle_done(job.run());
    }
    Ok(audit)
}

fn committed(side: &Side) -> Digest {
    let own = |record: &Record| match record {
        Record::Commit { ours: true, commitment } => Some(*commitment),
        _ => None,
    };
    side.records.iter().find_map(own).expect("it is committed")
}

#[test]
fn the_first_message_is_made_again_to_the_byte() {
    for verified in [false, true] {
        let sets = [cells(0..600), cells(300..700)];
        let sides = run(agreement(Mode::Cells, verified), 10, sets.clone());
        for (of, role) in [(0, detente_blind::Role::First), (1, detente_blind::Role::Second)] {
            let audit = replayed(of as u8 + 1, &sides, of, sets[of].clone()).unwrap();
            assert_eq!(audit.commitment(plan_root(role)), Some(committed(&sides[of])));
            let is_points = |bytes: &&Vec<u8>| matches!(decode(bytes), Some(Message::Points(..)));
            let sent: Vec<Vec<u8>> = sides[of].sent.iter().filter(is_points).cloned().collect();
            assert_eq!(audit.messages(), Some(sent));
            // Another root, one cell less, one more, one other.
            assert_ne!(audit.commitment([1; 32]), Some(committed(&sides[of])));
            let mut other = sets[of].clone();
            other[5] = crate::pair::cell(99_999);
            let more = [sets[of].clone(), cells([99_999])].concat();
            for set in [sets[of][1..].to_vec(), more, other] {
                let audit = replayed(of as u8 + 1, &sides, of, set).unwrap();
                assert_ne!(audit.commitment(plan_root(role)), Some(committed(&sides[of])));
            }
        }
    }
}

#[test]
fn what_is_not_of_the_run_is_named() {
    let sides = run(agreement(Mode::Cells, false), 4, [cells(0..9), cells(0..9)]);
    let seed = Seed::new([1; 32]);
    let [own, peer] = [0, 1].map(|of| sides[of].sent[0].clone());
    let fault = |own: &[u8], peer: &[u8], count| Audit::new(&seed, own, peer, cells(0..count)).err();
    assert_eq!(fault(&own, &peer, 9), None);
    assert_eq!(fault(&peer, &own, 9), Some(AuditFault::OtherSeed));
    assert_eq!(fault(&own, &own, 9), Some(AuditFault::NotOneRun));
    assert_eq!(fault(&own, &sides[1].sent[1], 9), Some(AuditFault::NotAHello));
    assert_eq!(fault(&own, &peer, 17), Some(AuditFault::TooManyCells { found: 17, class: crate::pair::class(4) }));
}
