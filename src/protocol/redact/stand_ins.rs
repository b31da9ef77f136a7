//! What stands for each value, and where in a text does it have to stand?

use super::found::{Found, is_guid, parts};
use super::hosts::{Hosts, Numbers};
use super::letters::{Reading, elements, is_word};
use super::roles::{Role, walk};
use super::spelling::Spellings;
use super::vocabulary::{is_common, is_plain_file};
use super::{addresses, blob, directory, document, friendly, headers};
use crate::evidence::redact::{Kind, Left, Level, Redacted};
use crate::order;
use crate::protocol::ntlm::{self, Names};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// What stands for one value.
#[derive(Debug, Clone)]
struct StandIn {
    text: String,
    /// Whether the value is replaced wherever it stands alone, not only where a field says what it is.
    anywhere: bool,
}

/// All stand-ins of a report.
#[derive(Debug)]
pub struct StandIns {
    level: Level,
    values: HashMap<String, StandIn>,
    /// Values of several words, or with letters that no word has, in all their spellings.
    spellings: Spellings,
    servers: BTreeMap<String, String>,
    windows: BTreeMap<String, String>,
    /// Words that stand for a host or a domain wherever they stand alone.
    labels: HashMap<String, String>,
    units: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    hosts: Hosts,
    addresses: BTreeMap<IpAddr, IpAddr>,
    removed: BTreeMap<Kind, u64>,
    headers: Cell<u64>,
    /// Texts, and what became of them: most stand in a report many times.
    known: RefCell<HashMap<String, String>>,
}

/// Letters that end a word where they stand at its end.
fn is_edge(letter: char) -> bool {
    matches!(letter, '.' | '-' | '\'' | '+' | '~')
}

impl StandIns {
    /// Gives every value that was found its stand-in, as far as the level asks for it.
    pub fn new(found: &Found, level: Level, number: u64) -> Self {
        let is_full = level == Level::Full;
        let mut removed = BTreeMap::new();
        let mut values = HashMap::new();
        let mut spellings = Spellings::default();
        for (kind, prefix) in
            [(Kind::Name, "user-"), (Kind::Device, "device-"), (Kind::Account, "account-"), (Kind::Folder, "folder-")]
        {
            let mut of_kind: Vec<&str> =
                found.values.iter().filter(|(_, of)| **of == kind).map(|(value, _)| value.as_str()).collect();
            if kind == Kind::Account && is_full {
                of_kind.extend(found.tenants.iter().map(String::as_str).filter(|id| !found.values.contains_key(*id)));
            }
            let is_free = |value: &&str| !found.values.contains_key(*value);
            if kind == Kind::Device {
                of_kind.extend(found.friendly.iter().map(String::as_str).filter(is_free));
            }
            // the mailbox itself is the first
            order::by_key(&mut of_kind, |value| kind != Kind::Name || found.first.as_deref() != Some(value));
            let mut numbers = Numbers::of(prefix, of_kind.iter().copied());
            // two mailboxes of a run have two names
            if kind == Kind::Name {
                numbers.begin_at(number);
            }
            let mut ids = GuidNumbers::of(&of_kind);
            for value in of_kind {
                let other = if is_guid(value) && kind == Kind::Account { ids.next(value) } else { numbers.next(value) };
                if other != value {
                    *removed.entry(kind).or_insert(0) += 1;
                }
                let is_short = value.len() < if kind == Kind::Name { 3 } else { 5 };
                // a device may be called like its product, which stands elsewhere too
                let is_own = kind != Kind::Device || found.values.contains_key(value);
                let anywhere = is_own && !is_short && !is_common(value) && value.chars().any(char::is_alphabetic);
                if is_own && !value.chars().all(is_word) && value.chars().count() > 3 {
                    spellings.add(value, &other);
                }
                if kind == Kind::Name {
                    spellings.add_name(value, &other, |name| found.values.contains_key(name));
                }
                values.insert(value.to_owned(), StandIn { text: other, anywhere });
            }
        }
        for (alias, value) in &found.aliases {
            if let Some(other) = values.get(value).cloned() {
                spellings.add(alias, &other.text);
                values.entry(alias.clone()).or_insert(other);
            }
        }
        spellings.sort();
        let mut files = BTreeMap::new();
        let mut numbers =
            Numbers::of("file-", found.files.iter().map(|file| file.split('.').next().unwrap_or_default()));
        for file in found.files.iter().filter(|file| !is_plain_file(file)) {
            let (stem, ending) = file.split_once('.').map_or((file.as_str(), String::new()), |(stem, rest)| {
                let last = rest.rsplit('.').next().unwrap_or_default();
                (stem, if is_plain_file(last) { format!(".{last}") } else { String::new() })
            });
            files.insert(file.clone(), format!("{}{ending}", numbers.next(stem)));
        }
        let changed = files.iter().filter(|(file, other)| file != other).count() as u64;
        let all: Vec<(Kind, u64)> = vec![(Kind::File, changed)];
        let mut this = Self {
            level,
            values,
            spellings,
            servers: BTreeMap::new(),
            windows: BTreeMap::new(),
            labels: HashMap::new(),
            units: BTreeMap::new(),
            files,
            hosts: Hosts::default(),
            addresses: BTreeMap::new(),
            removed,
            headers: Cell::new(0),
            known: RefCell::default(),
        };
        this.count(all);
        if is_full {
            this.name_the_network(found);
        } else {
            // what is a host is no person's name, whatever its labels are
            this.hosts = Hosts::new(&found.hosts, &BTreeMap::new());
        }
        this
    }

    fn name_the_network(&mut self, found: &Found) {
        let numbered = |prefix: &'static str, all: &BTreeSet<String>| -> BTreeMap<String, String> {
            let mut numbers = Numbers::of(prefix, all.iter().map(String::as_str));
            all.iter().map(|value| (value.clone(), numbers.next(value))).collect()
        };
        self.windows = numbered("ad-", &found.windows);
        // the DNS speaks of whole zones too, such as `de`
        let is_server = |name: &&String| !found.windows.contains(*name) && !found.hosts.is_suffix(name);
        let servers = found.servers.iter().filter(is_server).cloned().collect();
        self.servers = numbered("server-", &servers);
        self.servers.extend(self.windows.clone());
        self.hosts = Hosts::new(&found.hosts, &self.servers);
        self.units = numbered("unit-", &found.units);
        let is_own = |label: &&str| !is_common(label) && label.len() > 3;
        self.labels = self.hosts.words().filter(|(label, _)| is_own(label)).map(owned).collect();
        self.labels.extend(self.hosts.labels().filter(|(label, _)| !is_common(label)).map(owned));
        self.labels.extend(self.servers.iter().filter(|(name, _)| name.len() > 2 && !is_common(name)).map(cloned));
        self.addresses = addresses::stand_ins(&found.addresses, &found.kept);
        let is_changed = |all: &BTreeMap<String, String>| all.iter().filter(|(value, other)| value != other).count();
        let servers = is_changed(&self.servers) + is_changed(&self.units);
        let hosts = servers + self.hosts.replaced(&found.hosts);
        let addresses = self.addresses.iter().filter(|(address, other)| address != other).count();
        self.count([(Kind::Host, hosts as u64), (Kind::Address, addresses as u64)]);
    }

    fn count(&mut self, counts: impl IntoIterator<Item = (Kind, u64)>) {
        for (kind, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            *self.removed.entry(kind).or_insert(0) += count;
        }
    }

    fn is_full(&self) -> bool {
        self.level == Level::Full
    }

    /// Replaces all that stands below a value.
    pub fn replace(&self, value: &mut Value) {
        walk(value, "", Role::Text, &mut |text, role| {
            let changed = self.of(text, role);
            if changed != *text {
                *text = changed;
            }
        });
    }

    /// The list of what was replaced, with what an earlier one says.
    pub fn list(&self, found: &Found, before: Option<Redacted>) -> Redacted {
        let mut removed = self.removed.clone();
        if self.headers.get() > 0 {
            removed.insert(Kind::Header, self.headers.get());
        }
        for (kind, count) in before.iter().flat_map(|before| &before.removed) {
            *removed.entry(*kind).or_insert(0) += count;
        }
        let names = if self.is_full() { self.hosts.kept(&found.hosts) } else { 0 };
        let left = [(Left::Certificate, found.certificates.len()), (Left::CertificateName, names)];
        Redacted {
            level: before.map_or(self.level, |before| before.level.max(self.level)),
            removed,
            left: left.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what, count as u64)).collect(),
        }
    }

    /// A text that the user typed: a mailbox, an account, a device, a part of a user agent.
    pub fn asked(&self, text: &str) -> String {
        self.whole(text).unwrap_or_else(|| self.of(text, Role::SignIn))
    }

    fn of(&self, text: &str, role: Role<'_>) -> String {
        match role {
            Role::Fixed | Role::Signed => text.to_owned(),
            Role::Whole(Kind::File) => self.path(text),
            Role::Whole(_) => self.whole(text).unwrap_or_else(|| self.text(text)),
            Role::Tenant | Role::Organisation if !self.is_full() => text.to_owned(),
            Role::Tenant | Role::Organisation => self.whole(text).unwrap_or_else(|| self.text(text)),
            Role::SignIn => self.sign_in(text),
            Role::Host => self.host(text),
            Role::Address => self.address(text),
            Role::Header(name) => self.header(name, text),
            Role::Thing => self.thing(text),
            Role::Friendly => self.whole(text).unwrap_or_else(|| self.thing(text)),
            Role::Text => self.text(text),
        }
    }

    fn whole(&self, text: &str) -> Option<String> {
        self.values.get(&text.trim().to_lowercase()).map(|other| other.text.clone())
    }

    fn sign_in(&self, text: &str) -> String {
        let (domain, name) = text.rsplit_once('\\').map_or((None, text), |(domain, name)| (Some(domain), name));
        let name = match name.rsplit_once('@') {
            Some((local, host)) => {
                let local = self.whole(local).unwrap_or_else(|| self.text(local));
                format!("{local}@{}", self.host(host))
            }
            None => self.whole(name).unwrap_or_else(|| self.text(name)),
        };
        match domain {
            Some(domain) => format!("{}\\{name}", self.server(domain)),
            None => name,
        }
    }

    /// A host name, an address, or the name of a server or a Windows domain.
    fn server(&self, text: &str) -> String {
        self.servers.get(&text.to_lowercase()).cloned().unwrap_or_else(|| self.host(text))
    }

    fn host(&self, text: &str) -> String {
        if !self.is_full() {
            return text.to_owned();
        }
        if text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok() {
            return self.address(text);
        }
        let name = text.to_lowercase();
        let other = self.hosts.stand_in(&name).or_else(|| self.servers.get(&name).cloned());
        other.unwrap_or_else(|| if name.contains('.') { text.to_owned() } else { self.text(text) })
    }

    fn address(&self, text: &str) -> String {
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.stand_in_of(address).map_or_else(|| text.to_owned(), |other| other.to_string());
        }
        match text.parse::<SocketAddr>() {
            Ok(socket) => match self.stand_in_of(socket.ip()) {
                Some(other) => SocketAddr::new(other, socket.port()).to_string(),
                None => text.to_owned(),
            },
            Err(_) => self.text(text),
        }
    }

    fn stand_in_of(&self, address: IpAddr) -> Option<IpAddr> {
        addresses::stand_in(address, &self.addresses)
    }

    /// What calls itself after a person that is known by more than one word: `Anna iPhone`.
    pub fn thing(&self, text: &str) -> String {
        let text = self.text(text);
        let reading = Reading::new(&text);
        let words = reading.runs(char::is_alphabetic).into_iter();
        let parts = words.filter_map(|range| {
            let other = self.spellings.part(&reading.word(&range))?;
            Some((reading.stretch(&range), other.to_owned()))
        });
        written(&text, parts.collect())
    }

    fn path(&self, text: &str) -> String {
        let mut out = text.to_owned();
        let mut end = text.len();
        for part in parts(text).collect::<Vec<_>>().into_iter().rev() {
            let Some(at) = text.get(..end).and_then(|before| before.rfind(part)) else { continue };
            if let Some(other) = self.files.get(part) {
                out.replace_range(at..at + part.len(), other);
            }
            end = at;
        }
        out
    }

    fn header(&self, name: &str, text: &str) -> String {
        if !self.is_full() {
            return self.text(text);
        }
        if !headers::is_read(name) {
            if text != "…" {
                self.headers.set(self.headers.get() + 1);
            }
            return "…".to_owned();
        }
        if headers::NAME_SERVERS.contains(&name) {
            let mut out = text.to_owned();
            for server in headers::servers(text) {
                out = out.replace(server, &self.server(server));
            }
            return out;
        }
        if name == "set-cookie" { self.text(&headers::cookie(text)) } else { self.text(text) }
    }

    fn text(&self, text: &str) -> String {
        if let Some(mut value) = document(text) {
            let before = value.clone();
            self.replace(&mut value);
            return if value == before { text.to_owned() } else { value.to_string() };
        }
        if let Some(known) = self.known.borrow().get(text) {
            return known.clone();
        }
        let mut changes = self.friendly(text);
        changes.extend(self.blobs(text));
        if let Some(shown) = Reading::shown(text) {
            self.change(&shown, text, &mut changes);
        }
        self.change(&Reading::new(text), text, &mut changes);
        let out = written(text, changes);
        self.known.borrow_mut().insert(text.to_owned(), out.clone());
        out
    }

    /// Adds what is to be replaced in a reading of a text, where nothing is yet. What a text is cut by stays behind
    /// the stand-in: XML has to stay whole.
    fn change(&self, reading: &Reading, text: &str, changes: &mut Vec<(Range<usize>, String)>) {
        let marked = [self.shares_in(reading), self.distinguished_in(reading)];
        let all = marked.into_iter().chain([self.spellings.found_in(reading), self.words_in(reading)]).flatten();
        for (range, mut other) in all {
            let stretch = reading.stretch(&range);
            let is_free = changes.iter().all(|(taken, _)| taken.end <= stretch.start || stretch.end <= taken.start);
            if !is_free || stretch.is_empty() || (reading.is_shown && !reading.is_cut(&range)) {
                continue;
            }
            if reading.is_shown {
                other.push_str(&elements(text.get(stretch.clone()).unwrap_or_default()));
            }
            changes.push((stretch, other));
        }
    }

    /// How the owners of devices call them.
    fn friendly(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let one = |range: Range<usize>| Some((range.clone(), self.whole(text.get(range)?)?));
        friendly::names(text).into_iter().filter_map(one).collect()
    }

    /// Servers and folders in `\\server\share`.
    fn shares_in(&self, reading: &Reading) -> Vec<(Range<usize>, String)> {
        let mut out = Vec::new();
        for share in directory::shares(reading) {
            if self.is_full() {
                out.push((share.server.clone(), self.server(&reading.written(&share.server))));
            }
            let mut from = share.path.start;
            for place in share.path.clone().chain([share.path.end]) {
                if place < share.path.end && reading.at(place) != Some('\\') {
                    continue;
                }
                let part = from..place;
                from = place + 1;
                if let Some(other) = self.files.get(&reading.written(&part)) {
                    out.push((part, other.clone()));
                }
            }
        }
        out
    }

    /// What names somebody in `cn=anna,ou=users,dc=corp,dc=local`.
    fn distinguished_in(&self, reading: &Reading) -> Vec<(Range<usize>, String)> {
        let mut out = Vec::new();
        for name in directory::distinguished(reading) {
            let domain = self.host(&directory::domain(reading, &name));
            let mut labels = domain.split('.');
            for (attribute, range) in name {
                let value = reading.word(&range);
                let other = match attribute.as_str() {
                    "dc" if self.is_full() => labels.next().map(str::to_owned),
                    "dc" => None,
                    _ => self
                        .whole(&value)
                        .or_else(|| self.units.get(&value).cloned())
                        .or_else(|| self.servers.get(&value).cloned()),
                };
                out.extend(other.map(|other| (range, other)));
            }
        }
        out
    }

    fn blobs(&self, text: &str) -> Vec<(Range<usize>, String)> {
        let mut changes = Vec::new();
        let mut from = 0;
        for token in blob::tokens(text) {
            let Some(at) = text.get(from..).and_then(|rest| rest.find(token)).map(|at| from + at) else { continue };
            from = at + token.len();
            if let Some(other) = self.blob(token) {
                changes.push((at..from, other));
            }
        }
        changes
    }

    fn blob(&self, token: &str) -> Option<String> {
        if let Some(names) = blob::windows_names(token) {
            let of = |name: Option<String>| name.map(|name| self.server(&name));
            let Names { domain, dns_domain, computer } = names;
            return self.is_full().then(|| {
                ntlm::render(&Names { domain: of(domain), dns_domain: of(dns_domain), computer: of(computer) })
            });
        }
        if let Some(inner) = blob::inner_text(token) {
            let other = self.text(&inner);
            return (other != inner).then(|| blob::written_as(token, &other));
        }
        let names_somebody = |word: &String| {
            self.values.get(word).is_some_and(|other| other.anywhere && other.text != *word)
                || self.hosts_in(word).is_some()
                || self.servers.get(word).is_some_and(|other| other != word && !is_common(word))
        };
        blob::inner_words(token).iter().any(names_somebody).then(|| blob::CUT.to_owned())
    }

    fn hosts_in(&self, word: &str) -> Option<String> {
        self.is_full().then(|| self.hosts.stand_in(word)).flatten()
    }

    fn words_in(&self, reading: &Reading) -> Vec<(Range<usize>, String)> {
        let mut out = Vec::new();
        if self.is_full() {
            for (range, address) in addresses::v6_in(reading) {
                out.extend(self.stand_in_of(IpAddr::V6(address)).map(|other| (range, other.to_string())));
            }
        }
        for range in reading.runs(is_word) {
            let range = reading.trimmed(range, is_edge);
            if reading.is_shown && !reading.is_cut(&range) {
                continue;
            }
            let word = reading.word(&range);
            match self.word(reading, &range, &word) {
                Some(other) if other == word => {}
                Some(other) => out.push((range, other)),
                None => self.pieces(reading, range, &["_+'~", "_+'~.-"], &mut out),
            }
        }
        out
    }

    /// What stands for a word where it stands; itself where it is known to stay.
    fn word(&self, reading: &Reading, range: &Range<usize>, word: &str) -> Option<String> {
        let (before, next) = (reading.before(range.start), reading.at(range.end));
        let key = if before == Some('=') { reading.word_before(range.start.saturating_sub(1)) } else { String::new() };
        let says_who = next == Some('@')
            || before == Some('\\')
            || key == "deviceid"
            || headers::USER_KEYS.contains(&key.as_str());
        let is_markup = before == Some('<')
            || (before == Some('/') && range.start.checked_sub(2).and_then(|place| reading.at(place)) == Some('<'))
            || (next == Some('=') && before.is_none_or(|letter| letter.is_whitespace() || "?&".contains(letter)));
        if let Some(other) = self.values.get(word)
            && (says_who || (other.anywhere && !is_markup))
        {
            return Some(other.text.clone());
        }
        if next == Some('\\')
            && let Some(other) = self.windows.get(word)
        {
            return Some(other.clone());
        }
        if let Some(other) = self.spellings.greeted(reading, range.start, word) {
            return Some(other.to_owned());
        }
        if self.is_full()
            && let Some(other) = self.hosts.stand_in(word)
        {
            return Some(other);
        }
        if self.hosts.is_host(word) {
            return Some(word.to_owned());
        }
        if !self.is_full() {
            return None;
        }
        if let Some(other) = word.parse().ok().and_then(|address| self.stand_in_of(address)) {
            return Some(other.to_string());
        }
        let is_host = before == Some('/')
            && range.start.checked_sub(3).is_some_and(|at| reading.goes_on_with(at, &[':', '/', '/']));
        let server = self.servers.get(word).filter(|_| is_host);
        server.or_else(|| self.labels.get(word).filter(|_| !is_markup)).cloned()
    }

    /// The parts of a word between these letters, of which some may be a name.
    fn pieces(&self, reading: &Reading, range: Range<usize>, apart: &[&str], out: &mut Vec<(Range<usize>, String)>) {
        let Some((letters, finer)) = apart.split_first() else { return };
        let mut from = range.start;
        for place in range.clone().chain([range.end]) {
            let is_end = place == range.end || reading.at(place).is_some_and(|letter| letters.contains(letter));
            if !is_end {
                continue;
            }
            let piece = from..place;
            from = place + 1;
            if piece == range {
                return self.pieces(reading, range, finer, out);
            }
            let word = reading.word(&piece);
            let is_owner = reading.at(piece.end) == Some('\'');
            if word.chars().count() < if is_owner { 3 } else { 4 } {
                continue;
            }
            match self.word(reading, &piece, &word) {
                Some(other) if other == word => {}
                Some(other) => out.push((piece, other)),
                None => self.pieces(reading, piece, finer, out),
            }
        }
    }
}

/// A text with other words in these places.
fn written(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    order::by_key(&mut changes, |(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (range, other) in changes {
        out.push_str(text.get(done..range.start).unwrap_or_default());
        out.push_str(&other);
        // `user-12` is another one
        let is_digit = |letter: char| letter.is_ascii_digit();
        if other.ends_with(is_digit) && text.get(range.end..).is_some_and(|rest| rest.starts_with(is_digit)) {
            out.push('-');
        }
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

fn owned((word, other): (&str, &str)) -> (String, String) {
    (word.to_owned(), other.to_owned())
}

fn cloned((word, other): (&String, &String)) -> (String, String) {
    (word.clone(), other.clone())
}

/// Numbers for stand-ins of GUIDs, which keep that form.
struct GuidNumbers {
    used: BTreeSet<u64>,
    last: u64,
}

/// How a stand-in for a GUID begins.
pub const GUID: &str = "00000000-0000-4000-8000-";

impl GuidNumbers {
    fn number(value: &str) -> Option<u64> {
        u64::from_str_radix(value.strip_prefix(GUID)?, 16).ok()
    }

    fn of(values: &[&str]) -> Self {
        Self { used: values.iter().filter_map(|value| Self::number(value)).collect(), last: 0 }
    }

    fn next(&mut self, value: &str) -> String {
        if Self::number(value).is_some() {
            return value.to_owned();
        }
        loop {
            self.last += 1;
            if !self.used.contains(&self.last) {
                return format!("{GUID}{:012x}", self.last);
            }
        }
    }
}
