//! Text that people wrote: bounded, one language tag each, free of characters that could steer a screen.

use minicbor::{Decode, Encode};

use crate::rule::{Rule, Violation};

/// Longest one-line field, in bytes of UTF-8: a title, a call sign, a name.
pub const LINE_BYTES_MAX: usize = 200;
/// Longest free text, in bytes of UTF-8: about three pages, read aloud in a quarter of an hour.
pub const TEXT_BYTES_MAX: usize = 8_000;

/// A text in a named language, as it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TextIn {
    /// BCP 47 tag, e.g. `en`, `ru`.
    #[n(0)]
    pub language: String,
    /// The words.
    #[n(1)]
    pub text: String,
}

/// Checks a one-line field: not empty, not too long (DV-010), no control or direction-changing characters (DV-011).
///
/// # Errors
/// The violation, with `field` as its place.
pub fn check_line(field: &str, text: &str) -> Result<(), Violation> {
    if text.trim().is_empty() || text.len() > LINE_BYTES_MAX {
        return Err(Violation::new(Rule::TextLength, field, format!("{} bytes", text.len()))
            .expected(format!("1 to {LINE_BYTES_MAX} bytes of text on one line")));
    }
    check_characters(field, text, false)
}

/// Checks a language tag (DV-012): 2 to 35 letters, digits and hyphens, as BCP 47 tags have.
///
/// # Errors
/// The violation, with `field` as its place.
pub fn check_language(field: &str, tag: &str) -> Result<(), Violation> {
    if (2..=35).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Ok(());
    }
    Err(Violation::new(Rule::LanguageTag, field, tag).expected("a BCP 47 language tag such as en or ru".into()))
}

/// Checks a free text: its language tag (DV-012), at most [`TEXT_BYTES_MAX`] bytes (DV-010), safe characters and line
/// feeds only (DV-011).
///
/// # Errors
/// The violation, with `field` as its place.
pub fn check_text(field: &str, text: &TextIn) -> Result<(), Violation> {
    check_language(field, &text.language)?;
    if text.text.trim().is_empty() || text.text.len() > TEXT_BYTES_MAX {
        return Err(Violation::new(Rule::TextLength, field, format!("{} bytes", text.text.len()))
            .expected(format!("1 to {TEXT_BYTES_MAX} bytes of text")));
    }
    check_characters(field, &text.text, true)
}

/// Refuses what could make a screen show something other than what was signed.
fn check_characters(field: &str, text: &str, lines: bool) -> Result<(), Violation> {
    match text.chars().position(|c| steers(c) && !(lines && c == '\n')) {
        None => Ok(()),
        Some(at) => Err(Violation::new(Rule::TextCharacters, field, format!("a control character at position {at}"))
            .expected("printable characters without direction overrides".into())),
    }
}

/// Controls, line and paragraph separators, everything that changes the direction of writing, and what is never
/// drawn: format controls, annotations and tags. Joiners stay, since some scripts need them.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}
