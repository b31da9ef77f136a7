//! What do the extensions of a certificate say (RFC 5280, 4.2)?

use super::{AltName, Certificate, name};
use crate::protocol::der::{self, BIT_STRING, BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE};
use std::net::IpAddr;

/// The extensions that are read, by OID.
pub mod id {
    pub const SUBJECT_KEY_ID: &str = "2.5.29.14";
    pub const KEY_USAGE: &str = "2.5.29.15";
    pub const SUBJECT_ALT_NAME: &str = "2.5.29.17";
    pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
    pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
    pub const CRL_POINTS: &str = "2.5.29.31";
    pub const POLICIES: &str = "2.5.29.32";
    pub const POLICY_MAPPINGS: &str = "2.5.29.33";
    pub const AUTHORITY_KEY_ID: &str = "2.5.29.35";
    pub const POLICY_CONSTRAINTS: &str = "2.5.29.36";
    pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
    pub const INHIBIT_ANY_POLICY: &str = "2.5.29.54";
    pub const AUTHORITY_INFO: &str = "1.3.6.1.5.5.7.1.1";
    pub const TLS_FEATURE: &str = "1.3.6.1.5.5.7.1.24";
    pub const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";
    /// Microsoft's application policies say the same as the extended key usage.
    pub const APPLICATION_POLICIES: &str = "1.3.6.1.4.1.311.21.10";
}

/// caIssuers and ocsp (RFC 5280, 4.2.2.1)
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// The policy qualifiers that RFC 5280, 4.2.1.4 knows: a practice statement's address, a notice.
const QUALIFIERS: &[&str] = &["1.3.6.1.5.5.7.2.1", "1.3.6.1.5.5.7.2.2"];
/// status_request and status_request_v2 (RFC 7633)
const STAPLE_FEATURES: &[u32] = &[5, 17];

/// An extension as it stands in the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Its OID, dotted.
    pub oid: String,
    /// Whether whoever does not know it must refuse the certificate.
    pub critical: bool,
    /// The content of its OCTET STRING.
    pub value: Vec<u8>,
}

/// A GeneralName (RFC 5280, 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GeneralName {
    /// dNSName, lower case.
    Dns(String),
    /// iPAddress: 4 or 16 bytes; in a constraint address and mask, 8 or 32.
    Ip(Vec<u8>),
    /// rfc822Name, as it stands.
    Email(String),
    /// uniformResourceIdentifier, as it stands.
    Uri(String),
    /// directoryName.
    Directory {
        /// The Name, DER with its outer SEQUENCE.
        der: Vec<u8>,
        /// Its parts as they are compared, the top first.
        parts: Vec<Vec<u8>>,
    },
    /// Any other kind, by the number of its tag.
    Other(u8),
}

/// The nameConstraints extension.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// What names must lie within, if any of their kind is here.
    pub permitted: Vec<GeneralName>,
    /// What no name may lie within.
    pub excluded: Vec<GeneralName>,
}

/// What a certificate says of policies (RFC 5280, 4.2.1.4, 4.2.1.5, 4.2.1.11, 4.2.1.14).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// The certificatePolicies, OIDs; none where the extension is not there.
    pub policies: Option<Vec<String>>,
    /// Whether a qualifier of an unknown kind is among them.
    pub unknown_qualifier: bool,
    /// The policyMappings: the issuer's policy, the subject's.
    pub mappings: Vec<(String, String)>,
    /// requireExplicitPolicy.
    pub require_explicit: Option<u32>,
    /// inhibitPolicyMapping.
    pub inhibit_mapping: Option<u32>,
    /// inhibitAnyPolicy.
    pub inhibit_any: Option<u32>,
}

impl std::fmt::Display for GeneralName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(text) | Self::Email(text) | Self::Uri(text) => f.write_str(&printable(text)),
            Self::Ip(bytes) => match (ip(bytes), subnet(bytes)) {
                (Some(address), _) => address.fmt(f),
                (None, Some((address, length))) => write!(f, "{address}/{length}"),
                (None, None) => f.write_str(&der::hex(bytes)),
            },
            Self::Directory { der, .. } => match name::Name::read(der) {
                Some(name) => f.write_str(&name.text),
                None => f.write_str("a directory name"),
            },
            Self::Other(kind) => write!(f, "a name of kind {kind}"),
        }
    }
}

/// The text without control characters, for it goes to a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// An address of 4 or 16 bytes.
pub fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// The address and the length of its mask in a constraint; none where the mask has holes.
fn subnet(bytes: &[u8]) -> Option<(IpAddr, u32)> {
    let (address, mask) = bytes.split_at_checked(bytes.len() / 2)?;
    let ones: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
    let mut bits = mask.iter().flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
    let contiguous = bits.by_ref().skip_while(|bit| *bit == 1).all(|bit| bit == 0);
    Some((ip(address)?, ones)).filter(|_| contiguous)
}

/// What went wrong with an extension: a lower-case fragment, and whether clients need that part.
pub(super) type Note<'a> = dyn FnMut(&'static str, bool) + 'a;

/// Reads the list of extensions into the certificate's fields.
pub(super) fn read(certificate: &mut Certificate, list: &[u8], note: &mut Note<'_>) {
    let mut rest = list;
    while let Some((part, after)) = der::any(rest) {
        rest = after;
        let Some(extension) = one(part) else {
            note("an extension", true);
            continue;
        };
        // RFC 5280, 4.2: no more than one of each kind
        if certificate.extensions.iter().any(|known| known.oid == extension.oid) {
            note("an extension that is there twice", true);
        } else if let Err((what, needed)) = fill(certificate, &extension) {
            note(what, needed);
        }
        certificate.extensions.push(extension);
        if certificate.extensions.len() > 1000 {
            note("more extensions than anybody reads", true);
            return;
        }
    }
    if !rest.is_empty() {
        note("the extensions", true);
    }
}

fn one(part: der::Element<'_>) -> Option<Extension> {
    if part.tag != SEQUENCE {
        return None;
    }
    let (kind, rest) = der::tlv(part.content, der::OID)?;
    let (critical, rest) = match der::tlv(rest, BOOLEAN) {
        Some((flag, rest)) => (flag.content.iter().any(|byte| *byte != 0), rest),
        None => (false, rest),
    };
    let value = der::only(rest, OCTET_STRING)?;
    Some(Extension { oid: der::oid(kind.content)?, critical, value: value.content.to_vec() })
}

/// Whether clients cannot do without that part.
const NEEDED: bool = true;
const OPTIONAL: bool = false;

fn fill(to: &mut Certificate, extension: &Extension) -> Result<(), (&'static str, bool)> {
    let value = extension.value.as_slice();
    match extension.oid.as_str() {
        id::SUBJECT_ALT_NAME => {
            let names = der::list(value);
            let Some(names) = names else { return Err(("the subjectAltName extension", NEEDED)) };
            let mut flaw = Ok(());
            for element in names {
                match general_name(element) {
                    Some(GeneralName::Ip(bytes)) if ip(&bytes).is_none() => {
                        flaw = Err(("an address of the subjectAltName extension", NEEDED));
                    }
                    Some(name) => {
                        match &name {
                            GeneralName::Dns(name) => to.names.push(AltName::Dns(name.clone())),
                            GeneralName::Ip(bytes) => to.names.extend(ip(bytes).map(AltName::Ip)),
                            _ => {}
                        }
                        to.alt_names.push(name);
                    }
                    None => flaw = Err(("a name of the subjectAltName extension", NEEDED)),
                }
            }
            flaw
        }
        id::BASIC_CONSTRAINTS => {
            let (is_ca, length) = basic_constraints(value).ok_or(("the basicConstraints extension", NEEDED))?;
            (to.has_basic_constraints, to.is_ca, to.path_length) = (true, is_ca, length);
            Ok(())
        }
        id::KEY_USAGE => {
            to.key_usage = Some(key_usage(value).ok_or(("the keyUsage extension", NEEDED))?);
            Ok(())
        }
        id::EXTENDED_KEY_USAGE => {
            to.purposes = Some(oids(value).ok_or(("the extendedKeyUsage extension", NEEDED))?);
            Ok(())
        }
        id::NAME_CONSTRAINTS => {
            to.name_constraints = Some(constraints(value).ok_or(("the nameConstraints extension", NEEDED))?);
            Ok(())
        }
        id::POLICIES => policies(value, &mut to.policies).ok_or(("the certificatePolicies extension", NEEDED)),
        id::POLICY_MAPPINGS => mappings(value, &mut to.policies).ok_or(("the policyMappings extension", NEEDED)),
        id::POLICY_CONSTRAINTS => {
            policy_constraints(value, &mut to.policies).ok_or(("the policyConstraints extension", NEEDED))
        }
        id::INHIBIT_ANY_POLICY => {
            let skip = der::only(value, INTEGER).and_then(|number| der::small(number.content));
            to.policies.inhibit_any = Some(skip.ok_or(("the inhibitAnyPolicy extension", NEEDED))?);
            Ok(())
        }
        id::SUBJECT_KEY_ID => {
            let key = der::only(value, OCTET_STRING).ok_or(("the subjectKeyIdentifier extension", OPTIONAL))?;
            to.subject_key_id = Some(key.content.to_vec());
            Ok(())
        }
        id::AUTHORITY_KEY_ID => {
            let parts = der::list(value);
            let parts = parts.ok_or(("the authorityKeyIdentifier extension", OPTIONAL))?;
            to.authority_key_id = parts.iter().find(|part| part.tag == 0x80).map(|part| part.content.to_vec());
            Ok(())
        }
        id::AUTHORITY_INFO => authority_info(to, value).ok_or(("the authorityInfoAccess extension", OPTIONAL)),
        id::CRL_POINTS => crl_points(to, value).ok_or(("the cRLDistributionPoints extension", OPTIONAL)),
        id::TLS_FEATURE => {
            let features = der::list(value);
            let features = features.ok_or(("the TLS feature extension", OPTIONAL))?;
            let wanted = |number: u32| STAPLE_FEATURES.contains(&number);
            to.must_staple = features.iter().filter_map(|feature| der::small(feature.content)).any(wanted);
            Ok(())
        }
        id::SCT_LIST => {
            let list = der::only(value, OCTET_STRING).ok_or(("the list of SCTs", OPTIONAL))?;
            to.sct_list = Some(list.content.to_vec());
            Ok(())
        }
        _ => Ok(()),
    }
}

fn general_name(element: der::Element<'_>) -> Option<GeneralName> {
    let text = || {
        // IA5String
        let ascii = element.content.is_ascii();
        ascii.then(|| String::from_utf8_lossy(element.content).into_owned())
    };
    Some(match element.tag {
        0x81 => GeneralName::Email(text()?),
        0x82 => GeneralName::Dns(text()?.to_ascii_lowercase()),
        0x86 => GeneralName::Uri(text()?),
        0x87 => GeneralName::Ip(element.content.to_vec()),
        // a Name is a CHOICE, so its tag is explicit
        0xa4 => {
            let name = der::only(element.content, SEQUENCE)?;
            GeneralName::Directory { der: name.whole.to_vec(), parts: name::parts(name.whole)? }
        }
        0xa0 | 0xa3 | 0xa5 | 0x88 => GeneralName::Other(element.tag & 0x1f),
        _ => return None,
    })
}

fn basic_constraints(value: &[u8]) -> Option<(bool, Option<u32>)> {
    let list = der::only(value, SEQUENCE)?;
    let (is_ca, rest) = match der::tlv(list.content, BOOLEAN) {
        Some((flag, rest)) => (flag.content.iter().any(|byte| *byte != 0), rest),
        None => (false, list.content),
    };
    let length = if rest.is_empty() { None } else { Some(der::small(der::only(rest, INTEGER)?.content)?) };
    Some((is_ca, length))
}

/// The bits, the first lowest.
fn key_usage(value: &[u8]) -> Option<u16> {
    let bits = der::only(value, BIT_STRING)?;
    let (unused, bytes) = bits.content.split_first()?;
    if *unused > 7 || (bytes.is_empty() && *unused > 0) {
        return None;
    }
    let set = |i: usize| bytes.get(i / 8).is_some_and(|byte| byte >> (7 - i % 8) & 1 == 1);
    Some((0..16).filter(|i| set(*i)).fold(0, |sum, i| sum | 1 << i))
}

fn oids(value: &[u8]) -> Option<Vec<String>> {
    let list = der::list(value)?;
    let each = |element: &der::Element<'_>| (element.tag == der::OID).then(|| der::oid(element.content)).flatten();
    list.iter().map(each).collect()
}

/// The nameConstraints extension's value.
pub fn constraints(value: &[u8]) -> Option<NameConstraints> {
    let mut out = NameConstraints::default();
    for part in der::list(value)? {
        let list = match part.tag {
            0xa0 => &mut out.permitted,
            0xa1 => &mut out.excluded,
            _ => return None,
        };
        for subtree in der::elements(part.content)? {
            let (base, rest) = der::any(subtree.content)?;
            // minimum zero and no maximum (RFC 5280, 4.2.1.10); DER leaves the zero out
            if subtree.tag != SEQUENCE || !(rest.is_empty() || rest == [0x80, 0x01, 0x00]) {
                return None;
            }
            let base = general_name(base)?;
            let usable = match &base {
                GeneralName::Ip(bytes) => matches!(bytes.len(), 8 | 32) && subnet(bytes).is_some(),
                GeneralName::Dns(name) => !name.contains('*') && !name.contains(".."),
                _ => true,
            };
            list.push(Some(base).filter(|_| usable)?);
        }
    }
    Some(out)
}

fn policies(value: &[u8], to: &mut Policies) -> Option<()> {
    let mut found: Vec<String> = Vec::new();
    for policy in der::list(value)? {
        let (kind, rest) = der::tlv(policy.content, der::OID).filter(|_| policy.tag == SEQUENCE)?;
        let kind = der::oid(kind.content)?;
        // RFC 5280, 4.2.1.4: no policy twice
        if found.contains(&kind) || found.len() > 1000 {
            return None;
        }
        found.push(kind);
        if !rest.is_empty() {
            for qualifier in der::list(rest)? {
                let (kind, _) = der::tlv(qualifier.content, der::OID)?;
                to.unknown_qualifier |= !QUALIFIERS.contains(&der::oid(kind.content)?.as_str());
            }
        }
    }
    to.policies = Some(found).filter(|found| !found.is_empty());
    to.policies.as_ref().map(|_| ())
}

fn mappings(value: &[u8], to: &mut Policies) -> Option<()> {
    for pair in der::list(value)? {
        let (from, rest) = der::tlv(pair.content, der::OID)?;
        let into = der::only(rest, der::OID)?;
        to.mappings.push((der::oid(from.content)?, der::oid(into.content)?));
    }
    (to.mappings.len() <= 1000).then_some(())
}

fn policy_constraints(value: &[u8], to: &mut Policies) -> Option<()> {
    for part in der::list(value)? {
        match part.tag {
            0x80 => to.require_explicit = Some(der::small(part.content)?),
            0x81 => to.inhibit_mapping = Some(der::small(part.content)?),
            _ => return None,
        }
    }
    Some(())
}

fn authority_info(to: &mut Certificate, value: &[u8]) -> Option<()> {
    for access in der::list(value)? {
        let (method, rest) = der::tlv(access.content, der::OID)?;
        let (location, _) = der::any(rest)?;
        let GeneralName::Uri(url) = general_name(location)? else { continue };
        match der::oid(method.content)?.as_str() {
            CA_ISSUERS => to.issuer_urls.push(url),
            OCSP => to.ocsp_urls.push(url),
            _ => {}
        }
    }
    Some(())
}

fn crl_points(to: &mut Certificate, value: &[u8]) -> Option<()> {
    for point in der::list(value)? {
        for part in der::elements(point.content)? {
            // distributionPoint, fullName
            let Some((full, _)) = der::tlv(part.whole, 0xa0).and_then(|(name, _)| der::tlv(name.content, 0xa0)) else {
                continue;
            };
            for name in der::elements(full.content)? {
                if let Some(GeneralName::Uri(url)) = general_name(name) {
                    to.crl_urls.push(url);
                }
            }
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc5280_4_2_1_3_key_usage_bits() {
        assert_eq!(key_usage(&[0x03, 0x02, 0x01, 0x06]), Some(1 << 5 | 1 << 6));
        assert_eq!(key_usage(&[0x03, 0x03, 0x07, 0x00, 0x80]), Some(1 << 8));
        assert_eq!(key_usage(&[0x03, 0x01, 0x01]), None);
    }

    #[test]
    fn rfc5280_4_2_1_10_constraints_with_holes_in_the_mask_are_none() {
        let of = |bytes: &[u8]| {
            let base = der::write(0x87, bytes);
            constraints(&der::sequence(&der::write(0xa0, &der::sequence(&base))))
        };
        assert_eq!(of(&[192, 0, 2, 0, 255, 255, 255, 0]).unwrap().permitted[0].to_string(), "192.0.2.0/24");
        assert!(of(&[192, 0, 2, 0, 255, 0, 255, 0]).is_none());
        assert!(of(&[192, 0, 2, 0]).is_none());
    }
}
