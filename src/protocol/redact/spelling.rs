//! In which other ways is a name written than the one that it is known by?
//!
//! `anna.muster` is also `Anna Muster`, `Muster, Anna`, `anna_muster.jpg` and `AnnaMuster2`. Only a name of
//! two words or more is looked for in these: one word alone is found where it stands alone.

use super::letters::Reading;
use super::vocabulary::{is_common, is_greeting};
use crate::order;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// So many letters has a name that is told from a word even where other letters touch it.
const LONG: usize = 8;

/// What may stand between the words of a name.
const BETWEEN: &str = " ._-+~,\u{a0}\u{2009}\u{202f}";

/// Words before a name that are no part of it.
const TITLES: &[&str] = &["dipl", "dr", "frau", "herr", "ing", "mr", "mrs", "ms", "prof"];

/// The words of a name, in lower case; `None` where it has only one, or says nothing of anybody.
pub fn words(name: &str) -> Option<Vec<String>> {
    let name = name.split(['(', '[', '<', '|', '/', '@']).next().unwrap_or_default();
    let apart = |letter: char| letter.is_whitespace() || "._-+~,".contains(letter);
    let words: Vec<String> = name
        .split(apart)
        .filter(|word| !word.is_empty() && !TITLES.contains(&word.to_lowercase().as_str()))
        .map(str::to_lowercase)
        .collect();
    let is_word = |word: &String| word.chars().all(|letter| letter.is_alphanumeric() || letter == '\'');
    let is_somebody = |word: &String| {
        word.chars().count() > 2
            && !is_common(word)
            && word.chars().all(|letter| letter.is_alphabetic() || letter == '\'')
    };
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    let fits = (2..=4).contains(&words.len())
        && letters > 5
        && words.iter().all(is_word)
        && words.iter().any(is_somebody)
        // `user-1` is a stand-in, `ex01.berlin` is a host
        && words.iter().all(|word| word.starts_with(char::is_alphabetic));
    fits.then_some(words)
}

/// With the letters of German, where a name writes them as two, and the other way round.
fn respelled(words: &[String]) -> Vec<Vec<String>> {
    const PAIRS: [(&str, &str); 4] = [("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("ss", "ß")];
    let all =
        |from_two: bool| -> Vec<String> {
            let one =
                |word: &String| {
                    PAIRS.iter().fold(word.clone(), |word, (two, one)| {
                        if from_two { word.replace(two, one) } else { word.replace(one, two) }
                    })
                };
            words.iter().map(one).collect()
        };
    let mut out = vec![words.to_vec()];
    for other in [all(true), all(false)] {
        if !out.contains(&other) {
            out.push(other);
        }
    }
    out
}

/// A name in one spelling.
#[derive(Debug)]
struct Phrase {
    words: Vec<Vec<char>>,
    /// Whether it may be written with anything, or nothing, between its words.
    is_loose: bool,
    other: String,
}

impl Phrase {
    /// Where it ends, if it begins at this place.
    fn end(&self, reading: &Reading, place: usize) -> Option<usize> {
        let mut end = place;
        for (number, word) in self.words.iter().enumerate() {
            if number > 0 {
                let next = reading.end_of(end, |letter| !letter.is_alphanumeric() && BETWEEN.contains(letter));
                end = if next - end > 3 { return None } else { next };
            }
            if !reading.goes_on_with(end, word) {
                return None;
            }
            end += word.len();
        }
        let is_long = self.is_loose && self.words.iter().map(Vec::len).sum::<usize>() >= LONG;
        (begins(reading, place, is_long) && ends(reading, end, is_long)).then_some(end)
    }
}

fn is_lower(letter: Option<char>) -> bool {
    letter.is_some_and(char::is_lowercase)
}

fn begins(reading: &Reading, place: usize, is_long: bool) -> bool {
    match reading.before(place) {
        Some(before) if before.is_alphanumeric() && !reading.is_gap(place) => {
            is_long && (before.is_numeric() || before.is_lowercase() && !is_lower(reading.at(place)))
        }
        _ => true,
    }
}

fn ends(reading: &Reading, end: usize, is_long: bool) -> bool {
    let is_apart = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
    match reading.at(end) {
        Some(next) if next.is_alphanumeric() && !reading.is_gap(end) => {
            is_long && (next.is_numeric() || next.is_uppercase() && is_lower(reading.before(end)))
                // the genitive of German
                || (next == 's' && is_apart(reading.at(end + 1)))
        }
        _ => true,
    }
}

/// All spellings of all names.
#[derive(Debug, Default)]
pub struct Spellings {
    /// By their first letter, the longest first.
    phrases: HashMap<char, Vec<Phrase>>,
    /// The words of these names, with what stands for the name.
    parts: BTreeMap<String, String>,
}

impl Spellings {
    /// Takes up a value as it is, whatever letters it has.
    pub fn add(&mut self, value: &str, other: &str) {
        let letters: Vec<char> = value.chars().collect();
        if let Some(first) = letters.first() {
            let phrase = Phrase { words: vec![letters.clone()], is_loose: false, other: other.to_owned() };
            self.phrases.entry(*first).or_default().push(phrase);
        }
    }

    /// Takes up the spellings of a name of several words; `is_known`: what has a stand-in of its own.
    pub fn add_name(&mut self, name: &str, other: &str, is_known: impl Fn(&str) -> bool) {
        let Some(words) = words(name) else { return };
        for words in respelled(&words) {
            let mut turned = words.clone();
            turned.rotate_right(1);
            for words in [words, turned] {
                if is_known(&words.join(" ")) && words.join(" ") != name {
                    continue;
                }
                let letters: Vec<Vec<char>> = words.iter().map(|word| word.chars().collect()).collect();
                if let Some(first) = letters.first().and_then(|word| word.first()) {
                    let phrase = Phrase { words: letters.clone(), is_loose: true, other: other.to_owned() };
                    self.phrases.entry(*first).or_default().push(phrase);
                }
                for word in words.into_iter().filter(|word| word.chars().count() > 2 && !is_common(word)) {
                    self.parts.entry(word).or_insert_with(|| other.to_owned());
                }
            }
        }
    }

    /// Puts them in order, once all are known.
    pub fn sort(&mut self) {
        for phrases in self.phrases.values_mut() {
            order::by_key(phrases, |phrase| std::cmp::Reverse(phrase.words.iter().map(Vec::len).sum::<usize>()));
        }
    }

    /// Where they stand in a text, and what stands for them.
    pub fn found_in(&self, reading: &Reading) -> Vec<(Range<usize>, String)> {
        let mut out = Vec::new();
        let mut place = 0;
        while let Some(letter) = reading.letters.get(place) {
            let phrases = self.phrases.get(&letter.lower).map_or(&[][..], Vec::as_slice);
            let found = phrases.iter().find_map(|phrase| Some((phrase.end(reading, place)?, &phrase.other)));
            if let Some((end, other)) = found.filter(|(end, _)| *end > place) {
                out.push((place..end, other.clone()));
                place = end;
            } else {
                place += 1;
            }
        }
        out
    }

    /// What stands for one word of a name where somebody is greeted by it.
    pub fn greeted(&self, reading: &Reading, place: usize, word: &str) -> Option<&str> {
        let other = self.part(word)?;
        is_greeting(&reading.word_apart(place)).then_some(other)
    }

    /// What stands for one word of a name, in the genitive too.
    pub fn part(&self, word: &str) -> Option<&str> {
        let found = self.parts.get(word).or_else(|| self.parts.get(word.strip_suffix('s')?.trim_end_matches('\'')));
        found.map(String::as_str)
    }
}

/// Things that their owners name after themselves.
const THINGS: &[&str] = &[
    "fon",
    "galaxy",
    "handy",
    "ipad",
    "iphone",
    "ipod",
    "laptop",
    "mac",
    "macbook",
    "mobile",
    "notebook",
    "pc",
    "phone",
    "pixel",
    "smartphone",
    "surface",
    "tablet",
    "telefon",
    "watch",
];

/// Products that such a thing follows.
const MAKERS: &[&str] = &["asus", "lotus", "nexus", "windows", "prestigio's"];

/// Words in the form of an owner that are none.
const NO_OWNERS: &[&str] = &[
    "access", "address", "alles", "altes", "always", "anderes", "business", "deines", "dieses", "does", "eigenes",
    "eines", "erstes", "eures", "ihres", "jedes", "jenes", "keines", "letztes", "meines", "neues", "plus", "previous",
    "privates", "process", "seines", "series", "solches", "this", "unless", "unseres", "various", "was", "welches",
    "wireless", "zweites",
];

/// Things that a word in prose may be said of, whoever owns them.
const ANYBODYS: &[&str] = &["fon", "mac", "mobile", "pc", "phone", "surface", "telefon", "watch"];

/// The owner of a thing that a word in prose names, as others would write him, in lower case: `Anna's iPad`.
pub fn owner_in(reading: &Reading, range: &Range<usize>, word: &str) -> Option<String> {
    let mut names = word.split(|letter: char| !letter.is_alphanumeric());
    let thing = names.find(|name| THINGS.contains(name))?;
    let is_mark = |letter: char| matches!(letter, '\'' | '\u{2019}');
    let mut from = range.start;
    if reading.before(from).is_some_and(|letter| matches!(letter, ' ' | '\u{a0}')) {
        from -= 1;
        while reading.before(from).is_some_and(|letter| letter.is_alphabetic() || is_mark(letter)) {
            from -= 1;
        }
    }
    let text = reading.written(&(from..range.end));
    owner(&text).filter(|who| who.contains(is_mark) || !ANYBODYS.contains(&thing)).map(bare)
}

/// The owner in a name of a thing: `Annas iPhone`, `Anna's iPad`, `iPhone von Anna`, as it is written.
pub fn owner(thing: &str) -> Option<&str> {
    let apart = |letter: char| letter.is_whitespace() || "+_-.,/()".contains(letter);
    let words: Vec<&str> = thing.split(apart).filter(|word| !word.is_empty()).collect();
    let is_thing = |word: &&str| THINGS.contains(&word.to_lowercase().as_str());
    let is_person = |word: &&str| {
        let lower = word.to_lowercase();
        word.chars().count() > 2
            && word.chars().all(|letter| letter.is_alphabetic() || "'\u{2019}".contains(letter))
            && !is_common(&lower)
            && !MAKERS.contains(&lower.as_str())
            && !NO_OWNERS.contains(&lower.as_str())
            && !is_thing(word)
    };
    let is_genitive = |word: &&str| {
        let bare = word.trim_end_matches(['s', 'S']);
        let is_marked = bare.ends_with(['\'', '\u{2019}']) || word.ends_with(['\'', '\u{2019}']);
        is_marked || (word.ends_with('s') && word.chars().count() > 3 && word.starts_with(char::is_uppercase))
    };
    let before = words.windows(2).find_map(|pair| match pair {
        [who, what] if is_thing(what) && is_genitive(who) && is_person(who) => Some(*who),
        _ => None,
    });
    let behind = words.windows(3).find_map(|three| match three {
        [what, "von" | "de" | "of" | "di" | "van", who] if is_thing(what) && is_person(who) => Some(*who),
        _ => None,
    });
    before.or(behind)
}

/// An owner's name as others would write it, in lower case.
pub fn bare(owner: &str) -> String {
    let lower = owner.to_lowercase();
    let marked = lower.strip_suffix('s').unwrap_or(&lower).trim_end_matches(['\'', '\u{2019}']);
    if lower.contains(['\'', '\u{2019}']) { marked.to_owned() } else { lower }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(name: &str, text: &str) -> String {
        let mut spellings = Spellings::default();
        spellings.add_name(name, "user-1", |_| false);
        spellings.sort();
        let reading = Reading::new(text);
        let mut out = text.to_owned();
        for (range, other) in spellings.found_in(&reading).into_iter().rev() {
            out.replace_range(reading.stretch(&range), &other);
        }
        out
    }

    #[test]
    fn a_name_of_two_words_is_known_however_they_are_joined() {
        for text in [
            "anna.muster.jpg",
            "anna_muster",
            "anna-muster",
            "AnnaMuster",
            "photoOfAnnaMuster2.png",
            "Muster, Anna",
            "MUSTER Anna",
            "Anna&nbsp;Muster",
            "Anna Musters Postfach",
            "export_annamuster_2026",
        ] {
            let text = hidden("anna.muster", text);
            assert!(text.contains("user-1") && !text.to_lowercase().contains("muster"), "{text}");
        }
        assert_eq!(hidden("juergen.gross", "J\u{fc}rgen Gro\u{df}"), "user-1");
        assert_eq!(hidden("Dr. Anna Muster (IT)", "anna.muster"), "user-1");
    }

    #[test]
    fn words_of_every_text_are_no_names() {
        let prose = "Info, mail service: the IT support is north of sales; Hannamuster, annamusterung";
        for name in ["info", "it", "it.support", "no-reply", "sales.mail", "ex01.1", "user-1"] {
            assert_eq!(hidden(name, prose), prose, "{name}");
        }
        assert_eq!(hidden("anna.muster", prose), prose);
    }

    #[test]
    fn the_owner_of_a_thing_is_known_and_its_maker_is_none() {
        for (thing, who) in [
            ("Annas iPhone", "Annas"),
            ("Anna's iPad", "Anna's"),
            ("Walburgas+MacBook", "Walburgas"),
            ("iPhone von Anna", "Anna"),
        ] {
            assert_eq!(owner(thing), Some(who));
        }
        for product in [
            "Apple-iPhone12C1/1901.401",
            "Samsung Galaxy",
            "Windows Phone",
            "Nexus Phone",
            "Outlook-iOS-Android/1.0",
            "iPhone",
            "MSFT-WP/8.10.14219",
            "SAMSUNG-SM-G991B/101.13",
        ] {
            assert_eq!(owner(product), None, "{product}");
        }
        assert_eq!(
            (bare("Anna's"), bare("Annas"), bare("ANNA\u{2019}S")),
            ("anna".into(), "annas".into(), "anna".into())
        );
    }
}
