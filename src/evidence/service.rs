//! What did the sync service say that the user has pasted into a file?

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer or a notification of the sync service, as far as a check reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paper {
    /// The file that it stands in.
    pub file: String,
    /// What it is.
    pub kind: PaperKind,
    /// What of it is kept, in the shape that the service gave it.
    pub content: Value,
    /// When the event was that a notification tells of; never a time of a sync.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub at: Option<Timestamp>,
}

/// Kinds of answers and notifications, told by their content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// An account of the old API (v2).
    Account,
    /// A notification of the old API about an account (`account.*`).
    AccountEvent,
    /// A grant of the API (v3).
    Grant,
    /// A notification of the API about a grant (`grant.*`).
    GrantEvent,
    /// An error of either.
    Error,
}

/// What earlier reports of this mailbox say, of those that exdiag keeps (`--history`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct History {
    /// How many there are.
    pub reports: u64,
    /// The last run in which it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub worked_at: Option<Timestamp>,
    /// What worked then: the check that passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked_by: Option<String>,
}
