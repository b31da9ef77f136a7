//! How is a sentence kept in two languages, and how are its gaps filled?

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

/// Fills the gaps of a text; a gap without an argument stays visible as it is.
pub fn fill(text: &str, arguments: &BTreeMap<String, Value>, lang: Lang) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after.split_once('}') {
            Some((name, tail)) if is_name(name) => {
                if let Some(value) = arguments.get(name) {
                    out.push_str(&Shown { value, lang }.to_string());
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

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// A JSON value as a reader expects it in a sentence: lists with "and" or "und".
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
            Value::Object(fields) => match fields.get(if self.lang == Lang::De { "de" } else { "en" }) {
                Some(piece) => Shown { value: piece, lang: self.lang }.fmt(f),
                None => write!(f, "{}", self.value),
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
    fn lists_are_read_aloud_in_the_language() {
        let args = BTreeMap::from([("a".to_owned(), serde_json::json!(["x", "y", "z"]))]);
        assert_eq!(fill("{a}.", &args, Lang::En), "x, y and z.");
        assert_eq!(fill("{a}.", &args, Lang::De), "x, y und z.");
        assert_eq!(fill("{b} { x }", &args, Lang::De), "{b} { x }");
        let args = BTreeMap::from([("a".to_owned(), serde_json::json!([{"en": "one", "de": "eins"}, "x"]))]);
        assert_eq!(fill("{a}", &args, Lang::De), "eins und x");
        assert_eq!(fill("{a}", &args, Lang::En), "one and x");
    }
}
