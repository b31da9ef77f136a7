//! Do the pointers lead somewhere: to the issuer's certificate, its responder, its revocation lists?

use super::Level::{Error, Notice, Warn};
use super::cert::{self, id};
use super::names::is_internal;
use super::{Case, Rule, br, first, rfc, since, when};
use std::collections::BTreeSet;

pub(super) const RULES: &[Rule] = &[
    br("tls.rule-ca-issuers-not-http", Warn, "BR 7.1.2.7.7", since::BR_2_0_0, |c| {
        subscriber(c)?;
        not_http(c, id::CA_ISSUERS)
    }),
    br("tls.rule-ocsp-not-http", Warn, "BR 7.1.2.7.7", since::BR_2_0_0, |c| {
        subscriber(c)?;
        not_http(c, id::OCSP)
    }),
    br("tls.rule-ca-pointers-not-http", Warn, "BR 7.1.2.10.3", since::BR_2_0_0, |c| {
        sub_ca(c)?;
        not_http(c, id::CA_ISSUERS).or_else(|| not_http(c, id::OCSP))
    }),
    br("tls.rule-aia-method", Warn, "BR 7.1.2.7.7", since::BR_2_0_0, |c| {
        subscriber(c)?;
        let known = [id::OCSP, id::CA_ISSUERS];
        let odd =
            c.cert.authority_info.iter().find(|(method, place)| place.kind != 6 || !known.contains(&method.as_str()));
        first(odd.map(|(method, _)| method.clone()))
    }),
    br("tls.rule-aia-twice", Warn, "BR 7.1.2.7.7", since::BR_2_0_0, |c| {
        subscriber(c)?;
        let mut seen = BTreeSet::new();
        let places = c.cert.authority_info.iter().filter(|(_, place)| place.kind == 6);
        let again = |(method, place): &&(String, cert::General<'_>)| {
            !seen.insert((method.clone(), place.text().to_lowercase()))
        };
        let mut places = places;
        first(places.find(again).map(|(_, place)| place.text()))
    }),
    br("tls.rule-aia-internal-name", Warn, "BR 7.1.2.7.7", since::BR, |c| {
        subscriber(c)?;
        let all = c.cert.access(id::OCSP).into_iter().chain(c.cert.access(id::CA_ISSUERS));
        first(all.into_iter().find(|url| is_at_an_internal_name(url)))
    }),
    rfc("tls.rule-ca-issuers-unreachable", Notice, "RFC 5280 4.2.2.1", since::RFC_5280, |c| {
        let urls = c.cert.access(id::CA_ISSUERS);
        when(!urls.is_empty() && !urls.iter().any(|url| is_web_or_directory(url)))
    }),
    br("tls.rule-ca-aia-missing", Warn, "BR 7.1.2.2", since::BR, |c| {
        sub_ca(c)?;
        when(!c.cert.has(id::AUTHORITY_INFO))
    })
    .until(since::BR_1_7_1),
    br("tls.rule-ca-aia-recommended", Notice, "BR 7.1.2.10.3", since::BR_1_7_1, |c| {
        sub_ca(c)?;
        when(!c.cert.has(id::AUTHORITY_INFO))
    }),
    br("tls.rule-ca-issuers-recommended", Notice, "BR 7.1.2.2", since::BR, |c| {
        sub_ca(c)?;
        when(!c.cert.access(id::CA_ISSUERS).iter().any(|url| url.starts_with("http://")))
    })
    .until(since::BR_2_0_0),
    br("tls.rule-ca-crl-points-missing", Warn, "BR 7.1.2.10.2", since::BR, |c| {
        sub_ca(c)?;
        when(!c.cert.has(id::CRL_POINTS))
    }),
    br("tls.rule-ca-crl-points-critical", Warn, "BR 7.1.2.11.2", since::BR, |c| {
        sub_ca(c)?;
        when(c.cert.is_critical(id::CRL_POINTS))
    }),
    br("tls.rule-ca-crl-points-without-http", Warn, "BR 7.1.2.11.2", since::BR, |c| {
        sub_ca(c)?;
        when(c.cert.has(id::CRL_POINTS) && !c.cert.crl_urls().any(|url| url.starts_with("http://")))
    }),
    br("tls.rule-crl-points-without-http", Warn, "BR 7.1.2.11.2", since::BR, |c| {
        when(c.cert.has(id::CRL_POINTS) && !c.cert.crl_urls().any(|url| url.starts_with("http://")))
    }),
    br("tls.rule-crl-points-not-http", Warn, "BR 7.1.2.11.2", since::BR_2_0_0, |c| {
        first(c.cert.crl_urls().find(|url| !url.starts_with("http:")))
    }),
    br("tls.rule-revocation-pointer-missing", Warn, "BR 7.1.2.11.2 (SC-063)", since::SC_63, |c| {
        subscriber(c)?;
        let nothing = c.cert.crl_urls().next().is_none() && c.cert.access(id::OCSP).is_empty();
        when(nothing && !is_short_lived(c))
    }),
    rfc("tls.rule-crl-point-incomplete", Error, "RFC 5280 4.2.1.13", since::RFC_3280, |c| {
        let points = c.cert.value(id::CRL_POINTS).and_then(cert::crl_points).unwrap_or_default();
        let has =
            |point: &std::collections::BTreeMap<u8, &[u8]>, part| point.get(&part).is_some_and(|body| !body.is_empty());
        when(points.iter().any(|point| has(point, 1) && !has(point, 0) && !has(point, 2)))
    }),
    rfc("tls.rule-crl-points-unreachable", Notice, "RFC 5280 4.2.1.13", since::RFC_5280, |c| {
        when(c.cert.has(id::CRL_POINTS) && !c.cert.crl_urls().any(|url| is_web_or_directory(&url)))
    }),
];

fn subscriber(case: &Case<'_>) -> Option<()> {
    case.cert.is_subscriber().then_some(())
}

fn sub_ca(case: &Case<'_>) -> Option<()> {
    case.cert.is_sub_ca().then_some(())
}

/// The first address for that method that is not plain http: a client that has to verify https first
/// would go round in a circle.
fn not_http(case: &Case<'_>, method: &str) -> super::Broken {
    let http = |url: &str| url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
    first(case.cert.access(method).into_iter().find(|url| !http(url)))
}

fn is_web_or_directory(url: &str) -> bool {
    let url = url.to_ascii_lowercase();
    url.starts_with("http://") || url.starts_with("ldap://")
}

/// Whether the host of that address is a name of no public zone.
fn is_at_an_internal_name(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return true };
    matches!(url.host(), Some(url::Host::Domain(name)) if is_internal(name))
}

/// BR 1.6.1: at most ten days, seven from 2026-03-15 on.
fn is_short_lived(case: &Case<'_>) -> bool {
    let days = if case.cert.not_before.at < Some(since::SC_81) { 10 } else { 7 };
    case.cert.lifetime().is_some_and(|seconds| seconds <= days * 86_400)
}
