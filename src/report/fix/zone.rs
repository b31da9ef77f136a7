//! How are the records that findings ask for written as a zone file has them (RFC 1035, 5.1)?

use super::{Piece, heading, lacking, prose};
use crate::finding::{Lang, Text, harmless};
use crate::text;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Before prose; what stands behind a single `;` is a record that could be used.
const MARK: &str = ";; ";

/// A record whose every part is what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Record {
    name: String,
    ttl: u32,
    data: Data,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Cname(String),
    Srv { priority: u16, weight: u16, port: u16, target: String },
}

impl Record {
    /// Reads `name. ttl IN type data`; `None` where any of it is not that.
    fn parse(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, ttl, "IN", rtype, data @ ..] = words.as_slice() else { return None };
        let name = domain_name(name)?;
        let data = match (*rtype, data) {
            ("A", [address]) => Data::A(address.parse().ok()?),
            ("AAAA", [address]) => Data::Aaaa(address.parse().ok()?),
            ("CNAME", [target]) => Data::Cname(domain_name(target).filter(|target| *target != name)?),
            ("SRV", [priority, weight, port, target]) => Data::Srv {
                priority: priority.parse().ok()?,
                weight: weight.parse().ok()?,
                port: port.parse().ok()?,
                target: domain_name(target)?,
            },
            _ => return None,
        };
        // RFC 2181, 8
        let ttl = ttl.parse().ok().filter(|ttl| *ttl < 1 << 31)?;
        Some(Self { name, ttl, data })
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} IN ", self.name, self.ttl)?;
        match &self.data {
            Data::A(address) => write!(f, "A {address}"),
            Data::Aaaa(address) => write!(f, "AAAA {address}"),
            Data::Cname(target) => write!(f, "CNAME {target}"),
            Data::Srv { priority, weight, port, target } => write!(f, "SRV {priority} {weight} {port} {target}"),
        }
    }
}

/// A whole name with its final dot, lower case: labels of letters, digits, hyphens and underscores (RFC 1035, 2.3.1;
/// RFC 2782), of at most 63 octets, at most 255 together. Nothing in it needs a backslash.
fn domain_name(text: &str) -> Option<String> {
    let labels = text.strip_suffix('.')?;
    let plain = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    (text.len() < 255 && labels.split('.').all(plain)).then(|| text.to_ascii_lowercase())
}

/// The records, each below a comment; a second one for a name is an alternative and stands as a comment.
pub(super) fn zone(pieces: &[&Piece<'_>], domain: &str, lang: Lang) -> String {
    let mut out = Vec::new();
    let intro = text!(
        "DNS records, as exdiag proposes them; it has changed nothing.",
        "DNS-Einträge, wie exdiag sie vorschlägt; geändert hat es nichts.",
    );
    prose(&mut out, MARK, MARK, intro.of(lang));
    let mut told: Vec<Record> = Vec::new();
    let mut before: Option<&Piece<'_>> = None;
    for piece in pieces {
        heading(&mut out, MARK, piece, before);
        before = Some(piece);
        for (at, (line, lacks)) in piece.parts.iter().enumerate() {
            let record = Record::parse(line);
            let why = match &record {
                _ if !lacks.is_empty() => None,
                None => Some(text!(
                    "No name of the DNS can look like this; correct it before you use it:",
                    "So kann kein Name im DNS lauten; berichtigen Sie ihn, bevor Sie die Zeile verwenden:",
                )),
                Some(record) => unfit(record, at, &told, domain),
            };
            lacking(&mut out, MARK, lacks, lang);
            if let Some(why) = why {
                prose(&mut out, MARK, MARK, why.of(lang));
            }
            match record.filter(|_| lacks.is_empty() && why.is_none()) {
                Some(record) => {
                    if matches!(record.data, Data::Cname(_)) {
                        let alone = text!(
                            "In place of every other record of this name:",
                            "Anstelle aller anderen Einträge dieses Namens:",
                        );
                        prose(&mut out, MARK, MARK, alone.of(lang));
                    }
                    out.push(record.to_string());
                    told.push(record);
                }
                None => out.push(format!("; {}", harmless(line))),
            }
        }
    }
    let lines = out.iter().flat_map(|line| [line.trim_end(), "\n"]);
    lines.collect()
}

/// Why a record cannot stand beside those before it, or where it would.
fn unfit(record: &Record, at: usize, told: &[Record], domain: &str) -> Option<Text> {
    let is_apex = record.name.trim_end_matches('.').eq_ignore_ascii_case(domain);
    if is_apex && matches!(record.data, Data::Cname(_)) {
        // RFC 1034, 3.6.2: beside SOA and NS there is no CNAME
        return Some(text!(
            "The name of the zone itself can be no alias; write the address of the server (A) instead of:",
            "Der Name der Zone selbst kann kein Alias sein; tragen Sie die Adresse des Servers (A) ein statt:",
        ));
    }
    if told.contains(record) {
        return Some(text!("The same as above:", "Wie oben:"));
    }
    // of one name there may be an address of each family
    let beside = |other: &Record| {
        other.name == record.name
            && matches!((&other.data, &record.data), (Data::A(_), Data::Aaaa(_)) | (Data::Aaaa(_), Data::A(_)))
    };
    if told.iter().any(|other| other.name == record.name && !beside(other))
        || at > 0 && !told.last().is_some_and(beside)
    {
        return Some(text!(
            "In place of the record above, where that does not fit:",
            "Statt des Eintrags darüber, falls der nicht passt:"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc1035_a_record_is_what_it_should_be_or_none() {
        for good in [
            "autodiscover.corp.example. 3600 IN CNAME mail.corp.example.",
            "_autodiscover._tcp.corp.example. 3600 IN SRV 0 0 443 mail.corp.example.",
            "mail.corp.example. 300 IN A 192.0.2.1",
            "mail.corp.example. 300 IN AAAA 2001:db8::1",
        ] {
            assert_eq!(Record::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "a.example. 3600 IN CNAME a.example.",
            "a.example. 3600 IN CNAME b.example",
            "a.example. 3600 IN CNAME b..example.",
            "a.example. 3600 IN CNAME b;c.example.",
            "a.example. 3600 IN CNAME $INCLUDE.",
            "a.example. 3600 IN A PUBLIC-ADDRESS",
            "a.example. 4294967295 IN A 192.0.2.1",
            "a.example. 3600 IN SRV 0 0 70000 b.example.",
            "$ORIGIN evil.example.",
            "a.example. 3600 IN TXT x",
        ] {
            assert_eq!(Record::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn rfc1034_a_name_may_have_an_address_of_each_family_and_one_alias() {
        let of = |line: &str| Record::parse(line).unwrap();
        let (a, aaaa) = (of("m.corp.example. 300 IN A 192.0.2.1"), of("m.corp.example. 300 IN AAAA 2001:db8::1"));
        let fits = |record: &Record, at, told: &[Record]| unfit(record, at, told, "corp.example").is_none();
        assert!(fits(&aaaa, 0, std::slice::from_ref(&a)) && fits(&aaaa, 1, std::slice::from_ref(&a)));
        assert!(!fits(&of("m.corp.example. 300 IN A 192.0.2.2"), 1, std::slice::from_ref(&a)), "another in its place");
        assert!(!fits(&of("m.corp.example. 300 IN CNAME n.corp.example."), 0, &[a]));
    }
}
