//! How much time does a run get?

use super::args::NetworkArgs;
use super::exit::Trouble;
use crate::runner::Limits;
use crate::text;
use std::time::Duration;

/// How long a run may take, in seconds, unless the user says otherwise.
const MAX_TIME: f64 = 40.0;

/// How long a run may take.
pub fn limits(args: &NetworkArgs) -> Limits {
    Limits { deadline: Duration::from_secs_f64(args.max_time.unwrap_or(MAX_TIME)) }
}

/// The same where a connection is to be kept for so many minutes: the run has that much more time, and
/// the check that keeps it is among the selected ones.
pub fn with_idle_test(args: &NetworkArgs, minutes: Option<u16>, selected: &[String]) -> Result<Limits, Trouble> {
    if minutes.is_some() && !selected.iter().any(|id| id == "activesync-session") {
        return Err(Trouble::new(text!(
            "--idle-test belongs to the check activesync-session; do not leave that out",
            "--idle-test gehört zur Prüfung activesync-session; lassen Sie diese nicht weg",
        )));
    }
    let waits = f64::from(minutes.unwrap_or_default()) * 60.0;
    match (args.max_time, minutes) {
        (Some(given), Some(minutes)) if given < waits + MAX_TIME => Err(Trouble::new(text!(
            "--max-time {given} is too short for --idle-test {minutes}; give {needed} or more, or leave --max-time out",
            "--max-time {given} ist zu kurz für --idle-test {minutes}; geben Sie mindestens {needed} an oder lassen Sie --max-time weg",
        ))
        .with("given", given)
        .with("minutes", minutes)
        .with("needed", waits + MAX_TIME)),
        (None, Some(_)) => Ok(Limits { deadline: Duration::from_secs_f64(waits + MAX_TIME) }),
        _ => Ok(limits(args)),
    }
}
