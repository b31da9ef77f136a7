//! How is the XML of a server that nobody vouches for read without harm?
//!
//! By local names, for imitations of Autodiscover put elements into whichever namespace they like;
//! document types, their entities and deep nesting are refused, so that no answer grows by being read.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// Elements deeper than this are no answer of these services.
pub const DEEPEST: usize = 32;

pub const TOO_DEEP: &str = "it is nested too deeply";
pub const UNKNOWN_ENTITY: &str = "it uses an unknown entity";
pub const DOCTYPE: &str = "it has a document type";
pub const ENDS_EARLY: &str = "it ends early";

/// Whoever is told the elements of a document as they come.
pub trait Listener {
    /// An element begins; `path` holds the local names of those around it, the root first.
    fn open(&mut self, path: &[String], name: &str, kind: Option<&str>);
    /// An element ends; `value` is its own text, trimmed.
    fn close(&mut self, path: &[String], name: &str, value: &str);
}

/// Reads a document to its end. `kind` is the attribute `Type` of an element, where it has one.
/// The error is a fragment.
pub fn read(text: &str, listener: &mut impl Listener) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    // `<a/>` is told as `<a></a>`
    reader.config_mut().expand_empty_elements = true;
    let mut path: Vec<String> = Vec::new();
    let mut value = String::new();
    loop {
        match reader.read_event().map_err(|e| e.to_string())? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.len() >= DEEPEST {
                    return Err(TOO_DEEP.to_owned());
                }
                listener.open(&path, &name, kind(&start).as_deref());
                path.push(name);
                value.clear();
            }
            Event::Text(text) => value.push_str(&text.xml_content(XmlVersion::Explicit1_0)),
            Event::CData(data) => value.push_str(&data.xml_content(XmlVersion::Explicit1_0)),
            Event::GeneralRef(reference) => {
                let name = reference.xml_content(XmlVersion::Explicit1_0);
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => value.push(c),
                    _ => {
                        value.push_str(quick_xml::escape::resolve_xml_entity(&name).ok_or(UNKNOWN_ENTITY)?);
                    }
                }
            }
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                listener.close(&path, &name, value.trim());
                value.clear();
            }
            Event::DocType(_) => return Err(DOCTYPE.to_owned()),
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err(ENDS_EARLY.to_owned()),
            _ => {}
        }
    }
}

/// An answer without the mark that some servers put in front.
pub fn trimmed(body: &str) -> &str {
    body.trim_start_matches('\u{feff}').trim()
}

/// A text as it stands between tags.
pub fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// The attribute `Type`; one that is not well formed is none.
fn kind(start: &BytesStart<'_>) -> Option<String> {
    let mut attributes = start.attributes();
    let attributes = attributes.with_checks(false).flatten().take(DEEPEST);
    attributes.filter(|one| one.key.local_name().as_ref() == "Type").map(|one| one.value.into_owned()).next()
}
