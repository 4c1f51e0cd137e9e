//! Numbers drawn from a seed: the same seed and number give the same pair on every machine.

/// A source of numbers (SplitMix64: Steele, Lea and Flood 2014), enough for drawing shapes and for nothing else.
pub(crate) struct Draw(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

impl Draw {
    /// Of one number of a seed.
    pub(crate) fn of(seed: u64, number: u64) -> Self {
        let mut draw = Self(seed ^ number.wrapping_mul(GOLDEN));
        draw.0 = draw.next();
        draw
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// From 0 to below 1.
    pub(crate) fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to below a limit.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 to below a limit, for what is counted with a sign.
    pub(crate) fn whole(&mut self, limit: i64) -> i64 {
        self.below(limit as u64) as i64
    }

    /// From one number to below another.
    pub(crate) fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.part()
    }

    /// As likely between 10 and 100 as between 100 and 1,000.
    pub(crate) fn logarithmic(&mut self, from: f64, to: f64) -> f64 {
        libm::exp10(self.between(libm::log10(from), libm::log10(to)))
    }

    /// Once in so many times.
    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}
