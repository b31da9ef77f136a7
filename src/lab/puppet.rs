//! How does the lab show what no TLS library speaks any more, or never would?
//!
//! A puppet hears the ClientHello and answers by bytes: old versions, old suites, silence. What it
//! does not take up is given to the real server behind it, untouched.

use super::scenario::Trick;
use rustls::pki_types::CertificateDer;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// A hello of more bytes needs a second packet.
const ONE_PACKET: usize = 1_400;
/// supported_versions (RFC 8446, 4.2.1)
const SUPPORTED_VERSIONS: u16 = 43;

/// What a client said first.
#[derive(Debug, Default)]
pub struct Heard {
    /// All of it, as it came.
    pub bytes: Vec<u8>,
    version: u16,
    suites: Vec<u16>,
    offers_13: bool,
}

/// What is done with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Act {
    /// The real server takes over.
    PassOn,
    /// This is said, and then nothing more.
    Say(Vec<u8>),
    /// The connection is closed.
    Close,
}

/// Hears the first record.
pub async fn hear<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Heard> {
    let mut bytes = vec![0; 5];
    stream.read_exact(&mut bytes).await?;
    let length = usize::from(two(&bytes, 3).unwrap_or_default());
    let mut rest = vec![0; length];
    stream.read_exact(&mut rest).await?;
    bytes.extend(rest);
    let mut heard = understood(&bytes).unwrap_or_default();
    heard.bytes = bytes;
    Ok(heard)
}

/// Says something and waits until the client has had enough.
pub async fn say<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await?;
    let mut rest = [0; 256];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

impl Trick {
    /// What is done with a hello; `chain` is what the server would show.
    pub fn act(self, heard: &Heard, chain: &[CertificateDer<'_>]) -> Act {
        match self {
            Self::Only { versions, suites } => Act::Say(answer(heard, versions, suites, chain)),
            // the real server takes whoever can do better
            Self::Also(versions) if heard.version < 0x0303 => {
                Act::Say(answer(heard, versions, &[0xc014, 0xc013, 0x0035, 0x002f], chain))
            }
            Self::StallsAfterHello => {
                let whole = answer(heard, &[0x0303], &[0xc02b, 0xc02c], chain);
                // what a first packet carries: the certificates do not get through
                Act::Say(whole.get(..100).unwrap_or_default().to_vec())
            }
            Self::LosesLargeHello if heard.bytes.len() > ONE_PACKET => Act::Say(Vec::new()),
            Self::Breaks13 if heard.offers_13 => Act::Close,
            Self::Silent => Act::Say(Vec::new()),
            Self::Also(_) | Self::LosesLargeHello | Self::Breaks13 => Act::PassOn,
        }
    }
}

/// ServerHello, Certificate and ServerHelloDone, or an alert (RFC 5246, 7.4 and 7.2).
fn answer(heard: &Heard, versions: &[u16], suites: &[u16], chain: &[CertificateDer<'_>]) -> Vec<u8> {
    let Some(version) = versions.iter().filter(|version| **version <= heard.version).max() else {
        return record(21, &[2, 70]);
    };
    let Some(suite) = suites.iter().find(|suite| heard.suites.contains(suite)) else {
        return record(21, &[2, 40]);
    };
    let mut hello = version.to_be_bytes().to_vec();
    hello.extend([0x5a; 32]);
    hello.push(0);
    hello.extend(suite.to_be_bytes());
    hello.push(0);
    let certificates: Vec<u8> = chain.iter().flat_map(|der| three(der)).collect();
    let messages = [message(2, &hello), message(11, &three(&certificates)), message(14, &[])].concat();
    record(22, &messages)
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&[kind, 3, 1][..], &length.to_be_bytes(), content].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &three(body)].concat()
}

/// A value behind three bytes of length.
fn three(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or_default().to_be_bytes();
    length.iter().skip(1).chain(content).copied().collect()
}

/// The ClientHello in its record (RFC 5246, 7.4.1.2).
fn understood(bytes: &[u8]) -> Option<Heard> {
    let version = two(bytes, 9)?;
    let mut at = 43;
    at += 1 + usize::from(*bytes.get(at)?);
    let suites = bytes.get(at + 2..at + 2 + usize::from(two(bytes, at)?))?;
    at += 2 + suites.len();
    let suites = suites.chunks_exact(2).filter_map(|pair| two(pair, 0)).collect();
    at += 1 + usize::from(*bytes.get(at)?);
    let mut offers_13 = false;
    at += 2;
    while let (Some(number), Some(length)) = (two(bytes, at), two(bytes, at + 2)) {
        offers_13 |= number == SUPPORTED_VERSIONS;
        at += 4 + usize::from(length);
    }
    Some(Heard { bytes: Vec::new(), version, suites, offers_13 })
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::HelloKind;
    use crate::protocol::hello::{Answer, End, client_hello};

    async fn heard(kind: HelloKind) -> Heard {
        let hello = client_hello(kind, "mail.corp.example", &[1; 32]);
        hear(&mut hello.as_slice()).await.unwrap()
    }

    fn read(act: Act) -> Answer {
        let Act::Say(bytes) = act else { panic!("{act:?}") };
        let mut answer = Answer::default();
        answer.take(&bytes);
        answer
    }

    #[tokio::test]
    async fn an_old_server_answers_with_what_it_has_and_an_alert_to_the_rest() {
        let old = Trick::Only { versions: &[0x0301, 0x0302], suites: &[0x0035] };
        let chain = [CertificateDer::from(vec![1, 2, 3])];
        let answer = read(old.act(&heard(HelloKind::Tls12).await, &chain));
        assert_eq!((answer.hello, answer.end), (Some((0x0302, 0x0035)), Some(End::Done)));
        assert_eq!(answer.chain, [vec![1, 2, 3]]);
        assert_eq!(read(old.act(&heard(HelloKind::Tls10).await, &[])).hello, Some((0x0301, 0x0035)));
        let new = Trick::Only { versions: &[0x0303], suites: &[0x1301] };
        assert_eq!(read(new.act(&heard(HelloKind::Tls10).await, &[])).end, Some(End::Alert(70)));
        assert_eq!(read(new.act(&heard(HelloKind::Tls12).await, &[])).end, Some(End::Alert(40)));
    }

    #[tokio::test]
    async fn what_the_puppet_does_not_take_up_is_passed_on() {
        assert_eq!(Trick::LosesLargeHello.act(&heard(HelloKind::Tls12).await, &[]), Act::PassOn);
        assert_eq!(Trick::LosesLargeHello.act(&heard(HelloKind::Large).await, &[]), Act::Say(Vec::new()));
        assert_eq!(Trick::Also(&[0x0301]).act(&heard(HelloKind::Tls12).await, &[]), Act::PassOn);
        assert_eq!(Trick::Breaks13.act(&heard(HelloKind::Tls12).await, &[]), Act::PassOn);
    }
}
