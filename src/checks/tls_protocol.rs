//! Does a TLS handshake come about, with which versions, and is it the server that we shake hands with?
//!
//! Owns everything that can be wrong before a certificate is judged: what does not speak TLS, only
//! old versions, no common suite, client certificates, lost packets; and what stands between, an
//! inspecting device or a wrong clock of this machine. Certificates are for `tls-chain`.

use super::common::{
    self,
    suites::{self, SUITES_DATED, reason},
};
use crate::evidence::{FailKind, Failure, HelloKind, Phase, Probe, Stop, TlsOutcome, View, view};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::chain::{self, AddressTls, HostTls};
use crate::protocol::clock::{self, Clock};
use crate::protocol::eas;
use crate::protocol::endpoint::endpoint;
use crate::protocol::handshake::{self, Fault, Lost, Shake};
use crate::protocol::inspection::{self, Opened};
use crate::protocol::x509::Certificate;
use crate::{findings, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;
use std::net::IpAddr;

findings! {
    NOT_TLS = "tls.not-tls", Fail, Network {
        title { en: "{server} does not speak TLS on port {port}", de: "{server} spricht auf Port {port} kein TLS" }
        meaning {
            en: "Something else than TLS answers on the port that must be encrypted, for example plain HTTP. No client can connect.",
            de: "Auf dem Port, der verschlüsselt sein muss, antwortet etwas anderes als TLS, zum Beispiel unverschlüsseltes HTTP. Kein Client kann sich verbinden.",
        }
        remedy { en: "Let the port lead to the HTTPS listener", de: "Leiten Sie den Port auf den HTTPS-Dienst" }
        steps [
            { en: "See what answers there:", de: "Sehen Sie nach, was dort antwortet:", Shell "curl -v http://{host}:{port}/" },
            { en: "Correct the port forwarding or the listener of the firewall, balancer or IIS binding.", de: "Berichtigen Sie die Portweiterleitung oder den Listener von Firewall, Load Balancer oder IIS-Bindung." },
        ]
        links ["https://nginx.org/en/docs/http/configuring_https_servers.html"]
    }
    HANDSHAKE_FAILED = "tls.handshake-failed", Fail, Exchange {
        title { en: "The TLS handshake with {server} fails ({reason})", de: "Der TLS-Handshake mit {server} scheitert ({reason})" }
        meaning {
            en: "The server takes the TCP connection, but no encrypted connection comes about with TLS 1.2 or 1.3 and current cipher suites. Clients of today cannot connect. Its answer when old suites are offered too: {offers}.",
            de: "Der Server nimmt die TCP-Verbindung an, aber mit TLS 1.2 oder 1.3 und heutigen Cipher-Suites kommt keine verschlüsselte Verbindung zustande. Aktuelle Clients können sich nicht verbinden. Die Antwort, wenn auch alte Suiten angeboten werden: {offers}.",
        }
        remedy {
            en: "Bind a certificate with its private key, and enable ECDHE cipher suites with AES-GCM",
            de: "Binden Sie ein Zertifikat mit privatem Schlüssel, und aktivieren Sie ECDHE-Cipher-Suites mit AES-GCM",
        }
        steps [
            { en: "See which certificate is bound to the services:", de: "Sehen Sie nach, welches Zertifikat an die Dienste gebunden ist:", Powershell "Get-ExchangeCertificate |\n  Format-List Subject,Thumbprint,NotAfter,Services,HasPrivateKey" },
            { en: "See which cipher suites are enabled (from Windows Server 2016 on); there must be some with ECDHE and GCM:", de: "Sehen Sie nach, welche Cipher-Suites aktiv sind (ab Windows Server 2016); es muss solche mit ECDHE und GCM geben:", Powershell "Get-TlsCipherSuite | Format-Table Name" },
            { en: "Where a firewall or reverse proxy stands in front, look there for the same two things.", de: "Steht eine Firewall oder ein Reverse-Proxy davor, prüfen Sie dort dasselbe." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8446#section-6.2", "https://learn.microsoft.com/Exchange/exchange-tls-configuration"]
    }
    HANDSHAKE_CUT = "tls.handshake-cut", Fail, Network {
        title { en: "{server} takes the connection, but does not answer in the TLS handshake", de: "{server} nimmt die Verbindung an, antwortet im TLS-Handshake aber nicht" }
        meaning {
            en: "TCP connects, and then every hello, old or new, stays without a word in return, or the connection is cut. More often than the server itself that is a firewall, an intrusion prevention system (IPS), or a balancer with no live server behind it. No client can connect.",
            de: "TCP verbindet sich, danach bleibt jedes Hello, ob alt oder neu, ohne Antwort, oder die Verbindung wird gekappt. Häufiger als am Server selbst liegt das an einer Firewall, einem Intrusion-Prevention-System (IPS) oder einem Load Balancer ohne lebenden Server dahinter. Kein Client kann sich verbinden.",
        }
        remedy {
            en: "Find out what ends the handshake: firewall, IPS, balancer, or the server",
            de: "Stellen Sie fest, was den Handshake beendet: Firewall, IPS, Load Balancer oder der Server",
        }
        steps [
            {
                en: "On the Exchange server, see whether the handshake works there:", de: "Sehen Sie auf dem Exchange-Server nach, ob der Handshake dort klappt:",
                Powershell "$t = New-Object Net.Sockets.TcpClient 'localhost',{port}\n$s = New-Object Net.Security.SslStream $t.GetStream(),$false,{ $true }\n$s.AuthenticateAsClient('{host}', $null, 'Tls12', $false)\n$s | Format-List SslProtocol,CipherAlgorithm,IsAuthenticated"
            },
            { en: "If it does, see on the firewall whether the client's hello goes through and who ends the connection:", de: "Wenn ja, sehen Sie auf der Firewall nach, ob das Hello des Clients durchgeht und wer die Verbindung beendet:", Shell "tcpdump -ni any tcp port {port}" },
            { en: "Look into the logs of firewall and IPS for dropped connections: blocked countries or networks, rules against scanners, TLS inspection without a certificate.", de: "Suchen Sie in den Protokollen von Firewall und IPS nach verworfenen Verbindungen: gesperrte Länder oder Netze, Regeln gegen Scanner, TLS-Inspektion ohne Zertifikat." },
            { en: "On the balancer, see whether the pool has a live member and the listener a certificate.", de: "Sehen Sie am Load Balancer nach, ob der Pool ein lebendes Mitglied und der Listener ein Zertifikat hat." },
            { en: "If it does not work on the server either, look for Schannel's errors there:", de: "Klappt er auch auf dem Server nicht, suchen Sie dort nach Fehlern von Schannel:", Powershell "Get-WinEvent -MaxEvents 20 -FilterHashtable @{\n  LogName = 'System'; ProviderName = 'Schannel'\n}" },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/network-error-occurred-while-communicating-with-remote-host"]
    }
    PROTOCOL_TOO_OLD = "tls.protocol-too-old", Fail, Exchange {
        title { en: "{server} speaks {versions} only", de: "{server} spricht nur {versions}" }
        meaning {
            en: "The server knows only protocol versions that were withdrawn in 2021 (RFC 8996). Current phones, browsers and sync services refuse them.",
            de: "Der Server kennt nur Protokollversionen, die 2021 zurückgezogen wurden (RFC 8996). Aktuelle Telefone, Browser und Sync-Dienste lehnen sie ab.",
        }
        remedy { en: "Enable TLS 1.2 for Schannel and .NET on the server", de: "Aktivieren Sie TLS 1.2 für Schannel und .NET auf dem Server" }
        steps [
            {
                en: "Enable TLS 1.2 as a server; it counts once the machine has been restarted:", de: "Aktivieren Sie TLS 1.2 für den Serverbetrieb; es gilt nach einem Neustart der Maschine:",
                Powershell "$p = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL'\n$p = \"$p\\Protocols\\TLS 1.2\\Server\"\nNew-Item $p -Force\nSet-ItemProperty $p Enabled 1 -Type DWord\nSet-ItemProperty $p DisabledByDefault 0 -Type DWord"
            },
            {
                en: "Let .NET, and with it Exchange, use what Schannel allows, before the restart:", de: "Lassen Sie .NET, und damit Exchange, benutzen, was Schannel erlaubt, noch vor dem Neustart:",
                Powershell "foreach ($s in 'SOFTWARE','SOFTWARE\\WOW6432Node') {\n  $p = \"HKLM:\\$s\\Microsoft\\.NETFramework\\v4.0.30319\"\n  Set-ItemProperty $p SystemDefaultTlsVersions 1 -Type DWord\n  Set-ItemProperty $p SchUseStrongCrypto 1 -Type DWord\n}"
            },
            { en: "Where a proxy or balancer ends the TLS connection, enable TLS 1.2 there.", de: "Endet die TLS-Verbindung an einem Proxy oder Load Balancer, aktivieren Sie TLS 1.2 dort." },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/TLSConfigurationCheck/"]
    }
    CLIENT_CERTIFICATE = "tls.client-certificate-required", Fail, Exchange {
        title { en: "{server} asks for a client certificate and refuses to go on without", de: "{server} verlangt ein Client-Zertifikat und bricht ohne ab" }
        meaning {
            en: "IIS or a device in front of it is set to require client certificates. Clients that sign in with a password or a token cannot connect.",
            de: "IIS oder ein Gerät davor ist so eingestellt, dass Client-Zertifikate verlangt werden. Clients, die sich mit Passwort oder Token anmelden, kommen nicht durch.",
        }
        remedy { en: "Set client certificates to \"Ignore\" for ActiveSync, unless that sign-in is wanted", de: "Stellen Sie Client-Zertifikate für ActiveSync auf „Ignorieren“, sofern diese Anmeldung nicht gewollt ist" }
        steps [
            {
                en: "On the Exchange server:", de: "Auf dem Exchange-Server:",
                Powershell "Set-ActiveSyncVirtualDirectory \"$env:COMPUTERNAME\\Microsoft-Server-ActiveSync (Default Web Site)\" -ClientCertAuth Ignore\niisreset"
            },
            { en: "Where a firewall or balancer asks for the certificate, switch it off there for /Microsoft-Server-ActiveSync.", de: "Verlangt eine Firewall oder ein Load Balancer das Zertifikat, schalten Sie es dort für /Microsoft-Server-ActiveSync ab." },
        ]
        links ["https://learn.microsoft.com/exchange/troubleshoot/client-connectivity/troubleshoot-activesync-with-exchange-server"]
    }
    LEGACY = "tls.legacy-protocol-enabled", Warn, Exchange {
        title { en: "{server} still speaks {versions}", de: "{server} spricht noch {versions}" }
        meaning {
            en: "Nothing fails because of it: clients of today take TLS 1.2 or 1.3. But the old versions were withdrawn in 2021 (RFC 8996), auditors object to them, and Exchange's own HealthChecker asks to switch them off.",
            de: "Daran scheitert nichts: Heutige Clients nehmen TLS 1.2 oder 1.3. Die alten Versionen wurden aber 2021 zurückgezogen (RFC 8996), Prüfer beanstanden sie, und auch der HealthChecker von Exchange rät, sie abzuschalten.",
        }
        remedy { en: "Switch {versions} off, once no old device needs them any more", de: "Schalten Sie {versions} ab, sobald kein altes Gerät sie mehr braucht" }
        steps [
            {
                en: "On the Exchange server, with TLS 1.2 in order, and then restart it:", de: "Auf dem Exchange-Server, wenn TLS 1.2 in Ordnung ist; starten Sie ihn danach neu:",
                Powershell "$p = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL'\nforeach ($v in 'TLS 1.0','TLS 1.1') {\n  $key = \"$p\\Protocols\\$v\\Server\"\n  New-Item $key -Force\n  Set-ItemProperty $key Enabled 0 -Type DWord\n  Set-ItemProperty $key DisabledByDefault 1 -Type DWord\n}"
            },
            { en: "Where a proxy or balancer ends the TLS connection, switch them off there.", de: "Endet die TLS-Verbindung an einem Proxy oder Load Balancer, schalten Sie sie dort ab." },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/TLSConfigurationCheck/"]
    }
    WEAK_CIPHER = "tls.weak-cipher-preferred", Info, Exchange {
        title { en: "{server} takes {cipher} under TLS 1.2 although better suites are offered", de: "{server} nimmt unter TLS 1.2 {cipher}, obwohl bessere Suiten angeboten werden" }
        meaning {
            en: "Clients of today do not offer this suite, so nothing fails. Old clients that do get a connection without forward secrecy, or a broken cipher.",
            de: "Heutige Clients bieten diese Suite nicht an, es scheitert also nichts. Alte Clients, die es tun, bekommen eine Verbindung ohne Forward Secrecy oder mit gebrochener Verschlüsselung.",
        }
    }
    DEFAULT_CERTIFICATE = "tls.default-certificate-differs", Info, Exchange {
        title { en: "{server} shows clients without SNI another certificate, for {presented}", de: "{server} zeigt Clients ohne SNI ein anderes Zertifikat, für {presented}" }
        meaning {
            en: "Every client of today says in the handshake which name it wants (SNI, RFC 6066). Very old ones and some monitoring do not: they get the default certificate of this server or balancer.",
            de: "Jeder heutige Client nennt im Handshake den gewünschten Namen (SNI, RFC 6066). Sehr alte und manche Überwachung tun das nicht: Sie bekommen das Standardzertifikat dieses Servers oder Load Balancers.",
        }
        remedy { en: "If such clients matter, make the mail certificate the default one", de: "Wenn solche Clients wichtig sind, machen Sie das Mailzertifikat zum Standard" }
        steps [
            { en: "Look at both:", de: "Sehen Sie sich beide an:", Shell "openssl s_client -connect {host}:{port} -noservername </dev/null\nopenssl s_client -connect {host}:{port} -servername {host} </dev/null" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc6066#section-3"]
    }
    BROKEN_13 = "tls.protocol-13-broken", Fail, Exchange {
        title { en: "{server} breaks off as soon as TLS 1.3 is offered, with TLS 1.2 alone it answers", de: "{server} bricht ab, sobald TLS 1.3 angeboten wird, mit TLS 1.2 allein antwortet der Server" }
        meaning {
            en: "Clients of today offer TLS 1.3 and 1.2 together, and a server takes what it can. This one ends the connection instead ({reason}): TLS 1.3 was switched on in the registry of a Windows that does not support it, or a device in between does not bear it.",
            de: "Heutige Clients bieten TLS 1.3 und 1.2 zusammen an, und der Server nimmt, was er kann. Dieser beendet stattdessen die Verbindung ({reason}): TLS 1.3 wurde in der Registry eines Windows eingeschaltet, das es nicht unterstützt, oder ein Gerät dazwischen verträgt es nicht.",
        }
        remedy { en: "Take the setting for TLS 1.3 away, or update the device in front", de: "Entfernen Sie die Einstellung für TLS 1.3, oder aktualisieren Sie das Gerät davor" }
        steps [
            { en: "On the Exchange server, see whether TLS 1.3 is forced (supported from Windows Server 2022 on):", de: "Sehen Sie auf dem Exchange-Server nach, ob TLS 1.3 erzwungen ist (unterstützt ab Windows Server 2022):", Powershell "$p = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL'\n$p = \"$p\\Protocols\\TLS 1.3\"\nGet-ChildItem $p -Recurse -ErrorAction SilentlyContinue" },
            { en: "If it is, remove the setting and restart the server:", de: "Wenn ja, entfernen Sie die Einstellung und starten Sie den Server neu:", Powershell "$p = 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL'\nRemove-Item \"$p\\Protocols\\TLS 1.3\" -Recurse" },
            { en: "Compare:", de: "Vergleichen Sie:", Shell "openssl s_client -connect {host}:{port} -servername {host} </dev/null\nopenssl s_client -connect {host}:{port} -servername {host} -tls1_2 </dev/null" },
        ]
        links ["https://microsoft.github.io/CSS-Exchange/Diagnostics/HealthChecker/TLSConfigurationCheck/"]
    }
    STALLS = "tls.handshake-stalls", Fail, Network {
        title { en: "The handshake with {server} gets stuck when packets are large ({lost})", de: "Der Handshake mit {server} bleibt hängen, wenn Pakete groß sind ({lost})" }
        meaning {
            en: "TCP connects at once and a hello of {small} bytes is answered, but larger packets never arrive: full-size packets get lost on the way and the message that would say so (ICMP) is filtered, or a device drops a hello of more than one packet. Clients wait and give up.",
            de: "TCP verbindet sofort und ein Hello von {small} Byte wird beantwortet, aber größere Pakete kommen nie an: Pakete voller Größe gehen unterwegs verloren und die Meldung darüber (ICMP) wird gefiltert, oder ein Gerät verwirft ein Hello aus mehr als einem Paket. Clients warten und geben auf.",
        }
        remedy { en: "Correct the MTU of the way (VPN, PPPoE, tunnel), or let ICMP \"fragmentation needed\" through", de: "Berichtigen Sie die MTU des Weges (VPN, PPPoE, Tunnel), oder lassen Sie ICMP „Fragmentation needed“ durch" }
        steps [
            { en: "Find the largest packet that gets through; 1472 is what a way of 1500 bytes carries:", de: "Ermitteln Sie das größte Paket, das durchkommt; 1472 trägt ein Weg von 1500 Byte:", Shell "ping -M do -s 1472 {host}\nping -M do -s 1372 {host}" },
            { en: "On the firewall or VPN gateway, clamp the segment size (Linux):", de: "Begrenzen Sie auf Firewall oder VPN-Gateway die Segmentgröße (Linux):", Shell "iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu" },
            { en: "On the Exchange server, see which MTU its interfaces have:", de: "Sehen Sie auf dem Exchange-Server nach, welche MTU die Schnittstellen haben:", Powershell "Get-NetIPInterface | Format-Table InterfaceAlias,AddressFamily,NlMtu" },
            { en: "If only the large hello is lost, update the firewall or balancer: it must bear a ClientHello of several packets.", de: "Geht nur das große Hello verloren, aktualisieren Sie Firewall oder Load Balancer: Ein ClientHello aus mehreren Paketen muss durchkommen." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc2923"]
    }
    SLOW = "tls.handshake-slow", Warn, Exchange {
        title { en: "The TLS handshake with {server} takes {handshake_ms} ms, TCP only {connect_ms} ms", de: "Der TLS-Handshake mit {server} dauert {handshake_ms} ms, TCP nur {connect_ms} ms" }
        meaning {
            en: "A handshake takes two round trips. The rest is the server's: it is overloaded, or it waits for something, such as an OCSP or CRL address that it cannot reach.",
            de: "Ein Handshake braucht zwei Umläufe. Der Rest liegt am Server: Er ist überlastet oder wartet auf etwas, etwa auf eine OCSP- oder CRL-Adresse, die er nicht erreicht.",
        }
        remedy { en: "Find out what the server waits for", de: "Stellen Sie fest, worauf der Server wartet" }
        steps [
            { en: "On the Exchange server, see whether it reaches the addresses in its own certificate:", de: "Prüfen Sie auf dem Exchange-Server, ob er die Adressen in seinem eigenen Zertifikat erreicht:", Powershell "Get-ExchangeCertificate | Where-Object { $_.Services -match 'IIS' } |\n  ForEach-Object { Get-Item \"Cert:\\LocalMachine\\My\\$($_.Thumbprint)\" } |\n  ForEach-Object { Export-Certificate -Cert $_ -FilePath mail.cer }\ncertutil -verify -urlfetch mail.cer" },
            { en: "Measure it by hand:", de: "Messen Sie von Hand nach:", Shell "time openssl s_client -connect {host}:{port} -servername {host} </dev/null" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8446#section-2"]
    }
    INSPECTED = "tls.inspected", Warn, Caller {
        title { en: "The certificate of {server} was made on the way, by \"{authority}\"", de: "Das Zertifikat von {server} wurde unterwegs ausgestellt, von „{authority}“" }
        meaning {
            en: "Between this machine and the server, something opens TLS and shows a certificate of its own ({product}): a firewall, a web filter or a virus scanner. What exdiag sees of the certificate is not the server's; the server may be in order.",
            de: "Zwischen diesem Rechner und dem Server öffnet etwas die TLS-Verbindung und zeigt ein eigenes Zertifikat ({product}): eine Firewall, ein Webfilter oder ein Virenscanner. Was exdiag vom Zertifikat sieht, ist nicht das des Servers; der Server kann in Ordnung sein.",
        }
        remedy { en: "Have {host} exempted from the inspection, or look from a network without one", de: "Lassen Sie {host} von der Prüfung ausnehmen, oder prüfen Sie aus einem Netz ohne sie" }
        steps [
            { en: "See who issued what arrives here:", de: "Sehen Sie nach, wer ausgestellt hat, was hier ankommt:", Shell "openssl s_client -connect {host}:{port} -servername {host} </dev/null | openssl x509 -noout -issuer" },
            { en: "Ask the administration of the firewall or the virus scanner to exempt {host}.", de: "Bitten Sie die Administration der Firewall oder des Virenscanners, {host} auszunehmen." },
            { en: "To judge the server itself, look from outside this network:", de: "Um den Server selbst zu beurteilen, prüfen Sie von außerhalb dieses Netzes:", Shell "exdiag tls {endpoint}" },
        ]
        links ["https://www.us-cert.gov/ncas/alerts/TA17-075A"]
    }
    CLOCK_WRONG = "tls.clock-wrong", Fail, Caller {
        title { en: "The clock of this machine is wrong: {hosts} say it is {theirs}", de: "Die Uhr dieses Rechners geht falsch: Laut {hosts} ist es {theirs}" }
        meaning {
            en: "exdiag started at {ours} by this machine's clock. Certificates are judged by that clock, so good ones look expired or not yet valid here, and every sign-in with tokens fails too. The server has nothing to do with it.",
            de: "exdiag startete laut der Uhr dieses Rechners um {ours}. Zertifikate werden nach dieser Uhr beurteilt: Gute erscheinen hier als abgelaufen oder noch nicht gültig, und auch jede Anmeldung mit Token scheitert. Der Server hat damit nichts zu tun.",
        }
        remedy { en: "Set the clock, and let it be kept by NTP", de: "Stellen Sie die Uhr, und lassen Sie sie per NTP nachführen" }
        steps [
            { en: "Linux:", de: "Linux:", Shell "timedatectl set-ntp true\ntimedatectl" },
            { en: "Windows:", de: "Windows:", Powershell "w32tm /resync\nw32tm /query /status" },
            { en: "Then look again.", de: "Prüfen Sie danach erneut." },
        ]
        links ["https://learn.microsoft.com/connectivity-analyzer/error-with-system-time"]
    }
    SERVER_CLOCK = "tls.server-clock-wrong", Info, Exchange {
        title { en: "The clock of {host} differs from this machine's: {theirs}", de: "Die Uhr von {host} weicht von der dieses Rechners ab: {theirs}" }
        meaning {
            en: "It differs by {seconds} seconds. One clock alone does not say which of the two is wrong; if it is the server's, Kerberos sign-ins fail from five minutes on.",
            de: "Sie weicht um {seconds} Sekunden ab. Eine Uhr allein sagt nicht, welche der beiden falsch geht; ist es die des Servers, scheitern Kerberos-Anmeldungen ab fünf Minuten.",
        }
    }
}

/// Judges the handshake of every address.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let to_look_at = chain::hosts_to_look_at(view)?;
    // everything is asked for before anything is waited for
    let shakes = view::all(to_look_at.iter().map(|(host, port)| handshake::look_at_host(view, host, *port)));
    let hosts = chain::look_at_all(view);
    let readings = clock::readings(view);
    let certificate = certificate_over_http(view);
    let shook = shook_hands(view);
    let (shakes, hosts) = (shakes?, hosts?);
    if let Some(outcome) = common::no_handshake(view, &hosts)? {
        return Ok(outcome);
    }
    let inspected = inspected(view, &hosts);
    let (readings, certificate, inspected, shook) = (readings?, certificate?, inspected?, shook?);
    let mut findings = Vec::new();
    for (host, shakes) in hosts.iter().zip(&shakes) {
        let judged = shakes.iter().map(|shake| {
            let found = judge(shake, host, shook == Some(shake.address));
            (shake.address, Probe::tls(shake.address, host.port, &host.host), found)
        });
        findings.extend(common::by_address(&host.host, host.port, judged.collect()));
    }
    let told = |findings: &[Finding]| findings.iter().any(|finding| finding.code.id == CLIENT_CERTIFICATE.id);
    findings.extend(certificate.filter(|_| !told(&findings)));
    let mut findings = common::once(findings);
    findings.extend(inspected);
    let leaves = hosts.iter().flat_map(|host| &host.addresses).filter_map(|address| address.chain.as_ref()?.leaf());
    let validities: Vec<_> = leaves.filter_map(|leaf| leaf.validity).collect();
    findings.extend(clocks(
        &clock::judge(&readings, &validities, view.asked_at()),
        !validities.is_empty(),
        view.asked_at(),
    ));
    Ok(Outcome::checked(note(shakes.iter().flatten().flat_map(Shake::versions).collect()), findings))
}

/// The one line beside the check's name: `TLS 1.2 and 1.3`.
fn note(versions: BTreeSet<String>) -> Sentence {
    if versions.is_empty() {
        return Sentence::new(text!("no handshake comes about", "es kommt kein Handshake zustande"));
    }
    let short = |(at, version): (usize, String)| match version.strip_prefix("TLS ") {
        Some(number) if at > 0 => number.to_owned(),
        _ => version,
    };
    let versions: Vec<String> = versions.into_iter().enumerate().map(short).collect();
    Sentence::new(text!("{versions}", "{versions}")).with("versions", versions)
}

/// What is wrong with the handshake of one address; `shook`: that another one with it came about.
fn judge(shake: &Shake<'_>, host: &HostTls<'_>, shook: bool) -> Vec<Finding> {
    let (host, port) = (host.host.as_str(), host.port);
    let fault = shake.fault().map(|fault| match fault {
        // the request offered TLS 1.3 as well, so once was chance
        Fault::Broken13 { cipher } if shook => Fault::Failed { offers: Some(cipher) },
        other => other,
    });
    let mut found: Vec<Finding> = fault.map(|fault| told(shake, &fault)).into_iter().collect();
    let hello = |kind| Probe::hello(shake.address, port, host, kind);
    let mut dated = false;
    if let Some(finding) = found.first_mut() {
        let probes = shake.probes(host, port);
        finding.evidence.extend(probes.iter().map(ToString::to_string));
        dated = finding.code.id == SUITES_DATED.id;
    }
    // what only exdiag cannot speak is worth as many words as what it can
    if !dated && !matches!(shake.tls.map(|seen| &seen.outcome), Ok(TlsOutcome::Handshake(_))) {
        return found;
    }
    let legacy = shake.legacy();
    if !legacy.is_empty() {
        let mut finding = Finding::new(&LEGACY).with("versions", legacy);
        for (kind, name) in [(HelloKind::Tls10, "cipher_10"), (HelloKind::Tls11, "cipher_11")] {
            if let Some((_, cipher)) = shake.chose(kind) {
                finding = finding.with(name, cipher).seen_in(&hello(kind));
            }
        }
        found.push(finding);
    }
    if let Some(cipher) = shake.weak_choice().filter(|_| !dated) {
        found.push(Finding::new(&WEAK_CIPHER).with("cipher", cipher).seen_in(&hello(HelloKind::Tls12)));
    }
    if let Some((_, nameless)) = shake.other_default() {
        let leaf = Certificate::read(&STANDARD.decode(nameless).unwrap_or_default());
        let finding = Finding::new(&DEFAULT_CERTIFICATE).with("presented", names(&leaf));
        found.push(finding.with("fingerprint", leaf.fingerprint).seen_in(&hello(HelloKind::Nameless)));
    }
    if shake.large_is_lost() {
        // clients whose hello fits one packet still get through
        let finding = stalls(shake, Lost::Hello).severity(Severity::Warn);
        found.push(finding.seen_in(&hello(HelloKind::Tls12)).seen_in(&hello(HelloKind::Large)));
    }
    if let Some((handshake, connect, very)) = shake.slow() {
        let severity = if very { Severity::Warn } else { Severity::Info };
        found.push(Finding::new(&SLOW).severity(severity).with("handshake_ms", handshake).with("connect_ms", connect));
    }
    found
}

/// The finding for a handshake that does not come about (RFC 8446, 6.2).
fn told(shake: &Shake<'_>, fault: &Fault) -> Finding {
    let failure = match shake.tls.map(|seen| &seen.outcome) {
        Ok(TlsOutcome::Failed(failure)) => failure.clone(),
        _ => Failure::new(Phase::Handshake, FailKind::Tls),
    };
    let code = match failure.kind {
        FailKind::Alert { code } => Some(code),
        _ => None,
    };
    let finding = match fault {
        Fault::NotTls { first_line } => Finding::new(&NOT_TLS).with("first_line", first_line.as_str()),
        Fault::TooOld { versions } if versions.is_empty() => {
            Finding::new(&PROTOCOL_TOO_OLD).with("versions", vec!["TLS < 1.2"])
        }
        Fault::TooOld { versions } => Finding::new(&PROTOCOL_TOO_OLD).with("versions", versions.clone()),
        Fault::ClientCertificate => Finding::new(&CLIENT_CERTIFICATE).with("asked", "handshake"),
        Fault::Stalls(lost) => stalls(shake, *lost),
        Fault::Broken13 { cipher } => {
            Finding::new(&BROKEN_13).with("reason", reason(&failure)).with("cipher", cipher.as_str())
        }
        Fault::SuitesDated { cipher } => return suites::finding(cipher, &failure),
        Fault::Cut => Finding::new(&HANDSHAKE_CUT).with("reason", reason(&failure)),
        Fault::Failed { offers } => {
            let refused = || shake.hellos.get(&HelloKind::Tls12).and_then(|seen| seen.failure()).map(reason);
            Finding::new(&HANDSHAKE_FAILED)
                .with("reason", reason(&failure))
                .with("offers", offers.clone().or_else(refused).unwrap_or_else(|| "-".to_owned()))
        }
    };
    match code {
        Some(code) => finding.with("alert", code),
        None => finding,
    }
}

fn stalls(shake: &Shake<'_>, lost: Lost) -> Finding {
    let size = |kind| shake.hellos.get(&kind).map_or(0, |seen| seen.sent);
    let received = shake.hellos.get(&HelloKind::Tls12).map_or(0, |seen| seen.received);
    // both are protocol words, the same in every language
    let shown = match lost {
        Lost::Hello => "ClientHello",
        Lost::Answer => "ServerHello, Certificate",
    };
    Finding::new(&STALLS)
        .with("lost", shown)
        .with("direction", lost.id())
        .with("small", size(HelloKind::Tls12))
        .with("large", size(HelloKind::Large))
        .with("received", received)
}

/// The first names of a certificate, and how many more there are.
fn names(leaf: &Certificate) -> String {
    let names: Vec<String> = leaf.names.iter().take(3).map(ToString::to_string).collect();
    let more = leaf.names.len().saturating_sub(names.len());
    match (names.is_empty(), more) {
        (true, _) => leaf.short_name(),
        (false, 0) => names.join(", "),
        (false, _) => format!("{} (+{more})", names.join(", ")),
    }
}

/// A client certificate that IIS asks for only once it has seen the request: by a new handshake under
/// TLS 1.2, or by the answer 403.7.
fn certificate_over_http(view: &View<'_>) -> Result<Option<Finding>, Stop> {
    let Some(endpoint) = endpoint(view)? else { return Ok(None) };
    let options = eas::options(&endpoint);
    let Ok(seen) = view.http(&options)? else { return Ok(None) };
    Ok(handshake::wants_certificate_over_http(seen).map(|asked| {
        Finding::new(&CLIENT_CERTIFICATE)
            .host(endpoint.host.as_str())
            .port(endpoint.port)
            .with("server", endpoint.host.as_str())
            .with("asked", asked)
            .seen_in(&Probe::Http(options))
    }))
}

/// The address with which the request for ActiveSync shook hands.
fn shook_hands(view: &View<'_>) -> Result<Option<IpAddr>, Stop> {
    let Some(endpoint) = endpoint(view)? else { return Ok(None) };
    let seen = view.http(&eas::options(&endpoint))?;
    Ok(seen.ok().filter(|seen| seen.timing.handshake_ms.is_some()).and_then(|seen| seen.address))
}

fn clocks(clock: &Clock, certificates: bool, now: Timestamp) -> Vec<Finding> {
    let shown = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M UTC").to_string();
    let theirs = |ahead: i64| now.checked_add(SignedDuration::from_secs(ahead)).map_or_else(|_| "-".to_owned(), shown);
    match clock {
        Clock::Fine => Vec::new(),
        Clock::Ours { by } => {
            let Some(first) = by.first() else { return Vec::new() };
            let names: BTreeSet<&str> = order::set(by.iter().map(|reading| reading.host.as_str()));
            let mut finding = Finding::new(&CLOCK_WRONG)
                .with("hosts", names.into_iter().collect::<Vec<_>>())
                .with("theirs", theirs(first.ahead))
                .with("ours", shown(now))
                .with("seconds", first.ahead);
            if !certificates {
                finding = finding.severity(Severity::Warn);
            }
            vec![by.iter().fold(finding, |finding, reading| finding.seen_in(&reading.probe))]
        }
        Clock::Theirs { by } => {
            let mut hosts = BTreeSet::new();
            let first_of_host = by.iter().filter(|reading| hosts.insert(reading.host.as_str()));
            first_of_host
                .map(|reading| {
                    Finding::new(&SERVER_CLOCK)
                        .host(reading.host.as_str())
                        .with("theirs", theirs(reading.ahead))
                        .with("seconds", reading.ahead)
                        .seen_in(&reading.probe)
                })
                .collect()
        }
    }
}

/// Certificates that were made on the way: by a product that is known for it, or by an authority that
/// also issues for a host of Microsoft's.
fn inspected(view: &View<'_>, hosts: &[HostTls<'_>]) -> Result<Vec<Finding>, Stop> {
    let mut found = Vec::new();
    for host in hosts {
        let chains = host.addresses.iter().filter_map(|address| Some((address, address.chain.as_ref()?)));
        for (address, chain) in chains {
            let Some(leaf) = chain.leaf() else { continue };
            if let Some(Opened { product, elsewhere }) = inspection::opened(view, host, address.address, chain)? {
                found.push(inspection_of(host, address, leaf, product, elsewhere.as_ref()));
                break;
            }
        }
    }
    Ok(found)
}

fn inspection_of(
    host: &HostTls<'_>,
    address: &AddressTls<'_>,
    leaf: &Certificate,
    product: Option<&str>,
    elsewhere: Option<&Probe>,
) -> Finding {
    let authority = leaf.issuer.short.as_str();
    let finding = Finding::new(&INSPECTED)
        .host(host.host.as_str())
        .port(host.port)
        .with("server", host.host.as_str())
        .with("authority", authority)
        .with("authority_dn", leaf.issuer.text.as_str())
        .with("product", product.unwrap_or(authority))
        .with("also_for_microsoft", elsewhere.is_some())
        .seen_in(&address.probe(host));
    match elsewhere.filter(|probe| **probe != address.probe(host)) {
        Some(probe) => finding.seen_in(probe),
        None => finding,
    }
}
