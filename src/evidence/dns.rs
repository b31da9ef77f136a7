//! What did the DNS say?

use super::probe::RecordType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// What a DNS question brought: the answer that counted, and what went wrong before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DnsSeen {
    /// The answer, where any server gave one.
    pub answer: Option<DnsAnswer>,
    /// Servers that gave none, in the order asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<DnsFailure>,
}

/// A server that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DnsFailure {
    /// `address:port`
    pub server: String,
    /// Why.
    pub why: DnsFailKind,
}

/// Why a server gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DnsFailKind {
    /// Silence.
    Timeout,
    /// Its port is closed (ICMP or TCP reset).
    PortClosed,
    /// No route to it.
    Unreachable,
    /// What came is not a DNS message, or not the answer to this question.
    Malformed,
}

/// A whole DNS answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DnsAnswer {
    /// Who answered, `address:port`; `resolve` for `--resolve`.
    pub server: String,
    /// `udp`, `tcp` or `override`.
    pub transport: String,
    /// The response code by its IANA name: `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED` ...
    pub rcode: String,
    /// AA: the server is responsible for the zone.
    pub authoritative: bool,
    /// AD: the resolver validated it.
    pub authentic: bool,
    /// The answer section, aliases included, as sent.
    pub answers: Vec<ResourceRecord>,
    /// The authority section (the SOA of a negative answer).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authority: Vec<ResourceRecord>,
    /// The addresses that a referral brings along (RFC 1034, 4.2.1); only of a zone's own name servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional: Vec<ResourceRecord>,
    /// Extended DNS errors (RFC 8914), `code text`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extended_errors: Vec<String>,
}

/// A resource record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRecord {
    /// The owner, lower case, without the final dot.
    pub name: String,
    /// Seconds that it may be cached.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a resource record says. Names are lower case and without the final dot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE", tag = "type")]
pub enum RecordData {
    /// IPv4 address or IPv6 address.
    #[serde(rename = "ADDRESS")]
    Address {
        /// The address.
        address: IpAddr,
    },
    /// Alias.
    Cname {
        /// Where it leads.
        target: String,
    },
    /// Service location.
    Srv {
        /// Lower is preferred (RFC 2782).
        priority: u16,
        /// Share among equal priorities.
        weight: u16,
        /// The port.
        port: u16,
        /// The host; empty for `.`: "decidedly not available".
        target: String,
    },
    /// Mail exchanger.
    Mx {
        /// Lower is preferred.
        preference: u16,
        /// The host.
        exchange: String,
    },
    /// Name server.
    Ns {
        /// The host.
        target: String,
    },
    /// Start of authority.
    Soa {
        /// The primary server.
        mname: String,
        /// The zone's serial number.
        serial: u32,
        /// Seconds that a negative answer may be cached.
        minimum: u32,
    },
    /// Text.
    Txt {
        /// The strings joined.
        text: String,
    },
    /// Any other type.
    Other {
        /// The type's name or number.
        rtype: String,
    },
}

impl DnsAnswer {
    /// NOERROR.
    pub fn is_noerror(&self) -> bool {
        self.rcode == "NOERROR"
    }

    /// NXDOMAIN: neither this name nor any below it exists (of the end of the alias chain).
    pub fn is_nxdomain(&self) -> bool {
        self.rcode == "NXDOMAIN"
    }

    /// The names that aliases lead through from `name`, in order, without `name` itself.
    /// Ends at a loop: then the last name repeats an earlier one.
    pub fn alias_chain(&self, name: &str) -> Vec<String> {
        let mut chain: Vec<String> = Vec::new();
        let mut at = name.trim_end_matches('.').to_ascii_lowercase();
        while let Some(target) = self.answers.iter().find_map(|rr| match &rr.data {
            RecordData::Cname { target } if rr.name == at => Some(target.clone()),
            _ => None,
        }) {
            let looped = chain.contains(&target) || target == name;
            chain.push(target.clone());
            if looped {
                break;
            }
            at = target;
        }
        chain
    }

    /// The addresses in the answer, in the order sent, without doubles.
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut out = Vec::new();
        for rr in &self.answers {
            if let RecordData::Address { address } = rr.data
                && !out.contains(&address)
            {
                out.push(address);
            }
        }
        out
    }

    /// The smallest time to live of the answer section, in seconds.
    pub fn ttl(&self) -> Option<u32> {
        self.answers.iter().map(|rr| rr.ttl).min()
    }
}

impl DnsSeen {
    /// The addresses, where an answer with addresses came.
    pub fn addresses(&self) -> Vec<IpAddr> {
        self.answer.as_ref().map(DnsAnswer::addresses).unwrap_or_default()
    }
}

/// The record type that holds addresses of this family.
pub const fn address_type(ipv6: bool) -> RecordType {
    if ipv6 { RecordType::Aaaa } else { RecordType::A }
}
