//! Can a device sync this mailbox: does a whole ActiveSync session work?
//!
//! Owns what a server says to whoever has signed in: policy, device, folders, the Inbox, and how long an
//! idle connection lives. What OPTIONS already tells is for `activesync`, and whether the credentials hold
//! for `auth-status`.

mod idle;
mod words;

pub use words::FINDINGS;

use super::common;
use super::common::mailbox::{
    ACCOUNT_BLOCKED, NO_MAILBOX, PASSWORD_EXPIRED, THROTTLED, UNAVAILABLE, USER_DISABLED, WRONG_MAILBOX_SERVER, about,
    throttled, unavailable, wrong_server,
};
use crate::evidence::{Credential, HttpSeen, Probe, Response, SessionAsk, Stop, View};
use crate::finding::{Code, Finding, Outcome, Owner, Sentence, Severity};
use crate::protocol::endpoint::{Endpoint, Origin, endpoint};
use crate::protocol::front::{self, Product};
use crate::protocol::session::{self, DEVICE_ID, DEVICE_TYPE, Ended, Kind, Reply, Session, Step, status};
use crate::protocol::{eas, trusted};
use crate::text;
use words::{
    ACCOUNT_DISABLED, COMMANDS_BLOCKED, DEVICE_BLOCKED, DEVICE_LEFT, DEVICE_QUARANTINED, FOLDER_SYNC_FAILED,
    POLICY_REFUSED, QUERY_BLOCKED, QUOTA, SIGN_IN_LOST, SINGLE_MESSAGE, STATUS, STORE_OFFLINE, SYNC_STATE,
    TOO_MANY_DEVICES, WIPE_REQUESTED,
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
    let met = match meet(view, &endpoint)? {
        Met::Not(outcome) => return Ok(outcome),
        // `activesync` tells of it
        Met::Moved(response) => {
            return match next(view, response) {
                Some(next) => followed(view, &next, Vec::new()),
                None => Ok(common::see_check("activesync")),
            };
        }
        Met::Ready(offer) => offer,
    };
    let Some(session) = session::walk(view, &endpoint, &met)? else { return Ok(common::see_check("activesync")) };
    let moved = session.broken().and_then(|step| match step.ended {
        Ended::Http(response) if response.status == 451 => Some((step, response)),
        _ => None,
    });
    match moved.and_then(|(step, response)| Some((step, response, next(view, response)?))) {
        Some((step, response, next)) => {
            let told = wrong_server(&endpoint, response).seen_in(&Probe::Http(step.probe.clone()));
            followed(view, &next, vec![told])
        }
        None => Ok(At { view, endpoint: &endpoint }.judge(&session)),
    }
}

/// What OPTIONS says to whoever signs in.
enum Met<'a> {
    /// A session can begin.
    Ready(eas::Offer),
    /// The mailbox is elsewhere.
    Moved(&'a Response),
    /// No session can begin, and why.
    Not(Outcome),
}

fn meet<'a>(view: &View<'a>, endpoint: &Endpoint) -> Result<Met<'a>, Stop> {
    let Some(options) = eas::signed_in(view, endpoint)? else { return Ok(Met::Not(common::see_check("auth-status"))) };
    let response = match view.http(&options)? {
        Ok(seen) => seen.response(),
        Err(why) => return Ok(Met::Not(common::unanswered(why))),
    };
    let anonymous = view.http(&eas::options(endpoint))?.ok().and_then(HttpSeen::response);
    let asking = anonymous.map_or(Product::Unknown, |anonymous| front::recognise(anonymous).product);
    Ok(match response.map(|response| (response, eas::offer(response))) {
        Some((response, _)) if front::is_intercepted(asking, response) => Met::Not(common::see_check("auth-status")),
        Some((response, _)) if matches!(response.status, 401 | 456 | 457) => Met::Not(common::see_check("auth-status")),
        Some((response, _)) if response.status == 451 => Met::Moved(response),
        Some((response, offer)) if response.status == 200 && session::version(&offer).is_some() => Met::Ready(offer),
        _ => Met::Not(common::see_check("activesync")),
    })
}

/// The server that a 451 names, if the credentials may go there (contract, section 5).
fn next(view: &View<'_>, response: &Response) -> Option<Endpoint> {
    let subject = view.subject();
    let next = Endpoint::parse(response.header("x-ms-location")?, Origin::Pox)?;
    let is_refused = subject.credential == Some(Credential::Password) && trusted::is_microsoft(&next.host);
    (trusted::may_receive(subject, &next.host) && !is_refused).then_some(next)
}

/// The session at the server that the first one names. One that sends on again is not followed.
fn followed(view: &View<'_>, next: &Endpoint, mut told: Vec<Finding>) -> Result<Outcome, Stop> {
    let session = match meet(view, next)? {
        Met::Ready(offer) => session::walk(view, next, &offer)?,
        Met::Moved(_) | Met::Not(_) => None,
    };
    let Some(session) = session else {
        let reason = Sentence::new(text!(
            "the server sends on to {next}, where no session could begin",
            "der Server verweist auf {next}, wo keine Sitzung beginnen konnte",
        ))
        .with("next", next.host.as_str());
        return Ok(Outcome::Inconclusive { reason, findings: told });
    };
    Ok(match (At { view, endpoint: next }).judge(&session) {
        Outcome::Checked { note, findings } => {
            told.extend(findings);
            Outcome::Checked { note, findings: told }
        }
        Outcome::Inconclusive { reason, findings } => {
            told.extend(findings);
            Outcome::Inconclusive { reason, findings: told }
        }
        other => other,
    })
}

/// Where a session went.
struct At<'v, 'a> {
    view: &'v View<'a>,
    endpoint: &'v Endpoint,
}

impl At<'_, '_> {
    fn judge(&self, session: &Session<'_>) -> Outcome {
        let mut findings = Vec::new();
        let mut reason = None;
        if let Some(plain) = &session.plain {
            findings.push(self.query_blocked(plain));
        }
        if let Some(step) = session.broken() {
            match self.fault(step) {
                Ok(finding) => findings.push(finding),
                Err(why) => reason = Some(why),
            }
        } else if !session.is_open {
            reason = Some(Sentence::new(text!(
                "the server lists folders, but no Inbox among them",
                "der Server nennt Ordner, aber keinen Posteingang",
            )));
        } else {
            findings.extend(self.seeming_quarantine(session));
            findings.extend(self.throttled(session));
        }
        if let Some(step) = &session.idle {
            match idle::judge(self, step) {
                Ok(finding) => findings.push(finding),
                Err(why) => reason = Some(why),
            }
        }
        if session.left_a_device() {
            findings.push(self.left(session));
        }
        match reason {
            Some(reason) => Outcome::Inconclusive { reason, findings },
            None => Outcome::checked(note(session), findings),
        }
    }

    /// What is wrong at a step that failed; else why nobody knows.
    fn fault(&self, step: &Step<'_>) -> Result<Finding, Sentence> {
        match &step.ended {
            Ended::Unasked(why) => Err(common::why_unanswered(why)),
            Ended::Well(reply) | Ended::Refused(reply) => Ok(self.by_status(step, reply, None)),
            Ended::Http(response) => {
                let reply = Reply::recorded(&response.body.text);
                let tells = reply.kind == Kind::Document && reply.telling_status().is_some_and(|told| told.number != 1);
                Ok(if tells {
                    self.by_status(step, &reply, Some(response.status))
                } else {
                    self.by_http(step, response)
                })
            }
            Ended::Failed(seen) => Ok(self.unheard(step, seen)),
        }
    }

    /// What a device in quarantine gets is documented: a single message. That it sees hardly a folder is
    /// not, but no mailbox of Exchange lacks both a calendar and a folder for sent mail.
    fn seeming_quarantine(&self, session: &Session<'_>) -> Option<Finding> {
        if session.messages != Some(1) {
            return None;
        }
        Some(if session.has_usual_folders {
            self.device(&SINGLE_MESSAGE)
        } else if self.is_exchange() {
            self.device(&DEVICE_QUARANTINED)
        } else {
            self.device(&DEVICE_QUARANTINED).severity(Severity::Info)
        })
    }

    /// The first answer that says, though good, that the server slows the device down.
    fn throttled(&self, session: &Session<'_>) -> Option<Finding> {
        session.steps.iter().find_map(|step| {
            let response = step.seen?.response()?;
            Some(throttled(self.endpoint, response)?.seen_in(&Probe::Http(step.probe.clone())))
        })
    }

    fn query_blocked(&self, plain: &Step<'_>) -> Finding {
        let status = match &plain.ended {
            Ended::Http(response) => response.status,
            _ => 0,
        };
        self.of_step(&QUERY_BLOCKED, plain, format!("HTTP {status}")).with("status", status)
    }

    fn left(&self, session: &Session<'_>) -> Finding {
        let policy = match (session.has_policy, session.wants_password) {
            (false, _) => "none",
            (true, false) => "confirmed",
            (true, true) => "confirmed-wants-password",
        };
        let mut left = self.device(&DEVICE_LEFT).with("protocol", session.version.as_str()).with("policy", policy);
        if let Some(folders) = session.folders {
            left = left.with("folders", folders);
        }
        if let Some(newest) = &session.newest {
            left = left.with("newest_message", newest.as_str()).with("newest_of_all", session.is_newest_of_all);
        }
        left
    }

    /// Whether the server's answer to OPTIONS was marked as Exchange's.
    fn is_exchange(&self) -> bool {
        let options = eas::options(self.endpoint);
        let look = self.view.http(&options).ok().and_then(Result::ok).and_then(HttpSeen::response);
        look.is_some_and(is_marked)
    }

    /// A finding about exdiag's device.
    fn device(&self, code: &'static Code) -> Finding {
        about(code, self.endpoint).with("device_id", DEVICE_ID).with("device_type", DEVICE_TYPE)
    }

    /// A finding about a step, and what came of it.
    fn of_step(&self, code: &'static Code, step: &Step<'_>, result: impl Into<String>) -> Finding {
        let finding = self.device(code).with("command", command(&step.ask)).with("result", result.into());
        // MS-ASHTTP: a short text about the cause
        let said = step.seen.and_then(HttpSeen::response).and_then(|response| response.header("x-ms-diagnostics"));
        let finding = match said {
            Some(said) => finding.with("diagnostics", said),
            None => finding,
        };
        finding.seen_in(&Probe::Http(step.probe.clone()))
    }

    /// MS-ASHTTP 2.2.2.1.1: what a status other than 200 means to one who has signed in.
    fn by_http(&self, step: &Step<'_>, response: &Response) -> Finding {
        let status = response.status;
        let of = |code| self.of_step(code, step, format!("HTTP {status}")).with("status", status);
        let evidence = |finding: Finding| finding.seen_in(&Probe::Http(step.probe.clone()));
        let user = session::user(self.view).unwrap_or_default();
        let error = response.header("x-caserrorcode").unwrap_or_default();
        let retry = response.header("retry-after");
        let is_foreign =
            front::is_block_page(response) || (self.is_exchange() && !is_marked(response) && !is_windows(response));
        match status {
            401 => of(&SIGN_IN_LOST),
            300..=399 => of(&COMMANDS_BLOCKED),
            400 | 403..=406 | 410..=417 | 501 if is_foreign => of(&COMMANDS_BLOCKED),
            403 => of(&USER_DISABLED),
            404 if error == "MailboxGuidWithDomainNotFound" => of(&NO_MAILBOX).with("error", error),
            449 => of(&POLICY_REFUSED),
            451 => evidence(wrong_server(self.endpoint, response)),
            456 => of(&ACCOUNT_BLOCKED).with("user", user),
            457 => of(&PASSWORD_EXPIRED).with("user", user),
            507 => of(&QUOTA),
            429 => of(&THROTTLED).with("reason", "HTTP 429"),
            502..=504 => match (throttled(self.endpoint, response), retry) {
                (Some(finding), _) => evidence(finding),
                (None, Some(retry)) => of(&THROTTLED).with("reason", format!("Retry-After: {retry}")),
                // Exchange itself says so: what fails lies behind it
                (None, None) if status == 503 && is_marked(response) => of(&STORE_OFFLINE),
                (None, None) => evidence(unavailable(self.endpoint, response)).with("command", command(&step.ask)),
            },
            500 => of(&FOLDER_SYNC_FAILED),
            _ => of(&STATUS),
        }
    }

    /// MS-ASCMD 2.2.2: what a status in the document means; `http` where that came with another one
    /// than 200.
    fn by_status(&self, step: &Step<'_>, reply: &Reply, http: Option<u16>) -> Finding {
        let told = reply.telling_status();
        let result = match (reply.kind, told) {
            (Kind::Empty, _) => "HTTP 200, 0 bytes".to_owned(),
            (Kind::Foreign, _) => "HTTP 200, no WBXML".to_owned(),
            (Kind::Document, Some(told)) => {
                let status = format!("{} {}", told.number, status::name(&step.ask, told));
                http.map_or_else(|| status.clone(), |http| format!("HTTP {http}, {status}"))
            }
            (Kind::Document, None) => "no Status".to_owned(),
        };
        let number = told.map(|told| told.number).unwrap_or_default();
        let of = |code| self.of_step(code, step, result.clone()).with("status", number);
        let error = told.map(|told| status::name(&step.ask, told)).unwrap_or_default();
        let is_policy = matches!(step.ask, SessionAsk::Provision | SessionAsk::Acknowledge);
        let is_sync = matches!(step.ask, SessionAsk::Open { .. } | SessionAsk::Newest { .. });
        let is_folder_sync = step.ask == SessionAsk::FolderSync;
        if reply.wipe.is_some() || number == 140 {
            return of(&WIPE_REQUESTED);
        }
        match (reply.kind, number) {
            // the server has a policy, and nothing that it could tell this device of it
            (Kind::Empty, _) if is_policy => of(&POLICY_REFUSED),
            (Kind::Empty | Kind::Foreign, _) => of(&COMMANDS_BLOCKED),
            (_, 113 | 115) => of(&QUOTA),
            (_, 9) if is_sync => of(&QUOTA),
            (_, 114) => of(&STORE_OFFLINE),
            (_, 123 | 125) => of(&NO_MAILBOX).with("error", error),
            (_, 124) => of(&SIGN_IN_LOST),
            (_, 126 | 130) => of(&USER_DISABLED),
            // the server that serves it is not named
            (_, 127 | 128) => of(&WRONG_MAILBOX_SERVER).with("next", "SERVER"),
            (_, 129) => of(&DEVICE_BLOCKED),
            (_, 131) => of(&ACCOUNT_DISABLED),
            (_, 132 | 134..=136) => of(&SYNC_STATE),
            (_, 3) if is_sync => of(&SYNC_STATE),
            (_, 9) if is_folder_sync => of(&SYNC_STATE),
            (_, 139 | 141..=145) => of(&POLICY_REFUSED),
            (_, 177) => of(&TOO_MANY_DEVICES),
            (_, 3..=5) if is_policy && told.is_some_and(|told| told.is_inner) => of(&POLICY_REFUSED),
            (_, 110 | 112) => of(&FOLDER_SYNC_FAILED),
            (_, 6 | 10..=12) if is_folder_sync => of(&FOLDER_SYNC_FAILED),
            _ => of(&STATUS),
        }
    }

    /// The connection ended without an answer, although OPTIONS was answered.
    fn unheard(&self, step: &Step<'_>, seen: &HttpSeen) -> Finding {
        let silent = seen.failure().is_some_and(crate::evidence::Failure::is_silence);
        let (kind, owner) = if silent { ("hangs", Owner::Exchange) } else { ("cut", Owner::Network) };
        let result = if silent { "timeout" } else { "connection closed" };
        self.of_step(&UNAVAILABLE, step, result).owner(owner).with("kind", kind)
    }
}

/// Whether an answer has the marks of Exchange.
fn is_marked(response: &Response) -> bool {
    front::recognise(response).product.is_exchange()
}

/// Whether Windows itself answered, below any module of Exchange.
fn is_windows(response: &Response) -> bool {
    response.header("server").is_some_and(|server| server.starts_with("Microsoft-"))
}

const fn command(ask: &SessionAsk) -> &'static str {
    session::command(ask)
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
            "over {version}: {folders} folders, the newest message seen is of {newest}, the policy is confirmed",
            "über {version}: {folders} Ordner, die neueste gesehene Nachricht ist vom {newest}, die Richtlinie ist bestätigt",
        ),
        (Some(_), false) => text!(
            "over {version}: {folders} folders, the newest message seen is of {newest}, no policy",
            "über {version}: {folders} Ordner, die neueste gesehene Nachricht ist vom {newest}, keine Richtlinie",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::http::Timing;
    use crate::evidence::{
        Body, Evidence, FailKind, Failure, Header, HttpOutcome, HttpProbe, Method, Phase, Record, Seen, Subject,
    };
    use crate::finding::Status;

    fn endpoint() -> Endpoint {
        Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::User).unwrap()
    }

    fn response(status: u16, headers: &[(&str, &str)]) -> Response {
        Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: String::new(), length: 0, truncated: false },
        }
    }

    fn seen(outcome: HttpOutcome, response_ms: u64) -> HttpSeen {
        HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: None,
            outcome,
            timing: Timing { response_ms: Some(response_ms), ..Timing::default() },
        }
    }

    /// Evidence of a server that is known as Exchange.
    fn evidence() -> Evidence {
        let mut evidence = Evidence::new(Header {
            started_at: jiff::Timestamp::UNIX_EPOCH,
            subject: Subject::mailbox("anna@corp.example".parse().unwrap()),
            name_servers: Vec::new(),
            proxy: None,
            stores: Vec::new(),
        });
        let options = seen(HttpOutcome::Response(response(401, &[("x-feserver", "EX01")])), 9);
        let record = Record { seen: Seen::Http(options), at_ms: 0, took_ms: 9, after: None };
        evidence.records.insert(Probe::Http(eas::options(&endpoint())), record);
        evidence
    }

    fn step(ask: SessionAsk) -> Step<'static> {
        let probe = HttpProbe::new(Method::Post, "https://mail.corp.example/Microsoft-Server-ActiveSync");
        Step { probe, ask, seen: None, ended: Ended::Well(Reply::default()) }
    }

    fn by_reply(ask: SessionAsk, reply: &Reply) -> &'static str {
        let (evidence, endpoint) = (evidence(), endpoint());
        At { view: &View::new(&evidence), endpoint: &endpoint }.by_status(&step(ask), reply, None).code.id
    }

    fn by_number(ask: SessionAsk, number: u16) -> &'static str {
        by_reply(ask, &Reply { status: Some(number), ..Reply::default() })
    }

    fn judged(session: &Session<'_>) -> Outcome {
        let (evidence, endpoint) = (evidence(), endpoint());
        At { view: &View::new(&evidence), endpoint: &endpoint }.judge(session)
    }

    #[test]
    fn ms_ascmd_each_status_has_its_finding() {
        for (number, code) in [
            (108, "activesync.status"),
            (110, "activesync.folder-sync-failed"),
            (111, "activesync.status"),
            (112, "activesync.folder-sync-failed"),
            (113, "activesync.quota"),
            (114, "activesync.store-offline"),
            (115, "activesync.quota"),
            (123, "activesync.no-mailbox"),
            (124, "activesync.sign-in-lost"),
            (125, "activesync.no-mailbox"),
            (126, "activesync.user-disabled"),
            (127, "activesync.wrong-mailbox-server"),
            (128, "activesync.wrong-mailbox-server"),
            (129, "activesync.device-blocked"),
            (130, "activesync.user-disabled"),
            (131, "activesync.account-disabled"),
            (132, "activesync.sync-state"),
            (133, "activesync.status"),
            (136, "activesync.sync-state"),
            (137, "activesync.status"),
            (139, "activesync.policy-refused"),
            (140, "activesync.wipe-requested"),
            (141, "activesync.policy-refused"),
            (142, "activesync.policy-refused"),
            (145, "activesync.policy-refused"),
            (177, "activesync.too-many-devices"),
            (6, "activesync.folder-sync-failed"),
            (9, "activesync.sync-state"),
            (178, "activesync.status"),
        ] {
            assert_eq!(by_number(SessionAsk::FolderSync, number), code, "{number}");
        }
        let open = SessionAsk::Open { folder: "5".to_owned() };
        assert_eq!(by_number(open.clone(), 9), "activesync.quota");
        assert_eq!(by_number(open.clone(), 3), "activesync.sync-state");
        assert_eq!(by_number(open, 5), "activesync.status");
    }

    #[test]
    fn ms_asprov_a_policy_is_refused_by_its_own_status_not_by_that_of_the_command() {
        let inner = |inner| Reply { status: Some(1), inner: Some(inner), ..Reply::default() };
        assert_eq!(by_reply(SessionAsk::Acknowledge, &inner(5)), "activesync.policy-refused");
        assert_eq!(by_number(SessionAsk::Provision, 3), "activesync.status");
        let empty = Reply { kind: Kind::Empty, ..Reply::default() };
        assert_eq!(by_reply(SessionAsk::Provision, &empty), "activesync.policy-refused");
        assert_eq!(by_reply(SessionAsk::FolderSync, &empty), "activesync.commands-blocked");
    }

    #[test]
    fn ms_ashttp_each_http_status_has_its_finding() {
        let of = |status, headers: &[(&str, &str)]| {
            let (evidence, endpoint, response) = (evidence(), endpoint(), response(status, headers));
            let at = At { view: &View::new(&evidence), endpoint: &endpoint };
            at.by_http(&step(SessionAsk::FolderSync), &response).code.id
        };
        let exchange = ("x-feserver", "EX01");
        assert_eq!(of(401, &[]), "activesync.sign-in-lost");
        assert_eq!(of(403, &[exchange]), "activesync.user-disabled");
        assert_eq!(of(403, &[("server", "Microsoft-IIS/10.0")]), "activesync.user-disabled");
        assert_eq!(of(403, &[("server", "Apache")]), "activesync.commands-blocked");
        let error = ("x-caserrorcode", "MailboxGuidWithDomainNotFound");
        assert_eq!(of(404, &[exchange, error]), "activesync.no-mailbox");
        assert_eq!(of(404, &[exchange]), "activesync.status");
        assert_eq!(of(405, &[]), "activesync.commands-blocked");
        assert_eq!(of(302, &[("location", "/my.policy")]), "activesync.commands-blocked");
        assert_eq!(of(449, &[]), "activesync.policy-refused");
        assert_eq!(of(451, &[("x-ms-location", "https://a.corp.example/x")]), "activesync.wrong-mailbox-server");
        assert_eq!(of(456, &[]), "auth.account-blocked");
        assert_eq!(of(457, &[]), "auth.password-expired");
        assert_eq!(of(500, &[]), "activesync.folder-sync-failed");
        assert_eq!(of(503, &[("x-ms-asthrottle", "RecentCommands")]), "activesync.throttled");
        assert_eq!(of(503, &[("retry-after", "30")]), "activesync.throttled");
        assert_eq!(of(503, &[exchange]), "activesync.store-offline");
        assert_eq!(of(503, &[("server", "Microsoft-HTTPAPI/2.0")]), "activesync.unavailable");
        assert_eq!(of(504, &[("server", "nginx")]), "activesync.unavailable");
        assert_eq!(of(507, &[]), "activesync.quota");
    }

    #[test]
    fn a_status_in_a_document_counts_whatever_the_http_status() {
        let (evidence, endpoint) = (evidence(), endpoint());
        let reply = Reply { status: Some(112), ..Reply::default() };
        let mut response = response(500, &[]);
        response.body.text = reply.record();
        let step = Step { ended: Ended::Http(&response), ..step(SessionAsk::FolderSync) };
        let at = At { view: &View::new(&evidence), endpoint: &endpoint };
        let finding = at.fault(&step).unwrap();
        assert_eq!(finding.data["result"], "HTTP 500, 112 ActiveDirectoryAccessDenied");
    }

    #[test]
    fn a_mailbox_with_one_message_is_no_quarantine_while_it_has_its_folders() {
        let session = |usual, messages| Session {
            has_usual_folders: usual,
            is_open: true,
            messages: Some(messages),
            folders: Some(1),
            ..Session::default()
        };
        assert!(judged(&session(true, 2)).findings().is_empty());
        let found = |usual| {
            let outcome = judged(&session(usual, 1));
            (outcome.findings()[0].code.id, outcome.findings()[0].severity)
        };
        assert_eq!(found(true), ("activesync.single-message", Severity::Info));
        assert_eq!(found(false), ("activesync.device-quarantined", Severity::Warn));
    }

    #[test]
    fn how_long_an_idle_connection_lived_and_what_ended_it_is_told() {
        let ask = SessionAsk::Ping { folder: "10".to_owned(), heartbeat: 900 };
        let of = |outcome: HttpOutcome, ms: u64| {
            let seen = seen(outcome, ms);
            let ended = match &seen.outcome {
                HttpOutcome::Failed(_) => Ended::Failed(&seen),
                HttpOutcome::Response(response) => Ended::Http(response),
            };
            let idle = Some(Step { seen: Some(&seen), ended, ..step(ask.clone()) });
            let outcome = judged(&Session { is_open: true, idle, ..Session::default() });
            let finding = &outcome.findings()[0];
            let text = |name: &str| finding.data[name].to_string().trim_matches('"').to_owned();
            (finding.code.id, [text("seconds"), text("how"), text("suspect")].join(" "))
        };
        let failed = |kind| HttpOutcome::Failed(Failure::new(Phase::Request, kind));
        let cut = "activesync.idle-cut";
        let nginx = HttpOutcome::Response(response(504, &[("server", "nginx")]));
        assert!(of(nginx, 60_041).1.starts_with("60 HTTP 504 "));
        assert_eq!(of(failed(FailKind::Reset), 300_900), (cut, "300 reset F5 BIG-IP".to_owned()));
        assert_eq!(of(failed(FailKind::Closed), 241_000), (cut, "241 closed Azure Load Balancer".to_owned()));
        assert_eq!(of(failed(FailKind::Timeout), 920_000), (cut, "920 silence -".to_owned()));
        assert_eq!(of(failed(FailKind::Closed), 59_000), (cut, "59 closed -".to_owned()));

        let lived = |status: u16, ms: u64| {
            let seen = seen(HttpOutcome::Response(response(200, &[])), ms);
            let ended = Ended::Well(Reply { status: Some(status), ..Reply::default() });
            let idle = Some(Step { seen: Some(&seen), ended, ..step(ask.clone()) });
            let outcome = judged(&Session { is_open: true, idle, ..Session::default() });
            let seconds = outcome.findings().first().map(|finding| finding.data["seconds"].clone());
            (outcome.status(), seconds)
        };
        assert_eq!(lived(1, 900_200), (Status::Pass, Some(900.into())));
        assert_eq!(lived(2, 700_000), (Status::Pass, Some(700.into())));
        assert_eq!(lived(2, 1_000), (Status::Inconclusive, None), "new mail came");
    }
}
