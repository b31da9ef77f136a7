//! What does Export-Clixml write (MS-PSRP 2.2.5)?
//!
//! An object is `Obj`, its properties stand in `Props` and `MS` under their `N`; `Ref` points to an object
//! that was written before.

use super::{Fault, Format, Row, Table, Value};
use crate::order;
use crate::protocol::xml::DEEPEST;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::BTreeMap;

/// An element with what it holds.
#[derive(Debug, Clone, Default)]
struct Node {
    tag: String,
    /// The name of the property, where it is one.
    name: Option<String>,
    id: Option<String>,
    text: String,
    inner: Vec<Node>,
}

/// The objects.
pub fn rows(text: &str) -> Result<Table, Fault> {
    let text = text.strip_prefix("#< CLIXML").map_or(text, str::trim_start);
    let broken = Fault::Broken { format: Format::CliXml };
    if !text.get(..1024).unwrap_or(text).contains("<Objs") {
        return Err(Fault::Unknown);
    }
    let root = tree(text).ok_or(broken)?;
    let mut known = BTreeMap::new();
    index(&root, &mut known);
    let mut rows = Vec::new();
    for object in &root.inner {
        collect(object, &known, &mut rows);
    }
    Ok(Table { format: Format::CliXml, rows })
}

/// The tree of elements; `None` where it breaks off, is malformed, has a document type or is too deep.
fn tree(text: &str) -> Option<Node> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Node> = vec![Node::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return None;
                }
                open.push(Node {
                    tag: start.local_name().as_ref().to_owned(),
                    name: attribute(&start, "N"),
                    id: attribute(&start, "RefId"),
                    ..Node::default()
                });
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.xml_content(XmlVersion::Explicit1_0)),
            Event::GeneralRef(reference) => {
                let name = reference.xml_content(XmlVersion::Explicit1_0);
                let node = open.last_mut()?;
                match reference.resolve_char_ref() {
                    Ok(Some(c)) => node.text.push(c),
                    _ => node.text.push_str(quick_xml::escape::resolve_xml_entity(&name)?),
                }
            }
            Event::End(_) => {
                let node = open.pop()?;
                open.last_mut()?.inner.push(node);
            }
            Event::DocType(_) => return None,
            Event::Eof => {
                let whole = open.pop().filter(|_| open.is_empty())?;
                return whole.inner.into_iter().find(|node| node.tag == "Objs");
            }
            _ => {}
        }
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let mut attributes = attributes.with_checks(false).flatten().take(DEEPEST);
    attributes.find(|one| one.key.as_ref() == name).map(|one| one.value.into_owned())
}

fn index<'a>(node: &'a Node, known: &mut BTreeMap<&'a str, &'a Node>) {
    if let Some(id) = node.id.as_deref().filter(|_| node.tag == "Obj") {
        known.insert(id, node);
    }
    for inner in &node.inner {
        index(inner, known);
    }
}

type Known<'a> = BTreeMap<&'a str, &'a Node>;

fn collect(object: &Node, known: &Known<'_>, rows: &mut Vec<Row>) {
    if object.tag != "Obj" {
        return;
    }
    if let Some(list) = list_of(object) {
        for inner in &list.inner {
            collect(inner, known, rows);
        }
        return;
    }
    let parts = object.inner.iter().filter(|part| part.tag == "Props" || part.tag == "MS");
    let row = parts.flat_map(|part| &part.inner).filter_map(|property| {
        Some((unescaped(property.name.as_deref()?).to_ascii_lowercase(), value(property, known)))
    });
    rows.push(order::map(row));
}

fn list_of(node: &Node) -> Option<&Node> {
    node.inner.iter().find(|part| ["LST", "IE", "QUE", "STK"].contains(&part.tag.as_str()))
}

fn value(node: &Node, known: &Known<'_>) -> Value {
    // one step: an object that points to itself is no value
    let node =
        if node.tag == "Ref" { node.id.as_deref().and_then(|id| known.get(id).copied()).unwrap_or(node) } else { node };
    match list_of(node) {
        Some(list) => Value::List(list.inner.iter().filter_map(text).collect()),
        None => text(node).map_or(Value::Null, Value::of),
    }
}

/// A value as a text; of an object, what it calls itself.
fn text(node: &Node) -> Option<String> {
    match node.tag.as_str() {
        "Nil" | "Ref" => None,
        "B" => Some(if node.text.trim() == "true" { "True" } else { "False" }.to_owned()),
        "Obj" => {
            let said = node.inner.iter().find(|part| part.tag == "ToString").map(|part| unescaped(&part.text));
            said.or_else(|| {
                node.inner.iter().find(|part| ["S", "I32", "DT"].contains(&part.tag.as_str())).and_then(text)
            })
        }
        _ => Some(unescaped(&node.text)),
    }
}

/// `_x000A_` stands for a character that XML has no place for (MS-PSRP 2.2.5.3.2).
fn unescaped(text: &str) -> String {
    let mut parts = text.split("_x");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.split_once('_').filter(|(hex, _)| hex.len() == 4);
        let letter = code.and_then(|(hex, rest)| Some((char::from_u32(u32::from_str_radix(hex, 16).ok()?)?, rest)));
        if let Some((letter, rest)) = letter {
            out.push(letter);
            out.push_str(rest);
        } else {
            out.push_str("_x");
            out.push_str(part);
        }
    }
    out
}
