//! What does `exdiag logs` say of files that nobody would call a log, and of logs that somebody has mistreated?

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

use serde_json::Value;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const HEAD: &str = "#Software: Microsoft Internet Information Services 10.0\r\n#Date: 2026-11-21 00:00:00\r\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\r\n";

/// A Sync of that minute.
fn line(date: &str, minute: u32) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    let stem = "/Microsoft-Server-ActiveSync/default.eas";
    let query = "User=anna&DeviceId=d1&DeviceType=iPhone&Cmd=Sync";
    format!(
        "{date} {hour:02}:{minute:02}:00 10.0.0.1 POST {stem} {query} 443 CORP\\anna 10.0.0.2 Apple - 200 0 0 90\r\n"
    )
}

const DAY: &str = "2026-11-21";

fn good() -> String {
    HEAD.to_owned() + &(0..20).map(|minute| line(DAY, minute)).collect::<String>()
}

/// Runs to its end, or is ended where it does not come to one.
fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exdiag"));
    command.arg("logs").args(args).current_dir(folder).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let mut child = command.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let read = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut out, &mut bytes).map(|_| bytes)
    });
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            break;
        }
        std::thread::yield_now();
    }
    let mut output = child.wait_with_output().unwrap();
    output.stdout = read.join().unwrap().unwrap();
    output
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8(text).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn json(folder: &Path, args: &[&str]) -> Value {
    serde_json::from_slice(&run(folder, &[args, &["--format", "json"]].concat()).stdout).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in members {
        if name.ends_with('/') {
            archive.add_directory(*name, stored).unwrap();
        } else {
            archive.start_file(*name, stored).unwrap();
            archive.write_all(bytes).unwrap();
        }
    }
    archive.finish().unwrap().into_inner()
}

/// The same with the mark that says it is locked, in the head of its one member and in the directory.
fn locked(mut archive: Vec<u8>) -> Vec<u8> {
    archive[6] |= 1;
    let directory = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    archive[directory + 8] |= 1;
    archive
}

#[test]
fn a_file_that_brings_nothing_says_why_in_both_languages() {
    let good = good();
    let text = good.as_bytes();
    let thrice = gzip(&gzip(&gzip(text)));
    let in_zip = zip(&[("u_ex.log", text)]);
    let cases: Vec<(&str, Vec<u8>, &str, &str)> = vec![
        ("empty.log", Vec::new(), "it is empty", "Die Datei ist leer"),
        ("all.bin", (0..=255).cycle().take(9000).collect(), "it is no text", "Die Datei enthält keinen Text"),
        ("a.jpg", [&[0xff, 0xd8, 0xff, 0xe0, 0, 16][..], &[0x90; 5000]].concat(), "it is no text", "keinen Text"),
        ("packed.gz", gzip(&thrice), "an archive within an archive", "ein Archiv in einem Archiv"),
        ("zip.zip", zip(&[("in.zip", &in_zip)]), "an archive within an archive", "ein Archiv in einem Archiv"),
        ("zip.gz", gzip(&in_zip), "an archive within an archive", "ein Archiv in einem Archiv"),
        (
            "a.7z",
            b"7z\xbc\xaf\x27\x1c\0\x04".repeat(90),
            "pack it with zip or gzip",
            "packen Sie sie mit zip oder gzip",
        ),
        ("cut.gz", gzip(text)[..40].to_vec(), "is packed in ends too soon", "Das Archiv endet zu früh"),
        ("junk.gz", b"\x1f\x8bhello world, no gzip".to_vec(), "is packed in is damaged", "Das Archiv ist beschädigt"),
        ("cut.zip", in_zip[..in_zip.len() - 40].to_vec(), "is packed in is damaged", "Das Archiv ist beschädigt"),
        ("none.zip", zip(&[]), "no file in the archive", "Im Archiv liegt keine Datei"),
        ("folder.zip", zip(&[("W3SVC1/", b"")]), "no file in the archive", "Im Archiv liegt keine Datei"),
        ("locked.zip", locked(in_zip), "locked with a password", "mit einem Passwort geschützt"),
        (
            "columns.log",
            good.replace("cs-uri-stem", "stem").into_bytes(),
            "lacks time, cs-uri-stem",
            "fehlt time, cs-uri-stem",
        ),
        ("status.log", good.replace("sc-status", "status").into_bytes(), "or sc-status", "oder sc-status"),
        ("diary.txt", b"dear diary\n".to_vec(), "no log of a known kind", "kein Protokoll einer bekannten Art"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, en, de) in cases {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        for (lang, why) in [("en", en), ("de", de)] {
            let output = run(folder.path(), &[name, "--lang", lang]);
            let text = said(&output);
            assert!(text.contains(why) && text.contains("sync.log-unusable"), "{name}: {text}");
            assert_eq!(output.status.code(), Some(3), "{name}");
        }
    }
}

#[test]
fn a_log_that_was_packed_rewritten_or_mixed_is_read_and_what_is_left_out_is_counted() {
    let good = good();
    let units: Vec<u8> = [0xff, 0xfe].into_iter().chain(good.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let other = "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username sc-status\r\n2026-11-21 02:00:00 POST /Microsoft-Server-ActiveSync User=anna&DeviceId=d1&Cmd=Ping anna 401\r\n";
    let wide = |length: usize| line(DAY, 30).replace("Cmd=Sync", &format!("x={}&Cmd=Sync", "y".repeat(length)));
    let mut backwards: Vec<String> = (0..20).map(|minute| line(DAY, minute)).collect();
    backwards.reverse();
    let tail = [good.as_bytes(), &line(DAY, 30).as_bytes()[..80], &vec![0; 70_000]].concat();
    let cases: Vec<(&str, Vec<u8>, u64, &str)> = vec![
        ("twice.gz", gzip(&gzip(good.as_bytes())), 20, ""),
        ("utf16.log", units[..units.len() - 1].to_vec(), 20, ""),
        ("utf16-cut.log", units[..units.len() - 61].to_vec(), 19, "cut"),
        ("cr.log", good.replace("\r\n", "\r").into_bytes(), 20, ""),
        ("lf.log", good.replace("\r\n", "\n").into_bytes(), 20, ""),
        ("headless.log", good.as_bytes()[HEAD.len()..].to_vec(), 20, ""),
        ("two-headers.log", [&good, other].concat().into_bytes(), 21, ""),
        ("wide.log", [good.clone(), wide(1_000_000), line(DAY, 31)].concat().into_bytes(), 22, ""),
        ("wider.log", [good.clone(), wide(3_000_000), line(DAY, 31)].concat().into_bytes(), 21, "too-long"),
        ("backwards.log", [HEAD, &backwards.concat()].concat().into_bytes(), 20, ""),
        ("1601.log", [HEAD, &line("1601-01-01", 0), &good[HEAD.len()..]].concat().into_bytes(), 20, "time"),
        ("nul.log", tail, 20, "nul"),
        ("zip.zip", zip(&[("W3SVC1/", b""), ("W3SVC1/a.log", good.as_bytes())]), 20, ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, used, left_out) in cases {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let report = json(folder.path(), &[name]);
        assert_eq!(report["devices"][0]["hits"], used, "{name}: {report}");
        assert_eq!(report["files"][0]["skipped"][0]["reason"].as_str().unwrap_or_default(), left_out, "{name}");
        assert!(report["coverage"]["from"].as_str().unwrap().starts_with(DAY), "{name}");
    }
    let backwards = json(folder.path(), &["backwards.log"]);
    assert_eq!(backwards["devices"][0]["lines"]["success"]["line"], 4, "the last one by the clock stands first");
}

#[test]
fn many_files_are_told_by_the_first_ones_and_their_kinds_and_one_fault_once() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..400 {
        let text = if i < 100 { HEAD.to_owned() + &line(DAY, i % 60) } else { "dear diary\n".to_owned() };
        std::fs::write(folder.path().join(format!("{i:03}.log")), text).unwrap();
    }
    let text = said(&run(folder.path(), &[".", "--lang", "en"]));
    assert!(text.contains("380 more; --format json has them all: iis-front-end ×80, unknown ×300"), "{text}");
    assert!(text.contains("100.log brings nothing") && text.contains("with 299 further files"), "{text}");
    assert!(!text.contains("101.log"), "{text}");
    let report = json(folder.path(), &["."]);
    assert_eq!((report["files"].as_array().unwrap().len(), &report["devices"][0]["hits"]), (400, &100.into()));
    // named twice, by whichever way, it counts once
    let twice = json(folder.path(), &["000.log", "./000.log", "."]);
    assert_eq!((twice["files"].as_array().unwrap().len(), &twice["devices"][0]["hits"]), (400, &100.into()));
    let none = tempfile::tempdir().unwrap();
    let output = run(none.path(), &[".", "--lang", "de"]);
    assert!(output.status.code() == Some(2) && said(&output).contains("liegt keine Datei"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn pipes_devices_and_links_in_circles_neither_hang_nor_pass_in_silence() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    std::fs::create_dir_all(logs.join("inner")).unwrap();
    std::fs::write(logs.join("inner/a.log"), good()).unwrap();
    symlink("..", logs.join("inner/up")).unwrap();
    symlink("inner/a.log", logs.join("today.log")).unwrap();
    symlink("nowhere", logs.join("gone.log")).unwrap();
    let report = json(folder.path(), &["logs"]);
    let files: Vec<(&str, &Value)> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["path"].as_str().unwrap(), &file["broken"]))
        .collect();
    assert_eq!(files, [("logs/inner/a.log", &Value::Null), ("logs/gone.log", &Value::from("there is no such file"))]);
    assert_eq!(report["devices"][0]["hits"], 20);
    for device in ["/dev/zero", "/dev/urandom"] {
        let output = run(folder.path(), &[device, "--lang", "en"]);
        assert!(output.status.code() == Some(3) && said(&output).contains("it is no text"), "{output:?}");
    }
    assert!(Command::new("mkfifo").arg(logs.join("pipe")).status().unwrap().success());
    for (lang, words) in [("en", "is a pipe, which waits"), ("de", "ist eine Pipe, die auf einen Schreibenden wartet")]
    {
        let output = run(folder.path(), &["logs/pipe", "--lang", lang]);
        assert!(output.status.code() == Some(2) && said(&output).contains(words), "{output:?}");
    }
    assert_eq!(json(folder.path(), &["logs"])["devices"][0]["hits"], 20, "a pipe in a folder is no log");
}

#[cfg(unix)]
#[test]
fn a_name_that_steers_a_terminal_steers_none() {
    let folder = tempfile::tempdir().unwrap();
    let name = "u_ex\u{1b}[31m\nname\u{202e}.log";
    std::fs::write(folder.path().join(name), good()).unwrap();
    for format in ["text", "json", "csv", "html"] {
        let output = run(folder.path(), &[name, "--format", format, "--lang", "en"]);
        let text = String::from_utf8(output.stdout).unwrap();
        // a page has lines, and no terminal
        let breaks = format != "html" && text.contains("31m\nname");
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && !breaks, "{format}: {text}");
        assert!(format == "csv" || text.contains("name"), "{format}");
    }
}

#[test]
fn a_log_beside_its_own_archive_counts_once_whichever_is_found_first() {
    let folder = tempfile::tempdir().unwrap();
    let hits = |place: &str| {
        let report = json(folder.path(), &[place]);
        (report["devices"][0]["hits"].as_u64().unwrap(), said(&run(folder.path(), &[place, "--lang", "en"])))
    };
    let write = |name: &str, bytes: Vec<u8>| {
        std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
    };
    let other = good().replace("2026-", "2025-");
    write("one/u_ex.log", good().into());
    let (alone, _) = hits("one");
    for (place, files) in [
        (
            "after",
            vec![
                ("b.log", good().into()),
                ("c.log.gz", gzip(good().as_bytes())),
                ("d.zip", zip(&[("u_ex.log", good().as_bytes())])),
            ],
        ),
        ("before", vec![("a.log.gz", gzip(good().as_bytes())), ("b.log", good().into())]),
    ] {
        let copies = files.len() - 1;
        for (name, bytes) in files {
            write(&format!("{place}/{name}"), bytes);
        }
        let (found, text) = hits(place);
        assert_eq!((found, text.matches("and counts once").count()), (alone, copies), "{place}: {text}");
    }
    // archives alone may be damaged or locked, so all are read
    write("packed/a.zip", zip(&[("x.log", good().as_bytes())]));
    write("packed/b.log.gz", [gzip(other.as_bytes()), gzip(good().as_bytes())].concat());
    let (found, text) = hits("packed");
    assert_eq!((found, text.matches("and counts once").count()), (3 * alone, 0), "{text}");
    // of a damaged archive and the log itself, the log counts
    let mut damaged = zip(&[("a.log", good().as_bytes())]);
    let middle = damaged.len() / 2;
    damaged[middle..middle + 8].fill(b'x');
    write("damaged/a.zip", damaged);
    write("damaged/b.log", good().into());
    let (found, text) = hits("damaged");
    assert_eq!((found, text.matches("and counts once").count()), (alone, 1), "{text}");
    // what gzip says at its end is said of the last of two parts alone
    write("parts/a.log.gz", [gzip(other.as_bytes()), gzip(good().as_bytes())].concat());
    write("parts/b.log", good().into());
    write("parts/c.log.gz", gzip(other.as_bytes()));
    let (found, text) = hits("parts");
    assert_eq!((found, text.matches("and counts once").count()), (4 * alone, 0), "{text}");
}

#[test]
fn an_archive_that_is_not_read_leaves_no_gap_where_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let day = |day: u32| {
        let date = format!("2026-11-{day}");
        HEAD.to_owned() + &(0..1440).map(|minute| line(&date, minute)).collect::<String>()
    };
    for name in ["EX01", "unpacked"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("EX01/1.log", day(21).as_bytes());
    write("EX01/2.log.gz", &gzip(day(22).as_bytes()));
    write("EX01/3.log", day(23).as_bytes());
    write("EX01/4.log", day(24).as_bytes());
    let sources = || json(folder.path(), &["."])["coverage"]["sources"].clone();
    write("unpacked/2.log", day(22).as_bytes());
    write("unpacked/4.log", day(24).as_bytes());
    let gaps = |at: usize| sources()[at]["gaps"].as_array().unwrap().len();
    assert_eq!(sources()[0]["folder"].as_str().unwrap().rsplit('/').next(), Some("EX01"), "{}", sources());
    assert_eq!((gaps(0), gaps(1)), (0, 2));
}

#[test]
fn of_more_devices_than_are_told_apart_all_is_known_of_those_that_are_and_of_the_one_asked_about() {
    let folder = tempfile::tempdir().unwrap();
    let log = |devices: &mut dyn Iterator<Item = u32>| {
        let line = |device: u32| {
            let query = format!("User=user{device:05}&DeviceId=d{device:05}&Cmd=Sync");
            format!(
                "2026-11-21 10:00:00 10.0.0.1 POST /Microsoft-Server-ActiveSync/default.eas {query} 443 CORP\\user{device:05} 10.0.0.2 Apple - 200 0 0 90\r\n"
            )
        };
        HEAD.to_owned() + &devices.map(line).collect::<String>()
    };
    let write = |name: &str, text: &[u8]| std::fs::write(folder.path().join(name), text).unwrap();
    write("1.log", log(&mut (0..24_000)).as_bytes());
    write("2.log", log(&mut (0..24_000).rev()).as_bytes());
    write("3.log.gz", &gzip(log(&mut (12_000..24_000).chain(0..12_000)).as_bytes()));
    let output = run(folder.path(), &[".", "--format", "csv"]);
    let table = String::from_utf8(output.stdout).unwrap();
    let hits: Vec<&str> = table.lines().skip(1).map(|row| row.split(',').nth(7).unwrap()).collect();
    assert!((5_000..20_000).contains(&hits.len()) && hits.iter().all(|hits| *hits == "3"), "{}", hits.len());
    for args in [["--mailbox", "User23999@corp.example"], ["--device", "D23999"]] {
        let report = json(folder.path(), &[&["."][..], &args].concat());
        assert_eq!((&report["devices"][0]["hits"], report["devices"].as_array().unwrap().len()), (&3.into(), 1));
        let left_out = |file: &Value| {
            assert_eq!(file["skipped"][0]["reason"], "too-many-devices", "{file}");
            file["skipped"][0]["count"].as_u64().unwrap()
        };
        let left_out: u64 = report["files"].as_array().unwrap().iter().map(left_out).sum();
        assert_eq!((72_000 - left_out) % 3, 0, "{left_out}");
    }
}

#[test]
fn in_the_log_of_a_reverse_proxy_too_the_one_asked_about_is_told_of_more_devices_than_have_room() {
    let folder = tempfile::tempdir().unwrap();
    let line = |device: u32| {
        let query = format!("User=user{device:05}&DeviceId=d{device:05}&DeviceType=x&Cmd=Sync");
        format!(
            "192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] \"POST /Microsoft-Server-ActiveSync?{query} HTTP/1.1\" 200 9 \"-\" \"Apple\"\n"
        )
    };
    std::fs::write(folder.path().join("access.log"), (0..20_040).map(line).collect::<String>()).unwrap();
    for device in 20_000..20_004 {
        let report = json(folder.path(), &["access.log", "--device", &format!("D{device:05}")]);
        assert_eq!(report["devices"].as_array().unwrap().len(), 1, "{device}: {}", report["files"]);
    }
}

#[test]
fn what_a_system_puts_beside_logs_is_no_log_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let good = good();
    let record = b"\0\x05\x16\x07\0\x02\0\0Mac OS X".as_slice();
    let packed = zip(&[
        ("logs/u_ex.log", good.as_bytes()),
        ("logs/.DS_Store", record),
        ("__MACOSX/logs/._u_ex.log", record),
        ("logs/Thumbs.db", record),
        ("desktop.ini", b"[.ShellClassInfo]"),
    ]);
    std::fs::write(folder.path().join("x.zip"), packed).unwrap();
    std::fs::create_dir(folder.path().join("logs")).unwrap();
    std::fs::write(folder.path().join("logs/u_ex.log"), &good).unwrap();
    std::fs::write(folder.path().join("logs/.DS_Store"), record).unwrap();
    std::fs::write(folder.path().join("logs/._u_ex.log"), record).unwrap();
    let of = |name: &str| {
        let report = json(folder.path(), &[name]);
        let count = |of: &str| report[of].as_array().unwrap().len();
        (count("files"), count("findings"), report["devices"][0]["hits"].as_u64().unwrap())
    };
    assert_eq!((of("x.zip"), of("logs")), (of("logs/u_ex.log"), of("logs/u_ex.log")));
    // one that is named is looked at
    assert!(said(&run(folder.path(), &["logs/.DS_Store", "--lang", "en"])).contains("sync.log-unusable"));
    std::fs::write(folder.path().join("y.zip"), zip(&[("__MACOSX/._x", record)])).unwrap();
    assert!(said(&run(folder.path(), &["y.zip", "--lang", "en"])).contains("no file in the archive"));
}

#[test]
fn a_copy_of_a_log_counts_once_and_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("u_ex.log"), good()).unwrap();
    std::fs::write(path("u_ex - copy.log"), good()).unwrap();
    std::fs::hard_link(path("u_ex.log"), path("z.log")).unwrap();
    let hits = |names: &[&str]| {
        let output = run(folder.path(), &[names, &["--format", "json"]].concat());
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (report["devices"][0]["hits"].as_u64().unwrap(), report["findings"].as_array().unwrap().len())
    };
    assert_eq!(hits(&["."]), hits(&["u_ex.log"]));
    for (lang, expected) in [("en", "and counts once"), ("de", "zählt nur einmal")] {
        let text = said(&run(folder.path(), &[".", "--lang", lang]));
        assert_eq!(text.matches(expected).count(), 2, "{text}");
    }
}
