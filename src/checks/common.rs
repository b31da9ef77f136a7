//! Which findings and sentences belong to no single check?

pub mod exports;
pub mod logs;
pub mod mailbox;
pub mod net;
pub mod numbers;
pub mod resolve;
pub mod service;
pub mod suites;

use crate::evidence::{HeldBack, NoAnswer, Phase, Probe, Stop, TlsOutcome, View};
use crate::finding::{Finding, Outcome, Sentence, Severity, Text};
use crate::protocol::chain::HostTls;
use crate::protocol::clients::{Family, Lack};
use crate::protocol::stores::{self, Gone, Holding, Store};
use crate::{findings, text};
use net::{At, Reach};
use serde_json::{Value, json};
use std::net::IpAddr;

findings! {
    ROOT_NOT_IN_STORE = "tls.root-not-in-store", Warn, Exchange {
        title { en: "\"{root}\", the root of {server}, is not trusted by {stores}", de: "„{root}“, das Stammzertifikat von {server}, gilt nicht bei {stores}" }
        meaning {
            en: "Clients with these stores refuse the server, clients with the others ({holding}) take it. Behind ✗ stands the day of the removal, or the last one on which the certificate could have been issued. Microsoft's store is Outlook's on Windows, Apple's that of iOS, Mozilla's that of Thunderbird and Firefox; Linux sync services have certifi's or Debian's. State of the lists: {dates}.",
            de: "Clients mit diesen Zertifikatspeichern lehnen den Server ab, Clients mit den übrigen ({holding}) akzeptieren ihn. Hinter ✗ steht der Tag der Entfernung oder der letzte, an dem das Zertifikat hätte ausgestellt werden dürfen. Microsofts Speicher nutzt Outlook unter Windows, Apples iOS, Mozillas Thunderbird und Firefox; Sync-Dienste unter Linux haben den von certifi oder Debian. Stand der Listen: {dates}.",
        }
        remedy {
            en: "Have the certificate reissued under a root that all stores trust",
            de: "Lassen Sie das Zertifikat unter einem Stammzertifikat neu ausstellen, dem alle Zertifikatspeicher vertrauen",
        }
        steps [
            { en: "Ask the certificate authority for a chain to one of its current roots; often it has one, and reissuing costs nothing. Install certificate and intermediates, and bind them:", de: "Fragen Sie die Zertifizierungsstelle nach einer Kette zu einem ihrer aktuellen Stammzertifikate; oft hat sie eines, und die Neuausstellung ist kostenlos. Installieren und binden Sie Zertifikat und Zwischenzertifikate:", Powershell "Get-ExchangeCertificate | Format-List Thumbprint,Subject,Issuer,NotAfter,Services\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag tls {endpoint}" },
        ]
        links ["https://wiki.mozilla.org/CA/Root_CA_Lifecycles", "https://learn.microsoft.com/security/trusted-root/deprecation"]
    }
    BUG = "exdiag.bug", Warn, Caller {
        title { en: "A check of exdiag itself failed: {message}", de: "Eine Prüfung von exdiag selbst ist gescheitert: {message}" }
        meaning {
            en: "This is a fault in exdiag, not in what it looks at. The other checks are not affected.",
            de: "Das ist ein Fehler in exdiag, nicht in dem, was geprüft wird. Die anderen Prüfungen sind nicht betroffen.",
        }
        remedy { en: "Report it, with the JSON report attached", de: "Melden Sie den Fehler und hängen Sie den JSON-Bericht an" }
        steps [
            { en: "Write the report to a file:", de: "Schreiben Sie den Bericht in eine Datei:", Shell "exdiag check {mailbox} --output report.json" },
        ]
    }
    DEADLINE = "exdiag.deadline", Warn, Caller {
        title { en: "The time of the run was over before every answer had come", de: "Die Zeit des Laufs war vorbei, bevor alle Antworten da waren" }
        meaning {
            en: "What is still open is reported as inconclusive, not as broken.",
            de: "Was noch offen ist, wird als ergebnislos gemeldet, nicht als defekt.",
        }
        remedy { en: "Give it more time", de: "Geben Sie dem Lauf mehr Zeit" }
        steps [
            { en: "Run it again with a longer limit, in seconds:", de: "Starten Sie erneut mit längerer Frist in Sekunden:", Shell "exdiag check {mailbox} --max-time 120" },
        ]
    }
}

/// The check has nothing to do without a mailbox address.
pub fn needs_mailbox() -> Outcome {
    Outcome::skip(Sentence::new(text!("needs a mailbox address", "braucht eine Postfachadresse")))
}

/// There is no answer, and that check says why.
pub fn see_check(id: &str) -> Outcome {
    Outcome::inconclusive(
        Sentence::new(text!("no answer; see the check {check}", "keine Antwort; siehe die Prüfung {check}"))
            .with("check", id),
    )
}

/// Why a server stays unasked whose cipher suites only exdiag does not speak; wants `host`.
pub fn unspoken() -> Sentence {
    Sentence::new(text!(
        "exdiag does not speak the cipher suites of {host}; see the check tls-protocol",
        "exdiag spricht die Cipher-Suites von {host} nicht; siehe die Prüfung tls-protocol",
    ))
}

/// Who tells, in place of a check that was not selected, what that check would have told: the first
/// of these that runs. Nothing may stay untold, and nothing is told twice.
const STAND_INS: &[(&str, &[&str])] = &[
    ("dns", &["autodiscover", "activesync", TLS[0], TLS[1], TLS[2], TLS[3], TLS[4], "server-version"]),
    ("activesync", &["auth-status", TLS[0], TLS[1], TLS[2], TLS[3], TLS[4], "server-version"]),
];

/// The checks that look at handshakes.
const TLS: [&str; 5] = ["tls-chain", "tls-intermediate", "tls-protocol", "revocation", "clients"];

/// Which check tells what this owner usually tells; `None` where the one that looks has to.
fn teller(view: &View<'_>, owner: &'static str) -> Option<&'static str> {
    let runs = |id: &str| {
        view.subject().selected.iter().any(|selected| selected == id)
            && match id {
                // these look at nothing of the kind without that
                "autodiscover" => view.subject().mailbox.is_some(),
                "auth-status" => view.subject().credential.is_some(),
                _ => true,
            }
    };
    if runs(owner) {
        return Some(owner);
    }
    let stand_ins = STAND_INS.iter().find(|(id, _)| *id == owner).map_or(&[][..], |(_, all)| all);
    stand_ins.iter().copied().find(|id| runs(id)).filter(|id| view.asker().is_some_and(|asker| asker != *id))
}

/// What keeps the sync service from the mailbox: `auth-status` says it, or this check where
/// `auth-status` does not run.
pub fn without_grant(view: &View<'_>) -> Result<Outcome, Stop> {
    if view.subject().selected.iter().any(|id| id == "auth-status") {
        return Ok(see_check("auth-status"));
    }
    let Some(service) = service::service(view)? else { return Ok(see_check("auth-status")) };
    Ok(match service.unanswered {
        Some(reason) => Outcome::Inconclusive { reason, findings: service.findings },
        None if service.findings.is_empty() => see_check("auth-status"),
        None => {
            let note = Sentence::new(text!(
                "the sync service's grant does not work",
                "die Berechtigung des Sync-Dienstes funktioniert nicht",
            ));
            Outcome::checked(note, service.findings)
        }
    })
}

/// No address of this host is known: `dns` says why, or this check where `dns` does not run.
pub fn without_address(view: &View<'_>, host: &str) -> Result<Outcome, Stop> {
    if let Some(check) = teller(view, "dns") {
        return Ok(see_check(check));
    }
    Ok(resolve::no_address(view, host)?.unwrap_or_else(|| see_check("dns")))
}

/// No name server gave a usable answer for the mailbox's domain: `dns` says so, or this check where
/// `dns` does not run.
pub fn without_names(view: &View<'_>) -> Result<Outcome, Stop> {
    if let Some(check) = teller(view, "dns") {
        return Ok(see_check(check));
    }
    Ok(resolve::no_domain(view)?.unwrap_or_else(|| see_check("dns")))
}

/// There is not even a guess at a server: `dns` and `autodiscover` say why, or this check where
/// neither runs.
pub fn without_server(view: &View<'_>) -> Result<Outcome, Stop> {
    let runs = |id: &str| view.subject().selected.iter().any(|selected| selected == id);
    if !runs("dns")
        && !runs("autodiscover")
        && teller(view, "dns").is_none()
        && let Some(outcome) = resolve::no_domain(view)?
    {
        return Ok(outcome);
    }
    Ok(Outcome::inconclusive(Sentence::new(if runs("dns") || runs("autodiscover") {
        text!(
            "no server is known; see the checks dns and autodiscover",
            "kein Server bekannt; siehe die Prüfungen dns und autodiscover",
        )
    } else {
        text!(
            "no server is known; name it with --server, or run the checks dns and autodiscover too",
            "kein Server bekannt; nennen Sie ihn mit --server oder lassen Sie auch die Prüfungen dns und autodiscover laufen",
        )
    })))
}

/// No address of a server takes a connection: `activesync` says so, or this check where `activesync`
/// does not run.
pub fn without_connection(view: &View<'_>, at: &At<'_>, reach: &Reach) -> Outcome {
    match teller(view, "activesync") {
        Some(check) => see_check(check),
        None => reach.verdict(at).unwrap_or_else(|| see_check("activesync")),
    }
}

/// What keeps everybody from a server, where neither `activesync` nor a check before this one tells.
pub fn connection_faults(view: &View<'_>, at: &At<'_>) -> Result<Vec<Finding>, Stop> {
    if teller(view, "activesync").is_some() {
        return Ok(Vec::new());
    }
    Ok(net::reach(view, at)?.verdict(at).map(|outcome| outcome.findings().to_vec()).unwrap_or_default())
}

/// There is no answer, and nobody else says why.
pub fn unanswered(why: &NoAnswer) -> Outcome {
    Outcome::inconclusive(why_unanswered(why))
}

/// What somebody was doing who got no answer, with what became of it in these words.
fn hung(phase: Option<Phase>, text: Text) -> Sentence {
    let (en, de) = match phase {
        None => ("still waiting for its turn", "wartete noch darauf, an die Reihe zu kommen"),
        Some(Phase::Resolve) => {
            ("still waiting for the answer of the name server", "wartete noch auf die Antwort des Nameservers")
        }
        Some(Phase::Proxy) => ("still waiting for the proxy", "wartete noch auf den Proxy"),
        Some(Phase::Connect) => ("still connecting", "stand noch beim Verbindungsaufbau"),
        Some(Phase::Handshake) => ("still in the TLS handshake", "stand noch im TLS-Handshake"),
        Some(Phase::Request) => {
            ("the request was sent and still without an answer", "die Anfrage war gesendet und noch ohne Antwort")
        }
        Some(Phase::Body) => ("still receiving the answer", "empfing noch die Antwort"),
    };
    Sentence::new(text).with("stage", json!({"en": en, "de": de}))
}

/// Why there is no answer, in words.
pub fn why_unanswered(why: &NoAnswer) -> Sentence {
    match why {
        NoAnswer::Deadline => Sentence::new(text!(
            "no answer before the time of the run was over",
            "keine Antwort, bevor die Zeit des Laufs vorbei war",
        )),
        NoAnswer::Hung { phase } => hung(
            Some(*phase),
            text!("{stage} when the time of the run was over", "{stage}, als die Zeit des Laufs vorbei war",),
        ),
        NoAnswer::GivenUp { phase } => hung(
            *phase,
            text!(
                "{stage}, and was not waited for any longer, since others had answered",
                "{stage}; länger wurde nicht gewartet, weil andere geantwortet hatten",
            ),
        ),
        NoAnswer::Cancelled => Sentence::new(text!("the run was interrupted", "der Lauf wurde abgebrochen")),
        NoAnswer::NotRecorded => Sentence::new(text!(
            "the recorded report holds no answer",
            "der aufgezeichnete Bericht enthält keine Antwort"
        )),
        NoAnswer::Offline => {
            Sentence::new(text!("not asked: the run was one over files", "nicht gefragt: Der Lauf betraf nur Dateien",))
        }
        NoAnswer::Panicked { message } => {
            Sentence::new(text!("exdiag failed while asking: {message}", "exdiag scheiterte beim Fragen: {message}"))
                .with("message", message.as_str())
        }
        NoAnswer::HeldBack { rule } => Sentence::new(match rule {
            HeldBack::SignInRefused => {
                text!(
                    "not tried again after a refused sign-in",
                    "nach einer abgelehnten Anmeldung nicht erneut versucht"
                )
            }
            HeldBack::SignInUnclear => text!(
                "sign-in held back: an earlier one of this run got no answer, only a redirect, or one that says neither yes nor no (such as HTTP 403 or 500), so whether the credentials are right is not known; no account is to be locked",
                "Anmeldung zurückgehalten: Eine frühere dieses Laufs blieb ohne Antwort, wurde nur umgeleitet oder bekam eine Antwort, die weder ja noch nein sagt (etwa HTTP 403 oder 500); ob die Anmeldedaten stimmen, ist also nicht bekannt, und kein Konto soll gesperrt werden",
            ),
            HeldBack::CertificateNotVerified => text!(
                "credentials not sent: the certificate could not be verified; see the check tls-chain",
                "Anmeldedaten nicht gesendet: Das Zertifikat ließ sich nicht prüfen; siehe die Prüfung tls-chain",
            ),
            HeldBack::ForeignHost => text!(
                "credentials not sent: the host is foreign to the mailbox's domain; allow it with --allow-host",
                "Anmeldedaten nicht gesendet: Der Host gehört nicht zur Domain des Postfachs; erlauben Sie ihn mit --allow-host",
            ),
            HeldBack::NotHttps => text!(
                "credentials not sent: they never travel over plain http",
                "Anmeldedaten nicht gesendet: Sie gehen nie über unverschlüsseltes http",
            ),
            HeldBack::NoCredentials => text!("no credentials given", "keine Anmeldedaten angegeben"),
            HeldBack::BasicRetired => text!(
                "password not sent: Microsoft's cloud takes only OAuth tokens; give one with --token-file",
                "Passwort nicht gesendet: Die Cloud von Microsoft nimmt nur OAuth-Token; geben Sie eines mit --token-file an",
            ),
            HeldBack::TokenExpired => text!(
                "token not sent: by its own word its time is over",
                "Token nicht gesendet: Nach eigener Angabe ist seine Zeit um",
            ),
            HeldBack::TokenAudience => text!(
                "token not sent: by its own word it is meant for another server",
                "Token nicht gesendet: Nach eigener Angabe ist es für einen anderen Server bestimmt",
            ),
            HeldBack::NoAia => text!("not asked because of --no-aia", "wegen --no-aia nicht gefragt"),
            HeldBack::NoRevocation => {
                text!("not asked because of --no-revocation", "wegen --no-revocation nicht gefragt")
            }
            HeldBack::PrivateAddress => {
                text!("not asked: the address is a private one", "nicht gefragt: Die Adresse ist eine private")
            }
        }),
    }
}

/// Findings of the addresses of one server, the same ones told once. Each gets the argument
/// `server`: the host, and behind it the addresses where it does not hold for all.
pub fn by_address(host: &str, port: u16, judged: Vec<(IpAddr, Probe, Vec<Finding>)>) -> Vec<Finding> {
    let all = judged.len();
    let mut groups: Vec<(Finding, Vec<IpAddr>)> = Vec::new();
    for (address, probe, findings) in judged {
        for finding in findings {
            let finding = finding.seen_in(&probe);
            let same =
                groups.iter_mut().find(|(known, _)| known.code.id == finding.code.id && known.data == finding.data);
            match same {
                Some((known, addresses)) => {
                    known.evidence.extend(
                        finding.evidence.into_iter().filter(|id| !known.evidence.contains(id)).collect::<Vec<_>>(),
                    );
                    addresses.push(address);
                }
                None => groups.push((finding, vec![address])),
            }
        }
    }
    let told = groups.into_iter().map(|(finding, addresses)| {
        let finding = finding.host(host).port(port);
        let names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        match addresses.first() {
            Some(first) if addresses.len() < all => {
                let server = format!("{host} ({})", names.join(", "));
                finding.address(*first).with("server", server).with("addresses", names)
            }
            _ => finding.with("server", host),
        }
    });
    told.collect()
}

/// What one certificate at one set of addresses lacks is told once, whichever names lead there;
/// that it lacks a name is told for each.
pub fn once(findings: Vec<Finding>) -> Vec<Finding> {
    let places = |finding: &Finding| -> Vec<String> {
        finding.evidence.iter().filter_map(|id| id.rsplit_once(':').map(|(place, _)| place.to_owned())).collect()
    };
    let mut told: Vec<Finding> = Vec::new();
    for finding in findings {
        let is_told = told.iter().any(|known| {
            known.code.id == finding.code.id
                && known.code.id != "tls.name-mismatch"
                && known.place.host != finding.place.host
                && places(known) == places(&finding)
        });
        if !is_told {
            told.push(finding);
        }
    }
    told
}

/// The outcome where no address of any of these servers got as far as a TLS handshake; `None` where one did.
pub fn no_handshake(view: &View<'_>, hosts: &[HostTls<'_>]) -> Result<Option<Outcome>, Stop> {
    if hosts.is_empty() {
        let names = resolve::domain_names(view)?;
        if resolve::silence(view, &names).is_some() {
            return Ok(Some(without_names(view)?));
        }
        return Ok(Some(match without_server(view)? {
            Outcome::Inconclusive { reason, findings } if findings.is_empty() => Outcome::skip(reason),
            outcome => outcome,
        }));
    }
    let addresses: Vec<_> = hosts.iter().flat_map(|host| &host.addresses).collect();
    let Some(first) = hosts.iter().find(|host| !host.addresses.is_empty()) else {
        let host = hosts.first().map(|host| host.host.as_str()).unwrap_or_default();
        return Ok(Some(without_address(view, host)?));
    };
    let reached = addresses.iter().any(|address| match address.outcome() {
        Some(TlsOutcome::Failed(failure)) => failure.phase >= Phase::Handshake,
        Some(TlsOutcome::Handshake(_) | TlsOutcome::File) => true,
        None => false,
    });
    if reached {
        return Ok(None);
    }
    let connection_failed = addresses.iter().any(|address| address.outcome().is_some());
    let unanswered_because = addresses.iter().find_map(|address| address.seen.err());
    Ok(Some(match unanswered_because {
        Some(why) if !connection_failed => unanswered(why),
        _ => {
            let reach = Reach::of(first.addresses.iter().map(|address| (address.address, address.outcome())));
            without_connection(view, &At { host: &first.host, port: first.port, url: None }, &reach)
        }
    }))
}

/// The finding that some public stores do not trust a public root.
pub fn not_in_store(lack: &Lack) -> Finding {
    let stores: Vec<String> = lack.lacking.iter().map(|(store, holding)| refused(*store, *holding)).collect();
    let details: Vec<Value> = lack.lacking.iter().map(|(store, holding)| detail(*store, *holding)).collect();
    // no client for mail has a store of Chrome's
    let counts = lack.lacking.iter().any(|(store, _)| Family::ALL.iter().any(|family| family.stores().contains(store)));
    Finding::new(&ROOT_NOT_IN_STORE)
        .with("root", lack.root.short.as_str())
        .with("root_dn", lack.root.text.as_str())
        .with("stores", stores)
        .with("lacking", details)
        .with("holding", lack.holding.iter().map(|store| store.name()).collect::<Vec<_>>())
        .with("dates", dates(&lack.lacking.iter().map(|(store, _)| *store).collect::<Vec<_>>()))
        .severity(if counts { Severity::Warn } else { Severity::Info })
}

/// A store that does not trust a root, with the day where it is known.
pub fn refused(store: Store, holding: Holding) -> String {
    match holding {
        Holding::DistrustedAfter(day) => format!("{} (✗ {day})", store.name()),
        Holding::NotThere(Some(Gone { last, first })) if last == first => format!("{} (✗ {first})", store.name()),
        Holding::NotThere(Some(Gone { last, first })) => format!("{} (✗ {last}/{first})", store.name()),
        Holding::NotThere(None) | Holding::Trusted => store.name().to_owned(),
    }
}

/// The same for scripts.
fn detail(store: Store, holding: Holding) -> Value {
    let users: Vec<&str> =
        Family::ALL.iter().filter(|family| family.stores().contains(&store)).map(|family| family.id()).collect();
    let date = stores::dated(store).date;
    match holding {
        Holding::DistrustedAfter(day) => {
            json!({"store": store.id(), "date": date, "clients": users, "distrusted_after": day.to_string()})
        }
        Holding::NotThere(Some(Gone { last, first })) => json!({
            "store": store.id(), "date": date, "clients": users,
            "held_until": last.to_string(), "gone_since": first.to_string(),
        }),
        Holding::NotThere(None) | Holding::Trusted => json!({"store": store.id(), "date": date, "clients": users}),
    }
}

/// Of which days the stores are.
pub fn dates(stores: &[Store]) -> Vec<String> {
    stores.iter().map(|store| format!("{} {}", store.name(), stores::dated(*store).date)).collect()
}
