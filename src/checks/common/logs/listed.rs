//! Do lists of devices agree with what the logs show?
//!
//! A list says what Exchange had on record when it was exported, and does not note every sync: that it is behind the
//! logs is usual. What it knows and the logs do not, within their span, stands in logs that are missing.

use super::{about, last_good};
use crate::evidence::logs::{Coverage, ListedDevice, LogDevice, LogsSeen, keeps_out};
use crate::finding::{Code, Finding, Severity};
use crate::findings;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A list notes a sync when it ends, and a log too; a Ping may wait for so long between, in seconds.
const HOUR: i64 = 3600;

/// A list that is behind by less, in seconds, is so because it does not note every sync.
const DAY: i64 = 24 * HOUR;

/// A time without its zone may be wrong by so much, in seconds.
const ZONES: i64 = 14 * HOUR;

/// Failures in a row from which on a device does not count as one that works.
const FAILING: u64 = 3;

findings! {
    LIST_ACCESS = "sync.list-access-differs", Warn, Exchange {
        title { en: "{file} says {said} of {who}; the logs show otherwise", de: "{file} sagt {said} zu {who}; die Protokolle zeigen es anders" }
        meaning {
            en: "By the logs, {shown}. Either the list is older than a change, or the change came after the end of the logs.",
            de: "Die Protokolle zeigen: {shown}. Entweder ist die Liste älter als eine Änderung, oder die Änderung kam nach dem Ende der Protokolle.",
        }
        remedy { en: "Look at what holds now", de: "Sehen Sie nach, was jetzt gilt" }
        steps [
            { en: "In the Exchange Management Shell:", de: "In der Exchange Management Shell:", Powershell "Get-MobileDevice -Mailbox '{mailbox}' | Where-Object DeviceId -eq '{device}' | Format-List DeviceAccessState,DeviceAccessStateReason,WhenChangedUTC" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevice"]
    }
    LIST_LATER = "sync.list-later", Warn, Caller {
        title { en: "{file} knows of a sync of {who} at {listed} that these logs do not hold", de: "{file} kennt eine Synchronisierung von {who} am {listed}, die in diesen Protokollen fehlt" }
        meaning {
            en: "The last success in the logs: {last}. They cover that time, so the logs of another server, or those of the back end, are missing.",
            de: "Der letzte Erfolg in den Protokollen: {last}. Sie decken diese Zeit ab; es fehlen also die Protokolle eines anderen Servers oder die des Back-Ends.",
        }
        remedy { en: "Name the logs of all servers", de: "Nennen Sie die Protokolle aller Server" }
        steps [
            { en: "See which servers answer ActiveSync:", de: "Sehen Sie nach, welche Server ActiveSync beantworten:", Powershell "Get-ActiveSyncVirtualDirectory -ADPropertiesOnly | Format-Table Server,InternalUrl,ExternalUrl" },
            { en: "Then read the folders W3SVC1 and W3SVC2 of each of them.", de: "Lesen Sie dann die Ordner W3SVC1 und W3SVC2 jedes dieser Server." },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-activesyncvirtualdirectory"]
    }
    LIST_EARLIER = "sync.list-earlier", Info, Caller {
        title { en: "{file} says that {who} last synced {listed}; the logs show {last}", de: "Laut {file} hat {who} zuletzt am {listed} synchronisiert; die Protokolle zeigen {last}" }
        meaning {
            en: "The list was exported before, or Exchange has not noted the later syncs: it does not write every one down. The logs count.",
            de: "Die Liste wurde vorher exportiert, oder Exchange hat die späteren Synchronisierungen nicht vermerkt: Nicht jede wird aufgeschrieben. Es zählen die Protokolle.",
        }
    }
    LIST_UNSEEN = "sync.list-unseen", Warn, Caller {
        title { en: "By {file}, {count} {count|device has|devices have} synced within the span of these logs without a request in them", de: "Laut {file} {count|hat|haben} {count} {count|Gerät|Geräte} im Zeitraum dieser Protokolle synchronisiert, ohne Anfrage darin" }
        meaning {
            en: "The first of them: {who}, {listed}. The logs of the server that they ask are missing.",
            de: "Das erste davon: {who}, {listed}. Es fehlen die Protokolle des Servers, den sie fragen.",
        }
        remedy { en: "Name the logs of all servers", de: "Nennen Sie die Protokolle aller Server" }
        steps [
            { en: "See which servers answer ActiveSync:", de: "Sehen Sie nach, welche Server ActiveSync beantworten:", Powershell "Get-ActiveSyncVirtualDirectory -ADPropertiesOnly | Format-Table Server,InternalUrl,ExternalUrl" },
            { en: "Then read the folders W3SVC1 and W3SVC2 of each of them.", de: "Lesen Sie dann die Ordner W3SVC1 und W3SVC2 jedes dieser Server." },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-activesyncvirtualdirectory"]
    }
}

/// Compares every list with the logs.
pub fn judge(seen: &LogsSeen, out: &mut Vec<Finding>) {
    let span = &seen.coverage;
    for device in &seen.devices {
        for listed in &device.listed {
            out.extend(access(device, listed));
            out.extend(times(device, listed, span));
        }
    }
    let mut files: Vec<&str> = seen.listed.iter().map(|listed| listed.file.as_str()).collect();
    files.dedup();
    for file in files {
        let of_file = seen.listed.iter().filter(|listed| listed.file == file);
        let unseen: Vec<(&ListedDevice, Timestamp)> =
            of_file.filter_map(|listed| Some((listed, within(listed, span)?))).collect();
        let Some((first, at)) = unseen.first() else { continue };
        let owner = first.mailbox.as_ref().or(first.owner.as_ref()).map_or("?", String::as_str);
        let kind = first.device_type.as_ref().unwrap_or(&first.device_id);
        out.push(
            Finding::new(&LIST_UNSEEN)
                .with("file", file)
                .with("count", unseen.len())
                .with("who", format!("{owner} ({kind})"))
                .with("device", first.device_id.as_str())
                .with("listed", at.to_string()),
        );
    }
}

/// When it last synced, where that is within the span for certain and in none of its holes.
fn within(listed: &ListedDevice, span: &Coverage) -> Option<Timestamp> {
    let doubt = if listed.zone_unknown { ZONES } else { 0 };
    let (from, to, second) = (span.from?, span.to?, listed.last_success?.as_second());
    let is_within = second - doubt >= from.as_second() && second + doubt <= to.as_second();
    let mut gaps = span.gaps.iter();
    let in_hole = gaps.any(|gap| second + doubt >= gap.from.as_second() && second - doubt < gap.to.as_second());
    listed.last_success.filter(|_| is_within && !in_hole)
}

fn beside(device: &LogDevice, listed: &ListedDevice, code: &'static Code) -> Finding {
    about(device, code).with("file", listed.file.as_str())
}

/// A list that says of a device that works that it is kept out, or of one that is kept out that it is let in.
fn access(device: &LogDevice, listed: &ListedDevice) -> Option<Finding> {
    let state = listed.access_state.as_deref()?;
    let kept_out = keeps_out(state);
    let barred = device.access_state.as_deref().filter(|shown| keeps_out(shown));
    // what the front end accepts may be a message that the device waits in quarantine
    let works = device.last_success.filter(|_| device.proof && device.failures_in_a_row < FAILING);
    let said = match &listed.access_reason {
        Some(reason) => format!("{state} ({reason})"),
        None => state.to_owned(),
    };
    let shown: Value = match (kept_out, barred, works) {
        (true, None, Some(last)) => {
            let last = last.strftime("%Y-%m-%d %H:%M UTC");
            json!({
                "en": format!("the device works, last at {last}"),
                "de": format!("Das Gerät arbeitet, zuletzt am {last}"),
            })
        }
        (true, None, None) => {
            let why = super::access::barred(state).unwrap_or_default();
            let finding = about(device, &super::LOG_BARRED).severity(Severity::Warn);
            return Some(finding.with("state", format!("{said}, {}", listed.file)).with("why", why));
        }
        (false, Some(shown), _) if state == "Allowed" => json!({
            "en": format!("it was last {shown}"),
            "de": format!("Es war zuletzt {shown}"),
        }),
        _ => return None,
    };
    let finding = beside(device, listed, &LIST_ACCESS).with("said", said).with("shown", shown);
    // that it has been let in since is good news, which the logs do not contradict
    Some(if kept_out { finding } else { finding.severity(Severity::Info) })
}

/// A list that knows of a later sync within the span of the logs, or of a much earlier one only.
fn times(device: &LogDevice, listed: &ListedDevice, span: &Coverage) -> Option<Finding> {
    let noted = listed.last_success?;
    let last = last_good(device);
    let doubt = if listed.zone_unknown { ZONES } else { 0 };
    let told = |code| beside(device, listed, code).with("listed", noted.to_string()).with("last", super::said(last));
    let ahead = last.map_or(i64::MAX, |last| noted.as_second() - last.as_second());
    if ahead > HOUR + doubt && within(listed, span).is_some() {
        Some(told(&LIST_LATER))
    } else if last.is_some() && -ahead > DAY + doubt {
        Some(told(&LIST_EARLIER))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::logs::Gap;

    fn at(text: &str) -> Timestamp {
        format!("2026-11-21T{text}:00Z").parse().unwrap()
    }

    /// What is found of a device that last worked at nine, in logs from midnight to eight in the evening.
    fn found(change: impl Fn(&mut LogDevice, &mut ListedDevice)) -> Vec<&'static str> {
        let mut device = LogDevice { last_success: Some(at("09:00")), proof: true, ..LogDevice::default() };
        let mut listed = ListedDevice { last_success: Some(at("09:00")), ..ListedDevice::default() };
        change(&mut device, &mut listed);
        device.listed = vec![listed];
        let coverage = Coverage { from: Some(at("00:00")), to: Some(at("20:00")), ..Coverage::default() };
        let mut out = Vec::new();
        judge(&LogsSeen { coverage, devices: vec![device], ..LogsSeen::default() }, &mut out);
        out.iter().map(|finding| finding.code.id).collect()
    }

    #[test]
    fn a_list_that_agrees_or_does_not_know_says_nothing() {
        assert!(found(|_, _| {}).is_empty());
        assert!(found(|_, listed| listed.last_success = None).is_empty());
        // Exchange does not note every sync, and a Ping may end an hour after it
        assert!(found(|_, listed| listed.last_success = Some(at("01:00"))).is_empty());
        assert!(found(|_, listed| listed.last_success = Some(at("09:59"))).is_empty());
        // exported after the end of the logs
        assert!(found(|_, listed| listed.last_success = Some(at("23:00"))).is_empty());
        assert!(found(|_, listed| listed.access_state = Some("Allowed".to_owned())).is_empty());
    }

    #[test]
    fn a_sync_within_the_span_that_the_logs_do_not_hold_is_said_unless_the_zone_explains_it() {
        assert_eq!(found(|_, listed| listed.last_success = Some(at("12:00"))), ["sync.list-later"]);
        let local = |_: &mut LogDevice, listed: &mut ListedDevice| {
            (listed.last_success, listed.zone_unknown) = (Some(at("12:00")), true);
        };
        assert!(found(local).is_empty());
        assert_eq!(found(|device, _| device.last_success = None), ["sync.list-later"]);
        let old = |_: &mut LogDevice, listed: &mut ListedDevice| {
            listed.last_success = Some("2026-11-18T09:00:00Z".parse().unwrap());
        };
        assert_eq!(found(old), ["sync.list-earlier"]);
    }

    #[test]
    fn an_access_state_that_the_logs_contradict_is_said_and_one_that_they_confirm_is_not() {
        let state = |shown: &'static str, listed: &'static str, failures| {
            found(move |device, list| {
                device.access_state = Some(shown.to_owned());
                device.failures_in_a_row = failures;
                list.access_state = Some(listed.to_owned());
            })
        };
        assert_eq!(state("AllowedG", "Quarantined", 0), ["sync.list-access-differs"]);
        assert_eq!(state("BlockedI", "Allowed", 5), ["sync.list-access-differs"]);
        assert!(state("QuarantinedG", "Quarantined", 9).is_empty());
        assert!(state("DeviceDiscovery", "Allowed", 0).is_empty(), "Exchange was still getting to know it");
        assert_eq!(state("AllowedG", "Blocked", 9), ["sync.device-barred"], "it fails, as the list would have it");
        // the front end says 200 to a device that waits in quarantine
        let front = |device: &mut LogDevice, listed: &mut ListedDevice| {
            (device.proof, device.last_success, device.last_accepted) = (false, None, Some(at("09:00")));
            listed.access_state = Some("Quarantined".to_owned());
        };
        assert_eq!(found(front), ["sync.device-barred"]);
    }

    #[test]
    fn a_sync_in_a_hole_of_the_logs_says_nothing_against_them() {
        let gap = Gap { from: at("06:00"), to: at("08:00") };
        let span = Coverage { from: Some(at("00:00")), to: Some(at("20:00")), gaps: vec![gap], ..Coverage::default() };
        let within =
            |time: &str| within(&ListedDevice { last_success: Some(at(time)), ..ListedDevice::default() }, &span);
        assert_eq!((within("07:00"), within("08:00")), (None, Some(at("08:00"))));
    }

    #[test]
    fn devices_without_a_request_are_one_finding_with_how_many_they_are() {
        let listed = |id: &str, time: &str| ListedDevice {
            file: "devices.json".to_owned(),
            device_id: id.to_owned(),
            last_success: Some(at(time)),
            ..ListedDevice::default()
        };
        let coverage = Coverage { from: Some(at("06:00")), to: Some(at("20:00")), ..Coverage::default() };
        let all = vec![listed("a", "05:00"), listed("b", "07:00"), listed("c", "08:00"), listed("d", "21:00")];
        let mut out = Vec::new();
        judge(&LogsSeen { coverage, listed: all, ..LogsSeen::default() }, &mut out);
        assert_eq!(out.len(), 1);
        assert_eq!((out[0].data.get("count"), out[0].data.get("device")), (Some(&2.into()), Some(&"b".into())));
    }
}
