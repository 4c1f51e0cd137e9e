//! One link frame of every form.

use detente_testkit::statements::head;
use detente_testkit::{MORNING, Parties, minutes};
use detente_types::Generation;
use detente_wire::frame::{Frame, Hello, LINK_VERSION, LINK_VERSION_MIN, Part};

/// One frame of each form: name and content.
pub(crate) fn frames(parties: &Parties) -> Vec<(&'static str, Frame)> {
    let note = b"detente/00\n3\nAAAA\n\n\xe2\x80\x94 detente/00 AAAA\n".to_vec();
    vec![
        ("hello", Frame::Hello(hello(parties))),
        ("part", Frame::Part(part())),
        ("checkpoint", Frame::Checkpoint(note.clone().into())),
        ("cosignature", Frame::Cosignature(note.into())),
        ("ping", Frame::Ping(1, MORNING.micros())),
        ("pong", Frame::Pong(1, MORNING.micros(), minutes(1).micros())),
        ("evidence", Frame::Evidence(vec![0x83, 0x01, 0x02, 0x03].into())),
        ("bye", Frame::Bye(3, "going down for maintenance".into())),
        ("blind", Frame::Blind(0x0102_0304_0506_0708, 300, (0..100u8).collect::<Vec<_>>().into())),
        ("blind-taken", Frame::BlindTaken(0x0102_0304_0506_0708, 301)),
    ]
}

/// A hello as a node says it in the middle of a line's life.
fn hello(parties: &Parties) -> Hello {
    Hello {
        version_min: LINK_VERSION_MIN,
        version_max: LINK_VERSION,
        features: 1 << 40,
        line: parties.line,
        session: 0x0102_0304_0506_0708,
        answers: 0,
        own: head(12),
        own_checkpoint: b"own checkpoint".to_vec().into(),
        copy: head(9),
        copy_checkpoint: Vec::new().into(),
        revocations: vec![vec![0xa0].into()],
        clock_us: MORNING.micros(),
        holds: true,
        asks: false,
        window_bytes: 1 << 20,
        cosigned: b"cosigned".to_vec().into(),
        early: vec![vec![0; 227].into()],
        more: Vec::new().into(),
        newest: b"certificate".to_vec().into(),
    }
}

fn part() -> Part {
    let bytes = (0..100u8).collect::<Vec<_>>().into();
    Part { own: true, generation: Generation::FIRST, index: 300, part: 1, parts: 3, bytes, early: false }
}
