//! Does the last sign-in that logs show say that a client's credentials were accepted?
//!
//! Accepted is no proof of today's password: after it was changed, or the account was disabled, Exchange
//! may let a client go on for 8 to 24 hours ([KB 2612821](https://support.microsoft.com/kb/2612821)).

use super::limits::Thresholds;
use super::{about, minutes, place, span};
use crate::evidence::logs::LogDevice;
use crate::finding::Finding;
use crate::findings;
use jiff::Timestamp;

findings! {
    ACCEPTED = "auth.log-accepted", Info, Exchange {
        title { en: "The sign-in of {who} was accepted at {last}", de: "Die Anmeldung von {who} wurde am {last} angenommen" }
        meaning {
            en: "That is {age} before the end of the logs ({line}), and no later one was refused. It proves no password of today: after a change Exchange may let a client go on for 8 to 24 hours.",
            de: "Das ist {age} vor dem Ende der Protokolle ({line}), und keine spätere wurde abgelehnt. Ein Beleg für das heutige Passwort ist es nicht: Nach einer Änderung kann Exchange einen Client noch 8 bis 24 Stunden gewähren lassen.",
        }
    }
    OLD = "auth.log-old", Warn, Sync {
        title { en: "The last accepted sign-in of {who} is {age} old", de: "Die letzte angenommene Anmeldung von {who} liegt {age} zurück" }
        meaning {
            en: "It was {last} ({line}), counted to the end of the logs. Since then nobody has signed in for it: whether the credentials still hold does not show.",
            de: "Sie war am {last} ({line}), gezählt bis zum Ende der Protokolle. Seitdem hat sich dafür niemand angemeldet: Ob die Anmeldedaten noch gelten, zeigt sich nicht.",
        }
        remedy { en: "See whether the client still runs, then sign in once", de: "Sehen Sie nach, ob der Client noch läuft, und melden Sie sich dann einmal an" }
        steps [
            { en: "Look at the account in the app or the sync service: is it paused?", de: "Sehen Sie das Konto in der App oder im Sync-Dienst an: Ist es angehalten?" },
            { en: "Try the credentials from outside:", de: "Testen Sie die Anmeldedaten von außen:", Shell "exdiag check {mailbox} --ask-password --only auth-status" },
        ]
        links ["https://support.microsoft.com/kb/2612821"]
    }
    MIXED = "auth.log-mixed", Warn, User {
        title { en: "Sign-ins of {who} are now accepted, now refused", de: "Anmeldungen von {who} werden mal angenommen, mal abgelehnt" }
        meaning {
            en: "{count} {count|was|were} refused, the last {refused} with {status} ({line}); accepted last: {last}. Two clients may share the device's name, one of them with an old password; or the password was changed a short time ago, and what was accepted before is let go on for 8 to 24 hours.",
            de: "{count} {count|wurde|wurden} abgelehnt, zuletzt {refused} mit {status} ({line}); zuletzt angenommen: {last}. Vielleicht teilen sich zwei Clients den Namen des Geräts, einer davon mit altem Passwort; oder das Passwort wurde vor kurzem geändert, und was vorher angenommen war, darf noch 8 bis 24 Stunden weiterlaufen.",
        }
        remedy { en: "Find the client with the old password", de: "Finden Sie den Client mit dem alten Passwort" }
        steps [
            { en: "List the devices of the mailbox with their agents:", de: "Listen Sie die Geräte des Postfachs mit ihren Kennungen auf:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | Format-List DeviceId,DeviceType,DeviceUserAgent,LastSyncAttemptTime" },
            { en: "See whether the account is being locked:", de: "Sehen Sie nach, ob das Konto dabei gesperrt wird:", Powershell "Get-ADUser (Get-User '{mailbox}').SamAccountName -Properties LockedOut,BadLogonCount,PasswordLastSet | Format-List Name,LockedOut,BadLogonCount,PasswordLastSet" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code"]
    }
}

/// Sign-ins with credentials that were refused: IIS gives the reason as win32 status, or ActiveSync's own code.
fn refusals(device: &LogDevice) -> u64 {
    let counts = |status: &str| {
        let mut parts = status.split('.');
        let http = parts.next().unwrap_or_default();
        let (sub, win32) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        matches!(http, "456" | "457")
            || (http == "401" && matches!(sub, "1" | "5") && !matches!(win32, "0" | "2148074254"))
    };
    device.statuses.iter().filter(|(status, _)| counts(status)).map(|(_, count)| *count).sum()
}

/// Judges one device whose sign-in is not refused for good. `end`: the last line; `all`: what is well is told, too.
pub fn judge(device: &LogDevice, end: Timestamp, limits: &Thresholds, all: bool, out: &mut Vec<Finding>) {
    let Some(last) = device.last_sign_in else { return };
    let age = minutes(last, end);
    let told = |code, line| {
        about(device, code).with("last", last.to_string()).with("age", span(age)).with("line", place(line))
    };
    let refused = device.last_refusal.as_ref().filter(|refusal| minutes(refusal.at, end) <= limits.stale_minutes);
    let count = refusals(device);
    if let Some(refusal) = refused
        && i64::try_from(count).unwrap_or(i64::MAX) >= limits.failures
    {
        let finding =
            told(&MIXED, device.lines.refusal.as_ref()).with("count", count).with("refused", refusal.at.to_string());
        out.push(finding.with("status", refusal.status.as_str()));
    } else if age > limits.stale_minutes {
        if all {
            out.push(told(&OLD, device.lines.sign_in.as_ref()));
        }
    } else if all && device.last_refusal.as_ref().is_none_or(|refusal| refusal.at <= last) {
        out.push(told(&ACCEPTED, device.lines.sign_in.as_ref()));
    }
}
