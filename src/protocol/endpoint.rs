//! Which address is ActiveSync's, and how do we know?

use super::autodiscover::{self, Walk};
use super::{eas, reach};
use crate::evidence::{HttpSeen, RecordData, RecordType, Stop, View};

/// Where an endpoint is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The user named the server.
    User,
    /// An Autodiscover answer in the mobilesync schema (with credentials).
    Pox,
    /// An Autodiscover v2 answer (anonymous).
    V2,
    /// A likely host that answers; nobody said so.
    Guess,
}

/// The ActiveSync endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address, https.
    pub url: String,
    /// The host of the address, lower case.
    pub host: String,
    /// The port of the address.
    pub port: u16,
    /// How we know.
    pub origin: Origin,
}

impl Endpoint {
    /// Reads an https address; `None` where it is none.
    pub fn parse(url: &str, origin: Origin) -> Option<Self> {
        let parsed = url::Url::parse(url.trim()).ok().filter(|u| u.scheme() == "https")?;
        let host = parsed.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { url: parsed.to_string(), host, port: parsed.port_or_known_default()?, origin })
    }
}

/// Names under which mail servers usually stand.
const USUAL: &[&str] = &["mail", "webmail", "exchange", "owa", "outlook", "remote"];

/// The ActiveSync endpoint of the mailbox: what the user named, else what Autodiscover says, else
/// the likeliest host that answers. `None` where there is not even a guess.
pub fn endpoint(view: &View<'_>) -> Result<Option<Endpoint>, Stop> {
    if let Some(server) = &view.subject().server {
        return Ok(Endpoint::parse(&server.activesync_url(), Origin::User));
    }
    let Some(walk) = autodiscover::walk(view)? else { return Ok(None) };
    let told = [(&walk.settings, Origin::Pox), (&walk.json, Origin::V2)];
    let told = told.into_iter().find_map(|(url, origin)| url.as_deref().and_then(|url| Endpoint::parse(url, origin)));
    match told {
        Some(endpoint) if !is_internal(&endpoint.host) => Ok(Some(endpoint)),
        _ => guess(view, &walk),
    }
}

/// Whether a name or address can only be of use inside its own network.
pub fn is_internal(host: &str) -> bool {
    if let Ok(address) = host.parse() {
        return reach::is_private(address);
    }
    let last = host.rsplit('.').next().unwrap_or_default();
    !host.contains('.') || matches!(last, "local" | "lan" | "internal" | "intern" | "corp" | "home" | "localdomain")
}

/// The first likely host that answers OPTIONS as ActiveSync does; else the host that wants a
/// sign-in for Autodiscover as Exchange does.
fn guess(view: &View<'_>, walk: &Walk) -> Result<Option<Endpoint>, Stop> {
    let hosts = likely_hosts(view, walk)?;
    let endpoints: Vec<Endpoint> = hosts
        .iter()
        .filter_map(|host| Endpoint::parse(&format!("https://{host}/Microsoft-Server-ActiveSync"), Origin::Guess))
        .collect();
    // every look is made before the first is judged, so that all are gathered at once
    let looks: Vec<_> = endpoints.iter().map(|endpoint| view.http(&eas::options(endpoint))).collect();
    for (endpoint, look) in endpoints.iter().zip(looks) {
        let answers = look?.ok().and_then(HttpSeen::response).is_some_and(|response| {
            response.status == 401 && response.header("www-authenticate").is_some()
                || eas::offer(response).is_activesync()
        });
        if answers {
            return Ok(Some(endpoint.clone()));
        }
    }
    let wanting = walk.protected_hosts();
    Ok(endpoints.into_iter().find(|endpoint| wanting.contains(&endpoint.host.as_str())))
}

/// The hosts that want a sign-in for Autodiscover, mail exchangers of the domain, the usual names.
fn likely_hosts(view: &View<'_>, walk: &Walk) -> Result<Vec<String>, Stop> {
    let domain = view.subject().domain();
    let mut hosts: Vec<String> = walk.protected_hosts().into_iter().map(str::to_owned).collect();
    let exchangers = view.dns(domain, RecordType::Mx)?;
    for record in exchangers.ok().and_then(|seen| seen.answer.as_ref()).iter().flat_map(|answer| &answer.answers) {
        if let RecordData::Mx { exchange, .. } = &record.data
            && exchange.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
        {
            hosts.push(exchange.clone());
        }
    }
    hosts.extend(USUAL.iter().map(|name| format!("{name}.{domain}")));
    let mut once: Vec<String> = Vec::new();
    for host in hosts {
        if !once.contains(&host) {
            once.push(host);
        }
    }
    Ok(once)
}
