//! Nodes that were put back from a backup, and what their peers kept for them.

use detente_node::Phase;
use detente_types::Generation;

use crate::pair::Pair;

#[test]
fn nodes_put_back_to_before_their_first_entry_say_nothing_in_the_first_generation() {
    let mut pair = Pair::new();
    let backups = [0, 1].map(|i: usize| pair.seats[i].store.clone());
    pair.connect();
    for (i, backup) in backups.into_iter().enumerate() {
        pair.seats[i].store = backup;
        pair.restart(i);
        pair.note_restored(i);
    }
    // Neither has anything of the other's left, as a peer may pretend that conceals what it holds.
    pair.connect();
    pair.pass(30);
    for i in 0..2 {
        assert_ne!(pair.line(i).view().own.generation, Generation::FIRST, "side {i} signs no place twice");
        assert_eq!(pair.line(i).view().phase, Phase::Open);
    }
    pair.assert_converged();
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}
