//! What kind of DNS name or address is this?

use std::net::IpAddr;

/// Letters, digits, hyphen, underscore and asterisk, in labels (BR 7.1.4.2).
pub(super) fn is_spelled_with_host_letters(name: &str) -> bool {
    // parts hidden in a precertificate were written as question marks (RFC 6962-bis drafts)
    let mut rest = name.strip_prefix("*.").unwrap_or(name);
    while let Some(shorter) = rest.strip_prefix("?.") {
        rest = shorter;
    }
    let sound = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'*');
    let mut labels = rest.split('.').rev();
    let last = labels.next().unwrap_or_default();
    last.bytes().all(sound) && labels.all(|label| !label.is_empty() && label.bytes().all(sound))
}

/// A label with hyphens in the third and fourth place that is no A-label (RFC 5890, 2.3.1).
pub(super) fn has_reserved_label(name: &str) -> bool {
    name.split('.').any(is_reserved_label)
}

fn is_reserved_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.get(2..4) == Some(b"--") && !bytes.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"xn"))
}

/// A label with underscores that is none even with hyphens in their place.
pub(super) fn is_no_label_without_underscores(label: &str) -> bool {
    if !label.contains('_') {
        return false;
    }
    let label = label.replace('_', "-");
    let spelled = label.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-');
    !spelled || label.len() > 63 || label.starts_with('-') || label.ends_with('-') || is_reserved_label(&label)
}

/// The label that somebody registered: the one before the public suffix.
pub(super) fn registrable(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let domain = psl2::lookup(&name)?.registrable_domain()?;
    domain.split('.').next().map(str::to_owned)
}

/// Whether registries sell names directly below: the first part of the list of publicsuffix.org. The
/// owners of the second part's suffixes may have certificates for all of their namespace.
pub(super) fn is_registry_suffix(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // a name that the list does not know counts as a top-level domain
    psl2::lookup(&name).is_some_and(|found| found.is_public_suffix() && !found.is_private())
}

/// What a name means, whichever way it is spelled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Spelled {
    /// An address, be it in decimal, hexadecimal or octal, long or short.
    Ip(IpAddr),
    /// A DNS name, its labels as A-labels in lower case.
    Dns(String),
    /// Neither.
    No,
}

impl Spelled {
    pub(super) fn read(name: &str) -> Self {
        if let Ok(six) = name.parse::<std::net::Ipv6Addr>() {
            return Self::Ip(IpAddr::V6(six));
        }
        // WHATWG's host parser knows all the old ways to write an IPv4 address, and IDNA
        match url::Host::parse(name) {
            Ok(url::Host::Ipv4(four)) => Self::Ip(IpAddr::V4(four)),
            Ok(url::Host::Ipv6(six)) => Self::Ip(IpAddr::V6(six)),
            Ok(url::Host::Domain(domain)) => Self::Dns(domain),
            Err(_) => Self::No,
        }
    }
}

/// Whether the name ends in no top-level domain that is public.
pub(in crate::protocol::lint) fn is_internal(name: &str) -> bool {
    let name = name.trim_start_matches("*.").to_ascii_lowercase();
    // RFC 7686: a special-use domain for which there are certificates
    if name.is_empty() || name.rsplit('.').next() == Some("onion") {
        return false;
    }
    psl2::lookup(&name).is_some_and(|found| !found.is_known())
}

const ZONE_4: &str = ".in-addr.arpa";
const ZONE_6: &str = ".ip6.arpa";

/// Whether it is a name of the zones that map addresses to names.
pub(super) fn in_address_zone(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(ZONE_4) || name.ends_with(ZONE_6)
}

/// What a name of those zones stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reverse {
    Address(IpAddr),
    Nothing,
}

/// What such a name stands for; none for names of other zones.
pub(super) fn reversed(name: &str) -> Option<Reverse> {
    let name = name.to_ascii_lowercase();
    let address = if let Some(labels) = name.strip_suffix(ZONE_4) {
        let labels: Vec<&str> = labels.split('.').rev().collect();
        let address = labels.join(".").parse::<std::net::Ipv4Addr>().ok();
        address.filter(|_| labels.len() == 4).map(IpAddr::V4)
    } else {
        let labels: Vec<&str> = name.strip_suffix(ZONE_6)?.split('.').rev().collect();
        let groups: Vec<String> = labels.chunks(4).map(<[&str]>::concat).collect();
        let nibbles = labels.len() == 32 && labels.iter().all(|label| label.len() == 1);
        let address = groups.join(":").parse::<std::net::Ipv6Addr>().ok();
        address.filter(|_| nibbles).map(IpAddr::V6)
    };
    Some(address.map_or(Reverse::Nothing, Reverse::Address))
}

/// Whether IANA's registries of special-purpose addresses hold it, or it is no unicast address.
pub(super) fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let bits = four.to_bits();
            RESERVED_4.iter().any(|([a, b, c, d], length)| {
                let network = u32::from_be_bytes([*a, *b, *c, *d]);
                (bits ^ network) & u32::MAX.checked_shl(32 - length).unwrap_or(0) == 0
            })
        }
        IpAddr::V6(six) => {
            if let Some(four) = six.to_ipv4_mapped() {
                return is_reserved(IpAddr::V4(four));
            }
            let bits = six.to_bits();
            // all but 2000::/3 is unassigned, local or multicast
            (bits >> 125) != 1
                || RESERVED_6.iter().any(|(network, length)| {
                    let network = u128::from(*network) << 64;
                    (bits ^ network) & u128::MAX.checked_shl(128 - length).unwrap_or(0) == 0
                })
        }
    }
}

/// Whether a network and the reserved ones have addresses in common.
pub(in crate::protocol::lint) fn meets_reserved(address: &[u8], mask: &[u8]) -> bool {
    let inside = |network: &[u8]| {
        network.iter().zip(address.iter().zip(mask)).all(|(network, (address, mask))| network & mask == address & mask)
    };
    if let Ok(four) = <[u8; 4]>::try_from(address) {
        return is_reserved(IpAddr::from(four)) || RESERVED_4.iter().any(|(network, _)| inside(network));
    }
    let Ok(six) = <[u8; 16]>::try_from(address) else { return false };
    let six_inside = |network: &u64| inside(&(u128::from(*network) << 64).to_be_bytes());
    is_reserved(IpAddr::from(six)) || RESERVED_6.iter().any(|(network, _)| six_inside(network))
}

/// IANA IPv4 special-purpose registry, multicast and the former class E.
const RESERVED_4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// IANA IPv6 special-purpose registry within 2000::/3, by the first 64 bits.
const RESERVED_6: &[(u64, u32)] = &[
    (0x2001_0000_0000_0000, 23),
    (0x2001_0db8_0000_0000, 32),
    (0x2002_0000_0000_0000, 16),
    (0x2620_004f_8000_0000, 48),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn iana_special_purpose_addresses_are_reserved() {
        for text in
            ["10.1.2.3", "127.0.0.1", "172.31.0.1", "255.255.255.255", "::1", "fe80::1", "2001:db8::1", "fc00::1"]
        {
            assert!(is_reserved(ip(text)), "{text}");
        }
        for text in ["8.8.8.8", "172.32.0.1", "192.0.1.1", "2a00:1450::1", "2606:4700::1"] {
            assert!(!is_reserved(ip(text)), "{text}");
        }
    }

    #[test]
    fn rfc_1035_3_5_reverse_names() {
        assert_eq!(reversed("1.2.0.192.in-addr.arpa"), Some(Reverse::Address(ip("192.0.2.1"))));
        assert_eq!(reversed("a.2.0.192.in-addr.arpa"), Some(Reverse::Nothing));
        assert_eq!(reversed("2.0.192.in-addr.arpa"), Some(Reverse::Nothing));
        let nibbles = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23));
        assert_eq!(reversed(&nibbles), Some(Reverse::Address(ip("2001:db8::1"))));
        assert_eq!(reversed("example.arpa"), None);
    }

    #[test]
    fn br_3_2_2_6_suffixes_that_registries_control() {
        assert!(is_registry_suffix("com") && is_registry_suffix("co.uk") && is_registry_suffix("CO.UK"));
        assert!(!is_registry_suffix("s3.amazonaws.com") && !is_registry_suffix("example.co.uk"));
        assert_eq!(registrable("a.-b.co.uk").as_deref(), Some("-b"));
    }

    #[test]
    fn br_7_1_4_3_one_name_has_one_meaning() {
        assert_eq!(Spelled::read("0xC0.0xA8.1.1"), Spelled::Ip(ip("192.168.1.1")));
        assert_eq!(Spelled::read("192.168.001.001"), Spelled::Ip(ip("192.168.1.1")));
        assert_eq!(Spelled::read("2001:DB8:0::1"), Spelled::Ip(ip("2001:db8::1")));
        assert_eq!(Spelled::read("MÜNCHEN.example"), Spelled::read("xn--mnchen-3ya.example"));
        assert_eq!(Spelled::read("Some Company"), Spelled::No);
    }

    #[test]
    fn rfc_5890_2_3_1_reserved_labels() {
        assert!(has_reserved_label("ab--c.example.com"));
        assert!(!has_reserved_label("XN--c.example.com") && !has_reserved_label("a--b.example.com"));
    }
}
