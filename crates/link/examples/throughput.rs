//! What the link itself costs: two links in one thread, a perfect bearer between them, and no disk.
//!
//! `cargo run --release -p detente-link --example throughput`

use detente_link::{Config, Event, Link, Plan};
use detente_types::{Generation, Head, LineId, Root, Timestamp};

const ENTRIES: u64 = 200_000;
const LINE: LineId = LineId::new([1; 32]);

fn main() {
    for length in [512, 1_024, 4_096, 65_536] {
        let seconds = carry(ENTRIES * 512 / length as u64, length);
        let entries = ENTRIES * 512 / length as u64;
        let per_second = entries as f64 / seconds;
        println!("{length:>6} bytes: {per_second:>9.0} entries/s, {:>6.0} MB/s", per_second * length as f64 / 1e6);
    }
}

/// Carries entries from one log to its copy, acknowledged a batch at a time; the seconds it took.
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "an example that measures needs a clock")]
fn carry(entries: u64, length: usize) -> f64 {
    let packed = vec![7; length];
    let mut now = Timestamp::from_micros(0);
    let [mut author, mut holder] = [1, 2].map(|session| Link::new(Config::new(LINE, session)));
    author.set_own(head(entries), b"checkpoint".to_vec());
    author.set_copy(head(0), Vec::new());
    holder.set_own(head(0), Vec::new());
    holder.set_copy(head(0), Vec::new());
    author.handle_connected(now);
    holder.handle_connected(now);
    let (mut copied, start) = (0, std::time::Instant::now());
    while copied < entries {
        now = now.plus_micros(10);
        work(&mut author, &packed, &mut copied);
        while let Some(transmit) = author.poll_transmit(now) {
            holder.handle_frame(now, &transmit.bytes);
            work(&mut holder, &packed, &mut copied);
        }
        holder.set_copy(head(copied), Vec::new());
        while let Some(transmit) = holder.poll_transmit(now) {
            author.handle_frame(now, &transmit.bytes);
        }
        author.acknowledged(copied);
    }
    start.elapsed().as_secs_f64()
}

fn work(link: &mut Link, packed: &[u8], copied: &mut u64) {
    while let Some(event) = link.poll_event() {
        match event {
            Event::Hello(_) => link.open(Plan { send_from: 0, give_back: None }),
            Event::Entry { index, .. } => *copied = index + 1,
            Event::Need { own, generation, from, max_bytes } => {
                let count = (max_bytes / packed.len()).max(1) as u64;
                (from..from + count).for_each(|index| link.supply(own, generation, index, packed.to_vec()));
            }
            Event::NeedCheckpoint { generation, size } => link.supply_checkpoint(generation, size, b"checkpoint".to_vec()),
            _ => {}
        }
    }
}

fn head(size: u64) -> Head {
    Head { generation: Generation::FIRST, size, root: Root::new([0; 32]) }
}
