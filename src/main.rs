//! What does the command line start?

use std::process::ExitCode;

fn main() -> ExitCode {
    exdiag::cli::main()
}
