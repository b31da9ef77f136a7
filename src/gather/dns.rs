//! What does the DNS say, in whole messages?
//!
//! A stub of its own, because a resolver library hides what a diagnosis is about: the alias in
//! front of an NXDOMAIN, the closed port behind a time-out, the server that answered.

#[cfg(test)]
pub(super) mod lab;
mod system;
#[cfg(test)]
mod tests;
mod via;
mod wire;

use super::{Settings, SetupError};
use crate::evidence::dns::{DnsFailKind, address_type};
use crate::evidence::{DnsAnswer, DnsFailure, DnsSeen, RecordData, RecordType, ResourceRecord};
use crate::order;
use crate::protocol::reach::is_private;
use futures_util::future::{BoxFuture, Shared};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType as WireType};
use hickory_resolver::Hosts;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use system::system_servers;
use wire::{Manner, answer, ask, glue};

/// As resolv.conf(5) has it (MAXNS).
const MOST_SERVERS: usize = 3;
/// How often a silent server is asked.
const ROUNDS: usize = 2;
/// How many aliases are followed where the server does not do it.
const MOST_ALIASES: usize = 8;

/// Puts questions to the configured name servers, each at most once. Cheap to clone.
#[derive(Clone)]
pub struct Resolver(Arc<Inner>);

struct Inner {
    servers: Vec<Server>,
    hosts: Hosts,
    overrides: Vec<super::Resolve>,
    rules: Vec<super::ConnectTo>,
    limit: Duration,
    ipv4: bool,
    ipv6: bool,
    asked: Mutex<BTreeMap<(String, RecordType), Asked>>,
}

/// A question under way, or its answer.
type Asked = Shared<BoxFuture<'static, DnsSeen>>;

/// A name server.
struct Server {
    address: SocketAddr,
    /// Its last try brought nothing: others are asked first.
    silent: AtomicBool,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("servers", &self.name_servers()).finish_non_exhaustive()
    }
}

impl Resolver {
    /// Reads the system's configuration, as far as the settings do not replace it.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let servers = match &settings.name_servers {
            Some(given) => given.clone(),
            None => system_servers()?,
        };
        let hosts = match &settings.hosts_file {
            // a machine without a hosts file has no such names
            None => Hosts::from_system().unwrap_or_default(),
            Some(path) => {
                let mut hosts = Hosts::default();
                let read = std::fs::File::open(path).and_then(|file| hosts.read_hosts_conf(file));
                read.map_err(|error| SetupError::unreadable(path.display(), error))?;
                hosts
            }
        };
        Ok(Self::with(servers, hosts, settings))
    }

    fn with(servers: Vec<SocketAddr>, hosts: Hosts, settings: &Settings) -> Self {
        let mut known: Vec<Server> = Vec::new();
        for address in servers {
            if !known.iter().any(|s| s.address == address) && known.len() < MOST_SERVERS {
                known.push(Server { address, silent: AtomicBool::new(false) });
            }
        }
        Self(Arc::new(Inner {
            servers: known,
            hosts,
            overrides: settings.resolve.clone(),
            rules: settings.connect_to.clone(),
            limit: settings.dns_timeout,
            ipv4: settings.ipv4,
            ipv6: settings.ipv6,
            asked: Mutex::default(),
        }))
    }

    /// The name servers that are asked, `address:port`, in order.
    pub fn name_servers(&self) -> Vec<String> {
        self.0.servers.iter().map(|s| s.address.to_string()).collect()
    }

    /// Whether every name server is private or loopback: then private addresses are to be expected.
    pub fn is_internal(&self) -> bool {
        !self.0.servers.is_empty() && self.0.servers.iter().all(|s| is_private(s.address.ip()))
    }

    /// Whether this machine's user or admin fixed the addresses of the host.
    pub fn is_overridden(&self, host: &str, port: u16) -> bool {
        let host = normal(host);
        self.0.overridden(&host, Some(port)).is_some()
            || self.0.in_hosts_file(&host, RecordType::A).or(self.0.in_hosts_file(&host, RecordType::Aaaa)).is_some()
    }

    /// Asks one question: the user's overrides and the hosts file first, as a client would.
    pub async fn look(&self, name: &str, rtype: RecordType) -> DnsSeen {
        let name = normal(name);
        match self.0.overridden(&name, None) {
            Some(addresses) => fixed("resolve", &name, rtype, addresses),
            None => self.ask_once(name, rtype).await,
        }
    }

    /// The addresses of a host for a connection to this port: IPv6 first, each family in the order
    /// of its answer. Empty where there is none; a look at the same names says why.
    pub async fn addresses(&self, host: &str, port: u16) -> Vec<IpAddr> {
        let host = normal(host);
        let used = |address: &IpAddr| if address.is_ipv6() { self.0.ipv6 } else { self.0.ipv4 };
        if let Ok(address) = host.parse::<IpAddr>() {
            return vec![address];
        }
        if let Some(addresses) = self.0.overridden(&host, Some(port)) {
            return addresses.iter().copied().filter(used).collect();
        }
        let of = async |ipv6: bool| {
            let wanted = if ipv6 { self.0.ipv6 } else { self.0.ipv4 };
            if wanted { self.ask_once(host.clone(), address_type(ipv6)).await.addresses() } else { Vec::new() }
        };
        let (mut all, ipv4) = futures_util::join!(of(true), of(false));
        all.extend(ipv4);
        all
    }

    /// The hosts file, else the wire.
    async fn ask_once(&self, name: String, rtype: RecordType) -> DnsSeen {
        if let Some(addresses) = self.0.in_hosts_file(&name, rtype) {
            return fixed("hosts-file", &name, rtype, &addresses);
        }
        self.on_wire(name, rtype).await
    }

    /// One question on the wire, whoever asks and however often.
    async fn on_wire(&self, name: String, rtype: RecordType) -> DnsSeen {
        let asked = {
            let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let inner = &self.0;
            asked
                .entry((name.clone(), rtype))
                .or_insert_with(|| {
                    let inner = Arc::clone(inner);
                    async move { inner.resolve(&name, rtype, Manner::Resolve).await }.boxed().shared()
                })
                .clone()
        };
        asked.await
    }
}

impl Inner {
    /// What `--resolve` says of the host; for any port where none is named.
    fn overridden(&self, host: &str, port: Option<u16>) -> Option<&[IpAddr]> {
        let of_host = |r: &&super::Resolve| r.host == host || r.host == "*";
        let entry = match port {
            Some(port) => self.overrides.iter().filter(of_host).find(|r| r.port == port),
            // a question names no port; that of https is what is meant
            None => {
                self.overrides.iter().filter(of_host).find(|r| r.port == 443).or(self.overrides.iter().find(of_host))
            }
        };
        entry.map(|r| r.addresses.as_slice())
    }

    /// What the hosts file says; as with getaddrinfo, a name that it holds is not asked for.
    fn in_hosts_file(&self, name: &str, rtype: RecordType) -> Option<Vec<IpAddr>> {
        if !matches!(rtype, RecordType::A | RecordType::Aaaa) {
            return None;
        }
        let wire_name = wire_name(name)?;
        let of = |wire: WireType| {
            let found = self.hosts.lookup_static_host(&Query::query(wire_name.clone(), wire))?;
            let addresses = found.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>();
            (!addresses.is_empty()).then_some(addresses)
        };
        match (of(WireType::A), of(WireType::AAAA)) {
            (None, None) => None,
            (ipv4, ipv6) => Some(if rtype == RecordType::A { ipv4 } else { ipv6 }.unwrap_or_default()),
        }
    }

    /// Asks, and follows aliases where the server has not done it.
    async fn resolve(&self, name: &str, rtype: RecordType, manner: Manner) -> DnsSeen {
        let mut seen = self.ask_servers(name, rtype, manner).await;
        for _ in 0..MOST_ALIASES {
            let Some(target) = seen.answer.as_ref().and_then(|answer| open_end(answer, name, rtype)) else { break };
            let next = self.ask_servers(&target, rtype, manner).await;
            seen.failures.extend(next.failures);
            // an alias whose end nobody could be asked about is no answer
            let (Some(answer), Some(end)) = (seen.answer.as_mut(), next.answer) else {
                seen.answer = None;
                break;
            };
            answer.rcode = end.rcode;
            answer.authentic &= end.authentic;
            answer.answers.extend(end.answers);
            answer.authority = end.authority;
            answer.extended_errors.extend(end.extended_errors);
        }
        seen
    }

    /// Puts one question to the servers in turn. A silent one is not given up when the next is
    /// asked: a slow answer still counts.
    async fn ask_servers(&self, name: &str, rtype: RecordType, manner: Manner) -> DnsSeen {
        let Some(wire_name) = wire_name(name) else { return DnsSeen { answer: None, failures: Vec::new() } };
        let mut order: Vec<usize> = (0..self.servers.len()).collect();
        order::by_key(&mut order, |at| self.servers.get(*at).is_some_and(|s| s.silent.load(Ordering::Relaxed)));
        let mut open = FuturesUnordered::new();
        // per server, in the order asked: why it gave no answer
        let mut tried: Vec<(usize, Option<DnsFailKind>)> = Vec::new();
        let mut lesser: Option<DnsAnswer> = None;
        for round in 0..ROUNDS {
            // a server that refused has spoken; only silence is asked again
            let once_more =
                |at: &usize| tried.iter().any(|(t, why)| t == at && *why == Some(DnsFailKind::Timeout)) || round == 0;
            if round > 0 && lesser.is_some() {
                break;
            }
            let now: Vec<usize> = order.iter().copied().filter(once_more).collect();
            for at in now {
                let Some(server) = self.servers.get(at) else { continue };
                if !tried.iter().any(|(t, _)| *t == at) {
                    tried.push((at, None));
                }
                let wire_name = wire_name.clone();
                open.push(async move { (at, ask(server.address, wire_name, wire_type(rtype), manner).await) });
                let time = tokio::time::sleep(self.limit);
                let mut time = std::pin::pin!(time);
                loop {
                    let came = tokio::select! {
                        biased;
                        Some(came) = open.next() => Some(came),
                        () = &mut time => None,
                    };
                    let (from, why) = match came {
                        None => (at, Some(DnsFailKind::Timeout)),
                        Some((from, Err(why))) => (from, Some(why)),
                        Some((from, Ok((message, transport)))) => {
                            let spoke = self.servers.get(from).map_or(server, |s| s);
                            spoke.silent.store(false, Ordering::Relaxed);
                            let mut answer = answer(&message, spoke.address, transport);
                            if manner == Manner::Own {
                                answer.additional = glue(&message);
                            }
                            if is_final(&message) {
                                tried.retain(|(t, _)| *t != from);
                                return self.seen(Some(answer), &tried);
                            }
                            lesser.get_or_insert(answer);
                            (from, None)
                        }
                    };
                    for (_, noted) in tried.iter_mut().filter(|(t, _)| *t == from) {
                        *noted = why;
                    }
                    if why.is_some()
                        && let Some(server) = self.servers.get(from)
                    {
                        server.silent.store(true, Ordering::Relaxed);
                    }
                    if from == at {
                        break;
                    }
                }
            }
        }
        self.seen(lesser, &tried)
    }

    fn seen(&self, answer: Option<DnsAnswer>, tried: &[(usize, Option<DnsFailKind>)]) -> DnsSeen {
        let failures = tried.iter().filter_map(|(at, why)| {
            Some(DnsFailure { server: self.servers.get(*at)?.address.to_string(), why: (*why)? })
        });
        DnsSeen { answer, failures: failures.collect() }
    }
}

/// Lower case, without the final dot and without the brackets of an address.
fn normal(name: &str) -> String {
    name.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

/// The name as it goes over the wire: whole, never with a search list.
fn wire_name(name: &str) -> Option<Name> {
    let mut wire = Name::from_ascii(name).ok()?;
    wire.set_fqdn(true);
    Some(wire)
}

fn wire_type(rtype: RecordType) -> WireType {
    match rtype {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Srv => WireType::SRV,
        RecordType::Mx => WireType::MX,
        RecordType::Ns => WireType::NS,
        RecordType::Soa => WireType::SOA,
        RecordType::Txt => WireType::TXT,
    }
}

/// The answer that this machine's user or admin has fixed.
fn fixed(server: &str, name: &str, rtype: RecordType, addresses: &[IpAddr]) -> DnsSeen {
    let fits = |address: &&IpAddr| match rtype {
        RecordType::A => address.is_ipv4(),
        RecordType::Aaaa => address.is_ipv6(),
        _ => false,
    };
    let record = |address: &IpAddr| ResourceRecord {
        name: name.to_owned(),
        ttl: 0,
        data: RecordData::Address { address: *address },
    };
    DnsSeen {
        answer: Some(DnsAnswer {
            server: server.to_owned(),
            transport: "override".to_owned(),
            rcode: "NOERROR".to_owned(),
            authoritative: false,
            authentic: false,
            answers: addresses.iter().filter(fits).map(record).collect(),
            authority: Vec::new(),
            additional: Vec::new(),
            extended_errors: Vec::new(),
        }),
        failures: Vec::new(),
    }
}

/// The last alias, where the server has left its target unresolved.
fn open_end(answer: &DnsAnswer, name: &str, rtype: RecordType) -> Option<String> {
    if rtype == RecordType::Cname || !answer.is_noerror() {
        return None;
    }
    let chain = answer.alias_chain(name);
    let (last, before) = chain.split_last()?;
    let looped = last == name || before.contains(last);
    let resolved = answer.answers.iter().any(|rr| rr.name == *last);
    // RFC 2308, 2.2: an SOA says that the target has no such record
    let denied = answer.authority.iter().any(|rr| matches!(rr.data, RecordData::Soa { .. }));
    (!looped && !resolved && !denied).then(|| last.clone())
}

/// Whether no other server needs to be asked: a resolver's own failure is no word about the name,
/// and neither is the referral of a server that does not resolve for us.
fn is_final(message: &Message) -> bool {
    let head = &message.metadata;
    match head.response_code {
        ResponseCode::NXDomain => true,
        ResponseCode::NoError => !message.answers.is_empty() || head.authoritative || head.recursion_available,
        _ => false,
    }
}
