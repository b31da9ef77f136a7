//! How are large logs made for tests and measurements?
//!
//! `logmaker FOLDER DIALECT LINES [SEED] [--defects] [--base64]` writes `front.log`, for 2013 and 2016
//! `back.log`, and `truth.json`: what they must be found to say.

#![expect(clippy::indexing_slicing, reason = "it draws from tables of its own")]

#[path = "../tests/support/logmaker.rs"]
mod logmaker;

use logmaker::{Dialect, Spec, Story, Truth, make};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let all: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| all.iter().any(|arg| arg == name);
    let args: Vec<&String> = all.iter().filter(|arg| !arg.starts_with("--")).collect();
    let (Some(folder), Some(dialect), Some(lines)) = (args.first(), args.get(1), args.get(2)) else {
        return Err(io::Error::other("logmaker FOLDER 2003|2007|2010|2013|2016 LINES [SEED] [--defects] [--base64]"));
    };
    let named = |known: &Dialect| format!("{known:?}") == format!("E{dialect}");
    let dialect = Dialect::ALL.into_iter().find(named).unwrap_or(Dialect::E2016);
    let number = |text: Option<&&String>, else_: u64| text.and_then(|text| text.parse().ok()).unwrap_or(else_);
    let spec = Spec {
        seed: number(args.get(3), 1),
        dialect,
        lines: number(Some(lines), 10_000),
        devices: 2000,
        base64: flag("--base64"),
        defects: flag("--defects"),
    };
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let mut front = BufWriter::new(File::create(folder.join("front.log"))?);
    let mut back: Box<dyn io::Write> = if dialect.has_two_sites() {
        Box::new(BufWriter::new(File::create(folder.join("back.log"))?))
    } else {
        Box::new(io::sink())
    };
    let story = make(spec, &mut front, &mut back)?;
    front.flush()?;
    back.flush()?;
    serde_json::to_writer_pretty(File::create(folder.join("truth.json"))?, &truth(&story))?;
    Ok(())
}

fn truth(story: &Story) -> serde_json::Value {
    let time = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|time| time.to_string()).unwrap_or_default();
    let devices = |truths: &std::collections::BTreeMap<(String, String), Truth>| -> Vec<serde_json::Value> {
        let one = |((user, device), truth): (&(String, String), &Truth)| {
            serde_json::json!({
                "user": user, "device_id": device, "hits": truth.hits,
                "first_attempt": time(truth.first), "last_attempt": time(truth.last),
                "last_success": truth.success.map(time), "failing_since": truth.since.map(time),
                "failures_in_a_row": truth.streak, "statuses": truth.statuses,
            })
        };
        truths.iter().map(one).collect()
    };
    serde_json::json!({
        "lines": story.lines, "skipped": story.skipped,
        "devices": devices(&story.devices), "front_only": devices(&story.front_only),
    })
}
