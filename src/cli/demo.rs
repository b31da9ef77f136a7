//! How does the real check run against the built-in faulty Exchange?

use super::args::{Cli, Command, DemoArgs};
use super::check::{self, runtime, watched};
use super::exit::{INCONCLUSIVE, Trouble};
use super::format::ReportFormat;
use super::interrupt::Interrupted;
use super::output::{Outputs, print};
use super::redact::Live;
use super::setup::not_set_up;
use crate::Diagnosis;
use crate::evidence::NoAnswer;
use crate::finding::{Lang, Severity};
use crate::gather::Settings;
use crate::gather::auth::Secrets;
use crate::lab::{self, Entry, Lab, LabOptions, Scenario};
use crate::text;
use clap::Parser as _;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::future::Future;
use std::time::Instant;

/// What `exdiag demo` shows where no name is given: the main job at work.
const FIRST: &str = "intermediate-missing";

/// `exdiag demo`
pub fn demo(args: &DemoArgs) -> Result<u8, Trouble> {
    if args.all {
        return all(args);
    }
    let name = args.name.as_deref().unwrap_or(FIRST);
    let scenario = lab::find(name).ok_or_else(|| {
        Trouble::new(text!(
            "{name} is not a demo; exdiag list demos names them, {nearest} comes nearest",
            "{name} ist keine Demo; exdiag list demos nennt sie, am nächsten kommt {nearest}",
        ))
        .with("name", format!("{name:?}"))
        .with("nearest", nearest(name))
    })?;
    let lang: Lang = args.output.lang.choice().into();
    let mut outputs = Outputs::open(&args.output, false, None)?;
    let talks =
        args.output.format == ReportFormat::Text && !args.output.quiet && args.output.hand.message_for.is_none();
    if talks {
        outputs.print(heading(scenario, lang).as_bytes());
    }
    let (diagnosis, _) = runtime()?.block_on(async {
        let interrupted = Interrupted::listen();
        rehearse_until(scenario, LabOptions::default(), Live::of(&args.output), interrupted.happened()).await
    })?;
    let (report, code) = outputs.report_of(diagnosis, None)?;
    outputs.write(&report);
    if talks {
        outputs.print(more(lang).as_bytes());
    }
    Ok(outputs.finish(code))
}

/// Runs the real check against one scenario of the lab, over the real sockets. Returns what was
/// found, and what reached the lab's servers; the error is a sentence.
pub async fn rehearse(scenario: &'static Scenario, options: LabOptions) -> Result<(Diagnosis, Vec<Entry>), String> {
    rehearse_until(scenario, options, Live::Nothing, std::future::pending())
        .await
        .map_err(|trouble| format!("{trouble:?}"))
}

async fn rehearse_until(
    scenario: &'static Scenario,
    options: LabOptions,
    shows: Live,
    cancelled: impl Future<Output = ()> + Send,
) -> Result<(Diagnosis, Vec<Entry>), Trouble> {
    let lab = Lab::start(scenario, options).await.map_err(|error| {
        Trouble::new(text!(
            "could not start the lab on 127.0.0.1: {error}; allow listening there and try again",
            "Das Labor ließ sich auf 127.0.0.1 nicht starten: {error}; erlauben Sie das Lauschen dort und versuchen Sie es erneut",
        ))
        .with_system(&error)
    })?;
    // what a user could type: the lab has no other way in
    let line = ["exdiag".to_owned(), "check".to_owned()].into_iter().chain(lab.arguments());
    let parsed = Cli::try_parse_from(line).map_err(|error| Trouble::verbatim(error.to_string()))?;
    let Command::Check(args) = parsed.command else { return Err(Trouble::verbatim("no check".to_owned())) };
    let plan = check::plan(&args)?;
    let secrets = Secrets::from_parts(lab.password.as_deref(), lab.token.as_deref(), lab.service_key.as_deref());
    let Some(mut subject) = plan.subjects.first().cloned() else {
        return Err(Trouble::verbatim("no mailbox".to_owned()));
    };
    plan.give(&mut subject, &secrets);
    // this machine's own would count otherwise
    let settings = Settings { hosts_file: Some(lab.hosts_file().to_owned()), ..plan.settings.clone() };
    let diagnosis =
        watched(shows, subject, settings, secrets, plan.limits, cancelled).await.map_err(|error| not_set_up(&error))?;
    Ok((diagnosis, lab.journal()))
}

/// Whether a scenario was judged as it was planted, and the code of the first cause.
pub fn verdict(scenario: &Scenario, diagnosis: &Diagnosis) -> (bool, Option<&'static str>) {
    let verdict = diagnosis.verdict();
    let found = verdict.causes.first().map(|cause| cause.finding.code.id);
    let calm = verdict.entries.iter().flat_map(|entry| entry.outcome.findings()).all(|f| f.severity == Severity::Info);
    (if scenario.is_healthy() { found.is_none() && calm } else { found == scenario.expected }, found)
}

/// `exdiag demo --all`
fn all(args: &DemoArgs) -> Result<u8, Trouble> {
    let lang: Lang = args.output.lang.choice().into();
    let mut rows = Vec::new();
    let runtime = runtime()?;
    let interrupted = runtime.block_on(async { Interrupted::listen() });
    let mut whole = true;
    for scenario in lab::scenarios() {
        let began = Instant::now();
        let rehearsal = rehearse_until(scenario, LabOptions::default(), Live::Nothing, interrupted.happened());
        let (diagnosis, _) = runtime.block_on(rehearsal)?;
        if diagnosis.evidence.cut_short == Some(NoAnswer::Cancelled) {
            whole = false;
            break;
        }
        let (right, found) = verdict(scenario, &diagnosis);
        rows.push((scenario, found, right, began.elapsed().as_millis()));
    }
    let wrong = rows.iter().filter(|(_, _, right, _)| !right).count();
    if args.output.format == ReportFormat::Json {
        let list: Vec<Value> = rows
            .iter()
            .map(|(scenario, found, right, ms)| {
                let ms = u64::try_from(*ms).unwrap_or(u64::MAX);
                json!({"name": scenario.name, "expected": scenario.expected, "found": found, "as_expected": right, "ms": ms})
            })
            .collect();
        print(format!("{:#}\n", Value::Array(list)).as_bytes())?;
    } else {
        let healthy = text!("in order", "in Ordnung").of(lang);
        let mut out = String::new();
        for (scenario, found, right, ms) in &rows {
            let mark = if *right { "✓" } else { "✗" };
            let _ = writeln!(out, "{mark} {:24} {:40} {ms:>6} ms", scenario.name, found.unwrap_or(healthy));
            if !right {
                let wanted = text!("expected", "erwartet").of(lang);
                let _ = writeln!(out, "  {:24} {wanted}: {}", "", scenario.expected.unwrap_or(healthy));
            }
        }
        let counts = match lang {
            Lang::En => format!("\n{} as planted, {wrong} not\n", rows.len() - wrong),
            Lang::De => format!("\n{} wie vorbereitet, {wrong} nicht\n", rows.len() - wrong),
        };
        out.push_str(&counts);
        if !whole {
            let rest = lab::scenarios().len() - rows.len();
            let sentence = match lang {
                Lang::En => format!("Interrupted: {rest} were not run.\n"),
                Lang::De => format!("Unterbrochen: {rest} liefen nicht.\n"),
            };
            out.push_str(&sentence);
        }
        print(out.as_bytes())?;
    }
    Ok(match (wrong, whole) {
        (0, true) => 0,
        (0, false) => INCONCLUSIVE,
        _ => 1,
    })
}

/// The scenarios, for `exdiag list demos`.
pub fn rows(lang: Lang) -> Vec<Value> {
    let title = |scenario: &Scenario| match lang {
        Lang::En => scenario.title.en,
        Lang::De => scenario.title.de,
    };
    lab::scenarios()
        .iter()
        .map(|s| json!({"name": s.name, "title": title(s), "healthy": s.is_healthy(), "expected": s.expected}))
        .collect()
}

fn heading(scenario: &Scenario, lang: Lang) -> String {
    match lang {
        Lang::En => {
            format!("Demo {}: {}.\nThe real check, against a lab on 127.0.0.1.\n\n", scenario.name, scenario.title.en)
        }
        Lang::De => format!(
            "Demo {}: {}.\nDie echte Prüfung, gegen ein Labor auf 127.0.0.1.\n\n",
            scenario.name, scenario.title.de
        ),
    }
}

fn more(lang: Lang) -> String {
    let count = lab::scenarios().len() - 1;
    match lang {
        Lang::En => format!("\n{count} other demos: exdiag list demos\nWith your mailbox: exdiag check NAME@DOMAIN\n"),
        Lang::De => {
            format!("\n{count} weitere Demos: exdiag list demos\nMit Ihrem Postfach: exdiag check NAME@DOMAIN\n")
        }
    }
}

/// The demo whose name is most like what was typed: a word in common, or few letters between them.
fn nearest(name: &str) -> &'static str {
    let words: Vec<&str> = name.split('-').collect();
    let likeness = |scenario: &&Scenario| {
        let known: Vec<&str> = scenario.name.split('-').collect();
        let common = words.iter().filter(|word| known.contains(word)).count();
        strsim::jaro_winkler(name, scenario.name) + f64::from(u8::try_from(common).unwrap_or(0)) / 4.0
    };
    let best = lab::scenarios().iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    best.map_or(FIRST, |scenario| scenario.name)
}
