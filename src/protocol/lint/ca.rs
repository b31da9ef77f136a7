//! Is an authority's certificate one: basicConstraints, key identifiers, name constraints?

use super::Level::{Error, Notice, Warn};
use super::cert::{self, Subtree, id, usage};
use super::names::{is_full_host, meets_reserved};
use super::{Case, Place, Rule, br, der, first, rfc, since, when};

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-issuer-not-a-ca", Error, "RFC 5280 4.2.1.9", since::RFC_2459, |c| {
        when(c.place == Place::Issuer && !c.cert.ca && c.cert.version == 2)
    }),
    rfc("tls.rule-basic-constraints-not-critical", Error, "RFC 5280 4.2.1.9", since::RFC_2459, |c| {
        when(c.cert.ca && c.cert.is_plain(id::BASIC_CONSTRAINTS))
    }),
    rfc("tls.rule-path-length-without-ca", Error, "RFC 5280 4.2.1.9", since::RFC_3280, |c| {
        when(c.cert.path_length.is_some() && !(c.cert.ca && c.cert.uses(usage::CERT_SIGN)))
    }),
    rfc("tls.rule-path-length-negative", Error, "RFC 5280 4.2.1.9", since::RFC_2459, |c| {
        when(c.cert.path_length.is_some_and(|length| length < 0))
    }),
    br("tls.rule-root-path-length", Notice, "BR 7.1.2.1.4", since::BR, |c| {
        when(c.cert.is_root() && c.cert.path_length.is_some())
    }),
    rfc("tls.rule-ca-ski-missing", Error, "RFC 5280 4.2.1.2", since::RFC_2459, |c| {
        when(c.cert.ca && !c.cert.has(id::SUBJECT_KEY_ID))
    }),
    // a root's own key identifier is all that its authorityKeyIdentifier may hold
    br("tls.rule-root-aki-issuer", Error, "BR 7.1.2.1.3", since::BR_2_0_0, |c| {
        let aki = c.cert.value(id::AUTHORITY_KEY_ID).and_then(cert::authority_key_id)?;
        when(c.cert.is_root() && (aki.has_issuer || aki.has_serial))
    }),
    br("tls.rule-root-aki-without-key", Error, "BR 7.1.2.1.3", since::BR_2_0_0, |c| {
        let aki = c.cert.value(id::AUTHORITY_KEY_ID).and_then(cert::authority_key_id)?;
        when(c.cert.is_root() && aki.key.is_none())
    }),
    br("tls.rule-root-aki-not-its-ski", Error, "BR 7.1.2.1.3", since::BR_2_0_0, |c| {
        let asked = c.cert.value(id::AUTHORITY_KEY_ID).and_then(cert::authority_key_id)?.key?;
        let has = c.cert.value(id::SUBJECT_KEY_ID).and_then(|value| der::only(value, der::OCTET_STRING));
        when(c.cert.is_root() && has.is_some_and(|has| has.content != asked))
    }),
    rfc("tls.rule-name-constraints-not-critical", Warn, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        when(c.cert.is_plain(id::NAME_CONSTRAINTS))
    }),
    br("tls.rule-ca-name-constraints-not-critical", Notice, "BR 7.1.2.5.2", since::BR_1_0_2, |c| {
        when(c.cert.is_sub_ca() && c.cert.is_plain(id::NAME_CONSTRAINTS))
    }),
    rfc("tls.rule-name-constraints-on-a-leaf", Error, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        when(c.cert.has(id::NAME_CONSTRAINTS) && !c.cert.ca && c.place != Place::Issuer)
    }),
    rfc("tls.rule-name-constraints-empty", Error, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        when(c.cert.has(id::NAME_CONSTRAINTS) && subtrees(c).is_empty())
    }),
    rfc("tls.rule-name-constraint-minimum", Error, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        when(subtrees(c).iter().any(|subtree| subtree.minimum != 0))
    }),
    rfc("tls.rule-name-constraint-maximum", Error, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        when(subtrees(c).iter().any(|subtree| subtree.has_maximum))
    }),
    rfc("tls.rule-name-constraint-malformed", Error, "RFC 5280 4.2.1.10", since::RFC_2459, |c| {
        let odd = |subtree: &&Subtree<'_>| match subtree.base.kind {
            2 => is_odd_dns_constraint(subtree.base.bytes),
            7 => is_odd_network(subtree.base.bytes),
            _ => false,
        };
        first(subtrees(c).iter().find(odd).map(|subtree| match subtree.base.kind {
            2 => subtree.base.text().into_owned(),
            _ => format!("{:02x?}", subtree.base.bytes.iter().take(32).collect::<Vec<_>>()),
        }))
    }),
    rfc("tls.rule-name-constraint-uri-host", Warn, "RFC 5280 4.2.1.10", since::RFC_5280, |c| {
        let host = |text: &str| is_full_host(text.strip_prefix('.').unwrap_or(text));
        let uris: Vec<String> = subtrees(c).iter().filter(|s| s.base.kind == 6).map(|s| s.base.text().into()).collect();
        first(uris.into_iter().find(|text| !host(text)))
    }),
    rfc("tls.rule-name-constraint-edi-party", Warn, "RFC 5280 4.2.1.10", since::RFC_5280, |c| {
        when(subtrees(c).iter().any(|subtree| subtree.base.kind == 5))
    }),
    rfc("tls.rule-name-constraint-registered-id", Warn, "RFC 5280 4.2.1.10", since::RFC_5280, |c| {
        when(subtrees(c).iter().any(|subtree| subtree.base.kind == 8))
    }),
    br("tls.rule-name-constraint-reserved-address", Warn, "BR 7.1.2.5.2", since::BR, |c| {
        let reserved = |subtree: &Subtree<'_>| {
            let half = subtree.base.bytes.len() / 2;
            let (address, mask) = subtree.base.bytes.split_at(half);
            subtree.permitted && subtree.base.kind == 7 && meets_reserved(address, mask)
        };
        when(c.cert.not_after.at > Some(super::day(2015, 11, 1)) && subtrees(c).iter().any(reserved))
    }),
];

fn subtrees<'a>(case: &Case<'a>) -> Vec<Subtree<'a>> {
    case.cert.value(id::NAME_CONSTRAINTS).and_then(cert::subtrees).unwrap_or_default()
}

/// A DNS constraint is a name without period before it and without wildcard; empty stands for all names.
fn is_odd_dns_constraint(name: &[u8]) -> bool {
    name.starts_with(b".") || name.contains(&b'*') || !name.is_ascii() || name.contains(&b' ') || name.contains(&0)
}

/// An address and a mask of one length, the mask's ones before its zeros (RFC 4632).
fn is_odd_network(bytes: &[u8]) -> bool {
    if ![8, 32].contains(&bytes.len()) {
        return true;
    }
    let (_, mask) = bytes.split_at(bytes.len() / 2);
    let ones = mask.iter().map(|octet| octet.leading_ones() as usize).take_while(|ones| *ones == 8).count();
    let (_, tail) = mask.split_at(ones);
    let edge = tail.first().is_some_and(|octet| octet.leading_ones() + octet.trailing_zeros() != 8);
    edge || tail.iter().skip(1).any(|octet| *octet != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5280_4_2_1_10_networks_have_a_contiguous_mask() {
        assert!(!is_odd_network(&[192, 0, 2, 0, 255, 255, 255, 0]));
        assert!(!is_odd_network(&[192, 0, 2, 0, 255, 255, 240, 0]));
        assert!(!is_odd_network(&[0; 8]) && !is_odd_network(&[255; 8]));
        assert!(is_odd_network(&[192, 0, 2, 0, 255, 0, 255, 0]));
        assert!(is_odd_network(&[192, 0, 2, 0, 255, 253, 0, 0]));
        assert!(is_odd_network(&[192, 0, 2, 0]));
    }

    #[test]
    fn rfc_5280_4_2_1_10_a_dns_constraint_has_no_leading_period() {
        assert!(is_odd_dns_constraint(b".example.com") && is_odd_dns_constraint(b"*.example.com"));
        assert!(!is_odd_dns_constraint(b"example.com") && !is_odd_dns_constraint(b""));
    }
}
