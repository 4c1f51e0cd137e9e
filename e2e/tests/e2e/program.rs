//! Runs the program: to its end, or beside the test with what it prints watched.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

/// How long anything may take before a test says that it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program under test.
pub(crate) fn program() -> PathBuf {
    let beside = || {
        let test = std::env::current_exe().unwrap();
        test.parent().and_then(Path::parent).unwrap().join("detente")
    };
    let program = std::env::var_os("DETENTE_BIN").map_or_else(beside, PathBuf::from);
    assert!(program.exists(), "{} is not built: run `cargo xtask test`, or set DETENTE_BIN", program.display());
    program
}

/// Whether every crash point is taken.
pub(crate) fn soak() -> bool {
    std::env::var_os("DETENTE_SOAK").is_some_and(|value| value == "1")
}

/// A process that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Ended {
    /// Asserts an exit code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert!(self.code == code, "exit code {} instead of {code}\n{}\n{}", self.code, self.out, self.err);
        self
    }
}

/// Runs a command of the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Ended {
    Running::spawn(command(arguments)).finish()
}

/// A command of the program, without what the test's own environment would tell it.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments);
    bare(&mut command);
    command
}

/// Takes the environment away that the program reads.
pub(crate) fn bare(command: &mut Command) {
    for name in ["DETENTE_HOME", "DETENTE_TOKEN", "DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
}

/// Text that grows while a process runs.
#[derive(Default)]
struct Watched {
    text: Mutex<(String, bool)>,
    grew: Condvar,
}

impl Watched {
    fn follow(mut from: impl Read + Send + 'static) -> Arc<Self> {
        let watched = Arc::new(Self::default());
        let growing = Arc::clone(&watched);
        std::thread::spawn(move || {
            let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
            loop {
                let count = from.read(&mut piece).unwrap_or(0);
                bytes.extend_from_slice(&piece[..count]);
                *growing.text.lock().unwrap() = (String::from_utf8_lossy(&bytes).into_owned(), count == 0);
                growing.grew.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        watched
    }

    /// Waits until the text satisfies something, or its end; gives the text and whether it did.
    fn wait(&self, holds: impl Fn(&str, bool) -> bool) -> (String, bool) {
        let text = self.text.lock().unwrap();
        let (text, _) = self.grew.wait_timeout_while(text, PATIENCE, |(text, ended)| !*ended && !holds(text, *ended)).unwrap();
        (text.0.clone(), holds(&text.0, text.1))
    }
}

/// A process that runs beside the test; killed when dropped.
pub(crate) struct Running {
    child: Child,
    input: Option<ChildStdin>,
    out: Arc<Watched>,
    err: Arc<Watched>,
}

impl Running {
    /// Starts a command.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|fault| panic!("{command:?} does not start: {fault}"));
        let input = child.stdin.take();
        let out = Watched::follow(child.stdout.take().unwrap());
        let err = Watched::follow(child.stderr.take().unwrap());
        Self { child, input, out, err }
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until standard output has this; gives all of it.
    #[track_caller]
    pub(crate) fn out_with(&self, part: &str) -> String {
        let (text, found) = self.out.wait(|text, _| text.contains(part));
        assert!(found, "no {part:?} on standard output:\n{text}\n{}", self.err_so_far());
        text
    }

    /// Waits until standard error has this; gives all of it.
    #[track_caller]
    pub(crate) fn err_with(&self, part: &str) -> String {
        let (text, found) = self.err.wait(|text, _| text.contains(part));
        assert!(found, "no {part:?} on standard error:\n{text}");
        text
    }

    /// Waits until a node serves, or has ended without; gives what it printed if it serves.
    #[track_caller]
    pub(crate) fn serves_or_ends(&self) -> Option<String> {
        let (text, done) = self.out.wait(|text, ended| ended || text.contains("serving"));
        assert!(done, "the node neither serves nor ends:\n{}", self.err_so_far());
        text.contains("serving").then_some(text)
    }

    /// What standard error has now.
    pub(crate) fn err_so_far(&self) -> String {
        self.err.text.lock().unwrap().0.clone()
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("the input is open until `finish`");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the process reads its input");
    }

    /// Whether the process has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success(), "the signal {name} was not sent");
    }

    /// Closes standard input and waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Ended {
        drop(self.input.take());
        let (out, ended) = self.out.wait(|_, ended| ended);
        let (err, ended_too) = self.err.wait(|_, ended| ended);
        assert!(ended && ended_too, "the process does not end:\n{out}\n{err}");
        let status = self.child.wait().unwrap();
        Ended { code: status.code().unwrap_or(-1), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until there is an answer: nodes work while the test waits.
#[track_caller]
pub(crate) fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    within(ask).unwrap_or_else(|| panic!("waited too long for {what}"))
}

/// The same; gives nothing when there was no answer for too long.
pub(crate) fn within<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    // Most answers are there soon, and those who ask in vain leave the core to the nodes.
    let mut pause = Duration::from_millis(2);
    while started.elapsed() < PATIENCE {
        let answer = ask();
        if answer.is_some() {
            return answer;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
    None
}
