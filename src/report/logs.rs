//! How is what logs tell written: as JSON, as a table (CSV), and as text?

pub(super) mod page;
mod tables;

pub use page::write_logs_text;
pub use tables::{ServerTable, write_server_csv};

use super::FindingReport;
use super::json::write_harmless;
use crate::evidence::Redacted;
use crate::evidence::logs::{Coverage, EwsClient, ListedDevice, LogDevice, LogFile, LogServer, LogsSeen};
use crate::finding::{Severity, harmless};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the shape: a minor adds, never removes.
const SCHEMA_VERSION: &str = "1.1";

#[derive(Serialize)]
struct Shape<'a> {
    schema_version: &'a str,
    coverage: &'a Coverage,
    files: &'a [LogFile],
    devices: &'a [LogDevice],
    #[serde(skip_serializing_if = "<[EwsClient]>::is_empty")]
    ews: &'a [EwsClient],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    unattributed: &'a BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: &'a Option<Box<LogServer>>,
    #[serde(skip_serializing_if = "<[ListedDevice]>::is_empty")]
    listed: &'a [ListedDevice],
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: &'a Option<Redacted>,
    findings: &'a [FindingReport],
}

/// Writes what section 4 of the contract says of `exdiag logs --format json`.
pub fn write_logs_json(seen: &LogsSeen, findings: &[FindingReport], out: &mut dyn Write) -> io::Result<()> {
    let LogsSeen { coverage, files, devices, ews, unattributed, server, listed, redacted } = seen;
    let schema_version = SCHEMA_VERSION;
    let shape =
        Shape { schema_version, coverage, files, devices, ews, unattributed, server, listed, redacted, findings };
    write_harmless(&serde_json::to_string_pretty(&shape)?, out)
}

/// Writes the devices, one a line (RFC 4180).
pub fn write_logs_csv(seen: &LogsSeen, findings: &[FindingReport], out: &mut dyn Write) -> io::Result<()> {
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
        "throttled_ms",
        "overdrawn",
        "same_key",
        "provisions",
        "heartbeat_mean",
        "latency_p95",
        "auth",
        "last_sync",
        "list_access_state",
        "list_access_reason",
        "list_policy_state",
        "list_last_attempt",
        "list_last_success",
    ];
    head(&names, seen, out)?;
    let mut of_device: BTreeMap<(&str, &str), Vec<&FindingReport>> = BTreeMap::new();
    for (who, finding) in findings.iter().filter_map(|finding| Some((who(finding)?, finding))) {
        of_device.entry(who).or_default().push(finding);
    }
    for device in &seen.devices {
        let own = of_device.get(&whose(device)).map_or(&[][..], Vec::as_slice);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let time = |time: &Option<jiff::Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
        let counts = |counts: &BTreeMap<String, u64>| {
            counts.iter().map(|(name, count)| format!("{name}={count}")).collect::<Vec<_>>().join(" ")
        };
        // of several lists each one, in their order
        let lists = |of: &dyn Fn(&ListedDevice) -> Option<String>| -> String {
            device.listed.iter().filter_map(of).collect::<Vec<_>>().join(" ")
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
            device.throttled_ms.to_string(),
            device.overdrawn.to_string(),
            device.same_key.to_string(),
            device.provisions.to_string(),
            text(&device.heartbeat.as_ref().map(|wait| wait.mean_s.to_string())),
            text(&device.latency.as_ref().map(|latency| latency.p95.to_string())),
            verdict(own, device, AUTH).to_owned(),
            verdict(own, device, LAST_SYNC).to_owned(),
            lists(&|listed| listed.access_state.clone()),
            lists(&|listed| listed.access_reason.clone()),
            lists(&|listed| listed.policy_state.clone()),
            lists(&|listed| listed.last_attempt.map(|at| at.to_string())),
            lists(&|listed| listed.last_success.map(|at| at.to_string())),
        ];
        row(&cells, seen, out)?;
    }
    Ok(())
}

/// Writes the names of the columns. CSV has no comments: that names are hidden is said by a last column.
fn head(names: &[&str], seen: &LogsSeen, out: &mut dyn Write) -> io::Result<()> {
    let redacted = if seen.redacted.is_some() { ",redacted" } else { "" };
    write!(out, "{}{redacted}\r\n", names.join(","))
}

/// Writes one line of a table.
fn row(cells: &[String], seen: &LogsSeen, out: &mut dyn Write) -> io::Result<()> {
    let level = seen.redacted.as_ref().map(|redacted| redacted.level.name().to_owned());
    let cells = cells.iter().map(|cell| quoted(cell)).chain(level);
    write!(out, "{}\r\n", cells.collect::<Vec<_>>().join(","))
}

/// Findings that say whether a sign-in is accepted, and when a device last synced.
const AUTH: &[&str] = &["auth."];
const LAST_SYNC: &[&str] = &["sync.log-", "sync.failing", "sync.device-barred"];

/// The device and the account that a finding is about, where it is about one device.
fn who(finding: &FindingReport) -> Option<(&str, &str)> {
    let text = |name: &str| finding.data.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    finding.data.contains_key("who").then(|| (text("device"), text("mailbox")))
}

fn whose(device: &LogDevice) -> (&str, &str) {
    let account = device.mailbox.as_deref().or(device.user.as_deref());
    (device.device_id.as_deref().unwrap_or_default(), account.unwrap_or_default())
}

/// The finding of those kinds about a device, the worst one first.
fn told_of<'a>(
    findings: impl IntoIterator<Item = &'a FindingReport>,
    device: &LogDevice,
    kinds: &[&str],
) -> Option<&'a FindingReport> {
    findings
        .into_iter()
        .filter(|finding| {
            kinds.iter().any(|kind| finding.code.starts_with(kind)) && who(finding) == Some(whose(device))
        })
        .max_by_key(|finding| finding.severity)
}

/// `pass`, `warn` or `fail`; nothing where nothing is said.
fn verdict(findings: &[&FindingReport], device: &LogDevice, kinds: &[&str]) -> &'static str {
    match told_of(findings.iter().copied(), device, kinds).map(|finding| finding.severity) {
        Some(Severity::Fail) => "fail",
        Some(Severity::Warn) => "warn",
        Some(Severity::Info) => "pass",
        None => "",
    }
}

/// A cell. What comes from a log is nobody's promise: one that a spreadsheet would take for a formula
/// gets an apostrophe in front.
fn quoted(cell: &str) -> String {
    // a table is looked at on a terminal too
    let cell = harmless(cell);
    let cell = if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell };
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
        assert!(!quoted("a\u{1b}[31m\u{202e}b").contains(['\u{1b}', '\u{202e}']));
    }
}
