//! All pairs of a snapshot: every two solids that come within a margin of each other, each pair once.
//!
//! The map is cut into stripes of longitude. Within a stripe solids are sorted by their southern edge and swept
//! north, sixteen boxes at a time, chunk by chunk: a chunk and its records stay in the processor's nearest memory
//! while all that reach it are held against it. Most pairs are decided by a drawing of the larger one on a small
//! grid, the others exactly. A pair that shares several stripes is told by the one that holds the western
//! edge of what the two have in common. Stripes are independent: they can be done in any order, by any number of
//! threads, and the pairs are the same.

use core::cell::OnceCell;
use core::ops::Range;
use std::sync::Arc;

use super::bounds::{ALTITUDE, Box4, LAT, LON, TIME};
use super::growth::{bulge_m, depth_m, widened};
use super::lanes::{Block, Lanes, WIDTH};
use super::margin::Margin;
use super::plane::TURN;
use super::raster::Raster;
use super::run::Run;
use super::shape::{self, Record, Vertex};
use super::snapshot::Snapshot;
use super::subject::Subject;

/// Width of a stripe in 1e-7°: wide against most solids, narrow against where they crowd.
const STRIPE: i64 = 20_000_000;
const STRIPES: usize = (TURN / STRIPE) as usize;
/// Where the first stripe begins.
const WEST: i64 = -TURN / 2;

/// A solid of the snapshot.
#[derive(Clone, Copy, Debug)]
struct Member {
    /// Grown so that two within the margin meet.
    swept: Box4,
    run: u32,
    entry: u32,
}

/// A member in a stripe, moved by whole turns.
#[derive(Clone, Copy, Debug)]
struct Guest {
    member: u32,
    turns: i32,
}

/// All pairs, to be found part by part; see the module.
#[derive(Debug)]
pub struct Sweep {
    runs: Arc<Vec<Arc<Run>>>,
    lanes: Lanes,
    margin: Margin,
    members: Vec<Member>,
    /// The stripes' guests, one stripe after the other.
    guests: Vec<Guest>,
    /// Where each stripe's guests begin and end, and which stripe it is, the most crowded first.
    parts: Vec<(u32, u32, u32)>,
}

impl Snapshot {
    /// Prepares to find all pairs of solids within a margin of each other.
    pub fn sweep(&self, margin: &Margin) -> Sweep {
        let mut members = self.members(margin);
        let widest = self.runs.iter().flat_map(|run| &run.trees).any(|tree| tree.radius_cm > 0);
        if margin.horizontal_cm > 0 || widest {
            self.widen(&mut members, margin);
        }
        let mut starts = vec![0_u32; STRIPES + 1];
        let each = |f: &mut dyn FnMut(usize, Guest)| {
            for (number, member) in members.iter().enumerate() {
                stripes_of(&member.swept, |stripe, turns| f(stripe, Guest { member: number as u32, turns }));
            }
        };
        each(&mut |stripe, _| starts[stripe + 1] += 1);
        for stripe in 0..STRIPES {
            starts[stripe + 1] += starts[stripe];
        }
        let mut next = starts.clone();
        let mut guests = vec![Guest { member: 0, turns: 0 }; starts[STRIPES] as usize];
        each(&mut |stripe, guest| {
            guests[next[stripe] as usize] = guest;
            next[stripe] += 1;
        });
        let mut parts: Vec<(u32, u32, u32)> = (0..STRIPES).map(|s| (starts[s], starts[s + 1], s as u32)).collect();
        parts.retain(|(from, to, _)| to - from > 1);
        parts.sort_by_key(|&(from, to, stripe)| (core::cmp::Reverse(to - from), stripe));
        Sweep { runs: Arc::clone(&self.runs), lanes: self.lanes, margin: *margin, members, guests, parts }
    }

    /// All that counts; of altitude and time, two boxes meet where the gap is within the margin.
    fn members(&self, margin: &Margin) -> Vec<Member> {
        let mut members = Vec::with_capacity(self.runs.iter().map(|run| run.count as usize).sum());
        for (number, run) in self.runs.iter().enumerate() {
            for entry in run.entries().filter(|&entry| self.counts(run, entry)) {
                let mut swept = run.kept(entry);
                for (d, by) in [(ALTITUDE, margin.altitude_dm), (TIME, margin.time_s)] {
                    swept.max[d] = swept.max[d].saturating_add_unsigned(by);
                }
                members.push(Member { swept, run: number as u32, entry });
            }
        }
        members
    }

    /// Grows each member by its share of the distance within which it is to meet another.
    fn widen(&self, members: &mut [Member], margin: &Margin) {
        let margin_m = f64::from(margin.horizontal_cm) / 100.0;
        let share = |member: &Member| {
            let record = self.runs[member.run as usize].record(member.entry);
            margin_m / 2.0 + f64::from(record.shape.radius_cm) / 100.0 + bulge_m(record.bulge)
        };
        let depth = depth_m(2.0 * members.iter().map(share).fold(0.0, f64::max));
        for member in members {
            let by_m = share(member) + depth;
            let bounds = vertices_box(&self.runs[member.run as usize], member.entry);
            let grown = widened(&bounds, by_m);
            for d in [LON, LAT] {
                (member.swept.min[d], member.swept.max[d]) = (grown.min[d], grown.max[d]);
            }
        }
    }
}

/// The box of an entry without its radius.
fn vertices_box(run: &Run, entry: u32) -> Box4 {
    let (mut bounds, record) = (run.kept(entry), run.record(entry));
    if record.shape.radius_cm > 0 {
        for d in [LON, LAT] {
            let numbers = || record.shape.vertices.iter().map(|vertex| vertex[d]);
            (bounds.min[d], bounds.max[d]) = (numbers().min().unwrap_or(0), numbers().max().unwrap_or(0));
        }
    }
    bounds
}

/// Longitudes of a box, those of one that goes round the earth cut to one turn.
fn around(swept: &Box4) -> (i64, i64) {
    let (from, to) = (i64::from(swept.min[LON]), i64::from(swept.max[LON]));
    if to - from >= TURN { (WEST, WEST + TURN - 1) } else { (from, to) }
}

/// Calls `f` with each stripe that a box touches, and by how many turns it must be moved for that.
fn stripes_of(swept: &Box4, mut f: impl FnMut(usize, i32)) {
    let (from, to) = around(swept);
    for turns in -1..=1 {
        let shift = i64::from(turns) * TURN - WEST;
        let (from, to) = ((from + shift).max(0), (to + shift).min(TURN - 1));
        if from <= to {
            for stripe in from / STRIPE..=to / STRIPE {
                f(stripe as usize, turns);
            }
        }
    }
}

impl Sweep {
    /// How many parts there are, those with the most work first.
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Finds the pairs of one part, below [`parts`](Self::parts), and calls `f` with the identifiers of each.
    pub fn run(&self, part: usize, mut f: impl FnMut(u32, u32)) {
        let Some(&(from, to, stripe)) = self.parts.get(part) else {
            return;
        };
        let mut guests = self.guests[from as usize..to as usize].to_vec();
        guests.sort_unstable_by_key(|guest| (self.members[guest.member as usize].swept.min[LAT], guest.member, guest.turns));
        let mut blocks = vec![Block::EMPTY; guests.len().div_ceil(WIDTH)];
        for (place, guest) in guests.iter().enumerate() {
            blocks[place / WIDTH].set(place % WIDTH, &self.moved(*guest));
        }
        let stock = Stock::new(self, guests, blocks);
        Lane::new(self, &stock, WEST + i64::from(stripe) * STRIPE).pairs(&mut f);
    }

    /// Calls `f` with the identifiers of each pair, part by part.
    pub fn for_each(&self, mut f: impl FnMut(u32, u32)) {
        (0..self.parts()).for_each(|part| self.run(part, &mut f));
    }

    fn moved(&self, guest: Guest) -> Box4 {
        let mut moved = self.members[guest.member as usize].swept;
        let (from, to) = around(&moved);
        let shift = i64::from(guest.turns) * TURN;
        let clamp = |lon: i64| (lon + shift).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        (moved.min[LON], moved.max[LON]) = (clamp(from), clamp(to));
        moved
    }
}

/// What most pairs are decided by, without a look at the record.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// The first vertex, and one far from it.
    vertices: [Vertex; 2],
    /// The box of the vertices; nothing if it cannot be drawn: it has a radius, or is not of one piece, or lies by
    /// a turn of longitude in several places.
    range: [[i32; 2]; 2],
    /// Longitude and latitude together.
    size: u32,
    id: u32,
}

impl Look {
    fn is_plain(&self) -> bool {
        self.range[0][LON] <= self.range[1][LON]
    }
}

/// The guests of a stripe from south to north by their southern edges, and all that is looked at of them.
struct Stock {
    guests: Vec<Guest>,
    looks: Vec<Look>,
    blocks: Vec<Block>,
    /// Their records, copied, and where each begins.
    arena: Vec<Vertex>,
    offsets: Vec<u32>,
}

impl Stock {
    fn new(sweep: &Sweep, guests: Vec<Guest>, blocks: Vec<Block>) -> Self {
        let looks = guests.iter().map(|guest| sweep.look(*guest)).collect();
        let (mut arena, mut offsets) = (Vec::new(), Vec::with_capacity(guests.len()));
        for guest in &guests {
            let member = sweep.members[guest.member as usize];
            offsets.push(arena.len() as u32);
            arena.extend_from_slice(sweep.runs[member.run as usize].pairs(member.entry));
        }
        Self { guests, looks, blocks, arena, offsets }
    }

    fn record(&self, place: usize) -> Record<'_> {
        shape::read(&self.arena, self.offsets[place])
    }

    fn vertices(&self, place: usize) -> &[Vertex] {
        self.record(place).shape.vertices
    }

    fn bounds(&self, place: usize) -> Box4 {
        self.blocks[place / WIDTH].get(place % WIDTH)
    }
}

/// So many blocks are looked through by all that reach them before the next are: they and their records stay at
/// hand meanwhile.
const CHUNK: usize = 128;

/// What is this large is held against many, longitude and latitude together.
const LARGE: u32 = 2_000_000;

/// A stripe made ready for the sweep.
struct Lane<'a> {
    sweep: &'a Sweep,
    stock: &'a Stock,
    /// Those that others are held against, many times each.
    large: Vec<OnceCell<Box<Subject<'a>>>>,
    /// The same, drawn.
    rasters: Vec<OnceCell<Box<Raster>>>,
    west: i64,
}

impl<'a> Lane<'a> {
    fn new(sweep: &'a Sweep, stock: &'a Stock, west: i64) -> Self {
        let large = (0..stock.guests.len()).map(|_| OnceCell::new()).collect();
        let rasters = (0..stock.guests.len()).map(|_| OnceCell::new()).collect();
        Self { sweep, stock, large, rasters, west }
    }

    /// All pairs of the stripe.
    fn pairs(&self, f: &mut impl FnMut(u32, u32)) {
        let blocks = &self.stock.blocks;
        // Those that reach north of the blocks that they lie in.
        let mut active: Vec<(u32, i32)> = Vec::new();
        for first in (0..blocks.len()).step_by(CHUNK) {
            let past = blocks.len().min(first + CHUNK);
            active.retain(|&(_, north)| north >= blocks[first].south());
            for &(place, _) in &active {
                self.pairs_among(place as usize, first..past, f);
            }
            for place in first * WIDTH..self.stock.guests.len().min(past * WIDTH) {
                let north = self.pairs_among(place, place / WIDTH..past, f);
                if blocks.get(past).is_some_and(|block| block.south() <= north) {
                    active.push((place as u32, north));
                }
            }
        }
    }

    /// The pairs of a guest with those of some blocks, itself and those before it left out; where it ends in the
    /// north.
    fn pairs_among(&self, place: usize, blocks: Range<usize>, f: &mut impl FnMut(u32, u32)) -> i32 {
        let (sweep, stock) = (self.sweep, self.stock);
        let (guest, sought) = (stock.guests[place], stock.bounds(place));
        let own = OnceCell::new();
        let first = blocks.start;
        let within = &stock.blocks[blocks];
        let within = &within[..within.partition_point(|block| block.south() <= sought.max[LAT])];
        let mut masks = [0; CHUNK];
        sweep.lanes.meeting_each(within, &sought, &mut masks);
        if first == place / WIDTH {
            masks[0] &= u16::MAX << (place % WIDTH) << 1;
        }
        for (mut mask, number) in masks.into_iter().take(within.len()).zip(first..) {
            while mask != 0 {
                let lane = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let other = number * WIDTH + lane;
                if self.is_ours(sought.min[LON].max(stock.blocks[number].west(lane)), guest, stock.guests[other])
                    && self.conflict(place, other, &own)
                {
                    f(stock.looks[place].id, stock.looks[other].id);
                }
            }
        }
        sought.max[LAT]
    }

    fn conflict(&self, place: usize, other: usize, own: &OnceCell<Subject<'a>>) -> bool {
        match self.drawn(place, other) {
            Some(told) => told,
            None => self.conflict_exactly(place, other, own),
        }
    }

    /// What the drawing of the larger one tells, if anything.
    #[inline]
    fn drawn(&self, place: usize, other: usize) -> Option<bool> {
        let (a, b) = (&self.stock.looks[place], &self.stock.looks[other]);
        if !a.is_plain() || !b.is_plain() {
            return None;
        }
        let (large, larger, smaller) = if b.size > a.size { (other, b, a) } else { (place, a, b) };
        let raster = self.rasters[large].get_or_init(|| Box::new(Raster::new(&self.stock.record(large).shape, larger.range)));
        let told = raster.meets(smaller.vertices, smaller.range).or_else(|| {
            let small = if large == place { other } else { place };
            self.stock.vertices(small).iter().any(|&vertex| raster.is_full(vertex)).then_some(true)
        })?;
        (told || self.sweep.margin.horizontal_cm == 0).then_some(told)
    }

    /// Whether two guests conflict: the smaller is held against the larger, which is ready for it, or the other
    /// against the one at hand where they are alike.
    fn conflict_exactly(&self, place: usize, other: usize, own: &OnceCell<Subject<'a>>) -> bool {
        let (sweep, stock) = (self.sweep, self.stock);
        let aligned = stock.guests[place].turns == stock.guests[other].turns;
        let sizes = [place, other].map(|place| stock.looks[place].size);
        let make = |place: usize| sweep.subject(stock.guests[place]);
        let (subject, smaller) = if sizes[1] / 2 > sizes[0] {
            (&**self.large[other].get_or_init(|| Box::new(make(other))), place)
        } else if sizes[0] >= LARGE {
            (&**self.large[place].get_or_init(|| Box::new(make(place))), other)
        } else {
            (own.get_or_init(|| make(place)), other)
        };
        let record = || stock.record(smaller);
        let look = &stock.looks[smaller];
        if look.is_plain() && subject.shape.radius_cm == 0 {
            return subject.meets_guest(aligned, look.vertices, look.range, record);
        }
        subject.conflicts(&record(), &sweep.kept(stock.guests[smaller]))
    }

    /// Whether this stripe is the one to tell of a pair whose boxes meet in it.
    /// `common` is where what the two have in common begins.
    fn is_ours(&self, common: i32, guest: Guest, second: Guest) -> bool {
        let common = i64::from(common);
        if common < self.west || common >= self.west + STRIPE {
            return false;
        }
        // Two that meet on both sides of the earth are told with the least turning.
        let turned = second.turns - guest.turns;
        let (members, at) = (&self.sweep.members, |guest: Guest| guest.member as usize);
        guest.member != second.member
            && (turned == 0
                || !turns_before(turned).any(|turns| meet_turned(&members[at(guest)].swept, &members[at(second)].swept, turns)))
    }
}

/// The turns that come before one in the order 0, 1, -1, 2, -2.
fn turns_before(turns: i32) -> impl Iterator<Item = i64> {
    [0, 1, -1, 2, -2].into_iter().take_while(move |&before| before != i64::from(turns))
}

/// Whether the longitudes of two boxes meet when the second is moved by whole turns.
fn meet_turned(a: &Box4, b: &Box4, turns: i64) -> bool {
    let ((from, to), (start, end)) = (around(a), around(b));
    from <= end + turns * TURN && to >= start + turns * TURN
}

impl Sweep {
    fn record(&self, guest: Guest) -> Record<'_> {
        let member = self.members[guest.member as usize];
        self.runs[member.run as usize].record(member.entry)
    }

    fn subject(&self, guest: Guest) -> Subject<'_> {
        let member = self.members[guest.member as usize];
        let run = &self.runs[member.run as usize];
        let record = run.record(member.entry);
        Subject::new(record.shape, vertices_box(run, member.entry), record.bulge, &self.margin, self.lanes)
    }

    fn kept(&self, guest: Guest) -> Box4 {
        let member = self.members[guest.member as usize];
        self.runs[member.run as usize].kept(member.entry)
    }

    fn look(&self, guest: Guest) -> Look {
        let (record, kept) = (self.record(guest), self.kept(guest));
        let all = record.shape.vertices;
        let inland = i64::from(kept.min[LON]) > WEST && i64::from(kept.max[LON]) < WEST + TURN;
        let plain = inland && guest.turns == 0 && record.shape.radius_cm == 0 && record.shape.is_single();
        let side = |bounds: [i32; 4]| [bounds[LON], bounds[LAT]];
        let range = if plain { [side(kept.min), side(kept.max)] } else { [[i32::MAX; 2], [i32::MIN; 2]] };
        let size = u32::try_from(kept.length(LON) + kept.length(LAT)).unwrap_or(u32::MAX);
        Look { vertices: [all[0], all[all.len() / 2]], range, size, id: record.id }
    }
}

#[cfg(test)]
mod tests;
