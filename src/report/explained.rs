//! How is every finding of a report told in full, as Markdown for a terminal?

use super::fold::fence;
use super::lead::{WHO, headline, label, when};
use super::{FindingReport, Report};
use crate::finding::{Lang, Severity, harmless};
use crate::order;
use crate::text;
use std::fmt::Write as _;

/// Every finding of a report in full: those of the causes first, then as the checks found them.
pub fn explain_report(report: &Report, lang: Lang) -> String {
    let mut out = format!("# {}\n\n", harmless(&headline(report, lang)));
    let _ = writeln!(out, "{}, {} UTC\n", harmless(label(report)), harmless(&when(report)));
    let is_cause = |finding: &FindingReport| {
        report.causes.iter().position(|cause| cause.code == finding.code && cause.subject == finding.subject)
    };
    let mut all: Vec<&FindingReport> = report.checks.iter().flat_map(|check| &check.findings).collect();
    order::by_key(&mut all, |finding| {
        (is_cause(finding).unwrap_or(usize::MAX), std::cmp::Reverse(finding.severity), finding.code.clone())
    });
    // two checks may tell the same
    all.dedup_by(|one, other| (&one.code, &one.title, &one.detail) == (&other.code, &other.title, &other.detail));
    if all.is_empty() {
        let _ = writeln!(out, "{}", text!("It holds no finding.", "Er enthält keinen Befund.").of(lang));
    }
    let sections: Vec<String> = all.into_iter().map(|finding| section(finding, lang)).collect();
    out + &sections.join("\n")
}

fn section(finding: &FindingReport, lang: Lang) -> String {
    let severity = match finding.severity {
        Severity::Info => text!("info", "Hinweis"),
        Severity::Warn => text!("warning", "Warnung"),
        Severity::Fail => text!("failure", "Fehler"),
    };
    let mut out = format!("## {}\n\n**{}** ({})\n\n", finding.code, harmless(&finding.title), severity.of(lang));
    let _ = writeln!(out, "{}", harmless(&finding.detail));
    let Some(remedy) = &finding.remediation else { return out };
    let _ = writeln!(out, "\n{}: {}", WHO.of(lang), remedy.owner.title().of(lang));
    if remedy.steps.is_empty() {
        let _ = writeln!(out, "\n{}.", harmless(remedy.summary.trim_end_matches('.')));
    }
    for (number, step) in (1..).zip(&remedy.steps) {
        let _ = writeln!(out, "\n{number}. {}", harmless(step));
        for command in remedy.commands.iter().filter(|command| command.step == number) {
            let lines: Vec<String> = command.text.lines().map(|line| format!("   {}\n", harmless(line))).collect();
            let _ = writeln!(out, "\n   ```{}\n{}   ```", fence(command.shell), lines.concat());
        }
    }
    if !remedy.links.is_empty() {
        let links: Vec<String> = remedy.links.iter().map(|link| format!("- <{link}>\n")).collect();
        let _ = write!(out, "\n{}", links.concat());
    }
    out
}
