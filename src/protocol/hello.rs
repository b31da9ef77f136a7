//! How is a ClientHello written by hand, and what stands in the server's first answer?
//!
//! RFC 2246, 4346 and 5246 (TLS 1.0 to 1.2): a library of today neither offers the old versions nor
//! shows what a server chose before it gave up. Up to TLS 1.2 the answer is in clear as far as
//! ServerHelloDone, the certificates included. What is read here is bounded and trusts nothing.

use super::cipher::SUITES;
use crate::evidence::HelloKind;
use std::net::IpAddr;

/// Content types of records (RFC 5246, 6.2.1).
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// The longest record that any version allows (RFC 5246, 6.2.3).
const LONGEST_RECORD: usize = (1 << 14) + 2048;
/// The longest answer that is read; the largest known certificate has some 200 KiB.
const LONGEST_ANSWER: usize = 512 * 1024;
/// So many certificates are kept.
const MOST_CERTIFICATES: usize = 100;
/// So many bytes are kept to say what it is if it is not TLS.
const KEPT: usize = 128;
/// How large the large hello is: more than one packet of 1,500 bytes, as that of a client that
/// offers X25519MLKEM768 (its key share alone has 1,216 bytes).
const LARGE: usize = 1_800;

/// A message of the handshake: type, three bytes of length.
const MESSAGE_HEAD: usize = 4;
/// A record: type, version, two bytes of length.
const RECORD_HEAD: usize = 5;

/// One ClientHello in its record.
pub fn client_hello(kind: HelloKind, name: &str, random: &[u8; 32]) -> Vec<u8> {
    let version: u16 = match kind {
        HelloKind::Tls10 => 0x0301,
        HelloKind::Tls11 => 0x0302,
        HelloKind::Tls12 | HelloKind::Nameless | HelloKind::Large => 0x0303,
    };
    let mut body = version.to_be_bytes().to_vec();
    body.extend(random);
    // no session to resume
    body.push(0);
    let suites = SUITES.iter().filter(|(_, _, needs_12)| version == 0x0303 || !needs_12);
    body.extend(long(&suites.flat_map(|(number, ..)| number.to_be_bytes()).collect::<Vec<u8>>()));
    // no compression
    body.extend([1, 0]);
    let mut extensions = Vec::new();
    // RFC 6066, 3: a name, never an address
    if kind != HelloKind::Nameless && !name.is_empty() && name.parse::<IpAddr>().is_err() {
        let entry = [&[0][..], &long(name.as_bytes())].concat();
        extensions.extend(extension(0, &long(&entry)));
    }
    // RFC 8422, 5.1: x25519, P-256, P-384, P-521; uncompressed points
    extensions.extend(extension(10, &long(&[0, 29, 0, 23, 0, 24, 0, 25])));
    extensions.extend(extension(11, &[1, 0]));
    if version == 0x0303 {
        // RFC 5246, 7.4.1.4.1; SHA-1 last, for old servers
        let algorithms: [u16; 11] =
            [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0203, 0x0201];
        extensions.extend(extension(13, &long(&algorithms.iter().flat_map(|a| a.to_be_bytes()).collect::<Vec<u8>>())));
    }
    // RFC 7627 and RFC 5746, 3.4: the first handshake of a connection
    extensions.extend(extension(23, &[]));
    extensions.extend(extension(0xff01, &[0]));
    if kind == HelloKind::Large {
        // RFC 7685
        let so_far = RECORD_HEAD + MESSAGE_HEAD + body.len() + 2 + extensions.len();
        extensions.extend(extension(21, &vec![0; LARGE.saturating_sub(so_far + 4)]));
    }
    body.extend(long(&extensions));
    let length = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
    let mut message = vec![1];
    message.extend(length.iter().skip(1));
    message.extend(body);
    // the record says 1.0 for all: the oldest servers look at nothing else
    [&[HANDSHAKE, 3, 1][..], &long(&message)].concat()
}

/// A value behind two bytes of length. What is written here never reaches the limit.
fn long(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes(), content.get(..usize::from(length)).unwrap_or_default()].concat()
}

fn extension(number: u16, content: &[u8]) -> Vec<u8> {
    [&number.to_be_bytes()[..], &long(content)].concat()
}

/// The name of a version on the wire.
pub fn version_name(version: u16) -> String {
    match version {
        0x0002 => "SSL 2.0".to_owned(),
        0x0300 => "SSL 3.0".to_owned(),
        0x0301..=0x0304 => format!("TLS 1.{}", version - 0x0301),
        _ => format!("0x{version:04x}"),
    }
}

/// The server's first answer, as far as it has been read.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The head of the next record, as far as it has come.
    head: Vec<u8>,
    /// The type of the record that is being read.
    kind: u8,
    /// Bytes left of it.
    left: usize,
    /// An alert, as far as it has come.
    alert: Vec<u8>,
    /// Messages of the handshake that are not read yet.
    messages: Vec<u8>,
    /// What came first.
    first: Vec<u8>,
    /// Bytes received.
    pub received: usize,
    /// Version and cipher suite of the ServerHello.
    pub hello: Option<(u16, u16)>,
    /// The certificates, DER, the server's own first.
    pub chain: Vec<Vec<u8>>,
    /// Whether a client certificate was asked for.
    pub client_certificate_requested: bool,
    /// How it ended; none while more must come.
    pub end: Option<End>,
}

/// How a server's first answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With ServerHelloDone.
    Done,
    /// With an alert.
    Alert(u8),
    /// It never was TLS.
    NotTls,
    /// It breaks the rules of the protocol, or is larger than any honest answer.
    Malformed,
}

impl Answer {
    /// Takes what has been received next. A record counts as far as it has come: Schannel puts all
    /// of its answer into one, and a part of it may be all that ever arrives.
    pub fn take(&mut self, bytes: &[u8]) {
        self.received = self.received.saturating_add(bytes.len());
        self.first.extend(bytes.iter().take(KEPT.saturating_sub(self.first.len())));
        let mut rest = bytes;
        while self.end.is_none() && !rest.is_empty() {
            if self.left > 0 {
                let (now, later) = rest.split_at(self.left.min(rest.len()));
                rest = later;
                self.left -= now.len();
                self.inside(now);
            } else {
                let (now, later) = rest.split_at(1);
                rest = later;
                self.head.extend(now);
                self.begin_record();
            }
        }
        if self.end.is_none() && self.received > LONGEST_ANSWER {
            self.end = Some(End::Malformed);
        }
    }

    /// What came first, to say what it is if it is not TLS.
    pub fn first(&self) -> &[u8] {
        &self.first
    }

    /// Looks at the head of a record, as far as it has come (RFC 5246, 6.2.1).
    fn begin_record(&mut self) {
        let begun = self.hello.is_some() || !self.messages.is_empty();
        let otherwise = if begun { End::Malformed } else { End::NotTls };
        let is_record = |kind: &u8| (20..=24).contains(kind);
        if !self.head.first().is_some_and(is_record) || self.head.get(1).is_some_and(|major| *major != 3) {
            self.end = Some(otherwise);
        } else if let [kind, _, _, high, low] = *self.head.as_slice() {
            self.kind = kind;
            self.left = usize::from(u16::from_be_bytes([high, low]));
            self.head.clear();
            self.alert.clear();
            if self.left > LONGEST_RECORD {
                self.end = Some(otherwise);
            }
        }
    }

    fn inside(&mut self, content: &[u8]) {
        match self.kind {
            HANDSHAKE => {
                self.messages.extend(content);
                self.read_messages();
            }
            ALERT => {
                // RFC 5246, 7.2: level and description; a warning does not end the handshake
                self.alert.extend(content.iter().take(2));
                if let [level, code, ..] = *self.alert.as_slice()
                    && (level == 2 || code == 0)
                {
                    self.end = Some(End::Alert(code));
                }
            }
            // what is not known is left out
            _ => {}
        }
    }

    fn read_messages(&mut self) {
        let messages = std::mem::take(&mut self.messages);
        let mut rest = messages.as_slice();
        while self.end.is_none() {
            let [kind, a, b, c, tail @ ..] = rest else { break };
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            if length > LONGEST_ANSWER {
                self.end = Some(End::Malformed);
                break;
            }
            let Some((body, next)) = tail.split_at_checked(length) else { break };
            rest = next;
            match kind {
                2 if self.hello.is_none() => match server_hello(body) {
                    Some(hello) => self.hello = Some(hello),
                    None => self.end = Some(End::Malformed),
                },
                11 if self.chain.is_empty() => self.chain = certificates(body),
                13 => self.client_certificate_requested = true,
                14 => self.end = Some(if self.hello.is_some() { End::Done } else { End::Malformed }),
                _ => {}
            }
        }
        self.messages = rest.to_vec();
    }
}

/// Version and suite (RFC 5246, 7.4.1.3).
fn server_hello(body: &[u8]) -> Option<(u16, u16)> {
    let two = |at: usize| Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]));
    let session = usize::from(*body.get(34)?);
    Some((two(0)?, two(35 + session)?))
}

/// The certificates of the message (RFC 5246, 7.4.2), as far as their lengths fit.
fn certificates(body: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = body.get(3..).unwrap_or_default();
    while let [a, b, c, tail @ ..] = rest {
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let Some((certificate, next)) = tail.split_at_checked(length) else { break };
        if found.len() >= MOST_CERTIFICATES {
            break;
        }
        found.push(certificate.to_vec());
        rest = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind, 3, 1][..], &long(content)].concat()
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0][..], &long(body)].concat()
    }

    fn hello(version: u16, suite: u16) -> Vec<u8> {
        let mut body = version.to_be_bytes().to_vec();
        body.extend([7; 32]);
        body.extend([2, 9, 9]);
        body.extend(suite.to_be_bytes());
        body.push(0);
        message(2, &body)
    }

    fn read(bytes: &[u8]) -> Answer {
        let mut answer = Answer::default();
        answer.take(bytes);
        answer
    }

    #[test]
    fn rfc5246_7_4_1_2_a_hello_says_its_version_and_is_small_but_for_the_large_one() {
        for kind in HelloKind::ALL {
            let hello = client_hello(kind, "autodiscover.corp.example", &[0; 32]);
            let length = |at: usize, of: usize| hello[at..at + of].iter().fold(0, |sum, b| sum << 8 | usize::from(*b));
            assert_eq!((hello[0], length(3, 2)), (22, hello.len() - 5), "{kind}");
            assert_eq!((hello[5], length(6, 3)), (1, hello.len() - 9), "{kind}");
            let minor = match kind {
                HelloKind::Tls10 => 1,
                HelloKind::Tls11 => 2,
                _ => 3,
            };
            assert_eq!(hello[9..11], [3, minor], "{kind}");
            // of a name in a hello, RFC 6066, 3
            let named = hello.windows(25).any(|part| part == b"autodiscover.corp.example");
            assert_eq!(named, kind != HelloKind::Nameless, "{kind}");
            if kind == HelloKind::Large { assert_eq!(hello.len(), LARGE) } else { assert!(hello.len() < 300, "{kind}") }
        }
        let hello = client_hello(HelloKind::Tls12, "2001:db8::7", &[0; 32]);
        assert!(!hello.windows(11).any(|part| part == b"2001:db8::7"), "an address is no server name");
    }

    #[test]
    fn rfc5246_7_4_the_answer_is_read_across_any_cut() {
        let certificate = message(11, &[0, 0, 11, 0, 0, 3, 1, 2, 3, 0, 0, 2, 4, 5]);
        let flight = [hello(0x0301, 0x0035), certificate, message(13, &[1, 1, 0, 0]), message(14, &[])].concat();
        // one record, two records that cut a message, and byte by byte
        let (left, right) = flight.split_at(50);
        for bytes in [record(22, &flight), [record(22, left), record(22, right)].concat()] {
            for step in [1, 7, bytes.len()] {
                let mut answer = Answer::default();
                bytes.chunks(step).for_each(|part| answer.take(part));
                assert_eq!(answer.hello, Some((0x0301, 0x0035)));
                assert_eq!(answer.chain, [vec![1, 2, 3], vec![4, 5]]);
                assert!(answer.client_certificate_requested);
                assert_eq!((answer.end, answer.received), (Some(End::Done), bytes.len()));
            }
        }
    }

    #[test]
    fn a_part_of_a_record_is_read_as_far_as_it_has_come() {
        let flight = record(22, &[hello(0x0303, 0xc02f), message(11, &[0, 0, 6, 0, 0, 3, 1, 2, 3])].concat());
        let answer = read(&flight[..flight.len() - 2]);
        assert_eq!((answer.hello, answer.end), (Some((0x0303, 0xc02f)), None));
        assert!(answer.chain.is_empty());
    }

    #[test]
    fn rfc5246_7_2_a_fatal_alert_ends_and_a_warning_does_not() {
        assert_eq!(read(&record(21, &[2, 70])).end, Some(End::Alert(70)));
        let named = [record(21, &[1, 112]), record(22, &hello(0x0303, 0xc02f))].concat();
        assert_eq!((read(&named).end, read(&named).hello), (None, Some((0x0303, 0xc02f))));
        assert_eq!(read(&record(21, &[1, 0])).end, Some(End::Alert(0)));
    }

    #[test]
    fn what_is_not_tls_is_told_by_its_first_bytes() {
        for text in ["HTTP/1.1 400 Bad Request\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "220 mail ESMTP\r\n"] {
            let answer = read(text.as_bytes());
            assert_eq!((answer.end, answer.first()), (Some(End::NotTls), text.as_bytes()));
        }
        // a type of TLS, but no version of it
        assert_eq!(read(&[22, 60, 0]).end, Some(End::NotTls));
        assert_eq!(read(&[22]).end, None);
    }

    #[test]
    fn a_hostile_answer_ends_and_never_panics() {
        assert_eq!(read(&[22, 3, 1, 0xff, 0xff]).end, Some(End::NotTls));
        assert_eq!(read(&record(22, &[2, 0xff, 0xff, 0xff])).end, Some(End::Malformed));
        assert_eq!(read(&record(22, &message(2, &[3, 1]))).end, Some(End::Malformed));
        assert_eq!(read(&record(22, &message(14, &[]))).end, Some(End::Malformed));
        let endless = record(22, &[0; 16_000]);
        let mut answer = Answer::default();
        for _ in 0..100 {
            answer.take(&endless);
        }
        assert_eq!(answer.end, Some(End::Malformed));
        let many: Vec<u8> = (0..500).flat_map(|_| [0, 0, 1, 7]).collect();
        assert_eq!(certificates(&[&[0, 0, 0][..], &many].concat()).len(), MOST_CERTIFICATES);
        assert_eq!(certificates(&[0, 0, 9, 0, 0, 200, 1]).len(), 0);
        // any cut and any one byte changed
        let flight = record(22, &[hello(0x0303, 0xc02f), message(11, &[0, 0, 6, 0, 0, 3, 1, 2, 3])].concat());
        for at in 0..flight.len() {
            for value in [0, 1, 22, 0x7f, 0xff] {
                let mut changed = flight.clone();
                changed[at] = value;
                let _ = read(&changed);
                let _ = read(&changed[..at]);
            }
        }
    }

    #[test]
    fn versions_are_named_as_the_reader_knows_them() {
        let names: Vec<String> = [0x0300, 0x0301, 0x0303, 0x0304, 0x7f17].map(version_name).into();
        assert_eq!(names, ["SSL 3.0", "TLS 1.0", "TLS 1.2", "TLS 1.3", "0x7f17"]);
    }
}
