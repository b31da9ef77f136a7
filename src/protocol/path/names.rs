//! Do an authority's name constraints allow the names of a certificate (RFC 5280, 4.2.1.10)?
//!
//! Constraints are sorted by kind first, so that ten thousand names under ten thousand constraints
//! are looked up and not compared one by one.

use super::fault::FaultKind;
use crate::protocol::x509::{Certificate, GeneralName, NameConstraints};
use std::collections::{BTreeMap, BTreeSet};

/// How many comparisons of names clients make for one certificate: OpenSSL and BoringSSL as many,
/// Go and webpki a quarter of it.
const MOST: u64 = 1 << 20;
/// How many names and constraints are looked up in all of a search.
pub const LOOKUPS: u64 = 1 << 20;

/// Name constraints of an authority on the path.
#[derive(Debug, Clone, Copy)]
pub struct Above<'a> {
    /// What it says.
    pub constraints: &'a NameConstraints,
    /// Whose they are: an index, none for the anchor.
    pub by: Option<usize>,
}

/// The first name of the certificate that the constraints above it forbid. `work` counts names and
/// constraints looked up.
pub fn check(certificate: &Certificate, above: &[Above<'_>], work: &mut u64) -> Option<FaultKind> {
    if above.is_empty() {
        return None;
    }
    let subject = (!certificate.subject.is_empty()).then(|| GeneralName::Directory {
        der: certificate.subject.der.clone(),
        parts: certificate.subject.parts.clone(),
    });
    // RFC 5280, 4.2.1.10: an address in the subject counts where the extension holds none
    let emails = if certificate.alt_names.iter().any(|name| matches!(name, GeneralName::Email(_))) {
        Vec::new()
    } else {
        certificate.subject.emails().into_iter().map(GeneralName::Email).collect()
    };
    let names: Vec<&GeneralName> = certificate.alt_names.iter().chain(subject.as_ref()).chain(emails.iter()).collect();
    let bases = above.iter().map(|above| above.constraints.permitted.len() + above.constraints.excluded.len());
    let lookups = u64::try_from(names.len() * above.len() + bases.sum::<usize>()).unwrap_or(u64::MAX);
    let comparisons = cost(&names, above);
    if comparisons > MOST || *work + lookups > LOOKUPS {
        return Some(FaultKind::TooManyNames { comparisons });
    }
    *work += lookups;
    for Above { constraints, by } in above {
        let (permitted, excluded) = (Subtrees::of(&constraints.permitted), Subtrees::of(&constraints.excluded));
        for name in &names {
            if let Some(constraint) = excluded.excludes(name) {
                return Some(FaultKind::NameExcluded { name: name.to_string(), constraint, by: *by });
            }
            if permitted.kinds.contains(&kind(name)) && permitted.holds(name).is_none() {
                let same_kind = constraints.permitted.iter().filter(|base| kind(base) == kind(name));
                return Some(FaultKind::NameNotPermitted {
                    name: name.to_string(),
                    permitted: same_kind.take(5).map(ToString::to_string).collect(),
                    by: *by,
                });
            }
        }
    }
    None
}

/// How many comparisons a client makes that compares one by one, of the kinds that clients know.
fn cost(names: &[&GeneralName], above: &[Above<'_>]) -> u64 {
    let known = [1, 2, 4, 7];
    let count = |all: &mut dyn Iterator<Item = &GeneralName>| {
        let mut of_kind = [0_u64; 4];
        for name in all {
            for (slot, number) in of_kind.iter_mut().zip(known) {
                *slot += u64::from(kind(name) == number);
            }
        }
        of_kind
    };
    let all = above.iter().flat_map(|above| above.constraints.permitted.iter().chain(&above.constraints.excluded));
    let (names, bases) = (count(&mut names.iter().copied()), count(&mut all.into_iter()));
    names.iter().zip(bases).map(|(names, bases)| names.saturating_mul(bases)).fold(0, u64::saturating_add)
}

/// The number of its tag.
fn kind(name: &GeneralName) -> u8 {
    match name {
        GeneralName::Email(_) => 1,
        GeneralName::Dns(_) => 2,
        GeneralName::Directory { .. } => 4,
        GeneralName::Uri(_) => 6,
        GeneralName::Ip(_) => 7,
        GeneralName::Other(kind) => *kind,
    }
}

/// Constraints, sorted.
#[derive(Debug, Default)]
struct Subtrees<'a> {
    kinds: BTreeSet<u8>,
    /// DNS names; an empty one is all of them.
    dns: BTreeSet<&'a str>,
    /// The DNS names without their first label: what a wildcard would have to stand above.
    dns_parents: BTreeMap<&'a str, &'a str>,
    /// Networks by mask.
    ip: BTreeMap<&'a [u8], BTreeSet<Vec<u8>>>,
    directory: BTreeSet<&'a [Vec<u8>]>,
    /// Whole mail addresses, the host in lower case.
    mailboxes: BTreeSet<String>,
    mail_hosts: BTreeSet<String>,
    uri_hosts: BTreeSet<String>,
}

impl<'a> Subtrees<'a> {
    fn of(bases: &'a [GeneralName]) -> Self {
        let mut out = Self::default();
        for base in bases {
            out.kinds.insert(kind(base));
            match base {
                GeneralName::Dns(name) => {
                    let name = name.trim_end_matches('.');
                    out.dns.insert(name);
                    if let Some((_, parent)) = name.split_once('.') {
                        out.dns_parents.insert(parent, name);
                    }
                }
                GeneralName::Ip(bytes) => {
                    if let Some((network, mask)) = bytes.split_at_checked(bytes.len() / 2) {
                        out.ip.entry(mask).or_default().insert(masked(network, mask));
                    }
                }
                GeneralName::Directory { parts, .. } => {
                    out.directory.insert(parts);
                }
                GeneralName::Email(address) => match address.rsplit_once('@') {
                    Some((local, host)) => {
                        out.mailboxes.insert(format!("{local}@{}", host.to_ascii_lowercase()));
                    }
                    None => {
                        out.mail_hosts.insert(address.to_ascii_lowercase());
                    }
                },
                GeneralName::Uri(host) => {
                    out.uri_hosts.insert(host.to_ascii_lowercase());
                }
                GeneralName::Other(_) => {}
            }
        }
        out
    }

    /// The constraint within which all lies that the name can stand for. Kinds that nobody can compare
    /// lie within none (RFC 5280, 4.2.1.10: they are to be refused).
    fn holds(&self, name: &GeneralName) -> Option<String> {
        match name {
            GeneralName::Dns(name) => self.dns(name),
            GeneralName::Ip(address) => {
                let fits = |mask: &&[u8]| mask.len() == address.len();
                let mut nets = self.ip.iter().filter(|(mask, _)| fits(mask));
                nets.find_map(|(mask, nets)| nets.get(&masked(address, mask)).map(|net| [net, *mask].concat()))
                    .map(|both| GeneralName::Ip(both).to_string())
            }
            GeneralName::Directory { parts, .. } => {
                let mut prefixes = (0..=parts.len()).filter_map(|length| parts.get(..length));
                prefixes.any(|prefix| self.directory.contains(prefix)).then(|| "a directory name".to_owned())
            }
            GeneralName::Email(address) => {
                let (local, host) = address.rsplit_once('@')?;
                let host = host.to_ascii_lowercase();
                let whole = format!("{local}@{host}");
                if self.mailboxes.contains(&whole) {
                    return Some(whole);
                }
                below(&self.mail_hosts, &host)
            }
            GeneralName::Uri(address) => below(&self.uri_hosts, &uri_host(address)?),
            GeneralName::Other(_) => None,
        }
    }

    /// The constraint within which anything lies that the name can stand for.
    fn excludes(&self, name: &GeneralName) -> Option<String> {
        match name {
            // a wildcard stands for the excluded name too
            GeneralName::Dns(dns) => self.holds(name).or_else(|| {
                let parent = dns.strip_prefix("*.")?;
                self.dns_parents.get(parent).map(|base| (*base).to_owned())
            }),
            // an address without a host that could be compared is refused
            GeneralName::Uri(address) if self.kinds.contains(&kind(name)) && uri_host(address).is_none() => {
                Some("any host".to_owned())
            }
            GeneralName::Other(_) if self.kinds.contains(&kind(name)) => Some(name.to_string()),
            _ => self.holds(name),
        }
    }

    /// The name, or labels added to its left. A leading dot, which clients know though RFC 5280 does
    /// not, asks for at least one more label.
    fn dns(&self, name: &str) -> Option<String> {
        if self.dns.contains("") {
            return Some("every name".to_owned());
        }
        let mut rest = name.trim_end_matches('.');
        if self.dns.contains(rest) {
            return Some(rest.to_owned());
        }
        while let Some(at) = rest.find('.') {
            let (dotted, parent) = (rest.get(at..)?, rest.get(at + 1..)?);
            if let Some(found) = self.dns.get(parent).or_else(|| self.dns.get(dotted)) {
                return Some((*found).to_owned());
            }
            rest = parent;
        }
        None
    }
}

/// That host itself, or below one with a leading dot; an empty constraint is all of them.
fn below(hosts: &BTreeSet<String>, host: &str) -> Option<String> {
    if hosts.contains("") {
        return Some("every host".to_owned());
    }
    if let Some(found) = hosts.get(host) {
        return Some(found.clone());
    }
    host.match_indices('.').skip_while(|(at, _)| *at == 0).find_map(|(at, _)| hosts.get(host.get(at..)?)).cloned()
}

fn masked(address: &[u8], mask: &[u8]) -> Vec<u8> {
    address.iter().zip(mask).map(|(byte, mask)| byte & mask).collect()
}

/// The host of an address; none where there is none, or it is an IP address (RFC 5280, 4.2.1.10).
fn uri_host(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if host.starts_with('[') {
        return None;
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty() && host.parse::<std::net::IpAddr>().is_err()).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(base: &GeneralName, name: &GeneralName) -> bool {
        Subtrees::of(std::slice::from_ref(base)).holds(name).is_some()
    }

    #[test]
    fn rfc5280_4_2_1_10_dns_names() {
        let dns = |text: &str| GeneralName::Dns(text.to_owned());
        for (base, name, is_within) in [
            ("example.com", "example.com", true),
            ("example.com", "mail.example.com", true),
            ("example.com", "a.mail.example.com", true),
            ("example.com", "notexample.com", false),
            ("mail.example.com", "*.example.com", false),
            ("example.com", "*.example.com", true),
            (".example.com", "example.com", false),
            (".example.com", "mail.example.com", true),
            ("", "anything.example", true),
        ] {
            assert_eq!(within(&dns(base), &dns(name)), is_within, "{base} {name}");
        }
        let base = [dns("mail.example.com")];
        assert!(Subtrees::of(&base).excludes(&dns("*.example.com")).is_some(), "the wildcard stands for it too");
        assert!(Subtrees::of(&base).excludes(&dns("*.mail.example.com")).is_some());
        assert!(Subtrees::of(&base).excludes(&dns("www.example.com")).is_none());
    }

    #[test]
    fn rfc5280_4_2_1_10_addresses_mail_and_uris() {
        let ip = |bytes: &[u8]| GeneralName::Ip(bytes.to_vec());
        assert!(within(&ip(&[192, 0, 2, 9, 255, 255, 255, 0]), &ip(&[192, 0, 2, 7])));
        assert!(!within(&ip(&[192, 0, 2, 0, 255, 255, 255, 0]), &ip(&[192, 0, 3, 7])));
        assert!(!within(&ip(&[0; 32]), &ip(&[192, 0, 3, 7])), "the other family");
        let email = |text: &str| GeneralName::Email(text.to_owned());
        for (base, address, is_within) in [
            ("anna@corp.example", "anna@CORP.example", true),
            ("anna@corp.example", "Anna@corp.example", false),
            ("corp.example", "anna@corp.example", true),
            ("corp.example", "anna@mail.corp.example", false),
            (".corp.example", "anna@mail.corp.example", true),
            (".corp.example", "anna@corp.example", false),
        ] {
            assert_eq!(within(&email(base), &email(address)), is_within, "{base} {address}");
        }
        let uri = |text: &str| GeneralName::Uri(text.to_owned());
        assert!(within(&uri(".corp.example"), &uri("https://u@Host.corp.example:8/p")));
        assert!(!within(&uri("corp.example"), &uri("https://host.corp.example/")));
        assert!(Subtrees::of(&[uri("corp.example")]).excludes(&uri("https://192.0.2.1/")).is_some());
        assert_eq!((uri_host("urn:x"), uri_host("ldap://[::1]/")), (None, None));
    }

    #[test]
    fn many_names_are_looked_up_and_not_compared() {
        let number = |i: usize| format!("n{i}.example");
        let mut certificate = Certificate::read(&[]);
        certificate.alt_names = (0..1000).map(|i| GeneralName::Uri(format!("https://{}/", number(i)))).collect();
        let constraints = NameConstraints {
            permitted: (0..10_000).map(|i| GeneralName::Uri(number(i))).collect(),
            excluded: Vec::new(),
        };
        let mut work = 0;
        assert_eq!(check(&certificate, &[Above { constraints: &constraints, by: None }], &mut work), None);
        assert_eq!(work, 11_000);
        // clients give up where it would be too many comparisons for them
        certificate.alt_names = (0..1000).map(|i| GeneralName::Dns(number(i))).collect();
        let constraints = NameConstraints {
            permitted: (0..10_000).map(|i| GeneralName::Dns(number(i))).collect(),
            excluded: Vec::new(),
        };
        let fault = check(&certificate, &[Above { constraints: &constraints, by: None }], &mut work);
        assert_eq!((fault, work), (Some(FaultKind::TooManyNames { comparisons: 10_000_000 }), 11_000));
    }
}
