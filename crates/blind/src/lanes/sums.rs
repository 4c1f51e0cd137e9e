//! Sums of many points, each by a weight of at most 128 bits: Pippenger's buckets, a bucket to a lane. Points and weights are public,
//! so what is done here depends on them.
//!
//! Weights are cut into signed digits. A bucket takes the points that have one digit at one place; buckets are dealt to lanes
//! in the order of how many points they take, so that the lanes of a vector have about as much to do. Then the buckets of a
//! place are put together, a place to a lane, and the places at the end, a list to a lane.

use super::Coordinates;
use super::field::{Each, Field, LANES_MAX, ZERO};
use super::multiply::doubled;
use super::point::{Cached, Parts, Point};

/// How weights are cut: bits of a digit, places, and buckets of a place, one for each magnitude.
#[derive(Clone, Copy)]
struct Cut {
    bits: u32,
    places: usize,
    buckets: usize,
}

impl Cut {
    /// The cheapest for so many points and weights of so many bits: more bits of a digit are fewer places but more buckets.
    const fn of(points: usize, weight_bits: u32) -> Self {
        let bits = match points {
            0..=31 => 4,
            32..=127 => 5,
            128..=511 => 6,
            _ => 7,
        };
        // The last place has two bits less than a digit at the most, so that what is carried into it has room.
        Self { bits, places: ((weight_bits + 1) / bits) as usize + 1, buckets: 1 << (bits - 1) }
    }
}

/// The buckets of a list: which points each takes, one bucket after the other. A point is its number, twice, and one more where
/// it is taken away.
struct Buckets {
    /// Where each bucket begins; and where the last ends.
    begins: Vec<u32>,
    points: Vec<u32>,
}

impl Buckets {
    fn new(cut: Cut, weights: &[u128]) -> Self {
        let mut taken = Vec::with_capacity(weights.len() * cut.places);
        let mut begins = vec![0; cut.places * cut.buckets + 1];
        for (number, weight) in weights.iter().enumerate() {
            let (mut rest, mut over) = (*weight, 0);
            for first in (0..cut.places).map(|place| place * cut.buckets) {
                let value = (rest as u32 & ((1 << cut.bits) - 1)) + over;
                rest >>= cut.bits;
                over = u32::from(value >= 1 << (cut.bits - 1));
                let digit = value.cast_signed() - (over << cut.bits).cast_signed();
                if digit != 0 {
                    let bucket = first as u32 + digit.unsigned_abs() - 1;
                    begins[bucket as usize + 1] += 1;
                    taken.push((bucket, 2 * number as u32 + u32::from(digit < 0)));
                }
            }
        }
        for bucket in 1..begins.len() {
            begins[bucket] += begins[bucket - 1];
        }
        let (mut next, mut points) = (begins.clone(), vec![0; taken.len()]);
        for (bucket, point) in taken {
            let next = &mut next[bucket as usize];
            points[*next as usize] = point;
            *next += 1;
        }
        Self { begins, points }
    }

    fn of(&self, bucket: usize) -> &[u32] {
        &self.points[self.begins[bucket] as usize..self.begins[bucket + 1] as usize]
    }

    /// All, those that take most first: by counting, as sizes are small.
    fn by_size(&self) -> Vec<u32> {
        let sizes = || self.begins.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
        let mut next = vec![0; sizes().max().unwrap_or(0) + 1];
        sizes().for_each(|size| next[size] += 1);
        let mut before = 0;
        for next in next.iter_mut().rev() {
            before += core::mem::replace(next, before);
        }
        let mut order = vec![0; self.begins.len() - 1];
        for (bucket, size) in (0..).zip(sizes()) {
            order[next[size]] = bucket;
            next[size] += 1;
        }
        order
    }
}

/// The weighed sum of each list, in the lane of its number; there are at most as many lists as lanes.
#[inline(always)]
pub(super) fn summed<F: Field>(f: F, lists: &[(&[u128], &[Coordinates])]) -> Point<F> {
    let points = lists.iter().map(|(weights, _)| weights.len()).max().unwrap_or(0);
    let greatest = lists.iter().flat_map(|(weights, _)| *weights).max().copied().unwrap_or(0);
    let cut = Cut::of(points, u128::BITS - greatest.leading_zeros());
    let places = of_places(f, cut, &filled(f, cut, lists), lists.len() * cut.places);
    let neutral = neutral(f);
    let mut total = Point::identity(f).add(f, &Cached::identity(f), None);
    for place in (0..cut.places).rev() {
        let mut each: Each<&F::Row> = [&neutral; LANES_MAX];
        for (list, each) in each.iter_mut().enumerate().take(lists.len()) {
            *each = &places[list * cut.places + place];
        }
        total = doubled(f, &total, cut.bits).point(f).add(f, &Point::of_rows(f, &each).cached(f), None);
    }
    total.point(f)
}

/// The sum of the points of each bucket of each list.
#[inline(always)]
fn filled<F: Field>(f: F, cut: Cut, lists: &[(&[u128], &[Coordinates])]) -> Vec<F::Row> {
    let mut filled = Vec::with_capacity(lists.len() * cut.places * cut.buckets);
    let mut dealt: Option<(&[u128], Buckets, Vec<u32>)> = None;
    for (weights, points) in lists {
        // Lists that are weighed alike have the same buckets.
        drop(dealt.take_if(|(known, ..)| !core::ptr::eq(*known, *weights)));
        let (_, buckets, order) = dealt.get_or_insert_with(|| {
            let buckets = Buckets::new(cut, weights);
            let order = buckets.by_size();
            (weights, buckets, order)
        });
        fill(f, (buckets, order), &ready(f, points), &mut filled);
    }
    filled
}

/// The neutral element.
#[inline(always)]
fn neutral<F: Field>(f: F) -> F::Row {
    Point::identity(f).rows(f)[0]
}

/// Points to be added.
#[inline(always)]
fn ready<F: Field>(f: F, list: &[Coordinates]) -> Vec<F::Triple> {
    let mut points = Vec::with_capacity(list.len());
    for chunk in list.chunks(F::LANES) {
        let mut lanes = [[ZERO; LANES_MAX]; 2];
        for (lane, point) in chunk.iter().enumerate() {
            lanes.iter_mut().zip(point).for_each(|(lanes, value)| lanes[lane] = *value);
        }
        points.extend_from_slice(&Parts::set(f, &lanes).triples(f)[..chunk.len()]);
    }
    points
}

/// The sum of the points of each bucket, after those of the lists before.
#[inline(always)]
fn fill<F: Field>(f: F, (buckets, order): (&Buckets, &[u32]), points: &[F::Triple], filled: &mut Vec<F::Row>) {
    let nothing = Parts::identity(f).triples(f)[0];
    let start = filled.len();
    filled.resize(start + order.len(), neutral(f));
    for group in order.chunks(F::LANES) {
        let mut taken: Each<&[u32]> = [&[]; LANES_MAX];
        taken.iter_mut().zip(group).for_each(|(taken, bucket)| *taken = buckets.of(*bucket as usize));
        let mut sum = Point::identity(f);
        for step in 0..taken[0].len() {
            let (mut each, mut negative) = ([&nothing; LANES_MAX], 0);
            for (lane, (each, taken)) in each.iter_mut().zip(&taken).enumerate() {
                if let Some(point) = taken.get(step) {
                    *each = &points[(point / 2) as usize];
                    negative |= ((point % 2) as u8) << lane;
                }
            }
            sum = sum.add_affine(f, &Parts::of_triples(f, &each), Some(f.mask(negative))).point(f);
        }
        for (bucket, row) in group.iter().zip(sum.rows(f)) {
            filled[start + *bucket as usize] = row;
        }
    }
}

/// The buckets of each place, each times its magnitude, together: from the greatest down, a sum of sums.
#[inline(always)]
fn of_places<F: Field>(f: F, cut: Cut, filled: &[F::Row], places: usize) -> Vec<F::Row> {
    let neutral = neutral(f);
    let mut sums = Vec::with_capacity(places);
    for first in (0..places).step_by(F::LANES) {
        let count = F::LANES.min(places - first);
        let (mut running, mut sum) = (Point::identity(f), Point::identity(f));
        for bucket in (0..cut.buckets).rev() {
            let mut each: Each<&F::Row> = [&neutral; LANES_MAX];
            for (lane, each) in each.iter_mut().enumerate().take(count) {
                *each = &filled[(first + lane) * cut.buckets + bucket];
            }
            running = running.add(f, &Point::of_rows(f, &each).cached(f), None).point(f);
            sum = sum.add(f, &running.cached(f), None).point(f);
        }
        sums.extend_from_slice(&sum.rows(f)[..count]);
    }
    sums
}
