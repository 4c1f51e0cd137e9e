//! The code that two people read to each other: six words, and the same as twenty digits for two who share no language.

use core::fmt;

/// Bits of a code: six words of eleven.
const BITS: u32 = 66;
/// Decimal digits that hold 66 bits.
const DIGITS: usize = 20;

/// A short code. Equal codes mean an equal pairing, but for a chance of 2^-66.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(u128);

impl Code {
    /// The first 66 bits of a hash.
    pub fn of(hash: &[u8; 32]) -> Self {
        let mut first = [0; 16];
        first.copy_from_slice(&hash[..16]);
        Self(u128::from_be_bytes(first) >> (128 - BITS))
    }

    /// Six English words.
    pub fn words(&self) -> [&'static str; 6] {
        let list = bip39::Language::English.word_list();
        core::array::from_fn(|i| {
            let shift = BITS - 11 * (i as u32 + 1);
            list[((self.0 >> shift) & 0x7ff) as usize]
        })
    }

    /// Twenty digits in groups of five.
    pub fn digits(&self) -> String {
        let digits = format!("{:0DIGITS$}", self.0);
        let groups: Vec<&str> = (0..DIGITS).step_by(5).map(|i| &digits[i..i + 5]).collect();
        groups.join(" ")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  ({})", self.words().join(" "), self.digits())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_digits_hold_the_same_66_bits() {
        assert_eq!(Code::of(&[0; 32]).words(), ["abandon"; 6]);
        assert_eq!(Code::of(&[0; 32]).digits(), "00000 00000 00000 00000");
        assert_eq!(Code::of(&[0xff; 32]).words(), ["zoo"; 6]);
        assert_eq!(Code::of(&[0xff; 32]).digits(), "73786 97629 48382 06463");
    }

    #[test]
    fn any_of_the_first_66_bits_changes_the_words() {
        for bit in 0..BITS as usize {
            let mut hash = [0; 32];
            hash[bit / 8] = 0x80 >> (bit % 8);
            assert_ne!(Code::of(&hash).words(), ["abandon"; 6], "bit {bit}");
        }
    }
}
