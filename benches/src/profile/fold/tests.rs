use super::{Folded, Frame, Owner, Share, Stack};

fn stack(thread: &str, frames: &[(&str, Owner)]) -> Stack {
    let frames = frames.iter().map(|(name, owner)| Frame { name: (*name).to_owned(), owner: *owner });
    Stack { thread: thread.to_owned(), frames: frames.collect() }
}

const MAIN: (&str, Owner) = ("main", Owner::Program);
const WALK: (&str, Owner) = ("space::walk", Owner::Program);
const NEXT: (&str, Owner) = ("core::next", Owner::Inlined);
const READ: (&str, Owner) = ("sys_read", Owner::Kernel);

#[test]
fn samples_are_counted_under_their_callers() {
    let folded = Folded::of(&[stack("a", &[MAIN, WALK]), stack("a", &[MAIN, WALK, READ]), stack("a", &[MAIN])], None);
    let main = &folded.root.calls["a"].calls["main"];
    assert_eq!((folded.samples(), main.samples, main.calls["space::walk"].samples), (3, 3, 2));
    assert_eq!(main.calls["space::walk"].calls["sys_read"].samples, 1);
    assert!((folded.kernel() - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn what_is_compiled_in_is_its_callers_time() {
    let folded = Folded::of(&[stack("a", &[MAIN, WALK, NEXT]), stack("a", &[MAIN, WALK]), stack("a", &[MAIN])], None);
    let expected = [("space::walk", 2.0 / 3.0), ("main", 1.0 / 3.0)];
    let expected = expected.map(|(name, share)| Share { name: name.to_owned(), share });
    assert_eq!(folded.shares(10), expected);
    assert_eq!(folded.shares(1), expected[..1]);
    assert!(folded.root.calls["a"].calls["main"].calls["space::walk"].calls.is_empty());
}

#[test]
fn a_beginning_leaves_out_what_is_not_under_it() {
    let folded = Folded::of(&[stack("a", &[MAIN, WALK, READ]), stack("a", &[MAIN, READ])], Some("space::"));
    assert_eq!(folded.samples(), 1);
    assert_eq!(folded.root.calls.keys().collect::<Vec<_>>(), ["space::walk"]);
}

#[test]
fn nothing_sampled_has_no_shares() {
    let folded = Folded::of(&[stack("a", &[])], None);
    assert_eq!((folded.samples(), folded.shares(3)), (0, Vec::new()));
    assert_eq!(folded.kernel().to_bits(), 0.0_f64.to_bits());
}
