//! Does a credential ever arrive where it should not, and is an account ever tried twice (contract, section 5)?
//!
//! Every scenario of the lab is an adversary here: redirects to foreign hosts and to http, look-alikes,
//! certificates of others, fronts that answer anything; each with a wrong password and with a token.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::cli::rehearse;
use exdiag::evidence::{HttpOutcome, Probe, Seen, Subject};
use exdiag::gather::Settings;
use exdiag::gather::auth::Secrets;
use exdiag::lab::{Entry, LabOptions, Scenario, find, scenarios};
use exdiag::protocol::trusted;
use exdiag::report::SentKind;
use exdiag::runner::Limits;
use exdiag::{Diagnosis, diagnose};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

const WRONG: &str = "Sommer:Sonne-1999";
const TOKEN: &str = "EwB4A8l6BAAUopaqueTokenOfNobody";

type Place = (String, u16);

/// Where credentials arrived, the sync service's key apart.
fn arrived(journal: &[Entry]) -> Vec<&Entry> {
    journal.iter().filter(|entry| entry.credential && !entry.host.contains("nylas")).collect()
}

/// What is wrong with a run, by the promises of section 5.
fn broken(diagnosis: &Diagnosis, journal: &[Entry]) -> Vec<String> {
    let mut wrong = Vec::new();
    let arrived = arrived(journal);
    for entry in &arrived {
        let own = trusted::is_under(&entry.host, "corp.example");
        let cloud = trusted::is_microsoft(&entry.host) && entry.scheme.as_deref() == Some("Bearer");
        if !entry.tls || !(own || cloud) {
            wrong.push(format!("a credential went to {entry:?}"));
        }
    }
    let refused = arrived.iter().filter(|entry| entry.status == 401).count();
    if refused > 1 {
        wrong.push(format!("{refused} refused sign-ins"));
    }
    let verdict = diagnosis.verdict();
    let told: BTreeSet<Place> = verdict
        .credentials_sent_to()
        .into_iter()
        .filter(|sent| sent.credential != SentKind::ServiceKey)
        .map(|sent| (sent.host, sent.port))
        .collect();
    let seen: BTreeSet<Place> = arrived.iter().map(|entry| (entry.host.clone(), entry.port)).collect();
    wrong.extend(seen.difference(&told).map(|place| format!("the report does not tell of {place:?}")));
    let mut unanswered: BTreeSet<Place> = BTreeSet::new();
    for (probe, record) in &verdict.evidence.records {
        let (Probe::Http(http), Seen::Http(found)) = (probe, &record.seen) else { continue };
        if found.credential_sent.is_none() {
            continue;
        }
        if found.verified != Some(true) {
            wrong.push(format!("a credential over an unverified connection: {probe}"));
        }
        let url = url::Url::parse(&http.url).unwrap();
        if matches!(found.outcome, HttpOutcome::Failed(_)) {
            unanswered.insert((url.host_str().unwrap().to_owned(), url.port_or_known_default().unwrap()));
        }
    }
    let open = verdict.evidence.left_open.iter().filter_map(|open| url::Url::parse(&open.url).ok());
    unanswered.extend(open.map(|url| (url.host_str().unwrap().to_owned(), url.port_or_known_default().unwrap())));
    // what a server took without an answer it may have taken without a look
    let invented = told.difference(&seen).filter(|place| !unanswered.contains(*place));
    wrong.extend(invented.map(|place| format!("the report tells of {place:?}, where nothing arrived")));
    wrong
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contract_5_wherever_a_run_is_led_no_credential_goes_astray_and_none_is_refused_twice() {
    let mut runs = tokio::task::JoinSet::new();
    let turns = Arc::new(Semaphore::new(16));
    for scenario in scenarios() {
        for by_token in [false, true] {
            let turns = Arc::clone(&turns);
            let mut scenario = scenario.clone();
            scenario.password = (!by_token).then_some(WRONG);
            scenario.token = by_token.then(|| TOKEN.to_owned());
            let scenario: &'static Scenario = Box::leak(Box::new(scenario));
            runs.spawn(async move {
                let _turn = turns.acquire().await;
                (scenario, by_token, rehearse(scenario, LabOptions::default()).await)
            });
        }
    }
    let (mut wrong, mut tried) = (Vec::new(), [0, 0]);
    while let Some(run) = runs.join_next().await {
        let (scenario, by_token, run) = run.unwrap();
        let (diagnosis, journal) = run.unwrap();
        wrong.extend(broken(&diagnosis, &journal).iter().map(|what| format!("{} {by_token}: {what}", scenario.name)));
        let secrets = [WRONG, TOKEN];
        let text = serde_json::to_string(&diagnosis.evidence).unwrap();
        assert!(!secrets.iter().any(|secret| text.contains(secret)), "{}", scenario.name);
        if !arrived(&journal).is_empty() {
            *tried.get_mut(usize::from(by_token)).unwrap() += 1;
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // a promise kept by never signing in would be none
    assert!(tried.iter().all(|count| *count > 5), "{tried:?}");
}

#[tokio::test]
async fn contract_5_named_adversaries_get_nothing() {
    for name in
        ["foreign-redirect", "redirect-insecure", "srv-look-alike", "self-signed", "name-mismatch", "cloud-impostor"]
    {
        let mut scenario = find(name).unwrap().clone();
        scenario.password = Some(WRONG);
        let scenario: &'static Scenario = Box::leak(Box::new(scenario));
        let (diagnosis, journal) = rehearse(scenario, LabOptions::default()).await.unwrap();
        assert_eq!(broken(&diagnosis, &journal), Vec::<String>::new(), "{name}");
        for entry in arrived(&journal) {
            let own = ["mail.corp.example", "autodiscover.corp.example", "corp.example"].contains(&entry.host.as_str());
            assert!(own && entry.tls, "{name}: {entry:?}");
        }
    }
}

#[tokio::test]
async fn contract_5_a_token_that_cannot_work_is_not_sent_at_all() {
    for name in ["token-expired", "token-for-graph"] {
        let (diagnosis, journal) = rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap();
        assert_eq!(arrived(&journal), Vec::<&Entry>::new(), "{name}");
        assert_eq!(diagnosis.verdict().credentials_sent_to().len(), 0, "{name}");
    }
}

#[tokio::test]
async fn the_hello_of_ntlm_names_nobody_and_tells_the_form_of_the_name() {
    let (diagnosis, journal) = rehearse(find("name-form").unwrap(), LabOptions::default()).await.unwrap();
    let hellos: Vec<&Entry> = journal.iter().filter(|entry| entry.scheme.as_deref() == Some("NTLM")).collect();
    assert!(hellos.len() == 1 && hellos.iter().all(|entry| !entry.credential), "{hellos:?}");
    assert_eq!(arrived(&journal).len(), 1, "one try, and no second form");
    let verdict = diagnosis.verdict();
    let findings = verdict.entries.iter().flat_map(|entry| entry.outcome.findings());
    let hint = findings.into_iter().find(|finding| finding.code.id == "auth.name-form").unwrap();
    assert_eq!(hint.data.get("name").unwrap(), "CORP\\anna");
    assert_eq!(hint.data.get("forms").unwrap(), &serde_json::json!(["CORP\\anna", "anna@corp.local"]));
}

/// A proxy that wants a password of its own, whatever comes, and notes what it is told.
fn greedy_proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap().to_string();
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut buffer = [0; 8192];
            let length = stream.read(&mut buffer).unwrap_or(0);
            noted.lock().unwrap().push(String::from_utf8_lossy(buffer.get(..length).unwrap()).into_owned());
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"proxy\"\r\n\
                          WWW-Authenticate: Basic realm=\"mail.corp.example\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (at, heads)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contract_5_a_proxy_that_asks_for_basic_gets_its_own_password_alone() {
    for (password, token) in [(Some(WRONG), None), (None, Some(TOKEN))] {
        let (at, heads) = greedy_proxy();
        let secrets = Secrets::from_parts(password, token, None);
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some("mail.corp.example".parse().unwrap());
        subject.credential = secrets.credential();
        subject.selected = ["auth-status", "autodiscover", "activesync"].map(str::to_owned).to_vec();
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let settings = Settings {
            name_servers: Some(vec![closed]),
            proxy: Some(format!("http://anna:proxy-eigenes@{at}")),
            connect_timeout: Duration::from_secs(2),
            ..Settings::default()
        };
        let limits = Limits { deadline: Duration::from_secs(20) };
        let diagnosis =
            diagnose(subject, settings, secrets, limits, std::future::pending(), &mut |_| {}).await.unwrap();
        assert_eq!(diagnosis.verdict().credentials_sent_to().len(), 0);
        let heads = heads.lock().unwrap();
        assert!(!heads.is_empty(), "nobody asked the proxy");
        for head in heads.iter() {
            let lower = head.to_ascii_lowercase();
            let own = lower.lines().filter(|line| line.starts_with("authorization:")).count();
            assert_eq!(own, 0, "{head}");
            assert!(!head.contains(TOKEN) && !head.contains("U29tbWVy"), "{head}");
        }
    }
}
