//! How long does a connection live on which nothing happens, and what ends it?
//!
//! Push mail is a request that waits for minutes (Ping). Firewalls, proxies and balancers with a shorter
//! timer cut it; the mail then comes late.

use super::At;
use super::words::{IDLE_CUT, IDLE_HELD};
use crate::checks::common;
use crate::evidence::{FailKind, HttpSeen, Phase, SessionAsk};
use crate::finding::{Finding, Sentence};
use crate::protocol::front;
use crate::protocol::session::{Ended, Reply, Step, command};
use crate::text;

/// Timers of well-known devices, in seconds, as their makers document them: nginx `proxy_read_timeout`,
/// Apache `Timeout`, AWS's balancers, Microsoft Entra application proxy, IIS `connectionTimeout`, Azure's
/// balancer, F5 BIG-IP.
const TIMERS: &[(u64, &str)] = &[
    (60, "nginx, Apache, AWS Application Load Balancer"),
    (85, "Microsoft Entra application proxy"),
    (120, "IIS"),
    (240, "Azure Load Balancer"),
    (300, "F5 BIG-IP"),
    (350, "AWS Network Load Balancer"),
];
/// An answer or the end of a connection may be that much later than the timer.
const SLACK: u64 = 3;

/// What a Ping has shown; else why it has shown nothing.
pub(super) fn judge(at: &At<'_, '_>, step: &Step<'_>) -> Result<Finding, Sentence> {
    let how = match &step.ended {
        Ended::Well(reply) => {
            let is_change = reply.status == Some(2);
            if is_change && seconds(step) * 2 < u64::from(heartbeat(step)) {
                return Err(Sentence::new(text!(
                    "a change in the mailbox ended the idle test after {seconds} s; run it again at a quieter time",
                    "eine Änderung im Postfach hat den Leerlauf-Test nach {seconds} s beendet; wiederholen Sie ihn zu einer ruhigeren Zeit",
                ))
                .with("seconds", seconds(step)));
            }
            return Ok(finding(at, &IDLE_HELD, step).with("ended", if is_change { "change" } else { "heartbeat" }));
        }
        Ended::Http(response) if matches!(response.status, 502 | 504) => format!("HTTP {}", response.status),
        // before the request is out, nothing has been idle
        Ended::Failed(seen) => match seen.failure().filter(|why| why.phase >= Phase::Request).map(|why| &why.kind) {
            Some(FailKind::Timeout) => "silence".to_owned(),
            Some(FailKind::Reset) => "reset".to_owned(),
            Some(FailKind::Closed) => "closed".to_owned(),
            _ => return at.fault(step),
        },
        Ended::Unasked(why) => return Err(common::why_unanswered(why)),
        Ended::Refused(Reply { status: Some(5), heartbeat: Some(least), .. }) if *least > heartbeat(step) => {
            return Err(Sentence::new(text!(
                "the server answers no Ping of less than {least} s; run it again with --idle-test {minutes}",
                "der Server beantwortet keinen Ping unter {least} s; wiederholen Sie ihn mit --idle-test {minutes}",
            ))
            .with("least", *least)
            .with("minutes", least.div_ceil(60)));
        }
        Ended::Http(_) | Ended::Refused(_) => return at.fault(step),
    };
    let seconds = seconds(step);
    let shown = step.seen.and_then(HttpSeen::response).and_then(|response| front::recognise(response).in_front);
    let timers = TIMERS.iter().find(|(timer, _)| (*timer..=timer + SLACK).contains(&seconds)).map(|(_, names)| *names);
    let suspect = shown.or(timers).unwrap_or("-");
    Ok(finding(at, &IDLE_CUT, step).with("how", how).with("suspect", suspect))
}

fn finding(at: &At<'_, '_>, code: &'static crate::finding::Code, step: &Step<'_>) -> Finding {
    at.of_step(code, step, command(&step.ask)).with("seconds", seconds(step)).with("heartbeat", heartbeat(step))
}

/// How long it should have lasted, seconds.
fn heartbeat(step: &Step<'_>) -> u32 {
    match step.ask {
        SessionAsk::Ping { heartbeat, .. } => heartbeat,
        _ => 0,
    }
}

/// How long it lived; some servers send the head of the answer first, and then wait.
fn seconds(step: &Step<'_>) -> u64 {
    let waited = step.seen.map(|seen| [seen.timing.response_ms, seen.timing.body_ms]);
    waited.into_iter().flatten().flatten().fold(0, u64::saturating_add) / 1000
}
