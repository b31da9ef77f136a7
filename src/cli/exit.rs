//! With which code does the program end, and what does it say when it cannot begin?

use super::args::Lang;
use crate::finding::{self, Sentence, Text};
use std::io::Write as _;
use std::process::ExitCode;

/// Usage or input error: nothing was sent (contract, section 2).
pub const USAGE: u8 = 2;

/// A run came to no answer, or its answer did not reach its reader.
pub const INCONCLUSIVE: u8 = 3;

/// The exit code of several runs: what is broken goes before what has no answer.
pub fn worse(a: u8, b: u8) -> u8 {
    match (a, b) {
        (1, _) | (_, 1) => 1,
        _ => a.max(b),
    }
}

/// Why a command cannot be carried out: one sentence that says what to do next.
#[derive(Debug)]
pub struct Trouble(Said);

#[derive(Debug)]
enum Said {
    Sentence(Sentence),
    Verbatim(String),
}

impl Trouble {
    /// A sentence in both languages.
    pub fn new(text: Text) -> Self {
        Self(Said::Sentence(Sentence::new(text)))
    }

    /// Fills the gap of that name.
    pub fn with(self, name: &str, value: impl std::fmt::Display) -> Self {
        match self.0 {
            Said::Sentence(sentence) => Self(Said::Sentence(sentence.with(name, value.to_string()))),
            verbatim @ Said::Verbatim(_) => Self(verbatim),
        }
    }

    /// What another library said.
    pub fn verbatim(message: String) -> Self {
        Self(Said::Verbatim(message))
    }

    /// Says it on standard error, as a JSON object where that was asked for.
    pub fn tell(&self, lang: Lang, json: bool) -> ExitCode {
        self.say(lang.into(), json);
        ExitCode::from(USAGE)
    }

    /// The same without a verdict on the run.
    pub fn say(&self, lang: finding::Lang, json: bool) {
        let message = match &self.0 {
            Said::Sentence(sentence) => sentence.say(lang),
            Said::Verbatim(message) => message.clone(),
        };
        let line = if json {
            serde_json::json!({"error": {"code": "usage", "message": message}}).to_string()
        } else {
            format!("exdiag: {message}")
        };
        // nobody is left to hear that standard error is closed
        let _ = writeln!(std::io::stderr(), "{line}");
    }
}

/// Whether `--format json` stands on a command line that clap did not understand.
pub fn json_wanted() -> bool {
    let args: Vec<_> = std::env::args_os().collect();
    args.iter().any(|arg| arg == "--format=json")
        || args.windows(2).any(|pair| matches!(pair, [option, value] if option == "--format" && value == "json"))
}
