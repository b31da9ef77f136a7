//! How do the attempts of Autodiscover read on a terminal?
//!
//! One attempt is two lines: what was asked, and what came of it. Where there is little room only
//! those are told that matter.

use super::fold::indented;
use super::{CheckReport, FindingReport, Report};
use crate::finding::{Lang, Text, harmless};
use crate::text;
use colored::Colorize;
use serde_json::Value;

/// The finding that holds the attempts.
pub const CODE: &str = "autodiscover.trace";
/// Its piece of data.
pub const ATTEMPTS: &str = "attempts";

/// So many attempts are told where there is little room.
const MOST: usize = 4;

/// Every attempt of a trace.
pub fn whole(finding: &FindingReport, lang: Lang, out: &mut Vec<String>) {
    for attempt in attempts(finding) {
        told(attempt, lang, "      ", out);
    }
}

/// The attempts of a check that matter, and how many others there are.
pub fn folded(check: &CheckReport, lang: Lang, label: &str, out: &mut Vec<String>) {
    let Some(trace) = check.findings.iter().find(|finding| finding.code == CODE) else { return };
    let all = attempts(trace);
    let matter = |attempt: &&&Value| field(attempt, "verdict") != "normal";
    let matters: Vec<&&Value> = all.iter().filter(matter).take(MOST).collect();
    for attempt in &matters {
        told(attempt, lang, "      ", out);
    }
    let others = all.len().saturating_sub(matters.len());
    if others > 0 {
        let more = match (lang, matters.is_empty()) {
            (Lang::En, false) => format!("and {others} more: exdiag autodiscover {label}"),
            (Lang::En, true) => format!("all attempts: exdiag autodiscover {label}"),
            (Lang::De, false) if others == 1 => format!("und ein weiterer: exdiag autodiscover {label}"),
            (Lang::De, false) => format!("und {others} weitere: exdiag autodiscover {label}"),
            (Lang::De, true) => format!("alle Versuche: exdiag autodiscover {label}"),
        };
        indented(out, "      ", "      ", &harmless(&more));
    }
}

/// Every attempt that a report tells of.
pub(super) fn all(report: &Report) -> Vec<&Value> {
    let findings = report.checks.iter().flat_map(|check| &check.findings);
    findings.filter(|finding| finding.code == CODE).flat_map(attempts).collect()
}

fn attempts(finding: &FindingReport) -> Vec<&Value> {
    finding.data.get(ATTEMPTS).and_then(Value::as_array).map(|all| all.iter().collect()).unwrap_or_default()
}

/// A piece of an attempt as text; empty where it is not there.
fn field<'a>(attempt: &'a Value, name: &str) -> &'a str {
    attempt.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What an attempt is worth: its sign, and the word for it.
pub(super) fn verdict(attempt: &Value) -> (&'static str, Text) {
    match field(attempt, "verdict") {
        "won" => ("✓", text!("won", "gewonnen")),
        "normal" => ("·", text!("as usual", "wie üblich")),
        "noteworthy" => ("!", text!("noteworthy", "auffällig")),
        "fault" => ("✗", text!("fault", "Fehler")),
        _ => ("·", text!("attempt", "Versuch")),
    }
}

/// What was asked.
pub(super) fn asked(attempt: &Value, lang: Lang) -> String {
    let signed_in = attempt.get("signed_in").and_then(Value::as_bool) == Some(true);
    let asked = [
        field(attempt, "method"),
        field(attempt, "url"),
        if field(attempt, "step") == "outlook" { text!("as Outlook", "wie Outlook").of(lang) } else { "" },
        if signed_in { text!("(signed in)", "(angemeldet)").of(lang) } else { "" },
    ];
    asked.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn told(attempt: &Value, lang: Lang, indent: &str, out: &mut Vec<String>) {
    let (mark, word) = verdict(attempt);
    let mark = match mark {
        "✓" => mark.green(),
        "!" => mark.yellow(),
        "✗" => mark.red(),
        _ => mark.dimmed(),
    };
    let asked = asked(attempt, lang);
    let at = out.len();
    indented(out, &format!("{indent}  "), &format!("{indent}  "), &harmless(&asked));
    // the mark goes where the fold has left room for it
    if let Some(line) = out.get_mut(at) {
        *line = format!("{indent}{mark} {}", line.trim_start());
    }
    let rest = format!("{}: {}", word.of(lang), outcome(attempt, lang));
    indented(out, &format!("{indent}    "), &format!("{indent}    "), &harmless(&rest));
}

/// What came of an attempt: what is seen, who answered, in which time.
pub(super) fn outcome(attempt: &Value, lang: Lang) -> String {
    let number = |name: &str| attempt.get(name).and_then(Value::as_u64);
    let language = if lang == Lang::De { "de" } else { "en" };
    let said = |name: &str| attempt.get(name).and_then(|said| said.get(language)).and_then(Value::as_str);
    let why = said("why").unwrap_or_else(|| field(attempt, "reason")).trim_end_matches('.');
    let meaning = said("meaning").map(|meaning| format!(" ({})", meaning.trim_end_matches('.')));
    let mut parts: Vec<String> = vec![format!("{why}{}", meaning.unwrap_or_default())];
    parts.extend(number("status").map(|status| format!("HTTP {status}")));
    if attempt.get("verified").and_then(Value::as_bool) == Some(false) {
        let said = attempt.get("certificate").and_then(|shown| shown.get("said")?.get(language)?.as_str());
        let unknown = text!("is not accepted", "wird nicht akzeptiert").of(lang);
        let subject = text!("its certificate", "das Zertifikat").of(lang);
        parts.push(format!("{subject} {}", said.unwrap_or(unknown)));
    }
    let who = [field(attempt, "product"), field(attempt, "in_front")];
    let who: Vec<&str> = who.into_iter().filter(|part| !part.is_empty()).collect();
    match who.as_slice() {
        [] => parts.push(field(attempt, "server").to_owned()),
        known => parts.push(known.join(" + ")),
    }
    parts.push(field(attempt, "address").to_owned());
    if attempt.get("address").is_some_and(|address| !address.is_null()) {
        parts.extend(number("ms").map(|ms| format!("{ms} ms")));
    }
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(attempt: &Value, lang: Lang) -> Vec<String> {
        colored::control::set_override(false);
        let mut out = Vec::new();
        told(attempt, lang, "      ", &mut out);
        out
    }

    #[test]
    fn an_attempt_is_what_was_asked_and_what_came_of_it() {
        let attempt = json!({
            "step": "subdomain", "method": "POST", "url": "https://a.example/x", "verdict": "won", "reason": "sign-in-wanted",
            "why": {"en": "asks for a sign-in", "de": "verlangt eine Anmeldung"}, "status": 401, "address": "192.0.2.1",
            "verified": true, "signed_in": false, "product": "Exchange Server", "in_front": "nginx", "ms": 45,
        });
        assert_eq!(
            lines(&attempt, Lang::En),
            [
                "      ✓ POST https://a.example/x",
                "          won: asks for a sign-in, HTTP 401, Exchange Server + nginx, 192.0.2.1,",
                "          45 ms",
            ]
        );
        assert!(lines(&attempt, Lang::De)[1].contains("gewonnen: verlangt eine Anmeldung"));
    }

    #[test]
    fn what_a_server_says_steers_no_terminal_and_old_reports_are_told_too() {
        let hostile = json!({"url": "https://a.example/\u{1b}[2J\u{202e}", "verdict": "fault", "reason": "odd", "server": "<script>\u{7}"});
        let said = lines(&hostile, Lang::De).join("\n");
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']) && said.contains("Fehler: odd"), "{said:?}");
    }
}
