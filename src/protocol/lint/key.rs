//! Is the public key of a kind and size that is allowed?

use super::Level::{Error, Warn};
use super::cert::{Key, id};
use super::{Rule, br, der, first, program, rfc, since, when};

pub(super) const RULES: &[Rule] =
    &[
        br("tls.rule-rsa-short", Error, "BR 6.1.5", since::ALWAYS, |c| match &c.cert.key {
            Key::Rsa { modulus, .. } if c.cert.not_after.at >= Some(super::day(2014, 1, 1)) => {
                let bits = der::bits(modulus);
                first((bits < 2048).then(|| format!("{bits} bit")))
            }
            _ => None,
        })
        .for_everybody(),
        program("tls.rule-rsa-size-odd", Error, "BR 6.1.5, Mozilla Root Store Policy 5.1", since::MOZILLA_2_4, |c| {
            match &c.cert.key {
                Key::Rsa { modulus, .. } => {
                    let bits = der::bits(modulus);
                    first((!bits.is_multiple_of(8)).then(|| format!("{bits} bit")))
                }
                _ => None,
            }
        }),
        br("tls.rule-rsa-exponent-small", Error, "BR 6.1.6", since::BR_1_1_3, |c| match &c.cert.key {
            Key::Rsa { exponent, .. } => when(exponent.len() <= 1 && exponent.first().is_none_or(|octet| *octet < 3)),
            _ => None,
        })
        .for_everybody()
        .for_any_purpose(),
        br("tls.rule-rsa-exponent-even", Error, "BR 6.1.6", since::BR_1_1_3, |c| match &c.cert.key {
            Key::Rsa { exponent, .. } => when(exponent.last().is_none_or(|octet| octet % 2 == 0)),
            _ => None,
        })
        .for_everybody(),
        br("tls.rule-rsa-modulus-even", Error, "BR 6.1.6", since::BR_1_1_3, |c| match &c.cert.key {
            Key::Rsa { modulus, .. } => when(modulus.last().is_none_or(|octet| octet % 2 == 0)),
            _ => None,
        })
        .for_everybody(),
        rfc("tls.rule-rsa-parameters-not-null", Warn, "RFC 4055 1.2, RFC 3279 2.3.1", since::RFC_5280, |c| {
            let is_rsa = matches!(&c.cert.key, Key::Rsa { .. })
                || matches!(&c.cert.key, Key::Unreadable(kind) if kind == id::RSA);
            when(is_rsa && c.cert.key_algorithm != RSA_ENCRYPTION)
        }),
        br("tls.rule-key-algorithm-encoding", Error, "BR 7.1.3.1", since::BR_1_7_1, |c| {
            let known: [&[u8]; 4] = [RSA_ENCRYPTION, P_256, P_384, P_521];
            when(!known.contains(&c.cert.key_algorithm))
        }),
        br("tls.rule-curve-not-allowed", Error, "BR 6.1.5", since::ALWAYS, |c| match &c.cert.key {
            Key::Ec { curve: Some(curve) } => first((!CURVES.contains(&curve.as_str())).then(|| curve.clone())),
            Key::Ec { curve: None } => when(true),
            _ => None,
        }),
        // curves below 256 bits and curves written out are refused by clients, whoever issued
        rfc("tls.rule-curve-written-out", Error, "RFC 5480 2.1.1", since::RFC_5280, |c| {
            when(matches!(&c.cert.key, Key::Ec { curve: None }))
        }),
        program("tls.rule-dsa", Error, "BR 6.1.5, Mozilla Root Store Policy 5.1", since::MOZILLA_2_4_1, |c| {
            let unread = matches!(&c.cert.key, Key::Unreadable(kind) if kind == id::DSA);
            when(unread || matches!(&c.cert.key, Key::Dsa { .. }))
        }),
        br("tls.rule-dsa-size", Error, "BR 1.7.0 6.1.5", since::ALWAYS, |c| match &c.cert.key {
            Key::Dsa { p, q } => {
                let sizes = (der::bits(p), der::bits(q));
                first((![(2048, 224), (2048, 256), (3072, 256)].contains(&sizes)).then(|| format!("{sizes:?}")))
            }
            _ => None,
        }),
        br("tls.rule-key-type-unknown", Error, "BR 6.1.5", since::BR, |c| match &c.cert.key {
            // X25519 and Ed25519 are known, whether they are allowed is another rule's business
            Key::Other(kind) if kind != "1.3.101.110" && kind != "1.3.101.112" => first(Some(kind.clone())),
            _ => None,
        }),
        rfc("tls.rule-key-unreadable", Error, "RFC 5280 4.1.2.7", since::ALWAYS, |c| match &c.cert.key {
            Key::Unreadable(kind) => first(Some(kind.clone())),
            _ => None,
        }),
    ];

/// The AlgorithmIdentifiers of BR 7.1.3.1, byte by byte.
const RSA_ENCRYPTION: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
const P_256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P_384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const P_521: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x23";
const CURVES: &[&str] = &["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];
