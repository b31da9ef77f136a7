//! Is this text an answer or a notification of the sync service, and which?
//!
//! What people paste into tickets: one answer, a list of them, or one after the other. Only what a check reads
//! is kept of it.

use super::essence::{self, scalars};
use crate::evidence::service::{Paper, PaperKind};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What a text is, that is not of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Other {
    /// It does not look like JSON at all.
    NoJson,
    /// It begins like JSON and breaks off or goes wrong: in this line.
    Broken(usize),
    /// It is JSON of somebody else.
    Foreign,
}

/// Reads a text. `file` is its name.
pub fn read(text: &str, file: &str) -> Result<Vec<Paper>, Other> {
    let text = text.trim_start_matches('\u{feff}');
    if !text.trim_start().starts_with(['{', '[']) {
        return Err(Other::NoJson);
    }
    let mut papers = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| Other::Broken(error.line()))?;
        for value in one_by_one(value) {
            papers.extend(of_value(&value, file).ok_or(Other::Foreign)?);
        }
    }
    if papers.is_empty() { Err(Other::Foreign) } else { Ok(papers) }
}

/// The answers in a list, or in the list that an answer holds.
fn one_by_one(value: Value) -> Vec<Value> {
    match value {
        Value::Array(all) => all,
        Value::Object(mut answer) if answer.get("data").is_some_and(Value::is_array) => match answer.remove("data") {
            Some(Value::Array(all)) => all,
            _ => Vec::new(),
        },
        other => vec![other],
    }
}

fn of_value(value: &Value, file: &str) -> Option<Vec<Paper>> {
    let object = value.as_object()?;
    let paper = |kind, content, at| Paper { file: file.to_owned(), kind, content: Value::Object(content), at };
    if let Some(Value::Array(deltas)) = object.get("deltas") {
        let events = deltas.iter().map(|delta| {
            let delta = delta.as_object()?;
            let about = delta.get("object_data").and_then(Value::as_object);
            let mut kept = scalars(delta, &["type"]);
            kept.extend(about.map(|about| scalars(about, &["account_id", "id"])).unwrap_or_default());
            word(delta, "type").filter(|kind| kind.starts_with("account."))?;
            Some(paper(PaperKind::AccountEvent, kept, second(delta.get("date"))))
        });
        return events.collect::<Option<Vec<_>>>().filter(|events| !events.is_empty());
    }
    if let Some(kind) = word(object, "type").filter(|kind| kind.starts_with("grant.")) {
        let about = object.get("data").and_then(|data| data.get("object")).and_then(Value::as_object)?;
        let mut kept = scalars(about, &["grant_id", "provider", "email", "code", "reauthentication_flag"]);
        kept.insert("type".to_owned(), Value::from(kind));
        return Some(vec![paper(PaperKind::GrantEvent, kept, second(object.get("time")))]);
    }
    if object.contains_key("error") {
        let error = object.get("error").and_then(Value::as_object)?;
        word(error, "type")?;
        let mut whole = scalars(object, &["request_id"]);
        whole.insert("error".to_owned(), Value::Object(scalars(error, &["type", "message"])));
        return Some(vec![paper(PaperKind::Error, whole, None)]);
    }
    let inner = object.get("data").and_then(Value::as_object).unwrap_or(object);
    if word(inner, "grant_status").is_some() {
        return Some(vec![paper(PaperKind::Grant, essence::of_grant(inner), None)]);
    }
    if word(object, "sync_state").is_some() {
        let account =
            scalars(object, &["id", "account_id", "email_address", "email", "provider", "sync_state", "linked_at"]);
        return Some(vec![paper(PaperKind::Account, account, None)]);
    }
    // an error of the old API has no envelope
    let flat = word(object, "type").filter(|kind| kind.ends_with("_error")).and(word(object, "message"));
    flat.map(|_| vec![paper(PaperKind::Error, scalars(object, &["type", "message"]), None)])
}

fn word<'a>(of: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    of.get(name).and_then(Value::as_str).filter(|word| !word.is_empty())
}

fn second(value: Option<&Value>) -> Option<Timestamp> {
    Timestamp::from_second(value?.as_i64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(PaperKind, Option<i64>)> {
        read(text, "f.json").unwrap().iter().map(|paper| (paper.kind, paper.at.map(Timestamp::as_second))).collect()
    }

    #[test]
    fn every_shape_that_people_paste_is_recognised_by_its_content() {
        let delta = r#"{"deltas":[{"date":1601672445,"object":"account","type":"account.running","object_data":
            {"namespace_id":"n","account_id":"a1","object":"account","attributes":null,"id":"a1","metadata":null}}]}"#;
        assert_eq!(kinds(delta), [(PaperKind::AccountEvent, Some(1_601_672_445))]);
        let event = r#"{"specversion":"1.0","type":"grant.expired","source":"/nylas/system","id":"w","time":1723821985,
            "data":{"application_id":"x","object":{"code":25009,"grant_id":"g1","provider":"ews","email":"a@b.de"}}}"#;
        assert_eq!(kinds(event), [(PaperKind::GrantEvent, Some(1_723_821_985))]);
        let grant = r#"{"request_id":"r","data":{"id":"g1","grant_status":"valid","settings":{"ews_password":"x"}}}"#;
        assert_eq!(kinds(grant), [(PaperKind::Grant, None)]);
        assert!(!read(grant, "f").unwrap()[0].content.to_string().contains("password"));
        assert_eq!(
            kinds(r#"{"data":[{"id":"g1","grant_status":"valid"},{"id":"g2","grant_status":"invalid"}]}"#).len(),
            2
        );
        assert_eq!(kinds(r#"{"id":"a1","sync_state":"stopped"}"#), [(PaperKind::Account, None)]);
        assert_eq!(
            kinds(r#"{"request_id":"r","error":{"type":"unauthorized","message":"no"}}"#),
            [(PaperKind::Error, None)]
        );
        assert_eq!(kinds(r#"{"message":"stopped","type":"invalid_request_error"}"#), [(PaperKind::Error, None)]);
        // one after the other, as a log of notifications is
        assert_eq!(kinds(&format!("{delta}\n{delta}")).len(), 2);
        assert_eq!(kinds(&format!("\u{feff}[{event},{event}]")).len(), 2);
    }

    #[test]
    fn what_is_not_the_services_is_told_apart() {
        for text in [
            r#"{"name":"Anna"}"#,
            "[]",
            "[1]",
            r#"{"deltas":[{"type":"message.created"}]}"#,
            r#"{"type":"grant.expired"}"#,
        ] {
            assert_eq!(read(text, "f"), Err(Other::Foreign), "{text}");
        }
        assert_eq!(read("{\"data\":\n {\"id\":", "f"), Err(Other::Broken(2)));
        assert_eq!(read("#Fields: date time", "f"), Err(Other::NoJson));
        assert_eq!(read("", "f"), Err(Other::NoJson));
    }
}
