//! What a liar does to an honest peer that was restored: the one time when that peer has to ask it what it said.

use std::collections::BTreeSet;

use detente_node::Effect;
use detente_types::{Generation, Head, StatementRef};
use detente_wire::codec::to_slots;
use detente_wire::frame::Hello;
use detente_wire::{Body, LeafFields, seal_entry};

use super::deeds::{check, made_up};
use super::{Liar, Lie};
use crate::dice::Dice;
use crate::invariant::audible::read_entry;

/// In so many meetings it lies; then it tells the truth, and what it tells must help.
const FALSE_MEETINGS: u32 = 3;
/// So much more than there is one claims who claims more.
const MORE: u64 = 5;

/// What it knows of a restore.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    sessions: BTreeSet<u64>,
    /// Its peer was restored.
    noticed: bool,
    /// Meetings in which it will still lie.
    left: u32,
    /// It has given back what is not true in this meeting.
    gave: bool,
}

impl Restored {
    /// Whether what it says of its copy is not true.
    pub(crate) const fn claims_falsely(&self) -> bool {
        self.left > 0
    }
}

impl Liar {
    /// Whether it has done what it is there for.
    pub(crate) const fn has_lied(&self) -> bool {
        !self.lie.is_about_a_restore() || self.deeds.lied
    }

    /// A process that has less of its own log than it once said was restored: now is the time.
    pub(super) fn notice_restore(&mut self, hello: &Hello) {
        let fresh = self.restored.sessions.insert(hello.session);
        let less = hello.own.generation == self.copied.generation && hello.own.size < self.copied.checkpoint.0;
        if !fresh || !less || !self.lie.is_about_a_restore() || self.restored.noticed {
            return;
        }
        (self.restored.noticed, self.restored.left, self.deeds.lied) = (true, FALSE_MEETINGS, true);
        let note = self.copied.checkpoint.1.clone();
        match self.lie {
            Lie::ClaimsLess => {
                self.restored.left = 0;
                self.copied.cut(hello.own.size / 2);
                self.link.cosign(Vec::new());
                self.tell_copy();
            }
            Lie::ClaimsMore => {
                let head = self.copied.head_at(self.copied.checkpoint.0);
                self.link.set_copy(Head { size: head.size + MORE, root: made_up(), ..head }, note);
            }
            Lie::ClaimsFork => {
                let head = self.copied.head_at(hello.own.size.max(1));
                self.link.set_copy(Head { root: made_up(), ..head }, note);
            }
            _ => {}
        }
    }

    /// A meeting in which it lied about its copy is over soon: the other side hangs up.
    pub(super) fn met_restored(&mut self) {
        if self.restored.left == 0 || !matches!(self.lie, Lie::ClaimsMore | Lie::ClaimsFork) {
            return;
        }
        self.restored.left -= 1;
        if self.restored.left == 0 {
            self.tell_copy();
        }
    }

    /// What the other side lost of its own log: rightly, altered, or not at all.
    pub(super) fn give_back(&mut self, dice: &mut Dice, generation: Generation, from: u64, max_bytes: usize) {
        if self.lie == Lie::GivesNothing || generation != self.copied.generation {
            return;
        }
        let altered = self.lie == Lie::GivesAltered && self.restored.left > 0;
        self.restored.gave |= altered;
        let mut given = 0;
        for index in from..self.copied.size() {
            let packed =
                if altered && index == from { self.altered(dice, index) } else { self.copied.packed[index as usize].clone() };
            given += packed.len();
            self.link.supply(false, generation, index, packed);
            if given >= max_bytes {
                break;
            }
        }
    }

    /// Another entry than the one at this place: of its own making, or of another place.
    fn altered(&self, dice: &mut Dice, index: u64) -> Vec<u8> {
        let packed = &self.copied.packed[index as usize];
        let (Some((fields, ..)), true) = (read_entry(packed), dice.chance(700)) else {
            return self.copied.packed[dice.below(index) as usize].clone();
        };
        let StatementRef { author, generation, .. } = self.copied.entries[index as usize];
        let said = check(dice);
        let body = Body::new(dice.rng(), to_slots(&said)).expect("a check fits a body");
        let fields = LeafFields { author, generation, body_root: body.root(), ..fields };
        seal_entry(&*self.scheme, &self.own.side.log, fields, body).packed()
    }

    /// The other side has refused what it was given, or soon will: they meet anew.
    pub(super) fn hang_up_after_giving(&mut self) {
        if core::mem::take(&mut self.restored.gave) {
            self.restored.left -= 1;
            self.effects.push_back(Effect::Hangup(self.line));
        }
    }
}
