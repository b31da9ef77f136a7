//! What does a reader get: all of a run, in one language?
//!
//! [`Verdict`] is what was judged, without a language. [`Report`] is the same in words: the JSON
//! report of section 4 of the contract, from which every other format is rendered.

mod certificates;
mod diff;
mod explained;
mod fix;
mod fold;
mod html;
mod json;
mod junit;
mod lead;
mod logs;
mod markdown;
mod markup;
mod message;
mod nagios;
mod prometheus;
mod ready;
mod redacted;
mod seen;
mod text;
mod trace;
mod words;

pub use diff::{
    About, Area, Change, Comparison, Judged, Trend, Turn, compare, diff_schema, write_comparison_json,
    write_comparison_markdown, write_comparison_text, write_news_markdown, write_news_text,
};
pub use explained::explain_report;
pub use fix::{FixFile, fix, is_from_fix, nothing_to_fix};
pub use fold::{fold, fold_markdown};
pub use html::{write_html, write_logs_html};
pub use json::{Kept, ReadError, SCHEMA_VERSION, read, read_kept, schema, write_json, write_json_line};
pub use junit::write_junit;
pub use logs::{ServerTable, write_logs_csv, write_logs_json, write_logs_text, write_server_csv};
pub use markdown::write_markdown;
pub use message::{Envelope, Message, message, nothing_to_do, owners, write_messages};
pub use nagios::{plugin_code, plugin_trouble, write_nagios};
pub use prometheus::write_prometheus;
pub use text::{TextStyle, Verbosity, write_text, write_timings};
pub use words::{explain, explain_index, findings_in_words, in_general, report};

use crate::diagnosis::Cause;
pub use crate::evidence::SentKind;
use crate::evidence::{Evidence, HttpOutcome, NoAnswer, Phase, Probe, Redacted, Seen};
use crate::finding::{Lang, Outcome, Owner, Place, Severity, Shell, Status, Text};
use crate::order;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The version of exdiag.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How one check ended, with what a reader needs to place it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The check's id.
    pub id: &'static str,
    /// What is so when it passes.
    pub title: Text,
    /// The heading it stands under.
    pub group: Text,
    /// How it ended.
    pub outcome: Outcome,
    /// Ids of what it looked at.
    pub looked: Vec<String>,
}

/// All of a run, judged but not yet in words.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Every check, in the order of the sequence.
    pub entries: Vec<Entry>,
    /// The causes, most likely first.
    pub causes: Vec<Cause>,
    /// The facts.
    pub evidence: Evidence,
}

/// From which status on the exit code is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailOn {
    /// A check warned or failed.
    Warn,
    /// A check failed.
    #[default]
    Fail,
}

/// In which words, and how strictly.
#[derive(Debug, Clone, Copy)]
pub struct Wording {
    /// The language of all texts.
    pub lang: Lang,
    /// `--fail-on`
    pub fail_on: FailOn,
}

impl Verdict {
    /// The status of the whole run: its worst; a run of which every check was skipped is a skip.
    pub fn status(&self) -> Status {
        let all: BTreeSet<Status> = order::set(self.entries.iter().map(|entry| entry.outcome.status()));
        match all.last() {
            Some(Status::Skip) if all.contains(&Status::Pass) => Status::Pass,
            Some(worst) => *worst,
            None => Status::Skip,
        }
    }

    /// The exit code by section 2 of the contract. An interrupted run is inconclusive whatever
    /// it had found by then.
    pub fn exit_code(&self, fail_on: FailOn) -> u8 {
        let any = |status| self.entries.iter().any(|entry| entry.outcome.status() == status);
        if self.evidence.cut_short == Some(NoAnswer::Cancelled) {
            3
        } else if any(Status::Fail) || (fail_on == FailOn::Warn && any(Status::Warn)) {
            1
        } else if any(Status::Inconclusive) || !(any(Status::Pass) || any(Status::Warn)) {
            3
        } else {
            0
        }
    }

    /// Milliseconds from the start until the last answer had come.
    pub fn duration_ms(&self) -> u64 {
        self.evidence.records.values().map(|record| record.at_ms.saturating_add(record.took_ms)).max().unwrap_or(0)
    }

    /// Every place that received a credential, without doubles.
    pub fn credentials_sent_to(&self) -> Vec<CredentialSent> {
        let mut sent: BTreeSet<_> = order::set(
            self.evidence.left_open.iter().filter_map(|open| CredentialSent::to(&open.url, open.credential_sent)),
        );
        for (probe, record) in &self.evidence.records {
            let (url, credential) = match (probe, &record.seen) {
                (Probe::Http(http), Seen::Http(seen)) => match seen.credential_sent {
                    Some(credential) => (http.url.clone(), credential.into()),
                    None => continue,
                },
                (Probe::Service(service), Seen::Service(seen)) => {
                    let left = match &seen.outcome {
                        HttpOutcome::Response(_) => true,
                        HttpOutcome::Failed(failure) => failure.phase >= Phase::Request,
                    };
                    if !left {
                        continue;
                    }
                    (service.api().to_owned(), SentKind::ServiceKey)
                }
                _ => continue,
            };
            sent.extend(CredentialSent::to(&url, credential));
        }
        sent.into_iter().collect()
    }
}

/// A report: all of a run, in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Semver: a minor adds, never removes.
    pub schema_version: String,
    /// What made it.
    pub tool: Tool,
    /// What was under diagnosis.
    pub target: Target,
    /// When the run began (RFC 3339, UTC).
    pub started_at: String,
    /// Milliseconds from the start until the last answer had come.
    pub duration_ms: u64,
    /// The worst status of all checks.
    pub status: Status,
    /// The exit code of the run.
    pub exit_code: u8,
    /// Root causes, most likely first; none where all is well.
    pub causes: Vec<CauseReport>,
    /// All twelve checks, in the order of the sequence.
    pub checks: Vec<CheckReport>,
    /// What each family of clients would see.
    pub clients: Vec<ClientReport>,
    /// Every place that received a credential.
    pub credentials_sent_to: Vec<CredentialSent>,
    /// What differs from the report of `--baseline`, where one was given and holds this target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Box<Comparison>>,
    /// What was replaced in all of it (`--redact`): kinds and counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
    /// Every fact gathered, enough for replay.
    pub evidence: Evidence,
}

/// What made a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `exdiag`
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was under diagnosis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// The mailbox address; null where only a server was looked at.
    pub mailbox: Option<String>,
    /// The mailbox's domain, or the server's name.
    pub domain: String,
    /// The server, where the user named it.
    pub server: Option<String>,
}

/// A root cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseReport {
    /// The finding's code.
    pub code: String,
    /// Its severity.
    pub severity: Severity,
    /// The check that found it.
    pub check: String,
    /// What is so, in one sentence.
    pub title: String,
    /// What it means for whom.
    pub summary: String,
    /// Codes of findings that are only its consequences.
    pub explains: Vec<String>,
    /// What it is about.
    pub subject: Place,
    /// What to do.
    pub remediation: Option<Remediation>,
}

/// How one check ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckReport {
    /// Its id.
    pub id: String,
    /// What is so when it passes.
    pub title: String,
    /// The heading it stands under.
    pub group: String,
    /// How it ended.
    pub status: Status,
    /// Milliseconds from the start of the run until its last answer had come.
    pub duration_ms: u64,
    /// Why it was skipped or came to no answer.
    pub reason: Option<String>,
    /// What it found, in one line.
    pub summary: Option<String>,
    /// What it found fault with, or thinks worth knowing.
    pub findings: Vec<FindingReport>,
    /// Ids of the evidence it looked at.
    pub looked: Vec<String>,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingReport {
    /// `area.kebab-name`, stable once released.
    pub code: String,
    /// How bad it is here.
    pub severity: Severity,
    /// What is so, in one sentence.
    pub title: String,
    /// What it means for whom.
    pub detail: String,
    /// What it is about.
    pub subject: Place,
    /// Machine-readable particulars.
    pub data: BTreeMap<String, Value>,
    /// What to do; always there for warn and fail.
    pub remediation: Option<Remediation>,
    /// Ids of the evidence that shows it.
    pub evidence: Vec<String>,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Remediation {
    /// Who must act.
    pub owner: Owner,
    /// What to do, in one sentence.
    pub summary: String,
    /// How, step by step.
    pub steps: Vec<String>,
    /// Ready commands.
    pub commands: Vec<CommandReport>,
    /// Where to read more.
    pub links: Vec<String>,
}

/// A ready command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandReport {
    /// Where it is typed.
    pub shell: Shell,
    /// The command.
    pub text: String,
    /// The number of the step that it belongs to, from 1.
    pub step: usize,
}

/// What a family of clients would see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClientReport {
    /// The family.
    pub id: String,
    /// Whether it accepts the server.
    pub status: Status,
    /// Codes of the findings because of which it does not.
    pub because: Vec<String>,
    /// What it would find by Autodiscover, where it has a way of its own and any road leads anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autodiscover: Option<ClientRoad>,
}

/// What a family of clients would find by Autodiscover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientRoad {
    /// The road that leads there; none: it finds nothing.
    pub by: Option<String>,
    /// The host at its end.
    pub host: Option<String>,
    /// Milliseconds until then, or until the last road has failed.
    pub ms: u64,
    /// How many requests that takes.
    pub requests: u64,
    /// Whether it asks the user first.
    pub asks_user: bool,
}

/// A place that received a credential.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct CredentialSent {
    /// The host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What it received.
    pub credential: SentKind,
}

impl CredentialSent {
    /// `None` where it is no address of a place.
    fn to(url: &str, credential: SentKind) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        Some(Self { host: url.host_str()?.to_owned(), port: url.port_or_known_default()?, credential })
    }
}
