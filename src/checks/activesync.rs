//! (to be written)

use crate::evidence::{Stop, View};
use crate::finding::{Outcome, Sentence};
use crate::{findings, text};

findings! {}

/// Judges.
pub fn check(_view: &View<'_>) -> Result<Outcome, Stop> {
    Ok(Outcome::skip(Sentence::new(text!("not part of this version", "nicht Teil dieser Version"))))
}
