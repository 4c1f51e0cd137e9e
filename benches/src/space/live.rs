//! What happens while a live index is asked: inserts, deletes and expiry, drawn once and played to every structure.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use detente_testkit::rng;
use rand_core::Rng as _;

use super::set::Set;

/// The changes before one query.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// Volumes that come.
    pub insert: Vec<u32>,
    /// Volumes that are taken back.
    pub remove: Vec<u32>,
    /// At times, those that have ended go.
    pub expire: Option<Expiry>,
}

/// An expiry.
#[derive(Clone, Debug)]
pub struct Expiry {
    /// All that ended before this time (s) go.
    pub before: i32,
    /// Which those are.
    pub ended: Vec<u32>,
}

/// Volumes that come with each step, as long as they are not over; one is taken back with each, and one ends with each on average.
const INSERTED: usize = 2;
/// Steps from one expiry to the next.
const EXPIRY: usize = 64;

/// How many volumes so many steps bring beyond those that are there at the beginning.
pub const fn newcomers(steps: usize) -> usize {
    steps * INSERTED
}

/// Draws so many steps on the first `count` volumes of a set, which holds the [`newcomers`] behind them. The volumes never
/// become fewer than half of what they were.
pub fn draw(set: &Set, count: usize, steps: usize) -> Vec<Step> {
    let mut rng = rng(66);
    let mut days = Days { alive: vec![true; count], living: count, ends: BinaryHeap::new(), now: i32::MIN };
    days.ends.extend((0..count as u32).map(|id| ending(set, id)));
    (0..steps)
        .map(|step| {
            let insert = days.come(set);
            let enough = days.living > count / 2 + EXPIRY;
            let remove = if enough { vec![days.take(rng.next_u64() as usize)] } else { Vec::new() };
            let expire = ((step + 1) % EXPIRY == 0 && enough).then(|| days.expire());
            Step { insert, remove, expire }
        })
        .collect()
}

/// When a volume ends, to be the first out of a heap.
type Ending = Reverse<(i32, u32)>;

fn ending(set: &Set, id: u32) -> Ending {
    Reverse((set.bounds(id).max[3], id))
}

/// Which volumes there are while time goes on.
struct Days {
    alive: Vec<bool>,
    living: usize,
    /// Of all that are alive, and of some that no longer are.
    ends: BinaryHeap<Ending>,
    /// All that ended before this time (s) is gone.
    now: i32,
}

impl Days {
    /// The next volumes come, but nobody plans what is over.
    fn come(&mut self, set: &Set) -> Vec<u32> {
        let next = self.alive.len() as u32..(self.alive.len() + INSERTED) as u32;
        let come: Vec<u32> = next.filter(|id| set.bounds(*id).max[3] >= self.now).collect();
        self.alive.resize(self.alive.len() + INSERTED, false);
        come.iter().for_each(|id| self.alive[*id as usize] = true);
        self.ends.extend(come.iter().map(|id| ending(set, *id)));
        self.living += come.len();
        come
    }

    /// One is taken back: the first that is there from a drawn place on.
    fn take(&mut self, drawn: usize) -> u32 {
        let count = self.alive.len();
        let taken = (0..count).map(|i| (drawn + i) % count).find(|id| self.alive[*id]).expect("some are alive");
        self.alive[taken] = false;
        self.living -= 1;
        taken as u32
    }

    /// The next to end go, and all that end at the same second as the last of them.
    fn expire(&mut self) -> Expiry {
        let mut ended = Vec::new();
        while let Some(&Reverse((end, id))) = self.ends.peek() {
            if ended.len() >= EXPIRY && end >= self.now {
                break;
            }
            self.ends.pop();
            if std::mem::replace(&mut self.alive[id as usize], false) {
                self.now = end + 1;
                ended.push(id);
            }
        }
        self.living -= ended.len();
        Expiry { before: self.now, ended }
    }
}
