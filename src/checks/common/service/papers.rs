//! What do pasted answers and notifications of the sync service say?
//!
//! What is pasted is as old as it is: a notification tells of an event, and nothing of what came after it.

use super::account::{self, repeated};
use super::refused::{NO_KEY, both, told};
use super::{GRANT_INVALID, GRANT_UNKNOWN, of_grant, region, stored};
use crate::evidence::Subject;
use crate::evidence::service::{Paper, PaperKind};
use crate::finding::{Finding, Sentence, Severity};
use crate::order;
use crate::protocol::nylas::v2::{Account, State};
use crate::protocol::nylas::{self, Grant};
use crate::{findings, text};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;

/// Older events, in seconds, say little of now.
const OLD_S: i64 = 24 * 3600;

findings! {
    LAST_EVENT = "sync.last-event", Info, Sync {
        title { en: "The sync service's last notification: {event}, {at}", de: "Letzte Benachrichtigung des Sync-Dienstes: {event}, {at}" }
        meaning {
            en: "That is the time of the event, not of a sync: the service notifies of changes of the account, and may do so late.",
            de: "Das ist der Zeitpunkt des Ereignisses, nicht der einer Synchronisierung: Der Dienst meldet Änderungen am Konto, auch verspätet.",
        }
    }
    PAPER_ELSEWHERE = "sync.quoted-other-mailbox", Warn, Caller {
        title { en: "{file} is about {email}, not about {mailbox}", de: "{file} handelt von {email}, nicht von {mailbox}" }
        meaning {
            en: "What the sync service says there was not judged.",
            de: "Was der Sync-Dienst dort sagt, wurde nicht beurteilt.",
        }
        remedy { en: "Give the answer about this mailbox, or check the other one", de: "Geben Sie die Antwort zu diesem Postfach an, oder prüfen Sie das andere" }
        steps [
            { en: "If it is the mailbox meant, check it by that address:", de: "Ist dieses Postfach gemeint, prüfen Sie es unter der Adresse:", Shell "exdiag check '{email}' --sync-log '{file}'" },
        ]
        links ["https://developer.nylas.com/docs/v3/auth/manage-grants/"]
    }
}

/// What was pasted, judged.
#[derive(Debug, Default)]
pub struct Said {
    /// What is wrong by it, or worth knowing.
    pub findings: Vec<Finding>,
    /// Where the service says, and not long ago, that all is well.
    pub runs: Option<Sentence>,
}

/// Judges what the user has pasted.
pub fn said(subject: &Subject, now: Timestamp) -> Said {
    let mut said = Said::default();
    let mut events: BTreeMap<String, Vec<&Paper>> = BTreeMap::new();
    for paper in &subject.papers {
        if let Some(finding) = elsewhere(subject, paper) {
            said.findings.push(finding);
            continue;
        }
        let finding = match paper.kind {
            PaperKind::AccountEvent | PaperKind::GrantEvent => {
                let id = word(paper, "grant_id").or(word(paper, "account_id")).or(word(paper, "id"));
                events.entry(id.unwrap_or_default().to_owned()).or_default().push(paper);
                continue;
            }
            PaperKind::Account => serde_json::from_value::<Account>(paper.content.clone()).ok().map(|account| {
                if State::read(&account.sync_state) == State::Runs {
                    said.runs = Some(well(&account.sync_state));
                }
                account::judge(&account)
            }),
            PaperKind::Grant => serde_json::from_value::<Grant>(paper.content.clone()).ok().and_then(|grant| {
                let finding = stored(&grant);
                if finding.is_none() {
                    said.runs = Some(well(&grant.grant_status));
                }
                finding
            }),
            PaperKind::Error => Some(of_error(&paper.content.to_string())),
        };
        said.findings.extend(finding.map(|finding| finding.with("file", paper.file.as_str())));
    }
    for (id, mut events) in events {
        order::by_key(&mut events, |paper| paper.at);
        let Some(last) = events.last() else { continue };
        let is_old = last.at.is_none_or(|at| now.as_second().saturating_sub(at.as_second()) > OLD_S);
        let finding = match last.kind {
            PaperKind::GrantEvent => of_grant_event(last, &id),
            _ => Some(of_account_events(&events, &id)),
        };
        let Some(finding) = finding else { continue };
        if finding.severity == Severity::Info && !is_old {
            said.runs = Some(well(word(last, "type").unwrap_or_default()));
        }
        // what has happened since is not known
        let softened = if is_old { finding.severity.min(Severity::Warn) } else { finding.severity };
        let at = last.at.map_or_else(|| both("not known", "nicht bekannt"), |at| Value::from(at.to_string()));
        said.findings.push(finding.severity(softened).with("event_at", at).with("file", last.file.as_str()));
    }
    said
}

/// The newest of the pasted notifications.
pub fn last_event(subject: &Subject) -> Option<Finding> {
    let newest =
        subject.papers.iter().filter(|paper| elsewhere(subject, paper).is_none()).max_by_key(|paper| paper.at)?;
    let at = newest.at?;
    let event = word(newest, "type").unwrap_or_default();
    Some(Finding::new(&LAST_EVENT).with("event", event).with("at", at.to_string()).with("file", newest.file.as_str()))
}

/// The one line of what is pasted and not well.
pub fn quoted() -> Sentence {
    Sentence::new(text!("what the sync service is quoted with", "womit der Sync-Dienst zitiert wird"))
}

fn well(word: &str) -> Sentence {
    Sentence::new(text!(
        "the sync service is quoted with the state {state}",
        "der Sync-Dienst wird mit dem Zustand {state} zitiert",
    ))
    .with("state", word)
}

fn word<'a>(paper: &'a Paper, name: &str) -> Option<&'a str> {
    paper.content.get(name).and_then(Value::as_str).filter(|word| !word.is_empty())
}

/// It is about another mailbox.
fn elsewhere(subject: &Subject, paper: &Paper) -> Option<Finding> {
    let email = word(paper, "email").or(word(paper, "email_address"))?;
    let mailbox = subject.mailbox.as_ref()?;
    let grant = Grant { email: email.to_owned(), ..Grant::default() };
    (!grant.is_of(&mailbox.address))
        .then(|| Finding::new(&PAPER_ELSEWHERE).with("email", email).with("file", paper.file.as_str()))
}

/// An answer keeps its kind when it is pasted, but not its status.
fn of_error(text: &str) -> Finding {
    let error = nylas::read_error(text).unwrap_or_else(|| {
        // the old API has no envelope
        serde_json::from_str(text).unwrap_or_default()
    });
    if error.says("sync has been stopped") {
        return account::of_state(State::Stopped, "stopped", "ACCOUNT_ID");
    }
    let (status, of_mailbox) = match error.name() {
        "unauthorized" | "authentication_error" | NO_KEY => (401, false),
        "insufficient_scopes" => (403, true),
        "not_found_error" => (404, error.says("MailboxNotEnabledForRESTAPI")),
        "resource_blocked" => (423, false),
        "rate_limit_error" | "nylas_rate_limit_exceeded" | "too_many_requests" => (429, true),
        "invalid_request_error" => (400, false),
        _ if error.says("invalid_grant") => (401, true),
        _ if error.says("timed out") || error.says("timeout") => (504, true),
        _ => (500, true),
    };
    let grant = Grant { id: "GRANT_ID".to_owned(), ..Grant::default() };
    let mut finding = told(status, &error, None, of_mailbox.then_some(&grant));
    finding.data.remove("status");
    let answer = if error.kind.is_empty() { error.message.as_str() } else { error.kind.as_str() };
    finding.with("answer", answer).with("grant", "GRANT_ID").with("other_region", region("")).with("api", "")
}

fn of_grant_event(paper: &Paper, id: &str) -> Option<Finding> {
    let kind = word(paper, "type").unwrap_or_default();
    let grant = Grant { id: id.to_owned(), ..Grant::default() };
    match kind {
        "grant.expired" => Some(
            of_grant(&GRANT_INVALID, &grant).with("grant_status", kind).with("last_sign_in", super::signed_in(&grant)),
        ),
        "grant.deleted" => Some(of_grant(&GRANT_UNKNOWN, &grant).with("other_region", region("")).with("event", kind)),
        "grant.created" | "grant.updated" | "grant.imap_sync_completed" => None,
        _ => Some(account::of_state(State::Unknown, kind, id)),
    }
}

fn of_account_events(events: &[&Paper], id: &str) -> Finding {
    let kinds: Vec<&str> = events.iter().filter_map(|paper| word(paper, "type")).collect();
    let kind = kinds.last().copied().unwrap_or_default();
    let finding = account::of_state(State::read(kind), kind, id);
    let errors = kinds.iter().rev().take_while(|kind| State::read(kind) == State::Errs).count();
    if errors > 1 { repeated(finding, errors) } else { finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Owner;
    use serde_json::json;

    #[test]
    fn a_pasted_error_is_known_with_and_without_the_api_in_front_of_its_kind() {
        for (kind, code, owner) in [
            ("not_found_error", "sync.grant-unknown", Owner::Sync),
            ("api.not_found_error", "sync.grant-unknown", Owner::Sync),
            ("api.resource_blocked", "sync.grant-blocked", Owner::Sync),
            ("insufficient_scopes", "sync.scopes-missing", Owner::Sync),
            ("unauthorized", "sync.api-refused", Owner::Caller),
            ("api.authentication_error", "sync.api-refused", Owner::Caller),
            ("token.unauthorized_access", "sync.api-refused", Owner::Caller),
            ("api.rate_limit_error", "sync.api-refused", Owner::Caller),
            ("api.internal_error", "sync.api-refused", Owner::Sync),
        ] {
            let found = of_error(&json!({"request_id": "r", "error": {"type": kind, "message": "no"}}).to_string());
            assert_eq!((found.code.id, found.owner), (code, owner), "{kind}");
        }
    }
}
