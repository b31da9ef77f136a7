//! Which scenarios are about the roads of Autodiscover?

use super::{AUTODISCOVER, MAIL, SRV};
use crate::lab::dns::Data;
use crate::lab::exchange::{Exchange, Settings};
use crate::lab::http::{Answer, groupware, iis_error, protocol_not_supported};
use crate::lab::scenario::{
    APART, DOMAIN, Door, EXCHANGE, EXCHANGE_V6, HOSTER, Identity, MAILBOX, PASSWORD, Product, Scenario, Trick, WEBSITE,
    fault, healthy,
};

impl Scenario {
    /// Signed in, and Autodiscover then says this.
    fn told(self, settings: Settings) -> Self {
        self.password(PASSWORD).exchange(|exchange| exchange.settings = settings)
    }

    /// Another groupware than Exchange.
    fn other_groupware(self, realm: &str) -> Self {
        self.autodiscover(&groupware(realm)).activesync(&groupware(realm))
    }
}

fn nginx_404() -> Answer {
    Answer::new(404).header("Server", "nginx").page("404 Not Found", "<center><h1>404 Not Found</h1></center>")
}

pub(super) fn all() -> Vec<Scenario> {
    let mut all = all_healthy();
    all.extend(errors());
    all.extend(roads());
    all
}

fn all_healthy() -> Vec<Scenario> {
    vec![
        healthy(
            "healthy-autodiscover-alone",
            "The domain has no web site, only Autodiscover",
            "Die Domain hat keine Website, nur Autodiscover",
        )
        .instead(DOMAIN, Data::Mail(MAIL)),
        healthy(
            "healthy-root-page",
            "The domain's web site answers every path with its start page",
            "Die Website der Domain beantwortet jeden Pfad mit ihrer Startseite",
        )
        .door(WEBSITE, 443, Door::https(&[DOMAIN, "www.corp.example"], Product::StartPage)),
        healthy(
            "healthy-root-certificate",
            "The certificate of the domain's web site is for another name",
            "Das Zertifikat der Website der Domain gilt für einen anderen Namen",
        )
        .identity(WEBSITE, |identity| identity.names = &["www.hoster.example"]),
        healthy(
            "healthy-alias-domain",
            "A further domain of a company, which leads to the server of its main one",
            "Eine weitere Domain einer Firma, die zum Server ihrer Hauptdomain führt",
        )
        .without(MAIL)
        .without(DOMAIN)
        .record(DOMAIN, Data::Mail("mail.main.example"))
        .record("mail.main.example", Data::Address(EXCHANGE))
        .identity(EXCHANGE, |identity| identity.names = &["mail.main.example", "autodiscover.main.example"])
        .exchange(|exchange| {
            exchange.external_url = "https://mail.main.example/Microsoft-Server-ActiveSync";
            exchange.external_ews = "https://mail.main.example/EWS/Exchange.asmx";
        })
        .instead(AUTODISCOVER, Data::Address(HOSTER))
        .door(HOSTER, 443, Door::Closed)
        .door(
            HOSTER,
            80,
            Door::Plain(Product::Redirect(302, "https://mail.main.example/autodiscover/autodiscover.xml").into()),
        ),
        healthy("healthy-v2-alone", "Only Autodiscover v2 is published", "Nur Autodiscover v2 ist veröffentlicht")
            .rule(None, "/autodiscover/autodiscover.xml", &iis_error(404, "File or directory not found.")),
        healthy(
            "healthy-v2-without-activesync",
            "Autodiscover v2 does not give out the address of ActiveSync",
            "Autodiscover v2 gibt die Adresse von ActiveSync nicht heraus",
        )
        .rule(None, "/autodiscover/autodiscover.json", &protocol_not_supported()),
        healthy(
            "healthy-without-soap",
            "The proxy in front lets only autodiscover.xml through",
            "Der Proxy davor lässt nur autodiscover.xml durch",
        )
        .rule(None, "/autodiscover/autodiscover.svc", &iis_error(404, "File or directory not found.")),
        healthy(
            "healthy-v2-hangs",
            "Autodiscover v2 never answers, everything else is in order",
            "Autodiscover v2 antwortet nie, alles andere ist in Ordnung",
        )
        .rule(None, "/autodiscover/autodiscover.json", &Answer::never())
        .brief(),
        healthy(
            "healthy-outlook-inside-alone",
            "Outlook Anywhere is not published, so Outlook is told only the internal address of EWS",
            "Outlook Anywhere ist nicht veröffentlicht, Outlook erfährt also nur die interne EWS-Adresse",
        )
        .told(Settings::ActiveSync)
        .exchange(|exchange| {
            exchange.outlook_anywhere = false;
            exchange.internal_ews = "https://ex01.corp.example/EWS/Exchange.asmx";
        }),
        healthy(
            "healthy-ews-inside-alone",
            "Only the internal address of EWS is set, to the public name",
            "Nur die interne EWS-Adresse ist gesetzt, auf den öffentlichen Namen",
        )
        .told(Settings::ActiveSync)
        .exchange(|exchange| (exchange.external_ews, exchange.internal_ews) = ("", exchange.external_ews)),
        healthy("healthy-z-push", "The server is Z-Push", "Der Server ist Z-Push").other_groupware("ZPush"),
        healthy("healthy-sogo", "The server is SOGo", "Der Server ist SOGo").other_groupware("SOGo"),
    ]
}

/// What Autodiscover says to those who have signed in.
fn errors() -> Vec<Scenario> {
    vec![
        fault(
            "provider-missing",
            "autodiscover.no-mobilesync",
            "Autodiscover has no provider for ActiveSync",
            "Autodiscover hat keinen Provider für ActiveSync",
        )
        .told(Settings::Error(601, "Provider is not available")),
        fault(
            "no-mobile-mailbox",
            "autodiscover.no-mobilesync",
            "The mailbox has no ActiveSync",
            "Für das Postfach gibt es kein ActiveSync",
        )
        .told(Settings::Error(500, "Cannot find mobile mailbox")),
        fault(
            "request-refused",
            "autodiscover.error-answer",
            "Something in front changes the request",
            "Etwas davor verändert die Anfrage",
        )
        .told(Settings::Error(600, "Invalid Request")),
        fault(
            "directory-down",
            "autodiscover.error-answer",
            "Exchange cannot reach its domain controllers",
            "Exchange erreicht seine Domänencontroller nicht",
        )
        .told(Settings::Error(603, "Active Directory currently not available.")),
        fault(
            "not-a-mailbox",
            "autodiscover.error-answer",
            "The address belongs to a group",
            "Die Adresse gehört einer Gruppe",
        )
        .told(Settings::Error(
            500,
            "The address has recipient type MailUniversalDistributionGroup. Only mailboxes and contacts are allowed.",
        )),
        fault(
            "redirect-to-itself",
            "autodiscover.redirect-loop",
            "Autodiscover sends a mailbox address back to itself",
            "Autodiscover schickt eine Postfachadresse auf sich selbst zurück",
        )
        .told(Settings::Redirect(MAILBOX)),
        fault(
            "soap-busy",
            "autodiscover.error-answer",
            "Autodiscover by SOAP is too busy",
            "Autodiscover per SOAP ist überlastet",
        )
        .told(Settings::BySoapAlone("ServerBusy")),
        fault(
            "url-not-https",
            "autodiscover.url-invalid",
            "Autodiscover names an address of ActiveSync without TLS",
            "Autodiscover nennt eine ActiveSync-Adresse ohne TLS",
        )
        .exchange(|exchange| exchange.external_url = "http://mail.corp.example/Microsoft-Server-ActiveSync"),
        fault(
            "url-empty",
            "autodiscover.url-invalid",
            "The external address of ActiveSync is not set",
            "Die externe Adresse von ActiveSync ist nicht gesetzt",
        )
        .exchange(|exchange| exchange.external_url = ""),
        fault(
            "url-wrong-path",
            "autodiscover.url-invalid",
            "Autodiscover names Outlook on the web in place of ActiveSync",
            "Autodiscover nennt Outlook im Web anstelle von ActiveSync",
        )
        .exchange(|exchange| exchange.external_url = "https://mail.corp.example/owa"),
        fault(
            "ews-internal",
            "autodiscover.ews-url-unusable",
            "Autodiscover gives out an internal address of EWS",
            "Autodiscover gibt eine interne EWS-Adresse heraus",
        )
        .exchange(|exchange| exchange.external_ews = "https://exch01.corp.local/EWS/Exchange.asmx"),
        fault(
            "ews-external-missing",
            "autodiscover.ews-external-url-missing",
            "The external address of EWS is not set",
            "Die externe EWS-Adresse ist nicht gesetzt",
        )
        .told(Settings::ActiveSync)
        .exchange(|exchange| exchange.external_ews = ""),
    ]
}

/// Where the roads lead.
fn roads() -> Vec<Scenario> {
    let exchange = Exchange::new(MAILBOX, PASSWORD);
    vec![
        fault(
            "alias-domain-without-record",
            "dns.no-autodiscover-record",
            "A further domain of a company, for which nobody has published Autodiscover",
            "Eine weitere Domain einer Firma, für die niemand Autodiscover veröffentlicht hat",
        )
        .instead(DOMAIN, Data::Mail("mail.main.example"))
        .without(MAIL)
        .without(AUTODISCOVER)
        .record("mail.main.example", Data::Address(EXCHANGE))
        .record("autodiscover.main.example", Data::Address(EXCHANGE))
        .identity(EXCHANGE, |identity| identity.names = &["mail.main.example", "autodiscover.main.example"])
        .exchange(|exchange| exchange.external_url = "https://mail.main.example/Microsoft-Server-ActiveSync"),
        fault(
            "autodiscover-of-the-top-level-domain",
            "dns.no-autodiscover-record",
            "No record of its own, and a stranger has registered autodiscover under the top-level domain",
            "Kein eigener Eintrag, und ein Fremder hat autodiscover unter der Top-Level-Domain registriert",
        )
        .password(PASSWORD)
        .instead(DOMAIN, Data::Mail(MAIL))
        .without(AUTODISCOVER)
        .record("autodiscover.example", Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&["autodiscover.example"], Product::Exchange(exchange))),
        fault(
            "hoster-certificate",
            "autodiscover.not-found",
            "autodiscover is an alias of the former hoster, who shows a certificate of his own",
            "autodiscover ist ein Alias auf den früheren Hoster, der sein eigenes Zertifikat zeigt",
        )
        .instead(AUTODISCOVER, Data::Alias("cpanel.hoster.example"))
        .record("cpanel.hoster.example", Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&["cpanel.hoster.example"], Product::Website)),
        fault(
            "root-domain-certificate",
            "autodiscover.root-domain-certificate",
            "Only the redirect from port 80 leads to Autodiscover, and iPhones first meet the web site's certificate",
            "Nur die Weiterleitung von Port 80 führt zu Autodiscover, und iPhones treffen vorher auf das Zertifikat der Website",
        )
        .identity(WEBSITE, |identity| identity.names = &["www.hoster.example"])
        .instead(AUTODISCOVER, Data::Address(APART))
        .door(APART, 443, Door::Closed)
        .door(
            APART,
            80,
            Door::Plain(Product::Redirect(302, "https://mail.corp.example/autodiscover/autodiscover.xml").into()),
        ),
        fault(
            "srv-target-certificate",
            "tls.name-mismatch",
            "The SRV record names a host that its certificate does not hold",
            "Der SRV-Eintrag nennt einen Host, den dessen Zertifikat nicht enthält",
        )
        .without(AUTODISCOVER)
        .record(SRV, Data::Service(443, "exchange.corp.example"))
        .record("exchange.corp.example", Data::Address(EXCHANGE)),
        fault(
            "wrong-virtual-host",
            "autodiscover.not-found",
            "The web server at autodiscover knows nothing of it",
            "Der Webserver unter autodiscover kennt es nicht",
        )
        .apart()
        .door(APART, 443, Door::https(&[AUTODISCOVER], Product::Website)),
        fault(
            "proxy-without-autodiscover",
            "autodiscover.not-found",
            "The proxy before Exchange passes ActiveSync on, but not Autodiscover",
            "Der Proxy vor Exchange reicht ActiveSync weiter, aber Autodiscover nicht",
        )
        .autodiscover(&nginx_404()),
        fault(
            "autodiscover-directory-gone",
            "autodiscover.not-found",
            "The directory of Autodiscover is missing in IIS",
            "Das Verzeichnis von Autodiscover fehlt in IIS",
        )
        .autodiscover(&iis_error(404, "File or directory not found.")),
        fault(
            "path-case",
            "autodiscover.path-case",
            "The proxy lets Autodiscover through only with capital letters",
            "Der Proxy lässt Autodiscover nur großgeschrieben durch",
        )
        .door(EXCHANGE, 443, Door::https(&[MAIL, AUTODISCOVER], Product::Capitals(exchange))),
        fault(
            "redirect-page",
            "autodiscover.redirect-page",
            "The host that should redirect from port 80 shows a page",
            "Der Host, der von Port 80 weiterleiten soll, zeigt eine Seite",
        )
        .instead(AUTODISCOVER, Data::Address(APART))
        .door(APART, 443, Door::Closed)
        .door(APART, 80, Door::Plain(Product::StartPage.into())),
        fault(
            "autodiscover-ipv6-dead",
            "net.ipv6-dead",
            "Autodiscover has a host of its own, whose IPv6 address does not answer",
            "Autodiscover hat einen eigenen Host, dessen IPv6-Adresse nicht antwortet",
        )
        .apart()
        .record(AUTODISCOVER, Data::Address(EXCHANGE_V6))
        .door(EXCHANGE_V6, 443, Door::Closed),
        fault(
            "slow-root",
            "autodiscover.slow",
            "The domain itself swallows connections, so that clients wait there first",
            "Die Domain selbst verschluckt Verbindungen, sodass Clients zuerst dort warten",
        )
        .door(WEBSITE, 443, Door::Dropping)
        .patient(),
        fault(
            "everything-hangs",
            "exdiag.deadline",
            "Every address of Autodiscover hangs, each in its own way",
            "Jede Autodiscover-Adresse hängt, jede auf ihre Weise",
        )
        .record(SRV, Data::Service(443, MAIL))
        .instead(AUTODISCOVER, Data::Address(APART))
        .door(WEBSITE, 443, Door::Dropping)
        .door(
            APART,
            443,
            Door::Tls(Identity { trick: Some(Trick::Silent), ..Identity::of(&[AUTODISCOVER]) }, Product::Mute.into()),
        )
        .door(APART, 80, Door::Plain(Product::Mute.into()))
        .door(EXCHANGE, 443, Door::https(&[MAIL], Product::Mute))
        .at_once(),
    ]
}
