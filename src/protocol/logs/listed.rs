//! Which devices of a list that was named beside the logs are those that the logs show?
//!
//! A device is known by its id; one telephone may serve two mailboxes, which then decide. A list names its mailbox
//! by an address, by who owns the device, or, where it is that of one mailbox, not at all.

use super::device::Named;
use super::scan::{Part, Skip};
use super::summary::{Wanted, is_account};
use crate::evidence::ExportKind;
use crate::evidence::logs::{ListedDevice, LogDevice, reasons};
use crate::order;
use crate::protocol::export::{self, Fault, Owned};
use std::collections::{BTreeSet, HashMap};

/// A list above this size, in bytes, is none of a server's devices.
const LARGEST: usize = 64 << 20;

/// The devices of one list.
#[derive(Debug, Default)]
pub struct List {
    rows: Vec<Owned>,
    /// Whether all are of one mailbox that it need not name.
    of_one: bool,
}

/// Takes one list up, which can be read only as a whole.
#[derive(Debug, Default)]
pub struct Lists {
    bytes: Vec<u8>,
    lines: u64,
}

impl Lists {
    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        let room = (LARGEST + 1).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    }

    /// The end of the file.
    pub fn finish(self) -> Part {
        let open = self.bytes.last().is_some_and(|last| *last != b'\n');
        let mut part = Part { lines: self.lines + u64::from(open), ..Part::default() };
        let read = if self.bytes.len() > LARGEST {
            Err(Fault::TooLarge)
        } else {
            export::read(&self.bytes, ExportKind::DeviceList)
        };
        let table = match read {
            Ok(table) => table,
            Err(fault) => {
                part.list = Some(Err(why(&fault)));
                return part;
            }
        };
        let (mut rows, unclear) = export::devices(&table);
        let all = rows.len();
        rows.retain(|row| !row.device.id.is_empty());
        for (skip, count) in [(Skip::Date, unclear), (Skip::NoId, (all - rows.len()) as u64)] {
            if count > 0 {
                part.skipped.insert(skip, count);
            }
        }
        part.used = rows.len() as u64;
        let owners: BTreeSet<Option<&String>> = order::set(rows.iter().map(|row| row.owner.as_ref()));
        let of_one = owners.len() <= 1 && rows.iter().all(|row| row.addresses.is_empty());
        part.list = Some(Ok(List { rows, of_one }));
        part
    }
}

const fn why(fault: &Fault) -> &'static str {
    match fault {
        Fault::TooLarge => reasons::LIST_LARGE,
        Fault::Cut => reasons::LIST_CUT,
        Fault::Broken { .. } => reasons::LIST_BROKEN,
        Fault::Empty | Fault::Unknown | Fault::Other(_) | Fault::Foreign => reasons::LIST_FOREIGN,
    }
}

/// Puts what lists say beside what the logs show; returns the devices that are wanted and have no request.
pub fn join(lists: &[(&str, List)], all: &mut [(Named, LogDevice)], wanted: &Wanted) -> Vec<ListedDevice> {
    let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, (device, _)) in all.iter().enumerate() {
        by_id.entry(device.id.to_lowercase()).or_default().push(at);
    }
    let mut unseen = Vec::new();
    for (file, list) in lists {
        let mut same_id: HashMap<String, usize> = HashMap::new();
        for row in &list.rows {
            *same_id.entry(row.device.id.to_lowercase()).or_default() += 1;
        }
        for row in &list.rows {
            let id = row.device.id.to_lowercase();
            let candidates = by_id.get(&id).map(Vec::as_slice).unwrap_or_default();
            let fits = |at: &&usize| all.get(**at).is_some_and(|(device, _)| is_of(row, device));
            // names differ from addresses: where there is one on either side, the id is enough
            let alone = candidates.len() == 1 && same_id.get(&id) == Some(&1);
            let only =
                candidates.first().filter(|at| alone && !all.get(**at).is_some_and(|(d, _)| is_anothers(row, d)));
            let found = candidates.iter().find(fits).or(only).copied();
            // whose requests they are that show its id is not always clear
            let maybe = candidates.iter().any(|at| all.get(*at).is_some_and(|(d, _)| !is_anothers(row, d)));
            let told = told(row, file);
            match found.and_then(|at| all.get_mut(at)) {
                Some((_, device)) => device.listed.push(told),
                None if !maybe && is_wanted(row, list, wanted) => unseen.push(told),
                None => {}
            }
        }
    }
    unseen
}

/// Whether the list names the account of this device.
fn is_of(row: &Owned, device: &Named) -> bool {
    let names_it = |name: &str| {
        device.mailbox.as_ref().is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(name))
            || device.users.iter().any(|user| is_account(user, name))
    };
    row.addresses.iter().any(|address| names_it(address)) || own_name(row).is_some_and(names_it)
}

/// Whether the list names another mailbox than the logs do.
fn is_anothers(row: &Owned, device: &Named) -> bool {
    // those who sign in, where no mailbox is named: a name alone says nothing against an address
    let of_users = device.users.iter().filter(|user| device.mailbox.is_none() && user.contains('@'));
    let mut shown = device.mailbox.iter().chain(of_users).map(|address| address.to_lowercase()).peekable();
    shown.peek().is_some() && !row.addresses.is_empty() && !shown.any(|address| row.addresses.contains(&address))
}

/// `Anna Muster` of `corp.example/Users/Anna Muster`.
fn own_name(row: &Owned) -> Option<&str> {
    row.owner.as_deref()?.rsplit(['/', '\\']).next()
}

fn is_wanted(row: &Owned, list: &List, wanted: &Wanted) -> bool {
    let mailbox = wanted.mailbox.as_ref().is_none_or(|wanted| {
        list.of_one
            || row.addresses.iter().any(|address| is_account(address, wanted))
            || own_name(row).is_some_and(|name| is_account(name, wanted))
    });
    let device = wanted.device.as_ref().is_none_or(|id| id.eq_ignore_ascii_case(&row.device.id));
    mailbox && device && wanted.takes_agent(row.device.agent.as_deref())
}

fn told(row: &Owned, file: &str) -> ListedDevice {
    let device = row.device.clone();
    ListedDevice {
        file: file.to_owned(),
        mailbox: row.addresses.first().cloned(),
        owner: row.owner.clone(),
        device_id: device.id,
        device_type: device.kind,
        agent: device.agent,
        access_state: device.access,
        access_reason: device.reason,
        status: device.status,
        policy: device.policy,
        policy_state: device.policy_state,
        first_sync: device.first_sync,
        last_attempt: device.last_attempt,
        last_success: device.last_success,
        zone_unknown: device.zone_unknown,
    }
}
