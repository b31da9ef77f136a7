//! Does the server send the intermediate certificates, and what would repair the chain?
//!
//! A chain that ends at a root of its own (self-signed, private) lacks nothing: `tls-chain` tells
//! of it. Handshakes that fail are told by `tls-protocol`.

use super::common;
use crate::evidence::{HeldBack, Stop, TlsOutcome, View};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::chain::{self, ChainAnalysis, End, Repair, RepairProblem};
use crate::protocol::clients::{self, Delivery};
use crate::protocol::path::{Fault, FaultKind};
use crate::protocol::stores;
use crate::protocol::x509::Certificate;
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

findings! {
    MISSING = "tls.intermediate-missing", Fail, Exchange {
        title { en: "{server} does not send its intermediate certificate \"{issuer}\"", de: "{server} sendet sein Zwischenzertifikat „{issuer}“ nicht mit" }
        meaning {
            en: "{fetching}. Linux sync services, Android and Java fetch nothing: for them the certificate cannot be trusted.{or_root} {firefox} (list of {preload_date}).",
            de: "{fetching}. Sync-Dienste unter Linux, Android und Java laden nichts nach: Für sie ist das Zertifikat nicht vertrauenswürdig.{or_root} {firefox} (Liste vom {preload_date}).",
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
                en: "A reverse proxy stands in front: give it that file in place of the leaf alone and reload it; HAProxy wants the private key in it too:",
                de: "Steht ein Reverse-Proxy davor: Geben Sie ihm diese Datei statt nur des Serverzertifikats und laden Sie ihn neu; HAProxy will darin auch den privaten Schlüssel:",
                Config "# nginx\nssl_certificate /etc/nginx/{host}-chain.pem;\n# HAProxy\nbind :443 ssl crt /etc/haproxy/{host}.pem\n# Apache >= 2.4.8\nSSLCertificateFile /etc/apache2/{host}-chain.pem",
                Shell "cat {host}-chain.pem {host}.key > /etc/haproxy/{host}.pem"
            },
            {
                en: "Kemp LoadMaster: under Certificates & Security > Intermediate Certs, add the intermediates of that file, without the first certificate.",
                de: "Kemp LoadMaster: Fügen Sie unter Certificates & Security > Intermediate Certs die Zwischenzertifikate der Datei hinzu, ohne das erste Zertifikat.",
            },
            {
                en: "Sophos Firewall: add each intermediate under Certificates > Certificate authorities, then choose the certificate in the WAF rule anew; Sophos UTM: append the intermediates to the certificate and upload it again.",
                de: "Sophos Firewall: Fügen Sie jedes Zwischenzertifikat unter Zertifikate > Zertifizierungsstellen hinzu und wählen Sie das Zertifikat in der WAF-Regel neu aus; Sophos UTM: Hängen Sie die Zwischenzertifikate an das Zertifikat an und laden Sie es neu hoch.",
            },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag tls {endpoint}" },
        ]
        links [
            "https://learn.microsoft.com/connectivity-analyzer/missing-intermediate-certificates-chain",
            "https://nginx.org/en/docs/http/configuring_https_servers.html",
            "https://www.haproxy.com/documentation/haproxy-configuration-tutorials/security/ssl-tls/client-side-encryption",
            "https://httpd.apache.org/docs/2.4/mod/mod_ssl.html#sslcertificatefile",
            "https://docs.progress.com/bundle/loadmaster-deployment-guide-sap-ga/page/Certificates.html",
            "https://docs.sophos.com/nsg/sophos-firewall/20.0/help/en-us/webhelp/onlinehelp/AdministratorHelp/Certificates/CertificateAuthorities/index.html",
        ]
    }
    WRONG = "tls.intermediate-wrong", Fail, Exchange {
        title { en: "{server} sends \"{sent_instead}\", but its certificate was issued by \"{issuer}\"", de: "{server} sendet „{sent_instead}“ mit, sein Zertifikat wurde aber von „{issuer}“ ausgestellt" }
        meaning {
            en: "The intermediate that is sent belongs to another authority or another key, and the right one is missing. {fetching}. Linux sync services, Android and Java fetch nothing and refuse the server.",
            de: "Das mitgesendete Zwischenzertifikat gehört zu einer anderen Stelle oder einem anderen Schlüssel, und das richtige fehlt. {fetching}. Sync-Dienste unter Linux, Android und Java laden nichts nach und lehnen den Server ab.",
        }
        remedy { en: "Replace the intermediate certificate by the one that issued the server's", de: "Ersetzen Sie das Zwischenzertifikat durch das, welches das Serverzertifikat ausgestellt hat" }
        steps [
            {
                en: "Save the chain that exdiag has built and verified (where it could not, download \"{issuer}\" from the authority's web site):",
                de: "Speichern Sie die Kette, die exdiag gebildet und geprüft hat (wo das nicht gelang, laden Sie „{issuer}“ von der Website der Zertifizierungsstelle):",
                Shell "exdiag tls {endpoint} --save-chain {host}-chain.pem"
            },
            {
                en: "On the Exchange server, import its intermediates and restart IIS:",
                de: "Importieren Sie auf dem Exchange-Server deren Zwischenzertifikate und starten Sie IIS neu:",
                Powershell "$store = 'Cert:\\LocalMachine\\CA'\n$pem = Get-Content -Raw {host}-chain.pem\n$all = [regex]::Matches($pem, '(?s)-----BEGIN.+?-----END.+?-----')\n$all | Select-Object -Skip 1 | ForEach-Object {\n  Set-Content {issuer_file} $_.Value\n  Import-Certificate -FilePath {issuer_file} -CertStoreLocation $store\n}\niisreset"
            },
            {
                en: "On a reverse proxy, replace the chain file and reload it (Kemp and Sophos: see exdiag explain tls.intermediate-missing):",
                de: "Ersetzen Sie auf einem Reverse-Proxy die Kettendatei und laden Sie ihn neu (Kemp und Sophos: siehe exdiag explain tls.intermediate-missing):",
                Config "# nginx\nssl_certificate /etc/nginx/{host}-chain.pem;\n# HAProxy\nbind :443 ssl crt /etc/haproxy/{host}.pem\n# Apache >= 2.4.8\nSSLCertificateFile /etc/apache2/{host}-chain.pem",
                Shell "cat {host}-chain.pem {host}.key > /etc/haproxy/{host}.pem"
            },
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
            {
                en: "On a reverse proxy, replace the chain file and reload it (Kemp and Sophos: see exdiag explain tls.intermediate-missing):",
                de: "Ersetzen Sie auf einem Reverse-Proxy die Kettendatei und laden Sie ihn neu (Kemp und Sophos: siehe exdiag explain tls.intermediate-missing):",
                Config "# nginx\nssl_certificate /etc/nginx/{host}-chain.pem;\n# HAProxy\nbind :443 ssl crt /etc/haproxy/{host}.pem\n# Apache >= 2.4.8\nSSLCertificateFile /etc/apache2/{host}-chain.pem",
                Shell "cat {host}-chain.pem {host}.key > /etc/haproxy/{host}.pem"
            },
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
        links ["https://www.rfc-editor.org/rfc/rfc4158"]
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
        links ["https://www.rfc-editor.org/rfc/rfc5246#section-7.4.2"]
    }
    SUPERFLUOUS = "tls.chain-superfluous", Info, Exchange {
        title { en: "{server} sends more certificates than needed: {names}", de: "{server} sendet mehr Zertifikate als nötig: {names}" }
        meaning {
            en: "Roots, duplicates and certificates that do not belong to the chain do no harm while they are few, but make every handshake larger. Java refuses more than 10 certificates, OpenSSL more than 100 KiB.",
            de: "Stammzertifikate, Doppel und Zertifikate, die nicht zur Kette gehören, schaden nicht, solange es wenige sind, vergrößern aber jeden Handshake. Java lehnt mehr als 10 Zertifikate ab, OpenSSL mehr als 100 KiB.",
        }
        remedy { en: "Send the server's certificate and its intermediates alone", de: "Senden Sie nur das Serverzertifikat und seine Zwischenzertifikate" }
        steps [
            { en: "Save the chain that is enough, and give it to the server that ends the TLS connection:", de: "Speichern Sie die Kette, die genügt, und geben Sie sie dem Server, auf dem die TLS-Verbindung endet:", Shell "exdiag tls {endpoint} --save-chain {host}-chain.pem" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2"]
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
                .then(|| (address.address, address.probe(host), about_chain(Some(&host.host), chain, now)))
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
    let is_unread = |chain: &ChainAnalysis| matches!(&chain.end, End::Missing { issuer, .. } if issuer.der.is_empty());
    if findings.is_empty() && chains().any(is_unread) {
        return Ok(common::see_check("tls-chain"));
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

/// What is wrong with the intermediates of one chain. Without a host nobody can say whether the right
/// certificate stands first. Texts with `{server}` and `{host}` are filled by whoever knows them.
pub fn about_chain(host: Option<&str>, chain: &ChainAnalysis, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    if let End::Missing { index, .. } = &chain.end
        && !signature_is_spoilt(chain, *index)
        // told as that by `tls-chain`
        && chain.spoilt().is_none()
    {
        // every missing issuer was asked for; the default is for a view that was not
        found.push(missing(chain, *index, &chain.repair.clone().unwrap_or_default()));
    }
    let mut told: BTreeSet<usize> = BTreeSet::new();
    if chain.out_of_date().next().is_some() {
        for (index, certificate) in chain.out_of_date().filter(|(_, c)| !c.is_self_signed()) {
            told.insert(index);
            let mut finding = dated(&EXPIRED, index, certificate)
                .with("repaired", chain.repair.as_ref().is_some_and(|repair| repair.verified));
            if let Some((repair, probe)) = chain.repair.as_ref().and_then(|repair| Some((repair, repair.probe()?))) {
                finding = finding.with("aia", repair.url.as_deref()).seen_in(&probe);
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
    let leaf_elsewhere = host.is_some_and(|host| chain.leaf_elsewhere(host).is_some());
    if !chain.misplaced.is_empty() || leaf_elsewhere {
        let severity = if leaf_elsewhere { Severity::Fail } else { Severity::Warn };
        let path = host.and_then(|host| chain.in_order(host)).or_else(|| chain.full_path());
        let wanted: Vec<String> = path.iter().flatten().map(Certificate::short_name).collect();
        let sent: Vec<String> = chain.certificates.iter().map(Certificate::short_name).collect();
        let finding = Finding::new(&ORDER).with("sent", sent).with("wanted", wanted).severity(severity);
        found.push(match path {
            Some(path) => finding.with("repaired_chain", chain::pem(&path)),
            None => finding,
        });
    }
    if !leaf_elsewhere {
        found.extend(superfluous(chain, &told));
    }
    found
}

/// Whether the right issuer is there, and what is wrong is the signature: `tls-chain` tells of it.
fn signature_is_spoilt(chain: &ChainAnalysis, index: usize) -> bool {
    let spoilt = |fault: &Fault| matches!(fault.kind, FaultKind::BadSignature { keys_agree: Some(true), .. });
    chain.faults.iter().any(|fault| fault.index == Some(index) && spoilt(fault))
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
    let instead = chain.sent_instead();
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
    // nothing but a company's own directory says where the issuer is
    let elsewhere = matches!(
        repair.problem,
        Some(RepairProblem::NoAddress { others: true } | RepairProblem::HeldBack(HeldBack::PrivateAddress))
    );
    let perhaps_a_root = index == 0 && elsewhere && !repair.verified;
    let or_root = if perhaps_a_root {
        json!({
            "en": format!(" \"{}\" may also be a root itself, that of a company's own authority of one tier: then give it with --cacert.", issuer.short),
            "de": format!(" „{}“ kann auch selbst ein Stammzertifikat sein, das einer einstufigen firmeneigenen Zertifizierungsstelle: Geben Sie es dann mit --cacert an.", issuer.short),
        })
    } else {
        json!({"en": "", "de": ""})
    };
    finding = finding.with("perhaps_a_root", perhaps_a_root).with("or_root", or_root);
    if let Some(instead) = instead.and_then(|i| Some((i, chain.certificates.get(i)?))) {
        finding = finding
            .with("sent_instead", instead.1.short_name())
            .with("sent_instead_dn", instead.1.subject.text.as_str())
            .with("sent_instead_index", instead.0);
    }
    if let Some(problem) = repair.problem.as_ref().filter(|_| !repair.verified) {
        finding = finding.with("aia_problem", problem.id());
    }
    if let Some(probe) = repair.probe() {
        finding = finding.seen_in(&probe);
    }
    with_chain(with_hiders(finding, chain), chain)
}

/// Adds which clients hide the fault from their users: those that fetch the issuer, and Firefox where
/// it has it preloaded.
fn with_hiders(finding: Finding, chain: &ChainAnalysis) -> Finding {
    let preloaded: Vec<String> = clients::hidden_by_firefox(chain).into_iter().map(Certificate::short_name).collect();
    let firefox = if preloaded.is_empty() {
        json!({
            "en": "Firefox does not bring it along",
            "de": "Firefox bringt es nicht mit",
        })
    } else {
        json!({
            "en": "Firefox hides the fault, for it brings the certificate along",
            "de": "Firefox verdeckt den Fehler, denn es bringt das Zertifikat mit",
        })
    };
    let delivery = clients::delivery(chain);
    let can = matches!(delivery, Delivery::Whole | Delivery::Unasked(_));
    let fetching = clients::Family::ALL.into_iter().filter(|family| can && family.pool() == clients::Pool::Fetched);
    finding
        .with("fetched_by", fetching.map(clients::Family::id).collect::<Vec<_>>())
        .with("fetching", who_fetches(&delivery))
        .with("preloaded_by_firefox", !preloaded.is_empty())
        .with("firefox", firefox)
        .with("preloaded", preloaded)
        .with("preload_date", stores::preloads_dated().date)
}

/// Who fetches what is missing, as a piece of a sentence in each language.
fn who_fetches(delivery: &Delivery) -> Value {
    match delivery {
        Delivery::Whole => json!({
            "en": "Outlook on Windows, iOS, macOS, Chrome and Edge fetch it themselves",
            "de": "Outlook unter Windows, iOS, macOS, Chrome und Edge laden es selbst nach",
        }),
        Delivery::NoAddress => json!({
            "en": "No client can fetch it, for the certificate names no address",
            "de": "Kein Client kann es nachladen, denn das Zertifikat nennt keine Adresse",
        }),
        Delivery::Inside(url) => json!({
            "en": format!("Outlook on Windows fetches it itself inside the company's network alone, for the certificate names only {url}"),
            "de": format!("Outlook unter Windows lädt es nur im Netz der Firma selbst nach, denn das Zertifikat nennt nur {url}"),
        }),
        Delivery::Nothing(url) => json!({
            "en": format!("Clients that fetch it themselves fail too: {url} does not deliver it"),
            "de": format!("Auch Clients, die es selbst nachladen, scheitern: {url} liefert es nicht"),
        }),
        Delivery::Unasked(url) => json!({
            "en": format!("Outlook on Windows, iOS, macOS, Chrome and Edge fetch it themselves where they can reach {url}"),
            "de": format!("Outlook unter Windows, iOS, macOS, Chrome und Edge laden es selbst nach, wo sie {url} erreichen"),
        }),
    }
}

/// Adds the chain that the server should send, as PEM, where it is known.
fn with_chain(finding: Finding, chain: &ChainAnalysis) -> Finding {
    match chain.full_path() {
        Some(path) => finding.with("repaired_chain", chain::pem(&path)),
        None => finding,
    }
}

/// How many certificates beside the path may belong to it all the same: links for other roots.
const HANDFUL: usize = 4;
/// From how many certificates, and how many bytes of them, on a client refuses (Java's
/// jdk.tls.maxCertificateChainLength, OpenSSL's SSL_CTX_set_max_cert_list).
const TAKEN: usize = 10;
const BYTES_TAKEN: usize = 100 << 10;
/// How many names are told.
const TOLD: usize = 10;

/// The finding for certificates that no client needs.
fn superfluous(chain: &ChainAnalysis, told: &BTreeSet<usize>) -> Option<Finding> {
    // what stands in for the missing one is told as that, and a private root that is sent is needed by nobody either
    let strays = chain.strays.iter().filter(|_| !matches!(chain.end, End::Missing { .. }));
    let known = |i: &&usize| chain.duplicates.contains(i) || chain.roots.contains(i);
    let beside: Vec<usize> = chain.reachable.iter().filter(|i| !known(i) && !chain.path.contains(i)).copied().collect();
    let beside = beside.iter().filter(|_| beside.len() > HANDFUL);
    let all = chain.duplicates.iter().chain(&chain.roots).chain(strays).chain(beside);
    let indices: BTreeSet<usize> = order::set(all.copied().filter(|i| !told.contains(i)));
    if indices.is_empty() {
        return None;
    }
    let mut names: Vec<String> =
        indices.iter().filter_map(|i| chain.certificates.get(*i)).map(Certificate::short_name).take(TOLD).collect();
    if indices.len() > TOLD {
        names.push(format!("(+{})", indices.len() - TOLD));
    }
    let sent: usize = chain.certificates.iter().map(|c| c.der.len()).sum();
    let refused = chain.certificates.len() > TAKEN || sent > BYTES_TAKEN;
    let bytes: usize = indices.iter().filter_map(|i| chain.certificates.get(*i)).map(|c| c.der.len()).sum();
    Some(
        Finding::new(&SUPERFLUOUS)
            .severity(if refused { Severity::Warn } else { Severity::Info })
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
