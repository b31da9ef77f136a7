//! What does a scenario consist of?
//!
//! Every scenario starts from one healthy organisation, corp.example, and changes what makes it
//! different. All addresses are those for documentation (RFC 5737, RFC 3849).

use super::cloud::Cloud;
use super::dns::{Data, Fault, Zone};
use super::exchange::Exchange;
use super::http::Answer;
use super::logs::Lines;
use super::nylas::Nylas;
use super::pki::AIA_HOST;
use crate::order;
use crate::protocol::reach::is_private;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The mailbox of every scenario.
pub const MAILBOX: &str = "anna@corp.example";
/// Its domain.
pub const DOMAIN: &str = "corp.example";
/// Its password.
pub const PASSWORD: &str = "Herbst:Regen-2026";

/// The Exchange server.
pub const EXCHANGE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
/// Its second node, where there is one.
pub const SECOND: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 8));
/// Its IPv6 address, where there is one.
pub const EXCHANGE_V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7));
/// Where Autodiscover is published apart from the mail server.
pub const APART: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 6));
/// The company's web site.
pub const WEBSITE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 80));
/// The identity provider of the company's own.
pub const PROVIDER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 30));
/// A name server of the company's own.
pub const NAME_SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 53));
/// Microsoft's cloud.
pub const CLOUD: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 30));
/// A hoster of another domain.
pub const HOSTER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 10));
/// The sync service.
pub const SERVICE: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20));
/// Where the issuing authority's certificate lies.
pub const AUTHORITY: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 80));

/// A scenario's name in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Title {
    /// English.
    pub en: &'static str,
    /// German.
    pub de: &'static str,
}

/// One state of the world, healthy or with one fault.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// How it is called, kebab-case.
    pub name: &'static str,
    /// What is so in it.
    pub title: Title,
    /// The code of the cause that the check must name first; none where it is healthy.
    pub expected: Option<&'static str>,
    /// The password that the user gives, if any.
    pub password: Option<&'static str>,
    /// The access token that the user gives, if any.
    pub token: Option<String>,
    /// The key of the sync service's API, where it is asked.
    pub service_key: Option<&'static str>,
    /// Further options of the check.
    pub options: Vec<&'static str>,
    /// How many days the world is ahead of the clock of whoever checks.
    pub days_ahead: u32,
    /// What the hosts file of this machine holds.
    pub hosts_file: &'static str,
    /// What the server's own log holds; empty: it is not at hand.
    pub(super) log: Vec<Lines>,
    pub(super) zone: Zone,
    /// What another resolver sees, which is compared with.
    pub(super) second: Option<Zone>,
    /// Name servers by their address, and what each says.
    pub(super) name_servers: Vec<(IpAddr, Zone)>,
    pub(super) doors: Vec<(IpAddr, u16, Door)>,
}

/// What stands behind an address and port.
#[derive(Debug, Clone)]
pub enum Door {
    /// Nothing: connections are refused.
    Closed,
    /// A firewall that drops every packet.
    Dropping,
    /// HTTP.
    Plain(Site),
    /// HTTP over TLS.
    Tls(Identity, Site),
}

/// How a server proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The names in the certificate.
    pub names: &'static [&'static str],
    /// The certificate and what is sent with it.
    pub chain: Chain,
    /// Whether the client must show a certificate too, and how it learns of it.
    pub wants_client_certificate: Option<Asks>,
    /// The names in the certificate for clients that name none (RFC 6066, 3), where it is another.
    pub default: Option<&'static [&'static str]>,
    /// What is odd about its handshake.
    pub trick: Option<Trick>,
    /// What the authority says about the certificate, and where.
    pub standing: Standing,
}

/// What an authority says about a certificate, and how one learns of it beside the revocation list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether it has taken it back.
    pub revoked: bool,
    /// Whether the certificate names an OCSP responder.
    pub ocsp: bool,
    /// Whether it demands that the server sends an OCSP response.
    pub must_staple: bool,
    /// The OCSP response that the server sends.
    pub staple: Staple,
}

/// The OCSP response that a server sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staple {
    /// None.
    Missing,
    /// One of today.
    Fresh,
    /// One whose time is over.
    Old,
}

impl Standing {
    /// Good, by the revocation list alone: what public authorities do today.
    pub const GOOD: Self = Self { revoked: false, ocsp: false, must_staple: false, staple: Staple::Missing };
}

/// How a server asks for a client certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// In the handshake of TLS 1.2, which ends without one.
    Tls12,
    /// In that of TLS 1.3, which is over before the server refuses (RFC 8446, 4.4.2.4).
    Tls13,
    /// After the request, by a new handshake under TLS 1.2, as IIS does.
    Renegotiation,
}

/// What a server does that no library would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trick {
    /// It speaks only these versions and takes only these suites.
    Only {
        /// As on the wire.
        versions: &'static [u16],
        /// As on the wire, the first that the client offers.
        suites: &'static [u16],
    },
    /// It speaks these versions too.
    Also(&'static [u16]),
    /// Nothing behind the ServerHello arrives.
    StallsAfterHello,
    /// A hello that needs a second packet gets lost.
    LosesLargeHello,
    /// It closes as soon as TLS 1.3 is offered.
    Breaks13,
    /// It takes the connection and says nothing.
    Silent,
}

/// The certificate, and what is sent with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// Leaf and issuing authority.
    Complete,
    /// The leaf alone.
    LeafOnly,
    /// The leaf and an authority that did not issue it.
    WrongIssuer,
    /// The leaf and the issuing authority's former certificate.
    ExpiredIssuer,
    /// The leaf, the root and then the issuing authority.
    Disordered,
    /// A leaf that is over.
    Expired,
    /// A leaf that does not hold yet.
    NotYetValid,
    /// A leaf with 4 of 90 days left.
    ExpiresSoon,
    /// Exchange's own.
    SelfSigned,
    /// Of the company's own authority, whose root is sent and installed nowhere.
    Private,
    /// Made on the way by a device of a known make.
    Inspected,
}

/// What a server answers: the first rule that fits, else what its product says.
#[derive(Debug, Clone)]
pub struct Site {
    /// What it is.
    pub product: Product,
    /// What it answers otherwise.
    pub rules: Vec<Rule>,
}

/// An answer that is not the product's own.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Only for this method.
    pub method: Option<&'static str>,
    /// For this path and all below it.
    pub path: &'static str,
    /// What is answered.
    pub answer: Answer,
}

/// What a server is.
#[derive(Debug, Clone)]
pub enum Product {
    /// Exchange Server.
    Exchange(Exchange),
    /// A company's web site: pages at `/`, 404 elsewhere.
    Website,
    /// A web site that answers every path with its start page.
    StartPage,
    /// An Exchange behind a proxy that lets Autodiscover through only with capital letters.
    Capitals(Exchange),
    /// An Exchange behind a front that says this status to every sign-in that Exchange refuses.
    Front(Exchange, u16),
    /// An Exchange behind a front that sends back whatever signs somebody in.
    Echo(Exchange),
    /// It takes every request and never answers.
    Mute,
    /// A web host whose panel answers Autodiscover with IMAP settings.
    Panel,
    /// A redirect of every path, on port 80: status, address.
    Redirect(u16, &'static str),
    /// What the authorities publish: a certificate, revocation lists, OCSP responses.
    Issuer,
    /// The sync service's API.
    Nylas(Nylas),
    /// Microsoft's cloud.
    Cloud(Cloud),
}

impl From<Product> for Site {
    fn from(product: Product) -> Self {
        Self { product, rules: Vec::new() }
    }
}

impl Identity {
    /// A complete chain for these names.
    pub const fn of(names: &'static [&'static str]) -> Self {
        Self {
            names,
            chain: Chain::Complete,
            wants_client_certificate: None,
            default: None,
            trick: None,
            standing: Standing::GOOD,
        }
    }
}

impl Door {
    /// A site behind a good certificate.
    pub fn https(names: &'static [&'static str], product: Product) -> Self {
        Self::Tls(Identity::of(names), product.into())
    }

    fn site(&mut self) -> Option<&mut Site> {
        match self {
            Self::Plain(site) | Self::Tls(_, site) => Some(site),
            Self::Closed | Self::Dropping => None,
        }
    }
}

/// A healthy organisation: Autodiscover and mail on one Exchange server, the company's web site
/// at the domain itself.
pub fn healthy(name: &'static str, en: &'static str, de: &'static str) -> Scenario {
    let exchange = Exchange::new(MAILBOX, PASSWORD);
    Scenario {
        name,
        title: Title { en, de },
        expected: None,
        password: None,
        token: None,
        service_key: None,
        options: Vec::new(),
        days_ahead: 0,
        hosts_file: "",
        log: Vec::new(),
        zone: Zone {
            records: vec![
                (DOMAIN, Data::Mail("mail.corp.example")),
                (DOMAIN, Data::Address(WEBSITE)),
                ("www.corp.example", Data::Address(WEBSITE)),
                ("mail.corp.example", Data::Address(EXCHANGE)),
                ("autodiscover.corp.example", Data::Address(EXCHANGE)),
                (AIA_HOST, Data::Address(AUTHORITY)),
            ],
            ..Zone::default()
        },
        second: None,
        name_servers: Vec::new(),
        doors: vec![
            (
                EXCHANGE,
                443,
                Door::https(&["mail.corp.example", "autodiscover.corp.example"], Product::Exchange(exchange)),
            ),
            (WEBSITE, 443, Door::https(&[DOMAIN, "www.corp.example"], Product::Website)),
            (WEBSITE, 80, Door::Plain(Product::Redirect(301, "https://www.corp.example/").into())),
            (AUTHORITY, 80, Door::Plain(Product::Issuer.into())),
        ],
    }
}

/// A JWT (RFC 7519) with these claims, whose signature nobody could verify.
pub fn jwt(claims: &serde_json::Value) -> String {
    let part = |text: String| URL_SAFE_NO_PAD.encode(text);
    let head = serde_json::json!({"typ": "JWT", "alg": "RS256", "kid": "lab"});
    format!("{}.{}.{}", part(head.to_string()), part(claims.to_string()), part("nobody signs in a lab".to_owned()))
}

/// The same with a fault, of which the check must say this code first.
pub fn fault(name: &'static str, expected: &'static str, en: &'static str, de: &'static str) -> Scenario {
    Scenario { expected: Some(expected), ..healthy(name, en, de) }
}

impl Scenario {
    /// Whether nothing is wrong in it.
    pub const fn is_healthy(&self) -> bool {
        self.expected.is_none()
    }

    /// The addresses of its world, each once.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let of_zone = self.zone.records.iter().filter_map(|(_, data)| match data {
            Data::Address(address) => Some(*address),
            _ => None,
        });
        let of_second = self.second.iter().flat_map(|zone| &zone.records).filter_map(|(_, data)| match data {
            // nobody is led to an inner one
            Data::Address(address) if !is_private(*address) => Some(*address),
            _ => None,
        });
        let of_doors = self.doors.iter().map(|(address, _, _)| *address);
        let of_servers = self.name_servers.iter().map(|(address, _)| *address);
        let mut all: Vec<IpAddr> = of_zone.chain(of_second).chain(of_doors).chain(of_servers).collect();
        order::rising(&mut all);
        all.dedup();
        all
    }

    /// With one more record.
    pub(super) fn record(mut self, owner: &'static str, data: Data) -> Self {
        self.zone.records.push((owner, data));
        self
    }

    /// Without any record of this name.
    pub(super) fn without(mut self, owner: &str) -> Self {
        self.zone.records.retain(|(at, _)| *at != owner);
        self
    }

    /// With this record as the only one of its name.
    pub(super) fn instead(self, owner: &'static str, data: Data) -> Self {
        self.without(owner).record(owner, data)
    }

    /// With this as the DNS of everybody who asks the other resolver.
    pub(super) fn compared_with(mut self, change: impl Fn(Self) -> Self) -> Self {
        self.second = Some(change(self.clone()).zone);
        self
    }

    /// With a name server at this address.
    pub(super) fn name_server(mut self, address: IpAddr, zone: Zone) -> Self {
        self.name_servers.push((address, zone));
        self
    }

    /// With a name server that fails for this name and all below it; for all where it is empty.
    pub(super) fn dns_fault(mut self, at: &'static str, fault: Fault) -> Self {
        self.zone.faults.push((at, fault));
        self
    }

    /// With this behind an address and port.
    pub(super) fn door(mut self, address: IpAddr, port: u16, door: Door) -> Self {
        self.doors.retain(|(at, on, _)| (*at, *on) != (address, port));
        self.doors.push((address, port, door));
        self
    }

    /// With one more address for the mail server, Autodiscover included.
    pub(super) fn node(self, address: IpAddr, door: Door) -> Self {
        self.record("mail.corp.example", Data::Address(address))
            .record("autodiscover.corp.example", Data::Address(address))
            .door(address, 443, door)
    }

    /// What stands behind the mail server's first address.
    pub(super) fn exchange_door(&self) -> Door {
        let found = self.doors.iter().find(|(address, port, _)| (*address, *port) == (EXCHANGE, 443));
        found.map_or(Door::Closed, |(_, _, door)| door.clone())
    }

    /// With Autodiscover published at an address of its own, so that a fault of the mail server
    /// does not keep it from being found.
    pub(super) fn apart(self) -> Self {
        let mut door = self.exchange_door();
        if let Door::Tls(identity, _) = &mut door {
            *identity = Identity::of(&["autodiscover.corp.example"]);
        }
        self.instead("autodiscover.corp.example", Data::Address(APART)).door(APART, 443, door)
    }

    /// With another certificate at this address.
    pub(super) fn identity(mut self, at: IpAddr, change: impl Fn(&mut Identity)) -> Self {
        for (address, _, door) in &mut self.doors {
            if let Door::Tls(identity, _) = door
                && *address == at
            {
                change(identity);
            }
        }
        self
    }

    /// With something odd about the handshake of the mail server.
    pub(super) fn trick(self, trick: Trick) -> Self {
        self.identity(EXCHANGE, |identity| identity.trick = Some(trick))
    }

    /// With another chain at the mail server.
    pub(super) fn chain(self, chain: Chain) -> Self {
        self.identity(EXCHANGE, |identity| identity.chain = chain)
    }

    /// With something else that the authority says about the mail server's certificate.
    pub(super) fn standing(self, standing: Standing) -> Self {
        self.identity(EXCHANGE, |identity| identity.standing = standing)
    }

    /// With an Exchange that is set up otherwise.
    pub(super) fn exchange(mut self, change: impl Fn(&mut Exchange)) -> Self {
        for (_, _, door) in &mut self.doors {
            if let Some(Site { product: Product::Exchange(exchange), .. }) = door.site() {
                change(exchange);
            }
        }
        self
    }

    /// With an Exchange that is set up otherwise at this address.
    pub(super) fn exchange_at(mut self, at: IpAddr, change: impl Fn(&mut Exchange)) -> Self {
        for (address, _, door) in &mut self.doors {
            if let Some(Site { product: Product::Exchange(exchange), .. }) = door.site().filter(|_| *address == at) {
                change(exchange);
            }
        }
        self
    }

    /// With an answer of its own at every Exchange address, marked as Exchange's where it is.
    pub(super) fn rule(mut self, method: Option<&'static str>, path: &'static str, answer: &Answer) -> Self {
        for (_, _, door) in &mut self.doors {
            if let Some(site) = door.site()
                && matches!(site.product, Product::Exchange(_))
            {
                site.rules.push(Rule { method, path, answer: answer.clone() });
            }
        }
        self
    }

    /// With a device in front of the mail server's first address that answers everything itself.
    pub(super) fn in_front(self, answer: &Answer) -> Self {
        self.in_front_of(EXCHANGE, answer)
    }

    /// With a device in front of this address that answers everything itself.
    pub(super) fn in_front_of(mut self, front: IpAddr, answer: &Answer) -> Self {
        for (address, _, door) in &mut self.doors {
            if let Some(site) = door.site().filter(|_| *address == front) {
                site.rules.push(Rule { method: None, path: "", answer: answer.clone() });
            }
        }
        self
    }

    /// With this answer for all of ActiveSync.
    pub(super) fn activesync(self, answer: &Answer) -> Self {
        self.rule(None, "/Microsoft-Server-ActiveSync", answer)
    }

    /// With this answer for OPTIONS alone.
    pub(super) fn options_method(self, answer: &Answer) -> Self {
        self.rule(Some("OPTIONS"), "/Microsoft-Server-ActiveSync", answer)
    }

    /// With this answer for all of Autodiscover.
    pub(super) fn autodiscover(self, answer: &Answer) -> Self {
        self.rule(None, "/autodiscover", answer)
    }

    /// With a user who gives this password.
    pub(super) fn password(mut self, password: &'static str) -> Self {
        self.password = Some(password);
        self
    }

    /// With a user who gives an access token with these claims.
    pub(super) fn token(mut self, claims: &serde_json::Value) -> Self {
        self.token = Some(jwt(claims));
        self
    }

    /// With a user who gives this access token in place of whatever else.
    #[must_use]
    pub fn signed_in_by(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// With this password, which is the right one.
    #[must_use]
    pub fn signed_in_with(self, password: &'static str) -> Self {
        self.password(password).exchange(|exchange| exchange.password = password)
    }

    /// With the sync service's view of the mailbox.
    pub(super) fn nylas(self, service: Nylas) -> Self {
        self.nylas_by(&["--nylas-grant", service.grant], service)
    }

    /// The same, looked up by these options.
    pub(super) fn nylas_by(mut self, options: &[&'static str], service: Nylas) -> Self {
        self.service_key = Some(service.key);
        self.options.extend(["--nylas-api", "https://api.nylas.example"]);
        self.options.extend(options);
        self.record("api.nylas.example", Data::Address(SERVICE)).door(
            SERVICE,
            443,
            Door::https(&["api.nylas.example"], Product::Nylas(service)),
        )
    }

    /// With one more option of the check, and its value.
    pub(super) fn option(mut self, name: &'static str, value: &'static str) -> Self {
        self.options.extend([name, value]);
        self
    }

    /// With short limits: something in it stays silent.
    pub(super) fn silent(mut self) -> Self {
        self.options.extend(["--connect-timeout", "1", "--max-time", "30"]);
        self
    }

    /// With limits that only what never answers exceeds.
    pub(super) fn patient(mut self) -> Self {
        self.options.extend(["--connect-timeout", "3", "--max-time", "30"]);
        self
    }

    /// With a minute in which nothing happens on a connection.
    pub(super) fn idle_test(mut self) -> Self {
        self.options.extend(["--idle-test", "1"]);
        self
    }

    /// With little time for what never answers, and enough for the rest.
    pub(super) fn brief(mut self) -> Self {
        self.options.extend(["--max-time", "6"]);
        self
    }

    /// With so little time that nobody waits for what hangs.
    pub(super) fn at_once(mut self) -> Self {
        self.options.extend(["--max-time", "0.8"]);
        self
    }
}
