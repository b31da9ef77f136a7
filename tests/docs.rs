//! Is what is committed under docs/ what the code says? `EXDIAG_BLESS=1 cargo test --test docs` rewrites it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::finding::Lang;
use exdiag::{checks, cli, report};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

fn bless() -> bool {
    std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1")
}

/// Compares a file with what it should hold, or rewrites it.
fn compare(path: &Path, expected: &str) {
    if bless() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
        return;
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == expected,
        "{} is not what the code says; EXDIAG_BLESS=1 cargo test --test docs rewrites it",
        path.display()
    );
}

#[test]
fn every_finding_is_documented_in_both_languages_and_no_other() {
    for (name, lang) in [("en", Lang::En), ("de", Lang::De)] {
        let folder = root().join("findings").join(name);
        let codes = checks::catalogue();
        let mut expected: BTreeMap<String, String> =
            codes.iter().map(|code| (format!("{}.md", code.id), report::explain(code, lang))).collect();
        expected.insert("README.md".to_owned(), report::explain_index(&codes, lang));
        expected.insert("aadsts.md".to_owned(), checks::auth_status::entra::page(lang));
        expected.insert("rules.md".to_owned(), checks::tls_rules::page(lang));
        for (file, text) in &expected {
            compare(&folder.join(file), text);
        }
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let known = expected.contains_key(path.file_name().unwrap().to_str().unwrap());
            if !known && bless() {
                fs::remove_file(&path).unwrap();
            } else {
                assert!(known, "{} documents no finding of the catalogue", path.display());
            }
        }
    }
}

#[test]
fn the_command_line_is_documented() {
    compare(&root().join("cli.md"), &cli::documentation(Lang::En));
    compare(&root().join("de/cli.md"), &cli::documentation(Lang::De));
}

#[test]
fn the_schema_of_the_report_is_committed() {
    compare(&root().join("report.schema.json"), &format!("{:#}\n", report::schema().to_value()));
    compare(&root().join("diff.schema.json"), &format!("{:#}\n", report::diff_schema().to_value()));
}
