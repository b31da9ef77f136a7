//! What does a web server answer to one request?
//!
//! One connection a request, each phase by itself, no redirect followed. Whether the certificate
//! can be trusted is noted and stops nothing but the credentials, which are added last.

mod body;
mod request;

use super::Settings;
use super::auth::{Authorizer, SignInTurn};
use super::net::{Connection, Net, Permit, Progress, Stream, Way};
use super::roots::Loading;
use super::signed;
use super::tls::{self, Again, Shown, millis, tls_kind};
use crate::evidence::http::{Timing, Tried};
use crate::evidence::{
    Body, FailKind, Failure, HeldBack, HttpOutcome, HttpProbe, HttpSeen, Method, Phase, Response, SignIn,
};
use crate::protocol::{challenge, ntlm, trusted};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{self, HeaderValue};
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::{self, timeout};
use url::Url;

/// So large a head may be; hyper allows no less than 8 KiB.
const LARGEST_HEAD: usize = 64 * 1024;
/// How long a server that was told no to a new handshake may think about going on without.
const GOES_ON_WITHIN: Duration = Duration::from_secs(2);
/// So many addresses of a host are tried.
const MOST_ADDRESSES: usize = 8;
/// How long an address may be silent at most until the next is tried beside it (RFC 8305, 5, says
/// 250 ms; after this time, a SYN that got lost has been sent again).
const HEAD_START: Duration = Duration::from_millis(1500);

/// Asks web servers. Holds what all requests of a run have in common.
#[derive(Debug)]
pub struct Http {
    net: Net,
    roots: Loading,
    authorizer: Authorizer,
    limit: Duration,
}

/// What is asked, taken apart.
#[derive(Debug)]
struct Target {
    url: Url,
    /// Without the brackets of an address.
    host: String,
    port: u16,
    secure: bool,
    address: Option<IpAddr>,
}

/// A connection that a request can go over.
#[derive(Debug)]
struct Opened {
    stream: Stream,
    address: Option<IpAddr>,
    connect: Duration,
    /// What the server has shown, and how long the handshake took.
    tls: Option<(Shown, Duration)>,
    /// Whether it wants a new handshake.
    again: Option<Again>,
    /// The proxy that itself answers, as it does for plain http.
    proxy: Option<Intercept>,
    permit: Permit,
}

/// The same with HTTP spoken on it.
#[derive(Debug)]
struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// Ends with the link.
    _driver: JoinSet<()>,
    proxy: Option<Intercept>,
    client_certificate_requested: bool,
    /// Whether the server wants a new handshake.
    again: Option<Again>,
    permit: Option<Permit>,
    /// Whom the permit is for.
    to: String,
}

/// An attempt at one address.
#[derive(Debug)]
struct Attempt {
    address: IpAddr,
    progress: Arc<Progress>,
    failure: Option<Failure>,
}

impl Http {
    /// Requests by these settings; `roots` verify, `authorizer` hands out the credentials.
    pub fn new(settings: &Settings, net: Net, roots: Loading, authorizer: Authorizer) -> Self {
        Self { net, roots, authorizer, limit: settings.response_timeout }
    }

    /// Puts one request. Ends by itself: each phase has its own time. `whole` tells how far it has got.
    pub(super) async fn ask(&self, probe: &HttpProbe, whole: &Arc<Progress>) -> Result<HttpSeen, HeldBack> {
        let mut seen = HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: None,
            client_certificate_requested: false,
            credential_sent: None,
            outcome: HttpOutcome::Failed(Failure::new(Phase::Resolve, FailKind::NoAddress)),
            timing: Timing::default(),
        };
        let Some(target) = Target::of(probe) else { return Ok(seen) };
        if probe.sign_in == SignIn::Given {
            // what is forbidden anyway needs no connection
            self.authorizer.may_sign_in(&target.url)?;
        }
        seen.outcome = match self.put(&target, probe, &mut seen, whole).await? {
            Ok(response) => HttpOutcome::Response(response),
            Err(failure) => HttpOutcome::Failed(failure),
        };
        Ok(seen)
    }

    async fn put(
        &self,
        target: &Target,
        probe: &HttpProbe,
        seen: &mut HttpSeen,
        whole: &Arc<Progress>,
    ) -> Result<Result<Response, Failure>, HeldBack> {
        let mut link = match self.link(target, seen, whole).await {
            Ok(link) => link,
            Err(failure) => return Ok(Err(failure)),
        };
        // what is said of a domain's sign-in counts only from whom it claims to be
        if trusted::is_login(&target.host) && seen.verified != Some(true) {
            return Ok(Err(Failure::new(Phase::Handshake, FailKind::NotVerified)));
        }
        let mut turn = None;
        if probe.sign_in == SignIn::Given {
            // others sign in before: nothing is held while they are waited for
            link.permit = None;
            whole.wait();
            turn = Some(self.authorizer.sign_in(&target.url, seen.verified == Some(true)).await?);
            if link.sender.is_closed() {
                // servers do not wait for ever
                link = match self.link(target, seen, whole).await {
                    Ok(link) => link,
                    Err(failure) => return Ok(Err(failure)),
                };
                if seen.verified != Some(true) {
                    return Err(HeldBack::CertificateNotVerified);
                }
            } else {
                link.permit = Some(self.net.permit(&link.to).await);
            }
        }
        if let Some(turn) = &mut turn {
            turn.sent()?;
            whole.send(turn.credential().into());
        }
        whole.reach(Phase::Request);
        Ok(self.exchange(link, target, probe, turn, seen, whole).await)
    }

    /// A new connection with HTTP on it.
    async fn link(&self, target: &Target, seen: &mut HttpSeen, whole: &Arc<Progress>) -> Result<Link, Failure> {
        let opened = self.open(target, seen, whole).await?;
        whole.reach(Phase::Request);
        seen.address = opened.address;
        seen.timing.connect_ms = Some(millis(opened.connect));
        let mut client_certificate_requested = false;
        if let Some((shown, took)) = opened.tls {
            seen.timing.handshake_ms = Some(millis(took));
            let roots = self.roots.get().await;
            seen.verified = Some(shown.verify(&roots, &target.host, Timestamp::now()).is_ok());
            client_certificate_requested = shown.client_certificate_requested;
            seen.client_certificate_requested = client_certificate_requested;
        }
        let mut builder = http1::Builder::new();
        builder
            .max_buf_size(LARGEST_HEAD)
            .max_header_size(LARGEST_HEAD)
            // as every other client writes them; some firewalls look at it
            .title_case_headers(true)
            // a header that is not well formed is not what the answer is about
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true);
        let made = timeout(self.net.limit(), builder.handshake(TokioIo::new(opened.stream))).await;
        let (sender, connection) = made
            .map_err(|_| Failure::new(Phase::Request, FailKind::Timeout))?
            .map_err(|error| failure(Phase::Request, &error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // what goes wrong is told to the request
            let _ = connection.await;
        });
        let to = opened.address.map_or_else(|| target.host.clone(), |address| address.to_string());
        let permit = Some(opened.permit);
        Ok(Link {
            sender,
            _driver: driver,
            proxy: opened.proxy,
            client_certificate_requested,
            again: opened.again,
            permit,
            to,
        })
    }

    async fn open(&self, target: &Target, seen: &mut HttpSeen, whole: &Arc<Progress>) -> Result<Opened, Failure> {
        let scheme = if target.secure { "https" } else { "http" };
        match self.net.way(scheme, &target.host, target.address, target.port) {
            Way::Proxy { proxy, host, port } if target.secure => {
                let connection = self.net.tunnel(&proxy, &host, port, whole).await?;
                whole.reach(Phase::Handshake);
                self.secured(connection, target.address, target).await
            }
            Way::Proxy { proxy, host, .. } => {
                let Connection { stream, took, permit } = self.net.to_proxy(&proxy, &host, whole).await?;
                let address = target.address;
                Ok(Opened { stream, address, connect: took, tls: None, again: None, proxy: Some(proxy), permit })
            }
            Way::Direct { host, port } => {
                let started = Instant::now();
                let addresses = self.net.addresses(&host, port).await;
                if host.parse::<IpAddr>().is_err() {
                    seen.timing.resolve_ms = Some(millis(started.elapsed()));
                }
                self.first_of(&mixed(addresses), port, target, seen, whole).await
            }
        }
    }

    /// The first of these addresses that takes a connection. Each has a head start before the next
    /// (RFC 8305, 5); one that says no makes room for the next at once.
    async fn first_of(
        &self,
        addresses: &[IpAddr],
        port: u16,
        target: &Target,
        seen: &mut HttpSeen,
        whole: &Arc<Progress>,
    ) -> Result<Opened, Failure> {
        let mut attempts: Vec<Attempt> = Vec::new();
        let mut open = FuturesUnordered::new();
        let mut next = addresses.iter().copied().take(MOST_ADDRESSES);
        let head_start = HEAD_START.min(self.net.limit() / 2);
        let ended = loop {
            if let Some(address) = next.next() {
                let progress = Arc::new(Progress::part_of(whole));
                let at = attempts.len();
                attempts.push(Attempt { address, progress: Arc::clone(&progress), failure: None });
                open.push(async move { (at, self.attempt(address, port, target, &progress).await) });
            }
            let came = if next.len() == 0 {
                // none is left, neither to start nor to wait for
                let Some(came) = open.next().await else { break None };
                came
            } else {
                let Ok(Some(came)) = timeout(head_start, open.next()).await else { continue };
                came
            };
            match came {
                (at, Ok(opened)) => break Some((at, Ok(opened))),
                // whoever says that much is the server, and it has answered
                (at, Err(failure)) if !makes_room(&failure) => break Some((at, Err(failure))),
                (at, Err(failure)) => {
                    for attempt in attempts.iter_mut().skip(at).take(1) {
                        attempt.failure = Some(failure.clone());
                    }
                }
            }
        };
        drop(open);
        let (used, ended) = match ended {
            Some((at, Ok(opened))) => (Some(at), Ok(opened)),
            Some((at, Err(failure))) => (Some(at), Err(failure)),
            None => last_word(&attempts),
        };
        seen.address = used.and_then(|used| attempts.get(used)).map(|attempt| attempt.address);
        seen.tried = attempts.into_iter().enumerate().filter_map(|(at, attempt)| attempt.in_vain(at, used)).collect();
        ended
    }

    async fn attempt(
        &self,
        address: IpAddr,
        port: u16,
        target: &Target,
        progress: &Progress,
    ) -> Result<Opened, Failure> {
        let connection = self.net.direct(address, port, progress).await?;
        progress.reach(Phase::Handshake);
        if target.secure {
            return self.secured(connection, Some(address), target).await;
        }
        let Connection { stream, took, permit } = connection;
        Ok(Opened { stream, address: Some(address), connect: took, tls: None, again: None, proxy: None, permit })
    }

    async fn secured(
        &self,
        connection: Connection,
        address: Option<IpAddr>,
        target: &Target,
    ) -> Result<Opened, Failure> {
        let shaken = tls::handshake(connection.stream, &target.host, self.net.limit()).await;
        let stream = shaken.stream?;
        let again = stream.get_ref().0.again();
        Ok(Opened {
            stream: Box::new(stream),
            again: Some(again),
            address,
            connect: connection.took,
            tls: Some((shaken.shown, shaken.took)),
            proxy: None,
            permit: connection.permit,
        })
    }

    /// Sends the request and reads the answer.
    async fn exchange(
        &self,
        mut link: Link,
        target: &Target,
        probe: &HttpProbe,
        turn: Option<SignInTurn>,
        seen: &mut HttpSeen,
        whole: &Arc<Progress>,
    ) -> Result<Response, Failure> {
        let authorization = match (&turn, probe.sign_in) {
            (Some(turn), _) => Some(turn.header()),
            (None, SignIn::EmptyBearer) => Some(HeaderValue::from_static("Bearer ")),
            (None, SignIn::NtlmHello) => HeaderValue::from_str(&format!("NTLM {}", ntlm::HELLO)).ok(),
            (None, _) => None,
        };
        let request = request::request(&target.url, probe, link.proxy.as_ref(), authorization)
            .map_err(|error| Failure { phase: Phase::Request, kind: FailKind::Other, detail: error.to_string() })?;
        seen.credential_sent = turn.as_ref().map(SignInTurn::credential);
        let signed_in = turn.is_some();
        let limit = request::limit(self.limit, probe);
        let started = time::Instant::now();
        let answered = asked(link.sender.send_request(request), link.again.as_ref());
        let answered = timeout(limit, answered).await;
        seen.timing.response_ms = Some(millis(started.elapsed()));
        let wants_again = link.again.as_ref().is_some_and(Again::is_wanted);
        seen.client_certificate_requested |= wants_again;
        let answer = match answered {
            Ok(Some(Ok(answer))) => answer,
            // RFC 5246, 7.4.1.1: it was told no, and has said nothing since
            Ok(_) if wants_again => return Err(Failure::new(Phase::Request, FailKind::Renegotiation)),
            Ok(None) | Err(_) => return Err(Failure::new(Phase::Request, FailKind::Timeout)),
            Ok(Some(Err(error))) => {
                let failure = failure(Phase::Request, &error);
                let is_alert = matches!(failure.kind, FailKind::Alert { .. });
                // TLS 1.3 lets the handshake end before the server has looked at the certificate
                let phase =
                    if link.client_certificate_requested && is_alert { Phase::Handshake } else { failure.phase };
                return Err(Failure { phase, ..failure });
            }
        };
        let status = answer.status().as_u16();
        if let Some(turn) = turn {
            let headers = answer.headers();
            turn.answered(challenge::word(status, |name| headers.get(name)?.to_str().ok()));
        }
        if link.proxy.is_some() && status == 407 {
            return Err(Failure::new(Phase::Proxy, FailKind::ProxyRefused { status }));
        }
        let (head, mut body) = answer.into_parts();
        let received = time::Instant::now();
        let until = (started + limit).max(received + self.net.limit());
        whole.reach(Phase::Body);
        let read = body::read(&mut body, &head.headers, until).await;
        seen.timing.body_ms = Some(millis(received.elapsed()));
        match read.cut {
            // of a 200 to such a request, the body is the answer, and part of one is none
            Some(failure) if status == 200 && probe.method != Method::Options => {
                return Err(failure);
            }
            _ => {}
        }
        let encoding = head.headers.get(header::CONTENT_ENCODING).map(HeaderValue::as_bytes).unwrap_or_default();
        let (plain, text, shortened) = body::decoded(&read.bytes, encoding);
        let response = Response {
            status,
            headers: head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), kept(name, value))).collect(),
            body: Body { text, length: read.bytes.len() as u64, truncated: read.truncated || shortened },
        };
        Ok(if signed_in {
            signed::essence(probe, response, &plain, &|text| self.authorizer.echoes(&target.url, text))
        } else {
            response
        })
    }
}

impl Target {
    /// `None` where it is no address of the web.
    fn of(probe: &HttpProbe) -> Option<Self> {
        let url = Url::parse(&probe.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        let host = url.host_str()?.trim_matches(['[', ']']).trim_end_matches('.').to_owned();
        let port = url.port_or_known_default()?;
        let secure = url.scheme() == "https";
        Some(Self { url, host, port, secure, address: probe.address })
    }
}

impl Attempt {
    /// What is to be told of it, if another was the one that was `used`.
    fn in_vain(self, at: usize, used: Option<usize>) -> Option<Tried> {
        let address = self.address;
        if used == Some(at) {
            return None;
        }
        // what was begun after the one that was used proves nothing by being slower
        let silent = || {
            let began = self.progress.phase().filter(|_| used.is_some_and(|used| at < used))?;
            Some(Failure::new(began, FailKind::Timeout))
        };
        self.failure.clone().or_else(silent).map(|failure| Tried { address, failure })
    }
}

/// Whether another address may do better.
fn makes_room(failure: &Failure) -> bool {
    failure.phase < Phase::Handshake || matches!(failure.kind, FailKind::Timeout | FailKind::Reset | FailKind::Closed)
}

/// The failure that says most, where every address has failed, and whose it is if there was a
/// connection. That this machine has no IPv6 says least.
fn last_word(attempts: &[Attempt]) -> (Option<usize>, Result<Opened, Failure>) {
    let failures = attempts.iter().enumerate().filter_map(|(at, attempt)| {
        let failure = attempt.failure.as_ref()?;
        let lack = attempt.address.is_ipv6() && failure.kind == FailKind::Unreachable;
        Some((at, failure, !lack))
    });
    match failures.max_by_key(|(_, failure, weighs)| (failure.phase, *weighs)) {
        Some((at, failure, _)) => ((failure.phase > Phase::Connect).then_some(at), Err(failure.clone())),
        None => (None, Err(Failure::new(Phase::Resolve, FailKind::NoAddress))),
    }
}

/// The two families in turn (RFC 8305, 4), beginning with that of the first.
fn mixed(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let Some(first) = addresses.first().map(IpAddr::is_ipv6) else { return addresses };
    let (one, other): (Vec<_>, Vec<_>) = addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let mut mixed = Vec::new();
    loop {
        let pair = [one.next(), other.next()];
        if pair.iter().all(Option::is_none) {
            return mixed;
        }
        mixed.extend(pair.into_iter().flatten());
    }
}

/// Waits for the answer. A server that wants a new handshake first is told no, and then has this
/// much time to go on all the same; `None` where it does not.
async fn asked<F: Future>(request: F, again: Option<&Again>) -> Option<F::Output> {
    let Some(again) = again else { return Some(request.await) };
    let mut request = std::pin::pin!(request);
    tokio::select! {
        biased;
        answer = &mut request => return Some(answer),
        () = again.wanted() => {}
    }
    timeout(GOES_ON_WITHIN, request).await.ok()
}

/// A header's value, as far as it may be kept: of a cookie only the name (RFC 6265, 4.1).
fn kept(name: &header::HeaderName, value: &HeaderValue) -> String {
    let value = String::from_utf8_lossy(value.as_bytes());
    if name == header::SET_COOKIE || name.as_str() == "set-cookie2" {
        return format!("{}=…", value.split(['=', ';']).next().unwrap_or_default().trim());
    }
    value.into_owned()
}

/// What hyper's error means, by what lies at its bottom.
fn failure(phase: Phase, error: &hyper::Error) -> Failure {
    let mut kind = if error.is_parse() {
        FailKind::Malformed
    } else if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        FailKind::Closed
    } else {
        FailKind::Other
    };
    let mut detail = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        detail = cause.to_string();
        if let Some(system) = cause.downcast_ref::<io::Error>() {
            kind = tls_kind(system);
        }
        next = cause.source();
    }
    Failure { phase, kind, detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn rfc8305_4_the_families_take_turns() {
        let given = addresses(&["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"]);
        assert_eq!(mixed(given), addresses(&["2001:db8::1", "192.0.2.1", "2001:db8::2", "2001:db8::3"]));
        assert_eq!(mixed(Vec::new()), addresses(&[]));
    }

    #[test]
    fn where_all_fail_a_machine_without_ipv6_says_least() {
        let attempt = |address: &str, phase, kind| Attempt {
            address: address.parse().unwrap(),
            progress: Arc::default(),
            failure: Some(Failure::new(phase, kind)),
        };
        let attempts = [
            attempt("192.0.2.1", Phase::Connect, FailKind::Refused),
            attempt("2001:db8::1", Phase::Connect, FailKind::Unreachable),
        ];
        let (of, failure) = last_word(&attempts);
        assert_eq!((of, failure.err().map(|f| f.kind)), (None, Some(FailKind::Refused)));
    }
}
