//! What does a TLS server show, whoever it is?
//!
//! The handshake accepts any certificate and keeps what was sent. Whether it can be trusted is a
//! question of its own: [`Shown::verify`].

use super::net::{Connection, Net, Progress, Stream, failure, first_line, kind};
use super::proof::{Judge, Judged};
use super::roots::{Roots, provider};
use crate::evidence::{FailKind, Failure, Handshake, Phase, TlsOutcome, TlsSeen};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, ClientConnection, SignatureScheme};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a server may take, beside the round trip, to say that it insists on a client
/// certificate: under TLS 1.3 it says so after the handshake.
const INSISTS_WITHIN: Duration = Duration::from_millis(300);
/// How long saying good-bye may take.
const GOODBYE_WITHIN: Duration = Duration::from_millis(100);
/// So much of what comes first is kept, to tell what it is if it is not TLS.
const KEPT: usize = 128;
/// The types of TLS records (RFC 8446, 5.1).
const RECORD_TYPES: std::ops::RangeInclusive<u8> = 20..=24;

/// What a server has shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// The certificates exactly as sent.
    pub(super) chain: Vec<CertificateDer<'static>>,
    /// The stapled OCSP response.
    ocsp: Vec<u8>,
    /// Whether it asked for a client certificate.
    pub(super) client_certificate_requested: bool,
    /// Whether it has proved to hold the key of the first certificate.
    proved: Option<Result<(), String>>,
}

impl Shown {
    /// Whether the chain leads to a root, is good for the name, and is the server's own.
    pub(super) fn verify(&self, roots: &Roots, name: &str, at: Timestamp) -> Result<(), String> {
        self.proved.clone().unwrap_or_else(|| Err("no signature was sent".to_owned()))?;
        roots.verify(&self.chain, name, at)
    }
}

/// A handshake that has ended, one way or the other.
#[derive(Debug)]
pub(super) struct Shaken {
    pub(super) stream: Result<TlsStream<Tap>, Failure>,
    pub(super) shown: Shown,
    pub(super) took: Duration,
}

/// Looks at the server at one address, with SNI where `name` is one, and says nothing afterwards.
pub(super) async fn look(net: &Net, address: IpAddr, port: u16, name: &str, progress: &Progress) -> TlsSeen {
    let mut seen = TlsSeen {
        outcome: TlsOutcome::Failed(Failure::new(Phase::Connect, FailKind::Timeout)),
        chain: Vec::new(),
        ocsp: None,
        client_certificate_requested: false,
        connect_ms: None,
        handshake_ms: None,
    };
    let Connection { stream, took, permit: _permit } = match net.connect(name, address, port, progress).await {
        Ok(connection) => connection,
        Err(failure) => return TlsSeen { outcome: TlsOutcome::Failed(failure), ..seen },
    };
    progress.reach(Phase::Handshake);
    seen.connect_ms = Some(millis(took));
    let Shaken { stream, shown, took } = handshake(stream, name, net.limit()).await;
    seen.outcome = match stream {
        Err(failure) => TlsOutcome::Failed(failure),
        Ok(mut stream) => {
            seen.handshake_ms = Some(millis(took));
            let insisted = if shown.client_certificate_requested { insists(&mut stream, took).await } else { None };
            let agreed = agreed(stream.get_ref().1);
            // a server that is cut off without a word may note a fault
            let _ = timeout(GOODBYE_WITHIN, stream.shutdown()).await;
            insisted.map_or(TlsOutcome::Handshake(agreed), TlsOutcome::Failed)
        }
    };
    seen.chain = shown.chain.iter().map(|der| BASE64.encode(der)).collect();
    seen.ocsp = Some(shown.ocsp).filter(|ocsp| !ocsp.is_empty()).map(|ocsp| BASE64.encode(ocsp));
    seen.client_certificate_requested = shown.client_certificate_requested;
    seen
}

/// Shakes hands, within this time. `name`: a host name, for SNI, or an address.
pub(super) async fn handshake(stream: Stream, name: &str, limit: Duration) -> Shaken {
    let started = Instant::now();
    let recorder = Arc::new(Recorder::default());
    let ended = match (config(&recorder), ServerName::try_from(name.to_owned())) {
        (Ok(config), Ok(name)) => shake(stream, config, name, limit).await,
        (Err(error), _) => Err(fault(FailKind::Tls, &error)),
        (_, Err(error)) => Err(fault(FailKind::Tls, &error)),
    };
    let took = started.elapsed();
    Shaken { stream: ended, shown: recorder.take(), took }
}

async fn shake(
    stream: Stream,
    config: ClientConfig,
    name: ServerName<'static>,
    limit: Duration,
) -> Result<TlsStream<Tap>, Failure> {
    let tap = Tap { stream, first: Vec::new(), records: Records::default(), again: Again::default() };
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, tap).into_fallible();
    match timeout(limit, connecting).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err((error, tap))) => Err(tap.verdict().unwrap_or_else(|| handshake_failure(&error))),
        Err(_) => Err(Failure::new(Phase::Handshake, FailKind::Timeout)),
    }
}

/// Any certificate, TLS 1.2 and 1.3, HTTP/1.1; nothing is remembered from one connection to the
/// next, or the server would not show its certificate again.
fn config(recorder: &Arc<Recorder>) -> Result<ClientConfig, rustls::Error> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Judged(Arc::clone(recorder))))
        .with_client_cert_resolver(Arc::clone(recorder) as Arc<dyn ResolvesClientCert>);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// What was agreed on, by its IANA names.
fn agreed(connection: &ClientConnection) -> Handshake {
    let named = |text: String| text.replace("TLSv1_", "TLS 1.").replace("TLS13_", "TLS_");
    let cipher = connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
    Handshake {
        version: connection.protocol_version().map(|version| named(format!("{version:?}"))).unwrap_or_default(),
        cipher: cipher.map(named).unwrap_or_default(),
        alpn: connection.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
        group: connection.negotiated_key_exchange_group().map(|group| format!("{:?}", group.name())),
    }
}

/// Whether the server, having asked for a client certificate and got none, goes on all the same.
async fn insists(stream: &mut TlsStream<Tap>, round_trip: Duration) -> Option<Failure> {
    match timeout(INSISTS_WITHIN + round_trip, stream.read_u8()).await {
        Ok(Err(error)) => Some(handshake_failure(&error)),
        // it is silent, or speaks first
        Err(_) | Ok(Ok(_)) => None,
    }
}

/// What an error of a TLS connection means, the handshake's or a later one.
pub(super) fn tls_kind(error: &io::Error) -> FailKind {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => FailKind::Alert { code: u8::from(*alert) },
        Some(_) => FailKind::Tls,
        None => kind(error),
    }
}

fn handshake_failure(error: &io::Error) -> Failure {
    Failure { kind: tls_kind(error), ..failure(Phase::Handshake, error) }
}

fn fault(kind: FailKind, error: &dyn std::fmt::Display) -> Failure {
    Failure { phase: Phase::Handshake, kind, detail: error.to_string() }
}

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Accepts everything and keeps it.
#[derive(Debug, Default)]
struct Recorder(Mutex<Shown>);

impl Recorder {
    fn note(&self, note: impl FnOnce(&mut Shown)) {
        note(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn take(&self) -> Shown {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Judge for Arc<Recorder> {
    fn chain(&self, chain: Vec<CertificateDer<'_>>, ocsp: &[u8], _now: UnixTime) -> Result<(), rustls::Error> {
        self.note(|shown| {
            shown.chain = chain.into_iter().map(CertificateDer::into_owned).collect();
            shown.ocsp = ocsp.to_vec();
        });
        Ok(())
    }

    fn signature(&self, valid: Result<(), rustls::Error>) -> Result<(), rustls::Error> {
        self.note(|shown| shown.proved = Some(valid.map_err(|error| error.to_string())));
        Ok(())
    }

    fn further_schemes(&self) -> &'static [SignatureScheme] {
        // ring cannot check it, but OpenSSL and Schannel can: a server with such a key is not mute
        &[SignatureScheme::ECDSA_NISTP521_SHA512]
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.note(|shown| shown.client_certificate_requested = true);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Keeps what comes first, to tell what a server speaks if it does not speak TLS, and listens for
/// the wish for a new handshake, which rustls declines without a word to the caller.
#[derive(Debug)]
pub(super) struct Tap {
    stream: Stream,
    first: Vec<u8>,
    records: Records,
    again: Again,
}

/// Whether the server wants a new handshake on a connection that stands (RFC 5246, 7.4.1.1).
#[derive(Debug, Clone, Default)]
pub(super) struct Again(Arc<(AtomicBool, Notify)>);

impl Again {
    /// Whether it does.
    pub(super) fn is_wanted(&self) -> bool {
        self.0.0.load(Ordering::Relaxed)
    }

    /// Resolves once it does. For one listener.
    pub(super) async fn wanted(&self) {
        while !self.is_wanted() {
            self.0.1.notified().await;
        }
    }

    fn note(&self) {
        self.0.0.store(true, Ordering::Relaxed);
        self.0.1.notify_one();
    }
}

/// Follows the heads of the server's records, which are in clear.
#[derive(Debug, Default)]
struct Records {
    /// The head that is being read.
    head: Vec<u8>,
    /// Bytes left of the record.
    left: usize,
    /// Whether the server has changed to encryption.
    encrypted: bool,
    /// Handshake records since then; the first is Finished (RFC 5246, 7.4.9), or under TLS 1.3 the
    /// ServerHello after a HelloRetryRequest.
    handshakes: usize,
}

impl Records {
    /// Takes what came; says whether the server asked for a new handshake in it.
    fn take(&mut self, mut bytes: &[u8]) -> bool {
        let before = self.handshakes;
        while let Some(byte) = bytes.first() {
            if self.left > 0 {
                let skip = self.left.min(bytes.len());
                self.left -= skip;
                bytes = bytes.get(skip..).unwrap_or_default();
                continue;
            }
            self.head.push(*byte);
            bytes = bytes.get(1..).unwrap_or_default();
            if let [kind, _, _, high, low] = *self.head.as_slice() {
                self.left = usize::from(u16::from_be_bytes([high, low]));
                self.head.clear();
                match kind {
                    20 => self.encrypted = true,
                    22 if self.encrypted => self.handshakes += 1,
                    _ => {}
                }
            }
        }
        before < 2 && self.handshakes >= 2
    }
}

impl Tap {
    /// Whether the server wants a new handshake.
    pub(super) fn again(&self) -> Again {
        self.again.clone()
    }

    /// What it was, if it was not TLS.
    fn verdict(&self) -> Option<Failure> {
        let first = self.first.first()?;
        // RFC 8446, 5.1: type, and a version whose first byte has been 3 since SSL 3.0
        if RECORD_TYPES.contains(first) && self.first.get(1).is_none_or(|major| *major == 3) {
            return None;
        }
        Some(Failure { phase: Phase::Handshake, kind: FailKind::NotTls, detail: first_line(&self.first) })
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        let room = KEPT.saturating_sub(self.first.len());
        let new = buf.filled().get(before..).unwrap_or_default();
        self.first.extend(new.iter().take(room));
        if self.records.take(new) {
            self.again.note();
        }
        polled
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc5246_7_4_1_1_a_handshake_record_after_finished_asks_for_a_new_handshake() {
        let record = |kind: u8, length: u8| [&[kind, 3, 3, 0, length][..], &vec![0x16; usize::from(length)]].concat();
        // ServerHello, ChangeCipherSpec, Finished; data; the wish
        let handshake = [record(22, 90), record(20, 1), record(22, 40)].concat();
        for step in [1, 3, 1000] {
            let mut records = Records::default();
            let mut asked = |bytes: &[u8]| bytes.chunks(step).filter(|part| records.take(part)).count();
            assert_eq!(asked(&handshake), 0);
            assert_eq!(asked(&record(23, 200)), 0);
            assert_eq!(asked(&record(22, 28)), 1, "{step}");
            assert_eq!(asked(&record(22, 28)), 0, "it is told once");
        }
        // TLS 1.3 with a HelloRetryRequest (RFC 8446, D.4): ChangeCipherSpec before the ServerHello
        let mut records = Records::default();
        assert!(!records.take(&[record(22, 80), record(20, 1), record(22, 90), record(23, 250)].concat()));
    }
}
