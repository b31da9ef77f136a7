//! Is it another server, or another build of it?

use super::{Area, Change};
use crate::evidence::{Evidence, HttpProbe, HttpSeen, Probe, Response, Seen, SignIn, Stop, View};
use crate::finding::Lang;
use crate::order;
use crate::protocol::builds::Version;
use crate::protocol::endpoint::{self, Endpoint};
use crate::protocol::{eas, front, version};
use crate::text;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) fn changes(old: &Evidence, new: &Evidence, lang: Lang) -> Vec<Change> {
    let mut changes = Vec::new();
    let none = || text!("none", "keiner").of(lang).to_owned();
    let (before, after) = (found(old), found(new));
    // evidence of other checks does not tell
    if let (Ok(was), Ok(is)) = (&before, &after) {
        let url = |endpoint: &Option<Endpoint>| endpoint.as_ref().map(|endpoint| endpoint.url.clone());
        let say = |url: &Option<String>| url.clone().unwrap_or_else(none);
        let about = text!("ActiveSync endpoint", "ActiveSync-Endpunkt").of(lang);
        changes.extend(Change::between(Area::Server, "endpoint", about, (&url(was), &url(is)), say, lang));
    }
    let offered = |evidence: &Evidence, endpoint: Result<Option<Endpoint>, Stop>| {
        endpoint.ok().flatten().and_then(|endpoint| Offered::read(evidence, &endpoint))
    };
    if let (Some(was), Some(is)) = (offered(old, before), offered(new, after)) {
        let list = |items: &Vec<String>| if items.is_empty() { none() } else { items.join(", ") };
        for (what, about, was, is) in [
            (
                "product",
                text!("product and what is in front", "Produkt und was davor steht"),
                &was.product,
                &is.product,
            ),
            (
                "sign-in-methods",
                text!("sign-in methods offered", "angebotene Anmeldemethoden"),
                &was.methods,
                &is.methods,
            ),
            ("activesync-versions", text!("ActiveSync versions", "ActiveSync-Versionen"), &was.versions, &is.versions),
        ] {
            // whoever is not let in is told no versions; the checks say so
            if what != "activesync-versions" || !(was.is_empty() || is.is_empty()) {
                changes.extend(Change::between(Area::Server, what, about.of(lang), (was, is), list, lang));
            }
        }
        changes.extend(commands(&was.commands, &is.commands, lang));
    }
    let (before, after) = (builds(old), builds(new));
    for (host, is) in &after {
        let Some(was) = before.get(host) else { continue };
        // a coarser source says the same with fewer numbers
        if !was.agrees(is) {
            let numbers =
                |version: &Version| version.parts().iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            let say = |text: &String| {
                let release = Version::parse(text).and_then(|version| version.release());
                release.map_or_else(|| text.clone(), |release| format!("{text} ({})", release.name))
            };
            let about = format!("Build, {host}");
            changes.extend(Change::between(Area::Server, "build", about, (&numbers(was), &numbers(is)), say, lang));
        }
    }
    changes
}

/// Commands that only one of both lists.
fn commands(old: &[String], new: &[String], lang: Lang) -> Option<Change> {
    let lacks = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|command| !other.contains(command)).cloned().collect()
    };
    let (gone, come) = (lacks(old, new), lacks(new, old));
    if old.is_empty() || new.is_empty() || (gone.is_empty() && come.is_empty()) {
        return None;
    }
    let signed = gone.iter().map(|command| format!("-{command}")).chain(come.iter().map(|c| format!("+{c}")));
    let about = text!("ActiveSync commands", "ActiveSync-Befehle").of(lang);
    let said = signed.collect::<Vec<_>>().join(" ");
    Some(Change::new(Area::Server, "activesync-commands", about, (json!(gone), json!(come)), said))
}

/// The endpoint, as far as the evidence tells.
fn found(evidence: &Evidence) -> Result<Option<Endpoint>, Stop> {
    endpoint::endpoint(&View::new(evidence))
}

/// What the endpoint shows of itself in its answer to OPTIONS.
struct Offered {
    product: Vec<String>,
    versions: Vec<String>,
    commands: Vec<String>,
    methods: Vec<String>,
}

impl Offered {
    fn read(evidence: &Evidence, endpoint: &Endpoint) -> Option<Self> {
        let anonymous = eas::options(endpoint);
        let answer = |probe: HttpProbe| match &evidence.records.get(&Probe::Http(probe))?.seen {
            Seen::Http(seen) => seen.response(),
            _ => None,
        };
        let signed = answer(anonymous.clone().sign_in(SignIn::Given));
        let first = answer(anonymous)?;
        // before the sign-in, many servers list nothing
        let offer = signed.map(eas::offer).filter(eas::Offer::is_activesync).unwrap_or_else(|| eas::offer(first));
        let front = front::recognise(first);
        let mut commands = offer.commands.clone();
        order::rising(&mut commands);
        Some(Self {
            product: [front.product.name(), front.in_front].into_iter().flatten().map(str::to_owned).collect(),
            versions: offer.versions.iter().map(ToString::to_string).collect(),
            commands,
            methods: methods(first),
        })
    }
}

fn methods(response: &Response) -> Vec<String> {
    let schemes = response.headers_named("www-authenticate").filter_map(|line| line.split_whitespace().next());
    order::set(schemes.map(str::to_owned)).into_iter().collect()
}

/// The most precise build that each host showed.
fn builds(evidence: &Evidence) -> BTreeMap<String, Version> {
    let mut all: BTreeMap<String, Version> = BTreeMap::new();
    for (probe, record) in &evidence.records {
        let (Probe::Http(http), Seen::Http(seen)) = (probe, &record.seen) else { continue };
        let (Some(host), Some(response)) = (probe.host(), HttpSeen::response(seen)) else { continue };
        for reading in version::readings(http, seen, response) {
            let known = all.entry(host.clone()).or_insert(reading.version);
            let rank = |version: &Version| (version.parts().len(), version.parts().to_vec());
            if rank(&reading.version) > rank(known) && !reading.version.is_online() {
                *known = reading.version;
            }
        }
    }
    // which build Microsoft's cloud runs, is by place and hour
    all.retain(|_, version| !version.is_online());
    all
}
