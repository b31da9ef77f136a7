//! Does a client of EWS get on, as far as HTTP shows?

use super::limits::Thresholds;
use super::{minutes, place, said, span};
use crate::evidence::logs::EwsClient;
use crate::finding::Finding;
use crate::findings;
use jiff::Timestamp;

findings! {
    ACCEPTED = "sync.ews-accepted", Info, Exchange {
        title { en: "EWS: {who} was last accepted {last}", de: "EWS: {who} wurde zuletzt am {last} angenommen" }
        meaning {
            en: "That is {age} before the end of the logs ({line}), by {agent}. HTTP said 200; what EWS itself answered stands in no log of IIS.",
            de: "Das ist {age} vor dem Ende der Protokolle ({line}), durch {agent}. HTTP sagte 200; was EWS selbst geantwortet hat, steht in keinem IIS-Protokoll.",
        }
    }
    STALE = "sync.ews-stale", Warn, Sync {
        title { en: "EWS: {who} was last accepted {age} before the end of the logs", de: "EWS: {who} wurde zuletzt {age} vor dem Ende der Protokolle angenommen" }
        meaning {
            en: "That was {last} ({line}), by {agent}. Since then this client has not asked with success: it was stopped, replaced by another one, or does not reach the server.",
            de: "Das war {last} ({line}), durch {agent}. Seitdem hat dieser Client nicht mehr mit Erfolg gefragt: Er wurde angehalten, durch einen anderen ersetzt oder erreicht den Server nicht.",
        }
        remedy { en: "See whether the client still runs", de: "Sehen Sie nach, ob der Client noch läuft" }
        steps [
            { en: "Look at the account in the app or the sync service: is it paused, or does it want a sign-in?", de: "Sehen Sie das Konto in der App oder im Sync-Dienst an: Ist es angehalten, oder will es eine Anmeldung?" },
            { en: "Try EWS with the same credentials from outside:", de: "Testen Sie EWS mit denselben Anmeldedaten von außen:", Shell "exdiag check {mailbox} --only server-version --ask-password" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange"]
    }
    FAILING = "sync.ews-failing", Fail, Exchange {
        title { en: "EWS: {who} has failed {count} {count|time|times} in a row since {since}", de: "EWS: {who} ist seit {since} {count}-mal in Folge gescheitert" }
        meaning {
            en: "The first of these failures stands at {line}, the codes are {codes}, the client is {agent}. The last that was accepted: {last}.",
            de: "Der erste dieser Fehler steht in {line}, die Codes sind {codes}, der Client ist {agent}. Zuletzt angenommen: {last}.",
        }
        remedy { en: "Go by the code of the first failure", de: "Richten Sie sich nach dem Code des ersten Fehlers" }
        steps [
            { en: "401 with 1326 is a wrong password, 1909 a locked account: enter the password anew in the sync service.", de: "401 mit 1326 ist ein falsches Passwort, 1909 ein gesperrtes Konto: Geben Sie das Passwort im Sync-Dienst neu ein." },
            { en: "403 or 404: see whether EWS is on for the mailbox, and which applications may use it.", de: "403 oder 404: Sehen Sie nach, ob EWS für das Postfach eingeschaltet ist und welche Anwendungen es verwenden dürfen.", Powershell "Get-CASMailbox '{mailbox}' | Format-List Ews*" },
            { en: "5xx is the server itself:", de: "5xx ist der Server selbst:", Powershell "Get-WebAppPoolState MSExchangeServicesAppPool" },
        ]
        links ["https://learn.microsoft.com/exchange/client-developer/exchange-web-services/how-to-control-access-to-ews-in-exchange"]
    }
}

/// Judges one client. `end`: the last line; `all`: what is well is told, too.
pub fn judge(client: &EwsClient, end: Timestamp, limits: &Thresholds, all: bool, out: &mut Vec<Finding>) {
    let about = |code| {
        let finding = Finding::new(code).with("who", client.user.as_str()).with("mailbox", client.user.as_str());
        finding.with("agent", client.agent.as_str()).with("last", said(client.last_accepted))
    };
    let until = client.last_attempt.unwrap_or(end);
    let streak = i64::try_from(client.failures_in_a_row).unwrap_or(i64::MAX);
    let lasting = |since: &Timestamp| streak >= limits.failures && minutes(*since, until) >= limits.failing_minutes;
    if let Some(since) = client.failing_since.filter(lasting) {
        let codes: Vec<String> = client.failing_with.iter().map(|(code, count)| format!("{code} ({count})")).collect();
        out.push(
            about(&FAILING)
                .with("count", client.failures_in_a_row)
                .with("since", since.to_string())
                .with("codes", codes.join(", "))
                .with("line", place(client.failing_line.as_ref())),
        );
    } else if let Some(last) = client.last_accepted.filter(|_| all) {
        let (line, age) = (place(client.last_accepted_line.as_ref()), minutes(last, end));
        let code = if age > limits.stale_minutes { &STALE } else { &ACCEPTED };
        out.push(about(code).with("age", span(age)).with("line", line));
    }
}
