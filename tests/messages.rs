//! Does a person without any knowledge of servers understand what is written to them, and does every subject fit?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::evidence::Evidence;
use exdiag::evidence::redact::Level;
use exdiag::finding::{Lang, Owner, Severity};
use exdiag::report::{Envelope, FailOn, Message, Report, Wording, message, owners, read, write_messages};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use unicode_width::UnicodeWidthStr as _;

const LANGS: [Lang; 2] = [Lang::En, Lang::De];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence")
}

fn of_case(case: &str) -> Evidence {
    read(&fs::read(fixtures().join(format!("{case}.json"))).unwrap()).unwrap().remove(0)
}

/// Every recorded case, with the report in each language.
fn recorded() -> Vec<(String, Lang, Report)> {
    let mut names: Vec<String> =
        fs::read_dir(fixtures()).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let cases = names.iter().filter_map(|name| name.strip_suffix(".json"));
    cases.flat_map(|case| LANGS.map(|lang| (case.to_owned(), lang, judged(of_case(case), lang)))).collect()
}

fn judged(evidence: Evidence, lang: Lang) -> Report {
    exdiag::replay(evidence).report(Wording { lang, fail_on: FailOn::Fail })
}

fn written(report: &Report, owner: Owner, lang: Lang) -> Option<Message> {
    message(report, owner, &Envelope { lang, many: false, attached: "report.json", with_files: true })
}

/// Without line breaks and indents.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_mailbox_user_gets_plain_words_and_no_command_and_one_line_with_a_code() {
    let (mut theirs, mut of_others) = (0, 0);
    for (case, lang, report) in recorded() {
        let Some(message) = written(&report, Owner::User, lang) else {
            assert!(!owners(&report).contains(&Owner::User), "{case}");
            continue;
        };
        let body = &message.body;
        let (text, reference) = body.trim_end().rsplit_once("\n\n").unwrap();
        for technical in [
            "PowerShell",
            "Get-",
            "Set-",
            "exdiag",
            "HTTP",
            "AADSTS",
            "report.json",
            "Exchange Server",
            "ActiveSync",
            "TLS",
            "DNS-Eintrag",
            "Autodiscover",
            "{",
            "}",
        ] {
            assert!(!text.contains(technical), "{case}: {technical}: {body}");
        }
        for cause in &report.causes {
            assert!(!text.contains(&cause.code), "{case}: {body}");
        }
        assert!(reference.contains('.') && !reference.contains('\n') && reference.ends_with("UTC"), "{case}: {body}");
        for line in body.lines().filter(|line| line.width() > 72) {
            assert!(line.contains("https://"), "{case}: {line}");
        }
        let (greeting, can_do, others) = match lang {
            Lang::En => ("Hello,\n\n", "\nWhat you can do\n", "thers are taking care of"),
            Lang::De => ("Guten Tag,\n\n", "\nWas Sie tun können\n", "kümmern sich andere ("),
        };
        assert!(body.starts_with(greeting), "{case}: {body}");
        let acts = owners(&report).contains(&Owner::User);
        assert_eq!(body.contains(can_do), acts, "{case}: {body}");
        let is_of_others = owners(&report).iter().any(|owner| ![Owner::User, Owner::Caller].contains(owner));
        assert_eq!(plain(body).contains(others), is_of_others, "{case}: {body}");
        theirs += usize::from(acts);
        of_others += usize::from(!acts);
    }
    assert!(theirs > 20 && of_others > 100, "{theirs} {of_others}");
}

#[test]
fn the_password_is_changed_where_the_server_says_and_the_step_is_the_users_own() {
    let report = judged(of_case("auth-password-expired"), Lang::De);
    let message = written(&report, Owner::User, Lang::De).unwrap();
    assert_eq!(message.subject, "Ihr Passwort ist abgelaufen: anna@corp.example");
    let said = plain(&message.body);
    assert!(said.contains("das Passwort Ihres Postfachs anna@corp.example ist abgelaufen."), "{said}");
    assert!(
        said.contains("1. Vergeben Sie ein neues Passwort: im Browser unter https://mail.corp.example/owa"),
        "{said}"
    );
    assert!(said.ends_with("Kennung: auth.password-expired, 2026-11-22 20:00 UTC"), "{said}");

    let english = plain(&written(&judged(of_case("auth-rejected"), Lang::En), Owner::User, Lang::En).unwrap().body);
    assert!(english.contains("does not accept the password that is stored for your mailbox"), "{english}");
    assert!(english.contains("Do not try several passwords in a row"), "{english}");
}

#[test]
fn where_only_others_act_the_user_is_told_so_when_asked_for_and_not_among_those_who_must_act() {
    let report = judged(of_case("tls-intermediate-missing"), Lang::De);
    let said = plain(&written(&report, Owner::User, Lang::De).unwrap().body);
    assert!(said.contains("Sie müssen nichts tun: Darum kümmern sich andere (Exchange-Administration)."), "{said}");
    let mut all = Vec::new();
    let envelope = Envelope { lang: Lang::De, many: false, attached: "report.json", with_files: false };
    write_messages(&report, None, &envelope, &mut all).unwrap();
    let all = String::from_utf8(all).unwrap();
    assert!(!all.contains("(user)") && all.contains("(exchange)"), "{all}");
    assert_eq!(written(&judged(of_case("tls-healthy"), Lang::De), Owner::User, Lang::De), None);
}

#[test]
fn what_ails_the_machine_of_the_support_alone_is_not_told_to_the_user() {
    let mut alone = 0;
    for (case, lang, report) in recorded() {
        if !report.causes.is_empty() && owners(&report) == [Owner::Caller] {
            assert_eq!(written(&report, Owner::User, lang), None, "{case}");
            alone += 1;
        }
    }
    assert!(alone > 5, "{alone}");

    // beside a cause of others it counts neither for the matter, nor among the roles, nor for the reference
    let mut report = judged(of_case("tls-intermediate-missing"), Lang::De);
    for cause in &mut report.causes {
        cause.severity = Severity::Warn;
    }
    let reached = plain(&written(&report, Owner::User, Lang::De).unwrap().body);
    assert!(reached.contains("ist erreichbar"), "{reached}");
    let mut callers = report.causes.first().unwrap().clone();
    "tls.clock-wrong".clone_into(&mut callers.code);
    callers.severity = Severity::Fail;
    callers.remediation.as_mut().unwrap().owner = Owner::Caller;
    report.causes.insert(0, callers);
    let said = plain(&written(&report, Owner::User, Lang::De).unwrap().body);
    assert!(said.starts_with("Guten Tag, bei der Prüfung Ihres Postfachs"), "{said}");
    assert!(!said.contains("lässt sich zurzeit nicht") && !said.contains("ist erreichbar"), "{said}");
    assert!(
        said.contains("(Exchange-Administration)") && said.contains("Kennung: tls.intermediate-missing,"),
        "{said}"
    );
    report.causes.truncate(1);
    assert_eq!(written(&report, Owner::User, Lang::De), None);
    let envelope = Envelope { lang: Lang::De, many: false, attached: "report.json", with_files: false };
    let mut out = Vec::new();
    write_messages(&report, Some(Owner::User), &envelope, &mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("ist nichts zu tun; handeln muss: Wer exdiag ausführt (caller)."), "{out}");
}

#[test]
fn ms_ascmd_a_mailbox_without_room_is_told_by_its_status() {
    let told = |status: u64, lang| {
        let mut report = judged(of_case("session-quota"), lang);
        let finding = report.checks.iter_mut().flat_map(|check| &mut check.findings);
        let finding = finding.into_iter().find(|finding| finding.code == "activesync.quota").unwrap();
        finding.data.insert("status".to_owned(), status.into());
        let message = written(&report, Owner::User, lang).unwrap();
        (message.subject, plain(&message.body))
    };
    let (subject, body) = told(113, Lang::De);
    assert!(subject.starts_with("Ihr Postfach ist voll") && body.contains(" ist voll. Deshalb kommt"), "{body}");
    let (subject, body) = told(115, Lang::De);
    assert!(subject.starts_with("Sie können zurzeit nicht senden"), "{subject}");
    assert!(body.contains("Sie können keine E-Mails senden, bis") && !body.contains("ist voll"), "{body}");
    assert!(told(115, Lang::En).1.contains("You cannot send mail until"));
    for status in [507, 9] {
        let (subject, body) = told(status, Lang::De);
        assert!(subject.starts_with("Kein Platz mehr") && body.contains("oder der Server, auf dem es liegt"), "{body}");
        assert!(body.contains("3. Bleibt es dabei oder war Ihr Postfach gar nicht voll, antworten Sie"), "{body}");
        assert!(told(status, Lang::En).1.contains("3. If it goes on, or if your mailbox was not full"));
    }
}

#[test]
fn an_empty_address_is_said_in_words() {
    for (lang, words) in [("de", "ActiveSync-Adresse: sie ist leer"), ("en", "ActiveSync address: it is empty")] {
        let args = ["demo", "url-empty", "--lang", lang, "--message-for", "exchange"];
        let output = Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(plain(&said).contains(words), "{said}");
        assert!(!said.lines().any(|line| line.ends_with(": -")), "{said}");
    }
}

#[test]
fn two_causes_of_the_user_are_told_in_one_message_with_each_step_once() {
    let mut report = judged(of_case("auth-rejected"), Lang::De);
    let mut other = report.causes.first().unwrap().clone();
    let refused = other.clone();
    "activesync.quota".clone_into(&mut other.code);
    let mut blocked = other.clone();
    "auth.account-blocked".clone_into(&mut blocked.code);
    report.causes.extend([other, refused, blocked]);
    let body = plain(&written(&report, Owner::User, Lang::De).unwrap().body);
    assert_eq!(body.matches("nimmt das Passwort nicht an").count(), 1, "{body}");
    assert!(body.contains("Ihr Postfach anna@corp.example ist voll.") && body.contains(" 5. Löschen oder"), "{body}");
    assert_eq!(
        body.matches("Melden Sie sich dort").count() + body.matches("melden Sie sich dort").count(),
        1,
        "{body}"
    );
    assert!(body.contains(" 6. Schalten Sie den Mailabruf") && !body.contains(" 7. "), "{body}");
}

#[test]
fn a_message_to_the_user_alone_asks_for_no_attachment() {
    let case = fixtures().join("auth-rejected.json").display().to_string();
    let run = |owner: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
        let output = command.args(["replay", &case, "--message-for", owner, "--lang", "en"]).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (said, hint) = run("user");
    assert!(said.starts_with("Subject: Please check your password: anna@corp.example\n\nHello,"), "{said}");
    assert_eq!(hint, "");
}

#[test]
fn hidden_names_are_said_to_be_hidden_in_every_message() {
    for (case, owner) in [("auth-rejected", Owner::User), ("tls-intermediate-missing", Owner::Exchange)] {
        let whole = exdiag::replay(of_case(case));
        let told = |diagnosis: &exdiag::Diagnosis, lang| {
            let report = diagnosis.report(Wording { lang, fail_on: FailOn::Fail });
            plain(&written(&report, owner, lang).unwrap().body)
        };
        let hidden = whole.redacted(Some(Level::Mailbox), 1).unwrap();
        for (lang, words) in [(Lang::En, "stand for others, which were hidden"), (Lang::De, "die verborgen wurden")] {
            assert!(told(&hidden, lang).contains(words), "{case}: {}", told(&hidden, lang));
        }
        let whole = exdiag::replay(of_case(case));
        assert!(!told(&whole, Lang::En).contains("stand for others"), "{case}");
    }
}

#[test]
fn every_subject_fits_into_its_line_and_nothing_of_it_is_cut() {
    let fits = |subject: &str, lang: Lang, of: &str| {
        let prefix = if lang == Lang::En { "Subject: " } else { "Betreff: " };
        assert!(prefix.width() + subject.width() <= 72 && !subject.is_empty(), "{of}: {subject}");
        assert!(!subject.contains('…') && !subject.ends_with([' ', ':', ',', '„', '(']), "{of}: {subject}");
        assert_eq!(subject.matches('„').count(), subject.matches('“').count(), "{of}: {subject}");
    };
    let mut shortened = 0;
    for (case, lang, report) in recorded() {
        for owner in owners(&report) {
            let subject = written(&report, owner, lang).unwrap().subject;
            fits(&subject, lang, &case);
            if owner != Owner::User {
                let whole = report.causes.iter().any(|cause| cause.title == subject);
                shortened += usize::from(!whole);
                // either the title as it is, or a few words and whom they are about
                let names = report.causes.iter().filter_map(|cause| cause.subject.host.as_deref());
                let mailbox = report.target.mailbox.as_deref();
                let mut about = names.chain(mailbox).chain([report.target.domain.as_str()]);
                assert!(whole || about.any(|name| subject.ends_with(&format!(": {name}"))), "{case}: {subject}");
            }
        }
        let mut long = report.clone();
        long.target.mailbox = Some(format!("{}@corp.example", "a".repeat(60)));
        for cause in &mut long.causes {
            cause.title = "word ".repeat(30);
            cause.subject.host = Some(format!("{}.corp.example", "h".repeat(60)));
        }
        for owner in owners(&long) {
            fits(&written(&long, owner, lang).unwrap().subject, lang, &case);
        }
    }
    assert!(shortened > 100, "{shortened}");
    let missing = judged(of_case("tls-intermediate-missing"), Lang::De);
    let subject = written(&missing, Owner::Exchange, Lang::De).unwrap().subject;
    assert_eq!(subject, "Zwischenzertifikat fehlt: mail.corp.example");
}
