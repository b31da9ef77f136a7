//! What does the DNS say, in whole messages?
//!
//! A stub of its own, because a resolver library hides what a diagnosis is about: the alias in
//! front of an NXDOMAIN, the closed port behind a time-out, the server that answered.

#[cfg(test)]
pub(super) mod lab;
mod system;
mod via;
mod wire;

use super::{Settings, SetupError};
use crate::evidence::dns::{DnsFailKind, address_type};
use crate::evidence::{DnsAnswer, DnsFailure, DnsSeen, RecordData, RecordType, ResourceRecord};
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
        order.sort_by_key(|at| self.servers.get(*at).is_some_and(|s| s.silent.load(Ordering::Relaxed)));
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

#[cfg(test)]
mod tests {
    use super::lab::{a, bytes, name, reply, start};
    use super::wire::text;
    use super::*;
    use hickory_proto::op::Edns;
    use hickory_proto::rr::rdata::opt::EdnsOption;
    use hickory_proto::rr::{RData, Record};

    use hickory_proto::rr::rdata::{CNAME, SOA, SRV, TXT};
    use std::time::Instant;
    use tokio::net::UdpSocket;

    /// Patient: a busy machine is no silent server.
    fn resolver(servers: &[SocketAddr]) -> Resolver {
        waiting(servers, Duration::from_secs(20))
    }

    fn waiting(servers: &[SocketAddr], dns_timeout: Duration) -> Resolver {
        let settings = Settings { dns_timeout, ..Settings::default() };
        Resolver::with(servers.to_vec(), Hosts::default(), &settings)
    }

    fn alias(owner: &str, target: &str) -> Record {
        Record::from_rdata(name(owner), 60, RData::CNAME(CNAME(name(target))))
    }

    fn soa() -> Record {
        let soa = SOA::new(name("ns.corp.example"), name("admin.corp.example"), 7, 3600, 600, 86400, 300);
        Record::from_rdata(name("corp.example"), 300, RData::SOA(soa))
    }

    /// An address where nobody listens.
    async fn closed() -> SocketAddr {
        UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
    }

    #[tokio::test]
    async fn rfc1035_records_of_every_asked_type_are_read_whole() {
        let lab = start(|question, _| {
            let mut message = reply(
                question,
                ResponseCode::NoError,
                &[Record::from_rdata(
                    name("_autodiscover._tcp.CORP.example"),
                    120,
                    RData::SRV(SRV::new(10, 5, 443, name("Mail.corp.example"))),
                )],
            );
            message.metadata.authentic_data = true;
            message.add_answer(Record::from_rdata(
                name("corp.example"),
                9,
                RData::TXT(TXT::new(vec!["v=spf1 ".to_owned(), "-all".to_owned()])),
            ));
            message.add_answer(Record::from_rdata(
                name("corp.example"),
                9,
                RData::SRV(SRV::new(0, 0, 0, Name::root())),
            ));
            bytes(&message)
        })
        .await;
        let seen = resolver(&[lab.address]).look("_Autodiscover._tcp.corp.example.", RecordType::Srv).await;
        let answer = seen.answer.unwrap();
        assert_eq!((answer.rcode.as_str(), answer.transport.as_str()), ("NOERROR", "udp"));
        assert_eq!(answer.server, lab.address.to_string());
        assert!(answer.authentic && !answer.authoritative);
        assert_eq!(answer.answers[0].name, "_autodiscover._tcp.corp.example");
        assert_eq!(answer.answers[0].ttl, 120);
        let target = "mail.corp.example".to_owned();
        assert_eq!(answer.answers[0].data, RecordData::Srv { priority: 10, weight: 5, port: 443, target });
        assert_eq!(answer.answers[1].data, RecordData::Txt { text: "v=spf1 -all".to_owned() });
        let none = RecordData::Srv { priority: 0, weight: 0, port: 0, target: String::new() };
        assert_eq!(answer.answers[2].data, none, "rfc2782: a target of . says decidedly not available");
        assert_eq!(lab.asked(), ["udp SRV _autodiscover._tcp.corp.example"]);
    }

    #[tokio::test]
    async fn the_alias_in_front_of_an_nxdomain_is_kept() {
        let lab = start(|question, _| {
            let dangling = alias("autodiscover.corp.example", "gone.hoster.example");
            let mut message = reply(question, ResponseCode::NXDomain, &[dangling]);
            message.add_authority(soa());
            bytes(&message)
        })
        .await;
        let answer = resolver(&[lab.address]).look("autodiscover.corp.example", RecordType::A).await.answer.unwrap();
        assert!(answer.is_nxdomain());
        assert_eq!(answer.alias_chain("autodiscover.corp.example"), ["gone.hoster.example"]);
        assert!(matches!(&answer.authority[0].data, RecordData::Soa { serial: 7, minimum: 300, .. }));
    }

    #[tokio::test]
    async fn rfc2308_nodata_is_noerror_without_records() {
        let lab = start(|question, _| {
            let mut message = reply(question, ResponseCode::NoError, &[alias("a.corp.example", "b.corp.example")]);
            message.add_authority(soa());
            bytes(&message)
        })
        .await;
        let seen = resolver(&[lab.address]).look("a.corp.example", RecordType::Aaaa).await;
        assert!(seen.answer.as_ref().is_some_and(DnsAnswer::is_noerror) && seen.addresses().is_empty());
        assert_eq!(lab.asked().len(), 1, "the SOA says that the end of the alias is known");
    }

    #[tokio::test]
    async fn an_alias_that_the_server_left_open_is_followed() {
        let lab = start(|question, _| {
            let asked = text(question.queries.first().unwrap().name());
            bytes(&match asked.as_str() {
                "a.corp.example" => reply(question, ResponseCode::NoError, &[alias(&asked, "b.corp.example")]),
                "b.corp.example" => reply(question, ResponseCode::NoError, &[alias(&asked, "c.corp.example")]),
                _ => reply(question, ResponseCode::NoError, &[a(&asked, [192, 0, 2, 1])]),
            })
        })
        .await;
        let seen = resolver(&[lab.address]).look("a.corp.example", RecordType::A).await;
        assert_eq!(seen.addresses(), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(seen.answer.unwrap().alias_chain("a.corp.example"), ["b.corp.example", "c.corp.example"]);
    }

    #[tokio::test]
    async fn a_loop_of_aliases_ends_and_stays_visible() {
        let lab = start(|question, _| {
            let asked = text(question.queries.first().unwrap().name());
            let target = if asked == "a.corp.example" { "b.corp.example" } else { "a.corp.example" };
            bytes(&reply(question, ResponseCode::NoError, &[alias(&asked, target)]))
        })
        .await;
        let answer = resolver(&[lab.address]).look("a.corp.example", RecordType::A).await.answer.unwrap();
        assert_eq!(answer.alias_chain("a.corp.example"), ["b.corp.example", "a.corp.example"]);
        assert_eq!(lab.asked().len(), 2);
    }

    #[tokio::test]
    async fn a_failing_resolver_is_kept_only_if_no_other_knows_better() {
        for rcode in [ResponseCode::ServFail, ResponseCode::Refused] {
            let failing = start(move |question, _| bytes(&reply(question, rcode, &[]))).await;
            let seen = resolver(&[failing.address]).look("corp.example", RecordType::A).await;
            let name = if rcode == ResponseCode::ServFail { "SERVFAIL" } else { "REFUSED" };
            assert_eq!(seen.answer.unwrap().rcode, name);
            assert_eq!(failing.asked().len(), 1, "it has spoken");

            let knowing = lab::of_hosts(&[("corp.example", [192, 0, 2, 9])]).await;
            let seen = resolver(&[failing.address, knowing.address]).look("corp.example", RecordType::A).await;
            assert_eq!(seen.addresses().len(), 1);
        }
    }

    #[tokio::test]
    async fn a_referral_of_a_server_that_does_not_resolve_is_not_nodata() {
        let lame = start(|question, _| {
            let mut message = reply(question, ResponseCode::NoError, &[]);
            message.metadata.recursion_available = false;
            bytes(&message)
        })
        .await;
        let knowing = lab::of_hosts(&[("corp.example", [192, 0, 2, 9])]).await;
        let seen = resolver(&[lame.address, knowing.address]).look("corp.example", RecordType::A).await;
        assert_eq!(seen.addresses().len(), 1);
    }

    #[tokio::test]
    async fn rfc8914_extended_errors_are_read() {
        let lab = start(|question, _| {
            let mut message = reply(question, ResponseCode::ServFail, &[]);
            let mut edns = Edns::new();
            let mut data = 22_u16.to_be_bytes().to_vec();
            data.extend(b"no reachable authority");
            edns.options_mut().insert(EdnsOption::Unknown(15, data));
            message.set_edns(edns);
            bytes(&message)
        })
        .await;
        let answer = resolver(&[lab.address]).look("corp.example", RecordType::A).await.answer.unwrap();
        assert_eq!(answer.extended_errors, ["22 no reachable authority"]);
    }

    #[tokio::test]
    async fn rfc6891_a_server_without_edns_is_asked_without() {
        let lab = start(|question, _| {
            bytes(&if question.edns.is_some() {
                Message::error_msg(question.metadata.id, question.metadata.op_code, ResponseCode::FormErr)
            } else {
                reply(question, ResponseCode::NoError, &[a("corp.example", [192, 0, 2, 1])])
            })
        })
        .await;
        let seen = resolver(&[lab.address]).look("corp.example", RecordType::A).await;
        assert_eq!(seen.addresses().len(), 1);
    }

    #[tokio::test]
    async fn silence_is_no_answer_and_says_of_whom() {
        let silent = start(|_, _| Vec::new()).await;
        let seen = waiting(&[silent.address], Duration::from_millis(100)).look("corp.example", RecordType::A).await;
        assert_eq!(seen.answer, None);
        assert_eq!(seen.failures, [DnsFailure { server: silent.address.to_string(), why: DnsFailKind::Timeout }]);
        assert_eq!(silent.asked().len(), 2, "packets get lost");
    }

    #[tokio::test]
    async fn behind_a_silent_server_the_next_answers_and_is_asked_first_from_then_on() {
        let silent = start(|_, _| Vec::new()).await;
        let knowing = lab::of_hosts(&[("a.corp.example", [192, 0, 2, 1]), ("b.corp.example", [192, 0, 2, 2])]).await;
        let resolver = waiting(&[silent.address, knowing.address], Duration::from_millis(400));
        let seen = resolver.look("a.corp.example", RecordType::A).await;
        assert_eq!((seen.addresses().len(), seen.failures.len()), (1, 1));
        let seen = resolver.look("b.corp.example", RecordType::A).await;
        assert_eq!((seen.addresses().len(), seen.failures.len()), (1, 0));
        assert_eq!(silent.asked().len(), 1);
    }

    #[tokio::test]
    async fn a_closed_port_is_told_at_once() {
        let closed = closed().await;
        let before = Instant::now();
        let seen = resolver(&[closed]).look("corp.example", RecordType::A).await;
        assert!(before.elapsed() < Duration::from_secs(10));
        assert_eq!(seen.failures, [DnsFailure { server: closed.to_string(), why: DnsFailKind::PortClosed }]);
    }

    #[tokio::test]
    async fn rfc7766_a_truncated_answer_is_asked_for_over_tcp() {
        let lab = start(|question, transport| {
            let mut message = reply(question, ResponseCode::NoError, &[a("corp.example", [192, 0, 2, 1])]);
            message.metadata.truncation = transport == "udp";
            bytes(&message)
        })
        .await;
        let seen = resolver(&[lab.address]).look("corp.example", RecordType::A).await;
        assert_eq!(seen.answer.unwrap().transport, "tcp");
        assert_eq!(lab.asked(), ["udp A corp.example", "tcp A corp.example"]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_asked_for_over_tcp() {
        let lab = start(|question, transport| {
            let good = reply(question, ResponseCode::NoError, &[a("corp.example", [192, 0, 2, 1])]).to_vec().unwrap();
            vec![if transport == "udp" { good[..good.len() - 3].to_vec() } else { good }]
        })
        .await;
        let seen = resolver(&[lab.address]).look("corp.example", RecordType::A).await;
        assert_eq!(seen.answer.unwrap().transport, "tcp");
    }

    #[tokio::test]
    async fn rfc5452_answers_with_another_id_or_question_are_ignored() {
        let lab = start(|question, _| {
            let mut wrong_id = reply(question, ResponseCode::NoError, &[a("corp.example", [6, 6, 6, 6])]);
            wrong_id.metadata.id = wrong_id.metadata.id.wrapping_add(1);
            let mut wrong_name = reply(question, ResponseCode::NoError, &[a("evil.example", [6, 6, 6, 6])]);
            wrong_name.queries = vec![Query::query(name("evil.example"), WireType::A)];
            let right = reply(question, ResponseCode::NoError, &[a("corp.example", [192, 0, 2, 1])]);
            let mut junk = right.to_vec().unwrap()[..14].to_vec();
            junk[0] ^= 0xff;
            [vec![junk], bytes(&wrong_id), bytes(&wrong_name), bytes(&right)].concat()
        })
        .await;
        let seen = resolver(&[lab.address]).look("corp.example", RecordType::A).await;
        assert_eq!(seen.addresses(), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
        assert_eq!(lab.asked(), ["udp A corp.example"]);
    }

    #[tokio::test]
    async fn every_question_goes_over_the_wire_once_whoever_asks() {
        let lab = lab::of_hosts(&[("mail.corp.example", [192, 0, 2, 1])]).await;
        let resolver = resolver(&[lab.address]);
        let other = resolver.clone();
        let (seen, addresses, again) = futures_util::join!(
            resolver.look("mail.corp.example", RecordType::A),
            other.addresses("MAIL.corp.example.", 443),
            other.addresses("mail.corp.example", 80),
        );
        assert_eq!(seen.addresses(), addresses);
        assert_eq!(addresses, again);
        resolver.look("mail.corp.example", RecordType::Aaaa).await;
        let mut asked = lab.asked();
        asked.sort();
        assert_eq!(asked, ["udp A mail.corp.example", "udp AAAA mail.corp.example"]);
    }

    #[tokio::test]
    async fn who_gives_up_does_not_end_the_question_for_others() {
        let lab = lab::of_hosts(&[("mail.corp.example", [192, 0, 2, 1])]).await;
        let resolver = resolver(&[lab.address]);
        {
            let mut first = std::pin::pin!(resolver.look("mail.corp.example", RecordType::A));
            assert!(futures_util::poll!(&mut first).is_pending());
        }
        assert_eq!(resolver.look("mail.corp.example", RecordType::A).await.addresses().len(), 1);
        assert_eq!(lab.asked().len(), 1);
    }

    #[tokio::test]
    async fn resolve_replaces_the_dns_for_its_port_as_in_curl() {
        let lab = lab::of_hosts(&[("mail.corp.example", [192, 0, 2, 1])]).await;
        let here: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        let of_host =
            super::super::Resolve { host: "mail.corp.example".to_owned(), port: 443, addresses: here.clone() };
        let settings = Settings { resolve: vec![of_host], ..Settings::default() };
        let resolver = Resolver::with(vec![lab.address], Hosts::default(), &settings);
        let seen = resolver.look("mail.corp.example", RecordType::A).await;
        assert_eq!(seen.addresses(), here[..1]);
        let answer = seen.answer.unwrap();
        assert_eq!((answer.server.as_str(), answer.transport.as_str()), ("resolve", "override"));
        assert_eq!(resolver.addresses("mail.corp.example", 443).await, here);
        assert_eq!(lab.asked(), Vec::<String>::new());
        assert_eq!(resolver.addresses("mail.corp.example", 80).await, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
        assert!(resolver.is_overridden("mail.corp.example", 443) && !resolver.is_overridden("mail.corp.example", 80));
    }

    #[tokio::test]
    async fn the_hosts_file_counts_as_for_any_client() {
        let lab = lab::of_hosts(&[]).await;
        let mut hosts = Hosts::default();
        hosts.read_hosts_conf("192.0.2.7 Mail.corp.example # by hand\n".as_bytes()).unwrap();
        let resolver = Resolver::with(vec![lab.address], hosts, &Settings::default());
        let answer = resolver.look("mail.corp.example", RecordType::A).await.answer.unwrap();
        assert_eq!((answer.server.as_str(), answer.addresses().len()), ("hosts-file", 1));
        let other = resolver.look("mail.corp.example", RecordType::Aaaa).await.answer.unwrap();
        assert!(other.is_noerror() && other.answers.is_empty());
        assert_eq!(lab.asked(), Vec::<String>::new());
        assert!(resolver.look("mail.corp.example", RecordType::Mx).await.answer.unwrap().is_nxdomain());
    }

    #[tokio::test]
    async fn addresses_keep_to_the_families_in_use() {
        let here: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        let of_host = super::super::Resolve { host: "*".to_owned(), port: 443, addresses: here.clone() };
        let settings = Settings { resolve: vec![of_host], ipv6: false, ..Settings::default() };
        let resolver = Resolver::with(Vec::new(), Hosts::default(), &settings);
        assert_eq!(resolver.addresses("mail.corp.example", 443).await, here[..1]);
        assert_eq!(resolver.addresses("[2001:db8::1]", 443).await, ["2001:db8::1".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn at_most_three_servers_each_once() {
        let servers = ["1.1.1.1:53", "1.1.1.1:53", "2.2.2.2:53", "3.3.3.3:53", "4.4.4.4:53"];
        let resolver = resolver(&servers.map(|s| s.parse().unwrap()));
        assert_eq!(resolver.name_servers(), ["1.1.1.1:53", "2.2.2.2:53", "3.3.3.3:53"]);
        assert!(!resolver.is_internal());
    }
}
