//! What lies at an address that one simply reads: an issuer's certificate, the sync service's view?

mod bundle;
mod form;
#[cfg(test)]
pub(super) mod lab;
mod revocation;
mod service;
mod verifier;

use super::Settings;
use super::auth::Secrets;
use super::dns::Resolver;
use super::net::{Progress, USER_AGENT, connect_to};
use super::roots::Loading;
use crate::evidence::{AiaSeen, FailKind, Failure, HeldBack, Missing, Phase};
use crate::protocol::reach::is_private;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
pub(super) use bundle::{as_sent, certificates};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use url::{Host, Url};
use verifier::tls_config;

/// An issuer's certificate has 1 or 2 KiB, a bundle of them some 20.
const LARGEST_ISSUER: usize = 64 * 1024;
const MOST_REDIRECTS: usize = 3;
/// So long a file that a certificate names is waited for, its redirects included.
const WITHIN: Duration = Duration::from_secs(5);

/// Reads what lies at an address. Follows no redirect by itself, keeps no connection.
#[derive(Debug)]
pub struct Fetcher {
    pub(super) settings: Settings,
    pub(super) resolver: Resolver,
    pub(super) roots: Loading,
    pub(super) secrets: Secrets,
    /// Tells through which proxy an address is reached.
    pub(super) proxies: Matcher,
}

/// How it is asked for.
#[derive(Debug)]
struct Asking {
    /// The key of the service, and who is told that it has gone out.
    authorization: Option<(HeaderValue, Arc<Progress>)>,
    /// So many bytes are read at most.
    limit: usize,
    /// Whether the addresses may be private.
    trusted: bool,
    /// How long it may take.
    within: Duration,
    /// What is sent there, and its kind; else it is a GET.
    post: Option<(&'static str, Vec<u8>)>,
}

/// What lay there.
#[derive(Debug)]
struct Fetched {
    address: Option<IpAddr>,
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    truncated: bool,
}

/// Why it could not be read.
#[derive(Debug)]
enum Missed {
    /// Nothing was sent: only an address that no outsider may make us ask lies there.
    Private,
    Failed(Failure),
}

/// Where a connection goes.
#[derive(Debug)]
struct Target {
    places: Vec<SocketAddr>,
    /// An address that is not public was left out.
    private: bool,
}

impl Fetcher {
    /// Fetches the certificates that an Authority Information Access extension names (RFC 5280,
    /// 4.2.2.1). The address comes from a stranger: it leads to no private address, unless it may be
    /// `private`, as the server that names it is, or all of the run's names are.
    pub async fn aia(&self, url: &str, private: bool) -> Result<AiaSeen, HeldBack> {
        let mut seen = AiaSeen { certificates: Vec::new(), format: None, status: None, failure: None, missing: None };
        let fail_by = |seen: AiaSeen, missing: Missing, failure: String| {
            Ok(AiaSeen { failure: Some(failure), missing: Some(missing), ..seen })
        };
        let fail = |seen: AiaSeen, failure: String| fail_by(seen, Missing::OtherAnswer, failure);
        let patience = Patience::new(&self.settings);
        let mut at = match Url::parse(url) {
            Ok(url) if is_web(&url) => url,
            Ok(url) => {
                return fail_by(seen, Missing::Scheme, format!("use an address of the kind {}:", url.scheme()));
            }
            Err(error) => return fail_by(seen, Missing::Scheme, format!("read the address: {error}")),
        };
        for hop in 0..=MOST_REDIRECTS {
            let asking = Asking {
                authorization: None,
                limit: LARGEST_ISSUER,
                trusted: private,
                within: patience.left(),
                post: None,
            };
            let fetched = match self.send(&at, asking).await {
                Ok(fetched) => fetched,
                Err(Missed::Private) if hop == 0 => return Err(HeldBack::PrivateAddress),
                Err(Missed::Private) => {
                    let failure = "follow the redirect: it leads to a private address".to_owned();
                    return fail_by(seen, Missing::NoAddress, failure);
                }
                Err(Missed::Failed(failure)) => return fail_by(seen, missing(&failure), in_words(&failure, &at)),
            };
            seen.status = Some(fetched.status);
            match fetched.status {
                200 if fetched.truncated => return fail(seen, "read the answer: it is larger than 64 KiB".into()),
                200 => {
                    let (format, certificates) = certificates(&fetched.body);
                    if certificates.is_empty() {
                        return fail(seen, "find a certificate in the answer".into());
                    }
                    seen.format = format.map(str::to_owned);
                    seen.certificates = certificates.iter().map(|der| BASE64.encode(der)).collect();
                    return Ok(seen);
                }
                301 | 302 | 303 | 307 | 308 => {
                    let location = fetched.headers.get(LOCATION).and_then(|value| value.to_str().ok());
                    match location.and_then(|location| at.join(location).ok()).filter(is_web) {
                        Some(next) => at = next,
                        None => return fail(seen, "follow the redirect: it leads to no address".into()),
                    }
                }
                status => return fail(seen, format!("get the file: the answer is HTTP {status}")),
            }
        }
        fail(seen, format!("follow more than {MOST_REDIRECTS} redirects"))
    }

    /// One request.
    async fn send(&self, url: &Url, asking: Asking) -> Result<Fetched, Missed> {
        let Asking { authorization, limit, trusted, within, post } = asking;
        let started = Instant::now();
        let host = url.host().map(|host| host.to_owned()).ok_or_else(|| failed(Phase::Resolve, FailKind::NoAddress))?;
        let proxy = url.as_str().parse().ok().and_then(|uri| self.proxies.intercept(&uri));
        let told = authorization.as_ref().map(|(_, told)| Arc::clone(told));
        let tls = tls_config(self.roots.get().await, plain(&host), told)
            .ok_or_else(|| failed(Phase::Handshake, FailKind::Tls))?;
        let mut client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .http1_only()
            .no_proxy()
            .referer(false)
            .redirect(Policy::none())
            // so that a host that does not answer at all is told from one that does not say anything
            .connect_timeout(self.settings.connect_timeout.min(within * 4 / 5))
            .dns_resolver(Names(self.resolver.clone()))
            .tls_backend_preconfigured(tls);
        let mut to = url.clone();
        if let Some(proxy) = proxy {
            if literal(&host).is_some_and(|address| is_private(address) && !self.is_local(url, trusted)) {
                return Err(Missed::Private);
            }
            let mut through = reqwest::Proxy::all(proxy.uri().to_string()).map_err(|e| failed_by(&e))?;
            if let Some(basic) = proxy.basic_auth() {
                through = through.custom_http_auth(basic.clone());
            }
            client = client.proxy(through);
        } else {
            let target = timeout(within, self.target(url, &host, trusted)).await;
            let target = target.map_err(|_| failed(Phase::Resolve, FailKind::Timeout))?;
            let Some(first) = target.places.first() else {
                let nowhere = failed(Phase::Resolve, FailKind::NoAddress);
                return Err(if target.private { Missed::Private } else { nowhere });
            };
            // Without a port in the address, those of the places count; an address literal is
            // never resolved, so it is replaced itself. Host and certificate stay as asked for.
            if let Host::Domain(name) = &host {
                let _ = to.set_port(None);
                client = client.resolve_to_addrs(name, &target.places);
            } else {
                let _ = to.set_ip_host(first.ip()).and_then(|()| to.set_port(Some(first.port())));
            }
        }
        let client = client.build().map_err(|e| failed_by(&e))?;
        let mut request = match post {
            None => client.get(to),
            Some((kind, body)) => client.post(to).header(CONTENT_TYPE, kind).body(body),
        };
        request = request.header(HOST, authority(url)).timeout(within.saturating_sub(started.elapsed()));
        if let Some((authorization, _)) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let mut response = request.send().await.map_err(|e| failed_by(&e))?;
        let mut fetched = Fetched {
            address: response.remote_addr().map(|address| address.ip()),
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Vec::new(),
            truncated: false,
        };
        while let Some(chunk) = response.chunk().await.map_err(|e| body_failed(&e))? {
            let room = limit.saturating_sub(fetched.body.len());
            fetched.body.extend(chunk.iter().take(room));
            if chunk.len() > room {
                fetched.truncated = true;
                break;
            }
        }
        Ok(fetched)
    }

    /// The addresses of a host, as `--resolve` and `--connect-to` have it.
    async fn target(&self, url: &Url, host: &Host, trusted: bool) -> Target {
        let port = url.port_or_known_default().unwrap_or(443);
        let asked = plain(host);
        let (to_host, port, _) = connect_to(&self.settings.connect_to, &asked, port);
        let addresses = self.resolver.addresses(to_host.as_deref().unwrap_or(&asked), port).await;
        let mut target = Target { places: Vec::new(), private: false };
        for address in addresses {
            let (other, to_port, mapped) = connect_to(&self.settings.connect_to, &address.to_string(), port);
            if is_private(address) && !mapped && !self.is_local(url, trusted) {
                target.private = true;
                continue;
            }
            // a name here would need to be resolved again: only addresses replace addresses
            let to = other.and_then(|other| other.parse().ok()).unwrap_or(address);
            target.places.push(SocketAddr::new(to, to_port));
        }
        target
    }

    /// Whether private addresses are to be expected: the user named this one, the server that names it
    /// is private itself, or every name server is.
    fn is_local(&self, url: &Url, trusted: bool) -> bool {
        let host = url.host().map(|host| plain(&host.to_owned())).unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(443);
        trusted
            || self.resolver.is_internal()
            || self.resolver.is_overridden(&host, port)
            || connect_to(&self.settings.connect_to, &host, port).2
    }
}

/// The resolver, for what reqwest resolves itself: the proxy.
#[derive(Debug)]
struct Names(Resolver);

impl reqwest::dns::Resolve for Names {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let resolver = self.0.clone();
        Box::pin(async move {
            let addresses = resolver.addresses(name.as_str(), 0).await;
            let places: reqwest::dns::Addrs =
                Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(places)
        })
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host().is_some()
}

/// The host without the brackets of an address.
fn plain(host: &Host) -> String {
    match host {
        Host::Domain(name) => name.trim_end_matches('.').to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

fn literal(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

/// What belongs into the Host header (RFC 9110, 7.2).
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failed(phase: Phase, kind: FailKind) -> Missed {
    Missed::Failed(Failure::new(phase, kind))
}

fn body_failed(error: &reqwest::Error) -> Missed {
    let Failure { kind, detail, .. } = failure(error);
    Missed::Failed(Failure { phase: Phase::Body, kind, detail })
}

fn failed_by(error: &reqwest::Error) -> Missed {
    Missed::Failed(failure(error))
}

/// What went wrong, by what lies at the bottom of the error.
fn failure(error: &reqwest::Error) -> Failure {
    let early = error.is_connect();
    let (mut phase, mut kind) = (if early { Phase::Connect } else { Phase::Request }, FailKind::Other);
    if error.is_timeout() {
        kind = FailKind::Timeout;
    }
    let mut detail = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        detail = cause.to_string();
        next = cause.source();
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            if http.is_incomplete_message() {
                kind = FailKind::Closed;
            } else if http.is_parse() {
                kind = FailKind::Malformed;
            }
        }
        if early && detail.contains("tunnel") {
            (phase, kind) = (Phase::Proxy, FailKind::ProxyRefused { status: 0 });
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            phase = if early { Phase::Handshake } else { phase };
            kind = tls_kind(tls);
        }
        if let Some(system) = cause.downcast_ref::<io::Error>() {
            kind = match system.kind() {
                io::ErrorKind::ConnectionRefused => FailKind::Refused,
                io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => FailKind::Reset,
                io::ErrorKind::UnexpectedEof => FailKind::Closed,
                io::ErrorKind::TimedOut => FailKind::Timeout,
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => FailKind::Unreachable,
                _ => kind,
            };
            // its source() passes over the error that it wraps
            if let Some(inner) = system.get_ref() {
                next = Some(inner);
            }
        }
    }
    // what ends before TLS stands has not ended in TCP's own handshake
    if phase == Phase::Connect && matches!(kind, FailKind::Closed | FailKind::Reset) {
        phase = Phase::Handshake;
    }
    Failure { phase, kind, detail }
}

fn tls_kind(error: &rustls::Error) -> FailKind {
    match error {
        rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented => FailKind::NotVerified,
        rustls::Error::AlertReceived(alert) => FailKind::Alert { code: u8::from(*alert) },
        rustls::Error::InvalidMessage(_) => FailKind::NotTls,
        _ => FailKind::Tls,
    }
}

/// How much time is left for a file that a certificate names.
#[derive(Debug)]
struct Patience {
    until: Instant,
}

impl Patience {
    fn new(settings: &Settings) -> Self {
        Self { until: Instant::now() + WITHIN.min(settings.connect_timeout + settings.response_timeout) }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Whether somebody else might get what was not to be had from here.
fn missing(failure: &Failure) -> Missing {
    match failure.kind {
        FailKind::NoAddress => Missing::NoAddress,
        _ => Missing::Unreachable,
    }
}

/// Fits after "could not".
fn in_words(failure: &Failure, url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match (&failure.kind, failure.phase) {
        (FailKind::NoAddress, _) => format!("find an address of {host}"),
        (FailKind::Timeout, Phase::Connect) => format!("connect to {host}: no answer"),
        (FailKind::Timeout, _) => format!("get the file from {host}: no answer"),
        (FailKind::NotVerified, _) => format!("verify the certificate of {host}"),
        (FailKind::Refused, _) => format!("connect to {host}: refused"),
        (FailKind::Unreachable, _) => format!("connect to {host}: unreachable"),
        _ => format!("get the file from {host}: {}", failure.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::super::dns::lab::of_hosts;
    use super::lab::{Web, authority, fetcher, here, http};
    use super::*;
    use cms::cert::CertificateChoices;
    use cms::content_info::{CmsVersion, ContentInfo};
    use cms::signed_data::{CertificateSet, EncapsulatedContentInfo, SignedData, SignerInfos};
    use der::asn1::{ObjectIdentifier, SetOfVec};
    use der::{Decode as _, Encode as _};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    fn certs_only(certificates: &[&[u8]]) -> Vec<u8> {
        let choices = certificates
            .iter()
            .map(|der| CertificateChoices::Certificate(cms::cert::x509::Certificate::from_der(der).unwrap()));
        let signed = SignedData {
            version: CmsVersion::V1,
            digest_algorithms: SetOfVec::default(),
            encap_content_info: EncapsulatedContentInfo {
                econtent_type: ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1"),
                econtent: None,
            },
            certificates: Some(CertificateSet(SetOfVec::try_from(choices.collect::<Vec<_>>()).unwrap())),
            crls: None,
            signer_infos: SignerInfos(SetOfVec::default()),
        };
        let content = der::Any::encode_from(&signed).unwrap();
        let content_type = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
        ContentInfo { content_type, content }.to_der().unwrap()
    }

    #[tokio::test]
    async fn rfc5280_issuers_are_read_by_their_bytes_whatever_the_server_calls_them() {
        let (one, two) = (authority(), authority());
        let (der, pem) = (one.der().to_vec(), format!("junk\n{}{}", one.pem(), two.pem()));
        let p7c = certs_only(&[one.der(), two.der()]);
        let armoured = |label: &str| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64.encode(&p7c)).into_bytes()
        };
        let (pkcs7, cms) = (armoured("PKCS7"), armoured("CMS"));
        let files = [der, pem.into_bytes(), p7c, b"<html>".to_vec(), pkcs7, cms];
        let web = Web::start(None, move |head| {
            let file = head.split(['/', ' ']).nth(2).unwrap().parse::<usize>().unwrap();
            http(200, "content-type: text/html\r\n", &files[file])
        })
        .await;
        let fetcher = fetcher(web.port, None, here(&[("ca.example", 80)])).await;
        let fetch = async |file: usize| fetcher.aia(&format!("http://ca.example/{file}"), false).await.unwrap();
        let one = BASE64.encode(one.der());
        let der = fetch(0).await;
        assert_eq!((der.format.as_deref(), der.certificates.as_slice()), (Some("der"), [one.clone()].as_slice()));
        assert_eq!((der.status, der.failure), (Some(200), None));
        let pem = fetch(1).await;
        assert_eq!((pem.format.as_deref(), pem.certificates.len()), (Some("pem"), 2));
        let p7c = fetch(2).await;
        assert_eq!((p7c.format.as_deref(), p7c.certificates.len()), (Some("pkcs7"), 2));
        assert!(p7c.certificates.contains(&one), "the bytes are as sent");
        for path in [4, 5] {
            // the armours that openssl writes
            let armoured = fetch(path).await;
            assert_eq!((armoured.format.as_deref(), armoured.certificates.len()), (Some("pkcs7"), 2), "{path}");
        }
        let html = fetch(3).await;
        assert_eq!(html.failure.as_deref(), Some("find a certificate in the answer"));
        assert!(web.heads()[0].contains("host: ca.example\r\n"), "{}", web.heads()[0]);
    }

    #[tokio::test]
    async fn redirects_are_followed_three_times_and_their_status_is_kept() {
        let root = authority();
        let der = root.der().to_vec();
        let web = Web::start(None, move |head| {
            let left = head.split(['/', ' ']).nth(2).unwrap().parse::<usize>().unwrap();
            match left {
                0 => http(200, "", &der),
                9 => http(404, "", b""),
                left => http(302, &format!("location: http://ca2.example/{}\r\n", left - 1), b""),
            }
        })
        .await;
        let fetcher = fetcher(web.port, None, here(&[("ca.example", 80), ("ca2.example", 80)])).await;
        assert_eq!(fetcher.aia("http://ca.example/3", false).await.unwrap().certificates.len(), 1);
        let endless = fetcher.aia("http://ca.example/4", false).await.unwrap();
        assert_eq!((endless.status, endless.certificates.len()), (Some(302), 0));
        let missing = fetcher.aia("http://ca.example/9", false).await.unwrap();
        assert_eq!(missing.failure.as_deref(), Some("get the file: the answer is HTTP 404"));
        let ldap = fetcher.aia("ldap:///CN=CA", false).await.unwrap();
        assert_eq!(ldap.failure.as_deref(), Some("use an address of the kind ldap:"));
    }

    #[tokio::test]
    async fn what_could_not_be_asked_is_told_from_what_is_not_there() {
        let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let nobody = fetcher(refusing, None, here(&[("ca.example", 80)])).await;
        let of = async |url: &str| nobody.aia(url, false).await.unwrap().missing;
        assert_eq!(of("http://ca.example/").await, Some(Missing::Unreachable));
        assert_eq!(of("http://nowhere.example/").await, Some(Missing::NoAddress));
        assert_eq!(of("ldap:///CN=CA").await, Some(Missing::Scheme));
        let web = Web::start(None, |_| http(404, "", b"")).await;
        let there = fetcher(web.port, None, here(&[("ca.example", 80)])).await;
        assert_eq!(there.aia("http://ca.example/", false).await.unwrap().missing, Some(Missing::OtherAnswer));
    }

    #[tokio::test]
    async fn one_that_drips_has_its_time_once_whatever_it_redirects_to() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    // a redirect after most of the time
                    let _ = stream.read(&mut [0; 1024]).await;
                    tokio::time::sleep(Duration::from_millis(120)).await;
                    let _ = stream.write_all(&http(302, "location: http://ca.example/\r\n", b"")).await;
                });
            }
        });
        let short = Duration::from_millis(100);
        let settings = Settings { connect_timeout: short, response_timeout: short, ..here(&[("ca.example", 80)]) };
        let seen = fetcher(port, None, settings).await.aia("http://ca.example/", false).await.unwrap();
        assert_eq!((seen.status, seen.missing), (Some(302), Some(Missing::Unreachable)));
        assert!(Patience::new(&Settings::default()).left() <= WITHIN);
    }

    #[tokio::test]
    async fn a_file_larger_than_64_kib_is_not_read_to_its_end() {
        let web = Web::start(None, |_| http(200, "", &vec![b'x'; LARGEST_ISSUER + 1])).await;
        let fetcher = fetcher(web.port, None, here(&[("ca.example", 80)])).await;
        let seen = fetcher.aia("http://ca.example/", false).await.unwrap();
        assert_eq!(seen.failure.as_deref(), Some("read the answer: it is larger than 64 KiB"));
    }

    #[tokio::test]
    async fn a_strangers_address_leads_to_no_private_host_but_under_an_internal_resolver() {
        let web = Web::start(None, |_| http(200, "", b"")).await;
        let zone = of_hosts(&[("ca.example", [10, 0, 0, 1]), ("lab.example", [127, 0, 0, 1])]).await;
        let of = |servers: Vec<SocketAddr>| Settings { name_servers: Some(servers), ..Settings::default() };
        let public = fetcher(web.port, None, of(Vec::new())).await;
        assert_eq!(public.aia("http://10.0.0.1/ca.crt", false).await, Err(HeldBack::PrivateAddress));
        assert_eq!(public.aia("http://[::ffff:10.0.0.1]/ca.crt", false).await, Err(HeldBack::PrivateAddress));
        let internal = fetcher(web.port, None, of(vec![zone.address])).await;
        let seen = internal.aia("http://lab.example/ca.crt", false).await.unwrap();
        assert_eq!(seen.status, Some(200));
        let mapped = public.aia("http://127.0.0.1/ca.crt", false).await.unwrap();
        assert_eq!(mapped.status, Some(200), "--connect-to names it");
    }
}
