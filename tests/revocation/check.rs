//! Does the check `revocation` name each fault by its code, and say nothing of what is healthy?

use crate::build::*;
use crate::support::codes::{FAIL, INFO, WARN};
use crate::support::scene::{A, Scene, agreed, anchor, shown};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::evidence::{
    CrlCut, CrlSeen, Evidence, HeldBack, Missing, NoAnswer, OcspSeen, Probe, Seen, TlsOutcome, TlsSeen,
};
use exdiag::finding::{Finding, Lang, Outcome, Severity, Status};
use exdiag::protocol::revocation::crl;
use rcgen::{CustomExtension, date_time_ymd};
use std::time::Duration;

const CHECKS: &[&str] = &["revocation"];

fn base64(der: &[u8]) -> String {
    STANDARD.encode(der)
}

fn scene(p: &Pki) -> Scene {
    sends(&[&p.leaf, &p.inter], None).trusts(&[&p.root])
}

fn sends(chain: &[&Made], staple: Option<&[u8]>) -> Scene {
    Scene::new(CHECKS).shows(A, TlsSeen { ocsp: staple.map(base64), ..shown(chain, agreed()) })
}

impl Scene {
    fn done(self, answer: impl Fn(&Probe) -> Option<Seen>) -> Evidence {
        self.answered(CHECKS, answer)
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
    crate::support::codes::judge(evidence).remove("revocation").unwrap()
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
    let found = crate::support::codes::expect(&format!("revocation-{case}"), evidence, expected);
    (note(&judge(evidence)), found)
}

#[test]
fn healthy_certificates_are_silent_by_list_by_ocsp_and_by_staple() {
    let p = pki();
    let (line, _) = expect("healthy-list", &scene(&p).done(published(&p)), &[]);
    assert_eq!(line, "not revoked (CRL of 2026-11-22)");
    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let (line, _) = expect("healthy-ocsp", &scene(&p).done(published(&p)), &[]);
    assert_eq!(line, "not revoked (OCSP of 2026-11-22)");
    let p = pki_with(|params| params.custom_extensions = vec![responder_at(RESPONDER), must_staple()]);
    let evidence = sends(&[&p.leaf, &p.inter], Some(&good(&p))).trusts(&[&p.root]).done(published(&p));
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
    expect("healthy-short-lived", &scene(&p).done(published(&p)), &[]);
    let p = of(8);
    let (line, found) = expect("no-pointer", &scene(&p).done(published(&p)), &[("tls.no-revocation-pointer", INFO)]);
    assert_eq!(found[0].data["index"], 0);
    assert!(line.contains("allowed"), "{line}");
    // of an authority that the user gave, nobody expects one
    let evidence = sends(&[&p.leaf, &p.inter], None).knows(vec![anchor("cacert", &p.root)]).done(published(&p));
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
    let of = |store: &'static str| sends(&[&p.leaf, &p.inter], None).knows(vec![anchor(store, &p.root)]);
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
    let evidence = scene(&p).done(but_the_list(&p, list_seen(&list)));
    let (line, found) = expect("revoked", &evidence, &[("tls.revoked", FAIL)]);
    let data = &found[0].data;
    assert_eq!(line, "revoked");
    assert_eq!((&data["index"], &data["reason"]), (&0.into(), &"keyCompromise".into()));
    assert_eq!((&data["date"], &data["source"]), (&"2026-11-20".into(), &"CRL".into()));
    assert_eq!(data["source_words"]["de"], "die Sperrliste (CRL)");
    assert_eq!(data["domains"], HOST, "every name of the certificate");
    assert!(found[0].evidence.iter().any(|id| id.starts_with("crl:http://crl.example/r11.crl#")));

    let list = List::of(&p.root).entry(&p.inter.serial(), Some(2)).der();
    let evidence = scene(&p).done(|probe| match probe {
        Probe::Crl { url, .. } if url == ROOT_LIST => Some(list_seen(&list)),
        other => published(&p)(other),
    });
    let (_, found) = expect("revoked-intermediate", &evidence, &[("tls.revoked", FAIL)]);
    assert_eq!((&found[0].data["index"], &found[0].data["certificate"]), (&1.into(), &"R11".into()));

    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let id = certificate_id(&p.leaf, &p.inter, false);
    let response = Answer::of(&p.inter, &[single(&id, &revoked(4), "2026-11-22", None, &[])]).der();
    let evidence = sends(&[&p.leaf, &p.inter], Some(&response)).trusts(&[&p.root]).done(published(&p));
    let (_, found) = expect("revoked-stapled", &evidence, &[("tls.revoked", FAIL)]);
    assert_eq!(found[0].data["source"], "OCSP (stapled)");
}

#[test]
fn rfc7633_a_certificate_that_demands_a_staple_gets_one() {
    let p = pki_with(|params| params.custom_extensions = vec![responder_at(RESPONDER), must_staple()]);
    expect("staple-missing", &scene(&p).done(published(&p)), &[("tls.staple-missing", FAIL)]);
    let id = certificate_id(&p.leaf, &p.inter, false);
    let old = Answer {
        produced: "2026-11-05",
        ..Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-05", Some("2026-11-12"), &[])])
    };
    let evidence = sends(&[&p.leaf, &p.inter], Some(&old.der())).trusts(&[&p.root]).done(published(&p));
    let (line, found) = expect("staple-invalid-demanded", &evidence, &[("tls.staple-invalid", FAIL)]);
    assert_eq!(found[0].data["problem"], "nextUpdate 2026-11-12");
    assert_eq!(line, "not revoked (OCSP of 2026-11-22)");
}

#[test]
fn a_staple_that_does_not_hold_is_a_warning() {
    let p = pki();
    for (case, staple) in [("staple-invalid", good(&pki())), ("staple-invalid-junk", b"<html>".to_vec())] {
        let evidence = sends(&[&p.leaf, &p.inter], Some(&staple)).trusts(&[&p.root]).done(published(&p));
        expect(case, &evidence, &[("tls.staple-invalid", WARN)]);
    }
}

#[test]
fn br_4_9_10_an_answer_that_names_no_end_holds_ten_days() {
    let p = pki();
    let id = certificate_id(&p.leaf, &p.inter, false);
    let of = |this_update: &str| {
        let singles = [single(&id, GOOD, this_update, None, &[])];
        let staple = Answer { produced: "2026-11-08", ..Answer::of(&p.inter, &singles) }.der();
        let evidence = sends(&[&p.leaf, &p.inter], Some(&staple)).trusts(&[&p.root]).done(published(&p));
        judge(&evidence).findings().iter().map(|finding| finding.code.id).collect::<Vec<_>>()
    };
    assert_eq!(of("2026-11-13"), Vec::<&str>::new());
    assert_eq!(of("2026-11-12"), ["tls.staple-invalid"]);
}

#[test]
fn a_list_that_cannot_be_had_or_used_is_a_warning_that_names_the_address() {
    let p = pki();
    let of = |case: &str, seen: Seen| {
        let evidence = scene(&p).done(but_the_list(&p, seen));
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
    let evidence = scene(&p).done(|probe| match probe {
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
    let evidence = scene(&p).done(|probe| match probe {
        Probe::Ocsp { .. } => Some(ocsp_seen(&tlv(0x30, &tlv(0x0a, &[3])))),
        other => published(&p)(other),
    });
    // the second address answers, whatever the first does
    let two = pki_with(|params| lists(params, &["http://dead.example/r11.crl", LIST]));
    let hung = scene(&two).done(|probe| match probe {
        Probe::Crl { url, .. } if url.contains("dead") => Some(gone(Missing::Unreachable, "connect: no answer")),
        other => published(&two)(other),
    });
    assert_eq!(note(&judge(&hung)), "not revoked (CRL of 2026-11-22)");
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
        scene(&p).done(but_the_list(&p, seen))
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
    expect("healthy-two-logs", &scene(&p).done(published(&p)), &[]);
    let p = of(&[1, 2], 199);
    let (_, found) = expect("ct-too-few", &scene(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    let data = &found[0].data;
    assert_eq!((&data["found"], &data["needed"], &data["days"]), (&2.into(), &3.into(), &199.into()));
    let p = of(&[1, 1], 90);
    expect("ct-one-log-twice", &scene(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    let p = pki_with(|params| params.custom_extensions = vec![public_policy()]);
    expect("ct-none", &scene(&p).done(published(&p)), &[("tls.ct-too-few", WARN)]);
    // logs are for the public
    let evidence = sends(&[&p.leaf, &p.inter], None).knows(vec![anchor("cacert", &p.root)]).done(published(&p));
    expect("healthy-private-no-logs", &evidence, &[]);
    // RFC 6962, 3.3: they may also come with the stapled response
    let p = pki_with(|params| params.custom_extensions = vec![public_policy(), responder_at(RESPONDER)]);
    let id = certificate_id(&p.leaf, &p.inter, false);
    let more = tlv(0xa1, &tlv(0x30, &extension(TIMESTAMPS, false, &timestamp_list(&[1, 2]))));
    let staple = Answer::of(&p.inter, &[single(&id, GOOD, "2026-11-22", None, &more)]).der();
    let evidence = sends(&[&p.leaf, &p.inter], Some(&staple)).trusts(&[&p.root]).done(published(&p));
    expect("healthy-logs-stapled", &evidence, &[]);
}

#[test]
fn over_files_what_no_list_was_given_for_is_not_judged() {
    let of_file = |p: &Pki, staple: Option<&[u8]>, answer: &dyn Fn(&Probe) -> Option<Seen>| {
        let mut scene = sends(&[&p.leaf, &p.inter], staple).trusts(&[&p.root]);
        for record in scene.evidence.records.values_mut() {
            if let Seen::Tls(seen) = &mut record.seen {
                seen.outcome = TlsOutcome::File;
            }
        }
        judge(&scene.done(|probe| Some(answer(probe).unwrap_or(Seen::NoAnswer(NoAnswer::Offline)))))
    };
    let codes = |outcome: &Outcome| outcome.findings().iter().map(|f| f.code.id).collect::<Vec<_>>();
    let p = pki_with(|params| params.custom_extensions.push(responder_at(RESPONDER)));
    let leaf_key = STANDARD.encode(p.inter.facts().spki);
    let list = |list: Vec<u8>| {
        let leaf_key = leaf_key.clone();
        move |probe: &Probe| {
            matches!(probe, Probe::Crl { url, issuer_key, .. } if url == "file:0" && *issuer_key == leaf_key)
                .then(|| list_seen(&list))
        }
    };
    let good_list = list(List::of(&p.inter).der());
    let outcome = of_file(&p, None, &good_list);
    assert_eq!(outcome.status(), Status::Pass);
    assert_eq!(note(&outcome), "not revoked (CRL of 2026-11-22); no file says anything about R11");
    // a list beside a good answer takes the certificate back
    let revoked = list(List::of(&p.inter).entry(&p.leaf.serial(), Some(1)).der());
    let outcome = of_file(&p, Some(&good(&p)), &revoked);
    assert_eq!(codes(&outcome), ["tls.revoked"]);
    assert_eq!(outcome.findings()[0].data["source"], "CRL");
    assert_eq!(codes(&of_file(&p, Some(&good(&p)), &good_list)), Vec::<&str>::new());
    // of several lists one that takes it back decides, and one that does not count hides none that does
    let lists = |lists: [Vec<u8>; 2]| {
        let leaf_key = STANDARD.encode(p.inter.facts().spki);
        move |probe: &Probe| match probe {
            Probe::Crl { url, issuer_key, .. } if *issuer_key == leaf_key => {
                let at = url.strip_prefix("file:").unwrap().parse::<usize>().unwrap();
                lists.get(at).map(|list| list_seen(list))
            }
            _ => None,
        }
    };
    let revoking = || List::of(&p.inter).entry(&p.leaf.serial(), Some(1)).der();
    // onlyContainsCACerts
    let of_others = || List::of(&p.inter).entry(&p.leaf.serial(), Some(1)).scope(&[0x82, 0x01, 0xff]).der();
    let fine = || List::of(&p.inter).der();
    for both in [[of_others(), revoking()], [revoking(), of_others()], [fine(), revoking()]] {
        assert_eq!(codes(&of_file(&p, Some(&good(&p)), &lists(both))), ["tls.revoked"]);
    }
    for both in [[of_others(), fine()], [fine(), of_others()]] {
        assert_eq!(of_file(&p, None, &lists(both)).status(), Status::Pass);
    }
    let outcome = of_file(&p, None, &lists([of_others(), of_others()]));
    assert_eq!(outcome.status(), Status::Inconclusive, "{outcome:?}");
    // a certificate that names no list is in one all the same
    let silent = pki_with(|params| params.crl_distribution_points.clear());
    let revoking = List::of(&silent.inter).entry(&silent.leaf.serial(), Some(1)).der();
    let given =
        |probe: &Probe| matches!(probe, Probe::Crl { url, .. } if url == "file:0").then(|| list_seen(&revoking));
    assert!(codes(&of_file(&silent, None, &given)).contains(&"tls.revoked"));
    // no file at all: the logs can be counted all the same, and what a server staples is not known
    let p = pki_with(|params| params.custom_extensions = vec![public_policy(), must_staple()]);
    let outcome = of_file(&p, None, &|_| None);
    assert_eq!(codes(&outcome), ["tls.ct-too-few"]);
    assert!(note(&outcome).starts_with("whether it is revoked was not asked"), "{}", note(&outcome));
    let outcome = of_file(&pki(), None, &|_| None);
    assert_eq!(outcome.status(), Status::Skip);
}

#[test]
fn what_was_not_asked_is_not_judged() {
    let p = pki();
    let held = |rule: NoAnswer| {
        scene(&p).done(|probe| matches!(probe, Probe::Crl { .. }).then(|| Seen::NoAnswer(rule.clone())))
    };
    assert_eq!(judge(&held(NoAnswer::Deadline)).status(), Status::Inconclusive);
    let mut silent = scene(&p);
    silent.evidence.header.subject.revocation = false;
    let outcome = judge(&silent.done(|_| None));
    assert_eq!((outcome.status(), note(&outcome).as_str()), (Status::Skip, "not asked because of --no-revocation"));
    let own = root(server());
    let outcome = judge(&sends(&[&own], None).done(|_| None));
    assert_eq!(outcome.status(), Status::Skip);
    // nobody is asked about what is over
    let p = pki_with(|params| params.not_after = date_time_ymd(2026, 11, 10));
    assert_eq!(judge(&scene(&p).done(published(&p))).status(), Status::Pass);
}
