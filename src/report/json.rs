//! How is a report written and read as JSON?

use super::Report;
use crate::evidence::Evidence;
use serde_json::Value;
use std::fmt;
use std::io::{self, Write};

/// The version of the report's shape: a minor adds, never removes.
pub const SCHEMA_VERSION: &str = "1.0";

/// The newest major that this version can read.
const MAJOR: u64 = 1;

/// Writes a report for people and programs: indented, with a final newline.
pub fn write_json(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}

/// Writes a report as one line: one of several (JSON Lines).
pub fn write_json_line(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, report)?;
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

/// Reads the evidence of one report, of several (JSON Lines), or bare evidence. Only the
/// evidence counts: everything else of a report follows from it.
pub fn read(bytes: &[u8]) -> Result<Vec<Evidence>, ReadError> {
    let not_report = |error: serde_json::Error| ReadError::NotReport { detail: error.to_string() };
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>() {
        let mut value = value.map_err(not_report)?;
        let evidence = match value.get("schema_version") {
            Some(version) => {
                let version = version.as_str().unwrap_or_default();
                let major = version.split('.').next().and_then(|major| major.parse::<u64>().ok());
                match major {
                    Some(major) if major > MAJOR => return Err(ReadError::Newer { version: version.to_owned() }),
                    Some(_) => value.get_mut("evidence").map(Value::take).unwrap_or_default(),
                    None => {
                        return Err(ReadError::NotReport {
                            detail: format!("schema_version {version:?} is no version"),
                        });
                    }
                }
            }
            None => value,
        };
        all.push(serde_json::from_value(evidence).map_err(not_report)?);
    }
    if all.is_empty() { Err(ReadError::Empty) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
