//! Are certificates judged by the rules, and is each fault named by its code? Every case builds its
//! own certificates; `EXDIAG_BLESS=1 cargo test --test tls` records those that
//! `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod support {
    pub mod aia;
    pub mod chains;
    pub mod codes;
    pub mod crossed;
    pub mod pki;
    pub mod public;
    pub mod record;
    pub mod scene;
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::http::{FailKind, Failure, Phase};
use exdiag::evidence::{Evidence, NoAnswer, Probe, Seen, TlsOutcome, View};
use exdiag::finding::{Finding, Lang, Outcome, Severity, Status};
use exdiag::protocol::chain;
use exdiag::protocol::x509::{AltName, Certificate, Signature, name_covers};
use rcgen::{
    BasicConstraints, CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints, PKCS_RSA_SHA256, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};
use support::aia::issuer_at;
use support::chains::{AIA, B, from_pem, server};
use support::codes::{FAIL, INFO, WARN, codes, findings, judge};
use support::crossed::{again, twins};
use support::pki::{HOST, Made, authority, root, signed};
use support::public::Pki;
use support::scene::{A, Scene};

const C: &str = "2001:db8::7";
const CHECKS: &[&str] = &["tls-chain", "tls-intermediate"];

fn pki() -> Pki {
    Pki::of(authority("R11"), server(&[HOST, "autodiscover.corp.example"]))
}

fn scene() -> Scene {
    Scene::new(CHECKS)
}

impl Scene {
    fn done(self) -> Evidence {
        self.answered(CHECKS, |_| None)
    }
}

fn finding(evidence: &Evidence, code: &str) -> Finding {
    let all = findings(evidence);
    all.into_iter().find(|f| f.code.id == code).unwrap_or_else(|| panic!("no {code} in {:?}", codes(evidence)))
}

/// Holds the case to its codes and to sentences without gaps, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) {
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
    support::codes::expect(case, evidence, expected);
}

#[test]
fn healthy_chains_are_silent() {
    let p = pki();
    expect("tls-healthy", &scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done(), &[]);
    let direct = signed(server(&[HOST]), &p.root);
    expect("tls-healthy-leaf-of-a-root", &scene().sends(A, &[&direct]).trusts(&[&p.root]).done(), &[]);
    let wild = signed(server(&["*.corp.example"]), &p.inter);
    expect("tls-healthy-wildcard", &scene().sends(A, &[&wild, &p.inter]).trusts(&[&p.root]).done(), &[]);
    // Exchange's own certificate, installed by hand as a root
    let mut params = server(&[HOST]);
    params.custom_extensions.clear();
    let own = root(params);
    expect("tls-healthy-self-signed-installed", &scene().sends(A, &[&own]).trusts(&[&own]).done(), &[]);
}

#[test]
fn rfc8446_4_4_2_a_root_that_is_sent_too_is_worth_a_word_only() {
    let p = pki();
    let evidence = scene().sends(A, &[&p.leaf, &p.inter, &p.root]).trusts(&[&p.root]).done();
    expect("tls-healthy-root-sent", &evidence, &[("tls.chain-superfluous", INFO)]);
    let evidence = scene().sends(A, &[&p.leaf, &p.leaf, &p.inter, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-chain-superfluous", &evidence, &[("tls.chain-superfluous", INFO)]);
}

/// A new root, and the certificate that an older root issued to the same name and key.
fn cross_signed() -> (Made, Made, Made, Made) {
    let old = root(authority("Example Root X1"));
    let new = root(authority("Example Root YR"));
    let cross = again(&new, authority("Example Root YR"), &old);
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
        expect(case, &scene().sends(A, &[&leaf, &inter, &cross]).trusts(&roots).done(), &[]);
    }
    // the trap of 2026: the intermediate alone is no longer enough
    let mut params = authority("YR1");
    params.custom_extensions = vec![issuer_at("http://aia.example/yr.der")];
    let inter = signed(params, &new);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence =
        scene().sends(A, &[&leaf, &inter]).trusts(&[&old]).aia("http://aia.example/yr.der", &[&cross]).done();
    expect("tls-intermediate-missing-cross-sign", &evidence, &[("tls.intermediate-missing", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-missing");
    assert_eq!(found.data["index"], 1);
    assert_eq!(found.data["issuer"], "Example Root YR");
    assert_eq!(found.data["repaired"], true);
}

#[test]
fn a_missing_intermediate_is_named_fetched_and_repaired() {
    let p = pki();
    let evidence = scene().sends(A, &[&p.leaf]).sends(C, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
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
    let evidence = scene()
        .sends(A, &[&leaf])
        .trusts(&[&top])
        .aia(AIA, &[&low])
        .aia("http://aia.example/middle.der", &[&middle])
        .done();
    expect("tls-intermediate-missing-two", &evidence, &[("tls.intermediate-missing", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["repaired"], true);
    // a root above that no store holds: the gap and the unknown root are two faults
    let evidence = scene()
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
    let evidence = scene().sends(A, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[]).done();
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
    let evidence = scene().sends(A, &[&p.leaf]).trusts(&[&p.root]).aia(AIA, &[&other.inter]).done();
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["aia_problem"], "not-the-issuer");

    // no address at all, and it is the leaf's issuer that is missing
    let mut params = server(&[HOST]);
    params.custom_extensions.clear();
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf]).trusts(&[&p.root]).done();
    expect("tls-intermediate-missing-no-aia", &evidence, &[("tls.intermediate-missing", FAIL)]);
    assert!(finding(&evidence, "tls.intermediate-missing").data["aia"].is_null());
}

#[test]
fn one_forgotten_node_is_named_by_its_address() {
    let p = pki();
    let evidence = scene()
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
    let evidence = scene().sends(A, &[&p.leaf, &p.inter]).sends(C, &[&old, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-addresses-differ", &evidence, &[("tls.expired", FAIL), ("tls.addresses-differ", WARN)]);
    assert_eq!(finding(&evidence, "tls.expired").place.address, Some(C.parse().unwrap()));
}

#[test]
fn an_intermediate_of_another_authority_is_named_with_the_right_one() {
    let p = pki();
    let mut params = authority("G2 CA");
    params.distinguished_name.push(DnType::OrganizationName, "Other Trust");
    let other = signed(params, &root(authority("Other Root")));
    let evidence = scene().sends(A, &[&p.leaf, &other]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-wrong", &evidence, &[("tls.intermediate-wrong", FAIL)]);
    let found = finding(&evidence, "tls.intermediate-wrong");
    assert_eq!((&found.data["sent_instead"], &found.data["issuer"]), (&"G2 CA".into(), &"R11".into()));
    assert_eq!(found.data["repaired"], true);

    // the same name, but the key of a generation before (AKI differs from SKI)
    let rekeyed = signed(authority("R11"), &p.root);
    let evidence = scene().sends(A, &[&p.leaf, &rekeyed]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-wrong-key", &evidence, &[("tls.intermediate-wrong", FAIL)]);

    // the root is sent and the link between is not: that is a gap, not a wrong certificate
    let evidence = scene().sends(A, &[&p.leaf, &p.root]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
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
    let old = again(&p.inter, params, &p.root);
    let evidence = scene().sends(A, &[&p.leaf, &old]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    expect("tls-intermediate-expired", &evidence, &[("tls.intermediate-expired", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-expired").data["repaired"], true);
    let (_, pem) = chain::repaired_chain(&View::new(&evidence)).unwrap().unwrap();
    assert_eq!(pem, p.leaf.facts().pem() + &p.inter.facts().pem());

    let evidence = scene().sends(A, &[&p.leaf, &p.inter, &old]).trusts(&[&p.root]).done();
    expect("tls-cross-sign-expired", &evidence, &[("tls.cross-sign-expired", WARN)]);
}

#[test]
fn rfc5246_7_4_2_each_certificate_is_followed_by_its_issuer() {
    let top = root(authority("Example Root X1"));
    let middle = signed(authority("Example Middle"), &top);
    let low = signed(authority("R11"), &middle);
    let leaf = signed(server(&[HOST]), &low);
    let evidence = scene().sends(A, &[&leaf, &middle, &low]).trusts(&[&top]).done();
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
        // a certificate's name has no dot of the root (RFC 5280, 4.2.1.6), and clients do not match it
        ("mail.corp.example.", "mail.corp.example", false),
        ("mail.corp.example.", "mail.corp.example.", false),
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
    let evidence = scene().sends(A, &[&other, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-name-mismatch", &evidence, &[("tls.name-mismatch", FAIL)]);
    let found = finding(&evidence, "tls.name-mismatch");
    assert_eq!(found.data["names"].as_array().unwrap().len(), 4);
    assert_eq!(found.data["presented"], "www.hoster.example, a.example, b.example (+1)");
    assert_eq!(found.data["reason"], "common-name-only");
    assert_eq!(found.data["index"], 0);
    let deep = signed(server(&["*.example", "*.mail.corp.example"]), &p.inter);
    let evidence = scene().sends(A, &[&deep, &p.inter]).trusts(&[&p.root]).done();
    assert_eq!(finding(&evidence, "tls.name-mismatch").data["reason"], "wildcard-depth");

    let bare = signed(server(&[]), &p.inter);
    let evidence = scene().sends(A, &[&bare, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-san-missing", &evidence, &[("tls.san-missing", FAIL)]);
}

fn dated(p: &Pki, from: (i32, u8, u8), to: (i32, u8, u8)) -> Evidence {
    let mut params = server(&[HOST]);
    params.not_before = date_time_ymd(from.0, from.1, from.2);
    params.not_after = date_time_ymd(to.0, to.1, to.2);
    scene().sends(A, &[&signed(params, &p.inter), &p.inter]).trusts(&[&p.root]).done()
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
    expect("tls-self-signed", &scene().sends(A, &[&own]).done(), &[("tls.self-signed", FAIL)]);

    let ca = root(authority("Corp Root CA"));
    let mut sub = authority("Corp Issuing CA");
    sub.custom_extensions = vec![issuer_at("http://pki.corp.example/root.crt")];
    let sub = signed(sub, &ca);
    let leaf = signed(server(&[HOST]), &sub);
    let private = [("tls.private-ca", FAIL)];
    let evidence = scene().sends(A, &[&leaf, &sub]).done();
    expect("tls-private-ca", &evidence, &private);
    assert_eq!(finding(&evidence, "tls.private-ca").data["root"], "Corp Root CA");
    let evidence = scene().sends(A, &[&leaf, &sub]).aia("http://pki.corp.example/root.crt", &[&ca]).done();
    expect("tls-private-ca-root-fetched", &evidence, &private);
    let evidence = scene().sends(A, &[&leaf, &sub, &ca]).done();
    expect("tls-private-ca-root-sent", &evidence, &[("tls.private-ca", FAIL), ("tls.chain-superfluous", INFO)]);
    // the root issues by itself, and says so over LDAP as AD CS does
    let mut params = server(&[HOST]);
    params.custom_extensions = vec![issuer_at("ldap:///CN=Corp%20Root%20CA,CN=AIA?cACertificate")];
    let leaf = signed(params, &ca);
    expect("tls-private-ca-one-tier", &scene().sends(A, &[&leaf]).done(), &private);
    // given by --cacert, all is well
    expect("tls-healthy-private-ca-given", &scene().sends(A, &[&leaf]).trusts(&[&ca]).done(), &[]);
}

#[test]
fn t6_below_a_given_root_a_lone_leaf_of_another_lacks_its_intermediate() {
    let ca = root(authority("Corp Root CA"));
    let sub = signed(authority("Corp CA"), &ca);
    let mut params = server(&[HOST]);
    params.custom_extensions = vec![issuer_at("ldap:///CN=Corp%20CA,CN=AIA?cACertificate")];
    let leaf = signed(params, &sub);
    let given = |chain: &[&Made]| {
        let mut scene = scene().sends(A, chain);
        scene.evidence.header.stores = vec!["cacert".to_owned()];
        scene
    };
    let evidence = given(&[&leaf]).done();
    expect("tls-intermediate-missing-private-given", &evidence, &[("tls.intermediate-missing", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-missing").data["perhaps_a_root"], true);
    // with the intermediate, only the root is unknown
    assert_eq!(codes(&given(&[&leaf, &sub]).done()), [("tls.private-ca", FAIL)]);
    // nobody gave a root: nothing is said to be complete that nobody has seen
    let found = finding(&scene().sends(A, &[&leaf]).done(), "tls.private-ca");
    assert!(found.data["complete"]["en"].as_str().unwrap().contains("where its issuer is a root"), "{found:?}");
}

#[test]
fn t8_an_intermediate_of_the_same_organisation_is_wrong_too() {
    let p = pki();
    let other = signed(authority("R10"), &p.root);
    let mut params = server(&[HOST]);
    params.custom_extensions.clear();
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &other]).trusts(&[&p.root]).done();
    expect("tls-intermediate-wrong-same-organisation", &evidence, &[("tls.intermediate-wrong", FAIL)]);
    assert_eq!(finding(&evidence, "tls.intermediate-wrong").data["sent_instead"], "R10");
}

#[test]
fn strays_prove_nothing_about_an_unknown_root() {
    let p = pki();
    let stray = signed(authority("Stray CA"), &root(authority("Other Root")));
    let evidence = scene().sends(A, &[&p.leaf, &p.inter, &stray]).done();
    let expected = [("tls.private-ca", FAIL), ("tls.chain-superfluous", INFO)];
    expect("tls-private-ca-with-a-stray", &evidence, &expected);
}

#[test]
fn what_cannot_be_read_is_told_once_and_by_its_index() {
    let p = pki();
    let cut = |made: &Made| Made {
        der: made.der[..made.der.len() / 2].to_vec(),
        params: authority("R11"),
        key: KeyPair::generate().unwrap(),
    };
    let (leaf, inter) = (cut(&p.leaf), cut(&p.inter));
    for (chain, index) in [([&leaf, &p.inter], 0), ([&p.leaf, &inter], 1)] {
        let evidence = scene().sends(A, &chain).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
        let failures: Vec<_> = codes(&evidence).into_iter().filter(|(_, severity)| *severity == FAIL).collect();
        assert_eq!(failures, [("tls.malformed-certificate", FAIL)], "{index}");
        assert_eq!(finding(&evidence, "tls.malformed-certificate").data["index"], index);
    }
}

#[test]
fn t9_another_certificate_in_front_of_the_servers_is_a_wrong_order_first() {
    let p = pki();
    for chain in [vec![&p.inter, &p.leaf], vec![&p.root, &p.inter, &p.leaf]] {
        let evidence = scene().sends(A, &chain).trusts(&[&p.root]).done();
        let found = finding(&evidence, "tls.chain-order");
        assert_eq!((found.severity, &found.data["wanted"]), (FAIL, &serde_json::json!([HOST, "R11"])));
        let outcomes = judge(&evidence);
        let outcomes: Vec<_> = outcomes.iter().map(|(id, outcome)| (*id, outcome)).collect();
        let causes = exdiag::diagnosis::causes(&outcomes);
        let [only] = &causes[..] else { panic!("{causes:?}") };
        assert_eq!(only.finding.code.id, "tls.chain-order");
        assert!(only.explains.contains(&"tls.san-missing") && only.explains.contains(&"tls.ca-as-server"), "{only:?}");
        let (_, pem) = chain::repaired_chain(&View::new(&evidence)).unwrap().unwrap();
        assert_eq!(pem, p.leaf.facts().pem() + &p.inter.facts().pem());
    }
}

#[test]
fn one_address_with_anothers_certificate_is_one_cause() {
    let p = pki();
    let other = signed(server(&["www.hoster.example"]), &p.inter);
    let evidence = scene()
        .sends(A, &[&p.leaf, &p.inter])
        .sends(B, &[&other, &p.inter])
        .sends(C, &[&p.leaf, &p.inter])
        .trusts(&[&p.root])
        .done();
    let outcomes = judge(&evidence);
    let outcomes: Vec<_> = outcomes.iter().map(|(id, outcome)| (*id, outcome)).collect();
    let causes = exdiag::diagnosis::causes(&outcomes);
    let told: Vec<_> = causes.iter().map(|cause| (cause.finding.code.id, &cause.explains[..])).collect();
    assert_eq!(told, [("tls.name-mismatch", &["tls.addresses-differ"][..])]);
}

#[test]
fn more_certificates_than_clients_take_are_told() {
    let p = pki();
    let mut all = vec![&p.leaf, &p.inter];
    let again: Vec<Made> = (0..12_u64)
        .map(|i| {
            let mut params = authority("R11");
            params.serial_number = Some(i.into());
            let der = params
                .signed_by(&p.inter.key, &rcgen::Issuer::from_params(&p.root.params, &p.root.key))
                .unwrap()
                .der()
                .to_vec();
            Made { der, params, key: KeyPair::generate().unwrap() }
        })
        .collect();
    all.extend(&again);
    let evidence = scene().sends(A, &all).trusts(&[&p.root]).done();
    expect("tls-chain-superfluous-many", &evidence, &[("tls.chain-superfluous", WARN)]);
    assert_eq!(finding(&evidence, "tls.chain-superfluous").data["indices"].as_array().unwrap().len(), 12);
    // a few links for other roots are nobody's fault
    assert_eq!(codes(&scene().sends(A, &all[..5]).trusts(&[&p.root]).done()), []);
}

#[test]
fn no_more_than_a_mebibyte_of_certificates_is_read() {
    let p = pki();
    let mut params = authority("Large");
    params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0; 1 << 16])];
    let large = signed(params, &p.root);
    let mut all = vec![&p.leaf, &p.inter];
    all.resize(30, &large);
    let evidence = scene().sends(A, &all).trusts(&[&p.root]).done();
    let sent: Vec<String> = all.iter().map(|made| STANDARD.encode(&made.der)).collect();
    let analysis = chain::look_at_chain(&View::new(&evidence), &sent, false).unwrap();
    assert!((10..18).contains(&analysis.certificates.len()) && !analysis.accepted);
    assert!(codes(&evidence).contains(&("tls.chain-refused", FAIL)), "{:?}", codes(&evidence));
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
    let der =
        params.signed_by(&SmallKey(key), &Issuer::from_params(&p.inter.params, &p.inter.key)).unwrap().der().to_vec();
    let leaf = Made { der, params, key: KeyPair::generate().unwrap() };
    assert_eq!(leaf.facts().key.to_string(), "RSA 1024");
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-weak-key", &evidence, &[("tls.weak-key", FAIL)]);

    let (top, leaf) = (from_pem(include_str!("data/old-root.pem")), from_pem(include_str!("data/sha1-leaf.pem")));
    assert_eq!(leaf.facts().signature, "sha1WithRSAEncryption");
    assert_eq!(leaf.facts().issued_by(&top.facts()), Signature::Good, "old signatures still say who signed");
    let evidence = scene().sends(A, &[&leaf]).trusts(&[&top]).done();
    expect("tls-weak-signature", &evidence, &[("tls.weak-signature", FAIL)]);
}

#[test]
fn purposes_and_authorities() {
    let p = pki();
    let mut params = server(&[HOST]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-wrong-purpose", &evidence, &[("tls.wrong-purpose", FAIL)]);

    let mut params = authority("Not an authority");
    params.is_ca = IsCa::ExplicitNoCa;
    let inter = signed(params, &p.root);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = scene().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-not-a-ca", &evidence, &[("tls.not-a-ca", FAIL)]);
    assert_eq!(finding(&evidence, "tls.not-a-ca").data["index"], 1);

    let mut params = authority("R11");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let first = signed(params, &p.root);
    let second = signed(authority("R12"), &first);
    let leaf = signed(server(&[HOST]), &second);
    let evidence = scene().sends(A, &[&leaf, &second, &first]).trusts(&[&p.root]).done();
    expect("tls-path-too-long", &evidence, &[("tls.path-too-long", FAIL)]);

    let mut params = authority("R11");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let inter = signed(params, &p.root);
    let leaf = signed(server(&[HOST, "mail.elsewhere.example"]), &inter);
    let evidence = scene().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-name-constraint", &evidence, &[("tls.name-constraint", FAIL)]);

    let mut params = server(&[HOST]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-ca-as-server", &evidence, &[("tls.ca-as-server", WARN)]);

    let mut params = server(&[HOST]);
    let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
    unknown.set_criticality(true);
    params.custom_extensions.push(unknown);
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
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
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
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
    let evidence = scene().sends(A, &[&leaf, &inter]).trusts(&[&p.root]).done();
    expect("tls-policy-required", &evidence, &[("tls.policy-required", FAIL)]);

    let mut params = authority("Example Root X0");
    params.not_after = date_time_ymd(2026, 10, 1);
    let old = root(params);
    let inter = signed(authority("R11"), &old);
    let leaf = signed(server(&[HOST]), &inter);
    let evidence = scene().sends(A, &[&leaf, &inter]).trusts(&[&old]).done();
    expect("tls-root-expired", &evidence, &[("tls.root-expired", FAIL)]);
    let found = finding(&evidence, "tls.root-expired");
    assert_eq!((&found.data["to"], &found.data["index"]), (&"2026-10-01".into(), &serde_json::Value::Null));

    // a root whose constraints nobody can read binds to nobody knows what
    let mut evidence = scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    for record in evidence.records.values_mut() {
        if let Seen::Anchors { found } = &mut record.seen {
            for anchor in found {
                anchor.name_constraints = Some(STANDARD.encode([0x30, 0x03, 0xa0]));
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
    let evidence =
        scene().sends(A, &[&leaf, &inter, &new]).trusts(&[&old]).aia("http://aia.example/yr.der", &[&cross]).done();
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
    let evidence = scene().sends(A, &[&leaf]).trusts(&[&top]).aia(AIA, &[&top, &middle, &low]).done();
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
    let evidence = scene().sends(A, &[&leaf, &inter]).trusts(&[&top]).done();
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
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).aia(AIA, &[&p.inter]).done();
    assert!(codes(&evidence).contains(&("tls.malformed-certificate", FAIL)), "{:?}", codes(&evidence));
    // nothing that can be sent makes it panic or fall silent
    for cut in 0..p.leaf.der.len() {
        let facts = Certificate::read(&p.leaf.der[..cut]);
        assert!(facts.flaw.is_some(), "{cut}");
    }
    let garbage = Made { der: b"hello".to_vec(), params: authority(""), key: KeyPair::generate().unwrap() };
    let evidence = scene().sends(A, &[&garbage]).done();
    assert!(codes(&evidence).contains(&("tls.malformed-certificate", FAIL)), "{:?}", codes(&evidence));
    let mut params = server(&[HOST]);
    params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 37, 0], vec![1]));
    params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 32], vec![0x30, 0x05, 0x01]));
    let leaf = signed(params, &p.inter);
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-malformed-certificate", &evidence, &[("tls.malformed-certificate", FAIL)]);
}

#[test]
fn could_not_ask_is_not_is_not_there() {
    // TCP is told by another check, or once by the first that runs
    let refused = TlsOutcome::Failed(Failure::new(Phase::Connect, FailKind::Refused));
    let mut evidence = scene().outcome(A, &[], refused).done();
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
    let mut evidence = scene().sends(A, &[&p.leaf, &p.inter]).trusts(&[&p.root]).done();
    for (probe, record) in &mut evidence.records {
        if matches!(probe, Probe::Anchors { .. }) {
            record.seen = Seen::NoAnswer(NoAnswer::NotRecorded);
        }
    }
    assert_eq!(judge(&evidence)["tls-chain"].status(), Status::Inconclusive);
    assert_eq!(codes(&evidence), []);
    // no server is known, and the DNS says nothing
    let mut evidence = scene().evidence;
    evidence.header.subject.server = None;
    assert_eq!(judge(&evidence)["tls-chain"].status(), Status::Inconclusive);
}

#[test]
fn hostile_chains_end_quickly() {
    let top = root(authority("Example Root X1"));
    // one name, many keys, each signed by each: a search that does not bound itself never ends
    let (twins, crossed) = twins(20, &top);
    let leaf = signed(server(&[HOST]), &twins[0]);
    let all: Vec<&Made> = std::iter::once(&leaf).chain(&crossed).collect();
    let evidence = scene().sends(A, &all).done();
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
    let evidence = scene().sends(A, &[&leaf, &p.inter]).trusts(&[&p.root]).done();
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
    let evidence = scene().sends(A, &[&short, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-healthy-lifetime-of-two-years", &evidence, &[]);
    let long = lasting(date_time_ymd(2028, 1, 1));
    let evidence = scene().sends(A, &[&long, &p.inter]).trusts(&[&p.root]).done();
    expect("tls-lifetime-too-long", &evidence, &[("tls.lifetime-too-long", WARN)]);
}

/// A certificate with other dates, each with its tag; its signature no longer holds.
fn redated(der: &[u8], dates: &[(u8, &[u8])]) -> Vec<u8> {
    use exdiag::protocol::x509::content;
    let element = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    };
    let new: Vec<u8> = dates.iter().flat_map(|(tag, text)| element(*tag, text)).collect();
    // both dates of 2026 and 2027 are UTCTime: SEQUENCE, 30 bytes
    let at = der.windows(4).position(|window| window == [0x30, 0x1e, 0x17, 0x0d]).unwrap();
    let tbs = content(content(der));
    let before = der.len() - content(der).len();
    let before = before + content(der).windows(tbs.len()).position(|window| window == tbs).unwrap();
    let rest = der.get(before + tbs.len()..).unwrap();
    let (front, back) = (der.get(before..at).unwrap(), der.get(at + 32..before + tbs.len()).unwrap());
    let tbs = [front, &element(0x30, &new), back].concat();
    element(0x30, &[&element(0x30, &tbs)[..], rest].concat())
}

#[test]
fn rfc5280_4_1_2_5_dates_and_their_forms() {
    let p = pki();
    let facts = |from: (u8, &[u8]), to: (u8, &[u8])| Certificate::read(&redated(&p.leaf.der, &[from, to]));
    let from: (u8, &[u8]) = (0x17, b"261104000000Z");
    let endless = facts(from, (0x18, b"99991231235959Z"));
    assert_eq!(
        (endless.flaw.as_deref(), endless.validity.unwrap().not_before.to_string()),
        (None, "2026-11-04T00:00:00Z".to_owned())
    );
    assert!(endless.validity.unwrap().not_after > "9999-12-01T00:00:00Z".parse().unwrap());
    let general = facts((0x18, b"20261104000000Z"), (0x18, b"20270202000000Z"));
    assert_eq!((general.flaw.as_deref(), general.validity), (None, p.leaf.facts().validity));
    for odd in [
        (0x17, &b"2611040000Z"[..]),
        (0x18, b"20261104000000.5Z"),
        (0x17, b"261104000000+0200"),
        (0x17, b"261104000000"),
    ] {
        let facts = facts(odd, (0x17, b"270202000000Z"));
        assert_eq!(facts.flaw.as_deref(), Some("the validity"), "{odd:?}");
        assert!(facts.is_broken && facts.is_for(HOST), "{odd:?}: the rest is read");
    }
}
