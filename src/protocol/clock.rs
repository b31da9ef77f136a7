//! Whose clock is wrong: this machine's, or that of a server?
//!
//! Every HTTP answer carries the server's time (RFC 9110, 6.6.1). One clock that differs says nothing;
//! several that agree with each other, or one that the certificates agree with, do.

use super::x509::Validity;
use super::{autodiscover, eas, endpoint};
use crate::evidence::{HttpProbe, Probe, Record, Seen, Stop, View, view};
use crate::order;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// So many seconds two clocks may differ: what Kerberos and TOTP forgive.
const TOLERANCE: i64 = 300;

/// The time that one server told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The host.
    pub host: String,
    /// The address that answered.
    pub address: Option<IpAddr>,
    /// How many seconds its clock is before ours; negative where it is behind.
    pub ahead: i64,
    /// The question whose answer held it.
    pub probe: Probe,
}

/// Whose clock is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clock {
    /// None that we know of.
    Fine,
    /// Ours: those of these hosts agree with each other, or with the certificates.
    Ours {
        /// What they told.
        by: Vec<Reading>,
    },
    /// Those of these hosts.
    Theirs {
        /// What they told.
        by: Vec<Reading>,
    },
}

/// Looks at the time that the answer to this request told.
pub fn reading(view: &View<'_>, probe: &HttpProbe) -> Result<Option<Reading>, Stop> {
    let probe = Probe::Http(probe.clone());
    Ok(read(view.look(&probe)?, &probe, view.asked_at()))
}

/// What the clocks of all servers say that answered HTTP.
pub fn readings(view: &View<'_>) -> Result<Vec<Reading>, Stop> {
    let endpoint = endpoint::endpoint(view);
    let walk = if view.subject().server.is_some() { Ok(None) } else { autodiscover::walk(view) };
    let mut probes: BTreeSet<_> = order::set(endpoint?.iter().map(eas::options));
    probes.extend(walk?.iter().flat_map(|walk| &walk.attempts).map(|attempt| attempt.probe.clone()));
    let read = view::all(probes.iter().map(|probe| reading(view, probe)))?;
    Ok(read.into_iter().flatten().collect())
}

fn read(record: &Record, probe: &Probe, started_at: Timestamp) -> Option<Reading> {
    let Seen::Http(seen) = &record.seen else { return None };
    let response = seen.response()?;
    // RFC 9111, 5.1: out of a cache, the time is that of the original
    if response.header("age").is_some() {
        return None;
    }
    let told = rfc2822::parse(response.header("date")?.trim()).ok()?.timestamp();
    let since = i64::try_from(record.at_ms.saturating_add(record.took_ms) / 1000).ok()?;
    let ours = started_at.as_second().saturating_add(since);
    let ahead = told.as_second().saturating_sub(ours);
    Some(Reading { host: probe.host()?, address: seen.address, ahead, probe: probe.clone() })
}

/// Whose clock is wrong, by what the servers told and the validity of the certificates they sent.
pub fn judge(readings: &[Reading], certificates: &[Validity], now: Timestamp) -> Clock {
    let off: Vec<&Reading> = readings.iter().filter(|reading| reading.ahead.abs() > TOLERANCE).collect();
    let Some(first) = off.first() else { return Clock::Fine };
    let agreeing: Vec<&Reading> =
        off.iter().copied().filter(|reading| (reading.ahead - first.ahead).abs() <= TOLERANCE).collect();
    let independent = agreeing.iter().any(|other| other.host != first.host && other.address != first.address);
    // outside their time by our clock, inside it by theirs
    let fits = |validity: &Validity| {
        let there = Timestamp::from_second(now.as_second().saturating_add(first.ahead));
        !validity.contains(now) && there.is_ok_and(|there| validity.contains(there))
    };
    let confirmed = certificates.iter().any(fits) && !certificates.iter().any(|validity| validity.contains(now));
    // whoever agrees with us speaks for our clock
    let contradicted = off.len() < readings.len() || agreeing.len() < off.len();
    if !contradicted && (independent || confirmed) {
        Clock::Ours { by: agreeing.into_iter().cloned().collect() }
    } else {
        Clock::Theirs { by: off.into_iter().cloned().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Method;
    use crate::evidence::http::{Body, HttpOutcome, HttpSeen, Response, Timing};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(host: &str, last: u8, ahead: i64) -> Reading {
        let probe = Probe::Http(HttpProbe::new(Method::Options, format!("https://{host}/")));
        Reading { host: host.to_owned(), address: Some([192, 0, 2, last].into()), ahead, probe }
    }

    #[test]
    fn rfc9110_6_6_1_the_time_of_an_answer_is_set_against_the_moment_it_came() {
        let record = |headers: &[(&str, &str)]| Record {
            seen: Seen::Http(HttpSeen {
                address: None,
                tried: Vec::new(),
                verified: None,
                client_certificate_requested: false,
                credential_sent: None,
                outcome: HttpOutcome::Response(Response {
                    status: 401,
                    headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                    body: Body { text: String::new(), length: 0, truncated: false },
                }),
                timing: Timing::default(),
            }),
            at_ms: 2_000,
            took_ms: 3_000,
            after: None,
        };
        let probe = told("mail.corp.example", 1, 0).probe;
        let ahead = |headers: &[(&str, &str)]| {
            read(&record(headers), &probe, at("2026-11-22T20:00:00Z")).map(|reading| reading.ahead)
        };
        assert_eq!(ahead(&[("date", "Sun, 22 Nov 2026 20:00:05 GMT")]), Some(0));
        assert_eq!(ahead(&[("date", "Sun, 22 Nov 2026 21:00:05 GMT")]), Some(3600));
        assert_eq!(ahead(&[("date", "Sun, 22 Nov 2026 21:00:05 GMT"), ("age", "7")]), None);
        assert_eq!(ahead(&[("date", "yesterday")]), None);
        assert_eq!(ahead(&[]), None);
    }

    #[test]
    fn t34_our_clock_is_wrong_where_several_agree_or_the_certificates_do() {
        let now = at("2026-11-22T20:00:00Z");
        let valid = |from: &str, to: &str| Validity { not_before: at(from), not_after: at(to) };
        let today = valid("2026-11-01T00:00:00Z", "2027-01-30T00:00:00Z");
        let next = valid("2027-05-01T00:00:00Z", "2027-07-30T00:00:00Z");
        let half_a_year = 185 * 86_400;
        let judged = |readings: &[Reading], certificates: &[Validity]| match judge(readings, certificates, now) {
            Clock::Fine => "fine",
            Clock::Ours { .. } => "ours",
            Clock::Theirs { .. } => "theirs",
        };
        let a = |ahead| told("mail.corp.example", 1, ahead);
        let b = |ahead| told("corp.example", 2, ahead);
        assert_eq!(judged(&[a(299), b(-299)], &[today]), "fine");
        assert_eq!(judged(&[a(3600)], &[today]), "theirs");
        assert_eq!(judged(&[a(3600), b(3610)], &[today]), "ours");
        assert_eq!(judged(&[a(3600), b(3)], &[today]), "theirs");
        assert_eq!(judged(&[a(3600), b(-9000)], &[today]), "theirs");
        assert_eq!(judged(&[a(half_a_year)], &[next]), "ours");
        // an expired certificate and an odd clock that have nothing to do with each other
        assert_eq!(judged(&[a(3600)], &[next]), "theirs");
        // two names of one machine are one clock
        let same = told("autodiscover.corp.example", 1, 3600);
        assert_eq!(judged(&[a(3600), same], &[today]), "theirs");
    }
}
