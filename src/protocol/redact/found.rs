//! Which values of a report name a person, or the network of a company?

use super::hosts::FoundHosts;
use super::letters::{Reading, is_word};
use super::roles::{Role, walk};
use super::vocabulary::{is_common, is_plain};
use super::{addresses, blob, directory, document, friendly, headers, spelling};
use crate::evidence::redact::Kind;
use crate::order;
use crate::protocol::session::DEVICE_ID;
use crate::protocol::x509::{AltName, Certificate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

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
    "FullName",
    "GivenName",
    "Surname",
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
    /// How the owners of devices call them, in lower case.
    pub friendly: BTreeSet<String>,
    /// Units of the directory, such as departments.
    pub units: BTreeSet<String>,
    /// Other forms of values: as they are written, and the value.
    pub aliases: BTreeMap<String, String>,
    /// Certificates, by their DER in base64.
    pub certificates: BTreeSet<String>,
    /// The name of the mailbox, which is numbered first.
    pub first: Option<String>,
    /// Words with dots, which are hosts where they lie below a domain that is known in the end.
    dotted: BTreeSet<String>,
    /// Words before and behind a backslash, which are a sign-in where one of them is known in the end.
    maybe: BTreeSet<(String, String)>,
    /// Texts that were looked at already.
    seen: BTreeSet<String>,
}

impl Found {
    /// Notes all that is found below a value.
    pub fn look(&mut self, value: &mut Value) {
        walk(value, "", Role::Text, &mut |text, role| self.look_at(text, role));
    }

    /// Takes up what is known only now that all was looked at.
    pub fn settle(&mut self) {
        for host in self.inner_hosts() {
            self.hosts.note(&host);
        }
        for host in self.hosts.inside(&self.dotted, &self.servers, &self.windows) {
            self.hosts.note_top(&host);
            self.hosts.note(&host);
        }
        let domains: BTreeSet<String> = order::set(self.hosts.domains().into_iter().map(str::to_owned));
        let labels: BTreeSet<&str> = order::set(domains.iter().filter_map(|domain| domain.split('.').next()));
        let mut sure = Vec::new();
        for (domain, name) in &self.maybe {
            let is_known = self.values.get(name) == Some(&Kind::Name)
                || self.windows.contains(domain)
                || labels.contains(domain.as_str())
                || super::hosts::domain(domain).is_some_and(|domain| domains.contains(domain));
            if is_known {
                sure.push((domain.clone(), name.clone()));
            }
        }
        let is_below = |word: &&String| {
            let mut rest = word.as_str();
            std::iter::from_fn(|| {
                rest = rest.split_once('.')?.1;
                Some(rest)
            })
            .any(|above| domains.contains(above))
        };
        let hosts: Vec<String> = self.dotted.iter().filter(is_below).cloned().collect();
        for host in &hosts {
            self.hosts.note(host);
        }
        for (domain, name) in sure {
            self.windows_domain(&domain);
            self.name(&name);
        }
    }

    /// Words with dots that begin as a known server is called: `ex01.corp.local`.
    fn inner_hosts(&self) -> Vec<String> {
        let labels = self.hosts.first_labels();
        let is_server =
            |label: &str| self.servers.contains(label) && !is_common(label) && !self.windows.contains(label);
        let begins = |word: &&String| {
            word.split_once('.').is_some_and(|(label, above)| {
                above.contains('.') && label.len() > 2 && (labels.contains(label) || is_server(label))
            })
        };
        self.dotted.iter().filter(begins).cloned().collect()
    }

    fn look_at(&mut self, text: &str, role: Role<'_>) {
        match role {
            Role::Fixed => {}
            Role::Signed => self.certificate(text),
            Role::Whole(Kind::File) => self.files.extend(parts(text).map(str::to_owned)),
            Role::Whole(kind) => self.value(text, kind),
            Role::SignIn => self.sign_in(text),
            Role::Host => {
                self.host(text);
                self.hosts.note_top(text);
            }
            Role::Address => self.address(text),
            Role::Tenant | Role::Organisation => self.tenant(text),
            Role::Thing => self.thing(text),
            Role::Friendly => self.friendly(text),
            Role::Header(name) => {
                if matches!(name, "www-authenticate" | "proxy-authenticate") {
                    self.realm(text);
                }
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

    /// Notes what a device or a program calls itself.
    pub fn thing(&mut self, text: &str) {
        if let Some(owner) = spelling::owner(text) {
            self.name(&spelling::bare(owner));
        }
        self.text(text, false);
    }

    fn friendly(&mut self, text: &str) {
        let name = text.trim().to_lowercase();
        self.friendly.extend((!name.is_empty()).then_some(name));
        self.thing(text);
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
            self.ip(address);
        } else if text.contains('.') {
            self.hosts.note(text);
        } else if text != "localhost" && !text.is_empty() {
            self.server(text);
        }
    }

    /// What a challenge says of who asks: the name of a server, or that of a company.
    fn realm(&mut self, text: &str) {
        for realm in headers::realms(text) {
            if realm.contains(char::is_whitespace) && !is_plain(realm) {
                self.tenant(realm);
            } else if !is_common(&realm.to_lowercase()) && !realm.contains(['@', '\\', '/']) {
                self.host(realm);
            }
        }
    }

    fn ip(&mut self, address: IpAddr) {
        self.addresses.insert(match address {
            IpAddr::V6(outer) => addresses::embedded(outer).map_or(address, IpAddr::V4),
            IpAddr::V4(_) => address,
        });
    }

    fn address(&mut self, text: &str) {
        let address = text.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
        match address {
            Ok(address) => self.ip(address),
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
        // most answers are those of another address once more
        if !self.seen.insert(format!("{numbers} {text}")) {
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
        for range in friendly::names(text) {
            self.friendly(text.get(range).unwrap_or_default());
        }
        if let Some(shown) = Reading::shown(text) {
            self.words(&shown, numbers);
        }
        let reading = Reading::new(text);
        self.words(&reading, numbers);
        for shown in shown_in(text) {
            self.value(&shown, Kind::Name);
        }
        for (_, address) in addresses::v6_in(&reading) {
            self.ip(IpAddr::V6(address));
        }
        for range in directory::legacy(&reading) {
            self.value(&reading.word(&range), Kind::Name);
        }
        for share in directory::shares(&reading) {
            self.host(&reading.word(&share.server));
            self.files.extend(parts(&reading.written(&share.path)).map(str::to_owned));
        }
        for name in directory::distinguished(&reading) {
            self.distinguished(&reading, &name);
        }
    }

    /// What words say by what stands around them; as a text is shown, those that cannot be read otherwise.
    fn words(&mut self, reading: &Reading, numbers: bool) {
        for range in reading.runs(is_word) {
            let range = reading.trimmed(range, |letter| ".-'+~".contains(letter));
            if reading.is_shown && !reading.is_cut(&range) {
                continue;
            }
            let word = reading.word(&range);
            let (before, next) = (reading.before(range.start), reading.at(range.end));
            let key = if before == Some('=') { reading.word_before(range.start - 1) } else { String::new() };
            let is_address = next == Some('@') && is_domain(reading, range.end + 1);
            if word.contains('.') {
                if word.ends_with(".in-addr.arpa") || word.ends_with(".ip6.arpa") {
                    self.hosts.note(&word);
                } else {
                    self.dotted.insert(word.clone());
                }
            }
            if let Some(owner) = spelling::owner_in(reading, &range, &word) {
                self.name(&owner);
            }
            if is_address && before == Some('/') && directory::is_service(&reading.word_before(range.start - 1)) {
                self.host(&word);
            } else if is_address && !word.is_empty() {
                self.name(&word);
                if let Some(shown) = shown_before(reading, range.start) {
                    self.value(&shown, Kind::Name);
                }
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
                // that of quoted-printable is a sign itself
                if reading.is_shown || !word.starts_with("3d") {
                    self.name(&word);
                }
            } else if word.starts_with("s-1-5-21-") {
                self.value(&word, Kind::Name);
            } else if is_guid(&word) && (matches!(before, Some('/' | '@')) || key == "realm" || key == "tenant") {
                self.tenant(&word);
            }
            if next == Some('\\')
                && let Some(found) = directory::sign_in(reading, &range)
            {
                let name = reading.word(&found.name);
                if found.is_sure {
                    self.windows_domain(&word);
                    self.name(&name);
                } else {
                    self.maybe.insert((word.clone(), name));
                }
            }
            if let Ok(address) = word.parse::<Ipv4Addr>() {
                let before_that = range.start.checked_sub(2).and_then(|place| reading.at(place));
                if numbers && !addresses::is_version(&word, before, before_that) {
                    self.addresses.insert(IpAddr::V4(address));
                }
            }
        }
    }

    /// A person, or a server; units; and the domain.
    fn distinguished(&mut self, reading: &Reading, name: &directory::Distinguished) {
        let of = |range: &std::ops::Range<usize>| reading.word(range);
        let is_person = directory::is_person(reading, name);
        for (number, (attribute, value)) in name.iter().enumerate().filter(|(_, (attribute, _))| attribute != "dc") {
            let value = of(value);
            let bare = value.replace('\\', "");
            match number {
                0 if is_person => {
                    self.value(&bare, Kind::Name);
                    if bare != value {
                        self.aliases.insert(value, bare);
                    }
                }
                0 if attribute == "cn" && !bare.contains(char::is_whitespace) => self.host(&bare),
                _ if !is_plain(&value) => drop(self.units.insert(value)),
                _ => {}
            }
        }
        self.hosts.note(&directory::domain(reading, name));
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

/// Keys of a name of one word.
const GIVEN: &[&str] = &["givenname", "given_name", "firstname", "surname", "lastname", "familyname", "family_name"];

/// The names of a script, of attributes or of JSON that has no end: `"displayName":"Anna Muster"`,
/// `displayName="Anna Muster"`, `"given_name":"Anna"`.
fn shown_in(text: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let is_given = |key: &str| GIVEN.contains(&key);
    let value = |(at, key): (usize, &str)| {
        let is_inside = lower.get(..at)?.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        if is_inside && key != "displayname" {
            return None;
        }
        let rest = lower.get(at + key.len()..)?.trim_start_matches(['\\', '"', '\'']).trim_start();
        let rest = rest.strip_prefix([':', '='])?.trim_start().trim_start_matches('\\');
        let quote = rest.chars().next().filter(|letter| matches!(letter, '"' | '\''))?;
        let value = rest.get(1..)?.split([quote, '\\', '<', '\n']).next()?;
        let is_one = is_given(key)
            && value.chars().count() > 2
            && value.chars().all(|letter| letter.is_alphabetic() || "'- ".contains(letter))
            && !is_plain(value);
        (is_one || spelling::words(value).is_some()).then(|| value.to_owned())
    };
    // what else has a name is a person only beside one
    let is_person = GIVEN.iter().any(|key| lower.contains(key));
    let keys = GIVEN.iter().copied().chain(["name"]).filter(|_| is_person).chain(["displayname"]);
    keys.flat_map(|key| lower.match_indices(key)).filter_map(value).collect()
}

/// The name that is shown before an address: `Anna Muster <anna@corp.example>`.
fn shown_before(reading: &Reading, address: usize) -> Option<String> {
    let bracket = address.checked_sub(1).filter(|place| reading.at(*place) == Some('<'))?;
    let mut end = bracket;
    while reading.before(end) == Some(' ') {
        end -= 1;
    }
    let is_quoted = reading.before(end) == Some('"');
    end -= usize::from(is_quoted);
    let mut from = end;
    let belongs = |letter: char| {
        if is_quoted { letter != '"' && letter != '\n' } else { letter.is_alphabetic() || " .,'-".contains(letter) }
    };
    while reading.before(from).is_some_and(belongs) && end - from < 60 {
        from -= 1;
    }
    let range = reading.trimmed(from..end, |letter| letter == ' ' || letter == ',');
    // prose before it is no name
    let written = reading.written(&range);
    let capital = written.split(' ').rev().take_while(|word| word.starts_with(char::is_uppercase)).count();
    let words: Vec<&str> = written.split(' ').collect();
    let shown = if is_quoted { written.clone() } else { words.get(words.len() - capital..)?.join(" ") };
    let shown = shown.trim_matches([' ', ',']).to_lowercase();
    spelling::words(&shown).map(|_| shown)
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
