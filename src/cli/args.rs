//! Which commands and options are there?
//!
//! Names and meanings are curl's where curl has the option (contract, section 1).

mod diff;
mod hand;
mod logs;
mod redact;
mod values;

pub use diff::{BaselineArg, DiffArgs, DiffFormat, Until, WaitArgs};
pub use hand::{HandArgs, MessageFor};
pub use logs::{LogsArgs, LogsFormat, LogsTable};
pub use redact::Redact;
pub use values::Wanted;

use super::format::ReportFormat;
use crate::finding;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use values::{minutes, moment, seconds};

const EXIT_CODES: &str = "\
Exit codes:
  0  every check passed, warned or was skipped
  1  at least one check failed (with --fail-on warn: or warned)
  2  usage or input error: nothing was sent
  3  nothing failed, but a check came to no answer, or every check was skipped";

const LOGIN_EXIT_CODES: &str = "\
Exit codes:
  0  the token was written
  1  Entra ID or the user said no
  2  usage or input error: nothing was sent
  3  nobody answered, the code was not used in time, or the command was interrupted";

const EXAMPLES: &str = "\
Examples:
  exdiag check anna@corp.example
  exdiag check anna@corp.example --ask-password
  exdiag check anna@corp.example --server mail.corp.example --only tls-chain,tls-intermediate
  exdiag check anna@corp.example --format json --output report.json";

/// Finds out why a mailbox on Exchange cannot be connected or synced, and says who has to do what.
#[derive(Debug, Parser)]
#[command(name = "exdiag", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole sequence for one or more mailboxes
    ///
    /// MAILBOX may be a made-up user of the domain: everything that needs no account is still answered.
    /// With credentials a sync session is tried as well, as the device EXDIAG0000000001 (type exdiag, user
    /// agent exdiag-session/1), which the server lists from then on; nothing in the mailbox is changed.
    /// Where only known devices are let in, Exchange's `Set-CASMailbox MAILBOX -ActiveSyncAllowedDeviceIDs
    /// @{Add='EXDIAG0000000001'}` allows it beforehand, and `Remove-MobileDevice` takes it off the list
    /// afterwards. `--skip activesync-session` does without.
    #[command(after_help = EXAMPLES, after_long_help = concat_help())]
    Check(CheckArgs),
    /// Run the Autodiscover check alone, with its full trace
    Autodiscover(AutodiscoverArgs),
    /// Run the TLS checks of one server alone
    Tls(TlsArgs),
    /// Read the logs of an Exchange server: last sync, error picture, per device
    #[command(after_help = logs::EXAMPLES, after_long_help = logs::long_help())]
    Logs(LogsArgs),
    /// Sign in to Microsoft's cloud in a browser (OAuth device code) and print an access token
    ///
    /// Standard output gets the token and nothing else; give it to `exdiag check` with --token-file or
    /// EXDIAG_TOKEN. No password is asked for here. The app named by --client-id has to be registered in the
    /// tenant; without it, this command says how.
    #[command(after_help = LOGIN_EXIT_CODES)]
    Login(LoginArgs),
    /// Judge a recorded report again, offline, with today's rules
    Replay(ReplayArgs),
    /// Tell what has changed between two reports, both judged by today's rules
    #[command(after_help = diff::EXAMPLES, after_long_help = diff::long_help())]
    Diff(DiffArgs),
    /// Say what a finding, an error code, a status or a whole report means, and how to fix it
    Explain(ExplainArgs),
    /// List the checks, the findings or the demos
    List(ListArgs),
    /// Run the real check against a built-in faulty Exchange on loopback
    Demo(DemoArgs),
    /// Print the JSON Schema of a report, or of what `diff` prints
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t = SchemaOf::Report)]
        what: SchemaOf,
    },
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
        #[command(flatten)]
        lang: LangArg,
    },
    /// Print a manual page
    Man {
        /// The command it is about; without it, the page of exdiag itself
        command: Option<String>,
        #[command(flatten)]
        lang: LangArg,
    },
}

fn concat_help() -> String {
    format!("{EXAMPLES}\n\n{EXIT_CODES}")
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The mailbox addresses; one after the other
    #[arg(required = true, value_name = "MAILBOX")]
    pub mailboxes: Vec<String>,
    #[command(flatten)]
    pub account: AccountArgs,
    /// What Exchange has on record for the mailbox: the output of Get-CASMailbox, as JSON, CSV, CliXML or
    /// Format-List of any PowerShell
    #[arg(long, value_name = "FILE", help_heading = "Exports of Exchange")]
    pub casmailbox: Option<PathBuf>,
    /// The mailbox's devices: the output of Get-MobileDeviceStatistics (or Get-MobileDevice), as JSON, CSV,
    /// CliXML or Format-List; a source for last-sync
    #[arg(long, value_name = "FILE", help_heading = "Exports of Exchange")]
    pub device_list: Option<PathBuf>,
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Where nothing else shows the exact build, ask /ecp for it: some firewalls take that for a scan
    #[arg(long, help_heading = "Selection")]
    pub ask_ecp: bool,
    /// Also keep a connection for so many minutes on which nothing happens, to find what cuts it on the way
    /// (needs credentials; --max-time grows by as much) [default: no such test]
    #[arg(long, value_name = "MINUTES", value_parser = minutes, help_heading = "Selection")]
    pub idle_test: Option<u16>,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    /// Keep each finished report in this folder, the last 50 of a mailbox, and tell when it was last seen to work
    /// [default: nothing is kept]
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub history: Option<PathBuf>,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub baseline: BaselineArg,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct AutodiscoverArgs {
    /// The mailbox address
    #[arg(value_name = "MAILBOX")]
    pub mailbox: String,
    #[command(flatten)]
    pub sign_in: SignInArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub roots: RootArgs,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub baseline: BaselineArg,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct TlsArgs {
    /// The server: a name or an address; the port is 443 unless given
    #[arg(value_name = "HOST[:PORT]", required_unless_present_any = ["chain", "cases"], conflicts_with_all = ["chain", "cases"])]
    pub server: Option<String>,
    #[command(flatten)]
    pub files: FileArgs,
    #[command(flatten)]
    pub selection: SelectionArgs,
    #[command(flatten)]
    pub network: NetworkArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub wait: WaitArgs,
    #[command(flatten)]
    pub baseline: BaselineArg,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What is judged without a network.
#[derive(Debug, Args)]
#[command(next_help_heading = "Without a network")]
pub struct FileArgs {
    /// Judge the certificates of this file as if a server sent them: PEM, DER or PKCS#7, the leaf first
    #[arg(long, value_name = "FILE", requires = "name", conflicts_with = "wait")]
    pub chain: Option<PathBuf>,
    /// The host name or address that the certificates should be for
    #[arg(long, value_name = "HOST", requires = "chain")]
    pub name: Option<String>,
    /// The moment to judge by, such as 2026-11-22T20:00:00Z or 2026-11-22 [default: now]
    #[arg(long, value_name = "TIME", requires = "chain", value_parser = moment)]
    pub at: Option<jiff::Timestamp>,
    /// A folder that stands for what AIA addresses deliver: every certificate in it may be an issuer
    #[arg(long, value_name = "DIR", requires = "chain")]
    pub aia_dir: Option<PathBuf>,
    /// A revocation list, DER or PEM; repeats
    #[arg(long, value_name = "FILE", requires = "chain")]
    pub crl: Vec<PathBuf>,
    /// An OCSP response, DER, as if it were stapled
    #[arg(long, value_name = "FILE", requires = "chain")]
    pub ocsp: Option<PathBuf>,
    /// Judge many chains: JSON Lines in, JSON Lines out; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["chain", "wait", "baseline"])]
    pub cases: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The mailbox address; sign in as its owner
    #[arg(value_name = "MAILBOX")]
    pub mailbox: String,
    /// The app that gets the token: the client id of your own registration, with public client flows allowed
    #[arg(long, value_name = "ID")]
    pub client_id: Option<String>,
    /// The tenant: its id, one of its domains, or `consumers` for outlook.com [default: found by the domain]
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// The rights to ask for; repeats [default: EAS.AccessAsUser.All and EWS.AccessAsUser.All of Exchange Online]
    #[arg(long, value_name = "SCOPE")]
    pub scope: Vec<String>,
    /// Where to sign in, where it is not Microsoft's own address
    #[arg(long, value_name = "URL")]
    pub authority: Option<String>,
    /// Write the token to a file that only you can read, in place of standard output
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub way: WayArgs,
    #[command(flatten)]
    pub roots: RootArgs,
    #[command(flatten)]
    pub lang: LangArg,
}

/// How the network is used, without what only a run of checks has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Network (as in curl)")]
pub struct WayArgs {
    /// Ask these name servers instead of the system's
    #[arg(long, value_name = "IP[:PORT],...", value_delimiter = ',')]
    pub dns_servers: Vec<String>,
    /// These addresses for this host and port, whatever the DNS says; repeats
    #[arg(long, value_name = "HOST:PORT:ADDR[,ADDR]...")]
    pub resolve: Vec<String>,
    /// Connect to HOST2:PORT2 instead of HOST1:PORT1; repeats
    #[arg(long, value_name = "HOST1:PORT1:HOST2:PORT2")]
    pub connect_to: Vec<String>,
    /// The proxy for https [env: HTTPS_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Seconds for a TCP connection or a TLS handshake
    #[arg(long, value_name = "S", default_value = "5", value_parser = seconds, allow_negative_numbers = true)]
    pub connect_timeout: f64,
}

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// A report written by exdiag, or the archive of a ticket (.zip); `-` is standard input
    #[arg(value_name = "REPORT.json")]
    pub report: PathBuf,
    /// The moment to judge by, such as 2027-04-01 or 2027-04-01T00:00:00Z [default: the report's own]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub now: Option<jiff::Timestamp>,
    /// Write the repaired certificate chain as PEM
    #[arg(long, value_name = "FILE")]
    pub save_chain: Option<PathBuf>,
    #[command(flatten)]
    pub baseline: BaselineArg,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// Codes of findings, as `exdiag list findings` names them; error codes of Entra ID (AADSTS53003), or a pasted
    /// text that holds some; statuses of ActiveSync (eas:177, "Sync 8"), HTTP (http:449) and IIS (401.1.1326); codes
    /// of Windows (win32:1326); report files, of which every finding is told in full; `-` for standard input
    #[arg(required = true, value_name = "CODE")]
    pub codes: Vec<String>,
    #[command(flatten)]
    pub lang: LangArg,
}

#[derive(Debug, Args)]
pub struct ListArgs {
    /// What to list
    pub what: ListOf,
    /// How
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    #[command(flatten)]
    pub lang: LangArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListOf {
    /// The checks, in the order of the troubleshooting sequence
    Checks,
    /// The catalogue of findings
    Findings,
    /// The faults of the built-in Exchange
    Demos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// Of a report
    Report,
    /// Of what `exdiag diff --format json` prints
    Diff,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The fault, as `exdiag list demos` names it; without it, a missing intermediate certificate
    #[arg(value_name = "NAME", conflicts_with = "all")]
    pub name: Option<String>,
    /// Run every one and compare the cause found with the fault planted
    #[arg(long, conflicts_with_all = ["output", "message_for", "fix", "timings", "verbose"])]
    pub all: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Who signs in, and where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Account")]
pub struct SignInArgs {
    /// Sign-in name where it is not the mailbox address: DOMAIN\name or a UPN
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Read the password from the first line of standard input [env: EXDIAG_PASSWORD holds one too]
    #[arg(long, group = "password")]
    pub password_stdin: bool,
    /// Read the password from the first line of a file
    #[arg(long, value_name = "FILE", group = "password")]
    pub password_file: Option<PathBuf>,
    /// Ask for the password on the terminal
    #[arg(long, group = "password")]
    pub ask_password: bool,
    /// Read an OAuth access token from a file [env: EXDIAG_TOKEN holds one too]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// A further host that may receive the credentials; repeats
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
}

/// The account, and the sync service's view of it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Account")]
pub struct AccountArgs {
    /// The Exchange server, when Autodiscover is not to be trusted ("Advanced Settings")
    #[arg(long, value_name = "HOST|URL")]
    pub server: Option<String>,
    #[command(flatten)]
    pub sign_in: SignInArgs,
    /// A log of the Exchange server, or a folder or archive of them, as a source for `last-sync`; or a JSON file
    /// with what Nylas answered or notified of (account, grant, webhook, error), for `auth-status` too; repeats
    #[arg(long, value_name = "PATH")]
    pub sync_log: Vec<PathBuf>,
    /// The account's grant at Nylas; without it, it is looked up by address [env: NYLAS_API_KEY is needed]
    #[arg(long, value_name = "ID")]
    pub nylas_grant: Option<String>,
    /// The account's id in Nylas v2: the grant that it has become is looked up; where --nylas-api names the old
    /// API, the account itself is asked for, with its own access token as key
    #[arg(long, value_name = "ID", conflicts_with = "nylas_grant")]
    pub nylas_account: Option<String>,
    /// The region of the Nylas application
    #[arg(long, value_enum, default_value_t = Region::Us)]
    pub nylas_region: Region,
    /// The address of the Nylas API, where it is neither region's
    #[arg(long, value_name = "URL")]
    pub nylas_api: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Region {
    /// United States
    Us,
    /// Europe
    Eu,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub struct SelectionArgs {
    /// Run only these checks: ids, comma separated, as `exdiag list checks` names them
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Run all but these checks
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub skip: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Network (as in curl)")]
pub struct NetworkArgs {
    #[command(flatten)]
    pub way: WayArgs,
    /// A second resolver to compare with: what it sees otherwise is told
    #[arg(long, value_name = "IP[:PORT]")]
    pub compare_dns: Option<String>,
    /// Use IPv4 only
    #[arg(short = '4', long = "ipv4", conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long = "ipv6")]
    pub ipv6: bool,
    /// Seconds for the whole run of one mailbox; what is open then is reported as inconclusive [default: 40]
    #[arg(long, value_name = "S", value_parser = seconds, allow_negative_numbers = true)]
    pub max_time: Option<f64>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Certificates")]
pub struct RootArgs {
    /// Roots that count as installed, PEM
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Which roots the verdict uses besides --cacert
    #[arg(long, value_enum, default_value_t = Trust::System)]
    pub trust: Trust,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Certificates")]
pub struct TrustArgs {
    #[command(flatten)]
    pub roots: RootArgs,
    /// Write the repaired certificate chain as PEM
    #[arg(long, value_name = "FILE")]
    pub save_chain: Option<PathBuf>,
    /// Never fetch issuers by AIA
    #[arg(long)]
    pub no_aia: bool,
    /// Never ask OCSP responders or fetch revocation lists
    #[arg(long)]
    pub no_revocation: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Trust {
    /// The system's, Mozilla's where it has none
    System,
    /// Mozilla's
    Mozilla,
    /// A chain must end at a root of either
    Both,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What goes to standard output; several mailboxes as JSON are one report a line
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Also write the report to a file: .json, .html, .md, .xml (JUnit), .prom or .txt; or all that belongs to a
    /// ticket to an archive: .zip; repeats
    #[arg(long, value_name = "FILE")]
    pub output: Vec<PathBuf>,
    #[command(flatten)]
    pub hand: HandArgs,
    /// What is hidden in all that is written, files and terminal (not in the folder of --history); secrets are
    /// always hidden
    #[arg(long, value_enum, default_value_t = Redact::None, value_name = "LEVEL")]
    pub redact: Redact,
    /// From which status on the exit code is 1
    #[arg(long, value_enum, default_value_t = FailOn::Fail)]
    pub fail_on: FailOn,
    /// Print the wall time beside the critical path
    #[arg(long)]
    pub timings: bool,
    #[command(flatten)]
    pub lang: LangArg,
    /// Tell only the causes
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Tell also what every check looked at and found
    #[arg(short, long)]
    pub verbose: bool,
    /// Whether text is coloured [env: NO_COLOR, CLICOLOR_FORCE]
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// No live progress on the terminal
    #[arg(long)]
    pub no_progress: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct LangArg {
    /// The language of all texts [default: from LC_ALL, LC_MESSAGES, LANG]
    #[arg(long, value_enum)]
    pub lang: Option<Lang>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A check warned or failed
    Warn,
    /// A check failed
    Fail,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Deutsch
    De,
    /// English
    En,
}

impl From<Lang> for finding::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::De => Self::De,
            Lang::En => Self::En,
        }
    }
}

impl Lang {
    /// The language of the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set (POSIX, 8.2).
    pub fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        let language = locale.split(['_', '.', '-', '@']).next().unwrap_or_default();
        if matches!(language, "de" | "german" | "deutsch") { Self::De } else { Self::En }
    }
}

impl LangArg {
    /// The language chosen, or the environment's.
    pub fn choice(&self) -> Lang {
        self.lang.unwrap_or_else(Lang::of_environment)
    }
}

impl Command {
    /// The language of what the command says.
    pub fn lang(&self) -> Lang {
        match self {
            Self::Check(CheckArgs { output, .. })
            | Self::Autodiscover(AutodiscoverArgs { output, .. })
            | Self::Tls(TlsArgs { output, .. })
            | Self::Replay(ReplayArgs { output, .. })
            | Self::Demo(DemoArgs { output, .. }) => output.lang.choice(),
            Self::Diff(DiffArgs { lang, .. })
            | Self::Explain(ExplainArgs { lang, .. })
            | Self::List(ListArgs { lang, .. })
            | Self::Login(LoginArgs { lang, .. })
            | Self::Logs(LogsArgs { lang, .. })
            | Self::Completions { lang, .. }
            | Self::Man { lang, .. } => lang.choice(),
            Self::Schema { .. } => Lang::of_environment(),
        }
    }
}

/// The whole definition of the command line, for completions, manual page and documentation.
pub fn command() -> clap::Command {
    Cli::command()
}
