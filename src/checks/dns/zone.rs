//! What is wrong with the zone as a whole: its wildcard, its delegation?

use crate::checks::common::resolve::{Name, cached, name_of};
use crate::evidence::dns::address_type;
use crate::evidence::{Probe, RecordType, Stop, Via, View};
use crate::finding::{Finding, Severity};
use crate::findings;
use crate::protocol::autodiscover::{Reason, Step, Walk};
use crate::protocol::zone::{self, NameServer, Word};
use serde_json::json;
use std::collections::BTreeSet;

findings! {
    WILDCARD = "dns.wildcard", Warn, Dns {
        title { en: "{host} leads where any made-up name of the domain leads", de: "{host} führt dorthin, wohin jeder erfundene Name der Domain führt" }
        meaning {
            en: "Even a made-up name of the domain leads to the same place ({target}): a record *.{domain} answers for all. Clients looking for Autodiscover end at whatever stands there, usually a web site with the wrong certificate.",
            de: "Auch ein erfundener Name der Domain führt an dieselbe Stelle ({target}): Ein Eintrag *.{domain} antwortet für alle. Clients, die Autodiscover suchen, landen dort, meist bei einer Website mit falschem Zertifikat.",
        }
        remedy { en: "Give autodiscover.{domain} a record of its own, or drop the wildcard", de: "Geben Sie autodiscover.{domain} einen eigenen Eintrag oder entfernen Sie den Wildcard-Eintrag" }
        steps [
            { en: "Add the record to the zone; it takes precedence over the wildcard:", de: "Tragen Sie den Eintrag in die Zone ein; er geht dem Wildcard-Eintrag vor:", Zone "autodiscover.{domain}. 3600 IN CNAME mail.{domain}." },
            { en: "Look again after the change ({cached}):", de: "Prüfen Sie nach der Änderung erneut ({cached}):", Shell "exdiag check {mailbox} --only dns,autodiscover" },
        ]
        links ["https://www.rfc-editor.org/rfc/rfc4592"]
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

/// Whether `autodiscover.` is nothing but the zone's wildcard. Where that leads to Exchange all the
/// same, it is only worth knowing.
pub fn wildcard(any: &Name<'_>, subdomain: &Name<'_>, walk: Option<&Walk>) -> Option<Finding> {
    let all = |name: &Name<'_>| name.addresses.iter().map(|(address, _)| *address).collect::<BTreeSet<_>>();
    let same_end = any.chain.last().is_some() && any.chain.last() == subdomain.chain.last();
    if any.is_empty() || subdomain.is_empty() || !(same_end || all(any) == all(subdomain)) {
        return None;
    }
    let works = walk.is_some_and(|walk| {
        let of_it = |step| matches!(step, Step::Subdomain | Step::HttpRedirect | Step::Json);
        let leads = |reason: &Reason| matches!(reason, Reason::SignInWanted | Reason::Settings { .. });
        walk.attempts.iter().any(|a| of_it(a.step) && a.verified == Some(true) && leads(&a.reason))
    });
    let target = subdomain.chain.last().cloned();
    let target = target.or_else(|| subdomain.addresses.first().map(|(address, _)| address.to_string()));
    Some(
        Finding::new(&WILDCARD)
            .severity(if works { Severity::Info } else { Severity::Warn })
            .host(&subdomain.host)
            .with("target", target)
            .with("made_up", any.host.as_str())
            .with("cached", cached(&subdomain.seen, &subdomain.host))
            .seen_in(&Probe::dns(&any.host, RecordType::A))
            .seen_in(&Probe::dns(&subdomain.host, RecordType::A)),
    )
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
