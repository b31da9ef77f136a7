//! Are paths judged as the specifications say, does another verifier agree, and is hostile input cheap?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support {
    pub mod crossed;
    pub mod pki;
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::Anchor;
use exdiag::protocol::chain::{self, End};
use exdiag::protocol::path::{Builder, FaultKind, anchor_of};
use exdiag::protocol::x509::{Certificate, Signature};
use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair,
    KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use std::time::Duration;
use support::crossed::{again, copy, twins};
use support::pki::{HOST, Made, authority, root, signed, signed_for};

const NOW: &str = "2026-11-22T20:00:00Z";
/// What a search may spend on signatures, and how many paths it may judge.
const SIGNATURES: usize = 200;
const JUDGED: usize = 201;

impl Made {
    fn anchor(&self) -> Anchor {
        anchor_of(&self.facts(), "system")
    }
}

/// A leaf that does not say which key signed it.
fn server(names: &[&str]) -> CertificateParams {
    let mut params = support::pki::server(names);
    params.use_authority_key_identifier_extension = false;
    params
}

fn judge(chain: &[&Made], anchors: &[&Made]) -> chain::Verdict {
    let certificates: Vec<Certificate> = chain.iter().map(|made| made.facts()).collect();
    let anchors: Vec<Anchor> = anchors.iter().map(|made| made.anchor()).collect();
    chain::accepted_with(&certificates, &anchors, NOW.parse().unwrap())
}

fn kinds(verdict: &chain::Verdict) -> Vec<(Option<usize>, &'static str)> {
    verdict.path.faults.iter().map(|fault| (fault.index, fault.kind.id())).collect()
}

/// What webpki says to the same; the name aside.
fn oracle(chain: &[&Made], anchors: &[&Made]) -> Result<(), webpki::Error> {
    let der: Vec<CertificateDer<'_>> = chain.iter().map(|made| CertificateDer::from(made.der.as_slice())).collect();
    let roots: Vec<CertificateDer<'_>> = anchors.iter().map(|made| CertificateDer::from(made.der.as_slice())).collect();
    let anchors: Vec<_> = roots.iter().map(|root| webpki::anchor_from_trusted_cert(root).unwrap()).collect();
    let at: jiff::Timestamp = NOW.parse().unwrap();
    let seconds = Duration::from_secs(u64::try_from(at.as_second()).unwrap());
    let (leaf, others) = der.split_first().unwrap();
    webpki::EndEntityCert::try_from(leaf)?
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            others,
            UnixTime::since_unix_epoch(seconds),
            webpki::KeyUsage::server_auth(),
            None,
            None,
        )
        .map(|_| ())
}

#[test]
fn the_best_path_is_found_whatever_else_is_sent() {
    let (old, new) = (root(authority("Old")), root(authority("New")));
    // the same authority: once by the new root, once by the old one and expired, once not an authority
    let good = signed(authority("R11"), &new);
    let mut params = authority("R11");
    params.not_after = date_time_ymd(2025, 1, 1);
    let expired = again(&good, params, &old);
    let mut params = authority("R11");
    params.is_ca = IsCa::ExplicitNoCa;
    let toothless = again(&good, params, &new);
    let leaf = signed(server(&[HOST]), &good);
    let verdict = judge(&[&leaf, &toothless, &expired, &good], &[&old, &new]);
    assert!(verdict.accepted);
    assert_eq!(verdict.path.indices, [0, 3]);
    // only the old root is known: the least bad is told with what is wrong
    let verdict = judge(&[&leaf, &toothless, &expired, &good], &[&old]);
    assert!(!verdict.accepted);
    assert_eq!(
        (verdict.path.indices.as_slice(), kinds(&verdict).as_slice()),
        (&[0, 2][..], &[(Some(2), "expired")][..])
    );
    assert!(verdict.others.iter().any(|path| path.indices == [0, 3]), "the way to the other root is told too");
    // a root that is sent itself, and one that issued the leaf
    assert!(judge(&[&leaf, &good, &new], &[&new]).accepted);
    let direct = signed(server(&[HOST]), &new);
    assert!(judge(&[&direct], &[&new]).accepted);
}

#[test]
fn anchors_are_the_same_by_name_and_key() {
    let first = root(authority("Root"));
    let mut params = authority("Root");
    params.not_after = date_time_ymd(2041, 1, 1);
    let again = Made { der: params.self_signed(&first.key).unwrap().der().to_vec(), key: copy(&first.key), params };
    let inter = signed(authority("R11"), &first);
    let leaf = signed(server(&[HOST]), &inter);
    assert!(judge(&[&leaf, &inter], &[&again]).accepted);
    assert!(!judge(&[&leaf, &inter], &[&root(authority("Root"))]).accepted, "the same name, another key");
}

#[test]
fn every_fault_of_a_path_is_told() {
    let top = root(authority("Root"));
    let mut params = authority("R11");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = Vec::new();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.not_after = date_time_ymd(2025, 1, 1);
    let inter = signed(params, &top);
    let leaf = signed(server(&[HOST]), &inter);
    let all: Vec<_> = kinds(&judge(&[&leaf, &inter], &[&top]));
    assert_eq!(all, [(Some(1), "expired"), (Some(1), "wrong-purpose"), (Some(1), "not-a-ca")]);
}

#[test]
fn rfc5280_6_1_4_l_self_issued_authorities_are_not_counted() {
    let top = root(authority("Root"));
    let mut params = authority("R11");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let first = signed(params, &top);
    let rollover = signed(authority("R11"), &first);
    let leaf = signed(server(&[HOST]), &rollover);
    assert!(judge(&[&leaf, &rollover, &first], &[&top]).accepted);
    let second = signed(authority("R12"), &first);
    let leaf = signed(server(&[HOST]), &second);
    let verdict = judge(&[&leaf, &second, &first], &[&top]);
    assert_eq!(verdict.path.faults[0].kind, FaultKind::PathTooLong { limit: 0, by: Some(2) });
    assert_eq!(verdict.path.faults[0].index, Some(1));
}

#[test]
fn rfc5280_6_1_1_d_what_the_anchors_certificate_says_is_told_and_breaks_no_path() {
    let mut params = authority("Root");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::EmailProtection];
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let top = root(params);
    let inter = signed(authority("R11"), &top);
    let leaf = signed(server(&[HOST]), &inter);
    let verdict = judge(&[&leaf, &inter], &[&top]);
    assert!(verdict.accepted);
    assert_eq!(kinds(&verdict), [(None, "wrong-purpose"), (Some(1), "path-too-long")]);
    let chain = [&leaf, &inter].map(Made::facts).to_vec();
    let anchors = [top.anchor()];
    let at = NOW.parse().unwrap();
    let analysis = chain::analyse(chain, &anchors, at);
    let found = exdiag::checks::tls_chain::about_chain(Some(HOST), &analysis, at);
    let told: Vec<_> = found.iter().map(|f| (f.code.id, f.severity)).collect();
    let warn = exdiag::finding::Severity::Warn;
    assert!(told.contains(&("tls.wrong-purpose", warn)) && told.contains(&("tls.path-too-long", warn)), "{told:?}");
    assert!(found.iter().any(|f| f.data.get("limited_by") == Some(&"Root".into())), "{found:?}");
    // OpenSSL refuses it
    let shown = exdiag::protocol::clients::Shown {
        host: HOST,
        handshake: None,
        chain: Some(&analysis),
        installed: &anchors,
        here: &[],
        withdrawn: exdiag::protocol::clients::Withdrawn::default(),
        at,
    };
    let judged = exdiag::protocol::clients::judge(shown, &exdiag::protocol::stores::Public);
    for row in judged.rows {
        let refused = row.family == exdiag::protocol::clients::Family::SyncService;
        let expected =
            if refused { exdiag::protocol::clients::Accepts::No } else { exdiag::protocol::clients::Accepts::Depends };
        assert_eq!(row.accepts, expected, "{row:?}");
    }
}

#[test]
fn five_hundred_certificates_that_sign_each_other_cost_little() {
    let top = root(authority("Root"));
    // one name; many keys; each certificate fits by its name under every other
    let (twins, crossed) = twins(22, &top);
    let leaf = signed(server(&[HOST]), &twins[0]);
    let chain: Vec<Certificate> = std::iter::once(&leaf).chain(&crossed).map(Made::facts).collect();
    assert!(chain.len() > 480);
    for anchors in [vec![], vec![root(authority("Root")).anchor()], vec![top.anchor()]] {
        let mut builder = Builder::new(chain.iter().collect(), &anchors);
        let found = builder.search(NOW.parse().unwrap(), &|_| true);
        assert!(!found.best.is_accepted(), "the one that the root signed is not sent");
        assert!(builder.work.signatures <= SIGNATURES, "{:?}", builder.work);
        assert!(builder.work.judged <= JUDGED, "{:?}", builder.work);
        assert!(builder.work.exhausted);
        let before = builder.work.signatures;
        builder.reachable();
        assert!(builder.work.signatures <= SIGNATURES && before <= SIGNATURES);
    }
    // the way out is taken where it is there
    let certificates: Vec<Certificate> = [&leaf, &twins[0]].into_iter().chain(&crossed).map(Made::facts).collect();
    assert!(chain::accepted_with(&certificates, &[top.anchor()], NOW.parse().unwrap()).accepted);
}

#[test]
fn a_lattice_with_a_million_paths_costs_little() {
    // layer upon layer, each of three keys, each signed by each of the layer above: 3 to the power of 12
    let mut above: Vec<Made> = (0..3).map(|_| root(authority("Layer 12"))).collect();
    let mut chain = Vec::new();
    for layer in (0..12).rev() {
        let name = format!("Layer {layer}");
        let keys: Vec<KeyPair> = (0..3).map(|_| KeyPair::generate().unwrap()).collect();
        for key in &keys {
            for parent in &above {
                chain.push(signed_for(copy(key), authority(&name), parent).facts());
            }
        }
        let grand = &above[0];
        above = keys.into_iter().map(|key| signed_for(key, authority(&name), grand)).collect();
    }
    let leaf = signed(server(&[HOST]), &above[0]);
    chain.push(leaf.facts());
    chain.reverse();
    let anchors = [root(authority("Layer 12")).anchor()];
    let mut builder = Builder::new(chain.iter().collect(), &anchors);
    let found = builder.search(NOW.parse().unwrap(), &|_| true);
    assert!(!found.best.is_accepted());
    assert!(builder.work.signatures <= SIGNATURES && builder.work.judged <= JUDGED, "{:?}", builder.work);
    assert!(found.others.len() <= 8);
}

#[test]
fn large_certificates_are_judged_like_others() {
    let top = root(authority("Root"));
    let names: Vec<String> = (0..10_000).map(|i| format!("host-{i}.corp.example")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.push(HOST);
    let mut params = authority("R11");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let inter = signed(params, &top);
    let leaf = signed(server(&names), &inter);
    assert!(leaf.der.len() > 1 << 16);
    let facts = leaf.facts();
    assert_eq!((facts.names.len(), facts.flaw.as_deref()), (10_001, None));
    assert!(facts.is_for(HOST));
    let chain = [facts, inter.facts()];
    let anchors = [top.anchor()];
    let mut builder = Builder::new(chain.iter().collect(), &anchors);
    assert!(builder.search(NOW.parse().unwrap(), &|_| true).best.is_accepted());
    assert!(builder.work.names < 20_000, "{:?}", builder.work);

    let mut params = server(&[HOST]);
    params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![0; 1 << 16]));
    let leaf = signed(params, &inter);
    assert!(judge(&[&leaf, &inter], &[&top]).accepted);
}

#[test]
fn no_cut_and_no_flipped_bit_makes_it_panic_or_be_accepted() {
    let top = root(authority("Root"));
    let inter = signed(authority("R11"), &top);
    let leaf = signed(server(&[HOST]), &inter);
    let anchors = [top.anchor()];
    let at = NOW.parse().unwrap();
    for which in [0, 1] {
        let whole = if which == 0 { &leaf.der } else { &inter.der };
        for i in 0..whole.len() {
            for der in [whole[..i].to_vec(), {
                let mut der = whole.clone();
                der[i] ^= 0x41;
                der
            }] {
                let mut chain = [leaf.facts(), inter.facts()];
                chain[which] = Certificate::read(&der);
                let analysis = chain::analyse(chain.to_vec(), &anchors, at);
                assert!(!analysis.accepted, "certificate {which}, byte {i}");
                let mut found = exdiag::checks::tls_chain::about_chain(Some(HOST), &analysis, at);
                found.extend(exdiag::checks::tls_intermediate::about_chain(Some(HOST), &analysis, at));
                assert!(found.iter().any(|f| f.severity == exdiag::finding::Severity::Fail), "{which}, byte {i}");
            }
        }
    }
}

#[test]
fn a_key_of_no_known_kind_is_named() {
    let top = root(authority("Root"));
    let inter = signed(authority("R11"), &top);
    let leaf = signed(server(&[HOST]), &inter);
    // id-ecPublicKey becomes something else
    let known = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let mut der = inter.der.clone();
    let at = der.windows(known.len()).position(|window| window == known).unwrap();
    der[at + 6] = 0x63;
    let strange = Made { der, params: authority("R11"), key: copy(&inter.key) };
    assert_eq!(strange.facts().key.kind, "1.2.840.10045.2.99");
    let verdict = judge(&[&leaf, &strange], &[&top]);
    assert!(!verdict.accepted);
    assert!(kinds(&verdict).contains(&(Some(1), "unknown-key")), "{:?}", verdict.path);
}

#[test]
fn the_extensions_that_other_checks_need_are_read() {
    let tagged = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat();
    let uri = |url: &str| tagged(0x86, url.as_bytes());
    let access = |last: u8, url: &str| {
        let method = tagged(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, last]);
        tagged(0x30, &[method, uri(url)].concat())
    };
    let mut params = server(&[HOST]);
    let info = [access(2, "http://aia.example/r11.der"), access(1, "http://ocsp.example")].concat();
    let point = tagged(0x30, &tagged(0xa0, &tagged(0xa0, &uri("http://crl.example/r11.crl"))));
    for (oid, value) in [
        (&[1, 3, 6, 1, 5, 5, 7, 1, 1][..], tagged(0x30, &info)),
        (&[2, 5, 29, 31], tagged(0x30, &point)),
        (&[1, 3, 6, 1, 5, 5, 7, 1, 24], vec![0x30, 0x03, 0x02, 0x01, 0x05]),
        (&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], vec![0x04, 0x02, 0x00, 0x00]),
    ] {
        params.custom_extensions.push(CustomExtension::from_oid_content(oid, value));
    }
    let facts = signed(params, &root(authority("Root"))).facts();
    assert_eq!((facts.flaw.as_deref(), facts.version), (None, 3));
    assert_eq!(facts.issuer_urls, ["http://aia.example/r11.der"]);
    assert_eq!(facts.ocsp_urls, ["http://ocsp.example"]);
    assert_eq!(facts.crl_urls, ["http://crl.example/r11.crl"]);
    assert!(facts.must_staple && facts.sct_list == Some(vec![0, 0]));
    assert!(facts.extensions.iter().any(|extension| extension.oid == "2.5.29.31" && !extension.critical));
    assert!(facts.algorithms_agree && facts.inner_signature == "ecdsaWithSHA256");
}

#[test]
fn fips186_4_4_7_dsa_still_says_who_signed() {
    let body: String = include_str!("data/dsa-root.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let mut der = STANDARD.decode(body).unwrap();
    let facts = Certificate::read(&der);
    assert_eq!((facts.signature.as_str(), facts.key.kind.as_str()), ("sha256WithDSA", "DSA"));
    assert_eq!(facts.signed_by(&facts.spki), Signature::Good);
    assert!(facts.key.is_weak(), "and nobody takes it");
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(Certificate::read(&der).signed_by(&facts.spki), Signature::Bad);
}

/// What is odd about an authority of a generated chain.
#[derive(Debug, Clone, Default)]
struct Odd {
    not_a_ca: bool,
    length: Option<u8>,
    expired: bool,
    client_only: bool,
    permitted: Option<&'static str>,
    excluded: Option<&'static str>,
    critical: bool,
    same_name: bool,
}

fn odd() -> impl Strategy<Value = Odd> {
    let rarely = || prop::bool::weighted(0.08);
    let bases = || {
        prop::option::weighted(0.15, prop::sample::select(vec!["corp.example", "mail.corp.example", "other.example"]))
    };
    let length = prop::option::weighted(0.3, 0_u8..3);
    (rarely(), length, rarely(), rarely(), bases(), bases(), rarely(), rarely()).prop_map(
        |(not_a_ca, length, expired, client_only, permitted, excluded, critical, same_name)| Odd {
            not_a_ca,
            length,
            expired,
            client_only,
            permitted,
            excluded,
            critical,
            same_name,
        },
    )
}

fn params_of(odd: &Odd, name: &str) -> CertificateParams {
    let mut params = authority(name);
    let subtree = |name: &str| GeneralSubtree::DnsName(name.to_owned());
    params.is_ca = match odd.length {
        _ if odd.not_a_ca => IsCa::ExplicitNoCa,
        Some(length) => IsCa::Ca(BasicConstraints::Constrained(length)),
        None => IsCa::Ca(BasicConstraints::Unconstrained),
    };
    if odd.not_a_ca {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    }
    if odd.expired {
        params.not_after = date_time_ymd(2025, 1, 1);
    }
    if odd.client_only {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    }
    if odd.permitted.is_some() || odd.excluded.is_some() {
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: odd.permitted.into_iter().map(subtree).collect(),
            excluded_subtrees: odd.excluded.into_iter().map(subtree).collect(),
        });
    }
    if odd.critical {
        let mut unknown = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
        unknown.set_criticality(true);
        params.custom_extensions.push(unknown);
    }
    params
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    /// webpki knows no policies, no "any purpose" and no authority as a server: none is generated here.
    #[test]
    fn webpki_comes_to_the_same_verdict(
        authorities in prop::collection::vec(odd(), 0..4),
        mut names in prop::collection::vec(prop::sample::select(vec![HOST, "a.mail.corp.example", "*.corp.example", "www.other.example"]), 1..3),
        leaf_odd in odd(),
        missing in prop::option::weighted(0.1, 0_usize..4),
        order in prop::bool::ANY,
        stranger in prop::bool::weighted(0.2),
    ) {
        names.dedup();
        let top = root(authority("Root"));
        let mut made: Vec<Made> = Vec::new();
        for (i, odd) in authorities.iter().enumerate() {
            // a new key under the issuer's own name is self-issued
            let above = made.last().filter(|_| odd.same_name && i > 0);
            let name = above.map_or(format!("Authority {i}"), |_| format!("Authority {}", i - 1));
            let params = params_of(odd, &name);
            let next = signed(params, made.last().unwrap_or(&top));
            made.push(next);
        }
        let mut params = server(&names);
        if leaf_odd.expired {
            params.not_after = date_time_ymd(2026, 11, 10);
        }
        if leaf_odd.client_only {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        params.custom_extensions = params_of(&leaf_odd, "").custom_extensions;
        let leaf = signed(params, made.last().unwrap_or(&top));
        let other = signed(authority("Authority 0"), &top);
        let mut sent: Vec<&Made> = made.iter().rev().collect();
        if let Some(missing) = missing
            && missing < sent.len()
        {
            sent.remove(missing);
        }
        if order {
            sent.reverse();
        }
        if stranger {
            sent.insert(0, &other);
        }
        sent.insert(0, &leaf);
        let verdict = judge(&sent, &[&top]);
        let theirs = oracle(&sent, &[&top]);
        // webpki counts self-issued authorities where RFC 5280, 6.1.4 l does not
        let counted = authorities.iter().any(|odd| odd.same_name) && authorities.iter().any(|odd| odd.length.is_some());
        if !(counted && verdict.accepted) {
            let found = (&verdict.path.faults, &verdict.path.end);
            prop_assert_eq!(verdict.accepted, theirs.is_ok(), "{:?} {:?}", theirs, found);
        }
        let explained = !verdict.path.faults.is_empty() || !matches!(verdict.path.end, End::Anchor { .. });
        prop_assert_eq!(verdict.accepted, !explained);
    }
}
