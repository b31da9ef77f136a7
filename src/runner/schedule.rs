//! When is a check called, and when is it called again?

use super::store::{Store, panic_message};
use super::{Event, Events, Finished, Judged};
use crate::checks::Check;
use crate::evidence::{Evidence, NoAnswer, Probe, Source, Stop, View};
use crate::finding::{Outcome, Sentence};
use crate::order;
use crate::text;
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often a check may be called in vain once nothing is gathered any more. Every call asks
/// for something new or ends, so a check that needs more has a fault.
const LAST_CALLS: usize = 64;

/// This part of a run's time is spent on what is only good to know.
const SPARE: u32 = 3;

/// How long a run may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// At this time after the start, every check is called a last time.
    pub deadline: Duration,
}

/// A check on its way.
#[derive(Debug)]
struct Running {
    check: &'static Check,
    waits_for: BTreeSet<Probe>,
    /// Those of them that nothing else stands for.
    needs: BTreeSet<Probe>,
    judged: Option<Judged>,
}

/// Gathers what the checks look at and judges it, until all have ended, the deadline has come
/// or `cancelled` resolves. Returns all outcomes, and the evidence.
pub async fn run<S: Source>(
    checks: &'static [Check],
    evidence: Evidence,
    source: Arc<S>,
    limits: Limits,
    cancelled: impl Future<Output = ()> + Send,
    events: Events<'_>,
) -> (Finished, Evidence) {
    let started = Instant::now();
    let mut store = Store::new(evidence, started);
    let mut running = start(checks, &store.evidence.header.subject.selected.clone(), started);
    let mut cancelled = std::pin::pin!(cancelled);
    let deadline = tokio::time::sleep_until(started + limits.deadline);
    let mut deadline = std::pin::pin!(deadline);
    let mut cut_short = None;
    for check in &mut running {
        call(check, &mut store, started, events);
    }
    let mut led_here: Option<Probe> = None;
    loop {
        for probe in wanted(&running) {
            if store.ask(&probe, &source, led_here.as_ref()) {
                events(Event::Asked { probe });
            }
        }
        if running.iter().all(|r| r.judged.is_some()) {
            break;
        }
        let spare = store.oldest(&spare(&running));
        let patience = async {
            match &spare {
                Some((began, _)) => tokio::time::sleep_until(*began + limits.deadline / SPARE).await,
                None => std::future::pending().await,
            }
        };
        let arrived = tokio::select! {
            biased;
            () = &mut cancelled => { cut_short = Some(NoAnswer::Cancelled); break }
            () = &mut deadline => { cut_short = Some(NoAnswer::Deadline); break }
            arrived = store.arrival(source.as_ref()) => arrived,
            () = patience => spare.as_ref().map(|(_, probe)| (probe.clone(), store.give_up(probe, source.as_ref()))),
        };
        // a check that waits, with nothing under way, can only have asked for nothing
        let Some((probe, took)) = arrived else { break };
        events(Event::Arrived { probe: probe.clone(), took });
        for check in &mut running {
            if check.waits_for.contains(&probe) {
                call(check, &mut store, started, events);
            }
        }
        led_here = Some(probe);
    }
    let last_word = cut_short.clone().unwrap_or(NoAnswer::NotRecorded);
    store.close(source.as_ref(), &last_word);
    finish(&mut running, &mut store, &last_word, started, events);
    store.evidence.cut_short = cut_short;
    let mut judged: Vec<Judged> = running.into_iter().filter_map(|r| r.judged).collect();
    // a check that ended early has seen less than there is now; a replay sees all of it, and says the same
    let (whole, evidence) = judge(checks, store.evidence);
    for (live, whole) in judged.iter_mut().zip(whole.checks) {
        *live = Judged { took: live.took, ..whole };
    }
    (Finished { checks: judged, took: started.elapsed() }, evidence)
}

/// Judges recorded evidence: what it does not hold is [`NoAnswer::NotRecorded`].
pub fn judge(checks: &'static [Check], evidence: Evidence) -> (Finished, Evidence) {
    let started = Instant::now();
    let mut store = Store::new(evidence, started);
    let mut running = start(checks, &store.evidence.header.subject.selected.clone(), started);
    let recorded = store.evidence.clone();
    finish(&mut running, &mut store, &NoAnswer::NotRecorded, started, &mut |_| {});
    let mut checks: Vec<Judged> = running.into_iter().filter_map(|r| r.judged).collect();
    // an older report holds nothing of what only today's checks look at
    let held: BTreeSet<String> = order::set(recorded.records.keys().map(ToString::to_string));
    for check in &mut checks {
        check.looked.retain(|id| held.contains(id));
    }
    (Finished { checks, took: started.elapsed() }, recorded)
}

fn start(checks: &'static [Check], selected: &[String], started: Instant) -> Vec<Running> {
    checks
        .iter()
        .map(|check| Running {
            check,
            waits_for: BTreeSet::new(),
            needs: BTreeSet::new(),
            judged: (!selected.iter().any(|id| id == check.id)).then(|| Judged {
                id: check.id,
                outcome: Outcome::skip(Sentence::new(text!("not selected", "nicht ausgewählt"))),
                took: started.elapsed(),
                looked: Vec::new(),
            }),
        })
        .collect()
}

fn wanted(running: &[Running]) -> BTreeSet<Probe> {
    order::set(running.iter().filter(|r| r.judged.is_none()).flat_map(|r| r.waits_for.iter().cloned()))
}

/// What every check that waits for it could do without.
fn spare(running: &[Running]) -> BTreeSet<Probe> {
    let mut spare = wanted(running);
    for check in running.iter().filter(|r| r.judged.is_none()) {
        spare.retain(|probe| !check.needs.contains(probe));
    }
    spare
}

/// Calls a check once: it ends, or its needs are noted.
fn call(running: &mut Running, store: &mut Store, started: Instant, events: Events<'_>) {
    if running.judged.is_some() {
        return;
    }
    let view = View::new(&store.evidence).of(running.check.id);
    let ended = catch_unwind(AssertUnwindSafe(|| (running.check.run)(&view)));
    let wanted = view.wanted();
    let outcome = match ended {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(Stop::Ask)) if !wanted.is_empty() => {
            events(Event::Waits { check: running.check.id, probes: wanted.iter().cloned().collect() });
            running.waits_for = wanted;
            running.needs = view.needed();
            return;
        }
        Ok(Err(Stop::Ask)) => Outcome::Broke { message: "it stopped without asking for anything".to_owned() },
        Err(panic) => Outcome::Broke { message: panic_message(panic.as_ref()) },
    };
    end(running, outcome, &view, started, events);
}

fn end(running: &mut Running, outcome: Outcome, view: &View<'_>, started: Instant, events: Events<'_>) {
    events(Event::Ended { check: running.check.id, status: outcome.status() });
    running.waits_for.clear();
    running.judged = Some(Judged {
        id: running.check.id,
        outcome,
        took: started.elapsed(),
        looked: view.looked().iter().map(ToString::to_string).collect(),
    });
}

/// The last calls: whatever a check still looks at has no answer.
fn finish(running: &mut [Running], store: &mut Store, why: &NoAnswer, started: Instant, events: Events<'_>) {
    for check in running {
        for _ in 0..LAST_CALLS {
            call(check, store, started, events);
            if check.judged.is_some() {
                break;
            }
            store.refuse(&check.waits_for, why);
        }
        if check.judged.is_none() {
            let view = View::new(&store.evidence);
            end(check, Outcome::Broke { message: "it never stops asking".to_owned() }, &view, started, events);
        }
    }
}
