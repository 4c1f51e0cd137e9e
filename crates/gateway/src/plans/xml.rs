//! XML as a tree of elements, for readers of formats that are written in it.
//!
//! No document type, no entity but the five of XML and characters by number: so no text grows when it is read, and
//! nothing is fetched. Depth and the number of elements are bounded.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

/// Deepest nesting: a hundred folders in folders, and what a placemark holds.
pub(super) const DEPTH_MAX: usize = 128;
/// Most elements of one file: twenty for each of the most plans.
pub(super) const ELEMENTS_MAX: usize = 5_000_000;

/// An element.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// Its name without a namespace's prefix.
    pub(super) name: String,
    /// Its attribute `name`, the only one that is read.
    pub(super) label: Option<String>,
    /// The text directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The first child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of a name, if there is any.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }
}

/// What is wrong with a text as XML, and where.
pub(super) struct Fault {
    /// Offset in the text, bytes.
    pub(super) at: usize,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// The outermost element of a text.
pub(super) fn parse(text: &str) -> Result<Element, Fault> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = vec![Element::default()];
    let mut count = 0;
    loop {
        let before = reader.buffer_position();
        let at = |position: u64| usize::try_from(position).unwrap_or(text.len()).min(text.len());
        let refuse = |found: &str, expected| Err(Fault { at: at(before), found: found.into(), expected });
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(e) => {
                let at = at(reader.error_position());
                return Err(Fault { at, found: e.to_string(), expected: "well-formed XML 1.0" });
            }
        };
        let Some(inner) = open.last_mut() else { return refuse("an end too many", "well-formed XML 1.0") };
        match event {
            Event::Start(start) => {
                count += 1;
                if open.len() > DEPTH_MAX {
                    return refuse(&format!("more than {DEPTH_MAX} elements in each other"), "a file nested less deeply");
                }
                if count > ELEMENTS_MAX {
                    return refuse(&format!("more than {ELEMENTS_MAX} elements"), "a file cut into smaller ones");
                }
                match element(&start) {
                    Some(element) => open.push(element),
                    None => return refuse("an element whose name or attribute cannot be read", "well-formed XML 1.0"),
                }
            }
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                match open.last_mut() {
                    Some(outer) => outer.children.push(done),
                    None => return refuse("an end too many", "well-formed XML 1.0"),
                }
            }
            Event::Text(piece) => inner.text.push_str(&piece),
            Event::CData(piece) => inner.text.push_str(&piece),
            Event::GeneralRef(reference) => {
                let numbered = reference.resolve_char_ref().ok().flatten();
                match (numbered, resolve_predefined_entity(&reference)) {
                    (Some(character), _) => inner.text.push(character),
                    (None, Some(text)) => inner.text.push_str(text),
                    (None, None) => return refuse(&format!("the entity &{};", &*reference), "no entity but those of XML itself"),
                }
            }
            Event::DocType(_) => return refuse("a document type (DTD)", "none: it could name entities and other files"),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok).map(|name| name.to_lowercase());
                if encoding.as_deref().is_some_and(|name| !["utf-8", "us-ascii"].contains(&name)) {
                    return refuse(&format!("the encoding {}", encoding.unwrap_or_default()), "UTF-8");
                }
            }
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
    let whole =
        Fault { at: text.len(), found: "the end of the file".into(), expected: "every element closed, and one outermost" };
    if open.len() != 1 {
        return Err(whole);
    }
    let mut outermost = open.pop().unwrap_or_default();
    match (outermost.children.pop(), outermost.children.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(whole),
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = start.local_name().into_inner().to_owned();
    let label = start.try_get_attribute("name").ok()?.map(|attribute| attribute.value.into_owned());
    Some(Element { name, label, ..Element::default() })
}
