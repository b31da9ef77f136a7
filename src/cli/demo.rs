//! How does the real check run against the built-in faulty Exchange?

use super::args::DemoArgs;
use super::exit::Trouble;
use crate::text;
use serde_json::Value;

/// `exdiag demo`
pub fn demo(_args: &DemoArgs) -> Result<u8, Trouble> {
    Err(Trouble::new(text!("no demos yet", "noch keine Demos")))
}

/// The scenarios, for `exdiag list demos`.
pub fn rows() -> Vec<Value> {
    Vec::new()
}
