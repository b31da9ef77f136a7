//! What is wrong with the zone as a whole: its wildcard, its delegation?

use crate::checks::common::resolve::{Name, cached, name_of};
use crate::evidence::dns::address_type;
use crate::evidence::{HttpSeen, Probe, RecordType, Stop, Via, View};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::order;
use crate::protocol::autodiscover::{Reason, Step, Walk};
use crate::protocol::front::{self, Product};
use crate::protocol::zone::{self, NameServer, Word};
use serde_json::json;

findings! {
    WILDCARD = "dns.wildcard", Warn, Dns {
        title { en: "{host} leads where any made-up name of the domain leads", de: "{host} führt dorthin, wohin jeder erfundene Name der Domain führt" }
        meaning { en: "{origin} What stands there: {place}.", de: "{origin} Was dort steht: {place}." }
        remedy { en: "Let autodiscover.{domain} lead to the Exchange server by a record of its own", de: "Lassen Sie autodiscover.{domain} mit einem eigenen Eintrag auf den Exchange-Server zeigen" }
        steps [
            { en: "See in the zone which records there are: at your DNS host, or on a Windows DNS server:", de: "Sehen Sie in der Zone nach, welche Einträge es gibt: bei Ihrem DNS-Anbieter oder auf einem Windows-DNS-Server:", Powershell "Get-DnsServerResourceRecord -ZoneName '{domain}' | Where-Object HostName -in '*','autodiscover'" },
            { en: "Add the record, or correct it; it takes precedence over the wildcard:", de: "Tragen Sie den Eintrag ein oder berichtigen Sie ihn; er geht dem Wildcard-Eintrag vor:", Zone "autodiscover.{domain}. 3600 IN CNAME mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns,autodiscover" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc4592#section-3.3"]
    }
    DELEGATION_BROKEN = "dns.delegation-broken", Fail, Dns {
        title { en: "The delegation of {host} is broken: {servers}", de: "Die Delegation von {host} ist fehlerhaft: {servers}" }
        meaning {
            en: "These name servers are named for the zone, but do not answer for it. A resolver that happens to ask them gets nothing, so names fail now and then, or for good.",
            de: "Diese Nameserver sind für die Zone eingetragen, antworten aber nicht für sie. Ein Resolver, der gerade sie fragt, bekommt nichts; Namen lassen sich zeitweise oder gar nicht auflösen.",
        }
        remedy { en: "Name only servers that hold the zone, at the registrar and in the zone alike", de: "Tragen Sie beim Registrar und in der Zone nur Server ein, auf denen die Zone liegt" }
        steps [
            { en: "Follow the delegation down to the zone:", de: "Verfolgen Sie die Delegation bis zur Zone:", Shell "dig {host} NS +trace" },
            { en: "Ask each server itself; a right one answers with the flag aa:", de: "Fragen Sie jeden Server selbst; ein richtiger antwortet mit dem Flag aa:", Shell "dig {host} SOA +norecurse @{server}" },
            { en: "Correct the name servers at the registrar, and the same NS records in the zone; or load the zone on the servers that are named.", de: "Berichtigen Sie die Nameserver beim Registrar und dieselben NS-Einträge in der Zone; oder laden Sie die Zone auf den eingetragenen Servern." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc1912#section-2.8", "https://learn.microsoft.com/connectivity-analyzer/mismatching-soa-and-ns-zone-names"]
    }
}

/// A name that nobody publishes; always the same, so that a recorded run can be judged again.
fn made_up(domain: &str) -> String {
    format!("exdiag-no-such-host.{domain}")
}

/// Looks at a made-up name of the domain.
pub fn any<'a>(view: &View<'a>, domain: &str) -> Result<Name<'a>, Stop> {
    name_of(view, &made_up(domain))
}

/// Where `autodiscover.` gets its answer from, if a made-up name gets the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// From the wildcard.
    Wildcard,
    /// From there or from a record of its own: nothing tells them apart.
    Either,
}

/// What stands at the place that both lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Autodiscover,
    WebHost,
    /// Nothing there has given an answer.
    Unknown,
}

impl Source {
    /// A word for scripts.
    const fn id(self) -> &'static str {
        match self {
            Self::Wildcard => "wildcard",
            Self::Either => "wildcard-or-own",
        }
    }
}

impl Place {
    /// A word for scripts.
    const fn id(self) -> &'static str {
        match self {
            Self::Autodiscover => "autodiscover",
            Self::WebHost => "web-host",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether `autodiscover.` leads where any made-up name does, and is not known to have a record of its
/// own. It does harm where a web host stands there; elsewhere it is only worth knowing.
pub fn wildcard(
    view: &View<'_>,
    any: &Name<'_>,
    subdomain: &Name<'_>,
    walk: Option<&Walk>,
) -> Result<Option<Finding>, Stop> {
    let all = |name: &Name<'_>| order::set(name.addresses.iter().map(|(address, _)| *address));
    let is_synthesized = any.chain == subdomain.chain && (!any.chain.is_empty() || all(any) == all(subdomain));
    if any.is_empty() || subdomain.is_empty() || !is_synthesized {
        return Ok(None);
    }
    let below = made_up(&subdomain.host);
    let deeper = name_of(view, &below);
    let place = place(view, &subdomain.host, walk);
    let (deeper, place) = (deeper?, place?);
    // RFC 4592, 3.3.1: below a name that exists, the wildcard beside it answers for nothing
    let source = match deeper.rcode {
        Some("NOERROR" | "NXDOMAIN") if deeper.is_empty() && deeper.chain.is_empty() => return Ok(None),
        Some("NOERROR") if deeper.chain == any.chain && all(&deeper) == all(any) => Source::Wildcard,
        _ => Source::Either,
    };
    let target = subdomain.chain.last().cloned();
    let target = target.or_else(|| subdomain.addresses.first().map(|(address, _)| address.to_string()));
    let target = target.unwrap_or_default();
    let said = origin(source, &subdomain.host, [&any.host, &below], &target);
    let finding = Finding::new(&WILDCARD)
        .severity(if place == Place::WebHost { Severity::Warn } else { Severity::Info })
        .host(&subdomain.host)
        .with("target", target)
        .with("made_up", any.host.as_str())
        .with("source", source.id())
        .with("stands_there", place.id())
        .with("origin", said)
        .with("place", words(place))
        .with("cached", cached(&subdomain.seen, &subdomain.host))
        .seen_in(&Probe::dns(&any.host, RecordType::A))
        .seen_in(&Probe::dns(&subdomain.host, RecordType::A));
    // an older report holds no such question
    let is_asked = deeper.rcode.is_some();
    Ok(Some(if is_asked { finding.seen_in(&Probe::dns(&below, RecordType::A)) } else { finding }))
}

/// What the attempts of Autodiscover have met there. A certificate that is not accepted makes no web host
/// of an Exchange server.
fn place(view: &View<'_>, host: &str, walk: Option<&Walk>) -> Result<Place, Stop> {
    let of_it = |step| matches!(step, Step::Subdomain | Step::HttpRedirect | Step::Json);
    let attempts = || walk.into_iter().flat_map(|walk| &walk.attempts).filter(|attempt| of_it(attempt.step));
    let speaks = |reason: &Reason| {
        matches!(
            reason,
            Reason::SignInWanted
                | Reason::SignInRefused
                | Reason::Settings { .. }
                | Reason::NoMobileSync
                | Reason::Error { .. }
                | Reason::RedirectAddress { .. }
        )
    };
    if attempts().any(|attempt| speaks(&attempt.reason)) {
        return Ok(Place::Autodiscover);
    }
    let mut answers = false;
    for attempt in attempts().filter(|attempt| attempt.host == host) {
        let Some(response) = view.http(&attempt.probe)?.ok().and_then(HttpSeen::response) else { continue };
        if front::recognise(response).product != Product::Unknown {
            return Ok(Place::Autodiscover);
        }
        // a proxy whose server is away says 5xx, and may stand before anything
        answers |= response.status < 500;
    }
    Ok(if answers { Place::WebHost } else { Place::Unknown })
}

fn origin(source: Source, host: &str, [made_up, below]: [&str; 2], target: &str) -> serde_json::Value {
    match source {
        Source::Wildcard => json!({
            "en": format!("Names that nobody has made, such as {made_up}, lead to {target} too, and so do those below {host}: so the zone holds no record of its own for {host}, and only a wildcard answers for it (or a resolver that denies no name)."),
            "de": format!("Auch Namen, die niemand angelegt hat, etwa {made_up}, führen zu {target}, und ebenso alle unterhalb von {host}: Die Zone hat für {host} also keinen eigenen Eintrag, nur ein Wildcard-Eintrag antwortet dafür (oder ein Resolver, der keinen Namen verneint)."),
        }),
        Source::Either => json!({
            "en": format!("Names that nobody has made, such as {made_up}, lead to {target} too. Whether {host} has a record of its own with the same value, or only a wildcard answers for it, could not be told: the question for {below}, which shows it, got no usable answer."),
            "de": format!("Auch Namen, die niemand angelegt hat, etwa {made_up}, führen zu {target}. Ob {host} einen eigenen Eintrag mit demselben Wert hat oder nur ein Wildcard-Eintrag dafür antwortet, ließ sich nicht feststellen: Die Frage nach {below}, die es zeigt, blieb ohne brauchbare Antwort."),
        }),
    }
}

fn words(place: Place) -> serde_json::Value {
    match place {
        Place::Autodiscover => json!({
            "en": "Exchange or Autodiscover, so clients find it, and nothing has to be done at once",
            "de": "Exchange oder Autodiscover; Clients finden es, und es muss nicht sofort etwas geschehen",
        }),
        Place::WebHost => json!({
            "en": "a web server and not Exchange, so clients that look for Autodiscover are led astray, often to a certificate for another name",
            "de": "ein Webserver und nicht Exchange; Clients, die Autodiscover suchen, werden in die Irre geführt, oft zu einem Zertifikat für einen anderen Namen",
        }),
        Place::Unknown => json!({
            "en": "nobody knows, for nothing has answered there in HTTP, or only a gateway whose server was away",
            "de": "unbekannt, denn dort hat nichts in HTTP geantwortet oder nur ein Gateway, dessen Server nicht da war",
        }),
    }
}

/// What is wrong with the delegation of the domain's zone. `fails` says that the resolver itself gets
/// no answer for the domain, and why as it says itself.
pub fn delegation(view: &View<'_>, domain: &str, fails: Option<&[String]>) -> Result<Option<Finding>, Stop> {
    let Some(zone) = zone::zone(view, domain)? else { return Ok(None) };
    // RFC 8914, 4.23 and 4.24: the resolver has reached none, so silence here is no firewall's
    let nobody =
        fails.is_some_and(|errors| errors.iter().any(|error| error.starts_with("22") || error.starts_with("23")));
    let mut useless = zone.useless();
    if zone.responsible() == 0 && nobody {
        useless = zone.servers.iter().filter(|server| server.word != Word::Unasked).collect();
    }
    if useless.is_empty() && zone.starts_at.is_none() {
        return Ok(None);
    }
    let severity = if fails.is_some() && zone.responsible() == 0 { Severity::Fail } else { Severity::Warn };
    let mut said: Vec<serde_json::Value> = useless.iter().map(|server| spoken(server)).collect();
    if let Some(start) = &zone.starts_at {
        said.push(json!({
            "en": format!("its name servers say that the zone starts at {}", if start.is_empty() { "the root" } else { start }),
            "de": format!("ihre Nameserver sagen, die Zone beginne bei {}", if start.is_empty() { "der Wurzel" } else { start }),
        }));
    }
    let table: Vec<_> = zone
        .servers
        .iter()
        .map(|server| json!({"name": server.name, "address": server.address, "result": server.word.id()}))
        .collect();
    let first = useless.first().copied().or(zone.servers.first()).map_or("", |server| server.name.as_str());
    let mut finding = Finding::new(&DELEGATION_BROKEN)
        .severity(severity)
        .host(&zone.apex)
        .with("servers", said)
        .with("server", first)
        .with("name_servers", table)
        .with("named_by", if zone.from_parent { "parent" } else { "resolver" })
        .seen_in(&Probe::dns(domain, RecordType::Ns));
    for server in useless {
        finding = match server.address {
            Some(address) => finding.seen_in(&Probe::dns_via(&zone.apex, RecordType::Soa, Via::NameServer { address })),
            None => finding.seen_in(&Probe::dns(&server.name, address_type(!view.subject().ipv4))),
        };
    }
    Ok(Some(finding))
}

fn spoken(server: &NameServer) -> serde_json::Value {
    let NameServer { name, address, word } = server;
    let at = address.map(|address| format!(" ({address})")).unwrap_or_default();
    let (en, de) = match word {
        Word::NoAddress => ("has no address".to_owned(), "hat keine Adresse".to_owned()),
        Word::Silent => ("does not answer".to_owned(), "antwortet nicht".to_owned()),
        Word::Lame { rcode } if rcode == "NOERROR" => {
            ("is not responsible".to_owned(), "ist nicht zuständig".to_owned())
        }
        Word::Lame { rcode } => (format!("answers {rcode}"), format!("antwortet mit {rcode}")),
        Word::Responsible => ("is responsible".to_owned(), "ist zuständig".to_owned()),
        Word::Unasked => ("was not asked".to_owned(), "wurde nicht gefragt".to_owned()),
    };
    json!({"en": format!("{name}{at} {en}"), "de": format!("{name}{at} {de}")})
}
