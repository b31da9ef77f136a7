//! What was counted of one device in one kind of log?

use super::answer::Status;
use super::origin::Origin;
use super::streak::{Failures, Stamp};
use super::tally::{Busy, Durations, Spells};

/// Gaps between successes that are shorter, in seconds, belong to one visit of the client.
const VISIT_S: i64 = 60;

/// Servers and kinds of logs beside those of IIS that are told apart for one device.
const BESIDE: usize = 16;

/// What was counted in one kind of log.
#[derive(Debug, Clone, Default)]
pub struct Site {
    /// Requests.
    pub hits: u64,
    /// Requests by status.
    pub statuses: Vec<(Status, u64)>,
    /// The first request.
    pub first: Option<Stamp>,
    /// The last one.
    pub last: Option<Stamp>,
    /// The last that worked as far as this log shows.
    pub accepted: Option<Stamp>,
    /// Those that failed.
    pub failures: Failures,
    /// Its busiest times.
    pub busy: Busy,
    /// How long requests took that wait for nothing.
    pub durations: Durations,
    /// The gaps between what worked, in seconds.
    pub rhythm: Durations,
    /// Changes between success and failure.
    pub spells: Spells,
    /// Provision requests.
    pub provisions: Failures,
}

impl Site {
    /// Counts a request, not yet whether it worked.
    pub fn count(&mut self, at: Stamp, status: Status) {
        self.hits += 1;
        self.busy.add(at.time);
        match self.statuses.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => self.statuses.push((status, 1)),
        }
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(Some(at));
    }

    /// A request worked.
    pub fn worked(&mut self, at: Stamp) {
        if let Some(before) = self.accepted {
            let gap = at.time - before.time;
            if gap >= VISIT_S {
                self.rhythm.add(gap.unsigned_abs());
            }
        }
        self.accepted = self.accepted.max(Some(at));
        self.failures.worked();
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for stamp in [&mut self.first, &mut self.last, &mut self.accepted].into_iter().flatten() {
            stamp.line += lines;
        }
        self.failures.shift(lines);
        self.provisions.shift(lines);
    }

    /// Takes up what another part of the logs shows.
    pub fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        for (status, count) in other.statuses {
            match self.statuses.iter_mut().find(|(known, _)| *known == status) {
                Some((_, mine)) => *mine += count,
                None => self.statuses.push((status, count)),
            }
        }
        self.first = match (self.first, other.first) {
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.last = self.last.max(other.last);
        self.accepted = self.accepted.max(other.accepted);
        self.failures.merge(other.failures);
        self.busy.merge(other.busy);
        self.durations.merge(&other.durations);
        self.rhythm.merge(&other.rhythm);
        self.spells.merge(other.spells);
        self.provisions.merge(other.provisions);
    }
}

/// What logs beside those of IIS show of one device, by their kind and server.
#[derive(Debug, Clone, Default)]
pub struct Beside(Vec<(Origin, String, Site)>);

impl Beside {
    /// The one of that kind and server; where there are too many, the first one of that kind.
    pub fn at(&mut self, origin: Origin, server: &[u8]) -> Option<&mut Site> {
        let known =
            self.0.iter().position(|(kind, name, _)| *kind == origin && name.as_bytes().eq_ignore_ascii_case(server));
        // a cluster has fewer servers
        let full = self.0.len() >= BESIDE;
        let known = known.or_else(|| self.0.iter().position(|(kind, ..)| full && *kind == origin));
        let at = known.unwrap_or_else(|| {
            self.0.push((origin, String::from_utf8_lossy(server).to_uppercase(), Site::default()));
            self.0.len() - 1
        });
        self.0.get_mut(at).map(|(.., site)| site)
    }

    /// Those of one kind.
    pub fn of(&self, origin: Origin) -> impl Iterator<Item = (&str, &Site)> {
        self.0.iter().filter(move |(kind, ..)| *kind == origin).map(|(_, server, site)| (server.as_str(), site))
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for (.., site) in &mut self.0 {
            site.shift(lines);
        }
    }

    /// Takes up what another part of the logs shows.
    pub fn merge(&mut self, other: Self) {
        for (origin, server, site) in other.0 {
            if let Some(mine) = self.at(origin, server.as_bytes()) {
                mine.merge(site);
            }
        }
    }
}
