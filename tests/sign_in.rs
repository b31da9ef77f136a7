//! Is whoever cannot sign in told what helps where that was said: in the cloud, with a token, with this app?

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/pki.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod pki;
#[path = "support/scene.rs"]
#[expect(dead_code, reason = "this file needs a part of it")]
mod scene;

use exdiag::evidence::http::Timing;
use exdiag::evidence::{
    Body, Credential, Evidence, HeldBack, HttpOutcome, HttpProbe, HttpSeen, NoAnswer, Probe, Record, Response, Seen,
    ServiceProbe, SignIn, View,
};
use exdiag::finding::Lang;
use exdiag::protocol::pox;
use exdiag::report::{FailOn, FindingReport, Report, Wording, read};
use scene::Scene;
use std::fs;
use std::net::IpAddr;
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence")
}

/// The report of a recorded case.
fn report(name: &str, lang: Lang) -> Report {
    report_of(recorded(name), lang)
}

fn recorded(name: &str) -> Evidence {
    read(&fs::read(folder().join(name)).unwrap()).unwrap().remove(0)
}

fn report_of(evidence: Evidence, lang: Lang) -> Report {
    let diagnosis = exdiag::replay(evidence);
    exdiag::report::report(&diagnosis.verdict(), Wording { lang, fail_on: FailOn::Fail })
}

fn finding<'a>(report: &'a Report, code: &str) -> &'a FindingReport {
    report.checks.iter().flat_map(|check| &check.findings).find(|finding| finding.code == code).unwrap()
}

fn commands(finding: &FindingReport) -> String {
    let told = finding.remediation.iter().flat_map(|remediation| &remediation.commands);
    told.map(|command| command.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_entra_id_says_is_not_mended_in_active_directory() {
    for (name, code, number, words) in [
        (
            "auth-account-blocked-in-entra.json",
            "auth.account-blocked",
            "AADSTS50053",
            "Unterlassen Sie weitere Versuche",
        ),
        ("auth-password-expired-in-entra.json", "auth.password-expired", "AADSTS50055", "https://portal.office.com"),
        ("auth-audience-in-entra.json", "auth.token-audience", "AADSTS500011", "Dienstprinzipals"),
    ] {
        let german = report(name, Lang::De);
        let found = finding(&german, code);
        let summary = &found.remediation.as_ref().unwrap().summary;
        assert!(summary.contains(words), "{name}: {summary}");
        let commands = commands(found);
        assert_eq!(commands, format!("exdiag explain {number}"), "{name}");
    }
    let audience = report("auth-audience-in-entra.json", Lang::En);
    assert_eq!(finding(&audience, "auth.token-audience").data.get("audience").unwrap(), "https://mail.corp.example");
}

#[test]
fn whoever_came_with_a_token_is_asked_for_no_password() {
    let mut with_token = 0;
    for file in fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        if !fs::read_to_string(folder().join(&name)).unwrap().contains("\"credential\": \"token\"") {
            continue;
        }
        for found in report(&name, Lang::En).checks.iter().flat_map(|check| &check.findings) {
            let commands = commands(found);
            assert!(!commands.contains("--ask-password"), "{name}: {}: {commands}", found.code);
            with_token += usize::from(commands.contains("--token-file"));
        }
    }
    assert!(with_token > 5, "{with_token}");
}

#[test]
fn the_command_for_a_new_token_names_the_app_of_the_old_one() {
    const APP: &str = "--client-id 2b1d1f2e-0000-4000-8000-000000000001";
    for (name, code) in [
        ("auth-token-expired-by-its-claims.json", "auth.token-expired"),
        ("auth-token-audience-by-its-claims.json", "auth.token-audience"),
        ("auth-token-scope.json", "auth.token-scope"),
        ("auth-token-of-somebody-else.json", "auth.token-other-account"),
        ("auth-token-rejected-without-a-word.json", "auth.token-rejected"),
        ("auth-token-claims-challenge.json", "auth.token-rejected"),
    ] {
        let commands = commands(finding(&report(name, Lang::De), code));
        assert!(commands.contains(APP), "{name}: {commands}");
    }
}

#[test]
fn a_server_that_trusts_every_tenant_trusts_the_domains_own() {
    let text = fs::read_to_string(folder().join("auth-issuer-not-trusted.json")).unwrap();
    let has = |text: &str| {
        let report = report_of(read(text.as_bytes()).unwrap().remove(0), Lang::En);
        report.checks.iter().flat_map(|check| &check.findings).any(|found| found.code == "auth.issuer-not-trusted")
    };
    let (one, own) = ("6f1d1f2e-0000-4000-8000-000000000000", "7C1F0D2E-5b0a-4a53-9f5e-2d6a1c3b4e5f");
    assert!(text.contains(&format!("@{one}")) && has(&text));
    assert!(!has(&text.replace(&format!("@{one}"), "@*")));
    assert!(!has(&text.replace(&format!("@{one}"), &format!("@{own}"))), "a GUID is the same in any case");
}

#[test]
fn a_token_of_a_personal_account_is_anothers_where_the_domain_is_a_companys() {
    const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
    let mut evidence = recorded("auth-token-of-somebody-else.json");
    let token = evidence.header.subject.token.as_mut().unwrap();
    token.tenant = Some(PERSONAL.to_owned());
    token.user = Some("anna@corp.example".to_owned());
    let other = |evidence: &Evidence| {
        let report = report_of(evidence.clone(), Lang::En);
        let mut all = report.checks.iter().flat_map(|check| &check.findings);
        all.find(|found| found.code == "auth.token-other-account").map(|found| found.data["other"].clone())
    };
    assert_eq!(other(&evidence), None, "nobody knows whose domain it is");
    let realm = recorded("auth-issuer-not-trusted.json").records;
    evidence.records.extend(realm.into_iter().filter(|(probe, _)| probe.to_string().contains("microsoftonline")));
    assert_eq!(other(&evidence).unwrap()["en"], "a personal account");
}

/// What the check of the sign-in finds where these are the answers.
fn found(credential: Credential, answers: impl Fn(&HttpProbe) -> Seen) -> Vec<&'static str> {
    const CHECK: &str = "auth-status";
    let mut scene = Scene::of("mail.corp.example", scene::NOW, &[CHECK]);
    (scene.evidence.header.subject.server, scene.evidence.header.subject.credential) = (None, Some(credential));
    let address: IpAddr = scene::A.parse().unwrap();
    let evidence = scene.answered(&[CHECK], |probe| match probe {
        Probe::Dns { name, rtype } => {
            let addresses: &[IpAddr] = if name.starts_with('_') { &[] } else { &[address] };
            Some(scene::resolved(name, *rtype, addresses))
        }
        Probe::Tls { .. } => Some(Seen::Tls(scene::shown(&[], scene::agreed()))),
        Probe::Http(http) => Some(answers(http)),
        _ => None,
    });
    let (finished, _) = exdiag::runner::judge(exdiag::checks::ALL, evidence);
    let judged = finished.checks.into_iter().find(|judged| judged.id == CHECK).unwrap();
    judged.outcome.findings().iter().map(|finding| finding.code.id).collect()
}

fn answer(status: u16, headers: &[(&str, &str)], text: &str) -> Seen {
    Seen::Http(HttpSeen {
        address: scene::A.parse().ok(),
        tried: Vec::new(),
        verified: Some(true),
        client_certificate_requested: false,
        credential_sent: None,
        outcome: HttpOutcome::Response(Response {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
        }),
        timing: Timing::default(),
    })
}

const BASIC: &[(&str, &str)] = &[("x-feserver", "EX01"), ("www-authenticate", "Basic realm=\"x\"")];
const PAGE: &[(&str, &str)] = &[("server", "nginx"), ("content-type", "text/html")];

#[test]
fn a_refusal_of_the_sign_in_goes_before_an_answer_that_is_unclear() {
    let moved = pox::render(&pox::Answer::RedirectAddress { address: "anna@sub.corp.example".to_owned() });
    let found = found(Credential::Password, |http| match (http.url.as_str(), http.sign_in) {
        ("https://corp.example/autodiscover/autodiscover.xml", _) => {
            answer(200, &[("content-type", "text/xml")], &moved)
        }
        ("https://autodiscover.corp.example/autodiscover/autodiscover.xml", SignIn::Given) => answer(403, PAGE, ""),
        (url, _) if url.contains("corp.example/autodiscover/autodiscover.xml") => answer(401, BASIC, ""),
        _ => answer(404, PAGE, ""),
    });
    assert!(found.contains(&"auth.rejected") && !found.contains(&"auth.answer-unclear"), "{found:?}");
}

#[test]
fn that_a_token_was_refused_elsewhere_is_not_hidden_by_an_answer_that_is_unclear() {
    let bearer = "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", authorization_uri=\"https://login.windows.net/common/oauth2/authorize\"";
    let offers = &[("x-feserver", "EX01"), ("www-authenticate", bearer)];
    let found = found(Credential::Token, |http| match (http.url.as_str(), http.sign_in) {
        ("https://autodiscover.corp.example/autodiscover/autodiscover.xml", SignIn::Given) => answer(403, PAGE, ""),
        (url, SignIn::Given) if url.ends_with("/Microsoft-Server-ActiveSync") => {
            Seen::NoAnswer(NoAnswer::HeldBack { rule: HeldBack::SignInRefused })
        }
        (url, _) if url.contains("Protocol=ActiveSync") => {
            answer(200, &[], r#"{"Url":"https://mail.corp.example/Microsoft-Server-ActiveSync"}"#)
        }
        (url, _) if url.starts_with("https://corp.example/") => answer(404, PAGE, ""),
        (url, _) if url.contains("corp.example") => answer(401, offers, ""),
        _ => answer(404, PAGE, ""),
    });
    assert!(found.contains(&"auth.token-rejected") && !found.contains(&"auth.answer-unclear"), "{found:?}");
}

#[test]
fn g1_a_grant_that_the_service_calls_invalid_is_not_used_to_ask_for_mail() {
    let mut evidence = recorded("sync-grant-invalid.json");
    loop {
        let view = View::new(&evidence);
        let _ = (exdiag::checks::find("auth-status").unwrap().run)(&view);
        let wanted = view.wanted();
        if wanted.is_empty() {
            break;
        }
        for probe in wanted {
            assert!(!matches!(probe, Probe::Service(ServiceProbe::NewestMessage { .. })), "{probe}");
            let seen = Seen::NoAnswer(NoAnswer::NotRecorded);
            evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 0, after: None });
        }
    }
}
