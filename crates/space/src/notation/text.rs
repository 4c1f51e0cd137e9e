//! A text without its spaces, which still knows where each character stood.

use super::error::{NotationError, Wrong};

/// The characters of a text that are not spaces, with their places.
#[derive(Clone, Debug)]
pub(super) struct Chars {
    /// Each with its place in the text as written, from 1.
    chars: Vec<(usize, char)>,
    /// The place after the last.
    end: usize,
}

impl Chars {
    pub(super) fn new(text: &str) -> Self {
        let placed = text.chars().enumerate().map(|(place, char)| (place + 1, char));
        let chars: Vec<(usize, char)> = placed.filter(|(_, char)| !char.is_whitespace()).collect();
        let end = chars.last().map_or(1, |(place, _)| place + 1);
        Self { chars, end }
    }

    pub(super) fn len(&self) -> usize {
        self.chars.len()
    }

    /// The character as a capital; a space beyond the end.
    pub(super) fn upper(&self, index: usize) -> char {
        self.chars.get(index).map_or(' ', |(_, char)| upper(*char))
    }

    /// The digit there; 0 where there is none.
    pub(super) fn digit(&self, index: usize) -> i64 {
        self.upper(index).to_digit(10).map_or(0, i64::from)
    }

    /// How many characters from an index on are digits.
    pub(super) fn digits_from(&self, index: usize) -> usize {
        self.chars.iter().skip(index).take_while(|(_, char)| char.is_ascii_digit()).count()
    }

    /// How many characters from an index on are letters of any alphabet.
    pub(super) fn letters_from(&self, index: usize) -> usize {
        self.chars.iter().skip(index).take_while(|(_, char)| char.is_alphabetic()).count()
    }

    /// Whether spaces stood before the character, within the text.
    pub(super) fn space_before(&self, index: usize) -> bool {
        index > 0 && index < self.len() && self.chars[index].0 > self.chars[index - 1].0 + 1
    }

    /// What is wrong with the character there, or with the end.
    pub(super) fn error(&self, index: usize, wrong: Wrong, expected: impl Into<String>) -> NotationError {
        let at = self.chars.get(index).map_or(self.end, |(place, _)| *place);
        NotationError { at, wrong, expected: expected.into() }
    }
}

/// The capital of a letter, where it is one character.
pub(super) fn upper(char: char) -> char {
    let mut capitals = char.to_uppercase();
    match (capitals.next(), capitals.next()) {
        (Some(capital), None) => capital,
        _ => char,
    }
}

/// Letters of Cyrillic and of Greek, which look like Latin ones.
pub(super) fn is_foreign(letter: char) -> bool {
    letter.is_alphabetic() && !letter.is_ascii()
}
