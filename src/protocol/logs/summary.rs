//! What do all parts of all files show together?

use super::answer::Status;
use super::device::{Device, Named, PROVES_POLICY};
use super::ews::Clients;
use super::joined::Joined;
use super::listed::{List, join};
use super::origin::Ids;
use super::query::Command;
use super::scan::{Part, Skip};
use super::server::agents;
use super::site::Site;
use super::streak::{Failures, Stamp};
use super::table::{Chosen, Table, local};
use super::tally::Spell;
use crate::evidence::logs::reasons::COPY;
use crate::evidence::logs::{
    Coverage, DecidingLines, Gap, Heartbeat, Latency, LogDevice, LogFile, LogKind, LogServer, LogsSeen, MailboxServer,
    Peak, Refusal, SkippedLines, Source, line_at,
};
use crate::order;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Which devices are asked about. Whatever is empty does not select.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// A mailbox address or an account, with or without its domain.
    pub mailbox: Option<String>,
    /// A device's id.
    pub device: Option<String>,
    /// A part of the user agent.
    pub agent: Option<String>,
}

impl Wanted {
    /// Whether all devices are.
    pub fn is_all(&self) -> bool {
        self.mailbox.is_none() && self.device.is_none() && self.agent.is_none()
    }

    /// Whether a client of EWS is one of them; it has no device.
    pub fn takes_client(&self, user: &str, agent: &str) -> bool {
        let is_user = self.mailbox.as_ref().is_none_or(|wanted| is_account(user, wanted));
        self.device.is_none() && is_user && self.takes_agent(Some(agent))
    }

    fn takes(&self, device: &Named, told: &LogDevice) -> bool {
        let mailbox = self.mailbox.as_ref().is_none_or(|wanted| {
            device.mailbox.as_ref().is_some_and(|address| address.to_lowercase() == wanted.to_lowercase())
                || device.users.iter().any(|name| is_account(name, wanted))
        });
        let device_id = self.device.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(&device.id));
        mailbox && device_id && self.takes_agent(told.agent.as_deref())
    }

    /// Whether a user agent is the one asked about.
    pub fn takes_agent(&self, agent: Option<&str>) -> bool {
        let plain = |agent: &str| agent.replace(' ', "+").to_lowercase();
        self.agent.as_ref().is_none_or(|wanted| agent.is_some_and(|agent| plain(agent).contains(&plain(wanted))))
    }
}

/// Whether a name in a line is the account asked about: an address is compared whole with addresses, and by its
/// first part with bare names.
pub fn is_account(name: &str, wanted: &str) -> bool {
    if name.contains('@') && wanted.contains('@') {
        name.to_lowercase() == wanted.to_lowercase()
    } else {
        local(name) == local(wanted)
    }
}

/// All that was read, still mergeable.
#[derive(Debug, Default)]
pub struct Collected {
    table: Table,
    files: Vec<LogFile>,
    skipped: BTreeMap<u32, BTreeMap<Skip, u64>>,
    sites: BTreeMap<u32, [u64; 3]>,
    span: Option<(i64, i64)>,
    hours: BTreeMap<u32, BTreeSet<i64>>,
    ids: Ids,
    ews: Clients,
    lists: BTreeMap<u32, List>,
    /// Files that are not read, as another one holds the same.
    copies: BTreeMap<u32, u32>,
}

impl Collected {
    /// Those who are asked about are told of however many devices there are. Returns them as a table knows them.
    pub fn choose(&mut self, wanted: &Wanted) -> Chosen {
        let device = wanted.device.as_ref().map(|id| id.to_lowercase());
        self.table.chosen = Chosen { user: wanted.mailbox.as_deref().map(local), device };
        self.table.chosen.clone()
    }

    /// Announces a file; returns its number.
    pub fn file(&mut self, path: String, kind: LogKind) -> u32 {
        self.files.push(LogFile { path, kind, lines: 0, used: 0, skipped: Vec::new(), broken: None, note: None });
        u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX)
    }

    /// Says what kind of file it is.
    pub fn kind(&mut self, file: u32, kind: LogKind) {
        if let Some(file) = self.files.get_mut(file as usize) {
            file.kind = kind;
        }
    }

    /// Notes why a file could not be read to its end.
    pub fn broken(&mut self, file: u32, why: String) {
        if let Some(file) = self.files.get_mut(file as usize) {
            file.broken = Some(why);
        }
    }

    /// Notes what happened to a file without a loss.
    pub fn note(&mut self, file: u32, what: &str) {
        if let Some(file) = self.files.get_mut(file as usize) {
            file.note = Some(what.to_owned());
        }
    }

    /// Notes that a file is not read, as another one, which may be no file of a log, holds the same.
    pub fn copy(&mut self, file: u32, of: u32) {
        self.note(file, COPY);
        self.copies.insert(file, of);
    }

    /// Takes up the next part of a file; parts of one file come in their order.
    pub fn add(&mut self, file: u32, mut part: Part) {
        let Some(told) = self.files.get_mut(file as usize) else { return };
        if told.lines > 0 {
            part.table.shift(told.lines);
            part.ews.shift(told.lines);
        }
        told.lines += part.lines;
        told.used += part.used;
        let skipped = self.skipped.entry(file).or_default();
        for (why, count) in part.skipped {
            *skipped.entry(why).or_default() += count;
        }
        let sites = self.sites.entry(file).or_default();
        for (mine, theirs) in sites.iter_mut().zip(part.sites) {
            *mine += theirs;
        }
        match part.list {
            Some(Ok(list)) => drop(self.lists.insert(file, list)),
            Some(Err(why)) => told.broken = Some(why.to_owned()),
            None => {}
        }
        let left_out = self.table.left_out;
        self.table.merge(part.table);
        if self.table.left_out > left_out {
            *skipped.entry(Skip::Full).or_default() += self.table.left_out - left_out;
        }
        self.hours.entry(file).or_default().extend(part.hours);
        self.ids.merge(part.ids);
        self.ews.merge(part.ews);
        self.span = match (self.span, part.span) {
            (Some((from, to)), Some((a, b))) => Some((from.min(a), to.max(b))),
            (mine, theirs) => mine.or(theirs),
        };
    }

    /// What it shows of the devices that are wanted.
    pub fn told(self, wanted: &Wanted) -> LogsSeen {
        let Self { table, mut files, skipped, sites, span, hours, ids, ews, lists, copies } = self;
        for (number, file) in (0_u32..).zip(&mut files) {
            let skipped = skipped.get(&number).into_iter().flatten();
            file.skipped =
                skipped.map(|(why, count)| SkippedLines { reason: why.name().to_owned(), count: *count }).collect();
            if file.kind == LogKind::Iis {
                file.kind = match sites.get(&number) {
                    Some([0, 0, 0]) | None => LogKind::Iis,
                    Some([front, back, answered]) if back > &(front + answered) => LogKind::IisBackEnd,
                    Some([_, _, 0]) => LogKind::IisFrontEnd,
                    Some(_) => LogKind::IisCombined,
                };
            }
        }
        let mut table = table;
        let server = std::mem::take(&mut table.server);
        let (devices, unattributed) = table.devices();
        // of many devices, what was counted takes more room than what is told
        let told = |device: Device| {
            let told = device_told(&device, &files, &ids);
            (Named::from(device), told)
        };
        let mut all: Vec<(Named, LogDevice)> = devices.into_iter().map(told).collect();
        order::by(&mut all, |(_, a), (_, b)| {
            b.hits.cmp(&a.hits).then_with(|| (&a.user, &a.device_id).cmp(&(&b.user, &b.device_id)))
        });
        let path = |number: u32| files.get(number as usize).map_or("", |file| file.path.as_str());
        let lists: Vec<(&str, List)> = lists.into_iter().map(|(file, list)| (path(file), list)).collect();
        let listed = join(&lists, &mut all, wanted);
        let server = if wanted.is_all() {
            server.told(&all.iter().map(|(_, told)| told).collect::<Vec<_>>(), &files)
        } else {
            // how the others of its kind fare tells the fault of a mailbox from that of a server
            let chosen = all.iter().filter(|(device, told)| wanted.takes(device, told));
            let kinds: BTreeSet<&Option<String>> = order::set(chosen.map(|(_, told)| &told.agent));
            let peers = all.iter().map(|(_, told)| told).filter(|told| kinds.contains(&told.agent));
            LogServer { agents: agents(&peers.collect::<Vec<_>>()), ..LogServer::default() }
        };
        let told: Vec<LogDevice> =
            all.into_iter().filter(|(device, told)| wanted.takes(device, told)).map(|(_, told)| told).collect();
        LogsSeen {
            redacted: None,
            coverage: Coverage {
                from: span.and_then(|(from, _)| moment(from)),
                to: span.and_then(|(_, to)| moment(to)),
                gaps: gaps(&order::set(hours.values().flatten().copied())),
                sources: sources(&hours, &copies, &files),
            },
            listed,
            server: Some(Box::new(server)).filter(|server| **server != LogServer::default()),
            devices: told,
            ews: ews.told(wanted, &files),
            unattributed: if wanted.is_all() { statuses(unattributed) } else { BTreeMap::new() },
            files,
        }
    }
}

/// A moment by its seconds since 1970.
pub fn moment(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

/// The moment of a line.
pub fn when(stamp: Option<Stamp>) -> Option<Timestamp> {
    moment(stamp?.time)
}

/// Whole hours between others that have no line.
fn gaps(hours: &BTreeSet<i64>) -> Vec<Gap> {
    let pairs = hours.iter().zip(hours.iter().skip(1)).filter(|(a, b)| *b - *a > 1);
    pairs.filter_map(|(a, b)| Some(Gap { from: moment((a + 1) * 3600)?, to: moment(b * 3600)? })).collect()
}

/// What each folder lacks of what all of them cover: a server whose logs are missing shows nothing wrong.
fn sources(hours: &BTreeMap<u32, BTreeSet<i64>>, copies: &BTreeMap<u32, u32>, files: &[LogFile]) -> Vec<Source> {
    let mut groups: BTreeMap<(&str, LogKind), BTreeSet<i64>> = BTreeMap::new();
    // a copy shows the hours of what was read in its place
    let not_read = copies.iter().filter_map(|(copy, of)| Some((copy, of, hours.get(of)?)));
    for (number, of, hours) in hours.iter().map(|(number, hours)| (number, number, hours)).chain(not_read) {
        let file = |number: u32| files.get(number as usize);
        let Some((file, LogFile { path, .. })) = file(*of).zip(file(*number)) else { continue };
        if file.kind == LogKind::MailboxLog {
            continue;
        }
        let folder = path.rfind(['/', '\\', ':']).and_then(|end| path.get(..end)).unwrap_or_default();
        // an hour without an ActiveSync request does not make a log one of another kind
        let kind = if file.kind == LogKind::Iis { LogKind::IisFrontEnd } else { file.kind };
        groups.entry((folder, kind)).or_default().extend(hours);
    }
    groups.retain(|_, hours| !hours.is_empty());
    let first = groups.values().filter_map(BTreeSet::first).min().copied();
    let last = groups.values().filter_map(BTreeSet::last).max().copied();
    let (Some(first), Some(last), true) = (first, last, groups.len() > 1) else { return Vec::new() };
    groups
        .into_iter()
        .map(|((folder, kind), mut hours)| {
            hours.extend([first - 1, last + 1]);
            Source { folder: folder.to_owned(), kind, gaps: gaps(&hours) }
        })
        .collect()
}

/// Counts by status, as they are told.
pub fn statuses(counts: impl IntoIterator<Item = (Status, u64)>) -> BTreeMap<String, u64> {
    order::map(counts.into_iter().map(|(status, count)| (status.to_string(), count)))
}

/// The shortest spelling, of several the first by the alphabet: the same whatever was read first.
fn shortest(names: &[String]) -> Option<String> {
    names.iter().min_by_key(|name| (name.len(), *name)).cloned()
}

fn device_told(device: &Device, files: &[LogFile], ids: &Ids) -> LogDevice {
    let seen = Joined::of(device, ids);
    let (site, proof, accepted) = (&*seen.site, seen.answered.is_some(), seen.accepted);
    let reset = seen.reset();
    let streak = seen.streak(device, reset);
    let line = |stamp: Option<Stamp>| line_at(files, stamp?.file, stamp?.line);
    let [proved, accepted_by] = &device.commands;
    let by_command = if proof { proved } else { accepted_by };
    let with_policy =
        by_command.iter().filter(|(command, _)| PROVES_POLICY.contains(command)).map(|(_, stamp)| *stamp).max();
    let [count, over_2s, over_10s, max_ms] = device.mailbox_server;
    let busy = site.busy.most();
    let (resyncs, same_key) = device.keys.most();
    let (throttled, throttled_ms) = device.throttled;
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    LogDevice {
        user: shortest(&device.users),
        mailbox: device.mailbox.clone(),
        device_id: some(&device.id),
        device_type: some(&device.kind),
        agent: some(&String::from_utf8_lossy(&device.agent.1)),
        protocol: (device.version.1 > 0).then(|| version(device.version.1)),
        hits: site.hits,
        site: seen.origin.name().to_owned(),
        first_attempt: when(site.first),
        last_attempt: when(site.last),
        last_success: when(seen.proved),
        last_accepted: when(accepted),
        proof,
        failing_since: when(streak.since),
        failures_in_a_row: streak.count,
        failing_with: streak.codes,
        statuses: statuses(site.statuses.iter().copied()),
        errors: device.errors.clone(),
        access_state: some(&device.access.1),
        last_by_command: by_command
            .iter()
            .filter(|(command, _)| *command != Command::OTHER)
            .filter_map(|(command, stamp)| Some((command.name().to_owned(), moment(stamp.time)?)))
            .collect(),
        last_sign_in: when(device.signed_in),
        last_refusal: device
            .refused
            .and_then(|(stamp, status)| Some(Refusal { at: moment(stamp.time)?, status: status.to_string() })),
        lines: DecidingLines {
            success: line(reset),
            failure: line(streak.since),
            sign_in: line(device.signed_in),
            refusal: line(device.refused.map(|(stamp, _)| stamp)),
        },
        peak: Peak { day: busy.0, minute: busy.1 },
        resyncs,
        same_key,
        throttled,
        throttled_ms,
        cut_after: order::map(device.cuts.iter().map(|(seconds, count)| (seconds.to_string(), *count))),
        overdrawn: device.overdrawn.1,
        auto_blocked: device.auto_blocked,
        provisions: Failures::after(&[(&site.provisions, with_policy)]).count,
        heartbeat: device
            .heartbeats
            .1
            .checked_div(device.heartbeats.0)
            .map(|mean_s| Heartbeat { count: device.heartbeats.0, mean_s }),
        mailbox_server: (count > 0).then_some(MailboxServer { count, over_2s, over_10s, max_ms }),
        rhythm_s: seen.rhythm().told().map(|(median, ..)| median),
        latency: site.durations.told().map(|(p50, p95, max)| Latency { p50, p95, max }),
        timeline: timeline(device, site),
        listed: Vec::new(),
    }
}

/// 141 is 14.1.
fn version(number: u16) -> String {
    format!("{}.{}", number / 10, number % 10)
}

/// What clients saw; where a back end shows what became of their requests, its word on those.
fn timeline(device: &Device, site: &Site) -> Vec<crate::evidence::logs::Spell> {
    let (front, back) = (&site.spells, &device.back.spells);
    let has_back = !back.told().is_empty();
    let mut all: Vec<Spell> = back.told().to_vec();
    all.extend(front.told().iter().filter(|spell| !has_back || spell.code.is_some()));
    order::by_key(&mut all, |spell| spell.from);
    let mut out: Vec<Spell> = Vec::new();
    for spell in all {
        match out.last_mut() {
            Some(last) if last.code == spell.code => {
                last.to = last.to.max(spell.to);
                last.count += spell.count;
            }
            _ => out.push(spell),
        }
    }
    out.iter()
        .filter_map(|spell| {
            Some(crate::evidence::logs::Spell {
                from: moment(spell.from)?,
                to: moment(spell.to)?,
                code: spell.code.map_or_else(|| "ok".to_owned(), |code| code.to_string()),
                count: spell.count,
            })
        })
        .collect()
}
