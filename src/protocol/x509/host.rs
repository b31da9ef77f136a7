//! Does a certificate hold a host's name, and if not, how near does it come (RFC 9525, 6)?

use super::{AltName, Certificate};
use std::net::IpAddr;

/// Why a certificate is not for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It holds neither a DNS name nor an address.
    NoName,
    /// A wildcard of it fits but for the number of labels.
    WildcardDepth,
    /// The host is an address, and the certificate holds it as if it were a DNS name.
    AddressAsName,
    /// Only the common name fits, which clients no longer read.
    CommonNameOnly,
    /// It is for other names.
    OtherNames,
}

impl Mismatch {
    /// A word for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::NoName => "no-name",
            Self::WildcardDepth => "wildcard-depth",
            Self::AddressAsName => "address-as-name",
            Self::CommonNameOnly => "common-name-only",
            Self::OtherNames => "other-names",
        }
    }
}

impl Certificate {
    /// Whether it is for that host: a DNS name or an IP address. The common name does not count.
    pub fn is_for(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']);
        if let Ok(address) = host.parse::<IpAddr>() {
            return self.names.contains(&AltName::Ip(address));
        }
        self.names.iter().any(|name| matches!(name, AltName::Dns(pattern) if name_covers(pattern, host)))
    }

    /// Why it is not for that host; none where it is.
    pub fn mismatch(&self, host: &str) -> Option<Mismatch> {
        if self.is_for(host) {
            return None;
        }
        let host = host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
        let dns = || {
            self.names.iter().filter_map(|name| match name {
                AltName::Dns(name) => Some(name.as_str()),
                AltName::Ip(_) => None,
            })
        };
        let under = |parent: &str| host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
        Some(if host.parse::<IpAddr>().is_ok() && dns().any(|name| name == host) {
            Mismatch::AddressAsName
        } else if dns().filter_map(|name| name.strip_prefix("*.")).any(under) {
            Mismatch::WildcardDepth
        } else if self.names.is_empty() {
            Mismatch::NoName
        } else if name_covers(&self.subject.short, &host) {
            Mismatch::CommonNameOnly
        } else {
            Mismatch::OtherNames
        })
    }
}

/// Whether the name of a certificate covers the host (RFC 9525, 6.3): a wildcard is the whole first
/// label, stands for exactly one, and never for all of a top-level domain. A host may be written with
/// the dot of the root, a certificate's name may not (RFC 5280, 4.2.1.6), and clients do not match it.
pub fn name_covers(pattern: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_prefix("*.") {
        Some(parent) => {
            parent.contains('.')
                && !parent.contains('*')
                && host.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == parent)
        }
        None => !pattern.contains('*') && pattern == host,
    }
}
