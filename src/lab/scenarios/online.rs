//! Which scenarios are about Exchange Online and hybrid organisations?

use super::{AUTODISCOVER, MAIL};
use crate::lab::cloud::{Cloud, GOVERNMENT, HOSTS, Realm};
use crate::lab::dns::Data;
use crate::lab::exchange::{Account, Offers};
use crate::lab::http::{Answer, pool_stopped};
use crate::lab::scenario::{
    CLOUD, Chain, DOMAIN, Door, EXCHANGE, HOSTER, PASSWORD, PROVIDER, Product, Scenario, WEBSITE, fault, healthy,
};

const EXCHANGER: &str = "corp-example.mail.protection.outlook.com";
const ALIAS: &str = "autodiscover.outlook.com";
const PROVIDER_NAME: &str = "sts.corp.example";
const FEDERATED: Cloud = Cloud { realm: Realm::Federated("https://sts.corp.example/adfs/ls/"), ..Cloud::MANAGED };

impl Scenario {
    /// With Microsoft's cloud, which says this of the domain.
    fn cloud(self, cloud: Cloud) -> Self {
        let to = "https://autodiscover-s.outlook.com/autodiscover/autodiscover.xml";
        let with_names = HOSTS.iter().fold(self, |scenario, host| scenario.record(host, Data::Address(CLOUD)));
        with_names.door(CLOUD, 443, Door::https(HOSTS, Product::Cloud(cloud))).door(
            CLOUD,
            80,
            Door::Plain(Product::Redirect(302, to).into()),
        )
    }

    /// With all mailboxes in the cloud, and no server of the company's own.
    pub(super) fn all_in_the_cloud(self, cloud: Cloud) -> Self {
        self.cloud(cloud)
            .without(MAIL)
            .without(DOMAIN)
            .record(DOMAIN, Data::Mail(EXCHANGER))
            .record(DOMAIN, Data::Address(WEBSITE))
            .instead(AUTODISCOVER, Data::Alias(ALIAS))
    }

    /// With a server of the company's own whose mail comes through the cloud, which claims the mailboxes.
    fn mail_through_the_cloud(self) -> Self {
        self.cloud(Cloud::MANAGED).instead(DOMAIN, Data::Mail(EXCHANGER)).record(DOMAIN, Data::Address(WEBSITE))
    }

    /// With the US government's cloud beside the worldwide one, which does not know the domain.
    fn with_government(self, cloud: Cloud) -> Self {
        let to = "https://autodiscover-s.office365.us/autodiscover/autodiscover.xml";
        let unknown = Cloud { realm: Realm::Unknown, ..Cloud::MANAGED };
        let with_names = GOVERNMENT.iter().fold(self, |scenario, host| scenario.record(host, Data::Address(HOSTER)));
        with_names
            .door(CLOUD, 443, Door::https(HOSTS, Product::Cloud(unknown)))
            .door(HOSTER, 443, Door::https(GOVERNMENT, Product::Cloud(cloud)))
            .door(HOSTER, 80, Door::Plain(Product::Redirect(302, to).into()))
    }

    /// With an identity provider of the company's own.
    fn provider(self, door: Door) -> Self {
        self.record(PROVIDER_NAME, Data::Address(PROVIDER)).door(PROVIDER, 443, door)
    }

    /// With a cloud that the company's own Exchange has its users sign in at.
    pub(super) fn hybrid(self, cloud: Cloud) -> Self {
        self.cloud(cloud).exchange(|exchange| exchange.offers = Offers::Modern)
    }
}

pub(super) fn all() -> Vec<Scenario> {
    vec![
        healthy(
            "healthy-exchange-online",
            "All mailboxes are in Exchange Online",
            "Alle Postfächer liegen in Exchange Online",
        )
        .all_in_the_cloud(Cloud::MANAGED),
        healthy(
            "healthy-exchange-online-federated",
            "Exchange Online, with an identity provider of the company's own",
            "Exchange Online mit eigenem Identitätsanbieter",
        )
        .all_in_the_cloud(FEDERATED)
        .provider(Door::https(&[PROVIDER_NAME], Product::StartPage)),
        healthy(
            "healthy-exchange-online-government",
            "All mailboxes are in the US government's cloud",
            "Alle Postfächer liegen in der Cloud der US-Behörden",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .instead(DOMAIN, Data::Mail("corp-example.mail.protection.office365.us"))
        .record(DOMAIN, Data::Address(WEBSITE))
        .instead(AUTODISCOVER, Data::Alias("autodiscover.office365.us"))
        .with_government(Cloud { exchange: "outlook.office365.us", ..Cloud::MANAGED }),
        healthy(
            "healthy-hybrid",
            "A hybrid organisation whose Autodiscover is the company's own",
            "Eine Hybrid-Organisation mit eigenem Autodiscover",
        )
        .hybrid(Cloud { sends_to: Some(AUTODISCOVER), ..Cloud::MANAGED }),
        healthy(
            "healthy-hybrid-by-the-cloud",
            "A hybrid organisation whose Autodiscover is the cloud, which sends on",
            "Eine Hybrid-Organisation mit Autodiscover in der Cloud, die weiterleitet",
        )
        .hybrid(Cloud { sends_to: Some(MAIL), ..Cloud::MANAGED })
        .instead(AUTODISCOVER, Data::Alias(ALIAS)),
        fault(
            "exchange-online-target",
            "dns.exchange-online-target-wrong",
            "The mailboxes moved to Exchange Online, autodiscover still leads to the web site",
            "Die Postfächer sind nach Exchange Online umgezogen, autodiscover führt noch zur Website",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .instead(AUTODISCOVER, Data::Address(WEBSITE)),
        fault(
            "exchange-online-no-record",
            "dns.exchange-online-target-wrong",
            "Exchange Online, but no record for autodiscover",
            "Exchange Online, aber kein Eintrag für autodiscover",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .without(AUTODISCOVER),
        fault(
            "cloud-too-early",
            "dns.cloud-target-without-mailbox",
            "autodiscover leads to the cloud, the mailbox is still on the company's own server",
            "autodiscover führt in die Cloud, das Postfach liegt noch auf dem eigenen Server",
        )
        .cloud(Cloud { sends_to: Some(AUTODISCOVER), ..Cloud::MANAGED })
        .instead(AUTODISCOVER, Data::Alias(ALIAS)),
        fault(
            "cloud-without-domain",
            "dns.cloud-target-without-mailbox",
            "autodiscover leads to the cloud, which does not know the domain",
            "autodiscover führt in die Cloud, die die Domain nicht kennt",
        )
        .cloud(Cloud { realm: Realm::Unknown, sends_to: Some(AUTODISCOVER), ..Cloud::MANAGED })
        .instead(AUTODISCOVER, Data::Alias(ALIAS)),
        healthy(
            "healthy-hybrid-claimed",
            "A hybrid organisation whose cloud answers for the mailbox of the company's own Exchange",
            "Eine Hybrid-Organisation, deren Cloud für das Postfach des eigenen Exchange antwortet",
        )
        .hybrid(Cloud::MANAGED),
        fault(
            "claimed-twice",
            "dns.mailbox-claimed-twice",
            "Cloud and company's own Exchange both claim the mailbox, and the password opens it on the latter",
            "Cloud und eigener Exchange beanspruchen beide das Postfach, und das Passwort öffnet es auf letzterem",
        )
        .hybrid(Cloud::MANAGED)
        .password(PASSWORD),
        fault(
            "hybrid-closed",
            "net.refused",
            "A hybrid organisation whose own Exchange is closed, while the cloud answers for the mailbox",
            "Eine Hybrid-Organisation, deren eigener Exchange geschlossen ist, während die Cloud für das Postfach antwortet",
        )
        .mail_through_the_cloud()
        .door(EXCHANGE, 443, Door::Closed),
        fault(
            "hybrid-silent",
            "net.timeout",
            "A firewall drops every connection to a hybrid organisation's own Exchange, while the cloud answers for it",
            "Eine Firewall verwirft jede Verbindung zum eigenen Exchange einer Hybrid-Organisation, die Cloud antwortet für ihn",
        )
        .mail_through_the_cloud()
        .door(EXCHANGE, 443, Door::Dropping)
        .silent(),
        fault(
            "hybrid-pools-stopped",
            "autodiscover.server-error",
            "A hybrid organisation whose own Exchange has stopped its application pools; the cloud answers for the mailbox",
            "Eine Hybrid-Organisation, deren Exchange die Anwendungspools angehalten hat; die Cloud antwortet für das Postfach",
        )
        .mail_through_the_cloud()
        .in_front(&pool_stopped()),
        fault(
            "exchange-online-host-fails",
            "dns.exchange-online-target-wrong",
            "All mailboxes are in Exchange Online; autodiscover still leads to a web host, which fails",
            "Alle Postfächer liegen in Exchange Online; autodiscover führt noch zu einem Webserver, der versagt",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .instead(AUTODISCOVER, Data::Address(HOSTER))
        .door(HOSTER, 443, Door::https(&[AUTODISCOVER], Product::Website))
        .in_front_of(HOSTER, &Answer::new(502).header("Server", "nginx").page("502 Bad Gateway", "<h1>502 Bad Gateway</h1>")),
        fault(
            "exchange-online-alias-closed",
            "net.refused",
            "All mailboxes are in Exchange Online, and nothing gets through to the alias of autodiscover",
            "Alle Postfächer liegen in Exchange Online, und zum Alias von autodiscover kommt nichts durch",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .instead(ALIAS, Data::Address(HOSTER))
        .door(HOSTER, 443, Door::Closed)
        .door(HOSTER, 80, Door::Closed),
        fault(
            "exchange-online-other-cloud",
            "dns.exchange-online-target-wrong",
            "The names lead to the worldwide cloud, the domain is in the US government's",
            "Die Namen führen zur weltweiten Cloud, die Domain liegt in der der US-Behörden",
        )
        .all_in_the_cloud(Cloud::MANAGED)
        .with_government(Cloud { exchange: "outlook.office365.us", ..Cloud::MANAGED }),
        fault(
            "realm-unknown",
            "auth.realm-unknown",
            "Mail goes to Exchange Online, where no tenant has the domain",
            "Die Mail geht an Exchange Online, wo kein Mandant die Domain hat",
        )
        .all_in_the_cloud(Cloud { realm: Realm::Unknown, ..Cloud::MANAGED }),
        fault(
            "federation-closed",
            "auth.federation-unreachable",
            "The identity provider of the company's own refuses connections",
            "Der eigene Identitätsanbieter lehnt Verbindungen ab",
        )
        .all_in_the_cloud(FEDERATED)
        .provider(Door::Closed),
        fault(
            "federation-certificate",
            "auth.federation-unreachable",
            "The identity provider shows a certificate for another name",
            "Der Identitätsanbieter zeigt ein Zertifikat für einen anderen Namen",
        )
        .all_in_the_cloud(FEDERATED)
        .provider(Door::https(&["adfs01.corp.example"], Product::StartPage)),
        fault(
            "cloud-impostor",
            "tls.self-signed",
            "Somebody on the way plays Microsoft's cloud, with a certificate of their own",
            "Jemand auf dem Weg spielt die Microsoft-Cloud, mit eigenem Zertifikat",
        )
        .all_in_the_cloud(Cloud { realm: Realm::Unknown, ..Cloud::MANAGED })
        .identity(CLOUD, |identity| identity.chain = Chain::SelfSigned),
        fault(
            "hybrid-mailbox-on-2010",
            "server.mailbox-server-differs",
            "Modern sign-in is on, the mailbox is still on Exchange 2010, which knows none",
            "Die moderne Anmeldung ist an, das Postfach liegt noch auf Exchange 2010, das keine kennt",
        )
        .hybrid(Cloud { sends_to: Some(AUTODISCOVER), ..Cloud::MANAGED })
        .password(PASSWORD)
        // 14.3.513
        .exchange(|exchange| exchange.mailbox_server = "73838201"),
        fault(
            "moved-to-the-cloud",
            "activesync.wrong-mailbox-server",
            "The mailbox was moved to the cloud, the server sends clients there",
            "Das Postfach ist in die Cloud umgezogen, der Server schickt Clients dorthin",
        )
        .hybrid(Cloud::MANAGED)
        .password(PASSWORD)
        .exchange(|exchange| {
            exchange.account = Account::Elsewhere("https://outlook.office365.com/Microsoft-Server-ActiveSync");
            exchange.external_url = "https://mail.corp.example/Microsoft-Server-ActiveSync";
        }),
    ]
}
