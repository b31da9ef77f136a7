//! Which addresses does a host have, as far as the DNS and the user's choice of family say?

use crate::evidence::dns::address_type;
use crate::evidence::{Stop, View, view};
use std::net::IpAddr;

/// The addresses of a host: IPv6 first, each family in the order of its answer, `-4` and `-6`
/// heeded. Empty where the DNS gave none, or no answer; the check `dns` says why.
pub fn addresses(view: &View<'_>, host: &str) -> Result<Vec<IpAddr>, Stop> {
    if let Ok(address) = host.trim_matches(['[', ']']).parse() {
        return Ok(vec![address]);
    }
    let subject = view.subject();
    let families = [(true, subject.ipv6), (false, subject.ipv4)];
    let answers =
        view::all(families.iter().filter(|(_, used)| *used).map(|(ipv6, _)| view.dns(host, address_type(*ipv6))))?;
    Ok(answers.into_iter().flatten().flat_map(crate::evidence::DnsSeen::addresses).collect())
}
