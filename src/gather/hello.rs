//! How far does a server get with a ClientHello that was written by hand?
//!
//! One socket a hello. The answer is read as far as it comes in clear; then the server is told that
//! this is all.

use super::net::{Connection, Net, Progress, Stream, failure, first_line};
use super::roots::provider;
use super::tls::millis;
use crate::evidence::{FailKind, Failure, HelloKind, HelloOutcome, HelloSeen, Phase};
use crate::protocol::cipher;
use crate::protocol::hello::{Answer, End, client_hello, version_name};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::net::IpAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long saying good-bye may take.
const GOODBYE_WITHIN: Duration = Duration::from_millis(100);
/// close_notify as a warning (RFC 5246, 7.2.1), in a record of TLS 1.0.
const GOODBYE: [u8; 7] = [21, 3, 1, 0, 2, 1, 0];

/// Sends this hello to the server at one address.
pub(super) async fn look(
    net: &Net,
    address: IpAddr,
    port: u16,
    name: &str,
    kind: HelloKind,
    progress: &Progress,
) -> HelloSeen {
    let mut random = [0; 32];
    // nothing is kept secret by it: where the system has no randomness, a constant does too
    let _ = provider().secure_random.fill(&mut random);
    let hello = client_hello(kind, name, &random);
    let mut seen = HelloSeen {
        outcome: HelloOutcome::Failed(Failure::new(Phase::Connect, FailKind::Timeout)),
        chain: Vec::new(),
        client_certificate_requested: false,
        connect_ms: None,
        answer_ms: None,
        sent: u64::try_from(hello.len()).unwrap_or_default(),
        received: 0,
    };
    let Connection { mut stream, took, permit: _permit } = match net.connect(name, address, port, progress).await {
        Ok(connection) => connection,
        Err(failure) => return HelloSeen { outcome: HelloOutcome::Failed(failure), ..seen },
    };
    progress.reach(Phase::Handshake);
    seen.connect_ms = Some(millis(took));
    let started = Instant::now();
    let mut answer = Answer::default();
    let ended = timeout(net.limit(), exchange(&mut stream, &hello, &mut answer)).await;
    let broken = match (ended, answer.end) {
        (_, Some(End::Done)) => None,
        (_, Some(End::Alert(code))) => Some(Failure::new(Phase::Handshake, FailKind::Alert { code })),
        (_, Some(End::NotTls)) => {
            let detail = first_line(answer.first());
            Some(Failure { phase: Phase::Handshake, kind: FailKind::NotTls, detail })
        }
        (_, Some(End::Malformed)) => Some(Failure::new(Phase::Handshake, FailKind::Tls)),
        (Ok(failure), None) => Some(failure),
        (Err(_), None) => Some(Failure::new(Phase::Handshake, FailKind::Timeout)),
    };
    seen.answer_ms = Some(millis(started.elapsed())).filter(|_| answer.received > 0);
    seen.received = u64::try_from(answer.received).unwrap_or(u64::MAX);
    seen.outcome = match (answer.hello, broken) {
        (Some((version, suite)), cut) => {
            HelloOutcome::ServerHello { version: version_name(version), cipher: cipher::name(suite), cut }
        }
        (None, Some(failure)) => HelloOutcome::Failed(failure),
        // the answer cannot be over before its ServerHello
        (None, None) => HelloOutcome::Failed(Failure::new(Phase::Handshake, FailKind::Tls)),
    };
    seen.chain = answer.chain.iter().map(|der| BASE64.encode(der)).collect();
    seen.client_certificate_requested = answer.client_certificate_requested;
    let _ = timeout(GOODBYE_WITHIN, goodbye(&mut stream)).await;
    seen
}

/// Sends the hello and reads until the answer is over. Returns what ended the connection before.
async fn exchange(stream: &mut Stream, hello: &[u8], answer: &mut Answer) -> Failure {
    let lost = |error: std::io::Error| failure(Phase::Handshake, &error);
    if let Err(error) = stream.write_all(hello).await {
        return lost(error);
    }
    if let Err(error) = stream.flush().await {
        return lost(error);
    }
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut buffer).await {
            Ok(0) => return Failure::new(Phase::Handshake, FailKind::Closed),
            Ok(length) => answer.take(buffer.get(..length).unwrap_or_default()),
            Err(error) => return lost(error),
        }
        if answer.end.is_some() {
            // what ended it is in the answer
            return Failure::new(Phase::Handshake, FailKind::Closed);
        }
    }
}

/// A server that is cut off without a word may note a fault.
async fn goodbye(stream: &mut Stream) -> std::io::Result<()> {
    stream.write_all(&GOODBYE).await?;
    stream.shutdown().await
}
