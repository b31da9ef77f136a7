//! Is what has not been proven left untold? Recorded cases, each with the one fact changed that proves it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/record.rs"]
mod record;

use exdiag::evidence::Evidence;
use exdiag::finding::{Finding, Severity};
use serde_json::{Value, json};
use std::path::Path;

/// A recorded case, changed record by record.
fn changed(case: &str, change: impl Fn(&mut Vec<Value>)) -> Evidence {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    let mut evidence: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(evidence.get_mut("records").unwrap().as_array_mut().unwrap());
    exdiag::report::read(evidence.to_string().as_bytes()).unwrap().remove(0)
}

fn findings(evidence: &Evidence) -> Vec<Finding> {
    let diagnosis = exdiag::replay(evidence.clone());
    let verdict = diagnosis.verdict();
    verdict.entries.iter().flat_map(|entry| entry.outcome.findings()).cloned().collect()
}

#[test]
fn a_servfail_that_passes_is_no_broken_dnssec() {
    let why = |evidence: &Evidence| {
        findings(evidence).iter().find(|f| f.code.id == "dns.server-failure").unwrap().data["why"].clone()
    };
    let bogus = changed("dns-server-failure-dnssec", |_| {});
    assert_eq!(why(&bogus), "dnssec");
    // asked a second time, it answers with validation too
    let passing = changed("dns-server-failure-dnssec", |records| {
        let unchecked = records.iter().filter(|r| r["id"].as_str().unwrap().ends_with("@unchecked"));
        let again: Vec<Value> = unchecked
            .map(|record| {
                let mut record = record.clone();
                record["id"] = json!(record["id"].as_str().unwrap().replace("@unchecked", "@wire"));
                record["probe"]["via"] = json!({"by": "wire"});
                record
            })
            .collect();
        records.extend(again);
    });
    assert_eq!(why(&passing), "passing");
    record::record("dns-server-failure-passing", &passing);
}

#[test]
fn rfc8914_name_servers_that_only_this_machine_cannot_reach_do_not_break_the_delegation() {
    let is_told = |evidence: &Evidence| findings(evidence).iter().any(|f| f.code.id == "dns.delegation-broken");
    assert!(is_told(&changed("dns-delegation-broken-silent", |_| {})));
    // the resolver does not say that it reaches none of them: the firewall here may be to blame
    let silent = changed("dns-delegation-broken-silent", |records| {
        for record in records.iter_mut() {
            if let Some(answer) = record["seen"]["answer"].as_object_mut() {
                answer.remove("extended_errors");
            }
        }
    });
    assert!(!is_told(&silent));
    record::record("dns-server-failure-name-servers-silent-here", &silent);
}

#[test]
fn that_a_providers_start_page_fails_does_not_keep_users_from_signing_in() {
    let is_told = |evidence: &Evidence| findings(evidence).iter().any(|f| f.code.id == "auth.federation-unreachable");
    let answering = |status: u16| {
        changed("auth-federation-unreachable", move |records| {
            let provider =
                records.iter_mut().find(|r| r["id"] == "http:GET:https://sts.corp.example/adfs/ls/").unwrap();
            provider["seen"] = json!({
                "kind": "http", "address": "203.0.113.30", "verified": true, "timing": {},
                "outcome": {"result": "response", "status": status, "headers": [], "body": {"text": "", "length": 0, "truncated": false}},
            });
        })
    };
    // AD FS answers a request without parameters so; a gateway that finds nobody behind is something else
    assert!(!is_told(&answering(500)));
    assert!(is_told(&answering(503)));
    record::record("auth-healthy-provider-says-500", &answering(500));
}

#[test]
fn rfc6585_429_to_options_is_a_pause_and_no_refusal() {
    let slow = changed("activesync-healthy-anonymous", |records| {
        for record in records.iter_mut().filter(|r| r["id"].as_str().unwrap().contains("/Microsoft-Server-ActiveSync"))
        {
            record["seen"]["outcome"] = json!({
                "result": "response", "status": 429, "headers": [["retry-after", "60"]],
                "body": {"text": "", "length": 0, "truncated": false},
            });
        }
    });
    let found = findings(&slow);
    let throttled = found.iter().find(|f| f.code.id == "activesync.throttled");
    assert_eq!(throttled.map(|f| f.severity), Some(Severity::Warn), "{found:?}");
    record::record("activesync-throttled-before-the-sign-in", &slow);
}

#[test]
fn rfc4592_only_a_wildcard_is_said_to_answer_where_a_name_below_shows_it() {
    let source = |case: &str, change: fn(&mut Vec<Value>)| {
        let found = findings(&changed(case, change));
        found.iter().find(|f| f.code.id == "dns.wildcard").map(|f| f.data["source"].clone())
    };
    assert_eq!(source("dns-wildcard-alone", |_| {}), Some(json!("wildcard")));
    let without_the_name_below = |records: &mut Vec<Value>| {
        records.retain(|r| !r["id"].as_str().unwrap().contains("exdiag-no-such-host.autodiscover."));
    };
    assert_eq!(source("dns-wildcard-alone", without_the_name_below), Some(json!("wildcard-or-own")));
    // that name leads elsewhere, which the wildcard beside it does not explain
    let another_below = |records: &mut Vec<Value>| {
        for record in records.iter_mut().filter(|r| r["id"].as_str().unwrap().contains("such-host.autodiscover.")) {
            *record = serde_json::from_str(&record.to_string().replace("203.0.113.80", "203.0.113.81")).unwrap();
        }
    };
    assert_eq!(source("dns-wildcard-alone", another_below), Some(json!("wildcard-or-own")));
    assert_eq!(source("dns-own-record-beside-a-wildcard", |_| {}), None);
}

#[test]
fn that_an_internal_name_resolves_here_does_not_make_it_one_for_clients_outside() {
    let resolving = changed("autodiscover-ews-external-url-missing", |records| {
        let own = records.iter().filter(|r| {
            ["dns:A:autodiscover.corp.example", "dns:AAAA:autodiscover.corp.example"]
                .contains(&r["id"].as_str().unwrap())
        });
        let own: Vec<Value> = own.cloned().collect();
        assert!(!own.is_empty());
        records.extend(own.iter().map(|record| {
            let inside = record.to_string().replace("autodiscover.corp.example", "ex01.corp.local");
            serde_json::from_str::<Value>(&inside).unwrap()
        }));
    });
    let found = findings(&resolving);
    let told = found.iter().find(|f| f.code.id == "autodiscover.ews-external-url-missing");
    assert_eq!(told.map(|f| f.severity), Some(Severity::Warn), "{found:?}");
}

#[test]
fn an_account_of_the_old_api_is_told_only_where_it_is_the_one_that_was_named() {
    let is_told = |evidence: &Evidence| findings(evidence).iter().any(|f| f.code.id == "sync.account-stopped");
    assert!(is_told(&changed("sync-account-stopped", |_| {})));
    // the key belongs to another account
    let other = changed("sync-account-stopped", |records| {
        let account = records.iter_mut().find(|r| r["id"].as_str().unwrap().starts_with("service:account@")).unwrap();
        let body = &mut account["seen"]["outcome"]["body"]["text"];
        let mut said: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
        for id in ["id", "account_id"] {
            said[id] = json!("another");
        }
        *body = json!(said.to_string());
    });
    assert!(!is_told(&other));
    assert!(findings(&other).iter().any(|f| f.code.id == "sync.grant-unknown"));
}

#[test]
fn a_way_that_says_nothing_is_not_called_a_wrong_way_to_the_cloud() {
    let is_told =
        |evidence: &Evidence| findings(evidence).iter().any(|f| f.code.id == "dns.exchange-online-target-wrong");
    assert!(is_told(&changed("dns-exchange-online-target-missing", |_| {})));
    let silent = changed("dns-exchange-online-target-missing", |records| {
        for record in records.iter_mut().filter(|r| r["probe"]["name"] == "autodiscover.corp.example") {
            record["seen"] = json!({"kind": "dns", "failures": [{"server": "192.0.2.53:53", "why": "timeout"}]});
        }
    });
    assert!(!is_told(&silent), "{:?}", findings(&silent));
    // half an answer: the other half may have been an address
    let half = changed("dns-exchange-online-target-missing", |records| {
        for record in records.iter_mut().filter(|r| r["probe"]["name"] == "autodiscover.corp.example") {
            record["seen"] = if record["id"] == "dns:A:autodiscover.corp.example" {
                json!({"kind": "dns", "failures": [{"server": "192.0.2.53:53", "why": "timeout"}]})
            } else {
                let mut seen = record["seen"].clone();
                seen["answer"]["rcode"] = json!("NOERROR");
                seen
            };
        }
    });
    assert!(!is_told(&half), "{:?}", findings(&half));
    // the one way that there is may be the company's own server, and says nothing either
    let unheard = changed("dns-exchange-online-target-missing", |records| {
        let root =
            records.iter_mut().find(|r| r["id"] == "http:POST:https://corp.example/autodiscover/autodiscover.xml");
        let failed = json!({"result": "failed", "phase": "connect", "kind": {"what": "timeout"}});
        root.unwrap()["seen"] = json!({"kind": "http", "outcome": failed, "timing": {}});
    });
    assert!(!is_told(&unheard), "{:?}", findings(&unheard));
}

#[test]
fn a_web_host_that_fails_is_not_taken_for_the_companys_own_exchange_that_is_down() {
    let misled = |server: &'static str| {
        let evidence = changed("net-refused-hybrid", move |records| {
            let at = "https://autodiscover.corp.example/autodiscover/";
            for record in records.iter_mut().filter(|r| r["id"].as_str().unwrap().contains(at)) {
                record["seen"] = json!({
                    "kind": "http", "address": "203.0.113.7", "verified": true, "timing": {},
                    "outcome": {"result": "response", "status": 503, "headers": [["server", server]], "body": {"text": "", "length": 0, "truncated": false}},
                });
            }
        });
        findings(&evidence).iter().any(|f| f.code.id == "dns.exchange-online-target-wrong")
    };
    // http.sys in place of an application pool that is stopped
    assert!(!misled("Microsoft-HTTPAPI/2.0"));
    assert!(misled("nginx"));
}
