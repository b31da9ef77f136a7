//! Where do reports go, and in which shape?

use super::args::{Color, OutputArgs};
use super::baseline::{Baseline, Beside, told};
use super::exit::{INCONCLUSIVE, Trouble, Voice, worse};
use super::format::{ReportFormat, write_all, write_one, write_printed};
use super::hand::Hand;
use super::ticket;
use crate::Diagnosis;
use crate::evidence::redact::Level;
use crate::report::{Report, TextStyle, Verbosity, Wording, plugin_code, write_timings};
use crate::text;
use std::cell::RefCell;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A file that is replaced whole or not at all, or a device or pipe that is written to. Opened
/// before anything is sent, so that a target that cannot be written is an input error.
#[derive(Debug)]
pub struct Target {
    path: PathBuf,
    to: To,
}

#[derive(Debug)]
enum To {
    /// Takes the place of the file once it is whole.
    Replacement(NamedTempFile),
    /// A device, a pipe, a socket: nothing that could be replaced.
    Stream(File),
}

impl Target {
    /// Opens it; nothing is there at the target until [`Target::finish`].
    pub fn open(path: &Path) -> Result<Self, Trouble> {
        Self::try_open(path, false).map_err(|error| not_writable(path, &error))
    }

    /// The same for a secret: a file that only its owner can read, whatever stood there before.
    pub fn open_private(path: &Path) -> Result<Self, Trouble> {
        Self::try_open(path, true).map_err(|error| not_writable(path, &error))
    }

    /// The same, private or not, with the system's own error.
    pub fn try_open(path: &Path, is_private: bool) -> io::Result<Self> {
        let existing = match std::fs::metadata(path) {
            Ok(existing) => Some(existing),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // says whether it may be written, and is no folder; changes nothing
        let opened = existing.as_ref().map(|_| OpenOptions::new().append(true).open(path)).transpose()?;
        if let (Some(stream), Some(false)) = (opened, existing.as_ref().map(Metadata::is_file)) {
            return Ok(Self { path: path.to_owned(), to: To::Stream(stream) });
        }
        // a link stays a link: what it points to is replaced, or made
        let path = match (existing.is_some(), std::fs::read_link(path)) {
            (true, _) => path.canonicalize()?,
            (false, Ok(target)) => path.parent().unwrap_or(Path::new("")).join(target),
            (false, Err(_)) => path.to_owned(),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".exdiag-");
        #[cfg(unix)]
        if !is_private {
            use std::os::unix::fs::PermissionsExt as _;
            // as any program creates a file; the umask takes away what the user does not want
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder)?;
        if let Some(existing) = existing.filter(|_| !is_private) {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self { path, to: To::Replacement(file) })
    }

    /// It could not be written after all.
    pub fn not_written(&self, error: &io::Error) -> Trouble {
        not_writable(&self.path, error)
    }

    /// Puts the file in its place.
    pub fn finish(self) -> Result<(), Trouble> {
        let path = self.path.clone();
        self.try_finish().map_err(|error| not_writable(&path, &error))
    }

    /// The same, with the system's own error.
    pub fn try_finish(mut self) -> io::Result<()> {
        self.flush()?;
        match self.to {
            To::Replacement(file) => file.persist(&self.path).map(drop).map_err(|error| error.error),
            To::Stream(_) => Ok(()),
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::Replacement(file) => file.write(bytes),
            To::Stream(file) => file.write(bytes),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Replacement(file) => file.flush(),
            To::Stream(file) => file.flush(),
        }
    }
}

pub fn not_writable(path: &Path, error: &io::Error) -> Trouble {
    Trouble::new(text!(
        "could not write {path} ({error}); name a file in a folder that you may write to",
        "{path} lässt sich nicht schreiben ({error}); nennen Sie eine Datei in einem Ordner, in den Sie schreiben dürfen",
    ))
    .with("path", path.display())
    .with_system(error)
}

/// Everything that reports go to.
#[derive(Debug)]
pub struct Outputs {
    format: ReportFormat,
    wording: Wording,
    style: TextStyle,
    timings: bool,
    color: bool,
    /// Whether JSON is one report a line.
    many: bool,
    begun: bool,
    files: Vec<(ReportFormat, Target)>,
    /// Archives of all reports and what belongs to them.
    archives: Vec<Target>,
    /// What is hidden in all of them.
    redact: Option<Level>,
    /// The mailboxes so far, in order: each has its own stand-in.
    seen: RefCell<Vec<String>>,
    /// What is written as one document at the end.
    reports: Vec<Report>,
    /// Where the first repaired chain goes.
    chain: Option<Target>,
    /// What goes to those who must act.
    hand: Hand,
    /// The first place that took no report. The others are served all the same.
    lost: Option<Trouble>,
}

impl Outputs {
    /// Opens all files. `many`: whether more than one report may come.
    pub fn open(args: &OutputArgs, many: bool, save_chain: Option<&Path>) -> Result<Self, Trouble> {
        let chain = save_chain.map(Target::open).transpose()?;
        if let (Some(level), Some(fix)) = (args.redact.level(), &args.hand.fix) {
            return Err(Trouble::new(text!(
                "the files of --fix are made to be run and need the names that --redact hides; keep the whole report with --output report.json, then run: exdiag replay report.json --fix {folder}, and for others: exdiag replay report.json --redact {level} --output public.json",
                "Die Dateien von --fix sollen laufen und brauchen die Namen, die --redact verbirgt; heben Sie den ganzen Bericht mit --output report.json auf und rufen Sie dann auf: exdiag replay report.json --fix {folder}, und für andere: exdiag replay report.json --redact {level} --output public.json",
            ))
            .with("folder", fix.display())
            .with("level", level.name()));
        }
        let hand = Hand::open(&args.hand, &args.output, many)?;
        let (mut files, mut archives) = (Vec::new(), Vec::new());
        for path in &args.output {
            if ticket::is_archive(path) {
                archives.push(Target::open(path)?);
                continue;
            }
            files.push((ReportFormat::of_file(path)?, Target::open(path)?));
        }
        let lang = args.lang.choice().into();
        let verbosity = match (args.quiet, args.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let style = TextStyle { lang, verbosity };
        let wording = Wording { lang, fail_on: args.fail_on.into() };
        let color = is_coloured(args.color);
        Ok(Self {
            format: args.format,
            wording,
            style,
            timings: args.timings,
            color,
            many,
            begun: false,
            files,
            archives,
            redact: args.redact.level(),
            seen: RefCell::default(),
            reports: Vec::new(),
            chain,
            hand,
            lost: None,
        })
    }

    /// In which words the reports are.
    pub fn wording(&self) -> Wording {
        self.wording
    }

    /// The report of a run as it may be written here, beside a baseline where there is one, and the code to exit with.
    pub fn report_of(&self, diagnosis: Diagnosis, baseline: Option<&Baseline>) -> Result<Beside, Trouble> {
        let mut seen = self.seen.borrow_mut();
        let label = diagnosis.evidence.header.subject.label().to_owned();
        let at = seen.iter().position(|known| *known == label).unwrap_or_else(|| {
            seen.push(label);
            seen.len() - 1
        });
        told(diagnosis, baseline, (self.redact, at as u64 + 1), self.wording)
    }

    /// Writes one report everywhere.
    pub fn write(&mut self, report: &Report) {
        for (format, file) in &mut self.files {
            // a file is read by more than this terminal, and keeps all that is known
            colored::control::set_override(false);
            let style = TextStyle { verbosity: self.style.verbosity.max(Verbosity::Normal), ..self.style };
            if let Err(error) = write_one(*format, (self.many, self.begun), report, style, file) {
                self.lost.get_or_insert_with(|| file.not_written(&error));
            }
        }
        colored::control::set_override(self.color);
        if let Err(trouble) = self.hand.keep(report, self.style.lang) {
            self.lose(trouble);
        }
        let mut text = self.hand.messages(report, self.style.lang).unwrap_or_default();
        if !self.hand.writes() {
            let written = write_printed(self.format, (self.many, self.begun), report, self.style, &mut text);
            debug_assert!(written.is_ok(), "writing to memory succeeds");
        }
        if self.timings && self.format == ReportFormat::Text && !self.hand.writes() {
            text.push(b'\n');
            let _ = write_timings(report, self.style.lang, &mut text);
        } else if self.timings {
            let _ = write_timings(report, self.style.lang, &mut io::stderr());
        }
        self.begun = true;
        self.print(&text);
        if self.format.is_whole() || !self.archives.is_empty() || self.files.iter().any(|(format, _)| format.is_whole())
        {
            self.reports.push(report.clone());
        }
        if let Some(pem) = repaired_chain(report)
            && let Some(mut file) = self.chain.take()
        {
            let written = file.write_all(pem.as_bytes()).map_err(|error| file.not_written(&error));
            if let Err(trouble) = written.and_then(|()| file.finish()) {
                self.lose(trouble);
            }
        }
    }

    /// Writes to standard output.
    pub fn print(&mut self, bytes: &[u8]) {
        if let Err(trouble) = print(bytes) {
            self.lost.get_or_insert(trouble);
        }
    }

    /// Says what went wrong beside the reports.
    pub fn say(&self, trouble: &Trouble) {
        trouble.say(self.style.lang, Voice::of(self.format));
    }

    /// A place took no report.
    pub fn lose(&mut self, trouble: Trouble) {
        self.lost.get_or_insert(trouble);
    }

    /// Puts all files in their places. Returns the code to exit with: where a report was lost, it is
    /// said, and a run that found nothing broken is not told as a success.
    pub fn finish(mut self, code: u8) -> u8 {
        let lang = self.style.lang;
        for (format, mut file) in std::mem::take(&mut self.files) {
            let written = write_all(format, &self.reports, lang, &mut file).map_err(|error| file.not_written(&error));
            if let Err(trouble) = written.and_then(|()| file.finish()) {
                self.lose(trouble);
            }
        }
        for mut file in std::mem::take(&mut self.archives) {
            let written = ticket::write(&self.reports, self.style, &mut file).map_err(|error| file.not_written(&error));
            if let Err(trouble) = written.and_then(|()| file.finish()) {
                self.lose(trouble);
            }
        }
        colored::control::set_override(self.color);
        let mut text = Vec::new();
        let written = write_all(self.format, &self.reports, lang, &mut text);
        debug_assert!(written.is_ok(), "writing to memory succeeds");
        self.print(&text);
        self.hand.finish(lang);
        let plugin = self.format == ReportFormat::Nagios;
        let code = if plugin { plugin_code(&self.reports) } else { code };
        if let Some(unused) = self.chain {
            // nobody is left to hear that standard error is closed
            let _ = writeln!(
                io::stderr(),
                "exdiag: --save-chain: no chain needed repair or could be repaired; {} was not written",
                unused.path.display()
            );
        }
        match self.lost {
            Some(trouble) => {
                trouble.say(lang, Voice::of(self.format));
                // to a plugin, 1 and 2 are the warning and the alarm that it came to
                if plugin && code != 0 { code } else { worse(code, INCONCLUSIVE) }
            }
            None => code,
        }
    }
}

/// The repaired chain that a finding brought, as PEM.
pub fn repaired_chain(report: &Report) -> Option<&str> {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    findings.filter_map(|finding| finding.data.get("repaired_chain")).find_map(serde_json::Value::as_str)
}

/// Writes to standard output. A reader that has gone away is no error.
pub fn print(bytes: &[u8]) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Trouble::new(text!(
            "could not write to standard output ({error}); use --output FILE",
            "Die Standardausgabe lässt sich nicht schreiben ({error}); nutzen Sie --output DATEI",
        ))
        .with_system(&error)),
        _ => Ok(()),
    }
}

/// Whether text on standard output is coloured; `NO_COLOR` goes before `CLICOLOR_FORCE`.
pub fn is_coloured(choice: Color) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
        Color::Auto if set("CLICOLOR_FORCE") => true,
        Color::Auto => io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}
