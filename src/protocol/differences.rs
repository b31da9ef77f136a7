//! In what do the addresses of one host differ, and which of them is the odd one?
//!
//! Most addresses set what is usual; of as many, the one whose certificate ends last, for a node that
//! was forgotten is behind the others.

use super::chain::{AddressTls, ChainAnalysis, HostTls};
use super::handshake;
use super::x509::Certificate;
use crate::evidence::{Phase, Stop, TlsOutcome, View};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One way in which an address differs from most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Another certificate of the server.
    Leaf {
        /// When it ends.
        until: Option<Timestamp>,
        /// How that is beside the usual one.
        age: Age,
    },
    /// Certificates behind it that are not sent.
    Lacks(Vec<String>),
    /// Certificates that only this address sends.
    Adds(Vec<String>),
    /// The same certificates in another order.
    Order,
    /// Another version of TLS.
    Version {
        /// The highest that this address speaks.
        version: String,
        /// Whether the handshake of clients of today fails because of it.
        too_old: bool,
    },
    /// No stapled OCSP answer, where the others have one.
    NoStaple,
    /// A stapled OCSP answer, where the others have none.
    Staple,
}

/// How an odd certificate is beside the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Its time is over, the other's is not.
    Ended,
    /// It ends before the other.
    Older,
    /// Neither.
    Other,
}

impl Difference {
    /// A word for scripts.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Leaf { .. } => "leaf",
            Self::Lacks(_) | Self::Adds(_) | Self::Order => "chain",
            Self::Version { .. } => "version",
            Self::NoStaple | Self::Staple => "staple",
        }
    }

    /// Whether some clients may fail because of it.
    pub const fn matters(&self) -> bool {
        match self {
            Self::Leaf { .. } | Self::Lacks(_) | Self::Adds(_) | Self::Order => true,
            Self::Version { too_old, .. } => *too_old,
            Self::NoStaple | Self::Staple => false,
        }
    }
}

/// Addresses that differ from most in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Which.
    pub addresses: Vec<IpAddr>,
    /// In what.
    pub differences: Vec<Difference>,
}

/// What one address is compared by.
struct Shown<'a> {
    address: IpAddr,
    chain: &'a ChainAnalysis,
    version: Option<String>,
    too_old: bool,
    /// None where there was no room for one.
    staple: Option<bool>,
}

/// The addresses that differ from most, in the order of the host's addresses.
pub fn differences(view: &View<'_>, host: &HostTls<'_>) -> Result<Vec<Odd>, Stop> {
    if host.addresses.len() < 2 {
        return Ok(Vec::new());
    }
    let mut shown = Vec::new();
    for address in &host.addresses {
        shown.extend(of_address(view, host, address)?);
    }
    Ok(compare(&shown, view.now()))
}

fn of_address<'a>(view: &View<'_>, host: &HostTls<'_>, address: &'a AddressTls<'_>) -> Result<Option<Shown<'a>>, Stop> {
    let (Ok(seen), Some(chain)) = (address.seen, &address.chain) else { return Ok(None) };
    let (version, too_old) = match &seen.outcome {
        TlsOutcome::Handshake(handshake) => (Some(handshake.version.clone()), false),
        TlsOutcome::Failed(failure) if failure.phase >= Phase::Handshake => {
            let shake = handshake::look_at_address(view, &host.host, host.port, address.address)?;
            let too_old = matches!(shake.fault(), Some(handshake::Fault::TooOld { .. }));
            (shake.versions().pop(), too_old)
        }
        TlsOutcome::Failed(_) | TlsOutcome::File => (None, false),
    };
    // a chain that came in clear has no room for a staple
    let staple = (!seen.chain.is_empty()).then_some(seen.ocsp.is_some());
    Ok(Some(Shown { address: address.address, chain, version, too_old, staple }))
}

fn compare(shown: &[Shown<'_>], now: Timestamp) -> Vec<Odd> {
    let mut groups: BTreeMap<Vec<&str>, Vec<&Shown<'_>>> = BTreeMap::new();
    for one in shown {
        groups.entry(fingerprints(one)).or_default().push(one);
    }
    let rank = |group: &&Vec<&Shown<'_>>| {
        let first = group.first();
        let end = first.and_then(|one| one.chain.leaf()?.validity).map(|validity| validity.not_after);
        let count = first.map_or(0, |one| one.chain.certificates.len());
        (group.len(), end, count, std::cmp::Reverse(first.map(|one| one.address)))
    };
    let Some(usual) = groups.values().max_by_key(rank) else { return Vec::new() };
    // among those that send the same, the most frequent version and staple
    let most = |of: &dyn Fn(&Shown<'_>) -> String| {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        for one in usual {
            *counted.entry(of(one)).or_default() += 1;
        }
        counted.into_iter().max_by_key(|(_, count)| *count).map(|(value, _)| value)
    };
    let version = most(&|one| one.version.clone().unwrap_or_default());
    let staple = most(&|one| (one.staple == Some(true)).to_string());
    let Some(example) = usual.first() else { return Vec::new() };
    let mut odd: Vec<Odd> = Vec::new();
    for one in shown {
        let mut found = certificates(one, example, now);
        if let Some(own) = one.version.as_ref().filter(|own| version.as_ref() != Some(*own)) {
            found.push(Difference::Version { version: own.clone(), too_old: one.too_old });
        }
        if let Some(own) = one.staple.filter(|own| staple.as_ref() != Some(&own.to_string())) {
            found.push(if own { Difference::Staple } else { Difference::NoStaple });
        }
        if found.is_empty() {
            continue;
        }
        match odd.iter_mut().find(|odd| odd.differences == found) {
            Some(same) => same.addresses.push(one.address),
            None => odd.push(Odd { addresses: vec![one.address], differences: found }),
        }
    }
    odd
}

fn fingerprints<'a>(one: &Shown<'a>) -> Vec<&'a str> {
    one.chain.certificates.iter().map(|certificate| certificate.fingerprint.as_str()).collect()
}

fn certificates(one: &Shown<'_>, usual: &Shown<'_>, now: Timestamp) -> Vec<Difference> {
    let (own, other) = (fingerprints(one), fingerprints(usual));
    if own == other {
        return Vec::new();
    }
    let mut found = Vec::new();
    if own.first() != other.first() {
        let end = |one: &Shown<'_>| Some(one.chain.leaf()?.validity?.not_after);
        let age = match (end(one), end(usual)) {
            (Some(own), Some(other)) if own < now && other >= now => Age::Ended,
            (Some(own), Some(other)) if own < other => Age::Older,
            _ => Age::Other,
        };
        found.push(Difference::Leaf { until: end(one), age });
    }
    let behind = |of: &Shown<'_>, without: &[&str]| -> Vec<String> {
        let all = of.chain.certificates.iter().skip(1);
        all.filter(|c| !without.contains(&c.fingerprint.as_str())).map(Certificate::short_name).collect()
    };
    let (lacks, adds) = (behind(usual, &own), behind(one, &other));
    if found.is_empty() && lacks.is_empty() && adds.is_empty() {
        found.push(Difference::Order);
    }
    if !lacks.is_empty() {
        found.push(Difference::Lacks(lacks));
    }
    if !adds.is_empty() {
        found.push(Difference::Adds(adds));
    }
    found
}
