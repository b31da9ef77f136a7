//! In what were the two runs made differently, and did one take much longer?

use super::{Area, Change, Judged};
use crate::evidence::{Evidence, Subject};
use crate::finding::Lang;
use crate::report::lead::duration;
use crate::text;
use std::collections::BTreeSet;

/// A time counts as another where it is so many times the other one ...
const FACTOR: u64 = 4;

/// ... and so many milliseconds longer.
const LONGER_MS: u64 = 1000;

/// So many questions are told at most that took another time.
const MOST: usize = 5;

pub(super) fn changes(old: &Judged, new: &Judged, lang: Lang) -> Vec<Change> {
    let mut changes = times(old, new, lang);
    let (before, after) = (&old.report.evidence, &new.report.evidence);
    let list = |items: &Vec<String>| match items.len() {
        0 => text!("none", "keine").of(lang).to_owned(),
        _ => items.join(", "),
    };
    let rows = [
        ("target", text!("target", "Ziel"), of_target as fn(&Evidence) -> Vec<String>),
        ("name-servers", text!("name servers", "Nameserver"), of_name_servers),
        ("proxy", text!("proxy", "Proxy"), of_proxy),
        ("trust-stores", text!("trust stores", "Zertifikatsspeicher"), of_stores),
        ("credentials", text!("credentials", "Anmeldedaten"), of_credentials),
        ("options", text!("options", "Optionen"), of_options),
        ("checks-selected", text!("checks selected", "ausgewählte Prüfungen"), of_selected),
    ];
    for (what, about, of) in rows {
        let values = (&of(before), &of(after));
        changes.extend(Change::between(Area::Run, what, about.of(lang), values, list, lang));
    }
    if let (Some(was), Some(is)) = (&old.written_by, &new.written_by) {
        let about = text!("written by exdiag", "geschrieben von exdiag").of(lang);
        changes.extend(Change::between(Area::Run, "tool", about, (was, is), Clone::clone, lang));
    }
    changes
}

fn of_target(evidence: &Evidence) -> Vec<String> {
    vec![evidence.header.subject.label().to_lowercase()]
}

fn of_name_servers(evidence: &Evidence) -> Vec<String> {
    evidence.header.name_servers.clone()
}

fn of_proxy(evidence: &Evidence) -> Vec<String> {
    evidence.header.proxy.clone().into_iter().collect()
}

fn of_stores(evidence: &Evidence) -> Vec<String> {
    evidence.header.stores.clone()
}

fn of_selected(evidence: &Evidence) -> Vec<String> {
    evidence.header.subject.selected.clone()
}

/// Their kind, as the options are called.
fn of_credentials(evidence: &Evidence) -> Vec<String> {
    let Subject { credential, service, .. } = &evidence.header.subject;
    let kind = credential.map(|kind| match kind {
        crate::evidence::Credential::Password => "password",
        crate::evidence::Credential::Token => "token",
    });
    let all = kind.into_iter().chain(service.as_ref().map(|_| "service key"));
    all.map(str::to_owned).collect()
}

/// Options that change what is seen.
fn of_options(evidence: &Evidence) -> Vec<String> {
    let Subject { server, user, ipv4, ipv6, compare_dns, aia, revocation, mailbox, .. } = &evidence.header.subject;
    let named = server.as_ref().filter(|_| mailbox.is_some()).map(|server| format!("--server {}", server.host));
    let user = user.as_ref().map(|_| "--user".to_owned());
    let compared = compare_dns.map(|server| format!("--compare-dns {server}"));
    let switches = [(!ipv6, "-4"), (!ipv4, "-6"), (!aia, "--no-aia"), (!revocation, "--no-revocation")];
    let switches = switches.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name.to_owned());
    named.into_iter().chain(user).chain(compared).chain(switches).collect()
}

/// The whole, and questions that both put, where one took a lot longer.
fn times(old: &Judged, new: &Judged, lang: Lang) -> Vec<Change> {
    let far = |was: u64, is: u64| {
        let (less, more) = (was.min(is), was.max(is));
        more >= less.saturating_mul(FACTOR) && more - less >= LONGER_MS
    };
    let spoken = |ms: &u64| duration(*ms, lang);
    let mut changes = Vec::new();
    let (was, is) = (old.report.duration_ms, new.report.duration_ms);
    if far(was, is) {
        let about = text!("the whole run", "der ganze Lauf").of(lang);
        changes.extend(Change::between(Area::Times, "duration", about, (&was, &is), spoken, lang));
    }
    let before = &old.report.evidence.records;
    let mut longer: BTreeSet<(std::cmp::Reverse<u64>, String, u64, u64)> = BTreeSet::new();
    for (probe, record) in &new.report.evidence.records {
        let Some(known) = before.get(probe) else { continue };
        // a time without an answer is that of a limit
        let is_answer = |record: &crate::evidence::Record| !matches!(record.seen, crate::evidence::Seen::NoAnswer(_));
        if is_answer(known) && is_answer(record) && far(known.took_ms, record.took_ms) {
            let by = known.took_ms.abs_diff(record.took_ms);
            longer.insert((std::cmp::Reverse(by), probe.to_string(), known.took_ms, record.took_ms));
        }
    }
    for (_, probe, was, is) in longer.into_iter().take(MOST) {
        changes.extend(Change::between(Area::Times, "took", probe, (&was, &is), spoken, lang));
    }
    changes
}
