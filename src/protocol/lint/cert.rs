//! What does a certificate say, to the last byte that a rule asks about?

use super::der::{self, Element};
use crate::order;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Object identifiers, as [`der::oid`] writes them.
pub(super) mod id {
    pub const COMMON_NAME: &str = "2.5.4.3";
    pub const SURNAME: &str = "2.5.4.4";
    pub const SERIAL_NUMBER: &str = "2.5.4.5";
    pub const COUNTRY: &str = "2.5.4.6";
    pub const LOCALITY: &str = "2.5.4.7";
    pub const STATE: &str = "2.5.4.8";
    pub const STREET: &str = "2.5.4.9";
    pub const ORGANIZATION: &str = "2.5.4.10";
    pub const UNIT: &str = "2.5.4.11";
    pub const BUSINESS_CATEGORY: &str = "2.5.4.15";
    pub const POSTAL_CODE: &str = "2.5.4.17";
    pub const GIVEN_NAME: &str = "2.5.4.42";
    pub const ORGANIZATION_ID: &str = "2.5.4.97";
    pub const DOMAIN_COMPONENT: &str = "0.9.2342.19200300.100.1.25";
    pub const EMAIL: &str = "1.2.840.113549.1.9.1";
    pub const JURISDICTION_LOCALITY: &str = "1.3.6.1.4.1.311.60.2.1.1";
    pub const JURISDICTION_STATE: &str = "1.3.6.1.4.1.311.60.2.1.2";
    pub const JURISDICTION_COUNTRY: &str = "1.3.6.1.4.1.311.60.2.1.3";

    pub const DIRECTORY_ATTRIBUTES: &str = "2.5.29.9";
    pub const SUBJECT_KEY_ID: &str = "2.5.29.14";
    pub const KEY_USAGE: &str = "2.5.29.15";
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    pub const ISSUER_ALT_NAME: &str = "2.5.29.18";
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub const CRL_NUMBER: &str = "2.5.29.20";
    pub const DELTA_CRL: &str = "2.5.29.27";
    pub const ISSUING_POINT: &str = "2.5.29.28";
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    pub const CRL_POINTS: &str = "2.5.29.31";
    pub const POLICIES: &str = "2.5.29.32";
    pub const ANY_POLICY: &str = "2.5.29.32.0";
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    pub const AUTHORITY_KEY_ID: &str = "2.5.29.35";
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    pub const FRESHEST_CRL: &str = "2.5.29.46";
    pub const INHIBIT_ANY: &str = "2.5.29.54";
    pub const AUTHORITY_INFO: &str = "1.3.6.1.5.5.7.1.1";
    pub const SUBJECT_INFO: &str = "1.3.6.1.5.5.7.1.11";
    pub const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
    pub const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";
    pub const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
    pub const CT_POISON: &str = "1.3.6.1.4.1.11129.2.4.3";
    pub const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";

    pub const OCSP: &str = "1.3.6.1.5.5.7.48.1";
    pub const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
    pub const CPS: &str = "1.3.6.1.5.5.7.2.1";
    pub const USER_NOTICE: &str = "1.3.6.1.5.5.7.2.2";

    pub const ANY_PURPOSE: &str = "2.5.29.37.0";
    pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
    pub const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
    pub const EMAIL_PROTECTION: &str = "1.3.6.1.5.5.7.3.4";
    pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
    pub const OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

    pub const DOMAIN_VALIDATED: &str = "2.23.140.1.2.1";
    pub const ORGANIZATION_VALIDATED: &str = "2.23.140.1.2.2";
    pub const INDIVIDUAL_VALIDATED: &str = "2.23.140.1.2.3";
    pub const EXTENDED_VALIDATION: &str = "2.23.140.1.1";

    pub const RSA: &str = "1.2.840.113549.1.1.1";
    pub const RSA_PSS: &str = "1.2.840.113549.1.1.10";
    pub const EC: &str = "1.2.840.10045.2.1";
    pub const DSA: &str = "1.2.840.10040.4.1";
}

/// keyUsage bits (RFC 5280, 4.2.1.3), the first bit lowest.
pub(super) mod usage {
    pub const DIGITAL_SIGNATURE: u16 = 1;
    pub const CONTENT_COMMITMENT: u16 = 1 << 1;
    pub const KEY_ENCIPHERMENT: u16 = 1 << 2;
    pub const DATA_ENCIPHERMENT: u16 = 1 << 3;
    pub const KEY_AGREEMENT: u16 = 1 << 4;
    pub const CERT_SIGN: u16 = 1 << 5;
    pub const CRL_SIGN: u16 = 1 << 6;
    pub const ENCIPHER_ONLY: u16 = 1 << 7;
    pub const DECIPHER_ONLY: u16 = 1 << 8;
}

/// A certificate, read as far as its frame reaches.
#[derive(Debug)]
pub(super) struct Cert<'a> {
    pub der: &'a [u8],
    /// The number that the version field holds: 0 for version 1, 2 for version 3.
    pub version: i64,
    pub serial: &'a [u8],
    pub inner_algorithm: &'a [u8],
    pub outer_algorithm: &'a [u8],
    pub signature: &'a [u8],
    pub issuer: Name<'a>,
    pub subject: Name<'a>,
    pub not_before: Time<'a>,
    pub not_after: Time<'a>,
    /// The SubjectPublicKeyInfo, whole.
    pub spki: &'a [u8],
    /// The AlgorithmIdentifier of the key, whole.
    pub key_algorithm: &'a [u8],
    pub key: Key<'a>,
    pub has_unique_id: bool,
    pub extensions: Vec<Extension<'a>>,
    /// The first part that does not come out even.
    pub flaw: Option<&'static str>,

    pub ca: bool,
    pub path_length: Option<i64>,
    pub key_usage: Option<u16>,
    pub purposes: Vec<String>,
    pub policies: Vec<Policy<'a>>,
    pub names: Vec<General<'a>>,
    pub issuer_names: Vec<General<'a>>,
    /// (method, location)
    pub authority_info: Vec<(String, General<'a>)>,
    /// Every fullName of every distribution point.
    pub crl_points: Vec<General<'a>>,
    pub self_signed: bool,
}

/// An extension as it stands.
#[derive(Debug)]
pub(super) struct Extension<'a> {
    pub id: String,
    pub critical: bool,
    /// Whether `critical` is there although it is false.
    pub spelled_out: bool,
    pub value: &'a [u8],
}

/// A Name, its attributes in order.
#[derive(Debug, Default)]
pub(super) struct Name<'a> {
    pub whole: &'a [u8],
    pub attributes: Vec<Attribute<'a>>,
    /// Whether one RelativeDistinguishedName holds several attributes.
    pub multiple: bool,
}

/// One attribute of a Name.
#[derive(Debug)]
pub(super) struct Attribute<'a> {
    pub id: String,
    pub tag: u8,
    pub bytes: &'a [u8],
    pub text: String,
}

impl Name<'_> {
    pub fn has(&self, id: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.id == id)
    }
    pub fn all<'b>(&'b self, id: &'b str) -> impl Iterator<Item = &'b str> {
        self.attributes.iter().filter(move |attribute| attribute.id == id).map(|attribute| attribute.text.as_str())
    }
}

/// A time as it is spelled, and what it means.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Time<'a> {
    pub tag: u8,
    pub text: &'a [u8],
    /// Seconds since 1970; none where it is no time.
    pub at: Option<i64>,
}

/// A public key.
#[derive(Debug)]
pub(super) enum Key<'a> {
    Rsa {
        modulus: &'a [u8],
        exponent: &'a [u8],
    },
    /// The curve by its name; none where it is written out or missing.
    Ec {
        curve: Option<String>,
    },
    Dsa {
        p: &'a [u8],
        q: &'a [u8],
    },
    Other(String),
    Unreadable(String),
}

/// A policy and its qualifiers: (id, what it holds).
#[derive(Debug)]
pub(super) struct Policy<'a> {
    pub id: String,
    pub qualifiers: Vec<(String, Option<Element<'a>>)>,
}

/// A GeneralName (RFC 5280, 4.2.1.6).
#[derive(Debug, Clone, Copy)]
pub(super) struct General<'a> {
    /// The number of its choice: 1 e-mail, 2 DNS, 4 directory, 6 URI, 7 IP address ...
    pub kind: u8,
    pub bytes: &'a [u8],
}

impl<'a> General<'a> {
    fn read(element: &Element<'a>) -> Option<Self> {
        (element.tag & 0xc0 == 0x80).then_some(Self { kind: element.tag & 0x1f, bytes: element.content })
    }
    /// The text of a DNS name, URI or e-mail address.
    pub fn text(&self) -> std::borrow::Cow<'a, str> {
        String::from_utf8_lossy(self.bytes)
    }
    pub fn ip(&self) -> Option<IpAddr> {
        if let Ok(four) = <[u8; 4]>::try_from(self.bytes) {
            return Some(IpAddr::from(four));
        }
        <[u8; 16]>::try_from(self.bytes).ok().map(IpAddr::from)
    }
}

/// The general names of a `GeneralNames`; none where it is none.
pub(super) fn general_names(der: &[u8]) -> Option<Vec<General<'_>>> {
    der::list(der)?.iter().map(General::read).collect()
}

impl<'a> Cert<'a> {
    /// Reads the frame; none where even that is broken.
    pub fn read(der: &'a [u8]) -> Option<Self> {
        let (outer, rest) = der::tlv(der, der::SEQUENCE)?;
        let mut flaw = (!rest.is_empty()).then_some("bytes behind the certificate");
        let parts = der::elements(outer.content)?;
        let [tbs, outer_algorithm, signature] = parts.as_slice() else { return None };
        let (version, rest) = match der::tlv(tbs.content, 0xa0) {
            Some((tag, rest)) => {
                (der::only(tag.content, der::INTEGER).and_then(|n| der::integer(n.content)).unwrap_or(-1), rest)
            }
            None => (0, tbs.content),
        };
        let (serial, rest) = der::tlv(rest, der::INTEGER)?;
        let (inner_algorithm, rest) = der::tlv(rest, der::SEQUENCE)?;
        let (issuer, rest) = der::tlv(rest, der::SEQUENCE)?;
        let (validity, rest) = der::tlv(rest, der::SEQUENCE)?;
        let (subject, rest) = der::tlv(rest, der::SEQUENCE)?;
        let (spki, mut rest) = der::tlv(rest, der::SEQUENCE)?;
        let times = der::elements(validity.content).unwrap_or_default();
        if times.len() != 2 {
            flaw = flaw.or(Some("the validity"));
        }
        let time = |at: usize| times.get(at).map(time).unwrap_or_default();
        let (mut has_unique_id, mut extensions) = (false, Vec::new());
        while let Some((part, after)) = der::any(rest) {
            rest = after;
            match part.tag {
                0x81 | 0x82 | 0xa1 | 0xa2 => has_unique_id = true,
                0xa3 => match read_extensions(part.content) {
                    Some(list) => extensions = list,
                    None => flaw = flaw.or(Some("the extensions")),
                },
                _ => flaw = flaw.or(Some("an unknown part")),
            }
        }
        if !rest.is_empty() {
            flaw = flaw.or(Some("the extensions"));
        }
        let key_algorithm = der::tlv(spki.content, der::SEQUENCE).map_or(&[][..], |(algorithm, _)| algorithm.whole);
        let mut name = |der: &'a [u8], what| {
            read_name(der).unwrap_or_else(|| {
                flaw = flaw.or(Some(what));
                Name { whole: der, ..Name::default() }
            })
        };
        let mut out = Self {
            der,
            version,
            serial: serial.content,
            inner_algorithm: inner_algorithm.whole,
            outer_algorithm: outer_algorithm.whole,
            signature: signature.content.get(1..).unwrap_or_default(),
            issuer: name(issuer.whole, "the issuer's name"),
            subject: name(subject.whole, "the subject's name"),
            not_before: time(0),
            not_after: time(1),
            spki: spki.whole,
            key_algorithm,
            key: read_key(spki.content),
            has_unique_id,
            extensions,
            flaw,
            ca: false,
            path_length: None,
            key_usage: None,
            purposes: Vec::new(),
            policies: Vec::new(),
            names: Vec::new(),
            issuer_names: Vec::new(),
            authority_info: Vec::new(),
            crl_points: Vec::new(),
            self_signed: false,
        };
        out.fill();
        Some(out)
    }

    /// What the extensions hold, as far as it can be read; whether it can is asked by [`unreadable`].
    fn fill(&mut self) {
        if let Some((ca, path_length)) = self.value(id::BASIC_CONSTRAINTS).and_then(basic_constraints) {
            self.ca = ca;
            self.path_length = path_length;
        }
        self.key_usage = self.value(id::KEY_USAGE).and_then(key_usage);
        self.purposes = self.value(id::EXTENDED_KEY_USAGE).and_then(oids).unwrap_or_default();
        self.policies = self.value(id::POLICIES).and_then(policies).unwrap_or_default();
        self.names = self.value(id::SUBJECT_ALT_NAME).and_then(general_names).unwrap_or_default();
        self.issuer_names = self.value(id::ISSUER_ALT_NAME).and_then(general_names).unwrap_or_default();
        self.authority_info = self.value(id::AUTHORITY_INFO).and_then(access).unwrap_or_default();
        self.crl_points = self.value(id::CRL_POINTS).and_then(crl_names).unwrap_or_default();
        if self.issuer.whole == self.subject.whole {
            let certificate = crate::protocol::x509::Certificate::read(self.der);
            self.self_signed = certificate.is_self_signed();
        }
    }

    pub fn extension(&self, id: &str) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.id == id)
    }
    pub fn has(&self, id: &str) -> bool {
        self.extension(id).is_some()
    }
    /// Whether it is there and critical.
    pub fn is_critical(&self, id: &str) -> bool {
        self.extension(id).is_some_and(|extension| extension.critical)
    }
    /// Whether it is there and not critical.
    pub fn is_plain(&self, id: &str) -> bool {
        self.extension(id).is_some_and(|extension| !extension.critical)
    }
    pub fn value(&self, id: &str) -> Option<&'a [u8]> {
        self.extension(id).map(|extension| extension.value)
    }
    pub fn uses(&self, bit: u16) -> bool {
        self.key_usage.is_some_and(|bits| bits & bit != 0)
    }
    pub fn is_for(&self, purpose: &str) -> bool {
        self.purposes.iter().any(|own| own == purpose)
    }
    pub fn has_policy(&self, policy: &str) -> bool {
        self.policies.iter().any(|own| own.id == policy)
    }
    /// The DNS names of the subjectAltName.
    pub fn dns(&self) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
        self.names.iter().filter(|name| name.kind == 2).map(General::text)
    }
    /// The IP addresses of the subjectAltName.
    pub fn ips(&self) -> impl Iterator<Item = IpAddr> {
        self.names.iter().filter(|name| name.kind == 7).filter_map(General::ip)
    }
    /// The last common name, which is the one that counts.
    pub fn common_name(&self) -> Option<&str> {
        self.subject.all(id::COMMON_NAME).last().filter(|name| !name.is_empty())
    }
    /// The addresses that Authority Information Access gives for a method.
    pub fn access(&self, method: &str) -> Vec<std::borrow::Cow<'a, str>> {
        let these = self.authority_info.iter().filter(|(own, name)| own == method && name.kind == 6);
        these.map(|(_, name)| name.text()).collect()
    }
    /// The addresses of its revocation lists.
    pub fn crl_urls(&self) -> impl Iterator<Item = std::borrow::Cow<'a, str>> {
        self.crl_points.iter().filter(|name| name.kind == 6).map(General::text)
    }
    /// A certificate that is neither an authority's nor signed by itself.
    pub fn is_subscriber(&self) -> bool {
        !self.ca && !self.self_signed
    }
    pub fn is_root(&self) -> bool {
        self.ca && self.self_signed
    }
    pub fn is_sub_ca(&self) -> bool {
        self.ca && !self.self_signed
    }
    /// Whether it is for TLS servers, or for whatever its owner likes: what the Baseline Requirements
    /// are about (BR 1.1).
    pub fn is_for_servers(&self) -> bool {
        let reserved =
            [id::DOMAIN_VALIDATED, id::ORGANIZATION_VALIDATED, id::INDIVIDUAL_VALIDATED, id::EXTENDED_VALIDATION];
        self.purposes.is_empty()
            || self.is_for(id::ANY_PURPOSE)
            || self.is_for(id::SERVER_AUTH)
            || self.policies.iter().any(|policy| reserved.contains(&policy.id.as_str()))
    }
    /// The validity in seconds, both ends included (BR 6.3.2).
    pub fn lifetime(&self) -> Option<i64> {
        Some(self.not_after.at?.saturating_sub(self.not_before.at?).saturating_add(1))
    }
}

/// The first extension whose value is not what its definition says, among those that are read here.
pub(super) fn unreadable(cert: &Cert<'_>) -> Option<String> {
    let bad = |extension: &&Extension<'_>| {
        let value = extension.value;
        !match extension.id.as_str() {
            id::BASIC_CONSTRAINTS => basic_constraints(value).is_some(),
            id::KEY_USAGE => key_usage(value).is_some(),
            id::EXTENDED_KEY_USAGE => oids(value).is_some(),
            id::POLICIES => policies(value).is_some(),
            id::SUBJECT_ALT_NAME | id::ISSUER_ALT_NAME => general_names(value).is_some(),
            id::AUTHORITY_INFO | id::SUBJECT_INFO => access(value).is_some(),
            id::CRL_POINTS | id::FRESHEST_CRL => crl_names(value).is_some(),
            id::AUTHORITY_KEY_ID => authority_key_id(value).is_some(),
            id::NAME_CONSTRAINTS => subtrees(value).is_some(),
            id::POLICY_CONSTRAINTS | id::POLICY_MAPPINGS | id::TLS_FEATURE | id::QC_STATEMENTS => {
                der::list(value).is_some()
            }
            id::SUBJECT_KEY_ID | id::SCT_LIST => der::only(value, der::OCTET_STRING).is_some(),
            id::INHIBIT_ANY => der::only(value, der::INTEGER).is_some(),
            _ => true,
        }
    };
    cert.extensions.iter().find(bad).map(|extension| extension.id.clone())
}

fn read_extensions(body: &[u8]) -> Option<Vec<Extension<'_>>> {
    let mut out = Vec::new();
    for element in der::list(body)? {
        let parts = der::elements(element.content).filter(|_| element.tag == der::SEQUENCE)?;
        let (first, rest) = parts.split_first().filter(|(first, _)| first.tag == der::OID)?;
        let (flag, value) = match rest {
            [value] => (None, value),
            [flag, value] if flag.tag == der::BOOLEAN => (flag.content.first().copied(), value),
            _ => return None,
        };
        out.push(Extension {
            id: der::oid(first.content)?,
            critical: flag.is_some_and(|octet| octet != 0),
            spelled_out: flag == Some(0),
            value: Some(value).filter(|value| value.tag == der::OCTET_STRING)?.content,
        });
    }
    Some(out)
}

/// Reads a Name, with its outer SEQUENCE.
pub(super) fn read_name(der: &[u8]) -> Option<Name<'_>> {
    let mut out = Name { whole: der, ..Name::default() };
    for set in der::list(der)? {
        let parts = der::elements(set.content).filter(|_| set.tag == der::SET)?;
        out.multiple |= parts.len() > 1;
        for part in parts {
            let pair = der::elements(part.content).filter(|_| part.tag == der::SEQUENCE)?;
            let [kind, value] = pair.as_slice() else { return None };
            out.attributes.push(Attribute {
                id: der::oid(kind.content).filter(|_| kind.tag == der::OID)?,
                tag: value.tag,
                bytes: value.content,
                text: der::text(value.tag, value.content),
            });
        }
    }
    Some(out)
}

fn time<'a>(element: &Element<'a>) -> Time<'a> {
    let text = element.content;
    let (year_digits, century) = match element.tag {
        der::UTC_TIME => (2, true),
        der::GENERALIZED_TIME => (4, false),
        _ => return Time { tag: element.tag, text, at: None },
    };
    Time { tag: element.tag, text, at: seconds(text, year_digits, century) }
}

/// Seconds since 1970 of a time as X.680 spells it; seconds may be missing, an offset may be there.
fn seconds(text: &[u8], year_digits: usize, century: bool) -> Option<i64> {
    let (digits, zone) = text.split_at(text.iter().take_while(|octet| octet.is_ascii_digit()).count());
    let number = |from: usize, count: usize| -> Option<i64> {
        std::str::from_utf8(digits.get(from..from + count)?).ok()?.parse().ok()
    };
    let mut year = number(0, year_digits)?;
    if century {
        // RFC 5280, 4.1.2.5.1
        year += if year >= 50 { 1900 } else { 2000 };
    }
    let at = year_digits;
    let (month, day, hour, minute) = (number(at, 2)?, number(at + 2, 2)?, number(at + 4, 2)?, number(at + 6, 2)?);
    let second = number(at + 8, 2).unwrap_or(0);
    let sound = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    let zone = match zone.split_first()? {
        (b'Z', []) => 0,
        (sign @ (b'+' | b'-'), offset) if offset.len() == 4 => {
            let offset: i64 = std::str::from_utf8(offset).ok()?.parse().ok()?;
            let seconds = (offset / 100) * 3600 + (offset % 100) * 60;
            if *sign == b'+' { seconds } else { -seconds }
        }
        _ => return None,
    };
    sound.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - zone)
}

/// Days since 1970 of a date of the Gregorian calendar.
pub(super) const fn days(year: i64, month: i64, day: i64) -> i64 {
    // years that begin in March have their leap day at the end
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

fn read_key(spki: &[u8]) -> Key<'_> {
    read_known_key(spki).unwrap_or_else(|| {
        let algorithm = der::tlv(spki, der::SEQUENCE).and_then(|(a, _)| der::tlv(a.content, der::OID));
        Key::Unreadable(algorithm.and_then(|(id, _)| der::oid(id.content)).unwrap_or_default())
    })
}

fn read_known_key(spki: &[u8]) -> Option<Key<'_>> {
    let (algorithm, rest) = der::tlv(spki, der::SEQUENCE)?;
    let bits = der::only(rest, der::BIT_STRING)?.content.get(1..)?;
    let (kind, parameters) = der::tlv(algorithm.content, der::OID)?;
    let kind = der::oid(kind.content)?;
    Some(match kind.as_str() {
        id::RSA => {
            let parts = der::list(bits)?;
            let [modulus, exponent] = parts.as_slice() else { return None };
            Key::Rsa { modulus: der::magnitude(modulus.content), exponent: der::magnitude(exponent.content) }
        }
        id::EC => Key::Ec { curve: der::only(parameters, der::OID).and_then(|curve| der::oid(curve.content)) },
        id::DSA => match der::list(parameters).as_deref() {
            Some([p, q, _]) => Key::Dsa { p: der::magnitude(p.content), q: der::magnitude(q.content) },
            _ => Key::Dsa { p: &[], q: &[] },
        },
        _ => Key::Other(kind),
    })
}

/// Whether it is an authority, and how many may follow (RFC 5280, 4.2.1.9).
pub(super) fn basic_constraints(der: &[u8]) -> Option<(bool, Option<i64>)> {
    let parts = der::list(der)?;
    let (ca, rest) = match parts.split_first() {
        Some((flag, rest)) if flag.tag == der::BOOLEAN => (flag.content != [0], rest),
        _ => (false, parts.as_slice()),
    };
    match rest {
        [] => Some((ca, None)),
        [length] if length.tag == der::INTEGER => Some((ca, Some(der::integer(length.content).unwrap_or(i64::MAX)))),
        _ => None,
    }
}

fn key_usage(der: &[u8]) -> Option<u16> {
    let (_, bits) = der::only(der, der::BIT_STRING)?.content.split_first()?;
    let octet = |at: usize| u16::from(bits.get(at).copied().unwrap_or(0).reverse_bits());
    Some(octet(0) | (octet(1) << 8))
}

/// A SEQUENCE of object identifiers.
pub(super) fn oids(der: &[u8]) -> Option<Vec<String>> {
    der::list(der)?.iter().map(|part| der::oid(part.content).filter(|_| part.tag == der::OID)).collect()
}

fn policies(der: &[u8]) -> Option<Vec<Policy<'_>>> {
    let mut out = Vec::new();
    for policy in der::list(der)? {
        let parts = der::elements(policy.content).filter(|_| policy.tag == der::SEQUENCE)?;
        let (first, rest) = parts.split_first()?;
        let mut qualifiers = Vec::new();
        for qualifier in der::elements(rest.first().map_or(&[][..], |list| list.content))? {
            let pair = der::elements(qualifier.content)?;
            let (kind, value) = pair.split_first()?;
            qualifiers.push((der::oid(kind.content)?, value.first().copied()));
        }
        out.push(Policy { id: der::oid(first.content)?, qualifiers });
    }
    Some(out)
}

/// The access descriptions of AuthorityInfoAccess or SubjectInfoAccess (RFC 5280, 4.2.2).
fn access(der: &[u8]) -> Option<Vec<(String, General<'_>)>> {
    let mut out = Vec::new();
    for description in der::list(der)? {
        let parts = der::elements(description.content).filter(|_| description.tag == der::SEQUENCE)?;
        let [method, location] = parts.as_slice() else { return None };
        out.push((der::oid(method.content)?, General::read(location)?));
    }
    Some(out)
}

/// The parts of every DistributionPoint, by their tag numbers (RFC 5280, 4.2.1.13).
pub(super) fn crl_points(der: &[u8]) -> Option<Vec<BTreeMap<u8, &[u8]>>> {
    let mut out = Vec::new();
    for point in der::list(der)? {
        let parts = der::elements(point.content).filter(|_| point.tag == der::SEQUENCE)?;
        out.push(order::map(parts.iter().map(|part| (part.tag & 0x1f, part.content))));
    }
    Some(out)
}

fn crl_names(der: &[u8]) -> Option<Vec<General<'_>>> {
    let mut out = Vec::new();
    for point in crl_points(der)? {
        for name in der::elements(point.get(&0).copied().unwrap_or_default())? {
            if name.tag == 0xa0 {
                for general in der::elements(name.content)? {
                    out.push(General::read(&general)?);
                }
            }
        }
    }
    Some(out)
}

/// keyIdentifier, authorityCertIssuer, authorityCertSerialNumber (RFC 5280, 4.2.1.1).
#[derive(Debug, Default)]
pub(super) struct AuthorityKeyId<'a> {
    pub key: Option<&'a [u8]>,
    pub has_issuer: bool,
    pub has_serial: bool,
}

pub(super) fn authority_key_id(der: &[u8]) -> Option<AuthorityKeyId<'_>> {
    let mut out = AuthorityKeyId::default();
    for part in der::list(der)? {
        match part.tag {
            0x80 => out.key = Some(part.content),
            0xa1 => out.has_issuer = true,
            0x82 => out.has_serial = true,
            _ => return None,
        }
    }
    Some(out)
}

/// A subtree of name constraints (RFC 5280, 4.2.1.10).
#[derive(Debug)]
pub(super) struct Subtree<'a> {
    pub permitted: bool,
    pub base: General<'a>,
    pub minimum: i64,
    pub has_maximum: bool,
}

pub(super) fn subtrees(der: &[u8]) -> Option<Vec<Subtree<'_>>> {
    let mut out = Vec::new();
    for list in der::list(der)? {
        let permitted = match list.tag {
            0xa0 => true,
            0xa1 => false,
            _ => return None,
        };
        for subtree in der::elements(list.content)? {
            let parts = der::elements(subtree.content).filter(|_| subtree.tag == der::SEQUENCE)?;
            let (base, rest) = parts.split_first()?;
            let minimum = rest.iter().find(|part| part.tag == 0x80).map_or(Some(0), |part| der::integer(part.content));
            out.push(Subtree {
                permitted,
                base: General::read(base)?,
                minimum: minimum.unwrap_or(1),
                has_maximum: rest.iter().any(|part| part.tag == 0x81),
            });
        }
    }
    Some(out)
}
