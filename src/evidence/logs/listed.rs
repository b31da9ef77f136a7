//! What does a list of devices say that was named beside the logs?

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One device of a list (`Get-MobileDeviceStatistics`, `Get-MobileDevice`); what the list does not tell is null.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ListedDevice {
    /// The list.
    pub file: String,
    /// The mailbox address, where the list names one.
    pub mailbox: Option<String>,
    /// Who owns it by its identity, such as `corp.example/Users/Anna Muster`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `DeviceID`
    pub device_id: String,
    /// `DeviceType`
    pub device_type: Option<String>,
    /// `DeviceUserAgent`
    pub agent: Option<String>,
    /// `DeviceAccessState`: `Allowed`, `Blocked`, `Quarantined` ...
    pub access_state: Option<String>,
    /// `DeviceAccessStateReason`
    pub access_reason: Option<String>,
    /// `Status`
    pub status: Option<String>,
    /// `DevicePolicyApplied`
    pub policy: Option<String>,
    /// `DevicePolicyApplicationStatus`: `AppliedInFull`, `PartiallyApplied`, `NotApplied` ...
    pub policy_state: Option<String>,
    /// `FirstSyncTime`
    #[schemars(with = "Option<String>")]
    pub first_sync: Option<Timestamp>,
    /// `LastSyncAttemptTime`
    #[schemars(with = "Option<String>")]
    pub last_attempt: Option<Timestamp>,
    /// `LastSuccessSync`; null is not known, not never.
    #[schemars(with = "Option<String>")]
    pub last_success: Option<Timestamp>,
    /// Whether the times came without their zone and are taken for UTC.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zone_unknown: bool,
}
