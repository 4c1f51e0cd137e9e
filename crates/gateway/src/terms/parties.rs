//! Whose terms a file holds, and the order in which they name the two parties.

use detente_types::TermsIn;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{TermsFault, line_of};
use crate::problem::shown;

/// Terms as their file has them.
#[derive(Clone, Debug, PartialEq)]
pub struct TermsFile {
    /// What the two parties call themselves.
    pub parties: [String; 2],
    /// The terms, in the order of `parties`.
    pub terms: TermsIn,
}

impl TermsFile {
    /// The terms with this party first, and what the other party is called.
    ///
    /// # Errors
    /// What the parties are called, when neither is called so.
    pub fn of(self, party: &str) -> Result<(TermsIn, String), [String; 2]> {
        let [first, second] = self.parties;
        let same = |name: &str| name.to_lowercase() == party.to_lowercase();
        match (same(&first), same(&second)) {
            (true, _) => Ok((self.terms, second)),
            (false, true) => Ok((turned(self.terms), first)),
            (false, false) => Err([first, second]),
        }
    }
}

/// The same terms with the two parties in the other order.
#[must_use]
pub fn turned(mut terms: TermsIn) -> TermsIn {
    terms.languages.reverse();
    terms.place.iter_mut().for_each(|place| place.names.reverse());
    // What is neither 0 nor 1 breaks a rule, and still does.
    terms.desk.iter_mut().filter(|desk| desk.party <= 1).for_each(|desk| desk.party = 1 - desk.party);
    terms
}

const KEY: &str = "parties";
const PARTIES: &str = "what the two parties call themselves, such as [\"Aster\", \"Borea\"]";

/// Takes the names of the parties out of a document, and puts numbers in their places.
pub(super) fn take(text: &str, document: &mut DeTable<'_>) -> Result<[String; 2], TermsFault> {
    let fault = |offset: usize, at: &str, found: &str, expected: &str| TermsFault::Parties {
        line: line_of(text, offset),
        at: at.to_owned(),
        found: shown(found),
        expected: expected.to_owned(),
    };
    let key = document.keys().find(|key| key.get_ref() == KEY).cloned();
    let Some(list) = key.and_then(|key| document.remove(&key)) else {
        return Err(fault(0, KEY, "", PARTIES));
    };
    let names = names(list.get_ref()).ok_or_else(|| fault(list.span().start, KEY, &text[list.span()], PARTIES))?;
    for (number, party) in desks(document).enumerate() {
        let named = party.get_ref().as_str().and_then(|name| names.iter().position(|n| n == name));
        let Some(which) = named else {
            let at = format!("desk[{number}].party");
            return Err(fault(party.span().start, &at, &text[party.span()], &format!("{:?} or {:?}", names[0], names[1])));
        };
        *party.get_mut() = DeValue::parse(if which == 0 { "0" } else { "1" }).expect("a digit is a number").into_inner();
    }
    Ok(names)
}

/// Two different names.
fn names(list: &DeValue<'_>) -> Option<[String; 2]> {
    let names: Vec<String> = list.as_array()?.iter().filter_map(|n| n.get_ref().as_str().map(str::to_owned)).collect();
    let [first, second] = <[String; 2]>::try_from(names).ok()?;
    let different = first.to_lowercase() != second.to_lowercase();
    let good = |name: &str| detente_types::text::check_line(KEY, name).is_ok();
    (different && good(&first) && good(&second) && list.as_array()?.len() == 2).then_some([first, second])
}

/// The `party` of every desk that has one.
fn desks<'d, 'i>(document: &'d mut DeTable<'i>) -> impl Iterator<Item = &'d mut Spanned<DeValue<'i>>> {
    let desks = document.iter_mut().find(|(key, _)| key.get_ref() == "desk").map(|(_, value)| value.get_mut());
    let desks = desks.and_then(|value| if let DeValue::Array(desks) = value { Some(desks) } else { None });
    let party = |desk: &'d mut Spanned<DeValue<'i>>| match desk.get_mut() {
        DeValue::Table(desk) => desk.iter_mut().find(|(key, _)| key.get_ref() == "party").map(|(_, party)| party),
        _ => None,
    };
    desks.into_iter().flat_map(|desks| desks.iter_mut()).filter_map(party)
}
