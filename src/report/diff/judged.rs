//! Which verdicts differ: the whole, its first cause, the checks, the findings, the clients?

use super::{Area, Change, NotCompared, Trend, arrow};
use crate::finding::{Lang, Place, Sentence, Severity, Status};
use crate::order;
use crate::report::lead::{client_name, client_word, status_word};
use crate::report::{CheckReport, FindingReport, Report};
use crate::text;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn changes(old: &Report, new: &Report, lang: Lang) -> Vec<Change> {
    let mut changes = whole(old, new, lang);
    for (before, after) in pairs(old, new) {
        let (status, other) = (before.status, after.status);
        if status != other && is_answer(status) && is_answer(other) {
            let said = arrow(status_word(status, lang), status_word(other, lang), lang);
            let change = Change::new(Area::Checks, "status", &after.id, (json!(status), json!(other)), said);
            changes.push(change.with_trend(trend(status, other), weight(status.max(other))));
        }
        changes.extend(findings(before, after, lang));
    }
    changes.extend(clients(old, new, lang));
    changes
}

/// The whole, and what is told first.
fn whole(old: &Report, new: &Report, lang: Lang) -> Vec<Change> {
    let status = Change::between(
        Area::Verdict,
        "status",
        text!("the whole", "insgesamt").of(lang),
        (&old.status, &new.status),
        |status| status_word(*status, lang).to_owned(),
        lang,
    );
    let first = |report: &Report| report.causes.first().map(|cause| cause.code.clone());
    let none = || text!("none", "keine").of(lang).to_owned();
    let cause = Change::between(
        Area::Verdict,
        "cause",
        text!("first cause", "erste Ursache").of(lang),
        (&first(old), &first(new)),
        |code| code.clone().unwrap_or_else(none),
        lang,
    );
    status.into_iter().chain(cause).collect()
}

/// The checks of both, by id.
fn pairs<'a>(old: &'a Report, new: &'a Report) -> impl Iterator<Item = (&'a CheckReport, &'a CheckReport)> {
    new.checks.iter().filter_map(|after| Some((old.checks.iter().find(|before| before.id == after.id)?, after)))
}

const fn is_answer(status: Status) -> bool {
    matches!(status, Status::Pass | Status::Warn | Status::Fail)
}

/// Whether nothing can be said: a check has lost its answer, or none has one in both.
pub(super) fn is_blind(old: &Report, new: &Report) -> bool {
    let lost = |(before, after): (&CheckReport, &CheckReport)| {
        is_answer(before.status) && after.status == Status::Inconclusive
    };
    let both = |(before, after): (&CheckReport, &CheckReport)| is_answer(before.status) && is_answer(after.status);
    pairs(old, new).any(lost) || !pairs(old, new).any(both)
}

/// Checks that were asked in one of the two at least, and of which one has no answer.
pub(super) fn not_compared(old: &Report, new: &Report) -> Vec<NotCompared> {
    let one_sided = |(before, after): &(&CheckReport, &CheckReport)| {
        let both = [before.status, after.status];
        !both.iter().all(|status| is_answer(*status)) && both != [Status::Skip, Status::Skip]
    };
    let told = pairs(old, new).filter(one_sided);
    told.map(|(before, after)| NotCompared {
        check: after.id.clone(),
        old: before.status,
        new: after.status,
        reason: after.reason.clone().or_else(|| before.reason.clone()),
    })
    .collect()
}

/// A finding by what it is and where.
type Key<'a> = (&'a str, &'a Place);

fn by_key(check: &CheckReport) -> BTreeMap<Key<'_>, Vec<&FindingReport>> {
    let mut all: BTreeMap<Key<'_>, Vec<&FindingReport>> = BTreeMap::new();
    for finding in &check.findings {
        all.entry((&finding.code, &finding.subject)).or_default().push(finding);
    }
    // of several of one kind at one place, the worst are compared first
    for of_key in all.values_mut() {
        order::by_key(of_key, |finding| std::cmp::Reverse(finding.severity));
    }
    all
}

fn findings(before: &CheckReport, after: &CheckReport, lang: Lang) -> Vec<Change> {
    let (old, new) = (by_key(before), by_key(after));
    let mut changes = Vec::new();
    for (key, found) in &new {
        let known = old.get(key).map_or(&[][..], Vec::as_slice);
        for (at, finding) in found.iter().enumerate() {
            match known.get(at) {
                None => {
                    let trend = if finding.severity == Severity::Info { Trend::None } else { Trend::Worse };
                    changes.push(one("finding-came", finding, (Value::Null, json!(finding.severity)), trend));
                }
                Some(same) if same.severity != finding.severity => {
                    let trend = if same.severity < finding.severity { Trend::Worse } else { Trend::Better };
                    let mut change = one("severity", finding, (json!(same.severity), json!(finding.severity)), trend);
                    change.severity = Some(same.severity.max(finding.severity));
                    changes.push(change);
                }
                Some(_) => {}
            }
        }
    }
    for (key, found) in &old {
        let left = new.get(key).map_or(0, Vec::len);
        for finding in found.iter().skip(left) {
            let values = (json!(finding.severity), Value::Null);
            // what was not looked at is not gone
            let mut change = if is_answer(after.status) {
                let trend = if finding.severity == Severity::Info { Trend::None } else { Trend::Better };
                one("finding-went", finding, values, trend)
            } else {
                one("finding-not-looked-at", finding, values, Trend::None)
            };
            if change.what == "finding-not-looked-at" {
                change.said = Sentence::new(text!("{title} (not looked at now)", "{title} (jetzt nicht geprüft)"))
                    .with("title", finding.title.as_str())
                    .say(lang);
            }
            changes.push(change);
        }
    }
    changes
}

fn one(what: &str, finding: &FindingReport, values: (Value, Value), trend: Trend) -> Change {
    Change::new(Area::Findings, what, &finding.code, values, finding.title.clone())
        .with_trend(trend, Some(finding.severity))
}

/// Codes of findings of severity fail that both have, one for each place.
pub(super) fn still_failing(old: &Report, new: &Report) -> Vec<String> {
    let mut codes = Vec::new();
    for (before, after) in pairs(old, new) {
        let failing = |found: &[&FindingReport]| found.iter().filter(|f| f.severity == Severity::Fail).count();
        let known = by_key(before);
        for (key, found) in by_key(after) {
            let both = failing(&found).min(known.get(&key).map_or(0, |known| failing(known)));
            codes.extend(std::iter::repeat_n(key.0.to_owned(), both));
        }
    }
    codes
}

fn clients(old: &Report, new: &Report, lang: Lang) -> Vec<Change> {
    let mut changes = Vec::new();
    for after in &new.clients {
        let Some(before) = old.clients.iter().find(|before| before.id == after.id) else { continue };
        let name = client_name(&after.id, lang);
        let word = |status: &Status| client_word(*status, lang).to_owned();
        let status = Change::between(Area::Clients, "client", name, (&before.status, &after.status), word, lang);
        changes.extend(status.map(|change| change.with_trend(trend(before.status, after.status), None)));
        let host = |road: &Option<crate::report::ClientRoad>| road.as_ref().map(|road| road.host.clone());
        if let (Some(was), Some(is)) = (host(&before.autodiscover), host(&after.autodiscover)) {
            let found = |host: &Option<String>| {
                host.clone().unwrap_or_else(|| text!("finds nothing", "findet nichts").of(lang).to_owned())
            };
            changes.extend(Change::between(Area::Clients, "client-finds", name, (&was, &is), found, lang));
        }
    }
    changes
}

/// Of two verdicts.
fn trend(old: Status, new: Status) -> Trend {
    match (weight(old), weight(new)) {
        (Some(old), Some(new)) if new > old => Trend::Worse,
        (Some(old), Some(new)) if new < old => Trend::Better,
        _ => Trend::None,
    }
}

/// How bad a status is, where it is an answer.
const fn weight(status: Status) -> Option<Severity> {
    match status {
        Status::Pass => Some(Severity::Info),
        Status::Warn => Some(Severity::Warn),
        Status::Fail => Some(Severity::Fail),
        Status::Skip | Status::Inconclusive => None,
    }
}
