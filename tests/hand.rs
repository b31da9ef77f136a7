//! Do those who must act get a message and files that they can use, whatever a server is called?
//!
//! `EXDIAG_BLESS=1 cargo test --test hand` rewrites `fixtures/hand`, what the reports of `fixtures/reports` bring.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::checks;
use exdiag::evidence::Evidence;
use exdiag::finding::{Code, Lang, Owner, Severity, Shell, fill_command};
use exdiag::report::{
    Envelope, FailOn, FixFile, Report, Wording, fix, message, nothing_to_do, nothing_to_fix, owners, read,
    write_messages,
};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use unicode_width::UnicodeWidthStr as _;

const OWNERS: [Owner; 8] =
    [Owner::Dns, Owner::Web, Owner::Exchange, Owner::Network, Owner::Entra, Owner::Sync, Owner::User, Owner::Caller];
const LANGS: [(Lang, &str); 2] = [(Lang::En, "en"), (Lang::De, "de")];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn evidence_of(path: &Path) -> Evidence {
    read(&fs::read(path).unwrap()).unwrap().remove(0)
}

fn judged(evidence: Evidence, lang: Lang) -> Report {
    exdiag::replay(evidence).report(Wording { lang, fail_on: FailOn::Fail })
}

fn envelope(lang: Lang) -> Envelope<'static> {
    Envelope { lang, many: false, attached: "report.json", with_files: true }
}

/// Every recorded case with its name.
fn recorded() -> Vec<(String, Evidence)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(fixtures().join("evidence")).unwrap().map(|file| file.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let named = |path: PathBuf| (path.file_stem().unwrap().to_string_lossy().into_owned(), evidence_of(&path));
    paths.into_iter().map(named).collect()
}

fn of_case(case: &str) -> Evidence {
    evidence_of(&fixtures().join("evidence").join(format!("{case}.json")))
}

/// The files in one text.
fn joined(files: &[FixFile]) -> String {
    let parts: Vec<String> = files.iter().map(|file| format!("==== {} ====\n{}", file.name, file.text)).collect();
    parts.concat()
}

#[test]
fn messages_and_files_read_as_they_did_in_both_languages() {
    let bless = std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for case in ["intermediate-missing", "healthy", "everything-silent"] {
        for (lang, word) in LANGS {
            let report = judged(evidence_of(&fixtures().join("reports").join(format!("{case}.json"))), lang);
            let mut messages = Vec::new();
            write_messages(&report, None, &envelope(lang), &mut messages).unwrap();
            let files = fix(&report, lang);
            let files = if files.is_empty() { nothing_to_fix(&report, lang) + "\n" } else { joined(&files) };
            for (kind, text) in [("messages", String::from_utf8(messages).unwrap()), ("fix", files)] {
                let path = fixtures().join("hand").join(format!("{case}.{word}.{kind}.txt"));
                if bless {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, &text).unwrap();
                } else if fs::read_to_string(&path).unwrap_or_default() != text {
                    wrong.push(path);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not as written: {wrong:?}");
}

/// Without line breaks and indents.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn whoever_must_act_gets_every_step_with_every_name_filled_in() {
    let mut told = BTreeSet::new();
    for (name, evidence) in recorded() {
        for (lang, _) in LANGS {
            let report = judged(evidence.clone(), lang);
            let explained: BTreeSet<&String> = report.causes.iter().flat_map(|cause| &cause.explains).collect();
            let messages: BTreeMap<Owner, String> = owners(&report)
                .into_iter()
                .map(|owner| (owner, message(&report, owner, &envelope(lang)).unwrap().text(lang)))
                .collect();
            for finding in report.checks.iter().flat_map(|check| &check.findings) {
                let Some(remedy) = finding.remediation.as_ref().filter(|_| finding.severity > Severity::Info) else {
                    continue;
                };
                let is_cause = report.causes.iter().any(|cause| {
                    cause.code == finding.code && cause.remediation.as_ref().is_some_and(|r| r.owner == remedy.owner)
                });
                assert!(
                    is_cause || explained.contains(&finding.code) || messages.contains_key(&remedy.owner),
                    "{name}: nobody is told of {}",
                    finding.code
                );
            }
            for cause in &report.causes {
                let remedy = cause.remediation.as_ref().unwrap();
                // who owns the mailbox has words of their own: tests/messages.rs
                if remedy.owner == Owner::User {
                    told.insert(Owner::User);
                    continue;
                }
                let text = &messages[&remedy.owner];
                let said = plain(text);
                told.insert(remedy.owner);
                for part in remedy.steps.iter().chain([&cause.title, &cause.summary]) {
                    assert!(said.contains(&plain(part)), "{name}: {part}\n{text}");
                }
                let guess = format!("mail.{}", report.target.domain);
                for command in remedy.commands.iter().filter(|command| !command.text.contains(&guess)) {
                    for line in command.text.lines() {
                        assert!(text.contains(line), "{name}: {line}\n{text}");
                    }
                }
            }
            for text in messages.values() {
                let gap = text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).find(|(inside, _)| {
                    !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
                });
                assert!(gap.is_none(), "{name}: {gap:?}");
                for line in text.lines().filter(|line| line.width() > 72) {
                    let copied = line.starts_with("       ") || line.trim_start().contains("https://");
                    assert!(copied, "{name}: {line}");
                }
            }
        }
    }
    assert_eq!(told.len(), OWNERS.len(), "an owner is never told anything: {told:?}");
}

#[test]
fn every_owner_is_written_to_in_both_languages_or_told_that_there_is_nothing_to_do() {
    for (lang, _) in LANGS {
        let report = judged(of_case("activesync-user-disabled"), lang);
        for owner in OWNERS {
            let mut theirs = report.clone();
            for remedy in theirs.causes.iter_mut().filter_map(|cause| cause.remediation.as_mut()) {
                remedy.owner = owner;
            }
            let text = message(&theirs, owner, &envelope(lang)).unwrap().text(lang);
            let (greeting, subject) = match lang {
                Lang::En => ("\n\nHello,\n\n", "Subject: "),
                Lang::De => ("\n\nGuten Tag,\n\n", "Betreff: "),
            };
            assert!(
                text.starts_with(subject) && text.split('\n').nth(1) == Some("") && text.contains(greeting),
                "{text}"
            );
            if owner != Owner::Exchange && owner != Owner::User {
                assert!(message(&report, owner, &envelope(lang)).is_none());
                let said = nothing_to_do(&report, owner, lang);
                assert!(
                    said.contains(owner.id()) && said.contains("Exchange-") | said.contains("Exchange admin"),
                    "{said}"
                );
            }
        }
    }
}

#[test]
fn a_consequence_of_another_cause_is_not_told() {
    let report = judged(evidence_of(&fixtures().join("reports/intermediate-missing.json")), Lang::En);
    let consequences: Vec<_> = report.causes.iter().flat_map(|cause| &cause.explains).collect();
    assert!(!consequences.is_empty());
    let text = message(&report, Owner::Exchange, &envelope(Lang::En)).unwrap().text(Lang::En);
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    for finding in findings.filter(|finding| consequences.contains(&&finding.code)) {
        assert!(!plain(&text).contains(&plain(&finding.title)), "{}", finding.title);
    }
}

fn ending(name: &str) -> &str {
    name.rsplit('.').next().unwrap()
}

/// The lines of a file that are no comment.
fn live<'a>(file: &'a FixFile, mark: &str) -> Vec<&'a str> {
    let text = file.text.trim_start_matches('\u{feff}');
    text.lines().filter(|line| !line.is_empty() && !line.starts_with(mark)).collect()
}

/// RFC 1035, 5.1, as far as these records go.
fn is_record(line: &str) -> bool {
    let name = |text: &str| {
        text.len() < 256
            && text.ends_with('.')
            && text.trim_end_matches('.').split('.').all(|label| {
                (1..64).contains(&label.len())
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            })
    };
    match line.split(' ').collect::<Vec<_>>().as_slice() {
        [owner, ttl, "IN", "CNAME", target] => name(owner) && ttl.parse::<u32>().is_ok() && name(target),
        [owner, ttl, "IN", "SRV", a, b, port, target] => {
            name(owner)
                && ttl.parse::<u32>().is_ok()
                && [a, b, port].iter().all(|n| n.parse::<u16>().is_ok())
                && name(target)
        }
        [owner, ttl, "IN", "A" | "AAAA", address] => {
            name(owner) && ttl.parse::<u32>().is_ok() && address.parse::<std::net::IpAddr>().is_ok()
        }
        _ => false,
    }
}

#[test]
fn no_line_runs_with_a_name_that_nobody_knows() {
    let (mut kinds, mut records) = (BTreeSet::new(), 0);
    for (name, evidence) in recorded() {
        for (lang, _) in LANGS {
            let report = judged(evidence.clone(), lang);
            let files = fix(&report, lang);
            assert_eq!(files.is_empty(), !files.iter().any(|file| file.name == "README.txt"), "{name}");
            for file in &files {
                let safe = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-');
                assert!(file.name.chars().all(safe) && !file.name.starts_with('.'), "{name}: {}", file.name);
                assert!(!file.text.contains("PRIVATE KEY"), "{name}");
                kinds.insert(file.name.clone());
                if let Some(readme) = files.first().filter(|_| file.name != "README.txt") {
                    assert!(readme.text.contains(&file.name), "{name}: {} is not told of", file.name);
                }
                if file.name == "dns.zone" {
                    let lines = live(file, ";");
                    let mut owners = BTreeSet::new();
                    for line in &lines {
                        assert!(is_record(line), "{name}: {line}");
                        assert!(owners.insert(line.split(' ').next()), "{name}: two records of one name: {line}");
                        let apex = format!("{}. ", report.target.domain);
                        assert!(!(line.starts_with(&apex) && line.contains(" CNAME ")), "{name}: {line}");
                    }
                    records += lines.len();
                } else if ending(&file.name) == "ps1" || ending(&file.name) == "sh" {
                    for line in live(file, "#") {
                        for mark in
                            ["<THUMBPRINT>", "<SERVER>", "<HOST>", "DATABASE", "POLICY", "'DEVICE'", "ALIAS", "SKUID"]
                        {
                            assert!(!line.contains(mark), "{name}, {}: {line}", file.name);
                        }
                    }
                }
            }
        }
    }
    for kind in ["exchange.ps1", "entra.ps1", "dns.zone", "proxy.conf", "proxy.sh"] {
        assert!(kinds.contains(kind), "no case brings {kind}: {kinds:?}");
    }
    assert!(records > 0, "no case brings a record that could be used");
}

#[test]
fn where_nobody_knows_the_servers_name_its_line_is_commented_out() {
    let mut evidence = of_case("dns-no-autodiscover-record");
    evidence.records.retain(|probe, _| !probe.to_string().starts_with("http:"));
    let unknown = judged(evidence, Lang::En);
    assert!(unknown.causes.iter().any(|cause| cause.code == "dns.no-autodiscover-record"), "{:?}", unknown.causes);
    let zone = fix(&unknown, Lang::En).into_iter().find(|file| file.name == "dns.zone").unwrap();
    assert!(live(&zone, ";").is_empty(), "{}", zone.text);
    assert!(zone.text.contains("\n; autodiscover.corp.example. 3600 IN CNAME mail.corp.example.\n"), "{}", zone.text);
    assert!(plain(&zone.text).contains("For mail.corp.example put in the public name"), "{}", zone.text);

    let mut evidence = of_case("dns-no-autodiscover-record-server-named");
    evidence.header.subject.server = Some("owa.corp.example".parse().unwrap());
    let named = judged(evidence, Lang::En);
    let zone = fix(&named, Lang::En).into_iter().find(|file| file.name == "dns.zone").unwrap();
    assert_eq!(live(&zone, ";"), ["autodiscover.corp.example. 3600 IN CNAME owa.corp.example."]);
    let text = message(&named, Owner::Dns, &envelope(Lang::En)).unwrap().body;
    assert!(text.contains("autodiscover.corp.example. 3600 IN CNAME owa.corp.example."), "{text}");
}

/// What a command of `PowerShell` consists of, apart from what stands in strings and from plain words: by its rules,
/// typographic quotes are quotes, two of them within a string are one, and a backtick takes the meaning from a letter.
fn shape(text: &str) -> String {
    let single = |letter: char| matches!(letter, '\'' | '\u{2018}'..='\u{201b}');
    let double = |letter: char| matches!(letter, '"' | '\u{201c}'..='\u{201e}');
    let mut out = String::new();
    let mut letters = text.chars().peekable();
    let mut fresh = true;
    while let Some(letter) = letters.next() {
        let was_fresh = std::mem::replace(&mut fresh, letter.is_whitespace() || ";|({".contains(letter));
        match letter {
            '`' => {
                letters.next();
            }
            '#' if was_fresh => out.push('#'),
            _ if single(letter) => {
                out.push('s');
                loop {
                    match letters.next() {
                        None => return out + "!",
                        Some(end) if single(end) && !letters.peek().is_some_and(|next| single(*next)) => break,
                        Some(end) if single(end) => {
                            letters.next();
                        }
                        Some(_) => {}
                    }
                }
            }
            _ if double(letter) => {
                out.push('d');
                let mut within = String::new();
                loop {
                    match letters.next() {
                        None => return out + "!",
                        Some('`') => within.extend(letters.next()),
                        Some('$') => out.push('$'),
                        Some(end) if double(end) && !letters.peek().is_some_and(|next| double(*next)) => break,
                        Some(end) if double(end) => {
                            letters.next();
                        }
                        Some(other) => within.push(other),
                    }
                }
                // a filter of the directory has strings of its own
                let inner: Vec<char> = within.chars().collect();
                let mut at = 0;
                let mut open = false;
                while let Some(letter) = inner.get(at) {
                    let next = inner.get(at + 1).copied().is_some_and(single);
                    if single(*letter) && open && next {
                        at += 1;
                    } else if single(*letter) {
                        out.push('i');
                        open = !open;
                    }
                    at += 1;
                }
            }
            '\n' | '\r' | ';' | '|' | '&' | '(' | ')' | '{' | '}' | '<' | '>' | '$' => out.push(letter),
            _ => {}
        }
    }
    out
}

/// The same of a POSIX shell.
fn shell_shape(text: &str) -> String {
    let mut out = String::new();
    let mut letters = text.chars();
    let mut fresh = true;
    while let Some(letter) = letters.next() {
        let was_fresh = std::mem::replace(&mut fresh, letter.is_whitespace() || ";|(&".contains(letter));
        match letter {
            '\\' => {
                letters.next();
            }
            '#' if was_fresh => out.push('#'),
            '\'' if letters.any(|letter| letter == '\'') => {}
            '\'' => return out + "!",
            '"' => loop {
                match letters.next() {
                    None => return out + "!",
                    Some('\\') => {
                        letters.next();
                    }
                    Some(live @ ('$' | '`')) => out.push(live),
                    Some('"') => break,
                    Some(_) => {}
                }
            },
            '\n' | ';' | '|' | '&' | '(' | ')' | '{' | '}' | '<' | '>' | '$' | '`' | '*' | '?' | '!' => {
                out.push(letter);
            }
            _ => {}
        }
    }
    out
}

fn commands(code: &Code) -> impl Iterator<Item = &exdiag::finding::Command> {
    let cases = code.cases.iter().flat_map(|case| case.steps);
    code.steps.iter().chain(cases).flat_map(|step| step.commands)
}

/// The command with this value in every gap.
fn filled(command: &exdiag::finding::Command, value: &str) -> String {
    let names = command.text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let all: BTreeMap<String, Value> = names.map(|name| (name.to_owned(), Value::from(value))).collect();
    fill_command(command.text, &all, Lang::En, command.shell)
}

/// Names as nobody should have them.
fn hostile() -> impl Strategy<Value = String> {
    let nasty = "'\"`$(){};|&<>#\\@%-/:,=.*?~! \n\r\t\0\u{2018}\u{2019}\u{201a}\u{201b}\u{201c}\u{201d}\u{201e}\u{2013}\u{2028}\u{85}\u{202e}ZQÓ";
    proptest::collection::vec(proptest::sample::select(nasty.chars().collect::<Vec<_>>()), 1..24)
        .prop_map(|letters| letters.into_iter().collect())
}

fn is_steered(text: &str) -> bool {
    text.contains(|letter| letter != '\n' && exdiag::finding::steers(letter))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_name_breaks_out_of_a_command(value in hostile()) {
        for code in checks::catalogue() {
            for command in commands(code) {
                let (given, calm) = (filled(command, &value), filled(command, "Z"));
                prop_assert_eq!(given.lines().count(), calm.lines().count());
                match command.shell {
                    Shell::Powershell => prop_assert_eq!(shape(&given), shape(&calm), "{}", given),
                    Shell::Shell => prop_assert_eq!(shell_shape(&given), shell_shape(&calm), "{}", given),
                    Shell::Config => {
                        let ends = |text: &str| text.matches([';', '{', '}', '"']).count();
                        prop_assert_eq!(ends(&given), ends(&calm), "{}", given);
                    }
                    Shell::Zone => prop_assert!(!given.contains(';'), "{}", given),
                }
            }
        }
    }

    #[test]
    fn no_mailbox_breaks_out_of_a_file(value in hostile()) {
        for case in ["activesync-user-disabled", "auth-rejected", "session-device-blocked", "autodiscover-error-answer"] {
            let with = |name: &str| {
                let mut evidence = of_case(case);
                evidence.header.subject.mailbox.as_mut().unwrap().address = format!("{name}@corp.example");
                fix(&judged(evidence, Lang::De), Lang::De)
            };
            let (given, calm) = (with(&value), with("Z"));
            prop_assert_eq!(given.len(), calm.len());
            for (given, calm) in given.iter().zip(&calm) {
                prop_assert_eq!(&given.name, &calm.name);
                let text = |file: &FixFile| live(file, "#").join("\n");
                if ending(&given.name) == "ps1" {
                    prop_assert_eq!(shape(&text(given)), shape(&text(calm)), "{}", given.text);
                } else if ending(&given.name) == "sh" {
                    prop_assert_eq!(shell_shape(&text(given)), shell_shape(&text(calm)), "{}", given.text);
                }
            }
        }
    }

    #[test]
    fn no_text_of_a_report_leaves_its_comment_or_steers_a_terminal(value in hostile()) {
        for case in ["tls-intermediate-missing", "dns-srv-target-invalid", "activesync-user-disabled"] {
            let calm = judged(of_case(case), Lang::En);
            let mut report = calm.clone();
            report.target.mailbox = Some(value.clone());
            for cause in &mut report.causes {
                cause.title.clone_from(&value);
                cause.summary.clone_from(&value);
                let remedy = cause.remediation.as_mut().unwrap();
                remedy.summary.clone_from(&value);
                remedy.steps.iter_mut().for_each(|step| step.clone_from(&value));
                remedy.commands.iter_mut().filter(|one| one.shell == Shell::Zone).for_each(|one| one.text.clone_from(&value));
            }
            let calm = fix(&calm, Lang::En);
            for file in fix(&report, Lang::En) {
                prop_assert!(!is_steered(&file.text), "{}", file.text);
                if file.name == "dns.zone" {
                    for line in live(&file, ";") {
                        prop_assert!(is_record(line), "{}", line);
                    }
                } else if ending(&file.name) == "ps1" || ending(&file.name) == "sh" {
                    let same = calm.iter().find(|calm| calm.name == file.name).unwrap();
                    prop_assert_eq!(live(&file, "#"), live(same, "#"));
                }
            }
            for owner in owners(&report) {
                let text = message(&report, owner, &envelope(Lang::En)).unwrap().text(Lang::En);
                prop_assert!(!is_steered(&text), "{}", text);
            }
        }
    }
}

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.args(args).args(["--lang", "en"]).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "EXDIAG_PASSWORD", "EXDIAG_TOKEN", "NYLAS_API_KEY"] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn missing() -> String {
    fixtures().join("reports/intermediate-missing.json").display().to_string()
}

#[test]
fn a_message_stands_in_place_of_the_report_and_ends_as_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("ticket 7.json").display().to_string();
    let output = run(&["replay", &missing(), "--message-for", "exchange", "--output", &json]);
    let text = said(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("Subject: Intermediate certificate missing: mail.corp.example\n"), "{text}");
    assert!(plain(&text).contains("Attached: ticket 7.json,") && !text.contains("✗"), "{text}");
    assert_eq!(said(&output.stderr), "");
    assert!(fs::read_to_string(json).unwrap().contains("\"tls.intermediate-missing\""));

    let output = run(&["replay", &missing(), "--message-for", "dns"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        said(&output.stdout),
        "DNS host (dns): nothing to do about anna@corp.example; who must act: Exchange admin (exchange).\n"
    );
    assert_eq!(said(&output.stderr), "");
    let output = run(&["replay", &missing(), "--message-for", "all"]);
    assert!(said(&output.stderr).contains("--output report.json"), "{}", said(&output.stderr));
    let output = run(&["replay", &missing(), "--message-for", "all", "--format", "json"]);
    assert_eq!((output.status.code(), said(&output.stdout).as_str()), (Some(2), ""));
    let output = run(&["replay", &missing(), "--message-for", "admin"]);
    assert_eq!((output.status.code(), said(&output.stdout).as_str()), (Some(2), ""));
}

#[test]
fn the_folder_is_written_whole_and_the_chain_in_it_is_complete() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("new").join("fix");
    let given = folder.display().to_string();
    let output = run(&["replay", &missing(), "--fix", &given]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output.stderr));
    let names = || -> BTreeSet<String> {
        fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let expected = ["README.txt", "exchange.ps1", "fullchain-mail.corp.example.pem", "proxy.conf", "proxy.sh"];
    assert_eq!(names(), expected.map(str::to_owned).into());

    fs::write(folder.join("exchange.ps1"), "old").unwrap();
    fs::write(folder.join("mine.txt"), "mine").unwrap();
    assert_eq!(run(&["replay", &missing(), "--fix", &given]).status.code(), Some(1));
    assert!(fs::read_to_string(folder.join("exchange.ps1")).unwrap().contains("Import-Certificate"));
    assert_eq!(fs::read_to_string(folder.join("mine.txt")).unwrap(), "mine");
    assert_eq!(names().len(), expected.len() + 1, "nothing else is left behind");

    let pem = folder.join(expected[2]).display().to_string();
    let at = "2026-11-27T10:00:00Z";
    let output = run(&["tls", "--chain", &pem, "--name", "mail.corp.example", "--at", at, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == "tls-intermediate").unwrap();
    assert_eq!(check["status"], "pass", "{check}");
}

#[cfg(unix)]
#[test]
fn a_script_does_not_run_as_a_whole() {
    let place = tempfile::tempdir().unwrap();
    let given = place.path().display().to_string();
    run(&["replay", &missing(), "--fix", &given]);
    let output = Command::new("sh").arg(place.path().join("proxy.sh")).current_dir(place.path()).output().unwrap();
    assert_eq!((output.status.code(), said(&output.stderr).as_str()), (Some(1), ""));
}

#[test]
fn where_nothing_is_to_be_fixed_there_is_a_sentence_and_no_file() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("fix");
    let healthy = fixtures().join("reports/healthy.json").display().to_string();
    let output = run(&["replay", &healthy, "--fix", &folder.display().to_string()]);
    assert_eq!(output.status.code(), Some(0));
    assert!(said(&output.stderr).contains("there is nothing to fix for"), "{}", said(&output.stderr));
    assert!(!folder.exists());
}

#[test]
fn a_file_in_the_way_of_the_folder_is_told_before_anything_is_sent() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("fix");
    fs::write(&file, "mine").unwrap();
    for given in [file.clone(), file.join("below")] {
        // nobody listens there, so a question would take its time
        let given = given.display().to_string();
        let output = run(&["check", "anna@corp.example", "--dns-servers", "192.0.2.1", "--fix", &given]);
        assert_eq!((output.status.code(), said(&output.stdout).as_str()), (Some(2), ""), "{given}");
        assert!(said(&output.stderr).contains("name a folder"), "{}", said(&output.stderr));
    }
    assert_eq!(fs::read_to_string(file).unwrap(), "mine");
}

#[test]
fn several_mailboxes_have_folders_and_headings_of_their_own() {
    let place = tempfile::tempdir().unwrap();
    let report = judged(evidence_of(Path::new(&missing())), Lang::En);
    let mut other = report.clone();
    let mailbox = other.evidence.header.subject.mailbox.as_mut().unwrap();
    mailbox.address = "ben@corp.example".to_owned();
    let lines: Vec<String> = [&report, &other].iter().map(|report| serde_json::to_string(report).unwrap()).collect();
    let many = place.path().join("many.json");
    fs::write(&many, lines.join("\n")).unwrap();
    let folder = place.path().join("fix");
    let (many, given) = (many.display().to_string(), folder.display().to_string());
    let output = run(&["replay", &many, "--message-for", "exchange", "--fix", &given]);
    let text = said(&output.stdout);
    for name in ["anna@corp.example", "ben@corp.example"] {
        assert!(text.contains(&format!("==== Exchange admin (exchange), {name} ====\nSubject: ")), "{text}");
        assert!(folder.join(name).join("README.txt").exists());
    }
}

#[test]
fn a_servers_name_that_steers_a_shell_goes_into_no_command() {
    let path = fixtures().join("evidence/autodiscover-ews-external-url-missing.json");
    let text = fs::read_to_string(path).unwrap();
    for name in ["x;calc;y.corp.example", "x$(calc).corp.example", "x'calc'.corp.example"] {
        let hostile = text.replace(
            "https://mail.corp.example/Microsoft-Server-ActiveSync<",
            &format!("https://{name}/Microsoft-Server-ActiveSync<"),
        );
        assert_ne!(hostile, text);
        let report = judged(exdiag::report::read(hostile.as_bytes()).unwrap().remove(0), Lang::En);
        for file in fix(&report, Lang::En).iter().filter(|file| file.name != "README.txt") {
            let live: Vec<&str> = live(file, if ending(&file.name) == "zone" { ";" } else { "#" });
            assert!(!live.iter().any(|line| line.contains("calc")), "{}: {live:?}", file.name);
        }
    }
}

#[test]
fn a_folder_with_a_readme_of_somebody_elses_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("README.txt"), "Mine\n").unwrap();
    let report = fixtures().join("reports/intermediate-missing.json");
    let args = ["replay", report.to_str().unwrap(), "--fix", folder.path().to_str().unwrap()];
    let output = run(&args);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output.stderr).contains("a folder of its own"), "{}", said(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("README.txt")).unwrap(), "Mine\n");
    // its own may be replaced
    fs::remove_file(folder.path().join("README.txt")).unwrap();
    assert_eq!((run(&args).status.code(), run(&args).status.code()), (Some(1), Some(1)));
}
