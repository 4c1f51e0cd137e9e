//! Two whole parties in one process, measured: what `cargo xtask bench blind` builds and runs, once for each build.
//!
//! `parties LOG2 VERIFIED THREADS ROUNDS [BACKEND]`: each party has 2^LOG2 cells, half of them common; VERIFIED is 0 or 1;
//! BACKEND is `dalek`, `avx2` or `ifma`, and the fastest there is where it is left away. Only one party works at a time, so what
//! the process used meanwhile is that party's. Prints one line of JSON, each time at its least of the rounds.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it measures; the crate does not")]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use detente_blind::message::{Message, decode};
use detente_blind::{Agreement, Backend, CellId, Class, Effect, Found, Mode, Role, Run, Seed, Setup};
use rustix::time::{ClockId, clock_gettime};

/// Whether it is verified, on how many threads, and by what.
type How = (bool, usize, Backend);

/// What a party used and said.
struct Party {
    run: Mutex<Run>,
    threads: usize,
    cpu: Duration,
    wall: Duration,
    said: Vec<Vec<u8>>,
    payload: usize,
    bytes: usize,
    messages: usize,
}

impl Party {
    fn new(role: Role, class: Class, (verified, threads, backend): How, round: u8) -> Self {
        let agreement = Agreement { context: [round; 32], mode: Mode::Cells, verified, chunks_log2: 4 };
        let first = if role == Role::First { 0 } else { class.size() as u128 / 2 };
        let cells = (first..first + class.size() as u128).map(|number| CellId(number.to_be_bytes())).collect();
        let seed = Seed::new([round ^ if role == Role::First { 0x40 } else { 0x80 }; 32]);
        let setup = Setup { agreement, role, class, class_max: class, plan_root: [0; 32], cells, seed };
        let began = (process_time(), Instant::now());
        let run = Mutex::new(Run::by(setup, backend).expect("a full class"));
        let (cpu, wall) = (process_time() - began.0, began.1.elapsed());
        Self { run, threads, cpu, wall, said: Vec::new(), payload: 0, bytes: 0, messages: 0 }
    }

    /// Hears everything that was said to it, and does everything that follows.
    fn turn(&mut self, heard: &[Vec<u8>]) {
        let began = (process_time(), Instant::now());
        {
            let run = self.run.get_mut().expect("no thread died");
            for bytes in heard {
                let _ = run.handle(bytes);
            }
        }
        while self.work() | self.tell() {}
        self.cpu += process_time() - began.0;
        self.wall += began.1.elapsed();
    }

    fn work(&self) -> bool {
        let next = || self.run.lock().expect("no thread died").poll_job();
        let Some(first) = next() else { return false };
        let first = Mutex::new(Some(first));
        let worker = || {
            let mut job = first.lock().expect("no thread died").take().or_else(next);
            while let Some(work) = job {
                let done = work.run();
                let mut run = self.run.lock().expect("no thread died");
                run.handle_done(done);
                job = run.poll_job();
            }
        };
        std::thread::scope(|scope| {
            (1..self.threads).for_each(|_| drop(scope.spawn(worker)));
            worker();
        });
        true
    }

    fn tell(&mut self) -> bool {
        let mut is_busy = false;
        let run = self.run.get_mut().expect("no thread died");
        while let Some(effect) = run.poll_effect() {
            is_busy = true;
            match effect {
                Effect::Persist(_) => run.handle_persisted(),
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
                Message::Proof(..) => detente_blind::message::PROOF_BYTES,
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

fn round(class: Class, how: How, round: u8) -> [Party; 2] {
    let mut parties = [Role::First, Role::Second].map(|role| Party::new(role, class, how, round));
    let mut heard: Vec<Vec<u8>> = Vec::new();
    let mut silent = 0;
    for turn in 0.. {
        let party = &mut parties[turn % 2];
        party.turn(&heard);
        heard = party.taken();
        silent = if heard.is_empty() { silent + 1 } else { 0 };
        if silent == 2 {
            break;
        }
    }
    for party in &mut parties {
        let run = party.run.get_mut().expect("no thread died");
        let outcome = run.outcome().unwrap_or_else(|| panic!("{:?}", run.aborted()));
        assert!(matches!(&outcome.found, Found::Cells(cells) if cells.len() == class.size() / 2) && outcome.agrees);
    }
    parties
}

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let backend = arguments.get(4).map_or_else(Backend::best, |name| backend(name));
    arguments.truncate(4);
    let arguments: Vec<usize> = arguments.iter().map(|text| text.parse().expect("numbers")).collect();
    let [log2, verified, threads, rounds] = arguments[..] else { panic!("parties LOG2 VERIFIED THREADS ROUNDS [BACKEND]") };
    let class = Class::new(log2 as u8).expect("4 to 22");
    let mut least = [[f64::INFINITY; 2]; 2];
    let mut last = None;
    for number in 0..rounds {
        let parties = round(class, (verified == 1, threads, backend), number as u8);
        for (of, party) in parties.iter().enumerate() {
            least[of][0] = least[of][0].min(party.cpu.as_secs_f64() * 1e3);
            least[of][1] = least[of][1].min(party.wall.as_secs_f64() * 1e3);
        }
        last = Some(parties);
    }
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
