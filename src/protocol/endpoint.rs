//! Which address is ActiveSync's, and how do we know?

use super::autodiscover::{self, Walk};
use super::{cloud, eas, front, hosts, reach};
use crate::evidence::subject::domain_name;
use crate::evidence::{HttpOutcome, HttpSeen, Phase, RecordData, RecordType, Response, Stop, View, view};

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
pub const USUAL: &[&str] = &["mail", "webmail", "exchange", "owa", "outlook", "remote"];

/// The ActiveSync endpoint of the mailbox: what the user named, else what Autodiscover says, else
/// what Microsoft's cloud says (unless the domain's own host is there and only does not answer), else
/// the likeliest host that answers, else the likeliest that gives no answer but has an address.
/// `None` where there is not even a guess.
pub fn endpoint(view: &View<'_>) -> Result<Option<Endpoint>, Stop> {
    if let Some(server) = &view.subject().server {
        return Ok(Endpoint::parse(&server.activesync_url(), Origin::User));
    }
    let Some(walk) = autodiscover::walk(view)? else { return Ok(None) };
    let told = [(&walk.settings, Origin::Pox), (&walk.json, Origin::V2)];
    let told = told.into_iter().find_map(|(url, origin)| url.as_deref().and_then(|url| Endpoint::parse(url, origin)));
    match told {
        Some(endpoint) if !is_internal(&endpoint.host) => Ok(Some(endpoint)),
        _ => {
            let cloud = walk.cloud.as_deref().filter(|_| walk.won.is_none());
            match cloud.and_then(|url| Endpoint::parse(url, Origin::V2)) {
                // it also answers for mailboxes that it does not hold
                Some(cloud) if own_server_is_down(view, &walk)? => Ok(guess(view, &walk)?.or(Some(cloud))),
                Some(cloud) => Ok(Some(cloud)),
                None => guess(view, &walk),
            }
        }
    }
}

/// Whether the domain's own names lead to a host that is not the cloud's, from which nobody gets an answer, or
/// only that a Windows server fails.
pub fn own_server_is_down(view: &View<'_>, walk: &Walk) -> Result<bool, Stop> {
    let own = view::all(walk.unanswered().into_iter().map(|attempt| {
        let addresses = hosts::addresses(view, &attempt.host);
        let (cloud, look) = (cloud::of_name(view, &attempt.host), view.http(&attempt.probe));
        let answer = look?.ok().and_then(HttpSeen::response).is_none_or(is_failing_exchange);
        Ok(!addresses?.is_empty() && cloud?.is_none() && answer)
    }))?;
    Ok(!own.is_empty() && own.into_iter().all(|is_own| is_own))
}

/// Whether a server fails (5xx) that is Exchange, or as like it as one can be whose pool is stopped: another web
/// host that fails says nothing of Exchange.
fn is_failing_exchange(answer: &Response) -> bool {
    let is_http_sys = answer.header("server").is_some_and(|server| server.starts_with("Microsoft-HTTPAPI/"));
    (500..600).contains(&answer.status)
        && (is_http_sys || front::is_iis(answer) || front::recognise(answer).product == front::Product::Exchange)
}

/// The address of EWS that Autodiscover tells clients outside, by whichever way of asking; `None` where none
/// told a usable one. ([`endpoint`] and its host are known without.)
pub fn told_ews(view: &View<'_>) -> Result<Option<Endpoint>, Stop> {
    let Some(walk) = autodiscover::walk(view)? else { return Ok(None) };
    let beside = autodiscover::beside(view, &walk)?;
    let endpoints = beside
        .external_ews_urls()
        .into_iter()
        .filter_map(|(step, url)| Endpoint::parse(url, if step.is_v2() { Origin::V2 } else { Origin::Pox }));
    Ok(endpoints.into_iter().find(|endpoint| !is_internal(&endpoint.host)))
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
    let looks = view::all(looks)?;
    for (endpoint, look) in endpoints.iter().zip(&looks) {
        let answers = look.ok().and_then(HttpSeen::response).is_some_and(|response| {
            response.status == 401 && response.header("www-authenticate").is_some()
                || eas::offer(response).is_activesync()
        });
        if answers {
            return Ok(Some(endpoint.clone()));
        }
    }
    let wanting = walk.protected_hosts();
    if let Some(found) = endpoints.iter().find(|endpoint| wanting.contains(&endpoint.host.as_str())) {
        return Ok(Some(found.clone()));
    }
    // Whoever answers in HTTP has said that it is no ActiveSync; whoever takes no connection has not.
    // One that fails later is likely only where Autodiscover fails too: else it may be a server of
    // mail alone, which nobody has called a server of ActiveSync.
    let is_cut_off = walk.is_cut_off();
    let is_failing = !walk.unanswered().is_empty();
    let in_vain = endpoints.iter().zip(&looks).find(|(_, look)| match look.map(|seen| &seen.outcome) {
        Ok(HttpOutcome::Failed(failure)) => match failure.phase {
            Phase::Resolve => false,
            Phase::Proxy | Phase::Connect => true,
            Phase::Handshake | Phase::Request | Phase::Body => is_cut_off,
        },
        Ok(HttpOutcome::Response(answer)) => is_failing && is_failing_exchange(answer),
        Err(_) => false,
    });
    if let Some((endpoint, _)) = in_vain {
        return Ok(Some(endpoint.clone()));
    }
    // of those that nobody could ask, the DNS may know one
    let unasked: Vec<&Endpoint> =
        endpoints.iter().zip(&looks).filter(|(_, look)| look.is_err()).map(|(endpoint, _)| endpoint).collect();
    let known = view::all(unasked.iter().map(|endpoint| hosts::addresses(view, &endpoint.host)))?;
    let known = unasked.into_iter().zip(known).find(|(_, addresses)| !addresses.is_empty());
    Ok(known.map(|(endpoint, _)| endpoint.clone()).filter(|_| is_cut_off))
}

/// The hosts that want a sign-in for Autodiscover, mail exchangers of the domain, the usual names.
fn likely_hosts(view: &View<'_>, walk: &Walk) -> Result<Vec<String>, Stop> {
    let domain = view.subject().domain();
    let mut hosts: Vec<String> = walk.protected_hosts().into_iter().map(str::to_owned).collect();
    let exchangers = view.dns(domain, RecordType::Mx)?;
    for record in exchangers.ok().and_then(|seen| seen.answer.as_ref()).iter().flat_map(|answer| &answer.answers) {
        if let RecordData::Mx { exchange, .. } = &record.data
            && exchange.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
            && let Some(exchange) = domain_name(exchange)
        {
            hosts.push(exchange);
        }
    }
    hosts.extend(USUAL.iter().chain(&["autodiscover"]).map(|name| format!("{name}.{domain}")));
    let mut once: Vec<String> = Vec::new();
    for host in hosts {
        if !once.contains(&host) {
            once.push(host);
        }
    }
    Ok(once)
}
