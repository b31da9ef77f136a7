//! How is a question put to the real network?
//!
//! The only sockets of the program. [`Gatherer`] is the [`Source`] of a live run: every probe ends
//! in a value, within its own time limit.

pub mod auth;
pub mod dns;
pub mod export;
pub mod fetch;
pub mod hello;
pub mod http;
pub mod login;
pub mod logs;
pub mod net;
pub mod offline;
pub mod papers;
mod proof;
pub mod roots;
mod signed;
pub mod tls;

use crate::evidence::{
    ExportKind, Gathering, Header, HeldBack, NoAnswer, Phase, Probe, Seen, SentKind, Source, Subject, Trust,
};
use crate::protocol::export::Fault;
use auth::Authorizer;
use dns::Resolver;
use export::Exports;
use fetch::Fetcher;
use http::Http;
use hyper_util::client::proxy::matcher::Matcher;
use jiff::Timestamp;
use net::{Net, Progress};
use roots::Loading;
use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How the network is to be used; each field is an option of the command line.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `--dns-servers`; else the system's.
    pub name_servers: Option<Vec<SocketAddr>>,
    /// The hosts file; else the system's.
    pub hosts_file: Option<PathBuf>,
    /// `--resolve HOST:PORT:ADDR[,ADDR]`
    pub resolve: Vec<Resolve>,
    /// `--connect-to HOST1:PORT1:HOST2:PORT2`
    pub connect_to: Vec<ConnectTo>,
    /// `--cacert FILE`: roots that count as installed.
    pub cacert: Option<PathBuf>,
    /// `--trust`
    pub trust: Trust,
    /// `--proxy URL`, none where it is empty; else the environment's (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxy: Option<String>,
    /// Whether IPv4 is used.
    pub ipv4: bool,
    /// Whether IPv6 is used.
    pub ipv6: bool,
    /// `--connect-timeout`: for TCP and TLS each.
    pub connect_timeout: Duration,
    /// `--casmailbox`, `--device-list`
    pub exports: Vec<(ExportKind, PathBuf)>,
    /// For the head of an answer; a domain controller may take 16 s to refuse a password.
    pub response_timeout: Duration,
    /// For each try of a DNS question.
    pub dns_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            name_servers: None,
            hosts_file: None,
            resolve: Vec::new(),
            connect_to: Vec::new(),
            cacert: None,
            trust: Trust::System,
            proxy: None,
            ipv4: true,
            ipv6: true,
            connect_timeout: Duration::from_secs(5),
            exports: Vec::new(),
            response_timeout: Duration::from_secs(20),
            dns_timeout: Duration::from_millis(1500),
        }
    }
}

/// One `--resolve`: these addresses, whatever the DNS says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolve {
    /// The host, lower case.
    pub host: String,
    /// The port it holds for.
    pub port: u16,
    /// The addresses.
    pub addresses: Vec<IpAddr>,
}

/// One `--connect-to`: a connection to host1:port1 goes to host2:port2 instead; SNI, Host and
/// certificate names stay. `None` matches anything. Beyond curl, host1 may also be the address
/// that is about to be connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectTo {
    /// The host, or the address, asked for.
    pub from_host: Option<String>,
    /// The port asked for.
    pub from_port: Option<u16>,
    /// The host or address to connect to; `None`: unchanged.
    pub to_host: Option<String>,
    /// The port to connect to; `None`: unchanged.
    pub to_port: Option<u16>,
}

/// What was wrong with the settings. The command line says it in the user's language.
#[derive(Debug)]
pub enum SetupError {
    /// The proxy is no address that can be spoken to. It may hold a password, which stands in no error.
    Proxy,
    /// The system's name servers are not to be found: the system's word.
    NameServers(String),
    /// A file, folder or other source cannot be read: which, and the system's word.
    Unreadable {
        /// A path, or what else was read.
        source: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file is not the export that it has to be.
    Export {
        /// Its path.
        source: String,
        /// What it should hold.
        kind: ExportKind,
        /// What is wrong with it.
        fault: Fault,
    },
    /// What was read is not what it has to be.
    Unfit {
        /// A path, or what else was read.
        source: String,
        /// What is wrong with it.
        why: Unfit,
    },
}

/// What is wrong with something that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// A secret in another encoding than UTF-8.
    NotUtf8,
    /// A secret whose first line is empty.
    Empty,
    /// Characters that no OAuth token has.
    NoToken,
    /// The answer of a token endpoint that holds no access token.
    TokenAnswer,
    /// The answer of a token endpoint that tells an error.
    TokenError,
    /// No certificate in a file.
    NoCertificate,
    /// No certificate in a folder.
    NoCertificates,
    /// No revocation list.
    NoList,
    /// More than 16 MiB.
    TooLarge,
}

impl SetupError {
    /// The source cannot be read.
    pub fn unreadable(source: impl fmt::Display, error: std::io::Error) -> Self {
        Self::Unreadable { source: source.to_string(), error }
    }

    /// What the source holds does not fit.
    pub fn unfit(source: impl fmt::Display, why: Unfit) -> Self {
        Self::Unfit { source: source.to_string(), why }
    }
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy => f.write_str("the proxy is no address that can be spoken to"),
            Self::NameServers(error) => write!(f, "the system's name servers: {error}"),
            Self::Unreadable { source, error } => write!(f, "{source}: {error}"),
            Self::Unfit { source, why } => write!(f, "{source}: {why:?}"),
            Self::Export { source, fault, .. } => write!(f, "{source}: {fault:?}"),
        }
    }
}

impl std::error::Error for SetupError {}

/// The live source of facts.
#[derive(Debug)]
pub struct Gatherer {
    subject: Subject,
    resolver: Resolver,
    roots: Loading,
    fetcher: Fetcher,
    net: Net,
    http: Http,
    exports: Exports,
    /// How far the questions have got that are under way. Those that have ended stay: what went out with
    /// them is asked for where the run ends just then, before their answer has been taken.
    asked: Mutex<BTreeMap<Probe, Arc<Progress>>>,
}

impl Gatherer {
    /// Reads the system's configuration and begins to read the trust stores. Sends nothing.
    pub async fn new(settings: Settings, secrets: auth::Secrets, subject: &Subject) -> Result<Self, SetupError> {
        let exports = Exports::read(&settings.exports)?;
        let authorizer = Authorizer::new(subject.clone(), secrets.clone());
        let fetcher = fetcher(settings, secrets).await?;
        let (settings, resolver, roots) = (&fetcher.settings, fetcher.resolver.clone(), fetcher.roots.clone());
        let net = Net::new(settings, resolver.clone(), proxies(settings.proxy.as_deref()), roots.clone());
        let http = Http::new(settings, net.clone(), roots.clone(), authorizer);
        Ok(Self { subject: subject.clone(), resolver, roots, fetcher, net, http, exports, asked: Mutex::default() })
    }

    /// The header of the evidence that this source gathers.
    pub fn header(&self, started_at: Timestamp, subject: Subject) -> Header {
        let any = hyper::Uri::from_static("https://exchange.invalid/");
        let proxy = self.fetcher.proxies.intercept(&any);
        Header {
            started_at,
            subject,
            name_servers: self.resolver.name_servers(),
            // its user and password are not part of this address
            proxy: proxy.map(|proxy| proxy.uri().to_string().trim_end_matches('/').to_owned()),
            stores: self.roots.stores().to_vec(),
        }
    }

    fn questions(&self) -> MutexGuard<'_, BTreeMap<Probe, Arc<Progress>>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, probe: Probe, progress: &Arc<Progress>) -> Result<Seen, HeldBack> {
        Ok(match probe {
            Probe::Dns { name, rtype } => {
                progress.reach(Phase::Resolve);
                Seen::Dns(self.resolver.look(&name, rtype).await)
            }
            Probe::DnsVia { name, rtype, via } => {
                progress.reach(Phase::Resolve);
                Seen::Dns(self.resolver.look_via(&name, rtype, via).await?)
            }
            Probe::Anchors { subject } => Seen::Anchors { found: self.roots.get().await.find(&subject) },
            Probe::Aia { .. } if !self.subject.aia => return Err(HeldBack::NoAia),
            Probe::Aia { url, private } => Seen::Aia(self.fetcher.aia(&url, private).await?),
            Probe::Ocsp { .. } | Probe::Crl { .. } if !self.subject.revocation => return Err(HeldBack::NoRevocation),
            Probe::Ocsp { url, request, private } => Seen::Ocsp(self.fetcher.ocsp(&url, &request, private).await?),
            Probe::Crl { url, serial, issuer_key, private } => {
                Seen::Crl(self.fetcher.crl(&url, &serial, &issuer_key, private).await?)
            }
            Probe::Export(export) => self.exports.about(&export, &self.subject),
            Probe::Service(probe) => Seen::Service(self.fetcher.service(&probe, &self.subject, progress).await?),
            Probe::Tls { address, port, name } => Seen::Tls(tls::look(&self.net, address, port, &name, progress).await),
            Probe::Hello { address, port, name, hello } => {
                Seen::Hello(hello::look(&self.net, address, port, &name, hello, progress).await)
            }
            Probe::Http(probe) => {
                progress.reach(Phase::Resolve);
                Seen::Http(self.http.ask(&probe, progress).await?)
            }
        })
    }
}

impl Source for Gatherer {
    fn gather(&self, probe: Probe) -> Gathering<'_> {
        Box::pin(async move {
            let progress = Arc::new(Progress::default());
            self.questions().insert(probe.clone(), Arc::clone(&progress));
            self.ask(probe, &progress).await.unwrap_or_else(|rule| Seen::NoAnswer(NoAnswer::HeldBack { rule }))
        })
    }

    fn reached(&self, probe: &Probe) -> Option<Phase> {
        self.questions().get(probe).and_then(|progress| progress.phase())
    }

    fn sent(&self, probe: &Probe) -> Option<SentKind> {
        self.questions().get(probe).and_then(|progress| progress.sent())
    }
}

/// What the checks' and the user's questions share. Sends nothing.
async fn fetcher(settings: Settings, secrets: auth::Secrets) -> Result<Fetcher, SetupError> {
    // an error says that somebody was first, with the same one
    let _ = rustls::crypto::ring::default_provider().install_default();
    if !settings.proxy.as_deref().is_none_or(is_usable_proxy) {
        return Err(SetupError::Proxy);
    }
    let resolver = Resolver::new(&settings)?;
    let roots = Loading::start(settings.trust, settings.cacert.as_deref()).await?;
    let proxies = proxies(settings.proxy.as_deref());
    Ok(Fetcher { settings, resolver, roots, secrets, proxies })
}

/// `--proxy`, else the environment's; `NO_PROXY` holds for both, as in curl.
fn proxies(given: Option<&str>) -> Matcher {
    match given {
        Some(proxy) => {
            let except = std::env::var("NO_PROXY").or_else(|_| std::env::var("no_proxy")).unwrap_or_default();
            Matcher::builder().all(proxy.to_owned()).no(except).build()
        }
        None => Matcher::from_system(),
    }
}

/// Whether the proxy is one that is spoken to, or none.
fn is_usable_proxy(proxy: &str) -> bool {
    // what intercepts is lenient about host and port
    let whole = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    let is_place = url::Url::parse(&whole)
        .is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()) && url.port() != Some(0));
    let any = hyper::Uri::from_static("https://exchange.invalid/");
    let found = Matcher::builder().all(proxy.to_owned()).build().intercept(&any);
    proxy.is_empty()
        || is_place && found.is_some_and(|proxy| matches!(proxy.uri().scheme_str(), Some("http" | "https")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{HelloKind, HttpProbe, Method, RecordType, Via};
    use std::future::poll_fn;
    use std::task::Poll;
    use tokio::io::AsyncWriteExt as _;

    async fn gatherer(settings: Settings, subject: &Subject) -> Gatherer {
        Gatherer::new(settings, auth::Secrets::default(), subject).await.unwrap()
    }

    fn settings() -> Settings {
        Settings {
            name_servers: Some(vec!["192.0.2.53:53".parse().unwrap()]),
            trust: Trust::Mozilla,
            proxy: Some("http://user:geheim@proxy.corp.example:3128".to_owned()),
            ..Settings::default()
        }
    }

    #[tokio::test]
    async fn the_header_says_how_the_network_is_used_and_no_password() {
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let header = gatherer(settings(), &subject).await.header(Timestamp::UNIX_EPOCH, subject);
        assert_eq!(header.name_servers, ["192.0.2.53:53"]);
        assert_eq!(header.proxy.as_deref(), Some("http://proxy.corp.example:3128"));
        assert_eq!(header.stores, ["mozilla"]);
    }

    #[tokio::test]
    async fn a_proxy_that_cannot_be_spoken_to_ends_the_run_before_it_begins() {
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let of = async |proxy: &str| {
            let settings = Settings { proxy: Some(proxy.to_owned()), ..settings() };
            Gatherer::new(settings, auth::Secrets::default(), &subject)
                .await
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        for proxy in ["", "proxy.corp.example:3128", "https://user:geheim@proxy.corp.example"] {
            assert_eq!(of(proxy).await, Ok(()), "{proxy}");
        }
        for proxy in [
            "socks5h://user:geheim@127.0.0.1:1080",
            "http://user:geheim@",
            "ftp://geheim/",
            "a b",
            "http://user:geheim@:x",
            "http://:3128",
            ":3128",
            "http://127.0.0.1:99999",
            "http://127.0.0.1:0",
            "proxy.corp.example:port",
        ] {
            assert!(of(proxy).await.is_err_and(|error| !error.contains("geheim")), "{proxy}");
        }
    }

    #[tokio::test]
    async fn what_the_user_forbids_is_held_back_and_says_so() {
        let subject = Subject { aia: false, ..Subject::mailbox("anna@corp.example".parse().unwrap()) };
        let gatherer = gatherer(settings(), &subject).await;
        let seen = gatherer.gather(Probe::Aia { url: "http://ca.example/".to_owned(), private: false }).await;
        assert_eq!(seen, Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::NoAia }));
    }

    #[tokio::test]
    async fn a_dns_probe_ends_in_what_the_user_resolved() {
        let resolve =
            Resolve { host: "mail.corp.example".to_owned(), port: 443, addresses: vec!["127.0.0.1".parse().unwrap()] };
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let gatherer = gatherer(Settings { resolve: vec![resolve], ..settings() }, &subject).await;
        let seen = gatherer.gather(Probe::dns("mail.corp.example", RecordType::A)).await;
        assert!(matches!(seen, Seen::Dns(seen) if seen.addresses().len() == 1));
    }

    /// Waits until a question has got as far as this. Looks after each step, so none is missed.
    async fn reaches(gatherer: &Gatherer, probe: Probe, wanted: Phase) {
        let mut asked = gatherer.gather(probe.clone());
        poll_fn(|context| {
            if let Poll::Ready(seen) = asked.as_mut().poll(context) {
                panic!("it has ended before {wanted:?}: {seen:?}");
            }
            if gatherer.reached(&probe) == Some(wanted) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    fn get(url: String) -> Probe {
        Probe::Http(HttpProbe::new(Method::Get, url))
    }

    #[tokio::test]
    async fn of_questions_of_every_kind_it_is_known_what_they_wait_in() {
        let silent = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        let (address, port) = (place.ip(), place.port());
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let name_servers = Some(vec![silent.local_addr().unwrap()]);
        let direct = Settings { name_servers, proxy: Some(String::new()), ..settings() };
        let proxied = Settings { proxy: Some(format!("http://{place}")), ..direct.clone() };
        let (direct, proxied) = (gatherer(direct, &subject).await, gatherer(proxied, &subject).await);
        let name = "mail.corp.example";
        let looks =
            |address, port| [Probe::tls(address, port, name), Probe::hello(address, port, name, HelloKind::Tls12)];
        reaches(&direct, Probe::dns(name, RecordType::A), Phase::Resolve).await;
        reaches(&direct, Probe::dns_via(name, RecordType::Mx, Via::Wire), Phase::Resolve).await;
        reaches(&direct, get(format!("https://{name}/")), Phase::Resolve).await;
        let far = looks([192, 0, 2, 1].into(), 443).into_iter().chain([get(format!("https://{name}/"))]);
        for probe in far {
            reaches(&proxied, probe, Phase::Proxy).await;
        }
        for probe in looks(address, port).into_iter().chain([get(format!("https://{place}/"))]) {
            reaches(&direct, probe.clone(), Phase::Connect).await;
            reaches(&direct, probe, Phase::Handshake).await;
        }
        reaches(&direct, get(format!("http://{place}/")), Phase::Request).await;
        let begins = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", begins.local_addr().unwrap());
        let server = async {
            let (mut stream, _) = begins.accept().await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await.unwrap();
            stream
        };
        tokio::join!(reaches(&direct, get(url), Phase::Body), server);
    }
}
