//! Do the certificate policies say what they have to?

use super::Level::{Error, Notice, Warn};
use super::cert::{Policy, id};
use super::{Case, Rule, br, der, first, rfc, since, when};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-policy-twice", Error, "RFC 5280 4.2.1.4", since::RFC_5280, |c| {
        let mut seen = BTreeSet::new();
        first(c.cert.policies.iter().find(|policy| !seen.insert(policy.id.as_str())).map(|policy| policy.id.clone()))
    }),
    rfc("tls.rule-any-policy-qualifier", Warn, "RFC 5280 4.2.1.4", since::RFC_3280, |c| {
        let any = c.cert.policies.iter().filter(|policy| policy.id == id::ANY_POLICY);
        let known = [id::CPS, id::USER_NOTICE];
        let mut qualifiers = any.flat_map(|policy| &policy.qualifiers);
        first(qualifiers.find(|(kind, _)| !known.contains(&kind.as_str())).map(|(kind, _)| kind.clone()))
    }),
    rfc("tls.rule-explicit-text-ia5", Warn, "RFC 6818 3", since::RFC_6818, |c| {
        when(texts(c).iter().any(|(tag, _)| *tag == der::IA5))
    }),
    rfc("tls.rule-explicit-text-too-long", Warn, "RFC 6818 3", since::RFC_6818, |c| {
        when(texts(c).iter().any(|(_, text)| text.chars().count() > 200))
    }),
    rfc("tls.rule-explicit-text-control-character", Notice, "RFC 6818 3", since::RFC_6818, |c| {
        when(texts(c).iter().any(|(tag, text)| *tag == der::UTF8 && text.contains(char::is_control)))
    }),
    br("tls.rule-policy-qualifier", Warn, "BR 7.1.2.7.9", since::BR_2_0_0, |c| {
        let mut all = c.cert.policies.iter().flat_map(|policy| &policy.qualifiers);
        first(all.find(|(kind, _)| kind != id::CPS).map(|(kind, _)| kind.clone()))
    }),
    br("tls.rule-cps-address", Warn, "BR 7.1.2.7.9", since::BR_2_0_0, |c| {
        let all = c.cert.policies.iter().flat_map(|policy| &policy.qualifiers).filter(|(kind, _)| kind == id::CPS);
        let mut addresses = all.filter_map(|(_, value)| value.map(|value| der::text(value.tag, value.content)));
        first(addresses.find(|address| !is_web(address)))
    }),
    br("tls.rule-policies-missing", Warn, "BR 7.1.2.7.9", since::BR, |c| when(!c.cert.ca && !c.cert.has(id::POLICIES))),
    br("tls.rule-policies-empty", Warn, "BR 7.1.2.7.9", since::BR, |c| when(!c.cert.ca && c.cert.policies.is_empty())),
    br("tls.rule-ca-policies-missing", Warn, "BR 7.1.2.10.5", since::BR, |c| {
        when(c.cert.is_sub_ca() && !c.cert.has(id::POLICIES))
    }),
    br("tls.rule-ca-policies-wrong", Warn, "BR 7.1.2.10.5", since::BR_2_0_0, |c| {
        if !c.cert.is_sub_ca() {
            return None;
        }
        let wrong = match c.cert.policies.as_slice() {
            _ if c.cert.has_policy(id::ANY_POLICY) => c.cert.policies.len() > 1,
            some => reserved(some) == 0,
        };
        when(wrong)
    }),
    br("tls.rule-ca-policies-several", Notice, "BR 7.1.2.10.5", since::BR_2_0_0, |c| {
        let restricted = c.cert.is_sub_ca() && !c.cert.has_policy(id::ANY_POLICY);
        when(restricted && reserved(&c.cert.policies) > 1)
    }),
    br("tls.rule-root-policies", Notice, "BR 7.1.2.1.2", since::BR, |c| {
        when(c.cert.is_root() && c.cert.has(id::POLICIES))
    }),
];

/// How many of the policies are those that the CA/Browser Forum has reserved.
fn reserved(policies: &[Policy<'_>]) -> usize {
    let all = [id::DOMAIN_VALIDATED, id::ORGANIZATION_VALIDATED, id::INDIVIDUAL_VALIDATED, id::EXTENDED_VALIDATION];
    policies.iter().filter(|policy| all.contains(&policy.id.as_str())).count()
}

/// The explicitTexts of user notices, with the tags of their strings.
fn texts(case: &Case<'_>) -> Vec<(u8, String)> {
    let notices = case.cert.policies.iter().flat_map(|policy| &policy.qualifiers);
    let notices = notices.filter(|(kind, _)| kind == id::USER_NOTICE).filter_map(|(_, value)| *value);
    let parts = notices.filter_map(|notice| der::elements(notice.content)).flatten();
    // the other part of a notice, the reference, is a SEQUENCE
    parts.filter(|part| part.tag != der::SEQUENCE).map(|part| (part.tag, der::text(part.tag, part.content))).collect()
}

fn is_web(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    address.contains(':') && (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}
