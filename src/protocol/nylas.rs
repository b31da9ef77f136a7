//! What does the sync service's API (Nylas) say about a grant, or about an account of its old version?
//!
//! Shapes by the published OpenAPI description. Every field may be missing: whoever gathered the
//! answer keeps only those named here.

pub mod essence;
pub mod papers;
pub mod v2;

use crate::evidence::{Failure, HttpOutcome, Mailbox, NoAnswer, Response, ServiceProbe, Stop, View};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

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

impl Grant {
    /// Whether it is one for mail: an address may have others beside it.
    pub fn is_for_mail(&self) -> bool {
        !matches!(self.provider.as_str(), "virtual-calendar" | "zoom" | "nylas")
    }

    /// Whether it is of this address; true where it names none.
    pub fn is_of(&self, address: &str) -> bool {
        let named = self.email.parse::<Mailbox>().map(|mailbox| mailbox.address);
        self.email.is_empty() || named.unwrap_or_default().eq_ignore_ascii_case(address)
    }
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
    /// What the mail server said to the service, as far as it is kept.
    pub provider_error: Option<Value>,
    /// The id under which the service's support finds the request.
    #[serde(skip)]
    pub request_id: String,
}

impl ApiError {
    /// Its kind without the `api.` that the published list puts in front and most answers leave out.
    pub fn name(&self) -> &str {
        self.kind.strip_prefix("api.").unwrap_or(&self.kind)
    }

    /// Whether it says so, in its own words or in the mail server's.
    pub fn says(&self, word: &str) -> bool {
        self.kind.contains(word)
            || self.message.contains(word)
            || self.provider_error.as_ref().is_some_and(|said| said.to_string().contains(word))
    }
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(default)]
    request_id: String,
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
    read_error(&response.body.text).unwrap_or_default()
}

/// Reads the text of an error; `None` where it is not of that shape.
pub fn read_error(text: &str) -> Option<ApiError> {
    let Failed { request_id, error } = serde_json::from_str(text).ok()?;
    Some(ApiError { request_id, ..error })
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
    /// The account, where it is the old API (v2) that answers.
    Account(v2::Account),
    /// Another answer than the one asked for.
    Refused(&'a Response),
    /// The API could not be talked to.
    Failed(&'a Failure),
    /// Nobody could ask.
    NoAnswer(&'a NoAnswer),
}

/// Asks for the mailbox's grant, by its id, by the account's id in v2 or by the address; `None` without a
/// key, or with none of them.
pub fn lookup<'a>(view: &View<'a>) -> Result<Option<Lookup<'a>>, Stop> {
    let subject = view.subject();
    let Some(service) = &subject.service else { return Ok(None) };
    let api = service.api.clone();
    let probe = match (&service.grant, &service.account, &subject.mailbox) {
        (Some(id), ..) => ServiceProbe::Grant { api, id: id.clone() },
        (None, Some(account), _) => ServiceProbe::GrantsByAccount { api, account: account.clone() },
        (None, None, Some(mailbox)) => ServiceProbe::GrantsByEmail { api, email: mailbox.address.clone() },
        (None, None, None) => return Ok(None),
    };
    let answer = ask(view, &probe)?;
    // a list that v3 does not have is empty, not missing: 404 says that the old API answers
    if let (ServiceProbe::GrantsByAccount { api, account }, Answer::Refused(Response { status: 404, .. })) =
        (&probe, &answer)
    {
        let old = ServiceProbe::Account { api: api.clone() };
        let said = ask(view, &old)?;
        if matches!(&said, Answer::Account(found) if found.is(account)) {
            return Ok(Some(Lookup { probe: old, answer: said }));
        }
    }
    Ok(Some(Lookup { probe, answer }))
}

/// The grants of the mailbox's address, where the grant was asked for by an id; none where nobody could say.
pub fn of_same_address(view: &View<'_>) -> Result<Vec<Grant>, Stop> {
    let subject = view.subject();
    let (Some(service), Some(mailbox)) = (&subject.service, &subject.mailbox) else { return Ok(Vec::new()) };
    if service.grant.is_none() {
        return Ok(Vec::new());
    }
    let probe = ServiceProbe::GrantsByEmail { api: service.api.clone(), email: mailbox.address.clone() };
    Ok(match ask(view, &probe)? {
        Answer::Grants(grants) => grants,
        _ => Vec::new(),
    })
}

fn ask<'a>(view: &View<'a>, probe: &ServiceProbe) -> Result<Answer<'a>, Stop> {
    let response = match view.service(probe)? {
        Err(why) => return Ok(Answer::NoAnswer(why)),
        Ok(seen) => match &seen.outcome {
            HttpOutcome::Failed(failure) => return Ok(Answer::Failed(failure)),
            HttpOutcome::Response(response) => response,
        },
    };
    let read = match probe {
        _ if response.status != 200 => None,
        ServiceProbe::Account { .. } => v2::account(&response.body.text).map(Answer::Account),
        ServiceProbe::GrantsByEmail { .. } | ServiceProbe::GrantsByAccount { .. } => {
            grants(response).map(Answer::Grants)
        }
        _ => grant(response).map(|grant| Answer::Grants(vec![grant])),
    };
    Ok(read.unwrap_or(Answer::Refused(response)))
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
