//! Who asks EWS, and how does HTTP answer?
//!
//! A connector that speaks EWS leaves no ActiveSync request. Its lines name account and client; what EWS
//! itself answered stands in none of them, as a fault comes with 200 or 500 alike.

use super::answer::{Ended, Status, ended};
use super::query::{Command, text};
use super::site::Site;
use super::streak::{Code, Failures, Stamp};
use super::summary::{Wanted, statuses, when};
use super::table::{account, local};
use crate::evidence::logs::{EwsClient, LogFile, Refusal, line_at};
use crate::order;
use std::collections::HashMap;

/// Accounts and clients that are told apart.
const CLIENTS: usize = 20_000;

/// One line.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Its line and time.
    pub at: Stamp,
    /// Whether a front end passed it on.
    pub back: bool,
    /// How HTTP answered.
    pub status: Status,
    /// The account, as it stands in the line.
    pub user: &'a [u8],
    /// The user agent, blanks as `+`.
    pub agent: &'a [u8],
}

#[derive(Debug, Clone, Default)]
struct Client {
    user: String,
    agent: String,
    /// What clients asked, and what front ends passed on.
    sites: [Site; 2],
    refused: Option<(Stamp, Status)>,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Clients {
    known: HashMap<(String, Vec<u8>), usize>,
    clients: Vec<Client>,
}

impl Clients {
    /// Counts a line. Whoever has not signed in yet has no name: the first leg of a sign-in is nobody's.
    pub fn add(&mut self, asked: &Asked<'_>) {
        let name = account(&text(asked.user));
        if name.is_empty() || name.ends_with('$') {
            return;
        }
        let key = (local(&name), asked.agent.to_vec());
        let at = match self.known.get(&key) {
            Some(at) => *at,
            None if self.clients.len() >= CLIENTS => return,
            None => {
                let agent = String::from_utf8_lossy(asked.agent).into_owned();
                self.clients.push(Client { user: name, agent, ..Client::default() });
                self.known.insert(key, self.clients.len() - 1);
                self.clients.len() - 1
            }
        };
        let Some(client) = self.clients.get_mut(at) else { return };
        let [front, back] = &mut client.sites;
        let site = if asked.back { back } else { front };
        site.count(asked.at, asked.status);
        match ended(asked.status, None, Command::OTHER, asked.back) {
            Ended::Proved | Ended::Accepted => site.worked(asked.at),
            Ended::Failed => {
                site.failures.add(asked.at, Code { status: asked.status, answer: 0, barred: false });
                if asked.status.http == 401 {
                    client.refused = client.refused.max(Some((asked.at, asked.status)));
                }
            }
            Ended::Neutral => {}
        }
    }

    /// Moves the lines of one part of a file to where it begins.
    pub fn shift(&mut self, lines: u64) {
        for client in &mut self.clients {
            for site in &mut client.sites {
                site.shift(lines);
            }
            if let Some((at, _)) = &mut client.refused {
                at.line += lines;
            }
        }
    }

    /// Takes up another part of the logs.
    pub fn merge(&mut self, other: Self) {
        let mut clients: Vec<Option<Client>> = other.clients.into_iter().map(Some).collect();
        for (key, from) in other.known {
            let Some(client) = clients.get_mut(from).and_then(Option::take) else { continue };
            let known = self.known.get(&key).copied();
            if let Some(mine) = known.and_then(|at| self.clients.get_mut(at)) {
                for (mine, theirs) in mine.sites.iter_mut().zip(client.sites) {
                    mine.merge(theirs);
                }
                mine.refused = mine.refused.max(client.refused);
            } else if self.clients.len() < CLIENTS {
                self.known.insert(key, self.clients.len());
                self.clients.push(client);
            }
        }
    }

    /// What they show of those who are wanted, the most requests first.
    pub fn told(self, wanted: &Wanted, files: &[LogFile]) -> Vec<EwsClient> {
        let mut out: Vec<EwsClient> = self
            .clients
            .into_iter()
            .filter(|client| wanted.takes_client(&client.user, &client.agent))
            .map(|client| {
                let [front, back] = client.sites;
                let site = if front.hits > 0 { front } else { back };
                let streak = Failures::after(&[(&site.failures, site.accepted)]);
                let last = site.accepted;
                EwsClient {
                    user: client.user,
                    agent: client.agent,
                    hits: site.hits,
                    first_attempt: when(site.first),
                    last_attempt: when(site.last),
                    last_accepted: when(last),
                    last_accepted_line: last.and_then(|at| line_at(files, at.file, at.line)),
                    failing_since: when(streak.since),
                    failing_line: streak.since.and_then(|at| line_at(files, at.file, at.line)),
                    failures_in_a_row: streak.count,
                    failing_with: streak.codes,
                    statuses: statuses(site.statuses),
                    last_refusal: client
                        .refused
                        .and_then(|(at, status)| Some(Refusal { at: when(Some(at))?, status: status.to_string() })),
                }
            })
            .collect();
        order::by(&mut out, |a, b| b.hits.cmp(&a.hits).then_with(|| (&a.user, &a.agent).cmp(&(&b.user, &b.agent))));
        out
    }
}
