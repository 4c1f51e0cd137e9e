//! `sim`: plays seeds, says what did not hold, and how to play it again.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use clap::Parser;
use detente_sim::{Fault, Figures, Lie, Options, Outcome, PLANTINGS, Planting, Without, run, shrink};

/// Plays whole lines of two and three nodes in virtual time, each from one seed.
#[derive(Parser, Debug)]
#[command(name = "sim")]
struct Arguments {
    /// One seed, and nothing else.
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    count: u64,
    /// Two or three nodes; drawn from the seed when not given.
    #[arg(long, value_parser = clap::value_parser!(u8).range(2..=3))]
    nodes: Option<u8>,
    /// How the last node lies, or `all` for each lie in turn.
    #[arg(long, value_name = "KIND")]
    liar: Option<String>,
    /// A bug to plant; stops at the first seed that finds it.
    #[arg(long, value_name = "NAME")]
    plant: Option<String>,
    /// Restore a machine, whatever the seed says.
    #[arg(long)]
    restore: bool,
    /// Hold the first law, whatever the seed says.
    #[arg(long)]
    first_law: bool,
    /// Kinds of fault to leave out.
    #[arg(long, value_name = "FAULT,...", value_delimiter = ',')]
    without: Vec<String>,
    /// Leave out what a failure does not need, and tell how to play the smallest that is found.
    #[arg(long, requires = "seed")]
    shrink: bool,
    /// Tell every event on standard error.
    #[arg(long)]
    trace: bool,
    /// Seeds that are played at a time.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Go on after a seed that failed.
    #[arg(long)]
    keep_going: bool,
}

/// The stack of a thread that plays seeds: strategies for hostile statements are deep.
const STACK_BYTES: usize = 32 << 20;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match Plan::of(&arguments) {
        Err(unknown) => {
            eprintln!("sim: {unknown}");
            ExitCode::from(2)
        }
        Ok(plan) => play(&arguments, &plan),
    }
}

/// What is played for each seed, by the names on the command line.
struct Plan {
    lies: Vec<Option<Lie>>,
    planting: Option<Planting>,
    without: Without,
}

impl Plan {
    fn of(arguments: &Arguments) -> Result<Self, String> {
        let without = |without: Without, name: &String| {
            let names = || Fault::ALL.map(Fault::name).join(", ");
            let fault = Fault::by_name(name).ok_or_else(|| format!("no fault is called {name}; there are: {}", names()))?;
            Ok::<_, String>(without.and(fault))
        };
        Ok(Self {
            lies: lies_of(arguments)?,
            planting: planting_of(arguments)?,
            without: arguments.without.iter().try_fold(Without::default(), without)?,
        })
    }
}

fn lies_of(arguments: &Arguments) -> Result<Vec<Option<Lie>>, String> {
    match arguments.liar.as_deref() {
        None => Ok(vec![None]),
        Some("all") => Ok(Lie::ALL.map(Some).to_vec()),
        Some(name) => {
            let names = || Lie::ALL.map(Lie::name).join(", ");
            let lie = Lie::by_name(name).ok_or_else(|| format!("no lie is called {name}; there are: {}", names()))?;
            Ok(vec![Some(lie)])
        }
    }
}

fn planting_of(arguments: &Arguments) -> Result<Option<Planting>, String> {
    let Some(name) = arguments.plant.as_deref() else { return Ok(None) };
    let names = || PLANTINGS.map(|planting| planting.name).join(", ");
    Planting::by_name(name).map(Some).ok_or_else(|| format!("no bug is called {name}; there are: {}", names()))
}

fn play(arguments: &Arguments, plan: &Plan) -> ExitCode {
    let (from, count) = arguments.seed.map_or((arguments.from, arguments.count), |seed| (seed, 1));
    let mut sum = Summary::of(count * plan.lies.len() as u64);
    for lie in &plan.lies {
        let options = |seed: u64| Options {
            seed,
            nodes: arguments.nodes.map(usize::from),
            lie: lie.or(plan.planting.and_then(|planting| planting.lie)),
            plant: plan.planting.map(|planting| planting.bug),
            restore: arguments.restore,
            first_law: arguments.first_law,
            without: plan.without,
            trace: arguments.trace,
        };
        if arguments.shrink {
            sum.take(&on_deep_stack(|| shrink(options(from))), 0.0);
        } else {
            play_range(arguments, from, count, &options, &mut sum);
        }
    }
    sum.print();
    match (plan.planting.is_some(), sum.failed.len()) {
        (false, 0) => ExitCode::SUCCESS,
        // A planted bug must be found.
        (true, found) if found > 0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        thread.expect("the system gives a thread").join().expect("the work does not panic")
    })
}

/// Plays seeds on as many threads as there are jobs, and takes outcomes as they come.
fn play_range(arguments: &Arguments, from: u64, count: u64, options: &(impl Fn(u64) -> Options + Sync), sum: &mut Summary) {
    let next = AtomicU64::new(from);
    let (report, outcomes) = mpsc::channel();
    let report = Mutex::new(report);
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            let worker = || {
                let report = report.lock().expect("no worker panics").clone();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from + count {
                        return;
                    }
                    let began = Instant::now();
                    let outcome = run(options(seed));
                    if report.send((outcome, began.elapsed().as_secs_f64())).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, worker).expect("the system gives a thread");
        }
        for _ in 0..count {
            let Ok((outcome, seconds)) = outcomes.recv() else { break };
            let failed = outcome.failure.is_some();
            sum.take(&outcome, seconds);
            if failed && !arguments.keep_going {
                // Workers see that there is nothing more to play.
                next.store(from + count, Ordering::Relaxed);
                break;
            }
        }
        drop(outcomes);
    });
}

/// What all seeds together gave.
struct Summary {
    began: Instant,
    /// When it was last told how far it is.
    told: Instant,
    wanted: u64,
    seeds: u64,
    counted: u64,
    figures: Option<Figures>,
    /// The seed that took longest, in seconds, and how to play it.
    slowest: (f64, String),
    by_invariant: BTreeMap<&'static str, u64>,
    /// How to play again those that failed.
    failed: Vec<String>,
}

/// So many failed seeds are listed at the end.
const FAILED_SHOWN: usize = 20;
/// Between two lines that tell how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

impl Summary {
    fn of(wanted: u64) -> Self {
        let now = Instant::now();
        Self {
            began: now,
            told: now,
            wanted,
            seeds: 0,
            counted: 0,
            figures: None,
            slowest: (0.0, String::new()),
            by_invariant: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    fn take(&mut self, outcome: &Outcome, seconds: f64) {
        self.seeds += 1;
        if seconds >= self.slowest.0 {
            self.slowest = (seconds, outcome.options.again());
        }
        self.counted += u64::from(outcome.figures.is_counted());
        match &mut self.figures {
            None => self.figures = Some(outcome.figures.clone()),
            Some(figures) => figures.add(&outcome.figures),
        }
        if let Some(failure) = &outcome.failure {
            self.failed.push(outcome.options.again());
            *self.by_invariant.entry(failure.violation.invariant).or_default() += 1;
            println!("seed {} failed {failure}", outcome.seed);
            println!("  again: {} --trace", outcome.options.again());
        }
        if self.told.elapsed() >= TELL_EVERY {
            self.told = Instant::now();
            let (failed, pace) = (self.failed.len(), self.pace());
            eprintln!("  {} of {} seeds, {failed} failed, {pace:.1} a second", self.seeds, self.wanted);
        }
    }

    /// Seeds a second.
    fn pace(&self) -> f64 {
        self.seeds as f64 / self.began.elapsed().as_secs_f64().max(1e-9)
    }

    fn print(&self) {
        let seconds = self.began.elapsed().as_secs_f64();
        let Some(figures) = &self.figures else { return };
        let hours = figures.virtual_us as f64 / 3.6e9;
        println!(
            "{} seeds ({} counted, {} failed), {hours:.1} virtual hours, {} statements, {} events, {seconds:.1} s: {:.0} times real time",
            self.seeds,
            self.counted,
            self.failed.len(),
            figures.statements,
            figures.events,
            hours * 3_600.0 / seconds.max(1e-9)
        );
        println!("{:.2} seeds a second; the slowest took {:.1} s: {}", self.pace(), self.slowest.0, self.slowest.1);
        let faults: Vec<String> = figures.faults.iter().map(|(fault, n)| format!("{} {n}", fault.name())).collect();
        println!("faults: {}", faults.join(", "));
        println!(
            "{} early SAFETY acted on, {} joint conflicts, {} generations renewed, slowest to converge {:.1} s",
            figures.early,
            figures.conflicts,
            figures.renewed,
            figures.converged_us as f64 / 1e6
        );
        for (what, counts) in [("not taken", &figures.refused), ("dropped", &figures.dropped), ("named", &figures.named)] {
            if !counts.is_empty() {
                let counts: Vec<String> = counts.iter().map(|(why, n)| format!("{why} ({n})")).collect();
                println!("{what}: {}", counts.join(", "));
            }
        }
        if !self.by_invariant.is_empty() {
            println!("broken: {:?}", self.by_invariant);
            println!("again, with --trace to see every event or --shrink to leave out what it does not need:");
            self.failed.iter().take(FAILED_SHOWN).for_each(|again| println!("  {again}"));
        }
    }
}
