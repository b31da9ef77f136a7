//! When was the mailbox last synced, as far as anybody can tell?
//!
//! The sync service's API has no time of a sync (its `updated_at` is the last authentication). What
//! it shows is the newest message that it can read now, so everything here is inferred from that.

mod devices;

pub use devices::FINDINGS as DEVICE_FINDINGS;

use super::common;
use super::common::logs::{Thresholds, judge};
use super::common::service::{account, papers, signed_in};
use crate::evidence::logs::LogsSeen;
use crate::evidence::service::History;
use crate::evidence::{HttpOutcome, Probe, Stop, Subject, View};
use crate::finding::{Finding, Outcome, Sentence};
use crate::protocol::nylas::{self, Answer, Lookup};
use crate::{findings, text};
use jiff::Timestamp;

/// Without a message for so long, somebody should look. A week holds a weekend and a holiday even
/// in a quiet mailbox; it is a guess about people, so it warns and never fails.
const STALE_DAYS: i64 = 7;

/// Logs that end longer ago, in seconds, say little about now.
const STALE_LOGS_S: i64 = 24 * 3600;

findings! {
    OK = "sync.ok", Info, Sync {
        title { en: "The sync service reads messages up to {newest_message}", de: "Der Sync-Dienst liest Nachrichten bis {newest_message}" }
        meaning {
            en: "That is the date of the newest message that it sees now, not the time of a sync: the service does not record one.",
            de: "Das ist das Datum der neuesten Nachricht, die er jetzt sieht, nicht der Zeitpunkt einer Synchronisierung: Den hält der Dienst nicht fest.",
        }
    }
    STALE = "sync.stale", Warn, Sync {
        title { en: "The newest message that the sync service sees is {age_days} days old", de: "Die neueste Nachricht, die der Sync-Dienst sieht, ist {age_days} Tage alt" }
        meaning {
            en: "Either nothing has arrived since {newest_message}, or the service no longer gets new messages. The date is inferred: the service records no time of a sync.",
            de: "Entweder ist seit {newest_message} nichts angekommen, oder der Dienst bekommt keine neuen Nachrichten mehr. Das ist erschlossen: Einen Zeitpunkt der Synchronisierung hält der Dienst nicht fest.",
        }
        remedy { en: "Send a test mail and look again", de: "Senden Sie eine Testmail und prüfen Sie erneut" }
        steps [
            { en: "Send a mail to {mailbox} and wait five minutes.", de: "Senden Sie eine Mail an {mailbox} und warten Sie fünf Minuten." },
            { en: "Look again; if the mail is in Outlook but not here, the sync is broken:", de: "Prüfen Sie erneut; ist die Mail in Outlook, aber nicht hier, ist die Synchronisierung gestört:", Shell "exdiag check {mailbox} --only last-sync --nylas-grant {grant}" },
        ]
        links ["https://developer.nylas.com/docs/v3/auth/manage-grants/"]
    }
    NEVER = "sync.never", Warn, Sync {
        title { en: "The sync service sees no message at all in {mailbox}", de: "Der Sync-Dienst sieht in {mailbox} keine einzige Nachricht" }
        meaning {
            en: "The grant is there and the question was answered, with an empty list. Unless the mailbox is really empty, the service looks at another mailbox or may not read mail.",
            de: "Die Berechtigung ist da und die Frage wurde beantwortet, mit einer leeren Liste. Falls das Postfach nicht wirklich leer ist, sieht der Dienst ein anderes Postfach oder darf keine Mails lesen.",
        }
        remedy { en: "Compare with the mailbox itself, then connect it again", de: "Vergleichen Sie mit dem Postfach selbst und verbinden Sie es dann neu" }
        steps [
            { en: "See how many messages there are:", de: "Sehen Sie nach, wie viele Nachrichten darin sind:", Powershell "Get-MailboxStatistics '{mailbox}' | Format-List ItemCount,LastLogonTime" },
            { en: "If there are some, connect the mailbox again in the app.", de: "Wenn es welche gibt, verbinden Sie das Postfach in der App neu." },
        ]
        links ["https://developer.nylas.com/docs/dev-guide/scopes/"]
    }
    EVIDENCE_STALE = "sync.evidence-stale", Warn, Caller {
        title { en: "The logs end {end}, more than a day before this run", de: "Die Protokolle enden am {end}, mehr als einen Tag vor diesem Lauf" }
        meaning {
            en: "What has happened since then is not in them. Ages are told from the end of the logs.",
            de: "Was seitdem geschehen ist, steht nicht darin. Zeitspannen sind vom Ende der Protokolle an gerechnet.",
        }
        remedy { en: "Fetch the logs of today", de: "Holen Sie die Protokolle von heute" }
        steps [
            { en: "Write out what IIS still holds back, then copy the newest files:", de: "Lassen Sie IIS schreiben, was es noch zurückhält, und kopieren Sie dann die neuesten Dateien:", Powershell "netsh http flush logbuffer" },
        ]
        links ["https://learn.microsoft.com/windows-server/administration/windows-commands/netsh-http"]
    }
    SEEN_WORKING = "sync.seen-working", Info, Caller {
        title { en: "exdiag itself last saw it work at {at}", de: "exdiag selbst hat es zuletzt am {at} funktionieren sehen" }
        meaning {
            en: "So says the check {by} in one of the {reports} reports kept by --history. That is neither a sync of the service nor anything about today; where something is broken now, it has happened since then.",
            de: "Das sagt die Prüfung {by} in einem der {reports} Berichte, die --history aufbewahrt. Das ist weder eine Synchronisierung des Dienstes noch eine Aussage über heute; ist jetzt etwas defekt, ist es seitdem geschehen.",
        }
    }
    NO_SOURCE = "sync.no-source", Info, Caller {
        title { en: "There is no source for the last sync", de: "Für die letzte Synchronisierung gibt es keine Quelle" }
        meaning {
            en: "The server tells nobody from outside when a device or service last synced; the sync service itself can be asked, and Exchange lists the devices.",
            de: "Der Server sagt niemandem von außen, wann ein Gerät oder Dienst zuletzt synchronisiert hat; den Sync-Dienst selbst kann man fragen, und Exchange führt die Geräte auf.",
        }
        remedy { en: "Give exdiag a source: logs, the sync service's API or the list of devices", de: "Geben Sie exdiag eine Quelle: Protokolle, die API des Sync-Dienstes oder die Geräteliste" }
        steps [
            { en: "Name the IIS logs of the Exchange server:", de: "Nennen Sie die IIS-Protokolle des Exchange-Servers:", Shell "exdiag check {mailbox} --sync-log W3SVC1 --sync-log W3SVC2" },
            { en: "Or set the API key and name the grant:", de: "Oder setzen Sie den API-Schlüssel und nennen Sie die Berechtigung:", Shell "NYLAS_API_KEY=... exdiag check {mailbox} --nylas-grant GRANT_ID" },
            { en: "Or have an administrator export the devices:", de: "Oder lassen Sie in Exchange die Geräte exportieren:", Powershell "Get-MobileDeviceStatistics -Mailbox '{mailbox}' | ConvertTo-Json -Depth 3 > devices.json" },
            { en: "Then:", de: "Danach:", Shell "exdiag check {mailbox} --device-list devices.json" },
        ]
    }
}

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let mut outcome = judge_sources(view)?;
    let subject = view.subject();
    let beside: Vec<Finding> = papers::last_event(subject).into_iter().chain(seen_working(subject)).collect();
    let pasted = papers::said(subject, view.asked_at()).findings;
    let speaks = !subject.selected.iter().any(|id| id == "auth-status") && !pasted.is_empty();
    if speaks && let Outcome::Skipped { findings, .. } = outcome {
        outcome = Outcome::checked(papers::quoted(), findings);
    }
    if let Outcome::Checked { findings, .. }
    | Outcome::Inconclusive { findings, .. }
    | Outcome::Skipped { findings, .. } = &mut outcome
    {
        findings.extend(if speaks { pasted } else { Vec::new() });
        findings.extend(beside);
    }
    Ok(outcome)
}

/// When exdiag itself saw it work: a memory, never a proof of anything.
fn seen_working(subject: &Subject) -> Option<Finding> {
    let History { reports, worked_at, worked_by } = subject.history.as_ref()?;
    let (at, by) = (worked_at.as_ref()?, worked_by.as_ref()?);
    Some(Finding::new(&SEEN_WORKING).with("at", at.to_string()).with("by", by.as_str()).with("reports", *reports))
}

/// The server's own logs go before what the service's API lets guess; a list of devices is a source beside them.
fn judge_sources(view: &View<'_>) -> Result<Outcome, Stop> {
    let (first, devices) = (first(view), devices::judge(view));
    Ok(match (first?, devices?) {
        (None, None) => Outcome::Skipped {
            reason: Sentence::new(text!(
                "no source: --sync-log, or --nylas-grant with NYLAS_API_KEY, or --device-list",
                "keine Quelle: --sync-log, oder --nylas-grant mit NYLAS_API_KEY, oder --device-list",
            )),
            findings: vec![Finding::new(&NO_SOURCE)],
        },
        (Some(first), None) => first,
        (None, Some(devices)) => devices,
        (Some(first), Some(devices)) => both(first, devices),
    })
}

/// One outcome of two: what there is an answer to counts.
fn both(first: Outcome, devices: Outcome) -> Outcome {
    let more =
        |findings: Vec<Finding>, other: &Outcome| findings.into_iter().chain(other.findings().to_vec()).collect();
    match (first, devices) {
        (Outcome::Checked { note, findings }, other) | (other, Outcome::Checked { note, findings }) => {
            Outcome::Checked { note, findings: more(findings, &other) }
        }
        (Outcome::Inconclusive { reason, findings }, other) => {
            Outcome::Inconclusive { reason, findings: more(findings, &other) }
        }
        (other, _) => other,
    }
}

/// By the logs, else by what the sync service says; `None` where there are neither.
fn first(view: &View<'_>) -> Result<Option<Outcome>, Stop> {
    if let Some(logs) = &view.subject().logs {
        return Ok(Some(by_logs(view, logs)));
    }
    let Some(lookup) = nylas::lookup(view)? else { return Ok(None) };
    of_grant(view, &lookup).map(Some)
}

fn of_grant(view: &View<'_>, lookup: &Lookup<'_>) -> Result<Outcome, Stop> {
    if let Answer::Account(found) = &lookup.answer
        && account::runs(found).is_some()
    {
        return Ok(Outcome::skip(Sentence::new(text!(
            "the sync service's old API tells no time of a sync",
            "die alte API des Sync-Dienstes nennt keinen Zeitpunkt einer Synchronisierung",
        ))));
    }
    // the grant and its faults are told by `auth-status`
    let Answer::Grants(grants) = &lookup.answer else { return common::without_grant(view) };
    let Some(grant) = nylas::foremost(grants) else { return common::without_grant(view) };
    if grant.grant_status == "invalid" || grant.blocked {
        return common::without_grant(view);
    }
    let probe = nylas::newest_message(lookup.probe.api(), grant);
    let seen = match view.service(&probe)? {
        Ok(seen) => seen,
        Err(why) => return Ok(common::unanswered(why)),
    };
    let response = match &seen.outcome {
        HttpOutcome::Response(response) if response.status == 200 => response,
        _ => return common::without_grant(view),
    };
    let Some(messages) = nylas::messages(response) else { return common::without_grant(view) };
    let about = |code| {
        Finding::new(code)
            .with("grant", grant.id.as_str())
            .with("inferred", true)
            .with("last_sign_in", signed_in(grant))
            .seen_in(&Probe::Service(probe.clone()))
    };
    let newest = messages.iter().filter_map(|m| Timestamp::from_second(m.date).ok()).max();
    let Some(newest) = newest else {
        let note = Sentence::new(text!("the sync service sees no message", "der Sync-Dienst sieht keine Nachricht"));
        return Ok(Outcome::checked(note, vec![about(&NEVER)]));
    };
    // a date in the future is a draft's or a wrong clock's: as new as can be
    let age_days = (view.asked_at().as_second().saturating_sub(newest.as_second())).max(0) / 86_400;
    let code = if age_days >= STALE_DAYS { &STALE } else { &OK };
    let finding = about(code).with("newest_message", newest.to_string()).with("age_days", age_days);
    let note = Sentence::new(text!(
        "newest message of {newest_message} (inferred; the service records no sync time)",
        "neueste Nachricht vom {newest_message} (erschlossen; der Dienst hält keine Synchronisierung fest)",
    ))
    .with("newest_message", newest.to_string());
    Ok(Outcome::checked(note, vec![finding]))
}

fn by_logs(view: &View<'_>, logs: &LogsSeen) -> Outcome {
    let mailbox = view.subject().label();
    let mut findings = judge(logs, &Thresholds::default(), Some(mailbox));
    let end = logs.coverage.to;
    if let Some(end) = end.filter(|end| view.asked_at().as_second() - end.as_second() > STALE_LOGS_S) {
        findings.push(Finding::new(&EVIDENCE_STALE).with("end", end.to_string()));
    }
    let Some(end) = end else {
        let reason = text!("the logs hold no line that can be used", "die Protokolle enthalten keine brauchbare Zeile");
        return Outcome::Inconclusive { reason: Sentence::new(reason), findings };
    };
    let devices = logs.devices.iter().filter_map(|device| device.last_success.or(device.last_accepted));
    let newest = devices.chain(logs.ews.iter().filter_map(|client| client.last_accepted)).max();
    let note = match newest {
        Some(newest) => Sentence::new(text!(
            "last successful request {newest}, the logs end {end}",
            "letzte erfolgreiche Anfrage {newest}, die Protokolle enden {end}",
        ))
        .with("newest", newest.to_string()),
        None => Sentence::new(text!(
            "no successful request in the logs up to {end}",
            "keine erfolgreiche Anfrage in den Protokollen bis {end}",
        )),
    };
    Outcome::checked(note.with("end", end.to_string()), findings)
}
