//! Where does one element of DER end and the next begin, and what does it hold (X.690)?
//!
//! Two ways to read. [`any`] and what stands on it are lenient: lengths may be longer than they need
//! to be, so that an odd certificate can still be told about. [`Reader`] is strict (X.690, 10), for what is
//! either right or not heard. Neither ever reads more than is there.

use std::fmt::Write as _;

// Universal tags (X.680, 8.6), in the form that DER gives them.
pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OID: u8 = 0x06;
pub const ENUMERATED: u8 = 0x0a;
pub const UTF8: u8 = 0x0c;
pub const NUMERIC: u8 = 0x12;
pub const PRINTABLE: u8 = 0x13;
pub const TELETEX: u8 = 0x14;
pub const IA5: u8 = 0x16;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const VISIBLE: u8 = 0x1a;
pub const UNIVERSAL: u8 = 0x1c;
pub const BMP: u8 = 0x1e;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// An element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Its first identifier octet, class and form included.
    pub tag: u8,
    /// What it holds.
    pub content: &'a [u8],
    /// All of it.
    pub whole: &'a [u8],
    /// Whether the length takes as few octets as it can (10.1).
    pub is_minimal: bool,
}

impl Element<'_> {
    /// Whether the tag says that its number stands in the octets behind it (8.1.2.4), which are not
    /// read. No format of certificates has such.
    pub fn has_long_tag(&self) -> bool {
        self.tag & 0x1f == 0x1f
    }
}

/// The first element, and what follows it.
pub fn any(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest, is_minimal) = if first < 0x80 {
        (usize::from(first), rest, true)
    } else {
        let (octets, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(o, _)| (1..=4).contains(&o.len()))?;
        let length = octets.iter().fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
        (length, rest, length >= 0x80 && octets.first() != Some(&0))
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = der.get(..der.len() - rest.len())?;
    Some((Element { tag, content, whole, is_minimal }, rest))
}

/// The first element, where it has that tag.
pub fn tlv(der: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    any(der).filter(|(element, _)| element.tag == tag)
}

/// The one element of that tag that the bytes hold, and nothing besides.
pub fn only(der: &[u8], tag: u8) -> Option<Element<'_>> {
    tlv(der, tag).filter(|(_, rest)| rest.is_empty()).map(|(element, _)| element)
}

/// All elements; none where the bytes are not a whole number of them.
pub fn elements(mut der: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut out = Vec::new();
    while !der.is_empty() {
        let (element, rest) = any(der)?;
        out.push(element);
        der = rest;
    }
    Some(out)
}

/// The elements inside the one SEQUENCE that the bytes are.
pub fn list(der: &[u8]) -> Option<Vec<Element<'_>>> {
    elements(only(der, SEQUENCE)?.content)
}

/// The content of an element, whatever its tag; the input itself where it is none.
pub fn content(der: &[u8]) -> &[u8] {
    any(der).map_or(der, |(element, _)| element.content)
}

/// What is still to be read, strictly: an element that is cut off, or longer than needed, is none.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    /// The one element of that tag that the bytes hold, and nothing besides.
    pub fn only(der: &'a [u8], tag: u8) -> Option<Element<'a>> {
        let mut reader = Self(der);
        let element = reader.take(tag)?;
        reader.end()?;
        Some(element)
    }

    /// Whether nothing is left.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The next element, whatever it is.
    pub fn any(&mut self) -> Option<Element<'a>> {
        let (element, rest) = any(self.0).filter(|(next, _)| next.is_minimal && !next.has_long_tag())?;
        self.0 = rest;
        Some(element)
    }

    /// The next element, where it has that tag; else nothing is read. (What is cut off is left for
    /// [`Self::end`].)
    pub fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut ahead = *self;
        let element = ahead.any().filter(|element| element.tag == tag)?;
        *self = ahead;
        Some(element)
    }

    /// Nothing must be left.
    pub fn end(self) -> Option<()> {
        self.is_empty().then_some(())
    }
}

/// A BOOLEAN's content, in the one form that DER allows (11.1).
pub fn boolean(content: &[u8]) -> Option<bool> {
    match content {
        [0] => Some(false),
        [0xff] => Some(true),
        _ => None,
    }
}

/// The content of a BIT STRING of whole octets.
pub fn octets(bits: &[u8]) -> Option<&[u8]> {
    bits.split_first().filter(|(unused, _)| **unused == 0).map(|(_, octets)| octets)
}

/// The dotted form of an object identifier's content.
pub fn oid(content: &[u8]) -> Option<String> {
    if content.is_empty() || content.len() > 64 || content.last().is_some_and(|last| last & 0x80 != 0) {
        return None;
    }
    let mut out = String::new();
    let mut value: u128 = 0;
    let mut first = true;
    for byte in content {
        // an arc of more bits than any registry has given out
        value = value.checked_mul(128)? | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if first {
                let root = (value / 40).min(2);
                let _ = write!(out, "{root}.{}", value - root * 40);
                first = false;
            } else {
                let _ = write!(out, ".{value}");
            }
            value = 0;
        }
    }
    Some(out)
}

/// A number that is neither negative nor larger than any count in a certificate.
pub fn small(content: &[u8]) -> Option<u32> {
    if content.is_empty() || content.first().is_some_and(|first| first & 0x80 != 0) {
        return None;
    }
    let value = content.iter().try_fold(0_u64, |sum, byte| sum.checked_mul(256)?.checked_add(u64::from(*byte)))?;
    // larger ones say the same as the largest
    Some(u32::try_from(value).unwrap_or(u32::MAX))
}

/// A number of up to eight octets, with its sign.
pub fn integer(content: &[u8]) -> Option<i64> {
    let first = content.first().filter(|_| content.len() <= 8)?;
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Some(content.iter().fold(start, |sum, octet| (sum << 8) | i64::from(*octet)))
}

/// A number's octets without the zeros in front; none are left of zero.
pub fn magnitude(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|octet| **octet == 0).count();
    content.get(zeros..).unwrap_or_default()
}

/// The same, and of zero one octet is left.
pub fn number(content: &[u8]) -> &[u8] {
    match magnitude(content) {
        [] => content.get(..1).unwrap_or_default(),
        octets => octets,
    }
}

/// How many bits a number without zeros in front has.
pub fn bits(magnitude: &[u8]) -> usize {
    magnitude.first().map_or(0, |first| magnitude.len() * 8 - first.leading_zeros() as usize)
}

/// The content with a tag and the shortest length in front.
pub fn write(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    if let Ok(short @ 0..=0x7f) = u8::try_from(content.len()) {
        out.push(short);
    } else {
        let length = content.len().to_be_bytes();
        let octets = magnitude(&length);
        out.push(0x80 | u8::try_from(octets.len()).unwrap_or(0));
        out.extend_from_slice(octets);
    }
    out.extend_from_slice(content);
    out
}

/// The content with a SEQUENCE's tag and length in front.
pub fn sequence(content: &[u8]) -> Vec<u8> {
    write(SEQUENCE, content)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x690_8_19_object_identifiers() {
        assert_eq!(oid(&[0x55, 0x1d, 0x11]).as_deref(), Some("2.5.29.17"));
        assert_eq!(oid(&[0x2b, 6, 1, 5, 5, 7, 3, 1]).as_deref(), Some("1.3.6.1.5.5.7.3.1"));
        assert_eq!(oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]).as_deref(), Some("1.2.840.113549"));
        assert_eq!(oid(&[0x88, 0x37, 0x03]).as_deref(), Some("2.999.3"));
        assert_eq!((oid(&[0x55, 0x9d]), oid(&[0x2a, 0x86]), oid(&[])), (None, None, None));
    }

    #[test]
    fn what_is_cut_off_is_no_element() {
        assert!(any(&[0x30, 0x02, 0x05]).is_none());
        assert!(any(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]).is_none());
        assert!(any(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
        assert!(elements(&[0x05, 0x00, 0x05]).is_none());
        assert_eq!(elements(&[0x05, 0x00, 0x05, 0x00]).map(|all| all.len()), Some(2));
        assert_eq!(list(&[0x30, 0x02, 0x05, 0x00]).map(|all| all.len()), Some(1));
        assert!(list(&[0x30, 0x02, 0x05, 0x00, 0x00]).is_none());
    }

    #[test]
    fn x690_10_1_a_length_in_more_octets_than_needed_is_seen() {
        assert!(any(&[0x04, 0x01, 0x00]).unwrap().0.is_minimal);
        for wrong in [&[0x04, 0x81, 0x01, 0x00][..], &[&[0x04, 0x82, 0x00, 0x80][..], &[0; 0x80]].concat()] {
            assert!(!any(wrong).unwrap().0.is_minimal);
            assert!(Reader(wrong).any().is_none());
        }
        assert!(Reader(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0x00]).any().is_none());
        assert!(Reader(&[0x04, 0x80, 0x00, 0x00]).any().is_none());
    }

    #[test]
    fn x690_8_1_2_4_a_long_tag_is_seen() {
        assert!(any(&[0x1f, 0x01, 0x00]).unwrap().0.has_long_tag());
        assert!(Reader(&[0x1f, 0x01, 0x00]).any().is_none());
    }

    #[test]
    fn a_reader_stays_where_it_is_before_another_tag() {
        let mut reader = Reader(&[0x05, 0x00, 0x02, 0x01, 0x07]);
        assert!(reader.take(INTEGER).is_none());
        assert!(reader.take(NULL).is_some());
        assert_eq!((reader.end(), reader.take(INTEGER).map(|e| e.content)), (None, Some(&[7][..])));
        assert_eq!(reader.end(), Some(()));
        assert!(Reader::only(&[0x05, 0x00, 0x05, 0x00], NULL).is_none());
    }

    #[test]
    fn integers_keep_their_sign_and_lose_their_zeros() {
        assert_eq!((integer(&[0xff]), integer(&[0x00, 0x80]), integer(&[1; 9])), (Some(-1), Some(128), None));
        assert_eq!((small(&[0x00, 0xff]), small(&[0xff]), small(&[])), (Some(255), None, None));
        assert_eq!(bits(magnitude(&[0x00, 0x80, 0x00])), 16);
        assert_eq!(
            (magnitude(&[0, 0]), number(&[0, 0]), number(&[0, 7]), number(&[])),
            (&[][..], &[0][..], &[7][..], &[][..])
        );
    }

    #[test]
    fn x690_10_1_a_length_is_written_in_the_fewest_octets() {
        assert_eq!(write(NULL, &[]), [5, 0]);
        assert_eq!(sequence(&[0; 127])[..2], [0x30, 127]);
        assert_eq!(sequence(&[0; 128])[..3], [0x30, 0x81, 128]);
        assert_eq!(sequence(&[0; 300])[..4], [0x30, 0x82, 1, 44]);
        let long = write(OCTET_STRING, &[7; 300]);
        assert_eq!(Reader::only(&long, OCTET_STRING).map(|e| e.content.len()), Some(300));
    }
}
