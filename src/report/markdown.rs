//! How does a report read in a ticket or a wiki (GitHub-flavoured Markdown)?

use super::fold::fence;
use super::lead::{
    WHO, client_name, client_word, counts, duration, headline, label, listed, note, sign, status_word, when,
};
use super::redacted::redacted_line;
use super::{CauseReport, Remediation, Report, TextStyle, Verbosity};
use crate::finding::{Lang, Severity, steers};
use crate::text;
use std::io::{self, Write};

/// Writes a report as Markdown.
pub fn write_markdown(report: &Report, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let lang = style.lang;
    writeln!(out, "# {} {}\n", sign(report.status), inline(&headline(report, lang)))?;
    let began = when(report);
    let took = duration(report.duration_ms, lang);
    let maker = format!("{} {}", report.tool.name, report.tool.version);
    writeln!(out, "{} · {} UTC · {took} · {}\n", code(label(report)), inline(&began), inline(&maker))?;
    if let Some(redacted) = &report.redacted {
        writeln!(out, "{}\n", inline(&redacted_line(redacted, lang)))?;
    }
    if let Some((first, others)) = report.causes.split_first() {
        cause(first, lang, out)?;
        if !others.is_empty() {
            writeln!(out, "## {}\n", text!("Also found", "Außerdem gefunden").of(lang))?;
        }
        for other in others {
            let mark = if other.severity == Severity::Fail { "✗" } else { "!" };
            writeln!(out, "### {mark} {}\n", inline(&other.title))?;
            cause(other, lang, out)?;
        }
    }
    if style.verbosity == Verbosity::Quiet {
        return Ok(());
    }
    checks(report, lang, out)?;
    clients(report, lang, out)?;
    writeln!(out, "{}.", inline(&counts(report, lang)))
}

fn cause(cause: &CauseReport, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n", inline(&cause.summary))?;
    match &cause.remediation {
        Some(remedy) => {
            writeln!(out, "**{}:** {} · {}\n", WHO.of(lang), remedy.owner.title().of(lang), code(&cause.code))?;
            steps(remedy, lang, out)
        }
        None => writeln!(out, "{}\n", code(&cause.code)),
    }
}

fn steps(remedy: &Remediation, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if remedy.steps.is_empty() {
        writeln!(out, "{}.\n", inline(remedy.summary.trim_end_matches('.')))?;
    }
    for (number, step) in (1..).zip(&remedy.steps) {
        let head = format!("{number}. ");
        writeln!(out, "{head}{}\n", inline(step))?;
        let indent = " ".repeat(head.len());
        for command in remedy.commands.iter().filter(|command| command.step == number) {
            let ticks = "`".repeat(longest_run(&command.text).max(2) + 1);
            writeln!(out, "{indent}{ticks}{}", fence(command.shell))?;
            for line in command.text.lines() {
                writeln!(out, "{indent}{}", shown(line))?;
            }
            writeln!(out, "{indent}{ticks}\n")?;
        }
    }
    if !remedy.links.is_empty() {
        let links: Vec<String> = remedy.links.iter().map(|link| address(link)).collect();
        writeln!(out, "{}{}\n", text!("See ", "Siehe ").of(lang), links.join(", "))?;
    }
    Ok(())
}

fn checks(report: &Report, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let [title, status, check, result] = match lang {
        Lang::En => ["Checks", "Status", "Check", "Result"],
        Lang::De => ["Prüfungen", "Status", "Prüfung", "Ergebnis"],
    };
    writeln!(out, "## {title}\n\n| {status} | {check} | {result} |\n| --- | --- | --- |")?;
    for check in listed(report) {
        let status = format!("{} {}", sign(check.status), status_word(check.status, lang));
        writeln!(out, "| {status} | {} | {} |", cell_code(&check.id), inline(note(check)))?;
    }
    writeln!(out)
}

fn clients(report: &Report, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    if report.clients.is_empty() {
        return Ok(());
    }
    let [client, status, because] = match lang {
        Lang::En => ["Client", "Status", "Because of"],
        Lang::De => ["Client", "Status", "Wegen"],
    };
    writeln!(out, "## Clients\n\n| {client} | {status} | {because} |\n| --- | --- | --- |")?;
    for row in &report.clients {
        let accepts = client_word(row.status, lang);
        let because: Vec<String> = row.because.iter().map(|id| cell_code(id)).collect();
        let name = inline(client_name(&row.id, lang));
        writeln!(out, "| {name} | {} {accepts} | {} |", sign(row.status), because.join(", "))?;
    }
    writeln!(out)
}

/// What steers, and line ends, taken out.
fn shown(text: &str) -> String {
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// A text in which nothing is markup, on one line. Neither addresses nor names of users become links
/// by themselves: nobody vouches for what a server says.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let text = text.replace(['\n', '\r'], " ");
    let mut before = ' ';
    let mut numbered = true;
    let mut letters = text.trim().chars().peekable();
    while let Some(letter) = letters.next() {
        // these mean something at the beginning of a line alone
        let first = out.is_empty();
        let ends_number = numbered && !first && matches!(letter, '.' | ')');
        numbered = numbered && letter.is_ascii_digit();
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' => out.extend(['\\', letter]),
            '-' | '+' | '=' if first => out.extend(['\\', letter]),
            '.' | ')' if ends_number => out.extend(['\\', letter]),
            // http://, www. and @name
            ':' if letters.peek() == Some(&'/') => out.push_str("&#58;"),
            '.' if before.eq_ignore_ascii_case(&'w') => out.push_str("&#46;"),
            '@' => out.push_str("&#64;"),
            letter if steers(letter) => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
        before = letter;
    }
    out
}

/// A piece of code within a line.
pub(super) fn code(text: &str) -> String {
    let text = shown(text);
    let ticks = "`".repeat(longest_run(&text) + 1);
    let edge = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{ticks}{edge}{text}{edge}{ticks}")
}

/// The same in a table, where a bar ends the cell even within code.
fn cell_code(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// An address to follow; what is none stays text.
fn address(link: &str) -> String {
    let odd = |letter: char| letter.is_whitespace() || steers(letter) || "<>\\".contains(letter);
    if link.starts_with("https://") && !link.contains(odd) { format!("<{link}>") } else { inline(link) }
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}
