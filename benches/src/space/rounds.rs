//! Structures asked in turns, in one run, so that whatever else the machine does falls on all of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::live::Step;
use super::set::Query;
use super::{Changing, Structure};
use crate::stats::Sample;

/// What one structure took for its queries.
#[derive(Clone, Debug, Default)]
pub struct Timed {
    /// What it is called.
    pub name: String,
    /// Of each round, what each query took, in nanoseconds, in their order.
    rounds: Vec<Vec<u64>>,
    /// Of each query of each round, a sum of what was found that knows no order.
    answers: Vec<Vec<u64>>,
    /// Hits of the first round.
    pub hits: u64,
    /// What its changes took, those that no query waits for left out.
    pub changing: Duration,
    /// Upkeep that a node gives to another thread.
    pub tending: Duration,
}

impl Timed {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Queries that it was asked in each round.
    pub fn asked(&self) -> usize {
        self.rounds.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Queries a second over the first so many, each at its least of the rounds: what else the machine does only adds.
    pub fn rate(&self, first: usize) -> f64 {
        let least = self.least();
        let least = &least[..first.min(least.len())];
        least.len() as f64 * 1e9 / least.iter().sum::<u64>().max(1) as f64
    }

    /// Queries a second as they came: the slowest round and the fastest.
    pub fn spread(&self, first: usize) -> [f64; 2] {
        let rates = self.rounds.iter().map(|times| {
            let times = &times[..first.min(times.len())];
            times.len() as f64 * 1e9 / times.iter().sum::<u64>().max(1) as f64
        });
        rates.fold([f64::INFINITY, 0.0], |[low, high], rate| [low.min(rate), high.max(rate)])
    }

    /// What each query took, in nanoseconds, in its fastest round.
    fn least(&self) -> Vec<u64> {
        let of = |query: usize| self.rounds.iter().filter_map(|times| times.get(query)).min();
        (0..self.asked()).filter_map(|query| of(query).copied()).collect()
    }

    /// What the queries took, each at its least of the rounds.
    pub fn undisturbed(&self) -> Sample {
        sample(self.least().iter())
    }

    /// What the queries of all rounds took as they came.
    pub fn sample(&self) -> Sample {
        sample(self.rounds.iter().flatten())
    }

    /// How many queries the two answered differently, of those that both were asked.
    pub fn differences(&self, other: &Self) -> usize {
        let rounds = self.answers.iter().zip(&other.answers);
        rounds.map(|(ours, theirs)| ours.iter().zip(theirs).filter(|(a, b)| a != b).count()).sum()
    }

    fn ask(&mut self, structure: &mut dyn Structure, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        hits.clear();
        let begun = Instant::now();
        structure.find(query, hits)?;
        let took = begun.elapsed();
        self.rounds.last_mut().expect("a round was begun").push(took.as_nanos() as u64);
        self.answers.last_mut().expect("a round was begun").push(digest(hits));
        if self.rounds.len() == 1 {
            self.hits += hits.len() as u64;
        }
        Ok(())
    }

    /// Times several queries in one request: each is said to take its share of it.
    fn ask_all(&mut self, asked: &mut dyn Batched, queries: &[Query<'_>], hits: &mut [Vec<u32>]) -> Result<()> {
        hits.iter_mut().for_each(Vec::clear);
        let begun = Instant::now();
        asked.find_all(queries, hits)?;
        let each = begun.elapsed().as_nanos() as u64 / queries.len().max(1) as u64;
        for hits in &hits[..queries.len()] {
            self.rounds.last_mut().expect("a round was begun").push(each);
            self.answers.last_mut().expect("a round was begun").push(digest(hits));
            if self.rounds.len() == 1 {
                self.hits += hits.len() as u64;
            }
        }
        Ok(())
    }

    fn begin_round(&mut self) {
        self.rounds.push(Vec::new());
        self.answers.push(Vec::new());
    }
}

/// Something that takes many queries in one request.
pub trait Batched {
    /// What it is called in tables.
    fn name(&self) -> &str;

    /// Adds to each query's hits the number of every volume that meets it.
    ///
    /// # Errors
    /// When it fails.
    fn find_all(&mut self, queries: &[Query<'_>], hits: &mut [Vec<u32>]) -> Result<()>;
}

/// Asks each structure all of the queries one by one, and what takes many at a time as many as `batch` in each request; in
/// turns, a round to warm up and then as many as are to be timed. Whoever takes many comes last in what is given back.
///
/// # Errors
/// When a database or a node fails.
pub fn served(
    structures: &mut [&mut dyn Structure],
    batched: &mut dyn Batched,
    batch: usize,
    queries: &[Query<'_>],
    rounds: usize,
) -> Result<Vec<Timed>> {
    let names = structures.iter().map(|structure| structure.name().to_owned()).chain([batched.name().to_owned()]);
    let mut timed: Vec<Timed> = names.map(|name| Timed::new(&name)).collect();
    let mut warm = timed.clone();
    let mut each = vec![Vec::new(); batch];
    let mut hits = Vec::new();
    for round in 0..=rounds {
        let timed = if round == 0 { &mut warm } else { &mut timed };
        let turns = timed.len();
        for turn in 0..turns {
            let turn = (turn + round) % turns;
            let timed = &mut timed[turn];
            timed.begin_round();
            match structures.get_mut(turn) {
                Some(structure) => queries.iter().try_for_each(|query| timed.ask(*structure, query, &mut hits))?,
                None => queries.chunks(batch).try_for_each(|queries| timed.ask_all(batched, queries, &mut each))?,
            }
        }
    }
    Ok(timed)
}

fn sample<'a>(nanoseconds: impl Iterator<Item = &'a u64>) -> Sample {
    let mut sample = Sample::default();
    nanoseconds.for_each(|one| sample.push(Duration::from_nanos(*one)));
    sample
}

/// The same for the same numbers in whatever order, and hardly ever for others.
fn digest(hits: &[u32]) -> u64 {
    hits.iter().fold(hits.len() as u64, |sum, id| {
        let mixed = (u64::from(*id) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        sum.wrapping_add(mixed ^ (mixed >> 29))
    })
}

/// Asks each structure its first so many queries, in turns, a round to warm up and then as many as are to be timed.
///
/// # Errors
/// When a database fails.
pub fn quiet(structures: &mut [(&mut dyn Structure, usize)], queries: &[Query<'_>], rounds: usize) -> Result<Vec<Timed>> {
    let mut timed: Vec<Timed> = structures.iter().map(|(structure, _)| Timed::new(structure.name())).collect();
    let mut hits = Vec::new();
    for (structure, asked) in structures.iter_mut() {
        for query in &queries[..(*asked).min(queries.len())] {
            hits.clear();
            structure.find(query, &mut hits)?;
        }
    }
    for round in 0..rounds {
        for turn in 0..structures.len() {
            let turn = (turn + round) % structures.len();
            let ((structure, asked), timed) = (&mut structures[turn], &mut timed[turn]);
            timed.begin_round();
            for query in &queries[..(*asked).min(queries.len())] {
                timed.ask(*structure, query, &mut hits)?;
            }
        }
    }
    Ok(timed)
}

/// The same with a step of changes before each query, the same steps for all, and no round to warm up: each holds what it
/// was just loaded with. Every structure goes through all the steps.
///
/// # Errors
/// When a database fails.
pub fn live(structures: &mut [&mut dyn Changing], queries: &[Query<'_>], steps: &[Step]) -> Result<Vec<Timed>> {
    let mut timed: Vec<Timed> = structures.iter().map(|structure| Timed::new(structure.name())).collect();
    let mut hits = Vec::new();
    for (round, steps) in steps.chunks(queries.len()).enumerate() {
        for turn in 0..structures.len() {
            let turn = (turn + round) % structures.len();
            let (structure, timed) = (&mut structures[turn], &mut timed[turn]);
            timed.begin_round();
            for (query, step) in queries.iter().zip(steps) {
                let begun = Instant::now();
                structure.insert(&step.insert)?;
                structure.remove(&step.remove)?;
                if let Some(expiry) = &step.expire {
                    structure.expire(expiry.before, &expiry.ended)?;
                }
                timed.changing += begun.elapsed();
                let begun = Instant::now();
                structure.tend()?;
                timed.tending += begun.elapsed();
                timed.ask(*structure, query, &mut hits)?;
            }
        }
    }
    Ok(timed)
}
