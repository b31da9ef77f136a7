//! What does a certificate say?
//!
//! Facts only, and never none: where a part cannot be read, the others are still told, and
//! [`Certificate::flaw`] names the first part that could not. Everything is read by hand (RFC 5280,
//! 4.1), part by part, so that one odd field never hides a certificate.

mod extension;
mod host;
mod key;
mod name;

pub use super::der::{content, hex};
pub use extension::{Extension, GeneralName, NameConstraints, Policies, constraints, id, ip};
pub use host::{Mismatch, name_covers};
pub use key::{Key, Signature, inherit_parameters, signature_name, split_spki, verify_signature};
pub use name::Name;

use super::der::{self, BIT_STRING, INTEGER, SEQUENCE, any, tlv};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use key::{Signed, read_key};
use ring::digest;
use std::net::IpAddr;
use x509_parser::prelude::FromDer;

/// The purpose that a TLS server's certificate needs (id-kp-serverAuth).
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
/// Every purpose (anyExtendedKeyUsage).
pub const ANY_PURPOSE: &str = "2.5.29.37.0";

/// keyCertSign, RFC 5280, 4.2.1.3.
const KEY_CERT_SIGN: u16 = 1 << 5;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

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
    /// The version: 1, 2 or 3.
    pub version: u8,
    /// The serial number, lower-case hexadecimal.
    pub serial: String,
    /// From when to when it is valid.
    pub validity: Option<Validity>,
    /// The DNS names and IP addresses of the subjectAltName extension, in its order.
    pub names: Vec<AltName>,
    /// Every name of the subjectAltName extension, in its order.
    pub alt_names: Vec<GeneralName>,
    /// The kind of its key.
    pub key: Key,
    /// The algorithm it is signed with, by its usual name or OID.
    pub signature: String,
    /// The algorithm that the signed part names: the same, or the certificate is wrong (RFC 5280, 4.1.1.2).
    pub inner_signature: String,
    /// Whether both algorithms are the same to the byte.
    pub algorithms_agree: bool,
    /// Whether the basicConstraints extension is there.
    pub has_basic_constraints: bool,
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
    /// The addresses of the CRL distribution points, in their order, any scheme.
    pub crl_urls: Vec<String>,
    /// Whether it must come with a stapled OCSP response (RFC 7633).
    pub must_staple: bool,
    /// The SignedCertificateTimestampList (RFC 6962, 3.3): its bytes with the length in front.
    pub sct_list: Option<Vec<u8>>,
    /// The name constraints.
    pub name_constraints: Option<NameConstraints>,
    /// What it says of policies.
    pub policies: Policies,
    /// Every extension, in its order.
    pub extensions: Vec<Extension>,
    /// The subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// The authority key identifier.
    pub authority_key_id: Option<Vec<u8>>,
    /// The SubjectPublicKeyInfo, DER with its outer SEQUENCE.
    pub spki: Vec<u8>,
    /// The first part that could not be read: a lower-case fragment.
    pub flaw: Option<String>,
    /// Whether clients need a part that could not be read.
    pub is_broken: bool,
    signed: Signed,
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
            Self::Dns(name) => f.write_str(&extension::printable(name)),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

impl Certificate {
    /// Reads a certificate. Always gives one.
    pub fn read(der: &[u8]) -> Self {
        let mut out = Self::unread(der);
        let mut flaws: Vec<(&'static str, bool)> = Vec::new();
        if let Err(what) = out.fill(&mut |what, needed| flaws.push((what, needed))) {
            flaws.push((what, true));
        }
        // what clients cannot do without is named before the rest
        let first = flaws.iter().find(|(_, needed)| *needed).or(flaws.first());
        out.flaw = first.map(|(what, _)| (*what).to_owned());
        out.is_broken = first.is_some_and(|(_, needed)| *needed);
        out
    }

    fn unread(der: &[u8]) -> Self {
        Self {
            der: der.to_vec(),
            fingerprint: hex(digest::digest(&digest::SHA256, der).as_ref()),
            thumbprint: hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, der).as_ref()).to_ascii_uppercase(),
            subject: Name::default(),
            issuer: Name::default(),
            version: 1,
            serial: String::new(),
            validity: None,
            names: Vec::new(),
            alt_names: Vec::new(),
            key: Key::default(),
            signature: "unknown".to_owned(),
            inner_signature: "unknown".to_owned(),
            algorithms_agree: false,
            has_basic_constraints: false,
            is_ca: false,
            path_length: None,
            key_usage: None,
            purposes: None,
            issuer_urls: Vec::new(),
            ocsp_urls: Vec::new(),
            crl_urls: Vec::new(),
            must_staple: false,
            sct_list: None,
            name_constraints: None,
            policies: Policies::default(),
            extensions: Vec::new(),
            subject_key_id: None,
            authority_key_id: None,
            spki: Vec::new(),
            flaw: None,
            is_broken: false,
            signed: Signed::default(),
        }
    }

    /// Reads part after part; the error is the part that keeps all behind it from being read.
    fn fill(&mut self, note: &mut extension::Note<'_>) -> Result<(), &'static str> {
        let der = self.der.clone();
        let (certificate, rest) = tlv(&der, SEQUENCE).ok_or("the certificate's frame")?;
        if !rest.is_empty() {
            note("bytes behind the certificate's end", true);
        }
        let (tbs, rest) = tlv(certificate.content, SEQUENCE).ok_or("the certificate's frame")?;
        self.signed.tbs = tbs.whole.to_vec();
        match tlv(rest, SEQUENCE).and_then(|(algorithm, rest)| Some((algorithm, tlv(rest, BIT_STRING)?))) {
            Some((algorithm, (bits, rest))) => {
                self.signed.algorithm = algorithm.content.to_vec();
                self.signed.signature = bits.content.get(1..).unwrap_or_default().to_vec();
                self.signature = signature_name(algorithm.content);
                if !rest.is_empty() || bits.content.first() != Some(&0) {
                    note("the signature", true);
                }
            }
            None => note("the signature", true),
        }

        // version is a context tag that version 1 leaves out
        let rest = match tlv(tbs.content, VERSION) {
            Some((version, rest)) => {
                match der::only(version.content, INTEGER).and_then(|number| der::small(number.content)) {
                    Some(number @ 0..=2) => self.version = u8::try_from(number + 1).unwrap_or(3),
                    _ => note("the version", true),
                }
                rest
            }
            None => tbs.content,
        };
        let (serial, rest) = tlv(rest, INTEGER).ok_or("the serial number")?;
        self.serial = hex(serial.content.strip_prefix(&[0]).filter(|s| !s.is_empty()).unwrap_or(serial.content));
        let (inner, rest) = tlv(rest, SEQUENCE).ok_or("the signature algorithm")?;
        self.inner_signature = signature_name(inner.content);
        self.algorithms_agree = inner.content == self.signed.algorithm;
        let (issuer, rest) = tlv(rest, SEQUENCE).ok_or("the issuer's name")?;
        self.issuer = Name::read(issuer.whole).unwrap_or_else(|| {
            note("the issuer's name", true);
            Name { der: issuer.whole.to_vec(), ..Name::default() }
        });
        let (validity, rest) = tlv(rest, SEQUENCE).ok_or("the validity")?;
        self.validity = read_validity(validity.whole);
        if self.validity.is_none() || !der::elements(validity.content).is_some_and(|all| all.iter().all(is_moment)) {
            note("the validity", true);
        }
        let (subject, rest) = tlv(rest, SEQUENCE).ok_or("the subject's name")?;
        self.subject = Name::read(subject.whole).unwrap_or_else(|| {
            note("the subject's name", true);
            Name { der: subject.whole.to_vec(), ..Name::default() }
        });
        let (spki, mut rest) = tlv(rest, SEQUENCE).ok_or("the public key")?;
        self.spki = spki.whole.to_vec();
        self.key = read_key(spki.whole).unwrap_or_else(|| {
            note("the public key", true);
            Key::default()
        });
        while let Some((part, after)) = any(rest) {
            rest = after;
            if part.tag == EXTENSIONS {
                let list = der::only(part.content, SEQUENCE).ok_or("the extensions")?;
                extension::read(self, list.content, note);
            }
        }
        if !rest.is_empty() {
            note("the extensions", true);
        }
        Ok(())
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

    /// The value of the first extension with that OID (dotted), however well the others could be read.
    pub fn extension(&self, oid: &str) -> Option<&[u8]> {
        self.extensions.iter().find(|extension| extension.oid == oid).map(|extension| extension.value.as_slice())
    }

    /// Whether subject and issuer are the same.
    pub fn is_self_issued(&self) -> bool {
        self.subject.same(&self.issuer)
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
        self.signed.by(spki)
    }

    /// Whether that certificate issued it: the name fits, and the signature as far as it can be checked.
    pub fn issued_by(&self, issuer: &Self) -> Signature {
        if !self.issuer.same(&issuer.subject) {
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

/// What can be made of it, in whatever form it stands.
fn read_validity(der: &[u8]) -> Option<Validity> {
    let (_, validity) = x509_parser::certificate::Validity::from_der(der).ok()?;
    // 99991231235959Z means that there is no end (RFC 5280, 4.1.2.5), and lies beyond the latest Timestamp
    let moment = |seconds: i64| {
        let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
        Timestamp::from_second(seconds).ok()
    };
    Some(Validity {
        not_before: moment(validity.not_before.timestamp())?,
        not_after: moment(validity.not_after.timestamp())?,
    })
}

/// Whether a moment stands there as it must: YYMMDDHHMMSSZ as UTCTime or YYYYMMDDHHMMSSZ as
/// GeneralizedTime, with seconds, without fractions, in UTC (RFC 5280, 4.1.2.5.1, 4.1.2.5.2).
fn is_moment(element: &der::Element<'_>) -> bool {
    let digits = match element.tag {
        UTC_TIME => 12,
        GENERALIZED_TIME => 14,
        _ => return false,
    };
    let all = element.content.strip_suffix(b"Z");
    all.is_some_and(|all| all.len() == digits && all.iter().all(u8::is_ascii_digit))
}
