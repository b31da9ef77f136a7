//! Where does one road of Autodiscover lead, hop by hop?

use super::{Attempt, Reason, Road, Step, Verdict, pox_probe};
use crate::evidence::{FailKind, HttpOutcome, HttpProbe, HttpSeen, Method, Phase, Probe, Response, SignIn, Stop, View};
use crate::protocol::pox::{self, outlook};
use crate::protocol::{soap, v2};
use std::collections::BTreeSet;

/// Hops of one road, as exchangelib and the EWS Managed API have it.
pub const MOST_HOPS: usize = 10;

/// Follows one road to its end: redirects by hand, the POST kept, https only.
pub fn follow(view: &View<'_>, step: Step, first: HttpProbe, email: &str) -> Result<Road, Stop> {
    let mut road = Road::new();
    let mut visited = BTreeSet::new();
    let mut hosts: Vec<String> = Vec::new();
    let mut probe = first;
    loop {
        visited.insert(probe.url.clone());
        let mut attempt = attempt(view, step, &probe, email)?;
        let next = match &attempt.reason {
            Reason::Redirect { to } => Some(to.clone()),
            _ => None,
        };
        let next = match next {
            // a count in the address makes each one new
            Some(to) if step.is_v2() && (visited.contains(&to) || is_back(&to, &hosts)) => {
                attempt.reason = Reason::NotHosted { to };
                None
            }
            Some(to) if visited.contains(&to) => {
                attempt.reason = Reason::Loop { to };
                None
            }
            Some(_) if road.len() >= MOST_HOPS => {
                attempt.reason = Reason::TooManyHops;
                None
            }
            other => other,
        };
        let signed = probe.sign_in;
        hosts.push(attempt.host.clone());
        road.push(attempt);
        let Some(to) = next else { return Ok(road) };
        probe = if step.is_v2() { HttpProbe::new(Method::Get, to) } else { pox_probe(&to, email).sign_in(signed) };
    }
}

/// Whether an address leads back to a host of the road.
fn is_back(to: &str, hosts: &[String]) -> bool {
    let host = Probe::Http(HttpProbe::new(Method::Get, to)).host();
    host.is_some_and(|host| hosts.contains(&host))
}

/// One request, and what its answer means for the road.
pub fn attempt(view: &View<'_>, step: Step, probe: &HttpProbe, email: &str) -> Result<Attempt, Stop> {
    let mut attempt = Attempt {
        step,
        road: 0,
        hop: 0,
        email: email.to_owned(),
        probe: probe.clone(),
        host: Probe::Http(probe.clone()).host().unwrap_or_default(),
        verdict: Verdict::Normal,
        reason: Reason::Odd,
        status: None,
        address: None,
        verified: None,
        ms: 0,
    };
    let seen = match view.http(probe)? {
        Ok(seen) => seen,
        Err(why) => {
            attempt.reason = Reason::NotAsked(why.clone());
            return Ok(attempt);
        }
    };
    attempt.address = seen.address;
    attempt.verified = seen.verified;
    // of a phase that failed no time stands in the answer
    let failed = seen.failure().is_some();
    attempt.ms = if failed { view.look(&Probe::Http(probe.clone()))?.took_ms } else { milliseconds(seen) };
    attempt.reason = match &seen.outcome {
        HttpOutcome::Failed(failure) if failure.phase == Phase::Resolve => Reason::NoSuchName,
        // somebody answers, but not as a web server does
        HttpOutcome::Failed(failure) if failure.phase >= Phase::Request && failure.kind == FailKind::Malformed => {
            Reason::Malformed(NO_HTTP.to_owned())
        }
        HttpOutcome::Failed(failure) => Reason::Unreachable(failure.clone()),
        HttpOutcome::Response(response) => {
            attempt.status = Some(response.status);
            meaning(probe, step, response)
        }
    };
    Ok(attempt)
}

/// Windows follows no longer address (`INTERNET_MAX_URL_LENGTH`), in octets.
const LONGEST_URL: usize = 2083;

const LONG: &str = "it redirects to an address longer than any client follows";
const NO_HTTP: &str = "it is no HTTP, or its headers are more than any client reads";

fn milliseconds(seen: &HttpSeen) -> u64 {
    let timing = &seen.timing;
    [timing.resolve_ms, timing.connect_ms, timing.handshake_ms, timing.response_ms, timing.body_ms]
        .into_iter()
        .flatten()
        .fold(0, u64::saturating_add)
}

/// What an answer means, by its status (protocol reference: "HTTP status at each step").
fn meaning(probe: &HttpProbe, step: Step, response: &Response) -> Reason {
    let is_plain = probe.url.starts_with("http://");
    match response.status {
        301 | 302 | 303 | 307 | 308 => redirect(probe, step, response),
        451 => response.header("x-ms-location").map_or(Reason::Odd, |to| secure(to.to_owned())),
        200..=299 if is_plain => Reason::WebSite { page: true },
        200..=299 if response.body.text.is_empty() && response.body.length > 0 => {
            Reason::Malformed(unreadable(response))
        }
        200..=299 if step.is_v2() => json(response),
        200..=299 if step == Step::Soap => soap(&response.body.text),
        200..=299 => pox(step, response),
        // an error of v2 comes as JSON, with whatever status
        400..=599 if step.is_v2() && matches!(v2::parse(&response.body.text), v2::Answer::Error { .. }) => {
            json(response)
        }
        // a SOAP fault comes with 500
        500 if step == Step::Soap && matches!(soap::parse(&response.body.text), soap::Answer::Error { .. }) => {
            soap(&response.body.text)
        }
        // v2 is anonymous: a 401 there is a proxy's, or of a server that does not know v2
        401 if step.is_v2() || is_plain => Reason::NotThere,
        401 if probe.sign_in == SignIn::Given => Reason::SignInRefused,
        401 => Reason::SignInWanted,
        403 => Reason::Forbidden,
        400 | 404 | 405 | 410 | 501 => Reason::NotThere,
        500..=599 => Reason::ServerError,
        _ => Reason::Odd,
    }
}

/// Why nothing of a body could be read.
fn unreadable(response: &Response) -> String {
    match response.header("content-encoding").filter(|encoding| *encoding != "identity") {
        Some(encoding) => format!("it comes encoded as {encoding}, which nobody asked for, and cannot be read"),
        None => "it is no text".to_owned(),
    }
}

fn pox(step: Step, response: &Response) -> Reason {
    match pox::parse(&response.body.text) {
        pox::Answer::MobileSync { url } => Reason::Settings { url },
        pox::Answer::NoMobileSync if step == Step::Outlook => match outlook::parse(&response.body.text) {
            Some(settings) => Reason::Settings { url: settings.ews_url().unwrap_or_default().to_owned() },
            None => Reason::NoMobileSync,
        },
        pox::Answer::NoMobileSync => Reason::NoMobileSync,
        pox::Answer::OtherProtocols { protocols } => Reason::OtherProtocols(protocols),
        pox::Answer::RedirectAddress { address } => Reason::RedirectAddress { address },
        pox::Answer::RedirectUrl { url } => secure(url),
        pox::Answer::Error { code, message } => Reason::Error { code, message },
        pox::Answer::Html { form: true } => Reason::SignInPage,
        pox::Answer::Html { form: false } => Reason::WebSite { page: true },
        pox::Answer::Empty => Reason::Malformed("it is empty".to_owned()),
        pox::Answer::Malformed { .. } if response.body.truncated => {
            Reason::Malformed("it is larger than any answer of Autodiscover".to_owned())
        }
        pox::Answer::Malformed { why } => Reason::Malformed(why),
    }
}

/// The EWS Managed API takes a Location only where it leads to an Autodiscover path.
fn redirect(probe: &HttpProbe, step: Step, response: &Response) -> Reason {
    let location = response.header("location").unwrap_or_default();
    let Some(to) = url::Url::parse(&probe.url).ok().and_then(|base| base.join(location).ok()) else {
        return Reason::WebSite { page: false };
    };
    if to.as_str().len() > LONGEST_URL {
        return Reason::Malformed(LONG.to_owned());
    }
    let path = to.path().to_ascii_lowercase();
    let wanted = match step {
        Step::Soap => "autodiscover.svc",
        _ if step.is_v2() => "autodiscover.json",
        _ => "autodiscover.xml",
    };
    if path.contains("/autodiscover") && path.contains(wanted) {
        return secure(to.to_string());
    }
    let is_login = ["logon", "login", "/adfs", "my.policy", "/oauth2", "signin"].iter().any(|mark| path.contains(mark));
    if is_login { Reason::SignInPage } else { Reason::WebSite { page: false } }
}

fn secure(to: String) -> Reason {
    if to.to_ascii_lowercase().starts_with("https://") { Reason::Redirect { to } } else { Reason::Insecure { to } }
}

/// An answer of Autodiscover v2.
fn json(response: &Response) -> Reason {
    match v2::parse(&response.body.text) {
        v2::Answer::Url(url) => Reason::Settings { url },
        v2::Answer::Error { code, message } => Reason::Refused { code, message },
        v2::Answer::Other if pox::is_html(response.body.text.trim_start()) => Reason::WebSite { page: true },
        v2::Answer::Other => Reason::Malformed("it is no JSON with an address".to_owned()),
    }
}

/// An answer of the SOAP form.
fn soap(text: &str) -> Reason {
    if pox::is_html(text.trim_start()) {
        return Reason::WebSite { page: true };
    }
    let answer = soap::parse(text);
    match answer {
        soap::Answer::Settings(_) => Reason::Settings { url: answer.ews_url().unwrap_or_default().to_owned() },
        soap::Answer::Redirect { to } if to.contains("://") => secure(to),
        soap::Answer::Redirect { to } => Reason::RedirectAddress { address: to },
        soap::Answer::Error { code, message } => Reason::Refused { code, message },
        soap::Answer::Malformed { why } => Reason::Malformed(why),
    }
}
