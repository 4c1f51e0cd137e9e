//! What a peer says in a blind run.

use detente_blind::message::{MESSAGE_BYTES_MAX, decode, encode};
use detente_blind::{Agreement, CellId, Class, Effect, Mode, Role, Run, Seed, Setup};

/// One message.
pub(crate) fn message(data: &[u8]) {
    let Some(message) = decode(data) else { return };
    assert!(data.len() <= MESSAGE_BYTES_MAX);
    assert_eq!(encode(&message), data);
}

/// A side of a small run, in the mode that a number names.
pub(crate) fn side(kind: u8, role: Role, seed: u8) -> Run {
    let (mode, verified) = [(Mode::Cells, false), (Mode::Cells, true), (Mode::Count, false)][usize::from(kind % 3)];
    let agreement = Agreement { context: [kind; 32], mode, verified, chunks_log2: 1 };
    let class = Class::MIN;
    let cells = (0..10).map(|number| CellId([number + seed; 16])).collect();
    let seed = Seed::new([seed; 32]);
    let setup = Setup { agreement, role, class, classes: class..=class, plan_root: [3; 32], cells, seed };
    Run::new(setup).expect("it fits")
}

/// Does all that can be done; gives what is said.
pub(crate) fn drain(run: &mut Run) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    loop {
        let mut is_idle = true;
        while let Some(job) = run.poll_job() {
            run.handle_done(job.run());
            is_idle = false;
        }
        while let Some(effect) = run.poll_effect() {
            is_idle = false;
            match effect {
                Effect::Persist(_) => run.handle_persisted(),
                Effect::Send(bytes) => said.push(bytes),
            }
        }
        if is_idle {
            return said;
        }
    }
}

/// A kind of run, then messages, each behind its length in two bytes: a whole run ends, or is left for one stated cause.
pub(crate) fn run(data: &[u8]) {
    let Some((&kind, mut rest)) = data.split_first() else { return };
    let mut run = side(kind, Role::First, 1);
    let mut said = drain(&mut run).len();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (bytes, after) = after.split_at(length);
        rest = after;
        run.handle(bytes);
        said += drain(&mut run).len();
    }
    // Hello, commit, open, one piece; fixed, challenge, proof; two chunks, result, abort.
    assert!(said <= 11, "{said} messages");
    assert!(run.outcome().is_none() || run.aborted().is_none());
}
