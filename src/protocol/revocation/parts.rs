//! How are the parts of OCSP responses and CRLs read, when a stranger wrote them?
//!
//! Strict DER, one element after the other: an element that is cut off, longer than needed or followed
//! by something else is none.

use crate::protocol::der::{
    BOOLEAN, Element, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, Reader, SEQUENCE, UTC_TIME, boolean, hex, oid,
};
use crate::protocol::x509::Name;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// More extensions than this has nobody.
const MOST_EXTENSIONS: usize = 64;

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

/// An object identifier as dots and numbers; one that is not well-formed as it is written.
pub(super) fn dotted(content: &[u8]) -> String {
    oid(content).unwrap_or_else(|| hex(content))
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
        let oid = parts.take(OID)?.content;
        let critical = match parts.take(BOOLEAN) {
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

/// What of a certificate the judgement needs, as strictly as the rest; an odd one that
/// [`crate::protocol::x509`] still tells about is not read.
#[derive(Debug, Clone)]
pub(super) struct Frame<'a> {
    /// Whether it is of version 3.
    pub(super) is_v3: bool,
    /// The content of the serial number, as it is written.
    pub(super) serial: &'a [u8],
    extensions: Vec<Extension<'a>>,
}

impl<'a> Frame<'a> {
    /// Reads the frame of a certificate (RFC 5280, 4.1).
    pub(super) fn read(der: &'a [u8]) -> Option<Self> {
        let mut tbs = Reader(Reader(Reader(der).take(SEQUENCE)?.content).take(SEQUENCE)?.content);
        let is_v3 = tbs.take(0xa0).is_some_and(|version| version.content == [INTEGER, 1, 2]);
        let serial = tbs.take(INTEGER)?.content;
        let mut found = None;
        while let Some(part) = tbs.any() {
            if part.tag == 0xa3 {
                found = extensions(Reader::only(part.content, SEQUENCE)?.content);
            }
        }
        Some(Self { is_v3, serial, extensions: found.unwrap_or_default() })
    }

    /// The value of an extension.
    pub(super) fn extension(&self, oid: &[u8]) -> Option<&'a [u8]> {
        self.extensions.iter().find(|extension| extension.oid == oid).map(|extension| extension.value)
    }
}

/// Whether two Names (with their outer SEQUENCE) are the same: to the byte, or by RFC 5280, 7.1.
pub(super) fn same_name(a: &[u8], b: &[u8]) -> bool {
    if a == b {
        return !a.is_empty();
    }
    Name::read(a).zip(Name::read(b)).is_some_and(|(a, b)| a.same(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::der::{PRINTABLE, SET, UTF8, write};

    #[test]
    fn rfc5280_4_1_2_5_times_have_seconds_and_end_in_z() {
        let of = |tag: u8, text: &str| time(Element { tag, content: text.as_bytes(), whole: &[], is_minimal: true });
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
            let pair = [write(OID, &[0x55, 4, 3]), write(tag, text.as_bytes())].concat();
            write(SEQUENCE, &write(SET, &write(SEQUENCE, &pair)))
        };
        assert!(same_name(&name(UTF8, "Lab  Root X1"), &name(PRINTABLE, "lab root x1 ")));
        assert!(!same_name(&name(UTF8, "Lab Root X1"), &name(UTF8, "Lab Root X2")));
        assert!(!same_name(&[], &[]));
    }
}
