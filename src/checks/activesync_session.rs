//! Can a device sync this mailbox: does a whole ActiveSync session work?
//!
//! Owns what a server says to whoever has signed in: policy, device, folders, the Inbox, and how long an
//! idle connection lives. What OPTIONS already tells is for `activesync`, and whether the credentials hold
//! for `auth-status`.

pub mod expiry;
pub mod exports;
mod idle;
pub mod numbers;
mod reasons;
mod statuses;
mod words;

pub use words::FINDINGS;

use super::common;
use super::common::mailbox::{about, throttled, wrong_server};
use crate::evidence::{Credential, HttpSeen, Probe, Response, Stop, View};
use crate::finding::{Code, Finding, Outcome, Sentence, Severity};
use crate::protocol::endpoint::{Endpoint, Origin, endpoint};
use crate::protocol::front::{self, Product};
use crate::protocol::session::{self, DEVICE_ID, DEVICE_TYPE, Ended, Kind, Reply, Session, Step, command};
use crate::protocol::{eas, trusted};
use crate::text;
use exports::join;
use serde_json::{Value, json};
use words::{DEVICE_LEFT, DEVICE_QUARANTINED, QUERY_BLOCKED, SINGLE_MESSAGE, of_cloud};

/// Judges.
pub fn check(view: &View<'_>) -> Result<Outcome, Stop> {
    join(view, on_the_wire(view)?)
}

fn on_the_wire(view: &View<'_>) -> Result<Outcome, Stop> {
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
            return match next(view, &endpoint, response) {
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
    match moved.and_then(|(step, response)| Some((step, response, next(view, &endpoint, response)?))) {
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

/// The other server that a 451 names, if the credentials may go there (contract, section 5).
fn next(view: &View<'_>, from: &Endpoint, response: &Response) -> Option<Endpoint> {
    let subject = view.subject();
    let next = Endpoint::parse(response.header("x-ms-location")?, Origin::Pox)?;
    let is_refused = subject.credential == Some(Credential::Password) && trusted::is_microsoft(&next.host);
    (next.url != from.url && trusted::may_receive(subject, &next.host) && !is_refused).then_some(next)
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
        findings.extend(expiry::told(self, session));
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
        if session.has_usual_folders {
            return Some(self.device(&SINGLE_MESSAGE));
        }
        let shown = json!({"en": "as the session suggests", "de": "wie die Sitzung vermuten lässt"});
        let mut finding = self.device(&DEVICE_QUARANTINED).with("shown", shown);
        if trusted::is_microsoft(&self.endpoint.host) {
            finding = of_cloud(finding);
        }
        Some(if self.is_exchange() { finding } else { finding.severity(Severity::Info) })
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
        if !session.folder_list.is_empty() {
            left = left.with("folder_list", folder_list(session));
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
        look.is_some_and(statuses::is_marked)
    }

    /// A finding about exdiag's device.
    fn device(&self, code: &'static Code) -> Finding {
        about(code, self.endpoint)
            .with("device_id", DEVICE_ID)
            .with("device_type", DEVICE_TYPE)
            .with("device", json!({"en": "exdiag's device", "de": "das Gerät von exdiag"}))
            .with("shown", json!({"en": "as the session shows", "de": "wie die Sitzung zeigt"}))
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
}

/// The folders by kind; of the usual ones, whose names everybody has, the name too.
fn folder_list(session: &Session<'_>) -> Vec<Value> {
    let told = session.folder_list.iter().map(|folders| {
        let (count, kind) = (folders.count, folders.kind_name());
        match &folders.name {
            Some(name) => json!({"count": count, "kind": kind, "name": name}),
            None => json!({"count": count, "kind": kind}),
        }
    });
    told.collect()
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
            "over {version}: {folders} {folders|folder|folders}, the newest message seen is of {newest}, the policy is confirmed",
            "über {version}: {folders} Ordner, die neueste gesehene Nachricht ist vom {newest}, die Richtlinie ist bestätigt",
        ),
        (Some(_), false) => text!(
            "over {version}: {folders} {folders|folder|folders}, the newest message seen is of {newest}, no policy",
            "über {version}: {folders} Ordner, die neueste gesehene Nachricht ist vom {newest}, keine Richtlinie",
        ),
        (None, true) => text!(
            "over {version}: {folders} {folders|folder|folders}, no message told, the policy is confirmed",
            "über {version}: {folders} Ordner, keine Nachricht genannt, die Richtlinie ist bestätigt",
        ),
        (None, false) => text!(
            "over {version}: {folders} {folders|folder|folders}, no message told, no policy",
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
        Body, Evidence, FailKind, Failure, Header, HttpOutcome, HttpProbe, Method, Phase, Record, Seen, SessionAsk,
        Subject,
    };
    use crate::finding::{Lang, Status};

    pub(super) fn endpoint() -> Endpoint {
        Endpoint::parse("https://mail.corp.example/Microsoft-Server-ActiveSync", Origin::User).unwrap()
    }

    pub(super) fn response(status: u16, headers: &[(&str, &str)]) -> Response {
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
    pub(super) fn evidence() -> Evidence {
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

    pub(super) fn step(ask: SessionAsk) -> Step<'static> {
        let probe = HttpProbe::new(Method::Post, "https://mail.corp.example/Microsoft-Server-ActiveSync");
        Step { probe, ask, seen: None, ended: Ended::Well(Reply::default()) }
    }

    fn judged(session: &Session<'_>) -> Outcome {
        let (evidence, endpoint) = (evidence(), endpoint());
        At { view: &View::new(&evidence), endpoint: &endpoint }.judge(session)
    }

    #[test]
    fn contract_5_a_451_is_followed_only_to_where_the_credentials_may_go() {
        let mut evidence = evidence();
        let leads = |evidence: &Evidence, url: &str| {
            next(&View::new(evidence), &endpoint(), &response(451, &[("x-ms-location", url)])).map(|next| next.host)
        };
        let some = |host: &str| Some(host.to_owned());
        let (own, foreign, cloud) =
            ("https://mail2.corp.example/x", "https://mail.hoster.example/x", "https://outlook.office365.com/x");
        evidence.header.subject.credential = Some(Credential::Password);
        assert_eq!(leads(&evidence, own), some("mail2.corp.example"));
        assert_eq!(leads(&evidence, &endpoint().url), None, "it names itself");
        for url in [foreign, cloud, "http://mail2.corp.example/x", "https://corp.example.evil.example/x", "/x"] {
            assert_eq!(leads(&evidence, url), None, "{url}");
        }
        evidence.header.subject.allow_hosts = vec!["mail.hoster.example".to_owned()];
        assert_eq!(leads(&evidence, foreign), some("mail.hoster.example"));
        evidence.header.subject.credential = Some(Credential::Token);
        assert_eq!(leads(&evidence, cloud), some("outlook.office365.com"));
        assert_eq!(next(&View::new(&evidence), &endpoint(), &response(451, &[])), None);
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
        // of a server that is not known as Exchange nobody has told that it does so
        let (mut evidence, endpoint) = (evidence(), endpoint());
        evidence.records.clear();
        let outcome = At { view: &View::new(&evidence), endpoint: &endpoint }.judge(&session(false, 1));
        assert_eq!(outcome.findings()[0].code.id, "activesync.device-quarantined");
        assert_eq!((outcome.findings()[0].severity, outcome.status()), (Severity::Info, Status::Pass));
    }

    #[test]
    fn in_microsofts_cloud_conditional_access_may_be_what_keeps_the_device_out() {
        let session = Session { is_open: true, messages: Some(1), folders: Some(1), ..Session::default() };
        let remedy = |url: &str| {
            let (evidence, endpoint) = (evidence(), Endpoint::parse(url, Origin::User).unwrap());
            let outcome = At { view: &View::new(&evidence), endpoint: &endpoint }.judge(&session);
            let finding = &outcome.findings()[0];
            assert_eq!(finding.code.id, "activesync.device-quarantined");
            finding.remedy.map(|remedy| remedy.text.en)
        };
        let cloud = remedy("https://outlook.office365.com/Microsoft-Server-ActiveSync").unwrap();
        assert!(cloud.contains("Conditional Access"), "{cloud}");
        assert_eq!(remedy(&endpoint().url), None);
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

        // no connection is none that was cut
        for (phase, kind) in [(Phase::Connect, FailKind::Timeout), (Phase::Handshake, FailKind::Reset)] {
            let seen = seen(HttpOutcome::Failed(Failure::new(phase, kind)), 0);
            let idle = Some(Step { seen: Some(&seen), ended: Ended::Failed(&seen), ..step(ask.clone()) });
            let outcome = judged(&Session { is_open: true, idle, ..Session::default() });
            assert_eq!(outcome.findings()[0].code.id, "activesync.unavailable", "{phase:?}");
        }
        // MS-ASCMD, Status 5: a server that wants to be left alone for longer
        let reply = Reply { status: Some(5), heartbeat: Some(1210), ..Reply::default() };
        let idle = Some(Step { ended: Ended::Refused(reply), ..step(ask.clone()) });
        let outcome = judged(&Session { is_open: true, idle, ..Session::default() });
        let Outcome::Inconclusive { reason, findings } = &outcome else { panic!("{outcome:?}") };
        assert!(findings.is_empty());
        assert!(reason.say(Lang::En).contains("--idle-test 21"), "{reason:?}");

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
