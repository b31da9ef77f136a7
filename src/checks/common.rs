//! Which findings and sentences belong to no single check?

use crate::evidence::dns::address_type;
use crate::evidence::{HeldBack, NoAnswer, Phase, Probe, Stop, TlsOutcome, View, view};
use crate::finding::{Finding, Outcome, Sentence};
use crate::protocol::chain::HostTls;
use crate::{findings, text};
use std::net::IpAddr;

findings! {
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

/// There is no answer, and the `dns` check says why.
pub fn see_check(id: &str) -> Outcome {
    Outcome::inconclusive(
        Sentence::new(text!("no answer; see the check {check}", "keine Antwort; siehe die Prüfung {check}"))
            .with("check", id),
    )
}

/// There is no answer, and nobody else says why.
pub fn unanswered(why: &NoAnswer) -> Outcome {
    Outcome::inconclusive(why_unanswered(why))
}

/// Why there is no answer, in words.
pub fn why_unanswered(why: &NoAnswer) -> Sentence {
    match why {
        NoAnswer::Deadline => Sentence::new(text!(
            "no answer before the time of the run was over",
            "keine Antwort, bevor die Zeit des Laufs vorbei war",
        )),
        NoAnswer::Cancelled => Sentence::new(text!("the run was interrupted", "der Lauf wurde abgebrochen")),
        NoAnswer::NotRecorded => Sentence::new(text!(
            "the recorded report holds no answer",
            "der aufgezeichnete Bericht enthält keine Antwort"
        )),
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
        let domain = view.subject().domain();
        let (ipv4, ipv6) = (view.subject().ipv4, view.subject().ipv6);
        let family = address_type(ipv6 && !ipv4);
        let answers = view::all([view.dns(domain, family), view.dns(&format!("autodiscover.{domain}"), family)])?;
        let silent = answers.iter().all(|seen| !seen.is_ok_and(|seen| seen.answer.is_some()));
        return Ok(Some(if silent {
            see_check("dns")
        } else {
            Outcome::skip(Sentence::new(text!(
                "no server is known; see the checks dns and autodiscover",
                "kein Server bekannt; siehe die Prüfungen dns und autodiscover",
            )))
        }));
    }
    let addresses: Vec<_> = hosts.iter().flat_map(|host| &host.addresses).collect();
    if addresses.is_empty() {
        return Ok(Some(see_check("dns")));
    }
    let reached = addresses.iter().any(|address| match address.outcome() {
        Some(TlsOutcome::Failed(failure)) => failure.phase >= Phase::Handshake,
        Some(TlsOutcome::Handshake(_)) => true,
        None => false,
    });
    if reached {
        return Ok(None);
    }
    let connection_failed = addresses.iter().any(|address| address.outcome().is_some());
    let unanswered_because = addresses.iter().find_map(|address| address.seen.err());
    Ok(Some(match unanswered_because {
        Some(why) if !connection_failed => unanswered(why),
        _ => see_check("activesync"),
    }))
}
