//! Does the program keep what section 1, 2 and 3 of the contract promise its users on a command line?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use serde_json::Value;
use std::io::Write as _;
use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// exdiag with an environment of its own.
fn exdiag(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.args(args).stdin(Stdio::null());
    for name in [
        "LC_ALL",
        "LC_MESSAGES",
        "LANG",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "EXDIAG_PASSWORD",
        "EXDIAG_TOKEN",
        "NYLAS_API_KEY",
        "HTTPS_PROXY",
        "https_proxy",
    ] {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    exdiag(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// Evidence of a mailbox of which nothing was gathered and nothing selected.
fn empty_evidence() -> Value {
    serde_json::json!({
        "started_at": "2026-11-22T20:00:00Z",
        "subject": {
            "mailbox": {"address": "anna@corp.example", "domain": "corp.example"}, "server": null, "user": null,
            "credential": null, "service": null, "allow_hosts": [], "trust": "system", "aia": true, "ipv4": true,
            "ipv6": true, "selected": []
        },
        "name_servers": [], "stores": [], "records": []
    })
}

fn file(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A name server that never answers; it tells whether it was asked.
fn silent_server() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

fn was_asked(socket: &UdpSocket) -> bool {
    socket.set_nonblocking(true).unwrap();
    socket.recv(&mut [0; 512]).is_ok()
}

#[test]
fn bad_input_is_one_sentence_with_exit_2_and_nothing_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/report.json").to_str().unwrap().to_owned();
    let wrong_ending = folder.path().join("report.pdf").to_str().unwrap().to_owned();
    let folder_json = folder.path().join("folder.json");
    std::fs::create_dir(&folder_json).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["check", "anna"], "it has no @"),
        (&["check", "@corp.example"], "nothing before the @"),
        (&["check", "anna@localhost"], "not a domain name"),
        (&["check", "an na@corp.example"], "a character that an address cannot have"),
        (&["check", "anna@corp.example", "bob"], "it has no @"),
        (&["check", "anna@corp.example", "--only", "dsn"], "there are auth-status, last-sync, dns, autodiscover"),
        (&["check", "anna@corp.example", "--skip", "dns,nothing"], "\"nothing\" is not a check"),
        (&["check", "anna@corp.example", "--server", "http://mail.corp.example"], "names no server"),
        (&["check", "anna@corp.example", "--output", &missing], "could not write"),
        (&["check", "anna@corp.example", "--output", folder_json.to_str().unwrap()], "could not write"),
        (&["check", "anna@corp.example", "--output", &wrong_ending], ".txt or .zip"),
        (&["check", "anna@corp.example", "--save-chain", &missing], "could not write"),
        (&["check", "anna@corp.example", "--connect-to", "a:443:b"], "HOST1:PORT1:HOST2:PORT2"),
        (&["check", "anna@corp.example", "--resolve", "a:443"], "HOST:PORT:ADDRESS"),
        (&["check", "anna@corp.example", "--nylas-api", "http://api.example"], "needs an https address"),
        (&["check", "anna@corp.example", "--nylas-grant", "1"], "set NYLAS_API_KEY"),
        (&["check", "anna@corp.example", "--idle-test", "15"], "give credentials too"),
        (&["check", "anna@corp.example", "--idle-test", "15", "--max-time", "60"], "give 940 or more"),
        (&["check", "anna@corp.example", "--idle-test", "15", "--only", "dns"], "do not leave that out"),
        (&["check", "a@corp.example", "b@corp.example", "--user", "CORP\\anna"], "one mailbox"),
        (&["check", "a@corp.example", "--user", "CORP:anna"], "no sign-in name"),
        (&["autodiscover", "a@corp.example", "--user", " "], "no sign-in name"),
        (&["check", "anna@corp.example", "--allow-host", "https://foo/"], "is not a host name"),
        (&["autodiscover", "anna@corp.example", "--allow-host", "foo:443"], "is not a host name"),
        (&["check", "anna@corp.example", "--proxy", "http://u:p@:x"], "could not use the proxy"),
        (&["check", "anna@corp.example", "--proxy", "http://:3128"], "could not use the proxy"),
        (&["check", "anna@corp.example", "--proxy", "http://127.0.0.1:99999"], "could not use the proxy"),
        (&["autodiscover", "anna"], "it has no @"),
        (&["tls", "http://mail.corp.example"], "names no server"),
    ];
    for (args, expected) in cases {
        let (socket, address) = silent_server();
        let output = run(&[args, &["--dns-servers", &address][..]].concat());
        let said = err(&output);
        assert_eq!((code(&output), out(&output).as_str()), (2, ""), "{args:?}: {said}");
        assert!(said.contains(expected) && said.lines().count() == 1, "{args:?}: {said}");
        assert!(!was_asked(&socket), "{args:?} sent something");
    }
    let output = run(&["check", "anna@corp.example", "--dns-servers", "ns.example"]);
    assert!(code(&output) == 2 && err(&output).contains("IP:PORT"));
}

#[test]
fn bad_input_is_said_in_the_language_of_the_user() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(folder.path(), "empty", "\nx");
    for (args, said) in [
        (&["--password-file", "/no/such"][..], "/no/such lässt sich nicht lesen"),
        (&["--password-file", &empty], "Die erste Zeile ist leer"),
        (&["--cacert", &empty], "ist kein Zertifikat zu finden"),
        (&["--proxy", "ftp://proxy.example"], "Der Proxy lässt sich nicht verwenden"),
    ] {
        let output = run(&[&["check", "anna@corp.example", "--lang", "de"], args].concat());
        assert_eq!(code(&output), 2, "{args:?}");
        let said_in_full = err(&output);
        assert!(said_in_full.contains(said) && !said_in_full.contains("could not"), "{said_in_full}");
    }
}

#[test]
fn bad_input_is_a_json_object_where_json_was_asked_for() {
    let cases: &[&[&str]] = &[
        &["check", "anna", "--format", "json"],
        &["check", "anna@corp.example", "--only", "dsn", "--format=json"],
        &["check", "anna@corp.example", "--no-such-option", "--format", "json"],
        &["check", "--format", "json"],
        &["replay", "/no/such/report.json", "--format", "json"],
    ];
    for args in cases {
        let output = run(args);
        assert_eq!((code(&output), out(&output).as_str()), (2, ""), "{args:?}");
        let said: Value = serde_json::from_str(&err(&output)).unwrap();
        assert_eq!(said["error"]["code"], "usage", "{args:?}");
        assert!(said["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{args:?}");
    }
}

#[test]
fn usage_errors_are_exit_2() {
    for args in [&["chekc", "anna@corp.example"][..], &[], &["check"], &["check", "a@b.example", "--format", "pdf"]] {
        assert_eq!(code(&run(args)), 2, "{args:?}");
    }
}

#[test]
fn the_language_is_chosen_by_option_then_lc_all_lc_messages_lang() {
    let german = |command: &mut Command| err(&command.output().unwrap()).contains("ist keine Postfachadresse");
    assert!(german(&mut exdiag(&["check", "anna", "--lang", "de"])));
    assert!(german(exdiag(&["check", "anna"]).env("LANG", "de_DE.UTF-8")));
    assert!(german(exdiag(&["check", "anna"]).env("LC_MESSAGES", "de_AT").env("LANG", "en_US.UTF-8")));
    assert!(german(exdiag(&["check", "anna"]).env("LC_ALL", "de").env("LC_MESSAGES", "en_US").env("LANG", "C")));
    assert!(!german(exdiag(&["check", "anna"]).env("LC_ALL", "C").env("LANG", "de_DE.UTF-8")));
    assert!(!german(exdiag(&["check", "anna", "--lang", "en"]).env("LANG", "de_DE.UTF-8")));
    assert!(!german(exdiag(&["check", "anna"]).env("LANG", "den_CA")));
    assert!(!german(&mut exdiag(&["check", "anna"])));
}

#[test]
fn a_report_that_cannot_be_read_is_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| file(folder.path(), name, content);
    let cases = [
        (folder.path().join("none.json").to_str().unwrap().to_owned(), "could not read"),
        (folder.path().to_str().unwrap().to_owned(), "could not read"),
        (write("empty.json", ""), "is empty"),
        (write("text.json", "exdiag 0.1.0"), "is not a report"),
        (write("other.json", "{\"a\": 1}"), "is not a report"),
        (write("newer.json", "{\"schema_version\": \"2.0\", \"evidence\": {}}"), "install a newer exdiag"),
    ];
    for (path, expected) in cases {
        let output = run(&["replay", &path]);
        let said = err(&output);
        assert_eq!((code(&output), out(&output).as_str()), (2, ""), "{path}");
        assert!(said.contains(expected) && said.lines().count() == 1, "{path}: {said}");
    }
}

#[test]
fn contract_4_a_report_lists_all_twelve_checks_in_order_whatever_was_selected() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "evidence.json", &empty_evidence().to_string());
    let output = run(&["replay", &path, "--format", "json"]);
    // every check was skipped: that is no success
    assert_eq!(code(&output), 3);
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let ids: Vec<_> = checks.iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "auth-status",
            "last-sync",
            "dns",
            "autodiscover",
            "activesync",
            "activesync-session",
            "tls-chain",
            "tls-intermediate",
            "tls-protocol",
            "revocation",
            "server-version",
            "clients"
        ]
    );
    assert!(checks.iter().all(|check| check["status"] == "skip" && check["reason"] == "not selected"));
    assert_eq!(report["schema_version"], "1.0");
    assert_eq!(report["target"]["mailbox"], "anna@corp.example");
    assert_eq!(report["started_at"], "2026-11-22T20:00:00Z");
    assert_eq!(report["exit_code"], 3);
}

#[test]
fn a_replay_judges_by_the_reports_own_day_or_by_the_one_that_is_named() {
    let evidence = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/evidence/server-support-ending.json");
    let codes = |args: &[&str]| -> Vec<String> {
        let output = run(&[&["replay", evidence, "--format", "json"], args].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["started_at"], "2025-06-01T08:00:00Z");
        let causes = report["causes"].as_array().unwrap();
        causes.iter().map(|cause| cause["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(&[]), ["server.support-ending"]);
    assert_eq!(codes(&["--now", "2024-01-10"]), Vec::<String>::new());
    assert_eq!(codes(&["--now", "2026-11-22T20:00:00Z"]), ["server.end-of-support"]);
    assert_eq!(code(&run(&["replay", evidence, "--now", "soon"])), 2);
}

#[test]
fn a_replayed_report_is_the_same_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    for evidence in recorded().into_iter().chain([file(folder.path(), "evidence.json", &empty_evidence().to_string())])
    {
        let first = run(&["replay", &evidence, "--format", "json"]);
        let report = file(folder.path(), "report.json", &out(&first));
        let second = run(&["replay", &report, "--format", "json"]);
        assert!(out(&first) == out(&second), "{evidence}");
        assert_eq!(code(&first), code(&second));
    }
}

#[test]
fn contract_2_the_exit_code_is_that_of_the_report() {
    let mut seen = std::collections::BTreeSet::new();
    for evidence in recorded() {
        for fail_on in ["fail", "warn"] {
            let output = run(&["replay", &evidence, "--format", "json", "--fail-on", fail_on]);
            let report: Value = serde_json::from_str(&out(&output)).unwrap();
            let statuses: Vec<_> =
                report["checks"].as_array().unwrap().iter().map(|check| check["status"].as_str().unwrap()).collect();
            let any = |status: &str| statuses.contains(&status);
            let expected = match () {
                () if report["evidence"]["cut_short"]["why"] == "cancelled" => 3,
                () if any("fail") || (any("warn") && fail_on == "warn") => 1,
                () if any("inconclusive") || !(any("pass") || any("warn")) => 3,
                () => 0,
            };
            assert_eq!((code(&output), report["exit_code"].as_i64()), (expected, Some(expected.into())), "{evidence}");
            seen.insert(expected);
        }
    }
    assert!(recorded().is_empty() || seen.contains(&0) && seen.contains(&1), "{seen:?}");
}

/// The recorded evidence of the house.
fn recorded() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence");
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let mut paths: Vec<_> = entries
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| path.to_str().unwrap().to_owned())
        .collect();
    paths.sort();
    paths
}

#[test]
fn output_files_are_written_whole_beside_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = file(folder.path(), "evidence.json", &empty_evidence().to_string());
    let json = file(folder.path(), "report.json", "old");
    let text = folder.path().join("report.txt");
    let output =
        run(&["replay", &evidence, "--output", &json, "--output", text.to_str().unwrap(), "--color", "always", "-q"]);
    assert_eq!(code(&output), 3);
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_eq!(report["schema_version"], "1.0");
    // a file holds no colours, and more than a quiet terminal
    let text = std::fs::read_to_string(text).unwrap();
    assert!(text.contains("anna@corp.example") && !text.contains('\u{1b}'));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "a temporary file was left behind");
}

#[cfg(unix)]
#[test]
fn a_link_a_pipe_and_the_rights_of_a_file_stay_what_they_are() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let evidence = file(folder.path(), "evidence.json", &empty_evidence().to_string());
    let write = |to: &Path| {
        let output = run(&["replay", &evidence, "-q", "--output", to.to_str().unwrap()]);
        assert_eq!(code(&output), 3, "{}", err(&output));
        out(&output)
    };
    symlink("/dev/stdout", path("pipe.json")).unwrap();
    serde_json::from_str::<Value>(&write(&path("pipe.json"))).unwrap();
    assert!(path("pipe.json").is_symlink(), "a pipe was replaced by a file");

    symlink("new.json", path("dangling.json")).unwrap();
    write(&path("dangling.json"));
    assert!(path("dangling.json").is_symlink() && path("new.json").is_file());

    let secret = file(folder.path(), "secret.json", "old");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    write(Path::new(&secret));
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_one_output_loses_no_other_and_is_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report.json");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = exdiag(&["demo", "healthy", "--output", report.to_str().unwrap()])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("could not write to standard output"), "{}", err(&output));
    assert!(report.is_file(), "the report was dropped");
}

#[test]
fn several_reports_as_json_are_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let two = format!("{}\n{}\n", empty_evidence(), empty_evidence());
    let evidence = file(folder.path(), "evidence.json", &two);
    let output = run(&["replay", &evidence, "--format", "json"]);
    assert_eq!(out(&output).lines().count(), 2);
    for line in out(&output).lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn colour_follows_the_option_then_no_color_then_clicolor_force() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = file(folder.path(), "evidence.json", &empty_evidence().to_string());
    let coloured = |command: &mut Command| out(&command.output().unwrap()).contains('\u{1b}');
    let replay = || exdiag(&["replay", &evidence]);
    assert!(!coloured(&mut replay()), "a pipe is no terminal");
    assert!(coloured(replay().env("CLICOLOR_FORCE", "1")));
    assert!(!coloured(replay().env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")));
    assert!(coloured(replay().args(["--color", "always"]).env("NO_COLOR", "1")));
    assert!(!coloured(replay().args(["--color", "never"]).env("CLICOLOR_FORCE", "1")));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = exdiag(&["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(err(&output), "");
    assert_eq!(code(&output), 0);
}

#[test]
fn an_unknown_finding_is_answered_with_the_nearest() {
    let output = run(&["explain", "exdiag.bugg"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("did you mean exdiag.bug?"), "{}", err(&output));
    let output = run(&["demo", "exprd"]);
    assert!(err(&output).contains("expired comes nearest"), "{}", err(&output));
    let output = run(&["check", "anna@corp.example", "--only", "tls-chian"]);
    assert!(err(&output).contains("did you mean tls-chain?"), "{}", err(&output));
    let output = run(&["explain", "exdiag.bug", "--lang", "de"]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("Wer handeln muss"));
}

#[test]
fn what_is_explained_fits_the_terminal_and_its_commands_stay_whole() {
    for lang in ["en", "de"] {
        let text = out(&run(&["explain", "autodiscover.error-answer", "AADSTS50012", "--lang", lang]));
        let mut in_block = false;
        for line in text.lines() {
            in_block ^= line.trim_start().starts_with("```");
            let stays = in_block || line.starts_with('#') || line.contains("https://");
            assert!(stays || line.chars().count() <= 80, "{line}");
        }
        assert!(text.contains(
            "\n   Get-Recipient '{mailbox}' | Format-List Name,RecipientTypeDetails,PrimarySmtpAddress,EmailAddresses\n"
        ));
    }
}

#[test]
fn lists_completions_manual_and_schema_are_printed() {
    for args in [&["list", "checks"][..], &["list", "findings"], &["completions", "bash"], &["man"], &["man", "check"]]
    {
        let output = run(args);
        assert_eq!(code(&output), 0, "{args:?}");
        assert!(!out(&output).is_empty(), "{args:?}");
    }
    for args in [&["list", "checks", "--format", "json"][..], &["list", "findings", "--format", "json"], &["schema"]] {
        serde_json::from_str::<Value>(&out(&run(args))).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_with_the_report_of_what_is_known_and_exit_3() {
    let (socket, address) = silent_server();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let args = ["check", "anna@corp.example", "--dns-servers", &address, "--format", "json", "--max-time", "60"];
    let child = exdiag(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // the run is under way once it has asked its first question
    socket.recv(&mut [0; 512]).unwrap();
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 3, "{}", err(&output));
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["checks"].as_array().unwrap().len(), 12);
    assert_eq!(report["evidence"]["cut_short"]["why"], "cancelled");
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_all_demos_not_one() {
    let child = exdiag(&["demo", "--all"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id().to_string();
    let interrupt = std::thread::spawn(move || {
        let caught = format!("/proc/{id}/status");
        // a signal that nobody listens for yet would end the program without a word
        while std::fs::read_to_string(&caught).is_ok_and(|status| !listens(&status)) {
            std::thread::yield_now();
        }
        Command::new("kill").args(["-INT", &id]).status().unwrap()
    });
    let output = child.wait_with_output().unwrap();
    assert!(interrupt.join().unwrap().success());
    assert_eq!(code(&output), 3, "{}", err(&output));
    assert!(out(&output).contains("Interrupted"), "{}", out(&output));
}

#[cfg(target_os = "linux")]
/// Whether a process catches SIGINT, by its line `SigCgt` in Linux's /proc.
fn listens(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 2 != 0)
}

#[test]
fn at_the_deadline_there_is_a_report_and_exit_3() {
    let (_socket, address) = silent_server();
    let args = ["check", "anna@corp.example", "--dns-servers", &address, "--format", "json", "--max-time", "0.3"];
    let output = run(&args);
    assert_eq!(code(&output), 3, "{}", err(&output));
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["evidence"]["cut_short"]["why"], "deadline");
    assert_eq!(report["status"], "inconclusive");
}

#[test]
fn contract_4_no_secret_stands_in_a_report_or_an_error() {
    let (_socket, address) = silent_server();
    let args = [
        "check",
        "anna@corp.example",
        "--dns-servers",
        &address,
        "--format",
        "json",
        "--max-time",
        "0.3",
        "--password-stdin",
        "-v",
    ];
    let mut child = exdiag(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"s3cret-Pa55word\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["evidence"]["subject"]["credential"], "password");
    assert!(!out(&output).contains("s3cret-Pa55word") && !err(&output).contains("s3cret-Pa55word"));
    // nor does a password that was put where it does not belong
    let output = run(&["check", "anna@corp.example", "--server", "https://anna:s3cret-Pa55word@mail.corp.example"]);
    assert_eq!(code(&output), 2);
    assert!(!err(&output).contains("s3cret-Pa55word"), "{}", err(&output));
}

/// Every finding of a report, with the check that tells it.
fn told(report: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for check in report["checks"].as_array().unwrap() {
        for finding in check["findings"].as_array().unwrap().iter().filter(|f| f["severity"] != "info") {
            all.push((check["id"].as_str().unwrap().to_owned(), finding["code"].as_str().unwrap().to_owned()));
        }
    }
    all
}

/// Arguments, those about the network, the one check and finding, the exit code.
type Case<'a> = (&'a [&'a str], &'a [&'a str], (&'a str, &'a str), i32);

#[test]
fn house_4_what_the_owning_check_would_tell_is_told_once_where_it_does_not_run() {
    // bound, and nobody listens
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap();
    let dead = dns.local_addr().unwrap().to_string();
    drop(dns);
    let named = ["--server", &closed];
    let folder = tempfile::tempdir().unwrap();
    let password = file(folder.path(), "password", "x");
    let signing = ["--server", &closed, "--password-file", &password];
    let no_names = ["--dns-servers", dead.as_str()];
    let mailbox = "anna@corp.example";
    let cases: &[Case<'_>] = &[
        (&["tls", &closed], &[], ("tls-chain", "net.refused"), 1),
        (&["tls", &closed, "--only", "tls-intermediate"], &[], ("tls-intermediate", "net.refused"), 1),
        (&["check", mailbox, "--only", "tls-chain"], &named, ("tls-chain", "net.refused"), 1),
        (&["check", mailbox, "--only", "activesync,tls-chain"], &named, ("activesync", "net.refused"), 1),
        (&["check", mailbox, "--only", "auth-status,tls-chain"], &signing, ("auth-status", "net.refused"), 1),
        (&["autodiscover", mailbox], &no_names, ("autodiscover", "dns.no-answer"), 3),
        (&["check", mailbox, "--only", "tls-chain"], &no_names, ("tls-chain", "dns.no-answer"), 3),
        (&["check", mailbox, "--only", "activesync,tls-chain"], &no_names, ("activesync", "dns.no-answer"), 3),
        (&["check", mailbox, "--only", "dns,tls-chain"], &no_names, ("dns", "dns.no-answer"), 3),
        (&["tls", "mail.corp.example"], &no_names, ("tls-chain", "dns.no-answer"), 3),
    ];
    for (args, network, expected, exit) in cases {
        let output = run(&[args, network, &["--format", "json", "--proxy", ""][..]].concat());
        let report: Value = serde_json::from_str(&out(&output)).unwrap();
        let told = told(&report);
        let told: Vec<_> = told.iter().map(|(check, code)| (check.as_str(), code.as_str())).collect();
        assert_eq!((told.as_slice(), code(&output)), ([*expected].as_slice(), *exit), "{args:?}");
        assert_eq!(report["causes"][0]["code"], expected.1, "{args:?}");
    }
}

#[test]
fn rfc1123_2_1_an_address_is_no_name_that_the_dns_is_asked_for() {
    for server in ["127.0.0.1:1", "[::1]:1"] {
        let (socket, address) = silent_server();
        let output = run(&["tls", server, "--only", "dns", "--format", "json", "--dns-servers", &address]);
        let report: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!((report["status"].as_str(), told(&report).len()), (Some("skip"), 0), "{server}: {report}");
        assert!(!was_asked(&socket), "{server}");
    }
}

#[test]
fn an_error_of_entra_id_is_explained_offline_alone_in_a_text_and_from_standard_input() {
    for asked in ["AADSTS53003", "53003", "aadsts53003", "Sorry. AADSTS53003: Access has been blocked."] {
        let output = run(&["explain", asked]);
        assert_eq!(code(&output), 0, "{asked}");
        assert!(out(&output).contains("# AADSTS53003") && out(&output).contains("Conditional Access"), "{asked}");
    }
    let output = run(&["explain", "AADSTS65001", "dns.wildcard", "--lang", "de"]);
    assert!(out(&output).contains("die Entra-ID-Administration") && out(&output).contains("# dns.wildcard"));
    let mut child = exdiag(&["explain", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text = "AADSTS50076 then AADSTS99999\nTrace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333";
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    for part in ["Trace id: 0000aaaa-11bb", "# AADSTS50076", "# AADSTS99999", "error?code=99999"] {
        assert!(out(&output).contains(part), "{part}: {}", out(&output));
    }
    let output = run(&["explain", "AADSTS65001", "AADSTS50194", "--lang", "de"]);
    for part in ["microsoftonline.com/organizations/adminconsent?client_id=APP", "Client-ID der App", "deren Domain"] {
        assert!(out(&output).contains(part), "{part}: {}", out(&output));
    }
    let named = run(&["explain", "AADSTS65001: the application with ID '2b1d1f2e-0000-4000-8000-000000000001'"]);
    assert!(out(&named).contains("client_id=2b1d1f2e") && !out(&named).contains("Put in"), "{}", out(&named));
    // as Windows PowerShell saves it
    let mut child = exdiag(&["explain", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let text: Vec<u8> = "\u{feff}AADSTS50076".encode_utf16().flat_map(u16::to_le_bytes).collect();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    assert!(out(&child.wait_with_output().unwrap()).contains("# AADSTS50076"));
    let output = run(&["explain", "99999"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("https://login.microsoftonline.com/error?code=99999"), "{}", err(&output));
    assert_eq!(code(&run(&["explain", "no error at all"])), 2);
}
