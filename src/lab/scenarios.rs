//! Which scenarios are there?
//!
//! A scenario is the healthy organisation and what is different in it.

mod autodiscover;
mod names;
mod online;
mod server;
mod session;

use super::dns::{Data, Fault};
use super::exchange::{Account, Offers, Settings};
use super::http::{asp_net_failure, iis_error, login_page, method_blocked, pool_stopped, redirect};
use super::nylas::{GrantState, Nylas};
use super::scenario::{
    APART, AUTHORITY, Asks, Chain, DOMAIN, Door, EXCHANGE, EXCHANGE_V6, HOSTER, MAILBOX, PASSWORD, Product, SECOND,
    Scenario, Standing, Staple, Trick, WEBSITE, fault, healthy,
};
use std::net::IpAddr;
use std::sync::LazyLock;

const AUTODISCOVER: &str = "autodiscover.corp.example";
const SRV: &str = "_autodiscover._tcp.corp.example";
const MAIL: &str = "mail.corp.example";

static ALL: LazyLock<Vec<Scenario>> =
    LazyLock::new(|| [all(), autodiscover::all(), names::all(), online::all(), server::all(), session::all()].concat());

/// Every scenario, the healthy ones first, then in the order of the troubleshooting sequence.
pub fn scenarios() -> &'static [Scenario] {
    &ALL
}

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static Scenario> {
    scenarios().iter().find(|scenario| scenario.name == name)
}

/// A usable grant, with a message of today.
const GRANT: Nylas = Nylas {
    key: "nyk_v0_lab",
    grant: "b0d9c6ae-7a2f-4f0b-9a53-0c5a5a2d3e11",
    email: MAILBOX,
    state: GrantState::Valid,
    newest_message: 0,
};

/// What Windows Server 2012 R2 offers with an RSA certificate: ECDHE with CBC, DHE and RSA with GCM.
const DATED: Trick =
    Trick::Only { versions: &[0x0303], suites: &[0xc028, 0xc027, 0xc014, 0x009f, 0x009d, 0x003c, 0x0035] };

fn all() -> Vec<Scenario> {
    vec![
        // healthy
        healthy("healthy", "Everything is in order", "Alles ist in Ordnung"),
        healthy("healthy-srv", "Only an SRV record leads to Autodiscover", "Nur ein SRV-Eintrag führt zu Autodiscover")
            .without(AUTODISCOVER)
            .record(SRV, Data::Service(443, MAIL)),
        healthy(
            "healthy-redirect",
            "Autodiscover is found by a redirect from port 80",
            "Autodiscover wird über eine Weiterleitung von Port 80 gefunden",
        )
        .instead(AUTODISCOVER, Data::Address(APART))
        .door(APART, 443, Door::Closed)
        .door(
            APART,
            80,
            Door::Plain(Product::Redirect(302, "https://mail.corp.example/autodiscover/autodiscover.xml").into()),
        ),
        healthy(
            "healthy-signed-in",
            "Everything is in order, and the password is right",
            "Alles ist in Ordnung, und das Kennwort stimmt",
        )
        .password(PASSWORD),
        healthy(
            "healthy-modern-auth",
            "Hybrid modern authentication is set up",
            "Die hybride moderne Authentifizierung ist eingerichtet",
        )
        .exchange(|exchange| exchange.offers = Offers::Modern),
        healthy("healthy-two-nodes", "Two healthy addresses, IPv4 and IPv6", "Zwei gesunde Adressen, IPv4 und IPv6")
            .with_node(|scenario, door| scenario.node(EXCHANGE_V6, door)),
        healthy(
            "healthy-default-cert",
            "Clients that name no host get another certificate",
            "Clients, die keinen Host nennen, bekommen ein anderes Zertifikat",
        )
        .identity(EXCHANGE, |identity| identity.default = Some(&["lb01.corp.example"])),
        healthy(
            "healthy-sync",
            "The sync service has a valid grant and a message of today",
            "Der Sync-Dienst hat eine gültige Freigabe und eine Nachricht von heute",
        )
        .nylas(GRANT),
        healthy(
            "healthy-ocsp",
            "The authority says by OCSP that the certificate is good",
            "Die Zertifizierungsstelle sagt per OCSP, dass das Zertifikat gilt",
        )
        .standing(Standing { ocsp: true, ..Standing::GOOD }),
        healthy(
            "healthy-stapled",
            "The server sends the OCSP response that its certificate demands",
            "Der Server sendet die OCSP-Antwort mit, die sein Zertifikat verlangt",
        )
        .standing(Standing { ocsp: true, must_staple: true, staple: Staple::Fresh, ..Standing::GOOD }),
        // the sync service's view
        fault(
            "grant-invalid",
            "sync.grant-invalid",
            "The sync service's grant is no longer valid",
            "Die Freigabe beim Sync-Dienst gilt nicht mehr",
        )
        .nylas(Nylas { state: GrantState::Invalid, ..GRANT }),
        fault(
            "grant-blocked",
            "sync.grant-blocked",
            "The sync service has blocked the grant",
            "Der Sync-Dienst hat die Freigabe gesperrt",
        )
        .nylas(Nylas { state: GrantState::Blocked, ..GRANT }),
        fault(
            "grant-unknown",
            "sync.grant-unknown",
            "The sync service does not know the grant",
            "Der Sync-Dienst kennt die Freigabe nicht",
        )
        .nylas(Nylas { state: GrantState::Unknown, ..GRANT }),
        fault(
            "sync-stale",
            "sync.stale",
            "The grant is valid, but nothing has arrived for weeks",
            "Die Freigabe gilt, aber seit Wochen kommt nichts an",
        )
        .nylas(Nylas { newest_message: 40, ..GRANT }),
        // name resolution
        fault(
            "domain-not-found",
            "dns.domain-not-found",
            "The mail domain does not exist",
            "Die Maildomain gibt es nicht",
        )
        .empty_zone(),
        fault(
            "no-autodiscover",
            "dns.no-autodiscover-record",
            "No record leads to Autodiscover",
            "Kein Eintrag führt zu Autodiscover",
        )
        .without(AUTODISCOVER)
        .instead(DOMAIN, Data::Mail(MAIL)),
        fault(
            "dangling-alias",
            "dns.dangling-alias",
            "autodiscover is an alias of a name that is gone",
            "autodiscover ist ein Alias auf einen Namen, den es nicht mehr gibt",
        )
        .instead(AUTODISCOVER, Data::Alias("exchange-old.corp.example")),
        fault(
            "dns-servfail",
            "dns.server-failure",
            "The name servers of the domain fail",
            "Die Nameserver der Domain versagen",
        )
        .dns_fault(DOMAIN, Fault::ServerFailure),
        fault("dns-silent", "dns.no-answer", "The name server does not answer", "Der Nameserver antwortet nicht")
            .dns_fault("", Fault::Silence)
            .silent(),
        fault(
            "srv-target-invalid",
            "dns.srv-target-invalid",
            "The SRV record names a host that does not exist",
            "Der SRV-Eintrag nennt einen Host, den es nicht gibt",
        )
        .without(AUTODISCOVER)
        .record(SRV, Data::Service(443, "mial.corp.example")),
        // Autodiscover
        fault(
            "web-host-answers",
            "autodiscover.web-host-answers",
            "A web site answers in place of Autodiscover",
            "Eine Website antwortet anstelle von Autodiscover",
        )
        .without(MAIL)
        .instead(AUTODISCOVER, Data::Address(WEBSITE))
        .door(WEBSITE, 443, Door::https(&[DOMAIN, "www.corp.example", AUTODISCOVER], Product::StartPage))
        .door(WEBSITE, 80, Door::Plain(Product::StartPage.into())),
        fault(
            "imap-profile",
            "autodiscover.other-protocol",
            "The web host's Autodiscover hands out IMAP",
            "Das Autodiscover des Webhosters verteilt IMAP",
        )
        .instead(AUTODISCOVER, Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&[AUTODISCOVER], Product::Panel)),
        fault(
            "redirect-loop",
            "autodiscover.redirect-loop",
            "Autodiscover redirects in a circle",
            "Autodiscover leitet im Kreis weiter",
        )
        .apart()
        .door(
            APART,
            443,
            Door::https(
                &[AUTODISCOVER],
                Product::Redirect(302, "https://mail.corp.example/autodiscover/autodiscover.xml"),
            ),
        )
        .autodiscover(&redirect(302, "https://autodiscover.corp.example/autodiscover/autodiscover.xml")),
        fault(
            "redirect-insecure",
            "autodiscover.redirect-insecure",
            "Autodiscover redirects to an address without TLS",
            "Autodiscover leitet auf eine Adresse ohne TLS weiter",
        )
        .autodiscover(&redirect(302, "http://mail.corp.example/autodiscover/autodiscover.xml")),
        fault(
            "foreign-redirect",
            "autodiscover.redirect-foreign-domain",
            "Autodiscover redirects to another company's domain",
            "Autodiscover leitet in die Domain einer anderen Firma weiter",
        )
        .password(PASSWORD)
        .hosted_elsewhere(),
        fault(
            "address-unknown",
            "autodiscover.error-answer",
            "Autodiscover does not know the address",
            "Autodiscover kennt die Adresse nicht",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.settings = Settings::Error(500, "The email address can't be found.")),
        fault(
            "url-internal",
            "autodiscover.url-internal",
            "Autodiscover gives out an internal server name",
            "Autodiscover gibt einen internen Servernamen heraus",
        )
        .exchange(|exchange| exchange.external_url = "https://exch01.corp.local/Microsoft-Server-ActiveSync"),
        fault(
            "server-error",
            "autodiscover.server-error",
            "Autodiscover itself fails on the Exchange server",
            "Autodiscover selbst scheitert auf dem Exchange-Server",
        )
        .autodiscover(&asp_net_failure()),
        // the way to the server
        fault("port-closed", "net.refused", "Port 443 of the server is closed", "Port 443 des Servers ist geschlossen")
            .apart()
            .door(EXCHANGE, 443, Door::Closed),
        fault(
            "firewall-drops",
            "net.timeout",
            "A firewall drops every connection to the server",
            "Eine Firewall verwirft jede Verbindung zum Server",
        )
        .apart()
        .door(EXCHANGE, 443, Door::Dropping)
        .silent(),
        fault(
            "everything-closed",
            "net.refused",
            "The port of mail server and Autodiscover alike is closed",
            "Der Port von Mailserver und Autodiscover zugleich ist geschlossen",
        )
        .door(EXCHANGE, 443, Door::Closed),
        fault(
            "autodiscover-closed",
            "net.refused",
            "Autodiscover has an address of its own, and its port is closed",
            "Autodiscover hat eine eigene Adresse, und deren Port ist geschlossen",
        )
        .apart()
        .door(APART, 443, Door::Closed),
        fault(
            "everything-silent",
            "net.timeout",
            "A firewall drops every connection to mail server and Autodiscover",
            "Eine Firewall verwirft jede Verbindung zu Mailserver und Autodiscover",
        )
        .door(EXCHANGE, 443, Door::Dropping)
        .silent(),
        fault(
            "ipv6-dead",
            "net.ipv6-dead",
            "The server's IPv6 address is published but does not answer",
            "Die IPv6-Adresse des Servers ist veröffentlicht, antwortet aber nicht",
        )
        .node(EXCHANGE_V6, Door::Dropping)
        .silent(),
        fault("dead-address", "net.address-dead", "One of two addresses is dead", "Eine von zwei Adressen ist tot")
            .node(SECOND, Door::Closed),
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
        // ActiveSync
        fault(
            "not-published",
            "activesync.not-found",
            "ActiveSync is not published",
            "ActiveSync ist nicht veröffentlicht",
        )
        .activesync(&iis_error(404, "File or directory not found.")),
        fault(
            "forbidden",
            "activesync.forbidden",
            "The server refuses ActiveSync to everybody",
            "Der Server verweigert ActiveSync allen",
        )
        .activesync(&iis_error(403, "Forbidden: Access is denied.")),
        fault(
            "options-blocked",
            "activesync.options-blocked",
            "A web application firewall blocks OPTIONS",
            "Eine Web Application Firewall sperrt OPTIONS",
        )
        .options_method(&method_blocked()),
        fault(
            "preauthentication",
            "activesync.preauthentication",
            "A device in front asks for a sign-in on a page of its own",
            "Ein vorgeschaltetes Gerät verlangt eine Anmeldung auf eigener Seite",
        )
        .activesync(&login_page()),
        fault(
            "app-pool-stopped",
            "activesync.unavailable",
            "ActiveSync's application pool is stopped",
            "Der Anwendungspool von ActiveSync ist angehalten",
        )
        .activesync(&pool_stopped()),
        fault(
            "eas-server-error",
            "activesync.server-error",
            "ActiveSync itself fails on the Exchange server",
            "ActiveSync selbst scheitert auf dem Exchange-Server",
        )
        .activesync(&asp_net_failure()),
        // signing in
        fault("wrong-password", "auth.rejected", "The password is wrong", "Das Kennwort ist falsch")
            .password("Sommer:Sonne-2025"),
        fault("password-expired", "auth.password-expired", "The password has expired", "Das Kennwort ist abgelaufen")
            .password(PASSWORD)
            .exchange(|exchange| exchange.account = Account::PasswordExpired),
        fault("account-blocked", "auth.account-blocked", "The account is blocked", "Das Konto ist gesperrt")
            .password(PASSWORD)
            .exchange(|exchange| exchange.account = Account::Blocked),
        fault(
            "windows-only",
            "auth.windows-only",
            "The server offers Windows sign-in alone",
            "Der Server bietet nur die Windows-Anmeldung an",
        )
        .exchange(|exchange| exchange.offers = Offers::Windows),
        fault(
            "bearer-incomplete",
            "auth.bearer-incomplete",
            "The server wants OAuth but does not say where to sign in",
            "Der Server verlangt OAuth, sagt aber nicht, wo man sich anmeldet",
        )
        .exchange(|exchange| exchange.offers = Offers::IncompleteBearer),
        fault(
            "moved-mailbox",
            "activesync.wrong-mailbox-server",
            "The mailbox was moved to another server",
            "Das Postfach ist auf einen anderen Server umgezogen",
        )
        .password(PASSWORD)
        .exchange(|exchange| {
            exchange.account = Account::Elsewhere("https://mail2.corp.example/Microsoft-Server-ActiveSync");
        }),
        fault(
            "old-protocol",
            "activesync.version-too-old",
            "The server speaks only ActiveSync 12.0 and older",
            "Der Server spricht nur ActiveSync 12.0 und älter",
        )
        .password(PASSWORD)
        .exchange(|exchange| exchange.versions = "2.5,12.0"),
    ]
}

impl Scenario {
    /// With a further node made of the first one's door.
    fn with_node(self, add: impl Fn(Self, Door) -> Self) -> Self {
        let door = self.exchange_door();
        add(self, door)
    }

    /// With a world that is so many days ahead of whoever checks it.
    fn days_ahead(mut self, days: u32) -> Self {
        self.days_ahead = days;
        self
    }

    /// With nothing in the DNS at all.
    fn empty_zone(mut self) -> Self {
        self.zone.records.clear();
        self
    }

    /// With Autodiscover sending everybody to a hoster of another domain, where all works.
    fn hosted_elsewhere(self) -> Self {
        let to = "https://autodiscover.hoster.example/autodiscover/autodiscover.xml";
        let door = self.exchange_door();
        self.without(MAIL)
            .instead(AUTODISCOVER, Data::Address(APART))
            .door(APART, 443, Door::https(&[AUTODISCOVER], Product::Redirect(302, to)))
            .record("autodiscover.hoster.example", Data::Address(HOSTER))
            .record("mail.hoster.example", Data::Address(HOSTER))
            .door(HOSTER, 443, door)
            .identity(HOSTER, |identity| {
                identity.names = &["mail.hoster.example", "autodiscover.hoster.example"];
            })
            .exchange(|exchange| exchange.external_url = "https://mail.hoster.example/Microsoft-Server-ActiveSync")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_kebab_case_and_every_text_is_there_in_both_languages() {
        let mut seen = BTreeSet::new();
        for scenario in scenarios() {
            assert!(seen.insert(scenario.name), "{} twice", scenario.name);
            assert!(scenario.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            let titles = [scenario.title.en, scenario.title.de];
            assert!(titles.iter().all(|t| !t.is_empty() && !t.ends_with('.')), "{titles:?}");
            assert_eq!(scenario.is_healthy(), scenario.name.starts_with("healthy"), "{}", scenario.name);
        }
        assert!(find("intermediate-missing").is_some() && find("nothing").is_none());
    }

    #[test]
    fn rfc5737_every_address_is_one_for_documentation() {
        for address in scenarios().iter().flat_map(Scenario::addresses) {
            let text = address.to_string();
            assert!(["203.0.113.", "198.51.100.", "2001:db8::"].iter().any(|p| text.starts_with(p)), "{text}");
        }
    }
}
