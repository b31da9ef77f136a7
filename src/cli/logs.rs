//! How does `exdiag logs` become tables and a verdict?

use super::args::{FailOn, LogsArgs, LogsFormat, LogsTable};
use super::exit::{INCONCLUSIVE, Trouble, Voice, worse};
use super::output::{Target, is_coloured, print};
use super::redact;
use crate::checks::common::logs::{Thresholds, judge};
use crate::evidence::logs::LogsSeen;
use crate::finding::{Lang, Severity};
use crate::gather::logs::{Plan, Unreadable, plan};
use crate::protocol;
use crate::protocol::logs::Wanted;
use crate::report::{
    FindingReport, ServerTable, findings_in_words, write_logs_csv, write_logs_html, write_logs_json, write_logs_text,
    write_server_csv,
};
use crate::text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// `exdiag logs`
pub fn logs(args: &LogsArgs) -> Result<u8, Trouble> {
    let lang: Lang = args.lang.choice().into();
    let mut files = Vec::new();
    for path in &args.output {
        files.push((format_of(path)?, Target::open(path)?));
    }
    let limits = thresholds(&args.threshold)?;
    let mut plan = plan(&args.paths).map_err(|error| unreadable(&error))?;
    plan.ews = args.ews;
    let wanted = Wanted { mailbox: args.mailbox.clone(), device: args.device.clone(), agent: args.agent.clone() };
    plan.choose(&wanted);
    let seen = watched(plan, !args.no_progress && !args.quiet, lang).told(&wanted);
    let hidden = match args.redact.level() {
        Some(level) => {
            let asked = (args.mailbox.as_deref(), args.device.as_deref(), args.agent.as_deref());
            Some(protocol::redact::logs(&seen, asked, level).map_err(|error| redact::failed(&error))?)
        }
        None => None,
    };
    let seen = hidden.as_ref().map_or(seen, |hidden| hidden.seen.clone());
    let told = |typed: &Option<String>| match (typed, &hidden) {
        (Some(text), Some(hidden)) => Some(hidden.asked(text)),
        (typed, _) => typed.clone(),
    };
    let (mailbox, device) = (told(&args.mailbox), told(&args.device));
    let agent = match (&args.agent, &hidden) {
        (Some(text), Some(hidden)) => Some(hidden.agent(text)),
        (typed, _) => typed.clone(),
    };
    let asked = [&mailbox, &device, &agent].into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    let about = (!wanted.is_all()).then_some(asked.as_str());
    // an account's name alone is no address that commands could take
    let address = mailbox.as_deref().filter(|mailbox| mailbox.contains('@'));
    let findings = findings_in_words(&judge(&seen, &limits, about), address, lang);
    let page = Page { seen: &seen, findings: &findings, lang, about, quiet: args.quiet, table: args.table };
    let mut code = exit_code(&seen, &findings, args.fail_on);
    let mut lost = None;
    for (format, mut file) in files {
        colored::control::set_override(false);
        let written = write(format, &page, &mut file).map_err(|error| file.not_written(&error));
        if let Err(trouble) = written.and_then(|()| file.finish()) {
            lost.get_or_insert(trouble);
        }
    }
    colored::control::set_override(is_coloured(args.color));
    let mut out = Vec::new();
    let written = write(args.format, &page, &mut out);
    debug_assert!(written.is_ok(), "writing to memory succeeds");
    if let Err(trouble) = print(&out) {
        lost.get_or_insert(trouble);
    }
    if let Some(trouble) = lost {
        trouble.say(lang, if args.format == LogsFormat::Json { Voice::Json } else { Voice::Plain });
        code = worse(code, INCONCLUSIVE);
    }
    Ok(code)
}

fn format_of(path: &Path) -> Result<LogsFormat, Trouble> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => Ok(LogsFormat::Json),
        Some("txt") => Ok(LogsFormat::Text),
        Some("csv") => Ok(LogsFormat::Csv),
        Some("html") => Ok(LogsFormat::Html),
        _ => Err(Trouble::new(text!(
            "the ending of {path} names no format; use .json, .html, .txt or .csv",
            "Die Endung von {path} nennt kein Format; möglich sind .json, .html, .txt und .csv",
        ))
        .with("path", path.display())),
    }
}

/// What is to be written, in whatever format.
struct Page<'a> {
    seen: &'a LogsSeen,
    findings: &'a [FindingReport],
    lang: Lang,
    about: Option<&'a str>,
    quiet: bool,
    table: LogsTable,
}

fn write(format: LogsFormat, page: &Page<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        LogsFormat::Json => write_logs_json(page.seen, page.findings, out),
        LogsFormat::Html => write_logs_html(page.seen, page.findings, page.about, page.lang, out),
        LogsFormat::Csv => {
            let table = match page.table {
                LogsTable::Devices => return write_logs_csv(page.seen, page.findings, out),
                LogsTable::Hours => ServerTable::Hours,
                LogsTable::Slow => ServerTable::Slow,
                LogsTable::Lockouts => ServerTable::Lockouts,
                LogsTable::Agents => ServerTable::Agents,
                LogsTable::Access => ServerTable::Access,
                LogsTable::Throttled => ServerTable::Throttled,
                LogsTable::Listed => ServerTable::Listed,
            };
            write_server_csv(page.seen, table, out)
        }
        LogsFormat::Text => write_logs_text(page.seen, page.findings, page.about, page.quiet, page.lang, out),
    }
}

fn thresholds(given: &[String]) -> Result<Thresholds, Trouble> {
    let mut limits = Thresholds::default();
    for text in given {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        match (limits.named(name), value.parse::<i64>()) {
            (Some(limit), Ok(value)) if value > 0 => *limit = value,
            _ => {
                return Err(Trouble::new(text!(
                    "--threshold {text} names no threshold and a whole number; `exdiag logs --help` lists them",
                    "--threshold {text} nennt keinen Schwellwert mit einer ganzen Zahl; `exdiag logs --help` zählt sie auf",
                ))
                .with("text", text));
            }
        }
    }
    Ok(limits)
}

/// What logs say of one mailbox: for `exdiag check --sync-log`; `None` where no log is named.
pub fn of_mailbox(paths: &[PathBuf], mailbox: &str) -> Result<Option<LogsSeen>, Trouble> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut plan = plan(paths).map_err(|error| unreadable(&error))?;
    // the service of this mailbox may speak EWS
    plan.ews = true;
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let wanted = Wanted { mailbox: Some(mailbox.to_owned()), ..Wanted::default() };
    plan.choose(&wanted);
    Ok(Some(plan.read(threads, &AtomicU64::new(0)).told(&wanted)))
}

/// Contract, section 2: what is broken goes before what has no answer.
fn exit_code(seen: &LogsSeen, findings: &[FindingReport], fail_on: FailOn) -> u8 {
    let from = if fail_on == FailOn::Warn { Severity::Warn } else { Severity::Fail };
    if findings.iter().any(|finding| finding.severity >= from) {
        1
    } else if seen.devices.is_empty() && seen.ews.is_empty() {
        INCONCLUSIVE
    } else {
        0
    }
}

/// Reads, with a bar on a terminal.
fn watched(plan: Plan, wanted: bool, lang: Lang) -> crate::protocol::logs::Collected {
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    let done = AtomicU64::new(0);
    if !wanted || !io::stderr().is_terminal() {
        return plan.read(threads, &done);
    }
    let left = text!("left", "verbleiben").of(lang);
    let style =
        format!("{{wide_bar}} {{binary_bytes}} / {{binary_total_bytes}}  {{binary_bytes_per_sec}}  {{eta}} {left}");
    let bar = ProgressBar::with_draw_target(Some(plan.bytes), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(&style) {
        bar.set_style(style);
    }
    let over = std::sync::atomic::AtomicBool::new(false);
    let collected = std::thread::scope(|scope| {
        let shown = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                bar.set_position(done.load(Ordering::Relaxed));
                std::thread::park_timeout(Duration::from_millis(100));
            }
        });
        let collected = plan.read(threads, &done);
        over.store(true, Ordering::Relaxed);
        shown.thread().unpark();
        collected
    });
    bar.finish_and_clear();
    collected
}

fn unreadable(error: &Unreadable) -> Trouble {
    let path = error.path.display();
    let Some(system) = &error.error else {
        return Trouble::new(text!(
            "there is no file in {path}; name log files or folders of them, such as C:\\inetpub\\logs\\LogFiles\\W3SVC1",
            "In {path} liegt keine Datei; nennen Sie Protokolldateien oder ihre Ordner, etwa C:\\inetpub\\logs\\LogFiles\\W3SVC1",
        ))
        .with("path", path);
    };
    if system.kind() == io::ErrorKind::WouldBlock {
        return Trouble::new(text!(
            "{path} is a pipe, which waits for whoever writes to it; read it as standard input: exdiag logs - < {path}",
            "{path} ist eine Pipe, die auf einen Schreibenden wartet; lesen Sie sie als Standardeingabe: exdiag logs - < {path}",
        ))
        .with("path", path);
    }
    Trouble::new(text!(
        "could not read {path} ({error}); name log files or folders of them, such as C:\\inetpub\\logs\\LogFiles\\W3SVC1",
        "{path} lässt sich nicht lesen ({error}); nennen Sie Protokolldateien oder ihre Ordner, etwa C:\\inetpub\\logs\\LogFiles\\W3SVC1",
    ))
    .with("path", path)
    .with_system(system)
}
