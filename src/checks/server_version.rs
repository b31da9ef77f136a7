//! Which Exchange is it, is it still supported, and is there what a sync service needs?
//!
//! Owns the version and the services beside ActiveSync, asked without credentials. Where ActiveSync
//! itself gives no answer, `activesync` says why.

pub mod ews;
pub mod mailbox;
pub mod services;

use self::ews::Signed;
use super::common;
use super::common::net::{self, At, reach};
use crate::evidence::{HttpSeen, Phase, Probe, Stop, View};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::builds::{self, Product, Version, day_of};
use crate::protocol::endpoint::{Endpoint, Origin, endpoint};
use crate::protocol::services::{Answers, Service, inner_name, is_well, logon_question, manifest_question};
use crate::protocol::version::{self, Reading};
use crate::protocol::{eas, front};
use crate::{findings, text};
use jiff::Span;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use services::{about as about_service, fault as service_fault};
use std::collections::BTreeSet;

findings! {
    IDENTIFIED = "server.identified", Info, Exchange {
        title { en: "{host} is {what}", de: "{host} ist {what}" }
        meaning {
            en: "The data of this finding hold every version that was seen, the servers behind the name, and how each service answers.",
            de: "Die Daten dieses Befunds enthalten jede gesehene Version, die Server hinter dem Namen und die Antwort jedes Dienstes.",
        }
    }
    NOT_EXCHANGE = "server.not-exchange", Info, Exchange {
        title { en: "{host} speaks ActiveSync and shows no sign of Exchange", de: "{host} spricht ActiveSync und zeigt keine Merkmale von Exchange" }
        meaning {
            en: "ActiveSync is also spoken by SOGo, Z-Push and others. There is no EWS there: a sync service has to use ActiveSync, IMAP or CalDAV, not its connector for Exchange.",
            de: "ActiveSync sprechen auch SOGo, Z-Push und andere. EWS gibt es dort nicht: Ein Sync-Dienst muss ActiveSync, IMAP oder CalDAV nutzen, nicht seinen Connector für Exchange.",
        }
    }
    END_OF_SUPPORT = "server.end-of-support", Warn, Exchange {
        title { en: "{product} on {host} has been out of support since {since}", de: "{product} auf {host} wird seit {since} nicht mehr unterstützt" }
        meaning {
            en: "Mail still flows, but holes that are found now stay open, and apps, sync services and Microsoft's cloud drop such servers one after the other. There are paid updates for 2016 and 2019 alone, the last in October 2026.",
            de: "Noch laufen die Mails, aber jetzt entdeckte Lücken bleiben offen, und Apps, Sync-Dienste und die Cloud von Microsoft lassen solche Server nach und nach fallen. Bezahlte Updates gibt es nur für 2016 und 2019, das letzte im Oktober 2026.",
        }
        remedy { en: "Move to Exchange Server Subscription Edition or to Exchange Online", de: "Wechseln Sie zu Exchange Server Subscription Edition oder zu Exchange Online" }
        steps [
            { en: "See which servers there are and what they run:", de: "Sehen Sie nach, welche Server es gibt und was auf ihnen läuft:", Powershell "Get-ExchangeServer | Format-Table Name,ServerRole,AdminDisplayVersion" },
            { en: "Exchange 2019 is upgraded in place, from the folder of the setup of Subscription Edition:", de: "Exchange 2019 wird an Ort und Stelle aktualisiert, im Ordner des Setups der Subscription Edition:", Powershell ".\\Setup.exe /IAcceptExchangeServerLicenseTerms_DiagnosticDataON /Mode:Upgrade" },
            { en: "From 2016, install a new server beside the old one and move the mailboxes. From 2010 and 2013 the way leads through 2016 or 2019, or to Exchange Online:", de: "Von 2016 aus installieren Sie einen neuen Server daneben und verschieben die Postfächer. Von 2010 und 2013 aus führt der Weg über 2016 oder 2019 oder zu Exchange Online:", Powershell "New-MoveRequest -Identity '{mailbox}' -TargetDatabase <DATABASE>" },
        ]
        links ["https://learn.microsoft.com/lifecycle/products/exchange-server-2019", "https://learn.microsoft.com/exchange/plan-and-deploy/supportability-matrix"]
    }
    SUPPORT_ENDING = "server.support-ending", Warn, Exchange {
        title { en: "{product} on {host} is supported only until {until}", de: "{product} auf {host} wird nur bis {until} unterstützt" }
        meaning {
            en: "It works today. After that day there are no more security updates for it.",
            de: "Heute funktioniert es. Nach diesem Tag gibt es dafür keine Sicherheitsupdates mehr.",
        }
        remedy { en: "Plan the move to a supported version before {until}", de: "Planen Sie den Wechsel auf eine unterstützte Version vor dem {until}" }
        steps [
            { en: "See which servers there are and what they run:", de: "Sehen Sie nach, welche Server es gibt und was auf ihnen läuft:", Powershell "Get-ExchangeServer | Format-Table Name,ServerRole,AdminDisplayVersion" },
        ]
        links ["https://learn.microsoft.com/lifecycle/products/exchange-server-2019"]
    }
    UPDATE_MISSING = "server.update-missing", Warn, Exchange {
        title { en: "{host} runs {installed}; {newest} came out on {released}", de: "{host} läuft mit {installed}; seit {released} gibt es {newest}" }
        meaning {
            en: "Once an update is out, attackers know the holes that it closes. Compared with the list of builds of {table}; what came out later is not in it.",
            de: "Sobald ein Update erschienen ist, kennen Angreifer die Lücken, die es schließt. Verglichen mit der Build-Liste vom {table}; was später erschien, steht nicht darin.",
        }
        remedy { en: "Install {newest} on every server", de: "Installieren Sie {newest} auf jedem Server" }
        steps [
            { en: "See what each server lacks (HealthChecker is Microsoft's own script):", de: "Sehen Sie nach, was jedem Server fehlt (HealthChecker ist ein Skript von Microsoft):", Powershell "Invoke-WebRequest https://aka.ms/ExchangeHealthChecker -OutFile HealthChecker.ps1\n.\\HealthChecker.ps1" },
            { en: "Install the update ({article}) from an elevated command line, restart the server, and look again:", de: "Installieren Sie das Update ({article}) als Administrator, starten Sie den Server neu und prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only server-version" },
        ]
        links ["https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates", "https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/"]
    }
    MITIGATIONS_OUTDATED = "server.mitigations-outdated", Info, Exchange {
        title { en: "The emergency mitigation of Exchange on {host} gets no new rules any more", de: "Der Notfallschutz von Exchange auf {host} bekommt keine neuen Regeln mehr" }
        meaning {
            en: "Exchange fetches mitigations for newly found holes by itself. Builds before the update of June 2026 ({installed} is one) do not accept what was published after it.",
            de: "Exchange holt sich Maßnahmen gegen neu entdeckte Lücken selbst. Builds vor dem Update vom Juni 2026 (wie {installed}) akzeptieren nicht, was danach veröffentlicht wurde.",
        }
        remedy { en: "Move to Exchange Server Subscription Edition", de: "Wechseln Sie zu Exchange Server Subscription Edition" }
        steps [
            { en: "For {product} only those who paid for longer support got that update. Exchange 2019 is upgraded in place, from the folder of the setup of Subscription Edition; beside 2016 a new server is installed:", de: "Für {product} bekam dieses Update nur, wer für längeren Support bezahlt hat. Exchange 2019 wird an Ort und Stelle aktualisiert, im Ordner des Setups der Subscription Edition; neben 2016 wird ein neuer Server installiert:", Powershell ".\\Setup.exe /IAcceptExchangeServerLicenseTerms_DiagnosticDataON /Mode:Upgrade" },
            { en: "See what the mitigation service says of itself:", de: "Sehen Sie nach, was der Notfalldienst von sich sagt:", Powershell "Get-ExchangeServer | Format-List Name,MitigationsEnabled,MitigationsApplied\nGet-Service MSExchangeMitigation" },
        ]
        links ["https://learn.microsoft.com/exchange/exchange-emergency-mitigation-service", "https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/EEMSCheck/"]
    }
    NODES_DIFFER = "server.nodes-differ", Warn, Exchange {
        title { en: "Behind {host}, servers with different builds answer: {builds}", de: "Hinter {host} antworten Server mit verschiedenen Builds: {builds}" }
        meaning {
            en: "Which one a client meets is chance, so faults come and go. During an update that is normal, afterwards it is not.",
            de: "Welchen ein Client trifft, ist Zufall; Fehler kommen und gehen so. Während eines Updates ist das normal, danach nicht.",
        }
        remedy { en: "Bring all servers to the same build", de: "Bringen Sie alle Server auf denselben Build" }
        steps [
            { en: "Compare the servers:", de: "Vergleichen Sie die Server:", Powershell "Get-ExchangeServer | ForEach-Object { Invoke-Command -ComputerName $_.Name { (Get-Command ExSetup.exe).FileVersionInfo.FileVersion } }" },
        ]
        links ["https://learn.microsoft.com/exchange/new-features/build-numbers-and-release-dates"]
    }
    ACTIVESYNC_ENDING = "server.activesync-ending", Info, Sync {
        title { en: "Exchange Online refuses ActiveSync below 16.1 {when}", de: "Exchange Online lehnt ActiveSync unter 16.1 {when} ab" }
        meaning {
            en: "Older apps and devices get status 138 {when}. Exchange Server on-premises is not affected.",
            de: "Ältere Apps und Geräte bekommen {when} den Status 138. Exchange Server vor Ort ist nicht betroffen.",
        }
        remedy { en: "Use an app that speaks ActiveSync 16.1", de: "Verwenden Sie eine App, die ActiveSync 16.1 spricht" }
        steps [
            { en: "See which devices still speak older versions:", de: "Sehen Sie nach, welche Geräte noch ältere Versionen sprechen:", Powershell "Get-MobileDevice -ResultSize Unlimited | Where-Object ClientType -eq EAS | Format-Table UserDisplayName,DeviceModel,DeviceOS,ClientVersion" },
        ]
        links ["https://techcommunity.microsoft.com/category/exchange/blog/exchange"]
    }
    HYBRID_APP_MISSING = "server.hybrid-app-missing", Info, Exchange {
        title { en: "{host} is set up for hybrid sign-in, with a build of before April 2025", de: "{host} ist für hybride Anmeldung eingerichtet, mit einem Build von vor April 2025" }
        meaning {
            en: "Exchange Online refuses calls of hybrid servers that have no application of their own {when}; builds before the hotfix of April 2025 cannot have one. Free/busy times, photos and MailTips between the two stay empty then.",
            de: "Exchange Online lehnt Aufrufe hybrider Server ohne eigene Anwendung {when} ab; Builds vor dem Hotfix vom April 2025 können keine haben. Frei/Gebucht-Zeiten, Fotos und MailTips zwischen beiden bleiben dann leer.",
        }
        remedy { en: "Update the server, then set up the dedicated hybrid application", de: "Aktualisieren Sie den Server und richten Sie dann die dedizierte Hybridanwendung ein" }
        steps [
            { en: "After the update, with Microsoft's script:", de: "Nach dem Update mit dem Skript von Microsoft:", Powershell ".\\ConfigureExchangeHybridApplication.ps1 -FullyConfigureExchangeHybridApplication" },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Hybrid/ConfigureExchangeHybridApplication/"]
    }
}

/// So many days before the end of support it is a warning.
const WARN_BEFORE: i64 = 180;
/// So many days after its release an update is missing in earnest.
const TIME_TO_INSTALL: i64 = 30;
/// Exchange Online refuses ActiveSync below 16.1 from this day on.
const ACTIVESYNC_16_1: Date = date(2026, 3, 1);
/// The update without which the mitigations published after it are not accepted, and the first that has
/// the service at all.
const MITIGATIONS: Date = date(2026, 6, 9);
const FIRST_MITIGATIONS: Date = date(2021, 9, 28);
/// The hotfix that brought the dedicated hybrid application.
const HYBRID_APP: Date = date(2025, 4, 18);
/// Exchange Online refuses hybrid servers without it from this day on.
const HYBRID_REFUSED: Date = date(2025, 10, 31);

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let Some(endpoint) = endpoint(view)? else { return common::without_server(view) };
    let answers = Answers::look(view, &endpoint)?;
    let mut readings = read(&answers, &endpoint);
    let kind = Kind::of(&answers, &endpoint);
    let signed = if kind == Kind::Exchange { Signed::look(view, &endpoint, &answers) } else { Ok(Signed::No) };
    // a second question only where nothing has shown the build
    let is_exact = readings.iter().any(|reading| matches!(reading.version, Version::Exact(_)));
    if kind == Kind::Exchange && !is_exact {
        let page = view.http(&logon_question(&endpoint));
        let signed = eas::signed_in(view, &endpoint).and_then(|probe| {
            let Some(probe) = probe else { return Ok(None) };
            Ok(Some((view.http(&probe)?, probe)))
        });
        let manifest = manifest_question(&endpoint);
        let ecp = view.subject().ask_ecp.then(|| view.http(&manifest)).transpose();
        let page = (page?, logon_question(&endpoint));
        let ecp = ecp?.map(|seen| (seen, manifest));
        for (seen, probe) in std::iter::once(page).chain(signed?).chain(ecp) {
            readings.extend(
                seen.ok().and_then(|seen| Some(version::readings(&probe, seen, seen.response()?))).unwrap_or_default(),
            );
        }
    }
    let signed = signed?;
    readings.extend(
        signed.answer().map(|(probe, seen, response)| version::readings(probe, seen, response)).unwrap_or_default(),
    );
    let at_mailbox = if kind == Kind::Exchange { mailbox::reading(view, &endpoint)? } else { None };
    match kind {
        Kind::Nothing => without_answer(view, &endpoint, &answers),
        Kind::Unknown if endpoint.origin == Origin::Guess => Ok(common::see_check("autodiscover")),
        Kind::Unknown if !services::speaks_activesync(&answers) => Ok(services::hidden(&endpoint, &answers)),
        Kind::Unknown | Kind::Other => Ok(not_exchange(&endpoint, &answers)),
        Kind::Online => Ok(online(view, &endpoint, &answers)),
        Kind::Exchange => {
            let dead = net::dead_of_ews(view, &endpoint)?;
            let said = ews::judged(view, &endpoint, &signed)?;
            let besides = Besides { at_mailbox: at_mailbox.as_ref(), said, dead };
            Ok(exchange(view, &endpoint, &answers, &readings, besides))
        }
    }
}

/// What the endpoint is, as far as its answers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing answered in HTTP.
    Nothing,
    /// No mark of any product.
    Unknown,
    /// A product that is not Exchange.
    Other,
    Online,
    Exchange,
}

impl Kind {
    fn of(answers: &Answers<'_>, endpoint: &Endpoint) -> Self {
        let all = answers.responses(endpoint);
        let products: BTreeSet<_> = order::set(all.iter().map(|(_, _, response)| front::recognise(response).product));
        if all.is_empty() {
            Self::Nothing
        } else if products.contains(&front::Product::ExchangeOnline) {
            Self::Online
        } else if products.contains(&front::Product::Exchange) || services::looks_like_exchange(endpoint, answers) {
            Self::Exchange
        } else if products.iter().any(|product| product.name().is_some()) {
            Self::Other
        } else {
            Self::Unknown
        }
    }
}

/// Every version that an answer shows.
fn read(answers: &Answers<'_>, endpoint: &Endpoint) -> Vec<Reading> {
    let all = answers.responses(endpoint);
    all.into_iter().flat_map(|(probe, seen, response)| version::readings(&probe, seen, response)).collect()
}

/// Nobody answered in HTTP: who says why?
fn without_answer(view: &View<'_>, endpoint: &Endpoint, answers: &Answers<'_>) -> Result<Outcome, Stop> {
    let failure = match answers.options.map(HttpSeen::failure) {
        Ok(Some(failure)) => failure,
        Ok(None) => return Ok(common::see_check("activesync")),
        Err(why) => return Ok(common::unanswered(why)),
    };
    let at = At::from(endpoint);
    Ok(match failure.phase {
        Phase::Resolve => common::without_address(view, &endpoint.host)?,
        Phase::Proxy | Phase::Connect => common::without_connection(view, &at, &reach(view, &at)?),
        Phase::Handshake => common::see_check("tls-protocol"),
        Phase::Request | Phase::Body => common::see_check("activesync"),
    })
}

fn not_exchange(endpoint: &Endpoint, answers: &Answers<'_>) -> Outcome {
    let product = answers.responses(endpoint).iter().find_map(|(_, _, r)| front::recognise(r).product.name());
    let finding = about(&NOT_EXCHANGE, endpoint).with("product", product.map_or(Value::Null, Value::from));
    let note = if product.is_some() {
        text!("{product}, not Exchange", "{product}, kein Exchange")
    } else {
        text!("no sign of Exchange", "keine Merkmale von Exchange")
    };
    let mut findings = vec![finding.seen_in(&Probe::Http(eas::options(endpoint)))];
    findings.extend(services::in_front(endpoint, answers));
    Outcome::checked(Sentence::new(note).with("product", product.unwrap_or_default()), findings)
}

fn online(view: &View<'_>, endpoint: &Endpoint, answers: &Answers<'_>) -> Outcome {
    let today = day_of(view.now());
    let mut findings = services::online(endpoint, answers, today);
    findings.push(
        about(&ACTIVESYNC_ENDING, endpoint)
            .with("until", ACTIVESYNC_16_1.to_string())
            .with("over", today >= ACTIVESYNC_16_1)
            .with("when", services::since(ACTIVESYNC_16_1, today))
            .seen_in(&Probe::Http(eas::options(endpoint))),
    );
    Outcome::checked(
        text!("Exchange Online, updated by Microsoft", "Exchange Online, von Microsoft aktualisiert").into(),
        findings,
    )
}

/// What was asked beside the services.
struct Besides<'a> {
    /// What Autodiscover tells of the server with the mailbox.
    at_mailbox: Option<&'a Reading>,
    /// What EWS says to whoever has signed in.
    said: Vec<Finding>,
    /// Addresses that are dead.
    dead: Vec<Finding>,
}

fn exchange(
    view: &View<'_>,
    endpoint: &Endpoint,
    answers: &Answers<'_>,
    readings: &[Reading],
    besides: Besides<'_>,
) -> Outcome {
    let Besides { at_mailbox, said, dead } = besides;
    let today = day_of(view.now());
    let distinct = distinct(readings);
    let seen = distinct.iter().min().copied();
    let oldest = mailbox::completed(seen, at_mailbox);
    let readings: Vec<Reading> = readings.iter().chain(at_mailbox).cloned().collect();
    let what = oldest.map_or_else(|| Value::from("Exchange Server"), |version| named(&version));
    let mut findings = Vec::new();
    if let Some(version) = oldest {
        let missing = outdated(endpoint, &version, today);
        let unprotected = if missing.is_none() { unprotected(endpoint, &version, today) } else { None };
        findings.extend(missing);
        findings.extend(lifecycle(endpoint, &version, today));
        findings.extend(unprotected);
        let is_old = version.release().is_some_and(|release| release.day < HYBRID_APP);
        if is_old && version.product() >= Some(Product::E2016) && services::is_hybrid(endpoint, answers) {
            let finding = about(&HYBRID_APP_MISSING, endpoint).with("build", version.to_string());
            findings.push(finding.with("when", services::since(HYBRID_REFUSED, today)));
        }
    }
    findings.extend(differing(endpoint, &distinct));
    for finding in &mut findings {
        finding.evidence.extend(readings.iter().map(|reading| Probe::Http(reading.probe.clone()).to_string()));
        finding.evidence.dedup();
    }
    findings.extend(mailbox::differing(endpoint, seen, at_mailbox, today, services::is_hybrid(endpoint, answers)));
    let mut judged = services::judge(endpoint, answers, oldest.as_ref());
    judged.add(said);
    findings.splice(0..0, judged.faults.into_iter().chain(dead));
    findings.extend(judged.remarks);
    let beyond = oldest.is_some_and(|version| version.is_beyond_table());
    findings.push(identified(endpoint, answers, &readings, &what).with("beyond_table", beyond));
    let note = Sentence::new(match judged.works {
        Some(true) => text!("{what}, with EWS", "{what}, mit EWS"),
        Some(false) => text!("{what}, without a usable EWS", "{what}, ohne nutzbares EWS"),
        None => text!("{what}", "{what}"),
    })
    .with("what", what);
    match judged.unanswered {
        Some(why) => Outcome::Inconclusive { reason: common::why_unanswered(why), findings },
        None => Outcome::checked(note, findings),
    }
}

/// A finding about the endpoint.
fn about(code: &'static crate::finding::Code, endpoint: &Endpoint) -> Finding {
    Finding::new(code).host(&endpoint.host).port(endpoint.port)
}

/// The versions that do not agree, the most precise of each.
fn distinct(readings: &[Reading]) -> Vec<Version> {
    let mut all: Vec<Version> = readings.iter().map(|reading| reading.version).collect();
    order::by_key(&mut all, |version| std::cmp::Reverse((version.parts().len(), *version)));
    let mut kept: Vec<Version> = Vec::new();
    for version in all {
        if !kept.iter().any(|known| known.agrees(&version)) {
            kept.push(version);
        }
    }
    kept
}

/// A version in words: `Exchange Server 2019 CU14 Apr24HU (15.2.1544.11)`, in each language where the
/// table does not have it.
fn named(version: &Version) -> Value {
    let product = version.product().map_or("Exchange Server", Product::name);
    if version.is_beyond_table() {
        let table = builds::STATE;
        return json!({
            "en": format!("{product} ({version}), newer than this tool's table of {table}"),
            "de": format!("{product} ({version}), neuer als die Tabelle dieses Werkzeugs vom {table}"),
        });
    }
    match (version.release(), version) {
        (Some(release), Version::Exact(build)) if release.build != *build => json!({
            "en": format!("{product}, at least {} ({version})", release.name),
            "de": format!("{product}, mindestens {} ({version})", release.name),
        }),
        (Some(release), Version::Exact(_)) => format!("{product} {} ({version})", release.name).into(),
        (Some(release), _) => {
            format!("{product} {} ({version})", release.name.split(' ').next().unwrap_or_default()).into()
        }
        (None, _) => format!("{product} ({version})").into(),
    }
}

/// What the calendar says of the product.
fn lifecycle(endpoint: &Endpoint, version: &Version, today: Date) -> Option<Finding> {
    let product = version.product()?;
    let end = product.end_of_support()?;
    let finding = |code| about(code, endpoint).with("product", product.name()).with("version", version.to_string());
    if today > end {
        let finding = finding(&END_OF_SUPPORT).with("since", end.to_string());
        return Some(match product.paid_until() {
            Some(month) => finding.with("paid_until", month),
            None => finding,
        });
    }
    let is_near = end.checked_sub(Span::new().days(WARN_BEFORE)).is_ok_and(|from| today >= from);
    let severity = if is_near { Severity::Warn } else { Severity::Info };
    Some(finding(&SUPPORT_ENDING).with("until", end.to_string()).severity(severity))
}

/// The update that should be there.
fn outdated(endpoint: &Endpoint, version: &Version, today: Date) -> Option<Finding> {
    let newest = version.successor(today)?;
    let in_earnest = newest.day.checked_add(Span::new().days(TIME_TO_INSTALL)).is_ok_and(|until| today > until);
    Some(
        about(&UPDATE_MISSING, endpoint)
            .with("installed", named(version))
            .with("newest", newest.name)
            .with("newest_build", Version::Exact(newest.build).to_string())
            .with("released", newest.listed)
            .with("article", newest.article.unwrap_or(newest.name))
            .with("table", builds::STATE.to_string())
            .severity(if in_earnest { Severity::Warn } else { Severity::Info }),
    )
}

/// Whether the mitigations of today are not accepted, by a server whose update for that was a paid one.
fn unprotected(endpoint: &Endpoint, version: &Version, today: Date) -> Option<Finding> {
    let release = version.release().filter(|_| matches!(version, Version::Exact(_)))?;
    let product = version.product().filter(|product| product.paid_until().is_some())?;
    let has_service = release.day >= FIRST_MITIGATIONS;
    let is_late = today.checked_sub(Span::new().days(TIME_TO_INSTALL)).is_ok_and(|before| before >= MITIGATIONS);
    let finding =
        || about(&MITIGATIONS_OUTDATED, endpoint).with("installed", named(version)).with("product", product.name());
    (has_service && release.day < MITIGATIONS && is_late).then(finding)
}

fn differing(endpoint: &Endpoint, distinct: &[Version]) -> Option<Finding> {
    let updates: BTreeSet<_> =
        order::set(distinct.iter().map(|version| version.parts().iter().take(3).collect::<Vec<_>>()));
    let names: Vec<String> = distinct.iter().map(ToString::to_string).collect();
    let severity = if updates.len() > 1 { Severity::Warn } else { Severity::Info };
    (distinct.len() > 1).then(|| about(&NODES_DIFFER, endpoint).with("builds", names).severity(severity))
}

/// Everything that was seen, for scripts.
fn identified(endpoint: &Endpoint, answers: &Answers<'_>, readings: &[Reading], what: &Value) -> Finding {
    let versions: Vec<Value> = readings
        .iter()
        .map(|r| json!({"version": r.version.to_string(), "source": r.source.name(), "node": r.node, "address": r.address}))
        .collect::<Vec<_>>();
    let nodes: BTreeSet<&str> = order::set(readings.iter().filter_map(|reading| reading.node.as_deref()));
    let inner: BTreeSet<String> = order::set(answers.health.iter().filter_map(inner_name));
    let of = |service: Service| {
        let asked = answers.of(service);
        let health = answers.health.iter().find(|asked| asked.service == service);
        json!({
            "service": service.name(),
            "url": asked.map(|asked| asked.probe.url.as_str()),
            "status": asked.and_then(|asked| Some(asked.response()?.status)),
            "state": asked.and_then(|asked| Some(asked.state()?.name())),
            "healthcheck": health.and_then(is_well),
        })
    };
    let mut told: Vec<Value> = Vec::new();
    for version in versions {
        if !told.contains(&version) {
            told.push(version);
        }
    }
    about(&IDENTIFIED, endpoint)
        .with("what", what.clone())
        .with("versions", told)
        .with("nodes", nodes.into_iter().collect::<Vec<_>>())
        .with("inner_names", inner.into_iter().collect::<Vec<_>>())
        .with("services", Service::ALL.into_iter().map(of).collect::<Vec<_>>())
        .with("table", builds::STATE.to_string())
}
