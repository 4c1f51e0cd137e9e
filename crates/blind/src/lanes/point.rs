//! Points of the twisted Edwards curve -x² + y² = 1 + d·x²·y² in lanes, in extended coordinates (Hisil, Wong, Carter, Dawson
//! 2008): complete formulas, the same for every input.

use super::field::{D2, Each, Element, Field, ONE, ZERO, added, subtracted};

/// (X : Y : Z : T), x = X/Z, y = Y/Z, x·y = T/Z.
pub(super) struct Point<F: Field> {
    pub(super) x: F::Carried,
    pub(super) y: F::Carried,
    pub(super) z: F::Carried,
    pub(super) t: F::Carried,
}

/// A point that is only doubled next.
pub(super) struct Projective<F: Field> {
    x: F::Carried,
    y: F::Carried,
    z: F::Carried,
}

/// A point to be added, beside its Z: Y + X, Y - X, 2dT. Where Z = 1 that is all of it.
pub(super) struct Parts<F: Field> {
    pub(super) plus: F::Carried,
    pub(super) minus: F::Carried,
    pub(super) t2d: F::Carried,
}

/// A point to be added, and 2Z.
pub(super) struct Cached<F: Field> {
    pub(super) parts: Parts<F>,
    pub(super) z2: F::Carried,
}

/// What an addition or a doubling gives before it is multiplied out: x = E/G, y = H/F.
pub(super) struct Completed<F: Field> {
    e: F::Carried,
    f: F::Carried,
    g: F::Carried,
    h: F::Carried,
}

macro_rules! copied {
    ($($name:ident),+) => {$(
        impl<F: Field> Copy for $name<F> {}
        impl<F: Field> Clone for $name<F> {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }
    )+};
}
copied!(Point, Projective, Parts, Cached, Completed);

impl<F: Field> Point<F> {
    /// The neutral element.
    #[inline(always)]
    pub(super) fn identity(f: F) -> Self {
        let (zero, one) = (f.splat(ZERO), f.splat(ONE));
        Self { x: zero, y: one, z: one, t: zero }
    }

    /// From coordinates outside of lanes.
    #[inline(always)]
    pub(super) fn set(f: F, coordinates: &[Each<Element>; 4]) -> Self {
        let [x, y, z, t] = coordinates;
        Self { x: f.set(x), y: f.set(y), z: f.set(z), t: f.set(t) }
    }

    #[inline(always)]
    pub(super) fn get(&self, f: F) -> [Each<Element>; 4] {
        [f.get(&self.x), f.get(&self.y), f.get(&self.z), f.get(&self.t)]
    }

    /// The coordinates of each lane.
    #[inline(always)]
    pub(super) fn rows(&self, f: F) -> Each<F::Row> {
        f.rows(&[self.x, self.y, self.z, self.t])
    }

    /// From the coordinates of each lane.
    #[inline(always)]
    pub(super) fn of_rows(f: F, rows: &Each<&F::Row>) -> Self {
        let [x, y, z, t] = f.of_rows(rows);
        Self { x, y, z, t }
    }

    #[inline(always)]
    pub(super) fn cached(&self, f: F) -> Cached<F> {
        let (plus, minus) = (added(f, &self.y, &self.x), subtracted(f, &self.y, &self.x));
        Cached { parts: Parts { plus, minus, t2d: f.times(&self.t, &f.splat(D2)) }, z2: added(f, &self.z, &self.z) }
    }

    /// The sum; the difference where `negative` is set.
    #[inline(always)]
    pub(super) fn add(&self, f: F, other: &Cached<F>, negative: Option<F::Mask>) -> Completed<F> {
        let d = f.mul(&self.z, &other.z2);
        self.added(f, &other.parts, &d, negative)
    }

    /// The same of a point with Z = 1, with a product less.
    #[inline(always)]
    pub(super) fn add_affine(&self, f: F, other: &Parts<F>, negative: Option<F::Mask>) -> Completed<F> {
        let z = f.widen(&self.z);
        self.added(f, other, &f.plus(&z, &z), negative)
    }

    /// `d` is twice the product of both Z.
    #[inline(always)]
    fn added(&self, f: F, other: &Parts<F>, d: &F::Wide, negative: Option<F::Mask>) -> Completed<F> {
        let swapped = |yes: &F::Carried, no: &F::Carried| negative.map_or(*no, |mask| f.choose(mask, yes, no));
        let a = f.mul(&f.difference(&self.y, &self.x), &swapped(&other.plus, &other.minus));
        let b = f.mul(&f.sum(&self.y, &self.x), &swapped(&other.minus, &other.plus));
        let c = f.mul(&self.t, &other.t2d);
        let (less, more) = (f.carry(&f.minus(d, &c)), f.carry(&f.plus(d, &c)));
        Completed {
            e: f.carry(&f.minus(&b, &a)),
            f: swapped(&more, &less),
            g: swapped(&less, &more),
            h: f.carry(&f.plus(&b, &a)),
        }
    }
}

impl<F: Field> Parts<F> {
    /// From x and y outside of lanes.
    #[inline(always)]
    pub(super) fn set(f: F, coordinates: &[Each<Element>; 2]) -> Self {
        let [x, y] = coordinates.each_ref().map(|each| f.set(each));
        let t2d = f.times(&f.times(&x, &y), &f.splat(D2));
        Self { plus: added(f, &y, &x), minus: subtracted(f, &y, &x), t2d }
    }

    /// The neutral element.
    #[inline(always)]
    pub(super) fn identity(f: F) -> Self {
        let one = f.splat(ONE);
        Self { plus: one, minus: one, t2d: f.splat(ZERO) }
    }

    /// The parts of each lane.
    #[inline(always)]
    pub(super) fn triples(&self, f: F) -> Each<F::Triple> {
        f.triples(&[self.plus, self.minus, self.t2d])
    }

    /// From the parts of each lane.
    #[inline(always)]
    pub(super) fn of_triples(f: F, triples: &Each<&F::Triple>) -> Self {
        let [plus, minus, t2d] = f.of_triples(triples);
        Self { plus, minus, t2d }
    }
}

impl<F: Field> Cached<F> {
    /// The neutral element.
    #[inline(always)]
    pub(super) fn identity(f: F) -> Self {
        Self { parts: Parts::identity(f), z2: f.splat([2, 0, 0, 0]) }
    }
}

impl<F: Field> Projective<F> {
    #[inline(always)]
    pub(super) fn double(&self, f: F) -> Completed<F> {
        let (xx, yy, zz) = (f.square(&self.x), f.square(&self.y), f.square(&self.z));
        let squared_sum = f.square(&f.sum(&self.x, &self.y));
        let h = f.plus(&xx, &yy);
        Completed {
            e: f.carry(&f.minus(&squared_sum, &h)),
            f: f.carry(&f.minus(&f.plus(&f.plus(&zz, &zz), &xx), &yy)),
            g: f.carry(&f.minus(&yy, &xx)),
            h: f.carry(&h),
        }
    }
}

impl<F: Field> Completed<F> {
    #[inline(always)]
    pub(super) fn projective(&self, f: F) -> Projective<F> {
        Projective { x: f.product(&self.e, &self.f), y: f.product(&self.g, &self.h), z: f.product(&self.f, &self.g) }
    }

    #[inline(always)]
    pub(super) fn point(&self, f: F) -> Point<F> {
        let Projective { x, y, z } = self.projective(f);
        Point { x, y, z, t: f.product(&self.e, &self.h) }
    }
}
