//! Is the frame in order: version, serial number, signature, encoding?

use super::Level::{Error, Notice, Warn};
use super::cert::id;
use super::{Case, Rule, br, der, first, program, rfc, since, when};

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-certificate-malformed", Error, "RFC 5280 4.1", since::ALWAYS, |c| {
        c.cert.flaw.map(std::borrow::Cow::Borrowed)
    }),
    br("tls.rule-version-not-3", Error, "BR 7.1.1", since::BR_1_3_0, |c| when(c.cert.version != 2)),
    rfc("tls.rule-extensions-in-old-version", Error, "RFC 5280 4.1.2.9", since::RFC_2459, |c| {
        when(c.cert.version != 2 && !c.cert.extensions.is_empty())
    }),
    rfc("tls.rule-serial-not-positive", Error, "RFC 5280 4.1.2.2", since::RFC_3280, |c| {
        let negative = c.cert.serial.first().is_none_or(|octet| octet & 0x80 != 0);
        // roots of former days have 0, and nobody looks them up by it
        let zero = der::magnitude(c.cert.serial).is_empty() && !c.cert.is_root();
        when(negative || zero)
    }),
    rfc("tls.rule-serial-too-long", Error, "RFC 5280 4.1.2.2", since::RFC_3280, |c| when(c.cert.serial.len() > 20)),
    // 64 bits at random are shorter than 7 octets once in 256 certificates, shorter than 6 in 65,536
    br("tls.rule-serial-guessable", Warn, "BR 7.1", since::SERIAL_ENTROPY, |c| {
        when(c.cert.is_subscriber() && der::magnitude(c.cert.serial).len() < 6)
    }),
    rfc("tls.rule-signature-algorithms-differ", Error, "RFC 5280 4.1.1.2", since::RFC_5280, |c| {
        when(c.cert.inner_algorithm != c.cert.outer_algorithm)
    }),
    br("tls.rule-signature-sha1", Error, "BR 7.1.3.2.1", since::SHA_1_END, |c| {
        first(signature(c).filter(|algorithm| SHA_1.contains(&algorithm.as_str())))
    }),
    br("tls.rule-signature-sha1-lasts-too-long", Warn, "BR 7.1.3", since::BR_1_2_1, |c| {
        let old = signature(c).is_some_and(|algorithm| SHA_1.contains(&algorithm.as_str()));
        when(!c.cert.ca && old && c.cert.not_after.at > Some(super::day(2017, 1, 1)))
    }),
    // the Requirements allow RSASSA-PSS, some clients do not know it
    br("tls.rule-signature-algorithm-unusual", Notice, "BR 7.1.3.2", since::ALWAYS, |c| {
        first(signature(c).filter(|algorithm| !USUAL.contains(&algorithm.as_str())))
    }),
    br("tls.rule-signature-algorithm-forbidden", Error, "BR 7.1.3.2", since::BR_1_7_1, |c| {
        let forbidden = |algorithm: &String| {
            let algorithm = algorithm.as_str();
            algorithm != id::RSA_PSS && (!USUAL.contains(&algorithm) || DSA.contains(&algorithm))
        };
        first(signature(c).filter(forbidden))
    }),
    program("tls.rule-ecdsa-signature-encoding", Warn, "Mozilla Root Store Policy 5.1.2", since::MOZILLA_3_0, |c| {
        let ecdsa = signature(c).is_some_and(|algorithm| algorithm.starts_with("1.2.840.10045.4."));
        // the curve of the signing key shows in the longest signature that it can make
        let digest = match c.cert.signature.len() {
            0..=72 => 2,
            73..=104 => 3,
            105..=140 => 4,
            _ => 0,
        };
        let right = [0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, digest];
        when(ecdsa && c.cert.inner_algorithm != right)
    }),
    rfc("tls.rule-unique-identifier", Warn, "RFC 5280 4.1.2.8", since::RFC_5280, |c| when(c.cert.has_unique_id)),
    rfc("tls.rule-issuer-empty", Error, "RFC 5280 4.1.2.4", since::RFC_2459, |c| {
        when(c.cert.issuer.attributes.is_empty())
    }),
    rfc("tls.rule-critical-false-encoded", Warn, "RFC 5280 4.2", since::RFC_5280, |c| {
        first(c.cert.extensions.iter().filter(|extension| extension.spelled_out).map(|e| e.id.clone()))
    }),
    rfc("tls.rule-ca-false-encoded", Warn, "RFC 5280 4.1, X.690 11.5", since::RFC_2459, |c| {
        let parts = c.cert.value(id::BASIC_CONSTRAINTS).and_then(der::list).unwrap_or_default();
        when(parts.first().is_some_and(|flag| flag.tag == der::BOOLEAN && flag.content.first() == Some(&0)))
    }),
];

/// The algorithm's identifier in the signed part.
fn signature(case: &Case<'_>) -> Option<String> {
    let inside = der::only(case.cert.inner_algorithm, der::SEQUENCE)?;
    der::oid(der::tlv(inside.content, der::OID)?.0.content)
}

/// RSA, DSA and ECDSA with SHA-1, and the old identifier of RSA's.
const SHA_1: &[&str] = &["1.2.840.113549.1.1.5", "1.3.14.3.2.29", "1.2.840.10040.4.3", "1.2.840.10045.4.1"];
const DSA: &[&str] = &["1.2.840.10040.4.3", "2.16.840.1.101.3.4.3.2"];
/// RSA and ECDSA with SHA-256, -384, -512, DSA with SHA-256, and those with SHA-1, which have a rule of their own.
const USUAL: &[&str] = &[
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.2.840.10045.4.3.4",
    "2.16.840.1.101.3.4.3.2",
    "1.2.840.113549.1.1.5",
    "1.3.14.3.2.29",
    "1.2.840.10040.4.3",
    "1.2.840.10045.4.1",
];
