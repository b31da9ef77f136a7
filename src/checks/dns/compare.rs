//! Who is told something else of a name: this machine by its hosts file, or another resolver?

use crate::checks::common::resolve::{Name, cached};
use crate::evidence::dns::address_type;
use crate::evidence::{DnsSeen, Probe, Stop, TlsSeen, Via, View, view};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::protocol::resolvers::{self, Difference};
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
        title { en: "Two resolvers see {host} differently: {ours} at {resolver}, {theirs} at {compared}", de: "Zwei Resolver sehen {host} verschieden: {ours} bei {resolver}, {theirs} bei {compared}" }
        meaning {
            en: "{kind} What was checked is what {resolver} sees.",
            de: "{kind} Geprüft wurde, was {resolver} sieht.",
        }
        remedy { en: "Make inner and outer zone lead to the same server, or wait until a change has spread", de: "Lassen Sie innere und äußere Zone zum selben Server führen oder warten Sie, bis sich eine Änderung verbreitet hat" }
        steps [
            { en: "Ask both:", de: "Fragen Sie beide:", Shell "nslookup {host} {resolver_address}\nnslookup {host} {compared_address}" },
            { en: "Check what the other one sees:", de: "Prüfen Sie, was der andere sieht:", Shell "exdiag check {mailbox} --dns-servers {compared}" },
            { en: "If the record was changed of late, wait ({cached}) and look again:", de: "Wurde der Eintrag kürzlich geändert, warten Sie ({cached}) und prüfen Sie erneut:", Shell "exdiag check {mailbox} --only dns --compare-dns {compared}" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8499#section-6"]
    }
    COMPARISON_UNANSWERED = "dns.comparison-unanswered", Info, Caller {
        title { en: "The second resolver, {compared}, gives no answer for {host}", de: "Der zweite Resolver, {compared}, gibt für {host} keine Antwort" }
        meaning {
            en: "So nothing could be compared. Many networks let no questions through to resolvers outside.",
            de: "Verglichen werden konnte also nichts. Viele Netze lassen keine Fragen an Resolver außerhalb durch.",
        }
        remedy { en: "Name a resolver that this machine can reach", de: "Nennen Sie einen Resolver, den dieser Rechner erreicht" }
        steps [ { en: "Run it again with another one:", de: "Starten Sie erneut mit einem anderen:", Shell "exdiag check {mailbox} --compare-dns 9.9.9.9" } ]
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
    let given: BTreeSet<IpAddr> = by_file.iter().map(|(address, _)| *address).collect();
    let told = asked(view, &name.host, Via::Wire)?;
    let told: BTreeSet<IpAddr> = told.iter().flat_map(|seen| seen.addresses()).collect();
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

/// What the second resolver says otherwise; nothing where there is none, or where this machine does not
/// ask the DNS for the name.
pub fn compared(view: &View<'_>, name: &Name<'_>) -> Result<Option<Finding>, Stop> {
    let Some(server) = view.subject().compare_dns else { return Ok(None) };
    let theirs = asked(view, &name.host, Via::Resolver { server })?;
    let Some(ours) = resolvers::sight(&name.host, &name.seen) else { return Ok(None) };
    let first = name.seen.iter().find_map(|seen| seen.answer.as_ref()).map(|answer| answer.server.as_str());
    let Some(resolver) = first.and_then(|server| server.parse::<SocketAddr>().ok()) else { return Ok(None) };
    let family = address_type(!view.subject().ipv4);
    let probe = Probe::dns_via(&name.host, family, Via::Resolver { server });
    let about = |code| {
        Finding::new(code)
            .host(&name.host)
            .with("compared", server.to_string())
            .with("compared_address", server.ip().to_string())
            .seen_in(&probe)
    };
    let Some(other) = resolvers::sight(&name.host, &theirs) else {
        return Ok(Some(about(&COMPARISON_UNANSWERED)));
    };
    let Some(difference) = resolvers::difference(&name.host, &ours, &other) else { return Ok(None) };
    if difference == Difference::Addresses && is_one_server(view, &name.host, &ours.addresses, &other.addresses)? {
        return Ok(None);
    }
    Ok(Some(
        about(&RESOLVERS_DISAGREE)
            .with("resolver", resolver.to_string())
            .with("resolver_address", resolver.ip().to_string())
            .with("ours", listed(&ours.addresses))
            .with("theirs", listed(&other.addresses))
            .with("difference", difference.id())
            .with("kind", kind(difference))
            .with("cached", cached(&name.seen, &name.host))
            .seen_in(&Probe::dns(&name.host, family)),
    ))
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
