//! The kinds of fault, and which of them a seed has.

use crate::dice::Dice;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A frame is lost.
    Loss,
    /// A frame comes twice.
    Duplicate,
    /// A frame comes so late that others overtake it.
    Reorder,
    /// Bits of a frame flip, or its end is cut off.
    Corrupt,
    /// A frame of an earlier session is delivered in a later one.
    Late,
    /// One direction of a bearer delivers nothing for a while.
    OneWay,
    /// Nothing is delivered for a while, and nobody is told.
    Silence,
    /// Bearers go and cannot be had for a while.
    Partition,
    /// A bearer is gone and can be had again at once.
    Reconnect,
    /// A process ends while a batch is on its way: the batch is lost.
    CrashLost,
    /// A process ends while a batch is on its way: the batch is on the disk all the same.
    CrashSaved,
    /// A process ends again while it recovers.
    CrashAgain,
    /// A process ends and its peer's bearer does not notice.
    HalfOpen,
    /// A machine is restored from an older snapshot of its disk.
    Restore,
    /// A disk is full for a while.
    DiskFull,
    /// A disk fails; the process is started again.
    DiskFailed,
    /// A disk takes seconds for a batch.
    DiskSlow,
    /// Clocks are off and drift.
    Skew,
    /// A clock is set.
    Jump,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Loss,
        Self::Duplicate,
        Self::Reorder,
        Self::Corrupt,
        Self::Late,
        Self::OneWay,
        Self::Silence,
        Self::Partition,
        Self::Reconnect,
        Self::CrashLost,
        Self::CrashSaved,
        Self::CrashAgain,
        Self::HalfOpen,
        Self::Restore,
        Self::DiskFull,
        Self::DiskFailed,
        Self::DiskSlow,
        Self::Skew,
        Self::Jump,
    ];

    /// As reports name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Corrupt => "corrupt",
            Self::Late => "late",
            Self::OneWay => "one-way",
            Self::Silence => "silence",
            Self::Partition => "partition",
            Self::Reconnect => "reconnect",
            Self::CrashLost => "crash-lost",
            Self::CrashSaved => "crash-saved",
            Self::CrashAgain => "crash-again",
            Self::HalfOpen => "half-open",
            Self::Restore => "restore",
            Self::DiskFull => "disk-full",
            Self::DiskFailed => "disk-failed",
            Self::DiskSlow => "disk-slow",
            Self::Skew => "skew",
            Self::Jump => "jump",
        }
    }

    /// By that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    /// Mean time between two of them on one node or one line, µs; `None` for those that are rates or states.
    pub(crate) const fn every_us(self) -> Option<i64> {
        const MINUTE_US: i64 = 60_000_000;
        match self {
            Self::OneWay | Self::Silence | Self::Partition => Some(12 * MINUTE_US),
            Self::Reconnect => Some(5 * MINUTE_US),
            Self::CrashLost | Self::CrashSaved => Some(22 * MINUTE_US),
            Self::Restore => Some(40 * MINUTE_US),
            Self::DiskFull => Some(20 * MINUTE_US),
            Self::DiskFailed => Some(50 * MINUTE_US),
            Self::DiskSlow => Some(4 * MINUTE_US),
            Self::Jump => Some(15 * MINUTE_US),
            _ => None,
        }
    }

    /// Whether it befalls a node; otherwise a line.
    pub(crate) const fn is_of_node(self) -> bool {
        matches!(
            self,
            Self::CrashLost | Self::CrashSaved | Self::Restore | Self::DiskFull | Self::DiskFailed | Self::DiskSlow | Self::Jump
        )
    }
}

/// Kinds of fault that a run is told to leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Without(u32);

impl Without {
    /// These, and one more.
    #[must_use]
    pub const fn and(self, fault: Fault) -> Self {
        Self(self.0 | (1 << fault as u32))
    }

    /// All of them, in the order of [`Fault::ALL`].
    pub fn faults(self) -> impl Iterator<Item = Fault> {
        Fault::ALL.into_iter().filter(move |fault| self.0 & (1 << *fault as u32) != 0)
    }
}

/// Which faults a seed has, and how strong those are that have a rate.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    active: Vec<Fault>,
    /// In a thousand frames.
    pub(crate) loss: u32,
    pub(crate) duplicate: u32,
    pub(crate) reorder: u32,
    pub(crate) corrupt: u32,
    pub(crate) late: u32,
    /// Of a bearer, one way, µs.
    pub(crate) delay_us: (i64, i64),
    /// Of a batch, µs.
    pub(crate) disk_us: (i64, i64),
}

/// So many kinds are active in every seed.
const ACTIVE_MIN: usize = 7;

impl Faults {
    /// A mix of its own for each seed: a fault that is always there hides what happens without it.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let mut active: Vec<Fault> = Fault::ALL.into_iter().filter(|_| dice.chance(550)).collect();
        while active.len() < ACTIVE_MIN {
            let fault = Fault::ALL[dice.below(Fault::ALL.len() as u64) as usize];
            if !active.contains(&fault) {
                active.push(fault);
            }
        }
        let mut rate = |fault: Fault, most: i64| if active.contains(&fault) { dice.between(5, most) as u32 } else { 0 };
        let (loss, duplicate, reorder) = (rate(Fault::Loss, 200), rate(Fault::Duplicate, 300), rate(Fault::Reorder, 200));
        let (corrupt, late) = (rate(Fault::Corrupt, 100), rate(Fault::Late, 500));
        let near = dice.between(50, 80_000);
        let disk = dice.between(80, 4_000);
        Self {
            loss,
            duplicate,
            reorder,
            corrupt,
            late,
            delay_us: (near, near + dice.between(0, near)),
            disk_us: (disk, disk * 4),
            active,
        }
    }

    /// No faults at all.
    pub(crate) const fn none() -> Self {
        Self {
            active: Vec::new(),
            loss: 0,
            duplicate: 0,
            reorder: 0,
            corrupt: 0,
            late: 0,
            delay_us: (100, 200),
            disk_us: (100, 200),
        }
    }

    /// Whether a fault is among them.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.active.contains(&fault)
    }

    /// Those that come by themselves, with their mean times.
    pub(crate) fn timed(&self) -> impl Iterator<Item = (Fault, i64)> + '_ {
        self.active.iter().filter_map(|fault| Some((*fault, fault.every_us()?)))
    }

    /// Takes one out, for a run that cannot have it.
    pub(crate) fn remove(&mut self, fault: Fault) {
        self.active.retain(|active| *active != fault);
        match fault {
            Fault::Loss => self.loss = 0,
            Fault::Duplicate => self.duplicate = 0,
            Fault::Reorder => self.reorder = 0,
            Fault::Corrupt => self.corrupt = 0,
            Fault::Late => self.late = 0,
            _ => {}
        }
    }

    /// Adds one, for a run that wants it.
    pub(crate) fn add(&mut self, fault: Fault) {
        if !self.active.contains(&fault) {
            self.active.push(fault);
        }
    }
}
