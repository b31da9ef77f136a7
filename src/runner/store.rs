//! Which facts are there, and which are on their way? Each probe is gathered once (single flight).

use crate::evidence::{Evidence, LeftOpen, NoAnswer, Phase, Probe, Record, Seen, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

/// The facts of a run and the probes that are under way. Every probe's work runs in a task of
/// its own, so nobody who asked for it can kill it or make it run twice.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) evidence: Evidence,
    started: Instant,
    tasks: JoinSet<Seen>,
    open: BTreeMap<Probe, Open>,
    names: BTreeMap<Id, Probe>,
}

/// A probe under way.
#[derive(Debug)]
struct Open {
    began: Instant,
    /// The probe whose arrival led to it.
    after: Option<String>,
    task: AbortHandle,
}

impl Store {
    pub(super) fn new(evidence: Evidence, started: Instant) -> Self {
        Self { evidence, started, tasks: JoinSet::new(), open: BTreeMap::new(), names: BTreeMap::new() }
    }

    /// Starts the probe unless it is there or under way; `after` is the probe whose arrival led to
    /// it. Says whether it was started.
    pub(super) fn ask<S: Source>(&mut self, probe: &Probe, source: &Arc<S>, after: Option<&Probe>) -> bool {
        if self.evidence.records.contains_key(probe) || self.open.contains_key(probe) {
            return false;
        }
        let (source, asked) = (Arc::clone(source), probe.clone());
        let handle = self.tasks.spawn(async move { source.gather(asked).await });
        self.names.insert(handle.id(), probe.clone());
        let open = Open { began: Instant::now(), after: after.map(ToString::to_string), task: handle };
        self.open.insert(probe.clone(), open);
        true
    }

    /// Waits for the next probe to come back; `None` where none is under way.
    pub(super) async fn arrival<S: Source>(&mut self, source: &S) -> Option<(Probe, Duration)> {
        loop {
            let joined = self.tasks.join_next_with_id().await?;
            let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
            // a task whose name is gone belongs to nobody any more
            let Some(probe) = self.names.remove(&id) else { continue };
            let took = match joined {
                Ok((_, seen)) => self.enter(&probe, seen),
                Err(error) => self.lose(&probe, source, NoAnswer::Panicked { message: said(error) }),
            };
            return Some((probe, took));
        }
    }

    /// Enters a fact.
    fn enter(&mut self, probe: &Probe, seen: Seen) -> Duration {
        let now = Instant::now();
        let (began, after) = self.open.remove(probe).map_or((now, None), |open| (open.began, open.after));
        let took = now.saturating_duration_since(began);
        let record =
            Record { seen, at_ms: millis(began.saturating_duration_since(self.started)), took_ms: millis(took), after };
        self.evidence.records.insert(probe.clone(), record);
        took
    }

    /// Enters that there is no answer to a probe that was asked, and notes what has gone out with it.
    fn lose<S: Source>(&mut self, probe: &Probe, source: &S, why: NoAnswer) -> Duration {
        let url = match probe {
            Probe::Http(http) => Some(http.url.as_str()),
            Probe::Service(service) => Some(service.api()),
            _ => None,
        };
        if let (Some(url), Some(credential_sent)) = (url, source.sent(probe)) {
            self.evidence.left_open.push(LeftOpen { url: url.to_owned(), credential_sent });
        }
        self.enter(probe, Seen::NoAnswer(why))
    }

    /// Which of these probes is under way for the longest, and since when.
    pub(super) fn oldest(&self, of: &BTreeSet<Probe>) -> Option<(Instant, Probe)> {
        of.iter().filter_map(|probe| Some((self.open.get(probe)?.began, probe.clone()))).min()
    }

    /// Waits no longer for a probe under way.
    pub(super) fn give_up<S: Source>(&mut self, probe: &Probe, source: &S) -> Duration {
        let phase = source.reached(probe);
        if let Some(open) = self.open.get(probe) {
            open.task.abort();
            self.names.remove(&open.task.id());
        }
        self.lose(probe, source, NoAnswer::GivenUp { phase })
    }

    /// Ends everything under way: what is open gets no answer.
    pub(super) fn close<S: Source>(&mut self, source: &S, why: &NoAnswer) {
        let reached = |probe: &Probe| source.reached(probe).filter(|_| *why == NoAnswer::Deadline);
        let open: Vec<(Probe, Option<Phase>)> = self.open.keys().map(|probe| (probe.clone(), reached(probe))).collect();
        self.tasks.abort_all();
        self.names.clear();
        for (probe, reached) in open {
            let why = reached.map_or_else(|| why.clone(), |phase| NoAnswer::Hung { phase });
            self.lose(&probe, source, why);
        }
    }

    /// Answers probes that nobody will gather any more.
    pub(super) fn refuse(&mut self, probes: &BTreeSet<Probe>, why: &NoAnswer) {
        for probe in probes {
            self.enter(probe, Seen::NoAnswer(why.clone()));
        }
    }
}

fn said(error: JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => panic_message(panic.as_ref()),
        Err(error) => error.to_string(),
    }
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
