//! What was acknowledged stays: checked against the disks of both ends.

use detente_types::Head;

use super::{Check, ensure};
use crate::rows::Rows;
use crate::wire::Wire;

/// Checks both directions of a line. `disks` are those of its ends.
pub(crate) fn check(wire: &mut Wire, disks: [&Rows; 2]) -> Check {
    for holder in 0..2 {
        let author = 1 - holder;
        let heads: Vec<Head> = wire.ends[holder].cosigned.newest.values().copied().collect();
        for (head, at) in heads.iter().flat_map(|head| [(head, holder), (head, author)]) {
            let there = disks[at].reaches(wire.line, wire.ends[author].party, head);
            if !there && at == author && wire.ends[at].restored.is_some() {
                // It may have been restored while this cosignature was on its way.
                wire.ends[at].behind = true;
            }
            if wire.ends[at].behind || wire.ends[at].lies {
                continue;
            }
            no_acknowledged_entry_lost(there, at == holder, head)?;
        }
    }
    catch_up(wire, disks);
    Ok(())
}

/// Whether a restored end has everything again that was acknowledged.
fn catch_up(wire: &mut Wire, disks: [&Rows; 2]) {
    for (at, disk) in disks.into_iter().enumerate() {
        if !wire.ends[at].behind {
            continue;
        }
        let has = |holder: usize| {
            let mut heads = wire.ends[holder].cosigned.newest.values();
            heads.all(|head| disk.reaches(wire.line, wire.ends[1 - holder].party, head))
        };
        let both = has(0) && has(1);
        wire.ends[at].behind = !both;
    }
}

/// When faults are off for long, nobody lacks anything that was acknowledged, restored or not.
pub(crate) fn check_end(wire: &mut Wire, disks: [&Rows; 2]) -> Check {
    check(wire, disks)?;
    for at in 0..2 {
        let end = &wire.ends[at];
        ensure(!end.behind || end.lies || wire.is_broken(), "no_acknowledged_entry_lost", || {
            "a restored node has not got everything back that was acknowledged".into()
        })?;
    }
    Ok(())
}

/// What a liar still has of an honest author's log, and gives back, is on that author's disk, restored or not.
pub(crate) fn check_copy(wire: &Wire, author: usize, disk: &Rows, head: &Head) -> Check {
    no_acknowledged_entry_lost(disk.reaches(wire.line, wire.ends[author].party, head), false, head)
}

/// An entry that its holder has cosigned is on the author's disk and on the holder's, whatever crashes (PROTOCOL E5). A
/// machine that was restored gets it back from the other.
fn no_acknowledged_entry_lost(there: bool, of_holder: bool, head: &Head) -> Check {
    let whose = if of_holder { "holder" } else { "author" };
    ensure(there, "no_acknowledged_entry_lost", || format!("{} entries are cosigned and the {whose} has lost some", head.size))
}
