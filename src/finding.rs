//! What can be found, how bad is it, who must act, and in which words is it said?
//!
//! A finding's code, severity and words (German and English) are declared together with
//! [`findings!`] in the file of the check that emits it. Everything else that speaks of
//! findings is derived from these declarations.

mod code;
mod reason;
pub mod system;
mod text;

pub use code::{Code, Command, Owner, Remedy, Severity, Shell, Step};
pub use reason::reason;
pub use text::{Lang, Sentence, Text, fill, fill_command, harmless, span, steers};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a finding is about. Empty fields do not apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Place {
    /// A DNS name, in A-label form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The one address, where the finding is about one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// A TCP port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// A whole address, where the finding is about a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Place {
    /// The host as options take it: with its port, where that is not https's own.
    fn endpoint(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let bracketed = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Some(match self.port {
            None | Some(443) => host.to_owned(),
            Some(port) => format!("{bracketed}:{port}"),
        })
    }
}

/// A code with arguments about a place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The entry of the catalogue.
    pub code: &'static Code,
    /// Usually the code's own; a check may weigh it differently, and says why where it does.
    pub severity: Severity,
    /// Who must act; usually the code's own.
    pub owner: Owner,
    /// What to do here, where it is not what its code says.
    pub remedy: Option<&'static Remedy>,
    /// What it is about.
    pub place: Place,
    /// Machine-readable particulars; they also fill the placeholders of the texts.
    pub data: BTreeMap<String, Value>,
    /// Ids of the evidence that shows it; where a check names none, all it looked at.
    pub evidence: Vec<String>,
}

impl Finding {
    /// A finding with the severity and owner of its code.
    pub fn new(code: &'static Code) -> Self {
        Self {
            code,
            severity: code.severity,
            owner: code.owner,
            remedy: None,
            place: Place::default(),
            data: BTreeMap::new(),
            evidence: Vec::new(),
        }
    }

    /// Sets the host it is about; fills `{host}`.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.place.host = Some(host.into());
        self
    }

    /// Sets the address it is about; fills `{address}`.
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.place.address = Some(address);
        self
    }

    /// Sets the port it is about; fills `{port}`.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.place.port = Some(port);
        self
    }

    /// Sets the URL it is about; fills `{url}`.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.place.url = Some(url.into());
        self
    }

    /// Adds a particular; fills the placeholder of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }

    /// Weighs it differently from its code's usual severity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Names another owner than the code's usual one.
    #[must_use]
    pub fn owner(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// Says what to do in this case, in place of what its code says.
    #[must_use]
    pub fn remedy(mut self, remedy: &'static Remedy) -> Self {
        self.remedy = Some(remedy);
        self
    }

    /// Names the evidence that shows it.
    #[must_use]
    pub fn seen_in(mut self, probe: &impl ToString) -> Self {
        self.evidence.push(probe.to_string());
        self
    }

    /// The values for the placeholders of the texts: data, and what the place says.
    pub fn arguments(&self) -> BTreeMap<String, Value> {
        let mut all = self.data.clone();
        let place = [
            ("endpoint", self.place.endpoint()),
            ("host", self.place.host.clone()),
            ("address", self.place.address.map(|a| a.to_string())),
            ("port", self.place.port.map(|p| p.to_string())),
            ("url", self.place.url.clone()),
        ];
        for (name, value) in place {
            if let Some(value) = value {
                all.entry(name.to_owned()).or_insert(Value::String(value));
            }
        }
        all
    }
}

/// How a check ended.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It came to an answer. Its status is its worst finding's; `note` says in one line
    /// what was found and must be true when nothing is wrong.
    Checked {
        /// The one line beside the check's name.
        note: Sentence,
        /// What was found; may be empty.
        findings: Vec<Finding>,
    },
    /// It tried and got no answer. The check that owns that kind of question says so in
    /// `findings`; the others leave it empty and point at the owner in `reason`.
    Inconclusive {
        /// Why there is no answer.
        reason: Sentence,
        /// What can be said all the same.
        findings: Vec<Finding>,
    },
    /// It does not apply, or is not configured.
    Skipped {
        /// Why, and what would be needed.
        reason: Sentence,
        /// Findings of severity info that go with it.
        findings: Vec<Finding>,
    },
    /// The check itself failed; the run went on.
    Broke {
        /// What the program said.
        message: String,
    },
}

impl Outcome {
    /// An answer without anything to find fault with.
    pub fn pass(note: Sentence) -> Self {
        Self::Checked { note, findings: Vec::new() }
    }

    /// An answer with findings.
    pub fn checked(note: Sentence, findings: Vec<Finding>) -> Self {
        Self::Checked { note, findings }
    }

    /// Not applicable or not configured.
    pub fn skip(reason: Sentence) -> Self {
        Self::Skipped { reason, findings: Vec::new() }
    }

    /// Tried, but no answer came; another check reports why.
    pub fn inconclusive(reason: Sentence) -> Self {
        Self::Inconclusive { reason, findings: Vec::new() }
    }

    /// The findings, whatever the outcome.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Checked { findings, .. } | Self::Inconclusive { findings, .. } | Self::Skipped { findings, .. } => {
                findings
            }
            Self::Broke { .. } => &[],
        }
    }

    /// The status by section 3 of the contract.
    pub fn status(&self) -> Status {
        let worst = self.findings().iter().map(|f| f.severity).max();
        match self {
            Self::Checked { .. } | Self::Inconclusive { .. } if worst == Some(Severity::Fail) => Status::Fail,
            Self::Checked { .. } if worst == Some(Severity::Warn) => Status::Warn,
            Self::Checked { .. } => Status::Pass,
            Self::Inconclusive { .. } | Self::Broke { .. } => Status::Inconclusive,
            Self::Skipped { .. } => Status::Skip,
        }
    }
}

/// The status of a check or of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In order.
    Pass,
    /// Not configured or not applicable, with the reason.
    Skip,
    /// Works, but somebody should act.
    Warn,
    /// Tried, no answer.
    Inconclusive,
    /// Broken.
    Fail,
}
