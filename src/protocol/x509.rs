//! What does a certificate say?
//!
//! Facts only, and never none: where a part cannot be read, the others are still told, and
//! [`Certificate::flaw`] names the first part that could not. The frame is read by hand (RFC 5280,
//! 4.1), the parts by x509-parser, so that one odd field never hides a certificate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::{digest, signature};
use std::fmt::Write as _;
use std::net::IpAddr;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension, X509Extension};
use x509_parser::oid_registry::{self, Oid};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::{SubjectPublicKeyInfo, X509Name};

/// The purpose that a TLS server's certificate needs (id-kp-serverAuth).
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// Every purpose (anyExtendedKeyUsage).
pub const ANY_PURPOSE: &str = "2.5.29.37.0";

/// id-pe-tlsfeature, RFC 7633.
const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
/// The SCTs of a certificate, RFC 6962, 3.3.
const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";

/// keyCertSign, RFC 5280, 4.2.1.3.
const KEY_CERT_SIGN: u16 = 1 << 5;

/// A certificate's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The bytes as sent.
    pub der: Vec<u8>,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub fingerprint: String,
    /// SHA-1 of the bytes, upper-case hexadecimal: what Windows and Exchange call the thumbprint.
    pub thumbprint: String,
    /// Whose it is.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// The serial number, lower-case hexadecimal.
    pub serial: String,
    /// From when to when it is valid.
    pub validity: Option<Validity>,
    /// The DNS names and IP addresses of the subjectAltName extension, in its order.
    pub names: Vec<AltName>,
    /// The kind of its key.
    pub key: Key,
    /// The algorithm it is signed with, by its usual name or OID.
    pub signature: String,
    /// Whether basicConstraints make it a certification authority's.
    pub is_ca: bool,
    /// How many authorities may stand between it and the leaf.
    pub path_length: Option<u32>,
    /// The keyUsage bits, the first bit lowest; none where the extension is not there.
    pub key_usage: Option<u16>,
    /// The extended key usages as OIDs; none where the extension is not there.
    pub purposes: Option<Vec<String>>,
    /// The `caIssuers` addresses of Authority Information Access, in its order, any scheme.
    pub issuer_urls: Vec<String>,
    /// The OCSP addresses of Authority Information Access, in its order, any scheme.
    pub ocsp_urls: Vec<String>,
    /// The addresses of the cRLDistributionPoints extension, in its order, any scheme.
    pub crl_urls: Vec<String>,
    /// Whether the TLS Feature extension asks for a stapled OCSP response (RFC 7633).
    pub must_staple: bool,
    /// The value of the extension that holds the SCTs (RFC 6962, 3.3): an OCTET STRING, DER.
    pub sct_list: Option<Vec<u8>>,
    /// The subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// The authority key identifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// The SubjectPublicKeyInfo, DER with its outer SEQUENCE.
    pub spki: Vec<u8>,
    /// The first part that could not be read: a lower-case fragment.
    pub flaw: Option<String>,
    signed: Signed,
}

/// A Name (X.501).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// DER with its outer SEQUENCE; empty where it could not be read.
    pub der: Vec<u8>,
    /// As RFC 4514 writes it: `CN=R11,O=Let's Encrypt,C=US`.
    pub text: String,
    /// What a reader calls it: the common name, else the organisation's.
    pub short: String,
    /// The organisation, where one is named.
    pub organisation: Option<String>,
}

/// A validity period, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// notBefore
    pub not_before: Timestamp,
    /// notAfter
    pub not_after: Timestamp,
}

/// A name that a certificate is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AltName {
    /// A DNS name, perhaps with a wildcard, lower case.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
}

/// A public key's kind and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `RSA`, `EC`, `Ed25519`, `DSA` ... or the OID.
    pub kind: String,
    /// Bits; 0 where unknown.
    pub bits: u32,
}

/// What a signature covers, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Signed {
    tbs: Vec<u8>,
    /// The content of the outer AlgorithmIdentifier.
    algorithm: Vec<u8>,
    signature: Vec<u8>,
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

impl Validity {
    /// Whether that moment lies inside.
    pub fn contains(self, at: Timestamp) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        self.not_after.as_second() - self.not_before.as_second()
    }
}

impl std::fmt::Display for AltName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.bits == 0 { f.write_str(&self.kind) } else { write!(f, "{} {}", self.kind, self.bits) }
    }
}

impl Key {
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
}

impl Certificate {
    /// Reads a certificate. Always gives one.
    pub fn read(der: &[u8]) -> Self {
        let mut out = Self::unread(der);
        out.flaw = out.fill().err().map(str::to_owned);
        out
    }

    fn unread(der: &[u8]) -> Self {
        Self {
            der: der.to_vec(),
            fingerprint: hex(digest::digest(&digest::SHA256, der).as_ref()),
            thumbprint: hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref()).to_ascii_uppercase(),
            subject: Name::default(),
            issuer: Name::default(),
            serial: String::new(),
            validity: None,
            names: Vec::new(),
            key: Key { kind: "unknown".to_owned(), bits: 0 },
            signature: "unknown".to_owned(),
            is_ca: false,
            path_length: None,
            key_usage: None,
            purposes: None,
            issuer_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            crl_urls: Vec::new(),
            must_staple: false,
            sct_list: None,
            subject_key_id: None,
            authority_key_id: None,
            spki: Vec::new(),
            flaw: None,
            signed: Signed::default(),
        }
    }

    /// Reads part after part; the error is the first part that could not be read.
    fn fill(&mut self) -> Result<(), &'static str> {
        let der = self.der.clone();
        let mut flaw = Ok(());
        let mut note = |what: &'static str| flaw = flaw.and(Err(what));

        let (certificate, rest) = tlv(&der, SEQUENCE).ok_or("the certificate's frame")?;
        if !rest.is_empty() {
            note("bytes behind the certificate's end");
        }
        let (tbs, rest) = tlv(certificate.content, SEQUENCE).ok_or("the certificate's frame")?;
        self.signed.tbs = tbs.whole.to_vec();
        match tlv(rest, SEQUENCE).and_then(|(algorithm, rest)| Some((algorithm, tlv(rest, BIT_STRING)?.0))) {
            Some((algorithm, bits)) => {
                self.signed.algorithm = algorithm.content.to_vec();
                self.signed.signature = bits.content.get(1..).unwrap_or_default().to_vec();
                self.signature = signature_name(algorithm.content);
            }
            None => note("the signature"),
        }

        // version is a context tag that version 1 leaves out
        let rest = tlv(tbs.content, VERSION).map_or(tbs.content, |(_, rest)| rest);
        let (serial, rest) = tlv(rest, INTEGER).ok_or("the serial number")?;
        self.serial = hex(serial.content.strip_prefix(&[0]).filter(|s| !s.is_empty()).unwrap_or(serial.content));
        let (_, rest) = tlv(rest, SEQUENCE).ok_or("the signature algorithm")?;
        let (issuer, rest) = tlv(rest, SEQUENCE).ok_or("the issuer's name")?;
        self.issuer = Name::read(issuer.whole).unwrap_or_else(|| {
            note("the issuer's name");
            Name { der: issuer.whole.to_vec(), ..Name::default() }
        });
        let (validity, rest) = tlv(rest, SEQUENCE).ok_or("the validity")?;
        self.validity = read_validity(validity.whole);
        if self.validity.is_none() {
            note("the validity");
        }
        let (subject, rest) = tlv(rest, SEQUENCE).ok_or("the subject's name")?;
        self.subject = Name::read(subject.whole).unwrap_or_else(|| {
            note("the subject's name");
            Name { der: subject.whole.to_vec(), ..Name::default() }
        });
        let (spki, mut rest) = tlv(rest, SEQUENCE).ok_or("the public key")?;
        self.spki = spki.whole.to_vec();
        self.key = read_key(spki.whole).unwrap_or_else(|| {
            note("the public key");
            Key { kind: "unknown".to_owned(), bits: 0 }
        });
        while let Some((part, after)) = any(rest) {
            rest = after;
            if part.tag == EXTENSIONS {
                let (list, _) = tlv(part.content, SEQUENCE).ok_or("the extensions")?;
                self.extensions(list.content, &mut note);
            }
        }
        if !rest.is_empty() {
            note("the extensions");
        }
        flaw
    }

    fn extensions(&mut self, mut rest: &[u8], note: &mut impl FnMut(&'static str)) {
        while let Some((part, after)) = any(rest) {
            rest = after;
            let Ok((_, extension)) = X509Extension::from_der(part.whole) else {
                note("an extension");
                continue;
            };
            match extension.oid.to_id_string().as_str() {
                // status_request, RFC 6066
                TLS_FEATURE => self.must_staple = extension.value.windows(3).any(|part| part == [INTEGER, 1, 5]),
                SCT_LIST => self.sct_list = Some(extension.value.to_vec()),
                _ => {}
            }
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(san) => {
                    for name in &san.general_names {
                        match name {
                            GeneralName::DNSName(name) => self.names.push(AltName::Dns(name.to_ascii_lowercase())),
                            GeneralName::IPAddress(bytes) => match ip(bytes) {
                                Some(address) => self.names.push(AltName::Ip(address)),
                                None => note("an address of the subjectAltName extension"),
                            },
                            GeneralName::Invalid(..) => note("a name of the subjectAltName extension"),
                            _ => {}
                        }
                    }
                }
                ParsedExtension::BasicConstraints(basic) => {
                    self.is_ca = basic.ca;
                    self.path_length = basic.path_len_constraint;
                }
                ParsedExtension::KeyUsage(usage) => self.key_usage = Some(usage.flags),
                ParsedExtension::ExtendedKeyUsage(usage) => {
                    let known = [
                        (usage.any, ANY_PURPOSE),
                        (usage.server_auth, SERVER_AUTH),
                        (usage.client_auth, "1.3.6.1.5.5.7.3.2"),
                        (usage.code_signing, "1.3.6.1.5.5.7.3.3"),
                        (usage.email_protection, "1.3.6.1.5.5.7.3.4"),
                        (usage.time_stamping, "1.3.6.1.5.5.7.3.8"),
                        (usage.ocsp_signing, "1.3.6.1.5.5.7.3.9"),
                    ];
                    let known = known.iter().filter(|(there, _)| *there).map(|(_, oid)| (*oid).to_owned());
                    self.purposes = Some(known.chain(usage.other.iter().map(Oid::to_id_string)).collect());
                }
                ParsedExtension::AuthorityInfoAccess(access) => {
                    for way in access.iter() {
                        let GeneralName::URI(url) = way.access_location else { continue };
                        if way.access_method == oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS {
                            self.issuer_urls.push(url.to_owned());
                        } else if way.access_method == oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP {
                            self.ocsp_urls.push(url.to_owned());
                        }
                    }
                }
                ParsedExtension::CRLDistributionPoints(points) => {
                    for point in points.iter() {
                        let Some(DistributionPointName::FullName(names)) = &point.distribution_point else { continue };
                        let urls = names.iter().filter_map(|name| match name {
                            GeneralName::URI(url) => Some((*url).to_owned()),
                            _ => None,
                        });
                        self.crl_urls.extend(urls);
                    }
                }
                ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    self.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
                }
                ParsedExtension::ParseError { .. } => note("an extension"),
                _ => {}
            }
        }
        if !rest.is_empty() {
            note("the extensions");
        }
    }

    /// What a reader calls it: the subject's common name or organisation, a name it is for, or its serial number.
    pub fn short_name(&self) -> String {
        if !self.subject.short.is_empty() {
            return self.subject.short.clone();
        }
        match self.names.first() {
            Some(name) => name.to_string(),
            None => self.serial.clone(),
        }
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_issued(&self) -> bool {
        !self.subject.der.is_empty() && self.subject.der == self.issuer.der
    }

    /// Whether it is signed with its own key.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued()
            && match self.signed_by(&self.spki) {
                Signature::Good => true,
                Signature::Bad => false,
                Signature::Unknown => self.authority_key_id.is_none() || self.authority_key_id == self.subject_key_id,
            }
    }

    /// Whether its key usage lets it sign certificates.
    pub fn may_sign_certificates(&self) -> bool {
        self.is_ca && self.key_usage.is_none_or(|bits| bits & KEY_CERT_SIGN != 0)
    }

    /// Whether its extended key usage lets it be, or lets it sign, a TLS server's.
    pub fn is_for_servers(&self) -> bool {
        self.purposes.as_ref().is_none_or(|all| all.iter().any(|oid| oid == SERVER_AUTH))
    }

    /// Whether it is signed with an algorithm that clients no longer take: SHA-1, MD5 or older.
    pub fn has_weak_signature(&self) -> bool {
        ["sha1", "md5", "md2", "md4"].iter().any(|old| self.signature.starts_with(old))
    }

    /// Whether its signature is by the key of that SubjectPublicKeyInfo (DER with its outer SEQUENCE).
    pub fn signed_by(&self, spki: &[u8]) -> Signature {
        verify_signature(spki, &self.signed.algorithm, &self.signed.tbs, &self.signed.signature)
    }

    /// Whether that certificate issued it: the name fits, and the signature as far as it can be checked.
    pub fn issued_by(&self, issuer: &Self) -> Signature {
        if self.issuer.der.is_empty() || self.issuer.der != issuer.subject.der {
            return Signature::Bad;
        }
        match self.signed_by(&issuer.spki) {
            Signature::Unknown => match (&self.authority_key_id, &issuer.subject_key_id) {
                (Some(asked), Some(has)) if asked != has => Signature::Bad,
                _ => Signature::Unknown,
            },
            known => known,
        }
    }

    /// Whether it is for that host: a DNS name or an IP address (RFC 9525, 6). The common name does not count.
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']);
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.names.contains(&AltName::Ip(address));
        }
        self.names.iter().any(|name| matches!(name, AltName::Dns(pattern) if name_covers(pattern, host)))
    }

    /// The certificate as PEM, with a final line feed.
    pub fn pem(&self) -> String {
        let text = STANDARD.encode(&self.der);
        let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            out.push_str(line);
            out.push('\n');
            rest = after;
        }
        out.push_str("-----END CERTIFICATE-----\n");
        out
    }
}

impl Name {
    /// Reads a Name, DER with its outer SEQUENCE; none where it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, name) = X509Name::from_der(der).ok()?;
        let mut parts: Vec<String> = Vec::new();
        for rdn in name.iter_rdn() {
            let values: Vec<String> = rdn
                .iter()
                .map(|part| {
                    format!("{}={}", attribute(&part.attr_type().to_id_string()), escape(&text(part.attr_value())))
                })
                .collect();
            parts.push(values.join("+"));
        }
        parts.reverse();
        let first = |oid: &Oid<'_>| {
            name.iter_attributes().find(|part| part.attr_type() == oid).map(|part| text(part.attr_value()))
        };
        let organisation = first(&oid_registry::OID_X509_ORGANIZATION_NAME);
        let short = first(&oid_registry::OID_X509_COMMON_NAME)
            .or_else(|| organisation.clone())
            .unwrap_or_else(|| parts.first().cloned().unwrap_or_default());
        Some(Self { der: der.to_vec(), text: parts.join(","), short, organisation })
    }

    /// The bytes as the evidence spells them.
    pub fn base64(&self) -> String {
        STANDARD.encode(&self.der)
    }
}

/// Whether `bytes` is a signature of `message` by the key of that SubjectPublicKeyInfo (DER with its
/// outer SEQUENCE); `algorithm` is the content of its AlgorithmIdentifier.
pub fn verify_signature(spki: &[u8], algorithm: &[u8], message: &[u8], bytes: &[u8]) -> Signature {
    let Some((key_algorithm, key)) = split_spki(spki) else { return Signature::Unknown };
    let mut verdict = Signature::Unknown;
    for candidate in webpki::ALL_VERIFICATION_ALGS {
        if *candidate.signature_alg_id() == *algorithm && *candidate.public_key_alg_id() == *key_algorithm {
            if candidate.verify_signature(key, message, bytes).is_ok() {
                return Signature::Good;
            }
            verdict = Signature::Bad;
        }
    }
    // keys and digests of former days: good enough to say who signed, not to trust it
    let old: &[&dyn signature::VerificationAlgorithm] = match signature_name(algorithm).as_str() {
        "sha1WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY],
        "sha256WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY],
        "sha512WithRSAEncryption" => &[&signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY],
        _ => &[],
    };
    for candidate in old {
        let key = signature::UnparsedPublicKey::new(*candidate, key);
        if key.verify(message, bytes).is_ok() {
            return Signature::Good;
        }
        verdict = Signature::Bad;
    }
    if read_key(spki).is_some_and(|key| key.kind == "RSA" && key.bits < 1024) {
        verdict = Signature::Unknown;
    }
    verdict
}

/// Whether the name of a certificate covers the host (RFC 9525, 6.3): a wildcard is the whole first
/// label, stands for exactly one, and never for all of a top-level domain.
pub fn name_covers(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let pattern = pattern.trim_end_matches('.').to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            parent.contains('.')
                && host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
        }
        None => !pattern.contains('*') && pattern == host,
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The content of a DER element, whatever its tag; the input itself where it is none.
pub fn content(der: &[u8]) -> &[u8] {
    any(der).map_or(der, |(element, _)| element.content)
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;

/// An element of DER (X.690).
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The first element, and what follows it.
fn any(der: &[u8]) -> Option<(Element<'_>, &[u8])> {
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

fn tlv(der: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    any(der).filter(|(element, _)| element.tag == tag)
}

/// The content of the AlgorithmIdentifier, and the key's bits.
fn split_spki(spki: &[u8]) -> Option<(&[u8], &[u8])> {
    let (outer, _) = tlv(spki, SEQUENCE)?;
    let (algorithm, rest) = tlv(outer.content, SEQUENCE)?;
    let (bits, _) = tlv(rest, BIT_STRING)?;
    Some((algorithm.content, bits.content.get(1..)?))
}

fn read_validity(der: &[u8]) -> Option<Validity> {
    let (_, validity) = x509_parser::certificate::Validity::from_der(der).ok()?;
    Some(Validity {
        not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
        not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
    })
}

fn read_key(der: &[u8]) -> Option<Key> {
    let (_, spki) = SubjectPublicKeyInfo::from_der(der).ok()?;
    let oid = spki.algorithm.algorithm.to_id_string();
    let (kind, bits) = match spki.parsed() {
        Ok(PublicKey::RSA(rsa)) => {
            let modulus: Vec<u8> = rsa.modulus.iter().copied().skip_while(|byte| *byte == 0).collect();
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
            ("RSA".to_owned(), u32::try_from(modulus.len() * 8).unwrap_or(u32::MAX).saturating_sub(unused))
        }
        Ok(PublicKey::EC(point)) => {
            let curve = spki.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok()).map(|o| o.to_id_string());
            let bits = match curve.as_deref() {
                Some("1.2.840.10045.3.1.7" | "1.3.132.0.10") => 256,
                Some("1.3.132.0.34") => 384,
                Some("1.3.132.0.35") => 521,
                _ => u32::try_from(point.key_size()).unwrap_or(0),
            };
            ("EC".to_owned(), bits)
        }
        Ok(PublicKey::DSA(y)) => ("DSA".to_owned(), u32::try_from(y.len() * 8).unwrap_or(0)),
        _ => match oid.as_str() {
            "1.3.101.112" => ("Ed25519".to_owned(), 256),
            "1.3.101.113" => ("Ed448".to_owned(), 448),
            // a key that says it is RSA or EC and cannot be read as one
            "1.2.840.113549.1.1.1" | "1.2.840.10045.2.1" => return None,
            _ => (oid, 0),
        },
    };
    Some(Key { kind, bits })
}

/// The usual name of a signature algorithm, by the content of its AlgorithmIdentifier.
fn signature_name(algorithm: &[u8]) -> String {
    let Ok((_, oid)) = Oid::from_der(algorithm) else { return "unknown".to_owned() };
    let oid = oid.to_id_string();
    match oid.as_str() {
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        "1.2.840.113549.1.1.3" => "md4WithRSAEncryption",
        "1.2.840.113549.1.1.4" => "md5WithRSAEncryption",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "sha1WithRSAEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.1.11" => "sha256WithRSAEncryption",
        "1.2.840.113549.1.1.12" => "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13" => "sha512WithRSAEncryption",
        "1.2.840.10045.4.1" => "sha1WithECDSA",
        "1.2.840.10045.4.3.2" => "ecdsaWithSHA256",
        "1.2.840.10045.4.3.3" => "ecdsaWithSHA384",
        "1.2.840.10045.4.3.4" => "ecdsaWithSHA512",
        "1.2.840.10040.4.3" => "sha1WithDSA",
        "1.3.101.112" => "Ed25519",
        other => other,
    }
    .to_owned()
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// The short names of RFC 4514, 3, and those that everybody knows besides.
fn attribute(oid: &str) -> &str {
    match oid {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.42" => "GN",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.25" => "DC",
        "0.9.2342.19200300.100.1.1" => "UID",
        "1.2.840.113549.1.9.1" => "emailAddress",
        other => other,
    }
}

/// The text of an attribute, whichever of the ASN.1 string types it has. Control characters are
/// taken out, for the text goes to a terminal.
fn text(value: &x509_parser::asn1_rs::Any<'_>) -> String {
    use x509_parser::asn1_rs::Tag;
    let text = match value.tag() {
        Tag::BmpString => {
            let units: Vec<u16> = value
                .data
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |sum, byte| (sum << 8) | u16::from(*byte)))
                .collect();
            String::from_utf16_lossy(&units)
        }
        Tag::TeletexString => value.data.iter().map(|byte| char::from(*byte)).collect(),
        _ => String::from_utf8_lossy(value.data).into_owned(),
    };
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// RFC 4514, 2.4.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => {
                out.push('\\');
                out.push(c);
            }
            '#' | ' ' if i == 0 => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
