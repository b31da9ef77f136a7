//! What can be written to those who must act?
//!
//! A message for each owner, in plain words: what does not work, what was found, what is asked for, how to see that
//! it worked. Only causes are told, each with its own steps.

mod subjects;
mod user;

use super::fix::chain_files;
use super::fold::fold;
use super::lead::{client_name, label};
use super::ready::Known;
use super::{CauseReport, Remediation, Report};
use crate::evidence::Credential;
use crate::finding::{Lang, Owner, Sentence, Severity, Shell, Status, Text, fill_command, harmless};
use crate::text;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::IpAddr;
use unicode_width::UnicodeWidthStr as _;

/// No line but a command's, a link's or a separator's exceeds it.
const WIDTH: usize = 72;

/// What goes with a message.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// The language of the fixed words; that of the report's own texts was chosen before.
    pub lang: Lang,
    /// Whether the same output may hold messages about other mailboxes.
    pub many: bool,
    /// The name of the file with the JSON report.
    pub attached: &'a str,
    /// Whether the files of [`super::fix()`] are attached too.
    pub with_files: bool,
}

/// A message to one of those who must act, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Whom it is for.
    pub owner: Owner,
    /// The subject, one line.
    pub subject: String,
    /// The text, lines of at most 72 columns apart from commands and links.
    pub body: String,
}

impl Message {
    /// All of it as plain text: the subject, an empty line, the body.
    pub fn text(&self, lang: Lang) -> String {
        format!("{}{}\n\n{}", text!("Subject: ", "Betreff: ").of(lang), self.subject, self.body)
    }
}

/// Who must act, as a heading says it; [`Owner::title`] is part of a sentence.
pub(super) const fn role(owner: Owner) -> Text {
    match owner {
        Owner::Dns => text!("DNS host", "DNS-Verwaltung"),
        Owner::Web => text!("Operator of the web site", "Betrieb der Website"),
        Owner::Exchange => text!("Exchange admin", "Exchange-Administration"),
        Owner::Network => text!("Network admin", "Netzwerk-Administration"),
        Owner::Entra => text!("Entra ID admin", "Entra-ID-Administration"),
        Owner::Sync => text!("Sync service or app", "Sync-Dienst oder App"),
        Owner::User => text!("Mailbox user", "Person, der das Postfach gehört"),
        Owner::Caller => text!("Whoever runs exdiag", "Wer exdiag ausführt"),
    }
}

/// Who must act, the owner of the first cause first.
pub fn owners(report: &Report) -> Vec<Owner> {
    let mut owners = Vec::new();
    for remedy in report.causes.iter().filter_map(|cause| cause.remediation.as_ref()) {
        if !owners.contains(&remedy.owner) {
            owners.push(remedy.owner);
        }
    }
    owners
}

/// The message to one of them; `None` where they have nothing to do. Whoever owns the mailbox is told too where others
/// have to act.
pub fn message(report: &Report, owner: Owner, envelope: &Envelope<'_>) -> Option<Message> {
    if owner == Owner::User {
        return user::message(report, envelope);
    }
    let of_owner = |cause: &&CauseReport| cause.remediation.as_ref().is_some_and(|remedy| remedy.owner == owner);
    let causes: Vec<&CauseReport> = report.causes.iter().filter(of_owner).collect();
    let first = causes.first()?;
    let letter = Letter { report, causes: &causes, lang: envelope.lang, known: Known::of(report) };
    Some(Message { owner, subject: letter.subject(first), body: letter.body(envelope) })
}

/// Why there is no message to this owner, in one sentence.
pub fn nothing_to_do(report: &Report, owner: Owner, lang: Lang) -> String {
    let others: Vec<String> =
        owners(report).into_iter().map(|other| format!("{} ({})", role(other).of(lang), other.id())).collect();
    let said = if others.is_empty() {
        Sentence::new(text!(
            "{role} ({owner}): nothing to do about {label}, and nobody else has to act.",
            "{role} ({owner}): Bei {label} ist nichts zu tun, und auch sonst muss niemand handeln.",
        ))
    } else {
        Sentence::new(text!(
            "{role} ({owner}): nothing to do about {label}; who must act: {others}.",
            "{role} ({owner}): Bei {label} ist nichts zu tun; handeln muss: {others}.",
        ))
        .with("others", others.join(", "))
    };
    said.with("role", role(owner).of(lang)).with("owner", owner.id()).with("label", label(report)).say(lang)
}

/// Writes the message to one owner, or to all who must act.
pub fn write_messages(
    report: &Report,
    wanted: Option<Owner>,
    envelope: &Envelope<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let lang = envelope.lang;
    let owners = wanted.map_or_else(|| owners(report), |owner| vec![owner]);
    if owners.is_empty() {
        let nobody = text!(
            "Nobody has to act: nothing was found about {label} that asks for it.",
            "Niemand muss handeln: Bei {label} wurde nichts gefunden, was das erfordert."
        );
        writeln!(out, "{}", Sentence::new(nobody).with("label", label(report)).say(lang))?;
    }
    for owner in owners {
        if envelope.many || wanted.is_none() {
            let heading = format!("{} ({}), {}", role(owner).of(lang), owner.id(), harmless(label(report)));
            writeln!(out, "==== {heading} ====")?;
        }
        match message(report, owner, envelope) {
            Some(message) => writeln!(out, "{}", message.text(lang))?,
            None => writeln!(out, "{}", nothing_to_do(report, owner, lang))?,
        }
    }
    Ok(())
}

/// A message while it is written.
struct Letter<'a> {
    report: &'a Report,
    /// Of the owner, the most likely first.
    causes: &'a [&'a CauseReport],
    lang: Lang,
    known: Known,
}

impl Letter<'_> {
    fn subject(&self, first: &CauseReport) -> String {
        let title = harmless(&first.title);
        if title.width() <= room(self.lang) {
            return title;
        }
        let words = subjects::short(&first.code).of(self.lang);
        let is_of_mailbox = ["activesync.", "auth.", "sync."].iter().any(|area| first.code.starts_with(area));
        let host = first.subject.host.as_deref().filter(|_| !is_of_mailbox);
        fitting(words, host.unwrap_or(label(self.report)), self.lang)
    }

    fn body(&self, envelope: &Envelope<'_>) -> String {
        let mut out = vec![text!("Hello,", "Guten Tag,").of(self.lang).to_owned(), String::new()];
        self.situation(&mut out);
        self.heading(&mut out, text!("What was found", "Was gefunden wurde"));
        for (number, cause) in (1..).zip(self.causes) {
            lines(&mut out, &format!("{number}. "), &cause.title);
            lines(&mut out, "   ", &cause.summary);
            out.push(String::new());
        }
        self.heading(&mut out, text!("What we ask you to do", "Worum wir Sie bitten"));
        for (number, cause) in (1..).zip(self.causes) {
            if let Some(remedy) = &cause.remediation {
                self.asked(&mut out, number, cause, remedy);
            }
        }
        self.heading(&mut out, text!("How to check that it worked", "So prüfen Sie, ob es geholfen hat"));
        self.check(&mut out);
        if self.report.redacted.is_some() {
            self.paragraph(&mut out, &HIDDEN.into());
        }
        let sentence = text!(
            "Attached: {file}, the report of the diagnosis program exdiag with all that was seen, for other programs to read. It holds no passwords and no other secrets.",
            "Angehängt: {file}, der Bericht des Diagnoseprogramms exdiag mit allem, was zu sehen war, zum Einlesen in andere Programme. Er enthält keine Passwörter und keine anderen Geheimnisse.",
        );
        self.paragraph(&mut out, &Sentence::new(sentence).with("file", envelope.attached));
        if envelope.with_files {
            self.chains(&mut out);
        }
        self.paragraph(
            &mut out,
            &text!("Thank you very much for your help.", "Vielen Dank für Ihre Unterstützung.").into(),
        );
        out.push(text!("Kind regards", "Mit freundlichen Grüßen").of(self.lang).to_owned());
        out.dedup_by(|line, before| line.is_empty() && before.is_empty());
        let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
        lines.collect()
    }

    /// The whole chains that are attached.
    fn chains(&self, out: &mut Vec<String>) {
        let hosts = self.causes.iter().filter(|cause| cause.code.starts_with("tls.")).map(|cause| &cause.subject.host);
        let hosts: Vec<&str> = hosts.filter_map(Option::as_deref).collect();
        for (host, file) in chain_files(self.report).into_iter().filter(|(host, _)| hosts.contains(&host.as_str())) {
            let sentence = text!(
                "Attached too: {file}, the whole certificate chain of {host} as exdiag has put it together, without a private key. Where the steps speak of {host}-chain.pem, that is this file.",
                "Ebenfalls angehängt: {file}, die ganze Zertifikatkette von {host}, wie exdiag sie zusammengestellt hat, ohne privaten Schlüssel. Wo die Schritte von {host}-chain.pem sprechen, ist diese Datei gemeint.",
            );
            self.paragraph(out, &Sentence::new(sentence).with("file", file).with("host", host));
        }
    }

    /// What does not work, for whom, and since when that was seen.
    fn situation(&self, out: &mut Vec<String>) {
        let worst = self.causes.iter().map(|cause| cause.severity).max();
        let has_mailbox = self.report.target.mailbox.is_some();
        let is_unfinished = self.report.status == Status::Inconclusive;
        let said = match (worst.filter(|_| !is_unfinished), has_mailbox) {
            (Some(Severity::Fail), true) => text!(
                "The mailbox {label} does not work as it should through Exchange: phones, apps and sync services do not get its mail, calendar and contacts, or not all of them do.",
                "das Postfach {label} funktioniert über Exchange nicht wie vorgesehen: Telefone, Apps und Sync-Dienste erhalten E-Mails, Kalender und Kontakte nicht, oder nicht alle.",
            ),
            (Some(Severity::Fail), false) => text!(
                "The server {label} does not work as it should: not all phones, apps and sync services can connect to it.",
                "der Server {label} funktioniert nicht wie vorgesehen: Nicht alle Telefone, Apps und Sync-Dienste können sich mit ihm verbinden.",
            ),
            (Some(Severity::Warn), true) => text!(
                "When the access to the mailbox {label} through Exchange was checked, something was found that needs your attention. By itself it does not keep every client away.",
                "bei der Prüfung, wie das Postfach {label} über Exchange erreichbar ist, fiel etwas auf, worum Sie sich bitte kümmern. Für sich allein hält es nicht jeden Client ab.",
            ),
            (Some(Severity::Warn), false) => text!(
                "When the server {label} was checked, something was found that needs your attention. By itself it does not keep every client away.",
                "bei der Prüfung des Servers {label} fiel etwas auf, worum Sie sich bitte kümmern. Für sich allein hält es nicht jeden Client ab.",
            ),
            (_, true) => text!(
                "The access to the mailbox {label} through Exchange could not be checked to the end.",
                "die Prüfung, wie das Postfach {label} über Exchange erreichbar ist, ließ sich nicht zu Ende führen.",
            ),
            (_, false) => text!(
                "The server {label} could not be checked to the end.",
                "die Prüfung des Servers {label} ließ sich nicht zu Ende führen.",
            ),
        };
        self.paragraph(out, &Sentence::new(said).with("label", label(self.report)));
        let refusing = self.refusing();
        if !refusing.is_empty() {
            let said =
                text!("These refuse the server because of it: {clients}.", "Deshalb lehnen den Server ab: {clients}.");
            self.paragraph(out, &Sentence::new(said).with("clients", refusing));
        }
        let seen = text!("It was seen on {when}.", "Festgestellt wurde das am {when}.");
        self.paragraph(out, &Sentence::new(seen).with("when", moment(&self.report.started_at, self.lang)));
        let worked = self.report.evidence.header.subject.history.as_ref().and_then(|history| history.worked_at);
        if let Some(worked) = worked.filter(|_| worst == Some(Severity::Fail)) {
            let said = text!(
                "An earlier check found it working on {when}.",
                "Eine frühere Prüfung fand es am {when} noch in Ordnung."
            );
            self.paragraph(out, &Sentence::new(said).with("when", moment(&worked.to_string(), self.lang)));
        }
    }

    /// The families of clients that refuse the server for what this owner can mend.
    fn refusing(&self) -> Vec<&str> {
        let ours = |code: &String| self.causes.iter().any(|cause| cause.code == *code || cause.explains.contains(code));
        let rows = self.report.clients.iter().filter(|row| row.status == Status::Fail && row.because.iter().any(ours));
        rows.map(|row| client_name(&row.id, self.lang)).collect()
    }

    /// The steps of one cause, each with its commands.
    fn asked(&self, out: &mut Vec<String>, number: usize, cause: &CauseReport, remedy: &Remediation) {
        let host = cause.subject.host.as_deref();
        let summary = format!("{}.", remedy.summary.trim_end_matches('.'));
        lines(out, &format!("{number}. "), &summary);
        out.push(String::new());
        for (at, step) in (1..).zip(&remedy.steps) {
            lines(out, &format!("   {number}.{at} "), step);
            for one in remedy.commands.iter().filter(|one| one.step == at) {
                let text = self.known.named(one, host);
                command(out, &text);
                for lack in self.known.lacks(&text, host) {
                    let said = text!("For {mark} put in {what}.", "Für {mark} setzen Sie {what} ein.");
                    let said = Sentence::new(said).with("mark", lack.mark.as_str()).with("what", lack.what(self.lang));
                    lines(out, "       ", &said.say(self.lang));
                }
            }
            out.push(String::new());
        }
        for link in &remedy.links {
            out.push(format!("   {} {}", text!("See", "Siehe").of(self.lang), harmless(link)));
        }
        if !remedy.links.is_empty() {
            out.push(String::new());
        }
    }

    /// What anybody can run afterwards.
    fn check(&self, out: &mut Vec<String>) {
        let subject = &self.report.evidence.header.subject;
        let mut ids: Vec<&str> = Vec::new();
        for id in self.causes.iter().map(|cause| cause.check.as_str()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        let server = subject.server.as_ref().map(|server| match server.port {
            443 => server.host.clone(),
            port if server.host.contains(':') => format!("[{}]:{port}", server.host),
            port => format!("{}:{port}", server.host),
        });
        let mut arguments = BTreeMap::from([("ids".to_owned(), Value::from(ids.join(",")))]);
        let mut line = match (&self.report.target.mailbox, &server) {
            (Some(mailbox), _) => {
                arguments.insert("mailbox".to_owned(), Value::from(mailbox.as_str()));
                String::from("exdiag check {mailbox}")
            }
            (None, _) => String::from("exdiag tls {server}"),
        };
        if self.report.target.mailbox.is_some() && server.is_some() {
            line.push_str(" --server {server}");
        }
        if let Some(server) = server {
            arguments.insert("server".to_owned(), Value::from(server));
        }
        line.push_str(" --only {ids}");
        match subject.credential {
            Some(Credential::Password) => line.push_str(" --ask-password"),
            Some(Credential::Token) => line.push_str(" --token-file token.txt"),
            None => {}
        }
        let said = text!(
            "With exdiag; it then tells nothing of this any more:",
            "Mit exdiag, das davon dann nichts mehr meldet:"
        );
        lines(out, "", said.of(self.lang));
        command(out, &fill_command(&line, &arguments, self.lang, Shell::Shell));
        out.push(String::new());
        for (said, one) in self.without_exdiag() {
            lines(out, "", said.of(self.lang));
            command(out, &one);
            out.push(String::new());
        }
    }

    /// The same by what every system has, for chains and names.
    fn without_exdiag(&self) -> Vec<(Text, String)> {
        let mut out: Vec<(Text, String)> = Vec::new();
        for cause in self.causes {
            let Some(host) = cause.subject.host.as_deref().filter(|host| host.parse::<IpAddr>().is_err()) else {
                continue;
            };
            let arguments = BTreeMap::from([
                ("host".to_owned(), Value::from(host)),
                ("port".to_owned(), Value::from(cause.subject.port.unwrap_or(443))),
            ]);
            let one = match cause.check.as_str() {
                "tls-chain" | "tls-intermediate" => (
                    text!(
                        "Without exdiag, with OpenSSL; where the chain is right, it says \"Verify return code: 0 (ok)\":",
                        "Ohne exdiag, mit OpenSSL; stimmt die Kette, steht dort „Verify return code: 0 (ok)“:",
                    ),
                    Shell::Shell,
                    "openssl s_client -connect {host}:{port} -servername {host} -verify_hostname {host} </dev/null",
                ),
                "dns" | "autodiscover" if cause.code.starts_with("dns.srv-") => (
                    text!(
                        "Without exdiag, in PowerShell; it names the record:",
                        "Ohne exdiag, in PowerShell; es nennt den Eintrag:"
                    ),
                    Shell::Powershell,
                    "Resolve-DnsName -Type SRV -Name '{host}'",
                ),
                "dns" => (
                    text!(
                        "Without exdiag, in PowerShell; it names the record:",
                        "Ohne exdiag, in PowerShell; es nennt den Eintrag:"
                    ),
                    Shell::Powershell,
                    "Resolve-DnsName -Name '{host}'",
                ),
                _ => continue,
            };
            let (said, shell, template) = one;
            let filled = fill_command(template, &arguments, self.lang, shell);
            if !out.iter().any(|(_, known)| *known == filled) {
                out.push((said, filled));
            }
        }
        out
    }

    fn heading(&self, out: &mut Vec<String>, title: Text) {
        let title = title.of(self.lang);
        out.push(title.to_owned());
        out.push("-".repeat(title.chars().count()));
        out.push(String::new());
    }

    fn paragraph(&self, out: &mut Vec<String>, sentence: &Sentence) {
        lines(out, "", &sentence.say(self.lang));
        out.push(String::new());
    }
}

/// Said where names are hidden.
const HIDDEN: Text = text!(
    "Names such as user-1 or host-1 stand for others, which were hidden; ask us for those that you need.",
    "Namen wie user-1 oder host-1 stehen für andere, die verborgen wurden; fragen Sie uns nach denen, die Sie brauchen.",
);

/// How many columns a subject has.
fn room(lang: Lang) -> usize {
    WIDTH - text!("Subject: ", "Betreff: ").of(lang).width()
}

/// A few words with the mailbox or host beside them, where the line has room for both; nothing is cut.
fn fitting(words: &str, about: &str, lang: Lang) -> String {
    let whole = harmless(&format!("{words}: {about}"));
    if whole.width() <= room(lang) { whole } else { harmless(words) }
}

/// A text whose first line begins so, and whose others stand below it.
fn lines(out: &mut Vec<String>, first: &str, text: &str) {
    for (i, line) in fold(&harmless(text), WIDTH.saturating_sub(first.len())).into_iter().enumerate() {
        out.push(if i == 0 { format!("{first}{line}") } else { format!("{}{line}", " ".repeat(first.len())) });
    }
}

/// A command by itself: it is copied, so it is not wrapped.
fn command(out: &mut Vec<String>, text: &str) {
    out.push(String::new());
    out.extend(text.lines().map(|line| format!("       {}", harmless(line))));
    out.push(String::new());
}

/// `2026-11-22T20:00:00Z` as people write it, and as it stands in the report.
fn moment(at: &str, lang: Lang) -> String {
    let Ok(moment) = at.parse::<Timestamp>() else { return at.to_owned() };
    let utc = moment.to_zoned(TimeZone::UTC);
    let whole = moment.strftime("%Y-%m-%dT%H:%M:%SZ");
    match lang {
        Lang::En => {
            format!("{}, {} at {} UTC ({whole})", utc.strftime("%A"), utc.strftime("%-d %B %Y"), utc.strftime("%H:%M"))
        }
        Lang::De => {
            let days = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
            let months = [
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ];
            let name = |names: &[&'static str], number: i8| {
                usize::try_from(number - 1).ok().and_then(|at| names.get(at)).copied().unwrap_or_default()
            };
            let day = name(&days, utc.weekday().to_monday_one_offset());
            format!(
                "{day}, {}. {} {} um {} Uhr UTC ({whole})",
                utc.day(),
                name(&months, utc.month()),
                utc.year(),
                utc.strftime("%H:%M")
            )
        }
    }
}
