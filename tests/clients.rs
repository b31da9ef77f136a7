//! Is each family of clients judged by its own roots and ways? Certificates are made here, or are
//! public ones of 2021 and 2026 (tests/data/*-public-*.pem); `EXDIAG_BLESS=1 cargo test --test clients`
//! records the cases that `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

mod support {
    pub mod aia;
    pub mod chains;
    pub mod crossed;
    pub mod pki;
    pub mod public;
    pub mod record;
    pub mod scene;
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::http::{FailKind, Failure, Phase};
use exdiag::evidence::{Anchor, Evidence, Missing, NoAnswer, Probe, Seen, TlsOutcome, TlsSeen, View};
use exdiag::finding::{Lang, Severity, Status};
use exdiag::protocol::chain::{self, ChainAnalysis};
use exdiag::protocol::clients::{self, Accepts, Family, Judged, Shown, Withdrawn};
use exdiag::protocol::stores::{self, Gone, Holding, Roots, Store};
use exdiag::report::{FailOn, Report, Wording};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use rcgen::{CertificateParams, date_time_ymd};
use std::path::Path;
use support::aia::issuer_at;
use support::chains::{AIA, B, from_pem};
use support::crossed::{again, twins};
use support::pki::{HOST, Made, authority, root, signed};
use support::public::Pki;
use support::record::record;
use support::scene::{A, Scene, anchor};

const CHECKS: &[&str] = &["tls-chain", "tls-intermediate", "tls-protocol", "clients"];

fn server() -> CertificateParams {
    support::chains::server(&[HOST])
}

fn pki() -> Pki {
    Pki::of(authority("R11"), server())
}

fn scene() -> Scene {
    Scene::new(CHECKS)
}

impl Scene {
    /// Nobody sent a hello or a request.
    fn done(self) -> Evidence {
        self.answered(&["clients"], |probe| {
            matches!(probe, Probe::Hello { .. } | Probe::Http(_)).then_some(Seen::NoAnswer(NoAnswer::NotRecorded))
        })
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
    let withdrawn = Withdrawn::default();
    let shown = Shown { host: &host, handshake: None, chain: Some(&chain), installed: &[], here: &[], withdrawn, at };
    clients::judge(shown, table)
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
    record(case, evidence);
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
    let evidence = scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    let judged = judged(&evidence, &Table::everywhere(&p.root));
    assert_eq!(signs(&judged), "yyyyyy");
    assert_eq!((judged.lack, judged.only_here, judged.installed), (None, None, false));
}

#[test]
fn contract_4_roots_given_by_cacert_count_as_installed_everywhere() {
    let p = pki();
    let evidence = scene().sends(A, &[&p.leaf, &p.inter]).knows(vec![anchor("cacert", &p.root)]).done();
    let report = expect("clients-healthy-root-given", &evidence, &[], "yyyyyy");
    let line = report.checks.iter().find(|check| check.id == "clients").unwrap().summary.clone().unwrap();
    assert!(line.contains("--cacert"), "{line}");
    assert_eq!(report.clients.len(), Family::ALL.len());
}

#[test]
fn rfc5280_4_2_2_1_a_missing_intermediate_is_fetched_by_some_only() {
    let p = pki();
    let scene = || scene().sends(A, &[&p.leaf]).knows(vec![anchor("cacert", &p.root)]);
    let deaf = [Family::Android, Family::Java, Family::SyncService, Family::Thunderbird];
    let evidence = scene().aia(AIA, &[&p.inter]).done();
    let report = expect("clients-intermediate-missing", &evidence, &refusing(&deaf), "yynnnn");
    let [cause] = &report.causes[..] else { panic!("{:?}", report.causes) };
    assert_eq!(cause.code, "tls.intermediate-missing");
    assert_eq!(cause.explains, deaf.map(Family::code));
    // where it lies nowhere, nobody can fetch it; where exdiag was not to ask, some may
    assert_eq!(told(&self::report(&scene().done(), Lang::En)).1[0].1, Status::Fail);
    // where exdiag could not reach the address others may, and at another time it may deliver
    for (status, missing, outlook) in [
        (None, Missing::Unreachable, Status::Warn),
        (Some(503), Missing::OtherAnswer, Status::Warn),
        (Some(404), Missing::OtherAnswer, Status::Fail),
    ] {
        let mut evidence = scene().done();
        for record in evidence.records.values_mut() {
            if let Seen::Aia(seen) = &mut record.seen {
                (seen.status, seen.missing) = (status, Some(missing));
            }
        }
        assert_eq!(told(&self::report(&evidence, Lang::En)).1[0].1, outlook, "{status:?}");
    }
    let mut evidence = scene().done();
    evidence.header.subject.aia = false;
    evidence.records.retain(|probe, _| !matches!(probe, Probe::Aia { .. }));
    assert_eq!(told(&self::report(&evidence, Lang::En)).1[0].1, Status::Warn);
    let table = Table::everywhere(&p.root);
    let evidence = scene().sends(A, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    let judged = judged(&evidence, &table);
    assert_eq!(signs(&judged), "yynnnn");
    assert_eq!(why(&judged, Family::Java), ["tls.intermediate-missing"]);
}

#[test]
fn what_firefox_preloads_is_not_missed_by_thunderbird() {
    let leaf = from_pem(include_str!("data/new-public-leaf.pem"));
    let inter = from_pem(include_str!("data/new-public-intermediate.pem"));
    let cross = from_pem(include_str!("data/new-public-cross.pem"));
    let anchors = stores::anchors_of(Store::Debian, &cross.facts().issuer.der);
    let system = anchors.into_iter().map(|a| Anchor { store: "system".to_owned(), ..a }).collect::<Vec<_>>();
    let scene = || Scene::of("letsencrypt.org", "2026-08-01T00:00:00Z", CHECKS).knows(system.clone());
    let whole = scene().sends(A, &[&leaf, &inter, &cross]).done();
    expect("clients-healthy-public", &whole, &[], "yyyyyy");
    // right for fifteen years, incomplete since 2026: the new root is in no store
    let deaf = [Family::Android, Family::Java, Family::SyncService];
    let gap = scene().sends(A, &[&leaf, &inter]).aia("http://ye.i.lencr.org/", &[&cross]).done();
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
    let cross = again(&new, authority("Example Root YR"), &old);
    let mut params = authority("YR1");
    params.custom_extensions = vec![issuer_at("http://aia.example/yr.der")];
    let inter = signed(params, &new);
    let leaf = signed(server(), &inter);
    let table = Table::everywhere(&old);
    let evidence = scene().sends(A, &[&leaf, &inter, &cross]).trusts(&[&old]).done();
    assert_eq!(signs(&judged(&evidence, &table)), "yyyyyy");
    let evidence =
        scene().sends(A, &[&leaf, &inter]).trusts(&[&old]).aia("http://aia.example/yr.der", &[&cross]).done();
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
    let evidence = scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
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
    let leaf = from_pem(include_str!("data/old-public-leaf.pem"));
    let inter = from_pem(include_str!("data/old-public-intermediate.pem"));
    let anchors = stores::anchors_of(Store::Debian, &inter.facts().issuer.der);
    let system = anchors.into_iter().map(|a| Anchor { store: "system".to_owned(), ..a }).collect();
    let evidence =
        Scene::of("revoked.badssl.com", "2022-06-01T00:00:00Z", CHECKS).sends(A, &[&leaf, &inter]).knows(system).done();
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
    let evidence = Scene::of("revoked.badssl.com", "2022-06-01T00:00:00Z", CHECKS).sends(A, &[&leaf, &inter]).done();
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
    let evidence = scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    let codes = [("tls.root-only-here", WARN), ("clients.sync-service-rejects", FAIL)];
    let report = expect("clients-root-only-here", &evidence, &codes, "ddddnd");
    assert_eq!(report.causes.len(), 1);
    assert_eq!(report.causes[0].code, "tls.root-only-here");
    // and one that nobody has is a private authority's
    let evidence = scene().sends(A, &[&p.leaf, &p.inter, &p.root]).done();
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
    let given = || vec![anchor("cacert", &p.root)];
    let evidence = scene().sends(A, &[&leaf, &p.inter]).knows(given()).done();
    let report = expect("clients-lifetime-over-825-days", &evidence, &[("clients.ios-rejects", WARN)], "ynyyyy");
    assert_eq!(report.clients[1].because, ["tls.lifetime-too-long"]);
    params.not_after = date_time_ymd(2028, 4, 4);
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).knows(given()).done();
    assert_eq!(told(&self::report(&evidence, Lang::En)).0, []);
    // 398 days bind Apple's own roots only
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    let found = judged(&evidence, &Table::everywhere(&p.root));
    assert_eq!(signs(&found), "ynyyyy");
    assert_eq!(found.rows[1].why, ["lifetime-over-398-days"]);
    let mut params = server();
    params.extended_key_usages.clear();
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).knows(given()).done();
    assert_eq!(signs(&judged(&evidence, &Table::everywhere(&p.root))), "ynyyyy");
}

#[test]
fn what_is_wrong_with_the_leaf_is_refused_by_all() {
    let p = pki();
    let given = || vec![anchor("cacert", &p.root)];
    let mut params = server();
    params.subject_alt_names = vec![rcgen::SanType::DnsName("www.hoster.example".try_into().unwrap())];
    let other = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&other, &p.inter]).knows(given()).done();
    let report = expect("clients-name-mismatch", &evidence, &refusing(&Family::ALL), "nnnnnn");
    assert_eq!(report.causes.len(), 1);
    let mut params = server();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 3, 1);
    let old = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&old, &p.inter]).knows(given()).done();
    assert_eq!(told(&self::report(&evidence, Lang::En)).1[4].2, ["tls.expired"]);
}

#[test]
fn the_worst_address_counts_and_is_named() {
    let p = pki();
    let evidence = scene()
        .sends(A, &[&p.leaf, &p.inter])
        .sends(B, &[&p.leaf])
        .knows(vec![anchor("cacert", &p.root)])
        .aia(AIA, &[&p.inter])
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
        let evidence = scene().outcome(A, &[], failed(code)).done();
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
    let mut evidence = scene().sends(A, &[&p.leaf, &p.inter]).knows(vec![anchor("cacert", &p.root)]).done();
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
        evidence.header.subject.selected = CHECKS.iter().map(|id| (*id).to_owned()).collect();
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
        // nobody can judge others by it
        if ["tls-inspected", "tls-clock-wrong"].contains(&name.as_str()) {
            assert_eq!((clients.status, report.clients.len()), (Status::Inconclusive, 0), "{name}");
            continue;
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
fn rfc5280_6_1_a_stray_that_did_not_issue_the_leaf_decides_nothing() {
    let p = pki();
    let other = signed(authority("Other CA"), &p.root);
    let table = Table::everywhere(&p.root);
    let scene = |leaf: &Made| scene().sends(A, &[leaf, &other]).knows(vec![anchor("cacert", &p.root)]);
    let fetching = |evidence: &Evidence| {
        let report = report(evidence, Lang::En);
        let check = report.checks.iter().find(|check| check.id == "tls-intermediate").unwrap();
        let finding = check.findings.iter().find(|f| f.code.starts_with("tls.intermediate-")).unwrap();
        let by = finding.data["fetched_by"].as_array().unwrap().len();
        (finding.detail.clone(), by)
    };
    // the address is dead
    let dead = scene(&p.leaf).done();
    let found = judged(&dead, &table);
    assert_eq!((found.public, found.installed, found.lack), (false, false, None));
    assert_eq!(signs(&judged(&dead, &table)), "nnnnnd");
    let (meaning, by) = fetching(&dead);
    assert!(meaning.contains(&format!("fail too: {AIA} does not deliver it. Linux")), "{meaning}");
    assert_eq!(by, 0);
    // there is none
    let mut params = server();
    params.custom_extensions.clear();
    let none = scene(&signed(params, &p.inter)).done();
    assert_eq!(signs(&judged(&none, &table)), "nnnnnd");
    let (meaning, by) = fetching(&none);
    assert!(meaning.contains("No client can fetch it, for the certificate names no address. Linux"), "{meaning}");
    assert_eq!(by, 0);
    // nobody was to ask
    let mut unasked = scene(&p.leaf).done();
    unasked.header.subject.aia = false;
    unasked.records.retain(|probe, _| !matches!(probe, Probe::Aia { .. }));
    assert_eq!(signs(&judged(&unasked, &table)), "ddnnnd");
    let (meaning, by) = fetching(&unasked);
    assert!(meaning.contains(&format!("fetch it themselves where they can reach {AIA}. Linux")), "{meaning}");
    assert_eq!(by, 2);
    // and where it is delivered, all is well for those that fetch
    let whole = scene(&p.leaf).aia(AIA, &[&p.inter]).done();
    assert_eq!(signs(&judged(&whole, &table)), "yynnnn");
    assert_eq!(fetching(&whole).1, 2);
}

#[test]
fn rows_agree_with_the_findings_of_revocation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence");
    let told = ["tls.revoked", "tls.staple-missing", "tls.staple-invalid", "tls.ct-too-few"];
    let mut seen: Vec<&str> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("revocation-") {
            continue;
        }
        let mut evidence = exdiag::report::read(&std::fs::read(&path).unwrap()).unwrap().remove(0);
        evidence.header.subject.selected = ["revocation", "clients"].map(str::to_owned).to_vec();
        let report = report(&evidence, Lang::En);
        let check = report.checks.iter().find(|check| check.id == "revocation").unwrap();
        for code in told {
            let found = check.findings.iter().any(|finding| finding.code == code);
            let rows: Vec<Status> = report
                .clients
                .iter()
                .filter(|row| row.because.iter().any(|because| because == code))
                .map(|row| row.status)
                .collect();
            assert_eq!(found, !rows.is_empty(), "{name}: {code} {:?}", report.clients);
            // one that only may refuse is none
            let demanded = check.findings.iter().any(|f| f.code == code && f.severity == FAIL);
            assert!(!found || !demanded || rows.contains(&Status::Fail), "{name}: {code} {rows:?}");
            if found && !seen.contains(&code) {
                seen.push(code);
            }
        }
    }
    assert_eq!(seen.len(), told.len(), "{seen:?}");
}

#[test]
fn a_rule_of_apples_own_is_told_in_words_with_what_to_do() {
    let p = pki();
    let mut params = server();
    params.extended_key_usages.clear();
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).knows(vec![anchor("cacert", &p.root)]).done();
    for (lang, words, step) in [
        (Lang::En, "server authentication is not among its purposes", "purpose server authentication"),
        (Lang::De, "Serverauthentifizierung fehlt als Verwendungszweck", "Verwendungszweck Serverauthentifizierung"),
    ] {
        let report = report(&evidence, lang);
        let check = report.checks.iter().find(|check| check.id == "clients").unwrap();
        let finding = check.findings.iter().find(|finding| finding.code == "clients.ios-rejects").unwrap();
        assert!(finding.title.contains(words), "{}", finding.title);
        let steps = serde_json::to_string(finding).unwrap();
        assert!(steps.contains("exdiag explain tls.wrong-purpose") && steps.contains(step), "{steps}");
    }
}

#[test]
fn hostile_chains_end_quickly() {
    let top = root(authority("Example Root X1"));
    let (twins, crossed) = twins(8, &top);
    let leaf = signed(server(), &twins[0]);
    let all: Vec<&Made> = std::iter::once(&leaf).chain(&crossed).collect();
    let evidence = scene().sends(A, &all).trusts(&[&top]).done();
    let (_, chain) = analysed(&evidence);
    let started = std::time::Instant::now();
    let at = evidence.header.started_at;
    let withdrawn = Withdrawn::default();
    let shown = Shown { host: HOST, handshake: None, chain: Some(&chain), installed: &[], here: &[], withdrawn, at };
    let found = clients::judge(shown, &Table::everywhere(&top));
    assert_eq!(found.rows.len(), Family::ALL.len());
    // an unoptimised build checks a signature in a millisecond
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
}
