//! What was taken out of the evidence, and what was left in it, before others read it (`--redact`)?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much is taken out. Secrets are never in the evidence at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// What names a person: the mailbox's name, sign-in names, ids of accounts and devices, folders, files.
    Mailbox,
    /// Also what names the company's network: hosts, domains, servers, addresses.
    Full,
}

impl Level {
    /// As it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Full => "full",
        }
    }
}

/// Kinds of values that are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The part of an address before the @, a sign-in name, a display name.
    Name,
    /// A device's id.
    Device,
    /// An id of an account, a grant or a tenant.
    Account,
    /// A folder of the mailbox.
    Folder,
    /// A file or a folder on a disk.
    File,
    /// A host, a DNS or Windows domain, a server.
    Host,
    /// An IP address.
    Address,
    /// The value of a header that no check reads.
    Header,
}

/// What cannot be replaced without changing the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// Certificates, as every client is sent them: a changed one has no valid signature.
    Certificate,
    /// Host names that stand in these certificates, and the domains above them.
    CertificateName,
}

/// The list of what was replaced and left: kinds and counts, never the values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Redacted {
    /// How much.
    pub level: Level,
    /// How many different values of each kind were replaced.
    pub removed: BTreeMap<Kind, u64>,
    /// How many were left.
    pub left: BTreeMap<Left, u64>,
}
