//! What did a TLS server show?

use super::http::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a look at a TLS server brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TlsSeen {
    /// How it ended.
    pub outcome: TlsOutcome,
    /// The certificates exactly as sent, DER in base64, the leaf first. Also there when the
    /// handshake failed after the Certificate message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// The stapled OCSP response, DER in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ocsp: Option<String>,
    /// Whether the server asked for a client certificate.
    #[serde(default)]
    pub client_certificate_requested: bool,
    /// Milliseconds until TCP was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// Milliseconds of the handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handshake_ms: Option<u64>,
}

/// How a look at a TLS server ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum TlsOutcome {
    /// The handshake was completed.
    Handshake(Handshake),
    /// It was not.
    Failed(Failure),
    /// There was none: the certificates were given as a file.
    File,
}

/// What a completed handshake agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Handshake {
    /// `TLS 1.2` or `TLS 1.3`.
    pub version: String,
    /// The cipher suite by its IANA name.
    pub cipher: String,
    /// The application protocol, where one was agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<String>,
    /// The key exchange group, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// What a hand-written ClientHello brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HelloSeen {
    /// How it ended.
    pub outcome: HelloOutcome,
    /// The certificates as sent, DER in base64, the leaf first; up to TLS 1.2 they come in clear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
    /// Whether the server asked for a client certificate.
    #[serde(default)]
    pub client_certificate_requested: bool,
    /// Milliseconds until TCP was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<u64>,
    /// Milliseconds from the hello to the end of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_ms: Option<u64>,
    /// Bytes of the hello, its record included.
    pub sent: u64,
    /// Bytes of the answer.
    pub received: u64,
}

/// How a hand-written ClientHello was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "result")]
pub enum HelloOutcome {
    /// With a ServerHello.
    ServerHello {
        /// The version that the server chose, such as `TLS 1.0`.
        version: String,
        /// The cipher suite by its IANA name, or its number where it has none here.
        cipher: String,
        /// What came after it, where not all did: the answer ends with ServerHelloDone (RFC 5246, 7.4.5).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cut: Option<Failure>,
    },
    /// With anything else, or not at all.
    Failed(Failure),
}

impl HelloSeen {
    /// Version and cipher suite, where there was a ServerHello.
    pub fn agreed(&self) -> Option<(&str, &str)> {
        match &self.outcome {
            HelloOutcome::ServerHello { version, cipher, .. } => Some((version, cipher)),
            HelloOutcome::Failed(_) => None,
        }
    }

    /// What went wrong before or after the ServerHello.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            HelloOutcome::ServerHello { cut, .. } => cut.as_ref(),
            HelloOutcome::Failed(failure) => Some(failure),
        }
    }
}

/// A trust anchor of a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Anchor {
    /// `system`, `mozilla` or `cacert`.
    pub store: String,
    /// The Name, DER with its outer SEQUENCE, base64.
    pub subject: String,
    /// The SubjectPublicKeyInfo, DER with its outer SEQUENCE, base64.
    pub spki: String,
    /// The name constraints, DER, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_constraints: Option<String>,
    /// The whole certificate, DER in base64, where the store holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
}

/// What an OCSP responder answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OcspSeen {
    /// The answer as sent, in base64, whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no answer: a lower-case fragment that fits after "could not".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What kind of failure it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// What fetching a certificate revocation list brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CrlSeen {
    /// The list, DER in base64: as sent, or where `cut` is there without the entries of other
    /// certificates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crl: Option<String>,
    /// What was known of the whole list, where it is too large to be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<CrlCut>,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no list: a lower-case fragment that fits after "could not".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What kind of failure it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}

/// What was seen of a list of which only a part is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CrlCut {
    /// Its size in bytes.
    pub bytes: u64,
    /// How many certificates it takes back.
    pub entries: u64,
    /// SHA-256 of the whole list, lower-case hexadecimal.
    pub sha256: String,
    /// Whether it is signed with the key that the probe names; none where nobody here can check
    /// that signature. What is kept cannot show it any more.
    #[serde(default)]
    pub signed: Option<bool>,
}

/// Why nothing could be fetched, as far as it matters who else could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The host has no address.
    NoAddress,
    /// The address is of a kind that is not fetched from (ldap, file).
    Scheme,
    /// There is nobody, or nobody answers.
    Unreachable,
    /// Something else than what was asked for came.
    OtherAnswer,
}

/// What fetching an issuer by AIA brought.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AiaSeen {
    /// The certificates in the answer, DER in base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// `der`, `pem` or `pkcs7`, by the bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The HTTP status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there is no certificate: a lower-case fragment that fits after "could not".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What kind of failure it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
}
