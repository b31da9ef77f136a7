//! What does a server say of the mailbox and of whoever uses it, whichever check has asked?

use crate::evidence::Response;
use crate::finding::{Code, Finding};
use crate::findings;
use crate::protocol::endpoint::{Endpoint, Origin};

findings! {
    WRONG_MAILBOX_SERVER = "activesync.wrong-mailbox-server", Fail, Exchange {
        title { en: "{host} is not the right server for this mailbox (HTTP 451)", de: "{host} ist nicht der richtige Server für dieses Postfach (HTTP 451)" }
        meaning {
            en: "The mailbox was moved, or another server serves it better. Clients that do not follow this answer stay without mail.",
            de: "Das Postfach wurde verschoben, oder ein anderer Server ist dafür zuständig. Clients, die dieser Antwort nicht folgen, bekommen keine Mails.",
        }
        remedy { en: "Set the account up again with the right server, and correct Autodiscover", de: "Richten Sie das Konto mit dem richtigen Server neu ein und korrigieren Sie Autodiscover" }
        steps [
            { en: "Check the mailbox at the server that X-MS-Location names; where it names none, at the one that Exchange has for the mailbox:", de: "Prüfen Sie das Postfach bei dem Server, den X-MS-Location nennt, sonst bei dem, den Exchange für das Postfach führt:", Shell "exdiag check {mailbox} --server {next}" },
            { en: "On Exchange, compare the addresses of the sites:", de: "Vergleichen Sie in Exchange die Adressen der Standorte:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl\nGet-Recipient '{mailbox}' | Format-List RecipientTypeDetails,Database,ExternalEmailAddress" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/a907164a-907c-48b4-b2ef-44a06867f03f"]
    }
    USER_DISABLED = "activesync.user-disabled", Fail, Exchange {
        title { en: "{mailbox} may not use ActiveSync", de: "{mailbox} darf ActiveSync nicht verwenden" }
        meaning {
            en: "Whatever the password, the access is forbidden: ActiveSync is switched off for the mailbox, the device is not allowed, or a policy forbids this way to sign in.",
            de: "Mit jedem Passwort ist der Zugriff verboten: ActiveSync ist für das Postfach ausgeschaltet, das Gerät nicht zugelassen, oder eine Richtlinie verbietet diese Art der Anmeldung.",
        }
        remedy { en: "Switch ActiveSync on for the mailbox", de: "Schalten Sie ActiveSync für das Postfach ein" }
        steps [
            { en: "See what holds for the mailbox:", de: "Sehen Sie nach, was für das Postfach gilt:", Powershell "Get-CASMailbox '{mailbox}' | Format-List ActiveSyncEnabled,ActiveSyncAllowedDeviceIDs,ActiveSyncBlockedDeviceIDs" },
            { en: "Switch it on:", de: "Schalten Sie es ein:", Powershell "Set-CASMailbox '{mailbox}' -ActiveSyncEnabled $true" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    NO_MAILBOX = "activesync.no-mailbox", Fail, Exchange {
        title { en: "{host} knows no mailbox for {mailbox}", de: "{host} kennt kein Postfach für {mailbox}" }
        meaning {
            en: "The sign-in was accepted, but there is no licensed mailbox behind the account ({error}).",
            de: "Die Anmeldung wurde angenommen, aber zum Konto gehört kein lizenziertes Postfach ({error}).",
        }
        remedy { en: "Assign a licence, or finish the move of the mailbox", de: "Weisen Sie eine Lizenz zu oder schließen Sie den Umzug des Postfachs ab" }
        steps [
            { en: "See what the mailbox is:", de: "Sehen Sie nach, was das Postfach ist:", Powershell "Get-Recipient '{mailbox}' | Format-List RecipientTypeDetails,PrimarySmtpAddress" },
        ]
    }
    THROTTLED = "activesync.throttled", Warn, Exchange {
        title { en: "{host} throttles: {reason}", de: "{host} drosselt: {reason}" }
        meaning {
            en: "The server slows this user or device down because of too many requests. The credentials have nothing to do with it.",
            de: "Der Server bremst diesen Benutzer oder dieses Gerät wegen zu vieler Anfragen. Mit den Anmeldedaten hat das nichts zu tun.",
        }
        remedy { en: "Wait, then ask less often, or give the service a throttling policy of its own", de: "Warten Sie, fragen Sie dann seltener, oder geben Sie dem Dienst eine eigene Drosselungsrichtlinie" }
        steps [
            { en: "See which policy holds:", de: "Sehen Sie nach, welche Richtlinie gilt:", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List ThrottlingPolicyId\nGet-ThrottlingPolicy | Format-List Name,Eas*" },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/618181c9-6365-42e4-ad9b-9db23016ae7b"]
    }
}

/// A finding about the endpoint.
pub fn about(code: &'static Code, endpoint: &Endpoint) -> Finding {
    Finding::new(code).host(&endpoint.host).port(endpoint.port).url(&endpoint.url)
}

/// [MS-ASHTTP] throttling headers; a negative back-off is budget that is still left.
pub fn throttled(endpoint: &Endpoint, response: &Response) -> Option<Finding> {
    let back_off = response.header("x-ms-backoffduration");
    let waits = back_off.filter(|text| text.split_once('/').is_some_and(|(_, s)| !s.trim().starts_with('-')));
    let reason = response
        .header("x-ms-asthrottle")
        .or_else(|| waits.map(|duration| response.header("x-ms-backoffreason").unwrap_or(duration)))?;
    let mut finding = about(&THROTTLED, endpoint).with("status", response.status).with("reason", reason);
    if let Some(duration) = back_off {
        finding = finding.with("back_off", duration);
    }
    Some(finding)
}

/// HTTP 451, with the server that it names.
pub fn wrong_server(endpoint: &Endpoint, response: &Response) -> Finding {
    let location = response.header("x-ms-location");
    let next = location.and_then(|url| Endpoint::parse(url, Origin::User)).map(|e| e.host);
    // where the server names none, the reader fills the gap of the command
    let finding = about(&WRONG_MAILBOX_SERVER, endpoint)
        .with("status", response.status)
        .with("next", next.unwrap_or_else(|| "SERVER".to_owned()));
    match location {
        Some(location) => finding.with("location", location),
        None => finding,
    }
}
