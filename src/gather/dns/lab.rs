//! What does a name server on loopback answer that a test has made up?

use super::wire::text;
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::{Name, RData, Record, RecordType as WireType};
use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::net::UdpSocket;

/// The question, as a line of [`Lab::asked`]: `udp A name`.
pub type Questions = Arc<Mutex<Vec<String>>>;

#[derive(Debug, Clone)]
pub struct Lab {
    pub address: SocketAddr,
    asked: Questions,
}

impl Lab {
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Starts it. The answers of `reply` to a question over `udp` or `tcp` are sent one by one.
pub async fn start(reply: impl Fn(&Message, &str) -> Vec<Vec<u8>> + Send + Sync + 'static) -> Lab {
    let reply = Arc::new(reply);
    let asked = Questions::default();
    // the same port for both is free on a machine that is not full
    let (udp, tcp) = loop {
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            break (udp, tcp);
        }
    };
    let address = udp.local_addr().unwrap();
    let note = |asked: &Questions, transport: &str, message: &Message| {
        let query = message.queries.first().unwrap();
        asked.lock().unwrap().push(format!("{transport} {} {}", query.query_type(), text(query.name())));
    };
    let (replies, questions) = (Arc::clone(&reply), Arc::clone(&asked));
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let message = Message::from_vec(&buffer[..length]).unwrap();
            note(&questions, "udp", &message);
            for packet in replies(&message, "udp") {
                udp.send_to(&packet, from).await.unwrap();
            }
        }
    });
    let questions = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut buffer = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut buffer).await.unwrap();
            let message = Message::from_vec(&buffer).unwrap();
            note(&questions, "tcp", &message);
            for packet in reply(&message, "tcp") {
                stream.write_u16(packet.len().try_into().unwrap()).await.unwrap();
                stream.write_all(&packet).await.unwrap();
            }
        }
    });
    Lab { address, asked }
}

/// A reply of a resolver to this question.
pub fn reply(question: &Message, rcode: ResponseCode, answers: &[Record]) -> Message {
    let mut message = question.clone().into_response();
    message.metadata.recursion_available = true;
    message.metadata.response_code = rcode;
    message.add_answers(answers.iter().cloned());
    message
}

pub fn bytes(message: &Message) -> Vec<Vec<u8>> {
    vec![message.to_vec().unwrap()]
}

pub fn name(name: &str) -> Name {
    Name::from_str(&format!("{name}.")).unwrap()
}

pub fn a(owner: &str, address: [u8; 4]) -> Record {
    Record::from_rdata(name(owner), 300, RData::A(Ipv4Addr::from(address).into()))
}

/// A resolver that knows these hosts, each by one IPv4 address, and nothing else.
pub async fn of_hosts(hosts: &'static [(&'static str, [u8; 4])]) -> Lab {
    start(move |question, _| {
        let query = question.queries.first().unwrap();
        let known = hosts.iter().find(|(host, _)| *host == text(query.name()));
        bytes(&match known {
            None => reply(question, ResponseCode::NXDomain, &[]),
            Some((host, address)) if query.query_type() == WireType::A => {
                reply(question, ResponseCode::NoError, &[a(host, *address)])
            }
            Some(_) => reply(question, ResponseCode::NoError, &[]),
        })
    })
    .await
}
