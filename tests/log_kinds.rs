//! Does `exdiag logs` read the logs beside those of IIS, and count no request twice?

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "a test may fail, and uses a part of what makes logs"
)]

#[path = "support/logmaker.rs"]
mod logmaker;
#[path = "support/logtwins.rs"]
mod logtwins;

use logmaker::{Dialect, Spec, make};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

fn exdiag(args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.arg("logs").args(args).stdin(Stdio::null());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = exdiag(&[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn put(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The front end's log, the back end's, and those that show the same requests.
struct Made {
    folder: tempfile::TempDir,
    front: String,
    back: String,
    proxy: String,
    nginx: String,
}

fn made() -> Made {
    let folder = tempfile::tempdir().unwrap();
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let spec = Spec { seed: 5, dialect: Dialect::E2016, lines: 12_000, devices: 40, base64: true, defects: false };
    make(spec, &mut front, &mut back).unwrap();
    let (front, back) = (String::from_utf8(front).unwrap(), String::from_utf8(back).unwrap());
    let proxy = put(folder.path(), "HttpProxy_1.LOG", &logtwins::http_proxy(&front, "EX01"));
    let nginx = put(folder.path(), "access.log", &logtwins::combined(&front));
    let (front, back) = (put(folder.path(), "front.log", &front), put(folder.path(), "back.log", &back));
    Made { folder, front, back, proxy, nginx }
}

/// What is the same however many logs show it.
fn core(report: &Value, names: &[&str]) -> Vec<Value> {
    let mut out: Vec<Value> = report["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|device| names.iter().map(|name| ((*name).to_owned(), device[*name].clone())).collect())
        .collect();
    out.sort_by_key(Value::to_string);
    out
}

const ALL: &[&str] = &[
    "user",
    "device_id",
    "hits",
    "first_attempt",
    "last_attempt",
    "last_success",
    "last_accepted",
    "failing_since",
    "failures_in_a_row",
    "statuses",
    "peak",
];

#[test]
fn http_proxy_and_reverse_proxy_logs_of_the_same_requests_change_no_number() {
    let made = made();
    let iis = json(&[&made.front, &made.back]);
    let all = json(&[&made.front, &made.back, &made.proxy, &made.nginx]);
    assert_eq!(core(&iis, ALL), core(&all, ALL));
    let kinds: Vec<&str> = all["files"].as_array().unwrap().iter().map(|file| file["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["iis-front-end", "iis-back-end", "http-proxy", "reverse-proxy"]);
    assert!(all["files"].as_array().unwrap().iter().all(|file| file["used"].as_u64().unwrap() > 1000));
    // a second server has other requests: those come on top
    let other = std::fs::read_to_string(&made.front).unwrap().replace("cafeReqId=0f4b", "cafeReqId=9999");
    let other = put(made.folder.path(), "HttpProxy_2.LOG", &logtwins::http_proxy(&other, "EX02"));
    let both = json(&[&made.front, &made.back, &made.proxy, &other]);
    let hits = |report: &Value| -> u64 {
        report["devices"].as_array().unwrap().iter().map(|device| device["hits"].as_u64().unwrap()).sum()
    };
    assert_eq!(hits(&both), 2 * hits(&iis));
}

#[test]
fn an_http_proxy_log_alone_shows_what_was_accepted_and_proves_nothing() {
    let made = made();
    let report = json(&[&made.proxy]);
    let names = ["user", "device_id", "hits", "last_attempt", "last_accepted"];
    assert_eq!(core(&report, &names), core(&json(&[&made.front]), &names));
    for device in report["devices"].as_array().unwrap() {
        assert_eq!((&device["site"], &device["last_success"]), (&"http-proxy".into(), &Value::Null), "{device}");
    }
    // with the back end, its word proves
    let names = ["user", "device_id", "hits", "last_attempt", "last_success"];
    assert_eq!(core(&json(&[&made.proxy, &made.back]), &names), core(&json(&[&made.front, &made.back]), &names));
}

#[test]
fn a_reverse_proxy_is_a_fallback_and_said_to_be_one() {
    let made = made();
    let report = json(&[&made.nginx]);
    // a query in base64 names no account
    let names = ["device_id", "hits", "last_attempt"];
    assert_eq!(core(&report, &names), core(&json(&[&made.front]), &names));
    assert!(report["devices"].as_array().unwrap().iter().all(|device| device["site"] == "reverse-proxy"));
    // what it shows after the end of the other logs counts: nobody else has seen it
    let late = "10.0.0.9 - - [22/Nov/2026:09:0N:32 +0100] \"POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=user00001&DeviceId=DEV&DeviceType=iPhone HTTP/1.1\" 502 433 \"-\" \"x\" 0.100\n";
    let device = report["devices"].as_array().unwrap().iter().find(|d| d["user"] == "user00001").unwrap().clone();
    let late: String = (1..6)
        .map(|n| late.replace("0N", &format!("0{n}")).replace("DEV", device["device_id"].as_str().unwrap()))
        .collect();
    let late = put(made.folder.path(), "late.log", &late);
    let report = json(&[&made.front, &made.back, &late]);
    let device = report["devices"].as_array().unwrap().iter().find(|d| d["user"] == "user00001").unwrap();
    assert_eq!((&device["failures_in_a_row"], &device["failing_since"]), (&5.into(), &"2026-11-22T08:01:32Z".into()));
}

const ENTRY: &str = "-----------------\r
 Log Entry: @\r
-----------------\r
\r
RequestTime : \r
11/21/2026 10:0@:00\r
\r
Identifier : \r
4D7D00@5\r
\r
RequestHeader : \r
POST /Microsoft-Server-ActiveSync/default.eas?User=anna&DeviceId=ApplDN1&DeviceType=iPhone&Cmd=Sync HTTP/1.1\r
User-Agent: Apple-iPhone14C2/2107.93\r
Authorization: ********\r
MS-ASProtocolVersion: 16.1\r
\r
RequestBody : \r
<?xml version=\"1.0\" encoding=\"utf-8\" ?>\r
<Sync xmlns=\"AirSync:\">\r
\tnote : what looks like a section\r
Subject :\r
</Sync>\r
\r
AccessState : \r
Allowed\r
\r
AccessStateReason : \r
Global\r
\r
ResponseHeader : \r
HTTP/1.1 200 OK\r
MS-Server-ActiveSync: 15.1\r
\r
ResponseBody : \r
BODY\r
\r
ResponseTime : \r
11/21/2026 10:0@:02\r
\r
";

fn entries(bodies: &[&str]) -> String {
    bodies.iter().enumerate().map(|(n, body)| ENTRY.replace('@', &n.to_string()).replace("BODY", body)).collect()
}

#[test]
fn a_mailbox_log_proves_the_last_success_and_names_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let ok =
        "<Sync xmlns=\"AirSync:\"><Collections><Collection><SyncKey>5</SyncKey><Status>1</Status><Body=496 bytes/>";
    let bad = "<Sync xmlns=\"AirSync:\">\r\n\t<Status>142</Status>";
    let log = entries(&[bad, ok, "", bad, bad]);
    let file = put(folder.path(), "anna_MailboxLog.txt", &log);
    let report = json(&[&file]);
    assert_eq!(report["files"][0]["kind"], "mailbox-log");
    let device = &report["devices"][0];
    // an empty answer means that nothing has changed
    assert_eq!(device["last_success"], "2026-11-21T10:02:02Z");
    assert_eq!((&device["hits"], &device["failures_in_a_row"]), (&5.into(), &2.into()));
    assert_eq!(device["failing_with"], serde_json::json!({"200.0.0 status 142": 2}));
    assert_eq!((&device["access_state"], &device["protocol"]), (&"AllowedG".into(), &"16.1".into()));
    assert_eq!((&device["site"], &device["proof"]), (&"mailbox-log".into(), &true.into()));
    assert_eq!(device["lines"]["success"]["line"], 2 + 2 * log.lines().count() as u64 / 5 + 3);
    // a later export holds the same entries: in UTF-16, as PowerShell writes it
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(log.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let again = folder.path().join("again.txt");
    std::fs::write(&again, wide).unwrap();
    let both = json(&[&file, again.to_str().unwrap()]);
    assert_eq!(both["devices"][0]["hits"], 5);
    let twice: u64 =
        both["files"].as_array().unwrap().iter().filter_map(|file| file["skipped"][0]["count"].as_u64()).sum();
    assert_eq!(twice, 5);
}

#[test]
fn a_list_of_devices_alone_is_told_and_proves_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let list = put(folder.path(), "devices.txt", "DeviceId : x\r\nLastSuccessSync : 11/21/2026 10:00:00\r\n");
    let output = exdiag(&[&list, "--lang", "en"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("Listed, without a request") && said.contains("last success 2026-11-21 10:00"), "{said}");
    assert_eq!(output.status.code(), Some(3));
}
