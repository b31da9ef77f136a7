//! What do the bytes say, before anything is interpreted?
//!
//! Tag, length and content as they stand (X.690), so that a rule can see what a parser smooths over:
//! string types, encoded defaults, order, padding, the form of a time.

/// An element: its first identifier octet, its content, and both together with the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element<'a> {
    pub tag: u8,
    pub body: &'a [u8],
    pub whole: &'a [u8],
    /// Whether the length takes as few octets as it can (X.690, 10.1).
    pub short: bool,
}

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8: u8 = 0x0c;
pub(super) const PRINTABLE: u8 = 0x13;
pub(super) const TELETEX: u8 = 0x14;
pub(super) const IA5: u8 = 0x16;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const UNIVERSAL: u8 = 0x1c;
pub(super) const BMP: u8 = 0x1e;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The first element, and what follows it. Long tags and indefinite lengths are no DER of a certificate.
pub(super) fn read(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest, short) = if first < 0x80 {
        (usize::from(first), rest, true)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if !(1..=4).contains(&octets.len()) {
            return None;
        }
        let length = octets.iter().fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet));
        (length, rest, length >= 0x80 && octets.first() != Some(&0))
    };
    let (body, rest) = rest.split_at_checked(length)?;
    let whole = der.get(..der.len() - rest.len())?;
    Some((Element { tag, body, whole, short }, rest))
}

/// The first element, where it has that tag.
pub(super) fn tagged(der: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    read(der).filter(|(element, _)| element.tag == tag)
}

/// The one element that all the bytes make, where it has that tag.
pub(super) fn only(der: &[u8], tag: u8) -> Option<Element<'_>> {
    tagged(der, tag).filter(|(_, rest)| rest.is_empty()).map(|(element, _)| element)
}

/// The elements that these bytes are made of; none where they do not come out even.
pub(super) fn all(mut der: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut out = Vec::new();
    while !der.is_empty() {
        let (element, rest) = read(der)?;
        out.push(element);
        der = rest;
    }
    Some(out)
}

/// The elements inside of a SEQUENCE that all the bytes make.
pub(super) fn sequence(der: &[u8]) -> Option<Vec<Element<'_>>> {
    all(only(der, SEQUENCE)?.body)
}

/// A SEQUENCE of this content.
pub(super) fn in_sequence(content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let octets = magnitude(&length);
    let mut out = vec![SEQUENCE];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x80 | u8::try_from(octets.len()).unwrap_or(0));
            out.extend_from_slice(octets);
        }
    }
    out.extend_from_slice(content);
    out
}

/// An object identifier with dots; none where it is no well-formed one.
pub(super) fn oid(body: &[u8]) -> Option<String> {
    let mut arcs: Vec<u64> = Vec::new();
    let mut value: u64 = 0;
    let mut open = false;
    for octet in body {
        value = value.checked_mul(128)?.checked_add(u64::from(octet & 0x7f))?;
        open = octet & 0x80 != 0;
        if !open {
            if arcs.is_empty() {
                let first = (value / 40).min(2);
                arcs.push(first);
                value -= first * 40;
            }
            arcs.push(value);
            value = 0;
        }
    }
    if open || arcs.is_empty() {
        return None;
    }
    Some(arcs.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
}

/// A small INTEGER, with its sign.
pub(super) fn integer(body: &[u8]) -> Option<i64> {
    let (first, _) = body.split_first()?;
    if body.len() > 8 {
        return None;
    }
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Some(body.iter().fold(start, |sum, octet| (sum << 8) | i64::from(*octet)))
}

/// A large INTEGER without the octet that keeps it positive.
pub(super) fn magnitude(body: &[u8]) -> &[u8] {
    let zeros = body.iter().take_while(|octet| **octet == 0).count();
    body.get(zeros..).unwrap_or_default()
}

/// How many bits a number has.
pub(super) fn bits(magnitude: &[u8]) -> usize {
    magnitude.first().map_or(0, |first| magnitude.len() * 8 - first.leading_zeros() as usize)
}

/// The characters of a string, whichever of the ASN.1 string types it has.
pub(super) fn text(tag: u8, body: &[u8]) -> String {
    match tag {
        BMP => {
            let units: Vec<u16> =
                body.chunks(2).map(|pair| pair.iter().fold(0, |sum, octet| (sum << 8) | u16::from(*octet))).collect();
            String::from_utf16_lossy(&units)
        }
        UNIVERSAL => {
            let points = body.chunks(4).map(|four| four.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet)));
            points.map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        TELETEX => body.iter().map(|octet| char::from(*octet)).collect(),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x690_8_19_object_identifiers() {
        assert_eq!(oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]).as_deref(), Some("1.2.840.113549"));
        assert_eq!(oid(&[0x88, 0x37, 0x03]).as_deref(), Some("2.999.3"));
        assert_eq!(oid(&[0x2a, 0x86]), None);
        assert_eq!(oid(&[]), None);
    }

    #[test]
    fn x690_10_1_a_length_in_more_octets_than_needed_is_seen() {
        assert!(read(&[0x04, 0x01, 0x00]).unwrap().0.short);
        assert!(!read(&[0x04, 0x81, 0x01, 0x00]).unwrap().0.short);
        assert!(read(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn integers_keep_their_sign() {
        assert_eq!(integer(&[0xff]), Some(-1));
        assert_eq!(integer(&[0x00, 0x80]), Some(128));
        assert_eq!(bits(magnitude(&[0x00, 0x80, 0x00])), 16);
    }
}
