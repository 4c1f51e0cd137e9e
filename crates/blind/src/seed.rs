//! The seed of a run, and everything random that comes from it.
//!
//! ```text
//! PRK      = HKDF-Extract(SHA-512, salt = "detente/blind/seed/1", seed)
//! name(x)  = HKDF-Expand(PRK, name ‖ 0x00 ‖ x)
//!
//! nonce    = "nonce"(context)           32 bytes   in the hello
//! k        = "key"(run)                 64 bytes   mod the group's order
//! padding  = "padding"(run)             16 bytes   key of the names of padding
//! order    = "order"(run)               64 bytes   key of the stream that shuffles the first message
//! answer   = "answer"(run)              64 bytes   key of the stream that shuffles the answer in mode `count`
//! proof    = "proof"(run)               64 bytes   key of the nonces of proofs
//! challenge = "challenge"(run)          64 bytes   key of the challenge in a verified run
//! chain    = "chain"(run)               24 bytes   the last link of what fixes the answers
//! plans    = "plans"(context)           32 bytes   key of the salts of plans; for whoever makes the plans' root
//!
//! stream   = HMAC-SHA-512(key, 0) ‖ HMAC-SHA-512(key, 1) ‖ …, counters of 8 bytes, big-endian
//! shuffle  = for i = n-1 .. 1: j = draw(i+1), swap i and j
//! draw(m)  = the high half of m · u, u the next 8 bytes of the stream (big-endian), drawn again when the low half is
//!            below 2^64 mod m
//! ```
//!
//! So whoever holds the seed, both hellos and the set replays the first message to the byte.

use curve25519_dalek::Scalar;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::hash::{Digest, Xmd};
use crate::lanes::{Lanes, Multiplier};
use crate::message::{LINK_BYTES, Link};

/// Bytes of a seed.
pub const SEED_BYTES: usize = 32;
const KEY_BYTES: usize = 64;
/// Bytes of the key of padding: an index of 8 bytes follows it, and both together with the domain tag fill no more
/// hash blocks than a cell does, so that padding costs what a cell costs.
pub(crate) const PADDING_BYTES: usize = 16;

/// The one secret of a run, 32 bytes from the system's source of randomness, used once. Inert: it is never shown,
/// compared, copied or serialised, and wiped on drop.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Seed([u8; SEED_BYTES]);

impl Seed {
    /// From fresh random bytes, or from those that were sealed for the auditor. Whoever gives them wipes their own copy.
    pub const fn new(bytes: [u8; SEED_BYTES]) -> Self {
        Self(bytes)
    }

    /// What the hello carries, so that no run is the replay of another.
    pub(crate) fn nonce(&self, context: &Digest) -> Digest {
        let mut nonce = Digest::default();
        self.expand("nonce", context, &mut nonce);
        nonce
    }

    /// From which whoever makes the root of a run's plans takes their salts: as the seed is sealed to the auditor, so are they.
    pub fn plans(&self, context: &Digest) -> Zeroizing<Digest> {
        let mut plans = Zeroizing::new(Digest::default());
        self.expand("plans", context, plans.as_mut_slice());
        plans
    }

    /// Itself, to be sealed.
    pub(crate) const fn bytes(&self) -> &[u8; SEED_BYTES] {
        &self.0
    }

    /// Everything random of a run, whose points are multiplied in `lanes`.
    pub(crate) fn secrets(&self, run: &Digest, lanes: Lanes) -> Secrets {
        let mut wide = [0; KEY_BYTES];
        self.expand("key", run, &mut wide);
        let key = Scalar::from_bytes_mod_order_wide(&wide);
        wide.zeroize();
        let mut padding = [0; PADDING_BYTES];
        self.expand("padding", run, &mut padding);
        let stream = |name: &str| {
            let mut key = [0; KEY_BYTES];
            self.expand(name, run, &mut key);
            Stream { key, counter: 0, block: [0; KEY_BYTES], used: KEY_BYTES }
        };
        let half = Multiplier::new(key * Scalar::from(2u8).invert());
        let [order, answer, proof, challenge] = ["order", "answer", "proof", "challenge"].map(stream);
        let mut chain = [0; LINK_BYTES];
        self.expand("chain", run, &mut chain);
        Secrets { key, half, lanes, padding, order, answer, proof, challenge, chain, xmd: Xmd::of_run(run) }
    }

    fn expand(&self, name: &str, bound: &Digest, out: &mut [u8]) {
        let hkdf = Hkdf::<Sha512>::new(Some(b"detente/blind/seed/1"), &self.0);
        hkdf.expand_multi_info(&[name.as_bytes(), &[0], bound], out).expect("64 bytes are in reach of HKDF");
    }
}

/// What a run keeps secret, and the expander of its cells. Inert as the seed is.
pub(crate) struct Secrets {
    /// k.
    pub(crate) key: Scalar,
    /// k/2: compressing in a batch doubles.
    pub(crate) half: Multiplier,
    pub(crate) lanes: Lanes,
    padding: [u8; PADDING_BYTES],
    order: Stream,
    answer: Stream,
    proof: Stream,
    challenge: Stream,
    /// The last link of the chain that fixes this side's answers: until it is said, no link says anything about them.
    pub(crate) chain: Link,
    xmd: Xmd,
}

impl Secrets {
    /// The order of the first message, of `size` places.
    pub(crate) fn order(&self, size: usize) -> Vec<u32> {
        self.order.again().shuffle(size)
    }

    /// The order of the answer in mode `count`.
    pub(crate) fn answer(&self, size: usize) -> Vec<u32> {
        self.answer.again().shuffle(size)
    }

    /// What is asked of a peer that has fixed its answers: another for other answers, and known to nobody before.
    pub(crate) fn challenge(&self, fixed: &[u8]) -> Digest {
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.challenge.key).expect("HMAC takes keys of any length");
        mac.update(fixed);
        let wide: [u8; KEY_BYTES] = mac.finalize().into_bytes().into();
        *wide.first_chunk().expect("a digest is shorter")
    }

    /// A nonce of a proof about `statement`, which no other statement shares.
    pub(crate) fn proof_nonce(&self, statement: &Digest) -> Scalar {
        let mut mac = Hmac::<Sha512>::new_from_slice(&self.proof.key).expect("HMAC takes keys of any length");
        mac.update(statement);
        let mut wide: [u8; KEY_BYTES] = mac.finalize().into_bytes().into();
        let nonce = Scalar::from_bytes_mod_order_wide(&wide);
        wide.zeroize();
        nonce
    }

    /// What is mapped to the point that names a cell or a piece of padding in this run.
    pub(crate) fn uniform(&self, item: &Item) -> [u8; 64] {
        match item {
            Item::Cell(cell) => self.xmd.uniform(&[&cell.0]),
            // In one piece, as a cell is: a second one would take its own time.
            Item::Padding(index) => {
                let mut name = Zeroizing::new([0; PADDING_BYTES + 8]);
                name[..PADDING_BYTES].copy_from_slice(&self.padding);
                name[PADDING_BYTES..].copy_from_slice(&u64::from(*index).to_be_bytes());
                self.xmd.uniform(&[name.as_slice()])
            }
        }
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        self.key.zeroize();
        self.padding.zeroize();
        self.chain.zeroize();
    }
}

/// One place of a first message.
#[derive(Zeroize)]
pub(crate) enum Item {
    /// A cell of the set.
    Cell(crate::CellId),
    /// Padding of a number.
    Padding(u32),
}

/// Random bytes from a key.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Stream {
    key: [u8; KEY_BYTES],
    counter: u64,
    block: [u8; KEY_BYTES],
    used: usize,
}

impl Stream {
    /// The same stream from its start.
    fn again(&self) -> Self {
        Self { key: self.key, counter: 0, block: [0; KEY_BYTES], used: KEY_BYTES }
    }

    fn shuffle(&mut self, size: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..u32::try_from(size).expect("a class is at most 2^22")).collect();
        for i in (1..size).rev() {
            let j = self.draw(i as u64 + 1) as usize;
            order.swap(i, j);
        }
        order
    }

    /// A number below `bound`, each equally likely.
    fn draw(&mut self, bound: u64) -> u64 {
        let refused_below = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.next()) * u128::from(bound);
            if product as u64 >= refused_below {
                return (product >> 64) as u64;
            }
        }
    }

    fn next(&mut self) -> u64 {
        if self.used == KEY_BYTES {
            let mut mac = Hmac::<Sha512>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
            mac.update(&self.counter.to_be_bytes());
            self.block = mac.finalize().into_bytes().into();
            self.counter += 1;
            self.used = 0;
        }
        let bytes = self.block[self.used..self.used + 8].try_into().expect("eight bytes");
        self.used += 8;
        u64::from_be_bytes(bytes)
    }
}
