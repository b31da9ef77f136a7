//! With which code does the program end, and what does it say when it cannot begin?

use super::args::{
    AutodiscoverArgs, CheckArgs, Command, DemoArgs, DiffFormat, Format, Lang, LogsFormat, ReplayArgs, TlsArgs,
};
use super::format::ReportFormat;
use super::system;
use super::usage::given;
use crate::finding::{self, Sentence, Text};
use crate::report::{fold_markdown, plugin_trouble};
use std::io::{IsTerminal as _, Write as _};
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

    /// Fills the gap of that name with a piece that comes in both languages.
    pub fn with_text(self, name: &str, text: Text) -> Self {
        self.with_said(name, text.into())
    }

    /// Fills the gap `error` with what the system says.
    pub fn with_system(self, error: &std::io::Error) -> Self {
        self.with_said("error", system::said(error))
    }

    /// Fills the gap of that name with a piece that comes in both languages, `en` and `de`.
    pub fn with_said(self, name: &str, piece: serde_json::Value) -> Self {
        match self.0 {
            Said::Sentence(sentence) => Self(Said::Sentence(sentence.with(name, piece))),
            verbatim @ Said::Verbatim(_) => Self(verbatim),
        }
    }

    /// What another library said.
    pub fn verbatim(message: String) -> Self {
        Self(Said::Verbatim(message))
    }

    /// Says it in place of an answer, and with which code the program ends.
    pub fn tell(&self, lang: Lang, voice: Voice) -> ExitCode {
        self.say(lang.into(), voice);
        if voice == Voice::Plugin {
            // a monitoring system reads this line alone; its code for a usage error is UNKNOWN
            let _ = writeln!(std::io::stdout(), "{}", plugin_trouble(&self.message(lang.into())));
            return ExitCode::from(INCONCLUSIVE);
        }
        ExitCode::from(USAGE)
    }

    /// Says it on standard error, without a verdict on the run.
    pub fn say(&self, lang: finding::Lang, voice: Voice) {
        let message = self.message(lang);
        let line = match voice {
            Voice::Json => serde_json::json!({"error": {"code": "usage", "message": message}}).to_string(),
            Voice::Plain | Voice::Plugin => format!("exdiag: {message}"),
        };
        say(&line);
    }

    fn message(&self, lang: finding::Lang) -> String {
        match &self.0 {
            Said::Sentence(sentence) => sentence.say(lang),
            Said::Verbatim(message) => message.clone(),
        }
    }
}

/// Says a line beside the answer, on standard error; broken between words where a terminal would break it
/// anywhere.
pub fn say(line: &str) {
    let folded = std::io::stderr().is_terminal().then(|| fold_markdown(line, true));
    // nobody is left to hear that standard error is closed
    let _ = writeln!(std::io::stderr(), "{}", folded.as_deref().unwrap_or(line).trim_end());
}

/// To whom the program speaks where there is no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// To people.
    Plain,
    /// To a program that asked for JSON.
    Json,
    /// To a monitoring system.
    Plugin,
}

impl Voice {
    /// As the format of the report has it.
    pub fn of(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Json => Self::Json,
            ReportFormat::Nagios => Self::Plugin,
            _ => Self::Plain,
        }
    }

    /// As a command line wants it that clap did not understand.
    pub fn typed() -> Self {
        let formats = given("--format");
        let wants = |value: &str| formats.iter().any(|given| given == value);
        match (wants("json"), wants("nagios")) {
            (true, _) => Self::Json,
            (_, true) => Self::Plugin,
            _ => Self::Plain,
        }
    }
}

impl Command {
    /// How it speaks where there is no answer.
    pub fn voice(&self) -> Voice {
        let json = |yes| if yes { Voice::Json } else { Voice::Plain };
        match self {
            Self::Check(CheckArgs { output, .. })
            | Self::Autodiscover(AutodiscoverArgs { output, .. })
            | Self::Tls(TlsArgs { output, .. })
            | Self::Replay(ReplayArgs { output, .. })
            | Self::Demo(DemoArgs { output, .. }) => Voice::of(output.format),
            Self::List(list) => json(list.format == Format::Json),
            Self::Diff(diff) => json(diff.format == DiffFormat::Json),
            Self::Logs(logs) => json(logs.format == LogsFormat::Json),
            Self::Explain(_) | Self::Login(_) | Self::Schema { .. } | Self::Completions { .. } | Self::Man { .. } => {
                Voice::Plain
            }
        }
    }
}
