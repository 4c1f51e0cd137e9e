//! Officers: what they put in, drawn from the seed and from what their own node shows them.

use detente_node::{Command, Line};
use detente_testkit::notices::text;
use detente_types::statement::{AnswerIn, ChangeIn, Kind};
use detente_types::terms::{LAW_1, LAW_2};
use detente_types::{NoticeId, NoticeIn, NoticeKind, Release, StatementRef, TermsIn, Timestamp};

use crate::dice::Dice;
use crate::invariant::markers::{Markers, NAME_FIRST};
use crate::plans::{drawn_detail, drawn_volumes};

/// What officers of one seat have in mind on one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Officer {
    plans: Vec<Plan>,
    read: std::collections::BTreeSet<StatementRef>,
    names: u64,
}

/// A plan of theirs, and what the other side was told of it last.
#[derive(Clone, Copy, Debug)]
struct Plan {
    id: NoticeId,
    kind: NoticeKind,
    told: bool,
}

/// What an officer does.
#[derive(Clone, Copy, Debug)]
enum Action {
    New,
    Update,
    Cancel,
    Read,
    Listed,
    Passed,
    Offer,
    Accept,
    Reject,
    Withdraw,
    Safety,
    Act,
    Check,
    Propose,
    Agree,
}

/// How often, against each other.
const ACTIONS: [(u32, Action); 15] = [
    (280, Action::New),
    (130, Action::Update),
    (50, Action::Cancel),
    (140, Action::Read),
    (40, Action::Listed),
    (40, Action::Passed),
    (90, Action::Offer),
    (60, Action::Accept),
    (20, Action::Reject),
    (30, Action::Withdraw),
    (30, Action::Safety),
    (70, Action::Act),
    (50, Action::Check),
    (6, Action::Propose),
    (20, Action::Agree),
];

/// Kinds that are acted on, but SAFETY, which has an action of its own.
const KINDS: [NoticeKind; 7] = [
    NoticeKind::Operation,
    NoticeKind::Airspace,
    NoticeKind::Site,
    NoticeKind::Movement,
    NoticeKind::Exercise,
    NoticeKind::Hazard,
    NoticeKind::Text,
];

const RELEASES: [(u32, Release); 5] =
    [(50, Release::Exact), (15, Release::Km1), (15, Release::Km10), (8, Release::BlindOnly), (12, Release::Hold)];

/// What an officer knows beside the line itself.
pub(crate) struct Desk<'a> {
    /// By the node's clock.
    pub(crate) now: Timestamp,
    pub(crate) seat: usize,
    pub(crate) line: &'a Line,
    /// SAFETY notices that ring and are not answered.
    pub(crate) ringing: Vec<StatementRef>,
    pub(crate) markers: &'a mut Markers,
    /// Notices put in so far, by everybody.
    pub(crate) inputs: &'a mut u64,
}

impl Officer {
    /// The next thing that an officer asks for, if the line shows anything to do it with.
    pub(crate) fn act(&mut self, dice: &mut Dice, desk: &mut Desk<'_>) -> Option<Command> {
        let about = |of: &StatementRef| *of;
        match dice.weighted(&ACTIONS) {
            Action::New => Some(self.announce(dice, desk)),
            Action::Update => self.update(dice, desk),
            Action::Cancel => self.cancel(dice),
            Action::Read => self.unread(desk).map(Command::Read),
            Action::Listed => theirs(dice, desk).map(|of| Command::Listed {
                of,
                number: "12/26".into(),
                read_back: "60°03′N 026°59′E, on Gogland".into(),
            }),
            Action::Passed => theirs(dice, desk).map(Command::Passed),
            Action::Offer => offer(dice, desk),
            Action::Accept => answer(dice, desk, Kind::Accept),
            Action::Reject => answer(dice, desk, Kind::Reject),
            Action::Withdraw => answer(dice, desk, Kind::Withdraw),
            Action::Safety => Some(self.alarm(dice, desk)),
            Action::Act => dice.pick(&desk.ringing).map(about).map(|of| Command::SafetyAction {
                of,
                action: text("en", "Firing has stopped."),
                by: dice.chance(200).then(|| desk.now.plus_seconds(dice.between(30, 600))),
            }),
            Action::Check => Some(Command::Check(dice.chance(500).then(|| text("en", "How do you hear me?")))),
            Action::Propose => Some(Command::ProposeTerms(next_terms(dice, desk))),
            Action::Agree => desk
                .line
                .proposed_terms()
                .iter()
                .map(|(at, _)| *at)
                .find(|at| at.author == desk.line.them())
                .map(Command::AcceptTerms),
        }
    }

    /// A plan that was accepted goes on living.
    fn announce(&mut self, dice: &mut Dice, desk: &mut Desk<'_>) -> Command {
        self.names += 1;
        let mut bytes = [0; 16];
        (bytes[0], bytes[1]) = (NAME_FIRST, desk.seat as u8);
        bytes[2..10].copy_from_slice(&dice.below(u64::MAX).to_be_bytes());
        bytes[10..].copy_from_slice(&self.names.to_be_bytes()[2..]);
        let kind = KINDS[dice.below(KINDS.len() as u64) as usize];
        let plan = Plan { id: NoticeId::new(bytes), kind, told: false };
        self.plans.push(plan);
        let at = self.plans.len() - 1;
        self.state(at, dice, desk)
    }

    fn update(&mut self, dice: &mut Dice, desk: &mut Desk<'_>) -> Option<Command> {
        if self.plans.is_empty() {
            return None;
        }
        let at = dice.below(self.plans.len() as u64) as usize;
        Some(self.state(at, dice, desk))
    }

    /// States a plan, or a new version of it.
    fn state(&mut self, at: usize, dice: &mut Dice, desk: &mut Desk<'_>) -> Command {
        let plan = self.plans[at];
        let release = dice.weighted(&RELEASES);
        let needed = (plan.kind == NoticeKind::Text).then_some(10);
        let mut reveal: Vec<u8> =
            if dice.chance(250) { vec![*dice.pick(&[9, 10, 12, 13]).expect("not empty")] } else { Vec::new() };
        reveal.extend(needed);
        let notice = drawn_notice(plan, release, dice, desk);
        self.plans[at].told |= release.precision().is_some();
        mark_disclosure(&notice, release, &reveal, self.plans[at].told, desk);
        Command::Notify { notice, release, reveal }
    }

    fn cancel(&mut self, dice: &mut Dice) -> Option<Command> {
        let told: Vec<usize> = (0..self.plans.len()).filter(|i| self.plans[*i].told).collect();
        let at = *dice.pick(&told)?;
        let plan = self.plans.swap_remove(at);
        Some(Command::Cancel { id: plan.id, reason: Some(text("en", "Called off: fog.")) })
    }

    fn alarm(&mut self, dice: &mut Dice, desk: &mut Desk<'_>) -> Command {
        let command = self.announce(dice, desk);
        let Command::Notify { notice, .. } = command else { return command };
        let plan = self.plans.pop().expect("just announced");
        let plan = Plan { kind: NoticeKind::Safety, ..plan };
        let mut notice = NoticeIn { id: notice.id, ..drawn_notice(plan, Release::Exact, dice, desk) };
        notice.precedence = detente_types::Precedence::Safety.code();
        mark_disclosure(&notice, Release::Exact, &[], true, desk);
        Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }
    }

    fn unread(&mut self, desk: &Desk<'_>) -> Option<StatementRef> {
        let them = desk.line.them();
        let fresh = desk.line.notices().map(|notice| notice.at).find(|at| at.author == them && !self.read.contains(at))?;
        self.read.insert(fresh);
        Some(fresh)
    }
}

fn drawn_notice(plan: Plan, release: Release, dice: &mut Dice, desk: &mut Desk<'_>) -> NoticeIn {
    *desk.inputs += 1;
    let input = *desk.inputs;
    let fixture = detente_testkit::notice(plan.kind);
    let volumes = if fixture.volumes.is_empty() { Vec::new() } else { drawn_volumes(plan.kind, release, desk, dice) };
    let from = volumes.iter().map(|v| v.start_us).min().unwrap_or(desk.now.micros());
    let until = volumes.iter().map(|v| v.end_us).max().unwrap_or(desk.now.plus_seconds(6 * 3_600).micros());
    NoticeIn {
        id: plan.id,
        valid_from_us: from.min(desk.now.micros()),
        valid_until_us: until,
        volumes,
        title: Some(Markers::text(input, 9)),
        text: Some(text("en", &Markers::text(input, 10))),
        translation: dice.chance(300).then(|| text("ru", &Markers::text(input, 11))),
        call_sign: dice.chance(300).then(|| Markers::text(input, 12)),
        contact: dice.chance(600).then(|| Markers::text(input, 13)),
        detail: drawn_detail(plan.kind, input, fixture.detail),
        ..fixture
    }
}

/// Tells the searchers what may be audible of it from now on.
fn mark_disclosure(notice: &NoticeIn, release: Release, reveal: &[u8], told: bool, desk: &mut Desk<'_>) {
    let input = *desk.inputs;
    match release {
        Release::Exact => (9..16).for_each(|slot| desk.markers.release(input, slot)),
        _ => desk.markers.keep_shape(input, &notice.volumes),
    }
    if release.precision().is_some() {
        reveal.iter().for_each(|slot| desk.markers.release(input, *slot));
    }
    desk.markers.keep_name(&notice.id, !told);
}

fn theirs(dice: &mut Dice, desk: &Desk<'_>) -> Option<StatementRef> {
    let them = desk.line.them();
    let all: Vec<StatementRef> = desk.line.notices().map(|notice| notice.at).filter(|at| at.author == them).collect();
    dice.pick(&all).copied()
}

fn offer(dice: &mut Dice, desk: &Desk<'_>) -> Option<Command> {
    let conflicts: Vec<_> = desk.line.conflict_pairs().map(|(id, _)| id).collect();
    let conflict = *dice.pick(&conflicts)?;
    let change = match dice.below(10) {
        0 => ChangeIn { cancel: Some(true), ..ChangeIn::default() },
        1..=4 => ChangeIn { climb_cm: Some(dice.between(1, 3_000) * 100), ..ChangeIn::default() },
        _ => ChangeIn { shift_us: Some(dice.between(1, 120) * 60_000_000), ..ChangeIn::default() },
    };
    let lapses = dice.chance(300).then(|| desk.now.plus_seconds(1_800));
    Some(Command::Offer { conflict, ours: dice.chance(500), change, lapses, text: Some(text("en", "Would this do?")) })
}

/// An answer to an offer that is on the table, as this node sees it: the other side may have moved on by then.
fn answer(dice: &mut Dice, desk: &Desk<'_>, kind: Kind) -> Option<Command> {
    let own = kind == Kind::Withdraw;
    let them = desk.line.them();
    let pairs = desk.line.conflict_pairs().map(|(_, statements)| statements);
    let offers: Vec<StatementRef> = pairs
        .flat_map(|pair| desk.line.table().offers(&pair))
        .map(|view| view.offer.reference)
        .filter(|at| (at.author == them) != own)
        .collect();
    let offer = *dice.pick(&offers)?;
    Some(Command::Answer(AnswerIn { kind: kind.code(), offer, text: None, desk: None, officer: None }))
}

fn next_terms(dice: &mut Dice, desk: &Desk<'_>) -> TermsIn {
    let mut terms = desk.line.terms().input().clone();
    terms.version += 1;
    terms.separation.horizontal_m = dice.between(1_000, 12_000) as u32;
    terms.separation.time_s = dice.between(0, 900) as u32;
    // A smaller area makes some plans unusable from then on: both sides must agree from which statement on.
    let west = if dice.chance(500) { 220_000_000 } else { dice.between(236_000_000, 245_000_000) };
    for corner in terms.area.corners_e7.iter_mut().filter(|corner| corner[1] < 250_000_000) {
        corner[1] = west;
    }
    // So does the first law, of plans over another datum.
    if terms.altitude.terrain_min_m.is_some() {
        terms.law = if dice.chance(250) { LAW_1 } else { LAW_2 }.into();
    }
    terms
}
