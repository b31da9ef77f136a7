//! Which command was typed?

mod args;
mod baseline;
mod cases;
mod check;
mod demo;
mod diff;
mod exit;
mod explain;
mod exports;
mod format;
mod german;
mod hand;
mod history;
mod interrupt;
mod limits;
mod list;
mod login;
mod logs;
mod network;
mod output;
mod progress;
mod redact;
mod replay;
mod schema;
mod setup;
mod system;
mod ticket;
mod usage;
mod wait;

pub use args::command;
pub use demo::{rehearse, verdict};
pub use schema::documentation;

use args::{Cli, Command};
use clap::Parser;
use exit::Trouble;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the program.
pub fn main() -> ExitCode {
    // the run contains a panic and reports it (exdiag.bug); here it gets one line, not a backtrace
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "exdiag: internal error at {at}");
    }));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage::answer(error),
    };
    let (lang, voice) = (cli.command.lang(), cli.command.voice());
    match run(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => trouble.tell(lang, voice),
    }
}

fn run(command: Command) -> Result<u8, Trouble> {
    match command {
        Command::Check(args) => check::check(&args),
        Command::Autodiscover(args) => check::autodiscover(args),
        Command::Tls(args) => check::tls(&args),
        Command::Logs(args) => logs::logs(&args),
        Command::Login(args) => login::login(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::List(args) => list::list(&args),
        Command::Demo(args) => demo::demo(&args),
        Command::Schema { what } => schema::schema(what),
        Command::Completions { shell, lang } => schema::completions(shell, lang.choice()),
        Command::Man { command, lang } => schema::man(command.as_deref(), lang.choice()),
    }
}
