//! Which options hand the findings to those who must act?

use crate::finding::Owner;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What is made for those who must act.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct HandArgs {
    /// In place of the report, print a message to one of those who must act, ready to be sent, or to all of them
    #[arg(long, value_enum, value_name = "OWNER", conflicts_with = "format")]
    pub message_for: Option<MessageFor>,
    /// Write what is to be done into this folder: scripts, DNS records, the whole certificate chain; nothing of it is run
    #[arg(long, value_name = "DIR")]
    pub fix: Option<PathBuf>,
}

/// Whom a message is for: the owners of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MessageFor {
    /// Whoever runs the domain's DNS
    Dns,
    /// Whoever runs the domain's web site
    Web,
    /// The Exchange admin
    Exchange,
    /// The admin of firewall, proxy or load balancer
    Network,
    /// The Entra ID admin
    Entra,
    /// The sync service or the app
    Sync,
    /// The mailbox user
    User,
    /// Whoever runs exdiag
    Caller,
    /// Everybody who must act
    All,
}

impl MessageFor {
    /// The owner; `None` for all.
    pub const fn owner(self) -> Option<Owner> {
        Some(match self {
            Self::Dns => Owner::Dns,
            Self::Web => Owner::Web,
            Self::Exchange => Owner::Exchange,
            Self::Network => Owner::Network,
            Self::Entra => Owner::Entra,
            Self::Sync => Owner::Sync,
            Self::User => Owner::User,
            Self::Caller => Owner::Caller,
            Self::All => return None,
        })
    }
}
