//! With which kept report is a run compared, and what is news? (`--baseline FILE`)

use super::args::{BaselineArg, OutputArgs};
use super::diff::judged;
use super::exit::{Trouble, say};
use super::format::ReportFormat;
use crate::finding::Sentence;
use crate::report::{About, Judged, Report, Wording, compare};
use crate::text;
use std::collections::BTreeMap;
use std::path::Path;

/// A file of kept reports. It is only read.
#[derive(Debug)]
pub struct Baseline {
    /// Of each mailbox or server the last one.
    reports: BTreeMap<About, Judged>,
}

impl Baseline {
    /// Reads it, where one is named. `command` is what makes one, without its output.
    pub fn open(args: &BaselineArg, output: &OutputArgs, command: &str) -> Result<Option<Self>, Trouble> {
        let Some(path) = &args.baseline else { return Ok(None) };
        if !matches!(output.format, ReportFormat::Text | ReportFormat::Json | ReportFormat::Markdown) {
            return Err(Trouble::new(text!(
                "--baseline tells its news as text, json or markdown; choose one of these for --format (--output FILE writes the whole report in any format)",
                "--baseline meldet Neues als text, json oder markdown; wählen Sie eines davon für --format (--output DATEI schreibt den ganzen Bericht in jedem Format)",
            )));
        }
        if output.redact.level().is_some() {
            return Err(Trouble::new(text!(
                "--baseline compares names that --redact hides; leave one of them out",
                "--baseline vergleicht Namen, die --redact verbirgt; lassen Sie eines davon weg",
            )));
        }
        if let Err(error) = std::fs::metadata(path) {
            let is_json = path.extension().is_some_and(|ending| ending == "json");
            return Err(Trouble::new(text!(
                "could not read the baseline {path} ({error}); --baseline only reads; make one with: {command} --output {file}",
                "Der Vergleichsbericht {path} lässt sich nicht lesen ({error}); --baseline liest nur; erzeugen Sie einen mit: {command} --output {file}",
            ))
            .with("path", path.display())
            .with_system(&error)
            .with("command", command)
            .with("file", if is_json { path } else { Path::new("baseline.json") }.display()));
        }
        let wording = Wording { lang: output.lang.choice().into(), fail_on: output.fail_on.into() };
        let reports = judged(path, wording)?.into_iter().map(|kept| (kept.about(), kept)).collect();
        Ok(Some(Self { reports }))
    }

    /// The exit code of a report: beside a baseline only what is new counts, and what differs is added to the
    /// report. What the baseline does not hold is all new.
    pub fn code(baseline: Option<&Self>, report: &mut Report, wording: Wording) -> u8 {
        let fresh = baseline.map(|_| Judged::fresh(report.clone()));
        let known = baseline.zip(fresh.as_ref()).and_then(|(baseline, fresh)| baseline.reports.get(&fresh.about()));
        if let (Some(known), Some(fresh)) = (known, &fresh) {
            let news = compare(known, fresh, wording);
            let code = news.exit_code;
            report.baseline = Some(Box::new(news));
            return code;
        }
        if baseline.is_some() {
            let hint = text!(
                "exdiag: the baseline holds no report on {target}: all of it is told",
                "exdiag: Der Vergleichsbericht enthält nichts zu {target}: Es wird alles gemeldet",
            );
            let target = report.target.mailbox.as_deref().unwrap_or(&report.target.domain);
            say(&Sentence::new(hint).with("target", target).say(wording.lang));
        }
        report.exit_code
    }
}
