//! What does the check say about a world that is known to the last detail?
//!
//! A faulty Exchange on loopback: name server, certificate authority and web servers of one
//! [`Scenario`], for `exdiag demo` and the tests. The real check is led here by documented options
//! alone ([`Lab::arguments`]): no privilege, no fixed port, nothing leaves the machine.

mod activesync;
mod cloud;
mod dns;
mod ews;
mod exchange;
mod http;
mod logs;
mod nylas;
mod pki;
mod puppet;
mod scenario;
mod scenarios;
mod server;
mod site;

pub use scenario::{Scenario, Title};
pub use scenarios::{find, scenarios};
pub use server::Entry;

use pki::Pki;
use server::{Ground, Held, Journal};
use std::fmt;
use std::io::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;
use tokio::task::JoinSet;

/// How the lab behaves, whatever the scenario.
#[derive(Debug, Clone, Copy, Default)]
pub struct LabOptions {
    /// How long every flight of a server takes to arrive: a DNS answer, each TLS flight, an HTTP
    /// answer. (TCP connections are made at once.)
    pub round_trip: Duration,
}

/// A scenario that runs. It ends when it is dropped.
pub struct Lab {
    /// What the user's password is in it, if the user gives one.
    pub password: Option<String>,
    /// What the user's OAuth token is in it, if the user gives one.
    pub token: Option<String>,
    /// The key of the sync service's API, where the scenario asks it.
    pub service_key: Option<String>,
    scenario: &'static Scenario,
    name_server: SocketAddr,
    /// Where each address and port of the scenario really is.
    places: Vec<(IpAddr, Option<u16>, SocketAddr)>,
    second: Option<SocketAddr>,
    root: NamedTempFile,
    hosts: NamedTempFile,
    log: Option<NamedTempFile>,
    journal: Journal,
    _held: Vec<Held>,
    _tasks: JoinSet<()>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("scenario", &self.scenario.name)
            .field("name_server", &self.name_server)
            .finish_non_exhaustive()
    }
}

impl Lab {
    /// Starts a scenario. Needs a tokio runtime with I/O and time, and lives in it.
    pub async fn start(scenario: &'static Scenario, options: LabOptions) -> io::Result<Self> {
        let ahead = Duration::from_secs(86_400) * scenario.days_ahead;
        let pki = Arc::new(Pki::new(SystemTime::now() + ahead)?);
        let mut root = tempfile::Builder::new().prefix("exdiag-lab-").suffix(".pem").tempfile()?;
        root.write_all(pki.root_pem().as_bytes())?;
        let mut hosts = tempfile::Builder::new().prefix("exdiag-lab-").suffix(".hosts").tempfile()?;
        hosts.write_all(scenario.hosts_file.as_bytes())?;
        let log = if scenario.log.is_empty() {
            None
        } else {
            let mut log = tempfile::Builder::new().prefix("exdiag-lab-").suffix(".log").tempfile()?;
            log.write_all(logs::written(&scenario.log, jiff::Timestamp::now()).as_bytes())?;
            Some(log)
        };
        let journal = Journal::default();
        let ground = Ground { pki, journal: journal.clone(), round_trip: options.round_trip, ahead };
        let (mut tasks, mut held, mut places) = (JoinSet::new(), Vec::new(), Vec::new());
        let name_server = dns::serve(scenario.zone.clone(), options.round_trip, &mut tasks).await?;
        let second = match &scenario.second {
            Some(zone) => Some(dns::serve(zone.clone(), options.round_trip, &mut tasks).await?),
            None => None,
        };
        for (address, zone) in &scenario.name_servers {
            places.push((*address, Some(53), dns::serve(zone.clone(), options.round_trip, &mut tasks).await?));
        }
        for (address, port, door) in &scenario.doors {
            let (at, kept) = server::open((*address, *port), door, &ground, &mut tasks).await?;
            places.push((*address, Some(*port), at));
            held.extend(kept);
        }
        // every other port of these addresses is closed; without this it would be asked for real
        let (nowhere, kept) = server::closed()?;
        held.push(kept);
        places.extend(scenario.addresses().into_iter().map(|address| (address, None, nowhere)));
        Ok(Self {
            password: scenario.password.map(str::to_owned),
            token: scenario.token.clone(),
            service_key: scenario.service_key.map(str::to_owned),
            scenario,
            name_server,
            places,
            second,
            root,
            hosts,
            log,
            journal,
            _held: held,
            _tasks: tasks,
        })
    }

    /// The scenario that runs.
    pub fn scenario(&self) -> &'static Scenario {
        self.scenario
    }

    /// The arguments of `exdiag check` that lead it here, the secrets apart.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            scenario::MAILBOX.to_owned(),
            "--dns-servers".to_owned(),
            self.name_server.to_string(),
            "--cacert".to_owned(),
            self.root.path().display().to_string(),
            // one of the environment's does not know the lab
            "--proxy".to_owned(),
            String::new(),
        ];
        if let Some(second) = self.second {
            arguments.extend(["--compare-dns".to_owned(), second.to_string()]);
        }
        for (address, port, place) in &self.places {
            let host = match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            };
            let port = port.map(|port| port.to_string()).unwrap_or_default();
            arguments.extend(["--connect-to".to_owned(), format!("{host}:{port}:{place}")]);
        }
        if let Some(log) = &self.log {
            arguments.extend(["--sync-log".to_owned(), log.path().display().to_string()]);
        }
        arguments.extend(self.scenario.options.iter().map(|&option| option.to_owned()));
        arguments
    }

    /// The hosts file that stands in for this machine's own, which knows nothing of the lab.
    pub fn hosts_file(&self) -> &Path {
        self.hosts.path()
    }

    /// The requests that have reached the lab so far, in order.
    pub fn journal(&self) -> Vec<Entry> {
        self.journal.entries()
    }
}
