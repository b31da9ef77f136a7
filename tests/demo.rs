//! Does the real check, over real sockets, name each fault that the lab plants, and nothing where there is none?

use exdiag::cli::{rehearse, verdict};
use exdiag::finding::{Lang, Outcome, Status};
use exdiag::lab::{LabOptions, find, scenarios};
use exdiag::protocol::session::read_query;
use exdiag::protocol::trusted;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Semaphore;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_planted_fault_is_the_first_cause_and_a_healthy_one_has_neither_warning_nor_failure() {
    let mut runs = tokio::task::JoinSet::new();
    // all at once would make loopback slower than any limit of a scenario
    let turns = Arc::new(Semaphore::new(16));
    for scenario in scenarios() {
        let turns = Arc::clone(&turns);
        // one in a hurry runs alone: its time is for what it plants, not for its neighbours
        let limit = scenario.options.iter().skip_while(|option| **option != "--max-time").nth(1);
        let is_hurried = limit.is_some_and(|seconds| seconds.parse::<f64>().unwrap() < 10.0);
        runs.spawn(async move {
            let _turn = turns.acquire_many(if is_hurried { 16 } else { 1 }).await;
            (scenario, rehearse(scenario, LabOptions::default()).await)
        });
    }
    let mut wrong = Vec::new();
    while let Some(run) = runs.join_next().await {
        let (scenario, run) = run.unwrap();
        let (diagnosis, journal) = run.unwrap();
        let (right, found) = verdict(scenario, &diagnosis);
        if !right {
            let all: Vec<_> = diagnosis.verdict().causes.iter().map(|c| c.finding.code.id).collect();
            wrong.push(format!("{}: expected {:?}, found {found:?} of {all:?}", scenario.name, scenario.expected));
        }
        // contract, section 5: only over TLS, only under the mailbox's domain or to the service named
        for entry in journal.iter().filter(|entry| entry.credential) {
            let own = entry.host.ends_with("corp.example") || entry.host.starts_with("api.nylas.example");
            // the cloud gets tokens, and never a password
            let cloud = trusted::is_microsoft(&entry.host) && entry.scheme.as_deref() == Some("Bearer");
            assert!(entry.tls && (own || cloud), "{}: a credential went to {entry:?}", scenario.name);
        }
        // contract, section 5: after a first 401 no further sign-in in that run
        let refused = journal.iter().filter(|e| e.credential && e.status == 401 && !e.host.contains("nylas")).count();
        assert!(refused <= 1, "{}: {refused} refused sign-ins", scenario.name);
        // section 4: the evidence is enough for replay
        let text = serde_json::to_string(&diagnosis.evidence).unwrap();
        let again = exdiag::replay(serde_json::from_str(&text).unwrap());
        let outcomes = |d: &exdiag::Diagnosis| -> Vec<String> {
            d.verdict().entries.iter().map(|entry| format!("{:?} {:?}", entry.outcome, entry.looked)).collect()
        };
        assert_eq!(outcomes(&diagnosis), outcomes(&again), "{}", scenario.name);
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_wrong_password_reaches_the_server_exactly_once() {
    let (_, journal) = rehearse(find("wrong-password").unwrap(), LabOptions::default()).await.unwrap();
    assert_eq!(journal.iter().filter(|entry| entry.credential).count(), 1, "{journal:#?}");
}

#[tokio::test]
async fn contract_5_a_front_with_its_own_way_to_refuse_gets_a_wrong_password_once_and_a_right_one_as_often_as_needed() {
    for name in ["sign-in-answered-403", "sign-in-answered-500", "sign-in-answered-503"] {
        let (diagnosis, journal) = rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap();
        assert_eq!(journal.iter().filter(|entry| entry.credential).count(), 1, "{name}: {journal:#?}");
        let verdict = diagnosis.verdict();
        let of = |id: &str| &verdict.entries.iter().find(|entry| entry.id == id).unwrap().outcome;
        let Outcome::Inconclusive { reason, .. } = of("activesync-session") else { panic!("{name}") };
        assert!(reason.say(Lang::En).contains("held back"), "{name}: {}", reason.say(Lang::En));
        assert_eq!(of("activesync").status(), Status::Pass, "{name}");
    }
    let behind = find("healthy-front-with-its-own-refusal").unwrap();
    let (_, journal) = rehearse(behind, LabOptions::default()).await.unwrap();
    let (_, plain) = rehearse(find("healthy-signed-in").unwrap(), LabOptions::default()).await.unwrap();
    let signed_in = |journal: &[exdiag::lab::Entry]| journal.iter().filter(|entry| entry.credential).count();
    assert_eq!(signed_in(&journal), signed_in(&plain));
}

#[tokio::test]
async fn no_password_makes_a_healthy_server_look_broken() {
    let healthy = find("healthy-signed-in").unwrap();
    let usual = ["mail", "1", "Sync", "MobileSync", "corp.example", "mail.corp.example", "Settings"];
    // RFC 7617, 2 and 2.1: whatever it holds, it is sent as it is, in UTF-8
    let odd = ["100 % sicher", "a:b::c:", "Grün Öl ß", "🔑 im 🏠", " am Rand ", "%41%3a", "x'\"\\\u{feff}"];
    for password in usual.into_iter().chain(odd) {
        let scenario = Box::leak(Box::new(healthy.clone().signed_in_with(password)));
        let (diagnosis, journal) = rehearse(scenario, LabOptions::default()).await.unwrap();
        assert!(journal.iter().any(|entry| entry.credential && entry.status == 200), "{password}: nobody signed in");
        assert_eq!(verdict(scenario, &diagnosis), (true, None), "{password}");
    }
}

#[tokio::test]
async fn house_4_behind_a_closed_door_the_connection_is_the_cause_and_silence_says_nothing_of_autodiscover() {
    for (name, explains, autodiscover) in [
        ("everything-closed", vec!["autodiscover.not-found"], Status::Fail),
        ("everything-silent", vec![], Status::Inconclusive),
    ] {
        let (diagnosis, _) = rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap();
        let verdict = diagnosis.verdict();
        let cause = &verdict.causes[0];
        assert_eq!((cause.check, &cause.explains), ("activesync", &explains), "{name}");
        assert_eq!(cause.finding.place.host.as_deref(), Some("mail.corp.example"), "{name}");
        let of = |id: &str| verdict.entries.iter().find(|entry| entry.id == id).unwrap().outcome.status();
        assert_eq!(of("autodiscover"), autodiscover, "{name}");
        assert_eq!(verdict.causes.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn ms_asprov_a_wipe_is_reported_and_never_acknowledged() {
    let (_, journal) = rehearse(find("wipe-requested").unwrap(), LabOptions::default()).await.unwrap();
    let commands: Vec<&str> = journal
        .iter()
        .filter(|entry| entry.method == "POST")
        .filter_map(|entry| entry.path.split_once("Cmd=").map(|(_, rest)| rest.split('&').next().unwrap()))
        .collect();
    assert_eq!(commands, ["FolderSync", "Provision"]);
}

#[tokio::test]
async fn nothing_in_the_mailbox_is_changed_only_these_commands_are_sent() {
    const READING: &[&str] = &["FolderSync", "GetItemEstimate", "Ping", "Provision", "Settings", "Sync"];
    let mut sent = BTreeSet::new();
    for name in
        ["healthy-without-policy", "healthy-short-pings", "policy-refused", "device-quarantined", "plain-query-blocked"]
    {
        let (_, journal) = rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap();
        for entry in journal.iter().filter(|entry| entry.method == "POST" && entry.path.contains("ActiveSync?")) {
            let query = entry.path.split_once('?').unwrap().1;
            sent.insert(read_query(query).unwrap().command);
        }
    }
    assert_eq!(sent.iter().map(String::as_str).collect::<Vec<_>>(), READING);
}

#[tokio::test]
async fn contract_5_after_a_401_within_the_session_nobody_signs_in_again() {
    let (_, journal) = rehearse(find("sign-in-lost").unwrap(), LabOptions::default()).await.unwrap();
    let signed: Vec<u16> = journal
        .iter()
        .filter(|entry| entry.credential && entry.path.contains("ActiveSync"))
        .map(|entry| entry.status)
        .collect();
    assert_eq!(signed, [200, 401]);
}

#[tokio::test]
async fn ms_ashttp_a_451_is_followed_once_to_where_the_credentials_may_go() {
    let (diagnosis, journal) = rehearse(find("moved-within").unwrap(), LabOptions::default()).await.unwrap();
    let at = |host: &str| journal.iter().filter(|e| e.host == host && e.method == "POST" && e.credential).count();
    assert_eq!((at("mail.corp.example") > 0, at("mail2.corp.example") > 4), (true, true));
    let verdict = diagnosis.verdict();
    let session = verdict.entries.iter().find(|entry| entry.id == "activesync-session").unwrap();
    let codes: Vec<_> = session.outcome.findings().iter().map(|finding| finding.code.id).collect();
    assert_eq!(codes, ["activesync.wrong-mailbox-server", "activesync.device-left"]);

    let elsewhere = find("moved-to-the-cloud").unwrap();
    let (_, journal) = rehearse(elsewhere, LabOptions::default()).await.unwrap();
    assert!(journal.iter().all(|entry| !entry.credential || entry.host.ends_with("corp.example")));
}

#[tokio::test]
async fn ms_ashttp_what_is_refused_in_the_plain_form_is_asked_in_base64_from_then_on() {
    let (_, journal) = rehearse(find("plain-query-blocked").unwrap(), LabOptions::default()).await.unwrap();
    let posts = journal.iter().filter(|e| e.method == "POST" && e.path.contains("ActiveSync?"));
    let forms: Vec<(bool, u16)> = posts.map(|entry| (entry.path.contains("Cmd="), entry.status)).collect();
    assert_eq!((forms[0], forms[1..].iter().all(|form| *form == (false, 200))), ((true, 403), true), "{forms:?}");
}

#[tokio::test]
async fn of_a_session_nothing_private_is_recorded() {
    let (diagnosis, journal) = rehearse(find("healthy-signed-in").unwrap(), LabOptions::default()).await.unwrap();
    let commands = journal.iter().filter(|entry| entry.path.contains("DeviceId=EXDIAG0000000001&DeviceType=exdiag"));
    assert_eq!(commands.filter(|entry| entry.status == 200).count(), 7);
    let text = serde_json::to_string(&diagnosis.evidence).unwrap();
    assert!(text.contains("2026-11-22T18:05:11Z"));
    // the names of the usual folders are everybody's, those of the others the user's
    assert!(text.contains("Posteingang"));
    for private in ["Seeblick", "Kündigung", "K\\u00fcndigung", "Kalender"] {
        assert!(!text.contains(private), "{private}");
    }
}
