//! How shifts that resolve a conflict are weighed against each other, and how far they may go.
//!
//! Both sides agree on it, so that what one side suggests is what the other expects: it decides which shift is told first,
//! and never whether two notices are in conflict.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Limit;

section! {
    /// Weights of suggested shifts, and their limits.
    ResolutionIn {
        /// What a minute earlier or later costs.
        0 per_minute: u32,
        /// What 100 m up or down cost.
        1 per_100_m: u32,
        /// What a kilometre aside costs.
        2 per_km: u32,
        /// How far a plan is shifted in time at most, minutes; 0 when times are not changed.
        3 time_max_min: u32,
        /// How far it is shifted in altitude at most, metres; 0 when altitudes are not changed.
        4 altitude_max_m: u32,
        /// How far it is shifted aside at most, kilometres; 0 when places are not changed.
        5 place_max_km: u32,
    }
}

/// Largest weight: a thousand times a weight of 1 in every unit leaves room for all shifts.
const WEIGHT_MAX: u64 = 10_000;
/// Longest shift in time, minutes: a week.
const TIME_MIN_MAX: u64 = 10_080;
/// Largest shift in altitude, metres.
const ALTITUDE_M_MAX: u64 = 20_000;
/// Largest shift aside, kilometres: further than that it is another plan.
const PLACE_KM_MAX: u64 = 500;

impl ResolutionIn {
    /// What counts where terms do not say: 100 m cost as much as 5 minutes, a kilometre as much as 25. At most six hours,
    /// 3,000 m and 50 km.
    pub const DEFAULT: Self =
        Self { per_minute: 2, per_100_m: 10, per_km: 50, time_max_min: 360, altitude_max_m: 3_000, place_max_km: 50 };

    pub(super) fn limits(&self) -> [Limit; 6] {
        [
            ("resolution.per_minute", self.per_minute.into(), 1, WEIGHT_MAX),
            ("resolution.per_100_m", self.per_100_m.into(), 1, WEIGHT_MAX),
            ("resolution.per_km", self.per_km.into(), 1, WEIGHT_MAX),
            ("resolution.time_max_min", self.time_max_min.into(), 0, TIME_MIN_MAX),
            ("resolution.altitude_max_m", self.altitude_max_m.into(), 0, ALTITUDE_M_MAX),
            ("resolution.place_max_km", self.place_max_km.into(), 0, PLACE_KM_MAX),
        ]
    }
}
