//! Which moment does a date of PowerShell name?
//!
//! JSON of 5.1 has milliseconds since 1970, 7 and CliXML have ISO 8601. CSV and lists have the form of the
//! country: with full stops the day comes first; with slashes it is either way, unless a number above 12 in
//! any date of the file tells.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Which number stands first in a date with slashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// The day.
    Day,
    /// The month.
    Month,
}

/// A moment, and whether its zone was told; without one it is taken for UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub at: Timestamp,
    /// Whether it stands in the text.
    pub zone_known: bool,
}

/// What became of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// It names a moment.
    Moment(Moment),
    /// It may be either of two days.
    Unclear,
    /// It is none.
    No,
}

/// What one date tells of the order in the file; `None` where it fits both.
pub fn order(text: &str) -> Option<Order> {
    let (first, second, _) = slashed(text)?;
    if first > 12 && second <= 12 {
        Some(Order::Day)
    } else if second > 12 && first <= 12 {
        Some(Order::Month)
    } else {
        None
    }
}

/// Reads a date of a file whose dates with slashes have this order.
pub fn read(text: &str, order: Option<Order>) -> Read {
    let text = text.trim();
    let found = milliseconds(text).or_else(|| iso(text)).or_else(|| dotted(text));
    let found = match (found, slashed(text)) {
        (Some(found), _) => Some(found),
        (None, None) => None,
        (None, Some((a, b, rest))) => {
            let order = if a == b { Some(Order::Day) } else { order };
            let Some(order) = order else { return Read::Unclear };
            let (day, month) = if order == Order::Day { (a, b) } else { (b, a) };
            local(day, month, rest)
        }
    };
    // an unset date of .NET is the first day of the year 1
    match found.filter(|moment| moment.at > Timestamp::UNIX_EPOCH) {
        Some(moment) => Read::Moment(moment),
        None => Read::No,
    }
}

/// `/Date(1363703136000)/`, with or without an offset that changes nothing.
fn milliseconds(text: &str) -> Option<Moment> {
    let inner = text.trim_matches('\\').strip_prefix("/Date(")?;
    let inner = inner.split(')').next()?;
    let end = inner.get(1..)?.find(['+', '-']).map_or(inner.len(), |at| at + 1);
    let at = Timestamp::from_millisecond(inner.get(..end)?.parse().ok()?).ok()?;
    Some(Moment { at: whole(at), zone_known: true })
}

fn iso(text: &str) -> Option<Moment> {
    if text.get(4..5) != Some("-") {
        return None;
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(Moment { at: whole(at), zone_known: true });
    }
    utc(text.parse::<DateTime>().ok()?)
}

/// Without parts of a second: not every way of writing keeps them.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn utc(civil: DateTime) -> Option<Moment> {
    Some(Moment { at: whole(civil.to_zoned(TimeZone::UTC).ok()?.timestamp()), zone_known: false })
}

/// `20.11.2026 08:15:30`
fn dotted(text: &str) -> Option<Moment> {
    let mut parts = text.splitn(3, '.');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    local(day, month, parts.next()?)
}

/// `11/20/2026 8:15:30 AM`: two numbers, and what stands behind them.
fn slashed(text: &str) -> Option<(i8, i8, &str)> {
    let mut parts = text.trim().splitn(3, '/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?))
}

/// `2026 8:15:30 AM`
fn local(day: i8, month: i8, rest: &str) -> Option<Moment> {
    let mut words = rest.split_whitespace();
    let year: i16 = words.next()?.parse().ok()?;
    let mut clock = words.next().unwrap_or("0:00:00").split(':');
    let mut hour: i8 = clock.next()?.parse().ok()?;
    let minute = clock.next()?.parse().ok()?;
    let second = clock.next().unwrap_or("0").parse().ok()?;
    match words.next().map(str::to_ascii_uppercase).as_deref() {
        Some("PM") if hour < 12 => hour += 12,
        Some("AM") if hour == 12 => hour = 0,
        _ => {}
    }
    utc(DateTime::new(year, month, day, hour, minute, second, 0).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, order: Option<Order>) -> Option<(String, bool)> {
        match read(text, order) {
            Read::Moment(moment) => Some((moment.at.to_string(), moment.zone_known)),
            Read::Unclear | Read::No => None,
        }
    }

    #[test]
    fn each_way_of_powershell_to_write_a_date_names_the_same_moment() {
        let zulu = Some(("2026-11-20T08:15:30Z".to_owned(), true));
        for text in [
            "/Date(1795162530000)/",
            "/Date(1795162530000+0100)/",
            "2026-11-20T08:15:30Z",
            "2026-11-20T09:15:30.1234567+01:00",
        ] {
            assert_eq!(at(text, None), zulu, "{text}");
        }
        let local = Some(("2026-11-20T08:15:30Z".to_owned(), false));
        for text in ["2026-11-20T08:15:30", "20.11.2026 08:15:30"] {
            assert_eq!(at(text, None), local, "{text}");
        }
        assert_eq!(at("11/20/2026 8:15:30 AM", Some(Order::Month)), local);
        assert_eq!(at("11/20/2026 12:15:30 AM", Some(Order::Month)), Some(("2026-11-20T00:15:30Z".to_owned(), false)));
        assert_eq!(at("20/11/2026 08:15:30", Some(Order::Day)), local);
        assert_eq!(at("11/20/2026 8:15:30 PM", Some(Order::Month)), Some(("2026-11-20T20:15:30Z".to_owned(), false)));
    }

    #[test]
    fn a_date_that_may_be_either_of_two_days_is_neither() {
        assert_eq!(read("03/04/2026 08:00:00", None), Read::Unclear);
        assert_eq!((order("03/04/2026 08:00:00"), order("03/14/2026 1:00 AM")), (None, Some(Order::Month)));
        assert_eq!(order("14/03/2026 01:00"), Some(Order::Day));
        for text in ["", "never", "0001-01-01T00:00:00", "01.01.0001 00:00:00", "/Date(x)/", "/Date()/"] {
            assert_eq!(read(text, None), Read::No, "{text}");
        }
    }
}
