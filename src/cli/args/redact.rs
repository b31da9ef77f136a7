//! How much may others read of what is written?

use crate::evidence::redact::Level;
use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Redact {
    /// Nothing is hidden but secrets
    None,
    /// Names of persons: the mailbox's name, sign-in names, ids of accounts and devices, folders, files
    Mailbox,
    /// Also the network: hosts, domains, servers and addresses; certificates, and the names in them, stay
    Full,
}

impl Redact {
    /// What is to be taken out; `None`: nothing.
    pub fn level(self) -> Option<Level> {
        match self {
            Self::None => None,
            Self::Mailbox => Some(Level::Mailbox),
            Self::Full => Some(Level::Full),
        }
    }
}
