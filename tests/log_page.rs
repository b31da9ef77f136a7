//! Does the page of a whole server tell the most important first and fold the rest, without losing any?

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fmt::Write as _;
use std::process::Command;

/// The page of a log of so many devices, of which each asks once more than the next, the last ones in vain.
fn page(devices: u32, lang: &str) -> String {
    let mut log = String::from(
        "#Fields: date time cs-method cs-uri-stem cs-uri-query cs-username cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n",
    );
    for device in 0..devices {
        for minute in 0..=(devices - device) {
            let (hour, minute) = (minute / 60, minute % 60);
            let query = format!("User=user{device:03}&DeviceId=d{device:03}&Cmd=Sync");
            let answer = if device % 3 == 0 { "401 1 1326" } else { "200 0 0" };
            let _ = write!(
                log,
                "2026-11-21 {hour:02}:{minute:02}:00 POST /Microsoft-Server-ActiveSync {query} user{device:03} agent{device:03} {answer} 90\r\n"
            );
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("u_ex.log"), log).unwrap();
    let args = ["logs", "u_ex.log", "--format", "html", "--lang", lang];
    let output = Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).current_dir(&folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// What a reader sees before opening anything.
fn open(page: &str) -> String {
    let (mut out, mut rest, mut depth) = (String::new(), page, 0);
    while let Some(at) = rest.find("details>") {
        let (before, opens) = (rest.get(..at).unwrap(), rest.get(..at).unwrap().ends_with('<'));
        if depth == 0 {
            out.push_str(before);
        }
        depth += if opens { 1 } else { -1 };
        rest = rest.get(at + "details>".len()..).unwrap();
    }
    assert_eq!(depth, 0);
    out + rest
}

#[test]
fn of_a_table_ten_rows_are_open_and_the_rest_is_folded_with_how_many_these_are() {
    for (lang, more, rest) in [("en", "50 more", "more; --format json"), ("de", "50 weitere", "weitere; --format json")]
    {
        let page = page(60, lang);
        let open = open(&page);
        let row = |page: &str, device: u32| page.contains(&format!("<th scope=\"row\">user{device:03}</th>"));
        assert!((0..60).all(|device| row(&page, device)), "{lang}");
        assert_eq!((0..60).filter(|device| row(&open, *device)).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
        assert!(page.matches(&format!("<summary>{more}</summary>")).count() >= 2, "devices and clients: {page}");
        assert!(!page.contains(rest), "all are in the page");
        // the strip of hours and whatever else stays open is a few screens, not thirty
        assert!(open.matches("<tr>").count() + open.matches("<li>").count() < 60, "{open}");
    }
}

#[test]
fn what_is_more_than_a_page_takes_is_said_with_where_it_stands() {
    let page = page(230, "en");
    assert!(page.contains("<summary>190 more</summary>"));
    assert_eq!(page.matches("… 30 more; --format json has them all").count(), 2, "devices and clients");
}

#[test]
fn of_a_long_list_ten_rows_are_open_and_what_is_left_out_is_said() {
    let mut log = String::from("#Fields: date time cs-method cs-uri-stem cs-username cs(User-Agent) sc-status\r\n");
    for user in 0..230 {
        let _ = write!(log, "2026-11-21 10:00:00 POST /EWS/Exchange.asmx user{user:03} agent 200\r\n");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("u_ex.log"), log).unwrap();
    let args = ["logs", "u_ex.log", "--ews", "--format", "html", "--lang", "en"];
    let output = Command::new(env!("CARGO_BIN_EXE_exdiag")).args(args).current_dir(&folder).output().unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let rows = |page: &str| (0..230).filter(|user| page.contains(&format!("user{user:03} agent:"))).count();
    assert_eq!((rows(&open(&page)), rows(&page)), (10, 200));
    assert!(page.contains("<summary>190 more</summary>") && page.contains("… 30 more; --format json has them all"));
}
