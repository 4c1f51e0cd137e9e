//! The fixed line on which everything is judged.

use std::sync::LazyLock;

use detente_testkit::terms::valid_terms;
use detente_testkit::{Heard, MORNING, MockScheme, Parties, parties};
use detente_types::Terms;
use detente_types::statement::StatementIn;
use detente_wire::meaning::{Standing, check};

static SCENE: LazyLock<Scene> = LazyLock::new(|| Scene { parties: parties(&MockScheme, 1), terms: valid_terms() });

/// Two parties with terms in force.
pub(crate) struct Scene {
    pub(crate) parties: Parties,
    pub(crate) terms: Terms,
}

impl Scene {
    pub(crate) fn get() -> &'static Self {
        &SCENE
    }

    /// Passes a statement through the meaning gate, twice: as entry 0 of the lower party's log, and as a later one of a
    /// log whose terms are in force. The verdict must not depend on anything but its input.
    pub(crate) fn judge(&self, statement: &StatementIn) {
        for (index, terms) in [(0, None), (9, Some(&self.terms))] {
            let standing = Standing {
                line: self.parties.line,
                author: self.parties.low.id(),
                other: self.parties.high.id(),
                index,
                claimed: MORNING,
                urgent: index == 0,
                terms,
                known: &Heard::default(),
                scheme: &MockScheme,
            };
            let verdict = check(statement.clone(), &standing);
            assert_eq!(verdict, check(statement.clone(), &standing), "one statement, one verdict");
            for fault in verdict.err().into_iter().flatten() {
                let told = fault.to_string();
                assert!(!told.contains(['\u{1b}', '\u{202e}']), "a refusal cannot steer a screen: {told:?}");
            }
        }
    }
}
