//! Is everything told that can be wrong with a handshake, each fault once and the right one first?
//! Every case builds its own evidence; `EXDIAG_BLESS=1 cargo test --test handshake` records those that
//! `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::http::{Body, FailKind, Failure, HttpOutcome, HttpSeen, Phase, Response, Timing};
use exdiag::evidence::{
    AiaSeen, Anchor, DnsAnswer, DnsSeen, Evidence, Handshake, Header, HelloKind, HelloOutcome, HelloSeen, HttpProbe,
    Method, NoAnswer, Probe, Record, RecordData, RecordType, ResourceRecord, Seen, Subject, TlsOutcome, TlsSeen, View,
};
use exdiag::finding::{Finding, Lang, Severity};
use exdiag::protocol::x509::Certificate;
use exdiag::runner;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::net::IpAddr;
use std::path::Path;

const HOST: &str = "mail.corp.example";
const NOW: &str = "2026-11-22T20:00:00Z";
const A: &str = "203.0.113.7";
const B: &str = "203.0.113.8";
const C: &str = "203.0.113.9";
const GOOD: &str = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";
const RSA: &str = "TLS_RSA_WITH_AES_256_CBC_SHA";
const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str, organisation: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, organisation);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}

fn root(name: &str, organisation: &str) -> Authority {
    Authority::self_signed(authority(name, organisation), KeyPair::generate().unwrap()).unwrap()
}

fn below(name: &str, root: &Authority) -> Authority {
    Authority::signed_by(authority(name, "Example Trust"), KeyPair::generate().unwrap(), root).unwrap()
}

/// A certificate for this name, with these months of 2026 and 2027 as its time.
fn leaf_of(name: &str, issuer: &Authority, from: (i32, u8, u8), to: (i32, u8, u8)) -> Vec<u8> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
}

/// What a good server sends, and the root that is trusted.
struct Good {
    root: Authority,
    inter: Authority,
    leaf: Vec<u8>,
}

impl Good {
    fn new() -> Self {
        let root = root("Example Root X1", "Example Trust");
        let inter = below("R11", &root);
        let leaf = leaf_of(HOST, &inter, (2026, 11, 4), (2027, 2, 2));
        Self { root, inter, leaf }
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.leaf.clone(), self.inter.der().to_vec()]
    }
}

/// What one address does.
struct Node {
    tls: TlsSeen,
    hellos: Vec<(HelloKind, HelloSeen)>,
}

fn failure(kind: FailKind) -> Failure {
    Failure::new(Phase::Handshake, kind)
}

fn texts(chain: &[Vec<u8>]) -> Vec<String> {
    chain.iter().map(|der| STANDARD.encode(der)).collect()
}

fn hello(outcome: HelloOutcome, chain: &[Vec<u8>]) -> HelloSeen {
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

fn chose(version: &str, cipher: &str, chain: &[Vec<u8>]) -> HelloSeen {
    hello(HelloOutcome::ServerHello { version: version.to_owned(), cipher: cipher.to_owned(), cut: None }, chain)
}

fn refused(kind: FailKind) -> HelloSeen {
    hello(HelloOutcome::Failed(failure(kind)), &[])
}

impl Node {
    /// TLS 1.2 and 1.3, as it should be.
    fn healthy(chain: &[Vec<u8>]) -> Self {
        let agreed = Handshake {
            version: "TLS 1.3".to_owned(),
            cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
            alpn: None,
            group: None,
        };
        let tls = TlsSeen {
            outcome: TlsOutcome::Handshake(agreed),
            chain: texts(chain),
            ocsp: None,
            client_certificate_requested: false,
            connect_ms: Some(20),
            handshake_ms: Some(45),
        };
        let old = || refused(FailKind::Alert { code: 70 });
        let new = |_| chose("TLS 1.2", GOOD, chain);
        let kinds = [HelloKind::Tls12, HelloKind::Nameless, HelloKind::Large];
        let hellos = kinds.into_iter().map(|kind| (kind, new(kind)));
        Self { tls, hellos: [(HelloKind::Tls10, old()), (HelloKind::Tls11, old())].into_iter().chain(hellos).collect() }
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

/// Evidence under construction.
struct Scene(Evidence);

impl Scene {
    fn new(nodes: Vec<(&str, Node)>) -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some(HOST.parse().unwrap());
        subject.selected = ["tls-chain", "tls-intermediate", "tls-protocol"].map(str::to_owned).into();
        let header = Header {
            started_at: NOW.parse().unwrap(),
            subject,
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        let mut scene = Self(Evidence::new(header));
        scene.names(HOST, &nodes.iter().map(|(address, _)| *address).collect::<Vec<_>>());
        for (address, node) in nodes {
            scene.node(HOST, address, node);
        }
        scene.put(Probe::Http(options()), Seen::Http(http(401, &[("www-authenticate", "Basic realm=\"\"")], "")));
        scene
    }

    fn put(&mut self, probe: Probe, seen: Seen) {
        self.0.records.insert(probe, Record { seen, at_ms: 100, took_ms: 60, after: None });
    }

    fn names(&mut self, host: &str, addresses: &[&str]) {
        for rtype in [RecordType::A, RecordType::Aaaa] {
            let found = addresses.iter().filter(|_| rtype == RecordType::A);
            let answer = DnsAnswer {
                server: "192.0.2.53:53".to_owned(),
                transport: "udp".to_owned(),
                rcode: "NOERROR".to_owned(),
                authoritative: false,
                authentic: false,
                answers: found
                    .map(|address| ResourceRecord {
                        name: host.to_owned(),
                        ttl: 300,
                        data: RecordData::Address { address: address.parse().unwrap() },
                    })
                    .collect(),
                authority: Vec::new(),
                extended_errors: Vec::new(),
            };
            self.put(Probe::dns(host, rtype), Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() }));
        }
    }

    fn node(&mut self, host: &str, address: &str, node: Node) {
        let address: IpAddr = address.parse().unwrap();
        self.put(Probe::tls(address, 443, host), Seen::Tls(node.tls));
        for (kind, seen) in node.hellos {
            self.put(Probe::hello(address, 443, host, kind), Seen::Hello(seen));
        }
    }

    fn http(mut self, seen: HttpSeen) -> Self {
        self.put(Probe::Http(options()), Seen::Http(seen));
        self
    }

    fn trusts(mut self, root: &Authority) -> Self {
        let facts = Certificate::read(root.der());
        let anchor = Anchor {
            store: "system".to_owned(),
            subject: facts.subject.base64(),
            spki: STANDARD.encode(&facts.spki),
            name_constraints: None,
            certificate: Some(STANDARD.encode(root.der())),
        };
        self.put(Probe::Anchors { subject: anchor.subject.clone() }, Seen::Anchors { found: vec![anchor] });
        self
    }

    /// Adds empty answers to whatever else a run would ask.
    fn done(mut self) -> Evidence {
        loop {
            let view = View::new(&self.0);
            let _ = exdiag::checks::tls_chain::check(&view);
            let _ = exdiag::checks::tls_intermediate::check(&view);
            let _ = exdiag::checks::tls_protocol::check(&view);
            let wanted = view.wanted();
            if wanted.is_empty() {
                return self.0;
            }
            for probe in wanted {
                let seen = match &probe {
                    Probe::Anchors { .. } => Seen::Anchors { found: Vec::new() },
                    Probe::Aia { .. } => Seen::Aia(AiaSeen {
                        certificates: Vec::new(),
                        format: None,
                        status: None,
                        failure: Some("connect: timed out".to_owned()),
                        missing: None,
                    }),
                    Probe::Dns { name, .. } if name.starts_with("outlook.") => {
                        self.names("outlook.office365.com", &[]);
                        continue;
                    }
                    other => panic!("nobody planned {other}"),
                };
                self.put(probe, seen);
            }
        }
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

fn findings(evidence: &Evidence) -> Vec<Finding> {
    let (finished, _) = runner::judge(exdiag::checks::ALL, evidence.clone());
    let ours = finished.checks.iter().filter(|judged| judged.id.starts_with("tls-"));
    ours.flat_map(|judged| judged.outcome.findings().to_vec()).collect()
}

fn finding(evidence: &Evidence, code: &str) -> Finding {
    findings(evidence).into_iter().find(|f| f.code.id == code).unwrap_or_else(|| panic!("no {code}"))
}

fn title(evidence: &Evidence, code: &str, lang: Lang) -> String {
    let finding = finding(evidence, code);
    exdiag::finding::fill(finding.code.title.of(lang), &finding.arguments(), lang)
}

fn note(evidence: &Evidence) -> String {
    let (finished, _) = runner::judge(exdiag::checks::ALL, evidence.clone());
    let check = finished.checks.iter().find(|judged| judged.id == "tls-protocol").unwrap();
    match &check.outcome {
        exdiag::finding::Outcome::Checked { note, .. } => note.say(Lang::En),
        other => panic!("{other:?}"),
    }
}

/// Holds the case to its codes and its first cause, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) {
    let found = findings(evidence);
    let codes: Vec<_> = found.iter().map(|f| (f.code.id, f.severity)).collect();
    assert_eq!(codes, expected, "{case}");
    for finding in &found {
        for lang in [Lang::En, Lang::De] {
            for text in [finding.code.title, finding.code.meaning] {
                let said = exdiag::finding::fill(text.of(lang), &finding.arguments(), lang);
                assert!(!said.contains(['{', '}']), "{case}: {said}");
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(evidence).unwrap())).unwrap();
    }
}

fn first_cause(evidence: &Evidence) -> &'static str {
    exdiag::replay(evidence.clone()).verdict().causes.first().unwrap().finding.code.id
}

#[test]
fn a_healthy_handshake_is_one_line() {
    let good = Good::new();
    let evidence = Scene::new(vec![(A, Node::healthy(&good.chain()))]).trusts(&good.root).done();
    expect("handshake-healthy", &evidence, &[]);
    assert_eq!(note(&evidence), "TLS 1.2 and 1.3");
    // TLS 1.3 alone: every hello of before gets alert 70
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.tls = Node::healthy(&good.chain()).tls;
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("handshake-healthy-tls13-only", &evidence, &[]);
    assert_eq!(note(&evidence), "TLS 1.3");
}

#[test]
fn every_probe_of_the_handshake_is_asked_for_in_the_first_round_after_the_dns() {
    let mut scene = Scene::new(vec![]);
    scene.names(HOST, &[A, B, C, "203.0.113.10"]);
    scene.0.records.remove(&Probe::Http(options()));
    let view = View::new(&scene.0);
    assert!(exdiag::checks::tls_protocol::check(&view).is_err());
    let wanted = view.wanted();
    let count = |is: fn(&Probe) -> bool| wanted.iter().filter(|probe| is(probe)).count();
    assert_eq!(count(|probe| matches!(probe, Probe::Tls { .. })), 4);
    assert_eq!(count(|probe| matches!(probe, Probe::Hello { .. })), 20);
    assert_eq!(count(|probe| matches!(probe, Probe::Http(_))), 1);
}

#[test]
fn t18_old_versions_are_named_and_the_chain_is_judged_all_the_same() {
    let good = Good::new();
    let old = |kind| (kind, chose("TLS 1.0", RSA, &good.chain()));
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.hellos = HelloKind::ALL.into_iter().map(old).collect();
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-protocol-too-old", &evidence, &[("tls.protocol-too-old", FAIL)]);
    assert_eq!(title(&evidence, "tls.protocol-too-old", Lang::De), format!("{HOST} spricht nur TLS 1.0"));
    let checks = exdiag::replay(evidence).verdict().entries;
    let chain = checks.iter().find(|entry| entry.id == "tls-chain").unwrap();
    assert_eq!(chain.outcome.status(), exdiag::finding::Status::Pass);
    // a report without hellos
    let mut node = Node::failing(&FailKind::Alert { code: 70 });
    node.hellos.clear();
    let mut scene = Scene::new(vec![(A, node)]);
    for kind in HelloKind::ALL {
        scene.put(Probe::hello(A.parse().unwrap(), 443, HOST, kind), Seen::NoAnswer(NoAnswer::NotRecorded));
    }
    assert_eq!(first_cause(&scene.done()), "tls.protocol-too-old");
}

#[test]
fn rfc8996_old_versions_beside_new_ones_are_a_warning_that_comes_last() {
    let good = Good::new();
    let node = Node::healthy(&good.chain())
        .with(HelloKind::Tls10, chose("TLS 1.0", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", &good.chain()))
        .with(HelloKind::Tls11, chose("TLS 1.1", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", &good.chain()));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-legacy-protocol-enabled", &evidence, &[("tls.legacy-protocol-enabled", WARN)]);
    assert_eq!(note(&evidence), "TLS 1.0, 1.1, 1.2 and 1.3");
    // a chain in the wrong order is a warning too, and can break a client
    let chain = vec![good.leaf.clone(), good.root.der().to_vec(), good.inter.der().to_vec()];
    let node = Node::healthy(&chain).with(HelloKind::Tls10, chose("TLS 1.0", RSA, &chain));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    assert!(findings(&evidence).iter().any(|f| f.code.id == "tls.legacy-protocol-enabled"));
    assert_ne!(first_cause(&evidence), "tls.legacy-protocol-enabled");
}

#[test]
fn rfc8446_6_2_handshakes_that_fail() {
    let good = Good::new();
    let mut not_tls = Node::failing(&FailKind::NotTls);
    not_tls.tls.outcome =
        TlsOutcome::Failed(Failure { detail: "HTTP/1.1 400 Bad Request".to_owned(), ..failure(FailKind::NotTls) });
    expect("tls-not-tls", &Scene::new(vec![(A, not_tls)]).done(), &[("tls.not-tls", FAIL)]);
    // T19
    let mut node = Node::failing(&FailKind::Alert { code: 70 })
        .with(HelloKind::Tls12, chose("TLS 1.2", RSA, &good.chain()))
        .with(HelloKind::Nameless, chose("TLS 1.2", RSA, &good.chain()))
        .with(HelloKind::Large, chose("TLS 1.2", RSA, &good.chain()));
    node.tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 40 }));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-handshake-failed", &evidence, &[("tls.handshake-failed", FAIL)]);
    assert_eq!(finding(&evidence, "tls.handshake-failed").data["offers"], RSA);
    let silent = Scene::new(vec![(A, Node::failing(&FailKind::Timeout))]).done();
    assert_eq!(finding(&silent, "tls.handshake-failed").data["reason"], "timeout");
    let reset = Scene::new(vec![(A, Node::failing(&FailKind::Reset))]).done();
    assert_eq!(finding(&reset, "tls.handshake-failed").data["reason"], "connection reset");
    // T20
    let node = Node::healthy(&good.chain()).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Reset));
        tls.chain.clear();
    });
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-protocol-13-broken", &evidence, &[("tls.protocol-13-broken", FAIL)]);
    // the request beside it got through with the same offer
    let node = Node::healthy(&good.chain()).tls(|tls| tls.outcome = TlsOutcome::Failed(failure(FailKind::Reset)));
    let mut answer = http(401, &[("www-authenticate", "Basic realm=\"\"")], "");
    answer.timing.handshake_ms = Some(45);
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).http(answer).done();
    assert_eq!(first_cause(&evidence), "tls.handshake-failed");
}

#[test]
fn t21_a_client_certificate_is_told_once_whichever_way_it_is_asked_for() {
    let good = Good::new();
    let told: &[(&str, Severity)] = &[("tls.client-certificate-required", FAIL)];
    // TLS 1.3, after the handshake
    let late = Node::healthy(&good.chain()).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 116 }));
        tls.client_certificate_requested = true;
    });
    let evidence = Scene::new(vec![(A, late)]).trusts(&good.root).done();
    expect("tls-client-certificate-required", &evidence, told);
    // TLS 1.2, in the handshake
    let early = Node::healthy(&good.chain()).tls(|tls| {
        tls.outcome = TlsOutcome::Failed(failure(FailKind::Alert { code: 40 }));
        tls.client_certificate_requested = true;
    });
    let evidence = Scene::new(vec![(A, early)]).trusts(&good.root).done();
    expect("tls-client-certificate-required-tls12", &evidence, told);
    // TLS 1.2, after the request
    let again = HttpSeen {
        outcome: HttpOutcome::Failed(Failure::new(Phase::Request, FailKind::Renegotiation)),
        client_certificate_requested: true,
        ..http(0, &[], "")
    };
    let scene = || Scene::new(vec![(A, Node::healthy(&good.chain()))]).trusts(&good.root);
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
    let good = Good::new();
    let other = leaf_of("lb01.corp.example", &good.inter, (2026, 11, 4), (2027, 2, 2));
    let node = Node::healthy(&good.chain()).with(HelloKind::Nameless, chose("TLS 1.2", GOOD, &[other]));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-default-certificate-differs", &evidence, &[("tls.default-certificate-differs", INFO)]);
    let node = Node::healthy(&good.chain()).with(HelloKind::Nameless, refused(FailKind::Alert { code: 112 }));
    assert_eq!(findings(&Scene::new(vec![(A, node)]).trusts(&good.root).done()).len(), 0);
}

#[test]
fn a_weak_suite_that_is_preferred_is_worth_a_word() {
    let good = Good::new();
    let node = Node::healthy(&good.chain())
        .with(HelloKind::Tls12, chose("TLS 1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", &good.chain()));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-weak-cipher-preferred", &evidence, &[("tls.weak-cipher-preferred", INFO)]);
}

#[test]
fn n25_what_gets_lost_by_its_size_is_told_with_the_direction() {
    let good = Good::new();
    let mut cut = chose("TLS 1.2", GOOD, &[]);
    let HelloOutcome::ServerHello { cut: after, .. } = &mut cut.outcome else { panic!() };
    *after = Some(failure(FailKind::Timeout));
    let mut node = Node::failing(&FailKind::Timeout);
    node.hellos.clear();
    let node = HelloKind::ALL.into_iter().fold(node, |node, kind| node.with(kind, cut.clone()));
    let evidence = Scene::new(vec![(A, node)]).done();
    expect("tls-handshake-stalls", &evidence, &[("tls.handshake-stalls", FAIL)]);
    assert_eq!(finding(&evidence, "tls.handshake-stalls").data["direction"], "answer");
    // the handshake of today's libraries still fits one packet, that of today's browsers does not
    let node = Node::healthy(&good.chain()).with(HelloKind::Large, refused(FailKind::Timeout));
    let evidence = Scene::new(vec![(A, node)]).trusts(&good.root).done();
    expect("tls-handshake-stalls-large-hello", &evidence, &[("tls.handshake-stalls", WARN)]);
}

#[test]
fn t29_a_slow_handshake_is_set_against_the_way() {
    let good = Good::new();
    let slow = |ms| Node::healthy(&good.chain()).tls(|tls| tls.handshake_ms = Some(ms));
    let evidence = Scene::new(vec![(A, slow(6_300))]).trusts(&good.root).done();
    expect("tls-handshake-slow", &evidence, &[("tls.handshake-slow", WARN)]);
    let found = findings(&Scene::new(vec![(A, slow(1_300))]).trusts(&good.root).done());
    assert_eq!(found.iter().map(|f| f.severity).collect::<Vec<_>>(), [INFO]);
}

#[test]
fn t23_the_forgotten_node_is_named_with_what_is_different() {
    let good = Good::new();
    let healthy = || Node::healthy(&good.chain());
    let said = |odd: Node, lang| {
        let scene = Scene::new(vec![(A, healthy()), (B, odd), (C, healthy())]).trusts(&good.root);
        title(&scene.done(), "tls.addresses-differ", lang)
    };
    let begins = |text: &str| format!("{B}, of the addresses of {HOST}, differs from the others: {text}");
    let old = leaf_of(HOST, &good.inter, (2026, 8, 1), (2026, 10, 30));
    let old = || Node::healthy(&[old.clone(), good.inter.der().to_vec()]);
    assert_eq!(said(old(), Lang::En), begins("still sends the certificate that ended on 2026-10-30"));
    assert!(said(old(), Lang::De).ends_with("sendet noch das Zertifikat, das am 2026-10-30 abgelaufen ist"));
    let without = || Node::healthy(std::slice::from_ref(&good.leaf));
    assert_eq!(said(without(), Lang::En), begins("does not send \"R11\""));
    let mut tls10 = Node::failing(&FailKind::Alert { code: 70 });
    tls10.hellos = HelloKind::ALL.into_iter().map(|kind| (kind, chose("TLS 1.0", RSA, &good.chain()))).collect();
    let scene = Scene::new(vec![(A, healthy()), (B, tls10), (C, healthy())]).trusts(&good.root);
    let evidence = scene.done();
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
    let evidence = Scene::new(nodes).trusts(&good.root).done();
    let finding = finding(&evidence, "tls.addresses-differ");
    assert_eq!((finding.severity, finding.place.address), (INFO, Some(B.parse().unwrap())));
    assert_eq!(title(&evidence, "tls.addresses-differ", Lang::En), begins("sends no OCSP staple"));
    // of two, the one that ends first was forgotten
    let scene = Scene::new(vec![(A, old()), (B, healthy())]).trusts(&good.root).done();
    assert!(title(&scene, "tls.addresses-differ", Lang::En).starts_with(A));
}

#[test]
fn n14_inspection_is_the_first_cause_and_blames_nobody_at_the_server() {
    let box_ca = root("Zscaler Intermediate Root CA (zscaler.example)", "Zscaler Inc.");
    let made = leaf_of(HOST, &box_ca, (2026, 11, 20), (2026, 12, 4));
    let evidence = Scene::new(vec![(A, Node::healthy(&[made]))]).done();
    assert!(findings(&evidence).iter().any(|f| f.code.id == "tls.inspected"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/tls-inspected.json");
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(&evidence).unwrap())).unwrap();
    }
    assert_eq!(first_cause(&evidence), "tls.inspected");
    assert_eq!(exdiag::replay(evidence).verdict().causes.len(), 1);
    // its root installed here: nothing fails, and still it is not the server's certificate
    let made = leaf_of(HOST, &box_ca, (2026, 11, 20), (2026, 12, 24));
    let evidence = Scene::new(vec![(A, Node::healthy(&[made]))]).trusts(&box_ca).done();
    assert_eq!(finding(&evidence, "tls.inspected").severity, WARN);
    // a device that shows its own certificate inspects nothing
    let own = leaf_of("fw01.corp.example", &box_ca, (2026, 11, 20), (2026, 12, 24));
    let evidence = Scene::new(vec![(A, Node::healthy(&[own]))]).done();
    assert!(findings(&evidence).iter().all(|f| f.code.id != "tls.inspected"));
}

#[test]
fn n14_an_authority_that_also_issues_for_microsoft_inspects() {
    let corp = root("CORP Proxy CA", "Corp");
    let compared = |by: &Authority| {
        let made = leaf_of(HOST, &corp, (2026, 11, 4), (2027, 2, 2));
        let mut scene = Scene::new(vec![(A, Node::healthy(&[made, corp.der().to_vec()]))]);
        scene.names("outlook.office365.com", &[C]);
        let theirs = leaf_of("outlook.office365.com", by, (2026, 11, 4), (2027, 2, 2));
        scene.node("outlook.office365.com", C, Node::healthy(&[theirs]));
        scene.done()
    };
    assert_eq!(first_cause(&compared(&corp)), "tls.inspected");
    assert_eq!(first_cause(&compared(&root("DigiCert", "DigiCert Inc"))), "tls.private-ca");
}

#[test]
fn t34_a_wrong_clock_here_explains_the_certificates() {
    let good = Good::new();
    let leaf = leaf_of(HOST, &good.inter, (2027, 5, 1), (2027, 7, 30));
    let chain = [leaf, good.inter.der().to_vec()];
    let scene = || Scene::new(vec![(A, Node::healthy(&chain))]).trusts(&good.root);
    let evidence = scene().http(http(401, &[("date", "Tue, 01 Jun 2027 08:00:00 GMT")], "")).done();
    expect("tls-clock-wrong", &evidence, &[("tls.not-yet-valid", FAIL), ("tls.clock-wrong", FAIL)]);
    assert_eq!(first_cause(&evidence), "tls.clock-wrong");
    // the server says the same time as we: the certificate is what is wrong
    let evidence = scene().http(http(401, &[("date", "Sun, 22 Nov 2026 20:00:01 GMT")], "")).done();
    assert_eq!(first_cause(&evidence), "tls.not-yet-valid");
    // one clock alone is worth a word
    let scene = Scene::new(vec![(A, Node::healthy(&good.chain()))]).trusts(&good.root);
    let evidence = scene.http(http(401, &[("date", "Sun, 22 Nov 2026 21:00:00 GMT")], "")).done();
    expect("tls-server-clock-wrong", &evidence, &[("tls.server-clock-wrong", INFO)]);
}

#[test]
fn could_not_ask_is_not_is_not_there() {
    let good = Good::new();
    let mut scene = Scene::new(vec![(A, Node::healthy(&good.chain()))]).trusts(&good.root);
    for kind in HelloKind::ALL {
        scene.put(Probe::hello(A.parse().unwrap(), 443, HOST, kind), Seen::NoAnswer(NoAnswer::Deadline));
    }
    scene.put(Probe::Http(options()), Seen::NoAnswer(NoAnswer::Deadline));
    let evidence = scene.done();
    assert_eq!(findings(&evidence).len(), 0);
    assert_eq!(note(&evidence), "TLS 1.3");
}
