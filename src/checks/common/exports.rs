//! What do an administrator's exports say, and do they agree with what the server shows?

use crate::checks::common::mailbox::USER_DISABLED;
use crate::evidence::{CasMailbox, Device, Export, ExportKind, ExportSeen, Probe, Stop, View};
use crate::finding::{Finding, Outcome};
use crate::findings;
use crate::protocol::session;
use serde_json::{Value, json};

findings! {
    WITHOUT_MAILBOX = "exdiag.export-without-mailbox", Warn, Caller {
        title { en: "{file} holds nothing about {mailbox}", de: "{file} enthält nichts zu {mailbox}" }
        meaning {
            en: "The file was read ({records} {records|object|objects}), but none of them is the mailbox's, or whose it is cannot be told. Nothing of it was used.",
            de: "Die Datei wurde gelesen ({records} {records|Objekt|Objekte}), aber keines davon gehört zum Postfach, oder die Zugehörigkeit ist nicht zu erkennen. Nichts daraus wurde verwendet.",
        }
        remedy { en: "Export this mailbox", de: "Exportieren Sie dieses Postfach" }
        steps [
            { en: "In the Exchange Management Shell:", de: "In der Exchange Management Shell:", Powershell "Get-CASMailbox '{mailbox}' | ConvertTo-Json -Depth 3 > casmailbox.json\nGet-MobileDeviceStatistics -Mailbox '{mailbox}' | ConvertTo-Json -Depth 3 > devices.json" },
            { en: "Then:", de: "Danach:", Shell "exdiag check {mailbox} --casmailbox casmailbox.json --device-list devices.json" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-casmailbox"]
    }
    DISAGREES = "exdiag.export-disagrees", Info, Exchange {
        title { en: "By {file}, {what} is {said} for {mailbox}; the server shows otherwise", de: "Laut {file} ist {what} für {mailbox} {said}; der Server zeigt es anders" }
        meaning {
            en: "Either the file is older than a change, or the change has not reached the server yet (that takes up to an hour), or something else than this switch decides, such as a rule for all mailboxes.",
            de: "Entweder ist die Datei älter als eine Änderung, oder die Änderung ist noch nicht beim Server angekommen (das dauert bis zu einer Stunde), oder etwas anderes als dieser Schalter entscheidet, etwa eine Regel für alle Postfächer.",
        }
        remedy { en: "Look at what holds now", de: "Sehen Sie nach, was jetzt gilt" }
        steps [
            { en: "For the mailbox, and for all:", de: "Für das Postfach und für alle:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSync*,Ews*\nGet-OrganizationConfig | Format-List Ews*\nGet-ActiveSyncOrganizationSettings | Format-List DefaultAccessLevel" },
        ]
    }
}

/// An export, and what it says of the mailbox.
#[derive(Debug)]
pub struct Told<'a> {
    /// The file.
    pub export: &'a Export,
    /// What it holds.
    pub seen: &'a ExportSeen,
}

impl Told<'_> {
    /// Where it is recorded.
    pub fn probe(&self) -> Probe {
        Probe::Export(self.export.clone())
    }

    /// The finding, seen in this file too.
    pub fn beside(&self, finding: Finding) -> Finding {
        finding.with("file", self.export.file.as_str()).seen_in(&self.probe())
    }

    /// That there is nothing about the mailbox in it; `None` where there is.
    pub fn in_vain(&self) -> Option<Finding> {
        let finding = || self.beside(Finding::new(&WITHOUT_MAILBOX)).with("records", self.seen.records);
        (!self.seen.is_ours).then(finding)
    }

    /// That a switch is said to be on or off and the server shows otherwise.
    pub fn disagrees(&self, what: &str, is_on: bool) -> Finding {
        let said = if is_on {
            json!({"en": "on", "de": "eingeschaltet"})
        } else {
            json!({"en": "off", "de": "ausgeschaltet"})
        };
        self.beside(Finding::new(&DISAGREES)).with("what", what).with("said", said)
    }
}

/// The export of this kind, where the user gave one.
pub fn told<'a>(view: &View<'a>, kind: ExportKind) -> Result<Option<Told<'a>>, Stop> {
    let Some(export) = view.subject().exports.iter().find(|export| export.what == kind) else { return Ok(None) };
    Ok(view.export(export)?.ok().map(|seen| Told { export, seen }))
}

/// What Get-CASMailbox says of the mailbox.
pub fn account<'a>(view: &View<'a>) -> Result<Option<(Told<'a>, &'a CasMailbox)>, Stop> {
    let Some(told) = told(view, ExportKind::CasMailbox)? else { return Ok(None) };
    Ok(told.seen.mailbox.as_ref().map(|mailbox| (told, mailbox)))
}

/// The mailbox's devices, without exdiag's own.
pub fn devices<'a>(told: &Told<'a>) -> Vec<&'a Device> {
    told.seen.devices.iter().filter(|device| device.id != session::DEVICE_ID).collect()
}

/// The outcome, which says of a mailbox whose ActiveSync the server refuses that the export says so too.
pub fn confirmed(view: &View<'_>, outcome: Outcome) -> Result<Outcome, Stop> {
    let Some((told, mailbox)) = account(view)? else { return Ok(outcome) };
    let is_off = mailbox.activesync_enabled == Some(false);
    let confirm = |finding: Finding| {
        let is_new = !finding.evidence.contains(&told.probe().to_string());
        if finding.code.id == USER_DISABLED.id && is_off && is_new { told.beside(finding) } else { finding }
    };
    let all = |findings: Vec<Finding>| findings.into_iter().map(confirm).collect();
    Ok(match outcome {
        Outcome::Checked { note, findings } => Outcome::Checked { note, findings: all(findings) },
        Outcome::Inconclusive { reason, findings } => Outcome::Inconclusive { reason, findings: all(findings) },
        other => other,
    })
}

/// A device in words: its type, its id, and who it says it is.
pub fn called(device: &Device) -> Value {
    let kind = device.kind.as_deref().or(device.model.as_deref());
    let id = device.id.as_str();
    let agent = device.agent.as_ref().map_or_else(String::new, |agent| format!(" ({agent})"));
    match kind {
        Some(kind) => format!("{kind} {id}{agent}").into(),
        None => json!({"en": format!("the device {id}{agent}"), "de": format!("das Gerät {id}{agent}")}),
    }
}
