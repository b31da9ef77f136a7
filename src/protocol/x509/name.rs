//! Whose is a certificate, and are two names the same?

use super::extension::printable;
use crate::order;
use crate::protocol::der::{self, OID, SEQUENCE, SET};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const COMMON_NAME: &str = "2.5.4.3";
const ORGANISATION: &str = "2.5.4.10";
const EMAIL: &str = "1.2.840.113549.1.9.1";

/// A Name (X.501).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// DER with its outer SEQUENCE; empty where it could not be read.
    pub der: Vec<u8>,
    /// As RFC 4514 writes it: `CN=R11,O=Let's Encrypt,C=US`.
    pub text: String,
    /// What a reader calls it: the common name, else the organisation's.
    pub short: String,
    /// The organisation, where one is named.
    pub organisation: Option<String>,
    /// The parts as RFC 5280, 7.1 compares them: letters of one case, spaces once, whichever string
    /// type; the top first.
    pub parts: Vec<Vec<u8>>,
}

/// One attribute: its type, the tag and the bytes of its value.
struct Attribute<'a> {
    oid: String,
    tag: u8,
    value: &'a [u8],
    whole: &'a [u8],
}

impl Name {
    /// Reads a Name, DER with its outer SEQUENCE; none where it is none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let rdns = rdns(bytes)?;
        let mut texts: Vec<String> = Vec::new();
        let mut parts = Vec::new();
        for rdn in &rdns {
            let values: Vec<String> =
                rdn.iter().map(|a| format!("{}={}", attribute(&a.oid), escape(&shown(a.tag, a.value)))).collect();
            texts.push(values.join("+"));
            parts.push(compared(rdn));
        }
        texts.reverse();
        let all = || rdns.iter().flatten();
        let first = |oid: &str| all().find(|a| a.oid == oid).map(|a| shown(a.tag, a.value));
        let organisation = first(ORGANISATION);
        let short = first(COMMON_NAME)
            .or_else(|| organisation.clone())
            .unwrap_or_else(|| texts.first().cloned().unwrap_or_default());
        Some(Self { der: bytes.to_vec(), text: texts.join(","), short, organisation, parts })
    }

    /// The bytes as the evidence spells them.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// Whether it names nobody.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Whether both name the same (RFC 5280, 7.1). Nobody is not the same as nobody.
    pub fn same(&self, other: &Self) -> bool {
        match (self.parts.is_empty(), other.parts.is_empty()) {
            (false, false) => self.parts == other.parts,
            // what could not be read is compared by its bytes
            _ => der::content(&self.der).len() > 1 && self.der == other.der,
        }
    }

    /// The e-mail addresses among its attributes (RFC 5280, 4.1.2.6).
    pub fn emails(&self) -> Vec<String> {
        let Some(rdns) = rdns(&self.der) else { return Vec::new() };
        rdns.iter().flatten().filter(|a| a.oid == EMAIL).map(|a| shown(a.tag, a.value)).collect()
    }
}

/// The parts of a Name as they are compared, the top first; none where it is none.
pub fn parts(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    Some(rdns(der)?.iter().map(|rdn| compared(rdn)).collect())
}

fn rdns(bytes: &[u8]) -> Option<Vec<Vec<Attribute<'_>>>> {
    der::list(bytes)?.into_iter().map(rdn).collect()
}

fn rdn(element: der::Element<'_>) -> Option<Vec<Attribute<'_>>> {
    if element.tag != SET {
        return None;
    }
    let one = |part: der::Element<'_>| -> Option<(String, u8)> {
        let (kind, _) = der::tlv(part.content, OID)?;
        Some((der::oid(kind.content)?, part.tag))
    };
    let mut out = Vec::new();
    for part in der::elements(element.content)? {
        let (oid, tag) = one(part)?;
        let (_, rest) = der::any(part.content)?;
        let (value, rest) = der::any(rest)?;
        if tag != SEQUENCE || !rest.is_empty() {
            return None;
        }
        out.push(Attribute { oid, tag: value.tag, value: value.content, whole: value.whole });
    }
    Some(out)
}

/// One relative name in the form that is compared. The attributes of a set have no order.
fn compared(rdn: &[Attribute<'_>]) -> Vec<u8> {
    let mut all: Vec<Vec<u8>> = rdn
        .iter()
        .map(|a| {
            let mut out = a.oid.clone().into_bytes();
            if let Some(text) = string(a.tag, a.value) {
                out.push(b'=');
                let words: Vec<&str> = text.split_whitespace().collect();
                out.extend(words.join(" ").to_lowercase().into_bytes());
            } else {
                out.push(b'#');
                out.extend(a.whole);
            }
            out
        })
        .collect();
    order::rising(&mut all);
    all.join(&0)
}

/// The text of a string type; none for any other.
fn string(tag: u8, value: &[u8]) -> Option<String> {
    Some(match tag {
        der::BMP => {
            let units: Vec<u16> = value
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |sum, byte| (sum << 8) | u16::from(*byte)))
                .collect();
            String::from_utf16_lossy(&units)
        }
        der::UNIVERSAL => value
            .chunks_exact(4)
            .map(|four| four.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
            .map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        // which everybody fills with Latin-1
        der::TELETEX => value.iter().map(|byte| char::from(*byte)).collect(),
        der::UTF8 | der::NUMERIC | der::PRINTABLE | der::IA5 | der::VISIBLE => {
            String::from_utf8_lossy(value).into_owned()
        }
        _ => return None,
    })
}

/// The text of a value for a reader. Control characters are taken out, for the text goes to a terminal.
fn shown(tag: u8, value: &[u8]) -> String {
    printable(&string(tag, value).unwrap_or_else(|| String::from_utf8_lossy(value).into_owned()))
}

/// The short names of RFC 4514, 3, and those that everybody knows besides.
fn attribute(oid: &str) -> &str {
    match oid {
        COMMON_NAME => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        ORGANISATION => "O",
        "2.5.4.11" => "OU",
        "2.5.4.42" => "GN",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        EMAIL => "emailAddress",
        other => other,
    }
}

/// RFC 4514, 2.4.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => {
                out.push('\\');
                out.push(c);
            }
            '#' | ' ' if i == 0 => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(values: &[(u8, &[u8])]) -> Name {
        let rdns: Vec<u8> = values
            .iter()
            .flat_map(|(tag, text)| {
                let pair = [der::write(OID, &[0x55, 0x04, 0x03]), der::write(*tag, text)].concat();
                der::write(SET, &der::sequence(&pair))
            })
            .collect();
        Name::read(&der::sequence(&rdns)).unwrap()
    }

    #[test]
    fn rfc5280_7_1_case_spaces_and_string_types_do_not_count() {
        let one = name(&[(0x13, b"Example Root")]);
        for (tag, other) in [
            (0x0c, &b"example root"[..]),
            (0x13, b"  EXAMPLE   Root "),
            (0x1e, b"\0E\0x\0a\0m\0p\0l\0e\0 \0R\0o\0o\0t"),
        ] {
            assert!(one.same(&name(&[(tag, other)])), "{other:?}");
        }
        assert!(!one.same(&name(&[(0x13, b"ExampleRoot")])));
        assert!(!one.same(&name(&[(0x13, b"Example Root"), (0x13, b"Example Root")])));
        assert!(!one.same(&name(&[(0x04, b"Example Root")])), "an octet string is no text");
        assert!(!Name::default().same(&Name::default()));
    }
}
