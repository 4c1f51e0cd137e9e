//! Notices moved in time: yesterday's example becomes tomorrow's plan.

use detente_types::{NoticeIn, Timestamp};

use crate::form::NoticeForm;

/// A day, microseconds.
pub const DAY_US: i64 = 86_400_000_000;

/// Moves every time of a notice: its validity, its volumes and, for a safety notice, since when.
pub fn shift(notice: &mut NoticeIn, by_us: i64) {
    let moved = |us: &mut i64| *us = us.saturating_add(by_us);
    moved(&mut notice.valid_from_us);
    moved(&mut notice.valid_until_us);
    notice.volumes.iter_mut().for_each(|volume| volume.shift(by_us));
    notice.detail.iter_mut().filter_map(|detail| detail.since_us.as_mut()).for_each(moved);
}

/// Moves every time of a form; what is no time stays as it is.
pub fn shift_form(form: &mut NoticeForm, by_us: i64) {
    let moved = |text: &mut String| {
        if let Some(time) = Timestamp::parse(text) {
            *text = time.plus_micros(by_us).to_string();
        }
    };
    form.valid_from.iter_mut().for_each(moved);
    form.valid_until.iter_mut().for_each(moved);
    for volume in &mut form.volumes {
        moved(&mut volume.start);
        moved(&mut volume.end);
        volume.times.iter_mut().for_each(moved);
    }
    form.detail.iter_mut().filter_map(|detail| detail.since.as_mut()).for_each(moved);
}

/// How far to move notices that play on the UTC day of `day` so that they play on the day after that of `now`: whole
/// days, so that the hours stay what they are.
pub fn to_tomorrow(day: Timestamp, now: Timestamp) -> i64 {
    let number = |t: Timestamp| t.micros().div_euclid(DAY_US);
    (number(now) + 1 - number(day)).saturating_mul(DAY_US)
}
