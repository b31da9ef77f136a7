//! How is what logs tell written: as JSON, as a table (CSV), and as text?

mod page;

pub use page::write_logs_text;

use super::FindingReport;
use super::json::write_harmless;
use crate::evidence::logs::{Coverage, LogDevice, LogFile, LogsSeen};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the shape: a minor adds, never removes.
const SCHEMA_VERSION: &str = "1.0";

#[derive(Serialize)]
struct Shape<'a> {
    schema_version: &'a str,
    coverage: &'a Coverage,
    files: &'a [LogFile],
    devices: &'a [LogDevice],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unattributed: &'a BTreeMap<String, u64>,
    findings: &'a [FindingReport],
}

/// Writes what section 4 of the contract says of `exdiag logs --format json`.
pub fn write_logs_json(seen: &LogsSeen, findings: &[FindingReport], out: &mut dyn Write) -> io::Result<()> {
    let LogsSeen { coverage, files, devices, unattributed } = seen;
    let shape = Shape { schema_version: SCHEMA_VERSION, coverage, files, devices, unattributed, findings };
    write_harmless(&serde_json::to_string_pretty(&shape)?, out)
}

/// Writes the devices, one a line (RFC 4180).
pub fn write_logs_csv(seen: &LogsSeen, out: &mut dyn Write) -> io::Result<()> {
    let names = [
        "user",
        "mailbox",
        "device_id",
        "device_type",
        "agent",
        "protocol",
        "site",
        "hits",
        "first_attempt",
        "last_attempt",
        "last_success",
        "last_accepted",
        "failing_since",
        "failures_in_a_row",
        "failing_with",
        "access_state",
        "statuses",
        "errors",
        "last_sign_in",
        "last_refusal",
        "peak_day",
        "peak_minute",
        "resyncs",
        "throttled",
    ];
    write!(out, "{}\r\n", names.join(","))?;
    for device in &seen.devices {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let time = |time: &Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let counts = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(name, count)| format!("{name}={count}")).collect::<Vec<_>>().join(" ")
        };
        let refusal = device.last_refusal.as_ref().map(|refusal| format!("{} {}", refusal.at, refusal.status));
        let cells = [
            text(&device.user),
            text(&device.mailbox),
            text(&device.device_id),
            text(&device.device_type),
            text(&device.agent),
            text(&device.protocol),
            device.site.clone(),
            device.hits.to_string(),
            time(&device.first_attempt),
            time(&device.last_attempt),
            time(&device.last_success),
            time(&device.last_accepted),
            time(&device.failing_since),
            device.failures_in_a_row.to_string(),
            counts(&device.failing_with),
            text(&device.access_state),
            counts(&device.statuses),
            counts(&device.errors),
            time(&device.last_sign_in),
            text(&refusal),
            device.peak.day.to_string(),
            device.peak.minute.to_string(),
            device.resyncs.to_string(),
            device.throttled.to_string(),
        ];
        write!(out, "{}\r\n", cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","))?;
    }
    Ok(())
}

/// A cell. What comes from a log is nobody's promise: one that a spreadsheet would take for a formula
/// gets an apostrophe in front.
fn quoted(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc4180_cells_with_commas_and_quotes_are_quoted_and_formulas_are_none() {
        assert_eq!(quoted("a\"b,c"), "\"a\"\"b,c\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("iPhone"), "iPhone");
    }
}
