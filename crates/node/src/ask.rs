//! What else is asked of a plan before it is stated, or of a notice before it is replaced; and how full a region is.
//!
//! Every answer is worked out within a bound, so that nothing waits long for it. What would take more is not answered
//! ([`CutShort`]), or made bit by bit ([`Density`]).

use detente_space::CutShort;
use detente_space::ask::{self, Cell, Changed, Nearest, Picture, Raster};
use detente_types::notice::Precision;
use detente_types::{AltitudeBand, Metres, NoticeId, NoticeKind, StatementRef, Volume, Window};

use crate::joint::Beside;
use crate::line::Line;

/// Pairs of volumes that one question may have tested.
const WORK: usize = 8_192;
/// Blocks of cells that one bit of a picture holds outlines against.
const PICTURE_WORK: usize = 1_024;
/// How far the nearest activity is looked for, metres: as far as the largest separation of terms.
const NEAREST_M: i64 = detente_types::terms::SEPARATION_M_MAX as i64;

/// The nearest live notices to a plan, at its altitudes and times, each with its margin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    /// The other side's, as disclosed.
    pub theirs: Option<Nearest<StatementRef>>,
    /// Our own, as disclosed, but for the one that the plan is a version of.
    pub ours: Option<Nearest<StatementRef>>,
}

/// How full a region is, by what both sides have disclosed: made bit by bit.
#[derive(Clone, Debug)]
pub struct Density {
    ours: Picture<StatementRef>,
    theirs: Picture<StatementRef>,
}

impl Density {
    /// An empty one.
    pub fn new(raster: Raster, window: Window) -> Self {
        Self { ours: Picture::new(raster, window), theirs: Picture::new(raster, window) }
    }

    /// What each cell holds of ours and of theirs; row by row from the south, each from the west.
    pub fn cells(&self) -> impl Iterator<Item = (Cell, Cell)> {
        self.ours.cells().iter().copied().zip(self.theirs.cells().iter().copied())
    }
}

impl Line {
    /// The nearest activity of either side, among what is within the terms' separation in altitude and time, up to 200 km away.
    ///
    /// # Errors
    /// [`CutShort`] when too much is live round it.
    pub fn nearest(&self, kind: NoticeKind, volumes: &[Volume], instead_of: Option<&NoticeId>) -> Result<Near, CutShort> {
        let own = instead_of.and_then(|id| self.current(self.us(), id));
        let aside = |at: &StatementRef| Some(*at) == own;
        let nearest = |party, aside: &dyn Fn(&StatementRef) -> bool| {
            let question = self.joint.question(kind, volumes, self.joint.index(party), aside);
            let gates = detente_space::Separation { horizontal: Metres::new(NEAREST_M), ..question.separation };
            ask::nearest(&question, &gates, WORK)
        };
        Ok(Near { theirs: nearest(self.them(), &|_| false)?, ours: nearest(self.us(), &aside)? })
    }

    /// The largest band within another in which nothing that they disclosed, and nothing of ours, whatever of it is let out,
    /// would be in the way of a plan. For our own eyes.
    ///
    /// # Errors
    /// [`CutShort`] when too much is live round it.
    pub fn free_band(
        &self,
        kind: NoticeKind,
        volumes: &[Volume],
        instead_of: Option<NoticeId>,
        within: AltitudeBand,
    ) -> Result<Option<AltitudeBand>, CutShort> {
        let plan = self.joint.planned(kind, volumes, Precision::Exact, instead_of).ok_or(CutShort)?;
        self.joint.among_all(&plan, &Beside::default(), |crowds| ask::free_band(crowds, within, WORK))
    }

    /// The largest window within another in which nothing would be in the way, likewise.
    ///
    /// # Errors
    /// [`CutShort`] when too much is live round it.
    pub fn free_window(
        &self,
        kind: NoticeKind,
        volumes: &[Volume],
        instead_of: Option<NoticeId>,
        within: Window,
    ) -> Result<Option<Window>, CutShort> {
        let plan = self.joint.planned(kind, volumes, Precision::Exact, instead_of).ok_or(CutShort)?;
        self.joint.among_all(&plan, &Beside::default(), |crowds| ask::free_window(crowds, within, WORK))
    }

    /// Which of the other side's notices a next version of a live notice of ours would meet anew, still or no more, as it would
    /// be told; `None` when the notice is not live, or cannot be told like that.
    ///
    /// # Errors
    /// [`CutShort`] when too much is live round either.
    pub fn changes(&self, id: &NoticeId, volumes: &[Volume]) -> Result<Option<Vec<Changed<StatementRef>>>, CutShort> {
        let before = self.current(self.us(), id).and_then(|at| self.joint.moved(&at));
        let Some(before) = before else {
            return Ok(None);
        };
        let Some(after) = self.joint.planned(before.kind, volumes, before.precision, Some(*id)) else {
            return Ok(None);
        };
        let peer = self.joint.index(self.them());
        let [before, after] = [&before, &after].map(|form| self.joint.question(form.kind, &form.told, peer, &|_| false));
        ask::changes(&before, &after, WORK).map(Some)
    }

    /// Goes on with a picture for a bit; whether nothing is left to do.
    pub fn draw(&self, density: &mut Density) -> bool {
        let Density { ours, theirs } = density;
        // One side after the other, so that a bit is one bound.
        if !theirs.is_done() {
            theirs.go_on(self.joint.index(self.them()), PICTURE_WORK);
            return false;
        }
        ours.is_done() || ours.go_on(self.joint.index(self.us()), PICTURE_WORK)
    }
}
