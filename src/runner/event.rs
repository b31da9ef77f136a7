//! What can be told while a run is under way?

use crate::evidence::Probe;
use crate::finding::Status;
use std::time::Duration;

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A check now waits for these probes.
    Waits {
        /// The check's id.
        check: &'static str,
        /// What it waits for.
        probes: Vec<Probe>,
    },
    /// A probe was started.
    Asked {
        /// Which.
        probe: Probe,
    },
    /// A probe came back.
    Arrived {
        /// Which.
        probe: Probe,
        /// How long it took.
        took: Duration,
    },
    /// A check has ended.
    Ended {
        /// The check's id.
        check: &'static str,
        /// Its status.
        status: Status,
    },
}

/// Who listens; called from the runner's own task, so it must be quick.
pub type Events<'a> = &'a mut (dyn FnMut(Event) + Send);
