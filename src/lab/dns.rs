//! What does the lab's name server answer?
//!
//! It behaves as a resolver does: one answer holds the whole alias chain, and a negative one
//! the SOA of the zone (RFC 2308).

use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, MX, NS, SOA, SRV};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Seconds that an answer may be cached.
const TTL: u32 = 300;
/// An alias chain longer than this is a loop.
const LONGEST_CHAIN: usize = 8;

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Data {
    /// An address of either family.
    Address(IpAddr),
    /// An alias.
    Alias(&'static str),
    /// Service location: port and target; priority and weight are 0.
    Service(u16, &'static str),
    /// Mail exchanger, preference 10.
    Mail(&'static str),
    /// A name server of the zone.
    NameServer(&'static str),
}

/// How the name server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SERVFAIL, as from a validating resolver when DNSSEC is broken.
    ServerFailure,
    /// SERVFAIL, unless whoever asks does not want it validated.
    Bogus,
    /// REFUSED, as from a name server that does not hold the zone.
    Refused,
    /// Nothing comes back.
    Silence,
}

/// Whom the name server speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Role {
    /// Nobody: it is a resolver.
    #[default]
    Resolver,
    /// The zone: it is responsible for it.
    Authority,
    /// The zone above: names at and below this one are another's, whose name server and address it tells.
    Parent(&'static str, &'static [(&'static str, Ipv4Addr)]),
}

/// All that the name server knows; whatever is not here does not exist.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// Records by owner.
    pub records: Vec<(&'static str, Data)>,
    /// Names for which it fails, those below included; the empty name is all of them.
    pub faults: Vec<(&'static str, Fault)>,
    /// Whom it speaks for.
    pub role: Role,
}

impl Data {
    fn rtype(self) -> RecordType {
        match self {
            Self::Address(IpAddr::V4(_)) => RecordType::A,
            Self::Address(IpAddr::V6(_)) => RecordType::AAAA,
            Self::Alias(_) => RecordType::CNAME,
            Self::Service(..) => RecordType::SRV,
            Self::Mail(_) => RecordType::MX,
            Self::NameServer(_) => RecordType::NS,
        }
    }

    fn rdata(self) -> Option<RData> {
        Some(match self {
            Self::Address(IpAddr::V4(address)) => RData::A(A(address)),
            Self::Address(IpAddr::V6(address)) => RData::AAAA(AAAA(address)),
            Self::Alias(target) => RData::CNAME(CNAME(name(target)?)),
            Self::Service(port, target) => RData::SRV(SRV::new(0, 0, port, name(target)?)),
            Self::Mail(exchange) => RData::MX(MX::new(10, name(exchange)?)),
            Self::NameServer(server) => RData::NS(NS(name(server)?)),
        })
    }
}

impl Zone {
    /// The fault that holds for this name.
    fn fault(&self, owner: &str) -> Option<Fault> {
        self.faults.iter().find(|(at, _)| at.is_empty() || is_below(owner, at)).map(|(_, fault)| *fault)
    }

    /// RFC 4592, 3.3.1: for a name that does not exist, the wildcard below its closest encloser answers.
    fn of<'a>(&'a self, owner: &'a str) -> impl Iterator<Item = Data> + 'a {
        let parents = std::iter::successors(owner.split_once('.'), |(_, parent)| parent.split_once('.'));
        let encloser = parents.map(|(_, parent)| parent).find(|parent| self.exists(parent));
        let wild = if self.exists(owner) { None } else { encloser.map(|parent| format!("*.{parent}")) };
        let fits = move |at: &str| wild.as_deref().map_or(at == owner, |wild| at == wild);
        self.records.iter().filter(move |(at, _)| fits(at)).map(|(_, data)| *data)
    }

    /// RFC 8020: a name exists where it or any name below it has a record.
    fn exists(&self, owner: &str) -> bool {
        self.records.iter().any(|(at, _)| is_below(at, owner))
    }

    /// The apex of the zone that a name lies in: the two last labels where the lab serves them.
    fn apex<'a>(&self, owner: &'a str) -> &'a str {
        let mut dots = owner.rmatch_indices('.');
        let second = dots.nth(1).map_or(owner, |(at, _)| owner.get(at + 1..).unwrap_or(owner));
        if second.contains('.') && self.exists(second) { second } else { "" }
    }

    /// The answer to a question; `None` is silence.
    fn answer(&self, question: &Message) -> Option<Message> {
        let mut answer = Message::response(question.metadata.id, OpCode::Query);
        answer.metadata = Metadata::response_from_request(&question.metadata);
        answer.metadata.recursion_available = self.role == Role::Resolver;
        answer.metadata.authoritative = self.role != Role::Resolver;
        if question.edns.is_some() {
            let mut edns = Edns::new();
            edns.set_max_payload(1232);
            answer.set_edns(edns);
        }
        let Some(query) = question.queries.first().filter(|_| question.metadata.message_type == MessageType::Query)
        else {
            answer.metadata.response_code = ResponseCode::FormErr;
            return Some(answer);
        };
        answer.add_query(query.clone());
        let mut owner = query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase();
        for _ in 0..LONGEST_CHAIN {
            let failure = match self.fault(&owner) {
                Some(Fault::Silence) => return None,
                Some(Fault::Bogus) if question.metadata.checking_disabled => None,
                Some(Fault::ServerFailure | Fault::Bogus) => Some(ResponseCode::ServFail),
                Some(Fault::Refused) => Some(ResponseCode::Refused),
                None => None,
            };
            if let Some(code) = failure {
                answer.answers.clear();
                answer.metadata.response_code = code;
                answer.metadata.authoritative = false;
                return Some(answer);
            }
            if let Role::Parent(cut, servers) = self.role
                && is_below(&owner, cut)
            {
                answer.metadata.authoritative = false;
                for (server, address) in servers {
                    answer.add_authorities(record(cut, Data::NameServer(server).rdata()?));
                    answer.add_additionals(record(server, RData::A(A(*address))));
                }
                return Some(answer);
            }
            if query.query_type() == RecordType::SOA && self.apex(&owner) == owner {
                answer.add_answers(self.start_of_authority(&owner));
                return Some(answer);
            }
            let wanted = self.of(&owner).filter(|data| data.rtype() == query.query_type());
            let found: Vec<Record> = wanted.filter_map(|data| record(&owner, data.rdata()?)).collect();
            if !found.is_empty() {
                answer.add_answers(found);
                return Some(answer);
            }
            let Some(target) = self.of(&owner).find_map(|data| match data {
                Data::Alias(target) => Some(target),
                _ => None,
            }) else {
                if !self.exists(&owner) && self.of(&owner).next().is_none() {
                    answer.metadata.response_code = ResponseCode::NXDomain;
                }
                answer.add_authorities(self.start_of_authority(&owner));
                return Some(answer);
            };
            answer.add_answers(Data::Alias(target).rdata().and_then(|data| record(&owner, data)));
            target.clone_into(&mut owner);
        }
        answer.metadata.response_code = ResponseCode::ServFail;
        Some(answer)
    }

    fn start_of_authority(&self, owner: &str) -> Option<Record> {
        let apex = self.apex(owner);
        let (primary, contact) = if apex.is_empty() {
            (name("a.root.example")?, name("nstld.root.example")?)
        } else {
            (name(&format!("ns1.{apex}"))?, name(&format!("hostmaster.{apex}"))?)
        };
        let soa = SOA::new(primary, contact, 2_026_112_201, 7200, 3600, 1_209_600, TTL);
        record(apex, RData::SOA(soa))
    }
}

fn record(owner: &str, data: RData) -> Option<Record> {
    Some(Record::from_rdata(name(owner)?, TTL, data))
}

fn name(text: &str) -> Option<Name> {
    Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).ok()
}

/// Whether `owner` is `at` or a name below it.
fn is_below(owner: &str, at: &str) -> bool {
    owner == at || owner.strip_suffix(at).is_some_and(|rest| rest.ends_with('.'))
}

/// Serves the zone on a free port of loopback, by UDP and TCP, until the tasks are dropped.
pub async fn serve(zone: Zone, round_trip: Duration, tasks: &mut JoinSet<()>) -> io::Result<SocketAddr> {
    let zone = Arc::new(zone);
    let (udp, tcp) = same_port().await?;
    let address = udp.local_addr()?;
    tasks.spawn(by_udp(udp, Arc::clone(&zone), round_trip));
    tasks.spawn(by_tcp(tcp, zone, round_trip));
    Ok(address)
}

/// Both transports on one port, whichever is free for both.
async fn same_port() -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..16 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn by_udp(socket: UdpSocket, zone: Arc<Zone>, round_trip: Duration) {
    let socket = Arc::new(socket);
    let mut open = JoinSet::new();
    let mut buffer = vec![0; 4096];
    loop {
        // an error here is an ICMP message about an answer that nobody waited for
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        while open.try_join_next().is_some() {}
        if let Some(answer) = buffer.get(..length).and_then(|question| reply(&zone, question)) {
            let socket = Arc::clone(&socket);
            open.spawn(async move {
                wait(round_trip).await;
                let _ = socket.send_to(&answer, from).await;
            });
        }
    }
}

async fn by_tcp(listener: TcpListener, zone: Arc<Zone>, round_trip: Duration) {
    let mut open = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        while open.try_join_next().is_some() {}
        let zone = Arc::clone(&zone);
        open.spawn(async move {
            // a client that goes away ends its connection, nothing else
            let _ = by_stream(stream, &zone, round_trip).await;
        });
    }
}

/// RFC 1035, 4.2.2: two bytes of length before each message.
async fn by_stream(mut stream: TcpStream, zone: &Zone, round_trip: Duration) -> io::Result<()> {
    loop {
        let mut question = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut question).await?;
        if let Some(answer) = reply(zone, &question) {
            wait(round_trip).await;
            let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
            stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat()).await?;
        }
    }
}

fn reply(zone: &Zone, question: &[u8]) -> Option<Vec<u8>> {
    zone.answer(&Message::from_vec(question).ok()?)?.to_vec().ok()
}

async fn wait(round_trip: Duration) {
    if !round_trip.is_zero() {
        sleep(round_trip).await;
    }
}
