//! Which questions can be put to the network?
//!
//! A probe names an intent. It is ordered and serialisable, and it never holds a secret.

use super::export::Export;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// One question to the network.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "ask")]
pub enum Probe {
    /// A DNS question to the configured name servers.
    Dns {
        /// A full name in A-labels, without the final dot.
        name: String,
        /// What is asked for.
        rtype: RecordType,
    },
    /// A DNS question that goes another way than the run's own.
    DnsVia {
        /// A full name in A-labels, without the final dot.
        name: String,
        /// What is asked for.
        rtype: RecordType,
        /// Which way.
        via: Via,
    },
    /// One look at the TLS server at one address, with SNI; any certificate is accepted
    /// and nothing is said afterwards.
    Tls {
        /// The address to connect to.
        address: IpAddr,
        /// The port.
        port: u16,
        /// The name for SNI.
        name: String,
    },
    /// One ClientHello written by hand, to see how far the server's first answer gets; the
    /// handshake is not completed.
    Hello {
        /// The address to connect to.
        address: IpAddr,
        /// The port.
        port: u16,
        /// The host asked for, and the name for SNI where the kind has one.
        name: String,
        /// What the hello offers.
        hello: HelloKind,
    },
    /// One HTTP request; no redirect is followed by itself.
    Http(HttpProbe),
    /// Which trust anchors have this subject?
    Anchors {
        /// The DER of the X.501 Name (with its outer SEQUENCE), base64.
        subject: String,
    },
    /// Fetch the issuer's certificate that an Authority Information Access extension names.
    Aia {
        /// The `caIssuers` address.
        url: String,
        /// Whether it may be a private address: the server that names it showed no other.
        #[serde(default, skip_serializing_if = "is_false")]
        private: bool,
    },
    /// Ask an OCSP responder about one certificate (RFC 6960).
    Ocsp {
        /// The responder's address, as the certificate names it.
        url: String,
        /// The OCSPRequest, DER in base64.
        request: String,
        /// Whether it may be a private address: the server that names it showed no other.
        #[serde(default, skip_serializing_if = "is_false")]
        private: bool,
    },
    /// Fetch a certificate revocation list (RFC 5280, 5), to see whether it holds one certificate.
    Crl {
        /// The list's address, as the certificate names it.
        url: String,
        /// The certificate's serial number, lower-case hexadecimal without zeros in front.
        serial: String,
        /// The SubjectPublicKeyInfo of the certificate's issuer, DER in base64: of a list too
        /// large to be recorded whole, the signature is checked when it is fetched.
        issuer_key: String,
        /// Whether it may be a private address: the server that names it showed no other.
        #[serde(default, skip_serializing_if = "is_false")]
        private: bool,
    },
    /// Ask the sync service.
    Service(ServiceProbe),
    /// Read what an administrator has exported about the mailbox.
    Export(Export),
}

/// Which way a DNS question goes, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "by")]
pub enum Via {
    /// The configured name servers, past hosts file and overrides.
    Wire,
    /// The configured name servers, told not to validate (RFC 4035, 3.2.2: the CD bit).
    Unchecked,
    /// Another resolver.
    Resolver {
        /// Its address and port.
        #[schemars(with = "String")]
        server: SocketAddr,
    },
    /// A name server that should be responsible for the zone, on port 53; no recursion is asked for.
    NameServer {
        /// Its address.
        address: IpAddr,
    },
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wire => f.write_str("wire"),
            Self::Unchecked => f.write_str("unchecked"),
            Self::Resolver { server } => write!(f, "{server}"),
            Self::NameServer { address } => write!(f, "{address}"),
        }
    }
}

/// What a hand-written ClientHello offers. All of them offer the cipher suites of twenty years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HelloKind {
    /// TLS 1.0 at most.
    Tls10,
    /// TLS 1.1 at most.
    Tls11,
    /// TLS 1.2 at most.
    Tls12,
    /// TLS 1.2 at most, without the name (SNI), as old clients and some monitoring do.
    Nameless,
    /// TLS 1.2 at most, and larger than one packet, as the hello of clients with a post-quantum key
    /// exchange is.
    Large,
}

impl HelloKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Tls10, Self::Tls11, Self::Tls12, Self::Nameless, Self::Large];
}

impl fmt::Display for HelloKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls10 => "tls1.0",
            Self::Tls11 => "tls1.1",
            Self::Tls12 => "tls1.2",
            Self::Nameless => "nameless",
            Self::Large => "large",
        })
    }
}

/// The DNS record types that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Alias.
    Cname,
    /// Service location, RFC 2782.
    Srv,
    /// Mail exchanger.
    Mx,
    /// Name server.
    Ns,
    /// Start of authority.
    Soa,
    /// Text.
    Txt,
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Cname => "CNAME",
            Self::Srv => "SRV",
            Self::Mx => "MX",
            Self::Ns => "NS",
            Self::Soa => "SOA",
            Self::Txt => "TXT",
        })
    }
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// OPTIONS
    Options,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Options => "OPTIONS",
        })
    }
}

/// Whether a request signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignIn {
    /// Anonymous.
    None,
    /// `Authorization: Bearer` with nothing behind it: makes Exchange show its OAuth settings.
    EmptyBearer,
    /// The first message of NTLM, which names nobody: a Windows server answers with its domain's name.
    NtlmHello,
    /// With the credentials that the user gave; only where the rules allow it.
    Given,
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Content {
    /// Nothing.
    Empty,
    /// An Autodiscover request in the mobilesync schema (MS-ASCMD) for this address.
    PoxMobilesync {
        /// The SMTP address asked about.
        email: String,
    },
    /// The same in Outlook's schema (MS-OXDSCLI).
    PoxOutlook {
        /// The SMTP address asked about.
        email: String,
    },
    /// Autodiscover's SOAP request `GetUserSettings` (MS-OXWSADISC).
    SoapUserSettings {
        /// The SMTP address asked about.
        email: String,
    },
    /// EWS's request `GetFolder` for the Inbox (MS-OXWSFOLD), of which a count is kept at most.
    EwsInbox {
        /// The mailbox; it tells the front end where to lead the request.
        email: String,
        /// Whether it goes under the user agent of Outlook for Mac, to tell a list of applications from
        /// a mailbox whose EWS is switched off.
        #[serde(default, skip_serializing_if = "is_false")]
        as_outlook: bool,
    },
    /// A command of an ActiveSync session (MS-ASCMD), from the device that exdiag is known as.
    ActiveSync {
        /// The name that signs in.
        user: String,
        /// The version spoken, such as 16.1.
        version: String,
        /// The policy key; 0 where there is none yet.
        policy_key: String,
        /// What is asked.
        ask: SessionAsk,
        /// Whether the query is in base64 (MS-ASHTTP 2.2.1.1.1.1), not plain.
        #[serde(default, skip_serializing_if = "is_false")]
        base64: bool,
    },
}

/// What a session asks. Nothing of it changes what is in the mailbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum SessionAsk {
    /// The folders.
    FolderSync,
    /// Says what device this is (versions before 14.1).
    DeviceInformation,
    /// The policy.
    Provision,
    /// Says that the policy is known; the policy key is the one to be confirmed.
    Acknowledge,
    /// A first key for a folder.
    Open {
        /// The folder's id.
        folder: String,
    },
    /// How many messages a folder would bring.
    Estimate {
        /// The folder's id.
        folder: String,
        /// The folder's key.
        sync_key: String,
    },
    /// Some messages, without their bodies.
    Newest {
        /// The folder's id.
        folder: String,
        /// The folder's key.
        sync_key: String,
    },
    /// Of a folder that has more than one answer brings, some of what came lately, without the bodies.
    Lately {
        /// The folder's id.
        folder: String,
        /// The folder's key.
        sync_key: String,
        /// How far back, days: 1, 3, 7, 14 or 31.
        days: u8,
    },
    /// Waits until something changes in a folder, over one connection.
    Ping {
        /// The folder's id.
        folder: String,
        /// How long at most, seconds.
        heartbeat: u32,
    },
}

/// One HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct HttpProbe {
    /// The method.
    pub method: Method,
    /// An absolute address, normalised.
    pub url: String,
    /// The one address to use; else the addresses of the host, in order, until one accepts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// Whether it signs in.
    pub sign_in: SignIn,
    /// What it carries.
    pub content: Content,
}

impl fmt::Display for SessionAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FolderSync => f.write_str("folder-sync"),
            Self::DeviceInformation => f.write_str("device-information"),
            Self::Provision => f.write_str("provision"),
            Self::Acknowledge => f.write_str("acknowledge"),
            Self::Open { folder } => write!(f, "open:{folder}"),
            Self::Estimate { folder, sync_key } => write!(f, "estimate:{folder}:{sync_key}"),
            Self::Newest { folder, sync_key } => write!(f, "newest:{folder}:{sync_key}"),
            Self::Lately { folder, sync_key, days } => write!(f, "lately:{folder}:{sync_key}:{days}"),
            Self::Ping { folder, heartbeat } => write!(f, "ping:{folder}:{heartbeat}"),
        }
    }
}

impl HttpProbe {
    /// An anonymous request without a body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), address: None, sign_in: SignIn::None, content: Content::Empty }
    }

    /// The same, signed in this way.
    #[must_use]
    pub fn sign_in(mut self, sign_in: SignIn) -> Self {
        self.sign_in = sign_in;
        self
    }

    /// The same with a body.
    #[must_use]
    pub fn content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }
}

/// A question to the sync service's API (Nylas v3, and v2 where that is said).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum ServiceProbe {
    /// `GET {api}/v3/grants/{id}`
    Grant {
        /// The API's base address.
        api: String,
        /// The grant.
        id: String,
    },
    /// `GET {api}/v3/grants?email={email}`
    GrantsByEmail {
        /// The API's base address.
        api: String,
        /// The mailbox address.
        email: String,
    },
    /// `GET {api}/v3/grants?account_id={account}`: the grant that an account of v2 has become.
    GrantsByAccount {
        /// The API's base address.
        api: String,
        /// The account's id in v2.
        account: String,
    },
    /// `GET {api}/account` (v2): the account that the key belongs to.
    Account {
        /// The API's base address.
        api: String,
    },
    /// `GET {api}/v3/grants/{id}/messages?limit=1`, of which only the date is kept.
    NewestMessage {
        /// The API's base address.
        api: String,
        /// The grant.
        id: String,
    },
}

impl ServiceProbe {
    /// The API's base address.
    pub fn api(&self) -> &str {
        match self {
            Self::Grant { api, .. }
            | Self::GrantsByEmail { api, .. }
            | Self::GrantsByAccount { api, .. }
            | Self::Account { api }
            | Self::NewestMessage { api, .. } => api,
        }
    }

    /// The grant that it is about, where it names one.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Grant { id, .. } | Self::NewestMessage { id, .. } => Some(id),
            Self::GrantsByEmail { .. } | Self::GrantsByAccount { .. } | Self::Account { .. } => None,
        }
    }
}

impl Probe {
    /// A DNS question.
    pub fn dns(name: &str, rtype: RecordType) -> Self {
        Self::Dns { name: name.trim_end_matches('.').to_ascii_lowercase(), rtype }
    }

    /// A DNS question that goes another way.
    pub fn dns_via(name: &str, rtype: RecordType, via: Via) -> Self {
        Self::DnsVia { name: name.trim_end_matches('.').to_ascii_lowercase(), rtype, via }
    }

    /// A look at a TLS server.
    pub fn tls(address: IpAddr, port: u16, name: &str) -> Self {
        Self::Tls { address, port, name: name.to_ascii_lowercase() }
    }

    /// A hand-written hello to a TLS server.
    pub fn hello(address: IpAddr, port: u16, name: &str, hello: HelloKind) -> Self {
        Self::Hello { address, port, name: name.to_ascii_lowercase(), hello }
    }

    /// The host that an HTTP or TLS probe asks, without port.
    pub fn host(&self) -> Option<String> {
        match self {
            Self::Tls { name, .. } | Self::Hello { name, .. } | Self::Dns { name, .. } | Self::DnsVia { name, .. } => {
                Some(name.clone())
            }
            Self::Http(http) => url::Url::parse(&http.url).ok().and_then(|u| u.host_str().map(str::to_owned)),
            Self::Aia { url, .. } | Self::Ocsp { url, .. } | Self::Crl { url, .. } => {
                url::Url::parse(url).ok().and_then(|u| u.host_str().map(str::to_owned))
            }
            Self::Anchors { .. } | Self::Service(_) | Self::Export(_) => None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Tells a question that may lead to a private address from one that may not.
const fn inside(private: bool) -> &'static str {
    if private { "-inside" } else { "" }
}

impl fmt::Display for Probe {
    /// The id by which findings refer to their evidence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns { name, rtype } => write!(f, "dns:{rtype}:{name}"),
            Self::DnsVia { name, rtype, via } => write!(f, "dns:{rtype}:{name}@{via}"),
            Self::Tls { address: IpAddr::V4(address), port, name } => write!(f, "tls:{address}:{port}:{name}"),
            Self::Tls { address: IpAddr::V6(address), port, name } => write!(f, "tls:[{address}]:{port}:{name}"),
            Self::Hello { address, port, name, hello } => {
                write!(f, "hello:{hello}:{}:{name}", std::net::SocketAddr::new(*address, *port))
            }
            Self::Http(http) => {
                write!(f, "http:{}:{}", http.method, http.url)?;
                if let Some(address) = http.address {
                    write!(f, "@{address}")?;
                }
                // it goes to the same address as the other schema
                if matches!(http.content, Content::PoxOutlook { .. }) {
                    f.write_str("#outlook")?;
                }
                f.write_str(match http.sign_in {
                    SignIn::None => "",
                    SignIn::EmptyBearer => "#empty-bearer",
                    SignIn::NtlmHello => "#ntlm-hello",
                    SignIn::Given => "#signed-in",
                })?;
                match &http.content {
                    Content::ActiveSync { version, policy_key, ask, base64, .. } => {
                        write!(f, "#{ask}#{version}#{policy_key}{}", if *base64 { "#base64" } else { "" })
                    }
                    Content::EwsInbox { as_outlook, .. } => {
                        f.write_str(if *as_outlook { "#inbox#as-outlook" } else { "#inbox" })
                    }
                    _ => Ok(()),
                }
            }
            Self::Anchors { subject } => write!(f, "anchors:{subject}"),
            Self::Aia { url, private } => write!(f, "aia{}:{url}", inside(*private)),
            Self::Ocsp { url, request, private } => write!(f, "ocsp{}:{url}#{request}", inside(*private)),
            // its keys differ only where a name has several, which no address of a list has
            Self::Crl { url, serial, private, .. } => write!(f, "crl{}:{url}#{serial}", inside(*private)),
            Self::Export(export) => write!(f, "export:{export}"),
            Self::Service(ServiceProbe::Grant { id, .. }) => write!(f, "service:grant:{id}"),
            Self::Service(ServiceProbe::GrantsByEmail { api, email }) => write!(f, "service:grants:{email}@{api}"),
            Self::Service(ServiceProbe::GrantsByAccount { api, account }) => {
                write!(f, "service:grants-of-account:{account}@{api}")
            }
            Self::Service(ServiceProbe::Account { api }) => write!(f, "service:account@{api}"),
            Self::Service(ServiceProbe::NewestMessage { id, .. }) => write!(f, "service:newest-message:{id}"),
        }
    }
}
