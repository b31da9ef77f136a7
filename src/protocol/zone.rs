//! Which name servers is a zone delegated to, and is each of them responsible for it?
//!
//! The resolver names the zone's servers; where it fails for the zone, the servers of the zone above are
//! asked. Each is then asked itself for the SOA, which only a responsible one answers with authority
//! (RFC 1034, 4.3.1).

use super::{hosts, trusted};
use crate::evidence::dns::{DnsFailKind, address_type};
use crate::evidence::{DnsAnswer, DnsSeen, RecordData, RecordType, ResourceRecord, Stop, Via, View, view};
use crate::order;
use std::net::IpAddr;

/// So many name servers of a zone are asked.
const MOST_SERVERS: usize = 6;
/// So many of the zone above.
const MOST_PARENTS: usize = 2;
/// So many zones above are sought.
const MOST_UP: usize = 3;

/// A zone, and what its name servers say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub apex: String,
    /// The name servers that it is delegated to.
    pub servers: Vec<NameServer>,
    /// Whether the zone above named them, because the resolver could not.
    pub from_parent: bool,
    /// Where the resolver says that the zone starts, if elsewhere.
    pub starts_at: Option<String>,
}

/// A name server of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its name.
    pub name: String,
    /// The address that was asked.
    pub address: Option<IpAddr>,
    /// What it said.
    pub word: Word,
}

/// What a name server says of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It is responsible.
    Responsible,
    /// It answers, and is not: with this response code.
    Lame {
        /// By its IANA name; `malformed` for what is no answer.
        rcode: String,
    },
    /// Its name has no address.
    NoAddress,
    /// It does not answer.
    Silent,
    /// Nobody could ask.
    Unasked,
}

impl Word {
    /// A word for scripts.
    pub const fn id(&self) -> &'static str {
        match self {
            Self::Responsible => "responsible",
            Self::Lame { .. } => "lame",
            Self::NoAddress => "no-address",
            Self::Silent => "silent",
            Self::Unasked => "unasked",
        }
    }
}

impl Zone {
    /// How many of its name servers are responsible.
    pub fn responsible(&self) -> usize {
        self.servers.iter().filter(|server| server.word == Word::Responsible).count()
    }

    /// Those that are of no use, as far as one can tell from here. Where none is responsible, answers
    /// without authority may be those of a device that answers for everybody, and silence may be a
    /// firewall's.
    pub fn useless(&self) -> Vec<&NameServer> {
        let some_work = self.responsible() > 0;
        let is_useless = |server: &&NameServer| match &server.word {
            Word::Responsible | Word::Unasked => false,
            Word::NoAddress => true,
            Word::Lame { rcode } => some_work || (self.from_parent && rcode != "NOERROR"),
            Word::Silent => some_work,
        };
        self.servers.iter().filter(is_useless).collect()
    }
}

/// A delegation.
struct Delegation {
    apex: String,
    names: Vec<String>,
    glue: Vec<ResourceRecord>,
    from_parent: bool,
}

/// The zone that a domain lies in; `None` where nobody names its servers.
pub fn zone(view: &View<'_>, domain: &str) -> Result<Option<Zone>, Stop> {
    let (soa, ns) = (view.dns(domain, RecordType::Soa), view.dns(domain, RecordType::Ns));
    let (soa, ns) = (soa?, ns?);
    let (Ok(soa), Ok(ns)) = (soa, ns) else { return Ok(None) };
    let Some(answer) = &ns.answer else { return Ok(None) };
    let delegation = if answer.is_noerror() {
        by_resolver(view, domain, answer)?
    } else if answer.is_nxdomain() {
        None
    } else {
        by_parent(view, domain)?
    };
    let Some(delegation) = delegation else { return Ok(None) };
    let names = delegation.names.iter().take(MOST_SERVERS);
    let servers = view::all(names.map(|name| ask(view, &delegation, name)))?;
    let starts_at = soa.answer.as_ref().and_then(start).filter(|start| *start != delegation.apex);
    Ok(Some(Zone {
        servers,
        starts_at: starts_at.filter(|_| delegation.apex == domain && !delegation.from_parent),
        apex: delegation.apex,
        from_parent: delegation.from_parent,
    }))
}

/// Where the zone starts that an answer comes from.
fn start(answer: &DnsAnswer) -> Option<String> {
    let is_start = |record: &&ResourceRecord| matches!(record.data, RecordData::Soa { .. });
    answer.answers.iter().chain(&answer.authority).find(is_start).map(|record| record.name.clone())
}

fn is_at_or_above(apex: &str, domain: &str) -> bool {
    domain == apex || domain.strip_suffix(apex).is_some_and(|rest| rest.ends_with('.'))
}

fn named<'a>(records: impl Iterator<Item = &'a ResourceRecord>, apex: &str) -> Vec<String> {
    let of_apex = records.filter(|record| record.name == apex);
    let mut names: Vec<String> = of_apex
        .filter_map(|record| match &record.data {
            RecordData::Ns { target } if !target.is_empty() => Some(target.clone()),
            _ => None,
        })
        .collect();
    // a resolver turns them round and round
    order::rising(&mut names);
    names.dedup();
    names
}

fn by_resolver(view: &View<'_>, domain: &str, answer: &DnsAnswer) -> Result<Option<Delegation>, Stop> {
    let of = |apex: &str, names| Delegation { apex: apex.to_owned(), names, glue: Vec::new(), from_parent: false };
    let own = named(answer.answers.iter(), domain);
    if !own.is_empty() {
        return Ok(Some(of(domain, own)));
    }
    // the domain is a name inside a zone; one of a registry's is nobody's to repair
    let Some(apex) = start(answer).filter(|apex| *apex != domain && is_at_or_above(apex, domain)) else {
        return Ok(None);
    };
    if apex.is_empty() || trusted::is_public_suffix(&apex) {
        return Ok(None);
    }
    let names = view.dns(&apex, RecordType::Ns)?.ok().and_then(|seen| seen.answer.as_ref());
    let names = names.map(|answer| named(answer.answers.iter(), &apex)).unwrap_or_default();
    Ok((!names.is_empty()).then(|| of(&apex, names)))
}

/// The delegation as the zone above has it.
fn by_parent(view: &View<'_>, domain: &str) -> Result<Option<Delegation>, Stop> {
    let mut above = domain;
    for _ in 0..MOST_UP {
        let Some((_, parent)) = above.split_once('.') else { return Ok(None) };
        above = parent;
        let Ok(seen) = view.dns(parent, RecordType::Ns)? else { return Ok(None) };
        let names = seen.answer.as_ref().map(|answer| named(answer.answers.iter(), parent)).unwrap_or_default();
        if names.is_empty() {
            continue;
        }
        let addresses = view::all(names.iter().take(MOST_PARENTS).map(|name| hosts::addresses(view, name)))?;
        let asked = view::all(
            addresses
                .iter()
                .filter_map(|all| best(all))
                .map(|address| view.dns_via(domain, RecordType::Ns, Via::NameServer { address })),
        )?;
        let referral = asked.into_iter().flatten().find_map(|seen| {
            let answer = seen.answer.as_ref()?;
            let both = || answer.answers.iter().chain(&answer.authority);
            let owner = both().find_map(|record| match &record.data {
                RecordData::Ns { .. } if record.name != parent && is_at_or_above(&record.name, domain) => {
                    Some(record.name.clone())
                }
                _ => None,
            })?;
            let names = named(both(), &owner);
            Some(Delegation { apex: owner, names, glue: answer.additional.clone(), from_parent: true })
        });
        return Ok(referral);
    }
    Ok(None)
}

/// Of several addresses one that most networks reach.
fn best(addresses: &[IpAddr]) -> Option<IpAddr> {
    addresses.iter().find(|address| address.is_ipv4()).or(addresses.first()).copied()
}

fn ask(view: &View<'_>, zone: &Delegation, name: &str) -> Result<NameServer, Stop> {
    let of_glue = zone.glue.iter().filter(|record| record.name == name);
    let glue: Vec<IpAddr> = of_glue
        .filter_map(|record| match record.data {
            RecordData::Address { address } => Some(address),
            _ => None,
        })
        .filter(|address| if address.is_ipv6() { view.subject().ipv6 } else { view.subject().ipv4 })
        .collect();
    let addresses = if glue.is_empty() { hosts::addresses(view, name)? } else { glue };
    let of = |address, word| NameServer { name: name.to_owned(), address, word };
    let Some(address) = best(&addresses) else {
        let look = view.dns(name, address_type(!view.subject().ipv4))?;
        let is_known = look.is_ok_and(|seen| seen.answer.as_ref().is_some_and(|a| a.is_noerror() || a.is_nxdomain()));
        // without one family, the other may have its address
        let is_denied = is_known && view.subject().ipv4 && view.subject().ipv6;
        return Ok(of(None, if is_denied { Word::NoAddress } else { Word::Unasked }));
    };
    let look = view.dns_via(&zone.apex, RecordType::Soa, Via::NameServer { address })?;
    Ok(of(Some(address), look.map_or(Word::Unasked, |seen| word(seen, &zone.apex))))
}

fn word(seen: &DnsSeen, apex: &str) -> Word {
    let Some(answer) = &seen.answer else {
        return match seen.failures.first().map(|failure| failure.why) {
            Some(DnsFailKind::Timeout | DnsFailKind::PortClosed) => Word::Silent,
            Some(DnsFailKind::Malformed) => Word::Lame { rcode: "malformed".to_owned() },
            // no way there from here says nothing of it
            Some(DnsFailKind::Unreachable) | None => Word::Unasked,
        };
    };
    let holds = |record: &ResourceRecord| record.name == apex && matches!(record.data, RecordData::Soa { .. });
    if answer.authoritative && answer.is_noerror() && answer.answers.iter().any(holds) {
        Word::Responsible
    } else {
        Word::Lame { rcode: answer.rcode.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(words: &[Word]) -> Zone {
        let server = |word: &Word| NameServer { name: "ns".to_owned(), address: None, word: word.clone() };
        let servers = words.iter().map(server).collect();
        Zone { apex: "corp.example".to_owned(), servers, from_parent: false, starts_at: None }
    }

    #[test]
    fn where_nobody_is_responsible_silence_may_be_a_firewalls_and_an_answer_anybodys() {
        let lame = |rcode: &str| Word::Lame { rcode: rcode.to_owned() };
        assert_eq!(zone(&[Word::Silent, Word::Silent]).useless().len(), 0);
        assert_eq!(zone(&[lame("NOERROR"), lame("NOERROR")]).useless().len(), 0);
        assert_eq!(zone(&[lame("REFUSED"), Word::NoAddress, Word::Unasked]).useless().len(), 1);
        let of_parent = Zone { from_parent: true, ..zone(&[lame("REFUSED"), Word::NoAddress, Word::Unasked]) };
        assert_eq!(of_parent.useless().len(), 2);
        assert_eq!(zone(&[Word::Responsible, lame("NOERROR"), Word::Silent, Word::Unasked]).useless().len(), 2);
    }

    #[test]
    fn rfc1034_4_3_1_only_an_authoritative_soa_of_the_zone_itself_shows_responsibility() {
        let soa = |owner: &str| ResourceRecord {
            name: owner.to_owned(),
            ttl: 60,
            data: RecordData::Soa { mname: "ns".to_owned(), serial: 1, minimum: 60 },
        };
        let seen = |authoritative, answers: Vec<ResourceRecord>, authority: Vec<ResourceRecord>| DnsSeen {
            answer: Some(DnsAnswer {
                server: "192.0.2.53:53".to_owned(),
                transport: "udp".to_owned(),
                rcode: "NOERROR".to_owned(),
                authoritative,
                authentic: false,
                answers,
                authority,
                additional: Vec::new(),
                extended_errors: Vec::new(),
            }),
            failures: Vec::new(),
        };
        let of = |seen: DnsSeen| word(&seen, "corp.example").id();
        assert_eq!(of(seen(true, vec![soa("corp.example")], Vec::new())), "responsible");
        assert_eq!(of(seen(false, vec![soa("corp.example")], Vec::new())), "lame", "from a cache");
        assert_eq!(of(seen(true, Vec::new(), vec![soa("example")])), "lame", "of the zone above");
    }
}
