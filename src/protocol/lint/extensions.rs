//! Are the extensions well-formed, once each, and critical where they must be (and nowhere else)?

use super::Level::{Error, Notice, Warn};
use super::cert::{self, id};
use super::{Broken, Case, Rule, br, der, first, rfc, since, when};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-extension-unreadable", Error, "RFC 5280 4.2", since::ALWAYS, |c| first(cert::unreadable(c.cert))),
    rfc("tls.rule-extension-twice", Error, "RFC 5280 4.2", since::RFC_2459, |c| {
        let mut seen = BTreeSet::new();
        let again = c.cert.extensions.iter().find(|extension| !seen.insert(extension.id.as_str()));
        first(again.filter(|_| c.cert.version == 2).map(|extension| extension.id.clone()))
    }),
    rfc("tls.rule-extension-unknown-critical", Error, "RFC 5280 4.2", since::ALWAYS, |c| {
        let known = |id: &str| KNOWN.contains(&id);
        first(c.cert.extensions.iter().find(|e| e.critical && !known(&e.id)).map(|e| e.id.clone()))
    }),
    rfc("tls.rule-extension-empty", Error, "RFC 5280 4.2.1", since::RFC_2459, |c| {
        let empty = |id: &&&str| c.cert.value(id).and_then(der::list).is_some_and(|list| list.is_empty());
        first(NEVER_EMPTY.iter().find(empty).copied())
    }),
    rfc("tls.rule-aia-critical", Error, "RFC 5280 4.2.2.1", since::RFC_2459, |c| critical(c, id::AUTHORITY_INFO)),
    rfc("tls.rule-sia-critical", Error, "RFC 5280 4.2.2.2", since::RFC_3280, |c| critical(c, id::SUBJECT_INFO)),
    rfc("tls.rule-aki-critical", Error, "RFC 5280 4.2.1.1", since::RFC_2459, |c| critical(c, id::AUTHORITY_KEY_ID)),
    rfc("tls.rule-ski-critical", Error, "RFC 5280 4.2.1.2", since::RFC_2459, |c| critical(c, id::SUBJECT_KEY_ID)),
    rfc("tls.rule-freshest-crl-critical", Error, "RFC 5280 4.2.1.15", since::RFC_3280, |c| {
        critical(c, id::FRESHEST_CRL)
    }),
    rfc("tls.rule-crl-points-critical", Warn, "RFC 5280 4.2.1.13", since::RFC_2459, |c| critical(c, id::CRL_POINTS)),
    rfc("tls.rule-policy-mappings-not-critical", Warn, "RFC 5280 4.2.1.5", since::RFC_2459, |c| {
        when(c.cert.is_plain(id::POLICY_MAPPINGS))
    }),
    rfc("tls.rule-policy-constraints-not-critical", Error, "RFC 5280 4.2.1.11", since::RFC_5280, |c| {
        when(c.cert.is_plain(id::POLICY_CONSTRAINTS))
    }),
    rfc("tls.rule-policy-constraints-empty", Error, "RFC 5280 4.2.1.11", since::RFC_2459, |c| {
        when(c.cert.value(id::POLICY_CONSTRAINTS).and_then(der::list).is_some_and(|list| list.is_empty()))
    }),
    rfc("tls.rule-inhibit-any-policy-not-critical", Error, "RFC 5280 4.2.1.14", since::RFC_3280, |c| {
        when(c.cert.is_plain(id::INHIBIT_ANY))
    }),
    br("tls.rule-subscriber-aia-critical", Warn, "BR 7.1.2.7.7", since::BR, |c| {
        critical(c, id::AUTHORITY_INFO).filter(|_| c.cert.is_subscriber())
    }),
    br("tls.rule-cdp-critical", Warn, "BR 7.1.2.11.2", since::BR, |c| critical(c, id::CRL_POINTS)),
    br("tls.rule-subscriber-basic-constraints-not-critical", Warn, "BR 7.1.2.7.8", since::BR_2_0_0, |c| {
        when(c.cert.is_subscriber() && c.cert.is_plain(id::BASIC_CONSTRAINTS))
    }),
    br("tls.rule-policies-critical", Notice, "BR 7.1.2.7.9", since::BR, |c| critical(c, id::POLICIES)),
    // key identifiers: how a client finds the right issuer among several of one name
    rfc("tls.rule-ski-missing", Notice, "RFC 5280 4.2.1.2", since::RFC_2459, |c| {
        when(!c.cert.ca && !c.cert.has(id::SUBJECT_KEY_ID))
    }),
    br("tls.rule-ski-not-recommended", Notice, "BR 7.1.2.7.6", since::BR_2_0_0, |c| {
        when(c.cert.is_subscriber() && c.cert.has(id::SUBJECT_KEY_ID))
    }),
    rfc("tls.rule-aki-missing", Error, "RFC 5280 4.2.1.1", since::RFC_3280, |c| {
        when(!c.cert.self_signed && !c.cert.has(id::AUTHORITY_KEY_ID))
    }),
    rfc("tls.rule-aki-without-key", Error, "RFC 5280 4.2.1.1", since::RFC_3280, |c| {
        let aki = c.cert.value(id::AUTHORITY_KEY_ID).and_then(cert::authority_key_id)?;
        when(!c.cert.self_signed && aki.key.is_none())
    }),
    rfc("tls.rule-aki-not-the-issuers", Error, "RFC 5280 4.2.1.1", since::RFC_3280, |c| {
        let asked = c.cert.value(id::AUTHORITY_KEY_ID).and_then(cert::authority_key_id)?.key?;
        let has = der::only(c.issuer?.value(id::SUBJECT_KEY_ID)?, der::OCTET_STRING)?.content;
        when(asked != has)
    }),
    // a precertificate is for the logs; its list of their receipts comes with the certificate proper
    rfc("tls.rule-precertificate-with-scts", Warn, "RFC 6962 3.3", since::RFC_6962, |c| {
        when(c.cert.has(id::CT_POISON) && c.cert.has(id::SCT_LIST))
    }),
    rfc("tls.rule-sct-list-empty", Warn, "RFC 6962 3.3", since::RFC_6962, |c| {
        let list = der::only(c.cert.value(id::SCT_LIST)?, der::OCTET_STRING)?.content;
        when(c.cert.is_subscriber() && !c.cert.has(id::CT_POISON) && list.starts_with(&[0, 0]))
    }),
];

fn critical(case: &Case<'_>, extension: &str) -> Broken {
    when(case.cert.is_critical(extension))
}

/// What a client of today processes, so that it may be critical.
const KNOWN: &[&str] = &[
    id::SUBJECT_KEY_ID,
    id::KEY_USAGE,
    id::SUBJECT_ALT_NAME,
    id::ISSUER_ALT_NAME,
    id::BASIC_CONSTRAINTS,
    id::NAME_CONSTRAINTS,
    id::CRL_POINTS,
    id::POLICIES,
    id::POLICY_MAPPINGS,
    id::AUTHORITY_KEY_ID,
    id::POLICY_CONSTRAINTS,
    id::EXTENDED_KEY_USAGE,
    id::FRESHEST_CRL,
    id::INHIBIT_ANY,
    id::AUTHORITY_INFO,
    id::SUBJECT_INFO,
    id::TLS_FEATURE,
    id::OCSP_NO_CHECK,
    id::SCT_LIST,
    id::CT_POISON,
];

/// SEQUENCE SIZE (1..MAX)
const NEVER_EMPTY: &[&str] = &[
    id::POLICIES,
    id::POLICY_MAPPINGS,
    id::SUBJECT_ALT_NAME,
    id::ISSUER_ALT_NAME,
    id::DIRECTORY_ATTRIBUTES,
    id::EXTENDED_KEY_USAGE,
    id::CRL_POINTS,
    id::AUTHORITY_INFO,
    id::SUBJECT_INFO,
    id::FRESHEST_CRL,
];
