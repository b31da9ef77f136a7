//! Where does a connection really go, and does it come about?
//!
//! `--connect-to` and the proxy change the way, never what is asked for: SNI, Host and the name in
//! the certificate stay. Everything here ends within the time for connecting.

use super::dns::Resolver;
use super::roots::Loading;
use super::{ConnectTo, Settings, tls};
use crate::evidence::{FailKind, Failure, Phase, SentKind};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Sockets in all.
const MOST_SOCKETS: usize = 64;
/// Sockets to one address: some firewalls count, and every handshake costs the server time. A look
/// at a TLS server takes six, and a request may go beside it.
const MOST_PER_ADDRESS: usize = 8;
/// No proxy says more before it lets a tunnel through.
const LARGEST_PROXY_HEAD: u64 = 16 * 1024;
/// Who asks, for those who look into their logs.
pub(super) const USER_AGENT: &str = concat!("exdiag/", env!("CARGO_PKG_VERSION"));

/// What bytes go over.
pub(super) trait Io: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Io for T {}

/// A connection, whatever it consists of.
pub(super) type Stream = Box<dyn Io>;

/// The way out, with the limits that hold for all of a run. Cheap to clone.
#[derive(Clone)]
pub struct Net(Arc<Inner>);

struct Inner {
    rules: Vec<ConnectTo>,
    limit: Duration,
    resolver: Resolver,
    roots: Loading,
    proxies: Matcher,
    /// The proxy is the user's choice, not the environment's.
    proxy_given: bool,
    sockets: Arc<Semaphore>,
    per_address: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}

/// How a server is reached.
#[derive(Debug)]
pub(super) enum Way {
    /// At an address of this host.
    Direct {
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
    /// Through a proxy, which is told this host.
    Proxy {
        /// The proxy.
        proxy: Intercept,
        /// A name or an address.
        host: String,
        /// The port.
        port: u16,
    },
}

/// A connection that stands.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Stream,
    /// How long it took, a proxy's answer included.
    pub(super) took: Duration,
    pub(super) permit: Permit,
}

/// Leave to keep a socket open.
#[derive(Debug)]
pub(super) struct Permit {
    _of_address: Option<OwnedSemaphorePermit>,
    _of_all: Option<OwnedSemaphorePermit>,
}

/// How far an attempt has got, for those who do not wait for its end. None: it waits for its
/// permit, or for its turn to sign in.
#[derive(Debug, Default)]
pub(super) struct Progress {
    furthest: Mutex<Option<Phase>>,
    /// What has gone out with the request.
    sent: Mutex<Option<SentKind>>,
    whole: Option<Arc<Progress>>,
}

impl Progress {
    /// The progress of one attempt among several of one question.
    pub(super) fn part_of(whole: &Arc<Self>) -> Self {
        Self { whole: Some(Arc::clone(whole)), ..Self::default() }
    }

    pub(super) fn reach(&self, phase: Phase) {
        let mut furthest = self.furthest.lock().unwrap_or_else(PoisonError::into_inner);
        *furthest = (*furthest).max(Some(phase));
        if let Some(whole) = &self.whole {
            whole.reach(phase);
        }
    }

    /// Notes that it waits for others of the run, not for the network.
    pub(super) fn wait(&self) {
        *self.furthest.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(super) fn phase(&self) -> Option<Phase> {
        *self.furthest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a credential goes out with the request.
    pub(super) fn send(&self, credential: SentKind) {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner) = Some(credential);
    }

    pub(super) fn sent(&self) -> Option<SentKind> {
        *self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Net {
    /// The way out by these settings. `roots` verify a proxy that is itself spoken to over TLS.
    pub fn new(settings: &Settings, resolver: Resolver, proxies: Matcher, roots: Loading) -> Self {
        Self(Arc::new(Inner {
            rules: settings.connect_to.clone(),
            limit: settings.connect_timeout,
            resolver,
            roots,
            proxies,
            proxy_given: settings.proxy.is_some(),
            sockets: Arc::new(Semaphore::new(MOST_SOCKETS)),
            per_address: Mutex::default(),
        }))
    }

    /// The time for connecting, and for a handshake.
    pub(super) fn limit(&self) -> Duration {
        self.0.limit
    }

    /// How to reach `host:port`, or this one address of it, for requests of this scheme.
    pub(super) fn way(&self, scheme: &str, host: &str, address: Option<IpAddr>, port: u16) -> Way {
        let (to_host, to_port, _) = connect_to(&self.0.rules, host, port);
        let to_host = to_host.or(address.map(|address| address.to_string())).unwrap_or_else(|| host.to_owned());
        let through = |host: &str| {
            let uri = format!("{scheme}://{}/", authority(host, None)).parse().ok()?;
            self.0.proxies.intercept(&uri)
        };
        let mut proxy = through(host);
        // NO_PROXY may name the address
        if address.is_some() && through(&to_host).is_none() {
            proxy = None;
        }
        match proxy {
            Some(proxy) if self.0.proxy_given || !self.is_here(&to_host, to_port) => {
                Way::Proxy { proxy, host: to_host, port: to_port }
            }
            _ => Way::Direct { host: to_host, port: to_port },
        }
    }

    /// Whether it ends on this machine, where no proxy of the environment leads.
    fn is_here(&self, host: &str, port: u16) -> bool {
        let (to, _, _) = connect_to(&self.0.rules, host, port);
        let host = to.as_deref().unwrap_or(host);
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// The addresses of a host, by `--resolve`, the hosts file and the DNS.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> Vec<IpAddr> {
        self.0.resolver.addresses(host, port).await
    }

    /// A connection to this one address of a host, for TLS.
    pub(super) async fn connect(
        &self,
        host: &str,
        address: IpAddr,
        port: u16,
        progress: &Progress,
    ) -> Result<Connection, Failure> {
        match self.way("https", host, Some(address), port) {
            Way::Proxy { proxy, host, port } => self.tunnel(&proxy, &host, port, progress).await,
            Way::Direct { host, port } => {
                // a rule may have put a name in the address's place
                let address = self.addresses(&host, port).await.first().copied();
                let address = address.ok_or(Failure::new(Phase::Resolve, FailKind::NoAddress))?;
                self.direct(address, port, progress).await
            }
        }
    }

    /// A connection to an address, or where a rule leads from there.
    pub(super) async fn direct(&self, address: IpAddr, port: u16, progress: &Progress) -> Result<Connection, Failure> {
        let (to, port, _) = connect_to(&self.0.rules, &address.to_string(), port);
        let place = match to {
            Some(host) => self.addresses(&host, port).await.first().copied(),
            None => Some(address),
        };
        let place = place.ok_or(Failure::new(Phase::Resolve, FailKind::NoAddress))?;
        let permit = self.permit(&address.to_string()).await;
        progress.reach(Phase::Connect);
        let started = Instant::now();
        let stream = self.tcp(SocketAddr::new(place, port)).await.map_err(|error| failure(Phase::Connect, &error))?;
        Ok(Connection { stream: Box::new(stream), took: started.elapsed(), permit })
    }

    /// A connection through a proxy to wherever its CONNECT leads (RFC 9110, 9.3.6).
    pub(super) async fn tunnel(
        &self,
        proxy: &Intercept,
        host: &str,
        port: u16,
        progress: &Progress,
    ) -> Result<Connection, Failure> {
        let mut connection = self.to_proxy(proxy, host, progress).await?;
        let started = Instant::now();
        let to = authority(host, Some(port));
        let asked = timeout(self.0.limit, ask_tunnel(&mut connection.stream, proxy, &to));
        asked.await.unwrap_or(Err(Failure::new(Phase::Proxy, FailKind::Timeout)))?;
        connection.took += started.elapsed();
        Ok(connection)
    }

    /// A connection to a proxy, counted as one to `host`.
    pub(super) async fn to_proxy(
        &self,
        proxy: &Intercept,
        host: &str,
        progress: &Progress,
    ) -> Result<Connection, Failure> {
        let uri = proxy.uri();
        let secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            scheme => {
                let detail = format!("a proxy of the kind {} is not spoken", scheme.unwrap_or_default());
                return Err(Failure { phase: Phase::Proxy, kind: FailKind::Other, detail });
            }
        };
        let name = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let addresses = self.addresses(&name, port).await;
        let permit = self.permit(host).await;
        progress.reach(Phase::Proxy);
        let started = Instant::now();
        let mut last = Failure::new(Phase::Proxy, FailKind::NoAddress);
        for address in addresses {
            let stream = match self.tcp(SocketAddr::new(address, port)).await {
                Ok(stream) => stream,
                Err(error) => {
                    last = failure(Phase::Proxy, &error);
                    continue;
                }
            };
            let stream: Stream = if secure { self.secured(stream, &name).await? } else { Box::new(stream) };
            return Ok(Connection { stream, took: started.elapsed(), permit });
        }
        Err(last)
    }

    /// TLS with the proxy. Its password may be on the way, so its certificate must be good.
    async fn secured(&self, stream: TcpStream, name: &str) -> Result<Stream, Failure> {
        let shaken = tls::handshake(Box::new(stream), name, self.0.limit).await;
        let stream = shaken.stream.map_err(|failure| Failure { phase: Phase::Proxy, ..failure })?;
        shaken.shown.verify(&*self.0.roots.get().await, name, Timestamp::now()).map_err(|detail| Failure {
            phase: Phase::Proxy,
            kind: FailKind::NotVerified,
            detail,
        })?;
        Ok(Box::new(stream))
    }

    async fn tcp(&self, place: SocketAddr) -> io::Result<TcpStream> {
        let stream = timeout(self.0.limit, TcpStream::connect(place)).await.map_err(|_| io::ErrorKind::TimedOut)??;
        // a request is one small write: nothing to wait for
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    /// Waits until one more socket may be opened. To be held for socket work only, never while
    /// another probe is waited for.
    pub(super) async fn permit(&self, to: &str) -> Permit {
        let of_address = {
            let mut all = self.0.per_address.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(to.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(MOST_PER_ADDRESS))))
        };
        // no semaphore is ever closed
        let of_address = of_address.acquire_owned().await.ok();
        Permit { _of_address: of_address, _of_all: Arc::clone(&self.0.sockets).acquire_owned().await.ok() }
    }
}

/// Asks a proxy for a tunnel. Reads not a byte of what comes out of it.
async fn ask_tunnel(stream: &mut Stream, proxy: &Intercept, to: &str) -> Result<(), Failure> {
    let lost = |error: io::Error| failure(Phase::Proxy, &error);
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {USER_AGENT}\r\n").into_bytes();
    if let Some(basic) = proxy.basic_auth() {
        request.extend([b"Proxy-Authorization: ", basic.as_bytes(), b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await.map_err(lost)?;
    stream.flush().await.map_err(lost)?;
    let mut head = Vec::new();
    let mut answer = stream.take(LARGEST_PROXY_HEAD);
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        match answer.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if head.is_empty() => return Err(lost(error)),
            Err(_) => break,
        }
    }
    let line = first_line(&head);
    let status = line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|status| status.parse().ok());
    match status {
        Some(200..=299) => Ok(()),
        status => Err(Failure {
            phase: Phase::Proxy,
            kind: FailKind::ProxyRefused { status: status.unwrap_or(0) },
            detail: line,
        }),
    }
}

/// The first line of what somebody said, as far as it can be printed.
pub(super) fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    line.iter().take(80).map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { ' ' }).collect()
}

/// Where `--connect-to` leads from here, and whether it does at all.
pub(super) fn connect_to(rules: &[ConnectTo], host: &str, port: u16) -> (Option<String>, u16, bool) {
    let same = |text: &str| {
        let text = text.trim_matches(['[', ']']);
        text.eq_ignore_ascii_case(host) || text.parse::<IpAddr>().is_ok_and(|a| Ok(a) == host.parse())
    };
    let fits = |rule: &&ConnectTo| {
        rule.from_host.as_deref().is_none_or(same) && rule.from_port.is_none_or(|from| from == port)
    };
    match rules.iter().find(fits) {
        Some(rule) => {
            let host = rule.to_host.as_deref().map(|host| host.trim_matches(['[', ']']).to_owned());
            (host, rule.to_port.unwrap_or(port), true)
        }
        None => (None, port, false),
    }
}

/// `host:port` as it stands in a request (RFC 3986, 3.2.2).
fn authority(host: &str, port: Option<u16>) -> String {
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    if host.contains(':') { format!("[{host}]{port}") } else { format!("{host}{port}") }
}

/// What the system says of a connection.
pub(super) fn failure(phase: Phase, error: &io::Error) -> Failure {
    let kind = kind(error);
    // that it is silent says all
    let detail = if kind == FailKind::Timeout { String::new() } else { error.to_string() };
    Failure { phase, kind, detail }
}

/// The kind of a fault of the system.
pub(super) fn kind(error: &io::Error) -> FailKind {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => FailKind::Refused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            FailKind::Reset
        }
        io::ErrorKind::UnexpectedEof => FailKind::Closed,
        io::ErrorKind::TimedOut => FailKind::Timeout,
        // a link-local address without its zone is an invalid argument
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable
        | io::ErrorKind::InvalidInput => FailKind::Unreachable,
        _ if error.raw_os_error() == Some(NO_SUCH_FAMILY) => FailKind::Unreachable,
        _ => FailKind::Other,
    }
}

/// EAFNOSUPPORT: the machine has no IPv6 at all.
const NO_SUCH_FAMILY: i32 = if cfg!(windows) {
    10047
} else if cfg!(target_os = "linux") {
    97
} else {
    47
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Trust;

    async fn net(proxy_given: bool, rules: Vec<ConnectTo>) -> Net {
        let proxy = "http://proxy.lan.example:3128".to_owned();
        let settings = Settings {
            name_servers: Some(Vec::new()),
            connect_to: rules,
            proxy: proxy_given.then(|| proxy.clone()),
            ..Settings::default()
        };
        let proxies = Matcher::builder().all(proxy).no("10.0.0.0/8,intern.example".to_owned()).build();
        let resolver = Resolver::new(&settings).unwrap();
        Net::new(&settings, resolver, proxies, Loading::start(Trust::Mozilla, None).await.unwrap())
    }

    fn told(way: Way) -> String {
        match way {
            Way::Direct { host, port } => format!("direct {host} {port}"),
            Way::Proxy { host, port, .. } => format!("proxy {host} {port}"),
        }
    }

    fn to(from: &str, to: &str, to_port: u16) -> ConnectTo {
        ConnectTo {
            from_host: Some(from.to_owned()),
            from_port: None,
            to_host: Some(to.to_owned()),
            to_port: Some(to_port),
        }
    }

    #[tokio::test]
    async fn a_proxy_is_told_the_name_or_the_address_that_is_asked_for() {
        let net = net(true, Vec::new()).await;
        let public = Some([192, 0, 2, 1].into());
        assert_eq!(told(net.way("https", "mail.corp.example", None, 443)), "proxy mail.corp.example 443");
        assert_eq!(told(net.way("https", "mail.corp.example", public, 443)), "proxy 192.0.2.1 443");
        assert_eq!(told(net.way("http", "2001:db8::1", None, 80)), "proxy 2001:db8::1 80");
        assert_eq!(told(net.way("https", "mail.intern.example", public, 443)), "direct 192.0.2.1 443");
        assert_eq!(told(net.way("https", "mail.corp.example", Some([10, 1, 2, 3].into()), 443)), "direct 10.1.2.3 443");
    }

    #[tokio::test]
    async fn connect_to_changes_what_the_proxy_is_told_as_in_curl() {
        let net = net(true, vec![to("mail.corp.example", "[2001:db8::5]", 8443)]).await;
        assert_eq!(told(net.way("https", "mail.corp.example", None, 443)), "proxy 2001:db8::5 8443");
        assert_eq!(
            told(net.way("https", "mail.corp.example", Some([192, 0, 2, 1].into()), 443)),
            "proxy 2001:db8::5 8443"
        );
    }

    #[tokio::test]
    async fn no_proxy_of_the_environment_leads_to_this_machine() {
        let rules = || vec![to("192.0.2.1", "127.0.0.1", 4443), to("mail.corp.example", "localhost", 4443)];
        let of_environment = net(false, rules()).await;
        let address = Some([192, 0, 2, 1].into());
        assert_eq!(told(of_environment.way("https", "ex.corp.example", address, 443)), "direct 192.0.2.1 443");
        assert_eq!(told(of_environment.way("https", "mail.corp.example", None, 443)), "direct localhost 4443");
        assert_eq!(told(of_environment.way("https", "::1", None, 443)), "direct ::1 443");
        assert_eq!(told(of_environment.way("https", "ex.corp.example", None, 443)), "proxy ex.corp.example 443");
        let given = net(true, rules()).await;
        assert_eq!(told(given.way("https", "127.0.0.1", None, 443)), "proxy 127.0.0.1 443");
    }

    #[test]
    fn rfc3986_3_2_2_an_ipv6_address_stands_in_brackets() {
        assert_eq!(authority("2001:db8::1", Some(443)), "[2001:db8::1]:443");
        assert_eq!(authority("mail.corp.example", None), "mail.corp.example");
    }

    #[test]
    fn a_machine_without_ipv6_cannot_reach_rather_than_fail() {
        let family = io::Error::from_raw_os_error(NO_SUCH_FAMILY);
        for error in [family, io::ErrorKind::NetworkUnreachable.into(), io::ErrorKind::AddrNotAvailable.into()] {
            assert_eq!(failure(Phase::Connect, &error).kind, FailKind::Unreachable, "{error}");
        }
    }
}
