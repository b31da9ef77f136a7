//! Does Autodiscover lead to the right server, and if not, at which attempt does it go wrong?

pub mod asker;
pub mod errors;
pub mod hints;
pub mod missing;
mod trace;

use super::common;
use super::common::net::{self, At};
use crate::evidence::{FailKind, HttpSeen, NoAnswer, Phase, Probe, SignIn, Stop, View};
use crate::finding::{Code, Finding, Lang, Outcome, Owner, Sentence, Severity};
use crate::protocol::autodiscover::{self, Attempt, Beside, Reason, Step, Walk};
use crate::protocol::endpoint::{self, Endpoint, Origin};
use crate::protocol::front::{self, Product};
use crate::protocol::{cloud, eas, hosts, trusted};
use crate::{findings, text};
use errors::{both, certificate as words_of_certificate, malformed};
use serde_json::{Value, json};
use trace::bounded;

pub use trace::unreachable;

findings! {
    TRACE = "autodiscover.trace", Info, Exchange {
        title { en: "Every attempt of Autodiscover, and how it ended", de: "Jeder Autodiscover-Versuch und wie er endete" }
        meaning {
            en: "Clients try several addresses. That some of them fail is normal as long as one leads to the server.",
            de: "Clients probieren mehrere Adressen. Dass einige scheitern, ist normal, solange eine zum Server führt.",
        }
    }
    WEB_HOST_ANSWERS = "autodiscover.web-host-answers", Warn, Web {
        title { en: "A web site answers at {url} in place of Autodiscover", de: "Unter {url} antwortet eine Website anstelle von Autodiscover" }
        meaning {
            en: "It answers 200 with a page for an address that it does not know. Outlook and most apps pass over a page at {domain} itself; at autodiscover.{domain}, they end there.",
            de: "Sie antwortet mit 200 und einer Seite auf eine Adresse, die sie nicht kennt. Unter {domain} selbst übergehen Outlook und die meisten Apps eine solche Seite; unter autodiscover.{domain} enden sie dort.",
        }
        remedy { en: "Point autodiscover.{domain} to Exchange, and let the web site of {domain} answer 404 for /autodiscover", de: "Lassen Sie autodiscover.{domain} auf Exchange zeigen und die Website von {domain} für /autodiscover mit 404 antworten" }
        steps [
            { en: "Where the page stands at autodiscover.{domain}, correct the record in the zone:", de: "Steht die Seite unter autodiscover.{domain}, berichtigen Sie den Eintrag in der Zone:", Zone "autodiscover.{domain}. 3600 IN CNAME mail.{domain}." },
            { en: "Where it stands at {domain} itself, which rightly is the web site, add to the web server's configuration, for example nginx:", de: "Steht sie unter {domain} selbst, also zu Recht auf der Website, ergänzen Sie die Konfiguration des Webservers, zum Beispiel nginx:", Config "location ~* ^/autodiscover/ { return 404; }" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    OTHER_PROTOCOL = "autodiscover.other-protocol", Fail, Web {
        title { en: "{host} hands out {protocols} settings instead of Exchange", de: "{host} gibt Einstellungen für {protocols} statt für Exchange heraus" }
        meaning {
            en: "The web host has an Autodiscover of its own (cPanel, Plesk and others). Clients that ask there set up the wrong kind of account.",
            de: "Der Webhoster hat ein eigenes Autodiscover (cPanel, Plesk und andere). Clients, die dort fragen, richten die falsche Art von Konto ein.",
        }
        remedy { en: "Switch the web host's Autodiscover off, and point autodiscover.{domain} to Exchange", de: "Schalten Sie das Autodiscover des Webhosters ab und lassen Sie autodiscover.{domain} auf Exchange zeigen" }
        steps [
            { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "autodiscover.{domain}. 3600 IN CNAME mail.{domain}." },
            { en: "In the hosting panel, switch off mail autoconfiguration for {domain}.", de: "Schalten Sie im Hosting-Panel die automatische Mail-Konfiguration für {domain} ab." },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    REDIRECT_PAGE = "autodiscover.redirect-page", Warn, Web {
        title { en: "{url} shows a page instead of redirecting to https", de: "{url} zeigt eine Seite, statt auf https weiterzuleiten" }
        meaning {
            en: "Clients ask this address only for a redirect. A page there is of no use to them.",
            de: "Clients fragen diese Adresse nur nach einer Weiterleitung. Eine Seite nützt ihnen dort nichts.",
        }
        remedy { en: "Redirect it (302) to the Autodiscover address, or answer 404", de: "Leiten Sie sie (302) auf die Autodiscover-Adresse weiter oder antworten Sie mit 404" }
        steps [ { en: "In the web server's configuration, for example nginx:", de: "In der Konfiguration des Webservers, zum Beispiel nginx:", Config "location ~* ^/autodiscover/ { return 302 https://mail.{domain}$request_uri; }" } ]
        links ["https://learn.microsoft.com/connectivity-analyzer/positive-http-response-other-than-redirect-response-received"]
    }
    REDIRECT_LOOP = "autodiscover.redirect-loop", Fail, Exchange {
        title { en: "Autodiscover redirects in a circle at {host}", de: "Autodiscover leitet bei {host} im Kreis weiter" }
        meaning {
            en: "The addresses send clients back to one another, or through more hops than any client follows.",
            de: "Die Adressen schicken Clients zueinander zurück oder über mehr Stationen, als ein Client verfolgt.",
        }
        remedy { en: "Make one of them answer instead of redirecting", de: "Lassen Sie eine davon antworten, statt weiterzuleiten" }
        steps [
            { en: "These are the hops: {hops}. See how each answers:", de: "Das sind die Stationen: {hops}. Sehen Sie sich an, wie jede antwortet:", Shell "exdiag autodiscover {mailbox}" },
            { en: "Where a mailbox address leads back to itself, correct the target of the mailbox:", de: "Führt eine Postfachadresse auf sich selbst zurück, berichtigen Sie das Ziel des Postfachs:", Powershell "Get-RemoteMailbox {mailbox} | Format-List RemoteRoutingAddress\nGet-MailUser {mailbox} | Format-List ExternalEmailAddress" },
            { en: "On the Exchange server, switch the redirect off for the Autodiscover directory, which inherits it from the web site:", de: "Schalten Sie auf dem Exchange-Server die Umleitung für das Verzeichnis Autodiscover ab, das sie von der Website erbt:", Powershell "Set-WebConfigurationProperty -PSPath 'IIS:\\Sites\\Default Web Site\\Autodiscover' -Filter system.webServer/httpRedirect -Name enabled -Value $false\niisreset" },
            { en: "Where a proxy or web server stands in front, let it pass the path on to Exchange instead of redirecting it, for example in nginx:", de: "Steht ein Proxy oder Webserver davor, lassen Sie ihn den Pfad an Exchange weiterreichen, statt ihn umzuleiten, zum Beispiel in nginx:", Config "location ~* ^/autodiscover/ { proxy_pass https://mail.{domain}; }" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-unexpected-redirect-response-received"]
    }
    REDIRECT_INSECURE = "autodiscover.redirect-insecure", Fail, Exchange {
        title { en: "{host} redirects Autodiscover to an address without TLS", de: "{host} leitet Autodiscover auf eine Adresse ohne TLS weiter" }
        meaning {
            en: "The redirect leads to {to}. No client may send a password there, so they all stop.",
            de: "Die Weiterleitung führt zu {to}. Dorthin darf kein Client ein Passwort senden, deshalb brechen alle ab.",
        }
        remedy { en: "Redirect to https", de: "Leiten Sie auf https weiter" }
        steps [ { en: "Correct the redirect on {host}, for example in nginx:", de: "Berichtigen Sie die Weiterleitung auf {host}, zum Beispiel in nginx:", Config "return 302 https://$host$request_uri;" } ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-unexpected-redirect-response-received"]
    }
    REDIRECT_FOREIGN = "autodiscover.redirect-foreign-domain", Warn, Exchange {
        title { en: "Autodiscover leads to {host}, outside the domain {domain}", de: "Autodiscover führt zu {host}, also aus der Domain {domain} heraus" }
        meaning {
            en: "That is usual with hosters, but it can also be an attack. exdiag sends no credentials there, and many clients ask their user first.",
            de: "Das ist bei Hostern üblich, kann aber auch ein Angriff sein. exdiag sendet dorthin keine Anmeldedaten, und viele Clients fragen erst nach.",
        }
        remedy { en: "If the host is the right one, allow it by name", de: "Wenn der Host der richtige ist, erlauben Sie ihn ausdrücklich" }
        steps [ { en: "Run it again with the host allowed:", de: "Starten Sie erneut und erlauben Sie den Host:", Shell "exdiag check {mailbox} --allow-host {host}" } ]
        links ["https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxdisco/115f06cf-62db-46a1-a825-8b30897f27d3"]
    }
    MALFORMED_ANSWER = "autodiscover.malformed-answer", Fail, Exchange {
        title { en: "{host} answers, but not with an Autodiscover document", de: "{host} antwortet, aber nicht mit einem Autodiscover-Dokument" }
        meaning {
            en: "The answer could not be used: {why}. Either something in front changes it, or another service answers there.",
            de: "Die Antwort war nicht zu gebrauchen: {why}. Entweder verändert sie etwas davor, oder dort antwortet ein anderer Dienst.",
        }
        remedy { en: "Find out what answers at {host}", de: "Stellen Sie fest, was unter {host} antwortet" }
        steps [ { en: "Look at the answer itself:", de: "Sehen Sie sich die Antwort selbst an:", Shell "curl -i -X POST {url}" } ]
        links ["https://learn.microsoft.com/connectivity-analyzer/missing-expr-element-autodiscover-xml-response"]
    }
    URL_INVALID = "autodiscover.url-invalid", Fail, Exchange {
        title { en: "Autodiscover names an unusable ActiveSync address: {given}", de: "Autodiscover nennt eine unbrauchbare ActiveSync-Adresse: {given}" }
        meaning {
            en: "The ExternalUrl is empty, not https, leads to another path than ActiveSync's, or its host has no address in the DNS. No client gets any further.",
            de: "Die ExternalUrl ist leer, nicht https, führt zu einem anderen Pfad als dem von ActiveSync, oder ihr Host hat keine Adresse im DNS. Kein Client kommt weiter.",
        }
        remedy { en: "Correct the external address of ActiveSync", de: "Berichtigen Sie die externe Adresse von ActiveSync" }
        steps [ { en: "In the Exchange Management Shell, with the server's public name:", de: "In der Exchange Management Shell, mit dem öffentlichen Namen des Servers:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -ExternalUrl https://mail.{domain}/Microsoft-Server-ActiveSync" } ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-activesyncvirtualdirectory"]
    }
    URL_INTERNAL = "autodiscover.url-internal", Fail, Exchange {
        title { en: "Autodiscover gives out the internal server name {host}", de: "Autodiscover gibt den internen Servernamen {host} heraus" }
        meaning {
            en: "Outside the company network that name leads nowhere, so phones and the sync service end there.",
            de: "Außerhalb des Firmennetzes führt dieser Name nirgendwohin; Telefone und Sync-Dienst enden dort.",
        }
        remedy { en: "Set the external address of ActiveSync to the public name", de: "Setzen Sie die externe Adresse von ActiveSync auf den öffentlichen Namen" }
        steps [ { en: "In the Exchange Management Shell, with the server's public name:", de: "In der Exchange Management Shell, mit dem öffentlichen Namen des Servers:", Powershell "Get-ActiveSyncVirtualDirectory | Set-ActiveSyncVirtualDirectory -ExternalUrl https://mail.{domain}/Microsoft-Server-ActiveSync" } ]
        links ["https://learn.microsoft.com/powershell/module/exchangepowershell/set-activesyncvirtualdirectory"]
    }
    METHODS_DISAGREE = "autodiscover.methods-disagree", Warn, Exchange {
        title { en: "Autodiscover's answers name different servers: {hosts}", de: "Die Antworten von Autodiscover nennen verschiedene Server: {hosts}" }
        meaning {
            en: "Which server a client ends at depends on how it asks. Usually one setting was forgotten in a move.",
            de: "An welchem Server ein Client landet, hängt davon ab, wie er fragt. Meist wurde bei einem Umzug eine Einstellung vergessen.",
        }
        remedy { en: "Make every directory name the same server", de: "Lassen Sie alle Verzeichnisse denselben Server nennen" }
        steps [ { en: "See what is set for {what}:", de: "Sehen Sie nach, was für {what} eingestellt ist:", Powershell "Get-ActiveSyncVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl\nGet-WebServicesVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl" } ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    V2_NOT_AVAILABLE = "autodiscover.v2-not-available", Info, Exchange {
        title { en: "{host} does not offer Autodiscover v2", de: "{host} bietet kein Autodiscover v2 an" }
        meaning {
            en: "Servers before Exchange 2016, and other products, do not know it. Without a sign-in the address of ActiveSync can then only be guessed.",
            de: "Server vor Exchange 2016 und andere Produkte kennen es nicht. Ohne Anmeldung lässt sich die ActiveSync-Adresse dann nur vermuten.",
        }
    }
    SERVER_ERROR = "autodiscover.server-error", Fail, Exchange {
        title { en: "Autodiscover on {host} fails with status {status}", de: "Autodiscover auf {host} scheitert mit Status {status}" }
        meaning {
            en: "The server was reached, but the service behind it failed: a stopped application pool, a damaged web.config or an update that was not finished.",
            de: "Der Server wurde erreicht, aber der Dienst dahinter ist gescheitert: ein gestoppter Anwendungspool, eine beschädigte web.config oder ein unfertiges Update.",
        }
        remedy { en: "Look into the event log and restart the Autodiscover application pool", de: "Sehen Sie ins Ereignisprotokoll und starten Sie den Anwendungspool von Autodiscover neu" }
        steps [ { en: "On the Exchange server:", de: "Auf dem Exchange-Server:", Powershell "Get-EventLog -LogName Application -Source 'ASP.NET*','MSExchange Autodiscover' -Newest 20\nRestart-WebAppPool MSExchangeAutodiscoverAppPool" } ]
        links ["https://learn.microsoft.com/troubleshoot/developer/webapps/iis/www-administration-management/http-status-code"]
    }
    ANONYMOUS = "autodiscover.anonymous", Warn, Exchange {
        title { en: "Autodiscover on {host} answers without a sign-in", de: "Autodiscover auf {host} antwortet ohne Anmeldung" }
        meaning {
            en: "Healthy servers ask for a sign-in first. Anonymous access was switched on, or a proxy signs in by itself.",
            de: "Gesunde Server verlangen erst eine Anmeldung. Der anonyme Zugriff wurde eingeschaltet, oder ein Proxy meldet sich selbst an.",
        }
        remedy { en: "Reset the sign-in methods of the Autodiscover directory", de: "Setzen Sie die Anmeldemethoden des Autodiscover-Verzeichnisses zurück" }
        steps [ { en: "See what is set:", de: "Sehen Sie nach, was eingestellt ist:", Powershell "Get-AutodiscoverVirtualDirectory | Format-List Server,*Authentication*" } ]
        links ["https://learn.microsoft.com/connectivity-analyzer/anonymous-authentication-enabled-virtual-directory"]
    }
    NOT_EXCHANGE = "autodiscover.not-exchange", Info, Exchange {
        title { en: "{host} is {product}, not Exchange", de: "{host} ist {product}, nicht Exchange" }
        meaning {
            en: "It speaks ActiveSync, but not EWS as Exchange does; the sync service has to use ActiveSync.",
            de: "Es spricht ActiveSync, aber kein EWS wie Exchange; der Sync-Dienst muss ActiveSync benutzen.",
        }
    }
}

/// Judges the walk.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let Some(walk) = autodiscover::walk(view)? else { return Ok(common::needs_mailbox()) };
    let beside = autodiscover::beside(view, &walk);
    let named = [(&walk.settings, Origin::Pox), (&walk.json, Origin::V2)]
        .into_iter()
        .find_map(|(url, o)| Some((url.as_deref()?, o)));
    let target = match named {
        Some((url, origin)) => target(view, url, origin)?,
        None => None,
    };
    let beside = beside?;
    let all: Vec<&Attempt> = walk.attempts.iter().chain(&beside.attempts).collect();
    let trace = traced(view, &all)?;
    if walk.won.is_none() && walk.dns_failed {
        return Ok(with(common::without_names(view)?, trace));
    }
    if walk.won.is_none()
        && let Some(why) = walk.attempts.iter().find_map(unasked)
    {
        return Ok(with(cut_short(&walk, why), trace));
    }
    let mut findings: Vec<Finding> = Vec::new();
    for attempt in &walk.attempts {
        let is_known =
            |f: &Finding, code: &'static Code| f.code.id == code.id && f.place.host.as_deref() == Some(&attempt.host);
        let found = fault(view, &walk, &beside, attempt)?.filter(|new| !findings.iter().any(|f| is_known(f, new.code)));
        findings.extend(found);
    }
    findings.extend(target);
    if let Some((what, hosts)) = hints::disagreement(&walk, &beside) {
        findings.push(Finding::new(&METHODS_DISAGREE).with("hosts", hosts).with("what", what));
    }
    findings.extend(foreign(view, &walk)?);
    findings.extend(about_winner(view, &walk)?);
    findings.extend(hints::hints(view, &walk, &beside)?);
    findings.extend(beside.attempts.iter().filter_map(|attempt| errors::beside(view.subject(), attempt)));
    let has_fault = findings.iter().any(|f| f.severity == Severity::Fail);
    let is_page = findings.iter().any(|f| f.code.id == REDIRECT_PAGE.id && f.severity == Severity::Fail);
    if !is_page {
        findings.extend(cut_off(view, &walk)?);
    }
    let is_silent = walk.is_silent() && !has_fault;
    let dated = if walk.won.is_none() && !has_fault { dated(view, &walk)? } else { None };
    if walk.won.is_none() && !has_fault && !is_silent && dated.is_none() {
        findings.push(missing::not_found(view, &walk, trace.data.get("attempts"))?);
    }
    // whoever names the server does not depend on Autodiscover
    if view.subject().server.is_some() {
        for finding in findings.iter_mut().filter(|f| f.severity == Severity::Fail) {
            finding.severity = Severity::Warn;
        }
    }
    // what is about all of it is seen in all of it
    for finding in findings.iter_mut().filter(|finding| finding.evidence.is_empty()) {
        finding.evidence.clone_from(&trace.evidence);
    }
    findings.push(trace);
    if let Some((host, finding)) = dated {
        findings.extend(finding);
        return Ok(Outcome::Inconclusive { reason: common::unspoken().with("host", host), findings });
    }
    if is_silent {
        // silence is no answer: nobody has said that Autodiscover is not there
        let host = walk.cut().map_or_else(|| view.subject().domain(), |(attempt, _)| attempt.host.as_str());
        let reason = Sentence::new(text!(
            "{host} gives no answer, so nobody can say whether Autodiscover is there",
            "{host} antwortet nicht; ob es dort Autodiscover gibt, lässt sich nicht sagen",
        ));
        return Ok(Outcome::Inconclusive { reason: reason.with("host", host), findings });
    }
    if let Some(won) = walk.winner().filter(|won| won.verified == Some(false)) {
        let note = Sentence::new(text!(
            "found at {host}, whose certificate clients do not accept: exdiag tls {host}",
            "gefunden unter {host}, dessen Zertifikat Clients nicht akzeptieren: exdiag tls {host}",
        ));
        let note = note.with("host", won.host.as_str());
        // whoever judges certificates says what is wrong with it
        let is_told = view.subject().selected.iter().any(|id| id == "tls-chain");
        return Ok(if is_told || has_fault {
            Outcome::checked(note, findings)
        } else {
            Outcome::Inconclusive { reason: note, findings }
        });
    }
    Ok(Outcome::checked(trace::note(&walk), findings))
}

/// The trace, with the evidence of every attempt.
fn traced(view: &View<'_>, attempts: &[&Attempt]) -> Result<Finding, Stop> {
    let shown = trace::shown(view, attempts.iter().copied())?;
    let trace = Finding::new(&TRACE).with("attempts", shown);
    Ok(attempts.iter().fold(trace, |trace, attempt| trace.seen_in(&Probe::Http(attempt.probe.clone()))))
}

/// The same outcome, with a further finding.
fn with(outcome: Outcome, further: Finding) -> Outcome {
    let mut outcome = outcome;
    if let Outcome::Checked { findings, .. }
    | Outcome::Inconclusive { findings, .. }
    | Outcome::Skipped { findings, .. } = &mut outcome
    {
        findings.push(further);
    }
    outcome
}

/// The run ended before anything was known: what was waited for then, and in what.
fn cut_short(walk: &Walk, why: &NoAnswer) -> Outcome {
    let hung = walk.attempts.iter().filter(|attempt| matches!(attempt.reason, Reason::NotAsked(NoAnswer::Hung { .. })));
    let waits: Vec<Value> = hung
        .map(|attempt| {
            let why = trace::why(attempt);
            let said = |lang| format!("{}: {}", attempt.probe.url, why.say(lang));
            json!({"en": said(Lang::En), "de": said(Lang::De)})
        })
        .collect();
    if waits.is_empty() {
        return common::unanswered(why);
    }
    Outcome::inconclusive(
        Sentence::new(text!(
            "no answer before the time of the run was over: {waits}",
            "keine Antwort, bevor die Zeit des Laufs vorbei war: {waits}",
        ))
        .with("waits", waits),
    )
}

/// What keeps everybody from Autodiscover before a connection stands: told here only where
/// `activesync`, which owns connections, does not run or has another server that answers.
fn cut_off(view: &View<'_>, walk: &Walk) -> Result<Option<Finding>, Stop> {
    let Some((attempt, failure)) = walk.cut().filter(|(_, failure)| failure.phase < Phase::Handshake) else {
        return Ok(None);
    };
    let is_told = view.subject().selected.iter().any(|id| id == "activesync")
        && match endpoint::endpoint(view)? {
            Some(endpoint) => view.http(&eas::options(&endpoint))?.ok().and_then(HttpSeen::response).is_none(),
            None => false,
        };
    let Some(endpoint) = Endpoint::parse(&attempt.probe.url, Origin::Guess).filter(|_| !is_told) else {
        return Ok(None);
    };
    let at = At::from(&endpoint);
    let finding = match failure.phase {
        Phase::Proxy => net::blocked(&at, failure),
        _ if cloud::of_name(view, at.host)?.is_some() => net::of_cloud(net::unconnected(&at, failure)),
        _ => net::unconnected(&at, failure),
    };
    Ok(Some(finding.seen_in(&Probe::Http(attempt.probe.clone()))))
}

/// The host that nobody here can ask for want of a common cipher suite, though most clients can; with
/// the finding, where `tls-protocol` does not tell it.
fn dated(view: &View<'_>, walk: &Walk) -> Result<Option<(String, Option<Finding>)>, Stop> {
    let shook_none = |attempt: &&Attempt| {
        attempt.step != Step::RootDomain
            && matches!(&attempt.reason, Reason::Unreachable(failure) if failure.phase == Phase::Handshake)
    };
    for attempt in walk.attempts.iter().filter(shook_none) {
        let Some(at) = Endpoint::parse(&attempt.probe.url, Origin::Guess) else { continue };
        let Some(finding) = super::common::suites::dated(view, &at.host, at.port)? else { continue };
        let selected = view.subject().selected.iter().any(|id| id == "tls-protocol");
        let is_told = selected
            && endpoint::endpoint(view)?.is_some_and(|known| (known.host, known.port) == (at.host.clone(), at.port));
        return Ok(Some((at.host, Some(finding).filter(|_| !is_told))));
    }
    Ok(None)
}

fn unasked(attempt: &Attempt) -> Option<&NoAnswer> {
    match &attempt.reason {
        Reason::NotAsked(
            why @ (NoAnswer::Deadline
            | NoAnswer::Hung { .. }
            | NoAnswer::Cancelled
            | NoAnswer::NotRecorded
            | NoAnswer::Offline
            | NoAnswer::Panicked { .. }),
        ) if attempt.step != Step::Cloud => Some(why),
        _ => None,
    }
}

/// What is wrong at one attempt.
fn fault(view: &View<'_>, walk: &Walk, beside: &Beside, attempt: &Attempt) -> Result<Option<Finding>, Stop> {
    let placed = |finding: Finding| {
        finding.host(&attempt.host).url(&attempt.probe.url).seen_in(&Probe::Http(attempt.probe.clone()))
    };
    let about = |code| placed(Finding::new(code));
    // what clients meet before the winner keeps them from it, what they meet after it does not
    let is_before = walk.answered().is_none_or(|won| attempt.step < won.step);
    let weight = |severity| if is_before { severity } else { Severity::Warn };
    // what is said to those who have signed in is the last word, unless another road has settings for them
    let is_last_word = attempt.probe.sign_in == SignIn::Given && walk.settings.is_none();
    let alone = if walk.won.is_some() && !is_last_word { Severity::Warn } else { Severity::Fail };
    // at the domain itself a web site is in its place
    let at_root = attempt.step == Step::RootDomain && walk.won.is_some();
    // a browser's redirect is no business of Autodiscover's: nobody needs that road
    let astray = match attempt.step {
        Step::RootDomain | Step::HttpRedirect if walk.won.is_some() => Severity::Info,
        _ => alone,
    };
    let is_v2 = attempt.step.is_v2();
    Ok(match &attempt.reason {
        Reason::WebSite { page: true } if attempt.step == Step::HttpRedirect => {
            Some(about(&REDIRECT_PAGE).severity(match walk.won {
                Some(_) => Severity::Info,
                // where https is closed, the host is there for the redirect alone
                None if is_closed(walk, &attempt.host) => Severity::Fail,
                None => Severity::Warn,
            }))
        }
        Reason::WebSite { page: true } | Reason::SignInPage if !is_v2 => {
            Some(about(&WEB_HOST_ANSWERS).severity(if at_root { Severity::Info } else { alone }))
        }
        Reason::OtherProtocols(protocols) => {
            Some(about(&OTHER_PROTOCOL).severity(weight(Severity::Fail)).with("protocols", protocols.clone()))
        }
        Reason::Loop { to } => {
            Some(about(&REDIRECT_LOOP).severity(astray).with("to", bounded(to)).with("hops", hops(walk, attempt)))
        }
        Reason::TooManyHops if !is_v2 => Some(about(&REDIRECT_LOOP).severity(astray).with("hops", hops(walk, attempt))),
        Reason::Insecure { to } if !is_v2 => Some(about(&REDIRECT_INSECURE).severity(astray).with("to", bounded(to))),
        Reason::Error { code, message } => {
            let finding = placed(errors::finding(*code, message, asker::asker(view.subject(), attempt), beside));
            Some(if at_root { errors::of_web_site(finding) } else { finding })
        }
        Reason::NoMobileSync => Some(placed(errors::without_mobilesync()).severity(weight(Severity::Fail))),
        Reason::Malformed(why) if !is_v2 => Some(
            about(&MALFORMED_ANSWER)
                .severity(if at_root { Severity::Info } else { alone })
                .with("why", malformed(&bounded(why))),
        ),
        // what somebody else than Exchange answers to a sign-in is for `auth-status`
        Reason::ServerError if !is_v2 && is_intercepted(view, walk, attempt)? => None,
        Reason::ServerError if !is_v2 => Some(
            about(&SERVER_ERROR).severity(if at_root { Severity::Info } else { alone }).with("status", attempt.status),
        ),
        Reason::Settings { .. } if !is_v2 && attempt.probe.sign_in == SignIn::None => Some(about(&ANONYMOUS)),
        Reason::NotThere | Reason::Refused { .. }
            if attempt.step == Step::Json
                && walk.winner().is_some_and(|won| won.host == attempt.host)
                && view.subject().credential.is_none() =>
        {
            Some(match &attempt.reason {
                Reason::Refused { code, message } => {
                    about(&V2_NOT_AVAILABLE).with("code", bounded(code)).with("message", bounded(message))
                }
                _ => about(&V2_NOT_AVAILABLE),
            })
        }
        _ => None,
    })
}

/// Whether `auth-status` tells that the sign-in was answered by somebody else than it was asked for.
fn is_intercepted(view: &View<'_>, walk: &Walk, attempt: &Attempt) -> Result<bool, Stop> {
    let is_told = view.subject().selected.iter().any(|id| id == "auth-status");
    let asked = walk.attempts.iter().find(|a| a.probe.url == attempt.probe.url && a.probe.sign_in == SignIn::None);
    let Some(asked) = asked.filter(|_| is_told && attempt.probe.sign_in == SignIn::Given) else { return Ok(false) };
    let (asked, said) = (view.http(&asked.probe), view.http(&attempt.probe));
    let (asked, said) = (asked?.ok().and_then(HttpSeen::response), said?.ok().and_then(HttpSeen::response));
    Ok(asked.zip(said).is_some_and(|(asked, said)| front::is_intercepted(front::recognise(asked).product, said)))
}

/// Whether nothing listens for https at a host.
fn is_closed(walk: &Walk, host: &str) -> bool {
    let refuses = |attempt: &Attempt| matches!(&attempt.reason, Reason::Unreachable(failure) if failure.kind == FailKind::Refused);
    walk.attempts.iter().any(|a| a.host == host && a.probe.url.starts_with("https://") && refuses(a))
}

/// What was asked on one road up to this attempt: addresses of the web, and the mailbox addresses
/// where these led on.
fn hops(walk: &Walk, last: &Attempt) -> Vec<String> {
    let leads_to_mailbox = matches!(&last.reason, Reason::Loop { to } if !to.contains("://"));
    let mut hops: Vec<String> = Vec::new();
    if leads_to_mailbox {
        for attempt in &walk.attempts {
            if !hops.contains(&attempt.email) {
                hops.push(attempt.email.clone());
            }
        }
    } else {
        hops.extend(walk.hops(last).map(|attempt| bounded(&attempt.probe.url)));
    }
    if let Reason::Loop { to } = &last.reason {
        hops.push(bounded(to));
    }
    hops
}

/// What is wrong with the address that an answer gave.
fn target(view: &View<'_>, url: &str, origin: Origin) -> Result<Option<Finding>, Stop> {
    let from = if origin == Origin::V2 { "v2" } else { "pox" };
    let given: Value = match url.trim() {
        "" => text!("it is empty", "sie ist leer").into(),
        _ => bounded(url).into(),
    };
    let about = |code| Finding::new(code).url(bounded(url)).with("given", given.clone()).with("from", from);
    let Some(endpoint) = Endpoint::parse(url, origin) else { return Ok(Some(about(&URL_INVALID))) };
    if endpoint::is_internal(&endpoint.host) {
        return Ok(Some(about(&URL_INTERNAL).host(&endpoint.host)));
    }
    // only a denial counts: silence is for the check dns
    let addresses = hosts::addresses(view, &endpoint.host)?;
    let family = crate::evidence::dns::address_type(!view.subject().ipv4);
    let is_denied = match view.dns(&endpoint.host, family)? {
        Ok(seen) => seen.answer.as_ref().is_some_and(|a| a.is_noerror() || a.is_nxdomain()),
        Err(_) => false,
    };
    if addresses.is_empty() && is_denied {
        return Ok(Some(about(&URL_INVALID).host(&endpoint.host).seen_in(&Probe::dns(&endpoint.host, family))));
    }
    Ok(leads_elsewhere(view, &endpoint)?.then(|| about(&URL_INVALID).host(&endpoint.host)))
}

/// Whether an address is not that of ActiveSync: by its path, and nobody wants a sign-in there.
fn leads_elsewhere(view: &View<'_>, endpoint: &Endpoint) -> Result<bool, Stop> {
    let path = url::Url::parse(&endpoint.url).map(|url| url.path().to_ascii_lowercase()).unwrap_or_default();
    if path.trim_end_matches('/').ends_with("/microsoft-server-activesync") {
        return Ok(false);
    }
    let response = view.http(&eas::options(endpoint))?.ok().and_then(HttpSeen::response);
    Ok(response.is_some_and(|response| response.status != 401 && !eas::offer(response).is_activesync()))
}

/// A road that leads out of the domain, to a host that nobody has allowed.
fn foreign(view: &View<'_>, walk: &Walk) -> Result<Option<Finding>, Stop> {
    let is_foreign = |a: &&Attempt| {
        matches!(a.reason, Reason::SignInWanted | Reason::Settings { .. })
            && !trusted::may_receive(view.subject(), &a.host)
    };
    // what a road of the domain itself has brought counts more
    if walk.winner().is_some_and(|won| !is_foreign(&won)) {
        return Ok(None);
    }
    let Some(attempt) = walk.attempts.iter().find(is_foreign) else { return Ok(None) };
    let finding = Finding::new(&REDIRECT_FOREIGN)
        .host(&attempt.host)
        .url(&attempt.probe.url)
        .seen_in(&Probe::Http(attempt.probe.clone()));
    // whoever wants to sign in has to be asked, whoever it is
    let is_harmless = view.subject().credential.is_none() && hints::is_in_the_same_hands(view, &attempt.host)?;
    Ok(Some(if is_harmless { finding.severity(Severity::Info) } else { finding }))
}

/// Which product the winner is, where it is not Exchange.
fn about_winner(view: &View<'_>, walk: &Walk) -> Result<Option<Finding>, Stop> {
    let Some(won) = walk.winner() else { return Ok(None) };
    let Some(response) = view.http(&won.probe)?.ok().and_then(HttpSeen::response) else { return Ok(None) };
    let product = match front::recognise(response).product {
        product @ (Product::Sogo | Product::ZPush) => product.name().unwrap_or_default(),
        _ => return Ok(None),
    };
    Ok(Some(Finding::new(&NOT_EXCHANGE).host(&won.host).owner(Owner::Exchange).with("product", product)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Shell;

    #[test]
    fn a_remedy_holds_what_repairs_and_not_only_what_to_look_at() {
        let shells = |code: &Code| -> Vec<Shell> {
            code.steps.iter().flat_map(|step| step.commands).map(|command| command.shell).collect()
        };
        assert_eq!(shells(&REDIRECT_LOOP), [Shell::Shell, Shell::Powershell, Shell::Powershell, Shell::Config]);
        // as of a web host that hands out IMAP: the name belongs to Exchange, 404 is for the web site's own
        assert_eq!(shells(&WEB_HOST_ANSWERS), [Shell::Zone, Shell::Config]);
        assert_eq!(WEB_HOST_ANSWERS.steps[0].commands[0].text, OTHER_PROTOCOL.steps[0].commands[0].text);
    }
}
