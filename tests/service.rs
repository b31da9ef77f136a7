//! Is what the sync service is quoted with judged, and is a report kept where that is asked for?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const MAILBOX: &str = "anna@corp.example";
const KEY: &str = "nyk_v0_geheim4711";
const PASSWORD: &str = "Herbst:Regen-2026";

/// Checks the account alone, with a name server that refuses every question.
fn check(options: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command
        .args(["check", MAILBOX, "--only", "auth-status,last-sync", "--dns-servers", "127.0.0.1:1"])
        .args(["--max-time", "4", "--format", "json", "--lang", "en"])
        .args(options)
        .stdin(Stdio::null());
    for name in ["EXDIAG_PASSWORD", "EXDIAG_TOKEN", "NYLAS_API_KEY", "HTTPS_PROXY", "https_proxy"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn check_of<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap()
}

fn codes(check: &Value) -> Vec<&str> {
    check["findings"].as_array().unwrap().iter().map(|finding| finding["code"].as_str().unwrap()).collect()
}

fn file(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_the_service_is_quoted_with_is_judged_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let stopped = file(
        folder.path(),
        "ticket.txt",
        r#"{"deltas":[{"date":1601672445,"object":"account","type":"account.running","object_data":
           {"account_id":"a1","id":"a1"}}]}
           {"id":"a1","account_id":"a1","sync_state":"stopped","provider":"eas","email_address":"anna@corp.example",
           "name":"Anna","organization_unit":"folder"}"#,
    );
    let output = check(&["--sync-log", &stopped]);
    let report = report(&output);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let account = check_of(&report, "auth-status");
    assert_eq!(account["status"], "fail");
    assert!(codes(account).contains(&"sync.account-stopped"), "{account}");
    let last_sync = check_of(&report, "last-sync");
    // the time of an event is never told as that of a sync
    assert_eq!(last_sync["status"], "skip");
    assert!(codes(last_sync).contains(&"sync.last-event"), "{last_sync}");
    assert!(!report["evidence"].to_string().contains("organization_unit"));
}

#[test]
fn broken_and_foreign_json_is_one_sentence_with_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("broken.json", "{\"data\":\n{\"id\": \"g1\", \"grant_status\"", "goes wrong in line 2"),
        ("foreign.json", "{\"name\": \"Anna\"}", "no account, grant, notification or error of Nylas"),
        ("empty.json", "[]", "no account, grant, notification or error of Nylas"),
    ] {
        let path = file(folder.path(), name, content);
        let output = check(&["--sync-log", &path]);
        let error: Value = serde_json::from_slice(&output.stderr).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{name}: {message}");
        assert!(message.contains(expected) && message.contains(name), "{message}");
    }
}

#[test]
fn an_account_of_the_old_api_needs_a_key_and_excludes_a_grant() {
    let output = check(&["--nylas-account", "a1"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--nylas-account needs a key"), "{}", said(&output));
    assert_eq!(check(&["--nylas-account", "a1", "--nylas-grant", "g1"]).status.code(), Some(2));
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn a_kept_report_is_a_memory_and_changes_no_status() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("history");
    let option = history.to_str().unwrap();
    let first = check(&["--history", option]);
    let files = kept(&history);
    assert_eq!(files.len(), 1, "{}", said(&first));
    assert_eq!(fs::read(&files[0]).unwrap(), first.stdout, "a report is kept as it is");
    // a day on which it worked
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/session-healthy.json");
    let replay = Command::new(env!("CARGO_BIN_EXE_exdiag"))
        .args(["replay", fixture.to_str().unwrap(), "--format", "json"])
        .output()
        .unwrap();
    fs::write(&files[0], &replay.stdout).unwrap();
    let second = check(&["--history", option]);
    let (before, after) = (report(&first), report(&second));
    let last_sync = check_of(&after, "last-sync");
    assert!(codes(last_sync).contains(&"sync.seen-working"), "{last_sync}");
    assert_eq!(last_sync["status"], check_of(&before, "last-sync")["status"]);
    assert_eq!((&before["status"], first.status.code()), (&after["status"], second.status.code()));
    assert_eq!(kept(&history).len(), 2);
}

#[test]
fn a_bad_folder_is_said_and_the_run_still_reports() {
    let folder = tempfile::tempdir().unwrap();
    let no_folder = file(folder.path(), "file", "mine");
    let output = check(&["--history", &no_folder]);
    assert_eq!(report(&output)["target"]["mailbox"], MAILBOX);
    assert!(said(&output).contains("--history: could not use"), "{}", said(&output));
    assert_ne!(output.status.code(), Some(0));
    assert_eq!(fs::read_to_string(&no_folder).unwrap(), "mine");
    // what is broken in it is said and left alone
    let history = folder.path().join("history");
    let option = history.to_str().unwrap();
    check(&["--history", option]);
    let files = kept(&history);
    fs::write(&files[0], "{\"started_at\":").unwrap();
    let output = check(&["--history", option]);
    assert!(said(&output).contains("it was left out"), "{}", said(&output));
    assert_eq!(fs::read_to_string(&files[0]).unwrap(), "{\"started_at\":");
    assert_eq!(kept(&history).len(), 2);
}

#[test]
fn contract_4_no_secret_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let option = folder.path().to_str().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_exdiag"))
        .args(["check", MAILBOX, "--dns-servers", "127.0.0.1:1", "--max-time", "4", "--history", option])
        .args(["--nylas-grant", "g1", "--lang", "en"])
        .env("EXDIAG_PASSWORD", PASSWORD)
        .env("NYLAS_API_KEY", KEY)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let files = kept(folder.path());
    assert_eq!(files.len(), 1, "{}", said(&output));
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains(MAILBOX) && !text.contains(KEY) && !text.contains(PASSWORD));
}
