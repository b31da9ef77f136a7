//! Which keys and algorithms does a certificate use, and is a signature by a key?

use crate::protocol::der::{self, BIT_STRING, OID, SEQUENCE};
use ring::signature;
use x509_parser::der_parser::num_bigint::BigUint;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

const DSA: &str = "1.2.840.10040.4.1";
/// Larger numbers would take longer to calculate with than any signature is worth.
const MOST_DSA_BITS: u64 = 3072;

/// A public key's kind and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `RSA`, `EC`, `Ed25519`, `DSA` ... or the OID.
    pub kind: String,
    /// Bits; 0 where unknown.
    pub bits: u32,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.bits == 0 { f.write_str(&self.kind) } else { write!(f, "{} {}", self.kind, self.bits) }
    }
}

impl Default for Key {
    /// A key that could not be read.
    fn default() -> Self {
        Self { kind: "unknown".to_owned(), bits: 0 }
    }
}

impl Key {
    /// The key of a SubjectPublicKeyInfo (DER with its outer SEQUENCE).
    pub fn of(spki: &[u8]) -> Self {
        read_key(spki).unwrap_or_default()
    }

    /// Whether clients refuse it: RSA below 2048 bits, curves below 256 bits, DSA (Apple 103769,
    /// OpenSSL's security level 2, Baseline Requirements 6.1.5).
    pub fn is_weak(&self) -> bool {
        match self.kind.as_str() {
            "RSA" => self.bits < 2048,
            "EC" => self.bits != 0 && self.bits < 256,
            "DSA" => true,
            _ => false,
        }
    }

    /// Whether it is of no known kind.
    pub fn is_unknown(&self) -> bool {
        !matches!(self.kind.as_str(), "RSA" | "EC" | "DSA" | "Ed25519" | "Ed448")
    }

    /// Whether a signature by it proves nothing any more: RSA below 1024 bits has been broken in practice.
    pub fn is_broken(&self) -> bool {
        self.kind == "RSA" && self.bits < 1024
    }
}

/// Whether a signature is by that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signature {
    /// It is.
    Good,
    /// It is not.
    Bad,
    /// Nobody here can check that algorithm.
    Unknown,
}

/// What a signature covers, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signed {
    pub tbs: Vec<u8>,
    /// The content of the outer AlgorithmIdentifier.
    pub algorithm: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Signed {
    /// Whether it is by the key of that SubjectPublicKeyInfo (DER with its outer SEQUENCE).
    pub fn by(&self, spki: &[u8]) -> Signature {
        let Some((algorithm, key)) = split_spki(spki) else { return Signature::Unknown };
        let mut verdict = Signature::Unknown;
        for candidate in webpki::ALL_VERIFICATION_ALGS {
            if *candidate.signature_alg_id() == *self.algorithm && *candidate.public_key_alg_id() == *algorithm {
                if candidate.verify_signature(key, &self.tbs, &self.signature).is_ok() {
                    return Signature::Good;
                }
                verdict = Signature::Bad;
            }
        }
        // keys and digests of former days: good enough to say who signed, not to trust it
        let name = signature_name(&self.algorithm);
        let old: &[&dyn signature::VerificationAlgorithm] = match name.as_str() {
            "sha1WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
            "sha256WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
            "sha512WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
            _ => &[],
        };
        for candidate in old {
            let key = signature::UnparsedPublicKey::new(*candidate, key);
            if key.verify(&self.tbs, &self.signature).is_ok() {
                return Signature::Good;
            }
            verdict = Signature::Bad;
        }
        if let Some(digest) = dsa_digest(&name, &self.tbs)
            && is_dsa(algorithm)
        {
            return match self.by_dsa(algorithm, key, &digest) {
                Some(true) => Signature::Good,
                Some(false) => Signature::Bad,
                None => Signature::Unknown,
            };
        }
        if read_key(spki).is_some_and(|key| key.is_broken()) {
            verdict = Signature::Unknown;
        }
        verdict
    }

    /// FIPS 186-4, 4.7, p, q and g by its letters; none where the numbers are not a DSA key's.
    fn by_dsa(&self, algorithm: &[u8], key: &[u8], digest: &[u8]) -> Option<bool> {
        let (_, parameters) = der::tlv(algorithm, OID)?;
        let [p, q, g] = numbers::<3>(parameters)?;
        let key = number(der::only(key, der::INTEGER)?.content)?;
        let zero = BigUint::from(0_u8);
        if p.bits() > MOST_DSA_BITS
            || !(160..=256).contains(&q.bits())
            || [&key, &g].iter().any(|n| **n >= p || **n == zero)
        {
            return None;
        }
        let Some([left, right]) = numbers::<2>(&self.signature) else { return Some(false) };
        if [&left, &right].iter().any(|n| **n == zero || **n >= q) {
            return Some(false);
        }
        // q is a prime, so what it does not divide has this inverse (Fermat)
        let inverse = right.modpow(&(&q - 2_u8), &q);
        let taken = usize::try_from(q.bits() / 8).unwrap_or(0).min(digest.len());
        let hash = BigUint::from_bytes_be(digest.get(..taken).unwrap_or(digest));
        let (first, second) = ((hash * &inverse) % &q, (&left * &inverse) % &q);
        Some(((g.modpow(&first, &p) * key.modpow(&second, &p)) % &p) % &q == left)
    }
}

/// The integers of a SEQUENCE that holds that many.
fn numbers<const N: usize>(bytes: &[u8]) -> Option<[BigUint; N]> {
    let all = der::list(bytes)?;
    let all: Option<Vec<BigUint>> =
        all.iter().map(|element| (element.tag == der::INTEGER).then(|| number(element.content)).flatten()).collect();
    all?.try_into().ok()
}

fn number(content: &[u8]) -> Option<BigUint> {
    content.first().filter(|first| **first & 0x80 == 0)?;
    Some(BigUint::from_bytes_be(content))
}

fn is_dsa(algorithm: &[u8]) -> bool {
    der::tlv(algorithm, OID).and_then(|(oid, _)| der::oid(oid.content)).is_some_and(|oid| oid == DSA)
}

fn dsa_digest(algorithm: &str, tbs: &[u8]) -> Option<Vec<u8>> {
    use ring::digest;
    let algorithm = match algorithm {
        "sha1WithDSA" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "sha256WithDSA" => &digest::SHA256,
        _ => return None,
    };
    Some(digest::digest(algorithm, tbs).as_ref().to_vec())
}

/// The SubjectPublicKeyInfo with the parameters of another, where it is DSA's and has none of its
/// own: a child takes its issuer's (RFC 3279, 2.3.2). None where there is nothing to take.
pub fn inherit_parameters(spki: &[u8], issuer: &[u8]) -> Option<Vec<u8>> {
    let (own, _) = split_spki(spki)?;
    let (theirs, _) = split_spki(issuer)?;
    let (_, none) = der::tlv(own, OID)?;
    let (_, some) = der::tlv(theirs, OID)?;
    if !is_dsa(own) || !is_dsa(theirs) || !(none.is_empty() || none == [0x05, 0x00]) || some.len() < 3 {
        return None;
    }
    let (outer, _) = der::tlv(spki, SEQUENCE)?;
    let (_, bits) = der::tlv(outer.content, SEQUENCE)?;
    let (whole, _) = der::tlv(issuer, SEQUENCE)?;
    let (algorithm, _) = der::tlv(whole.content, SEQUENCE)?;
    Some(der::sequence(&[algorithm.whole, bits].concat()))
}

/// The content of the AlgorithmIdentifier, and the key's bits.
pub fn split_spki(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let (outer, _) = der::tlv(spki, SEQUENCE)?;
    let (algorithm, rest) = der::tlv(outer.content, SEQUENCE)?;
    let (bits, _) = der::tlv(rest, BIT_STRING)?;
    Some((algorithm.content, bits.content.get(1..)?))
}

/// The kind and size of a key; none where it is not what it says.
pub(super) fn read_key(bytes: &[u8]) -> Option<Key> {
    let (_, spki) = SubjectPublicKeyInfo::from_der(bytes).ok()?;
    let oid = spki.algorithm.algorithm.to_id_string();
    let (kind, bits) = match spki.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let bits = der::bits(der::magnitude(rsa.modulus));
            ("RSA".to_owned(), u32::try_from(bits).unwrap_or(u32::MAX))
        }
        Ok(PublicKey::EC(point)) => {
            let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|o| o.to_id_string());
            let bits = match curve.as_deref() {
                Some("1.2.840.10045.3.1.1") => 192,
                Some("1.3.132.0.33") => 224,
                Some("1.2.840.10045.3.1.7" | "1.3.132.0.10") => 256,
                Some("1.3.132.0.34") => 384,
                Some("1.3.132.0.35") => 521,
                // RFC 5480, 2.1.1: a curve by its numbers instead of its name, which no client takes
                None => return Some(Key { kind: "EC with explicit parameters".to_owned(), bits: 0 }),
                _ => u32::try_from(point.key_size()).unwrap_or(0),
            };
            ("EC".to_owned(), bits)
        }
        Ok(PublicKey::DSA(y)) => ("DSA".to_owned(), u32::try_from(y.len() * 8).unwrap_or(0)),
        _ => match oid.as_str() {
            "1.3.101.112" => ("Ed25519".to_owned(), 256),
            "1.3.101.113" => ("Ed448".to_owned(), 448),
            DSA => ("DSA".to_owned(), 0),
            // a key that says it is RSA or EC and cannot be read as one
            "1.2.840.113549.1.1.1" | "1.2.840.10045.2.1" => return None,
            _ => (oid, 0),
        },
    };
    Some(Key { kind, bits })
}

/// The usual name of a signature algorithm, by the content of its AlgorithmIdentifier; its OID where
/// it has none.
pub fn signature_name(algorithm: &[u8]) -> String {
    let Some(oid) = der::tlv(algorithm, OID).and_then(|(oid, _)| der::oid(oid.content)) else {
        return "unknown".to_owned();
    };
    match oid.as_str() {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.3" => "md4WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.113549.1.1.14" => "sha224WithRSAEncryption",
        "1.2.840.10045.4.1" => "sha1WithECDSA",
        "1.2.840.10045.4.3.1" => "ecdsaWithSHA224",
        "1.2.840.10045.4.3.2" => "ecdsaWithSHA256",
        "1.2.840.10045.4.3.3" => "ecdsaWithSHA384",
        "1.2.840.10045.4.3.4" => "ecdsaWithSHA512",
        "1.2.840.10040.4.3" => "sha1WithDSA",
        "2.16.840.1.101.3.4.3.1" => "sha224WithDSA",
        "2.16.840.1.101.3.4.3.2" => "sha256WithDSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        other => other,
    }
    .to_owned()
}

/// Whether `signature` is one of `message` by the key of that SubjectPublicKeyInfo (DER with its outer
/// SEQUENCE); `algorithm` is the content of its AlgorithmIdentifier.
pub fn verify_signature(spki: &[u8], algorithm: &[u8], message: &[u8], signature: &[u8]) -> Signature {
    Signed { tbs: message.to_vec(), algorithm: algorithm.to_vec(), signature: signature.to_vec() }.by(spki)
}
