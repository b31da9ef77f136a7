//! Which scenarios are about certificates and the handshake?

use crate::lab::dns::Data;
use crate::lab::http::iis_error;
use crate::lab::scenario::{
    AUTHORITY, Asks, Chain, Door, EXCHANGE, EXCHANGE_V6, HOSTER, Product, SECOND, Scenario, Standing, Staple, Trick,
    fault,
};
use std::net::IpAddr;

/// What Windows Server 2012 R2 offers with an RSA certificate: ECDHE with CBC, DHE and RSA with GCM.
const DATED: Trick =
    Trick::Only { versions: &[0x0303], suites: &[0xc028, 0xc027, 0xc014, 0x009f, 0x009d, 0x003c, 0x0035] };

/// All of them.
pub fn all() -> Vec<Scenario> {
    vec![
        // certificates
        fault(
            "intermediate-missing",
            "tls.intermediate-missing",
            "The server does not send its intermediate certificate",
            "Der Server sendet sein Zwischenzertifikat nicht mit",
        )
        .chain(Chain::LeafOnly),
        fault(
            "intermediate-wrong",
            "tls.intermediate-wrong",
            "The server sends an intermediate certificate of another authority",
            "Der Server sendet das Zwischenzertifikat einer anderen Stelle",
        )
        .chain(Chain::WrongIssuer),
        fault(
            "intermediate-expired",
            "tls.intermediate-expired",
            "The server sends an intermediate certificate that has expired",
            "Der Server sendet ein abgelaufenes Zwischenzertifikat",
        )
        .chain(Chain::ExpiredIssuer),
        fault(
            "chain-order",
            "tls.chain-order",
            "The server sends its chain in the wrong order",
            "Der Server sendet seine Kette in falscher Reihenfolge",
        )
        .chain(Chain::Disordered),
        fault("expired", "tls.expired", "The certificate has expired", "Das Zertifikat ist abgelaufen")
            .chain(Chain::Expired),
        fault(
            "not-yet-valid",
            "tls.not-yet-valid",
            "The certificate is not valid yet",
            "Das Zertifikat gilt noch nicht",
        )
        .chain(Chain::NotYetValid),
        fault(
            "expires-soon",
            "tls.expires-soon",
            "The certificate expires in a few days",
            "Das Zertifikat läuft in wenigen Tagen ab",
        )
        .chain(Chain::ExpiresSoon),
        fault(
            "name-mismatch",
            "tls.name-mismatch",
            "The certificate is for another name",
            "Das Zertifikat gilt für einen anderen Namen",
        )
        .apart()
        .identity(EXCHANGE, |identity| identity.names = &["owa.corp.example"]),
        fault(
            "self-signed",
            "tls.self-signed",
            "The server shows the certificate that Exchange's setup made",
            "Der Server zeigt das Zertifikat, das das Exchange-Setup erzeugt hat",
        )
        .chain(Chain::SelfSigned),
        fault(
            "private-ca",
            "tls.private-ca",
            "The certificate comes from the company's own authority",
            "Das Zertifikat stammt von der firmeneigenen Zertifizierungsstelle",
        )
        .chain(Chain::Private),
        fault(
            "forgotten-node",
            "tls.intermediate-missing",
            "One of two nodes was forgotten when the certificate was renewed",
            "Einer von zwei Knoten wurde beim Erneuern des Zertifikats vergessen",
        )
        .with_node(|scenario, door| scenario.node(SECOND, door))
        .identity(SECOND, |identity| identity.chain = Chain::LeafOnly),
        fault("revoked", "tls.revoked", "The certificate was revoked", "Das Zertifikat ist gesperrt")
            .standing(Standing { revoked: true, ..Standing::GOOD }),
        fault(
            "revoked-by-ocsp",
            "tls.revoked",
            "The certificate was revoked, and OCSP says so",
            "Das Zertifikat ist gesperrt, und OCSP sagt es",
        )
        .standing(Standing { revoked: true, ocsp: true, ..Standing::GOOD }),
        fault(
            "revocation-unreachable",
            "tls.revocation-unreachable",
            "The revocation list cannot be fetched",
            "Die Sperrliste lässt sich nicht abrufen",
        )
        .door(AUTHORITY, 80, Door::Closed),
        fault(
            "staple-old",
            "tls.staple-invalid",
            "The server sends an OCSP response whose time is over",
            "Der Server sendet eine abgelaufene OCSP-Antwort mit",
        )
        .standing(Standing { ocsp: true, staple: Staple::Old, ..Standing::GOOD }),
        fault(
            "must-staple-missing",
            "tls.staple-missing",
            "The certificate demands a stapled OCSP response, and the server sends none",
            "Das Zertifikat verlangt eine mitgesendete OCSP-Antwort, und der Server sendet keine",
        )
        .standing(Standing { ocsp: true, must_staple: true, ..Standing::GOOD }),
        fault(
            "four-nodes",
            "tls.intermediate-missing",
            "None of four addresses sends the intermediate certificate",
            "Keine von vier Adressen sendet das Zwischenzertifikat mit",
        )
        .chain(Chain::LeafOnly)
        .with_node(|scenario, door| {
            let third = IpAddr::from([203, 0, 113, 9]);
            scenario.node(SECOND, door.clone()).node(third, door.clone()).node(EXCHANGE_V6, door)
        }),
        fault("plain-http-on-443", "tls.not-tls", "Port 443 speaks HTTP without TLS", "Port 443 spricht HTTP ohne TLS")
            .apart()
            .door(EXCHANGE, 443, Door::Plain(Product::Website.into())),
        fault(
            "client-certificate",
            "tls.client-certificate-required",
            "The server wants a certificate of every client",
            "Der Server verlangt von jedem Client ein Zertifikat",
        )
        .apart()
        .identity(EXCHANGE, |identity| identity.wants_client_certificate = Some(Asks::Tls12)),
        fault(
            "client-certificate-late",
            "tls.client-certificate-required",
            "The server wants a certificate of every client, and says so after the handshake (TLS 1.3)",
            "Der Server verlangt von jedem Client ein Zertifikat und sagt es erst nach dem Handshake (TLS 1.3)",
        )
        .apart()
        .identity(EXCHANGE, |identity| identity.wants_client_certificate = Some(Asks::Tls13)),
        fault(
            "client-certificate-again",
            "tls.client-certificate-required",
            "IIS asks for a client certificate once it has seen the request (TLS 1.2)",
            "IIS verlangt ein Client-Zertifikat, sobald es die Anfrage gesehen hat (TLS 1.2)",
        )
        .apart()
        .identity(EXCHANGE, |identity| identity.wants_client_certificate = Some(Asks::Renegotiation)),
        fault(
            "client-certificate-403-7",
            "tls.client-certificate-required",
            "IIS answers that a client certificate is required (403.7)",
            "IIS antwortet, dass ein Client-Zertifikat erforderlich ist (403.7)",
        )
        .activesync(&iis_error(403, "Forbidden: SSL client certificate is required (403.7)")),
        // the handshake
        fault("tls10-only", "tls.protocol-too-old", "The server speaks TLS 1.0 only", "Der Server spricht nur TLS 1.0")
            .apart()
            .trick(Trick::Only { versions: &[0x0301], suites: &[0xc00a, 0x0035] }),
        fault(
            "tls10-on-one-node",
            "tls.protocol-too-old",
            "One of two nodes speaks TLS 1.0 only",
            "Einer von zwei Knoten spricht nur TLS 1.0",
        )
        .with_node(|scenario, door| scenario.node(SECOND, door))
        .identity(SECOND, |identity| {
            identity.trick = Some(Trick::Only { versions: &[0x0301], suites: &[0xc00a, 0x0035] });
        }),
        fault(
            "legacy-enabled",
            "tls.legacy-protocol-enabled",
            "TLS 1.0 and 1.1 are still switched on beside TLS 1.2",
            "TLS 1.0 und 1.1 sind neben TLS 1.2 noch eingeschaltet",
        )
        .trick(Trick::Also(&[0x0301, 0x0302])),
        fault(
            "no-common-cipher",
            "tls.handshake-failed",
            "The server has only cipher suites that clients of today do not offer",
            "Der Server hat nur Cipher-Suites, die heutige Clients nicht anbieten",
        )
        .apart()
        .trick(Trick::Only { versions: &[0x0303], suites: &[0x000a, 0x0005] }),
        fault(
            "suites-dated",
            "tls.suites-dated",
            "The server has the cipher suites of Windows Server 2012 R2, which most clients still take",
            "Der Server hat die Cipher-Suites von Windows Server 2012 R2, die die meisten Clients noch nehmen",
        )
        .apart()
        .trick(DATED),
        fault(
            "suites-dated-everywhere",
            "tls.suites-dated",
            "Autodiscover and mail server alike have only the cipher suites of Windows Server 2012 R2",
            "Autodiscover und Mailserver haben beide nur die Cipher-Suites von Windows Server 2012 R2",
        )
        .trick(DATED),
        fault(
            "tls13-forced",
            "tls.protocol-13-broken",
            "TLS 1.3 is forced on a Windows that cannot do it",
            "TLS 1.3 ist auf einem Windows erzwungen, das es nicht kann",
        )
        .apart()
        .trick(Trick::Breaks13),
        fault(
            "certificates-get-lost",
            "tls.handshake-stalls",
            "Large packets of the server get lost (MTU)",
            "Große Pakete des Servers gehen verloren (MTU)",
        )
        .apart()
        .trick(Trick::StallsAfterHello)
        .silent(),
        fault(
            "large-hello-lost",
            "tls.handshake-stalls",
            "A device in front drops hellos of more than one packet",
            "Ein vorgeschaltetes Gerät verwirft Hellos aus mehr als einem Paket",
        )
        .trick(Trick::LosesLargeHello)
        .silent(),
        fault(
            "handshake-silent",
            "tls.handshake-cut",
            "The server takes connections and never says a word",
            "Der Server nimmt Verbindungen an und sagt nie ein Wort",
        )
        .apart()
        .trick(Trick::Silent)
        .silent(),
        fault(
            "renewed-on-one-node",
            "tls.expired",
            "The certificate was renewed on one of two nodes only",
            "Das Zertifikat wurde nur auf einem von zwei Knoten erneuert",
        )
        .with_node(|scenario, door| scenario.node(SECOND, door))
        .identity(SECOND, |identity| identity.chain = Chain::Expired),
        fault(
            "inspected",
            "tls.inspected",
            "A web filter between here and the server opens TLS",
            "Ein Webfilter zwischen hier und dem Server öffnet TLS",
        )
        .chain(Chain::Inspected),
        fault(
            "inspected-by-the-company",
            "tls.inspected",
            "The company's own authority issues for everybody, Microsoft included",
            "Die firmeneigene Stelle stellt für alle aus, auch für Microsoft",
        )
        .chain(Chain::Private)
        .record("outlook.office365.com", Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&["outlook.office365.com"], Product::Website))
        .identity(HOSTER, |identity| identity.chain = Chain::Private),
        fault(
            "clock-wrong",
            "tls.clock-wrong",
            "The clock of this machine is half a year behind",
            "Die Uhr dieses Rechners geht ein halbes Jahr nach",
        )
        .days_ahead(180),
    ]
}
