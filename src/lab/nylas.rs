//! What does the sync service's API (Nylas v3) answer?

use super::http::{Answer, Request};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// The service's API, with at most one grant.
#[derive(Debug, Clone, Copy)]
pub struct Nylas {
    /// The key that it accepts.
    pub key: &'static str,
    /// The grant's id.
    pub grant: &'static str,
    /// The mailbox of it.
    pub email: &'static str,
    /// How it stands.
    pub state: GrantState,
    /// Days since the newest message.
    pub newest_message: u64,
}

/// How a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantState {
    /// Usable.
    Valid,
    /// The user must sign in again.
    Invalid,
    /// Blocked by the service.
    Blocked,
    /// It counts as usable, but messages are refused with this quotation.
    Quotes(&'static str),
    /// The service knows no such grant.
    Unknown,
}

impl Nylas {
    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        if request.sign_in() != Some(("Bearer", self.key)) {
            return failed(401, "unauthorized", "Unauthorized");
        }
        let path = request.path.trim_end_matches('/');
        let grant = format!("/v3/grants/{}", self.grant);
        let known = self.state != GrantState::Unknown;
        match path {
            "/v3/grants" => {
                let list: Vec<Value> = known.then(|| self.describe()).into_iter().collect();
                good(json!({"request_id": REQUEST, "data": list, "limit": 10, "offset": 0}))
            }
            _ if !known || !request.is_at(&grant) => failed(404, "not_found_error", "requested resource not found"),
            _ if path == grant => good(json!({"request_id": REQUEST, "data": self.describe()})),
            _ if path.ends_with("/messages") => self.messages(),
            _ => failed(404, "not_found_error", "requested resource not found"),
        }
    }

    fn messages(&self) -> Answer {
        match self.state {
            GrantState::Valid => {
                let date = now().saturating_sub(self.newest_message * DAY).saturating_sub(600);
                good(json!({"request_id": REQUEST, "data": [{"object": "message", "id": "m1", "date": date}]}))
            }
            GrantState::Quotes(message) => failed(401, "provider_error", message),
            GrantState::Blocked => failed(423, "api.resource_blocked", "Grant is blocked"),
            GrantState::Invalid | GrantState::Unknown => {
                failed(401, "provider_error", "Provider authentication failed: invalid_grant")
            }
        }
    }

    fn describe(&self) -> Value {
        json!({
            "id": self.grant,
            "provider": "ews",
            "grant_status": if self.state == GrantState::Invalid { "invalid" } else { "valid" },
            "email": self.email,
            "scope": ["ews.messages", "ews.calendars", "ews.contacts"],
            "created_at": now().saturating_sub(200 * DAY),
            "updated_at": now().saturating_sub(90 * DAY),
            "blocked": self.state == GrantState::Blocked,
            "settings": {"ews_host": "mail.corp.example"},
        })
    }
}

const REQUEST: &str = "5967ca40-a2d8-4ee0-a0e0-6f18ace39a90";

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "the value is made for the answer")]
fn good(json: Value) -> Answer {
    Answer::new(200).body("application/json", json.to_string())
}

fn failed(status: u16, kind: &str, message: &str) -> Answer {
    let json = json!({"request_id": REQUEST, "error": {"type": kind, "message": message}});
    Answer::new(status).body("application/json", json.to_string())
}
