//! Who is told something else of a name: this machine by its hosts file, or another resolver?

use crate::checks::common::resolve::{Name, cached};
use crate::evidence::dns::address_type;
use crate::evidence::{DnsSeen, Probe, Stop, TlsSeen, Via, View, view};
use crate::finding::{Finding, Lang, Severity};
use crate::findings;
use crate::order;
use crate::protocol::resolvers::{self, Difference, Sight};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

findings! {
    HOSTS_FILE_OVERRIDE = "dns.hosts-file-override", Warn, Caller {
        title { en: "The hosts file of this machine gives {host} the address {given}", de: "Die hosts-Datei dieses Rechners gibt {host} die Adresse {given}" }
        meaning {
            en: "The DNS says {told}. This machine follows its file, exdiag included; everybody else follows the DNS. What was found here may hold for nobody else.",
            de: "Das DNS sagt: {told}. Dieser Rechner folgt seiner Datei, auch exdiag; alle anderen folgen dem DNS. Was hier gefunden wurde, gilt womöglich für niemanden sonst.",
        }
        remedy { en: "Delete the line from the hosts file, then look again", de: "Löschen Sie die Zeile aus der hosts-Datei und prüfen Sie erneut" }
        steps [
            { en: "On Windows, as administrator:", de: "Unter Windows, als Administrator:", Powershell "$file = \"$env:windir\\System32\\drivers\\etc\\hosts\"\n(Get-Content $file) -notmatch [regex]::Escape('{host}') | Set-Content $file\nClear-DnsClientCache" },
            { en: "On Linux and macOS:", de: "Unter Linux und macOS:", Shell "sudo sed -i.bak '/{host}/d' /etc/hosts" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox}" },
        ]
        links ["https://man7.org/linux/man-pages/man5/hosts.5.html"]
    }
    RESOLVERS_DISAGREE = "dns.resolvers-disagree", Warn, Dns {
        title { en: "{resolver} and {compared} see {hosts} differently", de: "{resolver} und {compared} sehen {hosts} verschieden" }
        meaning {
            en: "{sights}. {kind} This run went by {checked}.",
            de: "{sights}. {kind} Dieser Lauf richtete sich nach {checked}.",
        }
        remedy { en: "Make inner and outer zone lead to the same server, or wait until a change has spread", de: "Lassen Sie innere und äußere Zone zum selben Server führen oder warten Sie, bis sich eine Änderung verbreitet hat" }
        steps [
            { en: "Ask both, for {first} and likewise for the others:", de: "Fragen Sie beide, nach {first} und ebenso nach den übrigen:", Shell "nslookup -port={resolver_port} {first} {resolver_address}\nnslookup -port={compared_port} {first} {compared_address}" },
            { en: "Check what the other one sees:", de: "Prüfen Sie, was der andere sieht:", Shell "exdiag check {mailbox} --dns-servers {compared}" },
            { en: "If the record was changed of late, wait ({cached}) and look again:", de: "Wurde der Eintrag kürzlich geändert, warten Sie ({cached}) und prüfen Sie erneut:", Shell "exdiag check {mailbox} --only dns --compare-dns {compared}" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8499#section-6"]
    }
    COMPARISON_UNANSWERED = "dns.comparison-unanswered", Info, Caller {
        title { en: "{hosts} could not be compared: no answer from {silent}", de: "{hosts} ließ sich nicht vergleichen: keine Antwort von {silent}" }
        meaning {
            en: "A comparison needs an answer of both resolvers. Many networks let no questions through to resolvers outside.",
            de: "Ein Vergleich braucht eine Antwort von beiden Resolvern. Viele Netze lassen keine Fragen an Resolver außerhalb durch.",
        }
        remedy { en: "Name a resolver that this machine can reach", de: "Nennen Sie einen Resolver, den dieser Rechner erreicht" }
        steps [ { en: "Run it again with another one:", de: "Starten Sie erneut mit einem anderen:", Shell "exdiag check {mailbox} --compare-dns 9.9.9.9" } ]
        links ["https://man7.org/linux/man-pages/man5/resolv.conf.5.html"]
    }
}

/// What both families' questions bring that go this way.
fn asked<'a>(view: &View<'a>, host: &str, via: Via) -> Result<Vec<&'a DnsSeen>, Stop> {
    let subject = view.subject();
    let families = [(true, subject.ipv6), (false, subject.ipv4)].into_iter().filter(|(_, used)| *used);
    let looks = view::all(families.map(|(ipv6, _)| view.dns_via(host, address_type(ipv6), via)))?;
    Ok(looks.into_iter().flatten().collect())
}

/// Addresses as a reader takes them in.
fn listed(addresses: &BTreeSet<IpAddr>) -> Value {
    if addresses.is_empty() {
        return json!({"en": "no address", "de": "keine Adresse"});
    }
    addresses.iter().map(ToString::to_string).collect()
}

/// An entry of the hosts file, and what the DNS says in its place.
pub fn hosts_file(view: &View<'_>, name: &Name<'_>) -> Result<Option<Finding>, Stop> {
    let by_file: Vec<_> = name.addresses.iter().filter(|(_, answer)| answer.server == "hosts-file").collect();
    if by_file.is_empty() {
        return Ok(None);
    }
    let given: BTreeSet<IpAddr> = order::set(by_file.iter().map(|(address, _)| *address));
    let told = asked(view, &name.host, Via::Wire)?;
    let told: BTreeSet<IpAddr> = order::set(told.iter().flat_map(|seen| seen.addresses()));
    let severity = if given.is_subset(&told) { Severity::Info } else { Severity::Warn };
    let family = address_type(!view.subject().ipv4);
    Ok(Some(
        Finding::new(&HOSTS_FILE_OVERRIDE)
            .severity(severity)
            .host(&name.host)
            .with("given", listed(&given))
            .with("told", listed(&told))
            .seen_in(&Probe::dns(&name.host, family))
            .seen_in(&Probe::dns_via(&name.host, family, Via::Wire)),
    ))
}

/// One name as two resolvers see it.
struct Compared<'a> {
    host: &'a str,
    /// Whose own word it is, whoever was asked for this run.
    resolver: SocketAddr,
    ours: Sight,
    theirs: Sight,
    difference: Difference,
    cached: Value,
    /// What this run goes by in place of the DNS.
    instead: Option<&'static str>,
}

/// What came of one comparison: a name seen differently, or one of which somebody gives no answer, and who.
type Outcome<'a> = Result<Compared<'a>, (&'a str, Value)>;

/// What the second resolver says otherwise: one finding for each kind of difference, with all names of
/// it, and one for what could not be compared. Of a name that the user or the hosts file fixes, the
/// resolvers are compared all the same.
pub fn compared(view: &View<'_>, names: &[&Name<'_>]) -> Result<Vec<Finding>, Stop> {
    let Some(server) = view.subject().compare_dns else { return Ok(Vec::new()) };
    let (mut differing, mut silent): (Vec<Compared<'_>>, Vec<(&str, Value)>) = (Vec::new(), Vec::new());
    for of_name in view::all(names.iter().map(|name| compare(view, name, server)))?.into_iter().flatten() {
        match of_name {
            Ok(compared) => differing.push(compared),
            Err(unanswered) => silent.push(unanswered),
        }
    }
    let mut findings = Vec::new();
    for kind in [Difference::Split, Difference::Missing, Difference::Addresses] {
        let of_kind: Vec<&Compared<'_>> = differing.iter().filter(|one| one.difference == kind).collect();
        findings.extend(disagree(view, server, &of_kind));
    }
    if let Some((_, whose)) = silent.first() {
        let hosts: Vec<&str> = silent.iter().map(|(host, _)| *host).collect();
        let finding = Finding::new(&COMPARISON_UNANSWERED)
            .with("silent", whose.clone())
            .with("compared", server.to_string())
            .with("hosts", hosts.clone());
        findings.push(seen_by_both(view, server, finding, &hosts));
    }
    Ok(findings)
}

/// How both see a name: `None` where they agree or nothing was to be compared, an error where one of them
/// gives no answer.
fn compare<'a>(view: &View<'_>, name: &'a Name<'_>, server: SocketAddr) -> Result<Option<Outcome<'a>>, Stop> {
    let by = name.seen.iter().find_map(|seen| seen.answer.as_ref()).map(|answer| answer.server.as_str());
    let instead = match by {
        Some("resolve") => Some("--resolve"),
        Some("hosts-file") => Some("hosts"),
        _ => None,
    };
    let theirs = asked(view, &name.host, Via::Resolver { server });
    let ours = if instead.is_some() { asked(view, &name.host, Via::Wire) } else { Ok(name.seen.clone()) };
    let (theirs, ours) = (theirs?, ours?);
    let answering = ours.iter().find_map(|seen| seen.answer.as_ref()).map(|answer| answer.server.as_str());
    let resolver = answering.and_then(|server| server.parse::<SocketAddr>().ok());
    let (Some(sight), Some(resolver)) = (resolvers::sight(&name.host, &ours), resolver) else {
        let own = json!({"en": "the resolver of this run", "de": "dem Resolver dieses Laufs"});
        // where the run itself depends on that answer, more than this is told of it
        return Ok(instead.map(|_| Err((name.host.as_str(), own))));
    };
    let Some(other) = resolvers::sight(&name.host, &theirs) else {
        return Ok(Some(Err((name.host.as_str(), Value::from(server.to_string())))));
    };
    let Some(difference) = resolvers::difference(&name.host, &sight, &other) else { return Ok(None) };
    if difference == Difference::Addresses && is_one_server(view, &name.host, &sight.addresses, &other.addresses)? {
        return Ok(None);
    }
    let cached = cached(&ours, &name.host);
    Ok(Some(Ok(Compared { host: &name.host, resolver, ours: sight, theirs: other, difference, cached, instead })))
}

/// The evidence of the names' questions to both.
fn seen_by_both(view: &View<'_>, server: SocketAddr, finding: Finding, hosts: &[&str]) -> Finding {
    let family = address_type(!view.subject().ipv4);
    hosts.iter().fold(finding, |finding, host| {
        let theirs = Probe::dns_via(host, family, Via::Resolver { server });
        finding.seen_in(&theirs).seen_in(&Probe::dns(host, family))
    })
}

/// The finding about names that both see differently in the same way.
fn disagree(view: &View<'_>, server: SocketAddr, names: &[&Compared<'_>]) -> Option<Finding> {
    let first = names.first()?;
    let hosts: Vec<&str> = names.iter().map(|one| one.host).collect();
    let in_words = |lang: Lang| {
        let said = |addresses: &BTreeSet<IpAddr>| {
            let none = if lang == Lang::En { "no address" } else { "keine Adresse" };
            let all: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            if all.is_empty() { none.to_owned() } else { all.join(", ") }
        };
        let at = if lang == Lang::En { "at" } else { "bei" };
        let one = |of: &&Compared<'_>| {
            let (ours, theirs) = (said(&of.ours.addresses), said(&of.theirs.addresses));
            format!("{}: {ours} {at} {}, {theirs} {at} {server}", of.host, of.resolver)
        };
        names.iter().map(one).collect::<Vec<_>>().join("; ")
    };
    let table: Vec<Value> = names
        .iter()
        .map(|one| json!({"host": one.host, "ours": one.ours.addresses, "theirs": one.theirs.addresses}))
        .collect();
    let finding = Finding::new(&RESOLVERS_DISAGREE)
        .with("compared", server.to_string())
        .with("compared_address", server.ip().to_string())
        .with("compared_port", server.port())
        .with("resolver", first.resolver.to_string())
        .with("resolver_address", first.resolver.ip().to_string())
        .with("resolver_port", first.resolver.port())
        .with("hosts", hosts.clone())
        .with("first", first.host)
        .with("ours", listed(&first.ours.addresses))
        .with("theirs", listed(&first.theirs.addresses))
        .with("differences", table)
        .with("sights", json!({"en": in_words(Lang::En), "de": in_words(Lang::De)}))
        .with("difference", first.difference.id())
        .with("kind", kind(first.difference))
        .with("checked", checked(first))
        .with("cached", first.cached.clone());
    // of several names it is about none alone
    let finding = if names.len() == 1 { finding.host(first.host) } else { finding };
    Some(seen_by_both(view, server, finding, &hosts))
}

/// By whose word the run has gone.
fn checked(name: &Compared<'_>) -> Value {
    match name.instead {
        None => Value::from(name.resolver.to_string()),
        Some("hosts") => json!({"en": "the hosts file of this machine", "de": "der hosts-Datei dieses Rechners"}),
        Some(option) => Value::from(option),
    }
}

/// Whether both addresses show one certificate: then they are two of one service's many.
fn is_one_server(
    view: &View<'_>,
    host: &str,
    ours: &BTreeSet<IpAddr>,
    theirs: &BTreeSet<IpAddr>,
) -> Result<bool, Stop> {
    let first = |all: &BTreeSet<IpAddr>| all.iter().find(|address| address.is_ipv4()).or(all.first()).copied();
    let (Some(ours), Some(theirs)) = (first(ours), first(theirs)) else { return Ok(false) };
    let (ours, theirs) = (view.tls(ours, 443, host), view.tls(theirs, 443, host));
    let (ours, theirs) = (ours?, theirs?);
    let leaf = |seen: &TlsSeen| seen.chain.first().cloned();
    let (ours, theirs) = (ours.ok().and_then(leaf), theirs.ok().and_then(leaf));
    Ok(ours.is_some() && ours == theirs)
}

fn kind(difference: Difference) -> Value {
    match difference {
        Difference::Split => json!({
            "en": "One of them gives out a private address: split DNS. That is in order where it is meant so and the name leads to the same server from inside and outside; the sync service sees the outer one.",
            "de": "Einer von beiden gibt eine private Adresse heraus: Split-DNS. Das ist in Ordnung, wenn es so gewollt ist und der Name innen wie außen zum selben Server führt; der Sync-Dienst sieht die äußere.",
        }),
        Difference::Missing => json!({
            "en": "One of them knows the name and the other does not: the record is missing in one zone, or a change has not spread yet.",
            "de": "Einer kennt den Namen, der andere nicht: Der Eintrag fehlt in einer der Zonen, oder eine Änderung hat sich noch nicht verbreitet.",
        }),
        Difference::Addresses => json!({
            "en": "They lead to different servers: the zones differ, or a change has not spread yet.",
            "de": "Sie führen zu verschiedenen Servern: Die Zonen unterscheiden sich, oder eine Änderung hat sich noch nicht verbreitet.",
        }),
    }
}
