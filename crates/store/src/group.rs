//! What the writing thread asks of a store beyond the port: to take several batches for the price of one sync, and to
//! look after itself between them.

use detente_node::port::{Batch, Store, StoreFault};

/// How much room a store has (PROTOCOL F3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Every batch is taken, and the reserve is whole.
    Ample,
    /// The disk is full. Only batches that may use the reserve are taken.
    ReserveOnly,
    /// The reserve is used up too. Nothing is taken; reading goes on.
    None,
}

/// A store that can take many batches in one transaction.
pub trait GroupStore: Store {
    /// Makes batches durable in order, each whole or not at all, and answers for each. A batch that is refused for itself
    /// (`Differs`, `Gap`, `Full`) leaves its neighbours unharmed; after `Failed` or `Damaged` no later one is tried.
    fn commit_group(&mut self, batches: &[&Batch]) -> Vec<Result<(), StoreFault>>;

    /// How much room there is, as far as the last write knew.
    fn room(&self) -> Room;

    /// Housekeeping that no batch waits for: called after the answers of a group are out, and once a second while room
    /// is not [`Room::Ample`], so that a store finds by itself that space came back.
    ///
    /// # Errors
    /// `Failed` or `Damaged`: the store is to be used no more. Never `Full`.
    fn rest(&mut self) -> Result<(), StoreFault>;

    /// Leaves everything in its tidiest form. Nothing that is durable depends on it.
    ///
    /// # Errors
    /// As [`GroupStore::rest`].
    fn close(self) -> Result<(), StoreFault>
    where
        Self: Sized;
}

/// Whether a fault ends a store's life, rather than one batch's.
pub(crate) fn is_final(fault: &StoreFault) -> bool {
    matches!(fault, StoreFault::Failed { .. } | StoreFault::Damaged { .. })
}
