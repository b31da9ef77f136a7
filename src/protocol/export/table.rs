//! What does Export-Csv write?
//!
//! 5.1 puts a line with the type first; `-UseCulture` takes the list separator of the country, which is a
//! semicolon in German.

use super::{Fault, Format, Row, Value};
use crate::order;

const SEPARATORS: &[char] = &[',', ';', '\t', '|'];

/// The objects.
pub fn rows(text: &str) -> Result<Vec<Row>, Fault> {
    let text = match text.strip_prefix("#TYPE") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, rest)| rest),
        None => text,
    };
    let head = text.lines().next().unwrap_or_default();
    if text.lines().nth(1).is_some_and(|line| line.starts_with("--") && line.contains(" --")) {
        return Err(Fault::Cut);
    }
    let separator = SEPARATORS.iter().copied().max_by_key(|separator| outside_quotes(head, *separator));
    let separator = separator.filter(|separator| outside_quotes(head, *separator) > 0);
    let is_head = |name: &str| {
        let name = name.trim().trim_matches('"');
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-. ()@".contains(c))
    };
    let delimiter = separator.unwrap_or(',');
    if !head.split(delimiter).all(is_head) || (separator.is_none() && !head.starts_with('"')) {
        return Err(Fault::Unknown);
    }
    let broken = Fault::Broken { format: Format::Csv };
    // doubled within a text, paired around it
    if text.matches('"').count() % 2 == 1 {
        return Err(broken);
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(delimiter).unwrap_or(b','))
        .flexible(true)
        .from_reader(text.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|_| broken.clone())?.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|_| broken.clone())?;
        if record.len() < names.len() {
            return Err(broken);
        }
        rows.push(order::map(names.iter().cloned().zip(record.iter().map(Value::of))));
    }
    Ok(rows)
}

fn outside_quotes(line: &str, wanted: char) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == wanted && !quoted => count += 1,
            _ => {}
        }
    }
    count
}
