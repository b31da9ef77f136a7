//! What does the DNS say otherwise?

use super::{Area, Change};
use crate::evidence::{DnsAnswer, Evidence, Probe, RecordData, RecordType, Seen, Via};
use crate::finding::Lang;
use crate::protocol::{trusted, ttl};
use crate::text;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What the name servers said of one name.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub addresses: BTreeSet<IpAddr>,
    aliases: Vec<String>,
    /// The response code where it is not NOERROR.
    rcode: Option<String>,
}

pub(super) fn changes(old: &Evidence, new: &Evidence, lang: Lang) -> Vec<Change> {
    let mut changes = Vec::new();
    let (before, after) = (hosts(old), hosts(new));
    for (name, is) in &after {
        let Some(was) = before.get(name) else { continue };
        // which of its addresses a service of Microsoft's shows, is by place and hour
        if !trusted::is_microsoft(name) && !is_in_cloud(is) {
            let state = |told: &Told| (told.addresses.clone(), told.rcode.clone());
            let say = |(addresses, rcode): &(BTreeSet<IpAddr>, Option<String>)| match rcode {
                Some(rcode) => rcode.clone(),
                None if addresses.is_empty() => text!("no address", "keine Adresse").of(lang).to_owned(),
                None => addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            };
            changes.extend(Change::between(Area::Names, "addresses", *name, (&state(was), &state(is)), say, lang));
        }
        let say = |aliases: &Vec<String>| match aliases.as_slice() {
            [] => text!("no alias", "kein Alias").of(lang).to_owned(),
            aliases => format!("CNAME {}", aliases.join(" > ")),
        };
        changes.extend(Change::between(Area::Names, "alias", *name, (&was.aliases, &is.aliases), say, lang));
    }
    let (before, after) = (records(old), records(new));
    for ((name, rtype), is) in &after {
        let Some(was) = before.get(&(*name, *rtype)) else { continue };
        let about = format!("{rtype} {name}");
        let say = |lines: &BTreeSet<String>| match lines.len() {
            0 => text!("no record", "kein Eintrag").of(lang).to_owned(),
            _ => lines.iter().cloned().collect::<Vec<_>>().join(", "),
        };
        changes.extend(Change::between(Area::Names, "records", about, (was, is), say, lang));
    }
    let (before, after) = (lifetimes(old), lifetimes(new));
    for ((name, rtype), is) in &after {
        let Some(was) = before.get(&(*name, *rtype)) else { continue };
        let about = format!("TTL, {rtype} {name}");
        changes.extend(Change::between(Area::Names, "ttl", about, (was, is), |time| spoken(*time, lang), lang));
    }
    changes
}

fn is_in_cloud(told: &Told) -> bool {
    told.aliases.last().is_some_and(|alias| trusted::is_microsoft(alias))
}

/// Every name of which the own name servers gave an answer to a question for addresses.
pub(super) fn hosts(evidence: &Evidence) -> BTreeMap<&str, Told> {
    let mut all: BTreeMap<&str, Told> = BTreeMap::new();
    for (name, rtype, answer) in answers(evidence) {
        if !matches!(rtype, RecordType::A | RecordType::Aaaa) {
            continue;
        }
        let told = all.entry(name).or_default();
        told.addresses.extend(answer.addresses());
        if told.aliases.is_empty() {
            told.aliases = answer.alias_chain(name);
        }
        if !answer.is_noerror() {
            told.rcode = Some(answer.rcode.clone());
        }
    }
    all
}

/// The answers to the run's own questions.
fn answers(evidence: &Evidence) -> impl Iterator<Item = (&str, RecordType, &DnsAnswer)> {
    evidence.records.iter().filter_map(|(probe, record)| match (probe, &record.seen) {
        (Probe::Dns { name, rtype }, Seen::Dns(seen)) => Some((name.as_str(), *rtype, seen.answer.as_ref()?)),
        _ => None,
    })
}

/// What is no address, as a zone has it.
fn records(evidence: &Evidence) -> BTreeMap<(&str, RecordType), BTreeSet<String>> {
    let told = answers(evidence).filter(|(_, rtype, _)| !matches!(rtype, RecordType::A | RecordType::Aaaa));
    told.map(|(name, rtype, answer)| {
        let lines = answer.answers.iter().filter_map(|record| line(&record.data)).collect();
        ((name, rtype), lines)
    })
    .collect()
}

fn line(data: &RecordData) -> Option<String> {
    Some(match data {
        RecordData::Srv { priority, weight, port, target } => format!("{priority} {weight} {port} {target}"),
        RecordData::Mx { preference, exchange } => format!("{preference} {exchange}"),
        RecordData::Ns { target } | RecordData::Cname { target } => target.clone(),
        RecordData::Txt { text } => text.clone(),
        // its serial number changes with every edit of the zone
        RecordData::Soa { mname, .. } => mname.clone(),
        RecordData::Address { .. } | RecordData::Other { .. } => return None,
    })
}

/// Times to live as the zone's own servers tell them; in a cache they run down.
fn lifetimes(evidence: &Evidence) -> BTreeMap<(&str, RecordType), u32> {
    let mut all = BTreeMap::new();
    for (probe, record) in &evidence.records {
        let (name, rtype) = match probe {
            Probe::Dns { name, rtype } | Probe::DnsVia { name, rtype, via: Via::NameServer { .. } } => (name, *rtype),
            _ => continue,
        };
        if let Seen::Dns(seen) = &record.seen
            && let Some(answer) = seen.answer.as_ref().filter(|answer| answer.authoritative)
            && answer.answers.iter().any(|record| record.name == *name)
            && let Some(time) = ttl::of(answer, name)
        {
            all.insert((name.as_str(), rtype), time);
        }
    }
    all
}

fn spoken(seconds: u32, lang: Lang) -> String {
    let key = if lang == Lang::De { "de" } else { "en" };
    ttl::counted(seconds).get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}
