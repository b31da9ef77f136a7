//! What does the sync service say of its grant, and what is wrong with it?
//!
//! The judgement of the check `auth-status`, for `last-sync` where that does not run.

use crate::evidence::{HttpSeen, Probe, Response, ServiceProbe, Stop, View};
use crate::finding::{Code, Finding, Sentence, Severity};
use crate::protocol::nylas::{self, Answer, Grant, Lookup};
use crate::{findings, text};
use serde_json::json;

findings! {
    GRANT_INVALID = "sync.grant-invalid", Fail, User {
        title { en: "The sync service can no longer sign in to {mailbox}", de: "Der Sync-Dienst kann sich bei {mailbox} nicht mehr anmelden" }
        meaning {
            en: "Its grant {grant} is marked {grant_status}. Usually the password was changed, or consent withdrawn; until the user signs in again, nothing is synced.",
            de: "Seine Berechtigung {grant} steht auf {grant_status}. Meist wurde das Passwort geändert oder die Zustimmung entzogen; bis zu einer neuen Anmeldung wird nichts synchronisiert.",
        }
        remedy { en: "Sign in again in the app; the same grant goes on", de: "Melden Sie sich in der App erneut an; dieselbe Berechtigung läuft weiter" }
        steps [
            { en: "In the app, reconnect the mailbox with the password of today.", de: "Verbinden Sie das Postfach in der App mit dem heutigen Passwort neu." },
            { en: "If it becomes invalid again, have the sign-in tested:", de: "Wird sie wieder ungültig, lassen Sie die Anmeldung testen:", Shell "exdiag check {mailbox} --ask-password" },
        ]
    }
    GRANT_BLOCKED = "sync.grant-blocked", Fail, Sync {
        title { en: "The sync service has blocked the grant of {mailbox}", de: "Der Sync-Dienst hat die Berechtigung von {mailbox} gesperrt" }
        meaning {
            en: "The block was set at the service, not by Exchange: neither password nor server can lift it.",
            de: "Die Sperre wurde beim Dienst gesetzt, nicht von Exchange: Weder Passwort noch Server können sie aufheben.",
        }
        remedy { en: "Ask the owner of the app or the service's support to lift the block", de: "Bitten Sie den Betreiber der App oder den Support des Dienstes, die Sperre aufzuheben" }
        steps [
            { en: "Name this grant to them:", de: "Nennen Sie ihnen diese Berechtigung:", Config "{grant}" },
        ]
    }
    GRANT_UNKNOWN = "sync.grant-unknown", Fail, Sync {
        title { en: "The sync service knows no grant for {mailbox}", de: "Der Sync-Dienst kennt keine Berechtigung für {mailbox}" }
        meaning {
            en: "The mailbox was never connected, its grant was deleted, or it belongs to another application or region of the service.",
            de: "Das Postfach wurde nie verbunden, seine Berechtigung wurde gelöscht, oder sie gehört zu einer anderen Anwendung oder Region des Dienstes.",
        }
        remedy { en: "Connect the mailbox, or ask the other region", de: "Verbinden Sie das Postfach oder fragen Sie die andere Region" }
        steps [
            { en: "Ask the other region (us or eu), with the key of that region:", de: "Fragen Sie die andere Region (us oder eu) mit deren Schlüssel:", Shell "exdiag check {mailbox} --only auth-status --nylas-region eu" },
            { en: "Otherwise connect the mailbox anew in the app.", de: "Sonst verbinden Sie das Postfach in der App neu." },
        ]
    }
    SCOPES_MISSING = "sync.scopes-missing", Fail, Sync {
        title { en: "The sync service's grant does not include mail", de: "Die Berechtigung des Sync-Dienstes umfasst keine Mails" }
        meaning {
            en: "The account is connected, but without the scope for messages: calendars may work, mail does not.",
            de: "Das Konto ist verbunden, aber ohne den Geltungsbereich für Nachrichten: Kalender gehen vielleicht, Mails nicht.",
        }
        remedy { en: "Connect again with the scope for messages (ews.messages for Exchange)", de: "Verbinden Sie erneut mit dem Geltungsbereich für Nachrichten (bei Exchange ews.messages)" }
        steps [
            { en: "In the app, ask for these scopes when connecting:", de: "Fordern Sie in der App beim Verbinden diese Geltungsbereiche an:", Config "ews.messages\news.calendars\news.contacts" },
        ]
    }
    CONNECTOR_WRONG = "sync.connector-wrong", Warn, Sync {
        title { en: "The sync service uses its connector \"{provider}\" for {mailbox}", de: "Der Sync-Dienst verwendet für {mailbox} den Konnektor „{provider}“" }
        meaning {
            en: "The mailbox does not seem to be where that connector looks for it. For Exchange Server in the company it is \"ews\".",
            de: "Das Postfach liegt anscheinend nicht dort, wo dieser Konnektor es sucht. Für Exchange Server im Unternehmen heißt er „ews“.",
        }
        remedy { en: "Connect the mailbox again as Exchange (connector ews)", de: "Verbinden Sie das Postfach neu als Exchange (Konnektor ews)" }
        steps [
            { en: "In the app, remove the connection and choose Exchange; give the server if it asks.", de: "Entfernen Sie die Verbindung in der App und wählen Sie Exchange; geben Sie den Server an, falls danach gefragt wird." },
        ]
        links ["https://developer.nylas.com/docs/provider-guides/exchange-on-prem/"]
    }
    DUPLICATE_GRANTS = "sync.duplicate-grants", Warn, Sync {
        title { en: "The sync service has {count} grants for {mailbox}", de: "Der Sync-Dienst hat {count} Berechtigungen für {mailbox}" }
        meaning {
            en: "The app may use a stale one of them, and then shows nothing new although another works.",
            de: "Die App verwendet womöglich eine veraltete davon und zeigt dann nichts Neues an, obwohl eine andere funktioniert.",
        }
        remedy { en: "Delete the stale ones", de: "Löschen Sie die veralteten" }
        steps [
            { en: "Find out which grant the app uses, and look at that one:", de: "Stellen Sie fest, welche die App verwendet, und prüfen Sie diese:", Shell "exdiag check {mailbox} --only auth-status,last-sync --nylas-grant {grant}" },
        ]
    }
    API_REFUSED = "sync.api-refused", Warn, Caller {
        title { en: "The sync service's API refuses the question (HTTP {status})", de: "Die API des Sync-Dienstes lehnt die Frage ab (HTTP {status})" }
        meaning {
            en: "So the grant's state is not known. 401 and 403: the key is wrong, of another region, or not allowed to ask; 429: too many questions; 5xx: the service itself has trouble.",
            de: "Der Zustand der Berechtigung ist damit nicht bekannt. 401 und 403: Der Schlüssel ist falsch, aus einer anderen Region oder darf das nicht; 429: zu viele Fragen; 5xx: Der Dienst selbst hat eine Störung.",
        }
        remedy { en: "Check key and region, or wait", de: "Prüfen Sie Schlüssel und Region, oder warten Sie" }
        steps [
            { en: "Set the key of the application that connected the mailbox, and name its region:", de: "Setzen Sie den Schlüssel der Anwendung, die das Postfach verbunden hat, und nennen Sie ihre Region:", Shell "NYLAS_API_KEY=... exdiag check {mailbox} --nylas-region eu" },
        ]
    }
    SERVICE_CANNOT_REACH = "sync.service-cannot-reach", Fail, Network {
        title { en: "The sync service does not reach the server of {mailbox}", de: "Der Sync-Dienst erreicht den Server von {mailbox} nicht" }
        meaning {
            en: "Its own request to the mail server timed out (HTTP {status}). If the server answers from here, the service's addresses are probably blocked by a firewall.",
            de: "Seine eigene Anfrage an den Mailserver blieb ohne Antwort (HTTP {status}). Antwortet der Server von hier aus, sperrt vermutlich eine Firewall die Adressen des Dienstes.",
        }
        remedy { en: "Allow the sync service's addresses in the firewall", de: "Geben Sie die Adressen des Sync-Dienstes in der Firewall frei" }
        steps [
            { en: "Ask the service for its static addresses and allow them on port 443.", de: "Erfragen Sie beim Dienst seine festen Adressen und erlauben Sie sie auf Port 443." },
            { en: "See whether the server answers from here:", de: "Prüfen Sie, ob der Server von hier aus antwortet:", Shell "exdiag check {mailbox} --only activesync,tls-chain,tls-intermediate" },
        ]
        links ["https://developer.nylas.com/docs/dev-guide/platform/static-ips/"]
    }
}

/// What the sync service says of its grant.
#[derive(Debug)]
pub struct Service {
    /// The grant that counts, where there is one.
    pub grant: Option<Grant>,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Why the grant's state is not known.
    pub unanswered: Option<Sentence>,
}

/// Asks the service; `None` where there is none to ask.
pub fn service(view: &View<'_>) -> Result<Option<Service>, Stop> {
    let Some(Lookup { probe, answer }) = nylas::lookup(view)? else { return Ok(None) };
    let api = probe.api().to_owned();
    let mut all = match answer {
        Answer::Grants(grants) => grants,
        Answer::Refused(response) => {
            let finding = refused(&probe, response, None);
            let known = [GRANT_UNKNOWN.id, GRANT_BLOCKED.id].contains(&finding.code.id);
            let unanswered = (!known).then(|| {
                Sentence::new(text!(
                    "the sync service's API refuses the question",
                    "die API des Sync-Dienstes lehnt die Frage ab",
                ))
            });
            return Ok(Some(Service { grant: None, findings: vec![finding], unanswered }));
        }
        Answer::Failed(_) => {
            let reason = Sentence::new(text!(
                "the sync service's API at {api} does not answer",
                "die API des Sync-Dienstes unter {api} antwortet nicht",
            ))
            .with("api", api);
            return Ok(Some(Service { grant: None, findings: Vec::new(), unanswered: Some(reason) }));
        }
        Answer::NoAnswer(why) => {
            let unanswered = Some(super::why_unanswered(why));
            return Ok(Some(Service { grant: None, findings: Vec::new(), unanswered }));
        }
    };
    let Some(grant) = nylas::foremost(&all).cloned() else {
        let finding = Finding::new(&GRANT_UNKNOWN).seen_in(&Probe::Service(probe));
        return Ok(Some(Service { grant: None, findings: vec![finding], unanswered: None }));
    };
    let mut findings = Vec::new();
    let of = |code| of_grant(code, &grant).seen_in(&Probe::Service(probe.clone()));
    if grant.blocked {
        findings.push(of(&GRANT_BLOCKED));
    } else if grant.grant_status == "valid" {
        if grant.provider == "ews" && !grant.scope.is_empty() && !grant.scope.iter().any(|s| s == "ews.messages") {
            findings.push(of(&SCOPES_MISSING).with("scope", grant.scope.clone()));
        } else {
            // the state lags behind by up to ten minutes: one live call tells at once
            let live = nylas::newest_message(&api, &grant);
            let seen = view.service(&live)?;
            let response = seen.ok().and_then(HttpSeen::response).filter(|r| r.status != 200);
            findings.extend(response.map(|response| refused(&live, response, Some(&grant))));
        }
    } else {
        // the documented states are valid and invalid
        let severity = if grant.grant_status == "invalid" { Severity::Fail } else { Severity::Warn };
        findings.push(of(&GRANT_INVALID).severity(severity).with("grant_status", grant.grant_status.as_str()));
    }
    if all.len() > 1 {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let list: Vec<_> = all
            .iter()
            .map(|g| json!({"grant": g.id, "grant_status": g.grant_status, "provider": g.provider}))
            .collect();
        findings.push(of(&DUPLICATE_GRANTS).with("count", list.len()).with("grants", list));
    }
    let works = !findings.iter().any(|f| f.severity == Severity::Fail);
    Ok(Some(Service { grant: works.then_some(grant), findings, unanswered: None }))
}

/// A finding about a grant.
pub fn of_grant(code: &'static Code, grant: &Grant) -> Finding {
    Finding::new(code).with("grant", grant.id.as_str())
}

/// What an answer of the API other than 200 means; with a grant, it was asked for messages.
fn refused(probe: &ServiceProbe, response: &Response, grant: Option<&Grant>) -> Finding {
    let error = nylas::error(response);
    let host = url::Url::parse(probe.api()).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    let id = match probe {
        ServiceProbe::Grant { id, .. } | ServiceProbe::NewestMessage { id, .. } => id.as_str(),
        ServiceProbe::GrantsByEmail { .. } => "",
    };
    let finding = |code: &'static Code| {
        let mut finding = Finding::new(code)
            .with("status", response.status)
            .with("grant", id)
            .seen_in(&Probe::Service(probe.clone()));
        if !error.kind.is_empty() {
            finding = finding.with("error", error.kind.as_str()).with("message", error.message.as_str());
        }
        if !error.error_codes.is_empty() {
            finding = finding.with("error_codes", error.error_codes.clone());
        }
        if let Some(retry) = response.header("retry-after") {
            finding = finding.with("retry_after", retry);
        }
        finding
    };
    match (response.status, grant) {
        (423, _) => finding(&GRANT_BLOCKED),
        (404, None) => finding(&GRANT_UNKNOWN),
        (404, Some(grant)) if error.message.contains("MailboxNotEnabledForRESTAPI") => {
            finding(&CONNECTOR_WRONG).severity(Severity::Fail).with("provider", grant.provider.as_str())
        }
        (401, Some(_)) => finding(&GRANT_INVALID).with("grant_status", "invalid_grant"),
        (403, Some(_)) => finding(&SCOPES_MISSING),
        (504, Some(_)) => finding(&SERVICE_CANNOT_REACH),
        _ => finding(&API_REFUSED).host(host),
    }
}
