//! How did the sign-ins of a run end, and may another run try again?
//!
//! A wrong password counts at the domain controller, whoever has asked; some lock the account after three.

use super::challenge::{Word, word};
use crate::evidence::{Evidence, HeldBack, HttpSeen, NoAnswer, Probe, Seen, SignIn};

/// What a run's sign-ins came to, all of them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// No credential was sent.
    NotTried,
    /// At least one was accepted, none refused.
    Accepted,
    /// None was accepted, and none clearly refused; some fronts say just that to a wrong password.
    Unclear,
    /// At least one was refused.
    Refused,
}

/// Reads it from what a run has recorded.
pub fn of(evidence: &Evidence) -> Ended {
    let mut words = Vec::new();
    for (probe, record) in &evidence.records {
        match (probe, &record.seen) {
            (Probe::Http(http), Seen::Http(seen))
                if http.sign_in == SignIn::Given && seen.credential_sent.is_some() =>
            {
                words.push(seen.response().map_or(Word::Unclear, |answer| {
                    match word(answer.status, |name| answer.header(name)) {
                        // MS-ASHTTP 2.2.2.1.1: the account is locked, or its password has expired
                        _ if matches!(answer.status, 456 | 457) => Word::Refused,
                        said => said,
                    }
                }));
            }
            // the service's key locks nothing, but does not get better either
            (Probe::Service(_), Seen::Service(seen)) if status(seen) == Some(401) => words.push(Word::Refused),
            (_, Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::SignInRefused })) => words.push(Word::Refused),
            (_, Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::SignInUnclear })) => words.push(Word::Unclear),
            _ => {}
        }
    }
    let any = |said| words.contains(&said);
    if any(Word::Refused) {
        Ended::Refused
    } else if any(Word::Accepted) {
        Ended::Accepted
    } else if words.is_empty() && evidence.left_open.is_empty() {
        Ended::NotTried
    } else {
        Ended::Unclear
    }
}

fn status(seen: &HttpSeen) -> Option<u16> {
    seen.response().map(|answer| answer.status)
}
