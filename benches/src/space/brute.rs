//! The reference: every box is compared with every query, as wide as the processor can; nothing to be built, nothing to
//! be wrong.

use anyhow::Result;

use super::Structure;
use super::exact::holds;
use super::set::{Bounds, Query, Set};

/// Boxes that are compared before the result is looked at.
const BLOCK: usize = 64;

/// All boxes, one row an axis and end.
pub struct Brute<'a> {
    set: &'a Set,
    count: usize,
    min: [Vec<i32>; 4],
    max: [Vec<i32>; 4],
    processor: pulp::Arch,
}

impl<'a> Brute<'a> {
    /// Holds the first so many volumes of the set.
    pub fn new(set: &'a Set, count: usize) -> Self {
        let padded = count.next_multiple_of(BLOCK);
        // What pads meets nothing: it begins after it ends.
        let row = |of: &dyn Fn(&Bounds) -> i32, pad: i32| {
            let mut row = Vec::with_capacity(padded);
            row.extend((0..count as u32).map(|id| of(set.bounds(id))));
            row.resize(padded, pad);
            row
        };
        let rows = |of: fn(&Bounds, usize) -> i32, pad: i32| [0, 1, 2, 3].map(|axis| row(&|bounds| of(bounds, axis), pad));
        let (min, max) = (rows(|b, axis| b.min[axis], i32::MAX), rows(|b, axis| b.max[axis], i32::MIN));
        Self { set, count, min, max, processor: pulp::Arch::new() }
    }

    /// The numbers of the boxes that meet this one.
    pub fn candidates(&self, reach: &Bounds, mut each: impl FnMut(u32)) {
        for begin in (0..self.count).step_by(BLOCK) {
            let mut met = [0u8; BLOCK];
            self.processor.dispatch(
                #[inline(always)]
                || self.compare(begin, reach, &mut met),
            );
            if met != [0; BLOCK] {
                (0..BLOCK).filter(|i| met[*i] != 0).for_each(|i| each((begin + i) as u32));
            }
        }
    }

    #[inline(always)]
    fn compare(&self, begin: usize, reach: &Bounds, met: &mut [u8; BLOCK]) {
        let [x0, y0, z0, t0] = [0, 1, 2, 3].map(|axis| &self.min[axis][begin..begin + BLOCK]);
        let [x1, y1, z1, t1] = [0, 1, 2, 3].map(|axis| &self.max[axis][begin..begin + BLOCK]);
        let Bounds { min, max } = *reach;
        for (i, met) in met.iter_mut().enumerate() {
            let plane = (x0[i] <= max[0]) & (x1[i] >= min[0]) & (y0[i] <= max[1]) & (y1[i] >= min[1]);
            let rest = (z0[i] <= max[2]) & (z1[i] >= min[2]) & (t0[i] <= max[3]) & (t1[i] >= min[3]);
            *met = u8::from(plane & rest);
        }
    }
}

impl Structure for Brute<'_> {
    fn name(&self) -> &str {
        "SIMD scan of all boxes"
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        self.candidates(&query.reach, |id| {
            if holds(self.set, id, query) {
                hits.push(id);
            }
        });
        Ok(())
    }
}
