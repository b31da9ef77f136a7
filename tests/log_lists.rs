//! Does `exdiag logs` put what a list of devices says beside what the logs show, and say where they disagree?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.arg("logs").args(args).stdin(Stdio::null()).current_dir(folder);
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn said(folder: &Path, args: &[&str]) -> String {
    String::from_utf8(run(folder, args).stdout).unwrap()
}

fn json(folder: &Path, args: &[&str]) -> Value {
    serde_json::from_str(&said(folder, &[args, &["--format", "json"]].concat())).unwrap()
}

const HEAD: &str = "#Fields: date time cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n";

/// The log of a back end: of each device and account a Sync every ten minutes from midnight to so many minutes after.
fn log(devices: &[(&str, &str, u32)]) -> String {
    let mut out = HEAD.to_owned();
    for minute in (0..600).step_by(10) {
        for (id, user, _) in devices.iter().filter(|(.., until)| minute <= *until) {
            let (hour, minute) = (minute / 60, minute % 60);
            let log = format!("SC1:1_Ver1:161_SmtpAdrs:{user}%40corp.example_As:AllowedG_");
            let query = format!("User={user}&DeviceId={id}&DeviceType=iPhone&Cmd=Sync&Log={log}");
            let stem = "/Microsoft-Server-ActiveSync/Proxy/default.eas";
            let _ = write!(
                out,
                "2026-11-21 {hour:02}:{minute:02}:00 POST {stem} {query} 444 CORP\\{user} 10.0.0.1 a 200 0 0 90\r\n"
            );
        }
    }
    out
}

/// A device of a list: its properties, the times in ISO 8601.
fn device(id: &str, owner: &str, state: &str, last: &str) -> Vec<(&'static str, String)> {
    let identity = format!("corp.example/Users/{owner}/ExchangeActiveSyncDevices/iPhone§{id}");
    let all = [
        ("Identity", identity.as_str()),
        ("DeviceID", id),
        ("DeviceType", "iPhone"),
        ("DeviceAccessState", state),
        ("DeviceAccessStateReason", "Global"),
        ("DevicePolicyApplied", "Default"),
        ("DevicePolicyApplicationStatus", "AppliedInFull"),
        ("LastSyncAttemptTime", last),
        ("LastSuccessSync", last),
    ];
    all.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

type Devices = [Vec<(&'static str, String)>];

fn as_json(devices: &Devices) -> String {
    let objects = devices.iter().map(|device| {
        let fields: serde_json::Map<String, Value> =
            device.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str()))).collect();
        Value::Object(fields)
    });
    serde_json::to_string_pretty(&objects.collect::<Vec<_>>()).unwrap()
}

fn as_csv(devices: &Devices) -> String {
    let row = |cells: Vec<&str>| cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
    let names = devices[0].iter().map(|(name, _)| *name).collect();
    let rows = devices.iter().map(|device| row(device.iter().map(|(_, value)| value.as_str()).collect()));
    let lines: Vec<String> = [row(names)].into_iter().chain(rows).collect();
    format!("#TYPE Microsoft.Exchange.X\r\n{}\r\n", lines.join("\r\n"))
}

fn as_list(devices: &Devices) -> String {
    let one = |device: &Vec<(&str, String)>| {
        device.iter().map(|(name, value)| format!("{name:<30} : {value}\r\n")).collect::<Vec<_>>().concat()
    };
    devices.iter().map(one).collect::<Vec<_>>().join("\r\n")
}

fn as_clixml(devices: &Devices) -> String {
    let one = |device: &Vec<(&str, String)>| {
        let fields = device.iter().map(|(name, value)| format!("<S N=\"{name}\">{value}</S>"));
        format!("<Obj RefId=\"0\"><Props>{}</Props></Obj>", fields.collect::<Vec<_>>().concat())
    };
    let all: String = devices.iter().map(one).collect();
    format!("<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">{all}</Objs>")
}

fn utf16(text: &str) -> Vec<u8> {
    [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// The findings about lists.
fn codes(report: &Value) -> Vec<&str> {
    let all = report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["code"].as_str());
    all.filter(|code| code.starts_with("sync.list-") || *code == "sync.log-device-list").collect()
}

#[test]
fn a_list_is_joined_whichever_way_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 600), ("APPL2", "bert", 600)])).unwrap();
    let devices = [
        device("appl1", "Anna Muster", "Allowed", "2026-11-21T09:40:00Z"),
        device("APPL2", "Bert Beispiel", "Quarantined", "2026-11-21T09:50:00Z"),
        device("APPL3", "Carl", "Allowed", "2026-11-21T05:00:00Z"),
    ];
    let ways = [
        ("json", as_json(&devices).into_bytes()),
        ("csv", utf16(&as_csv(&devices))),
        ("txt", utf16(&as_list(&devices))),
        ("xml", utf16(&as_clixml(&devices))),
    ];
    for (ending, bytes) in ways {
        let list = format!("devices.{ending}");
        std::fs::write(folder.path().join(&list), bytes).unwrap();
        let report = json(folder.path(), &["back.log", &list]);
        assert_eq!(report["files"][1]["kind"], "device-list", "{ending}");
        assert_eq!((&report["files"][1]["used"], &report["files"][1]["broken"]), (&3.into(), &Value::Null), "{ending}");
        let of = |id: &str| {
            let all = report["devices"].as_array().unwrap();
            all.iter().find(|device| device["device_id"] == id).unwrap()["listed"].clone()
        };
        assert_eq!(of("APPL1")[0]["access_state"], "Allowed", "{ending}");
        assert_eq!(of("APPL1")[0]["last_success"], "2026-11-21T09:40:00Z", "{ending}");
        assert_eq!(of("APPL1")[0]["policy_state"], "AppliedInFull", "{ending}");
        assert_eq!(of("APPL2")[0]["owner"], "corp.example/Users/Bert Beispiel", "{ending}");
        assert_eq!(report["listed"][0]["device_id"], "APPL3", "{ending}");
        // quarantined, and still it works; a device that asks another server
        assert_eq!(codes(&report), ["sync.list-access-differs", "sync.list-unseen"], "{ending}");
        std::fs::remove_file(folder.path().join(&list)).unwrap();
    }
}

#[test]
fn text_csv_and_html_show_what_the_list_says_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 300), ("APPL2", "bert", 590)])).unwrap();
    let devices = [
        device("APPL1", "Anna Muster", "Allowed", "2026-11-21T09:00:00Z"),
        device("APPL3", "Carl", "Allowed", "2026-11-21T05:00:00Z"),
    ];
    std::fs::write(folder.path().join("devices.json"), as_json(&devices)).unwrap();
    let flowing = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for (lang, row, later, unseen) in [
        ("en", "Device list devices.json: Allowed (Global), policy", "that these logs do not hold", "Listed, without"),
        (
            "de",
            "Geräteliste devices.json: Allowed (Global), Richtlinie",
            "die in diesen Protokollen fehlt",
            "In der Liste",
        ),
    ] {
        let text = flowing(said(folder.path(), &["back.log", "devices.json", "--lang", lang]));
        assert!([row, later, unseen].iter().all(|words| text.contains(words)), "{text}");
        let page = said(folder.path(), &["back.log", "devices.json", "--lang", lang, "--format", "html"]);
        assert!([later, unseen, "AppliedInFull", "APPL3"].iter().all(|words| page.contains(words)), "{lang}");
    }
    let csv = said(folder.path(), &["back.log", "devices.json", "--format", "csv"]);
    let (head, rows) = csv.split_once("\r\n").unwrap();
    assert!(head.ends_with("list_policy_state,list_last_attempt,list_last_success"), "{head}");
    assert!(rows.contains("Allowed,Global,AppliedInFull,2026-11-21T09:00:00Z,2026-11-21T09:00:00Z\r\n"), "{rows}");
    let listed = said(folder.path(), &["back.log", "devices.json", "--format", "csv", "--table", "listed"]);
    assert!(listed.lines().count() == 2 && listed.contains("corp.example/Users/Carl,APPL3"), "{listed}");
}

#[test]
fn one_telephone_with_two_mailboxes_is_told_apart_by_the_mailbox() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 600), ("APPL1", "bert", 600)])).unwrap();
    let devices = [
        device("APPL1", "bert", "Blocked", "2026-11-21T09:50:00Z"),
        device("APPL1", "anna", "Allowed", "2026-11-21T09:40:00Z"),
    ];
    std::fs::write(folder.path().join("devices.json"), as_json(&devices)).unwrap();
    let report = json(folder.path(), &["back.log", "devices.json"]);
    for (user, state) in [("anna", "Allowed"), ("bert", "Blocked")] {
        let all = report["devices"].as_array().unwrap();
        let listed = &all.iter().find(|device| device["user"] == user).unwrap()["listed"];
        assert_eq!((listed[0]["access_state"].as_str(), listed.as_array().unwrap().len()), (Some(state), 1), "{user}");
    }
}

#[test]
fn of_a_list_nothing_of_others_is_told_where_one_mailbox_is_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 600), ("APPL2", "bert", 600)])).unwrap();
    let devices = [
        device("APPL1", "Anna Muster", "Allowed", "2026-11-21T09:40:00Z"),
        device("APPL2", "Bert Beispiel", "Allowed", "2026-11-21T09:40:00Z"),
        device("APPL3", "Carl Dritter", "Allowed", "2026-11-21T05:00:00Z"),
    ];
    std::fs::write(folder.path().join("devices.json"), as_json(&devices)).unwrap();
    let args = ["back.log", "devices.json", "--mailbox", "anna@corp.example", "--format", "json"];
    let whole = said(folder.path(), &args);
    assert!(whole.contains("Anna Muster") && !whole.contains("Bert") && !whole.contains("Carl"), "{whole}");
    for level in ["mailbox", "full"] {
        let hidden = said(folder.path(), &[&args[..], &["--redact", level]].concat());
        assert!(
            !hidden.contains("Anna") && !hidden.contains("Muster") && !hidden.contains("APPL1"),
            "{level}: {hidden}"
        );
    }
    // a list of one mailbox need not name it
    let own: Vec<_> = devices[2].iter().filter(|(name, _)| *name != "Identity").cloned().collect();
    std::fs::write(folder.path().join("own.json"), as_json(&[own])).unwrap();
    let report = json(folder.path(), &["back.log", "own.json", "--mailbox", "anna"]);
    assert_eq!(report["listed"][0]["device_id"], "APPL3");
}

#[test]
fn a_list_that_cannot_be_read_is_said_with_what_is_wrong_and_how_to_export_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 600)])).unwrap();
    let whole = as_json(&[device("APPL1", "Anna", "Allowed", "2026-11-21T09:40:00Z")]);
    let cut =
        "DeviceID DeviceAccessState LastSuccessSync\r\n-------- ----------------- ---------------\r\nAPPL1 Allo...\r\n";
    for (text, en, de) in [
        (&whole[..whole.len() / 2], "breaks off or is damaged", "bricht ab oder ist beschädigt"),
        (cut, "whose columns are cut", "mit abgeschnittenen Spalten"),
    ] {
        std::fs::write(folder.path().join("devices.txt"), text).unwrap();
        assert_eq!(codes(&json(folder.path(), &["back.log", "devices.txt"])), ["sync.log-device-list"], "{en}");
        for (lang, why) in [("en", en), ("de", de)] {
            let text = said(folder.path(), &["back.log", "devices.txt", "--lang", lang]);
            let flowing = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flowing.contains(why) && flowing.contains("ConvertTo-Json"), "{flowing}");
        }
    }
    // without its id a device is nobody's, also not that of requests without one
    let nameless = "\"DeviceType\",\"DeviceAccessState\"\r\n\"iPhone\",\"Blocked\"\r\n";
    std::fs::write(folder.path().join("nameless.csv"), nameless).unwrap();
    std::fs::write(folder.path().join("idless.log"), log(&[("", "anna", 600)])).unwrap();
    let report = json(folder.path(), &["idless.log", "nameless.csv"]);
    assert_eq!(report["files"][1]["skipped"][0]["reason"], "no-id");
    assert!(report["devices"][0]["listed"].is_null() && report["listed"].is_null(), "{report}");
    assert_eq!(codes(&report), ["sync.log-device-list"]);
    // dates that may be either of two days are counted, and not told
    let unclear = as_csv(&[device("APPL1", "Anna", "Allowed", "03/04/2026 08:00:00")]);
    std::fs::write(folder.path().join("devices.csv"), unclear).unwrap();
    let report = json(folder.path(), &["back.log", "devices.csv"]);
    assert_eq!(report["files"][1]["skipped"][0]["reason"], "date");
    assert_eq!(report["devices"][0]["listed"][0]["last_success"], Value::Null);
}

#[test]
fn a_telephone_of_two_accounts_is_nobodys_for_certain_and_no_log_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("back.log"), log(&[("APPL1", "anna", 600), ("APPL1", "berta", 600)])).unwrap();
    let named = |owner: &str| device("APPL1", owner, "Allowed", "2026-11-21T05:00:00Z");
    let list = as_json(&[named("Muster, A."), named("Beispiel, B.")]);
    std::fs::write(folder.path().join("list.json"), list).unwrap();
    let report = json(folder.path(), &["back.log", "list.json"]);
    assert_eq!(codes(&report), Vec::<&str>::new());
}

#[test]
fn a_row_of_another_mailbox_is_not_put_beside_a_sign_in_by_address() {
    let folder = tempfile::tempdir().unwrap();
    let front = log(&[("APPL1", "anna", 600)])
        .replace(" CORP\\anna ", " berta@corp.example ")
        .replace("User=anna", "User=berta@corp.example");
    let front = front.replace("SmtpAdrs:anna%40corp.example_", "");
    std::fs::write(folder.path().join("log.log"), front).unwrap();
    let mut row = device("APPL1", "Anna Muster", "Blocked", "2026-11-21T05:00:00Z");
    row.push(("PrimarySmtpAddress", "anna@corp.example".to_owned()));
    std::fs::write(folder.path().join("list.json"), as_json(&[row])).unwrap();
    let report = json(folder.path(), &["log.log", "list.json"]);
    assert_eq!(report["devices"][0]["listed"], Value::Null, "{}", report["devices"]);
    assert_eq!(codes(&report), ["sync.list-unseen"]);
}
