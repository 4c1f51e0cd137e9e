//! Revocations (PROTOCOL P2): a party key takes back what it certified. What the keys of a generation signed from a size on
//! is disputed; nothing is removed.
//!
//! A revocation is said in the log like any statement, and named in each hello too: the log may be held, or waits for
//! something. Of several for one generation the lowest size counts, and that one alone is kept and told. So what is kept is
//! bounded by the generations that are here, and what a hello repeats changes nothing.

use detente_types::statement::{KeyRevokeIn, StatementIn};
use detente_types::{Generation, PartyId};
use detente_wire::{certificate, codec};
use minicbor::bytes::ByteVec;

use crate::input::What;
use crate::line::{Cx, Line};

impl Line {
    /// Revocations of both parties: of which generation, from which size on.
    pub fn revocations(&self) -> impl Iterator<Item = (PartyId, Generation, u64)> + '_ {
        self.revoked.iter().map(|((party, generation), from)| (*party, *generation, *from))
    }

    /// Revocations in a hello. What is known already costs nothing, and of several bad ones the first is blamed.
    pub(crate) fn take_revocations(&mut self, cx: &mut Cx<'_>, all: &[ByteVec]) {
        for bytes in all {
            let Ok(revocation) = codec::decode::<KeyRevokeIn>(bytes, "revocation") else {
                return self.peer_fault(cx, "a revocation in their hello does not decode".into());
            };
            if !self.is_news(self.them(), &revocation) {
                continue;
            }
            if let Err(fault) = certificate::open_revocation(cx.scheme, self.party_keys[1], self.id, &revocation) {
                return self.peer_fault(cx, format!("a revocation in their hello is refused: {fault}"));
            }
            self.revoke(cx, self.them(), &revocation);
        }
    }

    /// A party has revoked the keys of a generation of its own, by a signature that was checked.
    pub(crate) fn revoke(&mut self, cx: &mut Cx<'_>, author: PartyId, revocation: &KeyRevokeIn) {
        if !self.is_news(author, revocation) {
            return;
        }
        let KeyRevokeIn { generation, from_size, .. } = *revocation;
        self.revoked.insert((author, generation), from_size);
        if author == self.us() {
            self.own_revocations.insert(generation, codec::encode(revocation));
            self.link.set_revocations(self.own_revocations.values().cloned().collect());
        }
        self.event(cx, What::Revoked(author, generation, from_size));
    }

    /// Revocations of ours that wait in the book to be stated: they count, and are in the hello.
    pub(crate) fn load_revocations(&mut self, cx: &mut Cx<'_>) {
        let waits = |input: &StatementIn| if let StatementIn::KeyRevoke(r) = input { Some(r.clone()) } else { None };
        let waiting: Vec<KeyRevokeIn> = self.waiting.iter().filter_map(|w| waits(&w.input)).collect();
        waiting.iter().for_each(|revocation| self.revoke(cx, self.us(), revocation));
    }

    /// Whether it disputes more than is known. Of a generation that is not here nothing is to be disputed; they say it again
    /// in each hello.
    fn is_news(&self, author: PartyId, revocation: &KeyRevokeIn) -> bool {
        let known = self.revoked.get(&(author, revocation.generation));
        self.side(&author).life(revocation.generation).is_some() && known.is_none_or(|from| revocation.from_size < *from)
    }
}
