//! Which options does `exdiag logs` have?

use super::{Color, EXIT_CODES, FailOn, LangArg, Redact};
use crate::checks::common::logs::THRESHOLDS;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  exdiag logs C:\\inetpub\\logs\\LogFiles\\W3SVC1 C:\\inetpub\\logs\\LogFiles\\W3SVC2
  exdiag logs u_ex261121.log.gz --mailbox anna@corp.example
  exdiag logs logs.zip --agent python-EAS-Client --output devices.csv";

pub fn long_help() -> String {
    let rows = THRESHOLDS.iter().map(|(name, value, meaning)| format!("  {name}={value}\n      {meaning}"));
    let thresholds = rows.collect::<Vec<_>>().join("\n");
    format!("Thresholds (--threshold NAME=VALUE), with their values:\n{thresholds}\n\n{EXAMPLES}\n\n{EXIT_CODES}")
}

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// IIS logs (W3C) of Exchange, folders or archives of them (gzip, zip); `-` is standard input
    ///
    /// W3SVC1 shows what clients saw, W3SVC2 what ActiveSync itself answered: name both. Also read, and told by
    /// their content: HttpProxy logs (what the front end accepted), mailbox logs of ActiveSync
    /// (Get-MobileDeviceStatistics -GetMailboxLog), and as a fallback the access logs of reverse proxies (nginx,
    /// Apache, HAProxy; a time without a zone is taken for UTC). A request is counted once, however many of them
    /// show it. What a list of devices (Get-MobileDeviceStatistics or Get-MobileDevice as JSON, CSV, CliXML or
    /// Format-List) says of a device stands beside what the logs show.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Also count requests to EWS (/EWS/Exchange.asmx): some services speak it instead of ActiveSync
    ///
    /// Account and client by account, with the last accepted request and what failed since. They are many:
    /// reading takes longer.
    #[arg(long, help_heading = "Selection")]
    pub ews: bool,
    /// Only this mailbox: its address, or the account with or without its domain
    #[arg(long, value_name = "MAILBOX", help_heading = "Selection")]
    pub mailbox: Option<String>,
    /// Only the device with this id
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub device: Option<String>,
    /// Only devices whose user agent contains this
    #[arg(long, value_name = "TEXT", help_heading = "Selection")]
    pub agent: Option<String>,
    /// From when on something is told, such as `hits-per-day=1500`; repeats
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Selection")]
    pub threshold: Vec<String>,
    /// What goes to standard output
    #[arg(long, value_enum, default_value_t = LogsFormat::Text, help_heading = "Output")]
    pub format: LogsFormat,
    /// Which table CSV writes
    #[arg(long, value_enum, default_value_t = LogsTable::Devices, help_heading = "Output")]
    pub table: LogsTable,
    /// Also write it to a file, .json, .html, .txt or .csv; repeats
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Vec<PathBuf>,
    /// What is hidden in all that is written: names and devices (mailbox), also servers and hosts (full)
    #[arg(long, value_enum, default_value_t = Redact::None, value_name = "LEVEL", help_heading = "Output")]
    pub redact: Redact,
    /// From which severity on the exit code is 1
    #[arg(long, value_enum, default_value_t = FailOn::Fail, help_heading = "Output")]
    pub fail_on: FailOn,
    #[command(flatten)]
    pub lang: LangArg,
    /// Tell only the verdict
    #[arg(short, long, help_heading = "Output")]
    pub quiet: bool,
    /// Whether text is coloured [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: Color,
    /// No bar on the terminal
    #[arg(long, help_heading = "Output")]
    pub no_progress: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogsFormat {
    /// A verdict and tables for people
    Text,
    /// For programs
    Json,
    /// A page for a browser or paper: one file, without scripts and requests
    Html,
    /// The devices as a table
    Csv,
}

/// The tables of CSV; text and JSON have them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogsTable {
    /// The devices
    Devices,
    /// Requests and failures by the hour
    Hours,
    /// The slowest requests
    Slow,
    /// Wrong passwords and locked accounts
    Lockouts,
    /// Clients by their user agent, with how many of their accounts fail
    Agents,
    /// Devices by their access state
    Access,
    /// Whom Exchange slows down
    Throttled,
    /// Devices of lists that have no request in the logs
    Listed,
}
