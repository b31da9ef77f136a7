//! Can a device sync this mailbox: does a whole ActiveSync session work?
//!
//! Owns what a server says to whoever has signed in: policy, device, folders, the Inbox. What
//! OPTIONS already tells is for `activesync`, and whether the credentials hold for `auth-status`.

mod words;

pub use words::FINDINGS;

use super::common;
use super::common::mailbox::{NO_MAILBOX, THROTTLED, USER_DISABLED, about, throttled, wrong_server};
use crate::evidence::{HttpSeen, Probe, Response, SessionAsk, Stop, View};
use crate::finding::{Code, Finding, Outcome, Sentence};
use crate::protocol::eas;
use crate::protocol::endpoint::{Endpoint, endpoint};
use crate::protocol::front::{self, Product};
use crate::protocol::session::{self, DEVICE_ID, DEVICE_TYPE, Ended, Kind, Reply, Session, Step, status};
use crate::text;
use words::{
    ACCOUNT_DISABLED, DEVICE_BLOCKED, DEVICE_LEFT, DEVICE_QUARANTINED, FOLDER_SYNC_FAILED, POLICY_REFUSED, QUOTA,
    STATUS, STORE_OFFLINE, TOO_MANY_DEVICES, WIPE_REQUESTED,
};

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    if view.subject().credential.is_none() {
        return Ok(Outcome::skip(Sentence::new(text!(
            "not tried, no credentials given: a session needs a sign-in",
            "nicht versucht, keine Anmeldedaten angegeben: Eine Sitzung braucht eine Anmeldung",
        ))));
    }
    let Some(endpoint) = endpoint(view)? else { return common::without_server(view) };
    let Some(options) = eas::signed_in(view, &endpoint)? else { return Ok(common::see_check("auth-status")) };
    let response = match view.http(&options)? {
        Ok(seen) => seen.response(),
        Err(why) => return Ok(common::unanswered(why)),
    };
    let anonymous = view.http(&eas::options(&endpoint))?.ok().and_then(HttpSeen::response);
    let asking = anonymous.map_or(Product::Unknown, |anonymous| front::recognise(anonymous).product);
    if response.is_some_and(|response| front::is_intercepted(asking, response)) {
        return Ok(common::see_check("auth-status"));
    }
    let offer = match response.map(|response| (response.status, eas::offer(response))) {
        Some((401 | 456 | 457, _)) => return Ok(common::see_check("auth-status")),
        Some((200, offer)) if session::version(&offer).is_some() => offer,
        _ => return Ok(common::see_check("activesync")),
    };
    let Some(session) = session::walk(view, &endpoint, &offer)? else { return Ok(common::see_check("activesync")) };
    Ok(judge(&endpoint, &session))
}

fn judge(endpoint: &Endpoint, session: &Session<'_>) -> Outcome {
    let mut findings = Vec::new();
    let mut reason = None;
    if let Some(step) = session.broken() {
        match &step.ended {
            Ended::Unasked(why) => reason = Some(common::why_unanswered(why)),
            Ended::Well(_) => {}
            Ended::Http(response) => findings.push(by_http(endpoint, step, response)),
            Ended::Refused(reply) => findings.push(by_status(endpoint, step, reply)),
            Ended::Failed(seen) => findings.push(unheard(endpoint, step, seen)),
        }
    } else if !session.is_open {
        reason = Some(Sentence::new(text!(
            "the server lists folders, but no Inbox among them",
            "der Server nennt Ordner, aber keinen Posteingang",
        )));
    } else if !session.has_usual_folders && session.messages == Some(1) {
        findings.push(device(&DEVICE_QUARANTINED, endpoint));
    }
    if session.left_a_device() {
        let policy = match (session.has_policy, session.wants_password) {
            (false, _) => "none",
            (true, false) => "confirmed",
            (true, true) => "confirmed-wants-password",
        };
        let mut left = device(&DEVICE_LEFT, endpoint).with("protocol", session.version.as_str()).with("policy", policy);
        if let Some(newest) = &session.newest {
            left = left.with("newest_message", newest.as_str());
        }
        findings.push(left);
    }
    match reason {
        Some(reason) => Outcome::Inconclusive { reason, findings },
        None => Outcome::checked(note(session), findings),
    }
}

fn note(session: &Session<'_>) -> Sentence {
    if let Some(step) = session.broken() {
        return Sentence::new(text!(
            "over {version} the session ends at {command}",
            "über {version} endet die Sitzung bei {command}",
        ))
        .with("version", session.version.as_str())
        .with("command", command(&step.ask));
    }
    let text = match (&session.newest, session.has_policy) {
        (Some(_), true) => text!(
            "over {version}: {folders} folders, a message of {newest}, the policy is confirmed",
            "über {version}: {folders} Ordner, eine Nachricht vom {newest}, die Richtlinie ist bestätigt",
        ),
        (Some(_), false) => text!(
            "over {version}: {folders} folders, a message of {newest}, no policy",
            "über {version}: {folders} Ordner, eine Nachricht vom {newest}, keine Richtlinie",
        ),
        (None, true) => text!(
            "over {version}: {folders} folders, no message told, the policy is confirmed",
            "über {version}: {folders} Ordner, keine Nachricht genannt, die Richtlinie ist bestätigt",
        ),
        (None, false) => text!(
            "over {version}: {folders} folders, no message told, no policy",
            "über {version}: {folders} Ordner, keine Nachricht genannt, keine Richtlinie",
        ),
    };
    Sentence::new(text)
        .with("version", session.version.as_str())
        .with("folders", session.folders.unwrap_or_default())
        .with("newest", session.newest.as_deref().and_then(|date| date.get(..10)).unwrap_or_default())
}

/// A finding about exdiag's device.
fn device(code: &'static Code, endpoint: &Endpoint) -> Finding {
    about(code, endpoint).with("device_id", DEVICE_ID).with("device_type", DEVICE_TYPE)
}

/// A finding about a step, and what came of it.
fn of_step(code: &'static Code, endpoint: &Endpoint, step: &Step<'_>, result: impl Into<String>) -> Finding {
    device(code, endpoint)
        .with("command", command(&step.ask))
        .with("result", result.into())
        .seen_in(&Probe::Http(step.probe.clone()))
}

const fn command(ask: &SessionAsk) -> &'static str {
    session::command(ask).0
}

/// MS-ASHTTP 2.2.2.1.1: what a status other than 200 means to one who has signed in.
fn by_http(endpoint: &Endpoint, step: &Step<'_>, response: &Response) -> Finding {
    let of = |code| of_step(code, endpoint, step, format!("HTTP {}", response.status)).with("status", response.status);
    let evidence = |finding: Finding| finding.seen_in(&Probe::Http(step.probe.clone()));
    let error = response.header("x-caserrorcode").unwrap_or_default();
    let retry = response.header("retry-after");
    match response.status {
        403 => of(&USER_DISABLED),
        404 if error == "MailboxGuidWithDomainNotFound" => of(&NO_MAILBOX).with("error", error),
        449 => of(&POLICY_REFUSED),
        451 => evidence(wrong_server(endpoint, response)),
        456 => of(&ACCOUNT_DISABLED),
        507 => of(&QUOTA),
        429 => of(&THROTTLED).with("reason", "HTTP 429"),
        502..=504 => match (throttled(endpoint, response), retry) {
            (Some(finding), _) => evidence(finding),
            (None, Some(retry)) => of(&THROTTLED).with("reason", format!("Retry-After: {retry}")),
            (None, None) => of(&STORE_OFFLINE),
        },
        _ => of(&FOLDER_SYNC_FAILED),
    }
}

/// MS-ASCMD 2.2.2: what a status in the document means.
fn by_status(endpoint: &Endpoint, step: &Step<'_>, reply: &Reply) -> Finding {
    let told = reply.telling_status();
    let result = match (reply.kind, told) {
        (Kind::Empty, _) => "HTTP 200, 0 bytes".to_owned(),
        (Kind::Foreign, _) => "HTTP 200, no WBXML".to_owned(),
        (Kind::Document, Some(number)) => format!("{number} {}", status::name(&step.ask, number)),
        (Kind::Document, None) => "no Status".to_owned(),
    };
    let number = told.unwrap_or_default();
    let of = |code| of_step(code, endpoint, step, result.clone()).with("status", number);
    let is_policy = matches!(step.ask, SessionAsk::Provision | SessionAsk::Acknowledge);
    let is_folder_sync = step.ask == SessionAsk::FolderSync;
    if reply.wipe.is_some() || number == 140 {
        return of(&WIPE_REQUESTED);
    }
    match number {
        113 | 115 => of(&QUOTA),
        9 if matches!(step.ask, SessionAsk::Open { .. } | SessionAsk::Newest { .. }) => of(&QUOTA),
        114 => of(&STORE_OFFLINE),
        123 => of(&NO_MAILBOX).with("error", status::name(&step.ask, number)),
        126 => of(&USER_DISABLED),
        129 => of(&DEVICE_BLOCKED),
        131 => of(&ACCOUNT_DISABLED),
        139 | 141..=145 => of(&POLICY_REFUSED),
        177 => of(&TOO_MANY_DEVICES),
        3..=5 if is_policy => of(&POLICY_REFUSED),
        110 | 112 => of(&FOLDER_SYNC_FAILED),
        6 | 10..=12 if is_folder_sync => of(&FOLDER_SYNC_FAILED),
        _ if reply.kind != Kind::Document => of(&FOLDER_SYNC_FAILED),
        _ => of(&STATUS),
    }
}

/// The connection ended without an answer, although OPTIONS was answered.
fn unheard(endpoint: &Endpoint, step: &Step<'_>, seen: &HttpSeen) -> Finding {
    let silent = seen.failure().is_some_and(crate::evidence::Failure::is_silence);
    of_step(&FOLDER_SYNC_FAILED, endpoint, step, if silent { "timeout" } else { "connection closed" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Body, HttpProbe, Method};
    use crate::protocol::endpoint::Origin;

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::User).unwrap()
    }

    fn step(ask: SessionAsk) -> Step<'static> {
        let probe = HttpProbe::new(Method::Post, "https://mail.corp.example/Microsoft-Server-ActiveSync");
        Step { probe, ask, ended: Ended::Well(Reply::default()) }
    }

    fn by_number(ask: SessionAsk, number: u16) -> &'static str {
        by_status(&endpoint(), &step(ask), &Reply { status: Some(number), ..Reply::default() }).code.id
    }

    #[test]
    fn ms_ascmd_each_status_has_its_finding() {
        for (number, code) in [
            (110, "activesync.folder-sync-failed"),
            (111, "activesync.status"),
            (112, "activesync.folder-sync-failed"),
            (113, "activesync.quota"),
            (114, "activesync.store-offline"),
            (123, "activesync.no-mailbox"),
            (126, "activesync.user-disabled"),
            (129, "activesync.device-blocked"),
            (131, "activesync.account-disabled"),
            (139, "activesync.policy-refused"),
            (140, "activesync.wipe-requested"),
            (142, "activesync.policy-refused"),
            (177, "activesync.too-many-devices"),
            (6, "activesync.folder-sync-failed"),
            (178, "activesync.status"),
        ] {
            assert_eq!(by_number(SessionAsk::FolderSync, number), code, "{number}");
        }
        let open = SessionAsk::Open { folder: "5".to_owned() };
        assert_eq!(by_number(open.clone(), 9), "activesync.quota");
        assert_eq!(by_number(open, 5), "activesync.status");
        assert_eq!(by_number(SessionAsk::Acknowledge, 5), "activesync.policy-refused");
    }

    #[test]
    fn ms_ashttp_each_http_status_has_its_finding() {
        let of = |status, headers: &[(&str, &str)]| {
            let response = Response {
                status,
                headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
                body: Body { text: String::new(), length: 0, truncated: false },
            };
            by_http(&endpoint(), &step(SessionAsk::FolderSync), &response).code.id
        };
        assert_eq!(of(403, &[]), "activesync.user-disabled");
        assert_eq!(of(404, &[("x-caserrorcode", "MailboxGuidWithDomainNotFound")]), "activesync.no-mailbox");
        assert_eq!(of(404, &[]), "activesync.folder-sync-failed");
        assert_eq!(of(449, &[]), "activesync.policy-refused");
        assert_eq!(of(451, &[("x-ms-location", "https://a.corp.example/x")]), "activesync.wrong-mailbox-server");
        assert_eq!(of(456, &[]), "activesync.account-disabled");
        assert_eq!(of(500, &[]), "activesync.folder-sync-failed");
        assert_eq!(of(503, &[("x-ms-asthrottle", "RecentCommands")]), "activesync.throttled");
        assert_eq!(of(503, &[("retry-after", "30")]), "activesync.throttled");
        assert_eq!(of(503, &[]), "activesync.store-offline");
        assert_eq!(of(507, &[]), "activesync.quota");
    }

    #[test]
    fn a_mailbox_with_one_message_is_no_quarantine_while_it_has_its_folders() {
        let session = |usual| Session {
            has_usual_folders: usual,
            is_open: true,
            messages: Some(1),
            folders: Some(1),
            ..Session::default()
        };
        assert!(judge(&endpoint(), &session(true)).findings().is_empty());
        assert_eq!(judge(&endpoint(), &session(false)).findings()[0].code.id, "activesync.device-quarantined");
    }
}
