//! In how many logs of Certificate Transparency does a certificate say that it stands, and how many must it be?
//!
//! Counted only: whether a log is one that a client knows today is nobody's to say from outside
//! (and an unknown one is no fault), so signatures are not checked.

use super::der::{OCTET_STRING, Reader};
use super::revocation::ocsp;
use super::x509::{Certificate, Validity, id};
use crate::order;
use jiff::Timestamp;

/// 2.23.140.1, the arc of the CA/Browser Forum's reserved policies (Baseline Requirements 7.1.6.1)
const BASELINE: &[u8] = &[0x67, 0x81, 0x0c, 0x01];
/// A longer list has nobody.
const MOST: usize = 64;
/// Up to this many days two timestamps are enough (Apple 103214; Firefox and Chrome have the same).
const SHORT_DAYS: i64 = 180;
const DAY: i64 = 86_400;

/// A signed certificate timestamp (RFC 6962, 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamped {
    /// The log: SHA-256 of its key.
    pub log: [u8; 32],
    /// When the log took the certificate.
    pub at: Option<Timestamp>,
    /// How it came.
    pub from: Origin,
}

/// How a timestamp came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In the certificate.
    Certificate,
    /// In the stapled OCSP response.
    Staple,
}

impl Origin {
    /// A word for scripts.
    pub fn id(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Staple => "ocsp",
        }
    }
}

/// The timestamps of a certificate, and of the OCSP response (DER) stapled to it.
pub fn timestamps(certificate: &Certificate, staple: Option<&[u8]>) -> Vec<Timestamped> {
    let own = certificate.sct_list.iter().map(|list| (list.clone(), Origin::Certificate));
    let stapled = staple.map(ocsp::timestamps).unwrap_or_default().into_iter().map(|list| (list, Origin::Staple));
    own.chain(stapled).flat_map(|(list, from)| read(&list, from)).collect()
}

/// How many different logs these are of.
pub fn logs(timestamps: &[Timestamped]) -> usize {
    order::set(timestamps.iter().map(|timestamp| timestamp.log)).len()
}

/// In how many logs a certificate stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// How many different ones.
    pub found: usize,
    /// How many it must be.
    pub needed: usize,
    /// How the timestamps came.
    pub sources: Vec<&'static str>,
}

/// Counts the logs of a certificate of the public web, with those of the OCSP response (DER) stapled to it.
pub fn count(certificate: &Certificate, staple: Option<&[u8]>) -> Option<Count> {
    let validity = certificate.validity.filter(|_| is_public(certificate))?;
    let timestamps = timestamps(certificate, staple);
    let mut sources: Vec<&str> = timestamps.iter().map(|timestamp| timestamp.from.id()).collect();
    sources.dedup();
    Some(Count { found: logs(&timestamps), needed: needed(validity), sources })
}

/// How many logs a certificate of that lifetime must stand in.
pub fn needed(validity: Validity) -> usize {
    // both ends are included (Baseline Requirements 6.3.2)
    if validity.seconds() <= SHORT_DAYS * DAY { 2 } else { 3 }
}

/// Whether the certificate says of itself that it is of the public web: it holds one of the
/// policies that the Baseline Requirements reserve, or was given to a log.
pub fn is_public(certificate: &Certificate) -> bool {
    let policies = certificate.extension(id::POLICIES).unwrap_or_default();
    certificate.sct_list.is_some() || policies.windows(BASELINE.len()).any(|part| part == BASELINE)
}

/// Reads a SignedCertificateTimestampList (RFC 6962, 3.3) in its OCTET STRING; what cannot be read
/// ends it.
fn read(list: &[u8], from: Origin) -> Vec<Timestamped> {
    // a length in front of a bare list may begin with the same octet
    let list = Reader::only(list, OCTET_STRING).map_or(list, |inner| inner.content);
    let mut all = Vec::new();
    let Some((list, _)) = opaque(list) else { return all };
    let mut rest = list;
    while let Some((one, after)) = opaque(rest).filter(|_| all.len() < MOST) {
        rest = after;
        // version 1 is written as 0; others are passed over
        let Some((0, one)) = one.split_first().map(|(version, one)| (*version, one)) else { continue };
        let Some((log, one)) = one.split_first_chunk::<32>() else { continue };
        let Some((millis, _)) = one.split_first_chunk::<8>() else { continue };
        let at = i64::try_from(u64::from_be_bytes(*millis)).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
        all.push(Timestamped { log: *log, at, from });
    }
    all
}

/// A vector with a length of two octets (RFC 8446, 3.4), and what follows it.
fn opaque(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(content: &[u8]) -> Vec<u8> {
        [&u16::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
    }

    fn timestamp(version: u8, log: u8) -> Vec<u8> {
        vector(&[&[version][..], &[log; 32], &1_793_000_000_000_u64.to_be_bytes(), &[0, 0], &[4, 3, 0, 1, 9]].concat())
    }

    #[test]
    fn rfc6962_3_3_the_list_is_read_and_the_same_log_counts_once() {
        let list = vector(&[timestamp(0, 1), timestamp(0, 2), timestamp(0, 1), timestamp(1, 3)].concat());
        let found = read(&list, Origin::Certificate);
        assert_eq!((found.len(), logs(&found)), (3, 2));
        assert_eq!(found[0].at.unwrap().to_string(), "2026-10-26T07:33:20Z");
        assert_eq!(read(&super::super::der::write(OCTET_STRING, &list), Origin::Staple).len(), 3);
        // 22 timestamps, of which the list's length begins with 04
        let many = vector(&(0..22).flat_map(|log| timestamp(0, log)).collect::<Vec<_>>());
        assert_eq!((many[0], read(&many, Origin::Certificate).len()), (OCTET_STRING, 22));
    }

    #[test]
    fn what_is_cut_off_is_no_panic() {
        let list = vector(&[timestamp(0, 1), timestamp(0, 2)].concat());
        for length in 0..list.len() {
            assert!(read(&list[..length], Origin::Certificate).len() <= 2);
        }
    }

    #[test]
    fn apple_103214_up_to_180_days_two_logs_are_enough() {
        let of = |days: i64| {
            let not_before = Timestamp::UNIX_EPOCH;
            // a day ends a second before the next one begins
            let not_after = Timestamp::from_second(days * DAY - 1).unwrap();
            needed(Validity { not_before, not_after })
        };
        assert_eq!((of(90), of(180), of(181), of(398)), (2, 2, 3, 3));
    }
}
