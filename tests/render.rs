//! Does a report read well, at 80 columns, in both languages, with and without colour?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::checks::ALL;
use exdiag::diagnosis::causes;
use exdiag::evidence::{
    Credential, Evidence, Header, HttpProbe, Method, NoAnswer, Probe, Record, Seen, SignIn, Subject,
};
use exdiag::finding::{Finding, Lang, Outcome, Sentence, Severity, Status};
use exdiag::report::{
    Entry, FailOn, Report, TextStyle, Verbosity, Verdict, Wording, read, report, write_json, write_text,
};
use exdiag::{findings, text};
use unicode_width::UnicodeWidthStr;

findings! {
    MISSING = "tls.intermediate-missing", Fail, Exchange {
        title { en: "{host} does not send its intermediate certificate \"{issuer}\"", de: "{host} sendet sein Zwischenzertifikat „{issuer}“ nicht mit" }
        meaning {
            en: "Outlook on Windows and browsers fetch it themselves. Linux sync services, Android and Java do not: for them the certificate cannot be trusted.",
            de: "Outlook unter Windows und Browser laden es selbst nach. Sync-Dienste unter Linux, Android und Java tun das nicht: Für sie ist das Zertifikat nicht vertrauenswürdig.",
        }
        remedy { en: "Send the whole chain", de: "Senden Sie die ganze Kette mit" }
        steps [
            { en: "Save the chain that exdiag has built and verified:", de: "Speichern Sie die Kette, die exdiag gebildet und geprüft hat:", Shell "exdiag tls {host} --save-chain mail-chain.pem" },
            { en: "On the Exchange server, import the intermediate and restart IIS:", de: "Importieren Sie das Zwischenzertifikat auf dem Exchange-Server und starten Sie IIS neu:", Powershell "Import-Certificate -FilePath {issuer}.cer -CertStoreLocation Cert:\\LocalMachine\\CA -Confirm:$false\niisreset" },
            { en: "Look again:", de: "Prüfen Sie erneut:", Shell "exdiag check {mailbox} --only tls-intermediate" },
        ]
        links ["https://learn.microsoft.com/troubleshoot/certificates"]
    }
    WILDCARD = "dns.wildcard", Warn, Dns {
        title { en: "Every name under {domain} has an address, autodiscover too", de: "Jeder Name unter {domain} hat eine Adresse, auch autodiscover" }
        meaning { en: "A web host may answer in place of Exchange.", de: "Ein Webhoster kann anstelle von Exchange antworten." }
        remedy { en: "Add a record of its own", de: "Legen Sie einen eigenen Eintrag an" }
    }
    NOTE = "dns.mx-elsewhere", Info, Dns {
        title { en: "Mail for {domain} goes to {exchange}", de: "Post für {domain} geht an {exchange}" }
        meaning { en: "That is fine.", de: "Das ist in Ordnung." }
    }
}

/// A mailbox with every check in order except what `change` says.
fn verdict(address: &str, change: impl Fn(&str) -> Option<Outcome>) -> Verdict {
    let mut subject = Subject::mailbox(address.parse().unwrap());
    subject.selected = ALL.iter().map(|check| check.id.to_owned()).collect();
    let header = Header {
        started_at: "2026-11-22T21:04:00Z".parse().unwrap(),
        subject,
        name_servers: vec!["192.0.2.53:53".to_owned()],
        proxy: None,
        stores: vec!["system".to_owned()],
    };
    let mut evidence = Evidence::new(header);
    let probe = Probe::Http(HttpProbe::new(Method::Options, "https://mail.corp.example/Microsoft-Server-ActiveSync"));
    let id = probe.to_string();
    let seen = Seen::NoAnswer(NoAnswer::Deadline);
    evidence.records.insert(probe, Record { seen, at_ms: 12, took_ms: 800, after: None });
    let entries: Vec<Entry> = ALL
        .iter()
        .map(|check| Entry {
            id: check.id,
            title: check.title,
            group: check.group.title(),
            outcome: change(check.id).unwrap_or_else(|| Outcome::pass(Sentence::new(text!("is fine", "ist gut")))),
            looked: vec![id.clone()],
        })
        .collect();
    let outcomes: Vec<_> = entries.iter().map(|entry| (entry.id, &entry.outcome)).collect();
    let causes = causes(&outcomes);
    Verdict { causes, entries, evidence }
}

fn broken(address: &str) -> Verdict {
    let note = || Sentence::new(text!("was looked at", "wurde angesehen"));
    verdict(address, |id| match id {
        "auth-status" => Some(Outcome::skip(Sentence::new(text!(
            "not tried, no credentials given (the server offers Basic and Bearer, as it should)",
            "nicht versucht, keine Anmeldedaten angegeben (der Server bietet Basic und Bearer an)",
        )))),
        "dns" => Some(Outcome::checked(
            note(),
            vec![
                Finding::new(&WILDCARD),
                Finding::new(&NOTE).with("exchange", "mx.elsewhere.example").with(
                    "trace",
                    serde_json::json!([{"step": "https://corp.example/autodiscover/autodiscover.xml", "why": "404"}]),
                ),
            ],
        )),
        "tls-intermediate" => {
            Some(Outcome::checked(note(), vec![Finding::new(&MISSING).host("mail.corp.example").with("issuer", "R11")]))
        }
        "revocation" => Some(Outcome::inconclusive(note())),
        _ => None,
    })
}

fn worded(verdict: &Verdict, lang: Lang) -> Report {
    report(verdict, Wording { lang, fail_on: FailOn::Fail })
}

fn text_of(verdict: &Verdict, lang: Lang, verbosity: Verbosity) -> String {
    let mut out = Vec::new();
    write_text(&worded(verdict, lang), TextStyle { lang, verbosity }, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_cause_and_the_fix_come_before_the_list() {
    colored::control::set_override(false);
    let text = text_of(&broken("anna@corp.example"), Lang::En, Verbosity::Normal);
    println!("{text}");
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is missing in:\n{text}"));
    let order = [
        "✗ mail.corp.example does not send",
        "Who must act: the Exchange admin",
        "1. Save the chain",
        "exdiag check anna@corp.example --only tls-intermediate",
        "! Every name under corp.example",
        "exdiag explain dns.wildcard",
        "Sign-in and sync",
        "- auth-status",
        "✓ activesync ",
        "✗ tls-intermediate",
        "1 failed, 1 with a warning, 1 without an answer, 8 passed, 1 skipped.",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
}

#[test]
fn no_line_is_wider_than_80_columns() {
    colored::control::set_override(false);
    let long = format!("{}@a-very-long-domain-name-that-somebody-really-has.corp.example", "x".repeat(60));
    for address in ["anna@corp.example", long.as_str()] {
        for lang in [Lang::En, Lang::De] {
            for verbosity in [Verbosity::Quiet, Verbosity::Normal, Verbosity::Verbose] {
                let text = text_of(&broken(address), lang, verbosity);
                println!("{text}");
                // a command is broken only where its shell can be told so
                for line in text.lines().filter(|line| !line.contains(&format!("exdiag check {long}"))) {
                    assert!(line.width() <= 80, "{} columns: {line}", line.width());
                }
            }
        }
    }
}

#[test]
fn a_healthy_mailbox_is_short_and_a_quiet_one_silent() {
    colored::control::set_override(false);
    let healthy = verdict("anna@corp.example", |id| {
        (id == "last-sync").then(|| Outcome::skip(Sentence::new(text!("no source", "keine Quelle"))))
    });
    assert_eq!(
        text_of(&healthy, Lang::En, Verbosity::Normal),
        "✓ anna@corp.example can be connected: Autodiscover, ActiveSync and certificates\n  are in order.\n  11 passed, 1 skipped.\n  - last-sync: no source\n"
    );
    assert_eq!(text_of(&healthy, Lang::En, Verbosity::Quiet), "");
    assert!(text_of(&healthy, Lang::En, Verbosity::Verbose).contains("✓ activesync "));
}

#[test]
fn contract_2_exit_codes() {
    let note = || Sentence::new(text!("x", "x"));
    let all = |outcome: &dyn Fn(&str) -> Outcome| verdict("anna@corp.example", |id| Some(outcome(id)));
    let fail = |id: &str| match id {
        "dns" => Outcome::checked(note(), vec![Finding::new(&MISSING)]),
        "revocation" => Outcome::inconclusive(note()),
        _ => Outcome::pass(note()),
    };
    let warn = |id: &str| match id {
        "dns" => Outcome::checked(note(), vec![Finding::new(&WILDCARD)]),
        _ => Outcome::skip(note()),
    };
    let unknown = |id: &str| if id == "dns" { Outcome::inconclusive(note()) } else { Outcome::pass(note()) };
    let info = |_: &str| Outcome::checked(note(), vec![Finding::new(&MISSING).severity(Severity::Info)]);
    let table = [
        (all(&|_| Outcome::pass(note())), 0, 0, Status::Pass),
        (all(&fail), 1, 1, Status::Fail),
        (all(&warn), 0, 1, Status::Warn),
        (all(&unknown), 3, 3, Status::Inconclusive),
        (all(&|_| Outcome::skip(note())), 3, 3, Status::Skip),
        (all(&info), 0, 0, Status::Pass),
    ];
    for (verdict, on_fail, on_warn, status) in table {
        let got = (verdict.exit_code(FailOn::Fail), verdict.exit_code(FailOn::Warn), verdict.status());
        assert_eq!(got, (on_fail, on_warn, status));
    }
    let mut interrupted = all(&|_| Outcome::pass(note()));
    interrupted.evidence.cut_short = Some(NoAnswer::Cancelled);
    assert_eq!(interrupted.exit_code(FailOn::Fail), 3);
}

#[test]
fn contract_4_a_report_reads_back_as_its_evidence() {
    let verdict = broken("anna@corp.example");
    let report = worded(&verdict, Lang::De);
    let mut json = Vec::new();
    write_json(&report, &mut json).unwrap();
    assert_eq!(json.last(), Some(&b'\n'));
    assert_eq!(read(&json).unwrap(), std::slice::from_ref(&verdict.evidence));
    assert_eq!(serde_json::from_slice::<Report>(&json).unwrap(), report);
    let ids: Vec<_> = report.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, ALL.iter().map(|check| check.id).collect::<Vec<_>>());
    assert_eq!(report.checks[0].duration_ms, 812);
}

#[test]
fn contract_5_every_place_that_received_a_credential_is_listed_once() {
    use exdiag::evidence::http::{HttpOutcome, HttpSeen, Response, Timing};
    let mut verdict = broken("anna@corp.example");
    for (url, sent) in [
        ("https://mail.corp.example/Microsoft-Server-ActiveSync", Some(Credential::Password)),
        ("https://mail.corp.example/autodiscover/autodiscover.xml", Some(Credential::Password)),
        ("https://corp.example:8443/autodiscover/autodiscover.xml", None),
    ] {
        let probe = Probe::Http(HttpProbe::new(Method::Post, url).sign_in(SignIn::Given));
        let body = exdiag::evidence::Body { text: String::new(), length: 0, truncated: false };
        let seen = Seen::Http(HttpSeen {
            address: None,
            tried: Vec::new(),
            verified: Some(true),
            client_certificate_requested: false,
            credential_sent: sent,
            outcome: HttpOutcome::Response(Response { status: 200, headers: Vec::new(), body }),
            timing: Timing::default(),
        });
        verdict.evidence.records.insert(probe, Record { seen, at_ms: 0, took_ms: 1, after: None });
    }
    let sent = serde_json::to_value(worded(&verdict, Lang::En).credentials_sent_to).unwrap();
    assert_eq!(sent, serde_json::json!([{"host": "mail.corp.example", "port": 443, "credential": "password"}]));
    // the header had gone out when the time of the run was over
    verdict.evidence.left_open.push(exdiag::evidence::LeftOpen {
        url: "https://ex.corp.example/EWS/Exchange.asmx".to_owned(),
        credential_sent: exdiag::evidence::SentKind::Password,
    });
    let sent = worded(&verdict, Lang::En).credentials_sent_to;
    assert_eq!(
        sent.iter().map(|sent| sent.host.as_str()).collect::<Vec<_>>(),
        ["ex.corp.example", "mail.corp.example"]
    );
}

#[test]
fn every_declared_text_of_this_file_is_used() {
    assert_eq!(FINDINGS.len(), 3);
}
