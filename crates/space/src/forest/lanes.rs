//! Sixteen boxes at once: which of them a box meets.
//!
//! The one place of this crate with unsafe code: the vector instructions of the machine that it runs on.
//! Each kernel is proved equal to the scalar one by property tests. A [`Lanes`] exists only for a kernel that
//! the machine has, and that is what makes the calls sound.
#![expect(unsafe_code, reason = "vector instructions; every kernel has a scalar twin")]

use super::bounds::{Box4, LAT, LON};

/// How many boxes a block holds.
pub(super) const WIDTH: usize = 16;

/// Which instructions compare boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// Plain code, on every machine.
    Scalar,
    /// 256-bit vectors of x86-64.
    Avx2,
    /// 512-bit vectors of x86-64.
    Avx512,
    /// 128-bit vectors of AArch64.
    Neon,
}

impl Kernel {
    /// All, the fastest last.
    pub const ALL: [Self; 4] = [Self::Scalar, Self::Neon, Self::Avx2, Self::Avx512];

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => std::arch::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            _ => false,
        }
    }
}

/// A kernel that this machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lanes(Kernel);

impl Lanes {
    /// `None` where the machine does not have it.
    pub(super) fn of(kernel: Kernel) -> Option<Self> {
        kernel.is_available().then_some(Self(kernel))
    }

    /// The fastest that the machine has.
    pub(super) fn best() -> Self {
        let best = Kernel::ALL.into_iter().filter_map(Self::of).next_back();
        best.unwrap_or(Self(Kernel::Scalar))
    }

    /// A bit for each box of the block that meets `sought`.
    #[inline]
    pub(super) fn meeting(self, block: &Block, sought: &Box4) -> u16 {
        match self.0 {
            Kernel::Scalar => scalar(block, sought),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Lanes` exists only for a kernel that the machine was asked for and has.
            Kernel::Avx2 => unsafe { avx2(block, sought) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kernel::Avx512 => unsafe { avx512(block, sought) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as above.
            Kernel::Neon => unsafe { neon(block, sought) },
            _ => scalar(block, sought),
        }
    }
}

impl Lanes {
    /// Where up to 32 places lie: which numbers are below the least of a range, which are above its greatest, and which
    /// are greater than those of one place. Two bits to a place: longitude, latitude.
    #[inline]
    pub(super) fn sides(self, places: &[[i32; 2]], range: [[i32; 2]; 2], place: [i32; 2]) -> [u64; 3] {
        debug_assert!(places.len() <= 32, "two bits to a place");
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Lanes` exists only for a kernel that the machine was asked for and has.
            Kernel::Avx2 => unsafe { avx2_sides(places, range, place) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Kernel::Avx512 => unsafe { avx512_sides(places, range, place) },
            _ => scalar_sides(places, range, place),
        }
    }

    /// The same for many blocks, a mask for each.
    #[inline]
    pub(super) fn meeting_each(self, blocks: &[Block], sought: &Box4, masks: &mut [u16]) {
        #[cfg(target_arch = "x86_64")]
        if self.0 == Kernel::Avx512 {
            // SAFETY: `Lanes` exists only for a kernel that the machine was asked for and has.
            return unsafe { avx512_each(blocks, sought, masks) };
        }
        for (block, mask) in blocks.iter().zip(masks) {
            *mask = self.meeting(block, sought);
        }
    }
}

/// Bytes that the machine brings near at once.
const LINE: usize = 64;

/// Has the machine bring near what lies at a place, without waiting for it; nothing where there is no such place.
#[inline]
pub(crate) fn fetch<T>(from: &[T], at: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(place) = from.get(at) {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        for line in (0..size_of::<T>()).step_by(LINE) {
            let line = core::ptr::from_ref(place).cast::<i8>().wrapping_add(line);
            // SAFETY: every machine of this kind has the instruction; it reads nothing and faults at no address.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(line) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, at);
}

/// The same for all of a block.
#[inline]
pub(super) fn fetch_block(block: &Block) {
    (0..block.0.len()).for_each(|row| fetch(&block.0, row));
}

/// Sixteen boxes, each bound of all of them together: four least, then four greatest.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(super) struct Block([[i32; WIDTH]; 8]);

impl Block {
    /// Sixteen times nothing.
    pub(super) const EMPTY: Self = Self([
        [i32::MAX; WIDTH],
        [i32::MAX; WIDTH],
        [i32::MAX; WIDTH],
        [i32::MAX; WIDTH],
        [i32::MIN; WIDTH],
        [i32::MIN; WIDTH],
        [i32::MIN; WIDTH],
        [i32::MIN; WIDTH],
    ]);

    pub(super) fn set(&mut self, lane: usize, bounds: &Box4) {
        for d in 0..4 {
            self.0[d][lane] = bounds.min[d];
            self.0[4 + d][lane] = bounds.max[d];
        }
    }

    pub(super) fn get(&self, lane: usize) -> Box4 {
        Box4 { min: core::array::from_fn(|d| self.0[d][lane]), max: core::array::from_fn(|d| self.0[4 + d][lane]) }
    }

    /// The least longitude of one box.
    pub(super) fn west(&self, lane: usize) -> i32 {
        self.0[LON][lane]
    }

    /// The least latitude of the first box.
    pub(super) fn south(&self) -> i32 {
        self.0[LAT][0]
    }

    /// The least box that holds all of them.
    pub(super) fn joined(&self) -> Box4 {
        let least = |d: usize| self.0[d].iter().copied().fold(i32::MAX, i32::min);
        let greatest = |d: usize| self.0[4 + d].iter().copied().fold(i32::MIN, i32::max);
        Box4 { min: core::array::from_fn(least), max: core::array::from_fn(greatest) }
    }
}

fn scalar(block: &Block, sought: &Box4) -> u16 {
    let mut mask = 0;
    for lane in 0..WIDTH {
        let mut meets = true;
        for d in 0..4 {
            meets &= block.0[d][lane] <= sought.max[d] && block.0[4 + d][lane] >= sought.min[d];
        }
        mask |= u16::from(meets) << lane;
    }
    mask
}

fn scalar_sides(places: &[[i32; 2]], range: [[i32; 2]; 2], place: [i32; 2]) -> [u64; 3] {
    let mut sides = [0; 3];
    for (bit, at) in places.iter().enumerate() {
        for d in 0..2 {
            let is = [at[d] < range[0][d], at[d] > range[1][d], at[d] > place[d]];
            sides.iter_mut().zip(is).for_each(|(side, is)| *side |= u64::from(is) << (2 * bit + d));
        }
    }
    sides
}

/// Longitude and latitude as one number, longitude in its lower half.
#[cfg(target_arch = "x86_64")]
fn pair(place: [i32; 2]) -> i64 {
    i64::from(place[1]) << 32 | i64::from(place[0].cast_unsigned())
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2_sides(places: &[[i32; 2]], range: [[i32; 2]; 2], place: [i32; 2]) -> [u64; 3] {
    use core::arch::x86_64::{
        __m256i, _mm256_castsi256_ps, _mm256_cmpgt_epi32, _mm256_loadu_si256, _mm256_movemask_ps, _mm256_set1_epi64x,
    };
    let [low, high, place] = [range[0], range[1], place].map(|place| _mm256_set1_epi64x(pair(place)));
    let mut sides = [0; 3];
    for (number, chunk) in places.chunks(4).enumerate() {
        let mut four = [[0; 2]; 4];
        four[..chunk.len()].copy_from_slice(chunk);
        // SAFETY: eight whole numbers, one vector.
        let at = unsafe { _mm256_loadu_si256(four.as_ptr().cast::<__m256i>()) };
        let is = [_mm256_cmpgt_epi32(low, at), _mm256_cmpgt_epi32(at, high), _mm256_cmpgt_epi32(at, place)];
        let there = u64::MAX >> (64 - 2 * chunk.len());
        for (side, is) in sides.iter_mut().zip(is) {
            let bits = u64::from(_mm256_movemask_ps(_mm256_castsi256_ps(is)).cast_unsigned());
            *side |= (bits & there) << (8 * number);
        }
    }
    sides
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512_sides(places: &[[i32; 2]], range: [[i32; 2]; 2], place: [i32; 2]) -> [u64; 3] {
    use core::arch::x86_64::{
        _mm512_mask_cmpgt_epi32_mask, _mm512_mask_cmplt_epi32_mask, _mm512_maskz_loadu_epi32, _mm512_set1_epi64,
    };
    let [low, high, place] = [range[0], range[1], place].map(|place| _mm512_set1_epi64(pair(place)));
    let mut sides = [0; 3];
    for (number, chunk) in places.chunks(8).enumerate() {
        let there = u16::MAX >> (16 - 2 * chunk.len());
        // SAFETY: of the sixteen numbers of a vector only those are read that are there.
        let at = unsafe { _mm512_maskz_loadu_epi32(there, chunk.as_ptr().cast::<i32>()) };
        let is = [
            _mm512_mask_cmplt_epi32_mask(there, at, low),
            _mm512_mask_cmpgt_epi32_mask(there, at, high),
            _mm512_mask_cmpgt_epi32_mask(there, at, place),
        ];
        sides.iter_mut().zip(is).for_each(|(side, is)| *side |= u64::from(is) << (16 * number));
    }
    sides
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
unsafe fn avx2(block: &Block, sought: &Box4) -> u16 {
    use core::arch::x86_64::{
        __m256i, _mm256_castsi256_ps, _mm256_cmpgt_epi32, _mm256_load_si256, _mm256_movemask_ps, _mm256_or_si256,
        _mm256_set1_epi32, _mm256_setzero_si256,
    };
    let mut mask = 0_u32;
    for half in 0..2 {
        let mut apart = _mm256_setzero_si256();
        for d in 0..4 {
            // SAFETY: a row is sixteen whole numbers on a boundary of 64 bytes; each half of it is one vector.
            let (least, greatest) = unsafe {
                let row = |row: usize| _mm256_load_si256(block.0[row].as_ptr().add(8 * half).cast::<__m256i>());
                (row(d), row(4 + d))
            };
            apart = _mm256_or_si256(apart, _mm256_cmpgt_epi32(least, _mm256_set1_epi32(sought.max[d])));
            apart = _mm256_or_si256(apart, _mm256_cmpgt_epi32(_mm256_set1_epi32(sought.min[d]), greatest));
        }
        mask |= (!_mm256_movemask_ps(_mm256_castsi256_ps(apart)) as u32 & 0xFF) << (8 * half);
    }
    mask as u16
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512(block: &Block, sought: &Box4) -> u16 {
    use core::arch::x86_64::{
        __m512i, _mm512_load_si512, _mm512_mask_cmpge_epi32_mask, _mm512_mask_cmple_epi32_mask, _mm512_set1_epi32,
    };
    let mut mask = u16::MAX;
    for d in 0..4 {
        // SAFETY: a row is sixteen whole numbers on a boundary of 64 bytes: one vector.
        let (least, greatest) = unsafe {
            let row = |row: usize| _mm512_load_si512(block.0[row].as_ptr().cast::<__m512i>());
            (row(d), row(4 + d))
        };
        mask = _mm512_mask_cmple_epi32_mask(mask, least, _mm512_set1_epi32(sought.max[d]));
        mask = _mm512_mask_cmpge_epi32_mask(mask, greatest, _mm512_set1_epi32(sought.min[d]));
    }
    mask
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn avx512_each(blocks: &[Block], sought: &Box4, masks: &mut [u16]) {
    for (block, mask) in blocks.iter().zip(masks) {
        // SAFETY: the caller has seen to it that the machine has these instructions.
        *mask = unsafe { avx512(block, sought) };
    }
}

#[cfg(target_arch = "aarch64")]
#[target_feature(enable = "neon")]
unsafe fn neon(block: &Block, sought: &Box4) -> u16 {
    use core::arch::aarch64::{vaddvq_u32, vandq_u32, vcgeq_s32, vcleq_s32, vdupq_n_s32, vdupq_n_u32, vld1q_s32, vld1q_u32};
    // SAFETY: four whole numbers, one vector.
    let bits = unsafe { vld1q_u32([1_u32, 2, 4, 8].as_ptr()) };
    let mut mask = 0_u32;
    for quarter in 0..4 {
        let mut meets = vdupq_n_u32(u32::MAX);
        for d in 0..4 {
            // SAFETY: a row is sixteen whole numbers; each quarter of it is one vector.
            let (least, greatest) = unsafe {
                let row = |row: usize| vld1q_s32(block.0[row].as_ptr().add(4 * quarter));
                (row(d), row(4 + d))
            };
            meets = vandq_u32(meets, vcleq_s32(least, vdupq_n_s32(sought.max[d])));
            meets = vandq_u32(meets, vcgeq_s32(greatest, vdupq_n_s32(sought.min[d])));
        }
        mask |= vaddvq_u32(vandq_u32(meets, bits)) << (4 * quarter);
    }
    mask as u16
}

#[cfg(test)]
mod tests;
