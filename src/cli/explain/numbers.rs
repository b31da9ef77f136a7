//! What can a number be that stands in a log or an answer: a status of ActiveSync, of HTTP or IIS, a code of Windows?

use crate::checks::activesync_session::numbers::{self as activesync, Meaning};
use crate::checks::auth_status::entra::is_known;
use crate::checks::common::numbers::{HTTP_PAGE, Http, IIS, IIS_PAGE, WIN32_PAGE, Win32, http, iis, win32};
use crate::finding::{Code, Lang, Text};
use crate::report::in_general;
use crate::{report, text};
use std::fmt::Write as _;

/// As what a number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Anything,
    /// Of this command, or of any.
    ActiveSync(Option<&'static str>),
    Http,
    Windows,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Number(As, u32),
    /// Status, sub-status and code of Windows, as IIS logs them.
    Logged(u16, u16, Option<u32>),
}

/// One thing that the number can be.
struct Section {
    /// How it is asked for alone.
    ask: String,
    /// Its heading.
    title: String,
    /// What it means.
    words: String,
    /// What else is to be read.
    more: String,
}

/// What became of a question for a number.
pub enum Answer {
    /// It is none.
    NoNumber,
    /// Nothing of that number is known.
    Unknown,
    /// What it means, Markdown.
    Told(String),
}

/// What a number, or a word and a number, means.
pub fn explain(text: &str, catalogue: &[&'static Code], lang: Lang) -> Answer {
    let Some(asked) = read(text) else { return Answer::NoNumber };
    let told = match asked {
        Asked::Logged(status, sub, code) => logged(status, sub, code, lang),
        Asked::Number(kind, number) => {
            let found = sections(kind, number, catalogue, lang);
            match found.as_slice() {
                [] => None,
                // the finding behind it may say the same in its first line
                [only] if only.more.contains(&only.words) => Some(format!("# {}\n{}", only.title, only.more)),
                [only] => Some(format!("# {}\n\n{}\n{}", only.title, only.words, only.more)),
                several => Some(choice(number, several, lang)),
            }
        }
    };
    told.map_or(Answer::Unknown, Answer::Told)
}

/// Reads `177`, `eas:177`, `Sync 8`, `status 177`, `http:449`, `401.1.1326`, `win32 1326`, `0x8009030E`.
fn read(text: &str) -> Option<Asked> {
    let lower = text.trim().to_ascii_lowercase();
    let mut words: Vec<&str> = lower.split([' ', ':', '=', '/', '#', '\t']).filter(|word| !word.is_empty()).collect();
    let last = words.pop()?;
    words.retain(|word| !matches!(*word, "status" | "code" | "error"));
    if let Some(logged) = dotted(last) {
        return matches!(words.as_slice(), [] | ["http" | "iis"]).then_some(logged);
    }
    let number = match last.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => last.bytes().all(|byte| byte.is_ascii_digit()).then(|| last.parse().ok())??,
    };
    let kind = match words.as_slice() {
        [] if last.starts_with("0x") => As::Windows,
        [] => As::Anything,
        ["eas" | "activesync" | "airsync"] => As::ActiveSync(None),
        ["http" | "ews" | "autodiscover" | "iis"] => As::Http,
        ["win32" | "windows" | "hresult"] => As::Windows,
        [name] | ["eas" | "activesync", name] => {
            As::ActiveSync(Some(activesync::commands().find(|command| command.eq_ignore_ascii_case(name))?))
        }
        [_, ..] => return None,
    };
    Some(Asked::Number(kind, number))
}

fn dotted(word: &str) -> Option<Asked> {
    let mut parts = word.split('.');
    let http: u16 = parts.next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    let sub = parts.next()?.parse().ok()?;
    let code = parts.next().map(str::parse).transpose().ok()?;
    parts.next().is_none().then_some(Asked::Logged(http, sub, code))
}

fn sections(kind: As, number: u32, catalogue: &[&'static Code], lang: Lang) -> Vec<Section> {
    let mut all = Vec::new();
    let small = u16::try_from(number).ok();
    let command = match kind {
        As::ActiveSync(command) => Some(command),
        As::Anything => Some(None),
        As::Http | As::Windows => None,
    };
    if let (Some(command), Some(small)) = (command, small) {
        all.extend(activesync::meanings(command, small).iter().map(|meaning| of_activesync(meaning, small, lang)));
    }
    if matches!(kind, As::Anything | As::Http) {
        all.extend(small.and_then(http).map(|known| of_http(known, catalogue, lang)));
    }
    if matches!(kind, As::Anything | As::Windows) {
        all.extend(win32(number).map(|known| of_windows(known, lang)));
    }
    all
}

/// Whether a bare number is also one of Entra ID's; the caller tells those.
pub fn is_of_entra(text: &str) -> bool {
    text.trim().parse().is_ok_and(is_known)
}

fn of_activesync(meaning: &Meaning, number: u16, lang: Lang) -> Section {
    let of = meaning.command.map_or_else(|| "ActiveSync".to_owned(), |command| format!("ActiveSync, {command}"));
    let ask = format!("exdiag explain {}:{number}", meaning.command.unwrap_or("eas"));
    let words = match (meaning.words, meaning.finding) {
        (Some(words), _) => words.of(lang).to_owned(),
        (None, Some(code)) => in_general(&code.title, lang) + ".",
        (None, None) => String::new(),
    };
    let links = format!("\n- <{}>\n", activesync::PAGE);
    let more = meaning.finding.map_or_else(String::new, |code| format!("\n{}", report::explain(code, lang)));
    Section { ask, title: format!("{of}: {number} {}", meaning.name), words, more: links + &more }
}

fn of_http(known: &Http, catalogue: &[&'static Code], lang: Lang) -> Section {
    let mut more = String::new();
    let below: Vec<_> = IIS.iter().filter(|(status, ..)| *status == known.number).collect();
    if !below.is_empty() {
        let title = text!("Sub-statuses of IIS", "Unterstatus von IIS");
        let _ = writeln!(more, "\n## {}\n", title.of(lang));
    }
    for (status, sub, words) in below {
        let _ = writeln!(more, "- {status}.{sub}: {}", words.of(lang));
    }
    let findings: Vec<_> = catalogue.iter().filter(|code| known.findings.contains(&code.id)).collect();
    if !findings.is_empty() {
        let title = text!("What it can be in a report", "Was es in einem Bericht sein kann");
        let _ = writeln!(more, "\n## {}\n", title.of(lang));
    }
    for code in findings {
        let _ = writeln!(more, "- {}: {}", code.id, in_general(&code.title, lang));
    }
    let _ = writeln!(
        more,
        "\n- <{}>",
        if known.number < 600 && !IIS.iter().any(|(s, ..)| *s == known.number) { HTTP_PAGE } else { IIS_PAGE }
    );
    Section {
        ask: format!("exdiag explain http:{}", known.number),
        title: format!("HTTP {} {}", known.number, known.name),
        words: known.words.of(lang).to_owned(),
        more,
    }
}

fn of_windows(known: &Win32, lang: Lang) -> Section {
    let words = capital(known.words.of(lang)) + ".";
    Section {
        ask: format!("exdiag explain win32:{}", known.number),
        title: format!("Win32 {} {}", known.number, known.name),
        words,
        more: format!("\n- <{WIN32_PAGE}>\n"),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}

/// A number that can be several things.
fn choice(number: u32, several: &[Section], lang: Lang) -> String {
    let head = text!("can be several things", "kann mehreres sein");
    let mut out = format!("# {number} {}\n", head.of(lang));
    for section in several {
        let _ = writeln!(out, "\n## {}\n\n{}\n\n   ```sh\n   {}\n   ```", section.title, section.words, section.ask);
    }
    out
}

/// Status, sub-status and code of Windows, part by part; `None` where not even the status is known.
fn logged(status: u16, sub: u16, code: Option<u32>, lang: Lang) -> Option<String> {
    let unknown: Text = text!("not in exdiag's table", "steht nicht in der Tabelle von exdiag");
    let of_status = http(status);
    let of_sub = iis(status, sub);
    let of_code = code.and_then(win32);
    if of_status.is_none() && of_sub.is_none() && of_code.is_none() {
        return None;
    }
    let mut out = match code {
        Some(code) => format!("# HTTP {status}.{sub}, Win32 {code}\n\n"),
        None => format!("# HTTP {status}.{sub}\n\n"),
    };
    let name = of_status.map(|known| format!(" {}", known.name)).unwrap_or_default();
    let words = of_status.map_or(unknown.of(lang), |known| known.words.of(lang));
    let _ = writeln!(out, "- HTTP {status}{name}: {words}");
    if sub != 0 || of_sub.is_some() {
        let _ = writeln!(out, "- IIS {status}.{sub}: {}", of_sub.unwrap_or(unknown).of(lang));
    }
    if let Some(code) = code {
        let name = of_code.map(|known| format!(" {}", known.name)).unwrap_or_default();
        let _ = writeln!(out, "- Win32 {code}{name}: {}", of_code.map_or(unknown, |known| known.words).of(lang));
    }
    let _ = writeln!(out, "\n- <{IIS_PAGE}>\n- <{WIN32_PAGE}>");
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_in_every_way_that_people_write_it() {
        let eas = |command, number| Some(Asked::Number(As::ActiveSync(command), number));
        for (text, asked) in [
            ("177", Some(Asked::Number(As::Anything, 177))),
            ("status 177", Some(Asked::Number(As::Anything, 177))),
            ("eas:177", eas(None, 177)),
            ("ActiveSync status 177", eas(None, 177)),
            ("Sync 8", eas(Some("Sync"), 8)),
            ("sync status=8", eas(Some("Sync"), 8)),
            ("getitemestimate:3", eas(Some("GetItemEstimate"), 3)),
            ("HTTP 449", Some(Asked::Number(As::Http, 449))),
            ("http/401", Some(Asked::Number(As::Http, 401))),
            ("win32 1326", Some(Asked::Number(As::Windows, 1326))),
            ("0x8009030E", Some(Asked::Number(As::Windows, 2_148_074_254))),
            ("401.1.1326", Some(Asked::Logged(401, 1, Some(1326)))),
            ("iis 401.2", Some(Asked::Logged(401, 2, None))),
            ("16.1", None),
            ("401.1.2.3", None),
            ("Sink 8", None),
            ("the server said 401", None),
            ("99999999999", None),
            ("", None),
        ] {
            assert_eq!(read(text), asked, "{text}");
        }
    }
}
