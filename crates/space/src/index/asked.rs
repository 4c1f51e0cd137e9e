//! What an index is asked: a notice, a separation and a law.

use detente_types::conflict::Meeting;
use detente_types::notice::{Notice, NoticeKind};
use detente_types::volume::Volume;
use detente_wire::meaning::Valid;

use super::VOLUMES_MAX;
use super::bounds::{self, Bounds};
use super::sought::Solids;
use crate::law::{Law, Separation};
use crate::outline::Prepared;

/// Which of the two volumes of a meeting the asked one is: [`Meeting::at`] lies on the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The asked volumes come first, those of the index second.
    First,
    /// The other way round.
    Second,
}

/// A notice to be asked for, with its outlines drawn once.
pub struct Asked<'a> {
    kind: NoticeKind,
    volumes: Vec<AskedVolume<'a>>,
    pub(super) separation: Separation,
    pub(super) law: Law,
    side: Side,
}

/// One of its volumes.
pub(super) struct AskedVolume<'a> {
    pub(super) prepared: Prepared<'a>,
    pub(super) solids: Solids,
    /// Grown by the separation.
    pub(super) bounds: Vec<Bounds>,
    /// How many chords it has at most.
    pub(super) chords: usize,
}

impl<'a> Asked<'a> {
    /// Asks what a notice meets under a law and a separation.
    pub fn new(notice: &'a Valid<Notice>, separation: Separation, law: Law, side: Side) -> Self {
        Self::of_volumes(notice.kind(), notice.volumes(), separation, law, side)
    }

    /// Asks what volumes meet that are no notice, as if they were one of a kind.
    pub fn of_volumes(kind: NoticeKind, volumes: &'a [Volume], separation: Separation, law: Law, side: Side) -> Self {
        assert!(volumes.len() <= VOLUMES_MAX, "whoever takes volumes in keeps to VOLUMES_MAX");
        let ask = |volume: &'a Volume| {
            let prepared = Prepared::new(volume);
            let boxes = match law {
                Law::One => bounds::of_whole_volume(volume, prepared.outline()),
                Law::Two(_) => bounds::of_volume(volume, prepared.outline()),
            };
            let bounds = boxes.iter().map(|bounds| bounds.grown(&separation)).collect();
            let chords = prepared.outline().chords_max();
            let solids = Solids::new(volume, prepared.outline(), &boxes);
            AskedVolume { prepared, solids, bounds, chords }
        };
        Self { kind, volumes: volumes.iter().map(ask).collect(), separation, law, side }
    }

    pub(super) fn volumes(&self) -> &[AskedVolume<'a>] {
        &self.volumes
    }

    /// The boxes that meet the boxes of everything that may meet a volume, where nothing filed moves longer than this,
    /// microseconds. What moves is filed edge by edge, each with its time: the first law takes it to be on all of them all
    /// that long.
    pub(super) fn boxes(&self, volume: &AskedVolume<'_>, longest_us: i64) -> Vec<Bounds> {
        match self.law {
            Law::One if longest_us > 0 => volume.bounds.iter().map(|bounds| bounds.longer(longest_us)).collect(),
            Law::One | Law::Two(_) => volume.bounds.clone(),
        }
    }

    /// Whether a filed volume with these boxes may meet one of the asked: there, and under a law that follows what moves, then.
    pub(super) fn is_near(&self, volume: &AskedVolume<'_>, filed: &[Bounds]) -> bool {
        match self.law {
            Law::One => volume.bounds.iter().any(|one| filed.iter().any(|other| one.meets_ever(other))),
            Law::Two(_) => bounds::meet(&volume.bounds, filed),
        }
    }

    /// Whether its volumes can meet those of a notice of some kind at all.
    pub(super) fn kinds_meet(&self, kind: NoticeKind) -> bool {
        self.law.kinds_meet(self.kind, kind)
    }

    /// How one of its volumes meets a volume of a notice of some kind.
    pub(super) fn meet(&self, asked: usize, kind: NoticeKind, found: &Prepared<'_>) -> Option<Meeting> {
        if !self.kinds_meet(kind) {
            return None;
        }
        let asked = &self.volumes[asked].prepared;
        match self.side {
            Side::First => self.law.meet_prepared(asked, found, &self.separation),
            Side::Second => self.law.meet_prepared(found, asked, &self.separation),
        }
    }

    /// Whether one of its volumes meets a volume of a notice of some kind: whether [`Self::meet`] finds how.
    pub(super) fn meets(&self, asked: usize, kind: NoticeKind, found: &Prepared<'_>) -> bool {
        let asked = &self.volumes[asked].prepared;
        self.kinds_meet(kind)
            && match self.side {
                Side::First => self.law.meets_prepared(asked, found, &self.separation),
                Side::Second => self.law.meets_prepared(found, asked, &self.separation),
            }
    }
}
