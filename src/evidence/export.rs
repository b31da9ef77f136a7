//! What does Exchange have on record about the mailbox, by a file that an administrator has exported?

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExportKind {
    /// Get-CASMailbox: what the mailbox may use.
    CasMailbox,
    /// Get-MobileDeviceStatistics or Get-MobileDevice: its devices.
    DeviceList,
}

impl ExportKind {
    /// The cmdlet that makes it.
    pub const fn cmdlet(self) -> &'static str {
        match self {
            Self::CasMailbox => "Get-CASMailbox",
            Self::DeviceList => "Get-MobileDeviceStatistics",
        }
    }

    /// The option that takes it.
    pub const fn option(self) -> &'static str {
        match self {
            Self::CasMailbox => "--casmailbox",
            Self::DeviceList => "--device-list",
        }
    }
}

/// A file that the user named.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Export {
    /// What it should hold.
    pub what: ExportKind,
    /// Its name, without the folder.
    pub file: String,
}

impl fmt::Display for Export {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            ExportKind::CasMailbox => "cas-mailbox",
            ExportKind::DeviceList => "device-list",
        };
        write!(f, "{what}:{}", self.file)
    }
}

/// What of an export concerns the mailbox; of other mailboxes only that there are some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportSeen {
    /// How it is written: `json`, `csv`, `clixml` or `list`.
    pub format: String,
    /// How many objects it holds, of whichever mailbox.
    pub records: u64,
    /// Whether it is about the mailbox at all.
    pub is_ours: bool,
    /// How many dates could not be read for certain: they name neither day nor month.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unclear_dates: u64,
    /// What the mailbox may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<CasMailbox>,
    /// Its devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What Get-CASMailbox says; what the file does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CasMailbox {
    /// `ActiveSyncEnabled`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activesync_enabled: Option<bool>,
    /// `EwsEnabled`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ews_enabled: Option<bool>,
    /// `OWAEnabled`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owa_enabled: Option<bool>,
    /// `MAPIEnabled`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapi_enabled: Option<bool>,
    /// `HasActiveSyncDevicePartnership`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_device: Option<bool>,
    /// `EwsApplicationAccessPolicy`: `EnforceAllowList` or `EnforceBlockList`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ews_policy: Option<String>,
    /// `EwsAllowList`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ews_allowed: Vec<String>,
    /// `EwsBlockList`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ews_blocked: Vec<String>,
    /// `ActiveSyncAllowedDeviceIDs`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices_allowed: Vec<String>,
    /// `ActiveSyncBlockedDeviceIDs`
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices_blocked: Vec<String>,
    /// `ActiveSyncMailboxPolicy`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_policy: Option<String>,
}

/// What Get-MobileDeviceStatistics says of one device; what the file does not tell is `None`. Names,
/// numbers and recovery passwords of the telephone are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Device {
    /// `DeviceID`
    pub id: String,
    /// `DeviceType`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `DeviceUserAgent`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// `DeviceModel`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// `ClientType`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// `DeviceAccessState`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<String>,
    /// `DeviceAccessStateReason`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `Status`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// `DevicePolicyApplied`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `DevicePolicyApplicationStatus`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_state: Option<String>,
    /// `NumberOfFoldersSynced`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folders: Option<u64>,
    /// `FirstSyncTime`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub first_sync: Option<Timestamp>,
    /// `LastSyncAttemptTime`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_attempt: Option<Timestamp>,
    /// `LastSuccessSync`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub last_success: Option<Timestamp>,
    /// `DeviceWipeRequestTime`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub wipe_requested: Option<Timestamp>,
    /// `DeviceWipeAckTime`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub wiped: Option<Timestamp>,
    /// Whether the times came without their zone and are taken for UTC.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zone_unknown: bool,
}
