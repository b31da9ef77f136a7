//! What has one device done, as far as one part of the logs shows?

use super::answer::{Answer, Ended, Status};
use super::origin::Origin;
use super::query::Command;
use super::site::{Beside, Site};
use super::streak::{Code, Failures, Stamp};
use super::tally::Keys;
use std::collections::BTreeMap;

/// The names by which an account is known that are kept for one device.
const NAMES: usize = 8;

/// One request.
#[derive(Debug)]
pub struct Request<'a> {
    /// Its line and time.
    pub at: Stamp,
    /// Which kind of log it stands in.
    pub origin: Origin,
    /// The server, where the line of an HttpProxy log names it.
    pub server: &'a [u8],
    /// What was asked.
    pub command: Command,
    /// How HTTP answered.
    pub status: Status,
    /// How ActiveSync answered, where the line shows it.
    pub answer: Option<Answer<'a>>,
    /// Whether the server knew who asked.
    pub signed_in: bool,
    /// How long it took, in milliseconds.
    pub took: Option<u64>,
    /// The user agent, blanks as `+`.
    pub agent: &'a [u8],
    /// The protocol version that the query names.
    pub version: Option<u16>,
}

/// One device of one account.
#[derive(Debug, Clone, Default)]
pub struct Device {
    /// The account's names as they stand in the logs, without the domain.
    pub users: Vec<String>,
    /// The mailbox address.
    pub mailbox: Option<String>,
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The user agent, as last seen.
    pub agent: (i64, Vec<u8>),
    /// The protocol version, as last seen.
    pub version: (i64, u16),
    /// The access state, as last seen.
    pub access: (i64, String),
    /// What clients asked.
    pub front: Site,
    /// What front ends passed on.
    pub back: Site,
    /// What other logs show.
    pub beside: Beside,
    /// The last success that a line of IIS proves.
    pub proved: Option<Stamp>,
    /// The last line of IIS that shows what ActiveSync answered.
    pub answered: Option<Stamp>,
    /// Failures in IIS logs that HTTP does not show.
    pub failures: Failures,
    /// What ActiveSync reported, by name.
    pub errors: BTreeMap<String, u64>,
    /// The last proved success by command, then the last acceptance.
    pub commands: [Vec<(Command, Stamp)>; 2],
    /// The last authenticated request.
    pub signed_in: Option<Stamp>,
    /// The last refused sign-in.
    pub refused: Option<(Stamp, Status)>,
    /// Sync keys.
    pub keys: Keys,
    /// Requests that throttling delayed, and for how many milliseconds at most.
    pub throttled: (u64, u64),
    /// When a budget was last shown, and whether it was overdrawn.
    pub overdrawn: (i64, bool),
    /// Lines that show it automatically blocked.
    pub auto_blocked: u64,
    /// Pings that named their wait, and the sum of it in seconds.
    pub heartbeats: (u64, u64),
    /// How long the mailbox server took for Syncs: how many show it, over 2 s, over 10 s, and the longest.
    pub mailbox_server: [u64; 4],
    /// Long requests that were cut.
    pub cuts: Vec<(u64, u64)>,
}

/// What tells a device and its account from others.
#[derive(Debug)]
pub struct Named {
    /// As in [`Device::users`].
    pub users: Vec<String>,
    /// The mailbox address.
    pub mailbox: Option<String>,
    /// The device's id.
    pub id: String,
}

impl From<Device> for Named {
    fn from(Device { users, mailbox, id, .. }: Device) -> Self {
        Self { users, mailbox, id }
    }
}

/// Commands that do not work before the policy is acknowledged.
pub const PROVES_POLICY: &[Command] = &[Command::SYNC, Command::FOLDER_SYNC, Command::PING];

/// Errors of Windows that mean a cut connection.
const CUT: &[u32] = &[64, 121, 995, 1236];

/// What reverse proxies write where the client was gone before the answer: nginx, and others.
const CLIENT_GONE: &[u16] = &[408, 499];

/// From how many milliseconds on a request counts as one that waits.
const WAITS_MS: u64 = 30_000;

impl Request<'_> {
    /// How it ended.
    pub fn ended(&self) -> Ended {
        super::answer::ended(self.status, self.answer.as_ref(), self.command, self.origin == Origin::Back)
    }

    /// Whether it waits for something to happen, so that how long it took says nothing.
    pub fn waits(&self, took: u64) -> bool {
        self.command == Command::PING
            || self.answer.as_ref().is_some_and(|answer| answer.heartbeat.is_some())
            || (self.command == Command::SYNC && took >= WAITS_MS)
    }
}

impl Device {
    /// Counts a request.
    pub fn add(&mut self, request: &Request<'_>, ended: Ended) {
        let Request { at, origin, command, status, answer, .. } = request;
        let is_iis = matches!(origin, Origin::Front | Origin::Back);
        let code = Code {
            status: *status,
            answer: answer.as_ref().and_then(|answer| answer.status).unwrap_or(0),
            barred: answer.as_ref().and_then(|a| a.access).is_some_and(|state| !state.starts_with(b"Allowed")),
        };
        let site = match origin {
            Origin::Front => &mut self.front,
            Origin::Back => &mut self.back,
            _ => match self.beside.at(*origin, request.server) {
                Some(site) => site,
                None => return,
            },
        };
        site.count(*at, *status);
        match ended {
            Ended::Proved | Ended::Accepted => {
                site.worked(*at);
                if PROVES_POLICY.contains(command) {
                    site.provisions.worked();
                }
                site.spells.add(*at, None);
                self.failures.worked();
                latest(&mut self.commands[1], *command, *at);
            }
            Ended::Failed => {
                site.spells.add(*at, Some(code));
                let failures = if is_iis && status.http == 200 { &mut self.failures } else { &mut site.failures };
                failures.add(*at, code);
            }
            Ended::Neutral => {}
        }
        if *command == Command::PROVISION {
            site.provisions.add(*at, Code { status: *status, answer: 0, barred: false });
        }
        if let Some(took) = request.took {
            if !request.waits(took) {
                site.durations.add(took);
            } else if took >= WAITS_MS && (CUT.contains(&status.win32) || CLIENT_GONE.contains(&status.http)) {
                self.cut(took);
            }
        }
        if let Some(answer) = answer {
            if is_iis {
                self.answered = self.answered.max(Some(*at));
            }
            if ended == Ended::Proved {
                if is_iis {
                    self.proved = self.proved.max(Some(*at));
                }
                latest(&mut self.commands[0], *command, *at);
            }
            self.answer(answer, *command, at.time);
        }
        self.sign_in(request);
        if let Some(version) = request.version
            && at.time >= self.version.0
        {
            self.version = (at.time, version);
        }
        if at.time >= self.agent.0 && !matches!(request.agent, b"" | b"-") {
            self.agent.0 = at.time;
            if self.agent.1 != request.agent {
                self.agent.1 = request.agent.to_vec();
            }
        }
    }

    fn sign_in(&mut self, request: &Request<'_>) {
        let status = request.status;
        let is_back = request.origin == Origin::Back;
        if !is_back && status.http == 401 {
            // the anonymous challenge carries nothing that could be refused
            if super::answer::ended(status, None, request.command, false) == Ended::Failed && status.sub != 2 {
                self.refused = self.refused.max(Some((request.at, status)));
            }
        } else if !is_back && matches!(status.http, 456 | 457) {
            self.refused = self.refused.max(Some((request.at, status)));
        } else if request.signed_in && status.http != 401 {
            self.signed_in = self.signed_in.max(Some(request.at));
        }
    }

    fn answer(&mut self, answer: &Answer<'_>, command: Command, time: i64) {
        if let Some(version) = answer.version
            && time >= self.version.0
        {
            self.version = (time, version);
        }
        if let Some(state) = answer.access
            && time >= self.access.0
        {
            self.access.0 = time;
            self.auto_blocked += u64::from(state.starts_with(b"BlockedAB"));
            if self.access.1.as_bytes() != state {
                self.access.1 = super::query::text(state);
            }
        }
        if let (None, Some(address)) = (&self.mailbox, answer.mailbox) {
            self.mailbox = Some(super::query::text(address));
        }
        if let Some(error) = answer.error.filter(|error| !error.is_empty()) {
            let error = String::from_utf8_lossy(error);
            if let Some(count) = self.errors.get_mut(error.as_ref()) {
                *count += 1;
            } else if self.errors.len() < 100 {
                // what the lines hold is nobody's promise: a hundred names are enough
                self.errors.insert(error.into_owned(), 1);
            }
        }
        if answer.throttle > 0 {
            self.throttled = (self.throttled.0 + 1, self.throttled.1.max(answer.throttle));
        }
        if let Some(overdrawn) = answer.overdrawn {
            self.overdrawn = self.overdrawn.max((time, overdrawn));
        }
        match command {
            Command::PING => {
                if let Some(seconds) = answer.heartbeat {
                    self.heartbeats = (self.heartbeats.0 + 1, self.heartbeats.1 + u64::from(seconds));
                }
            }
            Command::SYNC => {
                if let Some(ms) = answer.mailbox_ms {
                    let [count, over_2s, over_10s, most] = &mut self.mailbox_server;
                    *count += 1;
                    *over_2s += u64::from(ms > 2000);
                    *over_10s += u64::from(ms > 10_000);
                    *most = ms.max(*most);
                }
                self.keys.add(answer.folder, answer.sync_key, answer.first_sync, time);
            }
            _ => {}
        }
    }

    /// A waiting request was cut: a timer is told by its constancy, to the nearest five seconds.
    fn cut(&mut self, took: u64) {
        let seconds = (took + 2500) / 5000 * 5;
        if let Some((_, count)) = self.cuts.iter_mut().find(|(known, _)| *known == seconds) {
            *count += 1;
        } else if self.cuts.len() < 64 {
            self.cuts.push((seconds, 1));
        }
    }

    /// The account is also known by this name.
    pub fn named(&mut self, user: String) {
        if !user.is_empty() && !self.users.contains(&user) && self.users.len() < NAMES {
            self.users.push(user);
        }
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        let move_one = |stamp: &mut Option<Stamp>| {
            if let Some(stamp) = stamp {
                stamp.line += lines;
            }
        };
        for site in [&mut self.front, &mut self.back] {
            site.shift(lines);
        }
        self.beside.shift(lines);
        for stamp in [&mut self.proved, &mut self.answered, &mut self.signed_in] {
            move_one(stamp);
        }
        if let Some((stamp, _)) = &mut self.refused {
            stamp.line += lines;
        }
        self.failures.shift(lines);
        for (_, stamp) in self.commands.iter_mut().flatten() {
            stamp.line += lines;
        }
    }

    /// Takes up what another part of the logs shows.
    pub fn merge(&mut self, other: Self) {
        for user in other.users {
            self.named(user);
        }
        self.mailbox = self.mailbox.take().or(other.mailbox);
        if self.kind.is_empty() {
            self.kind = other.kind;
        }
        self.agent = std::mem::take(&mut self.agent).max(other.agent);
        self.version = self.version.max(other.version);
        self.access = std::mem::take(&mut self.access).max(other.access);
        self.front.merge(other.front);
        self.back.merge(other.back);
        self.beside.merge(other.beside);
        self.proved = self.proved.max(other.proved);
        self.answered = self.answered.max(other.answered);
        self.failures.merge(other.failures);
        for (name, count) in other.errors {
            *self.errors.entry(name).or_default() += count;
        }
        for (mine, theirs) in self.commands.iter_mut().zip(other.commands) {
            for (command, stamp) in theirs {
                latest(mine, command, stamp);
            }
        }
        self.signed_in = self.signed_in.max(other.signed_in);
        self.refused = self.refused.max(other.refused);
        self.keys.merge(other.keys);
        self.overdrawn = self.overdrawn.max(other.overdrawn);
        self.auto_blocked += other.auto_blocked;
        self.heartbeats = (self.heartbeats.0 + other.heartbeats.0, self.heartbeats.1 + other.heartbeats.1);
        let [count, over_2s, over_10s, most] = &mut self.mailbox_server;
        let [a, b, c, d] = other.mailbox_server;
        (*count, *over_2s, *over_10s, *most) = (*count + a, *over_2s + b, *over_10s + c, d.max(*most));
        self.throttled = (self.throttled.0 + other.throttled.0, self.throttled.1.max(other.throttled.1));
        for (seconds, count) in other.cuts {
            match self.cuts.iter_mut().find(|(known, _)| *known == seconds) {
                Some((_, mine)) => *mine += count,
                None => self.cuts.push((seconds, count)),
            }
        }
    }
}

fn latest(list: &mut Vec<(Command, Stamp)>, command: Command, at: Stamp) {
    match list.iter_mut().find(|(known, _)| *known == command) {
        Some((_, stamp)) => *stamp = (*stamp).max(at),
        None => list.push((command, at)),
    }
}
