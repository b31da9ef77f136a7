//! Do key usage and extended key usage fit the key, the place and each other?

use super::Level::{Error, Notice, Warn};
use super::cert::{Key, id, usage};
use super::{Case, Place, Rule, br, der, first, program, rfc, since, when};

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-key-usage-empty", Error, "RFC 5280 4.2.1.3", since::RFC_5280, |c| when(c.cert.key_usage == Some(0))),
    rfc("tls.rule-key-usage-not-critical", Notice, "RFC 5280 4.2.1.3", since::RFC_2459, |c| {
        when(c.cert.is_plain(id::KEY_USAGE))
    }),
    rfc("tls.rule-key-usage-trailing-zero-octet", Warn, "X.690 11.2.2", since::ALWAYS, |c| {
        when(c.cert.value(id::KEY_USAGE)?.last() == Some(&0))
    }),
    rfc("tls.rule-key-usage-padding", Warn, "X.690 11.2.2", since::ALWAYS, |c| {
        let (unused, octets) = der::only(c.cert.value(id::KEY_USAGE)?, der::BIT_STRING)?.content.split_first()?;
        let zeros = octets.iter().rev().take_while(|octet| **octet == 0).count();
        let needless = octets.iter().rev().nth(zeros).map_or(0, |octet| zeros * 8 + octet.trailing_zeros() as usize);
        when(usize::from(*unused) != needless)
    }),
    rfc("tls.rule-key-usage-too-many-bits", Error, "RFC 5280 4.2.1.3", since::RFC_5280, |c| {
        // nine bits: one octet, and the first bit of a second
        let body = der::only(c.cert.value(id::KEY_USAGE)?, der::BIT_STRING)?.content;
        let (unused, octets) = body.split_first()?;
        let padding =
            octets.last().is_some_and(|octet| octet & !(0xff_u8.checked_shl(u32::from(*unused)).unwrap_or(0)) != 0);
        when(*unused > 7 || padding || octets.len() > 2 || (octets.len() == 2 && *unused < 7))
    }),
    rfc("tls.rule-cert-sign-without-ca", Error, "RFC 5280 4.2.1.9", since::RFC_3280, |c| {
        when(c.cert.uses(usage::CERT_SIGN) && !c.cert.ca)
    }),
    br("tls.rule-ca-without-cert-sign", Error, "BR 7.1.2.10.7", since::BR, |c| {
        when(c.cert.ca && c.cert.has(id::KEY_USAGE) && !c.cert.uses(usage::CERT_SIGN))
    }),
    br("tls.rule-ca-without-crl-sign", Warn, "BR 7.1.2.10.7", since::BR, |c| {
        when(c.cert.ca && c.cert.has(id::KEY_USAGE) && !c.cert.uses(usage::CRL_SIGN))
    }),
    br("tls.rule-ca-flag-on-a-subscriber", Error, "BR 7.1.2.7.8", since::BR, |c| {
        let signs = c.cert.has(id::KEY_USAGE) && !c.cert.uses(usage::CERT_SIGN);
        when(signs && c.cert.ca)
    }),
    br("tls.rule-cert-sign-with-ca-false", Error, "BR 7.1.2.10.4", since::BR, |c| {
        when(c.cert.uses(usage::CERT_SIGN) && c.cert.has(id::BASIC_CONSTRAINTS) && !c.cert.ca)
    }),
    br("tls.rule-ca-as-server", Error, "BR 7.1.2.7.8", since::BR, |c| when(c.place == Place::Leaf && c.cert.ca)),
    br("tls.rule-ca-key-usage-missing", Warn, "BR 7.1.2.10.7, RFC 5280 4.2.1.3", since::RFC_3280, |c| {
        when(c.cert.ca && c.cert.key_usage.unwrap_or(0) == 0)
    }),
    br("tls.rule-ca-key-usage-not-critical", Warn, "BR 7.1.2.10.6", since::BR, |c| {
        when(c.cert.ca && c.cert.is_plain(id::KEY_USAGE))
    }),
    br("tls.rule-root-key-usage-missing", Warn, "BR 7.1.2.1.2", since::RFC_2459, |c| {
        when(c.cert.is_root() && !c.cert.has(id::KEY_USAGE))
    }),
    br("tls.rule-root-key-usage-not-critical", Warn, "BR 7.1.2.1.2", since::RFC_2459, |c| {
        when(c.cert.is_root() && c.cert.is_plain(id::KEY_USAGE))
    }),
    rfc("tls.rule-ecdsa-encipherment", Warn, "RFC 8813 3", since::RFC_8813, |c| {
        let encipherment = c.cert.uses(usage::KEY_ENCIPHERMENT) || c.cert.uses(usage::DATA_ENCIPHERMENT);
        when(encipherment && matches!(c.cert.key, Key::Ec { .. }))
    }),
    program("tls.rule-ecdsa-unusual-usage", Notice, "RFC 5480 3", since::BR, |c| {
        let fitting = usage::DIGITAL_SIGNATURE | usage::CONTENT_COMMITMENT | usage::KEY_AGREEMENT;
        let other = c.cert.key_usage.is_some_and(|bits| bits & !fitting != 0);
        when(other && c.cert.is_subscriber() && matches!(c.cert.key, Key::Ec { .. }))
    }),
    rfc("tls.rule-rsa-usage", Warn, "RFC 3279 2.3.1", since::RFC_3280, |c| {
        let wrong =
            usage::KEY_AGREEMENT | usage::CERT_SIGN | usage::CRL_SIGN | usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY;
        when(is_rsa(c) && c.cert.is_subscriber() && c.cert.uses(wrong))
    }),
    rfc("tls.rule-ca-rsa-usage", Warn, "RFC 3279 2.3.1", since::RFC_3280, |c| {
        let wrong = usage::KEY_AGREEMENT | usage::ENCIPHER_ONLY | usage::DECIPHER_ONLY;
        when(is_rsa(c) && c.cert.ca && c.cert.uses(wrong))
    }),
    program("tls.rule-ca-rsa-encipherment", Notice, "RFC 3279 2.3.1", since::RFC_3280, |c| {
        let signs = c.cert.uses(usage::CERT_SIGN | usage::CRL_SIGN);
        when(is_rsa(c) && c.cert.ca && signs && c.cert.uses(usage::KEY_ENCIPHERMENT | usage::DATA_ENCIPHERMENT))
    }),
    rfc("tls.rule-usages-inconsistent", Notice, "RFC 5280 4.2.1.12", since::RFC_5280, |c| {
        let bits = c.cert.key_usage?;
        when(c.cert.is_subscriber() && !c.cert.purposes.is_empty() && !is_consistent(bits, &c.cert.purposes))
    }),
    rfc("tls.rule-any-purpose-critical", Warn, "RFC 5280 4.2.1.12", since::RFC_3280, |c| {
        when(c.cert.is_critical(id::EXTENDED_KEY_USAGE) && c.cert.is_for(id::ANY_PURPOSE))
    }),
    br("tls.rule-purpose-missing", Error, "BR 7.1.2.7.10", since::BR, |c| {
        when(c.place == Place::Leaf && !c.cert.has(id::EXTENDED_KEY_USAGE))
    }),
    br("tls.rule-purpose-critical", Error, "BR 7.1.2.7.6", since::BR_2_0_0, |c| {
        when(c.place != Place::Issuer && c.cert.is_subscriber() && c.cert.is_critical(id::EXTENDED_KEY_USAGE))
    }),
    br("tls.rule-purpose-not-server", Error, "BR 7.1.2.7.10", since::BR_2_0_0, |c| {
        when(has_purposes(c) && !c.cert.is_for(id::SERVER_AUTH))
    }),
    br("tls.rule-purpose-forbidden", Error, "BR 7.1.2.7.10", since::BR_2_0_0, |c| {
        let forbidden = |purpose: &&String| FORBIDDEN.contains(&purpose.as_str());
        first(c.cert.purposes.iter().find(forbidden).filter(|_| has_purposes(c)).cloned())
    }),
    br("tls.rule-purpose-unusual", Notice, "BR 7.1.2.7.10", since::BR_2_0_0, |c| {
        let usual =
            |purpose: &str| [id::SERVER_AUTH, id::CLIENT_AUTH].contains(&purpose) || FORBIDDEN.contains(&purpose);
        first(c.cert.purposes.iter().find(|purpose| !usual(purpose)).filter(|_| has_purposes(c)).cloned())
    }),
    br("tls.rule-purpose-neither-server-nor-client", Warn, "BR 7.1.2.3", since::BR, |c| {
        let either = c.cert.is_for(id::SERVER_AUTH) || c.cert.is_for(id::CLIENT_AUTH);
        when(!c.cert.purposes.is_empty() && !either)
    })
    .until(since::BR_2_0_0),
    program("tls.rule-purpose-client", Warn, "Chrome Root Program Policy 1.8 1.3.2", since::CHROME_NO_CLIENTS, |c| {
        when(c.cert.is_subscriber() && c.cert.is_for_servers() && c.cert.is_for(id::CLIENT_AUTH))
    }),
    br("tls.rule-root-purpose", Error, "BR 7.1.2.1.2", since::BR, |c| {
        when(c.cert.is_root() && c.cert.has(id::EXTENDED_KEY_USAGE))
    }),
    br("tls.rule-ca-purposes-mixed", Warn, "BR 7.1.2.10.6", since::BR_1_7_1, |c| {
        let others = [id::EMAIL_PROTECTION, id::CODE_SIGNING, id::TIME_STAMPING, id::OCSP_SIGNING];
        let any = c.cert.is_for(id::ANY_PURPOSE) && c.cert.purposes.len() > 1;
        when(c.cert.is_sub_ca() && (any || others.iter().any(|other| c.cert.is_for(other))))
    }),
    br("tls.rule-ca-purpose-neither-server-nor-client", Notice, "BR 7.1.2.2", since::BR_1_1_6, |c| {
        let either = c.cert.is_for(id::SERVER_AUTH) || c.cert.is_for(id::CLIENT_AUTH);
        when(c.cert.is_sub_ca() && c.cert.has(id::EXTENDED_KEY_USAGE) && !either)
    }),
    program("tls.rule-ca-purpose-unbounded", Notice, "Mozilla Root Store Policy 5.3", since::MOZILLA_EKU, |c| {
        let mixed = c.cert.is_for(id::EMAIL_PROTECTION) && c.cert.is_for(id::SERVER_AUTH);
        when(c.cert.is_sub_ca() && (c.cert.purposes.is_empty() || c.cert.is_for(id::ANY_PURPOSE) || mixed))
    }),
    // responders of OCSP
    br("tls.rule-responder-no-check-missing", Warn, "BR 4.9.9", since::BR, |c| {
        when(c.cert.is_for(id::OCSP_SIGNING) && !c.cert.has(id::OCSP_NO_CHECK))
    })
    .for_any_purpose(),
    br("tls.rule-responder-crl-points", Warn, "BR 7.1.2.8.2", since::BR_2_0_0, |c| {
        when(c.cert.is_for(id::OCSP_SIGNING) && !c.cert.crl_points.is_empty())
    })
    .for_any_purpose(),
    br("tls.rule-responder-policies", Warn, "BR 7.1.2.8.2", since::BR_2_0_0, |c| {
        when(c.cert.is_for(id::OCSP_SIGNING) && !c.cert.policies.is_empty())
    })
    .for_any_purpose(),
    br("tls.rule-responder-usage", Warn, "BR 7.1.2.8.7", since::BR_2_0_0, |c| {
        let other = c.cert.key_usage.is_some_and(|bits| bits & !usage::DIGITAL_SIGNATURE != 0);
        when(c.cert.is_for(id::OCSP_SIGNING) && other)
    })
    .for_any_purpose(),
];

/// Purposes that a server's certificate must not have besides its own; the last is for the signers of
/// precertificates (RFC 6962, 3.1).
const FORBIDDEN: &[&str] = &[
    id::ANY_PURPOSE,
    id::CODE_SIGNING,
    id::EMAIL_PROTECTION,
    id::TIME_STAMPING,
    id::OCSP_SIGNING,
    "1.3.6.1.4.1.11129.2.4.4",
];

/// Whether it is a subscriber's that names purposes.
fn has_purposes(case: &Case<'_>) -> bool {
    case.cert.is_subscriber() && case.cert.has(id::EXTENDED_KEY_USAGE)
}

fn is_rsa(case: &Case<'_>) -> bool {
    matches!(case.cert.key, Key::Rsa { .. })
}

/// What RFC 5280, 4.2.1.12, calls consistent with each purpose: any of the first column may stand, of
/// the second at most one, and at least one at all.
fn is_consistent(bits: u16, purposes: &[String]) -> bool {
    let fitting = |purpose: &String| -> Option<(u16, u16)> {
        Some(match purpose.as_str() {
            id::SERVER_AUTH => (usage::DIGITAL_SIGNATURE, usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT),
            id::CLIENT_AUTH => (usage::DIGITAL_SIGNATURE, usage::KEY_AGREEMENT),
            id::CODE_SIGNING => (usage::DIGITAL_SIGNATURE, 0),
            id::EMAIL_PROTECTION => {
                (usage::DIGITAL_SIGNATURE | usage::CONTENT_COMMITMENT, usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT)
            }
            id::TIME_STAMPING | id::OCSP_SIGNING => (usage::DIGITAL_SIGNATURE | usage::CONTENT_COMMITMENT, 0),
            _ => return None,
        })
    };
    // a purpose that the clause does not list allows whatever its own definition does
    let Some(all) = purposes.iter().map(fitting).collect::<Option<Vec<_>>>() else { return true };
    let (free, one) = all.iter().fold((0, 0), |(free, one), (f, o)| (free | f, one | o));
    let chosen = bits & one & !free;
    let several = purposes.len() > 1;
    bits != 0 && bits & !(free | one) == 0 && (several || chosen.count_ones() <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5280_4_2_1_12_usages_fit_their_purposes() {
        let server = [id::SERVER_AUTH.to_owned()];
        let both = [id::SERVER_AUTH.to_owned(), id::CLIENT_AUTH.to_owned()];
        assert!(is_consistent(usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT, &server));
        assert!(is_consistent(usage::DIGITAL_SIGNATURE | usage::KEY_ENCIPHERMENT, &both));
        assert!(!is_consistent(usage::DATA_ENCIPHERMENT, &server));
        assert!(!is_consistent(usage::KEY_ENCIPHERMENT | usage::KEY_AGREEMENT, &server));
        assert!(!is_consistent(0, &server));
        assert!(is_consistent(usage::DATA_ENCIPHERMENT, &["1.2.3".to_owned()]));
    }
}
