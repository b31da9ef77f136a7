//! Is every error one clear sentence in the language of the user, that says what to do next?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn run(language: &str, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    for name in ["LC_ALL", "LC_MESSAGES", "COLUMNS", "EXDIAG_PASSWORD", "EXDIAG_TOKEN", "NYLAS_API_KEY"] {
        command.env_remove(name);
    }
    command.args(args).env("LANG", language).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Files and folders that something is wrong with.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("broken.json", "{\n  \"a\": ?");
    write("cut.json", "{\"a\": [1, 2");
    write("other.json", "{\"a\": 1}");
    write("newer.json", "{\"schema_version\": \"9.0\", \"evidence\": {}}");
    write("none.json", "{\"schema_version\": \"x\", \"evidence\": {}}");
    write("empty.json", "");
    write("bare.json", "{\"schema_version\": \"1.0\"}");
    write("no.zip", "PK\u{3}\u{4} and no more");
    write("key.txt", "\nsecond\n");
    write("file", "x");
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::create_dir(folder.path().join("bare")).unwrap();
    folder
}

/// A call, and what is said to it in English and German, in part.
type Wrong<'a> = (&'a [&'a str], &'a str, &'a str);

const READS: &str = "nennen Sie einen Bericht, den exdiag mit --output geschrieben hat";

const WRONG: &[Wrong<'_>] = &[
    (
        &["replay", "gone.json"],
        "could not read gone.json (No such file",
        "gone.json lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["replay", "folder"],
        "could not read folder (Is a directory",
        "folder lässt sich nicht lesen (ist ein Ordner); nennen Sie",
    ),
    (
        &["replay", "file/x"],
        "could not read file/x (Not a directory",
        "file/x lässt sich nicht lesen (ist kein Ordner); nennen Sie",
    ),
    (&["replay", "empty.json"], "empty.json is empty; name", "empty.json ist leer; nennen Sie"),
    (
        &["replay", "broken.json"],
        "broken.json is not a report of exdiag (expected value at line 2",
        "broken.json ist kein Bericht von exdiag (kein gültiges JSON, Zeile 2, Spalte 8); nennen Sie",
    ),
    (
        &["replay", "cut.json"],
        "cut.json is not a report of exdiag (EOF while",
        "cut.json ist kein Bericht von exdiag (bricht mitten im JSON ab, Zeile 1, Spalte 11); nennen Sie",
    ),
    (
        &["replay", "other.json"],
        "other.json is not a report of exdiag (missing field",
        "other.json ist kein Bericht von exdiag (das Feld ",
    ),
    (
        &["replay", "none.json"],
        "none.json is not a report of exdiag (schema_version",
        "none.json ist kein Bericht von exdiag (schema_version \"x\" ist keine Version); nennen Sie",
    ),
    (
        &["replay", "bare.json"],
        "bare.json is not a report of exdiag (missing field `evidence`); name",
        "bare.json ist kein Bericht von exdiag (das Feld evidence fehlt); nennen Sie",
    ),
    (&["replay", "-"], "standard input is empty; name a report", "Die Standardeingabe ist leer; nennen Sie"),
    (&["replay", "newer.json"], "newer.json has schema_version 9.0", "newer.json hat die schema_version 9.0"),
    (&["replay", "no.zip"], "could not read the archive no.zip (", "Das Archiv no.zip lässt sich nicht lesen („"),
    (&["diff", "gone.json", "gone.json"], "could not read gone.json (No such file", READS),
    (&["explain", "gone.json"], "could not read gone.json (No such file", READS),
    (
        &["logs", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (&["logs", "bare"], "there is no file in bare; name", "In bare liegt keine Datei; nennen Sie"),
    (
        &["logs", "file", "--output", "x.doc"],
        "the ending of x.doc names no format; use",
        "Die Endung von x.doc nennt kein Format; möglich sind",
    ),
    (
        &["replay", "ok.json", "--output", "x.doc"],
        "the ending of x.doc names no format; use",
        "Die Endung von x.doc nennt kein Format; möglich sind",
    ),
    (
        &["replay", "ok.json", "--output", "gone/x.json"],
        "could not write gone/x.json (No such file",
        "gone/x.json lässt sich nicht schreiben (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["replay", "ok.json", "--output", "folder.json"],
        "could not write folder.json (Is a directory",
        "folder.json lässt sich nicht schreiben (ist ein Ordner); nennen Sie",
    ),
    (
        &["replay", "ok.json", "--fix", "file"],
        "--fix: could not use file (",
        "--fix: file ist nicht verwendbar (ist kein Ordner); nennen Sie",
    ),
    (
        &["replay", "ok.json", "--baseline", "gone.json"],
        "could not read the baseline gone.json (No such file",
        "Der Vergleichsbericht gone.json lässt sich nicht lesen (Datei oder Ordner nicht gefunden); --baseline liest nur; erzeugen Sie",
    ),
    (
        &["check", "a@corp.example", "--password-file", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["check", "a@corp.example", "--password-file", "folder"],
        "could not read folder (Is a directory",
        "folder lässt sich nicht lesen (ist ein Ordner); nennen Sie",
    ),
    (
        &["check", "a@corp.example", "--password-file", "key.txt"],
        "could not use the secret in key.txt",
        "Das Geheimnis in key.txt ist nicht verwendbar",
    ),
    (
        &["check", "a@corp.example", "--cacert", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["check", "a@corp.example", "--casmailbox", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["check", "a@corp.example", "--sync-log", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["check", "corp.example"],
        "it has no @; give it as name@domain",
        "Das @ fehlt; geben Sie sie als name@domain an",
    ),
    (
        &["check", "a@corp.example", "--only", "tls"],
        "\"tls\" is not a check; did you mean tls-chain?",
        "\"tls\" ist keine Prüfung; meinten Sie tls-chain?",
    ),
    (&["check", "a@corp.example", "--proxy", "::"], "could not use the proxy", "Der Proxy lässt sich nicht verwenden"),
    (&["check", "a@corp.example", "--server", "https://"], "names no server; give", "nennt keinen Server; geben Sie"),
    (
        &["tls", "--chain", "gone.pem", "--name", "a.example"],
        "could not read gone.pem (No such file",
        "gone.pem lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (
        &["tls", "--cases", "gone"],
        "could not read gone (No such file",
        "gone lässt sich nicht lesen (Datei oder Ordner nicht gefunden); nennen Sie",
    ),
    (&["man", "chek"], "\"chek\" is not a command; ", "\"chek\" ist kein Befehl; "),
    (
        &["explain", "tls.expird"],
        "\"tls.expird\" is not known; did you mean tls.expired?",
        "\"tls.expird\" ist nicht bekannt; meinten Sie tls.expired?",
    ),
    (&["demo", "expird"], "is not a demo; ", "ist keine Demo; "),
    (&["login", "a@corp.example"], "no app is named; give --client-id", "--client-id"),
    (
        &["check", "a@corp.example", "--until", "change"],
        "--until says what exdiag check waits for; say for how long too, such as --wait 10m. Help: exdiag check --help",
        "--until sagt, worauf exdiag check wartet; geben Sie auch an, wie lange, etwa --wait 10m. Hilfe: exdiag check --help",
    ),
    (&["ch"], "\"ch\" is no command. Did you mean ", "\"ch\" ist kein Befehl. Meinten Sie "),
];

fn ready() -> tempfile::TempDir {
    let folder = place();
    fs::copy(fixture("reports/healthy.json"), folder.path().join("ok.json")).unwrap();
    fs::create_dir(folder.path().join("folder.json")).unwrap();
    folder
}

/// What stands behind `exdiag: `.
fn sentence(said: &str) -> String {
    said.strip_prefix("exdiag: ").unwrap_or_else(|| unreachable!("{said}")).trim_end().to_owned()
}

#[test]
fn every_error_is_one_sentence_in_the_language_of_the_user_and_exit_2() {
    let folder = ready();
    for (call, english, german) in WRONG {
        for (language, expected) in [("C.UTF-8", english), ("de_DE.UTF-8", german)] {
            let output = run(language, folder.path(), call);
            let said = sentence(&err(&output));
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{call:?}: {said}");
            assert!(said.contains(expected), "{call:?}: {said}");
            if language == "de_DE.UTF-8" {
                let of_system = ["os error", "No such", "Is a dir", "Not a dir", "denied", " at line "];
                assert!(!of_system.iter().any(|english| said.contains(english)), "{call:?}: {said}");
            }
        }
    }
}

#[test]
fn what_comes_from_standard_input_is_called_so() {
    let folder = ready();
    let said = |name: &str, language: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
        command.args(["replay", "-", "--lang", language]).stdin(fs::File::open(folder.path().join(name)).unwrap());
        sentence(&err(&command.output().unwrap()))
    };
    for (name, english, german) in [
        ("broken.json", "standard input is not a report", "Die Standardeingabe ist kein Bericht"),
        ("no.zip", "could not read the archive from standard input (", "Das Archiv aus der Standardeingabe lässt sich"),
    ] {
        assert!(said(name, "en").starts_with(english), "{}", said(name, "en"));
        assert!(said(name, "de").starts_with(german), "{}", said(name, "de"));
    }
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_or_written_is_said_in_german() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = ready();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(closed.join("report.json"), "{}").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // nothing is closed to root
    let is_root = fs::read(closed.join("report.json")).is_ok();
    for call in [&["replay", "closed/report.json"][..], &["replay", "ok.json", "--output", "closed/x.json"]] {
        let said = err(&run("de_DE.UTF-8", folder.path(), call));
        assert!(is_root || said.contains("(Zugriff verweigert)"), "{call:?}: {said}");
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn the_nearest_is_meant_first_and_the_last_is_joined_by_a_word() {
    let folder = ready();
    for (language, typed, expected) in [
        ("C.UTF-8", "chema", "Did you mean schema or check?"),
        ("de_DE.UTF-8", "chema", "Meinten Sie schema oder check?"),
    ] {
        let said = err(&run(language, folder.path(), &[typed]));
        assert!(said.contains(expected), "{said}");
    }
}

/// Pairs of what is said of an error in the program's texts: English, German.
fn declared() -> Vec<(PathBuf, String, String)> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    let mut all = Vec::new();
    for file in files.into_iter().filter(|file| file.extension().is_some_and(|ending| ending == "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        for rest in text.split("Trouble::new(text!(").skip(1) {
            let literals: Vec<String> = literals(rest);
            all.push((file.clone(), literals[0].clone(), literals[1].clone()));
        }
    }
    all
}

/// The first two string literals of a piece of source.
fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut letters = source.chars();
    while found.len() < 2 && letters.by_ref().any(|letter| letter == '"') {
        let mut literal = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => break,
                '\\' => literal.extend(letters.next()),
                other => literal.push(other),
            }
        }
        found.push(literal);
    }
    found
}

#[test]
fn what_is_typed_or_piped_in_is_named_in_german() {
    let folder = ready();
    let said = |args: &[&str]| err(&run("de_DE.UTF-8", folder.path(), args));
    let empty = said(&["check", "a@corp.example", "--password-stdin"]);
    assert!(empty.contains("Das Geheimnis in der Standardeingabe ist nicht verwendbar"), "{empty}");
}

#[test]
fn a_report_file_of_more_than_256_mib_is_not_read() {
    let folder = ready();
    let name = folder.path().join("large.json");
    // a hole: it takes no room on the disk
    fs::File::create(&name).unwrap().set_len(256 * 1024 * 1024 + 1).unwrap();
    for (language, expected) in [
        ("C.UTF-8", "could not read large.json (file too large); name a report"),
        ("de_DE.UTF-8", "large.json lässt sich nicht lesen (Datei zu groß); nennen Sie einen Bericht"),
    ] {
        let output = run(language, folder.path(), &["replay", "large.json"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains(expected), "{}", err(&output));
    }
}

#[test]
fn errors_begin_small_in_english_and_with_a_capital_in_german() {
    let all = declared();
    assert!(all.len() > 40, "{}", all.len());
    for (file, english, german) in all {
        let first = |text: &str| text.chars().next().unwrap();
        assert!(!first(&english).is_uppercase() || english.starts_with("AADSTS"), "{}: {english}", file.display());
        assert!(!first(&german).is_lowercase(), "{}: {german}", file.display());
    }
}

#[test]
fn the_manual_and_the_completions_come_in_german() {
    let folder = ready();
    let of = |language, args: &[&str]| String::from_utf8(run(language, folder.path(), args).stdout).unwrap();
    let page = of("C.UTF-8", &["man", "check", "--lang", "de"]);
    for part in [
        ".SH BEZEICHNUNG",
        ".SH ÜBERSICHT",
        ".SH BESCHREIBUNG",
        ".SH OPTIONEN",
        ".SH KONTO",
        "<DATEI>",
        "Mögliche Werte:",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for english in [".SH NAME", "Possible values", "[default:", "Print help", "The Exchange server"] {
        assert!(!page.contains(english), "{english}: {page}");
    }
    assert_eq!(of("de_DE.UTF-8", &["man", "check"]), page);
    let english = of("de_DE.UTF-8", &["man", "check", "--lang", "en"]);
    assert!(english.contains(".SH NAME") && english.contains("The Exchange server"), "{english}");
    let count = |page: &str| page.lines().filter(|line| line.starts_with(".TP")).count();
    assert_eq!(count(&page), count(&english));
    let whole = of("de_DE.UTF-8", &["man"]);
    assert!(whole.contains(".SH BEFEHLE") && !whole.contains("subcommands"), "{whole}");

    for shell in ["zsh", "fish", "powershell", "elvish"] {
        let (german, english) =
            (of("C.UTF-8", &["completions", shell, "--lang", "de"]), of("C.UTF-8", &["completions", shell]));
        assert!(german.contains("Die Vervollständigung für eine Shell ausgeben"), "{shell}: {german}");
        assert!(!german.contains("Print the completions") && english.contains("Print the completions"), "{shell}");
        assert_eq!(german.matches("--message-for").count(), english.matches("--message-for").count(), "{shell}");
    }
}
