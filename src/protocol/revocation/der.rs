//! How are the parts of OCSP responses and CRLs read, when a stranger wrote them?
//!
//! Strict DER (X.690, 10), one element after the other, never more than is there: an element that
//! is cut off, longer than needed or followed by something else is none.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use x509_parser::oid_registry::Oid;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// More extensions than this has nobody.
const MOST_EXTENSIONS: usize = 64;

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// What is still to be read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub(super) fn any(&mut self) -> Option<Element<'a>> {
        let whole = self.0;
        let (&tag, rest) = whole.split_first()?;
        // tags above 30 stand nowhere in these formats
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = octets.iter().fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
            // X.690, 10.1: in the fewest octets
            if octets.len() > 4 || octets.first() == Some(&0) || length < 0x80 {
                return None;
            }
            (length, rest)
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Element { tag, content, whole: whole.get(..whole.len() - rest.len())? })
    }

    /// The next element, which must have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        self.optional(tag)
    }

    /// The next element if it has this tag; else nothing is read. (What is cut off is left for the end.)
    pub(super) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.any().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// Nothing must be left.
    pub(super) fn end(self) -> Option<()> {
        self.is_empty().then_some(())
    }
}

/// The one element of which these bytes consist.
pub(super) fn only(der: &[u8], tag: u8) -> Option<Element<'_>> {
    let mut reader = Reader(der);
    let element = reader.take(tag)?;
    reader.end()?;
    Some(element)
}

/// The value of a BIT STRING of whole octets.
pub(super) fn octets(bits: &[u8]) -> Option<&[u8]> {
    bits.split_first().filter(|(unused, _)| **unused == 0).map(|(_, octets)| octets)
}

/// A BOOLEAN's content.
pub(super) fn boolean(content: &[u8]) -> Option<bool> {
    match content {
        [0] => Some(false),
        [0xff] => Some(true),
        _ => None,
    }
}

/// A number without the zeros in front that say nothing.
pub(super) fn number(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    content.get(zeros.min(content.len().saturating_sub(1))..).unwrap_or(content)
}

/// A UTCTime or GeneralizedTime in the one form that RFC 5280, 4.1.2.5 allows: seconds, and Z.
pub(super) fn time(element: Element<'_>) -> Option<Timestamp> {
    let text = std::str::from_utf8(element.content).ok()?;
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let (year, rest) = match element.tag {
        UTC_TIME if digits.len() == 12 => {
            let (year, rest) = digits.split_at(2);
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME if digits.len() == 14 => {
            let (year, rest) = digits.split_at(4);
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let part = |at: usize| rest.get(at..at + 2)?.parse::<i8>().ok();
    DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0)
        .ok()?
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// An object identifier as dots and numbers.
pub(super) fn dotted(oid: &[u8]) -> String {
    Oid::new(oid.into()).to_id_string()
}

/// An extension (RFC 5280, 4.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Extension<'a> {
    pub(super) oid: &'a [u8],
    pub(super) critical: bool,
    pub(super) value: &'a [u8],
}

/// The extensions in the content of their SEQUENCE; none where they are not well-formed or one
/// stands there twice.
pub(super) fn extensions(content: &[u8]) -> Option<Vec<Extension<'_>>> {
    let mut all: Vec<Extension<'_>> = Vec::new();
    let mut list = Reader(content);
    while !list.is_empty() {
        let mut parts = Reader(list.take(SEQUENCE)?.content);
        let oid = parts.take(OBJECT_IDENTIFIER)?.content;
        let critical = match parts.optional(BOOLEAN) {
            Some(critical) => boolean(critical.content)?,
            None => false,
        };
        let value = parts.take(OCTET_STRING)?.content;
        parts.end()?;
        if all.len() >= MOST_EXTENSIONS || all.iter().any(|known| known.oid == oid) {
            return None;
        }
        all.push(Extension { oid, critical, value });
    }
    Some(all)
}

/// What of a certificate the judgement needs besides its facts, as the bytes have it.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    /// Whether it is of version 3.
    pub(super) is_v3: bool,
    /// The content of the serial number, as it is written.
    pub(super) serial: &'a [u8],
    /// Its extensions.
    pub(super) extensions: Vec<Extension<'a>>,
}

/// Reads the frame of a certificate (RFC 5280, 4.1).
pub(super) fn frame(der: &[u8]) -> Option<Frame<'_>> {
    let mut tbs = Reader(Reader(Reader(der).take(SEQUENCE)?.content).take(SEQUENCE)?.content);
    let version = tbs.optional(0xa0);
    let serial = tbs.take(INTEGER)?.content;
    let mut found = None;
    while let Some(part) = tbs.any() {
        if part.tag == 0xa3 {
            found = extensions(only(part.content, SEQUENCE)?.content);
        }
    }
    let is_v3 = version.is_some_and(|version| version.content == [INTEGER, 1, 2]);
    Some(Frame { is_v3, serial, extensions: found.unwrap_or_default() })
}

/// The value of a certificate's extension.
pub(crate) fn extension<'a>(certificate: &'a [u8], oid: &[u8]) -> Option<&'a [u8]> {
    frame(certificate)?.extensions.iter().find(|extension| extension.oid == oid).map(|extension| extension.value)
}

/// Writes an element.
pub(crate) fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 0x80) {
        out.push(short);
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
        out.push(0x80 | u8::try_from(octets.len()).unwrap_or(0));
        out.extend(octets);
    }
    out.extend_from_slice(content);
    out
}

/// Whether two Names (with their outer SEQUENCE) are the same by RFC 5280, 7.1: in whichever
/// string type, whatever the case, and however many spaces.
pub(super) fn same_name(a: &[u8], b: &[u8]) -> bool {
    if a == b {
        return !a.is_empty();
    }
    matches!((plain(a), plain(b)), (Some(a), Some(b)) if a == b)
}

/// A value that can be compared.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plain<'a> {
    Text(String),
    Bytes(&'a [u8]),
}

/// The attributes of one RelativeDistinguishedName, sorted.
type Attributes<'a> = Vec<(&'a [u8], Plain<'a>)>;

fn plain(name: &[u8]) -> Option<Vec<Attributes<'_>>> {
    let mut rdns = Reader(only(name, SEQUENCE)?.content);
    let mut all = Vec::new();
    while !rdns.is_empty() {
        let mut parts = Reader(rdns.take(SET)?.content);
        let mut set = Vec::new();
        while !parts.is_empty() {
            let mut pair = Reader(parts.take(SEQUENCE)?.content);
            let oid = pair.take(OBJECT_IDENTIFIER)?.content;
            let value = pair.any()?;
            pair.end()?;
            set.push((oid, text(value).map_or(Plain::Bytes(value.whole), Plain::Text)));
        }
        set.sort();
        all.push(set);
    }
    Some(all)
}

fn text(value: Element<'_>) -> Option<String> {
    let text = match value.tag {
        // UTF8String, PrintableString, IA5String
        0x0c | 0x13 | 0x16 => std::str::from_utf8(value.content).ok()?.to_owned(),
        // TeletexString, as everybody reads it
        0x14 => value.content.iter().map(|byte| char::from(*byte)).collect(),
        // BMPString
        0x1e => {
            let units: Vec<u16> = value
                .content
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |sum, byte| (sum << 8) | u16::from(*byte)))
                .collect();
            String::from_utf16(&units).ok()?
        }
        _ => return None,
    };
    Some(text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x690_10_1_a_length_is_written_in_the_fewest_octets() {
        assert!(Reader(&[0x04, 0x81, 0x01, 0x00]).any().is_none());
        assert!(Reader(&[0x04, 0x82, 0x00, 0x80]).any().is_none());
        assert!(Reader(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00]).any().is_none());
        assert!(Reader(&[0x04, 0x80, 0x00, 0x00]).any().is_none());
        let long = write(OCTET_STRING, &[7; 300]);
        assert_eq!(only(&long, OCTET_STRING).map(|e| e.content.len()), Some(300));
        assert_eq!(write(NULL, &[]), [5, 0]);
    }

    #[test]
    fn rfc5280_4_1_2_5_times_have_seconds_and_end_in_z() {
        let of = |tag: u8, text: &str| time(Element { tag, content: text.as_bytes(), whole: &[] });
        let noon: Option<Timestamp> = "2026-11-22T12:00:00Z".parse().ok();
        assert_eq!(of(UTC_TIME, "261122120000Z"), noon);
        assert_eq!(of(GENERALIZED_TIME, "20261122120000Z"), noon);
        assert_eq!(of(UTC_TIME, "500101000000Z"), "1950-01-01T00:00:00Z".parse().ok());
        for (tag, wrong) in [
            (UTC_TIME, "2611221200Z"),
            (UTC_TIME, "261322120000Z"),
            (GENERALIZED_TIME, "20261122120000.5Z"),
            (GENERALIZED_TIME, "20261122120000+0100"),
            (OCTET_STRING, "20261122120000Z"),
        ] {
            assert_eq!(of(tag, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rfc5280_7_1_names_are_the_same_whatever_case_spaces_and_string_type() {
        let name = |tag: u8, text: &str| {
            let pair = [write(OBJECT_IDENTIFIER, &[0x55, 4, 3]), write(tag, text.as_bytes())].concat();
            write(SEQUENCE, &write(SET, &write(SEQUENCE, &pair)))
        };
        assert!(same_name(&name(0x0c, "Lab  Root X1"), &name(0x13, "lab root x1 ")));
        assert!(!same_name(&name(0x0c, "Lab Root X1"), &name(0x0c, "Lab Root X2")));
        assert!(!same_name(&[], &[]));
    }
}
