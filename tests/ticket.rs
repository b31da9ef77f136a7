//! Is the archive of a ticket whole, and does it say the same as its reports (`--output ticket.zip`)?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use exdiag::report::read;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use zip::ZipArchive;

fn fixture(name: &str) -> String {
    format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.current_dir(folder).args(args).env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    command.output().unwrap()
}

fn unpacked(path: &Path) -> (Vec<String>, BTreeMap<String, Vec<u8>>) {
    let mut archive = ZipArchive::new(Cursor::new(fs::read(path).unwrap())).unwrap();
    let (mut order, mut files) = (Vec::new(), BTreeMap::new());
    for number in 0..archive.len() {
        let mut member = archive.by_index(number).unwrap();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        order.push(member.name().unwrap().to_string());
        files.insert(member.name().unwrap().to_string(), bytes);
    }
    (order, files)
}

fn sum(bytes: &[u8]) -> String {
    exdiag::protocol::der::hex(digest(&SHA256, bytes).as_ref())
}

/// Every sum that the archive holds is right, and every file has one.
fn sums_are_right(files: &BTreeMap<String, Vec<u8>>) {
    let sums = String::from_utf8(files["SHA256SUMS"].clone()).unwrap();
    let listed: BTreeMap<&str, &str> =
        sums.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, name)| (name, sum)).collect();
    assert_eq!(listed.len() + 1, files.len());
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "SHA256SUMS") {
        assert_eq!(listed[name.as_str()], sum(bytes), "{name}");
    }
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["tool"]["name"], "exdiag");
    let members = manifest["files"].as_array().unwrap();
    assert_eq!(members.len() + 2, files.len());
    for member in members {
        let bytes = &files[member["name"].as_str().unwrap()];
        assert_eq!(member["size"], bytes.len());
        assert_eq!(member["sha256"], sum(bytes));
    }
}

#[test]
fn one_report_is_an_archive_of_its_formats_and_the_repaired_chain() {
    let folder = TempDir::new().unwrap();
    let report = fixture("reports/intermediate-missing.json");
    let args = ["replay", &report, "--output", "ticket.zip", "--output", "alone.json", "--lang", "en"];
    assert_eq!(run(folder.path(), &args).status.code(), Some(1));
    let (order, files) = unpacked(&folder.path().join("ticket.zip"));
    assert_eq!(order, ["report.json", "report.html", "report.txt", "chain.pem", "manifest.json", "SHA256SUMS"]);
    sums_are_right(&files);
    assert_eq!(files["report.json"], fs::read(folder.path().join("alone.json")).unwrap());
    assert!(files["chain.pem"].starts_with(b"-----BEGIN CERTIFICATE-----"));
    // the same reports make the same archive
    let first = fs::read(folder.path().join("ticket.zip")).unwrap();
    run(folder.path(), &args);
    assert_eq!(first, fs::read(folder.path().join("ticket.zip")).unwrap());
    // it is judged again as its report is
    let of = |name: &str| run(folder.path(), &["replay", name, "--format", "json"]);
    let (packed, alone) = (of("ticket.zip"), of("alone.json"));
    assert_eq!((packed.status.code(), packed.stdout), (alone.status.code(), alone.stdout));
}

#[test]
fn several_reports_have_a_folder_each_and_the_level_holds_for_all() {
    let folder = TempDir::new().unwrap();
    let one = fs::read_to_string(fixture("reports/intermediate-missing.json")).unwrap();
    let two = one.replace("anna@corp.example", "../bert/con@corp.example");
    fs::write(folder.path().join("both.json"), format!("{one}\n{two}")).unwrap();
    run(folder.path(), &["replay", "both.json", "--output", "ticket.zip"]);
    let (order, files) = unpacked(&folder.path().join("ticket.zip"));
    sums_are_right(&files);
    assert_eq!(
        (order[0].as_str(), order[4].as_str()),
        ("1-anna@corp.example/report.json", "2-.._bert_con@corp.example/report.json")
    );
    let args = ["replay", "ticket.zip", "--redact", "mailbox", "--output", "hidden.zip", "--format", "text", "-v"];
    let output = run(folder.path(), &args);
    let (order, files) = unpacked(&folder.path().join("hidden.zip"));
    assert!(order[0].starts_with("1-user-1@") && order[4].starts_with("2-user-2@"), "{order:?}");
    let manifest: Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    assert_eq!(manifest["redacted"], "mailbox");
    for text in files.values().chain([&output.stdout, &output.stderr]) {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains("anna") && !text.contains("bert"), "{text}");
    }
    assert_eq!(read(&files["1-user-1@corp.example/report.json"]).unwrap().len(), 1);
}

#[test]
fn a_file_that_was_there_stays_whole_where_the_command_fails_and_foreign_archives_are_refused() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("ticket.zip"), "before").unwrap();
    let said = run(folder.path(), &["replay", "nothing.json", "--output", "ticket.zip"]);
    assert_eq!(said.status.code(), Some(2));
    assert_eq!(fs::read(folder.path().join("ticket.zip")).unwrap(), b"before");
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("readme.txt", zip::write::SimpleFileOptions::default()).unwrap();
    fs::write(folder.path().join("foreign.zip"), archive.finish().unwrap().into_inner()).unwrap();
    let said = run(folder.path(), &["replay", "foreign.zip", "--lang", "en"]);
    assert_eq!(said.status.code(), Some(2));
    let error = String::from_utf8(said.stderr).unwrap();
    assert!(error.contains("no report.json in the archive"), "{error}");
}

/// The archive with members put in, changed or left out.
fn packed(path: &Path, files: &BTreeMap<String, Vec<u8>>) {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    fs::write(path, archive.finish().unwrap().into_inner()).unwrap();
}

#[test]
fn an_archive_is_read_only_as_it_was_written_and_one_without_sums_with_a_hint() {
    let folder = TempDir::new().unwrap();
    let report = fixture("reports/intermediate-missing.json");
    run(folder.path(), &["replay", &report, "--output", "ticket.zip"]);
    let (_, files) = unpacked(&folder.path().join("ticket.zip"));
    let said = |name: &str, files: &BTreeMap<String, Vec<u8>>, lang: &str| {
        packed(&folder.path().join(name), files);
        let output = run(folder.path(), &["replay", name, "--lang", lang]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(said("same.zip", &files, "en"), (Some(1), String::new()));

    let mut changed = files.clone();
    let text = String::from_utf8(changed["report.json"].clone()).unwrap();
    changed.insert("report.json".to_owned(), text.replace("anna@corp.example", "bert@corp.example").into_bytes());
    let (code, error) = said("changed.zip", &changed, "en");
    assert!(
        code == Some(2) && error.contains("report.json in the archive changed.zip is not as it was written"),
        "{error}"
    );
    let (code, error) = said("changed.zip", &changed, "de");
    assert!(code == Some(2) && error.starts_with("exdiag: report.json im Archiv changed.zip ist nicht so"), "{error}");
    // what is beside the report counts too
    for name in ["report.html", "chain.pem", "manifest.json"] {
        let mut changed = files.clone();
        changed.get_mut(name).unwrap().push(b'x');
        let (code, error) = said("changed.zip", &changed, "en");
        assert!(code == Some(2) && error.contains(&format!("{name} in the archive")), "{name}: {error}");
    }
    let mut missing = files.clone();
    missing.remove("report.txt");
    let (code, error) = said("missing.zip", &missing, "en");
    assert!(code == Some(2) && error.contains("report.txt is missing in the archive"), "{error}");
    let mut more = files.clone();
    more.insert("2-x/report.json".to_owned(), files["report.json"].clone());
    let (code, error) = said("more.zip", &more, "en");
    assert!(code == Some(2) && error.contains("2-x/report.json was put into the archive"), "{error}");
    for name in ["chain-2.pem", "fix/x.ps1"] {
        let mut more = files.clone();
        more.insert(name.to_owned(), b"added".to_vec());
        let (code, error) = said("more.zip", &more, "en");
        assert!(code == Some(2) && error.contains(&format!("{name} was put into the archive")), "{error}");
    }
    // a list of its own does not make known what lies beside it
    let mut more = files.clone();
    more.insert("2-x/report.json".to_owned(), files["report.json"].clone());
    more.insert("2-x/SHA256SUMS".to_owned(), format!("{}  report.json\n", sum(&files["report.json"])).into_bytes());
    assert_eq!(said("more.zip", &more, "en").0, Some(2));
    let half = format!("{}  report.json\nnonsense\n", sum(&files["report.json"]));
    let short = format!("{}  report.json\n", &sum(&files["report.json"])[1..]);
    for damaged in ["", "\n\n", "nonsense\n", "nonsense with a space\n", half.as_str(), short.as_str()] {
        let mut broken = files.clone();
        broken.insert("SHA256SUMS".to_owned(), damaged.as_bytes().to_vec());
        let (code, error) = said("broken.zip", &broken, "en");
        assert!(
            code == Some(2) && error.contains("the list SHA256SUMS in the archive broken.zip is damaged"),
            "{damaged}: {error}"
        );
        let (code, error) = said("broken.zip", &broken, "de");
        assert!(
            code == Some(2) && error.starts_with("exdiag: Die Liste SHA256SUMS im Archiv broken.zip ist beschädigt"),
            "{damaged}: {error}"
        );
    }

    // the manifest alone holds the sums too
    let mut bare = files.clone();
    bare.remove("SHA256SUMS");
    assert_eq!(said("bare.zip", &bare, "en"), (Some(1), String::new()));
    changed.remove("SHA256SUMS");
    let (code, error) = said("changed.zip", &changed, "en");
    assert!(code == Some(2) && error.contains("report.json in the archive changed.zip"), "{error}");
    bare.remove("manifest.json");
    let (code, hint) = said("bare.zip", &bare, "en");
    assert!(code == Some(1) && hint.contains("holds neither SHA256SUMS nor manifest.json"), "{hint}");
    let (code, hint) = said("bare.zip", &bare, "de");
    assert!(code == Some(1) && hint.starts_with("exdiag: Das Archiv bare.zip enthält weder SHA256SUMS"), "{hint}");
    // the same holds for every command that reads one
    for args in [&["diff", "changed.zip", "bare.zip"][..], &["explain", "changed.zip"]] {
        assert_eq!(run(folder.path(), args).status.code(), Some(2), "{args:?}");
    }
}

#[test]
fn a_folder_that_was_packed_again_is_held_against_the_list_in_it() {
    let folder = TempDir::new().unwrap();
    let report = fixture("reports/intermediate-missing.json");
    run(folder.path(), &["replay", &report, "--output", "ticket.zip"]);
    let (_, files) = unpacked(&folder.path().join("ticket.zip"));
    let within = |ticket: &str, files: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, Vec<u8>> {
        files.iter().map(|(name, bytes)| (format!("{ticket}{name}"), bytes.clone())).collect()
    };
    let said = |files: &BTreeMap<String, Vec<u8>>| {
        packed(&folder.path().join("again.zip"), files);
        let output = run(folder.path(), &["replay", "again.zip", "--lang", "en"]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let mut changed = files.clone();
    changed.get_mut("report.json").unwrap().push(b' ');
    for list in ["SHA256SUMS", "manifest.json"] {
        let (mut files, mut changed) = (files.clone(), changed.clone());
        if list == "manifest.json" {
            files.remove("SHA256SUMS");
            changed.remove("SHA256SUMS");
        }
        for ticket in ["T-1/", "tickets/T-1/"] {
            assert_eq!(said(&within(ticket, &files)), (Some(1), String::new()), "{list} {ticket}");
            let (code, error) = said(&within(ticket, &changed));
            let wanted = format!("{ticket}report.json in the archive again.zip is not as it was written");
            assert!(code == Some(2) && error.contains(&wanted), "{list}: {error}");
        }
        // Compress-Archive of Windows PowerShell 5.1 writes folders so
        assert_eq!(said(&within("T-1\\", &files)), (Some(1), String::new()), "{list}");
        assert_eq!(said(&within("T-1\\", &changed)).0, Some(2), "{list}");
        // two tickets in one archive, of which each has its list
        let mut both = within("T-1/", &files);
        both.extend(within("T-2/", &files));
        assert_eq!(said(&both), (Some(1), String::new()), "{list}");
        both.extend(within("T-2/", &changed));
        assert_eq!(said(&both).0, Some(2), "{list}");
        // what macOS and Windows put beside it is none of it
        let mut litter = within("T-1/", &files);
        for name in [
            "__MACOSX/._T-1",
            "__MACOSX/T-1/._report.json",
            "__MACOSX/T-1/report.json",
            "T-1/.DS_Store",
            "T-1/._report.json",
            "T-1/Thumbs.db",
            "desktop.ini",
        ] {
            litter.insert(name.to_owned(), b"\0\x05\x16\x07".to_vec());
        }
        assert_eq!(said(&litter), (Some(1), String::new()), "{list}");
        litter.insert("T-1/x.DS_Store".to_owned(), Vec::new());
        assert_eq!(said(&litter).0, Some(2), "{list}");
        let mut beside = within("T-1/", &files);
        beside.insert("readme.txt".to_owned(), Vec::new());
        let (code, error) = said(&beside);
        assert!(code == Some(2) && error.contains("readme.txt was put into the archive"), "{list}: {error}");
    }
}

#[test]
fn logs_hide_users_devices_and_files_where_asked() {
    let folder = TempDir::new().unwrap();
    let log = "#Software: Microsoft Internet Information Services 10.0\n\
        #Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\n\
        2026-11-21 10:00:00 10.0.0.5 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&User=ZWKRG%5Cwalburga&DeviceId=ZWDEVICE77&DeviceType=iPhone&Log=PrxFrom:10.0.0.9_ 443 ZWKRG\\walburga 198.51.100.9 Apple-iPhone14C2/2006.70 200 0 0 31\n\
        2026-11-21 10:05:00 10.0.0.5 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&User=ZWKRG%5Cwalburga&DeviceId=ZWDEVICE77&DeviceType=iPhone 443 - 198.51.100.9 Apple-iPhone14C2/2006.70 401 1 1326 3\n";
    fs::create_dir(folder.path().join("walburgas logs")).unwrap();
    fs::write(folder.path().join("walburgas logs/u_ex261121.log"), log).unwrap();
    for level in ["mailbox", "full"] {
        for format in ["text", "json", "csv"] {
            let args = [
                "logs",
                "walburgas logs",
                "--mailbox",
                "walburga",
                "--format",
                format,
                "--redact",
                level,
                "--lang",
                "en",
            ];
            let output = run(folder.path(), &args);
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(text.contains("user-1") && text.contains("u_ex261121.log") || format == "csv", "{text}");
            assert!(
                !text.to_lowercase().contains("walburga") && !text.contains("ZWDEVICE77"),
                "{level} {format}: {text}"
            );
            assert!(format == "csv" || text.contains("edacted"), "{text}");
        }
    }
    let whole = run(folder.path(), &["logs", "walburgas logs", "--format", "json"]);
    assert!(String::from_utf8(whole.stdout).unwrap().contains("ZWDEVICE77"));
}
