//! Is each family of clients judged by its own roots and ways? Certificates are made here, or are
//! public ones of 2021 and 2026 (tests/data/*-public-*.pem); `EXDIAG_BLESS=1 cargo test --test clients`
//! records the cases that `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::http::{FailKind, Failure, Phase};
use exdiag::evidence::{
    AiaSeen, Anchor, DnsAnswer, DnsSeen, Evidence, Handshake, Header, Missing, NoAnswer, Probe, Record, RecordData,
    RecordType, ResourceRecord, Seen, Subject, TlsOutcome, TlsSeen, View,
};
use exdiag::finding::{Lang, Severity, Status};
use exdiag::protocol::chain::{self, ChainAnalysis};
use exdiag::protocol::clients::{self, Accepts, Family, Judged, Shown};
use exdiag::protocol::stores::{self, Gone, Holding, Roots, Store};
use exdiag::protocol::x509::Certificate;
use exdiag::report::{FailOn, Report, Wording};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::path::Path;

const HOST: &str = "mail.corp.example";
const NOW: &str = "2026-11-22T20:00:00Z";
const AIA: &str = "http://aia.example/r11.der";
const A: &str = "203.0.113.7";
const B: &str = "203.0.113.8";

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

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example Trust");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

/// A leaf of 90 days, most of them left at [`NOW`].
fn server() -> CertificateParams {
    let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
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

/// A public certificate; its key is not known.
fn public(pem: &str) -> Made {
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    Made { der: STANDARD.decode(body).unwrap(), params: authority(""), key: KeyPair::generate().unwrap() }
}

struct Pki {
    root: Made,
    inter: Made,
    leaf: Made,
}

fn pki() -> Pki {
    let root = root(authority("Example Root X1"));
    let inter = signed(authority("R11"), &root);
    let leaf = signed(server(), &inter);
    Pki { root, inter, leaf }
}

fn anchor(store: &str, made: &Made) -> Anchor {
    let facts = made.facts();
    Anchor {
        store: store.to_owned(),
        subject: facts.subject.base64(),
        spki: STANDARD.encode(&facts.spki),
        name_constraints: None,
        certificate: Some(STANDARD.encode(&made.der)),
    }
}

/// A table of stores in place of the public ones.
#[derive(Default)]
struct Table(Vec<(Store, Anchor, Option<Date>)>);

impl Table {
    fn everywhere(made: &Made) -> Self {
        Self::but(made, &[])
    }

    fn but(made: &Made, without: &[Store]) -> Self {
        let stores = Store::ALL.into_iter().filter(|store| !without.contains(store));
        Self(stores.map(|store| (store, anchor(store.id(), made), None)).collect())
    }

    fn until(mut self, store: Store, day: Date) -> Self {
        for row in self.0.iter_mut().filter(|row| row.0 == store) {
            row.2 = Some(day);
        }
        self
    }
}

impl Roots for Table {
    fn anchors(&self, store: Store, subject: &[u8]) -> Vec<Anchor> {
        let subject = STANDARD.encode(subject);
        self.0.iter().filter(|row| row.0 == store && row.1.subject == subject).map(|row| row.1.clone()).collect()
    }

    fn holds(&self, store: Store, subject: &[u8], spki: &[u8], leaf_not_before: Option<Timestamp>) -> Holding {
        let (subject, spki) = (STANDARD.encode(subject), STANDARD.encode(spki));
        let row = self.0.iter().find(|row| row.0 == store && row.1.subject == subject && row.1.spki == spki);
        match row {
            None => Holding::NotThere(None),
            Some((_, _, Some(day))) if leaf_not_before.unwrap().to_string()[..10] > *day.to_string() => {
                Holding::DistrustedAfter(*day)
            }
            Some(_) => Holding::Trusted,
        }
    }
}

/// Evidence under construction.
struct Scene {
    evidence: Evidence,
    host: String,
    addresses: Vec<&'static str>,
}

impl Scene {
    fn new() -> Self {
        Self::of(HOST, NOW)
    }

    fn of(host: &str, at: &str) -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some(host.parse().unwrap());
        subject.selected = ["tls-chain", "tls-intermediate", "tls-protocol", "clients"].map(str::to_owned).to_vec();
        let header = Header {
            started_at: at.parse().unwrap(),
            subject,
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        Self { evidence: Evidence::new(header), host: host.to_owned(), addresses: Vec::new() }
    }

    fn put(&mut self, probe: Probe, seen: Seen) {
        self.evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 30, after: None });
    }

    fn outcome(mut self, address: &'static str, chain: &[&Made], outcome: TlsOutcome) -> Self {
        self.addresses.push(address);
        let probe = Probe::tls(address.parse().unwrap(), 443, &self.host);
        let seen = Seen::Tls(seen(chain, outcome));
        self.put(probe, seen);
        self
    }

    fn sends(self, address: &'static str, chain: &[&Made]) -> Self {
        self.outcome(address, chain, handshake())
    }

    fn trusts(mut self, anchors: Vec<Anchor>) -> Self {
        for anchor in anchors {
            self.put(Probe::Anchors { subject: anchor.subject.clone() }, Seen::Anchors { found: vec![anchor] });
        }
        self
    }

    fn aia(mut self, url: &str, made: &Made) -> Self {
        let seen = AiaSeen {
            certificates: vec![STANDARD.encode(&made.der)],
            format: Some("der".to_owned()),
            status: Some(200),
            failure: None,
            missing: None,
        };
        self.put(Probe::Aia { url: url.to_owned() }, Seen::Aia(seen));
        self
    }

    /// Adds the DNS, empty answers of the stores, and unreachable issuers: what any run would have.
    fn done(mut self) -> Evidence {
        let answers = |addresses: &[&str]| DnsAnswer {
            server: "192.0.2.53:53".to_owned(),
            transport: "udp".to_owned(),
            rcode: "NOERROR".to_owned(),
            authoritative: false,
            authentic: false,
            answers: addresses
                .iter()
                .map(|address| ResourceRecord {
                    name: self.host.clone(),
                    ttl: 300,
                    data: RecordData::Address { address: address.parse().unwrap() },
                })
                .collect(),
            authority: Vec::new(),
            extended_errors: Vec::new(),
        };
        for (rtype, answer) in [(RecordType::A, answers(&self.addresses)), (RecordType::Aaaa, answers(&[]))] {
            let probe = Probe::dns(&self.host, rtype);
            self.put(probe, Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() }));
        }
        loop {
            let view = View::new(&self.evidence);
            let _ = exdiag::checks::clients::check(&view);
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
                    Probe::Hello { .. } | Probe::Http(_) => Seen::NoAnswer(NoAnswer::NotRecorded),
                    other => panic!("nobody planned {other}"),
                };
                self.put(probe, seen);
            }
        }
    }
}

fn handshake() -> TlsOutcome {
    TlsOutcome::Handshake(Handshake {
        version: "TLS 1.3".to_owned(),
        cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
        alpn: None,
        group: None,
    })
}

fn seen(chain: &[&Made], outcome: TlsOutcome) -> TlsSeen {
    TlsSeen {
        outcome,
        chain: chain.iter().map(|made| STANDARD.encode(&made.der)).collect(),
        ocsp: None,
        client_certificate_requested: false,
        connect_ms: Some(10),
        handshake_ms: Some(20),
    }
}

/// The chain of the one address of a scene, as `look_at_chain` sees it.
fn analysed(evidence: &Evidence) -> (TlsSeen, ChainAnalysis) {
    let view = View::new(evidence);
    let hosts = chain::look_at_all(&view).unwrap();
    let address = &hosts[0].addresses[0];
    (address.seen.unwrap().clone(), address.chain.clone().unwrap())
}

/// The judgement of a scene by a table of stores.
fn judged(evidence: &Evidence, table: &Table) -> Judged {
    let (_, chain) = analysed(evidence);
    let at = evidence.header.started_at;
    let host = evidence.header.subject.server.as_ref().unwrap().host.clone();
    clients::judge(Shown { host: &host, handshake: None, chain: Some(&chain), installed: &[], here: &[], at }, table)
}

/// What the families make of it: a sign each, in their order.
fn signs(judged: &Judged) -> String {
    let sign = |accepts| match accepts {
        Accepts::Yes => 'y',
        Accepts::Unknown => '?',
        Accepts::Depends => 'd',
        Accepts::No => 'n',
    };
    judged.rows.iter().map(|row| sign(row.accepts)).collect()
}

fn why(judged: &Judged, family: Family) -> Vec<&'static str> {
    judged.rows.iter().find(|row| row.family == family).unwrap().because()
}

fn report(evidence: &Evidence, lang: Lang) -> Report {
    exdiag::replay(evidence.clone()).report(Wording { lang, fail_on: FailOn::Fail })
}

/// A family, what it makes of the server, and why.
type Line = (String, Status, Vec<String>);

/// The codes of the check `clients` with their severity, and the rows of the report.
fn told(report: &Report) -> (Vec<(String, Severity)>, Vec<Line>) {
    let check = report.checks.iter().find(|check| check.id == "clients").unwrap();
    let findings = check.findings.iter().map(|f| (f.code.clone(), f.severity)).collect();
    (findings, report.clients.iter().map(|row| (row.id.clone(), row.status, row.because.clone())).collect())
}

/// Holds a case to its codes and rows, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, codes: &[(&str, Severity)], signs: &str) -> Report {
    let report = report(evidence, Lang::En);
    let (found, rows) = told(&report);
    let found: Vec<(&str, Severity)> = found.iter().map(|(code, severity)| (code.as_str(), *severity)).collect();
    assert_eq!(found, codes, "{case}");
    let shown: String = rows
        .iter()
        .map(|(_, status, _)| match status {
            Status::Pass => 'y',
            Status::Warn => 'd',
            Status::Fail => 'n',
            _ => '?',
        })
        .collect();
    assert_eq!(shown, signs, "{case}: {rows:?}");
    // what the rows name was found, by whichever check it belongs to
    let all: Vec<&str> = report.checks.iter().flat_map(|check| &check.findings).map(|f| f.code.as_str()).collect();
    for code in rows.iter().flat_map(|(_, _, because)| because) {
        assert!(all.contains(&code.as_str()), "{case}: {code} is in no check: {all:?}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(evidence).unwrap())).unwrap();
    }
    report
}

const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;

fn refusing(families: &[Family]) -> Vec<(&'static str, Severity)> {
    families.iter().map(|family| (family.code(), FAIL)).collect()
}

#[test]
fn a_healthy_public_chain_is_accepted_by_all() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(vec![anchor("system", &p.root)]).done();
    let judged = judged(&evidence, &Table::everywhere(&p.root));
    assert_eq!(signs(&judged), "yyyyyy");
    assert_eq!((judged.lack, judged.only_here, judged.installed), (None, None, false));
}

#[test]
fn contract_4_roots_given_by_cacert_count_as_installed_everywhere() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(vec![anchor("cacert", &p.root)]).done();
    let report = expect("clients-healthy-root-given", &evidence, &[], "yyyyyy");
    let line = report.checks.iter().find(|check| check.id == "clients").unwrap().summary.clone().unwrap();
    assert!(line.contains("--cacert"), "{line}");
    assert_eq!(report.clients.len(), Family::ALL.len());
}

#[test]
fn rfc5280_4_2_2_1_a_missing_intermediate_is_fetched_by_some_only() {
    let p = pki();
    let scene = || Scene::new().sends(A, &[&p.leaf]).trusts(vec![anchor("cacert", &p.root)]);
    let deaf = [Family::Android, Family::Java, Family::SyncService, Family::Thunderbird];
    let evidence = scene().aia(AIA, &p.inter).done();
    let report = expect("clients-intermediate-missing", &evidence, &refusing(&deaf), "yynnnn");
    let [cause] = &report.causes[..] else { panic!("{:?}", report.causes) };
    assert_eq!(cause.code, "tls.intermediate-missing");
    assert_eq!(cause.explains, deaf.map(Family::code));
    // where it lies nowhere, nobody can fetch it; where exdiag was not to ask, some may
    assert_eq!(told(&self::report(&scene().done(), Lang::En)).1[0].1, Status::Fail);
    // the same where exdiag could not reach the address: others may
    let mut evidence = scene().done();
    for record in evidence.records.values_mut() {
        if let Seen::Aia(seen) = &mut record.seen {
            seen.missing = Some(Missing::Unreachable);
        }
    }
    assert_eq!(told(&self::report(&evidence, Lang::En)).1[0].1, Status::Warn);
    let mut evidence = scene().done();
    evidence.header.subject.aia = false;
    evidence.records.retain(|probe, _| !matches!(probe, Probe::Aia { .. }));
    assert_eq!(told(&self::report(&evidence, Lang::En)).1[0].1, Status::Warn);
    let table = Table::everywhere(&p.root);
    let evidence = Scene::new().sends(A, &[&p.leaf]).trusts(vec![anchor("system", &p.root)]).aia(AIA, &p.inter).done();
    let judged = judged(&evidence, &table);
    assert_eq!(signs(&judged), "yynnnn");
    assert_eq!(why(&judged, Family::Java), ["tls.intermediate-missing"]);
}

#[test]
fn what_firefox_preloads_is_not_missed_by_thunderbird() {
    let leaf = public(include_str!("data/new-public-leaf.pem"));
    let inter = public(include_str!("data/new-public-intermediate.pem"));
    let cross = public(include_str!("data/new-public-cross.pem"));
    let anchors = stores::anchors_of(Store::Debian, &cross.facts().issuer.der);
    let system = anchors.into_iter().map(|a| Anchor { store: "system".to_owned(), ..a }).collect::<Vec<_>>();
    let scene = || Scene::of("letsencrypt.org", "2026-08-01T00:00:00Z").trusts(system.clone());
    let whole = scene().sends(A, &[&leaf, &inter, &cross]).done();
    expect("clients-healthy-public", &whole, &[], "yyyyyy");
    // right for fifteen years, incomplete since 2026: the new root is in no store
    let deaf = [Family::Android, Family::Java, Family::SyncService];
    let gap = scene().sends(A, &[&leaf, &inter]).aia("http://ye.i.lencr.org/", &cross).done();
    let report = expect("clients-cross-sign-missing", &gap, &refusing(&deaf), "yynnny");
    assert_eq!(report.causes[0].code, "tls.intermediate-missing");
    let (_, chain) = analysed(&gap);
    let hidden: Vec<String> = clients::hidden_by_firefox(&chain).iter().map(|c| c.short_name()).collect();
    assert_eq!(hidden, ["Root YE"]);
    assert!(clients::hidden_by_firefox(&analysed(&whole).1).is_empty());
}

#[test]
fn a_new_root_without_its_cross_sign_is_incomplete_for_every_store() {
    let old = root(authority("Example Root X1"));
    let new = root(authority("Example Root YR"));
    let params = authority("Example Root YR");
    let der = params.signed_by(&new.key, &old.issuer()).unwrap().der().to_vec();
    let cross = Made { der, params, key: KeyPair::generate().unwrap() };
    let mut params = authority("YR1");
    params.custom_extensions = vec![issuer_at("http://aia.example/yr.der")];
    let inter = signed(params, &new);
    let leaf = signed(server(), &inter);
    let table = Table::everywhere(&old);
    let evidence = Scene::new().sends(A, &[&leaf, &inter, &cross]).trusts(vec![anchor("system", &old)]).done();
    assert_eq!(signs(&judged(&evidence, &table)), "yyyyyy");
    let evidence = Scene::new()
        .sends(A, &[&leaf, &inter])
        .trusts(vec![anchor("system", &old)])
        .aia("http://aia.example/yr.der", &cross)
        .done();
    let found = judged(&evidence, &table);
    assert_eq!(signs(&found), "yynnnn");
    assert_eq!(found.lack, None, "the root that the repaired chain leads to is in all of them");
    // a store that has the new root needs no cross-sign
    let mut both = Table::everywhere(&old);
    both.0.push((Store::Android, anchor("android", &new), None));
    assert_eq!(signs(&judged(&evidence, &both)), "yyynnn");
}

#[test]
fn a_root_that_some_stores_lack_is_named_with_the_stores() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(vec![anchor("system", &p.root)]).done();
    let found = judged(&evidence, &Table::but(&p.root, &[Store::Java, Store::Certifi]));
    assert_eq!(signs(&found), "yyyndy");
    assert_eq!(why(&found, Family::SyncService), ["tls.root-not-in-store"]);
    let lack = found.lack.unwrap();
    assert_eq!(lack.root.short, "Example Root X1");
    assert_eq!(lack.lacking, [(Store::Certifi, Holding::NotThere(None)), (Store::Java, Holding::NotThere(None))]);
    // Microsoft trusts only what was issued by a day
    for (day, sign) in [(date(2026, 11, 4), "yyyyyy"), (date(2026, 11, 3), "nyyyyy")] {
        let found = judged(&evidence, &Table::everywhere(&p.root).until(Store::Microsoft, day));
        assert_eq!(signs(&found), sign, "{day}");
    }
}

#[test]
fn mrsp_7_4_a_root_of_2006_is_told_with_the_day_of_its_removal() {
    let leaf = public(include_str!("data/old-public-leaf.pem"));
    let inter = public(include_str!("data/old-public-intermediate.pem"));
    let anchors = stores::anchors_of(Store::Debian, &inter.facts().issuer.der);
    let system = anchors.into_iter().map(|a| Anchor { store: "system".to_owned(), ..a }).collect();
    let evidence =
        Scene::of("revoked.badssl.com", "2022-06-01T00:00:00Z").sends(A, &[&leaf, &inter]).trusts(system).done();
    let codes = [
        ("tls.root-not-in-store", WARN),
        ("clients.sync-service-depends", WARN),
        ("clients.thunderbird-rejects", WARN),
    ];
    let report = expect("clients-root-not-in-store", &evidence, &codes, "yyyydn");
    let [cause] = &report.causes[..] else { panic!() };
    assert_eq!(cause.code, "tls.root-not-in-store");
    assert!(cause.title.contains("Mozilla (✗ 2026-04-15), certifi (✗ 2026-04-15) and Chrome"), "{}", cause.title);
    let finding = &report.checks.iter().find(|c| c.id == "clients").unwrap().findings[0];
    assert_eq!(finding.data["lacking"][0]["gone_since"], "2026-04-15");
    assert_eq!(finding.data["lacking"][0]["clients"][0], "thunderbird");
    // where this machine's store is one of those, it is still no private authority's
    let evidence = Scene::of("revoked.badssl.com", "2022-06-01T00:00:00Z").sends(A, &[&leaf, &inter]).done();
    let report = expect("clients-root-not-in-store-here", &evidence, &codes, "yyyydn");
    assert_eq!((report.causes.len(), report.causes[0].code.as_str()), (1, "tls.root-not-in-store"));
    assert_eq!(report.causes[0].severity, FAIL);
    let day = date(2026, 4, 15);
    let facts = inter.facts();
    let root = &stores::anchors_of(Store::Debian, &facts.issuer.der)[0];
    let spki = STANDARD.decode(&root.spki).unwrap();
    let gone = Holding::NotThere(Some(Gone { last: day, first: day }));
    assert_eq!(stores::holds(Store::Mozilla, &facts.issuer.der, &spki, None), gone);
}

#[test]
fn a_private_root_of_this_machine_does_not_count_for_the_others() {
    let p = pki();
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(vec![anchor("system", &p.root)]).done();
    let codes = [("tls.root-only-here", WARN), ("clients.sync-service-rejects", FAIL)];
    let report = expect("clients-root-only-here", &evidence, &codes, "ddddnd");
    assert_eq!(report.causes.len(), 1);
    assert_eq!(report.causes[0].code, "tls.root-only-here");
    // and one that nobody has is a private authority's
    let evidence = Scene::new().sends(A, &[&p.leaf, &p.inter, &p.root]).done();
    let report = expect("clients-private-ca", &evidence, &refusing(&Family::ALL), "nnnnnn");
    assert_eq!(report.causes[0].code, "tls.private-ca");
}

#[test]
fn apple_103769_more_than_825_days_are_refused_by_apple_alone() {
    let p = pki();
    let mut params = server();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2028, 4, 6);
    let leaf = signed(params.clone(), &p.inter);
    let trusts = || vec![anchor("cacert", &p.root)];
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(trusts()).done();
    let report = expect("clients-lifetime-over-825-days", &evidence, &[("clients.ios-rejects", WARN)], "ynyyyy");
    assert_eq!(report.clients[1].because, ["tls.lifetime-too-long"]);
    params.not_after = date_time_ymd(2028, 4, 4);
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(trusts()).done();
    assert_eq!(told(&self::report(&evidence, Lang::En)).0, []);
    // 398 days bind Apple's own roots only
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(vec![anchor("system", &p.root)]).done();
    let found = judged(&evidence, &Table::everywhere(&p.root));
    assert_eq!(signs(&found), "ynyyyy");
    assert_eq!(found.rows[1].why, ["lifetime-over-398-days"]);
    let mut params = server();
    params.extended_key_usages.clear();
    let leaf = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&leaf, &p.inter]).trusts(trusts()).done();
    assert_eq!(signs(&judged(&evidence, &Table::everywhere(&p.root))), "ynyyyy");
}

#[test]
fn what_is_wrong_with_the_leaf_is_refused_by_all() {
    let p = pki();
    let trusts = || vec![anchor("cacert", &p.root)];
    let mut params = server();
    params.subject_alt_names = vec![rcgen::SanType::DnsName("www.hoster.example".try_into().unwrap())];
    let other = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&other, &p.inter]).trusts(trusts()).done();
    let report = expect("clients-name-mismatch", &evidence, &refusing(&Family::ALL), "nnnnnn");
    assert_eq!(report.causes.len(), 1);
    let mut params = server();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 3, 1);
    let old = signed(params, &p.inter);
    let evidence = Scene::new().sends(A, &[&old, &p.inter]).trusts(trusts()).done();
    assert_eq!(told(&self::report(&evidence, Lang::En)).1[4].2, ["tls.expired"]);
}

#[test]
fn the_worst_address_counts_and_is_named() {
    let p = pki();
    let evidence = Scene::new()
        .sends(A, &[&p.leaf, &p.inter])
        .sends(B, &[&p.leaf])
        .trusts(vec![anchor("cacert", &p.root)])
        .aia(AIA, &p.inter)
        .done();
    let report = report(&evidence, Lang::De);
    assert_eq!(report.clients[2].status, Status::Fail);
    let check = report.checks.iter().find(|check| check.id == "clients").unwrap();
    assert!(check.findings.iter().all(|f| f.title.contains("mail.corp.example (203.0.113.8)")), "{:?}", check.findings);
    let line = check.summary.clone().unwrap();
    assert!(line.starts_with("Outlook ✓  iOS ✓  Android ✗  Java ✗  Sync-Dienst ✗  Thunderbird ✗"), "{line}");
}

#[test]
fn rfc8996_a_server_of_former_days_is_refused_by_most() {
    let failed = |code| TlsOutcome::Failed(Failure::new(Phase::Handshake, FailKind::Alert { code }));
    let rows = |code| {
        let evidence = Scene::new().outcome(A, &[], failed(code)).done();
        let report = report(&evidence, Lang::En);
        report.clients.iter().map(|row| (row.status, row.because.join(","))).collect::<Vec<_>>()
    };
    let old = "tls.protocol-too-old".to_owned();
    assert_eq!(rows(70)[0], (Status::Warn, old.clone()));
    assert!(rows(70)[1..].iter().all(|row| *row == (Status::Fail, old.clone())));
    assert!(rows(116).iter().all(|row| *row == (Status::Fail, "tls.client-certificate-required".to_owned())));
}

#[test]
fn could_not_ask_is_not_refused() {
    let p = pki();
    let mut evidence = Scene::new().sends(A, &[&p.leaf, &p.inter]).trusts(vec![anchor("cacert", &p.root)]).done();
    for (probe, record) in &mut evidence.records {
        if matches!(probe, Probe::Anchors { .. }) {
            record.seen = Seen::NoAnswer(NoAnswer::NotRecorded);
        }
    }
    let report = report(&evidence, Lang::En);
    let check = report.checks.iter().find(|check| check.id == "clients").unwrap();
    assert_eq!((check.status, report.clients.len()), (Status::Inconclusive, 0));
}

/// Every recorded case about certificates, its roots counted as installed everywhere.
fn recorded() -> Vec<(String, Evidence)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence");
    let mut cases = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("tls-") {
            continue;
        }
        let mut evidence = exdiag::report::read(&std::fs::read(&path).unwrap()).unwrap().remove(0);
        evidence.header.subject.selected =
            ["tls-chain", "tls-intermediate", "tls-protocol", "clients"].map(str::to_owned).to_vec();
        for record in evidence.records.values_mut() {
            if let Seen::Anchors { found } = &mut record.seen {
                for anchor in found {
                    "cacert".clone_into(&mut anchor.store);
                }
            }
        }
        cases.push((name, evidence));
    }
    assert!(cases.len() > 30);
    cases
}

#[test]
fn the_rows_agree_with_the_checks_that_own_the_faults() {
    for (name, evidence) in recorded() {
        let report = report(&evidence, Lang::En);
        let others = report.checks.iter().filter(|check| check.id.starts_with("tls-"));
        let codes: Vec<(&str, Severity)> =
            others.clone().flat_map(|c| &c.findings).map(|f| (f.code.as_str(), f.severity)).collect();
        let clients = report.checks.iter().find(|check| check.id == "clients").unwrap();
        for row in &report.clients {
            for code in row.because.iter().filter(|code| code.starts_with("tls.")) {
                assert!(codes.iter().any(|(known, _)| known == code), "{name}: {row:?} {codes:?}");
            }
        }
        let broken = codes.iter().any(|(_, severity)| *severity == Severity::Fail);
        let refused = report.clients.iter().any(|row| row.status == Status::Fail);
        assert_eq!(clients.status == Status::Fail, broken, "{name}: {:?} {codes:?}", report.clients);
        // only some families refuse for these
        let alone = ["tls-ca-as-server", "tls-lifetime-too-long"].contains(&name.as_str());
        assert!(broken || !refused || alone, "{name}: {:?} {codes:?}", report.clients);
        if name.contains("-healthy") {
            assert!(report.clients.iter().all(|row| row.status == Status::Pass), "{name}: {:?}", report.clients);
        }
    }
}

#[test]
fn hostile_chains_end_quickly() {
    let top = root(authority("Example Root X1"));
    let twins: Vec<Made> = (0..8).map(|_| signed(authority("Twin"), &top)).collect();
    let mut crossed = Vec::new();
    for child in &twins {
        for parent in &twins {
            let params = authority("Twin");
            let der = params.signed_by(&child.key, &parent.issuer()).unwrap().der().to_vec();
            crossed.push(Made { der, params, key: KeyPair::generate().unwrap() });
        }
    }
    let leaf = signed(server(), &twins[0]);
    let all: Vec<&Made> = std::iter::once(&leaf).chain(&crossed).collect();
    let evidence = Scene::new().sends(A, &all).trusts(vec![anchor("system", &top)]).done();
    let (_, chain) = analysed(&evidence);
    let started = std::time::Instant::now();
    let at = evidence.header.started_at;
    let shown = Shown { host: HOST, handshake: None, chain: Some(&chain), installed: &[], here: &[], at };
    let found = clients::judge(shown, &Table::everywhere(&top));
    assert_eq!(found.rows.len(), Family::ALL.len());
    // an unoptimised build checks a signature in a millisecond
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
}
