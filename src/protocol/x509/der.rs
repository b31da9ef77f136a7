//! Where does one element of DER end and the next begin (X.690)?

use std::fmt::Write as _;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// An element.
#[derive(Debug, Clone, Copy)]
pub struct Element<'a> {
    /// Its tag, class and form included.
    pub tag: u8,
    /// What it holds.
    pub content: &'a [u8],
    /// All of it.
    pub whole: &'a [u8],
}

/// The first element, and what follows it. Lengths may be longer than they need to be.
pub fn any(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) =
            rest.split_at_checked(usize::from(first & 0x7f)).filter(|(o, _)| (1..=4).contains(&o.len()))?;
        (octets.iter().fold(0_usize, |sum, octet| (sum << 8) | usize::from(*octet)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    let whole = der.get(..der.len() - rest.len())?;
    Some((Element { tag, content, whole }, rest))
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

/// The content of an element, whatever its tag; the input itself where it is none.
pub fn content(der: &[u8]) -> &[u8] {
    any(der).map_or(der, |(element, _)| element.content)
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

/// The content with a SEQUENCE's tag and length in front.
pub fn sequence(content: &[u8]) -> Vec<u8> {
    let mut out = vec![SEQUENCE];
    if let Ok(short @ 0..=0x7f) = u8::try_from(content.len()) {
        out.push(short);
    } else {
        let bytes = content.len().to_be_bytes();
        let used: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | u8::try_from(used.len()).unwrap_or(0));
        out.extend(used);
    }
    out.extend_from_slice(content);
    out
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
        assert_eq!(oid(&[0x88, 0x37, 0x03]).as_deref(), Some("2.999.3"));
        assert_eq!(oid(&[0x55, 0x9d]), None);
        assert_eq!(oid(&[]), None);
    }

    #[test]
    fn what_is_cut_off_is_no_element() {
        assert!(any(&[0x30, 0x02, 0x05]).is_none());
        assert!(any(&[0x30, 0x85, 0, 0, 0, 0, 1, 0]).is_none());
        assert!(elements(&[0x05, 0x00, 0x05]).is_none());
        assert_eq!(elements(&[0x05, 0x00, 0x05, 0x00]).map(|all| all.len()), Some(2));
        assert_eq!((small(&[0x00, 0xff]), small(&[0xff]), small(&[])), (Some(255), None, None));
    }
}
