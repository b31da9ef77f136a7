//! Which values of a report name a person, or the network of a company?

use super::hosts::FoundHosts;
use super::letters::{Reading, is_word};
use super::roles::{Role, walk};
use super::{addresses, blob, document, headers};
use crate::evidence::redact::Kind;
use crate::protocol::session::DEVICE_ID;
use crate::protocol::x509::{AltName, Certificate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Elements of Autodiscover whose text names a person, a mailbox or a server in words.
const ELEMENTS: &[&str] = &[
    "DisplayName",
    "AccountDisplayName",
    "LegacyDN",
    "UserDisplayName",
    "UserDN",
    "MailboxDN",
    "ServerDN",
    "MdbDN",
    "PublicFolderServer",
    "InternalMailboxServer",
    "InternalMailboxServerDN",
    "ADServer",
    "DeploymentId",
    "UserDeploymentId",
];

/// All that was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Values by their kind, in lower case; hosts apart.
    pub values: BTreeMap<String, Kind>,
    /// Ids and names of companies.
    pub tenants: BTreeSet<String>,
    /// Names of servers that are no host names.
    pub servers: BTreeSet<String>,
    /// Windows domains.
    pub windows: BTreeSet<String>,
    /// Host names.
    pub hosts: FoundHosts,
    /// IP addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Those that a certificate holds.
    pub kept: BTreeSet<IpAddr>,
    /// Names of files and folders.
    pub files: BTreeSet<String>,
    /// Certificates, by their DER in base64.
    pub certificates: BTreeSet<String>,
    /// The name of the mailbox, which is numbered first.
    pub first: Option<String>,
    /// Domains below which any name is that of a host; known once all was looked at.
    pub domains: BTreeSet<String>,
}

impl Found {
    /// Notes all that is found below a value.
    pub fn look(&mut self, value: &mut Value) {
        walk(value, "", Role::Text, &mut |text, role| self.look_at(text, role));
    }

    fn look_at(&mut self, text: &str, role: Role<'_>) {
        match role {
            Role::Fixed => {}
            Role::Signed => self.certificate(text),
            Role::Whole(Kind::File) => self.files.extend(parts(text).map(str::to_owned)),
            Role::Whole(kind) => self.value(text, kind),
            Role::SignIn => self.sign_in(text),
            Role::Host => self.host(text),
            Role::Address => self.address(text),
            Role::Tenant | Role::Organisation => self.tenant(text),
            Role::Header(name) => {
                if headers::NAME_SERVERS.contains(&name) {
                    headers::servers(text).for_each(|server| self.server(server));
                }
                self.text(text, !name.contains("version"));
            }
            Role::Text => self.text(text, true),
        }
    }

    fn value(&mut self, text: &str, kind: Kind) {
        let value = text.trim().to_lowercase();
        let is_own = value == DEVICE_ID.to_lowercase();
        if !value.is_empty() && !is_own && !is_shared_id(&value) {
            self.values.entry(value).or_insert(kind);
        }
    }

    fn tenant(&mut self, text: &str) {
        let value = text.trim().to_lowercase();
        if !value.is_empty() && !is_shared_id(&value) {
            self.tenants.insert(value);
        }
    }

    /// Notes a mailbox or an account, and a device, that the user asked about.
    pub fn asked(&mut self, mailbox: Option<&str>, device: Option<&str>) {
        if let Some(mailbox) = mailbox {
            self.sign_in(mailbox);
        }
        if let Some(device) = device {
            self.value(device, Kind::Device);
        }
    }

    fn name(&mut self, text: &str) {
        // the user that exdiag itself makes up
        if text != "exdiag" {
            self.value(text, Kind::Name);
        }
    }

    fn sign_in(&mut self, text: &str) {
        let (domain, name) = text.rsplit_once('\\').map_or((None, text), |(domain, name)| (Some(domain), name));
        if let Some(domain) = domain {
            self.windows_domain(domain);
        }
        match name.rsplit_once('@') {
            Some((local, host)) => {
                self.name(local);
                self.host(host);
            }
            None if name.contains(char::is_whitespace) => self.text(name, true),
            None => self.name(name),
        }
    }

    fn windows_domain(&mut self, text: &str) {
        if text.contains('.') {
            self.host(text);
        } else {
            self.windows.extend((!text.is_empty()).then(|| text.to_lowercase()));
        }
    }

    fn server(&mut self, text: &str) {
        if text.contains('.') {
            self.host(text);
        } else if text.chars().all(is_word) && text.chars().any(char::is_alphabetic) && text.len() > 1 {
            self.servers.insert(text.to_lowercase());
        }
    }

    fn host(&mut self, text: &str) {
        let text = text.trim_matches(['[', ']']);
        if let Ok(address) = text.parse() {
            self.addresses.insert(address);
        } else if text.contains('.') {
            self.hosts.note(text);
        } else if text != "localhost" && !text.is_empty() {
            self.server(text);
        }
    }

    fn address(&mut self, text: &str) {
        let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
        match address {
            Ok(address) => drop(self.addresses.insert(address)),
            Err(_) => self.text(text, true),
        }
    }

    fn certificate(&mut self, text: &str) {
        let Ok(der) = STANDARD.decode(text) else { return };
        let certificate = Certificate::read(&der);
        if certificate.is_broken && certificate.names.is_empty() {
            return;
        }
        self.certificates.insert(text.to_owned());
        for name in &certificate.names {
            match name {
                AltName::Dns(name) => drop(self.hosts.certified.insert(name.clone())),
                AltName::Ip(address) => drop(self.kept.insert(*address)),
            }
        }
        let urls = [&certificate.issuer_urls, &certificate.ocsp_urls, &certificate.crl_urls];
        for url in urls.into_iter().flatten().filter_map(|url| url::Url::parse(url).ok()) {
            match url.host() {
                Some(url::Host::Domain(name)) => drop(self.hosts.certified.insert(name.to_ascii_lowercase())),
                Some(url::Host::Ipv4(address)) => drop(self.kept.insert(IpAddr::V4(address))),
                Some(url::Host::Ipv6(address)) => drop(self.kept.insert(IpAddr::V6(address))),
                None => {}
            }
        }
    }

    /// What a text holds that nobody has marked. `numbers`: whether four of them may be an address.
    fn text(&mut self, text: &str, numbers: bool) {
        if let Some(mut value) = document(text) {
            self.look(&mut value);
            return;
        }
        for token in blob::tokens(text) {
            if let Some(names) = blob::windows_names(token) {
                names.domain.iter().for_each(|name| self.windows_domain(name));
                names.computer.iter().for_each(|name| self.server(name));
                names.dns_domain.iter().for_each(|name| self.host(name));
            } else if let Some(inner) = blob::inner_text(token) {
                self.text(&inner, numbers);
            }
        }
        for element in elements(text) {
            self.value(element, Kind::Name);
        }
        let reading = Reading::new(text);
        for range in reading.runs(is_word) {
            let range = reading.trimmed(range, |letter| ".-'+~".contains(letter));
            let word = reading.word(&range);
            let (before, next) = (reading.before(range.start), reading.at(range.end));
            let key = if before == Some('=') { reading.word_before(range.start - 1) } else { String::new() };
            let is_address = next == Some('@') && is_domain(&reading, range.end + 1);
            if self
                .domains
                .iter()
                .any(|domain| word.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.')))
            {
                self.hosts.note(&word);
            }
            if is_address && !word.is_empty() {
                self.name(&word);
            } else if before == Some('@') {
                self.hosts.note(&word);
            } else if reading.goes_on_with(range.start.saturating_sub(3), &[':', '/', '/'])
                && range.start >= 3
                && next != Some('@')
            {
                self.host(&word);
            }
            if key == "deviceid" {
                self.value(&word, Kind::Device);
            } else if headers::USER_KEYS.contains(&key.as_str()) && next != Some('\\') && !word.is_empty() {
                self.name(&word);
            } else if word.starts_with("s-1-5-21-") {
                self.value(&word, Kind::Name);
            } else if is_guid(&word) && (matches!(before, Some('/' | '@')) || key == "realm" || key == "tenant") {
                self.tenant(&word);
            }
            if next == Some('\\') && is_windows_sign_in(&reading, &range) {
                self.windows_domain(&word);
                let name = range.end + 1..reading.end_of_word(range.end + 1);
                let name = reading.trimmed(name, |letter| ".-'".contains(letter));
                self.name(&reading.word(&name));
            }
            if let Ok(address) = word.parse::<Ipv4Addr>() {
                let before_that = range.start.checked_sub(2).and_then(|place| reading.at(place));
                if numbers && !addresses::is_version(&word, before, before_that) {
                    self.addresses.insert(IpAddr::V4(address));
                }
            }
        }
        for range in reading.runs(is_v6) {
            if let Some((_, address)) = v6(&reading, range) {
                self.addresses.insert(IpAddr::V6(address));
            }
        }
        for range in legacy_names(&reading) {
            self.value(&reading.word(&range), Kind::Name);
        }
    }

    /// Words by which a first and a last name are told in full, made of a name such as `anna.muster`.
    pub fn spelled_out(&self) -> Vec<(String, String)> {
        let names = self.values.iter().filter(|(_, kind)| **kind == Kind::Name).map(|(name, _)| name);
        let of = |name: &String| {
            let words: Vec<&str> = name.split(['.', '_', '-']).collect();
            match words.as_slice() {
                [first, last]
                    if first.len() > 1
                        && last.len() > 2
                        && words.iter().all(|word| word.chars().all(char::is_alphabetic)) =>
                {
                    vec![
                        (format!("{first} {last}"), name.clone()),
                        (format!("{last}, {first}"), name.clone()),
                        (format!("{last} {first}"), name.clone()),
                    ]
                }
                _ => Vec::new(),
            }
        };
        names.flat_map(of).filter(|(spelled, _)| !self.values.contains_key(spelled)).collect()
    }
}

/// An id that Microsoft has given to itself: of its own applications, or of those who have no tenant.
fn is_shared_id(id: &str) -> bool {
    let is_own = id.starts_with("0000000") && !id.starts_with(super::stand_ins::GUID);
    is_guid(id) && (is_own || id == "9188040d-6c67-4c5b-b112-36a304b66dad")
}

/// Whether it has the form of a GUID.
pub fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The parts of a path.
pub fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != "." && *part != "..")
}

/// Whether a domain begins at this place.
fn is_domain(reading: &Reading, place: usize) -> bool {
    let range = reading.trimmed(place..reading.end_of_word(place), |letter| ".-'".contains(letter));
    super::hosts::is_name(&reading.word(&range))
}

/// `DOMAIN\name` in a text, and no path of Windows and no escape of a programming language.
fn is_windows_sign_in(reading: &Reading, domain: &std::ops::Range<usize>) -> bool {
    let written = reading.letters.get(domain.clone()).unwrap_or_default();
    let name = domain.end + 1;
    let end = reading.end_of_word(name);
    let begins = reading.before(domain.start).is_none_or(|letter| !matches!(letter, '\\' | '/' | ':'));
    (2..=15).contains(&written.len())
        && written.iter().all(|letter| letter.is.is_ascii_uppercase() || letter.is.is_ascii_digit() || letter.is == '-')
        && written.first().is_some_and(|letter| letter.is.is_ascii_uppercase())
        && begins
        && end > name + 1
        && reading.at(end) != Some('\\')
}

/// Letters of an address of IPv6.
pub fn is_v6(letter: char) -> bool {
    letter.is_ascii_hexdigit() || letter == ':' || letter == '.'
}

/// The address of IPv6 that stands there, whole.
pub fn v6(reading: &Reading, range: std::ops::Range<usize>) -> Option<(std::ops::Range<usize>, Ipv6Addr)> {
    let range = reading.trimmed(range, |letter| letter == '.');
    let is_apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    if !is_apart(reading.before(range.start)) || !is_apart(reading.at(range.end)) {
        return None;
    }
    let text = reading.word(&range);
    Some((range, text.parse().ok()?))
}

/// Exchange's own names of persons and servers: `/o=.../ou=.../cn=...`
fn legacy_names(reading: &Reading) -> Vec<std::ops::Range<usize>> {
    let begins: Vec<usize> = (0..reading.letters.len())
        .filter(|place| reading.at(*place) == Some('/') && reading.goes_on_with(*place, &['/', 'o', '=']))
        .collect();
    let ends = |letter: char| "\"'<>\r\n;,&|".contains(letter);
    begins
        .into_iter()
        .map(|from| {
            from..(from..reading.letters.len())
                .find(|place| reading.at(*place).is_none_or(ends))
                .unwrap_or(reading.letters.len())
        })
        .filter(|range| reading.word(range).contains("/cn="))
        .collect()
}

/// The texts of elements that name somebody; of GetUserSettings also `Name` and `Value`.
fn elements(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    if !text.contains("</") {
        return out;
    }
    let content = |from: usize| {
        let rest = text.get(from..)?;
        let rest = rest.get(rest.find('>')? + 1..)?;
        Some(rest.get(..rest.find('<')?)?.trim()).filter(|text| !text.is_empty())
    };
    for name in ELEMENTS {
        for (at, _) in text.match_indices(name) {
            let before = text.get(..at).unwrap_or_default();
            let after = text.get(at + name.len()..).unwrap_or_default();
            let tag = before.rfind('<').and_then(|from| before.get(from..)).unwrap_or_default();
            let opens = tag == "<" || (tag.ends_with(':') && !tag.starts_with("</") && !tag.contains(' '));
            if opens && after.starts_with(['>', ' ']) {
                out.extend(content(at));
            } else if before.ends_with("Name>") && after.starts_with("</") {
                let value = after.find("Value").filter(|value| *value < 40);
                out.extend(value.and_then(|value| content(at + name.len() + value)));
            }
        }
    }
    out
}
