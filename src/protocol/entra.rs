//! What does an error code of Entra ID (AADSTS) mean, and what does a pasted error hold?
//!
//! The table is `entra.txt`. Microsoft gives the numbers to people, not to programs, and may change them:
//! they explain an answer, and decide nothing about how one is asked for.

use crate::order;
use crate::packed::ENTRA;
use std::sync::LazyLock;

/// Where Microsoft tells of a code; its number stands behind it.
pub const PAGE: &str = "https://login.microsoftonline.com/error?code=";

/// What one number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The number behind AADSTS.
    pub number: u32,
    /// Who must act.
    pub who: Who,
    /// The id of the finding that it belongs to.
    pub finding: &'static str,
    /// What it means, in English and German.
    pub meaning: [&'static str; 2],
    /// What to do, in English and German.
    pub remedy: [&'static str; 2],
}

/// Who must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The mailbox user.
    User,
    /// The Entra ID admin.
    Entra,
    /// Whoever asked.
    Caller,
    /// The sync service or the app.
    Sync,
    /// The admin of the company's own servers.
    Exchange,
    /// Whoever runs the network's proxy.
    Network,
}

impl Who {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "user" => Self::User,
            "entra" => Self::Entra,
            "caller" => Self::Caller,
            "sync" => Self::Sync,
            "exchange" => Self::Exchange,
            "network" => Self::Network,
            _ => return None,
        })
    }
}

static TABLE: LazyLock<Vec<Code>> = LazyLock::new(|| {
    let mut lines = ENTRA.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut codes = Vec::new();
    while let Some(head) = lines.next() {
        let mut text = || lines.next().unwrap_or_default();
        let (meaning, remedy) = ([text(), text()], [text(), text()]);
        let words: Vec<&str> = head.split(' ').collect();
        let [numbers @ .., who, finding] = words.as_slice() else { continue };
        let Some(who) = Who::read(who) else { continue };
        let numbers = numbers.iter().filter_map(|number| number.parse().ok());
        codes.extend(numbers.map(|number| Code { number, who, finding, meaning, remedy }));
    }
    order::by_key(&mut codes, |code| code.number);
    codes
});

/// All of them, by number.
pub fn table() -> &'static [Code] {
    &TABLE
}

/// What this number means; `None` where the table does not hold it.
pub fn find(number: u32) -> Option<&'static Code> {
    table().binary_search_by_key(&number, |code| code.number).ok().and_then(|at| table().get(at))
}

/// What a text of an error holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The numbers behind AADSTS, in the order told, each once.
    pub numbers: Vec<u32>,
    /// The first trace id.
    pub trace: Option<String>,
    /// The first correlation id.
    pub correlation: Option<String>,
    /// When it happened, as it is written there.
    pub timestamp: Option<String>,
    /// The client id of the app that asked.
    pub app: Option<String>,
    /// What the app wanted a token for, where the tenant does not know it.
    pub resource: Option<String>,
}

/// Reads a text as pages, logs and the JSON of the token endpoint have it. Never fails: what is not
/// there is left out.
pub fn read(text: &str) -> Told {
    let lower = text.to_ascii_lowercase();
    let mut told = Told::default();
    let codes = lower.match_indices("aadsts").map(|(at, mark)| at + mark.len());
    // the endpoint's own list holds the same numbers without their name
    let list = lower.find("\"error_codes\"").and_then(|at| lower.get(at..)?.split_once('[')?.1.split_once(']'));
    let listed = list.into_iter().flat_map(|(inside, _)| inside.split(',')).map(str::trim);
    let numbers = codes.filter_map(|at| text.get(at..)).map(digits).chain(listed.map(digits));
    for number in numbers.filter(|digits| (5..=7).contains(&digits.len())).filter_map(|digits| digits.parse().ok()) {
        if !told.numbers.contains(&number) {
            told.numbers.push(number);
        }
    }
    told.trace = behind(text, &lower, &["trace id", "trace_id", "traceid"]).and_then(guid);
    told.correlation = behind(text, &lower, &["correlation id", "correlation_id", "correlationid"]).and_then(guid);
    told.app = behind(text, &lower, &["application with id ", "application with identifier "]).and_then(guid);
    let resource = behind(text, &lower, &["resource principal named "]).map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "\"'\\".contains(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().to_owned()
    });
    told.resource = resource.filter(|resource| (1..=256).contains(&resource.len()));
    told.timestamp = behind(text, &lower, &["timestamp"]).and_then(moment);
    told
}

/// The digits at its start; a mail may have broken the line in front of them.
fn digits(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == ':');
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// What stands behind the first of these names, without the signs in between.
fn behind<'a>(text: &'a str, lower: &str, names: &[&str]) -> Option<&'a str> {
    let at = names.iter().filter_map(|name| lower.find(name).map(|at| at + name.len())).min()?;
    Some(text.get(at..)?.trim_start_matches(|c: char| c.is_whitespace() || ":=\"'\\".contains(c)))
}

fn guid(text: &str) -> Option<String> {
    let id = text.get(..36)?;
    let is_guid = id
        .bytes()
        .enumerate()
        .all(|(at, byte)| if [8, 13, 18, 23].contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
    is_guid.then(|| id.to_ascii_lowercase())
}

/// Such as `2016-01-09 02:02:12Z`.
fn moment(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || "-: TZ+.".contains(c))).unwrap_or(text.len());
    let moment = text.get(..end)?.trim();
    let moment = moment.split_inclusive('Z').next().unwrap_or(moment).trim();
    (moment.len() >= 10 && moment.starts_with(|c: char| c.is_ascii_digit())).then(|| moment.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_an_owner_a_finding_and_its_words_in_both_languages() {
        let of_file: BTreeSet<&str> = include_str!("entra.txt")
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .flat_map(|line| line.split(' ').filter(|word| word.bytes().all(|b| b.is_ascii_digit())))
            .collect();
        assert_eq!(of_file.len(), table().len(), "an entry is not read, or stands there twice");
        assert!(table().len() >= 95, "{}", table().len());
        for code in table() {
            let [en, de] = code.meaning;
            let [act, handeln] = code.remedy;
            for text in [en, de, act, handeln] {
                assert!(text.len() > 8 && !text.starts_with(|c: char| c.is_ascii_digit()), "{code:?}");
            }
            assert!(en != de && act != handeln && en.ends_with('.') && de.ends_with('.'), "{code:?}");
            assert!(code.finding.starts_with("auth."), "{code:?}");
        }
    }

    #[test]
    fn every_row_of_the_survey_has_its_class() {
        for (finding, numbers) in [
            ("auth.rejected", &[50126, 50034, 50056][..]),
            ("auth.account-blocked", &[50053, 50057]),
            ("auth.password-expired", &[50055, 50144]),
            ("auth.mfa-required", &[50072, 50079, 50074, 50076, 50078, 50158, 53004]),
            ("auth.entra-error", &[50097, 50129, 50155, 50105, 50131, 50194, 50196, 500_021]),
            ("auth.entra-error", &[53000, 53001, 53002, 53003, 530_035, 700_016, 70001, 700_011, 7_000_112]),
            ("auth.entra-error", &[7_000_215, 7_000_222, 70002, 650_052, 80001, 80002, 80007, 80013]),
            ("auth.account-blocked", &[80012]),
            ("auth.token-expired", &[50173, 500_133, 70008, 700_082, 70043]),
            ("auth.token-audience", &[500_011]),
            ("auth.consent-required", &[65001, 90094, 65004, 650_056]),
        ] {
            for number in numbers {
                assert_eq!(find(*number).map(|code| code.finding), Some(finding), "{number}");
            }
        }
        assert_eq!(find(12345), None);
    }

    #[test]
    fn a_pasted_error_tells_its_numbers_and_ids() {
        let page = "Sorry, but we're having trouble signing you in.\nAADSTS53003: Access has been blocked by Conditional \
                    Access policies. aadsts50076\nTrace ID: 0000AAAA-11bb-cccc-dd33-eeeeee333333\n\
                    Correlation ID: aaaa0000-bb11-2222-33cc-444444dddddd\nTimestamp: 2016-01-09 02:02:12Z and so on";
        let told = read(page);
        assert_eq!(told.numbers, [53003, 50076]);
        assert_eq!(told.trace.as_deref(), Some("0000aaaa-11bb-cccc-dd33-eeeeee333333"));
        assert_eq!(told.correlation.as_deref(), Some("aaaa0000-bb11-2222-33cc-444444dddddd"));
        assert_eq!(told.timestamp.as_deref(), Some("2016-01-09 02:02:12Z"));
        let json = r#"{"error":"invalid_grant","error_description":"no","error_codes":[65001, 70011],
            "timestamp":"2026-11-22 20:00:00Z","trace_id":"0000aaaa-11bb-cccc-dd33-eeeeee333333","correlation_id":"x"}"#;
        let told = read(json);
        assert_eq!((told.numbers, told.correlation), (vec![65001, 70011], None));
        assert_eq!(told.timestamp.as_deref(), Some("2026-11-22 20:00:00Z"));
        let oneline = read(
            "error AADSTS50173 Trace ID: 0000aaaa-11bb-cccc-dd33-eeeeee333333\\r\\nTimestamp: 2026-11-22T20:00:00Z",
        );
        assert_eq!((oneline.numbers, oneline.timestamp.as_deref()), (vec![50173], Some("2026-11-22T20:00:00Z")));
        let consent = read(
            "AADSTS65001: not consented to use the application with ID '2B1d1f2e-0000-4000-8000-000000000001' named 'x'",
        );
        assert_eq!(consent.app.as_deref(), Some("2b1d1f2e-0000-4000-8000-000000000001"));
        let named =
            read("AADSTS500011: The resource principal named https://mail.corp.example was not found in the tenant");
        assert_eq!(named.resource.as_deref(), Some("https://mail.corp.example"));
        for text in ["AADSTS 53003", "aadsts\r\n53003: no", "AADSTS-53003", "AADSTS: 53003"] {
            assert_eq!(read(text).numbers, [53003], "{text}");
        }
        assert_eq!(read("AADSTS, AADSTS12, AADSTS123456789 of nothing"), Told::default());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_fail(text in "(AADSTS|trace id|ä|[0-9\":\\[ -]){0,30}") {
            prop_assert!(read(&text).numbers.iter().all(|number| *number < 10_000_000));
        }
    }
}
