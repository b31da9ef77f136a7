//! Which families of clients would accept the server, and because of what not?
//!
//! Models, judged by the public trust stores that are part of the program; `protocol::clients` holds
//! what the families differ in. What keeps them from the server is told by the checks that own it.

pub mod roads;

use super::common;
use crate::evidence::{Anchor, Phase, Probe, Seen, Stop, TlsOutcome, View, view};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity, Status};
use crate::order;
use crate::protocol::chain::{self, AddressTls, ChainAnalysis, HostTls};
use crate::protocol::clients::roads::Found;
use crate::protocol::clients::{self, Accepts, Family, Judged, ONLY_HERE, Row, Shown, Withdrawn};
use crate::protocol::clock::{self, Clock};
use crate::protocol::stores::{self, Public, Store};
use crate::protocol::{eas, endpoint, handshake, inspection};
use crate::{findings, text};
use serde_json::{Value, json};
use std::collections::BTreeSet;

findings! {
    ROOT_ONLY_HERE = "tls.root-only-here", Warn, Exchange {
        title { en: "\"{root}\", the root of {server}, is trusted on this machine, but is in no public trust store", de: "„{root}“, das Stammzertifikat von {server}, gilt auf diesem Rechner, steht aber in keinem öffentlichen Zertifikatspeicher" }
        meaning {
            en: "It was installed here by hand or by a policy, as the root of a company's own authority is. Devices that do not have it refuse the server, and a sync service outside never has it. Were it a new public root, it would not be known yet: the newest of the lists is of {newest}.",
            de: "Es wurde hier von Hand oder per Richtlinie installiert, wie das Stammzertifikat einer firmeneigenen Zertifizierungsstelle. Geräte ohne dieses Zertifikat lehnen den Server ab, und ein Sync-Dienst außerhalb hat es nie. Ein neues öffentliches Stammzertifikat wäre noch nicht bekannt: Die neueste der Listen ist vom {newest}.",
        }
        remedy { en: "Use a certificate of a public authority for what clients outside reach", de: "Verwenden Sie für alles, was Clients von außen erreichen, ein Zertifikat einer öffentlichen Zertifizierungsstelle" }
        steps [
            { en: "Request a public certificate for {host}, install it and bind it:", de: "Fordern Sie ein öffentliches Zertifikat für {host} an, installieren und binden Sie es:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
            { en: "If only managed devices connect, count the root as installed and look again:", de: "Verbinden sich nur verwaltete Geräte, geben Sie das Stammzertifikat als installiert an und prüfen Sie erneut:", Shell "exdiag tls {endpoint} --cacert root.pem" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/ssl-certificate-trust-failure"]
    }
    SYNC_SERVICE = "clients.sync-service-rejects", Fail, Exchange {
        title { en: "A Linux sync service refuses {server} ({why})", de: "Ein Sync-Dienst unter Linux lehnt {server} ab ({why})" }
        meaning {
            en: "A model, not a test: OpenSSL with the roots of certifi or Debian ({dates}), no fetching of issuers, nothing cached. The services publish nothing on what they run; what this model refuses they usually refuse too.",
            de: "Ein Modell, kein Test: OpenSSL mit den Stammzertifikaten von certifi oder Debian ({dates}), ohne Nachladen von Ausstellern und ohne Zwischenspeicher. Die Dienste veröffentlichen nicht, was sie einsetzen; was dieses Modell ablehnt, lehnen sie meist auch ab.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag tls {endpoint}" },
        ]
        links ["https://github.com/certifi/python-certifi"]
    }
    SYNC_SERVICE_DEPENDS = "clients.sync-service-depends", Warn, Exchange {
        title { en: "Whether a Linux sync service accepts {server} depends on its roots: {stores}", de: "Ob ein Sync-Dienst unter Linux {server} akzeptiert, hängt von seinen Stammzertifikaten ab: {stores}" }
        meaning {
            en: "Some services take Debian's roots, others those of certifi (Python), and the two differ here ({dates}). So one service syncs and another, or the same after an update, does not.",
            de: "Manche Dienste nehmen die Stammzertifikate von Debian, andere die von certifi (Python), und die beiden unterscheiden sich hier ({dates}). So synchronisiert ein Dienst, und ein anderer oder derselbe nach einem Update nicht.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
        ]
        links ["https://github.com/certifi/python-certifi"]
    }
    OUTLOOK = "clients.outlook-rejects", Fail, Exchange {
        title { en: "Outlook on Windows refuses {server} ({why})", de: "Outlook unter Windows lehnt {server} ab ({why})" }
        meaning {
            en: "A model, not a test: Schannel with the roots of Microsoft's program ({dates}); missing issuers are fetched where the certificate says they lie.",
            de: "Ein Modell, kein Test: Schannel mit den Stammzertifikaten aus Microsofts Programm ({dates}); fehlende Aussteller werden dort nachgeladen, wo sie laut Zertifikat liegen.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
        ]
        links ["https://learn.microsoft.com/security/trusted-root/deprecation"]
    }
    IOS = "clients.ios-rejects", Fail, Exchange {
        title { en: "iPhone and iPad refuse {server} ({why})", de: "iPhone und iPad lehnen {server} ab ({why})" }
        meaning {
            en: "A model, not a test: Apple's roots ({dates}), and Apple's own rules: RSA of 2048 bits or more, SHA-2, server authentication among the purposes, at most 825 days, under public roots 398. Missing issuers are fetched where the certificate says they lie.",
            de: "Ein Modell, kein Test: Apples Stammzertifikate ({dates}) und Apples eigene Regeln: RSA ab 2048 Bit, SHA-2, Serverauthentifizierung als Verwendungszweck, höchstens 825 Tage Laufzeit, unter öffentlichen Stammzertifikaten 398. Fehlende Aussteller werden dort nachgeladen, wo sie laut Zertifikat liegen.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
            { en: "{fix} Then look again:", de: "{fix} Prüfen Sie dann erneut:", Shell "exdiag tls {endpoint}" },
        ]
        links ["https://support.apple.com/103769", "https://support.apple.com/102028"]
    }
    ANDROID = "clients.android-rejects", Fail, Exchange {
        title { en: "Android refuses {server} ({why})", de: "Android lehnt {server} ab ({why})" }
        meaning {
            en: "A model, not a test: the roots of the newest Android ({dates}), no fetching of issuers. Older devices know fewer roots.",
            de: "Ein Modell, kein Test: die Stammzertifikate des neuesten Android ({dates}), ohne Nachladen von Ausstellern. Ältere Geräte kennen weniger Stammzertifikate.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
        ]
        links ["https://developer.android.com/privacy-and-security/security-ssl"]
    }
    JAVA = "clients.java-rejects", Fail, Exchange {
        title { en: "Java programs refuse {server} ({why})", de: "Java-Programme lehnen {server} ab ({why})" }
        meaning {
            en: "A model, not a test: the roots of OpenJDK ({dates}), no fetching of issuers, which is how it is delivered.",
            de: "Ein Modell, kein Test: die Stammzertifikate von OpenJDK ({dates}), ohne Nachladen von Ausstellern, wie es ausgeliefert wird.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
        ]
        links ["https://openjdk.org/jeps/319"]
    }
    THUNDERBIRD = "clients.thunderbird-rejects", Fail, Exchange {
        title { en: "Thunderbird refuses {server} ({why})", de: "Thunderbird lehnt {server} ab ({why})" }
        meaning {
            en: "A model, not a test: Mozilla's roots ({dates}) with their cut-off days; no fetching of issuers, but the intermediates of public authorities that Firefox preloads.",
            de: "Ein Modell, kein Test: Mozillas Stammzertifikate ({dates}) mit ihren Stichtagen; ohne Nachladen von Ausstellern, aber mit den Zwischenzertifikaten öffentlicher Stellen, die Firefox mitbringt.",
        }
        remedy { en: "Remove the cause: {why}", de: "Beheben Sie die Ursache: {why}" }
        steps [
            { en: "Read what it means and how to fix it:", de: "Lesen Sie, was es bedeutet und wie es zu beheben ist:", Shell "exdiag explain {first}" },
        ]
        links ["https://wiki.mozilla.org/CA/Root_CA_Lifecycles"]
    }
}

/// Judges every address for every family; the worst address counts.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let hosts = chain::look_at_all(view)?;
    if let Some(outcome) = common::no_handshake(view, &hosts)? {
        return Ok(outcome);
    }
    if let Some(outcome) = not_of_the_server(view, &hosts)? {
        return Ok(outcome);
    }
    let mut findings = Vec::new();
    let mut all: Vec<Judged> = Vec::new();
    let mut unknown = false;
    for host in &hosts {
        let mut judged: Vec<(&AddressTls<'_>, Judged)> = Vec::new();
        for address in &host.addresses {
            let Some(found) = look(view, host, address, &judged)? else { continue };
            if address.chain.as_ref().is_some_and(|chain| !chain.stores_known) && !found.public {
                unknown = true;
                continue;
            }
            judged.push((address, found));
        }
        let told = judged
            .iter()
            .map(|(address, found)| (address.address, address.probe(host), say(found)))
            .collect::<Vec<_>>();
        findings.extend(common::by_address(&host.host, host.port, told));
        all.extend(judged.into_iter().map(|(_, found)| found));
    }
    if all.is_empty() {
        let reason = if unknown {
            Sentence::new(text!("the trust stores were not asked", "die Zertifikatspeicher wurden nicht befragt"))
        } else {
            Sentence::new(text!("no certificate came", "es kam kein Zertifikat"))
        };
        return Ok(Outcome::inconclusive(reason));
    }
    let (found, said) = roads::look(view)?;
    findings.extend(said);
    Ok(Outcome::checked(note(&all, &found), common::once(findings)))
}

/// The outcome where nothing that arrives here can be judged for others: a certificate made on the way,
/// or a moment that is not now.
fn not_of_the_server(view: &View<'_>, hosts: &[HostTls<'_>]) -> Result<Option<Outcome>, Stop> {
    let readings = clock::readings(view);
    let shown = hosts.iter().flat_map(|host| {
        // nobody stands between a file and its reader
        let of_servers = host.addresses.iter().filter(|address| !matches!(address.outcome(), Some(TlsOutcome::File)));
        of_servers.filter_map(move |address| Some((host, address.address, address.chain.as_ref()?)))
    });
    let shown: Vec<_> = shown.collect();
    let opened = view::all(shown.iter().map(|(host, address, chain)| inspection::opened(view, host, *address, chain)))?;
    if opened.iter().any(Option::is_some) {
        return Ok(Some(Outcome::inconclusive(Sentence::new(text!(
            "what arrives here is not the server's certificate; see tls-protocol",
            "was hier ankommt, ist nicht das Zertifikat des Servers; siehe tls-protocol",
        )))));
    }
    let validities: Vec<_> = shown.iter().filter_map(|(.., chain)| chain.leaf()?.validity).collect();
    Ok(matches!(clock::judge(&readings?, &validities, view.asked_at()), Clock::Ours { .. }).then(|| {
        Outcome::inconclusive(Sentence::new(text!(
            "the clock of this machine is wrong; see tls-protocol",
            "die Uhr dieses Rechners geht falsch; siehe tls-protocol",
        )))
    }))
}

/// Judges one address; `None` where it says nothing of TLS. What is known of another address of the
/// host that shows the same is taken from there.
fn look(
    view: &View<'_>,
    host: &HostTls<'_>,
    address: &AddressTls<'_>,
    known: &[(&AddressTls<'_>, Judged)],
) -> Result<Option<Judged>, Stop> {
    let Ok(seen) = address.seen else { return Ok(None) };
    if matches!(&seen.outcome, TlsOutcome::Failed(failure) if failure.phase < Phase::Handshake) {
        return Ok(None);
    }
    let fails = |outcome: &TlsOutcome| matches!(outcome, TlsOutcome::Failed(_));
    let same = known.iter().find(|(other, _)| {
        other.seen.is_ok_and(|other| {
            other.chain == seen.chain && other.ocsp == seen.ocsp && !fails(&other.outcome) && !fails(&seen.outcome)
        })
    });
    if let Some((_, judged)) = same {
        return Ok(Some(judged.clone()));
    }
    let anchors = match &address.chain {
        Some(chain) => anchors(view, chain)?,
        None => Vec::new(),
    };
    let shake = match &seen.outcome {
        TlsOutcome::Failed(_) => {
            let shake = handshake::look_at_address(view, &host.host, host.port, address.address)?;
            shake.fault().map(|fault| fault.code())
        }
        TlsOutcome::Handshake(_) => certificate_over_http(view, host)?,
        TlsOutcome::File => None,
    };
    let (installed, here): (Vec<Anchor>, Vec<Anchor>) = anchors.into_iter().partition(|a| a.store == "cacert");
    let withdrawn = match &address.chain {
        Some(chain) => clients::look_at_revocation(view, seen, chain, host.is_private())?,
        None => Withdrawn::default(),
    };
    let shown = Shown {
        host: &host.host,
        handshake: shake,
        chain: address.chain.as_ref(),
        installed: &installed,
        here: &here,
        withdrawn,
        at: view.now(),
    };
    Ok(Some(clients::judge(shown, &Public)))
}

/// The code for a server that asks for a client certificate only after the request.
fn certificate_over_http(view: &View<'_>, host: &HostTls<'_>) -> Result<Option<&'static str>, Stop> {
    let endpoint =
        endpoint::endpoint(view)?.filter(|endpoint| (&endpoint.host, endpoint.port) == (&host.host, host.port));
    let Some(endpoint) = endpoint else { return Ok(None) };
    let seen = view.http(&eas::options(&endpoint))?.ok();
    Ok(seen.and_then(handshake::wants_certificate_over_http).map(|_| "tls.client-certificate-required"))
}

/// What the stores of the run hold of the issuers of a chain; all of them were asked for it before.
fn anchors(view: &View<'_>, chain: &ChainAnalysis) -> Result<Vec<Anchor>, Stop> {
    let fetched = chain.repair.iter().flat_map(|repair| &repair.fetched);
    let issuers: BTreeSet<String> = order::set(
        chain
            .certificates
            .iter()
            .chain(fetched)
            .map(|c| &c.issuer)
            .filter(|name| !name.der.is_empty())
            .map(crate::protocol::x509::Name::base64),
    );
    let records = view::all(issuers.into_iter().map(|subject| view.look(&Probe::Anchors { subject })))?;
    let found = records.into_iter().filter_map(|record| match &record.seen {
        Seen::Anchors { found } => Some(found),
        _ => None,
    });
    Ok(found.flatten().cloned().collect())
}

/// The findings about one address.
fn say(judged: &Judged) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(lack) = &judged.lack {
        found.push(common::not_in_store(lack));
    }
    if let Some(root) = &judged.only_here {
        found.push(
            Finding::new(&ROOT_ONLY_HERE)
                .with("root", root.short.as_str())
                .with("root_dn", root.text.as_str())
                .with("newest", Store::ALL.map(|store| stores::dated(store).date).into_iter().max())
                .with("dates", common::dates(&Store::ALL)),
        );
    }
    for row in &judged.rows {
        if row.accepts == Accepts::No {
            found.push(about(refusal(row.family), row).severity(severity(row)));
        }
        if row.family == Family::SyncService && row.accepts == Accepts::Depends && judged.lack.is_some() {
            let lack = judged.lack.iter().flat_map(|lack| &lack.lacking);
            let stores: Vec<String> = lack
                .filter(|(store, _)| row.family.stores().contains(store))
                .map(|(s, h)| common::refused(*s, *h))
                .collect();
            if !stores.is_empty() {
                found.push(about(&SYNC_SERVICE_DEPENDS, row).with("stores", stores));
            }
        }
    }
    found
}

/// A finding about what a family makes of the server.
fn about(code: &'static Code, row: &Row) -> Finding {
    let because = row.because();
    // a rule of the family's own is a stricter form of one that another finding explains
    let first = row.why.first().copied().map_or(code.id, explained_by);
    let why: Vec<Value> = row.why.iter().map(|why| in_words(why)).collect();
    Finding::new(code)
        .with("client", row.family.id())
        .with("model", true)
        .with("why", why)
        .with("fix", fix(&row.why))
        .with("because", because)
        .with("first", first)
        .with("dates", common::dates(row.family.stores()))
}

/// The finding that explains a cause.
fn explained_by(why: &'static str) -> &'static str {
    match why {
        "lifetime-over-398-days" => "tls.lifetime-too-long",
        "no-server-authentication" => "tls.wrong-purpose",
        code => code,
    }
}

/// A cause: the code of a finding as it is, a rule of the family's own in both languages.
fn in_words(why: &str) -> Value {
    match why {
        "lifetime-over-398-days" => json!({
            "what": why,
            "en": "valid for more than 398 days",
            "de": "länger als 398 Tage gültig",
        }),
        "no-server-authentication" => json!({
            "what": why,
            "en": "server authentication is not among its purposes",
            "de": "Serverauthentifizierung fehlt als Verwendungszweck",
        }),
        code => json!(code),
    }
}

/// What to do about the rules of Apple's, in both languages.
fn fix(why: &[&str]) -> Value {
    let is = |rule: &str| why.contains(&rule);
    if is("no-server-authentication") {
        json!({
            "en": "Have the certificate reissued with the purpose server authentication (1.3.6.1.5.5.7.3.1), as by the template Web Server.",
            "de": "Lassen Sie das Zertifikat mit dem Verwendungszweck Serverauthentifizierung (1.3.6.1.5.5.7.3.1) neu ausstellen, etwa nach der Vorlage Webserver.",
        })
    } else if is("lifetime-over-398-days") || is("tls.lifetime-too-long") {
        json!({
            "en": "Have the certificate reissued for a year or less.",
            "de": "Lassen Sie das Zertifikat für höchstens ein Jahr neu ausstellen.",
        })
    } else {
        json!({"en": "Remove the cause.", "de": "Beheben Sie die Ursache."})
    }
}

fn refusal(family: Family) -> &'static Code {
    match family {
        Family::OutlookWindows => &OUTLOOK,
        Family::Ios => &IOS,
        Family::Android => &ANDROID,
        Family::Java => &JAVA,
        Family::SyncService => &SYNC_SERVICE,
        Family::Thunderbird => &THUNDERBIRD,
    }
}

/// A family that refuses what most accept is a warning, unless it is the one that this is all about.
fn severity(row: &Row) -> Severity {
    let of_its_own = |why: &&str| {
        matches!(
            *why,
            "tls.root-not-in-store" | "tls.ca-as-server" | "tls.ct-too-few" | "tls.lifetime-too-long" | ONLY_HERE
        ) || !why.contains('.')
    };
    if row.family != Family::SyncService && row.why.iter().all(of_its_own) { Severity::Warn } else { Severity::Fail }
}

/// The one line beside the check's name; the rows of the report hang on it.
fn note(all: &[Judged], found: &[Found]) -> Sentence {
    let mut rows = Vec::new();
    let mut signs: Vec<(Family, &str)> = Vec::new();
    for family in Family::ALL {
        let of_it = || all.iter().flat_map(|judged| &judged.rows).filter(|row| row.family == family);
        let worst = of_it().map(|row| row.accepts).max().unwrap_or(Accepts::Unknown);
        let mut because: Vec<&str> = Vec::new();
        for code in of_it().flat_map(Row::because) {
            if !because.contains(&code) {
                because.push(code);
            }
        }
        let (status, sign) = match worst {
            Accepts::Yes => (Status::Pass, "✓"),
            Accepts::Unknown => (Status::Inconclusive, "?"),
            Accepts::Depends => (Status::Warn, "!"),
            Accepts::No => (Status::Fail, "✗"),
        };
        let road = found.iter().find(|found| found.family == family).map(roads::row);
        rows.push(json!({"id": family.id(), "status": status, "because": because, "autodiscover": road}));
        signs.push((family, sign));
    }
    let sign = |wanted: Family| signs.iter().find(|(family, _)| *family == wanted).map_or("?", |(_, sign)| sign);
    let installed = all.iter().any(|judged| judged.installed);
    let sentence = Sentence::new(if installed {
        text!(
            "Outlook {outlook}  iOS {ios}  Android {android}  Java {java}  sync service {sync}  Thunderbird {thunderbird}  (roots of --cacert count as installed everywhere)",
            "Outlook {outlook}  iOS {ios}  Android {android}  Java {java}  Sync-Dienst {sync}  Thunderbird {thunderbird}  (Stammzertifikate aus --cacert gelten überall als installiert)",
        )
    } else {
        text!(
            "Outlook {outlook}  iOS {ios}  Android {android}  Java {java}  sync service {sync}  Thunderbird {thunderbird}",
            "Outlook {outlook}  iOS {ios}  Android {android}  Java {java}  Sync-Dienst {sync}  Thunderbird {thunderbird}",
        )
    });
    sentence
        .with("outlook", sign(Family::OutlookWindows))
        .with("ios", sign(Family::Ios))
        .with("android", sign(Family::Android))
        .with("java", sign(Family::Java))
        .with("sync", sign(Family::SyncService))
        .with("thunderbird", sign(Family::Thunderbird))
        .with("clients", rows)
}
