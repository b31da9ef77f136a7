//! Which letters does a text mean, and where do its words begin and end, whatever they are escaped in?
//!
//! Percent signs (RFC 3986, 2.1; once more where an address stands in another one's query) and the
//! entities of HTML are read as the letters that they mean, so that `anna%40corp.example` is seen to hold
//! an address; what is replaced is the stretch of text that they stand in. A mail or a page is read once more as it
//! is shown: without its markup, and with what quoted-printable means (RFC 2045, 6.7).

use std::ops::Range;

/// A letter and where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Letter {
    /// What is meant.
    pub is: char,
    /// The same in lower case; of a letter that becomes several, the first.
    pub lower: char,
    /// Where it begins, in bytes.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
}

/// A text with what its escapes mean.
#[derive(Debug)]
pub struct Reading {
    /// As it is meant.
    pub letters: Vec<Letter>,
    /// Whether it is read as it is shown.
    pub is_shown: bool,
}

/// Stands for what joins the letters around it.
const NOTHING: char = '\u{200b}';

/// So long is a comment that a word may be cut by, in bytes.
const LONGEST: usize = 1000;

/// Elements that a word may be cut by.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "kbd", "mark", "nobr",
    "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var", "wbr",
];

impl Reading {
    /// Reads a text.
    pub fn new(text: &str) -> Self {
        Self::read(text, false)
    }

    /// The text as it is shown, where that is another one: elements within a word are nothing, others and all that
    /// is blank one blank.
    pub fn shown(text: &str) -> Option<Self> {
        let is_other = |three: &[u8]| match three {
            [b'<', next, _] => next.is_ascii_alphabetic() || matches!(next, b'/' | b'!'),
            [b'=', b'\r' | b'\n', _] => true,
            [b'=', one, two] => one.is_ascii_hexdigit() && two.is_ascii_hexdigit(),
            _ => false,
        };
        text.as_bytes().windows(3).any(is_other).then(|| Self::read(text, true))
    }

    fn read(text: &str, is_shown: bool) -> Self {
        let mut letters = Vec::with_capacity(text.len());
        let mut from = 0;
        while let Some(rest) = text.get(from..).filter(|rest| !rest.is_empty()) {
            let escaped = match rest.as_bytes().first() {
                Some(b'%') => percent(rest, b'%'),
                Some(b'&') => entity(rest),
                Some(b'\\') => script(rest),
                // many ids are hexadecimal
                Some(b'=') if is_shown && !is_behind_id(&letters) => printable(rest),
                Some(b'<') if is_shown => element(rest),
                Some(b' ' | b'\t' | b'\r' | b'\n') if is_shown => {
                    Some((' ', rest.len() - rest.trim_ascii_start().len()))
                }
                _ => None,
            };
            let plain = || rest.chars().next().map(|letter| (letter, letter.len_utf8()));
            let Some((is, length)) = escaped.or_else(plain) else { break };
            // nobody sees these, within a name or not
            if matches!(is, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}') {
                from += length;
                continue;
            }
            let lower = if is.is_ascii() { is.to_ascii_lowercase() } else { is.to_lowercase().next().unwrap_or(is) };
            letters.push(Letter { is, lower, from, to: from + length });
            from += length;
        }
        Self { letters, is_shown }
    }

    /// Whether these letters can only be read as they are shown: something stands between them, or one of them, or
    /// of their neighbours, is written as several.
    pub fn is_cut(&self, range: &Range<usize>) -> bool {
        let is_several = |letter: &Letter| letter.to - letter.from != letter.is.len_utf8();
        let of = self.letters.get(range.clone()).unwrap_or_default();
        let beside = [range.start.checked_sub(1), Some(range.end)].into_iter().flatten();
        beside.filter_map(|place| self.letters.get(place)).any(|letter| letter.is != ' ' && is_several(letter))
            || of.iter().any(is_several)
            || range.clone().skip(1).any(|place| self.is_gap(place))
    }

    /// Whether something stands before the letter at this place that is not shown.
    pub fn is_gap(&self, place: usize) -> bool {
        let before = place.checked_sub(1).and_then(|before| self.letters.get(before));
        before.zip(self.letters.get(place)).is_some_and(|(before, letter)| before.to < letter.from)
    }

    /// The letter at this place.
    pub fn at(&self, place: usize) -> Option<char> {
        self.letters.get(place).map(|letter| letter.is)
    }

    /// The letter before this place.
    pub fn before(&self, place: usize) -> Option<char> {
        place.checked_sub(1).and_then(|before| self.at(before))
    }

    /// What these letters mean, in lower case.
    pub fn word(&self, range: &Range<usize>) -> String {
        let mut word = String::with_capacity(range.len());
        for letter in self.letters.get(range.clone()).unwrap_or_default() {
            if letter.is.is_ascii() {
                word.push(letter.lower);
            } else {
                word.extend(letter.is.to_lowercase());
            }
        }
        word
    }

    /// What these letters mean, as they are written.
    pub fn written(&self, range: &Range<usize>) -> String {
        self.letters.get(range.clone()).unwrap_or_default().iter().map(|letter| letter.is).collect()
    }

    /// The stretch of the text that these letters stand in, in bytes.
    pub fn stretch(&self, range: &Range<usize>) -> Range<usize> {
        let of = self.letters.get(range.clone()).unwrap_or_default();
        match (of.first(), of.last()) {
            (Some(first), Some(last)) => first.from..last.to,
            _ => 0..0,
        }
    }

    /// The runs of letters of which `belongs` holds, in order.
    pub fn runs(&self, belongs: impl Fn(char) -> bool) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut begun = None;
        for (place, letter) in self.letters.iter().enumerate() {
            match (belongs(letter.is), begun) {
                (true, None) => begun = Some(place),
                (false, Some(from)) => {
                    out.push(from..place);
                    begun = None;
                }
                _ => {}
            }
        }
        out.extend(begun.map(|from| from..self.letters.len()));
        out
    }

    /// The range without the letters at its ends of which `is_edge` holds.
    pub fn trimmed(&self, mut range: Range<usize>, is_edge: impl Fn(char) -> bool) -> Range<usize> {
        while range.start < range.end && self.at(range.start).is_some_and(&is_edge) {
            range.start += 1;
        }
        while range.start < range.end && self.before(range.end).is_some_and(&is_edge) {
            range.end -= 1;
        }
        range
    }

    /// The word whose last letter stands before this place.
    pub fn word_before(&self, place: usize) -> String {
        let mut from = place;
        while self.before(from).is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
            from -= 1;
        }
        self.word(&(from..place))
    }

    /// Where the run of letters of a word that begins at this place ends.
    pub fn end_of_word(&self, from: usize) -> usize {
        self.end_of(from, is_word)
    }

    /// The word that ends before this place, blanks and what is written between them aside.
    pub fn word_apart(&self, place: usize) -> String {
        let mut end = place;
        while self.before(end).is_some_and(|letter| letter.is_whitespace() || ",:=\"'>".contains(letter)) {
            end -= 1;
        }
        self.word_before(end)
    }

    /// What stands from a place on is this, in lower case, whatever its own case.
    pub fn goes_on_with(&self, place: usize, word: &[char]) -> bool {
        let here = self.letters.get(place..).unwrap_or_default();
        here.len() >= word.len() && here.iter().zip(word).all(|(letter, wanted)| letter.lower == *wanted)
    }

    /// Where the letters of which `belongs` holds end, from a place on.
    pub fn end_of(&self, from: usize, belongs: impl Fn(char) -> bool) -> usize {
        let rest = self.letters.get(from..).unwrap_or_default();
        from + rest.iter().take_while(|letter| belongs(letter.is)).count()
    }
}

/// Whether a letter can stand within a name, a host or an id.
pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '+' | '\'' | '~')
}

fn hex(bytes: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(bytes.get(..2)?).ok()?;
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

/// One escaped byte and how many it is written in; `%2540` is an `@` that was escaped twice.
fn byte(text: &[u8], sign: u8) -> Option<(u8, usize)> {
    let code = hex(text.strip_prefix(&[sign])?)?;
    match text.get(3..).and_then(hex) {
        Some(inner) if code == b'%' && sign == b'%' => Some((inner, 5)),
        _ => Some((code, 3)),
    }
}

/// A letter whose bytes are escaped behind this sign.
fn percent(text: &str, sign: u8) -> Option<(char, usize)> {
    let (first, mut length) = byte(text.as_bytes(), sign)?;
    let mut bytes = vec![first];
    let more = match first {
        0..0x80 => 0,
        0xc0..0xe0 => 1,
        0xe0..0xf0 => 2,
        0xf0..0xf8 => 3,
        _ => return None,
    };
    for _ in 0..more {
        let (next, used) = byte(text.as_bytes().get(length..)?, sign)?;
        bytes.push(next);
        length += used;
    }
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, length))
}

/// Whether these letters end in the key of a device's id.
fn is_behind_id(letters: &[Letter]) -> bool {
    letters.iter().rev().map(|letter| letter.lower).take(8).eq("deviceid".chars().rev())
}

/// A letter of quoted-printable, in UTF-8 or Latin-1, or a line break that is none.
fn printable(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    match bytes {
        [_, b'\r', b'\n', ..] => Some((NOTHING, 3)),
        [_, b'\n', ..] => Some((NOTHING, 2)),
        _ => percent(text, b'=').or_else(|| {
            let (byte, length) = byte(bytes, b'=').filter(|(byte, _)| *byte >= 0xc0)?;
            Some((char::from(byte), length))
        }),
    }
}

/// What a tag or a comment is between words, and its length.
fn element(text: &str) -> Option<(char, usize)> {
    if text.starts_with("<!--") {
        let end = text.as_bytes().windows(3).take(LONGEST).position(|three| three == b"-->")?;
        return Some((NOTHING, end + 3));
    }
    let name = text.get(1..)?.trim_start_matches('/');
    let end = name.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == ':'))?;
    let (name, behind) = name.split_at_checked(end).filter(|(name, _)| name.starts_with(char::is_alphabetic))?;
    let close =
        text.get(1..)?.find(['<', '>']).map(|at| at + 1).filter(|at| text.as_bytes().get(*at) == Some(&b'>'))?;
    let is_inline = || INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline));
    let is_tag = behind.starts_with(|letter: char| matches!(letter, '>' | '/') || letter.is_whitespace());
    is_tag.then(|| (if is_inline() { NOTHING } else { ' ' }, close + 1))
}

/// The tags and comments in a text, without what stands between them.
pub fn elements(text: &str) -> String {
    let one = |(at, _)| {
        let from = text.get(at..)?;
        from.get(..element(from)?.1)
    };
    text.match_indices('<').filter_map(one).collect()
}

/// What a script writes for a sign of an address or of markup: `\u0040`. Other codes are left alone, for accounts
/// are called `CORP\u0012345`.
fn script(text: &str) -> Option<(char, usize)> {
    let code = u32::from_str_radix(text.get(1..6)?.strip_prefix('u')?, 16).ok()?;
    let meant = char::from_u32(code).filter(|letter| "@.\\&<>'\"/=:".contains(*letter))?;
    Some((meant, 6))
}

fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let meant = match text.get(1..end)? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "commat" => '@',
        "period" => '.',
        "lowbar" => '_',
        "bsol" => '\\',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "Auml" => 'Ä',
        "Ouml" => 'Ö',
        "Uuml" => 'Ü',
        "szlig" => 'ß',
        number => {
            let number = number.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(code) => u32::from_str_radix(code, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((meant, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_as_the_letters_they_mean() {
        for text in
            ["m\u{fc}ller@x", "m%C3%BCller%40x", "m%c3%bcller%2540x", "m&#252;ller&#x40;x", "m&uuml;ller\\u0040x"]
        {
            let reading = Reading::new(text);
            let word = reading.runs(is_word).into_iter().next().unwrap();
            assert_eq!(reading.word(&word), "m\u{fc}ller", "{text}");
            assert_eq!(reading.at(word.end), Some('@'), "{text}");
        }
        let reading = Reading::new("100% &euro; %zz %C3x \\u0012345");
        assert_eq!(reading.letters.len(), 30);
    }

    #[test]
    fn rfc2045_a_text_is_also_read_as_it_is_shown() {
        let shown = |text: &str| Reading::shown(text).map(|reading| reading.written(&(0..reading.letters.len())));
        for (text, expected) in [
            ("<b>anna</b>.muster", "anna.muster"),
            ("anna<wbr>.muster<br/>x", "anna.muster x"),
            ("<td class=\"x\">Anna</td>\r\n   <td>Muster</td>", " Anna   Muster "),
            ("an<!-- > -->na <SPAN>b</SPAN>", "anna b"),
            ("anna=2Emuster=40corp.=\r\nexample", "anna.muster@corp.example"),
            ("M=C3=BCller, M=fcller=\n!", "M\u{fc}ller, M\u{fc}ller!"),
            ("DeviceId=3DABCD =3D", "DeviceId=3DABCD ="),
            ("x=3D<anna@corp.example> a<b", "x=<anna@corp.example> a<b"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["a < b", "x=y", "anna%40corp.example"] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(elements("a</b> b<!-- x --><i>c < d"), "</b><!-- x --><i>");
        let reading = Reading::shown("<p>x=3Danna b</p>c<i>d</i>").unwrap();
        let cut: Vec<String> =
            reading.runs(is_word).iter().filter(|run| reading.is_cut(run)).map(|run| reading.word(run)).collect();
        assert_eq!(cut, ["x", "anna", "cd"]);
    }
}
