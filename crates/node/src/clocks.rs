//! stand-in
use crate::line::{Cx, Line};
use detente_types::statement::Statement;
use detente_types::*;
use detente_wire::Valid;
pub(crate) struct TermsHistory {
    terms: Terms,
}
impl TermsHistory {
    pub(crate) fn new(_p: [PartyId; 2], terms: Terms) -> Self {
        Self { terms }
    }
    pub(crate) fn in_force(&self, _a: &PartyId, _g: Generation, _i: u64, _s: &Head) -> &Terms {
        &self.terms
    }
    pub(crate) fn apply(&mut self, _at: &StatementRef, _s: &Head, _st: &Valid<Statement>) -> bool {
        false
    }
    pub(crate) fn current(&self) -> &Terms {
        &self.terms
    }
}
#[derive(Default)]
pub(crate) struct SafetyWatches;
impl SafetyWatches {
    pub(crate) fn handle_safety(&mut self, _now: Timestamp, at: StatementRef, _n: &Notice, _t: &Terms) -> Vec<StatementRef> {
        vec![at]
    }
    pub(crate) fn handle_action(&mut self, _of: &StatementRef) {}
}
pub(crate) struct LineWatch;
impl LineWatch {
    pub(crate) fn new(_a: PartyId, _b: PartyId, _t: &Terms, _o: Timestamp) -> Self {
        Self
    }
    pub(crate) fn handle_sent(&mut self, _at: &StatementRef, _t: Timestamp) {}
    pub(crate) fn handle_answer(&mut self, _of: &StatementRef, _t: Timestamp, _o: bool) {}
}
impl Line {
    pub(crate) fn watch_clocks(&mut self, _cx: &mut Cx<'_>) {}
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        self.link.poll_timeout()
    }
    pub(crate) fn tell_ring(&mut self, cx: &mut Cx<'_>, of: StatementRef) {
        self.event(cx, crate::What::SafetyRings(of, 1));
    }
}
