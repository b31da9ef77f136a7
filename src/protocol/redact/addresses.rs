//! Which address stands for which, so that what is judged of it stays true?
//!
//! A private address stays private in its own range, a public one becomes one of those for documentation
//! (RFC 5737, RFC 3849; of many, RFC 2544), and their order stays: so a check finds the same. Loopback
//! and multicast name nobody.

use super::letters::Reading;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Addresses of resolvers that everybody uses.
const PUBLIC: &[&str] = &[
    "1.1.1.1",
    "1.0.0.1",
    "8.8.8.8",
    "8.8.4.4",
    "9.9.9.9",
    "149.112.112.112",
    "208.67.222.222",
    "208.67.220.220",
    "2606:4700:4700::1111",
    "2606:4700:4700::1001",
    "2001:4860:4860::8888",
    "2001:4860:4860::8844",
    "2620:fe::fe",
];

/// Where the stand-ins of a range of IPv4 begin; `None` for what names nobody.
fn range_v4(address: Ipv4Addr) -> Option<Ipv4Addr> {
    match address.octets() {
        [0 | 127 | 224..=255, ..] => None,
        [10, ..] => Some(Ipv4Addr::new(10, 0, 0, 0)),
        [172, 16..=31, ..] => Some(Ipv4Addr::new(172, 16, 0, 0)),
        [192, 168, ..] => Some(Ipv4Addr::new(192, 168, 0, 0)),
        [169, 254, ..] => Some(Ipv4Addr::new(169, 254, 0, 0)),
        [100, 64..=127, ..] => Some(Ipv4Addr::new(100, 64, 0, 0)),
        _ => Some(Ipv4Addr::new(203, 0, 113, 0)),
    }
}

/// The same of IPv6.
fn range_v6(address: Ipv6Addr) -> Option<Ipv6Addr> {
    let segments = address.segments();
    match segments {
        _ if address.is_loopback() || address.is_unspecified() || address.is_multicast() => None,
        [0xfe80..=0xfeff, ..] => Some(Ipv6Addr::new(segments[0], 0, 0, 0, 0, 0, 0, 0)),
        [0xfc00..=0xfdff, ..] => Some(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0)),
        _ => Some(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0)),
    }
}

/// Those addresses with their stand-ins; `kept` are to be no other's.
pub fn stand_ins(found: &BTreeSet<IpAddr>, kept: &BTreeSet<IpAddr>) -> BTreeMap<IpAddr, IpAddr> {
    let mut ranges: BTreeMap<IpAddr, Vec<IpAddr>> = BTreeMap::new();
    for address in found.iter().filter(|address| !kept.contains(address)) {
        if PUBLIC.iter().any(|public| public.parse() == Ok(*address)) {
            continue;
        }
        let range = match address {
            IpAddr::V4(address) => range_v4(*address).map(IpAddr::V4),
            IpAddr::V6(address) => range_v6(*address).map(IpAddr::V6),
        };
        if let Some(range) = range {
            ranges.entry(range).or_default().push(*address);
        }
    }
    let mut all = BTreeMap::new();
    for (range, members) in ranges {
        let many = members.len() + kept.len() > 250;
        let base = match range {
            IpAddr::V4(base) if many && base.octets()[0] == 203 => IpAddr::V4(Ipv4Addr::new(198, 18, 0, 0)),
            base => base,
        };
        let mut number = 0_u32;
        for address in members {
            let next = loop {
                number += 1;
                let next = plus(base, number);
                if !kept.contains(&next) {
                    break next;
                }
            };
            all.insert(address, next);
        }
    }
    all
}

/// The address of IPv4 that one of IPv6 holds: mapped (RFC 4291, 2.5.5.2), compatible (2.5.5.1), or of a gateway
/// (RFC 6052). It goes by that.
pub fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [.., high, low] = address.segments();
    let inner = Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    let above = u128::from(address) >> 32;
    let is_one = above == 0xffff || above == 0x64_ff9b_u128 << 64 || (above == 0 && high > 0);
    is_one.then_some(inner)
}

/// What stands for an address; `all` are those that were found.
pub fn stand_in(address: IpAddr, all: &BTreeMap<IpAddr, IpAddr>) -> Option<IpAddr> {
    let IpAddr::V6(outer) = address else { return all.get(&address).copied() };
    let Some(inner) = embedded(outer) else { return all.get(&address).copied() };
    let IpAddr::V4(other) = all.get(&IpAddr::V4(inner))? else { return None };
    let above = u128::from(outer) >> 32 << 32;
    Some(IpAddr::V6(Ipv6Addr::from(above | u128::from(u32::from(*other)))))
}

/// All addresses of IPv6 in a text, in whatever spelling, and where they stand.
pub fn v6_in(reading: &Reading) -> Vec<(Range<usize>, Ipv6Addr)> {
    let belongs = |letter: char| letter.is_ascii_hexdigit() || letter == ':' || letter == '.';
    reading.runs(belongs).into_iter().filter_map(|run| v6(reading, run)).collect()
}

/// The first address in a run of its letters. Words such as `client:` or a port may touch it, with colons.
fn v6(reading: &Reading, run: Range<usize>) -> Option<(Range<usize>, Ipv6Addr)> {
    let run = reading.trimmed(run, |letter| letter == '.');
    let is_apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    let colons: Vec<usize> = run.clone().filter(|place| reading.at(*place) == Some(':')).collect();
    // nothing longer is one, with what may touch it
    if colons.len() < 2 || colons.len() > 12 {
        return None;
    }
    let begins: Vec<usize> = [run.start].into_iter().chain(colons.iter().flat_map(|at| [*at, at + 1])).collect();
    let ends: Vec<usize> = [run.end].into_iter().chain(colons.iter().rev().flat_map(|at| [at + 1, *at])).collect();
    for from in begins.into_iter().filter(|from| is_apart(reading.before(*from))) {
        for to in ends.iter().copied().filter(|to| *to > from + 2 && is_apart(reading.at(*to))) {
            if let Ok(address) = reading.word(&(from..to)).parse() {
                return Some((from..to, address));
            }
        }
    }
    None
}

fn plus(base: IpAddr, number: u32) -> IpAddr {
    match base {
        IpAddr::V4(base) => IpAddr::V4(Ipv4Addr::from(u32::from(base).wrapping_add(number))),
        IpAddr::V6(base) => IpAddr::V6(Ipv6Addr::from(u128::from(base).wrapping_add(u128::from(number)))),
    }
}

/// Whether four numbers with dots are the version of a program rather than an address: Exchange's own
/// begin like this, and others stand behind the program's name and a slash.
pub fn is_version(text: &str, before: Option<char>, before_that: Option<char>) -> bool {
    let behind_a_name = before == Some('/') && before_that.is_some_and(char::is_alphanumeric);
    let mut numbers = text.split('.').map(|number| number.parse::<u8>().unwrap_or(u8::MAX));
    let is_exchange =
        matches!((numbers.next(), numbers.next()), (Some(8 | 14), Some(0..=3)) | (Some(15), Some(0..=2 | 20)));
    is_exchange || behind_a_name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::reach::is_private;

    #[test]
    fn what_begins_as_no_version_of_exchange_does_is_an_address() {
        for text in ["15.2.2562.46", "15.20.9228.12", "14.3.513.0", "8.3.83.0"] {
            assert!(is_version(text, None, None), "{text}");
        }
        for text in ["15.204.77.1", "8.20.30.40", "14.140.1.2", "85.9.8.7"] {
            assert!(!is_version(text, None, None), "{text}");
        }
    }

    #[test]
    fn rfc4291_an_address_is_known_in_every_spelling() {
        let found = |text: &str| {
            v6_in(&Reading::new(text)).into_iter().map(|(_, address)| address.to_string()).collect::<Vec<_>>()
        };
        for text in [
            "fd77:1234::9",
            "FD77:1234:0000:0000:0000:0000:0000:0009",
            "[fd77:1234::9]:443",
            "client:fd77:1234::9",
            "fd77:1234::9: unreachable",
            "fd77:1234:0:0:0:0:0:9:443",
            "x=fd77:1234:0::0:9/64,",
            "https://[fd77%3A1234%3a%3a9]/",
        ] {
            assert_eq!(found(text), ["fd77:1234::9"], "{text}");
        }
        assert_eq!(found("fe80::1%eth0 and fe80::2%25en0."), ["fe80::1", "fe80::2"]);
        assert_eq!(found("at 12:30:45, std::fade, Foo::Bar, 00:11:22:33:44:55"), Vec::<String>::new());
        for text in ["::ffff:10.1.2.3", "::FFFF:a01:203", "0:0:0:0:0:ffff:0a01:0203", "64:ff9b::10.1.2.3", "::10.1.2.3"]
        {
            let all = BTreeMap::from([("10.1.2.3".parse().unwrap(), "10.0.0.1".parse().unwrap())]);
            let other = stand_in(text.parse().unwrap(), &all).unwrap().to_string();
            assert!(other.ends_with("10.0.0.1") || other.ends_with(":a00:1"), "{text} {other}");
        }
        assert_eq!(embedded("::1".parse().unwrap()), None);
    }

    #[test]
    fn a_stand_in_is_of_the_same_kind_and_in_the_same_order_and_its_own() {
        let texts = ["10.9.8.7", "192.168.44.5", "172.20.1.1", "100.100.1.1", "81.2.3.4", "91.2.3.4", "127.0.0.1"];
        let more = ["2a01::1", "fd12:3456::9", "fe80::1234", "1.1.1.1", "203.0.113.1"];
        let found: BTreeSet<IpAddr> = texts.iter().chain(&more).map(|text| text.parse().unwrap()).collect();
        let kept = BTreeSet::from(["203.0.113.1".parse().unwrap()]);
        let all = stand_ins(&found, &kept);
        assert_eq!(all.len(), found.len() - 3);
        for (address, other) in &all {
            assert_eq!(is_private(*address), is_private(*other), "{address} {other}");
            assert!(!found.contains(other), "{address} {other}");
        }
        let of = |text: &str| all[&text.parse::<IpAddr>().unwrap()];
        assert!(of("81.2.3.4") < of("91.2.3.4"), "{all:?}");
        assert_eq!(all.values().collect::<BTreeSet<_>>().len(), all.len());
        let again = stand_ins(&all.values().copied().chain(kept.iter().copied()).collect(), &kept);
        assert!(again.iter().all(|(from, to)| from == to), "{again:?}");
    }
}
