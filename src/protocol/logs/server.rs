//! What do the logs show of a server as a whole: its hours, its slowest requests, its clients?

use super::answer::{Ended, Status};
use super::origin::Origin;
use super::query::Command;
use super::streak::Stamp;
use super::summary::moment;
use crate::evidence::logs::{
    Lockout, LogAgent, LogDevice, LogFile, LogHour, LogServer, SlowRequest, Throttled, keeps_out, line_at,
};
use crate::order;
use std::collections::{BTreeMap, BTreeSet};

/// Slow requests that are kept.
const SLOW: usize = 20;

/// Access states that are kept apart: a list may name any.
const STATES: usize = 200;

/// Failures in a row from which on a device counts as failing here.
const FAILING: u64 = 3;

/// Hours that are kept apart.
const HOURS: usize = 20_000;

#[derive(Debug, Clone, Copy, Default)]
struct Hour {
    requests: u64,
    failed: u64,
    refused: u64,
    errors: u64,
}

impl Hour {
    fn take(&mut self, other: Self) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.refused += other.refused;
        self.errors += other.errors;
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Slow {
    ms: u64,
    at: Stamp,
    command: Command,
    status: Status,
    user: String,
    device: String,
}

/// What is counted over all devices.
#[derive(Debug, Default)]
pub struct Server {
    /// By hour since 1970 and kind of log.
    hours: Vec<((i64, Origin), Hour)>,
    slow: Vec<Slow>,
}

impl Server {
    /// Counts a request.
    pub fn count(&mut self, at: Stamp, origin: Origin, status: Status, ended: Ended) {
        let key = (at.time.div_euclid(3600), origin);
        let one = Hour {
            requests: 1,
            failed: u64::from(ended == Ended::Failed),
            refused: u64::from(status.http == 401 && ended == Ended::Failed),
            errors: u64::from(status.http >= 500),
        };
        self.hour(key, one);
    }

    fn hour(&mut self, key: (i64, Origin), add: Hour) {
        // lines come in the order of time: the last one is nearly always it
        if let Some((_, hour)) = self.hours.iter_mut().rev().find(|(known, _)| *known == key) {
            hour.take(add);
        } else if self.hours.len() < HOURS {
            self.hours.push((key, add));
        }
    }

    /// Whether a request that took so long is among the slowest so far.
    pub fn is_slow(&self, ms: u64) -> bool {
        ms >= 1000 && (self.slow.len() < SLOW || self.slow.last().is_some_and(|last| last.ms < ms))
    }

    /// Keeps a slow request.
    pub fn slow(&mut self, ms: u64, at: Stamp, command: Command, status: Status, user: String, device: String) {
        self.keep(Slow { ms, at, command, status, user, device });
    }

    fn keep(&mut self, slow: Slow) {
        // the same request in another log
        let same = |known: &Slow| {
            known.device == slow.device
                && known.user == slow.user
                && known.command == slow.command
                && known.at.time.abs_diff(slow.at.time) <= 2
        };
        if let Some(known) = self.slow.iter_mut().find(|known| same(known)) {
            if slow.ms > known.ms {
                *known = slow;
            }
        } else {
            self.slow.push(slow);
        }
        order::by(&mut self.slow, |a, b| (b.ms, a.at).cmp(&(a.ms, b.at)));
        self.slow.truncate(SLOW);
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for slow in &mut self.slow {
            slow.at.line += lines;
        }
    }

    /// Takes up another part of the logs.
    pub fn merge(&mut self, other: Self) {
        for (key, hour) in other.hours {
            self.hour(key, hour);
        }
        for slow in other.slow {
            self.keep(slow);
        }
    }

    /// What it shows. `devices`: all of them.
    pub fn told(self, devices: &[&LogDevice], files: &[LogFile]) -> LogServer {
        // of several logs of one hour the one that shows most
        let mut hours: BTreeMap<i64, Hour> = BTreeMap::new();
        for ((hour, _), count) in self.hours {
            let most = hours.entry(hour).or_default();
            if count.requests > most.requests {
                *most = count;
            }
        }
        let some = |text: String| (!text.is_empty()).then_some(text);
        LogServer {
            hours: hours
                .into_iter()
                .filter_map(|(hour, count)| {
                    Some(LogHour {
                        from: moment(hour * 3600)?,
                        requests: count.requests,
                        failed: count.failed,
                        refused: count.refused,
                        server_errors: count.errors,
                    })
                })
                .collect(),
            slow: self
                .slow
                .into_iter()
                .filter_map(|slow| {
                    Some(SlowRequest {
                        at: moment(slow.at.time)?,
                        ms: slow.ms,
                        command: slow.command.name().to_owned(),
                        status: slow.status.to_string(),
                        user: some(slow.user),
                        device_id: some(slow.device),
                        line: line_at(files, slow.at.file, slow.at.line),
                    })
                })
                .collect(),
            lockouts: lockouts(devices),
            agents: agents(devices),
            access: access(devices),
            throttled: throttled(devices),
        }
    }
}

/// Sign-ins with a wrong password or to a locked account, those with the most first.
fn lockouts(devices: &[&LogDevice]) -> Vec<Lockout> {
    let of = |device: &LogDevice, codes: &[&str]| -> u64 {
        let is = |status: &str| {
            status.strip_prefix("401.").is_some_and(|rest| codes.iter().any(|code| rest.ends_with(code)))
        };
        device.statuses.iter().filter(|(status, _)| is(status)).map(|(_, count)| *count).sum()
    };
    let mut out: Vec<Lockout> = devices
        .iter()
        .map(|device| Lockout {
            user: device.user.clone(),
            device_id: device.device_id.clone(),
            agent: device.agent.clone(),
            // the last one is what NTLM says
            wrong_password: of(device, &[".1326", ".2148074252"]),
            locked_out: of(device, &[".1909"]),
            last: device.last_refusal.as_ref().map(|refusal| refusal.at),
        })
        .filter(|row| row.wrong_password + row.locked_out > 0)
        .collect();
    order::by_key(&mut out, |row| std::cmp::Reverse(row.wrong_password + row.locked_out));
    out
}

/// Whether a device does not get on, as far as its numbers say.
fn fails(device: &LogDevice) -> bool {
    let never = device.last_success.is_none() && device.last_accepted.is_none() && device.hits >= FAILING;
    let barred = device.access_state.as_deref().is_some_and(keeps_out);
    device.failures_in_a_row >= FAILING || never || barred
}

/// What is counted of one user agent.
#[derive(Debug, Default)]
struct Sums<'a> {
    accounts: BTreeSet<&'a str>,
    failing: BTreeSet<&'a str>,
    protocols: BTreeSet<&'a str>,
    devices: u64,
    requests: u64,
}

/// "3 of 41 accounts of this service fail" separates a mailbox's fault from the server's.
pub fn agents(devices: &[&LogDevice]) -> Vec<LogAgent> {
    let mut agents: BTreeMap<&str, Sums<'_>> = BTreeMap::new();
    for device in devices {
        let Sums { accounts, failing, protocols, devices, requests } =
            agents.entry(device.agent.as_deref().unwrap_or("-")).or_default();
        let account = device.user.as_deref().or(device.device_id.as_deref()).unwrap_or_default();
        accounts.insert(account);
        if fails(device) {
            failing.insert(account);
        }
        protocols.extend(device.protocol.as_deref());
        *devices += 1;
        *requests += device.hits;
    }
    let mut out: Vec<LogAgent> = agents
        .into_iter()
        .map(|(agent, Sums { accounts, failing, protocols, devices, requests })| LogAgent {
            agent: agent.to_owned(),
            protocols: protocols.into_iter().map(str::to_owned).collect(),
            accounts: accounts.len() as u64,
            failing: failing.len() as u64,
            devices,
            requests,
        })
        .collect();
    order::by_key(&mut out, |row| (std::cmp::Reverse(row.failing), std::cmp::Reverse(row.accounts)));
    out
}

fn access(devices: &[&LogDevice]) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for state in devices.iter().filter_map(|device| device.access_state.as_ref()) {
        if out.len() < STATES || out.contains_key(state) {
            *out.entry(state.clone()).or_default() += 1;
        }
    }
    out
}

fn throttled(devices: &[&LogDevice]) -> Vec<Throttled> {
    let mut out: Vec<Throttled> = devices
        .iter()
        .filter(|device| device.throttled > 0 || device.overdrawn)
        .map(|device| Throttled {
            user: device.user.clone(),
            device_id: device.device_id.clone(),
            requests: device.throttled,
            ms: device.throttled_ms,
            overdrawn: device.overdrawn,
        })
        .collect();
    order::by_key(&mut out, |row| (std::cmp::Reverse(row.ms), std::cmp::Reverse(row.requests)));
    out
}
