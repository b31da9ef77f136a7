//! What does the sync service's API (Nylas v3, or the old v2) answer?

use super::http::{Answer, Request};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// The service's API, with one grant, none, or some of the same address beside it.
#[derive(Debug, Clone, Copy)]
pub struct Nylas {
    /// The key that it accepts.
    pub key: &'static str,
    /// The grant's id.
    pub grant: &'static str,
    /// The mailbox of it.
    pub email: &'static str,
    /// Its connector.
    pub provider: &'static str,
    /// How it stands.
    pub state: GrantState,
    /// Grants of the same address beside it: id, status.
    pub others: &'static [(&'static str, &'static str)],
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
    /// It counts as usable, but messages are refused with this status, kind and message.
    Fails(u16, &'static str, &'static str),
    /// It counts as usable, and there is no message.
    Empty,
    /// The service knows no such grant.
    Unknown,
    /// Everything is refused, with this status, kind and message.
    Refuses(u16, &'static str, &'static str),
    /// It is the old API that answers, with the account in this state.
    Account(&'static str),
}

/// The id of the account that the grant was in the old API.
pub const ACCOUNT: &str = "cg9razhjs80zqtoz50rox2n6z";

impl Nylas {
    /// The answer to a request.
    pub fn answer(&self, request: &Request) -> Answer {
        if request.sign_in() != Some(("Bearer", self.key)) {
            return failed(401, "unauthorized", "Unauthorized");
        }
        let path = request.path.trim_end_matches('/');
        match self.state {
            GrantState::Refuses(status, kind, message) => return failed(status, kind, message),
            GrantState::Account(state) => return self.old(path, state),
            _ => {}
        }
        let grant = format!("/v3/grants/{}", self.grant);
        let known = self.state != GrantState::Unknown;
        match path {
            "/v3/grants" => {
                let own = known.then(|| self.describe());
                let beside = self.others.iter().map(|(id, status)| self.grant(id, status));
                let list: Vec<Value> = own.into_iter().chain(beside).collect();
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
            GrantState::Fails(status, kind, message) => failed(status, kind, message),
            GrantState::Empty => good(json!({"request_id": REQUEST, "data": []})),
            GrantState::Invalid | GrantState::Unknown | GrantState::Refuses(..) | GrantState::Account(_) => {
                failed(401, "provider_error", "Provider authentication failed: invalid_grant")
            }
        }
    }

    /// The old API: one account, and none of the new addresses.
    fn old(&self, path: &str, state: &str) -> Answer {
        if path != "/account" {
            return Answer::new(404)
                .body("application/json", r#"{"message": "Not Found", "type": "invalid_request_error"}"#);
        }
        good(json!({
            "id": ACCOUNT, "account_id": ACCOUNT, "object": "account", "name": "Anna", "provider": "eas",
            "organization_unit": "folder", "sync_state": state, "linked_at": 1_600_000_000,
            "email_address": self.email,
        }))
    }

    fn describe(&self) -> Value {
        self.grant(self.grant, if self.state == GrantState::Invalid { "invalid" } else { "valid" })
    }

    fn grant(&self, id: &str, status: &str) -> Value {
        json!({
            "id": id,
            "provider": self.provider,
            "grant_status": status,
            "email": self.email,
            "scope": ["ews.messages", "ews.calendars", "ews.contacts"],
            "created_at": now().saturating_sub(200 * DAY),
            "updated_at": now().saturating_sub(90 * DAY),
            "blocked": self.state == GrantState::Blocked,
            "account_id": ACCOUNT,
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
    let answer = Answer::new(status);
    let answer = if status == 429 { answer.header("Retry-After", "30") } else { answer };
    answer.body("application/json", json.to_string())
}
