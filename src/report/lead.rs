//! What do the formats that people read have in common: headline, note, counts, times?

use super::{CheckReport, FindingReport, Report};
use crate::finding::{Lang, Severity, Status, Text};
use crate::text;
use std::fmt::Write as _;

/// The mailbox, or the server where there is none.
pub(super) fn label(report: &Report) -> &str {
    report.target.mailbox.as_deref().unwrap_or(&report.target.domain)
}

/// The checks that were selected.
pub(super) fn listed(report: &Report) -> impl Iterator<Item = &CheckReport> {
    let selected = &report.evidence.header.subject.selected;
    report.checks.iter().filter(|check| selected.contains(&check.id))
}

/// The headings of the checks that were selected, each once.
pub(super) fn groups(report: &Report) -> Vec<&str> {
    let mut groups: Vec<&str> = Vec::new();
    for check in listed(report) {
        if !groups.contains(&check.group.as_str()) {
            groups.push(&check.group);
        }
    }
    groups
}

/// Whether there is nothing to act on and every answer came.
pub(super) fn is_healthy(report: &Report) -> bool {
    report.causes.is_empty() && report.status == Status::Pass
}

/// What is so, in one sentence: the first cause, or what stands in its place.
pub(super) fn headline(report: &Report, lang: Lang) -> String {
    if let Some(cause) = report.causes.first() {
        return cause.title.clone();
    }
    let label = label(report);
    let passed = |id: &str| report.checks.iter().any(|c| c.id == id && c.status == Status::Pass);
    let whole = ["autodiscover", "activesync", "tls-chain", "tls-intermediate"].into_iter().all(passed);
    match (report.status, whole, lang) {
        (Status::Pass, true, Lang::En) => {
            format!("{label} can be connected: Autodiscover, ActiveSync and certificates are in order.")
        }
        (Status::Pass, true, Lang::De) => {
            format!("{label} kann verbunden werden: Autodiscover, ActiveSync und Zertifikate sind in Ordnung.")
        }
        (Status::Pass, false, Lang::En) => format!("{label}: what was checked is in order."),
        (Status::Pass, false, Lang::De) => format!("{label}: Was geprüft wurde, ist in Ordnung."),
        (Status::Skip, _, Lang::En) => "Nothing was checked: every check was skipped.".to_owned(),
        (Status::Skip, _, Lang::De) => "Nichts wurde geprüft: Alle Prüfungen wurden übersprungen.".to_owned(),
        (_, _, Lang::En) => {
            "Nothing is broken as far as could be seen, but not every check came to an answer.".to_owned()
        }
        (_, _, Lang::De) => {
            "Soweit zu sehen war, ist nichts defekt; aber nicht jede Prüfung kam zu einer Antwort.".to_owned()
        }
    }
}

/// How many checks ended how.
pub(super) fn counts(report: &Report, lang: Lang) -> String {
    let words: [(Status, Text); 5] = [
        (Status::Fail, text!("failed", "fehlgeschlagen")),
        (Status::Warn, text!("with a warning", "mit Warnung")),
        (Status::Inconclusive, text!("without an answer", "ohne Antwort")),
        (Status::Pass, text!("passed", "in Ordnung")),
        (Status::Skip, text!("skipped", "übersprungen")),
    ];
    let mut parts: Vec<String> = Vec::new();
    for (status, word) in words {
        let count = count(report, status);
        if count > 0 {
            parts.push(format!("{count} {}", word.of(lang)));
        }
    }
    let others = report.checks.len().saturating_sub(listed(report).count());
    if others > 0 {
        parts.push(format!("{others} {}", text!("not selected", "nicht ausgewählt").of(lang)));
    }
    parts.join(", ")
}

/// How many of the selected checks ended so.
pub(super) fn count(report: &Report, status: Status) -> usize {
    listed(report).filter(|check| check.status == status).count()
}

/// The line beside a check: its worst finding, what was found, or why there is no answer.
pub(super) fn note(check: &CheckReport) -> &str {
    let worst = check
        .findings
        .iter()
        .max_by_key(|finding| finding.severity)
        .filter(|finding| finding.severity > Severity::Info)
        .filter(|_| matches!(check.status, Status::Warn | Status::Fail | Status::Inconclusive));
    match (worst, &check.summary, &check.reason) {
        // its line is a table, with whatever is wrong in it
        (_, Some(note), _) if check.id == "clients" => note,
        (Some(finding), _, _) => &finding.title,
        (None, Some(note), _) | (None, None, Some(note)) => note,
        (None, None, None) => "",
    }
}

/// A status as one word.
pub(super) fn status_word(status: Status, lang: Lang) -> &'static str {
    let word = match status {
        Status::Pass => text!("passed", "in Ordnung"),
        Status::Skip => text!("skipped", "übersprungen"),
        Status::Warn => text!("warning", "Warnung"),
        Status::Inconclusive => text!("no answer", "keine Antwort"),
        Status::Fail => text!("failed", "fehlgeschlagen"),
    };
    word.of(lang)
}

/// The sign of a status; they differ without colour.
pub(super) const fn sign(status: Status) -> &'static str {
    match status {
        Status::Pass => "✓",
        Status::Fail => "✗",
        Status::Warn => "!",
        Status::Skip => "-",
        Status::Inconclusive => "?",
    }
}

/// When a run began, to the minute.
pub(super) fn when(report: &Report) -> String {
    report.started_at.get(..16).unwrap_or(&report.started_at).replace('T', " ")
}

/// A span of time as a reader writes it.
pub(super) fn duration(ms: u64, lang: Lang) -> String {
    match (ms, lang) {
        (ms @ ..100, _) => format!("{ms} ms"),
        (ms, Lang::En) => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        (ms, Lang::De) => format!("{},{} s", ms / 1000, ms % 1000 / 100),
    }
}

/// Milliseconds as seconds, for programs.
pub(super) fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

/// A family of clients as a reader knows it.
pub(super) fn client_name(id: &str, lang: Lang) -> &str {
    let name = match id {
        "outlook-windows" => text!("Outlook on Windows", "Outlook unter Windows"),
        "ios" => text!("iOS and iPadOS", "iOS und iPadOS"),
        "android" => text!("Android", "Android"),
        "java" => text!("Java", "Java"),
        "sync-service" => text!("sync services on Linux", "Sync-Dienste unter Linux"),
        "thunderbird" => text!("Thunderbird", "Thunderbird"),
        _ => return id,
    };
    name.of(lang)
}

/// What a family of clients makes of the server.
pub(super) fn client_word(status: Status, lang: Lang) -> &'static str {
    let word = match status {
        Status::Pass => text!("accepts the server", "akzeptiert den Server"),
        Status::Fail => text!("refuses the server", "lehnt den Server ab"),
        Status::Warn => text!("depends on its version or settings", "hängt von Version oder Einstellung ab"),
        other => return status_word(other, lang),
    };
    word.of(lang)
}

/// A finding with all that is to be done, as plain lines; the commands stand indented.
pub(super) fn in_full(finding: &FindingReport, lang: Lang) -> String {
    let mut out = format!("{} [{}]\n{}\n", finding.title, finding.code, finding.detail);
    let Some(remedy) = &finding.remediation else { return out };
    let _ = writeln!(out, "{}: {}", WHO.of(lang), remedy.owner.title().of(lang));
    if remedy.steps.is_empty() {
        let _ = writeln!(out, "{}", remedy.summary);
    }
    for (number, step) in (1..).zip(&remedy.steps) {
        let _ = writeln!(out, "{number}. {step}");
        for command in remedy.commands.iter().filter(|command| command.step == number) {
            let _ = writeln!(out, "     {}", command.text.replace('\n', "\n     "));
        }
    }
    for link in &remedy.links {
        let _ = writeln!(out, "{link}");
    }
    out
}

/// The words before an owner.
pub(super) const WHO: Text = text!("Who must act", "Wer handeln muss");
