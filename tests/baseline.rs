//! Does `--baseline` tell only what is new, and count nothing else?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixture(case: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
    path.to_str().unwrap().to_owned()
}

fn exdiag(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.args(args).env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES").output().unwrap()
}

/// `exdiag replay NEW --baseline OLD`
fn beside(new: &str, old: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = exdiag(&[&["replay", &fixture(new), "--baseline", &fixture(old)][..], more].concat());
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_known_failure_is_said_in_one_line_and_not_counted() {
    let (code, text) = beside("tls-expired", "tls-expired", &[]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("✓ Nothing new."), "{text}");
    assert!(text.contains("1 known failure since 2026-11-22 20:00 UTC, not counted: tls.expired."), "{text}");
    let (code, text) = beside("tls-expired", "tls-expired", &["--lang", "de"]);
    assert!(code == Some(0) && text.contains("1 bekannter Fehler seit"), "{text}");
    assert_eq!(beside("tls-expired", "tls-expired", &["-q"]), (Some(0), String::new()));
}

#[test]
fn a_new_failure_is_told_with_who_must_act_and_makes_the_exit_code_1() {
    let (code, text) = beside("tls-expired", "tls-healthy", &[]);
    assert_eq!(code, Some(1), "{text}");
    for part in ["✗ 1 new failure", "expired on 2026-11-01", "Who must act: the Exchange admin", "tls.expired"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("tls-protocol"), "no list of checks: {text}");
    let (code, text) = beside("tls-healthy", "tls-expired", &[]);
    assert!(code == Some(0) && text.contains("✓ 1 thing is in order again"), "{text}");
}

#[test]
fn a_new_warning_counts_only_with_fail_on_warn() {
    let (code, text) = beside("tls-expires-soon", "tls-healthy", &[]);
    assert!(code == Some(0) && text.contains("! 1 new warning"), "{text}");
    assert_eq!(beside("tls-expires-soon", "tls-healthy", &["--fail-on", "warn"]).0, Some(1));
    assert_eq!(beside("tls-expires-soon", "tls-expires-soon", &["--fail-on", "warn"]).0, Some(0));
}

#[test]
fn json_is_the_whole_report_with_what_differs_and_files_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole: PathBuf = folder.path().join("whole.txt");
    let more = ["--format", "json", "--output", whole.to_str().unwrap()];
    let (code, text) = beside("tls-expired", "tls-expired", &more);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["exit_code"], &json["baseline"]["exit_code"]), (Some(0), &1.into(), &0.into()));
    assert_eq!(json["baseline"]["still_failing"], serde_json::json!(["tls.expired"]));
    assert!(fs::read_to_string(whole).unwrap().contains("tls-chain"));
}

#[test]
fn a_baseline_is_only_read_and_a_missing_one_is_told_how_to_make() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.json");
    let name = file.to_str().unwrap();
    let output = exdiag(&["check", "anna@corp.example", "--baseline", name]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("exdiag check anna@corp.example --output {name}")), "{said}");
    assert!(!file.exists());
    fs::copy(fixture("tls-expired"), &file).unwrap();
    let before = fs::read(&file).unwrap();
    assert_eq!(exdiag(&["replay", &fixture("tls-healthy"), "--baseline", name]).status.code(), Some(0));
    assert_eq!(fs::read(&file).unwrap(), before);
    // a job that takes each night's report for the next one: it is read first
    let rolling = exdiag(&["replay", &fixture("tls-healthy"), "--baseline", name, "--output", name]);
    assert_eq!(rolling.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&rolling.stdout).contains("in order again"));
    assert_ne!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_format_that_tells_no_news_is_refused_and_so_is_waiting_without_a_network() {
    for format in ["junit", "nagios", "prometheus", "html"] {
        let name = fixture("tls-healthy");
        let output = exdiag(&["replay", &name, "--baseline", &name, "--format", format]);
        assert_ne!(output.status.code(), Some(0), "{format}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--baseline"), "{format}");
    }
    for args in [
        &["tls", "--chain", "x.pem", "--name", "a.example", "--wait", "10s"][..],
        &["check", "anna@corp.example", "--wait", "5"],
        &["check", "anna@corp.example", "--until", "change"],
    ] {
        assert_eq!(exdiag(args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn several_mailboxes_have_each_their_own_and_a_new_one_is_all_news() {
    let line = |case: &str, mailbox: &str| {
        let mut value: serde_json::Value = serde_json::from_slice(&fs::read(fixture(case)).unwrap()).unwrap();
        value["subject"]["mailbox"]["address"] = mailbox.into();
        format!("{value}\n")
    };
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, lines: [String; 2]| {
        let path = folder.path().join(name);
        fs::write(&path, lines.concat()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let old = write("old.json", [line("tls-expired", "anna@corp.example"), line("tls-healthy", "bert@corp.example")]);
    let same = write("same.json", [line("tls-healthy", "bert@corp.example"), line("tls-expired", "anna@corp.example")]);
    assert_eq!(exdiag(&["replay", &same, "--baseline", &old]).status.code(), Some(0));
    let new = write("new.json", [line("tls-expired", "anna@corp.example"), line("tls-expired", "carl@corp.example")]);
    let output = exdiag(&["replay", &new, "--baseline", &old]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("Trusting it"), "{text}");
}

#[test]
fn a_baseline_of_another_mailbox_is_said_to_hold_nothing_of_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let other = fs::read_to_string(fixture("auth-rejected")).unwrap().replace("anna@corp.example", "bert@corp.example");
    let path = folder.path().join("other.json");
    fs::write(&path, other).unwrap();
    let output = exdiag(&["replay", &fixture("auth-rejected"), "--baseline", path.to_str().unwrap()]);
    let hint = String::from_utf8(output.stderr).unwrap();
    assert!(hint.contains("the baseline holds no report on anna@corp.example"), "{hint}");
    assert_eq!(output.status.code(), Some(1));
}
