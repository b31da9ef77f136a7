//! Which cipher suite has which number, and is it one of today?
//!
//! The IANA registry of TLS cipher suites, as far as a server of the last twenty years may choose one.

/// How good a suite is for clients of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// RC4, DES, 3DES: broken or prohibited (RFC 7465, RFC 8429, RFC 9325).
    Broken,
    /// The key is carried by RSA: no forward secrecy, and most clients of today do not offer it.
    StaticRsa,
    /// Forward secrecy, but CBC or a finite-field group: some clients of today do not offer it.
    Dated,
    /// ECDHE with an AEAD cipher: every client of today offers it (RFC 9325, 4.2).
    Current,
}

/// The suites that a hand-written hello offers, the best first, with whether they need TLS 1.2.
#[rustfmt::skip]
pub const SUITES: &[(u16, &str, bool)] = &[
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", true),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", true),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", true),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", true),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", true),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", true),
    (0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", true),
    (0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", true),
    (0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", true),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", true),
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", true),
    (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", true),
    (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", true),
    (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", false),
    (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", false),
    (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", false),
    (0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", false),
    (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", true),
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", true),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", false),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", false),
    (0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA", false),
    (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", true),
    (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", true),
    (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", true),
    (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", true),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", false),
    (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", false),
    (0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", false),
    (0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", false),
    (0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", false),
    (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", false),
    (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", false),
    (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", false),
    (0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", false),
    (0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA", false),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA", false),
    (0x0004, "TLS_RSA_WITH_RC4_128_MD5", false),
    (0x0009, "TLS_RSA_WITH_DES_CBC_SHA", false),
];

/// The IANA name of a suite, or its number.
pub fn name(number: u16) -> String {
    let known = SUITES.iter().find(|(known, ..)| *known == number);
    known.map_or_else(|| format!("0x{number:04x}"), |(_, name, _)| (*name).to_owned())
}

/// How good the suite of this name is; none where the name is none of [`SUITES`].
pub fn strength(name: &str) -> Option<Strength> {
    if !SUITES.iter().any(|(_, known, _)| *known == name) {
        return None;
    }
    let has = |part: &str| name.contains(part);
    Some(if has("RC4") || has("_DES_") || has("3DES") {
        Strength::Broken
    } else if name.starts_with("TLS_RSA_") {
        Strength::StaticRsa
    } else if name.starts_with("TLS_ECDHE_") && (has("GCM") || has("POLY1305")) {
        Strength::Current
    } else {
        Strength::Dated
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9325_4_2_the_suites_are_weighed_and_offered_the_best_first() {
        let weights: Vec<Strength> = SUITES.iter().filter_map(|(_, name, _)| strength(name)).collect();
        assert_eq!(weights.len(), SUITES.len());
        assert!(weights.is_sorted_by(|a, b| a >= b), "{weights:?}");
        assert_eq!(strength("TLS_RSA_WITH_AES_256_GCM_SHA384"), Some(Strength::StaticRsa));
        assert_eq!(strength("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"), Some(Strength::Dated));
        assert_eq!(strength("0x1301"), None);
    }

    #[test]
    fn a_suite_is_named_as_iana_has_it_and_an_unknown_one_by_its_number() {
        assert_eq!(name(0x0035), "TLS_RSA_WITH_AES_256_CBC_SHA");
        assert_eq!(name(0xfefe), "0xfefe");
        let mut numbers: Vec<u16> = SUITES.iter().map(|(number, ..)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), SUITES.len());
    }
}
