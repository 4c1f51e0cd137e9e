//! A day of drones over one city: what B1 calls small, as things that move.

use anyhow::Result;
use detente_space::{Law, Separation};
use detente_types::height::Heights;
use detente_types::passage::PassageIn;
use detente_types::unit::Metres;
use detente_types::volume::{Datum, PositionIn, Volume, VolumeIn};

use super::Scene;

const DAY_US: f64 = 86_400e6;
const MIDNIGHT_US: i64 = 1_795_478_400_000_000;
const FOOT_CM: f64 = 30.48;

/// SplitMix64, as workload B1 draws.
struct Draw(u64);

impl Draw {
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.part()
    }

    fn gauss(&mut self) -> f64 {
        let u = 1.0 - self.part();
        (-2.0 * u.ln()).sqrt() * (core::f64::consts::TAU * self.part()).cos()
    }
}

/// So many flights a side, half an hour each: out from one place to another and back by a third, all within a city of 15 km
/// (one sigma), at 50 to 400 feet over mean sea level, 25 to 100 m either side of their way, a minute early or late.
///
/// # Errors
/// When a drawn flight breaks a rule.
pub fn scene(name: &'static str, flights: usize, separation: Separation) -> Result<Scene> {
    let side = |seed: u64| -> Result<Vec<Vec<Volume>>> {
        let mut draw = Draw(seed);
        (0..flights).map(|_| Ok(vec![flight(&mut draw)?])).collect()
    };
    let law = Law::Two(Heights::of(Datum::Amsl));
    Ok(Scene { name, sides: [side(42)?, side(4242)?], separation, law, datum: Datum::Amsl })
}

fn flight(draw: &mut Draw) -> Result<Volume> {
    let place = |draw: &mut Draw| {
        let (north, east) = (draw.gauss() * 15_000.0, draw.gauss() * 15_000.0);
        let lat = 50.0 + north / 111_320.0;
        PositionIn { lat_e7: (lat * 1e7) as i64, lon_e7: ((30.0 + east / 111_320.0 / lat.to_radians().cos()) * 1e7) as i64 }
    };
    let base = place(draw);
    let near = |draw: &mut Draw| {
        let away = |draw: &mut Draw| (draw.within(-1.0, 1.0) * 0.08e7) as i64;
        PositionIn { lat_e7: base.lat_e7 + away(draw), lon_e7: base.lon_e7 + away(draw) }
    };
    let path = vec![base, near(draw), near(draw), base];
    let start_us = MIDNIGHT_US + draw.within(0.0, DAY_US - 1_860e6) as i64;
    let times_us: Vec<i64> = (0..4).map(|i| start_us + i * 600_000_000).collect();
    let lower = draw.within(50.0, 300.0);
    let upper = (lower + draw.within(50.0, 150.0)).min(400.0);
    let slack_us = 60_000_000;
    Ok(Volume::try_from(&VolumeIn {
        shape: 2,
        rings: vec![path],
        radius_cm: draw.within(2_500.0, 10_000.0) as i64,
        lower_cm: (lower * FOOT_CM) as i64,
        upper_cm: (upper * FOOT_CM) as i64,
        datum: 1,
        start_us: start_us - slack_us,
        end_us: times_us[3] + slack_us,
        passage: Some(PassageIn { times_us, slack_us }),
    })?)
}

/// Half a kilometre, 100 feet (30 m) and a minute.
pub const fn separation() -> Separation {
    Separation { horizontal: Metres::new(500), vertical: Metres::new(30), time_us: 60_000_000 }
}
