//! Which checks are there, and in which order are they told?
//!
//! One file a check, each a pure function from a [`View`] to an [`Outcome`].

pub mod activesync;
pub mod activesync_session;
pub mod auth_status;
pub mod autodiscover;
pub mod clients;
pub mod common;
pub mod dns;
pub mod last_sync;
pub mod revocation;
pub mod server_version;
pub mod tls_chain;
pub mod tls_intermediate;
pub mod tls_protocol;
pub mod tls_rules;

use crate::evidence::{Stop, View};
use crate::finding::{Code, Outcome, Text};
use crate::order;
use crate::text;

/// A check: looks at evidence, judges it.
pub type Run = fn(&View<'_>) -> Result<Outcome, Stop>;

/// An entry of the list of checks.
#[derive(Debug)]
pub struct Check {
    /// Its id, by section 3 of the contract.
    pub id: &'static str,
    /// What is so when it passes.
    pub title: Text,
    /// The heading it stands under.
    pub group: Group,
    /// The check itself.
    pub run: Run,
    /// The findings that its file declares.
    pub findings: &'static [&'static Code],
}

/// The headings of the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Sign-in and sync.
    Account,
    /// Finding the server.
    Finding,
    /// Talking to it.
    Talking,
    /// Trusting it.
    Trusting,
}

impl Group {
    /// The heading.
    pub const fn title(self) -> Text {
        match self {
            Self::Account => text!("Sign-in and sync", "Anmeldung und Synchronisierung"),
            Self::Finding => text!("Finding the server", "Den Server finden"),
            Self::Talking => text!("Talking to it", "Mit ihm sprechen"),
            Self::Trusting => text!("Trusting it", "Ihm vertrauen"),
        }
    }
}

/// Every check, in the order of the troubleshooting sequence.
pub static ALL: &[Check] = &[
    Check {
        id: "auth-status",
        title: text!("The account can sign in", "Das Konto kann sich anmelden"),
        group: Group::Account,
        run: auth_status::check,
        findings: auth_status::FINDINGS,
    },
    Check {
        id: "last-sync",
        title: text!("The mailbox has synced of late", "Das Postfach wurde zuletzt synchronisiert"),
        group: Group::Account,
        run: last_sync::check,
        findings: last_sync::FINDINGS,
    },
    Check {
        id: "dns",
        title: text!("The domain's names lead to a server", "Die Namen der Domain führen zu einem Server"),
        group: Group::Finding,
        run: dns::check,
        findings: dns::FINDINGS,
    },
    Check {
        id: "autodiscover",
        title: text!("Autodiscover leads to the right server", "Autodiscover führt zum richtigen Server"),
        group: Group::Finding,
        run: autodiscover::check,
        findings: autodiscover::FINDINGS,
    },
    Check {
        id: "activesync",
        title: text!("ActiveSync answers", "ActiveSync antwortet"),
        group: Group::Talking,
        run: activesync::check,
        findings: activesync::FINDINGS,
    },
    Check {
        id: "activesync-session",
        title: text!("A sync session works", "Eine Sync-Sitzung gelingt"),
        group: Group::Talking,
        run: activesync_session::check,
        findings: activesync_session::FINDINGS,
    },
    Check {
        id: "tls-chain",
        title: text!("The certificate can be trusted", "Dem Zertifikat kann vertraut werden"),
        group: Group::Trusting,
        run: tls_chain::check,
        findings: tls_chain::FINDINGS,
    },
    Check {
        id: "tls-intermediate",
        title: text!("The intermediate certificates are sent", "Die Zwischenzertifikate werden mitgesendet"),
        group: Group::Trusting,
        run: tls_intermediate::check,
        findings: tls_intermediate::FINDINGS,
    },
    Check {
        id: "tls-protocol",
        title: text!("The TLS versions are of today", "Die TLS-Versionen sind zeitgemäß"),
        group: Group::Trusting,
        run: tls_protocol::check,
        findings: tls_protocol::FINDINGS,
    },
    Check {
        id: "revocation",
        title: text!("The certificate is not revoked", "Das Zertifikat ist nicht gesperrt"),
        group: Group::Trusting,
        run: revocation::check,
        findings: revocation::FINDINGS,
    },
    Check {
        id: "server-version",
        title: text!(
            "The server is supported and has what a sync service needs",
            "Der Server wird unterstützt und bietet, was ein Sync-Dienst braucht",
        ),
        group: Group::Talking,
        run: server_version::check,
        findings: server_version::FINDINGS,
    },
    Check {
        id: "clients",
        title: text!("All clients accept the server", "Alle Clients akzeptieren den Server"),
        group: Group::Trusting,
        run: clients::check,
        findings: clients::FINDINGS,
    },
];

/// The check of that id.
pub fn find(id: &str) -> Option<&'static Check> {
    ALL.iter().find(|check| check.id == id)
}

/// Every entry of the catalogue, by id.
pub fn catalogue() -> Vec<&'static Code> {
    let mut codes: Vec<_> = ALL.iter().flat_map(|check| check.findings.iter().copied()).collect();
    for shared in [
        autodiscover::asker::FINDINGS,
        autodiscover::errors::FINDINGS,
        autodiscover::hints::FINDINGS,
        autodiscover::missing::FINDINGS,
        common::FINDINGS,
        activesync_session::expiry::FINDINGS,
        activesync_session::exports::FINDINGS,
        common::exports::FINDINGS,
        common::logs::FINDINGS,
        common::logs::FILE_FINDINGS,
        common::logs::listed::FINDINGS,
        common::logs::auth::FINDINGS,
        common::logs::ews::FINDINGS,
        common::logs::strain::FINDINGS,
        common::mailbox::FINDINGS,
        last_sync::DEVICE_FINDINGS,
        common::net::FINDINGS,
        common::resolve::FINDINGS,
        common::service::FINDINGS,
        common::service::account::FINDINGS,
        common::service::connector::FINDINGS,
        common::service::papers::FINDINGS,
        common::service::refused::FINDINGS,
        common::suites::FINDINGS,
        auth_status::entra::FINDINGS,
        auth_status::modern::FINDINGS,
        auth_status::names::FINDINGS,
        auth_status::realm::FINDINGS,
        auth_status::token::FINDINGS,
        auth_status::unclear::FINDINGS,
        dns::cloud::FINDINGS,
        dns::compare::FINDINGS,
        dns::zone::FINDINGS,
        clients::roads::FINDINGS,
        server_version::services::FINDINGS,
        server_version::ews::FINDINGS,
        server_version::mailbox::FINDINGS,
        tls_rules::FINDINGS,
    ] {
        codes.extend(shared.iter().copied());
    }
    order::by_key(&mut codes, |code| code.id);
    codes
}
