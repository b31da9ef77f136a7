//! What do errors say that are not the program's own, in the user's language?

pub use crate::finding::system::{quoted, said};
use serde_json::{Value, json};

/// What is wrong with a file of JSON, as `serde_json` says it, as a piece of a sentence in both languages.
pub fn json(english: &str) -> Value {
    let (what, place) = english.split_once(" at line ").unwrap_or((english, ""));
    let place = place
        .split_once(" column ")
        .map_or_else(String::new, |(line, column)| format!(", Zeile {line}, Spalte {column}"));
    let is_one_of = |heads: &[&str]| heads.iter().any(|head| what.starts_with(head));
    let field = what.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
    let de = match field {
        Some(field) => format!("das Feld {field} fehlt{place}"),
        None if what.starts_with("EOF while parsing") => format!("bricht mitten im JSON ab{place}"),
        None if is_one_of(&["expected", "trailing", "key must", "invalid number", "invalid escape", "control"]) => {
            format!("kein gültiges JSON{place}")
        }
        None => match english.strip_prefix("schema_version ").and_then(|rest| rest.strip_suffix(" is no version")) {
            Some(version) => format!("schema_version {version} ist keine Version"),
            None => return quoted(english),
        },
    };
    json!({"en": english, "de": de})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_said_in_german_with_its_place() {
        let de = |text: &str| {
            let error = serde_json::from_str::<std::collections::BTreeMap<String, u8>>(text).unwrap_err();
            json(&error.to_string()).get("de").and_then(Value::as_str).unwrap().to_owned()
        };
        assert_eq!(de("{"), "bricht mitten im JSON ab, Zeile 1, Spalte 1");
        assert_eq!(de("{\n?"), "kein gültiges JSON, Zeile 2, Spalte 1");
        assert!(de("[]").starts_with("„invalid type"), "{}", de("[]"));
        let field = json("missing field `started_at`");
        assert_eq!(field.get("de").and_then(Value::as_str), Some("das Feld started_at fehlt"));
    }
}
