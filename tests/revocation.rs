//! Is what authorities say about certificates read by the rules, and is each fault named by its
//! code? Every case signs its own lists and answers; `EXDIAG_BLESS=1 cargo test --test revocation`
//! records those that `fixtures/evidence` does not hold yet.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::{
    Anchor, CrlCut, CrlSeen, DnsAnswer, DnsSeen, Evidence, Handshake, Header, HeldBack, Missing, NoAnswer, OcspSeen,
    Probe, Record, RecordData, RecordType, ResourceRecord, Seen, Subject, TlsOutcome, TlsSeen, View,
};
use exdiag::finding::{Finding, Lang, Outcome, Severity, Status};
use exdiag::protocol::revocation::{Authority, Judged, Standing, Why, by_crl, by_crl_of, by_ocsp, crl, ocsp_request};
use exdiag::protocol::x509::{Certificate, Signature, content};
use exdiag::runner;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, SigningKey as _, date_time_ymd,
};
use ring::digest;
use std::path::Path;
use std::time::{Duration, Instant};

const HOST: &str = "mail.corp.example";
const NOW: &str = "2026-11-22T20:00:00Z";
const LIST: &str = "http://crl.example/r11.crl";
const ROOT_LIST: &str = "http://crl.example/x1.crl";
const RESPONDER: &str = "http://ocsp.example/";
const DAY: Duration = Duration::from_secs(86_400);

const NAME_HASH_SHA1: &[u8] = &[0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00];
const NAME_HASH_SHA256: &[u8] = &[0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
const BASIC: &[u8] = &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];
const GOOD: &[u8] = &[0x80, 0x00];
const UNHEARD: &[u8] = &[0x82, 0x00];
const TIMESTAMPS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x05];
const UNKNOWN_OID: &[u8] = &[0x2a, 0x03, 0x04];

/// One element of DER.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = match length {
        0..0x80 => vec![tag, u8::try_from(length).unwrap()],
        0x80..0x100 => vec![tag, 0x81, u8::try_from(length).unwrap()],
        0x100..0x1_0000 => [&[tag, 0x82][..], &u16::try_from(length).unwrap().to_be_bytes()].concat(),
        _ => [&[tag, 0x83][..], &u32::try_from(length).unwrap().to_be_bytes()[1..]].concat(),
    };
    out.extend_from_slice(content);
    out
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { tlv(0x01, &[0xff]) } else { Vec::new() };
    tlv(0x30, &[tlv(0x06, oid), critical, tlv(0x04, value)].concat())
}

/// A GeneralizedTime, from `2026-11-22`.
fn at(day: &str) -> Vec<u8> {
    tlv(0x18, format!("{}000000Z", day.replace('-', "")).as_bytes())
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A certificate with the key that belongs to it.
struct Made {
    der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

impl Made {
    fn facts(&self) -> Certificate {
        Certificate::read(&self.der)
    }

    fn serial(&self) -> Vec<u8> {
        let tbs = content(content(&self.der));
        // behind the version
        let serial = &tbs[5..];
        serial[2..2 + usize::from(serial[1])].to_vec()
    }
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Example Trust");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn lists(params: &mut CertificateParams, urls: &[&str]) {
    let point = |url: &&str| CrlDistributionPoint { uris: vec![(*url).to_owned()] };
    params.crl_distribution_points = urls.iter().map(point).collect();
}

/// A leaf of 90 days.
fn server() -> CertificateParams {
    let mut params = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, HOST);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.not_before = date_time_ymd(2026, 11, 4);
    params.not_after = date_time_ymd(2027, 2, 2);
    lists(&mut params, &[LIST]);
    params
}

fn responder_at(url: &str) -> CustomExtension {
    let method = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];
    let access = tlv(0x30, &[&method[..], &tlv(0x86, url.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], tlv(0x30, &access))
}

fn must_staple() -> CustomExtension {
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 0x03, 0x02, 0x01, 0x05])
}

/// The policy "domain validated" of the Baseline Requirements.
fn public_policy() -> CustomExtension {
    let policy = tlv(0x30, &tlv(0x06, &[0x67, 0x81, 0x0c, 0x01, 0x02, 0x01]));
    CustomExtension::from_oid_content(&[2, 5, 29, 32], tlv(0x30, &policy))
}

/// Timestamps of the logs with these numbers, as RFC 6962, 3.3 lists them.
fn timestamp_list(logs: &[u8]) -> Vec<u8> {
    let vector = |bytes: &[u8]| [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
    let one = |log: &u8| vector(&[&[0][..], &[*log; 32], &[0; 8], &[0, 0], &[4, 3, 0, 1, 9]].concat());
    tlv(0x04, &vector(&logs.iter().flat_map(one).collect::<Vec<_>>()))
}

fn root(params: CertificateParams) -> Made {
    let key = KeyPair::generate().unwrap();
    let der = params.self_signed(&key).unwrap().der().to_vec();
    Made { der, params, key }
}

fn signed(params: CertificateParams, by: &Made) -> Made {
    let key = KeyPair::generate().unwrap();
    let issuer = Issuer::from_params(&by.params, &by.key);
    let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
    Made { der, params, key }
}

struct Pki {
    root: Made,
    inter: Made,
    leaf: Made,
}

fn pki_with(change: impl Fn(&mut CertificateParams)) -> Pki {
    let root = root(authority("Example Root X1"));
    let mut params = authority("R11");
    lists(&mut params, &[ROOT_LIST]);
    let inter = signed(params, &root);
    let mut params = server();
    change(&mut params);
    let leaf = signed(params, &inter);
    Pki { root, inter, leaf }
}

fn pki() -> Pki {
    pki_with(|_| {})
}

/// A CRL under construction.
struct List<'a> {
    by: &'a Made,
    key: &'a KeyPair,
    version: Option<u8>,
    this_update: &'a str,
    next_update: Option<&'a str>,
    entries: Vec<Vec<u8>>,
    extensions: Vec<Vec<u8>>,
}

impl<'a> List<'a> {
    fn of(by: &'a Made) -> Self {
        Self {
            by,
            key: &by.key,
            version: Some(1),
            this_update: "2026-11-22",
            next_update: Some("2026-11-29"),
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    fn entry(mut self, serial: &[u8], reason: Option<u8>) -> Self {
        let reason = reason.map(|reason| tlv(0x30, &extension(&[0x55, 0x1d, 0x15], false, &tlv(0x0a, &[reason]))));
        self.entries.push(tlv(0x30, &[tlv(0x02, serial), at("2026-11-20"), reason.unwrap_or_default()].concat()));
        self
    }

    fn extension(mut self, oid: &[u8], critical: bool, value: &[u8]) -> Self {
        self.extensions.push(extension(oid, critical, value));
        self
    }

    /// With an issuingDistributionPoint of these parts.
    fn scope(self, parts: &[u8]) -> Self {
        self.extension(&[0x55, 0x1d, 0x1c], true, &tlv(0x30, parts))
    }

    fn der(&self) -> Vec<u8> {
        let list = |tag: u8, all: &[Vec<u8>]| {
            if all.is_empty() { Vec::new() } else { tlv(tag, &all.concat()) }
        };
        let extensions = list(0x30, &self.extensions);
        let tbs = tlv(
            0x30,
            &[
                self.version.map(|version| tlv(0x02, &[version])).unwrap_or_default(),
                ECDSA_SHA256.to_vec(),
                self.by.facts().subject.der,
                at(self.this_update),
                self.next_update.map(at).unwrap_or_default(),
                list(0x30, &self.entries),
                if extensions.is_empty() { extensions } else { tlv(0xa0, &extensions) },
            ]
            .concat(),
        );
        sealed(&tbs, self.key, &[])
    }
}

fn sealed(tbs: &[u8], key: &KeyPair, more: &[u8]) -> Vec<u8> {
    let signature = tlv(0x03, &[&[0], key.sign(tbs).unwrap().as_slice()].concat());
    tlv(0x30, &[tbs, ECDSA_SHA256, &signature, more].concat())
}

fn sha(algorithm: &'static digest::Algorithm, bytes: &[u8]) -> Vec<u8> {
    digest::digest(algorithm, bytes).as_ref().to_vec()
}

/// A CertID with hashes of this algorithm.
fn certificate_id(leaf: &Made, issuer: &Made, sha256: bool) -> Vec<u8> {
    let (name, algorithm) =
        if sha256 { (NAME_HASH_SHA256, &digest::SHA256) } else { (NAME_HASH_SHA1, &digest::SHA1_FOR_LEGACY_USE_ONLY) };
    let issuer = issuer.facts();
    let key = Authority::from(&issuer).key().unwrap().to_vec();
    let hashes = [sha(algorithm, &issuer.subject.der), sha(algorithm, &key)];
    let parts = [name.to_vec(), tlv(0x04, &hashes[0]), tlv(0x04, &hashes[1]), tlv(0x02, &leaf.serial())];
    tlv(0x30, &parts.concat())
}

fn single(id: &[u8], status: &[u8], this_update: &str, next_update: Option<&str>, more: &[u8]) -> Vec<u8> {
    let next = next_update.map(|next| tlv(0xa0, &at(next))).unwrap_or_default();
    tlv(0x30, &[id, status, &at(this_update), &next, more].concat())
}

fn revoked(reason: u8) -> Vec<u8> {
    tlv(0xa1, &[at("2026-11-20"), tlv(0xa0, &tlv(0x0a, &[reason]))].concat())
}

/// An OCSP response under construction.
struct Answer<'a> {
    by: &'a Made,
    by_key: bool,
    certificates: Vec<&'a Made>,
    singles: Vec<Vec<u8>>,
    more: Vec<u8>,
    produced: &'a str,
}

impl<'a> Answer<'a> {
    fn of(by: &'a Made, singles: &[Vec<u8>]) -> Self {
        let singles = singles.to_vec();
        Self { by, by_key: true, certificates: Vec::new(), singles, more: Vec::new(), produced: "2026-11-22" }
    }

    fn der(&self) -> Vec<u8> {
        let facts = self.by.facts();
        let responder = if self.by_key {
            let key = Authority::from(&facts).key().unwrap().to_vec();
            tlv(0xa2, &tlv(0x04, &sha(&digest::SHA1_FOR_LEGACY_USE_ONLY, &key)))
        } else {
            tlv(0xa1, &facts.subject.der)
        };
        let data = [responder, at(self.produced), tlv(0x30, &self.singles.concat()), self.more.clone()];
        let certificates: Vec<u8> = self.certificates.iter().flat_map(|made| made.der.clone()).collect();
        let certificates = if certificates.is_empty() { Vec::new() } else { tlv(0xa0, &tlv(0x30, &certificates)) };
        let basic = sealed(&tlv(0x30, &data.concat()), &self.by.key, &certificates);
        let bytes = tlv(0x30, &[BASIC, &tlv(0x04, &basic)].concat());
        tlv(0x30, &[tlv(0x0a, &[0]), tlv(0xa0, &bytes)].concat())
    }
}

/// A good answer of today about the leaf.
fn good(p: &Pki) -> Vec<u8> {
    let id = certificate_id(&p.leaf, &p.inter, false);
    Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", Some("2026-11-29"), &[])]).der()
}

fn ask(p: &Pki, response: &[u8]) -> Judged {
    by_ocsp(response, &p.leaf.facts(), &p.inter.facts(), now(), None)
}

fn look(p: &Pki, list: &[u8]) -> Standing {
    by_crl(list, &p.leaf.facts(), &p.inter.facts(), now(), None).standing
}

fn why(standing: &Standing) -> &'static str {
    match standing {
        Standing::Unknown { why } => why.id(),
        Standing::Good => "good",
        Standing::Revoked { reason, .. } => reason.map_or("revoked", exdiag::protocol::revocation::Reason::name),
    }
}

#[test]
fn rfc6960_4_1_1_the_certificate_is_found_by_hashes_of_name_and_key_and_its_number() {
    let p = pki();
    for sha256 in [false, true] {
        let id = certificate_id(&p.leaf, &p.inter, sha256);
        let response = Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", None, &[])]).der();
        let judged = ask(&p, &response);
        assert_eq!((judged.standing, judged.signer), (Standing::Good, None), "{sha256}");
        assert_eq!(judged.this_update.unwrap().to_string(), "2026-11-22T00:00:00Z");
    }
    for other in [certificate_id(&p.inter, &p.inter, false), certificate_id(&p.leaf, &p.root, true)] {
        let response = Answer::of(&p.inter, &[single(&other, GOOD, "2026-11-22", None, &[])]).der();
        assert_eq!(why(&ask(&p, &response).standing), "other-certificate");
    }
    assert_eq!(why(&ask(&p, &Answer::of(&p.inter, &[]).der()).standing), "other-certificate");
}

#[test]
fn rfc6960_4_1_1_the_question_holds_the_identity_that_the_answer_must_have() {
    let p = pki();
    let request = ocsp_request(&p.leaf.facts(), &p.inter.facts());
    let inner = content(content(content(content(&request))));
    assert_eq!(inner, certificate_id(&p.leaf, &p.inter, false));
}

#[test]
fn rfc6960_4_2_1_of_several_answers_the_strictest_counts() {
    let p = pki();
    let id = certificate_id(&p.leaf, &p.inter, false);
    let of = |all: &[&[u8]]| {
        let singles: Vec<Vec<u8>> = all.iter().map(|status| single(&id, status, "2026-11-22", None, &[])).collect();
        why(&ask(&p, &Answer::of(&p.inter, &singles).der()).standing)
    };
    assert_eq!(of(&[GOOD, &revoked(1), UNHEARD]), "keyCompromise");
    assert_eq!(of(&[GOOD, UNHEARD]), "unheard");
    assert_eq!(of(&[&revoked(7)]), "malformed");
    // what is over says nothing, not even something worse
    let singles = [
        single(&id, &revoked(1), "2026-10-01", Some("2026-10-08"), &[]),
        single(&id, GOOD, "2026-11-22", Some("2026-11-29"), &[]),
    ];
    assert_eq!(ask(&p, &Answer::of(&p.inter, &singles).der()).standing, Standing::Good);
}

#[test]
fn rfc6960_4_2_2_2_a_delegate_needs_the_purpose_and_the_issuers_own_signature() {
    let p = pki();
    let id = certificate_id(&p.leaf, &p.inter, false);
    let singles = [single(&id, GOOD, "2026-11-22", None, &[])];
    let of = |by: &Made, by_key: bool, with: Vec<&Made>| {
        ask(&p, &Answer { by_key, certificates: with, ..Answer::of(by, &singles) }.der())
    };
    let mut params = named("OCSP 1");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
    let delegate = signed(params.clone(), &p.inter);
    for by_key in [false, true] {
        let judged = of(&delegate, by_key, vec![&p.root, &delegate]);
        assert_eq!((judged.standing, judged.signer.as_deref()), (Standing::Good, Some("OCSP 1")));
    }
    assert_eq!(why(&of(&delegate, true, Vec::new()).standing), "not-authorized", "not sent");
    let of_another = signed(params.clone(), &p.root);
    assert_eq!(why(&of(&of_another, true, vec![&of_another]).standing), "not-authorized", "of another issuer");
    let without = signed(named("OCSP 2"), &p.inter);
    assert_eq!(why(&of(&without, true, vec![&without]).standing), "not-authorized", "without the purpose");
    params.not_after = date_time_ymd(2026, 11, 1);
    let over = signed(params, &p.inter);
    assert_eq!(why(&of(&over, true, vec![&over]).standing), "not-authorized", "over");
    let judged = of(&p.inter, false, Vec::new());
    assert_eq!((judged.standing, judged.signer), (Standing::Good, None), "the issuer by its name");
    // somebody else under the issuer's name
    let forger = Made { der: p.inter.der.clone(), params: p.inter.params.clone(), key: KeyPair::generate().unwrap() };
    assert_eq!(why(&of(&forger, false, Vec::new()).standing), "bad-signature");
}

#[test]
fn rfc6960_3_2_an_answer_must_be_of_its_time() {
    let p = pki();
    let id = certificate_id(&p.leaf, &p.inter, false);
    let of = |this: &str, next: Option<&str>, age: Option<Duration>| {
        let response = Answer::of(&p.inter, &[single(&id, GOOD, this, next, &[])]).der();
        why(&by_ocsp(&response, &p.leaf.facts(), &p.inter.facts(), now(), age).standing)
    };
    assert_eq!(of("2026-11-22", Some("2026-11-23"), None), "good");
    assert_eq!(of("2026-11-23", None, None), "not-yet");
    assert_eq!(of("2026-11-15", Some("2026-11-22"), None), "stale");
    assert_eq!(of("2026-11-15", None, None), "good");
    assert_eq!(of("2026-11-15", None, Some(7 * DAY)), "too-old");
    assert_eq!(of("2026-11-16", None, Some(7 * DAY)), "good");
    // before the certificate was
    let singles = [single(&id, GOOD, "2026-11-22", None, &[])];
    let early = Answer { produced: "2026-11-03", ..Answer::of(&p.inter, &singles) }.der();
    assert_eq!(why(&ask(&p, &early).standing), "out-of-time");
}

#[test]
fn rfc6960_4_4_an_unknown_critical_extension_spoils_the_answer() {
    let p = pki();
    let id = certificate_id(&p.leaf, &p.inter, false);
    let of_single = |oid: &[u8], critical: bool| {
        let more = tlv(0xa1, &tlv(0x30, &extension(oid, critical, &[5, 0])));
        let response = Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", None, &more)]).der();
        why(&ask(&p, &response).standing)
    };
    assert_eq!(of_single(UNKNOWN_OID, false), "good");
    assert_eq!(of_single(UNKNOWN_OID, true), "critical-extension");
    assert_eq!(of_single(TIMESTAMPS, true), "good");
    let singles = [single(&id, GOOD, "2026-11-22", None, &[])];
    let of_all = |critical: bool| {
        let more = tlv(0xa1, &tlv(0x30, &extension(UNKNOWN_OID, critical, &[5, 0])));
        ask(&p, &Answer { more, ..Answer::of(&p.inter, &singles) }.der()).standing
    };
    assert_eq!(of_all(false), Standing::Good);
    assert_eq!(of_all(true), Standing::Unknown { why: Why::CriticalExtension("1.2.3.4".to_owned()) });
}

#[test]
fn rfc6960_2_3_an_error_is_no_answer_and_an_unknown_type_neither() {
    let p = pki();
    let try_later = tlv(0x30, &tlv(0x0a, &[3]));
    assert_eq!(ask(&p, &try_later).standing, Standing::Unknown { why: Why::Refused(3) });
    let bytes = tlv(0x30, &[tlv(0x06, UNKNOWN_OID), tlv(0x04, &[5, 0])].concat());
    let other = tlv(0x30, &[tlv(0x0a, &[0]), tlv(0xa0, &bytes)].concat());
    assert_eq!(why(&ask(&p, &other).standing), "other-type");
    for junk in [&b"<html>"[..], b"", &[0x30, 0x80, 0, 0]] {
        assert_eq!(why(&ask(&p, junk).standing), "malformed");
    }
}

#[test]
fn rfc5280_6_3_3_a_list_takes_back_what_it_names() {
    let p = pki();
    assert_eq!(look(&p, &List::of(&p.inter).der()), Standing::Good);
    assert_eq!(look(&p, &List { version: None, ..List::of(&p.inter) }.der()), Standing::Good, "version 1");
    let list = List::of(&p.inter).entry(&[9], None).entry(&p.leaf.serial(), Some(4));
    let list = list.extension(&[0x55, 0x1d, 0x14], false, &tlv(0x02, &[0x01, 0x02])).der();
    let judged = by_crl(&list, &p.leaf.facts(), &p.inter.facts(), now(), None);
    assert_eq!(why(&judged.standing), "superseded");
    assert_eq!((judged.number.as_deref(), judged.entries), (Some("0102"), Some(2)));
    assert!(matches!(judged.standing, Standing::Revoked { at, .. } if at.to_string() == "2026-11-20T00:00:00Z"));
    assert_eq!(why(&look(&p, &List::of(&p.inter).entry(&p.leaf.serial(), None).der())), "revoked");
    // 5.3.1: said of a list of changes, it means the opposite
    assert_eq!(look(&p, &List::of(&p.inter).entry(&p.leaf.serial(), Some(8)).der()), Standing::Good);
    assert_eq!(why(&look(&p, &List::of(&p.inter).entry(&p.leaf.serial(), Some(7)).der())), "malformed");
}

#[test]
fn rfc5280_6_3_3_f_and_g_only_the_issuer_may_sign_the_list() {
    let p = pki();
    assert_eq!(why(&look(&p, &List::of(&p.root).der())), "other-issuer");
    assert_eq!(why(&look(&p, &List { key: &p.root.key, ..List::of(&p.inter) }.der())), "bad-signature");
    let mut params = authority("R11");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let inter = signed(params, &p.root);
    let leaf = signed(server(), &inter);
    let p = Pki { root: p.root, inter, leaf };
    assert_eq!(why(&look(&p, &List::of(&p.inter).der())), "may-not-sign");
    // the same authority after a change of its key
    let next = Made { der: Vec::new(), params: p.root.params.clone(), key: KeyPair::generate().unwrap() };
    let der = next.params.self_signed(&next.key).unwrap().der().to_vec();
    let next = Made { der, ..next };
    let (old, new, inter) = (p.root.facts(), next.facts(), p.inter.facts());
    let list = List::of(&next).der();
    assert_eq!(why(&by_crl(&list, &inter, &old, now(), None).standing), "bad-signature");
    assert_eq!(by_crl_of(&list, &inter, &[(&old).into(), (&new).into()], now(), None).standing, Standing::Good);
}

#[test]
fn rfc5280_5_1_2_a_list_must_be_of_its_time() {
    let p = pki();
    let of = |this_update: &'static str, next_update: Option<&'static str>, age: Option<Duration>| {
        let list = List { this_update, next_update, ..List::of(&p.inter) }.der();
        why(&by_crl(&list, &p.leaf.facts(), &p.inter.facts(), now(), age).standing)
    };
    assert_eq!(of("2026-11-23", None, None), "not-yet");
    assert_eq!(of("2026-11-10", Some("2026-11-20"), None), "stale");
    assert_eq!(of("2026-11-10", Some("2026-12-20"), None), "good");
    assert_eq!(of("2026-11-10", Some("2026-12-20"), Some(7 * DAY)), "too-old");
}

#[test]
fn rfc5280_5_2_5_a_list_is_only_for_what_its_scope_says() {
    let p = pki();
    let uri = |url: &str| tlv(0xa0, &tlv(0xa0, &tlv(0x86, url.as_bytes())));
    let flag = |number: u8| tlv(0x80 | number, &[0xff]);
    let of = |parts: &[Vec<u8>]| look(&p, &List::of(&p.inter).scope(&parts.concat()).der());
    assert_eq!(of(&[uri(LIST)]), Standing::Good);
    assert_eq!(of(&[uri(LIST), flag(1)]), Standing::Good);
    assert_eq!(of(&[uri(ROOT_LIST)]), Standing::Unknown { why: Why::OutOfScope("distributionPoint") });
    assert_eq!(of(&[flag(2)]), Standing::Unknown { why: Why::OutOfScope("onlyContainsCACerts") });
    assert_eq!(of(&[flag(5)]), Standing::Unknown { why: Why::OutOfScope("onlyContainsAttributeCerts") });
    assert_eq!(why(&of(&[flag(4)])), "indirect");
    assert_eq!(why(&of(&[tlv(0x83, &[0x06, 0x40])])), "some-reasons");
    assert_eq!(why(&of(&[])), "malformed", "an empty one");
    assert_eq!(why(&of(&[flag(1), flag(2)])), "malformed", "two kinds");
    let some = List::of(&p.inter).entry(&p.leaf.serial(), Some(1)).scope(&tlv(0x83, &[0x06, 0x40])).der();
    assert_eq!(why(&look(&p, &some)), "keyCompromise");
    let of_inter = |parts: &[u8]| {
        let list = List::of(&p.root).scope(parts).der();
        why(&by_crl(&list, &p.inter.facts(), &p.root.facts(), now(), None).standing)
    };
    assert_eq!((of_inter(&flag(2)), of_inter(&flag(1))), ("good", "out-of-scope"));
}

#[test]
fn rfc5280_5_2_4_a_list_of_changes_alone_says_nothing() {
    let p = pki();
    let list = List::of(&p.inter).extension(&[0x55, 0x1d, 0x1b], true, &tlv(0x02, &[1])).der();
    assert_eq!(look(&p, &list), Standing::Unknown { why: Why::Delta });
}

#[test]
fn rfc5280_5_2_and_5_3_an_unknown_critical_extension_spoils_the_whole_list() {
    let p = pki();
    let of = |critical: bool| why(&look(&p, &List::of(&p.inter).extension(UNKNOWN_OID, critical, &[5, 0]).der()));
    assert_eq!((of(false), of(true)), ("good", "critical-extension"));
    let entry = |oid: &[u8], critical: bool| {
        let more = tlv(0x30, &extension(oid, critical, &[0x30, 0]));
        let mut list = List::of(&p.inter);
        list.entries.push(tlv(0x30, &[tlv(0x02, &[9]), at("2026-11-20"), more].concat()));
        why(&look(&p, &list.der()))
    };
    assert_eq!(entry(UNKNOWN_OID, false), "good");
    assert_eq!(entry(UNKNOWN_OID, true), "critical-extension");
    assert_eq!(entry(&[0x55, 0x1d, 0x1d], true), "indirect");
}

#[test]
fn rfc5280_5_1_a_list_is_well_formed_to_its_last_byte() {
    let p = pki();
    let whole = List::of(&p.inter).entry(&[9], Some(1)).der();
    assert_eq!(look(&p, &whole), Standing::Good);
    assert_eq!(why(&look(&p, &[&whole[..], &[0]].concat())), "malformed");
    assert_eq!(why(&look(&p, &List { version: Some(2), ..List::of(&p.inter) }.der())), "malformed", "version 3");
    let first = List { version: None, ..List::of(&p.inter).entry(&[9], Some(1)) }.der();
    assert_eq!(why(&look(&p, &first)), "malformed", "an extension in version 1");
    let mut garbage = List::of(&p.inter);
    garbage.entries.push(vec![0x30, 0x01, 0x02]);
    assert_eq!(why(&look(&p, &garbage.der())), "malformed");
    for length in 0..whole.len() {
        assert_eq!(why(&look(&p, &whole[..length])), "malformed", "cut after {length}");
    }
}

#[test]
fn every_changed_byte_ends_in_a_verdict_and_never_takes_back_what_is_good() {
    let p = pki();
    let (list, response) = (List::of(&p.inter).entry(&[9], Some(1)).der(), good(&p));
    for (i, bytes) in [&list, &response].into_iter().enumerate() {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 0x81;
            let standing = if i == 0 { look(&p, &changed) } else { ask(&p, &changed).standing };
            assert!(!matches!(standing, Standing::Revoked { .. }), "{i}: byte {at}");
        }
    }
}

#[test]
fn a_list_of_a_hundred_thousand_entries_and_a_flood_of_answers_end_soon() {
    let p = pki();
    let mut list = List::of(&p.inter);
    let entry = |number: u32| tlv(0x30, &[tlv(0x02, &number.to_be_bytes()), at("2026-11-20")].concat());
    list.entries = (1..=100_000).map(entry).collect();
    let whole = list.der();
    let id = certificate_id(&p.inter, &p.inter, false);
    let flood: Vec<Vec<u8>> = (0..500).map(|_| single(&id, GOOD, "2026-11-22", None, &[])).collect();
    let flood = Answer { certificates: vec![&p.root; 100], ..Answer::of(&p.inter, &flood) }.der();
    let started = Instant::now();
    assert_eq!(look(&p, &whole), Standing::Good);
    assert_eq!(why(&ask(&p, &flood).standing), "other-certificate");
    // a build without optimisation takes ten times as long as one with
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());

    let serial = crl::serial(&p.leaf.facts());
    let (kept, entries) = crl::reduced(&whole, &serial).unwrap();
    assert!(kept.len() < 1000 && entries == 100_000);
    let inter = p.inter.facts();
    let of = |list: &[u8], signature: Signature| {
        why(&crl::by_reduced_crl(list, signature, &p.leaf.facts(), &[(&inter).into()], now()).standing)
    };
    assert_eq!(of(&kept, crl::signature(&whole, &inter.spki)), "good");
    assert_eq!(of(&kept, Signature::Bad), "bad-signature");
    list.entries.push(tlv(0x30, &[tlv(0x02, &p.leaf.serial()), at("2026-11-20")].concat()));
    let (kept, _) = crl::reduced(&list.der(), &serial).unwrap();
    assert_eq!(of(&kept, Signature::Good), "revoked");
}

// The check.

/// Evidence under construction.
struct Scene {
    evidence: Evidence,
    store: &'static str,
}

fn base64(der: &[u8]) -> String {
    STANDARD.encode(der)
}

impl Scene {
    fn new(p: &Pki) -> Self {
        Self::sends(&[&p.leaf, &p.inter], None).trusts(&p.root)
    }

    fn sends(chain: &[&Made], staple: Option<&[u8]>) -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some(HOST.parse().unwrap());
        subject.selected = vec!["revocation".to_owned()];
        let header = Header {
            started_at: now(),
            subject,
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        let mut scene = Self { evidence: Evidence::new(header), store: "system" };
        let handshake = Handshake {
            version: "TLS 1.3".to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            alpn: None,
            group: None,
        };
        let seen = TlsSeen {
            outcome: TlsOutcome::Handshake(handshake),
            chain: chain.iter().map(|made| base64(&made.der)).collect(),
            ocsp: staple.map(base64),
            client_certificate_requested: false,
            connect_ms: Some(10),
            handshake_ms: Some(20),
        };
        scene.put(Probe::tls("203.0.113.7".parse().unwrap(), 443, HOST), Seen::Tls(seen));
        scene
    }

    fn put(&mut self, probe: Probe, seen: Seen) {
        self.evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 30, after: None });
    }

    fn store(mut self, store: &'static str) -> Self {
        self.store = store;
        self
    }

    fn trusts(mut self, root: &Made) -> Self {
        let facts = root.facts();
        let anchor = Anchor {
            store: self.store.to_owned(),
            subject: facts.subject.base64(),
            spki: base64(&facts.spki),
            name_constraints: None,
            certificate: Some(base64(&root.der)),
        };
        self.put(Probe::Anchors { subject: anchor.subject.clone() }, Seen::Anchors { found: vec![anchor] });
        self
    }

    /// Answers whatever is still asked for: OCSP and lists by these, the rest as any run would.
    fn done(mut self, answer: impl Fn(&Probe) -> Option<Seen>) -> Evidence {
        loop {
            let view = View::new(&self.evidence);
            let _ = exdiag::checks::revocation::check(&view);
            let wanted = view.wanted();
            if wanted.is_empty() {
                return self.evidence;
            }
            for probe in wanted {
                let seen = match &probe {
                    Probe::Dns { name, rtype } => {
                        let address = ResourceRecord {
                            name: name.clone(),
                            ttl: 300,
                            data: RecordData::Address { address: "203.0.113.7".parse().unwrap() },
                        };
                        let answer = DnsAnswer {
                            server: "192.0.2.53:53".to_owned(),
                            transport: "udp".to_owned(),
                            rcode: "NOERROR".to_owned(),
                            authoritative: false,
                            authentic: false,
                            answers: if *rtype == RecordType::A { vec![address] } else { Vec::new() },
                            authority: Vec::new(),
                            extended_errors: Vec::new(),
                        };
                        Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() })
                    }
                    Probe::Anchors { .. } => Seen::Anchors { found: Vec::new() },
                    other => answer(other).unwrap_or_else(|| panic!("nobody planned {other}")),
                };
                self.put(probe, seen);
            }
        }
    }
}

fn list_seen(list: &[u8]) -> Seen {
    Seen::Crl(CrlSeen { crl: Some(base64(list)), cut: None, status: Some(200), failure: None, missing: None })
}

fn ocsp_seen(response: &[u8]) -> Seen {
    let response = Some(base64(response));
    Seen::Ocsp(OcspSeen { response, status: Some(200), failure: None, missing: None })
}

fn gone(missing: Missing, failure: &str) -> Seen {
    let (failure, missing) = (Some(failure.to_owned()), Some(missing));
    Seen::Crl(CrlSeen { crl: None, cut: None, status: None, failure, missing })
}

/// What healthy authorities publish.
fn published(p: &Pki) -> impl Fn(&Probe) -> Option<Seen> {
    move |probe| match probe {
        Probe::Crl { url, .. } if url == LIST => Some(list_seen(&List::of(&p.inter).der())),
        Probe::Crl { url, .. } if url == ROOT_LIST => Some(list_seen(&List::of(&p.root).der())),
        Probe::Ocsp { .. } => Some(ocsp_seen(&good(p))),
        _ => None,
    }
}

/// The same with another answer for the leaf's list.
fn but_the_list(p: &Pki, seen: Seen) -> impl Fn(&Probe) -> Option<Seen> {
    move |probe| match probe {
        Probe::Crl { url, .. } if url == LIST => Some(seen.clone()),
        other => published(p)(other),
    }
}

fn judge(evidence: &Evidence) -> Outcome {
    let (finished, _) = runner::judge(exdiag::checks::ALL, evidence.clone());
    finished.checks.into_iter().find(|judged| judged.id == "revocation").unwrap().outcome
}

fn note(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Checked { note, .. } => note.say(Lang::En),
        Outcome::Inconclusive { reason, .. } | Outcome::Skipped { reason, .. } => reason.say(Lang::En),
        Outcome::Broke { message } => panic!("{message}"),
    }
}

/// Holds the case to its codes, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) -> (String, Vec<Finding>) {
    let outcome = judge(evidence);
    let codes: Vec<_> = outcome.findings().iter().map(|f| (f.code.id, f.severity)).collect();
    assert_eq!(codes, expected, "{case}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/revocation-{case}.json"));
    if std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1") && !path.exists() {
        std::fs::write(path, format!("{}\n", serde_json::to_string_pretty(evidence).unwrap())).unwrap();
    }
    (note(&outcome), outcome.findings().to_vec())
}

const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;

#[test]
fn healthy_certificates_are_silent_by_list_by_ocsp_and_by_staple() {
    let p = pki();
    let (line, _) = expect("healthy-list", &Scene::new(&p).done(published(&p)), &[]);
    assert_eq!(line, "not revoked (CRL of 2026-11-22)");
    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let (line, _) = expect("healthy-ocsp", &Scene::new(&p).done(published(&p)), &[]);
    assert_eq!(line, "not revoked (OCSP of 2026-11-22)");
    let p = pki_with(|params| params.custom_extensions = vec![responder_at(RESPONDER), must_staple()]);
    let evidence = Scene::sends(&[&p.leaf, &p.inter], Some(&good(&p))).trusts(&p.root).done(published(&p));
    let (line, _) = expect("healthy-stapled", &evidence, &[]);
    assert_eq!(line, "not revoked (OCSP (stapled) of 2026-11-22)");
    assert!(!evidence.records.keys().any(|probe| matches!(probe, Probe::Ocsp { .. })), "nobody needs to ask");
}

#[test]
fn br_7_1_2_11_2_a_short_lived_certificate_names_nobody_to_ask_and_others_get_a_word() {
    let of = |days: u8| {
        pki_with(|params| {
            params.crl_distribution_points.clear();
            params.not_before = date_time_ymd(2026, 11, 20);
            params.not_after = date_time_ymd(2026, 11, 20 + days);
        })
    };
    let p = of(6);
    expect("healthy-short-lived", &Scene::new(&p).done(published(&p)), &[]);
    let p = of(8);
    let (line, found) =
        expect("no-pointer", &Scene::new(&p).done(published(&p)), &[("tls.no-revocation-pointer", INFO)]);
    assert_eq!(found[0].data["index"], 0);
    assert!(line.contains("allowed"), "{line}");
    // of an authority that the user gave, nobody expects one
    let evidence = Scene::sends(&[&p.leaf, &p.inter], None).store("cacert").trusts(&p.root).done(published(&p));
    expect("healthy-private-no-pointer", &evidence, &[]);
}

#[test]
fn a_private_authority_whose_list_only_its_own_network_reaches_is_no_fault() {
    let ldap = "ldap:///CN=CORP-DC01-CA,CN=CDP?certificateRevocationList";
    let inside = "http://pki.corp.local/r11.crl";
    let p = pki_with(|params| lists(params, &[ldap, inside]));
    let answer = |seen: Seen| {
        let p = &p;
        move |probe: &Probe| match probe {
            Probe::Crl { url, .. } if url == inside => Some(seen.clone()),
            other => published(p)(other),
        }
    };
    let of = |store: &'static str| Scene::sends(&[&p.leaf, &p.inter], None).store(store).trusts(&p.root);
    let no_address = || gone(Missing::NoAddress, "find an address of pki.corp.local");
    let evidence = of("cacert").done(answer(no_address()));
    let (line, _) = expect("healthy-private-inside", &evidence, &[]);
    assert!(line.contains("inside the company's network"), "{line}");
    let held = Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::PrivateAddress });
    expect("healthy-private-address", &of("cacert").done(answer(held)), &[]);
    // a public one has to be reachable for everybody
    let (_, found) =
        expect("unreachable-inside", &of("system").done(answer(no_address())), &[("tls.revocation-unreachable", WARN)]);
    assert_eq!(found[0].data["addresses"], serde_json::json!([ldap, inside]));
}

#[test]
fn a_revoked_certificate_is_named_with_index_reason_and_date() {
    let p = pki();
    let list = List::of(&p.inter).entry(&p.leaf.serial(), Some(1)).der();
    let evidence = Scene::new(&p).done(but_the_list(&p, list_seen(&list)));
    let (line, found) = expect("revoked", &evidence, &[("tls.revoked", FAIL)]);
    let data = &found[0].data;
    assert_eq!(line, "revoked");
    assert_eq!((&data["index"], &data["reason"]), (&0.into(), &"keyCompromise".into()));
    assert_eq!((&data["date"], &data["source"]), (&"2026-11-20".into(), &"CRL".into()));
    assert!(found[0].evidence.iter().any(|id| id.starts_with("crl:http://crl.example/r11.crl#")));

    let list = List::of(&p.root).entry(&p.inter.serial(), Some(2)).der();
    let evidence = Scene::new(&p).done(|probe| match probe {
        Probe::Crl { url, .. } if url == ROOT_LIST => Some(list_seen(&list)),
        other => published(&p)(other),
    });
    let (_, found) = expect("revoked-intermediate", &evidence, &[("tls.revoked", FAIL)]);
    assert_eq!((&found[0].data["index"], &found[0].data["certificate"]), (&1.into(), &"R11".into()));

    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let id = certificate_id(&p.leaf, &p.inter, false);
    let response = Answer::of(&p.inter, &[single(&id, &revoked(4), "2026-11-22", None, &[])]).der();
    let evidence = Scene::sends(&[&p.leaf, &p.inter], Some(&response)).trusts(&p.root).done(published(&p));
    let (_, found) = expect("revoked-stapled", &evidence, &[("tls.revoked", FAIL)]);
    assert_eq!(found[0].data["source"], "OCSP (stapled)");
}

#[test]
fn rfc7633_a_certificate_that_demands_a_staple_gets_one() {
    let p = pki_with(|params| params.custom_extensions = vec![responder_at(RESPONDER), must_staple()]);
    expect("staple-missing", &Scene::new(&p).done(published(&p)), &[("tls.staple-missing", FAIL)]);
    let id = certificate_id(&p.leaf, &p.inter, false);
    let old = Answer {
        produced: "2026-11-05",
        ..Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-05", Some("2026-11-12"), &[])])
    };
    let evidence = Scene::sends(&[&p.leaf, &p.inter], Some(&old.der())).trusts(&p.root).done(published(&p));
    let (line, found) = expect("staple-invalid-demanded", &evidence, &[("tls.staple-invalid", FAIL)]);
    assert_eq!(found[0].data["problem"], "nextUpdate 2026-11-12");
    assert_eq!(line, "not revoked (OCSP of 2026-11-22)");
}

#[test]
fn a_staple_that_does_not_hold_is_a_warning() {
    let p = pki();
    for (case, staple) in [("staple-invalid", good(&pki())), ("staple-invalid-junk", b"<html>".to_vec())] {
        let evidence = Scene::sends(&[&p.leaf, &p.inter], Some(&staple)).trusts(&p.root).done(published(&p));
        expect(case, &evidence, &[("tls.staple-invalid", WARN)]);
    }
}

#[test]
fn a_list_that_cannot_be_had_or_used_is_a_warning_that_names_the_address() {
    let p = pki();
    let of = |case: &str, seen: Seen| {
        let evidence = Scene::new(&p).done(but_the_list(&p, seen));
        let (_, found) = expect(case, &evidence, &[("tls.revocation-unreachable", WARN)]);
        let finding = found.into_iter().next().unwrap();
        assert_eq!(finding.data["address_asked"], LIST);
        finding.data["problem_id"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("unreachable", gone(Missing::Unreachable, "connect to crl.example: no answer")), "unreachable");
    let forged = List { key: &p.root.key, ..List::of(&p.inter) }.der();
    assert_eq!(of("unreachable-wrong-signer", list_seen(&forged)), "bad-signature");
    let old = List { this_update: "2026-11-01", next_update: Some("2026-11-08"), ..List::of(&p.inter) }.der();
    assert_eq!(of("unreachable-old-list", list_seen(&old)), "stale");
    let html = gone(Missing::OtherAnswer, "find a revocation list in the answer");
    assert_eq!(of("unreachable-html", html), "other-answer");
}

#[test]
fn an_address_of_a_stranger_is_no_command() {
    let evil = "http://crl.example/a'; reboot #\u{1b}[2J";
    let p = pki_with(|params| lists(params, &[evil]));
    let evidence = Scene::new(&p).done(|probe| match probe {
        Probe::Crl { url, .. } if url == evil => Some(gone(Missing::Unreachable, "connect to crl.example: refused")),
        other => published(&p)(other),
    });
    let outcome = judge(&evidence);
    let asked = outcome.findings()[0].data["address_asked"].as_str().unwrap();
    assert_eq!(asked, "http://crl.example/a%27%3B%20reboot%20%23%1B[2J");
}

#[test]
fn where_ocsp_says_nothing_the_list_is_asked() {
    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let evidence = Scene::new(&p).done(|probe| match probe {
        Probe::Ocsp { .. } => Some(ocsp_seen(&tlv(0x30, &tlv(0x0a, &[3])))),
        other => published(&p)(other),
    });
    let (line, _) = expect("healthy-ocsp-tries-later", &evidence, &[]);
    assert_eq!(line, "not revoked (CRL of 2026-11-22)");
}

#[test]
fn of_a_large_list_what_was_kept_is_judged() {
    let p = pki();
    let of = |signed: Option<bool>| {
        let (kept, _) = crl::reduced(&List::of(&p.inter).entry(&[9], None).der(), "07").unwrap();
        let cut = CrlCut { bytes: 900_000, entries: 20_000, sha256: "00".repeat(32), signed };
        let crl = Some(base64(&kept));
        let seen = Seen::Crl(CrlSeen { crl, cut: Some(cut), status: Some(200), failure: None, missing: None });
        Scene::new(&p).done(but_the_list(&p, seen))
    };
    let (line, _) = expect("healthy-large-list", &of(Some(true)), &[]);
    assert_eq!(line, "not revoked (CRL of 2026-11-22)");
    expect("unreachable-large-list-forged", &of(Some(false)), &[("tls.revocation-unreachable", WARN)]);
}

#[test]
fn apple_103214_a_public_certificate_needs_timestamps_of_enough_logs() {
    let scts =
        |logs: &[u8]| CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 11_129, 2, 4, 2], timestamp_list(logs));
    let of = |logs: &[u8], days: i64| {
        pki_with(|params| {
            params.custom_extensions = vec![public_policy(), scts(logs)];
            params.not_after = params.not_before + Duration::from_secs(u64::try_from(days).unwrap() * 86_400 - 1);
        })
    };
    let p = of(&[1, 2], 90);
    expect("healthy-two-logs", &Scene::new(&p).done(published(&p)), &[]);
    let p = of(&[1, 2], 199);
    let (_, found) = expect("ct-too-few", &Scene::new(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    let data = &found[0].data;
    assert_eq!((&data["found"], &data["needed"], &data["days"]), (&2.into(), &3.into(), &199.into()));
    let p = of(&[1, 1], 90);
    expect("ct-one-log-twice", &Scene::new(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    let p = pki_with(|params| params.custom_extensions = vec![public_policy()]);
    expect("ct-none", &Scene::new(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    // logs are for the public
    let evidence = Scene::sends(&[&p.leaf, &p.inter], None).store("cacert").trusts(&p.root).done(published(&p));
    expect("healthy-private-no-logs", &evidence, &[]);
    // RFC 6962, 3.3: they may also come with the stapled response
    let p = pki_with(|params| params.custom_extensions = vec![public_policy(), responder_at(RESPONDER)]);
    let id = certificate_id(&p.leaf, &p.inter, false);
    let more = tlv(0xa1, &tlv(0x30, &extension(TIMESTAMPS, false, &timestamp_list(&[1, 2]))));
    let staple = Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", None, &more)]).der();
    let evidence = Scene::sends(&[&p.leaf, &p.inter], Some(&staple)).trusts(&p.root).done(published(&p));
    expect("healthy-logs-stapled", &evidence, &[]);
}

#[test]
fn what_was_not_asked_is_not_judged() {
    let p = pki();
    let held = |rule: NoAnswer| {
        Scene::new(&p).done(|probe| matches!(probe, Probe::Crl { .. }).then(|| Seen::NoAnswer(rule.clone())))
    };
    assert_eq!(judge(&held(NoAnswer::Deadline)).status(), Status::Inconclusive);
    let mut scene = Scene::new(&p);
    scene.evidence.header.subject.revocation = false;
    let outcome = judge(&scene.done(|_| None));
    assert_eq!((outcome.status(), note(&outcome).as_str()), (Status::Skip, "not asked because of --no-revocation"));
    let own = root(server());
    let outcome = judge(&Scene::sends(&[&own], None).done(|_| None));
    assert_eq!(outcome.status(), Status::Skip);
    // nobody is asked about what is over
    let p = pki_with(|params| params.not_after = date_time_ymd(2026, 11, 10));
    assert_eq!(judge(&Scene::new(&p).done(published(&p))).status(), Status::Pass);
}
