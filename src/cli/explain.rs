//! What does a finding, or a rule for certificates, mean?

use super::args::ExplainArgs;
use super::exit::Trouble;
use super::output::print;
use crate::{checks, report, text};

/// `exdiag explain`
pub fn explain(args: &ExplainArgs) -> Result<u8, Trouble> {
    let catalogue = checks::catalogue();
    let lang = args.lang.choice().into();
    let mut texts = Vec::new();
    for asked in &args.codes {
        if let Some(rule) = checks::tls_rules::explain(asked.trim(), lang) {
            texts.push(rule);
            continue;
        }
        let Some(code) = catalogue.iter().find(|code| code.id == asked.trim()) else {
            let near = catalogue
                .iter()
                .map(|code| code.id)
                .chain(checks::tls_rules::WORDS.iter().map(|(rule, _)| *rule))
                .map(|id| (strsim::jaro_winkler(asked, id), id))
                .filter(|(likeness, _)| *likeness > 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            return Err(match near {
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
            .with("code", format!("{asked:?}")));
        };
        texts.push(report::explain(code, lang));
    }
    print(texts.join("\n").as_bytes())?;
    Ok(0)
}
