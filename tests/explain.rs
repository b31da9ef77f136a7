//! Does `exdiag explain` tell what the numbers of logs and answers mean, and what a report holds?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::path::Path;
use std::process::{Command, Output};

fn explain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.arg("explain").args(args).env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    command.output().unwrap()
}

/// What is explained, and keeps to 80 columns where prose is.
fn told(args: &[&str]) -> String {
    let output = explain(args);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let mut in_block = false;
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        let stays = in_block || line.starts_with('#') || line.contains("https://");
        assert!(stays || line.chars().count() <= 80, "{line}");
    }
    text
}

fn refused(args: &[&str]) -> String {
    let output = explain(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn ms_ascmd_a_status_is_told_by_command_with_the_finding_of_the_check() {
    for asked in ["177", "status 177", "eas:177", "ActiveSync 177", "sync 177"] {
        let text = told(&[asked]);
        assert!(
            text.contains("177 MaximumDevicesReached") && text.contains("# activesync.too-many-devices"),
            "{asked}"
        );
    }
    let text = told(&["Sync 8"]);
    assert!(text.starts_with("# ActiveSync, Sync: 8 ObjectNotFound") && text.contains("moved or deleted"), "{text}");
    assert!(told(&["ping:5", "--lang", "de"]).replace('\n', " ").contains("die Antwort nennt die Grenze"));
    assert!(told(&["eas:111"]).replace('\n', " ").contains("passes by itself"));
}

#[test]
fn a_bare_number_that_can_be_several_things_is_told_as_all_of_them() {
    let text = told(&["5"]);
    for part in
        ["5 can be several things", "ActiveSync, Sync: 5", "ActiveSync, Ping: 5", "Win32 5", "exdiag explain win32:5"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(told(&["5", "--lang", "de"]).contains("5 kann mehreres sein"));
}

#[test]
fn ms_ashttp_each_http_status_is_told_for_activesync_ews_and_autodiscover() {
    for (status, part) in [
        ("401", "WWW-Authenticate"),
        ("http:403", "server.ews-disabled"),
        ("449", "activesync.policy-refused"),
        ("451", "X-MS-Location"),
        ("456", "auth.account-blocked"),
        ("457", "auth.password-expired"),
        ("500", "device container"),
        ("502", "activesync.unavailable"),
        ("503", "Retry-After"),
        ("507", "activesync.quota"),
    ] {
        let text = told(&[status]);
        assert!(text.starts_with("# HTTP ") && text.contains(part), "{status}: {text}");
    }
}

#[test]
fn what_iis_logs_is_told_part_by_part() {
    let text = told(&["401.1.1326"]);
    for part in ["IIS 401.1: the sign-in failed", "Win32 1326 ERROR_LOGON_FAILURE", "the password is wrong"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(told(&["401.2"]).contains("usual first answer"));
    assert!(told(&["0x8009030C", "--lang", "de"]).contains("Benutzername oder Passwort ist falsch"));
    assert!(told(&["0x8007052E"]).contains("ERROR_LOGON_FAILURE"));
}

#[test]
fn a_report_is_told_finding_by_finding() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence/tls-intermediate-missing.json");
    let text = told(&[fixture.to_str().unwrap()]);
    for part in
        ["## tls.intermediate-missing", "Who must act: the Exchange admin", "1. ", "exdiag tls mail.corp.example"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let missing = refused(&["/nowhere/report.json"]);
    assert!(missing.contains("could not read"), "{missing}");
}

#[test]
fn what_is_unknown_is_answered_with_the_nearest_and_with_what_there_is() {
    for (asked, part) in
        [("Synk:8", "did you mean Sync?"), ("eas:999", "none of exdiag's tables"), ("900", "none of exdiag's tables")]
    {
        let said = refused(&[asked]);
        assert!(said.contains(part) && said.contains("win32:1326") && said.contains("exdiag list findings"), "{said}");
    }
    assert!(refused(&["dns.wildcrad"]).contains("did you mean dns.wildcard?"));
}
