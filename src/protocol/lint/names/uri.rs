//! What are the parts of a URI, as far as certificates care (RFC 3986)?

use std::net::IpAddr;

/// The scheme, where there is one.
pub(super) fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let sound = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'-' | b'.'));
    sound.then_some(scheme)
}

/// What follows `//`, up to the path, the query or the fragment.
fn authority(uri: &str) -> Option<&str> {
    let rest = match scheme(uri) {
        Some(scheme) => uri.get(scheme.len() + 1..)?,
        None => uri,
    };
    rest.strip_prefix("//")?.split(['/', '?', '#']).next()
}

/// Whether it has a scheme, and something that the scheme is about.
pub(super) fn has_scheme_and_more(uri: &str) -> bool {
    let Some(scheme) = scheme(uri) else { return false };
    let rest = uri.get(scheme.len() + 1..).unwrap_or_default();
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    !rest.is_empty() && !uri.contains(|c: char| c.is_ascii_control() || c == ' ')
}

/// Whether it is hierarchical and its host is neither a full name nor an address.
pub(super) fn has_odd_host(uri: &str) -> bool {
    if uri.is_empty() {
        return false;
    }
    let after = scheme(uri).and_then(|scheme| uri.get(scheme.len() + 1..));
    // what follows a scheme without a slash is opaque: urn:..., mailto:...
    if after.is_some_and(|rest| !rest.starts_with('/') && !rest.is_empty()) {
        return false;
    }
    !authority(uri).and_then(|authority| authority.rsplit('@').next()).is_some_and(is_full_host)
}

/// Whether it has an authority whose host is a full name or an address.
pub(super) fn has_named_authority(uri: &str) -> bool {
    let Some(authority) = authority(uri) else { return false };
    let host = authority.rsplit('@').next().unwrap_or(authority);
    is_full_host(host.split(':').next().unwrap_or(host))
}

/// A name of at least two labels, spelled with letters, digits and hyphens, or an address.
pub(in crate::protocol::lint) fn is_full_host(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return true;
    }
    let host = host.strip_prefix("*.").unwrap_or(host);
    let host = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(host, _)| host);
    let label = |label: &str| {
        let sound = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(sound)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.contains('.') && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5280_4_2_1_6_a_uri_has_a_scheme_and_a_full_host() {
        assert!(has_scheme_and_more("https://example.com/") && !has_odd_host("https://example.com/"));
        assert!(has_scheme_and_more("urn:uuid:1") && !has_odd_host("urn:uuid:1"));
        assert!(!has_scheme_and_more("//example.com") && !has_scheme_and_more("https:"));
        assert!(has_odd_host("https://intern/") && has_odd_host("https:///path"));
        assert!(has_named_authority("ldap://me@ldap.example.com:389/") && !has_named_authority("ldap:///cn"));
    }
}
