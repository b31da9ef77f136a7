//! Which device of which account does a request belong to?

use super::answer::Status;
use super::device::{Device, Request};
use super::keyed::Keyed;
use super::query::{self, Query};
use super::server::Server;
use crate::order;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Devices that are told apart: with all that is told of them they take up to 250 MB.
const DEVICES: usize = 20_000;

/// So many more, of those that are asked about.
const ASKED: usize = 1_000;

/// So many devices are some 30 MB.
const LARGE: usize = 10_000;

/// Spellings of account and device that are remembered.
const SPELLINGS: usize = 100_000;

/// Account and device, in small letters.
type Key = (String, String);

/// Who is told of though there are more devices than are told apart, in small letters.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// The account, without its domain.
    pub user: Option<String>,
    /// The device's id.
    pub device: Option<String>,
}

/// All devices of one part of the logs.
#[derive(Debug, Default)]
pub struct Table {
    /// Who is asked about.
    pub chosen: Chosen,
    /// Requests of devices for which there was no room.
    pub left_out: u64,
    /// Where there is no room for all devices, those whose number is smaller are told: in every part of the logs the
    /// same, so that of each all is known.
    below: Option<u64>,
    devices: Vec<Device>,
    keys: HashMap<Key, usize>,
    /// As it stands in the line, so that the line need not be taken apart again.
    spellings: HashMap<Box<[u8]>, usize, Keyed>,
    spelling: Vec<u8>,
    /// Requests that name neither account nor device, or came when the table was full.
    pub unattributed: BTreeMap<Status, u64>,
    /// All of them together.
    pub server: Server,
}

impl Table {
    /// Counts a request. `user`: the account that the server knows, as it stands in the line.
    pub fn add(&mut self, query: &Query<'_>, user: &[u8], request: &Request<'_>) {
        let user = if matches!(user, b"-" | b"") { &[][..] } else { user };
        self.spelling.clear();
        for part in [query.user, user, query.device_id] {
            self.spelling.extend_from_slice(part);
            self.spelling.push(0);
        }
        let known = self.spellings.get(self.spelling.as_slice()).copied();
        let found = known.or_else(|| self.enter(query, user));
        let ended = request.ended();
        self.server.count(request.at, request.origin, request.status, ended);
        if let Some(took) = request.took.filter(|took| self.server.is_slow(*took) && !request.waits(*took)) {
            let name = if query.user.is_empty() { user } else { query.user };
            let (name, device) = (account(&query::text(name)), query::device_id(query.device_id));
            self.server.slow(took, request.at, request.command, request.status, name, device);
        }
        match found.and_then(|at| self.devices.get_mut(at)) {
            Some(device) => {
                if device.kind.is_empty() && !query.device_type.is_empty() {
                    device.kind = query::text(query.device_type);
                }
                device.add(request, ended);
            }
            None => *self.unattributed.entry(request.status).or_default() += 1,
        }
    }

    fn is_chosen(&self, (user, device): &Key) -> bool {
        let is_asked = self.chosen.user.as_ref() == Some(user) || self.chosen.device.as_ref() == Some(device);
        is_asked && self.devices.len() < DEVICES + ASKED
    }

    /// Whether a device is taken that is not known yet; others may have to go for it.
    fn takes(&mut self, key: &Key) -> bool {
        if self.is_chosen(key) {
            return true;
        }
        let number = number(key);
        if self.devices.len() >= DEVICES && self.below.is_none_or(|below| number < below) {
            self.thin(self.below.unwrap_or(u64::MAX) / 2);
        }
        self.below.is_none_or(|below| number < below)
    }

    /// Leaves out the devices whose number is not below this one.
    fn thin(&mut self, below: u64) {
        self.below = Some(below);
        let (devices, keys) = (std::mem::take(&mut self.devices), std::mem::take(&mut self.keys));
        self.merge(Self { devices, keys, ..Self::default() });
    }

    fn enter(&mut self, query: &Query<'_>, user: &[u8]) -> Option<usize> {
        let device_id = query::device_id(query.device_id);
        let asked = account(&query::text(query.user));
        let signed_in = account(&query::text(user));
        // between servers, the server itself signs in
        let signed_in = if signed_in.ends_with('$') { String::new() } else { signed_in };
        let name = if asked.is_empty() { signed_in.as_str() } else { asked.as_str() };
        if name.is_empty() && device_id.is_empty() {
            return None;
        }
        let key = (local(name), device_id.to_lowercase());
        let at = match self.keys.get(&key).copied() {
            Some(at) => at,
            None if !self.takes(&key) => {
                self.left_out += 1;
                return None;
            }
            None => {
                self.devices.push(Device { id: device_id, ..Device::default() });
                self.keys.insert(key, self.devices.len() - 1);
                self.devices.len() - 1
            }
        };
        if let Some(device) = self.devices.get_mut(at) {
            device.named(asked);
            device.named(signed_in);
        }
        if self.spellings.len() >= SPELLINGS {
            self.spellings.clear();
        }
        self.spellings.insert(self.spelling.as_slice().into(), at);
        Some(at)
    }

    /// Whether there are so many devices that few such tables have room beside each other.
    pub fn is_large(&self) -> bool {
        self.devices.len() > LARGE
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for device in &mut self.devices {
            device.shift(lines);
        }
        self.server.shift(lines);
    }

    /// Takes up another part of the logs.
    pub fn merge(&mut self, other: Self) {
        if let Some(below) = other.below.filter(|below| self.below.is_none_or(|mine| *below < mine)) {
            self.thin(below);
        }
        let mut devices: Vec<Option<Device>> = other.devices.into_iter().map(Some).collect();
        // in the order in which they came, not in that of a hash: two runs over the same files say the same
        let mut keys: Vec<(usize, Key)> = other.keys.into_iter().map(|(key, at)| (at, key)).collect();
        order::rising(&mut keys);
        for (from, key) in keys {
            let Some(device) = devices.get_mut(from).and_then(Option::take) else { continue };
            let known = self.keys.get(&key).copied();
            if let Some(mine) = known.and_then(|at| self.devices.get_mut(at)) {
                mine.merge(device);
            } else if self.takes(&key) {
                self.keys.insert(key, self.devices.len());
                self.devices.push(device);
            } else {
                let site = if device.front.hits > 0 { device.front } else { device.back };
                self.left_out += site.hits;
                for (status, count) in site.statuses {
                    *self.unattributed.entry(status).or_default() += count;
                }
            }
        }
        self.left_out += other.left_out;
        for (status, count) in other.unattributed {
            *self.unattributed.entry(status).or_default() += count;
        }
        self.server.merge(other.server);
        self.spellings.clear();
    }

    /// All devices. One that some lines name without an account (a query in base64 names none before
    /// the sign-in) belongs to the account that other lines name, where there is only one.
    pub fn devices(mut self) -> (Vec<Device>, BTreeMap<Status, u64>) {
        let mut of_device: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
        for ((user, device), at) in &self.keys {
            of_device.entry(device).or_default().push((user, *at));
        }
        let mut joined: Vec<(usize, usize)> = Vec::new();
        for (device, users) in of_device {
            if let (false, [(a, first), (b, second)]) = (device.is_empty(), users.as_slice()) {
                match (a.is_empty(), b.is_empty()) {
                    (true, _) => joined.push((*first, *second)),
                    (_, true) => joined.push((*second, *first)),
                    _ => {}
                }
            }
        }
        let mut devices: Vec<Option<Device>> = self.devices.drain(..).map(Some).collect();
        for (from, to) in joined {
            let taken = devices.get_mut(from).and_then(Option::take);
            if let (Some(device), Some(Some(into))) = (taken, devices.get_mut(to)) {
                into.merge(device);
            }
        }
        (devices.into_iter().flatten().collect(), self.unattributed)
    }
}

/// As good as drawn by lot, and the same in every part of the logs.
fn number((user, device): &Key) -> u64 {
    let mut hasher = DefaultHasher::new();
    // some lines name a device without its account
    (if device.is_empty() { user } else { device }).hash(&mut hasher);
    hasher.finish()
}

/// An account's name without the domain in front of it.
pub fn account(name: &str) -> String {
    let name = name.rsplit('\\').next().unwrap_or_default().trim();
    if name == "-" { String::new() } else { name.to_owned() }
}

/// The name by which an account is recognised in all its spellings: in small letters, without a domain.
pub fn local(name: &str) -> String {
    let name = account(name);
    name.split('@').next().unwrap_or_default().to_lowercase()
}
