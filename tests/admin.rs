//! Are an administrator's exports joined with what the wire shows?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/pki.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod pki;
#[path = "support/record.rs"]
mod record;
#[path = "support/scene.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod scene;

use exdiag::evidence::http::Timing;
use exdiag::evidence::{
    Body, CasMailbox, Content, Credential, Device, Evidence, Export, ExportKind, ExportSeen, HttpOutcome, HttpProbe,
    HttpSeen, NoAnswer, Probe, Record, Response, Seen, SignIn,
};
use exdiag::finding::{Finding, Severity, Status};
use exdiag::protocol::ews::{Answer, Reply, render};
use record::record;
use scene::Scene;
use std::net::IpAddr;

const HOST: &str = "mail.corp.example";
const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;
const ALL: &[&str] = &["last-sync", "activesync", "activesync-session", "server-version"];

fn answer(status: u16, headers: &[(&str, &str)], text: &str) -> HttpOutcome {
    let marks = [("server", "Microsoft-IIS/10.0"), ("x-feserver", "EX01"), ("x-owa-version", "15.2.2562.46")];
    HttpOutcome::Response(Response {
        status,
        headers: marks.iter().chain(headers).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
    })
}

/// What the server says to whoever signs in: the status of ActiveSync, and of EWS.
#[derive(Debug, Clone, Copy)]
struct Wire {
    signs_in: bool,
    activesync: u16,
    ews: u16,
}

const ANONYMOUS: Wire = Wire { signs_in: false, activesync: 401, ews: 401 };

fn exchange(http: &HttpProbe, wire: Wire) -> HttpOutcome {
    let path = url::Url::parse(&http.url).unwrap().path().to_ascii_lowercase();
    let basic = ("www-authenticate", "Basic realm=\"x\"");
    let signed = http.sign_in == SignIn::Given;
    match path.as_str() {
        "/microsoft-server-activesync" if signed => answer(wire.activesync, &[], ""),
        "/microsoft-server-activesync" => answer(401, &[basic], ""),
        path if path.ends_with("/healthcheck.htm") => answer(200, &[], "200 OK<br/>EX01.corp.example"),
        "/owa/" => answer(302, &[("location", "https://mail.corp.example/owa/auth/logon.aspx?url=x&reason=0")], ""),
        "/ews/exchange.asmx" if matches!(http.content, Content::EwsInbox { .. }) => {
            let inbox = Reply { version: None, answer: Answer::Inbox { total: Some(3) } };
            answer(wire.ews, &[], &if wire.ews == 200 { render(&inbox) } else { String::new() })
        }
        _ => answer(401, &[("www-authenticate", "NTLM"), basic], ""),
    }
}

/// A run of these checks with these exports, against such a server.
fn run(checks: &[&str], exports: &[(ExportKind, ExportSeen)], wire: Wire) -> Evidence {
    let mut scene = Scene::of(HOST, "2026-11-22T20:00:00Z", checks);
    scene.evidence.header.subject.credential = wire.signs_in.then_some(Credential::Password);
    let address: IpAddr = "203.0.113.7".parse().unwrap();
    for (what, seen) in exports {
        let file = if *what == ExportKind::CasMailbox { "casmailbox.json" } else { "devices.json" };
        let export = Export { what: *what, file: file.to_owned() };
        scene.evidence.header.subject.exports.push(export.clone());
        scene.put(Probe::Export(export), Seen::Export(seen.clone()));
    }
    let scene = scene.shows("203.0.113.7", scene::shown(&[], scene::agreed()));
    scene.answered(checks, |probe| {
        let Probe::Http(http) = probe else { return None };
        Some(Seen::Http(HttpSeen {
            address: Some(address),
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: (http.sign_in == SignIn::Given).then_some(Credential::Password),
            outcome: exchange(http, wire),
            timing: Timing::default(),
        }))
    })
}

fn seen(mailbox: Option<CasMailbox>, devices: Vec<Device>) -> ExportSeen {
    ExportSeen { format: "json".to_owned(), records: 1, is_ours: true, unclear_dates: 0, mailbox, devices }
}

fn account(mailbox: CasMailbox) -> (ExportKind, ExportSeen) {
    (ExportKind::CasMailbox, seen(Some(mailbox), Vec::new()))
}

fn list(devices: Vec<Device>) -> (ExportKind, ExportSeen) {
    (ExportKind::DeviceList, seen(None, devices))
}

fn device(id: &str, agent: &str, access: &str, last_success: &str) -> Device {
    Device {
        id: id.to_owned(),
        kind: Some("iPhone".to_owned()),
        agent: Some(agent.to_owned()),
        access: Some(access.to_owned()),
        reason: Some("Global".to_owned()),
        last_success: last_success.parse().ok(),
        last_attempt: last_success.parse().ok(),
        ..Device::default()
    }
}

const SERVICE: &str = "python-EAS-Client 1.0";
const PHONE: &str = "Apple-iPhone14C2/2006.70";

/// The causes of a case, and its findings that are not told of every server.
fn expect(case: &str, evidence: &Evidence, causes: &[&str], findings: &[(&str, Severity)]) -> Vec<Finding> {
    let diagnosis = exdiag::replay(evidence.clone());
    let verdict = diagnosis.verdict();
    let all: Vec<Finding> = verdict.entries.iter().flat_map(|entry| entry.outcome.findings().to_vec()).collect();
    let usual = ["server.identified", "server.services-odd", "activesync.devices-listed"];
    let codes: Vec<_> = all.iter().map(|f| (f.code.id, f.severity)).filter(|(id, _)| !usual.contains(id)).collect();
    assert_eq!(codes, findings, "{case}");
    assert_eq!(verdict.causes.iter().map(|cause| cause.finding.code.id).collect::<Vec<_>>(), causes, "{case}");
    record(case, evidence);
    all
}

fn status(evidence: &Evidence, id: &str) -> Status {
    let diagnosis = exdiag::replay(evidence.clone());
    diagnosis.verdict().entries.iter().find(|entry| entry.id == id).unwrap().outcome.status()
}

fn off() -> CasMailbox {
    CasMailbox { activesync_enabled: Some(false), ews_enabled: Some(true), ..CasMailbox::default() }
}

#[test]
fn m1_a_switch_that_is_off_by_file_and_wire_is_one_cause_with_both_as_evidence() {
    let wire = Wire { signs_in: true, activesync: 403, ews: 200 };
    let both = run(&["activesync", "activesync-session"], &[account(off())], wire);
    let code = "activesync.user-disabled";
    let found = expect("admin-activesync-off-and-403", &both, &[code], &[(code, FAIL), (code, FAIL)]);
    assert!(found[0].evidence.iter().any(|id| id == "export:cas-mailbox:casmailbox.json"), "{found:#?}");
    assert!(found[0].evidence.iter().any(|id| id.contains("OPTIONS")));
}

#[test]
fn m1_without_a_sign_in_the_file_alone_tells() {
    let alone = run(&["activesync", "activesync-session"], &[account(off())], ANONYMOUS);
    let code = "activesync.user-disabled";
    expect("admin-activesync-off", &alone, &[code], &[(code, FAIL)]);
    assert_eq!(status(&alone, "activesync-session"), Status::Fail);
    let on = CasMailbox { activesync_enabled: Some(true), ews_enabled: Some(true), ..CasMailbox::default() };
    let healthy = run(&["activesync", "activesync-session", "server-version"], &[account(on)], ANONYMOUS);
    expect("admin-healthy-account", &healthy, &[], &[]);
    assert_eq!(status(&healthy, "activesync-session"), Status::Skip);
}

#[test]
fn m2_what_the_file_says_of_ews_is_joined_with_what_ews_says() {
    let of = |mailbox: CasMailbox, ews: Option<u16>| {
        let wire = ews.map_or(ANONYMOUS, |ews| Wire { signs_in: true, activesync: 449, ews });
        run(&["server-version"], &[account(mailbox)], wire)
    };
    let no_ews = || CasMailbox { ews_enabled: Some(false), ..CasMailbox::default() };
    let listed = || CasMailbox {
        ews_policy: Some("EnforceAllowList".to_owned()),
        ews_allowed: vec!["MacOutlook/*".to_owned()],
        ..CasMailbox::default()
    };
    let (disabled, blocked) = ("server.ews-disabled", "server.ews-application-blocked");
    let both = expect("admin-ews-off-and-403", &of(no_ews(), Some(403)), &[disabled], &[(disabled, FAIL)]);
    let fault = both.iter().find(|finding| finding.code.id == disabled).unwrap();
    assert_eq!(fault.evidence.len(), 2, "{fault:?}");
    expect("admin-ews-off", &of(no_ews(), None), &[disabled], &[(disabled, FAIL)]);
    let disagrees = "exdiag.export-disagrees";
    expect("admin-ews-off-but-works", &of(no_ews(), Some(200)), &[], &[("server.ews-works", INFO), (disagrees, INFO)]);
    let on = CasMailbox { ews_enabled: Some(true), ..CasMailbox::default() };
    expect("admin-ews-on-but-403", &of(on, Some(403)), &[disabled], &[(disabled, FAIL), (disagrees, INFO)]);
    expect("admin-ews-list-and-403", &of(listed(), Some(403)), &[blocked], &[(blocked, FAIL)]);
    expect("admin-ews-list", &of(listed(), None), &[blocked], &[(blocked, WARN)]);
}

#[test]
fn m3_the_device_of_the_sync_service_is_named_with_the_command_that_lets_it_in() {
    let quarantined = device("0A1B2C", SERVICE, "Quarantined", "2026-11-22T19:00:00Z");
    let evidence = run(&["last-sync", "activesync-session"], &[list(vec![quarantined])], ANONYMOUS);
    let found = expect(
        "admin-device-quarantined",
        &evidence,
        &["activesync.device-quarantined"],
        &[("sync.device-ok", INFO), ("activesync.device-quarantined", FAIL)],
    );
    let fault = found.iter().find(|finding| finding.code.id == "activesync.device-quarantined").unwrap();
    assert_eq!(fault.data["device_id"], "0A1B2C");
    let stale = device("0A1B2C", SERVICE, "Blocked", "2026-11-10T19:00:00Z");
    let blocked = run(&["last-sync", "activesync-session"], &[list(vec![stale])], ANONYMOUS);
    // that it has not synced since follows
    expect(
        "admin-device-blocked",
        &blocked,
        &["activesync.device-blocked"],
        &[("sync.device-stale", FAIL), ("activesync.device-blocked", FAIL)],
    );
    // a list of the mailbox's own goes before the rule, and a telephone may be blocked on purpose
    let own = CasMailbox { devices_allowed: vec!["0a1b2c".to_owned()], ..CasMailbox::default() };
    let phones = vec![
        device("0A1B2C", PHONE, "Quarantined", "2026-11-22T19:00:00Z"),
        device("ALT", PHONE, "Blocked", "2020-11-22T19:00:00Z"),
        device("NEU", PHONE, "Allowed", "2026-11-22T19:00:00Z"),
    ];
    let calm = run(&["activesync-session"], &[account(own), list(phones)], ANONYMOUS);
    expect("admin-device-old-blocked", &calm, &[], &[("activesync.device-blocked", INFO)]);
    // where no device is let in, the only one is hardly blocked on purpose
    let only = device("ALT", PHONE, "Blocked", "2020-11-22T19:00:00Z");
    let shut = run(&["activesync-session"], &[list(vec![only])], ANONYMOUS);
    let code = "activesync.device-blocked";
    expect("admin-device-only-one-blocked", &shut, &[code], &[(code, WARN)]);
}

#[test]
fn m3_a_quarantine_that_session_and_list_show_is_one_cause() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/session-device-quarantined.json");
    let mut evidence = exdiag::report::read(&std::fs::read(path).unwrap()).unwrap().remove(0);
    let export = Export { what: ExportKind::DeviceList, file: "devices.json".to_owned() };
    let (_, seen) = list(vec![device("0A1B2C", SERVICE, "Quarantined", "2026-11-22T19:00:00Z")]);
    evidence.header.subject.exports.push(export.clone());
    let record = Record { seen: Seen::Export(seen), at_ms: 0, took_ms: 0, after: None };
    evidence.records.insert(Probe::Export(export), record);
    let verdict = exdiag::replay(evidence).verdict();
    let causes: Vec<_> = verdict.causes.iter().map(|cause| cause.finding.code.id).collect();
    assert_eq!(causes, ["activesync.device-quarantined"]);
}

#[test]
fn m1_a_file_that_says_on_does_not_confirm_that_it_is_off() {
    let by_file = |enabled| {
        let mailbox = CasMailbox { activesync_enabled: Some(enabled), ..CasMailbox::default() };
        let wire = Wire { signs_in: true, activesync: 403, ews: 200 };
        let diagnosis = exdiag::replay(run(&["activesync"], &[account(mailbox)], wire));
        let verdict = diagnosis.verdict();
        let mut all = verdict.entries.iter().flat_map(|entry| entry.outcome.findings());
        let refused = all.find(|finding| finding.code.id == "activesync.user-disabled").unwrap();
        refused.evidence.iter().any(|id| id.starts_with("export:"))
    };
    assert_eq!((by_file(false), by_file(true)), (true, false));
}

#[test]
fn m20_m7_a_wipe_and_too_many_devices_are_told_by_the_list() {
    let pending = Device { status: Some("DeviceWipePending".to_owned()), ..device("A", PHONE, "Allowed", "") };
    let evidence = run(&["activesync-session"], &[list(vec![pending])], ANONYMOUS);
    let code = "activesync.device-wipe-pending";
    expect("admin-device-wipe", &evidence, &[code], &[(code, WARN)]);
    let many = (0..100).map(|n| device(&format!("D{n}"), PHONE, "Allowed", "2026-11-22T19:00:00Z")).collect();
    let evidence = run(&["activesync-session"], &[list(many)], ANONYMOUS);
    expect("admin-many-devices", &evidence, &["activesync.many-devices"], &[("activesync.many-devices", WARN)]);
}

#[test]
fn g10_the_last_sync_of_the_services_device_is_judged_by_the_reports_clock() {
    let of = |device: Device| run(&["last-sync"], &[list(vec![device])], ANONYMOUS);
    let at = |last_success: &str| device("A", SERVICE, "Allowed", last_success);
    expect("admin-healthy-device-synced", &of(at("2026-11-22T01:00:00Z")), &[], &[("sync.device-ok", INFO)]);
    let stale = "sync.device-stale";
    expect("admin-device-stale", &of(at("2026-11-21T01:00:00Z")), &[stale], &[(stale, WARN)]);
    expect("admin-device-silent", &of(at("2026-11-01T01:00:00Z")), &[stale], &[(stale, FAIL)]);
    let failing = Device { last_attempt: "2026-11-22T19:00:00Z".parse().ok(), ..at("2026-11-22T01:00:00Z") };
    expect("admin-device-failing", &of(failing), &["sync.device-failing"], &[("sync.device-failing", FAIL)]);
    // without its zone, a time may be half a day later
    let local = Device { zone_unknown: true, ..at("2026-11-21T12:00:00Z") };
    expect("admin-healthy-device-without-zone", &of(local), &[], &[("sync.device-ok", INFO)]);
    // what is not there is not known
    let untold = of(device("A", SERVICE, "Allowed", ""));
    assert_eq!(status(&untold, "last-sync"), Status::Inconclusive);
    let phone = of(device("A", PHONE, "Allowed", "2026-11-22T19:00:00Z"));
    expect("admin-healthy-no-service-device", &phone, &[], &[("sync.no-service-device", INFO)]);
    assert_eq!(status(&phone, "last-sync"), Status::Skip);
}

#[test]
fn a_file_about_another_mailbox_is_told_and_not_used() {
    let other = ExportSeen { is_ours: false, ..seen(None, Vec::new()) };
    let exports = [(ExportKind::CasMailbox, other.clone()), (ExportKind::DeviceList, other)];
    let evidence = run(ALL, &exports, ANONYMOUS);
    let code = "exdiag.export-without-mailbox";
    expect("admin-other-mailbox", &evidence, &[code], &[(code, WARN), (code, WARN)]);
}

#[test]
fn a_report_whose_exports_were_not_recorded_is_judged_by_the_rest() {
    let mut evidence = run(ALL, &[account(off())], ANONYMOUS);
    for record in evidence.records.values_mut() {
        if matches!(record.seen, Seen::Export(_)) {
            record.seen = Seen::NoAnswer(NoAnswer::NotRecorded);
        }
    }
    assert!(exdiag::replay(evidence).verdict().causes.is_empty());
}
