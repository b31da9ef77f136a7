//! By which road does a family of clients find the server itself, where does it end, and after how long?
//!
//! Models too. The orders: Outlook, KB 3211279; Thunderbird, `fetchConfigFromExchange`; the steps of
//! "Autodiscover for Exchange ActiveSync developers" for the rest. That Apple asks for v2 first was
//! seen once, and is no published promise.

use super::Family;
use crate::protocol::autodiscover::{Attempt, Reason, Step, Walk};
use crate::protocol::trusted;

/// What a family finds by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The family.
    pub family: Family,
    /// The road that leads there; none: it finds nothing.
    pub by: Option<Step>,
    /// The host at its end.
    pub host: Option<String>,
    /// Milliseconds until then, or until the last road has failed.
    pub ms: u64,
    /// How many requests that takes.
    pub requests: usize,
    /// Whether the user is asked first, for the host is another domain's.
    pub asks_user: bool,
}

/// In which order a family tries the roads, and whether it tries them all at once; none for a family
/// that has no way of its own.
fn order(family: Family) -> Option<(&'static [Step], bool)> {
    use Step::{Cloud, HttpRedirect, Json, RootDomain, Srv, Subdomain};
    match family {
        Family::OutlookWindows => Some((&[Cloud, RootDomain, Subdomain, HttpRedirect, Srv], false)),
        Family::Android | Family::SyncService => Some((&[RootDomain, Subdomain, HttpRedirect, Srv], false)),
        Family::Ios => Some((&[Json, RootDomain, Subdomain, HttpRedirect, Srv], false)),
        Family::Thunderbird => Some((&[Subdomain, RootDomain, HttpRedirect, Srv], true)),
        Family::Java => None,
    }
}

/// What each family would find of the mailbox's `domain` by what the walk has seen.
pub fn found(walk: &Walk, domain: &str) -> Vec<Found> {
    Family::ALL.into_iter().filter_map(|family| of_family(walk, domain, family)).collect()
}

fn of_family(walk: &Walk, domain: &str, family: Family) -> Option<Found> {
    let (order, at_once) = order(family)?;
    let mut out = Found { family, by: None, host: None, ms: 0, requests: 0, asks_user: false };
    for step in order {
        let of_step = || walk.attempts.iter().filter(|attempt| attempt.step == *step);
        let took = of_step().map(|attempt| attempt.ms).sum();
        out.ms = if at_once { out.ms.max(took) } else { out.ms + took };
        out.requests += of_step().count();
        if let Some(end) = of_step().find(|attempt| leads_there(attempt)) {
            out.by = Some(*step);
            out.host = Some(end.host.clone());
            if at_once {
                out.ms = took;
            }
            out.asks_user = matches!(family, Family::OutlookWindows | Family::Thunderbird)
                && matches!(step, Step::HttpRedirect | Step::Srv)
                && !(trusted::is_under(&end.host, domain) || trusted::is_microsoft(&end.host));
            break;
        }
    }
    Some(out)
}

/// Whether a client that checks certificates gets to Autodiscover there.
fn leads_there(attempt: &Attempt) -> bool {
    attempt.verified == Some(true)
        && matches!(attempt.reason, Reason::SignInWanted | Reason::SignInRefused | Reason::Settings { .. })
}
