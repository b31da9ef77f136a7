//! Which scenarios are about names, zones and resolvers?

use super::{AUTODISCOVER, MAIL, SRV};
use crate::lab::dns::{Data, Fault, Role, Zone};
use crate::lab::scenario::{DOMAIN, Door, EXCHANGE, NAME_SERVER, SECOND, Scenario, WEBSITE, fault, healthy};
use std::net::{IpAddr, Ipv4Addr};

const NS1: &str = "ns1.corp.example";
const NS2: &str = "ns2.hoster.example";
/// The former hoster's name server.
const FORMER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 54);
/// A name server of the zone above.
const REGISTRY: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 53));
/// Only inside the company.
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));

/// What a name server says that does not hold the zone.
fn lame() -> Zone {
    Zone { faults: vec![("", Fault::Refused)], role: Role::Authority, ..Zone::default() }
}

impl Scenario {
    /// With a name server of its own that holds the zone.
    fn delegated(self) -> Self {
        let delegated = self.record(DOMAIN, Data::NameServer(NS1)).record(NS1, Data::Address(NAME_SERVER));
        let zone = Zone { role: Role::Authority, ..delegated.zone.clone() };
        delegated.name_server(NAME_SERVER, zone)
    }
}

pub(super) fn all() -> Vec<Scenario> {
    vec![
        healthy(
            "healthy-delegation",
            "The zone's name server is responsible for it",
            "Der Nameserver der Zone ist für sie zuständig",
        )
        .delegated(),
        healthy(
            "healthy-compared",
            "A second resolver sees another node of the same service",
            "Ein zweiter Resolver sieht einen anderen Knoten desselben Dienstes",
        )
        .with_node(|scenario, door| scenario.door(SECOND, 443, door))
        .compared_with(|outside| {
            outside.instead(MAIL, Data::Address(SECOND)).instead(AUTODISCOVER, Data::Address(SECOND))
        }),
        healthy(
            "healthy-wildcard",
            "A wildcard answers for Autodiscover, and leads to Exchange",
            "Ein Wildcard-Eintrag beantwortet Autodiscover und führt zu Exchange",
        )
        .without(AUTODISCOVER)
        .record("*.corp.example", Data::Address(EXCHANGE)),
        Scenario {
            hosts_file: "203.0.113.7 mail.corp.example\n",
            ..healthy(
                "healthy-hosts-file",
                "The hosts file says the same as the DNS",
                "Die hosts-Datei sagt dasselbe wie das DNS",
            )
        },
        fault(
            "wildcard",
            "dns.wildcard",
            "Only a wildcard answers for Autodiscover, and leads to the web site",
            "Nur ein Wildcard-Eintrag beantwortet Autodiscover und führt zur Website",
        )
        .without(AUTODISCOVER)
        .record("*.corp.example", Data::Address(WEBSITE)),
        fault(
            "alias-loop",
            "dns.alias-loop",
            "The aliases of autodiscover lead in a circle",
            "Die Aliasse von autodiscover führen im Kreis",
        )
        .instead(AUTODISCOVER, Data::Alias("ex1.corp.example"))
        .record("ex1.corp.example", Data::Alias("ex2.corp.example"))
        .record("ex2.corp.example", Data::Alias("ex1.corp.example")),
        fault(
            "alias-without-address",
            "dns.dangling-alias",
            "autodiscover is an alias of a name that has no address",
            "autodiscover ist ein Alias auf einen Namen ohne Adresse",
        )
        .instead(AUTODISCOVER, Data::Alias("post.corp.example"))
        .record("post.corp.example", Data::Mail(MAIL)),
        fault("srv-port", "dns.srv-port-unusual", "The SRV record names port 8443", "Der SRV-Eintrag nennt Port 8443")
            .without(AUTODISCOVER)
            .record(SRV, Data::Service(8443, MAIL)),
        fault(
            "lame-name-server",
            "dns.delegation-broken",
            "One of two name servers does not hold the zone",
            "Einer von zwei Nameservern hat die Zone nicht",
        )
        .delegated()
        .record(DOMAIN, Data::NameServer(NS2))
        .record(NS2, Data::Address(FORMER.into()))
        .name_server(FORMER.into(), lame()),
        fault(
            "delegation-gone",
            "dns.delegation-broken",
            "The registry names only a name server that no longer holds the zone",
            "Die Registry nennt nur einen Nameserver, der die Zone nicht mehr hat",
        )
        .dns_fault(DOMAIN, Fault::ServerFailure)
        .record("example", Data::NameServer("a.nic.example"))
        .record("a.nic.example", Data::Address(REGISTRY))
        .name_server(REGISTRY, Zone { role: Role::Parent(DOMAIN, &[(NS2, FORMER)]), ..Zone::default() })
        .name_server(FORMER.into(), lame()),
        fault(
            "dnssec-broken",
            "dns.server-failure",
            "The zone's DNSSEC signatures are broken",
            "Die DNSSEC-Signaturen der Zone sind fehlerhaft",
        )
        .dns_fault(DOMAIN, Fault::Bogus),
        fault(
            "split-dns",
            "dns.resolvers-disagree",
            "Another resolver gives out the inner address",
            "Ein anderer Resolver gibt die innere Adresse heraus",
        )
        .compared_with(|inside| {
            inside.instead(MAIL, Data::Address(INSIDE)).instead(AUTODISCOVER, Data::Address(INSIDE))
        }),
        fault(
            "resolvers-disagree",
            "dns.resolvers-disagree",
            "A move of the server has not reached this resolver yet",
            "Ein Umzug des Servers ist bei diesem Resolver noch nicht angekommen",
        )
        .with_node(|scenario, door| scenario.door(SECOND, 443, door))
        .door(EXCHANGE, 443, Door::Closed)
        .compared_with(|outside| {
            outside.instead(MAIL, Data::Address(SECOND)).instead(AUTODISCOVER, Data::Address(SECOND))
        }),
        Scenario {
            hosts_file: "# the old server\n203.0.113.8 mail.corp.example autodiscover.corp.example\n",
            ..fault(
                "hosts-file-override",
                "dns.hosts-file-override",
                "This machine's hosts file still names the old server",
                "Die hosts-Datei dieses Rechners nennt noch den alten Server",
            )
        }
        .door(SECOND, 443, Door::Closed),
    ]
}
