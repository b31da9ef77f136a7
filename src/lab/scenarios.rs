//! Which scenarios are there?
//!
//! A scenario is the healthy organisation and what is different in it.

mod autodiscover;
mod ews;
mod logs;
mod names;
mod online;
mod server;
mod service;
mod session;
mod sign_in;
mod tls;

use super::dns::{Data, Fault};
use super::exchange::{Account, Offers, Settings};
use super::http::{asp_net_failure, iis_error, login_page, method_blocked, pool_stopped, redirect};
use super::nylas::{GrantState, Nylas};
use super::scenario::{
    APART, DOMAIN, Door, EXCHANGE, EXCHANGE_V6, HOSTER, MAILBOX, PASSWORD, Product, SECOND, Scenario, Standing, Staple,
    WEBSITE, fault, healthy,
};
use std::sync::LazyLock;

const AUTODISCOVER: &str = "autodiscover.corp.example";
const SRV: &str = "_autodiscover._tcp.corp.example";
const MAIL: &str = "mail.corp.example";

static ALL: LazyLock<Vec<Scenario>> = LazyLock::new(|| {
    [
        all(),
        tls::all(),
        autodiscover::all(),
        names::all(),
        online::all(),
        server::all(),
        session::all(),
        ews::all(),
        logs::all(),
        sign_in::all(),
        service::all(),
    ]
    .concat()
});

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
    provider: "ews",
    state: GrantState::Valid,
    others: &[],
    newest_message: 0,
};

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
            "Alles ist in Ordnung, und das Passwort stimmt",
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
            "Der Sync-Dienst hat eine gültige Berechtigung und eine Nachricht von heute",
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
            "Die Berechtigung beim Sync-Dienst gilt nicht mehr",
        )
        .nylas(Nylas { state: GrantState::Invalid, ..GRANT }),
        fault(
            "grant-blocked",
            "sync.grant-blocked",
            "The sync service has blocked the grant",
            "Der Sync-Dienst hat die Berechtigung gesperrt",
        )
        .nylas(Nylas { state: GrantState::Blocked, ..GRANT }),
        fault(
            "grant-unknown",
            "sync.grant-unknown",
            "The sync service does not know the grant",
            "Der Sync-Dienst kennt die Berechtigung nicht",
        )
        .nylas(Nylas { state: GrantState::Unknown, ..GRANT }),
        fault(
            "sync-stale",
            "sync.stale",
            "The grant is valid, but nothing has arrived for weeks",
            "Die Berechtigung gilt, aber seit Wochen kommt nichts an",
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
        fault("wrong-password", "auth.rejected", "The password is wrong", "Das Passwort ist falsch")
            .password("Sommer:Sonne-2025"),
        fault("password-expired", "auth.password-expired", "The password has expired", "Das Passwort ist abgelaufen")
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
            "bearer-only",
            "auth.bearer-only",
            "The server wants OAuth and takes no password",
            "Der Server verlangt OAuth und nimmt kein Passwort an",
        )
        .exchange(|exchange| exchange.offers = Offers::Bearer),
        fault(
            "no-sign-in-methods",
            "activesync.methods-missing",
            "All ways to sign in to ActiveSync are switched off",
            "Alle Anmeldewege für ActiveSync sind ausgeschaltet",
        )
        .exchange(|exchange| exchange.offers = Offers::Nothing),
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
