//! How does a report read on a terminal of 80 columns?
//!
//! The cause and the fix before the list; symbols that differ without colour; commands that can
//! be copied.

use super::fold::{WIDTH, both_ends, cut, fold, fold_command, fold_table, indented, indented_after, marked};
use super::lead::{self, WHO, counts, duration, groups, headline, is_healthy, label, listed, note, when};
use super::redacted::redacted_line;
use super::seen::{looked_line, one_line};
use super::trace;
use super::{CauseReport, CheckReport, FindingReport, Remediation, Report};
use crate::evidence::{NoAnswer, Record};
use crate::finding::{Lang, Severity, Status};
use crate::order;
use crate::text;
use colored::{ColoredString, Colorize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// The column where the note of a check begins.
const NOTE: usize = 22;

/// How much is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Only the causes.
    Quiet,
    /// Causes, remedy and the list of checks.
    Normal,
    /// Also what every check looked at and found.
    Verbose,
}

/// How the text is set. Colour is switched by [`colored::control`].
#[derive(Debug, Clone, Copy)]
pub struct TextStyle {
    /// The language of the fixed words; that of the report's own texts was chosen before.
    pub lang: Lang,
    /// How much is told.
    pub verbosity: Verbosity,
}

/// Writes a report as text.
pub fn write_text(report: &Report, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { report, lang: style.lang, verbosity: style.verbosity };
    let lines = page.lines();
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Writes the wall time of a run beside its critical path, probe by probe.
pub fn write_timings(report: &Report, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let mut path = report.evidence.critical_path();
    path.reverse();
    let records: Vec<_> = path.iter().filter_map(|probe| Some((probe, report.evidence.records.get(probe)?))).collect();
    let sum: u64 = records.iter().map(|(_, record)| record.took_ms).sum();
    let wall = report.duration_ms;
    match lang {
        Lang::En => writeln!(out, "Wall time {wall} ms, critical path {sum} ms:")?,
        Lang::De => writeln!(out, "Gesamtzeit {wall} ms, kritischer Pfad {sum} ms:")?,
    }
    for (probe, record) in records {
        writeln!(out, "{}", looked_line(2, &probe.to_string(), record))?;
    }
    Ok(())
}

struct Page<'a> {
    report: &'a Report,
    lang: Lang,
    verbosity: Verbosity,
}

impl Page<'_> {
    fn lines(&self) -> Vec<String> {
        let mut out = Vec::new();
        let healthy = is_healthy(self.report);
        match self.verbosity {
            Verbosity::Quiet => {
                for cause in &self.report.causes {
                    if !out.is_empty() {
                        out.push(String::new());
                    }
                    self.cause_in_full(cause, &mut out);
                }
                return out;
            }
            Verbosity::Normal if healthy => {
                self.healthy(&mut out);
                return out;
            }
            _ => {}
        }
        self.header(&mut out);
        out.push(String::new());
        if healthy {
            self.healthy(&mut out);
        } else {
            self.causes(&mut out);
        }
        out.push(String::new());
        self.list(&mut out);
        out.push(String::new());
        let ticket = match (healthy, self.lang) {
            (true, _) => "",
            (false, Lang::En) => " For the ticket: --output report.json",
            (false, Lang::De) => " Für das Ticket: --output report.json",
        };
        indented(&mut out, "  ", "  ", &format!("{}.{ticket}", counts(self.report, self.lang)));
        out
    }

    fn header(&self, out: &mut Vec<String>) {
        let report = self.report;
        let (when, duration) = (when(report), duration(report.duration_ms, self.lang));
        let tool = format!("{} {}", report.tool.name, report.tool.version);
        let line = format!("{tool}   {}   {when} UTC   {duration}", label(report));
        if line.width() <= WIDTH {
            out.push(line);
        } else {
            out.push(format!("{tool}   {when} UTC   {duration}"));
            indented(out, "", "", label(report));
        }
        if let Some(now) = report.evidence.judged_at {
            let line = match self.lang {
                Lang::En => format!("Judged as of {now}, which --now of exdiag replay gave."),
                Lang::De => format!("Beurteilt zum {now}, wie mit --now von exdiag replay angegeben."),
            };
            indented(out, "", "", &line);
        }
        self.redacted(out);
        if report.evidence.cut_short == Some(NoAnswer::Cancelled) {
            out.push(String::new());
            let sentence = text!(
                "Interrupted: this is what was known by then.",
                "Unterbrochen: Das ist, was bis dahin bekannt war."
            );
            indented(out, "? ", "  ", sentence.of(self.lang));
        }
    }

    fn causes(&self, out: &mut Vec<String>) {
        let Some((first, others)) = self.report.causes.split_first() else {
            marked(out, &symbol(self.report.status), &headline(self.report, self.lang));
            return;
        };
        self.cause_in_full(first, out);
        if !others.is_empty() {
            out.push(String::new());
            out.push(text!("Also found", "Außerdem gefunden").of(self.lang).to_owned());
        }
        for cause in others {
            marked(out, &severity_symbol(cause.severity), &cause.title);
            let owner = cause.remediation.as_ref().map(|r| r.owner.title().of(self.lang)).unwrap_or_default();
            both_ends(out, "  ", owner, &format!("exdiag explain {}", cause.code));
        }
    }

    fn cause_in_full(&self, cause: &CauseReport, out: &mut Vec<String>) {
        let first = out.len();
        marked(out, &severity_symbol(cause.severity), &cause.title);
        for line in out.iter_mut().skip(first) {
            *line = line.bold().to_string();
        }
        indented(out, "  ", "  ", &cause.summary);
        // what the clients make of it stands in their line of the list
        let told = self.report.checks.iter().any(|check| check.id == "clients" && check.summary.is_some());
        let explains: Vec<&str> = cause.explains.iter().map(String::as_str).collect();
        let explains: Vec<&str> = explains.into_iter().filter(|code| !(told && code.starts_with("clients."))).collect();
        if !explains.is_empty() {
            let also = text!("It also explains: ", "Das erklärt auch: ").of(self.lang);
            indented(out, "  ", "  ", &format!("{also}{}", explains.join(", ")));
        }
        let Some(remedy) = &cause.remediation else { return };
        let who = WHO.of(self.lang);
        both_ends(out, "  ", &format!("{who}: {}", remedy.owner.title().of(self.lang)), &cause.code);
        out.push(String::new());
        steps(remedy, self.lang, out);
    }

    fn healthy(&self, out: &mut Vec<String>) {
        marked(out, &symbol(Status::Pass), &headline(self.report, self.lang));
        if self.verbosity > Verbosity::Normal {
            return;
        }
        // the reasons of what was skipped, those of one reason together
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for check in listed(self.report).filter(|check| check.status == Status::Skip) {
            let reason = check.reason.as_deref().unwrap_or_default();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, ids)) => ids.push(&check.id),
                None => reasons.push((reason, vec![&check.id])),
            }
        }
        let reasons: Vec<String> = reasons.iter().map(|(why, ids)| format!("{}: {why}", ids.join(", "))).collect();
        indented(out, "  ", "  ", &format!("{}.", counts(self.report, self.lang)));
        for reason in reasons {
            indented(out, "  - ", "    ", &reason);
        }
        self.redacted(out);
    }

    fn redacted(&self, out: &mut Vec<String>) {
        if let Some(redacted) = &self.report.redacted {
            indented(out, "", "  ", &redacted_line(redacted, self.lang));
        }
    }

    fn list(&self, out: &mut Vec<String>) {
        for group in groups(self.report) {
            out.push(format!("  {}", group.bold()));
            for check in listed(self.report).filter(|check| check.group == group) {
                self.check_line(check, out);
                if self.verbosity > Verbosity::Normal {
                    self.check_details(check, out);
                } else if matches!(check.status, Status::Warn | Status::Fail | Status::Inconclusive) {
                    trace::folded(check, self.lang, label(self.report), out);
                }
            }
        }
    }

    /// One line; more where a note that stands nowhere else needs them.
    fn check_line(&self, check: &CheckReport, out: &mut Vec<String>) {
        let note = note(check);
        let gap = " ".repeat(NOTE.saturating_sub(4 + check.id.width()).max(2));
        let head = 4 + check.id.width() + gap.len();
        let room = WIDTH.saturating_sub(head);
        let told = self.report.causes.iter().any(|cause| cause.title == note);
        let lines = match check.id.as_str() {
            "clients" => fold_table(note, room),
            _ if told => vec![cut(note, room)],
            _ => fold(note, room),
        };
        for (i, line) in lines.into_iter().enumerate() {
            out.push(match i {
                0 => format!("  {} {}{gap}{line}", symbol(check.status), check.id),
                _ => format!("{}{line}", " ".repeat(head)),
            });
        }
    }

    fn check_details(&self, check: &CheckReport, out: &mut Vec<String>) {
        for finding in &check.findings {
            self.finding(finding, out);
        }
        let ids: BTreeMap<String, &Record> =
            order::map(self.report.evidence.records.iter().map(|(probe, record)| (probe.to_string(), record)));
        let mut looked: Vec<_> = check.looked.iter().filter_map(|id| Some((id, ids.get(id)?))).collect();
        order::by_key(&mut looked, |(_, record)| record.at_ms);
        for (id, record) in looked {
            out.push(looked_line(6, id, record));
        }
    }

    fn finding(&self, finding: &FindingReport, out: &mut Vec<String>) {
        let first = format!("    {} ", severity_symbol(finding.severity));
        let at = out.len();
        indented_after(out, 6, "      ", &finding.title);
        if let Some(line) = out.get_mut(at) {
            *line = format!("{first}{}", line.trim_start());
        }
        match &finding.remediation {
            None => both_ends(out, "      ", &finding.detail, &finding.code),
            Some(remedy) => {
                indented(out, "      ", "      ", &finding.detail);
                both_ends(out, "      ", &format!("> {}", remedy.summary), &finding.code);
            }
        }
        if finding.code == trace::CODE {
            trace::whole(finding, self.lang, out);
            return;
        }
        for (name, value) in &finding.data {
            // a list: one line an item; the attempts stand in the trace
            if name != trace::ATTEMPTS
                && let Value::Array(steps) = value
                && steps.iter().any(Value::is_object)
            {
                for step in steps {
                    indented(out, "      · ", "        ", &one_line(step, self.lang));
                }
            }
        }
    }
}

/// What to do, step by step.
pub(super) fn steps(remedy: &Remediation, lang: Lang, out: &mut Vec<String>) {
    if remedy.steps.is_empty() {
        indented(out, "  ", "  ", &format!("{}.", remedy.summary.trim_end_matches('.')));
    }
    for (number, step) in (1..).zip(&remedy.steps) {
        indented(out, &format!("  {number}. "), "     ", step);
        for command in remedy.commands.iter().filter(|command| command.step == number) {
            for line in command.text.lines() {
                for part in fold_command(line, WIDTH - 7, command.shell) {
                    out.push(format!("       {}", part.cyan()));
                }
            }
        }
    }
    // one to begin with; `explain` and the other formats have them all
    for link in remedy.links.iter().take(1) {
        // never folded: the terminal's own break copies better
        out.push(format!("  {}{link}", text!("See ", "Siehe ").of(lang)));
    }
}

/// The symbol of a status; they differ without colour.
pub(super) fn symbol(status: Status) -> ColoredString {
    let sign = lead::sign(status);
    match status {
        Status::Pass => sign.green(),
        Status::Fail => sign.red(),
        Status::Warn => sign.yellow(),
        Status::Skip => sign.dimmed(),
        Status::Inconclusive => sign.magenta(),
    }
}

pub(super) fn severity_symbol(severity: Severity) -> ColoredString {
    match severity {
        Severity::Fail => symbol(Status::Fail),
        Severity::Warn => symbol(Status::Warn),
        Severity::Info => "i".blue(),
    }
}
