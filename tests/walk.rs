//! Is every host on the way to the mailbox judged, and the mailbox's own server told from the one in front?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/looked.rs"]
mod looked;
#[path = "support/record.rs"]
mod record;

use exdiag::cli::rehearse;
use exdiag::finding::{Finding, Owner, Remedy, Severity};
use exdiag::lab::{Entry, LabOptions, find};
use serde_json::json;

async fn run(name: &str) -> (exdiag::Diagnosis, Vec<Entry>) {
    rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap()
}

fn of_code(diagnosis: &exdiag::Diagnosis, code: &str) -> Vec<Finding> {
    let verdict = diagnosis.verdict();
    let all = verdict.entries.iter().flat_map(|entry| entry.outcome.findings());
    all.filter(|finding| finding.code.id == code).cloned().collect()
}

#[tokio::test]
async fn rfc8305_dead_ipv6_is_told_of_every_host_on_the_way_once_with_the_time_that_the_dns_keeps_it() {
    for (case, name, check, names) in [
        (
            "net-ipv6-dead-of-two-names",
            "ipv6-dead",
            "activesync",
            json!(["mail.corp.example", "autodiscover.corp.example"]),
        ),
        ("net-ipv6-dead-of-autodiscover", "autodiscover-ipv6-dead", "activesync", json!(["autodiscover.corp.example"])),
        ("net-ipv6-dead-of-ews", "ews-ipv6-dead", "server-version", json!(["ews.corp.example"])),
    ] {
        let (diagnosis, _) = run(name).await;
        let found = of_code(&diagnosis, "net.ipv6-dead");
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!((found[0].severity, &found[0].data["names"]), (Severity::Warn, &names), "{name}");
        assert_eq!(found[0].data["cached"]["en"], "the old answer is cached for up to 5 minutes", "{name}");
        assert!(!found[0].evidence.is_empty(), "{name}");
        record::record(case, &looked::at(&diagnosis, &["autodiscover", check]));
    }
}

#[tokio::test]
async fn a_dead_address_that_several_names_share_is_one_dead_machine() {
    let (diagnosis, _) = run("dead-address").await;
    let found = of_code(&diagnosis, "net.address-dead");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].data["names"], json!(["mail.corp.example", "autodiscover.corp.example"]));
    assert_eq!(found[0].data["cached"]["de"], "die alte Antwort bleibt bis zu 5 Minuten im Cache");
}

#[tokio::test]
async fn the_server_with_the_mailbox_is_told_after_the_sign_in_and_one_update_apart_is_no_alarm() {
    for (case, name, severity) in [
        ("server-mailbox-server-differs", "mailbox-server-forgotten", Severity::Warn),
        ("server-healthy-mailbox-server-ahead", "healthy-mailbox-server-ahead", Severity::Info),
    ] {
        let (diagnosis, _) = run(name).await;
        let found = of_code(&diagnosis, "server.mailbox-server-differs");
        assert_eq!(found.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [severity], "{name}");
        record::record(case, &looked::at(&diagnosis, &["server-version"]));
    }
    let (same, _) = run("healthy-signed-in").await;
    assert!(of_code(&same, "server.mailbox-server-differs").is_empty());
    let told = of_code(&same, "server.identified")[0].data["versions"].clone();
    let source = |version: &serde_json::Value| version["source"] == "Autodiscover ServerVersion";
    assert!(told.as_array().unwrap().iter().any(source), "{told}");
    // without a sign-in nobody says
    assert!(of_code(&run("mailbox-server-forgotten").await.0, "server.end-of-support").is_empty());
}

/// The commands that a finding ends with.
fn commands(finding: &Finding) -> String {
    let steps = finding.remedy.map_or(finding.code.steps, |case| case.steps);
    steps.iter().flat_map(|step| step.commands).map(|command| command.text).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn where_every_road_ends_in_vain_whoever_answers_there_has_to_act() {
    for (name, owner, command) in [
        ("autodiscover-directory-gone", Owner::Exchange, "Remove-AutodiscoverVirtualDirectory"),
        ("proxy-without-autodiscover", Owner::Network, "proxy_pass"),
        ("hoster-certificate", Owner::Dns, "return 302"),
        ("alias-domain-without-record", Owner::Dns, "return 302"),
        ("everything-closed", Owner::Network, "exdiag autodiscover {mailbox} -v"),
    ] {
        let (diagnosis, _) = run(name).await;
        let found = of_code(&diagnosis, "autodiscover.not-found").remove(0);
        assert_eq!(found.owner, owner, "{name}");
        assert!(commands(&found).contains(command), "{name}: {}", commands(&found));
        let is_listed = |case: &Remedy| found.code.cases.iter().any(|listed| std::ptr::eq(*listed, case));
        assert!(found.remedy.is_none_or(is_listed), "{name}");
    }
}

#[tokio::test]
async fn nobody_is_sent_to_repair_a_server_of_his_own_that_is_microsofts() {
    for (name, is_clouds) in [("exchange-online-alias-closed", true), ("hybrid-closed", false)] {
        let (diagnosis, _) = run(name).await;
        let found = of_code(&diagnosis, "net.refused").remove(0);
        assert_eq!(commands(&found).contains("servicehealth"), is_clouds, "{name}: {}", commands(&found));
        assert_eq!(commands(&found).contains("W3SVC"), !is_clouds, "{name}: {}", commands(&found));
    }
}

#[tokio::test]
async fn guardicore_autodiscover_of_the_top_level_domain_is_sent_nothing() {
    let (diagnosis, journal) = run("autodiscover-of-the-top-level-domain").await;
    assert!(journal.iter().all(|entry| entry.host != "autodiscover.example"), "{journal:#?}");
    let asked = diagnosis.evidence.records.keys().map(ToString::to_string);
    assert!(asked.into_iter().all(|id| !id.contains("autodiscover.example")));
}

#[tokio::test]
async fn what_the_lab_shows_of_names_is_recorded() {
    for (case, name) in [
        ("autodiscover-root-domain-certificate", "root-domain-certificate"),
        ("dns-no-autodiscover-record-of-an-alias-domain", "alias-domain-without-record"),
        ("dns-no-autodiscover-record-stranger-above", "autodiscover-of-the-top-level-domain"),
    ] {
        let (diagnosis, _) = run(name).await;
        record::record(case, &looked::at(&diagnosis, &["dns", "autodiscover"]));
    }
}
