//! A full disk, a real one: a small tmpfs. New work stops with a clear state; reading, SAFETY and line checks go out; when
//! there is space again the node goes on without a restart.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::day;
use crate::program::until;
use crate::side::{Pair, Side, founded, join};

/// The reserve (8 MiB), the journal, and some.
const DISK: &str = "size=40m";

/// A file system of its own; gone when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Self {
        std::fs::create_dir(&at).unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(&at).status();
        let mounted = mounted.is_ok_and(|status| status.success());
        assert!(mounted, "this test mounts a small tmpfs and so must run as root, with the right to mount");
        Self(at)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes all space that is left.
    fn fill(&self) {
        let mut filler = File::options().append(true).create(true).open(self.filler()).unwrap();
        let zeros = vec![0; 64 << 10];
        while filler.write_all(&zeros).is_ok() {}
        while filler.write_all(&zeros[..512]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Notices of one file.
const FILE: usize = 50;

/// States files of many sites until the disk is full and stays so; says how many were taken.
fn state_until_full(side: &Side, root: &Path, disk: &Disk) -> usize {
    let mut taken = 0;
    let is_full = || side.json(&["status"])["disk"] == "full";
    for batch in 0..200 {
        disk.fill();
        let sites: Vec<String> = (0..FILE).map(|i| day::site(&format!("Site {batch}-{i}"), batch * FILE + i)).collect();
        let file = day::write(root, "sites.json", &format!("[{}]", sites.join(",")));
        let ended = side.run(&["notify", &file]);
        match ended.code {
            0 => taken += FILE,
            5 if is_full() => return taken,
            // The store found room after all, by copying its log.
            5 => assert!(ended.err.contains("disk"), "{}", ended.err),
            _ => panic!("a full disk is no such failure: {ended:?}"),
        }
    }
    panic!("the disk takes {taken} notices and is not full")
}

#[test]
fn a_full_disk_stops_new_work_only_and_frees_up_without_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let disk = Disk::mount(root.path().join("disk"));
    let (aster, borea) = founded(&disk.0, root.path());
    let _ = join(&aster, &borea, root.path(), "yes", "yes").map(|ended| ended.expect(0));
    let mut pair = Pair { aster, borea, root };
    let root = pair.root.path().to_owned();
    pair.aster.serve();
    pair.borea.serve();
    pair.converge();

    let taken = state_until_full(&pair.aster, &root, &disk);
    assert!(pair.aster.notices().len() >= taken, "what is there can be read");
    let refused = pair.aster.run(&["say", "no room for words"]).expect(5);
    assert!(refused.err.contains("disk"), "{}", refused.err);
    let sent = pair.aster.json(&["safety", "send", "rescue boat"]);
    let hash = sent[0]["stated"]["hash"].as_str().expect("SAFETY is stated on a full disk").to_owned();
    until("SAFETY to arrive", || {
        let there = pair.borea.json(&["safety", "list"]);
        there.as_array().unwrap().iter().any(|notice| notice["at"]["hash"] == hash.as_str()).then_some(())
    });
    pair.aster.ok(&["check"]);
    until("the line check to arrive", || (pair.borea.line()["copy"] == pair.aster.line()["own"]).then_some(()));
    assert_eq!(pair.aster.json(&["status"])["disk"], "full");

    std::fs::remove_file(disk.filler()).unwrap();
    let file = day::write(&root, "after.json", &day::site("After", 1));
    until("work to go on", || (pair.aster.run(&["notify", &file]).code == 0).then_some(()));
    pair.converge();
    for side in [&pair.aster, &pair.borea] {
        let sites = side.notices().iter().filter(|n| n["notice"]["kind"] == "site").count();
        assert!(sites > taken, "{} holds {sites} of {taken} taken", side.name);
    }
    pair.aster.stop();
    pair.borea.verify_a_copy(&root.join("borea-end"));
    pair.aster.verify_a_copy(&root.join("aster-end"));
}
