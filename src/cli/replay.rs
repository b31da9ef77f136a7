//! How is a recorded report judged again?

use super::args::ReplayArgs;
use super::baseline::Baseline;
use super::exit::{Trouble, worse};
use super::output::Outputs;
use super::{system, ticket};
use crate::finding::Lang;
use crate::report::{Kept, ReadError, SCHEMA_VERSION, read_kept};
use crate::text;
use serde_json::Value;
use std::io::{self, Read as _};
use std::path::Path;

/// `exdiag replay`
pub fn replay(args: &ReplayArgs) -> Result<u8, Trouble> {
    let all = kept(&args.report, args.output.lang.choice().into())?;
    if let (Some(folder), true) = (&args.output.hand.fix, all.iter().any(|kept| kept.evidence.redacted.is_some())) {
        return Err(Trouble::new(text!(
            "{path} hides names, and the files of --fix are made to be run and need them; ask whoever wrote it for the whole report, then run: exdiag replay report.json --fix {folder}",
            "{path} verbirgt Namen, und die Dateien von --fix sollen laufen und brauchen sie; lassen Sie sich von dem, der ihn geschrieben hat, den ganzen Bericht geben und rufen Sie dann auf: exdiag replay report.json --fix {folder}",
        ))
        .with("path", args.report.display())
        .with("folder", folder.display()));
    }
    let command = format!("exdiag replay {}", args.report.display());
    let baseline = Baseline::open(&args.baseline, &args.output, &command)?;
    let mut outputs = Outputs::open(&args.output, all.len() > 1, args.save_chain.as_deref())?;
    let mut code = 0;
    for mut evidence in all.into_iter().map(|kept| kept.evidence) {
        evidence.judged_at = args.now.or(evidence.judged_at);
        let (report, one) = outputs.report_of(crate::replay(evidence), baseline.as_ref())?;
        code = worse(code, one);
        outputs.write(&report);
    }
    Ok(outputs.finish(code))
}

/// The reports of a file, or of standard input.
pub fn kept(path: &Path, lang: Lang) -> Result<Vec<Kept>, Trouble> {
    let mut bytes = Vec::new();
    let whole = if path == Path::new("-") {
        io::stdin().take(ticket::LARGEST + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(ticket::LARGEST + 1).read_to_end(&mut bytes))
    };
    let bytes = whole.and_then(|length| match length as u64 {
        0..=ticket::LARGEST => Ok(bytes),
        _ => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
    });
    let bytes = bytes.map_err(|error| {
        Trouble::new(text!(
            "could not read {path} ({error}); name a report that exdiag has written with --output",
            "{path} lässt sich nicht lesen ({error}); nennen Sie einen Bericht, den exdiag mit --output geschrieben hat",
        ))
        .with_said("path", named(path))
        .with_system(&error)
    })?;
    let bytes = if ticket::is_zip(&bytes) { ticket::reports(&bytes, path, lang)? } else { bytes };
    read_kept(&bytes).map_err(|error| not_readable(path, &error))
}

fn not_readable(path: &Path, error: &ReadError) -> Trouble {
    let trouble = match error {
        ReadError::Empty => Trouble::new(text!(
            "{path} is empty; name a report that exdiag has written with --output",
            "{path} ist leer; nennen Sie einen Bericht, den exdiag mit --output geschrieben hat",
        )),
        ReadError::NotReport { detail } => Trouble::new(text!(
            "{path} is not a report of exdiag ({detail}); name one that was written with --output or --format json",
            "{path} ist kein Bericht von exdiag ({detail}); nennen Sie einen, der mit --output oder --format json geschrieben wurde",
        ))
        .with_said("detail", system::json(detail)),
        ReadError::Newer { version } => Trouble::new(text!(
            "{path} has schema_version {version}, which this exdiag (up to {known}) cannot read; install a newer exdiag",
            "{path} hat die schema_version {version}, die dieses exdiag (bis {known}) nicht lesen kann; installieren Sie ein neueres exdiag",
        ))
        .with("version", version)
        .with("known", SCHEMA_VERSION),
    };
    trouble.with_said("path", named(path))
}

/// How a file is called that a report is read from, at the beginning of a sentence.
fn named(path: &Path) -> Value {
    if path == Path::new("-") {
        text!("standard input", "Die Standardeingabe").into()
    } else {
        path.display().to_string().into()
    }
}
