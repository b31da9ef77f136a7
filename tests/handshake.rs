//! Is everything told that can be wrong with a handshake, each fault once and the right one first?
//! Every case builds its own evidence; `EXDIAG_BLESS=1 cargo test --test handshake` records those that
//! `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod support {
    pub mod codes;
    pub mod pki;
    pub mod public;
    pub mod record;
    pub mod scene;
}

use exdiag::evidence::http::{Body, FailKind, Failure, HttpOutcome, HttpSeen, Phase, Response, Timing};
use exdiag::evidence::{
    Evidence, HelloKind, HelloOutcome, HelloSeen, HttpProbe, Method, NoAnswer, Probe, Seen, TlsOutcome, TlsSeen, View,
};
use exdiag::finding::{Finding, Lang, Severity};
use rcgen::{DnType, date_time_ymd};
use std::net::IpAddr;
use support::codes::{FAIL, INFO, WARN, findings, judge};
use support::pki::{HOST, Made, authority, server, signed};
use support::public::Pki;
use support::record::record;
use support::scene::{A, Scene, agreed, resolved, shown, texts};

const B: &str = "203.0.113.8";
const C: &str = "203.0.113.9";
const GOOD: &str = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
const RSA: &str = "TLS_RSA_WITH_AES_256_CBC_SHA";
const CHECKS: &[&str] = &["tls-chain", "tls-intermediate", "tls-protocol"];
const TRIPLE_DES: &str = "TLS_RSA_WITH_3DES_EDE_CBC_SHA";
const DATED: &str = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384";

fn root(name: &str, organisation: &str) -> Made {
    let mut params = authority(name);
    params.distinguished_name.push(DnType::OrganizationName, organisation);
    support::pki::root(params)
}

/// A certificate for this name, with these days as its time.
fn leaf_of(name: &str, issuer: &Made, from: (i32, u8, u8), to: (i32, u8, u8)) -> Made {
    let mut params = server(&[name]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    signed(params, issuer)
}

fn pki() -> Pki {
    Pki::of(authority("R11"), server(&[HOST]))
}

/// What a good server sends.
fn chain(p: &Pki) -> [&Made; 2] {
    [&p.leaf, &p.inter]
}

/// What one address does.
struct Node {
    tls: TlsSeen,
    hellos: Vec<(HelloKind, HelloSeen)>,
}

fn failure(kind: FailKind) -> Failure {
    Failure::new(Phase::Handshake, kind)
}

fn hello(outcome: HelloOutcome, chain: &[&Made]) -> HelloSeen {
    let chain = texts(chain);
    HelloSeen {
        outcome,
        chain,
        client_certificate_requested: false,
        connect_ms: Some(20),
        answer_ms: Some(21),
        sent: 262,
        received: 3100,
    }
}

fn chose(version: &str, cipher: &str, chain: &[&Made]) -> HelloSeen {
    hello(HelloOutcome::ServerHello { version: version.to_owned(), cipher: cipher.to_owned(), cut: None }, chain)
}

fn refused(kind: FailKind) -> HelloSeen {
    hello(HelloOutcome::Failed(failure(kind)), &[])
}

impl Node {
    /// TLS 1.2 and 1.3, as it should be.
    fn healthy(chain: &[&Made]) -> Self {
        let old = || refused(FailKind::Alert { code: 70 });
        let new = |_| chose("TLS 1.2", GOOD, chain);
        let kinds = [HelloKind::Tls12, HelloKind::Nameless, HelloKind::Large];
        let hellos = kinds.into_iter().map(|kind| (kind, new(kind)));
        let hellos = [(HelloKind::Tls10, old()), (HelloKind::Tls11, old())].into_iter().chain(hellos).collect();
        Self { tls: shown(chain, agreed()), hellos }
    }

    /// The handshake fails so, and so does every hello.
    fn failing(kind: &FailKind) -> Self {
        let mut node = Self::healthy(&[]);
        node.tls.outcome = TlsOutcome::Failed(failure(kind.clone()));
        node.hellos = HelloKind::ALL.into_iter().map(|hello| (hello, refused(kind.clone()))).collect();
        node
    }

    fn with(mut self, kind: HelloKind, seen: HelloSeen) -> Self {
        self.hellos.retain(|(known, _)| *known != kind);
        self.hellos.push((kind, seen));
        self
    }

    fn tls(mut self, change: impl Fn(&mut TlsSeen)) -> Self {
        change(&mut self.tls);
        self
    }
}

fn scene(nodes: Vec<(&str, Node)>) -> Scene {
    let mut scene = Scene::new(CHECKS);
    scene.names(HOST, &[]);
    for (address, node) in nodes {
        scene = scene.shows(address, node.tls);
        scene.hellos(HOST, address, node.hellos);
    }
    scene.http(http(401, &[("www-authenticate", "Basic realm=\"\"")], ""))
}

impl Scene {
    fn hellos(&mut self, host: &str, address: &str, hellos: Vec<(HelloKind, HelloSeen)>) {
        for (kind, seen) in hellos {
            self.put(Probe::hello(address.parse().unwrap(), 443, host, kind), Seen::Hello(seen));
        }
    }

    fn http(mut self, seen: HttpSeen) -> Self {
        self.put(Probe::Http(options()), Seen::Http(seen));
        self
    }

    /// With whom the chain is compared has no address.
    fn done(self) -> Evidence {
        self.answered(CHECKS, |probe| match probe {
            Probe::Dns { name, rtype } if name.starts_with("outlook.") => Some(resolved(name, *rtype, &[])),
            _ => None,
        })
    }
}

fn options() -> HttpProbe {
    HttpProbe::new(Method::Options, format!("https://{HOST}/Microsoft-Server-ActiveSync"))
}

fn http(status: u16, headers: &[(&str, &str)], body: &str) -> HttpSeen {
    let outcome = HttpOutcome::Response(Response {
        status,
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Body { text: body.to_owned(), length: 0, truncated: false },
    });
    HttpSeen {
        address: Some(A.parse().unwrap()),
        tried: Vec::new(),
        verified: Some(true),
        client_certificate_requested: false,
        credential_sent: None,
        outcome,
        timing: Timing::default(),
    }
}

fn finding(evidence: &Evidence, code: &str) -> Finding {
    findings(evidence).into_iter().find(|f| f.code.id == code).unwrap_or_else(|| panic!("no {code}"))
}

fn title(evidence: &Evidence, code: &str, lang: Lang) -> String {
    let finding = finding(evidence, code);
    exdiag::finding::fill(finding.code.title.of(lang), &finding.arguments(), lang)
}

fn note(evidence: &Evidence) -> String {
    match judge(evidence).remove("tls-protocol").unwrap() {
        exdiag::finding::Outcome::Checked { note, .. } => note.say(Lang::En),
        other => panic!("{other:?}"),
    }
}

/// Holds the case to its codes and to sentences without gaps, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) {
    for finding in support::codes::expect(case, evidence, expected) {
        for lang in [Lang::En, Lang::De] {
            for text in [finding.code.title, finding.code.meaning] {
                let said = exdiag::finding::fill(text.of(lang), &finding.arguments(), lang);
                assert!(!said.contains(['{', '}']), "{case}: {said}");
            }
        }
    }
}

fn first_cause(evidence: &Evidence) -> &'static str {
    exdiag::replay(evidence.clone()).verdict().causes.first().unwrap().finding.code.id
}

#[test]
fn a_healthy_handshake_is_one_line() {
    let good = pki();
    let evidence = scene(vec![(A, Node::healthy(&chain(&good)))]).trusts(&[&good.root]).done();
    expect("handshake-healthy", &evidence, &[]);
    assert_eq!(note(&evidence), "TLS 1.2 and 1.3");
    // TLS 1.3 alone: every hello of before gets alert 70
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.tls = Node::healthy(&chain(&good)).tls;
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("handshake-healthy-tls13-only", &evidence, &[]);
    assert_eq!(note(&evidence), "TLS 1.3");
}

#[test]
fn every_probe_of_the_handshake_is_asked_for_in_the_first_round_after_the_dns() {
    let mut scene = scene(vec![]);
    scene.names(HOST, &[A, B, C, "203.0.113.10"].map(|address| address.parse().unwrap()));
    scene.evidence.records.remove(&Probe::Http(options()));
    let view = View::new(&scene.evidence);
    assert!(exdiag::checks::tls_protocol::check(&view).is_err());
    let wanted = view.wanted();
    let count = |is: fn(&Probe) -> bool| wanted.iter().filter(|probe| is(probe)).count();
    assert_eq!(count(|probe| matches!(probe, Probe::Tls { .. })), 4);
    assert_eq!(count(|probe| matches!(probe, Probe::Hello { .. })), 20);
    assert_eq!(count(|probe| matches!(probe, Probe::Http(_))), 1);
}

#[test]
fn t18_old_versions_are_named_and_the_chain_is_judged_all_the_same() {
    let good = pki();
    let old = |kind| (kind, chose("TLS 1.0", RSA, &chain(&good)));
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.hellos = HelloKind::ALL.into_iter().map(old).collect();
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-protocol-too-old", &evidence, &[("tls.protocol-too-old", FAIL)]);
    assert_eq!(title(&evidence, "tls.protocol-too-old", Lang::De), format!("{HOST} spricht nur TLS 1.0"));
    let checks = exdiag::replay(evidence).verdict().entries;
    let chain = checks.iter().find(|entry| entry.id == "tls-chain").unwrap();
    assert_eq!(chain.outcome.status(), exdiag::finding::Status::Pass);
    // a report without hellos
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.hellos.clear();
    let mut scene = scene(vec![(A, node)]);
    for kind in HelloKind::ALL {
        scene.put(Probe::hello(A.parse().unwrap(), 443, HOST, kind), Seen::NoAnswer(NoAnswer::NotRecorded));
    }
    assert_eq!(first_cause(&scene.done()), "tls.protocol-too-old");
}

#[test]
fn rfc8996_old_versions_beside_new_ones_are_a_warning_that_comes_last() {
    let good = pki();
    let node = Node::healthy(&chain(&good))
        .with(HelloKind::Tls10, chose("TLS 1.0", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", &chain(&good)))
        .with(HelloKind::Tls11, chose("TLS 1.1", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", &chain(&good)));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-legacy-protocol-enabled", &evidence, &[("tls.legacy-protocol-enabled", WARN)]);
    assert_eq!(note(&evidence), "TLS 1.0, 1.1, 1.2 and 1.3");
    // a chain in the wrong order is a warning too, and can break a client
    let chain = [&good.leaf, &good.root, &good.inter];
    let node = Node::healthy(&chain).with(HelloKind::Tls10, chose("TLS 1.0", RSA, &chain));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    assert!(findings(&evidence).iter().any(|f| f.code.id == "tls.legacy-protocol-enabled"));
    assert_ne!(first_cause(&evidence), "tls.legacy-protocol-enabled");
}

#[test]
fn rfc8446_6_2_handshakes_that_fail() {
    let good = pki();
    let mut not_tls = Node::failing(&FailKind::NotTls);
    not_tls.tls.outcome =
        TlsOutcome::Failed(Failure { detail: "HTTP/1.1 400 Bad Request".to_owned(), ..failure(FailKind::NotTls) });
    expect("tls-not-tls", &scene(vec![(A, not_tls)]).done(), &[("tls.not-tls", FAIL)]);
    // T19
    let mut node = Node::failing(&FailKind::Alert { code: 70 })
        .with(HelloKind::Tls12, chose("TLS 1.2", TRIPLE_DES, &chain(&good)))
        .with(HelloKind::Nameless, chose("TLS 1.2", TRIPLE_DES, &chain(&good)))
        .with(HelloKind::Large, chose("TLS 1.2", TRIPLE_DES, &chain(&good)));
    node.tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 40 }));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-handshake-failed", &evidence, &[("tls.handshake-failed", FAIL)]);
    assert_eq!(finding(&evidence, "tls.handshake-failed").data["offers"], TRIPLE_DES);
    // a no to everything is told in its own words
    let no = scene(vec![(A, Node::failing(&FailKind::Alert { code: 40 }))]).done();
    assert_eq!(finding(&no, "tls.handshake-failed").data["offers"], "handshake_failure, alert 40");
    // T20
    let node = Node::healthy(&chain(&good)).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Reset));
        tls.chain.clear();
    });
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-protocol-13-broken", &evidence, &[("tls.protocol-13-broken", FAIL)]);
    // the request beside it got through with the same offer
    let node = Node::healthy(&chain(&good)).tls(|tls| tls.outcome = TlsOutcome::Failed(failure(FailKind::Reset)));
    let mut answer = http(401, &[("www-authenticate", "Basic realm=\"\"")], "");
    answer.timing.handshake_ms = Some(45);
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).http(answer).done();
    assert_eq!(first_cause(&evidence), "tls.handshake-failed");
}

#[test]
fn silence_in_the_handshake_is_the_network_s_and_told_in_the_reader_s_language() {
    let silent = scene(vec![(A, Node::failing(&FailKind::Timeout))]).done();
    expect("tls-handshake-cut", &silent, &[("tls.handshake-cut", FAIL)]);
    let cut = finding(&silent, "tls.handshake-cut");
    assert_eq!((cut.owner, &cut.data["reason"]), (exdiag::finding::Owner::Network, &"timeout".into()));
    let german = title(&silent, "tls.handshake-cut", Lang::De);
    assert_eq!(german, format!("{HOST} nimmt die Verbindung an, antwortet im TLS-Handshake aber nicht"));
    for kind in [FailKind::Reset, FailKind::Closed] {
        assert_eq!(first_cause(&scene(vec![(A, Node::failing(&kind))]).done()), "tls.handshake-cut");
    }
}

/// Windows Server 2012 R2 with an RSA certificate: TLS 1.2, and no ECDHE with an AEAD cipher.
fn dated(good: &Pki, suite: &str) -> Node {
    let kinds = [HelloKind::Tls12, HelloKind::Nameless, HelloKind::Large];
    let node = kinds.into_iter().fold(Node::failing(&FailKind::Alert { code: 70 }), |node, kind| {
        node.with(kind, chose("TLS 1.2", suite, &chain(good)))
    });
    node.tls(|tls| tls.outcome = TlsOutcome::Failed(failure(FailKind::Reset)))
}

#[test]
fn t19_suites_that_only_exdiag_cannot_speak_are_a_warning_and_the_certificates_are_judged() {
    let good = pki();
    for suite in [DATED, RSA] {
        let evidence = scene(vec![(A, dated(&good, suite))]).trusts(&[&good.root]).done();
        expect("tls-suites-dated", &evidence, &[("tls.suites-dated", WARN)]);
        assert_eq!(finding(&evidence, "tls.suites-dated").data["cipher"], suite);
        assert_eq!((first_cause(&evidence), note(&evidence)), ("tls.suites-dated", "TLS 1.2".to_owned()));
        let entries = exdiag::replay(evidence).verdict().entries;
        let chain = entries.iter().find(|entry| entry.id == "tls-chain").unwrap();
        assert_eq!(chain.outcome.status(), exdiag::finding::Status::Pass);
    }
    // the old versions beside it are told as everywhere
    let node = dated(&good, DATED).with(HelloKind::Tls10, chose("TLS 1.0", RSA, &chain(&good)));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    let codes: Vec<_> = findings(&evidence).iter().map(|f| f.code.id).collect();
    assert_eq!(codes, ["tls.suites-dated", "tls.legacy-protocol-enabled"]);
}

#[test]
fn t19_most_clients_take_dated_suites_and_for_some_it_depends() {
    use exdiag::finding::Status::{Pass, Warn};
    let good = pki();
    let mut evidence = scene(vec![(A, dated(&good, DATED))]).trusts(&[&good.root]).done();
    evidence.header.subject.selected = ["tls-chain", "tls-protocol", "clients"].map(str::to_owned).into();
    for record in evidence.records.values_mut() {
        let Seen::Anchors { found } = &mut record.seen else { continue };
        for anchor in found {
            "cacert".clone_into(&mut anchor.store);
        }
    }
    let wording = exdiag::report::Wording { lang: Lang::En, fail_on: exdiag::report::FailOn::Fail };
    let clients = exdiag::replay(evidence).report(wording).clients;
    // Outlook, iOS, Android, Java, the sync service, Thunderbird
    let status: Vec<_> = clients.iter().map(|row| row.status).collect();
    assert_eq!(status, [Pass, Pass, Warn, Pass, Warn, Pass]);
    assert!(clients.iter().filter(|row| row.status == Warn).all(|row| row.because == ["tls.suites-dated"]));
}

#[test]
fn t19_what_lies_behind_suites_that_exdiag_cannot_speak_is_not_called_broken() {
    let good = pki();
    let refused = HttpSeen { outcome: HttpOutcome::Failed(failure(FailKind::Alert { code: 40 })), ..http(0, &[], "") };
    let mut evidence = scene(vec![(A, dated(&good, DATED))]).trusts(&[&good.root]).http(refused).done();
    for selected in [vec!["activesync"], vec!["activesync", "tls-protocol"]] {
        evidence.header.subject.selected = selected.iter().map(|&id| id.to_owned()).collect();
        let entries = exdiag::replay(evidence.clone()).verdict().entries;
        let entry = entries.iter().find(|entry| entry.id == "activesync").unwrap();
        assert_eq!(entry.outcome.status(), exdiag::finding::Status::Inconclusive, "{selected:?}");
        assert_eq!(first_cause(&evidence), "tls.suites-dated", "{selected:?}");
    }
}

#[test]
fn t21_a_client_certificate_is_told_once_whichever_way_it_is_asked_for() {
    let good = pki();
    let told: &[(&str, Severity)] = &[("tls.client-certificate-required", FAIL)];
    // TLS 1.3, after the handshake
    let late = Node::healthy(&chain(&good)).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 116 }));
        tls.client_certificate_requested = true;
    });
    let evidence = scene(vec![(A, late)]).trusts(&[&good.root]).done();
    expect("tls-client-certificate-required", &evidence, told);
    // TLS 1.2, in the handshake
    let early = Node::healthy(&chain(&good)).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 40 }));
        tls.client_certificate_requested = true;
    });
    let evidence = scene(vec![(A, early)]).trusts(&[&good.root]).done();
    expect("tls-client-certificate-required-tls12", &evidence, told);
    // TLS 1.2, after the request
    let again = HttpSeen {
        outcome: HttpOutcome::Failed(Failure::new(Phase::Request, FailKind::Renegotiation)),
        client_certificate_requested: true,
        ..http(0, &[], "")
    };
    let scene = || scene(vec![(A, Node::healthy(&chain(&good)))]).trusts(&[&good.root]);
    expect("tls-client-certificate-required-renegotiation", &scene().http(again).done(), told);
    // in the answer
    let body = "<h2>403.7 - Forbidden: SSL client certificate is required.</h2>";
    expect("tls-client-certificate-required-403-7", &scene().http(http(403, &[], body)).done(), told);
    let hidden = HttpSeen { client_certificate_requested: true, ..http(403, &[], "Access is denied.") };
    assert_eq!(findings(&scene().http(hidden).done()).len(), 1);
    assert_eq!(findings(&scene().http(http(403, &[], "Access is denied.")).done()).len(), 0);
    // asked for and not insisted on
    let asked = HttpSeen { client_certificate_requested: true, ..http(401, &[], "") };
    assert_eq!(findings(&scene().http(asked).done()).len(), 0);
}

#[test]
fn t22_the_certificate_for_those_who_name_no_host_is_worth_a_word() {
    let good = pki();
    let other = leaf_of("lb01.corp.example", &good.inter, (2026, 11, 4), (2027, 2, 2));
    let node = Node::healthy(&chain(&good)).with(HelloKind::Nameless, chose("TLS 1.2", GOOD, &[&other]));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-default-certificate-differs", &evidence, &[("tls.default-certificate-differs", INFO)]);
    let node = Node::healthy(&chain(&good)).with(HelloKind::Nameless, refused(FailKind::Alert { code: 112 }));
    assert_eq!(findings(&scene(vec![(A, node)]).trusts(&[&good.root]).done()).len(), 0);
}

#[test]
fn a_weak_suite_that_is_preferred_is_worth_a_word() {
    let good = pki();
    let node = Node::healthy(&chain(&good))
        .with(HelloKind::Tls12, chose("TLS 1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", &chain(&good)));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-weak-cipher-preferred", &evidence, &[("tls.weak-cipher-preferred", INFO)]);
}

#[test]
fn n25_what_gets_lost_by_its_size_is_told_with_the_direction() {
    let good = pki();
    let mut cut = chose("TLS 1.2", GOOD, &[]);
    let HelloOutcome::ServerHello { cut: after, .. } = &mut cut.outcome else { panic!() };
    *after = Some(failure(FailKind::Timeout));
    let mut node = Node::failing(&FailKind::Timeout);
    node.hellos.clear();
    let node = HelloKind::ALL.into_iter().fold(node, |node, kind| node.with(kind, cut.clone()));
    let evidence = scene(vec![(A, node)]).done();
    expect("tls-handshake-stalls", &evidence, &[("tls.handshake-stalls", FAIL)]);
    assert_eq!(finding(&evidence, "tls.handshake-stalls").data["direction"], "answer");
    // the handshake of today's libraries still fits one packet, that of today's browsers does not
    let node = Node::healthy(&chain(&good)).with(HelloKind::Large, refused(FailKind::Timeout));
    let evidence = scene(vec![(A, node)]).trusts(&[&good.root]).done();
    expect("tls-handshake-stalls-large-hello", &evidence, &[("tls.handshake-stalls", WARN)]);
}

#[test]
fn t29_a_slow_handshake_is_set_against_the_way() {
    let good = pki();
    let slow = |ms| Node::healthy(&chain(&good)).tls(|tls| tls.handshake_ms = Some(ms));
    let evidence = scene(vec![(A, slow(6_300))]).trusts(&[&good.root]).done();
    expect("tls-handshake-slow", &evidence, &[("tls.handshake-slow", WARN)]);
    let found = findings(&scene(vec![(A, slow(1_300))]).trusts(&[&good.root]).done());
    assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [INFO]);
}

#[test]
fn t23_the_forgotten_node_is_named_with_what_is_different() {
    let good = pki();
    let healthy = || Node::healthy(&chain(&good));
    let said = |odd: Node, lang| {
        let scene = scene(vec![(A, healthy()), (B, odd), (C, healthy())]).trusts(&[&good.root]);
        title(&scene.done(), "tls.addresses-differ", lang)
    };
    let begins = |text: &str| format!("{B}, of the addresses of {HOST}, differs from the others: {text}");
    let old = leaf_of(HOST, &good.inter, (2026, 8, 1), (2026, 10, 30));
    let old = || Node::healthy(&[&old, &good.inter]);
    assert_eq!(said(old(), Lang::En), begins("still sends the certificate that ended on 2026-10-30"));
    assert!(said(old(), Lang::De).ends_with("sendet noch das Zertifikat, das am 2026-10-30 abgelaufen ist"));
    let without = || Node::healthy(&[&good.leaf]);
    assert_eq!(said(without(), Lang::En), begins("does not send \"R11\""));
    let mut tls10 = Node::failing(&FailKind::Alert { code: 70 });
    tls10.hellos = HelloKind::ALL.into_iter().map(|kind| (kind, chose("TLS 1.0", RSA, &chain(&good)))).collect();
    let nodes = vec![(A, healthy()), (B, tls10), (C, healthy())];
    let evidence = scene(nodes).trusts(&[&good.root]).done();
    expect(
        "tls-addresses-differ-one-speaks-tls10",
        &evidence,
        &[("tls.addresses-differ", WARN), ("tls.protocol-too-old", FAIL)],
    );
    assert_eq!(title(&evidence, "tls.addresses-differ", Lang::En), begins("speaks only TLS 1.0"));
    assert_eq!(title(&evidence, "tls.protocol-too-old", Lang::En), format!("{HOST} ({B}) speaks TLS 1.0 only"));
    assert_eq!(exdiag::replay(evidence).verdict().causes.len(), 1, "one fault, one cause");
    // what hinders nobody is a word only
    let stapled = || healthy().tls(|tls| tls.ocsp = Some("MAMKAQE=".to_owned()));
    let nodes = vec![(A, stapled()), (B, healthy()), (C, stapled())];
    let evidence = scene(nodes).trusts(&[&good.root]).done();
    let finding = finding(&evidence, "tls.addresses-differ");
    assert_eq!((finding.severity, finding.place.address), (INFO, Some(B.parse().unwrap())));
    assert_eq!(title(&evidence, "tls.addresses-differ", Lang::En), begins("sends no OCSP staple"));
    // of two, the one that ends first was forgotten
    let evidence = scene(vec![(A, old()), (B, healthy())]).trusts(&[&good.root]).done();
    assert!(title(&evidence, "tls.addresses-differ", Lang::En).starts_with(A));
}

#[test]
fn n14_inspection_is_the_first_cause_and_blames_nobody_at_the_server() {
    let box_ca = root("Zscaler Intermediate Root CA (zscaler.example)", "Zscaler Inc.");
    let made = leaf_of(HOST, &box_ca, (2026, 11, 20), (2026, 12, 4));
    let evidence = scene(vec![(A, Node::healthy(&[&made]))]).done();
    assert!(findings(&evidence).iter().any(|f| f.code.id == "tls.inspected"));
    record("tls-inspected", &evidence);
    assert_eq!(first_cause(&evidence), "tls.inspected");
    assert_eq!(exdiag::replay(evidence).verdict().causes.len(), 1);
    // its root installed here: nothing fails, and still it is not the server's certificate
    let made = leaf_of(HOST, &box_ca, (2026, 11, 20), (2026, 12, 24));
    let evidence = scene(vec![(A, Node::healthy(&[&made]))]).trusts(&[&box_ca]).done();
    assert_eq!(finding(&evidence, "tls.inspected").severity, WARN);
    // a device that shows its own certificate inspects nothing
    let own = leaf_of("fw01.corp.example", &box_ca, (2026, 11, 20), (2026, 12, 24));
    let evidence = scene(vec![(A, Node::healthy(&[&own]))]).done();
    assert!(findings(&evidence).iter().all(|f| f.code.id != "tls.inspected"));
}

#[test]
fn n14_an_authority_that_also_issues_for_microsoft_inspects() {
    let corp = root("CORP Proxy CA", "Corp");
    let compared = |by: &Made| {
        let made = leaf_of(HOST, &corp, (2026, 11, 4), (2027, 2, 2));
        let mut scene = scene(vec![(A, Node::healthy(&[&made, &corp]))]);
        let address: IpAddr = C.parse().unwrap();
        scene.names("outlook.office365.com", &[address]);
        let theirs = leaf_of("outlook.office365.com", by, (2026, 11, 4), (2027, 2, 2));
        let theirs = Node::healthy(&[&theirs]);
        scene.put(Probe::tls(address, 443, "outlook.office365.com"), Seen::Tls(theirs.tls));
        scene.hellos("outlook.office365.com", C, theirs.hellos);
        scene.done()
    };
    assert_eq!(first_cause(&compared(&corp)), "tls.inspected");
    assert_eq!(first_cause(&compared(&root("DigiCert", "DigiCert Inc"))), "tls.private-ca");
}

#[test]
fn t34_a_wrong_clock_here_explains_the_certificates() {
    let good = pki();
    let leaf = leaf_of(HOST, &good.inter, (2027, 5, 1), (2027, 7, 30));
    let early = || scene(vec![(A, Node::healthy(&[&leaf, &good.inter]))]).trusts(&[&good.root]);
    let evidence = early().http(http(401, &[("date", "Tue, 01 Jun 2027 08:00:00 GMT")], "")).done();
    expect("tls-clock-wrong", &evidence, &[("tls.not-yet-valid", FAIL), ("tls.clock-wrong", FAIL)]);
    assert_eq!(first_cause(&evidence), "tls.clock-wrong");
    // the server says the same time as we: the certificate is what is wrong
    let evidence = early().http(http(401, &[("date", "Sun, 22 Nov 2026 20:00:01 GMT")], "")).done();
    assert_eq!(first_cause(&evidence), "tls.not-yet-valid");
    // one clock alone is worth a word
    let scene = scene(vec![(A, Node::healthy(&chain(&good)))]).trusts(&[&good.root]);
    let evidence = scene.http(http(401, &[("date", "Sun, 22 Nov 2026 21:00:00 GMT")], "")).done();
    expect("tls-server-clock-wrong", &evidence, &[("tls.server-clock-wrong", INFO)]);
}

#[test]
fn could_not_ask_is_not_is_not_there() {
    let good = pki();
    let mut scene = scene(vec![(A, Node::healthy(&chain(&good)))]).trusts(&[&good.root]);
    for kind in HelloKind::ALL {
        scene.put(Probe::hello(A.parse().unwrap(), 443, HOST, kind), Seen::NoAnswer(NoAnswer::Deadline));
    }
    scene.put(Probe::Http(options()), Seen::NoAnswer(NoAnswer::Deadline));
    let evidence = scene.done();
    assert_eq!(findings(&evidence).len(), 0);
    assert_eq!(note(&evidence), "TLS 1.3");
}
