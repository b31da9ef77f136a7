//! How do Windows and its directory name persons, servers and shares within a text?
//!
//! `DOMAIN\name`, in whatever case; `\\server\share`; `cn=anna,ou=users,dc=corp,dc=local` (RFC 4514); and
//! Exchange's own `/o=.../ou=.../cn=...`.

use super::headers::USER_KEYS;
use super::hosts::is_name;
use super::letters::{Reading, is_word};
use std::ops::Range;

/// A sign-in name in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The account.
    pub name: Range<usize>,
    /// Whether it can be nothing else; if not, it is one where the domain or the account is known.
    pub is_sure: bool,
}

/// Words before a sign-in name.
const BEFORE: &[&str] = &[
    "account", "as", "benutzer", "by", "for", "from", "identity", "konto", "login", "logon", "upn", "user", "username",
];

/// Endings of files, whose folder is no domain.
const ENDINGS: &[&str] = &["aspx", "config", "html", "json", "shtml", "xhtml"];

/// `DOMAIN\name` in a text where `domain` is its first part, and no path of Windows and no escape of a programming
/// language.
pub fn sign_in(reading: &Reading, domain: &Range<usize>) -> Option<SignIn> {
    let is_backslash = |place: usize| reading.at(place) == Some('\\');
    let begins = reading.before(domain.start).is_none_or(|letter| !matches!(letter, '\\' | '/' | ':'));
    if !begins || !is_backslash(domain.end) {
        return None;
    }
    // a script writes two for one
    let name = domain.end + 1 + usize::from(is_backslash(domain.end + 1));
    let range = reading.trimmed(name..reading.end_of_word(name), |letter| ".-'".contains(letter));
    let (word, account) = (reading.word(domain), reading.word(&range));
    let written = reading.letters.get(domain.clone()).unwrap_or_default();
    let is_short = (2..=15).contains(&written.len());
    let fits = account.chars().count() > 1
        && account.starts_with(char::is_alphanumeric)
        && word.starts_with(char::is_alphabetic)
        && (is_name(&word) || (is_short && word.chars().all(|letter| letter.is_alphanumeric() || letter == '-')))
        && !is_backslash(reading.end_of_word(name));
    if !fits {
        return None;
    }
    let is_capital =
        written.iter().all(|letter| letter.is.is_ascii_uppercase() || letter.is.is_ascii_digit() || letter.is == '-');
    let key = reading.word_apart(domain.start);
    let is_whole = domain.start == 0 && range.end == reading.letters.len() && !is_file(&account);
    let is_full_name = account.split_once('.').is_some_and(|(first, last)| {
        let are_letters = |text: &str| text.chars().all(char::is_alphabetic);
        first.len() > 1 && last.len() > 4 && are_letters(first) && are_letters(last) && !is_file(&account)
    });
    let is_said = BEFORE.contains(&key.as_str()) || USER_KEYS.contains(&key.as_str());
    Some(SignIn { name: range, is_sure: is_capital || is_whole || is_full_name || is_said })
}

fn is_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending.len() < 4 || ENDINGS.contains(&ending))
}

/// `\\server\share\folder`
#[derive(Debug, PartialEq, Eq)]
pub struct Share {
    /// The server.
    pub server: Range<usize>,
    /// The share and what lies in it, without the backslash before it.
    pub path: Range<usize>,
}

/// All paths of servers in a text; a script writes two backslashes for each.
pub fn shares(reading: &Reading) -> Vec<Share> {
    let is_backslash = |letter: char| letter == '\\';
    let mut out = Vec::new();
    for run in reading.runs(is_backslash).into_iter().filter(|run| run.len() == 2 || run.len() == 4) {
        let is_device = run.start > 1 && reading.goes_on_with(run.start - 2, &['\\', '?']);
        if is_device || reading.before(run.start).is_some_and(|letter| is_word(letter) || letter == ':') {
            continue;
        }
        let from = unc(reading, run.end);
        let server = from..reading.end_of(from, |letter| is_word(letter) || letter == '$');
        let begins = reading.end_of(server.end, is_backslash);
        let end = reading.end_of(begins, |letter| is_word(letter) || "\\$ ".contains(letter));
        // another one begins behind a blank
        let end = (begins..end).find(|place| reading.goes_on_with(*place, &[' ', '\\', '\\'])).unwrap_or(end);
        let path = begins..end;
        let path = reading.trimmed(path, |letter| letter == ' ' || letter == '.');
        let is_named = reading.at(server.start).is_some_and(char::is_alphanumeric) && server.len() > 1;
        if is_named && begins > server.end && !path.is_empty() {
            // a blank ends the path, unless more of it follows
            let text = reading.word(&path);
            let end = text.rfind('\\').map_or(0, |at| text.get(..at).unwrap_or_default().chars().count());
            let end = reading.end_of(path.start + end, |letter| letter != ' ').min(path.end);
            out.push(Share { server, path: path.start..end });
        }
    }
    out
}

/// Where the server stands in `\\?\UNC\server\share`, of which what is behind the first backslashes begins here.
fn unc(reading: &Reading, place: usize) -> usize {
    let is_backslash = |letter: char| letter == '\\';
    let name = reading.end_of(place + 1, is_backslash);
    let server = reading.end_of(name + 3, is_backslash);
    let is_device = matches!(reading.at(place), Some('?' | '.')) && name > place + 1;
    if is_device && reading.goes_on_with(name, &['u', 'n', 'c']) && server > name + 3 { server } else { place }
}

/// A distinguished name: its attributes, in lower case, with the places of their values.
pub type Distinguished = Vec<(String, Range<usize>)>;

/// Attributes of the directory.
const ATTRIBUTES: &[&str] = &["c", "cn", "dc", "l", "o", "ou", "st", "street", "uid"];

/// All distinguished names in a text that lie in a domain, which those of certificates seldom do.
pub fn distinguished(reading: &Reading) -> Vec<Distinguished> {
    let mut out = Vec::new();
    let mut place = 0;
    let is_domain = |three: &[super::letters::Letter]| matches!(three, [d, c, is] if d.lower == 'd' && c.lower == 'c' && matches!(is.is, '=' | ' '));
    if !reading.letters.windows(3).any(is_domain) {
        return out;
    }
    while place < reading.letters.len() {
        let Some((name, end)) = one(reading, place) else {
            place += 1;
            continue;
        };
        place = end;
        if name.len() > 1 && name.iter().any(|(attribute, _)| attribute == "dc") {
            out.push(name);
        }
    }
    out
}

fn one(reading: &Reading, from: usize) -> Option<(Distinguished, usize)> {
    if reading.before(from).is_some_and(char::is_alphanumeric) {
        return None;
    }
    let mut out = Vec::new();
    let mut place = from;
    loop {
        let end = reading.end_of(place, |letter| letter.is_ascii_alphabetic());
        let attribute = reading.word(&(place..end));
        let equals = reading.end_of(end, |letter| letter == ' ');
        if !ATTRIBUTES.contains(&attribute.as_str()) || reading.at(equals) != Some('=') {
            break;
        }
        let begin = reading.end_of(equals + 1, |letter| letter == ' ');
        let end = value_end(reading, begin, attribute == "dc");
        out.push((attribute, begin..end));
        place = end;
        if !reading.at(end).is_some_and(|letter| matches!(letter, ',' | '+')) {
            break;
        }
        let next = reading.end_of(end + 1, char::is_whitespace);
        place = next;
    }
    (!out.is_empty()).then_some((out, place.max(from + 1)))
}

/// Where a value ends: before a comma that is not escaped; that of a domain has no blanks.
fn value_end(reading: &Reading, from: usize, is_word_only: bool) -> usize {
    let mut place = from;
    while let Some(letter) = reading.at(place) {
        match letter {
            '\\' => place += 1,
            _ if is_word_only && !(letter.is_alphanumeric() || "-_".contains(letter)) => break,
            ',' | '"' | '<' | '>' | '\r' | '\n' | ';' | '|' | ')' | '/' | '&' => break,
            _ => {}
        }
        place += 1;
    }
    place.min(reading.letters.len())
}

/// The domain that a distinguished name lies in, with dots.
pub fn domain(reading: &Reading, name: &Distinguished) -> String {
    let labels = name.iter().filter(|(attribute, _)| attribute == "dc").map(|(_, value)| reading.word(value));
    labels.collect::<Vec<_>>().join(".")
}

/// What kind of thing the first value of a distinguished name names.
pub fn is_person(reading: &Reading, name: &Distinguished) -> bool {
    let is_first = name.first().is_some_and(|(attribute, _)| matches!(attribute.as_str(), "cn" | "uid"));
    let holds = |value: &str| {
        matches!(value, "computers" | "configuration" | "domain controllers" | "servers" | "builtin" | "system")
    };
    is_first && !name.iter().skip(1).any(|(_, value)| holds(&reading.word(value)))
}

/// Kinds of services that Kerberos names with their host: `HTTP/ex01@CORP.LOCAL` (RFC 4120).
pub fn is_service(word: &str) -> bool {
    const SERVICES: &[&str] =
        &["cifs", "exchangeab", "exchangemdb", "exchangerfr", "host", "http", "imap", "ldap", "pop", "smtp", "smtpsvc"];
    SERVICES.contains(&word)
}

/// Exchange's own names of persons and servers: `/o=.../ou=.../cn=...`
pub fn legacy(reading: &Reading) -> Vec<Range<usize>> {
    let ends = |letter: char| "\"'<>\r\n;,&|".contains(letter);
    let begins = |place: &usize| reading.at(*place) == Some('/') && reading.goes_on_with(*place, &['/', 'o', '=']);
    (0..reading.letters.len())
        .filter(begins)
        .filter_map(|from| {
            let end = reading.end_of(from, |letter| !ends(letter));
            let end = (from + 1..end).find(begins).unwrap_or(end);
            legacy_end(reading, from..end).map(|end| from..end)
        })
        .collect()
}

/// Where the last value of such a name ends, before the prose that follows it: an alias has no blanks, a name
/// goes on as long as its words have capitals, or up to the markup that it stands in.
fn legacy_end(reading: &Reading, range: Range<usize>) -> Option<usize> {
    let key = ['/', 'c', 'n', '='];
    let value = range.clone().rev().find(|place| reading.goes_on_with(*place, &key))? + key.len();
    let word_end = |from: usize| reading.end_of(from, |letter| !letter.is_whitespace()).min(range.end);
    let mut end = word_end(value);
    if reading.word(&(value..end)).chars().all(char::is_alphabetic) {
        let is_markup = |letter: Option<char>| letter.is_none_or(|letter| "\"'<>".contains(letter));
        let is_alone = is_markup(reading.before(range.start)) && is_markup(reading.at(range.end));
        if is_alone && reading.word(&(value..range.end)).split_whitespace().count() < 4 {
            end = range.end;
        }
        while let next = reading.end_of(end, |letter| letter == ' ')
            && next < range.end
            && reading.at(next).is_some_and(char::is_uppercase)
        {
            end = word_end(next);
        }
    }
    Some(reading.trimmed(value..end, |letter| letter.is_whitespace() || ".:!?)]".contains(letter)).end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<(String, bool)> {
        let reading = Reading::new(text);
        reading.runs(is_word).into_iter().find_map(|range| {
            let range = reading.trimmed(range, |letter| ".-'".contains(letter));
            sign_in(&reading, &range).map(|found| (reading.word(&found.name), found.is_sure))
        })
    }

    #[test]
    fn a_sign_in_name_is_told_from_paths_and_escapes() {
        for text in [
            "corp\\anna.musterfrau",
            "user=corp\\anna",
            "signed in as corp\\norbert.",
            "CORP%5CANNA",
            "\"login\":\"corp\\\\anna\"",
            "(corp\\anna.musterfrau)",
        ] {
            assert!(found(text).is_some_and(|(_, is_sure)| is_sure), "{text}");
        }
        for text in ["the error\\nplease", "denied: corp\\anna there"] {
            assert!(found(text).is_some_and(|(_, is_sure)| !is_sure), "{text}");
        }
        for text in
            ["c:\\windows\\system32", "a\\b\\c", "\\\\server\\share", "\\d+\\w", "x\\", "corp\\", "inetpub\\logs\\x"]
        {
            assert_eq!(found(text), None, "{text}");
        }
        assert!(found("wwwroot\\web.config").is_some_and(|(_, is_sure)| !is_sure));
    }

    #[test]
    fn a_share_is_found_with_its_server() {
        let of = |text: &str| {
            let reading = Reading::new(text);
            let all = shares(&reading);
            all.first().map(|share| (reading.word(&share.server), reading.word(&share.path)))
        };
        let expected = |server: &str, path: &str| Some((server.to_owned(), path.to_owned()));
        assert_eq!(of("see \\\\FileServer\\share now"), expected("fileserver", "share"));
        assert_eq!(of("\"\\\\\\\\fs1\\\\home$\\\\anna\""), expected("fs1", "home$\\\\anna"));
        assert_eq!(
            of("<\\\\fs1.corp.local\\Our Files\\anna muster.doc>"),
            expected("fs1.corp.local", "our files\\anna")
        );
        for text in ["\\\\?\\UNC\\FS1\\share", "\\\\.\\unc\\fs1\\share", "\\\\\\\\?\\\\UNC\\\\fs1\\\\share"] {
            assert_eq!(of(text), expected("fs1", "share"), "{text}");
        }
        for text in ["\\\\?\\C:\\Windows", "\\\\?\\UNC", "\\\\.\\pipe\\x", "\\\\?\\UNCx\\fs1\\share"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of("\\\\fs1\\share and \\\\fs2\\other"), expected("fs1", "share"));
        assert_eq!(shares(&Reading::new("\\\\fs1\\share and \\\\?\\UNC\\fs2\\other")).len(), 2);
        assert_eq!(of("c:\\\\dir\\\\file"), None);
        assert_eq!(of("\\\\d"), None);
    }

    #[test]
    fn a_legacy_name_ends_where_prose_begins() {
        let of = |text: &str| {
            let reading = Reading::new(text);
            legacy(&reading).iter().map(|range| reading.written(range)).collect::<Vec<_>>()
        };
        let name = |value: &str| format!("/o=Corp/ou=First Group (X)/cn=Recipients/cn={value}");
        for (value, after) in [
            ("anna.muster", " and then more prose"),
            ("amuster2", " failed"),
            ("anna", " failed."),
            ("Anna Muster", " was not found"),
            ("Anna Muster", ""),
            ("anna.muster", ". Next"),
            ("1f3e-anna", " (again)"),
        ] {
            assert_eq!(of(&format!("for {}{after}, then", name(value))), [name(value)], "{value}{after}");
        }
        assert_eq!(of(&format!("<DN>{}</DN>", name("anna muster"))), [name("anna muster")]);
        assert_eq!(of(&format!("{} and {}", name("anna"), name("bert"))), [name("anna"), name("bert")]);
        assert_eq!(of("/o=Corp/ou=First Group"), Vec::<String>::new());
    }

    #[test]
    fn rfc4514_a_comma_may_be_escaped_and_a_certificate_lies_in_no_domain() {
        let of = |text: &str| {
            let reading = Reading::new(text);
            let all = distinguished(&reading);
            let values = |name: &Distinguished| name.iter().map(|(_, value)| reading.word(value)).collect::<Vec<_>>();
            all.first().map(|name| (values(name), is_person(&reading, name)))
        };
        let (values, is_person) = of("for CN=Muster\\, Anna, OU=Users,DC=corp,DC=local failed").unwrap();
        assert_eq!((values.join("|").as_str(), is_person), ("muster\\, anna|users|corp|local", true));
        assert!(!of("cn=EX01,cn=Servers,cn=Configuration,dc=corp,dc=local").unwrap().1);
        assert!(of("(distinguishedName=cn=anna,dc=corp,dc=local)").is_some());
        assert_eq!(of("CN=mail.corp.example, O=Corp, C=DE"), None);
    }
}
