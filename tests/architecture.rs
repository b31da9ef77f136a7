//! Does every room keep to its walls (docs/architecture.md), and every file to the habits of the house?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::{Path, PathBuf};

/// What is pure: no socket, file, clock, environment, waiting.
const PURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "Timestamp::now",
    "tokio::",
    "hyper::",
    "reqwest::",
    "async fn",
    "async move",
    ".await",
    "println!",
];
const SILENT: &[&str] = &["println!", "print!(", "std::io::stdout", "std::io::stderr"];
const NO_SOCKET: &[&str] =
    &["println!", "tokio::net", "std::net::Tcp", "std::net::Udp", "hyper::", "reqwest::", "serde_json"];

struct Room {
    name: &'static str,
    imports: &'static [&'static str],
    forbidden: &'static [&'static str],
}

/// The table of docs/architecture.md.
const ROOMS: &[Room] = &[
    Room { name: "finding", imports: &[], forbidden: PURE },
    Room { name: "evidence", imports: &[], forbidden: PURE },
    Room { name: "order", imports: &[], forbidden: PURE },
    Room { name: "packed", imports: &[], forbidden: PURE },
    Room { name: "protocol", imports: &["evidence", "order", "packed"], forbidden: PURE },
    Room { name: "checks", imports: &["finding", "evidence", "order", "protocol"], forbidden: PURE },
    Room { name: "diagnosis", imports: &["finding", "evidence", "order"], forbidden: PURE },
    Room { name: "runner", imports: &["evidence", "finding", "checks", "diagnosis", "order"], forbidden: NO_SOCKET },
    Room { name: "gather", imports: &["evidence", "order", "protocol"], forbidden: SILENT },
    Room { name: "report", imports: &["finding", "evidence", "order", "protocol", "diagnosis"], forbidden: SILENT },
    Room { name: "lab", imports: &["evidence", "order", "protocol"], forbidden: SILENT },
    Room {
        name: "cli",
        imports: &[
            "finding",
            "evidence",
            "protocol",
            "checks",
            "diagnosis",
            "runner",
            "gather",
            "report",
            "lab",
            "order",
            "packed",
        ],
        forbidden: &["tokio::net", "hyper::", "reqwest::"],
    },
];

/// A file of `src`, its path in the project and its lines without comments and tests.
struct Source {
    path: String,
    first: String,
    lines: Vec<(usize, String)>,
}

impl Source {
    fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split(['/', '.']).next().unwrap()
    }
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
}

fn files(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    rust_files(&root.join(folder), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        // a `mod x;` for tests alone may stand above the code
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = (1..)
            .zip(code.lines())
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(number, line)| (number, line.to_owned()))
            .collect();
        Source {
            path: path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"),
            first: text.lines().next().unwrap_or_default().to_owned(),
            lines,
        }
    };
    paths.into_iter().map(read).collect()
}

/// The paths below `crate::` that a line names, a group in braces taken apart.
fn named(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let word = |text: &str| {
            let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            text[..end.unwrap_or(text.len())].to_owned()
        };
        match rest.strip_prefix('{') {
            Some(group) => out.extend(group.trim_end_matches("};").split(',').map(|item| word(item.trim()))),
            None => out.push(word(rest)),
        }
    }
    out
}

#[test]
fn a_room_imports_what_its_row_allows_and_nothing_else() {
    let mut wrong = Vec::new();
    for source in files("src") {
        let Some(room) = ROOMS.iter().find(|room| room.name == source.room()) else { continue };
        for (number, line) in &source.lines {
            for path in named(line) {
                let target = path.split("::").next().unwrap_or_default();
                let other = ROOMS.iter().any(|other| other.name == target) && target != room.name;
                if other && !room.imports.contains(&target) {
                    wrong.push(format!("{}:{number}: {} may not import {target}", source.path, room.name));
                }
            }
            if line.contains("super::super") {
                wrong.push(format!("{}:{number}: a path by way of super::super hides an import", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_room_contains_nothing_that_belongs_to_another() {
    let mut wrong = Vec::new();
    for source in files("src") {
        let Some(room) = ROOMS.iter().find(|room| room.name == source.room()) else { continue };
        for (number, line) in &source.lines {
            for word in room.forbidden.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{number}: no {word} in {}", source.path, room.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_its_row_here_and_in_the_document() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md")).unwrap();
    for source in files("src").iter().filter(|source| !["lib", "main"].contains(&source.room())) {
        assert!(ROOMS.iter().any(|room| room.name == source.room()), "{} belongs to no room", source.path);
    }
    for room in ROOMS.iter().filter(|room| room.name != "cli") {
        let row = document.lines().find(|line| line.starts_with(&format!("| `{}` |", room.name))).unwrap();
        let imports = row.trim_end_matches('|').rsplit('|').next().unwrap().trim();
        let ours = if room.imports.is_empty() { "nothing".to_owned() } else { room.imports.join(", ") };
        assert_eq!(imports, ours, "docs/architecture.md, {}", room.name);
    }
}

#[test]
fn a_check_calls_no_other_check() {
    let mut wrong = Vec::new();
    let checks = files("src/checks");
    // a check stands in the room itself; what is below is a part of one
    let own = checks.iter().map(|file| Path::new(&file.path)).filter(|path| path.parent().unwrap().ends_with("checks"));
    let names: Vec<_> = own.map(|path| path.file_stem().unwrap().to_owned()).collect();
    for source in &checks {
        for (number, line) in &source.lines {
            for name in names
                .iter()
                .filter_map(|name| name.to_str())
                .filter(|name| !["common", "tls_rules", "words"].contains(name))
            {
                if line.contains(&format!("super::{name}")) || line.contains(&format!("crate::checks::{name}")) {
                    wrong.push(format!("{}:{number}: calls the check {name}", source.path));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_gather_auth_opens_a_secret() {
    let mut wrong = Vec::new();
    for source in files("src").iter().filter(|source| source.path != "src/gather/auth.rs") {
        for (number, line) in source.lines.iter().filter(|(_, line)| line.contains("expose_secret")) {
            wrong.push(format!("{}:{number}: {}", source.path, line.trim()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_first_line_of_a_file_says_which_question_it_answers() {
    for source in ["src", "tests", "benches"].into_iter().flat_map(files) {
        let question = source.first.starts_with("//! ") && source.first.contains('?');
        assert!(question, "{}:1: {}", source.path, source.first);
    }
}

#[test]
fn nothing_is_left_unfinished() {
    // in pieces, so that this file does not find itself
    let unfinished =
        [concat!("todo", "!("), concat!("unimpl", "emented!("), concat!("dbg", "!("), concat!("FIX", "ME")];
    let ignored = concat!("#[ign", "ore");
    for source in ["src", "tests", "benches"].into_iter().flat_map(files) {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&source.path)).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            for word in unfinished.iter().chain([&ignored]) {
                assert!(!line.contains(word), "{}:{number}: {line}", source.path);
            }
        }
    }
}

#[test]
fn contract_3_the_checks_have_their_ids_and_their_order() {
    let ids: Vec<_> = exdiag::checks::ALL.iter().map(|check| check.id).collect();
    let order = [
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
        "clients",
    ];
    assert_eq!(ids, order);
}
