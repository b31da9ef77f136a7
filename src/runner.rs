//! How do checks that ask and facts that arrive become outcomes?
//!
//! [`run`] starts every check; what a check looks at and is not there yet is gathered once,
//! whoever asks, and the check is called again as soon as one of its probes has arrived. The
//! wall time of a run is therefore its longest chain of dependent probes. At the deadline, or
//! when the run is cancelled, what is open becomes a [`NoAnswer`](crate::evidence::NoAnswer), every check is called a last
//! time, and there are outcomes for all.

mod event;
mod schedule;
mod store;

pub use event::{Event, Events};
pub use schedule::{Limits, judge, run};

use crate::finding::Outcome;
use std::time::Duration;

/// How one check ended, and how long that took.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The check's id.
    pub id: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// From the start of the run until its last answer came.
    pub took: Duration,
    /// Ids of what it looked at.
    pub looked: Vec<String>,
}

/// All outcomes of a run.
#[derive(Debug, Clone)]
pub struct Finished {
    /// One for each check of [`crate::checks::ALL`], in that order.
    pub checks: Vec<Judged>,
    /// The wall time of the run.
    pub took: Duration,
}
