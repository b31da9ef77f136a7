//! Does a server take connections, and if not, who stands in the way?
//!
//! The judgement of the check `activesync`, for the checks that speak in its place where it does not run.

use crate::evidence::dns::address_type;
use crate::evidence::{FailKind, Failure, Phase, Probe, RecordData, Stop, TlsOutcome, View, view};
use crate::finding::{Code, Finding, Outcome, Owner, Sentence, Severity};
use crate::order;
use crate::protocol::endpoint::{Endpoint, Origin, told_ews};
use crate::protocol::{autodiscover, hosts, trusted, ttl};
use crate::{findings, remedies, text};
use serde_json::json;
use std::collections::BTreeMap;
use std::net::IpAddr;

findings! {
    TIMEOUT = "net.timeout", Fail, Network {
        title { en: "{host} does not answer on port {port}", de: "{host} antwortet auf Port {port} nicht" }
        meaning {
            en: "Connections are neither accepted nor refused: usually a firewall drops them. No client outside can reach the server.",
            de: "Verbindungen werden weder angenommen noch abgelehnt: Meist verwirft sie eine Firewall. Von außen kommt kein Client zum Server durch.",
        }
        remedy { en: "Publish port {port} of {host} to the internet", de: "Geben Sie Port {port} von {host} für das Internet frei" }
        steps [
            { en: "Allow incoming connections to port {port} in the firewall, and check the NAT rule behind it.", de: "Erlauben Sie in der Firewall eingehende Verbindungen auf Port {port} und prüfen Sie die NAT-Regel dahinter." },
            { en: "Try it from outside the company network:", de: "Testen Sie von außerhalb des Firmennetzes:", Shell "curl -v --connect-timeout 10 https://{host}:{port}/Microsoft-Server-ActiveSync" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        cases [REACH_CLOUD]
        links ["https://learn.microsoft.com/connectivity-analyzer/network-error-occurred-while-communicating-with-remote-host"]
    }
    REFUSED = "net.refused", Fail, Network {
        title { en: "{host} refuses connections on port {port}", de: "{host} lehnt Verbindungen auf Port {port} ab" }
        meaning {
            en: "Nobody takes connections there: the web site is stopped, or a firewall refuses them or leads to the wrong machine.",
            de: "Dort nimmt niemand Verbindungen an: Die Website ist gestoppt, oder eine Firewall weist sie ab oder leitet zum falschen Rechner.",
        }
        remedy { en: "Start the web site, or correct where the firewall leads", de: "Starten Sie die Website oder korrigieren Sie das Ziel der Firewall-Regel" }
        steps [
            { en: "On the Exchange server, see whether IIS runs and listens on port {port}:", de: "Prüfen Sie auf dem Exchange-Server, ob IIS läuft und auf Port {port} lauscht:", Powershell "Get-Service W3SVC\nGet-Website\nGet-NetTCPConnection -LocalPort {port} -State Listen" },
            { en: "Check which machine the NAT rule for {host} leads to.", de: "Prüfen Sie, zu welchem Rechner die NAT-Regel für {host} leitet." },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        cases [REACH_CLOUD]
        links ["https://learn.microsoft.com/connectivity-analyzer/network-error-occurred-while-communicating-with-remote-host"]
    }
    RESET = "net.reset", Fail, Network {
        title { en: "Connections to {host} on port {port} are cut at once", de: "Verbindungen zu {host} auf Port {port} werden sofort abgebrochen" }
        meaning {
            en: "Something on the way ends the connection before a word is said: a firewall, an intrusion prevention system, or a balancer without a server behind it.",
            de: "Etwas auf dem Weg beendet die Verbindung, bevor etwas gesagt wird: eine Firewall, ein Intrusion-Prevention-System oder ein Load Balancer ohne Server dahinter.",
        }
        remedy { en: "Find out in the logs of firewall and balancer who ends the connection", de: "Stellen Sie in den Logs von Firewall und Load Balancer fest, wer die Verbindung beendet" }
        steps [
            { en: "Look for this machine's address in the block list of the firewall or the intrusion prevention.", de: "Suchen Sie die Adresse dieses Rechners in der Sperrliste der Firewall oder der Intrusion Prevention." },
            { en: "Look again, from another network too:", de: "Prüfen Sie erneut, auch aus einem anderen Netz:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        cases [REACH_CLOUD]
        links ["https://learn.microsoft.com/connectivity-analyzer/network-error-occurred-while-communicating-with-remote-host"]
    }
    UNREACHABLE = "net.unreachable", Fail, Network {
        title { en: "There is no route to {host}", de: "Es gibt keine Route zu {host}" }
        meaning {
            en: "None of the addresses of {host} can be reached from here, although the name resolves.",
            de: "Keine der Adressen von {host} ist von hier aus erreichbar, obwohl der Name aufgelöst wird.",
        }
        remedy { en: "Check that the published address is right and routed", de: "Prüfen Sie, ob die veröffentlichte Adresse stimmt und geroutet wird" }
        steps [
            { en: "Compare the address with the one that the firewall really has:", de: "Vergleichen Sie die Adresse mit der, die die Firewall wirklich hat:", Shell "nslookup {host}" },
            { en: "Look again, from another network too:", de: "Prüfen Sie erneut, auch aus einem anderen Netz:", Shell "exdiag check {mailbox} --server {endpoint} --only activesync" },
        ]
        cases [REACH_CLOUD]
        links ["https://learn.microsoft.com/connectivity-analyzer/network-error-occurred-while-communicating-with-remote-host"]
    }
    IPV6_DEAD = "net.ipv6-dead", Warn, Network {
        title { en: "The IPv6 addresses of {names} do not work", de: "Die IPv6-Adressen von {names} funktionieren nicht" }
        meaning {
            en: "Over IPv4 the server answers, over IPv6 it does not. Clients and sync services that prefer IPv6 wait for nothing, or give up.",
            de: "Über IPv4 antwortet der Server, über IPv6 nicht. Clients und Sync-Dienste, die IPv6 bevorzugen, warten vergeblich oder geben auf.",
        }
        remedy { en: "Make IPv6 work, or take the AAAA records away", de: "Bringen Sie IPv6 in Ordnung oder entfernen Sie die AAAA-Einträge" }
        steps [
            { en: "See whether it works from a network with IPv6:", de: "Testen Sie aus einem Netz mit IPv6:", Shell "curl -6 -v https://{host}:{port}/" },
            { en: "If the server is not meant to be reached over IPv6, remove the AAAA records of {names} from the DNS:", de: "Wenn der Server nicht über IPv6 erreichbar sein soll, entfernen Sie die AAAA-Einträge von {names} aus dem DNS:", Shell "nslookup -type=AAAA {host}" },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox}" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc8305"]
    }
    ADDRESS_DEAD = "net.address-dead", Warn, Network {
        title { en: "{address}, one of the addresses of {names}, does not answer", de: "{address}, eine der Adressen von {names}, antwortet nicht" }
        meaning {
            en: "Other addresses of the same name work. Whoever is given this one by the DNS fails: the fault comes and goes.",
            de: "Andere Adressen desselben Namens funktionieren. Wer vom DNS diese bekommt, scheitert: Der Fehler kommt und geht.",
        }
        remedy { en: "Bring the machine back, or take its address out of the DNS", de: "Nehmen Sie den Rechner wieder in Betrieb oder entfernen Sie seine Adresse aus dem DNS" }
        steps [
            { en: "Ask this address alone:", de: "Fragen Sie nur diese Adresse:", Shell "curl -v --resolve '{host}:{port}:{address}' https://{host}:{port}/" },
            { en: "Behind a balancer, let it test every directory (healthcheck.htm), not only the port.", de: "Lassen Sie den Load Balancer jedes Verzeichnis prüfen (healthcheck.htm), nicht nur den Port." },
            { en: "If the machine does not come back, remove {address} from the records of {names}, and look again after the change ({cached}):", de: "Kommt der Rechner nicht zurück, entfernen Sie {address} aus den Einträgen von {names} und prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox}" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/load-balancing"]
    }
    PROXY_REQUIRED = "net.proxy-required", Warn, Caller {
        title { en: "A proxy on the way out lets nothing through to {host}", de: "Ein Proxy auf dem Weg nach draußen lässt nichts zu {host} durch" }
        meaning {
            en: "This says nothing about the server: the network of this machine refuses the connection.",
            de: "Über den Server sagt das nichts: Das Netz dieses Rechners lehnt die Verbindung ab.",
        }
        remedy { en: "Name the right proxy, or have {host} allowed on it", de: "Geben Sie den richtigen Proxy an oder lassen Sie {host} dort freigeben" }
        steps [
            { en: "Run it again with the proxy of your network:", de: "Starten Sie erneut mit dem Proxy Ihres Netzes:", Shell "exdiag check {mailbox} --proxy http://PROXY:PORT" },
            { en: "Or run it from a machine that reaches the internet directly.", de: "Oder starten Sie von einem Rechner, der das Internet direkt erreicht." },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc9110#section-15.5.8"]
    }
}

remedies! {
    REACH_CLOUD {
        en: "Let this machine reach Exchange Online; no server of your own is at fault",
        de: "Lassen Sie diesen Rechner Exchange Online erreichen; an keinem eigenen Server ist etwas defekt",
        steps [
            { en: "{host} leads to Exchange Online. In firewall and proxy here, allow outgoing connections on port {port} to the hosts that Microsoft names for it.", de: "{host} führt zu Exchange Online. Erlauben Sie in Firewall und Proxy hier ausgehende Verbindungen auf Port {port} zu den Hosts, die Microsoft dafür nennt." },
            { en: "Try it here and from another network, such as a phone's:", de: "Testen Sie es hier und aus einem anderen Netz, etwa dem eines Smartphones:", Shell "curl -v --connect-timeout 10 https://{host}:{port}/" },
            { en: "If it fails everywhere, see where the alias leads, and whether Microsoft reports a disturbance:", de: "Scheitert es überall, sehen Sie nach, wohin der Alias führt und ob Microsoft eine Störung meldet:", Shell "nslookup {host}", Config "https://admin.microsoft.com/Adminportal/Home#/servicehealth" },
        ]
    }
}

/// The server that a finding is about.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// Its name, or its address without brackets.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// What was asked of it, where that was an address of the web.
    pub url: Option<&'a str>,
}

impl<'a> From<&'a Endpoint> for At<'a> {
    fn from(endpoint: &'a Endpoint) -> Self {
        Self { host: &endpoint.host, port: endpoint.port, url: Some(&endpoint.url) }
    }
}

/// A finding about a server.
fn about(code: &'static Code, at: &At<'_>) -> Finding {
    let finding = Finding::new(code).host(at.host).port(at.port);
    match at.url {
        Some(url) => finding.url(url),
        None => finding,
    }
}

/// How the addresses of the endpoint took a connection.
#[derive(Debug, Default)]
pub struct Reach {
    /// Those that speak TCP; what they say then is for others to judge.
    pub alive: Vec<IpAddr>,
    /// Those that do not.
    pub dead: Vec<(IpAddr, Failure)>,
    /// What a proxy on the way out said.
    pub proxy: Option<Failure>,
}

/// Looks at every address of a server.
pub fn reach(view: &View<'_>, at: &At<'_>) -> Result<Reach, Stop> {
    let addresses = hosts::addresses(view, at.host)?;
    let looks = view::all(addresses.iter().map(|address| Ok((*address, view.tls(*address, at.port, at.host)?))))?;
    Ok(Reach::of(looks.into_iter().map(|(address, look)| (address, look.ok().map(|seen| &seen.outcome)))))
}

/// What is dead of the endpoint's host, and of the host where Autodiscover is found: clients need both.
pub fn dead_on_the_way(view: &View<'_>, endpoint: &Endpoint) -> Result<Vec<Finding>, Stop> {
    let won = winner(view, endpoint)?.filter(|won| is_another(won, endpoint));
    let servers: Vec<At<'_>> = std::iter::once(endpoint).chain(won.as_ref()).map(At::from).collect();
    partly_dead(view, &servers)
}

/// What is dead of an EWS host of its own, which is neither the endpoint's nor that of Autodiscover.
pub fn dead_of_ews(view: &View<'_>, endpoint: &Endpoint) -> Result<Vec<Finding>, Stop> {
    let told = if endpoint.origin == Origin::User { None } else { told_ews(view)? };
    let winner = winner(view, endpoint)?;
    let own = told.filter(|ews| is_another(ews, endpoint) && winner.is_none_or(|won| won.host != ews.host));
    let servers: Vec<At<'_>> = own.iter().map(At::from).collect();
    partly_dead(view, &servers)
}

/// Where Autodiscover is found, unless the user goes by another way.
fn winner(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<Endpoint>, Stop> {
    let walk = if endpoint.origin == Origin::User { None } else { autodiscover::walk(view)? };
    Ok(walk.and_then(|walk| Endpoint::parse(&walk.winner()?.probe.url, Origin::Guess)))
}

/// Whether it is another host that somebody here can repair.
fn is_another(server: &Endpoint, endpoint: &Endpoint) -> bool {
    server.host != endpoint.host && !trusted::is_microsoft(&server.host)
}

/// What is dead of servers that live otherwise. The same dead addresses are told once, with all names
/// that lead there; an address that several names share is looked at under the first of them.
fn partly_dead(view: &View<'_>, servers: &[At<'_>]) -> Result<Vec<Finding>, Stop> {
    let addresses = view::all(servers.iter().map(|at| hosts::addresses(view, at.host)))?;
    let mut under: BTreeMap<(IpAddr, u16), &str> = BTreeMap::new();
    for (at, addresses) in servers.iter().zip(&addresses) {
        // whoever has but one address is alive by it, or dead as a whole
        for address in addresses.iter().filter(|_| addresses.len() > 1) {
            under.entry((*address, at.port)).or_insert(at.host);
        }
    }
    let looks = view::all(under.iter().map(|((address, port), name)| view.tls(*address, *port, name)))?;
    let looks: BTreeMap<_, _> = order::map(under.keys().copied().zip(looks));
    let mut told: Vec<(Vec<IpAddr>, Finding, Vec<&At<'_>>)> = Vec::new();
    for (at, addresses) in servers.iter().zip(&addresses) {
        let seen = addresses.iter().filter_map(|address| Some((*address, looks.get(&(*address, at.port))?)));
        let reach = Reach::of(seen.map(|(address, look)| (address, look.ok().map(|seen| &seen.outcome))));
        let (ipv6, single) = reach.partly_dead();
        let whole = (!ipv6.is_empty()).then(|| (ipv6, about(&IPV6_DEAD, at).with("addresses", reach.table())));
        let result = |address: IpAddr| {
            reach.dead.iter().find(|(dead, _)| *dead == address).map(|(_, failure)| word(&failure.kind))
        };
        let single = single
            .into_iter()
            .map(|address| (vec![address], about(&ADDRESS_DEAD, at).address(address).with("result", result(address))));
        for (dead, finding) in whole.into_iter().chain(single) {
            let same = |(known, other, _): &&mut (Vec<IpAddr>, Finding, Vec<&At<'_>>)| {
                *known == dead && other.code.id == finding.code.id && other.place.port == finding.place.port
            };
            if let Some((_, _, names)) = told.iter_mut().find(same) {
                names.push(at);
                continue;
            }
            let probes = dead.iter().filter_map(|dead| Some((*dead, *under.get(&(*dead, at.port))?)));
            let finding = probes.fold(finding, |f, (address, name)| f.seen_in(&Probe::tls(address, at.port, name)));
            told.push((dead, finding, vec![at]));
        }
    }
    view::all(told.into_iter().map(|(dead, finding, names)| {
        let kept = view::all(names.iter().flat_map(|at| dead.iter().map(|address| kept(view, at.host, *address))))?;
        let names: Vec<&str> = names.into_iter().map(|at| at.host).collect();
        Ok(finding.with("names", names).with("cached", ttl::spoken(kept.into_iter().flatten().max())))
    }))
}

/// Seconds for which the DNS may go on giving out this address of a host.
fn kept(view: &View<'_>, host: &str, address: IpAddr) -> Result<Option<u32>, Stop> {
    let look = view.dns(host, address_type(address.is_ipv6()))?;
    let Some(answer) = look.ok().and_then(|seen| seen.answer.as_ref()) else { return Ok(None) };
    let is_it = |data: &RecordData| matches!(data, RecordData::Address { address: told } if *told == address);
    Ok(answer.answers.iter().find(|record| is_it(&record.data)).and_then(|record| ttl::of(answer, &record.name)))
}

/// Without a route to any IPv6 address it is the caller who has no IPv6.
fn is_callers_lack(address: IpAddr, failure: &Failure) -> bool {
    address.is_ipv6() && failure.kind == FailKind::Unreachable
}

fn word(kind: &FailKind) -> &'static str {
    match kind {
        FailKind::Timeout => "timeout",
        FailKind::Refused => "refused",
        FailKind::Reset | FailKind::Closed => "reset",
        FailKind::Unreachable => "unreachable",
        _ => "failed",
    }
}

impl Reach {
    /// Sorts what was seen of each address.
    pub fn of<'a>(looks: impl Iterator<Item = (IpAddr, Option<&'a TlsOutcome>)>) -> Self {
        let mut reach = Self::default();
        for (address, look) in looks {
            match look {
                Some(TlsOutcome::Failed(failure)) if failure.phase == Phase::Proxy => {
                    reach.proxy = Some(failure.clone());
                }
                Some(TlsOutcome::Failed(failure)) if failure.phase < Phase::Handshake => {
                    reach.dead.push((address, failure.clone()));
                }
                Some(_) => reach.alive.push(address),
                None => {}
            }
        }
        reach
    }

    /// The outcome where nothing gets through to the server; `None` where something does, or nobody
    /// has looked.
    pub fn verdict(&self, at: &At<'_>) -> Option<Outcome> {
        match &self.proxy {
            Some(failure) => Some(proxied(at, failure)),
            None => self.all_dead(at),
        }
    }

    /// Each address and what became of it.
    fn table(&self) -> serde_json::Value {
        let alive = self.alive.iter().map(|a| (*a, "connected"));
        let dead = self.dead.iter().map(|(a, failure)| (*a, word(&failure.kind)));
        alive.chain(dead).map(|(a, result)| json!({"address": a.to_string(), "result": result})).collect()
    }

    /// The addresses that are dead while others live: all of IPv6, then the single ones.
    fn partly_dead(&self) -> (Vec<IpAddr>, Vec<IpAddr>) {
        if self.alive.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let dead = self.dead.iter().filter(|(a, failure)| !is_callers_lack(*a, failure)).map(|(a, _)| *a);
        let has_ipv6 = self.alive.iter().any(IpAddr::is_ipv6);
        dead.partition(|address| address.is_ipv6() && !has_ipv6)
    }

    /// The outcome where no address takes a connection; `None` where one does.
    pub fn all_dead(&self, at: &At<'_>) -> Option<Outcome> {
        if !self.alive.is_empty() || self.dead.is_empty() {
            return None;
        }
        let decisive = self.dead.iter().find(|(a, failure)| !is_callers_lack(*a, failure));
        let Some((_, failure)) = decisive else {
            let finding =
                about(&UNREACHABLE, at).severity(Severity::Warn).owner(Owner::Caller).with("addresses", self.table());
            let reason = Sentence::new(text!(
                "{host} has only IPv6 addresses, and this machine has no IPv6",
                "{host} hat nur IPv6-Adressen, und dieser Rechner hat kein IPv6",
            ));
            return Some(Outcome::Inconclusive { reason: reason.with("host", at.host), findings: vec![finding] });
        };
        Some(no_connection(at, failure, Some(self.table())))
    }
}

/// The finding that nothing takes a connection.
pub fn unconnected(at: &At<'_>, failure: &Failure) -> Finding {
    let code = match failure.kind {
        FailKind::Timeout => &TIMEOUT,
        FailKind::Refused => &REFUSED,
        FailKind::Unreachable => &UNREACHABLE,
        _ => &RESET,
    };
    let finding = about(code, at);
    if trusted::is_microsoft(at.host) { of_cloud(finding) } else { finding }
}

/// The same of a name that leads to Microsoft's cloud, where nobody here can repair anything.
pub fn of_cloud(finding: Finding) -> Finding {
    finding.remedy(&REACH_CLOUD)
}

/// The outcome where nothing takes a connection.
pub fn no_connection(at: &At<'_>, failure: &Failure, table: Option<serde_json::Value>) -> Outcome {
    let mut finding = unconnected(at, failure);
    if let Some(table) = table {
        finding = finding.with("addresses", table);
    }
    let note = Sentence::new(text!("no address of {host} answers", "keine Adresse von {host} antwortet"));
    Outcome::checked(note.with("host", at.host), vec![finding])
}

/// The finding that a proxy on the way out lets nothing through.
pub fn blocked(at: &At<'_>, failure: &Failure) -> Finding {
    let finding = about(&PROXY_REQUIRED, at);
    match failure.kind {
        FailKind::ProxyRefused { status } => finding.with("status", status),
        _ => finding,
    }
}

/// The outcome where a proxy on the way out lets nothing through.
pub fn proxied(at: &At<'_>, failure: &Failure) -> Outcome {
    let finding = blocked(at, failure);
    let reason =
        Sentence::new(text!("a proxy lets nothing through to {host}", "ein Proxy lässt nichts zu {host} durch",));
    Outcome::Inconclusive { reason: reason.with("host", at.host), findings: vec![finding] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_of_dead_addresses_is_told_by_the_first_that_is_not_the_callers_own_lack() {
        let v6: IpAddr = "2001:db8::7".parse().unwrap();
        let v4: IpAddr = "203.0.113.7".parse().unwrap();
        let fail = |kind| Failure::new(Phase::Connect, kind);
        let reach =
            Reach { dead: vec![(v6, fail(FailKind::Unreachable)), (v4, fail(FailKind::Refused))], ..Reach::default() };
        assert_eq!(
            reach.all_dead(&At { host: "mail.corp.example", port: 443, url: None }).unwrap().findings()[0].code.id,
            "net.refused"
        );
    }
}
