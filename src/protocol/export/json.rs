//! What does ConvertTo-Json write?
//!
//! 5.1 writes a date as `/Date(ms)/`, sometimes inside an object, and an enumeration as its number; 7 writes
//! ISO 8601. One object stands alone, several in an array, and `>>` puts documents after one another.

use super::{Row, Value};
use crate::order;
use serde_json::Value as Json;

/// The objects; `None` where it breaks off or is malformed.
pub fn rows(text: &str) -> Option<Vec<Row>> {
    let mut rows = Vec::new();
    for document in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
        collect(document.ok()?, &mut rows);
    }
    Some(rows)
}

fn collect(value: Json, rows: &mut Vec<Row>) {
    match value {
        Json::Array(all) => all.into_iter().for_each(|one| collect(one, rows)),
        Json::Object(mut object) => {
            // so 5.1 writes an array that was not taken apart
            if object.contains_key("Count") && object.get("value").is_some_and(Json::is_array) {
                if let Some(all) = object.remove("value") {
                    collect(all, rows);
                }
                return;
            }
            let properties = object.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), property(&value)));
            rows.push(order::map(properties));
        }
        _ => {}
    }
}

fn property(value: &Json) -> Value {
    match value {
        Json::Array(all) => Value::List(all.iter().filter_map(text).collect()),
        one => text(one).map_or(Value::Null, Value::of),
    }
}

/// A value as a text; of an object, what it is called.
fn text(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Bool(flag) => Some(if *flag { "True" } else { "False" }.to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::String(text) => Some(text.clone()),
        Json::Array(all) => Some(all.iter().filter_map(self::text).collect::<Vec<_>>().join(", ")),
        Json::Object(object) => {
            let of = |name: &str| object.get(name).and_then(Json::as_str);
            if let (Some(local), Some(domain)) = (of("Local"), of("Domain")) {
                return Some(format!("{local}@{domain}"));
            }
            let names = ["value", "Value", "AddressString", "SmtpAddress", "DateTime", "Name", "DistinguishedName"];
            names.iter().find_map(|name| object.get(*name).and_then(self::text))
        }
    }
}
