//! Stacks that were sampled, folded: which function how often, and under which.

use std::collections::BTreeMap;

/// A function on a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
}

/// Whose code runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The program's, or a library's that is compiled into it.
    Program,
    /// The compiler's own library, where it is compiled into a function of somebody else: its time is that one's.
    Inlined,
    /// A library of the system.
    System,
    /// The kernel.
    Kernel,
}

/// One sample: who ran on a thread, the outermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The name of the thread.
    pub thread: String,
    /// The functions.
    pub frames: Vec<Frame>,
}

/// Folded stacks.
#[derive(Clone, Debug)]
pub struct Folded {
    /// All of them, under one root; what is compiled in from the compiler's library is its caller.
    pub root: Node,
    /// Samples by the innermost function whose time it is.
    own: BTreeMap<String, u64>,
    /// Samples in the kernel.
    kernel: u64,
}

/// A function under another.
#[derive(Clone, Debug)]
pub struct Node {
    /// Whose it is.
    pub owner: Owner,
    /// Samples in it and in what it calls.
    pub samples: u64,
    /// What it calls, by name.
    pub calls: BTreeMap<String, Self>,
}

impl Node {
    fn new(owner: Owner) -> Self {
        Self { owner, samples: 0, calls: BTreeMap::new() }
    }
}

/// A function and its share of all samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// What it is called.
    pub name: String,
    /// 0 to 1.
    pub share: f64,
}

impl Folded {
    /// Folds stacks. With `from`, each begins at its outermost function whose name contains that, and stacks without one are
    /// left out; without, each begins at its thread.
    pub fn of(stacks: &[Stack], from: Option<&str>) -> Self {
        let mut folded = Self { root: Node::new(Owner::Program), own: BTreeMap::new(), kernel: 0 };
        for stack in stacks {
            let begin = match from {
                Some(from) => stack.frames.iter().position(|frame| frame.name.contains(from)),
                None => Some(0),
            };
            if let Some(begin) = begin.filter(|begin| *begin < stack.frames.len()) {
                let thread = from.is_none().then_some(stack.thread.as_str());
                folded.add(thread, &stack.frames[begin..]);
            }
        }
        folded
    }

    fn add(&mut self, thread: Option<&str>, frames: &[Frame]) {
        self.root.samples += 1;
        let mut node = &mut self.root;
        let told = frames.iter().filter(|frame| frame.owner != Owner::Inlined);
        let names = told.map(|frame| (frame.name.as_str(), frame.owner));
        for (name, owner) in thread.map(|thread| (thread, Owner::Program)).into_iter().chain(names) {
            node = node.calls.entry(name.to_owned()).or_insert_with(|| Node::new(owner));
            node.samples += 1;
        }
        let whose = frames.iter().rev().find(|frame| frame.owner != Owner::Inlined).or(frames.last());
        if let Some(whose) = whose {
            *self.own.entry(whose.name.clone()).or_default() += 1;
            self.kernel += u64::from(whose.owner == Owner::Kernel);
        }
    }

    /// How many stacks there are.
    pub fn samples(&self) -> u64 {
        self.root.samples
    }

    /// The kernel's share of all, 0 to 1.
    pub fn kernel(&self) -> f64 {
        self.kernel as f64 / self.samples().max(1) as f64
    }

    /// The functions that took most themselves, at most so many, the most first.
    pub fn shares(&self, most: usize) -> Vec<Share> {
        let mut shares: Vec<(&String, u64)> = self.own.iter().map(|(name, samples)| (name, *samples)).collect();
        shares.sort_by_key(|(_, samples)| core::cmp::Reverse(*samples));
        let share = |samples: u64| samples as f64 / self.samples().max(1) as f64;
        shares.into_iter().take(most).map(|(name, samples)| Share { name: name.clone(), share: share(samples) }).collect()
    }
}

#[cfg(test)]
mod tests;
