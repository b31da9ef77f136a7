//! How are two files of reports compared?

use super::args::{DiffArgs, DiffFormat};
use super::exit::{Trouble, worse};
use super::output::{is_coloured, print};
use super::replay::kept;
use crate::report::{
    self, About, Comparison, Judged, Verbosity, Wording, compare, write_comparison_json, write_comparison_markdown,
    write_comparison_text,
};
use std::collections::BTreeMap;
use std::path::Path;

/// `exdiag diff`
pub fn diff(args: &DiffArgs) -> Result<u8, Trouble> {
    let wording = Wording { lang: args.lang.choice().into(), fail_on: args.fail_on.into() };
    let (old, new) = (judged(&args.old, wording)?, judged(&args.new, wording)?);
    let comparisons = paired(&old, &new, wording);
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    colored::control::set_override(args.format == DiffFormat::Text && is_coloured(args.color));
    let (mut code, mut text) = (0, Vec::new());
    for comparison in &comparisons {
        code = worse(code, comparison.exit_code);
        if !text.is_empty() && args.format != DiffFormat::Json {
            text.push(b'\n');
        }
        let style = (wording.lang, verbosity);
        let written = match args.format {
            DiffFormat::Text => write_comparison_text(comparison, style, &mut text),
            DiffFormat::Markdown => write_comparison_markdown(comparison, style, &mut text),
            DiffFormat::Json => write_comparison_json(comparison, comparisons.len() > 1, &mut text),
        };
        debug_assert!(written.is_ok(), "writing to memory succeeds");
    }
    print(&text)?;
    Ok(code)
}

/// The reports of a file, judged by the rules of today.
pub fn judged(path: &Path, wording: Wording) -> Result<Vec<Judged>, Trouble> {
    let all = kept(path, wording.lang)?.into_iter();
    Ok(all.map(|kept| Judged::again(kept, |evidence| crate::replay(evidence).report(wording))).collect())
}

/// Each report with the one about the same target; of several about one target, the last ones. Two files of one
/// report each are compared whatever they are about.
fn paired(old: &[Judged], new: &[Judged], wording: Wording) -> Vec<Comparison> {
    if let ([old], [new]) = (old, new) {
        return vec![compare(old, new, wording)];
    }
    let lasts = |all: &[Judged]| -> BTreeMap<About, usize> {
        all.iter().enumerate().map(|(at, one)| (one.about(), at)).collect()
    };
    let (of_old, of_new) = (lasts(old), lasts(new));
    // in the order of the files
    let last = |all: &BTreeMap<About, usize>, (at, one): (usize, &Judged)| {
        let about = one.about();
        (all.get(&about) == Some(&at)).then_some(about)
    };
    let both = new.iter().enumerate().filter_map(|(at, new)| {
        let about = last(&of_new, (at, new))?;
        Some(match of_old.get(&about).and_then(|at| old.get(*at)) {
            Some(old) => compare(old, new, wording),
            None => Comparison::alone(None, Some(new)),
        })
    });
    let gone = old.iter().enumerate().filter_map(|(at, old)| {
        let about = last(&of_old, (at, old))?;
        (!of_new.contains_key(&about)).then(|| Comparison::alone(Some(old), None))
    });
    both.chain(gone).collect()
}

impl From<super::args::FailOn> for report::FailOn {
    fn from(fail_on: super::args::FailOn) -> Self {
        match fail_on {
            super::args::FailOn::Warn => Self::Warn,
            super::args::FailOn::Fail => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Lang;
    use crate::report::{FailOn, read_kept};

    const MANY: usize = 3_000;

    #[test]
    fn thousands_of_mailboxes_are_each_paired_with_their_own_last_report() {
        let wording = Wording { lang: Lang::En, fail_on: FailOn::Fail };
        let bytes = include_bytes!("../../fixtures/evidence/logs-silent.json");
        let kept = read_kept(bytes).unwrap().remove(0);
        let one = Judged::again(kept, |evidence| crate::replay(evidence).report(wording));
        let of = |number: usize, domain: &str, started_at: &str| {
            let mut one = one.clone();
            one.report.target.mailbox = Some(format!("User{number}@{domain}"));
            started_at.clone_into(&mut one.report.started_at);
            one
        };
        let mut old: Vec<Judged> = (0..MANY).map(|number| of(number, "corp.example", "first")).collect();
        old.extend((0..MANY).map(|number| of(number, "CORP.example", "last")));
        old.extend(["first", "gone"].map(|at| of(MANY, "corp.example", at)));
        let mut new: Vec<Judged> = vec![of(0, "corp.example", "first"), of(1, "Corp.example", "first")];
        new.extend((0..MANY).rev().map(|number| of(number, "corp.example", "new")));
        new.push(of(MANY + 1, "corp.example", "come"));
        let all = paired(&old, &new, wording);
        assert_eq!(all.len(), MANY + 2);
        for (number, comparison) in (0..MANY).rev().zip(&all) {
            let (Some(old), Some(new)) = (&comparison.old, &comparison.new) else { unreachable!("{number}") };
            assert_eq!((old.started_at.as_str(), new.started_at.as_str()), ("last", "new"), "{number}");
            assert!(comparison.same_target, "{number}");
        }
        let ends = |at: usize| all.get(at).map(|one| (one.old.is_some(), one.new.is_some()));
        assert_eq!((ends(MANY), ends(MANY + 1)), (Some((false, true)), Some((true, false))));
    }
}
