//! Are the dates spelled right, and is the lifetime as short as it has to be?

use super::Level::{Error, Notice};
use super::cert::{Cert, Time};
use super::{Case, Clock, Place, Rule, Scope, der, first, rfc, since, when};

pub(super) const RULES: &[Rule] = &[
    rfc("tls.rule-validity-negative", Error, "RFC 5280 4.1.2.5", since::ALWAYS, |c| {
        when(matches!((c.cert.not_before.at, c.cert.not_after.at), (Some(from), Some(to)) if from > to))
    }),
    rfc("tls.rule-time-unreadable", Error, "RFC 5280 4.1.2.5", since::ALWAYS, |c| {
        spelled(c.cert, |time| time.at.is_none())
    }),
    rfc("tls.rule-time-generalized-before-2050", Error, "RFC 5280 4.1.2.5", since::RFC_2459, |c| {
        let early = |time: &Time<'_>| time.at.is_some_and(|at| at < super::day(2050, 1, 1));
        spelled(c.cert, |time| time.tag == der::GENERALIZED_TIME && early(time))
    }),
    rfc("tls.rule-time-generalized-not-zulu", Error, "RFC 5280 4.1.2.5.2", since::RFC_2459, |c| {
        spelled(c.cert, |time| time.tag == der::GENERALIZED_TIME && time.text.last() != Some(&b'Z'))
    }),
    rfc("tls.rule-time-utc-not-zulu", Error, "RFC 5280 4.1.2.5.1", since::RFC_2459, |c| {
        spelled(c.cert, |time| time.tag == der::UTC_TIME && time.text.last() != Some(&b'Z'))
    }),
    rfc("tls.rule-time-utc-without-seconds", Error, "RFC 5280 4.1.2.5.1", since::RFC_2459, |c| {
        // with seconds: YYMMDDhhmmssZ, or an offset of five octets in place of the Z
        spelled(c.cert, |time| time.tag == der::UTC_TIME && ![13, 17].contains(&time.text.len()))
    }),
    rfc("tls.rule-root-out-of-date", Error, "RFC 5280 6.1.3 (a)(2)", since::ALWAYS, |c| {
        let inside = c.cert.not_before.at <= Some(c.at) && Some(c.at) <= c.cert.not_after.at;
        when(c.place == Place::Issuer && c.cert.self_signed && !inside)
    }),
    lifetime("tls.rule-lifetime-825-days", "Apple 103769", since::APPLE_825, super::FOREVER, |c| longer(c, 825))
        .for_everybody(),
    lifetime("tls.rule-lifetime-398-days", "BR 6.3.2, Apple 102028", since::APPLE_398, super::FOREVER, |c| {
        longer(c, 398)
    }),
    lifetime("tls.rule-lifetime-200-days", "BR 6.3.2", since::SC_81, since::SC_81_SECOND, |c| longer(c, 200)),
    lifetime("tls.rule-lifetime-100-days", "BR 6.3.2", since::SC_81_SECOND, since::SC_81_THIRD, |c| longer(c, 100)),
    lifetime("tls.rule-lifetime-47-days", "BR 6.3.2", since::SC_81_THIRD, super::FOREVER, |c| longer(c, 47)),
    advice("tls.rule-lifetime-397-days", "Apple 102028", since::APPLE_398, super::FOREVER, |c| longer(c, 397)),
    advice("tls.rule-lifetime-199-days", "BR 6.3.2", since::SC_81, since::SC_81_SECOND, |c| longer(c, 199)),
    advice("tls.rule-lifetime-99-days", "BR 6.3.2", since::SC_81_SECOND, since::SC_81_THIRD, |c| longer(c, 99)),
    advice("tls.rule-lifetime-46-days", "BR 6.3.2", since::SC_81_THIRD, super::FOREVER, |c| longer(c, 46)),
];

/// A limit on the lifetime of servers' certificates that were issued in that time.
const fn lifetime(id: &'static str, source: &'static str, since: i64, until: i64, check: super::Check) -> Rule {
    let (scope, clock) = (Scope::PublicOnly, Clock::Issue);
    Rule { id, level: Error, source, scope, clock, since, until, servers: true, check }
}

/// A lifetime that authorities keep below, so that a second too much does no harm.
const fn advice(id: &'static str, source: &'static str, since: i64, until: i64, check: super::Check) -> Rule {
    Rule { level: Notice, ..lifetime(id, source, since, until, check) }
}

/// The lifetime in days, begun ones counted whole, where it is longer than allowed (BR 6.3.2: a day is
/// 86,400 seconds, and both ends count).
fn longer(case: &Case<'_>, days: i64) -> super::Broken {
    let seconds = case.cert.lifetime()?;
    first((!case.cert.ca && seconds > days * 86_400).then(|| format!("{} days", (seconds + 86_399) / 86_400)))
}

/// The time that is spelled in this way.
fn spelled(cert: &Cert<'_>, wrong: impl Fn(&Time<'_>) -> bool) -> super::Broken {
    let times = [&cert.not_before, &cert.not_after];
    first(times.into_iter().find(|time| wrong(time)).map(|time| String::from_utf8_lossy(time.text).into_owned()))
}
