//! What do logs show of a server as a whole?

use super::{LineAt, Refusal};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The numbers of a server; where one mailbox was asked about, only those of its client's kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogServer {
    /// The hours with requests; where several logs show one, by the one that shows most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hours: Vec<LogHour>,
    /// The slowest requests that wait for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slow: Vec<SlowRequest>,
    /// Who tries a wrong password or a locked account, the most tries first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lockouts: Vec<Lockout>,
    /// The clients by their user agent, those that fail most first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<LogAgent>,
    /// Devices by their access state.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, u64>,
    /// Whom Exchange slows down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub throttled: Vec<Throttled>,
}

/// An hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogHour {
    /// Where it begins.
    #[schemars(with = "String")]
    pub from: Timestamp,
    /// Requests.
    pub requests: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those whose sign-in was refused.
    pub refused: u64,
    /// Those that were answered with 5xx.
    pub server_errors: u64,
}

/// A slow request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlowRequest {
    /// When it was answered.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// What was asked.
    pub command: String,
    /// HTTP status, sub-status and win32 status.
    pub status: String,
    /// The account.
    pub user: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// Where it stands.
    pub line: Option<LineAt>,
}

/// A client that may lock an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Lockout {
    /// The account.
    pub user: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// The user agent.
    pub agent: Option<String>,
    /// Sign-ins with a wrong password (401 with win32 1326, or 2148074252 of NTLM).
    pub wrong_password: u64,
    /// Sign-ins to an account that was locked (1909).
    pub locked_out: u64,
    /// The last refused one.
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
}

/// All clients with one user agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogAgent {
    /// The user agent, blanks as `+`.
    pub agent: String,
    /// The protocol versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<String>,
    /// Accounts.
    pub accounts: u64,
    /// Accounts that fail: three failures in a row or more, never a success, or not let in.
    pub failing: u64,
    /// Devices.
    pub devices: u64,
    /// Requests.
    pub requests: u64,
}

/// A client that is slowed down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Throttled {
    /// The account.
    pub user: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// Requests that were delayed.
    pub requests: u64,
    /// The longest delay, in milliseconds.
    pub ms: u64,
    /// Whether its budget was overdrawn at the end.
    pub overdrawn: bool,
}

/// One account and client of EWS. What EWS itself answered is in no log of IIS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EwsClient {
    /// The account, without its domain.
    pub user: String,
    /// The user agent, blanks as `+`.
    pub agent: String,
    /// Requests, on one site only.
    pub hits: u64,
    /// The first request.
    #[schemars(with = "Option<String>")]
    pub first_attempt: Option<Timestamp>,
    /// The last request.
    #[schemars(with = "Option<String>")]
    pub last_attempt: Option<Timestamp>,
    /// The last that HTTP reports as successful (200).
    #[schemars(with = "Option<String>")]
    pub last_accepted: Option<Timestamp>,
    /// Where it stands.
    pub last_accepted_line: Option<LineAt>,
    /// The first failure after it.
    #[schemars(with = "Option<String>")]
    pub failing_since: Option<Timestamp>,
    /// Where it stands.
    pub failing_line: Option<LineAt>,
    /// Failures after it.
    pub failures_in_a_row: u64,
    /// These by code.
    pub failing_with: BTreeMap<String, u64>,
    /// HTTP status, sub-status and win32 status of all requests.
    pub statuses: BTreeMap<String, u64>,
    /// The last sign-in that was refused.
    pub last_refusal: Option<Refusal>,
}
