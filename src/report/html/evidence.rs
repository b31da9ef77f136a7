//! What does each check rest on?

use super::cause::{remedy, status_of};
use super::mark;
use super::tag::Html;
use crate::finding::Lang;
use crate::report::lead::{listed, status_word};
use crate::report::seen::one_line;
use crate::report::{FindingReport, Report, trace};
use crate::text;
use serde_json::Value;

/// So much of a piece of data is shown, in letters; the JSON report has it whole.
const LONGEST: usize = 600;

/// All findings with their particulars, folded, check by check.
pub(super) fn evidence(html: &mut Html, report: &Report, lang: Lang) {
    html.element("h3", &[], text!("Findings and evidence", "Befunde und Belege").of(lang));
    for check in listed(report) {
        html.within("details", &[], |html| {
            html.within("summary", &[], |html| {
                mark(html, check.status, lang);
                html.element("code", &[], &check.id);
                html.text(" · ").text(status_word(check.status, lang));
            });
            html.element("p", &[("class", "quiet")], &check.title);
            let said = [&check.summary, &check.reason];
            for line in said.into_iter().flatten() {
                html.element("p", &[], line);
            }
            for finding in &check.findings {
                self::finding(html, finding, report, lang);
            }
            if !check.looked.is_empty() {
                html.element("h4", &[], text!("Looked at", "Angesehen").of(lang));
                html.within("ul", &[], |html| {
                    for id in &check.looked {
                        html.within("li", &[], |html| {
                            html.element("code", &[], id);
                        });
                    }
                });
            }
        });
    }
}

fn finding(html: &mut Html, finding: &FindingReport, report: &Report, lang: Lang) {
    html.within("h4", &[], |html| {
        mark(html, status_of(finding.severity), lang);
        html.text(&finding.title);
    });
    html.element("p", &[], &finding.detail);
    // a cause has told it above
    let told = report.causes.iter().any(|cause| cause.code == finding.code && cause.subject == finding.subject);
    if let Some(remedy) = finding.remediation.as_ref().filter(|_| !told) {
        self::remedy(html, remedy, lang);
    }
    html.within("p", &[("class", "quiet")], |html| {
        html.element("code", &[], &finding.code);
    });
    let data = finding.data.iter().filter(|(name, _)| name.as_str() != trace::ATTEMPTS);
    let data: Vec<(&String, String)> = data.map(|(name, value)| (name, shown(value, lang))).collect();
    let data: Vec<_> = data.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    if !data.is_empty() {
        html.within("dl", &[], |html| {
            for (name, value) in data {
                html.element("dt", &[], name).element("dd", &[], &value);
            }
        });
    }
}

fn shown(value: &Value, lang: Lang) -> String {
    let line = one_line(value, lang);
    let mut out: String = line.chars().take(LONGEST).collect();
    if out.len() < line.len() {
        out.push('…');
    }
    out
}
