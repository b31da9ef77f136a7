//! Does the catalogue of findings keep its promises?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use exdiag::checks;
use exdiag::evidence::Evidence;
use exdiag::finding::{Lang, Remedy, Severity, Text};
use exdiag::report::{FailOn, FindingReport, Report, Wording, read};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const AREAS: &[&str] =
    &["activesync", "auth", "autodiscover", "clients", "dns", "exdiag", "net", "server", "sync", "tls"];

/// The recorded evidence, with the name of its file.
fn fixtures() -> Vec<(PathBuf, Evidence)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let read_one = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        let all = read(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        all.into_iter().map(move |evidence| (path.clone(), evidence))
    };
    paths.into_iter().flat_map(read_one).collect()
}

fn reports() -> Vec<(PathBuf, Report)> {
    let mut out = Vec::new();
    for (path, evidence) in fixtures() {
        let diagnosis = exdiag::replay(evidence);
        for lang in [Lang::En, Lang::De] {
            out.push((path.clone(), diagnosis.report(Wording { lang, fail_on: FailOn::Fail })));
        }
    }
    out
}

#[test]
fn ids_are_unique_and_well_formed() {
    let mut seen = BTreeSet::new();
    for code in checks::catalogue() {
        assert!(seen.insert(code.id), "{} is declared twice", code.id);
        let (area, name) = code.id.split_once('.').unwrap_or_else(|| panic!("{} has no area", code.id));
        assert!(AREAS.contains(&area), "{}: no such area", code.id);
        let kebab = !name.is_empty()
            && name
                .split('-')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        assert!(kebab, "{} is not kebab-case", code.id);
    }
}

#[test]
fn texts_are_there_and_titles_are_sentences_without_a_full_stop() {
    for code in checks::catalogue() {
        let mut texts: Vec<Text> = vec![code.title, code.meaning];
        texts.extend(code.remedy);
        texts.extend(code.steps.iter().map(|step| step.text));
        for text in texts.iter().flat_map(|text| [text.en, text.de]) {
            assert!(!text.trim().is_empty() && text.trim() == text, "{}: {text:?}", code.id);
        }
        for text in [code.title.en, code.title.de] {
            assert!(!text.ends_with('.'), "{}: the title ends with a full stop", code.id);
        }
        for text in [code.meaning.en, code.meaning.de] {
            assert!(text.ends_with(['.', '!', '?']), "{}: the meaning is no sentence: {text}", code.id);
        }
        assert!(code.links.iter().all(|link| link.starts_with("https://")), "{}: a link is not https", code.id);
    }
}

#[test]
fn contract_4_a_warning_or_failure_has_a_remedy_with_steps() {
    for code in checks::catalogue().iter().filter(|code| code.severity != Severity::Info) {
        assert!(code.remedy.is_some(), "{} has no remedy", code.id);
    }
    for (path, report) in reports() {
        for finding in report.checks.iter().flat_map(|check| &check.findings) {
            let has = finding.severity == Severity::Info || finding.remediation.is_some();
            assert!(has, "{}: {} has no remediation", path.display(), finding.code);
        }
    }
}

#[test]
fn a_warning_or_failure_tells_steps_and_where_to_read_more() {
    // of exdiag's own faults nobody else has written
    let own = ["exdiag.bug", "exdiag.deadline"];
    for code in checks::catalogue().iter().filter(|code| code.severity != Severity::Info) {
        assert!(!code.steps.is_empty(), "{} has no steps", code.id);
        assert!(!code.links.is_empty() || own.contains(&code.id), "{} has no link", code.id);
    }
    for (path, report) in reports() {
        let bad =
            |finding: &&FindingReport| finding.severity != Severity::Info && !own.contains(&finding.code.as_str());
        for finding in report.checks.iter().flat_map(|check| &check.findings).filter(bad) {
            let remedy = finding.remediation.as_ref().unwrap();
            let has = !remedy.steps.is_empty() && !remedy.links.is_empty();
            assert!(has, "{}: {} has no steps or no link", path.display(), finding.code);
        }
    }
}

#[test]
fn every_gap_is_filled_wherever_a_finding_was_seen() {
    let mut wrong = BTreeSet::new();
    for (path, report) in reports() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for check in &report.checks {
            for line in check.reason.iter().chain(&check.summary) {
                note_gaps(&mut wrong, &name, &check.id, line);
            }
            for finding in &check.findings {
                let mut texts = vec![&finding.title, &finding.detail];
                if let Some(remedy) = &finding.remediation {
                    texts.push(&remedy.summary);
                    texts.extend(&remedy.steps);
                    texts.extend(remedy.commands.iter().map(|command| &command.text));
                }
                for text in texts {
                    note_gaps(&mut wrong, &name, &finding.code, text);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "unfilled: {wrong:#?}");
}

fn note_gaps(wrong: &mut BTreeSet<String>, file: &str, whose: &str, text: &str) {
    for part in text.split('{').skip(1) {
        if let Some((name, _)) = part.split_once('}')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        {
            wrong.insert(format!("{file}: {whose}: {{{name}}}"));
        }
    }
}

#[test]
fn a_cause_is_a_finding_of_the_report_and_a_consequence_too() {
    for (path, report) in reports() {
        let codes: BTreeSet<_> =
            report.checks.iter().flat_map(|check| &check.findings).map(|finding| finding.code.as_str()).collect();
        for cause in &report.causes {
            for code in cause.explains.iter().chain([&cause.code]) {
                assert!(codes.contains(code.as_str()), "{}: {code}", path.display());
            }
        }
        let faults = report.checks.iter().flat_map(|check| &check.findings).filter(|f| f.severity != Severity::Info);
        for fault in faults {
            let told = report.causes.iter().any(|c| c.code == fault.code || c.explains.contains(&fault.code));
            assert!(told, "{}: {} is neither cause nor consequence", path.display(), fault.code);
        }
    }
}

#[test]
fn every_finding_names_evidence_that_the_report_holds() {
    for (path, report) in reports() {
        let ids: BTreeSet<String> = report.evidence.records.keys().map(ToString::to_string).collect();
        for finding in report.checks.iter().flat_map(|check| &check.findings) {
            for id in &finding.evidence {
                assert!(ids.contains(id), "{}: {} names {id}", path.display(), finding.code);
            }
        }
    }
}

#[test]
fn what_is_to_be_done_in_a_single_case_is_explained_with_its_code() {
    for (path, evidence) in fixtures() {
        let diagnosis = exdiag::replay(evidence);
        for finding in diagnosis.verdict().entries.iter().flat_map(|entry| entry.outcome.findings()) {
            let is_listed = |case: &Remedy| finding.code.cases.iter().any(|listed| std::ptr::eq(*listed, case));
            assert!(finding.remedy.is_none_or(is_listed), "{}: {}", path.display(), finding.code.id);
        }
    }
}

#[test]
fn every_declared_finding_is_emitted_by_a_fixture() {
    let emitted: BTreeSet<String> = reports()
        .iter()
        .flat_map(|(_, report)| &report.checks)
        .flat_map(|check| &check.findings)
        .map(|f| f.code.clone())
        .collect();
    // faults of exdiag itself have no evidence to be recorded
    let missing: Vec<_> = checks::catalogue()
        .iter()
        .map(|code| code.id)
        .filter(|id| !id.starts_with("exdiag.") && !emitted.contains(*id))
        .collect();
    assert!(missing.is_empty(), "{} findings without a fixture in fixtures/evidence: {missing:#?}", missing.len());
}

#[test]
fn the_report_is_what_its_schema_says() {
    let schema = exdiag::report::schema().to_value();
    let required: BTreeSet<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for (path, report) in reports() {
        let value = serde_json::to_value(&report).unwrap();
        let keys: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, required, "{}", path.display());
    }
}
