//! How does a comparison read on a terminal of 80 columns?

use super::{Area, Change, Comparison, Side, Trend, Turn};
use crate::finding::{Lang, Sentence, Severity, Status, harmless};
use crate::report::Verbosity;
use crate::report::fold::{WIDTH, fold, indented};
use crate::report::lead::{sign, status_word};
use crate::report::text::{severity_symbol, symbol};
use crate::text;
use colored::Colorize;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Writes a comparison as text.
pub fn write_comparison_text(
    comparison: &Comparison,
    (lang, verbosity): (Lang, Verbosity),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines = Vec::new();
    if verbosity == Verbosity::Quiet {
        for change in comparison.changes.iter().filter(|change| change.trend == Trend::Worse) {
            one(change, &mut lines);
        }
    } else {
        head(comparison, lang, &mut lines);
        for area in areas(comparison, verbosity) {
            lines.push(String::new());
            lines.push(format!("  {}", area.title().of(lang).bold()));
            for change in told(comparison, verbosity).filter(|change| change.area == area) {
                one(change, &mut lines);
            }
        }
        tail(comparison, lang, &mut lines);
    }
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What is worth telling: of remarks and of the clients' details only to whoever asks for more.
pub(super) fn told(comparison: &Comparison, verbosity: Verbosity) -> impl Iterator<Item = &Change> {
    let is_detail = |change: &Change| match change.area {
        Area::Findings => change.severity == Some(Severity::Info),
        // the head says it
        Area::Run => change.what == "target",
        _ => false,
    };
    comparison.changes.iter().filter(move |change| verbosity > Verbosity::Normal || !is_detail(change))
}

pub(super) fn areas(comparison: &Comparison, verbosity: Verbosity) -> Vec<Area> {
    let mut areas: Vec<Area> = told(comparison, verbosity).map(|change| change.area).collect();
    areas.dedup();
    areas
}

fn head(comparison: &Comparison, lang: Lang, lines: &mut Vec<String>) {
    let tool = format!("{} {}", comparison.tool.name, comparison.tool.version);
    lines.push(format!("{tool}   {}", harmless(comparison.label())));
    for (word, side) in sides(comparison, lang) {
        indented(lines, &format!("  {word}  "), &" ".repeat(word.width() + 4), &spoken(side, lang));
    }
    lines.push(String::new());
    for sentence in first(comparison, lang) {
        indented(lines, "! ", "  ", &sentence);
    }
    let mark = match comparison.turn {
        Turn::Worse => symbol(if comparison.exit_code == 1 { Status::Fail } else { Status::Warn }),
        Turn::Better | Turn::Same => symbol(Status::Pass),
        Turn::Changed => severity_symbol(Severity::Info),
        Turn::Incomparable => symbol(Status::Inconclusive),
    };
    for (at, line) in fold(&headline(comparison, lang), WIDTH - 2).into_iter().enumerate() {
        let line = line.bold();
        lines.push(if at == 0 { format!("{mark} {line}") } else { format!("  {line}") });
    }
    for hint in &comparison.places {
        lines.push(String::new());
        indented(lines, "  > ", "    ", &hint.said);
    }
}

/// Both sides, with a word for each.
pub(super) fn sides(comparison: &Comparison, lang: Lang) -> impl Iterator<Item = (&'static str, &Side)> {
    let words = [text!("old", "alt"), text!("new", "neu")].map(|word| word.of(lang));
    words.into_iter().zip([&comparison.old, &comparison.new]).filter_map(|(word, side)| Some((word, side.as_ref()?)))
}

/// When it was, how it ended, and how that was told then.
pub(super) fn spoken(side: &Side, lang: Lang) -> String {
    let when = side.started_at.get(..16).unwrap_or(&side.started_at).replace('T', " ");
    let status = format!("{when} UTC   {} {}", sign(side.status), status_word(side.status, lang));
    let Some(stored) = side.stored_status else { return harmless(&status) };
    let then = Sentence::new(text!(
        "(judged by today's rules; when it was written: {stored})",
        "(nach den Regeln von heute beurteilt; als er geschrieben wurde: {stored})"
    ))
    .with("stored", status_word(stored, lang))
    .say(lang);
    format!("{}   {then}", harmless(&status))
}

/// What has to be known before anything is read.
pub(super) fn first(comparison: &Comparison, lang: Lang) -> Vec<String> {
    let (Some(old), Some(new)) = (&comparison.old, &comparison.new) else { return Vec::new() };
    if comparison.same_target {
        return Vec::new();
    }
    let label = |side: &Side| side.target.mailbox.clone().unwrap_or_else(|| side.target.domain.clone());
    let sentence = Sentence::new(text!(
        "The two reports are about different targets: {old} and {new}. What both hold was compared.",
        "Die beiden Berichte handeln von verschiedenen Zielen: {old} und {new}. Verglichen wurde, was beide enthalten."
    ));
    vec![sentence.with("old", label(old)).with("new", label(new)).say(lang)]
}

/// What it comes to, in one or two sentences.
pub(super) fn headline(comparison: &Comparison, lang: Lang) -> String {
    match (&comparison.old, &comparison.new) {
        (None, _) => {
            return text!("The older file holds no report of it.", "Die ältere Datei enthält keinen Bericht dazu.")
                .of(lang)
                .to_owned();
        }
        (_, None) => {
            return text!("The newer file holds no report of it.", "Die neuere Datei enthält keinen Bericht dazu.")
                .of(lang)
                .to_owned();
        }
        _ => {}
    }
    let turn = match comparison.turn {
        Turn::Worse => text!("It got worse.", "Es ist schlechter geworden."),
        Turn::Better => text!("It got better.", "Es ist besser geworden."),
        Turn::Changed => {
            text!(
                "Nothing got worse or better; some facts differ.",
                "Nichts ist schlechter oder besser geworden; einzelne Fakten unterscheiden sich."
            )
        }
        Turn::Same => text!("Nothing has changed.", "Nichts hat sich geändert."),
        Turn::Incomparable => text!(
            "No comparison: the newer run has lost answers that the older one has, was interrupted, or no check has an answer in both.",
            "Kein Vergleich: Dem neueren Lauf fehlen Antworten des älteren, er wurde unterbrochen, oder keine Prüfung hat in beiden eine Antwort."
        ),
    };
    let cause = comparison.new.as_ref().and_then(|side| side.cause.as_deref().map(|cause| (cause, side.code.clone())));
    match cause {
        Some((cause, code)) => Sentence::new(text!(
            "{turn} First cause now: {cause} [{code}]",
            "{turn} Erste Ursache jetzt: {cause} [{code}]"
        ))
        .with("turn", turn.of(lang))
        .with("cause", cause)
        .with("code", code.unwrap_or_default())
        .say(lang),
        None => turn.of(lang).to_owned(),
    }
}

/// The sign before a change: what came, what went, what is otherwise.
pub(super) fn mark(change: &Change) -> &'static str {
    match (change.what.as_str(), change.trend) {
        ("finding-came", _) => "+",
        ("finding-went", _) => "-",
        (_, Trend::Worse) => "✗",
        (_, Trend::Better) => "✓",
        _ => "·",
    }
}

fn one(change: &Change, lines: &mut Vec<String>) {
    let mark = match change.trend {
        Trend::Worse if change.severity == Some(Severity::Warn) => mark(change).yellow(),
        Trend::Worse => mark(change).red(),
        Trend::Better => mark(change).green(),
        Trend::None => mark(change).normal(),
    };
    let at = lines.len();
    // a finding's sentence says where; its code is for the other tools
    let text = if change.area == Area::Findings {
        format!("{} [{}]", change.said, change.about)
    } else {
        format!("{}: {}", change.about, change.said)
    };
    indented(lines, "    ", "      ", &format!("? {}", harmless(&text)));
    if let Some(line) = lines.get_mut(at) {
        *line = line.replacen('?', &mark.to_string(), 1);
    }
}

fn tail(comparison: &Comparison, lang: Lang, lines: &mut Vec<String>) {
    if !comparison.not_compared.is_empty() {
        lines.push(String::new());
        let title =
            text!("Not compared: no answer in one of the two", "Nicht verglichen: keine Antwort in einem der beiden");
        lines.push(format!("  {}", title.of(lang).bold()));
        for line in uncompared(comparison, lang) {
            indented(lines, "    ? ", "      ", &line);
        }
    }
    if !comparison.still_failing.is_empty() {
        lines.push(String::new());
        indented(lines, "  ", "  ", &still(comparison, lang));
    }
}

pub(super) fn uncompared(comparison: &Comparison, lang: Lang) -> Vec<String> {
    let told = comparison.not_compared.iter().map(|check| {
        let (old, new) = (status_word(check.old, lang), status_word(check.new, lang));
        let reason = check.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        harmless(&format!("{}: {old} → {new}{reason}", check.check))
    });
    told.collect()
}

/// What fails in both.
pub(super) fn still(comparison: &Comparison, lang: Lang) -> String {
    let mut codes = comparison.still_failing.clone();
    codes.dedup();
    let text = if comparison.still_failing.len() == 1 {
        text!("Fails as before: {codes}.", "Schlägt fehl wie zuvor: {codes}.")
    } else {
        text!("{count} failures as before: {codes}.", "{count} Fehler wie zuvor: {codes}.")
    };
    Sentence::new(text).with("count", comparison.still_failing.len()).with("codes", codes.join(", ")).say(lang)
}
