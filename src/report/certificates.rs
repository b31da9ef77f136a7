//! Which certificates did the servers show?

use super::Report;
use crate::evidence::{Probe, Seen};
use crate::protocol::x509::Certificate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::net::IpAddr;

/// What one address showed for one name.
pub(super) struct Shown {
    pub host: String,
    pub address: IpAddr,
    pub port: u16,
    /// As sent, the server's own first.
    pub chain: Vec<Certificate>,
}

impl Shown {
    /// When the server's own certificate ends.
    pub fn not_after(&self) -> Option<Timestamp> {
        self.chain.first()?.validity.map(|validity| validity.not_after)
    }
}

/// What every address showed, by name and address.
pub(super) fn shown(report: &Report) -> Vec<Shown> {
    let records = report.evidence.records.iter();
    records
        .filter_map(|(probe, record)| match (probe, &record.seen) {
            (Probe::Tls { address, port, name }, Seen::Tls(seen)) if !seen.chain.is_empty() => Some(Shown {
                host: name.clone(),
                address: *address,
                port: *port,
                chain: seen
                    .chain
                    .iter()
                    .filter_map(|der| STANDARD.decode(der).ok())
                    .map(|der| Certificate::read(&der))
                    .collect(),
            }),
            _ => None,
        })
        .collect()
}
