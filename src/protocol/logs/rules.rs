//! Do small logs say exactly what the rules for them say?

use super::{Collected, Reader, Wanted, With, kind};
use crate::evidence::logs::{LogDevice, LogsSeen};

const HEAD: &str = "#Fields: date time cs-method cs-uri-stem cs-uri-query s-port cs-username cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken\r\n";

const FRONT: &str = "/Microsoft-Server-ActiveSync/default.eas";
const BACK: &str = "/Microsoft-Server-ActiveSync/Proxy/default.eas";

/// One request: the time, the command with what else the query holds, the statuses and how long it took.
type Asked<'a> = (&'a str, &'a str, &'a str, u64);

fn lines(stem: &str, asked: &[Asked<'_>]) -> String {
    let port = if stem == BACK { 444 } else { 443 };
    let line = |(time, command, status, took): &Asked<'_>| {
        let query = format!("User=anna&DeviceId=d1&DeviceType=iPhone&Cmd={command}");
        format!("2026-11-21 {time} POST {stem} {query} {port} anna a {status} {took}\r\n")
    };
    HEAD.to_owned() + &asked.iter().map(line).collect::<String>()
}

fn read(files: &[(&str, &str)]) -> LogsSeen {
    let mut all = Collected::default();
    for (path, text) in files {
        let kind = kind(text.as_bytes());
        let file = all.file((*path).to_owned(), kind);
        let mut reader = Reader::new(kind, file, text.as_bytes(), &With::default());
        reader.feed(text.as_bytes());
        all.add(file, reader.finish());
    }
    all.told(&Wanted::default())
}

/// What one log of the front end says of its device.
fn front(asked: &[Asked<'_>]) -> LogDevice {
    read(&[("front.log", &lines(FRONT, asked))]).devices.remove(0)
}

fn back(asked: &[Asked<'_>]) -> LogDevice {
    read(&[("back.log", &lines(BACK, asked))]).devices.remove(0)
}

#[test]
fn a_request_that_both_sites_log_is_one_request_and_one_failure() {
    let failing = [
        ("01:00:00", "Sync", "200 0 0", 9),
        ("02:00:00", "Sync", "503 0 0", 9),
        ("03:00:00", "Sync", "503 0 0", 9),
        ("04:00:00", "Sync", "503 0 0", 9),
    ];
    let (front, back) = (lines(FRONT, &failing), lines(BACK, &failing));
    for files in [&[("f", front.as_str()), ("b", back.as_str())][..], &[("b", &back), ("f", &front)]] {
        let device = &read(files).devices[0];
        assert_eq!((device.hits, device.failures_in_a_row, device.site.as_str()), (4, 3, "front-end"));
        assert_eq!(device.failing_since.unwrap().to_string(), "2026-11-21T02:00:00Z");
    }
    assert_eq!(read(&[("b", &back)]).devices[0].failures_in_a_row, 3, "the back end alone counts them too");
}

#[test]
fn an_hour_without_a_line_is_a_gap_and_one_that_only_a_folder_lacks_is_its_own() {
    let at = |time| (time, "Sync", "200 0 0", 9);
    let one = read(&[("a/u.log", &lines(FRONT, &[at("01:10:00"), at("03:10:00"), at("04:10:00")]))]);
    let gaps: Vec<String> = one.coverage.gaps.iter().map(|gap| format!("{} {}", gap.from, gap.to)).collect();
    assert_eq!(gaps, ["2026-11-21T02:00:00Z 2026-11-21T03:00:00Z"]);
    assert!(one.coverage.sources.is_empty());
    let all = lines(FRONT, &[at("01:10:00"), at("02:10:00"), at("03:10:00"), at("04:10:00")]);
    let late = lines(FRONT, &[at("02:10:00"), at("03:10:00")]);
    let two = read(&[("a/u.log", &all), ("b/u.log", &late)]).coverage;
    assert!(two.gaps.is_empty());
    let lacks: Vec<usize> = two.sources.iter().map(|source| source.gaps.len()).collect();
    assert_eq!(lacks, [0, 2], "its first and its last hour");
}

#[test]
fn throttling_counts_every_delay_and_tells_the_longest() {
    let device = back(&[
        ("01:00:00", "Sync&Log=SC1:1_Throttle:50_", "200 0 0", 9),
        ("02:00:00", "Sync&Log=SC1:1_Throttle:250_", "200 0 0", 9),
        ("03:00:00", "Sync&Log=SC1:1_Throttle:70_", "200 0 0", 9),
        ("04:00:00", "Sync&Log=SC1:1_Throttle:0_", "200 0 0", 9),
    ]);
    assert_eq!((device.throttled, device.throttled_ms), (3, 250));
}

#[test]
fn waits_that_are_cut_about_the_same_time_are_one_timer_and_short_or_good_ones_none() {
    let device = front(&[
        ("01:00:00", "Ping", "200 0 64", 298_000),
        ("02:00:00", "Ping", "200 0 1236", 302_400),
        ("03:00:00", "Ping", "200 0 0", 300_000),
        ("04:00:00", "Ping", "200 0 64", 2_000),
        ("05:00:00", "Ping", "200 0 64", 120_000),
    ]);
    let cuts: Vec<(&str, u64)> = device.cut_after.iter().map(|(after, count)| (after.as_str(), *count)).collect();
    assert_eq!(cuts, [("120", 1), ("300", 2)]);
}

#[test]
fn how_long_a_ping_or_a_sync_with_a_wait_takes_says_nothing() {
    let device = back(&[
        ("01:00:00", "Ping", "200 0 0", 5_000),
        ("02:00:00", "Sync&Log=SC1:1_Hb:600_", "200 0 0", 20_000),
        ("03:00:00", "Sync", "200 0 0", 40_000),
        ("04:00:00", "Sync", "200 0 0", 90),
        ("05:00:00", "FolderSync", "200 0 0", 70),
    ]);
    assert_eq!(device.latency.map(|latency| latency.max), Some(90));
}

#[test]
fn a_first_sync_is_a_new_beginning_whatever_its_key_and_each_folder_has_its_own() {
    let sync = |time, log| (time, log, "200 0 0", 9);
    let device = back(&[
        sync("01:00:00", "Sync&Log=SC1:1_Fid:5_St:F_Sk:1_"),
        sync("02:00:00", "Sync&Log=SC1:1_Fid:5_Sk:0_"),
        sync("03:00:00", "Sync&Log=SC1:1_Fid:6_Sk:0_"),
        sync("04:00:00", "Sync&Log=SC1:1_Fid:6_Sk:7_"),
    ]);
    assert_eq!(device.resyncs, 2);
}

#[test]
fn a_sign_in_without_credentials_is_no_refusal_and_one_between_servers_is_nobodys() {
    let challenged = front(&[("01:00:00", "Sync", "401 2 0", 9), ("02:00:00", "Sync", "401 2 5", 9)]);
    assert_eq!(challenged.last_refusal, None);
    let refused = front(&[("01:00:00", "Sync", "401 1 1326", 9), ("02:00:00", "Sync", "401 2 5", 9)]);
    assert_eq!(refused.last_refusal.map(|refusal| refusal.status), Some("401.1.1326".to_owned()));
    let between = back(&[("01:00:00", "Sync", "401 1 1326", 9), ("02:00:00", "Sync", "401 1 1326", 9)]);
    assert_eq!((between.failures_in_a_row, between.last_refusal), (0, None));
}

#[test]
fn two_requests_that_met_are_neither_success_nor_failure() {
    let device = back(&[
        ("01:00:00", "Sync&Log=SC1:1_", "200 0 0", 9),
        ("02:00:00", "Ping&Log=SC1:3_Error:PingCollisionDetected_", "200 0 0", 9),
    ]);
    assert_eq!((device.failures_in_a_row, device.failing_since), (0, None));
    assert_eq!(device.last_success.unwrap().to_string(), "2026-11-21T01:00:00Z");
}

#[test]
fn the_rhythm_of_a_client_is_told_by_its_visits_and_not_by_their_requests() {
    let visit = |time| (time, "Sync", "200 0 0", 9);
    let device = front(&[
        visit("01:00:00"),
        visit("01:00:01"),
        visit("01:00:02"),
        visit("03:00:00"),
        visit("03:00:01"),
        visit("03:00:02"),
    ]);
    assert!((7_000..9_000).contains(&device.rhythm_s.unwrap()), "{:?}", device.rhythm_s);
}

#[test]
fn a_success_on_the_front_end_counts_once_the_back_end_has_shown_all_it_has() {
    let back = lines(BACK, &[("01:00:00", "Sync&Log=SC1:142_", "200 0 0", 9)]);
    for (time, failures) in [("01:00:30", 1), ("01:02:00", 0)] {
        let front = lines(FRONT, &[(time, "Sync", "200 0 0", 9)]);
        let device = read(&[("f", &front), ("b", &back)]).devices.remove(0);
        assert_eq!(device.failures_in_a_row, failures, "{time}");
    }
}

#[test]
fn what_is_left_out_is_counted_by_its_reason() {
    let good = lines(FRONT, &[("01:00:00", "Sync", "200 0 0", 9)]);
    let line = good[HEAD.len()..].to_owned();
    let text = [
        good.as_str(),
        &line.replace("anna a", "anna"),
        &line.replace("2026-11-21", "2026-13-21"),
        &line.replace("200 0 0", "OK 0 0"),
        &line.replace("User=anna", "User=HealthMailbox1"),
        &line.replace("Sync", "Sy\0nc"),
        &line[..line.len() - 12],
    ]
    .concat();
    let file = &read(&[("a", &text)]).files[0];
    let skipped: Vec<(&str, u64)> = file.skipped.iter().map(|skip| (skip.reason.as_str(), skip.count)).collect();
    let expected = [("columns", 1), ("cut", 1), ("nul", 1), ("time", 1), ("status", 1), ("health-probe", 1)];
    assert_eq!((file.used, skipped.as_slice()), (1, &expected[..]));
    let headless = read(&[("a", &format!("#Fields: date\r\n{line}{HEAD}{line}"))]);
    assert_eq!((headless.files[0].used, headless.files[0].skipped[0].reason.as_str()), (1, "no-header"));
}
