//! What do the logs of the Exchange server say about a mailbox, or about all devices of a server?
//!
//! The reference is the end of the logs, never the clock: who was last seen an hour before it was seen
//! an hour ago, whenever the logs are read. What the front end alone shows is "accepted", not "synced".

mod access;
pub mod auth;
pub mod ews;
mod files;
mod limits;
pub mod listed;
pub mod strain;
#[cfg(test)]
mod verdicts;

pub use files::FINDINGS as FILE_FINDINGS;
pub use limits::{THRESHOLDS, Thresholds};

use crate::evidence::logs::{LineAt, LogDevice, LogsSeen};
use crate::finding::{self, Code, Finding, Lang, Severity};
use crate::order;
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::{Value, json};

findings! {
    LOG_OK = "sync.log-ok", Info, Exchange {
        title { en: "{who}: last successful request {last}", de: "{who}: letzte erfolgreiche Anfrage {last}" }
        meaning {
            en: "That is {age} before the end of the logs ({line}). Proved by ActiveSync's own answer: {proof}. A device that waits in a Ping has no line for up to an hour.",
            de: "Das ist {age} vor dem Ende der Protokolle ({line}). Durch die Antwort von ActiveSync selbst belegt: {proof}. Ein Gerät, das in einem Ping wartet, hat bis zu einer Stunde keine Zeile.",
        }
    }
    LOG_STALE = "sync.log-stale", Warn, Sync {
        title { en: "{who} last synced {age} before the end of the logs", de: "{who} hat zuletzt {age} vor dem Ende der Protokolle synchronisiert" }
        meaning {
            en: "The last successful request was {last} ({line}); since then {count} {count|has|have} failed. A device may be switched off or ask seldom, a sync service does neither.",
            de: "Die letzte erfolgreiche Anfrage war am {last} ({line}); seitdem {count|ist|sind} {count} gescheitert. Ein Gerät kann ausgeschaltet sein oder selten fragen, ein Sync-Dienst tut beides nicht.",
        }
        remedy { en: "See whether the client still asks, and what it is told", de: "Sehen Sie nach, ob der Client noch fragt und was er zur Antwort bekommt" }
        steps [
            { en: "Look at the account in the app or the sync service: is it paused, or does it want a sign-in?", de: "Sehen Sie das Konto in der App oder im Sync-Dienst an: Ist es angehalten, oder will es eine Anmeldung?" },
            { en: "Look at what Exchange has noted for its devices:", de: "Sehen Sie nach, was Exchange zu seinen Geräten vermerkt hat:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Format-List DeviceId,LastSuccessSync,LastSyncAttemptTime,DeviceAccessState" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/get-mobiledevicestatistics"]
    }
    LOG_FAILING = "sync.failing", Fail, Exchange {
        title { en: "{who} has failed {count} {count|time|times} in a row since {since}", de: "{who} ist seit {since} {count}-mal in Folge gescheitert" }
        meaning {
            en: "The first of these failures stands at {line}, the codes are {codes}. Before it, the last success was {last}.",
            de: "Der erste dieser Fehler steht in {line}, die Codes sind {codes}. Davor war der letzte Erfolg {last}.",
        }
        remedy { en: "Go by the code of the first failure", de: "Richten Sie sich nach dem Code des ersten Fehlers" }
        steps [
            { en: "401 with 1326 is a wrong password, 1909 a locked account, 1907 or 1330 an expired password: enter the password anew in the client.", de: "401 mit 1326 ist ein falsches Passwort, 1909 ein gesperrtes Konto, 1907 oder 1330 ein abgelaufenes Passwort: Geben Sie das Passwort im Client neu ein." },
            { en: "403 and status 126 to 130 mean that Exchange does not let the account or the device in:", de: "403 und Status 126 bis 130 bedeuten, dass Exchange Konto oder Gerät nicht zulässt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSync*" },
            { en: "5xx is the server itself: look at the event log and the application pools.", de: "5xx ist der Server selbst: Sehen Sie in das Ereignisprotokoll und die Anwendungspools.", Powershell "Get-WebAppPoolState MSExchangeSyncAppPool" },
        ]
        links ["https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-ascmd/95cb9d7c-d33d-4b94-9366-d59911c7a060"]
    }
    LOG_REFUSED = "auth.log-refused", Fail, User {
        title { en: "The sign-in of {who} has been refused since {since}", de: "Die Anmeldung von {who} wird seit {since} abgelehnt" }
        meaning {
            en: "{count} {count|request|requests} in a row ended with {codes}, the first at {line}; the last that was let in: {last}. The win32 code says why: 1326 wrong user or password, 1909 locked, 1331 disabled, 1330 or 1907 password expired, 1385 sign-in of this kind not granted.",
            de: "{count} {count|Anfrage|Anfragen} in Folge {count|endete|endeten} mit {codes}, die erste in {line}; die letzte zugelassene: {last}. Der Win32-Code sagt warum: 1326 falscher Name oder falsches Passwort, 1909 gesperrt, 1331 deaktiviert, 1330 oder 1907 Passwort abgelaufen, 1385 diese Art der Anmeldung nicht gewährt.",
        }
        remedy { en: "Enter the present password in the client", de: "Geben Sie das aktuelle Passwort im Client ein" }
        steps [
            { en: "Stop the client first where the account is locked: it locks it again.", de: "Halten Sie den Client zuerst an, wenn das Konto gesperrt ist: Er sperrt es erneut." },
            { en: "See the state of the account:", de: "Sehen Sie den Zustand des Kontos an:", Powershell "Get-ADUser (Get-User '{mailbox}').SamAccountName -Properties LockedOut,PasswordExpired,Enabled | Format-List Name,LockedOut,PasswordExpired,Enabled" },
            { en: "If it is locked, unlock it once the client has stopped:", de: "Ist es gesperrt, entsperren Sie es, sobald der Client angehalten ist:", Powershell "Unlock-ADAccount (Get-User '{mailbox}').SamAccountName" },
            { en: "Sign in anew in the app or the sync service, then look again.", de: "Melden Sie sich in der App oder im Sync-Dienst neu an und prüfen Sie dann erneut." },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code"]
    }
    LOG_NEVER = "sync.log-never", Fail, Exchange {
        title { en: "{who} has asked {count} {count|time|times} and never with success", de: "{who} hat {count}-mal gefragt und nie mit Erfolg" }
        meaning {
            en: "Not one request in the span of the logs was answered with success; the statuses are {codes}.",
            de: "Im Zeitraum der Protokolle wurde keine einzige Anfrage mit Erfolg beantwortet; die Status sind {codes}.",
        }
        remedy { en: "See how the client signs in, and whether Exchange lets it in", de: "Sehen Sie nach, wie sich der Client anmeldet und ob Exchange ihn zulässt" }
        steps [
            { en: "Only 401.2 means that the client sends no credentials, or none of a kind that the server offers:", de: "Nur 401.2 bedeutet, dass der Client keine Anmeldedaten sendet oder keine, die der Server anbietet:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,*Auth*" },
            { en: "Look at the mailbox and its devices:", de: "Sehen Sie Postfach und Geräte an:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSync*" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code"]
    }
    LOG_BARRED = "sync.device-barred", Fail, Exchange {
        title { en: "Exchange does not let {who} in: {why} ({state})", de: "Exchange lässt {who} nicht zu: {why} ({state})" }
        meaning {
            en: "Exchange itself blocks the device or holds it in quarantine; another password changes nothing.",
            de: "Exchange selbst blockiert das Gerät oder hält es in Quarantäne; ein anderes Passwort ändert daran nichts.",
        }
        remedy { en: "Allow the device", de: "Lassen Sie das Gerät zu" }
        steps [
            { en: "Allow it for this mailbox:", de: "Lassen Sie es für dieses Postfach zu:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncAllowedDeviceIDs @{Add='{device}'}" },
        ]
        links ["https://learn.microsoft.com/exchange/clients/exchange-activesync/exchange-activesync"]
    }
    LOG_SILENT = "sync.client-silent", Fail, Sync {
        title { en: "The logs hold no request of {who}", de: "Die Protokolle enthalten keine Anfrage von {who}" }
        meaning {
            en: "From {from} to {to} nobody asked for it by ActiveSync. Where these are the logs of all front ends, the client does not reach the server: the fault lies in the service, the name resolution, the certificate or a firewall.",
            de: "Von {from} bis {to} hat niemand per ActiveSync danach gefragt. Sind das die Protokolle aller Front-Ends, erreicht der Client den Server nicht: Der Fehler liegt beim Dienst, bei der Namensauflösung, beim Zertifikat oder bei einer Firewall.",
        }
        remedy { en: "Check the way to the server", de: "Prüfen Sie den Weg zum Server" }
        steps [
            { en: "Check from outside what a client would meet:", de: "Prüfen Sie von außen, was ein Client vorfände:", Shell "exdiag check {mailbox}" },
            { en: "A client of EWS leaves no ActiveSync lines: have those of EWS counted, too.", de: "Ein Client mit EWS hinterlässt keine ActiveSync-Zeilen: Lassen Sie dann auch die EWS-Zeilen zählen.", Shell "exdiag logs W3SVC1 --mailbox {mailbox} --ews" },
        ]
        links ["https://learn.microsoft.com/iis/manage/provisioning-and-managing-iis/configure-logging-in-iis"]
    }
}

/// Judges what logs show. `wanted`: what was asked about, in words; `None` where it is the whole server,
/// of which only what is wrong is told.
pub fn judge(seen: &LogsSeen, limits: &Thresholds, wanted: Option<&str>) -> Vec<Finding> {
    let mut out = files::judge(&seen.files);
    let Some(end) = seen.coverage.to else { return out };
    if let (Some(who), true) = (wanted, seen.devices.is_empty() && seen.ews.is_empty()) {
        let from = seen.coverage.from.unwrap_or(end);
        // one night without a request is no proof that nobody asks
        let whole = end.as_second() - from.as_second() >= 24 * 3600 && seen.coverage.gaps.is_empty();
        let finding =
            Finding::new(&LOG_SILENT).with("who", who).with("from", from.to_string()).with("to", end.to_string());
        out.push(if whole { finding } else { finding.severity(Severity::Warn) });
    }
    for device in &seen.devices {
        device_judged(device, end, limits, wanted.is_some(), &mut out);
    }
    listed::judge(seen, &mut out);
    for client in &seen.ews {
        ews::judge(client, end, limits, wanted.is_some(), &mut out);
    }
    order::by_key(&mut out, |finding| std::cmp::Reverse(finding.severity));
    out
}

/// The moment that decides: the last success, or the last acceptance where nothing shows more.
fn last_good(device: &LogDevice) -> Option<Timestamp> {
    if device.proof { device.last_success } else { device.last_accepted }
}

fn device_judged(device: &LogDevice, end: Timestamp, limits: &Thresholds, all: bool, out: &mut Vec<Finding>) {
    let about = |code| about(device, code);
    let codes = |counts: &std::collections::BTreeMap<String, u64>| {
        counts.iter().map(|(code, count)| format!("{code} ({count})")).collect::<Vec<_>>().join(", ")
    };
    let last = last_good(device);
    let streak = i64::try_from(device.failures_in_a_row).unwrap_or(i64::MAX);
    let failing = device.failing_since.filter(|since| {
        let until = device.last_attempt.unwrap_or(*since);
        streak >= limits.failures && minutes(*since, until) >= limits.failing_minutes
    });
    let barred = device.access_state.as_deref().and_then(|state| Some((state, access::barred(state)?)));
    let age = last.map(|last| minutes(last, end));
    let refused = barred.is_none()
        && failing.is_some()
        && device.failing_with.keys().all(|code| ["401", "456", "457"].iter().any(|c| code.starts_with(c)));
    // one that asks seldom is not late as long as it keeps its own rhythm
    let rhythm =
        device.rhythm_s.map_or(0, |gap| i64::try_from(gap).unwrap_or(i64::MAX).saturating_mul(limits.rhythm) / 60);
    if let Some((state, why)) = &barred {
        out.push(about(&LOG_BARRED).with("state", *state).with("why", why.clone()));
    } else if let Some(since) = failing {
        out.push(
            about(if refused { &LOG_REFUSED } else { &LOG_FAILING })
                .with("count", device.failures_in_a_row)
                .with("since", since.to_string())
                .with("last", said(last))
                .with("codes", codes(&device.failing_with))
                .with("line", place(device.lines.failure.as_ref())),
        );
    } else if let (Some(last), Some(age)) = (last, age) {
        let told = |code| {
            about(code)
                .with("last", last.to_string())
                .with("age", span(age))
                .with("count", device.failures_in_a_row)
                .with("proof", yes(device.proof))
                .with("line", place(device.lines.success.as_ref()))
        };
        if age > limits.stale_minutes {
            out.push(told(&LOG_STALE).severity(if all { Severity::Fail } else { Severity::Warn }));
        } else if age > limits.fresh_minutes.max(rhythm) && all {
            out.push(told(&LOG_STALE));
        } else if all {
            out.push(told(&LOG_OK));
        }
    } else if streak > 0 || device.hits >= 3 {
        out.push(about(&LOG_NEVER).with("count", device.hits).with("codes", codes(&device.statuses)));
    }
    if !refused {
        auth::judge(device, end, limits, all, out);
    }
    strain::judge(device, limits, barred.is_some(), out);
}

/// A finding about a device.
fn about(device: &LogDevice, code: &'static Code) -> Finding {
    let mut finding = Finding::new(code).with("who", name(device));
    if let Some(mailbox) = device.mailbox.as_ref().or(device.user.as_ref()) {
        finding = finding.with("mailbox", mailbox.as_str());
    }
    finding.with("device", device.device_id.clone().unwrap_or_default())
}

fn place(line: Option<&LineAt>) -> String {
    line.map_or_else(|| "-".to_owned(), |line| format!("{}:{}", line.file, line.line))
}

fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second()) / 60
}

/// A device as a reader knows it.
pub fn name(device: &LogDevice) -> String {
    let account = device.mailbox.as_deref().or(device.user.as_deref()).unwrap_or("?");
    match device.device_type.as_deref().or(device.device_id.as_deref()) {
        Some(kind) => format!("{account} ({kind})"),
        None => account.to_owned(),
    }
}

/// A moment; where there is none, the logs do not hold it.
fn said(at: Option<Timestamp>) -> Value {
    let none = text!("not in these logs", "nicht in diesen Protokollen");
    at.map_or_else(|| none.into(), |at| at.to_string().into())
}

fn yes(is: bool) -> Value {
    if is { text!("yes", "ja").into() } else { text!("no", "nein").into() }
}

/// Minutes in words.
fn span(minutes: i64) -> Value {
    json!({"en": finding::span(minutes, Lang::En), "de": finding::span(minutes, Lang::De)})
}
