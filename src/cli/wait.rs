//! How often is a run repeated, and when no more? (`--wait`, `--until`)

use super::args::{Until, WaitArgs};
use crate::evidence::NoAnswer;
use crate::finding::{Lang, Sentence};
use crate::protocol::sign_in::{self, Ended};
use crate::protocol::ttl::counted;
use crate::report::{Area, Judged, Report, Wording, compare};
use crate::text;
use serde_json::Value;
use std::future::Future;
use std::io::Write as _;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Before the first repetition; each pause is twice the one before ...
const FIRST: Duration = Duration::from_secs(5);

/// ... up to this one. Whoever signs in waits so long each time.
const LONGEST: Duration = Duration::from_secs(60);

/// One run of one mailbox.
#[derive(Debug, Clone)]
pub struct Try {
    pub report: Report,
    /// The exit code that it comes to.
    pub code: u8,
    /// The report with nothing hidden, where it is to be remembered.
    pub whole: Option<Report>,
}

impl Try {
    /// Whether the user has interrupted it.
    pub fn is_cut(&self) -> bool {
        self.report.evidence.cut_short == Some(NoAnswer::Cancelled)
    }
}

/// How long is waited, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    time: Duration,
    until: Until,
    wording: Wording,
}

impl Patience {
    /// None where nobody wants to wait.
    pub fn of(args: &WaitArgs, wording: Wording) -> Option<Self> {
        args.wait.map(|time| Self { time, until: args.until, wording })
    }
}

/// Runs everything once, and then again what is waited for, until it is fulfilled, the time is over or the user
/// interrupts; brings the last run of each. `run` is given a number from 0 on, and says `None` behind the last.
pub async fn repeat<E>(
    patience: Patience,
    mut run: impl AsyncFnMut(usize) -> Result<Option<Try>, E>,
    interrupted: impl Future<Output = ()>,
    mut tell: impl FnMut(&Sentence),
) -> Result<Vec<Try>, E> {
    let end = Instant::now() + patience.time;
    let mut last: Vec<Try> = Vec::new();
    while let Some(tried) = run(last.len()).await? {
        let is_cut = tried.is_cut();
        last.push(tried);
        if is_cut {
            return Ok(last);
        }
    }
    let first: Vec<Judged> = last.iter().map(|tried| Judged::fresh(tried.report.clone())).collect();
    let mut open: Vec<usize> = (0..last.len()).collect();
    let mut interrupted = pin!(interrupted);
    let (mut pause, mut runs) = (FIRST, 1_u32);
    loop {
        if patience.is_fulfilled(&first, &last) {
            if runs > 1 {
                tell(&fulfilled(patience.until).with("runs", runs));
            }
            return Ok(last);
        }
        let mut floor = Duration::ZERO;
        open.retain(|at| {
            let Some(tried) = last.get(*at) else { return false };
            let ended = sign_in::of(&tried.report.evidence);
            if ended == Ended::Accepted {
                floor = LONGEST;
            }
            if let Some(sentence) = locked_out(ended) {
                tell(&sentence.with("who", label(&tried.report)));
                return false;
            }
            patience.until == Until::Change || tried.code != 0
        });
        let Some(waits_for) = open.first().and_then(|at| last.get(*at)) else { return Ok(last) };
        let left = end.saturating_duration_since(Instant::now());
        // the last one is made as the time ends
        let next = pause.max(floor).min(left);
        if left.is_zero() || next < floor {
            tell(&Sentence::new(text!(
                "the time is over; that is the last run",
                "Die Zeit ist um; das ist der letzte Lauf"
            )));
            return Ok(last);
        }
        tell(&waiting(patience, &waits_for.report, (next, left)));
        tokio::select! {
            () = sleep(next) => {}
            () = &mut interrupted => {
                tell(&Sentence::new(text!("interrupted; that is the last run", "Unterbrochen; das ist der letzte Lauf")));
                return Ok(last);
            }
        }
        for at in &open {
            let Some(again) = run(*at).await? else { continue };
            // what was known before is more than half a run
            if again.is_cut() {
                return Ok(last);
            }
            if let Some(tried) = last.get_mut(*at) {
                *tried = again;
            }
        }
        (pause, runs) = ((pause * 2).min(LONGEST), runs + 1);
    }
}

impl Patience {
    fn is_fulfilled(&self, first: &[Judged], last: &[Try]) -> bool {
        match self.until {
            Until::Pass => last.iter().all(|tried| tried.code == 0),
            Until::Change => first.iter().zip(last).any(|(first, tried)| {
                let compared = compare(first, &Judged::fresh(tried.report.clone()), self.wording);
                // how long something took is no change
                compared.changes.iter().any(|change| change.area < Area::Times)
                    || !compared.not_compared.is_empty() && compared.exit_code == 3
            }),
        }
    }
}

/// Contract, section 5: a diagnosis never locks an account. What was not clearly accepted is not sent again.
fn locked_out(ended: Ended) -> Option<Sentence> {
    match ended {
        Ended::Refused => Some(Sentence::new(text!(
            "{who}: the sign-in was refused; it is not repeated, since that could lock the account. To wait for the server alone, leave the credentials out",
            "{who}: Die Anmeldung wurde abgelehnt; sie wird nicht wiederholt, denn das könnte das Konto sperren. Um nur auf den Server zu warten, lassen Sie die Anmeldedaten weg",
        ))),
        Ended::Unclear => Some(Sentence::new(text!(
            "{who}: nobody has said whether the sign-in is right; it is not repeated, since a wrong one could lock the account. To wait for the server alone, leave the credentials out",
            "{who}: Niemand hat gesagt, ob die Anmeldung stimmt; sie wird nicht wiederholt, denn eine falsche könnte das Konto sperren. Um nur auf den Server zu warten, lassen Sie die Anmeldedaten weg",
        ))),
        Ended::NotTried | Ended::Accepted => None,
    }
}

fn fulfilled(until: Until) -> Sentence {
    Sentence::new(match until {
        Until::Pass => text!("passes now, in run {runs}", "Besteht jetzt, im {runs}. Lauf"),
        Until::Change => text!("something has changed, in run {runs}", "Etwas hat sich geändert, im {runs}. Lauf"),
    })
}

/// What is waited for, and how long what stands in its way is cached.
fn waiting(patience: Patience, report: &Report, (next, left): (Duration, Duration)) -> Sentence {
    let cause = report.causes.first();
    let cached = cause.and_then(|cause| cached(report, &cause.code));
    let text = match (patience.until, cause, &cached) {
        (Until::Change, ..) => text!(
            "{who}: nothing has changed yet; next run in {next}, for at most {left} more",
            "{who}: Noch hat sich nichts geändert; nächster Lauf in {next}, höchstens noch {left} lang",
        ),
        (Until::Pass, Some(_), Some(_)) => text!(
            "{who}: waiting for this to be gone: {cause} [{code}]; {cached}; next run in {next}, for at most {left} more",
            "{who}: Gewartet wird, bis dies behoben ist: {cause} [{code}]; {cached}; nächster Lauf in {next}, höchstens noch {left} lang",
        ),
        (Until::Pass, Some(_), None) => text!(
            "{who}: waiting for this to be gone: {cause} [{code}]; next run in {next}, for at most {left} more",
            "{who}: Gewartet wird, bis dies behoben ist: {cause} [{code}]; nächster Lauf in {next}, höchstens noch {left} lang",
        ),
        (Until::Pass, None, _) => text!(
            "{who}: waiting for all checks to come to an answer; next run in {next}, for at most {left} more",
            "{who}: Gewartet wird, bis alle Prüfungen zu einer Antwort kommen; nächster Lauf in {next}, höchstens noch {left} lang",
        ),
    };
    let spoken = |time: Duration| counted(u32::try_from(time.as_secs().max(1)).unwrap_or(u32::MAX));
    let sentence = Sentence::new(text).with("who", label(report)).with("next", spoken(next)).with("left", spoken(left));
    let sentence = sentence.with("cached", cached.unwrap_or_default());
    match cause {
        Some(cause) => sentence.with("cause", cause.title.trim_end_matches('.')).with("code", cause.code.as_str()),
        None => sentence,
    }
}

/// How long the old answer of a DNS record may be kept, where the cause is one.
fn cached(report: &Report, code: &str) -> Option<Value> {
    let mut findings = report.checks.iter().flat_map(|check| &check.findings).filter(|finding| finding.code == code);
    findings.find_map(|finding| finding.data.get("cached").filter(|cached| cached.is_object()).cloned())
}

fn label(report: &Report) -> &str {
    report.target.mailbox.as_deref().unwrap_or(&report.target.domain)
}

/// Says it on standard error.
pub fn tell(sentence: &Sentence, lang: Lang, is_quiet: bool) {
    if !is_quiet {
        // nobody is left to hear that standard error is closed
        let _ = writeln!(std::io::stderr(), "exdiag: {}", sentence.say(lang));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{FailOn, read};
    use std::path::Path;

    const WORDING: Wording = Wording { lang: Lang::En, fail_on: FailOn::Fail };

    fn of(case: &str) -> Try {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/evidence/{case}.json"));
        let evidence = read(&std::fs::read(path).unwrap()).unwrap().remove(0);
        let report = crate::replay(evidence).report(WORDING);
        Try { code: report.exit_code, report, whole: None }
    }

    fn patience(seconds: u64, until: Until) -> Patience {
        Patience { time: Duration::from_secs(seconds), until, wording: WORDING }
    }

    /// The seconds at which each run was made of one mailbox that shows these cases one after the other, the last one
    /// from then on; what it ended with; what was told.
    async fn waited(patience: Patience, cases: &[&str], interrupt: Option<u64>) -> (Vec<u64>, Try, Vec<String>) {
        let began = Instant::now();
        let (mut at, mut told) = (Vec::new(), Vec::new());
        let run = async |number: usize| {
            if number > 0 {
                return Ok::<_, ()>(None);
            }
            at.push(began.elapsed().as_secs());
            Ok(Some(of(cases.get(at.len() - 1).unwrap_or(cases.last().unwrap()))))
        };
        let interrupted = async {
            match interrupt {
                Some(seconds) => sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        let tries = repeat(patience, run, interrupted, |said| told.push(said.say(Lang::En))).await.unwrap();
        assert_eq!(tries.len(), 1);
        (at, tries[0].clone(), told)
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_recovers_ends_the_wait_and_the_pauses_double() {
        let cases = ["tls-expired", "tls-expired", "tls-expired", "tls-healthy"];
        let (at, last, told) = waited(patience(600, Until::Pass), &cases, None).await;
        assert_eq!((at, last.code), (vec![0, 5, 15, 35], 0));
        assert!(
            told[0].contains("expired on 2026-11-01 [tls.expired]; next run in 5 seconds, for at most 10 minutes more"),
            "{told:?}"
        );
        assert_eq!(told.last().unwrap(), "passes now, in run 4");
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_at_once_is_not_repeated_and_says_nothing() {
        let (at, _, told) = waited(patience(600, Until::Pass), &["tls-healthy"], None).await;
        assert_eq!((at, told.len()), (vec![0], 0));
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_ends_at_a_minute_and_the_last_run_is_made_as_the_time_ends() {
        let (at, last, _) = waited(patience(200, Until::Pass), &["tls-expired"], None).await;
        assert_eq!((at, last.code), (vec![0, 5, 15, 35, 75, 135, 195, 200], 1));
    }

    #[tokio::test(start_paused = true)]
    async fn contract_5_a_sign_in_that_was_not_accepted_is_not_repeated() {
        for case in ["auth-rejected", "auth-answer-unclear", "auth-account-blocked", "auth-password-expired"] {
            for until in [Until::Pass, Until::Change] {
                let (at, _, told) = waited(patience(3600, until), &[case], None).await;
                assert_eq!(at, [0], "{case}");
                assert!(told.iter().all(|told| told.contains("it is not repeated")) && told.len() == 1, "{told:?}");
            }
        }
        // one that was accepted is repeated once a minute
        let cases = ["activesync-commands-missing", "activesync-healthy-signed-in"];
        let (at, ..) = waited(patience(3600, Until::Change), &cases, None).await;
        assert_eq!(at, [0, 60]);
    }

    #[tokio::test(start_paused = true)]
    async fn until_something_changes_whatever_it_is() {
        let cases = ["tls-healthy", "tls-healthy", "tls-expired"];
        let (at, last, told) = waited(patience(600, Until::Change), &cases, None).await;
        assert_eq!((at, last.code), (vec![0, 5, 15], 1));
        assert_eq!(told.last().unwrap(), "something has changed, in run 3");
    }

    #[tokio::test(start_paused = true)]
    async fn an_interrupt_reports_the_last_run() {
        let (at, last, told) = waited(patience(600, Until::Pass), &["tls-expired"], Some(7)).await;
        assert_eq!((at, last.code, last.is_cut()), (vec![0, 5], 1, false));
        assert_eq!(told.last().unwrap(), "interrupted; that is the last run");
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_cause_is_a_record_its_ttl_is_told() {
        let (_, _, told) = waited(patience(10, Until::Pass), &["dns-dangling-alias"], None).await;
        assert!(told[0].contains("the old answer is cached for up to"), "{told:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn of_several_only_what_fails_is_repeated() {
        let mut runs = Vec::new();
        let run = async |number: usize| {
            if number > 1 {
                return Ok::<_, ()>(None);
            }
            runs.push(number);
            Ok(Some(of(if number == 0 || runs.len() > 3 { "tls-healthy" } else { "tls-expired" })))
        };
        let tries = repeat(patience(600, Until::Pass), run, std::future::pending(), |_| {}).await.unwrap();
        assert_eq!((tries.len(), runs), (2, vec![0, 1, 1, 1]));
    }
}
