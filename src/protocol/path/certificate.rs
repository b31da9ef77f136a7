//! What is wrong with a certificate, or with an anchor, whichever path it stands on?

use super::fault::{Fault, FaultKind};
use crate::evidence::Anchor;
use crate::protocol::der;
use crate::protocol::x509::{self, Certificate, Key, Name, NameConstraints, id};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// An anchor, read.
#[derive(Debug)]
pub(super) struct Root<'a> {
    pub anchor: &'a Anchor,
    pub name: Name,
    pub spki: Vec<u8>,
    pub key: Key,
    /// Its name constraints; the error where they cannot be read.
    pub constraints: Result<Option<NameConstraints>, ()>,
    pub certificate: Option<Certificate>,
}

/// What is wrong with a certificate on whichever path it stands.
pub(super) fn own_faults(
    certificate: &Certificate,
    index: usize,
    is_leaf: bool,
    self_signed: bool,
    at: Timestamp,
) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut add = |kind| out.push(Fault::new(index, kind));
    if let Some(part) = &certificate.flaw {
        add(FaultKind::Malformed { part: part.clone(), needed: certificate.is_broken });
    }
    if let Some(validity) = certificate.validity {
        out_of_date(validity, at).into_iter().for_each(&mut add);
    }
    let has_extensions = !certificate.extensions.is_empty();
    if certificate.version < 3 && (has_extensions || is_leaf) && !certificate.is_broken {
        add(FaultKind::Version { version: certificate.version, extensions: has_extensions });
    }
    if !certificate.algorithms_agree && certificate.inner_signature != "unknown" {
        let (inner, outer) = (certificate.inner_signature.clone(), certificate.signature.clone());
        add(FaultKind::AlgorithmMismatch { inner, outer });
    }
    // nobody checks the signature that a root makes on itself
    if certificate.has_weak_signature() && !self_signed {
        add(FaultKind::WeakSignature { algorithm: certificate.signature.clone() });
    }
    if certificate.key.is_weak() {
        add(FaultKind::WeakKey { key: certificate.key.to_string(), broken: certificate.key.is_broken() });
    }
    if certificate.key.is_unknown() && certificate.key != Key::default() {
        add(FaultKind::UnknownKey { key: certificate.key.kind.clone(), signs: !is_leaf });
    }
    for extension in certificate.extensions.iter().filter(|extension| extension.critical) {
        if !is_understood(&extension.oid, certificate) {
            add(FaultKind::UnknownCritical { oid: extension.oid.clone() });
        }
    }
    let sent_root = self_signed && !is_leaf;
    let is_unread = certificate.is_broken && !certificate.has_basic_constraints;
    if !certificate.is_for_servers() && !sent_root {
        let purposes = certificate.purposes.clone().unwrap_or_default();
        let any = purposes.iter().any(|oid| oid == x509::ANY_PURPOSE);
        add(FaultKind::WrongPurpose { purposes, any });
    }
    if !is_leaf && !certificate.is_ca && !is_unread && !sent_root {
        add(FaultKind::NotACa { missing: !certificate.has_basic_constraints });
    } else if !is_leaf && certificate.is_ca && !certificate.may_sign_certificates() {
        add(FaultKind::MayNotSign);
    }
    out
}

/// Whether a validity period is over, or has not begun.
pub fn out_of_date(validity: x509::Validity, at: Timestamp) -> Option<FaultKind> {
    let x509::Validity { not_before, not_after } = validity;
    // certificates know no fractions of a second
    if at.as_second() > not_after.as_second() {
        return Some(FaultKind::Expired { not_before, not_after });
    }
    (at.as_second() < not_before.as_second()).then_some(FaultKind::NotYetValid { not_before, not_after })
}

/// Whether clients act on that extension where it is critical.
fn is_understood(oid: &str, certificate: &Certificate) -> bool {
    match oid {
        id::BASIC_CONSTRAINTS
        | id::KEY_USAGE
        | id::EXTENDED_KEY_USAGE
        | id::SUBJECT_ALT_NAME
        | id::NAME_CONSTRAINTS
        | id::POLICY_MAPPINGS
        | id::POLICY_CONSTRAINTS
        | id::INHIBIT_ANY_POLICY
        | id::CRL_POINTS => true,
        // RFC 5280, 4.2.1.4: qualifiers that nobody knows
        id::POLICIES => !certificate.policies.unknown_qualifier,
        // where the extended key usage is there too, it decides
        id::APPLICATION_POLICIES => certificate.purposes.is_some(),
        _ => false,
    }
}

impl<'a> Root<'a> {
    pub fn read(anchor: &'a Anchor, name: Name) -> Self {
        let decode = |text: &str| STANDARD.decode(text).unwrap_or_default();
        let spki = decode(&anchor.spki);
        let certificate = anchor.certificate.as_deref().map(|text| Certificate::read(&decode(text)));
        let constraints = match &anchor.name_constraints {
            // stores spell them with or without the outer SEQUENCE
            Some(text) => {
                let der = decode(text);
                let read = x509::constraints(&der).or_else(|| x509::constraints(&der::sequence(&der)));
                read.map(Some).ok_or(())
            }
            None => match &certificate {
                Some(c) if c.extensions.iter().any(|e| e.oid == id::NAME_CONSTRAINTS) => {
                    c.name_constraints.clone().map(Some).ok_or(())
                }
                _ => Ok(None),
            },
        };
        let key = Key::of(&spki);
        Self { anchor, name, spki, key, constraints, certificate }
    }

    /// What clients hold against the anchor itself: its dates and its key. Its other extensions bind
    /// nobody, for an anchor is a name and a key (RFC 5280, 6.1.1 d), but some clients read its purposes.
    pub fn faults(&self, at: Timestamp, leaf: Option<&Certificate>) -> Vec<FaultKind> {
        // a leaf that is installed itself is judged as the leaf
        if leaf.is_some_and(|leaf| self.certificate.as_ref().is_some_and(|c| c.fingerprint == leaf.fingerprint)) {
            return Vec::new();
        }
        let mut out = Vec::new();
        out.extend(self.certificate.as_ref().and_then(|c| c.validity).and_then(|validity| out_of_date(validity, at)));
        if self.key.is_weak() {
            out.push(FaultKind::WeakKey { key: self.key.to_string(), broken: self.key.is_broken() });
        }
        if self.key.is_unknown() {
            out.push(FaultKind::UnknownKey { key: self.key.kind.clone(), signs: true });
        }
        if let Some(purposes) = self.certificate.as_ref().filter(|c| !c.is_for_servers()).map(|c| &c.purposes) {
            let purposes = purposes.clone().unwrap_or_default();
            let any = purposes.iter().any(|oid| oid == x509::ANY_PURPOSE);
            out.push(FaultKind::WrongPurpose { purposes, any });
        }
        if self.constraints.is_err() {
            out.push(FaultKind::Malformed { part: "the name constraints of the root".to_owned(), needed: true });
        }
        out
    }
}
