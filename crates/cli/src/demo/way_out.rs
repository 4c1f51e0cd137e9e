//! A way out of a conflict: the smallest move of Aster's plan, in time or in height, that keeps it clear of everything that
//! Borea has disclosed. Computed by Borea, from what both have disclosed (PROTOCOL C6).

use anyhow::Result;
use detente_api::ask::TermsAnswer;
use detente_api::view::ConflictView;
use detente_gateway::NoticeForm;
use detente_space::{Law, Separation};
use detente_types::{Metres, Notice, NoticeId, Terms, VolumeIn};

use super::node::Side;

/// A move, and how it is said.
pub(super) struct WayOut {
    /// Minutes later.
    pub(super) shift_min: Option<i64>,
    /// Metres up.
    pub(super) climb_m: Option<i64>,
    /// In words.
    pub(super) words: String,
}

/// Steps that are tried, nearest first.
const SHIFTS_MIN: [i64; 12] = [15, -15, 30, -30, 45, -45, 60, -60, 90, -90, 120, -120];
const CLIMBS_M: [i64; 12] = [300, -300, 600, -600, 1000, -1000, 1500, -1500, 2000, -2000, 3000, -3000];

/// Looks for a move that clears a conflict and makes no new one.
///
/// # Errors
/// When a node does not answer.
pub(super) fn way_out(aster: &Side, borea: &Side, conflict: &ConflictView) -> Result<Option<WayOut>> {
    let terms: TermsAnswer = borea.get("terms")?;
    let Some(fixed) = Fixed::new(borea, &terms)? else {
        return Ok(None);
    };
    let moving = aster.notices()?.into_iter().find(|n| n.by == "ours" && conflict.statements.iter().any(|s| s.hash == n.at.hash));
    let Some(moving) = moving.and_then(|n| notice(&n.notice)) else {
        return Ok(None);
    };
    let shift = SHIFTS_MIN.into_iter().find(|min| fixed.is_clear(&moved(&moving, *min * 60_000_000, 0)));
    if let Some(min) = shift {
        let words = format!("{} minutes {}", min.abs(), if min > 0 { "later" } else { "earlier" });
        return Ok(Some(WayOut { shift_min: Some(min), climb_m: None, words }));
    }
    let climb = CLIMBS_M.into_iter().find(|m| fixed.is_clear(&moved(&moving, 0, *m * 100)));
    Ok(climb.map(|m| {
        let words = format!("{} metres {}", m.abs(), if m > 0 { "higher" } else { "lower" });
        WayOut { shift_min: None, climb_m: Some(m), words }
    }))
}

/// Everything that Borea has disclosed.
struct Fixed {
    law: Law,
    separation: Separation,
    notices: Vec<Notice>,
}

impl Fixed {
    fn new(borea: &Side, terms: &TermsAnswer) -> Result<Option<Self>> {
        let Some((terms, law)) = Terms::try_new(terms.terms.clone()).ok().and_then(|t| Law::of_terms(&t).map(|law| (t, law)))
        else {
            return Ok(None);
        };
        let separation = Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() };
        let ours = borea.notices()?.into_iter().filter(|n| n.by == "ours");
        Ok(Some(Self { law, separation, notices: ours.filter_map(|n| notice(&n.notice)).collect() }))
    }

    /// Whether a notice keeps its separation from all of them.
    fn is_clear(&self, moving: &Option<Notice>) -> bool {
        let Some(moving) = moving else {
            return false;
        };
        let meets = |fixed: &Notice| {
            self.law.kinds_meet(moving.kind(), fixed.kind())
                && moving
                    .volumes()
                    .iter()
                    .any(|v| fixed.volumes().iter().any(|w| self.law.meet(v, w, &self.separation).is_some()))
        };
        !self.notices.iter().any(meets)
    }
}

fn notice(form: &NoticeForm) -> Option<Notice> {
    let mut draft = form.to_draft(NoticeId::new([0; 16])).ok()?;
    (draft.notice.version, draft.notice.replaces) = (1, None);
    Notice::try_new(draft.notice).ok()
}

fn moved(notice: &Notice, shift_us: i64, climb_cm: i64) -> Option<Notice> {
    let mut input = notice.input().clone();
    detente_gateway::shift::shift(&mut input, shift_us);
    for volume in &mut input.volumes {
        let VolumeIn { lower_cm, upper_cm, .. } = volume;
        *lower_cm += climb_cm;
        *upper_cm += climb_cm;
    }
    // Aircraft stay out of the ground: a way down ends at the datum.
    let grounded = input.volumes.iter().any(|v| Metres::from_cm(v.lower_cm) < Metres::ZERO);
    if grounded && climb_cm < 0 { None } else { Notice::try_new(input).ok() }
}
