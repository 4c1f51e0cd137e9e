//! Blind runs: both logs tell one story of each, whatever was cut and whoever crashed.

use detente_node::Line;
use detente_node::blind::RunState;

use super::{Check, ensure};

pub(crate) const NAME: &str = "blind_runs_agree";

/// Equal prefixes of the two logs say the same about every run, and two honest sides that reached its end found the same: as many
/// cells, under equal seals.
pub(crate) fn equal_prefixes_agree(lines: [&Line; 2]) -> Check {
    let [a, b] = lines.map(|line| line.blind_record().collect::<Vec<_>>());
    ensure(a == b, NAME, || format!("{} and {} runs, and they are not the same", a.len(), b.len()))?;
    for (run, record) in a {
        ensure(record.state() != RunState::Differs, NAME, || format!("of run {run} the two sides sealed different results"))?;
    }
    for (run, count, agrees) in lines[0].blind_found() {
        ensure(agrees != Some(false), NAME, || format!("run {run} found what the other side is said not to have found"))?;
        let other = lines[1].blind_found().find(|(of, ..)| *of == run).map(|(_, count, _)| count);
        ensure(other.is_none_or(|other| other == count), NAME, || {
            format!("run {run} found {count} cells here, {other:?} there")
        })?;
    }
    Ok(())
}

/// At rest no run is under way: each that was begun, committed to or asked for has ended in both logs.
pub(crate) fn all_ended(lines: [&Line; 2]) -> Check {
    for line in lines {
        ensure(!line.is_matching(), NAME, || "a blind run is under way".into())?;
    }
    let open = lines[0].blind_record().find(|(_, record)| {
        let began = |side: usize| record.committed[side].is_some();
        (0..2).any(|side| began(side) && record.ended[side].is_none())
    });
    ensure(open.is_none(), NAME, || format!("run {:?} was committed to and never ended", open.map(|(run, _)| run)))?;
    let unanswered = lines[0].blind_asked().filter(|(_, asked)| asked.said.is_for_a_run()).find(|(at, _)| {
        let run = detente_types::statement::BlindRunIn::asked(**at);
        lines[0].blind_run(&run).is_none_or(|view| view.record.ended.iter().any(Option::is_none))
    });
    ensure(unanswered.is_none(), NAME, || format!("the asking {:?} for a run came to no end", unanswered.map(|(at, _)| at)))
}
