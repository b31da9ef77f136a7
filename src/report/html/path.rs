//! Which way did the attempts of Autodiscover go, and where did each break?
//!
//! Every attempt is a line of stations: the name, the connection, TLS, the answer. The line stops where
//! the attempt did.

use super::class;
use super::tag::Html;
use crate::evidence::http::Timing;
use crate::finding::{Lang, Status};
use crate::report::Report;
use crate::report::lead::{sign, status_word};
use crate::report::trace;
use crate::text;
use serde_json::Value;

/// A stop on the way, and how it went there; none: nobody got that far.
type Station = (String, Option<Status>);

/// The picture of every attempt, with what came of it.
pub(super) fn path(html: &mut Html, report: &Report, lang: Lang) {
    let attempts: Vec<&Value> = trace::all(report);
    if attempts.is_empty() {
        return;
    }
    html.element("h3", &[], text!("The way to the server", "Der Weg zum Server").of(lang));
    html.within("ol", &[("class", "road")], |html| {
        for attempt in attempts {
            html.within("li", &[], |html| {
                track(html, &stations(attempt), lang);
                html.within("p", &[], |html| {
                    html.element("code", &[], &trace::asked(attempt, lang));
                });
                let status = status_of(attempt);
                html.within("p", &[], |html| {
                    let class = format!("word {}", class(status));
                    html.element("span", &[("class", &class)], trace::verdict(attempt).1.of(lang));
                    html.text(": ").text(&trace::outcome(attempt, lang));
                });
            });
        }
    });
}

/// The status that shows the verdict on an attempt.
fn status_of(attempt: &Value) -> Status {
    match trace::verdict(attempt).0 {
        "✓" => Status::Pass,
        "!" => Status::Warn,
        "✗" => Status::Fail,
        _ => Status::Skip,
    }
}

fn stations(attempt: &Value) -> Vec<Station> {
    let there = |name: &str| attempt.get(name).filter(|value| !value.is_null());
    let timing: Timing =
        there("timing").and_then(|timing| serde_json::from_value(timing.clone()).ok()).unwrap_or_default();
    let answered = there("status").is_some();
    let secure = attempt.get("url").and_then(Value::as_str).is_some_and(|url| url.starts_with("https://"));
    let found =
        there("dns").and_then(|dns| dns.get("addresses")).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let verified = attempt.get("verified").and_then(Value::as_bool);
    let shook = answered || timing.handshake_ms.is_some() || verified == Some(false);
    let connected = timing.connect_ms.is_some() || (secure && shook) || answered;
    let named = found || connected || there("address").is_some();
    let mut out = vec![("DNS".to_owned(), Some(named)), ("TCP".to_owned(), Some(connected))];
    if secure {
        out.push(("TLS".to_owned(), Some(shook)));
    }
    let status = there("status").map_or_else(|| "HTTP".to_owned(), |status| format!("HTTP {status}"));
    out.push((status, Some(answered)));
    let mut broken = false;
    let mut stations: Vec<Station> = Vec::new();
    for (name, reached) in out {
        let state = match (broken, reached) {
            (true, _) => None,
            (false, Some(true)) if name == "TLS" && verified == Some(false) => Some(Status::Warn),
            (false, Some(true)) => Some(Status::Pass),
            (false, _) => {
                broken = true;
                Some(Status::Fail)
            }
        };
        stations.push((name, state));
    }
    // an answer is worth what the verdict says
    if let Some((_, Some(last))) = stations.last_mut()
        && *last == Status::Pass
        && status_of(attempt) == Status::Fail
    {
        *last = Status::Fail;
    }
    stations
}

fn track(html: &mut Html, stations: &[Station], lang: Lang) {
    let words: Vec<String> = stations
        .iter()
        .map(|(name, state)| match state {
            Some(state) => format!("{name} {}", status_word(*state, lang)),
            None => format!("{name}: {}", text!("not reached", "nicht erreicht").of(lang)),
        })
        .collect();
    let label = words.join(", ");
    let attributes =
        [("role", "img"), ("aria-label", &*label), ("width", "290"), ("height", "36"), ("viewBox", "0 0 290 36")];
    html.within("svg", &attributes, |html| {
        let x_of = |at: usize| 20 + at * 80;
        for (at, (_, state)) in stations.iter().enumerate().skip(1) {
            let class = if state.is_some() { "rail" } else { "gone" };
            let (from, to) = (x_of(at - 1).to_string(), x_of(at).to_string());
            html.empty("line", &[("class", class), ("x1", &from), ("x2", &to), ("y1", "10"), ("y2", "10")]);
        }
        for (at, (name, state)) in stations.iter().enumerate() {
            let x = x_of(at).to_string();
            let class = state.map_or_else(|| "dot".to_owned(), |state| format!("dot {}", class(state)));
            html.empty("circle", &[("class", &class), ("cx", &x), ("cy", "10"), ("r", "8")]);
            if let Some(state) = state {
                html.element("text", &[("class", "mark"), ("x", &x), ("y", "14")], sign(*state));
            }
            html.element("text", &[("class", "small mid"), ("x", &x), ("y", "32")], name);
        }
    });
}
