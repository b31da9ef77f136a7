//! How is a run shown and written so that it names nobody (`--redact`)?

use super::args::OutputArgs;
use super::exit::Trouble;
use super::system;
use crate::Diagnosis;
use crate::evidence::redact::Level;
use crate::text;

/// The run as it may be written; at no level but none may it be shown in any other way.
pub fn redacted(diagnosis: Diagnosis, level: Option<Level>, number: u64) -> Result<Diagnosis, Trouble> {
    diagnosis.redacted(level, number).map_err(|error| failed(&error))
}

/// Nothing is written rather than too much.
pub fn failed(error: &serde_json::Error) -> Trouble {
    Trouble::new(text!(
        "--redact: could not take out what names somebody ({error}); nothing was written, please report this as a bug",
        "--redact: Was jemanden nennt, ließ sich nicht herausnehmen ({error}); es wurde nichts geschrieben, bitte melden Sie das als Fehler",
    ))
    .with_said("error", system::quoted(&error.to_string()))
}

/// What is shown on a terminal while a run is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// Nothing.
    Nothing,
    /// The checks, without what they ask and of whom.
    Checks,
    /// The checks and what they ask.
    Questions,
}

impl Live {
    /// By the options.
    pub fn of(args: &OutputArgs) -> Self {
        match (args.no_progress || args.quiet, args.redact.level()) {
            (true, _) => Self::Nothing,
            (false, Some(_)) => Self::Checks,
            (false, None) => Self::Questions,
        }
    }
}
