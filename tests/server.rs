//! Is a server told by what it shows, and judged by the calendar of the report?

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
    Body, Content, Credential, Evidence, FailKind, Failure, HttpOutcome, HttpProbe, HttpSeen, Phase, Probe, Response,
    Seen, SignIn,
};
use exdiag::finding::{Finding, Lang, Outcome, Severity, Status};
use record::record;
use scene::Scene;
use std::net::IpAddr;

const CHECK: &str = "server-version";
const HOST: &str = "mail.corp.example";
const ONLINE: &str = "outlook.office365.com";
const TODAY: &str = "2026-11-22T20:00:00Z";
const A: &str = "203.0.113.7";
const B: &str = "203.0.113.8";

const FAIL: Severity = Severity::Fail;
const WARN: Severity = Severity::Warn;
const INFO: Severity = Severity::Info;

type Headers = Vec<(&'static str, &'static str)>;

fn answer(status: u16, headers: &[(&str, &str)], text: &str) -> HttpOutcome {
    HttpOutcome::Response(Response {
        status,
        headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
        body: Body { text: text.to_owned(), length: text.len() as u64, truncated: false },
    })
}

fn path(probe: &HttpProbe) -> String {
    url::Url::parse(&probe.url).unwrap().path().to_ascii_lowercase()
}

/// An Exchange Server as it should be, of that build.
fn exchange(probe: &HttpProbe, build: &'static str) -> HttpOutcome {
    let mut marks: Headers = vec![("server", "Microsoft-IIS/10.0"), ("request-id", "6f0d5b1e"), ("x-feserver", "EX01")];
    if !build.is_empty() {
        marks.push(("x-owa-version", build));
    }
    let with = |more: &[(&'static str, &'static str)]| [marks.clone(), more.to_vec()].concat();
    match path(probe).as_str() {
        "/microsoft-server-activesync" => {
            answer(401, &with(&[("www-authenticate", "Basic realm=\"mail.corp.example\"")]), "")
        }
        path if path.ends_with("/healthcheck.htm") => answer(200, &marks, "200 OK<br/>EX01.corp.example"),
        "/owa/auth/logon.aspx" => answer(200, &marks, "<form><input type=\"password\"></form>"),
        "/owa/" => {
            answer(302, &with(&[("location", "https://mail.corp.example/owa/auth/logon.aspx?url=x&reason=0")]), "")
        }
        _ => answer(401, &with(&[("www-authenticate", "Negotiate"), ("www-authenticate", "NTLM")]), ""),
    }
}

/// The evidence of a run against a server with these addresses.
fn seen(host: &str, at: &str, addresses: &[&str], of: impl Fn(&HttpProbe) -> HttpOutcome) -> Evidence {
    let mut scene = Scene::of(host, at, &[CHECK]);
    let addresses: Vec<IpAddr> = addresses.iter().map(|address| address.parse().unwrap()).collect();
    scene.names(host, &addresses);
    scene.answered(&[CHECK], |probe| {
        let Probe::Http(http) = probe else { return None };
        Some(Seen::Http(HttpSeen {
            address: http.address.or(addresses.first().copied()),
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: None,
            outcome: of(http),
            timing: Timing::default(),
        }))
    })
}

fn outcome(evidence: &Evidence) -> Outcome {
    let (finished, _) = exdiag::runner::judge(exdiag::checks::ALL, evidence.clone());
    finished.checks.into_iter().find(|judged| judged.id == CHECK).unwrap().outcome
}

/// Holds a case to its codes, what is told of every server apart, and records it where it is not yet.
fn expect(case: &str, evidence: &Evidence, expected: &[(&str, Severity)]) -> Vec<Finding> {
    let found = outcome(evidence).findings().to_vec();
    let codes: Vec<_> =
        found.iter().map(|f| (f.code.id, f.severity)).filter(|(id, _)| *id != "server.identified").collect();
    assert_eq!(codes, expected, "{case}");
    record(case, evidence);
    found
}

fn note(evidence: &Evidence) -> String {
    match outcome(evidence) {
        Outcome::Checked { note, .. } => note.say(Lang::En),
        other => panic!("{other:?}"),
    }
}

fn on_premises(at: &str, build: &'static str) -> Evidence {
    seen(HOST, at, &[A], |probe| exchange(probe, build))
}

/// An Exchange of today whose EWS answers so.
fn with_ews(of: impl Fn() -> HttpOutcome) -> Evidence {
    seen(HOST, TODAY, &[A], |probe| match path(probe).as_str() {
        "/ews/exchange.asmx" => of(),
        _ => exchange(probe, "15.2.2562.46"),
    })
}

fn online(probe: &HttpProbe) -> HttpOutcome {
    let bearer = "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", trusted_issuers=\"00000001-0000-0000-c000-000000000000@*\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\",Basic Realm=\"\"";
    assert!(!path(probe).contains("healthcheck"), "of Exchange Online that says nothing");
    answer(
        401,
        &[("x-feserver", "FR0P281CA0001"), ("x-feproxyinfo", "FR0P281CA0001"), ("www-authenticate", bearer)],
        "",
    )
}

#[test]
fn a_server_of_today_is_named_and_there_is_nothing_to_find_fault_with() {
    let se = on_premises(TODAY, "15.2.2562.46");
    let found = expect("server-healthy", &se, &[]);
    assert_eq!(note(&se), "Exchange Server SE RTM Aug26SU (15.2.2562.46), with EWS");
    assert_eq!(found[0].data["inner_names"], serde_json::json!(["EX01.corp.example"]));
    assert_eq!(found[0].data["services"].as_array().unwrap().len(), 6);

    let hosted = seen(ONLINE, TODAY, &["52.97.1.1"], online);
    expect(
        "server-healthy-exchange-online",
        &hosted,
        &[("server.ews-ending", INFO), ("server.activesync-ending", INFO)],
    );

    // what is newer than the table is not called outdated
    expect("server-healthy-beyond-the-table", &on_premises(TODAY, "15.2.2562.58"), &[]);
    // an update of last week is no fault yet
    let fresh = on_premises("2026-08-18T08:00:00Z", "15.2.2562.45");
    expect("server-healthy-update-just-out", &fresh, &[("server.update-missing", INFO)]);
}

#[test]
fn groupware_of_others_is_not_red_because_it_is_no_exchange() {
    let sogo = seen(HOST, TODAY, &[A], |probe| match path(probe).as_str() {
        "/microsoft-server-activesync" => {
            answer(401, &[("server", "nginx"), ("www-authenticate", "basic realm=\"SOGo\"")], "")
        }
        _ => answer(404, &[("server", "nginx")], ""),
    });
    expect("server-healthy-sogo", &sogo, &[("server.not-exchange", INFO), ("server.in-front", INFO)]);
    assert_eq!(note(&sogo), "SOGo, not Exchange");
}

#[test]
fn r9_support_has_an_end_and_the_report_has_its_own_day() {
    let e2016 = on_premises(TODAY, "15.1.2507.61");
    expect("server-end-of-support", &e2016, &[("server.end-of-support", WARN), ("server.mitigations-outdated", INFO)]);
    let behind = on_premises(TODAY, "15.2.1544.33");
    let all = [("server.update-missing", WARN), ("server.end-of-support", WARN)];
    expect("server-end-of-support-and-behind", &behind, &all);
    let causes = exdiag::replay(behind.clone()).verdict().causes;
    assert_eq!((causes.len(), causes[0].finding.code.id), (1, "server.end-of-support"));
    assert_eq!(causes[0].explains, ["server.update-missing"]);

    // the same server, half a year before the end and two years before it
    let warned = on_premises("2025-06-01T08:00:00Z", "15.2.1748.26");
    expect("server-support-ending", &warned, &[("server.support-ending", WARN)]);
    let calm = on_premises("2024-01-10T08:00:00Z", "15.1.2507.35");
    assert_eq!(outcome(&calm).status(), Status::Pass);
    // and the day itself is still one of support
    let last = on_premises("2025-10-14T12:00:00Z", "15.1.2507.61");
    assert_eq!(outcome(&last).findings()[0].code.id, "server.support-ending");
    // a replay may name another day
    let mut later = warned;
    later.judged_at = Some("2025-10-15T00:00:00Z".parse().unwrap());
    assert!(outcome(&later).findings().iter().any(|finding| finding.code.id == "server.end-of-support"));
}

#[test]
fn the_build_is_read_from_a_page_where_no_header_tells_it() {
    let e2010 = seen(HOST, TODAY, &[A], |probe| match path(probe).as_str() {
        "/owa/auth/logon.aspx" => {
            answer(200, &[("server", "Microsoft-IIS/7.5")], "<link href=\"/owa/14.3.123.4/themes/base/logon.css\">")
        }
        path if path.ends_with("healthcheck.htm") => answer(404, &[("server", "Microsoft-IIS/7.5")], ""),
        _ => exchange(probe, ""),
    });
    let found = expect(
        "server-end-of-support-2010",
        &e2010,
        &[("server.update-missing", WARN), ("server.end-of-support", WARN)],
    );
    assert_eq!(found[0].data["newest"], "SP3 RU32");
    // 2013 and later show the cumulative update alone
    let stripped = seen(HOST, TODAY, &[A], |probe| match path(probe).as_str() {
        "/owa/auth/logon.aspx" => answer(200, &[], "<link href=\"/owa/auth/15.2.2562/themes/resources/logon.css\">"),
        "/microsoft-server-activesync" => answer(401, &[("www-authenticate", "Basic realm=\"x\"")], ""),
        "/ews/exchange.asmx" => answer(401, &[("www-authenticate", "NTLM")], ""),
        "/owa/" => answer(302, &[("location", "/owa/auth/logon.aspx?url=x")], ""),
        _ => answer(403, &[], ""),
    });
    let found = expect("server-healthy-headers-stripped", &stripped, &[("server.services-odd", INFO)]);
    assert_eq!(note(&stripped), "Exchange Server SE RTM (15.2.2562), with EWS");
    assert_eq!(found[1].data["versions"][0]["source"], "/owa/auth");
}

#[test]
fn the_manifest_of_ecp_is_asked_only_where_the_user_wants_it() {
    let of = |ask_ecp: bool| {
        let mut scene = Scene::of(HOST, TODAY, &[CHECK]);
        scene.evidence.header.subject.ask_ecp = ask_ecp;
        scene.names(HOST, &[A.parse().unwrap()]);
        let manifest = "<assemblyIdentity name=\"microsoft.exchange.ediscovery.exporttool.application\" version=\"15.2.2562.46\"/>";
        scene.answered(&[CHECK], |probe| {
            let Probe::Http(http) = probe else { return None };
            assert!(ask_ecp || !path(http).starts_with("/ecp"), "{probe}");
            Some(Seen::Http(HttpSeen {
                address: None,
                tried: Vec::new(),
                verified: Some(true),
                client_certificate_requested: false,
                credential_sent: None,
                outcome: if path(http).starts_with("/ecp") { answer(200, &[], manifest) } else { exchange(http, "") },
                timing: Timing::default(),
            }))
        })
    };
    assert_eq!(note(&of(false)), "Exchange Server, with EWS");
    assert_eq!(note(&of(true)), "Exchange Server SE RTM Aug26SU (15.2.2562.46), with EWS");
}

#[test]
fn an_update_is_missing_only_once_it_is_out() {
    let found =
        expect("server-update-missing", &on_premises(TODAY, "15.2.2562.43"), &[("server.update-missing", WARN)]);
    assert_eq!(found[0].data["article"], "KB5121573");
    assert_eq!(outcome(&on_premises("2026-06-20T08:00:00Z", "15.2.2562.43")).status(), Status::Pass);
}

#[test]
fn several_nodes_with_several_builds_are_told_and_the_oldest_counts() {
    let mixed = seen(HOST, "2024-12-20T08:00:00Z", &[A, B], |probe| {
        let build = if probe.address == Some(B.parse().unwrap()) { "15.2.1258.38" } else { "15.2.1544.14" };
        exchange(probe, build)
    });
    let found = expect(
        "server-nodes-differ",
        &mixed,
        &[("server.update-missing", INFO), ("server.support-ending", INFO), ("server.nodes-differ", WARN)],
    );
    assert_eq!(found[2].data["builds"], serde_json::json!(["15.2.1544.14", "15.2.1258.38"]));
}

#[test]
fn every_fault_of_ews_has_a_cause_and_whoever_must_act() {
    let iis = ("server", "Microsoft-IIS/10.0");
    let own = [iis, ("x-feserver", "EX01")];
    let apache = [("server", "Apache")];
    for (case, code, owner, ews) in [
        ("server-ews-not-found", "server.ews-not-found", "network", answer(404, &apache, "")),
        ("server-ews-not-found-on-exchange", "server.ews-not-found", "exchange", answer(404, &own, "")),
        ("server-ews-refused", "server.ews-refused", "network", answer(403, &apache, "")),
        ("server-ews-refused-no-methods", "server.ews-refused", "exchange", answer(401, &own, "")),
        ("server-ews-refused-get-blocked", "server.ews-refused", "network", answer(405, &apache, "")),
        (
            "server-ews-preauthentication",
            "server.ews-preauthentication",
            "network",
            answer(302, &[("location", "/my.policy"), ("set-cookie", "MRHSession=…")], ""),
        ),
        (
            "server-ews-preauthentication-form",
            "server.ews-preauthentication",
            "network",
            answer(200, &apache, "<form><input type=\"password\"></form>"),
        ),
        ("server-ews-redirected", "server.ews-redirected", "exchange", answer(301, &[iis, ("location", "/owa")], "")),
        (
            "server-ews-unavailable-pool",
            "server.ews-unavailable",
            "exchange",
            answer(503, &[("server", "Microsoft-HTTPAPI/2.0")], ""),
        ),
        (
            "server-ews-unavailable-gateway",
            "server.ews-unavailable",
            "network",
            answer(502, &[("server", "nginx")], ""),
        ),
        ("server-ews-unavailable-error", "server.ews-unavailable", "exchange", answer(500, &own, "")),
        (
            "server-ews-unavailable-silent",
            "server.ews-unavailable",
            "network",
            HttpOutcome::Failed(Failure::new(Phase::Request, FailKind::Timeout)),
        ),
    ] {
        let evidence = with_ews(|| ews.clone());
        record(case, &evidence);
        let found = outcome(&evidence).findings().to_vec();
        assert_eq!((found[0].code.id, found[0].severity), (code, FAIL), "{case}");
        assert_eq!(serde_json::to_value(found[0].owner).unwrap(), owner, "{case}");
        assert!(note(&evidence).ends_with("without a usable EWS"), "{case}");
        let cause = &exdiag::replay(evidence).verdict().causes[0];
        assert_eq!(cause.finding.code.id, code, "{case}");
    }
}

#[test]
fn ews_that_asks_nobody_to_sign_in_is_a_warning() {
    let open = with_ews(|| answer(200, &[("server", "Microsoft-IIS/10.0")], "<wsdl:definitions/>"));
    expect("server-ews-anonymous", &open, &[("server.ews-anonymous", WARN)]);
}

#[test]
fn whoever_answers_in_place_of_the_server_is_named() {
    let portal = seen(HOST, TODAY, &[A], |_| answer(302, &[("location", "/lm_auth_proxy?LMLogon")], ""));
    record("server-hidden-by-a-portal", &portal);
    let Outcome::Inconclusive { reason, findings } = outcome(&portal) else { panic!() };
    assert!(reason.say(Lang::En).starts_with("probably Kemp LoadMaster answers in place of the server"));
    assert_eq!((findings[0].code.id, findings.len()), ("server.in-front", 1));
}

#[test]
fn n15_a_fault_of_one_address_is_a_warning_about_that_address() {
    let evidence = seen(HOST, TODAY, &[A, B], |probe| match (path(probe).as_str(), probe.address) {
        ("/ews/exchange.asmx", Some(address)) if address.to_string() == B => {
            answer(503, &[("server", "Microsoft-HTTPAPI/2.0")], "")
        }
        _ => exchange(probe, "15.2.2562.46"),
    });
    let found = expect("server-ews-unavailable-on-one-node", &evidence, &[("server.ews-unavailable", WARN)]);
    assert_eq!(found[0].place.address, Some(B.parse().unwrap()));
}

/// Autodiscover names this EWS beside ActiveSync on the usual host, and there it answers so, with a
/// certificate that is accepted or not.
fn told_ews(ews_url: &'static str, verified: bool, ews: impl Fn(&HttpProbe) -> HttpOutcome) -> Evidence {
    told_ews_to(None, ews_url, verified, ews)
}

/// The same to whoever has this credential, which ActiveSync takes.
fn told_ews_to(
    credential: Option<Credential>,
    ews_url: &'static str,
    verified: bool,
    ews: impl Fn(&HttpProbe) -> HttpOutcome,
) -> Evidence {
    let json = |url: &str| answer(200, &[], &serde_json::json!({"Url": url}).to_string());
    let mut scene = Scene::of(HOST, TODAY, &[CHECK]);
    scene.evidence.header.subject.server = None;
    scene.evidence.header.subject.credential = credential;
    scene.answered(&[CHECK], |probe| match probe {
        Probe::Dns { name, rtype } => {
            let known = ["mail.corp.example", "ews.corp.example", "autodiscover.corp.example", ONLINE];
            let addresses: &[IpAddr] = if known.contains(&name.as_str()) { &[A.parse().unwrap()] } else { &[] };
            Some(scene::resolved(name, *rtype, addresses))
        }
        Probe::Http(http) => Some(Seen::Http(HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: Some(verified || http.url != ews_url),
            client_certificate_requested: false,
            credential_sent: None,
            outcome: match http.url.as_str() {
                url if url.contains("Protocol=ActiveSync") => {
                    json("https://mail.corp.example/Microsoft-Server-ActiveSync")
                }
                url if url.contains("Protocol=EWS") => json(ews_url),
                url if url == ews_url => ews(http),
                _ if http.sign_in == SignIn::Given => answer(200, &[("x-owa-version", "15.2.2562.46")], ""),
                "https://mail.corp.example/EWS/Exchange.asmx" => answer(404, &[("server", "Apache")], ""),
                _ => exchange(http, "15.2.2562.46"),
            },
            timing: Timing::default(),
        })),
        _ => None,
    })
}

#[test]
fn ews_is_judged_where_autodiscover_says_it_is() {
    let of = |ews_url| told_ews(ews_url, true, |http| exchange(http, "15.2.2562.46"));
    let elsewhere = of("https://ews.corp.example/EWS/Exchange.asmx");
    expect("server-healthy-ews-elsewhere", &elsewhere, &[]);
    // an address of the inside is of no use to a sync service
    let inside = of("https://exch01.corp.local/EWS/Exchange.asmx");
    assert_eq!(outcome(&inside).findings()[0].code.id, "server.ews-not-found");
    // another port or path of the same host is another address
    for url in ["https://mail.corp.example:8443/EWS/Exchange.asmx", "https://mail.corp.example/myews/Exchange.asmx"] {
        assert_eq!(outcome(&of(url)).status(), Status::Pass, "{url}");
        let gone = told_ews(url, true, |_| answer(404, &[("server", "nginx")], ""));
        let found = outcome(&gone).findings()[0].clone();
        assert_eq!((found.code.id, found.place.url.as_deref()), ("server.ews-not-found", Some(url)));
    }
}

#[test]
fn ews_at_an_address_of_its_own_that_cannot_be_reached_or_trusted_is_a_failure() {
    const URL: &str = "https://ews.corp.example/EWS/Exchange.asmx";
    let failed =
        |phase, kind: FailKind| told_ews(URL, true, move |_| HttpOutcome::Failed(Failure::new(phase, kind.clone())));
    let untrusted = told_ews(URL, false, |http| exchange(http, "15.2.2562.46"));
    for (case, owner, evidence) in [
        ("server-ews-unreachable-no-address", "dns", failed(Phase::Resolve, FailKind::NoAddress)),
        ("server-ews-unreachable", "network", failed(Phase::Connect, FailKind::Refused)),
        ("server-ews-unreachable-silent", "network", failed(Phase::Connect, FailKind::Timeout)),
        ("server-ews-unreachable-handshake", "exchange", failed(Phase::Handshake, FailKind::Closed)),
        ("server-ews-unreachable-certificate", "exchange", untrusted),
    ] {
        let found = expect(case, &evidence, &[("server.ews-unreachable", FAIL)]);
        assert_eq!(serde_json::to_value(found[0].owner).unwrap(), owner, "{case}");
        assert_eq!(found[0].place.host.as_deref(), Some("ews.corp.example"), "{case}");
        assert!(note(&evidence).ends_with("without a usable EWS"), "{case}");
        assert_eq!(exdiag::replay(evidence).verdict().causes[0].finding.code.id, "server.ews-unreachable", "{case}");
    }
    // of another port of the same host nobody else tells either
    let port = told_ews("https://mail.corp.example:8443/EWS/Exchange.asmx", true, |_| {
        HttpOutcome::Failed(Failure::new(Phase::Connect, FailKind::Refused))
    });
    assert_eq!(
        (outcome(&port).findings()[0].code.id, outcome(&port).status()),
        ("server.ews-unreachable", Status::Fail)
    );
}

#[test]
fn an_ews_in_the_cloud_does_not_make_the_server_exchange_online() {
    let hybrid = told_ews("https://outlook.office365.com/EWS/Exchange.asmx", true, |_| {
        let bearer = "Bearer authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\"";
        let marks = [("x-feproxyinfo", "a"), ("x-owa-version", "15.20.1.1"), ("www-authenticate", bearer)];
        answer(401, &marks, "")
    });
    assert_eq!(note(&hybrid), "Exchange Server SE RTM Aug26SU (15.2.2562.46), with EWS");
    let found = outcome(&hybrid).findings().to_vec();
    assert!(found.iter().all(|finding| finding.code.id != "server.nodes-differ"));
}

#[test]
fn m2_ews_in_the_cloud_gets_no_sign_in() {
    let url = "https://outlook.office365.com/EWS/Exchange.asmx";
    let is_inbox =
        |probe: &Probe| matches!(probe, Probe::Http(http) if matches!(http.content, Content::EwsInbox { .. }));
    for (url, asked) in [(url, false), ("https://ews.corp.example/EWS/Exchange.asmx", true)] {
        let evidence = told_ews_to(Some(Credential::Password), url, true, online);
        assert_eq!(evidence.records.keys().any(is_inbox), asked, "{url}");
    }
}

#[test]
fn rfc6585_429_is_a_pause_and_no_refusal() {
    let slow = with_ews(|| answer(429, &[("server", "nginx"), ("retry-after", "60")], ""));
    let found = expect("server-ews-throttled", &slow, &[("server.ews-throttled", WARN), ("server.in-front", INFO)]);
    assert_eq!(found[0].data["state"], "throttled");
    assert_eq!(note(&slow), "Exchange Server SE RTM Aug26SU (15.2.2562.46)");
    for status in [400, 101] {
        let odd = outcome(&with_ews(|| answer(status, &[], ""))).findings()[0].clone();
        let title = odd.code.title.of(Lang::En);
        assert!(odd.code.id == "server.ews-refused" && !title.contains("everybody"), "{title}");
    }
}

#[test]
fn a_build_that_the_table_does_not_have_is_not_given_the_name_of_another() {
    let what = |build| {
        let evidence = on_premises(TODAY, build);
        let identified = outcome(&evidence).findings().last().unwrap().clone();
        (note(&evidence), identified.data["beyond_table"].clone())
    };
    let between = what("15.2.2562.44");
    assert_eq!(between, ("Exchange Server SE, at least RTM Jun26SU (15.2.2562.44), with EWS".to_owned(), false.into()));
    for build in ["15.2.2562.60", "15.2.3000.1"] {
        let told =
            format!("Exchange Server SE ({build}), newer than this tool's table of {}, with EWS", exdiag_table());
        assert_eq!(what(build), (told, true.into()));
    }
    assert_eq!(what("15.2").0, "Exchange Server (15.2), with EWS");
}

fn exdiag_table() -> String {
    exdiag::protocol::builds::STATE.to_string()
}

#[test]
fn a_text_with_a_date_says_whether_it_is_over() {
    let said = |at| {
        let found = outcome(&seen(ONLINE, at, &["52.97.1.1"], online)).findings().to_vec();
        found
            .iter()
            .map(|f| {
                let title = f.code.title.of(Lang::En);
                assert!(title.ends_with("{when}"), "{title}");
                f.data["when"]["en"].as_str().unwrap().to_owned()
            })
            .collect()
    };
    let before: Vec<String> = said("2026-02-01T08:00:00Z");
    assert!(before == ["from 2027-04-01 on", "from 2026-03-01 on"], "{before:?}");
    let after: Vec<String> = said("2027-05-01T08:00:00Z");
    assert!(after == ["since 2027-04-01", "since 2026-03-01"], "{after:?}");
}

#[test]
fn what_is_no_http_is_not_laid_at_the_door_of_a_mitigation() {
    let evidence = |kind: FailKind| {
        seen(HOST, TODAY, &[A], move |probe| match path(probe).as_str() {
            "/mapi/emsmdb" => HttpOutcome::Failed(Failure::new(Phase::Request, kind.clone())),
            _ => exchange(probe, "15.2.2562.46"),
        })
    };
    let garbled = outcome(&evidence(FailKind::Malformed)).findings().to_vec();
    assert_eq!(garbled[0].data["services"][0]["en"], "MAPI/HTTP (what comes back is not HTTP)");
    assert_ne!(garbled[1].code.id, "server.mitigated");
    let cut = outcome(&evidence(FailKind::Closed)).findings().to_vec();
    assert_eq!(cut[0].data["services"][0]["de"], "MAPI/HTTP (die Verbindung wird gekappt)");
    let how = cut[1].data["how"]["en"].as_str().unwrap();
    assert!(cut[1].code.id == "server.mitigated" && !how.contains("IIS"), "{how}");
}

#[test]
fn that_ews_takes_no_connection_while_others_do_is_not_laid_at_its_door() {
    let evidence = with_ews(|| HttpOutcome::Failed(Failure::new(Phase::Connect, FailKind::Refused)));
    assert_eq!(outcome(&evidence).status(), Status::Pass);
}

#[test]
fn r3_in_exchange_online_ews_is_refused_by_the_list_and_ends_on_its_day() {
    let refused = seen(ONLINE, TODAY, &["52.97.1.1"], |probe| match path(probe).as_str() {
        "/ews/exchange.asmx" => answer(403, &[("x-feserver", "FR0P281CA0001"), ("x-feproxyinfo", "FR0P281CA0001")], ""),
        _ => online(probe),
    });
    expect(
        "server-ews-refused-exchange-online",
        &refused,
        &[("server.ews-refused", WARN), ("server.ews-ending", INFO), ("server.activesync-ending", INFO)],
    );
    let gone = seen(ONLINE, "2027-05-01T08:00:00Z", &["52.97.1.1"], online);
    expect("server-ews-ended", &gone, &[("server.ews-ending", WARN), ("server.activesync-ending", INFO)]);
    let found = outcome(&seen(ONLINE, "2026-02-01T08:00:00Z", &["52.97.1.1"], online)).findings().to_vec();
    assert_eq!((&found[1].data["until"], &found[1].data["over"]), (&"2026-03-01".into(), &false.into()));
}

#[test]
fn e24_what_iis_refuses_without_exchange_may_be_a_mitigation() {
    let evidence = seen(HOST, TODAY, &[A], |probe| match path(probe).as_str() {
        "/owa/" => answer(403, &[("server", "Microsoft-IIS/10.0")], ""),
        "/mapi/emsmdb" => HttpOutcome::Failed(Failure::new(Phase::Request, FailKind::Closed)),
        _ => exchange(probe, "15.2.2562.46"),
    });
    expect("server-healthy-mitigated", &evidence, &[("server.services-odd", INFO), ("server.mitigated", INFO)]);
}

#[test]
fn r11_ntlm_alone_behind_a_device_may_not_go_with_extended_protection() {
    let evidence = seen(HOST, TODAY, &[A], |probe| match exchange(probe, "15.2.2562.46") {
        HttpOutcome::Response(mut response) => {
            response.headers.push(("set-cookie".to_owned(), "BIGipServerpool=…".to_owned()));
            HttpOutcome::Response(response)
        }
        failed @ HttpOutcome::Failed(_) => failed,
    });
    let expected = [("server.extended-protection", INFO), ("server.in-front", INFO)];
    expect("server-healthy-extended-protection", &evidence, &expected);
}

#[test]
fn r7_a_hybrid_of_before_april_2025_has_no_application_of_its_own() {
    let hybrid = |build| {
        seen(HOST, TODAY, &[A], move |probe| match (path(probe).as_str(), exchange(probe, build)) {
            ("/ews/exchange.asmx", HttpOutcome::Response(mut response)) => {
                let bearer =
                    "Bearer client_id=\"x\", authorization_uri=\"https://login.windows.net/common/oauth2/authorize\"";
                response.headers.push(("www-authenticate".to_owned(), bearer.to_owned()));
                HttpOutcome::Response(response)
            }
            (_, other) => other,
        })
    };
    let expected =
        [("server.update-missing", WARN), ("server.end-of-support", WARN), ("server.hybrid-app-missing", INFO)];
    expect("server-hybrid-app-missing", &hybrid("15.2.1544.14"), &expected);
    expect("server-healthy-hybrid", &hybrid("15.2.2562.46"), &[]);
}

#[test]
fn a_report_of_before_these_questions_is_judged_by_what_it_holds() {
    let mut evidence = on_premises(TODAY, "15.2.2562.46");
    evidence.records.retain(|probe, _| !matches!(probe, Probe::Http(http) if !path(http).ends_with("activesync")));
    assert_eq!(outcome(&evidence).status(), Status::Pass);
    assert_eq!(note(&evidence), "Exchange Server SE RTM Aug26SU (15.2.2562.46)");
}
