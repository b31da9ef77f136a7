//! Does Autodiscover go every documented road as the specifications have it, and tell each attempt?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail")]

#[path = "support/looked.rs"]
mod looked;
#[path = "support/record.rs"]
mod record;

use exdiag::cli::rehearse;
use exdiag::evidence::{
    Body, Content, Credential, DnsAnswer, DnsSeen, Evidence, FailKind, Failure, Header, HttpOutcome, HttpProbe,
    HttpSeen, Method, NoAnswer, Phase, Probe, Record, RecordData, RecordType, ResourceRecord, Response, Seen, SignIn,
    Subject, Token, View,
};
use exdiag::finding::{Lang, Owner, Severity, Status};
use exdiag::lab::{LabOptions, find};
use exdiag::protocol::autodiscover::{self, Reason, Step, Walk, srv_targets};
use exdiag::protocol::endpoint;
use exdiag::report::{FailOn, Report, TextStyle, Verbosity, Wording, write_text};
use serde_json::Value;

const SUB: &str = "https://autodiscover.corp.example/autodiscover/autodiscover.xml";

type Answer<'a> = dyn Fn(&Probe) -> Option<Seen> + 'a;

/// What the network answers to a question, as a test plans it; what it does not plan is not there.
struct Plan<'a> {
    subject: Subject,
    answer: Box<Answer<'a>>,
}

impl<'a> Plan<'a> {
    fn new(answer: impl Fn(&Probe) -> Option<Seen> + 'a) -> Self {
        let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
        subject.selected = vec!["autodiscover".to_owned()];
        Self { subject, answer: Box::new(answer) }
    }

    /// The evidence of the check, and how many requests it took.
    fn evidence(&self) -> Evidence {
        let header = Header {
            started_at: "2026-11-22T20:00:00Z".parse().unwrap(),
            subject: self.subject.clone(),
            name_servers: vec!["192.0.2.53:53".to_owned()],
            proxy: None,
            stores: vec!["system".to_owned()],
        };
        let mut evidence = Evidence::new(header);
        loop {
            let view = View::new(&evidence);
            let _ = (exdiag::checks::find("autodiscover").unwrap().run)(&view);
            let wanted = view.wanted();
            if wanted.is_empty() {
                return evidence;
            }
            assert!(evidence.records.len() < 1000, "it never stops asking");
            for probe in wanted {
                let seen = (self.answer)(&probe).unwrap_or_else(|| match &probe {
                    Probe::Dns { .. } => dns(Vec::new()),
                    Probe::Http(_) => failed(Phase::Connect, FailKind::Refused),
                    other => panic!("nobody planned {other}"),
                });
                evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 30, after: None });
            }
        }
    }

    fn walk(&self) -> Walk {
        autodiscover::walk(&View::new(&self.evidence())).unwrap().unwrap()
    }

    fn report(&self) -> Report {
        worded(&exdiag::replay(self.evidence()), Lang::En)
    }
}

fn worded(diagnosis: &exdiag::Diagnosis, lang: Lang) -> Report {
    diagnosis.report(Wording { lang, fail_on: FailOn::Fail })
}

fn dns(answers: Vec<RecordData>) -> Seen {
    let answers = answers.into_iter().map(|data| ResourceRecord { name: "x".to_owned(), ttl: 300, data }).collect();
    let answer = DnsAnswer {
        server: "192.0.2.53:53".to_owned(),
        transport: "udp".to_owned(),
        rcode: "NOERROR".to_owned(),
        authoritative: false,
        authentic: false,
        answers,
        authority: Vec::new(),
        additional: Vec::new(),
        extended_errors: Vec::new(),
    };
    Seen::Dns(DnsSeen { answer: Some(answer), failures: Vec::new() })
}

fn service(priority: u16, weight: u16, port: u16, target: &str) -> RecordData {
    RecordData::Srv { priority, weight, port, target: target.to_owned() }
}

fn seen(outcome: HttpOutcome) -> Seen {
    Seen::Http(HttpSeen {
        address: Some("203.0.113.7".parse().unwrap()),
        tried: Vec::new(),
        verified: Some(true),
        client_certificate_requested: false,
        credential_sent: None,
        outcome,
        timing: exdiag::evidence::http::Timing::default(),
    })
}

fn failed(phase: Phase, kind: FailKind) -> Seen {
    seen(HttpOutcome::Failed(Failure::new(phase, kind)))
}

fn says(status: u16, headers: &[(&str, &str)], text: &str) -> Seen {
    let body = Body { text: text.to_owned(), length: text.len() as u64, truncated: false };
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    seen(HttpOutcome::Response(Response { status, headers, body }))
}

fn moved(status: u16, to: &str) -> Seen {
    says(status, &[("location", to)], "")
}

fn exchange() -> Seen {
    says(
        401,
        &[("server", "Microsoft-IIS/10.0"), ("x-feserver", "EX01"), ("www-authenticate", "Basic realm=\"mail\"")],
        "",
    )
}

/// The answer of `url` alone.
fn at(url: &str, probe: &Probe, answer: impl Fn(&HttpProbe) -> Seen) -> Option<Seen> {
    match probe {
        Probe::Http(http) if http.url == url => Some(answer(http)),
        _ => None,
    }
}

fn codes(report: &Report) -> Vec<(&str, Severity)> {
    let check = report.checks.iter().find(|check| check.id == "autodiscover").unwrap();
    check
        .findings
        .iter()
        .map(|f| (f.code.as_str(), f.severity))
        .filter(|(code, _)| *code != "autodiscover.trace")
        .collect()
}

fn trace(report: &Report) -> Vec<Value> {
    let check = report.checks.iter().find(|check| check.id == "autodiscover").unwrap();
    let trace = check.findings.iter().find(|f| f.code == "autodiscover.trace").unwrap();
    trace.data["attempts"].as_array().unwrap().clone()
}

fn answer_of(records: Vec<RecordData>) -> DnsAnswer {
    match dns(records) {
        Seen::Dns(DnsSeen { answer: Some(answer), .. }) => answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rfc2782_smallest_priority_first() {
    let targets = srv_targets(&answer_of(vec![
        service(20, 0, 443, "last.corp.example"),
        service(10, 5, 443, "second.corp.example"),
        service(0, 0, 443, "first.corp.example"),
        service(10, 5, 443, "second.corp.example"),
    ]));
    assert_eq!(targets, ["first.corp.example", "second.corp.example", "last.corp.example"]);
}

#[test]
fn rfc2782_of_equal_priorities_the_larger_weight_is_the_likelier() {
    let targets =
        srv_targets(&answer_of(vec![service(0, 1, 443, "a.corp.example"), service(0, 60, 443, "b.corp.example")]));
    assert_eq!(targets, ["b.corp.example", "a.corp.example"]);
}

#[test]
fn rfc2782_a_target_of_a_dot_is_no_service() {
    assert!(srv_targets(&answer_of(vec![service(0, 0, 443, "")])).is_empty());
}

#[test]
fn srv_only_port_443_for_outlook() {
    let records = vec![service(0, 0, 8443, "odd.corp.example"), service(10, 0, 443, "mail.corp.example")];
    assert_eq!(srv_targets(&answer_of(records)), ["mail.corp.example"]);
}

#[test]
fn a_zone_with_a_thousand_targets_does_not_make_a_thousand_requests() {
    let many = (0..1000).map(|n| service(n, 0, 443, &format!("m{n}.corp.example"))).collect::<Vec<_>>();
    let plan = Plan::new(|probe| match probe {
        Probe::Dns { rtype: RecordType::Srv, .. } => Some(dns(many.clone())),
        _ => None,
    });
    assert_eq!(plan.walk().attempts.iter().filter(|attempt| attempt.step == Step::Srv).count(), 4);
}

#[test]
fn every_status_that_redirects_keeps_the_post() {
    for status in [301, 302, 303, 307, 308] {
        let to = "https://mail.corp.example/autodiscover/autodiscover.xml";
        let plan = Plan::new(|probe| {
            at(SUB, probe, |_| moved(status, to)).or_else(|| {
                at(to, probe, |http| {
                    let is_post = http.method == Method::Post && matches!(http.content, Content::PoxMobilesync { .. });
                    if is_post { exchange() } else { says(405, &[], "") }
                })
            })
        });
        assert_eq!(plan.walk().winner().unwrap().probe.url, to, "{status}");
    }
}

#[test]
fn exchangelib_ends_after_ten_hops_and_so_do_we_with_all_of_them_told() {
    let hop = |n: u32| format!("https://autodiscover.corp.example/autodiscover/autodiscover.xml?hop={n}");
    let plan = Plan::new(|probe| match probe {
        Probe::Http(http) if http.url.starts_with(SUB) => {
            let n = http.url.rsplit('=').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            Some(moved(302, &hop(n + 1)))
        }
        _ => None,
    });
    let walk = plan.walk();
    let last = walk.attempts.iter().rfind(|attempt| attempt.step == Step::Subdomain).unwrap();
    assert_eq!((&last.reason, walk.hops(last).count()), (&Reason::TooManyHops, 11));
    let report = plan.report();
    let finding = report.checks.iter().flat_map(|c| &c.findings).find(|f| f.code == "autodiscover.redirect-loop");
    assert_eq!(finding.unwrap().data["hops"].as_array().unwrap().len(), 11);
}

#[test]
fn a_v2_answer_that_leads_back_says_that_the_mailbox_is_not_there_and_is_no_loop() {
    let plan = Plan::new(|probe| match probe {
        Probe::Http(http) if http.url.contains("autodiscover.json") => {
            let back = if http.url.contains("//autodiscover.corp.example") {
                "outlook.office365.com"
            } else {
                "autodiscover.corp.example"
            };
            Some(moved(
                302,
                &format!("https://{back}/autodiscover/autodiscover.json?Email=a&Protocol=ActiveSync&RedirectCount=2"),
            ))
        }
        Probe::Http(http) if http.url == SUB => Some(exchange()),
        _ => None,
    });
    let walk = plan.walk();
    assert!(walk.attempts.iter().any(|attempt| matches!(attempt.reason, Reason::NotHosted { .. })));
    assert!(codes(&plan.report()).iter().all(|(_, severity)| *severity == Severity::Info));
}

#[test]
fn mx_at_the_cloud_and_nothing_else_asks_the_cloud_by_its_own_name() {
    for (exchanger, host) in [
        ("corp-example.mail.protection.outlook.com", "autodiscover-s.outlook.com"),
        ("corp-example.mail.protection.partner.outlook.cn", "autodiscover-s.partner.outlook.cn"),
    ] {
        let plan = Plan::new(|probe| match probe {
            Probe::Dns { rtype: RecordType::Mx, .. } => {
                Some(dns(vec![RecordData::Mx { preference: 0, exchange: exchanger.to_owned() }]))
            }
            Probe::Http(http) if http.url.contains(host) => Some(says(
                200,
                &[],
                "{\"Protocol\":\"ActiveSync\",\"Url\":\"https://outlook.office365.com/Microsoft-Server-ActiveSync\"}",
            )),
            _ => None,
        });
        let evidence = plan.evidence();
        let walk = autodiscover::walk(&View::new(&evidence)).unwrap().unwrap();
        assert_eq!(walk.cloud.as_deref(), Some("https://outlook.office365.com/Microsoft-Server-ActiveSync"), "{host}");
        assert!(walk.won.is_none(), "the domain's own records lead nowhere");
    }
}

#[test]
fn no_parent_domain_and_no_top_level_domain_is_ever_asked() {
    let mut plan = Plan::new(|_| None);
    plan.subject.mailbox = Some("anna@a.b.example".parse().unwrap());
    let evidence = plan.evidence();
    let walk = autodiscover::walk(&View::new(&evidence)).unwrap().unwrap();
    assert!(walk.attempts.iter().all(|a| a.host == "a.b.example" || a.host == "autodiscover.a.b.example"));
}

#[test]
fn what_is_over_http_is_anonymous_and_names_no_mailbox() {
    let evidence = Plan::new(|_| None).evidence();
    let plain: Vec<_> =
        evidence.records.keys().filter_map(|p| if let Probe::Http(h) = p { Some(h) } else { None }).collect();
    let plain: Vec<_> = plain.into_iter().filter(|http| http.url.starts_with("http://")).collect();
    assert_eq!(plain.len(), 1);
    assert!(plain[0].content == Content::Empty && !plain[0].url.contains("anna"));
}

#[test]
fn hostile_answers_are_findings_and_no_more_than_that() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><Autodiscover>&c;</Autodiscover>";
    let deep = "<a>".repeat(20_000);
    let long = format!(
        "<Autodiscover><Response><Error><ErrorCode>500</ErrorCode><Message>{}</Message></Error></Response></Autodiscover>",
        "x".repeat(60_000)
    );
    let script = "<Autodiscover><Response><Error><ErrorCode>500</ErrorCode><Message>\u{1b}]0;owned\u{7}&lt;script&gt;alert(1)&lt;/script&gt;\u{202e}</Message></Error></Response></Autodiscover>";
    for (body, code) in [
        (bomb, "autodiscover.malformed-answer"),
        (deep.as_str(), "autodiscover.malformed-answer"),
        ("\u{fffd}\u{fffd}\u{fffd}", "autodiscover.malformed-answer"),
        (long.as_str(), "autodiscover.error-answer"),
        (script, "autodiscover.error-answer"),
    ] {
        let plan = Plan::new(|probe| at(SUB, probe, |_| says(200, &[("server", "\u{1b}[31mx")], body)));
        let report = plan.report();
        assert_eq!(codes(&report)[0], (code, Severity::Fail), "{}", &body[..20.min(body.len())]);
        let mut text = Vec::new();
        colored::control::set_override(false);
        for lang in [Lang::En, Lang::De] {
            let style = TextStyle { lang, verbosity: Verbosity::Verbose };
            write_text(&worded(&exdiag::replay(plan.evidence()), lang), style, &mut text).unwrap();
        }
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
        assert!(serde_json::to_string(&report.checks).unwrap().len() < 100_000);
    }
}

#[test]
fn a_redirect_that_is_longer_than_any_client_follows_ends_the_road() {
    let long = format!("https://mail.corp.example/autodiscover/autodiscover.xml?{}", "x".repeat(60_000));
    let plan = Plan::new(|probe| at(SUB, probe, |_| moved(302, &long)));
    assert_eq!(codes(&plan.report())[0], ("autodiscover.malformed-answer", Severity::Fail));
}

#[test]
fn ms_oxdscli_500_to_a_token_of_an_application_says_that_one_of_a_user_is_wanted() {
    let error = "<Autodiscover><Response><Error><ErrorCode>500</ErrorCode><Message>The email address can't be found.</Message></Error></Response></Autodiscover>";
    let bearer = [("x-feserver", "EX01"), ("www-authenticate", "Bearer client_id=\"x\"")];
    let mut plan = Plan::new(|probe| {
        at(SUB, probe, |http| match http.sign_in {
            SignIn::Given => says(200, &[], error),
            _ => says(401, &bearer, ""),
        })
    });
    plan.subject.credential = Some(Credential::Token);
    let report = plan.report();
    let finding =
        report.checks.iter().flat_map(|c| &c.findings).find(|f| f.code == "autodiscover.error-answer").unwrap();
    assert!(finding.detail.contains("token of an application"), "{}", finding.detail);
    assert_eq!(finding.remediation.as_ref().unwrap().owner, Owner::Entra);

    // whose token it is may stand in the token
    let steps = |plan: &Plan, code: &str| {
        let report = plan.report();
        let finding = report.checks.into_iter().flat_map(|check| check.findings).find(|f| f.code == code);
        finding.map(|finding| format!("{:?}", finding.remediation.unwrap())).unwrap_or_default()
    };
    plan.subject.token = Some(Token { kind: Some("app".to_owned()), app: Some("2b1d".to_owned()), ..Token::default() });
    let app_only = steps(&plan, "autodiscover.app-only-token");
    assert!(app_only.contains("exdiag login anna@corp.example --client-id 2b1d"), "{app_only}");
    assert_eq!(steps(&plan, "autodiscover.error-answer"), "");
    plan.subject.token = Some(Token { scopes: vec!["EAS.AccessAsUser.All".to_owned()], ..Token::default() });
    assert!(steps(&plan, "autodiscover.error-answer").contains("Set-Mailbox ALIAS"));
    assert_eq!(steps(&plan, "autodiscover.app-only-token"), "");
}

#[test]
fn where_none_leads_on_who_answers_over_https_counts_before_who_answers_on_port_80() {
    let srv = "https://mail.corp.example/autodiscover/autodiscover.xml";
    let plan = |is_exchange_there: bool| {
        Plan::new(move |probe| match probe {
            Probe::Dns { rtype: RecordType::Srv, .. } => Some(dns(vec![service(0, 0, 443, "mail.corp.example")])),
            Probe::Http(http) if http.url.starts_with("http://") => Some(says(404, &[("server", "nginx")], "")),
            _ if is_exchange_there => at(srv, probe, |_| says(404, &[("x-feserver", "EX01")], "")),
            _ => None,
        })
    };
    for (is_exchange_there, host, owner) in
        [(true, "mail.corp.example", Owner::Exchange), (false, "autodiscover.corp.example", Owner::Dns)]
    {
        let report = plan(is_exchange_there).report();
        let found =
            report.checks.iter().flat_map(|c| &c.findings).find(|f| f.code == "autodiscover.not-found").unwrap();
        assert_eq!(found.subject.host.as_deref(), Some(host));
        assert_eq!(found.remediation.as_ref().unwrap().owner, owner);
    }
}

#[test]
fn a_single_401_among_several_addresses_is_not_a_wrong_password() {
    // guide on Autodiscover errors: one of them says nothing of the others
    let root = "https://corp.example/autodiscover/autodiscover.xml";
    let plan = Plan::new(|probe| {
        at(root, probe, |_| says(401, &[("www-authenticate", "Basic realm=\"web\"")], ""))
            .or_else(|| at(SUB, probe, |_| exchange()))
    });
    assert!(
        codes(&plan.report()).iter().all(|(_, severity)| *severity == Severity::Info),
        "{:?}",
        codes(&plan.report())
    );
}

#[test]
fn exchangelib_1112_one_that_hangs_keeps_no_other_from_winning_and_is_told() {
    let root = "https://corp.example/autodiscover/autodiscover.xml";
    let plan = Plan::new(|probe| {
        at(root, probe, |_| failed(Phase::Connect, FailKind::Timeout)).or_else(|| at(SUB, probe, |_| exchange()))
    });
    assert_eq!(plan.walk().winner().unwrap().step, Step::Subdomain);
    assert_eq!(codes(&plan.report()), [("autodiscover.slow", Severity::Warn)]);
}

#[test]
fn eas_4_tbsync_160_a_404_of_the_xml_says_nothing_of_the_json() {
    let json = "{\"Protocol\":\"ActiveSync\",\"Url\":\"https://mail.corp.example/Microsoft-Server-ActiveSync\"}";
    let plan = Plan::new(|probe| match probe {
        Probe::Http(http) if http.url.contains("Protocol=ActiveSync") => Some(says(200, &[], json)),
        Probe::Http(http) if http.url == SUB => Some(says(404, &[], "")),
        _ => None,
    });
    assert_eq!(plan.walk().winner().unwrap().step, Step::Json);
}

#[test]
fn thunderbird_trusts_no_redirect_to_http_and_neither_do_we() {
    for status in [301, 302, 307] {
        let plan = Plan::new(|probe| {
            at(SUB, probe, |_| moved(status, "http://mail.corp.example/autodiscover/autodiscover.xml"))
        });
        assert_eq!(codes(&plan.report())[0], ("autodiscover.redirect-insecure", Severity::Fail));
    }
}

#[test]
fn a_server_that_says_no_http_is_told_as_such() {
    let plan = Plan::new(|probe| at(SUB, probe, |_| failed(Phase::Request, FailKind::Malformed)));
    assert_eq!(codes(&plan.report())[0], ("autodiscover.malformed-answer", Severity::Fail));
}

async fn rehearsed(name: &str) -> exdiag::Diagnosis {
    rehearse(find(name).unwrap(), LabOptions::default()).await.unwrap().0
}

#[tokio::test]
async fn at_the_deadline_every_hang_is_named_with_its_phase_and_the_exit_code_is_3() {
    let diagnosis = rehearsed("everything-hangs").await;
    let report = worded(&diagnosis, Lang::En);
    assert_eq!((report.exit_code, report.status), (3, Status::Inconclusive));
    let phase_of = |step: &str| {
        let attempts = trace(&report);
        let attempt = attempts.iter().find(|attempt| attempt["step"] == step).unwrap().clone();
        assert_eq!(attempt["reason"], "hung", "{attempt}");
        attempt["why"]["en"].as_str().unwrap().split(" when").next().unwrap().to_owned()
    };
    assert_eq!(phase_of("subdomain"), "still in the TLS handshake");
    assert_eq!(phase_of("http-redirect"), "the request was sent and still without an answer");
    assert_eq!(phase_of("srv"), "the request was sent and still without an answer");
    // where the system takes connections that nobody reads, it is the handshake
    assert!(["still connecting", "still in the TLS handshake"].contains(&phase_of("root-domain").as_str()));
    let check = report.checks.iter().find(|check| check.id == "autodiscover").unwrap();
    let reason = check.reason.as_ref().unwrap();
    let v2 = "https://autodiscover.corp.example/autodiscover/autodiscover.json";
    for host in ["https://corp.example/", "http://autodiscover.corp.example/", "https://mail.corp.example/", v2] {
        assert!(reason.contains(host), "{reason}");
    }
    assert!(
        diagnosis.evidence.records.values().any(|record| matches!(record.seen, Seen::NoAnswer(NoAnswer::Hung { .. })))
    );
}

#[tokio::test]
async fn a_v2_that_hangs_is_a_remark_with_its_phase_once_the_older_autodiscover_has_answered() {
    let report = worded(&rehearsed("healthy-v2-hangs").await, Lang::En);
    assert_eq!((report.exit_code, report.status), (0, Status::Pass));
    let told = trace(&report).into_iter().find(|attempt| attempt["step"] == "v2").unwrap();
    assert_eq!((&told["verdict"], &told["reason"]), (&"noteworthy".into(), &"hung".into()));
    let why = told["why"]["en"].as_str().unwrap();
    assert!(why.starts_with("the request was sent and still without an answer, and was not waited for"), "{why}");
    // the same where its own time was over before
    let plan = Plan::new(|probe| match probe {
        Probe::Http(http) if http.url == SUB => Some(exchange()),
        Probe::Http(http) if http.url.contains(".json?") => Some(failed(Phase::Request, FailKind::Timeout)),
        _ => None,
    });
    let report = plan.report();
    let told = trace(&report).into_iter().find(|attempt| attempt["step"] == "v2").unwrap();
    assert_eq!((&told["verdict"], &told["reason"]), (&"noteworthy".into(), &"silent".into()));
    assert_eq!((report.exit_code, codes(&report)), (0, vec![]));
}

#[tokio::test]
async fn every_attempt_is_told_with_what_answered_and_why_in_both_languages() {
    let diagnosis = rehearsed("healthy-signed-in").await;
    let attempts = trace(&worded(&diagnosis, Lang::De));
    let of = |step: &str| attempts.iter().rfind(|attempt| attempt["step"] == step).unwrap().clone();
    let won = attempts.iter().find(|attempt| attempt["verdict"] == "won").unwrap();
    assert_eq!(
        (&won["step"], &won["product"], &won["body"]),
        (&"subdomain".into(), &"Exchange Server".into(), &"autodiscover".into())
    );
    assert_eq!(won["dns"]["addresses"][0], "203.0.113.7");
    assert!(won["timing"]["handshake_ms"].is_u64() && won["verified"] == true && won["signed_in"] == true);
    assert_eq!(
        (of("root-domain")["server"].as_str(), of("root-domain")["body"].as_str()),
        (Some("nginx"), Some("html"))
    );
    // the other ways of asking lead to the same server
    let ews = "https://mail.corp.example/EWS/Exchange.asmx";
    for step in ["outlook", "soap", "v2-ews"] {
        assert_eq!(of(step)["detail"], ews, "{step}");
    }
    assert_eq!(of("v2-autodiscoverv1")["detail"], "https://autodiscover.corp.example/autodiscover/autodiscover.xml");
    let view = View::new(&diagnosis.evidence);
    assert_eq!(endpoint::told_ews(&view).unwrap().unwrap().url, ews);
    assert!(attempts.iter().all(|attempt| !attempt["why"]["de"].as_str().unwrap().is_empty()));
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_whatever_ways_of_asking_there_are() {
    let (_, journal) = rehearse(find("wrong-password").unwrap(), LabOptions::default()).await.unwrap();
    assert_eq!(journal.iter().filter(|entry| entry.credential).count(), 1, "{journal:#?}");
}

#[tokio::test]
async fn the_text_is_folded_to_the_attempts_that_matter_and_whole_where_asked_for() {
    colored::control::set_override(false);
    let diagnosis = rehearsed("redirect-loop").await;
    let text = |verbosity| {
        let mut out = Vec::new();
        write_text(&worded(&diagnosis, Lang::En), TextStyle { lang: Lang::En, verbosity }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let (normal, verbose) = (text(Verbosity::Normal), text(Verbosity::Verbose));
    assert!(normal.contains("fault: leads back to\n          https://autodiscover.corp.example/"), "{normal}");
    assert!(normal.contains("more: exdiag autodiscover anna@corp.example"), "{normal}");
    assert!(!normal.contains("as usual: "), "{normal}");
    assert!(verbose.contains("as usual: ") && verbose.matches("POST https://").count() > 2, "{verbose}");
}

#[tokio::test]
async fn hints_say_which_clients_they_matter_to_and_are_no_more_than_hints() {
    for (name, code) in [
        ("healthy-root-certificate", "autodiscover.root-domain-certificate"),
        ("healthy-root-page", "autodiscover.web-host-answers"),
        ("healthy-srv", "autodiscover.only-by-fallback"),
        ("healthy-redirect", "autodiscover.only-by-fallback"),
        ("healthy-v2-alone", "autodiscover.only-by-fallback"),
        ("healthy-without-soap", "autodiscover.soap-not-available"),
        ("healthy-v2-without-activesync", "autodiscover.v2-not-available"),
        ("healthy-alias-domain", "autodiscover.redirect-foreign-domain"),
        ("healthy-z-push", "autodiscover.not-exchange"),
        ("healthy-sogo", "autodiscover.not-exchange"),
        ("healthy-ews-inside-alone", "autodiscover.ews-external-url-missing"),
    ] {
        let report = worded(&rehearsed(name).await, Lang::En);
        assert!(codes(&report).contains(&(code, Severity::Info)), "{name}: {:?}", codes(&report));
    }
    for name in ["healthy", "healthy-outlook-inside-alone"] {
        assert!(codes(&worded(&rehearsed(name).await, Lang::En)).is_empty(), "{name}");
    }
}

#[tokio::test]
async fn of_a_certificate_that_is_not_accepted_the_trace_says_why() {
    let report = worded(&rehearsed("healthy-root-certificate").await, Lang::En);
    let root = trace(&report).into_iter().find(|attempt| attempt["step"] == "root-domain").unwrap();
    assert_eq!(
        (&root["certificate"]["fault"], &root["certificate"]["names"][0]),
        (&"other-name".into(), &"www.hoster.example".into())
    );
    let check = report.checks.iter().find(|check| check.id == "autodiscover").unwrap();
    let hint = check.findings.iter().find(|f| f.code == "autodiscover.root-domain-certificate").unwrap();
    assert_eq!(hint.title, "The certificate of the web site of corp.example is for another name");
    assert!(hint.detail.contains("Outlook") && hint.detail.contains("sync service"), "{}", hint.detail);
}

#[tokio::test]
async fn what_the_lab_shows_is_recorded() {
    for (case, name) in [
        ("autodiscover-slow", "slow-root"),
        ("autodiscover-path-case", "path-case"),
        ("autodiscover-ews-url-unusable", "ews-internal"),
        ("autodiscover-healthy-root-certificate", "healthy-root-certificate"),
        ("autodiscover-healthy-without-soap", "healthy-without-soap"),
        ("autodiscover-healthy-alias-domain", "healthy-alias-domain"),
        ("autodiscover-healthy-all-ways-signed-in", "healthy-signed-in"),
        ("autodiscover-redirect-address-loop", "redirect-to-itself"),
        ("autodiscover-provider-missing", "provider-missing"),
        ("autodiscover-soap-busy", "soap-busy"),
        ("autodiscover-ews-external-url-missing", "ews-external-missing"),
        ("autodiscover-healthy-ews-inside-alone", "healthy-ews-inside-alone"),
        ("autodiscover-healthy-outlook-inside-alone", "healthy-outlook-inside-alone"),
        ("autodiscover-healthy-v2-hangs", "healthy-v2-hangs"),
        ("autodiscover-everything-hangs", "everything-hangs"),
    ] {
        let evidence = looked::at(&rehearsed(name).await, &["dns", "autodiscover"]);
        assert!(!evidence.records.is_empty());
        record::record(case, &evidence);
    }
}
