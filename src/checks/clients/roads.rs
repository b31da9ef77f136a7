//! Does each family of clients find the server by itself, and the same one?

use crate::evidence::{Stop, View};
use crate::finding::Finding;
use crate::findings;
use crate::order;
use crate::protocol::autodiscover;
use crate::protocol::clients::Family;
use crate::protocol::clients::roads::{self, Found};
use serde_json::{Map, Value, json};

findings! {
    NOT_FOUND = "clients.server-not-found", Info, Exchange {
        title { en: "{clients} would not find the server by Autodiscover", de: "{clients} würden den Server nicht per Autodiscover finden" }
        meaning {
            en: "Models, not tests: of the roads that these clients take none leads to Autodiscover, while {others} would find {host}. There the server has to be typed in by hand.",
            de: "Modelle, keine Tests: Von den Wegen, die diese Clients gehen, führt keiner zu Autodiscover, während {others} {host} fänden. Dort ist der Server von Hand einzutragen.",
        }
        remedy { en: "Have autodiscover.{domain} lead to the server, with a certificate that names it", de: "Lassen Sie autodiscover.{domain} zum Server führen, mit einem Zertifikat auf diesen Namen" }
        steps [
            { en: "See which attempt ends how:", de: "Sehen Sie nach, welcher Versuch wie endet:", Shell "exdiag autodiscover {mailbox}" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    ROADS_DIFFER = "clients.roads-differ", Info, Exchange {
        title { en: "Not all clients would end at the same Autodiscover host: {ends}", de: "Nicht alle Clients würden beim selben Autodiscover-Host enden: {ends}" }
        meaning {
            en: "Models, not tests: clients try the roads in different orders, and here more than one leads to a server. That is in order as long as all of these hosts are the same organisation's.",
            de: "Modelle, keine Tests: Clients gehen die Wege in verschiedener Reihenfolge, und hier führt mehr als einer zu einem Server. Das ist in Ordnung, solange alle diese Hosts zur selben Organisation gehören.",
        }
        remedy { en: "Where one of the hosts is not yours, take Autodiscover off it", de: "Gehört einer der Hosts nicht zu Ihnen, nehmen Sie Autodiscover dort weg" }
        steps [
            { en: "See which attempt ends where:", de: "Sehen Sie nach, welcher Versuch wo endet:", Shell "exdiag autodiscover {mailbox}" },
        ]
        links ["https://learn.microsoft.com/exchange/architecture/client-access/autodiscover"]
    }
    ASKS_USER = "clients.redirect-asks-user", Info, Exchange {
        title { en: "{clients} would ask the user whether {host} may be trusted", de: "{clients} würden den Benutzer fragen, ob {host} vertrauenswürdig ist" }
        meaning {
            en: "Models, not tests: the only road leads by a redirect or an SRV record to a host outside {domain}, and these clients let the user confirm that. Whoever declines finds no server.",
            de: "Modelle, keine Tests: Der einzige Weg führt über eine Weiterleitung oder einen SRV-Eintrag zu einem Host außerhalb von {domain}, und diese Clients lassen das den Benutzer bestätigen. Wer ablehnt, findet keinen Server.",
        }
        links ["https://support.microsoft.com/topic/3211279"]
    }
}

/// What the families find, with what is to be said about it; nothing where the user has named the
/// server, or no road leads to one.
pub fn look(view: &View<'_>) -> Result<(Vec<Found>, Vec<Finding>), Stop> {
    let Some(mailbox) = view.subject().mailbox.as_ref().filter(|_| view.subject().server.is_none()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let Some(walk) = autodiscover::walk(view)?.filter(|walk| walk.won.is_some() || walk.cloud.is_some()) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let found = roads::found(&walk, &mailbox.domain);
    let findings = say(&found);
    Ok((found, findings))
}

fn say(found: &[Found]) -> Vec<Finding> {
    let of = |wanted: &dyn Fn(&Found) -> bool| found.iter().filter(|found| wanted(found)).collect::<Vec<_>>();
    let (with, without) = (of(&|found| found.host.is_some()), of(&|found| found.host.is_none()));
    let Some(host) = with.first().and_then(|found| found.host.as_deref()) else { return Vec::new() };
    let mut out = Vec::new();
    if !without.is_empty() {
        let finding = Finding::new(&NOT_FOUND).with("clients", names(&without)).with("others", names(&with));
        out.push(finding.with("host", host));
    }
    let mut hosts: Vec<&str> = with.iter().filter_map(|found| found.host.as_deref()).collect();
    order::rising(&mut hosts);
    hosts.dedup();
    if hosts.len() > 1 {
        let ends = hosts.iter().map(|host| {
            let there = of(&|found| found.host.as_deref() == Some(host));
            let Value::Object(names) = names(&there) else { return Value::Null };
            let said = names.into_iter().map(|(lang, names)| {
                let names = names.as_str().unwrap_or_default();
                (lang, Value::from(format!("{host} ({names})")))
            });
            Value::Object(said.collect::<Map<_, _>>())
        });
        out.push(Finding::new(&ROADS_DIFFER).with("ends", ends.collect::<Vec<_>>()).with("hosts", hosts));
    }
    let asking = of(&|found| found.asks_user);
    if let Some(host) = asking.first().and_then(|found| found.host.as_deref()) {
        out.push(Finding::new(&ASKS_USER).with("clients", names(&asking)).with("host", host));
    }
    out
}

/// The families, in the words of each language.
fn names(found: &[&Found]) -> Value {
    let list = |last: &str, sync: &str| {
        let names: Vec<&str> = found.iter().map(|found| name(found.family).unwrap_or(sync)).collect();
        match names.split_last() {
            Some((end, before)) if !before.is_empty() => format!("{} {last} {end}", before.join(", ")),
            _ => names.concat(),
        }
    };
    json!({"en": list("and", "sync services"), "de": list("und", "Sync-Dienste")})
}

/// Its name, where it is the same in every language.
fn name(family: Family) -> Option<&'static str> {
    match family {
        Family::OutlookWindows => Some("Outlook"),
        Family::Ios => Some("iOS"),
        Family::Android => Some("Android"),
        Family::Java => Some("Java"),
        Family::Thunderbird => Some("Thunderbird"),
        Family::SyncService => None,
    }
}

/// What a family finds, as it stands in its row of the report.
pub fn row(found: &Found) -> Value {
    json!({
        "by": found.by.map(autodiscover::Step::name),
        "host": found.host,
        "ms": found.ms,
        "requests": found.requests,
        "asks_user": found.asks_user,
    })
}
