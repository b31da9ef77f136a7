//! What did an HTTP server answer, and how far did the request get?

use super::subject::Credential;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What an HTTP request brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HttpSeen {
    /// The address that was talked to, where a connection stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Addresses that were tried before without success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
    /// Whether chain and name of the certificate were verified; none over plain http.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Whether the server asked for a client certificate: in the handshake, or by asking for a new
    /// one after the request (TLS 1.2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub client_certificate_requested: bool,
    /// Which credential was sent, if any was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_sent: Option<Credential>,
    /// How it ended.
    pub outcome: HttpOutcome,
    /// How long the phases took.
    pub timing: Timing,
}

/// An address that was tried in vain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tried {
    /// The address.
    pub address: IpAddr,
    /// What happened.
    pub failure: Failure,
}

/// Milliseconds of each phase that was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Timing {
    /// Name resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve_ms: Option<u64>,
    /// TCP connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// TLS handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake_ms: Option<u64>,
    /// Request sent until the head of the answer, or until it was clear that none comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_ms: Option<u64>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_ms: Option<u64>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum HttpOutcome {
    /// With an answer.
    Response(Response),
    /// Without one.
    Failed(Failure),
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in the order sent, doubles kept, names lower case. Values of cookies are taken
    /// out; of an answer to a signed-in request only those are kept that a check reads.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

/// A body, as far as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// The text, lossy UTF-8; empty where it is not text. Of an answer to a signed-in request, the
    /// shortest text that says the same to a check.
    pub text: String,
    /// Bytes read.
    pub length: u64,
    /// Whether more was there than is read at most.
    #[serde(default)]
    pub truncated: bool,
}

impl Response {
    /// The first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Every header of that name (lower case), in order.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl HttpSeen {
    /// The answer, where there is one.
    pub fn response(&self) -> Option<&Response> {
        match &self.outcome {
            HttpOutcome::Response(response) => Some(response),
            HttpOutcome::Failed(_) => None,
        }
    }

    /// What went wrong, where there is no answer.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            HttpOutcome::Response(_) => None,
            HttpOutcome::Failed(failure) => Some(failure),
        }
    }
}

/// Why a connection or a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// How far it had got.
    pub phase: Phase,
    /// What happened.
    pub kind: FailKind,
    /// What the library or the system said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The phases of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Name resolution.
    Resolve,
    /// Connecting to, and asking, the proxy.
    Proxy,
    /// TCP connection.
    Connect,
    /// TLS handshake.
    Handshake,
    /// Sending the request until the head of the answer.
    Request,
    /// Reading the body.
    Body,
}

/// What happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum FailKind {
    /// The name has no address (the DNS evidence says why).
    NoAddress,
    /// Silence.
    Timeout,
    /// The port is closed.
    Refused,
    /// The connection was reset.
    Reset,
    /// The connection was closed without a word.
    Closed,
    /// No route.
    Unreachable,
    /// A TLS alert.
    Alert {
        /// Its number (RFC 8446, section 6).
        code: u8,
    },
    /// Something else than TLS answers.
    NotTls,
    /// The server wanted a new handshake on the connection (TLS 1.2), and nothing else came: so IIS
    /// asks for a client certificate.
    Renegotiation,
    /// A TLS fault other than an alert.
    Tls,
    /// The certificate was not accepted, where it had to be.
    NotVerified,
    /// Not HTTP, or larger than is read.
    Malformed,
    /// The proxy refused.
    ProxyRefused {
        /// Its status, 0 where it was not HTTP.
        status: u16,
    },
    /// Any other fault of the system.
    Other,
}

impl Failure {
    /// A failure without a detail.
    pub fn new(phase: Phase, kind: FailKind) -> Self {
        Self { phase, kind, detail: String::new() }
    }

    /// Silence is no answer; everything else is one.
    pub fn is_silence(&self) -> bool {
        self.kind == FailKind::Timeout
    }
}
