//! How long is an old answer still given after the DNS has changed?

use crate::evidence::{DnsAnswer, RecordData};
use serde_json::{Value, json};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// Seconds for which what this answer says of `owner` may be cached: of its own records the longest;
/// where it has none, the time for a negative answer. `None` where the answer names no time.
pub fn of(answer: &DnsAnswer, owner: &str) -> Option<u32> {
    let own = answer.answers.iter().filter(|record| record.name == owner).map(|record| effective(record.ttl)).max();
    own.or_else(|| negative(answer))
}

/// RFC 2308, 5: the smaller of the SOA's own time and its minimum.
fn negative(answer: &DnsAnswer) -> Option<u32> {
    answer.authority.iter().find_map(|record| match record.data {
        RecordData::Soa { minimum, .. } => Some(effective(record.ttl).min(effective(minimum))),
        _ => None,
    })
}

/// RFC 2181, 8: a time with the top bit set is none.
const fn effective(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}

/// The time as a piece of a sentence, `en` and `de`.
pub fn spoken(seconds: Option<u32>) -> Value {
    let Some(seconds) = seconds else {
        return json!({
            "en": "the old answer stays cached until its TTL is over",
            "de": "die alte Antwort bleibt im Cache, bis ihre TTL abgelaufen ist",
        });
    };
    if seconds == 0 {
        return json!({"en": "the old answer is not cached", "de": "die alte Antwort wird nicht zwischengespeichert"});
    }
    let time = counted(seconds);
    let of = |lang: &str| time.get(lang).and_then(Value::as_str).unwrap_or_default();
    json!({
        "en": format!("the old answer is cached for up to {}", of("en")),
        "de": format!("die alte Antwort bleibt bis zu {} im Cache", of("de")),
    })
}

/// A time in the unit that a reader counts in, rounded up: `40 minutes`, `1 day`.
pub fn counted(seconds: u32) -> Value {
    let (unit, one, many, one_de, many_de) = match seconds {
        // a whole hour is one, ninety minutes are not two
        _ if seconds >= 2 * DAY || seconds == DAY => (DAY, "day", "days", "Tag", "Tage"),
        _ if seconds >= 2 * HOUR || seconds == HOUR => (HOUR, "hour", "hours", "Stunde", "Stunden"),
        _ if seconds >= 2 * MINUTE || seconds == MINUTE => (MINUTE, "minute", "minutes", "Minute", "Minuten"),
        _ => (1, "second", "seconds", "Sekunde", "Sekunden"),
    };
    let count = seconds.div_ceil(unit);
    let (en, de) = if count == 1 { (one, one_de) } else { (many, many_de) };
    json!({"en": format!("{count} {en}"), "de": format!("{count} {de}")})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::ResourceRecord;

    fn answer(answers: &[(&str, u32)], soa: Option<(u32, u32)>) -> DnsAnswer {
        let address = RecordData::Address { address: [192, 0, 2, 1].into() };
        let record = |name: &str, ttl, data| ResourceRecord { name: name.to_owned(), ttl, data };
        let start = |minimum| RecordData::Soa { mname: "ns1.corp.example".to_owned(), serial: 1, minimum };
        DnsAnswer {
            server: "192.0.2.53:53".to_owned(),
            transport: "udp".to_owned(),
            rcode: "NOERROR".to_owned(),
            authoritative: false,
            authentic: false,
            answers: answers.iter().map(|(name, ttl)| record(name, *ttl, address.clone())).collect(),
            authority: soa.map(|(ttl, minimum)| record("corp.example", ttl, start(minimum))).into_iter().collect(),
            additional: Vec::new(),
            extended_errors: Vec::new(),
        }
    }

    #[test]
    fn the_record_that_must_change_counts_and_not_what_its_alias_leads_to() {
        let answer = answer(&[("a.corp.example", 2400), ("b.corp.example", 60)], None);
        assert_eq!(of(&answer, "a.corp.example"), Some(2400));
        assert_eq!(of(&answer, "c.corp.example"), None);
    }

    #[test]
    fn rfc2308_5_a_denial_is_kept_for_the_smaller_of_ttl_and_minimum() {
        assert_eq!(of(&answer(&[], Some((3600, 300))), "a.corp.example"), Some(300));
        assert_eq!(of(&answer(&[], Some((60, 86_400))), "a.corp.example"), Some(60));
    }

    #[test]
    fn rfc2181_8_a_time_with_the_top_bit_set_is_zero() {
        assert_eq!(of(&answer(&[("a.corp.example", 0x8000_0000)], None), "a.corp.example"), Some(0));
        assert_eq!(of(&answer(&[("a.corp.example", 0x7fff_ffff)], None), "a.corp.example"), Some(0x7fff_ffff));
    }

    #[test]
    fn times_are_said_in_the_unit_that_a_reader_counts_in() {
        for (seconds, en, de) in [
            (1, "1 second", "1 Sekunde"),
            (90, "90 seconds", "90 Sekunden"),
            (60, "1 minute", "1 Minute"),
            (2400, "40 minutes", "40 Minuten"),
            (2401, "41 minutes", "41 Minuten"),
            (3600, "1 hour", "1 Stunde"),
            (5400, "90 minutes", "90 Minuten"),
            (7201, "3 hours", "3 Stunden"),
            (86_400, "1 day", "1 Tag"),
            (90_000, "25 hours", "25 Stunden"),
            (604_800, "7 days", "7 Tage"),
        ] {
            let said = spoken(Some(seconds));
            assert_eq!(said["en"], format!("the old answer is cached for up to {en}"));
            assert_eq!(said["de"], format!("die alte Antwort bleibt bis zu {de} im Cache"));
        }
        assert_eq!(spoken(Some(0))["en"], "the old answer is not cached");
        assert!(spoken(None)["de"].as_str().unwrap().contains("TTL"));
    }
}
