use detente_testkit::statements::reference;
use detente_testkit::{Heard, minutes, notice, notice_id, parties};
use detente_types::statement::StatementIn;
use detente_types::terms::{LAW_1, LAW_2};
use detente_types::{NoticeIn, NoticeKind, TermsIn};
use detente_wire::meaning::{Standing, check};
use detente_wire::{Ed25519, Scheme};
use proptest::prelude::*;

use super::*;

/// Kind and places of the volumes of a notice.
type Sketch = (NoticeKind, Vec<i64>);

/// A plan of which nothing is let out.
fn held_back(notice: Valid<Notice>) -> Plan {
    Plan { notice, release: Release::Hold, reveal: Vec::new() }
}

#[derive(Clone, Debug)]
enum Said {
    Notice(u64, Sketch),
    Cancel(u64),
}

/// What is put into one node: what one of the two parties said next, or an exact plan of ours.
#[derive(Clone, Debug)]
enum Step {
    Said(usize),
    Exact(u64, Sketch),
    Terms(u32),
    Turn(usize),
}

fn any_plan() -> impl Strategy<Value = Sketch> {
    let kind = prop::sample::select(vec![NoticeKind::Operation, NoticeKind::Operation, NoticeKind::Site, NoticeKind::Hazard]);
    (kind, prop::collection::vec(-6_i64..6, 1..5))
}

fn any_said() -> impl Strategy<Value = Said> {
    prop_oneof![
        4 => (0..12_u64, any_plan()).prop_map(|(id, plan)| Said::Notice(id, plan)),
        1 => (0..12_u64).prop_map(Said::Cancel),
    ]
}

fn any_turn() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 1..5_usize, 1 => 1..300_usize]
}

/// The order in which a node comes to know what is said, and the turns between.
fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..2_usize).prop_map(Step::Said),
        1 => (0..4_u64, any_plan()).prop_map(|(id, plan)| Step::Exact(100 + id, plan)),
        1 => prop::sample::select(vec![1_000_u32, 9_260, 20_000]).prop_map(Step::Terms),
        6 => any_turn().prop_map(Step::Turn),
    ];
    prop::collection::vec(step, 0..80)
}

struct World {
    scheme: Ed25519,
    line: LineId,
    parties: [PartyId; 2],
    terms: TermsIn,
}

impl World {
    fn new() -> Self {
        let parties = parties(&Ed25519, 7);
        let sides = parties.sides();
        let line = sides[0].certificate.line();
        Self { scheme: Ed25519, line, parties: [sides[0].id(), sides[1].id()], terms: detente_testkit::terms() }
    }

    fn terms(&self, horizontal_m: u32) -> Terms {
        let mut terms = self.terms.clone();
        terms.separation.horizontal_m = horizontal_m;
        Terms::try_new(terms).expect("good terms")
    }

    fn joint(&self, us: usize) -> Joint {
        Joint::new(self.line, self.parties[us], self.parties[1 - us], &self.terms(9_260))
    }

    fn notice(&self, id: u64, (kind, places): &Sketch) -> Valid<Notice> {
        let base = notice(*kind);
        let volumes = places.iter().map(|north| {
            let mut volume = notice(NoticeKind::Operation).volumes[0].clone();
            volume.rings[0][0].lat_e7 += north * 500_000;
            volume.radius_cm = 100_000;
            volume
        });
        let form = NoticeIn { id: notice_id(id), volumes: volumes.collect(), ..base };
        let terms = self.terms(9_260);
        let standing = Standing {
            line: self.line,
            author: self.parties[0],
            other: self.parties[1],
            index: 1,
            claimed: minutes(0),
            urgent: false,
            terms: Some(&terms),
            known: &Heard::default(),
            scheme: &self.scheme as &dyn Scheme,
        };
        let valid = check(StatementIn::Notice(form), &standing).expect("the test obeys the rules");
        valid.and_then(|v| v.notice()).expect("a notice")
    }

    fn hear(&self, joint: &mut Joint, author: usize, index: usize, said: &Said) {
        let author = self.parties[author];
        match said {
            Said::Notice(id, plan) => joint.put(reference(author, index as u64), minutes(0), self.notice(*id, plan)),
            Said::Cancel(id) => joint.remove(author, &notice_id(*id)),
        }
    }

    /// A node that came to know everything in this order, and says whether a turn kept its bound.
    fn run(&self, us: usize, logs: &[Vec<Said>; 2], steps: &[Step], last_m: u32) -> (Joint, Told) {
        let mut joint = self.joint(us);
        let mut told = Told::default();
        let mut heard = [0; 2];
        for step in steps {
            match step {
                Step::Said(author) => {
                    if let Some(said) = logs[*author].get(heard[*author]) {
                        self.hear(&mut joint, *author, heard[*author], said);
                        heard[*author] += 1;
                    }
                }
                Step::Exact(id, plan) if us == 0 => joint.put_exact(held_back(self.notice(*id, plan))),
                Step::Exact(..) => {}
                Step::Terms(metres) => joint.set_terms(&self.terms(*metres)),
                Step::Turn(pairs) => told.take(joint.turn(*pairs)),
            }
        }
        for author in 0..2 {
            for (index, said) in logs[author].iter().enumerate().skip(heard[author]) {
                self.hear(&mut joint, author, index, said);
            }
        }
        joint.set_terms(&self.terms(last_m));
        while joint.is_behind() {
            told.take(joint.turn(3));
        }
        (joint, told)
    }

    /// Every live notice of one party against every one of the other's, without an index.
    fn model(&self, joint: &Joint, last_m: u32) -> BTreeMap<ConflictId, Conflict> {
        let (law, separation) = (law_of(&self.terms(last_m)), separation_of(&self.terms(last_m)));
        let mut parties = self.parties;
        parties.sort_unstable();
        let of = |party: PartyId| joint.live().iter().filter(move |(at, _)| at.author == party);
        let mut conflicts = BTreeMap::new();
        for (a, first) in of(parties[0]) {
            for (b, second) in of(parties[1]) {
                if !law.kinds_meet(first.notice.kind(), second.notice.kind()) {
                    continue;
                }
                let mut meetings = Vec::new();
                for (i, v) in (0..).zip(first.notice.volumes()) {
                    for (j, w) in (0..).zip(second.notice.volumes()) {
                        let meeting = law.meet(v, w, &separation);
                        meetings.extend(meeting.map(|meeting| VolumeMeeting { volumes: [i, j], meeting }));
                    }
                }
                if !meetings.is_empty() {
                    keep_closest(&mut meetings);
                    let id = conflict_id(self.line, a, b);
                    conflicts.insert(id, Conflict { id, statements: [*a, *b], meetings });
                }
            }
        }
        conflicts
    }
}

/// What was told, added up.
#[derive(Default)]
struct Told {
    conflicts: BTreeSet<ConflictId>,
}

impl Told {
    fn take(&mut self, changes: Changes) {
        for id in changes.gone {
            assert!(self.conflicts.remove(&id), "what goes was told");
        }
        for id in changes.found {
            assert!(self.conflicts.insert(id), "told once");
        }
    }
}

fn listed(joint: &Joint) -> Vec<Conflict> {
    joint.pairs_after(None).filter_map(|(id, statements)| joint.conflict_of(id, statements)).collect()
}

fn digest(conflicts: &BTreeMap<ConflictId, Conflict>) -> [u8; 32] {
    conflicts.values().fold([0; 32], |mut sum, c| {
        let content = content(&c.id, &c.meetings);
        sum.iter_mut().zip(content).for_each(|(sum, byte)| *sum ^= byte);
        sum
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_came_first_exactly_the_live_pairs_that_meet_are_there(
        ours in prop::collection::vec(any_said(), 0..25), theirs in prop::collection::vec(any_said(), 0..25),
        steps in [any_steps(), any_steps()], last_m in prop::sample::select(vec![1_000_u32, 9_260, 20_000]),
        law in prop::sample::select(vec![LAW_1, LAW_2]),
    ) {
        let (mut world, logs) = (World::new(), [ours, theirs]);
        world.terms.law = law.into();
        for (us, steps) in steps.iter().enumerate() {
            let (joint, told) = world.run(us, &logs, steps, last_m);
            let model = world.model(&joint, last_m);
            prop_assert_eq!(listed(&joint), model.values().cloned().collect::<Vec<_>>());
            prop_assert_eq!(joint.count(), model.len());
            prop_assert_eq!(joint.digest(), digest(&model));
            prop_assert_eq!(told.conflicts, model.keys().copied().collect::<BTreeSet<_>>());
            let (law, separation) = (law_of(&world.terms(last_m)), separation_of(&world.terms(last_m)));
            let live = |at: &StatementRef| joint.live().contains_key(at);
            prop_assert!(joint.pairs.numbered().iter().all(live), "nothing is kept of what is gone");
            let warned = joint.exact.iter().flat_map(|(id, plan)| {
                let theirs = joint.live().iter().filter(|(at, _)| at.author == world.parties[1 - us]);
                let meets = move |other: &Valid<Notice>| law.kinds_meet(plan.notice.kind(), other.kind())
                    && plan.notice.volumes().iter().any(|v| other.volumes().iter().any(|w| law.meet(v, w, &separation).is_some()));
                theirs.filter(move |(_, other)| meets(&other.notice)).map(|(at, _)| (*id, *at)).collect::<Vec<_>>()
            });
            prop_assert_eq!(joint.warnings().collect::<Vec<_>>(), warned.collect::<Vec<_>>());
        }
    }
}

/// One operation that meets many sites, said before them or after them.
fn crowd(world: &World, us: usize, sites: u64, first: bool) -> Joint {
    let mut joint = world.joint(us);
    let operation = |joint: &mut Joint| world.hear(joint, 1, 0, &Said::Notice(0, (NoticeKind::Operation, vec![0; 4])));
    if first {
        operation(&mut joint);
    }
    for site in 0..sites {
        world.hear(&mut joint, 0, site as usize, &Said::Notice(1 + site, (NoticeKind::Site, vec![0])));
        joint.turn(1);
    }
    if !first {
        operation(&mut joint);
    }
    joint
}

#[test]
fn a_crowd_is_found_whole_whichever_notice_came_last() {
    let world = World::new();
    let found = [(0, true), (1, true), (0, false), (1, false)].map(|(us, first)| {
        let mut joint = crowd(&world, us, 400, first);
        joint.turn(usize::MAX);
        (listed(&joint), joint.digest(), joint.count())
    });
    assert_eq!(found[0].0.len(), 400);
    assert!(found.iter().all(|other| *other == found[0]));
}

#[test]
fn one_notice_over_everything_costs_a_turn_no_more_than_its_bound() {
    let world = World::new();
    let mut joint = crowd(&world, 0, 300, false);
    let mut turns = 0;
    // Each of the four volumes is tested against each site: 1,200 pairs, and what came before is found already.
    while joint.is_behind() {
        let changes = joint.turn(100);
        assert!(changes.found.len() <= 100, "no more is found than is tested");
        turns += 1;
    }
    assert!(turns >= 12, "{turns} turns for 1,200 pairs of volumes");
    assert_eq!(joint.count(), 300);
    joint.remove(world.parties[1], &notice_id(0));
    assert_eq!(listed(&joint), [], "what is not live is not shown, even before it is forgotten");
    assert!(joint.turn(100).gone.len() <= 100);
    assert!(joint.is_behind());
    joint.turn(usize::MAX);
    assert_eq!((joint.count(), joint.digest()), (0, [0; 32]));
}

#[test]
fn a_plan_of_many_volumes_hides_no_other_warning() {
    let world = World::new();
    let many: Sketch = (NoticeKind::Operation, vec![0; 40]);
    let mut joint = world.joint(0);
    for id in 0..20 {
        joint.put_exact(held_back(world.notice(200 + id, &many)));
    }
    world.hear(&mut joint, 1, 0, &Said::Notice(0, many.clone()));
    world.hear(&mut joint, 1, 1, &Said::Notice(1, many.clone()));
    joint.put_exact(held_back(world.notice(300, &many)));
    joint.turn(usize::MAX);
    assert_eq!(joint.warnings().count(), 42);
}

/// A plan against every live statement, theirs first, without an index.
fn foreseen(world: &World, joint: &Joint, us: usize, plan: &Planned<'_>) -> Vec<Foreseen> {
    let separation = separation_of(&world.terms(9_260));
    let own = plan.instead_of.and_then(|id| joint.current(world.parties[us], id));
    let mut found = Vec::new();
    for party in [1 - us, us].map(|i| world.parties[i]) {
        for (at, live) in joint.live().iter().filter(|(at, _)| at.author == party && Some(**at) != own) {
            for (i, v) in (0..).zip(plan.volumes).filter(|_| Law::One.kinds_meet(plan.kind, live.notice.kind())) {
                for (j, w) in (0..).zip(live.notice.volumes()) {
                    let meeting = Law::One.meet(v, w, &separation);
                    found.extend(meeting.map(|meeting| Foreseen { with: *at, volumes: [i, j], meeting }));
                }
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_told_in_parts_what_it_would_meet(
        ours in prop::collection::vec(any_said(), 0..15), theirs in prop::collection::vec(any_said(), 0..15),
        plan in any_plan(), replaced in 0..12_u64, limit in prop_oneof![0..6_usize, Just(1_000)], cost in 1..20_usize,
    ) {
        let world = World::new();
        let (joint, _) = world.run(0, &[ours, theirs], &[], 9_260);
        let (notice, replaced) = (world.notice(99, &plan), notice_id(replaced));
        let planned = Planned { kind: notice.kind(), volumes: notice.volumes(), instead_of: Some(&replaced) };
        let all = foreseen(&world, &joint, 0, &planned);
        for detail in [Detail::How, Detail::Whether] {
            let mut foresight = Foresight::begin();
            while !foresight.is_done() {
                let before = foresight.cost();
                joint.foresee(&planned, detail, limit, cost, &mut foresight);
                // A step of three, and the last pair of it may cost more.
                prop_assert!(foresight.cost() <= before + cost + 6, "{} after {before}", foresight.cost());
            }
            let told = &all[..limit.min(all.len())];
            let met = |one: &Foreseen| {
                let ours = one.with.author == world.parties[0];
                Met { ours, at: (one.with.generation, one.with.index), volumes: one.volumes }
            };
            match detail {
                Detail::How => prop_assert_eq!(&foresight.meetings, told),
                Detail::Whether => prop_assert_eq!(&foresight.met, &told.iter().map(met).collect::<Vec<_>>()),
            }
            prop_assert_eq!(foresight.more, all.len() > limit);
        }
    }
}

#[test]
fn what_was_known_before_a_start_is_no_news() {
    let world = World::new();
    let mut joint = crowd(&world, 0, 3, false);
    joint.hush();
    world.hear(&mut joint, 0, 3, &Said::Notice(9, (NoticeKind::Site, vec![0])));
    let changes = joint.turn(usize::MAX);
    assert_eq!(joint.count(), 4);
    assert!(changes.found.len() <= 1, "at most what came since");
}
