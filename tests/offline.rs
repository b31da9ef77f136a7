//! Does `exdiag tls` judge chains of files as it judges those of servers, one or many at once?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod support {
    pub mod aia;
    pub mod pki;
    pub mod public;
}

use rcgen::date_time_ymd;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use support::aia::issuer_at;
use support::pki::{HOST, server};
use support::public::Pki;

const AIA: &str = "http://ca.example/issuing.cer";

/// A root, an issuing authority and a leaf, as PEM.
struct Authority {
    root: String,
    issuing: String,
    leaf: String,
}

fn authority() -> Authority {
    let mut leaf = server(&[HOST]);
    (leaf.not_before, leaf.not_after) = (date_time_ymd(2026, 10, 1), date_time_ymd(2027, 1, 1));
    leaf.custom_extensions = vec![issuer_at(AIA)];
    let made = Pki::of(support::pki::authority("Test Issuing"), leaf);
    Authority { root: made.root.facts().pem(), issuing: made.inter.facts().pem(), leaf: made.leaf.facts().pem() }
}

fn exdiag(args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.args(args).env("LC_ALL", "C").env_remove("SSL_CERT_FILE");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn file(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The report of a chain at that moment.
fn report(folder: &Path, chain: &str, more: &[&str]) -> (i32, Value) {
    let chain = file(folder, "chain.pem", chain);
    let mut args = vec!["tls", "--chain", &chain, "--name", HOST, "--trust", "mozilla", "--format", "json"];
    if !more.contains(&"--at") {
        args.extend(["--at", "2026-11-22"]);
    }
    args.extend(more);
    let output = exdiag(&args, "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap_or_else(|_| json!(said)))
}

fn first_cause(report: &Value) -> &str {
    report.pointer("/causes/0/code").and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn a_chain_in_a_file_is_judged_as_if_a_server_sent_it() {
    let (folder, ca) = (tempfile::tempdir().unwrap(), authority());
    let root = file(folder.path(), "root.pem", &ca.root);
    let whole = format!("{}{}", ca.leaf, ca.issuing);
    let (code, healthy) = report(folder.path(), &whole, &["--cacert", &root]);
    assert_eq!((code, healthy["causes"].as_array().map(Vec::len)), (0, Some(0)), "{healthy}");
    let (code, unknown) = report(folder.path(), &whole, &[]);
    assert_eq!((code, first_cause(&unknown)), (1, "tls.private-ca"));
    let (code, late) = report(folder.path(), &whole, &["--cacert", &root, "--at", "2027-01-02T00:00:00Z"]);
    assert_eq!((code, first_cause(&late)), (1, "tls.expired"));
}

#[test]
fn a_folder_stands_for_what_aia_addresses_deliver() {
    let (folder, ca) = (tempfile::tempdir().unwrap(), authority());
    let root = file(folder.path(), "root.pem", &ca.root);
    file(folder.path(), "aia/issuing.pem", &ca.issuing);
    file(folder.path(), "aia/README", "no certificate");
    let aia = folder.path().join("aia");
    let saved = folder.path().join("saved.pem");
    let more = ["--cacert", &root, "--aia-dir", aia.to_str().unwrap(), "--save-chain", saved.to_str().unwrap()];
    let (code, repaired) = report(folder.path(), &ca.leaf, &more);
    assert_eq!((code, first_cause(&repaired)), (1, "tls.intermediate-missing"));
    let same = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(same(&fs::read_to_string(saved).unwrap()), same(&format!("{}{}", ca.leaf, ca.issuing)));
    let (code, report) = report(folder.path(), &ca.leaf, &["--cacert", &root]);
    assert_eq!((code, first_cause(&report)), (1, "tls.intermediate-missing"), "nothing was asked: {report}");
}

#[test]
fn a_certificate_that_cannot_be_read_keeps_its_place_and_is_told() {
    let (folder, ca) = (tempfile::tempdir().unwrap(), authority());
    let root = file(folder.path(), "root.pem", &ca.root);
    let cut = |pem: &str| {
        let lines: Vec<&str> = pem.lines().collect();
        format!("{}\n-----END CERTIFICATE-----\n", lines[..5].join("\n"))
    };
    for (index, chain) in
        [(0, format!("{}{}", cut(&ca.leaf), ca.issuing)), (1, format!("{}{}", ca.leaf, cut(&ca.issuing)))]
    {
        let (code, report) = report(folder.path(), &chain, &["--cacert", &root]);
        let findings = report["subjects"].to_string() + &report.to_string();
        assert_eq!(code, 1, "{report}");
        assert!(findings.contains("\"tls.malformed-certificate\""), "{report:#}");
        let malformed = |finding: &&Value| finding["code"].as_str().is_some_and(|code| code.contains("malformed"));
        let causes =
            report["causes"].as_array().unwrap().iter().chain(
                report["checks"].as_array().unwrap().iter().flat_map(|check| check["findings"].as_array().unwrap()),
            );
        let found: Vec<&Value> = causes.filter(malformed).collect();
        assert!(found.iter().any(|finding| finding["data"]["index"] == index), "{found:#?}");
    }
}

#[test]
fn files_that_hold_no_certificate_are_input_errors() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = file(folder.path(), "empty/notes.txt", "nothing");
    let chain = file(folder.path(), "chain.pem", &authority().leaf);
    let empty = folder.path().join("empty");
    let of = |args: &[&str]| {
        let output = exdiag(args, "");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(of(&["tls", "--chain", &nothing, "--name", HOST]).contains("find a certificate"));
    assert!(of(&["tls", "--chain", "/no/such", "--name", HOST]).contains("could not read /no/such"));
    let dir = ["tls", "--chain", &chain, "--name", HOST, "--aia-dir", empty.to_str().unwrap()];
    assert!(of(&dir).contains("could not find a certificate in the folder"));
    assert!(of(&["tls", "--chain", &chain, "--name", HOST, "--at", "soon"]).contains("give a time"));
    assert!(of(&["tls", "--chain", &chain]).contains("--name"));
    assert!(of(&["tls", "--cases", "/no/such"]).contains("could not read /no/such"));
    assert!(of(&["tls", HOST, "--cases", "-"]).contains("--cases"));
}

/// The answers to these lines.
fn cases(lines: &[Value]) -> (i32, Vec<Value>) {
    let input = lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let output = exdiag(&["tls", "--cases", "-"], &input);
    let answers = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn many_chains_are_one_line_each_and_know_no_roots_but_their_own() {
    let ca = authority();
    let case = |id: &str, chain: Vec<&String>, more: Value| {
        let mut case =
            json!({"id": id, "chain": chain, "anchors": [ca.root], "host": HOST, "time": "2026-11-22T00:00:00+00:00"});
        case.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        case
    };
    let (code, answers) = cases(&[
        case("whole", vec![&ca.leaf, &ca.issuing], json!({})),
        case("leaf", vec![&ca.leaf], json!({})),
        case("repaired", vec![&ca.leaf], json!({"aia": {AIA: ca.issuing}})),
        case("stranger", vec![&ca.leaf, &ca.issuing], json!({"anchors": [authority().root]})),
        case("other", vec![&ca.leaf, &ca.issuing], json!({"host": "www.corp.example"})),
        case("no name, no time", vec![&ca.leaf, &ca.issuing], json!({"host": null, "time": null})),
    ]);
    assert_eq!(code, 0);
    let of = |answer: &Value| {
        (answer["accepted"].as_bool().unwrap(), answer["repaired"].as_bool().unwrap(), answer["index"].as_u64())
    };
    let said: Vec<_> = answers.iter().map(of).collect();
    assert_eq!(
        said,
        [
            (true, false, None),
            (false, false, Some(0)),
            (false, true, Some(0)),
            (false, false, Some(1)),
            (false, false, Some(0)),
            (true, false, None),
        ],
        "{answers:#?}"
    );
    assert!(answers[4]["codes"].as_array().unwrap().contains(&json!("tls.name-mismatch")));
}

#[test]
fn of_two_roots_with_one_key_the_one_whose_time_it_is_counts() {
    let key = KeyPair::generate().unwrap();
    let root = |year: i32| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "Test Root");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2016, 1, 1), rcgen::date_time_ymd(year, 1, 1));
        CertifiedIssuer::self_signed(params, &key).unwrap()
    };
    let (old, new) = (root(2020), root(2036));
    let mut leaf = CertificateParams::new(vec![HOST.to_owned()]).unwrap();
    (leaf.not_before, leaf.not_after) = (rcgen::date_time_ymd(2026, 10, 1), rcgen::date_time_ymd(2027, 1, 1));
    let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &new).unwrap().pem();
    let case = |anchors: [String; 2]| json!({"id": "x", "chain": [leaf], "anchors": anchors, "host": HOST, "time": "2026-11-22T00:00:00+00:00"});
    let (_, answers) = cases(&[case([old.pem(), new.pem()]), case([new.pem(), old.pem()])]);
    assert_eq!(answers[0]["codes"], answers[1]["codes"], "{answers:#?}");
    assert_eq!((&answers[0]["accepted"], &answers[1]["accepted"]), (&json!(true), &json!(true)));
    assert_eq!(answers[0]["conforms"], answers[1]["conforms"]);
}

#[test]
fn a_line_that_is_no_case_is_answered_and_the_others_are_judged() {
    let ca = authority();
    let whole = json!({"id": "whole", "chain": [ca.leaf, ca.issuing], "anchors": [ca.root]});
    let long = json!({"id": "long", "chain": ["x".repeat(17 << 20)]});
    let odd = json!({"id": "odd", "chain": "x"});
    let (code, answers) = cases(&[odd, json!({"id": "empty", "chain": []}), long, whole]);
    assert_eq!(code, 2);
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["id"], "odd");
    assert!(answers[..3].iter().all(|answer| answer["error"].is_string()));
    assert_eq!(answers[3]["accepted"], true);
}
