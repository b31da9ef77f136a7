//! What does a web server on loopback answer that a test has made up?

use super::Fetcher;
use crate::evidence::Trust;
use crate::gather::auth::Secrets;
use crate::gather::dns::Resolver;
use crate::gather::roots::Loading;
use crate::gather::{ConnectTo, Resolve, Settings};
use hyper_util::client::proxy::matcher::Matcher;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

pub fn acceptor(issuer: &CertifiedIssuer<'_, KeyPair>, names: impl Into<Vec<String>>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, issuer).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(crate::gather::roots::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A web server that answers every request by its head, and notes the heads.
#[derive(Debug, Clone)]
pub struct Web {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Web {
    pub async fn start(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&str) -> Vec<u8> + Clone + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let web = Self { port: listener.local_addr().unwrap().port(), heads: Arc::default() };
        let heads = Arc::clone(&web.heads);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                match &tls {
                    None => serve(stream, &answer, &heads).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, &answer, &heads).await;
                        }
                    }
                }
            }
        });
        web
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &impl Fn(&str) -> Vec<u8>,
    heads: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    heads.lock().unwrap().push(head.clone());
    let _ = stream.write_all(&answer(&head)).await;
    let _ = stream.shutdown().await;
}

pub fn http(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Everything at port 80 and 443 of any host goes to this server.
pub async fn fetcher(to: u16, root: Option<&CertifiedIssuer<'_, KeyPair>>, settings: Settings) -> Fetcher {
    let mut cacert = tempfile::NamedTempFile::new().unwrap();
    let path = root.map(|root| {
        cacert.write_all(root.pem().as_bytes()).unwrap();
        cacert.path()
    });
    let rule = ConnectTo { from_host: Some("127.0.0.1".to_owned()), from_port: None, to_host: None, to_port: Some(to) };
    let settings = Settings { connect_to: vec![rule], ..settings };
    Fetcher {
        resolver: Resolver::new(&settings).unwrap(),
        roots: Loading::start(Trust::Mozilla, path).await.unwrap(),
        secrets: Secrets::from_parts(None, None, Some("nyk-secret")),
        proxies: Matcher::builder().build(),
        settings,
    }
}

/// Names that `--resolve` leads to loopback.
pub fn here(hosts: &[(&str, u16)]) -> Settings {
    let resolve = hosts.iter().map(|(host, port)| Resolve {
        host: (*host).to_owned(),
        port: *port,
        addresses: vec!["127.0.0.1".parse().unwrap()],
    });
    Settings { resolve: resolve.collect(), name_servers: Some(Vec::new()), ..Settings::default() }
}
