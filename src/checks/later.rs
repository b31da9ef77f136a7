//! Which checks does the sequence name that this version does not make?

use crate::evidence::{Stop, View};
use crate::finding::{Outcome, Sentence};
use crate::text;

fn not_yet() -> Outcome {
    Outcome::skip(Sentence::new(text!("not part of this version", "nicht Teil dieser Version")))
}

/// `activesync-session`
pub fn activesync_session(_: &View<'_>) -> Result<Outcome, Stop> {
    Ok(not_yet())
}
