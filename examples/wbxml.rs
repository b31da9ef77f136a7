//! Do exdiag and another program that knows WBXML understand one another?
//!
//! For `tests/interop/run`, which has libwbxml beside it:
//!
//!   wbxml documents FOLDER          writes every document that a session sends, NAME.wbxml
//!   wbxml random FOLDER SEED COUNT  writes random documents as XML, NUMBER.xml
//!   wbxml same FOLDER SEED COUNT    reads NUMBER.wbxml, and says how many are those random documents

use exdiag::evidence::SessionAsk;
use exdiag::protocol::session;
use exdiag::protocol::wbxml::{Element, Node, Tag, decode, tokens};
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// What a session sends: a name, the version spoken, the command.
fn documents() -> Vec<(&'static str, &'static str, SessionAsk)> {
    let folder = || "5".to_owned();
    let sync_key = || "{6f0d5b1e-93a4}1".to_owned();
    let open = SessionAsk::Open { folder: folder() };
    let newest = SessionAsk::Newest { folder: folder(), sync_key: sync_key() };
    vec![
        ("acknowledge", "16.1", SessionAsk::Acknowledge),
        ("estimate", "16.1", SessionAsk::Estimate { folder: folder(), sync_key: sync_key() }),
        ("folder-sync", "16.1", SessionAsk::FolderSync),
        ("ping", "16.1", SessionAsk::Ping { folder: folder(), heartbeat: 900 }),
        ("provision", "16.1", SessionAsk::Provision),
        ("provision-14.0", "14.0", SessionAsk::Provision),
        ("settings", "16.1", SessionAsk::DeviceInformation),
        ("sync-first", "16.1", open.clone()),
        ("sync-first-12.1", "12.1", open),
        ("sync-lately", "16.1", SessionAsk::Lately { folder: folder(), sync_key: sync_key(), days: 7 }),
        ("sync-second", "16.1", newest.clone()),
        ("sync-second-12.1", "12.1", newest),
    ]
}

/// Marsaglia's xorshift: the same numbers for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % bound.max(1)
    }
}

/// Tokens that libwbxml 0.11.8 does not have or calls otherwise, and one whose text it takes for base64.
const OTHERWISE: &[Tag] = &[Tag(0, 0x1a), Tag(14, 0x3b), Tag(17, 0x1f), Tag(18, 0x1f), Tag(18, 0x2b)];
const LETTERS: &[char] =
    &['a', 'Z', '0', '9', '.', '-', '{', '}', ' ', '&', '<', '>', '"', '\'', 'ä', 'ß', '€', '語', '🔑'];

fn random(numbers: &mut Random, known: &[Tag], depth: usize) -> Element {
    let tag = known.get(numbers.below(known.len())).copied().unwrap_or(Tag(0, 0x05));
    match numbers.below(if depth == 0 { 2 } else { 5 }) {
        0 => Element::empty(tag),
        1 => {
            let mut text = String::from("x");
            for _ in 0..numbers.below(40) {
                text.push(LETTERS.get(numbers.below(LETTERS.len())).copied().unwrap_or('x'));
            }
            // what stands at an edge may be taken for layout
            text.push('x');
            Element::text(tag, text)
        }
        _ => {
            let count = 1 + numbers.below(4);
            Element::of(tag, (0..count).map(|_| random(numbers, known, depth - 1)))
        }
    }
}

/// The documents of a seed. Each begins with Sync, by which libwbxml knows the language.
fn all(seed: u64, count: usize) -> Vec<Element> {
    let mut numbers = Random(seed | 1);
    let known: Vec<Tag> = tokens().map(|(tag, _, _)| tag).filter(|tag| !OTHERWISE.contains(tag)).collect();
    (0..count)
        .map(|_| {
            let inside = 1 + numbers.below(4);
            Element::of(Tag(0, 0x05), (0..inside).map(|_| random(&mut numbers, &known, 5)))
        })
        .collect()
}

fn xml(element: &Element, around: &str, out: &mut String) {
    let (_, namespace, name) =
        tokens().find(|(tag, _, _)| *tag == element.tag).unwrap_or((element.tag, "unknown", "unknown"));
    let _ = write!(out, "<{name}");
    if namespace != around {
        let _ = write!(out, " xmlns=\"{namespace}:\"");
    }
    out.push('>');
    for node in &element.content {
        match node {
            Node::Element(child) => xml(child, namespace, out),
            Node::Text(text) => {
                for letter in text.chars() {
                    match letter {
                        '&' => out.push_str("&amp;"),
                        '<' => out.push_str("&lt;"),
                        '>' => out.push_str("&gt;"),
                        other => out.push(other),
                    }
                }
            }
            Node::Opaque(_) => {}
        }
    }
    let _ = write!(out, "</{name}>");
}

/// The same whatever pieces a text came in.
fn joined(element: &Element) -> Element {
    let children: Vec<Element> = element.children().map(joined).collect();
    match (children.is_empty(), element.value()) {
        (false, _) => Element::of(element.tag, children),
        (true, text) if text.is_empty() => Element::empty(element.tag),
        (true, text) => Element::text(element.tag, text),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["documents", folder] => {
            for (name, version, ask) in documents() {
                let path = Path::new(folder).join(format!("{name}.wbxml"));
                fs::write(path, session::body(version, "1307199584", &ask))?;
            }
            Ok(())
        }
        ["random", folder, seed, count] => {
            for (number, document) in (1..).zip(all(seed.parse()?, count.parse()?)) {
                let mut text = String::from(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><!DOCTYPE ActiveSync PUBLIC \
                     \"-//MICROSOFT//DTD ActiveSync//EN\" \"http://www.microsoft.com/\">",
                );
                xml(&document, "", &mut text);
                fs::write(Path::new(folder).join(format!("{number}.xml")), text)?;
            }
            Ok(())
        }
        ["same", folder, seed, count] => {
            let mut same = 0;
            for (number, document) in (1..).zip(all(seed.parse()?, count.parse()?)) {
                let bytes = fs::read(Path::new(folder).join(format!("{number}.wbxml")))?;
                match decode(&bytes) {
                    Ok(read) if joined(&read) == joined(&document) => same += 1,
                    Ok(read) => writeln!(io::stderr(), "{number}: {read}\ninstead of {document}")?,
                    Err(fault) => writeln!(io::stderr(), "{number}: {fault}")?,
                }
            }
            writeln!(io::stdout(), "{same}")?;
            Ok(())
        }
        _ => Err("wbxml documents FOLDER | random FOLDER SEED COUNT | same FOLDER SEED COUNT".into()),
    }
}
