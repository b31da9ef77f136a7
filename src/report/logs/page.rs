//! How does what logs tell read on a terminal of 80 columns?

pub mod device;
mod listed;
mod server;

use crate::evidence::logs::{LineAt, LogDevice, LogFile, LogKind, LogsSeen};
use crate::finding::{Lang, Severity, Status, Text, harmless, reason};
use crate::order;
use crate::report::FindingReport;
use crate::report::fold::{both_ends, cut, indented, marked};
use crate::report::redacted::redacted_line;
use crate::report::text::{severity_symbol, steps, symbol};
use crate::text;
use colored::Colorize as _;
use device::Row;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr as _;

/// Findings that are told with all their steps; devices that are told one by one; rows of a table.
const WHOLE: usize = 3;
const DEVICES: usize = 5;
const ROWS: usize = 20;

/// Writes the verdict, then the devices asked about or the tables of a server, then what was read.
pub fn write_logs_text(
    seen: &LogsSeen,
    findings: &[FindingReport],
    about: Option<&str>,
    quiet: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page { seen, lang };
    let mut lines = Vec::new();
    page.head(about, &mut lines);
    page.verdict(findings, &mut lines);
    if !quiet {
        if about.is_some() || seen.devices.len() <= DEVICES {
            for device in seen.devices.iter().take(ROWS) {
                page.device(device, findings, &mut lines);
            }
        }
        page.services(&mut lines);
        page.ews(&mut lines);
        if about.is_none() {
            page.statuses(&mut lines);
            page.server(&mut lines);
        }
        if about.is_none() && seen.devices.len() > DEVICES {
            page.table(&mut lines);
        }
        page.unseen(&mut lines);
        page.files(&mut lines);
    }
    if let Some(redacted) = &seen.redacted {
        lines.push(String::new());
        indented(&mut lines, "  ", "  ", &redacted_line(redacted, lang));
    }
    for line in lines {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// What is told, in one language.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// What was read.
    pub seen: &'a LogsSeen,
    /// The language.
    pub lang: Lang,
}

impl Page<'_> {
    /// A text.
    pub fn say(&self, text: Text) -> &'static str {
        text.of(self.lang)
    }

    fn head(&self, about: Option<&str>, out: &mut Vec<String>) {
        let what = harmless(about.unwrap_or_default());
        indented(out, "", "", &format!("exdiag logs   {what}   {}", self.covered("   ")));
        for gap in self.gaps() {
            indented(out, "! ", "  ", &harmless(&gap));
        }
        out.push(String::new());
    }

    /// How many lines of which time.
    pub fn covered(&self, between: &str) -> String {
        let lines: u64 = self.seen.files.iter().map(|file| file.lines).sum();
        let coverage = &self.seen.coverage;
        let span = match (coverage.from, coverage.to) {
            (Some(from), Some(to)) => format!("{} – {} UTC", short(from), short(to)),
            _ => self.say(text!("no time covered", "kein Zeitraum abgedeckt")).to_owned(),
        };
        let word = if lines == 1 { text!("line", "Zeile") } else { text!("lines", "Zeilen") };
        format!("{lines} {}{between}{span}", self.say(word))
    }

    /// What is missing: in all logs, and in some folders.
    pub fn gaps(&self) -> Vec<String> {
        let coverage = &self.seen.coverage;
        let mut out = Vec::new();
        for gap in coverage.gaps.iter().take(3) {
            let words = self.say(text!("No line at all from", "Keine Zeile von"));
            let to = self.say(text!("to", "bis"));
            out.push(format!("{words} {} {to} {} UTC", short(gap.from), short(gap.to)));
        }
        if coverage.gaps.len() > 3 {
            let more = coverage.gaps.len() - 3;
            let (one, several) = (text!("further gap", "weitere Lücke"), text!("further gaps", "weitere Lücken"));
            let word = if more == 1 { one } else { several };
            out.push(format!("{more} {}", self.say(word)));
        }
        for source in coverage.sources.iter().filter(|source| !source.gaps.is_empty()).take(5) {
            let gaps = source.gaps.iter().filter(|gap| !coverage.gaps.contains(gap));
            let gaps: Vec<String> =
                gaps.take(3).map(|gap| format!("{} – {}", short(gap.from), short(gap.to))).collect();
            if gaps.is_empty() {
                continue;
            }
            let words = self.say(text!("no line of", "keine Zeile aus"));
            let folder = if source.folder.is_empty() { "." } else { &source.folder };
            out.push(format!("{folder} ({}): {words} {}", name(source.kind), gaps.join(", ")));
        }
        out
    }

    /// The status of all, and what is so where nothing is wrong.
    pub fn headline(&self) -> (Status, &'static str) {
        if self.seen.devices.is_empty() && self.seen.ews.is_empty() {
            let none = text!("No ActiveSync request in these files.", "Keine ActiveSync-Anfrage in diesen Dateien.");
            (Status::Inconclusive, self.say(none))
        } else {
            let good = text!(
                "No client fails as far as these files show.",
                "Soweit diese Dateien zeigen, scheitert kein Client."
            );
            (Status::Pass, self.say(good))
        }
    }

    fn verdict(&self, findings: &[FindingReport], out: &mut Vec<String>) {
        let faults: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
        if faults.is_empty() {
            let (status, sentence) = self.headline();
            marked(out, &symbol(status), sentence);
        }
        for (i, finding) in faults.iter().enumerate() {
            if i == WHOLE + ROWS {
                let more = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
                out.push(format!("  … {} {more}", faults.len() - i));
                break;
            }
            marked(out, &severity_symbol(finding.severity), &finding.title);
            let Some(remedy) = finding.remediation.as_ref() else { continue };
            if i < WHOLE {
                indented(out, "  ", "  ", &finding.detail);
                let who = self.say(text!("Who must act: ", "Wer handeln muss: "));
                both_ends(out, "  ", &format!("{who}{}", remedy.owner.title().of(self.lang)), &finding.code);
                out.push(String::new());
                steps(remedy, self.lang, out);
                out.push(String::new());
            }
        }
        for finding in findings.iter().filter(|finding| finding.severity == Severity::Info) {
            marked(out, &symbol(Status::Pass), &finding.title);
            indented(out, "  ", "  ", &finding.detail);
        }
        out.push(String::new());
    }

    /// AUTH and LAST SYNC of one device, with the lines that decide.
    fn device(&self, device: &LogDevice, findings: &[FindingReport], out: &mut Vec<String>) {
        out.push(format!("  {}", harmless(&device::name(device)).bold()));
        for Row { name, mark, value } in self.rows(device, findings) {
            let mark = match mark {
                Some(Severity::Info) => "✓ ",
                Some(Severity::Warn) => "! ",
                Some(Severity::Fail) => "✗ ",
                None => "",
            };
            indented(out, &format!("    {name:<12} "), &" ".repeat(17), &harmless(&format!("{mark}{value}")));
        }
        out.push(String::new());
    }

    fn statuses(&self, out: &mut Vec<String>) {
        let sums = self.sums();
        if sums.is_empty() {
            return;
        }
        out.push(format!(
            "  {}",
            self.say(text!("HTTP.sub.win32     requests   devices", "HTTP.Sub.Win32     Anfragen    Geräte")).bold()
        ));
        for (status, (requests, devices)) in sums.into_iter().take(ROWS) {
            out.push(format!("  {status:<16} {requests:>10} {devices:>9}"));
        }
        out.push(String::new());
    }

    /// Requests and devices by status, the most requests first.
    pub fn sums(&self) -> Vec<(&str, (u64, u64))> {
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for device in &self.seen.devices {
            for (status, count) in &device.statuses {
                let (requests, devices) = sums.entry(status).or_default();
                *requests += count;
                *devices += 1;
            }
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        order::by_key(&mut sums, |(_, (requests, _))| std::cmp::Reverse(*requests));
        sums
    }

    fn table(&self, out: &mut Vec<String>) {
        let head = self.say(text!(
            "Account              Device type      Requests  Last success      Failures",
            "Konto                Gerätetyp        Anfragen  Letzter Erfolg      Fehler"
        ));
        out.push(format!("  {}", head.bold()));
        for device in self.seen.devices.iter().take(ROWS) {
            let cell = |text: Option<&String>, width: usize| -> String {
                let text = cut(&harmless(text.map_or("-", String::as_str)), width);
                format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
            };
            let last = last_good(device);
            out.push(format!(
                "  {} {} {:>8}  {:<16} {:>9}",
                cell(device.user.as_ref(), 20),
                cell(device.device_type.as_ref(), 16),
                device.hits,
                last.map_or_else(|| "-".to_owned(), short),
                device.failures_in_a_row
            ));
        }
        let more = self.seen.devices.len().saturating_sub(ROWS);
        if more > 0 {
            let words = self.say(text!("more; --format csv has them all", "weitere; --format csv hat alle"));
            out.push(format!("  … {more} {words}"));
        }
        out.push(String::new());
    }

    fn files(&self, out: &mut Vec<String>) {
        out.push(format!("  {}", self.say(text!("Files", "Dateien")).bold()));
        for file in self.seen.files.iter().take(ROWS) {
            indented(out, "  ", "    ", &harmless(&format!("{}: {}", file.path, self.file(file))));
        }
        if let Some(rest) = self.further_files(ROWS) {
            indented(out, "  ", "    ", &rest);
        }
    }

    /// The files behind the first ones, by their kind.
    pub fn further_files(&self, told: usize) -> Option<String> {
        let further = self.seen.files.get(told..).filter(|files| !files.is_empty())?;
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for file in further {
            *kinds.entry(name(file.kind)).or_default() += 1;
        }
        let words = self.say(text!("more; --format json has them all", "weitere; --format json hat alle"));
        Some(format!("… {} {words}: {}", further.len(), counts(&kinds)))
    }

    /// What a file is, and what of it counts.
    pub fn file(&self, file: &LogFile) -> String {
        let skipped: Vec<String> = file.skipped.iter().map(|skip| format!("{} {}", skip.count, skip.reason)).collect();
        let (of, used, left_out) = (
            self.say(if file.lines == 1 { text!("line", "Zeile") } else { text!("lines", "Zeilen") }),
            self.say(text!("used", "ausgewertet")),
            self.say(text!("left out", "ausgelassen")),
        );
        let mut line = format!("{}, {} {of}, {} {used}", name(file.kind), file.lines, file.used);
        if !skipped.is_empty() {
            line = format!("{line}, {left_out}: {}", skipped.join(", "));
        }
        for noted in [&file.broken, &file.note].into_iter().flatten() {
            let noted = reason(noted).map_or(noted.as_str(), |known| self.say(known));
            line = format!("{line}; {noted}");
        }
        line
    }
}

/// The last success, or the last acceptance where nothing shows more.
pub fn last_good(device: &LogDevice) -> Option<Timestamp> {
    device.last_success.or(device.last_accepted.filter(|_| !device.proof))
}

/// As JSON names it.
pub fn name(kind: LogKind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

/// To the minute, without the T and the Z.
pub fn short(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

/// A line by its file and number, in brackets.
pub fn place(line: Option<&LineAt>) -> String {
    line.map(|line| format!("({}:{})", line.file, line.line)).unwrap_or_default()
}

/// Counts by name.
pub fn counts(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} ×{count}")).collect::<Vec<_>>().join(", ")
}
