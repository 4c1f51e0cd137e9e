//! Numbers, words and marks of a position as written, each with its place.

use super::error::{NotationError, Wrong};
use super::text::upper;

/// Digits of a fraction that are read; what follows is less than a hair's breadth and cut off.
const DECIMALS_MAX: usize = 15;
/// Whole digits that any notation has room for.
const WHOLE_MAX: usize = 9;

/// How a comma between two digits is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Commas {
    /// As a separator.
    Apart,
    /// As a decimal point.
    Decimal,
}

/// A part of the text and the place of its first character, from 1.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number(Number),
    /// Letters in capitals, without full stops.
    Word(String),
    Mark(Mark),
    /// -1 or 1.
    Sign(i64),
    /// A comma, semicolon or slash.
    Break,
}

/// What stands after a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Degree,
    Minute,
    Second,
}

impl Mark {
    /// As it is written.
    pub(super) fn sign(self) -> char {
        match self {
            Self::Degree => '°',
            Self::Minute => '′',
            Self::Second => '″',
        }
    }
}

/// A number without a sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// Its whole digits, leading zeros too.
    pub(super) whole: String,
    /// The digits after the point.
    pub(super) fraction: String,
}

impl Number {
    /// The digits of both parts as one number; 24 digits at most.
    pub(super) fn digits(&self) -> i128 {
        (self.whole.bytes().chain(self.fraction.bytes())).fold(0, |sum, digit| 10 * sum + i128::from(digit - b'0'))
    }

    /// The digits before the point; 9 at most.
    pub(super) fn whole(&self) -> i64 {
        self.whole.bytes().fold(0, |sum, digit| 10 * sum + i64::from(digit - b'0'))
    }

    /// In floating point, for metres on a grid.
    pub(super) fn as_f64(&self) -> f64 {
        self.digits() as f64 / (0..self.fraction.len()).fold(1.0, |power, _| power * 10.0)
    }

    /// As it was written, with a point.
    pub(super) fn text(&self) -> String {
        let point = if self.fraction.is_empty() { "" } else { "." };
        format!("{}{point}{}", self.whole, self.fraction)
    }
}

/// The parts of a text.
pub(super) fn tokens(text: &str, commas: Commas) -> Result<Vec<Token>, NotationError> {
    let mut lexer = Lexer { chars: text.chars().collect(), next: 0, commas };
    let mut tokens = Vec::new();
    while let Some(char) = lexer.peek(0) {
        if char.is_whitespace() {
            lexer.next += 1;
            continue;
        }
        let at = lexer.next + 1;
        let kind = lexer.token(char)?;
        tokens.push(Token { at, kind });
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    next: usize,
    commas: Commas,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.next + ahead).copied()
    }

    fn is_digit(&self, ahead: usize) -> bool {
        self.peek(ahead).is_some_and(|char| char.is_ascii_digit())
    }

    fn token(&mut self, char: char) -> Result<Kind, NotationError> {
        if char.is_ascii_digit() {
            return self.number().map(Kind::Number);
        }
        if char.is_alphabetic() && !is_mark(char) {
            return Ok(self.word());
        }
        let kind = match char {
            '°' | 'º' | '˚' => Kind::Mark(Mark::Degree),
            '"' | '″' | '”' | '“' | '„' | 'ʺ' | '\u{2036}' => Kind::Mark(Mark::Second),
            quote if is_minute(quote) => Kind::Mark(self.minute_or_second()),
            '-' | '−' | '–' | '—' | '‐' | '‑' => Kind::Sign(-1),
            '+' => Kind::Sign(1),
            ',' | ';' | '/' => Kind::Break,
            other => return Err(self.error(Wrong::Unexpected(other), "a number, a letter of the hemisphere or a mark")),
        };
        self.next += 1;
        Ok(kind)
    }

    /// Two minute marks in a row stand for seconds. Leaves the last of them to the caller.
    fn minute_or_second(&mut self) -> Mark {
        if self.peek(1).is_some_and(is_minute) {
            self.next += 1;
            return Mark::Second;
        }
        Mark::Minute
    }

    fn number(&mut self) -> Result<Number, NotationError> {
        let start = self.next;
        let whole = self.digits();
        if whole.len() > WHOLE_MAX {
            let wrong = Wrong::Digits(whole.len());
            return Err(NotationError { at: start + 1, wrong, expected: format!("at most {WHOLE_MAX} before the point") });
        }
        let point = match self.peek(0) {
            Some('.') => true,
            Some(',') => self.commas == Commas::Decimal,
            _ => false,
        };
        if !(point && self.is_digit(1)) {
            return Ok(Number { whole, fraction: String::new() });
        }
        self.next += 1;
        let mut fraction = self.digits();
        fraction.truncate(DECIMALS_MAX);
        Ok(Number { whole, fraction })
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(digit) = self.peek(0).filter(char::is_ascii_digit) {
            digits.push(digit);
            self.next += 1;
        }
        digits
    }

    /// Letters, a full stop after them, and the second half of `с. ш.` and the like.
    fn word(&mut self) -> Kind {
        let mut word = self.letters();
        let full_stop = self.peek(0) == Some('.');
        self.next += usize::from(full_stop);
        if full_stop && matches!(word.as_str(), "С" | "Ю" | "В" | "З") {
            let gap = self.chars[self.next..].iter().take_while(|char| char.is_whitespace()).count();
            if matches!(self.peek(gap), Some('ш' | 'Ш' | 'д' | 'Д')) && !self.peek(gap + 1).is_some_and(char::is_alphabetic) {
                self.next += gap;
                word += &self.letters();
                self.next += usize::from(self.peek(0) == Some('.'));
            }
        }
        match word.as_str() {
            "DEG" | "ГРАД" | "ГР" => Kind::Mark(Mark::Degree),
            "MIN" | "МИН" => Kind::Mark(Mark::Minute),
            "SEC" | "СЕК" => Kind::Mark(Mark::Second),
            _ => Kind::Word(word),
        }
    }

    fn letters(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.peek(0).filter(|char| char.is_alphabetic() && !is_mark(*char)) {
            word.push(upper(letter));
            self.next += 1;
        }
        word
    }

    fn error(&self, wrong: Wrong, expected: &str) -> NotationError {
        NotationError { at: self.next + 1, wrong, expected: expected.into() }
    }
}

/// Marks that count as letters elsewhere.
fn is_mark(char: char) -> bool {
    matches!(char, 'º' | 'ʺ' | 'ʹ')
}

fn is_minute(char: char) -> bool {
    matches!(char, '\'' | '′' | '’' | '‘' | '`' | '´' | 'ʹ' | '\u{2035}')
}
