//! One side of a line: a home, the commands on it, and its node as a process. Aster is the party with the lower ID, as the
//! terms of the examples say, and so comes first in every sentence.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::day;
use crate::program::{Ended, Running, command, run, until};

/// A side.
pub(crate) struct Side {
    /// What it calls itself.
    pub(crate) name: &'static str,
    /// Its home.
    pub(crate) home: PathBuf,
    node: Option<Running>,
}

impl Side {
    /// Makes a home.
    pub(crate) fn init(root: &Path, name: &'static str) -> (Self, String) {
        let side = Self { name, home: root.join(name.to_lowercase()), node: None };
        let made = side.json(&["init", "--name", name, "--desk", &format!("{name} watch"), "--officer", "Lind"]);
        let party = made["party"].as_str().unwrap().to_owned();
        (side, party)
    }

    /// A command on this home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        command(&[&["--home", self.home.to_str().unwrap()], arguments].concat())
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run(&[&["--home", self.home.to_str().unwrap()], arguments].concat())
    }

    /// Runs a command that must do what it is asked; gives what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).expect(0).out
    }

    /// The same with `--json`.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let out = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&out).unwrap_or_else(|fault| panic!("{arguments:?} printed no JSON ({fault}):\n{out}"))
    }

    /// Starts the node.
    #[track_caller]
    pub(crate) fn serve(&mut self) {
        self.serve_by(self.command(&["serve"]));
    }

    /// Starts the node by a command, which may be one that runs the program under something else; gives
    /// what it printed.
    #[track_caller]
    pub(crate) fn serve_by(&mut self, command: Command) -> String {
        assert!(self.node.is_none(), "the node of {} runs already", self.name);
        let node = Running::spawn(command);
        let printed = node.out_with("serving");
        self.node = Some(node);
        printed
    }

    /// The running node.
    pub(crate) fn node(&mut self) -> &mut Running {
        self.node.as_mut().expect("the node runs")
    }

    /// Ends the node in good order.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.end();
    }

    /// The same; gives what it had printed.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Ended {
        let node = self.node.take().expect("the node runs");
        node.signal("TERM");
        node.finish().expect(0)
    }

    /// The line's view.
    #[track_caller]
    pub(crate) fn line(&self) -> Value {
        self.json(&["status"])["lines"][0].take()
    }

    /// Live notices of both sides.
    #[track_caller]
    pub(crate) fn notices(&self) -> Vec<Value> {
        array(self.json(&["notices"]))
    }

    /// Joint conflicts.
    #[track_caller]
    pub(crate) fn conflicts(&self) -> Vec<Value> {
        array(self.json(&["conflicts"])["conflicts"].take())
    }

    /// The notice with this title, or beginning of a title.
    #[track_caller]
    pub(crate) fn titled(&self, title: &str) -> Value {
        let found = self.notices().into_iter().find(|n| n["notice"]["title"].as_str().is_some_and(|t| t.starts_with(title)));
        found.unwrap_or_else(|| panic!("{} has no notice {title:?}", self.name))
    }

    /// Copies the home and verifies the copy: every byte, entry, signature and root.
    #[track_caller]
    pub(crate) fn verify_a_copy(&self, to: &Path) -> Value {
        self.ok(&["backup", to.to_str().unwrap()]);
        self.json(&["record", "verify", to.to_str().unwrap()])
    }
}

/// The elements of an array.
#[track_caller]
pub(crate) fn array(value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        other => panic!("no array: {other}"),
    }
}

/// Two sides with a line between them.
pub(crate) struct Pair {
    /// The side that invites and listens.
    pub(crate) aster: Side,
    /// The side that joins and calls.
    pub(crate) borea: Side,
    /// Where everything is.
    pub(crate) root: TempDir,
}

impl Pair {
    /// Makes both homes and the line; no node runs.
    pub(crate) fn new() -> Self {
        Self::by_terms(|terms| terms)
    }

    /// The same, by terms that are those of the examples with something changed.
    pub(crate) fn by_terms(change: impl FnOnce(String) -> String) -> Self {
        let root = tempfile::tempdir().unwrap();
        let (aster, borea) = founded(root.path(), root.path());
        let terms = day::terms(root.path());
        std::fs::write(&terms, change(std::fs::read_to_string(&terms).unwrap())).unwrap();
        let _ = join_by(&aster, &borea, &terms, "yes", "yes").map(|ended| ended.expect(0));
        Self { aster, borea, root }
    }

    /// The same, with both nodes up and met.
    pub(crate) fn serving() -> Self {
        Self::new().served()
    }

    /// Starts both nodes, and waits until they have met.
    #[track_caller]
    pub(crate) fn served(mut self) -> Self {
        self.aster.serve();
        self.borea.serve();
        self.converge();
        self
    }

    /// Waits until the nodes have met, nothing waits in a book, and each side holds everything of the other and has
    /// admitted it; gives both views.
    #[track_caller]
    pub(crate) fn converge(&self) -> [Value; 2] {
        until("both sides to hold everything", || {
            let views = [self.aster.line(), self.borea.line()];
            at_one(&views).then_some(views)
        })
    }
}

/// Whether the two views of a line say that both sides have met and hold everything, and that nothing waits.
pub(crate) fn at_one(views: &[Value; 2]) -> bool {
    let met = |view: &Value| view["connected"] == true && view["phase"] == "open" && view["waiting"] == 0;
    views.iter().all(met) && whole(&views[0], &views[1]) && whole(&views[1], &views[0])
}

fn whole(ours: &Value, theirs: &Value) -> bool {
    ours["acknowledged"] == ours["own"]["size"] && ours["own"] == theirs["copy"]
}

/// Two homes, Aster's with the lower party ID.
pub(crate) fn founded(root_a: &Path, root_b: &Path) -> (Side, Side) {
    founded_so(root_a, root_b, true)
}

/// Two homes, Aster's with the lower party ID or with the higher. Both are made anew until it is so: two tries on average.
pub(crate) fn founded_so(root_a: &Path, root_b: &Path, aster_is_lower: bool) -> (Side, Side) {
    loop {
        let (borea, there) = Side::init(root_b, "Borea");
        let (aster, here) = Side::init(root_a, "Aster");
        if (here < there) == aster_is_lower {
            return (aster, borea);
        }
        for side in [aster, borea] {
            std::fs::remove_dir_all(&side.home).unwrap();
        }
    }
}

/// Pairs two homes: both people hear the code and answer. Gives how both commands ended, Aster's first.
pub(crate) fn join(aster: &Side, borea: &Side, scratch: &Path, answer_a: &str, answer_b: &str) -> [Ended; 2] {
    join_by(aster, borea, &day::terms(scratch), answer_a, answer_b)
}

fn join_by(aster: &Side, borea: &Side, terms: &Path, answer_a: &str, answer_b: &str) -> [Ended; 2] {
    let (mut inviter, invite) = invite_by(aster, terms);
    let mut joiner = Running::spawn(borea.command(&["join", &invite]));
    let codes = [code(&inviter), code(&joiner)];
    assert_eq!(codes[0], codes[1], "both people are read the same code");
    inviter.type_line(answer_a);
    joiner.type_line(answer_b);
    [inviter.finish(), joiner.finish()]
}

/// Starts inviting on a free port; gives the process and the invite that it printed.
pub(crate) fn invite(side: &Side, scratch: &Path) -> (Running, String) {
    invite_by(side, &day::terms(scratch))
}

fn invite_by(side: &Side, terms: &Path) -> (Running, String) {
    // The port is free when it is given back; nothing else on this machine asks for this one in between.
    let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let inviter = Running::spawn(side.command(&["invite", "--terms", terms.to_str().unwrap(), "--listen", &listen]));
    let printed = inviter.out_with("waiting for them");
    let invite = printed.lines().find(|line| line.starts_with("detente-invite-1:")).expect("the invite is printed");
    (inviter, invite.to_owned())
}

/// The words and digits that a side is asked to read.
pub(crate) fn code(side: &Running) -> [String; 2] {
    let asked = side.err_with("Type yes or no: ");
    let mut lines = asked.lines().skip_while(|line| !line.starts_with("Read this to")).filter(|line| line.starts_with("    "));
    [(); 2].map(|()| lines.next().expect("words, then digits").trim().to_owned())
}
