//! A JSON text as it stands: what was written, in its order, each key once.
//!
//! A reader that stops at the first wrong type could not report a whole file, and one that takes the last of two equal
//! keys would guess which was meant. So a text is first read into this tree, and then judged.

use core::cell::Cell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of a JSON text, or a cell of a table (as text).
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Null,
    Truth(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl Tree {
    /// Reads a JSON text. The parser's own bound of 128 levels keeps deep nesting off the stack, and a bound on the number of
    /// values keeps a text of brackets from taking thirty times its size.
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        Self::parse_within(text, VALUES_MAX)
    }

    /// Reads a JSON text of no more than so many values.
    fn parse_within(text: &str, most: u32) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let left = Cell::new(most);
        let tree = Reader { left: &left, most }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(tree)
    }

    /// The members of an object.
    pub(crate) fn as_map(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// A text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A number.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A member of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.as_map()?.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

/// How a report shows it.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Truth(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "\"{text}\""),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Map(_) => f.write_str("an object"),
        }
    }
}

/// Reads a value, and counts it.
#[derive(Clone, Copy)]
struct Reader<'a> {
    left: &'a Cell<u32>,
    most: u32,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Tree;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| D::Error::custom(format!("more than {} values", self.most)))?);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Tree, E> {
        Ok(Tree::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(Tree::Number(number as f64))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Tree, E> {
        Ok(Tree::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members: Vec<(String, Tree)> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if members.len() >= MEMBERS_MAX {
                return Err(A::Error::custom(format!("an object of more than {MEMBERS_MAX} members")));
            }
            if members.iter().any(|(known, _)| *known == key) {
                return Err(A::Error::custom(format!("the key `{}` twice in one object", key.escape_debug())));
            }
            members.push((key, map.next_value_seed(self)?));
        }
        Ok(Tree::Map(members))
    }
}

/// Most members of one object: a notice has fewer than fifty, and each is compared with those before it.
const MEMBERS_MAX: usize = 1_000;

/// Most values of one text, which take a few hundred megabytes: thirty for each plan of the largest file of plans, four
/// hundred for each notice of the largest file of notices.
const VALUES_MAX: u32 = 8_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_given_twice_is_refused_with_its_place() {
        let fault = Tree::parse("{\n \"a\": 1,\n \"a\": 2}").unwrap_err();
        assert_eq!((fault.line(), fault.to_string().contains("the key `a` twice")), (3, true));
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        let fault = Tree::parse(&"[".repeat(1_000_000)).unwrap_err();
        assert!(fault.to_string().contains("recursion limit"));
    }

    #[test]
    fn a_text_of_more_values_than_the_bound_is_refused_where_it_passes_it() {
        assert!(Tree::parse_within("[[1,2],\n{\"a\":3}]", 6).is_ok());
        let fault = Tree::parse_within("[[1,2],\n{\"a\":3}]", 5).unwrap_err();
        assert_eq!((fault.line(), fault.to_string().contains("more than 5 values")), (2, true), "{fault}");
    }

    #[test]
    fn no_number_that_is_not_one() {
        for text in ["NaN", "Infinity", "1e999", "0x10", "01", "+1", "1."] {
            assert!(Tree::parse(text).is_err(), "{text}");
        }
        assert_eq!(Tree::parse("-1.5e3").unwrap(), Tree::Number(-1_500.0));
    }
}
