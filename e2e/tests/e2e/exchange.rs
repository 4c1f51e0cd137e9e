//! An exchange of messages, again and again from the same two homes. Whatever is done to a side in one, the next begins as
//! the first did; so a thousand of them stay as small as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::day;
use crate::http::Api;
use crate::program::{Running, until, within};
use crate::side::{Pair, Side, array, at_one};

/// Of so many messages one is said by Aster, the others by Borea.
const ASTER_SAYS_ONE_IN: usize = 4;
const LINE: &str = "/v1/lines/-";

/// Titles of live notices, each with the hashes of the entries that have it.
type Titles = BTreeMap<String, Vec<String>>;

/// Two homes with a line, at rest, and copies of them that exchanges are made with. Borea is the side that is tried: it
/// calls, and a fresh start calls at once.
pub(crate) struct Stage {
    pair: Pair,
    base: PathBuf,
}

/// What came of an exchange.
pub(crate) struct Said {
    /// Titles of the messages that were taken.
    pub(crate) taken: BTreeSet<String>,
    /// Whether Borea was killed.
    pub(crate) killed: bool,
    /// Aster's node, which goes on, and the line as it saw it when Borea was gone.
    aster: Api,
    seen: Value,
}

impl Stage {
    /// Makes the homes. Stages that are used at once differ in `number`.
    pub(crate) fn new(number: u8) -> Self {
        let mut pair = Pair::new();
        let base = pair.root.path().join("base");
        fs::create_dir(&base).unwrap();
        for side in [&pair.aster, &pair.borea] {
            move_line(side, number);
        }
        pair.aster.serve();
        pair.borea.serve();
        pair.converge();
        pair.aster.stop();
        pair.borea.stop();
        for side in [&pair.aster, &pair.borea] {
            copy_home(&side.home, &base.join(side.name));
        }
        Self { pair, base }
    }

    /// Where everything is.
    pub(crate) fn root(&self) -> &Path {
        self.pair.root.path()
    }

    /// One exchange from the beginning, in which `serve` starts Borea's node. It ends when all is said and both sides hold
    /// it, and then Borea's node is asked to end; or with Borea's node.
    pub(crate) fn exchange(&mut self, count: usize, serve: impl FnOnce(&Side) -> Command) -> Said {
        for side in [&self.pair.aster, &self.pair.borea] {
            fs::remove_dir_all(&side.home).unwrap();
            copy_home(&self.base.join(side.name), &side.home);
        }
        let mut aster = Api::of(&serve_plainly(&mut self.pair.aster)).expect("Aster serves");
        let node = Running::spawn(serve(&self.pair.borea));
        let mut taken = BTreeSet::new();
        if let Some(mut borea) = node.serves_or_ends().and_then(|printed| Api::of(&printed).ok()) {
            taken = say(count, [&mut aster, &mut borea]);
            if taken.len() == count {
                let mut views = || Some([line(&mut aster).expect("Aster lives"), line(&mut borea).ok()?]);
                until("an exchange to end", || views().is_none_or(|views| at_one(&views)).then_some(()));
                node.signal("TERM");
            }
        }
        let ended = node.finish();
        assert!(matches!(ended.code, -1 | 0), "Borea's node ended by itself: {ended:?}");
        let seen = line(&mut aster).expect("Aster lives");
        Said { taken, killed: ended.code == -1, aster, seen }
    }

    /// Takes up Borea as the exchange left it: what was taken is there, once, on both sides, the line goes on, and both
    /// homes verify. `alone` has commands work on the home before its node is there again.
    pub(crate) fn take_up(&mut self, said: Said, alone: bool, at: &str) {
        let Said { mut taken, mut aster, seen, .. } = said;
        if alone {
            taken.insert(self.work_alone(&seen, at));
        }
        let mut borea = Api::of(&serve_plainly(&mut self.pair.borea)).expect("Borea serves");
        for (api, title) in [(&mut aster, "Aster goes on"), (&mut borea, "Borea goes on")] {
            say_one(api, title, taken.len()).unwrap_or_else(|fault| panic!("{at}: {title}: {fault}"));
            taken.insert(title.to_owned());
        }
        let rests = within(|| {
            let views = [line(&mut aster).ok()?, line(&mut borea).ok()?];
            let [here, there] = [titles(&mut aster), titles(&mut borea)];
            (at_one(&views) && here == there && taken.iter().all(|title| here.contains_key(title))).then_some(())
        });
        assert_there_once(&taken, &titles(&mut aster), &titles(&mut borea), at);
        assert!(rests.is_some(), "{at}: the line does not come to rest: {:?} {:?}", line(&mut aster), line(&mut borea));
        self.rest_verified(at);
    }

    /// What a command finds and does on Borea's home while no node runs: nothing that Aster was sent or told to be kept
    /// is missing, with no help of Aster's. Gives the title of what was said.
    fn work_alone(&self, seen: &Value, at: &str) -> String {
        let borea = &self.pair.borea;
        let found = borea.line();
        let size = |head: &Value| head["size"].as_u64().expect("a head has a size");
        assert!(size(&found["own"]) >= size(&seen["copy"]), "{at}: Aster has more of Borea's log: {found} {seen}");
        let kept = seen["acknowledged"].as_u64().expect("a number");
        assert!(size(&found["copy"]) >= kept, "{at}: Borea cosigned more than it kept: {found} {seen}");
        let title = "said while no node ran";
        let file = day::write(self.root(), "alone.json", &day::site(title, 0));
        borea.ok(&["notify", &file]);
        title.to_owned()
    }

    /// Ends both nodes and verifies both homes.
    fn rest_verified(&mut self, at: &str) {
        for side in [&mut self.pair.aster, &mut self.pair.borea] {
            side.stop();
            let verified = side.run(&["record", "verify"]);
            assert_eq!(verified.code, 0, "{at}: the home of {} verifies: {verified:?}", side.name);
        }
    }
}

impl Drop for Stage {
    /// Homes that something was found wrong with are evidence.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the homes are kept: {}", self.pair.root.path().display());
            self.pair.root.disable_cleanup(true);
        }
    }
}

fn serve_plainly(side: &mut Side) -> String {
    side.serve_by(side.command(&["serve"]))
}

/// Gives the line a loopback address of its own, which no call from this machine has as its near end: nobody takes the
/// port while no node listens on it.
fn move_line(side: &Side, number: u8) {
    let settings = side.home.join("node.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let moved = text.replace("\"127.0.0.1:", &format!("\"127.0.0.{}:", number + 2));
    assert_ne!(moved, text, "the line of {} has an address", side.name);
    fs::write(&settings, moved).unwrap();
}

/// Copies a home at rest; files keep their modes.
fn copy_home(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_home(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Says messages one by one, each when the one before was taken, until Borea's node is gone; gives the titles of those
/// that were taken.
fn say(count: usize, [aster, borea]: [&mut Api; 2]) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    for number in 0..count {
        let title = format!("message {number:03}");
        if number % ASTER_SAYS_ONE_IN == ASTER_SAYS_ONE_IN - 1 {
            say_one(aster, &title, number).expect("Aster lives");
        } else if say_one(borea, &title, number).is_err() {
            break;
        }
        taken.insert(title);
    }
    taken
}

/// Says one message; it was taken when this returns.
fn say_one(api: &mut Api, title: &str, number: usize) -> io::Result<()> {
    api.post(&format!("{LINE}/notices"), &format!(r#"{{"notices": [{}]}}"#, day::site(title, number))).map(drop)
}

fn line(api: &mut Api) -> io::Result<Value> {
    api.get(LINE)
}

fn titles(api: &mut Api) -> Titles {
    let mut titles = Titles::new();
    for notice in array(api.get(&format!("{LINE}/notices")).expect("the node lives")) {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        titles.entry(text(&notice["notice"]["title"])).or_default().push(text(&notice["at"]["hash"]));
    }
    titles
}

fn assert_there_once(taken: &BTreeSet<String>, here: &Titles, there: &Titles, at: &str) {
    for title in taken {
        assert!(here.contains_key(title), "{at}: {title:?} was taken, and Aster does not hold it");
        assert!(there.contains_key(title), "{at}: {title:?} was taken, and Borea does not hold it");
    }
    assert_eq!(here, there, "{at}: both sides hold the same");
    assert!(here.values().all(|entries| entries.len() == 1), "{at}: nothing is there twice: {here:?}");
}
