//! Home directories.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use detente_node::port::{NoteRole, Store};
use detente_store::{GroupStore, Home, HomeFault, Options, RestoreOver, verify};

use crate::rows::{all, batch, book, early, entry, evidence, line, note};

const OPTIONS: Options = Options { reserve_bytes: 64 << 10, pages_max: None, log_bytes: 0 };

fn in_temporary(test: impl FnOnce(&Path)) {
    let directory = tempfile::tempdir().unwrap();
    test(&directory.path().join("some/new/home"));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_new_home_is_private_and_empty() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        home.write_keys(&[("party", &[1; 32])]).unwrap();
        home.publish(&"[::1]:80".parse().unwrap(), &[2; 24]).unwrap();
        let mut store = home.journal(OPTIONS).unwrap();
        assert_eq!(all(&mut store), []);
        assert!(!home.is_restored());
        for directory in [root, &root.join("keys")] {
            assert_eq!(mode(directory), 0o700, "{}", directory.display());
        }
        for file in ["home.toml", "journal.db", "journal.sum", "reserve", "lock", "token", "address", "keys/party.key"] {
            assert_eq!(mode(&root.join(file)), 0o600, "{file}");
        }
        assert!(!root.with_file_name("home.unfinished").exists());
    });
}

#[test]
fn a_home_is_not_made_over_anything() {
    in_temporary(|root| {
        drop(Home::create(root).unwrap());
        assert!(matches!(Home::create(root), Err(HomeFault::Occupied { .. })));
        let file = root.with_file_name("other");
        fs::create_dir(&file).unwrap();
        drop(Home::create(&file).expect("an empty directory may be there"));
    });
}

#[test]
fn what_a_crash_left_while_making_is_made_anew() {
    in_temporary(|root| {
        let unfinished = root.with_file_name("home.unfinished");
        fs::create_dir_all(unfinished.join("keys")).unwrap();
        fs::write(unfinished.join("journal.db"), b"half").unwrap();
        let home = Home::create(root).unwrap();
        fs::write(root.join("token.unfinished"), b"half").unwrap();
        drop(home);
        drop(Home::open(root).unwrap());
        assert!(!root.join("token.unfinished").exists());
    });
}

#[test]
fn a_second_process_is_refused_and_told_who() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        let Err(HomeFault::Locked { pid, .. }) = Home::open(root) else { panic!("opened twice") };
        assert_eq!(pid, Some(std::process::id()));
        assert!(matches!(verify(root), Err(HomeFault::Locked { .. })));
        drop(home);
        drop(Home::open(root).unwrap());
        verify(root).unwrap();
    });
}

#[test]
fn what_is_no_home_or_a_newer_one_is_refused_and_untouched() {
    in_temporary(|root| {
        assert!(matches!(Home::open(root), Err(HomeFault::NoHome { .. })));
        drop(Home::create(root).unwrap());
        let manifest = root.join("home.toml");
        let newer = "format = 2\nshape = \"round\"\ncheck = \"43d61aed649cb831\"\n";
        fs::write(&manifest, newer).unwrap();
        assert!(matches!(Home::open(root), Err(HomeFault::Newer { found: 2, known: 1 })));
        assert_eq!(fs::read_to_string(&manifest).unwrap(), newer);
        fs::write(&manifest, "format = 1\n").unwrap();
        assert!(matches!(Home::open(root), Err(HomeFault::Damaged(_))));
    });
}

#[test]
fn keys_are_kept_never_replaced_and_for_the_owner_only() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        home.write_keys(&[("party", &[1; 32])]).unwrap();
        home.write_keys(&[("0aff-1-log.old", &[2; 32])]).unwrap();
        assert_eq!(home.key_names().unwrap(), ["0aff-1-log.old", "party"]);
        assert_eq!(home.read_key("party").unwrap().as_deref(), Some(&[1; 32]));
        assert_eq!(home.read_key("absent").unwrap(), None);
        assert!(matches!(home.write_keys(&[("party", &[3; 32])]), Err(HomeFault::Occupied { .. })));
        for name in ["", ".hidden", "../party", "a/b", "Party", "é", &"x".repeat(161)] {
            assert!(matches!(home.write_keys(&[(name, &[1; 32])]), Err(HomeFault::KeyName { .. })), "{name}");
        }
        let key = root.join("keys/party.key");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let fault = home.read_key("party").unwrap_err();
        assert!(matches!(fault, HomeFault::Exposed { mode: 0o640, .. }));
        assert!(fault.to_string().ends_with("party.key has mode 0640: nobody but its owner may have any right to it"));
        drop(home);
        fs::set_permissions(root.join("keys"), fs::Permissions::from_mode(0o750)).unwrap();
        assert!(matches!(Home::open(root), Err(HomeFault::Exposed { mode: 0o750, .. })));
    });
}

#[test]
fn keys_that_belong_together_are_all_there_or_none() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        let pair = [("line.2.holder", &[1; 32]), ("line.2.log", &[2; 32])];
        // The disk refuses the second.
        let in_the_way = root.join("keys/line.2.log.key.unfinished");
        fs::create_dir(&in_the_way).unwrap();
        assert!(matches!(home.write_keys(&pair), Err(HomeFault::Io { .. })));
        assert_eq!(home.key_names().unwrap(), [""; 0]);
        fs::remove_dir(&in_the_way).unwrap();
        home.write_keys(&pair).unwrap();
        let and_another = [("line.3.log", &[3; 32]), pair[0]];
        assert!(matches!(home.write_keys(&and_another), Err(HomeFault::Occupied { .. })));
        assert_eq!(home.key_names().unwrap(), ["line.2.holder", "line.2.log"], "what was there is not touched");
    });
}

#[test]
fn a_damaged_key_is_no_key() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        home.write_keys(&[("party", &[1; 32])]).unwrap();
        let path = root.join("keys/party.key");
        let right = fs::read_to_string(&path).unwrap();
        assert_eq!(right, format!("ed25519-seed {} 000\n", "01".repeat(32)).replace("000", &right[78..94]));
        for wrong in [right.trim_end(), &right.to_uppercase(), &right.replace("0101", "0102"), "", "\n", "a b c\n"] {
            fs::write(&path, wrong).unwrap();
            assert!(matches!(home.read_key("party"), Err(HomeFault::Damaged(_))), "{wrong:?}");
        }
    });
}

#[test]
fn commands_find_the_running_node() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        assert_eq!(Home::published(root).unwrap(), None);
        let address = "127.0.0.1:4711".parse().unwrap();
        let token = home.publish(&address, &[5; 24]).unwrap();
        assert_eq!(token.len(), 64);
        assert_eq!(Home::published(root).unwrap(), Some((address, token.clone())));
        assert_eq!(fs::read_to_string(root.join("token")).unwrap().trim_end(), token, "it can be pasted as it stands");
        fs::set_permissions(root.join("token"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Home::published(root), Err(HomeFault::Exposed { .. })));
    });
}

#[test]
fn a_backup_of_a_running_home_is_a_home_of_that_moment() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        home.write_keys(&[("party", &[1; 32])]).unwrap();
        let mut store = home.journal(OPTIONS).unwrap();
        store.commit(&batch((0..50).map(|n| book(n, &[4; 2000])))).unwrap();
        Home::write_settings(root, "name = \"Aster\"\n").unwrap();
        let copy = root.with_file_name("copy");
        home.backup(Some(&store.reader().unwrap()), &copy).unwrap();
        Home::write_settings(root, "name = \"Another\"\n").unwrap();
        store.commit(&batch([book(50, b"after the backup")])).unwrap();
        for file in ["home.toml", "journal.db", "journal.sum", "keys/party.key", "node.toml"] {
            assert_eq!(mode(&copy.join(file)), 0o600, "{file}");
        }
        assert_eq!(verify(&copy).unwrap(), detente_store::Report { findings: vec![], rows: 50 });
        assert!(matches!(home.backup(None, &copy), Err(HomeFault::Occupied { .. })));
        drop((store, home));

        let restored = root.with_file_name("restored");
        assert_eq!(Home::restore(&copy, &restored, RestoreOver::Nothing).unwrap(), None);
        let home = Home::open(&restored).unwrap();
        assert!(home.is_restored());
        assert_eq!(fs::read_to_string(restored.join("node.toml")).unwrap(), "name = \"Aster\"\n");
        assert_eq!(home.read_key("party").unwrap().as_deref(), Some(&[1; 32]));
        let mut store = home.journal(OPTIONS).unwrap();
        assert_eq!(all(&mut store).len(), 50);
        store.commit(&batch([book(50, b"another life")])).unwrap();
        store.close().unwrap();
        home.clear_restored().unwrap();
        drop(home);
        assert!(!Home::open(&restored).unwrap().is_restored());
        assert_eq!(verify(&restored).unwrap().findings, []);
    });
}

#[test]
fn a_replay_is_the_book_and_then_each_line() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        let mut store = home.journal(OPTIONS).unwrap();
        let of_line = |name| {
            let notes = [(NoteRole::Checkpoint, 1), (NoteRole::Checkpoint, 2), (NoteRole::Cosignature, 2)];
            let entries = [1, 2]
                .into_iter()
                .flat_map(move |index| [entry(name, 1, 1, index - 1, b"a"), entry(name, 2, 1, index - 1, b"b")]);
            let notes = notes.map(|(role, size)| note(name, 1, 1, role, size, b"signed"));
            entries.chain([early(name, 2, 1, 9, b"early"), evidence(name, 0, b"fork")]).chain(notes)
        };
        store.commit(&batch([book(0, b"x"), book(1, b"y")].into_iter().chain([5, 3].into_iter().flat_map(of_line)))).unwrap();
        let mut reader = store.reader().unwrap();
        let mut parts = Vec::new();
        let mut keep = |write| {
            parts.push(write);
            Ok(())
        };
        reader.replay_book(&mut keep).unwrap();
        for name in [3, 4, 5] {
            reader.replay_line(&line(name), &mut keep).unwrap();
        }
        assert_eq!(parts.len(), 2 + 2 * 9);
        assert_eq!(parts, all(&mut store));
    });
}

#[test]
fn a_restore_replaces_only_when_told_and_keeps_what_was_there() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        let copy = root.with_file_name("copy");
        home.backup(None, &copy).unwrap();
        let mut store = home.journal(OPTIONS).unwrap();
        store.commit(&batch([book(0, b"newer than the backup")])).unwrap();
        assert!(matches!(Home::restore(&copy, root, RestoreOver::Nothing), Err(HomeFault::Occupied { .. })));
        assert!(matches!(Home::restore(&copy, root, RestoreOver::SetAside), Err(HomeFault::Locked { .. })));
        assert!(!root.with_file_name("home.unfinished").exists(), "no keys are left in another place");
        assert_eq!(all(&mut store).len(), 1);
        drop((store, home));
        let kept = Home::restore(&copy, root, RestoreOver::SetAside).unwrap().expect("the old home is kept");
        assert_eq!(kept, root.with_file_name("home.replaced-1"));
        assert_eq!(all(&mut Home::open(&kept).unwrap().journal(OPTIONS).unwrap()).len(), 1);
        assert_eq!(all(&mut Home::open(root).unwrap().journal(OPTIONS).unwrap()).len(), 0);
        let kept = Home::restore(&copy, root, RestoreOver::SetAside).unwrap().expect("again");
        assert_eq!(kept, root.with_file_name("home.replaced-2"));
    });
}

#[test]
fn a_copy_that_fails_leaves_nothing_of_it_and_moves_nothing() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        home.write_keys(&[("party", &[1; 32])]).unwrap();
        let copy = root.with_file_name("copy");
        home.backup(None, &copy).unwrap();
        drop(home);
        // Where a file should be, something that cannot be copied as one.
        for place in [root, &copy] {
            fs::create_dir(place.join("node.toml")).unwrap();
        }
        let another = root.with_file_name("another");
        assert!(matches!(Home::open(root).unwrap().backup(None, &another), Err(HomeFault::Io { .. })));
        assert!(matches!(Home::restore(&copy, root, RestoreOver::SetAside), Err(HomeFault::Io { .. })));
        let mut left: Vec<_> = fs::read_dir(root.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["copy", "home"]);
        drop(Home::open(root).unwrap());
    });
}

#[test]
fn a_damaged_backup_is_not_restored() {
    in_temporary(|root| {
        let home = Home::create(root).unwrap();
        let copy = root.with_file_name("copy");
        home.backup(None, &copy).unwrap();
        let mut bytes = fs::read(copy.join("journal.db")).unwrap();
        bytes[5000] ^= 1;
        fs::write(copy.join("journal.db"), bytes).unwrap();
        let place = root.with_file_name("place");
        assert!(matches!(Home::restore(&copy, &place, RestoreOver::Nothing), Err(HomeFault::Damaged(_))));
        assert!(!place.exists());
    });
}
