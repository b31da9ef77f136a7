//! Which mailbox is under diagnosis, and what did the user override?

use super::export::Export;
use super::logs::LogsSeen;
use super::token::Token;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// A mailbox address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Mailbox {
    /// The address as given, the domain in A-labels.
    pub address: String,
    /// The part after the last `@`, lower case, A-labels.
    pub domain: String,
}

/// Why a text is not a mailbox address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailboxError {
    /// There is no `@`.
    NoAt,
    /// There is nothing before the `@`.
    NoLocalPart,
    /// What stands behind the `@` is not a domain name.
    BadDomain,
    /// It holds a character that no address has, or is too long.
    BadCharacter,
}

impl fmt::Display for MailboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAt => "it has no @",
            Self::NoLocalPart => "there is nothing before the @",
            Self::BadDomain => "what stands behind the @ is not a domain name",
            Self::BadCharacter => "it holds a character that an address cannot have, or is too long",
        })
    }
}

impl std::error::Error for MailboxError {}

impl FromStr for Mailbox {
    type Err = MailboxError;

    /// Reads `local@domain`; an internationalised domain becomes A-labels.
    fn from_str(text: &str) -> Result<Self, MailboxError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(MailboxError::NoAt)?;
        if local.is_empty() {
            return Err(MailboxError::NoLocalPart);
        }
        // RFC 5321, 4.5.3.1.1; quoted local parts are not used with Exchange
        if local.len() > 64
            || local.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"@".contains(c))
        {
            return Err(MailboxError::BadCharacter);
        }
        let domain = domain_name(domain).ok_or(MailboxError::BadDomain)?;
        Ok(Self { address: format!("{local}@{domain}"), domain })
    }
}

/// A domain name with at least two labels, lower case and in A-labels; `None` where it is none.
pub fn domain_name(text: &str) -> Option<String> {
    let text = text.trim_end_matches('.');
    match url::Host::parse(text).ok()? {
        url::Host::Domain(name) => {
            let labels_fit = name.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            });
            (name.contains('.') && name.len() <= 253 && labels_fit).then_some(name)
        }
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => None,
    }
}

/// The Exchange server, where the user named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Server {
    /// Its name, A-labels, or an IP address.
    pub host: String,
    /// Its port, usually 443.
    pub port: u16,
    /// The path of ActiveSync.
    pub path: String,
}

impl FromStr for Server {
    type Err = String;

    /// Reads `host`, `host:port` or an https address.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let has_scheme = text.contains("://");
        let url = if has_scheme { url::Url::parse(text) } else { url::Url::parse(&format!("https://{text}")) }
            .map_err(|e| format!("{e}"))?;
        if url.scheme() != "https" {
            return Err("only https is possible".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a password never stands in an address; use --user and --password-stdin".to_owned());
        }
        let host = url.host_str().filter(|h| !h.is_empty()).ok_or("it names no host")?.to_owned();
        let path = match url.path() {
            "" | "/" => "/Microsoft-Server-ActiveSync".to_owned(),
            path => path.to_owned(),
        };
        Ok(Self { host, port: url.port().unwrap_or(443), path })
    }
}

impl Server {
    /// Where ActiveSync answers.
    pub fn activesync_url(&self) -> String {
        if self.port == 443 {
            format!("https://{}{}", self.host, self.path)
        } else {
            format!("https://{}:{}{}", self.host, self.port, self.path)
        }
    }
}

/// Which kind of credential is there (never the credential itself).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// A password, for Basic.
    Password,
    /// An OAuth access token, for Bearer.
    Token,
}

/// What a place received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SentKind {
    /// The password.
    Password,
    /// An OAuth access token.
    Token,
    /// The key of the sync service's API.
    ServiceKey,
}

impl From<Credential> for SentKind {
    fn from(credential: Credential) -> Self {
        match credential {
            Credential::Password => Self::Password,
            Credential::Token => Self::Token,
        }
    }
}

/// Which roots the verdict uses besides `--cacert`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// The system's, Mozilla's where it has none.
    #[default]
    System,
    /// Mozilla's.
    Mozilla,
    /// A chain must end at a root of either.
    Both,
}

/// The sync service's view of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Service {
    /// The API's base address, without a final slash.
    pub api: String,
    /// The grant, where the user named it; else it is looked up by address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

/// The mailbox under diagnosis, with the user's overrides: all that a rule may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The mailbox; none where only a server is looked at.
    pub mailbox: Option<Mailbox>,
    /// `--server`
    pub server: Option<Server>,
    /// `--user`
    pub user: Option<String>,
    /// Which kind of credential the user gave.
    pub credential: Option<Credential>,
    /// What the access token says of itself, where that is the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// The sync service, where an API key is there.
    pub service: Option<Service>,
    /// `--allow-host`, lower case.
    pub allow_hosts: Vec<String>,
    /// `--trust`
    pub trust: Trust,
    /// Whether issuers may be fetched by AIA.
    pub aia: bool,
    /// Whether OCSP responders and revocation lists may be asked (`--no-revocation`).
    #[serde(default = "yes")]
    pub revocation: bool,
    /// Whether /ecp may be asked for the exact build, which some firewalls take for a scan (`--ask-ecp`).
    #[serde(default)]
    pub ask_ecp: bool,
    /// Whether IPv4 is used (`-6` switches it off).
    pub ipv4: bool,
    /// Whether IPv6 is used (`-4` switches it off).
    pub ipv6: bool,
    /// `--compare-dns`: a second resolver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub compare_dns: Option<SocketAddr>,
    /// `--casmailbox`, `--device-list`: what an administrator has exported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exports: Vec<Export>,
    /// `--sync-log`: what the logs of the Exchange server say of this mailbox alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogsSeen>,
    /// `--idle-test`: for so many minutes at most a connection is kept on which nothing happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_test: Option<u16>,
    /// The checks that run, by id; the others are skipped.
    pub selected: Vec<String>,
}

/// What a report says that was written before the option.
fn yes() -> bool {
    true
}

impl Subject {
    /// A mailbox without any override.
    pub fn mailbox(mailbox: Mailbox) -> Self {
        Self {
            mailbox: Some(mailbox),
            server: None,
            user: None,
            credential: None,
            token: None,
            service: None,
            allow_hosts: Vec::new(),
            trust: Trust::System,
            aia: true,
            revocation: true,
            ask_ecp: false,
            ipv4: true,
            ipv6: true,
            compare_dns: None,
            exports: Vec::new(),
            logs: None,
            idle_test: None,
            selected: Vec::new(),
        }
    }

    /// The mailbox's domain, or the server's name where there is no mailbox.
    pub fn domain(&self) -> &str {
        match (&self.mailbox, &self.server) {
            (Some(mailbox), _) => &mailbox.domain,
            (None, Some(server)) => &server.host,
            (None, None) => "",
        }
    }

    /// What a report is headed with: the address, or the server.
    pub fn label(&self) -> &str {
        match (&self.mailbox, &self.server) {
            (Some(mailbox), _) => &mailbox.address,
            (None, Some(server)) => &server.host,
            (None, None) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_rfc5321_has_them() {
        let mailbox: Mailbox = "Anna.Muster@Büro.Example".parse().unwrap();
        assert_eq!(mailbox.domain, "xn--bro-hoa.example");
        assert_eq!(mailbox.address, "Anna.Muster@xn--bro-hoa.example");
        for (text, error) in [
            ("anna", MailboxError::NoAt),
            ("@corp.example", MailboxError::NoLocalPart),
            ("anna@", MailboxError::BadDomain),
            ("anna@localhost", MailboxError::BadDomain),
            ("anna@10.0.0.1", MailboxError::BadDomain),
            ("anna@-corp.example", MailboxError::BadDomain),
            ("anna@corp..example", MailboxError::BadDomain),
            ("an na@corp.example", MailboxError::BadCharacter),
            ("a@b@corp.example", MailboxError::BadCharacter),
        ] {
            assert_eq!(text.parse::<Mailbox>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_server_is_a_host_or_an_https_address() {
        let server: Server = "mail.corp.example".parse().unwrap();
        assert_eq!(server.activesync_url(), "https://mail.corp.example/Microsoft-Server-ActiveSync");
        let server: Server = "https://mail.corp.example:8443/eas".parse().unwrap();
        assert_eq!(server.activesync_url(), "https://mail.corp.example:8443/eas");
        assert!("http://mail.corp.example".parse::<Server>().is_err());
        assert!("https://u:p@mail.corp.example".parse::<Server>().is_err());
    }
}
