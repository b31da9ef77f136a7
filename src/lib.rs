//! Why can this mailbox not be connected or synced, and who has to do what?
//!
//! The paved path: [`diagnose`] asks the network and judges; [`replay`] judges what was
//! recorded. Both give a [`report::Report`].

pub mod checks;
pub mod cli;
pub mod diagnosis;
pub mod evidence;
pub mod finding;
pub mod gather;
pub mod lab;
pub mod protocol;
pub mod report;
pub mod runner;
