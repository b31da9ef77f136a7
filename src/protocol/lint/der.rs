//! What do the bytes say, before anything is interpreted?
//!
//! Tag, length and content as they stand ([`crate::protocol::der`]), so that a rule can see what a parser
//! smooths over: string types, encoded defaults, order, padding, the form of a time. What no format of
//! certificates has, a tag of several octets, is not read.

pub(super) use crate::protocol::der::{
    BIT_STRING, BMP, BOOLEAN, Element, GENERALIZED_TIME, IA5, INTEGER, NUMERIC, OCTET_STRING, OID, PRINTABLE, SEQUENCE,
    SET, TELETEX, UNIVERSAL, UTC_TIME, UTF8, VISIBLE, bits, integer, magnitude, oid, only, sequence, tlv,
};

use crate::protocol::der;

/// The first element, and what follows it.
pub(super) fn any(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    der::any(der).filter(|(element, _)| !element.has_long_tag())
}

/// The elements that these bytes are made of; none where they do not come out even.
pub(super) fn elements(der: &[u8]) -> Option<Vec<Element<'_>>> {
    der::elements(der).filter(|all| !all.iter().any(Element::has_long_tag))
}

/// The elements inside of a SEQUENCE that all the bytes make.
pub(super) fn list(der: &[u8]) -> Option<Vec<Element<'_>>> {
    elements(only(der, SEQUENCE)?.content)
}

/// The characters of a string, whichever of the ASN.1 string types it has.
pub(super) fn text(tag: u8, content: &[u8]) -> String {
    match tag {
        BMP => {
            let units: Vec<u16> = content
                .chunks(2)
                .map(|pair| pair.iter().fold(0, |sum, octet| (sum << 8) | u16::from(*octet)))
                .collect();
            String::from_utf16_lossy(&units)
        }
        UNIVERSAL => {
            let points = content.chunks(4).map(|four| four.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet)));
            points.map(|point| char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        TELETEX => content.iter().map(|octet| char::from(*octet)).collect(),
        _ => String::from_utf8_lossy(content).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_long_tag_is_not_read() {
        assert!(any(&[0x1f, 0x01, 0x00]).is_none());
        assert!(list(&[0x30, 0x05, 0x05, 0x00, 0x1f, 0x01, 0x00]).is_none());
        assert_eq!(list(&[0x30, 0x02, 0x05, 0x00]).map(|all| all.len()), Some(1));
    }

    #[test]
    fn every_string_type_has_its_characters() {
        for (tag, content) in [(UTF8, "ä".as_bytes()), (TELETEX, b"\xe4"), (BMP, b"\0\xe4"), (UNIVERSAL, b"\0\0\0\xe4")]
        {
            assert_eq!(text(tag, content), "ä");
        }
    }
}
