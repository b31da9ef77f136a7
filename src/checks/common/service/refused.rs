//! What does it mean that the sync service's API answers with an error, and who has to act?
//!
//! By the published error codes: 429 is the service's own limit (`nylas_rate_limit_exceeded`) or that of the
//! server behind it; 504 is a server that did not answer the service in time.

use super::{GRANT_BLOCKED, GRANT_INVALID, GRANT_UNKNOWN, SCOPES_MISSING, connector, region};
use crate::evidence::{Probe, Response, ServiceProbe};
use crate::finding::{Code, Finding, Owner, Remedy, Severity};
use crate::protocol::nylas::{self, ApiError, Grant};
use crate::{findings, remedies};
use serde_json::{Value, json};

findings! {
    API_REFUSED = "sync.api-refused", Warn, Caller {
        title { en: "The sync service's API answers {answer}: {why}", de: "Die API des Sync-Dienstes antwortet mit {answer}: {why}" }
        meaning {
            en: "So exdiag does not learn from the service how the mailbox stands; that alone says nothing about the Exchange server. In the service's own words: {said}.",
            de: "exdiag erfährt also vom Dienst nicht, wie es um das Postfach steht; über den Exchange-Server sagt das allein nichts. In den Worten des Dienstes: {said}.",
        }
        remedy { en: "Check the key and its region", de: "Prüfen Sie den Schlüssel und seine Region" }
        steps [
            { en: "A key belongs to one application in one region. Set the key of the application that connected the mailbox, and name its region:", de: "Ein Schlüssel gehört zu einer Anwendung in einer Region. Setzen Sie den Schlüssel der Anwendung, die das Postfach verbunden hat, und nennen Sie ihre Region:", Shell "NYLAS_API_KEY=... exdiag check {mailbox} --nylas-region {other_region}" },
        ]
        cases [KEY_MAY_NOT, WRONG_ID, WAIT, SERVER_SLOWS, SERVICE_DOWN, SERVER_REFUSES, NO_API]
        links ["https://developer.nylas.com/docs/developer-tools/api/rate-limits/", "https://developer.nylas.com/docs/api/errors/500-response"]
    }
    SERVICE_CANNOT_REACH = "sync.service-cannot-reach", Fail, Network {
        title { en: "The sync service does not reach the server of {mailbox}", de: "Der Sync-Dienst erreicht den Server von {mailbox} nicht" }
        meaning {
            en: "{here} The service's own request to the mail server timed out ({answer}).",
            de: "{here} Die eigene Anfrage des Dienstes an den Mailserver blieb ohne Antwort ({answer}).",
        }
        remedy { en: "Allow the sync service's addresses in the firewall", de: "Geben Sie die Adressen des Sync-Dienstes in der Firewall frei" }
        steps [
            { en: "In the firewall, look for lists of allowed addresses, country blocks and intrusion prevention for port 443, and in their logs for refused connections.", de: "Suchen Sie in der Firewall nach Listen erlaubter Adressen, Ländersperren und Intrusion Prevention für Port 443, und in deren Logs nach abgewiesenen Verbindungen." },
            { en: "Allow the service's addresses of your region. Nylas publishes fixed ones, but uses them only for applications that have ordered them: ask the owner of the app.", de: "Geben Sie die Adressen des Dienstes für Ihre Region frei. Nylas veröffentlicht feste, verwendet sie aber nur für Anwendungen, die das bestellt haben: Fragen Sie den Betreiber der App.", Config "https://developer.nylas.com/docs/dev-guide/platform/static-ips/" },
            { en: "On the Exchange server, look for an address restriction of IIS on EWS:", de: "Suchen Sie auf dem Exchange-Server nach einer Adressbeschränkung von IIS für EWS:", Powershell "Get-WebConfiguration -Filter /system.webServer/security/ipSecurity -PSPath 'IIS:\\Sites\\Default Web Site\\EWS' | Select-Object -ExpandProperty Collection" },
            { en: "See whether the server answers from here:", de: "Prüfen Sie, ob der Server von hier aus antwortet:", Shell "exdiag check {mailbox} --only activesync,tls-chain,tls-intermediate,server-version" },
        ]
        cases [OTHER_SERVER]
        links ["https://developer.nylas.com/docs/dev-guide/platform/static-ips/", "https://support.nylas.com/hc/en-us/articles/24448952325533-Determining-if-you-need-Nylas-v3-Static-IPs"]
    }
}

remedies! {
    KEY_MAY_NOT {
        en: "Use a key that may read grants",
        de: "Verwenden Sie einen Schlüssel, der Berechtigungen lesen darf",
        steps [
            { en: "Ask the owner of the app for a key of the application that connected the mailbox, and set it:", de: "Lassen Sie sich vom Betreiber der App einen Schlüssel der Anwendung geben, die das Postfach verbunden hat, und setzen Sie ihn:", Shell "NYLAS_API_KEY=... exdiag check {mailbox} --only auth-status,last-sync" },
        ]
    }
    WRONG_ID {
        en: "Check the id, or look the grant up by address",
        de: "Prüfen Sie die ID, oder suchen Sie die Berechtigung nach der Adresse",
        steps [
            { en: "Without an id it is looked up by the mailbox's address:", de: "Ohne ID wird sie nach der Adresse des Postfachs gesucht:", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
        ]
    }
    WAIT {
        en: "Wait {wait}, then ask again",
        de: "Warten Sie {wait} und fragen Sie dann erneut",
        steps [
            { en: "Ask once more after that; do not ask in a loop, all programs of the application share the limit:", de: "Fragen Sie danach noch einmal, aber nicht in einer Schleife: Alle Programme der Anwendung teilen sich die Grenze.", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
        ]
    }
    SERVER_SLOWS {
        en: "Wait {wait}; if it stays, give the mailbox a throttling policy of its own",
        de: "Warten Sie {wait}; bleibt es dabei, geben Sie dem Postfach eine eigene Drosselungsrichtlinie",
        steps [
            { en: "It is the mail server that slows the service down. See which policy holds, and its limits:", de: "Es ist der Mailserver, der den Dienst bremst. Sehen Sie nach, welche Richtlinie gilt, und ihre Grenzen:", Powershell "Get-ThrottlingPolicyAssociation '{mailbox}' | Format-List\nGet-ThrottlingPolicy | Format-List Name,Ews*,Eas*" },
            { en: "Give the mailbox one of its own (the number is an example):", de: "Geben Sie dem Postfach eine eigene (die Zahl ist ein Beispiel):", Powershell "New-ThrottlingPolicy SyncService -EwsMaxConcurrency 60\nSet-ThrottlingPolicyAssociation '{mailbox}' -ThrottlingPolicy SyncService" },
            { en: "Look again after that:", de: "Prüfen Sie danach erneut:", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
        ]
    }
    SERVICE_DOWN {
        en: "Look at the service's status page, and ask again later",
        de: "Sehen Sie auf die Statusseite des Dienstes und fragen Sie später erneut",
        steps [
            { en: "See whether a fault is known:", de: "Sehen Sie nach, ob eine Störung bekannt ist:", Config "https://status.nylas.com" },
            { en: "Ask again in a quarter of an hour:", de: "Fragen Sie in einer Viertelstunde erneut:", Shell "exdiag check {mailbox} --only auth-status,last-sync" },
            { en: "If it stays, name this request to the service's support:", de: "Bleibt es dabei, nennen Sie dem Support des Dienstes diese Anfrage:", Config "request_id {request_id}" },
        ]
    }
    SERVER_REFUSES {
        en: "Allow the service's application to use EWS for this mailbox",
        de: "Erlauben Sie der Anwendung des Dienstes EWS für dieses Postfach",
        steps [
            { en: "The mail server let the account in and then refused the access. See whether EWS is switched off for the mailbox, for all or for some applications:", de: "Der Mailserver hat das Konto eingelassen und dann den Zugriff verweigert. Sehen Sie nach, ob EWS für das Postfach, für alle oder für manche Anwendungen ausgeschaltet ist:", Powershell "Get-CASMailbox '{mailbox}' | Format-List Ews*\nGet-OrganizationConfig | Format-List Ews*" },
            { en: "Switch it on where it is off:", de: "Schalten Sie es ein, wo es aus ist:", Powershell "Set-CASMailbox '{mailbox}' -EwsEnabled $true" },
        ]
    }
    NO_API {
        en: "Name the address of the service's API",
        de: "Nennen Sie die Adresse der API des Dienstes",
        steps [
            { en: "What answers at {api} does not speak the API: a proxy, or another site. Leave --nylas-api out, or name the region:", de: "Was unter {api} antwortet, spricht die API nicht: ein Proxy oder eine andere Website. Lassen Sie --nylas-api weg oder nennen Sie die Region:", Shell "exdiag check {mailbox} --only auth-status --nylas-region {other_region}" },
        ]
    }
    OTHER_SERVER {
        en: "Give the service the server that Autodiscover leads to",
        de: "Geben Sie dem Dienst den Server an, zu dem Autodiscover führt",
        steps [
            { en: "The grant goes to {ews_host}, but clients are led to {server}. Connect the mailbox again in the app and give it this server:", de: "Die Berechtigung geht zu {ews_host}, Clients werden aber zu {server} geführt. Verbinden Sie das Postfach in der App neu und geben Sie diesen Server an:", Config "{server}" },
            { en: "If {ews_host} is right, allow the service's addresses there on port 443.", de: "Ist {ews_host} richtig, geben Sie dort die Adressen des Dienstes auf Port 443 frei." },
        ]
    }
}

/// The kind of error that a key has which the service does not know.
pub const NO_KEY: &str = "token.unauthorized_access";

/// What is known here of the server that the service has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing.
    Nothing,
    /// It answers.
    Answers,
    /// It does not answer here either.
    Silent,
}

/// What an answer of the API other than a good one means; with a grant, it was asked for messages.
pub fn refused(probe: &ServiceProbe, response: &Response, grant: Option<&Grant>) -> Finding {
    let error = nylas::error(response);
    let host = url::Url::parse(probe.api()).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    let finding = told(response.status, &error, response.header("retry-after"), grant)
        .with("api", probe.api())
        .with("other_region", region(probe.api()))
        .with("grant", probe.id().unwrap_or_default())
        .seen_in(&Probe::Service(probe.clone()));
    if finding.code.id == API_REFUSED.id { finding.host(host) } else { finding }
}

/// The same, wherever the error comes from.
pub fn told(status: u16, error: &ApiError, retry_after: Option<&str>, grant: Option<&Grant>) -> Finding {
    let finding = |code: &'static Code| {
        let mut finding = Finding::new(code).with("status", status).with("answer", format!("HTTP {status}"));
        if !error.kind.is_empty() {
            finding = finding.with("error", error.kind.as_str()).with("message", error.message.as_str());
        }
        if let Some(provider) = &error.provider_error {
            finding = finding.with("provider_error", provider.clone());
        }
        if !error.error_codes.is_empty() {
            finding = finding.with("error_codes", error.error_codes.clone());
        }
        if let Some(retry) = retry_after {
            finding = finding.with("retry_after", retry);
        }
        finding
    };
    let by_provider = error.name() == "provider_error" || error.provider_error.is_some();
    match (status, grant) {
        (423, _) => return finding(&GRANT_BLOCKED),
        (404, Some(grant)) if error.says("MailboxNotEnabledForRESTAPI") => {
            return connector::not_there(finding(&connector::CONNECTOR_WRONG), grant).severity(Severity::Fail);
        }
        (404, _) => return finding(&GRANT_UNKNOWN),
        (401, Some(grant)) => {
            return finding(&GRANT_INVALID)
                .with("grant_status", "invalid_grant")
                .with("last_sign_in", super::signed_in(grant));
        }
        (403, Some(_)) if !by_provider || error.says("scope") => return finding(&SCOPES_MISSING),
        (504, Some(grant)) => {
            let finding = finding(&SERVICE_CANNOT_REACH);
            let host = grant.settings.ews_host.as_deref();
            return seen_here(host.map_or(finding.clone(), |host| finding.with("ews_host", host)), Seen::Nothing);
        }
        _ => {}
    }
    let (why, remedy, owner): (_, Option<&'static Remedy>, _) = match status {
        // of a key that it does not know it says so with 400
        _ if status == 401 || error.kind == NO_KEY => {
            (both("it does not take the key", "sie nimmt den Schlüssel nicht an"), None, Owner::Caller)
        }
        403 if grant.is_some() => (
            both("the mail server refuses the access", "der Mailserver verweigert den Zugriff"),
            Some(&SERVER_REFUSES),
            Owner::Exchange,
        ),
        403 => {
            (both("the key may not ask that", "der Schlüssel darf das nicht fragen"), Some(&KEY_MAY_NOT), Owner::Sync)
        }
        400 | 422 => (
            both("it does not understand the question", "sie versteht die Frage nicht"),
            Some(&WRONG_ID),
            Owner::Caller,
        ),
        429 if error.name() == "rate_limit_error" && by_provider => (
            both("the mail server slows the service down", "der Mailserver bremst den Dienst"),
            Some(&SERVER_SLOWS),
            Owner::Exchange,
        ),
        // [MS-ASHTTP]: Exchange says so when a device asks too often
        503 if error.says("X-MS-ASThrottle") => (
            both("the mail server slows the service down", "der Mailserver bremst den Dienst"),
            Some(&SERVER_SLOWS),
            Owner::Exchange,
        ),
        429 => (both("too many questions", "zu viele Fragen"), Some(&WAIT), Owner::Caller),
        500.. => (both("the service has trouble", "der Dienst hat eine Störung"), Some(&SERVICE_DOWN), Owner::Sync),
        _ => (both("that is no answer of this API", "das ist keine Antwort dieser API"), Some(&NO_API), Owner::Caller),
    };
    // the service gets through, and may not read: nothing is synced
    let severity = if status == 403 && grant.is_some() { Severity::Fail } else { Severity::Warn };
    let said = if error.message.is_empty() { both("nothing", "nichts") } else { json!(error.message) };
    let request = if error.request_id.is_empty() { "?" } else { &error.request_id };
    let finding = finding(&API_REFUSED)
        .owner(owner)
        .severity(severity)
        .with("why", why)
        .with("said", said)
        .with("request_id", request)
        .with("wait", wait(retry_after));
    remedy.map_or(finding.clone(), |remedy| finding.remedy(remedy))
}

/// RFC 9110, 10.2.3: seconds, or a moment.
fn wait(retry_after: Option<&str>) -> Value {
    match retry_after.map(|text| (text, text.trim().parse::<u32>())) {
        Some((_, Ok(seconds))) => {
            let (en, de) = if seconds == 1 { ("second", "Sekunde") } else { ("seconds", "Sekunden") };
            both(&format!("{seconds} {en}"), &format!("{seconds} {de}"))
        }
        Some((moment, Err(_))) => both(&format!("until {moment}"), &format!("bis {moment}")),
        None => both("a minute", "eine Minute"),
    }
}

/// A word in both languages, to fill a gap.
pub fn both(en: &str, de: &str) -> Value {
    json!({"en": en, "de": de})
}

/// What it means that the service does not reach a server which is seen so from here.
pub fn seen_here(finding: Finding, seen: Seen) -> Finding {
    let here = match seen {
        Seen::Nothing => both(
            "If the server answers from here, a firewall probably blocks the service's addresses.",
            "Antwortet der Server von hier aus, sperrt vermutlich eine Firewall die Adressen des Dienstes.",
        ),
        Seen::Answers => both(
            "From here the server answers, so something in front of it probably keeps the service out: a list of allowed addresses, a country block, an intrusion prevention system.",
            "Von hier aus antwortet der Server; vermutlich hält also etwas davor den Dienst fern: eine Liste erlaubter Adressen, eine Ländersperre, ein Intrusion-Prevention-System.",
        ),
        Seen::Silent => both(
            "From here the server does not answer either: begin with that.",
            "Auch von hier aus antwortet der Server nicht: Beginnen Sie damit.",
        ),
    };
    let finding = finding.with("here", here);
    match seen {
        Seen::Nothing => finding,
        Seen::Answers => finding.with("answers_here", true),
        Seen::Silent => finding.with("answers_here", false),
    }
}

/// The grant goes to a server that Autodiscover does not lead to.
pub fn other_server(finding: Finding, server: &str) -> Finding {
    finding.with("server", server).owner(Owner::Sync).remedy(&OTHER_SERVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, kind: &str, message: &str, provider: Option<Value>, asked_for_messages: bool) -> Finding {
        let error = ApiError {
            kind: kind.to_owned(),
            message: message.to_owned(),
            provider_error: provider,
            ..ApiError::default()
        };
        let grant = Grant { id: "g".to_owned(), provider: "ews".to_owned(), ..Grant::default() };
        told(status, &error, Some("30"), asked_for_messages.then_some(&grant))
    }

    #[test]
    fn every_answer_has_its_own_owner_and_steps() {
        let provider = || Some(json!({"error": {"code": "ErrorServerBusy"}}));
        for (status, kind, message, provider, messages, code, owner) in [
            (400, "token.unauthorized_access", "Invalid API key", None, false, "sync.api-refused", Owner::Caller),
            (401, "unauthorized", "", None, false, "sync.api-refused", Owner::Caller),
            (401, "provider_error", "", None, true, "sync.grant-invalid", Owner::User),
            (403, "unauthorized", "", None, false, "sync.api-refused", Owner::Sync),
            (403, "insufficient_scopes", "", None, true, "sync.scopes-missing", Owner::Sync),
            (403, "provider_error", "ErrorAccessDenied", None, true, "sync.api-refused", Owner::Exchange),
            (404, "not_found_error", "", None, false, "sync.grant-unknown", Owner::Sync),
            (404, "not_found_error", "MailboxNotEnabledForRESTAPI", None, true, "sync.connector-wrong", Owner::Sync),
            (423, "api.resource_blocked", "", None, false, "sync.grant-blocked", Owner::Sync),
            (429, "nylas_rate_limit_exceeded", "", None, true, "sync.api-refused", Owner::Caller),
            (429, "rate_limit_error", "", provider(), true, "sync.api-refused", Owner::Exchange),
            (429, "api.rate_limit_error", "", provider(), true, "sync.api-refused", Owner::Exchange),
            (403, "api.provider_error", "ErrorAccessDenied", None, true, "sync.api-refused", Owner::Exchange),
            (500, "api.internal_error", "", None, false, "sync.api-refused", Owner::Sync),
            (502, "", "", None, false, "sync.api-refused", Owner::Sync),
            (503, "", "X-MS-ASThrottle: CommandFrequency", None, true, "sync.api-refused", Owner::Exchange),
            (503, "", "", None, true, "sync.api-refused", Owner::Sync),
            (504, "provider_error", "", None, true, "sync.service-cannot-reach", Owner::Network),
            // no mailbox was asked for: nobody says that a mail server is silent
            (504, "", "", None, false, "sync.api-refused", Owner::Sync),
            (302, "", "", None, false, "sync.api-refused", Owner::Caller),
        ] {
            let found = of(status, kind, message, provider, messages);
            assert_eq!((found.code.id, found.owner), (code, owner), "{status} {kind} {messages}");
        }
    }

    #[test]
    fn a_key_that_is_not_known_is_a_matter_of_the_key_whatever_the_status() {
        for (status, kind) in [(401, "unauthorized"), (400, NO_KEY)] {
            let found = of(status, kind, "", None, false);
            assert_eq!(found.data["why"]["en"], "it does not take the key", "{status} {kind}");
            assert!(found.remedy.is_none(), "the steps of the finding itself are about the key");
        }
        assert_ne!(of(400, "invalid_request_error", "", None, false).data["why"]["en"], "it does not take the key");
    }

    #[test]
    fn rfc9110_10_2_3_retry_after_is_seconds_or_a_moment() {
        assert_eq!(wait(Some("30"))["en"], "30 seconds");
        assert_eq!(wait(Some("Fri, 27 Nov 2026 10:00:00 GMT"))["de"], "bis Fri, 27 Nov 2026 10:00:00 GMT");
        assert_eq!(wait(None)["en"], "a minute");
    }
}
