//! Does the command line speak German in full, and say of a wrong call in one sentence what is wrong and what to do?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::cli;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::process::{Command, Output, Stdio};

const TABLE: &str = include_str!("../src/cli/german.txt");

fn run<S: AsRef<OsStr>>(language: &str, args: &[S]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    for name in ["LC_ALL", "LC_MESSAGES", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.args(args).env("LANG", language).stdin(Stdio::null()).output().unwrap()
}

const DE: &str = "de_DE.UTF-8";
const EN: &str = "C.UTF-8";

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The rows of the table: English and German.
fn rows() -> Vec<(&'static str, &'static str)> {
    let mut lines = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    std::iter::from_fn(|| Some((lines.next()?, lines.next().unwrap()))).collect()
}

/// Every paragraph that a help of this command shows, with the place where it stands.
fn texts(command: &clap::Command, path: &str, all: &mut BTreeMap<String, String>) {
    let mut add = |place: String, text: Option<String>| {
        for line in text.unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()) {
            let is_threshold = line.split_once('=').is_some_and(|(_, value)| value.parse::<i64>().is_ok());
            if !line.starts_with("exdiag ") && !is_threshold {
                all.entry(line.to_owned()).or_insert_with(|| place.clone());
            }
        }
    };
    let said = |text: Option<&clap::builder::StyledStr>| text.map(ToString::to_string);
    add(path.to_owned(), said(command.get_about()));
    add(path.to_owned(), said(command.get_long_about()));
    add(format!("{path}, below"), said(command.get_after_help()));
    add(format!("{path}, below"), said(command.get_after_long_help()));
    for arg in command.get_arguments() {
        let place =
            format!("{path} {}", arg.get_long().map_or_else(|| arg.get_id().to_string(), |long| format!("--{long}")));
        add(place.clone(), said(arg.get_help()));
        add(place.clone(), said(arg.get_long_help()));
        add(format!("{place}, heading"), arg.get_help_heading().map(str::to_owned));
        if arg.get_action().takes_values() {
            for name in arg.get_value_names().unwrap_or_default() {
                add(format!("{place}, name of the value"), Some(name.to_string()));
            }
        }
        for value in arg.get_possible_values() {
            add(format!("{place} {}", value.get_name()), said(value.get_help()));
        }
    }
    for sub in command.get_subcommands() {
        texts(sub, &format!("{path} {}", sub.get_name()), all);
    }
}

fn built() -> clap::Command {
    let mut root = cli::command();
    root.build();
    root
}

#[test]
fn every_text_of_the_help_has_a_german_row_and_no_row_is_left_over() {
    let mut all = BTreeMap::new();
    texts(&built(), "exdiag", &mut all);
    let rows = rows();
    let known: BTreeSet<&str> = rows.iter().map(|(english, _)| *english).collect();
    assert_eq!(known.len(), rows.len(), "a row stands twice in src/cli/german.txt");
    let missing: Vec<String> = all
        .iter()
        .filter(|(text, _)| !known.contains(text.as_str()))
        .map(|(text, place)| format!("{place}:\n{text}\n"))
        .collect();
    assert!(missing.is_empty(), "src/cli/german.txt lacks the German of\n\n{}", missing.join("\n"));
    let over: Vec<_> = known.into_iter().filter(|english| !all.contains_key(*english)).collect();
    assert!(over.is_empty(), "src/cli/german.txt has what no help says any more:\n{}", over.join("\n"));
}

#[test]
fn the_german_help_fits_and_no_english_is_left_in_it() {
    let root = built();
    let names = root.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help");
    let mut calls: Vec<Vec<&str>> = names.flat_map(|name| [vec![name, "--help"], vec![name, "-h"]]).collect();
    calls.extend([vec!["--help"], vec!["-h"], vec!["help"]]);
    let of_clap = ["Usage:", "Options:", "Arguments:", "Commands:", "ossible values", "[default", "[env", "Print help"];
    for call in calls {
        let output = run(DE, &call);
        let help = out(&output);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{call:?}");
        assert!(help.contains("Aufruf: exdiag"), "{call:?}: {help}");
        for line in help.lines() {
            assert!(line.chars().count() <= 100, "{call:?}: {line}");
        }
        let whole = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentences = rows().into_iter().filter(|(english, german)| english != german && english.contains(' '));
        for english in sentences.map(|(english, _)| english).chain(of_clap) {
            let english = english.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(!whole.contains(&english), "{call:?}: {english}");
        }
    }
}

#[test]
fn the_german_help_has_the_same_options_as_the_english() {
    let root = built();
    for name in root.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help") {
        let options = |language| {
            let help = out(&run(language, &[name, "--help"]));
            let lines = help.lines().filter(|line| line.starts_with("  -") || line.starts_with("      --"));
            lines
                .map(|line| line.trim().split("  ").next().unwrap().split('<').next().unwrap().trim().to_owned())
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(options(DE), options(EN), "{name}");
    }
}

#[test]
fn the_language_of_the_help_is_that_of_lang_or_of_the_environment() {
    let german = out(&run(DE, &["check", "--help"]));
    for call in
        [&["check", "--lang", "de", "--help"][..], &["check", "--help", "--lang=de"], &["check", "--lang=de", "--help"]]
    {
        assert_eq!(out(&run(EN, call)), german, "{call:?}");
    }
    assert_eq!(out(&run(DE, &["help", "check"])), german);
    let english = out(&run(EN, &["check", "--help"]));
    assert_eq!(out(&run(DE, &["check", "--help", "--lang", "en"])), english);
    assert!(english.starts_with("Run the whole sequence"), "{english}");
    for part in ["Konto:", "--password-file <DATEI>", "[Vorgabe: fail]", "- html: ", "Mögliche Werte:", "Exit-Codes:"]
    {
        assert!(german.contains(part), "{part}: {german}");
    }
}

/// A call, and what is said to it in English and German.
type Wrong<'a> = (&'a [&'a str], &'a str, &'a str);

const WRONG: &[Wrong<'_>] = &[
    (
        &["check", "a@b.example", "--pasword-file", "x"],
        "exdiag check has no option --pasword-file. Did you mean --password-file? Help: exdiag check --help",
        "exdiag check hat keine Option --pasword-file. Meinten Sie --password-file? Hilfe: exdiag check --help",
    ),
    (
        &["explain", "dns.wildcard", "--only", "dns"],
        "exdiag explain has no option --only; it goes with: check, tls. Help: exdiag explain --help",
        "exdiag explain hat keine Option --only; es gibt sie bei: check, tls. Hilfe: exdiag explain --help",
    ),
    (
        &["check", "a@b.example", "-x"],
        "exdiag check has no option -x. Help: exdiag check --help",
        "exdiag check hat keine Option -x. Hilfe: exdiag check --help",
    ),
    (
        &["demo", "healthy", "expired"],
        "expired is one argument too many for exdiag demo. Help: exdiag demo --help",
        "expired ist ein Argument zu viel für exdiag demo. Hilfe: exdiag demo --help",
    ),
    (
        &["list", "check"],
        "\"check\" is no value of <WHAT>; there are: checks, findings, demos. Did you mean checks? Help: exdiag list --help",
        "\"check\" ist kein Wert von <WAS>; möglich sind: checks, findings, demos. Meinten Sie checks? Hilfe: exdiag list --help",
    ),
    (
        &["check", "a@b.example", "--fail-on="],
        "--fail-on <FAIL_ON> needs a value, one of: warn, fail. Help: exdiag check --help",
        "--fail-on <STATUS> braucht einen Wert, einen von: warn, fail. Hilfe: exdiag check --help",
    ),
    (
        &["check", "--user"],
        "--user <NAME> needs a value. Help: exdiag check --help",
        "--user <NAME> braucht einen Wert. Hilfe: exdiag check --help",
    ),
    (
        &["check", "a@b.example", "--max-time", "x"],
        "\"x\" is no value of --max-time <S>; give seconds, more than 0 and at most 86400. Help: exdiag check --help",
        "\"x\" ist kein Wert von --max-time <S>; geben Sie Sekunden an, mehr als 0 und höchstens 86400. Hilfe: exdiag check --help",
    ),
    (
        &["check", "a@b.example", "--idle-test", "60"],
        "\"60\" is no value of --idle-test <MINUTES>; give minutes, from 1 to 59. Help: exdiag check --help",
        "\"60\" ist kein Wert von --idle-test <MINUTEN>; geben Sie Minuten an, von 1 bis 59. Hilfe: exdiag check --help",
    ),
    (
        &["replay", "x.json", "--now", "noon"],
        "\"noon\" is no value of --now <TIME>; give a time such as 2026-11-22T20:00:00Z or 2026-11-22. Help: exdiag replay --help",
        "\"noon\" ist kein Wert von --now <ZEIT>; geben Sie eine Zeit an wie 2026-11-22T20:00:00Z oder 2026-11-22. Hilfe: exdiag replay --help",
    ),
    (
        &["chck"],
        "\"chck\" is no command. Did you mean check? Help: exdiag --help",
        "\"chck\" ist kein Befehl. Meinten Sie check? Hilfe: exdiag --help",
    ),
    (
        &["anna@corp.example"],
        "\"anna@corp.example\" is no command. Did you mean exdiag check anna@corp.example? Help: exdiag --help",
        "\"anna@corp.example\" ist kein Befehl. Meinten Sie exdiag check anna@corp.example? Hilfe: exdiag --help",
    ),
    (
        &["check"],
        "exdiag check needs <MAILBOX>. Help: exdiag check --help",
        "exdiag check braucht <POSTFACH>. Hilfe: exdiag check --help",
    ),
    (
        &["check", "a@b.example", "-q", "-v"],
        "--quiet does not go with --verbose; leave one of them out. Help: exdiag check --help",
        "--quiet geht nicht zusammen mit --verbose; lassen Sie eines davon weg. Hilfe: exdiag check --help",
    ),
    (
        &["tls", "mail.example", "--chain", "x", "--cases", "y"],
        "[HOST[:PORT]] does not go with --chain <FILE>, --cases <FILE>; leave one of them out. Help: exdiag tls --help",
        "[HOST[:PORT]] geht nicht zusammen mit --chain <DATEI>, --cases <DATEI>; lassen Sie eines davon weg. Hilfe: exdiag tls --help",
    ),
    (
        &["check", "a@b.example", "--server", "x", "--server", "y"],
        "--server <HOST|URL> may stand only once. Help: exdiag check --help",
        "--server <HOST|URL> darf nur einmal stehen. Hilfe: exdiag check --help",
    ),
    (
        &["check", "a@b.example", "--ask-password=x"],
        "--ask-password takes no value. Help: exdiag check --help",
        "--ask-password nimmt keinen Wert. Hilfe: exdiag check --help",
    ),
];

#[test]
fn a_wrong_call_is_answered_with_one_sentence_in_the_language_of_the_user_and_exit_2() {
    for (call, english, german) in WRONG {
        for (language, expected) in [(EN, english), (DE, german)] {
            let output = run(language, call);
            assert_eq!(err(&output), format!("exdiag: {expected}\n"), "{call:?}");
            assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{call:?}");
        }
    }
    let chosen = run(EN, &["check", "--lang", "de", "--user"]);
    assert!(err(&chosen).contains("--user <NAME> braucht einen Wert"), "{}", err(&chosen));
    let chosen = run(DE, &["check", "--lang=en", "--user"]);
    assert!(err(&chosen).contains("--user <NAME> needs a value"), "{}", err(&chosen));
}

#[test]
fn the_same_sentence_is_told_to_programs() {
    for (call, english, german) in WRONG.iter().filter(|(call, ..)| call.first() == Some(&"check")) {
        for (language, expected) in [(EN, english), (DE, german)] {
            let call = |format| [&["check", "--format", format][..], call.get(1..).unwrap()].concat();
            let output = run(language, &call("json"));
            let said: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
            assert_eq!(said["error"]["message"], *expected);
            assert_eq!(output.status.code(), Some(2));
            let output = run(language, &call("nagios"));
            // a plugin's line is short and has its own meaning for |
            let begin: String = expected.chars().take_while(|letter| *letter != '|').take(60).collect();
            assert!(out(&output).starts_with(&format!("EXDIAG UNKNOWN - {begin}")), "{}", out(&output));
            assert_eq!(output.status.code(), Some(3));
        }
    }
}

#[test]
fn without_a_command_there_is_the_help_and_what_to_do() {
    for (language, help, said) in [
        (
            EN,
            "Usage: exdiag <COMMAND>",
            "exdiag: name a command, such as: exdiag check anna@corp.example. Help: exdiag --help\n",
        ),
        (
            DE,
            "Aufruf: exdiag <BEFEHL>",
            "exdiag: Nennen Sie einen Befehl, etwa: exdiag check anna@corp.example. Hilfe: exdiag --help\n",
        ),
    ] {
        let output = run::<&str>(language, &[]);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""));
        assert!(err(&output).contains(help) && err(&output).ends_with(said), "{}", err(&output));
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let call = [OsStr::new("check"), OsStr::from_bytes(b"f\xfcr@corp.example")];
    for (language, said) in [
        (
            EN,
            "exdiag: an argument is not UTF-8; only names of files and folders may be that. Help: exdiag check --help\n",
        ),
        (
            DE,
            "exdiag: Ein Argument ist kein UTF-8; das dürfen nur Namen von Dateien und Ordnern sein. Hilfe: exdiag check --help\n",
        ),
    ] {
        let output = run(language, &call);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(2), said));
    }
}
