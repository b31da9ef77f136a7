//! Does the runner gather each thing once, wait for nothing but its critical path, and always end?
//!
//! Everything here runs in virtual time: the figures are exact.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use exdiag::checks::{Check, Group};
use exdiag::evidence::{
    Evidence, Gathering, Header, HttpProbe, LeftOpen, Method, NoAnswer, Probe, RecordType, Seen, SentKind,
    ServiceProbe, SignIn, Source, Stop, Subject, View, view,
};
use exdiag::finding::{Outcome, Sentence, Status, Text};
use exdiag::runner::{Event, Finished, Limits, judge, run};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

const TITLE: Text = Text { en: "x", de: "x" };

const fn check(id: &'static str, run: exdiag::checks::Run) -> Check {
    Check { id, title: TITLE, group: Group::Finding, run, findings: &[] }
}

fn pass() -> Outcome {
    Outcome::pass(Sentence::new(TITLE))
}

/// Answers after 50 ms a round trip; `silent...` never, `panic...` not at all.
#[derive(Debug, Default)]
struct Fake {
    asked: Mutex<Vec<String>>,
}

impl Source for Fake {
    fn gather(&self, probe: Probe) -> Gathering<'_> {
        self.asked.lock().unwrap().push(probe.to_string());
        Box::pin(async move {
            let name = probe.to_string();
            if name.contains("silent") {
                pending::<()>().await;
            }
            assert!(!name.contains("panic"), "the parser fell over");
            let trips = if name.contains("slow") { 6 } else { 1 };
            tokio::time::sleep(Duration::from_millis(50 * trips)).await;
            Seen::NoAnswer(NoAnswer::NotRecorded)
        })
    }

    fn sent(&self, probe: &Probe) -> Option<SentKind> {
        match probe {
            Probe::Http(http) if http.sign_in == SignIn::Given => Some(SentKind::Password),
            Probe::Service(_) => Some(SentKind::ServiceKey),
            _ => None,
        }
    }
}

fn evidence(checks: &[Check]) -> Evidence {
    let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
    subject.selected = checks.iter().map(|c| c.id.to_owned()).collect();
    Evidence::new(Header {
        started_at: "2026-11-22T20:00:00Z".parse().unwrap(),
        subject,
        name_servers: Vec::new(),
        proxy: None,
        stores: Vec::new(),
    })
}

fn dns(name: &str) -> Probe {
    Probe::dns(name, RecordType::A)
}

async fn run_fake(checks: &'static [Check], seconds: u64) -> (Finished, Evidence, Arc<Fake>, Duration) {
    let source = Arc::new(Fake::default());
    let started = Instant::now();
    let limits = Limits { deadline: Duration::from_secs(seconds) };
    let (finished, evidence) = run(checks, evidence(checks), Arc::clone(&source), limits, pending(), &mut |_| {}).await;
    (finished, evidence, source, started.elapsed())
}

fn two_branches(v: &View<'_>) -> Result<Outcome, Stop> {
    // one branch is slow at its start, the other at its end: each goes on by itself
    let quick = v.look(&dns("quick.example")).and_then(|_| v.look(&dns("slow-second.example")));
    let slow = v.look(&dns("slow-first.example")).and_then(|_| v.look(&dns("second.example")));
    view::all([quick, slow])?;
    Ok(pass())
}

static TWO_BRANCHES: [Check; 3] =
    [check("a", two_branches), check("b", two_branches), check("c", |v| v.look(&dns("quick.example")).map(|_| pass()))];

#[tokio::test(start_paused = true)]
async fn wall_time_is_the_longest_chain_of_dependent_probes_and_nothing_more() {
    let (finished, evidence, source, wall) = run_fake(&TWO_BRANCHES, 60).await;
    assert_eq!(wall.as_millis(), 350);
    assert!(finished.checks.iter().all(|c| c.outcome.status() == Status::Pass));
    let mut asked = source.asked.lock().unwrap().clone();
    asked.sort();
    let mut once = asked.clone();
    once.dedup();
    assert_eq!(asked, once, "single flight: two checks that ask the same thing ask once");
    assert_eq!(asked.len(), 4);
    let path: u64 = evidence.critical_path().iter().map(|p| evidence.records[*p].took_ms).sum();
    assert_eq!((path, evidence.critical_path().len()), (350, 2));
    assert_eq!(finished.checks[2].took.as_millis(), 50, "a check ends when its own answer is there");
}

static WITH_SILENCE: [Check; 2] = [
    check("silent", |v| {
        let first = v.look(&dns("silent.example"))?;
        // the last call: what is asked only now is answered by the deadline as well
        let second = v.look(&dns("after.example"))?;
        assert_eq!(first.seen, second.seen);
        Ok(Outcome::inconclusive(Sentence::new(TITLE)))
    }),
    check("quick", |v| v.look(&dns("quick.example")).map(|_| pass())),
];

#[tokio::test(start_paused = true)]
async fn at_the_deadline_every_check_is_called_a_last_time() {
    let (finished, evidence, _, wall) = run_fake(&WITH_SILENCE, 7).await;
    assert_eq!(wall.as_secs(), 7);
    assert_eq!(evidence.cut_short, Some(NoAnswer::Deadline));
    assert_eq!(finished.checks[0].outcome.status(), Status::Inconclusive);
    assert_eq!(finished.checks[1].outcome.status(), Status::Pass);
    assert_eq!(evidence.records[&dns("silent.example")].seen, Seen::NoAnswer(NoAnswer::Deadline));
}

static WITH_SPARE: [Check; 3] = [
    check("a", |v| {
        let (spare, slow) = (v.spare(|| v.look(&dns("silent.example"))), v.spare(|| v.look(&dns("slow.example"))));
        let seen = &spare?.seen;
        assert_eq!(*seen, Seen::NoAnswer(NoAnswer::GivenUp { phase: None }));
        slow?;
        v.look(&dns("after.example")).map(|_| pass())
    }),
    check("b", |v| v.spare(|| v.look(&dns("silent.example"))).map(|_| pass())),
    check("c", |v| v.look(&dns("silent.example")).map(|_| pass())),
];

#[tokio::test(start_paused = true)]
async fn what_is_only_good_to_know_gets_a_third_of_the_time_unless_another_check_needs_it() {
    let (finished, evidence, _, wall) = run_fake(&WITH_SPARE[..2], 6).await;
    assert_eq!(wall.as_millis(), 2050);
    assert!(finished.checks.iter().all(|check| check.outcome.status() == Status::Pass), "{:?}", finished.checks);
    assert_eq!((evidence.cut_short, evidence.records[&dns("silent.example")].took_ms), (None, 2000));
    let (_, evidence, _, wall) = run_fake(&WITH_SPARE[1..], 6).await;
    assert_eq!((wall.as_secs(), evidence.cut_short), (6, Some(NoAnswer::Deadline)));
    assert_eq!(evidence.records[&dns("silent.example")].seen, Seen::NoAnswer(NoAnswer::Deadline));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_reports_what_is_known_so_far() {
    let source = Arc::new(Fake::default());
    let limits = Limits { deadline: Duration::from_secs(60) };
    let stop = tokio::time::sleep(Duration::from_secs(1));
    let (finished, evidence) = run(&WITH_SILENCE, evidence(&WITH_SILENCE), source, limits, stop, &mut |_| {}).await;
    assert_eq!(evidence.cut_short, Some(NoAnswer::Cancelled));
    assert_eq!(finished.checks[1].outcome.status(), Status::Pass);
}

fn signed_in() -> Probe {
    let url = "https://silent.corp.example/EWS/Exchange.asmx";
    Probe::Http(HttpProbe::new(Method::Post, url).sign_in(SignIn::Given))
}

fn with_key() -> Probe {
    let api = "https://silent.service.example".to_owned();
    Probe::Service(ServiceProbe::Grant { api, id: "silent".to_owned() })
}

/// What is known to have gone out with a request to this address.
fn left(url: &str, credential_sent: SentKind) -> LeftOpen {
    LeftOpen { url: url.to_owned(), credential_sent }
}

static SIGNED_IN: [Check; 1] = [check("probe", |v| {
    view::all([v.look(&signed_in()), v.look(&with_key())])?;
    Ok(pass())
})];

#[tokio::test(start_paused = true)]
async fn contract_5_a_sign_in_that_is_open_at_the_end_of_the_run_counts_as_sent() {
    for seconds in [1, 60] {
        let limits = Limits { deadline: Duration::from_secs(seconds) };
        let stop = tokio::time::sleep(Duration::from_secs(2));
        let (source, begun) = (Arc::new(Fake::default()), evidence(&SIGNED_IN));
        let (_, evidence) = run(&SIGNED_IN, begun, source, limits, stop, &mut |_| {}).await;
        let expected = [
            left("https://silent.corp.example/EWS/Exchange.asmx", SentKind::Password),
            left("https://silent.service.example", SentKind::ServiceKey),
        ];
        assert_eq!(evidence.left_open, expected);
        let again: Evidence = serde_json::from_str(&serde_json::to_string(&evidence).unwrap()).unwrap();
        assert_eq!(again.left_open, evidence.left_open);
    }
}

static LOST: [Check; 1] = [check("lost", |v| {
    let panicking = HttpProbe::new(Method::Post, "https://panic.corp.example/").sign_in(SignIn::Given);
    view::all([v.spare(|| v.look(&signed_in())), v.look(&Probe::Http(panicking))])?;
    Ok(pass())
})];

#[tokio::test(start_paused = true)]
async fn contract_5_a_sign_in_that_is_given_up_or_fails_here_counts_as_sent() {
    let (_, evidence, _, _) = run_fake(&LOST, 60).await;
    let expected = ["https://panic.corp.example/", "https://silent.corp.example/EWS/Exchange.asmx"]
        .map(|url| left(url, SentKind::Password));
    assert_eq!((evidence.cut_short, evidence.left_open), (None, expected.to_vec()));
}

static WITH_PANICS: [Check; 3] = [
    check("broken", |_| panic!("index out of bounds")),
    check("probe", |v| {
        let record = v.look(&dns("panic.example"))?;
        assert!(
            matches!(&record.seen, Seen::NoAnswer(NoAnswer::Panicked { message }) if message.contains("fell over"))
        );
        Ok(pass())
    }),
    check("endless", |v| {
        for n in 0.. {
            v.look(&dns(&format!("n{n}.example")))?;
        }
        Ok(pass())
    }),
];

#[tokio::test(start_paused = true)]
async fn a_panic_or_an_endless_check_is_an_outcome_and_the_run_goes_on() {
    let (finished, _, _, _) = run_fake(&WITH_PANICS, 5).await;
    assert!(matches!(&finished.checks[0].outcome, Outcome::Broke { message } if message == "index out of bounds"));
    assert_eq!(finished.checks[1].outcome.status(), Status::Pass);
    assert!(matches!(finished.checks[2].outcome, Outcome::Broke { .. }));
}

#[tokio::test(start_paused = true)]
async fn recorded_evidence_is_judged_to_the_same_outcomes() {
    let (finished, gathered, _, _) = run_fake(&WITH_SILENCE, 3).await;
    let text = serde_json::to_string(&gathered).unwrap();
    let read: Evidence = serde_json::from_str(&text).unwrap();
    assert_eq!(read, gathered);
    let (again, kept) = judge(&WITH_SILENCE, read);
    assert_eq!(kept, gathered, "judging adds nothing to what was recorded");
    for (a, b) in finished.checks.iter().zip(&again.checks) {
        assert_eq!(format!("{:?}", a.outcome), format!("{:?}", b.outcome));
    }
}

#[tokio::test(start_paused = true)]
async fn events_tell_every_probe_and_every_end() {
    let source = Arc::new(Fake::default());
    let mut told = Vec::new();
    let limits = Limits { deadline: Duration::from_secs(60) };
    run(&TWO_BRANCHES, evidence(&TWO_BRANCHES), source, limits, pending(), &mut |event| told.push(event)).await;
    assert_eq!(told.iter().filter(|e| matches!(e, Event::Asked { .. })).count(), 4);
    assert_eq!(told.iter().filter(|e| matches!(e, Event::Arrived { .. })).count(), 4);
    assert_eq!(told.iter().filter(|e| matches!(e, Event::Ended { .. })).count(), 3);
}
