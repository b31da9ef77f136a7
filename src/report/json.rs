//! How is a report written and read as JSON?

use super::Report;
use crate::evidence::Evidence;
use crate::finding::{Status, steers};
use serde_json::Value;
use std::fmt;
use std::io::{self, Write};

/// The version of the report's shape: a minor adds, never removes.
pub const SCHEMA_VERSION: &str = "1.0";

/// The newest major that this version can read.
const MAJOR: u64 = 1;

/// Writes a report for people and programs: indented, with a final newline.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_harmless(&serde_json::to_string_pretty(report)?, out)
}

/// Writes a report as one line: one of several (JSON Lines).
pub fn write_json_line(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write_harmless(&serde_json::to_string(report)?, out)
}

/// Writes JSON so that nothing in it steers a terminal. What JSON itself leaves as it is (U+007F to
/// U+009F, turns of the reading direction) stands only in strings: there `\u` means the same.
pub(super) fn write_harmless(json: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut rest = json;
    let find = |rest: &str| rest.find(|letter| letter != '\n' && steers(letter));
    // of ASCII, JSON itself escapes all but the last
    let harmless = json.is_ascii() && !json.contains('\u{7f}');
    while let Some(at) = if harmless { None } else { find(rest) } {
        let (before, after) = rest.split_at(at);
        out.write_all(before.as_bytes())?;
        let mut letters = after.chars();
        if let Some(letter) = letters.next() {
            write!(out, "\\u{:04x}", u32::from(letter))?;
        }
        rest = letters.as_str();
    }
    out.write_all(rest.as_bytes())?;
    out.write_all(b"\n")
}

/// The JSON Schema of a report.
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Report)
}

/// Why a file cannot be judged again.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It holds nothing.
    Empty,
    /// It is not JSON, or neither a report nor evidence.
    NotReport {
        /// What the parser said, with the line.
        detail: String,
    },
    /// A newer exdiag made it.
    Newer {
        /// Its `schema_version`.
        version: String,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::NotReport { detail } => write!(f, "it is not a report: {detail}"),
            Self::Newer { version } => write!(f, "its schema_version {version} is newer than {SCHEMA_VERSION}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// A report as a file holds it: its evidence, and how it was judged then.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Everything else of a report follows from it.
    pub evidence: Evidence,
    /// The status of the whole as it was written; none of bare evidence.
    pub status: Option<Status>,
    /// The version that wrote it; none of bare evidence.
    pub version: Option<String>,
}

/// Reads the evidence of one report, of several (JSON Lines), or bare evidence. Only the
/// evidence counts: everything else of a report follows from it.
pub fn read(bytes: &[u8]) -> Result<Vec<Evidence>, ReadError> {
    Ok(read_kept(bytes)?.into_iter().map(|kept| kept.evidence).collect())
}

/// The same, with how each was judged when it was written.
pub fn read_kept(bytes: &[u8]) -> Result<Vec<Kept>, ReadError> {
    let not_report = |error: serde_json::Error| ReadError::NotReport { detail: without_types(&error.to_string()) };
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let mut value = value.map_err(not_report)?;
        let version = value.pointer("/tool/version").and_then(Value::as_str).map(str::to_owned);
        let status = value.get("status").and_then(|status| serde_json::from_value(status.clone()).ok());
        let evidence = match value.get("schema_version") {
            Some(version) => {
                let version = version.as_str().unwrap_or_default();
                let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
                match major {
                    Some(major) if major > MAJOR => return Err(ReadError::Newer { version: version.to_owned() }),
                    Some(_) => match value.get_mut("evidence").map(Value::take) {
                        Some(evidence) if !evidence.is_null() => evidence,
                        _ => return Err(ReadError::NotReport { detail: "missing field `evidence`".to_owned() }),
                    },
                    None => {
                        return Err(ReadError::NotReport {
                            detail: format!("schema_version {version:?} is no version"),
                        });
                    }
                }
            }
            None => value,
        };
        all.push(Kept { evidence: serde_json::from_value(evidence).map_err(not_report)?, status, version });
    }
    if all.is_empty() { Err(ReadError::Empty) } else { Ok(all) }
}

/// What the parser said, without the names that this program has for its types.
fn without_types(said: &str) -> String {
    const TYPE: &str = ", expected struct ";
    let Some((what, rest)) = said.split_once(TYPE) else { return said.to_owned() };
    let place = rest.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    format!("{what}, expected an object{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_steers_no_terminal_and_is_read_back_as_it_was() {
        let value = serde_json::json!({"x-feserver": "EX01\u{9b}31m \u{202e} \u{7f} \u{1b}[2J ü\n"});
        let mut out = Vec::new();
        write_harmless(&serde_json::to_string_pretty(&value).unwrap(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains(|letter| letter != '\n' && steers(letter)), "{text:?}");
        assert!(text.contains("EX01\\u009b31m \\u202e"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn what_is_no_report_is_said_without_the_names_of_types() {
        let detail = |text: &str| match read(text.as_bytes()) {
            Err(ReadError::NotReport { detail }) => detail,
            other => unreachable!("{other:?}"),
        };
        for text in [r#"{"schema_version": "1.0"}"#, r#"{"schema_version": "1.0", "evidence": null}"#] {
            assert_eq!(detail(text), "missing field `evidence`");
        }
        for text in ["[1]", "7", r#"{"schema_version": "1.0", "evidence": "x"}"#] {
            assert!(!detail(text).contains("Shape") && !detail(text).contains("struct"), "{}", detail(text));
        }
    }

    #[test]
    fn a_report_of_a_newer_major_is_refused_and_of_a_newer_minor_is_read() {
        let newer = br#"{"schema_version": "2.0", "evidence": {}}"#;
        assert_eq!(read(newer), Err(ReadError::Newer { version: "2.0".to_owned() }));
        let minor = br#"{"schema_version": "1.7", "evidence": {}}"#;
        assert!(matches!(read(minor), Err(ReadError::NotReport { detail }) if detail.contains("missing field")));
        assert_eq!(read(b" \n"), Err(ReadError::Empty));
        assert!(matches!(read(b"<html>"), Err(ReadError::NotReport { .. })));
        assert!(matches!(read(b"[1, 2]"), Err(ReadError::NotReport { .. })));
    }
}
