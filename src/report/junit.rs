//! How does a report read as a test run (JUnit XML)?
//!
//! A suite is a mailbox, a case is a check. `fail` is a failure, `inconclusive` an error, `skip` is
//! skipped; `warn` passes, as it does for the exit code, and stands in the case's `system-out`.

use super::lead::{counts, in_full, label, listed, note, seconds};
use super::markup::escape;
use super::redacted::redacted_line;
use super::{CheckReport, Report};
use crate::finding::{Lang, Severity, Status};
use std::io::{self, Write};

/// Writes the reports as one document.
pub fn write_junit(reports: &[Report], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let sum = |of: &dyn Fn(&Report) -> usize| reports.iter().map(of).sum::<usize>();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"exdiag\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\">",
        sum(&|report| report.checks.len()),
        sum(&|report| ended(report, Status::Fail)),
        sum(&|report| ended(report, Status::Inconclusive)),
        sum(&|report| ended(report, Status::Skip)),
        seconds(reports.iter().map(|report| report.duration_ms).sum()),
    )?;
    for report in reports {
        suite(report, lang, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// How many checks ended so, those not selected with the skipped.
fn ended(report: &Report, status: Status) -> usize {
    report.checks.iter().filter(|check| check.status == status).count()
}

fn suite(report: &Report, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\" timestamp=\"{}\">",
        escape(label(report)),
        report.checks.len(),
        ended(report, Status::Fail),
        ended(report, Status::Inconclusive),
        ended(report, Status::Skip),
        seconds(report.duration_ms),
        // the schema of Ant wants no zone; it is UTC
        escape(report.started_at.get(..19).unwrap_or(&report.started_at)),
    )?;
    writeln!(out, "    <properties>")?;
    let version = format!("{} {}", report.tool.name, report.tool.version);
    writeln!(out, "      <property name=\"tool\" value=\"{}\"/>", escape(&version))?;
    if let Some(redacted) = &report.redacted {
        writeln!(out, "      <property name=\"redacted\" value=\"{}\"/>", escape(&redacted_line(redacted, lang)))?;
    }
    for cause in &report.causes {
        let value = format!("{}: {}", cause.code, cause.title);
        writeln!(out, "      <property name=\"cause\" value=\"{}\"/>", escape(&value))?;
    }
    writeln!(out, "    </properties>")?;
    for check in &report.checks {
        case(check, lang, out)?;
    }
    let counts = if listed(report).count() == 0 { String::new() } else { counts(report, lang) };
    writeln!(out, "    <system-out>{}</system-out>", escape(&counts))?;
    writeln!(out, "  </testsuite>")
}

fn case(check: &CheckReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let time = seconds(check.duration_ms);
    let id = escape(&check.id);
    write!(out, "    <testcase name=\"{id}\" classname=\"exdiag.{id}\" time=\"{time}\"")?;
    let told = |from: Severity, to: Severity| {
        let findings = check.findings.iter().filter(|f| (from..=to).contains(&f.severity));
        findings.map(|finding| in_full(finding, lang)).collect::<Vec<_>>().join("\n")
    };
    let worst = check.findings.iter().map(|finding| finding.severity).max();
    let worst = check.findings.iter().find(|finding| Some(finding.severity) == worst);
    let code = worst.map_or(check.id.as_str(), |finding| &finding.code);
    let message = escape(note(check));
    let aside = match check.status {
        Status::Pass => return writeln!(out, "/>"),
        Status::Skip => {
            writeln!(out, ">\n      <skipped message=\"{message}\"/>")?;
            String::new()
        }
        Status::Fail => {
            let body = escape(&told(Severity::Fail, Severity::Fail));
            writeln!(out, ">\n      <failure message=\"{message}\" type=\"{}\">{body}</failure>", escape(code))?;
            told(Severity::Warn, Severity::Warn)
        }
        Status::Inconclusive => {
            let reason = check.reason.as_deref().unwrap_or_default();
            let body = escape(&format!("{reason}\n{}", told(Severity::Warn, Severity::Fail)));
            let body = body.trim_end();
            writeln!(out, ">\n      <error message=\"{message}\" type=\"{}\">{body}</error>", escape(code))?;
            String::new()
        }
        Status::Warn => {
            writeln!(out, ">")?;
            told(Severity::Warn, Severity::Warn)
        }
    };
    if !aside.is_empty() {
        writeln!(out, "      <system-out>{}</system-out>", escape(&aside))?;
    }
    writeln!(out, "    </testcase>")
}
