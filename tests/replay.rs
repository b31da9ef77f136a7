//! Is recorded evidence judged as it should be? Every file of `fixtures/evidence` has its expected
//! outcomes in `fixtures/expected`; `EXDIAG_BLESS=1 cargo test --test replay` rewrites them.

use exdiag::checks;
use exdiag::evidence::Evidence;
use exdiag::finding::{Severity, Status};
use exdiag::report::read;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is expected of one check.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Expected {
    status: Status,
    /// Codes of the findings with their severity, in the order told.
    findings: Vec<(String, Severity)>,
}

/// All of one file: the codes of the causes, and each selected check.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Case {
    causes: Vec<String>,
    checks: BTreeMap<String, Expected>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn judged(evidence: Evidence) -> Case {
    let selected = evidence.header.subject.selected.clone();
    let diagnosis = exdiag::replay(evidence);
    let verdict = diagnosis.verdict();
    let checks = verdict.entries.iter().filter(|entry| selected.iter().any(|id| id == entry.id));
    Case {
        causes: verdict.causes.iter().map(|cause| cause.finding.code.id.to_owned()).collect(),
        checks: checks
            .map(|entry| {
                let findings = entry.outcome.findings().iter().map(|f| (f.code.id.to_owned(), f.severity)).collect();
                (entry.id.to_owned(), Expected { status: entry.outcome.status(), findings })
            })
            .collect(),
    }
}

#[test]
fn recorded_evidence_is_judged_as_expected() {
    let bless = std::env::var_os("EXDIAG_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    let mut names = Vec::new();
    for file in fs::read_dir(fixtures().join("evidence")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let name = path.file_name().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let mut all = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let case = judged(all.remove(0));
        let expected_path = fixtures().join("expected").join(&name);
        names.push(name.clone());
        if bless {
            fs::create_dir_all(fixtures().join("expected")).unwrap();
            fs::write(&expected_path, format!("{}\n", serde_json::to_string_pretty(&case).unwrap())).unwrap();
            continue;
        }
        let text = fs::read_to_string(&expected_path).unwrap_or_default();
        let expected: Option<Case> = serde_json::from_str(&text).ok();
        if expected.as_ref() != Some(&case) {
            wrong.push(format!("{}: expected {expected:#?}, got {case:#?}", name.display()));
        }
    }
    for file in fs::read_dir(fixtures().join("expected")).unwrap() {
        let path = file.unwrap().path();
        if !names.iter().any(|name| path.ends_with(name)) {
            assert!(bless, "{} has no evidence", path.display());
            fs::remove_file(path).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_evidence_holds_its_ids_and_is_written_as_it_was_read() {
    for file in fs::read_dir(fixtures().join("evidence")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let evidence = read(&bytes).unwrap().remove(0);
        let written = serde_json::to_value(&evidence).unwrap();
        let again: Evidence = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(again, evidence, "{}", path.display());
        let recorded = if value.get("evidence").is_some() { &value["evidence"]["records"] } else { &value["records"] };
        let ids = |records: &serde_json::Value| -> Vec<String> {
            let mut ids: Vec<String> =
                records.as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(recorded), ids(&written["records"]), "{}", path.display());
    }
}

#[test]
fn a_healthy_fixture_has_no_warning_and_no_failure() {
    for file in fs::read_dir(fixtures().join("evidence")).unwrap() {
        let path = file.unwrap().path();
        if !path.file_name().unwrap().to_string_lossy().contains("-healthy") {
            continue;
        }
        let case = judged(read(&fs::read(&path).unwrap()).unwrap().remove(0));
        for (check, expected) in case.checks {
            assert!(checks::find(&check).is_some());
            assert!(matches!(expected.status, Status::Pass | Status::Skip), "{}: {check}", path.display());
            let calm = expected.findings.iter().all(|(_, severity)| *severity == Severity::Info);
            assert!(calm, "{}: {check}: {:?}", path.display(), expected.findings);
        }
    }
}
