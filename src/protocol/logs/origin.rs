//! Which kind of log shows a request, and which logs show the same requests twice?

use std::collections::{BTreeMap, BTreeSet};

/// The kind of log that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Origin {
    /// The IIS log of the site that clients ask.
    #[default]
    Front,
    /// The IIS log of the site that front ends pass requests on to.
    Back,
    /// An HttpProxy log: what the front end's proxy module saw.
    HttpProxy,
    /// A mailbox log of ActiveSync.
    MailboxLog,
    /// The access log of a reverse proxy.
    ReverseProxy,
}

impl Origin {
    /// As it is told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Front => "front-end",
            Self::Back => "back-end",
            Self::HttpProxy => "http-proxy",
            Self::MailboxLog => "mailbox-log",
            Self::ReverseProxy => "reverse-proxy",
        }
    }
}

/// Request ids that are kept of one log.
const KEPT: usize = 512;

/// A sample of request ids: those with the smallest hashes, so that two logs of the same requests keep
/// the same ones.
#[derive(Debug, Clone, Default)]
pub struct Sample(BTreeSet<u64>);

impl Sample {
    /// Takes an id up.
    pub fn add(&mut self, id: &[u8]) {
        if id.len() < 8 {
            return;
        }
        self.keep(mixed(id));
    }

    fn keep(&mut self, hash: u64) {
        if self.0.len() >= KEPT {
            if self.0.last().is_some_and(|most| *most <= hash) {
                return;
            }
            self.0.insert(hash);
            if self.0.len() > KEPT {
                self.0.pop_last();
            }
        } else {
            self.0.insert(hash);
        }
    }

    fn merge(&mut self, other: Self) {
        for hash in other.0 {
            self.keep(hash);
        }
    }

    /// Whether both have requests in common; `None` where one of them has no ids.
    fn shares(&self, other: &Self) -> Option<bool> {
        if self.0.is_empty() || other.0.is_empty() {
            return None;
        }
        Some(self.0.intersection(&other.0).next().is_some())
    }
}

/// Eight bytes at a time, capital and small letters alike: ids are random, so that little is enough.
fn mixed(id: &[u8]) -> u64 {
    let (words, rest) = id.as_chunks::<8>();
    let last = rest.iter().fold(0_u64, |word, byte| word << 8 | u64::from(*byte));
    let mut hash = 0x9e37_79b9_7f4a_7c15_u64;
    for word in words.iter().map(|word| u64::from_le_bytes(*word)).chain([last]) {
        hash = (hash ^ (word | 0x2020_2020_2020_2020)).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29);
    }
    hash ^ hash >> 32
}

/// The samples of all logs that name requests by an id.
#[derive(Debug, Default)]
pub struct Ids {
    /// Of the IIS logs of front ends.
    pub front: Sample,
    /// Of the HttpProxy logs, by server.
    pub proxies: BTreeMap<String, Sample>,
}

impl Ids {
    /// Takes up another part of the logs.
    pub fn merge(&mut self, other: Self) {
        self.front.merge(other.front);
        for (server, sample) in other.proxies {
            self.proxies.entry(server).or_default().merge(sample);
        }
    }

    /// Whether the IIS logs show what the HttpProxy log of this server shows, too. Where no ids say, they
    /// do: nothing is counted twice.
    pub fn is_twin(&self, server: &str) -> bool {
        self.proxies.get(server).and_then(|sample| sample.shares(&self.front)) != Some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_of_the_same_requests_are_known_by_their_ids_and_others_told_apart() {
        let id = |i: u64| format!("{:08x}-01f1-4067-9002-{i:012x}", i.wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
        let mut ids = Ids::default();
        for i in 0..100_000 {
            ids.front.add(id(i).as_bytes());
            ids.proxies.entry("EX01".to_owned()).or_default().add(id(i + 50_000).to_uppercase().as_bytes());
            ids.proxies.entry("EX02".to_owned()).or_default().add(id(i + 200_000).as_bytes());
        }
        assert!(ids.is_twin("EX01") && !ids.is_twin("EX02") && ids.is_twin("unknown"));
        assert_eq!(ids.front.0.len(), KEPT);
    }
}
