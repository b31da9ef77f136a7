//! Where do the verdicts on a device turn from good to bad, to the minute?

use super::{Thresholds, judge};
use crate::evidence::logs::{Coverage, Gap, LogDevice, LogsSeen};
use crate::finding::Severity;
use jiff::{Timestamp, ToSpan as _};

/// The end of the logs, and so many minutes before it.
fn ago(minutes: i64) -> Timestamp {
    let end: Timestamp = "2026-11-21T20:00:00Z".parse().unwrap();
    end - minutes.minutes()
}

/// The first finding about the sync of one device, in logs of two days; `alone`: it was asked about.
fn verdict(device: &LogDevice, alone: bool) -> Option<(&'static str, Severity)> {
    let coverage = Coverage { from: Some(ago(2880)), to: Some(ago(0)), ..Coverage::default() };
    let seen = LogsSeen { coverage, devices: vec![device.clone()], ..LogsSeen::default() };
    let findings = judge(&seen, &Thresholds::default(), alone.then_some("anna"));
    findings.iter().find(|finding| finding.code.id.starts_with("sync.")).map(|f| (f.code.id, f.severity))
}

/// A device that proved a success so many minutes before the end.
fn synced(minutes: i64) -> LogDevice {
    let at = Some(ago(minutes));
    LogDevice { hits: 9, last_success: at, last_accepted: at, last_attempt: at, proof: true, ..LogDevice::default() }
}

#[test]
fn a_success_is_fresh_for_two_hours_late_for_a_day_and_too_old_then() {
    assert_eq!(verdict(&synced(120), true), Some(("sync.log-ok", Severity::Info)));
    assert_eq!(verdict(&synced(121), true), Some(("sync.log-stale", Severity::Warn)));
    assert_eq!(verdict(&synced(1440), true), Some(("sync.log-stale", Severity::Warn)));
    assert_eq!(verdict(&synced(1441), true), Some(("sync.log-stale", Severity::Fail)));
    // of a whole server: telephones are switched off, and what is well is not told
    assert_eq!(
        (verdict(&synced(1441), false), verdict(&synced(121), false)),
        (Some(("sync.log-stale", Severity::Warn)), None)
    );
}

#[test]
fn who_asks_seldom_is_late_by_its_own_rhythm_but_never_for_more_than_a_day() {
    let hourly = |minutes| LogDevice { rhythm_s: Some(3600), ..synced(minutes) };
    assert_eq!(verdict(&hourly(180), true), Some(("sync.log-ok", Severity::Info)));
    assert_eq!(verdict(&hourly(181), true), Some(("sync.log-stale", Severity::Warn)));
    let quick = LogDevice { rhythm_s: Some(60), ..synced(120) };
    assert_eq!(verdict(&quick, true), Some(("sync.log-ok", Severity::Info)), "twice a Ping's wait is for all");
    let daily = LogDevice { rhythm_s: Some(86_400), ..synced(1441) };
    assert_eq!(verdict(&daily, true), Some(("sync.log-stale", Severity::Fail)));
}

#[test]
fn three_failures_for_a_quarter_of_an_hour_fail_however_young_the_success() {
    let failing = |since, count| LogDevice {
        failing_since: Some(ago(since)),
        failures_in_a_row: count,
        failing_with: [("503.0.0".to_owned(), count)].into(),
        last_attempt: Some(ago(0)),
        ..synced(30)
    };
    assert_eq!(verdict(&failing(15, 3), true), Some(("sync.failing", Severity::Fail)));
    assert_eq!(verdict(&failing(14, 3), true), Some(("sync.log-ok", Severity::Info)));
    assert_eq!(verdict(&failing(15, 2), true), Some(("sync.log-ok", Severity::Info)));
    let barred = LogDevice { access_state: Some("QuarantinedG".to_owned()), ..failing(15, 3) };
    assert_eq!(verdict(&barred, true), Some(("sync.device-barred", Severity::Fail)));
}

#[test]
fn what_is_only_accepted_counts_where_no_line_shows_the_answer() {
    let accepted = LogDevice { last_success: None, proof: false, ..synced(5) };
    assert_eq!(verdict(&accepted, true), Some(("sync.log-ok", Severity::Info)));
    let unproved = LogDevice { last_success: None, ..synced(5) };
    assert_eq!(verdict(&unproved, true), Some(("sync.log-never", Severity::Fail)));
}

#[test]
fn nobody_asks_is_certain_only_of_a_whole_day_without_a_hole() {
    let silent = |from, gaps| {
        let coverage = Coverage { from: Some(ago(from)), to: Some(ago(0)), gaps, ..Coverage::default() };
        let seen = LogsSeen { coverage, ..LogsSeen::default() };
        judge(&seen, &Thresholds::default(), Some("anna")).first().map(|f| (f.code.id, f.severity))
    };
    assert_eq!(silent(1440, Vec::new()), Some(("sync.client-silent", Severity::Fail)));
    assert_eq!(silent(1439, Vec::new()), Some(("sync.client-silent", Severity::Warn)));
    let gap = Gap { from: ago(300), to: ago(240) };
    assert_eq!(silent(1440, vec![gap]), Some(("sync.client-silent", Severity::Warn)));
}
