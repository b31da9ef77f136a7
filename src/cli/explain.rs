//! What does a finding, a rule, an error of Entra ID, a number of a log, or a whole report mean?

mod numbers;

use super::args::ExplainArgs;
use super::exit::Trouble;
use super::output::print;
use super::replay::kept;
use super::setup::not_set_up;
use crate::checks::activesync_session;
use crate::checks::auth_status::entra::{self, Known};
use crate::finding::{Code, Lang, Text};
use crate::gather::SetupError;
use crate::protocol::export::decoded;
use crate::report::{FailOn, Wording};
use crate::{checks, report, text};
use numbers::Answer;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;

/// What can be asked for.
const KINDS: Text = text!(
    "codes of findings (exdiag list findings), errors of Entra ID (AADSTS53003), statuses of ActiveSync (eas:177, \"Sync 8\"), of HTTP and IIS (http:449, 401.1.1326), codes of Windows (win32:1326), and report files",
    "Codes von Befunden (exdiag list findings), Fehler von Entra ID (AADSTS53003), Status von ActiveSync (eas:177, \"Sync 8\"), von HTTP und IIS (http:449, 401.1.1326), Codes von Windows (win32:1326) und Berichtsdateien",
);

/// So much of a pasted text is read at most, in bytes.
const LARGEST_TEXT: u64 = 1024 * 1024;

/// `exdiag explain`
pub fn explain(args: &ExplainArgs) -> Result<u8, Trouble> {
    let catalogue = checks::catalogue();
    let lang = args.lang.choice().into();
    let mut texts = Vec::new();
    for asked in &args.codes {
        let pasted = asked == "-";
        let asked = if pasted { &pasted_text()? } else { asked };
        texts.extend(of(asked, pasted, &catalogue, lang)?);
    }
    print(report::fold_markdown(&texts.join("\n"), io::stdout().is_terminal()).as_bytes())?;
    Ok(0)
}

/// What one thing that was asked for means.
fn of(asked: &str, is_pasted: bool, catalogue: &[&'static Code], lang: Lang) -> Result<Vec<String>, Trouble> {
    if let Some(rule) = checks::tls_rules::explain(asked.trim(), lang) {
        return Ok(vec![rule]);
    }
    if let Some(code) = catalogue.iter().find(|code| code.id == asked.trim()) {
        return Ok(vec![report::explain(code, lang)]);
    }
    let path = Path::new(asked);
    let is_report = !is_pasted && (path.is_file() || path.extension().is_some_and(|ending| ending == "json"));
    let kept = if is_report { kept(path, lang)? } else { report::read_kept(asked.as_bytes()).unwrap_or_default() };
    if !kept.is_empty() {
        let wording = Wording { lang, fail_on: FailOn::Fail };
        let reports = kept.into_iter().map(|kept| crate::replay(kept.evidence).report(wording));
        return Ok(reports.map(|report| report::explain_report(&report, lang)).collect());
    }
    let number = numbers::explain(asked, catalogue, lang);
    let is_number = !matches!(number, Answer::NoNumber);
    // a bare number may be one of Entra ID and of Windows
    let beside = match number {
        Answer::Told(text) if !numbers::is_of_entra(asked) => return Ok(vec![text]),
        Answer::Told(text) => Some(text),
        Answer::Unknown | Answer::NoNumber => None,
    };
    let Some(told) = entra::told(asked) else { return Err(unknown(asked, catalogue, is_number)) };
    if let ([number], false) = (told.numbers.as_slice(), told.numbers.iter().any(|number| entra::is_known(*number))) {
        return Err(Trouble::new(text!(
            "AADSTS{number} is not in exdiag's table; see what Microsoft says at https://login.microsoftonline.com/error?code={number}",
            "AADSTS{number} steht nicht in der Tabelle von exdiag; was Microsoft dazu sagt: https://login.microsoftonline.com/error?code={number}",
        ))
        .with("number", number));
    }
    Ok(std::iter::once(entra::explain(&told, &Known::nothing(), lang)).chain(beside).collect())
}

/// What stands on standard input.
fn pasted_text() -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LARGEST_TEXT).read_to_end(&mut bytes);
    read.map_err(|error| not_set_up(&SetupError::unreadable("standard input", error)))?;
    // as PowerShell has saved it, too
    Ok(decoded(&bytes))
}

fn unknown(asked: &str, catalogue: &[&Code], is_number: bool) -> Trouble {
    // of a whole text only its beginning is of use
    let start: String = asked.trim().chars().take(60).collect();
    if is_number {
        return Trouble::new(text!(
            "{code} is in none of exdiag's tables; there are {kinds}",
            "{code} steht in keiner Tabelle von exdiag; es gibt {kinds}",
        ))
        .with("code", start)
        .with_text("kinds", KINDS);
    }
    if start.contains(char::is_whitespace) {
        return Trouble::new(text!(
            "this text names nothing that can be explained: {code}; there are {kinds}",
            "Dieser Text nennt nichts, was sich erklären lässt: {code}; es gibt {kinds}",
        ))
        .with("code", format!("{start:?}"))
        .with_text("kinds", KINDS);
    }
    let word = asked.split(':').next().unwrap_or_default().trim().to_lowercase();
    let near = catalogue
        .iter()
        .map(|code| code.id)
        .chain(checks::tls_rules::WORDS.iter().map(|(rule, _)| *rule))
        .map(|id| (strsim::jaro_winkler(asked, id), id))
        .chain(
            activesync_session::numbers::commands()
                .map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name)),
        )
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => Trouble::new(text!(
            "{code} is not known; did you mean {near}? There are {kinds}",
            "{code} ist nicht bekannt; meinten Sie {near}? Es gibt {kinds}",
        ))
        .with("near", near),
        None => {
            Trouble::new(text!("{code} is not known; there are {kinds}", "{code} ist nicht bekannt; es gibt {kinds}",))
        }
    }
    .with("code", format!("{start:?}"))
    .with_text("kinds", KINDS)
}
