//! Does `exdiag logs` find in logs exactly what is in them, whatever is wrong with the files?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "support/logmaker.rs"]
mod logmaker;

use logmaker::{Dialect, Spec, Story, Truth, make};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn exdiag(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.arg("logs").args(args).stdin(Stdio::null());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(args: &[&str]) -> Output {
    exdiag(args).output().unwrap()
}

fn json(args: &[&str]) -> Value {
    let output = run(&[args, &["--format", "json"]].concat());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

/// Makes logs in a folder: `front.log`, and `back.log` where there is one.
fn made(folder: &Path, spec: Spec) -> Story {
    let (mut front, mut back) = (Vec::new(), Vec::new());
    let story = make(spec, &mut front, &mut back).unwrap();
    std::fs::write(folder.join("front.log"), front).unwrap();
    if spec.dialect.has_two_sites() {
        std::fs::write(folder.join("back.log"), back).unwrap();
    }
    story
}

fn spec(dialect: Dialect) -> Spec {
    Spec { seed: 7, dialect, lines: 30_000, devices: 60, base64: false, defects: false }
}

/// Compares every device with the truth, exactly.
fn compare(report: &Value, truth: &BTreeMap<(String, String), Truth>, what: &str) {
    let time = |value: &Value| value.as_str().map(|text| text.parse::<jiff::Timestamp>().unwrap().as_second());
    let devices = report["devices"].as_array().unwrap();
    let mut found = BTreeMap::new();
    for device in devices {
        let key = (device["user"].as_str().unwrap().to_owned(), device["device_id"].as_str().unwrap().to_owned());
        let statuses: BTreeMap<String, u64> = serde_json::from_value(device["statuses"].clone()).unwrap();
        let told = Truth {
            hits: device["hits"].as_u64().unwrap(),
            first: time(&device["first_attempt"]).unwrap(),
            last: time(&device["last_attempt"]).unwrap(),
            success: time(&device["last_success"]),
            since: time(&device["failing_since"]),
            streak: device["failures_in_a_row"].as_u64().unwrap(),
            statuses,
        };
        assert!(found.insert(key, told).is_none(), "{what}: a device twice");
    }
    for (key, truth) in truth {
        assert_eq!(found.get(key), Some(truth), "{what}: {key:?}");
    }
    assert_eq!(found.len(), truth.len(), "{what}");
}

#[test]
fn the_planted_truth_is_met_exactly_in_every_dialect_with_defects_and_base64() {
    for dialect in Dialect::ALL {
        for (defects, base64) in [(false, false), (true, false), (true, true)] {
            let folder = tempfile::tempdir().unwrap();
            let story = made(folder.path(), Spec { base64, defects, ..spec(dialect) });
            let report = json(&[folder.path().to_str().unwrap()]);
            let what = format!("{dialect:?}, defects {defects}, base64 {base64}");
            compare(&report, &story.devices, &what);
            assert!(story.devices.len() > 40, "{what}");
            for file in report["files"].as_array().unwrap() {
                let site = usize::from(file["path"].as_str().unwrap().ends_with("back.log"));
                assert_eq!(file["lines"], story.lines[site], "{what}");
                let skipped: BTreeMap<&str, u64> = file["skipped"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|skipped| (skipped["reason"].as_str().unwrap(), skipped["count"].as_u64().unwrap()))
                    .collect();
                assert_eq!(skipped, story.skipped[site], "{what}");
            }
        }
    }
}

#[test]
fn the_front_end_alone_proves_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let story = made(folder.path(), Spec { base64: true, defects: true, ..spec(Dialect::E2016) });
    let report = json(&[&path(folder.path(), "front.log")]);
    compare(&report, &story.front_only, "front end alone");
    let devices = report["devices"].as_array().unwrap();
    assert!(devices.iter().all(|device| device["last_success"].is_null()));
    assert!(devices.iter().any(|device| device["last_accepted"].is_string()));
}

#[test]
fn gzip_zip_utf16_and_standard_input_say_the_same_as_the_plain_file() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), spec(Dialect::E2010));
    let plain = path(folder.path(), "front.log");
    let expected = json(&[&plain])["devices"].clone();
    let without_places = |mut devices: Value| {
        for device in devices.as_array_mut().unwrap() {
            device.as_object_mut().unwrap().remove("lines");
        }
        devices
    };
    let expected = without_places(expected);
    let bytes = std::fs::read(&plain).unwrap();
    let gz = path(folder.path(), "a.bin");
    let mut encoder = flate2::write::GzEncoder::new(std::fs::File::create(&gz).unwrap(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
    let wide = path(folder.path(), "wide.txt");
    let units: Vec<u8> = String::from_utf8(bytes.clone()).unwrap().encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&wide, [&[0xff, 0xfe][..], &units].concat()).unwrap();
    let zipped = path(folder.path(), "b.bin");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&zipped).unwrap());
    zip.start_file("logs/u_ex.log", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(&bytes).unwrap();
    zip.finish().unwrap();
    for packed in [&gz, &wide, &zipped] {
        assert_eq!(without_places(json(&[packed])["devices"].clone()), expected, "{packed}");
    }
    let mut child = exdiag(&["-", "--format", "json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(without_places(report["devices"].clone()), expected);
    // cut in the middle: what came before counts, and it is said
    let half = path(folder.path(), "half.gz");
    let packed = std::fs::read(&gz).unwrap();
    std::fs::write(&half, &packed[..packed.len() / 2]).unwrap();
    let report = json(&[&half]);
    assert!(report["files"][0]["broken"].is_string() && !report["devices"].as_array().unwrap().is_empty());
}

#[test]
fn a_file_that_is_no_log_is_said_to_be_none_and_the_answer_is_inconclusive() {
    let folder = tempfile::tempdir().unwrap();
    let junk: Vec<u8> = (0..100_000_u32).map(|i| u8::try_from(i.wrapping_mul(i) % 251).unwrap()).collect();
    let cases: [(&str, &[u8], &str); 4] = [
        ("empty", b"", "empty"),
        ("binary", &junk, "binary"),
        ("diary", b"dear diary\ntoday\n", "unknown"),
        ("other.log", b"#Fields: date time cs-uri-stem sc-status\r\n2026-11-21 00:00:00 /owa/ 200\r\n", "iis"),
    ];
    for (name, bytes, kind) in cases {
        let file = path(folder.path(), name);
        std::fs::write(&file, bytes).unwrap();
        let output = run(&[&file, "--format", "json"]);
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["files"][0]["kind"], kind, "{name}");
        assert_eq!(output.status.code(), Some(3), "{name}");
    }
    let missing = run(&[&path(folder.path(), "nowhere.log")]);
    assert_eq!((missing.status.code(), text(&missing)), (Some(2), String::new()));
    assert!(String::from_utf8(missing.stderr).unwrap().contains("nowhere.log"));
}

#[test]
fn one_mailbox_is_found_by_its_address_its_account_its_device_and_its_agent() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), spec(Dialect::E2016));
    let logs = folder.path().to_str().unwrap();
    for args in [["--mailbox", "user00002@corp.example"], ["--mailbox", "CORP\\USER00002"], ["--mailbox", "user00002"]]
    {
        let report = json(&[&[logs], &args[..]].concat());
        let users: Vec<_> = report["devices"].as_array().unwrap().iter().map(|d| d["user"].as_str().unwrap()).collect();
        assert_eq!(users, ["user00002"], "{args:?}");
    }
    let report = json(&[logs, "--agent", "python-EAS-Client"]);
    assert!(report["devices"].as_array().unwrap().iter().all(|d| d["agent"] == "python-EAS-Client+1.0"));
    let device = report["devices"][0]["device_id"].as_str().unwrap();
    assert_eq!(json(&[logs, "--device", device])["devices"].as_array().unwrap().len(), 1);
}
