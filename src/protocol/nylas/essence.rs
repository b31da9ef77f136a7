//! Which members of the sync service's answers does a check read?
//!
//! Nothing else of an answer is kept, wherever it comes from: they hold names, and more.

use serde_json::{Map, Value};

/// These members, as far as they are neither objects nor lists.
pub fn scalars(of: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let plain = |value: &&Value| !value.is_object() && !value.is_array();
    names.iter().filter_map(|name| Some(((*name).to_owned(), of.get(*name).filter(plain)?.clone()))).collect()
}

/// Those of a grant.
pub fn of_grant(grant: &Map<String, Value>) -> Map<String, Value> {
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
    kept
}
