//! Are revocation lists read as RFC 5280, 5 and 6.3 has it, and soon?

use crate::build::*;
use exdiag::protocol::revocation::{Standing, Why, by_crl, by_crl_of, crl};
use exdiag::protocol::x509::Signature;
use rcgen::{KeyPair, KeyUsagePurpose};
use std::time::{Duration, Instant};

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
