//! How does a report read in a browser and on paper?
//!
//! One file that needs nothing else: no script, no request, a policy that forbids both. The cause, who
//! must act and how stand on top; the evidence is folded below.

mod cause;
mod chain;
mod evidence;
mod logs;
mod messages;
mod path;
mod tables;
mod tag;
mod waterfall;

pub use logs::write_logs_html;

use super::Report;
use super::lead::{counts, duration, headline, label, sign, status_word, when};
use super::redacted::redacted_line;
use crate::evidence::NoAnswer;
use crate::finding::{Lang, Status};
use crate::text;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use std::io::{self, Write};
use tag::Html;

/// How it looks: system fonts, light and dark, paper.
const SHEET: &str = include_str!("html/style.css");

/// Writes the reports as one document.
pub fn write_html(reports: &[Report], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let title = match (reports, lang) {
        ([one], Lang::En) => format!("Report on {}", label(one)),
        ([one], Lang::De) => format!("Bericht zu {}", label(one)),
        (all, Lang::En) => format!("Report on {} mailboxes", all.len()),
        (all, Lang::De) => format!("Bericht zu {} Postfächern", all.len()),
    };
    let about_one = |html: &mut Html| {
        if let [one] = reports {
            about(html, one, lang);
        }
    };
    let articles = |html: &mut Html| {
        for (number, report) in reports.iter().enumerate() {
            let many = reports.len() > 1;
            html.within("article", &[("id", &format!("r{number}"))], |html| {
                if many {
                    html.element("p", &[("class", "who")], label(report));
                    about(html, report, lang);
                }
                article(html, report, lang);
            });
        }
    };
    let tools: Vec<String> = reports.iter().map(|r| format!("{} {}", r.tool.name, r.tool.version)).collect();
    let tool = tools.first().map(String::as_str).unwrap_or_default();
    writeln!(out, "{}", document(&title, tool, lang, about_one, articles))
}

/// A page: its title, what stands below it, and what it is about.
fn document(
    title: &str,
    tool: &str,
    lang: Lang,
    below: impl FnOnce(&mut Html),
    fill: impl FnOnce(&mut Html),
) -> String {
    let language = if lang == Lang::De { "de" } else { "en" };
    // nothing is loaded and nothing runs, whatever a server has said; the one sheet is named by its hash
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        STANDARD.encode(digest(&SHA256, SHEET.as_bytes()))
    );
    let mut html = Html::default();
    html.within("html", &[("lang", language)], |html| {
        html.within("head", &[], |html| {
            html.empty("meta", &[("charset", "utf-8")]);
            html.empty("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy)]);
            html.empty("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
            html.empty("meta", &[("name", "referrer"), ("content", "no-referrer")]);
            html.element("title", &[], &format!("{title} · exdiag"));
            html.style(SHEET);
        });
        html.within("body", &[], |html| {
            html.within("header", &[], |html| {
                html.element("h1", &[], title);
                below(html);
            });
            html.within("main", &[], fill);
            html.within("footer", &[], |html| {
                html.element(
                    "p",
                    &[],
                    &match lang {
                        Lang::En => format!("Written by {tool}. This page loads nothing and runs nothing."),
                        Lang::De => format!("Erstellt von {tool}. Diese Seite lädt nichts nach und führt nichts aus."),
                    },
                );
            });
        });
    });
    format!("<!DOCTYPE html>\n{}", html.finish().trim_end())
}

/// When, how long, and how many checks ended how.
fn about(html: &mut Html, report: &Report, lang: Lang) {
    let line = format!("{} UTC · {} · {}", when(report), duration(report.duration_ms, lang), counts(report, lang));
    html.element("p", &[("class", "about")], &line);
    if let Some(now) = report.evidence.judged_at {
        html.element(
            "p",
            &[("class", "about")],
            &match lang {
                Lang::En => format!("Judged as of {now}."),
                Lang::De => format!("Beurteilt zum {now}."),
            },
        );
    }
    if let Some(redacted) = &report.redacted {
        html.element("p", &[("class", "about")], &redacted_line(redacted, lang));
    }
    if report.evidence.cut_short == Some(NoAnswer::Cancelled) {
        let said =
            text!("Interrupted: this is what was known by then.", "Unterbrochen: Das ist, was bis dahin bekannt war.");
        html.element("p", &[("class", "about")], said.of(lang));
    }
}

fn article(html: &mut Html, report: &Report, lang: Lang) {
    match report.causes.split_first() {
        None => {
            html.within("section", &[("class", &format!("cause {}", class(report.status)))], |html| {
                html.within("h2", &[], |html| {
                    mark(html, report.status, lang);
                    html.text(&headline(report, lang));
                });
            });
        }
        Some((first, others)) => {
            cause::cause(html, first, "h2", lang);
            if !others.is_empty() {
                html.element("h3", &[], text!("Also found", "Außerdem gefunden").of(lang));
            }
            for other in others {
                cause::cause(html, other, "h4", lang);
            }
        }
    }
    messages::messages(html, report, lang);
    tables::checks(html, report, lang);
    path::path(html, report, lang);
    chain::chains(html, report, lang);
    tables::clients(html, report, lang);
    tables::credentials(html, report, lang);
    waterfall::waterfall(html, report, lang);
    evidence::evidence(html, report, lang);
}

/// A status as sign, told in words to those who do not see it.
fn mark(html: &mut Html, status: Status, lang: Lang) {
    let word = status_word(status, lang);
    let attributes = [("class", &*format!("sign {}", class(status))), ("role", "img"), ("aria-label", word)];
    html.element("span", &attributes, sign(status)).text(" ");
}

/// A status by the name of its class.
const fn class(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Skip => "skip",
        Status::Warn => "warn",
        Status::Inconclusive => "inconclusive",
        Status::Fail => "fail",
    }
}
