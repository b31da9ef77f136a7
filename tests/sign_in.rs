//! Is whoever cannot sign in told what helps where that was said: in the cloud, with a token, with this app?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use exdiag::finding::Lang;
use exdiag::report::{FailOn, FindingReport, Report, Wording, read};
use std::fs;
use std::path::Path;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/evidence")
}

/// The report of a recorded case.
fn report(name: &str, lang: Lang) -> Report {
    let evidence = read(&fs::read(folder().join(name)).unwrap()).unwrap().remove(0);
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
