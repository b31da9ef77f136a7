//! How do the lab's web servers listen, answer and keep their journal?

use super::http::{Answer, Request};
use super::pki::{Certified, Pki};
use super::puppet::{self, Act};
use super::scenario::{Asks, Door, Identity, Product, Site, Trick};
use crate::protocol::ntlm;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

/// No request to the lab has a larger body, in bytes.
const LARGEST_BODY: usize = 64 * 1024;
/// How long a connection to a full queue is waited for.
const QUEUE_FULL_AFTER: Duration = Duration::from_millis(40);

/// One request that reached the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address of the scenario that was asked.
    pub address: IpAddr,
    /// Its port: 443 is HTTP over TLS, unless the scenario's fault is that it is not.
    pub port: u16,
    /// Whether it came over TLS.
    pub tls: bool,
    /// The host asked for, lower case, without port.
    pub host: String,
    /// The method.
    pub method: String,
    /// The path, with the query.
    pub path: String,
    /// The scheme of the authorization, where there was one.
    pub scheme: Option<String>,
    /// Whether a credential stood behind the scheme; the hello of NTLM is none.
    pub credential: bool,
    /// The status of the answer; 0 where none was given.
    pub status: u16,
}

/// What reached the lab, in order.
#[derive(Debug, Clone, Default)]
pub struct Journal(Arc<Mutex<Vec<Entry>>>);

impl Journal {
    /// What has come so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, entry: Entry) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

/// What all doors have in common.
#[derive(Clone)]
pub struct Ground {
    /// Who issues the certificates.
    pub pki: Arc<Pki>,
    /// What came.
    pub journal: Journal,
    /// How long every flight of the server takes to arrive.
    pub round_trip: Duration,
    /// How far the world's clock is ahead of ours.
    pub ahead: Duration,
}

/// Keeps a port as it is for as long as it lives.
#[derive(Debug)]
#[expect(dead_code, reason = "sockets are held, never used")]
pub enum Held {
    /// Bound, not listening: connections are refused and nobody else gets the port.
    Closed(TcpSocket),
    /// Listening, with a queue that is full: the kernel drops what else comes.
    Full(TcpListener, Vec<TcpStream>),
}

/// A port of loopback to which connections are refused.
pub fn closed() -> io::Result<(SocketAddr, Held)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    Ok((socket.local_addr()?, Held::Closed(socket)))
}

/// A port of loopback that swallows connections, as a firewall does. Where the system accepts them
/// all the same, nobody ever reads them.
pub async fn dropping() -> io::Result<(SocketAddr, Held)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let listener = socket.listen(1)?;
    let address = listener.local_addr()?;
    let mut waiting = Vec::new();
    while waiting.len() < 16 {
        let Ok(connected) = timeout(QUEUE_FULL_AFTER, TcpStream::connect(address)).await else { break };
        waiting.push(connected?);
    }
    Ok((address, Held::Full(listener, waiting)))
}

/// Opens what stands behind an address and port of the scenario, on a free port of loopback.
pub async fn open(
    (address, port): (IpAddr, u16),
    door: &Door,
    ground: &Ground,
    tasks: &mut JoinSet<()>,
) -> io::Result<(SocketAddr, Option<Held>)> {
    let (site, tls) = match door {
        Door::Closed => return closed().map(|(at, held)| (at, Some(held))),
        Door::Dropping => return dropping().await.map(|(at, held)| (at, Some(held))),
        Door::Plain(site) => (site, None),
        Door::Tls(identity, site) => (site, Some(Secured::of(identity, &ground.pki)?)),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let at = listener.local_addr()?;
    let house = House {
        address,
        port,
        site: site.clone(),
        pki: Arc::clone(&ground.pki),
        journal: ground.journal.clone(),
        tls,
        round_trip: ground.round_trip,
        ahead: ground.ahead,
    };
    tasks.spawn(accept(listener, Arc::new(house)));
    Ok((at, None))
}

/// How a server proves who it is, and what is odd about it.
#[derive(Clone)]
struct Secured {
    acceptor: TlsAcceptor,
    chain: Vec<CertificateDer<'static>>,
    trick: Option<Trick>,
    /// Whether it wants a new handshake after each request.
    again: bool,
}

impl Secured {
    fn of(identity: &Identity, pki: &Pki) -> io::Result<Self> {
        Ok(Self {
            acceptor: acceptor(identity, pki)?,
            chain: pki.certify(identity)?.chain,
            trick: identity.trick,
            again: identity.wants_client_certificate == Some(Asks::Renegotiation),
        })
    }
}

/// One certificate for those who name a host, another for those who do not.
#[derive(Debug)]
struct ByName {
    named: Arc<CertifiedKey>,
    nameless: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(if hello.server_name().is_some() { &self.named } else { &self.nameless }))
    }
}

fn acceptor(identity: &Identity, pki: &Pki) -> io::Result<TlsAcceptor> {
    let certified = pki.certify(identity)?;
    let provider = Arc::new(ring::default_provider());
    let versions = match identity.wants_client_certificate {
        Some(Asks::Tls12 | Asks::Renegotiation) => &[&TLS12][..],
        Some(Asks::Tls13) => &[&TLS13],
        None => rustls::DEFAULT_VERSIONS,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(io::Error::other)?;
    let in_handshake = matches!(identity.wants_client_certificate, Some(Asks::Tls12 | Asks::Tls13));
    let builder = if in_handshake {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(pki.roots()?), provider)
            .build()
            .map_err(io::Error::other)?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let mut config = match identity.default {
        None => builder
            .with_single_cert_with_ocsp(certified.chain, certified.key, certified.staple)
            .map_err(io::Error::other)?,
        Some(names) => {
            let signs = |of: Certified| {
                CertifiedKey::from_der(of.chain, of.key, &ring::default_provider()).map_err(io::Error::other)
            };
            let nameless = signs(pki.certify(&Identity { names, ..*identity })?)?;
            let by_name = ByName { named: Arc::new(signs(certified)?), nameless: Arc::new(nameless) };
            builder.with_cert_resolver(Arc::new(by_name))
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A server behind its door.
struct House {
    address: IpAddr,
    port: u16,
    site: Site,
    pki: Arc<Pki>,
    journal: Journal,
    tls: Option<Secured>,
    round_trip: Duration,
    ahead: Duration,
}

async fn accept(listener: TcpListener, house: Arc<House>) {
    let mut open = JoinSet::new();
    loop {
        // what fails here is one connection
        let Ok((stream, _)) = listener.accept().await else { continue };
        while open.try_join_next().is_some() {}
        let _ = stream.set_nodelay(true);
        open.spawn(Arc::clone(&house).connection(stream));
    }
}

impl House {
    async fn connection(self: Arc<Self>, stream: TcpStream) {
        if self.round_trip.is_zero() {
            self.talk(stream).await;
        } else {
            let (near, far) = tokio::io::duplex(64 * 1024);
            let round_trip = self.round_trip;
            tokio::join!(self.talk(near), carry(stream, far, round_trip));
        }
    }

    async fn talk<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self: Arc<Self>, stream: S) {
        match self.tls.clone() {
            Some(tls) => {
                // a client that does not like the certificate goes away
                let _ = self.secured(stream, &tls).await;
            }
            None => self.serve(stream).await,
        }
    }

    async fn secured<S>(self: Arc<Self>, mut stream: S, tls: &Secured) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut heard = Vec::new();
        if let Some(trick) = tls.trick {
            let hello = puppet::hear(&mut stream).await?;
            match trick.act(&hello, &tls.chain) {
                Act::PassOn => heard = hello.bytes,
                Act::Say(bytes) => return puppet::say(&mut stream, &bytes).await,
                Act::Close => return stream.shutdown().await,
            }
        }
        let (read, write) = tokio::io::split(stream);
        let stream = tokio::io::join(io::Cursor::new(heard).chain(read), write);
        let mut stream = match tls.acceptor.accept(stream).into_fallible().await {
            Ok(stream) => stream,
            // closed while the client's request is unread, the connection would be reset before the alert is there
            Err((error, mut stream)) => {
                stream.shutdown().await?;
                puppet::say(&mut stream, &[]).await?;
                return Err(error);
            }
        };
        if tls.again {
            // as soon as the request is there; the record is a HelloRequest as far as its head goes
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await?;
            let wish = [&[22, 3, 3, 0, 28][..], &[0; 28]].concat();
            return puppet::say(stream.get_mut().0, &wish).await;
        }
        self.serve(stream).await;
        Ok(())
    }

    async fn serve<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(self: Arc<Self>, stream: S) {
        let service = service_fn(move |request| {
            let house = Arc::clone(&self);
            async move { Ok::<_, Infallible>(house.answer(request).await) }
        });
        let _ = hyper::server::conn::http1::Builder::new()
            .title_case_headers(true)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: hyper::Request<Incoming>) -> hyper::Response<Full<Bytes>> {
        let request = read(request).await;
        let mute = matches!(self.site.product, Product::Mute);
        let answer = self.site.answer(&request, &self.pki);
        if answer.is_never() {
            return std::future::pending().await;
        }
        let sign_in = request.sign_in();
        self.journal.note(Entry {
            address: self.address,
            port: self.port,
            tls: self.tls.is_some(),
            host: request.host.clone(),
            method: request.method.clone(),
            path: if request.query.is_empty() {
                request.path.clone()
            } else {
                format!("{}?{}", request.path, request.query)
            },
            scheme: sign_in.map(|(scheme, _)| scheme.to_owned()),
            credential: sign_in.is_some_and(|(_, behind)| !behind.is_empty() && behind != ntlm::HELLO),
            status: if mute { 0 } else { answer.status },
        });
        if mute {
            return std::future::pending().await;
        }
        let mut response = written(answer);
        let date = HeaderValue::from_str(&httpdate(SystemTime::now() + self.ahead));
        if let Ok(date) = date {
            response.headers_mut().insert(hyper::header::DATE, date);
        }
        response
    }
}

/// RFC 9110, 5.6.7
fn httpdate(at: SystemTime) -> String {
    let at = jiff::Timestamp::try_from(at).unwrap_or_default();
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

async fn read(request: hyper::Request<Incoming>) -> Request {
    let (head, body) = request.into_parts();
    let header =
        |name: &str| head.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let host = header("host").unwrap_or_default().to_ascii_lowercase();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let body = body.unwrap_or_default();
    Request {
        host: host.split(':').next().unwrap_or_default().to_owned(),
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        user_agent: header("user-agent").unwrap_or_default(),
        policy_key: header("x-ms-policykey"),
        body: String::from_utf8_lossy(&body).into_owned(),
        bytes: body.to_vec(),
    }
}

fn written(answer: Answer) -> hyper::Response<Full<Bytes>> {
    let mut response = hyper::Response::new(Full::new(Bytes::from(answer.body)));
    if let Ok(status) = hyper::StatusCode::from_u16(answer.status) {
        *response.status_mut() = status;
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// Carries bytes between a client and a server that is far away: whatever the server sends
/// arrives later by this time, and holds up nothing that it does meanwhile.
async fn carry(client: TcpStream, server: tokio::io::DuplexStream, later: Duration) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (departed, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let up = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let depart = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from_server.read(&mut buffer).await {
            let bytes = buffer.get(..length).unwrap_or_default().to_vec();
            let _ = departed.send((Instant::now() + later, bytes));
        }
        drop(departed);
    };
    let arrive = async {
        while let Some((when, bytes)) = arriving.recv().await {
            sleep_until(when).await;
            if to_client.write_all(&bytes).await.is_err() {
                break;
            }
        }
        let _ = to_client.shutdown().await;
    };
    // once the server has said its last, nothing that the client still sends matters
    let down = async { tokio::join!(depart, arrive) };
    tokio::select! {
        _ = down => {}
        () = async { up.await; std::future::pending::<()>().await } => {}
    }
}
