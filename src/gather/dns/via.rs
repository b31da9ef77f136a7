//! How does a question go past the configured resolver: to another one, or to the zone's own name servers?

use super::wire::Manner;
use super::{Inner, Resolver, Server, normal};
use crate::evidence::{DnsSeen, HeldBack, RecordType, Via};
use crate::gather::net::connect_to;
use crate::protocol::reach::is_private;
use hickory_resolver::Hosts;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Where name servers listen.
const PORT: u16 = 53;
/// For each try of a zone's own name server, which needs nobody to answer. Many networks let no question
/// through to them, and a run does not wait long for that.
const PATIENCE: Duration = Duration::from_millis(750);

impl Resolver {
    /// Asks one question another way. What the DNS of an outsider names is asked only where it is no
    /// private address, or where the resolver itself is one of this network.
    pub async fn look_via(&self, name: &str, rtype: RecordType, via: Via) -> Result<DnsSeen, HeldBack> {
        let name = normal(name);
        Ok(match via {
            Via::Wire => self.on_wire(name, rtype).await,
            Via::Unchecked => self.0.resolve(&name, rtype, Manner::Unchecked).await,
            Via::Resolver { server } => {
                self.0.with_server(server, self.0.limit).resolve(&name, rtype, Manner::Resolve).await
            }
            Via::NameServer { address } if is_private(address) && !self.is_internal() => {
                return Err(HeldBack::PrivateAddress);
            }
            Via::NameServer { address } => {
                let place = self.0.place(address);
                let mut seen =
                    self.0.with_server(place, self.0.limit.min(PATIENCE)).ask_servers(&name, rtype, Manner::Own).await;
                // whoever it was led to, this one was meant
                let meant = SocketAddr::new(address, PORT).to_string();
                seen.failures.iter_mut().for_each(|failure| failure.server.clone_from(&meant));
                if let Some(answer) = &mut seen.answer {
                    answer.server = meant;
                }
                seen
            }
        })
    }
}

impl Inner {
    /// One other server within this limit, no file and no override.
    fn with_server(&self, address: SocketAddr, limit: Duration) -> Self {
        Self {
            servers: vec![Server { address, silent: AtomicBool::new(false) }],
            hosts: Hosts::default(),
            overrides: Vec::new(),
            rules: Vec::new(),
            limit,
            ipv4: self.ipv4,
            ipv6: self.ipv6,
            asked: Mutex::new(BTreeMap::new()),
        }
    }

    /// Where a name server really is; only a rule of `--connect-to` for that very address counts, since
    /// others are meant for the web.
    fn place(&self, address: IpAddr) -> SocketAddr {
        let exact: Vec<_> = self.rules.iter().filter(|rule| rule.from_host.is_some()).cloned().collect();
        let (host, port, _) = connect_to(&exact, &address.to_string(), PORT);
        SocketAddr::new(host.and_then(|host| host.parse().ok()).unwrap_or(address), port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gather::dns::lab::{a, bytes, name, reply, start};
    use crate::gather::{ConnectTo, Settings};
    use hickory_proto::op::ResponseCode;
    use hickory_proto::rr::rdata::NS;
    use hickory_proto::rr::{RData, Record};

    fn resolver(server: SocketAddr, settings: Settings) -> Resolver {
        Resolver::with(vec![server], Hosts::default(), &Settings { dns_timeout: Duration::from_secs(20), ..settings })
    }

    #[tokio::test]
    async fn rfc4035_3_2_2_a_question_with_cd_is_answered_where_validation_fails() {
        let validating = start(|question, _| {
            bytes(&if question.metadata.checking_disabled {
                reply(question, ResponseCode::NoError, &[a("corp.example", [192, 0, 2, 1])])
            } else {
                reply(question, ResponseCode::ServFail, &[])
            })
        })
        .await;
        let resolver = resolver(validating.address, Settings::default());
        assert_eq!(resolver.look("corp.example", RecordType::A).await.answer.unwrap().rcode, "SERVFAIL");
        let unchecked = resolver.look_via("corp.example", RecordType::A, Via::Unchecked).await.unwrap();
        assert_eq!(unchecked.addresses().len(), 1);
    }

    #[tokio::test]
    async fn rfc1034_4_2_1_a_name_server_is_asked_without_recursion_and_its_glue_is_kept() {
        let parent = start(|question, _| {
            assert!(!question.metadata.recursion_desired);
            let mut message = reply(question, ResponseCode::NoError, &[]);
            message.metadata.recursion_available = false;
            let ns = RData::NS(NS(name("ns1.corp.example")));
            message.add_authority(Record::from_rdata(name("corp.example"), 60, ns));
            message.add_additional(a("ns1.corp.example", [192, 0, 2, 53]));
            bytes(&message)
        })
        .await;
        let rule = ConnectTo {
            from_host: Some("192.0.2.9".to_owned()),
            from_port: None,
            to_host: Some(parent.address.ip().to_string()),
            to_port: Some(parent.address.port()),
        };
        let nobody = "127.0.0.1:1".parse().unwrap();
        let resolver = resolver(nobody, Settings { connect_to: vec![rule], ..Settings::default() });
        let via = Via::NameServer { address: [192, 0, 2, 9].into() };
        let answer = resolver.look_via("corp.example", RecordType::Ns, via).await.unwrap().answer.unwrap();
        assert_eq!((answer.server.as_str(), answer.additional.len(), answer.authoritative), ("192.0.2.9:53", 1, false));
    }

    #[tokio::test]
    async fn a_private_name_server_is_not_asked_on_the_word_of_a_public_resolver() {
        let settings = Settings::default();
        let resolver = Resolver::with(vec!["192.0.2.53:53".parse().unwrap()], Hosts::default(), &settings);
        let via = Via::NameServer { address: [10, 0, 0, 1].into() };
        assert_eq!(resolver.look_via("corp.example", RecordType::Soa, via).await, Err(HeldBack::PrivateAddress));
    }

    #[tokio::test]
    async fn the_wire_goes_past_the_hosts_file() {
        let lab = crate::gather::dns::lab::of_hosts(&[("mail.corp.example", [192, 0, 2, 1])]).await;
        let mut hosts = Hosts::default();
        hosts.read_hosts_conf("192.0.2.7 mail.corp.example\n".as_bytes()).unwrap();
        let resolver = Resolver::with(vec![lab.address], hosts, &Settings::default());
        let told = resolver.look_via("mail.corp.example", RecordType::A, Via::Wire).await.unwrap();
        assert_eq!(told.addresses(), ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    }
}
