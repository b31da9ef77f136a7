//! Is what comes over a wire recorded as it was, and does nothing go out that must not?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use exdiag::evidence::subject::Service;
use exdiag::evidence::{
    Content, Credential, FailKind, Failure, Handshake, HeldBack, HelloKind, HelloSeen, HttpProbe, HttpSeen, Method,
    NoAnswer, Phase, Probe, Response, Seen, SentKind, ServiceProbe, SignIn, Source as _, Subject, TlsOutcome, TlsSeen,
    Trust,
};
use exdiag::gather::auth::Secrets;
use exdiag::gather::{ConnectTo, Gatherer, Resolve, Settings};
use futures_util::future::{join, join_all};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::crypto::ring;
use rustls::crypto::ring::sign::any_ecdsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use std::future::Future;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Barrier, Notify, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

const MAIL: &str = "mail.corp.example";
const URL: &str = "https://mail.corp.example/Microsoft-Server-ActiveSync";
const FIRST: [u8; 4] = [192, 0, 2, 1];
const SECOND: [u8; 4] = [192, 0, 2, 2];
/// Short enough for a test that waits for it, long enough for loopback.
const SOON: Duration = Duration::from_millis(250);

type Authority = CertifiedIssuer<'static, KeyPair>;

/// The way from the mailbox's names to the servers of a test.
struct World {
    settings: Settings,
    secrets: Secrets,
    root: Authority,
    cacert: NamedTempFile,
}

impl World {
    /// No name leads anywhere, no proxy is used.
    fn new() -> Self {
        let root = authority();
        let mut cacert = NamedTempFile::new().unwrap();
        cacert.write_all(root.pem().as_bytes()).unwrap();
        let settings = Settings {
            name_servers: Some(Vec::new()),
            cacert: Some(cacert.path().to_owned()),
            trust: Trust::Mozilla,
            proxy: Some(String::new()),
            ..Settings::default()
        };
        Self { settings, secrets: Secrets::default(), root, cacert }
    }

    fn impatient(mut self) -> Self {
        self.settings.connect_timeout = SOON;
        self.settings.response_timeout = SOON;
        self
    }

    fn with_password(mut self) -> Self {
        self.secrets = Secrets::from_parts(Some("geheim"), None, None);
        self
    }

    /// The mail server has these addresses, which really are there.
    fn mail(mut self, places: &[([u8; 4], SocketAddr)]) -> Self {
        let addresses: Vec<IpAddr> = places.iter().map(|(address, _)| (*address).into()).collect();
        for port in [80, 443] {
            self.settings.resolve.push(Resolve { host: MAIL.to_owned(), port, addresses: addresses.clone() });
        }
        for (address, place) in places {
            self.settings.connect_to.push(rule(&IpAddr::from(*address).to_string(), None, place));
        }
        self
    }

    async fn gatherer(&self) -> Gatherer {
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        Gatherer::new(self.settings.clone(), self.secrets.clone(), &subject).await.unwrap()
    }

    async fn look(&self) -> TlsSeen {
        look(&self.gatherer().await, MAIL).await
    }

    async fn http(&self, probe: HttpProbe) -> HttpSeen {
        http(&self.gatherer().await, probe).await.unwrap()
    }

    /// A server certificate for the mail server.
    fn certified(&self) -> (Vec<CertificateDer<'static>>, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec![MAIL.to_owned()]).unwrap().signed_by(&key, &self.root).unwrap();
        (vec![leaf.der().clone()], key)
    }

    /// A server that speaks TLS, and HTTP on it with this answer.
    async fn https(&self, answer: &[u8]) -> Web {
        let (chain, key) = self.certified();
        Web::start(Some(acceptor(server(&[&TLS13, &TLS12]).with_no_client_auth(), chain, &key)), answer).await
    }
}

async fn look(gatherer: &Gatherer, name: &str) -> TlsSeen {
    match gatherer.gather(Probe::tls(FIRST.into(), 443, name)).await {
        Seen::Tls(seen) => seen,
        other => panic!("{other:?}"),
    }
}

async fn http(gatherer: &Gatherer, probe: HttpProbe) -> Result<HttpSeen, HeldBack> {
    match gatherer.gather(Probe::Http(probe)).await {
        Seen::Http(seen) => Ok(seen),
        Seen::NoAnswer(NoAnswer::HeldBack { rule }) => Err(rule),
        other => panic!("{other:?}"),
    }
}

fn options() -> HttpProbe {
    HttpProbe::new(Method::Options, URL)
}

fn signed_in() -> HttpProbe {
    options().sign_in(SignIn::Given)
}

fn rule(host: &str, port: Option<u16>, place: &SocketAddr) -> ConnectTo {
    ConnectTo {
        from_host: Some(host.to_owned()),
        from_port: port,
        to_host: Some(place.ip().to_string()),
        to_port: Some(place.port()),
    }
}

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    Authority::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn server(
    versions: &[&'static SupportedProtocolVersion],
) -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_protocol_versions(versions).unwrap()
}

fn acceptor(
    builder: rustls::ConfigBuilder<ServerConfig, rustls::server::WantsServerCert>,
    chain: Vec<CertificateDer<'static>>,
    key: &KeyPair,
) -> TlsAcceptor {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let mut config = builder.with_single_cert_with_ocsp(chain, key, b"staple".to_vec()).unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Something that listens: `serve` is called with every connection.
async fn listen<F: Future<Output = ()> + Send>(
    serve: impl Fn(TcpStream) -> F + Send + Sync + Clone + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let serve = serve.clone();
            tokio::spawn(async move { serve(stream).await });
        }
    });
    place
}

/// Takes connections, and says nothing.
async fn silent() -> SocketAddr {
    listen(|mut stream| async move { while stream.read(&mut [0; 512]).await.is_ok_and(|length| length > 0) {} }).await
}

/// A port where nobody listens.
fn closed() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// Reads what a client says first, and answers.
async fn saying(answer: &'static [u8]) -> SocketAddr {
    listen(move |mut stream| async move {
        let _ = stream.read(&mut [0; 2048]).await;
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
    })
    .await
}

/// A web server that gives one answer, and notes what it was asked.
#[derive(Clone)]
struct Web {
    place: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Web {
    async fn start(tls: Option<TlsAcceptor>, answer: &[u8]) -> Self {
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, answer) = (Arc::clone(&requests), answer.to_vec());
        let place = listen(move |stream| {
            let (tls, noted, answer) = (tls.clone(), Arc::clone(&noted), answer.clone());
            async move {
                match tls {
                    None => serve(stream, &noted, &answer).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, &noted, &answer).await;
                        }
                    }
                }
            }
        })
        .await;
        Self { place, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, noted: &Mutex<Vec<String>>, answer: &[u8]) {
    let Some(request) = request(&mut stream).await else { return };
    noted.lock().unwrap().push(request);
    let _ = stream.write_all(answer).await;
    let _ = stream.flush().await;
    if !answer.ends_with(ENDLESS) {
        let _ = stream.shutdown().await;
    }
    // until the client goes
    let _ = stream.read(&mut [0; 1]).await;
}

/// An answer that ends with it is not followed by the end of the connection.
const ENDLESS: &[u8] = b"and so on";

/// One request, with its body.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + &String::from_utf8(body).unwrap())
}

/// A proxy that lets everything through to one place, and notes the heads.
async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&heads);
    let place = listen(move |mut stream| {
        let noted = Arc::clone(&noted);
        async move {
            let head = request(&mut stream).await.unwrap();
            let mut behind = TcpStream::connect(to).await.unwrap();
            if head.starts_with("CONNECT ") {
                stream.write_all(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n").await.unwrap();
            } else {
                behind.write_all(head.as_bytes()).await.unwrap();
            }
            noted.lock().unwrap().push(head);
            let _ = copy_bidirectional(&mut stream, &mut behind).await;
        }
    })
    .await;
    (place, heads)
}

fn failed(seen: &TlsSeen) -> (Phase, FailKind) {
    match &seen.outcome {
        TlsOutcome::Failed(failure) => (failure.phase, failure.kind.clone()),
        TlsOutcome::Handshake(_) | TlsOutcome::File => panic!("{seen:?}"),
    }
}

fn failure(seen: &HttpSeen) -> (Phase, FailKind) {
    seen.failure().map(|failure| (failure.phase, failure.kind.clone())).unwrap()
}

fn status(seen: &HttpSeen) -> u16 {
    seen.response().unwrap_or_else(|| panic!("{seen:?}")).status
}

// TLS

#[tokio::test]
async fn a_chain_is_kept_exactly_as_sent_and_nothing_is_said_afterwards() {
    let world = World::new();
    let (mut chain, key) = world.certified();
    // superfluous, doubled and in no order
    chain.extend([authority().der().clone(), world.root.der().clone(), world.root.der().clone()]);
    let acceptor = acceptor(server(&[&TLS13, &TLS12]).with_no_client_auth(), chain.clone(), &key);
    let (tell, mut said) = mpsc::unbounded_channel();
    let place = listen(move |stream| {
        let (acceptor, tell) = (acceptor.clone(), tell.clone());
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            let name = stream.get_ref().1.server_name().map(str::to_owned);
            let length = stream.read(&mut [0; 64]).await.unwrap();
            tell.send((name, length)).unwrap();
        }
    })
    .await;
    let world = world.mail(&[(FIRST, place)]);
    let gatherer = world.gatherer().await;
    let seen = look(&gatherer, MAIL).await;
    assert_eq!(seen.chain, chain.iter().map(|der| BASE64.encode(der)).collect::<Vec<_>>());
    assert_eq!(seen.ocsp, Some(BASE64.encode("staple")));
    assert!(!seen.client_certificate_requested && seen.connect_ms.is_some() && seen.handshake_ms.is_some());
    let TlsOutcome::Handshake(Handshake { version, cipher, alpn, group }) = seen.outcome else { panic!() };
    assert_eq!((version.as_str(), cipher.as_str()), ("TLS 1.3", "TLS_AES_256_GCM_SHA384"));
    assert_eq!((alpn.as_deref(), group.as_deref()), (Some("http/1.1"), Some("X25519")));
    assert_eq!(said.recv().await, Some((Some(MAIL.to_owned()), 0)));
    // a second look sees it again, and RFC 6066, 3, allows no address as SNI
    let again = look(&gatherer, "192.0.2.1").await;
    assert_eq!(again.chain, seen.chain);
    assert_eq!(said.recv().await, Some((None, 0)));
}

#[tokio::test]
async fn tls_1_2_is_spoken_too() {
    let world = World::new();
    let (chain, key) = world.certified();
    let web = Web::start(Some(acceptor(server(&[&TLS12]).with_no_client_auth(), chain, &key)), b"").await;
    let seen = world.mail(&[(FIRST, web.place)]).look().await;
    let TlsOutcome::Handshake(handshake) = seen.outcome else { panic!("{seen:?}") };
    assert_eq!(handshake.version, "TLS 1.2");
    assert_eq!(handshake.cipher, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
    assert_eq!(seen.chain.len(), 1);
}

#[tokio::test]
async fn what_ends_a_connection_is_told_by_its_phase_and_kind() {
    let of = async |place: SocketAddr| failed(&World::new().impatient().mail(&[(FIRST, place)]).look().await);
    assert_eq!(of(closed()).await, (Phase::Connect, FailKind::Refused));
    let before = Instant::now();
    assert_eq!(of(silent().await).await, (Phase::Handshake, FailKind::Timeout));
    assert!(before.elapsed() < 8 * SOON);
    // who closes with something unread resets
    let resetting = listen(|stream| async move { stream.readable().await.unwrap() }).await;
    assert_eq!(of(resetting).await, (Phase::Handshake, FailKind::Reset));
    assert_eq!(of(saying(b"").await).await, (Phase::Handshake, FailKind::Closed));
    assert_eq!(
        of(saying(b"\x15\x03\x03\x00\x02\x02\x46").await).await,
        (Phase::Handshake, FailKind::Alert { code: 70 })
    );
    assert_eq!(of(saying(b"\x16\x03\x03\x00\x04\x63\x00\x00\x00").await).await, (Phase::Handshake, FailKind::Tls));
}

#[tokio::test]
async fn plain_text_on_the_tls_port_is_not_tls() {
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n<html>"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"\x15\x07ab\r\n"] {
        let seen = World::new().mail(&[(FIRST, saying(answer).await)]).look().await;
        assert_eq!(failed(&seen), (Phase::Handshake, FailKind::NotTls));
        if let TlsOutcome::Failed(Failure { detail, .. }) = &seen.outcome
            && answer.starts_with(b"HTTP")
        {
            assert_eq!(detail, "HTTP/1.1 400 Bad Request");
        }
    }
}

#[tokio::test]
async fn rfc8446_4_4_2_4_a_client_certificate_that_is_required_fails_and_the_chain_is_kept() {
    let world = World::new();
    let of = async |version: &'static SupportedProtocolVersion, required: bool| {
        let mut roots = RootCertStore::empty();
        roots.add(world.root.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(ring::default_provider()));
        let verifier = if required { verifier } else { verifier.allow_unauthenticated() };
        let (chain, key) = world.certified();
        let builder = server(&[version]).with_client_cert_verifier(verifier.build().unwrap());
        let web = Web::start(Some(acceptor(builder, chain, &key)), b"HTTP/1.1 204 X\r\n\r\n").await;
        let world = World { root: authority(), ..World::new() }.mail(&[(FIRST, web.place)]);
        let gatherer = world.gatherer().await;
        (look(&gatherer, MAIL).await, http(&gatherer, options()).await.unwrap())
    };
    let (seen, asked) = of(&TLS13, true).await;
    assert_eq!(failed(&seen), (Phase::Handshake, FailKind::Alert { code: 116 }));
    assert!(seen.client_certificate_requested && seen.chain.len() == 1);
    assert_eq!(failure(&asked), (Phase::Handshake, FailKind::Alert { code: 116 }));
    let (seen, asked) = of(&TLS12, true).await;
    assert_eq!(failed(&seen), (Phase::Handshake, FailKind::Alert { code: 116 }));
    assert!(seen.client_certificate_requested && seen.chain.len() == 1);
    assert_eq!(failure(&asked).0, Phase::Handshake);
    let (seen, asked) = of(&TLS13, false).await;
    assert!(matches!(seen.outcome, TlsOutcome::Handshake(_)) && seen.client_certificate_requested);
    assert_eq!(status(&asked), 204);
}

#[tokio::test]
async fn at_most_six_connections_to_one_address_at_once() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&open), Arc::clone(&most));
    let place = listen(move |mut stream| {
        let (open, most) = (Arc::clone(&counted), Arc::clone(&highest));
        async move {
            most.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            while stream.read(&mut [0; 512]).await.is_ok_and(|length| length > 0) {}
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    let gatherer = World::new().impatient().mail(&[(FIRST, place)]).gatherer().await;
    let names: Vec<String> = (0..12).map(|n| format!("mail{n}.corp.example")).collect();
    let all = join_all(names.iter().map(|name| look(&gatherer, name))).await;
    assert!(all.iter().all(|seen| failed(seen) == (Phase::Handshake, FailKind::Timeout)));
    // a server may learn of an end after the next beginning
    let most = most.load(Ordering::SeqCst);
    assert!((6..=11).contains(&most), "{most}");
}

// HTTP

#[tokio::test]
async fn an_answer_is_kept_as_it_was_but_for_cookies() {
    let world = World::new();
    let web = world
        .https(
            b"HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\nWWW-Authenticate: Negotiate\r\n\
              WWW-Authenticate: NTLM TlRMTVNTUAAC\r\nSet-Cookie: X-BackEndCookie=S-1-5=u56; path=/\r\n\
              WWW-Authenticate: Basic realm=\"mail\"\r\nX-FEServer: EX01\r\nContent-Length: 5\r\n\r\nh\xe4llo",
        )
        .await;
    let world = world.mail(&[(FIRST, web.place)]);
    let seen = world.http(options()).await;
    assert_eq!(seen.address, Some(FIRST.into()));
    assert_eq!((seen.verified, seen.credential_sent, seen.tried.len()), (Some(true), None, 0));
    let timing = &seen.timing;
    assert!([timing.connect_ms, timing.handshake_ms, timing.response_ms, timing.body_ms].iter().all(Option::is_some));
    let response = seen.response().unwrap();
    assert_eq!(response.status, 401);
    let challenges: Vec<_> = response.headers_named("www-authenticate").collect();
    assert_eq!(challenges, ["Negotiate", "NTLM TlRMTVNTUAAC", "Basic realm=\"mail\""]);
    assert_eq!(response.header("set-cookie"), Some("X-BackEndCookie=…"));
    assert_eq!(response.header("x-feserver"), Some("EX01"));
    assert_eq!(
        (response.body.text.as_str(), response.body.length, response.body.truncated),
        ("h\u{fffd}llo", 5, false)
    );
    let version = env!("CARGO_PKG_VERSION");
    let asked = format!(
        "OPTIONS /Microsoft-Server-ActiveSync HTTP/1.1\r\nHost: mail.corp.example\r\nUser-Agent: exdiag/{version}\r\n\
         Accept: */*\r\n"
    );
    assert!(web.requests()[0].starts_with(&asked), "{:?}", web.requests());
    assert!(!web.requests()[0].contains("Authorization"));
}

#[tokio::test]
async fn a_request_carries_what_its_probe_says() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 200 OK\r\n\r\n<Autodiscover/>").await;
    let world = world.mail(&[(FIRST, web.place)]);
    let content = Content::PoxMobilesync { email: "anna@corp.example".to_owned() };
    let pox = HttpProbe::new(Method::Post, "https://mail.corp.example/autodiscover/autodiscover.xml?a=b#c");
    let seen = world.http(pox.content(content)).await;
    assert_eq!(seen.response().unwrap().body.text, "<Autodiscover/>");
    world.http(HttpProbe::new(Method::Get, URL).sign_in(SignIn::EmptyBearer)).await;
    let requests = web.requests();
    assert!(requests[0].starts_with("POST /autodiscover/autodiscover.xml?a=b HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: "), "{}", requests[0]);
    assert!(requests[0].ends_with("</Request></Autodiscover>"), "{}", requests[0]);
    // the blank behind the scheme is what makes Exchange answer
    assert!(requests[1].contains("\r\nAuthorization: Bearer \r\n"), "{}", requests[1]);
    assert!(requests[1].contains("\r\nAccept: application/json\r\n"));
}

#[tokio::test]
async fn every_schema_of_autodiscover_goes_with_the_content_type_that_outlook_com_takes() {
    let email = || "anna@corp.example".to_owned();
    for (content, schema) in [
        (Content::PoxMobilesync { email: email() }, "autodiscover/mobilesync/requestschema/2006"),
        (Content::PoxOutlook { email: email() }, "autodiscover/outlook/requestschema/2006"),
        (Content::SoapUserSettings { email: email() }, "exchange/2010/Autodiscover/Autodiscover/GetUserSettings"),
    ] {
        let web = Web::start(None, b"HTTP/1.1 401 X\r\n\r\n").await;
        let probe = HttpProbe::new(Method::Post, "http://mail.corp.example/a").content(content);
        World::new().mail(&[(FIRST, web.place)]).http(probe).await;
        let request = web.requests().remove(0);
        assert!(request.contains("\r\nContent-Type: text/xml; charset=utf-8\r\n"), "{request}");
        assert!(request.contains(schema) && request.contains(">anna@corp.example<"), "{request}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 302 Found\r\nLocation: https://other.example/\r\nContent-Length: 0\r\n\r\n").await;
    let seen = world.mail(&[(FIRST, web.place)]).http(options()).await;
    assert_eq!(status(&seen), 302);
    assert_eq!(seen.response().unwrap().header("location"), Some("https://other.example/"));
    assert_eq!(web.requests().len(), 1);
}

async fn answered(answer: &[u8]) -> HttpSeen {
    let web = Web::start(None, answer).await;
    let probe = HttpProbe::new(Method::Get, "http://mail.corp.example/");
    World::new().impatient().mail(&[(FIRST, web.place)]).http(probe).await
}

async fn body(answer: &[u8]) -> (String, u64, bool) {
    let Response { body, .. } = answered(answer).await.response().unwrap().clone();
    (body.text, body.length, body.truncated)
}

#[tokio::test]
async fn a_body_is_read_up_to_its_limit_and_kept_as_text() {
    let long = |length: usize| [b"HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; length].as_slice()].concat();
    let (text, length, truncated) = body(&long(100_000)).await;
    assert_eq!((text.len(), length, truncated), (64 * 1024, 100_000, true));
    let (text, length, truncated) = body(&long(1_500_000)).await;
    assert_eq!((text.len(), length, truncated), (64 * 1024, 1024 * 1024, true));
    assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\n\xff\xfeh\0\xe4\0").await, ("hä".to_owned(), 6, false));
    assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\n\xef\xbb\xbf<a/>").await, ("<a/>".to_owned(), 7, false));
    assert_eq!(body(b"HTTP/1.1 200 OK\r\n\r\n\x03\x01j\0\0\x07").await, (String::new(), 6, false));
    let gzip = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08".as_slice();
    assert_eq!(body(gzip).await, (String::new(), 3, false));
    let gzip = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xb3\x49\xd4\xb7\x03\x00\xd4\x1c\xd1\x01\x04\x00\x00\x00".as_slice();
    assert_eq!(body(gzip).await, ("<a/>".to_owned(), 24, false));
}

#[tokio::test]
async fn of_a_body_without_end_the_rest_is_waited_for_and_what_came_is_no_answer() {
    let endless = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nand so on".as_slice();
    let endless = answered(endless).await;
    assert_eq!(failure(&endless), (Phase::Body, FailKind::Timeout), "silence, not a large answer");
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nbegun".as_slice();
    assert_eq!(failure(&answered(short).await), (Phase::Body, FailKind::Closed));
    let refused = b"HTTP/1.1 401 X\r\nContent-Length: 50\r\n\r\n".as_slice();
    assert_eq!(body(refused).await, (String::new(), 0, true));
    let nothing = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n").await;
    assert_eq!(failure(&nothing), (Phase::Body, FailKind::Closed));
}

#[tokio::test]
async fn what_is_no_answer_is_told_by_its_kind() {
    let flood = format!("HTTP/1.1 200 OK\r\nX-Flood: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(failure(&answered(flood.as_bytes()).await), (Phase::Request, FailKind::Malformed));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-Flood: x\r\n".repeat(5_000));
    assert_eq!(failure(&answered(many.as_bytes()).await), (Phase::Request, FailKind::Malformed));
    assert_eq!(failure(&answered(b"220 mail ESMTP\r\n").await), (Phase::Request, FailKind::Malformed));
    let cut = answered(b"").await;
    assert_eq!(failure(&cut), (Phase::Request, FailKind::Closed));
    assert!(cut.timing.response_ms.is_some(), "how long it was waited for is told");
    assert_eq!(failure(&answered(ENDLESS).await), (Phase::Request, FailKind::Malformed));
    let world = World::new().impatient().mail(&[(FIRST, silent().await)]);
    let seen = world.http(HttpProbe::new(Method::Get, "http://mail.corp.example/")).await;
    assert_eq!(failure(&seen), (Phase::Request, FailKind::Timeout));
    assert_eq!(seen.address, Some(FIRST.into()));
    let nowhere = World::new().http(options()).await;
    assert_eq!(failure(&nowhere), (Phase::Resolve, FailKind::NoAddress));
    let other = World::new().http(HttpProbe::new(Method::Get, "ftp://mail.corp.example/")).await;
    assert_eq!(failure(&other), (Phase::Resolve, FailKind::NoAddress));
}

#[tokio::test]
async fn a_header_that_is_not_well_formed_hides_nothing() {
    let seen = answered(b"HTTP/1.1 200 OK\r\nno header\r\nX-FEServer : EX01\r\nX-Long: a\r\n b\r\n\r\nbody").await;
    let response = seen.response().unwrap();
    assert_eq!((response.header("x-feserver"), response.body.text.as_str()), (Some("EX01"), "body"));
}

// which address

#[tokio::test]
async fn the_next_address_is_used_where_the_first_takes_no_connection() {
    let world = World::new().impatient();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    let of = async |first: SocketAddr| {
        let settings = Settings { resolve: Vec::new(), connect_to: Vec::new(), ..world.settings.clone() };
        let world = World { settings, ..World::new() }.mail(&[(FIRST, first), (SECOND, web.place)]);
        let seen = world.http(options()).await;
        assert_eq!((status(&seen), seen.address, seen.verified), (401, Some(SECOND.into()), Some(true)));
        let [tried] = seen.tried.as_slice() else { panic!("{:?}", seen.tried) };
        assert_eq!(tried.address, IpAddr::from(FIRST));
        (tried.failure.phase, tried.failure.kind.clone())
    };
    assert_eq!(of(closed()).await, (Phase::Connect, FailKind::Refused));
    // it is not waited for to its end
    assert_eq!(of(silent().await).await, (Phase::Handshake, FailKind::Timeout));
    assert_eq!(of(saying(b"").await).await, (Phase::Handshake, FailKind::Closed));
}

#[tokio::test]
async fn an_address_that_has_answered_is_the_servers_word() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    let world = world.mail(&[(FIRST, saying(b"HTTP/1.1 400 X\r\n\r\n").await), (SECOND, web.place)]);
    let seen = world.http(options()).await;
    assert_eq!(failure(&seen), (Phase::Handshake, FailKind::NotTls));
    assert_eq!((seen.address, seen.tried.len(), web.requests().len()), (Some(FIRST.into()), 0, 0));
}

#[tokio::test]
async fn where_every_address_fails_the_one_that_got_furthest_speaks() {
    let world = World::new().impatient().mail(&[(FIRST, saying(b"").await), (SECOND, closed())]);
    let seen = world.http(options()).await;
    assert_eq!((failure(&seen), seen.address), ((Phase::Handshake, FailKind::Closed), Some(FIRST.into())));
    assert_eq!(seen.tried.len(), 1);
    let world = World::new().mail(&[(FIRST, closed()), (SECOND, closed())]);
    let seen = world.http(options()).await;
    assert_eq!((failure(&seen), seen.address), ((Phase::Connect, FailKind::Refused), None));
    assert_eq!(seen.tried.iter().map(|tried| tried.address).collect::<Vec<_>>(), [FIRST, SECOND].map(IpAddr::from));
}

#[tokio::test]
async fn a_probe_may_name_its_address() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    let world = world.mail(&[(FIRST, closed()), (SECOND, web.place)]);
    let seen = world.http(HttpProbe { address: Some(SECOND.into()), ..options() }).await;
    assert_eq!((status(&seen), seen.address, seen.tried.len()), (401, Some(SECOND.into()), 0));
}

#[tokio::test]
async fn connect_to_leads_by_name_to_a_place_or_a_name() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    let place = rule("MAIL.corp.example", Some(443), &web.place);
    let resolved =
        Resolve { host: "ex01.lan.example".to_owned(), port: web.place.port(), addresses: vec![web.place.ip()] };
    let name = ConnectTo { to_host: Some("ex01.lan.example".to_owned()), ..place.clone() };
    for rule in [place, name] {
        let settings = Settings { connect_to: vec![rule], resolve: vec![resolved.clone()], ..world.settings.clone() };
        let secrets = Secrets::default();
        let subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        let gatherer = Gatherer::new(settings, secrets, &subject).await.unwrap();
        let seen = http(&gatherer, options()).await.unwrap();
        assert_eq!((status(&seen), seen.verified), (401, Some(true)), "the name in the certificate stays");
        assert!(web.requests().last().unwrap().contains("\r\nHost: mail.corp.example\r\n"));
        let seen = look(&gatherer, MAIL).await;
        assert!(matches!(seen.outcome, TlsOutcome::Handshake(_)), "{seen:?}");
    }
    assert!(world.cacert.path().exists());
}

// the proxy

#[tokio::test]
async fn a_proxy_is_told_the_name_and_its_password_alone() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    let (place, heads) = proxy(web.place).await;
    let settings = Settings { proxy: Some(format!("http://user:gehe%20im@{place}")), ..world.settings.clone() };
    let world = World { settings, ..world };
    let seen = world.http(options()).await;
    assert_eq!((status(&seen), seen.verified, seen.address), (401, Some(true), None));
    let looked = world.look().await;
    assert!(matches!(looked.outcome, TlsOutcome::Handshake(_)), "{looked:?}");
    let basic = format!("\r\nProxy-Authorization: Basic {}\r\n", BASE64.encode("user:gehe im"));
    {
        let heads = heads.lock().unwrap();
        assert!(heads[0].starts_with("CONNECT mail.corp.example:443 HTTP/1.1\r\nHost: mail.corp.example:443\r\n"));
        assert!(heads[1].starts_with("CONNECT 192.0.2.1:443 HTTP/1.1\r\n"), "{}", heads[1]);
        assert!(heads.iter().all(|head| head.contains(&basic)));
    }
    assert!(!web.requests()[0].contains("Proxy-"), "{}", web.requests()[0]);
    let recorded = serde_json::to_string(&(seen, looked)).unwrap();
    assert!(!recorded.contains("gehe"), "{recorded}");
}

#[tokio::test]
async fn rfc9112_3_2_2_plain_http_goes_to_the_proxy_itself() {
    let web = Web::start(None, b"HTTP/1.1 302 X\r\nLocation: https://mail.corp.example/\r\n\r\n").await;
    let mut world = World::new();
    world.settings.proxy = Some(format!("http://{}", web.place));
    let probe = HttpProbe::new(Method::Get, "http://autodiscover.corp.example/autodiscover/autodiscover.xml?a=b");
    assert_eq!(status(&world.http(probe).await), 302);
    let expected = "GET http://autodiscover.corp.example/autodiscover/autodiscover.xml?a=b HTTP/1.1\r\n\
                    Host: autodiscover.corp.example\r\n";
    assert!(web.requests()[0].starts_with(expected), "{}", web.requests()[0]);
}

#[tokio::test]
async fn a_proxy_that_refuses_is_not_the_server() {
    let of = async |place: SocketAddr| {
        let mut world = World::new().impatient();
        world.settings.proxy = Some(format!("http://{place}"));
        let tls = failed(&world.look().await);
        assert_eq!(failure(&world.http(options()).await), tls);
        tls
    };
    let refusing = saying(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!").await;
    assert_eq!(of(refusing).await, (Phase::Proxy, FailKind::ProxyRefused { status: 407 }));
    assert_eq!(
        of(saying(b"HTTP/1.0 502 X\r\n\r\n").await).await,
        (Phase::Proxy, FailKind::ProxyRefused { status: 502 })
    );
    assert_eq!(of(saying(b"hello\r\n\r\n").await).await, (Phase::Proxy, FailKind::ProxyRefused { status: 0 }));
    assert_eq!(of(saying(b"").await).await, (Phase::Proxy, FailKind::Closed));
    assert_eq!(of(closed()).await, (Phase::Proxy, FailKind::Refused));
    assert_eq!(of(silent().await).await, (Phase::Proxy, FailKind::Timeout));
    let mut world = World::new();
    world.settings.proxy = Some(format!("http://{refusing}"));
    let plain = world.http(HttpProbe::new(Method::Get, "http://autodiscover.corp.example/")).await;
    assert_eq!(failure(&plain), (Phase::Proxy, FailKind::ProxyRefused { status: 407 }));
}

#[tokio::test]
async fn a_proxy_that_speaks_tls_is_verified() {
    let world = World::new();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["proxy.lan.example".to_owned()]).unwrap();
    let chain = vec![leaf.signed_by(&key, &world.root).unwrap().der().clone()];
    let tls = acceptor(server(&[&TLS13]).with_no_client_auth(), chain, &key);
    let web = Web::start(Some(tls), b"HTTP/1.1 403 X\r\n\r\n").await;
    let through = |world: &World, host: &str| {
        let resolve = Resolve { host: host.to_owned(), port: web.place.port(), addresses: vec![web.place.ip()] };
        let proxy = Some(format!("https://user:geheim@{host}:{}", web.place.port()));
        World { settings: Settings { proxy, resolve: vec![resolve], ..world.settings.clone() }, ..World::new() }
    };
    let seen = through(&world, "proxy.lan.example").http(options()).await;
    assert_eq!(failure(&seen), (Phase::Proxy, FailKind::ProxyRefused { status: 403 }));
    let seen = through(&world, "other.lan.example").http(options()).await;
    assert_eq!(failure(&seen), (Phase::Proxy, FailKind::NotVerified));
    assert_eq!(web.requests().len(), 1, "its password stays here");
}

// credentials

#[tokio::test]
async fn contract_5_credentials_go_over_verified_tls_and_a_first_401_is_the_last() {
    let world = World::new().with_password();
    let web = world.https(b"HTTP/1.1 401 X\r\nX-Echo: YW5uYUBjb3JwLmV4YW1wbGU6Z2VoZWlt\r\n\r\nwrong: geheim").await;
    let world = world.mail(&[(FIRST, web.place)]);
    let gatherer = world.gatherer().await;
    let seen = http(&gatherer, signed_in()).await.unwrap();
    assert_eq!((status(&seen), seen.verified, seen.credential_sent), (401, Some(true), Some(Credential::Password)));
    let basic = BASE64.encode("anna@corp.example:geheim");
    assert!(web.requests()[0].contains(&format!("\r\nAuthorization: Basic {basic}\r\n")), "{}", web.requests()[0]);
    let probe = Probe::Http(signed_in());
    assert_eq!(gatherer.sent(&probe), Some(SentKind::Password), "a run may end before the answer is taken");
    let recorded = serde_json::to_string(&seen).unwrap();
    assert!(!recorded.contains("geheim") && !recorded.contains(&basic), "{recorded}");
    assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::SignInRefused));
    assert_eq!(status(&http(&gatherer, options()).await.unwrap()), 401, "anonymous requests go on");
    assert_eq!(web.requests().len(), 2);
}

#[tokio::test]
async fn contract_5_a_front_that_redirects_to_itself_gets_the_password_twice_at_most() {
    let world = World::new().with_password();
    let web = world.https(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n").await;
    let gatherer = world.mail(&[(FIRST, web.place)]).gatherer().await;
    for _ in 0..2 {
        assert_eq!(status(&http(&gatherer, signed_in()).await.unwrap()), 302);
    }
    for _ in 0..3 {
        assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::SignInUnclear));
    }
    assert_eq!(web.requests().len(), 2);
}

#[tokio::test]
async fn contract_5_a_front_that_says_anything_but_401_to_a_sign_in_gets_the_password_once() {
    for (code, page) in
        [(403, ""), (500, "X-FEServer: EX01\r\n"), (503, ""), (404, ""), (200, "Content-Type: text/html\r\n")]
    {
        let world = World::new().with_password();
        let answer = format!("HTTP/1.1 {code} X\r\n{page}Content-Length: 0\r\n\r\n");
        let web = world.https(answer.as_bytes()).await;
        let gatherer = world.mail(&[(FIRST, web.place)]).gatherer().await;
        assert_eq!(status(&http(&gatherer, signed_in()).await.unwrap()), code);
        let post = HttpProbe::new(Method::Post, URL).sign_in(SignIn::Given);
        for probe in [signed_in(), post] {
            assert_eq!(http(&gatherer, probe).await, Err(HeldBack::SignInUnclear), "{code}");
        }
        assert_eq!(status(&http(&gatherer, options()).await.unwrap()), code, "anonymous requests go on");
        let with_password = web.requests().iter().filter(|request| request.contains("\r\nAuthorization: ")).count();
        assert_eq!((with_password, web.requests().len()), (1, 2), "{code}");
    }
}

#[tokio::test]
async fn contract_5_of_sign_ins_that_begin_at_once_the_first_answer_decides_how_many_go_out() {
    for (code, sent, rule) in [
        (401, 1, HeldBack::SignInRefused),
        (403, 1, HeldBack::SignInUnclear),
        (503, 1, HeldBack::SignInUnclear),
        (302, 2, HeldBack::SignInUnclear),
        (204, 4, HeldBack::SignInUnclear),
    ] {
        let world = World::new().with_password();
        let (place, requests) = patient(&world, 4, code).await;
        let gatherer = world.mail(&[(FIRST, place)]).gatherer().await;
        let probe = |n: usize| HttpProbe::new(Method::Get, format!("{URL}/{n}")).sign_in(SignIn::Given);
        let all = join_all((0..4).map(|n| http(&gatherer, probe(n)))).await;
        let (answered, held): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!(requests.load(Ordering::SeqCst), sent, "{code}: so often the server has seen the password");
        assert_eq!(answered.len(), sent, "{code}");
        assert!(held.iter().all(|held| *held == Err(rule)), "{code}: {held:?}");
    }
}

/// Gives this answer to every signed-in request, but to none before so many connections stand; counts them.
async fn patient(world: &World, connections: usize, code: u16) -> (SocketAddr, Arc<AtomicUsize>) {
    let (chain, key) = world.certified();
    let tls = acceptor(server(&[&TLS13]).with_no_client_auth(), chain, &key);
    let (all_there, requests) = (Arc::new(Barrier::new(connections)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&requests);
    let place = listen(move |stream| {
        let (tls, all_there, counted) = (tls.clone(), Arc::clone(&all_there), Arc::clone(&counted));
        async move {
            let mut stream = tls.accept(stream).await.unwrap();
            all_there.wait().await;
            if request(&mut stream).await.is_some_and(|request| request.contains("\r\nAuthorization: ")) {
                counted.fetch_add(1, Ordering::SeqCst);
                let answer = format!("HTTP/1.1 {code} X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                let _ = stream.read(&mut [0; 1]).await;
            }
        }
    })
    .await;
    (place, requests)
}

#[tokio::test]
async fn who_waits_for_its_turn_to_sign_in_is_not_told_as_a_request_without_an_answer() {
    let world = World::new().with_password();
    let (silent, asked) = swallowing(&world).await;
    let gatherer = world.mail(&[(FIRST, silent)]).gatherer().await;
    let [first, second] =
        [Method::Options, Method::Post].map(|method| Probe::Http(HttpProbe::new(method, URL).sign_in(SignIn::Given)));
    let waits = async {
        let mut has_begun = false;
        loop {
            match gatherer.reached(&second) {
                Some(_) => has_begun = true,
                None if has_begun => break,
                None => {}
            }
            tokio::task::yield_now().await;
        }
    };
    let then = async {
        asked.notified().await;
        tokio::select! {
            seen = gatherer.gather(second.clone()) => panic!("{seen:?}"),
            waited = timeout(Duration::from_secs(10), waits) => waited.unwrap(),
        }
    };
    tokio::select! {
        seen = gatherer.gather(first.clone()) => panic!("{seen:?}"),
        () = then => {}
    }
    assert_eq!((gatherer.reached(&first), gatherer.sent(&first)), (Some(Phase::Request), Some(SentKind::Password)));
    assert_eq!((gatherer.reached(&second), gatherer.sent(&second)), (None, None));
}

#[tokio::test]
async fn contract_5_a_signed_in_request_that_nobody_answers_is_the_last_and_is_known_as_sent() {
    let world = World::new().with_password();
    let (silent, asked) = swallowing(&world).await;
    let gatherer = world.mail(&[(FIRST, silent)]).gatherer().await;
    let probe = Probe::Http(signed_in());
    let open = async {
        asked.notified().await;
        exdiag::evidence::Source::sent(&gatherer, &probe)
    };
    let sent = tokio::select! {
        _ = http(&gatherer, signed_in()) => None,
        sent = open => sent,
    };
    assert_eq!(sent, Some(SentKind::Password));
    assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::SignInUnclear));

    let world = World::new().with_password();
    let cut = world.https(b"HTTP/1.1 ").await;
    let gatherer = world.mail(&[(FIRST, cut.place)]).gatherer().await;
    assert!(http(&gatherer, signed_in()).await.unwrap().failure().is_some());
    assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::SignInUnclear));
    assert_eq!(cut.requests().len(), 1);
}

#[tokio::test]
async fn contract_5_the_key_of_the_service_is_known_as_sent_while_its_answer_is_waited_for() {
    let api = format!("https://{MAIL}");
    let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
    subject.service = Some(Service { api: api.clone(), grant: None, account: None });
    let probe = Probe::Service(ServiceProbe::Grant { api, id: "g".to_owned() });
    let mut world = World::new();
    world.secrets = Secrets::from_parts(None, None, Some("schluessel"));
    let (silent, asked) = swallowing(&world).await;
    let world = world.mail(&[(FIRST, silent)]);
    let gatherer = Gatherer::new(world.settings.clone(), world.secrets.clone(), &subject).await.unwrap();
    assert_eq!(gatherer.sent(&probe), None);
    let open = async {
        asked.notified().await;
        gatherer.sent(&probe)
    };
    let sent = tokio::select! {
        seen = gatherer.gather(probe.clone()) => panic!("{seen:?}"),
        sent = open => sent,
    };
    assert_eq!(sent, Some(SentKind::ServiceKey));
}

/// Takes a request over TLS and says nothing; tells when it has come.
async fn swallowing(world: &World) -> (SocketAddr, Arc<Notify>) {
    let (chain, key) = world.certified();
    let tls = acceptor(server(&[&TLS13]).with_no_client_auth(), chain, &key);
    let asked = Arc::new(Notify::new());
    let noted = Arc::clone(&asked);
    let place = listen(move |stream| {
        let (tls, noted) = (tls.clone(), Arc::clone(&noted));
        async move {
            let mut stream = tls.accept(stream).await.unwrap();
            request(&mut stream).await.unwrap();
            noted.notify_one();
            let _ = stream.read(&mut [0; 1]).await;
        }
    })
    .await;
    (place, asked)
}

#[tokio::test]
async fn contract_5_without_verification_only_anonymous_requests_go_out() {
    let world = World::new().with_password();
    let web = world.https(b"HTTP/1.1 401 X\r\n\r\n").await;
    // another root
    let distrusting = World::new().with_password().mail(&[(FIRST, web.place)]);
    let gatherer = distrusting.gatherer().await;
    assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::CertificateNotVerified));
    assert_eq!(web.requests(), Vec::<String>::new());
    let seen = http(&gatherer, options()).await.unwrap();
    assert_eq!((status(&seen), seen.verified), (401, Some(false)));
    // another name
    let resolve = Resolve { host: "ex.corp.example".to_owned(), port: 443, addresses: vec![IpAddr::from(FIRST)] };
    let mut world = world.mail(&[(FIRST, web.place)]);
    world.settings.resolve.push(resolve);
    let other = HttpProbe::new(Method::Options, "https://ex.corp.example/").sign_in(SignIn::Given);
    assert_eq!(http(&world.gatherer().await, other).await, Err(HeldBack::CertificateNotVerified));
    let plain = HttpProbe::new(Method::Get, "http://mail.corp.example/").sign_in(SignIn::Given);
    assert_eq!(http(&world.gatherer().await, plain).await, Err(HeldBack::NotHttps));
    let foreign = HttpProbe::new(Method::Get, "https://autodiscover.example/").sign_in(SignIn::Given);
    assert_eq!(http(&world.gatherer().await, foreign).await, Err(HeldBack::ForeignHost));
    assert_eq!(web.requests().len(), 1);
}

/// Shows a certificate without having its key.
#[derive(Debug)]
struct Thief(Arc<CertifiedKey>);

impl ResolvesServerCert for Thief {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn rfc8446_4_4_3_who_shows_a_certificate_without_its_key_is_not_verified() {
    for version in [&TLS13, &TLS12] {
        let world = World::new().with_password();
        let (chain, _) = world.certified();
        let other = PrivatePkcs8KeyDer::from(KeyPair::generate().unwrap().serialize_der()).into();
        let thief = Thief(Arc::new(CertifiedKey::new(chain, any_ecdsa_type(&other).unwrap())));
        let config = server(&[version]).with_no_client_auth().with_cert_resolver(Arc::new(thief));
        let web = Web::start(Some(TlsAcceptor::from(Arc::new(config))), b"HTTP/1.1 200 X\r\n\r\n").await;
        let world = world.mail(&[(FIRST, web.place)]);
        let gatherer = world.gatherer().await;
        assert_eq!(http(&gatherer, signed_in()).await, Err(HeldBack::CertificateNotVerified));
        let seen = http(&gatherer, options()).await.unwrap();
        assert_eq!((seen.verified, seen.credential_sent), (Some(false), None));
        assert!(!web.requests()[0].contains("Authorization"));
    }
}

#[tokio::test]
async fn a_sign_in_that_waited_too_long_for_its_turn_connects_anew() {
    let world = World::new().with_password();
    let (chain, key) = world.certified();
    let tls = acceptor(server(&[&TLS13]).with_no_client_auth(), chain, &key);
    let connections = Arc::new(AtomicUsize::new(0));
    let (asked, mut first_asked) = mpsc::unbounded_channel();
    let left = Arc::new(Notify::new());
    let place = listen(move |stream| {
        let (tls, connections) = (tls.clone(), Arc::clone(&connections));
        let (asked, left) = (asked.clone(), Arc::clone(&left));
        async move {
            let number = connections.fetch_add(1, Ordering::SeqCst);
            let mut stream = tls.accept(stream).await.unwrap();
            if number == 1 {
                // gone while it waits
                stream.shutdown().await.unwrap();
                left.notify_one();
                return;
            }
            let request = request(&mut stream).await.unwrap();
            asked.send(request).unwrap();
            if number == 0 {
                left.notified().await;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            let _ = stream.read(&mut [0; 1]).await;
        }
    })
    .await;
    let gatherer = world.mail(&[(FIRST, place)]).gatherer().await;
    let second = async {
        assert!(first_asked.recv().await.unwrap().contains("\r\nAuthorization: Basic "));
        http(&gatherer, signed_in()).await
    };
    let (first, second) = join(http(&gatherer, signed_in()), second).await;
    assert_eq!([first, second].map(|seen| status(&seen.unwrap())), [200, 200]);
    assert!(first_asked.recv().await.unwrap().contains("\r\nAuthorization: Basic "));
}

/// What the hello of this kind brings at the mail server.
async fn hello(world: &World, kind: HelloKind) -> HelloSeen {
    match world.gatherer().await.gather(Probe::hello(FIRST.into(), 443, MAIL, kind)).await {
        Seen::Hello(seen) => seen,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn rfc5246_7_4_a_hello_by_hand_shows_version_suite_and_chain_of_a_real_server() {
    let world = World::new();
    let web = world.https(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let world = world.mail(&[(FIRST, web.place)]);
    for kind in [HelloKind::Tls12, HelloKind::Nameless, HelloKind::Large] {
        let seen = hello(&world, kind).await;
        let (version, cipher) = seen.agreed().unwrap();
        assert_eq!((version, seen.failure(), seen.chain.len()), ("TLS 1.2", None, 1), "{kind}");
        assert!(cipher.starts_with("TLS_ECDHE_ECDSA_WITH_"), "{cipher}");
        assert_eq!(seen.sent > 1_500, kind == HelloKind::Large);
    }
    for kind in [HelloKind::Tls10, HelloKind::Tls11] {
        let seen = hello(&world, kind).await;
        let alert = seen.failure().map(|failure| failure.kind.clone());
        assert!(matches!(alert, Some(FailKind::Alert { code: 40 | 70 })), "{kind}: {alert:?}");
    }
}

#[tokio::test]
async fn whoever_answers_a_hello_with_anything_else_is_told_apart() {
    let of = async |answer: Option<&'static [u8]>| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 64];
            stream.read_exact(&mut heard).await.unwrap();
            match answer {
                Some(answer) => stream.write_all(answer).await.unwrap(),
                None => std::future::pending().await,
            }
            stream.shutdown().await.unwrap();
            while stream.read(&mut heard).await.is_ok_and(|length| length > 0) {}
        });
        let seen = hello(&World::new().impatient().mail(&[(FIRST, place)]), HelloKind::Tls12).await;
        seen.failure().unwrap().clone()
    };
    assert_eq!(of(Some(b"")).await.kind, FailKind::Closed);
    let plain = of(Some(b"HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    assert_eq!((plain.kind, plain.detail.as_str()), (FailKind::NotTls, "HTTP/1.1 400 Bad Request"));
    assert_eq!(of(Some(&[21, 3, 3, 0, 2, 2, 40])).await.kind, FailKind::Alert { code: 40 });
    assert_eq!(of(None).await.kind, FailKind::Timeout);
}

#[tokio::test]
async fn a_private_address_in_a_certificate_is_asked_where_the_server_itself_is_private() {
    let world = World::new().impatient();
    let web = Web::start(None, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
    let gatherer = world.gatherer().await;
    let asked = async |private| {
        let url = format!("http://{}/ca.crt", web.place);
        match gatherer.gather(Probe::Aia { url, private }).await {
            Seen::Aia(seen) => Ok(seen.status),
            Seen::NoAnswer(NoAnswer::HeldBack { rule }) => Err(rule),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(asked(false).await, Err(HeldBack::PrivateAddress));
    assert_eq!(asked(true).await, Ok(Some(404)));
}
