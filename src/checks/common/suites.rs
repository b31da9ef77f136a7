//! What is to be said of a server whose cipher suites most clients speak, but exdiag does not?

use crate::evidence::{FailKind, Failure, Phase, Stop, TlsOutcome, View};
use crate::finding::{Finding, Outcome};
use crate::findings;
use crate::protocol::endpoint::Endpoint;
use crate::protocol::handshake::{self, Fault};

findings! {
    SUITES_DATED = "tls.suites-dated", Warn, Exchange {
        title { en: "{server} has no cipher suites of today and takes {cipher}", de: "{server} hat keine heutigen Cipher-Suites und nimmt {cipher}" }
        meaning {
            en: "exdiag itself cannot speak the suites that {server} offers: it knows ECDHE with AES-GCM or ChaCha20 only. The certificates come in clear and are judged; what lies behind the handshake, such as Autodiscover, ActiveSync and the sign-in, stays unjudged. Most clients can connect; some sync services and Android versions refuse such suites by policy.",
            de: "exdiag selbst spricht die Suiten nicht, die {server} anbietet: Es kennt nur ECDHE mit AES-GCM oder ChaCha20. Die Zertifikate kommen unverschlüsselt und werden beurteilt; was hinter dem Handshake liegt, etwa Autodiscover, ActiveSync und die Anmeldung, bleibt unbeurteilt. Die meisten Clients können sich verbinden; manche Sync-Dienste und Android-Versionen lehnen solche Suiten per Richtlinie ab.",
        }
        remedy {
            en: "Offer ECDHE with AES-GCM: with a newer Windows, a reverse proxy in front, or an ECDSA certificate",
            de: "Bieten Sie ECDHE mit AES-GCM an: mit einem neueren Windows, einem vorgeschalteten Reverse-Proxy oder einem ECDSA-Zertifikat",
        }
        steps [
            { en: "See that other clients get a connection, and with which suite:", de: "Prüfen Sie, dass andere Clients eine Verbindung bekommen, und mit welcher Suite:", Shell "openssl s_client -connect {host}:{port} -servername {host} </dev/null" },
            {
                en: "On the server, see which suites are enabled, and whether a policy narrows them; there must be some with ECDHE and GCM:", de: "Sehen Sie auf dem Server nach, welche Suiten aktiv sind und ob eine Richtlinie sie einschränkt; es muss solche mit ECDHE und GCM geben:",
                Powershell "$p = 'Cryptography\\Configuration'\n$l = \"HKLM:\\SYSTEM\\CurrentControlSet\\Control\\$p\\Local\\SSL\\00010002\"\n(Get-ItemProperty $l).Functions\n$l = \"HKLM:\\SOFTWARE\\Policies\\Microsoft\\$p\\SSL\\00010002\"\n(Get-ItemProperty $l -ErrorAction SilentlyContinue).Functions"
            },
            { en: "Windows Server 2012 R2 has ECDHE with AES-GCM for ECDSA certificates only. With an RSA certificate it takes a newer Windows or a reverse proxy in front; an ECDSA certificate helps where the version of Exchange supports one.", de: "Windows Server 2012 R2 hat ECDHE mit AES-GCM nur für ECDSA-Zertifikate. Mit einem RSA-Zertifikat braucht es ein neueres Windows oder einen Reverse-Proxy davor; ein ECDSA-Zertifikat hilft, wo die Exchange-Version es unterstützt." },
            { en: "From Windows Server 2016 on, enable the suites and take them into the policy, if there is one:", de: "Ab Windows Server 2016 aktivieren Sie die Suiten und nehmen sie in die Richtlinie auf, falls es eine gibt:", Powershell "Enable-TlsCipherSuite TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\nEnable-TlsCipherSuite TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
        ]
        links [
            "https://learn.microsoft.com/windows/win32/secauthn/tls-cipher-suites-in-windows-8-1",
            "https://learn.microsoft.com/Exchange/exchange-tls-configuration"
        ]
    }
}

/// The finding for a host that exdiag cannot ask for want of a common suite: for the checks that would
/// else take it for broken.
pub fn dated(view: &View<'_>, host: &str, port: u16) -> Result<Option<Finding>, Stop> {
    let shakes = handshake::look_at_host(view, host, port)?;
    Ok(shakes.iter().find_map(|shake| {
        let (Some(Fault::SuitesDated { cipher }), Ok(TlsOutcome::Failed(failure))) =
            (shake.fault(), shake.tls.map(|seen| &seen.outcome))
        else {
            return None;
        };
        let finding = finding(&cipher, failure).host(host).port(port).with("server", host);
        Some(shake.probes(host, port).iter().fold(finding, Finding::seen_in))
    }))
}

/// The finding, with the suite that the server takes and how the full handshake ended.
pub fn finding(cipher: &str, failure: &Failure) -> Finding {
    let finding = Finding::new(&SUITES_DATED).with("reason", reason(failure)).with("cipher", cipher);
    match failure.kind {
        FailKind::Alert { code } => finding.with("alert", code),
        _ => finding,
    }
}

/// How a handshake ended, in the words of the protocol.
pub fn reason(failure: &Failure) -> String {
    match failure.kind {
        FailKind::Alert { code } => alert(code),
        FailKind::Timeout => "timeout".to_owned(),
        FailKind::Reset => "connection reset".to_owned(),
        FailKind::Closed => "connection closed".to_owned(),
        _ if failure.detail.is_empty() => "protocol error".to_owned(),
        _ => failure.detail.clone(),
    }
}

/// The name and number of an alert (RFC 8446, 6).
fn alert(code: u8) -> String {
    let name = match code {
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        109 => "missing_extension",
        112 => "unrecognized_name",
        120 => "no_application_protocol",
        _ => return format!("alert {code}"),
    };
    format!("{name}, alert {code}")
}

/// The outcome for an endpoint whose suites only exdiag does not speak, where `tls-protocol` does not tell it.
pub fn untold(view: &View<'_>, endpoint: &Endpoint, failure: &Failure) -> Result<Option<Outcome>, Stop> {
    let is_told = view.subject().selected.iter().any(|id| id == "tls-protocol");
    if failure.phase != Phase::Handshake || is_told {
        return Ok(None);
    }
    let found = dated(view, &endpoint.host, endpoint.port)?;
    Ok(found.map(|finding| Outcome::Inconclusive {
        reason: super::unspoken().with("host", endpoint.host.as_str()),
        findings: vec![finding],
    }))
}
