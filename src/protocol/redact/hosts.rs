//! Which host name stands for which, so that what is judged of it stays true?
//!
//! A certificate is judged by the names in it, and cannot be changed: a name that stands in one stays, and
//! so does the domain above it. Of every other name the domain gets a stand-in under the same public
//! suffix, and each label its own, so that what lay under one domain still does. Labels by which everybody
//! calls such hosts, and the hosts of the big clouds, name nobody. A zone inside may have one label alone, its
//! company's name.

use super::vocabulary::is_common;
use crate::order;
use crate::protocol::{cloud, trusted};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Labels that say what a host is for, not whose it is.
const LABELS: &[&str] =
    &["*", "_autodiscover", "_tcp", "autodiscover", "autodiscover-s", "exdiag-no-such-host", "mail", "www"];

/// Hosts and domains of everybody, beside those of Microsoft's clouds.
const PUBLIC: &[&str] = &[
    "microsoft.com",
    "microsoftonline.com",
    "microsoftonline.us",
    "microsoftonline.cn",
    "microsoftonline-p.com",
    "office.com",
    "office.net",
    "office365.com",
    "office365.us",
    "windows.net",
    "live.com",
    "msauth.net",
    "msftauth.net",
    "azure.com",
    "azure.net",
    "azurefd.net",
    "msappproxy.net",
    "outlook.com",
    "nylas.com",
    "google.com",
    "googleapis.com",
    "apple.com",
    "icloud.com",
    "cloudflare.com",
    "w3.org",
    "xmlsoap.org",
    "oasis-open.org",
    "ietf.org",
    "lencr.org",
    "letsencrypt.org",
    "digicert.com",
    "sectigo.com",
    "usertrust.com",
    "globalsign.com",
    "pki.goog",
    "root-servers.net",
    "gtld-servers.net",
    "denic.de",
];

/// What zones inside end in that say nothing of whose they are, beside common words.
const TOPS: &[&str] =
    &["arpa", "home", "intern", "intra", "intranet", "invalid", "lan", "localdomain", "priv", "privat", "zone"];

/// Domains whose customers have a label of their own below.
const RENTED: &[&str] = &[
    "onmicrosoft.com",
    "onmicrosoft.us",
    "partner.onmschina.cn",
    "sharepoint.com",
    "mail.protection.outlook.com",
    "mail.protection.office365.us",
    "mail.protection.partner.outlook.cn",
    "mx.microsoft",
    "msappproxy.net",
];

/// Whether it is a host of the big clouds, or the domain of one.
pub fn is_public(host: &str) -> bool {
    if !host.contains('.') {
        return false;
    }
    let under = |names: &[&str]| names.iter().any(|name| trusted::is_under(host, name));
    rented(host).is_none()
        && (under(PUBLIC) || trusted::is_microsoft(host) || trusted::is_login(host) || cloud::of_host(host).is_some())
}

fn rented(host: &str) -> Option<&'static str> {
    RENTED.iter().copied().find(|name| host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

/// The domain that somebody registered or rents, which is what names him.
pub fn domain(host: &str) -> Option<&str> {
    match rented(host) {
        Some(above) => {
            let labels = host.strip_suffix(above)?.strip_suffix('.')?;
            let from = labels.rfind('.').map_or(0, |dot| dot + 1);
            host.get(from..)
        }
        None => trusted::registered_domain(host),
    }
}

/// The same where these last labels are domains by themselves, as is a stand-in for one.
fn domain_in<'n>(host: &'n str, tops: &BTreeSet<String>) -> Option<&'n str> {
    let top = host.rsplit('.').next().filter(|top| tops.contains(*top) || number("domain-", top).is_some());
    top.or_else(|| domain(host))
}

/// Whether the text can be a host name of several labels, lower case.
pub fn is_name(text: &str) -> bool {
    text.contains('.')
        && text.len() <= 253
        && text.parse::<IpAddr>().is_err()
        && text.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_lowercase() || c.is_numeric() || "-_*".contains(c))
        })
        && text.rsplit('.').next().is_some_and(|last| last.chars().any(char::is_lowercase))
}

/// Names as they were found.
#[derive(Debug, Default)]
pub struct FoundHosts {
    /// Names of several labels, lower case.
    pub names: BTreeSet<String>,
    /// Those that stand in certificates, wildcards too.
    pub certified: BTreeSet<String>,
    /// The domain of the mailbox.
    pub own: Option<String>,
    /// Last labels that are nobody's suffix but a company's own zone.
    pub tops: BTreeSet<String>,
}

impl FoundHosts {
    /// Notes a name; nothing where it is none.
    pub fn note(&mut self, text: &str) {
        let name = text.trim_end_matches('.').to_lowercase();
        if is_name(&name) {
            self.names.insert(name);
        }
    }

    /// Notes that what a host ends in is a zone of its company, where it is neither public nor a common word.
    pub fn note_top(&mut self, host: &str) {
        let top = host.trim_end_matches('.').rsplit_once('.').map(|(_, top)| top.to_lowercase());
        let is_own = |top: &String| {
            top.starts_with(char::is_alphabetic)
                && !is_common(top)
                && !TOPS.contains(&top.as_str())
                && !trusted::is_listed_suffix(top)
        };
        self.tops.extend(top.filter(is_own));
    }

    /// Of these words with dots the hosts of a zone inside: they begin as the house calls its servers, and end in the
    /// name of the house, which a domain or a Windows domain has.
    pub fn inside(
        &self,
        words: &BTreeSet<String>,
        servers: &BTreeSet<String>,
        windows: &BTreeSet<String>,
    ) -> Vec<String> {
        let machines = servers.iter().map(String::as_str).filter(|name| !windows.contains(*name));
        let known: BTreeSet<&str> = order::set(machines.chain(self.first_labels()));
        let kinds: BTreeSet<&str> = order::set(known.iter().map(|label| series(label)).filter(|kind| kind.len() > 1));
        let domains = self.domains();
        let labels = domains.iter().filter_map(|domain| domain.split('.').next());
        let parts = labels.flat_map(|label| [label, label.split('-').next().unwrap_or_default()]);
        let house: BTreeSet<&str> = order::set(
            parts.chain(windows.iter().map(String::as_str)).filter(|part| part.len() > 3 && !is_common(part)),
        );
        let is_inside = |word: &&String| {
            word.split_once('.').zip(word.rsplit('.').next()).is_some_and(|((label, _), top)| {
                let is_known = || known.contains(label) || (is_no_word(label) && kinds.contains(series(label)));
                house.contains(top) && label.len() > 2 && !is_common(label) && is_known()
            })
        };
        words.iter().filter(is_inside).cloned().collect()
    }

    /// Whether a single label is what names end in.
    pub fn is_suffix(&self, label: &str) -> bool {
        self.names.iter().any(|name| name.rsplit('.').next() == Some(label))
    }

    /// The first labels of known hosts that are words of no language.
    pub fn first_labels(&self) -> BTreeSet<&str> {
        self.names
            .iter()
            .chain(&self.certified)
            .filter(|name| !is_public(name))
            .filter_map(|name| name.split('.').next())
            .filter(|label| is_no_word(label) && !LABELS.contains(label))
            .collect()
    }

    /// The domains that the names lie in, as far as they are somebody's own.
    pub fn domains(&self) -> BTreeSet<&str> {
        self.names
            .iter()
            .chain(&self.certified)
            .filter(|name| !is_public(name))
            .filter_map(|name| domain_in(name, &self.tops))
            .collect()
    }
}

/// What stands for what.
#[derive(Debug, Default)]
pub struct Hosts {
    certified: BTreeSet<String>,
    tops: BTreeSet<String>,
    /// Domains, with their stand-ins; those above a name in a certificate with themselves.
    domains: BTreeMap<String, String>,
    /// Labels, with their stand-ins.
    labels: BTreeMap<String, String>,
}

impl Hosts {
    /// Gives each its stand-in; `servers` are the names of servers that have one already.
    pub fn new(found: &FoundHosts, servers: &BTreeMap<String, String>) -> Self {
        let kept: BTreeSet<&str> = order::set(found.certified.iter().filter_map(|name| domain_in(name, &found.tops)));
        let own = found.own.as_deref().and_then(domain);
        let domains = found.domains();
        let mut ordered: Vec<&str> = domains.iter().copied().filter(|name| Some(*name) != own).collect();
        if let Some(own) = own.filter(|own| domains.contains(own)) {
            ordered.insert(0, own);
        }
        let mut numbers = Numbers::of("domain-", ordered.iter().filter_map(|name| name.split('.').next()));
        let (certified, tops) = (found.certified.clone(), found.tops.clone());
        let mut hosts = Self { certified, tops, ..Self::default() };
        for name in ordered {
            let (label, suffix) = name.split_at(name.find('.').unwrap_or(name.len()));
            let other = if kept.contains(name) { name.to_owned() } else { format!("{}{suffix}", numbers.next(label)) };
            hosts.domains.insert(name.to_owned(), other);
        }
        hosts.rent(found);
        let labels: BTreeSet<&str> = order::set(found.names.iter().flat_map(|name| hosts.labels_of(name)));
        let mut numbers = Numbers::of("host-", labels.iter().copied());
        for label in labels {
            let other = servers.get(label).cloned().unwrap_or_else(|| numbers.next(label));
            hosts.labels.insert(label.to_owned(), other);
        }
        hosts
    }

    /// Microsoft's cloud names a customer's mail exchanger by his domain, its dots as hyphens.
    fn rent(&mut self, found: &FoundHosts) {
        let known: Vec<(String, String)> =
            self.domains.iter().map(|(name, other)| (dashed(name), dashed(other))).collect();
        for name in found.names.iter().filter_map(|name| domain(name).filter(|_| rented(name).is_some())) {
            let Some((label, above)) = name.split_once('.') else { continue };
            if let Some((_, other)) = known.iter().find(|(dashed, _)| dashed == label) {
                self.domains.insert(name.to_owned(), format!("{other}.{above}"));
            }
        }
    }

    /// The labels in front of the domain that say who somebody is.
    fn labels_of<'n>(&self, name: &'n str) -> Vec<&'n str> {
        if is_public(name) || self.certified.contains(name) {
            return Vec::new();
        }
        let front = domain_in(name, &self.tops).and_then(|domain| name.strip_suffix(domain)).unwrap_or_default();
        front.split('.').filter(|label| !label.is_empty() && !LABELS.contains(label)).collect()
    }

    /// Whether it is a host name, one of somebody's or of everybody's.
    pub fn is_host(&self, name: &str) -> bool {
        let is_known = |domain: &str| self.domains.contains_key(domain);
        name.contains('.') && (is_public(name) || domain_in(name, &self.tops).is_some_and(is_known))
    }

    /// What stands for a name, in lower case; `None` where it stays.
    pub fn stand_in(&self, name: &str) -> Option<String> {
        if !name.contains('.') || is_public(name) || self.certified.contains(name) {
            return None;
        }
        let domain = domain_in(name, &self.tops)?;
        let other = self.domains.get(domain)?;
        let front = name.strip_suffix(domain)?;
        // one that was not found in its place is hidden all the same
        let label = |label: &str| match self.labels.get(label) {
            Some(other) => other.clone(),
            None if label.is_empty() || LABELS.contains(&label) || number("host-", label).is_some() => label.to_owned(),
            None => "host".to_owned(),
        };
        let front: Vec<String> = front.split('.').map(label).collect();
        let all = format!("{}{other}", front.join("."));
        (all != name).then_some(all)
    }

    /// The first labels of the domains that have a stand-in, with that of the stand-in.
    pub fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = |name: &'_ str| name.split('.').next().unwrap_or_default().len();
        self.domains
            .iter()
            .filter(|(name, other)| name != other)
            .filter_map(move |(name, other)| Some((name.get(..first(name))?, other.get(..first(other))?)))
    }

    /// Labels of hosts that are words of no language, such as `ex01` and `srv-mail`, with their stand-ins.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels
            .iter()
            .filter(|(label, other)| is_no_word(label) && label != other)
            .map(|(label, other)| (label.as_str(), other.as_str()))
    }

    /// How many names have a stand-in.
    pub fn replaced(&self, found: &FoundHosts) -> usize {
        found.names.iter().filter(|name| self.stand_in(name).is_some()).count()
    }

    /// How many names stay because a certificate holds them.
    pub fn kept(&self, found: &FoundHosts) -> usize {
        let above: BTreeSet<&str> = order::set(self.certified.iter().filter_map(|name| domain_in(name, &self.tops)));
        let is_kept =
            |name: &&String| !is_public(name) && (self.certified.contains(*name) || above.contains(name.as_str()));
        found.names.iter().filter(is_kept).count()
    }
}

/// Whether a label is that of a machine, such as `ex01` and `srv-mail`.
fn is_no_word(label: &str) -> bool {
    label.len() > 2
        && label.starts_with(|letter: char| letter.is_alphabetic())
        && label.contains(|letter: char| letter.is_ascii_digit() || letter == '-')
}

/// How a machine and those beside it are called, their number aside.
fn series(label: &str) -> &str {
    label.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-')
}

fn dashed(name: &str) -> String {
    name.replace('.', "-")
}

/// Numbers for stand-ins; what is one already stays what it is.
#[derive(Debug)]
pub struct Numbers {
    prefix: &'static str,
    used: BTreeSet<u64>,
    last: u64,
}

impl Numbers {
    /// For values that begin so; the numbers that these have are taken.
    pub fn of<'v>(prefix: &'static str, values: impl IntoIterator<Item = &'v str>) -> Self {
        let used = values.into_iter().filter_map(|value| number(prefix, value)).collect();
        Self { prefix, used, last: 0 }
    }

    /// Goes on from this number.
    pub fn begin_at(&mut self, number: u64) {
        self.last = number.saturating_sub(1);
    }

    /// The stand-in of a value.
    pub fn next(&mut self, value: &str) -> String {
        if number(self.prefix, value).is_some() {
            return value.to_owned();
        }
        loop {
            self.last += 1;
            if !self.used.contains(&self.last) {
                return format!("{}{}", self.prefix, self.last);
            }
        }
    }
}

/// The number of a stand-in that begins so.
fn number(prefix: &str, value: &str) -> Option<u64> {
    let digits = value.strip_prefix(prefix).filter(|digits| !digits.is_empty() && !digits.starts_with('0'))?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(names: &[&str], certified: &[&str]) -> Hosts {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let own = Some("muster.de".to_owned());
        let found = FoundHosts { names: set(names), certified: set(certified), own, ..FoundHosts::default() };
        Hosts::new(&found, &BTreeMap::new())
    }

    #[test]
    fn a_name_keeps_its_suffix_its_depth_and_its_domain() {
        let names =
            ["muster.de", "autodiscover.muster.de", "ex01.berlin.muster.de", "mail.anders.co.uk", "ex01.muster.local"];
        let cloud = ["outlook.office365.com", "muster-de.mail.protection.outlook.com", "muster.onmicrosoft.com"];
        let hosts = hosts(&[&names[..], &cloud[..]].concat(), &[]);
        let of = |name: &str| hosts.stand_in(name).unwrap_or_else(|| name.to_owned());
        assert_eq!(of("muster.de"), "domain-1.de");
        assert_eq!(of("autodiscover.muster.de"), "autodiscover.domain-1.de");
        assert_eq!(of("ex01.berlin.muster.de"), "host-2.host-1.domain-1.de");
        assert_eq!(of("outlook.office365.com"), "outlook.office365.com");
        assert_eq!(of("muster-de.mail.protection.outlook.com"), "domain-1-de.mail.protection.outlook.com");
        assert_eq!(of("mail.anders.co.uk"), "mail.domain-2.co.uk");
        assert_eq!(of("ex01.muster.local"), "host-2.domain-4.local");
        assert!(!of("muster.onmicrosoft.com").contains("muster"));
    }

    #[test]
    fn a_name_in_a_certificate_stays_and_its_domain_too() {
        let hosts = hosts(&["muster.de", "mail.muster.de", "ex01.muster.de"], &["mail.muster.de", "*.muster.de"]);
        assert_eq!(hosts.stand_in("mail.muster.de"), None);
        assert_eq!(hosts.stand_in("muster.de"), None);
        assert_eq!(hosts.stand_in("ex01.muster.de").as_deref(), Some("host-1.muster.de"));
    }
}
