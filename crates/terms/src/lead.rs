//! Lead times: whether a notice was stated early enough before it starts (PRACTICE section 5, T7).

use detente_types::{Notice, NoticeKind, Precedence, Terms, Timestamp};

/// How a notice's lead compares with what the terms ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// It has no start that the other side must prepare for: see [`start`].
    Exempt,
    /// Stated in time.
    Ample {
        /// Microseconds to spare, 0 when exactly in time.
        by_us: i64,
    },
    /// Stated later than the terms ask: screens mark it SHORT.
    Short {
        /// Microseconds that are missing; above 0.
        by_us: i64,
    },
}

/// Compares the time from statement to start with the lead time of the notice's precedence.
pub fn lead(notice: &Notice, stated_at: Timestamp, terms: &Terms) -> Lead {
    let (Some(start), Some(wanted_us)) = (start(notice), wanted_us(notice.precedence(), terms)) else {
        return Lead::Exempt;
    };
    let spare_us = start.since(stated_at).saturating_sub(wanted_us);
    if spare_us < 0 { Lead::Short { by_us: spare_us.saturating_neg() } } else { Lead::Ample { by_us: spare_us } }
}

/// When the activity that the notice announces begins: the start of its earliest volume.
///
/// `None` for what is not announced ahead: a site is to be respected from the moment it is known, and danger, questions,
/// incidents, calls and texts are about now.
pub fn start(notice: &Notice) -> Option<Timestamp> {
    use NoticeKind as K;
    match notice.kind() {
        K::Site | K::Question | K::Incident | K::Safety | K::Call | K::Text => None,
        K::Operation | K::Airspace | K::Movement | K::Exercise | K::Hazard | K::Launch | K::Force | K::Withdrawal => {
            notice.volumes().iter().map(|volume| volume.window.start()).min()
        }
    }
}

/// Whole seconds until it begins, rounded down so that nobody is promised more than there is; negative once begun.
pub fn seconds_left(notice: &Notice, now: Timestamp) -> Option<i64> {
    start(notice).map(|start| start.since(now).div_euclid(1_000_000))
}

fn wanted_us(precedence: Precedence, terms: &Terms) -> Option<i64> {
    let lead = &terms.input().lead_time;
    let minutes = match precedence {
        Precedence::Safety => return None,
        Precedence::Flash => lead.flash_min,
        Precedence::Immediate => lead.immediate_min,
        Precedence::Priority => lead.priority_min,
        Precedence::Routine => lead.routine_min,
    };
    Some(i64::from(minutes) * 60_000_000)
}
