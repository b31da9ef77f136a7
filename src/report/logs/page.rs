//! How does what logs tell read on a terminal of 80 columns?

mod server;

use super::{AUTH, LAST_SYNC, told_of};
use crate::evidence::logs::{LineAt, LogDevice, LogKind, LogsSeen};
use crate::finding::{Lang, Severity, Status, Text, harmless, span};
use crate::report::FindingReport;
use crate::report::fold::{both_ends, cut, indented, marked};
use crate::report::redacted::redacted_line;
use crate::report::text::{severity_symbol, steps, symbol};
use crate::text;
use colored::Colorize as _;
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

struct Page<'a> {
    seen: &'a LogsSeen,
    lang: Lang,
}

impl Page<'_> {
    fn say(&self, text: Text) -> &'static str {
        text.of(self.lang)
    }

    fn head(&self, about: Option<&str>, out: &mut Vec<String>) {
        let lines: u64 = self.seen.files.iter().map(|file| file.lines).sum();
        let coverage = &self.seen.coverage;
        let span = match (coverage.from, coverage.to) {
            (Some(from), Some(to)) => format!("{} – {} UTC", short(from), short(to)),
            _ => self.say(text!("no time covered", "kein Zeitraum abgedeckt")).to_owned(),
        };
        let what = harmless(about.unwrap_or_default());
        let of = self.say(text!("lines", "Zeilen"));
        indented(out, "", "", &format!("exdiag logs   {what}   {lines} {of}   {span}"));
        for gap in coverage.gaps.iter().take(3) {
            let words = self.say(text!("No line at all from", "Keine Zeile von"));
            let to = self.say(text!("to", "bis"));
            indented(out, "! ", "  ", &format!("{words} {} {to} {} UTC", short(gap.from), short(gap.to)));
        }
        if coverage.gaps.len() > 3 {
            let more = self.say(text!("further gaps", "weitere Lücken"));
            out.push(format!("! {} {more}", coverage.gaps.len() - 3));
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
            let line = format!("{folder} ({}): {words} {}", name(source.kind), gaps.join(", "));
            indented(out, "! ", "  ", &harmless(&line));
        }
        out.push(String::new());
    }

    fn verdict(&self, findings: &[FindingReport], out: &mut Vec<String>) {
        let faults: Vec<_> = findings.iter().filter(|finding| finding.severity > Severity::Info).collect();
        if faults.is_empty() {
            let (status, sentence) = if self.seen.devices.is_empty() && self.seen.ews.is_empty() {
                let none =
                    text!("No ActiveSync request in these files.", "Keine ActiveSync-Anfrage in diesen Dateien.");
                (Status::Inconclusive, none)
            } else {
                let good = text!(
                    "No client fails as far as these files show.",
                    "Soweit diese Dateien zeigen, scheitert kein Client."
                );
                (Status::Pass, good)
            };
            marked(out, &symbol(status), self.say(sentence));
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
        let or_dash = |text: &Option<String>| harmless(text.as_deref().unwrap_or("-"));
        let name = device.mailbox.as_ref().or(device.user.as_ref()).cloned();
        out.push(format!("  {}", format!("{}  {}", or_dash(&name), or_dash(&device.device_id)).bold()));
        let mut row =
            |name: &str, value: String| indented(out, &format!("    {name:<12} "), &" ".repeat(17), &harmless(&value));
        let refused = device.last_refusal.as_ref();
        let refused = refused.filter(|refusal| device.last_sign_in.is_none_or(|at| refusal.at > at));
        let signed = match (refused, device.last_sign_in) {
            (Some(refusal), _) => {
                let words = self.say(text!("refused", "abgelehnt"));
                format!("{words} {} {} {}", short(refusal.at), refusal.status, place(device.lines.refusal.as_ref()))
            }
            (None, Some(at)) => {
                // Exchange may let a device go on for 8 to 24 hours after a password has changed
                let words = self.say(text!(
                    "accepted (no proof of today's password)",
                    "angenommen (kein Beleg für das heutige Passwort)"
                ));
                format!("{}{} {words} {}", short(at), self.before_end(at), place(device.lines.sign_in.as_ref()))
            }
            (None, None) => self
                .say(text!("unknown: no request names who asked", "unbekannt: keine Anfrage nennt, wer fragt"))
                .to_owned(),
        };
        // the mark is that of the finding which judges it
        let mark = |kinds: &[&str]| match told_of(findings, device, kinds).map(|finding| finding.severity) {
            Some(Severity::Info) => "✓ ",
            Some(Severity::Warn) => "! ",
            Some(Severity::Fail) => "✗ ",
            None => "",
        };
        row("AUTH", format!("{}{signed}", mark(AUTH)));
        let synced = match (device.last_success, device.last_accepted, device.proof) {
            (Some(at), ..) => format!("{}{} {}", short(at), self.before_end(at), place(device.lines.success.as_ref())),
            (None, Some(at), false) => {
                let words = self.say(text!(
                    "accepted by HTTP; the log of the back end (W3SVC2) would show whether it synced",
                    "von HTTP angenommen; ob synchronisiert wurde, zeigt das Protokoll des Back-Ends (W3SVC2)"
                ));
                format!("{}{} {words} {}", short(at), self.before_end(at), place(device.lines.success.as_ref()))
            }
            _ => self.say(text!("never in these logs", "in diesen Protokollen nie")).to_owned(),
        };
        row("LAST SYNC", format!("{}{synced}", mark(LAST_SYNC)));
        if let Some(since) = device.failing_since {
            let words = self.say(text!("failures in a row since", "Fehler in Folge seit"));
            let at = place(device.lines.failure.as_ref());
            row(
                self.say(text!("Failing", "Scheitert")),
                format!("{} {words} {} {at}: {}", device.failures_in_a_row, short(since), counts(&device.failing_with)),
            );
        }
        let when = |at: Option<Timestamp>| at.map(short).unwrap_or_default();
        let shown_by = match device.site.as_str() {
            "http-proxy" => text!(
                "HttpProxy log: what the front end accepted, not what ActiveSync answered",
                "HttpProxy-Protokoll: was das Front-End annahm, nicht was ActiveSync antwortete"
            ),
            "reverse-proxy" => text!(
                "reverse proxy alone, as a fallback: HTTP statuses of the way to Exchange",
                "nur Reverse-Proxy, als Behelf: HTTP-Status des Wegs zu Exchange"
            ),
            "mailbox-log" => text!("mailbox log of ActiveSync", "Postfachprotokoll von ActiveSync"),
            "back-end" => text!("IIS log of the back end", "IIS-Protokoll des Back-Ends"),
            _ => text!("IIS log of the front end", "IIS-Protokoll des Front-Ends"),
        };
        row(self.say(text!("Source", "Quelle")), self.say(shown_by).to_owned());
        row(
            self.say(text!("Requests", "Anfragen")),
            format!(
                "{}, {} – {}: {}",
                device.hits,
                when(device.first_attempt),
                when(device.last_attempt),
                counts(&device.statuses)
            ),
        );
        let by: Vec<String> =
            device.last_by_command.iter().map(|(name, at)| format!("{name} {}", short(*at))).collect();
        row(self.say(text!("By command", "Je Befehl")), by.join(", "));
        row(
            self.say(text!("Client", "Client")),
            format!(
                "{}, {}, {}, {}",
                or_dash(&device.device_type),
                or_dash(&device.agent),
                or_dash(&device.protocol),
                or_dash(&device.access_state)
            ),
        );
        if !device.errors.is_empty() {
            row(self.say(text!("Errors", "Fehler")), counts(&device.errors));
        }
        if let Some(latency) = &device.latency {
            row(
                self.say(text!("Latency", "Dauer")),
                format!("p50 {} ms, p95 {} ms, max {} ms", latency.p50, latency.p95, latency.max),
            );
        }
        let spells: Vec<String> = device
            .timeline
            .iter()
            .map(|spell| format!("{} {} ×{}", short(spell.from), spell.code, spell.count))
            .collect();
        if spells.len() > 1 {
            row(self.say(text!("Changes", "Wechsel")), spells.join(" → "));
        }
        out.push(String::new());
    }

    fn before_end(&self, at: Timestamp) -> String {
        let Some(end) = self.seen.coverage.to else { return String::new() };
        let age = span(end.as_second().saturating_sub(at.as_second()) / 60, self.lang);
        let words = self.say(text!("before the end", "vor dem Ende"));
        format!(", {age} {words}")
    }

    fn statuses(&self, out: &mut Vec<String>) {
        let mut sums: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for device in &self.seen.devices {
            for (status, count) in &device.statuses {
                let (requests, devices) = sums.entry(status).or_default();
                *requests += count;
                *devices += 1;
            }
        }
        if sums.is_empty() {
            return;
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_by_key(|(_, (requests, _))| std::cmp::Reverse(*requests));
        out.push(format!(
            "  {}",
            self.say(text!("HTTP.sub.win32     requests   devices", "HTTP.Sub.Win32     Anfragen    Geräte")).bold()
        ));
        for (status, (requests, devices)) in sums.into_iter().take(ROWS) {
            out.push(format!("  {status:<16} {requests:>10} {devices:>9}"));
        }
        out.push(String::new());
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
            let last = device.last_success.or(device.last_accepted.filter(|_| !device.proof));
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
        for file in &self.seen.files {
            let skipped: Vec<String> =
                file.skipped.iter().map(|skip| format!("{} {}", skip.count, skip.reason)).collect();
            let (of, used, left_out) = (
                self.say(text!("lines", "Zeilen")),
                self.say(text!("used", "ausgewertet")),
                self.say(text!("left out", "ausgelassen")),
            );
            let mut line = format!("{}: {}, {} {of}, {} {used}", file.path, name(file.kind), file.lines, file.used);
            if !skipped.is_empty() {
                line = format!("{line}, {left_out}: {}", skipped.join(", "));
            }
            if let Some(why) = &file.broken {
                line = format!("{line}; {why}");
            }
            indented(out, "  ", "    ", &harmless(&line));
        }
    }
}

/// As JSON names it.
fn name(kind: LogKind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

/// To the minute, without the T and the Z.
fn short(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

fn place(line: Option<&LineAt>) -> String {
    line.map(|line| format!("({}:{})", line.file, line.line)).unwrap_or_default()
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} ×{count}")).collect::<Vec<_>>().join(", ")
}
