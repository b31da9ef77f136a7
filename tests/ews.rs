//! Is EWS judged by what it says to the mailbox's user, and asked only where that harms nobody?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/pki.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod pki;
#[path = "support/record.rs"]
mod record;
#[path = "support/scene.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod scene;

use exdiag::evidence::http::Timing;
use exdiag::evidence::{
    Body, Content, Credential, Evidence, FailKind, Failure, HeldBack, HttpOutcome, HttpProbe, HttpSeen, NoAnswer,
    Phase, Probe, Response, Seen, SignIn, View,
};
use exdiag::finding::{Lang, Outcome, Severity, Status};
use exdiag::protocol::ews::{Answer, Reply, render};
use record::record;
use scene::Scene;
use std::net::IpAddr;

const CHECKS: &[&str] = &["activesync", "server-version"];
const HOST: &str = "mail.corp.example";
const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;
const WITH_BASIC: &[(&str, &str)] =
    &[("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM"), ("www-authenticate", "Basic realm=\"x\"")];

fn answer(status: u16, headers: &[(&str, &str)], text: &str) -> HttpOutcome {
    let marks = [("server", "Microsoft-IIS/10.0"), ("x-feserver", "EX01"), ("x-owa-version", "15.2.2562.46")];
    HttpOutcome::Response(Response {
        status,
        headers: marks.iter().chain(headers).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
    })
}

fn says(code: &str, back_off_ms: Option<u64>) -> HttpOutcome {
    soap(200, Answer::Error { code: code.to_owned(), back_off_ms })
}

fn soap(status: u16, said: Answer) -> HttpOutcome {
    answer(status, &[], &render(&Reply { version: Some("15.2.2562.46".to_owned()), answer: said }))
}

/// A run with a password against an Exchange of today whose ActiveSync takes the sign-in so, and whose EWS
/// offers these ways and answers so; the flag says whether it is asked as Outlook.
fn seen(activesync: u16, offers: &[(&str, &str)], ews: impl Fn(bool) -> Result<HttpOutcome, HeldBack>) -> Evidence {
    let mut scene = Scene::of(HOST, "2026-11-22T20:00:00Z", CHECKS);
    scene.evidence.header.subject.credential = Some(Credential::Password);
    let address: IpAddr = "203.0.113.7".parse().unwrap();
    let scene = scene.shows("203.0.113.7", scene::shown(&[], scene::agreed()));
    scene.answered(CHECKS, |probe| {
        let Probe::Http(http) = probe else { return None };
        let outcome = match &http.content {
            Content::EwsInbox { as_outlook, .. } => match ews(*as_outlook) {
                Ok(outcome) => outcome,
                Err(rule) => return Some(Seen::NoAnswer(NoAnswer::HeldBack { rule })),
            },
            _ => anonymous(http, activesync, offers),
        };
        Some(Seen::Http(HttpSeen {
            address: Some(address),
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: (http.sign_in == SignIn::Given).then_some(Credential::Password),
            outcome,
            timing: Timing::default(),
        }))
    })
}

fn anonymous(http: &HttpProbe, activesync: u16, offers: &[(&str, &str)]) -> HttpOutcome {
    let path = url::Url::parse(&http.url).unwrap().path().to_ascii_lowercase();
    let versions = [
        ("ms-server-activesync", "15.2"),
        ("ms-asprotocolversions", "2.5,12.1,14.1,16.0,16.1"),
        (
            "ms-asprotocolcommands",
            "Sync,SendMail,SmartForward,SmartReply,GetAttachment,FolderSync,FolderCreate,FolderDelete,FolderUpdate,MoveItems,GetItemEstimate,MeetingResponse,Search,Settings,Ping,ItemOperations,Provision,ResolveRecipients,ValidateCert",
        ),
    ];
    match path.as_str() {
        "/microsoft-server-activesync" if http.sign_in == SignIn::Given => answer(
            activesync,
            if activesync == 200 { &versions } else { &[("www-authenticate", "Basic realm=\"x\"")] },
            "",
        ),
        "/microsoft-server-activesync" => answer(401, &[("www-authenticate", "Basic realm=\"x\"")], ""),
        path if path.ends_with("/healthcheck.htm") => answer(200, &[], "200 OK<br/>EX01.corp.example"),
        "/owa/" => answer(302, &[("location", "https://mail.corp.example/owa/auth/logon.aspx?url=x&reason=0")], ""),
        "/ews/exchange.asmx" => answer(401, offers, ""),
        _ => answer(401, &[("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM")], ""),
    }
}

fn outcome(evidence: &Evidence) -> Outcome {
    let (finished, _) = exdiag::runner::judge(exdiag::checks::ALL, evidence.clone());
    finished.checks.into_iter().find(|judged| judged.id == "server-version").unwrap().outcome
}

/// Holds a case to its codes, what is told of every server apart, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) {
    let found = outcome(evidence);
    let codes: Vec<_> =
        found.findings().iter().map(|f| (f.code.id, f.severity)).filter(|(id, _)| *id != "server.identified").collect();
    assert_eq!(codes, expected, "{case}");
    record(case, evidence);
}

fn inbox_probes(evidence: &Evidence) -> usize {
    let is_inbox =
        |probe: &&Probe| matches!(probe, Probe::Http(http) if matches!(http.content, Content::EwsInbox { .. }));
    evidence.records.keys().filter(is_inbox).count()
}

#[test]
fn m2_what_ews_says_to_the_user_has_its_cause() {
    let with = |said: HttpOutcome| seen(200, WITH_BASIC, move |_| Ok(said.clone()));
    let good = || soap(200, Answer::Inbox { total: Some(214) });
    expect("ews-healthy-signed-in", &with(good()), &[("server.ews-works", INFO)]);
    let listed = seen(200, WITH_BASIC, |as_outlook| Ok(if as_outlook { good() } else { answer(403, &[], "") }));
    expect("ews-application-blocked", &listed, &[("server.ews-application-blocked", FAIL)]);
    for (case, said, code, severity) in [
        ("ews-disabled", answer(403, &[], ""), "server.ews-disabled", FAIL),
        ("ews-access-denied", says("ErrorAccessDenied", None), "server.ews-disabled", FAIL),
        ("ews-sign-in-refused", answer(401, WITH_BASIC, ""), "server.ews-sign-in-refused", FAIL),
        ("ews-account-blocked", answer(456, &[], ""), "server.ews-account-refused", FAIL),
        ("ews-password-expired", says("ErrorPasswordExpired", None), "server.ews-account-refused", FAIL),
        ("ews-busy", says("ErrorServerBusy", Some(297_749)), "server.ews-busy", WARN),
        ("ews-too-many-connections", says("ErrorExceededConnectionCount", None), "server.ews-busy", WARN),
        ("ews-busy-by-status", answer(503, &[("retry-after", "30")], ""), "server.ews-busy", WARN),
        ("ews-no-mailbox", says("ErrorNonExistentMailbox", None), "server.ews-no-mailbox", FAIL),
        ("ews-store-offline", says("ErrorMailboxStoreUnavailable", None), "server.ews-store-offline", FAIL),
        ("ews-no-inbox", says("ErrorItemNotFound", None), "server.ews-error", FAIL),
        ("ews-moving", says("ErrorMailboxMoveInProgress", None), "server.ews-error", WARN),
        ("ews-transient", says("ErrorInternalServerTransientError", None), "server.ews-error", WARN),
        ("ews-page", answer(200, &[], "<html><h1>Welcome</h1></html>"), "server.ews-error", FAIL),
        ("ews-gateway", answer(503, &[], ""), "server.ews-unavailable", FAIL),
        ("ews-broken", answer(500, &[], "<html>Runtime Error</html>"), "server.ews-unavailable", FAIL),
        (
            "ews-to-owa",
            answer(302, &[("location", "https://mail.corp.example/owa/")], ""),
            "server.ews-redirected",
            FAIL,
        ),
    ] {
        let evidence = with(said);
        expect(case, &evidence, &[(code, severity)]);
        let causes = exdiag::replay(evidence).verdict().causes.iter().map(|c| c.finding.code.id).collect::<Vec<_>>();
        assert_eq!(causes, [code], "{case}");
    }
}

#[test]
fn a_sign_in_that_stays_without_an_answer_is_no_refusal() {
    let cut = |phase| move |_| Ok(HttpOutcome::Failed(Failure::new(phase, FailKind::Timeout)));
    let silent = seen(200, WITH_BASIC, cut(Phase::Request));
    expect("ews-silent-signed-in", &silent, &[("server.ews-unavailable", FAIL)]);
    let unconnected = seen(200, WITH_BASIC, cut(Phase::Connect));
    expect("ews-unconnected-signed-in", &unconnected, &[("server.ews-not-tried", INFO)]);
}

#[test]
fn h5_the_wait_that_the_server_wants_is_told_in_seconds() {
    let busy = seen(200, WITH_BASIC, |_| Ok(says("ErrorServerBusy", Some(297_749))));
    let found = outcome(&busy);
    let finding = found.findings().iter().find(|f| f.code.id == "server.ews-busy").unwrap();
    assert_eq!(finding.data["wait"]["en"], "it wants to be left alone for 298 s");
}

#[test]
fn contract_5_ews_gets_no_sign_in_that_activesync_has_refused_or_that_does_not_fit() {
    let refused = seen(401, WITH_BASIC, |_| panic!("nothing may be sent"));
    assert_eq!(inbox_probes(&refused), 0);
    // a page in between, an account that is blocked, a password that is over
    for status in [302, 456, 457] {
        let refused = seen(status, WITH_BASIC, |_| panic!("nothing may be sent"));
        assert_eq!(inbox_probes(&refused), 0, "{status}");
    }
    let windows = &WITH_BASIC[..2];
    let unfit = seen(200, windows, |_| panic!("nothing may be sent"));
    expect("ews-not-tried-windows", &unfit, &[("server.ews-not-tried", INFO)]);
    assert_eq!(outcome(&unfit).status(), Status::Pass);
    let held = seen(200, WITH_BASIC, |_| Err(HeldBack::ForeignHost));
    expect("ews-not-tried-foreign", &held, &[("server.ews-not-tried", INFO)]);
}

#[test]
fn the_build_is_read_from_the_answer_of_ews_too() {
    let evidence = seen(200, WITH_BASIC, |_| Ok(soap(200, Answer::Inbox { total: None })));
    let found = outcome(&evidence);
    let versions = &found.findings().iter().find(|f| f.code.id == "server.identified").unwrap().data["versions"];
    assert!(versions.to_string().contains("ServerVersionInfo"), "{versions}");
}

/// The same evidence without the signed-in question.
fn without_inbox(mut evidence: Evidence) -> Evidence {
    evidence
        .records
        .retain(|probe, _| !matches!(probe, Probe::Http(http) if matches!(http.content, Content::EwsInbox { .. })));
    evidence
}

#[test]
fn ews_is_asked_once_the_session_is_over() {
    let mut evidence = without_inbox(seen(200, WITH_BASIC, |_| Ok(soap(200, Answer::Inbox { total: None }))));
    let asks = |evidence: &Evidence| {
        let view = View::new(evidence);
        assert!((exdiag::checks::find("server-version").unwrap().run)(&view).is_err());
        let of = |probe: &Probe| match probe {
            Probe::Http(http) => {
                (matches!(http.content, Content::EwsInbox { .. }), matches!(http.content, Content::ActiveSync { .. }))
            }
            _ => (false, false),
        };
        let wanted: Vec<_> = view.wanted().iter().map(of).collect();
        (wanted.iter().any(|(inbox, _)| *inbox), wanted.iter().any(|(_, session)| *session))
    };
    assert_eq!(asks(&evidence), (true, false));
    evidence.header.subject.selected.push("activesync-session".to_owned());
    assert_eq!(asks(&evidence), (false, true));
}

#[test]
fn a_report_of_before_the_question_says_nothing_of_it() {
    let old = without_inbox(seen(200, WITH_BASIC, |_| Ok(soap(200, Answer::Inbox { total: None }))));
    let found = outcome(&old);
    assert!(found.findings().iter().all(|finding| finding.code.id != "server.ews-not-tried"), "{found:?}");
}

#[test]
fn an_ews_that_refuses_the_user_is_none_that_can_be_used() {
    let note = |said: HttpOutcome| match outcome(&seen(200, WITH_BASIC, move |_| Ok(said.clone()))) {
        Outcome::Checked { note, .. } => note.say(Lang::En),
        other => panic!("{other:?}"),
    };
    assert!(note(answer(403, &[], "")).ends_with("without a usable EWS"));
    // a warning is no refusal
    assert!(note(says("ErrorServerBusy", None)).ends_with("with EWS"));
}
