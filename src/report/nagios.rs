//! How does a report read as the output of a monitoring plugin?
//!
//! The plugin API: one line, a bar, performance data; further lines are long output. A bar in a text
//! would end it, so there is none.

use super::Report;
use super::certificates::shown;
use super::fold::cut;
use super::lead::{WHO, count, headline, label, listed, note, seconds, sign};
use super::redacted::redacted_line;
use crate::evidence::NoAnswer;
use crate::finding::{Lang, Status, harmless};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// So long may the first line's text be, in columns: it goes into mails and text messages.
const LINE: usize = 240;

/// The exit code of a plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
pub fn plugin_code(reports: &[Report]) -> u8 {
    let worst = |code: u8| reports.iter().any(|report| code_of(report) == code);
    match [2, 3, 1].into_iter().find(|code| worst(*code)) {
        Some(code) => code,
        None if reports.is_empty() => 3,
        None => 0,
    }
}

fn code_of(report: &Report) -> u8 {
    match report.status {
        // what was seen until then is no answer for all of it
        _ if report.evidence.cut_short == Some(NoAnswer::Cancelled) => 3,
        Status::Fail => 2,
        Status::Warn => 1,
        Status::Pass => 0,
        Status::Skip | Status::Inconclusive => 3,
    }
}

/// A line that says why there is no report.
pub fn plugin_trouble(message: &str) -> String {
    format!("EXDIAG UNKNOWN - {}", plain(message, LINE))
}

/// Writes the reports as the output of one plugin.
pub fn write_nagios(reports: &[Report], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let code = plugin_code(reports);
    let state = match code {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let first = reports.iter().find(|report| code_of(report) == code);
    let said = first.map(|report| headline(report, lang)).unwrap_or_default();
    let who = match (first, reports.len()) {
        (Some(report), 1) if said.starts_with(label(report)) => String::new(),
        (Some(report), 1) => format!("{}: ", cut(label(report), 80)),
        (first, all) => {
            let ended = reports.iter().filter(|report| code_of(report) == code).count();
            let name = first.map(|report| cut(label(report), 80)).unwrap_or_default();
            match lang {
                Lang::En => format!("{ended} of {all} mailboxes, {name}: "),
                Lang::De => format!("{ended} von {all} Postfächern, {name}: "),
            }
        }
    };
    writeln!(out, "EXDIAG {state} - {} | {}", plain(&format!("{who}{said}"), LINE), performance(reports))?;
    for report in reports {
        if reports.len() > 1 {
            writeln!(out, "{} {}", sign(report.status), plain(label(report), LINE))?;
        }
        for cause in &report.causes {
            let owner = cause.remediation.as_ref().map(|remedy| remedy.owner.title().of(lang)).unwrap_or_default();
            writeln!(out, "{} [{}] {}: {owner}", plain(&cause.title, LINE), plain(&cause.code, LINE), WHO.of(lang))?;
        }
        for check in listed(report) {
            writeln!(out, "{} {}: {}", sign(check.status), plain(&check.id, LINE), plain(note(check), LINE))?;
        }
        if let Some(redacted) = &report.redacted {
            writeln!(out, "{}", plain(&redacted_line(redacted, lang), LINE))?;
        }
    }
    Ok(())
}

/// On one line, without what ends it.
fn plain(text: &str, width: usize) -> String {
    cut(&harmless(&text.replace(['\n', '\r'], " ")).replace('|', "¦"), width)
}

/// `'label'=value[unit];[warn];[crit];[min];[max]`, apart by blanks.
fn performance(reports: &[Report]) -> String {
    let all: usize = reports.iter().map(|report| listed(report).count()).sum();
    let count = |status| reports.iter().map(|report| count(report, status)).sum::<usize>();
    let ms = reports.iter().map(|report| report.duration_ms).sum();
    let mut parts = vec![
        format!("time={}s;;;0", seconds(ms)),
        format!("failed={};;0;0;{all}", count(Status::Fail)),
        format!("warnings={};0;;0;{all}", count(Status::Warn)),
        format!("unanswered={};;;0;{all}", count(Status::Inconclusive)),
        format!("passed={};;;0;{all}", count(Status::Pass)),
        format!("skipped={};;;0;{all}", count(Status::Skip)),
    ];
    let mut days: BTreeMap<String, i64> = BTreeMap::new();
    for report in reports {
        let now = report.evidence.judged_at.unwrap_or(report.evidence.header.started_at);
        for server in shown(report) {
            let Some(end) = server.not_after() else { continue };
            let left = end.as_second().saturating_sub(now.as_second()).div_euclid(86_400);
            let name: String =
                server.host.chars().filter(|c| c.is_ascii_alphanumeric() || ".-:".contains(*c)).collect();
            let known = days.entry(name.chars().take(80).collect()).or_insert(left);
            *known = left.min(*known);
        }
    }
    parts.extend(days.iter().map(|(host, left)| format!("'certificate days {host}'={left};;0:")));
    parts.join(" ")
}
