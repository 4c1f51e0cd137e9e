//! What a run is told beside its seed.

use crate::dice::Dice;
use crate::fault::{Fault, Without};
use crate::liar::Lie;
use crate::planted::{Bug, PLANTINGS};

/// What to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Everything else is drawn from it.
    pub seed: u64,
    /// Two or three nodes; drawn when `None`: every fourth seed has three.
    pub nodes: Option<usize>,
    /// How the last node lies; it is honest when `None`.
    pub lie: Option<Lie>,
    /// A bug that is planted.
    pub plant: Option<Bug>,
    /// Whether a machine is restored, whatever the seed says.
    pub restore: bool,
    /// Whether the first law holds, whatever the seed says.
    pub first_law: bool,
    /// Kinds of fault that are left out.
    pub without: Without,
    /// Whether to tell every event on standard error.
    pub trace: bool,
}

impl Options {
    /// The usual run of a seed.
    pub fn of(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// The command that plays this again.
    pub fn again(&self) -> String {
        let nodes = self.nodes.map(|nodes| format!(" --nodes {nodes}"));
        let lie = self.lie.map(|lie| format!(" --liar {}", lie.name()));
        let plant = PLANTINGS.iter().find(|planting| Some(planting.bug) == self.plant);
        let plant = plant.map(|planting| format!(" --plant {}", planting.name));
        let restore = self.restore.then(|| " --restore".to_owned());
        let law = self.first_law.then(|| " --first-law".to_owned());
        let without: Vec<&str> = self.without.faults().map(Fault::name).collect();
        let without = (!without.is_empty()).then(|| format!(" --without {}", without.join(",")));
        let rest: String = [nodes, lie, plant, restore, law, without].into_iter().flatten().collect();
        format!("cargo xtask sim --seed {}{rest}", self.seed)
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.unwrap_or(if self.seed % 4 == 3 { 3 } else { 2 })
    }

    /// Whether law `conflict/2` holds: in three of four seeds, but not where the seeds that find a planted bug are known.
    pub(crate) fn has_second_law(&self) -> bool {
        !self.first_law && self.plant.is_none() && Dice::new(self.seed, "law", 0).chance(750)
    }

    /// Whether a machine is restored for sure.
    pub(crate) fn wants_restore(&self) -> bool {
        self.restore || self.lie.is_some_and(Lie::is_about_a_restore) || self.plant.is_some_and(Bug::wants_restore)
    }

    /// Whether a machine that is restored knows it: always beside a liar, and in a quarter of the seeds.
    pub(crate) fn marks_restores(&self) -> bool {
        self.lie.is_some() || self.plant.is_some_and(Bug::wants_mark) || matches!(self.seed % 16, 1 | 5 | 8 | 15)
    }

    /// Whether the terms have blind runs: in half of the seeds, but not beside a liar, nor where the seeds that find a planted bug or
    /// once failed are known.
    pub(crate) fn has_blind(&self) -> bool {
        let drawn = || self.plant.is_none() && Dice::new(self.seed, "blind", 0).chance(500);
        !self.first_law && self.lie.is_none() && (self.plant.is_some_and(Bug::wants_blind) || drawn())
    }

    /// Real signatures for one seed in twenty.
    pub(crate) const fn signs_for_real(&self) -> bool {
        self.seed % 20 == 7
    }
}
