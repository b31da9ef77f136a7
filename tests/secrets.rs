//! Does a secret ever stand in a report, whatever its format and however much it tells (contract, section 4)?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support {
    pub mod everything;
}

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exdiag::cli::rehearse;
use exdiag::diagnose;
use exdiag::evidence::Subject;
use exdiag::gather::Settings;
use exdiag::gather::auth::Secrets;
use exdiag::lab::{LabOptions, Scenario, find};
use exdiag::runner::Limits;
use proptest::prelude::*;
use std::net::TcpListener;
use std::time::Duration;
use support::everything::everything;

/// The forms that a secret can take on its way.
fn forms(secret: &str) -> Vec<String> {
    let mut out = vec![secret.to_owned(), STANDARD.encode(secret)];
    for user in ["anna@corp.example", "CORP\\anna", "anna"] {
        out.push(STANDARD.encode(format!("{user}:{secret}")));
    }
    out.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    out.push(secret.bytes().fold(String::new(), |out, byte| out + &format!("%{byte:02x}")));
    out.push(secret.bytes().fold(String::new(), |out, byte| out + &format!("{byte:02x}")));
    out.push(secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    out.push(secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"));
    out.push(serde_json::Value::from(secret).to_string().trim_matches('"').to_owned());
    out.sort();
    out.dedup();
    out
}

/// Runs a scenario with these secrets, and says which of them can be read in what was written.
fn read_again(name: &str, password: Option<&str>, token: Option<&str>, key: Option<&str>) -> Vec<String> {
    let mut scenario = find(name).unwrap().clone();
    let leaked = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    scenario.password = password.map(leaked);
    scenario.token = token.map(str::to_owned);
    scenario.service_key = key.map(leaked).or(scenario.service_key);
    let scenario: &'static Scenario = Box::leak(Box::new(scenario));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (diagnosis, _) = runtime.block_on(rehearse(scenario, LabOptions::default())).unwrap();
    let text = everything(&diagnosis);
    let secrets = [password, token, key].into_iter().flatten();
    secrets.flat_map(forms).filter(|form| text.contains(form.as_str())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3) })]
    #[test]
    fn contract_4_no_secret_stands_in_any_format(
        password in "[A-Za-z0-9&<>\"'|%äß ]{12,24}Q7",
        token in "[A-Za-z0-9_-]{24,60}\\.[A-Za-z0-9_-]{24,60}",
        key in "nyk_[A-Za-z0-9]{24,40}",
    ) {
        let none = Vec::<String>::new();
        prop_assert_eq!(&read_again("healthy-signed-in", Some(&password), None, None), &none);
        prop_assert_eq!(&read_again("moved-mailbox", Some(&password), None, None), &none);
        prop_assert_eq!(&read_again("healthy-echo", Some(&password), None, None), &none);
        prop_assert_eq!(&read_again("healthy-echo", None, Some(&token), None), &none);
        prop_assert_eq!(&read_again("healthy-modern-auth", None, Some(&token), None), &none);
        prop_assert_eq!(&read_again("grant-invalid", None, None, Some(&key)), &none);
    }
}

#[test]
fn contract_4_a_server_that_sends_the_right_password_back_changes_neither_report_nor_verdict() {
    let none = Vec::<String>::new();
    assert_eq!(read_again("healthy-echo", Some("Herbst:Regen-2026"), None, None), none);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (diagnosis, journal) =
        runtime.block_on(rehearse(find("healthy-echo").unwrap(), LabOptions::default())).unwrap();
    assert!(journal.iter().any(|entry| entry.credential && entry.status == 200), "it was never sent");
    assert!(diagnosis.verdict().causes.is_empty());
}

/// What a user may type by mistake: an address that holds a password is refused, and not repeated.
#[test]
fn contract_4_a_password_in_an_address_is_told_in_no_error() {
    let address = "https://anna:Gartenzaun77@mail.corp.example";
    for option in [
        "--server",
        "--proxy",
        "--nylas-api",
        "--allow-host",
        "--connect-to",
        "--resolve",
        "--dns-servers",
        "--compare-dns",
        "--user",
    ] {
        for format in ["text", "json"] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_exdiag"))
                .args(["check", "anna@corp.example", option, address, "--format", format, "--max-time", "1"])
                .args(["--resolve", "corp.example:443:127.0.0.1", "--connect-timeout", "1"])
                .output()
                .unwrap();
            let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
            assert!(!said.contains("Gartenzaun77"), "{option}: {said}");
        }
    }
    for args in [["check", address], ["tls", address], ["autodiscover", "anna:Gartenzaun77@corp.example"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!said.contains("Gartenzaun77"), "{args:?}: {said}");
    }
}

#[test]
fn contract_4_neither_a_cookie_nor_the_proxys_password_is_kept() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for name in ["options-blocked", "preauthentication"] {
        let (diagnosis, _) = runtime.block_on(rehearse(find(name).unwrap(), LabOptions::default())).unwrap();
        let text = everything(&diagnosis);
        for value in ["01d2c4", "f00d"] {
            assert!(!text.contains(value), "{name}: {value}");
        }
    }
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut subject = Subject::mailbox("anna@corp.example".parse().unwrap());
    subject.server = Some("mail.corp.example".parse().unwrap());
    subject.selected = vec!["activesync".to_owned()];
    let settings = Settings {
        name_servers: Some(vec![closed]),
        proxy: Some(format!("http://anna:proxy-eigenes@{closed}")),
        connect_timeout: Duration::from_secs(2),
        ..Settings::default()
    };
    let limits = Limits { deadline: Duration::from_secs(10) };
    let mut silent = |_| {};
    let run = diagnose(subject, settings, Secrets::default(), limits, std::future::pending(), &mut silent);
    let text = everything(&runtime.block_on(run).unwrap());
    assert!(text.contains(&closed.to_string()) && !text.contains("proxy-eigenes"));
}
