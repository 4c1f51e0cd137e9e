//! Random days on a line: what one side does about plans that it does not show, among what both do in the open.
//!
//! A script is played in two worlds. What is done in the open is done in both; what is only planned, in one. A world keeps
//! marks of all that is planned in it and not let out.

use std::collections::BTreeSet;

use detente_node::{Accepted, Command, CommandFault};
use detente_settle::Settlement;
use detente_types::statement::{AnswerIn, ChangeIn, Kind};
use detente_types::text::TextIn;
use detente_types::{NoticeId, NoticeIn, NoticeKind, Release, StatementRef, Terms, TermsIn};
use proptest::prelude::*;
use proptest::sample::select;

use super::answers::answers;
use super::marks::{Marks, SECRET};
use crate::blind::{far, plan, put, small};
use crate::blind_audit::auditor;
use crate::pair::Pair;

/// Under which terms it is, and whose plans are not shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) count: bool,
    pub(crate) verified: bool,
    pub(crate) audited: bool,
    pub(crate) side: usize,
}

/// How a plan differs from that of the fixture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change {
    kind: NoticeKind,
    number: u64,
    north: i64,
    east: i64,
    late_us: i64,
}

/// Something that somebody does.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    /// A plan is made or changed, blind only or held back. Not in the open.
    Plans { change: Change, held: bool },
    /// A plan is told, whatever it was before.
    Tells { change: Change, release: Release },
    /// A notice is cancelled, or tried to be.
    Cancels(u64),
    /// An officer asks for a run: of this side or of the other.
    Asks { peer: bool },
    /// This side's officers look at all there is.
    Looks,
    /// The next step of settling what two other notices meet in.
    Settles,
    /// Other terms are agreed.
    Agrees(u8),
    /// A node is started anew.
    Restarts { peer: bool },
    /// The line is cut until something else was done.
    Parts,
    /// This side asks that what its plans collide with be shown, and shows them: so far as it may, and only to be played where
    /// the plans are made.
    Releases { shows: bool },
}

/// What came of a script, for whoever wants to know that enough did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Did(BTreeSet<&'static str>);

impl Did {
    /// All of these came about.
    pub(crate) fn assert_all(&self, expected: &[&'static str]) {
        let missing: Vec<_> = expected.iter().filter(|what| !self.0.contains(*what)).collect();
        assert!(missing.is_empty(), "never came about: {missing:?}");
    }
}

pub(crate) fn setting() -> impl Strategy<Value = Setting> {
    // Counts have no proofs: their answers are shuffled.
    let modes = select(vec![(false, false), (false, true), (true, false)]);
    let all = (modes, any::<bool>(), 0..2_usize);
    all.prop_map(|((count, verified), audited, side)| Setting { count, verified, audited, side })
}

/// Some deeds; with an officer's releases among them, if wanted.
pub(crate) fn script(releases: bool) -> impl Strategy<Value = Vec<Deed>> {
    let held = proptest::bool::weighted(0.2);
    let told = select(vec![Release::Exact, Release::Km1, Release::Km10]);
    let release = Deed::Releases { shows: false };
    let deed = prop_oneof![
        12 => (change(), held).prop_map(|(change, held)| Deed::Plans { change, held }),
        8 => (change(), told).prop_map(|(change, release)| Deed::Tells { change, release }),
        4 => (0..3 * NUMBERS).prop_map(Deed::Cancels),
        2 => any::<bool>().prop_map(|peer| Deed::Asks { peer }),
        1 => Just(Deed::Looks),
        6 => Just(Deed::Settles),
        2 => (0..4_u8).prop_map(Deed::Agrees),
        2 => any::<bool>().prop_map(|peer| Deed::Restarts { peer }),
        1 => Just(Deed::Parts),
        if releases { 8 } else { 0 } => any::<bool>().prop_map(move |shows| if shows { Deed::Releases { shows } } else { release.clone() }),
    ];
    proptest::collection::vec(deed, 3..11)
}

/// A day on which everything comes about.
pub(crate) fn full_day(releases: bool) -> (Setting, Vec<Deed>) {
    let change = |number, late_us| Change { kind: NoticeKind::Operation, number, north: 10_003, east: -20_003, late_us };
    let plans = |number, late_us| Deed::Plans { change: change(number, late_us), held: false };
    let mut script = vec![
        plans(1, 1_001),
        plans(2, 2_001),
        Deed::Settles,
        Deed::Settles,
        Deed::Tells { change: change(2, 3_001), release: Release::Km10 },
        Deed::Settles,
        plans(2, 4_001),
        plans(1, 5_001),
    ];
    if releases {
        script.extend([false, true].map(|shows| Deed::Releases { shows }));
    }
    let rest = [Deed::Cancels(1), Deed::Cancels(2), Deed::Looks, Deed::Asks { peer: false }, Deed::Agrees(1), Deed::Parts];
    script.extend(rest);
    script.push(Deed::Restarts { peer: true });
    (Setting { count: false, verified: true, audited: true, side: 0 }, script)
}

/// Plans have the names below this one.
const NUMBERS: u64 = 4;
/// What is settled in the open: ours, and theirs.
const SETTLED: [u64; 2] = [60, 61];

fn change() -> impl Strategy<Value = Change> {
    let kinds = select(vec![
        NoticeKind::Operation,
        NoticeKind::Movement,
        NoticeKind::Site,
        NoticeKind::Exercise,
        NoticeKind::Hazard,
        NoticeKind::Text,
    ]);
    // The last digits are not those of the fixture: nothing else on the line has them.
    let drawn = (kinds, 1..NUMBERS, -100_000..100_000_i64, -1_500_000..1_500_000_i64, 1..300_000_000_i64);
    drawn.prop_map(|(kind, number, north, east, late)| Change {
        kind,
        number,
        north: north * 10 + 3,
        east: east * 10 + 7,
        late_us: late * 10 + 1,
    })
}

fn name(number: u64) -> NoticeId {
    let mut bytes = [0; 16];
    detente_testkit::rng(9_000 + number).fill_bytes(&mut bytes);
    NoticeId::new(bytes)
}

/// A plan with this word in all of its texts.
fn marked(change: Change, word: &str) -> NoticeIn {
    let said = |text: &mut Option<String>| *text = text.take().map(|_| format!("{word} {}", change.number));
    let text = |language: &str| Some(TextIn { language: language.into(), text: format!("{word} {}", change.late_us) });
    let mut plan = plan(change.kind, change.number);
    plan.id = name(change.number);
    (plan.title, plan.call_sign, plan.contact) = (Some(word.into()), Some(word.into()), Some(word.into()));
    (plan.text, plan.translation) = (text("en"), text("ru"));
    if let Some(detail) = &mut plan.detail {
        [&mut detail.activity, &mut detail.operator, &mut detail.cargo, &mut detail.designation].into_iter().for_each(said);
    }
    plan.valid_from_us += change.late_us;
    plan.valid_until_us += change.late_us;
    for volume in &mut plan.volumes {
        volume.start_us += change.late_us;
        volume.end_us += change.late_us;
        for at in volume.rings.iter_mut().flatten() {
            at.lat_e7 += change.north;
            at.lon_e7 += change.east;
        }
    }
    plan
}

/// A line on which a script is played.
pub(crate) struct World {
    pub(crate) pair: Pair,
    /// Whose plans are not shown.
    pub(crate) side: usize,
    pub(crate) marks: Marks,
    pub(crate) did: Did,
    /// What became of each thing that was done in the open.
    pub(crate) open: Vec<String>,
    /// What was told, and by name, for good.
    pub(crate) told: BTreeSet<NoticeId>,
    terms: Vec<Terms>,
    planned: BTreeSet<NoticeId>,
}

impl World {
    /// A line on which the script was played: with what is not done in the open, or without.
    pub(crate) fn play(setting: Setting, script: &[Deed], secret: bool) -> Self {
        let mut world = Self::new(setting);
        let mut parted = false;
        for (step, deed) in script.iter().enumerate() {
            world.does(deed, secret);
            // What is done in one world only has drawn what it drew.
            world.pair.draw_anew(step as u64);
            if step % 2 == 0 {
                put(&mut world.pair, setting.side, far(NoticeKind::Hazard, 40 + step as u64), Release::Km10);
            }
            world.pair.pass(400);
            if parted {
                world.pair.connect();
            }
            parted = matches!(deed, Deed::Parts) && !parted;
        }
        world.restart(setting.side);
        world.pair.pass(20 * 60);
        let Self { marks, pair, told, .. } = &mut world;
        marks.book(pair, setting.side);
        marks.name_all_but(told);
        world
    }

    fn new(setting: Setting) -> Self {
        let mut terms = small();
        let matching = terms.matching.as_mut().expect("it is there");
        matching.verified = setting.verified;
        matching.mode = if setting.count { "count" } else { "cells" }.into();
        if setting.audited {
            terms.auditor_key = auditor().1;
        }
        let mut pair = Pair::connected(terms.clone());
        let [ours, theirs] = SETTLED;
        put(&mut pair, 1 - setting.side, plan(NoticeKind::Exercise, 30), Release::BlindOnly);
        put(&mut pair, setting.side, plan(NoticeKind::Operation, ours), Release::Exact);
        put(&mut pair, 1 - setting.side, plan(NoticeKind::Exercise, theirs), Release::Exact);
        Self {
            pair,
            side: setting.side,
            marks: Marks::default(),
            did: Did::default(),
            open: Vec::new(),
            told: BTreeSet::new(),
            terms: vec![Terms::try_new(terms).expect("good terms")],
            planned: BTreeSet::new(),
        }
    }

    fn does(&mut self, deed: &Deed, secret: bool) {
        let (side, peer) = (self.side, 1 - self.side);
        match deed {
            Deed::Plans { change, held } if secret => self.plans(*change, *held),
            Deed::Plans { .. } => {}
            Deed::Tells { change, release } => self.tells(*change, *release),
            Deed::Cancels(number) => {
                // What was told, mostly: the rest ends in the book, if it is there.
                let told = self.told.iter().nth(*number as usize % self.told.len().max(1)).filter(|_| *number > 1);
                let id = *told.unwrap_or(&name(*number));
                let ended = self.pair.command(side, Command::Cancel { id, reason: None });
                let stated = ended.as_ref().is_ok_and(|accepted| accepted.stated.is_some());
                // Whether a plan that nobody was told of ended in the book is not in the open.
                self.open.push(format!("stated: {stated}"));
                self.note("cancels", stated && self.planned.contains(&id));
                self.note("ends a plan in the book", ended.is_ok() && !stated && self.planned.contains(&id));
            }
            Deed::Asks { peer: theirs } => {
                let asked = self.openly(if *theirs { peer } else { side }, Command::RunBlind(None));
                self.note("asks", asked);
            }
            Deed::Looks => {
                assert_eq!(self.pair.line(side).blind(self.pair.now, 3).places, 64);
                assert!(answers(&mut self.pair, side).iter().any(|(_, answer)| answer["status"] == 200));
            }
            Deed::Settles => self.settles(),
            Deed::Agrees(what) => self.agrees(*what),
            Deed::Restarts { peer: theirs } => self.restart(if *theirs { peer } else { side }),
            Deed::Parts => self.pair.disconnect(),
            Deed::Releases { shows } => self.releases(*shows),
        }
    }

    /// Not in the open. What breaks a rule is refused, and nobody else hears of that either.
    fn plans(&mut self, change: Change, held: bool) {
        let notice = marked(change, SECRET);
        self.marks.plan(&notice, &self.terms);
        let release = if held { Release::Hold } else { Release::BlindOnly };
        let id = notice.id;
        let taken = self.pair.command(self.side, Command::Notify { notice, release, reveal: Vec::new() }).is_ok();
        self.note("plans", taken);
        self.note("changes a plan", taken && self.planned.contains(&id));
        self.note("takes back what was told", taken && self.told.contains(&id));
        if taken {
            self.planned.insert(id);
        }
    }

    fn tells(&mut self, change: Change, release: Release) {
        // Coarser than planned, all of its exact form stays here.
        let word = if release == Release::Exact { "told" } else { SECRET };
        let notice = marked(change, word);
        if release != Release::Exact {
            self.marks.plan(&notice, &[]);
        }
        let id = notice.id;
        let told = self.openly(self.side, Command::Notify { notice, release, reveal: Vec::new() });
        self.note("tells what was planned", told && self.planned.contains(&id));
        if told {
            self.told.insert(id);
        }
    }

    fn settles(&mut self) {
        let (side, peer) = (self.side, 1 - self.side);
        let line = self.pair.line(side);
        let settled = SETTLED.map(detente_testkit::notice_id);
        let is_of = |at: &StatementRef| line.notice(at).is_some_and(|view| settled.contains(&view.notice.id()));
        let Some((conflict, statements)) = line.conflict_pairs().find(|(_, both)| both.iter().all(is_of)) else { return };
        let (who, what, command) = match line.settlement(&statements) {
            Settlement::Open => {
                let change = ChangeIn { shift_us: Some(900_000_000), ..ChangeIn::default() };
                (peer, "offers", Command::Offer { conflict, ours: false, change, lapses: None, text: None })
            }
            Settlement::Offered(offers) => {
                let offer = offers[0].offer.reference;
                let answer = AnswerIn { kind: Kind::Accept.code(), offer, text: None, desk: None, officer: None };
                (side, "accepts", Command::Answer(answer))
            }
            Settlement::Agreed(_) => (side, "amends", line.amendment(&conflict).expect("it is owed")),
            _ => return,
        };
        let done = self.openly(who, command);
        self.note(what, done && !self.planned.is_empty());
    }

    fn agrees(&mut self, what: u8) {
        let (side, peer) = (self.side, 1 - self.side);
        let input = self.pair.line(side).terms().input().clone();
        let mut next = TermsIn { version: input.version + 1, ..input };
        let matching = next.matching.as_mut().expect("it is there");
        match what {
            0 if matching.mode == "count" => matching.mode = "cells".into(),
            0 => (matching.mode, matching.verified) = ("count".into(), false),
            1 if matching.mode != "count" => matching.verified = !matching.verified,
            1 | 2 => next.blind.every_min = 25 - next.blind.every_min,
            _ => next.separation.horizontal_m = 14_260 - next.separation.horizontal_m,
        }
        let terms = Terms::try_new(next.clone()).expect("good terms");
        let proposed = self.pair.command(peer, Command::ProposeTerms(next)).ok().and_then(|accepted| accepted.stated);
        if let Some(proposed) = proposed
            && self.openly(side, Command::AcceptTerms(proposed))
        {
            self.note("agrees", !self.planned.is_empty());
            self.terms.push(terms);
        }
    }

    /// An officer lets out what collides, or asks the other side to.
    fn releases(&mut self, shows: bool) {
        for conflict in self.pair.line(self.side).blind_conflict_ids() {
            self.marks.conflict(&conflict);
            let command = if shows { Command::ShowBlind(conflict) } else { Command::AskBlind { conflict, reason: None } };
            let done = self.pair.command(self.side, command).is_ok();
            self.note(if shows { "shows" } else { "asks to be shown" }, done);
        }
    }

    fn restart(&mut self, side: usize) {
        self.pair.restart(side);
        self.pair.disconnect();
        self.pair.connect();
    }

    /// Does something that is done in both worlds, with the same answer.
    fn openly(&mut self, who: usize, command: Command) -> bool {
        let done = self.pair.command(who, command);
        self.open.push(match &done {
            Ok(Accepted { stated, .. }) => format!("stated: {}", stated.is_some()),
            Err(CommandFault::Violations(broken)) => format!("broken: {:?}", broken.iter().map(|v| v.rule).collect::<Vec<_>>()),
            Err(fault) => fault.to_string(),
        });
        done.is_ok()
    }

    fn note(&mut self, what: &'static str, done: bool) {
        if done {
            self.did.0.insert(what);
        }
    }
}

/// A plan that no script has.
pub(crate) fn some_plan() -> NoticeIn {
    marked(Change { kind: NoticeKind::Operation, number: NUMBERS, north: 13, east: 17, late_us: 11 }, SECRET)
}
