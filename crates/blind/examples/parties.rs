//! Two whole parties in one process, measured: what `cargo xtask bench blind` builds and runs, once for each build.
//!
//! `parties LOG2 VERIFIED THREADS ROUNDS [BACKEND [CHUNKS_LOG2]]`: each party has 2^LOG2 cells, half of them common; VERIFIED is 0
//! or 1; BACKEND is `dalek`, `avx2` or `ifma`, and the fastest there is where it is left away; answers are released in 2^CHUNKS_LOG2
//! chunks, sixteen unless it is said. Only one party works at a time, so what the process used meanwhile is that party's. Prints one
//! line of JSON, each time at its least of the rounds.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures; the crate does not")]

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use detente_blind::message::{Message, decode};
use detente_blind::{Agreement, Backend, CellId, Class, Done, Effect, Found, Job, Mode, Role, Run, Seed, Setup};
use rustix::time::{ClockId, clock_gettime};

/// How a run is done.
#[derive(Clone, Copy)]
struct How {
    verified: bool,
    backend: Backend,
    chunks_log2: u8,
}

/// Threads beside the one that holds the run, kept from one round to the next as whoever drives a run keeps its own.
struct Crew {
    threads: usize,
    /// Jobs that wait, and whether there will be no more.
    jobs: Mutex<(VecDeque<Job>, bool)>,
    more: Condvar,
}

impl Crew {
    fn jobs(&self) -> MutexGuard<'_, (VecDeque<Job>, bool)> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        self.jobs().0.pop_front()
    }

    fn hand_out(&self, job: Job) {
        self.jobs().0.push_back(job);
        self.more.notify_one();
    }

    /// What a thread of the crew does until there is nothing more. Of a job that panics it tells that nothing came.
    fn work(&self, tell: &Sender<Option<Done>>) {
        loop {
            let mut jobs = self.jobs();
            let job = loop {
                match jobs.0.pop_front() {
                    Some(job) => break job,
                    None if jobs.1 => return,
                    None => jobs = self.more.wait(jobs).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(jobs);
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job.run())).ok();
            if tell.send(done).is_err() {
                return;
            }
        }
    }
}

/// Ends the crew, also where a run does not find what it should.
struct Ends<'a>(&'a Crew);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.jobs().1 = true;
        self.0.more.notify_all();
    }
}

/// What a party used and said.
struct Party {
    run: Run,
    cpu: Duration,
    wall: Duration,
    said: Vec<Vec<u8>>,
    payload: usize,
    bytes: usize,
    messages: usize,
}

impl Party {
    fn new(role: Role, class: Class, how: How, round: u8) -> Self {
        let How { verified, backend, chunks_log2 } = how;
        let agreement = Agreement { context: [round; 32], mode: Mode::Cells, verified, chunks_log2 };
        let first = if role == Role::First { 0 } else { class.size() as u128 / 2 };
        let cells = (first..first + class.size() as u128).map(|number| CellId(number.to_be_bytes())).collect();
        let seed = Seed::new([round ^ if role == Role::First { 0x40 } else { 0x80 }; 32]);
        let setup = Setup { agreement, role, class, classes: class..=class, plan_root: [0; 32], cells, seed };
        let began = (process_time(), Instant::now());
        let run = Run::by(setup, backend).expect("a full class");
        let (cpu, wall) = (process_time() - began.0, began.1.elapsed());
        Self { run, cpu, wall, said: Vec::new(), payload: 0, bytes: 0, messages: 0 }
    }

    /// Hears everything that was said to it, and does everything that follows.
    fn turn(&mut self, heard: &[Vec<u8>], crew: &Crew, done: &Receiver<Option<Done>>) {
        let began = (process_time(), Instant::now());
        for bytes in heard {
            let _ = self.run.handle(bytes);
        }
        while self.work(crew, done) | self.tell() {}
        self.cpu += process_time() - began.0;
        self.wall += began.1.elapsed();
    }

    /// Does all jobs, the first of them here: a lone one wakes nobody.
    fn work(&mut self, crew: &Crew, done: &Receiver<Option<Done>>) -> bool {
        let mut next = self.run.poll_job();
        let is_busy = next.is_some();
        let mut elsewhere = 0;
        while next.is_some() || elsewhere > 0 {
            if crew.threads > 1 {
                while let Some(job) = self.run.poll_job() {
                    crew.hand_out(job);
                    elsewhere += 1;
                }
            }
            let own = next.take().or_else(|| {
                let job = crew.next()?;
                elsewhere -= 1;
                Some(job)
            });
            match own {
                Some(job) => self.run.handle_done(job.run()),
                None => {
                    self.run.handle_done(done.recv().expect("a thread works").expect("no job panics"));
                    elsewhere -= 1;
                }
            }
            while let Ok(given) = done.try_recv() {
                self.run.handle_done(given.expect("no job panics"));
                elsewhere -= 1;
            }
            if elsewhere == 0 {
                next = self.run.poll_job();
            }
        }
        is_busy
    }

    fn tell(&mut self) -> bool {
        let mut is_busy = false;
        while let Some(effect) = self.run.poll_effect() {
            is_busy = true;
            match effect {
                Effect::Persist(_) => self.run.handle_persisted(),
                Effect::Send(bytes) => self.said.push(bytes),
            }
        }
        is_busy
    }

    /// What was said since, counted.
    fn taken(&mut self) -> Vec<Vec<u8>> {
        let said = std::mem::take(&mut self.said);
        for bytes in &said {
            self.messages += 1;
            self.bytes += bytes.len();
            self.payload += match decode(bytes).expect("our own message") {
                Message::Points(_, _, bytes) | Message::Answer(_, _, bytes) => bytes.len(),
                Message::Fixed(_, first) => first.len(),
                Message::Challenge(_, challenge) => challenge.len(),
                Message::Proof(_, sums, proof) => sums.len() + proof.len(),
                _ => 0,
            };
        }
        said
    }
}

fn process_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The backend of a name.
fn backend(name: &str) -> Backend {
    let backend = match name {
        "dalek" => Backend::Dalek,
        "avx2" => Backend::Avx2,
        "ifma" => Backend::Ifma,
        other => panic!("{other} is no backend: dalek, avx2, ifma"),
    };
    assert!(backend.is_available(), "this machine has no {backend}");
    backend
}

fn small(number: usize) -> u8 {
    u8::try_from(number).expect("a power of two")
}

fn round(class: Class, how: How, round: u8, crew: &Crew, done: &Receiver<Option<Done>>) -> [Party; 2] {
    let mut parties = [Role::First, Role::Second].map(|role| Party::new(role, class, how, round));
    let mut heard: Vec<Vec<u8>> = Vec::new();
    let mut silent = 0;
    for turn in 0.. {
        let party = &mut parties[turn % 2];
        party.turn(&heard, crew, done);
        heard = party.taken();
        silent = if heard.is_empty() { silent + 1 } else { 0 };
        if silent == 2 {
            break;
        }
    }
    for Party { run, .. } in &parties {
        let outcome = run.outcome().unwrap_or_else(|| panic!("{:?}", run.aborted()));
        assert!(matches!(&outcome.found, Found::Cells(cells) if cells.len() == class.size() / 2) && outcome.agrees);
    }
    parties
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).map(|text| text.parse::<usize>().expect("a number"));
    let (Some(log2), Some(verified), Some(threads), Some(rounds)) = (number(0), number(1), number(2), number(3)) else {
        panic!("parties LOG2 VERIFIED THREADS ROUNDS [BACKEND [CHUNKS_LOG2]]")
    };
    let backend = arguments.get(4).map_or_else(Backend::best, |name| backend(name));
    let how = How { verified: verified == 1, backend, chunks_log2: small(number(5).unwrap_or(4)) };
    let class = Class::new(small(log2)).expect("4 to 22");
    let crew = &Crew { threads, jobs: Mutex::default(), more: Condvar::new() };
    let (tell, done) = channel();
    let mut least = [[f64::INFINITY; 2]; 2];
    let mut last = None;
    std::thread::scope(|scope| {
        for _ in 1..threads {
            let tell = tell.clone();
            scope.spawn(move || crew.work(&tell));
        }
        let _ends = Ends(crew);
        for number in 0..rounds {
            let parties = round(class, how, number as u8, crew, &done);
            for (of, party) in parties.iter().enumerate() {
                least[of][0] = least[of][0].min(party.cpu.as_secs_f64() * 1e3);
                least[of][1] = least[of][1].min(party.wall.as_secs_f64() * 1e3);
            }
            last = Some(parties);
        }
    });
    let parties = last.expect("at least one round");
    let sum = |of: fn(&Party) -> usize| parties.iter().map(of).sum::<usize>();
    println!(
        "{{\"backend\":\"{}\",\"log2\":{log2},\"verified\":{},\"threads\":{threads},\"cpu_ms\":[{:.3},{:.3}],\"wall_ms\":[{:.3},{:.3}],\
         \"payload\":{},\"bytes\":{},\"messages\":{}}}",
        backend,
        verified == 1,
        least[0][0],
        least[1][0],
        least[0][1],
        least[1][1],
        sum(|party| party.payload),
        sum(|party| party.bytes),
        sum(|party| party.messages)
    );
}
