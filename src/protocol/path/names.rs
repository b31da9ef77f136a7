//! Do an authority's name constraints allow the names of a certificate (RFC 5280, 4.2.1.10)?

use super::fault::FaultKind;
use crate::protocol::x509::{Certificate, GeneralName, NameConstraints};

/// How many comparisons one certificate may cost: as many as OpenSSL and BoringSSL make.
pub const MOST: u64 = 1 << 20;

/// Name constraints of an authority on the path.
#[derive(Debug, Clone, Copy)]
pub struct Above<'a> {
    /// What it says.
    pub constraints: &'a NameConstraints,
    /// Whose they are: an index, none for the anchor.
    pub by: Option<usize>,
}

/// The names of a certificate that constraints are about, and how many comparisons were made.
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
    let comparisons = cost(&names, above);
    if comparisons > MOST || *work + comparisons > 2 * MOST {
        return Some(FaultKind::TooManyNames { comparisons });
    }
    *work += comparisons;
    for Above { constraints, by } in above {
        for name in &names {
            if let Some(base) = constraints.excluded.iter().find(|base| excludes(base, name)) {
                return Some(FaultKind::NameExcluded { name: name.to_string(), constraint: base.to_string(), by: *by });
            }
            let mut same_kind = constraints.permitted.iter().filter(|base| kind(base) == kind(name)).peekable();
            if same_kind.peek().is_some() && !same_kind.any(|base| permits(base, name)) {
                let permitted = constraints.permitted.iter().filter(|base| kind(base) == kind(name));
                return Some(FaultKind::NameNotPermitted {
                    name: name.to_string(),
                    permitted: permitted.take(5).map(ToString::to_string).collect(),
                    by: *by,
                });
            }
        }
    }
    None
}

/// How many comparisons of names of one kind it takes.
fn cost(names: &[&GeneralName], above: &[Above<'_>]) -> u64 {
    let mut of_kind = [0_u64; 32];
    let count = |of_kind: &mut [u64; 32], name: &GeneralName| {
        if let Some(slot) = of_kind.get_mut(usize::from(kind(name))) {
            *slot += 1;
        }
    };
    for name in names {
        count(&mut of_kind, name);
    }
    let mut bases = [0_u64; 32];
    for Above { constraints, .. } in above {
        for base in constraints.permitted.iter().chain(&constraints.excluded) {
            count(&mut bases, base);
        }
    }
    of_kind.iter().zip(bases).map(|(names, bases)| names.saturating_mul(bases)).fold(0, u64::saturating_add)
}

/// The number of its tag.
fn kind(name: &GeneralName) -> u8 {
    match name {
        GeneralName::Email(_) => 1,
        GeneralName::Dns(_) => 2,
        GeneralName::Directory { .. } => 4,
        GeneralName::Uri(_) => 6,
        GeneralName::Ip(_) => 7,
        GeneralName::Other(kind) => kind & 0x1f,
    }
}

/// Whether all that the name can stand for lies within.
fn permits(base: &GeneralName, name: &GeneralName) -> bool {
    match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => dns(base, name),
        (GeneralName::Ip(base), GeneralName::Ip(address)) => ip(base, address),
        (GeneralName::Directory { parts: base, .. }, GeneralName::Directory { parts, .. }) => parts.starts_with(base),
        (GeneralName::Email(base), GeneralName::Email(address)) => email(base, address),
        (GeneralName::Uri(base), GeneralName::Uri(address)) => {
            uri_host(address).is_some_and(|host| below_host(base, &host))
        }
        // RFC 5280, 4.2.1.10: what cannot be processed is refused
        _ => false,
    }
}

/// Whether anything that the name can stand for lies within.
fn excludes(base: &GeneralName, name: &GeneralName) -> bool {
    match (base, name) {
        (GeneralName::Dns(base), GeneralName::Dns(name)) => {
            // a wildcard stands for the excluded name too
            let expands = || {
                name.strip_prefix("*.")
                    .is_some_and(|parent| base.split_once('.').is_some_and(|(_, rest)| rest == parent))
            };
            dns(base, name) || expands()
        }
        // an address without a host that could be compared is refused (4.2.1.10)
        (GeneralName::Uri(base), GeneralName::Uri(address)) => {
            uri_host(address).is_none_or(|host| below_host(base, &host))
        }
        (GeneralName::Other(base), GeneralName::Other(other)) => base == other,
        _ => kind(base) == kind(name) && permits(base, name),
    }
}

/// The name, or labels added to its left. A leading dot, which clients know though RFC 5280 does not,
/// asks for at least one more label.
fn dns(base: &str, name: &str) -> bool {
    let (base, name) = (base.trim_end_matches('.'), name.trim_end_matches('.'));
    if base.is_empty() {
        return true;
    }
    match name.strip_suffix(base) {
        Some("") => !base.starts_with('.'),
        Some(rest) => base.starts_with('.') || rest.ends_with('.'),
        None => false,
    }
}

fn ip(base: &[u8], address: &[u8]) -> bool {
    base.len() == address.len() * 2
        && base.split_at_checked(address.len()).is_some_and(|(network, mask)| {
            address.iter().zip(network).zip(mask).all(|((byte, net), mask)| byte & mask == net & mask)
        })
}

/// A whole address, a host, or with a leading dot all hosts below.
fn email(base: &str, address: &str) -> bool {
    let Some((local, host)) = address.rsplit_once('@') else { return false };
    match base.rsplit_once('@') {
        Some((wanted, domain)) => wanted == local && domain.eq_ignore_ascii_case(host),
        None => below_host(base, host),
    }
}

/// That host, or with a leading dot all hosts below it.
fn below_host(base: &str, host: &str) -> bool {
    let (base, host) = (base.to_ascii_lowercase(), host.to_ascii_lowercase());
    if base.is_empty() {
        return true;
    }
    if base.starts_with('.') { host.len() > base.len() && host.ends_with(&base) } else { host == base }
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

    #[test]
    fn rfc5280_4_2_1_10_dns_names() {
        for (base, name, within) in [
            ("example.com", "example.com", true),
            ("example.com", "mail.example.com", true),
            ("example.com", "notexample.com", false),
            ("mail.example.com", "*.example.com", false),
            ("example.com", "*.example.com", true),
            (".example.com", "example.com", false),
            (".example.com", "mail.example.com", true),
            ("", "anything.example", true),
        ] {
            assert_eq!(dns(base, name), within, "{base} {name}");
        }
        let name = |text: &str| GeneralName::Dns(text.to_owned());
        assert!(excludes(&name("mail.example.com"), &name("*.example.com")), "the wildcard stands for it too");
        assert!(!permits(&name("mail.example.com"), &name("*.example.com")));
    }

    #[test]
    fn rfc5280_4_2_1_10_addresses_mail_and_uris() {
        assert!(ip(&[192, 0, 2, 0, 255, 255, 255, 0], &[192, 0, 2, 7]));
        assert!(!ip(&[192, 0, 2, 0, 255, 255, 255, 0], &[192, 0, 3, 7]));
        assert!(!ip(&[0; 32], &[192, 0, 3, 7]), "the other family");
        for (base, address, within) in [
            ("anna@corp.example", "anna@CORP.example", true),
            ("anna@corp.example", "Anna@corp.example", false),
            ("corp.example", "anna@corp.example", true),
            ("corp.example", "anna@mail.corp.example", false),
            (".corp.example", "anna@mail.corp.example", true),
            (".corp.example", "anna@corp.example", false),
        ] {
            assert_eq!(email(base, address), within, "{base} {address}");
        }
        assert_eq!(uri_host("https://u@Host.example:8/p"), Some("host.example".to_owned()));
        assert_eq!((uri_host("https://192.0.2.1/"), uri_host("urn:x"), uri_host("ldap://[::1]/")), (None, None, None));
    }
}
