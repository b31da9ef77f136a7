//! How is a verdict said in German or English?

use super::fold::fence;
use super::{
    CauseReport, CheckReport, ClientReport, CommandReport, FindingReport, Remediation, Report, SCHEMA_VERSION, Target,
    Tool, VERSION, Verdict, Wording,
};
use crate::evidence::{Credential, Evidence, Mailbox, Subject};
use crate::finding::{Code, Finding, Lang, Outcome, Severity, Shell, Step, Text, fill, fill_command};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The report of a verdict.
pub fn report(verdict: &Verdict, wording: Wording) -> Report {
    let subject = &verdict.evidence.header.subject;
    let words = Words { lang: wording.lang, subject };
    Report {
        schema_version: SCHEMA_VERSION.to_owned(),
        tool: Tool { name: "exdiag".to_owned(), version: VERSION.to_owned() },
        target: Target {
            mailbox: subject.mailbox.as_ref().map(|mailbox| mailbox.address.clone()),
            domain: subject.domain().to_owned(),
            server: subject.server.as_ref().map(crate::evidence::Server::activesync_url),
        },
        started_at: verdict.evidence.header.started_at.to_string(),
        duration_ms: verdict.duration_ms(),
        status: verdict.status(),
        exit_code: verdict.exit_code(wording.fail_on),
        causes: verdict
            .causes
            .iter()
            .map(|cause| {
                let said = words.finding(&cause.finding, &[]);
                CauseReport {
                    code: said.code,
                    severity: said.severity,
                    check: cause.check.to_owned(),
                    title: said.title,
                    summary: said.detail,
                    explains: cause.explains.iter().map(|code| (*code).to_owned()).collect(),
                    subject: said.subject,
                    remediation: said.remediation,
                }
            })
            .collect(),
        checks: verdict
            .entries
            .iter()
            .map(|entry| {
                let (summary, reason) = match &entry.outcome {
                    Outcome::Checked { note, .. } => (Some(note.say(wording.lang)), None),
                    Outcome::Inconclusive { reason, .. } | Outcome::Skipped { reason, .. } => {
                        (None, Some(reason.say(wording.lang)))
                    }
                    Outcome::Broke { message } => (None, Some(message.clone())),
                };
                CheckReport {
                    id: entry.id.to_owned(),
                    title: entry.title.of(wording.lang).to_owned(),
                    group: entry.group.of(wording.lang).to_owned(),
                    status: entry.outcome.status(),
                    duration_ms: last_answer_ms(&verdict.evidence, &entry.looked),
                    reason,
                    summary,
                    findings: entry.outcome.findings().iter().map(|f| words.finding(f, &entry.looked)).collect(),
                    looked: entry.looked.clone(),
                }
            })
            .collect(),
        clients: clients(verdict),
        credentials_sent_to: verdict.credentials_sent_to(),
        baseline: None,
        redacted: verdict.evidence.redacted.clone(),
        evidence: verdict.evidence.clone(),
    }
}

/// Findings about logs, in words; they have no run and no subject.
pub fn findings_in_words(findings: &[Finding], mailbox: Option<&str>, lang: Lang) -> Vec<FindingReport> {
    let address = mailbox.unwrap_or("MAILBOX").to_owned();
    let domain = address.rsplit('@').next().unwrap_or_default().to_owned();
    let subject = Subject::mailbox(Mailbox { address, domain });
    let words = Words { lang, subject: &subject };
    findings.iter().map(|finding| words.finding(finding, &[])).collect()
}

/// The rows of the client families: they hang on the note of the check that judges them.
fn clients(verdict: &Verdict) -> Vec<ClientReport> {
    let rows = verdict.entries.iter().find_map(|entry| match &entry.outcome {
        Outcome::Checked { note, .. } => note.arguments.get("clients").filter(|_| entry.id == "clients"),
        _ => None,
    });
    rows.and_then(|rows| serde_json::from_value(rows.clone()).ok()).unwrap_or_default()
}

/// Milliseconds from the start of the run until the last of these answers had come.
fn last_answer_ms(evidence: &Evidence, ids: &[String]) -> u64 {
    evidence
        .records
        .iter()
        .filter(|(probe, _)| ids.contains(&probe.to_string()))
        .map(|(_, record)| record.at_ms.saturating_add(record.took_ms))
        .max()
        .unwrap_or(0)
}

/// The words for one subject in one language.
struct Words<'a> {
    lang: Lang,
    subject: &'a Subject,
}

impl Words<'_> {
    fn finding(&self, finding: &Finding, looked: &[String]) -> FindingReport {
        let mut arguments = finding.arguments();
        arguments.insert("domain".to_owned(), Value::from(self.subject.domain()));
        let mailbox = self.subject.mailbox.as_ref().map_or("MAILBOX", |mailbox| &mailbox.address);
        // an account's name, as logs have it, gives way to the address that was asked about
        let own = arguments.get("mailbox").and_then(Value::as_str);
        if own.is_none_or(|own| mailbox.contains('@') && !own.contains('@')) {
            arguments.insert("mailbox".to_owned(), Value::from(mailbox));
        }
        let code = finding.code;
        FindingReport {
            code: code.id.to_owned(),
            severity: finding.severity,
            title: self.say(&code.title, &arguments),
            detail: self.say(&code.meaning, &arguments),
            subject: finding.place.clone(),
            data: finding.data.clone(),
            remediation: self.remediation(finding, &arguments),
            evidence: if finding.evidence.is_empty() { looked.to_vec() } else { finding.evidence.clone() },
        }
    }

    fn remediation(&self, finding: &Finding, arguments: &BTreeMap<String, Value>) -> Option<Remediation> {
        let general = finding.code.remedy.as_ref()?;
        let (summary, steps) = finding.remedy.map_or((general, finding.code.steps), |case| (&case.text, case.steps));
        Some(Remediation {
            owner: finding.owner,
            summary: self.say(summary, arguments),
            steps: steps.iter().map(|step| self.say(&step.text, arguments)).collect(),
            commands: steps
                .iter()
                .enumerate()
                .flat_map(|(i, step)| step.commands.iter().map(move |command| (i + 1, command)))
                .map(|(step, command)| CommandReport {
                    shell: command.shell,
                    text: self.command(command.text, command.shell, arguments),
                    step,
                })
                .collect(),
            links: finding.code.links.iter().map(|link| (*link).to_owned()).collect(),
        })
    }

    fn say(&self, text: &Text, arguments: &BTreeMap<String, Value>) -> String {
        fill(text.of(self.lang), arguments, self.lang)
    }

    /// A command with its gaps filled. Where there is no mailbox, exdiag looks at the server; whoever came with a
    /// token is asked for no password.
    fn command(&self, text: &str, shell: Shell, arguments: &BTreeMap<String, Value>) -> String {
        let text = match (&self.subject.mailbox, &self.subject.server) {
            (None, Some(server)) => {
                let port = if server.port == 443 { String::new() } else { format!(":{}", server.port) };
                let lines: Vec<String> =
                    text.lines().map(|line| of_server(line, &format!("exdiag tls {{server}}{port}"))).collect();
                lines.join("\n")
            }
            _ => text.to_owned(),
        };
        let text = match self.subject.credential {
            Some(Credential::Token) => text.replace("--ask-password", "--token-file token.txt"),
            _ => text,
        };
        let server = self.subject.server.as_ref().map(|server| Value::from(server.host.as_str()));
        let mut arguments = arguments.clone();
        arguments.extend(server.map(|host| ("server".to_owned(), host)));
        fill_command(&text, &arguments, self.lang, shell)
    }
}

/// A line that looks at a mailbox, for a server alone: there is no mailbox, and `exdiag tls` asks no other
/// questions than those about certificates.
fn of_server(line: &str, command: &str) -> String {
    let Some((before, options)) = line.split_once("exdiag check {mailbox}") else { return line.to_owned() };
    let only = options.split_once("--only ").and_then(|(_, ids)| ids.split_whitespace().next());
    match only.filter(|ids| ids.starts_with("tls-") || matches!(*ids, "revocation" | "clients")) {
        Some(ids) => format!("{before}{command} --only {ids}"),
        None => format!("{before}{command}"),
    }
}

/// A text of a code with its gaps as they are declared.
pub fn in_general(text: &Text, lang: Lang) -> String {
    fill(text.of(lang), &BTreeMap::new(), lang)
}

/// What a finding means and how to fix it, as Markdown; gaps stay as they are declared. Such a
/// text stands in `docs/findings/`, and `exdiag explain` prints it.
pub fn explain(code: &Code, lang: Lang) -> String {
    let (severity, who, what, cases, more) = match lang {
        Lang::En => (
            "Severity",
            "Who must act",
            "What to do",
            "What to do in single cases\n\nWhich one it is, the report says; the steps above are for all others.",
            "Read more",
        ),
        Lang::De => (
            "Schwere",
            "Wer handeln muss",
            "Was zu tun ist",
            "Was in einzelnen Fällen zu tun ist\n\nWelcher vorliegt, sagt der Bericht; die Schritte oben gelten für alle übrigen.",
            "Mehr dazu",
        ),
    };
    let mut out = format!("# {}\n\n**{}.**\n\n", code.id, in_general(&code.title, lang));
    let _ = writeln!(out, "{severity}: {} · {who}: {}\n", severity_word(code.severity), code.owner.title().of(lang));
    let _ = writeln!(out, "{}", in_general(&code.meaning, lang));
    if let Some(remedy) = &code.remedy {
        let _ = writeln!(out, "\n## {what}\n\n{}.", remedy.of(lang).trim_end_matches('.'));
    }
    explain_steps(&mut out, code.steps, lang);
    if !code.cases.is_empty() {
        let _ = writeln!(out, "\n## {cases}");
    }
    for case in code.cases {
        let _ = writeln!(out, "\n### {}", case.text.of(lang));
        explain_steps(&mut out, case.steps, lang);
    }
    if !code.links.is_empty() {
        let _ = writeln!(out, "\n## {more}\n");
        for link in code.links {
            let _ = writeln!(out, "- <{link}>");
        }
    }
    out
}

fn explain_steps(out: &mut String, steps: &[Step], lang: Lang) {
    for (i, step) in steps.iter().enumerate() {
        let _ = writeln!(out, "\n{}. {}", i + 1, step.text.of(lang));
        for command in step.commands {
            let fence = fence(command.shell);
            let _ = writeln!(out, "\n   ```{fence}\n   {}\n   ```", command.text.replace('\n', "\n   "));
        }
    }
}

/// The list of all findings, as Markdown with links to their files.
pub fn explain_index(codes: &[&'static Code], lang: Lang) -> String {
    let mut out = String::from(match lang {
        Lang::En => "# Findings\n\n| code | severity | what is so |\n| --- | --- | --- |\n",
        Lang::De => "# Befunde\n\n| Code | Schwere | was der Fall ist |\n| --- | --- | --- |\n",
    });
    for code in codes {
        let _ = writeln!(
            out,
            "| [{0}]({0}.md) | {1} | {2} |",
            code.id,
            severity_word(code.severity),
            in_general(&code.title, lang).replace('|', "\\|")
        );
    }
    out
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warn => "warn",
        Severity::Fail => "fail",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_mailbox_a_command_asks_what_can_be_asked_of_a_server() {
        let of = |line| of_server(line, "exdiag tls {server}");
        let all = "exdiag check {mailbox} --server {endpoint} --only activesync --ask-password";
        assert_eq!(of(all), "exdiag tls {server}");
        assert_eq!(of("exdiag check {mailbox} --only tls-protocol"), "exdiag tls {server} --only tls-protocol");
        assert_eq!(of("Get-CASMailbox '{mailbox}'"), "Get-CASMailbox '{mailbox}'");
    }
}
