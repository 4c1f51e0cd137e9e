//! Mutations of bytes, drawn from a seeded generator: the kinds that libFuzzer makes, without its feedback.

use rand_core::Rng;

/// Numbers at which decoders break: ends of ranges, and heads of CBOR items of every kind and width.
const BYTES: [u8; 20] =
    [0x00, 0x01, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1f, 0x3b, 0x40, 0x5f, 0x60, 0x7f, 0x80, 0x9f, 0xa0, 0xbf, 0xf6, 0xfe, 0xff];
/// Longest mutant: beyond every limit but the largest.
const BYTES_MAX: usize = 70_000;

/// One seed with one to six changes.
pub(crate) fn mutant(rng: &mut impl Rng, seeds: &[&[u8]]) -> Vec<u8> {
    let mut data = pick(rng, seeds).to_vec();
    for _ in 0..=below(rng, 6) {
        change(rng, &mut data, seeds);
    }
    data.truncate(BYTES_MAX);
    data
}

fn change(rng: &mut impl Rng, data: &mut Vec<u8>, seeds: &[&[u8]]) {
    let at = below(rng, data.len() + 1);
    let end = (at + below(rng, 17)).min(data.len());
    match below(rng, 8) {
        0 if at < data.len() => data[at] ^= 1 << below(rng, 8),
        1 if at < data.len() => data[at] = BYTES[below(rng, BYTES.len())],
        2 if at < data.len() => data[at] = data[at].wrapping_add(1).wrapping_sub(2 * (below(rng, 2) as u8)),
        3 => data.insert(at, BYTES[below(rng, BYTES.len())]),
        4 => drop(data.drain(at..end)),
        5 => {
            let repeated = data[at..end].to_vec();
            data.splice(at..at, repeated);
        }
        6 => {
            // The rest of another seed, from a place of its own.
            let other = pick(rng, seeds);
            let from = below(rng, other.len() + 1);
            data.truncate(at);
            data.extend_from_slice(&other[from..]);
        }
        _ => {
            let noise: Vec<u8> = (at..end).map(|_| rng.next_u32() as u8).collect();
            data.splice(at..end, noise);
        }
    }
}

fn pick<'a>(rng: &mut impl Rng, seeds: &[&'a [u8]]) -> &'a [u8] {
    seeds[below(rng, seeds.len())]
}

/// A number below `limit`, which is above zero.
fn below(rng: &mut impl Rng, limit: usize) -> usize {
    (rng.next_u64() % limit as u64) as usize
}
