//! How are the tables of a whole server written as CSV?

use super::{head, row};
use crate::evidence::logs::{LogServer, LogsSeen};
use std::io::{self, Write};

/// A table of a server beside that of its devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerTable {
    /// By hour.
    Hours,
    /// The slowest requests.
    Slow,
    /// Wrong passwords and locked accounts.
    Lockouts,
    /// Clients by their user agent.
    Agents,
    /// Devices by their access state.
    Access,
    /// Whom Exchange slows down.
    Throttled,
    /// Devices of lists that have no request.
    Listed,
}

const LISTED: &[&str] = &[
    "mailbox",
    "owner",
    "device_id",
    "device_type",
    "access_state",
    "access_reason",
    "policy_state",
    "last_attempt",
    "last_success",
    "file",
];

/// Writes one table (RFC 4180); only its head where there are no rows.
pub fn write_server_csv(seen: &LogsSeen, table: ServerTable, out: &mut dyn Write) -> io::Result<()> {
    let none = LogServer::default();
    let server = seen.server.as_deref().unwrap_or(&none);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (names, rows): (&[&str], Vec<Vec<String>>) = match table {
        ServerTable::Hours => (
            &["from", "requests", "failed", "refused", "server_errors"],
            server
                .hours
                .iter()
                .map(|h| {
                    let counts = [h.requests, h.failed, h.refused, h.server_errors].map(|count| count.to_string());
                    [h.from.to_string()].into_iter().chain(counts).collect()
                })
                .collect(),
        ),
        ServerTable::Slow => (
            &["at", "ms", "command", "status", "user", "device_id", "file", "line"],
            server
                .slow
                .iter()
                .map(|s| {
                    let place = s.line.as_ref();
                    vec![
                        s.at.to_string(),
                        s.ms.to_string(),
                        s.command.clone(),
                        s.status.clone(),
                        text(&s.user),
                        text(&s.device_id),
                        place.map(|line| line.file.clone()).unwrap_or_default(),
                        place.map(|line| line.line.to_string()).unwrap_or_default(),
                    ]
                })
                .collect(),
        ),
        ServerTable::Lockouts => (
            &["user", "device_id", "agent", "wrong_password", "locked_out", "last"],
            server
                .lockouts
                .iter()
                .map(|l| {
                    vec![
                        text(&l.user),
                        text(&l.device_id),
                        text(&l.agent),
                        l.wrong_password.to_string(),
                        l.locked_out.to_string(),
                        l.last.map(|last| last.to_string()).unwrap_or_default(),
                    ]
                })
                .collect(),
        ),
        ServerTable::Agents => (
            &["agent", "protocols", "accounts", "failing", "devices", "requests"],
            server
                .agents
                .iter()
                .map(|a| {
                    let counts = [a.accounts, a.failing, a.devices, a.requests].map(|count| count.to_string());
                    [a.agent.clone(), a.protocols.join(" ")].into_iter().chain(counts).collect()
                })
                .collect(),
        ),
        ServerTable::Access => (
            &["access_state", "devices"],
            server.access.iter().map(|(state, count)| vec![state.clone(), count.to_string()]).collect(),
        ),
        ServerTable::Throttled => (
            &["user", "device_id", "requests", "ms", "overdrawn"],
            server
                .throttled
                .iter()
                .map(|t| {
                    let rest = [t.requests.to_string(), t.ms.to_string(), t.overdrawn.to_string()];
                    [text(&t.user), text(&t.device_id)].into_iter().chain(rest).collect()
                })
                .collect(),
        ),
        ServerTable::Listed => {
            let rows = seen.listed.iter().map(|l| {
                let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
                vec![
                    text(&l.mailbox),
                    text(&l.owner),
                    l.device_id.clone(),
                    text(&l.device_type),
                    text(&l.access_state),
                    text(&l.access_reason),
                    text(&l.policy_state),
                    time(l.last_attempt),
                    time(l.last_success),
                    l.file.clone(),
                ]
            });
            (LISTED, rows.collect())
        }
    };
    head(names, seen, out)?;
    for cells in rows {
        row(&cells, seen, out)?;
    }
    Ok(())
}
