//! What does Format-List write?
//!
//! `Name : value`, the names padded to one width, long values wrapped and indented, an empty line between
//! objects.

use super::{Row, Value};
use crate::order;

/// The objects; `None` where it is no such text.
pub fn rows(text: &str) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    // what was typed may have been copied too
    let is_prompt = |line: &str| line.starts_with("PS ") || line.starts_with("[PS]");
    let lines = || text.lines().filter(|line| !is_prompt(line));
    let mut row: Vec<(String, String)> = Vec::new();
    // of a list, most lines are properties
    let of_lines = lines().filter(|line| !line.trim().is_empty()).take(40);
    let (known, other): (Vec<_>, Vec<_>) = of_lines.partition(|line| property(line).is_some());
    if known.is_empty() || other.iter().any(|line| !line.starts_with(' ')) {
        return None;
    }
    for line in lines().chain([""]) {
        let line = line.trim_end();
        if line.is_empty() {
            if !row.is_empty() {
                rows.push(order::map(std::mem::take(&mut row).into_iter().map(|(name, text)| (name, Value::of(text)))));
            }
        } else if let Some((name, value)) = property(line) {
            row.push((name.to_ascii_lowercase(), value.to_owned()));
        } else if let Some((_, text)) = row.last_mut() {
            // a list is wrapped behind its commas, a word wherever the line ends
            if text.ends_with(',') {
                text.push(' ');
            }
            text.push_str(line.trim_start());
        }
    }
    Some(rows)
}

fn property(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(" :").or_else(|| line.split_once(": "))?;
    let name = name.trim_end();
    let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (fits && (value.is_empty() || value.starts_with(' ') || line.contains(": "))).then(|| (name, value.trim()))
}
