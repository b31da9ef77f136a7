//! Does the resolver read, follow and doubt answers as the RFCs say?

use super::lab::{a, bytes, name, reply, start};
use super::wire::text;
use super::*;
use hickory_proto::op::Edns;
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::rdata::{CNAME, SOA, SRV, TXT};
use hickory_proto::rr::{RData, Record};
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
        message.add_answer(Record::from_rdata(name("corp.example"), 9, RData::SRV(SRV::new(0, 0, 0, Name::root()))));
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
    let of_host = crate::gather::Resolve { host: "mail.corp.example".to_owned(), port: 443, addresses: here.clone() };
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
    let of_host = crate::gather::Resolve { host: "*".to_owned(), port: 443, addresses: here.clone() };
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
