//! What does a WBXML document say, and how is one written?
//!
//! WAP-192 as MS-ASWBXML uses it: version 1.3, UTF-8, no attributes, tokens from code pages. Both ways
//! work without recursion over what came from outside, and no document can make them large.

mod pages;

pub use pages::{Tag, name, tags, tokens};

use std::fmt;

/// So long a document is read.
pub const LARGEST: usize = 1024 * 1024;
/// So deep elements may lie in one another.
const DEEPEST: usize = 64;
/// So many elements and texts a document may have: a mailbox of ten thousand folders has fewer.
const MOST_NODES: usize = 131_072;
/// So many bytes all its texts may have: a few bytes refer to a whole text of the string table.
const MOST_TEXT: usize = LARGEST;
/// So long a string table may be; ActiveSync has none.
const LARGEST_TABLE: usize = 4096;

const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const ENTITY: u8 = 0x02;
const STR_I: u8 = 0x03;
const STR_T: u8 = 0x83;
const OPAQUE: u8 = 0xc3;
const HAS_CONTENT: u8 = 0x40;
const HAS_ATTRIBUTES: u8 = 0x80;

/// An element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// What it is.
    pub tag: Tag,
    /// What it holds, in order.
    pub content: Vec<Node>,
}

/// What an element holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// A text.
    Text(String),
    /// Bytes that need not be text.
    Opaque(Vec<u8>),
}

/// Why bytes are no such document, and where that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The offset in bytes.
    pub at: usize,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// It does not begin as WBXML does.
    NotWbxml,
    /// It ends too early.
    Short,
    /// A number has more than 32 bits.
    Number,
    /// It is larger, deeper or holds more than is read.
    TooLarge,
    /// It uses a part of WBXML that ActiveSync has not.
    Unsupported,
    /// A text lies outside of every element, or behind the end.
    Stray,
    /// A reference leads out of the string table, or a number names no character.
    Reference,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FaultKind::NotWbxml => "not WBXML",
            FaultKind::Short => "ends too early",
            FaultKind::Number => "a number is too large",
            FaultKind::TooLarge => "larger than is read",
            FaultKind::Unsupported => "not used by ActiveSync",
            FaultKind::Stray => "outside of every element",
            FaultKind::Reference => "refers to nothing",
        };
        write!(f, "{what} at byte {}", self.at)
    }
}

impl std::error::Error for Fault {}

impl Element {
    /// An element that holds nothing.
    pub const fn empty(tag: Tag) -> Self {
        Self { tag, content: Vec::new() }
    }

    /// An element that holds a text.
    pub fn text(tag: Tag, text: impl Into<String>) -> Self {
        Self { tag, content: vec![Node::Text(text.into())] }
    }

    /// An element that holds elements.
    pub fn of(tag: Tag, children: impl IntoIterator<Item = Self>) -> Self {
        Self { tag, content: children.into_iter().map(Node::Element).collect() }
    }

    /// The elements in it.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::Opaque(_) => None,
        })
    }

    /// The first element in it with this tag.
    pub fn child(&self, tag: Tag) -> Option<&Self> {
        self.children().find(|child| child.tag == tag)
    }

    /// The element at the end of this way down.
    pub fn at(&self, way: &[Tag]) -> Option<&Self> {
        way.iter().try_fold(self, |element, tag| element.child(*tag))
    }

    /// Its text, pieces joined, lossy UTF-8 (some servers send text as opaque bytes).
    pub fn value(&self) -> String {
        let mut out = String::new();
        for node in &self.content {
            match node {
                Node::Element(_) => {}
                Node::Text(text) => out.push_str(text),
                Node::Opaque(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
            }
        }
        out
    }

    /// The text of the first element in it with this tag.
    pub fn value_of(&self, tag: Tag) -> Option<String> {
        self.child(tag).map(Self::value)
    }
}

/// Reads a document. Errs with the place of the first fault; whatever it is given, what it gives holds
/// no more than [`LARGEST`] bytes of text in 131,072 pieces.
pub fn decode(bytes: &[u8]) -> Result<Element, Fault> {
    if bytes.len() > LARGEST {
        return Err(Fault { at: LARGEST, kind: FaultKind::TooLarge });
    }
    let mut reader = Reader { bytes, at: 0 };
    if !matches!(reader.byte(), Ok(1..=3)) {
        return Err(Fault { at: 0, kind: FaultKind::NotWbxml });
    }
    // 0 as public identifier: it stands in the string table
    if reader.number()? == 0 {
        reader.number()?;
    }
    reader.number()?;
    let table_at = reader.at;
    let length = reader.number()?;
    let length = usize::try_from(length).ok().filter(|length| *length <= LARGEST_TABLE);
    let table = reader.take(length.ok_or(Fault { at: table_at, kind: FaultKind::TooLarge })?)?;
    let root = body(&mut reader, table)?;
    if reader.at < bytes.len() {
        return Err(Fault { at: reader.at, kind: FaultKind::Stray });
    }
    Ok(root)
}

fn body(reader: &mut Reader<'_>, table: &[u8]) -> Result<Element, Fault> {
    let mut page = 0;
    let mut open: Vec<Element> = Vec::new();
    let (mut nodes, mut text) = (0, 0);
    loop {
        let at = reader.at;
        let fault = |kind| Fault { at, kind };
        let node = match reader.byte()? {
            SWITCH_PAGE => {
                page = reader.byte()?;
                continue;
            }
            END => Node::Element(open.pop().ok_or(fault(FaultKind::Stray))?),
            STR_I => Node::Text(reader.string()?),
            STR_T => {
                let start = usize::try_from(reader.number()?).map_err(|_| fault(FaultKind::Reference))?;
                let rest = table.get(start..).ok_or(fault(FaultKind::Reference))?;
                let mut inner = Reader { bytes: rest, at: 0 };
                Node::Text(inner.string().map_err(|_| fault(FaultKind::Reference))?)
            }
            ENTITY => {
                let character = char::from_u32(reader.number()?).ok_or(fault(FaultKind::Reference))?;
                Node::Text(character.to_string())
            }
            OPAQUE => {
                let length = usize::try_from(reader.number()?).map_err(|_| fault(FaultKind::Short))?;
                Node::Opaque(reader.take(length)?.to_vec())
            }
            byte if byte & HAS_ATTRIBUTES != 0 || byte & 0x3f < 0x05 => {
                return Err(fault(FaultKind::Unsupported));
            }
            byte => {
                let element = Element::empty(Tag(page, byte & 0x3f));
                if byte & HAS_CONTENT != 0 {
                    if open.len() >= DEEPEST {
                        return Err(fault(FaultKind::TooLarge));
                    }
                    open.push(element);
                    continue;
                }
                Node::Element(element)
            }
        };
        nodes += 1;
        text += match &node {
            Node::Element(_) => 0,
            Node::Text(text) => text.len(),
            Node::Opaque(bytes) => bytes.len(),
        };
        if nodes > MOST_NODES || text > MOST_TEXT {
            return Err(fault(FaultKind::TooLarge));
        }
        match (open.last_mut(), node) {
            (Some(parent), node) => parent.content.push(node),
            (None, Node::Element(root)) => return Ok(root),
            (None, Node::Text(_) | Node::Opaque(_)) => return Err(fault(FaultKind::Stray)),
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn short(&self) -> Fault {
        Fault { at: self.bytes.len(), kind: FaultKind::Short }
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = self.bytes.get(self.at).copied().ok_or_else(|| self.short())?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(length).ok_or_else(|| self.short())?;
        let taken = self.bytes.get(self.at..end).ok_or_else(|| self.short())?;
        self.at = end;
        Ok(taken)
    }

    /// `mb_u_int32`: seven bits a byte, the highest first.
    fn number(&mut self) -> Result<u32, Fault> {
        let at = self.at;
        let mut value = 0_u32;
        for _ in 0..5 {
            let byte = self.byte()?;
            let Some(shifted) = value.checked_mul(0x80) else { break };
            value = shifted | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Fault { at, kind: FaultKind::Number })
    }

    /// Up to a zero, lossy UTF-8.
    fn string(&mut self) -> Result<String, Fault> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == 0).ok_or_else(|| self.short())?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.at += 1;
        Ok(text)
    }
}

/// Writes a document. A zero inside a text, which WBXML cannot hold, is left out; bytes go as they are.
pub fn encode(root: &Element) -> Vec<u8> {
    enum Step<'a> {
        Begin(&'a Element),
        Say(&'a Node),
        End,
    }
    let mut out = vec![0x03, 0x01, 0x6a, 0x00];
    let mut page = 0;
    let mut steps = vec![Step::Begin(root)];
    while let Some(step) = steps.pop() {
        match step {
            Step::End => out.push(END),
            Step::Begin(element) => {
                let Tag(of, token) = element.tag;
                if of != page {
                    out.extend([SWITCH_PAGE, of]);
                    page = of;
                }
                if element.content.is_empty() {
                    out.push(token & 0x3f);
                } else {
                    out.push(token & 0x3f | HAS_CONTENT);
                    steps.push(Step::End);
                    steps.extend(element.content.iter().rev().map(|node| match node {
                        Node::Element(child) => Step::Begin(child),
                        other => Step::Say(other),
                    }));
                }
            }
            Step::Say(Node::Text(text)) => {
                out.push(STR_I);
                out.extend(text.bytes().filter(|byte| *byte != 0));
                out.push(0);
            }
            Step::Say(Node::Opaque(bytes)) => {
                out.push(OPAQUE);
                number(bytes.len(), &mut out);
                out.extend(bytes);
            }
            Step::Say(Node::Element(_)) => {}
        }
    }
    out
}

fn number(value: usize, out: &mut Vec<u8>) {
    let mut groups = vec![value & 0x7f];
    let mut rest = value >> 7;
    while rest > 0 {
        groups.push(rest & 0x7f | 0x80);
        rest >>= 7;
    }
    out.extend(groups.iter().rev().filter_map(|group| u8::try_from(*group).ok()));
}

impl fmt::Display for Element {
    /// As XML without namespaces, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = name(self.tag);
        if self.content.is_empty() {
            return write!(f, "<{name}/>");
        }
        write!(f, "<{name}>")?;
        for node in &self.content {
            match node {
                Node::Element(child) => write!(f, "{child}")?,
                Node::Text(text) => f.write_str(&quick_xml::escape::escape(text.as_str()))?,
                Node::Opaque(bytes) => write!(f, "[{} bytes]", bytes.len())?,
            }
        }
        write!(f, "</{name}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    fn kind(bytes: &[u8]) -> FaultKind {
        decode(bytes).unwrap_err().kind
    }

    #[test]
    fn ms_aswbxml_known_documents_are_read_and_written_byte_for_byte() {
        for (bytes, xml) in [
            ("03 01 6A 00 00 07 56 52 03 30 00 01 01", "<FolderSync><SyncKey>0</SyncKey></FolderSync>"),
            ("03 01 6A 00 00 12 45 5D 07 01 01", "<Settings><UserInformation><Get/></UserInformation></Settings>"),
            (
                "03 01 6A 00 00 0E 45 00 12 56 48 57 03 65 78 64 69 61 67 00 01 01 01 00 0E 46 47 48 03 4D 53 2D 45 41
                 53 2D 50 72 6F 76 69 73 69 6F 6E 69 6E 67 2D 57 42 58 4D 4C 00 01 01 01 01",
                "<Provision><DeviceInformation><Set><Model>exdiag</Model></Set></DeviceInformation><Policies><Policy>\
                 <PolicyType>MS-EAS-Provisioning-WBXML</PolicyType></Policy></Policies></Provision>",
            ),
            (
                "03 01 6A 00 45 5C 4F 4B 03 30 00 01 52 03 35 00 01 01 01 01",
                "<Sync><Collections><Collection><SyncKey>0</SyncKey><CollectionId>5</CollectionId></Collection>\
                 </Collections></Sync>",
            ),
            (
                "03 01 6A 00 00 0D 45 48 03 36 30 00 01 49 4A 4B 03 35 00 01 4C 03 45 6D 61 69 6C 00 01 01 01 01",
                "<Ping><HeartbeatInterval>60</HeartbeatInterval><Folders><Folder><Id>5</Id><Class>Email</Class>\
                 </Folder></Folders></Ping>",
            ),
            (
                "03 01 6A 00 00 06 45 47 48 00 00 4B 03 31 32 33 34 00 01 00 06 4A 03 35 00 01 01 01 01",
                "<GetItemEstimate><Collections><Collection><SyncKey>1234</SyncKey><CollectionId>5</CollectionId>\
                 </Collection></Collections></GetItemEstimate>",
            ),
            ("03 01 6A 00 45 4E 03 31 34 32 00 01 01", "<Sync><Status>142</Status></Sync>"),
        ] {
            let bytes = hex(bytes);
            let document = decode(&bytes).unwrap();
            assert_eq!(document.to_string(), xml);
            assert_eq!(encode(&document), bytes);
        }
    }

    #[test]
    fn text_may_come_in_pieces_as_bytes_as_characters_and_from_the_table() {
        let bytes = hex("03 01 6A 03 61 62 00 45 4B 03 31 00 C3 02 32 33 02 34 83 01 01 01");
        assert_eq!(decode(&bytes).unwrap().value_of(tags::SYNC_KEY).as_deref(), Some("1234b"));
    }

    #[test]
    fn what_is_unknown_keeps_its_page_and_token() {
        let document = decode(&hex("03 01 6A 00 00 1E 45 3F 01")).unwrap();
        assert_eq!(document.to_string(), "<x30-05><x30-3f/></x30-05>");
    }

    #[test]
    fn hostile_documents_end_with_the_place_of_the_fault() {
        assert_eq!(decode(b"<html>").unwrap_err(), Fault { at: 0, kind: FaultKind::NotWbxml });
        assert_eq!(kind(&[]), FaultKind::NotWbxml);
        assert_eq!(kind(&hex("03 01 6A 00")), FaultKind::Short);
        assert_eq!(decode(&hex("03 01 6A 00 45 4E 03 31")).unwrap_err(), Fault { at: 8, kind: FaultKind::Short });
        assert_eq!(kind(&hex("03 01 6A 00 45 C3 FF FF FF FF 7F 01")), FaultKind::Number);
        assert_eq!(kind(&hex("03 01 6A 00 45 C3 8F FF FF FF 7F 01")), FaultKind::Short);
        // six bytes, although most are zero
        assert_eq!(kind(&hex("03 01 6A 00 45 C3 80 80 80 80 80 01 78 01")), FaultKind::Number);
        assert_eq!(kind(&hex("03 01 6A FF FF 7F 45")), FaultKind::TooLarge);
        assert_eq!(kind(&hex("03 01 6A 00 C5 01")), FaultKind::Unsupported);
        assert_eq!(kind(&hex("03 01 6A 00 43")), FaultKind::Unsupported);
        assert_eq!(decode(&hex("03 01 6A 00 05 05")).unwrap_err(), Fault { at: 5, kind: FaultKind::Stray });
        assert_eq!(kind(&hex("03 01 6A 00 01")), FaultKind::Stray);
        assert_eq!(kind(&hex("03 01 6A 00 03 31 00")), FaultKind::Stray);
        assert_eq!(kind(&hex("03 01 6A 00 45 83 05 01")), FaultKind::Reference);
        assert_eq!(kind(&hex("03 01 6A 00 45 02 83 B0 00 01")), FaultKind::Reference);
        assert_eq!(kind(&[hex("03 01 6A 00"), vec![0x45; 65]].concat()), FaultKind::TooLarge);
        assert!(decode(&[hex("03 01 6A 00"), vec![0x45; 64], vec![END; 64]].concat()).is_ok());
        assert_eq!(kind(&[hex("03 01 6A 00 45"), vec![0x05; MOST_NODES], vec![END]].concat()), FaultKind::TooLarge);
        assert!(decode(&[hex("03 01 6A 00 45"), vec![0x05; MOST_NODES - 1], vec![END]].concat()).is_ok());
        assert_eq!(kind(&vec![3; LARGEST + 1]), FaultKind::TooLarge);
    }

    fn element() -> impl Strategy<Value = Element> {
        let tag = (0_u8..26, 5_u8..0x40).prop_map(|(page, token)| Tag(page, token));
        let leaf = (tag.clone(), "[^\u{0}]{0,20}").prop_map(|(tag, text)| Element::text(tag, text));
        leaf.prop_recursive(5, 60, 6, move |inner| {
            let node = prop_oneof![
                4 => inner.prop_map(Node::Element),
                1 => "[^\u{0}]{0,20}".prop_map(Node::Text),
                1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Node::Opaque),
            ];
            (tag.clone(), prop::collection::vec(node, 0..6)).prop_map(|(tag, content)| Element { tag, content })
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(document in element()) {
            prop_assert_eq!(decode(&encode(&document)).unwrap(), document);
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for start in [&[][..], &[3, 1, 0x6a, 0][..]] {
                let document = [start, &bytes].concat();
                if let Err(fault) = decode(&document) {
                    prop_assert!(fault.at <= document.len());
                }
            }
        }
    }
}
