//! What does `exdiag diff` tell of two reports, and with which exit code?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod support {
    pub mod pki;
    pub mod scene;
}

use exdiag::evidence::{Evidence, FailKind, Failure, Phase, Probe, Seen, TlsOutcome};
use exdiag::finding::{Lang, Status};
use exdiag::report::{
    Area, Change, Comparison, FailOn, Judged, Trend, Turn, Verbosity, Wording, compare, read_kept,
    write_comparison_json, write_comparison_markdown, write_comparison_text, write_json_line,
};
use rcgen::date_time_ymd;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use support::pki::{HOST, Made, authority, root, server, signed};
use support::scene::{A, Scene, agreed, resolved, shown};

const WORDING: Wording = Wording { lang: Lang::En, fail_on: FailOn::Fail };

fn fixture(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"))
}

fn evidence(case: &str) -> Evidence {
    read_kept(&fs::read(fixture(case)).unwrap()).unwrap().remove(0).evidence
}

fn of(evidence: Evidence, wording: Wording) -> Judged {
    Judged { report: exdiag::replay(evidence).report(wording), stored_status: None, written_by: None }
}

fn diff(old: Evidence, new: Evidence) -> Comparison {
    compare(&of(old, WORDING), &of(new, WORDING), WORDING)
}

fn change<'a>(comparison: &'a Comparison, what: &str) -> &'a Change {
    comparison.changes.iter().find(|change| change.what == what).unwrap_or_else(|| {
        let told: Vec<_> = comparison.changes.iter().map(|change| &change.what).collect();
        unreachable!("no {what} among {told:?}")
    })
}

fn hints(comparison: &Comparison) -> Vec<&str> {
    comparison.places.iter().map(|hint| hint.id.as_str()).collect()
}

fn exdiag(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).env_remove("LANG").env_remove("LC_ALL").output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The tests' server, at one address, with what it sends.
fn shows(chain: &[&Made], known: &Made) -> Evidence {
    const CHECKS: &[&str] = &["tls-chain", "tls-intermediate"];
    Scene::new(CHECKS).shows(A, shown(chain, agreed())).trusts(&[known]).answered(CHECKS, |_| None)
}

#[test]
fn a_report_beside_itself_has_not_changed() {
    for entry in fs::read_dir(fixture("x").parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let evidence = read_kept(&fs::read(&path).unwrap()).unwrap().remove(0).evidence;
        let compared = diff(evidence.clone(), evidence);
        assert!(compared.changes.is_empty() && compared.places.is_empty(), "{}: {compared:?}", path.display());
        // without an answer there is nothing to compare
        let asked = compared.not_compared.iter().all(|check| check.new == Status::Inconclusive);
        let expected = [(Turn::Same, 0), (Turn::Incomparable, 3)];
        assert!(asked && expected.contains(&(compared.turn, compared.exit_code)), "{}", path.display());
    }
}

#[test]
fn what_fails_now_and_did_not_is_worse_and_the_other_way_round_it_is_better() {
    let (good, bad) = (evidence("tls-healthy"), evidence("tls-expired"));
    let worse = diff(good.clone(), bad.clone());
    assert_eq!((worse.turn, worse.exit_code), (Turn::Worse, 1));
    let came = change(&worse, "finding-came");
    assert_eq!((came.about.as_str(), came.trend), ("tls.expired", Trend::Worse));
    assert_eq!(change(&worse, "cause").new, "tls.expired");
    let of_check = worse.changes.iter().find(|change| change.area == Area::Checks).unwrap();
    assert_eq!((of_check.about.as_str(), of_check.said.as_str()), ("tls-chain", "passed → failed"));
    let better = diff(bad.clone(), good);
    assert_eq!((better.turn, better.exit_code), (Turn::Better, 0));
    assert_eq!(change(&better, "finding-went").about, "tls.expired");
    assert_eq!(diff(bad.clone(), bad).still_failing, ["tls.expired"]);
}

#[test]
fn a_new_warning_counts_only_where_it_is_asked_for() {
    let (old, new) = (evidence("tls-healthy"), evidence("tls-expires-soon"));
    let strict = Wording { fail_on: FailOn::Warn, ..WORDING };
    assert_eq!(diff(old.clone(), new.clone()).exit_code, 0);
    assert_eq!(compare(&of(old, strict), &of(new, strict), strict).exit_code, 1);
}

#[test]
fn a_lost_answer_is_no_comparison_and_what_was_not_looked_at_is_not_gone() {
    let old = evidence("tls-expired");
    let mut new = old.clone();
    new.records.retain(|probe, _| !matches!(probe, Probe::Tls { .. }));
    let compared = diff(old, new);
    assert_eq!((compared.turn, compared.exit_code), (Turn::Incomparable, 3));
    assert!(!compared.changes.iter().any(|change| change.trend == Trend::Better), "{compared:?}");
    assert_eq!(change(&compared, "finding-not-looked-at").about, "tls.expired");
    // two runs of other checks have nothing in common
    assert_eq!(diff(evidence("tls-healthy"), evidence("dns-healthy-compared")).exit_code, 3);
}

#[test]
fn a_certificate_of_the_same_authority_for_the_same_names_is_renewed_any_other_replaced() {
    let (ours, others) = (root(authority("R1")), {
        let mut params = authority("X1");
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Other Trust");
        root(params)
    });
    let old = signed(server(&[HOST]), &ours);
    let mut params = server(&[HOST]);
    (params.not_before, params.not_after) = (date_time_ymd(2026, 11, 20), date_time_ymd(2027, 2, 18));
    let compared = diff(shows(&[&old], &ours), shows(&[&signed(params, &ours)], &ours));
    let renewed = change(&compared, "renewed");
    assert_eq!(renewed.about, format!("{HOST} ({A})"));
    assert_eq!(renewed.said, "renewed: R1, until 2027-02-02, alone → R1, until 2027-02-18, alone");
    assert_eq!((compared.turn, compared.exit_code), (Turn::Changed, 0));
    let other = signed(server(&[HOST]), &others);
    assert_eq!(
        change(&diff(shows(&[&old], &ours), shows(&[&other], &others)), "replaced").new["issuer"],
        other.facts().issuer.text
    );
    let chain = diff(shows(&[&old, &ours], &ours), shows(&[&old], &ours));
    assert_eq!(
        change(&chain, "chain").said,
        "the same certificate, sent with others: R1, until 2027-02-02, with R1 → R1, until 2027-02-02, alone"
    );
}

#[test]
fn private_addresses_here_and_public_ones_there_are_split_dns() {
    let compared = diff(evidence("dns-private-address"), evidence("dns-healthy-compared"));
    assert_eq!(hints(&compared), ["split-dns"]);
    assert_eq!(compared.places[0].about, ["autodiscover.corp.example"]);
    assert_eq!(change(&compared, "addresses").said, "10.1.2.3 → 203.0.113.7");
    // other addresses by other name servers are split DNS too; by the same ones they are a change of the zone
    let old = evidence("tls-healthy");
    let mut new = old.clone();
    for (probe, record) in &mut new.records {
        if let Probe::Dns { name, rtype } = probe {
            record.seen = resolved(name, *rtype, &["198.51.100.9".parse().unwrap()]);
        }
    }
    assert!(hints(&diff(old.clone(), new.clone())).is_empty());
    new.header.name_servers = vec!["10.0.0.1:53".to_owned()];
    assert_eq!(hints(&diff(old, new)), ["split-dns"]);
}

#[test]
fn a_certificate_made_on_the_way_is_inspection_and_says_on_which_side() {
    let compared = diff(evidence("tls-healthy"), evidence("tls-inspected"));
    assert_eq!(hints(&compared), ["inspection"]);
    assert!(compared.places[0].said.contains("Where the newer one was made"), "{:?}", compared.places);
    let turned = diff(evidence("tls-inspected"), evidence("tls-healthy"));
    assert!(turned.places[0].said.contains("Where the older one was made"), "{:?}", turned.places);
    // a change of the public authority is none
    assert!(hints(&diff(evidence("tls-expired"), evidence("tls-healthy"))).is_empty());
}

#[test]
fn ipv6_that_answers_in_one_run_alone_is_dead_in_the_other() {
    let new = evidence("net-ipv6-dead");
    let mut old = new.clone();
    for (probe, record) in &mut old.records {
        if let (Probe::Tls { address, .. }, Seen::Tls(seen)) = (probe, &mut record.seen)
            && address.is_ipv6()
        {
            seen.outcome = agreed();
        }
    }
    let compared = diff(old.clone(), new.clone());
    assert_eq!(hints(&compared), ["ipv6"]);
    assert_eq!(compared.places[0].about, ["mail.corp.example (2001:db8::7)"]);
    // where IPv4 is dead as well, it is no matter of IPv6
    let mut dead = new;
    for (probe, record) in &mut dead.records {
        if let (Probe::Tls { .. }, Seen::Tls(seen)) = (probe, &mut record.seen) {
            seen.outcome = TlsOutcome::Failed(Failure::new(Phase::Connect, FailKind::Timeout));
        }
    }
    assert!(hints(&diff(old, dead)).is_empty());
}

#[test]
fn a_proxy_or_another_trust_store_on_one_side_is_named() {
    let old = evidence("tls-healthy");
    let mut new = old.clone();
    new.header.proxy = Some("http://proxy.corp.example:3128".to_owned());
    let compared = diff(old.clone(), new);
    assert_eq!(hints(&compared), ["proxy"]);
    assert_eq!(change(&compared, "proxy").said, "none → http://proxy.corp.example:3128");
    let mut new = old.clone();
    for record in new.records.values_mut() {
        if let Seen::Anchors { found } = &mut record.seen {
            found.clear();
        }
    }
    assert_eq!(hints(&diff(old, new)), ["trust-store"]);
}

#[test]
fn a_time_is_told_only_where_it_differs_by_a_lot() {
    let old = evidence("tls-healthy");
    let with = |ms| {
        let mut new = old.clone();
        new.records.values_mut().for_each(|record| record.took_ms = ms);
        diff(old.clone(), new)
    };
    assert!(with(900).changes.is_empty());
    let slow = with(9000);
    assert_eq!((slow.turn, slow.exit_code), (Turn::Same, 0));
    assert!(slow.changes.iter().all(|change| change.area == Area::Times) && slow.changes.len() <= 6);
}

#[test]
fn different_targets_are_compared_and_said_first() {
    let mut new = evidence("tls-healthy");
    new.header.subject.mailbox = Some("bert@corp.example".parse().unwrap());
    let compared = diff(evidence("tls-healthy"), new);
    assert!(!compared.same_target);
    let mut text = Vec::new();
    write_comparison_text(&compared, (Lang::En, Verbosity::Normal), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let (said, turn) = (text.find("different targets: anna@corp.example and"), text.find("Nothing"));
    assert!(said.unwrap() < turn.unwrap(), "{text}");
}

#[test]
fn a_verdict_of_other_rules_is_said() {
    let stored = Judged { stored_status: Some(Status::Warn), ..of(evidence("tls-healthy"), WORDING) };
    let compared = compare(&stored, &of(evidence("tls-healthy"), WORDING), WORDING);
    assert_eq!((compared.old.clone().unwrap().stored_status, compared.exit_code), (Some(Status::Warn), 0));
    let mut text = Vec::new();
    write_comparison_text(&compared, (Lang::De, Verbosity::Normal), &mut text).unwrap();
    assert!(String::from_utf8(text).unwrap().contains("als er geschrieben wurde: Warnung"));
}

#[test]
fn several_mailboxes_are_paired_by_address() {
    let line = |case: &str, mailbox: &str| {
        let mut evidence = evidence(case);
        evidence.header.subject.mailbox = Some(mailbox.parse().unwrap());
        let mut line = Vec::new();
        write_json_line(&exdiag::replay(evidence).report(WORDING), &mut line).unwrap();
        String::from_utf8(line).unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, lines: &[String]| {
        let path = folder.path().join(name);
        fs::write(&path, lines.concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (anna, bert) = ("anna@corp.example", "bert@corp.example");
    let old = file("old.json", &[line("tls-healthy", anna), line("tls-expired", bert)]);
    let new = file("new.json", &[line("tls-expired", "Bert@corp.example"), line("tls-healthy", anna)]);
    let both = exdiag(&["diff", &old, &new, "--format", "json"]);
    let lines: Vec<Comparison> = out(&both).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((both.status.code(), lines.len()), (Some(0), 2));
    assert!(lines.iter().all(|line| line.same_target && line.turn == Turn::Same), "{lines:?}");
    // so are letters beyond ASCII
    let small = file("small.json", &[line("tls-healthy", "jürgen.groß@corp.example")]);
    let large = file("large.json", &[line("tls-healthy", "JÜRGEN.GROß@corp.example")]);
    let one = exdiag(&["diff", &small, &large, "--format", "json"]);
    let told: Comparison = serde_json::from_str(&out(&one)).unwrap();
    assert!(told.same_target && told.changes.iter().all(|change| change.what != "target"), "{told:?}");
    let two = [line("tls-expired", "bert@corp.example"), line("tls-healthy", "JÜRGEN.GROß@corp.example")];
    let paired = exdiag(&["diff", &small, &file("two.json", &two)]);
    assert!(!out(&paired).contains("The newer file holds no"), "{}", out(&paired));
    let alone = file("alone.json", &[line("tls-healthy", anna), line("tls-healthy", "carl@corp.example")]);
    let unpaired = exdiag(&["diff", &old, &alone]);
    assert_eq!(unpaired.status.code(), Some(3));
    let text = out(&unpaired);
    assert!(
        text.contains("The older file holds no report of it") && text.contains("The newer file holds no"),
        "{text}"
    );
}

#[test]
fn input_that_is_no_report_is_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    let junk = folder.path().join("junk.json");
    fs::write(&junk, "<html>").unwrap();
    let healthy = fixture("tls-healthy");
    for (old, new) in [(&junk, &healthy), (&healthy, &junk), (&healthy, &folder.path().join("none.json"))] {
        let output = exdiag(&["diff", old.to_str().unwrap(), new.to_str().unwrap()]);
        assert_eq!((output.status.code(), out(&output)), (Some(2), String::new()));
    }
}

#[test]
fn every_format_says_it_and_text_keeps_to_80_columns() {
    let pairs = [
        ("tls-healthy", "tls-inspected"),
        ("dns-private-address", "dns-healthy-compared"),
        ("activesync-healthy-signed-in", "auth-rejected"),
        ("server-end-of-support", "server-end-of-support-and-behind"),
    ];
    for (old, new) in pairs {
        for lang in [Lang::En, Lang::De] {
            let wording = Wording { lang, ..WORDING };
            let compared = compare(&of(evidence(old), wording), &of(evidence(new), wording), wording);
            let (mut text, mut json, mut paper) = (Vec::new(), Vec::new(), Vec::new());
            write_comparison_text(&compared, (lang, Verbosity::Verbose), &mut text).unwrap();
            let text = String::from_utf8(text).unwrap();
            let wide = text.lines().filter(|line| line.chars().count() > 80 && !line.contains("https://"));
            assert_eq!(wide.count(), 0, "{text}");
            write_comparison_json(&compared, false, &mut json).unwrap();
            assert_eq!(serde_json::from_slice::<Comparison>(&json).unwrap(), compared);
            write_comparison_markdown(&compared, (lang, Verbosity::Normal), &mut paper).unwrap();
            assert!(String::from_utf8(paper).unwrap().starts_with("# "));
        }
    }
}
