//! What is asked of the sync service, and what of its answers may become evidence?
//!
//! Only what a check needs: they hold names and more.

use crate::evidence::ServiceProbe;
use serde_json::{Map, Value, json};
use url::Url;

pub fn service_url(probe: &ServiceProbe) -> Option<Url> {
    let mut url = Url::parse(probe.api()).ok()?;
    let path: &[&str] = match probe {
        ServiceProbe::Grant { id, .. } => &["v3", "grants", id],
        ServiceProbe::GrantsByEmail { .. } => &["v3", "grants"],
        ServiceProbe::NewestMessage { id, .. } => &["v3", "grants", id, "messages"],
    };
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    match probe {
        ServiceProbe::Grant { .. } => {}
        ServiceProbe::GrantsByEmail { email, .. } => {
            url.query_pairs_mut().append_pair("email", email);
        }
        ServiceProbe::NewestMessage { .. } => {
            url.query_pairs_mut().append_pair("limit", "1");
        }
    }
    Some(url)
}

/// Of an answer of the service only what a check reads, as JSON again; empty where it is none. Texts
/// that hold the key are left out whole.
pub fn essence(probe: &ServiceProbe, body: &[u8], echoes: &dyn Fn(&str) -> bool) -> String {
    let Ok(Value::Object(answer)) = serde_json::from_slice(body) else { return String::new() };
    let mut kept = Map::new();
    if let Some(error) = answer.get("error") {
        kept.extend(scalars(&answer, &["request_id"]));
        let mut inner = error.as_object().map(|error| scalars(error, &["type", "message"])).unwrap_or_default();
        if let Some(provider) = error.get("provider_error").and_then(provider_error) {
            inner.insert("provider_error".to_owned(), provider);
        }
        kept.insert("error".to_owned(), Value::Object(inner));
    }
    let data = match (probe, answer.get("data")) {
        (ServiceProbe::Grant { .. }, Some(Value::Object(grant))) => Some(essence_of_grant(grant)),
        (ServiceProbe::GrantsByEmail { .. }, Some(Value::Array(grants))) => {
            Some(grants.iter().filter_map(Value::as_object).map(essence_of_grant).collect())
        }
        (ServiceProbe::NewestMessage { .. }, Some(Value::Array(messages))) => {
            let newest = messages.iter().filter_map(Value::as_object).take(1);
            Some(newest.map(|message| Value::Object(scalars(message, &["date"]))).collect())
        }
        _ => None,
    };
    kept.extend(data.map(|data| ("data".to_owned(), data)));
    let mut kept = Value::Object(kept);
    without(&mut kept, echoes);
    kept.to_string()
}

/// Takes out the texts that hold a secret; the names of members are ours.
fn without(value: &mut Value, echoes: &dyn Fn(&str) -> bool) {
    match value {
        Value::String(text) if echoes(text) => text.clear(),
        Value::Array(items) => items.iter_mut().for_each(|item| without(item, echoes)),
        Value::Object(members) => members.values_mut().for_each(|member| without(member, echoes)),
        _ => {}
    }
}

fn essence_of_grant(grant: &Map<String, Value>) -> Value {
    let mut kept = scalars(
        grant,
        &["id", "provider", "grant_status", "email", "created_at", "updated_at", "blocked", "account_id"],
    );
    if let Some(Value::Array(scopes)) = grant.get("scope") {
        kept.insert("scope".to_owned(), scopes.iter().filter(|scope| scope.is_string()).cloned().collect());
    }
    if let Some(Value::Object(settings)) = grant.get("settings") {
        // beside them may stand a user name and a password
        kept.insert("settings".to_owned(), Value::Object(scalars(settings, &["ews_host", "ews_port", "eas_host"])));
    }
    Value::Object(kept)
}

/// These members, as far as they are neither objects nor lists.
fn scalars(of: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let plain = |value: &&Value| !value.is_object() && !value.is_array();
    names.iter().filter_map(|name| Some(((*name).to_owned(), of.get(*name).filter(plain)?.clone()))).collect()
}

/// The kind of the provider's own error, as it says it: a word, or its `type`, `code` or `error`.
fn provider_error(error: &Value) -> Option<Value> {
    let word = |value: &Value| match value {
        Value::Number(_) => Some(value.clone()),
        // a sentence may quote the user's data
        Value::String(text)
            if text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b)) =>
        {
            Some(value.clone())
        }
        _ => None,
    };
    let Value::Object(error) = error else { return word(error) };
    let words = |of: &Map<String, Value>| -> Map<String, Value> {
        ["type", "code", "error"].iter().filter_map(|name| Some(((*name).to_owned(), word(of.get(*name)?)?))).collect()
    };
    let mut kept = words(error);
    if let Some(Value::Object(inner)) = error.get("error") {
        kept.insert("error".to_owned(), json!(words(inner)));
    }
    Some(Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "https://api.service.example";

    fn grant() -> ServiceProbe {
        ServiceProbe::Grant { api: API.to_owned(), id: "g/1".to_owned() }
    }

    #[test]
    fn of_the_services_answers_only_what_a_check_reads_is_kept() {
        let of = |probe: &ServiceProbe, body: Value| {
            serde_json::from_str::<Value>(&essence(probe, body.to_string().as_bytes(), &|text| {
                text.contains("nyk_v0_geheim")
            }))
            .unwrap()
        };
        let whole = json!({
            "id": "g1", "provider": "ews", "grant_status": "valid", "email": "anna@corp.example", "blocked": false,
            "scope": ["ews.messages", {"x": 1}], "created_at": 1, "updated_at": 2, "account_id": "v2",
            "ip": "192.0.2.1", "name": "Anna", "provider_user_id": "u", "state": "s", "user_agent": "a",
            "email_aliases": ["boss@corp.example"],
            "settings": {"ews_host": "mail.corp.example", "ews_port": 443, "ews_username": "anna", "ews_password": "geheim"}
        });
        let kept = json!({
            "id": "g1", "provider": "ews", "grant_status": "valid", "email": "anna@corp.example", "blocked": false,
            "scope": ["ews.messages"], "created_at": 1, "updated_at": 2, "account_id": "v2",
            "settings": {"ews_host": "mail.corp.example", "ews_port": 443}
        });
        assert_eq!(of(&grant(), json!({"request_id": "r", "data": whole})), json!({"data": kept}));
        let by_email = ServiceProbe::GrantsByEmail { api: API.to_owned(), email: "anna@corp.example".to_owned() };
        assert_eq!(of(&by_email, json!({"data": [whole, "x"], "limit": 10})), json!({"data": [kept]}));
        let newest = ServiceProbe::NewestMessage { api: API.to_owned(), id: "g1".to_owned() };
        let messages =
            json!({"data": [{"id": "m1", "date": 5, "subject": "Kündigung"}, {"date": 4}], "next_cursor": "c"});
        assert_eq!(of(&newest, messages), json!({"data": [{"date": 5}]}));
        let failed = json!({"request_id": "r", "error": {"type": "provider_error", "message": "no", "extra": "x",
            "provider_error": {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "anna@corp.example ..."}}}});
        let kept = json!({"request_id": "r", "error": {"type": "provider_error", "message": "no",
            "provider_error": {"error": {"code": "MailboxNotEnabledForRESTAPI"}}}});
        assert_eq!(of(&grant(), failed), kept);
        let echoed = json!({"error": {"type": "unauthorized", "message": "bad key nyk_v0_geheim"}});
        assert_eq!(of(&grant(), echoed), json!({"error": {"type": "unauthorized", "message": ""}}));
        assert_eq!(provider_error(&json!("invalid_grant")), Some(json!("invalid_grant")));
        assert_eq!(provider_error(&json!("user anna@corp.example is gone")), None);
        assert_eq!(of(&grant(), json!({"data": ["Anna"]})), json!({}));
        assert_eq!(essence(&grant(), b"<html>anna</html>", &|_| false), "");
    }
}
