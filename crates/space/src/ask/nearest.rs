//! The nearest of the others.

use detente_types::unit::Metres;

use crate::index::Find;
use crate::law::Separation;
use crate::question::{Budget, CutShort, Question};

/// How far is looked first, centimetres; each further look goes four times as far.
const FIRST_CM: i64 = 100_000;
const FURTHER: i64 = 4;

/// Who comes closest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest<K> {
    /// Which pair of volumes, how far apart, and where.
    pub find: Find<K>,
    /// What is left between their distance and the separation along the earth; negative when that is too close. It says
    /// nothing of altitude and time.
    pub margin: Metres,
}

/// Which of the others comes closest along the earth, among those that are in altitude and time within `gates`, and no further
/// away than its horizontal length. The first of equals, in the order of keys.
///
/// Others whose kinds cannot meet this one's are left aside. `None` when there is none so near.
///
/// # Errors
/// [`CutShort`] when more than `work` pairs would have to be tested, as [`Index::examine`](crate::Index::examine) counts them.
///
/// ```
/// # use detente_space::{Index, Law, Question, Separation, ask};
/// # use detente_types::height::Heights;
/// # use detente_types::notice::NoticeKind;
/// # use detente_types::unit::Metres;
/// # use detente_types::volume::{Datum, PositionIn, Volume, VolumeIn};
/// # let circle = |lon_e7: i64| Volume::try_from(&VolumeIn {
/// #     shape: 1,
/// #     rings: vec![vec![PositionIn { lat_e7: 0, lon_e7 }]],
/// #     radius_cm: 100_000,
/// #     lower_cm: 0,
/// #     upper_cm: 10_000,
/// #     datum: 0,
/// #     start_us: 1_795_521_600_000_000,
/// #     end_us: 1_795_525_200_000_000,
/// #     passage: None,
/// # });
/// // Circles of a kilometre on the equator, 0.1° and 0.3° east of ours.
/// let (own, near, far) = ([circle(0)?], [circle(1_000_000)?], [circle(3_000_000)?]);
/// let mut others = Index::new();
/// others.insert_volumes("far", NoticeKind::Movement, &far);
/// others.insert_volumes("near", NoticeKind::Movement, &near);
/// let separation = Separation { horizontal: Metres::new(5_000), vertical: Metres::new(300), time_us: 0 };
/// let law = Law::Two(Heights::of(Datum::Wgs84));
/// let question =
///     Question { kind: NoticeKind::Operation, volumes: &own, others: &others, aside: &|_| false, separation, law };
///
/// let gates = Separation { horizontal: Metres::new(50_000), ..separation };
/// let nearest = ask::nearest(&question, &gates, 1_000).expect("there are two").expect("two are within 50 km");
/// assert_eq!(nearest.find.pair.key, "near");
/// // 11,132 m between the middles, less both radii and the metre by which the law is careful.
/// assert_eq!(nearest.find.meeting.distance.to_string(), "9130.94 m");
/// assert_eq!(nearest.margin.to_string(), "4130.94 m");
/// # Ok::<(), detente_types::rule::Violation>(())
/// ```
pub fn nearest<K: Ord + Clone>(
    question: &Question<'_, K>,
    gates: &Separation,
    work: usize,
) -> Result<Option<Nearest<K>>, CutShort> {
    let mut budget = Budget::new(work);
    let most = gates.horizontal.cm();
    let mut reach = FIRST_CM.min(most);
    loop {
        let within = Separation { horizontal: Metres::from_cm(reach), ..*gates };
        let near = Question { separation: within, ..question.of(question.volumes) };
        if let Some(find) = near.all(&mut budget)?.into_iter().min_by_key(|find| find.meeting.distance) {
            let margin = find.meeting.distance.saturating_sub(question.separation.horizontal);
            return Ok(Some(Nearest { find, margin }));
        }
        if reach >= most {
            return Ok(None);
        }
        reach = reach.saturating_mul(FURTHER).min(most);
    }
}
