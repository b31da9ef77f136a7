//! With which kept report is a run compared, and what is news? (`--baseline FILE`)

use super::args::{BaselineArg, OutputArgs};
use super::diff::judged;
use super::exit::{Trouble, say};
use super::format::ReportFormat;
use super::redact;
use crate::Diagnosis;
use crate::evidence::redact::Level;
use crate::finding::Sentence;
use crate::order;
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
        let reports = order::map(judged(path, wording)?.into_iter().map(|kept| (kept.about(), kept)));
        Ok(Some(Self { reports }))
    }

    /// The kept report on the same target, the last of several.
    fn known(&self, report: &Report) -> Option<&Judged> {
        self.reports.get(&Judged::fresh(report.clone()).about())
    }

    /// The exit code of a report: beside a baseline only what is new counts, and what differs is added to the
    /// report. What the baseline does not hold is all new.
    fn code(&self, report: &mut Report, wording: Wording) -> u8 {
        let Some(known) = self.known(report) else {
            Self::say_missing(report, wording);
            return report.exit_code;
        };
        let news = compare(known, &Judged::fresh(report.clone()), wording);
        let code = news.exit_code;
        report.baseline = Some(Box::new(news));
        code
    }

    /// The same of a report that hides names: what is compared is what was seen, and what differs is then told with
    /// the stand-ins of the report. A baseline that hides names itself is compared with what is hidden.
    fn hidden(&self, diagnosis: Diagnosis, (level, number): (Level, u64), wording: Wording) -> Result<Beside, Trouble> {
        let whole = diagnosis.report(wording);
        let Some(known) = self.known(&whole) else {
            let mut report = redact::redacted(diagnosis, Some(level), number)?.report(wording);
            let code = self.code(&mut report, wording);
            return Ok((report, code));
        };
        let code = compare(known, &Judged::fresh(whole), wording).exit_code;
        let (new, old) =
            diagnosis.redacted_beside(&known.report.evidence, level, number).map_err(|error| redact::failed(&error))?;
        let mut report = new.report(wording);
        let old = Judged { report: old.report(wording), ..known.clone() };
        let mut news = compare(&old, &Judged::fresh(report.clone()), wording);
        news.exit_code = code;
        report.baseline = Some(Box::new(news));
        Ok((report, code))
    }

    fn say_missing(report: &Report, wording: Wording) {
        let hint = text!(
            "exdiag: the baseline holds no report on {target}: all of it is told",
            "exdiag: Der Vergleichsbericht enthält nichts zu {target}: Es wird alles gemeldet",
        );
        let target = report.target.mailbox.as_deref().unwrap_or(&report.target.domain);
        say(&Sentence::new(hint).with("target", target).say(wording.lang));
    }
}

/// A report, and the code to exit with.
pub type Beside = (Report, u8);

/// The report of a run as it may be written, beside a baseline where there is one. `hide`: the level of `--redact`, and
/// which of several mailboxes it is.
pub fn told(
    diagnosis: Diagnosis,
    baseline: Option<&Baseline>,
    hide: (Option<Level>, u64),
    wording: Wording,
) -> Result<Beside, Trouble> {
    match (baseline, hide) {
        (Some(baseline), (Some(level), number)) => baseline.hidden(diagnosis, (level, number), wording),
        (Some(baseline), (None, _)) => {
            let mut report = diagnosis.report(wording);
            let code = baseline.code(&mut report, wording);
            Ok((report, code))
        }
        (None, (level, number)) => {
            let report = redact::redacted(diagnosis, level, number)?.report(wording);
            let code = report.exit_code;
            Ok((report, code))
        }
    }
}
