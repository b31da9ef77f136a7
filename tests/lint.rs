//! Does every kind of breach of the rules for certificates get its rule, and a sound certificate none?
//! The certificates are put together byte by byte, for no honest tool makes them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use exdiag::protocol::lint::{Breach, Level, ends_at_public_root, lint, lint_crl, lint_crl_issuer, lint_one};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let octets: Vec<u8> = length.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.len() < 0x80 {
        out.push(u8::try_from(content.len()).unwrap());
    } else {
        out.push(0x80 | u8::try_from(octets.len()).unwrap());
        out.extend(octets);
    }
    out.extend_from_slice(content);
    out
}

fn seq(parts: &[Vec<u8>]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut body = Vec::new();
    for value in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut groups = vec![u8::try_from(value & 0x7f).unwrap()];
        let mut rest = value >> 7;
        while rest > 0 {
            groups.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
            rest >>= 7;
        }
        groups.reverse();
        body.extend(groups);
    }
    der(0x06, &body)
}

fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { der(0x01, &[0xff]) } else { Vec::new() };
    seq(&[oid(id), flag, der(0x04, value)])
}

fn attribute(id: &str, tag: u8, text: &[u8]) -> Vec<u8> {
    der(0x31, &seq(&[oid(id), der(tag, text)]))
}

fn sans(names: &[(u8, &[u8])]) -> Vec<u8> {
    seq(&names.iter().map(|(kind, bytes)| der(0x80 | kind, bytes)).collect::<Vec<_>>())
}

fn access(method: &str, url: &str) -> Vec<u8> {
    seq(&[oid(method), der(0x86, url.as_bytes())])
}

fn crl_point(url: &str) -> Vec<u8> {
    seq(&[seq(&[der(0xa0, &der(0xa0, &der(0x86, url.as_bytes())))])])
}

fn purposes(ids: &[&str]) -> Vec<u8> {
    seq(&ids.iter().map(|id| oid(id)).collect::<Vec<_>>())
}

const SAN: &str = "2.5.29.17";
const KEY_USAGE: &str = "2.5.29.15";
const PURPOSES: &str = "2.5.29.37";
const CONSTRAINTS: &str = "2.5.29.19";
const POLICIES: &str = "2.5.29.32";
const AIA: &str = "1.3.6.1.5.5.7.1.1";
const POINTS: &str = "2.5.29.31";
const AKI: &str = "2.5.29.35";
const SKI: &str = "2.5.29.14";
const NAMES: &str = "2.5.29.30";
const CN: &str = "2.5.4.3";
const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
const HOST: &[u8] = b"mail.example.com";
const NOW: &str = "2026-11-22T00:00:00Z";

/// The parts of a certificate.
#[derive(Clone)]
struct Spec {
    version: Vec<u8>,
    serial: Vec<u8>,
    inner: Vec<u8>,
    outer: Vec<u8>,
    issuer: Vec<u8>,
    from: Vec<u8>,
    until: Vec<u8>,
    subject: Vec<u8>,
    spki: Vec<u8>,
    unique: Vec<u8>,
    extensions: Vec<(&'static str, bool, Vec<u8>)>,
}

impl Spec {
    fn with(mut self, id: &'static str, critical: bool, value: Vec<u8>) -> Self {
        match self.extensions.iter_mut().find(|(known, _, _)| *known == id) {
            Some(known) => *known = (id, critical, value),
            None => self.extensions.push((id, critical, value)),
        }
        self
    }
    fn without(mut self, id: &str) -> Self {
        self.extensions.retain(|(known, _, _)| *known != id);
        self
    }
    fn done(&self) -> Vec<u8> {
        let list: Vec<Vec<u8>> = self.extensions.iter().map(|(id, c, v)| extension(id, *c, v)).collect();
        let extensions = if list.is_empty() { Vec::new() } else { der(0xa3, &seq(&list)) };
        let tbs = seq(&[
            self.version.clone(),
            der(0x02, &self.serial),
            self.inner.clone(),
            self.issuer.clone(),
            seq(&[self.from.clone(), self.until.clone()]),
            self.subject.clone(),
            self.spki.clone(),
            self.unique.clone(),
            extensions,
        ]);
        seq(&[tbs, self.outer.clone(), der(0x03, &[0; 71])])
    }
}

fn utc(text: &str) -> Vec<u8> {
    der(0x17, text.as_bytes())
}

fn p256() -> Vec<u8> {
    let algorithm = seq(&[oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")]);
    seq(&[algorithm, der(0x03, &[&[0, 4][..], &[7; 64]].concat())])
}

fn rsa(modulus: &[u8], exponent: &[u8], null: bool) -> Vec<u8> {
    let null = if null { vec![5, 0] } else { Vec::new() };
    let key = seq(&[der(0x02, modulus), der(0x02, exponent)]);
    seq(&[seq(&[oid("1.2.840.113549.1.1.1"), null]), der(0x03, &[vec![0], key].concat())])
}

/// A server's certificate of a public authority as it is made today.
fn sound() -> Spec {
    let name = seq(&[attribute(CN, 0x0c, HOST)]);
    let issuer =
        seq(&[attribute("2.5.4.6", 0x13, b"US"), attribute("2.5.4.10", 0x0c, b"Trust"), attribute(CN, 0x0c, b"R1")]);
    let algorithm = seq(&[oid(ECDSA_SHA256)]);
    Spec {
        version: der(0xa0, &der(0x02, &[2])),
        serial: vec![5; 16],
        inner: algorithm.clone(),
        outer: algorithm,
        issuer,
        from: utc("261101000000Z"),
        until: utc("270129235959Z"),
        subject: name,
        spki: p256(),
        unique: Vec::new(),
        extensions: vec![
            (KEY_USAGE, true, vec![0x03, 0x02, 0x07, 0x80]),
            (PURPOSES, false, purposes(&[SERVER])),
            (CONSTRAINTS, true, vec![0x30, 0]),
            (AKI, false, seq(&[der(0x80, &[1; 20])])),
            (AIA, false, seq(&[access("1.3.6.1.5.5.7.48.2", "http://r1.example.com/r1.der")])),
            (SAN, false, sans(&[(2, HOST)])),
            (POLICIES, false, seq(&[seq(&[oid("2.23.140.1.2.1")])])),
            (POINTS, false, crl_point("http://r1.example.com/1.crl")),
        ],
    }
}

/// An issuing authority's.
fn authority() -> Spec {
    let mut spec = sound()
        .with(KEY_USAGE, true, vec![0x03, 0x02, 0x01, 0x86])
        .with(CONSTRAINTS, true, vec![0x30, 0x03, 0x01, 0x01, 0xff])
        .with(SKI, false, der(0x04, &[1; 20]))
        .without(SAN);
    spec.subject = spec.issuer.clone();
    spec.issuer =
        seq(&[attribute("2.5.4.6", 0x13, b"US"), attribute("2.5.4.10", 0x0c, b"Trust"), attribute(CN, 0x0c, b"X1")]);
    spec
}

/// The rules above mere advice that one certificate breaks.
fn broken(breaches: &[Breach]) -> BTreeSet<&'static str> {
    breaches.iter().filter(|b| b.rule.level > Level::Notice).map(|b| b.rule.id).collect()
}

fn one(spec: &Spec) -> BTreeSet<&'static str> {
    broken(&lint_one(&spec.done(), None))
}

/// Exactly this rule is broken by the change.
fn breaks(change: impl FnOnce(Spec) -> Spec, rules: &[&'static str]) {
    assert_eq!(one(&change(sound())), rules.iter().copied().collect());
}

#[test]
fn a_sound_certificate_breaks_no_rule() {
    assert_eq!(one(&sound()), BTreeSet::new());
    assert_eq!(one(&authority()), BTreeSet::new());
    let (leaf, issuer) = (sound().done(), authority().done());
    assert_eq!(broken(&lint(&[&leaf, &issuer], NOW.parse().unwrap(), true)), BTreeSet::new());
}

#[test]
fn rfc5280_4_1_the_frame() {
    breaks(|s| Spec { serial: vec![0xff, 5], ..s }, &["tls.rule-serial-not-positive", "tls.rule-serial-guessable"]);
    breaks(|s| Spec { serial: vec![1; 21], ..s }, &["tls.rule-serial-too-long"]);
    breaks(|s| Spec { outer: seq(&[oid("1.2.840.10045.4.3.3")]), ..s }, &["tls.rule-signature-algorithms-differ"]);
    breaks(|s| Spec { issuer: vec![0x30, 0], ..s }, &["tls.rule-issuer-empty"]);
    breaks(|s| Spec { unique: der(0x81, &[0, 1]), ..s }, &["tls.rule-unique-identifier"]);
    let old = |s: Spec| Spec { version: Vec::new(), ..s };
    breaks(old, &["tls.rule-version-not-3", "tls.rule-extensions-in-old-version"]);
    assert_eq!(broken(&lint_one(&[0x30, 0x80], None)), BTreeSet::from(["tls.rule-certificate-unreadable"]));
}

#[test]
fn rfc5280_4_1_2_5_the_dates() {
    breaks(|s| Spec { until: utc("2701292359Z"), ..s }, &["tls.rule-time-utc-without-seconds"]);
    breaks(|s| Spec { until: utc("270129235959+0100"), ..s }, &["tls.rule-time-utc-not-zulu"]);
    let general = |s: Spec| Spec { until: der(0x18, b"20270129235959Z"), ..s };
    breaks(general, &["tls.rule-time-generalized-before-2050"]);
    breaks(|s| Spec { until: utc("261030000000Z"), ..s }, &["tls.rule-validity-negative"]);
    breaks(
        |s| Spec { until: utc("2701329"), ..s },
        &["tls.rule-time-unreadable", "tls.rule-time-utc-not-zulu", "tls.rule-time-utc-without-seconds"],
    );
}

#[test]
fn sc_081_the_lifetime_is_limited_by_the_day_of_issue() {
    let lasting = |from: &str, until: &str| one(&Spec { from: utc(from), until: utc(until), ..sound() });
    // the second after the last one of day 398, 200, 100, 47 is one too many
    assert_eq!(lasting("260314235959Z", "270416235958Z"), BTreeSet::new());
    assert_eq!(lasting("260314235959Z", "270416235959Z"), BTreeSet::from(["tls.rule-lifetime-398-days"]));
    assert_eq!(lasting("260315000000Z", "260930235959Z"), BTreeSet::new());
    assert_eq!(lasting("260315000000Z", "261001000000Z"), BTreeSet::from(["tls.rule-lifetime-200-days"]));
    assert_eq!(lasting("270315000000Z", "270622235959Z"), BTreeSet::new());
    assert_eq!(lasting("270315000000Z", "270623000000Z"), BTreeSet::from(["tls.rule-lifetime-100-days"]));
    assert_eq!(lasting("290315000000Z", "290430235959Z"), BTreeSet::new());
    assert_eq!(lasting("290315000000Z", "290501000000Z"), BTreeSet::from(["tls.rule-lifetime-47-days"]));
}

#[test]
fn br_6_1_5_keys() {
    let odd = |bits: usize| {
        let mut modulus = vec![0xab; bits / 8 + 1];
        modulus[0] = 0;
        modulus
    };
    let key = |modulus: &[u8], exponent: &[u8], null| one(&Spec { spki: rsa(modulus, exponent, null), ..sound() });
    let set = |rules: &[&'static str]| rules.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(key(&odd(2048), &[1, 0, 1], true), set(&[]));
    assert_eq!(key(&odd(1024), &[1, 0, 1], true), set(&["tls.rule-rsa-short"]));
    assert_eq!(key(&[&[0x0f][..], &[0xab; 256]].concat(), &[1, 0, 1], true), set(&["tls.rule-rsa-size-odd"]));
    assert_eq!(key(&odd(2048), &[1], true), set(&["tls.rule-rsa-exponent-small"]));
    assert_eq!(key(&odd(2048), &[4], true), set(&["tls.rule-rsa-exponent-even"]));
    let rules = ["tls.rule-rsa-parameters-not-null", "tls.rule-key-algorithm-encoding"];
    assert_eq!(key(&odd(2048), &[1, 0, 1], false), set(&rules));
    let curve = |parameters: Vec<u8>| {
        let spki = seq(&[seq(&[oid("1.2.840.10045.2.1"), parameters]), der(0x03, &[0, 4, 1])]);
        one(&Spec { spki, ..sound() })
    };
    let wrong = set(&["tls.rule-curve-not-allowed", "tls.rule-key-algorithm-encoding"]);
    assert_eq!(curve(oid("1.2.840.10045.3.1.1")), wrong);
    assert!(curve(seq(&[der(0x02, &[1])])).contains("tls.rule-curve-written-out"));
}

#[test]
fn rfc5280_4_2_extensions() {
    let twice = |mut s: Spec| {
        s.extensions.push((POINTS, false, crl_point("http://r1.example.com/1.crl")));
        s
    };
    breaks(twice, &["tls.rule-extension-twice"]);
    breaks(|s| s.with("1.2.3.4", true, vec![5, 0]), &["tls.rule-extension-unknown-critical"]);
    breaks(|s| s.with("1.2.3.4", false, vec![5, 0]), &[]);
    breaks(|s| s.with("2.5.29.9", false, vec![0x30, 0]), &["tls.rule-extension-empty"]);
    breaks(|s| s.with(SKI, true, der(0x04, &[1])), &["tls.rule-ski-critical"]);
    breaks(|s| s.without(AKI), &["tls.rule-aki-missing"]);
    breaks(|s| s.with(AIA, false, b"http://r1".to_vec()), &["tls.rule-extension-unreadable"]);
    breaks(|s| s.with("2.5.29.36", false, seq(&[der(0x80, &[0])])), &["tls.rule-policy-constraints-not-critical"]);
    breaks(|s| s.with(CONSTRAINTS, true, seq(&[vec![1, 1, 0]])), &["tls.rule-ca-false-encoded"]);
    breaks(
        |s| s.with(NAMES, true, seq(&[der(0xa0, &seq(&[der(0x82, b"example.com")]))])),
        &["tls.rule-name-constraints-on-a-leaf"],
    );
}

#[test]
fn br_7_1_2_7_12_alternative_names() {
    let names = |list: &[(u8, &[u8])]| {
        let mut all: Vec<(u8, &[u8])> = vec![(2, HOST)];
        all.extend_from_slice(list);
        one(&sound().with(SAN, false, sans(&all)))
    };
    let is = |found: BTreeSet<&'static str>, rules: &[&'static str]| assert_eq!(found, rules.iter().copied().collect());
    is(names(&[(2, b"*.example.com"), (2, b"xn--mnchen-3ya.example")]), &["tls.rule-internal-name"]);
    is(names(&[(2, b"*.example.de"), (7, &[8, 8, 8, 8])]), &[]);
    is(names(&[(2, b"a_b.example.com")]), &["tls.rule-underscore"]);
    is(names(&[(2, b"*.co.uk")]), &["tls.rule-wildcard-over-public-suffix"]);
    is(names(&[(2, b"*.s3.amazonaws.com")]), &[]);
    is(names(&[(2, b"ab--c.example.com")]), &["tls.rule-dns-reserved-label"]);
    is(names(&[(2, b"f*.example.com")]), &["tls.rule-wildcard-not-whole-label", "tls.rule-wildcard-misplaced"]);
    is(names(&[(2, b"a..example.com")]), &["tls.rule-dns-empty-label", "tls.rule-dns-bad-character"]);
    is(names(&[(2, b"8.8.8.8")]), &["tls.rule-dns-is-an-address", "tls.rule-internal-name"]);
    is(names(&[(7, &[10, 0, 0, 1])]), &["tls.rule-reserved-address"]);
    is(names(&[(7, &[10, 0, 0, 0, 255, 0, 0, 0])]), &["tls.rule-san-ip-length"]);
    is(names(&[(2, b"8.8.8.8.in-addr.arpa")]), &["tls.rule-reverse-name"]);
    is(names(&[(6, b"https://example.com/")]), &["tls.rule-san-uri"]);
    breaks(|s| s.without(SAN), &["tls.rule-san-missing", "tls.rule-cn-not-from-san"]);
    breaks(|s| Spec { subject: vec![0x30, 0], ..s }, &["tls.rule-san-not-critical-without-subject"]);
    breaks(|s| Spec { subject: vec![0x30, 0], ..s.with(SAN, true, sans(&[(2, HOST)])) }, &[]);
    breaks(|s| s.with(SAN, true, sans(&[(2, HOST)])), &["tls.rule-san-critical-forbidden"]);
}

#[test]
fn br_7_1_4_3_the_common_name_is_a_copy_of_an_alternative_name() {
    let named = |text: &[u8], san: (u8, &[u8])| {
        one(&Spec { subject: seq(&[attribute(CN, 0x0c, text)]), ..sound().with(SAN, false, sans(&[san])) })
    };
    let other = BTreeSet::from(["tls.rule-cn-not-from-san"]);
    let spelled = BTreeSet::from(["tls.rule-cn-not-from-san", "tls.rule-cn-spelled-differently"]);
    assert_eq!(named(b"www.example.com", (2, HOST)), other);
    assert_eq!(named(b"Mail.example.com", (2, HOST)), spelled);
    assert_eq!(named("münchen.example.com".as_bytes(), (2, b"xn--mnchen-3ya.example.com")).len(), 3);
    assert_eq!(named(b"8.8.8.8", (7, &[8, 8, 8, 8])), BTreeSet::new());
    assert_eq!(named(b"0x8.8.8.8", (7, &[8, 8, 8, 8])), spelled);
}

#[test]
fn rfc5280_4_2_1_3_and_12_usages_and_purposes() {
    breaks(
        |s| s.with(KEY_USAGE, true, vec![3, 2, 2, 0x84]),
        &["tls.rule-cert-sign-without-ca", "tls.rule-cert-sign-with-ca-false"],
    );
    breaks(|s| s.with(KEY_USAGE, true, vec![3, 2, 0, 0x80]), &["tls.rule-key-usage-padding"]);
    breaks(|s| s.with(PURPOSES, false, purposes(&["1.3.6.1.5.5.7.3.2"])), &["tls.rule-purpose-not-server"]);
    breaks(|s| s.with(PURPOSES, false, purposes(&[SERVER, "2.5.29.37.0"])), &["tls.rule-purpose-forbidden"]);
    breaks(|s| s.with(PURPOSES, true, purposes(&[SERVER])), &["tls.rule-purpose-critical"]);
    // in a chain the first certificate is the server's, whatever it says
    let (leaf, at) = (sound().without(PURPOSES).done(), NOW.parse().unwrap());
    let issuer = authority().done();
    assert_eq!(broken(&lint(&[&leaf, &issuer], at, true)), BTreeSet::from(["tls.rule-purpose-missing"]));
    assert!(broken(&lint(&[&issuer], at, true)).contains("tls.rule-ca-as-server"));
}

#[test]
fn rfc5280_4_2_1_9_and_10_authorities() {
    let with = |change: fn(Spec) -> Spec, rules: &[&'static str]| {
        assert_eq!(one(&change(authority())), rules.iter().copied().collect());
    };
    with(|s| s.with(CONSTRAINTS, false, vec![0x30, 3, 1, 1, 0xff]), &["tls.rule-basic-constraints-not-critical"]);
    with(|s| s.without(SKI), &["tls.rule-ca-ski-missing"]);
    with(
        |s| Spec { subject: vec![0x30, 0], ..s },
        &["tls.rule-ca-subject-empty", "tls.rule-ca-organization-missing", "tls.rule-subject-and-san-missing"],
    );
    with(
        |s| s.with(NAMES, true, seq(&[der(0xa0, &seq(&[der(0x82, b".example.com")]))])),
        &["tls.rule-name-constraint-malformed"],
    );
    with(
        |s| s.with(NAMES, true, seq(&[der(0xa0, &seq(&[der(0x87, &[8, 0, 0, 0, 255, 0, 255, 0])]))])),
        &["tls.rule-name-constraint-malformed"],
    );
    with(|s| s.with(NAMES, true, seq(&[der(0xa0, &seq(&[der(0x87, &[8, 0, 0, 0, 255, 0, 0, 0])]))])), &[]);
    // the key identifiers of a chain fit
    let leaf = sound().done();
    let other = authority().with(SKI, false, der(0x04, &[2; 20])).done();
    let found = lint(&[&leaf, &other], NOW.parse().unwrap(), false);
    assert_eq!(broken(&found), BTreeSet::from(["tls.rule-aki-not-the-issuers"]));
}

#[test]
fn a_private_authority_is_not_bound_by_the_requirements_for_public_ones() {
    let leaf = sound().without(AIA).without(POLICIES).without(POINTS).with(
        SAN,
        false,
        sans(&[(2, b"mail.corp.local"), (2, b"mail"), (7, &[10, 0, 0, 1]), (6, b"https://mail.corp.local/")]),
    );
    let path: [&[u8]; 2] = [&leaf.done(), &authority().without(AIA).without(POLICIES).without(POINTS).done()];
    assert_eq!(broken(&lint(&path, NOW.parse().unwrap(), false)), BTreeSet::new());
    assert!(broken(&lint(&path, NOW.parse().unwrap(), true)).len() > 3);
    assert!(!ends_at_public_root(&path));
}

#[test]
fn a_rule_counts_from_its_day_on_and_a_made_up_day_counts_as_today() {
    let issued = |from: &str, at: &str| {
        let spec = Spec { from: utc(from), ..sound().with(SAN, false, sans(&[(2, HOST), (2, b"a_b.example.com")])) };
        broken(&lint(&[&spec.done()], at.parse().unwrap(), true))
    };
    assert!(issued("190401000000Z", NOW).contains("tls.rule-underscore"));
    assert!(!issued("190331235959Z", NOW).contains("tls.rule-underscore"));
    // 1970 is what tools write that know no date
    assert!(issued("700101000000Z", NOW).contains("tls.rule-underscore"));
    assert!(!issued("700101000000Z", "2018-01-01T00:00:00Z").contains("tls.rule-underscore"));
    // limits on the lifetime go by the day of issue alone
    assert!(!issued("700101000000Z", NOW).iter().any(|rule| rule.contains("lifetime")));
}

fn crl(extensions: &[Vec<u8>]) -> Vec<u8> {
    let algorithm = seq(&[oid(ECDSA_SHA256)]);
    let list = if extensions.is_empty() { Vec::new() } else { der(0xa0, &seq(extensions)) };
    let name = authority().subject;
    let tbs = seq(&[der(0x02, &[1]), algorithm.clone(), name, utc("261101000000Z"), utc("261108000000Z"), list]);
    seq(&[tbs, algorithm, der(0x03, &[0; 71])])
}

#[test]
fn rfc5280_5_2_3_a_revocation_list_has_a_number_that_is_not_critical() {
    let aki = extension(AKI, false, &seq(&[der(0x80, &[1; 20])]));
    let number = |critical| extension("2.5.29.20", critical, &der(0x02, &[1]));
    assert_eq!(broken(&lint_crl(&crl(&[aki.clone(), number(false)]))), BTreeSet::new());
    assert_eq!(broken(&lint_crl(&crl(&[aki.clone(), number(true)]))), BTreeSet::from(["tls.rule-crl-number-critical"]));
    assert_eq!(broken(&lint_crl(&crl(&[aki]))), BTreeSet::from(["tls.rule-crl-number-missing"]));
    assert_eq!(broken(&lint_crl(b"nonsense")), BTreeSet::from(["tls.rule-crl-unreadable"]));
    let (list, leaf) = (crl(&[]), sound().done());
    let may_not = authority().with(KEY_USAGE, true, vec![3, 2, 2, 4]).done();
    let found = lint_crl_issuer(&list, &[&leaf, &may_not]);
    assert_eq!((broken(&found), found[0].index), (BTreeSet::from(["tls.rule-crl-issuer-may-not-sign"]), 1));
    assert!(lint_crl_issuer(&list, &[&leaf, &authority().done()]).is_empty());
}

#[test]
fn hostile_certificates_end_in_time_and_never_panic() {
    let started = Instant::now();
    let names: Vec<String> = (0..10_000).map(|i| format!("host-{i}.example.com")).collect();
    let names: Vec<(u8, &[u8])> = names.iter().map(|name| (2, name.as_bytes())).collect();
    let many = sound().with(SAN, false, sans(&names)).done();
    lint(&[&many], NOW.parse().unwrap(), true);
    let large = sound().with(POLICIES, false, vec![0x30; 65_536]).with(AIA, false, vec![0; 65_536]).done();
    lint(&[&large], NOW.parse().unwrap(), true);
    let attributes: Vec<Vec<u8>> = (0..5_000).map(|_| attribute(CN, 0x0c, b"mail")).collect();
    let wordy = Spec { subject: seq(&attributes), ..sound().with(SAN, false, sans(&names)) }.done();
    lint(&[&wordy], NOW.parse().unwrap(), true);
    let one = sound().done();
    lint(&vec![one.as_slice(); 500], NOW.parse().unwrap(), true);
    // without optimisation it takes several times as long as users see
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    let at: Option<Timestamp> = Some(NOW.parse().unwrap());
    for length in 0..one.len() {
        lint_one(&one[..length], at);
    }
    for place in 0..one.len() {
        for value in [0, 1, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut bent = one.clone();
            bent[place] = value;
            lint_one(&bent, at);
        }
    }
    let list = crl(&[extension("2.5.29.20", false, &der(0x02, &[1]))]);
    for place in 0..list.len() {
        let mut bent = list.clone();
        bent[place] ^= 0x55;
        lint_crl(&bent);
        lint_crl(&list[..place]);
    }
}

#[test]
fn a_root_that_mozilla_has_taken_in_is_public_and_its_namesake_is_not() {
    let root = &webpki_roots::TLS_SERVER_ROOTS[0];
    let name = der(0x30, root.subject.as_ref());
    let ours = Spec { subject: name.clone(), issuer: name, ..authority() };
    let theirs = Spec { spki: der(0x30, root.subject_public_key_info.as_ref()), ..ours.clone() };
    assert!(ends_at_public_root(&[&sound().done(), &theirs.done()]));
    assert!(!ends_at_public_root(&[&sound().done(), &ours.done()]));
    assert!(!ends_at_public_root(&[]));
}
