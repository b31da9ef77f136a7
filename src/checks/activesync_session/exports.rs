//! What do the administrator's exports add to a session, or say in its place?

use super::words::{DEVICE_BLOCKED, DEVICE_QUARANTINED};
use crate::checks::common::exports::{Told, account, called, confirmed, devices, told};
use crate::checks::common::mailbox::USER_DISABLED;
use crate::evidence::{Device, ExportKind, Stop, View};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::endpoint::endpoint;
use crate::protocol::export::is_service;
use crate::{findings, text};
use serde_json::json;

/// Exchange's own limit, where nobody has set another (New-ThrottlingPolicy, EasMaxDevices).
const MOST_DEVICES: usize = 100;

findings! {
    MANY_DEVICES = "activesync.many-devices", Warn, Exchange {
        title { en: "{mailbox} has {count} devices, says {file}", de: "{mailbox} hat laut {file} {count} Geräte" }
        meaning {
            en: "By default Exchange allows 100 for one mailbox. Beyond its limit, neither a new telephone nor a sync service can connect until old ones are removed.",
            de: "Ohne andere Einstellung erlaubt Exchange 100 je Postfach. Ist die Grenze erreicht, kann sich weder ein neues Smartphone noch ein Sync-Dienst verbinden, bis alte entfernt sind.",
        }
        remedy { en: "Remove devices that are no longer used", de: "Entfernen Sie Geräte, die nicht mehr verwendet werden" }
        steps [
            { en: "See them, the longest unused first:", de: "Sehen Sie sie an, die am längsten unbenutzten zuerst:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Sort-Object LastSuccessSync | Format-Table DeviceId,DeviceModel,LastSuccessSync,Identity" },
            { en: "Remove one, by its identity from that list:", de: "Entfernen Sie eines, mit seiner Identität aus dieser Liste:", Powershell "Remove-MobileDevice -Identity IDENTITY" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/new-throttlingpolicy"]
    }
    WIPE_PENDING = "activesync.device-wipe-pending", Warn, Exchange {
        title { en: "A wipe is ordered for {device}, says {file}", de: "Laut {file} ist für {device} eine Fernlöschung angeordnet" }
        meaning {
            en: "Until it is cancelled or done, this device gets no mail of {mailbox}. A sync service cannot carry it out, and stays shut out.",
            de: "Bis sie zurückgenommen oder ausgeführt ist, bekommt dieses Gerät keine Mails von {mailbox}. Ein Sync-Dienst kann sie nicht ausführen und bleibt ausgesperrt.",
        }
        remedy { en: "Cancel the wipe if it was not meant", de: "Nehmen Sie die Fernlöschung zurück, wenn sie nicht gewollt ist" }
        steps [
            { en: "On Exchange:", de: "In Exchange:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device_id}' | Clear-MobileDevice -Cancel" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/clear-mobiledevice"]
    }
    DEVICES_LISTED = "activesync.devices-listed", Info, Exchange {
        title { en: "{file} lists the devices of {mailbox}, {count} in all", de: "{file} führt die Geräte von {mailbox} auf, insgesamt {count}" }
        meaning {
            en: "The data of this finding hold each with its state and its last sync. A sync service that works through EWS is no device and does not stand there.",
            de: "Die Daten dieses Befunds enthalten jedes mit seinem Zustand und seiner letzten Synchronisierung. Ein Sync-Dienst, der über EWS arbeitet, ist kein Gerät und steht nicht darin.",
        }
    }
}

/// The outcome of the session, with what the exports say.
pub fn join(view: &View<'_>, outcome: Outcome) -> Result<Outcome, Stop> {
    if view.subject().exports.is_empty() {
        return Ok(outcome);
    }
    let (account, list) = (account_findings(view, &outcome), device_findings(view, &outcome));
    let added: Vec<Finding> = account?.into_iter().chain(list?).collect();
    let calm = added.iter().all(|finding| finding.severity == Severity::Info);
    let all = |findings: Vec<Finding>| findings.into_iter().chain(added).collect();
    let joined = match outcome {
        Outcome::Checked { note, findings } => Outcome::Checked { note, findings: all(findings) },
        Outcome::Inconclusive { reason, findings } => Outcome::Inconclusive { reason, findings: all(findings) },
        Outcome::Skipped { reason, findings } if calm => Outcome::Skipped { reason, findings: all(findings) },
        Outcome::Skipped { findings, .. } => {
            let note = text!(
                "by the exports alone, no session was tried",
                "nur nach den Exporten, keine Sitzung wurde versucht"
            );
            Outcome::Checked { note: Sentence::new(note), findings: all(findings) }
        }
        broke @ Outcome::Broke { .. } => broke,
    };
    confirmed(view, joined)
}

/// What Get-CASMailbox says of ActiveSync, beside what the session has shown.
fn account_findings(view: &View<'_>, outcome: &Outcome) -> Result<Vec<Finding>, Stop> {
    let Some((told, mailbox)) = account(view)? else {
        let told = told(view, ExportKind::CasMailbox)?;
        return Ok(told.and_then(|told| told.in_vain()).into_iter().collect());
    };
    let refused = outcome.findings().iter().any(|finding| finding.code.id == USER_DISABLED.id);
    // whatever a session ends with, it has begun
    let works = matches!(outcome, Outcome::Checked { .. }) && !refused;
    Ok(match (mailbox.activesync_enabled, refused, works) {
        (Some(true), true, _) => vec![told.disagrees("ActiveSync", true)],
        (Some(false), _, true) => vec![told.disagrees("ActiveSync", false)],
        (Some(false), false, false) => {
            let finding = told.beside(Finding::new(&USER_DISABLED));
            vec![match endpoint(view)? {
                Some(endpoint) => finding.host(endpoint.host).port(endpoint.port),
                None => finding,
            }]
        }
        _ => Vec::new(),
    })
}

/// What stands in the way of the devices.
fn device_findings(view: &View<'_>, outcome: &Outcome) -> Result<Vec<Finding>, Stop> {
    let Some(told) = told(view, ExportKind::DeviceList)? else { return Ok(Vec::new()) };
    if let Some(in_vain) = told.in_vain() {
        let is_told = view.subject().selected.iter().any(|id| id == "last-sync");
        return Ok(if is_told { Vec::new() } else { vec![in_vain] });
    }
    let all = devices(&told);
    let nobody_in = !all.iter().any(|device| device.access.as_deref() == Some("Allowed"));
    let allowed = account(view)?.map(|(_, mailbox)| mailbox.devices_allowed.clone()).unwrap_or_default();
    let mut findings = Vec::new();
    for device in &all {
        let of = |code: &'static Code| about(code, &told, device);
        // an id on the mailbox's list of those allowed goes before any rule
        let is_allowed = allowed.iter().any(|id| id.eq_ignore_ascii_case(&device.id));
        let severity = |usual: Severity| if is_service(device) { Severity::Fail } else { usual };
        match device.access.as_deref() {
            Some("Blocked") if !is_allowed => {
                // an old telephone may be blocked on purpose
                let usual = if nobody_in { Severity::Warn } else { Severity::Info };
                findings.push(of(&DEVICE_BLOCKED).severity(severity(usual)));
            }
            Some("Quarantined" | "DeviceDiscovery") if !is_allowed => {
                findings.push(of(&DEVICE_QUARANTINED).severity(severity(Severity::Warn)));
            }
            _ => {}
        }
        if device.status.as_deref() == Some("DeviceWipePending") {
            findings.push(of(&WIPE_PENDING).severity(severity(Severity::Warn)));
        }
    }
    // the same as the session shows is one cause
    for finding in &mut findings {
        let same = outcome.findings().iter().find(|shown| shown.code.id == finding.code.id);
        if let Some(same) = same {
            finding.place.clone_from(&same.place);
        }
    }
    // what keeps the sync service out first
    order::by_key(&mut findings, |finding| std::cmp::Reverse(finding.severity));
    if all.len() >= MOST_DEVICES {
        findings.push(told.beside(Finding::new(&MANY_DEVICES)).with("count", all.len()));
    }
    findings.push(told.beside(Finding::new(&DEVICES_LISTED)).with("count", all.len()).with("devices", json!(all)));
    Ok(findings)
}

fn about(code: &'static Code, told: &Told<'_>, device: &Device) -> Finding {
    let shown = json!({"en": format!("says {}", told.export.file), "de": format!("laut {}", told.export.file)});
    told.beside(Finding::new(code))
        .with("device", called(device))
        .with("device_id", device.id.as_str())
        .with("device_type", device.kind.clone())
        .with("reason", device.reason.clone())
        .with("is_sync_service", is_service(device))
        .with("shown", shown)
}
