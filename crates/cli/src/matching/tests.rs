//! Runs over loopback: between honest sides, and against peers that say garbage, too much, nothing, or go away.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use detente_blind::message::{MESSAGE_BYTES_MAX, Message, Open, decode, encode};
use detente_blind::{Agreement, Breach, CellId, Class, Effect, Found, Mode, Reason, Role, Run, Seed, Setup, Step};

use super::drive::{Confirm, Finished, How, Left, Told, drive};
use super::voice;
use super::wants::Opening;
use super::wire::{Frame, MAGIC, Stranger, answer, call, frame, next_frame};

/// What an honest side never needs; a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(300);

fn pair() -> [TcpStream; 2] {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let calling = TcpStream::connect(listener.local_addr().expect("an address")).expect("a call");
    [listener.accept().expect("a caller").0, calling]
}

fn cells(numbers: impl IntoIterator<Item = u32>) -> Vec<CellId> {
    numbers.into_iter().map(|number| CellId(u128::from(number).to_be_bytes())).collect()
}

fn run(role: Role, mode: Mode, verified: bool, cells: Vec<CellId>) -> Run {
    let class = Class::new(9).expect("a class");
    let agreement = Agreement { context: [7; 32], mode, verified, chunks_log2: super::CHUNKS_LOG2 };
    let seed = Seed::new([if role == Role::First { 1 } else { 2 }; 32]);
    Run::new(Setup { agreement, role, class, classes: class..=class, plan_root: [0; 32], cells, seed }).expect("a good setup")
}

/// One side to its end, with the code as it was told on the way.
fn side(
    stream: &TcpStream,
    run: Run,
    role: Role,
    patience: Duration,
    confirm: Option<bool>,
) -> (Result<Finished, Left>, Vec<String>) {
    let mut told = Vec::new();
    let confirm = confirm.map(|is_same| Box::new(move || is_same) as Confirm);
    let mut tell = |what: Told<'_>| {
        if let Told::Code(code) = what {
            told.push(code.to_string());
        }
    };
    let end = drive(stream, run, How { role, threads: 2, patience, confirm, tell: &mut tell });
    (end, told)
}

fn honest(mode: Mode, verified: bool, confirm: [Option<bool>; 2]) -> [(Result<Finished, Left>, Vec<String>); 2] {
    let [first, second] = pair();
    std::thread::scope(|scope| {
        let other =
            scope.spawn(|| side(&second, run(Role::Second, mode, verified, cells(300..700)), Role::Second, PATIENCE, confirm[1]));
        let one = side(&first, run(Role::First, mode, verified, cells(0..400)), Role::First, PATIENCE, confirm[0]);
        [one, other.join().expect("no panic")]
    })
}

#[test]
fn both_sides_find_what_is_common_and_read_the_same_words() {
    for (mode, verified, confirm) in
        [(Mode::Cells, false, None), (Mode::Cells, true, Some(true)), (Mode::Count, false, Some(true))]
    {
        let [one, other] = honest(mode, verified, [confirm; 2]);
        let expected = if mode == Mode::Cells { Found::Cells(cells(300..400)) } else { Found::Count(100) };
        for (end, told) in [&one, &other] {
            let finished = end.as_ref().expect("an honest run ends");
            assert_eq!(finished.outcome.found, expected);
            assert!(finished.outcome.agrees);
            assert_eq!(*told, [finished.code.to_string()], "the code is told once, before the end");
        }
        assert_eq!(one.1, other.1, "both sides read the same words");
        assert_eq!(one.0.expect("done").run, other.0.expect("done").run);
    }
}

#[test]
fn who_says_no_answers_nothing_and_the_other_side_hears_why() {
    let [one, other] = honest(Mode::Cells, false, [Some(true), Some(false)]);
    assert!(matches!(other.0, Err(Left::NotConfirmed)), "{:?}", other.0);
    assert!(matches!(one.0, Err(Left::Says { reason, .. }) if reason == Reason::Officer.code()), "{:?}", one.0);
    assert_eq!(one.1, other.1, "both have heard the words");
}

/// A second side, driven by hand: says all that it can, and gives the names of what it hears, up to one of them.
fn speak_until(run: &mut Run, stream: &mut TcpStream, until: &str) -> Vec<&'static str> {
    let mut heard = Vec::new();
    loop {
        while let Some(job) = run.poll_job() {
            run.handle_done(job.run());
        }
        while let Some(effect) = run.poll_effect() {
            match effect {
                Effect::Persist(_) => run.handle_persisted(),
                Effect::Send(message) => stream.write_all(&frame(&message)).expect("the other side listens"),
            }
        }
        if heard.last() == Some(&until) {
            return heard;
        }
        match next_frame(stream) {
            Ok(Frame::Message(message)) => {
                heard.push(decode(&message).expect("a message").name());
                run.handle(&message);
            }
            Ok(_) => heard.push("still"),
            Err(_) => heard.push("nothing"),
        }
    }
}

#[test]
fn nothing_of_a_list_leaves_before_a_person_has_said_yes() {
    let [ours, mut theirs] = pair();
    let (answer, asked) = std::sync::mpsc::channel();
    let confirm: Confirm = Box::new(move || asked.recv().unwrap_or(false));
    std::thread::scope(|scope| {
        let side = scope.spawn(move || {
            let run = run(Role::First, Mode::Cells, false, cells(0..400));
            let mut tell = |_: Told<'_>| {};
            drive(&ours, run, How { role: Role::First, threads: 2, patience: PATIENCE, confirm: Some(confirm), tell: &mut tell })
        });
        let mut peer = run(Role::Second, Mode::Cells, false, cells(300..700));
        let mut heard = speak_until(&mut peer, &mut theirs, "open");
        heard.retain(|name| *name != "still");
        assert_eq!(heard, ["hello", "commit", "open"]);
        // Everything of the other side's is here by now; it says that it is there, and no more.
        assert_eq!(speak_until(&mut peer, &mut theirs, "still"), ["still"]);
        answer.send(true).expect("it is asked");
        let heard = speak_until(&mut peer, &mut theirs, "result");
        assert!(heard.iter().filter(|name| **name == "points").count() == 2, "{heard:?}");
        assert!(side.join().expect("no panic").is_ok());
    });
}

#[test]
fn the_code_covers_what_each_side_was_committed_to() {
    let open = |key: u8| Message::Open([1; 8], Open { key: [key; 32], list: [2; 32], plan_root: [0; 32] });
    let code = voice(&[9; 32], [&open(1), &open(2)]);
    assert_eq!(code, voice(&[9; 32], [&open(1), &open(2)]));
    for (run, first, second) in [(8, 1, 2), (9, 3, 2), (9, 1, 3), (9, 2, 1)] {
        assert_ne!(code, voice(&[run; 32], [&open(first), &open(second)]));
    }
}

/// Somebody who runs with each side and carries nothing between them: each finds a partner, and the words differ.
#[test]
fn somebody_in_between_cannot_make_the_words_equal() {
    let [[first, to_first], [second, to_second]] = [pair(), pair()];
    let codes = std::thread::scope(|scope| {
        let between = [(to_first, Role::Second), (to_second, Role::First)].map(|(stream, role)| {
            scope.spawn(move || side(&stream, run(role, Mode::Cells, false, cells(0..500)), role, PATIENCE, None).1)
        });
        let sides = [(first, Role::First), (second, Role::Second)].map(|(stream, role)| {
            scope.spawn(move || side(&stream, run(role, Mode::Cells, false, cells(0..400)), role, PATIENCE, None).1)
        });
        between.into_iter().for_each(|thread| drop(thread.join().expect("no panic")));
        sides.map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!([codes[0].len(), codes[1].len()], [1, 1]);
    assert_ne!(codes[0], codes[1]);
}

/// A first side against a peer that sends these bytes and then leaves, or stays silent.
fn against(bytes: &[u8], stays: bool) -> Left {
    let [ours, mut theirs] = pair();
    theirs.write_all(bytes).expect("a peer can write");
    if !stays {
        theirs.shutdown(std::net::Shutdown::Write).expect("a peer can leave");
    }
    let patience = if stays { SHORT } else { PATIENCE };
    side(&ours, run(Role::First, Mode::Cells, false, cells(0..400)), Role::First, patience, None)
        .0
        .expect_err("no such peer is taken")
}

fn hello() -> Vec<u8> {
    let mut run = run(Role::Second, Mode::Cells, false, cells(0..10));
    match run.poll_effect() {
        Some(Effect::Send(hello)) => frame(&hello),
        other => panic!("the first effect is the hello, not {other:?}"),
    }
}

#[test]
fn garbage_is_the_other_sides_fault() {
    let broke = |bytes: &[u8]| match against(bytes, false) {
        Left::Broke(fault) => fault.breach,
        other => panic!("{other}"),
    };
    assert_eq!(broke(&frame(b"garbage")), Breach::NotAMessage { bytes: 7 });
    assert_eq!(broke(&[&hello(), &frame(&[0xff; 500])[..]].concat()), Breach::NotAMessage { bytes: 500 });
    // More than a message may have is not even read.
    let much = u32::MAX.to_be_bytes();
    assert_eq!(broke(&[&hello(), &much[..]].concat()), Breach::NotAMessage { bytes: u32::MAX as usize });
    let just_more = frame(&vec![0; MESSAGE_BYTES_MAX + 1]);
    assert_eq!(broke(&just_more), Breach::NotAMessage { bytes: MESSAGE_BYTES_MAX + 1 });
    let other_run = frame(&encode(&Message::Commit([0x55; 8], [1; 32])));
    assert!(matches!(broke(&[hello(), other_run].concat()), Breach::Unexpected { found: "one of another", .. }));
}

#[test]
fn who_goes_away_or_is_silent_is_named() {
    for (bytes, step) in [(Vec::new(), Step::Hello), (hello(), Step::Commit), (vec![0; 4 * 1000], Step::Hello)] {
        assert!(matches!(against(&bytes, false), Left::Closed { step: at } if at == step), "{step}");
        assert!(matches!(against(&bytes, true), Left::Silent { step: at, patience: SHORT } if at == step), "{step}");
    }
    // Half a frame is silence, too.
    assert!(matches!(against(&hello()[..20], true), Left::Silent { step: Step::Hello, .. }));
}

#[test]
fn a_flood_of_good_frames_ends_at_the_first_that_is_wrong() {
    let [ours, mut theirs] = pair();
    let flood = std::thread::spawn(move || {
        let hello = hello();
        // The second hello is one too many; whoever hears it does not listen on.
        while theirs.write_all(&hello).is_ok() {}
    });
    let left = side(&ours, run(Role::First, Mode::Cells, false, cells(0..400)), Role::First, PATIENCE, None).0;
    drop(ours);
    flood.join().expect("no panic");
    assert!(matches!(left, Err(Left::Broke(fault)) if fault.step == Step::Commit));
}

fn opening(name: &str, class: &str, nonce: u8) -> Opening {
    Opening::new(name, &[("class", class.to_owned())], [nonce; 32])
}

/// What a side that listens makes of a caller that sends these bytes.
fn called(bytes: &[u8], stays: bool) -> Result<Opening, Stranger> {
    let [ours, mut theirs] = pair();
    theirs.write_all(bytes).expect("a caller can write");
    if !stays {
        drop(theirs);
        return answer(&ours, &opening("bay", "16", 1), PATIENCE);
    }
    let answered = answer(&ours, &opening("bay", "16", 1), SHORT);
    drop(theirs);
    answered
}

#[test]
fn a_caller_that_is_no_match_is_known_for_it() {
    let opened = |opening: &Opening| [MAGIC.as_slice(), &frame(&opening.encode())].concat();
    assert!(matches!(called(b"GET / HTTP/1.1\r\nHost: aster\r\n\r\n", true), Err(Stranger::NoMatch)));
    assert!(matches!(called(b"", true), Err(Stranger::Silent)));
    assert!(matches!(called(b"", false), Err(Stranger::Closed)));
    assert!(matches!(called(&MAGIC, true), Err(Stranger::Silent)));
    assert!(matches!(called(&[&MAGIC[..], &[0; 400]].concat(), true), Err(Stranger::NoOpening(_))));
    assert!(matches!(called(&[&MAGIC[..], &[0xff; 4]].concat(), true), Err(Stranger::TooLong(_))));
    assert!(matches!(called(&[&MAGIC[..], &frame(&[0xff; 99])].concat(), true), Err(Stranger::NoOpening(_))));
    assert!(matches!(called(&opened(&opening("gulf", "16", 2)), true), Err(Stranger::OtherName(name)) if name == "gulf"));
    let differs = called(&opened(&opening("bay", "12", 2)), true);
    assert!(matches!(differs, Err(Stranger::Differs(told)) if told == ["class: 16 here, 12 there"]));
    assert_eq!(called(&opened(&opening("bay", "16", 2)), true).expect("the other side"), opening("bay", "16", 2));
}

#[test]
fn both_hear_in_what_they_differ_and_another_name_hears_nothing() {
    for (name, class, told) in [("bay", "12", Some("class: 12 here, 16 there")), ("gulf", "16", None)] {
        let [listening, calling] = pair();
        let heard = std::thread::scope(|scope| {
            let caller = scope.spawn(move || call(&calling, &opening(name, class, 2), PATIENCE));
            assert!(answer(&listening, &opening("bay", "16", 1), PATIENCE).is_err());
            drop(listening);
            caller.join().expect("no panic")
        });
        match (heard, told) {
            (Err(Stranger::Differs(heard)), Some(told)) => assert_eq!(heard, [told]),
            (Err(Stranger::Closed), None) => {}
            (heard, _) => panic!("{heard:?}"),
        }
    }
}
