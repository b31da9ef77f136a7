//! What is asked of Microsoft's cloud, of whom, and what is not?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::cli::rehearse;
use exdiag::evidence::{Probe, SignIn};
use exdiag::lab::{Entry, LabOptions, find};
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
