//! What is new since a kept report, in short?

use super::page::{first, mark, spoken, uncompared, write_comparison_text};
use super::paper::write_comparison_markdown;
use super::{Area, Change, Comparison, Trend, Turn};
use crate::finding::{Lang, Sentence, Severity, Status, Text, harmless};
use crate::report::fold::{both_ends, indented, marked};
use crate::report::lead::{WHO, duration, label, when};
use crate::report::text::symbol;
use crate::report::{FindingReport, Report, TextStyle, Verbosity};
use crate::text;
use std::io::{self, Write};

/// Writes as text what is new in a report since its baseline; whoever asks for more gets the whole comparison.
pub fn write_news_text(report: &Report, news: &Comparison, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let lang = style.lang;
    if style.verbosity > Verbosity::Normal {
        return write_comparison_text(news, (lang, style.verbosity), out);
    }
    let mut lines = Vec::new();
    if style.verbosity == Verbosity::Normal {
        let (tool, when) = (&report.tool, when(report));
        let lasted = duration(report.duration_ms, lang);
        indented(
            &mut lines,
            "",
            "",
            &harmless(&format!("{} {} {} {when} UTC {lasted}", tool.name, tool.version, label(report))),
        );
        if let Some(old) = &news.old {
            let compared = text!("compared with: {old}", "verglichen mit: {old}");
            let sentence = Sentence::new(compared).with("old", spoken(old, lang)).say(lang);
            indented(&mut lines, "  ", "  ", &sentence);
        }
        for sentence in first(news, lang) {
            indented(&mut lines, "! ", "  ", &sentence);
        }
        lines.push(String::new());
    }
    for (worse, sign, (one, many)) in
        [(Severity::Fail, Status::Fail, NEW_FAILURES), (Severity::Warn, Status::Warn, NEW_WARNINGS)]
    {
        let all: Vec<&Change> = came(news, Trend::Worse).filter(|change| change.severity == Some(worse)).collect();
        section(&mut lines, &all, sign, (one, many), lang, report);
    }
    if style.verbosity == Verbosity::Normal {
        let solved: Vec<&Change> = came(news, Trend::Better).collect();
        section(&mut lines, &solved, Status::Pass, SOLVED, lang, report);
        if solved.is_empty() && matches!(news.turn, Turn::Same | Turn::Changed) {
            let (text, sign) = (text!("Nothing new.", "Nichts Neues."), symbol(Status::Pass));
            marked(&mut lines, &sign, text.of(lang));
        }
        if news.exit_code == 3 {
            let text = text!("No answer where there was one before:", "Keine Antwort, wo es zuvor eine gab:");
            marked(&mut lines, &symbol(Status::Inconclusive), text.of(lang));
            for line in uncompared(news, lang) {
                indented(&mut lines, "    ", "      ", &line);
            }
        }
        if let Some(known) = known(news, lang) {
            indented(&mut lines, "  ", "  ", &known);
        }
    }
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// The same as Markdown.
pub fn write_news_markdown(news: &Comparison, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut short = news.clone();
    if style.verbosity < Verbosity::Verbose {
        short.changes.retain(|change| change.area == Area::Findings && change.trend != Trend::None);
        short.places.clear();
        short.not_compared.retain(|check| news.exit_code == 3 && check.new == Status::Inconclusive);
    }
    write_comparison_markdown(&short, (style.lang, style.verbosity), out)
}

const NEW_FAILURES: (Text, Text) =
    (text!("1 new failure", "1 neuer Fehler"), text!("{count} new failures", "{count} neue Fehler"));
const NEW_WARNINGS: (Text, Text) =
    (text!("1 new warning", "1 neue Warnung"), text!("{count} new warnings", "{count} neue Warnungen"));
const SOLVED: (Text, Text) = (
    text!("1 thing is in order again", "1 Sache ist wieder in Ordnung"),
    text!("{count} things are in order again", "{count} Dinge sind wieder in Ordnung"),
);

/// Findings that are news.
fn came(news: &Comparison, trend: Trend) -> impl Iterator<Item = &Change> {
    news.changes.iter().filter(move |change| change.area == Area::Findings && change.trend == trend)
}

fn section(
    lines: &mut Vec<String>,
    changes: &[&Change],
    sign: Status,
    (one, many): (Text, Text),
    lang: Lang,
    report: &Report,
) {
    if changes.is_empty() {
        return;
    }
    let title = Sentence::new(if changes.len() == 1 { one } else { many }).with("count", changes.len()).say(lang);
    marked(lines, &symbol(sign), &title);
    for change in changes {
        indented(lines, &format!("  {} ", mark(change)), "    ", &harmless(&change.said));
        // what only follows is not to be mended by itself
        let cause = report.causes.iter().find(|cause| cause.explains.contains(&change.about));
        if let Some(cause) = cause.filter(|_| change.trend == Trend::Worse) {
            let follows =
                Sentence::new(text!("follows from {code}", "folgt aus {code}")).with("code", cause.code.as_str());
            both_ends(lines, "    ", &follows.say(lang), &change.about);
            continue;
        }
        let remedy = finding(report, change).and_then(|finding| finding.remediation.as_ref());
        match remedy.filter(|_| change.trend == Trend::Worse) {
            Some(remedy) => {
                both_ends(
                    lines,
                    "    ",
                    &format!("{}: {}", WHO.of(lang), remedy.owner.title().of(lang)),
                    &change.about,
                );
                indented(lines, "    > ", "      ", &harmless(&remedy.summary));
            }
            None => both_ends(lines, "    ", "", &change.about),
        }
    }
}

fn finding<'a>(report: &'a Report, change: &Change) -> Option<&'a FindingReport> {
    let mut all = report.checks.iter().flat_map(|check| &check.findings);
    all.find(|finding| finding.code == change.about && finding.title == change.said)
}

/// `2 known failures since 2026-11-21 20:00 UTC, not counted: ...`
fn known(news: &Comparison, lang: Lang) -> Option<String> {
    let since = news.old.as_ref()?.started_at.clone();
    let mut codes = news.still_failing.clone();
    codes.dedup();
    let text = match news.still_failing.len() {
        0 => return None,
        1 => text!(
            "1 known failure since {since}, not counted: {codes}.",
            "1 bekannter Fehler seit {since}, nicht gezählt: {codes}."
        ),
        _ => text!(
            "{count} known failures since {since}, not counted: {codes}.",
            "{count} bekannte Fehler seit {since}, nicht gezählt: {codes}."
        ),
    };
    let sentence = Sentence::new(text).with("count", news.still_failing.len()).with("codes", codes.join(", "));
    Some(sentence.with("since", since).say(lang))
}
