//! Has an authority revoked a certificate of the chain, can clients find out, and do the logs know it?
//!
//! No OCSP is normal today, and so is no pointer at all for short-lived certificates and private
//! authorities; nothing of that is a fault.

use super::common;
use crate::evidence::{HeldBack, NoAnswer, Probe, Stop, TlsSeen, View, view};
use crate::finding::{Finding, Outcome, Sentence, Severity, Text};
use crate::protocol::chain::{self, ChainAnalysis, End, HostTls};
use crate::protocol::ct;
use crate::protocol::revocation::lookup::{self, Lookup, Source, StapleFault, Status, day};
use crate::protocol::revocation::{self, Judged, Standing};
use crate::protocol::x509::{AltName, Certificate};
use crate::{findings, text};
use serde_json::{Value, json};

/// So many names are put into a command.
const MOST_NAMES: usize = 100;
/// Up to this lifetime, in seconds, a certificate is short-lived and need not be revocable: 10 days
/// when issued before 2026-03-15, 7 days since (Baseline Requirements, definition of a short-lived
/// subscriber certificate).
const SHORT_LIVED: (i64, i64) = (10 * 86_400, 7 * 86_400);
/// 2026-03-15T00:00:00Z
const SHORTER_SINCE: i64 = 1_773_532_800;

findings! {
    REVOKED = "tls.revoked", Fail, Exchange {
        title { en: "The certificate \"{certificate}\" of {server} was revoked on {date} ({reason})", de: "Das Zertifikat „{certificate}“ von {server} wurde am {date} gesperrt ({reason})" }
        meaning {
            en: "Its authority has taken back the certificate with the serial number {serial}; this is according to {source_words}. Outlook on Windows, Apple's devices and current browsers refuse the server as soon as they have looked. Sync services under Linux, Android and Java mostly do not look and may still connect.",
            de: "Die Zertifizierungsstelle hat das Zertifikat mit der Seriennummer {serial} zurückgezogen; das besagt {source_words}. Outlook unter Windows, Apple-Geräte und aktuelle Browser lehnen den Server ab, sobald sie nachgesehen haben. Sync-Dienste unter Linux, Android und Java sehen meist nicht nach und verbinden sich womöglich noch.",
        }
        remedy { en: "Have a new certificate issued, with a new key, and bind it", de: "Lassen Sie ein neues Zertifikat mit neuem Schlüssel ausstellen, und binden Sie es" }
        steps [
            { en: "Ask the authority why it was revoked; after keyCompromise the old key must not be used again.", de: "Fragen Sie die Zertifizierungsstelle nach dem Grund; nach keyCompromise darf der alte Schlüssel nicht mehr verwendet werden." },
            { en: "Make a request with a new key on the Exchange server, and send it to the authority:", de: "Erzeugen Sie auf dem Exchange-Server eine Anforderung mit neuem Schlüssel, und senden Sie sie an die Zertifizierungsstelle:", Powershell "$request = New-ExchangeCertificate -GenerateRequest -PrivateKeyExportable $true -SubjectName 'CN={host}' -DomainName {domains}\nSet-Content -Path .\\{host}.req -Value $request" },
            { en: "Import what it sends back, and bind it:", de: "Importieren Sie die Antwort, und binden Sie das Zertifikat:", Powershell "Import-ExchangeCertificate -FileData ([IO.File]::ReadAllBytes((Join-Path $PWD '{host}.cer')))\nEnable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS\niisreset" },
            { en: "Where a reverse proxy or balancer ends the TLS connection, replace certificate and chain there too.", de: "Endet die TLS-Verbindung an einem Reverse-Proxy oder Load Balancer, tauschen Sie Zertifikat und Kette auch dort." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc5280#section-5.3.1"]
    }
    STAPLE_MISSING = "tls.staple-missing", Fail, Exchange {
        title { en: "{server} sends no OCSP response, although its certificate demands one", de: "{server} sendet keine OCSP-Antwort mit, obwohl das Zertifikat es verlangt" }
        meaning {
            en: "The certificate holds the feature \"must staple\" (RFC 7633): the server has to send a fresh OCSP response in every handshake. Thunderbird, Firefox and programs with GnuTLS refuse it without. Outlook, iOS, Android, Java and OpenSSL pay no attention to it.",
            de: "Das Zertifikat enthält das Merkmal „must staple“ (RFC 7633): Der Server muss in jedem Handshake eine aktuelle OCSP-Antwort mitsenden. Thunderbird, Firefox und Programme mit GnuTLS lehnen ihn sonst ab. Outlook, iOS, Android, Java und OpenSSL achten nicht darauf.",
        }
        remedy { en: "Switch OCSP stapling on, or have the certificate reissued without \"must staple\"", de: "Schalten Sie OCSP-Stapling ein, oder lassen Sie das Zertifikat ohne „must staple“ neu ausstellen" }
        steps [
            { en: "IIS staples by itself as soon as the server can reach the responder. Look from the Exchange server whether it can ({ocsp}):", de: "IIS heftet die Antwort selbst an, sobald der Server den OCSP-Dienst erreicht. Prüfen Sie auf dem Exchange-Server, ob er ihn erreicht ({ocsp}):", Powershell "certutil -verify -urlfetch .\\{host}.cer" },
            { en: "On a reverse proxy with nginx:", de: "Auf einem Reverse-Proxy mit nginx:", Config "ssl_stapling on;\nssl_stapling_verify on;\nssl_trusted_certificate /etc/nginx/{host}-chain.pem;" },
            { en: "Look whether a response is sent now:", de: "Sehen Sie nach, ob jetzt eine Antwort mitkommt:", Shell "openssl s_client -connect {host}:{port} -servername {host} -status </dev/null" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc7633"]
    }
    STAPLE_INVALID = "tls.staple-invalid", Warn, Exchange {
        title { en: "{server} sends an OCSP response that does not hold ({problem})", de: "{server} sendet eine OCSP-Antwort mit, die nicht gilt ({problem})" }
        meaning {
            en: "The response is meant to spare clients the question whether the certificate is revoked. Thunderbird and Firefox may refuse the server because of it; the others ignore it and ask themselves, or not at all.",
            de: "Die Antwort soll Clients die Frage ersparen, ob das Zertifikat gesperrt ist. Thunderbird und Firefox lehnen den Server deswegen womöglich ab; die übrigen ignorieren sie und fragen selbst oder gar nicht.",
        }
        remedy { en: "Let the server fetch a fresh response, or switch stapling off", de: "Lassen Sie den Server eine frische Antwort holen, oder schalten Sie das Stapling ab" }
        steps [
            { en: "Look at what is sent:", de: "Sehen Sie sich an, was mitgesendet wird:", Shell "openssl s_client -connect {host}:{port} -servername {host} -status </dev/null" },
            { en: "On the server that ends the TLS connection, check the clock and whether it reaches the responder:", de: "Prüfen Sie auf dem Server, an dem die TLS-Verbindung endet, die Uhr und ob er den OCSP-Dienst erreicht:", Powershell "w32tm /query /status\ncertutil -verify -urlfetch .\\{host}.cer" },
            { en: "Empty its cache of responses, and restart IIS:", de: "Leeren Sie seinen Zwischenspeicher für Antworten, und starten Sie IIS neu:", Powershell "certutil -urlcache ocsp delete\niisreset" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc6960"]
    }
    UNREACHABLE = "tls.revocation-unreachable", Warn, Network {
        title { en: "Whether \"{certificate}\" of {server} is revoked cannot be looked up ({problem})", de: "Ob „{certificate}“ von {server} gesperrt ist, lässt sich nicht nachsehen ({problem})" }
        meaning {
            en: "Asked were {addresses}. Outlook and all else on Windows waits up to 15 seconds for an answer, then connects without; where it is set to be strict, it refuses. Apple's devices, Android, Java and sync services under Linux go on without looking.",
            de: "Gefragt wurden {addresses}. Outlook und alles andere unter Windows wartet bis zu 15 Sekunden auf eine Antwort und verbindet sich dann ohne; ist es streng eingestellt, lehnt es ab. Apple-Geräte, Android, Java und Sync-Dienste unter Linux machen weiter, ohne nachzusehen.",
        }
        remedy { en: "Make the addresses of the revocation list reachable from outside, over http", de: "Machen Sie die Adressen der Sperrliste von außen über http erreichbar" }
        steps [
            { en: "Look from another network, for a firewall here may be the reason:", de: "Sehen Sie aus einem anderen Netz nach, denn auch eine Firewall hier kann der Grund sein:", Shell "curl -sSv -o list.crl '{address_asked}'\nopenssl crl -inform DER -in list.crl -noout -lastupdate -nextupdate" },
            { en: "Where it is a company's own authority, publish a fresh list on its server, and copy it to where the address leads:", de: "Ist es eine firmeneigene Zertifizierungsstelle, veröffentlichen Sie auf deren Server eine neue Liste und kopieren Sie sie dorthin, wohin die Adresse führt:", Powershell "certutil -crl\nGet-ChildItem C:\\Windows\\System32\\CertSrv\\CertEnroll\\*.crl" },
            { en: "Where it is a public authority and others cannot reach it either, tell its support.", de: "Ist es eine öffentliche Zertifizierungsstelle, und auch andere erreichen sie nicht, melden Sie es deren Support." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc6960"]
    }
    NO_POINTER = "tls.no-revocation-pointer", Info, Exchange {
        title { en: "\"{certificate}\" of {server} does not say where its revocation could be looked up", de: "„{certificate}“ von {server} nennt keine Stelle, an der man eine Sperrung nachsehen könnte" }
        meaning {
            en: "It names neither a revocation list nor an OCSP responder, and is not short-lived. No client refuses it for that; some browsers know of revoked certificates by lists of their own.",
            de: "Es nennt weder eine Sperrliste noch einen OCSP-Dienst und ist nicht kurzlebig. Kein Client lehnt es deswegen ab; manche Browser kennen gesperrte Zertifikate aus eigenen Listen.",
        }
    }
    CT_TOO_FEW = "tls.ct-too-few", Warn, Exchange {
        title { en: "The certificate of {server} carries timestamps of {found} transparency {found|log|logs}; {needed} are needed", de: "Das Zertifikat von {server} trägt Zeitstempel von {found} {found|Transparenz-Log|Transparenz-Logs}; nötig sind {needed}" }
        meaning {
            en: "For a public certificate of {days} days, iPhones, iPads, Macs, Chrome, Firefox and Android from version 16 on want proof of {needed} different logs of Certificate Transparency, and refuse the server without. Outlook on Windows, Java and sync services under Linux do not look.",
            de: "Für ein öffentliches Zertifikat mit {days} Tagen Laufzeit verlangen iPhones, iPads, Macs, Chrome, Firefox und Android ab Version 16 Nachweise von {needed} verschiedenen Logs der Certificate Transparency und lehnen den Server sonst ab. Outlook unter Windows, Java und Sync-Dienste unter Linux sehen nicht nach.",
        }
        remedy { en: "Have the certificate reissued with its timestamps embedded", de: "Lassen Sie das Zertifikat mit eingebetteten Zeitstempeln neu ausstellen" }
        steps [
            { en: "Tell the authority that timestamps (SCTs) are missing; a request that forbids logging must be lifted there. Then bind the new certificate:", de: "Melden Sie der Zertifizierungsstelle, dass Zeitstempel (SCTs) fehlen; ein Auftrag ohne Log-Eintrag muss dort geändert werden. Binden Sie dann das neue Zertifikat:", Powershell "Enable-ExchangeCertificate -Thumbprint <THUMBPRINT> -Services IIS\niisreset" },
            { en: "Look at what it carries:", de: "Sehen Sie nach, was es trägt:", Shell "openssl s_client -connect {host}:{port} -servername {host} </dev/null | openssl x509 -noout -ext ct_precert_scts" },
        ]
        links ["https://support.apple.com/103214"]
    }
}

/// Where a verdict comes from, as every language has it.
const fn name(source: Source) -> &'static str {
    match source {
        Source::Staple => "OCSP (stapled)",
        Source::Ocsp => "OCSP",
        Source::Crl => "CRL",
    }
}

/// The same in a sentence.
fn words(source: Source, file: bool) -> Value {
    match source {
        Source::Staple if file => {
            json!({"en": "the OCSP response that was given", "de": "die angegebene OCSP-Antwort"})
        }
        Source::Staple => {
            json!({"en": "the OCSP response that the server sends", "de": "die OCSP-Antwort, die der Server mitsendet"})
        }
        Source::Ocsp => json!({"en": "the OCSP responder", "de": "der OCSP-Dienst"}),
        Source::Crl => json!({"en": "the revocation list (CRL)", "de": "die Sperrliste (CRL)"}),
    }
}

/// What one address brought.
#[derive(Debug, Default)]
struct Told<'a> {
    findings: Vec<Finding>,
    /// What is known of the server's own certificate.
    leaf: Option<Status<'a>>,
    unanswered: Option<&'a NoAnswer>,
    self_signed: bool,
    /// Whether it was counted in how many logs the leaf stands.
    counted: bool,
    /// Certificates of which the files that were given say nothing.
    not_judged: Vec<String>,
}

/// Judges whether any certificate of the chains is revoked.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let hosts = chain::look_at_all(view)?;
    if let Some(outcome) = common::no_handshake(view, &hosts)? {
        return Ok(outcome);
    }
    let looks = hosts.iter().flat_map(|host| host.addresses.iter().map(move |address| (host, address)));
    let looks = looks.filter_map(|(host, address)| Some((host, address, address.seen.ok()?, address.chain.as_ref()?)));
    let judged = view::all(looks.map(|(host, address, seen, chain)| {
        Ok((host, address.address, address.probe(host), judge(view, host, seen, chain)?))
    }))?;
    if judged.is_empty() {
        return Ok(common::see_check("tls-chain"));
    }
    let mut findings = Vec::new();
    for host in &hosts {
        let of_host = judged.iter().filter(|(at, ..)| std::ptr::eq(*at, host));
        let told = of_host.map(|(_, address, probe, told)| (*address, probe.clone(), told.findings.clone()));
        findings.extend(common::by_address(&host.host, host.port, told.collect()));
    }
    let findings = common::once(findings);
    let told: Vec<&Told<'_>> = judged.iter().map(|(.., told)| told).collect();
    Ok(outcome(&told, findings))
}

/// The line where files say nothing about the server's own certificate.
const NOT_TOLD: Text = text!(
    "whether it is revoked was not asked: no file says anything about it",
    "ob es gesperrt ist, wurde nicht gefragt: Keine Datei sagt etwas darüber",
);

/// The outcome, with its one line.
fn outcome(told: &[&Told<'_>], findings: Vec<Finding>) -> Outcome {
    let bad = findings.iter().any(|finding| finding.severity > Severity::Info);
    if !bad && let Some(why) = told.iter().find_map(|told| told.unanswered) {
        return Outcome::Inconclusive { reason: common::why_unanswered(why), findings };
    }
    if findings.is_empty() && told.iter().all(|told| told.self_signed) {
        return Outcome::skip(Sentence::new(text!(
            "a self-signed certificate can be revoked by nobody",
            "ein selbstsigniertes Zertifikat kann niemand sperren",
        )));
    }
    let leaves = || told.iter().filter_map(|told| told.leaf.as_ref());
    let known = leaves().find_map(|status| match status {
        Status::Known(source, judged, _) => Some((*source, judged.as_ref())),
        _ => None,
    });
    if findings.iter().any(|finding| finding.code.id == REVOKED.id) {
        return Outcome::checked(Sentence::new(text!("revoked", "gesperrt")), findings);
    }
    let mut others: Vec<&str> = told.iter().flat_map(|told| &told.not_judged).map(String::as_str).collect();
    others.dedup();
    if let Some((source, Judged { this_update: Some(at), .. })) = known
        && !others.is_empty()
    {
        let note = Sentence::new(text!(
            "not revoked ({source} of {date}); no file says anything about {others}",
            "nicht gesperrt ({source} vom {date}); über {others} sagt keine Datei etwas",
        ));
        let note = note.with("source", name(source)).with("date", day(*at)).with("others", others);
        return Outcome::checked(note, findings);
    }
    if let Some((source, Judged { this_update: Some(at), .. })) = known {
        let note = Sentence::new(text!("not revoked ({source} of {date})", "nicht gesperrt ({source} vom {date})"));
        return Outcome::checked(note.with("source", name(source)).with("date", day(*at)), findings);
    }
    let note = match leaves().next() {
        Some(Status::NotWanted) if findings.is_empty() => {
            return Outcome::skip(common::why_unanswered(&NoAnswer::HeldBack { rule: HeldBack::NoRevocation }));
        }
        Some(Status::NoIssuer) if findings.is_empty() => {
            return Outcome::inconclusive(Sentence::new(text!(
                "the issuer's certificate is not known; see the check tls-intermediate",
                "das Zertifikat des Ausstellers ist nicht bekannt; siehe die Prüfung tls-intermediate",
            )));
        }
        Some(Status::NotJudged(Some(why))) => {
            let note = Sentence::new(text!(
                "not known: the list that was given does not count ({why})",
                "nicht bekannt: Die angegebene Sperrliste zählt nicht ({why})",
            ));
            return Outcome::Inconclusive { reason: note.with("why", why.as_str()), findings };
        }
        Some(Status::NotJudged(None)) if findings.is_empty() && !told.iter().any(|told| told.counted) => {
            return Outcome::skip(Sentence::new(NOT_TOLD));
        }
        Some(Status::NotJudged(None)) => NOT_TOLD,
        Some(Status::OutOfDate) => text!(
            "out of date: authorities say nothing about it any more",
            "abgelaufen oder noch nicht gültig: darüber gibt keine Stelle Auskunft",
        ),
        Some(Status::Internal) => text!(
            "can be looked up only inside the company's network, as usual for its own authority",
            "nur im Netz der Firma nachzusehen, wie bei einer eigenen Zertifizierungsstelle üblich",
        ),
        Some(Status::NoPointer) => {
            text!("names nobody to ask, which is allowed", "nennt keine Auskunftsstelle, und das ist erlaubt")
        }
        _ => text!("not known", "nicht bekannt"),
    };
    Outcome::checked(Sentence::new(note), findings)
}

/// Judges the certificates of one chain.
fn judge<'a>(view: &View<'a>, host: &HostTls<'_>, seen: &TlsSeen, chain: &ChainAnalysis) -> Result<Told<'a>, Stop> {
    let mut told = Told { self_signed: chain.end == End::SelfSigned, ..Told::default() };
    if told.self_signed {
        return Ok(told);
    }
    let known = lookup::look(view, seen, chain, host.is_private(), true)?;
    if let Some(leaf) = known.path.first() {
        // what a server would send beside its certificates is in no file, unless it was given
        if !known.file || known.staple.is_some() {
            told.findings.extend(staples(leaf, &known));
        }
        told.counted = known.public && ct::is_public(leaf);
        told.findings.extend(logged(leaf, &known));
    }
    for (i, (certificate, status)) in known.path.iter().zip(&known.statuses).enumerate() {
        // what was fetched has no index
        let index = chain.certificates.iter().position(|sent| sent.fingerprint == certificate.fingerprint);
        let about = |finding: Finding| {
            finding
                .with("certificate", certificate.short_name())
                .with("index", index.map_or(Value::Null, Value::from))
                .with("serial", certificate.serial.as_str())
        };
        match status {
            Status::Known(source, judged, probe) => {
                if let Standing::Revoked { reason, at } = judged.standing {
                    let finding = about(Finding::new(&REVOKED))
                        .with("date", day(at))
                        .with("reason", reason.map_or("unspecified", revocation::Reason::name))
                        .with("source", name(*source))
                        .with("source_words", words(*source, known.file))
                        .with("domains", domains(&host.host, known.path.first(), certificate));
                    told.findings.push(with_probe(finding, probe.as_ref()));
                }
            }
            Status::NoPointer if known.public && i == 0 && !is_short_lived(certificate) => {
                told.findings.push(about(Finding::new(&NO_POINTER)));
            }
            Status::Failed(attempts) => {
                let Some(worst) = attempts.iter().find(|attempt| !attempt.internal).or(attempts.first()) else {
                    continue;
                };
                let addresses: Vec<&str> = attempts.iter().map(|attempt| attempt.url.as_str()).collect();
                let finding = about(Finding::new(&UNREACHABLE))
                    .with("addresses", addresses)
                    .with("address_asked", worst.url.as_str())
                    .with("problem", worst.problem.as_str())
                    .with("problem_id", worst.id);
                let probes = attempts.iter().map(|attempt| attempt.probe.as_ref());
                told.findings.push(probes.fold(finding, with_probe));
            }
            Status::Unanswered(why) => told.unanswered = Some(why),
            Status::NotJudged(_) => told.not_judged.push(certificate.short_name().clone()),
            _ => {}
        }
    }
    told.leaf = known.statuses.into_iter().next();
    Ok(told)
}

fn with_probe(finding: Finding, probe: Option<&Probe>) -> Finding {
    match probe {
        Some(probe) => finding.seen_in(probe),
        None => finding,
    }
}

/// The names that a new certificate needs, as a command takes them: those of the server's own.
fn domains(host: &str, leaf: Option<&Certificate>, revoked: &Certificate) -> String {
    let names = &leaf.unwrap_or(revoked).names;
    let of_hosts = names.iter().take(MOST_NAMES).filter_map(|name| match name {
        AltName::Dns(name) => Some(name.as_str()),
        AltName::Ip(_) => None,
    });
    let names = of_hosts.collect::<Vec<_>>().join(",");
    if names.is_empty() { host.to_owned() } else { names }
}

/// Whether nobody needs to be able to revoke it: it is over before a list would be read.
fn is_short_lived(certificate: &Certificate) -> bool {
    certificate.validity.is_some_and(|validity| {
        let (before, since) = SHORT_LIVED;
        validity.seconds() <= if validity.not_before.as_second() < SHORTER_SINCE { before } else { since }
    })
}

/// What is wrong with the stapled response, or that there is none.
fn staples(leaf: &Certificate, known: &Lookup<'_>) -> Option<Finding> {
    match known.fault_of_staple()? {
        StapleFault::Missing => {
            let ocsp = leaf.ocsp_urls.first().map_or("-", String::as_str);
            Some(Finding::new(&STAPLE_MISSING).with("ocsp", ocsp))
        }
        StapleFault::Invalid { why, judged } => {
            let finding = Finding::new(&STAPLE_INVALID)
                .with("problem", lookup::in_words(why, judged))
                .with("problem_id", why.id());
            // a certificate that demands a response demands one that holds
            Some(if leaf.must_staple { finding.severity(Severity::Fail) } else { finding })
        }
    }
}

/// That a public certificate stands in fewer logs than clients want.
fn logged(leaf: &Certificate, known: &Lookup<'_>) -> Option<Finding> {
    let ct::Count { found, needed, sources } = known.logs()?;
    let validity = leaf.validity?;
    (found < needed).then(|| {
        Finding::new(&CT_TOO_FEW)
            .with("found", found)
            .with("needed", needed)
            .with("days", (validity.seconds() + 86_399).div_euclid(86_400))
            .with("sources", sources)
    })
}
