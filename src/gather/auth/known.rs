//! What have the sign-ins of a run told, and whom may the next one go to?

use crate::evidence::HeldBack;
use crate::protocol::challenge::Word;
use std::collections::BTreeSet;

/// What the sign-ins of a run have told.
#[derive(Debug, Default)]
pub struct Known {
    /// One was refused.
    refused: bool,
    /// One stayed without an answer. A domain controller may have counted it, and locks an account
    /// after as few as three.
    unanswered: bool,
    /// One was answered in a way that does not tell whether it was refused, by a host that had not
    /// accepted one before.
    unclear: bool,
    /// What became of those that were answered with a redirect.
    redirected: Redirected,
    /// Hosts that have accepted the credentials: there, several may be under way at once.
    accepted: BTreeSet<String>,
}

/// A front may send whom it refuses to itself, and every round counts as a failed sign-in.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Redirected {
    #[default]
    Never,
    /// One sign-in may follow.
    Once,
    /// It has followed.
    Followed,
}

impl Known {
    /// Whether this host has accepted the credentials.
    pub fn has_accepted(&self, host: &str) -> bool {
        self.accepted.contains(host)
    }

    /// Whether one more may be tried at this host.
    pub fn allows(&self, host: &str) -> Result<(), HeldBack> {
        if self.refused {
            return Err(HeldBack::SignInRefused);
        }
        let used_up = (self.unclear || self.redirected == Redirected::Followed) && !self.has_accepted(host);
        if self.unanswered || used_up { Err(HeldBack::SignInUnclear) } else { Ok(()) }
    }

    /// One goes out to this host.
    pub fn sent(&mut self, host: &str) {
        if self.redirected == Redirected::Once && !self.has_accepted(host) {
            self.redirected = Redirected::Followed;
        }
    }

    /// One was answered by this host.
    pub fn answered(&mut self, host: &str, word: Word) {
        match word {
            Word::Refused => self.refused = true,
            Word::Redirected => {
                self.accepted.remove(host);
                if self.redirected == Redirected::Never {
                    self.redirected = Redirected::Once;
                }
            }
            Word::Accepted => {
                self.accepted.insert(host.to_owned());
            }
            // of whoever has accepted them before, it is no word on the credentials
            Word::Unclear => self.unclear |= !self.has_accepted(host),
        }
    }

    /// One stayed without an answer.
    pub fn unanswered(&mut self) {
        self.unanswered = true;
    }
}
