//! Cosignatures on both sides: PROTOCOL E5 and E6 as runs against naive models.

use detente_record::{Cosigned, CosignedFault, Holder, HolderFault, HolderSigner, Mark, Taken};
use detente_types::{Generation, Root};
use detente_wire::Ed25519;
use proptest::prelude::*;

use crate::line::{A, B, Line, Side, at, cases};

/// A line on which A has said so much that its log has `size` entries.
fn line_of(size: u64) -> Line {
    let mut line = Line::new(3);
    while line.sides[A].log().size() < size {
        line.say(A, "word");
    }
    line
}

fn signer(side: &Side) -> HolderSigner<'_> {
    HolderSigner::new(&Ed25519, &side.identity().holder_key, side.log())
}

/// B's copy of A's log, as far as it got.
fn copy_of(line: &Line, size: usize) -> detente_record::Log {
    let side = &line.sides[A];
    let mut copy = detente_record::Log::new(crate::line::LINE, side.party(), Generation::FIRST);
    for entry in &side.entries[..size] {
        copy.append(entry).unwrap();
    }
    copy
}

#[test]
fn a_holder_cosigns_only_what_it_holds() {
    let line = line_of(5);
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let mut holder = Holder::new(0);
    let copy = copy_of(&line, 3);
    assert_eq!(Ok(None), holder.cosign(&signer(b), &copy, &a.checkpoint(4), at(1)));
    let made = holder.cosign(&signer(b), &copy, &a.checkpoint(3), at(1)).unwrap().unwrap();
    assert_eq!(b.cosign(&a.checkpoint(3), 1), made);
    assert_eq!(3, holder.size());
}

#[test]
fn a_holder_never_goes_back_even_after_a_restart() {
    let line = line_of(5);
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let mut holder = Holder::new(4);
    let copy = copy_of(&line, 5);
    for size in [3, 4] {
        assert_eq!(Ok(None), holder.cosign(&signer(b), &copy, &a.checkpoint(size), at(1)));
    }
    assert!(holder.cosign(&signer(b), &copy, &a.checkpoint(5), at(1)).unwrap().is_some());
}

#[test]
fn a_holder_refuses_a_root_that_the_entries_do_not_have() {
    let line = line_of(5);
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let (holder, copy) = (Holder::new(0), copy_of(&line, 5));
    let forged = a.sign_root(4, Root::new([1; 32]));
    assert_eq!(Err(HolderFault::RootDiffers { size: 4 }), holder.due(&copy, &forged));
    assert_eq!(Err(HolderFault::OtherLog), holder.due(&copy, &b.checkpoint(1)));
}

#[test]
fn an_author_refuses_what_it_did_not_say() {
    let line = line_of(5);
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let mut cosigned = Cosigned::default();
    let mut take = |signed| cosigned.take(a.log(), &b.cosign(&signed, 9));
    let ahead = a.sign_root(6, Root::new([1; 32]));
    assert_eq!(Err(CosignedFault::AheadOfMe { size: 6, own: 5 }), take(ahead));
    let other = a.sign_root(4, Root::new([1; 32]));
    assert_eq!(Err(CosignedFault::RootDiffers { size: 4 }), take(other));
    assert_eq!(Err(CosignedFault::OtherLog), take(b.checkpoint(1)));
    assert_eq!(0, cosigned.acknowledged_size());
}

#[test]
fn a_smaller_cosignature_with_a_later_time_is_a_fault_and_a_late_one_is_not() {
    let line = line_of(9);
    let (a, b) = (&line.sides[A], &line.sides[B]);
    let mut cosigned = Cosigned::default();
    let mut take = |size, seconds| cosigned.take(a.log(), &b.cosign(&a.checkpoint(size), seconds));
    assert_eq!(Ok(Taken::Newest), take(7, 100));
    assert_eq!(Err(CosignedFault::Shrinks { size: 5, newest: 7 }), take(5, 101));
    assert_eq!(Ok(Taken::Earlier), take(5, 90));
    assert_eq!(Ok(Taken::Repeat), take(5, 80));
    assert_eq!(Ok(Taken::Repeat), take(7, 200));
    assert_eq!(Ok(Taken::Repeat), take(0, 1).map(|taken| if taken == Taken::Earlier { Taken::Repeat } else { taken }));
    assert_eq!(at(90), cosigned.first_covering(4).unwrap().time);
    assert_eq!(at(100), cosigned.first_covering(5).unwrap().time);
    assert_eq!(None, cosigned.first_covering(7));
}

/// What happens between author and holder; sizes are taken modulo what is possible.
#[derive(Clone, Debug)]
enum Step {
    /// More of the author's entries become durable at the holder.
    Copy(u64),
    /// The author's checkpoint at this size arrives.
    Checkpoint(u64),
    /// The holder crashes and comes back with what its store kept.
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![(1_u64..4).prop_map(Step::Copy), (0_u64..20).prop_map(Step::Checkpoint), Just(Step::Crash),];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn sizes_rise_and_the_author_agrees(steps in steps()) {
        let line = line_of(20);
        let (a, b) = (&line.sides[A], &line.sides[B]);
        let (mut holder, mut held, mut kept) = (Holder::new(0), 0_u64, 0_u64);
        let mut cosigned = Cosigned::default();
        let mut model: Vec<(u64, i64)> = Vec::new();
        for (clock, step) in (0..).zip(steps) {
            match step {
                Step::Copy(more) => held = (held + more).min(20),
                Step::Crash => holder = Holder::new(kept),
                Step::Checkpoint(size) => {
                    let copy = copy_of(&line, held as usize);
                    let made = holder.cosign(&signer(b), &copy, &a.checkpoint(size), at(clock)).unwrap();
                    prop_assert_eq!(made.is_some(), size <= held && size > kept);
                    if let Some(made) = made {
                        kept = size;
                        model.push((size, clock));
                        prop_assert_eq!(Ok(Taken::Newest), cosigned.take(a.log(), &made));
                    }
                }
            }
        }
        prop_assert_eq!(kept, cosigned.acknowledged_size());
        for index in 0..20 {
            let first = model.iter().find(|(size, _)| *size > index);
            let mark = cosigned.first_covering(index).copied();
            prop_assert_eq!(first.map(|&(size, clock)| Mark { size, time: at(clock) }), mark);
        }
        prop_assert_eq!(Cosigned::rebuild(cosigned.marks().to_vec()), cosigned);
    }

    #[test]
    fn any_order_of_arrival_gives_the_same_first_receipts(
        sizes in prop::collection::btree_set(1_u64..20, 1..10),
        order in any::<prop::sample::Index>(),
    ) {
        let line = line_of(20);
        let (a, b) = (&line.sides[A], &line.sides[B]);
        let made: Vec<_> = (0..).zip(&sizes).map(|(t, size)| b.cosign(&a.checkpoint(*size), t)).collect();
        let mut in_order = Cosigned::default();
        for c in &made {
            in_order.take(a.log(), c).unwrap();
        }
        let mut shuffled = made.clone();
        shuffled.rotate_left(order.index(made.len()));
        shuffled.reverse();
        let mut late = Cosigned::default();
        for c in shuffled.iter().chain(&made) {
            late.take(a.log(), c).unwrap();
        }
        prop_assert_eq!(in_order, late);
    }
}
