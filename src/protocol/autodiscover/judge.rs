//! Which road of Autodiscover wins, and what are the others worth beside it?

use super::{Attempt, Reason, Road, Step, Verdict, Walk};
use crate::evidence::{FailKind, NoAnswer, Phase};

/// Which road wins, and what the others are worth beside it.
pub fn judge(mut roads: Vec<Road>, dns_failed: bool) -> Walk {
    number(&mut roads, 0);
    let mut attempts: Vec<Attempt> = roads.into_iter().flatten().collect();
    let rank = |attempt: &Attempt| {
        let kind = match (&attempt.reason, attempt.step) {
            // a client that gets there has not come by the domain's records
            (_, Step::Cloud) => return None,
            (Reason::Settings { .. }, Step::Json) => 1,
            (Reason::Settings { .. }, _) => 0,
            (Reason::SignInWanted, _) => 2,
            _ => return None,
        };
        Some((!attempt.is_usable(), kind, attempt.step))
    };
    let won = attempts.iter().enumerate().filter_map(|(i, a)| rank(a).map(|rank| (rank, i))).min().map(|(_, i)| i);
    let url_of = |attempt: &Attempt| match &attempt.reason {
        Reason::Settings { url } => Some(url.clone()),
        _ => None,
    };
    let settings = attempts.iter().filter(|a| !a.step.is_v2()).find_map(url_of);
    let json = attempts.iter().filter(|a| a.step == Step::Json).find_map(url_of);
    let cloud = attempts.iter().filter(|a| a.step == Step::Cloud).find_map(url_of);
    for (i, attempt) in attempts.iter_mut().enumerate() {
        attempt.verdict =
            if Some(i) == won { Verdict::Won } else { verdict(&attempt.reason, attempt.step, won.is_some()) };
    }
    Walk { attempts, won, settings, json, cloud, dns_failed }
}

/// Gives every road a number, from this one on.
pub fn number(roads: &mut [Road], first: usize) {
    for (road, attempts) in (first..).zip(roads) {
        for (hop, attempt) in attempts.iter_mut().enumerate() {
            (attempt.road, attempt.hop) = (road, hop);
        }
    }
}

/// What an attempt that did not win is worth.
fn verdict(reason: &Reason, step: Step, has_winner: bool) -> Verdict {
    match reason {
        Reason::OtherProtocols(_)
        | Reason::NoMobileSync
        | Reason::Loop { .. }
        | Reason::TooManyHops
        | Reason::Insecure { .. }
        | Reason::ServerError
        | Reason::SignInPage
        | Reason::Malformed(_)
        | Reason::WebSite { page: true }
        | Reason::Unreachable(_)
        | Reason::Forbidden
            if !step.is_v2() =>
        {
            // the place of the web site: that it is one hides nothing from whoever goes on
            let is_web_site = step == Step::RootDomain
                && matches!(reason, Reason::WebSite { .. } | Reason::Unreachable(_) | Reason::Forbidden);
            // nobody has to publish port 80, nor 443 where it is there for the redirect
            let is_unreachable = matches!(reason, Reason::Unreachable(_));
            let is_closed = matches!(reason, Reason::Unreachable(failure) if failure.kind == FailKind::Refused);
            match has_winner {
                true if is_web_site || is_closed || (is_unreachable && step == Step::HttpRedirect) => Verdict::Normal,
                true => Verdict::Noteworthy,
                false if is_unreachable && step == Step::HttpRedirect => Verdict::Noteworthy,
                false => Verdict::Fault,
            }
        }
        Reason::NotAsked(NoAnswer::Hung { .. } | NoAnswer::GivenUp { .. }) => match has_winner {
            true if step.is_v2() && step != Step::Cloud => Verdict::Noteworthy,
            true => Verdict::Normal,
            false => Verdict::Fault,
        },
        // the host is there, and only v2 gets no answer
        Reason::Unreachable(failure)
            if has_winner && step.is_v2() && failure.kind == FailKind::Timeout && failure.phase >= Phase::Handshake =>
        {
            Verdict::Noteworthy
        }
        Reason::Error { .. } if has_winner && step == Step::RootDomain => Verdict::Noteworthy,
        Reason::Error { .. } | Reason::SignInRefused => Verdict::Fault,
        // where nothing has led anywhere, what the mail domain's own names answer is what matters
        Reason::NotThere | Reason::Odd | Reason::WebSite { .. }
            if !has_winner && matches!(step, Step::Subdomain | Step::HttpRedirect | Step::Srv) =>
        {
            Verdict::Fault
        }
        _ => Verdict::Normal,
    }
}
