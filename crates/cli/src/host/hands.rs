//! Threads for the heavy work of blind runs, one for each piece, never more than the machine has processors: the desk goes on
//! meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::thread::{Builder, available_parallelism};

use detente_node::Node;
use detente_node::blind::{Work, Worked};

use super::Message;

/// What is being done elsewhere.
pub(super) struct Hands {
    most: usize,
    busy: usize,
    to_node: Sender<Message>,
}

impl Hands {
    pub(super) fn new(to_node: Sender<Message>) -> Self {
        Self { most: available_parallelism().map_or(1, usize::from), busy: 0, to_node }
    }

    /// Gives out as much of a node's work as there are hands.
    pub(super) fn give(&mut self, node: &mut Node) {
        while self.busy < self.most
            && let Some(work) = node.poll_work()
        {
            self.busy += 1;
            let to_node = self.to_node.clone();
            let worker = Builder::new().name("blind".into()).spawn(move || {
                let _ = to_node.send(Message::Worked(done(work)));
            });
            if let Err(fault) = worker {
                self.busy -= 1;
                tracing::error!(%fault, "no thread for a blind run: it stands still, and ends by silence");
                return;
            }
        }
    }

    /// Takes back what was done; nothing where it went wrong.
    pub(super) fn take(&mut self, worked: Option<Box<Worked>>) -> Option<Worked> {
        self.busy = self.busy.saturating_sub(1);
        if worked.is_none() {
            tracing::error!("a piece of a blind run went wrong: the run stands still, and ends by silence");
        }
        worked.map(|worked| *worked)
    }
}

/// A piece of work that panics costs its run, and no node.
fn done(work: Work) -> Option<Box<Worked>> {
    catch_unwind(AssertUnwindSafe(|| Box::new(work.perform()))).ok()
}
