//! Generations: where one ends and the next begins, looked at on every disk (PROTOCOL S5).

use std::collections::BTreeMap;

use detente_node::port::Write;
use detente_types::statement::StatementIn;
use detente_types::{Generation, Head};
use detente_wire::codec::from_body;
use detente_wire::{Body, Leaf, PublicKey, Scheme};

use super::{Check, ensure};
use crate::rows::{LogName, LogRows, Rows};
use crate::wire::Wire;

/// Where each generation ended, as the opening of the next one says on this disk.
pub(crate) type Ends = BTreeMap<LogName, Head>;

/// Looks at both logs of a line on the disk of one of its ends, `other` being the disk at the other one.
pub(crate) fn check(wire: &Wire, end: usize, disk: &Rows, other: &Rows, ends: &mut Ends) -> Check {
    for author in [end, 1 - end] {
        let party = wire.ends[author].party;
        let generations: Vec<Generation> = disk.generations(wire.line, party).collect();
        for pair in generations.windows(2) {
            let (before, next) = (wire.log_of(author, pair[0]), wire.log_of(author, pair[1]));
            let known = ends.get(&next).copied();
            let Some(named) = known.or_else(|| named_end(disk, &next)) else {
                return generations_follow(false, pair[1], "no head", "one");
            };
            ends.insert(next, named);
            let here = head_of(disk, &before);
            generations_follow(here == named, pair[1], &named, &here)?;
            if known.is_none() && author == end && !wire.is_broken() {
                let held = other.log(&before).map_or(0, LogRows::size);
                nothing_held_is_disowned(held <= named.size, pair[1], named.size, held)?;
            }
        }
    }
    Ok(())
}

/// At rest each side has stated where every generation of the other ended (PROTOCOL S5).
pub(crate) fn check_end(wire: &Wire, end: usize, disk: &Rows) -> Check {
    let (us, them) = (wire.ends[end].party, wire.ends[1 - end].party);
    let stated: Vec<Head> = statements(disk, wire, us)
        .filter_map(|said| match said {
            StatementIn::GenerationClose(close) => Some(close.head),
            _ => None,
        })
        .collect();
    let generations: Vec<Generation> = disk.generations(wire.line, them).collect();
    for ended in generations.iter().rev().skip(1) {
        let head = head_of(disk, &wire.log_of(1 - end, *ended));
        ends_are_stated(stated.contains(&head), &head)?;
    }
    Ok(())
}

/// An entry that its author filed again after a restore still bears the author's signature.
pub(crate) fn own_entry(scheme: &dyn Scheme, key: &PublicKey, leaf: &[u8], index: u64) -> Check {
    taken_back_is_signed(Leaf::open(scheme, key, leaf).is_ok(), index)
}

fn statements<'a>(disk: &'a Rows, wire: &'a Wire, party: detente_types::PartyId) -> impl Iterator<Item = StatementIn> + 'a {
    let logs = disk.generations(wire.line, party).filter_map(move |generation| disk.log(&(wire.line, party, generation)));
    logs.flat_map(|log| (0..log.size()).filter_map(|index| said_at(log, index)))
}

fn said_at(log: &LogRows, index: u64) -> Option<StatementIn> {
    match log.row(index)? {
        Write::Entry { body, .. } => from_body(&Body::decode(body).ok()?).ok(),
        _ => None,
    }
}

/// The head that entry 0 of a generation names.
fn named_end(disk: &Rows, name: &LogName) -> Option<Head> {
    match said_at(disk.log(name)?, 0)? {
        StatementIn::GenerationOpen(opening) => opening.previous,
        _ => None,
    }
}

fn head_of(disk: &Rows, name: &LogName) -> Head {
    let size = disk.log(name).map_or(0, LogRows::size);
    let root = disk.log(name).and_then(|log| log.root_at(size)).unwrap_or(detente_wire::merkle::EMPTY_ROOT);
    Head { generation: name.2, size, root }
}

/// On every disk a generation names exactly the head at which the one before ends there, and that one does not grow any
/// more: an author names all that it has, and a holder begins no copy before the last one is whole (PROTOCOL S5, decision
/// 0014).
fn generations_follow<T: core::fmt::Debug + ?Sized>(holds: bool, generation: Generation, named: &T, here: &T) -> Check {
    ensure(holds, "generations_follow", || format!("generation {generation} names {named:?}, and the one before is {here:?}"))
}

/// No author opens a generation that names less of the one before than an honest peer holds under its signature: it asks
/// first (PROTOCOL S4, S5).
fn nothing_held_is_disowned(holds: bool, generation: Generation, named: u64, held: u64) -> Check {
    ensure(holds, "nothing_held_is_disowned", || {
        format!("generation {generation} names {named} entries, and the peer has {held}")
    })
}

/// Each side states where a generation of the other ended (PROTOCOL S5).
fn ends_are_stated(stated: bool, head: &Head) -> Check {
    ensure(stated, "ends_are_stated", || format!("nothing is stated about the end of their generation at {head:?}"))
}

/// What a restored author takes back is what it once signed, whoever gives it (PROTOCOL S4).
fn taken_back_is_signed(signed: bool, index: u64) -> Check {
    ensure(signed, "taken_back_is_signed", || format!("entry {index} of its own log does not bear its author's signature"))
}
