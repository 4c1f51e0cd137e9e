//! XML as a tree of elements, for readers of formats that are written in it.
//!
//! No document type, no entity but the five of XML and characters by number: so no text grows when it is read, and
//! nothing is fetched. Depth and the number of elements are bounded.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

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

const WELL_FORMED: &str = "well-formed XML 1.0";

/// The outermost element of a text.
pub(super) fn parse(text: &str) -> Result<Element, Fault> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let offset = |position: u64| usize::try_from(position).unwrap_or(text.len()).min(text.len());
    let mut tree = Growing { outermost: Element::default(), open: Vec::new(), count: 0 };
    loop {
        let before = offset(reader.buffer_position());
        let event = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(e) => return Err(Fault { at: offset(reader.error_position()), found: e.to_string(), expected: WELL_FORMED }),
        };
        tree.grow(event).map_err(|(found, expected)| Fault { at: before, found, expected })?;
    }
    let Growing { mut outermost, open, .. } = tree;
    match (outermost.children.pop(), outermost.children.is_empty() && open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => {
            let expected = "every element closed, and one outermost";
            Err(Fault { at: text.len(), found: "the end of the file".into(), expected })
        }
    }
}

/// A tree while it is read.
struct Growing {
    /// Holds what stands outermost.
    outermost: Element,
    /// Elements that are not closed yet, each in the one before it.
    open: Vec<Element>,
    /// How many elements there are.
    count: usize,
}

/// What was found, and what was expected.
type Refusal = (String, &'static str);

impl Growing {
    fn inner(&mut self) -> &mut Element {
        self.open.last_mut().unwrap_or(&mut self.outermost)
    }

    fn grow(&mut self, event: Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Start(start) => self.enter(&start)?,
            Event::End(_) => {
                let done = self.open.pop().ok_or_else(|| ("an end too many".to_owned(), WELL_FORMED))?;
                self.inner().children.push(done);
            }
            Event::Text(piece) => self.inner().text.push_str(&piece),
            Event::CData(piece) => self.inner().text.push_str(&piece),
            Event::GeneralRef(reference) => self.refer(&reference)?,
            Event::DocType(_) => return Err(("a document type (DTD)".into(), "none: it could name entities and other files")),
            Event::Decl(declaration) => {
                let encoding = declaration.encoding().and_then(Result::ok).map(|name| name.to_lowercase());
                if let Some(name) = encoding.filter(|name| !["utf-8", "us-ascii"].contains(&name.as_str())) {
                    return Err((format!("the encoding {name}"), "UTF-8"));
                }
            }
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), Refusal> {
        self.count += 1;
        if self.open.len() >= DEPTH_MAX {
            return Err((format!("more than {DEPTH_MAX} elements in each other"), "a file nested less deeply"));
        }
        if self.count > ELEMENTS_MAX {
            return Err((format!("more than {ELEMENTS_MAX} elements"), "a file cut into smaller ones"));
        }
        self.open.push(element(start).ok_or_else(|| ("an attribute that cannot be read".to_owned(), WELL_FORMED))?);
        Ok(())
    }

    fn refer(&mut self, reference: &BytesRef<'_>) -> Result<(), Refusal> {
        let character = reference.resolve_char_ref().ok().flatten();
        match (character, resolve_predefined_entity(reference)) {
            (Some(character), _) => self.inner().text.push(character),
            (None, Some(text)) => self.inner().text.push_str(text),
            (None, None) => return Err((format!("the entity &{};", &**reference), "no entity but those of XML itself")),
        }
        Ok(())
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = start.local_name().into_inner().to_owned();
    // Without its checks, since they compare each attribute with all before it.
    let mut attributes = start.attributes();
    let found = attributes.with_checks(false).find(|a| a.as_ref().map_or(true, |a| a.key.as_ref() == "name"));
    let label = found.transpose().ok()?.map(|attribute| attribute.value.into_owned());
    Some(Element { name, label, ..Element::default() })
}
