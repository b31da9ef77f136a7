//! Do two resolvers say the same of a name, as far as it matters?
//!
//! Busy hosts give everybody other addresses out of one pool, and clouds by where the question comes
//! from. That is no disagreement; an address that only one side has ever heard of is one.

use super::reach::is_private;
use super::trusted::registered_domain;
use crate::evidence::{DnsAnswer, DnsSeen};
use crate::order;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Whoever has more than one address for so short a time hands out a pool in turn.
const ROTATES_WITHIN: u32 = 300;

/// What one resolver sees of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Its addresses of both families.
    pub addresses: BTreeSet<IpAddr>,
    /// The name that the aliases end at; the name itself where there are none.
    pub end: String,
    /// Seconds that it may be cached.
    pub ttl: Option<u32>,
}

/// How two sights of one name differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// One side has a private address: inside and outside are told different things.
    Split,
    /// One side knows no address.
    Missing,
    /// The addresses have nothing in common.
    Addresses,
}

impl Difference {
    /// A word for scripts.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Split => "split-dns",
            Self::Missing => "missing",
            Self::Addresses => "addresses",
        }
    }
}

/// What the answers to both families' questions say of a name; `None` where none of them is usable.
pub fn sight(host: &str, seen: &[&DnsSeen]) -> Option<Sight> {
    let usable = |answer: &&DnsAnswer| answer.is_noerror() || answer.is_nxdomain();
    let answers: Vec<&DnsAnswer> = seen.iter().filter_map(|seen| seen.answer.as_ref()).filter(usable).collect();
    let chain = answers.iter().map(|answer| answer.alias_chain(host)).max_by_key(Vec::len)?;
    Some(Sight {
        addresses: order::set(answers.iter().flat_map(|answer| answer.addresses())),
        end: chain.last().cloned().unwrap_or_else(|| host.to_owned()),
        ttl: answers.iter().filter_map(|answer| answer.ttl()).min(),
    })
}

/// How they differ; `None` where they agree.
pub fn difference(host: &str, one: &Sight, other: &Sight) -> Option<Difference> {
    let (ours, theirs) = (&one.addresses, &other.addresses);
    let is_inner = |sight: &Sight| sight.addresses.iter().any(|address| is_private(*address));
    match (ours.is_empty(), theirs.is_empty()) {
        (true, true) => None,
        (true, false) | (false, true) if is_inner(one) || is_inner(other) => Some(Difference::Split),
        (true, false) | (false, true) => Some(Difference::Missing),
        (false, false) if !ours.is_disjoint(theirs) => None,
        (false, false) if is_inner(one) != is_inner(other) => Some(Difference::Split),
        (false, false) if is_elsewhere(host, one, other) || (rotates(one) && rotates(other)) => None,
        (false, false) => Some(Difference::Addresses),
    }
}

/// Whether both end at the same foreign provider, which answers each as it likes.
fn is_elsewhere(host: &str, one: &Sight, other: &Sight) -> bool {
    let (ours, theirs) = (registered_domain(&one.end), registered_domain(&other.end));
    one.end != host && ours.is_some() && ours == theirs && ours != registered_domain(host)
}

fn rotates(sight: &Sight) -> bool {
    sight.addresses.len() > 1 && sight.ttl.is_some_and(|ttl| ttl <= ROTATES_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(addresses: &[&str], end: &str, ttl: u32) -> Sight {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        Sight { addresses, end: end.to_owned(), ttl: Some(ttl) }
    }

    #[test]
    fn what_rotates_or_is_the_same_providers_is_no_disagreement() {
        let host = "mail.corp.example";
        let differ = |one: &Sight, other: &Sight| difference(host, one, other);
        let one = seen(&["203.0.113.7"], host, 3600);
        assert_eq!(differ(&one, &seen(&["203.0.113.7", "203.0.113.8"], host, 3600)), None);
        assert_eq!(differ(&one, &seen(&["203.0.113.9"], host, 3600)), Some(Difference::Addresses));
        let pool = |a: &str, b: &str, ttl| seen(&[a, b], host, ttl);
        let other_pool = pool("203.0.113.3", "203.0.113.4", 60);
        assert_eq!(differ(&pool("203.0.113.1", "203.0.113.2", 60), &other_pool), None);
        assert_eq!(
            differ(&pool("203.0.113.1", "203.0.113.2", 86_400), &other_pool),
            Some(Difference::Addresses),
            "no pool is handed out for a day"
        );
        let cloud = |address: &str, end: &str| seen(&[address], end, 3600);
        let europe = cloud("203.0.113.1", "fra-efz.ms-acdc.office.com");
        assert_eq!(differ(&europe, &cloud("203.0.113.2", "iad-efz.ms-acdc.office.com")), None);
        assert_eq!(
            differ(&europe, &cloud("203.0.113.2", "web.hoster.example")),
            Some(Difference::Addresses),
            "two providers"
        );
        let inside = cloud("203.0.113.1", "a.corp.example");
        assert_eq!(
            differ(&inside, &cloud("203.0.113.2", "b.corp.example")),
            Some(Difference::Addresses),
            "an alias within the domain is nobody else's pool"
        );
    }

    #[test]
    fn a_private_address_on_one_side_is_split_dns() {
        let host = "mail.corp.example";
        let inner = seen(&["10.0.0.5"], host, 3600);
        assert_eq!(difference(host, &inner, &seen(&["203.0.113.7"], host, 3600)), Some(Difference::Split));
        assert_eq!(difference(host, &inner, &seen(&[], host, 3600)), Some(Difference::Split));
        assert_eq!(difference(host, &inner, &inner), None);
        let outer = seen(&["203.0.113.7"], host, 3600);
        assert_eq!(difference(host, &seen(&[], host, 60), &outer), Some(Difference::Missing));
    }
}
