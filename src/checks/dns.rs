//! Do the domain's names lead to a server, and does the DNS answer at all?

pub mod cloud;
pub mod compare;
pub mod zone;

use super::common::resolve::{self, HOST_NOT_FOUND, Name, SERVER_FAILURE, cached, is_answer, name_of, silence};
use crate::evidence::dns::address_type;
use crate::evidence::{DnsSeen, Probe, RecordData, RecordType, Stop, View, view};
use crate::finding::{Finding, Outcome, Sentence, Severity};
use crate::order;
use crate::protocol::autodiscover::{self, srv_name};
use crate::protocol::cloud::membership;
use crate::protocol::endpoint::{self, Origin};
use crate::{findings, text};
use std::net::IpAddr;

findings! {
    NO_AUTODISCOVER_RECORD = "dns.no-autodiscover-record", Fail, Dns {
        title { en: "No DNS record of {domain} leads to Autodiscover", de: "Kein DNS-Eintrag von {domain} führt zu Autodiscover" }
        meaning {
            en: "There is neither autodiscover.{domain} nor an SRV record, and nothing answers at the domain itself. Apps can only be set up by typing the server's name.",
            de: "Es gibt weder autodiscover.{domain} noch einen SRV-Eintrag, und unter der Domain selbst antwortet nichts. Apps lassen sich nur einrichten, indem man den Servernamen eintippt.",
        }
        remedy { en: "Add a record for autodiscover.{domain} that points to the Exchange server", de: "Legen Sie einen Eintrag für autodiscover.{domain} an, der auf den Exchange-Server zeigt" }
        steps [
            { en: "Add one of these to the zone (the second where the certificate does not hold the name autodiscover.{domain}). For mail.{domain} write the server's public name; of a further domain of the company, that is the name under its main one:", de: "Tragen Sie eine dieser Zeilen in die Zone ein (die zweite, wenn das Zertifikat den Namen autodiscover.{domain} nicht enthält). Für mail.{domain} setzen Sie den öffentlichen Namen des Servers ein; bei einer weiteren Domain der Firma ist das der Name unter der Hauptdomain:", Zone "autodiscover.{domain}. 3600 IN CNAME mail.{domain}.\n_autodiscover._tcp.{domain}. 3600 IN SRV 0 0 443 mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
            { en: "Until then, name the server:", de: "Bis dahin nennen Sie den Server selbst:", Shell "exdiag check {mailbox} --server mail.{domain}" },
        ]
        links [ "https://learn.microsoft.com/connectivity-analyzer/host-name-could-not-be-resolved-dns" ]
    }
    SRV_TARGET_INVALID = "dns.srv-target-invalid", Fail, Dns {
        title { en: "The Autodiscover SRV record names {target}, which has no address", de: "Der SRV-Eintrag für Autodiscover nennt {target}, und der Name hat keine Adresse" }
        meaning {
            en: "Clients that come by the SRV record end there. Usually the name is misspelt or the server has moved.",
            de: "Clients, die über den SRV-Eintrag kommen, enden dort. Meist ist der Name falsch geschrieben oder der Server umgezogen.",
        }
        remedy { en: "Correct the target of the SRV record", de: "Berichtigen Sie das Ziel des SRV-Eintrags" }
        steps [
            { en: "Write the server's real name into the zone:", de: "Tragen Sie den richtigen Servernamen in die Zone ein:", Zone "_autodiscover._tcp.{domain}. 3600 IN SRV 0 0 443 mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
        ]
        links [ "https://learn.microsoft.com/connectivity-analyzer/could-not-find-autodiscover-service-location-srv-record-dns" ]
    }
    SRV_PORT_UNUSUAL = "dns.srv-port-unusual", Warn, Dns {
        title { en: "The Autodiscover SRV record names port {srv_port} instead of 443", de: "Der SRV-Eintrag für Autodiscover nennt Port {srv_port} statt 443" }
        meaning {
            en: "Most clients use only port 443: they pass over such a record or ignore its port.",
            de: "Die meisten Clients benutzen nur Port 443: Sie übergehen einen solchen Eintrag oder ignorieren den Port.",
        }
        remedy { en: "Publish Autodiscover on port 443", de: "Veröffentlichen Sie Autodiscover auf Port 443" }
        steps [
            { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "_autodiscover._tcp.{domain}. 3600 IN SRV 0 0 443 {target}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns" },
        ]
        links [ "https://learn.microsoft.com/connectivity-analyzer/could-not-find-autodiscover-service-location-srv-record-dns" ]
    }
    SRV_TARGET_ALIAS = "dns.srv-target-alias", Info, Dns {
        title { en: "The Autodiscover SRV record names {target}, which is an alias", de: "Der SRV-Eintrag für Autodiscover nennt {target}, und der Name ist ein Alias" }
        meaning {
            en: "RFC 2782 asks for a name with addresses of its own. Most clients follow the alias all the same, some do not.",
            de: "RFC 2782 verlangt einen Namen mit eigenen Adressen. Die meisten Clients folgen dem Alias trotzdem, manche nicht.",
        }
        remedy { en: "Name the host that the alias leads to", de: "Nennen Sie den Host, zu dem der Alias führt" }
        steps [ { en: "Correct the record in the zone:", de: "Berichtigen Sie den Eintrag in der Zone:", Zone "_autodiscover._tcp.{domain}. 3600 IN SRV 0 0 {srv_port} {end}." } ]
        links [ "https://www.rfc-editor.org/rfc/rfc2782" ]
    }
    MX_ELSEWHERE = "dns.mx-elsewhere", Info, Dns {
        title { en: "Mail for {domain} is received by {exchangers}", de: "Mail für {domain} nimmt {exchangers} an" }
        meaning {
            en: "The mail exchanger is outside the domain: a mail filter, a hoster or Exchange Online. That alone is no fault.",
            de: "Der Mail-Exchanger liegt außerhalb der Domain: ein Mailfilter, ein Hoster oder Exchange Online. Das allein ist kein Fehler.",
        }
    }
}

/// Judges the names of the domain, of Autodiscover and of the endpoint.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    let domain = view.subject().domain().to_owned();
    // RFC 1123, 2.1: an address is no name, and nobody asks the DNS for it
    if domain.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
        return Ok(Outcome::skip(Sentence::new(text!(
            "the server is named by its address, so there is no name to look up",
            "der Server ist mit seiner Adresse genannt, es gibt also keinen Namen nachzuschlagen",
        ))));
    }
    let subdomain = format!("autodiscover.{domain}");
    let has_mailbox = view.subject().mailbox.is_some();
    // everything independent is looked at before anything is waited for
    let mut names = vec![domain.clone()];
    if has_mailbox {
        names.push(subdomain.clone());
    }
    let own = view::all(names.iter().map(|name| name_of(view, name)));
    let mx = view.dns(&domain, RecordType::Mx);
    let srv = if has_mailbox { view.dns(&srv_name(&domain), RecordType::Srv).map(Result::ok) } else { Ok(None) };
    let targets = srv.and_then(|seen| srv_targets(view, seen));
    let walk = autodiscover::walk(view);
    let endpoint = endpoint::endpoint(view);
    let any = if has_mailbox { zone::any(view, &domain).map(Some) } else { Ok(None) };
    let member = membership(view);
    // the resolver's own word on why it fails is known only then
    let zone = crate::protocol::zone::zone(view, &domain);
    let own = own?;
    let (mx, targets, srv) = (mx?, targets?, srv?);

    if let Some(outcome) = silence(view, &own) {
        return Ok(outcome);
    }
    let (walk, endpoint) = (walk?, endpoint?);
    let (any, member) = (any?, member?);
    zone?;
    let mut names = own;
    let endpoint_name = match &endpoint {
        Some(endpoint)
            if !names.iter().any(|name| name.host == endpoint.host) && endpoint.host.parse::<IpAddr>().is_err() =>
        {
            Some(name_of(view, &endpoint.host)?)
        }
        _ => None,
    };
    let user_named = endpoint.as_ref().is_some_and(|endpoint| endpoint.origin == Origin::User);
    names.extend(endpoint_name);

    let found_otherwise = walk.as_ref().is_some_and(|walk| walk.won.is_some()) || user_named;
    let weight = |severity| if found_otherwise { Severity::Warn } else { severity };
    let mut findings = Vec::new();
    if has_mailbox && names.first().is_some_and(Name::is_denied) && !found_otherwise {
        return Ok(Outcome::checked(note_none(&domain), vec![resolve::domain_not_found(view, &domain)]));
    }
    // all is looked at before anything of it is told
    let faults = view::all(names.iter().map(|name| name.faults(view, &weight)));
    let broken = broken_delegation(view, &domain, &names);
    let asked_for: Vec<&Name<'_>> = names.iter().filter(|name| name.host != domain || !has_mailbox).collect();
    let by_file = view::all(asked_for.iter().map(|name| compare::hosts_file(view, name)));
    let compared = compare::compared(view, &asked_for);
    let (faults, broken, by_file, compared) = (faults?, broken?, by_file?, compared?);
    for faults in faults {
        // a zone that fails as a whole is told once
        let is_told = |new: &Finding| {
            new.code.id == SERVER_FAILURE.id && findings.iter().any(|f: &Finding| f.code.id == new.code.id)
        };
        let new: Vec<Finding> = faults.into_iter().filter(|new| !is_told(new)).collect();
        findings.extend(new);
    }
    if user_named
        && let Some(name) = names.last().filter(|name| endpoint.as_ref().is_some_and(|e| e.host == name.host))
        && name.is_empty()
        && !findings.iter().any(|f| f.place.host.as_deref() == Some(&name.host))
    {
        findings.push(Finding::new(&HOST_NOT_FOUND).host(&name.host));
    }
    findings.extend(broken);
    findings.extend(by_file.into_iter().flatten().chain(compared));
    let subdomain_name = names.iter().find(|name| name.host == subdomain);
    if let (Some(any), Some(name)) = (&any, subdomain_name) {
        findings.extend(zone::wildcard(view, any, name, walk.as_ref())?);
    }
    let of_cloud = match (&member, subdomain_name, &walk) {
        (Some(member), Some(name), Some(walk)) => cloud::judge(view, member, name, walk)?.map(|finding| {
            if user_named && finding.severity == Severity::Fail { finding.severity(Severity::Warn) } else { finding }
        }),
        _ => None,
    };
    // what it should be an alias of is more than that it is none
    let has_target = of_cloud.is_some();
    findings.extend(of_cloud);
    for target in &targets {
        findings.extend(target.faults(&domain, &weight));
    }
    let has_record = names.iter().any(|name| name.host == subdomain && !(name.is_empty() && name.chain.is_empty()));
    let has_srv = srv
        .and_then(|seen| seen.answer.as_ref())
        .is_some_and(|a| a.answers.iter().any(|rr| matches!(rr.data, RecordData::Srv { .. })));
    let is_known = names.iter().filter(|name| name.host == subdomain).all(|name| name.rcode.is_some_and(is_answer));
    if has_mailbox
        && !has_record
        && !has_srv
        && !has_target
        && is_known
        && walk.as_ref().is_some_and(|walk| walk.won.is_none())
    {
        let severity = if user_named { Severity::Warn } else { Severity::Fail };
        findings.push(
            Finding::new(&NO_AUTODISCOVER_RECORD)
                .severity(severity)
                .host(&subdomain)
                .with("cached", names.iter().find(|name| name.host == subdomain).map(|n| cached(&n.seen, &subdomain)))
                .seen_in(&Probe::dns(&subdomain, address_type(!view.subject().ipv4)))
                .seen_in(&Probe::dns(&srv_name(&domain), RecordType::Srv)),
        );
    }
    findings.extend(mx.ok().and_then(|seen| mx_elsewhere(&domain, seen)));
    Ok(Outcome::checked(note(&names, &subdomain, endpoint.as_ref().map(|e| e.host.as_str()), &domain), findings))
}

/// What is wrong with the zone's delegation, where DNSSEC does not explain why the resolver fails.
fn broken_delegation(view: &View<'_>, domain: &str, names: &[Name<'_>]) -> Result<Option<Finding>, Stop> {
    let fails = names.iter().find(|name| name.rcode.is_some_and(|rcode| !is_answer(rcode)));
    if let Some(name) = fails
        && name.faults(view, &|severity| severity)?.iter().any(|f| f.data.get("why").is_some_and(|why| why == "dnssec"))
    {
        return Ok(None);
    }
    let errors = fails.map(Name::extended_errors);
    zone::delegation(view, domain, errors.as_deref())
}

/// The target of an SRV record.
#[derive(Debug)]
struct Target {
    name: String,
    port: u16,
    has_address: bool,
    is_known: bool,
    /// Where its aliases end, if it is one.
    end: Option<String>,
    /// For how long the record is kept.
    cached: serde_json::Value,
}

fn srv_targets(view: &View<'_>, seen: Option<&DnsSeen>) -> Result<Vec<Target>, Stop> {
    let records = seen.and_then(|s| s.answer.as_ref()).map(|a| a.answers.as_slice()).unwrap_or_default();
    let named = records.iter().filter_map(|record| match &record.data {
        RecordData::Srv { port, target, .. } => Some((target.clone(), *port)),
        _ => None,
    });
    view::all(named.map(|(name, port)| {
        // RFC 2782: a target of "." says that the service is decidedly not available
        let found = if name.is_empty() { None } else { Some(name_of(view, &name)?) };
        Ok(Target {
            has_address: found.as_ref().is_some_and(|f| !f.is_empty()),
            is_known: found.as_ref().is_none_or(|f| f.rcode.is_some_and(is_answer)),
            end: found.as_ref().and_then(|f| f.chain.last().cloned()),
            cached: cached(seen.as_slice(), &srv_name(view.subject().domain())),
            name,
            port,
        })
    }))
}

impl Target {
    fn faults(&self, domain: &str, weight: &dyn Fn(Severity) -> Severity) -> Option<Finding> {
        let about = |code| {
            Finding::new(code)
                .host(srv_name(domain))
                .with("target", if self.name.is_empty() { "." } else { &self.name })
                .with("srv_port", self.port)
                .with("cached", self.cached.clone())
                .seen_in(&Probe::dns(&srv_name(domain), RecordType::Srv))
        };
        // "." is what an admin writes who wants no client to come this way
        if self.name.is_empty() {
            None
        } else if !self.has_address && self.is_known {
            Some(about(&SRV_TARGET_INVALID).severity(weight(Severity::Fail)))
        } else if self.port != 443 {
            Some(about(&SRV_PORT_UNUSUAL))
        } else {
            self.end.as_ref().map(|end| about(&SRV_TARGET_ALIAS).with("end", end.as_str()))
        }
    }
}

fn mx_elsewhere(domain: &str, seen: &DnsSeen) -> Option<Finding> {
    let mut exchangers: Vec<(u16, &str)> = Vec::new();
    for record in &seen.answer.as_ref()?.answers {
        if let RecordData::Mx { preference, exchange } = &record.data
            && !exchange.is_empty()
        {
            exchangers.push((*preference, exchange));
        }
    }
    order::rising(&mut exchangers);
    let is_under = |host: &str| host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    if exchangers.is_empty() || exchangers.iter().any(|(_, host)| is_under(host)) {
        return None;
    }
    let names: Vec<&str> = exchangers.into_iter().map(|(_, host)| host).collect();
    Some(
        Finding::new(&MX_ELSEWHERE).host(domain).with("exchangers", names).seen_in(&Probe::dns(domain, RecordType::Mx)),
    )
}

fn note_none(domain: &str) -> Sentence {
    Sentence::new(text!("no name of {domain} leads to a server", "kein Name von {domain} führt zu einem Server"))
        .with("domain", domain)
}

/// The one name that matters most and has addresses.
fn note(names: &[Name<'_>], subdomain: &str, endpoint: Option<&str>, domain: &str) -> Sentence {
    let has_addresses = |wanted: &str| names.iter().find(|name| name.host == wanted && !name.is_empty());
    let told = has_addresses(subdomain).or_else(|| endpoint.and_then(has_addresses)).or_else(|| has_addresses(domain));
    match told {
        Some(name) => {
            let addresses: Vec<String> = name.addresses.iter().map(|(address, _)| address.to_string()).collect();
            Sentence::new(text!("{host} leads to {addresses}", "{host} führt zu {addresses}"))
                .with("host", name.host.as_str())
                .with("addresses", addresses)
        }
        None => match endpoint {
            Some(host) if host.parse::<IpAddr>().is_ok() => {
                Sentence::new(text!("the server is named by its address", "der Server ist mit seiner Adresse genannt"))
            }
            _ => note_none(domain),
        },
    }
}
