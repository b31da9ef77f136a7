//! Are certificates judged by the rules, and is each fault named by its code? Every case builds its
//! own certificates; `EXDIAG_BLESS=1 cargo test --test tls` records those that
//! `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::http::{FailKind, Failure, Phase};
use exdiag::evidence::{
    AiaSeen, Anchor, DnsAnswer, DnsSeen, Evidence, Handshake, Header, NoAnswer, Probe, Record, RecordData, RecordType,
    ResourceRecord, Seen, Subject, TlsOutcome, TlsSeen, View,
};
use exdiag::finding::{Lang, Outcome, Severity, Status};
use exdiag::protocol::chain;
use exdiag::protocol::x509::{AltName, Certificate, Signature, name_covers};
use exdiag::runner;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm,
    date_time_ymd,
};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

const HOST: &str = "mail.corp.example";
const NOW: &str = "2026-11-22T20:00:00Z";
const AIA: &str = "http://aia.example/r11.der";

/// A certificate with the key that belongs to it.
struct Made {
    der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

impl Made {
    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    fn facts(&self) -> Certificate {
        Certificate::read(&self.der)
    }
}

fn named(name: &str, organisation: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "DE");
    params.distinguished_name.push(DnType::OrganizationName, organisation);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name, "Example Trust");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

/// A leaf of 90 days, 72 of them left at [`NOW`].
fn server(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2026, 11, 4);
    params.not_after = date_time_ymd(2027, 2, 2);
    params.custom_extensions = vec![issuer_at(AIA)];
    params
}

/// Authority Information Access with one `caIssuers` address.
fn issuer_at(url: &str) -> CustomExtension {
    let tagged = |tag: u8, content: &[u8]| {
        let mut out = vec![tag, u8::try_from(content.len()).unwrap()];
        out.extend_from_slice(content);
        out
    };
    let method = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
    let access = tagged(0x30, &[&method[..], &tagged(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tagged(0x30, &access))
}

fn root(params: CertificateParams) -> Made {
    let key = KeyPair::generate().unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { der, params, key }
}

fn signed(params: CertificateParams, by: &Made) -> Made {
    let key = KeyPair::generate().unwrap();
    let der = params.signed_by(&key, &by.issuer()).unwrap().der().to_vec();
    Made { der, params, key }
}

/// A certificate that rcgen cannot make; its key is not known.
fn from_pem(pem: &str) -> Made {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Made { der: STANDARD.decode(body).unwrap(), params: authority(""), key: KeyPair::generate().unwrap() }
}

/// A root, an intermediate and a leaf as public authorities have them.
struct Pki {
    root: Made,
    inter: Made,
    leaf: Made,
}

fn pki() -> Pki {
    let root = root(authority("Example Root X1"));
    let inter = signed(authority("R11"), &root);
    let leaf = signed(server(&[HOST, "autodiscover.corp.example"]), &inter);
    Pki { root, inter, leaf }
}

/// Evidence under construction.
struct Scene {
    evidence: Evidence,
    addresses: Vec<IpAddr>,
}

fn record(seen: Seen) -> Record {
    Record { seen, at_ms: 0, took_ms: 30, after: None }
}

fn base64(der: &[u8]) -> String {
    STANDARD.encode(der)
}

impl Scene {
    fn new() -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some(HOST.parse().unwrap());
        subject.selected = vec!["tls-chain".to_owned(), "tls-intermediate".to_owned()];
        let header = Header {
            started_at: NOW.parse().unwrap(),
            subject,
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        Self { evidence: Evidence::new(header), addresses: Vec::new() }
    }

    fn put(&mut self, probe: Probe, seen: Seen) {
        self.evidence.records.insert(probe, record(seen));
    }

    fn outcome(mut self, address: &str, chain: &[&Made], outcome: TlsOutcome, asked: bool) -> Self {
        let address: IpAddr = address.parse().unwrap();
        self.addresses.push(address);
        let seen = TlsSeen {
            outcome,
            chain: chain.iter().map(|made| base64(&made.der)).collect(),
            ocsp: None,
            client_certificate_requested: asked,
            connect_ms: Some(10),
            handshake_ms: Some(20),
        };
        self.put(Probe::tls(address, 443, HOST), Seen::Tls(seen));
        self
    }

    /// An address that sends these certificates.
    fn sends(self, address: &str, chain: &[&Made]) -> Self {
        let handshake = Handshake {
            version: "TLS 1.3".to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            alpn: None,
            group: None,
        };
        self.outcome(address, chain, TlsOutcome::Handshake(handshake), false)
    }

    fn trusts(mut self, roots: &[&Made]) -> Self {
        for made in roots {
            let facts = made.facts();
            let anchor = Anchor {
                store: "system".to_owned(),
                subject: facts.subject.base64(),
                spki: base64(&facts.spki),
                name_constraints: None,
                certificate: Some(base64(&made.der)),
            };
            self.put(Probe::Anchors { subject: anchor.subject.clone() }, Seen::Anchors { found: vec![anchor] });
        }
        self
    }

    fn aia(mut self, url: &str, certificates: &[&Made]) -> Self {
        let seen = AiaSeen {
            certificates: certificates.iter().map(|made| base64(&made.der)).collect(),
            format: Some("der".to_owned()),
            status: Some(if certificates.is_empty() { 404 } else { 200 }),
            failure: certificates.is_empty().then(|| "be fetched: HTTP 404".to_owned()),
            missing: None,
        };
        self.put(Probe::Aia { url: url.to_owned() }, Seen::Aia(seen));
        self
    }

    /// Adds the DNS, empty answers of the stores, and unreachable issuers: what any run would have.
    fn done(mut self) -> Evidence {
        for rtype in [RecordType::A, RecordType::Aaaa] {
            let fits = |address: &&IpAddr| address.is_ipv6() == (rtype == RecordType::Aaaa);
            let answers = self.addresses.iter().filter(fits).map(|address| ResourceRecord {
                name: HOST.to_owned(),
                ttl: 300,
                data: RecordData::Address { address: *address },
            });
            let answer = DnsAnswer {
                server: "192.0.2.53:53".to_owned(),
                transport: "udp".to_owned(),
                rcode: "NOERROR".to_owned(),
                authoritative: false,
                authentic: false,
                answers: answers.collect(),
                authority: Vec::new(),
                extended_errors: Vec::new(),
            };
            self.put(Probe::dns(HOST, rtype), Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() }));
        }
        loop {
            let view = View::new(&self.evidence);
            let _ = (exdiag::checks::tls_chain::check(&view), exdiag::checks::tls_intermediate::check(&view));
            let wanted = view.wanted();
            if wanted.is_empty() {
                return self.evidence;
            }
            for probe in wanted {
                let seen = match probe {
                    Probe::Anchors { .. } => Seen::Anchors { found: Vec::new() },
                    Probe::Aia { .. } => Seen::Aia(AiaSeen {
                        certificates: Vec::new(),
                        format: None,
                        status: None,
                        failure: Some("connect: timed out".to_owned()),
                        missing: None,
                    }),
                    other => panic!("nobody planned {other}"),
                };
                self.put(probe, seen);
            }
        }
    }
}

/// The outcomes of both checks.
fn judge(evidence: &Evidence) -> BTreeMap<&'static str, Outcome> {
    let (finished, _) = runner::judge(exdiag::checks::ALL, evidence.clone());
    let ours = finished.checks.into_iter().filter(|judged| judged.id.starts_with("tls-"));
    ours.map(|judged| (judged.id, judged.outcome)).collect()
}

fn codes(evidence: &Evidence) -> Vec<(&'static str, Severity)> {
    judge(evidence).values().flat_map(|outcome| outcome.findings().iter().map(|f| (f.code.id, f.severity))).collect()
}

fn finding(evidence: &Evidence, code: &str) -> exdiag::finding::Finding {
    let all: Vec<_> = judge(evidence).values().flat_map(|outcome| outcome.findings().to_vec()).collect();
    all.into_iter().find(|f| f.code.id == code).unwrap_or_else(|| panic!("no {code} in {:?}", codes(evidence)))
}

/// Holds the case to its codes, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) {
    assert_eq!(codes(evidence), expected, "{case}");
    for (id, outcome) in judge(evidence) {
        for lang in [Lang::En, Lang::De] {
            for finding in outcome.findings() {
                let texts = [finding.code.title, finding.code.meaning];
                let steps = finding.code.steps.iter();
                let commands = steps.clone().flat_map(|s| s.commands).map(|c| c.text);
                for text in texts.iter().chain(steps.map(|s| &s.text)).map(|t| t.of(lang)).chain(commands) {
                    let mut arguments = finding.arguments();
                    arguments.insert("mailbox".to_owned(), "anna@corp.example".into());
                    let said = exdiag::finding::fill(text, &arguments, lang);
                    for gap in ["{server}", "{host}", "{issuer", "{date}", "{certificate}", "{problem}", "{names}"] {
                        assert!(!said.contains(gap), "{case}, {id}: {said}");
                    }
                }
            }
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(evidence).unwrap())).unwrap();
    }
}

const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;
const A: &str = "203.0.113.7";
const B: &str = "203.0.113.8";
const C: &str = "2001:db8::7";

#[test]
fn healthy_chains_are_silent() {
    let p = pki();
    expect("tls-healthy", &Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done(), &[]);
    let direct = signed(server(&[HOST]), &p.root);
    expect("tls-healthy-leaf-of-a-root", &Scene::new().sends(A, &[&direct]).trusts(&[&p.root]).done(), &[]);
    let wild = signed(server(&["*.corp.example"]), &p.inter);
    expect("tls-healthy-wildcard", &Scene::new().sends(A, &[&wild, &p.inter]).trusts(&[&p.root]).done(), &[]);
    // Exchange's own certificate, installed by hand as a root
    let mut params = server(&[HOST]);
    params.custom_extensions.clear();
    let own = root(params);
    expect("tls-healthy-self-signed-installed", &Scene::new().sends(A, &[&own]).trusts(&[&own]).done(), &[]);
}

#[test]
fn rfc8446_4_4_2_a_root_that_is_sent_too_is_worth_a_word_only() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter, &p.root]).trusts(&[&p.root]).done();
    expect("tls-healthy-root-sent", &evidence, &[("tls.chain-superfluous", INFO)]);
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.leaf, &p.inter, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-chain-superfluous", &evidence, &[("tls.chain-superfluous", INFO)]);
}

/// A new root, and the certificate that an older root issued to the same name and key.
fn cross_signed() -> (Made, Made, Made, Made) {
    let old = root(authority("Example Root X1"));
    let new = root(authority("Example Root YR"));
    let params = authority("Example Root YR");
    let der = params.signed_by(&new.key, &old.issuer()).unwrap().der().to_vec();
    let cross = Made { der, params, key: KeyPair::try_from(new.key.serialize_der().as_slice()).unwrap() };
    let inter = signed(authority("YR1"), &new);
    (old, new, cross, inter)
}

#[test]
fn a_cross_signed_root_is_neither_missing_nor_superfluous() {
    let (old, new, cross, inter) = cross_signed();
    let leaf = signed(server(&[HOST]), &inter);
    // clients that know the new root, the old one, or both
    for (case, roots) in [
        ("tls-healthy-cross-signed", vec![&old]),
        ("tls-healthy-cross-signed-new-root-known", vec![&new]),
        ("tls-healthy-cross-signed-both-roots-known", vec![&old, &new]),
    ] {
        expect(case, &Scene::new().sends(A, &[&leaf, &inter, &cross]).trusts(&roots).done(), &[]);
    }
    // the trap of 2026: the intermediate alone is no longer enough
    let mut params = authority("YR1");
    params.custom_extensions = vec![issuer_at("http://aia.example/yr.der")];
    let inter = signed(params, &new);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence =
        Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&old]).aia("http://aia.example/yr.der", &[&cross]).done();
    expect("tls-intermediate-missing-cross-sign", &evidence, &[("tls.intermediate-missing", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!(found.data["index"], 1);
    assert_eq!(found.data["issuer"], "Example Root YR");
    assert_eq!(found.data["repaired"], true);
}

#[test]
fn a_missing_intermediate_is_named_fetched_and_repaired() {
    let p = pki();
    let evidence =
        Scene::new().sends(A, &[&p.leaf]).sends(C, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-missing", &evidence, &[("tls.intermediate-missing", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!(found.data["missing_issuer"], "CN=R11,O=Example Trust,C=DE");
    assert_eq!(found.data["aia"], AIA);
    assert_eq!(found.data["repaired"], true);
    assert_eq!(found.data["sent"], 1);
    assert_eq!(found.place.address, None, "it is so on both addresses");
    let Outcome::Checked { note, .. } = &judge(&evidence)["tls-intermediate"] else { panic!() };
    assert_eq!(note.say(Lang::En), "\"R11\" is missing on 2 of 2 addresses");

    let view = View::new(&evidence);
    let (host, pem) = chain::repaired_chain(&view).unwrap().unwrap();
    assert_eq!(host, HOST);
    assert_eq!(pem, p.leaf.facts().pem() + &p.inter.facts().pem());
    assert_eq!(found.data["repaired_chain"], pem.as_str());
}

#[test]
fn several_missing_links_are_fetched_one_after_another() {
    let top = root(authority("Example Root X1"));
    let mut params = authority("Example Middle");
    params.custom_extensions = vec![issuer_at("http://aia.example/root.der")];
    let middle = signed(params, &top);
    let mut params = authority("R11");
    params.custom_extensions = vec![issuer_at("http://aia.example/middle.der")];
    let low = signed(params, &middle);
    let leaf = signed(server(&[HOST]), &low);
    let evidence = Scene::new()
        .sends(A, &[&leaf])
        .trusts(&[&top])
        .aia(AIA, &[&low])
        .aia("http://aia.example/middle.der", &[&middle])
        .done();
    expect("tls-intermediate-missing-two", &evidence, &[("tls.intermediate-missing", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["repaired"], true);
    // a root above that no store holds: the gap and the unknown root are two faults
    let evidence = Scene::new()
        .sends(A, &[&leaf])
        .aia(AIA, &[&low])
        .aia("http://aia.example/middle.der", &[&middle])
        .aia("http://aia.example/root.der", &[&top])
        .done();
    expect(
        "tls-intermediate-missing-private",
        &evidence,
        &[("tls.private-ca", FAIL), ("tls.intermediate-missing", FAIL)],
    );
    assert_eq!(finding(&evidence, "tls.private-ca").data["root"], "Example Root X1");
}

#[test]
fn a_missing_intermediate_that_cannot_be_fetched_is_still_named() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[]).done();
    expect("tls-intermediate-missing-aia-gone", &evidence, &[("tls.intermediate-missing", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!((&found.data["repaired"], &found.data["aia_problem"]), (&false.into(), &"failed".into()));
    assert_eq!(chain::repaired_chain(&View::new(&evidence)).unwrap(), None);

    let mut evidence = evidence;
    evidence.header.subject.aia = false;
    evidence.records.retain(|probe, _| !matches!(probe, Probe::Aia { .. }));
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["aia_problem"], "held-back");

    // what lies there is another's
    let other = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[&other.inter]).done();
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["aia_problem"], "not-the-issuer");

    // no address at all, and it is the leaf's issuer that is missing
    let mut params = server(&[HOST]);
    params.custom_extensions.clear();
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf]).trusts(&[&p.root]).done();
    expect("tls-intermediate-missing-no-aia", &evidence, &[("tls.intermediate-missing", FAIL)]);
    assert!(finding(&evidence, "tls.intermediate-missing").data["aia"].is_null());
}

#[test]
fn one_forgotten_node_is_named_by_its_address() {
    let p = pki();
    let evidence = Scene::new()
        .sends(A, &[&p.leaf, &p.inter])
        .sends(B, &[&p.leaf])
        .sends(C, &[&p.leaf, &p.inter])
        .trusts(&[&p.root])
        .aia(AIA, &[&p.inter])
        .done();
    expect(
        "tls-addresses-differ-one-without-intermediate",
        &evidence,
        &[("tls.addresses-differ", WARN), ("tls.intermediate-missing", FAIL)],
    );
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!(found.place.address, Some(B.parse().unwrap()));
    assert_eq!(found.data["server"], format!("{HOST} ({B})"));
    let differ = finding(&evidence, "tls.addresses-differ");
    assert_eq!((differ.place.address, &differ.data["odd"]), (Some(B.parse().unwrap()), &serde_json::json!([B])));

    let mut old = server(&[HOST]);
    old.not_before = date_time_ymd(2026, 8, 1);
    old.not_after = date_time_ymd(2026, 10, 30);
    let old = signed(old, &p.inter);
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).sends(C, &[&old, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-addresses-differ", &evidence, &[("tls.expired", FAIL), ("tls.addresses-differ", WARN)]);
    assert_eq!(finding(&evidence, "tls.expired").place.address, Some(C.parse().unwrap()));
}

#[test]
fn an_intermediate_of_another_authority_is_named_with_the_right_one() {
    let p = pki();
    let mut params = authority("G2 CA");
    params.distinguished_name.push(DnType::OrganizationName, "Other Trust");
    let other = signed(params, &root(authority("Other Root")));
    let evidence = Scene::new().sends(A, &[&p.leaf, &other]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-wrong", &evidence, &[("tls.intermediate-wrong", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-wrong");
    assert_eq!((&found.data["sent_instead"], &found.data["issuer"]), (&"G2 CA".into(), &"R11".into()));
    assert_eq!(found.data["repaired"], true);

    // the same name, but the key of a generation before (AKI differs from SKI)
    let rekeyed = signed(authority("R11"), &p.root);
    let evidence = Scene::new().sends(A, &[&p.leaf, &rekeyed]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-wrong-key", &evidence, &[("tls.intermediate-wrong", FAIL)]);

    // the root is sent and the link between is not: that is a gap, not a wrong certificate
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.root]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect(
        "tls-intermediate-missing-below-the-root",
        &evidence,
        &[("tls.intermediate-missing", FAIL), ("tls.chain-superfluous", INFO)],
    );
}

#[test]
fn an_expired_intermediate_is_named_unless_a_way_around_it_is_sent() {
    let p = pki();
    let mut params = authority("R11");
    params.not_after = date_time_ymd(2026, 10, 1);
    let der = params.signed_by(&p.inter.key, &p.root.issuer()).unwrap().der().to_vec();
    let old = Made { der, params, key: KeyPair::try_from(p.inter.key.serialize_der().as_slice()).unwrap() };
    let evidence = Scene::new().sends(A, &[&p.leaf, &old]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-expired", &evidence, &[("tls.intermediate-expired", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-expired").data["repaired"], true);
    let (_, pem) = chain::repaired_chain(&View::new(&evidence)).unwrap().unwrap();
    assert_eq!(pem, p.leaf.facts().pem() + &p.inter.facts().pem());

    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter, &old]).trusts(&[&p.root]).done();
    expect("tls-cross-sign-expired", &evidence, &[("tls.cross-sign-expired", WARN)]);
}

#[test]
fn rfc5246_7_4_2_each_certificate_is_followed_by_its_issuer() {
    let top = root(authority("Example Root X1"));
    let middle = signed(authority("Example Middle"), &top);
    let low = signed(authority("R11"), &middle);
    let leaf = signed(server(&[HOST]), &low);
    let evidence = Scene::new().sends(A, &[&leaf, &middle, &low]).trusts(&[&top]).done();
    expect("tls-chain-order", &evidence, &[("tls.chain-order", WARN)]);
    let found = finding(&evidence, "tls.chain-order");
    assert_eq!(found.data["wanted"], serde_json::json!([HOST, "R11", "Example Middle"]));
    let (_, pem) = chain::repaired_chain(&View::new(&evidence)).unwrap().unwrap();
    assert_eq!(pem, leaf.facts().pem() + &low.facts().pem() + &middle.facts().pem());
}

#[test]
fn rfc9525_6_3_a_wildcard_covers_one_label() {
    for (pattern, host, covers) in [
        ("mail.corp.example", "MAIL.corp.example.", true),
        ("*.corp.example", "mail.corp.example", true),
        ("*.corp.example", "corp.example", false),
        ("*.corp.example", "a.mail.corp.example", false),
        ("*.example", "corp.example", false),
        ("*", "corp", false),
        ("m*.corp.example", "mail.corp.example", false),
        ("mail.*.example", "mail.corp.example", false),
        ("mail.corp.example", "mail.corp.example.org", false),
    ] {
        assert_eq!(name_covers(pattern, host), covers, "{pattern} {host}");
    }
    let p = pki();
    let ip = signed(server(&[HOST, "203.0.113.7"]), &p.inter).facts();
    assert!(ip.is_for("203.0.113.7") && !ip.is_for("203.0.113.8"));
    assert!(ip.names.contains(&AltName::Ip(A.parse().unwrap())));
}

#[test]
fn a_name_that_the_certificate_does_not_hold() {
    let p = pki();
    let other = signed(server(&["www.hoster.example", "a.example", "b.example", "c.example"]), &p.inter);
    let evidence = Scene::new().sends(A, &[&other, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-name-mismatch", &evidence, &[("tls.name-mismatch", FAIL)]);
    let found = finding(&evidence, "tls.name-mismatch");
    assert_eq!(found.data["names"].as_array().unwrap().len(), 4);
    assert_eq!(found.data["presented"], "www.hoster.example, a.example, b.example (+1)");
    assert_eq!(found.data["reason"], "common-name-only");
    assert_eq!(found.data["index"], 0);
    let deep = signed(server(&["*.example", "*.mail.corp.example"]), &p.inter);
    let evidence = Scene::new().sends(A, &[&deep, &p.inter]).trusts(&[&p.root]).done();
    assert_eq!(finding(&evidence, "tls.name-mismatch").data["reason"], "wildcard-depth");

    let bare = signed(server(&[]), &p.inter);
    let evidence = Scene::new().sends(A, &[&bare, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-san-missing", &evidence, &[("tls.san-missing", FAIL)]);
}

fn dated(p: &Pki, from: (i32, u8, u8), to: (i32, u8, u8)) -> Evidence {
    let mut params = server(&[HOST]);
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    Scene::new().sends(A, &[&signed(params, &p.inter), &p.inter]).trusts(&[&p.root]).done()
}

#[test]
fn the_dates_of_the_leaf() {
    let p = pki();
    expect("tls-expired", &dated(&p, (2026, 8, 1), (2026, 11, 1)), &[("tls.expired", FAIL)]);
    assert_eq!(finding(&dated(&p, (2026, 8, 1), (2026, 11, 1)), "tls.expired").data["days"], 21);
    expect("tls-not-yet-valid", &dated(&p, (2026, 12, 1), (2027, 2, 1)), &[("tls.not-yet-valid", FAIL)]);
    expect("tls-expires-soon", &dated(&p, (2025, 12, 1), (2026, 12, 10)), &[("tls.expires-soon", WARN)]);
    // a certificate of 90 days is renewed when 30 are left, so 29 are no reason to worry, 20 are
    expect("tls-healthy-29-of-90-days-left", &dated(&p, (2026, 9, 23), (2026, 12, 22)), &[]);
    assert_eq!(codes(&dated(&p, (2026, 9, 14), (2026, 12, 13))), [("tls.expires-soon", WARN)]);
    // six days in all
    expect("tls-healthy-short-lived", &dated(&p, (2026, 11, 20), (2026, 11, 26)), &[]);
    // a year: 31 days left are enough
    assert_eq!(codes(&dated(&p, (2025, 12, 25), (2026, 12, 25))), []);
}

#[test]
fn self_signed_private_and_missing_are_told_apart() {
    let mut params = server(&["exch01", "exch01.corp.example", HOST]);
    params.custom_extensions.clear();
    params.use_authority_key_identifier_extension = false;
    let own = root(params);
    expect("tls-self-signed", &Scene::new().sends(A, &[&own]).done(), &[("tls.self-signed", FAIL)]);

    let ca = root(authority("Corp Root CA"));
    let mut sub = authority("Corp Issuing CA");
    sub.custom_extensions = vec![issuer_at("http://pki.corp.example/root.crt")];
    let sub = signed(sub, &ca);
    let leaf = signed(server(&[HOST]), &sub);
    let private = [("tls.private-ca", FAIL)];
    let evidence = Scene::new().sends(A, &[&leaf, &sub]).done();
    expect("tls-private-ca", &evidence, &private);
    assert_eq!(finding(&evidence, "tls.private-ca").data["root"], "Corp Root CA");
    let evidence = Scene::new().sends(A, &[&leaf, &sub]).aia("http://pki.corp.example/root.crt", &[&ca]).done();
    expect("tls-private-ca-root-fetched", &evidence, &private);
    let evidence = Scene::new().sends(A, &[&leaf, &sub, &ca]).done();
    expect("tls-private-ca-root-sent", &evidence, &[("tls.private-ca", FAIL), ("tls.chain-superfluous", INFO)]);
    // the root issues by itself, and says so over LDAP as AD CS does
    let mut params = server(&[HOST]);
    params.custom_extensions = vec![issuer_at("ldap:///CN=Corp%20Root%20CA,CN=AIA?cACertificate")];
    let leaf = signed(params, &ca);
    expect("tls-private-ca-one-tier", &Scene::new().sends(A, &[&leaf]).done(), &private);
    // given by --cacert, all is well
    expect("tls-healthy-private-ca-given", &Scene::new().sends(A, &[&leaf]).trusts(&[&ca]).done(), &[]);
}

/// An RSA key of 1024 bits; nobody signs with it here.
struct SmallKey(Vec<u8>);

impl PublicKeyData for SmallKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }
    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

#[test]
fn weak_keys_and_signatures() {
    let p = pki();
    // RSAPublicKey: 128 bytes of modulus with a leading zero, exponent 65537
    let modulus: Vec<u8> = (0..128).map(|i: u8| i.wrapping_mul(37) | 0x81).collect();
    let key = [&[0x30, 0x81, 0x89, 0x02, 0x81, 0x81, 0x00][..], &modulus, &[0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    let params = server(&[HOST]);
    let der = params.signed_by(&SmallKey(key), &p.inter.issuer()).unwrap().der().to_vec();
    let leaf = Made { der, params, key: KeyPair::generate().unwrap() };
    assert_eq!(leaf.facts().key.to_string(), "RSA 1024");
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-weak-key", &evidence, &[("tls.weak-key", FAIL)]);

    let (top, leaf) = (from_pem(include_str!("data/old-root.pem")), from_pem(include_str!("data/sha1-leaf.pem")));
    assert_eq!(leaf.facts().signature, "sha1WithRSAEncryption");
    assert_eq!(leaf.facts().issued_by(&top.facts()), Signature::Good, "old signatures still say who signed");
    let evidence = Scene::new().sends(A, &[&leaf]).trusts(&[&top]).done();
    expect("tls-weak-signature", &evidence, &[("tls.weak-signature", FAIL)]);
}

#[test]
fn purposes_and_authorities() {
    let p = pki();
    let mut params = server(&[HOST]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-wrong-purpose", &evidence, &[("tls.wrong-purpose", FAIL)]);

    let mut params = authority("Not an authority");
    params.is_ca = IsCa::ExplicitNoCa;
    let inter = signed(params, &p.root);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-not-a-ca", &evidence, &[("tls.not-a-ca", FAIL)]);
    assert_eq!(finding(&evidence, "tls.not-a-ca").data["index"], 1);

    let mut params = authority("R11");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let first = signed(params, &p.root);
    let second = signed(authority("R12"), &first);
    let leaf = signed(server(&[HOST]), &second);
    let evidence = Scene::new().sends(A, &[&leaf, &second, &first]).trusts(&[&p.root]).done();
    expect("tls-path-too-long", &evidence, &[("tls.path-too-long", FAIL)]);

    let mut params = authority("R11");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let inter = signed(params, &p.root);
    let leaf = signed(server(&[HOST, "mail.elsewhere.example"]), &inter);
    let evidence = Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-name-constraint", &evidence, &[("tls.name-constraint", FAIL)]);

    let mut params = server(&[HOST]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-ca-as-server", &evidence, &[("tls.ca-as-server", WARN)]);

    let mut params = server(&[HOST]);
    let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    unknown.set_criticality(true);
    params.custom_extensions.push(unknown);
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-unknown-critical-extension", &evidence, &[("tls.unknown-critical-extension", FAIL)]);
    assert_eq!(finding(&evidence, "tls.unknown-critical-extension").data["oid"], "1.3.6.1.4.1.99999.1");
}

#[test]
fn rfc5280_6_1_what_else_breaks_a_path_is_named_with_its_certificate() {
    let p = pki();
    // the right issuer, and a signature that is not its
    let mut der = p.leaf.der.clone();
    *der.last_mut().unwrap() ^= 1;
    let leaf = Made { der, params: server(&[HOST]), key: KeyPair::generate().unwrap() };
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-signature-invalid", &evidence, &[("tls.signature-invalid", FAIL)]);
    let found = finding(&evidence, "tls.signature-invalid");
    assert_eq!((&found.data["index"], &found.data["certificate"]), (&0.into(), &HOST.into()));

    // policyConstraints: requireExplicitPolicy 0
    let mut params = authority("R11");
    let required = vec![0x30, 0x03, 0x80, 0x01, 0x00];
    let mut constraints = CustomExtension::from_oid_content(&[2, 5, 29, 36], required);
    // RFC 5280, 4.2.1.11
    constraints.set_criticality(true);
    params.custom_extensions = vec![constraints];
    let inter = signed(params, &p.root);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-policy-required", &evidence, &[("tls.policy-required", FAIL)]);

    let mut params = authority("Example Root X0");
    params.not_after = date_time_ymd(2026, 10, 1);
    let old = root(params);
    let inter = signed(authority("R11"), &old);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&old]).done();
    expect("tls-root-expired", &evidence, &[("tls.root-expired", FAIL)]);
    let found = finding(&evidence, "tls.root-expired");
    assert_eq!((&found.data["to"], &found.data["index"]), (&"2026-10-01".into(), &serde_json::Value::Null));

    // a root whose constraints nobody can read binds to nobody knows what
    let mut evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    for record in evidence.records.values_mut() {
        if let Seen::Anchors { found } = &mut record.seen {
            for anchor in found {
                anchor.name_constraints = Some(base64(&[0x30, 0x03, 0xa0]));
            }
        }
    }
    expect("tls-chain-refused", &evidence, &[("tls.chain-refused", FAIL)]);
}

#[test]
fn a_root_sent_in_place_of_its_cross_sign_is_repaired() {
    let (old, new, cross, _) = cross_signed();
    let mut params = authority("YR1");
    params.custom_extensions = vec![issuer_at("http://aia.example/yr.der")];
    let inter = signed(params, &new);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = Scene::new()
        .sends(A, &[&leaf, &inter, &new])
        .trusts(&[&old])
        .aia("http://aia.example/yr.der", &[&cross])
        .done();
    let expected = [("tls.intermediate-missing", FAIL), ("tls.chain-superfluous", INFO)];
    expect("tls-intermediate-missing-cross-sign-root-sent", &evidence, &expected);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!((&found.data["index"], &found.data["repaired"]), (&1.into(), &true.into()));
}

#[test]
fn a_bundle_may_hold_all_that_is_missing() {
    let top = root(authority("Example Root X1"));
    let middle = signed(authority("Example Middle"), &top);
    let low = signed(authority("R11"), &middle);
    let leaf = signed(server(&[HOST]), &low);
    let evidence = Scene::new().sends(A, &[&leaf]).trusts(&[&top]).aia(AIA, &[&top, &middle, &low]).done();
    assert_eq!(codes(&evidence), [("tls.intermediate-missing", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!(found.data["repaired"], true);
    let wanted = [&leaf, &low, &middle].map(|made| made.facts().pem()).concat();
    assert_eq!(found.data["repaired_chain"], wanted.as_str());
}

#[test]
fn a_key_that_nobody_here_can_check_is_no_failure() {
    let top = from_pem(include_str!("data/p256-root.pem"));
    let inter = from_pem(include_str!("data/p521-intermediate.pem"));
    let leaf = from_pem(include_str!("data/p521-leaf.pem"));
    assert_eq!(inter.facts().key.to_string(), "EC 521");
    assert_eq!(leaf.facts().issued_by(&inter.facts()), Signature::Unknown);
    let evidence = Scene::new().sends(A, &[&leaf, &inter]).trusts(&[&top]).done();
    expect("tls-algorithm-unusual", &evidence, &[("tls.algorithm-unusual", WARN)]);
}

#[test]
fn no_parse_failure_hides_a_certificate() {
    let p = pki();
    // a subjectAltName that claims more bytes than it has
    let san = [0x55, 0x1d, 0x11];
    let at = p.leaf.der.windows(3).position(|w| w == san).unwrap();
    let mut der = p.leaf.der.clone();
    der[at + 3 + 3] = 0x7f;
    let leaf = Made { der, params: server(&[HOST]), key: KeyPair::generate().unwrap() };
    let facts = leaf.facts();
    assert!(facts.flaw.is_some());
    assert_eq!(facts.issuer.text, "CN=R11,O=Example Trust,C=DE");
    assert_eq!(facts.validity.unwrap().not_after.to_string(), "2027-02-02T00:00:00Z");
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    assert!(codes(&evidence).contains(&("tls.malformed-certificate", FAIL)), "{:?}", codes(&evidence));
    // nothing that can be sent makes it panic or fall silent
    for cut in 0..p.leaf.der.len() {
        let facts = Certificate::read(&p.leaf.der[..cut]);
        assert!(facts.flaw.is_some(), "{cut}");
    }
    let garbage = Made { der: b"hello".to_vec(), params: authority(""), key: KeyPair::generate().unwrap() };
    let evidence = Scene::new().sends(A, &[&garbage]).done();
    assert!(codes(&evidence).contains(&("tls.malformed-certificate", FAIL)), "{:?}", codes(&evidence));
    let mut params = server(&[HOST]);
    params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 37, 0], vec![1]));
    params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 32], vec![0x30, 0x05, 0x01]));
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-malformed-certificate", &evidence, &[("tls.malformed-certificate", FAIL)]);
}

#[test]
fn could_not_ask_is_not_is_not_there() {
    // TCP is told by another check, or once by the first that runs
    let refused = TlsOutcome::Failed(Failure::new(Phase::Connect, FailKind::Refused));
    let mut evidence = Scene::new().outcome(A, &[], refused, false).done();
    assert_eq!(codes(&evidence), [("net.refused", FAIL)]);
    assert_eq!(judge(&evidence)["tls-intermediate"].status(), Status::Inconclusive);
    evidence.header.subject.selected.push("activesync".to_owned());
    for id in ["tls-chain", "tls-intermediate"] {
        let outcome = &judge(&evidence)[id];
        assert_eq!(outcome.status(), Status::Inconclusive, "{id}");
        assert!(outcome.findings().is_empty(), "{id}");
    }
    // a report without the stores' answers
    let p = pki();
    let mut evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    for (probe, record) in &mut evidence.records {
        if matches!(probe, Probe::Anchors { .. }) {
            record.seen = Seen::NoAnswer(NoAnswer::NotRecorded);
        }
    }
    assert_eq!(judge(&evidence)["tls-chain"].status(), Status::Inconclusive);
    assert_eq!(codes(&evidence), []);
    // no server is known, and the DNS says nothing
    let mut evidence = Scene::new().evidence;
    evidence.header.subject.server = None;
    assert_eq!(judge(&evidence)["tls-chain"].status(), Status::Inconclusive);
}

#[test]
fn hostile_chains_end_quickly() {
    let top = root(authority("Example Root X1"));
    // one name, many keys, each signed by each: a search that does not bound itself never ends
    let twins: Vec<Made> = (0..20).map(|_| signed(authority("Twin"), &top)).collect();
    let mut crossed = Vec::new();
    for child in &twins {
        for parent in &twins {
            let params = authority("Twin");
            let der = params.signed_by(&child.key, &parent.issuer()).unwrap().der().to_vec();
            crossed.push(Made { der, params, key: KeyPair::generate().unwrap() });
        }
    }
    let leaf = signed(server(&[HOST]), &twins[0]);
    let all: Vec<&Made> = std::iter::once(&leaf).chain(&crossed).collect();
    let evidence = Scene::new().sends(A, &all).done();
    let started = std::time::Instant::now();
    assert!(!codes(&evidence).is_empty());
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn rfc5280_rules_that_no_client_asks_for_are_told_and_weigh_nothing() {
    let p = pki();
    let mut params = server(&[HOST]);
    params.key_usages.push(KeyUsagePurpose::KeyCertSign);
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-nonconforming", &evidence, &[("tls.nonconforming", INFO)]);
}

#[test]
fn apple_103769_a_certificate_of_three_years_is_too_long_for_any_authority() {
    let p = pki();
    let lasting = |until| {
        let mut params = server(&[HOST]);
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = until;
        signed(params, &p.inter)
    };
    // 825 days, both ends included: until the last second of the day before
    let short = lasting(date_time_ymd(2027, 4, 5));
    let evidence = Scene::new().sends(A, &[&short, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-healthy-lifetime-of-two-years", &evidence, &[]);
    let long = lasting(date_time_ymd(2028, 1, 1));
    let evidence = Scene::new().sends(A, &[&long, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-lifetime-too-long", &evidence, &[("tls.lifetime-too-long", WARN)]);
}
