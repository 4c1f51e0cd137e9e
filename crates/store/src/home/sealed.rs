//! Small text files of one line that prove themselves: a word, a value, and a check over both.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Bytes of the check. Enough that no rot passes; a line is no defence against a liar who can write the disk.
const CHECK_LEN: usize = 8;

/// `word value check`, and a line feed. Neither word nor value has a space.
pub(super) fn seal(word: &str, value: &str) -> String {
    format!("{word} {value} {}\n", check(word, value))
}

/// The value of a sealed line, if the bytes are exactly one with this word.
pub(super) fn open<'a>(word: &str, bytes: &'a [u8]) -> Option<&'a str> {
    let value = str::from_utf8(bytes).ok()?.split(' ').nth(1)?;
    (seal(word, value).as_bytes() == bytes).then_some(value)
}

/// A secret that proves itself without a word, so that it can be pasted as it stands: its hex, then its check.
pub(super) fn seal_token(secret: &[u8]) -> String {
    let value = HEXLOWER.encode(secret);
    let check = check("token", &value);
    value + &check
}

/// Whether a token is one that [`seal_token`] made.
pub(super) fn is_token(token: &str) -> bool {
    let value = token.len().checked_sub(2 * CHECK_LEN).and_then(|at| token.split_at_checked(at));
    value.is_some_and(|(value, sum)| check("token", value) == sum)
}

fn check(word: &str, value: &str) -> String {
    let hash = Sha256::new_with_prefix(b"detente/line/1")
        .chain_update((word.len() as u64).to_be_bytes())
        .chain_update(word)
        .chain_update(value)
        .finalize();
    HEXLOWER.encode(&hash[..CHECK_LEN])
}
