//! Why can this mailbox not be connected or synced, and who has to do what?
//!
//! The paved path: [`diagnose`] asks the network and judges; [`replay`] judges what was
//! recorded. Both give a [`report::Report`].

pub mod checks;
pub mod cli;
pub mod diagnosis;
pub mod evidence;
pub mod finding;
pub mod gather;
pub mod lab;
mod order;
mod packed;
pub mod protocol;
pub mod report;
pub mod runner;

use evidence::{Evidence, NoAnswer, Subject, redact};
use finding::{Finding, Outcome, Sentence};
use gather::offline::{Files, Offline};
use gather::{Gatherer, Settings, SetupError, auth::Secrets};
use report::{Entry, Report, Verdict, Wording};
use runner::{Events, Finished, Limits};
use std::future::Future;
use std::sync::Arc;

/// What a run has brought.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// How every check ended.
    pub finished: Finished,
    /// The facts.
    pub evidence: Evidence,
}

/// Asks the network whatever the selected checks look at, and judges it. Always ends: by the
/// deadline of `limits` at the latest, or when `cancelled` resolves. An error means that nothing
/// was sent.
pub async fn diagnose(
    subject: Subject,
    settings: Settings,
    secrets: Secrets,
    limits: Limits,
    cancelled: impl Future<Output = ()> + Send,
    events: Events<'_>,
) -> Result<Diagnosis, SetupError> {
    let gatherer = Gatherer::new(settings, secrets, &subject).await?;
    // a report does not need the clock's last digits
    let now = jiff::Timestamp::now();
    let now = jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
    let evidence = Evidence::new(gatherer.header(now, subject));
    let (finished, evidence) = runner::run(checks::ALL, evidence, Arc::new(gatherer), limits, cancelled, events).await;
    Ok(Diagnosis { finished, evidence })
}

/// Judges the certificates of files as if a server sent them, at that moment or now; sends nothing.
pub async fn examine(
    subject: Subject,
    files: &Files,
    at: Option<jiff::Timestamp>,
    limits: Limits,
) -> Result<Diagnosis, SetupError> {
    let source = Offline::new(files, subject.trust).await?;
    let evidence = Evidence::new(source.header(at.unwrap_or_else(jiff::Timestamp::now), subject));
    let never = std::future::pending();
    let (finished, evidence) = runner::run(checks::ALL, evidence, Arc::new(source), limits, never, &mut |_| {}).await;
    Ok(Diagnosis { finished, evidence })
}

/// Judges recorded evidence by today's rules; sends nothing.
pub fn replay(evidence: Evidence) -> Diagnosis {
    let (finished, evidence) = runner::judge(checks::ALL, evidence);
    Diagnosis { finished, evidence }
}

impl Diagnosis {
    /// The same with the facts renamed as the level asks for, and judged again: what is written of it names
    /// nobody. The error is that of facts that cannot be written as JSON; nothing of them is to be shown then.
    /// `number`: which of several mailboxes of a run it is, from 1 on.
    pub fn redacted(self, level: Option<redact::Level>, number: u64) -> Result<Self, serde_json::Error> {
        match level {
            Some(level) => Ok(replay(protocol::redact::evidence(&self.evidence, level, number)?)),
            None => Ok(self),
        }
    }

    /// The same beside older evidence that it is compared with, which is judged by the same rules and hidden with the
    /// same stand-ins; the newer one comes first.
    pub fn redacted_beside(
        &self,
        old: &Evidence,
        level: redact::Level,
        number: u64,
    ) -> Result<(Self, Self), serde_json::Error> {
        let (new, old) = protocol::redact::pair((&self.evidence, old), level, number)?;
        Ok((replay(new), replay(old)))
    }

    /// What was judged, without a language: all checks in order, and the ranked causes.
    pub fn verdict(&self) -> Verdict {
        let mut entries: Vec<Entry> = Vec::new();
        for check in checks::ALL {
            let Some(judged) = self.finished.checks.iter().find(|judged| judged.id == check.id) else { continue };
            entries.push(Entry {
                id: check.id,
                title: check.title,
                group: check.group.title(),
                outcome: settled(&judged.outcome),
                looked: judged.looked.clone(),
            });
        }
        if self.evidence.cut_short == Some(NoAnswer::Deadline) {
            say_deadline(&mut entries);
        }
        let outcomes: Vec<_> = entries.iter().map(|entry| (entry.id, &entry.outcome)).collect();
        let causes = diagnosis::causes(&outcomes);
        Verdict { causes, entries, evidence: self.evidence.clone() }
    }

    /// The report in words.
    pub fn report(&self, wording: Wording) -> Report {
        report::report(&self.verdict(), wording)
    }
}

/// A check that broke came to no answer, and says so with a finding of its own.
fn settled(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Broke { message } => Outcome::Inconclusive {
            reason: Sentence::new(text!(
                "the check itself failed: {message}",
                "die Prüfung selbst ist gescheitert: {message}"
            ))
            .with("message", message.as_str()),
            findings: vec![Finding::new(&checks::common::BUG).with("message", message.as_str())],
        },
        other => other.clone(),
    }
}

/// The deadline is said once: by the first check that it left without an answer.
fn say_deadline(entries: &mut [Entry]) {
    for entry in entries {
        if let Outcome::Inconclusive { findings, .. } = &mut entry.outcome {
            findings.push(Finding::new(&checks::common::DEADLINE));
            return;
        }
    }
}
