//! Which objects of an export are about the mailbox, and what do they say?
//!
//! Enumerations come as their names or, from 5.1, as their numbers.

use super::date::{self, Order, Read};
use super::{Row, Table, Value};
use crate::evidence::{CasMailbox, Device, ExportKind, ExportSeen, Subject};
use crate::order;
use jiff::Timestamp;
use std::collections::BTreeSet;

const ACCESS: &[&str] = &["Unknown", "Allowed", "Blocked", "Quarantined", "DeviceDiscovery"];
const STATUS: &[&str] = &["DeviceOk", "DeviceBlocked", "DeviceWipePending", "DeviceWipeSucceeded"];
const REASON: &[&str] = &[
    "Unknown",
    "Global",
    "Individual",
    "DeviceRule",
    "Upgrade",
    "Policy",
    "UserAgentsChanges",
    "RecentCommands",
    "Watsons",
    "OutOfBudgets",
    "SyncCommands",
    "EnableNotificationEmail",
    "CommandFrequency",
];

/// What of an export concerns the mailbox. A list of devices names no addresses, so that the export of
/// Get-CASMailbox, where there is one, tells who owns which.
pub fn select(kind: ExportKind, table: &Table, subject: &Subject, accounts: Option<&Table>) -> ExportSeen {
    let ours = match kind {
        ExportKind::CasMailbox => own_account(&table.rows, subject).into_iter().collect(),
        ExportKind::DeviceList => own_devices(&table.rows, subject, accounts),
    };
    let mut seen = ExportSeen {
        format: table.format.name().to_owned(),
        records: u64::try_from(table.rows.len()).unwrap_or(u64::MAX),
        is_ours: !ours.is_empty() || table.rows.is_empty() && kind == ExportKind::DeviceList,
        unclear_dates: 0,
        mailbox: None,
        devices: Vec::new(),
    };
    match kind {
        ExportKind::CasMailbox => seen.mailbox = ours.first().map(|row| account(row)),
        ExportKind::DeviceList => {
            let order = order_of(&table.rows);
            seen.devices = ours.iter().map(|row| device(row, order, &mut seen.unclear_dates)).collect();
        }
    }
    seen
}

/// Whether a device is known to be a sync service's. The public library of such services calls itself so, and
/// their help pages name it.
pub fn is_service(device: &Device) -> bool {
    let agent = device.agent.as_deref().unwrap_or_default().to_ascii_lowercase();
    agent.contains("python-eas-client") || agent.contains("nylas")
}

fn text<'a>(row: &'a Row, name: &str) -> Option<&'a str> {
    match row.get(name) {
        Some(Value::Text(text)) if !is_type_name(text) => Some(text),
        _ => None,
    }
}

/// Stands in a CSV in place of a value that is no text.
fn is_type_name(text: &str) -> bool {
    text.starts_with("Microsoft.Exchange.") || text.starts_with("System.")
}

fn owned(row: &Row, name: &str) -> Option<String> {
    text(row, name).map(str::to_owned)
}

fn flag(row: &Row, name: &str) -> Option<bool> {
    match text(row, name)?.to_ascii_lowercase().as_str() {
        "true" | "wahr" | "1" => Some(true),
        "false" | "falsch" | "0" => Some(false),
        _ => None,
    }
}

/// A list, which a CSV holds as one text: `a, b`, and Format-List as `{a, b...}`.
fn several(row: &Row, name: &str) -> Vec<String> {
    let all: Vec<String> = match row.get(name) {
        Some(Value::List(all)) => all.clone(),
        Some(Value::Text(text)) if !is_type_name(text) => {
            let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
            inner.split(", ").map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let is_whole = |text: &String| !text.is_empty() && !text.ends_with("...");
    all.into_iter().map(|text| text.trim().to_owned()).filter(is_whole).collect()
}

/// The name of an enumeration's value; a number that is not known is none.
fn named(row: &Row, name: &str, names: &[&str]) -> Option<String> {
    let text = text(row, name)?;
    match text.parse::<usize>() {
        Ok(number) => names.get(number).map(|name| (*name).to_owned()),
        Err(_) => Some(text.to_owned()),
    }
}

fn account(row: &Row) -> CasMailbox {
    CasMailbox {
        activesync_enabled: flag(row, "activesyncenabled"),
        ews_enabled: flag(row, "ewsenabled"),
        owa_enabled: flag(row, "owaenabled"),
        mapi_enabled: flag(row, "mapienabled"),
        has_device: flag(row, "hasactivesyncdevicepartnership"),
        // its numbers are not known for certain
        ews_policy: owned(row, "ewsapplicationaccesspolicy").filter(|text| text.parse::<u8>().is_err()),
        ews_allowed: several(row, "ewsallowlist"),
        ews_blocked: several(row, "ewsblocklist"),
        devices_allowed: several(row, "activesyncalloweddeviceids"),
        devices_blocked: several(row, "activesyncblockeddeviceids"),
        device_policy: owned(row, "activesyncmailboxpolicy"),
    }
}

fn device(row: &Row, order: Option<Order>, unclear: &mut u64) -> Device {
    let mut zone_unknown = false;
    let mut moment = |name: &str| -> Option<Timestamp> {
        match date::read(text(row, name)?, order) {
            Read::Moment(moment) => {
                zone_unknown |= !moment.zone_known;
                Some(moment.at)
            }
            Read::Unclear => {
                *unclear += 1;
                None
            }
            Read::No => None,
        }
    };
    // a column that an administrator adds to have no doubt about the zone
    let last_success = moment("lastsuccesssyncutc").or_else(|| moment("lastsuccesssync"));
    let last_attempt = moment("lastsyncattempttimeutc").or_else(|| moment("lastsyncattempttime"));
    let first_sync = moment("firstsynctime");
    let wipe_requested = moment("devicewiperequesttime").or_else(|| moment("accountonlydevicewiperequesttime"));
    let wiped = moment("devicewipeacktime");
    Device {
        id: owned(row, "deviceid").unwrap_or_default(),
        kind: owned(row, "devicetype"),
        agent: owned(row, "deviceuseragent"),
        model: owned(row, "devicemodel"),
        client: owned(row, "clienttype").filter(|text| text.parse::<u8>().is_err()),
        access: named(row, "deviceaccessstate", ACCESS),
        reason: named(row, "deviceaccessstatereason", REASON),
        status: named(row, "status", STATUS),
        policy: owned(row, "devicepolicyapplied"),
        // its numbers are not known for certain
        policy_state: owned(row, "devicepolicyapplicationstatus").filter(|text| text.parse::<u8>().is_err()),
        folders: text(row, "numberoffolderssynced").and_then(|text| text.parse().ok()),
        first_sync,
        last_attempt,
        last_success,
        wipe_requested,
        wiped,
        zone_unknown,
    }
}

fn order_of(rows: &[Row]) -> Option<Order> {
    rows.iter().flat_map(Row::values).find_map(|value| match value {
        Value::Text(text) => date::order(text),
        _ => None,
    })
}

/// The addresses that an object names as its own.
fn addresses(row: &Row) -> BTreeSet<String> {
    let names =
        ["primarysmtpaddress", "windowsemailaddress", "userprincipalname", "emailaddresses", "mailbox", "smtpaddress"];
    let all = names.iter().flat_map(|name| match row.get(*name) {
        Some(Value::List(all)) => all.clone(),
        Some(Value::Text(text)) => text.split([' ', ',', ';', '{', '}']).map(str::to_owned).collect(),
        _ => Vec::new(),
    });
    let bare = all.map(|text| text.trim().rsplit_once(':').map_or(text.trim(), |(_, rest)| rest).to_lowercase());
    order::set(bare.filter(|text| text.contains('@')))
}

/// The object of the mailbox: the one with its address or the name that signs in, or the only one, where
/// that names nobody.
fn own_account<'a>(rows: &'a [Row], subject: &Subject) -> Option<&'a Row> {
    let by_address = rows.iter().find(|row| is_addressed(row, subject));
    by_address.or_else(|| match rows {
        [only] if addresses(only).is_empty() && !has_owner(only) => Some(only),
        _ => None,
    })
}

fn is_addressed(row: &Row, subject: &Subject) -> bool {
    let mailbox = subject.mailbox.as_ref().map(|mailbox| mailbox.address.to_lowercase());
    let user = subject.user.as_ref().map(|user| user.to_lowercase());
    let name = user.as_deref().and_then(|user| user.rsplit_once('\\')).map(|(_, name)| name);
    let known = addresses(row);
    mailbox.is_some_and(|mailbox| known.contains(&mailbox))
        || user.as_ref().is_some_and(|user| known.contains(user))
        || name.is_some_and(|name| text(row, "samaccountname").is_some_and(|sam| sam.eq_ignore_ascii_case(name)))
}

fn has_owner(row: &Row) -> bool {
    ["samaccountname", "name", "displayname", "identity", "distinguishedname"]
        .iter()
        .any(|name| row.contains_key(*name))
}

/// Who owns a device: what stands before `ExchangeActiveSyncDevices` in its identity, such as
/// `corp.example/Users/Anna Muster`.
fn owner(row: &Row) -> Option<String> {
    owner_as_written(row).map(str::to_lowercase)
}

fn owner_as_written(row: &Row) -> Option<&str> {
    let of_identity = text(row, "identity").and_then(|identity| {
        let at = identity.to_ascii_lowercase().find("exchangeactivesyncdevices")?;
        identity.get(..at)
    });
    let owner = of_identity.or_else(|| text(row, "userdisplayname")).or_else(|| text(row, "mailboxdisplayname"))?;
    Some(owner.trim_end_matches(['/', '\\']))
}

/// A device of a list, whoever's it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// The device.
    pub device: Device,
    /// The addresses that the list gives its mailbox, in small letters.
    pub addresses: BTreeSet<String>,
    /// Who owns it by its identity, such as `corp.example/Users/Anna Muster`.
    pub owner: Option<String>,
}

/// All devices of a list, and how many dates in it may be either of two days.
pub fn devices(table: &Table) -> (Vec<Owned>, u64) {
    let (order, mut unclear) = (order_of(&table.rows), 0);
    let one = |row: &Row| Owned {
        device: device(row, order, &mut unclear),
        addresses: addresses(row),
        owner: owner_as_written(row).filter(|owner| !owner.is_empty()).map(str::to_owned),
    };
    let all = table.rows.iter().map(one).collect();
    (all, unclear)
}

/// The devices of the mailbox: those that name its address; else all, where they have one owner at most;
/// else those of the owner that the mailbox's account is called like.
fn own_devices<'a>(rows: &'a [Row], subject: &Subject, accounts: Option<&Table>) -> Vec<&'a Row> {
    if rows.iter().any(|row| !addresses(row).is_empty()) {
        return rows.iter().filter(|row| is_addressed(row, subject)).collect();
    }
    let owners: BTreeSet<String> = order::set(rows.iter().filter_map(owner));
    if owners.len() <= 1 {
        return rows.iter().collect();
    }
    let account = accounts.and_then(|table| table.rows.iter().find(|row| is_addressed(row, subject)));
    let local = subject.mailbox.as_ref().and_then(|mailbox| mailbox.address.split('@').next()).map(str::to_lowercase);
    let names: Vec<String> = account
        .into_iter()
        .flat_map(|row| ["identity", "name", "displayname", "samaccountname"].map(|name| owned(row, name)))
        .flatten()
        .map(|name| name.to_lowercase())
        .chain(local)
        .collect();
    let last = |owner: &str| owner.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    let is_own = |row: &&Row| owner(row).is_some_and(|owner| names.contains(&owner) || names.contains(&last(&owner)));
    rows.iter().filter(is_own).collect()
}
