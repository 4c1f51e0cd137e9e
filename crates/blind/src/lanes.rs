//! The group arithmetic of many points at once, in the lanes of the machine's vectors.
//!
//! One side of a run multiplies two points a cell, each by the same scalar: what one lane does all do. curve25519-dalek
//! multiplies one point at a time, its vectors across the coordinates; with a point to a lane nothing is shuffled and every
//! lane is always at work (docs/decisions/0119). Where the machine has neither AVX-512 IFMA nor AVX2, dalek does all of it.
//!
//! Invariants: results are those of dalek to the byte, whatever the backend. What is secret (scalars, and points before they
//! are sent) decides no branch and no place in memory; encodings and weights are public. Scalars, their digits, and points on
//! the heap are wiped, [`Kept`] ones and [`Sum`]s on drop. Not wiped are: vectors on the stack, as dalek's are not; what dalek itself has on
//! the heap while it encodes; encodings that are handed out, which are the caller's; and what sums of weighed points are made
//! with, for these are points that were sent, or halves of such.

use core::fmt;

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

#[cfg(target_arch = "x86_64")]
mod avx2;
mod dalek;
#[cfg_attr(not(any(test, target_arch = "x86_64")), expect(dead_code, reason = "no lanes here yet"))]
mod field;
#[cfg(target_arch = "x86_64")]
mod grades;
#[cfg(target_arch = "x86_64")]
mod ifma;
mod kernels;
#[cfg(target_arch = "x86_64")]
mod machine;
mod multiply;
mod point;
mod ristretto;
mod sums;
#[cfg(test)]
mod tests;

/// What multiplies points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// curve25519-dalek, one point after the other: on every machine.
    Dalek,
    /// Four points at once by AVX2.
    Avx2,
    /// Eight points at once by AVX-512 IFMA.
    Ifma,
}

impl Backend {
    /// All, the fastest last.
    pub const ALL: [Self; 3] = [Self::Dalek, Self::Avx2, Self::Ifma];

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        Lanes::of(self).is_some()
    }

    /// The fastest that this machine has.
    pub fn best() -> Self {
        Self::ALL.into_iter().rfind(|backend| backend.is_available()).unwrap_or(Self::Dalek)
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dalek => "curve25519-dalek",
            Self::Avx2 => "AVX2",
            Self::Ifma => "AVX-512 IFMA",
        })
    }
}

/// A backend that this machine has.
#[derive(Clone, Copy)]
pub(crate) enum Lanes {
    Dalek,
    #[cfg(target_arch = "x86_64")]
    Avx2(machine::Avx2),
    #[cfg(target_arch = "x86_64")]
    Ifma(machine::Ifma),
}

/// A scalar, ready to multiply by. Inert, and wiped on drop.
pub(crate) struct Multiplier {
    scalar: Scalar,
    digits: multiply::Digits,
}

/// A point in affine coordinates: x and y.
type Coordinates = [[u64; 4]; 2];
/// A point in extended coordinates.
type Extended = [[u64; 4]; 4];
const NEUTRAL: Extended = [field::ZERO, field::ONE, field::ONE, field::ZERO];

/// Points between two jobs of one run. Wiped on drop.
#[derive(Clone, Debug)]
pub(crate) enum Kept {
    Dalek(Vec<RistrettoPoint>),
    Lanes(Vec<Coordinates>),
}

/// One point of a proof: a sum, or a product. The point is public, or will be; its coordinates are not, and are wiped on drop.
pub(crate) enum Sum {
    Dalek(RistrettoPoint),
    Lanes(Extended),
}

/// Why encodings are not those of points, and which is the first that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    NotAPoint { index: usize },
    Identity { index: usize },
}

impl Multiplier {
    pub(crate) fn new(scalar: Scalar) -> Self {
        let digits = multiply::Digits::new(&Zeroizing::new(scalar.to_bytes()));
        Self { scalar, digits }
    }
}

impl Drop for Multiplier {
    fn drop(&mut self) {
        self.scalar.zeroize();
    }
}

impl Kept {
    pub(crate) const fn none() -> Self {
        Self::Lanes(Vec::new())
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Dalek(points) => points.len(),
            Self::Lanes(points) => points.len(),
        }
    }

    /// None yet, by the same backend, and room for so many.
    pub(crate) fn room(&self, count: usize) -> Self {
        match self {
            Self::Dalek(_) => Self::Dalek(Vec::with_capacity(count)),
            Self::Lanes(_) => Self::Lanes(Vec::with_capacity(count)),
        }
    }

    /// Adds points of another of the same run, which has one backend. What has no room for them leaves a copy behind that is not
    /// wiped.
    pub(crate) fn extend(&mut self, other: &Self, from: usize, to: usize) {
        match (self, other) {
            (Self::Dalek(points), Self::Dalek(other)) => points.extend_from_slice(&other[from..to]),
            (Self::Lanes(points), Self::Lanes(other)) => points.extend_from_slice(&other[from..to]),
            _ => unreachable!("a run keeps its backend"),
        }
    }
}

impl Kept {
    fn dalek(&self) -> &[RistrettoPoint] {
        match self {
            Self::Dalek(points) => points,
            // A list without points may be of another backend than the run.
            Self::Lanes(points) if points.is_empty() => &[],
            Self::Lanes(_) => unreachable!("a run keeps its backend"),
        }
    }

    fn lanes(&self) -> &[Coordinates] {
        match self {
            Self::Lanes(points) => points,
            Self::Dalek(points) if points.is_empty() => &[],
            Self::Dalek(_) => unreachable!("a run keeps its backend"),
        }
    }
}

impl Sum {
    fn dalek(&self) -> &RistrettoPoint {
        if let Self::Dalek(point) = self { point } else { unreachable!("a run keeps its backend") }
    }

    fn lanes(&self) -> &Extended {
        if let Self::Lanes(point) = self { point } else { unreachable!("a run keeps its backend") }
    }
}

impl Drop for Sum {
    fn drop(&mut self) {
        match self {
            Self::Dalek(point) => point.zeroize(),
            Self::Lanes(point) => point.zeroize(),
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        match self {
            Self::Dalek(points) => points.zeroize(),
            Self::Lanes(points) => points.zeroize(),
        }
    }
}

impl ZeroizeOnDrop for Kept {}

impl Lanes {
    /// `None` where the machine does not have it.
    pub(crate) fn of(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Dalek => Some(Self::Dalek),
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => machine::Avx2::found().map(Self::Avx2),
            #[cfg(target_arch = "x86_64")]
            Backend::Ifma => machine::Ifma::found().map(Self::Ifma),
            #[cfg(not(target_arch = "x86_64"))]
            _ => None,
        }
    }

    /// The fastest that the machine has.
    pub(crate) fn best() -> Self {
        Self::of(Backend::best()).unwrap_or(Self::Dalek)
    }

    /// The encodings of twice `half` times what uniform bytes are mapped to, and where they are to be kept the halves of them.
    pub(crate) fn mask(self, uniform: &[[u8; 64]], half: &Multiplier, keep: bool) -> (Vec<u8>, Kept) {
        if let Some((encodings, kept)) = self.work(kernels::Masking { uniform, half: &half.digits, keep }) {
            return (encodings, Kept::Lanes(kept));
        }
        let (encodings, halves) = dalek::mask(uniform, &half.scalar);
        let halves = Kept::Dalek(halves);
        (encodings, if keep { halves } else { Kept::none() })
    }

    /// The encodings of twice `half` times encoded points, and where they are to be kept the points.
    pub(crate) fn answer(self, asked: &[[u8; 32]], half: &Multiplier, keep: bool) -> Result<(Vec<u8>, Kept), Bad> {
        if let Some(done) = self.work(kernels::Answering { asked, half: &half.digits, keep }) {
            return done.map(|(answers, asked)| (answers, Kept::Lanes(asked)));
        }
        let (answers, asked) = dalek::answer(asked, &half.scalar)?;
        Ok((answers, if keep { Kept::Dalek(asked) } else { Kept::none() }))
    }

    /// The points of encodings.
    pub(crate) fn open(self, encodings: &[[u8; 32]]) -> Result<Kept, Bad> {
        match self.work(kernels::Opening(encodings)) {
            Some(points) => points.map(Kept::Lanes),
            None => dalek::open(encodings).map(Kept::Dalek),
        }
    }

    /// Sums as points of a list.
    pub(crate) fn keep(self, sums: &[&Sum]) -> Kept {
        if matches!(self, Self::Dalek) {
            return Kept::Dalek(sums.iter().map(|sum| *sum.dalek()).collect());
        }
        Kept::Lanes(self.in_lanes(kernels::Keeping(&sums.iter().map(|sum| sum.lanes()).collect::<Vec<_>>())))
    }

    /// The weighed sums of lists of points; each list has as many weights, which are public.
    pub(crate) fn sums(self, lists: &[(&[u128], &Kept)]) -> Vec<Sum> {
        if matches!(self, Self::Dalek) {
            return lists.iter().map(|(weights, points)| Sum::Dalek(dalek::sum(weights, points.dalek()))).collect();
        }
        let lists: Vec<_> = lists.iter().map(|(weights, points)| (*weights, points.lanes())).collect();
        self.in_lanes(kernels::Summing(&lists))
    }

    /// Sums added up, and the encodings of the totals.
    pub(crate) fn totals(self, lists: &[&[&Sum]]) -> Vec<(Sum, [u8; 32])> {
        if matches!(self, Self::Dalek) {
            let total = |sums: &&[&Sum]| sums.iter().map(|sum| sum.dalek()).sum::<RistrettoPoint>();
            return lists.iter().map(total).map(|point| (Sum::Dalek(point), point.compress().to_bytes())).collect();
        }
        let lists: Vec<Vec<_>> = lists.iter().map(|sums| sums.iter().map(|sum| sum.lanes()).collect()).collect();
        self.in_lanes(kernels::Totalling(&lists))
    }

    /// Points, each times a scalar of its own, which may be secret.
    pub(crate) fn products(self, given: &[(&Sum, &Scalar)]) -> Vec<Sum> {
        if matches!(self, Self::Dalek) {
            return given.iter().map(|(point, scalar)| Sum::Dalek(point.dalek() * *scalar)).collect();
        }
        let given: Vec<_> = given.iter().map(|(point, scalar)| (point.lanes(), *scalar)).collect();
        self.in_lanes(kernels::Multiplying(&given))
    }

    /// The point of an encoding that was found to be one.
    pub(crate) fn point(self, encoding: &[u8; 32]) -> Sum {
        if matches!(self, Self::Dalek) {
            return Sum::Dalek(CompressedRistretto(*encoding).decompress().expect("the encoding of a point"));
        }
        self.in_lanes(kernels::Decoding(encoding))
    }

    /// Does work in lanes, of which there are some.
    fn in_lanes<W: field::Work>(self, work: W) -> W::Output {
        self.work(work).expect("all backends but the plain one have lanes")
    }

    /// Does work in lanes, where there are any.
    fn work<W: field::Work>(self, work: W) -> Option<W::Output> {
        match self {
            Self::Dalek => {
                drop(work);
                None
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(f) => Some(f.work(work)),
            #[cfg(target_arch = "x86_64")]
            Self::Ifma(f) => Some(f.work(work)),
        }
    }
}
