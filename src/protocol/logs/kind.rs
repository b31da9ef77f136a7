//! What kind of file is this, by its content?

use super::access::is_row;
use super::columns::Columns;
use super::lines::contains_stem;
use super::mailbox::section;
use crate::evidence::logs::{LogKind, reasons};

/// Tells a file by its beginning (some 64 KiB, as UTF-8). An IIS log is told apart further once it is read.
pub fn kind(head: &[u8]) -> LogKind {
    if head.is_empty() {
        return LogKind::Empty;
    }
    let text = String::from_utf8_lossy(head);
    let lines = || text.lines().take(200);
    let http_proxy = |line: &str| line.contains("DateTime,RequestId");
    let begins = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        line.strip_prefix("Log Entry: ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let sections = || lines().filter_map(|line| section(line.as_bytes())).take(3);
    if lines().any(http_proxy) {
        LogKind::HttpProxy
    } else if lines().any(|line| fields(line).is_some_and(|names| Columns::read(names.as_bytes()).is_some()))
        || columns_of(head).is_some()
    {
        LogKind::Iis
    } else if lines().any(begins) || sections().count() == 3 {
        LogKind::MailboxLog
    } else if LISTS.iter().any(|name| text.contains(name)) {
        LogKind::DeviceList
    } else if lines().any(|line| is_row(line.as_bytes())) {
        LogKind::ReverseProxy
    } else if memchr::memchr_iter(0, head).count() * 50 > head.len()
        || text.matches('\u{fffd}').count() * 20 > text.len()
    {
        LogKind::Binary
    } else {
        LogKind::Unknown
    }
}

/// Properties that stand in lists of devices alone.
const LISTS: &[&str] = &["LastSuccessSync", "LastSyncAttemptTime", "DeviceAccessState", "DeviceUserAgent"];

/// Why a text is no log that can be read, where it looks like one; `None` where it is something else.
pub fn why_unknown(head: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(head);
    let lines = || text.lines().take(200);
    // address, user, date, time, site, server ...; or as NCSA writes it
    let is_native = |line: &str| {
        let cells: Vec<&str> = line.split(", ").collect();
        let is_date = |cell: &&str| cell.split('/').filter(|part| part.parse::<u8>().is_ok()).count() == 3;
        cells.len() >= 14 && cells.get(2).is_some_and(is_date)
    };
    if lines().filter_map(fields).any(|names| names.contains(" s-reason")) {
        Some(reasons::HTTPERR)
    } else if lines().any(|line| fields(line).is_some()) {
        Some(reasons::NO_COLUMN)
    } else if lines().any(is_native) {
        Some(reasons::NOT_W3C)
    } else {
        lines().any(|line| contains_stem(line.as_bytes())).then_some(reasons::NO_HEADER)
    }
}

/// What stands behind `#Fields:`.
fn fields(line: &str) -> Option<&str> {
    line.split_at_checked(8).filter(|(start, _)| start.eq_ignore_ascii_case("#Fields:")).map(|(_, names)| names)
}

/// The default columns of IIS, newest first: 10 and 8.5, 7 and 7.5, 6.
const DEFAULTS: &[&str] = &[
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) cs(referer) sc-status sc-substatus sc-win32-status time-taken",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) sc-status sc-substatus sc-win32-status time-taken",
    "date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(user-agent) sc-status sc-substatus sc-win32-status",
];

/// The columns of a piece of an IIS log without its header: those of the defaults that the first lines fit.
pub fn columns_of(head: &[u8]) -> Option<Columns> {
    let text = String::from_utf8_lossy(head);
    let lines: Vec<Vec<&str>> = text.lines().take(20).map(|line| line.split(' ').collect()).collect();
    DEFAULTS.iter().find_map(|names| {
        let columns = Columns::read(names.as_bytes())?;
        let fits = |parts: &&Vec<&str>| {
            let at = |column: usize| parts.get(column).copied().unwrap_or_default();
            let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            parts.len() == columns.count
                && at(0).len() == 10
                && at(1).len() == 8
                && at(columns.stem).starts_with('/')
                && number(at(columns.status))
                && number(at(columns.port.unwrap_or_default()))
        };
        (lines.first().is_some_and(|first| fits(&first)) && lines.iter().filter(fits).count() * 2 > lines.len())
            .then_some(columns)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_its_content() {
        for (head, expected) in [
            ("", LogKind::Empty),
            ("#Software: Microsoft\r\n#Fields: date time cs-uri-stem sc-status\r\n", LogKind::Iis),
            ("DateTime,RequestId,MajorVersion\r\n#Software: Microsoft Exchange Server\r\n", LogKind::HttpProxy),
            ("-----------------\r\n Log Entry: 0\r\n-----------------\r\n", LogKind::MailboxLog),
            ("Identity : x\r\nLastSuccessSync : 11/21/2026\r\n", LogKind::DeviceList),
            (
                "10.0.0.1 - - [21/Nov/2026:11:02:32 +0100] \"POST /x HTTP/1.1\" 200 1 \"-\" \"-\"\n",
                LogKind::ReverseProxy,
            ),
            ("\0\0\0\u{1}\0\0", LogKind::Binary),
            ("dear diary\n", LogKind::Unknown),
        ] {
            assert_eq!(kind(head.as_bytes()), expected, "{head:?}");
        }
        for list in ["\"DeviceId\",\"DeviceAccessState\"\r\n", "{\"DeviceUserAgent\": null}"] {
            assert_eq!(kind(list.as_bytes()), LogKind::DeviceList, "{list}");
        }
        assert_eq!(kind(&[0xff, 0xd8, 0xff, 0xe0, 0x90, 0x91]), LogKind::Binary);
    }

    #[test]
    fn what_looks_like_a_log_and_cannot_be_read_is_told_by_what_is_missing() {
        let native = "10.0.0.1, anna, 11/21/26, 01:00:00, W3SVC1, EX1, 10.0.0.2, 9, 3, 4, 200, 0, POST, /x, -,\n";
        for (head, expected) in [
            ("#Fields: date time cs-uri-stem\n", Some(reasons::NO_COLUMN)),
            ("#Software: x\n#Fields: date cs-uri-stem sc-status\n", Some(reasons::NO_COLUMN)),
            ("#Fields: date time c-ip cs-uri sc-status s-reason s-queuename\n", Some(reasons::HTTPERR)),
            (native, Some(reasons::NOT_W3C)),
            ("x POST /Microsoft-Server-ActiveSync Cmd=Ping\n", Some(reasons::NO_HEADER)),
            ("dear diary\n", None),
        ] {
            assert_eq!(why_unknown(head.as_bytes()), expected, "{head}");
            assert_eq!(kind(head.as_bytes()), LogKind::Unknown, "{head}");
        }
    }

    #[test]
    fn a_piece_without_a_header_is_taken_by_the_default_columns_that_fit() {
        let line = "2026-11-21 00:00:01 10.0.0.1 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Ping 443 - 10.0.0.2 a - 200 0 0 9\r\n";
        assert_eq!(kind(line.as_bytes()), LogKind::Iis);
        assert_eq!(columns_of(line.as_bytes()).map(|columns| columns.count), Some(15));
        assert_eq!(columns_of(b"2026-11-21 00:00:01 10.0.0.1 POST x\n"), None);
    }
}
