//! Which services stand beside ActiveSync on the same server, how are they asked, and do they answer?
//!
//! Anonymous questions only. Healthy is a 401 with the ways to sign in, of Outlook on the web also its
//! logon page; `healthcheck.htm` (Exchange 2013 and later) says 200 OK without a sign-in.

use super::endpoint::{Endpoint, Origin, told_ews};
use super::front::{self, Front};
use super::portal::{self, Leads};
use super::{eas, hosts, trusted};
use crate::evidence::{
    FailKind, Failure, HttpOutcome, HttpProbe, HttpSeen, Look, Method, NoAnswer, Phase, Response, Stop, View, view,
};
use std::net::IpAddr;

/// A service of an Exchange server, by its virtual directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Exchange Web Services.
    Ews,
    /// MAPI over HTTP, Outlook's way in.
    Mapi,
    /// The offline address book.
    Oab,
    /// Outlook on the web.
    Owa,
    /// ActiveSync, whose answers the check of its own judges.
    ActiveSync,
    /// Autodiscover, whose answers the check of its own judges.
    Autodiscover,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Ews, Self::Mapi, Self::Oab, Self::Owa, Self::ActiveSync, Self::Autodiscover];

    /// How admins call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ews => "EWS",
            Self::Mapi => "MAPI/HTTP",
            Self::Oab => "OAB",
            Self::Owa => "OWA",
            Self::ActiveSync => "ActiveSync",
            Self::Autodiscover => "Autodiscover",
        }
    }

    /// Its virtual directory.
    pub const fn directory(self) -> &'static str {
        match self {
            Self::Ews => "/EWS",
            Self::Mapi => "/mapi",
            Self::Oab => "/OAB",
            Self::Owa => "/owa",
            Self::ActiveSync => "/Microsoft-Server-ActiveSync",
            Self::Autodiscover => "/autodiscover",
        }
    }

    /// What is asked of it; none where another check asks.
    const fn path(self) -> Option<&'static str> {
        match self {
            Self::Ews => Some("/EWS/Exchange.asmx"),
            Self::Mapi => Some("/mapi/emsmdb"),
            Self::Oab => Some("/OAB/"),
            Self::Owa => Some("/owa/"),
            Self::ActiveSync | Self::Autodiscover => None,
        }
    }
}

/// The root of the endpoint's server, without a slash at its end.
fn root(endpoint: &Endpoint) -> String {
    let host = if endpoint.host.contains(':') { format!("[{}]", endpoint.host) } else { endpoint.host.clone() };
    if endpoint.port == 443 { format!("https://{host}") } else { format!("https://{host}:{}", endpoint.port) }
}

/// The question whether the service is there; `None` where another check asks it.
pub fn question(service: Service, endpoint: &Endpoint) -> Option<HttpProbe> {
    service.path().map(|path| HttpProbe::new(Method::Get, format!("{}{path}", root(endpoint))))
}

/// The question for its `healthcheck.htm`.
pub fn health_question(service: Service, endpoint: &Endpoint) -> HttpProbe {
    HttpProbe::new(Method::Get, format!("{}{}/healthcheck.htm", root(endpoint), service.directory()))
}

/// The question for the logon page of Outlook on the web, whose paths hold the build.
pub fn logon_question(endpoint: &Endpoint) -> HttpProbe {
    HttpProbe::new(Method::Get, format!("{}/owa/auth/logon.aspx", root(endpoint)))
}

/// The question for the manifest of the export tool, which holds the exact build and is anonymous on many
/// servers. Scanners ask it too.
pub fn manifest_question(endpoint: &Endpoint) -> HttpProbe {
    let path = "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application";
    HttpProbe::new(Method::Get, format!("{}{path}", root(endpoint)))
}

/// How a service answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// As it should.
    Healthy,
    /// 401 without a way to sign in.
    NoMethods,
    /// 200 without a sign-in.
    Open,
    /// 404: no such directory, or not published.
    Missing,
    /// 403, or another refusal of the request as such.
    Forbidden,
    /// A page of something in front wants a sign-in.
    Portal,
    /// A redirect to elsewhere on the server.
    Redirected,
    /// 502 to 504: nothing works behind.
    Unavailable,
    /// Another 5xx.
    ServerError,
    /// A connection stood, and nothing came back.
    Silent,
    /// A connection stood, and was ended without an answer.
    Cut,
    /// What came back is not HTTP.
    Garbled,
    /// 429: too much was asked.
    Throttled,
    /// Any other answer.
    Odd,
}

impl State {
    /// Its machine-readable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::NoMethods => "no-methods",
            Self::Open => "open",
            Self::Missing => "missing",
            Self::Forbidden => "forbidden",
            Self::Portal => "portal",
            Self::Redirected => "redirected",
            Self::Unavailable => "unavailable",
            Self::ServerError => "server-error",
            Self::Silent => "silent",
            Self::Cut => "cut",
            Self::Garbled => "garbled",
            Self::Throttled => "throttled",
            Self::Odd => "odd",
        }
    }
}

/// One answer of a service.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// Whose.
    pub service: Service,
    /// The question.
    pub probe: HttpProbe,
    /// What came, or why nobody could ask.
    pub seen: Result<&'a HttpSeen, &'a NoAnswer>,
}

impl<'a> Asked<'a> {
    /// The host and port that were asked.
    pub fn at(&self) -> Option<(String, u16)> {
        Endpoint::parse(&self.probe.url, Origin::Guess).map(|at| (at.host, at.port))
    }

    /// Whether the host of the endpoint was asked, whatever the port.
    pub fn is_of_host(&self, endpoint: &Endpoint) -> bool {
        self.at().is_none_or(|(host, _)| host == endpoint.host)
    }

    /// The answer, where one came.
    pub fn response(&self) -> Option<&'a Response> {
        self.seen.ok().and_then(HttpSeen::response)
    }

    /// The marks of the answer.
    pub fn front(&self) -> Option<Front> {
        self.response().map(front::recognise)
    }

    /// How the service answers; `None` where no connection stood, which says nothing of the service.
    pub fn state(&self) -> Option<State> {
        match &self.seen.ok()?.outcome {
            HttpOutcome::Response(response) => Some(of_response(self.service, &self.probe.url, response)),
            HttpOutcome::Failed(failure) => of_failure(failure),
        }
    }
}

/// Everything that was asked of a server beside its ActiveSync.
#[derive(Debug)]
pub struct Answers<'a> {
    /// OPTIONS for ActiveSync, without credentials.
    pub options: Result<&'a HttpSeen, &'a NoAnswer>,
    /// The services.
    pub services: Vec<Asked<'a>>,
    /// Their `healthcheck.htm`.
    pub health: Vec<Asked<'a>>,
    /// EWS at each address by itself, where the server has several.
    pub nodes: Vec<(IpAddr, Asked<'a>)>,
}

impl<'a> Answers<'a> {
    /// Looks at the services at once, then at their `healthcheck.htm`. Of Exchange Online only at EWS: the
    /// others say nothing there.
    pub fn look(view: &View<'a>, endpoint: &Endpoint) -> Result<Self, Stop> {
        let online = trusted::is_microsoft(&endpoint.host);
        let asked: Vec<Service> =
            Service::ALL.into_iter().filter(|service| !online || *service == Service::Ews).collect();
        let options = view.http(&eas::options(endpoint));
        let services: Vec<Result<Asked<'a>, Stop>> =
            asked.iter().filter_map(|service| Some(ask(view, *service, question(*service, endpoint)?))).collect();
        let told = ews_elsewhere(view, endpoint);
        let nodes = match &told {
            Ok(told) if !online => nodes(view, endpoint, told.clone().or_else(|| question(Service::Ews, endpoint))),
            _ => Ok(Vec::new()),
        };
        let elsewhere = told.and_then(|probe| probe.map(|probe| ask(view, Service::Ews, probe)).transpose());
        let (services, nodes) = (view::all(services)?, nodes?);
        // a server is asked few questions at a time: those that others wait for go first
        let healthy = asked.iter().filter(|_| !online);
        let health = view::all(healthy.map(|service| ask(view, *service, health_question(*service, endpoint))))?;
        let mut answers = Self { options: options?, services, health, nodes };
        if let Some(ews) = elsewhere? {
            answers.services.retain(|asked| asked.service != Service::Ews);
            answers.services.insert(0, ews);
        }
        Ok(answers)
    }

    /// Every HTTP answer of the endpoint's host, with its question.
    pub fn responses(&self, endpoint: &Endpoint) -> Vec<(HttpProbe, &'a HttpSeen, &'a Response)> {
        let options = (eas::options(endpoint), self.options.ok());
        let others = self.services.iter().chain(&self.health).chain(self.nodes.iter().map(|(_, asked)| asked));
        std::iter::once(options)
            .chain(
                others.filter(|asked| asked.is_of_host(endpoint)).map(|asked| (asked.probe.clone(), asked.seen.ok())),
            )
            .filter_map(|(probe, seen)| Some((probe, seen?, seen?.response()?)))
            .collect()
    }

    /// The answer of this service.
    pub fn of(&self, service: Service) -> Option<&Asked<'a>> {
        self.services.iter().find(|asked| asked.service == service)
    }
}

/// EWS at each address, where the endpoint's host has it and several of these.
fn nodes<'a>(view: &View<'a>, endpoint: &Endpoint, ews: Option<HttpProbe>) -> Result<Vec<(IpAddr, Asked<'a>)>, Stop> {
    let is_own = |probe: &HttpProbe| {
        Endpoint::parse(&probe.url, endpoint.origin).is_some_and(|asked| asked.host == endpoint.host)
    };
    let Some(probe) = ews.filter(is_own) else { return Ok(Vec::new()) };
    let addresses = hosts::addresses(view, &endpoint.host)?;
    if addresses.len() < 2 {
        return Ok(Vec::new());
    }
    view::all(addresses.into_iter().map(|address| {
        let probe = HttpProbe { address: Some(address), ..probe.clone() };
        Ok((address, ask(view, Service::Ews, probe)?))
    }))
}

/// The question for EWS where Autodiscover names another address for it than the usual one beside
/// ActiveSync. (IIS takes paths in any spelling.)
fn ews_elsewhere(view: &View<'_>, endpoint: &Endpoint) -> Result<Option<HttpProbe>, Stop> {
    if endpoint.origin == Origin::User {
        return Ok(None);
    }
    let usual = question(Service::Ews, endpoint).map(|probe| probe.url).unwrap_or_default();
    let told = told_ews(view)?.filter(|ews| !ews.url.eq_ignore_ascii_case(&usual));
    Ok(told.map(|ews| HttpProbe::new(Method::Get, ews.url)))
}

fn ask<'a>(view: &View<'a>, service: Service, probe: HttpProbe) -> Result<Asked<'a>, Stop> {
    let look: Look<'a, HttpSeen> = view.http(&probe);
    Ok(Asked { service, seen: look?, probe })
}

fn of_response(service: Service, url: &str, response: &Response) -> State {
    let is_page = matches!(service, Service::Owa);
    match response.status {
        401 if response.header("www-authenticate").is_some() => State::Healthy,
        401 => State::NoMethods,
        200..=299 if front::is_block_page(response) => State::Forbidden,
        // a page to sign in at is what a browser wants; 440 is Exchange's "sign in again"
        200..=399 | 440 if is_page => State::Healthy,
        200 if portal::is_form(response) => State::Portal,
        200..=299 => State::Open,
        300..=399 => match portal::leads(url, service.directory(), response.header("location").unwrap_or_default()) {
            Leads::ToSignIn => State::Portal,
            Leads::Elsewhere => State::Redirected,
        },
        404 | 410 => State::Missing,
        403 | 405 | 501 => State::Forbidden,
        429 => State::Throttled,
        502..=504 => State::Unavailable,
        500..=599 => State::ServerError,
        _ => State::Odd,
    }
}

fn of_failure(failure: &Failure) -> Option<State> {
    if failure.phase <= Phase::Handshake {
        return None;
    }
    match failure.kind {
        FailKind::Timeout => Some(State::Silent),
        // a client certificate that is wanted is for `tls-protocol` to tell
        FailKind::Renegotiation | FailKind::Alert { .. } => None,
        FailKind::Malformed => Some(State::Garbled),
        _ => Some(State::Cut),
    }
}

/// Whether a `healthcheck.htm` says that its service works; `None` where it was not reached: proxies
/// often hold it back, and Exchange 2010 has none.
pub fn is_well(asked: &Asked<'_>) -> Option<bool> {
    let response = asked.response()?;
    match response.status {
        200 if response.body.text.trim_start().starts_with("200 OK") => Some(true),
        500..=599 => Some(false),
        _ => None,
    }
}

/// The server that a `healthcheck.htm` names, as it is called inside.
pub fn inner_name(asked: &Asked<'_>) -> Option<String> {
    let text = asked.response().filter(|_| is_well(asked) == Some(true))?.body.text.as_str();
    let (_, name) = text.split_once("<br/>").or_else(|| text.split_once("<br />"))?;
    let name = name.split('<').next().unwrap_or_default().trim();
    let is_name =
        !name.is_empty() && name.len() <= 253 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b));
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    fn response(status: u16, headers: &[(&str, &str)], text: &str) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
        }
    }

    fn state(service: Service, status: u16, headers: &[(&str, &str)], text: &str) -> State {
        let url = format!("https://mail.corp.example{}", service.path().unwrap());
        of_response(service, &url, &response(status, headers, text))
    }

    #[test]
    fn a_401_that_says_how_to_sign_in_is_healthy() {
        let ntlm = [("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM")];
        for service in [Service::Ews, Service::Mapi, Service::Oab] {
            assert_eq!(state(service, 401, &ntlm, ""), State::Healthy);
            assert_eq!(state(service, 401, &[], ""), State::NoMethods);
        }
        let logon = [("location", "https://mail.corp.example/owa/auth/logon.aspx?url=x&reason=0")];
        assert_eq!(state(Service::Owa, 302, &logon, ""), State::Healthy);
        assert_eq!(state(Service::Owa, 302, &[("location", "https://login.microsoftonline.com/")], ""), State::Healthy);
        assert_eq!(state(Service::Owa, 404, &[], ""), State::Missing);
    }

    #[test]
    fn every_answer_of_a_broken_ews_has_its_own_state() {
        let of = |status, headers: &[(&str, &str)], text| state(Service::Ews, status, headers, text);
        assert_eq!(of(404, &[], ""), State::Missing);
        assert_eq!(of(403, &[], ""), State::Forbidden);
        assert_eq!(of(405, &[], ""), State::Forbidden);
        assert_eq!(of(302, &[("location", "/my.policy")], ""), State::Portal);
        assert_eq!(of(302, &[("location", "/owa/")], ""), State::Redirected);
        assert_eq!(of(200, &[], "<form><input type=\"password\"></form>"), State::Portal);
        assert_eq!(of(200, &[], "<definitions/>"), State::Open);
        assert_eq!(of(503, &[], ""), State::Unavailable);
        assert_eq!(of(500, &[], ""), State::ServerError);
        assert_eq!(of(400, &[], ""), State::Odd);
        assert_eq!(of(429, &[], ""), State::Throttled);
        let failed = |phase, kind| of_failure(&Failure::new(phase, kind));
        assert_eq!(failed(Phase::Request, FailKind::Timeout), Some(State::Silent));
        assert_eq!(failed(Phase::Request, FailKind::Closed), Some(State::Cut));
        assert_eq!(failed(Phase::Request, FailKind::Malformed), Some(State::Garbled));
        assert_eq!(failed(Phase::Connect, FailKind::Refused), None);
    }

    #[test]
    fn a_healthcheck_names_the_server_behind_and_is_no_error_where_it_is_held_back() {
        let endpoint = Endpoint::parse("https://mail.corp.example/x", super::super::endpoint::Origin::User).unwrap();
        let of = |status, text: &str| {
            let seen = HttpSeen {
                address: None,
                tried: Vec::new(),
                verified: None,
                client_certificate_requested: false,
                credential_sent: None,
                outcome: HttpOutcome::Response(response(status, &[], text)),
                timing: crate::evidence::http::Timing::default(),
            };
            let asked =
                Asked { service: Service::Ews, probe: health_question(Service::Ews, &endpoint), seen: Ok(&seen) };
            (is_well(&asked), inner_name(&asked))
        };
        assert_eq!(of(200, "200 OK<br/>EX01.corp.example"), (Some(true), Some("EX01.corp.example".to_owned())));
        assert_eq!(of(200, "<html>start page</html>"), (None, None));
        assert_eq!(of(404, ""), (None, None));
        assert_eq!(of(503, ""), (Some(false), None));
        assert_eq!(health_question(Service::Ews, &endpoint).url, "https://mail.corp.example/EWS/healthcheck.htm");
    }
}
