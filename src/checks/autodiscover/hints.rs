//! What of the way to Autodiscover matters to some clients only, or will matter some day?
//!
//! The road that won is good. These are told beside it, so that whoever has the client in question
//! knows where to look.

use super::{both, bounded, words_of_certificate};
use crate::evidence::{FailKind, HttpSeen, Probe, RecordData, RecordType, SignIn, Stop, View};
use crate::finding::{Code, Finding, Severity};
use crate::protocol::autodiscover::{Attempt, Beside, Reason, Step, Walk, certificate};
use crate::protocol::endpoint::{self, Endpoint, Origin};
use crate::protocol::{front, hosts, trusted};
use crate::{findings, text};
use serde_json::{Value, json};

findings! {
    ROOT_CERTIFICATE = "autodiscover.root-domain-certificate", Info, Web {
        title { en: "The certificate of the web site of {domain} {fault}", de: "Das Zertifikat der Website von {domain} {fault}" }
        meaning {
            en: "Autodiscover at {winner} works. But Outlook on Windows, iPhones and many Android apps ask https://{domain} before it, and some of them show a certificate warning there. The sync service just goes on.",
            de: "Autodiscover unter {winner} funktioniert. Outlook unter Windows, iPhones und viele Android-Apps fragen aber vorher https://{domain}, und einige zeigen dort eine Zertifikatswarnung. Der Sync-Dienst geht einfach weiter.",
        }
        remedy { en: "Give the web site a certificate with the name {domain}, or close its port 443", de: "Geben Sie der Website ein Zertifikat mit dem Namen {domain}, oder schließen Sie ihren Port 443" }
        steps [
            { en: "See which certificate it shows:", de: "Sehen Sie nach, welches Zertifikat sie zeigt:", Shell "exdiag tls {domain}" },
            { en: "Have a certificate issued that holds the name {domain}, on a web server with certbot for example so:", de: "Lassen Sie ein Zertifikat ausstellen, das den Namen {domain} enthält, auf einem Webserver mit certbot zum Beispiel so:", Shell "certbot --nginx -d {domain} -d www.{domain}" },
            { en: "Where only Outlook is concerned, keep it from asking there:", de: "Betrifft es nur Outlook, halten Sie es davon ab, dort zu fragen:", Powershell "New-ItemProperty -Path HKCU:\\Software\\Microsoft\\Office\\16.0\\Outlook\\AutoDiscover -Name ExcludeHttpsRootDomain -Value 1 -PropertyType DWord -Force" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/ssl-certificate-name-mismatch"]
    }
    ONLY_BY_FALLBACK = "autodiscover.only-by-fallback", Info, Dns {
        title { en: "Only {road} leads to Autodiscover", de: "Nur {road} führt zu Autodiscover" }
        meaning {
            en: "That is a documented way, and it works. Outlook asks its user once whether the redirect is wanted, and apps that do not know this way need the server's name typed in.",
            de: "Das ist ein dokumentierter Weg, und er funktioniert. Outlook fragt dabei einmal nach, ob die Weiterleitung gewollt ist, und Apps, die diesen Weg nicht kennen, brauchen den eingetippten Servernamen.",
        }
        remedy { en: "Where such apps are used, publish autodiscover.{domain} itself, with that name in the certificate", de: "Wo solche Apps benutzt werden, veröffentlichen Sie autodiscover.{domain} selbst, mit diesem Namen im Zertifikat" }
        steps [ { en: "Add to the zone:", de: "Tragen Sie in die Zone ein:", Zone "autodiscover.{domain}. 3600 IN CNAME {winner}." } ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    SLOW = "autodiscover.slow", Warn, Network {
        title { en: "Clients wait for {host} before they find Autodiscover", de: "Clients warten auf {host}, bevor sie Autodiscover finden" }
        meaning {
            en: "{host} neither takes the connection nor refuses it. Clients that try one address after the other wait there for many seconds at every start before they come to {winner}.",
            de: "{host} nimmt die Verbindung weder an, noch lehnt es sie ab. Clients, die eine Adresse nach der anderen probieren, warten dort bei jedem Start viele Sekunden, bevor sie zu {winner} kommen.",
        }
        remedy { en: "Let {host} refuse connections to port 443, or answer them", de: "Lassen Sie {host} Verbindungen auf Port 443 ablehnen oder beantworten" }
        steps [
            { en: "In the firewall in front of {host}, change the rule for port 443 from drop to reject, for example with nftables:", de: "Ändern Sie in der Firewall vor {host} die Regel für Port 443 von Verwerfen auf Ablehnen, zum Beispiel mit nftables:", Config "tcp dport 443 reject with tcp reset" },
            { en: "See how long it takes:", de: "Sehen Sie nach, wie lange es dauert:", Shell "curl -sv -o /dev/null --connect-timeout 30 https://{host}/autodiscover/autodiscover.xml" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    PATH_CASE = "autodiscover.path-case", Fail, Network {
        title { en: "Autodiscover on {host} answers only where its path is written with capital letters", de: "Autodiscover auf {host} antwortet nur, wenn der Pfad großgeschrieben ist" }
        meaning {
            en: "Exchange does not care, but the proxy in front does: it passes /Autodiscover/Autodiscover.xml on and refuses /autodiscover/autodiscover.xml, which most clients ask for.",
            de: "Exchange ist das gleich, dem Proxy davor nicht: Er reicht /Autodiscover/Autodiscover.xml weiter und weist /autodiscover/autodiscover.xml ab, wonach die meisten Clients fragen.",
        }
        remedy { en: "Let the proxy pass the path on without regard to case", de: "Lassen Sie den Proxy den Pfad ohne Rücksicht auf Groß- und Kleinschreibung weiterreichen" }
        steps [
            { en: "In the proxy's configuration, for example nginx (the asterisk does it):", de: "In der Konfiguration des Proxys, zum Beispiel nginx (der Stern macht es):", Config "location ~* ^/autodiscover/ { proxy_pass https://mail.{domain}; }" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag autodiscover {mailbox}" },
        ]
        links ["https://nginx.org/en/docs/http/ngx_http_core_module.html#location"]
    }
    SOAP_NOT_AVAILABLE = "autodiscover.soap-not-available", Info, Exchange {
        title { en: "{host} does not offer Autodiscover by SOAP", de: "{host} bietet Autodiscover nicht per SOAP an" }
        meaning {
            en: "Apps for ActiveSync do not need it. Programs that use EWS, such as exchangelib, ask this way and have to be given the address of EWS by hand. Usually the proxy in front lets only autodiscover.xml through.",
            de: "ActiveSync-Apps brauchen es nicht. Programme, die EWS benutzen, etwa exchangelib, fragen auf diesem Weg und brauchen die EWS-Adresse dann von Hand. Meist lässt der Proxy davor nur autodiscover.xml durch.",
        }
        remedy { en: "Where such programs are used, publish the whole directory /autodiscover", de: "Wo solche Programme benutzt werden, veröffentlichen Sie das ganze Verzeichnis /autodiscover" }
        steps [ { en: "In the proxy's configuration, for example nginx:", de: "In der Konfiguration des Proxys, zum Beispiel nginx:", Config "location ~* ^/autodiscover/ { proxy_pass https://mail.{domain}; }" } ]
    }
    EWS_URL_UNUSABLE = "autodiscover.ews-url-unusable", Warn, Exchange {
        title { en: "Autodiscover names an unusable address of EWS: {given}", de: "Autodiscover nennt eine unbrauchbare EWS-Adresse: {given}" }
        meaning {
            en: "The external address of EWS is an internal name or not https. ActiveSync does not care; calendars, free/busy and every service that syncs by EWS end there.",
            de: "Die externe Adresse von EWS ist ein interner Name oder nicht https. ActiveSync ist das gleich; Kalender, Frei/Gebucht-Zeiten und jeder Dienst, der über EWS synchronisiert, enden dort.",
        }
        remedy { en: "Set the external address of EWS to the server's public name", de: "Setzen Sie die externe Adresse von EWS auf den öffentlichen Namen des Servers" }
        steps [ { en: "In the Exchange Management Shell, with the server's public name:", de: "In der Exchange Management Shell, mit dem öffentlichen Namen des Servers:", Powershell "Get-WebServicesVirtualDirectory | Set-WebServicesVirtualDirectory -ExternalUrl https://mail.{domain}/EWS/Exchange.asmx" } ]
        links ["https://learn.microsoft.com/powershell/module/exchange/set-webservicesvirtualdirectory"]
    }
    NO_EXTERNAL_EWS = "autodiscover.ews-external-url-missing", Warn, Exchange {
        title { en: "Autodiscover names no external address of EWS", de: "Autodiscover nennt keine externe EWS-Adresse" }
        meaning {
            en: "It names only the one for clients inside: {given}. {consequence} ActiveSync does not need it.",
            de: "Es nennt nur die für Clients im Haus: {given}. {consequence} ActiveSync braucht sie nicht.",
        }
        remedy { en: "Set the external address of EWS to the server's public name", de: "Setzen Sie die externe Adresse von EWS auf den öffentlichen Namen des Servers" }
        steps [
            { en: "See what is set:", de: "Sehen Sie nach, was eingestellt ist:", Powershell "Get-WebServicesVirtualDirectory | Format-List Server,InternalUrl,ExternalUrl" },
            { en: "Where ExternalUrl is empty, set it, with the server's public name:", de: "Ist ExternalUrl leer, setzen Sie es, mit dem öffentlichen Namen des Servers:", Powershell "Get-WebServicesVirtualDirectory | Set-WebServicesVirtualDirectory -ExternalUrl https://mail.{domain}/EWS/Exchange.asmx" },
            { en: "Where it is set already, Outlook Anywhere has no external host name; look, and set that:", de: "Ist es schon gesetzt, fehlt Outlook Anywhere der externe Hostname; sehen Sie nach und setzen Sie ihn:", Powershell "Get-OutlookAnywhere | Format-List Server,InternalHostname,ExternalHostname\nGet-OutlookAnywhere | Set-OutlookAnywhere -ExternalHostname mail.{domain} -ExternalClientsRequireSsl $true -DefaultAuthenticationMethod NTLM" },
            { en: "Look again (the server may keep the old answer for a few minutes):", de: "Prüfen Sie erneut (der Server kann die alte Antwort einige Minuten behalten):", Shell "exdiag autodiscover {mailbox}" },
        ]
        links ["https://learn.microsoft.com/powershell/module/exchange/set-webservicesvirtualdirectory"]
    }
}

/// What is worth knowing beside the winner, or in place of one.
pub fn hints(view: &View<'_>, walk: &Walk, beside: &Beside) -> Result<Vec<Finding>, Stop> {
    let mut findings = Vec::new();
    if beside.is_case_sensitive
        && let Some(attempt) = beside.of(Step::Subdomain)
    {
        findings.push(about(&PATH_CASE, attempt));
    }
    let Some(won) = walk.answered() else { return Ok(findings) };
    findings.extend(root_certificate(view, walk, won)?);
    findings.extend(slow(walk, won));
    findings.extend(only_by_fallback(walk, won));
    if let Some(response) = view.http(&won.probe)?.ok().and_then(HttpSeen::response)
        && front::recognise(response).product == front::Product::Exchange
    {
        findings.extend(no_soap(beside));
    }
    findings.extend(unusable_ews(beside));
    findings.extend(no_external_ews(view, beside)?);
    Ok(findings)
}

fn about(code: &'static Code, attempt: &Attempt) -> Finding {
    Finding::new(code).host(&attempt.host).url(&attempt.probe.url).seen_in(&Probe::Http(attempt.probe.clone()))
}

/// The first attempt over https that is made before the winner, at the domain itself.
fn root<'a>(walk: &'a Walk, won: &Attempt) -> Option<&'a Attempt> {
    walk.attempts.iter().find(|attempt| attempt.step == Step::RootDomain && won.step > Step::RootDomain)
}

fn root_certificate(view: &View<'_>, walk: &Walk, won: &Attempt) -> Result<Option<Finding>, Stop> {
    let Some(attempt) = root(walk, won).filter(|attempt| attempt.verified == Some(false)) else { return Ok(None) };
    let refused = certificate::refused(view, attempt)?;
    let names: Vec<String> =
        refused.iter().flat_map(|(leaf, _)| &leaf.names).take(8).map(ToString::to_string).collect();
    let fault = words_of_certificate(refused.map(|(_, fault)| fault));
    // where nothing but a fallback leads on, whoever stops at the warning does not get in at all
    let is_fallback = matches!(won.step, Step::HttpRedirect | Step::Srv);
    let finding = about(&ROOT_CERTIFICATE, attempt)
        .severity(if is_fallback { Severity::Warn } else { Severity::Info })
        .with("winner", won.host.as_str());
    Ok(Some(finding.with("fault", both(fault)).with("names", names)))
}

fn slow(walk: &Walk, won: &Attempt) -> Option<Finding> {
    // of Microsoft's own set-up nobody can change anything
    let is_microsoft = trusted::is_microsoft(&won.host);
    let is_silent = |attempt: &&Attempt| {
        attempt.step < won.step
            && !(is_microsoft && attempt.step == Step::Subdomain)
            && attempt.email == won.email
            && matches!(&attempt.reason, Reason::Unreachable(failure) if failure.kind == FailKind::Timeout)
    };
    let attempt = walk.attempts.iter().find(is_silent)?;
    Some(about(&SLOW, attempt).with("winner", won.host.as_str()).with("milliseconds", attempt.ms))
}

fn only_by_fallback(walk: &Walk, won: &Attempt) -> Option<Finding> {
    let is_direct = |attempt: &&Attempt| {
        matches!(attempt.step, Step::RootDomain | Step::Subdomain)
            && matches!(attempt.reason, Reason::SignInWanted | Reason::SignInRefused | Reason::Settings { .. })
            && attempt.verified == Some(true)
    };
    if won.verified != Some(true) {
        return None;
    }
    // with Exchange Online, the redirect is how it is meant to be
    if walk.attempts.iter().any(|attempt| is_direct(&attempt)) || trusted::is_microsoft(&won.host) {
        return None;
    }
    let road = match won.step {
        Step::HttpRedirect => text!("the redirect from http", "die Weiterleitung von http"),
        Step::Srv => text!("the SRV record", "der SRV-Eintrag"),
        Step::Json => text!("Autodiscover v2", "Autodiscover v2"),
        _ => return None,
    };
    Some(about(&ONLY_BY_FALLBACK, won).with("road", both(road)).with("winner", won.host.as_str()))
}

fn no_soap(beside: &Beside) -> Option<Finding> {
    let attempt = beside.of(Step::Soap)?;
    let is_missing = matches!(attempt.reason, Reason::NotThere | Reason::Forbidden | Reason::WebSite { .. })
        && attempt.probe.sign_in == SignIn::None;
    is_missing.then(|| about(&SOAP_NOT_AVAILABLE, attempt))
}

/// The first address of EWS that nobody outside can use; what is for the inside alone is none of them.
fn unusable_ews(beside: &Beside) -> Option<Finding> {
    let (step, url) = beside.external_ews_urls().into_iter().find(|(_, url)| is_unusable(url))?;
    let attempt = beside.of(step)?;
    Some(about(&EWS_URL_UNUSABLE, attempt).with("given", bounded(url)).with("from", step.name()))
}

/// No way of asking names an address of EWS for clients outside, and one names that for the inside. Clients
/// fall back on that; where it leads nowhere from outside, they end there.
fn no_external_ews(view: &View<'_>, beside: &Beside) -> Result<Option<Finding>, Stop> {
    if !beside.external_ews_urls().is_empty() {
        return Ok(None);
    }
    let Some((step, url)) = beside.ews_urls().into_iter().next() else { return Ok(None) };
    let Some(attempt) = beside.of(step) else { return Ok(None) };
    let is_public = match Endpoint::parse(url, Origin::V2) {
        Some(inside) if !is_unusable(url) => !hosts::addresses(view, &inside.host)?.is_empty(),
        _ => false,
    };
    let (severity, consequence) = if is_public {
        let said = json!({
            "en": "Clients outside fall back on it. That works as long as it leads to the server from outside too.",
            "de": "Clients außerhalb weichen darauf aus. Das geht gut, solange sie auch von außen zum Server führt.",
        });
        (Severity::Info, said)
    } else {
        let said = json!({
            "en": "Outside, that leads nowhere: services that sync by EWS end there, and so do free/busy and the out-of-office assistant.",
            "de": "Von außen führt diese Adresse nirgendwohin: Dienste, die über EWS synchronisieren, enden dort, ebenso Frei/Gebucht-Abfragen und der Abwesenheitsassistent.",
        });
        (Severity::Warn, said)
    };
    let finding = about(&NO_EXTERNAL_EWS, attempt).severity(severity).with("given", bounded(url));
    Ok(Some(finding.with("from", step.name()).with("consequence", consequence)))
}

/// Whether nobody outside can use an address.
fn is_unusable(url: &str) -> bool {
    Endpoint::parse(url, Origin::V2).is_none_or(|endpoint| endpoint::is_internal(&endpoint.host))
}

/// Whether another domain's host is one that the domain has put itself into the hands of: it also
/// receives its mail. So it is with hosters, and with the further domains of a company.
pub fn is_in_the_same_hands(view: &View<'_>, host: &str) -> Result<bool, Stop> {
    let exchangers = view.dns(view.subject().domain(), RecordType::Mx)?;
    let answers = exchangers.ok().and_then(|seen| seen.answer.as_ref()).into_iter().flat_map(|answer| &answer.answers);
    let registered = trusted::registered_domain(host);
    Ok(answers.into_iter().any(|record| match &record.data {
        RecordData::Mx { exchange, .. } => registered.is_some() && trusted::registered_domain(exchange) == registered,
        _ => false,
    }))
}

/// Which servers the ways of asking name, where they name different ones for the same thing.
pub fn disagreement(walk: &Walk, beside: &Beside) -> Option<(&'static str, Vec<Value>)> {
    let host =
        |url: &str| Endpoint::parse(url, Origin::Pox).map(|e| e.host).filter(|host| !endpoint::is_internal(host));
    let differing = |urls: Vec<&str>| {
        let mut hosts: Vec<String> = Vec::new();
        for host in urls.into_iter().filter_map(host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        (hosts.len() > 1).then(|| hosts.into_iter().map(Value::from).collect())
    };
    let activesync = [&walk.settings, &walk.json].into_iter().flatten().map(String::as_str).collect();
    // what is meant for the inside may well be another server
    let ews = beside.external_ews_urls().into_iter().map(|(_, url)| url).collect();
    let of = |what, urls| differing(urls).map(|hosts| (what, hosts));
    of("ActiveSync", activesync).or_else(|| of("EWS", ews))
}
