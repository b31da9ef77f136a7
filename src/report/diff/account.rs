//! Does the sign-in end otherwise, and when was the last sync?

use super::{Area, Change};
use crate::evidence::{Content, Evidence, Probe, SignIn};
use crate::finding::Lang;
use crate::order;
use crate::report::Report;
use crate::report::seen::seen_word;
use crate::text;
use serde_json::Value;
use std::collections::BTreeMap;

/// The particulars in which a finding tells when something was last synced.
const MOMENTS: [&str; 2] = ["last_success", "newest_message"];

pub(super) fn changes(old: &Report, new: &Report, lang: Lang) -> Vec<Change> {
    let (before, after) = (sign_ins(&old.evidence), sign_ins(&new.evidence));
    let told = after.iter().filter_map(|(about, is)| {
        let was = before.get(about)?;
        Change::between(Area::Account, "sign-in", about, (was, is), Clone::clone, lang)
    });
    let mut changes: Vec<Change> = told.collect();
    if let (Some(was), Some(is)) = (last_sync(old), last_sync(new)) {
        let about = text!("last sync", "letzte Synchronisierung").of(lang);
        // to the minute, as everywhere
        let say = |at: &String| at.get(..16).unwrap_or(at).replace('T', " ");
        changes.extend(Change::between(Area::Account, "last-sync", about, (&was, &is), say, lang));
    }
    changes
}

/// How each signed-in request ended; of a session, which goes on from answer to answer, the checks tell.
fn sign_ins(evidence: &Evidence) -> BTreeMap<String, String> {
    let signed = evidence.records.iter().filter_map(|(probe, record)| match probe {
        Probe::Http(http) if http.sign_in == SignIn::Given && !matches!(http.content, Content::ActiveSync { .. }) => {
            Some((format!("{} {}", http.method, http.url), seen_word(&record.seen)))
        }
        _ => None,
    });
    order::map(signed)
}

/// The newest moment that the check tells of.
fn last_sync(report: &Report) -> Option<String> {
    let check = report.checks.iter().find(|check| check.id == "last-sync")?;
    let told = check.findings.iter().flat_map(|finding| MOMENTS.iter().filter_map(|name| finding.data.get(*name)));
    told.filter_map(Value::as_str).max().map(str::to_owned)
}
