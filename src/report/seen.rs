//! How is a record of the evidence told in one line?

use super::fold::{WIDTH, cut};
use crate::evidence::{
    CrlSeen, DnsSeen, FailKind, Failure, HttpOutcome, HttpSeen, NoAnswer, OcspSeen, Phase, Record, Seen, TlsOutcome,
};
use crate::finding::{Lang, harmless};
use colored::Colorize;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

/// What was looked at: when, how long, what, and what came back.
pub(super) fn looked_line(indent: usize, id: &str, record: &Record) -> String {
    let head = format!("{}{:>6} ms {:>+6} ms  ", " ".repeat(indent), record.at_ms, record.took_ms);
    let (id, seen) = (harmless(id), cut(&harmless(&seen_word(&record.seen)), 24));
    let room = WIDTH.saturating_sub(head.width() + seen.width() + 2);
    format!("{head}{}  {seen}", cut(&id, room)).dimmed().to_string()
}

/// What came back, in the terms of the protocol.
pub(super) fn seen_word(seen: &Seen) -> String {
    match seen {
        Seen::Dns(DnsSeen { answer: Some(answer), .. }) if answer.answers.is_empty() && answer.is_noerror() => {
            "NODATA".to_owned()
        }
        Seen::Dns(DnsSeen { answer: Some(answer), .. }) => answer.rcode.clone(),
        Seen::Dns(_) => "no answer".to_owned(),
        Seen::Tls(seen) => match &seen.outcome {
            TlsOutcome::Handshake(handshake) => handshake.version.clone(),
            TlsOutcome::File => "file".to_owned(),
            TlsOutcome::Failed(failure) => failure_word(failure),
        },
        Seen::Hello(seen) => match (seen.agreed(), seen.failure()) {
            (Some((version, _)), None) => version.to_owned(),
            (Some((version, _)), Some(failure)) => format!("{version}, {}", failure_word(failure)),
            (None, failure) => failure.map(failure_word).unwrap_or_default(),
        },
        Seen::Http(HttpSeen { outcome, .. }) | Seen::Service(HttpSeen { outcome, .. }) => match outcome {
            HttpOutcome::Response(response) => response.status.to_string(),
            HttpOutcome::Failed(failure) => failure_word(failure),
        },
        Seen::Anchors { found } => format!("{} found", found.len()),
        Seen::Aia(seen) => match &seen.failure {
            None => format!("{} found", seen.certificates.len()),
            Some(failure) => failure.clone(),
        },
        Seen::Ocsp(OcspSeen { failure, .. }) | Seen::Crl(CrlSeen { failure, .. }) => {
            failure.clone().unwrap_or_else(|| "found".to_owned())
        }
        Seen::Export(seen) => format!("{} record{}", seen.records, if seen.records == 1 { "" } else { "s" }),
        Seen::NoAnswer(why) => match why {
            NoAnswer::Deadline => "deadline".to_owned(),
            NoAnswer::Hung { phase } => format!("deadline, {}", phase_word(*phase)),
            NoAnswer::GivenUp { phase } => {
                phase.map_or_else(|| "given up".to_owned(), |phase| format!("given up, {}", phase_word(phase)))
            }
            NoAnswer::Cancelled => "interrupted".to_owned(),
            NoAnswer::NotRecorded => "not recorded".to_owned(),
            NoAnswer::Offline => "files only".to_owned(),
            NoAnswer::HeldBack { .. } => "held back".to_owned(),
            NoAnswer::Panicked { .. } => "bug".to_owned(),
        },
    }
}

/// A phase by its name in the report.
fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Resolve => "resolve",
        Phase::Proxy => "proxy",
        Phase::Connect => "connect",
        Phase::Handshake => "handshake",
        Phase::Request => "request",
        Phase::Body => "body",
    }
}

fn failure_word(failure: &Failure) -> String {
    match &failure.kind {
        FailKind::Alert { code } => format!("alert {code}"),
        FailKind::ProxyRefused { status } => format!("proxy: {status}"),
        kind => serde_json::to_value(kind)
            .ok()
            .and_then(|value| value.get("what").and_then(Value::as_str).map(str::to_owned))
            .unwrap_or_default(),
    }
}

/// A piece of data as one line: the values of an object one after the other, of those in several
/// languages the reader's.
pub(super) fn one_line(value: &Value, lang: Lang) -> String {
    let join = |parts: Vec<String>, mark: &str| {
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(mark)
    };
    match value {
        Value::Object(fields) => {
            if let (Some(en), Some(de)) = (fields.get("en"), fields.get("de")) {
                return one_line(if lang == Lang::De { de } else { en }, lang);
            }
            // a yes or no says nothing without its name
            let told = fields.iter().filter_map(|(name, value)| match value {
                Value::Bool(true) => Some(name.replace('_', " ")),
                Value::Bool(false) => None,
                value => Some(one_line(value, lang)),
            });
            join(told.collect(), " ")
        }
        Value::Array(items) => join(items.iter().map(|item| one_line(item, lang)).collect(), ", "),
        Value::String(text) => harmless(text),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_steers_no_terminal() {
        assert_eq!(
            one_line(&serde_json::json!({"url": "https://a.example/\u{1b}[2J"}), Lang::En),
            "https://a.example/\u{fffd}[2J"
        );
        let said = serde_json::json!({"ok": true, "not_ok": false, "why": {"en": "the port", "de": "der Port"}});
        assert_eq!(one_line(&said, Lang::De), "ok der Port");
        let record = Record { seen: Seen::NoAnswer(NoAnswer::Deadline), at_ms: 0, took_ms: 0, after: None };
        assert!(looked_line(0, "http:GET:\u{9b}31m", &record).contains("GET:\u{fffd}31m"));
    }
}
