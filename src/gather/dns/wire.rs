//! How does one question travel to one name server, and what does the message say that comes back?

use crate::evidence::dns::DnsFailKind;
use crate::evidence::{DnsAnswer, RecordData, ResourceRecord};
use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{Name, RData, Record, RecordType as WireType};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// What is safe from fragmentation on any path (DNS flag day 2020).
const UDP_PAYLOAD: u16 = 1232;
/// RFC 8914
const EXTENDED_DNS_ERROR: u16 = 15;

/// What a question wants of whoever it is put to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// To resolve the name, and to validate where it can.
    Resolve,
    /// To resolve it without validating (RFC 4035, 3.2.2).
    Unchecked,
    /// To say what it knows itself.
    Own,
}

/// Puts the question to one server; waits as long as it takes.
pub async fn ask(
    server: SocketAddr,
    name: Name,
    rtype: WireType,
    manner: Manner,
) -> Result<(Message, &'static str), DnsFailKind> {
    let reply = ask_with(server, &question(name.clone(), rtype, manner, true)).await?;
    match reply.0.metadata.response_code {
        // RFC 6891, 7: so speaks a server that does not know EDNS
        ResponseCode::FormErr | ResponseCode::NotImp | ResponseCode::BADVERS | ResponseCode::BADSIG => {
            Ok(ask_with(server, &question(name, rtype, manner, false)).await.unwrap_or(reply))
        }
        _ => Ok(reply),
    }
}

async fn ask_with(server: SocketAddr, question: &Message) -> Result<(Message, &'static str), DnsFailKind> {
    match over_udp(server, question).await {
        Ok(message) if !message.metadata.truncation => Ok((message, "udp")),
        Ok(_) | Err(DnsFailKind::Malformed) => Ok((over_tcp(server, question).await?, "tcp")),
        Err(why) => Err(why),
    }
}

fn question(name: Name, rtype: WireType, manner: Manner, edns: bool) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = manner != Manner::Own;
    message.metadata.checking_disabled = manner == Manner::Unchecked;
    // RFC 6840, 5.7: asks for the AD bit without asking for signatures
    message.metadata.authentic_data = true;
    message.add_query(Query::query(name, rtype));
    if edns {
        let mut options = Edns::new();
        options.set_max_payload(UDP_PAYLOAD);
        message.set_edns(options);
    }
    message
}

async fn over_udp(server: SocketAddr, question: &Message) -> Result<Message, DnsFailKind> {
    let sent = question.to_vec().map_err(|_| DnsFailKind::Malformed)?;
    let here = if server.is_ipv6() { IpAddr::V6(Ipv6Addr::UNSPECIFIED) } else { IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
    let socket = UdpSocket::bind((here, 0)).await.map_err(|e| why(&e))?;
    // connected, so that only the server's packets and its closed port come back
    socket.connect(server).await.map_err(|e| why(&e))?;
    socket.send(&sent).await.map_err(|e| why(&e))?;
    let mut buffer = vec![0; 4096];
    loop {
        let length = socket.recv(&mut buffer).await.map_err(|e| why(&e))?;
        let packet = buffer.get(..length).unwrap_or_default();
        // what does not carry our id is not to us: a late answer, or a forged one
        if packet.get(..2) != sent.get(..2) {
            continue;
        }
        match Message::from_vec(packet) {
            Ok(message) if is_reply(&message, question) => return Ok(message),
            Ok(_) => {}
            Err(_) => return Err(DnsFailKind::Malformed),
        }
    }
}

async fn over_tcp(server: SocketAddr, question: &Message) -> Result<Message, DnsFailKind> {
    let sent = question.to_vec().map_err(|_| DnsFailKind::Malformed)?;
    let length = u16::try_from(sent.len()).map_err(|_| DnsFailKind::Malformed)?;
    let mut stream = TcpStream::connect(server).await.map_err(|e| why(&e))?;
    stream.write_all(&[&length.to_be_bytes(), sent.as_slice()].concat()).await.map_err(|e| why(&e))?;
    let length = stream.read_u16().await.map_err(|e| why(&e))?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await.map_err(|e| why(&e))?;
    match Message::from_vec(&buffer) {
        Ok(message) if is_reply(&message, question) && !message.metadata.truncation => Ok(message),
        _ => Err(DnsFailKind::Malformed),
    }
}

/// Whether it is the answer to this very question. A server that could not read the question may
/// leave it out.
fn is_reply(message: &Message, question: &Message) -> bool {
    message.metadata.message_type == MessageType::Response
        && message.metadata.id == question.metadata.id
        && (message.queries == question.queries
            || (message.queries.is_empty() && message.metadata.response_code != ResponseCode::NoError))
}

fn why(error: &io::Error) -> DnsFailKind {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => DnsFailKind::PortClosed,
        io::ErrorKind::TimedOut => DnsFailKind::Timeout,
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => DnsFailKind::Malformed,
        _ => DnsFailKind::Unreachable,
    }
}

pub fn answer(message: &Message, server: SocketAddr, transport: &str) -> DnsAnswer {
    let head = &message.metadata;
    let options = message.edns.as_ref().map(|edns| edns.options().options.as_slice()).unwrap_or_default();
    DnsAnswer {
        server: server.to_string(),
        transport: transport.to_owned(),
        rcode: rcode_name(head.response_code),
        authoritative: head.authoritative,
        authentic: head.authentic_data,
        answers: message.answers.iter().map(record).collect(),
        authority: message.authorities.iter().map(record).collect(),
        additional: Vec::new(),
        extended_errors: options.iter().filter_map(|(_, option)| extended_error(option)).collect(),
    }
}

/// The addresses that a referral brings along.
pub fn glue(message: &Message) -> Vec<ResourceRecord> {
    let records = message.additionals.iter().map(record);
    records.filter(|record| matches!(record.data, RecordData::Address { .. })).collect()
}

/// `code text` (RFC 8914, 2).
fn extended_error(option: &EdnsOption) -> Option<String> {
    let EdnsOption::Unknown(EXTENDED_DNS_ERROR, data) = option else { return None };
    let (code, text) = data.split_first_chunk::<2>()?;
    let text = String::from_utf8_lossy(text);
    Some(format!("{} {}", u16::from_be_bytes(*code), text.trim_matches(['\0', ' '])).trim_end().to_owned())
}

/// By the IANA's names.
fn rcode_name(code: ResponseCode) -> String {
    match code {
        ResponseCode::NoError => "NOERROR".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::YXDomain => "YXDOMAIN".to_owned(),
        ResponseCode::YXRRSet => "YXRRSET".to_owned(),
        ResponseCode::NXRRSet => "NXRRSET".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::NotZone => "NOTZONE".to_owned(),
        // the same number; the other name belongs to TSIG, which is not used here
        ResponseCode::BADVERS | ResponseCode::BADSIG => "BADVERS".to_owned(),
        ResponseCode::BADCOOKIE => "BADCOOKIE".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

fn record(record: &Record) -> ResourceRecord {
    ResourceRecord { name: text(&record.name), ttl: record.ttl, data: data(&record.data) }
}

fn data(data: &RData) -> RecordData {
    match data {
        RData::A(address) => RecordData::Address { address: IpAddr::V4(address.0) },
        RData::AAAA(address) => RecordData::Address { address: IpAddr::V6(address.0) },
        RData::CNAME(target) => RecordData::Cname { target: text(&target.0) },
        RData::SRV(srv) => {
            RecordData::Srv { priority: srv.priority, weight: srv.weight, port: srv.port, target: text(&srv.target) }
        }
        RData::MX(mx) => RecordData::Mx { preference: mx.preference, exchange: text(&mx.exchange) },
        RData::NS(target) => RecordData::Ns { target: text(&target.0) },
        RData::SOA(soa) => RecordData::Soa { mname: text(&soa.mname), serial: soa.serial, minimum: soa.minimum },
        RData::TXT(txt) => RecordData::Txt {
            text: txt.txt_data.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect(),
        },
        other => RecordData::Other {
            rtype: match other.record_type() {
                // RFC 3597, 5
                WireType::Unknown(number) => format!("TYPE{number}"),
                known => known.to_string(),
            },
        },
    }
}

/// Lower case, without the final dot; the root is empty.
pub fn text(name: &Name) -> String {
    name.to_ascii().trim_end_matches('.').to_ascii_lowercase()
}
