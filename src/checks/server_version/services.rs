//! Is there, beside ActiveSync, what a sync service needs, and who stands in front of it?
//!
//! EWS on-premises is needed: connectors for Exchange Server sync through it. What Outlook and browsers
//! use (MAPI/HTTP, OAB, OWA) is worth a remark only.

use crate::checks::common;
use crate::evidence::{FailKind, HttpSeen, NoAnswer, Phase, Probe, Response};
use crate::finding::{Code, Finding, Outcome, Owner, Sentence, Severity};
use crate::protocol::builds::Version;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::front::{self, Product};
use crate::protocol::services::{Answers, Asked, Service, State, is_well};
use crate::protocol::{challenge, eas};
use crate::{findings, text};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use std::net::IpAddr;

findings! {
    EWS_NOT_FOUND = "server.ews-not-found", Fail, Exchange {
        title { en: "{host} has no EWS (HTTP {status})", de: "{host} hat kein EWS (HTTP {status})" }
        meaning {
            en: "Sync services reach an Exchange Server on-premises through EWS (Nylas does), not through ActiveSync. At {url} there is nothing: the virtual directory is missing or not published.",
            de: "Sync-Dienste erreichen einen Exchange Server vor Ort über EWS (so auch Nylas), nicht über ActiveSync. Unter {url} ist nichts: Das virtuelle Verzeichnis fehlt oder ist nicht veröffentlicht.",
        }
        remedy { en: "Publish /EWS on {host}", de: "Veröffentlichen Sie /EWS auf {host}" }
        steps [
            { en: "If a proxy or firewall stands in front, let it pass the path /EWS/* on, in both spellings.", de: "Steht ein Proxy oder eine Firewall davor, lassen Sie den Pfad /EWS/* in beiden Schreibweisen weiterreichen." },
            { en: "See which address Exchange itself has for it; if the host is another, give that one to the sync service:", de: "Sehen Sie nach, welche Adresse Exchange selbst dafür hat; ist es ein anderer Host, geben Sie dem Sync-Dienst diesen:", Powershell "Get-WebServicesVirtualDirectory | Format-List Server,Name,InternalUrl,ExternalUrl" },
            { en: "If the directory is missing, create it on the server concerned:", de: "Fehlt das Verzeichnis, legen Sie es auf dem betroffenen Server an:", Powershell "New-WebServicesVirtualDirectory -WebSiteName \"Default Web Site\" -ExternalUrl '{url}'" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
        links ["https://developer.nylas.com/docs/provider-guides/exchange-on-prem/", "https://learn.microsoft.com/powershell/module/exchangepowershell/new-webservicesvirtualdirectory"]
    }
    EWS_REFUSED = "server.ews-refused", Fail, Network {
        title { en: "EWS on {host} answers HTTP {status}, without a way to sign in", de: "EWS auf {host} antwortet mit HTTP {status}, ohne einen Anmeldeweg" }
        meaning {
            en: "A healthy server asks for a sign-in (401 with the ways to do it). Mostly a rule says no before that: of a web application firewall, an address restriction in IIS, or, in Exchange Online, of the organisation. Sync services reach an Exchange Server on-premises through EWS (Nylas does).",
            de: "Ein gesunder Server verlangt eine Anmeldung (401 mit den Wegen dazu). Meist sagt vorher eine Regel Nein: einer Web Application Firewall, eine Adressbeschränkung in IIS oder, in Exchange Online, die der Organisation. Sync-Dienste erreichen einen Exchange Server vor Ort über EWS (so auch Nylas).",
        }
        remedy { en: "Let /EWS through, from everywhere or from the addresses of the sync service", de: "Lassen Sie /EWS durch, von überall oder von den Adressen des Sync-Dienstes" }
        steps [
            { en: "In the firewall or proxy, allow GET and POST for /EWS/*, and pass the answers' headers on unchanged.", de: "Erlauben Sie in Firewall oder Proxy GET und POST für /EWS/* und reichen Sie die Header der Antworten unverändert weiter." },
            { en: "On the Exchange server, look for address restrictions and for the ways to sign in:", de: "Suchen Sie auf dem Exchange-Server nach Adressbeschränkungen und nach den Anmeldewegen:", Powershell "Get-WebConfiguration -Filter /system.webServer/security/ipSecurity -PSPath 'IIS:\\Sites\\Default Web Site\\EWS' | Select-Object -ExpandProperty Collection\nGet-WebServicesVirtualDirectory | Format-List Server,*Authentication*" },
            { en: "See whether EWS is switched off for all, or for some applications:", de: "Sehen Sie nach, ob EWS für alle oder für manche Anwendungen ausgeschaltet ist:", Powershell "Get-OrganizationConfig | Format-List Ews*" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
        links ["https://developer.nylas.com/docs/provider-guides/exchange-on-prem/", "https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-ews-exchange-online"]
    }
    EWS_THROTTLED = "server.ews-throttled", Warn, Network {
        title { en: "EWS on {host} asks for a pause (HTTP 429)", de: "EWS auf {host} verlangt eine Pause (HTTP 429)" }
        meaning {
            en: "Whoever answers here holds that too many requests came from this address. Whether EWS works cannot be told from that; a sync service asks often, and is slowed down or held off by the same limit.",
            de: "Wer hier antwortet, meint, von dieser Adresse seien zu viele Anfragen gekommen. Ob EWS funktioniert, lässt sich daraus nicht sagen; ein Sync-Dienst fragt oft und wird von derselben Grenze gebremst oder ferngehalten.",
        }
        remedy { en: "Except EWS, or the addresses of the sync service, from the limit", de: "Nehmen Sie EWS oder die Adressen des Sync-Dienstes von der Begrenzung aus" }
        steps [
            { en: "Look again after some minutes; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie nach einigen Minuten erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
            { en: "If it stays, look for the limit of requests per address in the firewall, proxy or balancer in front.", de: "Bleibt es dabei, suchen Sie in Firewall, Proxy oder Load Balancer davor die Grenze für Anfragen je Adresse." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc6585"]
    }
    EWS_UNREACHABLE = "server.ews-unreachable", Fail, Network {
        title { en: "EWS at {url}, where Autodiscover sends clients, cannot be used: {answer}", de: "EWS unter {url}, wohin Autodiscover die Clients schickt, ist nicht nutzbar: {answer}" }
        meaning {
            en: "Sync services ask Autodiscover where EWS is and go there (Nylas does). ActiveSync stands at another address, so the fact that it works says nothing about EWS.",
            de: "Sync-Dienste fragen Autodiscover, wo EWS ist, und gehen dorthin (so auch Nylas). ActiveSync steht unter einer anderen Adresse; dass es funktioniert, sagt über EWS nichts aus.",
        }
        remedy { en: "Put {host}:{port} in order, or have Autodiscover name an address that works", de: "Bringen Sie {host}:{port} in Ordnung oder lassen Sie Autodiscover eine Adresse nennen, die funktioniert" }
        steps [
            { en: "See from outside how far it goes: the name, the connection, the certificate:", de: "Sehen Sie von außen nach, wie weit es geht: Name, Verbindung, Zertifikat:", Shell "nslookup {host}\ncurl -v {url}" },
            { en: "See which address Exchange hands out:", de: "Sehen Sie nach, welche Adresse Exchange ausgibt:", Powershell "Get-WebServicesVirtualDirectory | Format-List Server,Name,InternalUrl,ExternalUrl" },
            { en: "If it is to be another, set it on every server:", de: "Soll es eine andere sein, setzen Sie sie auf jedem Server:", Powershell "Set-WebServicesVirtualDirectory -Identity '<SERVER>\\EWS (Default Web Site)' -ExternalUrl 'https://<HOST>/EWS/Exchange.asmx'" },
        ]
        links ["https://developer.nylas.com/docs/provider-guides/exchange-on-prem/", "https://learn.microsoft.com/powershell/module/exchangepowershell/set-webservicesvirtualdirectory"]
    }
    EWS_PREAUTHENTICATION = "server.ews-preauthentication", Fail, Network {
        title { en: "A login page stands in front of EWS on {host}", de: "Auf {host} steht eine Anmeldeseite vor EWS" }
        meaning {
            en: "Something at the edge wants a sign-in in a browser first. Sync services, which reach an Exchange Server on-premises through EWS (Nylas does), cannot fill in a page: they fail whatever the password.",
            de: "Etwas am Netzrand verlangt zuerst eine Anmeldung im Browser. Sync-Dienste, die einen Exchange Server vor Ort über EWS erreichen (so auch Nylas), können keine Seite ausfüllen: Sie scheitern mit jedem Passwort.",
        }
        remedy { en: "Switch pre-authentication off for EWS (pass-through)", de: "Schalten Sie die Vorauthentifizierung für EWS aus (Pass-through)" }
        steps [
            { en: "Publish these paths without pre-authentication:", de: "Veröffentlichen Sie diese Pfade ohne Vorauthentifizierung:", Config "/Microsoft-Server-ActiveSync\n/EWS\n/Autodiscover" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/firewall-pre-authentication-check"]
    }
    EWS_REDIRECTED = "server.ews-redirected", Fail, Exchange {
        title { en: "{host} redirects EWS to {location}", de: "{host} leitet EWS um nach {location}" }
        meaning {
            en: "Sync services, which reach an Exchange Server on-premises through EWS (Nylas does), do not follow. Usually the redirect of the web site to Outlook on the web was inherited by this directory.",
            de: "Sync-Dienste, die einen Exchange Server vor Ort über EWS erreichen (so auch Nylas), folgen dem nicht. Meist hat das Verzeichnis die Umleitung der Website auf Outlook im Web geerbt.",
        }
        remedy { en: "Clear the HTTP redirect on the EWS directory", de: "Entfernen Sie die HTTP-Umleitung am EWS-Verzeichnis" }
        steps [
            { en: "On the Exchange server:", de: "Auf dem Exchange-Server:", Powershell "Set-WebConfigurationProperty -PSPath 'IIS:\\Sites\\Default Web Site\\EWS' -Filter system.webServer/httpRedirect -Name enabled -Value $false\niisreset" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/an-unexpected-redirect-response-received"]
    }
    EWS_UNAVAILABLE = "server.ews-unavailable", Fail, Exchange {
        title { en: "EWS on {host} does not work: {answer}", de: "EWS auf {host} arbeitet nicht: {answer}" }
        meaning {
            en: "Other paths of the same server answer, this one does not: its application pool is stopped or broken, or the device in front finds no healthy server for it. Sync services reach an Exchange Server on-premises through EWS (Nylas does).",
            de: "Andere Pfade desselben Servers antworten, dieser nicht: Sein Anwendungspool ist gestoppt oder defekt, oder das Gerät davor findet keinen gesunden Server dafür. Sync-Dienste erreichen einen Exchange Server vor Ort über EWS (so auch Nylas).",
        }
        remedy { en: "Bring the application pool of EWS up, or the device in front of it in order", de: "Starten Sie den Anwendungspool von EWS oder bringen Sie das Gerät davor in Ordnung" }
        steps [
            { en: "On the Exchange server, see whether pool and component are active:", de: "Prüfen Sie auf dem Exchange-Server, ob Pool und Komponente aktiv sind:", Powershell "Import-Module WebAdministration\nGet-WebAppPoolState MSExchangeServicesAppPool\nGet-ServerComponentState $env:COMPUTERNAME -Component EwsProxy" },
            { en: "Start the pool where it is stopped:", de: "Starten Sie den Pool, falls er gestoppt ist:", Powershell "Start-WebAppPool MSExchangeServicesAppPool" },
            { en: "Where both are in order, look into the log of the firewall, proxy or balancer in front.", de: "Ist beides in Ordnung, sehen Sie ins Log von Firewall, Proxy oder Load Balancer davor." },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/load-balancing"]
    }
    EWS_ANONYMOUS = "server.ews-anonymous", Warn, Network {
        title { en: "EWS on {host} answers without a sign-in (HTTP {status})", de: "EWS auf {host} antwortet ohne Anmeldung (HTTP {status})" }
        meaning {
            en: "A healthy server asks everybody to sign in (401). Either anonymous access is switched on, or a device in front answers or signs in for everybody.",
            de: "Ein gesunder Server verlangt von allen eine Anmeldung (401). Entweder ist der anonyme Zugriff eingeschaltet, oder ein Gerät davor antwortet selbst oder meldet alle an.",
        }
        remedy { en: "Pass EWS on unchanged, and switch anonymous access off", de: "Reichen Sie EWS unverändert weiter und schalten Sie den anonymen Zugriff aus" }
        steps [
            { en: "See which ways to sign in are switched on:", de: "Sehen Sie nach, welche Anmeldewege eingeschaltet sind:", Powershell "Get-WebServicesVirtualDirectory | Format-List Server,*Authentication*\nGet-WebConfigurationProperty -Filter /system.webServer/security/authentication/anonymousAuthentication -PSPath 'IIS:\\Sites\\Default Web Site\\EWS' -Name enabled" },
            { en: "Look again; in order is 401 with WWW-Authenticate:", de: "Prüfen Sie erneut; in Ordnung ist 401 mit WWW-Authenticate:", Shell "curl -i {url}" },
        ]
        links ["https://learn.microsoft.com/exchange/clients/default-virtual-directory-settings"]
    }
    EWS_ENDING = "server.ews-ending", Info, Sync {
        title { en: "Exchange Online offers no EWS {when}", de: "Exchange Online bietet {when} kein EWS mehr" }
        meaning {
            en: "Only applications on the organisation's list may use it {by_list}, and nobody {when}. EWS of an Exchange Server on-premises is not affected.",
            de: "Nur Anwendungen auf der Liste der Organisation dürfen es {by_list} nutzen, und {when} niemand mehr. EWS eines Exchange Servers vor Ort ist nicht betroffen.",
        }
        remedy { en: "Connect the mailbox through Microsoft Graph (at Nylas: the provider microsoft)", de: "Verbinden Sie das Postfach über Microsoft Graph (bei Nylas: Provider microsoft)" }
        steps [
            { en: "See what the organisation allows:", de: "Sehen Sie nach, was die Organisation erlaubt:", Powershell "Get-OrganizationConfig | Format-List EwsEnabled,EwsAllowedAppIDs" },
        ]
        links ["https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-ews-exchange-online"]
    }
    SERVICES_ODD = "server.services-odd", Info, Exchange {
        title { en: "Not every service of {host} answers as it should: {services}", de: "Nicht jeder Dienst von {host} antwortet wie vorgesehen: {services}" }
        meaning {
            en: "Outlook uses MAPI/HTTP and the OAB, browsers OWA; where they are held back on purpose, all is well, and a sync service needs none of them. A healthcheck.htm that fails means that the server's component rests (Get-ServerComponentState).",
            de: "Outlook nutzt MAPI/HTTP und OAB, Browser OWA; wo sie mit Absicht gesperrt sind, ist alles gut, und ein Sync-Dienst braucht davon nichts. Eine healthcheck.htm, die scheitert, heißt, dass die Komponente des Servers ruht (Get-ServerComponentState).",
        }
    }
    MITIGATED = "server.mitigated", Info, Exchange {
        title { en: "A rule of IIS or an emergency mitigation may block {services} on {host}", de: "Eine IIS-Regel oder eine Notfallmaßnahme sperrt auf {host} vielleicht {services}" }
        meaning {
            en: "{how} So look a rule of URL Rewrite, an address restriction, and the mitigations that Exchange's emergency service sets by itself.",
            de: "{how} So sehen eine Regel von URL Rewrite, eine Adressbeschränkung und die Maßnahmen aus, die der Notfalldienst von Exchange selbst setzt.",
        }
        remedy { en: "See which rules and mitigations are in force", de: "Sehen Sie nach, welche Regeln und Maßnahmen gelten" }
        steps [
            { en: "On the Exchange server:", de: "Auf dem Exchange-Server:", Powershell "Get-ExchangeServer | Format-List Name,MitigationsEnabled,MitigationsApplied,MitigationsBlocked\nGet-WebConfiguration -Filter /system.webServer/rewrite/rules/rule -PSPath 'IIS:\\Sites\\Default Web Site' -Recurse | Format-List ItemXPath,Name" },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/EEMSCheck/", "https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/IISInformation/"]
    }
    IN_FRONT = "server.in-front", Info, Network {
        title { en: "{device} stands in front of {host}", de: "Vor {host} steht {device}" }
        meaning {
            en: "It was recognised by {signals}. What it answers itself says nothing about Exchange; NTLM needs one connection from end to end, a sync needs an idle timeout of 20 minutes and more.",
            de: "Erkannt an {signals}. Was es selbst antwortet, sagt nichts über Exchange; NTLM braucht eine durchgehende Verbindung, die Synchronisierung ein Leerlauf-Timeout von mindestens 20 Minuten.",
        }
    }
    EXTENDED_PROTECTION = "server.extended-protection", Info, Exchange {
        title { en: "{in_front} in front of {host} and Extended Protection may not go together", de: "{in_front} vor {host} und die Extended Protection vertragen sich vielleicht nicht" }
        meaning {
            en: "From Exchange 2019 CU14 on, Extended Protection is switched on. It ties NTLM to the certificate of Exchange, and EWS here offers nothing else: where the device in front shows another certificate, every sign-in fails.",
            de: "Seit Exchange 2019 CU14 ist die Extended Protection eingeschaltet. Sie bindet NTLM an das Zertifikat von Exchange, und EWS bietet hier nichts anderes an: Zeigt das Gerät davor ein anderes Zertifikat, scheitert jede Anmeldung.",
        }
        remedy { en: "Use the same certificate on the device in front and on Exchange", de: "Verwenden Sie auf dem Gerät davor und auf Exchange dasselbe Zertifikat" }
        steps [
            { en: "See where Extended Protection is on (Microsoft's script):", de: "Sehen Sie nach, wo die Extended Protection aktiv ist (Skript von Microsoft):", Powershell ".\\ExchangeExtendedProtectionManagement.ps1 -ShowExtendedProtection" },
        ]
        links ["https://learn.microsoft.com/exchange/plan-and-deploy/post-installation-tasks/security-best-practices/exchange-extended-protection"]
    }
}

/// Exchange Online: EWS only for applications on the organisation's list, and the end for all.
const EWS_BY_LIST: Date = date(2026, 10, 1);
const EWS_OFF: Date = date(2027, 4, 1);

/// What the services of an Exchange Server lead to.
#[derive(Debug, Default)]
pub struct Judged<'a> {
    /// What keeps a sync service out.
    pub faults: Vec<Finding>,
    /// What is worth knowing.
    pub remarks: Vec<Finding>,
    /// Whether EWS answers as it should; `None` where that is not known.
    pub works: Option<bool>,
    /// Why EWS gave no answer, where the question was put.
    pub unanswered: Option<&'a NoAnswer>,
}

impl Judged<'_> {
    /// The same with what EWS said to the mailbox's user.
    pub fn add(&mut self, said: Vec<Finding>) {
        for finding in said {
            match finding.severity {
                Severity::Info => self.remarks.push(finding),
                severity => {
                    if severity == Severity::Fail {
                        self.works = Some(false);
                    }
                    self.faults.push(finding);
                }
            }
        }
    }
}

/// Judges the services of an Exchange Server on-premises.
pub fn judge<'a>(endpoint: &Endpoint, answers: &Answers<'a>, version: Option<&Version>) -> Judged<'a> {
    let mut judged = Judged::default();
    if let Some(ews) = answers.of(Service::Ews) {
        let open = ews.response().filter(|_| ews.state() == Some(State::Open));
        judged.remarks.extend(open.map(|open| about(&EWS_ANONYMOUS, endpoint, ews).with("status", open.status)));
        judged.unanswered = ews.seen.err().filter(|why| **why != NoAnswer::NotRecorded);
        let unreachable = unreachable(endpoint, answers, ews);
        let states = by_address(answers, ews);
        let broken: Vec<_> = states.iter().filter(|(_, asked)| asked.state().is_some_and(is_broken)).collect();
        let is_known = |asked: &Asked<'_>| asked.state().is_some_and(|state| state != State::Throttled);
        judged.works = states.iter().any(|(_, asked)| is_known(asked)).then_some(broken.is_empty());
        let is_whole = broken.len() == states.iter().filter(|(_, asked)| asked.state().is_some()).count();
        if unreachable.is_some() {
            judged.works = Some(false);
            judged.faults.extend(unreachable);
        } else if let Some((address, asked)) = broken.first() {
            let finding = fault(endpoint, asked);
            judged.faults.extend(finding.map(|finding| match (is_whole, address) {
                // whoever meets the other address is served
                (false, Some(address)) => finding.address(*address).severity(Severity::Warn),
                _ => finding,
            }));
        }
    }
    judged.remarks.extend(odd(endpoint, answers));
    judged.remarks.extend(mitigated(endpoint, answers));
    judged.remarks.extend(extended_protection(endpoint, answers, version));
    judged.remarks.extend(in_front(endpoint, answers));
    judged
}

/// The findings about EWS in Exchange Online.
pub fn online(endpoint: &Endpoint, answers: &Answers<'_>, today: Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(ews) = answers.of(Service::Ews) else { return findings };
    if ews.state() == Some(State::Forbidden) {
        // who connects through Graph does not need it
        findings.extend(fault(endpoint, ews).map(|finding| finding.severity(Severity::Warn).owner(Owner::Exchange)));
    }
    let gone = today >= EWS_OFF;
    findings.push(
        about(&EWS_ENDING, endpoint, ews)
            .with("from", EWS_BY_LIST.to_string())
            .with("until", EWS_OFF.to_string())
            .with("over", gone)
            .with("by_list", since(EWS_BY_LIST, today))
            .with("when", since(EWS_OFF, today))
            .severity(if gone { Severity::Warn } else { Severity::Info }),
    );
    findings
}

/// EWS at each address that was asked by itself, or as it answered by the name.
fn by_address<'a, 'b>(answers: &'b Answers<'a>, ews: &'b Asked<'a>) -> Vec<(Option<IpAddr>, &'b Asked<'a>)> {
    if answers.nodes.iter().any(|(_, asked)| asked.state().is_some()) {
        return answers.nodes.iter().map(|(address, asked)| (Some(*address), asked)).collect();
    }
    vec![(None, ews)]
}

/// Whether a sync service cannot work with such an answer.
fn is_broken(state: State) -> bool {
    !matches!(state, State::Healthy | State::Open)
}

/// From when on something is so, said as of that day.
pub fn since(day: Date, today: Date) -> Value {
    if today >= day {
        json!({"en": format!("since {day}"), "de": format!("seit dem {day}")})
    } else {
        json!({"en": format!("from {day} on"), "de": format!("ab dem {day}")})
    }
}

/// A finding about a service.
pub fn about(code: &'static Code, endpoint: &Endpoint, asked: &Asked<'_>) -> Finding {
    let (host, port) = asked.at().unwrap_or_else(|| (endpoint.host.clone(), endpoint.port));
    Finding::new(code).host(host).port(port).url(&asked.probe.url).seen_in(&Probe::Http(asked.probe.clone()))
}

/// What keeps everybody from an EWS that stands elsewhere than ActiveSync, where no other check looks.
fn unreachable(endpoint: &Endpoint, answers: &Answers<'_>, ews: &Asked<'_>) -> Option<Finding> {
    let seen = ews.seen.ok().filter(|_| ews.at().is_some_and(|at| at != (endpoint.host.clone(), endpoint.port)))?;
    let finding = |owner, en: &str, de: &str| {
        about(&EWS_UNREACHABLE, endpoint, ews).with("answer", json!({"en": en, "de": de})).owner(owner)
    };
    let Some(failure) = seen.failure().filter(|_| ews.state().is_none()) else {
        // where nothing is accepted here, `tls-chain` tells why, of ActiveSync too
        let is_common = answers.options.is_ok_and(|options: &HttpSeen| options.verified == Some(false));
        let severity = if is_common { Severity::Warn } else { Severity::Fail };
        let refused = (Owner::Exchange, "its certificate is not accepted", "sein Zertifikat wird nicht akzeptiert");
        return (seen.verified == Some(false))
            .then(|| finding(refused.0, refused.1, refused.2).with("phase", "certificate").severity(severity));
    };
    let found = match (failure.phase, &failure.kind) {
        (Phase::Resolve, FailKind::NoAddress) => {
            finding(Owner::Dns, "the name has no address", "der Name hat keine Adresse")
        }
        (Phase::Resolve, _) => {
            finding(Owner::Dns, "the name cannot be looked up", "der Name lässt sich nicht auflösen")
        }
        // a proxy on the way out is no fault of the server
        (Phase::Proxy, _) => finding(
            Owner::Network,
            "the proxy on the way lets nobody through to it",
            "der Proxy auf dem Weg lässt niemanden dorthin durch",
        )
        .severity(Severity::Warn),
        (Phase::Connect, FailKind::Timeout) => {
            finding(Owner::Network, "no connection in time", "keine Verbindung in der vorgesehenen Zeit")
        }
        (Phase::Connect, FailKind::Refused) => {
            finding(Owner::Network, "the port is closed", "der Port ist geschlossen")
        }
        (Phase::Connect, _) => finding(Owner::Network, "no connection", "keine Verbindung"),
        (_, FailKind::NotVerified) => {
            finding(Owner::Exchange, "its certificate is not accepted", "sein Zertifikat wird nicht akzeptiert")
        }
        _ => finding(
            Owner::Exchange,
            "an encrypted connection (TLS) does not come about",
            "eine verschlüsselte Verbindung (TLS) kommt nicht zustande",
        ),
    };
    Some(found.with("phase", json!(failure.phase)))
}

/// What is wrong with EWS; `None` where nothing is.
pub fn fault(endpoint: &Endpoint, asked: &Asked<'_>) -> Option<Finding> {
    let state = asked.state().filter(|state| is_broken(*state))?;
    let response = asked.response();
    let front = asked.front();
    let is_own = front.as_ref().is_some_and(|front| front.product.is_exchange());
    let code = match state {
        State::Missing => &EWS_NOT_FOUND,
        State::Portal => &EWS_PREAUTHENTICATION,
        State::Redirected => &EWS_REDIRECTED,
        State::Unavailable | State::ServerError | State::Silent | State::Cut | State::Garbled => &EWS_UNAVAILABLE,
        State::Throttled => &EWS_THROTTLED,
        _ => &EWS_REFUSED,
    };
    let mut finding = about(code, endpoint, asked).with("state", state.name());
    finding = match response {
        Some(response) => finding.with("status", response.status).with("answer", format!("HTTP {}", response.status)),
        None => finding.with("answer", said(state)),
    };
    if let Some(location) = response.and_then(|response| response.header("location")) {
        finding = finding.with("location", location);
    } else if state == State::Redirected {
        finding = finding.with("location", "-");
    }
    if let Some(name) = front.as_ref().and_then(|front| front.in_front.filter(|_| !is_own)) {
        finding = finding.with("in_front", name).with("in_front_certain", front.is_some_and(|front| front.certain));
    }
    Some(finding.owner(owner(state, is_own, response)))
}

fn said(state: State) -> Value {
    match state {
        State::Silent => json!({"en": "no answer in time", "de": "keine Antwort in der vorgesehenen Zeit"}),
        State::Garbled => json!({"en": "what comes back is not HTTP", "de": "was zurückkommt, ist kein HTTP"}),
        _ => json!({"en": "the connection is cut", "de": "die Verbindung wird gekappt"}),
    }
}

/// Who must act: whoever made the answer.
fn owner(state: State, is_own: bool, response: Option<&Response>) -> Owner {
    let by_system = response.is_some_and(|response| front::recognise(response).in_front == Some("Microsoft HTTP.sys"));
    match state {
        State::Redirected => Owner::Exchange,
        State::Portal => Owner::Network,
        _ if is_own || by_system => Owner::Exchange,
        State::Missing | State::ServerError => {
            let in_front = response.and_then(|response| front::recognise(response).in_front);
            if in_front.is_some() { Owner::Network } else { Owner::Exchange }
        }
        _ => Owner::Network,
    }
}

/// The services that are not needed, and do not answer as they should.
fn odd(endpoint: &Endpoint, answers: &Answers<'_>) -> Option<Finding> {
    let mut names: Vec<Value> = Vec::new();
    let mut evidence = Vec::new();
    for asked in &answers.services {
        let state = asked.state().filter(|state| asked.service != Service::Ews && *state != State::Healthy);
        if let Some(state) = state {
            let name = asked.service.name();
            let said = said(state);
            let of = |lang: &str| format!("{name} ({})", said.get(lang).and_then(Value::as_str).unwrap_or_default());
            names.push(match asked.response() {
                Some(response) => Value::from(format!("{name} (HTTP {})", response.status)),
                None => json!({"en": of("en"), "de": of("de")}),
            });
            evidence.push(Probe::Http(asked.probe.clone()).to_string());
        }
    }
    for asked in answers.health.iter().filter(|asked| is_well(asked) == Some(false)) {
        let status = asked.response().map(|response| response.status).unwrap_or_default();
        names.push(format!("{}/healthcheck.htm (HTTP {status})", asked.service.directory()).into());
        evidence.push(Probe::Http(asked.probe.clone()).to_string());
    }
    let mut finding =
        Finding::new(&SERVICES_ODD).host(&endpoint.host).port(endpoint.port).with("services", names.clone());
    finding.evidence = evidence;
    (!names.is_empty()).then_some(finding)
}

/// What IIS refuses or cuts without having asked Exchange, while Exchange answers elsewhere.
fn mitigated(endpoint: &Endpoint, answers: &Answers<'_>) -> Option<Finding> {
    let exchange_answers =
        answers.responses(endpoint).iter().any(|(_, _, r)| front::recognise(r).product == Product::Exchange);
    let blocked: Vec<&Asked<'_>> = answers
        .services
        .iter()
        .filter(|asked| asked.is_of_host(endpoint))
        .filter(|asked| match asked.state() {
            Some(State::Cut) => true,
            Some(State::Forbidden) => asked.response().is_some_and(is_of_iis_alone),
            _ => false,
        })
        .collect();
    if !exchange_answers || blocked.is_empty() {
        return None;
    }
    let names: Vec<&str> = blocked.iter().map(|asked| asked.service.directory()).collect();
    let is_cut = blocked.iter().filter(|asked| asked.state() == Some(State::Cut)).count();
    let how = if is_cut == 0 {
        json!({
            "en": "The answer comes from IIS, and Exchange has not seen the request.",
            "de": "Die Antwort kommt von IIS, und Exchange hat die Anfrage nicht gesehen.",
        })
    } else if is_cut == blocked.len() {
        json!({
            "en": "The connection is cut without an answer, while other paths of the same server answer.",
            "de": "Die Verbindung wird ohne Antwort gekappt, während andere Pfade desselben Servers antworten.",
        })
    } else {
        json!({
            "en": "IIS answers in Exchange's place, or the connection is cut without an answer.",
            "de": "IIS antwortet anstelle von Exchange, oder die Verbindung wird ohne Antwort gekappt.",
        })
    };
    let finding = Finding::new(&MITIGATED).host(&endpoint.host).port(endpoint.port);
    let finding = finding.with("services", names).with("how", how);
    Some(blocked.iter().fold(finding, |finding, asked| finding.seen_in(&Probe::Http(asked.probe.clone()))))
}

fn is_of_iis_alone(response: &Response) -> bool {
    front::is_iis(response) && front::recognise(response).product == Product::Unknown
}

/// The device in front that shows itself; the surest mark of all answers.
pub fn in_front(endpoint: &Endpoint, answers: &Answers<'_>) -> Option<Finding> {
    let all = answers.responses(endpoint);
    let fronts = all.iter().map(|(probe, _, response)| (probe, front::recognise(response)));
    let shown = fronts.filter(|(_, front)| front.in_front.is_some_and(|name| name != "Microsoft HTTP.sys"));
    let (probe, front) = shown.max_by_key(|(_, front)| front.certain)?;
    let mark = front.signals.last().cloned().unwrap_or_default();
    Some(
        Finding::new(&IN_FRONT)
            .host(&endpoint.host)
            .port(endpoint.port)
            .with("in_front", front.in_front.unwrap_or_default())
            .with("certain", front.certain)
            .with("device", device(front.in_front.unwrap_or_default(), front.certain))
            .with("signals", vec![mark])
            .seen_in(&Probe::Http(probe.clone())),
    )
}

/// A device, with the doubt that its marks leave.
fn device(name: &str, certain: bool) -> Value {
    if certain {
        Value::from(name)
    } else {
        json!({"en": format!("probably {name}"), "de": format!("wahrscheinlich {name}")})
    }
}

/// Nothing that answers is a server of ActiveSync: `activesync` says what that means, and here stands
/// who it is.
pub fn hidden(endpoint: &Endpoint, answers: &Answers<'_>) -> Outcome {
    let Some(finding) = in_front(endpoint, answers) else { return common::see_check("activesync") };
    let reason = Sentence::new(text!(
        "{device} answers in place of the server; see the check activesync",
        "{device} antwortet anstelle des Servers; siehe die Prüfung activesync",
    ));
    let device = finding.data.get("device").cloned().unwrap_or_default();
    Outcome::Inconclusive { reason: reason.with("device", device), findings: vec![finding] }
}

/// NTLM alone, behind a device that ends TLS, with a build that ties NTLM to the certificate.
fn extended_protection(endpoint: &Endpoint, answers: &Answers<'_>, version: Option<&Version>) -> Option<Finding> {
    let ews = answers.of(Service::Ews)?;
    let front = ews.front().filter(|front| front.certain)?;
    let name = front.in_front?;
    let offers = challenge::offered(ews.response()?);
    let windows_alone = !offers.is_empty() && offers.iter().all(|offer| offer.is("NTLM") || offer.is("Negotiate"));
    let is_on = version.is_some_and(|version| version.parts() >= [15, 2, 1544].as_slice());
    (windows_alone && is_on).then(|| about(&EXTENDED_PROTECTION, endpoint, ews).with("in_front", name))
}

/// Whether the server asks for tokens of Entra ID beside its own ways to sign in.
pub fn is_hybrid(endpoint: &Endpoint, answers: &Answers<'_>) -> bool {
    let ews = answers.of(Service::Ews).filter(|ews| ews.is_of_host(endpoint)).and_then(Asked::response);
    let options = answers.options.ok().and_then(crate::evidence::HttpSeen::response);
    let mut offers = ews.into_iter().chain(options).flat_map(challenge::offered);
    offers.any(|offer| {
        let uri = offer.parameter("authorization_uri").unwrap_or_default();
        let host = url::Url::parse(uri).ok().and_then(|uri| uri.host_str().map(str::to_owned)).unwrap_or_default();
        offer.is("Bearer") && (host == "login.windows.net" || host == "login.microsoftonline.com")
    })
}

/// Marks of Exchange that stay where a proxy takes its headers away: Windows sign-in for EWS, or the
/// logon page of Outlook on the web.
pub fn looks_like_exchange(endpoint: &Endpoint, answers: &Answers<'_>) -> bool {
    let of = |service| answers.of(service).filter(|asked| asked.is_of_host(endpoint)).and_then(Asked::response);
    let windows = of(Service::Ews).is_some_and(|response| {
        challenge::offered(response).iter().any(|offer| offer.is("NTLM") || offer.is("Negotiate"))
    });
    let logon = of(Service::Owa).is_some_and(|response| {
        response
            .header("location")
            .is_some_and(|location| location.to_ascii_lowercase().contains("/owa/auth/logon.aspx"))
    });
    windows || logon || answers.health.iter().any(|asked| is_well(asked) == Some(true))
}

/// Whether the endpoint answers OPTIONS as ActiveSync does.
pub fn speaks_activesync(answers: &Answers<'_>) -> bool {
    answers
        .options
        .ok()
        .and_then(crate::evidence::HttpSeen::response)
        .is_some_and(|response| eas::offer(response).is_activesync() || !challenge::offered(response).is_empty())
}
