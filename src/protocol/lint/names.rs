//! Are the names right: the subjectAltName, its forms, wildcards, reserved addresses, the common name?

mod dns;
mod uri;

pub(super) use dns::{is_internal, meets_reserved};
pub(super) use uri::is_full_host;

use super::Level::{Error, Notice, Warn};
use super::cert::{General, id};
use super::{Broken, Case, Place, Rule, br, first, program, rfc, since, when};
use dns::{Reverse, in_address_zone, is_reserved, registrable, reversed};
use std::borrow::Cow;
use std::net::IpAddr;

pub(super) const RULES: &[Rule] = &[
    // a chain's leaf is a server's, even one that calls itself an authority's
    br("tls.rule-san-missing", Error, "BR 7.1.2.7.12", since::BR, |c| {
        when((!c.cert.ca || c.place == Place::Leaf) && !c.cert.has(id::SUBJECT_ALT_NAME))
    }),
    rfc("tls.rule-san-empty", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| none_in(c, id::SUBJECT_ALT_NAME)),
    rfc("tls.rule-san-name-empty", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        when(c.cert.names.iter().any(|name| name.bytes.is_empty()))
    }),
    br("tls.rule-san-other-name", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 0)),
    br("tls.rule-san-email", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 1)),
    br("tls.rule-san-directory-name", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 4)),
    br("tls.rule-san-edi-party", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 5)),
    br("tls.rule-san-uri", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 6)),
    br("tls.rule-san-registered-id", Warn, "BR 7.1.2.7.12", since::BR, |c| has_kind(c, 8)),
    rfc("tls.rule-san-not-critical-without-subject", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        when(c.cert.subject.attributes.is_empty() && c.cert.is_plain(id::SUBJECT_ALT_NAME))
    }),
    br("tls.rule-san-critical-forbidden", Error, "BR 7.1.2.7.12", since::BR_2_0_0, |c| {
        when(
            !c.cert.subject.attributes.is_empty() && c.cert.is_subscriber() && c.cert.is_critical(id::SUBJECT_ALT_NAME),
        )
    }),
    br("tls.rule-san-critical-with-subject", Notice, "RFC 5280 4.2.1.6", since::RFC_5280, |c| {
        when(!c.cert.subject.attributes.is_empty() && c.cert.is_critical(id::SUBJECT_ALT_NAME))
    }),
    rfc("tls.rule-subject-and-san-missing", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        when(c.cert.subject.attributes.is_empty() && !c.cert.has(id::SUBJECT_ALT_NAME))
    }),
    rfc("tls.rule-san-ip-length", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        when(c.cert.names.iter().any(|name| name.kind == 7 && name.ip().is_none()))
    }),
    rfc("tls.rule-dns-not-ascii", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        dns_name(c, |name| !name.bytes.is_ascii())
    }),
    rfc("tls.rule-dns-blank", Error, "RFC 5280 4.2.1.6", since::RFC_2459, |c| dns_name(c, |name| name.bytes == b" ")),
    rfc("tls.rule-dns-too-long", Error, "RFC 5280 4.2.1.6, RFC 1034 3.1", since::RFC_5280, |c| {
        dns_name(c, |name| name.bytes.len() > 253)
    }),
    rfc("tls.rule-dns-null-character", Error, "RFC 5280 4.2.1.6", since::ALWAYS, |c| {
        dns_name(c, |name| name.bytes.contains(&0))
    }),
    rfc("tls.rule-dns-leading-period", Error, "RFC 5280 4.2.1.6", since::ALWAYS, |c| {
        dns_name(c, |name| name.bytes.starts_with(b"."))
    }),
    rfc("tls.rule-dns-empty-label", Error, "RFC 5280 4.2.1.6", since::RFC_5280, |c| {
        subscriber(c)?;
        dns_name(c, |name| name.bytes.split(|octet| *octet == b'.').any(<[u8]>::is_empty))
    }),
    br("tls.rule-dns-bad-character", Error, "BR 7.1.4.2", since::BR, |c| {
        subscriber(c)?;
        first(hosts(c).find(|name| !dns::is_spelled_with_host_letters(name)))
    }),
    br("tls.rule-dns-reserved-label", Error, "BR 7.1.4.2.1", since::RESERVED_LABELS, |c| {
        subscriber(c)?;
        dns_name(c, |name| dns::has_reserved_label(&name.text()))
    }),
    rfc("tls.rule-dns-hyphen-at-edge", Error, "RFC 5280 4.2.1.6, RFC 1034 3.5", since::RFC_5280, |c| {
        subscriber(c)?;
        let edged = |label: String| label.starts_with('-') || label.ends_with('-');
        first(c.cert.dns().find(|name| registrable(name).is_some_and(edged)))
    }),
    program("tls.rule-underscore-in-domain", Warn, "RFC 5280 4.2.1.6, RFC 1034 3.5", since::RFC_5280, |c| {
        subscriber(c)?;
        first(c.cert.dns().find(|name| registrable(name).is_some_and(|label| label.contains('_'))))
    }),
    br("tls.rule-underscore", Error, "BR 7.1.4.2.1", since::UNDERSCORES_END, |c| {
        subscriber(c)?;
        underscored(c)
    }),
    br("tls.rule-underscore-before-2018", Warn, "BR 7.1.4.2.1", since::ALWAYS, |c| {
        subscriber(c)?;
        underscored(c)
    })
    .until(since::BR_1_6_2),
    br("tls.rule-underscore-not-replaceable", Warn, "BR 7.1.4.2.1", since::BR_1_6_2, |c| {
        subscriber(c)?;
        first(c.cert.dns().find(|name| name.split('.').any(dns::is_no_label_without_underscores)))
    })
    .until(since::UNDERSCORES_END),
    br("tls.rule-underscore-lasts-too-long", Warn, "BR 7.1.4.2.1", since::BR_1_6_2, |c| {
        subscriber(c)?;
        let month = c.cert.lifetime().is_some_and(|seconds| seconds > 30 * 86_400);
        underscored(c).filter(|_| month)
    })
    .until(since::UNDERSCORES_END),
    br("tls.rule-wildcard-not-whole-label", Error, "BR 1.6.1", since::BR, |c| {
        let partial = |name: &str| name.split('.').next().is_some_and(|label| label.contains('*') && label != "*");
        first(all_names(c).find(|name| partial(name)))
    }),
    br("tls.rule-wildcard-not-leftmost", Error, "BR 1.6.1", since::BR, |c| {
        first(all_names(c).find(|name| name.split('.').skip(1).any(|label| label.contains('*'))))
    }),
    program("tls.rule-wildcard-misplaced", Error, "RFC 9525 6.3", since::ALWAYS, |c| {
        dns_name(c, |name| name.bytes.iter().skip(1).any(|octet| *octet == b'*'))
    })
    .for_everybody(),
    program("tls.rule-wildcard-alone", Error, "RFC 9525 6.3, BR 1.6.1", since::ALWAYS, |c| {
        dns_name(c, |name| name.bytes.ends_with(b"*"))
    })
    .for_everybody(),
    // below the suffixes of private companies the applicant may own all of the namespace
    br("tls.rule-wildcard-over-public-suffix", Error, "BR 3.2.2.6", since::BR, |c| {
        subscriber(c)?;
        first(c.cert.dns().find(|name| name.strip_prefix("*.").is_some_and(dns::is_registry_suffix)))
    }),
    program("tls.rule-dns-public-suffix", Notice, "BR 3.2.2.6", since::ALWAYS, |c| {
        first(c.cert.dns().find(|name| dns::is_registry_suffix(name)))
    }),
    br("tls.rule-internal-name", Warn, "BR 7.1.4.2.1", since::BR, |c| {
        subscriber(c)?;
        first(c.cert.dns().find(|name| is_internal(name)))
    }),
    program("tls.rule-dns-is-an-address", Error, "RFC 5280 4.2.1.6", since::RFC_5280, |c| {
        dns_name(c, |name| name.text().parse::<IpAddr>().is_ok())
    }),
    br("tls.rule-reserved-address", Warn, "BR 7.1.4.2.1", since::BR, |c| {
        first(c.cert.ips().find(|address| is_reserved(*address)).map(|address| address.to_string()))
            .filter(|_| after_internal_names(c))
    }),
    br("tls.rule-reserved-address-in-subject", Warn, "BR 7.1.4.2.1", since::BR, |c| {
        let address = c.cert.common_name().and_then(|name| name.parse().ok()).filter(|a| is_reserved(*a));
        first(address.map(|address| address.to_string())).filter(|_| after_internal_names(c))
    }),
    br("tls.rule-reverse-name", Error, "BR 4.2.2 (SC-086)", since::SC_81, |c| {
        subscriber(c)?;
        first(c.cert.dns().find(|name| in_address_zone(name)))
    }),
    br("tls.rule-reverse-name-reserved", Warn, "BR 7.1.4.2.1", since::BR, |c| {
        first(c.cert.dns().find(|name| matches!(reversed(name), Some(Reverse::Address(ip)) if is_reserved(ip))))
    }),
    br("tls.rule-reverse-name-malformed", Warn, "BR 3.2.2.4, RFC 1035 3.5", since::BR, |c| {
        first(c.cert.dns().find(|name| reversed(name) == Some(Reverse::Nothing)))
    }),
    rfc("tls.rule-san-email-format", Warn, "RFC 5280 4.2.1.6", since::RFC_2459, |c| {
        first(c.cert.names.iter().filter(|name| name.kind == 1).map(General::text).find(|text| odd_address(text)))
    }),
    rfc("tls.rule-san-uri-format", Warn, "RFC 5280 4.2.1.6", since::RFC_5280, |c| {
        first(uris(&c.cert.names).find(|text| !uri::has_scheme_and_more(text)))
    }),
    rfc("tls.rule-san-uri-host", Warn, "RFC 5280 4.2.1.6", since::RFC_5280, |c| {
        first(uris(&c.cert.names).find(|text| uri::has_odd_host(text)))
    }),
    rfc("tls.rule-ian-empty", Warn, "RFC 5280 4.2.1.7", since::RFC_2459, |c| none_in(c, id::ISSUER_ALT_NAME)),
    rfc("tls.rule-ian-name-empty", Warn, "RFC 5280 4.2.1.7", since::RFC_2459, |c| {
        when(c.cert.issuer_names.iter().any(|name| name.bytes.is_empty()))
    }),
    rfc("tls.rule-ian-dns-not-ascii", Warn, "RFC 5280 4.2.1.7", since::RFC_2459, |c| {
        issuer_dns(c, |name| !name.bytes.is_ascii())
    }),
    rfc("tls.rule-ian-dns-blank", Warn, "RFC 5280 4.2.1.7", since::RFC_2459, |c| {
        issuer_dns(c, |name| name.bytes == b" ")
    }),
    rfc("tls.rule-ian-dns-null-character", Warn, "RFC 5280 4.2.1.7", since::ALWAYS, |c| {
        issuer_dns(c, |name| name.bytes.contains(&0))
    }),
    rfc("tls.rule-ian-dns-leading-period", Warn, "RFC 5280 4.2.1.7", since::ALWAYS, |c| {
        issuer_dns(c, |name| name.bytes.starts_with(b"."))
    }),
    program("tls.rule-ian-dns-short", Notice, "RFC 5280 4.2.1.7", since::ALWAYS, |c| {
        issuer_dns(c, |name| name.bytes.split(|octet| *octet == b'.').count() < 3)
    }),
    rfc("tls.rule-ian-email-format", Warn, "RFC 5280 4.2.1.7", since::RFC_2459, |c| {
        let texts = c.cert.issuer_names.iter().filter(|name| name.kind == 1).map(General::text);
        first(texts.into_iter().find(|text| odd_address(text)))
    }),
    rfc("tls.rule-ian-uri-relative", Warn, "RFC 5280 4.2.1.7", since::RFC_5280, |c| {
        first(uris(&c.cert.issuer_names).find(|text| uri::scheme(text).is_none()))
    }),
    rfc("tls.rule-ian-uri-host", Warn, "RFC 5280 4.2.1.7", since::RFC_5280, |c| {
        first(uris(&c.cert.issuer_names).find(|text| !text.is_empty() && !uri::has_named_authority(text)))
    }),
    // no client takes it for a name, it only misleads readers
    br("tls.rule-cn-not-from-san", Warn, "BR 7.1.4.3", since::BR_1_8_0, |c| {
        let mut names = c.cert.subject.all(id::COMMON_NAME).take(MOST).filter(|_| !c.cert.ca);
        first(names.find(|name| !is_from_san(c, name)))
    }),
    // the same name in two spellings: who compares letter by letter is told two things
    br("tls.rule-cn-spelled-differently", Error, "BR 7.1.4.3", since::BR_1_8_0, |c| {
        let other = |name: &&str| {
            let spelled = dns::Spelled::read(name);
            !is_from_san(c, name)
                && (c.cert.dns().take(MANY).any(|dns| spelled == dns::Spelled::read(&dns))
                    || c.cert.ips().any(|ip| spelled == dns::Spelled::Ip(ip)))
        };
        let mut names = c.cert.subject.all(id::COMMON_NAME).take(FEW).filter(|_| !c.cert.ca);
        first(names.find(other))
    }),
    br("tls.rule-cn-not-from-san-before-2021", Warn, "BR 7.1.4.2.2", since::BR, |c| {
        let name = c.cert.common_name().filter(|_| !c.cert.ca)?;
        let found =
            c.cert.dns().any(|dns| dns.eq_ignore_ascii_case(name)) || c.cert.ips().any(|ip| ip.to_string() == name);
        first((!found).then(|| name.to_owned()))
    })
    .until(since::BR_1_8_0),
    br("tls.rule-cn-deprecated", Notice, "BR 7.1.4.2.2", since::BR, |c| {
        when(!c.cert.ca && c.cert.common_name().is_some())
    })
    .until(since::BR_2_0_0),
    br("tls.rule-cn-not-recommended", Notice, "BR 7.1.2.7.1", since::BR_2_0_0, |c| {
        when(c.cert.is_subscriber() && c.cert.common_name().is_some())
    }),
    br("tls.rule-cn-several", Warn, "BR 7.1.4.3", since::BR, |c| {
        when(c.cert.is_subscriber() && c.cert.subject.all(id::COMMON_NAME).count() > 1)
    }),
];

/// How many common names, and how many alternative names, are compared with each other at most: an
/// honest certificate has one of the first, and a hundred of the second.
const FEW: usize = 2;
const MOST: usize = 100;
const MANY: usize = 2_000;

/// Goes on where the certificate is a subscriber's.
fn subscriber(case: &Case<'_>) -> Option<()> {
    case.cert.is_subscriber().then_some(())
}

/// Whether the name stands in the subjectAltName, letter by letter.
fn is_from_san(case: &Case<'_>, name: &str) -> bool {
    case.cert.dns().any(|dns| dns == name) || case.cert.ips().any(|ip| ip.to_string() == name)
}

fn has_kind(case: &Case<'_>, kind: u8) -> Broken {
    when(case.cert.names.iter().any(|name| name.kind == kind))
}

fn none_in(case: &Case<'_>, extension: &str) -> Broken {
    when(case.cert.value(extension).is_some_and(|value| value.len() < 2 || value == [0x30, 0]))
}

/// The first DNS name of the subjectAltName for which that holds.
fn dns_name(case: &Case<'_>, wrong: impl Fn(&General<'_>) -> bool) -> Broken {
    first(case.cert.names.iter().filter(|name| name.kind == 2).find(|name| wrong(name)).map(General::text))
}

/// The first DNS name of the issuerAltName for which that holds.
fn issuer_dns(case: &Case<'_>, wrong: impl Fn(&General<'_>) -> bool) -> Broken {
    first(case.cert.issuer_names.iter().filter(|name| name.kind == 2).find(|name| wrong(name)).map(General::text))
}

fn uris<'a>(names: &'a [General<'a>]) -> impl Iterator<Item = Cow<'a, str>> {
    names.iter().filter(|name| name.kind == 6).map(General::text)
}

fn underscored(case: &Case<'_>) -> Broken {
    dns_name(case, |name| name.bytes.contains(&b'_'))
}

/// The common name and the DNS names.
fn all_names<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Cow<'a, str>> {
    case.cert.common_name().map(Cow::Borrowed).into_iter().chain(case.cert.dns())
}

/// The common name, where it is no address, and the DNS names.
fn hosts<'a>(case: &'a Case<'_>) -> impl Iterator<Item = Cow<'a, str>> {
    let name = case.cert.common_name().filter(|name| name.parse::<IpAddr>().is_err());
    name.map(Cow::Borrowed).into_iter().chain(case.cert.dns())
}

/// Whether it lasts beyond the day on which reserved addresses and internal names had to be gone.
fn after_internal_names(case: &Case<'_>) -> bool {
    case.cert.not_after.at > Some(super::day(2015, 11, 1))
}

/// An e-mail address that stands in angle brackets or has a comment behind it.
fn odd_address(text: &str) -> bool {
    text.contains(' ') || text.starts_with('<') || text.ends_with(')')
}
