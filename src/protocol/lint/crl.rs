//! Does a revocation list keep its profile (RFC 5280, 5)?

use super::cert::{Cert, id, read_name, usage};
use super::{Breach, Clock, FOREVER, Level, Rule, Scope, der, since};
use std::borrow::Cow;

pub(super) static RULES: &[Rule] = &[
    rule("tls.rule-crl-unreadable", "RFC 5280 5.1"),
    rule("tls.rule-crl-version", "RFC 5280 5.1.2.1"),
    rule("tls.rule-crl-algorithms-differ", "RFC 5280 5.1.1.2"),
    rule("tls.rule-crl-issuer-empty", "RFC 5280 5.1.2.3"),
    rule("tls.rule-crl-next-update-missing", "RFC 5280 5.1.2.5"),
    rule("tls.rule-crl-entries-empty", "RFC 5280 5.1.2.6"),
    rule("tls.rule-crl-aki-missing", "RFC 5280 5.2.1"),
    rule("tls.rule-crl-number-missing", "RFC 5280 5.2.3"),
    rule("tls.rule-crl-number-critical", "RFC 5280 5.2.3"),
    rule("tls.rule-crl-number-too-long", "RFC 5280 5.2.3"),
    rule("tls.rule-crl-extension-unknown-critical", "RFC 5280 5.2"),
    rule("tls.rule-crl-issuer-may-not-sign", "RFC 5280 6.3.3 (f)"),
];

const fn rule(id: &'static str, source: &'static str) -> Rule {
    let (level, scope, clock, since) = (Level::Error, Scope::Everybody, Clock::Profile, since::ALWAYS);
    // a list is no certificate: [`lint`] judges it as a whole
    Rule { id, level, source, scope, clock, since, until: FOREVER, servers: false, check: |_| None }
}

fn breach(id: &str, detail: impl Into<Cow<'static, str>>) -> Option<Breach> {
    let rule = RULES.iter().find(|rule| rule.id == id)?;
    Some(Breach { rule, index: 0, detail: detail.into().into_owned() })
}

/// The parts of a CertificateList that are judged.
struct List<'a> {
    version: Option<i64>,
    algorithms_differ: bool,
    issuer: &'a [u8],
    has_next_update: bool,
    entries_empty: bool,
    /// (id, critical, value)
    extensions: Vec<(String, bool, &'a [u8])>,
}

fn read(der: &[u8]) -> Option<List<'_>> {
    let parts = der::elements(der::only(der, der::SEQUENCE)?.content)?;
    let [tbs, outer_algorithm, _] = parts.as_slice() else { return None };
    let (version, rest) = match der::tlv(tbs.content, der::INTEGER) {
        Some((version, rest)) => (der::integer(version.content), rest),
        None => (None, tbs.content),
    };
    let (algorithm, rest) = der::tlv(rest, der::SEQUENCE)?;
    let (issuer, rest) = der::tlv(rest, der::SEQUENCE)?;
    let is_time = |tag| [der::UTC_TIME, der::GENERALIZED_TIME].contains(&tag);
    let (_, mut rest) = der::any(rest).filter(|(time, _)| is_time(time.tag))?;
    let mut out = List {
        version,
        algorithms_differ: algorithm.whole != outer_algorithm.whole,
        issuer: issuer.whole,
        has_next_update: false,
        entries_empty: false,
        extensions: Vec::new(),
    };
    while let Some((part, after)) = der::any(rest) {
        rest = after;
        match part.tag {
            tag if is_time(tag) => out.has_next_update = true,
            der::SEQUENCE => out.entries_empty = part.content.is_empty(),
            0xa0 => {
                for extension in der::list(part.content)? {
                    let fields = der::elements(extension.content)?;
                    let (kind, others) = fields.split_first()?;
                    let critical = others.iter().any(|f| f.tag == der::BOOLEAN && f.content != [0]);
                    out.extensions.push((der::oid(kind.content)?, critical, others.last()?.content));
                }
            }
            _ => return None,
        }
    }
    rest.is_empty().then_some(out)
}

pub(super) fn lint(der: &[u8]) -> Vec<Breach> {
    let Some(list) = read(der) else { return breach("tls.rule-crl-unreadable", "").into_iter().collect() };
    let extension = |id: &str| list.extensions.iter().find(|(own, _, _)| own == id);
    let mut out = Vec::new();
    if list.version != Some(1) {
        out.extend(breach("tls.rule-crl-version", ""));
    }
    if list.algorithms_differ {
        out.extend(breach("tls.rule-crl-algorithms-differ", ""));
    }
    if read_name(list.issuer).is_none_or(|name| name.attributes.is_empty()) {
        out.extend(breach("tls.rule-crl-issuer-empty", ""));
    }
    if !list.has_next_update {
        out.extend(breach("tls.rule-crl-next-update-missing", ""));
    }
    if list.entries_empty {
        out.extend(breach("tls.rule-crl-entries-empty", ""));
    }
    if extension(id::AUTHORITY_KEY_ID).is_none() {
        out.extend(breach("tls.rule-crl-aki-missing", ""));
    }
    match extension(id::CRL_NUMBER) {
        None => out.extend(breach("tls.rule-crl-number-missing", "")),
        Some((_, critical, value)) => {
            if *critical {
                out.extend(breach("tls.rule-crl-number-critical", ""));
            }
            if der::only(value, der::INTEGER).is_none_or(|number| number.content.len() > 20) {
                out.extend(breach("tls.rule-crl-number-too-long", ""));
            }
        }
    }
    let known = [id::ISSUING_POINT, id::DELTA_CRL, id::AUTHORITY_KEY_ID, id::CRL_NUMBER];
    if let Some((odd, _, _)) =
        list.extensions.iter().find(|(id, critical, _)| *critical && !known.contains(&id.as_str()))
    {
        out.extend(breach("tls.rule-crl-extension-unknown-critical", odd.clone()));
    }
    out
}

/// Whether the certificate of the path that issued it may sign revocation lists.
pub(super) fn lint_issuer(der: &[u8], path: &[&[u8]]) -> Vec<Breach> {
    let Some(list) = read(der) else { return Vec::new() };
    for (index, certificate) in path.iter().enumerate().take(super::MOST) {
        let Some(cert) = Cert::read(certificate) else { continue };
        let may = cert.key_usage.is_none_or(|bits| bits & usage::CRL_SIGN != 0);
        if cert.subject.whole == list.issuer && !may {
            let breach = breach("tls.rule-crl-issuer-may-not-sign", "");
            return breach.into_iter().map(|breach| Breach { index, ..breach }).collect();
        }
    }
    Vec::new()
}
