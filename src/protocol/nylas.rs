//! What does the sync service's API (Nylas v3) say about a grant?
//!
//! Shapes by the published OpenAPI description. Every field may be missing: whoever gathered the
//! answer keeps only those named here.

use crate::evidence::{Failure, HttpOutcome, NoAnswer, Response, ServiceProbe, Stop, View};
use serde::{Deserialize, Deserializer};

/// What the service knows of one mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// The connector: `ews`, `google`, `imap`, `microsoft`, ...
    pub provider: String,
    /// `valid`, or `invalid`: the user must sign in again.
    pub grant_status: String,
    /// The mailbox address.
    pub email: String,
    /// What it may do.
    #[serde(deserialize_with = "or_default")]
    pub scope: Vec<String>,
    /// When it was made, in seconds since 1970.
    pub created_at: Option<i64>,
    /// When the user last authenticated, in seconds since 1970; never a time of a sync.
    pub updated_at: Option<i64>,
    /// Blocked by the service.
    #[serde(deserialize_with = "or_default")]
    pub blocked: bool,
    /// The id in the old API (v2), where the account was migrated.
    pub account_id: Option<String>,
    /// How the connector reaches the server.
    #[serde(deserialize_with = "or_default")]
    pub settings: Settings,
}

/// How the connector reaches the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The EWS host, where one was given.
    pub ews_host: Option<String>,
}

/// A message, of which only the date is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// Seconds since 1970.
    pub date: i64,
}

/// What the service says instead of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ApiError {
    /// Such as `not_found_error`.
    #[serde(rename = "type")]
    pub kind: String,
    /// In its own words.
    pub message: String,
    /// The numbers of Entra ID's errors (AADSTS) that it quotes.
    pub error_codes: Vec<u32>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Failed {
    error: ApiError,
}

/// `null` counts as missing.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// Reads `GET /v3/grants/{id}`; `None` where the answer is not of that shape.
pub fn grant(response: &Response) -> Option<Grant> {
    serde_json::from_str::<Data<Grant>>(&response.body.text).ok().map(|d| d.data)
}

/// Reads `GET /v3/grants`; `None` where the answer is not of that shape.
pub fn grants(response: &Response) -> Option<Vec<Grant>> {
    serde_json::from_str::<Data<Vec<Grant>>>(&response.body.text).ok().map(|d| d.data)
}

/// Reads `GET /v3/grants/{id}/messages`; `None` where the answer is not of that shape.
pub fn messages(response: &Response) -> Option<Vec<Message>> {
    serde_json::from_str::<Data<Vec<Message>>>(&response.body.text).ok().map(|d| d.data)
}

/// Reads an error; empty where there is none.
pub fn error(response: &Response) -> ApiError {
    serde_json::from_str::<Failed>(&response.body.text).map(|f| f.error).unwrap_or_default()
}

/// What asking for the mailbox's grant has brought.
#[derive(Debug)]
pub struct Lookup<'a> {
    /// The question.
    pub probe: ServiceProbe,
    /// The answer.
    pub answer: Answer<'a>,
}

/// The answer to a question for grants.
#[derive(Debug)]
pub enum Answer<'a> {
    /// The grants; none where the service knows none for the address.
    Grants(Vec<Grant>),
    /// Another answer than the one asked for.
    Refused(&'a Response),
    /// The API could not be talked to.
    Failed(&'a Failure),
    /// Nobody could ask.
    NoAnswer(&'a NoAnswer),
}

/// Asks for the mailbox's grant, by its id or by the address; `None` without a key, or with
/// neither.
pub fn lookup<'a>(view: &View<'a>) -> Result<Option<Lookup<'a>>, Stop> {
    let subject = view.subject();
    let Some(service) = &subject.service else { return Ok(None) };
    let api = service.api.clone();
    let probe = match (&service.grant, &subject.mailbox) {
        (Some(id), _) => ServiceProbe::Grant { api, id: id.clone() },
        (None, Some(mailbox)) => ServiceProbe::GrantsByEmail { api, email: mailbox.address.clone() },
        (None, None) => return Ok(None),
    };
    let answer = match view.service(&probe)? {
        Err(why) => Answer::NoAnswer(why),
        Ok(seen) => match &seen.outcome {
            HttpOutcome::Failed(failure) => Answer::Failed(failure),
            HttpOutcome::Response(response) => {
                let read = match probe {
                    ServiceProbe::GrantsByEmail { .. } => grants(response),
                    _ => grant(response).map(|grant| vec![grant]),
                };
                read.filter(|_| response.status == 200).map_or(Answer::Refused(response), Answer::Grants)
            }
        },
    };
    Ok(Some(Lookup { probe, answer }))
}

/// The question for the newest message of a grant.
pub fn newest_message(api: &str, grant: &Grant) -> ServiceProbe {
    ServiceProbe::NewestMessage { api: api.to_owned(), id: grant.id.clone() }
}

/// The grant to judge among several of one address: a valid one before others, then the one that
/// was authenticated last.
pub fn foremost(grants: &[Grant]) -> Option<&Grant> {
    grants.iter().max_by_key(|g| (g.grant_status == "valid", !g.blocked, g.updated_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Body;

    fn response(text: &str) -> Response {
        let body = Body { text: text.to_owned(), length: text.len() as u64, truncated: false };
        Response { status: 200, headers: Vec::new(), body }
    }

    #[test]
    fn a_grant_is_read_whatever_is_missing_or_null() {
        let whole = grant(&response(
            r#"{"request_id":"r","data":{"id":"g1","provider":"ews","grant_status":"valid","email":"anna@corp.example",
               "scope":["ews.messages"],"created_at":1700000000,"updated_at":1700000001,"blocked":false,
               "settings":{"ews_host":"mail.corp.example"}}}"#,
        ))
        .unwrap();
        assert_eq!((whole.provider.as_str(), whole.scope.len()), ("ews", 1));
        assert_eq!(whole.settings.ews_host.as_deref(), Some("mail.corp.example"));
        let bare = grant(&response(r#"{"data":{"id":"g1","scope":null,"blocked":null,"settings":null}}"#)).unwrap();
        assert!(!bare.blocked && bare.scope.is_empty());
        assert_eq!(grant(&response("<html>")), None);
    }

    #[test]
    fn the_valid_grant_of_several_counts_then_the_latest() {
        let list = grants(&response(
            r#"{"data":[{"id":"old","grant_status":"valid","updated_at":1},{"id":"new","grant_status":"valid","updated_at":2},
               {"id":"bad","grant_status":"invalid","updated_at":3}],"limit":10}"#,
        ))
        .unwrap();
        assert_eq!(foremost(&list).map(|g| g.id.as_str()), Some("new"));
    }

    #[test]
    fn errors_and_messages_are_read() {
        let failed = error(&response(r#"{"request_id":"r","error":{"type":"not_found_error","message":"no grant"}}"#));
        assert_eq!(failed.kind, "not_found_error");
        assert_eq!(error(&response("")), ApiError::default());
        assert_eq!(
            messages(&response(r#"{"data":[{"date":1700000000}]}"#)),
            Some(vec![Message { date: 1_700_000_000 }])
        );
        assert_eq!(messages(&response(r#"{"data":[]}"#)), Some(Vec::new()));
    }
}
