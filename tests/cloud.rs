//! What is asked of Microsoft's cloud, of whom, and what is not?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/looked.rs"]
mod looked;
#[path = "support/record.rs"]
mod record;

use exdiag::cli::rehearse;
use exdiag::evidence::{Probe, SignIn, View};
use exdiag::finding::Severity;
use exdiag::lab::{Entry, LabOptions, find};
use exdiag::protocol::cloud::{Hosted, membership, of_host};
use exdiag::protocol::endpoint::endpoint;
use exdiag::protocol::trusted::is_login;

async fn run(name: &str) -> (exdiag::Diagnosis, Vec<Entry>) {
    rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap()
}

/// The addresses of the cloud's sign-in that were to be asked.
fn sign_in(diagnosis: &exdiag::Diagnosis) -> Vec<String> {
    let probes = diagnosis.evidence.records.keys().filter_map(|probe| match probe {
        Probe::Http(http) if probe.host().is_some_and(|host| is_login(&host)) => {
            assert_eq!(http.sign_in, SignIn::None, "{}", http.url);
            Some(http.url.clone())
        }
        _ => None,
    });
    probes.collect()
}

#[tokio::test]
async fn adr_11_the_domain_is_asked_about_with_a_made_up_user_and_without_credentials() {
    for name in ["healthy-exchange-online", "healthy-exchange-online-federated", "moved-to-the-cloud"] {
        let (diagnosis, journal) = run(name).await;
        let asked = sign_in(&diagnosis);
        assert_eq!(asked.len(), 2, "{name}: {asked:?}");
        assert!(asked.iter().all(|url| !url.contains("anna")), "{name}: {asked:?}");
        let to_cloud = |entry: &&Entry| is_login(&entry.host) || entry.host.starts_with("sts.");
        let (met, of_it): (Vec<_>, Vec<_>) = (journal.iter().filter(to_cloud).collect(), asked);
        assert!(met.len() >= of_it.len() && met.iter().all(|entry| entry.tls && !entry.credential), "{name}: {met:?}");
        assert!(met.iter().all(|entry| !entry.path.contains("anna")), "{name}: {met:?}");
    }
}

#[tokio::test]
async fn adr_11_where_nothing_points_to_the_cloud_it_is_not_asked() {
    for name in ["healthy", "healthy-srv", "no-autodiscover", "port-closed"] {
        let (diagnosis, _) = run(name).await;
        assert_eq!(sign_in(&diagnosis), Vec::<String>::new(), "{name}");
    }
}

#[tokio::test]
async fn adr_11_nothing_is_sent_to_a_sign_in_that_is_not_verified_and_nothing_follows_from_it() {
    let (diagnosis, journal) = run("cloud-impostor").await;
    assert!(!sign_in(&diagnosis).is_empty());
    assert!(journal.iter().all(|entry| !is_login(&entry.host)), "{journal:#?}");
    let codes: Vec<&str> = diagnosis
        .verdict()
        .entries
        .iter()
        .flat_map(|entry| entry.outcome.findings())
        .map(|finding| finding.code.id)
        .collect();
    assert!(!codes.iter().any(|code| code.starts_with("auth.realm-")), "{codes:?}");
}

#[tokio::test]
async fn adr_11_one_question_says_where_the_mailbox_is_whoever_wants_to_know() {
    for (name, host, hosted) in [
        ("healthy-exchange-online", "autodiscover-s.outlook.com", Hosted::Here),
        ("exchange-online-no-record", "autodiscover-s.outlook.com", Hosted::Here),
        ("exchange-online-target", "autodiscover-s.outlook.com", Hosted::Here),
        ("cloud-too-early", "autodiscover-s.outlook.com", Hosted::Elsewhere("autodiscover.corp.example".to_owned())),
        ("healthy-hybrid", "outlook.office365.com", Hosted::Elsewhere("autodiscover.corp.example".to_owned())),
        // the names lead to another cloud than the one that knows the domain
        ("exchange-online-other-cloud", "outlook.office365.us", Hosted::Here),
    ] {
        let (diagnosis, _) = run(name).await;
        let asked = diagnosis.evidence.records.keys().filter(|probe| match probe {
            Probe::Http(http) => http.url.contains("Protocol=ActiveSync"),
            _ => false,
        });
        let asked: Vec<String> = asked.filter_map(Probe::host).filter(|host| of_host(host).is_some()).collect();
        let known = if host == "outlook.office365.us" { vec!["autodiscover-s.outlook.com", host] } else { vec![host] };
        assert_eq!(asked, known, "{name}");
        let member = membership(&View::new(&diagnosis.evidence)).unwrap().unwrap();
        assert_eq!(member.hosted, hosted, "{name}");
        assert_eq!(
            member.hosted_probe.map(Probe::Http).as_ref().and_then(Probe::host).as_deref(),
            Some(host),
            "{name}"
        );
    }
}

#[tokio::test]
async fn where_the_domain_leads_to_a_host_of_its_own_that_is_silent_the_server_is_that_one() {
    for (name, host) in [
        ("hybrid-closed", "mail.corp.example"),
        ("hybrid-silent", "mail.corp.example"),
        // of those whose mailboxes are in the cloud nothing leads to a host of their own, or it answers
        ("healthy-exchange-online", "outlook.office365.com"),
        ("healthy-exchange-online-federated", "outlook.office365.com"),
        ("exchange-online-no-record", "outlook.office365.com"),
        ("exchange-online-alias-closed", "outlook.office365.com"),
        ("exchange-online-target", "outlook.office365.com"),
    ] {
        let (diagnosis, _) = run(name).await;
        let known = endpoint(&View::new(&diagnosis.evidence)).unwrap().unwrap();
        assert_eq!(known.host, host, "{name}");
    }
}

/// The severity of `dns.mailbox-claimed-twice`, where it is told.
fn claimed_twice(diagnosis: &exdiag::Diagnosis) -> Option<Severity> {
    let entries = diagnosis.verdict().entries;
    let mut findings = entries.iter().flat_map(|entry| entry.outcome.findings());
    findings.find(|finding| finding.code.id == "dns.mailbox-claimed-twice").map(|finding| finding.severity)
}

#[tokio::test]
async fn a19_that_the_cloud_answers_for_a_mailbox_is_a_hint_until_its_user_has_signed_in_elsewhere() {
    for (name, severity) in [
        ("healthy-hybrid-claimed", Some(Severity::Info)),
        ("claimed-twice", Some(Severity::Warn)),
        ("healthy-hybrid", None),
        ("hybrid-closed", None),
    ] {
        assert_eq!(claimed_twice(&run(name).await.0), severity, "{name}");
    }
}

#[tokio::test]
async fn what_the_lab_shows_is_recorded() {
    for (case, name, checks) in [
        ("dns-healthy-hybrid-claimed", "healthy-hybrid-claimed", &["dns"][..]),
        ("autodiscover-app-only-token", "app-only-token", &["autodiscover", "auth-status"]),
        ("dns-mailbox-claimed-twice", "claimed-twice", &["dns"]),
        ("net-refused-hybrid", "hybrid-closed", &["dns", "autodiscover", "activesync", "tls-chain"]),
        ("net-timeout-hybrid", "hybrid-silent", &["dns", "autodiscover", "activesync", "tls-chain"]),
    ] {
        let evidence = looked::at(&run(name).await.0, checks);
        assert!(!evidence.records.is_empty());
        record::record(case, &evidence);
    }
}
