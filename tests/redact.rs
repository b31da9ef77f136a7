//! Does a report name nobody where that was asked for (`--redact`), and say the same all the same?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

mod support {
    pub mod everything;
}

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use exdiag::cli::rehearse;
use exdiag::evidence::Evidence;
use exdiag::evidence::logs::LogDevice;
use exdiag::evidence::redact::{Kind, Left, Level};
use exdiag::finding::{Lang, Severity, Status};
use exdiag::lab::{LabOptions, find};
use exdiag::protocol::ntlm::{self, Names};
use exdiag::protocol::redact;
use exdiag::report::{
    FailOn, ServerTable, TextStyle, Verbosity, Wording, read, write_html, write_json_line, write_junit, write_logs_csv,
    write_markdown, write_nagios, write_prometheus, write_server_csv,
};
use exdiag::{Diagnosis, replay};
use serde_json::{Value, json};
use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use support::everything::everything;

const LEVELS: [Level; 2] = [Level::Mailbox, Level::Full];

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence");
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    all.sort();
    all
}

fn evidence_of(path: &Path) -> Evidence {
    read(&fs::read(path).unwrap()).unwrap().remove(0)
}

/// The report that all formats are written from.
fn written(diagnosis: &Diagnosis, lang: Lang) -> String {
    let mut out = Vec::new();
    write_json_line(&diagnosis.report(Wording { lang, fail_on: FailOn::Fail }), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What is judged: causes with what they explain, and of each check its status and findings.
type Judged = (Vec<(String, Vec<String>)>, Vec<(String, Status, Vec<(String, Severity)>)>);

fn judged(diagnosis: &Diagnosis) -> Judged {
    let verdict = diagnosis.verdict();
    let causes = verdict.causes.iter();
    (
        causes
            .map(|cause| (cause.finding.code.id.to_owned(), cause.explains.iter().map(|c| (*c).to_owned()).collect()))
            .collect(),
        verdict
            .entries
            .iter()
            .map(|entry| {
                let findings = entry.outcome.findings().iter().map(|f| (f.code.id.to_owned(), f.severity)).collect();
                (entry.id.to_owned(), entry.outcome.status(), findings)
            })
            .collect(),
    )
}

/// What is wrong with each fixture, looked at by as many threads as there are processors.
fn wrong_in_all(look: impl Fn(usize, &Path) -> Vec<String> + Sync) -> Vec<String> {
    let (all, next) = (fixtures(), AtomicUsize::new(0));
    let mut wrong = Vec::new();
    thread::scope(|scope| {
        let work = || {
            let mut wrong = Vec::new();
            while let number = next.fetch_add(1, Ordering::Relaxed)
                && let Some(path) = all.get(number)
            {
                let name = path.file_stem().unwrap().display().to_string();
                wrong.extend(look(number, path).into_iter().map(|what| format!("{name} {what}")));
            }
            wrong
        };
        let workers = thread::available_parallelism().map_or(2, NonZero::get);
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        wrong.extend(running.into_iter().flat_map(|worker| worker.join().unwrap()));
    });
    wrong
}

#[test]
fn a_redacted_report_is_judged_as_the_whole_one_is() {
    let wrong = wrong_in_all(|_, path| {
        let mut wrong = Vec::new();
        let whole = replay(evidence_of(path));
        let expected = judged(&whole);
        for level in LEVELS {
            let diagnosis = whole.clone().redacted(Some(level), 1).unwrap();
            let again = read(&serde_json::to_vec(&diagnosis.evidence).unwrap()).unwrap().remove(0);
            // the same facts are judged the same: once is enough
            let same = again == diagnosis.evidence;
            let found = if same { judged(&diagnosis) } else { judged(&replay(again.clone())) };
            if found != expected {
                wrong.push(format!("{level:?}: {expected:?} became {found:?}"));
            }
            let twice = redact::evidence(&again, level, 1).unwrap();
            if twice != again {
                wrong.push(format!("{level:?}: a second time changes it"));
            }
        }
        wrong
    });
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is put in the place of the names in the fixtures, and must be seen nowhere.
const PLANTED: &[(&str, &str)] = &[
    ("anna", "walburga.zwirn"),
    ("boss", "zacharias"),
    ("corp.example", "zweigwerk-nord.example"),
    ("corp-example", "zweigwerk-nord-example"),
    ("corp.local", "zweigwerk.lan"),
    ("main.example", "zwillings.example"),
    ("brand.example", "zwetschge.example"),
    ("CORP\\\\", "ZWKRG\\\\"),
    ("EX01", "ZWX-EX01"),
    ("exch01", "zwx-exch01"),
    ("203.0.113.", "81.91.101."),
    ("198.51.100.", "82.92.102."),
    ("192.0.2.", "10.77.66."),
    ("2001:db8::", "2a05:d018::"),
    ("b3a1c2d4-0000-4000-8000-00000000000", "c4b2d3e5-1234-4abc-8def-00000000000"),
    ("7c1f0d2e-5b0a-4a53-9f5e-2d6a1c3b4e5f", "d7e8f9a0-5b0a-4a53-9f5e-2d6a1c3b4e5f"),
    ("ApplDN01", "ZWAPPLDN01"),
    ("0a1b2c", "zwdevice77"),
    ("0A1B2C", "ZWDEVICE77"),
];

/// Of what was planted, what names a person, and what names the network.
const PERSONS: &[&str] =
    &["walburga", "zwirn", "zacharias", "zwappldn01", "zwdevice77", "c4b2d3e5", "zwsid-1234567890"];
const NETWORK: &[&str] = &[
    "zweigwerk",
    "zwillings",
    "zwetschge",
    "zwkrg",
    "zwx-",
    "zwbe77",
    "81.91.101.",
    "82.92.102.",
    "10.77.66.",
    "2a05:d018",
    "d7e8f9a0",
    "fd77:1234",
    "192.168.177.",
];

/// A text with names in every form that they come in.
fn planted_text() -> String {
    let address = "walburga.zwirn@zweigwerk-nord.example";
    let query = "Cmd=Sync&User=ZWKRG%5Cwalburga.zwirn&DeviceId=ZWDEVICE77&DeviceType=iPhone";
    let utf16: Vec<u8> = "walburga.zwirn@zweigwerk.lan".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let packed = [&[0xa1_u8, 9, 9, 4, 10][..], b"ZWDEVICE77", &[4, 0x60, 0x48, 0xea, 0x4d, 6], b"iPhone"].concat();
    [
        format!("<!-- {address} walburga.zwirn%40zweigwerk-nord.example walburga.zwirn&#64;zweigwerk-nord.example -->"),
        format!("<a href=\"https://mail.zweigwerk-nord.example/x?url=https%3a%2f%2fzwx-ex01.zweigwerk.lan%2f%3fEmail%3dwalburga.zwirn%2540zweigwerk-nord.example&amp;{query}\">Walburga Zwirn (Zwirn, Walburga)</a>"),
        "ZWKRG\\walburga.zwirn ZWX-EX01 \\\\ZWX-EX01\\c$ 10.77.66.5 192.168.177.9 fd77:1234::9 [2a05:d018::7]:443".to_owned(),
        format!("{} {}", STANDARD.encode(format!("{address}:x")), URL_SAFE_NO_PAD.encode(json!({"upn": address}).to_string())),
        format!("{} {}", STANDARD.encode(utf16), STANDARD.encode(packed)),
        "<b>Walburga</b> <i>Zwirn</i> walburga<wbr>.zwirn walburga=2Ezwirn=40zweigwerk-nord=2Eexample \\\\?\\UNC\\ZWX-EX01\\c$ <FriendlyName>Zwirns Phone</FriendlyName>".to_owned(),
        "/o=Zweigwerk/ou=Exchange Administrative Group/cn=Recipients/cn=walburga.zwirn".to_owned(),
    ]
    .join("\n")
}

/// Recorded evidence with distinctive names for all that it holds, and with more of them in every answer.
fn planted(path: &Path) -> Evidence {
    let mut text = fs::read_to_string(path).unwrap();
    for (from, to) in PLANTED {
        text = text.replace(from, to);
    }
    let mut value: Value = serde_json::from_str(&text).unwrap();
    let records = value.pointer("/evidence/records").is_some();
    let records = value.pointer_mut(if records { "/evidence/records" } else { "/records" }).unwrap();
    for line in records.as_array_mut().unwrap() {
        let outcome = &mut line["seen"]["outcome"];
        if let Some(headers) = outcome.get_mut("headers").and_then(Value::as_array_mut) {
            let ntlm = ntlm::render(&Names {
                domain: Some("ZWKRG".to_owned()),
                dns_domain: Some("zweigwerk.lan".to_owned()),
                computer: Some("ZWX-EX01".to_owned()),
            });
            for (name, text) in [
                ("x-beserver", "ZWBE77".to_owned()),
                ("x-calculatedbetarget", "zwbe77.zweigwerk.lan".to_owned()),
                ("x-forwarded-for", "10.77.66.9, 192.168.177.3".to_owned()),
                ("via", "1.1 zwx-proxy.zweigwerk.lan".to_owned()),
                ("x-debug", "ZWSID-1234567890 zwbe77".to_owned()),
                ("set-cookie", "BIGipServer~zweigwerk~zwx-pool=…".to_owned()),
                ("www-authenticate", format!("NTLM {ntlm}")),
                ("x-ms-diagnostics", "2000001;reason=\"no token for walburga.zwirn@zweigwerk-nord.example at ZWBE77\";error_category=\"x\"".to_owned()),
                ("location", "https://zwx-ex01.zweigwerk.lan/owa?Email=walburga.zwirn%40zweigwerk-nord.example&User=ZWKRG%5Cwalburga.zwirn".to_owned()),
            ] {
                headers.push(json!([name, text]));
            }
        }
        if let Some(text) = outcome.pointer_mut("/body/text")
            && !text.as_str().unwrap().starts_with(['{', '['])
        {
            *text = Value::from(format!("{}\n{}", text.as_str().unwrap(), planted_text()));
        }
        if let Some(detail) = outcome.get_mut("detail") {
            *detail = Value::from("could not reach 10.77.66.44 (zwx-ex01.zweigwerk.lan) as ZWKRG\\walburga.zwirn");
        }
    }
    read(value.to_string().as_bytes()).unwrap().remove(0)
}

fn seen_in(text: &str, words: &[&str]) -> Vec<String> {
    let text = text.to_lowercase();
    words
        .iter()
        .filter_map(|word| {
            let at = text.find(word)?;
            let from = (0..=at.saturating_sub(50)).rev().find(|from| text.is_char_boundary(*from)).unwrap();
            let to = (at + 70..text.len()).find(|to| text.is_char_boundary(*to)).unwrap_or(text.len());
            Some(format!("{word}: {:?}", &text[from..to]))
        })
        .collect()
}

#[test]
fn nothing_that_was_planted_is_read_in_any_format() {
    let leaks = wrong_in_all(|number, path| {
        let mut leaks = Vec::new();
        let whole = planted(path);
        let hidden = |level| replay(redact::evidence(&whole, level, 1).unwrap());
        let redacted = hidden(Level::Full);
        // what stands in any format stands in this one; all formats of all of them would take a minute
        let full = if number % 8 == 0 { everything(&redacted) } else { written(&redacted, Lang::De) };
        let all = seen_in(&full, PERSONS).into_iter().chain(seen_in(&full, NETWORK));
        leaks.extend(all.map(|leak| format!("full {leak}")));
        let mailbox = written(&hidden(Level::Mailbox), Lang::En);
        // at this level the header of a debugger may stay
        let persons: Vec<&str> = PERSONS.iter().copied().filter(|word| !word.starts_with("zwsid")).collect();
        leaks.extend(seen_in(&mailbox, &persons).into_iter().map(|leak| format!("mailbox {leak}")));
        leaks
    });
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks[..leaks.len().min(40)].join("\n"));
}

#[test]
fn one_value_has_one_stand_in_and_two_have_two() {
    let path = fixtures().into_iter().find(|path| path.ends_with("logs-auth-mixed.json")).unwrap();
    let mut evidence = evidence_of(&path);
    let logs = evidence.header.subject.logs.as_mut().unwrap();
    let mut other = logs.devices[0].clone();
    other.user = Some("ANNA".to_owned());
    other.device_id = Some("OTHER1".to_owned());
    let mut third = other.clone();
    (third.user, third.mailbox) = (Some("bert".to_owned()), None);
    logs.devices.extend([other, third]);
    let redacted = redact::evidence(&evidence, Level::Mailbox, 1).unwrap();
    let subject = &redacted.header.subject;
    assert_eq!(subject.mailbox.as_ref().unwrap().address, "user-1@corp.example");
    let devices = &subject.logs.as_ref().unwrap().devices;
    let users: Vec<&str> = devices.iter().rev().take(3).rev().filter_map(|device| device.user.as_deref()).collect();
    assert_eq!(users, ["user-1", "user-1", "user-2"]);
    let last = &devices[devices.len() - 1];
    assert_eq!(last.device_id, devices[devices.len() - 2].device_id);
    assert_ne!(last.device_id, devices[0].device_id);
    let counts = redacted.redacted.unwrap();
    assert_eq!((counts.removed[&Kind::Name], counts.removed[&Kind::Device]), (2, 2));
}

#[test]
fn a_mailbox_called_like_a_word_of_the_protocol_changes_no_verdict() {
    for word in ["user", "mail", "info", "autodiscover", "exchange", "error", "server", "response", "url"] {
        for case in
            ["autodiscover-healthy-signed-in", "ews-healthy-signed-in", "auth-rejected", "sync-ok", "session-quota"]
        {
            let path = fixtures().into_iter().find(|path| path.ends_with(format!("{case}.json"))).unwrap();
            let text = fs::read_to_string(path).unwrap().replace("anna", word);
            let whole = read(text.as_bytes()).unwrap().remove(0);
            for level in LEVELS {
                let redacted = replay(whole.clone()).redacted(Some(level), 1).unwrap();
                assert_eq!(judged(&redacted), judged(&replay(whole.clone())), "{word} {case} {level:?}");
                let mailbox = redacted.evidence.header.subject.mailbox.unwrap();
                assert!(mailbox.address.starts_with("user-1@") || word == "user-1", "{}", mailbox.address);
            }
        }
    }
}

#[test]
fn certificates_stay_with_the_names_in_them_and_the_list_says_so() {
    let path = fixtures().into_iter().find(|path| path.ends_with("clients-intermediate-missing.json")).unwrap();
    let whole = evidence_of(&path);
    let redacted = replay(whole).redacted(Some(Level::Full), 1).unwrap();
    let list = redacted.evidence.redacted.clone().unwrap();
    assert!(list.left[&Left::Certificate] > 0 && list.left[&Left::CertificateName] > 0, "{list:?}");
    let text = everything(&redacted);
    assert!(text.contains("mail.corp.example") && !text.contains("anna") && !text.contains("203.0.113.7"), "{list:?}");
    for said in ["Redacted (full): 1 name", "Geschwärzt (full): 1 Name", "as every client is sent them"] {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn a_live_run_is_written_as_its_redacted_replay() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for name in ["healthy-signed-in", "intermediate-missing", "grant-invalid", "moved-mailbox", "healthy-modern-auth"] {
        let (whole, _) = runtime.block_on(rehearse(find(name).unwrap(), LabOptions::default())).unwrap();
        let expected = judged(&whole);
        for level in LEVELS {
            let redacted = whole.clone().redacted(Some(level), 1).unwrap();
            assert_eq!(judged(&redacted), expected, "{name} {level:?}");
            let text = everything(&redacted);
            // letters of a certificate are chance
            let text: String = text
                .split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && !"+/".contains(letter))
                .filter(|run| run.len() < 100)
                .collect();
            let words: &[&str] =
                if level == Level::Full { &["anna", "\"ex01\"", "corp.local", "203.0.113.7\""] } else { &["anna"] };
            assert_eq!(seen_in(&text, words), Vec::<String>::new(), "{name} {level:?}");
        }
    }
}

#[test]
fn whatever_lies_below_a_known_domain_is_hidden_and_so_is_a_domain_with_umlauts() {
    let path = |case: &str| fixtures().into_iter().find(|path| path.ends_with(case)).unwrap();
    // only a body names the server in full; a header names it by its first label alone
    let named = fs::read_to_string(path("admin-ews-list.json")).unwrap();
    assert!(named.contains("EX01.corp.example"));
    let full =
        written(&replay(evidence_of(&path("admin-ews-list.json"))).redacted(Some(Level::Full), 1).unwrap(), Lang::En);
    assert!(!full.to_lowercase().contains("ex01"), "{full}");
    let mut evidence = evidence_of(&path("auth-rejected.json"));
    evidence.header.subject.user = Some("anna@müller-werk.de".to_owned());
    let full = written(&replay(evidence).redacted(Some(Level::Full), 1).unwrap(), Lang::De);
    assert!(!full.contains("müller-werk"), "{full}");
}

#[test]
fn two_mailboxes_of_a_run_have_two_names() {
    let evidence = evidence_of(&fixtures().into_iter().find(|path| path.ends_with("auth-rejected.json")).unwrap());
    let of = |number| {
        let hidden = redact::evidence(&evidence, Level::Mailbox, number).unwrap();
        hidden.header.subject.mailbox.unwrap().address
    };
    assert_eq!((of(1), of(2)), ("user-1@corp.example".to_owned(), "user-2@corp.example".to_owned()));
    // and what is hidden stays what it is
    let hidden = redact::evidence(&evidence, Level::Mailbox, 2).unwrap();
    assert_eq!(redact::evidence(&hidden, Level::Mailbox, 1).unwrap().header.subject.mailbox.unwrap().address, of(2));
}

/// What a check of a mailbox has seen, with this page in one of its answers and these headers beside it.
fn seen_with(mailbox: &str, page: &str, headers: &[(&str, &str)]) -> Evidence {
    let path = fixtures().into_iter().find(|path| path.ends_with("auth-rejected.json")).unwrap();
    let text = fs::read_to_string(path).unwrap();
    let local = mailbox.split('@').next().unwrap();
    let mut value: Value =
        serde_json::from_str(&text.replace("anna@corp.example", mailbox).replace("anna", local)).unwrap();
    let answers = value["records"].as_array_mut().unwrap().iter_mut().map(|line| &mut line["seen"]["outcome"]);
    let answer = answers.filter(|answer| answer.pointer("/body/text").is_some()).last().unwrap();
    answer["body"]["text"] = Value::from(page);
    for (name, text) in headers {
        answer["headers"].as_array_mut().unwrap().push(json!([name, text]));
    }
    read(value.to_string().as_bytes()).unwrap().remove(0)
}

/// The page and the headers as they are written, in the formats that others read.
fn shown(evidence: &Evidence, level: Level) -> String {
    let diagnosis = replay(redact::evidence(evidence, level, 1).unwrap());
    let report = diagnosis.report(Wording { lang: Lang::De, fail_on: FailOn::Fail });
    let mut out = Vec::new();
    write_json_line(&report, &mut out).unwrap();
    write_html(std::slice::from_ref(&report), Lang::De, &mut out).unwrap();
    let style = TextStyle { lang: Lang::De, verbosity: Verbosity::Verbose };
    write_markdown(&report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Texts of others, what of them names a person (hidden at both levels), and what names the network (`full`).
const FORMS: &[(&str, &str, &str)] = &[
    ("signed in as zwkrg\\bertold failed", "bertold", "zwkrg"),
    ("{\"login\":\"zwkrg\\\\bertold\"", "bertold", "zwkrg"),
    ("zwkrg\\bertold.zwirnmann was refused", "bertold|zwirnmann", "zwkrg"),
    ("cs-username=zwkrg%5cbertold&x=1", "bertold", "zwkrg"),
    ("zweigwerk-nord\\bertold may not", "bertold", "zweigwerk-nord\\"),
    (
        "photo walburga.zwirn.jpg, walburga_zwirn, walburga-zwirn, WalburgaZwirn, /img/WalburgaZwirnKlein2.png",
        "walburga|zwirn",
        "",
    ),
    ("Zwirn, Walburga; ZWIRN Walburga; Walburga Zwirns Postfach", "walburga|zwirn", ""),
    ("Hello Walburga, welcome Frau Zwirn", "walburga|zwirn", ""),
    (
        "<DisplayName>Dr. Walpurgis Zwirnfeld (IT)</DisplayName> Guten Tag, Walpurgis Zwirnfeld! WalpurgisZwirnfeld.pdf",
        "walpurgis|zwirnfeld",
        "",
    ),
    ("\"Zwirnberger, Bertold\" <b.z@zweigwerk-nord.example>: ask Bertold Zwirnberger", "bertold|zwirnberger", ""),
    ("cn=Zwirnheim\\, Bertold,ou=Zwabteilung,dc=zwkrg,dc=local failed", "zwirnheim|bertold", "zwabteilung|zwkrg"),
    ("CN=ZWMBX07,CN=Servers,CN=Configuration,DC=zwkrg,DC=local; later zwmbx07 alone", "", "zwmbx07|zwkrg"),
    ("see \\\\zwfiler\\zwfreigabe\\zwordner now; zwfiler again", "zwfreigabe|zwordner", "zwfiler"),
    ("var x = \"\\\\\\\\zwfiler\\\\zwfreigabe\";", "zwfreigabe", "zwfiler"),
    ("::ffff:10.77.66.8 ::FFFF:0a4d:4208 [0:0:0:0:0:ffff:a4d:4208]:443", "", "10.77.66.8|a4d:4208"),
    ("client:fd77:1234::9 FD77:1234:0:0:0:0:0:9 fe80::77aa%12 fd77:1234::9: refused", "", "fd77:1234|fe80::77aa"),
    ("9.66.77.10.in-addr.arpa", "", "66.77.10"),
    ("https://zwweb01.zweigwerk-nord.example/ or ZWWEB01 alone", "", "zwweb01"),
    (
        "walburga.zwirn\\u0040zweigwerk-nord.example walburga.zwirn&commat;zweigwerk-nord.example",
        "walburga|zwirn",
        "zweigwerk",
    ),
    ("var u = {\"displayName\":\"Bertold Zwirnmann\"}; Bertold Zwirnmann", "bertold|zwirnmann", ""),
    ("<user displayName='Bertold Zwirnmann'/>, Zwirnmann Bertold", "bertold|zwirnmann", ""),
    ("walburga\u{200b}.zwirn@zweigwerk-nord.example", "walburga|zwirn", "zweigwerk"),
    (
        "<b>walburga</b>.zwirn <td>Zwirn</td>\n<td>Walburga</td> walburga<wbr>.zwirn@zweigwerk<wbr>-nord.example",
        "walburga|zwirn",
        "zweigwerk",
    ),
    (
        "User=3Dwalburga=2Ezwirn=40zweigwerk-nord=2Eexample Walburga=\r\n Zwirn, M=C3=BCller-Zwirn <mueller=2Ezwirn@x.de>",
        "walburga|zwirn@|=\r\n zwirn",
        "zweigwerk",
    ),
    (
        "\\\\?\\UNC\\zwfiler\\zwfreigabe \\\\?\\unc\\zwserver2.zwkrg.local\\zwfreigabe",
        "zwfreigabe",
        "zwfiler|zwserver2|zwkrg",
    ),
    ("https://zw-ex1.zweigwerk-nord.example/ behind ZW-EX2.zweigwerk and zwnas.zweigwerk", "", "zw-ex|zwnas|zweigwerk"),
    (
        "<FriendlyName>Bertold privat</FriendlyName> DeviceFriendlyName : Zwirnheims Phone\r\nx {\"FriendlyName\":\"zwhandy\"",
        "bertold|zwirnheim|zwhandy",
        "",
    ),
    ("(sAMAccountName=bertold) uid=bertold,ou=people,dc=zwkrg,dc=local", "bertold", "zwkrg"),
];

#[test]
fn every_form_in_which_others_write_a_name_is_hidden() {
    let leaks: Vec<String> = FORMS
        .iter()
        .flat_map(|(page, persons, network)| {
            let evidence = seen_with("walburga.zwirn@zweigwerk-nord.example", page, &[]);
            for level in LEVELS {
                let hidden = redact::evidence(&evidence, level, 1).unwrap();
                assert_eq!(redact::evidence(&hidden, level, 1).unwrap(), hidden, "{page}");
            }
            let words = |words: &'static str| words.split('|').filter(|word| !word.is_empty()).collect::<Vec<_>>();
            let mailbox = seen_in(&shown(&evidence, Level::Mailbox), &words(persons));
            let full = seen_in(&shown(&evidence, Level::Full), &[words(persons), words(network)].concat());
            mailbox.into_iter().chain(full).map(move |leak| format!("{page}: {leak}"))
        })
        .collect();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

#[test]
fn servers_and_companies_in_headers_are_hidden_wherever_they_stand() {
    let headers = [
        ("www-authenticate", "Basic realm=\"ZWEXCH01\", Basic realm=\"Zweigwerk Nord KG\""),
        ("x-feserver", "ZWFRONT"),
        ("x-beserver", "ZWBACK"),
        ("x-diaginfo", "ZWDIAG"),
        ("set-cookie", "ZWBACK-route=…; path=/"),
        (
            "x-ms-diagnostics",
            "2000001;reason=\"ZWFRONT could not reach ZWBACK for zwkrg\\bertold\";error_category=\"x\"",
        ),
    ];
    let page = "zwexch01, ZwFront and ZWBACK of Zweigwerk Nord KG, zwdiag";
    let evidence = seen_with("walburga.zwirn@zweigwerk-nord.example", page, &headers);
    let words = ["zwexch", "zwfront", "zwback", "zwdiag", "zweigwerk nord", "zwkrg", "bertold"];
    assert_eq!(seen_in(&shown(&evidence, Level::Full), &words), Vec::<String>::new());
    assert_eq!(seen_in(&shown(&evidence, Level::Mailbox), &["bertold"]), Vec::<String>::new());
    // a realm that a check knows stays what it is
    let sogo = seen_with("anna@corp.example", "x", &[("www-authenticate", "Basic realm=\"SOGo\"")]);
    assert!(shown(&sogo, Level::Full).contains("realm=\\\"SOGo\\\""));
}

#[test]
fn a_mailbox_called_like_a_word_eats_no_prose() {
    let page = "The info service of IT mails errors to the server; the IT support says: no reply; a sales team, max-age=3600, C:\\inetpub\\logs\\u_ex.log, \
                std::fade, 12:30:45, the error\\nplease retry, wwwroot\\web.config, Annamarie, 15.2.2562.46";
    for local in ["info", "it", "it.support", "no-reply", "sales", "max", "anna"] {
        let evidence = seen_with(&format!("{local}@corp.example"), page, &[]);
        for level in LEVELS {
            let hidden = redact::evidence(&evidence, level, 1).unwrap();
            let text = serde_json::to_string(&hidden).unwrap();
            assert!(text.contains(&serde_json::to_string(page).unwrap()), "{local} {level:?}: {text}");
        }
    }
}

#[test]
fn whose_a_device_is_stays_hidden_in_logs_and_what_it_is_stays() {
    let path = fixtures().into_iter().find(|path| path.ends_with("logs-auth-mixed.json")).unwrap();
    let mut logs = evidence_of(&path).header.subject.logs.unwrap();
    let device = logs.devices[0].clone();
    let things = [
        ("Annas iPhone", "Apple-iPhone12C1/1901.401"),
        ("iPhone von Walburga", "Walburgas+iPad"),
        ("Zwirn's MacBook", "Outlook-iOS-Android/1.0"),
        ("Windows Phone", "Samsung Galaxy"),
        ("Nexus Tablet", "MSFT-WP/8.10.14219 for Dorothea iPhone"),
    ];
    logs.devices = things
        .iter()
        .map(|(kind, agent)| LogDevice {
            user: Some("dorothea.zwirn".to_owned()),
            device_type: Some((*kind).to_owned()),
            agent: Some((*agent).to_owned()),
            ..device.clone()
        })
        .collect();
    for level in LEVELS {
        let hidden = redact::logs(&logs, (None, None, Some("Annas iPhone")), level).unwrap();
        assert_eq!(hidden.agent("Annas iPhone"), hidden.seen.devices[0].device_type.clone().unwrap());
        let mut out = Vec::new();
        write_logs_csv(&hidden.seen, &[], &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let names = ["anna", "walburga", "zwirn", "dorothea", "appldn01"];
        assert_eq!(seen_in(&text, &names), Vec::<String>::new(), "{text}");
        for product in [
            "iPhone",
            "Apple-iPhone12C1/1901.401",
            "iPad",
            "MacBook",
            "Windows Phone",
            "Samsung Galaxy",
            "Nexus Tablet",
        ] {
            assert!(text.contains(product), "{product}: {text}");
        }
        // a table has no comments
        let word = level.name();
        assert!(text.lines().next().unwrap().ends_with(",redacted"), "{text}");
        assert!(text.lines().skip(1).all(|line| line.ends_with(&format!(",{word}"))), "{text}");
        let mut out = Vec::new();
        write_server_csv(&hidden.seen, ServerTable::Hours, &mut out).unwrap();
        assert!(String::from_utf8(out).unwrap().starts_with("from,requests,failed,refused,server_errors,redacted\r\n"));
    }
    let mut out = Vec::new();
    write_logs_csv(&logs, &[], &mut out).unwrap();
    assert!(!String::from_utf8(out).unwrap().contains("redacted"));
}

#[test]
fn how_a_device_is_called_is_told_by_no_log_and_no_list() {
    let folder = tempfile::tempdir().unwrap();
    let entry = "-----------------\r\n Log Entry: 0\r\n-----------------\r\n\r\nRequestTime : \r\n11/21/2026 10:00:00\r\n\r\n\
        Identifier : \r\n4D7D0057\r\n\r\nRequestHeader : \r\nPOST /Microsoft-Server-ActiveSync/default.eas?User=anna&DeviceId=d1234&DeviceType=iPhone&Cmd=Settings HTTP/1.1\r\n\r\n\
        RequestBody : \r\n<Settings xmlns=\"Settings:\"><DeviceInformation><Set><FriendlyName>Zenzis Phone</FriendlyName></Set></DeviceInformation></Settings>\r\n\r\n\
        ResponseHeader : \r\nHTTP/1.1 200 OK\r\n\r\nResponseBody : \r\n<Status>1</Status>\r\n\r\nResponseTime : \r\n11/21/2026 10:00:02\r\n\r\n";
    let list = json!([{"DeviceID": "d1234", "DeviceType": "iPhone", "DeviceFriendlyName": "Zenzis Phone", "FriendlyName": "Zenzi privat",
        "Identity": "corp.example/Users/Bert/ExchangeActiveSyncDevices/iPhone§d1234", "LastSuccessSync": "2026-11-21T10:00:00Z"}]);
    fs::write(folder.path().join("mailbox.txt"), entry).unwrap();
    fs::write(folder.path().join("devices.json"), list.to_string()).unwrap();
    for level in ["mailbox", "full"] {
        for format in ["json", "text", "html", "csv"] {
            let folder = folder.path().display().to_string();
            let (_, out, said) = exdiag(&["logs", &folder, "--format", format, "--redact", level]);
            assert!(out.contains("device-1") && said.is_empty(), "{out}{said}");
            assert_eq!(seen_in(&out, &["zenzi", "bert", "d1234"]), Vec::<String>::new(), "{format} {level}");
        }
    }
}

#[test]
fn every_format_for_machines_says_that_names_are_hidden() {
    let path = fixtures().into_iter().find(|path| path.ends_with("clients-intermediate-missing.json")).unwrap();
    let whole = replay(evidence_of(&path));
    let of = |diagnosis: &Diagnosis| {
        let report = diagnosis.report(Wording { lang: Lang::En, fail_on: FailOn::Fail });
        let (mut junit, mut nagios, mut prometheus) = (Vec::new(), Vec::new(), Vec::new());
        write_junit(std::slice::from_ref(&report), Lang::En, &mut junit).unwrap();
        write_nagios(std::slice::from_ref(&report), Lang::En, &mut nagios).unwrap();
        write_prometheus(std::slice::from_ref(&report), Lang::En, &mut prometheus).unwrap();
        [junit, nagios, prometheus].map(|out| String::from_utf8(out).unwrap())
    };
    let said = [
        "<property name=\"redacted\" value=\"Redacted (full): 1 name, ",
        "\nRedacted (full): 1 name, ",
        "\nexdiag_redacted{target=",
    ];
    for (text, said) in of(&whole.clone().redacted(Some(Level::Full), 1).unwrap()).iter().zip(said) {
        assert!(text.contains(said), "{said}: {text}");
    }
    for text in of(&whole) {
        assert!(!text.to_lowercase().contains("redacted"), "{text}");
    }
}

fn exdiag(args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_exdiag"))
        .args(args)
        .env_remove("LANG")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_baseline_is_compared_before_names_are_hidden_and_what_is_new_is_told_without_them() {
    let of = |case: &str| {
        fixtures().into_iter().find(|path| path.ends_with(format!("{case}.json"))).unwrap().display().to_string()
    };
    for (new, old) in [
        ("auth-rejected", "auth-rejected"),
        ("auth-rejected", "auth-mfa-required"),
        ("tls-expired", "tls-healthy"),
        ("tls-healthy", "tls-expired"),
    ] {
        let (new, old) = (of(new), of(old));
        let whole = exdiag(&["replay", &new, "--baseline", &old, "--format", "json"]);
        let expected: Value = serde_json::from_str(&whole.1).unwrap();
        for level in ["mailbox", "full"] {
            let hidden = exdiag(&["replay", &new, "--baseline", &old, "--format", "json", "--redact", level]);
            assert_eq!((hidden.0, hidden.2.as_str()), (whole.0, ""), "{new}");
            assert!(!hidden.1.contains("anna"), "{}", hidden.1);
            let told: Value = serde_json::from_str(&hidden.1).unwrap();
            let changes = |value: &Value| -> Vec<Value> {
                let changes = value["baseline"]["changes"].as_array().unwrap().iter();
                changes.map(|change| json!([change["area"], change["what"], change["trend"]])).collect()
            };
            assert_eq!(changes(&told), changes(&expected), "{new} {level}");
            assert_eq!(told["baseline"]["same_target"], true);
        }
    }
    // a baseline that hides names is compared with what is hidden
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept.json").display().to_string();
    let new = of("auth-rejected");
    exdiag(&["replay", &new, "--redact", "mailbox", "--output", &kept]);
    let again = exdiag(&["replay", &new, "--redact", "mailbox", "--baseline", &kept]);
    assert!(again.0 == Some(0) && again.1.contains("Nothing new") && again.2.is_empty(), "{again:?}");
    let other = folder.path().join("other.json");
    fs::write(&other, fs::read_to_string(&new).unwrap().replace("anna", "bert")).unwrap();
    let other = other.display().to_string();
    let another = exdiag(&["replay", &new, "--redact", "mailbox", "--baseline", &other]);
    assert!(another.2.contains("holds no report on user-1@") && !another.2.contains("anna"), "{}", another.2);
}

#[test]
fn files_to_be_run_need_names_and_it_is_said_how_to_get_both() {
    let new = fixtures().into_iter().find(|path| path.ends_with("auth-rejected.json")).unwrap().display().to_string();
    let (code, out, said) = exdiag(&["replay", &new, "--redact", "full", "--fix", "repair"]);
    assert!(code == Some(2) && out.is_empty() && !Path::new("repair").exists(), "{out}");
    for part in ["replay report.json --fix repair", "replay report.json --redact full --output public.json"] {
        assert!(said.contains(part), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (public, repair) = (path("public.json"), path("repair"));
    exdiag(&["replay", &new, "--redact", "mailbox", "--output", &public]);
    let (code, out, said) = exdiag(&["replay", &public, "--fix", &repair]);
    assert!(code == Some(2) && out.is_empty() && !Path::new(&repair).exists(), "{out}");
    assert!(said.contains("public.json hides names") && said.contains(&format!("--fix {repair}")), "{said}");
}
