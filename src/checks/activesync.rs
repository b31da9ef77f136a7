//! Does ActiveSync answer, and what stands between it and a client?
//!
//! Owns the way to the endpoint: its TCP connections (faults of the TLS handshake are for
//! `tls-protocol`) and the HTTP answers to OPTIONS, without and with credentials. What a refused
//! sign-in means is for `auth-status`.

use super::common;
use super::common::mailbox::{
    NO_MAILBOX, THROTTLED, UNAVAILABLE, USER_DISABLED, about, throttled, unavailable, wrong_server,
};
use super::common::net::{self, At, PROXY_REQUIRED, Reach, no_connection, proxied, reach};
use super::common::suites;
use crate::evidence::{FailKind, Failure, HttpOutcome, HttpSeen, NoAnswer, Phase, Probe, Response, SignIn, Stop, View};
use crate::finding::{Code, Finding, Outcome, Owner, Sentence, Severity};
use crate::protocol::challenge::{self, Challenge};
use crate::protocol::endpoint::{Endpoint, Origin, endpoint};
use crate::protocol::front::{self, Product};
use crate::protocol::portal::{self, Leads, is_form};
use crate::protocol::services::Service;
use crate::protocol::{autodiscover, eas, handshake, trusted};
use crate::{findings, text};

findings! {
    NOT_FOUND = "activesync.not-found", Fail, Exchange {
        title { en: "{host} has no ActiveSync (HTTP {status})", de: "{host} hat kein ActiveSync (HTTP {status})" }
        meaning {
            en: "The server answers, but knows nothing at {url}: the virtual directory is missing, is not published, or this is another web server.",
            de: "Der Server antwortet, kennt aber {url} nicht: Das virtuelle Verzeichnis fehlt, ist nicht veröffentlicht, oder es ist ein anderer Webserver.",
        }
        remedy { en: "Publish the ActiveSync directory on {host}, or name the right server", de: "Veröffentlichen Sie das ActiveSync-Verzeichnis auf {host} oder nennen Sie den richtigen Server" }
        steps [
            { en: "See which address Exchange itself has for it:", de: "Sehen Sie nach, welche Adresse Exchange selbst dafür hat:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,InternalUrl,ExternalUrl" },
            { en: "If the directory is missing, create it on the server concerned:", de: "Fehlt das Verzeichnis, legen Sie es auf dem betroffenen Server an:", Powershell "New-ActiveSyncVirtualDirectory -WebSiteName \"Default Web Site\"" },
            { en: "If a proxy stands in front, let it pass the path /Microsoft-Server-ActiveSync on.", de: "Steht ein Proxy davor, lassen Sie ihn den Pfad /Microsoft-Server-ActiveSync weiterreichen." },
        ]
        links ["https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-ashttp/e092c310-7609-4a38-90cc-10688f79cf8d"]
    }
    FORBIDDEN = "activesync.forbidden", Fail, Network {
        title { en: "{host} forbids access to ActiveSync before any sign-in (HTTP {status})", de: "{host} verbietet den Zugriff auf ActiveSync schon vor der Anmeldung (HTTP {status})" }
        meaning {
            en: "A healthy server asks for a sign-in (401). A 403 before that comes from a rule: of a web application firewall, a publishing rule without this path, or an address restriction in IIS.",
            de: "Ein gesunder Server verlangt eine Anmeldung (401). Ein 403 davor kommt aus einer Regel: einer Web Application Firewall, einer Veröffentlichung ohne diesen Pfad oder einer Adressbeschränkung in IIS.",
        }
        remedy { en: "Let /Microsoft-Server-ActiveSync through, from everywhere", de: "Lassen Sie /Microsoft-Server-ActiveSync durch, von überall" }
        steps [
            { en: "In the firewall or proxy, allow the path in both spellings, /Microsoft-Server-ActiveSync and /microsoft-server-activesync.", de: "Erlauben Sie in Firewall oder Proxy den Pfad in beiden Schreibweisen, /Microsoft-Server-ActiveSync und /microsoft-server-activesync." },
            { en: "Where the proxy in front passes requests on over http, let it use https: IIS demands it, and says 403.4 otherwise.", de: "Reicht der Proxy davor Anfragen über http weiter, lassen Sie ihn https verwenden: IIS verlangt es und sagt sonst 403.4." },
            { en: "On the Exchange server, look for address restrictions in IIS:", de: "Suchen Sie auf dem Exchange-Server nach Adressbeschränkungen in IIS:", Powershell "Get-WebConfiguration -Filter /system.webServer/security/ipSecurity -PSPath 'IIS:\\Sites\\Default Web Site\\Microsoft-Server-ActiveSync' | Select-Object -ExpandProperty Collection" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-http-403-received-because-is-denied-specified-url", "https://learn.microsoft.com/connectivity-analyzer/an-http-403-4-returned-because-ssl-required-virtual-directory"]
    }
    OPTIONS_BLOCKED = "activesync.options-blocked", Fail, Network {
        title { en: "OPTIONS does not get through to ActiveSync on {host} (HTTP {status})", de: "OPTIONS kommt auf {host} nicht bis zu ActiveSync durch (HTTP {status})" }
        meaning {
            en: "Clients ask with OPTIONS which versions the server speaks. Here a web application firewall, a proxy or URLScan answers in place of Exchange, so clients cannot set up the account.",
            de: "Clients fragen mit OPTIONS, welche Versionen der Server spricht. Hier antwortet eine Web Application Firewall, ein Proxy oder URLScan anstelle von Exchange, daher können Clients das Konto nicht einrichten.",
        }
        remedy { en: "Allow the method OPTIONS for /Microsoft-Server-ActiveSync", de: "Erlauben Sie die Methode OPTIONS für /Microsoft-Server-ActiveSync" }
        steps [
            { en: "Allow OPTIONS and POST for this path in the firewall or proxy, and pass them on unchanged.", de: "Erlauben Sie in Firewall oder Proxy für diesen Pfad OPTIONS und POST und reichen Sie sie unverändert weiter." },
            { en: "Compare: in order is 401 with WWW-Authenticate.", de: "Vergleichen Sie: In Ordnung ist 401 mit WWW-Authenticate.", Shell "curl -i -X OPTIONS {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/could-not-find-ms-server-activesync-header-options-response"]
    }
    PREAUTHENTICATION = "activesync.preauthentication", Fail, Network {
        title { en: "A login page stands in front of ActiveSync on {host}", de: "Auf {host} steht eine Anmeldeseite vor ActiveSync" }
        meaning {
            en: "Something at the edge wants a sign-in in a browser first. ActiveSync clients and sync services cannot fill in a page: they fail whatever the password.",
            de: "Etwas am Netzrand verlangt zuerst eine Anmeldung im Browser. ActiveSync-Clients und Sync-Dienste können keine Seite ausfüllen: Sie scheitern mit jedem Passwort.",
        }
        remedy { en: "Switch pre-authentication off for ActiveSync, EWS and Autodiscover (pass-through)", de: "Schalten Sie die Vorauthentifizierung für ActiveSync, EWS und Autodiscover aus (Pass-through)" }
        steps [
            { en: "Publish these paths without pre-authentication:", de: "Veröffentlichen Sie diese Pfade ohne Vorauthentifizierung:", Config "/Microsoft-Server-ActiveSync\n/EWS\n/Autodiscover" },
            { en: "Compare: in order is 401 with WWW-Authenticate.", de: "Vergleichen Sie: In Ordnung ist 401 mit WWW-Authenticate.", Shell "curl -i -X OPTIONS {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/firewall-pre-authentication-check"]
    }
    REDIRECTED = "activesync.redirected", Fail, Exchange {
        title { en: "{host} redirects ActiveSync to {location}", de: "{host} leitet ActiveSync um nach {location}" }
        meaning {
            en: "ActiveSync is never redirected in this way; clients do not follow. Usually the redirect of the web site to Outlook on the web was inherited by this directory.",
            de: "ActiveSync wird nie so umgeleitet; Clients folgen dem nicht. Meist hat das Verzeichnis die Umleitung der Website auf Outlook im Web geerbt.",
        }
        remedy { en: "Clear the HTTP redirect on the ActiveSync directory", de: "Entfernen Sie die HTTP-Umleitung am ActiveSync-Verzeichnis" }
        steps [
            { en: "On the Exchange server:", de: "Auf dem Exchange-Server:", Powershell "Set-WebConfigurationProperty -PSPath 'IIS:\\Sites\\Default Web Site\\Microsoft-Server-ActiveSync' -Filter system.webServer/httpRedirect -Name enabled -Value $false\niisreset" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-unexpected-redirect-response-received"]
    }
    SERVER_ERROR = "activesync.server-error", Fail, Exchange {
        title { en: "ActiveSync on {host} fails with HTTP {status}", de: "ActiveSync auf {host} scheitert mit HTTP {status}" }
        meaning {
            en: "The fault is inside the server: a changed identity of the application pool, a broken directory, or missing permissions.",
            de: "Der Fehler liegt im Server: eine geänderte Identität des Anwendungspools, ein beschädigtes Verzeichnis oder fehlende Rechte.",
        }
        remedy { en: "Read the server's event log and put the application pool in order", de: "Lesen Sie das Ereignisprotokoll des Servers und bringen Sie den Anwendungspool in Ordnung" }
        steps [
            { en: "See what ActiveSync has logged last:", de: "Sehen Sie nach, was ActiveSync zuletzt protokolliert hat:", Powershell "Get-EventLog Application -Source 'MSExchange ActiveSync' -Newest 20 | Format-List TimeGenerated,EventID,Message" },
            { en: "The application pool runs as LocalSystem:", de: "Der Anwendungspool läuft als LocalSystem:", Powershell "Import-Module WebAdministration\nGet-ItemProperty IIS:\\AppPools\\MSExchangeSyncAppPool -Name processModel.identityType\nGet-WebAppPoolState MSExchangeSyncAppPool" },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    UNEXPECTED = "activesync.unexpected-answer", Fail, Network {
        title { en: "{host} answers OPTIONS for ActiveSync with HTTP {status}", de: "{host} beantwortet OPTIONS für ActiveSync mit HTTP {status}" }
        meaning {
            en: "No ActiveSync server answers so. Something in front has changed the request or made the answer itself.",
            de: "So antwortet kein ActiveSync-Server. Etwas davor hat die Anfrage verändert oder die Antwort selbst erzeugt.",
        }
        remedy { en: "Look in the log of the proxy in front, and pass requests on unchanged", de: "Sehen Sie im Log des Proxys davor nach und reichen Sie Anfragen unverändert weiter" }
        steps [
            { en: "Compare: in order is 401 with WWW-Authenticate.", de: "Vergleichen Sie: In Ordnung ist 401 mit WWW-Authenticate.", Shell "curl -i -X OPTIONS {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/could-not-find-ms-server-activesync-header-options-response"]
    }
    NO_VERSION_HEADER = "activesync.no-version-header", Fail, Network {
        title { en: "{host} does not say which ActiveSync versions it speaks", de: "{host} sagt nicht, welche ActiveSync-Versionen es spricht" }
        meaning {
            en: "The header MS-ASProtocolVersions is mandatory and missing from the answer, although ActiveSync gave it. Usually a proxy takes it out.",
            de: "Der Header MS-ASProtocolVersions ist Pflicht und fehlt in der Antwort, obwohl sie von ActiveSync kommt. Meist entfernt ihn ein Proxy.",
        }
        remedy { en: "Pass the answer's headers on unchanged", de: "Reichen Sie die Header der Antwort unverändert weiter" }
        steps [
            { en: "Compare the answer in front of the proxy with the one behind it:", de: "Vergleichen Sie die Antwort vor dem Proxy mit der dahinter:", Shell "curl -i -X OPTIONS --user '{mailbox}' {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/could-not-find-ms-server-activesync-header-options-response"]
    }
    VERSION_TOO_OLD = "activesync.version-too-old", Fail, Exchange {
        title { en: "{host} speaks no ActiveSync version above {highest}", de: "{host} spricht keine ActiveSync-Version über {highest}" }
        meaning {
            en: "Clients of today want 14.0 or later and no longer talk to versions below 12.1.",
            de: "Heutige Clients wollen mindestens 14.0 und sprechen mit Versionen unter 12.1 nicht mehr.",
        }
        remedy { en: "Update Exchange, or let the proxy pass the version list on unchanged", de: "Aktualisieren Sie Exchange oder lassen Sie den Proxy die Versionsliste unverändert weiterreichen" }
        steps [
            { en: "See which version is installed:", de: "Sehen Sie nach, welche Version installiert ist:", Powershell "Get-ExchangeServer | Format-Table Name,AdminDisplayVersion" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/could-not-negotiate-appropriate-airsync-version-with-server"]
    }
    COMMANDS_MISSING = "activesync.commands-missing", Warn, Network {
        title { en: "{host} does not list these ActiveSync commands: {missing}", de: "{host} führt diese ActiveSync-Befehle nicht auf: {missing}" }
        meaning {
            en: "Mail clients use them. Either this is no complete ActiveSync server, or a proxy filters the list.",
            de: "Mail-Clients verwenden sie. Entweder ist das kein vollständiger ActiveSync-Server, oder ein Proxy filtert die Liste.",
        }
        remedy { en: "Pass MS-ASProtocolCommands on unchanged", de: "Reichen Sie MS-ASProtocolCommands unverändert weiter" }
        steps [
            { en: "Compare the answer in front of the proxy with the one behind it:", de: "Vergleichen Sie die Antwort vor dem Proxy mit der dahinter:", Shell "curl -i -X OPTIONS --user '{mailbox}' {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/could-not-find-ms-server-activesync-header-options-response"]
    }
    METHODS_MISSING = "activesync.methods-missing", Fail, Exchange {
        title { en: "{host} answers 401 without saying how to sign in", de: "{host} antwortet mit 401, ohne zu sagen, wie man sich anmeldet" }
        meaning {
            en: "The 401 has no WWW-Authenticate header: all methods are switched off, or something in front has taken the header out or made the answer itself. No client can sign in.",
            de: "Das 401 hat keinen Header WWW-Authenticate: Alle Methoden sind ausgeschaltet, oder etwas davor hat den Header entfernt oder die Antwort selbst erzeugt. Kein Client kann sich anmelden.",
        }
        remedy { en: "Switch Basic on for the ActiveSync directory, and pass the header on", de: "Schalten Sie Basic für das ActiveSync-Verzeichnis ein und reichen Sie den Header weiter" }
        steps [
            { en: "See what is switched on:", de: "Sehen Sie nach, was eingeschaltet ist:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,Name,BasicAuthEnabled,WindowsAuthEnabled,*AuthenticationMethods" },
            { en: "Switch Basic on:", de: "Schalten Sie Basic ein:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -BasicAuthEnabled $true" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/no-supported-authentication-methods-found-response"]
    }
}

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let Some(endpoint) = endpoint(view)? else { return common::without_server(view) };
    let (outcome, dead) = (of_endpoint(view, &endpoint), net::dead_on_the_way(view, &endpoint));
    let mut outcome = outcome?;
    if let Outcome::Checked { findings, .. } = &mut outcome {
        findings.splice(0..0, dead?);
    }
    Ok(outcome)
}

fn of_endpoint(view: &View<'_>, endpoint: &Endpoint) -> Result<Outcome, Stop> {
    let options = view.http(&eas::options(endpoint));
    let reach = reach(view, &At::from(endpoint));
    let signed = eas::signed_in(view, endpoint).and_then(|probe| probe.map(|probe| view.http(&probe)).transpose());
    let (options, reach, signed) = (options?, reach?, signed?);
    let seen = match options {
        Ok(seen) => seen,
        Err(why) => return guessed(view, endpoint, without_answer(endpoint, &reach, why)),
    };
    if handshake::wants_certificate_over_http(seen).is_some() {
        return Ok(common::see_check("tls-protocol"));
    }
    let anonymous = match &seen.outcome {
        HttpOutcome::Response(response) => response,
        HttpOutcome::Failed(failure) => {
            if let Some(outcome) = suites::untold(view, endpoint, failure)? {
                return Ok(outcome);
            }
            let outcome = failed(view, endpoint, &reach, failure)?;
            return guessed(view, endpoint, outcome);
        }
    };
    let post =
        if eas::is_odd(anonymous) { view.http(&eas::post(endpoint))?.ok().and_then(HttpSeen::response) } else { None };
    let signed = signed.and_then(Result::ok).and_then(HttpSeen::response);
    common::exports::confirmed(view, judge(endpoint, &Answers { anonymous, post, signed }))
}

/// The answers of the endpoint.
struct Answers<'a> {
    /// To OPTIONS without credentials.
    anonymous: &'a Response,
    /// To POST without credentials, where OPTIONS was answered oddly.
    post: Option<&'a Response>,
    /// To OPTIONS with credentials.
    signed: Option<&'a Response>,
}

fn judge(endpoint: &Endpoint, answers: &Answers<'_>) -> Outcome {
    let probe = eas::options(endpoint);
    let anonymous_fault = fault(endpoint, answers.anonymous, answers.post);
    let front = front::recognise(answers.anonymous);
    if let Some(finding) = &anonymous_fault
        && endpoint.origin == Origin::Guess
        && !front.product.is_exchange()
    {
        // nobody said that ActiveSync is there, so that it is not there is nobody's fault
        return Outcome::inconclusive(
            Sentence::new(text!(
                "{host} was only a guess and answers with HTTP {status}; see the check autodiscover",
                "{host} war nur geraten und antwortet mit HTTP {status}; siehe die Prüfung autodiscover",
            ))
            .with("host", endpoint.host.as_str())
            .with("status", finding.data.get("status").cloned().unwrap_or_default()),
        );
    }
    let mut findings = Vec::new();
    if let Some(mut finding) = anonymous_fault {
        if let Some(name) = front.in_front.filter(|_| !front.product.is_exchange()) {
            finding = finding.with("in_front", name).with("in_front_certain", front.certain);
        }
        // a 403 that Exchange itself gives comes from IIS, not from a device in front
        if finding.code.id == FORBIDDEN.id && front.product.is_exchange() {
            finding = finding.owner(Owner::Exchange);
        }
        finding = finding.seen_in(&Probe::Http(probe));
        if answers.post.is_some() {
            finding = finding.seen_in(&Probe::Http(eas::post(endpoint)));
        }
        let note = noted_fault(endpoint, &finding, answers.anonymous.status);
        findings.push(finding);
        return Outcome::checked(note, findings);
    }
    // what somebody else than Exchange answers to a sign-in is for `auth-status`
    let of_server = answers.signed.filter(|signed| !front::is_intercepted(front.product, signed));
    if let Some(finding) = of_server.and_then(|response| signed_fault(endpoint, response)) {
        findings.push(finding.seen_in(&Probe::Http(probe.sign_in(SignIn::Given))));
    }
    let telling = answers.signed.filter(|r| r.status == 200).unwrap_or(answers.anonymous);
    let offer = eas::offer(telling);
    findings.extend(shortcomings(endpoint, telling, &offer));
    // Exchange Online still names Basic but takes no password
    let online = front.product == Product::ExchangeOnline || trusted::is_microsoft(&endpoint.host);
    let challenges = challenge::offered(answers.anonymous);
    let methods: Vec<String> = challenges.iter().filter(|c| !(online && c.is("Basic"))).map(Challenge::name).collect();
    Outcome::checked(note(endpoint, &offer.notable(), &methods), findings)
}

fn note(endpoint: &Endpoint, versions: &[String], methods: &[String]) -> Sentence {
    let guessed = endpoint.origin == Origin::Guess;
    let text = match (versions.is_empty(), methods.is_empty(), guessed) {
        (false, false, false) => {
            text!("speaks {versions}, offers {methods}", "spricht {versions}, bietet {methods} an")
        }
        (false, false, true) => text!(
            "{host} speaks {versions}, offers {methods} (a guess: Autodiscover named no server)",
            "{host} spricht {versions}, bietet {methods} an (geraten: Autodiscover nannte keinen Server)",
        ),
        (true, false, false) => text!("answers, offers {methods}", "antwortet, bietet {methods} an"),
        (true, false, true) => text!(
            "{host} answers, offers {methods} (a guess: Autodiscover named no server)",
            "{host} antwortet, bietet {methods} an (geraten: Autodiscover nannte keinen Server)",
        ),
        (false, true, false) => text!("speaks {versions}", "spricht {versions}"),
        (false, true, true) => text!(
            "{host} speaks {versions} (a guess: Autodiscover named no server)",
            "{host} spricht {versions} (geraten: Autodiscover nannte keinen Server)",
        ),
        (true, true, false) => text!("answers", "antwortet"),
        (true, true, true) => text!(
            "{host} answers (a guess: Autodiscover named no server)",
            "{host} antwortet (geraten: Autodiscover nannte keinen Server)",
        ),
    };
    Sentence::new(text).with("host", endpoint.host.as_str()).with("versions", versions).with("methods", methods)
}

/// The answer, and of one that says "not available" who seems to have made it.
fn noted_fault(endpoint: &Endpoint, fault: &Finding, status: u16) -> Sentence {
    Sentence::new(match fault.data.get("kind").and_then(serde_json::Value::as_str) {
        Some("application-pool") => text!(
            "{host} answers OPTIONS with HTTP {status}, as Windows does where an application pool is stopped",
            "{host} beantwortet OPTIONS mit HTTP {status}, wie Windows bei gestopptem Anwendungspool",
        ),
        Some("gateway" | "balancer") => text!(
            "{host} answers OPTIONS with HTTP {status}: the device in front finds no healthy server",
            "{host} beantwortet OPTIONS mit HTTP {status}: Das Gerät davor findet keinen gesunden Server",
        ),
        Some("throttled") => text!(
            "{host} answers OPTIONS with HTTP {status} and asks to come back later",
            "{host} beantwortet OPTIONS mit HTTP {status} und bittet, später wiederzukommen",
        ),
        Some("exchange") => text!(
            "{host} answers OPTIONS with HTTP {status}, made by Exchange itself",
            "{host} beantwortet OPTIONS mit HTTP {status}, erzeugt von Exchange selbst",
        ),
        _ => text!("{host} answers OPTIONS with HTTP {status}", "{host} beantwortet OPTIONS mit HTTP {status}"),
    })
    .with("host", endpoint.host.as_str())
    .with("status", status)
}

/// What is wrong with an answer to OPTIONS without credentials, as far as it is not about signing in.
fn fault(endpoint: &Endpoint, response: &Response, post: Option<&Response>) -> Option<Finding> {
    let status = response.status;
    let post_status = post.map(|r| r.status);
    let finding = |code| about(code, endpoint).with("status", status);
    // only OPTIONS is treated so, or everything: the POST tells
    let by_post = |otherwise: &'static Code| match post_status {
        Some(401) => finding(&OPTIONS_BLOCKED),
        Some(404 | 410) => finding(&NOT_FOUND).with("status", 404),
        Some(403) => finding(&FORBIDDEN).with("status", 403),
        _ => finding(otherwise),
    };
    let with_post = |found: Finding| match post_status {
        Some(status) => found.with("post_status", status),
        None => found,
    };
    match status {
        200 if eas::offer(response).is_activesync() => None,
        200 if front::is_block_page(response) => Some(finding(&FORBIDDEN)),
        200 if is_form(response) || post.is_some_and(is_form) => Some(finding(&PREAUTHENTICATION)),
        401 if response.header("www-authenticate").is_some() => None,
        401 => {
            let elsewhere = post.is_some_and(|r| !challenge::offered(r).is_empty());
            let severity = if elsewhere { Severity::Warn } else { Severity::Fail };
            Some(with_post(finding(&METHODS_MISSING).severity(severity)))
        }
        300..=399 => Some(redirect(endpoint, response)),
        403 => Some(with_post(by_post(&FORBIDDEN))),
        404 | 410 => Some(finding(&NOT_FOUND)),
        200..=299 | 405 | 501 => Some(match post {
            Some(r) if (300..400).contains(&r.status) => redirect(endpoint, r),
            _ => with_post(by_post(&OPTIONS_BLOCKED)),
        }),
        _ => Some(fault_of_any(endpoint, response)),
    }
}

/// What is wrong with an answer to OPTIONS with credentials; a refused sign-in is for `auth-status`.
fn signed_fault(endpoint: &Endpoint, response: &Response) -> Option<Finding> {
    let status = response.status;
    let finding = |code| about(code, endpoint).with("status", status).with("signed_in", true);
    let error = response.header("x-caserrorcode").unwrap_or_default();
    match status {
        200 if eas::offer(response).is_activesync() => throttled(endpoint, response),
        200 => Some(finding(&OPTIONS_BLOCKED)),
        // 401, 456 and 457 are for `auth-status`; 449 asks for Provision, which a session does
        401 | 449 | 456 | 457 => None,
        403 => Some(finding(&USER_DISABLED)),
        404 if error == "MailboxGuidWithDomainNotFound" => Some(finding(&NO_MAILBOX).with("error", error)),
        404 | 410 => Some(finding(&NOT_FOUND)),
        300..=399 => Some(redirect(endpoint, response).with("signed_in", true)),
        _ => Some(fault_of_any(endpoint, response).with("signed_in", true)),
    }
}

/// Statuses that mean the same whether or not one has signed in.
fn fault_of_any(endpoint: &Endpoint, response: &Response) -> Finding {
    let status = response.status;
    let finding = |code| about(code, endpoint).with("status", status);
    match status {
        407 => about(&PROXY_REQUIRED, endpoint).with("status", status),
        451 => wrong_server(endpoint, response),
        429 => finding(&THROTTLED).with("reason", "HTTP 429"),
        502..=504 => throttled(endpoint, response).unwrap_or_else(|| unavailable(endpoint, response)),
        500..=599 => finding(&SERVER_ERROR),
        _ => finding(&UNEXPECTED),
    }
}

/// Where a redirect leads: to a page for signing in, or merely somewhere else.
fn redirect(endpoint: &Endpoint, response: &Response) -> Finding {
    let location = response.header("location").unwrap_or_default();
    let code = match portal::leads(&endpoint.url, Service::ActiveSync.directory(), location) {
        Leads::ToSignIn => &PREAUTHENTICATION,
        Leads::Elsewhere => &REDIRECTED,
    };
    let shown = if location.is_empty() { "-" } else { location };
    about(code, endpoint).with("status", response.status).with("location", shown)
}

/// What an ActiveSync server's own answer lacks.
fn shortcomings(endpoint: &Endpoint, response: &Response, offer: &eas::Offer) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_full_answer = response.status == 200;
    if let Some(highest) = offer.versions.last() {
        if *highest < eas::Version(14, 0) {
            let severity = if *highest < eas::Version(12, 1) { Severity::Fail } else { Severity::Warn };
            let all: Vec<String> = offer.versions.iter().map(ToString::to_string).collect();
            found.push(
                about(&VERSION_TOO_OLD, endpoint)
                    .severity(severity)
                    .with("highest", highest.to_string())
                    .with("versions", all),
            );
        }
    } else if is_full_answer && offer.is_activesync() {
        found.push(about(&NO_VERSION_HEADER, endpoint));
    }
    let (missing, is_fatal) = offer.missing();
    if is_full_answer && offer.is_activesync() && !missing.is_empty() {
        // without the header nothing is known to be missing
        let severity = if is_fatal && !offer.commands.is_empty() { Severity::Fail } else { Severity::Warn };
        found.push(
            about(&COMMANDS_MISSING, endpoint)
                .severity(severity)
                .with("missing", missing)
                .with("listed", offer.commands.clone()),
        );
    }
    found
}

/// OPTIONS was not asked, or not answered in time.
fn without_answer(endpoint: &Endpoint, reach: &Reach, why: &NoAnswer) -> Outcome {
    reach.all_dead(&At::from(endpoint)).unwrap_or_else(|| common::unanswered(why))
}

/// What holds of a server that nobody has named. Where Autodiscover is cut off too, both stand behind
/// the same closed door; else a guess that does not answer is nobody's fault.
fn guessed(view: &View<'_>, endpoint: &Endpoint, outcome: Outcome) -> Result<Outcome, Stop> {
    if endpoint.origin != Origin::Guess || autodiscover::walk(view)?.is_none_or(|walk| walk.is_cut_off()) {
        return Ok(outcome);
    }
    let mut findings = outcome.findings().to_vec();
    if findings.is_empty() {
        return Ok(outcome);
    }
    for finding in &mut findings {
        finding.severity = finding.severity.min(Severity::Warn);
    }
    let reason = Sentence::new(text!(
        "{host} was only a guess and does not answer; see the check autodiscover",
        "{host} war nur geraten und antwortet nicht; siehe die Prüfung autodiscover",
    ));
    Ok(Outcome::Inconclusive { reason: reason.with("host", endpoint.host.as_str()), findings })
}

/// OPTIONS ended without an HTTP answer.
fn failed(view: &View<'_>, endpoint: &Endpoint, reach: &Reach, failure: &Failure) -> Result<Outcome, Stop> {
    let at = At::from(endpoint);
    if let Some(proxy) = reach.proxy.as_ref().or_else(|| (failure.phase == Phase::Proxy).then_some(failure)) {
        return Ok(proxied(&at, proxy));
    }
    Ok(match failure.phase {
        Phase::Resolve => common::without_address(view, &endpoint.host)?,
        Phase::Proxy | Phase::Connect => reach.all_dead(&at).unwrap_or_else(|| no_connection(&at, failure, None)),
        Phase::Handshake if view.subject().selected.iter().any(|id| id == "tls-protocol") => {
            common::see_check("tls-protocol")
        }
        Phase::Handshake => {
            let finding = about(&UNAVAILABLE, endpoint).with("kind", "no-tls").owner(Owner::Network);
            let note = Sentence::new(text!(
                "{host} takes connections, but no TLS comes about; the check tls-protocol says more",
                "{host} nimmt Verbindungen an, aber TLS kommt nicht zustande; mehr sagt die Prüfung tls-protocol",
            ));
            Outcome::checked(note.with("host", endpoint.host.as_str()), vec![finding])
        }
        Phase::Request | Phase::Body => {
            let kind = match failure.kind {
                FailKind::Timeout => "silent",
                FailKind::Malformed => "not-http",
                _ => "cut",
            };
            let finding = about(&UNAVAILABLE, endpoint).with("kind", kind).owner(Owner::Network);
            let note = Sentence::new(match kind {
                "silent" => text!(
                    "{host} takes connections, but is silent: the device in front, or the server behind it, hangs",
                    "{host} nimmt Verbindungen an, schweigt dann aber: Das Gerät davor oder der Server dahinter hängt",
                ),
                "not-http" => text!(
                    "{host} takes connections, but what it says is not HTTP",
                    "{host} nimmt Verbindungen an, spricht dann aber kein HTTP",
                ),
                _ => text!(
                    "{host} takes connections and ends them without an answer: probably a device in front",
                    "{host} nimmt Verbindungen an und beendet sie ohne Antwort: wahrscheinlich ein Gerät davor",
                ),
            });
            Outcome::checked(note.with("host", endpoint.host.as_str()), vec![finding])
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, Evidence, Header, RecordType, Subject};

    fn endpoint(origin: Origin) -> Endpoint {
        Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", origin).unwrap()
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: String::new(), length: 0, truncated: false },
        }
    }

    fn judged(origin: Origin, anonymous: &Response) -> Outcome {
        judge(&endpoint(origin), &Answers { anonymous, post: None, signed: None })
    }

    #[test]
    fn nothing_waits_for_what_it_does_not_need() {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.server = Some("mail.corp.example".parse().unwrap());
        let evidence = Evidence::new(Header {
            started_at: "2026-11-22T20:00:00Z".parse().unwrap(),
            subject,
            name_servers: Vec::new(),
            proxy: None,
            stores: Vec::new(),
        });
        let view = View::new(&evidence);
        assert!(check(&view).is_err());
        let options = Probe::Http(eas::options(&endpoint(Origin::User)));
        let dns = |rtype| Probe::dns("mail.corp.example", rtype);
        assert_eq!(view.wanted(), [options, dns(RecordType::A), dns(RecordType::Aaaa)].into());
    }

    #[test]
    fn that_a_guess_is_wrong_is_no_fault_of_the_server() {
        let web_host = response(404, &[("server", "nginx")]);
        assert!(
            matches!(judged(Origin::Guess, &web_host), Outcome::Inconclusive { findings, .. } if findings.is_empty())
        );
        assert_eq!(judged(Origin::User, &web_host).findings()[0].code.id, "activesync.not-found");
        let exchange = response(500, &[("x-feserver", "EX01")]);
        assert_eq!(judged(Origin::Guess, &exchange).findings()[0].code.id, "activesync.server-error");
    }

    #[test]
    fn a_page_that_rejects_with_status_200_forbids() {
        let mut page = response(200, &[("set-cookie", "TS01a32329=…")]);
        page.body.text = "The requested URL was rejected. Please consult with your administrator.".to_owned();
        assert_eq!(judged(Origin::User, &page).findings()[0].code.id, "activesync.forbidden");
    }

    #[test]
    fn a_guess_is_called_one_in_the_note() {
        let healthy = response(401, &[("www-authenticate", "Basic")]);
        let Outcome::Checked { note, findings } = judged(Origin::Guess, &healthy) else { panic!() };
        assert!(findings.is_empty());
        assert!(note.say(crate::finding::Lang::En).contains("a guess"));
    }

    #[test]
    fn a_redirect_to_sign_in_is_told_from_one_that_iis_makes() {
        let code = |location| redirect(&endpoint(Origin::User), &response(302, &[("location", location)])).code.id;
        for login in [
            "/my.policy",
            "https://sts.corp.example/adfs/ls/?wa=wsignin1.0",
            "https://login.microsoftonline.com/x/oauth2/authorize",
            "/CookieAuth.dll?GetLogon?curl=Z2F",
            "/vpn/index.html",
        ] {
            assert_eq!(code(login), "activesync.preauthentication", "{login}");
        }
        for own in [
            "/",
            "/owa",
            "https://mail.corp.example/owa/auth/logon.aspx?url=x",
            "/Microsoft-Server-ActiveSync/",
            "https://other.corp.example/Microsoft-Server-ActiveSync",
            "",
        ] {
            assert_eq!(code(own), "activesync.redirected", "{own}");
        }
    }

    #[test]
    fn ms_ashttp_a_negative_back_off_is_no_throttling() {
        let of = |value| throttled(&endpoint(Origin::User), &response(200, &[("x-ms-backoffduration", value)]));
        assert!(of("L/-469").is_none());
        assert!(of("M/1200").is_some());
    }

    #[test]
    fn a_503_is_told_by_who_made_it() {
        let kind = |headers| unavailable(&endpoint(Origin::User), &response(503, headers)).data["kind"].clone();
        assert_eq!(kind(&[("server", "Microsoft-HTTPAPI/2.0")]), "application-pool");
        assert_eq!(kind(&[("retry-after", "30")]), "throttled");
        assert_eq!(kind(&[("x-feserver", "EX01")]), "exchange");
        assert_eq!(kind(&[("server", "nginx")]), "balancer");
    }

    #[test]
    fn an_unavailable_service_is_described_in_words_and_by_steps_for_whoever_must_act() {
        use crate::finding::Lang;
        let code = &UNAVAILABLE;
        let texts = [code.title, code.meaning].into_iter().chain(code.remedy).chain(code.steps.iter().map(|s| s.text));
        for text in texts {
            assert!(!text.en.contains("{kind}") && !text.de.contains("{kind}"), "{text:?}");
        }
        assert!(code.steps[0].text.en.contains("balancer"), "the first step is the network's");
        let mut notes = Vec::new();
        for kind in ["application-pool", "gateway", "throttled", "exchange"] {
            let finding = Finding::new(code).with("kind", kind);
            notes
                .extend([Lang::En, Lang::De].map(|lang| noted_fault(&endpoint(Origin::User), &finding, 503).say(lang)));
        }
        let reach = Reach { alive: vec![[203, 0, 113, 7].into()], ..Reach::default() };
        let mut evidence_less = |kind| {
            let evidence = Evidence::new(Header {
                started_at: "2026-11-22T20:00:00Z".parse().unwrap(),
                subject: Subject::mailbox("anna@corp.example".parse().unwrap()),
                name_servers: Vec::new(),
                proxy: None,
                stores: Vec::new(),
            });
            let failure = Failure::new(Phase::Request, kind);
            let outcome = failed(&View::new(&evidence), &endpoint(Origin::User), &reach, &failure).unwrap();
            let Outcome::Checked { note, findings } = outcome else { panic!() };
            assert_eq!(findings[0].owner, Owner::Network);
            notes.extend([Lang::En, Lang::De].map(|lang| note.say(lang)));
        };
        for kind in [FailKind::Timeout, FailKind::Malformed, FailKind::Closed] {
            evidence_less(kind);
        }
        let all = notes.len();
        notes.sort();
        notes.dedup();
        assert_eq!(notes.len(), all, "each kind has its own words: {notes:#?}");
    }
}
