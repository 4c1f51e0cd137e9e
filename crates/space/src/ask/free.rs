//! What is free: the largest band or window in which nothing is in the way.

use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Volume};

use crate::outline::Prepared;
use crate::question::{Among, Budget, CutShort, Obstacle, meets};

/// Where something moves, time is looked at in steps of this, microseconds.
const MINUTE_US: i64 = 60_000_000;

/// The largest band within another in which all volumes of the notice could be, in their places and at their times, with
/// nothing in the way; the lowest of equals. `None` when no altitude is free. A flat band may be all there is.
///
/// Its datum is that of `within`. What cannot be compared with that datum takes up all altitudes.
///
/// # Errors
/// [`CutShort`] when more than `work` pairs would have to be tested, as [`Index::examine`](crate::Index::examine) counts them.
///
/// ```
/// # use detente_space::{Among, Index, Law, Question, Separation, ask};
/// # use detente_types::height::Heights;
/// # use detente_types::notice::NoticeKind;
/// # use detente_types::time::{Timestamp, Window};
/// # use detente_types::unit::Metres;
/// # use detente_types::volume::{AltitudeBand, Datum, PositionIn, Volume, VolumeIn};
/// # let (noon, hour) = (1_795_521_600_000_000, 3_600_000_000);
/// # let circle = |(lower, upper): (i64, i64), start_us: i64| Volume::try_from(&VolumeIn {
/// #     shape: 1,
/// #     rings: vec![vec![PositionIn { lat_e7: 594_000_000, lon_e7: 247_000_000 }]],
/// #     radius_cm: 100_000,
/// #     lower_cm: lower * 100,
/// #     upper_cm: upper * 100,
/// #     datum: 0,
/// #     start_us,
/// #     end_us: start_us + hour,
/// #     passage: None,
/// # });
/// // At noon for an hour: a drone up to 120 m, and aircraft from 900 m to 1,500 m.
/// let mut others = Index::new();
/// others.insert_volumes("drone", NoticeKind::Operation, &[circle((0, 120), noon)?]);
/// others.insert_volumes("aircraft", NoticeKind::Movement, &[circle((900, 1_500), noon)?]);
/// let own = [circle((0, 2_000), noon)?];
/// let separation = Separation { horizontal: Metres::new(500), vertical: Metres::new(100), time_us: 5 * 60_000_000 };
/// let law = Law::Two(Heights::of(Datum::Wgs84));
/// let question = Question { kind: NoticeKind::Operation, volumes: &own, others: &others, aside: &|_| false, separation, law };
///
/// let ceiling = AltitudeBand::try_new(Metres::ZERO, Metres::new(2_000), Datum::Wgs84)?;
/// let among = [Among::from(question)];
/// let free = ask::free_band(&among, ceiling, 1_000).expect("there are two").expect("something is free");
/// assert_eq!(free.to_string(), "220.01 m to 799.99 m WGS84");
///
/// let day = Window::try_new(Timestamp::from_micros(noon - 4 * hour), Timestamp::from_micros(noon + 4 * hour))?;
/// let free = ask::free_window(&among, day, 1_000).expect("there are two").expect("something is free");
/// assert_eq!(free.to_string(), "2026-11-24T08:00:00Z to 2026-11-24T11:54:59.999999Z");
/// # Ok::<(), detente_types::rule::Violation>(())
/// ```
pub fn free_band(crowds: &[Among<'_>], within: AltitudeBand, work: usize) -> Result<Option<AltitudeBand>, CutShort> {
    let mut budget = Budget::new(work);
    let put = |band: AltitudeBand| move |volume: &Volume| Volume { band, ..volume.clone() };
    let mut taken = Vec::new();
    for among in crowds {
        let whole = among.volumes.iter().map(put(within)).collect::<Vec<_>>();
        for obstacle in all(among, &whole, &mut budget)? {
            match altitudes(among, &whole, &obstacle) {
                Some(span) => taken.push(span),
                None => return Ok(None),
            }
        }
    }
    let band = |(lower, upper)| AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm(upper), within.datum()).ok();
    largest((within.lower().cm(), within.upper().cm()), taken, |gap| {
        band(gap).map_or(Ok(None), |band| Ok(is_clear(crowds, put(band), &mut budget)?.then_some(band)))
    })
}

/// The largest window within another in which all volumes of the notice could be, in their places and at their altitudes, with
/// nothing in the way; the earliest of equals. `None` when no time is free. It is one window for all, and what moves
/// counts as staying on its whole path. Beside what moves it is told in whole minutes from the start of `within`.
///
/// [`free_band`] has an example.
///
/// # Errors
/// [`CutShort`], as there.
pub fn free_window(crowds: &[Among<'_>], within: Window, work: usize) -> Result<Option<Window>, CutShort> {
    let mut budget = Budget::new(work);
    let put = |window: Window| move |volume: &Volume| Volume { window, passage: None, ..volume.clone() };
    let mut taken = Vec::new();
    for among in crowds {
        let whole = among.volumes.iter().map(put(within)).collect::<Vec<_>>();
        let separation_us = among.separation.time_us;
        for obstacle in all(among, &whole, &mut budget)? {
            let (own, other) = (&whole[usize::from(obstacle.asked)], obstacle.other);
            if among.law.follows(own, other) {
                minutes(among, own, &Prepared::new(other), &mut taken, &mut budget)?;
            } else {
                taken.push((other.window.start().micros() - separation_us, other.window.end().micros() + separation_us));
            }
        }
    }
    let window = |(start, end)| Window::try_new(Timestamp::from_micros(start), Timestamp::from_micros(end)).ok();
    largest((within.start().micros(), within.end().micros()), taken, |gap| {
        window(gap).map_or(Ok(None), |window| Ok(is_clear(crowds, put(window), &mut budget)?.then_some(window)))
    })
}

/// Everything in the way.
fn all<'a>(among: &Among<'a>, volumes: &[Volume], budget: &mut Budget) -> Result<Vec<Obstacle<'a>>, CutShort> {
    let found = among.conflicts(volumes, usize::MAX, budget).ok_or(CutShort)?;
    // A budget that is used up may have left something out.
    if budget.left() == 0 { Err(CutShort) } else { Ok(found) }
}

fn is_clear(crowds: &[Among<'_>], put: impl Fn(&Volume) -> Volume, budget: &mut Budget) -> Result<bool, CutShort> {
    for among in crowds {
        let volumes = among.volumes.iter().map(&put).collect::<Vec<_>>();
        if !among.conflicts(&volumes, 1, budget).ok_or(CutShort)?.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The altitudes that something takes from a volume, over the volume's datum; `None` when that is all of them.
fn altitudes(among: &Among<'_>, own: &[Volume], obstacle: &Obstacle<'_>) -> Option<(i64, i64)> {
    let own = &own[usize::from(obstacle.asked)];
    let [mine, theirs] = among.law.spans(&Prepared::new(own), &Prepared::new(obstacle.other))?;
    // How the law grows the band of the volume, whatever it is.
    let (below, above) = (mine.0 - own.band.lower().cm(), mine.1 - own.band.upper().cm());
    let vertical_cm = among.separation.vertical.cm();
    Some((theirs.0 - vertical_cm - above, theirs.1 + vertical_cm - below))
}

/// Adds the minutes that something that moves takes from a volume that stays: all in which it comes too close.
fn minutes(
    among: &Among<'_>,
    own: &Volume,
    other: &Prepared<'_>,
    taken: &mut Vec<(i64, i64)>,
    budget: &mut Budget,
) -> Result<(), CutShort> {
    let (start, end) = (own.window.start().micros(), own.window.end().micros());
    let mut spans = vec![(start, end)];
    while let Some((from, to)) = spans.pop() {
        if let Ok(window) = Window::try_new(Timestamp::from_micros(from), Timestamp::from_micros(to))
            && !meets(among.law, &among.separation, &Volume { window, ..own.clone() }, other, budget).ok_or(CutShort)?
        {
            continue;
        }
        let half = (to - from).div_euclid(2 * MINUTE_US) * MINUTE_US;
        match half {
            // Its ends belong to the minutes beside it as well, which may be free.
            0 if to - from <= MINUTE_US => taken.push((from + 1, to - 1)),
            0 => spans.extend([(from, from + MINUTE_US), (from + MINUTE_US, to)]),
            half => spans.extend([(from, from + half), (from + half, to)]),
        }
    }
    Ok(())
}

/// The largest part of a span that no taken span touches and that passes a test; the first of equals.
fn largest<T>(
    within: (i64, i64),
    mut taken: Vec<(i64, i64)>,
    mut test: impl FnMut((i64, i64)) -> Result<Option<T>, CutShort>,
) -> Result<Option<T>, CutShort> {
    taken.sort_unstable();
    let (mut gaps, mut from) = (Vec::new(), within.0);
    for (start, end) in taken {
        gaps.push((from, (start - 1).min(within.1)));
        from = from.max(end + 1);
    }
    gaps.push((from, within.1));
    gaps.retain(|(from, to)| from <= to);
    gaps.sort_by_key(|(from, to)| from - to);
    gaps.into_iter().find_map(|gap| test(gap).transpose()).transpose()
}
