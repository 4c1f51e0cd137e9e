//! A whole link, fed with frames.

use detente_link::{Config, Event, Link, Plan};
use detente_testkit::statements::head;
use detente_testkit::{MORNING, rng};
use detente_types::Timestamp;
use detente_wire::hash::domain;

use crate::scene::Scene;

/// Our session and the peer's.
pub(crate) const SESSIONS: [u64; 2] = [1, 2];
/// Far more than any limit of a link lets pile up.
const HELD_BYTES_MAX: usize = 16 << 20;
/// Frames that a link may have to say at a time.
const SAID_MAX: usize = 10_000;
/// Blind runs that a caller has under way at a time.
const STREAMS_MAX: usize = 2;
/// What ends a blind run when it comes.
pub(crate) const FAREWELL: &[u8] = b"farewell";

/// Steps, each a byte that says what is done, a length in two bytes, and so many bytes: a frame as it came, one whose check is
/// put right, a hello whose check is put right, time that passes, a bearer that ends and begins. The same steps give the same
/// events and frames, and nothing piles up.
pub(crate) fn link(data: &[u8]) {
    assert_eq!(run(data), run(data), "one script, one run");
}

fn run(mut script: &[u8]) -> Vec<String> {
    let mut link = Link::new(Config::new(Scene::get().parties.line, SESSIONS[0]));
    let (mut now, mut rng, mut told, mut streams) = (MORNING, rng(0), Vec::new(), Vec::new());
    link.set_own(head(12), b"our checkpoint".to_vec());
    link.set_copy(head(3), b"their checkpoint".to_vec());
    link.handle_connected(now);
    while let [step, high, low, rest @ ..] = script {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (bytes, behind) = rest.split_at(length);
        script = behind;
        match step % 5 {
            0 => link.handle_frame(now, bytes),
            1 => link.handle_frame(now, &checked(bytes, SESSIONS[1], SESSIONS[0])),
            2 => link.handle_frame(now, &checked(bytes, 0, 0)),
            3 => {
                now = now.plus_seconds(1 + i64::from(bytes.first().copied().unwrap_or(0)));
                link.handle_timeout(now, &mut rng);
            }
            _ => {
                link.handle_disconnected(now, &mut rng);
                link.handle_connected(now);
            }
        }
        settle(&mut link, now, &mut told, &mut streams);
    }
    told
}

fn checked(form: &[u8], from: u64, to: u64) -> Vec<u8> {
    let hash = domain("detente/frame/1", &[&from.to_be_bytes(), &to.to_be_bytes(), form]);
    [form, &hash[..4]].concat()
}

/// Answers what the link tells, as a caller does, and takes what it says.
fn settle(link: &mut Link, now: Timestamp, told: &mut Vec<String>, streams: &mut Vec<u64>) {
    while let Some(event) = link.poll_event() {
        told.push(format!("{event:?}"));
        match event {
            Event::Hello(hello) => link.open(Plan { send_from: hello.copy.size.min(12), give_back: None }),
            Event::Need { own, generation, from, .. } if from < 12 => link.supply(own, generation, from, vec![5; 600]),
            Event::BlindKnock(stream) if streams.len() < STREAMS_MAX && !streams.contains(&stream) => {
                link.open_blind(stream);
                streams.push(stream);
            }
            Event::Blind { stream, bytes } if bytes == FAREWELL => {
                link.close_blind(stream);
                streams.retain(|open| *open != stream);
            }
            // Each message is said back.
            Event::Blind { stream, bytes } if link.blind_has_room(stream) => link.send_blind(stream, bytes),
            _ => {}
        }
    }
    let said: Vec<String> =
        std::iter::from_fn(|| link.poll_transmit(now)).take(SAID_MAX).map(|sent| format!("{sent:?}")).collect();
    assert!(said.len() < SAID_MAX, "a link does not speak for ever");
    assert!(link.held_bytes() <= HELD_BYTES_MAX, "{} bytes are held", link.held_bytes());
    told.extend(said);
}
