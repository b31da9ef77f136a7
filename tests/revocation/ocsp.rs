//! Are OCSP answers read as RFC 6960 has it?

use crate::build::*;
use exdiag::protocol::revocation::{Standing, Why, by_ocsp, ocsp_request};
use exdiag::protocol::x509::content;
use rcgen::{ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use std::time::Duration;

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
    let server = signed(server(), &p.inter);
    assert_eq!(why(&of(&server, true, vec![&server]).standing), "not-authorized", "with another purpose");
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
