//! When did the sync service's device last sync, by the list that Exchange keeps?
//!
//! Its times are coarse, and some are missing by design (Outlook for iOS and Android): what is not there is
//! not known, never "never".

use crate::checks::common::exports::{Told, called, devices, told};
use crate::evidence::{Device, ExportKind, Stop, View};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity};
use crate::protocol::export::is_service;
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::json;

const HOUR: i64 = 3600;
/// A device that works syncs at least so often, in hours; Exchange does not write every time down.
const FRESH: i64 = 24;
/// After so many hours it is no slow one any more.
const STALE: i64 = 72;
/// A time without its zone may be wrong by so many hours.
const ZONES: i64 = 14;

findings! {
    DEVICE_OK = "sync.device-ok", Info, Sync {
        title { en: "{device} last synced {last_success}, says {file}", de: "{device} hat laut {file} zuletzt am {last_success} synchronisiert" }
        meaning {
            en: "That is what Exchange has on record for this device; it does not write every sync down, so the last one may be later.",
            de: "So steht es in Exchange für dieses Gerät; nicht jede Synchronisierung wird aufgeschrieben, die letzte kann also später gewesen sein.",
        }
    }
    DEVICE_STALE = "sync.device-stale", Warn, Sync {
        title { en: "{device} has not synced since {last_success}, says {file}", de: "{device} hat laut {file} seit {last_success} nicht mehr synchronisiert" }
        meaning {
            en: "{age_hours} hours lie between that and this run. Either the sync service no longer asks, or nothing of it reaches Exchange; or the file is old.",
            de: "Zwischen damals und diesem Lauf liegen {age_hours} Stunden. Entweder fragt der Sync-Dienst nicht mehr, oder nichts davon erreicht Exchange; oder die Datei ist alt.",
        }
        remedy { en: "See whether the service still asks", de: "Sehen Sie nach, ob der Dienst noch fragt" }
        steps [
            { en: "Export the list again, and compare the last attempt with the last success:", de: "Exportieren Sie die Liste erneut und vergleichen Sie den letzten Versuch mit dem letzten Erfolg:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Format-List DeviceId,DeviceUserAgent,LastSyncAttemptTime,LastSuccessSync,DeviceAccessState" },
            { en: "If there is no newer attempt, reconnect the mailbox in the app.", de: "Gibt es keinen neueren Versuch, verbinden Sie das Postfach in der App neu." },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevicestatistics"]
    }
    DEVICE_FAILING = "sync.device-failing", Fail, Exchange {
        title { en: "{device} has tried in vain since {last_success}, says {file}", de: "{device} versucht es laut {file} seit {last_success} vergeblich" }
        meaning {
            en: "Its last attempt was {last_attempt}, its last success {last_success}: it still asks, and Exchange no longer serves it.",
            de: "Der letzte Versuch war am {last_attempt}, der letzte Erfolg am {last_success}: Es fragt noch, wird von Exchange aber nicht mehr bedient.",
        }
        remedy { en: "Find out what Exchange answers to it", de: "Stellen Sie fest, was Exchange ihm antwortet" }
        steps [
            { en: "See its state, and the policy that holds:", de: "Sehen Sie seinen Zustand und die Richtlinie nach:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device_id}' | Format-List *" },
            { en: "Try a session with the mailbox's password:", de: "Versuchen Sie eine Sitzung mit dem Passwort des Postfachs:", Shell "exdiag check {mailbox} --ask-password" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevicestatistics"]
    }
    NO_SERVICE_DEVICE = "sync.no-service-device", Info, Sync {
        title { en: "Of {count} {count|device|devices} in {file} none is known to be a sync service's", de: "Von {count} {count|Gerät|Geräten} in {file} ist keines als das eines Sync-Dienstes bekannt" }
        meaning {
            en: "A service that works through EWS is no device (Nylas v3 works so), and one with another user agent cannot be told from a telephone. The data of this finding hold every device with its last sync.",
            de: "Ein Dienst, der über EWS arbeitet, ist kein Gerät (so Nylas v3), und einer mit anderem User-Agent ist von einem Smartphone nicht zu unterscheiden. Die Daten dieses Befunds enthalten jedes Gerät mit seiner letzten Synchronisierung.",
        }
    }
}

/// Judges by the list; `None` where there is none.
pub fn judge(view: &View<'_>) -> Result<Option<Outcome>, Stop> {
    let Some(told) = told(view, ExportKind::DeviceList)? else { return Ok(None) };
    if let Some(in_vain) = told.in_vain() {
        let reason =
            Sentence::new(text!("{file} holds nothing about the mailbox", "{file} enthält nichts zum Postfach",))
                .with("file", told.export.file.as_str());
        return Ok(Some(Outcome::Inconclusive { reason, findings: vec![in_vain] }));
    }
    let all = devices(&told);
    let services = all.iter().filter(|device| is_service(device));
    Ok(Some(match services.max_by_key(|device| device.last_success.or(device.last_attempt)) {
        Some(device) => of_device(view, &told, device),
        None => without_service(&told, &all),
    }))
}

fn of_device(view: &View<'_>, told: &Told<'_>, device: &Device) -> Outcome {
    let Some(success) = device.last_success else { return without_time(told, device) };
    // what is written down later than now is as new as can be
    let slack = if device.zone_unknown { ZONES } else { 0 };
    let age = (view.asked_at().as_second().saturating_sub(success.as_second()) / HOUR).max(0);
    let late = device.last_attempt.is_some_and(|attempt| attempt.as_second() - success.as_second() > HOUR);
    let about = |code: &'static Code| {
        let finding = told
            .beside(Finding::new(code))
            .with("device", called(device))
            .with("device_id", device.id.as_str())
            .with("last_success", success.to_string())
            .with("zone_known", !device.zone_unknown)
            .with("age_hours", age);
        match device.last_attempt {
            Some(attempt) => finding.with("last_attempt", attempt.to_string()),
            None => finding,
        }
    };
    let finding = if late {
        about(&DEVICE_FAILING)
    } else if age - slack > STALE {
        about(&DEVICE_STALE).severity(Severity::Fail)
    } else if age - slack > FRESH {
        about(&DEVICE_STALE)
    } else {
        about(&DEVICE_OK)
    };
    let note = Sentence::new(text!(
        "{device} last synced {last_success} (by {file})",
        "{device} hat zuletzt am {last_success} synchronisiert (laut {file})",
    ))
    .with("device", called(device))
    .with("last_success", success.to_string())
    .with("file", told.export.file.as_str());
    Outcome::checked(note, vec![finding])
}

/// The service's device stands there without a time of its last sync.
fn without_time(told: &Told<'_>, device: &Device) -> Outcome {
    let text = if told.seen.unclear_dates > 0 {
        text!(
            "the dates in {file} may be either of two days; export them with ConvertTo-Json",
            "die Daten in {file} lassen Tag und Monat offen; exportieren Sie mit ConvertTo-Json",
        )
    } else {
        text!("{file} tells no last sync of {device}", "{file} nennt keine letzte Synchronisierung von {device}")
    };
    Outcome::inconclusive(Sentence::new(text).with("file", told.export.file.as_str()).with("device", called(device)))
}

/// No device is the service's: the newest sync of any is told, which proves nothing of the service.
fn without_service(told: &Told<'_>, all: &[&Device]) -> Outcome {
    let newest: Option<Timestamp> = all.iter().filter_map(|device| device.last_success).max();
    let finding = told.beside(Finding::new(&NO_SERVICE_DEVICE)).with("count", all.len()).with("devices", json!(all));
    let reason = match newest {
        Some(newest) => Sentence::new(text!(
            "no device of a sync service in {file}; another one last synced {newest}",
            "kein Gerät eines Sync-Dienstes in {file}; ein anderes hat zuletzt am {newest} synchronisiert",
        ))
        .with("newest", newest.to_string()),
        None => {
            Sentence::new(text!("no device of a sync service in {file}", "kein Gerät eines Sync-Dienstes in {file}",))
        }
    };
    Outcome::Skipped { reason: reason.with("file", told.export.file.as_str()), findings: vec![finding] }
}
