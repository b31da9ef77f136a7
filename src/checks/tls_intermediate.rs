//! Does the server send the intermediate certificates, and what would repair the chain?
//!
//! A chain that ends at a root of its own (self-signed, private) lacks nothing: `tls-chain` tells
//! of it. Handshakes that fail are told by `tls-protocol`.

use super::common;
use crate::evidence::{Probe, Stop, TlsOutcome, View};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::protocol::chain::{self, ChainAnalysis, End, Repair};
use crate::protocol::x509::Certificate;
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

findings! {
    MISSING = "tls.intermediate-missing", Fail, Exchange {
        title { en: "{server} does not send its intermediate certificate \"{issuer}\"", de: "{server} sendet sein Zwischenzertifikat „{issuer}“ nicht mit" }
        meaning {
            en: "Outlook on Windows and browsers fetch it themselves. Linux sync services, Android and Java do not: for them the certificate cannot be trusted.",
            de: "Outlook unter Windows und Browser laden es selbst nach. Sync-Dienste unter Linux, Android und Java tun das nicht: Für sie ist das Zertifikat nicht vertrauenswürdig.",
        }
        remedy { en: "Install the intermediate certificate where the TLS connection ends", de: "Installieren Sie das Zwischenzertifikat dort, wo die TLS-Verbindung endet" }
        steps [
            {
                en: "Save the chain that exdiag has built and verified (where it could not, download \"{issuer}\" from the authority's web site):",
                de: "Speichern Sie die Kette, die exdiag gebildet und geprüft hat (wo das nicht gelang, laden Sie „{issuer}“ von der Website der Zertifizierungsstelle):",
                Shell "exdiag tls {endpoint} --save-chain {host}-chain.pem"
            },
            {
                en: "Exchange ends the TLS connection itself: take the intermediates out of that file, import them and restart IIS:",
                de: "Endet die TLS-Verbindung auf dem Exchange-Server: Lösen Sie die Zwischenzertifikate aus der Datei, importieren Sie sie und starten Sie IIS neu:",
                Powershell "$store = 'Cert:\\LocalMachine\\CA'\n$pem = Get-Content -Raw {host}-chain.pem\n$all = [regex]::Matches($pem, '(?s)-----BEGIN.+?-----END.+?-----')\n$all | Select-Object -Skip 1 | ForEach-Object {\n  Set-Content {issuer_file} $_.Value\n  Import-Certificate -FilePath {issuer_file} -CertStoreLocation $store\n}\niisreset"
            },
            {
                en: "A reverse proxy or balancer stands in front: give it the whole chain instead of the leaf alone; for nginx:",
                de: "Steht ein Reverse-Proxy oder Load Balancer davor: Geben Sie ihm die ganze Kette statt nur des Serverzertifikats; bei nginx:",
                Config "ssl_certificate /etc/nginx/{host}-chain.pem;"
            },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag tls {endpoint}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/missing-intermediate-certificates-chain"]
    }
    WRONG = "tls.intermediate-wrong", Fail, Exchange {
        title { en: "{server} sends \"{sent_instead}\", but its certificate was issued by \"{issuer}\"", de: "{server} sendet „{sent_instead}“ mit, sein Zertifikat wurde aber von „{issuer}“ ausgestellt" }
        meaning {
            en: "The intermediate that is sent belongs to another authority or another key, and the right one is missing. Clients that do not fetch it themselves (Linux sync services, Android, Java) refuse the server.",
            de: "Das mitgesendete Zwischenzertifikat gehört zu einer anderen Stelle oder einem anderen Schlüssel, und das richtige fehlt. Clients, die es nicht selbst nachladen (Sync-Dienste unter Linux, Android, Java), lehnen den Server ab.",
        }
        remedy { en: "Replace the intermediate certificate by the one that issued the server's", de: "Ersetzen Sie das Zwischenzertifikat durch das, welches das Serverzertifikat ausgestellt hat" }
        steps [
            { en: "Save the chain that exdiag has built and verified:", de: "Speichern Sie die Kette, die exdiag gebildet und geprüft hat:", Shell "exdiag tls {endpoint} --save-chain {host}-chain.pem" },
            {
                en: "On the Exchange server, import its intermediates and restart IIS:",
                de: "Importieren Sie auf dem Exchange-Server deren Zwischenzertifikate und starten Sie IIS neu:",
                Powershell "$store = 'Cert:\\LocalMachine\\CA'\n$pem = Get-Content -Raw {host}-chain.pem\n$all = [regex]::Matches($pem, '(?s)-----BEGIN.+?-----END.+?-----')\n$all | Select-Object -Skip 1 | ForEach-Object {\n  Set-Content {issuer_file} $_.Value\n  Import-Certificate -FilePath {issuer_file} -CertStoreLocation $store\n}\niisreset"
            },
            { en: "On a reverse proxy or balancer, replace the chain file; for nginx:", de: "Ersetzen Sie auf einem Reverse-Proxy oder Load Balancer die Kettendatei; bei nginx:", Config "ssl_certificate /etc/nginx/{host}-chain.pem;" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/missing-intermediate-certificates-chain"]
    }
    EXPIRED = "tls.intermediate-expired", Fail, Exchange {
        title { en: "{server} sends the intermediate certificate \"{certificate}\", which is valid only from {from} to {to}", de: "{server} sendet das Zwischenzertifikat „{certificate}“, das nur von {from} bis {to} gilt" }
        meaning {
            en: "The server's own certificate may be in order, but the chain to a trusted root leads over one whose time is over. Clients that know no other way refuse the server.",
            de: "Das Serverzertifikat selbst mag in Ordnung sein, aber die Kette zu einem vertrauten Stammzertifikat führt über eines, dessen Laufzeit vorbei ist. Clients, die keinen anderen Weg kennen, lehnen den Server ab.",
        }
        remedy { en: "Delete the old intermediate certificate and install the current one", de: "Löschen Sie das alte Zwischenzertifikat und installieren Sie das aktuelle" }
        steps [
            { en: "On the Exchange server, delete the old one:", de: "Löschen Sie auf dem Exchange-Server das alte:", Powershell "Remove-Item Cert:\\LocalMachine\\CA\\{thumbprint}" },
            { en: "Import the current one from the authority's web site and restart IIS:", de: "Importieren Sie das aktuelle von der Website der Zertifizierungsstelle und starten Sie IIS neu:", Powershell "$store = 'Cert:\\LocalMachine\\CA'\nImport-Certificate -FilePath {issuer_file} -CertStoreLocation $store\niisreset" },
            { en: "On a reverse proxy or balancer, replace the chain file; for nginx:", de: "Ersetzen Sie auf einem Reverse-Proxy oder Load Balancer die Kettendatei; bei nginx:", Config "ssl_certificate /etc/nginx/{host}-chain.pem;" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/missing-intermediate-certificates-chain"]
    }
    CROSS_SIGN_EXPIRED = "tls.cross-sign-expired", Warn, Exchange {
        title { en: "{server} also sends \"{certificate}\", which expired on {to}", de: "{server} sendet zusätzlich „{certificate}“, das am {to} abgelaufen ist" }
        meaning {
            en: "Clients of today find a way around it. Older ones (OpenSSL before 1.1.0, GnuTLS before 3.6.14) may take the expired one and refuse the server.",
            de: "Heutige Clients finden einen Weg daran vorbei. Ältere (OpenSSL vor 1.1.0, GnuTLS vor 3.6.14) nehmen womöglich das abgelaufene und lehnen den Server ab.",
        }
        remedy { en: "Stop sending the expired certificate", de: "Senden Sie das abgelaufene Zertifikat nicht mehr mit" }
        steps [
            { en: "On the Exchange server, delete it:", de: "Löschen Sie es auf dem Exchange-Server:", Powershell "Remove-Item Cert:\\LocalMachine\\CA\\{thumbprint}" },
            { en: "On a reverse proxy or balancer, take it out of the chain file.", de: "Nehmen Sie es auf einem Reverse-Proxy oder Load Balancer aus der Kettendatei." },
        ]
    }
    ORDER = "tls.chain-order", Warn, Exchange {
        title { en: "{server} sends its certificates in the wrong order", de: "{server} sendet seine Zertifikate in der falschen Reihenfolge" }
        meaning {
            en: "Sent: {sent}. Each certificate should be followed by the one that issued it (RFC 5246, 7.4.2); most clients sort them, some older ones and devices do not.",
            de: "Gesendet: {sent}. Auf jedes Zertifikat soll das folgen, das es ausgestellt hat (RFC 5246, 7.4.2); die meisten Clients sortieren selbst, manche älteren und manche Geräte nicht.",
        }
        remedy { en: "Put the chain into order: {wanted}", de: "Bringen Sie die Kette in die Reihenfolge: {wanted}" }
        steps [
            { en: "Save the chain in the right order and give it to the server that ends the TLS connection:", de: "Speichern Sie die Kette in der richtigen Reihenfolge und geben Sie sie dem Server, auf dem die TLS-Verbindung endet:", Shell "exdiag tls {endpoint} --save-chain {host}-chain.pem" },
        ]
    }
    SUPERFLUOUS = "tls.chain-superfluous", Info, Exchange {
        title { en: "{server} sends more certificates than needed: {names}", de: "{server} sendet mehr Zertifikate als nötig: {names}" }
        meaning {
            en: "Roots, duplicates and certificates that do not belong to the chain do no harm, but make every handshake larger.",
            de: "Stammzertifikate, Doppel und Zertifikate, die nicht zur Kette gehören, schaden nicht, vergrößern aber jeden Handshake.",
        }
    }
}

/// Judges the completeness of the chain of every address.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let hosts = chain::look_at_all(view)?;
    if let Some(outcome) = common::no_handshake(view, &hosts)? {
        return Ok(outcome);
    }
    let now = view.now();
    let chains = || hosts.iter().flat_map(|host| &host.addresses).filter_map(|address| address.chain.as_ref());
    if chains().next().is_none() {
        return Ok(common::see_check("tls-protocol"));
    }
    let mut findings = Vec::new();
    for host in &hosts {
        let judged = host.addresses.iter().filter_map(|address| {
            let chain = address.chain.as_ref()?;
            let handshake = matches!(address.outcome(), Some(TlsOutcome::Handshake(_)));
            (handshake || !chain.certificates.is_empty())
                .then(|| (address.address, address.probe(host), judge(&host.host, chain, now)))
        });
        findings.extend(common::by_address(&host.host, host.port, judged.collect()));
    }
    let findings = common::once(findings);
    let incomplete = chains().filter(|chain| matches!(chain.end, End::Missing { .. })).count();
    if incomplete > 0 && chains().any(|chain| !chain.stores_known) {
        return Ok(Outcome::inconclusive(Sentence::new(text!(
            "the trust stores were not asked",
            "die Zertifikatspeicher wurden nicht befragt",
        ))));
    }
    Ok(Outcome::checked(note(&chains().collect::<Vec<_>>(), incomplete, &findings), findings))
}

/// The one line beside the check's name.
fn note(chains: &[&ChainAnalysis], incomplete: usize, findings: &[Finding]) -> Sentence {
    let issuer = chains.iter().find_map(|chain| match &chain.end {
        End::Missing { issuer, .. } => Some(issuer.short.clone()),
        _ => None,
    });
    match issuer {
        Some(issuer) if chains.len() == 1 => {
            Sentence::new(text!("\"{issuer}\" is missing", "„{issuer}“ fehlt")).with("issuer", issuer)
        }
        Some(issuer) => Sentence::new(text!(
            "\"{issuer}\" is missing on {count} of {total} addresses",
            "„{issuer}“ fehlt auf {count} von {total} Adressen",
        ))
        .with("issuer", issuer)
        .with("count", incomplete)
        .with("total", chains.len()),
        None if findings.iter().any(|finding| finding.severity == Severity::Fail) => {
            Sentence::new(text!("sent, but not usable", "gesendet, aber nicht brauchbar"))
        }
        None => match chains.first().map(|chain| &chain.end) {
            Some(End::Anchor { name, .. }) => {
                Sentence::new(text!("the chain to \"{root}\" is complete", "die Kette zu „{root}“ ist vollständig"))
                    .with("root", name.short.as_str())
            }
            _ => Sentence::new(text!(
                "none is missing; tls-chain says where the chain ends",
                "es fehlt keines; wo die Kette endet, sagt tls-chain",
            )),
        },
    }
}

/// What is wrong with the intermediates of one chain.
fn judge(host: &str, chain: &ChainAnalysis, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    match (&chain.end, &chain.repair) {
        (End::Missing { index, .. }, Some(repair)) => found.push(missing(chain, *index, repair)),
        (End::Missing { index, .. }, None) => {
            // every missing issuer was asked for; this is for a view that was not
            let nothing = Repair {
                url: None,
                fetched: Vec::new(),
                path: Vec::new(),
                verified: false,
                unknown_root: None,
                problem: None,
            };
            found.push(missing(chain, *index, &nothing));
        }
        _ => {}
    }
    let mut told: BTreeSet<usize> = BTreeSet::new();
    if chain.verdict_while_valid.is_err() {
        for (index, certificate) in chain.out_of_date(now).filter(|(_, c)| !c.is_self_signed()) {
            told.insert(index);
            let mut finding = dated(&EXPIRED, index, certificate)
                .with("repaired", chain.repair.as_ref().is_some_and(|repair| repair.verified));
            if let Some(url) = chain.repair.as_ref().and_then(|repair| repair.url.as_deref()) {
                finding = finding.with("aia", url).seen_in(&Probe::Aia { url: url.to_owned() });
            }
            found.push(with_chain(finding, chain));
        }
    } else {
        // reachable, sent and over, but a path exists without it
        let over =
            chain.reachable.iter().filter(|i| **i > 0 && !chain.path.contains(i) && !chain.duplicates.contains(i));
        for index in over {
            if let Some(certificate) = chain.certificates.get(*index)
                && certificate.validity.is_some_and(|v| v.not_after < now)
            {
                told.insert(*index);
                found.push(dated(&CROSS_SIGN_EXPIRED, *index, certificate));
            }
        }
    }
    let leaf_elsewhere = leaf_elsewhere(host, chain);
    if !chain.misplaced.is_empty() || leaf_elsewhere {
        let severity = if leaf_elsewhere { Severity::Fail } else { Severity::Warn };
        let path = chain.full_path();
        let wanted: Vec<String> = path.iter().flatten().map(Certificate::short_name).collect();
        let sent: Vec<String> = chain.certificates.iter().map(Certificate::short_name).collect();
        let finding = Finding::new(&ORDER).with("sent", sent).with("wanted", wanted).severity(severity);
        found.push(with_chain(finding, chain));
    }
    if !leaf_elsewhere {
        found.extend(superfluous(chain, &told));
    }
    found
}

/// Whether the server's own certificate stands behind that of an authority.
fn leaf_elsewhere(host: &str, chain: &ChainAnalysis) -> bool {
    chain.leaf().is_some_and(|first| first.is_ca && !first.is_for(host))
        && chain.certificates.iter().skip(1).any(|c| !c.is_ca && c.is_for(host))
}

fn dated(code: &'static crate::finding::Code, index: usize, certificate: &Certificate) -> Finding {
    let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
    let finding = Finding::new(code)
        .with("certificate", certificate.short_name())
        .with("index", index)
        .with("thumbprint", certificate.thumbprint.as_str())
        .with("issuer_file", file_name(&certificate.short_name()));
    match certificate.validity {
        Some(v) => finding.with("from", day(v.not_before)).with("to", day(v.not_after)),
        None => finding,
    }
}

/// The finding for an issuer that was not sent: missing, or another sent in its place.
fn missing(chain: &ChainAnalysis, index: usize, repair: &Repair) -> Finding {
    let issuer = match chain.certificates.get(index) {
        Some(child) => &child.issuer,
        None => return Finding::new(&MISSING),
    };
    let instead = sent_instead(chain, issuer.organisation.as_deref(), repair);
    let mut finding = Finding::new(if instead.is_some() { &WRONG } else { &MISSING })
        .with("missing_issuer", issuer.text.as_str())
        .with("issuer", issuer.short.as_str())
        .with("issuer_file", file_name(&issuer.short))
        .with("index", index)
        .with("sent", chain.certificates.len())
        .with("aia", repair.url.clone().map_or(Value::Null, Value::String))
        .with("repaired", repair.verified);
    if let Some(child) = chain.certificates.get(index) {
        finding = finding.with("certificate", child.short_name());
    }
    if let Some(instead) = instead.and_then(|i| Some((i, chain.certificates.get(i)?))) {
        finding = finding
            .with("sent_instead", instead.1.short_name())
            .with("sent_instead_dn", instead.1.subject.text.as_str())
            .with("sent_instead_index", instead.0);
    }
    if let Some(problem) = repair.problem.as_ref().filter(|_| !repair.verified) {
        finding = finding.with("aia_problem", problem.id());
    }
    if let Some(url) = &repair.url {
        finding = finding.seen_in(&Probe::Aia { url: url.clone() });
    }
    with_chain(finding, chain)
}

/// Adds the chain that the server should send, as PEM, where it is known.
fn with_chain(finding: Finding, chain: &ChainAnalysis) -> Finding {
    match chain.full_path() {
        Some(path) => finding.with("repaired_chain", chain::pem(&path)),
        None => finding,
    }
}

/// The index of the intermediate that was sent in place of the missing one: it has its name but
/// another key, or it belongs to another authority.
fn sent_instead(chain: &ChainAnalysis, organisation: Option<&str>, repair: &Repair) -> Option<usize> {
    if let Some(index) = chain.mismatched.first() {
        return Some(*index);
    }
    let of_the_path = |c: &Certificate| repair.path.iter().any(|other| other.spki == c.spki);
    // a link further up is no wrong certificate: it is known to fit, or comes from the same authority
    let issued_above = |c: &Certificate| repair.fetched.iter().any(|f| f.issuer.der == c.subject.der);
    let foreign = |c: &Certificate| organisation.is_none() || c.subject.organisation.as_deref() != organisation;
    let strays = chain.strays.iter().filter_map(|i| Some((*i, chain.certificates.get(*i)?)));
    strays
        .filter(|(_, c)| c.is_ca && !of_the_path(c) && !issued_above(c))
        .find(|(_, c)| repair.verified || foreign(c))
        .map(|(i, _)| i)
}

/// The finding for certificates that no client needs.
fn superfluous(chain: &ChainAnalysis, told: &BTreeSet<usize>) -> Option<Finding> {
    // what stands in for the missing one is told as that, and a private root that is sent is needed by nobody either
    let strays = chain.strays.iter().filter(|_| !matches!(chain.end, End::Missing { .. }));
    let indices: BTreeSet<usize> =
        chain.duplicates.iter().chain(&chain.roots).chain(strays).copied().filter(|i| !told.contains(i)).collect();
    if indices.is_empty() {
        return None;
    }
    let names: Vec<String> =
        indices.iter().filter_map(|i| chain.certificates.get(*i)).map(Certificate::short_name).collect();
    let bytes: usize = indices.iter().filter_map(|i| chain.certificates.get(*i)).map(|c| c.der.len()).sum();
    Some(
        Finding::new(&SUPERFLUOUS)
            .with("names", names)
            .with("indices", indices.into_iter().collect::<Vec<_>>())
            .with("bytes", bytes),
    )
}

/// A file name for a certificate: what stands in it comes from the network and goes into a command.
fn file_name(short: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = short.chars().take(60).map(plain).collect();
    let name = name.trim_matches('-');
    format!("{}.cer", if name.is_empty() { "intermediate" } else { name })
}
