//! Two people make a line, or refuse to.

use crate::program::Running;
use crate::side::{Side, code, founded, founded_so, invite, join};

fn lines(side: &Side) -> usize {
    side.json(&["status"])["lines"].as_array().unwrap().len()
}

#[test]
fn both_hear_the_same_code_say_yes_and_have_one_line() {
    let root = tempfile::tempdir().unwrap();
    let (aster, borea) = founded(root.path(), root.path());
    let (mut inviter, text) = invite(&aster, root.path());
    let mut joiner = Running::spawn(borea.command(&["join", &text, "--json"]));
    let (here, there) = (code(&inviter), code(&joiner));
    assert_eq!(here, there);
    assert_eq!(here[0].split_whitespace().count(), 6, "{here:?}");
    assert_eq!(here[1].bytes().filter(u8::is_ascii_digit).count(), 20, "{here:?}");
    inviter.type_line("yes");
    joiner.type_line("yes");
    assert!(inviter.finish().expect(0).out.contains("with Borea is made"));
    let made: serde_json::Value = serde_json::from_str(&joiner.finish().expect(0).out).unwrap();
    assert_eq!(made["with"], "Aster");
    let (ours, theirs) = (aster.line(), borea.line());
    assert_eq!(ours["line"], made["line"]);
    assert_eq!(ours["line"], theirs["line"]);
    assert_eq!([&ours["us"], &ours["them"]], [&theirs["them"], &theirs["us"]]);
    assert_eq!([lines(&aster), lines(&borea)], [1, 1]);
}

#[test]
fn one_no_and_neither_has_a_line() {
    let root = tempfile::tempdir().unwrap();
    let (aster, borea) = founded(root.path(), root.path());
    let [inviter, joiner] = join(&aster, &borea, root.path(), "no", "yes").map(|ended| ended.expect(1));
    assert!(inviter.err.contains("not confirmed by us"), "{}", inviter.err);
    assert!(joiner.err.contains("not confirmed by the other side"), "{}", joiner.err);
    let [inviter, joiner] = join(&aster, &borea, root.path(), "yes", "").map(|ended| ended.expect(1));
    assert!(inviter.err.contains("not confirmed by the other side"), "{}", inviter.err);
    assert!(joiner.err.contains("not confirmed by us"), "{}", joiner.err);
    assert_eq!([lines(&aster), lines(&borea)], [0, 0]);
}

#[test]
fn an_invite_that_is_over_garbled_or_nobodys_is_refused_in_words() {
    let root = tempfile::tempdir().unwrap();
    let (aster, borea) = founded(root.path(), root.path());
    let refused = |text: &str| borea.run(&["join", text]).expect(1).err;
    assert!(refused("no invite at all").contains("an invite begins with detente-invite-1:"));

    let (inviter, text) = invite(&aster, root.path());
    drop(inviter);
    assert!(refused(&text[..text.len() - 10]).contains("the invite is not whole"));
    let unreached = refused(&text);
    assert!(unreached.contains("calling 127.0.0.1:"), "{unreached}");

    let terms = crate::day::terms(root.path());
    let out = root.path().join("invite");
    let over = aster.run(&[
        "invite",
        "--minutes=0",
        "--listen=127.0.0.1:0",
        "--terms",
        terms.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(over.expect(1).err.contains("the invite has expired"));
    assert!(refused(out.to_str().unwrap()).contains("the invite has expired: ask for a new one"));
    assert_eq!([lines(&aster), lines(&borea)], [0, 0]);
}

#[test]
fn terms_name_parties_and_whoever_has_the_lower_id_comes_first() {
    for aster_is_lower in [true, false] {
        for aster_invites in [true, false] {
            let root = tempfile::tempdir().unwrap();
            let (aster, borea) = founded_so(root.path(), root.path(), aster_is_lower);
            let (inviter, joiner) = if aster_invites { (&aster, &borea) } else { (&borea, &aster) };
            let _ = join(inviter, joiner, root.path(), "yes", "yes").map(|ended| ended.expect(0));
            let terms = aster.json(&["terms", "show"]);
            assert_eq!(terms, borea.json(&["terms", "show"]), "both hold the same");
            let signed = if aster_is_lower { ["en", "ru"] } else { ["ru", "en"] };
            assert_eq!(terms["terms"]["languages"], serde_json::json!(signed));
            let desk = &terms["terms"]["desk"][0];
            assert_eq!((&desk["name"], desk["party"] == 0), (&serde_json::json!("Aster watch"), aster_is_lower));
            let shown = aster.ok(&["terms", "show"]);
            assert!(shown.contains("name = \"Aster watch\"\nparty = \"Aster\""), "{shown}");
            let place =
                if aster_is_lower { "names = [\"Hanko\", \"Ханко\"]" } else { "names = [\"Ханко\", \"Hanko\"]" };
            assert!(shown.contains(place), "{shown}");
        }
    }
}

#[test]
fn terms_of_two_others_are_refused_and_who_joins_sees_what_it_accepts() {
    let root = tempfile::tempdir().unwrap();
    let (aster, borea) = founded(root.path(), root.path());
    let (stranger, _) = Side::init(root.path(), "Cygna");
    let terms = crate::day::terms(root.path());
    let invite_as = |side: &Side| side.run(&["invite", "--terms", terms.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let refused = invite_as(&stranger).expect(3).err;
    assert!(refused.contains("terms between Aster and Borea, and this party calls itself Cygna"), "{refused}");

    let (mut inviter, text) = invite(&aster, root.path());
    let seen = root.path().join("seen.toml");
    let mut joiner = Running::spawn(stranger.command(&["join", &text, "--terms-out", seen.to_str().unwrap()]));
    let warned = inviter.err_with("Type yes or no: ");
    assert!(warned.contains("written for Borea; whoever joins calls itself Cygna"), "{warned}");
    let told = joiner.err_with("Type yes or no: ");
    assert!(told.contains("Aster's terms, which a yes accepts: Gulf of Finland"), "{told}");
    assert!(std::fs::read_to_string(&seen).unwrap().contains("parties = [\"Aster\", \"Cygna\"]"));
    inviter.type_line("no");
    joiner.type_line("no");
    inviter.finish().expect(1);
    joiner.finish().expect(1);
    drop(borea);
}
