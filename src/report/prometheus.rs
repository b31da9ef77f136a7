//! How does a report read as metrics (the text format of Prometheus, 0.0.4)?

use super::Report;
use super::certificates::shown;
use super::lead::{label, listed, seconds};
use crate::finding::{Lang, Severity, Status, Text, harmless};
use crate::text;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Write};

/// The samples of one metric: labels and value; no two have the same labels.
type Samples = BTreeMap<String, String>;

/// What one report gives to a metric.
type Give = fn(&Report, &mut Samples);

/// Every metric: its name, its help, what it holds. All are gauges.
const METRICS: &[(&str, Text, Give)] = &[
    ("exdiag_info", text!("The version of exdiag, always 1.", "Die Version von exdiag, immer 1."), info),
    (
        "exdiag_redacted",
        text!(
            "Names are hidden (--redact); targets and hosts are stand-ins; always 1.",
            "Namen sind verborgen (--redact); Ziele und Hosts sind Stellvertreter; immer 1."
        ),
        |report, out| {
            if let Some(redacted) = &report.redacted {
                put(out, report, &[("level", redacted.level.name())], 1);
            }
        },
    ),
    (
        "exdiag_status",
        text!("Whether the run ended in this status.", "Ob der Lauf mit diesem Status endete."),
        |report, out| {
            for status in STATUSES {
                put(out, report, &[("status", &word(&status))], u8::from(report.status == status));
            }
        },
    ),
    (
        "exdiag_check_status",
        text!("Whether the check ended in this status.", "Ob die Prüfung mit diesem Status endete."),
        |report, out| {
            for check in &report.checks {
                for status in STATUSES {
                    let labels = [("check", check.id.as_str()), ("status", &word(&status))];
                    put(out, report, &labels, u8::from(check.status == status));
                }
            }
        },
    ),
    (
        "exdiag_findings",
        text!("How many findings of this severity there are.", "Wie viele Befunde dieser Schwere es gibt."),
        |report, out| {
            for severity in [Severity::Info, Severity::Warn, Severity::Fail] {
                let all = listed(report).flat_map(|check| &check.findings);
                let count = all.filter(|finding| finding.severity == severity).count();
                put(out, report, &[("severity", &word(&severity))], count);
            }
        },
    ),
    (
        "exdiag_cause",
        text!("A root cause, with who must act; always 1.", "Eine Ursache, und wer handeln muss; immer 1."),
        |report, out| {
            for cause in &report.causes {
                let owner = cause.remediation.as_ref().map(|remedy| word(&remedy.owner)).unwrap_or_default();
                let host = cause.subject.host.as_deref().unwrap_or_default();
                let severity = word(&cause.severity);
                put(
                    out,
                    report,
                    &[("code", &cause.code), ("severity", &severity), ("owner", &owner), ("host", host)],
                    1,
                );
            }
        },
    ),
    (
        "exdiag_client_status",
        text!(
            "Whether this family of clients ended in this status.",
            "Ob diese Familie von Clients mit diesem Status endete."
        ),
        |report, out| {
            for client in &report.clients {
                for status in STATUSES {
                    let labels = [("client", client.id.as_str()), ("status", &word(&status))];
                    put(out, report, &labels, u8::from(client.status == status));
                }
            }
        },
    ),
    (
        "exdiag_certificate_not_after_timestamp_seconds",
        text!("When the server's certificate ends.", "Wann das Zertifikat des Servers abläuft."),
        |report, out| {
            for server in shown(report) {
                let Some(end) = server.not_after() else { continue };
                let (address, port) = (server.address.to_string(), server.port.to_string());
                let labels = [("host", server.host.as_str()), ("address", &address), ("port", &port)];
                put(out, report, &labels, end.as_second());
            }
        },
    ),
    (
        "exdiag_run_duration_seconds",
        text!(
            "How long it took until the last answer had come.",
            "Wie lange es dauerte, bis die letzte Antwort da war."
        ),
        |report, out| {
            put(out, report, &[], seconds(report.duration_ms));
        },
    ),
    ("exdiag_run_timestamp_seconds", text!("When the run began.", "Wann der Lauf begann."), |report, out| {
        put(out, report, &[], report.evidence.header.started_at.as_second());
    }),
];

const STATUSES: [Status; 5] = [Status::Pass, Status::Skip, Status::Warn, Status::Inconclusive, Status::Fail];

/// Writes the reports as one set of metrics.
pub fn write_prometheus(reports: &[Report], lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    for (name, help, give) in METRICS {
        let mut samples = Samples::new();
        for report in reports {
            give(report, &mut samples);
        }
        if samples.is_empty() {
            continue;
        }
        writeln!(out, "# HELP {name} {}\n# TYPE {name} gauge", help.of(lang))?;
        for (labels, value) in samples {
            writeln!(out, "{name}{labels} {value}")?;
        }
    }
    Ok(())
}

fn info(report: &Report, out: &mut Samples) {
    out.insert(labelled(&[("version", &report.tool.version)]), "1".to_owned());
}

fn put(out: &mut Samples, report: &Report, labels: &[(&str, &str)], value: impl Display) {
    let mut all = vec![("target", label(report))];
    all.extend(labels);
    out.insert(labelled(&all), value.to_string());
}

fn labelled(labels: &[(&str, &str)]) -> String {
    let parts: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", parts.join(","))
}

/// The value of a label: a line end never gets this far as one.
fn escaped(value: &str) -> String {
    harmless(value).replace('\\', "\\\\").replace('"', "\\\"")
}

/// A value by its name in the report.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
