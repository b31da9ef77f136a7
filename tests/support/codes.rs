//! Which codes do the checks give to a case?

use super::record::record;
use exdiag::evidence::Evidence;
use exdiag::finding::{Finding, Outcome, Severity};
use exdiag::runner;
use std::collections::BTreeMap;

pub const FAIL: Severity = Severity::Fail;
pub const WARN: Severity = Severity::Warn;
pub const INFO: Severity = Severity::Info;

/// The outcome of every check by its id.
pub fn judge(evidence: &Evidence) -> BTreeMap<&'static str, Outcome> {
    let (finished, _) = runner::judge(exdiag::checks::ALL, evidence.clone());
    finished.checks.into_iter().map(|judged| (judged.id, judged.outcome)).collect()
}

/// The findings of the checks of certificates.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let all = judge(evidence);
    let ours = all.iter().filter(|(id, _)| id.starts_with("tls-") || **id == "revocation");
    ours.flat_map(|(_, outcome)| outcome.findings().to_vec()).collect()
}

pub fn codes(evidence: &Evidence) -> Vec<(&'static str, Severity)> {
    findings(evidence).iter().map(|f| (f.code.id, f.severity)).collect()
}

/// Holds a case to its codes, and records it where it is not yet.
pub fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) -> Vec<Finding> {
    assert_eq!(codes(evidence), expected, "{case}");
    record(case, evidence);
    findings(evidence)
}
