use proptest::prelude::*;

use super::testing::{Model, any_margin, any_solid};
use super::*;
use crate::planted::{self, Planted};
use crate::testing::repeatable;

#[derive(Clone, Debug)]
enum Act {
    Insert(u32, Solid),
    InsertAll(Vec<(u32, Solid)>),
    Remove(u32),
    Expire(i32),
    CloseHeap,
    MergeStep(usize),
    SettleStep(usize),
    Take,
    StepTaken(usize),
    PutBack,
    Compact,
    Ask(Solid, Margin),
}

fn act() -> impl Strategy<Value = Act> {
    let id = || prop_oneof![8 => 0..40_u32, 1 => prop::sample::select(vec![1_000, 70_000, u32::MAX])];
    prop_oneof![
        12 => (id(), any_solid()).prop_map(|(id, solid)| Act::Insert(id, solid)),
        1 => prop::collection::vec((id(), any_solid()), 0..20).prop_map(Act::InsertAll),
        4 => id().prop_map(Act::Remove),
        1 => (0..60_000_i32).prop_map(Act::Expire),
        4 => Just(Act::CloseHeap),
        3 => (0..9_usize).prop_map(Act::MergeStep),
        3 => (0..9_usize).prop_map(Act::SettleStep),
        2 => Just(Act::Take),
        2 => (0..9_usize).prop_map(Act::StepTaken),
        2 => Just(Act::PutBack),
        1 => Just(Act::Compact),
        6 => (any_solid(), any_margin()).prop_map(|(solid, margin)| Act::Ask(solid, margin)),
    ]
}

/// The acts, done to a forest and to the model; snapshots taken on the way must keep what they showed.
fn play(acts: Vec<Act>, kernel: Kernel) -> Result<(), TestCaseError> {
    let (mut forest, mut model) = (Forest::with_kernel(kernel).unwrap(), Model::default());
    forest.set_strata(Strata::NINE.from(10));
    let (mut taken, mut shown): (Option<Merge>, Vec<(Snapshot, Model)>) = (None, Vec::new());
    for act in acts {
        match act {
            Act::Insert(id, solid) => {
                forest.insert(id, &solid);
                model.insert(id, &solid);
            }
            Act::InsertAll(all) => {
                forest.insert_all(all.iter().map(|(id, solid)| (*id, solid)));
                all.iter().for_each(|(id, solid)| model.insert(*id, solid));
            }
            Act::Remove(id) => {
                let held = model.solids.remove(&id).is_some();
                let removed = forest.remove(id);
                prop_assert!(removed || !held, "{} was not removed", id);
            }
            Act::Expire(before) => {
                forest.expire(before);
                model.expire(before);
            }
            Act::CloseHeap => forest.close_heap(),
            Act::MergeStep(budget) => _ = forest.merge_step(budget),
            Act::SettleStep(budget) => _ = forest.settle_step(budget),
            Act::Take => taken = taken.or_else(|| forest.take_merge()),
            Act::StepTaken(budget) => {
                taken.iter_mut().for_each(|merge| _ = merge.step(budget));
            }
            Act::PutBack => taken.take().into_iter().for_each(|merge| forest.put_back(merge)),
            Act::Compact => forest.compact(),
            Act::Ask(solid, margin) => {
                shown.push((forest.snapshot(), model.clone()));
                let oldest = shown.len().saturating_sub(3);
                for (snapshot, model) in &shown[oldest..] {
                    prop_assert_eq!(snapshot.ids(&solid, &margin), model.ids(&solid, &margin));
                    prop_assert_eq!(snapshot.all(), model.solids.keys().copied().collect::<Vec<_>>());
                }
            }
        }
    }
    Ok(())
}

fn kernel() -> impl Strategy<Value = Kernel> {
    prop::sample::select(Kernel::ALL.into_iter().filter(|kernel| kernel.is_available()).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(repeatable(150))]

    #[test]
    fn whatever_is_done_the_answers_are_the_models(acts in prop::collection::vec(act(), 0..120), kernel in kernel()) {
        play(acts, kernel)?;
    }
}

#[test]
fn a_version_that_comes_round_does_not_bring_the_old_one_back() {
    let solid = |lon: i32| Solid::try_new(Shape::point([lon, 0], 0).unwrap(), [0, 0], [0, 0]).unwrap();
    let (mut forest, margin) = (Forest::new(), Margin::NONE);
    forest.insert(1, &solid(0));
    forest.close_heap();
    // 65,536 numbers later the first version's number is the identifier's again.
    for _ in 0..(1 << 15) - 1 {
        forest.remove(1);
        forest.insert(1, &solid(5));
    }
    forest.remove(1);
    forest.insert(1, &solid(9));
    assert!(forest.snapshot().ids(&solid(0), &margin).is_empty());
    assert_eq!(forest.snapshot().ids(&solid(9), &margin), [1]);
}

/// Whether playing finds something wrong, given enough tries.
fn is_caught(error: Planted) -> bool {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig { max_shrink_iters: 0, ..repeatable(600) });
    let acts = prop::collection::vec(act(), 20..120);
    planted::during(error, || runner.run(&acts, |acts| play(acts, Kernel::Scalar)).is_err())
}

#[test]
fn planted_errors_are_caught() {
    for error in [Planted::NarrowBox, Planted::LostEdge, Planted::LostRemoval] {
        assert!(is_caught(error), "{error:?} was not caught");
    }
}

#[test]
fn a_chord_that_leaves_its_box_is_found_beside_it() {
    // Straight through the earth, ten degrees along a parallel go 12 km north of it, and 6 km below the ground.
    let solid = |shape: Shape| Solid::try_new(shape, [0, 0], [0, 0]).unwrap();
    let parallel = solid(Shape::path(vec![[100_000_000, 600_000_000], [200_000_000, 600_000_000]], 0).unwrap());
    let place = solid(Shape::point([150_000_000, 601_090_000], 0).unwrap());
    let (margin, models) =
        (Margin { horizontal_cm: 700_000, ..Margin::NONE }, testing::apart_naively_cm(parallel.shape(), place.shape()));
    assert!((600_000.0..650_000.0).contains(&models), "{models}");
    let found = |kept: &Solid, sought: &Solid| {
        let mut forest = Forest::new();
        forest.insert(1, kept);
        let mut pairs = 0;
        let asked = forest.snapshot().ids(sought, &margin).len();
        forest.insert(2, sought);
        forest.snapshot().sweep(&margin).for_each(|_, _| pairs += 1);
        (asked, pairs)
    };
    assert_eq!((found(&parallel, &place), found(&place, &parallel)), ((1, 1), (1, 1)));
    planted::during(Planted::NoBulge, || assert_eq!((found(&parallel, &place), found(&place, &parallel)), ((0, 0), (0, 0))));
}

/// Upright rectangles, whose conflicts are those of their boxes: what an independent tree finds.
fn rectangles(count: usize, seed: u64) -> Vec<Solid> {
    let mut state = seed;
    let mut below = |limit: u64| {
        state = state.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        ((state >> 33) % limit) as i32
    };
    let mut rectangle = || {
        // Sizes of every class, more small ones than large.
        let size = [100_000, 100_000, 2_000_000, 9_000_000][below(4) as usize];
        let (west, south) = (below(80_000_000), below(80_000_000));
        let (east, north) = (west + below(size), south + below(size));
        let ring = vec![[west, south], [east, south], [east, north], [west, north]];
        let (low, start) = (below(2_000), below(200_000));
        let time = [start, start + [3_000, 20_000, 90_000][below(3) as usize]];
        Solid::try_new(Shape::polygon(&[ring], 0).unwrap(), [low, low + below(900)], time).unwrap()
    };
    (0..count).map(|_| rectangle()).collect()
}

#[test]
fn an_independent_tree_finds_the_same_boxes() {
    let soak = std::env::var_os("DETENTE_SOAK").is_some();
    let (sizes, queries) = if soak { ([10_000, 100_000, 1_000_000], 20_000) } else { ([300, 3_000, 20_000], 300) };
    for size in sizes {
        let (kept, sought) = (rectangles(size, 42), rectangles(queries, 4_242));
        let envelope = |solid: &Solid| {
            let Box4 { min, max } = solid.bounds();
            rstar::AABB::from_corners(min.map(f64::from), max.map(f64::from))
        };
        let leaf = |(solid, id)| {
            let corners = rstar::primitives::Rectangle::from_aabb(envelope(solid));
            rstar::primitives::GeomWithData::new(corners, id)
        };
        let tree = rstar::RTree::bulk_load(kept.iter().zip(0_u32..).map(leaf).collect());
        let mut forest = Forest::new();
        forest.set_strata(Strata::NINE.from(5_000));
        kept.iter().zip(0..).for_each(|(solid, id)| forest.insert(id, solid));
        while forest.merge_step(1_000) == Progress::More {}
        let live = forest.snapshot();
        forest.compact();
        let compact = forest.snapshot();
        for solid in &sought {
            let mut expected: Vec<u32> = tree.locate_in_envelope_intersecting(&envelope(solid)).map(|leaf| leaf.data).collect();
            expected.sort_unstable();
            assert_eq!(live.ids(solid, &Margin::NONE), expected, "of {size}, live, for {:?}", solid.bounds());
            assert_eq!(compact.ids(solid, &Margin::NONE), expected, "of {size}, compact, for {:?}", solid.bounds());
        }
    }
}

#[test]
fn a_forest_at_rest_comes_to_one_run_and_stays_so() {
    let hover = |east: i32| {
        let place = Shape::point([10_000_000 + east * 1_000, 590_000_000], 10_000).unwrap();
        Solid::try_new(place, [0, 1_000], [0, 3_600]).unwrap()
    };
    let mut forest = Forest::new();
    let many = 3 * HEAP as u32 + 1;
    (0..many).for_each(|id| forest.insert(id, &hover(id as i32)));
    let before = forest.snapshot();
    assert!(before.runs().len() > 2, "{:?}", before.runs());
    while forest.settle_step(100) == Progress::More {}
    assert_eq!(forest.snapshot().runs(), [many]);
    assert_eq!(forest.snapshot().all(), before.all());
    // A few more are no reason to move all the others.
    (many..many + 5).for_each(|id| forest.insert(id, &hover(id as i32)));
    assert_eq!((forest.settle_step(100), forest.snapshot().runs()), (Progress::Done, vec![many, 5]));
}
