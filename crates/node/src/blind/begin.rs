//! How a run begins: what both sides derive alike, and what this side brings.

use std::sync::OnceLock;

use detente_blind::{Agreement, AuditorKey, Class, Digest, FRESH_BYTES, Mode, Role, Run, SEED_BYTES, Seed, Setup};
use detente_space::cells::Grid;
use detente_types::statement::{BlindReason, BlindRunIn};
use detente_types::terms::MatchingMode;
use detente_types::{LineId, Terms, Timestamp};
use detente_wire::certificate::terms_digest;
use detente_wire::codec;
use detente_wire::hash::domain;
use zeroize::Zeroizing;

use super::book::{BookBlindBegun, BookBlindPlan};
use super::found::Owners;
use super::live::{Begun, Live};
use super::set::{Matched, Stretch, plan_digest, plan_root};
use super::{Beginning, BlindNews, LIVE_MAX, ended};
use crate::book::BookEntry;
use crate::line::{Cx, Line};
use crate::out::Then;

/// What a run's messages are bound to: the line, the terms with their grid, and which run it is. Both sides derive it, and no
/// two runs of a line share it.
pub(crate) fn context_of(line: &LineId, terms: &Terms, run: &BlindRunIn) -> Digest {
    domain("detente/blind-context/1", &[line.as_bytes(), &terms_digest(terms.input()), &codec::encode(run)])
}

/// The link's stream of a run.
pub(crate) fn stream_of(context: &Digest) -> u64 {
    context.iter().take(8).fold(0, |stream, byte| stream << 8 | u64::from(*byte))
}

/// What both sides want of a run under terms; none for terms that this version cannot match under.
pub(crate) fn agreement(context: Digest, terms: &Terms) -> Option<(Agreement, Class)> {
    let matching = terms.matching();
    let mode = match matching.told()? {
        MatchingMode::Cells => Mode::Cells,
        MatchingMode::Count => Mode::Count,
    };
    let class = Class::new(u8::try_from(matching.class_log2).ok()?)?;
    let chunks_log2 = u8::try_from(matching.chunks_log2).ok()?;
    Some((Agreement { context, mode, verified: matching.verified, chunks_log2 }, class))
}

/// The auditor of terms, when they name one.
pub(crate) fn auditor_of(terms: &Terms) -> Option<AuditorKey> {
    let bytes = data_encoding_hex(&terms.input().auditor_key)?;
    AuditorKey::from_bytes(bytes)
}

fn data_encoding_hex(hex: &str) -> Option<[u8; 32]> {
    // A root is 32 bytes of hex, as a key is.
    detente_types::Root::parse(hex).map(|root| *root.as_bytes())
}

impl Line {
    pub(super) fn stream_of(&self, run: &BlindRunIn, _: Timestamp) -> u64 {
        stream_of(&context_of(&self.id, self.current_terms(), run))
    }

    /// Begins a run, unless it cannot be now. True when it is done with: begun, or ended at once. One that the other log has
    /// ended already ends without a hello, as if they left at it: who has stated an end can commit no more (DV-081). That is
    /// known before anything of ours is looked at, so it says nothing of our plans.
    pub(super) fn try_begin(&mut self, cx: &mut Cx<'_>, run: BlindRunIn, at: Timestamp) -> bool {
        if self.has_begun(&run) {
            return true;
        }
        if !self.may_begin(cx) {
            return false;
        }
        let begun = if self.has_left(&run) {
            Err(BlindReason::Left)
        } else if self.matching.live.len() < LIVE_MAX {
            let terms = self.current_terms().clone();
            self.begin(cx, run, at, &terms)
        } else {
            return false;
        };
        match begun {
            Ok(live) => {
                self.link.open_blind(live.stream());
                self.matching.live.insert(run, live);
                self.news(cx, BlindNews::Began(run));
            }
            Err(reason) => {
                self.note_begun(cx, run, terms_digest(self.current_terms().input()));
                self.owe_end(run, ended(run, reason));
                self.news(cx, BlindNews::Ended { run, step: 0, reason });
            }
        }
        true
    }

    /// Whether their log says how a run ended.
    fn has_left(&self, run: &BlindRunIn) -> bool {
        let side = usize::from(self.them() > self.us());
        self.matching.runs.runs.get(run).is_some_and(|record| record.ended[side].is_some())
    }

    fn begin(&mut self, cx: &mut Cx<'_>, run: BlindRunIn, at: Timestamp, terms: &Terms) -> Result<Live, BlindReason> {
        let context = context_of(&self.id, terms, &run);
        let (agreement, class) = agreement(context, terms).ok_or(BlindReason::Machine)?;
        let (grid, law) = Self::grid_of(terms).ok_or(BlindReason::Machine)?;
        let stretch = Stretch::of(at, terms);
        // Drawn before anything that depends on plans, so that what comes after draws the same whatever they are.
        let (seed, fresh) = draw(cx);
        let plans = self.matched(&grid, law, terms, stretch, class.size()).ok_or(BlindReason::Class)?;
        let root = plan_root(&seed.plans(&context), plans.iter().map(|plan| plan.bytes.as_slice()));
        let sealed = auditor_of(terms).map(|auditor| seed.seal(&auditor, &context, &fresh).to_vec());
        let cells = plans.iter().flat_map(|plan| plan.cells.iter().map(|cell| detente_blind::CellId(*cell.as_bytes()))).collect();
        let role = if self.us() < self.them() { Role::First } else { Role::Second };
        let setup = Setup { agreement, role, class, classes: class..=class, plan_root: root, cells, seed };
        let core = Run::new(setup).map_err(|_| BlindReason::Class)?;
        self.book_begun(cx, run, terms, context, sealed.clone(), root, &plans, stretch);
        let owners = Owners::of(plans.into_iter().map(|Matched { id, cells, .. }| (id, cells)));
        let until = Timestamp::from_micros(stretch.to_us);
        Ok(Live::new(Begun { run, core, context, sealed, owners, size: class.size(), now: cx.now, until }))
    }

    fn note_begun(&mut self, cx: &Cx<'_>, run: BlindRunIn, terms: Digest) {
        self.matching.begun.insert(run, Beginning { at: cx.now, terms });
    }

    #[expect(clippy::too_many_arguments, reason = "a row of the book has so many fields")]
    fn book_begun(
        &mut self,
        cx: &mut Cx<'_>,
        run: BlindRunIn,
        terms: &Terms,
        context: Digest,
        sealed: Option<Vec<u8>>,
        root: Digest,
        plans: &[Matched],
        stretch: Stretch,
    ) {
        let plans = plans.iter().map(|plan| BookBlindPlan { id: plan.id, digest: plan_digest(&plan.bytes).into() }).collect();
        let terms = terms_digest(terms.input());
        cx.book(&BookEntry::BlindBegun(BookBlindBegun {
            line: self.id,
            at_us: cx.now.micros(),
            run,
            context: context.into(),
            sealed: sealed.map(Into::into),
            plan_root: root.into(),
            plans,
            terms: terms.into(),
            from_us: stretch.from_us,
        }));
        self.note_begun(cx, run, terms);
        cx.out.then(Then::BlindBegun { line: self.id, run });
    }

    /// The book has it: now it may be heard of.
    pub(crate) fn blind_begun(&mut self, run: &BlindRunIn) {
        if let Some(live) = self.matching.live.get_mut(run) {
            live.booked();
        }
    }

    /// About how many cells of the grid a run looks at, whoever is in them.
    pub(super) fn domain(&self) -> u64 {
        *self.matching.domain.get_or_init(|| {
            let terms = self.current_terms();
            let ahead_us = i64::from(terms.matching().ahead_min) * 60_000_000;
            Grid::of_terms(terms).map_or(0, |grid| grid.cells_in(terms.area(), ahead_us))
        })
    }

    /// The terms changed: what a run looks at is counted anew.
    pub(crate) fn forget_domain(&mut self) {
        self.matching.domain = OnceLock::new();
    }
}

/// A fresh seed, and what sealing it draws.
fn draw(cx: &mut Cx<'_>) -> (Seed, Zeroizing<[u8; FRESH_BYTES]>) {
    let mut bytes = Zeroizing::new([0; SEED_BYTES]);
    cx.rng.fill_bytes(bytes.as_mut_slice());
    let mut fresh = Zeroizing::new([0; FRESH_BYTES]);
    cx.rng.fill_bytes(fresh.as_mut_slice());
    (Seed::new(*bytes), fresh)
}
