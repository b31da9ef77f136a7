//! What may others read of a report (`--redact`)?
//!
//! The facts are renamed before they are judged: every format is then written from renamed facts, and
//! none can forget to hide something. One value has one stand-in in all of a report, so that what is
//! judged by comparing stays true. What is signed (certificates, revocation) cannot be renamed; see
//! docs/adr/0014.

mod addresses;
mod blob;
mod directory;
mod found;
mod headers;
mod hosts;
mod letters;
mod roles;
mod spelling;
mod stand_ins;
mod vocabulary;

use crate::evidence::logs::LogsSeen;
use crate::evidence::redact::{Level, Redacted};
use crate::evidence::{Evidence, Probe};
use found::Found;
use serde_json::{Error, Value};
use stand_ins::StandIns;
use std::collections::BTreeMap;

/// The same evidence with stand-ins for what names a person, at [`Level::Full`] also for what names the
/// network, and with the list of that. `number`: which of several mailboxes of a run it is, from 1 on. The error is that of a value that cannot be written or read as JSON.
pub fn evidence(evidence: &Evidence, level: Level, number: u64) -> Result<Evidence, Error> {
    let mut value = serde_json::to_value(evidence)?;
    let before = value.as_object_mut().and_then(|fields| fields.remove("redacted"));
    let mut found = Found::default();
    if let Some(mailbox) = &evidence.header.subject.mailbox {
        found.first = mailbox.address.rsplit_once('@').map(|(local, _)| local.to_lowercase());
        found.hosts.own = Some(mailbox.domain.clone());
        // whatever letters its name has
        found.asked(Some(&mailbox.address), None);
    }
    // ids follow from their probes
    let mut records = value.get_mut("records").and_then(Value::as_array_mut);
    for line in records.iter_mut().flat_map(|lines| lines.iter_mut()) {
        if let Some(id) = line.get_mut("id") {
            *id = Value::from("");
        }
    }
    found.look(&mut value.clone());
    found.settle();
    let stand_ins = StandIns::new(&found, level, number);
    stand_ins.replace(&mut value);
    link_again(evidence, &mut value)?;
    let mut changed: Evidence = serde_json::from_value(value)?;
    let before = before.map(serde_json::from_value::<Redacted>).transpose()?;
    changed.redacted = Some(stand_ins.list(&found, before));
    Ok(changed)
}

/// The same for what logs tell, asked about a mailbox and a device. Returns also how any text that the user
/// has typed is to be told.
pub fn logs(seen: &LogsSeen, asked: (Option<&str>, Option<&str>), level: Level) -> Result<RedactedLogs, Error> {
    let mut value = serde_json::to_value(seen)?;
    let mut found = Found::default();
    found.look(&mut value.clone());
    found.asked(asked.0, asked.1);
    found.settle();
    let stand_ins = StandIns::new(&found, level, 1);
    stand_ins.replace(&mut value);
    let mut changed: LogsSeen = serde_json::from_value(value)?;
    changed.redacted = Some(stand_ins.list(&found, None));
    Ok(RedactedLogs { seen: changed, stand_ins })
}

/// What logs tell, with stand-ins.
#[derive(Debug)]
pub struct RedactedLogs {
    /// What they tell.
    pub seen: LogsSeen,
    stand_ins: StandIns,
}

impl RedactedLogs {
    /// What stands for a mailbox, an account or a device that the user has typed.
    pub fn asked(&self, text: &str) -> String {
        self.stand_ins.asked(text)
    }
}

/// A record names the one before it by an id that has changed with its probe.
fn link_again(evidence: &Evidence, value: &mut Value) -> Result<(), Error> {
    let Some(lines) = value.get_mut("records").and_then(Value::as_array_mut) else { return Ok(()) };
    let mut ids = BTreeMap::new();
    for (probe, line) in evidence.records.keys().zip(lines.iter()) {
        let changed: Probe = serde_json::from_value(line.get("probe").cloned().unwrap_or_default())?;
        ids.insert(probe.to_string(), changed.to_string());
    }
    for (record, line) in evidence.records.values().zip(lines.iter_mut()) {
        if let (Some(after), Some(fields)) = (&record.after, line.as_object_mut()) {
            // what is not there leads nowhere
            match ids.get(after) {
                Some(id) => drop(fields.insert("after".to_owned(), Value::from(id.as_str()))),
                None => drop(fields.remove("after")),
            }
        }
    }
    Ok(())
}

/// A document of JSON in a text.
fn document(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    text.starts_with(['{', '[']).then(|| serde_json::from_str(text).ok()).flatten()
}
