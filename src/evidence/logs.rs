//! What do the logs of an Exchange server say about its devices?

mod listed;
pub mod reasons;
mod server;

pub use listed::ListedDevice;
pub use server::{EwsClient, Lockout, LogAgent, LogHour, LogServer, SlowRequest, Throttled};

use super::redact::Redacted;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was read out of logs: contract, section 4. All times are UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogsSeen {
    /// Which span of time the lines cover.
    pub coverage: Coverage,
    /// The files, in the order of their names.
    pub files: Vec<LogFile>,
    /// The devices, those with the most requests first.
    pub devices: Vec<LogDevice>,
    /// Who asked EWS, those with the most requests first; only where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ews: Vec<EwsClient>,
    /// Requests that name neither an account nor a device, by status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unattributed: BTreeMap<String, u64>,
    /// The server as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Box<LogServer>>,
    /// Devices of lists that have no request in these logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<ListedDevice>,
    /// What was replaced before others read it (`--redact`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
}

/// A span of time and its holes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The first line.
    #[schemars(with = "Option<String>")]
    pub from: Option<Timestamp>,
    /// The last line.
    #[schemars(with = "Option<String>")]
    pub to: Option<Timestamp>,
    /// Whole hours without any line.
    pub gaps: Vec<Gap>,
    /// The same by server and kind of log, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// The logs of one kind in one folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The folder.
    pub folder: String,
    /// The kind.
    pub kind: LogKind,
    /// Whole hours of the span of all logs that these have no line of.
    pub gaps: Vec<Gap>,
}

/// Hours without any line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Where it begins.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Where lines begin again.
    #[schemars(with = "String")]
    pub to: Timestamp,
}

/// A file, or a member of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogFile {
    /// Where it lies.
    pub path: String,
    /// What it is, by its content.
    pub kind: LogKind,
    /// All its lines.
    pub lines: u64,
    /// Those that the numbers come from.
    pub used: u64,
    /// Those that should have been used and could not be.
    pub skipped: Vec<SkippedLines>,
    /// Why it could not be read to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// What else happened to it, without a loss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Kinds of files, told by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// An IIS log whose ActiveSync requests are those of clients (port 443).
    IisFrontEnd,
    /// An IIS log whose ActiveSync requests come from a front end (`/Proxy/`, port 444).
    IisBackEnd,
    /// An IIS log of Exchange 2003 to 2010, which has both in one line.
    IisCombined,
    /// An IIS log without any ActiveSync request.
    Iis,
    /// An HttpProxy log.
    HttpProxy,
    /// A mailbox log of ActiveSync.
    MailboxLog,
    /// A list of devices.
    DeviceList,
    /// An access log of a reverse proxy.
    ReverseProxy,
    /// Nothing at all.
    Empty,
    /// Text of another kind.
    Unknown,
    /// No text.
    Binary,
}

/// Whether an access state that Exchange notes, such as `QuarantinedG`, keeps the device out; one that it is still
/// getting to know (`DeviceDiscovery`) it does not.
pub fn keeps_out(state: &str) -> bool {
    ["Blocked", "Quarantined"].iter().any(|kept_out| state.starts_with(kept_out))
}

impl LogKind {
    /// Whether it is read.
    pub const fn is_read(self) -> bool {
        !matches!(self, Self::DeviceList | Self::Empty | Self::Unknown | Self::Binary)
    }
}

/// Lines that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SkippedLines {
    /// Why, in one word.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// What one device did for one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogDevice {
    /// The account, without its domain; null where no line names it.
    pub user: Option<String>,
    /// The mailbox address, where a line of the back end names it.
    pub mailbox: Option<String>,
    /// The device's id; null where requests carry none.
    pub device_id: Option<String>,
    /// The device's type.
    pub device_type: Option<String>,
    /// The user agent, as last seen.
    pub agent: Option<String>,
    /// The protocol version, as last seen.
    pub protocol: Option<String>,
    /// Requests, each once however many logs show it.
    pub hits: u64,
    /// Where hits and statuses are counted: `front-end`, `back-end`, `http-proxy`, `mailbox-log`, or where
    /// there is nothing else `reverse-proxy`.
    pub site: String,
    /// The first request.
    #[schemars(with = "Option<String>")]
    pub first_attempt: Option<Timestamp>,
    /// The last request.
    #[schemars(with = "Option<String>")]
    pub last_attempt: Option<Timestamp>,
    /// When the last request ended that ActiveSync itself reports as successful; null where no line
    /// shows that.
    #[schemars(with = "Option<String>")]
    pub last_success: Option<Timestamp>,
    /// When the last request ended that HTTP reports as successful (200): accepted, not proved.
    #[schemars(with = "Option<String>")]
    pub last_accepted: Option<Timestamp>,
    /// Whether any line shows what ActiveSync itself answered.
    pub proof: bool,
    /// The first failure after the last success.
    #[schemars(with = "Option<String>")]
    pub failing_since: Option<Timestamp>,
    /// Failures after the last success.
    pub failures_in_a_row: u64,
    /// The failures after the last success, by code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing_with: BTreeMap<String, u64>,
    /// HTTP status, sub-status and win32 status of all requests.
    pub statuses: BTreeMap<String, u64>,
    /// What ActiveSync itself reported, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<String, u64>,
    /// Whether Exchange lets the device in, as last seen: `Allowed`, `Blocked`, `Quarantined` and the
    /// letters of the reason.
    pub access_state: Option<String>,
    /// The last success of each command; of the last acceptance, where nothing is proved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub last_by_command: BTreeMap<String, Timestamp>,
    /// The last request that was authenticated.
    #[schemars(with = "Option<String>")]
    pub last_sign_in: Option<Timestamp>,
    /// The last sign-in that was refused, with its status.
    pub last_refusal: Option<Refusal>,
    /// Lines that decide: the file and the number of the line.
    pub lines: DecidingLines,
    /// The most requests in one day and in one minute.
    pub peak: Peak,
    /// How often the client began anew (sync key 0), most in one day.
    pub resyncs: u64,
    /// How often the same sync key came for the same folder in a row, at most.
    pub same_key: u64,
    /// Delays by throttling.
    pub throttled: u64,
    /// The longest delay by throttling, in milliseconds.
    pub throttled_ms: u64,
    /// Long requests that were cut, by their length in seconds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cut_after: BTreeMap<String, u64>,
    /// Whether its budget was overdrawn when last shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdrawn: bool,
    /// Lines that show it automatically blocked.
    #[serde(default, skip_serializing_if = "is_none")]
    pub auto_blocked: u64,
    /// Provision requests since the last Sync, FolderSync or Ping that worked.
    #[serde(default, skip_serializing_if = "is_none")]
    pub provisions: u64,
    /// How many Pings named their wait, and the mean of it in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    /// How long the mailbox server took for Syncs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox_server: Option<MailboxServer>,
    /// The median of the gaps between what worked, visits of less than a minute aside, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rhythm_s: Option<u64>,
    /// How long requests took that wait for nothing, in milliseconds.
    pub latency: Option<Latency>,
    /// Changes between accepted and refused, oldest first; only the last ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<Spell>,
    /// What lists of devices say of it, one entry a list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<ListedDevice>,
}

/// A refused sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// HTTP status, sub-status and win32 status.
    pub status: String,
}

/// Where the deciding lines stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecidingLines {
    /// The last success, or the last acceptance where none is proved.
    pub success: Option<LineAt>,
    /// The first failure after it.
    pub failure: Option<LineAt>,
    /// The last request that was authenticated.
    pub sign_in: Option<LineAt>,
    /// The last refused sign-in.
    pub refusal: Option<LineAt>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineAt {
    /// The file.
    pub file: String,
    /// The line's number, from 1.
    pub line: u64,
}

/// The busiest day and minute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Peak {
    /// Requests of the busiest day.
    pub day: u64,
    /// Requests of the busiest minute.
    pub minute: u64,
}

/// How long requests took, in milliseconds; estimates of a few percent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Half took no longer.
    pub p50: u64,
    /// 95 of 100 took no longer.
    pub p95: u64,
    /// The longest.
    pub max: u64,
}

/// Requests in a row with the same outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Spell {
    /// The first of them.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// The last of them.
    #[schemars(with = "String")]
    pub to: Timestamp,
    /// `ok`, or the code of the failure.
    pub code: String,
    /// How many.
    pub count: u64,
}

/// How long Pings wait.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heartbeat {
    /// How many Pings.
    pub count: u64,
    /// The mean, in seconds.
    pub mean_s: u64,
}

/// How long the calls of Syncs to the mailbox server took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxServer {
    /// Syncs that show it.
    pub count: u64,
    /// Those of more than two seconds.
    pub over_2s: u64,
    /// Those of more than ten seconds.
    pub over_10s: u64,
    /// The longest, in milliseconds.
    pub max_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// The line of a file by its number.
pub fn line_at(files: &[LogFile], file: u32, line: u64) -> Option<LineAt> {
    Some(LineAt { file: files.get(file as usize)?.path.clone(), line })
}
