//! How is a sentence kept in two languages, and how are its gaps filled?

use super::Shell;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A language of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// German.
    De,
}

/// A text in both languages; `{name}` is a gap that an argument fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    /// English.
    pub en: &'static str,
    /// German.
    pub de: &'static str,
}

impl Text {
    /// The text in one language, gaps unfilled.
    pub const fn of(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::De => self.de,
        }
    }

    /// Whether both languages have text, and the same gaps.
    pub const fn is_consistent(&self) -> bool {
        !self.en.is_empty()
            && !self.de.is_empty()
            && gaps_within(self.en.as_bytes(), self.de.as_bytes())
            && gaps_within(self.de.as_bytes(), self.en.as_bytes())
    }
}

/// Makes a [`Text`] whose two languages are compared at compile time.
#[macro_export]
macro_rules! text {
    ($en:expr, $de:expr $(,)?) => {{
        const TEXT: $crate::finding::Text = $crate::finding::Text { en: $en, de: $de };
        const _: () = assert!(TEXT.is_consistent(), "a language or a placeholder is missing");
        TEXT
    }};
}

/// A text with its arguments: one thing said about one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The words.
    pub text: Text,
    /// What fills the gaps.
    pub arguments: BTreeMap<String, Value>,
}

impl Sentence {
    /// A sentence without arguments yet.
    pub fn new(text: Text) -> Self {
        Self { text, arguments: BTreeMap::new() }
    }

    /// Fills the gap of that name.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.arguments.insert(name.to_owned(), value.into());
        self
    }

    /// The sentence in one language.
    pub fn say(&self, lang: Lang) -> String {
        fill(self.text.of(lang), &self.arguments, lang)
    }
}

impl From<Text> for Sentence {
    fn from(text: Text) -> Self {
        Self::new(text)
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        serde_json::json!({"en": text.en, "de": text.de})
    }
}

/// Minutes as people say them.
pub fn span(minutes: i64, lang: Lang) -> String {
    match (minutes, lang) {
        (..120, _) => format!("{minutes} min"),
        (120..2880, _) => format!("{} h", minutes / 60),
        (_, Lang::En) => format!("{} days", minutes / 1440),
        (_, Lang::De) => format!("{} Tage", minutes / 1440),
    }
}

/// Fills the gaps of a text; a gap without an argument stays visible as it is. A moment is told to the minute.
/// `{count|request|requests}` is the word for one where `count` is 1, else the word for several.
pub fn fill(text: &str, arguments: &BTreeMap<String, Value>, lang: Lang) -> String {
    fill_with(&numbered(text, arguments), arguments, lang, |_, value| to_the_minute(&value).unwrap_or(value))
}

/// The text with each word that depends on a number as that number wants it.
fn numbered(text: &str, arguments: &BTreeMap<String, Value>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let gap = after.split_once('}').and_then(|(gap, tail)| {
            let (name, words) = gap.split_once('|')?;
            let (one, several) = words.split_once('|')?;
            is_name(name).then_some((name, one, several, tail))
        });
        if let Some((name, one, several, tail)) = gap {
            let is_one = arguments.get(name).is_some_and(|value| match value {
                Value::String(text) => text == "1",
                other => other.as_u64() == Some(1),
            });
            out.push_str(if is_one { one } else { several });
            rest = tail;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out + rest
}

/// `2026-11-21T10:00:02Z` is `2026-11-21 10:00 UTC`; `None` where it is another text.
fn to_the_minute(value: &str) -> Option<String> {
    let shape = |letter: char| if letter.is_ascii_digit() { '0' } else { letter };
    let (minute, rest) = value.split_at_checked(16)?;
    let is_moment = minute.chars().map(shape).eq("0000-00-00T00:00".chars());
    (is_moment && rest.starts_with(':') && rest.ends_with('Z')).then(|| minute.replace('T', " ") + " UTC")
}

/// Fills the gaps of a command. What is filled in is data, whatever characters it holds: it is
/// escaped as its shell wants it in that place, bare or between quotes.
pub fn fill_command(text: &str, arguments: &BTreeMap<String, Value>, lang: Lang, shell: Shell) -> String {
    fill_with(text, arguments, lang, |before, value| match shell {
        Shell::Zone => as_label(&value),
        // what would end a directive, a block or a quoted string has no place in a name
        Shell::Config => value.replace([';', '{', '}', '"', '\\'], "\u{fffd}"),
        Shell::Shell | Shell::Powershell => escaped(shell, Quotes::open_after(before), &value),
    })
}

/// What stands open at a place of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
    /// Single quotes inside double ones, as in a filter of the Active Directory cmdlets.
    SingleInDouble,
}

impl Quotes {
    fn open_after(before: &str) -> Self {
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.chars().fold(Self::None, |open, letter| match (open, letter) {
            (Self::None, '\'') => Self::Single,
            (Self::None, '"') | (Self::SingleInDouble, '\'') => Self::Double,
            (Self::Double, '\'') => Self::SingleInDouble,
            (Self::Single, '\'') | (Self::Double | Self::SingleInDouble, '"') => Self::None,
            (open, _) => open,
        })
    }
}

/// RFC 1035, 5.1: what would end a name or begin a comment is written by its number.
fn as_label(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:*".contains(&byte);
    let written = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("\\{byte:03}") };
    value.bytes().map(written).collect()
}

/// `PowerShell` takes typographic quotes for quotes, each kind closing any other.
const SINGLE: &str = "'\u{2018}\u{2019}\u{201a}\u{201b}";
const DOUBLE: &str = "\"\u{201c}\u{201d}\u{201e}";

fn escaped(shell: Shell, open: Quotes, value: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "@._:/-+=,%~".contains(letter);
    let powershell = shell == Shell::Powershell;
    let mut out = String::with_capacity(value.len());
    for letter in value.chars() {
        match (open, powershell) {
            (Quotes::None, _) if is_plain(letter) => {}
            (Quotes::None, true) => out.push('`'),
            (Quotes::None, false) => out.push('\\'),
            (Quotes::Single | Quotes::SingleInDouble, true) if SINGLE.contains(letter) => out.push(letter),
            (Quotes::Single, false) if letter == '\'' => out.push_str("'\\'"),
            (Quotes::Double | Quotes::SingleInDouble, true) if DOUBLE.contains(letter) || "$`".contains(letter) => {
                out.push('`');
            }
            (Quotes::Double | Quotes::SingleInDouble, false) if "\"$`\\".contains(letter) => out.push('\\'),
            _ => {}
        }
        out.push(letter);
    }
    out
}

fn fill_with(
    text: &str,
    arguments: &BTreeMap<String, Value>,
    lang: Lang,
    shape: impl Fn(&str, String) -> String,
) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if is_name(name) => {
                if let Some(value) = arguments.get(name) {
                    let said = shape(
                        text.get(..text.len() - after.len() - 1).unwrap_or_default(),
                        harmless(&Shown { value, lang }.to_string()),
                    );
                    out.push_str(&said);
                } else {
                    out.push('{');
                    out.push_str(name);
                    out.push('}');
                }
                rest = tail;
            }
            _ => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The text without what steers a terminal or turns the direction of reading: names and answers
/// come from servers, and nobody vouches for them.
pub fn harmless(text: &str) -> String {
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Whether a letter steers a terminal or turns the direction of reading.
pub fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A JSON value as a reader expects it in a sentence: lists with "and" or "und", an object of `en` and
/// `de` in that language.
struct Shown<'a> {
    value: &'a Value,
    lang: Lang,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::String(s) => f.write_str(s),
            Value::Array(items) => {
                let last = items.len().saturating_sub(1);
                for (i, value) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(match (i == last, self.lang) {
                            (false, _) => ", ",
                            (true, Lang::En) => " and ",
                            (true, Lang::De) => " und ",
                        })?;
                    }
                    Shown { value, lang: self.lang }.fmt(f)?;
                }
                Ok(())
            }
            // a piece of a sentence that comes in both languages
            Value::Object(fields) => match (fields.get("en"), fields.get("de"), self.lang) {
                (Some(value), Some(_), Lang::En) | (Some(_), Some(value), Lang::De) => {
                    Shown { value, lang: self.lang }.fmt(f)
                }
                _ => write!(f, "{}", self.value),
            },
            other => write!(f, "{other}"),
        }
    }
}

/// Whether every gap `{name}` of `a` also stands in `b`.
const fn gaps_within(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() {
        if at(a, i) == b'{' {
            let mut end = i + 1;
            while end < a.len() && at(a, end) != b'}' {
                end += 1;
            }
            // PowerShell blocks and GUID braces are no gaps
            if is_gap(a, i, end) && !contains(b, a, i, end + 1) {
                return false;
            }
        }
        i += 1;
    }
    true
}

const fn at(bytes: &[u8], i: usize) -> u8 {
    match bytes.split_at(i).1.first() {
        Some(b) => *b,
        None => 0,
    }
}

const fn is_gap(a: &[u8], open: usize, close: usize) -> bool {
    if close >= a.len() || close == open + 1 {
        return false;
    }
    let mut i = open + 1;
    while i < close {
        let b = at(a, i);
        if !(b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            return false;
        }
        i += 1;
    }
    true
}

const fn contains(hay: &[u8], a: &[u8], from: usize, to: usize) -> bool {
    let len = to - from;
    let mut i = 0;
    while i + len <= hay.len() {
        let mut j = 0;
        while j < len && at(hay, i + j) == at(a, from + j) {
            j += 1;
        }
        if j == len {
            return true;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_in_one_language_only_is_inconsistent() {
        assert!(Text { en: "{host} is down", de: "{host} antwortet nicht" }.is_consistent());
        assert!(!Text { en: "{host} is down", de: "der Server antwortet nicht" }.is_consistent());
        assert!(!Text { en: "x", de: "{host}" }.is_consistent());
        assert!(!Text { en: "x", de: "" }.is_consistent());
        assert!(Text { en: "Where-Object { $_.Name }", de: "x" }.is_consistent());
    }

    #[test]
    fn what_a_server_says_steers_no_terminal() {
        let args = BTreeMap::from([("a".to_owned(), serde_json::json!("x\u{1b}[31m\u{9b}2J\u{202e}y\n"))]);
        assert_eq!(fill("{a}", &args, Lang::En), "x\u{fffd}[31m\u{fffd}2J\u{fffd}y\u{fffd}");
    }

    #[test]
    fn a_moment_is_told_to_the_minute_in_texts_and_whole_in_commands() {
        let args = BTreeMap::from([("at".to_owned(), serde_json::json!("2026-11-21T10:00:02.5Z"))]);
        assert_eq!(fill("since {at}", &args, Lang::De), "since 2026-11-21 10:00 UTC");
        assert_eq!(fill_command("--now {at}", &args, Lang::En, Shell::Shell), "--now 2026-11-21T10:00:02.5Z");
        for other in ["2026-11-21", "2026-11-21T10:00", "2026-11-21T10:00:02+01:00", "xxxx-11-21T10:00:02Z"] {
            let args = BTreeMap::from([("at".to_owned(), serde_json::json!(other))]);
            assert_eq!(fill("{at}", &args, Lang::En), other);
        }
    }

    #[test]
    fn a_word_is_as_the_number_beside_it_wants_it() {
        let said = |count: Value| {
            let text = "{count} {count|request was|requests were} late, {who} { x|y|z }";
            fill(text, &BTreeMap::from([("count".to_owned(), count)]), Lang::En)
        };
        assert_eq!(said(1.into()), "1 request was late, {who} { x|y|z }");
        assert_eq!(said("1".into()), "1 request was late, {who} { x|y|z }");
        assert_eq!(said(0.into()), "0 requests were late, {who} { x|y|z }");
        assert_eq!(fill("{n|one|several}", &BTreeMap::new(), Lang::De), "several");
    }

    #[test]
    fn a_span_is_said_in_the_unit_that_people_use() {
        let said = [0, 119, 120, 2879, 2880].map(|minutes| span(minutes, Lang::De));
        assert_eq!(said, ["0 min", "119 min", "2 h", "47 h", "2 Tage"]);
        assert_eq!(span(14_400, Lang::En), "10 days");
    }

    #[test]
    fn what_is_filled_into_a_command_stays_one_word_of_it() {
        let fill = |text: &str, value: &str, shell| {
            let args = BTreeMap::from([("a".to_owned(), serde_json::json!(value))]);
            fill_command(text, &args, Lang::En, shell)
        };
        let (sh, ps) = (Shell::Shell, Shell::Powershell);
        assert_eq!(fill("exdiag check {a}", "o'brien@corp.example", sh), r"exdiag check o\'brien@corp.example");
        assert_eq!(fill("exdiag check {a} -v", "a&b@corp.example", sh), r"exdiag check a\&b@corp.example -v");
        assert_eq!(fill("curl --user '{a}'", "o'b$(id)", sh), r"curl --user 'o'\''b$(id)'");
        assert_eq!(fill("curl \"{a}\"", "$(id)`x`\"", sh), r#"curl "\$(id)\`x\`\"""#);
        assert_eq!(fill("Get-User '{a}'", "o'brien; $x", ps), "Get-User 'o''brien; $x'");
        assert_eq!(fill("Get-User {a}", "a;b$c", ps), "Get-User a`;b`$c");
        assert_eq!(fill("-Filter \"mail -eq '{a}'\"", "o'b$x", ps), "-Filter \"mail -eq 'o''b`$x'\"");
        assert_eq!(
            fill("'x'\nGet-User {a}", "https://corp.example/a-b_c", ps),
            "'x'\nGet-User https://corp.example/a-b_c"
        );
        assert_eq!(fill("Get-User '{a}'", "o\u{2019}brien", ps), "Get-User 'o\u{2019}\u{2019}brien'");
        assert_eq!(fill("Get-User \"{a}\"", "\u{201c}x\u{201e}", ps), "Get-User \"`\u{201c}x`\u{201e}\"");
        assert_eq!(fill("{a}. 300 IN A", "a b;ü", Shell::Zone), "a\\032b\\059\\195\\188. 300 IN A");
        assert_eq!(
            fill("return 302 https://{a};", "x; } y", Shell::Config),
            "return 302 https://x\u{fffd} \u{fffd} y;"
        );
    }

    #[test]
    fn lists_are_read_aloud_in_the_language() {
        let args = BTreeMap::from([("a".to_owned(), serde_json::json!(["x", "y", "z"]))]);
        assert_eq!(fill("{a}.", &args, Lang::En), "x, y and z.");
        assert_eq!(fill("{a}.", &args, Lang::De), "x, y und z.");
        assert_eq!(fill("{b} { x }", &args, Lang::De), "{b} { x }");
    }

    #[test]
    fn words_that_differ_by_language_are_said_in_it() {
        let args =
            BTreeMap::from([("a".to_owned(), serde_json::json!([{"en": "key", "de": "Schlüssel"}, {"en": "x"}]))]);
        assert_eq!(fill("{a}", &args, Lang::En), "key and {\"en\":\"x\"}");
        assert_eq!(fill("{a}", &args, Lang::De), "Schlüssel und {\"en\":\"x\"}");
    }
}
