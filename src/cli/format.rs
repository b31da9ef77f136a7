//! In which format is a report written?

use super::exit::Trouble;
use crate::finding::Lang;
use crate::report::{
    Report, TextStyle, write_html, write_json, write_json_line, write_junit, write_markdown, write_nagios,
    write_news_markdown, write_news_text, write_prometheus, write_text,
};
use crate::text;
use clap::ValueEnum;
use std::io::{self, Write};
use std::path::Path;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A checklist for people
    Text,
    /// A report for programs, as `exdiag schema` describes it
    Json,
    /// A page for the browser and for paper, whole in one file
    Html,
    /// For a ticket or a wiki
    Markdown,
    /// A test run, for build servers
    Junit,
    /// A monitoring plugin's output, with its exit codes: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    Nagios,
    /// Metrics, for the textfile collector
    Prometheus,
}

impl ReportFormat {
    /// The format that a file's ending names.
    pub fn of_file(path: &Path) -> Result<Self, Trouble> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("json") => Ok(Self::Json),
            Some("html") => Ok(Self::Html),
            Some("md") => Ok(Self::Markdown),
            Some("xml") => Ok(Self::Junit),
            Some("prom") => Ok(Self::Prometheus),
            Some("txt") => Ok(Self::Text),
            _ => Err(Trouble::new(text!(
                "the ending of {path} names no format; use .json, .html, .md, .xml, .prom, .txt or .zip",
                "Die Endung von {path} nennt kein Format; möglich sind .json, .html, .md, .xml, .prom, .txt und .zip",
            ))
            .with("path", path.display())),
        }
    }

    /// Whether all reports are one document, which can only be written at the end.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Html | Self::Junit | Self::Nagios | Self::Prometheus)
    }
}

/// Writes one of the reports. `many`: whether there may be others; `begun`: whether there was one before.
pub fn write_one(
    format: ReportFormat,
    (many, begun): (bool, bool),
    report: &Report,
    style: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    if begun && matches!(format, ReportFormat::Text | ReportFormat::Markdown) {
        out.write_all(b"\n")?;
    }
    match format {
        ReportFormat::Json if many => write_json_line(report, out),
        ReportFormat::Json => write_json(report, out),
        ReportFormat::Text => write_text(report, style, out),
        ReportFormat::Markdown => write_markdown(report, style, out),
        ReportFormat::Html | ReportFormat::Junit | ReportFormat::Nagios | ReportFormat::Prometheus => Ok(()),
    }
}

/// Writes what goes to standard output of one of the reports: beside a baseline, only what is new.
pub fn write_printed(
    format: ReportFormat,
    (many, begun): (bool, bool),
    report: &Report,
    style: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    match (format, &report.baseline) {
        (ReportFormat::Text, Some(news)) => write_news_text(report, news, style, out),
        (ReportFormat::Markdown, Some(news)) => write_news_markdown(news, style, out),
        _ => write_one(format, (many, begun), report, style, out),
    }
}

/// Writes all reports as one document; nothing where the format takes them one by one.
pub fn write_all(format: ReportFormat, reports: &[Report], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ReportFormat::Html => write_html(reports, lang, out),
        ReportFormat::Junit => write_junit(reports, lang, out),
        ReportFormat::Nagios => write_nagios(reports, lang, out),
        ReportFormat::Prometheus => write_prometheus(reports, lang, out),
        ReportFormat::Json | ReportFormat::Text | ReportFormat::Markdown => Ok(()),
    }
}
