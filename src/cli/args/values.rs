//! Which values do options take that are more than a text?

use crate::finding::Text;
use crate::text;
use std::fmt;

/// What to give in place of a value that was not understood.
#[derive(Debug, Clone, Copy)]
pub struct Wanted(pub Text);

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.en)
    }
}

impl std::error::Error for Wanted {}

/// A moment, or the first one of a day.
pub fn moment(text: &str) -> Result<jiff::Timestamp, Wanted> {
    let midnight = || format!("{text}T00:00:00Z").parse();
    text.parse().or_else(|_| midnight()).map_err(|_| {
        Wanted(text!(
            "give a time such as 2026-11-22T20:00:00Z or 2026-11-22",
            "geben Sie eine Zeit an wie 2026-11-22T20:00:00Z oder 2026-11-22",
        ))
    })
}

/// Seconds of a day, parts of one too.
pub fn seconds(text: &str) -> Result<f64, Wanted> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err(Wanted(text!(
            "give seconds, more than 0 and at most 86400",
            "geben Sie Sekunden an, mehr als 0 und höchstens 86400",
        ))),
    }
}

/// Minutes, less than an hour.
pub fn minutes(text: &str) -> Result<u16, Wanted> {
    match text.parse() {
        Ok(minutes @ 1..=59) => Ok(minutes),
        _ => Err(Wanted(text!("give minutes, from 1 to 59", "geben Sie Minuten an, von 1 bis 59"))),
    }
}
