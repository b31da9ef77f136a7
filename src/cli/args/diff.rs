//! How is one report compared with another, and how is a run repeated?

use super::{Color, FailOn, LangArg, Wanted};
use crate::text;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  exdiag diff monday.json tuesday.json
  exdiag diff office.json home.json --format markdown
  exdiag check anna@corp.example --output new.json; exdiag diff old.json new.json --fail-on warn";

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing got worse
  1  something fails that did not (with --fail-on warn: or warns)
  2  usage or input error
  3  no comparison: the newer report has checks without an answer, or one file lacks a mailbox of the other";

/// What the long help adds.
pub(super) fn long_help() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}")
}

#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The older report, as --format json or --output FILE.json writes it; one report a line is several,
    /// paired by mailbox
    #[arg(value_name = "OLD.json")]
    pub old: PathBuf,
    /// The newer report; `-` is standard input
    #[arg(value_name = "NEW.json")]
    pub new: PathBuf,
    /// What goes to standard output; several mailboxes as JSON are one comparison a line
    #[arg(long, value_enum, default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
    /// From which severity on a change for the worse makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Fail)]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub lang: LangArg,
    /// Tell only what got worse
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell also remarks that came and went
    #[arg(short, long)]
    pub verbose: bool,
    /// Whether text is coloured [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For people
    Text,
    /// For programs, as `exdiag schema diff` describes it
    Json,
    /// For a ticket or a wiki
    Markdown,
}

/// With what a run is compared.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct BaselineArg {
    /// Tell only what is new since this report (text, Markdown and JSON): the exit code is 1 only where something
    /// fails that did not fail there. The file is only read; `--output FILE` writes one
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// Whether a run is repeated.
#[derive(Debug, Args)]
#[command(next_help_heading = "Waiting")]
pub struct WaitArgs {
    /// Repeat the run until --until is fulfilled or this time is over, such as 30s, 10m or 1h; only the last report is
    /// written. A sign-in that was refused is not repeated
    #[arg(long, value_name = "DURATION", value_parser = span)]
    pub wait: Option<Duration>,
    /// What is waited for
    #[arg(long, value_enum, default_value_t = Until::Pass, requires = "wait")]
    pub until: Until,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Until {
    /// The exit code is 0
    Pass,
    /// Anything differs from the first run
    Change,
}

fn span(text: &str) -> Result<Duration, Wanted> {
    let wrong = || {
        Wanted(text!(
            "give a time such as 30s, 10m or 1h, at most 24h",
            "geben Sie eine Zeit an wie 30s, 10m oder 1h, höchstens 24h",
        ))
    };
    let unit = text.chars().last().filter(char::is_ascii_alphabetic).ok_or_else(wrong)?;
    let number: u64 = text.strip_suffix(unit).unwrap_or_default().parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => Some(number),
        'm' => number.checked_mul(60),
        'h' => number.checked_mul(3600),
        _ => None,
    };
    seconds.filter(|seconds| (1..=86_400).contains(seconds)).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_its_unit() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("1h", 3600), ("24h", 86_400)] {
            assert_eq!(span(text).ok(), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "",
            "30",
            "s",
            "0s",
            "-1s",
            "25h",
            "1d",
            "1.5h",
            "10 m",
            "99999999999999999999h",
            "9999999999999999999h",
            "é",
        ] {
            assert!(span(text).is_err(), "{text}");
        }
    }
}
