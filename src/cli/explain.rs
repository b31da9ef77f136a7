//! What does a finding, a rule for certificates or an error of Entra ID mean?

use super::args::ExplainArgs;
use super::check::not_set_up;
use super::exit::Trouble;
use super::output::print;
use crate::checks::auth_status::entra::{self, Known};
use crate::finding::Code;
use crate::gather::SetupError;
use crate::protocol::export::decoded;
use crate::{checks, report, text};
use std::io::{self, IsTerminal as _, Read as _};

/// So much of a pasted text is read at most, in bytes.
const LARGEST_TEXT: u64 = 1024 * 1024;

/// `exdiag explain`
pub fn explain(args: &ExplainArgs) -> Result<u8, Trouble> {
    let catalogue = checks::catalogue();
    let lang = args.lang.choice().into();
    let mut texts = Vec::new();
    for asked in &args.codes {
        let asked = if asked == "-" { &pasted()? } else { asked };
        if let Some(rule) = checks::tls_rules::explain(asked.trim(), lang) {
            texts.push(rule);
            continue;
        }
        if let Some(code) = catalogue.iter().find(|code| code.id == asked.trim()) {
            texts.push(report::explain(code, lang));
            continue;
        }
        let Some(told) = entra::told(asked) else { return Err(unknown(asked, &catalogue)) };
        if let ([number], false) = (told.numbers.as_slice(), told.numbers.iter().any(|number| entra::is_known(*number)))
        {
            return Err(Trouble::new(text!(
                "AADSTS{number} is not in exdiag's table; see what Microsoft says at https://login.microsoftonline.com/error?code={number}",
                "AADSTS{number} steht nicht in der Tabelle von exdiag; was Microsoft dazu sagt: https://login.microsoftonline.com/error?code={number}",
            ))
            .with("number", number));
        }
        texts.push(entra::explain(&told, &Known::nothing(), lang));
    }
    print(report::fold_markdown(&texts.join("\n"), io::stdout().is_terminal()).as_bytes())?;
    Ok(0)
}

/// What stands on standard input.
fn pasted() -> Result<String, Trouble> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LARGEST_TEXT).read_to_end(&mut bytes);
    read.map_err(|error| not_set_up(&SetupError::unreadable("standard input", error)))?;
    // as PowerShell has saved it, too
    Ok(decoded(&bytes))
}

fn unknown(asked: &str, catalogue: &[&Code]) -> Trouble {
    // of a whole text only its beginning is of use
    let start: String = asked.trim().chars().take(60).collect();
    if start.contains(char::is_whitespace) {
        return Trouble::new(text!(
            "this text names neither a finding nor an error of Entra ID (AADSTS and a number): {code}",
            "Dieser Text nennt weder einen Befund noch einen Fehler von Entra ID (AADSTS und eine Zahl): {code}",
        ))
        .with("code", format!("{start:?}"));
    }
    let near = catalogue
        .iter()
        .map(|code| code.id)
        .chain(checks::tls_rules::WORDS.iter().map(|(rule, _)| *rule))
        .map(|id| (strsim::jaro_winkler(asked, id), id))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, near)) => Trouble::new(text!(
            "{code} is not a finding; did you mean {near}? `exdiag list findings` names them all",
            "{code} ist kein Befund; meinten Sie {near}? `exdiag list findings` nennt alle",
        ))
        .with("near", near),
        None => Trouble::new(text!(
            "{code} is not a finding; `exdiag list findings` names them all",
            "{code} ist kein Befund; `exdiag list findings` nennt alle",
        )),
    }
    .with("code", format!("{start:?}"))
}
