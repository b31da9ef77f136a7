//! Which checks, findings and demos are there?

use super::args::{Format, ListArgs, ListOf};
use super::demo;
use super::exit::Trouble;
use super::output::print;
use crate::checks;
use crate::finding::Lang;
use crate::report::{fold, in_general};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// `exdiag list`
pub fn list(args: &ListArgs) -> Result<u8, Trouble> {
    let lang: Lang = args.lang.choice().into();
    let rows = match args.what {
        ListOf::Checks => checks::ALL
            .iter()
            .map(|check| json!({"id": check.id, "title": check.title.of(lang), "group": check.group.title().of(lang)}))
            .collect(),
        ListOf::Findings => checks::catalogue()
            .iter()
            .map(|code| {
                json!({"code": code.id, "severity": code.severity, "owner": code.owner, "title": in_general(&code.title, lang)})
            })
            .collect(),
        ListOf::Demos => demo::rows(lang),
    };
    match args.format {
        Format::Json => print(format!("{:#}\n", Value::Array(rows)).as_bytes())?,
        Format::Text => print(table(&rows).as_bytes())?,
    }
    Ok(0)
}

/// The first column is the name, the second what it is; folded at 80 columns.
fn table(rows: &[Value]) -> String {
    let cell = |row: &Value, names: &[&str]| {
        names.iter().find_map(|name| row.get(*name)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let names: Vec<String> = rows.iter().map(|row| cell(row, &["id", "code", "name"])).collect();
    let width = names.iter().map(String::len).max().unwrap_or(0).min(36) + 2;
    let mut out = String::new();
    for (row, name) in rows.iter().zip(&names) {
        let severity = cell(row, &["severity"]);
        let severity = if severity.is_empty() { severity } else { format!("{severity:<6}") };
        let indent = width + severity.len();
        let title = cell(row, &["title"]);
        for (i, line) in fold(&title, 80_usize.saturating_sub(indent)).iter().enumerate() {
            let _ = match i {
                0 if name.len() + 2 > width => writeln!(out, "{name}\n{:width$}{severity}{line}", ""),
                0 => writeln!(out, "{name:width$}{severity}{line}"),
                _ => writeln!(out, "{:indent$}{line}", ""),
            };
        }
    }
    out
}
