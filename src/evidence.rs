//! What was asked, what was seen, and when?
//!
//! Facts only: nothing here says whether a fact is good or bad. The report carries its
//! evidence whole, so that it can be judged again offline.

pub mod dns;
pub mod export;
pub mod http;
pub mod logs;
pub mod probe;
pub mod redact;
pub mod service;
pub mod subject;
pub mod tls;
pub mod token;
pub mod view;

pub use dns::{DnsAnswer, DnsFailure, DnsSeen, RecordData, ResourceRecord};
pub use export::{CasMailbox, Device, Export, ExportKind, ExportSeen};
pub use http::{Body, FailKind, Failure, HttpOutcome, HttpSeen, Phase, Response};
pub use probe::{Content, HelloKind, HttpProbe, Method, Probe, RecordType, ServiceProbe, SessionAsk, SignIn, Via};
pub use redact::Redacted;
pub use subject::{Credential, Mailbox, SentKind, Server, Subject, Trust};
pub use tls::{
    AiaSeen, Anchor, CrlCut, CrlSeen, Handshake, HelloOutcome, HelloSeen, Missing, OcspSeen, TlsOutcome, TlsSeen,
};
pub use token::{Token, TokenForm};
pub use view::{Look, Stop, View};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

/// Why there is no answer. (A refusal, an alert or an NXDOMAIN *is* an answer.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum NoAnswer {
    /// The run's time was over.
    Deadline,
    /// The same, and as far as it had got by then.
    Hung {
        /// What it was waiting in.
        phase: Phase,
    },
    /// Others had answered, and this one took too long to be waited for beside them.
    GivenUp {
        /// What it was waiting in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Phase>,
    },
    /// The run was interrupted.
    Cancelled,
    /// The recorded report does not hold this probe.
    NotRecorded,
    /// The run was one over files: nothing was asked.
    Offline,
    /// exdiag chose not to ask.
    HeldBack {
        /// The rule that forbids it.
        rule: HeldBack,
    },
    /// The program failed while asking.
    Panicked {
        /// What it said.
        message: String,
    },
}

/// The rules by which a probe is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HeldBack {
    /// An earlier sign-in of this run was refused: never a second try.
    SignInRefused,
    /// An earlier sign-in of this run got no answer, or one that says nothing of the credentials: a
    /// redirect, a 403, a 5xx.
    SignInUnclear,
    /// The chain or the name of the certificate was not verified.
    CertificateNotVerified,
    /// The host is neither under the mailbox's domain nor named by the user nor Microsoft's.
    ForeignHost,
    /// Credentials never travel over plain http.
    NotHttps,
    /// There is nothing to sign in with.
    NoCredentials,
    /// Microsoft's cloud refuses Basic for mail whatever the password.
    BasicRetired,
    /// By its own claims the token's time is over.
    TokenExpired,
    /// By its own claims the token is meant for somebody else.
    TokenAudience,
    /// `--no-aia`.
    NoAia,
    /// `--no-revocation`.
    NoRevocation,
    /// An address that a server names, but no outsider may make us ask.
    PrivateAddress,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Seen {
    /// Of a DNS question.
    Dns(DnsSeen),
    /// Of a look at a TLS server.
    Tls(TlsSeen),
    /// Of a hand-written ClientHello.
    Hello(HelloSeen),
    /// Of an HTTP request.
    Http(HttpSeen),
    /// Of a look into the trust stores.
    Anchors {
        /// Trust anchors with that subject, each store's own.
        found: Vec<Anchor>,
    },
    /// Of an issuer fetched by AIA.
    Aia(AiaSeen),
    /// Of an OCSP responder.
    Ocsp(OcspSeen),
    /// Of a certificate revocation list.
    Crl(CrlSeen),
    /// Of a service's API.
    Service(HttpSeen),
    /// Of an administrator's export.
    Export(ExportSeen),
    /// Nothing came back.
    NoAnswer(NoAnswer),
}

/// A [`Seen`] with its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// What came back.
    pub seen: Seen,
    /// When the probe was asked for, in milliseconds after the start of the run.
    pub at_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// Id of the probe whose arrival led to this one; none for those of the first round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// What holds for all of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// When the run began: the clock by which everything is judged.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// What is under diagnosis, with the user's overrides.
    pub subject: Subject,
    /// The name servers as configured, `address:port`.
    pub name_servers: Vec<String>,
    /// The proxy for https, where there is one; never with a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// Which trust stores were looked into: `system`, `mozilla`, `cacert`.
    pub stores: Vec<String>,
}

/// Everything gathered in a run: enough to judge it again.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What holds for all of it.
    pub header: Header,
    /// The facts.
    pub records: BTreeMap<Probe, Record>,
    /// Whether the run ended before every answer had come, and why.
    pub cut_short: Option<NoAnswer>,
    /// The moment as of which it is judged, where that is not the start of the run.
    pub judged_at: Option<Timestamp>,
    /// What was sent with requests of which no answer was seen.
    pub left_open: Vec<LeftOpen>,
    /// What was replaced before others read it (`--redact`).
    pub redacted: Option<Redacted>,
}

/// A request that carried a credential, and of which no answer was seen: it was still open when the run
/// ended, or was waited for no longer, or exdiag failed while asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOpen {
    /// Where it went.
    pub url: String,
    /// What it carried.
    pub credential_sent: SentKind,
}

impl Evidence {
    /// No facts yet.
    pub fn new(header: Header) -> Self {
        Self {
            header,
            records: BTreeMap::new(),
            cut_short: None,
            judged_at: None,
            left_open: Vec::new(),
            redacted: None,
        }
    }

    /// The longest chain of probes of which each led to the next, last first: what a run cannot
    /// be faster than.
    pub fn critical_path(&self) -> Vec<&Probe> {
        let by_id: BTreeMap<String, (&Probe, &Record)> =
            self.records.iter().map(|(probe, record)| (probe.to_string(), (probe, record))).collect();
        let chain_of = |probe: &'_ Probe| {
            let mut chain = Vec::new();
            let mut total = 0_u64;
            let mut at = by_id.get(&probe.to_string());
            while let Some((probe, record)) = at {
                // a forged report may hold a circle
                if chain.contains(probe) {
                    break;
                }
                chain.push(*probe);
                total = total.saturating_add(record.took_ms);
                at = record.after.as_ref().and_then(|id| by_id.get(id));
            }
            (total, chain)
        };
        self.records.keys().map(chain_of).max_by_key(|(total, _)| *total).map(|(_, chain)| chain).unwrap_or_default()
    }
}

/// One line of the serialised evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Line {
    /// How findings refer to it.
    id: String,
    probe: Probe,
    #[serde(flatten)]
    record: Record,
}

/// The serialised shape of [`Evidence`].
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Evidence")]
struct Shape {
    #[serde(flatten)]
    header: Header,
    /// Whether the run ended before every answer had come, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut_short: Option<NoAnswer>,
    /// The moment as of which it is judged, where that is not the start of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    judged_at: Option<Timestamp>,
    /// What was sent with requests of which no answer was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left_open: Vec<LeftOpen>,
    /// What was replaced before others read it (`--redact`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redacted: Option<Redacted>,
    /// Every fact, in a fixed order.
    records: Vec<Line>,
}

impl Serialize for Evidence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shape {
            header: self.header.clone(),
            cut_short: self.cut_short.clone(),
            judged_at: self.judged_at,
            left_open: self.left_open.clone(),
            redacted: self.redacted.clone(),
            records: self
                .records
                .iter()
                .map(|(probe, record)| Line { id: probe.to_string(), probe: probe.clone(), record: record.clone() })
                .collect(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Evidence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let shape = Shape::deserialize(deserializer)?;
        let records = shape.records.into_iter().map(|line| (line.probe, line.record)).collect();
        let Shape { header, cut_short, judged_at, left_open, redacted, .. } = shape;
        Ok(Self { header, records, cut_short, judged_at, left_open, redacted })
    }
}

impl JsonSchema for Evidence {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Shape::schema_name()
    }
    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Shape::json_schema(generator)
    }
}

/// A future that a [`Source`] hands out.
pub type Gathering<'a> = Pin<Box<dyn Future<Output = Seen> + Send + 'a>>;

/// Where facts come from: the network, or a recorded run.
pub trait Source: Send + Sync + 'static {
    /// Asks one question. Always ends in a value, a refusal or a [`NoAnswer`] included.
    fn gather(&self, probe: Probe) -> Gathering<'_>;

    /// How far a question has got that is still under way, where that is known.
    fn reached(&self, _probe: &Probe) -> Option<Phase> {
        None
    }

    /// What has gone out with a question whose answer nobody has seen yet.
    fn sent(&self, _probe: &Probe) -> Option<SentKind> {
        None
    }
}
